// Both passes, one node at a time: its rule in symbols, in numbers and in a sentence.

let step = -1; // -1: not begun, everything is shown

function showStep(point) {
  const panel = document.getElementById("step");
  const begun = step >= 0;
  document.querySelector(".picture").classList.toggle("stepping", begun);
  document.getElementById("where").textContent = begun
    ? `Step ${step + 1} of ${DATA.steps.length}`
    : `${DATA.steps.length} steps: first the values, then the derivatives`;
  document.getElementById("back").disabled = !begun;
  document.getElementById("next").disabled = step === DATA.steps.length - 1;
  document.getElementById("whole").disabled = !begun;
  if (!begun) {
    mark("current", new Set(), new Set());
    panel.replaceChildren(
      element("p", {}, "Each value from left to right; then each derivative by the chain rule, from right to left."),
    );
    return;
  }
  const [pass, box, j] = DATA.steps[step];
  DATA.steps.forEach(([kind, other, of], k) => {
    if (kind === "forward") setClass(SHAPES[other].group, "valued", k <= step);
    else for (const line of SHAPES[other].derivatives) {
      if (Number(line.dataset.of) === of) setClass(line, "known", k <= step);
    }
    if (kind === "backward") OUT_OF[other].forEach((a) => LINES[a].parts.forEach((part) => setClass(part, "known", k <= step)));
  });
  const arrows = pass === "forward" ? INTO[box] : OUT_OF[box].filter((k) => feeds(point, k, j));
  mark("current", new Set([box]), new Set(arrows));
  panel.replaceChildren(...(pass === "forward" ? forward(box, point) : backward(box, j, arrows, point)));
  panel.dataset.node = DATA.boxes[box].name;
  panel.dataset.pass = pass;
}

function feeds(point, k, j) {
  return point.partials[k] !== null && point.derivatives[j][DATA.arrows[k][1]] !== null;
}

function lines(title, equations, sentence) {
  const rows = equations.filter(Boolean).map((made) => element("div", {class: "equation"}, made));
  return [element("h3", {}, title), ...rows, element("p", {}, sentence)];
}

function forward(box, point) {
  const {name, title, kind} = DATA.boxes[box];
  const value = point.values[box];
  const result = value === null ? math("mtext", "undefined") : numeral(value, true);
  const label = () => math("mi", name || title);
  if (kind === "input") return lines(DATA.words.forward, [equation(label(), result)], `${name} is an input.`);
  const symbols = formula("formula", box);
  const numbers = symbols && withNumbers(symbols.cloneNode(true), point);
  const used = INTO[box].map((k) => DATA.arrows[k][0]);
  const given = used.map((k) => `${label_(k)} = ${point.values[k] === null ? "undefined" : short(point.values[k])}`);
  let sentence = given.length ? `With ${listed(given)}.` : `${name || title} depends on nothing else.`;
  if (value === null) sentence += " An operation is undefined here, so there is no value.";
  else if (point.states[box] === "kink") sentence += " It has a kink here: its derivative is one choice of several.";
  else if (point.states[box] === "idle") sentence += " No output depends on it here.";
  return lines(DATA.words.forward, symbols
    ? [equation(label(), symbols), equation(label(), numbers, result)]
    : [equation(label(), result)], sentence);
}

function label_(box) {
  return DATA.boxes[box].name || DATA.boxes[box].title;
}

function backward(box, j, arrows, point) {
  const top = DATA.outputs[j];
  const [of, by] = [label_(top), label_(box)];
  const title = DATA.outputs.length > 1 ? DATA.words.backward_of.replace("{of}", of) : DATA.words.backward;
  const left = () => derivative(of, by, false);
  const slope = point.derivatives[j][box];
  if (point.values[top] === null) return lines(title, [], `${of} is undefined here, so it has no derivatives.`);
  if (box === top) return lines(title, [equation(left(), numeral(1, true))], `The derivative of ${of} by itself is 1: here the pass begins.`);
  if (slope === null) return lines(title, [equation(left(), numeral(0, true))], why(box, top, point, of, by));
  const rules = arrows.map((k) => {
    const symbols = formula("partial", k);
    const [, target, total] = DATA.arrows[k];
    const along = derivative(label_(target), by, !total);
    const number = numeral(point.partials[k], true);
    return symbols && symbols.textContent !== number.textContent ? equation(along, symbols, number) : equation(along, number);
  });
  const terms = arrows.map((k) => {
    const [, target, total] = DATA.arrows[k];
    const along = derivative(label_(target), by, !total);
    return target === top ? along : joined([derivative(of, label_(target), false), along], "·");
  });
  const numbers = arrows.map((k) => {
    const target = DATA.arrows[k][1];
    const partial = numeral(point.partials[k], arrows.length < 2 && target === top);
    return target === top ? partial : joined([numeral(point.derivatives[j][target], false), partial], "·");
  });
  const result = Number.isNaN(slope) ? math("mtext", "undefined") : numeral(slope, true);
  const users = arrows.map((k) => label_(DATA.arrows[k][1]));
  const sentence =
    arrows.length > 1
      ? `${by} moves ${of} through ${listed(users)}: the products along these arrows add up.`
      : arrows[0] !== undefined && DATA.arrows[arrows[0]][1] === top
        ? `${by} moves ${of} directly.`
        : `${by} moves ${of} through ${users[0]}, whose derivative is known already.`;
  if (arrows.length === 1 && DATA.arrows[arrows[0]][1] === top) return lines(title, rules, sentence);
  return lines(title, [...rules, equation(left(), joined(terms, "+"), joined(numbers, "+"), result)], sentence);
}

// Why a derivative is 0, in the words of `explain`.
function why(box, top, point, of, by) {
  const reach = new Set([top]);
  for (let k = DATA.boxes.length - 1; k >= 0; k--) if (reach.has(k)) INTO[k].forEach((a) => reach.add(DATA.arrows[a][0]));
  const reason = !reach.has(box) ? "absent" : point.states[box] === "idle" ? "not taken" : "flat";
  return DATA.words.zeros[reason].replace("{zeros}", `d${of}/d${by} = 0`).replaceAll("{of}", of).replaceAll("{names}", by);
}
