// The numbers at one point. `compute`, written by graphdiff, gives them all; here is what they mean:
// which values are undefined, which are not used, and along which arrows a derivative passes.

const INPUTS = DATA.names.length;
const FIRST = INPUTS + DATA.constants.length; // the number of the first operation
const NODES = FIRST + DATA.operations.length;
const CONSTANTS = DATA.constants.map(Number);
const INTO = DATA.boxes.map(() => []); // for each box the arrows into it, and out of it
const OUT_OF = DATA.boxes.map(() => []);
DATA.arrows.forEach(([source, target], k) => {
  INTO[target].push(k);
  OUT_OF[source].push(k);
});

// The point: for each box its value (null if it is undefined), its state and its derivatives (null where
// there is none); for each arrow its partial (null where nothing passes).
function pointAt(inputs) {
  const results = compute(...inputs);
  const value = (node) =>
    node < INPUTS ? inputs[node] : node < FIRST ? CONSTANTS[node - INPUTS] : results[DATA.values[node - FIRST]];
  const faults = faultsOf(value, results);
  const needed = neededBy(DATA.tops.map((box) => DATA.boxes[box].node), results);
  const values = DATA.boxes.map(({node}) => (faults[node] < 0 ? value(node) : null));
  const states = DATA.boxes.map(({node}) => (!needed[node] ? "idle" : faults[node] < 0 ? "" : "undefined"));
  for (const [node, box, place] of DATA.kinks) {
    if (box >= 0 && needed[node] && results[place] && states[box] === "") states[box] = "kink";
  }
  const partials = DATA.arrows.map(([, target], k) => {
    const place = DATA.partials[k];
    const passes = place >= 0 && (DATA.passes[k] < 0 || results[DATA.passes[k]] !== 0);
    return passes && values[target] !== null ? results[place] : null;
  });
  const derivatives = DATA.outputs.map((top, j) => derivativesOf(top, DATA.derivatives[j], results, values, partials));
  return {inputs, values, states, partials, derivatives};
}

// For each node the first undefined operation that its value depends on, or -1.
function faultsOf(value, results) {
  const found = new Int32Array(NODES).fill(-1);
  for (let node = INPUTS; node < NODES; node++) {
    const own = value(node);
    if (node < FIRST) {
      if (!Number.isFinite(own) && !DATA.infinite[node - INPUTS]) found[node] = node;
      continue;
    }
    const used = DATA.operations[node - FIRST];
    const taken = DATA.taken[node];
    for (let i = 0; i < used.length; i++) {
      const fault = found[used[i]];
      if (fault < 0 || (taken && taken[i] >= 0 && results[taken[i]] === 0)) continue;
      if (found[node] < 0 || fault < found[node]) found[node] = fault;
    }
    if (found[node] < 0 && !Number.isFinite(own)) {
      const numbers = used.map(value);
      const begins = Number.isNaN(own) ? !numbers.some(Number.isNaN) : numbers.every(Number.isFinite);
      if (begins) found[node] = node;
    }
  }
  return found;
}

// For each node 1 if the value of one of `nodes` depends on it, through branches that are taken.
function neededBy(nodes, results) {
  const marked = new Uint8Array(NODES);
  for (const node of nodes) marked[node] = 1;
  for (let node = NODES - 1; node >= FIRST; node--) {
    if (!marked[node]) continue;
    const taken = DATA.taken[node];
    DATA.operations[node - FIRST].forEach((used, i) => {
      if (!taken || taken[i] < 0 || results[taken[i]] !== 0) marked[used] = 1;
    });
  }
  return marked;
}

function derivativesOf(top, places, results, values, partials) {
  const found = DATA.boxes.map(() => null);
  if (values[top] === null) return found;
  const present = new Uint8Array(found.length);
  present[top] = 1;
  for (let box = found.length - 1; box >= 0; box--) {
    if (!present[box]) continue;
    found[box] = box === top ? 1 : places[box] < 0 ? 0 : results[places[box]];
    for (const k of INTO[box]) if (partials[k] !== null) present[DATA.arrows[k][0]] = 1;
  }
  return found;
}

// The derivative of every box by one of them: null where there is no path.
function along(point, from) {
  const found = DATA.boxes.map(() => null);
  found[from] = 1;
  for (let box = from + 1; box < found.length; box++) {
    for (const k of INTO[box]) {
      const before = found[DATA.arrows[k][0]];
      if (before !== null && point.partials[k] !== null) found[box] = (found[box] ?? 0) + before * point.partials[k];
    }
  }
  return found;
}
