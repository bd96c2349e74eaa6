"""`check` accepts what is right and refuses what is wrong, in many random programs.

A program is drawn together with its derivatives: each formula is differentiated here,
by the rules of a calculus textbook, and the chain rule is written out path by path.
None of it is graphdiff's. Then each derivative is broken as a hand breaks one: a sign,
a factor, a term, a variable, an exponent, the wrong branch. What mpmath finds equal in
40 digits is no break.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from support import ORACLE, mp

from graphdiff.checking import Comparer, Range, Result, Tolerance, expectation, samples
from graphdiff.parsing import parse


class Expr(NamedTuple):
    """A formula: a number or a name (no parts), or an operation and what it is applied to."""

    head: str
    parts: tuple[Expr, ...] = ()


def number(x: float) -> Expr:
    return Expr(f"{x:g}")


ZERO, ONE, TWO = number(0), number(1), number(2)
INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "^", "lt": "<", "gt": ">"}


def add(u: Expr, v: Expr) -> Expr:
    return v if u == ZERO else u if v == ZERO else Expr("add", (u, v))


def sub(u: Expr, v: Expr) -> Expr:
    return u if v == ZERO else neg(v) if u == ZERO else Expr("sub", (u, v))


def mul(u: Expr, v: Expr) -> Expr:
    if ZERO in (u, v):
        return ZERO
    return v if u == ONE else u if v == ONE else Expr("mul", (u, v))


def div(u: Expr, v: Expr) -> Expr:
    return ZERO if u == ZERO else Expr("div", (u, v))


def power(u: Expr, exponent: float) -> Expr:
    return ONE if exponent == 0 else u if exponent == 1 else Expr("pow", (u, number(exponent)))


def neg(u: Expr) -> Expr:
    return ZERO if u == ZERO else Expr("neg", (u,))


def where(condition: Expr, u: Expr, v: Expr) -> Expr:
    return u if u == v else Expr("where", (condition, u, v))


def call(name: str, *parts: Expr) -> Expr:
    return Expr(name, parts)


def is_number(e: Expr) -> bool:
    return not e.parts and not e.head.isidentifier()


def text(e: Expr) -> str:
    """The formula in graphdiff's language, with every parenthesis."""
    if not e.parts:
        return f"({e.head})" if e.head.startswith("-") else e.head
    parts = [text(p) for p in e.parts]
    if e.head in INFIX:
        return f"({parts[0]} {INFIX[e.head]} {parts[1]})"
    return f"(-{parts[0]})" if e.head == "neg" else f"{e.head}({', '.join(parts)})"


def value(e: Expr, env: dict[str, Any]) -> Any:
    """Its value in mpmath; ValueError where it has none, at an edge, and beyond binary64."""
    if not e.parts:
        return env[e.head] if e.head in env else mp.mpf(e.head)
    if e.head == "where":
        return value(e.parts[1] if value(e.parts[0], env) else e.parts[2], env)
    parts = [value(p, env) for p in e.parts]
    if e.head in ("lt", "gt", "min", "max") and e.parts[0] != e.parts[1] and parts[0] == parts[1]:
        raise ValueError("an edge: the derivative is one choice of several")
    try:
        found = ORACLE[e.head](*parts)
    except ArithmeticError as error:
        raise ValueError from error
    if isinstance(found, mp.mpc) or mp.isnan(found) or abs(found) > sys.float_info.max:
        raise ValueError
    return found


# The derivatives of a calculus textbook, in its forms, some of them other than graphdiff's.
OUTER: dict[str, Callable[[Expr], Expr]] = {
    "exp": lambda u: call("exp", u),
    "expm1": lambda u: call("exp", u),
    "log": lambda u: div(ONE, u),
    "log10": lambda u: div(ONE, mul(u, call("log", number(10)))),
    "log1p": lambda u: div(ONE, add(ONE, u)),
    "sin": lambda u: call("cos", u),
    "cos": lambda u: neg(call("sin", u)),
    "tan": lambda u: power(call("cos", u), -2),
    "asin": lambda u: div(ONE, call("sqrt", sub(ONE, power(u, 2)))),
    "acos": lambda u: neg(div(ONE, call("sqrt", sub(ONE, power(u, 2))))),
    "atan": lambda u: div(ONE, add(power(u, 2), ONE)),
    "sinh": lambda u: call("cosh", u),
    "cosh": lambda u: call("sinh", u),
    "tanh": lambda u: sub(ONE, power(call("tanh", u), 2)),
    "asinh": lambda u: div(ONE, call("sqrt", add(power(u, 2), ONE))),
    "sqrt": lambda u: mul(number(0.5), power(u, -0.5)),
    "cbrt": lambda u: div(ONE, mul(number(3), power(call("cbrt", u), 2))),
    "erf": lambda u: mul(div(TWO, call("sqrt", Expr("pi"))), call("exp", neg(power(u, 2)))),
    "sigmoid": lambda u: mul(call("sigmoid", u), sub(ONE, call("sigmoid", u))),
    "softplus": lambda u: div(ONE, add(ONE, call("exp", neg(u)))),
    "lgamma": lambda u: call("digamma", u),
    "abs": lambda u: div(u, call("abs", u)),
}


