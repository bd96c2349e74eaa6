"""graphdiff in Python: the questions that the commands answer, as functions.

Each takes a program (its text, or a Graph that was parsed before) and a point: a mapping
from the names of the inputs to numbers, keywords, or both; declared inputs with a default may
be left out. A number is one of Python
(int, float, Decimal, Fraction), NumPy or mpmath, or a text such as "pi/4". What has no
answer raises GraphdiffError, whose text shows the place and says what would be right.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from graphdiff.answers import edges
from graphdiff.api.results import (
    DerivativeProgram,
    Explanation,
    Gradient,
    Product,
    Report,
    SecondDerivatives,
)
from graphdiff.arithmetic import Arithmetic
from graphdiff.arithmetic.batch import Batch
from graphdiff.arithmetic.floats import FLOATS
from graphdiff.arithmetic.precise import Precise, of_digits
from graphdiff.diagnostics import Diagnostic, InputProblem, listing, shortened
from graphdiff.graph import Graph
from graphdiff.language.lexer import normalised
from graphdiff.parsing import parse, to_number, with_defaults
from graphdiff.sweep import backpropagate, check_inputs
from graphdiff.sweep import evaluate as sweep_forward
from graphdiff.values import Values

__all__ = [
    "Batch", "DerivativeProgram", "Explanation", "Gradient", "Hessian", "Precise", "Product", "Report",
    "SecondDerivatives", "check", "derive", "edges", "evaluate", "explain", "gradient", "hessian", "hvp",
    "jvp",
]  # fmt: skip

Program = str | Graph | DerivativeProgram
Names = str | Iterable[str] | None  # "a,b", or a list of names
Point = Mapping[str, Any]

MOST_PRECISION = 100_000  # digits, as on the command line


def evaluate(
    program: Program, point: Point | None = None, /, arithmetic: Arithmetic = FLOATS, **inputs: Any
) -> Values:
    """The value of every name of a program at a point, as a mapping.

    With `arithmetic=Batch()` an input is an array with a number for each row, and so is
    every value; with `Precise(digits)` the numbers are mpmath's.

    >>> import graphdiff
    >>> values = graphdiff.evaluate("J=3*v; v=a+u; u=b*c", a=5, b=3, c=2)
    >>> values["J"], values["u"]
    (33.0, 6.0)
    >>> graphdiff.backpropagate(values, "J")["b"]
    6.0
    """
    graph = _graph(program)
    return sweep_forward(graph, _numbers(graph, point, inputs, arithmetic), arithmetic)


def gradient(
    program: Program, point: Point | None = None, /, *,
    of: str | None = "", wrt: Names = (), precision: int | None = None, **inputs: Any,
) -> Gradient:  # fmt: skip
    """The value of an output and its derivatives by `wrt` (default: the inputs), in one backward sweep.

    `of` names the output; it can be left out where the program has one. With `precision`, the
    numbers are mpmath's, of that many digits. Raises UndefinedOperation where the output has
    no value.

    >>> import graphdiff
    >>> found = graphdiff.gradient("J=3*v; v=a+u; u=b*c", a=5, b=3, c=2)
    >>> found.value, found["b"], dict(found)
    (33.0, 6.0, {'a': 3.0, 'b': 6.0, 'c': 9.0})
    >>> print(found)
    ╭──────┬─────────┬───────┬────────────╮
    │ node │ formula │ value │ dJ/d(node) │
    ├──────┼─────────┼───────┼────────────┤
    │ a    │ input   │     5 │          3 │
    │ b    │ input   │     3 │          6 │
    │ c    │ input   │     2 │          9 │
    ├──────┼─────────┼───────┼────────────┤
    │ u    │ b*c     │     6 │          3 │
    │ v    │ a+u     │    11 │          3 │
    ├──────┼─────────┼───────┼────────────┤
    │ J    │ 3*v     │    33 │          1 │
    ╰──────┴─────────┴───────┴────────────╯
    """
    graph = _graph(program)
    arithmetic = _arithmetic(precision)
    return _gradient(graph, _numbers(graph, point, inputs, arithmetic), of, wrt, arithmetic)


def hessian(
    program: Program, point: Point | None = None, /, *,
    of: str | None = "", wrt: Names = (), precision: int | None = None, **inputs: Any,
) -> SecondDerivatives:  # fmt: skip
    """The second derivatives of an output by pairs of `wrt` (default: the inputs). See `gradient`.

    >>> import graphdiff
    >>> found = graphdiff.hessian("J=3*v^2; v=a+u; u=b*c", a=5, b=3, c=2, wrt="b,c")
    >>> found["b", "c"], found.matrix()
    (102.0, [[24.0, 102.0], [102.0, 54.0]])
    """
    return Hessian(program, of=of, wrt=wrt, precision=precision).at(point, **inputs)


class Hessian:
    """The second derivatives of an output, to be evaluated at many points: derived once. See `hessian`.

    of, wrt: the output, and the names by whose pairs it is differentiated.

    >>> import graphdiff
    >>> bowl = graphdiff.Hessian("J = x^2*y")
    >>> bowl.at(x=1, y=2).matrix(), bowl.at({"x": 3, "y": 4}).matrix()
    ([[4.0, 2.0], [2.0, 0.0]], [[8.0, 6.0], [6.0, 0.0]])
    """

    def __init__(
        self, program: Program, /, *, of: str | None = "", wrt: Names = (), precision: int | None = None
    ) -> None:
        from graphdiff.derivatives import second_order

        self._graph = _graph(program)
        self._arithmetic = _arithmetic(precision)
        self.of = _output(self._graph, of)
        self.wrt = tuple(_names(self._graph, wrt) or self._graph.inputs)
        self._derived = second_order.Hessian(self._graph, self.of, self.wrt)

    def __repr__(self) -> str:
        return f"<Hessian of {self.of} by {listing(self.wrt)}>"

    def at(self, point: Point | None = None, /, **inputs: Any) -> SecondDerivatives:
        """The second derivatives at one point. Raises UndefinedOperation where the output has no value."""
        at = _numbers(self._graph, point, inputs, self._arithmetic)
        slopes = _gradient(self._graph, at, self.of, self.wrt, self._arithmetic)
        rows = self._derived.at(at, self._arithmetic)
        found = {(first, then): value for first, row in rows.items() for then, value in row.items()}
        return SecondDerivatives(slopes, found)


def jvp(
    program: Program, point: Point | None = None, /, *,
    along: Point, of: Names = (), precision: int | None = None, **inputs: Any,
) -> Product:  # fmt: skip
    """The derivative of every name along a direction of the inputs: one forward sweep.

    `along` maps inputs to their rates of change; those that it leaves out stand still. The
    result iterates over `of` (default: the outputs).

    >>> import graphdiff
    >>> found = graphdiff.jvp("J=3*v; v=a+u; u=b*c", a=5, b=3, c=2, along={"b": 1, "c": -1})
    >>> found["J"], found["u"]
    (-3.0, -1.0)
    """
    from graphdiff.derivatives import second_order

    graph = _graph(program)
    arithmetic = _arithmetic(precision)
    at = _numbers(graph, point, inputs, arithmetic)
    outputs = _names(graph, of) or list(graph.outputs)
    values = sweep_forward(graph, at, arithmetic)
    values.refuse_undefined(map(graph.node, outputs))
    rates = _direction(graph, along, arithmetic)
    return Product("jvp", values, outputs, second_order.along(graph, at, rates, arithmetic))


def hvp(
    program: Program, point: Point | None = None, /, *,
    along: Point, of: str | None = "", precision: int | None = None, **inputs: Any,
) -> Product:  # fmt: skip
    """The Hessian of an output times a direction of the inputs, at the cost of a few evaluations.

    That is the rate of change of the gradient along the direction. The result iterates over
    the inputs.

    >>> import graphdiff
    >>> found = graphdiff.hvp("J=3*v^2; v=a+u; u=b*c", a=5, b=3, c=2, along={"b": 1})
    >>> dict(found)
    {'a': 12.0, 'b': 24.0, 'c': 102.0}
    """
    from graphdiff.derivatives import second_order

    graph = _graph(program)
    arithmetic = _arithmetic(precision)
    at = _numbers(graph, point, inputs, arithmetic)
    output = _output(graph, of)
    rates = _direction(graph, along, arithmetic)
    found = second_order.hessian_times(graph, at, output, rates, arithmetic)
    return Product(f"hvp {output}", sweep_forward(graph, at, arithmetic), graph.inputs, found)


def derive(program: Program, /, *, of: Names = (), wrt: Names = (), flat: bool = False) -> DerivativeProgram:
    """The derivatives of `of` (default: the outputs) by `wrt` (default: the inputs), as a program.

    With `flat`, one closed formula for each derivative. Raises GraphdiffError where one would
    grow beyond a million characters.

    >>> import graphdiff
    >>> program = graphdiff.derive("J=3*v; v=a+u; u=b*c", wrt="b")
    >>> print(program)
    input a
    input b
    input c
    dJ_dv = 3
    dJ_du = dJ_dv
    dJ_db = dJ_du*c
    >>> graphdiff.evaluate(program, a=5, b=3, c=2)["dJ_db"]
    6.0
    """
    graph = _graph(program)
    return DerivativeProgram(graph, _names(graph, of), _names(graph, wrt), flat)


def explain(
    program: Program, point: Point | None = None, /, *,
    of: Names = (), only: Names = (), bump: Point | None = None, **inputs: Any,
) -> Explanation:  # fmt: skip
    """The steps of both sweeps at a point, in words and numbers.

    `of` names the outputs (default: all), `only` the names whose paths to the outputs are
    shown (default: all), `bump` names and how far to move each.

    >>> import graphdiff
    >>> print(graphdiff.explain("J=3*v; v=a+u; u=b*c", a=5, b=3, c=2, only="b"))
    Left to right: values
      With a = 5, b = 3 and c = 2.
      u = b*c   = 3*2   = 6
      v = a + u = 5 + 6 = 11
      J = 3*v   = 3*11  = 33
    <BLANKLINE>
    Along each edge: partials
      du/db = c = 2
      dv/du = 1
      dJ/dv = 3
    <BLANKLINE>
    Right to left: derivatives
      dJ/dv = 3
      dJ/du = dJ/dv · dv/du = 3 · 1 = 3
      dJ/db = dJ/du · du/db = 3 · 2 = 6
    """
    from graphdiff.explanation import steps

    graph = _graph(program)
    values = sweep_forward(graph, _numbers(graph, point, inputs, FLOATS))
    moved = {name: _number(name, by, FLOATS) for name, by in _point(graph, bump, {}).items()}
    return Explanation(steps.explain(values, _names(graph, of), _names(graph, only), moved.items()))


def check(
    program: Program, point: Point | None = None, /, *,
    expect: Mapping[str, Any] | str | Iterable[str] | None = (), gradcheck: bool = False,
    samples: int | None = None, seed: int = 0,
    rtol: float | None = None, atol: float | None = None, ulp: float | None = None, equal_nan: bool = False,
    **inputs: Any,
) -> Report:  # fmt: skip
    """Compare values and derivatives from elsewhere with those of a program.

    `expect` maps J, dJ/db or d2J/db2 to a number or a formula, or lists texts such as
    "dJ/db = 3*c". An input may be a range to draw from, "1..5" or (1, 5); with `samples`,
    inputs without a value are drawn, too, from their declared ranges. `gradcheck` compares the
    program's own derivatives with numerical differentiation. The tolerances are those of
    `graphdiff check`.

    >>> import graphdiff
    >>> report = graphdiff.check("J=3*v; v=a+u; u=b*c", a=5, b=3, c=2, expect={"J": 33, "dJ/db": "3*a"})
    >>> report.passed
    False
    >>> print(report)
           expected  computed  difference  x tol  digits  expectation
    pass         33        33           0      0     all  J = 33
    FAIL         15         6          -9  6e+05       0  dJ/db = 3*a
    2 checks: 1 passed, 1 failed
    """
    from graphdiff.checking import suite

    graph = _graph(program)
    found = suite.check(
        graph, _point(graph, point, inputs), expect, rtol=rtol, atol=atol, ulp=ulp,
        equal_nan=equal_nan, samples=samples, seed=seed, gradcheck=gradcheck,
    )  # fmt: skip
    return Report(found)


def _graph(program: Any) -> Graph:
    """The graph of a program in any of the forms in which it can be given."""
    if isinstance(program, DerivativeProgram):
        return program.graph
    return program if isinstance(program, Graph) else parse(program)


def _numbers(graph: Graph, point: Point | None, inputs: Point, arithmetic: Arithmetic) -> dict[str, Any]:
    """The values of the inputs as numbers of the arithmetic."""
    given = with_defaults(graph, _point(graph, point, inputs), arithmetic)
    check_inputs(graph, given)
    return {name: _number(name, given[name], arithmetic) for name in graph.inputs}


def _number(name: str, given: Any, arithmetic: Arithmetic) -> Any:
    if isinstance(given, str):
        return to_number(name, given, arithmetic)
    return arithmetic.from_input(name, given)


def _point(graph: Graph, point: Point | None, inputs: Point) -> dict[str, Any]:
    """What a mapping and keywords give, by the names of the inputs.

    Python itself normalises keywords to NFKC: an input whose name differs from that, such as
    one with a micro sign, is known by it, too.
    """
    if point is not None and not hasattr(point, "keys"):
        hint = 'give {"a": 5}, or a=5'
        message = f"a point maps names to numbers, got {shortened(repr(point))}"
        raise InputProblem(Diagnostic("input", message, hint=hint))
    found = {normalised(str(name)): point[name] for name in point} if point is not None else {}
    by_keyword: dict[str, str] = {}
    if not graph.names.keys() >= inputs.keys():
        by_keyword = {unicodedata.normalize("NFKC", name): name for name in graph.inputs}
    for keyword, value in inputs.items():
        name = by_keyword.get(keyword, keyword)
        if name in found:
            raise InputProblem(Diagnostic("input", f"input '{name}' is given twice", node=name))
        found[name] = value
    return found


def _names(graph: Graph, given: Names) -> list[str]:
    """The names of an option, each one the program's, once."""
    if given is not None and not isinstance(given, Iterable):
        message = f"expected names, got {shortened(repr(given))}"
        raise InputProblem(Diagnostic("usage", message, hint='write "a,b" or ["a", "b"]'))
    parts = given.split(",") if isinstance(given, str) else given or ()
    names = [normalised(str(name)).strip() for name in parts]
    names = list(dict.fromkeys(filter(None, names)))
    for name in names:
        graph.node(name)
    return names


