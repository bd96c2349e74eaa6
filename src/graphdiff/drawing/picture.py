"""The one model of the picture, which every format draws: boxes, arrows and what they say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from graphdiff.arithmetic import Arithmetic
from graphdiff.arithmetic.floats import FLOATS
from graphdiff.diagnostics import Diagnostic, InputProblem
from graphdiff.drawing.narrowing import Links, narrowed
from graphdiff.graph import Graph
from graphdiff.notices import kinks, notices
from graphdiff.sweep import Derivatives, backpropagate, sweep
from graphdiff.values import Values

# Beyond this a picture is a cloud of lines, and laying it out takes longer than anybody waits.
MOST_BOXES, MOST_ARROWS = 1_500, 5_000

# What a box is.
INPUT, INNER, OUTPUT = "input", "inner", "output"
# What there is to say about it: its value is undefined or not needed here, or its derivative is a choice.
UNDEFINED, IDLE, KINK = "undefined", "idle", "kink"
STATES = {
    UNDEFINED: "undefined",
    IDLE: "not used here",
    KINK: "at a kink",
}

# What the marks of a picture mean, for its legend. The colours belong to each format.
LEGEND = {
    "value": "a value, from left to right",
    "partial": "a partial: the derivative along one arrow",
    "derivative": "a derivative of {of}, from right to left",
    "idle": "nothing passes here",
}


class Box(NamedTuple):
    """A node of the program.

    name: "" for an operation without a name. formula: as the program has it; "" for an input.
    value: None in a picture of the structure alone, and where it is undefined.
    derivatives: (output, derivative) for each output that it contributes to.
    state: one of STATES, or "".
    """

    node: int
    name: str
    kind: str
    formula: str
    value: Any = None
    derivatives: tuple[tuple[str, Any], ...] = ()
    state: str = ""

    @property
    def title(self) -> str:
        """The box's first line: `u = b*c`, the name of an input, the text of an operation."""
        return f"{self.name} = {self.formula}" if self.name and self.formula else self.name or self.formula


class Arrow(NamedTuple):
    """The boxes, by their indices, from which and to which a value goes.

    partial: of the target by the source, all other arguments held fixed; None where there is none.
    carries: whether a derivative comes back along it.
    """

    source: int
    target: int
    partial: Any = None
    carries: bool = False


class Picture(NamedTuple):
    """Boxes in topological order, the arrows between them, and what was differentiated.

    values: None for the structure alone. notices: what to know about the numbers, such as kinks.
    """

    graph: Graph
    boxes: list[Box]
    arrows: list[Arrow]
    outputs: list[str]
    values: Values | None
    notices: list[Diagnostic]

    @property
    def arithmetic(self) -> Arithmetic:
        return FLOATS if self.values is None else self.values.arithmetic


def picture(
    graph: Graph, values: Values | None = None, of: Sequence[str] = (), wrt: Sequence[str] = (),
    only: Sequence[str] = (), every: bool = False, known: Iterable[Derivatives] = (),
) -> Picture:  # fmt: skip
    """The picture of a program, with the numbers of `values` if they are given.

    of: what to differentiate (default: the outputs). wrt: draws only the paths from these names, and
    what else the formulas on them use. only: draws those paths alone. every: draws each
    operation, not only what has a name. known: derivatives that need not be computed again.
    Raises InputProblem if the picture would be too large to read.
    """
    outputs = list(of) or list(graph.outputs)
    nodes = _nodes(graph, every)
    shown = narrowed(graph, _links(graph, nodes), of, wrt, only)
    _refuse_crowded(shown)
    outputs = [name for name in outputs if graph.node(name) in shown]
    boxes = [_box(graph, node, {*graph.outputs, *outputs}) for node in shown]
    index = {node: k for k, node in enumerate(shown)}
    arrows = [Arrow(index[k], index[node]) for node, used in shown.items() for k in used]
    if values is None:
        return Picture(graph, boxes, arrows, outputs, None, [])
    found = _derivatives(values, outputs, known)
    boxes = list(_with_numbers(values, boxes, outputs, found))
    arrows = list(_with_partials(values, boxes, arrows, set(nodes)))
    names = [box.name for box in boxes if box.name]
    noticed = notices(values, found, names, list(wrt) or names)
    return Picture(graph, boxes, arrows, outputs, values, noticed)


