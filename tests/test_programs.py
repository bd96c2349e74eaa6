"""Random programs: what backpropagation says against what the values alone say.

Three numbers are compared for the derivative by every name, inputs and definitions:
backpropagation in floats, backpropagation in 50 digits, and a central difference in
100 digits of an evaluator that knows values only and shares nothing with graphdiff.
How far the first two may differ is measured: by how far the result moves when every
operation on the way is wrong by about a unit in the last place.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from random_programs import OF_ORDER, Meaning, Program, even_programs, grown, small_programs
from support import SMALLEST, exact, mp

from graphdiff.answers import edges
from graphdiff.arithmetic import Arithmetic
from graphdiff.arithmetic.floats import FLOATS, Floats
from graphdiff.arithmetic.precise import Precise
from graphdiff.graph import Graph
from graphdiff.parsing import parse
from graphdiff.rules import TABLE
from graphdiff.sweep import backpropagate, evaluate

DIGITS_50 = Precise(50)
EXACT = ("copy", "lt", "le", "gt", "ge", "eq", "ne", "not", "and", "or", "where", "sign", "floor", "ceil",
         "round", "min", "max", "abs", "neg")  # fmt: skip


class Shaken(Precise):
    """Many digits in which every operation is wrong by about a unit in the last place of a float."""

    def __init__(self, kind: int) -> None:
        super().__init__(50)
        self.kind = kind
        self.random = random.Random(kind)
        self.primitives = {name: self.shaken(name, function) for name, function in self.primitives.items()}
        self.times, self.plus = self.primitives["mul"], self.primitives["add"]

    def start(self, program: Program) -> None:
        """The same mistakes for the same program, whatever was computed before."""
        self.random.seed(f"{self.kind} {program.text}")
        self.constants = {name: self.moved(value) for name, value in DIGITS_50.constants.items()}

    def moved(self, value: Any) -> Any:
        # Never by nearly nothing, so that a single operation shows.
        return value * (1 + self.random.choice((-1, 1)) * self.random.uniform(0.5, 1.5) * 2.0**-52)

    def shaken(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        if name in EXACT:
            return function
        if name in ("lgamma", "digamma"):  # left of 0 as exact as their argument's last place
            return lambda x: self.moved(function(self.moved(x)))
        if name in OF_ORDER:  # an order stays whole
            return lambda n, x: self.moved(function(self.mp.nint(n), self.moved(x)))
        return lambda *arguments: self.moved(function(*arguments))

    def number(self, text: str) -> Any:
        number = super().number(text)
        return number if number == float(text) else self.moved(number)


SHAKEN = [Shaken(kind) for kind in range(6)]


def results(graph: Graph, program: Program, arithmetic: Arithmetic) -> dict[str, Any]:
    """The value of every name, the derivative of J by every name, and all edges."""
    number: Any = arithmetic.mp.mpf if isinstance(arithmetic, Precise) else float
    values = evaluate(graph, {name: number(program.inputs[name]) for name in graph.inputs}, arithmetic)
    slopes = backpropagate(values, "J")
    found = {name: values[name] for name in graph.names}
    found.update((f"dJ/d{name}", slopes[name]) for name in graph.names)
    found.update((f"edge {of}, {wrt}", partial) for of, wrt, partial in edges(values))
    return found


BITS, STEP = 340, -113


def rise(program: Program, of: Callable[[Meaning], Any], bump: Callable[[Meaning, Any], None]) -> Any:
    """A central difference: the value after a bump to the right, less that to the left, by the step."""
    with mp.workprec(BITS):
        step = mp.ldexp(1, STEP)
        sides = []
        for side in (step, -step):
            meaning = Meaning(program)
            bump(meaning, side)
            sides.append(of(meaning))
        return (sides[0] - sides[1]) / (2 * step)


def by_values(program: Program, names: list[str], pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """The same results as `results` has, from values alone."""

    def total(name: str) -> Any:
        def bump(meaning: Meaning, by: Any) -> None:
            meaning.bumped = {name: by}

        return rise(program, lambda meaning: meaning.name("J"), bump)

    with mp.workprec(BITS):
        still = Meaning(program)
        found = {name: still.name(name) for name in names}

    def along_edge(of: str, wrt: str) -> Any:
        def bump(meaning: Meaning, by: Any) -> None:
            # All names are what they are, but for the one.
            meaning.known = {**still.known, wrt: still.name(wrt) + by}

        return rise(program, lambda meaning: meaning.value(program.definitions[of]), bump)

    found.update((f"dJ/d{name}", total(name)) for name in names)
    found.update((f"edge {of}, {wrt}", along_edge(of, wrt)) for of, wrt in pairs)
    return found


def compare(program: Program, in_floats: dict[str, Any], precise: dict[str, Any], true: dict[str, Any],
            shaken: list[dict[str, Any]]) -> None:  # fmt: skip
    """Raise AssertionError unless all agree."""
    for what, number in true.items():
        with mp.workprec(BITS):
            in_50_digits = exact((precise[what],))[0]
            spread = max(abs(exact((other[what],))[0] - in_50_digits) for other in shaken)
            # In 60 digits the same mistakes are 10^44 times smaller; the difference has 65 digits.
            allowed = abs(number) * mp.mpf(10) ** -45 + spread * mp.mpf(10) ** -40 + mp.mpf(10) ** -50
            error = abs(in_50_digits - number)
            assert error <= allowed, f"{what}: 50 digits say {in_50_digits}, values say {number}\n{program}"
            allowed = 20 * spread + abs(number) * 2.0**-50 + SMALLEST
            error = abs(mp.mpf(in_floats[what]) - in_50_digits)
            assert error <= allowed, f"{what}: floats say {in_floats[what]}, not {in_50_digits}\n{program}"


def well_conditioned(precise: dict[str, Any], shaken: list[dict[str, Any]]) -> bool:
    """Whether rounding leaves all numbers six digits, or makes them wrong by no more than a millionth."""
    return all(
        abs(other[what] - number) <= 1e-6 * max(abs(number), 1)
        for what, number in precise.items()
        for other in shaken
    )


def check(program: Program, floats: Arithmetic = FLOATS) -> bool:
    """Whether the program is well-conditioned, and then all three agree: AssertionError if they do not."""
    graph = parse(program.text)
    assert set(graph.inputs) == set(program.inputs)
    assert set(graph.definitions) == set(program.definitions)
    precise = results(graph, program, DIGITS_50)
    shaken = []
    for arithmetic in SHAKEN:
        arithmetic.start(program)
        shaken.append(results(graph, program, arithmetic))
    if not well_conditioned(precise, shaken):
        return False
    # What is true or false jumps when it is bumped: there values alone say nothing.
    names = [name for name in graph.names if not program.is_truth(("name", name))]
    pairs = [(of, wrt) for of, wrt, _ in edges(evaluate(graph, program.inputs)) if wrt in names]
    compare(program, results(graph, program, floats), precise, by_values(program, names, pairs), shaken)
    return True


QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]


@given(small_programs())
@settings(max_examples=200, derandomize=True, deadline=None, database=None, suppress_health_check=QUIET)
def test_derivatives_are_those_of_the_values(program: Program) -> None:
    assume(check(program))


@given(even_programs())
@settings(max_examples=500, derandomize=True, deadline=None, database=None, suppress_health_check=QUIET)
def test_derivatives_of_larger_programs_are_those_of_the_values(program: Program) -> None:
    assume(check(program))


@pytest.mark.campaign
@given(small_programs(most=30) | even_programs(most=60))
@settings(max_examples=10_000, deadline=None, suppress_health_check=QUIET)
def test_derivatives_are_those_of_the_values_in_many_programs(program: Program) -> None:
    assume(check(program))


class Forgetful(Floats):
    """The last path to a node is the only one that counts."""

    plus = staticmethod(lambda left, right: right)


class Careless(Floats):
    """A branch that is not taken contributes 0 times whatever it is."""

    def mask_adjoint(self, condition: Any, adjoint: Any) -> Any:
        return adjoint * condition


class Inexact(Floats):
    """Every product on the way back is wrong in the twelfth digit."""

    times = staticmethod(lambda adjoint, partial: adjoint * partial * (1 + 1e-12))


@pytest.mark.parametrize("wrong", [Forgetful, Careless, Inexact])
def test_a_wrong_sweep_is_caught(wrong: type[Floats]) -> None:
    caught = 0
    for seed in range(60):
        program = grown(random.Random(seed).randint, 24)
        try:
            check(program, wrong())
        except AssertionError:
            caught += 1
    assert caught >= 10


def test_most_random_programs_are_compared_and_all_operations_are_among_them() -> None:
    programs = [grown(random.Random(seed).randint, 24) for seed in range(200)]
    graphs = [parse(program.text) for program in programs]
    found = {rule.name for graph in graphs for rule, _ in graph.operations}
    assert found >= {rule.name for rule in TABLE}
    assert sum(map(check, programs[:50])) >= 40
