"""What a program's derivatives are, to any order, from mpmath: an oracle that shares nothing with graphdiff.

It has its own trees, written by `text` in graphdiff's language and never read back, and its own
derivatives: Taylor arithmetic over numbers of 80 to 1280 digits, more and more until two precisions
agree. A function is known by its value in mpmath and by its slope as a series (asin' is
(1 - s^2)^(-1/2)), as in Griewank and Walther, Evaluating Derivatives, chapter 13. Cancellation
costs digits here, and there are enough of them. `test_oracle.py` compares all of it with
derivatives that are taken from values alone.

It also says how exact an answer in binary64 can be. In a copy of the computation each value is off
by a rounding, each term of a derivative too, and so is each derivative of each function: what that
does to the result is the unit in which the error of an answer is measured.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, count
from typing import Any, NamedTuple

import mpmath

mp: Any = mpmath.MPContext()

LADDER = (80, 160, 320, 640, 1280)  # decimal digits
AGREED = 45  # decimal digits in which two precisions agree
SMALLEST, LARGEST = sys.float_info.min, sys.float_info.max  # normal numbers of binary64
ROUNDING = 2.0**-53


class Tree(NamedTuple):
    """A formula: a name or a number (no parts), or an operation and what it is applied to."""

    head: str
    parts: tuple[Tree, ...] = ()

    @property
    def is_number(self) -> bool:
        return not self.parts and not self.head.isidentifier()


class Program(NamedTuple):
    """Inputs with their values, and definitions, each after those that it uses. The result is J."""

    inputs: dict[str, float]
    definitions: dict[str, Tree]


class Unsteady(Exception):  # noqa: N818 - what the program is at this point, not an accident
    """Undefined, at a kink, or with a value on the way that is not a normal number of binary64."""


INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "^",
         "lt": "<", "gt": ">", "le": "<=", "ge": ">=", "and": "and", "or": "or"}  # fmt: skip
PREFIX = {"neg": "-", "not": "not "}


def text(tree: Tree) -> str:
    """The formula in graphdiff's language, with every parenthesis."""
    if not tree.parts:
        return f"({tree.head})" if tree.head.startswith("-") else tree.head
    parts = [text(part) for part in tree.parts]
    if tree.head in INFIX:
        return f"({parts[0]} {INFIX[tree.head]} {parts[1]})"
    if tree.head in PREFIX:
        return f"({PREFIX[tree.head]}{parts[0]})"
    return f"{tree.head}({', '.join(parts)})"


def program_text(program: Program) -> str:
    return "\n".join(f"{name} = {text(tree)}" for name, tree in program.definitions.items())


# Power series: lists of coefficients, the constant first, all of one length.
Series = list[Any]


def times(p: Series, q: Series) -> Series:
    return [mp.fsum(p[i] * q[k - i] for i in range(k + 1)) for k in range(len(p))]


def over(p: Series, q: Series) -> Series:
    found: Series = []
    for k in range(len(p)):
        found.append((p[k] - mp.fsum(found[i] * q[k - i] for i in range(k))) / q[0])
    return found


def raised(p: Series, exponent: Any) -> Series:
    """A series to a constant power (Miller's recurrence), its first coefficient not 0."""
    found = [p[0] ** exponent]
    for k in range(1, len(p)):
        terms = (((exponent + 1) * i - k) * p[i] * found[k - i] for i in range(1, k + 1))
        found.append(mp.fsum(terms) / (k * p[0]))
    return found


def exponential(p: Series) -> Series:
    found = [mp.exp(p[0])]
    for k in range(1, len(p)):
        found.append(mp.fsum(i * p[i] * found[k - i] for i in range(1, k + 1)) / k)
    return found


def integral(value: Any, slope: Series) -> Series:
    """The series with this first coefficient and this slope."""
    return [value, *(c / k for k, c in enumerate(slope[:-1], 1))]


def waves(x: Any, size: int) -> tuple[Series, Series]:
    """sin and cos at x."""
    s, c = mp.sin(x), mp.cos(x)
    cycle = (s, c, -s, -c)
    sine = [cycle[k % 4] / mp.factorial(k) for k in range(size)]
    cosine = [cycle[(k + 1) % 4] / mp.factorial(k) for k in range(size)]
    return sine, cosine


