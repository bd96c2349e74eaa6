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

// A large picture is drawn where it can be seen at once, and the rest of it when nothing moves any more.
const LARGE = DATA.boxes.length > 150;
const PAUSE_BEFORE_REST = 200; // milliseconds
const CHUNK = 50; // boxes at a time
const visible = new Set();
let shown = null; // the point
let rest = 0;

function drawPoint(point) {
  shown = point;
  if (!LARGE) {
    DATA.boxes.forEach((_, box) => drawAround(box));
    return;
  }
  visible.forEach(drawAround);
  clearTimeout(rest);
  rest = setTimeout(drawRest, PAUSE_BEFORE_REST, 0);
}

function drawRest(first) {
  const last = Math.min(first + CHUNK, DATA.boxes.length);
  for (let box = first; box < last; box++) drawAround(box);
  if (last < DATA.boxes.length) rest = setTimeout(drawRest, 0, last);
}

// A box and the arrows into it.
function drawAround(box) {
  drawBox(SHAPES[box], box, shown);
  for (const k of INTO[box]) drawArrow(LINES[k], k, shown);
}

function drawArrow(line, k, point) {
  const partial = point.partials[k];
  const [, target] = DATA.arrows[k];
  const carries = partial !== null && point.derivatives.some((row) => row[target] !== null);
  setText(line.label, carries ? short(partial) : "");
  if (line.label) line.label.dataset.value = partial === null ? "" : String(partial);
  for (const part of line.parts) setClass(part, "idle", !carries);
}

if (LARGE) {
  const observer = new IntersectionObserver((entries) => {
    for (const {target, isIntersecting} of entries) {
      const box = Number(target.dataset.box);
      if (isIntersecting) visible.add(box);
      else visible.delete(box);
      if (isIntersecting && shown) drawAround(box);
    }
  });
  SHAPES.forEach(({group}) => observer.observe(group));
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
}

// Marks some boxes and arrows, and no others.
const marked = {};
function mark(name, boxes, arrows) {
  const before = marked[name] ?? {boxes: new Set(), arrows: new Set()};
  marked[name] = {boxes, arrows};
  for (const box of new Set([...before.boxes, ...boxes])) setClass(SHAPES[box].group, name, boxes.has(box));
  for (const k of new Set([...before.arrows, ...arrows])) {
    for (const part of LINES[k].parts) setClass(part, name, arrows.has(k));
    if (LINES[k].label) setClass(LINES[k].label, name, arrows.has(k));
  }
}
