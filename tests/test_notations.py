"""`derive --to`: the code in each language computes what `eval` computes, to 13 digits.

The real compilers and interpreters run it; if one is missing, its tests are skipped with that
reason. For Julia see notations.py.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from drawn import program
from latexread import WIDE, Formula, equations, overfull
from notations import (
    TOOLS,
    Case,
    close,
    execute,
    expected,
    has_suspects,
    is_steady,
    random_cases,
    rule_cases,
    written,
)
from shell import LECTURE, assert_refused, graphdiff

from graphdiff import GraphdiffError, parse
from graphdiff.arithmetic.precise import Precise
from graphdiff.derivatives.derivation import derive
from graphdiff.rules import TABLE
from graphdiff.sweep import backpropagate, evaluate
from graphdiff.views import code
from graphdiff.views.code.helpers import helpers
from graphdiff.views.code.latex import Textbook
from graphdiff.views.code.names import in_ascii

LANGUAGES = sorted(name for name in code.LANGUAGES if code.language(name).has_name)
nan, inf = float("nan"), float("inf")

# Programs that are easy to get wrong.
TRAPS = [
    Case(LECTURE, [(5.0, 3.0, 2.0)]),
    # Branches that are not taken, at each depth, and what is named outside of them.
    Case("J = where(x > 0, sqrt(x)*log(x), 0)", [(-1.0,), (0.0,), (2.0,)]),
    Case("J = where(x < 0, log(-x), where(x == 0, 7, 1/x))", [(-2.0,), (0.0,), (2.0,)]),
    Case("s = sqrt(x); l = log(x)*s; J = where(x > 0, s*l + s^2, x^2) + x", [(-2.0,), (2.0,)]),
    Case("J = where(x > 0 and log(x) > 1, log(x)^2, x) + where(x < 0 or sqrt(x) > 2, -x, x^2)",
         [(-1.0,), (0.5,), (3.0,), (9.0,)]),
    Case("J = where(not x > 0, x, x^0.5 + acosh(x + 1)) + where(abs(x) < 1, asin(x), atanh(1/x))*2",
         [(-1.5,), (0.25,), (1.5,)]),
    Case("k = 0; J = where(k > 0, x/k, x) + where(1 > 2, sqrt(-1), x) + where(x > -9, x, 1/0)", [(2.5,)]),
    Case("J = where(x > 0, x, log(-1)*exp(1000)) + where(x < 9, x*2, gamma(-1)*10^400)", [(2.5,)]),
    Case("J = where(y, x/y, x); K = where(x > y, exp(800*x), x*y)", [(2.5, 0.0), (-1.0, 4.0)]),
    # Conditions as numbers, and numbers as conditions.
    Case("c = x > 0; J = where(c, x, 2) + c/(1 + (x < 3)) - -(x > 1)*c^2", [(-1.0,), (2.0,), (4.0,)]),
    Case("J = (x > 0) == (y > 0); K = (x > 0) + (x > 1)*2; L = not x; M = x and y or not x < 2",
         [(-1.0, 1.0), (2.0, 0.0), (0.0, 0.0)]),
    Case("J = max(x > y, y > 1)*x + where((x > y) - 1, x, y)^2", [(1.0, 2.0), (3.0, 2.0)]),
    # Names.
    Case("lambda = def^2; J = lambda*double + end*function + int/return*let + class - real", [
        (1.5, 2.5, 0.5, 0.75, 1.25, 3.0, 2.0, 0.1, 0.2)]),
    Case("J = θ^2 + sin(θ)*Θ + é*e_1 + θ_1*theta - и + x̂ + x",
         [(1.5, 2.5, 0.5, 0.75, 1.25, 3.0, 2.0, 5.0, 7.0)]),
    Case("I = V/R; M_PI = 3*I; J = I*M_PI + main + NAN*linux + errno", [(1.5, 2.5, 0.5, 0.75, 1.25, 3.0)]),
    Case("J = math_errhandling*MATH_ERRNO*MATH_ERREXCEPT + RAND_MAX*EXIT_SUCCESS*EXIT_FAILURE + "
         "char8_t*char16_t*char32_t + M_PIf*MB_CUR_MAX*y1*j0*printf",
         [(1.5, 2.5, 0.5, 0.75, 1.25, 3.0, 2.0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8)]),
    Case("J = x^2*X + Xx*xX*XX + x_ + X_*Jj; j = x", [(1.5, 2.5, 0.5, 0.75, 1.25, 3.0, 2.0, 0.1)]),
    Case("J = sin(t1*T1)*sin(t1*T1) + cos(t2*T_1)^2*cos(t2*T_1)", [(1.5, 2.5, 0.5, 0.75)]),
    Case("_ = a; __x = _*2; _sqrt = __x*sqrt(a); J = _sqrt*max(a, len, 0)*math + np*_max*sympy",
         [(1.5, 2.5, 0.5, 0.75, 1.25, 3.0)]),
    Case("J = value*derivative + f99*Math + abs_*sin_ + sum*id*number*infinity*log1p",
         [(1.5, 2.5, 0.5, 0.75, 1.25, 3.0, 2.0, 0.1, 0.2, 0.3, 0.4)]),
    Case(f"J = {'a' * 80}1*{'a' * 80}2 + {'A' * 80}1", [(1.5, 2.5, 0.5)]),
    Case("J = pi*e; pi = x; e = y; K = gamma(x) + erf(y)", [(1.5, 2.5)]),
    # Numbers, signs and powers.
    Case("J = 1/2*x + 7/2 + x^(1/3)*3/4 + 2/3*10^-1 - 1/3/x", [(2.5,)]),
    Case("u = -x; J = -u - -3 - (-x)^2*-2 + -2^2*-x - -(x*-x); K = x - -x", [(2.5,), (-1.5,)]),
    Case("J = 1e300*x*1e-300 + 1e-306*x*1e301 + 123456789012345678901234567890*x*1e-29 + 007.5e+01*x",
         [(2.5,)]),
    Case("J = x*.1 + x/3. + x*0.1000000000000000055511151231257827 + 9007199254740993*x - 1e-400*x",
         [(2.5,)]),
    Case("J = x^0 + 0^x + x^y + (-x)^3 + x^-2 + x^2 + x^3 + x^4", [(2.0, 3.0), (0.5, -1.0), (1.5, 0.0)]),
    Case("J = x^y", [(-2.0, 3.0), (-2.0, -2.0), (0.0, 2.0), (0.0, 0.0), (3.0, 0.0), (-8.0, 1.0),
                     (-1.0, 9007199254740992.0)]),
    Case("J = 2^3^x + (2^3)^x + -x^2 + (x + y)^2*(x*y)^-1", [(1.5, 0.5)]),
    Case("J = a - (b - c) - (a - b) + a/(b/c) + a/b/c + a*(b/c) + a/(b*c)", [(1.5, 2.5, 0.5)]),
    # Ties, kinks and the sign of mod.
    Case("J = max(x, y, z, x) + 2*min(x, y, z)", [(1.0, 1.0, 1.0), (1.0, 1.0, 0.0), (2.0, 1.0, 3.0)]),
    Case("J = mod(x, y) + 2*mod(-x, y) + 3*mod(x, -y)", [(7.5, 2.0), (-7.5, 2.0), (7.5, -2.0), (6.0, 2.0)]),
    Case("J = abs(x)*sign(x) + relu(x) + floor(x) + round(x) + ceil(x) + clamp(x, -0.5, 2.5)",
         [(0.0,), (0.5,), (1.5,), (2.5,), (-0.5,), (-1.5,), (0.49999999999999994,), (4503599627370497.0,)]),
    Case("J = logsumexp(x, y) + logsumexp(x) + hypot(x, y) + hypot(x) + hypot(x, y, x) + min(x) + max(y)",
         [(1.5, 2.5), (-700.0, 3.0), (0.0, 0.0), (1e200, 1e200)]),
    # Far out.
    Case("J = softplus(x) + sigmoid(x)*tanh(x) + log1p(exp(-x))", [(800.0,), (-700.0,), (20.0,), (40.0,)]),
    Case("J = tanh(x); K = sigmoid(x)", [(20.0,), (-360.0,), (740.0,)]),
    Case("J = log(x) + log2(x) + log10(x) + sqrt(x)", [(0.0,), (inf,), (1e-300,)]),
    Case("J = min(x, inf) + where(x > inf, 1, 0) - 1/inf", [(2.5,)]),
    Case("J = log(tau/x)*e - lgamma(x) + digamma(x)*erfc(x)", [(1.461632144968362,), (12.0,), (7.25,)]),
    Case("v = lgamma(x); J = where(x < 1e300, v, 0)", [(1e306,), (2.6e305,), (-1e306,), (2.5,)]),
    Case("J = lgamma(x) + digamma(x)", [(0.999,), (1.999999,), (1.0000000000000002,), (-3.9999999,),
                                        (-0.9999999999999999,), (0.51,), (2.49,), (2.6,)]),
    Case("J = lgamma(x); K = digamma(x)", [(1.0,), (2.0,), (1.4616321449683623,), (1.461632144968362,),
                                           (0.9999999999999999,), (1e-300,), (-1e-300,), (-1e-290,)]),
    Case("J = x^0.5; K = x^y", [(-inf, 0.5), (inf, 0.5), (4.0, 0.5)]),
    # Outputs that depend on nothing, or on one argument alone, or are the argument.
    Case("J = 2*pi; K = x; L = y*y", [(2.5, 3.5)]),
    Case("J = a; K = J; L = a*b", [(2.5, 3.5)]),
    # Statements that are long, and whose longest piece is.
    Case(f"J = where({'a' * 60}/{'b' * 60}/{'c' * 60} < {'d' * 60}/{'e' * 60}, {'a' * 62}^3/{'f' * 62}, 1)",
         [(1.5, 2.5, 0.5, 3.5, 0.25, 1.25, 2.0)]),
    # Text that could end a comment, or go on in the next line.
    Case('J = x # */ /* \\\n# coding: latin-1 """ --> \u2028 <!-- %> $( ` \x0c ??/\nK = J*2 # ends with \\',
         [(2.5,)]),
]  # fmt: skip

# The smallest numbers, which JAX takes for 0, and SymPy does not round.
SMALLEST = Case("J = 3e-324*x + 4.9e-324*y + 1e-310*x + 0*unused + lgamma(z) + digamma(w)",
                [(1e10, 1e200, 3.0, 1e-310, -1e-307), (1e10, 1e200, 3.0, -1e-310, 2.0)])  # fmt: skip

# Programs that are long in one way or another.
LARGE = [
    Case(" + ".join(f"a{k}*a{k + 1}" for k in range(150)), [tuple(0.01 * k - 0.5 for k in range(151))]),
    Case("u0 = x; " + "; ".join(f"u{k + 1} = sin(u{k})*y + u{k}/3" for k in range(300)), [(0.5, 0.75)]),
    Case("J = " + "sin(x + " * 400 + "x" + ")" * 400, [(0.5,)]),
    Case("J = " + "x*(1 + " * 400 + "x" + ")" * 400, [(0.5,)]),
    Case("J = " + "where(x < 0, 1, x + " * 150 + "x" + ")" * 150, [(0.5,), (-0.5,)]),
    Case(f"J = max({', '.join(f'a{k}*x' for k in range(120))})*logsumexp({', '.join('xyz' * 30)})",
         [(0.0, 1.5, *(0.01 * k for k in range(119)), 2.5, 0.5)]),
]  # fmt: skip


def cases_of(kind: str, to: str) -> list[Case]:
    """The programs of one kind that a language is tried on."""
    if kind == "rules":
        return [case for _, case in rule_cases()]
    if kind == "large":
        return LARGE
    if to == "sympy":  # it has complex numbers where an operation is undefined, so few are
        if kind == "traps":
            return [case for case in TRAPS if is_steady(case) and not has_suspects(case)]
        drawn = map(program, range(12), [3] * 12, [True] * 12)
        return [Case(text, [tuple(point[name] for name in parse(text).inputs)]) for text, point in drawn]
    if kind == "traps":
        return TRAPS if to == "jax" else [*TRAPS, SMALLEST]
    return random_cases(12 if to == "jax" else 80, seed=7)  # JAX compiles each operation


# Closed formulas are for small programs; SymPy is not asked what a function is at infinity.
TRIED = [
    pytest.param(to, kind, flat, id=f"{to}-{kind}{'-flat' * flat}")
    for to in LANGUAGES
    for kind in ("rules", "large", "traps", "random")
    for flat in (False, True)
    if kind in ("traps", "random") or not (flat or to == "sympy")
]


@pytest.mark.parametrize(("to", "kind", "flat"), TRIED)
def test_values_and_derivatives_are_those_of_eval(to: str, kind: str, flat: bool, tmp_path: Path) -> None:
    tool = TOOLS[to]
    if tool.missing:
        pytest.skip(tool.missing)
    cases = cases_of(kind, to)
    assert len(cases) >= (6 if kind == "large" else 12)
    refuse_differences(cases, tool.run(cases, tmp_path, flat))


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(100, 105))
@pytest.mark.parametrize("to", [to for to in LANGUAGES if to not in ("jax", "sympy")])
def test_many_random_programs(to: str, seed: int, tmp_path: Path) -> None:
    if TOOLS[to].missing:
        pytest.skip(TOOLS[to].missing)
    cases = random_cases(500, seed)
    refuse_differences(cases, TOOLS[to].run(cases, tmp_path, False))


def refuse_differences(cases: list[Case], found: list[list[list[float]]]) -> None:
    """Fail where what a language has computed is not what eval computes."""
    wrong = []
    for case, rows in zip(cases, found, strict=True):
        for point, row, right in zip(case.points, rows, expected(case), strict=True):
            if not all(close(a, b) for a, b in zip(row, right, strict=True)):
                wrong.append(f"{case.text[:300]}\n  at {point[:9]}\n  {row[:9]}\n  {right[:9]}")
    assert not wrong, f"{len(wrong)} differ, the first ones:\n" + "\n".join(wrong[:5])


def test_what_differs_is_found() -> None:
    (case,) = TRAPS[:1]
    wrong = written(case, "python", "f").replace("b*c", "b*c*1.0000000000002")
    values, slopes = execute(wrong, "f")(*case.points[0])
    assert [close(a, b) for a, b in zip([values, *slopes], expected(case)[0], strict=True)].count(False) == 1
    assert not close(nan, 0.0)
    assert not close(0.0, nan)
    assert not close(inf, -inf)


@pytest.mark.parametrize("to", LANGUAGES)
def test_the_writing_takes_linear_time_and_text(to: str) -> None:
    def length(count: int) -> int:
        chain = "; ".join(f"u{k + 1} = sin(u{k})*where(u{k} > x, u{k}, x^2)" for k in range(count))
        return len(written(Case(f"u0 = x; {chain}", []), to, "f"))

    small, large = length(100), length(800)
    assert large < 9 * small
    assert large > 6 * small


# Names.


@pytest.mark.parametrize(
    ("name", "ascii"),
    [
        ("θ", "theta"), ("Θ", "Theta"), ("θ_1", "theta_1"), ("ά", "alpha"), ("x̂", "x"), ("é", "e"),
        ("и", "u0438"), ("日", "u65e5"), ("x٣", "x3"), ("λ", "lambda"), ("ϕ", "phi"), ("plain_1", "plain_1"),
    ],
)  # fmt: skip
def test_names_in_ascii(name: str, ascii: str) -> None:  # noqa: A002
    assert in_ascii(name) == ascii


@pytest.mark.parametrize("to", LANGUAGES)
def test_no_two_names_are_the_same(to: str) -> None:
    names = "theta θ ϑ Theta THETA theta_ x X x_ _x __x t1 T1 lambda λ I end".split()  # noqa: SIM905
    case = Case("J = " + " + ".join(f"{k + 2}*sin({name})^2" for k, name in enumerate(names)), [])
    text = written(case, to, "f")
    signature = re.search(r"\b(?:def|double|function|subroutine) f\(([^)]*)\)", text)
    assert signature is not None
    given = [re.sub(r"[&\s]|double ", "", name) for name in signature[1].split(",")][: len(names)]
    assert len({name.lower() if to == "fortran" else name for name in given}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) for name in given)
    assert " is ϑ" in text  # the header says what is what


@pytest.mark.parametrize(
    ("to", "name"),
    [
        ("c", "double"), ("c", "1x"), ("c", "f g"), ("c", "exp"), ("python", "lambda"), ("python", "f.g"),
        ("fortran", "end"), ("fortran", "_f"), ("javascript", "class"), ("julia", "end"), ("numpy", "np"),
        ("fortran", "VALUE"), ("fortran", "Derivative"), ("fortran", "Real64"), ("fortran", "Merge"),
        ("fortran", "n" * 64), ("c", "printf"), ("c", "expf"), ("c", "sinl"), ("c", "nearbyintf"),
        ("c", "math_errhandling"), ("c", "gamma"), ("c", "j0"), ("c", "drem"), ("c", "abs"), ("c", "malloc"),
        ("c", "cexpf"), ("numpy", "math"), ("julia", "Base"), ("jax", "θ"), ("sympy", ""),
        ("python", "f\nimport os"), ("c", "f(double x){}; double g"),
    ],
)  # fmt: skip
def test_a_name_that_no_function_can_have_is_refused(to: str, name: str) -> None:
    graph = parse(LECTURE)
    with pytest.raises(GraphdiffError, match=r"is (not a function name|reserved|too long a name) in"):
        next(code.lines(derive(graph, values=True), to, name))


def test_a_function_can_have_the_name_of_a_helper(tmp_path: Path) -> None:
    texts = []
    for name in helpers("fortran"):
        used = Case(f"J = {'x^y' if name == 'power' else 'max(x, sign(y))'} + polygamma(x, y)", [])
        texts.append(written(used, "fortran", name))
    if not TOOLS["fortran"].missing:
        (tmp_path / "f.f90").write_text("".join(texts), encoding="utf-8")
        subprocess.run(["gfortran", "-std=f2008", "-c", "f.f90"], cwd=tmp_path, check=True)


@pytest.mark.parametrize("name", ["mygamma", "erfc2", "f"])
def test_julia_needs_its_package_only_where_the_program_does(name: str) -> None:
    assert "using" not in written(Case("J = x^y", []), "julia", name)
    assert "using SpecialFunctions" in written(Case("J = gamma(x)", []), "julia", name)


def test_the_c_code_is_also_cpp(tmp_path: Path) -> None:
    if shutil.which("g++") is None:
        pytest.skip("not on the path: g++")
    texts = [written(case, "c", f"f{k}") for k, case in enumerate(TRAPS)]
    (tmp_path / "f.cpp").write_text("".join(texts), encoding="utf-8")
    subprocess.run(["g++", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "f.cpp"], cwd=tmp_path, check=True)


def test_the_command_refuses_it_too() -> None:
    assert_refused(graphdiff("derive", LECTURE, "--to", "c", "--name", "double"), "'double' is reserved in C")


@pytest.mark.parametrize("to", [(), ("--to", "graphdiff"), ("--to", "latex")])
def test_only_functions_can_be_named(to: tuple[str, ...]) -> None:
    assert_refused(graphdiff("derive", LECTURE, "--name", "f", *to), "--name n")


def test_the_command_writes_a_function_of_that_name() -> None:
    done = graphdiff("derive", LECTURE, "--to", "python", "--name", "slopes", "--of", "v,J", "--wrt", "u,b")
    assert done.status == 0
    assert done.err == ""
    assert execute(done.out, "slopes")(5.0, 3.0, 2.0) == ((11.0, 33.0), ((1.0, 2.0), (3.0, 6.0)))


def test_without_inputs() -> None:
    graph = parse("u = 2; J = 3*u")
    derived = derive(graph, wrt=["u"], values=True)
    for to in ("python", "numpy", "sympy"):
        if not TOOLS[to].missing:
            value, (slope,) = execute("\n".join(code.lines(derived, to, "f")), "f")()
            assert (float(value), float(slope)) == (6.0, 3.0)
    assert "double f(double derivative[1])" in "\n".join(code.lines(derived, "c", "f"))


# No row of the table may be forgotten.


@pytest.mark.parametrize("to", LANGUAGES)
def test_every_rule_can_be_written(to: str) -> None:
    for rule, case in rule_cases():
        assert written(case, to, "f"), rule
    assert {rule.name for rule, _ in rule_cases()} == {rule.name for rule in TABLE} - {"truth"}


def test_whole_numbers_overflow_as_others_do() -> None:
    function = execute(written(Case("J = a*b/c", []), "python", "f"), "f")
    assert function(10**200, 10**200, 1) == (inf, (1e200, 1e200, -inf))
    assert [type(number) for number in function(3, 2, 1)[1]] == [float] * 3


# Fortran's lines.


def test_no_line_of_fortran_is_too_long() -> None:
    names = [letter * length for letter in "xyz" for length in (50, 63, 200)]
    for k, case in enumerate([*random_cases(60, seed=11), *(case for _, case in rule_cases())]):
        longer = re.sub(r"\b([xyzv]\d*)\b(?!\()", rf"\1_{names[k % len(names)]}", case.text)
        for flat in (False, True):
            lines = written(Case(longer, []), "fortran", "f", flat).splitlines()
            assert max(map(len, lines)) <= 132, longer


def test_no_statement_of_fortran_goes_on_for_too_long(tmp_path: Path) -> None:
    long = "n" * 57
    chain = "; ".join(f"{long}{k + 1} = sin({long}{k})" for k in range(400))
    text = f"{chain}; J = max({', '.join(f'{long}{k}' for k in range(400))}); K = max({', '.join('xyz' * 9)})"
    lines = written(Case(text, []), "fortran", "f").splitlines()
    ends = [k for k, line in enumerate(lines) if not line.endswith("&")]
    assert max(b - a for a, b in pairwise(ends)) <= 256
    if not TOOLS["fortran"].missing:
        (tmp_path / "f.f90").write_text("\n".join(lines), encoding="utf-8")
        command = ["gfortran", "-std=f2008", "-Wall", "-Werror", "-c", "f.f90"]
        subprocess.run(command, cwd=tmp_path, check=True)


# Arrays.


def test_arrays_of_any_shape_broadcast() -> None:
    np = pytest.importorskip("numpy")
    case = Case("J = where(x > 0, sqrt(x)*y, y); K = y; L = 7", [])
    function = execute(written(case, "numpy", "f"), "f")
    x, y = np.linspace(-1.0, 1.0, 6).reshape(2, 3), np.array([2.0, 3.0, 4.0])
    values, slopes = function(x, y)
    for found in [*values, *(slope for row in slopes for slope in row)]:
        assert found.shape == (2, 3)
        assert np.isfinite(found).all()
        assert not np.shares_memory(found, x)
        assert not np.shares_memory(found, y)
    assert np.array_equal(slopes[0][1], np.where(x > 0, np.sqrt(np.abs(x)), 1.0))
    values, _ = function(4, 3)  # whole numbers are no reason for whole results
    assert [float(value) for value in values] == [6.0, 3.0, 7.0]


def test_numpy_needs_scipy_only_where_the_program_does() -> None:
    assert "scipy" not in written(Case("J = exp(x)*sigmoid(x)", []), "numpy", "f")
    assert "from scipy import special" in written(Case("J = erf(x)", []), "numpy", "f")


# SymPy.


@pytest.mark.parametrize(
    ("formula", "written_so"),
    [
        ("exp2(x)", "2**x"), ("exp2(x + y)", "2**(x + y)"), ("sigmoid(x)", "1/(1 + sympy.exp(-x))"),
        ("sigmoid(-x)", "1/(1 + sympy.exp(x))"), ("logit(x)", "sympy.log(x/(1 - x))"),
        ("log1p(x)", "sympy.log(1 + x)"),
    ],
)  # fmt: skip
def test_sympy_formulas(formula: str, written_so: str) -> None:
    assert f"    J = {written_so}\n" in written(Case(f"J = {formula}; K = x + y", []), "sympy", "f")


# LaTeX.


def latex(text: str, flat: bool = False) -> str:
    graph = parse(text)
    return "\n".join(code.lines(derive(graph, values=True), "latex", "gradient", flat))


@pytest.mark.parametrize(
    ("formula", "typeset"),
    [
        ("a*b", r"a\,b"), ("3*a", "3 a"), ("2*3^a", r"2 \cdot 3^{a}"), ("a/b/b", r"\frac{a}{b^{2}}"),
        ("a/b*c", r"\frac{a}{b} c"), ("(a + b)*c", r"\left(a + b\right) c"), ("-a*b", r"-a\,b"),
        ("a*-b", r"-a\,b"), ("sin(a)^2", r"\sin^{2}\left(a\right)"),
        ("(-a)^2", r"\left(-a\right)^{2}"),
        ("exp(-a)", r"\mathrm{e}^{-a}"), ("hypot(a, b)", r"\sqrt{a^{2} + b^{2}}"),
        ("hypot(a, b)^2", r"a^{2} + b^{2}"),
        ("where(a > 0, b, where(b > 0, c, a))",
         r"\begin{cases} b & \text{if } a > 0 \\ c & \text{if } b > 0 \\ a & \text{otherwise} \end{cases}"),
        ("(a > b)*c", r"\left[a > b\right] c"), ("log1p(a + b)", r"\ln\left(1 + a + b\right)"),
        ("1.5e-9*a", r"1.5 \times 10^{-9} a"), ("mod(a, b)*c", r"\left(a \bmod b\right) c"),
        ("sqrt(a)/(b*c)", r"\frac{\sqrt{a}}{b\,c}"), ("abs(a)^b^c", r"\left|a\right|^{b^{c}}"),
        # What could be read as another formula.
        ("a/mod(b, c)/c", r"\frac{a}{\left(b \bmod c\right) c}"),
        ("sqrt(mod(a, b))^2 + 1", r"\left(a \bmod b\right) + 1"),
        ("lgamma(a)^2", r"\left(\ln\left|\Gamma\left(a\right)\right|\right)^{2}"),
        ("lgamma(a)*b", r"\left(\ln\left|\Gamma\left(a\right)\right|\right) b"),
        ("a*lgamma(b)", r"a \ln\left|\Gamma\left(b\right)\right|"),
        ("a/where(a > 0, a, b)/c",
         r"\frac{a}{\left(\begin{cases} a & \text{if } a > 0 \\ b & \text{otherwise} \end{cases}\right) c}"),
        # Words do not run together.
        ("mass*acceleration", r"\mathrm{mass}\,\mathrm{acceleration}"),
        ("Δx*Δy", r"\mathrm{Deltax}\,\mathrm{Deltay}"),
        ("rho_0*speed*area", r"\rho_{0}\,\mathrm{speed}\,\mathrm{area}"), ("e*a", r"\mathrm{e}\,a"),
        ("3*mass*sin(a)*b", r"3\,\mathrm{mass} \sin\left(a\right) b"),
        # Signs, numbers and fractions.
        ("-12*a - (-6*b)", "-12 a + 6 b"), ("a + -3*b", "a - 3 b"), ("a + (b + c)", "a + b + c"),
        ("a - (-b + c)", r"a - \left(-b + c\right)"), ("log1p(-a)", r"\ln\left(1 - a\right)"),
        ("3.*a", "3 a"), ("00.5*a + .5", "0.5 a + 0.5"), ("1.e3*a", "10^{3} a"), ("a*2", "2 a"),
        ("(-a/b)/c", r"-\frac{a}{b\,c}"), ("a/(b/(c/mass))", r"\frac{a\,c}{b\,\mathrm{mass}}"),
        ("(a/b)/(a/c)", r"\frac{c}{b}"), ("a*b*a", r"a^{2}\,b"), ("a/(1/b)", r"a\,b"),
        ("-(a + b)/c", r"-\frac{a + b}{c}"), ("4*a*0.5*b", r"2 a\,b"),
        ("b*(-a)*c", r"-b\,a\,c"),
    ],
)  # fmt: skip
def test_latex_formulas(formula: str, typeset: str) -> None:
    assert f"J &= {typeset} \\\\" in latex(f"J = {formula}; K = a + b + c").splitlines()


def test_latex_puts_a_derivative_before_a_fraction() -> None:
    lines = latex("J = u^3; u = sqrt(a + b)").splitlines()
    assert r"\frac{\mathrm{d}J}{\mathrm{d}a} &= \frac{\mathrm{d}J}{\mathrm{d}u} \frac{1}{2 u} \\" in lines


def test_latex_derivatives_and_temporaries() -> None:
    assert latex("J = 3*v_1^2; v_1 = a + theta; t1 = sin(t_1)").splitlines()[3:7] == [
        r"v_{1} &= a + \theta \\",
        r"J &= 3 v_{1}^{2} \\",
        r"\mathrm{t1} &= \sin\left(t_{1}\right) \\",
        r"\frac{\mathrm{d}J}{\mathrm{d}v_{1}} &= 6 v_{1} \\",
    ]
    long = "(a*b + b*c + c*d + d*e_1 + a*c + b*d)"
    text = latex(f"t_1 = a*b; J = sin({long})*t_1 + cos({long})")
    assert "t_{2} &= " in text
    assert "'" not in text
    assert r"\frac{\mathrm{d}\,\mathrm{mass}}{\mathrm{d}x} &= 2 x" in latex("mass = x^2")


@pytest.mark.parametrize("text", ["J = é*ê_1 + и*x̂ + ÿ*î*ø*ß", "J = θ*ϑ + φ*ϕ*phi + ϕ_1*日 + ό"])
def test_latex_is_ascii_and_no_two_names_are_the_same(text: str) -> None:
    written = latex(text)
    assert written.isascii()
    left = re.findall(r"\\mathrm\{d\}J\}\{\\mathrm\{d\}(.*)\} &=", written)
    assert len(set(left)) == len(left) == len(parse(text).inputs)
    assert "'" not in written


def test_latex_that_is_wide_has_names_for_what_cannot_be_broken() -> None:
    squares = " + ".join(f"x_{k}^2" for k in range(20))
    lines = latex(f"J = sqrt({squares})").splitlines()
    assert lines[3].startswith("t_{1} &= x_{0}^{2} + x_{1}^{2} +")
    assert r"J &= \sqrt{t_{1}} \\" in lines
    assert len(latex(f"J = {squares}").split("t_")) == 1  # a sum is broken into rows instead


def read_back(case: Case, point: tuple[float, ...], flat: bool) -> list[str]:
    """What the equations say at a point, where it is not what eval says."""
    graph = case.graph
    derived = derive(graph, values=True)
    notation = Textbook(derived)
    known = {notation.names[name]: f"n_{k}" for k, name in enumerate(derived.names)}
    definitions = []
    for left, right in equations(list(code.lines(derived, "latex", "f", flat))):
        known.setdefault(left, f"n_{len(known)}")
        definitions.append(f"{known[left]} = {Formula(right, known).read()}")
    read = parse("\n".join(definitions))
    arithmetic = Precise(50)
    given = {known[notation.names[name]]: value for name, value in zip(graph.inputs, point, strict=True)}
    inputs = {name: arithmetic.mp.mpf(given[name]) for name in read.inputs}
    found = evaluate(read, inputs, arithmetic)
    values = evaluate(graph, dict(zip(graph.inputs, point, strict=True)))
    expected = {name: float(values.rounded(name)) for name in graph.outputs}
    for output in graph.outputs:
        slopes = backpropagate(values, output)
        expected |= {name: slopes[wrt] for name, (of, wrt) in derived.pairs.items() if of == output}
    wrong = []
    for name, value in expected.items():
        node = read.names.get(known[notation.names[name]])
        if node is not None and not close(float(found.nodes[node]), float(value), 1e-9):
            wrong.append(f"{name}: {found.nodes[node]} is not {value}")
    return wrong


@pytest.mark.parametrize("flat", [False, True])
def test_latex_read_back_computes_what_eval_does(flat: bool) -> None:
    cases = [*TRAPS, *random_cases(60, seed=3), *(case for _, case in rule_cases())]
    count = 0
    for case in cases:
        for point in case.points[:1]:
            if is_steady(Case(case.text, [point])):
                count += 1
                assert read_back(case, point, flat) == [], case.text
    assert count > 100


@pytest.mark.parametrize("formula", [
    r"a \bmod b\,c", r"a \bmod b + 1", r"\ln\left|a\right| b", r"\ln\left|a\right|^{2}", r"\frac{a}{b}^{2}",
    r"a - -b", r"a < b < c", r"a 2", r"a / b\,c",
    r"\begin{cases} a & \text{if } b > 0 \\ c & \text{otherwise} \end{cases} b",
])  # fmt: skip
def test_the_reader_refuses_what_can_be_read_in_two_ways(formula: str) -> None:
    with pytest.raises(AssertionError):
        Formula(formula, {name: name for name in "abc"}).read()


@pytest.mark.parametrize(
    ("text", "of", "wrt", "left"),
    [
        ("dJ_dx = 5; x_ = 2; J = x^2*dJ_dx*x_", "J", "x", r"\frac{\mathrm{d}J}{\mathrm{d}x}"),
        ("a = b_dc^2; a_db = c^3; J = a*a_db", "a", "b_dc",
         r"\frac{\mathrm{d}a}{\mathrm{d}b_{\mathrm{dc}}}"),
    ],
)  # fmt: skip
def test_latex_names_derivatives_by_what_they_are(text: str, of: str, wrt: str, left: str) -> None:
    graph = parse(text)
    derived = derive(graph, [of], [wrt])
    lines = list(code.lines(derived, "latex", "f"))
    assert lines[-3].split(" &= ")[0] == left


def test_latex_left_sides_differ() -> None:
    graph = parse("a = b_dc^2; a_db = c^3; J = a*a_db")
    derived = derive(graph, ["a", "a_db"], ["c", "b_dc"])
    left = [line.split(" &= ")[0] for line in code.lines(derived, "latex", "f") if " &= " in line]
    assert len(left) == len(set(left)) == 4


ENGINE = next(filter(None, map(shutil.which, ("pdflatex", "lualatex", "xelatex"))), None)


@pytest.mark.parametrize("flat", [False, True])
def test_latex_stays_on_the_page(flat: bool, tmp_path: Path) -> None:
    texts = [text for text, _ in WIDE.values()]
    assert overfull([latex(text, flat) for text in texts], tmp_path) == []


def test_latex_is_typeset(tmp_path: Path) -> None:
    if ENGINE is None:
        pytest.skip("no LaTeX engine on the path")
    texts = [case.text for case in [*TRAPS, *random_cases(40, seed=3), *(case for _, case in rule_cases())]]
    head = [r"\documentclass{article}", r"\usepackage{amsmath}", r"\allowdisplaybreaks", r"\begin{document}"]
    lines = [*head, *map(latex, texts), *(latex(text, flat=True) for text in texts[:20]), r"\end{document}"]
    (tmp_path / "f.tex").write_text("\n".join(lines), encoding="utf-8")
    command = [ENGINE, "-interaction=nonstopmode", "-halt-on-error", "f.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-3000:]
    assert (tmp_path / "f.pdf").stat().st_size > 50_000