def slope(e: Expr, name: str) -> Expr:
    """d(formula)/d(name), the names in it being variables."""
    if not e.parts:
        return ONE if e.head == name else ZERO
    u = e.parts[0]
    if e.head in OUTER:
        return mul(OUTER[e.head](u), slope(u, name))
    if e.head == "neg":
        return neg(slope(u, name))
    if e.head == "where":
        return where(u, slope(e.parts[1], name), slope(e.parts[2], name))
    v = e.parts[1]
    du, dv = slope(u, name), slope(v, name)
    match e.head:
        case "add":
            return add(du, dv)
        case "sub":
            return sub(du, dv)
        case "mul":
            return add(mul(du, v), mul(u, dv))
        case "div":
            return div(sub(mul(du, v), mul(u, dv)), power(v, 2))
        case "pow" if is_number(v):
            return mul(mul(v, power(u, float(v.head) - 1)), du)
        case "pow":
            return mul(e, add(mul(dv, call("log", u)), div(mul(v, du), u)))
        case "hypot":
            return div(add(mul(u, du), mul(v, dv)), call("sqrt", add(power(u, 2), power(v, 2))))
        case "atan2":
            return div(sub(mul(v, du), mul(u, dv)), add(power(u, 2), power(v, 2)))
        case "logsumexp":
            return div(add(mul(call("exp", u), du), mul(call("exp", v), dv)),
                       add(call("exp", u), call("exp", v)))  # fmt: skip
        case "max" | "min":
            return where(Expr("gt" if e.head == "max" else "lt", (u, v)), du, dv)
    raise AssertionError(f"no derivative of {e.head}")


class Drawn(NamedTuple):
    """A random program: its definitions, each using earlier ones, and where its inputs are drawn from."""

    definitions: dict[str, Expr]
    inputs: dict[str, Range]

    def text(self, source: random.Random) -> str:
        lines = [f"{name} = {text(e)}" for name, e in self.definitions.items()]
        source.shuffle(lines)
        return "\n".join(lines)

    def derivative(self, of: str, wrt: str) -> Expr:
        """The total derivative: the sum over the paths from `wrt`, each a product along its edges."""
        if of == wrt:
            return ONE
        total = ZERO
        for name in [*self.inputs, *self.definitions]:
            if of in self.definitions and (edge := slope(self.definitions[of], name)) != ZERO:
                total = add(total, mul(edge, self.derivative(name, wrt)))
        return total

    def values(self, point: dict[str, Any]) -> dict[str, Any]:
        env = {**point, "pi": +mp.pi}
        for name, e in self.definitions.items():
            env[name] = value(e, env)
        return env


EVERYWHERE = ["sin", "cos", "atan", "tanh", "asinh", "erf", "sigmoid", "softplus", "cbrt", "abs", "exp"]
SOMEWHERE = ["log", "log10", "log1p", "sqrt", "asin", "acos", "tan", "sinh", "cosh", "expm1", "lgamma"]
PAIRS = ["hypot", "atan2", "logsumexp", "max", "min"]


