// A bump: one input moves a little, the change travels through the graph, and beside it stands the prediction.

const PAUSE = 260; // milliseconds from one layer to the next
let timers = [];

const BUMPED = document.getElementById("bumped");
const HINT = [...BUMPED.childNodes];

function clearBump() {
  if (BUMPED.firstChild !== HINT[0]) BUMPED.replaceChildren(...HINT);
  timers.forEach(clearTimeout);
  timers = [];
  for (const {group, delta} of SHAPES) {
    setText(delta, "");
    setClass(group, "moved", false);
  }
}

function showBump(before, input, by, recompute) {
  clearBump();
  const inputs = [...before.inputs];
  inputs[input] += by;
  const after = recompute(inputs);
  const from = DATA.inputs[input];
  const rates = from >= 0 ? along(before, from) : DATA.boxes.map(() => null);
  const rows = [];
  const depth = [];
  DATA.boxes.forEach((box, k) => {
    depth[k] = 1 + Math.max(-1, ...INTO[k].map((a) => depth[DATA.arrows[a][0]]));
    const [old, now] = [before.values[k], after.values[k]];
    if (Object.is(old, now)) return;
    const moved = old === null || now === null ? null : now - old;
    const predicted = rates[k] === null ? null : rates[k] * by;
    rows.push([k, old, now, moved, DATA.whole || k === from ? predicted : null]);
    const show = () => {
      setText(SHAPES[k].delta, moved === null ? "" : `${moved > 0 ? "+" : ""}${short(moved)}`);
      setClass(SHAPES[k].group, "moved", true);
    };
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) show();
    else timers.push(setTimeout(show, depth[k] * PAUSE));
  });
  const name = DATA.names[input];
  const head = ["name", "before", "after", "change", "predicted"].map((text) => element("th", {scope: "col"}, text));
  const text = (number) => (number === null ? "–" : precise(number));
  const body = rows.map(([k, ...numbers]) =>
    element("tr", {}, element("th", {scope: "row"}, label_(k)), ...numbers.map((n) => element("td", {}, text(n)))),
  );
  const sentences = DATA.outputs.map((top, j) => element("p", {}, outcome(before, after, from, top, j, by, name)));
  const table = element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body));
  BUMPED.replaceChildren(...(rows.length ? [table] : []), ...sentences);
}

// Ten digits: a small change must show in the numbers before and after it.
function precise(number) {
  return Number.isFinite(number) ? String(Number(number.toPrecision(10))) : short(number);
}

// How an output moved and what its derivative predicted, in the words of `explain`.
function outcome(before, after, from, top, j, by, name) {
  const of = label_(top);
  const [old, now] = [before.values[top], after.values[top]];
  if (old === null || now === null) return `${of} is undefined ${old === null ? "here" : "after the bump"}.`;
  const slope = from < 0 ? null : before.derivatives[j][from];
  const moved = now - old;
  if (slope === null && moved === 0) return `${of} did not move: it does not depend on ${name} here.`;
  const rate = slope ?? 0;
  const symbol = `d${of}/d${name}`;
  if (!Number.isFinite(rate)) return `${of} moved by ${precise(moved)}; the derivative predicts nothing: ${symbol} = ${short(rate)}.`;
  const predicted = rate * by;
  const product = `${symbol} · ${short(by)} = ${short(rate)} · ${short(by)} = ${precise(predicted)}`;
  const rest = moved - predicted;
  const rounding = 8 * Number.EPSILON * Math.max(Math.abs(old), Math.abs(now));
  if (Math.abs(rest) <= rounding + 1e-9 * Math.abs(predicted)) {
    return `${of} moved by ${short(moved)}, as predicted: ${product}.`;
  }
  return `${of} moved by ${precise(moved)}; the prediction was ${product}. The rest is ${short(rest)}.`;
}
