"""graphdiff in Python: the functions of graphdiff.api, what they take and return, and threads."""

from __future__ import annotations

import copy
import doctest
import gc
import importlib
import json
import math
import pickle
import pkgutil
import re
import subprocess
import sys
import types
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import drawn
import mpmath
import numpy as np
import pytest
from shell import LECTURE, POINT, answer

import graphdiff
from graphdiff import InputProblem, UndefinedOperation, UnknownName, parse
from graphdiff.arithmetic.floats import FLOATS, Floats
from graphdiff.arithmetic.precise import of_digits
from graphdiff.gc_paused import gc_paused

ROOT = Path(__file__).resolve().parents[1]
AT: dict[str, Any] = {"a": 5, "b": 3, "c": 2}
SQUARED = "J=3*v^2; v=a+u; u=b*c"
UNTYPED: Any = graphdiff


# Examples.


def modules() -> list[str]:
    found = pkgutil.walk_packages(graphdiff.__path__, "graphdiff.")
    return ["graphdiff", *(module.name for module in found if module.name != "graphdiff.__main__")]


def test_the_examples_of_docstrings_are_what_happens() -> None:
    results = {name: doctest.testmod(importlib.import_module(name)) for name in modules()}
    assert not {name: result for name, result in results.items() if result.failed}
    assert sum(result.attempted for result in results.values()) > 30


