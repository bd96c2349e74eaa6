"""Second order and directions: Hessians, Hessian-vector and Jacobian-vector products."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

from graphdiff.arithmetic import Arithmetic
from graphdiff.arithmetic.floats import FLOATS
from graphdiff.derivatives.derivation import derive
from graphdiff.derivatives.dual import Duals
from graphdiff.derivatives.quantities import Quantity
from graphdiff.graph import Graph
from graphdiff.parsing import parse
from graphdiff.sweep import Values, backpropagate, contributions, evaluate, pushforward
from graphdiff.views.code.graphdiff import lines


def along(
    graph: Graph, inputs: Mapping[str, Any], direction: Mapping[str, Any], arithmetic: Arithmetic = FLOATS
) -> dict[str, Any]:
    """The derivative of every name along a direction of the inputs: one forward sweep.

    `direction` maps inputs to their rates of change; those that it leaves out stand still.
    """
    values = evaluate(graph, inputs, arithmetic)
    tangents = {graph.names[name]: rate for name, rate in direction.items()}
    pushforward(values, tangents, range(graph.first_operation, len(graph)))
    return {name: arithmetic.settled(tangents.get(node)) for name, node in graph.names.items()}


def hessian_times(
    graph: Graph, inputs: Mapping[str, Any], of: str, direction: Mapping[str, Any],
    arithmetic: Arithmetic = FLOATS,
) -> dict[str, Any]:  # fmt: skip
    """The Hessian of `of` times a direction of the inputs: for each name d(d(of)/d(name)) along it.

    Forward over reverse: one evaluation and one backward sweep over dual numbers.
    """
    duals = Duals(arithmetic)
    given = {name: (value, direction.get(name)) for name, value in inputs.items()}
    values = evaluate(graph, given, duals)
    values.refuse_undefined([graph.node(of)])
    slopes = backpropagate(values, of)
    return {name: duals.rate(slopes[name]) for name in graph.names}


def hessian(
    graph: Graph, inputs: Mapping[str, Any], of: str, wrt: Iterable[str], arithmetic: Arithmetic = FLOATS
) -> dict[tuple[str, str], Any]:
    """The second derivatives of `of` by pairs of names, in the order of `wrt`, each pair once.

    Pairs whose second derivative is 0 by the structure of the program are left out. The
    derivative program is made and evaluated once. What its definitions share is
    differentiated once, so a sparse Hessian costs what its entries cost.
    """
    by = list(dict.fromkeys(wrt))
    program = derive(graph, [of], by, then=by)
    # Read from its text like any other program: messages point at places in that.
    derived = parse("\n".join(lines(program)))
    values = evaluate(derived, {name: inputs[name] for name in derived.inputs}, arithmetic)
    rows = _gradients(values, by, program.wanted)
    found: dict[tuple[str, str], Any] = {}
    for k, (first, name) in enumerate(zip(by, program.wanted, strict=True)):
        row = rows[name]
        found.update(((first, then), row[then]) for then in by[k:] if then in row)
    return found


def _gradients(values: Values, wrt: Iterable[str], of: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The derivatives of some names by others, those that are there: from left to right along the edges.

    A definition's derivatives are made of those of the names in its formula, and forgotten
    once its last user has them.
    """
    times, plus = values.arithmetic.times, values.arithmetic.plus
    known: dict[str, dict[str, Any]] = {name: {name: values.arithmetic.seed} for name in wrt}
    steps = {name: list(found) for name, found in groupby(contributions(values), key=itemgetter(0))}
    uses = Counter(argument for found in steps.values() for _, argument, _ in found)
    uses.update(of)
    for name in values.graph.definitions:
        row = known.setdefault(name, {})
        for _, argument, partial in steps.get(name, ()):
            for then, slope in known.get(argument, {}).items() if partial is not None else ():
                part = times(slope, partial)
                row[then] = part if then not in row else plus(row[then], part)
            uses[argument] -= 1
            if not uses[argument]:
                known.pop(argument, None)
    return {name: known.get(name, {}) for name in of}


def named(
    graph: Graph, inputs: Mapping[str, Any], of: str, wrt: Iterable[str], arithmetic: Arithmetic = FLOATS
) -> dict[str, Any]:
    """The entries of the Hessian by their labels: `d2J/db dc`."""
    found = hessian(graph, inputs, of, wrt, arithmetic)
    return {Quantity(of, pair).label: value for pair, value in found.items()}