def hyperbolic(x: Any, size: int) -> tuple[Series, Series]:
    s, c = mp.sinh(x), mp.cosh(x)
    sine = [(s, c)[k % 2] / mp.factorial(k) for k in range(size)]
    cosine = [(c, s)[k % 2] / mp.factorial(k) for k in range(size)]
    return sine, cosine


def logarithm(x: Any, size: int) -> Series:
    return [mp.log(x), *((-1) ** (k + 1) / (k * x**k) for k in range(1, size))]


def power(x: Any, exponent: Any, size: int) -> Series:
    """x^exponent, the exponent a constant; a negative x to whole exponents only."""
    whole = exponent == mp.floor(exponent)
    if x == 0 or (x < 0 and not whole):
        raise Unsteady("the edge of a power")
    exact = int(exponent) if whole and abs(exponent) < 2**60 else exponent
    if x < 0 and exact is exponent:
        raise Unsteady("a negative number to a huge power")
    found = []
    factor = mp.one  # the binomial coefficient
    for k in range(size):
        found.append(factor * x ** (exact - k) if factor else mp.zero)
        factor *= (exponent - k) / (k + 1)
    return found


def at(x: Any, *coefficients: Any, size: int) -> Series:
    """The polynomial with these coefficients in powers of s, as a series at s = x."""
    found = [mp.zero] * size
    for k in range(size):
        for j in range(k, len(coefficients)):
            found[k] += math.comb(j, k) * coefficients[j] * x ** (j - k)
    return found


def entire(coefficient: Callable[[int], Any], x: Any, size: int) -> Series:
    """A power series in s that converges everywhere, as a series at a small x."""
    found = []
    for k in range(size):
        total, small = mp.zero, 0
        for j in count(k):
            term = math.comb(j, k) * coefficient(j) * x ** (j - k)
            total += term
            small = small + 1 if abs(term) <= abs(total) * mp.eps / 16 else 0
            if small > 4:  # some may be 0 by a symmetry
                break
        found.append(total)
    return found


def exprel(x: Any, size: int) -> Series:
    if abs(x) < 1:
        return entire(lambda j: 1 / mp.factorial(j + 1), x, size)
    top = exponential([x, mp.one, *[mp.zero] * (size - 2)])
    return over([top[0] - 1, *top[1:]], at(x, 0, 1, size=size))


