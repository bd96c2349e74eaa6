"""What can be asked for by name: a value, a derivative, a second derivative."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from graphdiff.arithmetic import Arithmetic
from graphdiff.diagnostics import Diagnostic, InputProblem, UndefinedOperation
from graphdiff.graph import Graph
from graphdiff.language.lexer import normalised
from graphdiff.sweep import Derivatives, backpropagate, evaluate
from graphdiff.values import Values


class Quantity(NamedTuple):
    """A node's value (`wrt` empty) or its total derivative by one or two named nodes."""

    of: str
    wrt: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """How it is written: J, dJ/db, d2J/db2, d2J/db dc."""
        if not self.wrt:
            return self.of
        if len(self.wrt) == 1:
            return f"d{self.of}/d{self.wrt[0]}"
        first, second = self.wrt
        return f"d2{self.of}/d{first}2" if first == second else f"d2{self.of}/d{first} d{second}"


def quantity(graph: Graph, text: str) -> Quantity:
    """The quantity that a text names; UnknownName or InputProblem where it names none.

    `d2J/dbdc` is understood where only one reading fits the program's names.
    """
    text = " ".join(normalised(text).split())
    if text in graph.names:
        return Quantity(text)
    top, slash, bottom = text.partition("/")
    if not slash:
        error = graph.unknown(text)
        if near := meant(text, graph.names):
            error.diagnostic = error.diagnostic._replace(hint=f"did you mean {near.label}?")
        raise error
    top, bottom = top.strip(), bottom.strip()
    if re.match(r"d\^?[2-9]", top) and bottom.strip("(")[:1] == "d":  # d^2J/(dx*dy) is d2J/dx dy
        top, bottom = top.replace("^", "", 1), " ".join(bottom.strip("()").replace("*", " ").split())
    if re.match("d[3-9]", top) and top[2:] in graph.names:
        hint = "higher ones are asked for inside the program: g = diff(diff(diff(J, x), x), x)"
        raise InputProblem(Diagnostic("usage", f"'{text}' is of an order beyond the second", hint=hint))
    if top[:2] == "d2" and bottom[:1] == "d":
        found = {Quantity(top[2:], wrt) for wrt in _second(bottom, graph.names)}
        if len(found) == 1:
            graph.node(top[2:])
            return found.pop()
        if found:
            readings = " or ".join(sorted(q.label for q in found))
            hint = "put a space between the two: d2J/db dc"
            raise InputProblem(Diagnostic("usage", f"'{text}' can be read as {readings}", hint=hint))
        for name in bottom.replace(" d", " ").removeprefix("d").split():
            graph.node(name)
        message = f"'{text}' names no second derivative"
        raise InputProblem(Diagnostic("usage", message, hint="write d2J/db2, or d2J/db dc"))
    if top[:1] == "d" and bottom[:1] == "d":
        for name in (top[1:], bottom[1:]):
            graph.node(name)
        return Quantity(top[1:], (bottom[1:],))
    near = meant(text, graph.names)
    hint = f"did you mean {near.label}?" if near else "write the derivative of J by b as dJ/db"
    raise InputProblem(Diagnostic("usage", f"'{text}' names no value and no derivative", hint=hint))


def meant(text: str, names: Iterable[str]) -> Quantity | None:
    """The quantity that a text may mean which names none: `dJdb`, `dJ_db`, `D J / d b`, `j`, `d2Jdb2`.

    Only letters and digits count, in capitals or not.
    """
    known = {_bare(name): name for name in reversed(list(names))}
    bare = _bare(text.replace("\N{PARTIAL DIFFERENTIAL}", "d"))
    if bare in known:
        return Quantity(known[bare])
    for start in ("d", "d2"):
        if not bare.startswith(start):
            continue
        for cut in range(len(start) + 1, len(bare) - 1):
            of, by = known.get(bare[len(start) : cut]), bare[cut:]
            if of is None or by[0] != "d":
                continue
            if start == "d" and by[1:] in known:
                return Quantity(of, (known[by[1:]],))
            if start == "d2":
                for first, second in _second(by, known):
                    return Quantity(of, (known[first], known[second]))
    return None


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()