def _output(graph: Graph, of: str | None) -> str:
    """The one output to differentiate."""
    names = _names(graph, of) or list(graph.outputs)
    if len(names) > 1:
        message = f"one output is differentiated at a time, got {listing(names)}"
        raise InputProblem(Diagnostic("usage", message, hint=f"choose one: of={names[0]!r}"))
    return names[0]


def _gradient(
    graph: Graph, at: dict[str, Any], of: str | None, wrt: Names, arithmetic: Arithmetic
) -> Gradient:
    output, by = _output(graph, of), _names(graph, wrt) or graph.inputs
    values = sweep_forward(graph, at, arithmetic)
    values.refuse_undefined([graph.node(output)])
    return Gradient(backpropagate(values, output), by)


def _direction(graph: Graph, along: Point, arithmetic: Arithmetic) -> dict[str, Any]:
    rates = _point(graph, along, {})
    check_inputs(graph, {*graph.inputs, *rates})
    return {name: _number(name, rate, arithmetic) for name, rate in rates.items()}


def _arithmetic(precision: int | None) -> Arithmetic:
    """Floats, or mpmath where digits are asked for."""
    if precision is None:
        return FLOATS
    if type(precision) is not int or not 1 <= precision <= MOST_PRECISION:
        message = f"expected a number of digits, got precision={shortened(repr(precision))}"
        raise InputProblem(Diagnostic("usage", message, hint=f"write one from 1 to {MOST_PRECISION:,}"))
    return of_digits(precision)
