"""Shared by the tests of `derive --to`: programs to write, and the tools that run the written code.

A tool gets many functions at once, so that a compiler starts only once. It returns for each
function and point the values and derivatives as floats, in the order of `Program.wanted`.
"""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import json
import math
import random
import re
import shutil
import subprocess
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from graphdiff.arithmetic.floats import FLOATS, Floats
from graphdiff.derivatives.derivation import derive
from graphdiff.graph import Graph
from graphdiff.parsing import parse
from graphdiff.rules import TABLE, Rule
from graphdiff.sweep import backpropagate, evaluate
from graphdiff.views import code
from graphdiff.views.code.helpers import NAME, helpers
from graphdiff.views.code.names import words

Point = tuple[float, ...]  # in the order of the inputs


class Case(NamedTuple):
    """A program and the points at which it is run."""

    text: str
    points: list[Point]

    @property
    def graph(self) -> Graph:
        return parse(self.text)


def written(case: Case, to: str, name: str, flat: bool = False) -> str:
    """The function, as the command writes it."""
    graph = case.graph
    return "\n".join(code.lines(derive(graph, values=True), to, name, flat)) + "\n"


def shape(case: Case) -> tuple[int, int, int]:
    """How many inputs, outputs, and derivatives of each output there are."""
    graph = case.graph
    return len(graph.inputs), len(graph.outputs), len(graph.inputs)


# The answers of eval.


class Signed(Floats):
    """Floats as the other languages have them: a pole and an angle take the sign of a zero."""

    def __init__(self) -> None:
        super().__init__()

        def sign(x: float) -> float:
            return math.copysign(1.0, x)

        def at_zero(name: str, signed: Callable[..., float]) -> Callable[..., float]:
            function = FLOATS.primitives[name]
            return lambda *arguments: function(*arguments) * (signed(*arguments) if 0.0 in arguments else 1.0)

        self.primitives = {
            **FLOATS.primitives,
            "div": at_zero("div", lambda a, b: sign(b) if a and b == 0.0 else 1.0),
            "pow": at_zero("pow", lambda a, b: sign(a) if a == 0.0 and b < 0.0 and b % 2.0 == 1.0 else 1.0),
            "gamma": at_zero("gamma", sign), "digamma": at_zero("digamma", sign), "atan2": math.atan2,
            "polygamma": at_zero("polygamma", lambda n, x: sign(x) if n == x == 0.0 else 1.0),
        }  # fmt: skip


SIGNED = Signed()


def expected(case: Case, arithmetic: Floats = SIGNED) -> list[list[float]]:
    """For each point the outputs, then the derivatives of each output by each input."""
    graph = case.graph
    found = []
    for point in case.points:
        values = evaluate(graph, dict(zip(graph.inputs, point, strict=True)), arithmetic)
        row = [values.rounded(name) for name in graph.outputs]
        for output in graph.outputs:
            slopes = backpropagate(values, output)
            row += [slopes[name] for name in graph.inputs]
        found.append(row)
    return found


EXACT = words(
    "neg copy lt le gt ge eq ne not and or truth where abs sign floor ceil round min max clamp relu"
)