@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
def test_the_examples_of_a_page_are_what_happens(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert blocks
    example = doctest.DocTestParser().get_doctest("".join(blocks), {}, page, page, 0)
    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0


def test_every_public_name_is_there_and_has_a_docstring() -> None:
    assert len(set(graphdiff.__all__)) == len(graphdiff.__all__)
    for name in graphdiff.__all__:
        found = getattr(graphdiff, name)
        assert name in dir(graphdiff)
        assert found.__doc__, name
    for name in ("check", "derive", "evaluate", "explain", "gradient", "hessian", "hvp", "jvp"):
        assert isinstance(getattr(graphdiff, name), types.FunctionType)
    with pytest.raises(AttributeError, match="no attribute 'gradients'"):
        _ = graphdiff.gradients  # type: ignore[attr-defined]


def test_importing_the_package_loads_no_function_that_is_not_used() -> None:
    code = (
        "import sys, graphdiff; print([m for m in ('graphdiff.api', 'graphdiff.views')"
        " if m in sys.modules]); from graphdiff import gradient; print(gradient('y=x^2', x=3)['x'],"
        " [m for m in ('rich', 'click', 'mpmath', 'numpy', 'graphdiff.views') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n6.0 []\n"


# The results are those of the commands.


def printed(*words: str) -> str:
    """What a command shows in a terminal: its table, and the notices."""
    result = answer(*words)
    return (result.out + result.err).rstrip("\n")


def test_a_gradient_prints_as_the_command_does() -> None:
    found = graphdiff.gradient(LECTURE, AT)
    assert str(found) == printed("eval", LECTURE, *POINT, "--format", "table")
    assert repr(found) == "<Gradient: dJ/da = 3, dJ/db = 6, dJ/dc = 9>"
    narrowed = graphdiff.gradient(LECTURE, AT, wrt="b")
    assert str(narrowed) == printed("eval", LECTURE, *POINT, "--format", "table", "--wrt", "b")
    assert dict(narrowed) == {"b": 6.0}
    assert narrowed["u"] == 3.0
    assert narrowed.point["u"] == 6.0


def test_notices_are_beside_the_numbers() -> None:
    found = graphdiff.gradient("J = abs(x)", x=0)
    assert [notice.code for notice in found.notices] == ["kink"]
    assert str(found) == printed("eval", "J = abs(x)", "--x", "0", "--format", "table")
    assert not graphdiff.gradient("J = abs(x)", x=1).notices


def test_second_derivatives_print_as_the_command_does() -> None:
    found = graphdiff.hessian(SQUARED, AT)
    assert str(found) == printed("eval", SQUARED, *POINT, "--format", "table", "--order", "2")
    assert found["b", "c"] == found["c", "b"] == 102.0
    assert found.value == 363.0
    assert np.array(found.matrix()).shape == (3, 3)
    assert np.allclose(found.matrix(), np.transpose(found.matrix()))
    assert graphdiff.hessian("J = a*b", a=2, b=3)["a", "a"] == 0.0
    with pytest.raises(UnknownName):
        found["b", "z"]
    with pytest.raises(KeyError, match="by two names"):
        found["bc"]  # type: ignore[index]
    with pytest.raises(KeyError, match="derivatives by a, b, c"):
        found["b", "u"]
    by_u = graphdiff.hessian(SQUARED, AT, wrt=["u", "b"])
    assert by_u["u", "b"] == 12.0


def test_products_with_a_direction_print_as_the_command_does() -> None:
    forward = graphdiff.jvp(SQUARED, AT, along={"b": 1, "c": "1/2"})
    expected = json.loads(answer("eval", SQUARED, *POINT, "--jvp", "b=1,c=1/2", "--format", "json").out)
    assert forward.numbers == expected["jvp"]
    assert dict(forward) == {"J": expected["jvp"]["J"]}
    hessian = graphdiff.hvp(SQUARED, AT, along={"b": 1})
    expected = json.loads(answer("eval", SQUARED, *POINT, "--hvp", "b=1", "--format", "json").out)
    assert hessian.numbers == expected["hvp"]["J"]
    assert list(hessian) == ["a", "b", "c"]
    assert "hvp J" in str(hessian)
    with pytest.raises(InputProblem, match="'u' is defined by the program"):
        graphdiff.jvp(SQUARED, AT, along={"u": 1})


def test_derive_explain_and_check_print_as_the_commands_do() -> None:
    derived = graphdiff.derive(LECTURE)
    assert str(derived) == printed("derive", LECTURE)
    assert derived.names == ("dJ_da", "dJ_db", "dJ_dc")
    assert str(graphdiff.derive(LECTURE, wrt="a,b", flat=True)) == printed(
        "derive", LECTURE, "--flat", "--wrt", "a,b"
    )
    assert derived.to("python") == printed("derive", LECTURE, "--to", "python")
    assert graphdiff.evaluate(derived, AT)["dJ_db"] == graphdiff.evaluate(derived.graph, AT)["dJ_db"] == 6.0
    with pytest.raises(InputProblem, match="did you mean julia"):
        derived.to("julja")
    explained = graphdiff.explain(LECTURE, AT, only="b", bump={"b": 0.001})
    assert str(explained) == printed("explain", LECTURE, *POINT, "--only", "b", "--bump", "b=0.001")
    assert explained._repr_markdown_() == printed(
        "explain", LECTURE, *POINT, "--only", "b", "--bump", "b=0.001", "--format", "markdown"
    )
    report = graphdiff.check(LECTURE, AT, expect=["J=33", "dJ/db = 3*a"])
    words = ["check", LECTURE, *POINT, "--expect", "J=33", "--expect", "dJ/db = 3*a"]
    assert str(report) == printed(*words)
    assert report.data == json.loads(answer(*words, "--format", "json").out)
    assert not report
    assert repr(report) == "<Report: 2 checks: 1 passed, 1 failed>"


def test_a_report_is_true_only_if_all_was_compared_and_holds() -> None:
    assert graphdiff.check(LECTURE, AT, expect={"J": 33, "dJ/db": "3*c"})
    assert graphdiff.check(LECTURE, a="1..5", b=(1, 2), c=2, expect="dJ/db = 3*c", samples=50)
    assert graphdiff.check(LECTURE, AT, gradcheck=True)
    assert not graphdiff.check("y = log(x)", x=-1, expect={"y": 0})  # has no value
    with pytest.raises(InputProblem, match="nothing to check"):
        graphdiff.check(LECTURE, AT)
    with pytest.raises(InputProblem, match="missing input: c"):
        graphdiff.check(LECTURE, a=1, b=2, expect={"J": 3})


# What the functions take.


def test_programs_are_text_or_graphs_and_points_mappings_or_keywords() -> None:
    graph = parse(LECTURE)
    for program in (LECTURE, graph):
        for found in (
            graphdiff.gradient(program, AT),
            graphdiff.gradient(program, a=5, b=3, c=2),
            graphdiff.gradient(program, {"a": 5}, b=3, c="6/3"),
        ):
            assert dict(found) == {"a": 3.0, "b": 6.0, "c": 9.0}
    assert graphdiff.gradient("y = of*wrt + program", {"of": 2, "wrt": 3}, program=1)["of"] == 3.0
    with pytest.raises(InputProblem, match="given twice"):
        graphdiff.gradient(LECTURE, AT, a=5)
    with pytest.raises(InputProblem, match="maps names to numbers"):
        graphdiff.gradient(LECTURE, [5, 3, 2])  # type: ignore[arg-type]
    with pytest.raises(InputProblem, match="missing inputs: b, c"):
        graphdiff.gradient(LECTURE, a=5)
    with pytest.raises(graphdiff.SyntaxProblem, match="a program is text"):
        graphdiff.gradient(5, AT)  # type: ignore[arg-type]
    with pytest.raises(UndefinedOperation, match="log"):
        graphdiff.gradient("y = log(x)", x=-1)


def test_names_are_unicode_however_they_are_typed() -> None:
    assert graphdiff.gradient("y = θ^2", θ=3)["θ"] == 6.0
    assert graphdiff.gradient("y = caf\u00e9", {"cafe\u0301": 3})["caf\u00e9"] == 1.0
    # Python turns the micro sign of a keyword into the letter mu.
    assert graphdiff.gradient("y = 2*\u00b5", µ=3).value == 6.0


def test_one_output_is_differentiated() -> None:
    two = "J = x^2; K = 2*x"
    assert graphdiff.gradient(two, x=3, of="K")["x"] == 2.0
    for function in (graphdiff.gradient, graphdiff.hessian):
        with pytest.raises(InputProblem, match="one output is differentiated at a time, got J, K"):
            function(two, x=3)
    with pytest.raises(UnknownName, match="no 'L'"):
        graphdiff.gradient(two, x=3, of="L")


def test_precision_gives_as_many_digits() -> None:
    found = graphdiff.gradient("y = sqrt(x)", x=2, precision=40)
    assert found.point.arithmetic.text(found.value) == "1.41421356237309504880168872420969807857"
    assert "1.41421356237309504880168872420969807857" in str(found)
    for wrong in (0, True, "40", 1e3):
        with pytest.raises(InputProblem, match="precision"):
            graphdiff.gradient("y = sqrt(x)", x=2, precision=wrong)  # type: ignore[arg-type]


# Numbers.

ACCEPTED: list[Any] = [
    7, 7.0, "7", "14/2", Decimal(7), Fraction(7), np.int64(7), np.uint8(7), np.float32(7), np.float64(7),
    np.float16(7), np.longdouble(7), np.array(7), np.array(7.0), mpmath.mpf(7), mpmath.MPContext().mpf(7),
]  # fmt: skip


@pytest.mark.parametrize("given", ACCEPTED, ids=lambda given: f"{type(given).__name__} {given}")
def test_every_kind_of_number_is_a_float(given: Any) -> None:
    values = graphdiff.evaluate("y = 2*x; z = x", x=given)
    assert [(type(v), v) for v in values.values()] == [(float, 7.0), (float, 14.0), (float, 7.0)]
    digits = graphdiff.Precise(30)
    found = graphdiff.evaluate("y = x/3", {"x": given}, digits)
    assert digits.text(found["y"]) == "2.33333333333333333333333333333"


def test_numpys_numbers_neither_wrap_nor_lose_digits() -> None:
    assert graphdiff.evaluate("y=n*n*n", n=np.int64(10**7))["y"] == 1e21
    assert graphdiff.sweep.evaluate(parse("y=n*n*n"), {"n": np.int64(10**7)})["y"] == 1e21
    third = np.float32(1 / 3)
    assert graphdiff.evaluate("y = x*x", x=third)["y"] == float(third) ** 2
    with np.errstate(all="raise"):  # its own division by zero would be a warning
        assert graphdiff.evaluate("y = 1; z = x/0", x=np.float64(1)).nodes[-1] == math.inf


def test_numbers_are_converted_exactly_or_rounded_once() -> None:
    digits = graphdiff.Precise(30)

    def read(given: Any) -> str:
        return digits.text(digits.from_input("x", given))

    assert read(0.1) == "0.100000000000000005551115123126"
    assert read(Decimal("0.1")) == "0.1"
    assert read(Fraction(1, 10)) == "0.1"
    assert read(10**400 + 1) == "1.0e+400"
    assert read(Decimal("-1.5e-1000")) == "-1.5e-1000"
    assert read(Decimal("Infinity")) == read(np.float32(math.inf)) == "inf"
    assert read(np.longdouble(0.1)) == "0.100000000000000005551115123126"
    assert read(mpmath.mpf("inf")) == "inf"
    assert FLOATS.from_input("x", Fraction(1, 3)) == 1 / 3
    assert FLOATS.from_input("x", 2**60 + 1) == float(2**60 + 1)
    assert FLOATS.from_input("x", Decimal("-Infinity")) == -math.inf
    # Few digits do not round a float.
    assert graphdiff.Precise(1).from_input("x", 0.1) == 0.1


REFUSED: dict[str, tuple[Any, str]] = {
    "None": (None, "not a number: None"),
    "a truth value": (True, "write 1 for true"),
    "NumPy's truth value": (np.bool_(True), "write 1 for true"),
    "a complex number": (1 + 2j, "real numbers"),
    "NumPy's complex number": (np.complex64(1), "real numbers"),
    "mpmath's complex number": (mpmath.mpc(1, 2), "real numbers"),
    "a list": ([1, 2], "a list"),
    "a tuple": ((1, 2), "a tuple"),
    "a dict": ({}, "a dict"),
    "an array": (np.array([1.0, 2.0]), r"graphdiff.Batch\(\)"),
    "bytes": (b"5", "not a number"),
    "an empty text": ("", "is empty"),
    "a name": ("five", "not a constant"),
    "an object": (object(), "not a number"),
    "a date": (np.datetime64("2020-01-01"), "not a number"),
    "a huge integer": (10**400, "beyond the largest binary64 number"),
    "a huger integer": (10**5000, "beyond the largest binary64 number"),
    "a huge Decimal": (Decimal("1e400"), "beyond the largest binary64 number"),
    "a huge Fraction": (Fraction(-(10**400)), "beyond the largest binary64 number"),
    "a huge mpf": (mpmath.mpf("1e400"), "beyond the largest binary64 number"),
    "a huge text": ("1e400", "beyond the largest binary64 number"),
    "no number of Decimal": (Decimal("sNaN"), "not a number"),
}


@pytest.mark.parametrize("given", REFUSED.values(), ids=REFUSED)
def test_everything_else_is_refused_with_a_word_on_what_is_right(given: tuple[Any, str]) -> None:
    value, says = given
    with pytest.raises(InputProblem, match=says) as caught:
        graphdiff.gradient("y = 2*abc", abc=value)
    assert "'abc'" in str(caught.value)
    with pytest.raises(InputProblem):
        graphdiff.sweep.evaluate(parse("y = 2*abc"), {"abc": value})
    if not says.startswith("beyond"):  # which more digits have no trouble with
        with pytest.raises(InputProblem):
            graphdiff.gradient("y = 2*abc", abc=value, precision=20)


def test_rows_are_arrays_of_one_length() -> None:
    batch = graphdiff.Batch()
    integers = np.array([10**7, 2])
    for given in (
        integers,
        [10**7, 2],
        [Decimal(10**7), 2],
        integers.astype(np.float32),
        integers.astype("u8"),
    ):
        rows = graphdiff.evaluate("y = n*n*n/k", {"n": given, "k": 1}, batch)
        assert rows["y"].dtype == float
        assert rows["y"].tolist() == [1e21, 8.0]
        assert graphdiff.backpropagate(rows, "y")["n"].tolist() == [3e14, 12.0]
    with pytest.raises(InputProblem, match="differ in length: x has 2, z has 3"):
        graphdiff.evaluate("y = x*z", {"x": [1, 2], "z": [1, 2, 3]}, batch)
    refused: list[tuple[Any, str]] = [
        (np.ones((2, 2)), "2 dimensions"), ([[1], [1, 2]], "not a number"), (np.array([True, False]), "true"),
        (np.array([1j, 2]), "real"), (["1", "2"], "not a number"), ([None, 1], "not a number: None"),
        ([10**400], "beyond the largest"),
    ]  # fmt: skip
    for value, says in refused:
        with pytest.raises(InputProblem, match=says):
            graphdiff.evaluate("y = 2*x", {"x": value}, batch)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: UNTYPED.gradient(LECTURE, AT, wrt=3), "expected names, got 3"),
        (lambda: UNTYPED.explain(LECTURE, AT, bump="b=1"), "a point maps names to numbers, got 'b=1'"),
        (lambda: UNTYPED.check(LECTURE, AT, expect=[3]), "an expectation is a text, got 3"),
        (lambda: UNTYPED.check(LECTURE, AT, expect=None), "nothing to check"),
        (lambda: UNTYPED.check(LECTURE, expect="J=1", samples=0), "number of points, got samples=0"),
        (lambda: UNTYPED.check(LECTURE, expect="J=1", samples=2.5), "got samples=2.5"),
        (lambda: UNTYPED.check(LECTURE, AT, expect="J=1", rtol="x"), "rtol must be finite"),
        (lambda: UNTYPED.check("y=x", x=(1, 2, 3), expect="y=1"), "not a pair"),
        (lambda: UNTYPED.check("y=x", x=(None, 2), expect="y=1"), "not a number: null"),
        (lambda: UNTYPED.gradient("y=x", x=np.ma.masked), "not a number: --"),
        (lambda: UNTYPED.gradient("y=x", x=np.ma.masked, precision=20), "not a number: --"),
    ],
)  # fmt: skip
def test_what_an_option_cannot_be_is_an_input_problem(call: Callable[[], Any], says: str) -> None:
    with pytest.raises(InputProblem, match=re.escape(says)):
        call()


