"""A program's values near a point in extended precision, and many of its derivatives checked at once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from graphdiff.arithmetic.precise import of_digits
from graphdiff.checking.slopes import unit_of
from graphdiff.graph import Graph
from graphdiff.sweep import Derivatives, evaluate
from graphdiff.values import Values

DIGITS = 60  # carried; a step is about 1e-15 of the argument, so a difference keeps 45
# For fewer inputs, moving them together does not pay.
LEAST = 4
# The steps of inputs that move together are up to so many orders of magnitude apart.
SPAN, STEP = 12, 15


class Nearby:
    """The values of a program at points near one where its values in floats are known."""

    def __init__(self, values: Values) -> None:
        self.floats = values
        self.graph: Graph = values.graph
        self._here: dict[int, list[Any]] = {}

    def here(self, digits: int) -> list[Any]:
        """The values of all nodes at the point itself."""
        if digits not in self._here:
            inputs = dict(zip(self.graph.inputs, self.floats.nodes, strict=False))
            self._here[digits] = evaluate(self.graph, inputs, of_digits(digits)).nodes
        return self._here[digits]

    def moving(self, names: Iterable[str], of: str) -> list[int]:
        """The operations up to the node `of` that move with these inputs, in order."""
        moved = {self.graph.node(name) for name in names}
        order = []
        first = self.graph.first_operation
        for node in range(first, self.graph.node(of) + 1):
            if not moved.isdisjoint(self.graph.operations[node - first][1]):
                moved.add(node)
                order.append(node)
        return order

    def value(self, of: str, moved: Mapping[str, Any], order: Sequence[int], digits: int) -> Any:
        """The value of a node where these inputs have these values; only what moves with them is computed.

        None where it is undefined.
        """
        arithmetic, here = of_digits(digits), self.here(digits)
        nodes = {self.graph.node(name): x for name, x in moved.items()}
        for node in order:
            rule, arguments = self.graph.operations[node - self.graph.first_operation]
            given = [nodes[k] if k in nodes else here[k] for k in arguments]
            nodes[node] = arithmetic.value_of[rule](*given)
        target = self.graph.node(of)
        found = nodes.get(target, here[target])
        return found if arithmetic.is_finite(found) else None


def digits_of(values: Iterable[float], moved: Iterable[tuple[float, float]]) -> int:
    """The digits in which a step of an input, and what it changes, show beside the largest of the values.

    `moved`: pairs of the input's value and the derivative by it.
    """
    largest = max((math.log10(abs(v)) for v in values if v and math.isfinite(v)), default=0.0)
    least = 0.0
    for x, slope in moved:
        if math.isfinite(x):
            unit = math.log10(unit_of(x))  # the product with the slope may be too small for floats
            least = min(
                least, unit, unit + math.log10(abs(slope)) if slope and math.isfinite(slope) else unit
            )
    return DIGITS + 40 * max(0, math.ceil((largest - least - 5) / 40))


def passing(nearby: Nearby, slopes: Derivatives, names: Sequence[str], rtol: float) -> set[str]:
    """The inputs whose derivative is the slope on both sides, found by moving many inputs at once.

    Each is moved so far that all should change the value by the same amount, up to a random
    factor between 1/2 and 1 and a random sign. Then an error of one by more than its
    tolerance shows in the sum. A group that does not pass is halved, down to single inputs.
    """
    here = nearby.floats
    if here.first_undefined([nearby.graph.node(slopes.of)]) is not None:
        return set()
    known = [name for name in names if math.isfinite(here[name]) and math.isfinite(slopes[name])]
    return {name for group in _groups(here, slopes, known) for name in _sound(nearby, slopes, group, rtol)}


def _groups(here: Values, slopes: Derivatives, names: Sequence[str]) -> Iterator[list[str]]:
    """The inputs that can move together: those of derivative 0, then the others by what they change."""
    still = [name for name in names if not slopes[name]]
    if still:
        yield still
    change = {
        name: math.log10(abs(slopes[name])) + math.log10(unit_of(here[name]))
        for name in names
        if slopes[name]
    }
    group: list[str] = []
    for name in sorted(change, key=change.__getitem__):
        if group and change[name] > change[group[0]] + SPAN:
            yield group
            group = []
        group.append(name)
    if group:
        yield group


def _sound(nearby: Nearby, slopes: Derivatives, group: list[str], rtol: float) -> Iterator[str]:
    if _passes(nearby, slopes, group, rtol):
        yield from group
    elif len(group) > 1:
        half = len(group) // 2
        yield from _sound(nearby, slopes, group[:half], rtol)
        yield from _sound(nearby, slopes, group[half:], rtol)


def _passes(nearby: Nearby, slopes: Derivatives, group: list[str], rtol: float) -> bool:
    from random import Random

    here = nearby.floats
    digits = SPAN + digits_of(here.nodes, [(here[name], slopes[name]) for name in group])
    mpf = of_digits(digits).mp.mpf
    draw = Random(len(group)).uniform
    units = {name: unit_of(mpf(here[name])) for name in group}
    # Each changes the value by this, per length of step.
    change = min(abs(mpf(slopes[name])) * units[name] for name in group)
    lengths = {name: change / abs(mpf(slopes[name])) if change else units[name] for name in group}
    towards = {name: lengths[name] * mpf(draw(0.5, 1.0) * (-1) ** round(draw(0, 1))) for name in group}
    expected = sum(mpf(slopes[name]) * towards[name] for name in group)
    order = nearby.moving(group, slopes.of)
    before = nearby.value(slopes.of, {}, (), digits)
    for step in (mpf(10) ** -STEP, -(mpf(10) ** -STEP)):
        moved = {name: mpf(here[name]) + step * towards[name] for name in group}
        after = nearby.value(slopes.of, moved, order, digits)
        if before is None or after is None or abs((after - before) / step - expected) > rtol * change / 4:
            return False
    return True