class Noisy(Floats):
    """Floats whose operations are off by some units in the last place, and in the sign of 0.

    A result that moves much under these errors is ill-conditioned.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed_of_errors = seed
        self.errors = random.Random()
        draw = self.errors.uniform

        def noisy(function: Callable[..., float]) -> Callable[..., float]:
            return lambda *arguments: function(*arguments) * (1.0 + draw(-1e-15, 1e-15))

        # All zeros are positive for one seed, all are negative for another one.
        least, most = {0: (1.0, 1.0), 1: (-1.0, -1.0)}.get(seed, (-1.0, 1.0))

        def signed(function: Callable[..., float]) -> Callable[..., float]:
            return lambda *arguments: function(*arguments) or math.copysign(0.0, draw(least, most))

        primitives = Floats.primitives.items()
        self.primitives = {name: (signed if name in EXACT else noisy)(f) for name, f in primitives}


NOISES = [Noisy(seed) for seed in range(6)]


def is_steady(case: Case) -> bool:
    """Whether every result is finite, and rounding errors hardly move it."""
    rows = expected(case)
    if not all(math.isfinite(number) for row in rows for number in row):
        return False
    for noise in NOISES:  # the same errors for a program, regardless of those before it
        noise.errors.seed(noise.seed_of_errors)
    return all(
        close(noisy, exact, 3e-14)
        for noise in NOISES
        for noisy_row, row in zip(expected(case, noise), rows, strict=True)
        for noisy, exact in zip(noisy_row, row, strict=True)
    )


def close(got: float, wanted: float, tolerance: float = 1e-13) -> bool:
    """Equal up to a relative tolerance, and below 1e-290 up to that; NaN equals NaN."""
    if math.isnan(wanted) or math.isinf(wanted):
        return math.isnan(got) if math.isnan(wanted) else got == wanted
    return abs(got - wanted) <= tolerance * abs(wanted) + 1e-290


def has_suspects(case: Case) -> bool:
    """Whether an operation has no finite value at one of the points."""
    graph = case.graph
    return any(evaluate(graph, dict(zip(graph.inputs, p, strict=True))).suspects for p in case.points)


# Random programs.

NUMBERS = "2 3 0.5 .25 1.5 10 1e-1 7 0.1 pi e 100 12345.678901234567890123".split()  # noqa: SIM905
OPERATORS = ("+", "-", "*", "/", "^", "<", "<=", ">", ">=", "and", "or")
FUNCTIONS = [rule for rule in TABLE if not rule.infix and rule.name not in ("copy", "truth")]


def random_cases(count: int, seed: int) -> list[Case]:
    """Programs of several definitions, each with points where it is well-conditioned.

    Operations may be undefined if no result depends on them.
    """
    found: list[Case] = []
    numbers = itertools.count()
    while len(found) < count:
        rng = random.Random(f"{seed} {next(numbers)}")  # its own, so that no program depends on the others
        text = _random_program(rng)
        inputs = parse(text).inputs
        points = []
        for _ in range(6):
            low = rng.choice((-2.0, 0.05))
            case = Case(text, [tuple(rng.uniform(low, 3.0) for _ in inputs)])
            if inputs and is_steady(case):
                points += case.points
        if len(points) >= 2:
            found.append(Case(text, points[:3]))
    return found


def _random_program(rng: random.Random) -> str:
    names = ["x", "y", "z"][: rng.randint(1, 3)]
    lines = []
    for k in range(rng.randint(2, 5)):
        lines.append(f"v{k} = {_random_expression(rng, names, rng.randint(1, 4))}")
        names.append(f"v{k}")
    rng.shuffle(lines)
    return "; ".join(lines)


def _random_expression(rng: random.Random, names: list[str], depth: int) -> str:
    if depth == 0 or rng.random() < 0.1:
        return rng.choice(NUMBERS) if rng.random() < 0.3 else rng.choice(names)

    def inner() -> str:
        return _random_expression(rng, names, depth - 1)

    kind = rng.random()
    if kind < 0.45:
        return f"({inner()}) {rng.choice(OPERATORS)} ({inner()})"
    if kind < 0.5:
        return f"-({inner()})"
    if kind < 0.6:
        return f"where({inner()} < {inner()}, {inner()}, {inner()})"
    # The function that this number ranks first: a new row takes its share, and moves nothing else.
    draw = rng.random()
    rule = min(FUNCTIONS, key=lambda rule: crc32(f"{rule.name} {draw}".encode()))
    if rule.parameters[0] == "n":
        return f"{rule.name}({rng.randint(0, 3)}, {inner()})"
    count = rng.randint(1, 4) if rule.variadic else len(rule.parameters)
    return f"{rule.name}({', '.join(inner() for _ in range(count))})"


# One program for each rule, at the edges.

EDGES = (
    -math.inf, -1e300, -711.5, -30.3, -5.5, -3.0, -2.5, -1.0, -0.75, -0.5, -0.25, -1e-10, -0.0, 0.0, 1e-300,
    1e-10, 0.25, 0.3, 0.5, 0.75, 1.0, 1.25, 1.5, 2.5, 3.0, 5.0, 12.75, 30.3, 170.25, 711.5, 1024.0, 1e10,
    1e300, math.inf, math.nan,
)  # fmt: skip
PAIRS = (-math.inf, -1e300, -7.5, -2.0, -1.0, -0.5, 0.0, 1e-300, 0.5, 1.0, 2.0, 3.0, math.inf, math.nan)
ORDERS: list[Point] = [  # (n, x) for each way of computing polygamma, and for its limits
    (1.0, -10.7), (2.0, 0.001), (3.0, -2.0000001), (10.0, -1.5), (16.0, -0.3), (17.0, -0.3), (50.0, -1.5),
    (40.0, 20.5), (40.0, 39.0), (40.0, 60.0), (25.0, 1e16), (170.0, 2.0), (300.0, 250.0), (1000.0, 400.0),
    (171.0, 2.0), (1e17, 1e16), (1e17, 5e16), (1e306, 2.0),
    (math.nan, 2.0), (math.inf, 2.0), (-math.inf, 2.0), (math.nan, -2.5),
]  # fmt: skip
TRIPLES = (-2.0, -0.5, 0.0, 0.5, 2.0, math.nan)


def rule_cases() -> Iterator[tuple[Rule, Case]]:
    for rule in TABLE:
        if rule.name == "truth":
            continue
        points: list[Point]
        if rule.name == "polygamma":
            for n in (0, 1, 2, 3, 18, 19):
                yield rule, Case(f"J = polygamma({n}, x)", [(x,) for x in EDGES])
            points = [(n, x) for n in (0.0, 1.0, 4.0, 0.5, -1.0) for x in EDGES if not 0.0 < x < 1e-9]
            yield rule, Case("J = polygamma(n, x)", points + ORDERS)
            continue
        if rule.parameters[:1] == ("n",):
            for n in (0, 1, 2, 3, 6):
                yield rule, Case(f"J = {rule.name}({n}, x)", [(x,) for x in EDGES])
            points = [(n, x) for n in (0.0, 1.0, 4.0, 0.5, -1.0, 101.0, math.nan) for x in EDGES]
            yield rule, Case(f"J = {rule.name}(n, x)", points)
            continue
        for count in (1, 2, 3, 5) if rule.variadic else (len(rule.parameters),):
            names = [f"x{k}" for k in range(count)]
            text = f"J = {rule.name}({', '.join(names)})"
            if rule.infix:
                text = f"J = {f' {rule.infix} '.join(names) if count == 2 else f'{rule.infix} {names[0]}'}"
            if rule.name == "copy":
                text = "J = x0"
            if count == 1:
                points = [(x,) for x in EDGES]
            elif count == 2:
                points = [(a, b) for a in PAIRS for b in PAIRS]
            elif count == 3:
                points = [(a, b, c) for a in TRIPLES for b in TRIPLES for c in TRIPLES]
            else:
                points = [tuple(EDGES[(7 * k + 3 * i) % len(EDGES)] for i in range(count)) for k in range(9)]
            yield rule, Case(text, points)


# The tools.

Results = list[list[list[float]]]  # by case, point, wanted number


class Tool(NamedTuple):
    """How a language is run. missing: why it cannot be run here, or ""."""

    run: Callable[[list[Case], Path, bool], Results]
    missing: str = ""


def _modules(*names: str) -> str:
    absent = [name for name in names if importlib.util.find_spec(name) is None]
    return f"not installed: {', '.join(absent)}" if absent else ""


def _programs(*names: str) -> str:
    absent = [name for name in names if shutil.which(name) is None]
    return f"not on the path: {', '.join(absent)}" if absent else ""


def _functions(cases: list[Case], to: str, flat: bool) -> list[str]:
    return [written(case, to, f"f{k}", flat) for k, case in enumerate(cases)]


def execute(text: str, name: str) -> Any:
    """The function that a Python text defines."""
    namespace: dict[str, Any] = {}
    exec(compile(text, f"<{name}>", "exec"), namespace)
    return namespace[name]


def _flattened(case: Case, answer: Any) -> list[float]:
    """The values and derivatives of one answer (values, derivatives), in a row."""
    values, slopes = answer
    if shape(case)[1] == 1:
        return [float(values), *map(float, slopes)]
    return [*map(float, values), *(float(slope) for row in slopes for slope in row)]


def run_python(cases: list[Case], path: Path, flat: bool) -> Results:
    texts = _functions(cases, "python", flat)
    found = []
    for k, case in enumerate(cases):
        function = execute(texts[k], f"f{k}")
        found.append([_flattened(case, function(*point)) for point in case.points])
    return found


def run_arrays(to: str) -> Callable[[list[Case], Path, bool], Results]:
    def run(cases: list[Case], path: Path, flat: bool) -> Results:
        import numpy as np

        texts = _functions(cases, to, flat)
        found = []
        for k, case in enumerate(cases):
            function = execute(texts[k], f"f{k}")
            with warnings.catch_warnings(), np.errstate(all="raise"):
                warnings.simplefilter("error")
                values, slopes = function(*map(np.array, zip(*case.points, strict=True)))
            if shape(case)[1] == 1:
                values, slopes = (values,), (slopes,)
            rows = [*values, *(slope for row in slopes for slope in row)]
            for row in rows:
                assert row.shape == (len(case.points),), (case.text, row)
            found.append(np.array([np.asarray(row) for row in rows]).T.tolist())
        return found

    return run


def run_sympy(cases: list[Case], path: Path, flat: bool) -> Results:
    import sympy

    texts = _functions(cases, "sympy", flat)
    found: Results = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # mpmath, of SymPy's use of it
        for k, case in enumerate(cases):
            symbols = [sympy.Symbol(f"s{i}", real=True) for i in range(shape(case)[0])]
            values, slopes = execute(texts[k], f"f{k}")(*symbols)
            if shape(case)[1] == 1:
                values, slopes = (values,), (slopes,)
            wanted = [*values, *(slope for row in slopes for slope in row)]
            found.append([])
            for point in case.points:
                at = {s: sympy.Float(x, 40) for s, x in zip(symbols, point, strict=True)}
                found[-1].append([float(expression.subs(at).evalf(30)) for expression in wanted])
    return found


def _run(command: list[str], path: Path, text: str = "") -> str:
    done = subprocess.run(command, cwd=path, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def _numbers(cases: list[Case], output: str) -> Results:
    lines = iter(output.splitlines())
    return [[[float(word) for word in next(lines).split()] for _ in case.points] for case in cases]


def _input(cases: list[Case]) -> str:
    return "\n".join(" ".join(map(repr, point)) for case in cases for point in case.points) + "\n"


def run_c(cases: list[Case], path: Path, flat: bool) -> Results:
    most = max(max(inputs, outputs * columns) for inputs, outputs, columns in map(shape, cases))
    sizes = ", ".join(f"{name}[{most}]" for name in "xvd")
    main = ["#include <stdio.h>", "int main(void)", "{", f"    double {sizes}; int i, p;"]
    for k, case in enumerate(cases):
        inputs, outputs, columns = shape(case)
        arguments = "".join(f"x[{i}], " for i in range(inputs))
        call = f"v[0] = f{k}({arguments}d);"
        if outputs > 1:
            call = f"f{k}({arguments}v, (double (*)[{columns}])d);"
        main.append(f"    for (p = 0; p < {len(case.points)}; p++) {{")
        main.append(f'        for (i = 0; i < {inputs}; i++) if (scanf("%lf", &x[i]) != 1) return 1;')
        main.append(f"        {call}")
        main.append(f'        for (i = 0; i < {outputs}; i++) printf("%.17g ", v[i]);')
        main.append(f'        for (i = 0; i < {outputs * columns}; i++) printf("%.17g ", d[i]);')
        main.append('        printf("\\n");')
        main.append("    }")
    main += ["    return 0;", "}", ""]
    (path / "f.c").write_text("\n".join([*_functions(cases, "c", flat), *main]), encoding="utf-8")
    flags = ["-std=c99", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    _run(["gcc", *flags, "f.c", "-o", "f", "-lm"], path)
    return _numbers(cases, _run(["./f"], path, _input(cases)))


def run_fortran(cases: list[Case], path: Path, flat: bool) -> Results:
    main = ["program main", "  use, intrinsic :: iso_fortran_env, only: real64", "  implicit none"]
    main += ["  integer :: p"]
    for k, case in enumerate(cases):
        inputs, outputs, columns = shape(case)
        kind = "v, d" if outputs == 1 else "v, transpose(d)"
        sizes = f"v, d({columns})" if outputs == 1 else f"v({outputs}), d({outputs}, {columns})"
        arguments = ", &\n".join([*(f"x({i + 1})" for i in range(inputs)), "v", "d"])
        main.append(f"  do p = 1, {len(case.points)}")
        main += ["    block", f"      real(real64) :: x({inputs}), {sizes}", "      read (*, *) x"]
        main += [f"      call f{k}({arguments})", f"      write (*, '(*(es26.17e3, 1x))') {kind}"]
        main += ["    end block", "  end do"]
    main += ["end program", ""]
    (path / "f.F90").write_text("\n".join(_functions(cases, "fortran", flat)), encoding="utf-8")
    (path / "main.f90").write_text("\n".join(main), encoding="utf-8")
    assert max(map(len, (path / "f.F90").read_text(encoding="utf-8").splitlines())) <= 132
    flags = ["-std=f2008", "-Wall", "-Wextra", "-Werror", "-Wno-compare-reals"]
    _run(["gfortran", "-O1", *flags, "-c", "f.F90"], path)
    _run(["gfortran", "main.f90", "f.o", "-o", "f"], path)
    return _numbers(cases, _run(["./f"], path, _input(cases)))


WORDS = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}


def _javascript(cases: list[Case]) -> str:
    points = [[[WORDS.get(repr(x), repr(x)) for x in point] for point in case.points] for case in cases]
    calls = ", ".join(f"f{k}" for k in range(len(cases)))
    return f"""