def sinc(x: Any, size: int) -> Series:
    """sin(pi*s)/(pi*s), as NumPy has it."""
    if abs(x) < 1:
        return entire(
            lambda j: mp.zero if j % 2 else (-1) ** (j // 2) * mp.pi**j / mp.factorial(j + 1), x, size
        )
    sine = [c * mp.pi**k for k, c in enumerate(waves(mp.pi * x, size)[0])]
    return over(sine, at(x, 0, mp.pi, size=size))


def polygamma(n: int, x: Any, size: int) -> Series:
    if (x <= 0 and x == mp.floor(x)) or x < -60 or mp.dps > 170:
        raise Unsteady("a pole, or too far out or too many digits for mpmath")
    return [mp.psi(n + k, x) / mp.factorial(k) for k in range(size)]


def log_gamma(x: Any, size: int) -> Series:
    value = mp.loggamma(x) if x > 0 else mp.log(abs(mp.gamma(x)))
    return integral(value, polygamma(0, x, size))


def gamma(x: Any, size: int) -> Series:
    found = exponential([mp.zero, *log_gamma(x, size)[1:]])
    return [mp.gamma(x) * c for c in found]


def sigmoid_slope(x: Any, size: int) -> Series:
    """1/(2*cosh(s/2))^2, in which nothing cancels."""
    cosine = [2 * c / mp.mpf(2) ** k for k, c in enumerate(hyperbolic(x / 2, size)[1])]
    return raised(cosine, -2)


def sigmoid(x: Any, size: int) -> Series:
    value = 1 / (1 + mp.exp(-x)) if x > 0 else mp.exp(x) / (1 + mp.exp(x))
    return integral(value, sigmoid_slope(x, size))


def softplus(x: Any, size: int) -> Series:
    return integral(max(x, mp.zero) + mp.log1p(mp.exp(-abs(x))), sigmoid(x, size))


def logit(x: Any, size: int) -> Series:
    if not 0 < x < 1:
        raise Unsteady("outside its domain")
    return integral(mp.log(x / (1 - x)), raised(at(x, 0, 1, -1, size=size), -1))


def step(function: Callable[[Any], Any], is_kink: Callable[[Any], bool]) -> Callable[[Any, int], Series]:
    """A function that is locally constant."""

    def series(x: Any, size: int) -> Series:
        if is_kink(x):
            raise Unsteady("a kink")
        return [mp.mpf(function(x)), *[mp.zero] * (size - 1)]

    return series


def pieces(left: int, right: int) -> Callable[[Any, int], Series]:
    """left*x below 0, right*x above."""

    def series(x: Any, size: int) -> Series:
        if x == 0:
            raise Unsteady("a kink")
        slope = mp.mpf(right if x > 0 else left)
        return [slope * x, slope, *[mp.zero] * (size - 2)]

    return series


def inverse(
    function: Callable[[Any], Any], square: tuple[int, ...], exponent: float, sign: int,
    inside: Callable[[Any], bool] = lambda x: True,
) -> Callable[[Any, int], Series]:  # fmt: skip
    """An inverse function: its slope is sign times a polynomial to a power."""

    def series(x: Any, size: int) -> Series:
        if not inside(x):
            raise Unsteady("outside its domain, or at its edge")
        slope = raised(at(x, *square, size=size), mp.mpf(exponent))
        return integral(function(x), [sign * c for c in slope])

    return series


def _bell(scale: int) -> Callable[[Any, int], Series]:
    return lambda x, size: [
        scale * 2 / mp.sqrt(mp.pi) * c for c in exponential([-c for c in at(x, 0, 0, 1, size=size)])
    ]


def _error_complement(x: Any) -> Any:
    return mp.erfc(x) if x < 10**6 else mp.exp(-x * x) / (x * mp.sqrt(mp.pi)) * (1 - 1 / (2 * x * x))


def _scaled(series: Callable[[Any, int], Series], factor: Callable[[], Any]) -> Callable[[Any, int], Series]:
    return lambda x, size: [c * factor() for c in series(x, size)]


def _positive(series: Callable[[Any, int], Series]) -> Callable[[Any, int], Series]:
    def inside(x: Any, size: int) -> Series:
        if x <= 0:
            raise Unsteady("outside its domain, or at its edge")
        return series(x, size)

    return inside


def _one_over(k: int, of: Callable[[Any, int], tuple[Series, Series]]) -> Callable[[Any, int], Series]:
    return lambda x, size: raised(of(x, size)[k], -1)


def _line(x: Any, size: int) -> Series:
    return [x, mp.one, *[mp.zero] * (size - 2)]


def _minus(found: Series) -> Series:
    return [-c for c in found]


# The functions of one argument: their Taylor coefficients at a point.
UNARY: dict[str, Callable[[Any, int], Series]] = {
    "neg": lambda x, size: [-x, -mp.one, *[mp.zero] * (size - 2)],
    "exp": lambda x, size: exponential(_line(x, size)),
    "exp2": lambda x, size: exponential([c * mp.log(2) for c in _line(x, size)]),
    "expm1": lambda x, size: [mp.expm1(x), *exponential(_line(x, size))[1:]],
    "log": _positive(logarithm),
    "log2": _scaled(_positive(logarithm), lambda: 1 / mp.log(2)),
    "log10": _scaled(_positive(logarithm), lambda: 1 / mp.log(10)),
    "log1p": lambda x, size: [mp.log1p(x), *_positive(logarithm)(1 + x, size)[1:]],
    "sqrt": _positive(lambda x, size: power(x, mp.mpf(0.5), size)),
    "cbrt": lambda x, size: (
        power(x, mp.one / 3, size) if x > 0 else [c * (-1) ** (k + 1) for k, c in
                                                  enumerate(power(-x, mp.one / 3, size))]),
    "abs": pieces(-1, 1), "relu": pieces(0, 1), "sign": step(mp.sign, lambda x: x == 0),
    "floor": step(mp.floor, lambda x: x == mp.floor(x)), "ceil": step(mp.ceil, lambda x: x == mp.floor(x)),
    "round": step(mp.nint, lambda x: x - mp.floor(x) == 0.5),
    "trunc": step(lambda x: mp.sign(x) * mp.floor(abs(x)), lambda x: x == mp.floor(x)),
    "sin": lambda x, size: waves(x, size)[0], "cos": lambda x, size: waves(x, size)[1],
    "tan": lambda x, size: integral(mp.tan(x), raised(waves(x, size)[1], -2)),
    "cot": lambda x, size: integral(mp.cot(x), _minus(raised(waves(x, size)[0], -2))),
    "sec": _one_over(1, waves), "csc": _one_over(0, waves),
    "sinh": lambda x, size: hyperbolic(x, size)[0], "cosh": lambda x, size: hyperbolic(x, size)[1],
    "tanh": lambda x, size: integral(mp.tanh(x), raised(hyperbolic(x, size)[1], -2)),
    "coth": lambda x, size: integral(mp.coth(x), _minus(raised(hyperbolic(x, size)[0], -2))),
    "sech": _one_over(1, hyperbolic), "csch": _one_over(0, hyperbolic),
    "asin": inverse(mp.asin, (1, 0, -1), -0.5, 1, lambda x: abs(x) < 1),
    "acos": inverse(mp.acos, (1, 0, -1), -0.5, -1, lambda x: abs(x) < 1),
    "atan": inverse(mp.atan, (1, 0, 1), -1, 1), "asinh": inverse(mp.asinh, (1, 0, 1), -0.5, 1),
    "acosh": inverse(mp.acosh, (-1, 0, 1), -0.5, 1, lambda x: x > 1),
    "atanh": inverse(mp.atanh, (1, 0, -1), -1, 1, lambda x: abs(x) < 1),
    "erf": lambda x, size: integral(mp.erf(x), _bell(1)(x, size)),
    "erfc": lambda x, size: integral(_error_complement(x), _bell(-1)(x, size)),
    "gamma": gamma, "lgamma": log_gamma, "digamma": lambda x, size: polygamma(0, x, size),
    "sigmoid": sigmoid, "softplus": softplus, "logit": logit, "exprel": exprel, "sinc": sinc,
    "bernoulli": lambda x, size: raised(exprel(x, size), -1),
}  # fmt: skip

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "lt": lambda a, b: a < b, "le": lambda a, b: a <= b, "gt": lambda a, b: a > b, "ge": lambda a, b: a >= b,
}  # fmt: skip

