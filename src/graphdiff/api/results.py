"""Results of the functions of `graphdiff.api`: numbers by name, which print as the commands do.

Results hold what the sweeps computed; the views that draw them are imported when one is printed.
"""

from __future__ import annotations

import html
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from graphdiff.diagnostics import Diagnostic, InputProblem, did_you_mean, listing, render
from graphdiff.display import Displayed, short
from graphdiff.graph import Graph
from graphdiff.notices import notices, unbounded
from graphdiff.sweep import Derivatives
from graphdiff.values import Values

MOST_PICTURED = 60  # names, of a picture in a notebook

if TYPE_CHECKING:
    from graphdiff.answers import Answer
    from graphdiff.checking import Report as Comparisons
    from graphdiff.derivatives.program import Program
    from graphdiff.explanation.steps import Explanation as Steps
    from graphdiff.views.screen import Screen


class Gradient(Derivatives):
    """The value of one output at a point, and its derivatives by name: `gradient["b"]` is dJ/db.

    Iterates over the names that were asked for (default: the inputs), and answers for every
    name of the program.

    value: the value of the output. of: its name. wrt: the names it iterates over.
    point: the values of all names. notices: what to know about the numbers, such as kinks.
    """

    def __init__(self, found: Derivatives, wrt: Sequence[str]) -> None:
        super().__init__(found.point, found.of, found.adjoints)
        self.wrt = tuple(wrt)

    def __iter__(self) -> Iterator[str]:
        return iter(self.wrt)

    def __len__(self) -> int:
        return len(self.wrt)

    @property
    def shown(self) -> list[str]:
        """The names of the table's rows: all, unless fewer than the inputs were asked for."""
        graph = self.point.graph
        narrowed = not set(self.wrt).issuperset(graph.inputs)
        return [name for name in graph.names if not narrowed or name in self.wrt or name == self.of]

    @cached_property
    def notices(self) -> list[Diagnostic]:
        """Kinks, infinite derivatives and names without a value, as the command reports them."""
        return notices(self.point, {self.of: self}, self.shown, self.shown)


class SecondDerivatives(Displayed, Mapping[tuple[str, str], Any]):
    """The Hessian of one output at a point: `hessian["b", "c"]` is d2J/db dc.

    Iterates over the pairs whose second derivative is not 0 by the structure of the program,
    each pair once. Answers for every pair of `wrt`, in either order.

    gradient: value and first derivatives. of, wrt: what was differentiated, by which names.
    """

    def __init__(self, gradient: Gradient, entries: Mapping[tuple[str, str], Any]) -> None:
        self.gradient = gradient
        self.of, self.wrt = gradient.of, gradient.wrt
        self._entries = entries

    def __repr__(self) -> str:
        return f"<SecondDerivatives of {self.of} by {listing(self.wrt)}>"

    def __getitem__(self, pair: tuple[str, str]) -> Any:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise KeyError(f"{pair!r}: a second derivative is by two names, as in hessian['b', 'c']")
        for name in pair:
            if name not in self.wrt:
                self.gradient.point.graph.node(name)
                raise KeyError(f"{name!r}: these are the derivatives by {listing(self.wrt)}")
        first, second = pair
        zero = self.gradient.point.arithmetic.zero
        return self._entries.get((first, second), self._entries.get((second, first), zero))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def value(self) -> Any:
        """The value of the output."""
        return self.gradient.value

    def matrix(self) -> list[list[Any]]:
        """All entries, a row and a column for each name of `wrt`; symmetric."""
        return [[self[row, column] for column in self.wrt] for row in self.wrt]

    @cached_property
    def labelled(self) -> dict[str, Any]:
        """The entries by their labels: `d2J/db dc`."""
        from graphdiff.derivatives.quantities import Quantity

        return {Quantity(self.of, pair).label: value for pair, value in self.items()}

    @cached_property
    def notices(self) -> list[Diagnostic]:
        """As those of a gradient, and second derivatives that are not finite."""
        arithmetic = self.gradient.point.arithmetic
        return [*self.gradient.notices, *unbounded(arithmetic, self.labelled, self.of)]


