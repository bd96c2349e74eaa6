"""Bounds of rounding errors: how much of a difference rounding can explain, and how large a quantity is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property

from graphdiff.arithmetic.floats import FLOATS, Floats
from graphdiff.derivatives.quantities import Quantity, derivative_graph
from graphdiff.graph import Graph
from graphdiff.sweep import backpropagate, evaluate

# The unit of rounding of binary64, and its smallest normal number.
UNIT, SMALLEST = 2.0**-52, 2.0**-1022
# A difference of at most so many bounds is within rounding.
SLACK = 4.0


class Magnitudes(Floats):
    """Floats whose adjoints are sums of the magnitudes of the paths, which never cancel."""

    times = staticmethod(lambda adjoint, partial: abs(adjoint * partial))


MAGNITUDES = Magnitudes()


class RoundingBound:
    """Bounds the rounding error of one quantity of a program, at any point. The program is derived once."""

    def __init__(self, graph: Graph, quantity: Quantity) -> None:
        self.graph = graph
        self.quantity = quantity

    def at(self, inputs: Mapping[str, float], computed: float, inexact: bool = False) -> float:
        """The bound at a point, where this number was computed: at least a unit in its last place.

        `inexact`: whether the inputs, too, are only known to their last place.
        """
        of, wrt = self.quantity
        bound = UNIT * max(abs(computed), SMALLEST)
        if self._derived is not None:
            bound += rounding(*self._derived, inputs, inexact)
        if len(wrt) == 1:  # the sweep adds up paths that a derivative program may have cancelled
            values = evaluate(self.graph, {name: inputs[name] for name in self.graph.inputs}, MAGNITUDES)
            bound += UNIT * backpropagate(values, of)[wrt[0]]
        return bound

    def size(self, inputs: Mapping[str, float], computed: float) -> float:
        """The natural size of the quantity: what its unit is.

        That of the terms that add up to it, and of what the inputs' last places make of it, or,
        for a derivative dJ/dx, abs(J/x) if that is larger: it is 0.05 for tanh at 20.
        """
        terms = self.at(inputs, computed, inexact=True) / UNIT
        values = evaluate(self.graph, {name: inputs[name] for name in self.graph.inputs})
        ratio = abs(values.nodes[self.graph.node(self.quantity.of)])
        for name in self.quantity.wrt:
            x = abs(values.nodes[self.graph.node(name)])
            ratio = ratio / x if x else 0.0
        return max((size for size in (terms, ratio) if math.isfinite(size)), default=1.0)

    @cached_property
    def _derived(self) -> tuple[Graph, str] | None:
        """A graph whose node of this name is the quantity; None for a derivative that is 0 throughout."""
        graph, name = self.graph, self.quantity.of
        for by in self.quantity.wrt:
            if by not in graph.names:
                return None
            graph, name = derivative_graph(graph, name, by)
        return graph, name


def rounding(graph: Graph, name: str, inputs: Mapping[str, float], inexact: bool = False) -> float:
    """A bound of the rounding error of a node's value; `inexact`: that of the inputs as well.

    Each operation adds a unit in its last place to the errors of its arguments. Each of
    these counts times the partial or, if that is 0, as the change of the value when the
    argument moves by its error. The errors of two factors also multiply one another. Below
    the smallest normal number an operation rounds to a fixed distance.
    """
    values = evaluate(graph, {k: inputs[k] for k in graph.inputs})
    nodes, target, first = values.nodes, graph.node(name), graph.first_operation
    needed = values.needed([target])
    errors = [0.0] * len(nodes)
    for leaf in range(0 if inexact else len(graph.inputs), first):
        value = nodes[leaf]
        if leaf < len(graph.inputs) or value != math.floor(value):  # a constant that is not an integer
            errors[leaf] = UNIT * abs(value)
    for node, (rule, arguments) in enumerate(graph.operations[: target + 1 - first], first):
        if not needed[node]:
            continue
        given = [nodes[k] for k in arguments]
        env = (nodes[node], *given)
        error = UNIT * max(abs(nodes[node]), SMALLEST)
        for index, partial in zip(range(len(arguments)), FLOATS.partials_of[rule], strict=False):
            off = errors[arguments[index]]
            if off == 0.0 or partial.slope is None or (partial.taken is not None and not partial.taken(env)):
                continue
            part = abs(partial.slope(env)) * off
            if part == 0.0:
                moved = [*given[:index], given[index] + off, *given[index + 1 :]]
                part = abs(FLOATS.value_of[rule](*moved) - nodes[node])
            error += 0.0 if math.isnan(part) else part
        if rule.name == "mul":
            both = errors[arguments[0]] * errors[arguments[1]]
            error += 0.0 if math.isnan(both) else both
        errors[node] = error
    return errors[target]
