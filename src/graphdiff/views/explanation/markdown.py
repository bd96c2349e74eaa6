"""An explanation as Markdown, for notes: a heading for each section, a numbered step for each equation."""

from __future__ import annotations

from collections.abc import Iterator

from graphdiff.explanation.steps import Explanation
from graphdiff.views.explanation.text import Code, Dialect, Equation, Maths, Sentence, Travel, sections


def lines(explanation: Explanation, *, unicode: bool) -> Iterator[str]:
    """The lines. Formulas are code, which every renderer shows as it is."""
    for k, section in enumerate(sections(explanation, Dialect(unicode))):
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
            elif isinstance(item, Travel):
                yield from _table(item)
            else:
                yield _words(item)


def _words(sentence: Sentence) -> str:
    """A sentence, its formulas and pieces of program as code."""
    return "".join(f"`{part}`" if isinstance(part, (Maths, Code)) else part for part in sentence)


def _table(travel: Travel) -> Iterator[str]:
    yield "| name | before | after |"
    yield "| --- | ---: | ---: |"
    for row in travel.rows:
        yield f"| {' | '.join(f'`{cell}`' for cell in row)} |"
