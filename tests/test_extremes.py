"""Values and derivatives are right at extreme arguments, to the third order, by every way to ask.

Random programs of up to 12 definitions over all functions, at magnitudes from 1e-300 to 1e300 and
next to everything delicate. The oracle (`oracle.py`) knows nothing of graphdiff, and says how far a
rounding of everything on the way moves each answer: that is the unit of the error, so that an
answer is wrong by graphdiff's fault and never by that of binary64. What binary64 can hold must be
found, also where something on the way cannot be held.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from itertools import combinations_with_replacement
from typing import Any, NamedTuple

import numpy
import pytest
from extreme_programs import MANY, ONE, TWO, drawn, flattened, heads
from oracle import LARGEST, SMALLEST, Program, Right, Tree, Truth, Unsteady, mp, program_text

import graphdiff
from graphdiff.diagnostics import GraphdiffError

# Units of `Right` that an answer may be off by, by the order of the derivative.
MOST_UNITS = (100, 100, 300, 1000)
FURTHEST_DOWN = -(2**64)
DIGITS = 30  # of the arithmetic of many digits


class Wrong(NamedTuple):
    """An answer that is not right: by which way it was asked for, of what, and the two numbers."""

    way: str
    names: tuple[str, ...]
    got: Any
    right: Any
    units: float

    def __str__(self) -> str:
        what = f"dJ/d{' d'.join(self.names)}" if self.way != "value" else self.names[0]
        return f"{self.way}: {what} is {self.got}, right {mp.nstr(self.right, 17)} ({self.units:.1e} units)"


def is_right(got: Any, right: Right, order: int) -> float:
    """How many times the error that is allowed the answer is off; 0 to 1 is right."""
    value, unit = right
    if mp.mpf(unit) * MOST_UNITS[order] > abs(value) * mp.mpf("1e-3"):
        return 0.0  # there is nothing to demand: all is rounding
    if abs(value) > LARGEST * (1 - 1e-3):
        return (
            0.0
            if math.isnan(got) or (abs(got) > LARGEST * (1 - 1e-3) and (got > 0) == (value > 0))
            else math.inf
        )
    if abs(value) < SMALLEST:
        return 0.0 if math.isnan(got) or abs(got) <= SMALLEST * (1 + 1e-3) else math.inf
    if not math.isfinite(got):
        return math.inf
    return float(abs(mp.mpf(got) - value) / (unit * MOST_UNITS[order]))


def bumps(program: Program) -> list[tuple[str, ...]]:
    """What is differentiated by what: every name, and triples of inputs."""
    inputs = [*program.inputs]
    triples: list[tuple[str, ...]] = [(name,) * 3 for name in inputs]
    mixed = [t for t in combinations_with_replacement(inputs, 3) if len(set(t)) == min(3, len(inputs))]
    triples += [t for t in mixed if len(inputs) > 1][-1:]
    return [*triples, *[(name,) for name in program.definitions]]


def answers(program: Program) -> Iterator[tuple[str, tuple[str, ...], Any]]:
    """(way, names, number): all that graphdiff says about J at the point, by every way to ask it."""
    text, point, inputs = program_text(program), program.inputs, [*program.inputs]
    graph = graphdiff.parse(text)
    values = graphdiff.evaluate(graph, point)
    for name in graph.names:
        yield "value", (name,), values[name]
    slopes = graphdiff.backpropagate(values, "J")
    for name in graph.names:
        yield "backward", (name,), slopes[name]
    for name in inputs:
        yield "forward", (name,), graphdiff.jvp(graph, point, along={name: 1}, of="J")["J"]
    derived = graphdiff.derive(graph, of="J")
    found = graphdiff.evaluate(derived, {k: v for k, v in point.items() if k in derived.graph.inputs})
    for name in inputs:
        yield "derive", (name,), found.rounded(f"dJ_d{name}")
    second = graphdiff.hessian(graph, point, of="J")
    for pair in combinations_with_replacement(inputs, 2):
        yield "hessian", pair, second[pair]
    for name in inputs:
        product = graphdiff.hvp(graph, point, along={name: 1}, of="J")
        for other in inputs:
            yield "hvp", tuple(sorted((name, other))), product[other]
    for names in bumps(program):
        asked, formula = names[: 3 if len(names) == 3 else 1], "J"
        for k, name in enumerate(asked, 1):
            formula = f"diff({formula}, {name})"
            if len(names) == 3:
                again = graphdiff.evaluate(f"{text}\ng = {formula}", point)
                yield "diff", tuple(sorted(asked[:k])), again.rounded("g")


def batch_answers(program: Program) -> Iterator[tuple[str, tuple[str, ...], Any]]:
    """The values and first derivatives in rows of NumPy."""
    point = {name: [value, value] for name, value in program.inputs.items()}
    with numpy.errstate(all="ignore"):
        rows = graphdiff.evaluate(program_text(program), point, graphdiff.Batch())
        slopes = graphdiff.backpropagate(rows, "J")
    for name in rows.graph.names:
        for way, number in (("value", rows.nodes[rows.graph.node(name)]), ("rows", slopes[name])):
            yield way, (name,), float(number[0] if getattr(number, "ndim", 0) else number)


def precise_answers(program: Program) -> Iterator[tuple[str, tuple[str, ...], Any]]:
    """The values and derivatives to many digits."""
    text, point = program_text(program), program.inputs
    found = graphdiff.gradient(text, point, of="J", precision=DIGITS)
    for name in found.point.graph.names:
        yield "value", (name,), found.point[name]
        yield "precise", (name,), found[name]
    second = graphdiff.hessian(text, point, of="J", precision=DIGITS)
    for pair in combinations_with_replacement([*point], 2):
        yield "precise hessian", pair, second[pair]


def wrong_answers(program: Program, precise: bool = False) -> list[Wrong]:
    """What graphdiff gets wrong. Raises Unsteady where there is nothing to get right."""
    truth = Truth(program, bumps(program))
    found: list[Wrong] = []
    try:
        for way, names, got in [*answers(program), *batch_answers(program)]:
            right = truth.values.get(names[0]) if way == "value" else truth.derivatives.get(names)
            if right is not None:
                order = 0 if way == "value" else len(names)
                units = is_right(got, right, order)
                if units > 1 and (way != "derive" or factors_fit(program)):
                    found.append(Wrong(way, names, got, right.value, units))
    except GraphdiffError as error:
        found.append(Wrong(f"error: {error}", (), None, mp.nan, math.inf))
    return found + (wrong_digits(program) if precise else [])


def factors_fit(program: Program) -> bool:
    """Whether the factors of the derivatives are 0 or normal numbers of binary64.

    A derivative program, in any language, has no wider numbers for them. They are the adjoints of
    all operations; with one input, the derivative program is swept forward, and they are the tangents.
    """
    flat = flattened(program)
    try:
        if len(flat.inputs) > 1:
            factors = [*Truth(flat, [(name,) for name in flat.definitions]).derivatives.values()]
        else:
            (x,), factors = flat.inputs, []
            known: dict[str, Tree] = {}
            for name, tree in flat.definitions.items():
                known[name] = tree
                top = Program(flat.inputs, {**known, "J": Tree(name)} if name != "J" else known)
                factors += Truth(top, [(x,)]).derivatives.values()
    except Unsteady:
        return False
    return all(a.value == 0 or SMALLEST <= abs(a.value) <= LARGEST for a in factors)


def wrong_digits(program: Program) -> list[Wrong]:
    """What is not right to all digits that are asked for."""
    truth = Truth(program, bumps(program), decimal=True)
    found: list[Wrong] = []
    for way, names, got in precise_answers(program):
        right = truth.values.get(names[0]) if way == "value" else truth.derivatives.get(names)
        if (
            right is None
            or right.unit > abs(right.value) * 1e-6
            or not FURTHEST_DOWN < mp.mag(right.value) < 2**64
        ):
            continue
        order = 0 if way == "value" else len(names)
        with mp.workdps(80):
            value = mp.make_mpf(got._mpf_)
            unit = right.unit * mp.mpf(2) ** 53 * mp.mpf(10) ** -(DIGITS + 9)
            most = max(abs(right.value) * mp.mpf(10) ** -DIGITS, MOST_UNITS[order] * unit)
            off = abs(value - right.value)
            off = off / most if most and mp.isfinite(off) else 0 if off == 0 else mp.inf
        if off > 1:
            found.append(
                Wrong(way if way != "value" else "precise value", names, value, right.value, float(off))
            )
    return found


class Tally:
    """What came of the programs of one seed."""

    def __init__(self) -> None:
        self.programs = self.unsteady = 0
        self.wrong: list[str] = []

    def run(self, seed: int, programs: int) -> None:
        for k in range(programs):
            # Many small ones, because there are so many pairs of a function and a place.
            program = drawn(f"{seed} {k}", most=12 if k % 2 else 2)
            try:
                found = wrong_answers(program, precise=k % 3 == 0) if program else None
            except Unsteady:
                found = None
            if program is None or found is None:
                self.unsteady += 1
                continue
            self.programs += 1
            if found:
                shown = "\n  ".join(map(str, found))
                self.wrong.append(f"{program_text(program)}\nat {program.inputs}\n  {shown}")


# Programs that share a seed.
SEEDS, COUNT = range(10), 15


@pytest.mark.parametrize("seed", SEEDS)
def test_every_answer_is_right_at_extreme_arguments(seed: int) -> None:
    tally = Tally()
    tally.run(seed, COUNT)
    assert not tally.wrong, "\n\n".join(tally.wrong)
    assert tally.programs >= COUNT / 2  # nearly all programs have something to get right


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(1000, 1200))
def test_many_more_programs(seed: int) -> None:
    tally = Tally()
    tally.run(seed, 100)
    assert not tally.wrong, f"{len(tally.wrong)} of {tally.programs}\n\n" + "\n\n".join(tally.wrong)
    assert tally.programs >= 70


def test_the_programs_are_worth_something() -> None:
    """All functions are drawn, and most derivatives are asked for to nearly all digits."""
    drawn_heads: set[str] = set()
    demanded: Counter[tuple[int, bool]] = Counter()
    for k in range(1000):
        program = drawn(f"worth {k}", 2)
        if program is None:
            continue
        drawn_heads |= heads(program)
        if k >= 150:
            continue
        try:
            truth = Truth(program, bumps(program))
        except Unsteady:
            continue
        for names, right in truth.derivatives.items():
            if right.value and SMALLEST < abs(right.value) < LARGEST:
                demanded[len(names), right.unit < abs(right.value) * 1e-13] += 1
    assert drawn_heads >= {*ONE, *TWO, *MANY, "add", "sub", "mul", "div", "polygamma", "where"}
    for order in (1, 2, 3):
        assert demanded[order, True] > 50
        assert demanded[order, True] > 4 * demanded[order, False]


@pytest.mark.parametrize(
    ("got", "right"),
    [
        (1.0 + 1e-13, 1.0), (0.0, 1e-300), (math.inf, 1e300), (math.nan, 1e-300), (-1e-17, 1e-17),
        (0.0, 1e400), (-math.inf, 1e400), (1e-300, 1e-400),
    ],
)  # fmt: skip
def test_an_answer_that_is_off_is_wrong(got: float, right: float) -> None:
    value = mp.mpf(10) ** 400 if right == 1e400 else mp.mpf(right) if right else mp.mpf(10) ** -400
    assert is_right(got, Right(value, abs(value) * 2.0**-53), order=1) > 1


@pytest.mark.parametrize(
    ("got", "right"),
    [(1.0 + 1e-15, "1"), (math.inf, "1e400"), (math.nan, "1e400"), (0.0, "1e-400"), (5e-324, "4e-320")],
)
def test_an_answer_within_rounding_is_right(got: float, right: str) -> None:
    assert is_right(got, Right(mp.mpf(right), abs(mp.mpf(right)) * 2.0**-53), order=1) <= 1
