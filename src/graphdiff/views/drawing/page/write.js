// Numbers and formulas for reading.

const MATH = "http://www.w3.org/1998/Math/MathML";

// A number to six significant digits, as the pictures of graphdiff have it.
function short(number) {
  if (Number.isNaN(number)) return "NaN";
  if (!Number.isFinite(number)) return number > 0 ? "∞" : "-∞";
  if (Number.isInteger(number) && Math.abs(number) < 1e15) return String(number + 0);
  return String(Number(number.toPrecision(6)));
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function math(tag, ...children) {
  const made = document.createElementNS(MATH, tag);
  made.append(...children);
  return made;
}

function equation(...members) {
  const made = math("math");
  members.forEach((member, k) => {
    if (k) made.append(math("mo", "="));
    made.append(member);
  });
  return made;
}

// A number in a formula: in parentheses where it is negative and not alone.
function numeral(number, alone) {
  const made = math("mn", short(number).replace("-", "−"));
  if (alone || number >= 0 || Number.isNaN(number)) return made;
  return math("mrow", fence("(", "prefix"), made, fence(")", "postfix"));
}

function fence(sign, form) {
  const made = math("mo", sign);
  made.setAttribute("form", form);
  made.setAttribute("stretchy", "false");
  return made;
}

function derivative(of, by, partial) {
  const part = (name) => {
    const sign = math("mo", partial ? "∂" : "d");
    sign.setAttribute("lspace", "0");
    sign.setAttribute("rspace", "0");
    return math("mrow", sign, math("mi", name));
  };
  return math("mfrac", part(of), part(by));
}

// The formula of a box, or of the partial along an arrow, as a new element; null if it is too long.
function formula(kind, k) {
  const found = document.getElementById("formulas").content.querySelector(`[data-${kind}="${k}"]`);
  return found ? found.firstElementChild.firstElementChild.cloneNode(true) : null;
}

// The same formula with the values of its names.
function withNumbers(markup, point) {
  for (const name of markup.querySelectorAll("[data-box]")) {
    const value = point.values[Number(name.dataset.box)];
    name.replaceWith(value === null ? math("mtext", "undefined") : numeral(value, false));
  }
  return markup;
}

function joined(members, sign) {
  const made = math("mrow");
  members.forEach((member, k) => {
    if (k) made.append(math("mo", sign));
    made.append(member);
  });
  return made;
}

function listed(texts) {
  return texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")} and ${texts[texts.length - 1]}`;
}
