"""What an explanation says, section by section: the same in every format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from graphdiff.explanation.steps import ABSENT, FLAT, NOT_TAKEN, Explanation, Pass
from graphdiff.views.explanation.bumps import BumpTable, bump_table, outcomes
from graphdiff.views.explanation.dialect import Dialect
from graphdiff.views.explanation.equations import Equation, chain_rule, definition, partial
from graphdiff.views.explanation.sentences import Math, Sentence, listed, sentence
from graphdiff.views.explanation.writer import Writer

Item = Equation | BumpTable | Sentence

# Why derivatives are 0: of one name, of several.
ZEROS = {
    ABSENT: (
        "{zeros}: {of} does not depend on {names}.",
        "{zeros}: {of} does not depend on {names}.",
    ),
    NOT_TAKEN: (
        "{zeros}: {of} does not depend on {names} here, because its branch is not taken.",
        "{zeros}: {of} does not depend on {names} here, because their branches are not taken.",
    ),
    FLAT: (
        "{zeros}: {names} does not move {of} here.",
        "{zeros}: {names} do not move {of} here.",
    ),
}


class Section(NamedTuple):
    title: Sentence
    items: list[Item]


def sections(explanation: Explanation, dialect: Dialect) -> Iterator[Section]:
    """The sections in order, numbers and formulas written in a dialect."""
    write = Writer(explanation, dialect)
    yield Section(("Left to right: values",), list(_values(write)))
    if explanation.edges:
        yield Section(("Along each edge: partials",), list(_partials(write)))
    for back in explanation.passes:
        template = "Right to left: derivatives of {of}"
        if len(explanation.passes) == 1:
            template = "Right to left: derivatives"
        title = sentence(template, of=Math(dialect.name(back.of)))
        yield Section(title, list(_derivatives(write, back)))
    for bump in explanation.bumps:
        name, by = Math(dialect.name(bump.name)), Math(write.value(bump.by))
        title = sentence("Bump: {name} by {by}", name=name, by=by)
        yield Section(title, [bump_table(write, bump), *outcomes(write, bump)])


def _values(write: Writer) -> Iterator[Item]:
    graph, explanation = write.values.graph, write.explanation
    if explanation.given:
        given = []
        for name in explanation.given:  # inputs are where the reader starts: with all their digits
            digits = write.whole if graph.names[name] < len(graph.inputs) else write.text
            given.append(f"{write.dialect.name(name)} = {write.value(write.named(name), digits)}")
        yield sentence("With {given}.", given=listed(given))
    for name in explanation.definitions:
        yield definition(write, name)


def _partials(write: Writer) -> Iterator[Item]:
    dialect, edges = write.dialect, write.explanation.edges
    for one in edges:
        yield partial(write, one)
    other = next((one for one in edges if not one.total), None)
    if other is not None:
        template = "{partial} is along this edge alone, {total} along all paths."
        along, total = dialect.partial(other.of, other.wrt), dialect.derivative(other.of, other.wrt)
        yield sentence(template, partial=Math(along), total=Math(total))


def _derivatives(write: Writer, back: Pass) -> Iterator[Item]:
    dialect = write.dialect
    for one in back.steps:
        yield chain_rule(write, one)
    of = Math(dialect.name(back.of))
    for why, names in back.zeros.items():
        zeros = listed(f"{dialect.derivative(back.of, name)} = 0" for name in names)
        template = ZEROS[why][len(names) > 1]
        yield sentence(template, zeros=zeros, of=of, names=listed(map(dialect.name, names)))
    if not back.steps and not back.zeros:
        if back.alone:
            yield sentence("{of} depends on nothing else.", of=of)
        else:
            yield Equation(dialect.derivative(back.of, back.of), ["1"])