def _second(bottom: str, names: Iterable[str]) -> set[tuple[str, str]]:
    """The pairs of names that `db2`, `db dc` or `dbdc` can mean; the order does not matter."""
    known = set(names)
    found: set[tuple[str, str]] = set()
    if bottom.endswith("2") and bottom[1:-1].rstrip("^") in known:
        found.add((bottom[1:-1].rstrip("^"),) * 2)
    for cut in range(2, len(bottom)):
        first, rest = bottom[1:cut], bottom[cut:].lstrip()
        if first.strip() in known and rest[:1] == "d" and rest[1:] in known:
            found.add((first.strip(), rest[1:]))
    return found


class Probe:
    """Measures quantities of a program at points, in any arithmetic.

    Second derivatives are first derivatives of the derivative program, made once.
    """

    def __init__(self, graph: Graph, quantities: Sequence[Quantity]) -> None:
        self.graph = graph
        self.quantities = list(quantities)
        self.derived: dict[tuple[str, str], tuple[Graph, str]] = {}
        then = {name for q in quantities for name in q.wrt[1:]}
        for q in quantities:
            if len(q.wrt) == 2 and (q.of, q.wrt[0]) not in self.derived:
                self.derived[q.of, q.wrt[0]] = derivative_graph(graph, q.of, q.wrt[0], then)

    def at(self, inputs: Mapping[str, Any], arithmetic: Arithmetic) -> list[Any]:
        """The quantities at one point, in order; an UndefinedOperation in place of one that has no value."""
        return self.measure(inputs, arithmetic).numbers

    def measure(self, inputs: Mapping[str, Any], arithmetic: Arithmetic) -> Measured:
        """The quantities at one point, with the sweeps that they came from."""
        values = evaluate(self.graph, inputs, arithmetic)
        slopes: dict[str, Derivatives] = {}
        second: dict[tuple[str, str], Derivatives] = {}
        names = dict.fromkeys(q.of for q in self.quantities)
        undefined = {name: _undefined(values, name) for name in names}
        numbers: list[Any] = []
        for q in self.quantities:
            if q.wrt and q.of not in slopes:
                slopes[q.of] = backpropagate(values, q.of)
            if undefined[q.of] is not None:
                numbers.append(undefined[q.of])
            elif not q.wrt:
                numbers.append(values.rounded(q.of))
            elif len(q.wrt) == 1:
                numbers.append(slopes[q.of][q.wrt[0]])
            else:
                first, then = q.wrt
                graph, name = self.derived[q.of, first]
                if (q.of, first) not in second:
                    second[q.of, first] = backpropagate(evaluate(graph, inputs, arithmetic), name)
                numbers.append(second[q.of, first][then] if then in graph.names else arithmetic.zero)
        return Measured(numbers, values, slopes)


class Measured(NamedTuple):
    """Quantities at one point; the values, and the derivatives of each node asked about."""

    numbers: list[Any]
    values: Values
    slopes: dict[str, Derivatives]


def derivative_graph(graph: Graph, of: str, wrt: str, rederived_by: Iterable[str] = ()) -> tuple[Graph, str]:
    """A graph that computes d(of)/d(wrt), and the name of that node.

    It has the inputs of the original program, and the names of `rederived_by` on which the
    derivative depends: it can be differentiated by them again.
    """
    from graphdiff.derivatives.derivation import derive  # first derivatives are asked for more often

    program = derive(graph, [of], [wrt], rederived_by=rederived_by)
    return program.graph(), program.wanted[0]


def _undefined(values: Values, name: str) -> UndefinedOperation | None:
    try:
        values.refuse_undefined([values.graph.node(name)])
    except UndefinedOperation as error:
        # A traceback holds the frames that hold the error: a circle for each row of a table.
        return error.with_traceback(None)
    return None
