"""What is said about a bump: how it moved the values, and what the derivatives predicted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from graphdiff.explanation.bumps import (
    BRANCH,
    CONDITION,
    DIVISOR,
    KINK,
    POLE,
    UNDEFINED,
    Bump,
    BumpOutcome,
    Crossing,
)
from graphdiff.views.explanation.sentences import Excerpt, Math, Sentence, listed, sentence
from graphdiff.views.explanation.writer import Digits, Writer

EVENTS = {
    KINK: "{operation} passes a kink on the way",
    CONDITION: "{operation} changes on the way",
    BRANCH: "{operation} takes another branch on the way",
    POLE: "{operation} passes a pole on the way",
    DIVISOR: "the divisor of {operation} changes sign on the way",
    UNDEFINED: "{operation} is undefined on the way",
}


class BumpTable(NamedTuple):
    """How a bump moved the values: (name, before, after)."""

    rows: list[tuple[str, str, str]]


def bump_table(write: Writer, bump: Bump) -> BumpTable:
    rows = []
    for name, before, after in bump.path:
        same = write.as_shown(before) == write.as_shown(after) and before != after
        digits = write.whole if same else write.text
        rows.append((write.dialect.name(name), write.value(before, digits), write.value(after, digits)))
    return BumpTable(rows)


def outcomes(write: Writer, bump: Bump) -> Iterator[Sentence]:
    """How each output moved; those that stayed in one sentence."""
    still = []
    for outcome in bump.outcomes:
        if outcome.derivative is None and outcome.rest is None and outcome.moved == 0:
            still.append(write.dialect.name(outcome.of))
        else:
            yield _prediction(write, bump, outcome)
            yield from _rest(write, bump, outcome)
    if still:
        template = "{outputs} did not move: it does not depend on {bumped} here."
        if len(still) > 1:
            template = "{outputs} did not move: they do not depend on {bumped} here."
        yield sentence(template, outputs=listed(still), bumped=Math(write.dialect.name(bump.name)))


def _prediction(write: Writer, bump: Bump, outcome: BumpOutcome) -> Sentence:
    """How an output moved, and what its derivative predicted."""
    dialect, value, is_finite = write.dialect, write.value, write.arithmetic.is_finite
    symbol = dialect.derivative(outcome.of, bump.name)
    digits = _telling(write, outcome)
    moved = _moved(write, outcome, digits)
    if outcome.derivative is not None and not is_finite(outcome.derivative):
        infinite = Math(f"{symbol} = {value(outcome.derivative)}")
        return sentence(
            "{moved}; the derivative predicts nothing: {infinite}.", moved=moved, infinite=infinite
        )
    predicted = Math("0")
    if outcome.derivative is not None:
        by, times = write.factor(bump.by), dialect.times
        product = f"{write.factor(outcome.derivative)}{times}{by}"
        predicted = Math(f"{symbol}{times}{by} = {product} = {value(outcome.predicted, digits)}")
    if not is_finite(outcome.predicted):
        return sentence("{moved}; the prediction overflows: {predicted}.", moved=moved, predicted=predicted)
    if outcome.rest is None and not outcome.lost:
        return sentence("{moved}, as predicted: {predicted}.", moved=moved, predicted=predicted)
    return sentence("{moved}; the prediction was {predicted}.", moved=moved, predicted=predicted)


def _moved(write: Writer, outcome: BumpOutcome, digits: Digits) -> Sentence:
    of = Math(write.dialect.name(outcome.of))
    if write.arithmetic.is_finite(outcome.moved):
        return sentence("{of} moved by {moved}", of=of, moved=Math(write.value(outcome.moved, digits)))
    before, after = Math(write.value(outcome.before)), Math(write.value(outcome.after))
    if outcome.before == outcome.after:
        return sentence("{of} stays {after}", of=of, after=after)
    return sentence("{of} went from {before} to {after}", of=of, before=before, after=after)


def _telling(write: Writer, outcome: BumpOutcome) -> Digits:
    """Enough digits of the change and its prediction to see their difference, which may be far smaller."""
    if outcome.rest is None:
        return write.text
    difference = outcome.moved - outcome.predicted
    seen = write.as_shown(outcome.moved) - write.as_shown(outcome.predicted)
    return write.text if abs(seen - difference) <= abs(difference) / 100 else write.whole


def _rest(write: Writer, bump: Bump, outcome: BumpOutcome) -> Iterator[Sentence]:
    """How far the prediction is off, and why."""
    if outcome.lost:
        yield ("The difference is within rounding error.",)
    if outcome.rest is None:
        return
    is_finite = write.arithmetic.is_finite(outcome.rest)
    rest = Math(write.value(outcome.rest))
    if outcome.crossed is not None:
        template = "The rest is {rest}, because {event}." if is_finite else "That is because {event}."
        yield sentence(template, rest=rest, event=_event(write, outcome.crossed))
    elif is_finite and outcome.curvature is None:
        yield sentence("The rest is {rest}.", rest=rest)
    elif is_finite:
        yield from _second_order(write, bump, outcome, rest)


def _event(write: Writer, crossed: Crossing) -> Sentence:
    node, why = crossed
    excerpt = write.dialect.source(write.values.graph.excerpt(node))
    return sentence(EVENTS[why], operation=Excerpt(excerpt))


def _second_order(write: Writer, bump: Bump, outcome: BumpOutcome, rest: Math) -> Iterator[Sentence]:
    """What the second derivative explains of the rest."""
    dialect, value = write.dialect, write.value
    symbol = dialect.second(outcome.of, bump.name)
    if outcome.second is None:
        infinite = Math(f"{symbol} = {value(outcome.curvature)}")
        template = "The rest is {rest}; the second derivative cannot explain it: {infinite}."
        yield sentence(template, rest=rest, infinite=infinite)
        return
    half, times = dialect.halved(write.factor(outcome.curvature)), dialect.times
    square = dialect.squared(write.factor(bump.by))
    product = f"{dialect.halved(symbol)}{times}{square} = {half}{times}{square}"
    second = Math(f"{product} = {value(outcome.second)}")
    if outcome.higher is None:
        yield sentence("The rest, {rest}, is of second order: {second}.", rest=rest, second=second)
    else:
        yield sentence("The rest is {rest}. Of second order: {second}.", rest=rest, second=second)
        yield sentence("Of higher order: {higher}.", higher=Math(value(outcome.higher)))