[{calls}].forEach((f, k) => {json.dumps(points)}[k].forEach((point) => {{
  const {{value, derivative}} = f(...point.map(Number));
  console.log([value, derivative].flat(3).map(String).join(' '));
}}));
"""


def run_javascript(cases: list[Case], path: Path, flat: bool) -> Results:
    (path / "f.mjs").write_text("".join(_functions(cases, "javascript", flat)) + _javascript(cases), "utf-8")
    return _numbers(cases, _run(["node", "f.mjs"], path))


# Julia is not available where these tests run. The code written for it is simple enough to be
# translated to JavaScript, so node computes its results.
PRELUDE = """
const {abs, acos, acosh, asin, asinh, atanh, cbrt, ceil, cos, cosh, exp, expm1, floor, hypot, log, log10,
  log1p, log2, max, min, sin, sinh, sqrt, tan, tanh, trunc} = Math;
const pow = js_pow, sign = js_sign, round = js_round, mod = js_mod;
const Inf = Infinity, isinf = (x) => abs(x) === Inf, isnan = Number.isNaN, isfinite = Number.isFinite;
const isinteger = Number.isInteger, Float64 = Number, Int = Number, float = Number;
const isodd = (n) => n % 2 === 1;
const copysign = (x, y) => (y < 0 || Object.is(y, -0) ? -x : x), exp2 = (x) => 2**x;
const atan = (a, b) => (b === undefined ? Math.atan(a) : Math.atan2(a, b));
const erf = js_erf, erfc = js_erfc, digamma = js_digamma, polygamma = js_polygamma, gamma = js_gamma;
const logabsgamma = (x) => ({1: js_lgamma(x)});
"""
# Words that are reserved in JavaScript but not in Julia.
OTHERS = re.compile(r"\b(class|new|this|var|void|with|yield|switch|case|default|delete|static|null|super)\b")
POWER = re.compile(r"(\d[\d.]*e[-+]?\d+|[\w.]+)\^([\w.]+)")


def _powers(line: str) -> str:
    """Each x^y and (...)^y as pow(x, y): JavaScript's ** has another precedence."""
    while ")^" in line:
        end = begin = line.index(")^")
        depth = 0
        while depth != 0 or begin == end:
            depth += {")": 1, "(": -1}.get(line[begin], 0)
            begin -= 1
        while line[begin].isalnum() or line[begin] == "_":
            begin -= 1
        exponent = re.match(r"\w+", line[end + 2 :])
        assert exponent is not None, line
        rest = line[end + 2 + exponent.end() :]
        line = f"{line[: begin + 1]}pow({line[begin + 1 : end + 1]}, {exponent[0]}){rest}"
    return POWER.sub(r"pow(\1, \2)", line)


