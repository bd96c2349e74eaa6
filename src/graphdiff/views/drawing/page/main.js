// The controls: sliders, fields, steps, bump, and the address that holds the values.

let current = pointAt(DATA.start.map(Number));
let waiting = false;

const sliders = [...document.querySelectorAll(".input input[type=range]")];
const fields = [...document.querySelectorAll(".input input[type=text]")];

function moveTo(inputs, quiet) {
  current = pointAt(inputs);
  if (!quiet) remember();
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(redraw);
}

function redraw() {
  waiting = false;
  clearBump();
  drawPoint(current);
  showStep(current);
  showPaths(current);
  showNumbers();
  fields.forEach((field, k) => {
    const text = String(current.inputs[k]);
    if (field.dataset.value === text) return;
    field.dataset.value = text;
    if (document.activeElement !== field) setField(field, text);
    if (document.activeElement !== sliders[k]) sliders[k].value = text;
    sliders[k].setAttribute("aria-valuetext", short(current.inputs[k]));
  });
  document.documentElement.dataset.ready = "true";
}

function setField(field, text) {
  field.value = text;
  field.removeAttribute("aria-invalid");
}

// The number that a text stands for; null if it is none.
function numberOf(text) {
  const trimmed = text.trim().replace("−", "-").replace(/^([+-]?)(inf|infinity|∞)$/i, "$1Infinity");
  const number = Number(trimmed);
  return trimmed === "" || (Number.isNaN(number) && trimmed !== "NaN") ? null : number;
}

function setInput(k, number) {
  const inputs = [...current.inputs];
  inputs[k] = number;
  moveTo(inputs);
}

// The address: #a=5&b=3.

function remember() {
  const pairs = DATA.names.map((name, k) => `${encodeURIComponent(name)}=${encodeURIComponent(String(current.inputs[k]))}`);
  const fragment = `#${pairs.join("&")}`;
  document.getElementById("link").setAttribute("href", fragment);
  try {
    history.replaceState(null, "", fragment);
  } catch {
    // A page that may not change its address keeps the link.
  }
}

function recalled() {
  const inputs = [...current.inputs];
  for (const pair of location.hash.slice(1).split("&")) {
    const [name, text] = pair.split("=").map(decoded);
    const k = DATA.names.indexOf(name);
    const number = text === undefined ? null : numberOf(text);
    if (k >= 0 && number !== null) inputs[k] = number;
  }
  return inputs;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// All numbers, with all their digits.
function showNumbers() {
  const details = document.getElementById("numbers");
  if (!details.open) return;
  const rows = DATA.boxes.map((box, k) => {
    const cells = [current.values[k], ...current.derivatives.map((row) => row[k])].map((number, n) =>
      element("td", {}, number === null ? (n ? "0" : "undefined") : String(number)),
    );
    if (current.derivatives.some((row, j) => current.values[DATA.outputs[j]] === null)) {
      current.derivatives.forEach((row, j) => {
        if (current.values[DATA.outputs[j]] === null) cells[j + 1].textContent = "undefined";
      });
    }
    return element("tr", {}, element("th", {scope: "row"}, label_(k)), ...cells);
  });
  details.querySelector("tbody").replaceChildren(...rows);
}

sliders.forEach((slider, k) => slider.addEventListener("input", () => {
  setInput(k, Number(slider.value));
}));
fields.forEach((field, k) => {
  const read = () => {
    const number = numberOf(field.value);
    field.toggleAttribute("aria-invalid", number === null);
    if (number === null) field.setAttribute("aria-invalid", "true");
    else setInput(k, number);
  };
  field.addEventListener("input", read);
  field.addEventListener("blur", () => setField(field, String(current.inputs[k])));
});
document.getElementById("reset").addEventListener("click", () => moveTo(DATA.start.map(Number)));
const goTo = (to) => {
  step = Math.max(-1, Math.min(to, DATA.steps.length - 1));
  clearBump();
  showStep(current);
};
document.getElementById("next").addEventListener("click", () => goTo(step + 1));
document.getElementById("back").addEventListener("click", () => goTo(step - 1));
document.getElementById("whole").addEventListener("click", () => goTo(-1));
document.getElementById("steps").addEventListener("keydown", (event) => {
  if (event.key === "ArrowRight") goTo(step + 1);
  if (event.key === "ArrowLeft") goTo(step - 1);
});
document.getElementById("bump")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const field = document.getElementById("by");
  const by = numberOf(field.value);
  const usable = by !== null && Number.isFinite(by) && by !== 0;
  if (usable) field.removeAttribute("aria-invalid");
  else field.setAttribute("aria-invalid", "true");
  if (usable) showBump(current, Number(document.getElementById("bump-name").value), by, pointAt);
});
document.getElementById("numbers").addEventListener("toggle", showNumbers);
addEventListener("hashchange", () => moveTo(recalled(), true));
listenForPaths(() => current);
moveTo(recalled(), true);