def test_none_is_no_choice_and_no_name() -> None:
    found = graphdiff.gradient(LECTURE, AT, of=None, wrt=None)
    assert dict(found) == dict(graphdiff.gradient(LECTURE, AT))
    assert None not in found
    assert graphdiff.check("y = x", x=("1", "pi"), expect="dy/dx = 1")


def test_a_derivative_program_can_be_checked_and_shown() -> None:
    program = graphdiff.derive("y = x^3*z")
    for one in (program, program.graph):
        expect = {"dy_dx": "3*x^2*z", "ddy_dx/dz": 12, "ddy_dz/dx": 12}
        report = graphdiff.check(one, x=2, z=5, expect=expect)
        assert report, report
    rows = str(graphdiff.gradient(program, x=2, z=5, of="dy_dx")).splitlines()
    assert [row.split("│")[2].strip() for row in rows if "dy_dx " in row] == ["3*(z*x^2)"]
    assert [row.split("│")[2].strip() for row in rows if "│ z" in row] == ["input"]


def test_a_hessian_that_is_kept_is_that_of_each_point() -> None:
    kept = graphdiff.Hessian(SQUARED, wrt="b,u", precision=30)
    assert repr(kept) == "<Hessian of J by b, u>"
    for a in (5, 6):
        found = kept.at(AT | {"a": a})
        assert found.matrix() == graphdiff.hessian(SQUARED, AT | {"a": a}, wrt="b,u", precision=30).matrix()
        assert found.gradient.point["a"] == a
    with pytest.raises(UnknownName):
        graphdiff.Hessian(SQUARED, wrt="z")


