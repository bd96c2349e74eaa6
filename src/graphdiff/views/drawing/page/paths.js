// Two boxes: the paths between them, the product along each, and their sum.

const MOST_PATHS = 24;
let pinned = -1;
let pointed = -1;

function showPaths(point) {
  const panel = document.getElementById("paths");
  const status = document.getElementById("paths-hint");
  if (pinned < 0 || pointed < 0 || pinned === pointed) {
    const box = pinned >= 0 ? pinned : -1;
    mark("lit", box < 0 ? new Set() : new Set([box]), new Set());
    document.querySelector(".picture").classList.toggle("choosing", false);
    status.textContent = box < 0
      ? "Choose a box, then another one: click, or Tab and Enter."
      : `From or to ${label_(box)}: now point at another box. Escape lets go.`;
    panel.replaceChildren();
    return;
  }
  const [from, to] = [Math.min(pinned, pointed), Math.max(pinned, pointed)];
  const found = pathsBetween(from, to, point);
  const arrows = new Set(found.between);
  mark("lit", new Set([from, to, ...found.between.flatMap((k) => DATA.arrows[k].slice(0, 2))]), arrows);
  document.querySelector(".picture").classList.toggle("choosing", true);
  const total = along(point, from)[to];
  const [of, by] = [label_(to), label_(from)];
  status.textContent = found.count
    ? `${found.count === 1 ? "One path" : `${short(found.count)} paths`} from ${by} to ${of}.`
    : `No path from ${by} to ${of}: d${of}/d${by} = 0.`;
  const rows = found.paths.map((path) => {
    const names = [by, ...path.map((k) => label_(DATA.arrows[k][1]))].join(" → ");
    const product = path.reduce((so_far, k) => so_far * point.partials[k], 1);
    const factors = path.map((k) => numeral(point.partials[k], path.length === 1));
    const made = path.length > 1 ? equation(joined(factors, "·"), numeral(product, true)) : equation(numeral(product, true));
    return element("li", {}, element("span", {class: "route"}, names), made);
  });
  const more = found.count - found.paths.length;
  if (more > 0) rows.push(element("li", {}, `and ${short(more)} more paths`));
  const sum = total === null ? [] : [
    element("p", {class: "equation", "data-sum": String(total)}, equation(derivative(of, by, false), numeral(total, true))),
  ];
  panel.replaceChildren(element("ul", {}, ...rows), ...sum);
}

// The arrows between two boxes along which something passes, the number of paths, and the first of these.
function pathsBetween(from, to, point) {
  const count = DATA.boxes.map(() => 0);
  count[to] = 1;
  const between = [];
  const open = (k) => point.partials[k] !== null;
  const reached = new Set([from]);
  for (let box = from + 1; box <= to; box++) {
    if (INTO[box].some((k) => open(k) && reached.has(DATA.arrows[k][0]))) reached.add(box);
  }
  for (let box = to; box > from; box--) {
    if (!count[box] || !reached.has(box)) continue;
    for (const k of INTO[box]) {
      const source = DATA.arrows[k][0];
      if (!open(k) || !reached.has(source)) continue;
      count[source] += count[box];
      between.push(k);
    }
  }
  const inside = new Set(between);
  const paths = [];
  const pending = count[from] ? [[from, []]] : [];
  while (pending.length && paths.length < MOST_PATHS) {
    const [box, path] = pending.pop();
    if (box === to) paths.push(path);
    else for (const k of [...OUT_OF[box]].reverse()) if (inside.has(k)) pending.push([DATA.arrows[k][1], [...path, k]]);
  }
  return {between, count: count[from], paths};
}

function listenForPaths(current) {
  const choose = (box) => {
    pinned = pinned === box ? -1 : box;
    pointed = -1;
    SHAPES.forEach((shape, k) => shape.group.setAttribute("aria-pressed", String(k === pinned)));
    showPaths(current());
  };
  const point = (box) => {
    if (box === pointed || (box < 0 && pointed < 0)) return;
    pointed = box;
    if (pinned >= 0) showPaths(current());
  };
  SHAPES.forEach(({group}, box) => {
    group.addEventListener("click", () => (pinned >= 0 && pinned !== box ? point(box) : choose(box)));
    group.addEventListener("pointerenter", () => point(box));
    group.addEventListener("focus", () => point(box));
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      if (pinned >= 0 && pinned !== box) point(box);
      else choose(box);
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && pinned >= 0) choose(pinned);
  });
}