class Author:
    """Draws programs. With ranges, also functions that are not defined everywhere."""

    def __init__(self, seed: int) -> None:
        self.source = random.Random(seed)
        self.ranges = seed % 2 == 1

    def program(self) -> Drawn:
        choose = self.source
        inputs = {name: self.range() for name in ["a", "b", "c", "x"][: choose.randint(1, 4)]}
        names = list(inputs)
        definitions: dict[str, Expr] = {}
        for name in [*["u", "v", "w"][: choose.randint(0, 3)], "J"]:
            definitions[name] = self.formula(names, choose.randint(1, 3))
            names.append(name)
        return Drawn(definitions, inputs)

    def range(self) -> Range:
        if not self.ranges:
            return Range()
        low = round(self.source.uniform(-2, 2), 1)
        return Range(low, low + self.source.choice([0.5, 1.0, 3.0]))

    def formula(self, names: list[str], depth: int) -> Expr:
        choose = self.source
        if depth == 0:
            return Expr(choose.choice(names[-3:] + names))
        kind = choose.random()
        u = self.formula(names, depth - 1)
        if kind < 0.25:
            return call(choose.choice(EVERYWHERE + (SOMEWHERE if self.ranges else [])), u)
        if kind < 0.35:
            return power(u, choose.choice([2, 3, -1, -2] + ([0.5, 1.5, -0.5] if self.ranges else [])))
        if kind < 0.42:
            return mul(number(choose.choice([0.5, 2, 3, -1.5, 10])), u)
        v = self.formula(names, choose.randint(0, depth - 1))
        if kind < 0.80:
            return Expr(choose.choice(["add", "add", "sub", "mul", "mul", "div"]), (u, v))
        if kind < 0.86:
            return Expr("pow", (add(ONE, power(u, 2)), v))
        if kind < 0.93:
            return call(choose.choice(PAIRS), u, v)
        threshold = number(choose.choice([0, 0.5, 1]))
        return call("where", Expr(choose.choice(["lt", "gt"]), (Expr(choose.choice(names)), threshold)), u, v)


def breaks(e: Expr, names: list[str]) -> Iterator[tuple[str, Expr]]:
    """Every way to break a formula in one place, with what is broken."""
    u = e.parts[0] if e.parts else e
    v = e.parts[1] if len(e.parts) > 1 else e
    if e in (ZERO, ONE) or e.head in ("lt", "gt"):
        return
    if not e.parts:
        if is_number(e):
            yield "factor", number(2 * float(e.head))
        else:
            yield from (("variable", Expr(other)) for other in names if other != e.head)
        return
    match e.head:
        case "add":
            yield "sign", Expr("sub", (u, v))
            yield from (("term", u), ("term", v))
        case "sub":
            yield "sign", Expr("add", (u, v))
            yield from (("term", u), ("term", neg(v)))
        case "neg":
            yield "sign", u
        case "mul":
            yield "sign", neg(e)
            yield from (("factor", u), ("factor", v), ("factor", mul(TWO, e)))
        case "div":
            yield from (("factor", u), ("factor", div(ONE, v)), ("factor", Expr("mul", (u, v))))
        case "pow" if is_number(v):
            yield "exponent", power(u, float(v.head) + 1)
            yield "exponent", power(u, float(v.head) - 1)
            return
        case "where":
            yield "branch", call("where", u, e.parts[2], v)
    for k, part in enumerate(e.parts):
        for what, broken in breaks(part, names):
            yield what, Expr(e.head, (*e.parts[:k], broken, *e.parts[k + 1 :]))


def differ(program: Drawn, right: Expr, wrong: Expr, source: random.Random) -> bool:
    """Whether mpmath can tell the two apart at a point where both have a value.

    Apart is ten times the tolerance: softplus'(30) is 1 to the twelfth digit, and who
    forgets it there is as right as the check asks for.
    """
    for _ in range(40):
        point = {name: drawn.draw(source) for name, drawn in program.inputs.items()}
        try:
            rough, fine = (difference(program, right, wrong, point, digits) for digits in (60, 90))
        except ValueError:
            continue
        # What is left of equal numbers is rounding, and another one in other digits. A
        # difference below all of binary64 is none that a program in it can make.
        if abs(rough.absolute - fine.absolute) < abs(fine.absolute) / 100 and fine.is_plain:
            return True
    return False


class Difference(NamedTuple):
    absolute: Any
    size: Any

    @property
    def is_plain(self) -> bool:
        return bool(abs(self.absolute) > 1e-150 and abs(self.absolute) > 10 * Tolerance().rtol * self.size)


def difference(program: Drawn, right: Expr, wrong: Expr, point: dict[str, float], digits: int) -> Difference:
    with mp.workdps(digits):
        env = program.values({name: mp.mpf(x) for name, x in point.items()})
        expected, broken = value(right, env), value(wrong, env)
        return Difference(broken - expected, abs(broken) + abs(expected))


