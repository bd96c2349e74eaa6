// The picture follows the point: texts of the boxes, labels of the arrows, and what is dotted or dim.

const SHAPES = [...document.querySelectorAll(".picture .box")].map((group) => ({
  group,
  value: group.querySelector(".value"),
  state: group.querySelector(".state"),
  delta: group.querySelector(".delta"),
  derivatives: [...group.querySelectorAll(".derivative")],
}));
const LINES = DATA.arrows.map(() => ({parts: [], label: null}));
for (const part of document.querySelectorAll(".picture [data-arrow]")) {
  const line = LINES[Number(part.dataset.arrow)];
  if (part.classList.contains("label")) line.label = part;
  else line.parts.push(part);
}
const STATES = {"": "", kink: "at a kink", undefined: "undefined", idle: "not used here"};

function setText(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}

function setClass(node, name, on) {
  if (node.classList.contains(name) !== on) node.classList.toggle(name, on);
}

function drawPoint(point) {
  SHAPES.forEach((shape, box) => drawBox(shape, box, point));
  LINES.forEach((line, k) => {
    const partial = point.partials[k];
    const [, target] = DATA.arrows[k];
    const carries = partial !== null && point.derivatives.some((row) => row[target] !== null);
    setText(line.label, carries ? short(partial) : "");
    if (line.label) line.label.dataset.value = partial === null ? "" : String(partial);
    for (const part of line.parts) setClass(part, "idle", !carries);
  });
}

function drawBox(shape, box, point) {
  const value = point.values[box];
  const state = point.states[box];
  setText(shape.value, value === null ? "undefined" : short(value));
  setText(shape.state, STATES[state === "undefined" || shape.state === null ? "" : state]);
  shape.group.dataset.value = value === null ? "undefined" : String(value);
  for (const name of ["kink", "idle", "undefined"]) setClass(shape.group, name, state === name);
  for (const line of shape.derivatives) {
    const j = Number(line.dataset.of);
    const slope = point.derivatives[j][box];
    const nothing = point.values[DATA.outputs[j]] === null ? "undefined" : "0, no path";
    setText(line, `${line.dataset.head}${slope === null ? nothing : Number.isNaN(slope) ? "undefined" : short(slope)}`);
    line.dataset.value = slope === null || Number.isNaN(slope) ? "" : String(slope);
  }
  shape.group.setAttribute("aria-label", spoken(box, point));
}

// What a screen reader says of a box.
function spoken(box, point) {
  const value = point.values[box];
  const said = [DATA.boxes[box].title, value === null ? "undefined" : short(value)];
  if (point.states[box] && value !== null) said.push(STATES[point.states[box]]);
  DATA.outputs.forEach((top, j) => {
    const slope = point.derivatives[j][box];
    if (slope !== null) said.push(`d${DATA.boxes[top].name} by d${DATA.boxes[box].name} is ${short(slope)}`);
  });
  return said.join(", ");
}

// Marks some boxes and arrows, and no others.
function mark(name, boxes, arrows) {
  SHAPES.forEach((shape, box) => setClass(shape.group, name, boxes.has(box)));
  LINES.forEach((line, k) => line.parts.forEach((part) => setClass(part, name, arrows.has(k))));
  LINES.forEach((line, k) => line.label && setClass(line.label, name, arrows.has(k)));
}