class Product(Displayed, Mapping[str, Any]):
    """A Jacobian or a Hessian times a direction of the inputs, at a point: numbers by name.

    Iterates over the components of the product (the outputs of a Jacobian, the inputs of a
    Hessian), and answers for every name of the program.

    label: the column's header, "jvp" or "hvp J". point: the values of all names.
    """

    def __init__(self, label: str, point: Values, names: Sequence[str], numbers: Mapping[str, Any]) -> None:
        self.label = label
        self.point = point
        self._names = tuple(names)
        self.numbers = dict(numbers)

    def __repr__(self) -> str:
        return f"<{self.label}: {short([*self.items()], self.point.arithmetic.text)}>"

    def __getitem__(self, name: str) -> Any:
        self.point.graph.node(name)
        return self.numbers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    @cached_property
    def notices(self) -> list[Diagnostic]:
        """The components that are not finite."""
        word = "of" if self.label == "jvp" else "by"
        labelled = {f"{self.label} {word} {name}": number for name, number in self.numbers.items()}
        return list(unbounded(self.point.arithmetic, labelled, ""))


class DerivativeProgram:
    """The derivatives of a program, as a program. Prints as `graphdiff derive` does.

    graph: the program as a Graph; every function that takes a program takes this one, too.
    names: the names of its derivatives, such as dJ_db, in the order asked for.
    """

    def __init__(self, source: Graph, of: Sequence[str], wrt: Sequence[str], flat: bool) -> None:
        self._source, self._of, self._wrt, self._flat = source, of, wrt, flat
        program = self._derived()
        self.names = tuple(program.wanted)
        self.text = "\n".join(_view("code").lines(program, "graphdiff", flat=flat))

    def _derived(self, values: bool = False) -> Program:
        from graphdiff.derivatives.derivation import derive

        return derive(self._source, self._of, self._wrt, values=values, closed=self._flat)

    @cached_property
    def graph(self) -> Graph:
        from graphdiff.parsing import parse

        return parse(self.text)  # which its reader has before them: messages point into it

    def to(self, language: str, name: str = "gradient") -> str:
        """The text of a function `name` in another language that returns values and derivatives.

        `language` is one of those of `graphdiff derive --to`: python, numpy, jax, c, fortran,
        julia, javascript, sympy; or latex, for formulas instead of a function.
        """
        code = _view("code")
        known = list(code.LANGUAGES)
        if language not in known:
            hint = did_you_mean(str(language), known) or f"the languages are {listing(known)}"
            raise InputProblem(Diagnostic("usage", f"no such language: {language}", hint=hint))
        return "\n".join(code.lines(self._derived(values=True), language, name, self._flat))

    def __repr__(self) -> str:
        return f"<DerivativeProgram: {listing(self.names)}>"

    def __str__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return f"```\n{self.text}\n```"


class Explanation:
    """Each step of both sweeps at a point, in words and numbers. Prints as `graphdiff explain` does.

    steps: the same as data.
    """

    def __init__(self, steps: Steps) -> None:
        self.steps = steps

    @property
    def notices(self) -> list[Diagnostic]:
        """What to know about the numbers, such as kinks."""
        return self.steps.notices

    def __repr__(self) -> str:
        return f"<Explanation of {listing(found.of for found in self.steps.passes)}>"

    def __str__(self) -> str:
        lines = _view("explanation").lines(self.steps, "text", _screen())
        return _with_notices("\n".join(lines), self.notices)

    def _repr_markdown_(self) -> str:
        return "\n".join(_view("explanation").lines(self.steps, "markdown", _screen()))