def test_an_error_comes_back_whole_from_another_process() -> None:
    with pytest.raises(UndefinedOperation) as caught:
        graphdiff.gradient("y = log(a - b)", a=1, b=2)
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is UndefinedOperation
    assert str(again) == str(caught.value)
    assert again.diagnostic == caught.value.diagnostic


def test_results_come_back_from_another_process_and_can_be_copied() -> None:
    rows = graphdiff.evaluate("y = x^2", {"x": [1, 2]}, graphdiff.Batch())
    results: list[Any] = [
        graphdiff.gradient(SQUARED, AT), graphdiff.hessian(SQUARED, AT), graphdiff.derive(SQUARED),
        graphdiff.hvp(SQUARED, AT, along={"b": 1}), graphdiff.gradient(SQUARED, AT, precision=40),
        graphdiff.explain(SQUARED, AT), graphdiff.Hessian(SQUARED), rows, FLOATS,
        graphdiff.parse("input a = 3 in 0..10; u = a; v = sqrt(u); w = where(v > 1, u*v, pi)"),
    ]  # fmt: skip
    for result in results:
        for again in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):
            assert type(again) is type(result)
            assert repr(again) == repr(result)
            assert result is FLOATS or str(again) == str(result)
    precise = pickle.loads(pickle.dumps(graphdiff.gradient("y = x^2", x="0.1", precision=40)))
    assert (
        precise.value + precise["x"]
        == graphdiff.evaluate("y=x^2+2*x", x="0.1", arithmetic=of_digits(40))["y"]
    )
    assert pickle.loads(pickle.dumps(FLOATS)) is FLOATS


