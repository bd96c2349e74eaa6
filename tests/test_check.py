"""`graphdiff check`: numbers and formulas, at a point and at random ones; what it says and how it exits."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from shell import LECTURE, POINT, answer, assert_refused, environment, graphdiff, on_terminal

from graphdiff.checking import Comparer, Range, Row, Tolerance, expectation, samples
from graphdiff.checking import check as compare
from graphdiff.parsing import parse

# All that moves in the lecture's example.
RIGHT = {
    "J": "33", "v": "11", "u": "6", "a": "5", "dJ/dv": "3", "dJ/du": "3", "dJ/da": "3", "dJ/db": "6",
    "dJ/dc": "9", "dv/da": "1", "dv/du": "1", "du/db": "2", "du/dc": "3", "dJ/dJ": "1", "du/da": "0",
    "d2J/db dc": "3", "d2J/dbdc": "3", "d2J/db2": "0",
}  # fmt: skip


def expect(*texts: str) -> list[str]:
    return [word for text in texts for word in ("--expect", text)]


def check(*arguments: str, stdin: str = "") -> Any:
    return answer("check", *arguments, stdin=stdin)


def report(*arguments: str) -> Any:
    """The report as JSON, whatever it says."""
    return json.loads(check(*arguments, "--format", "json").out)


# Numbers.


def test_one_line_for_each_expectation() -> None:
    result = check(LECTURE, *POINT, *expect("J=33", "dJ/da=3", "dv/du=1", "dJ/db = 7"))
    assert result.status == 1
    header, *lines, last = result.out.splitlines()
    assert header.split() == ["expected", "computed", "difference", "x", "tol", "digits", "expectation"]
    assert [line.split()[0] for line in lines] == ["pass", "pass", "pass", "FAIL"]
    assert lines[3].split() == ["FAIL", "7", "6", "-1", "1.4e+05", "0", "dJ/db", "=", "7"]
    assert last == "4 checks: 3 passed, 1 failed"


@pytest.mark.parametrize("what", RIGHT)
def test_any_derivative_of_any_name_by_any_name(what: str) -> None:
    assert check(LECTURE, *POINT, *expect(f"{what} = {RIGHT[what]}")).status == 0
    wrong = f"{what} = {RIGHT[what]} + 1e-4"
    result = check(LECTURE, *POINT, *expect(wrong))
    assert (result.status, result.err) == (1, "")


def test_the_status_of_the_real_command() -> None:
    assert graphdiff("check", LECTURE, *POINT, "--expect", "dJ/db=6").status == 0
    assert graphdiff("check", LECTURE, *POINT, "--expect", "dJ/db=5").status == 1
    assert graphdiff("check", LECTURE, *POINT, "--expect", "dJ/dq=5").status == 2


def test_a_check_goes_on_when_its_reader_has_gone() -> None:
    command = f"graphdiff check {shlex.quote(LECTURE)} --a 5 --b 3 --c 2 --expect dJ/db=5; echo $? >&2"
    done = subprocess.run(
        ["bash", "-c", f"({command}) | true"], env=environment(), capture_output=True, text=True, check=False
    )
    assert done.stderr.split() == ["1"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("J", "expected QUANTITY = FORMULA, got 'J'"), ("J==33", "FORMULA, got 'J==33'"), ("J=", "got 'J='"),
        ("=33", "FORMULA, got '=33'"), ("J<=33", "FORMULA, got 'J<=33'"), ("dJ/dq=3", "has no 'q'"),
        ("K=3", "has no 'K'"), ("J=3*(c", "a '(' is not closed"), ("J=c;d", "is not one expression"),
        ("J=x=3", "is not one expression"), ("J=q+1", "uses 'q'"), ("J=sn(c)", "did you mean sin?"),
        ("J=sin(c, 2)", "sin"), ("dJ=3", "has no 'dJ'"), ("J/b=3", "names no value and no derivative"),
    ],
)  # fmt: skip
def test_an_invalid_expectation_is_refused(text: str, word: str) -> None:
    assert_refused(check(LECTURE, *POINT, "--expect", text), word)


def test_nothing_to_check_does_not_pass() -> None:
    assert_refused(check(LECTURE, *POINT), "there is nothing to check", "--expect J=NUMBER")
    assert_refused(check(), "no program")


def test_the_caret_stands_under_the_formula_that_was_given() -> None:
    error = check(LECTURE, *POINT, *expect("J=33", "dJ/db = 3*sn(c)")).err.splitlines()
    assert error[1:3] == ["  1:3 | 3*sn(c)", "      |   ^^"]
    result = check(LECTURE, *POINT, *expect("dJ/db = 3*log(c-2)"))
    assert result.status == 2
    assert "the expected formula has no value: 'log(c-2)' is undefined" in result.out
    assert "  1:3 | 3*log(c-2)\n      |   ^^^^^^^^ here c-2 = 0\n" in result.err


def test_a_missing_input_can_also_be_drawn() -> None:
    assert_refused(check(LECTURE, "--a", "5", "--expect", "J=3"), "missing inputs: b, c", "or --samples 1000")


def test_an_undefined_value_at_the_point_is_not_an_answer() -> None:
    result = check("y = log(x)", "--x", "-1", *expect("dy/dx = -1"))
    assert result.status == 2
    assert "dy/dx has no value: 'log(x)' is undefined" in result.out
    assert "  1:5 | y = log(x)\n      |     ^^^^^^ here x = -1\n" in result.err
    # A NaN that no operation is to blame for: 0 times an infinite slope.
    assert check("y = sqrt(x)*x", "--x", "0", *expect("dy/dx = 0")).status == 2
    # An infinite derivative is a value.
    assert check("y = sqrt(x)", "--x", "0", *expect("dy/dx = inf")).status == 0
    assert check("y = sqrt(x)", "--x", "0", *expect("dy/dx = -Infinity")).status == 1


def test_a_failed_and_an_unanswered_check_together_are_not_an_answer() -> None:
    assert check("y = log(x); z = 2*x", "--x", "-1", *expect("y = 3", "z = 5")).status == 2


def test_a_kink_at_the_point_is_reported() -> None:
    result = check("y = abs(x)", "--x", "0", *expect("dy/dx = 1"))
    assert result.status == 1
    assert "notice: 'abs(x)' in y has a kink here" in result.err


# Tolerances.


def one(*arguments: str) -> dict[str, Any]:
    """The single result of a check of x, whose value is 1."""
    (found,) = report("y = x", "--x", "1", *arguments)["checks"][0]["results"]
    return dict(found)


@pytest.mark.parametrize(
    ("expected", "options", "verdict"),
    [
        ("1.0000009", [], "pass"), ("1.0000011", [], "fail"),
        ("1.009", ["--rtol", "1e-2"], "pass"), ("1.011", ["--rtol", "1e-2"], "fail"),
        ("1.5", ["--atol", "0.6"], "pass"), ("1.7", ["--atol", "0.6"], "fail"),
        # Both are added, and the relative one is of the expected value: NumPy's meaning.
        ("2.0", ["--rtol", "0.25", "--atol", "0.5"], "pass"),
        ("2.1", ["--rtol", "0.25", "--atol", "0.5"], "fail"),
        ("1 + 2^-52", ["--ulp", "1"], "pass"), ("1 + 2^-51", ["--ulp", "1"], "fail"),
        ("1 + 2^-51", ["--ulp", "2"], "pass"), ("1 + 2^-52", ["--rtol", "0", "--atol", "0"], "fail"),
        ("1", ["--rtol", "0", "--atol", "0"], "pass"), ("nan", ["--equal-nan"], "fail"),
        ("nan", [], "fail"), ("inf", ["--rtol", "1e300"], "fail"), ("-inf", [], "fail"),
    ],
)  # fmt: skip
def test_tolerances(expected: str, options: list[str], verdict: str) -> None:
    assert one("--expect", f"y = {expected}", *options)["verdict"] == verdict


def test_nan_equals_nan_only_where_asked() -> None:
    arguments = ["y = x", "--x", "nan", "--expect", "y = NaN"]
    assert check(*arguments).status == 2
    assert check(*arguments, "--equal-nan").status == 0
    # So for an undefined operation, which has no value.
    assert check("y = log(x)", "--x", "-1", "--expect", "y = nan", "--equal-nan").status == 0


@pytest.mark.parametrize("option", ["--rtol", "--atol", "--ulp"])
@pytest.mark.parametrize("value", ["-1", "nan", "inf", "-1e-300"])
def test_a_tolerance_is_a_finite_number_that_is_not_negative(option: str, value: str) -> None:
    assert_refused(
        check(LECTURE, *POINT, "--expect", "J=33", option, value), "must be finite and not negative"
    )


def test_ulp_is_an_alternative() -> None:
    for option in ("--rtol", "--atol"):
        arguments = [LECTURE, *POINT, "--expect", "J=33", "--ulp", "1", option, "1"]
        assert_refused(check(*arguments), "cannot be combined")


def test_a_pass_by_the_absolute_tolerance_alone_is_reported() -> None:
    text = check("y = x", "--x", "1", "--expect", "y = 1.5", "--atol", "0.6").out
    assert "passed by the absolute tolerance alone" in text
    assert one("--expect", "y = 1.5", "--atol", "0.6")["by_absolute_tolerance_alone"] == 1
    assert "absolute" not in check("y = x", "--x", "1", "--expect", "y = 1.0000001").out


@pytest.mark.parametrize(
    ("expected", "digits"), [("1", 17), ("1.001", 3), ("1.0000001", 7), ("2", 0), ("-1", 0), ("inf", 0)]
)
def test_the_digits_that_agree(expected: str, digits: int) -> None:
    assert one("--expect", f"y = {expected}")["worst"]["digits"] == digits


def test_numbers_that_ten_digits_do_not_tell_apart_are_shown_with_all() -> None:
    out = check("y = x", "--x", "1", "--expect", "y = 1.0000000000001", "--rtol", "1e-15", "--atol", "0")
    assert out.out.splitlines()[1].split()[1:3] == ["1.0000000000001", "1.0"]


# Formulas at random points.


def test_a_formula_is_verified_at_a_thousand_points() -> None:
    found = report(LECTURE, "--samples", "1000", *expect("dJ/db = 3*c", "J = 3*(a+b*c)", "dJ/db = 3*u/b"))
    assert [r["compared"] for r in found["checks"][0]["results"][:2]] == [1000, 1000]
    assert found["passed"] == 3
    assert (found["checks"][0]["samples"], found["checks"][0]["seed"]) == (1000, 0)


def test_a_range_is_a_sample_also_without_samples() -> None:
    found = report(LECTURE, "--a", "1..5", "--b", "-pi..pi", "--c", "2", *expect("dJ/dc = 3*a"))
    (result,) = found["checks"][0]["results"]
    assert (result["compared"], result["verdict"]) == (1000, "fail")
    inputs = result["worst"]["inputs"]
    assert 1 <= inputs["a"] <= 5
    assert -3.15 < inputs["b"] < 3.15
    assert inputs["c"] == 2.0


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    arguments = [LECTURE, "--samples", "50", *expect("dJ/db = 3*b")]
    first, again, other = (check(*arguments, *more) for more in ([], ["--seed", "0"], ["--seed", "1"]))
    assert first == again
    assert first.out != other.out


def test_the_default_spread_tries_signs_and_scales() -> None:
    drawn = [row.inputs["x"] for row in samples({"x": Range()}, 3000, 0)]
    assert sum(x < 0 for x in drawn) > 900
    assert sum(0 < x < 1 for x in drawn) > 1200
    assert sum(abs(x) > 100 for x in drawn) > 100
    assert sum(0 < abs(x) < 0.01 for x in drawn) > 100
    assert all(1e-3 <= abs(x) <= 1e3 for x in drawn if abs(x) > 2)


@pytest.mark.parametrize("text", ["5..1", "1..1", "1..", "..5", "1..inf", "nan..1", "1..x", "1..2..3"])
def test_an_invalid_range_is_refused(text: str) -> None:
    assert_refused(check("y = x", f"--x={text}", "--expect", "y = x"), "'x'")


def test_ends_of_a_range_belong_to_it_and_do_not_overflow() -> None:
    for row in samples({"x": Range(-1.7e308, 1.7e308)}, 1000, 0):
        assert -1.7e308 <= row.inputs["x"] <= 1.7e308


def test_samples_without_anything_to_draw() -> None:
    assert_refused(check(LECTURE, *POINT, "--samples", "10", *expect("J=33")), "there is nothing to draw")
    assert check(LECTURE, *POINT, "--samples", "0", *expect("J=33")).status == 2


def test_points_outside_the_domain_are_left_out_and_counted() -> None:
    found = report("y = log(x)", "--samples", "1000", *expect("dy/dx = 1/x"))
    (result,) = found["checks"][0]["results"]
    assert result["verdict"] == "pass"
    assert result["compared"] + result["left_out"]["undefined"] == 1000
    assert 200 < result["left_out"]["undefined"] < 500
    assert (
        "points left out: outside the domain"
        in check("y = log(x)", "--samples", "1000", *expect("dy/dx = 1/x")).out
    )


def test_too_many_points_outside_the_domain_are_a_failure() -> None:
    result = check("y = log(x)", "--x", "-20..1", "--samples", "1000", *expect("dy/dx = 1/x"))
    assert result.status == 1
    assert "too few points" in result.out


@pytest.mark.parametrize("numpy", [True, False])
def test_a_sample_all_outside_the_domain_compares_nothing(
    numpy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not numpy:
        monkeypatch.setitem(sys.modules, "numpy", None)  # as if it were not installed
    # The slope 1/x is a number even where the logarithm is undefined.
    result = check("y = log(x)", "--x", "-5..-1", *expect("dy/dx = 1/x"))
    assert result.status == 2
    assert "nothing was compared: 1000 of 1000 points left out" in result.out


PROGRAMS = [
    ("y = sqrt(x)*log(z) + where(x > 1, sqrt(x-1), 0)", "dy/dz = sqrt(x)/z*(1+1e-4*sin(x))"),
    ("y = exp(x)/(1+exp(x))", "dy/dx = exp(x)/(1+exp(x))^2*(1+3e-6*cos(x))"),
    ("y = asin(x)*gamma(z)", "dy/dx = gamma(z)/sqrt(1-x^2)"),
    ("y = 1/(1/x)", "dy/dx = 1 + 1e-9*x^3"),
    ("y = clamp(x, 0, inf)*z", "dy/dz = max(x, 0)"),
]


@pytest.mark.parametrize(("program", "formula"), PROGRAMS)
def test_the_report_is_the_same_with_and_without_numpy(
    program: str, formula: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = [program, "--samples", "600", *expect(formula, "y = y")]
    with_numpy = check(*arguments, "--format", "json")
    assert with_numpy.status in (0, 1)
    monkeypatch.setitem(sys.modules, "numpy", None)  # as if it were not installed
    assert check(*arguments, "--format", "json") == with_numpy


def test_an_expected_infinity_is_not_screened_away() -> None:
    graph = parse("y = x^2")
    comparer = Comparer(graph, [expectation(graph, "y = inf", Tolerance())])
    rows = [Row(k, {"x": float(k)}) for k in range(200)]
    assert len(list(comparer.run(rows))) == 200


# The command line that shows the worst point again.


def reproduced(line: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", line], env=environment(), capture_output=True, text=True, cwd=cwd, check=False
    )


@pytest.mark.parametrize(
    "arguments",
    [
        [LECTURE, "--samples", "20", "--expect", "dJ/db = 3*b"],
        ["y = x*format^2; z = seed", "--samples", "20", "--expect", "dy/dformat = x*format"],
        ["-e", "-x^2", "--x", "-9..-1", "--expect", "dout/dx = 2*x", "--rtol", "1e-9", "--atol", "0"],
        ["y = x^2 # it's $HOME `id` !x\n", "--samples", "20", "--expect", "dy/dx = 2*x + 1e-3"],
        ["y = θ^2", "--θ", "-3..3", "--expect", "dy/dθ = θ", "--ulp", "3"],
        ["y = abs(x-1) + 1e-300*x", "--x", "2..3", "--expect", "dy/dx = 1e-300", "--equal-nan"],
    ],
)
def test_the_worst_point_is_shown_again_by_a_shell(arguments: list[str]) -> None:
    result = check(*arguments, "--format", "json")
    assert result.status == 1
    (first,) = json.loads(result.out)["checks"][0]["results"]
    again = reproduced(f"{first['reproduce']} --format json")
    assert (again.returncode, again.stderr) == (1, "")
    (second,) = json.loads(again.stdout)["checks"][0]["results"]
    for key in ("expected", "computed", "difference", "digits", "inputs"):
        assert second["worst"][key] == first["worst"][key], key
    assert second["worst"]["tolerances"] == pytest.approx(first["worst"]["tolerances"], rel=0.01)
    assert first["reproduce"] in check(*arguments).out


def test_a_small_number_fails_again_though_the_default_is_milder_at_a_given_point() -> None:
    result = check("E = 1.5*k*T; k = 1.380649e-23", "--T", "200..400", "--expect", "dE/dT = 2*k")
    assert result.status == 1
    (line,) = re.findall("graphdiff check .*", result.out)
    assert "--atol=" in line
    again = reproduced(line)
    assert again.returncode == 1
    assert (
        again.stdout.splitlines()[1].split()[:5]
        == result.out.splitlines()[1].replace(" 1000/1000", "").split()[:5]
    )


def test_a_program_from_a_file_is_named_in_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "it's a model.gd").write_text("# a model\nJ = 3*v; v = a+u\nu = b*c\n")
    arguments = ("check", "-f", "it's a model.gd", "--samples", "20", "--expect", "dJ/db = 3*b")
    result = graphdiff(*arguments, cwd=tmp_path)
    assert result.status == 1
    (line,) = re.findall("graphdiff check .*", result.out)
    assert "a model.gd'" in line
    assert reproduced(line, tmp_path).returncode == 1


def test_a_program_from_standard_input_is_repeated() -> None:
    result = check("-", "--samples", "20", "--expect", "dJ/db = 3*b", stdin="J = 3*v\nv = a+u; u = b*c\n")
    line = result.out[result.out.index("graphdiff check") : result.out.rindex("\n1 check")]
    assert reproduced(line).returncode == 1


# On a terminal.


@pytest.mark.parametrize(
    "arguments",
    [
        [LECTURE, *POINT, "--expect", "J=33", "--expect", "dJ/db = 3*c*(1+0*a)+0*a*b*c+0*a*b*c"],
        [LECTURE, *POINT, "--expect", "J=pi*1e-7", "--expect", "dJ/db = -pi*1e-200"],
        ["y = log(x)*sin(z)", "--samples", "1000", "--expect", "dy/dx = sin(z)/x*(1+1e-3*x)+0*x+0*z+0*x"],
    ],
)
def test_lines_fit_a_terminal_but_for_the_command_to_paste(arguments: list[str]) -> None:
    result = on_terminal(["graphdiff", "check", *arguments])
    assert result.status in (0, 1), result
    for line in result.out.splitlines():
        assert len(line) <= 80 or line.lstrip().startswith("graphdiff check"), line


def test_colours_are_as_asked() -> None:
    arguments = [LECTURE, *POINT, "--expect", "J=33", "--expect", "J=34"]
    assert "\x1b[" not in check(*arguments).out
    coloured = check(*arguments, "--color", "always").out
    assert "\x1b[32mpass\x1b[0m" in coloured
    assert "\x1b[31mFAIL\x1b[0m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == check(*arguments).out


def test_the_help_lists_the_inputs_and_that_they_may_be_ranges() -> None:
    out = check(LECTURE, "--help").out
    assert "--a VALUE" in out
    assert "a range such as 1..5" in " ".join(out.split())


# From Python.


def test_a_report_says_what_was_expected_and_computed() -> None:
    report = compare(parse(LECTURE), {"a": 5, "b": 3, "c": 2}, {"J": 33, "dJ/db": "3*b", "d2J/db dc": 3})
    shown = [
        (report.verdict(r), r.expectation.label, one.expected, one.computed, one.difference)
        for r in report.results
        if (one := r.shown) is not None
    ]
    assert shown == [
        ("pass", "J = 33", 33.0, 33.0, 0.0),
        ("fail", "dJ/db = 3*b", 9.0, 6.0, -3.0),
        ("pass", "d2J/db dc = 3", 3.0, 3.0, 0.0),
    ]
    assert not report.passed


def test_a_report_of_random_points_counts_them() -> None:
    report = compare(parse("y = log(x)"), {"x": (-1, 3)}, ["dy/dx = 1/x"], samples=200)
    (result,) = report.results
    assert report.passed
    assert (result.failed, result.points, list(result.reasons)) == (0, 200, ["undefined"])
    assert not compare(parse("y = x"), {}, {"y": "2*x"}, samples=10).passed


# How the command is made.


def test_the_names_that_a_command_line_sets_otherwise_are_those_of_the_options() -> None:
    from graphdiff.cli.check_ import command
    from graphdiff.views.report.reproduction import OPTIONS

    own = {option[2:] for param in command.params for option in param.opts if option.startswith("--")}
    assert own | {"help"} == OPTIONS


def test_one_expectation_is_compared_without_what_it_does_not_need() -> None:
    code = (
        "import sys; from graphdiff.cli.run import run;"
        f"run(['check', {LECTURE!r}, '--a', '5', '--b', '3', '--c', '2', '--expect', 'dJ/db=6']);"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "graphdiff.checking.compare" in loaded
    heavy = {"csv", "tomllib", "xml", "numpy", "mpmath", "random", "shlex", "rich", "difflib", "subprocess"}
    ours = {
        "checking.gradcheck", "checking.files", "checking.files.check_file", "derivatives.derivation",
        "views.report.json", "views.report.junit",
    }  # fmt: skip
    assert not loaded & (heavy | {f"graphdiff.{name}" for name in ours})


def test_the_help_fits_a_terminal() -> None:
    out = check("--help").out
    assert all(len(line) <= 80 for line in out.splitlines())
    assert "Exit status" in out