# A number with infinitesimals e1, e2, ... whose squares are 0: the coefficient of e1*e2 has key 0b11.
# With x + e1 + e2 for x, that of the result is its second derivative by x.
Jet = dict[int, Any]


def product(a: Jet, b: Jet) -> Jet:
    found: Jet = {}
    for i, p in a.items():
        for j, q in b.items():
            if not i & j:
                found[i | j] = found[i | j] + p * q if i | j in found else p * q
    return found


def sum_of(jets: Iterable[Jet]) -> Jet:
    found: Jet = {0: mp.zero}
    for jet in jets:
        for key, c in jet.items():
            found[key] = found.get(key, mp.zero) + c
    return found


def composed(series: Series, jet: Jet) -> Jet:
    """The function with these Taylor coefficients at jet[0], of the jet.

    A coefficient that is `mp.zero` itself is 0 whatever the argument, and no rounded number.
    """
    rest = {key: c for key, c in jet.items() if key}
    found, powers = {0: series[0]}, rest
    for coefficient in series[1:]:
        if not powers:
            break
        for key, c in powers.items() if coefficient is not mp.zero else ():
            found[key] = found.get(key, mp.zero) + coefficient * c
        powers = product(powers, rest)
    return found


def parts_of(jet: Jet, part: Callable[[Any], Any]) -> Jet:
    return {key: part(c) for key, c in jet.items()}