# Results show themselves.


@pytest.mark.parametrize("seed", range(60))
def test_a_graph_prints_as_a_program_that_computes_the_same(seed: int) -> None:
    text, point = drawn.program(seed, kinked=seed % 2 == 0)
    graph = parse(text + "; slope = diff(J, x)*t1; t1 = y")
    for one in (graph, graphdiff.derive(graph).graph):
        read = parse(str(one))
        assert read.inputs == one.inputs
        assert set(read.names) >= set(one.names)
        found, expected = graphdiff.evaluate(read, point), graphdiff.evaluate(one, point)
        slopes = graphdiff.backpropagate(found, one.outputs[0])
        others = graphdiff.backpropagate(expected, one.outputs[0])
        for name in one.names:
            assert found[name] == pytest.approx(expected[name], rel=1e-13, abs=1e-13)
            assert slopes[name] == pytest.approx(others[name], rel=1e-12, abs=1e-12)


def test_a_printed_graph_says_what_depends_on_a_definition() -> None:
    """Not on one that happens to compute the same."""
    assert str(parse("u = a*b; w = a*b + 1")) == "input a\ninput b\nt1 = a*b\nu = t1\nw = t1 + 1"
    assert str(parse("y = diff(f(x), x); f(s) = s^3")) == "input x\ny = 3*x^2"


