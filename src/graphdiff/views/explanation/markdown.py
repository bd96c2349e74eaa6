"""An explanation as Markdown, for notes: a heading for each section, a numbered step for each equation."""

from __future__ import annotations

from collections.abc import Iterator

from graphdiff.explanation.steps import Explanation
from graphdiff.views.explanation.bumps import BumpTable
from graphdiff.views.explanation.dialect import Dialect
from graphdiff.views.explanation.equations import Equation
from graphdiff.views.explanation.sections import sections
from graphdiff.views.explanation.sentences import Excerpt, Math, Sentence
from graphdiff.views.screen import Screen


def lines(explanation: Explanation, screen: Screen) -> Iterator[str]:
    """The lines. Formulas are code, which every renderer shows unchanged."""
    for k, section in enumerate(sections(explanation, Dialect(screen.unicode))):
        if k:
            yield ""
        yield f"## {_words(section.title)}"
        before: type | None = None
        number = 0
        for item in section.items:
            if before is not type(item) or not isinstance(item, Equation):
                yield ""
            before = type(item)
            if isinstance(item, Equation):
                number += 1
                note = f" ({item.note})" if item.note else ""
                yield f"{number}. `{' = '.join([item.left, *item.members])}`{note}"
            elif isinstance(item, BumpTable):
                yield from _table(item)
            else:
                yield _words(item)


def _words(sentence: Sentence) -> str:
    """A sentence with its formulas and pieces of the program as code."""
    return "".join(f"`{part}`" if isinstance(part, (Math, Excerpt)) else part for part in sentence)


def _table(table: BumpTable) -> Iterator[str]:
    yield "| name | before | after |"
    yield "| --- | ---: | ---: |"
    for row in table.rows:
        yield f"| {' | '.join(f'`{cell}`' for cell in row)} |"