class Run:
    """One computation of a program's values and derivatives, at the present precision of `mp`.

    bumped: the names to which e1, e2, ... are added. seed: None for the right result, or a
    number for a copy in which everything is off by a rounding. decimal: whether 0.1 in the text
    is 0.1, or the nearest number of binary64. memo: series that runs of one precision share.
    """

    def __init__(
        self, program: Program, bumped: Sequence[str], seed: int | None, decimal: bool, memo: dict[Any, Any]
    ) -> None:
        self.random = None if seed is None else random.Random(seed)
        self.decimal, self.memo = decimal, memo
        self.size = len(bumped) + 2
        self.path: list[bool] = []  # the branches taken
        self.jets: dict[str, Jet] = {}
        for name, value in program.inputs.items():
            self.define(name, {0: mp.mpf(value)}, bumped)
        for name, tree in program.definitions.items():
            self.define(name, self.jet(tree), bumped)

    def define(self, name: str, jet: Jet, bumped: Sequence[str]) -> None:
        jet = dict(jet)
        for k, other in enumerate(bumped):
            if other == name:
                jet[1 << k] = jet.get(1 << k, mp.zero) + 1
        self.jets[name] = jet

    def off(self) -> Any:
        """0, or in a wrong copy a number of the size of a rounding, a new one at each call."""
        if self.random is None:
            return 0
        size = self.random.uniform(0.5, 1)
        return mp.mpf(size if self.random.random() < 0.5 else -size) * ROUNDING

    def jet(self, tree: Tree) -> Jet:
        if not tree.parts:
            if tree.head in self.jets:
                return self.jets[tree.head]
            value = mp.mpf(tree.head) if self.decimal else mp.mpf(float(tree.head))
            return {0: value * (1 + self.off()) if self.decimal else value}
        if tree.head == "where":
            return self.jet(tree.parts[1] if self.holds(tree.parts[0]) else tree.parts[2])
        if tree.head in COMPARE or tree.head in ("and", "or", "not"):
            return {0: mp.mpf(self.holds(tree))}
        found = self.applied(tree, [self.edge(self.jet(part)) for part in tree.parts])
        value = found[0]
        if not isinstance(value, mp.mpf) or not (value == 0 or SMALLEST <= abs(value) <= LARGEST):
            raise Unsteady(f"{text(tree)} is {mp.nstr(value, 8)}")
        return found

    def edge(self, jet: Jet) -> Jet:
        """What arrives at an operation: each rate is rounded on its way."""
        return {key: c * (1 + self.off()) if key else c for key, c in jet.items()}

    def holds(self, tree: Tree) -> bool:
        if tree.head == "not":
            return not self.holds(tree.parts[0])
        if tree.head in ("and", "or"):
            left = self.holds(tree.parts[0])
            return self.holds(tree.parts[1]) if left == (tree.head == "and") else left
        a, b = (self.jet(part)[0] for part in tree.parts)
        if a == b:
            raise Unsteady("an edge")
        self.path.append(COMPARE[tree.head](a, b))
        return self.path[-1]

    def series(self, name: str, x: Any, compute: Callable[[Any, int], Series]) -> Series:
        key = (name, x, self.size)
        if key not in self.memo:
            try:
                self.memo[key] = compute(x, self.size)
            except (ArithmeticError, ValueError, mp.NoConvergence) as error:
                raise Unsteady(f"{name}({mp.nstr(x, 8)}): {error}") from None
        found: Series = self.memo[key]
        return found

    def function(
        self, name: str, jet: Jet, compute: Callable[[Any, int], Series], homogeneous: bool = False
    ) -> Jet:
        """A function of one argument: each of its derivatives is off by a rounding.

        From the second on, also by what a rounding of the argument does to it, so that a
        derivative that passes through 0 need not be exact there.
        """
        x = jet[0]
        series = self.series(name, x, compute)
        if self.random is None:
            return composed(series[:-1], jet)
        near = [c * (1 + self.off()) for c in series[:-1]]
        for k in range(2, len(near)):
            reach = abs(x) if homogeneous else min(abs(x), mp.one)
            near[k] += self.off() * reach * (k + 1) * series[k + 1]
        return composed(near, jet)

    def applied(self, tree: Tree, jets: list[Jet]) -> Jet:
        head = tree.head
        if head in UNARY and len(jets) == 1:
            return self.function(head, jets[0], UNARY[head])
        match head:
            case "add":
                return self.rounded(sum_of(jets))
            case "sub":
                return self.rounded(sum_of([jets[0], parts_of(jets[1], lambda c: -c)]))
            case "mul":
                return self.rounded(product(*jets))
            case "div":
                if jets[1][0] == 0:
                    raise Unsteady("a pole")
                inverse_of = self.function("1/x", jets[1], lambda x, size: power(x, mp.mpf(-1), size), True)
                return product(jets[0], inverse_of)
            case "pow":
                return self.power(*jets)
            case "min" | "max":
                return self.extreme(head, jets)
            case "clamp":
                return self.extreme("min", [self.extreme("max", jets[:2]), jets[2]])
            case "mod":
                return self.mod(*jets)
            case "polygamma":
                n = int(jets[0][0])
                return self.function(f"polygamma {n}", jets[1], lambda x, size: polygamma(n, x, size))
            case "xlogy":
                return self.rounded(product(jets[0], self.function("log", jets[1], UNARY["log"])))
            case "log":
                bottom = self.function("log", jets[1], UNARY["log"])
                if bottom[0] == 0:
                    raise Unsteady("a pole")
                bottom = self.function("1/x", bottom, lambda x, size: power(x, mp.mpf(-1), size), True)
                return self.rounded(product(self.function("log", jets[0], UNARY["log"]), bottom))
            case "hypot" | "atan2" | "logsumexp":
                return self.jointly(head, jets)
        raise AssertionError(f"the oracle does not know {head}")

    def rounded(self, jet: Jet) -> Jet:
        return {**jet, 0: jet[0] * (1 + self.off())}

    def power(self, base: Jet, exponent: Jet) -> Jet:
        if len(exponent) == 1:
            n = exponent[0]
            if base[0] == 0 and n in (0, 1, 2, 3, 4):
                return composed([mp.one if k == n else mp.zero for k in range(self.size - 1)], base)
            name = f"x^{mp.nstr(n, 60)}"
            return self.function(name, base, lambda x, size: power(x, n, size), True)
        logarithms = composed(self.series("log", base[0], UNARY["log"]), base)
        return self.function("exp", product(exponent, logarithms), UNARY["exp"])

    def extreme(self, head: str, jets: list[Jet]) -> Jet:
        values = [jet[0] for jet in jets]
        top = min(values) if head == "min" else max(values)
        if values.count(top) > 1:
            raise Unsteady("a tie")
        self.path.extend(value == top for value in values)
        return jets[values.index(top)]

    def mod(self, a: Jet, b: Jet) -> Jet:
        if b[0] == 0 or a[0] / b[0] == (whole := mp.floor(a[0] / b[0])):
            raise Unsteady("a pole or a kink")
        return self.rounded(sum_of([a, parts_of(b, lambda c: -whole * c)]))

    def jointly(self, head: str, jets: list[Jet]) -> Jet:
        """A smooth function of several arguments that is no sum or product of functions of one.

        In a wrong copy its second and higher derivatives are those at arguments that are off by a
        rounding, relative or, for logsumexp, of at most that of 1; and what each argument and each
        pair of them contributes is rounded by itself.
        """
        compute = {"hypot": self.hypot, "atan2": self.atan2, "logsumexp": self.logsumexp}[head]
        found = self.rounded(compute(jets))
        if self.random is None:
            return found
        found = {key: c * (1 + self.off()) if key else c for key, c in found.items()}
        reach = [min(abs(jet[0]), 1) if head == "logsumexp" else abs(jet[0]) for jet in jets]
        moved = [{**jet, 0: jet[0] + size * self.off()} for jet, size in zip(jets, reach, strict=True)]
        for key, c in compute(moved).items():
            if key.bit_count() > 1:
                found[key] = c * (1 + self.off())
        alone = [compute(self.only(jets, {k})) for k in range(len(jets))]
        together = [compute(self.only(jets, {*pair})) for pair in combinations(range(len(jets)), 2)]
        for part in alone + together:
            for key, c in part.items():
                if key.bit_count() > 1:
                    found[key] += c * self.off()
        return found

    def only(self, jets: list[Jet], moving: set[int]) -> list[Jet]:
        """The jets of which these move; the others stand still."""
        return [jet if k in moving else {0: jet[0]} for k, jet in enumerate(jets)]

    def hypot(self, jets: list[Jet]) -> Jet:
        squares = sum_of([product(jet, jet) for jet in jets])
        if squares[0] == 0:
            raise Unsteady("a kink")
        return composed(power(squares[0], mp.mpf(0.5), self.size), squares)

    def atan2(self, jets: list[Jet]) -> Jet:
        """The imaginary part of log(b + a*i)."""
        a, b = jets
        z = sum_of([parts_of(a, lambda c: mp.mpc(0, c)), b])
        if a[0] == 0 and b[0] <= 0:
            raise Unsteady("a kink")
        found = composed(logarithm(mp.mpc(z[0]), self.size), z)
        return {**parts_of(found, mp.im), 0: mp.atan2(a[0], b[0])}

    def logsumexp(self, jets: list[Jet]) -> Jet:
        """The largest argument plus log(1 + the sum of exp(its distance to each other))."""
        top = max(jets, key=lambda jet: jet[0])
        others = [jet for jet in jets if jet is not top]
        if len(others) < len(jets) - 1:  # the same name twice
            others += [dict(top)] * (len(jets) - 1 - len(others))
        minus = parts_of(top, lambda c: -c)
        gaps = [self.rounded(sum_of([jet, minus])) for jet in others]
        rest = sum_of([composed(exponential(_line(gap[0], self.size)), gap) for gap in gaps])
        return sum_of([top, composed(UNARY["log1p"](rest[0], self.size), rest)])