def test_a_graph_shows_itself_in_notebooks(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a picture; as a program without the library that lays it out."""
    graph = parse("y = where(x<1, 1, x)")
    picture = graph._repr_svg_()
    assert picture is not None
    assert picture.startswith("<svg")
    assert graph._repr_html_() == picture
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    assert graph._repr_svg_() is None
    assert graph._repr_html_() == ("<pre>input x\ny = where(x &lt; 1, 1, x)</pre>")
    assert repr(parse("y = x")) == "<Graph of y: 2 nodes>"


def test_values_and_derivatives_print_as_tables() -> None:
    values = graphdiff.evaluate(LECTURE, AT)
    assert repr(values) == "<Values: J = 33>"
    assert str(values).splitlines()[1] == "│ node │ formula │ value │"
    assert "dJ/db = 6" in (values._repr_svg_() or "")
    slopes = graphdiff.backpropagate(values, "J")
    assert "dJ/db = 6" in (slopes._repr_html_() or "")
    assert repr(slopes) == "<Derivatives: dJ/da = 3, dJ/db = 6, dJ/dc = 9, dJ/du = 3, dJ/dv = 3>"
    assert str(slopes) == printed("eval", LECTURE, *POINT, "--format", "table")
    assert slopes.value == 33.0
    rows = graphdiff.evaluate("y = 2*x", {"x": [*range(100)]}, graphdiff.Batch())
    assert "[  0.   2. ... 196. 198.]" in str(rows)
    assert rows._repr_svg_() is None


def test_notebooks_show_escaped_html() -> None:
    found = graphdiff.gradient("J = where(x<1, 1, x)", x=1)
    html = found._repr_html_()
    assert html is not None
    assert '<td style="text-align: left">where(x&lt;1, 1, x)</td>' in html
    assert "x<1" not in html
    assert "notice: " in html
    assert "d2J/db dc" in (graphdiff.hessian(SQUARED, AT)._repr_html_() or "")
    assert graphdiff.derive("y=x^2")._repr_markdown_() == "```\ninput x\ndy_dx = 2*x\n```"
    assert "graphdiff check" in graphdiff.check(LECTURE, AT, expect={"J": 33})._repr_markdown_()


def test_results_print_without_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "rich"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "rich", None)
    monkeypatch.delitem(sys.modules, "graphdiff.views.answer.table", raising=False)
    shown = str(graphdiff.gradient(LECTURE, AT))
    assert shown.splitlines()[0] == "| node | formula | value | dJ/d(node) |"


# Threads.

HARD = (
    "y = lgamma(x) + digamma(x - 2.95)*log(x) + polygamma(2, x)*erf(x) + max(x, 2, z)^x + logsumexp(x, z, 1)"
)


def in_threads(task: Callable[[int], Any], count: int = 8) -> list[Any]:
    """The results of a task in several threads, begun at the same moment and switched often."""
    barrier = Barrier(count)

    def begun(number: int) -> Any:
        barrier.wait()
        return task(number)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(begun, range(count)))
    finally:
        sys.setswitchinterval(interval)


def answers(program: str, arithmetic: graphdiff.Arithmetic, points: int) -> list[Any]:
    """Values and derivatives at some points, to the last bit."""
    found = []
    for k in range(1, points + 1):
        values = graphdiff.evaluate(program, {"x": Fraction(k, 7), "z": Fraction(k, 5)}, arithmetic)
        slopes: Mapping[str, Any] = graphdiff.backpropagate(values, "y")
        numbers = (values["y"], slopes["x"], slopes["z"])
        found.append([getattr(number, "_mpf_", number) for number in numbers])
    return found


def answers_once(program: str, arithmetic: graphdiff.Arithmetic, _: int) -> list[Any]:
    return answers(program, arithmetic, 1)


def test_one_precise_is_right_in_eight_threads() -> None:
    expected = answers(HARD, graphdiff.Precise(40), 30)
    shared = graphdiff.Precise(40)
    assert all(found == expected for found in in_threads(lambda _: answers(HARD, shared, 30)))


def test_several_precisions_are_right_in_several_threads() -> None:
    """They share the caches of mpmath."""
    digits = [101 + 7 * k for k in range(8)]
    found = in_threads(lambda k: answers(HARD, graphdiff.Precise(digits[k]), 3))
    assert found == [answers(HARD, graphdiff.Precise(n), 3) for n in digits]


def test_parsing_and_sweeps_are_right_in_eight_threads() -> None:
    arguments = ", ".join(f"x*{k}" for k in range(1, 60))
    program = f"y = max({arguments}) + logsumexp({arguments}) + z^2"
    expected = answers(program, FLOATS, 1)
    for arithmetic in [Floats() for _ in range(60)]:  # whose formulas are not yet compiled
        assert in_threads(partial(answers_once, program, arithmetic)) == [expected] * 8


def test_the_collector_is_as_it_was_after_overlapping_calls() -> None:
    before = gc.get_threshold()

    @gc_paused
    def nested(depth: int) -> int:
        assert gc.isenabled()
        if depth == 0:
            raise ZeroDivisionError
        return nested(depth - 1)

    def task(_: int) -> None:
        for depth in range(60):
            with pytest.raises(ZeroDivisionError):
                nested(depth % 3)

    in_threads(task)
    assert gc.isenabled()
    assert gc.get_threshold() == before


def test_a_caller_may_switch_the_collector_off_or_tune_it_meanwhile() -> None:
    before = gc.get_threshold()

    @gc_paused
    def changes() -> None:
        gc.disable()
        gc.set_threshold(1234, 5, 6)

    try:
        changes()
        assert not gc.isenabled()
        assert gc.get_threshold()[0] == 1234
    finally:
        gc.enable()
        gc.set_threshold(*before)
