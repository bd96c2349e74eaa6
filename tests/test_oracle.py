"""The oracle itself: its derivatives are those of its values, and its unit tells rounding from error."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from extreme_programs import drawn
from oracle import UNARY, Program, Run, Tree, Truth, Unsteady, mp, text

X, Y = Tree("x"), Tree("y")
POINTS = (-2.25, -0.75, -1e-9, 1e-15, 0.125, 0.875, 1.75, 3.25, 40.5)


def value(program: Program, **moved: Any) -> Any:
    """J, with other inputs."""
    run = Run(Program({**program.inputs, **moved}, program.definitions), (), None, False, {})
    return run.jets["J"][0]


def slopes_by_values(program: Program, names: tuple[str, ...]) -> Any:
    """A derivative of any order from values alone: central differences in 160 digits, a tiny step."""
    with mp.workdps(160):
        steps = {name: mp.mpf(abs(program.inputs[name])) * mp.mpf(10) ** -25 for name in names}
        total = mp.zero
        for signs in product((-1, 1), repeat=len(names)):
            moved = {name: mp.mpf(program.inputs[name]) for name in names}
            sign = 1
            for name, side in zip(names, signs, strict=True):
                moved[name] += side * steps[name]
                sign *= side
            total += sign * value(program, **moved)
        for name in names:
            total /= 2 * steps[name]
        return total


def assert_agrees(program: Program, names: tuple[str, ...]) -> None:
    found = Truth(program, [names]).derivatives
    for order in range(1, len(names) + 1):
        if tuple(sorted(names[:order])) not in found:
            continue
        right, slope = found[tuple(sorted(names[:order]))].value, slopes_by_values(program, names[:order])
        step = mp.mpf(10) ** -25 * min(abs(program.inputs[name]) for name in names)
        rounding = abs(value(program)) * mp.mpf(10) ** -140 / step**order
        assert abs(slope - right) <= abs(right) * mp.mpf(10) ** -15 + rounding, (
            text(program.definitions["J"]),
            order,
        )


@pytest.mark.parametrize("name", sorted(UNARY))
def test_every_function_has_the_slopes_of_its_values(name: str) -> None:
    compared = 0
    for x in POINTS:
        try:
            assert_agrees(Program({"x": x}, {"J": Tree(name, (X,))}), ("x", "x", "x"))
            compared += 1
        except Unsteady:  # outside its domain, or its value is too small or large
            continue
    assert compared >= 2


@pytest.mark.parametrize(
    "formula",
    [
        *(Tree(name, (X, Y)) for name in ("add", "sub", "mul", "div", "pow", "atan2", "hypot", "logsumexp",
                                          "min", "max", "mod", "xlogy", "log")),
        Tree("pow", (X, Tree("-3"))), Tree("pow", (X, Tree("1.5"))), Tree("pow", (X, X)),
        Tree("hypot", (X, Y, X)), Tree("logsumexp", (X, Y, X)), Tree("polygamma", (Tree("2"), X)),
        Tree("clamp", (X, Tree("0.25"), Y)), Tree("where", (Tree("lt", (X, Y)), Tree("mul", (X, Y)), X)),
    ],
    ids=text,
)  # fmt: skip
def test_every_function_of_several_arguments_has_the_slopes_of_its_values(formula: Tree) -> None:
    for x, y in ((0.625, 1.75), (1.25, 0.375), (3.5, 2.25)):
        program = Program({"x": x, "y": y}, {"J": formula})
        for names in (("x", "x", "x"), ("x", "x", "y"), ("x", "y", "y"), ("y", "y", "y")):
            assert_agrees(program, names)


def test_whole_programs_have_the_slopes_of_their_values() -> None:
    compared = 0
    for k in range(120):
        program = drawn(f"oracle {k}", 4)
        if program is None or not all(1e-9 < abs(x) < 1e9 for x in program.inputs.values()):
            continue  # the steps are too coarse
        try:
            for name in program.inputs:
                assert_agrees(program, (name, name, name))
                compared += 1
        except Unsteady:
            continue
    assert compared > 40


@pytest.mark.parametrize(
    ("formula", "x", "derivatives"),
    [  # from the literature of each function, worked out by hand
        (Tree("tanh", (X,)), 1e-17, (1.0, -2e-17, -2.0)),
        (Tree("asin", (X,)), 1e-10, (1.0, 1e-10, 1.0)),
        (Tree("hypot", (X, Tree("1"))), 1e5, (0.99999999995, 9.9999999985e-16, -2.99999999925e-20)),
        (Tree("hypot", (X, Tree("1e-100"))), 1.0, (1.0, 1e-200, -3e-200)),
        (Tree("logsumexp", (X, Tree("0"))), 50.0, (1.0, 1.9287498479639178e-22, -1.9287498479639178e-22)),
        (Tree("log", (Tree("sigmoid", (X,)),)), -400.0,
         (1.0, -1.9151695967140057e-174, -1.9151695967140057e-174)),
        (Tree("exprel", (X,)), 1e-200, (0.5, 1 / 3, 0.25)),
        (Tree("sinc", (X,)), 1e-200,
         (-3.2898681336964525e-200, -3.2898681336964525, 1.9481818206800488e-199)),
    ],
)  # fmt: skip
def test_derivatives_that_are_known(formula: Tree, x: float, derivatives: tuple[float, ...]) -> None:
    found = Truth(Program({"x": x}, {"J": formula}), [("x", "x", "x")]).derivatives
    for order, right in enumerate(derivatives, 1):
        assert float(found[("x",) * order].value) == pytest.approx(right, rel=1e-10), order


def test_the_unit_is_that_of_what_rounding_does() -> None:
    """The error of a formula that cancels is so many units, and so is that of one that does not."""
    near = Truth(
        Program({"x": 1e-4}, {"u": Tree("cos", (X,)), "J": Tree("sub", (Tree("1"), Tree("u")))}), [("x",)]
    )
    assert 1e-9 < near.values["J"].unit / near.values["J"].value < 1e-7
    assert near.derivatives["x",].unit / near.derivatives["x",].value < 1e-15
    plain = Truth(Program({"x": 1e10}, {"J": Tree("sin", (X,))}), [("x", "x", "x")])  # the input is exact
    for right in plain.derivatives.values():
        assert right.unit < abs(right.value) * 1e-15


def test_what_cannot_be_told_is_left_out() -> None:
    log = Tree("log", (X,))
    twice = Tree("log", (Tree("mul", (X, X)),))
    nothing = Tree("sub", (twice, Tree("mul", (Tree("2"), log))))  # 0, with the derivative 0
    with pytest.raises(Unsteady):
        Truth(Program({"x": 3.7}, {"J": nothing}), [("x",)])
    with pytest.raises(Unsteady):
        Truth(Program({"x": 0.0}, {"J": Tree("abs", (X,))}), [("x",)])
    program = Program({"x": 3.7, "y": 1.0}, {"J": Tree("add", (Y, nothing))})
    found = Truth(program, [("x",), ("y",)]).derivatives
    assert set(found) == {("y",)}