def _julia_as_javascript(text: str) -> str:
    assert all(line.isascii() for line in text.splitlines() if not line.startswith("#")), text
    text = re.sub(r",\n +(?=\w+[,)])", ", ", OTHERS.sub(r"\1_", text))  # arguments on one line
    head, _, returned = text.rpartition("    return ")
    values = returned.removesuffix("end\n").replace("(", "[").replace(")", "]")
    found = []
    for line in head.splitlines():
        if line.startswith("#") or line == "using SpecialFunctions":
            continue
        line = re.sub(r"^(\w+\([\w, ]+\)) = (.*)", r"function \1 { return \2; }", _powers(line))
        line = re.sub(r"^(function \w+\(.*\))$", r"\1 {", line)
        line = re.sub(r"^ +if (.*)", r"if (\1) {", line)
        line = re.sub(r"^ +elseif (.*)", r"} else if (\1) {", line)
        line = re.sub(r"^ +else$", r"} else {", line)
        line = re.sub(r"^ +for (\w+) in (\d):(.*)", r"for (let \1 = \2; \1 <= \3; \1++) {", line)
        line = re.sub(r"^ *end$", "}", line)
        found.append(re.sub(r"^ +(\w+ = )", r"    var \1", line))
    result = f"    const _ = [{values.strip()}];"
    return "\n".join([*found, result, "    return {value: _[0], derivative: _[1]};", "}", ""])