def check(
    program: str, inputs: dict[str, Range], expected: dict[str, str], count: int
) -> tuple[list[Result], str]:
    """The results of `graphdiff check` at random points, up to the first mismatch, and whose that is."""
    graph = parse(program)
    comparer = Comparer(graph, [expectation(graph, f"{k} = {v}", Tolerance()) for k, v in expected.items()])
    rows = samples({name: inputs[name] for name in graph.inputs}, count, seed=0)
    first = next((e.quantity.label for e, _ in comparer.run(rows, sampled=True)), "")
    return comparer.results, first


class Tally:
    """What happened to the programs of one seed; what is right is looked at in so many points."""

    def __init__(self, points: int) -> None:
        self.points = points
        self.programs = 0
        self.show_nothing = 0  # programs with hardly a sampled point in their domain
        self.caught: Counter[str] = Counter()
        self.equal = 0  # breaks that break nothing
        self.refused: list[str] = []  # correct ones
        self.slipped: list[str] = []

    def run(self, seed: int, count: int, most_breaks: int) -> None:
        author = Author(seed)
        for k in range(count):
            self.one(author.program(), random.Random(1000 * seed + k), most_breaks)

    def one(self, program: Drawn, source: random.Random, most_breaks: int) -> None:
        written = program.text(source)
        names = [name for name in parse(written).names if name != "J"]
        derivatives = {f"dJ/d{name}": program.derivative("J", name) for name in names}
        expected = {label: text(e) for label, e in derivatives.items()}
        results, mismatch = check(written, program.inputs, expected, self.points)
        if any(result.too_few for result in results):
            # The sample lies outside the domain; whoever is told so gives ranges.
            inputs = {}
            for name in program.inputs:
                low = round(source.uniform(-1.0, 1.5), 1)
                inputs[name] = Range(low, low + 0.5)
            program = program._replace(inputs=inputs)
            results, mismatch = check(written, program.inputs, expected, self.points)
        if mismatch:
            self.refused.append(f"{written}\n  {mismatch} = {expected[mismatch]}")
        elif any(result.too_few for result in results):
            self.show_nothing += 1
        else:
            self.programs += 1
            for label, e in derivatives.items():
                self.broken(program, written, expected, label, e, names, source, most_breaks)

    def broken(
        self, program: Drawn, written: str, expected: dict[str, str], label: str, right: Expr,
        names: list[str], source: random.Random, most_breaks: int,
    ) -> None:  # fmt: skip
        """Break one derivative, each time in another way."""
        ways: dict[str, list[Expr]] = {}
        for what, wrong in breaks(right, names):
            ways.setdefault(what, []).append(wrong)
        for what in source.sample(sorted(ways), min(most_breaks, len(ways))):
            wrong = source.choice(ways[what])
            if not differ(program, right, wrong, source):
                self.equal += 1
                continue
            asked = {**expected, label: text(wrong)}
            results, mismatch = check(written, program.inputs, asked, 100)
            if not mismatch:  # the command itself looks at 1000, of which these were the first
                results, mismatch = check(written, program.inputs, asked, 1000)
            too_few = [r.expectation.quantity.label for r in results if r.too_few]
            if mismatch == label or (not mismatch and too_few == [label]):
                self.caught[what] += 1
            else:
                self.slipped.append(f"{written}\n  {what}: {label} = {text(wrong)}\n  for {text(right)}")


# Programs that share a seed; even seeds sample the default spread, odd ones ranges.
SEEDS, COUNT = range(24), 15


@pytest.mark.parametrize("seed", SEEDS)
def test_right_derivatives_pass_and_broken_ones_are_refused(seed: int) -> None:
    tally = Tally(points=200)
    tally.run(seed, COUNT, most_breaks=1)
    assert not tally.refused, "\n".join(tally.refused)
    assert not tally.slipped, "\n".join(tally.slipped)
    # The draw is worth something: nearly all programs have a value, and breaks that break.
    assert tally.programs >= 12
    assert tally.caught.total() >= 15
    assert len(tally.caught) >= 3