class Right(NamedTuple):
    """A number, and how far a rounding of everything on the way moves it."""

    value: Any
    unit: Any


class Truth:
    """The right values and derivatives of J at a program's inputs.

    values: by name. derivatives: by the names that J is differentiated by, in alphabetical order:
    ("x",), ("x", "x", "y"); `bumps` lists what is asked for, and what is below that comes with it.
    Raises Unsteady where the program has no well-posed answer in binary64. What cannot be told,
    because it is 0 for all one can see, is left out.
    """

    def __init__(self, program: Program, bumps: Sequence[tuple[str, ...]], decimal: bool = False) -> None:
        self.program, self.bumps, self.decimal = program, bumps, decimal
        self.path: list[bool] = []
        digits, found = self.settled()
        units = {key: abs(value) * ROUNDING for key, value in found.items()}
        with mp.workdps(digits):
            for seed in (1, 2, 3):
                for key, value in self.numbers(seed):
                    if key in found:
                        units[key] = max(units[key], abs(value - found[key]))
        right = {key: Right(value, units[key]) for key, value in found.items()}
        self.values: dict[str, Right] = {key: r for key, r in right.items() if isinstance(key, str)}
        self.derivatives: dict[tuple[str, ...], Right] = {
            k: r for k, r in right.items() if k not in self.values
        }
        for name, (value, unit) in self.values.items():
            if unit > abs(value) * 1e-6:
                raise Unsteady(f"{name} is lost in rounding")

    def settled(self) -> tuple[int, dict[Any, Any]]:
        """What two precisions agree on, and the digits of the second."""
        before: dict[Any, Any] = {}
        unknown = set[Any]()
        for digits in LADDER:
            with mp.workdps(digits):
                now = dict(self.numbers(None))
                agreed = {key for key in before if self.agree(now[key], before[key])}
                if digits >= 320:  # 0 as far as one can see
                    unknown |= {key for key in before if abs(now[key]) < abs(before[key]) * mp.mpf(10) ** -80}
            if len(agreed | unknown) == len(now):
                break
            before = now
        return digits, {key: now[key] for key in agreed}

    def agree(self, a: Any, b: Any) -> bool:
        """Whether two numbers are the same in so many digits, or both below all of binary64."""
        if a == b == 0:  # by its structure, or for want of digits
            return a is mp.zero or mp.dps >= 640
        if not self.decimal and max(abs(a), abs(b)) < mp.mpf(10) ** -420:
            return True
        return bool(abs(a - b) <= abs(b) * mp.mpf(10) ** -AGREED)

    def numbers(self, seed: int | None) -> Iterator[tuple[Any, Any]]:
        """(name, value) and (names, derivative), once or more often."""
        memo: dict[Any, Any] = {}
        for bumped in self.bumps:
            run = Run(self.program, bumped, seed, self.decimal, memo)
            if seed is None:
                self.path = run.path
            elif run.path != self.path:
                raise Unsteady("a branch within rounding")
            yield from ((name, jet[0]) for name, jet in run.jets.items())
            for key in range(1, 1 << len(bumped)):
                names = tuple(sorted(name for k, name in enumerate(bumped) if key >> k & 1))
                yield names, run.jets["J"].get(key, mp.zero)


def known(name: str, arguments: int) -> bool:
    """Whether the oracle has this function of so many arguments."""
    several: Mapping[str, tuple[int, ...]] = {
        "atan2": (2,), "mod": (2,), "polygamma": (2,), "xlogy": (2,), "log": (1, 2), "pow": (2,),
        "clamp": (3,), "where": (3,), **dict.fromkeys(["min", "max", "hypot", "logsumexp"], (1, 2, 3, 4)),
    }  # fmt: skip
    return arguments in several.get(name, (1,) if name in UNARY else ())