def run_julia(cases: list[Case], path: Path, flat: bool) -> Results:
    texts = _functions(cases, "julia", flat)
    _parse_julia("".join(texts))
    library = "\n".join(NAME.sub(r"js_\1", text) for text in helpers("javascript").values())
    program = library + PRELUDE + "".join(map(_julia_as_javascript, texts)) + _javascript(cases)
    (path / "f.mjs").write_text(program, encoding="utf-8")
    return _numbers(cases, _run(["node", "f.mjs"], path))


def _parse_julia(text: str) -> None:
    """Assert that a grammar of Julia accepts the text, if one is installed."""
    if not _modules("tree_sitter", "tree_sitter_julia"):
        import tree_sitter
        import tree_sitter_julia

        parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_julia.language()))
        assert not parser.parse(text.encode()).root_node.has_error, text


TOOLS = {
    "python": Tool(run_python),
    "numpy": Tool(run_arrays("numpy"), _modules("numpy", "scipy")),
    "jax": Tool(run_arrays("jax"), _modules("jax")),
    "c": Tool(run_c, _programs("gcc")),
    "fortran": Tool(run_fortran, _programs("gfortran")),
    "javascript": Tool(run_javascript, _programs("node")),
    "julia": Tool(run_julia, _programs("node")),
    "sympy": Tool(run_sympy, _modules("sympy")),
}
