r"""An explanation as LaTeX, for notes: sections to be \input into a document that has amsmath."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import ClassVar

from graphdiff.explanation.steps import Explanation
from graphdiff.views.code.notation import Written
from graphdiff.views.explanation.bumps import BumpTable
from graphdiff.views.explanation.dialect import Dialect
from graphdiff.views.explanation.equations import Equation
from graphdiff.views.explanation.sections import Section, sections
from graphdiff.views.explanation.sentences import Excerpt, Math, Sentence
from graphdiff.views.latex.formulas import Formulas
from graphdiff.views.latex.names import Symbols, escaped
from graphdiff.views.latex.rows import aligned, rows
from graphdiff.views.screen import Screen


class Latex(Symbols, Dialect):
    """Formulas as mathematicians write them, names as symbols."""

    as_written: ClassVar[bool] = False
    parentheses: ClassVar[tuple[str, str]] = (r"\left(", r"\right)")

    def __init__(self, names: Collection[str], constants: Collection[str]) -> None:
        Symbols.__init__(self, names, constants)
        Dialect.__init__(self, True)
        self.notation = Formulas()
        self.times = r" \cdot "

    def digits(self, text: str) -> Written:
        return self.notation.number(text)

    def halved(self, text: str) -> str:
        return rf"\tfrac{{1}}{{2}} \cdot {text}"

    def squared(self, text: str) -> str:
        return rf"\left({text}\right)^2" if "^" in text and not text.startswith("(") else f"{text}^2"


def lines(explanation: Explanation, screen: Screen) -> Iterator[str]:
    """The lines, in ASCII whatever the screen can show."""
    graph = explanation.values.graph
    yield r"% \usepackage{amsmath}"
    yield r"\begingroup\allowdisplaybreaks\sloppy"
    for section in sections(explanation, Latex(graph.names, graph.constants)):
        yield rf"\subsection*{{{_words(section.title)}}}"
        yield from _body(section)
    yield r"\par\endgroup"


def _body(section: Section) -> Iterator[str]:
    equations: list[Equation] = []
    for item in section.items:
        if isinstance(item, Equation):
            equations.append(item)
            continue
        yield from aligned(rows(equations))
        equations = []
        if isinstance(item, BumpTable):
            yield from aligned(rf"{name} &\colon {old} \to {new}" for name, old, new in item.rows)
        else:
            yield _words(item)
    yield from aligned(rows(equations))


def _words(sentence: Sentence) -> str:
    shown = []
    for part in sentence:
        if isinstance(part, Excerpt):
            shown.append(rf"\texttt{{{escaped(part)}}}")
        else:
            shown.append(f"${part}$" if isinstance(part, Math) else part)
    return "".join(shown)