def test_every_way_to_break_is_drawn() -> None:
    ways = Counter[str]()
    for seed in SEEDS:
        author = Author(seed)
        for _ in range(COUNT):
            program = author.program()
            ways.update({what for what, _ in breaks(program.derivative("J", "a"), [*program.inputs])})
    assert set(ways) == {"sign", "factor", "term", "variable", "exponent", "branch"}
    assert min(ways.values()) > 30


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(1000, 1200))
def test_many_more_programs(seed: int) -> None:
    tally = Tally(points=1000)
    tally.run(seed, 50, most_breaks=6)
    assert not tally.refused, "\n".join(tally.refused)
    assert not tally.slipped, "\n".join(tally.slipped)


def verdict(program: str, expected: str, inputs: dict[str, Range] | None = None) -> Result:
    graph = parse(program)
    comparer = Comparer(graph, [expectation(graph, expected, Tolerance())])
    given = {name: Range() for name in graph.inputs} | (inputs or {})
    for _ in comparer.run(samples(given, 1000, seed=0), sampled=True):
        pass
    return comparer.results[0]


@pytest.mark.parametrize("exponent", range(-140, 141, 20))
def test_a_wrong_sign_is_refused_at_every_magnitude(exponent: int) -> None:
    program = f"J = k*sin(x)*exp(-y); k = 1e{exponent}"
    assert verdict(program, "dJ/dx = k*cos(x)*exp(-y)", {"y": Range(-1, 1)}).passed
    assert verdict(program, "dJ/dx = -k*cos(x)*exp(-y)", {"y": Range(-1, 1)}).failed > 900


# Right, and far out nothing is left of one side or the other: found by the campaign below.
@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("J = tanh(x)", "dJ/dx = 1 - tanh(x)^2"),
        ("J = sigmoid(x)*tanh(x)",
         "dJ/dx = sigmoid(x)*(1 - sigmoid(x))*tanh(x) + sigmoid(x)*(1 - tanh(x)^2)"),
        ("J = sigmoid(c^2 + w*tanh(b - u)); w = exp(u)*u; u = exp(c)",
         "dJ/db = sigmoid(c^2 + w*tanh(b - u))*(1 - sigmoid(c^2 + w*tanh(b - u)))*w*(1 - tanh(b - u)^2)"),
        ("J = u/v; v = where(a > 0.5, u, b); u = softplus(1/b)", "dJ/dv = -u/v^2"),
        ("J = 3*sigmoid(a)/u; u = exp(3.5*b)", "dJ/da = 3*sigmoid(a)*(1 - sigmoid(a))*u/u^2"),
        ("J = u + erf(a); u = a - a", "dJ/da = 2/sqrt(pi)*exp(-a^2)"),
        ("J = max(sigmoid(a), sigmoid(b))",
         "dJ/da = where(sigmoid(a) > sigmoid(b), sigmoid(a)*(1 - sigmoid(a)), 0)"),
        ("J = max(p, a); p = a + exp(-b^2/1000)", "dJ/dp = 1"),
        ("J = log(x) + 0*y", "dJ/dy = 0"),
    ],
)  # fmt: skip
def test_right_derivatives_pass_where_digits_are_lost(program: str, expected: str) -> None:
    result = verdict(program, expected)
    assert result.passed, (result.failed, result.worst, result.left_out)


@pytest.mark.parametrize(
    ("program", "expected", "inputs"),
    [
        # Wrong, though in binary64 there is only 0 = 0, or rounding.
        ("J = sigmoid(x)", "dJ/dx = 2*sigmoid(x)*(1 - sigmoid(x))", {"x": Range(38, 500)}),
        ("J = exp(-x)", "dJ/dx = (exp(-2*x) - 1) + 1", {"x": Range(400, 700)}),
    ],
)
def test_what_is_wrong_fails_where_binary64_cannot_tell(
    program: str, expected: str, inputs: dict[str, Range]
) -> None:
    assert verdict(program, expected, inputs).failed > 500


def test_a_sample_that_shows_nothing_does_not_pass() -> None:
    # Wrong wherever it lies on the edge of the branch, and that is everywhere.
    result = verdict("J = max(p, q); p = 2*a; q = a + a", "dJ/dp = 7")
    assert (result.failed, result.too_few) == (0, True)
    # Wrong, and all of it too small for binary64.
    result = verdict("J = exp(-x)", "dJ/dx = -2*exp(-x)", {"x": Range(800, 900)})
    assert (result.failed, result.too_few) == (0, True)
