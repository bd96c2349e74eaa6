"""Declared inputs: `input b = 3 in 0..10` sets an order, a default value and a range, everywhere."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shell import Result, answer, assert_refused, marked

import graphdiff
from graphdiff.checking import Points, Range, points_of, samples
from graphdiff.diagnostics import GraphdiffError, InputProblem
from graphdiff.graph import Declaration, Graph
from graphdiff.parsing import parse
from graphdiff.testing import assert_derivatives

LECTURE = "J=3*v; v=a+u; u=b*c"
DECLARED = f"input a = 5; input b = 3 in 0..10; input c in 1..4; {LECTURE}"


def declared(text: str) -> tuple[float | None, float | None, float | None]:
    """Default, low and high of the only input of a program that is this declaration."""
    graph = parse(f"{text}\ny = 2*{text.split()[1]}")
    (found,) = graph.declared.values()
    return found[:3]


# What a declaration says.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("input a", (None, None, None)),
        ("input a = 5", (5, None, None)),
        ("input a =-5", (-5, None, None)),
        ("input a in 0..10", (None, 0, 10)),
        ("input a = 3 in 0..10", (3, 0, 10)),
        ("input a = 0 in 0..10", (0, 0, 10)),
        ("input a = 10 in 0..10", (10, 0, 10)),
        ("input a in 0 .. 10", (None, 0, 10)),
        ("input a in 0. .. .5", (None, 0, 0.5)),
        ("input a in 1.5..2.5", (None, 1.5, 2.5)),
        ("input a in 1e-3..1e3", (None, 1e-3, 1e3)),
        ("input a in -1..1", (None, -1, 1)),
        ("input a in -3..-1", (None, -3, -1)),
        ("input a in -pi..pi", (None, -math.pi, math.pi)),
        ("input a in -e^2..tau/2", (None, -math.exp(2), math.pi)),
        ("input a = sqrt(2) in 2^-1..2*(1 + 1)", (2**0.5, 0.5, 4)),
        ("input a = (1 + # a comment\n 2)*3", (9, None, None)),
        ("input a in (0\n)..(1)", (None, 0, 1)),
        ("input\ta\t=\t.5\tin\t0..1", (0.5, 0, 1)),
        ("input θ = 1", (1, None, None)),
        ("input gamma = 1.4 in 1..2", (1.4, 1, 2)),
        ("input in in 0..1", (None, 0, 1)),
        ("input input = 3", (3, None, None)),
        ("input x0 in 1e308*-1..1e308", (None, -1e308, 1e308)),
    ],
)
def test_a_declaration_reads_as(text: str, expected: tuple[float | None, ...]) -> None:
    found = declared(text)
    assert [x is None for x in found] == [x is None for x in expected]
    assert [x for x in found if x is not None] == pytest.approx(
        [x for x in expected if x is not None], rel=1e-15
    )


def test_declared_inputs_come_first_in_the_order_of_their_declarations() -> None:
    graph = parse("y = d + c + b + a; input b = 1\ninput unused; input a in 0..1 # the last one")
    assert graph.inputs == ("b", "unused", "a", "d", "c")
    assert [*graph.declared] == ["b", "unused", "a"]
    assert graph.declared["unused"] == Declaration()


def test_a_first_line_of_inputs_stays_readable() -> None:
    graph = parse("# inputs: c, b, unused\ninput a = 1\ny = a + b + c")
    assert graph.inputs == ("a", "c", "b", "unused")
    assert [*graph.declared] == ["a"]


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("input = 3; y = input*2", 6),
        ("input = 3\ny = 2 - input", -1),
        ("in = 3; y = in^in", 27),
        ("y = input(2); input(x) = x^2", 4),
        ("input (x) = x^2; y = input (3)", 9),
        ("input(input, in) = input - in; y = input(5, 3)", 2),
        ("y = in - input; in = 1; input = 2", -1),
        ("input input = 4; input in = 1; y = input - in", 3),
        ("input a = 2; y = a^inputs; inputs = 3", 8),
    ],
)
def test_input_and_in_are_words_in_declarations_only(program: str, expected: float) -> None:
    assert graphdiff.evaluate(program)["y"] == expected


def test_a_value_can_be_an_expression_that_begins_with_input() -> None:
    assert parse("input*2 + x").inputs == ("input", "x")
    assert parse("input - x").inputs == ("input", "x")


# Mistakes: an error with a caret under the place, and a hint.

MISTAKES = [
    # program, what its carets stand under, words of the message
    ("input a; input a; y = a", ["a", "a"], "declared twice"),
    ("input a; a = 3", ["a", "a"], "is an input and is defined"),
    ("a = 3; input a = 3", ["a", "a"], "is an input and is defined"),
    ("f(x) = x; input f; y = f(2)", ["f", "f"], "is an input and is defined"),
    ("input out; 2*x", ["out", "2*x"], "'out' is defined twice"),
    ("input pi; y = pi", ["pi"], "is a constant"),
    ("input e = 3; y = e", ["e"], "is a constant"),
    ("input a = 12 in 0..10; y = a", ["12"], "outside its range"),
    ("input a = -1e-9 in 0..10; y = a", ["-1e-9"], "outside its range"),
    ("input a in 10..0; y = a", ["10..0"], "is empty"),
    ("input a = 3 in 3..3; y = a", ["3..3"], "is empty"),
    ("input a in pi..3; y = a", ["pi..3"], "is empty"),
    ("input a = inf; y = a", ["inf"], "not finite"),
    ("input a in 0..inf; y = a", ["inf"], "not finite"),
    ("input a in -inf..0; y = a", ["-inf"], "not finite"),
    ("input a = nan; y = a", ["nan"], "not a constant"),
    ("input a = inf - inf; y = a", ["inf - inf"], "undefined"),
    ("input a = 1e400; y = a", ["1e400"], "beyond the largest"),
    ("input a = 1/0; y = a", ["1/0"], "division by zero"),
    ("input a in 0..log(-1); y = a", ["log(-1)"], "undefined"),
    ("input a = 2*b; y = a", ["b"], "not a constant"),
    ("input a = b; b = 2; y = a", ["b"], "not a constant"),
    ("input b = 2; input a in 0..b; y = a", ["b"], "not a constant"),
    ("input a = a; y = a", ["a"], "not a constant"),
    ("input a = e/2; e = 1.6e-19; y = a", ["e"], "redefines"),
    ("input a = f(2); f(x) = x; y = a", ["f"], "calls a function of the program"),
    ("input a = sqt(2); y = a", ["sqt"], "unknown function"),
    ("input a = atan2(2); y = a", ["atan2"], "takes 2"),
    ("input", ["input"], "without a name"),
    ("input; y = 3", ["input"], "without a name"),
    ("input 5; y = 3", ["5"], "without a name"),
    ("input in 0..10; y = 3", ["in"], "without a name"),
    ("input(x)", ["input"], "unknown function"),
    ("input a b; y = a", ["b"], "'=' or 'in' is missing"),
    ("input a 5; y = a", ["5"], "'=' or 'in' is missing"),
    ("input a -5; y = a", ["-"], "'=' or 'in' is missing"),
    ("input a 0..10; y = a", ["0"], "'=' or 'in' is missing"),
    ("input a == 5; y = a", ["=="], "'=' or 'in' is missing"),
    ("input a + b; y = a", ["+"], "'=' or 'in' is missing"),
    ("input a ^ 2; y = a", ["^"], "'=' or 'in' is missing"),
    ("input a, b; y = a", [","], "one input"),
    ("input a = 5, b = 3; y = a", [","], "one input"),
    ("input a = 1,5; y = a", [","], "comma in a number"),
    ("input a = ; y = a", ["\u2063"], "incomplete"),
    ("input a = in 0..1; y = a", ["0"], "default is missing"),
    ("input a = 0..10; y = a", [".."], "goes after 'in'"),
    ("input a in 5; y = a", ["\u2063"], "no upper end"),
    ("input a in 0..; y = a", ["\u2063"], "no upper end"),
    ("input a in ..5; y = a", [".."], "no lower end"),
    ("input a in 0,10; y = a", [","], "written with '..'"),
    ("input a in (0, 10); y = a", [","], "written with '..'"),
    ("input a in 0 to 10; y = a", ["to"], "written with '..'"),
    ("input a in [0, 10]; y = a", ["["], "no meaning in a declaration"),
    ("input a: 5; y = a", [":"], "no meaning in a declaration"),
    ("input a in 0..10 = 5; y = a", ["="], "goes before the range"),
    ("input a in 0..5..10; y = a", [".."], "two ends"),
    ("input a in 0..1 in 2..3; y = a", ["in"], "second range"),
    ("a in 0..1; y = a", ["in"], "belongs to a declaration"),
    ("a = 5 in 0..1; y = a", ["in"], "belongs to a declaration"),
    ("inputs a; y = a", ["inputs"], "begins with 'input'"),
    ("Input a = 3; y = a", ["Input"], "begins with 'input'"),
    ("y = 0..3", [".."], "only in a declaration"),
]


@pytest.mark.parametrize(("program", "places", "words"), MISTAKES, ids=[m[0] for m in MISTAKES])
def test_a_wrong_declaration_is_shown_with_its_place_and_a_repair(
    program: str, places: list[str], words: str
) -> None:
    with pytest.raises(GraphdiffError) as caught:
        parse(program)
    found = caught.value.diagnostic
    assert words in str(caught.value)
    assert [program[m.start : m.end] or "\u2063" for m in found.marks] == places
    assert found.hint or words in ("beyond the largest", "division by zero", "undefined")


def test_a_place_is_that_in_the_whole_program() -> None:
    program = "y = a\n\n# far down\ninput a = (2 *\n  lg(3)) in 0..1"
    with pytest.raises(GraphdiffError) as caught:
        parse(program, "far.gd")
    assert marked(str(caught.value)) == ["lg"]
    assert "far.gd:5:3" in str(caught.value)


def test_declarations_alone_are_no_program() -> None:
    with pytest.raises(GraphdiffError, match="nothing that can be computed"):
        parse("input a = 3")


# A default is what a value given from outside would be.


@st.composite
def constants(draw: st.DrawFn) -> str:
    number = st.floats(0.1, 9, allow_nan=False).map(lambda x: f"{x:.6g}")
    text = draw(number | st.sampled_from(["pi", "tau/2", "2.", ".5", "1e-1", "sqrt(2)", "-(1 + e)", "-3"]))
    return draw(st.sampled_from([text, f"{text}/3", f"({text})", f"2*({text}\n - 1)"]))


@settings(deadline=None, max_examples=40)
@given(values=st.lists(constants(), min_size=3, max_size=3), given_ones=st.sets(st.sampled_from("abc")))
def test_a_default_is_as_good_as_the_same_value_given(values: list[str], given_ones: set[str]) -> None:
    texts = dict(zip("abc", values, strict=True))
    body = "J = a*b + sin(c)*v; v = a - c^2"
    heads = [f"input {name} = {texts[name]}" if name not in given_ones else f"input {name}" for name in "abc"]
    point = {name: texts[name] for name in given_ones}
    program = "\n".join([*heads, body])
    for precision in (None, 40):
        here = graphdiff.gradient(program, point, precision=precision)
        there = graphdiff.gradient(body, texts, precision=precision)
        assert (here.value, {**here}) == (there.value, {name: there[name] for name in here})
    assert graphdiff.hessian(program, point).matrix() == graphdiff.hessian(body, texts).matrix()


def test_with_more_digits_a_default_has_them_all() -> None:
    found = graphdiff.gradient("input x = 0.1; input k = 1/3; y = 3*k*x", precision=40)
    assert str(found.value) == "0.1"
    assert answer("eval", "input x = 1/3; 3*x", "--precision", "40", "--get", "out").out == "1\n"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "33"),
        (["--b", "4"], "39"),
        (["--b=-1"], "9"),
        (["--set", "b=4"], "39"),
        (["--inputs", "FILE"], "21"),
        (["--inputs", "FILE", "--b", "4"], "39"),
    ],
)
def test_a_value_that_is_given_overrides_the_default(
    tmp_path: Path, arguments: list[str], expected: str
) -> None:
    file = tmp_path / "inputs.json"
    file.write_text('{"b": 1}', encoding="utf-8")
    words = [str(file) if word == "FILE" else word for word in arguments]
    found = answer("eval", DECLARED, "--c", "2", "--get", "J", *words)
    assert (found.status, found.out) == (0, f"{expected}\n")


def test_programs_from_files_and_standard_input_have_defaults(tmp_path: Path) -> None:
    file = tmp_path / "lecture.gd"
    file.write_text(f"# the lecture\n{DECLARED}\ninput unused\n".replace(";", "\n"), encoding="utf-8")
    given = ["--c", "2", "--unused", "0", "--get", "dJ/db"]
    assert answer("eval", "-f", str(file), *given).out == "6\n"
    assert answer("eval", "-", *given, stdin=file.read_bytes()).out == "6\n"
    assert_refused(answer("eval", "-f", str(file)), "missing inputs: c, unused", "--c NUMBER --unused NUMBER")


def test_explain_uses_defaults() -> None:
    assert "With a = 5, b = 3 and c = 2." in answer("explain", DECLARED, "--c", "2").out


def test_every_function_of_python_uses_defaults() -> None:
    program = "input a = 5; input b = 3; input c = 2; J=3*v^2; v=a+u; u=b*c"
    point = {"a": 5, "b": 3, "c": 2}
    bare = "J=3*v^2; v=a+u; u=b*c"
    assert {**graphdiff.evaluate(program)} == {**graphdiff.evaluate(bare, point)}
    assert {**graphdiff.jvp(program, along={"b": 1})} == {**graphdiff.jvp(bare, point, along={"b": 1})}
    assert {**graphdiff.hvp(program, along={"b": 1})} == {**graphdiff.hvp(bare, point, along={"b": 1})}
    kept = graphdiff.Hessian(program).at(b=4)
    assert kept.matrix() == graphdiff.hessian(bare, point | {"b": 4}).matrix()
    assert str(graphdiff.explain(program)) == str(graphdiff.explain(bare, point, of="J"))
    rows = graphdiff.evaluate(program, {"b": [3, 4]}, graphdiff.Batch())
    assert rows["v"].tolist() == [11, 13]
    with pytest.raises(InputProblem, match="missing input: c"):
        graphdiff.gradient(f"input a = 5; input b = 3; {bare}")


# Ranges.


def test_a_value_outside_the_range_is_used_with_a_notice() -> None:
    for command in (["eval", "--get", "u"], ["eval"], ["eval", "--precision", "30"], ["explain"]):
        found = answer(command[0], DECLARED, "--c", "2", "--b", "12", *command[1:])
        assert found.status == 0
        assert found.err == "notice: b = 12 is outside its declared range 0..10\n"
    assert answer("eval", DECLARED, "--c", "4", "--b", "0").err == ""  # the ends are within
    (notice,) = graphdiff.gradient(DECLARED, c=2, b=-1).notices
    assert (notice.code, notice.node) == ("range", "b")
    (shown,) = json.loads(answer("eval", DECLARED, "--c", "nan", "--format", "json").out)["notices"][:1]
    assert shown["message"] == "c = nan is outside its declared range 1..4"


def test_rows_outside_the_range_are_in_a_notice() -> None:
    for rows, expected in (
        ([0, 5, 10], []),
        ([-1, 5], ["x = -1..5 is outside its declared range 0..10"]),
        ([], []),
    ):
        values = graphdiff.evaluate("input x in 0..10; y = 2*x", {"x": rows}, graphdiff.Batch())
        assert [notice.message for notice in graphdiff.notices(values, {}, ["y"], [])] == expected


def drawn(graph: Graph, points: Points) -> dict[str, tuple[float, float]]:
    """The smallest and the largest value of each input."""
    rows = list(points.rows())
    return {
        name: (min(row.inputs[name] for row in rows), max(row.inputs[name] for row in rows))
        for name in graph.inputs
    }


def never(names: list[str]) -> None:
    raise AssertionError(names)


def test_samples_are_drawn_from_the_ranges() -> None:
    graph = parse("input a = 5; input b = 3 in 0..10; input c in 1..4; y = a*b*c*d")
    found = drawn(graph, points_of(graph, {}, 2000, 0, never))  # type: ignore[arg-type]
    assert 0 <= found["b"][0] < 0.1 < 9.9 < found["b"][1] <= 10
    assert 1 <= found["c"][0] < 1.1 < 3.9 < found["c"][1] <= 4
    assert found["d"][0] < -900 < 900 < found["d"][1]  # undeclared: the default spread
    assert found["a"][0] < -900 < 900 < found["a"][1]  # a default is no range
    given_ones: dict[str, float | Range] = {"b": 20.0, "c": Range(7, 8), "d": 1.0}
    found = drawn(graph, points_of(graph, given_ones, 2000, 0, never))  # type: ignore[arg-type]
    assert found["b"] == (20, 20)
    assert 7 <= found["c"][0] < found["c"][1] <= 8


def test_without_samples_a_default_is_the_value_and_a_range_alone_is_drawn_from() -> None:
    graph = parse(DECLARED)
    points = points_of(graph, {}, None, 0, never)  # type: ignore[arg-type]
    found = drawn(graph, points)
    assert points.sampled
    assert (found["a"], found["b"]) == ((5, 5), (3, 3))
    assert 1 <= found["c"][0] < 1.1 < 3.9 < found["c"][1] <= 4
    points = points_of(graph, {"c": 2}, None, 0, never)  # type: ignore[arg-type]
    assert points.given
    assert [row.inputs for row in points.rows()] == [{"a": 5, "b": 3, "c": 2}]


def test_a_declared_range_draws_the_points_that_the_same_range_given_does() -> None:
    program = "input x in -2..3; y = x^2"
    declared_ones = list(points_of(parse(program), {}, 50, 7, never).rows())  # type: ignore[arg-type]
    assert declared_ones == list(samples({"x": Range(-2, 3)}, 50, 7))


def test_check_uses_defaults_and_ranges() -> None:
    right, wrong = ["--expect", "dJ/db = 3*c"], ["--expect", "dJ/db = 6"]
    assert answer("check", DECLARED, *right).status == 0
    assert "0/1000" in answer("check", DECLARED, *right).out
    assert answer("check", DECLARED, *wrong).status == 1
    assert answer("check", DECLARED, "--c", "2", *wrong).status == 0  # one point
    assert "0/50" in answer("check", DECLARED, "--samples", "50", *right).out
    found = answer("check", DECLARED, "--c", "2", "--b", "12", *right)
    assert (found.status, found.err) == (0, "notice: b = 12 is outside its declared range 0..10\n")
    found = answer("check", DECLARED, "--c", "0..2", *right)
    assert (found.status, found.err) == (0, "notice: c = 0..2 is outside its declared range 1..4\n")
    assert answer("check", DECLARED, "--gradcheck", "--samples", "5").status == 0


def test_a_range_that_lies_in_the_domain_spares_the_options() -> None:
    program = "input x in -51..-49; y = asin(x + 50)"
    assert answer("check", program, "--expect", "dy/dx = 1/sqrt(1 - (x + 50)^2)").status == 0


def test_a_table_leaves_out_what_has_a_default(tmp_path: Path) -> None:
    table = tmp_path / "results.csv"
    table.write_text("c,b,J\n2,3,33\n2,4,39\n", encoding="utf-8")
    assert answer("check", DECLARED, "--table", str(table)).status == 0
    table.write_text("c,J\n2,33\n3,42\n", encoding="utf-8")
    assert answer("check", DECLARED, "--table", str(table)).status == 0
    assert answer("check", DECLARED, "--table", str(table), "--b", "4").status == 1
    table.write_text("c,b,J\n2,nan,33\n", encoding="utf-8")
    assert answer("check", DECLARED, "--table", str(table), "--ignore", "b").status == 0
    table.write_text("b,J\n3,33\n", encoding="utf-8")
    assert_refused(answer("check", DECLARED, "--table", str(table)), "missing input: c")


def test_check_files_have_programs_with_declarations(tmp_path: Path) -> None:
    (tmp_path / "lecture.gd").write_text(DECLARED.replace(";", "\n"), encoding="utf-8")
    file = tmp_path / "checks.toml"
    file.write_text(
        '''
        [[check]]
        name = "a file, from ranges"
        file = "lecture.gd"
        expect = ["dJ/db = 3*c"]

        [[check]]
        name = "points"
        program = """
        input a = 5; input b = 3 in 0..10
        input c
        J=3*v; v=a+u; u=b*c
        """
        points = [{ c = 2 }, { c = 2, a = 5, b = 3 }]
        expect = { J = 33 }

        [[check]]
        name = "one point"
        file = "lecture.gd"
        inputs = { c = 2, b = 4 }
        expect = { J = 39 }
        ''',
        encoding="utf-8",
    )
    found = answer("check", str(file))
    assert found.status == 0, found
    assert "3 checks: 3 passed" in found.out
    file.write_text(
        '[[check]]\nname = "x"\nprogram = "input a = 3 in 9..1; y = a"\nexpect = ["y = 3"]\n',
        encoding="utf-8",
    )
    assert "the range of 'a' is empty" in answer("check", str(file)).err


def test_the_python_check_and_the_test_helper_use_them_too() -> None:
    assert graphdiff.check(DECLARED, c=2, expect={"J": 33})
    assert graphdiff.check(DECLARED, expect="dJ/db = 3*c", samples=20)
    assert_derivatives(DECLARED, [{"c": 2}, {"c": 3, "a": 2}], ["J = 3*a + 9*c"])
    with pytest.raises(InputProblem, match="missing input: c"):
        assert_derivatives(DECLARED, [{"b": 2}], ["J = 33"])


# What is written from programs.


def test_derivative_programs_carry_the_declarations() -> None:
    text = "input c; input b = pi/4 in 0..(1 +\n 2) # half\ny = b*c*d^2; input in in 1. .. 2."
    lines = answer("derive", text).out.splitlines()
    assert lines[:4] == ["input c", "input b = pi/4 in 0..(1 + 2)", "input in in 1. .. 2.", "input d"]
    again = parse("\n".join(lines))
    assert {**again.declared, "d": None} == {**parse(text).declared, "d": None}
    assert again.inputs == parse(text).inputs
    twice = graphdiff.derive(graphdiff.derive(text)).graph.declared
    assert {**twice, "d": None} == {**parse(text).declared, "d": None}


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(constants(), st.floats(0.1, 5), st.floats(0.1, 5), st.integers(0, 3)),
        min_size=1,
        max_size=4,
    )
)
def test_a_program_that_is_printed_and_read_again_declares_the_same(
    drawn_ones: list[tuple[str, float, float, int]],
) -> None:
    heads = []
    for k, (default, below, above, kind) in enumerate(drawn_ones):
        heads.append(f"input x{k}" + f" = {default}" * (kind in (1, 3)))
        heads[-1] += f" in ({default}) - {below:.3g}..({default}) + {above:.3g}" * (kind > 1)
    graph = parse("\n".join([*heads, "y = " + "*".join(f"x{k}" for k in range(len(heads)))]))
    assert parse(str(graph)).declared == graph.declared
    assert parse(str(graphdiff.derive(graph))).declared == graph.declared


def test_an_undeclared_input_is_declared_by_its_name_alone() -> None:
    assert str(parse("y = b + a")) == "input b\ninput a\ny = b + a"


@pytest.mark.parametrize(
    "to", ["python", "numpy", "jax", "c", "fortran", "julia", "javascript", "sympy", "latex"]
)
def test_in_other_languages_an_input_stays_a_parameter(to: str) -> None:
    program = "input a = 5 in 0..10; input b; y = a^2*b"
    bare, found = (answer("derive", text, "--to", to).out.splitlines() for text in ("y = a^2*b", program))
    comments = [line for line in found if line not in bare]
    assert len(found) == len(bare)
    assert all("input a = 5 in 0..10" in line for line in comments), comments


def test_help_after_a_program_shows_defaults_and_ranges() -> None:
    found = answer("eval", DECLARED + "; y = d", "--help").out
    assert "--a NUMBER  default 5\n" in found
    assert "--b NUMBER  default 3, range 0..10\n" in found
    assert "--c NUMBER  range 1..4\n" in found
    assert "--d NUMBER  a number, or an expression of constants\n" in found
    assert "--set set=NUMBER" in answer("eval", "input set = 3; y = set", "--help").out


# Whatever is written in a declaration.

PIECES = [
    "input", "in", "=", "..", ".", "0", "10", "3", "1.5", ".5", "2.", "-", "a", "b", "pi", "e", "inf", "nan",
    "(", ")", ",", "1e3", "1e400", "sqrt(", "*", "/0", "\n", ";", " ", " ", "#", "[", ":", "==", "<", "to",
    "y = a",
]  # fmt: skip


def changed(source: random.Random) -> str:
    """A declaration with random changes, and a program that uses it."""
    tokens = ["input", " ", "a", " ", "=", "3", " ", "in", " ", "0", "..", "10"]
    for _ in range(source.randint(0, 4)):
        at = source.randrange(len(tokens))
        match source.randrange(3):
            case 0:
                del tokens[at]
            case 1:
                tokens[at] = source.choice(PIECES)
            case _:
                tokens.insert(at, source.choice(PIECES))
    return "".join(tokens) + source.choice(["\ny = a", "; y = 2*a + b", "\nin = 3; y = a", ""])


def judge(program: str) -> bool:
    """Whether a program is accepted; what it says, or what is said of it, holds together."""
    try:
        graph = parse(program)
    except GraphdiffError as error:
        found = error.diagnostic
        assert found.message
        assert all(0 <= mark.start <= mark.end <= len(program) for mark in found.marks)
        return False
    assert [*graph.inputs][: len(graph.declared)] == [*graph.declared]
    for name, (default, low, high, _) in graph.declared.items():
        assert (low is None) == (high is None)
        assert all(end is None or math.isfinite(end) for end in (default, low, high))
        if low is not None and high is not None:
            assert low < high
            assert default is None or low <= default <= high
        assert name not in graph.definitions
    assert parse(str(graph)).declared.keys() == set(graph.inputs)
    assert {k: v for k, v in parse(str(graph)).declared.items() if k in graph.declared} == graph.declared
    return True


def test_random_declarations_are_read_or_refused_with_a_place() -> None:
    source = random.Random(10)
    accepted = sum(judge(changed(source)) for _ in range(6000))
    assert 500 < accepted < 5500


@pytest.mark.campaign
def test_many_more_random_declarations() -> None:
    source = random.Random()
    for _ in range(300_000):
        judge(changed(source))


def test_the_command_line_refuses_or_answers() -> None:
    source = random.Random(11)
    statuses = {0: 0, 2: 0}
    for _ in range(300):
        found: Result = answer("eval", "-e", changed(source), "--b", "1")
        assert "Traceback" not in found.err
        statuses[found.status] += 1
    assert min(statuses.values()) > 10