def _nodes(graph: Graph, every: bool) -> list[int]:
    """The nodes that are boxes: those with a name, or also each operation that an input moves."""
    if not every:
        return sorted(graph.name_of)
    operations = range(graph.first_operation, len(graph))
    return sorted({*graph.name_of, *(node for node in operations if graph.active[node])})


def _box(graph: Graph, node: int, outputs: Container[str]) -> Box:
    """A box without numbers."""
    name = graph.name_of.get(node, "")
    if node < len(graph.inputs):
        return Box(node, name, INPUT, "")
    formula = graph.formula(name) or graph.excerpt(node) if name else graph.excerpt(node)
    return Box(node, name, OUTPUT if name in outputs else INNER, formula)


def _links(graph: Graph, nodes: list[int]) -> Links:
    """For each node that is a box the boxes that its formula uses."""
    boxes = set(nodes)
    found: Links = {}
    for node in nodes:
        used = {k for i in graph.beneath(node, boxes) for k in graph.operation(i)[1]}
        found[node] = sorted(used & boxes)
    return found


def _refuse_crowded(shown: Links) -> None:
    arrows = sum(map(len, shown.values()))
    if len(shown) <= MOST_BOXES and arrows <= MOST_ARROWS:
        return
    message = (
        f"the picture would have {len(shown):,} boxes and {arrows:,} arrows: "
        f"more than {MOST_BOXES:,} boxes or {MOST_ARROWS:,} arrows cannot be read"
    )
    hint = (
        "draw a part of it: --of NAME for what one output needs, --only NAMES for the paths from some names"
    )
    raise InputProblem(Diagnostic("size", message, hint=hint))


# The numbers.


def _derivatives(values: Values, outputs: list[str], known: Iterable[Derivatives]) -> dict[str, Derivatives]:
    """The derivatives of each output that has a value here."""
    found = {slopes.of: slopes for slopes in known}
    return {
        of: found.get(of) or backpropagate(values, of)
        for of in outputs
        if not values.suspects or values.first_undefined([values.graph.node(of)]) is None
    }


def _with_numbers(
    values: Values, boxes: list[Box], outputs: list[str], found: dict[str, Derivatives]
) -> Iterator[Box]:
    graph = values.graph
    faults = values.faults() if values.suspects else []
    needed = values.needed(map(graph.node, outputs))
    kinked = {notice.node for notice in kinks(values, found)}
    for box in boxes:
        node = box.node
        slopes = tuple((of, slope) for of, s in found.items() if (slope := _adjoint(s, node)) is not None)
        if faults and faults[node] is not None:
            yield box._replace(state=UNDEFINED if needed[node] else IDLE)
            continue
        state = "" if needed[node] else IDLE
        if box.name in kinked and box.name:
            state = KINK
        yield box._replace(value=values.nodes[node], derivatives=slopes, state=state)


def _adjoint(slopes: Derivatives, node: int) -> Any:
    return slopes.adjoints[node] if node < len(slopes.adjoints) else None


def _with_partials(
    values: Values, boxes: list[Box], arrows: list[Arrow], stop: Container[int]
) -> Iterator[Arrow]:
    """The arrows with their partials, by one sweep over the formula of each box."""
    for target, group in groupby(arrows, key=lambda arrow: arrow.target):
        node, undefined = boxes[target].node, boxes[target].value is None
        adjoints: dict[int, Any] = defaultdict(lambda: None, {node: values.arithmetic.seed})
        sweep(values, adjoints, values.graph.beneath(node, stop))
        for arrow in group:
            partial = None if undefined else adjoints[boxes[arrow.source].node]
            carries = partial is not None and bool(boxes[target].derivatives)
            yield arrow._replace(partial=partial, carries=carries)