class Report:
    """The result of a check; true if all is as expected. Prints as `graphdiff check` does.

    comparisons: the results, as data; see `graphdiff.checking.Report`.
    """

    def __init__(self, comparisons: Comparisons) -> None:
        self.comparisons = comparisons

    @property
    def passed(self) -> bool:
        """Whether every expectation was compared and holds."""
        return self.comparisons.passed

    def __bool__(self) -> bool:
        return self.passed

    @property
    def data(self) -> dict[str, Any]:
        """The object of `graphdiff check --format json`: counts, and each comparison."""
        found: dict[str, Any] = json.loads(self._text("json"))
        return found

    def _text(self, form: str) -> str:
        return "\n".join(_view("report").lines([self.comparisons], form))

    def __repr__(self) -> str:
        return f"<Report: {self._text('text').splitlines()[-1]}>"

    def __str__(self) -> str:
        return _with_notices(self._text("text"), self.comparisons.notices)

    def _repr_markdown_(self) -> str:
        return self._text("markdown")


def draw(result: Any, form: str) -> str:
    """A result of the sweeps as the table of `graphdiff eval`, a graph as a program: "text" or "html".

    In HTML the picture stands above it, where there is one; "svg" is the picture alone, or "".
    """
    if form != "text":
        drawn = _picture(result)
        if form == "svg" or (drawn and isinstance(result, Graph)):
            return drawn
        return drawn + _table(result, "html")
    return _table(result, form)


def _picture(result: Any) -> str:
    """A graph, and the numbers at a point, as SVG; "" without the extra `draw`, and for a large graph."""
    graph, values, slopes = _pictured(result)
    if graph is None or len(graph.names) > MOST_PICTURED:
        return ""
    from graphdiff.drawing.picture import picture

    try:
        drawn = picture(graph, values, [found.of for found in slopes], known=slopes)
        return "\n".join(_view("drawing.svg").text(drawn))
    except InputProblem:
        return ""


def _pictured(result: Any) -> tuple[Graph | None, Values | None, list[Derivatives]]:
    """The graph of a result, and what is known at its point, if that is one of plain numbers."""
    from graphdiff.arithmetic.floats import FLOATS

    if isinstance(result, Graph):
        return result, None, []
    slopes = [result] if isinstance(result, Derivatives) else []
    values = result.point if isinstance(result, Derivatives) else result
    if not isinstance(values, Values) or values.arithmetic is not FLOATS:
        return None, None, []
    return values.graph, values, slopes


def _table(result: Any, form: str) -> str:
    if isinstance(result, Graph):
        from graphdiff.derivatives.derivation import as_program

        text = "\n".join(_view("code").lines(as_program(result), "graphdiff"))
        return f"<pre>{html.escape(text)}</pre>" if form == "html" else text
    answer = _answer(result)
    view = _view("answer")
    if form == "html":
        return "\n".join(view.lines(answer, form, _screen()))
    try:
        lines = list(view.lines(answer, "table", _screen()))
    except ImportError:  # without Rich
        lines = list(view.lines(answer, "markdown", _screen()))
    return _with_notices("\n".join(lines), answer.notices)


def _answer(result: Any) -> Answer:
    """A result as the views read it."""
    from graphdiff.answers import Answer

    if isinstance(result, SecondDerivatives):
        found = _answer(result.gradient)
        return found._replace(second={result.of: result.labelled}, notices=result.notices)
    if isinstance(result, Product):
        extra = {result.label: result.numbers}
        return Answer(result.point, [], [*result.numbers], {}, None, result.notices, extra=extra)
    if isinstance(result, Gradient):
        return Answer(result.point, [result.of], result.shown, {result.of: result}, None, result.notices)
    if isinstance(result, Derivatives):
        return Answer(result.point, [result.of], [*result], {result.of: result}, None, [])
    assert isinstance(result, Values)
    return Answer(result, [], [*result], {}, None, [])


def _view(name: str) -> Any:
    """The module of a view, imported when something is shown."""
    from importlib import import_module

    return import_module(f"graphdiff.views.{name}")


def _screen() -> Screen:
    """Standard output, as far as it is known: whether it can show lines and dots that are not ASCII."""
    from graphdiff.views.screen import Screen

    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return Screen(unicode=encoding.lower().replace("-", "").startswith("utf"))


def _with_notices(text: str, found: Sequence[Diagnostic]) -> str:
    return "\n".join([text, *(render(notice, "notice") for notice in found)])
