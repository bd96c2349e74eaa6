r"""A parser of the LaTeX that graphdiff writes, back into graphdiff's language.

It is as strict as a reader would be: a formula that could be read in two ways is refused, such as
`a \bmod b c`, `\ln|x| y`, or a fraction that is raised to a power without parentheses.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

TOKEN = re.compile(
    r"\\(?:begin|end)\{[a-z]+\*?\}|\\(?:left|right)(?:\\[a-z]+|\\.|.)|\\[a-zA-Z]+|\\.|\d+\.?\d*|\S"
)
SPACES = ("\\,", "\\quad")
FUNCTIONS = {
    "\\ln": "log", "\\arcsin": "asin", "\\arccos": "acos", "\\arctan": "atan", "\\Gamma": "gamma",
    "\\psi": "digamma",
} | {f"\\{name}": name for name in (
    "exp", "sin", "cos", "tan", "sec", "csc", "cot", "sinh", "cosh", "tanh", "min", "max",
)}  # fmt: skip
CONSTANTS = {("\\mathrm", "{", "e", "}"): "e", ("\\pi",): "pi", ("\\tau",): "tau", ("\\infty",): "inf"}
RELATIONS = {"<": "<", ">": ">", "\\le": "<=", "\\ge": ">=", "=": "==", "\\ne": "!="}
FENCES = {"\\left(": "\\right)", "\\left|": "\\right|", "\\left[": "\\right]", "(": ")",
          "\\left\\lfloor": "\\right\\rfloor", "\\left\\lceil": "\\right\\rceil"}  # fmt: skip
AROUND = {"\\left|": "abs", "\\left\\lfloor": "floor", "\\left\\lceil": "ceil"}
END = ("", "}", "&", "\\text", "\\\\", ",", "\\end{cases}", *FENCES.values())


def tokens(text: str) -> tuple[str, ...]:
    return tuple(token for token in TOKEN.findall(text.replace("{}", "")) if token not in SPACES)


def equations(lines: Sequence[str]) -> Iterator[list[str]]:
    """The equations of all align environments, each as its members; broken rows are joined."""
    found: list[str] = []
    inside = False
    for line in lines:
        row = line.removesuffix(" \\\\")
        if row in ("\\begin{align*}", "\\end{align*}"):
            inside = row == "\\begin{align*}"
        elif inside and found and row.startswith(("&= ", "&\\quad")):
            found[-1] += " " + row.removeprefix("&")
        elif inside and r"\colon" not in row:
            found.append(row)
    for equation in found:
        text = re.sub(r" *\\quad\\text\{\(.*\)\}$", "", equation)
        text = re.sub(r"\\right\.|\\left\.", " ", text).replace("&=", "=").removeprefix("&")
        yield list(_members(text))


def _members(text: str) -> Iterator[str]:
    """The parts between the = signs outside of all brackets."""
    depth, begin = 0, 0
    for match in re.finditer(r"\\(?:left|right|begin|end)(?![a-z])|[{}]| = ", text):
        depth += {"\\left": 1, "\\begin": 1, "{": 1, " = ": 0}.get(match[0], -1)
        if match[0] == " = " and depth == 0:
            yield text[begin : match.start()].strip()
            begin = match.end()
    yield text[begin:].strip()


class Formula:
    """One formula. symbols: the name, or other text, that each LaTeX symbol stands for."""

    def __init__(self, text: str, symbols: Mapping[str, str]) -> None:
        self.text = text
        self.found = tokens(text.replace(r"\\ \quad", " "))
        self.symbols = {tokens(symbol): name for symbol, name in symbols.items()}
        self.longest = max(map(len, self.symbols), default=1)
        self.at = self.factors = 0
        self.open = False

    def read(self) -> str:
        found = self.condition()
        self.expect("")
        return found

    # Tokens.

    def next(self) -> str:
        return self.found[self.at] if self.at < len(self.found) else ""

    def take(self) -> str:
        self.at += 1
        return self.found[self.at - 1] if self.at <= len(self.found) else ""

    def expect(self, token: str) -> None:
        assert self.take() == token, f"{token!r} expected before token {self.at} of {self.text}"

    def takes(self, token: str) -> bool:
        self.at += self.next() == token
        return self.found[self.at - 1 : self.at] == (token,)

    def group(self) -> str:
        if self.next() != "{":
            return self.take()
        self.take()
        found = self.condition()
        self.expect("}")
        return found

    # From what binds loosest to what binds tightest.

    def condition(self) -> str:
        if self.next() == "\\begin{cases}":
            found = self.cases()
            assert self.next() in END, f"more than a comma or bracket after cases: {self.text}"
            return found
        found = self.conjunction()
        while self.next() == "\\lor":
            self.take()
            found = f"({found} or {self.conjunction()})"
        return found

    def conjunction(self) -> str:
        found = self.comparison()
        while self.next() == "\\land":
            self.take()
            found = f"({found} and {self.comparison()})"
        return found

    def comparison(self) -> str:
        if self.next() == "\\lnot":
            self.take()
            return f"(not {self.factor()})"
        found = self.sum()
        if self.next() in RELATIONS:
            found = f"({found} {RELATIONS[self.take()]} {self.sum()})"
            assert self.next() not in RELATIONS, f"a chain of comparisons: {self.text}"
        return found

    def sum(self) -> str:
        begin = self.at
        found, negative = "", self.next() == "-"
        if negative:
            self.take()
        found = f"(-{self.product()})" if negative else self.product()
        if self.next() == "\\bmod":
            count = self.factors
            self.take()
            assert not negative
            found = f"mod({found}, {self.product()})"
            assert count == self.factors == 1, f"factors beside mod: {self.text}"
            assert self.next() not in ("+", "-"), f"a sum beside mod: {self.text}"
        while self.next() in ("+", "-"):
            sign = self.take()
            assert self.next() not in ("+", "-"), f"two signs in a row: {self.text}"
            found = f"({found} {sign} {self.product()})"
            assert self.next() != "\\bmod", f"a sum beside mod: {self.text}"
        assert self.at > begin
        return found

    def product(self) -> str:
        found = [self.factor()]
        while self.next() not in END and self.next() not in (
            "+",
            "-",
            "\\bmod",
            "\\land",
            "\\lor",
            *RELATIONS,
        ):
            if self.next() == "/":
                self.take()
                found = [f"({'*'.join(found)}/{self.factor()})"]
                looser = (*END, "+", "-", "\\land", "\\lor", *RELATIONS)
                assert self.next() in looser, f"a factor after /: {self.text}"
                self.factors = 2
                return found[0]
            if self.next() in ("\\cdot", "\\times"):
                self.take()
                assert self.next() != "-", f"two signs in a row: {self.text}"
            else:
                assert not self.next()[:1].isdigit(), f"a number after a factor: {self.text}"
                assert not self.open, f"the factor after a logarithm seems to belong to it: {self.text}"
            found.append(self.factor())
        self.factors = len(found)
        return f"({'*'.join(found)})" if len(found) > 1 else found[0]

    def factor(self) -> str:
        begin = self.found[self.at : self.at + 2]
        found, can_be_raised = self.base()
        self.open = begin == ("\\ln", "\\left|")
        if self.next() == "^":
            assert can_be_raised, f"the base of a power is not clear: {self.text}"
            assert not self.open, f"the base of a power is not clear: {self.text}"
            self.take()
            exponent = self.group()
            power_of_ten = found == "10" and re.fullmatch(r"\(?-?\d+\)?", exponent) is not None
            digits = exponent.strip("()")
            found = f"1e{digits}" if power_of_ten else f"({found}^({exponent}))"
            assert self.next() != "^"
            self.open = False
        return found

    def base(self) -> tuple[str, bool]:
        for length in range(self.longest, 0, -1):
            key = self.found[self.at : self.at + length]
            if key in self.symbols:
                self.at += length
                return self.symbols[key], "\\frac" not in key
        for key, name in CONSTANTS.items():
            if self.found[self.at : self.at + len(key)] == key:
                self.at += len(key)
                return name, True
        token = self.take()
        if token[:1].isdigit():
            if self.found[self.at : self.at + 3] == ("\\times", "10", "^"):
                self.at += 3
                return token + "e" + self.group().strip("()"), False
            return token, True
        if token in FENCES:
            inner = self.condition()
            self.expect(FENCES[token])
            return f"{AROUND.get(token, '')}({inner})", True
        if token in ("\\frac", "\\tfrac"):
            return f"({self.group()}/{self.group()})", False
        if token == "\\sqrt":
            cubic = self.next() == "["
            if cubic:
                self.at += 3
            return f"{'cbrt' if cubic else 'sqrt'}({self.group()})", True
        if token == "\\operatorname":
            self.take()
            name = ""
            while self.next() != "}":
                name += self.take()
            self.take()
            name = {"sgn": "sign", "B": "bernoulli"}.get(name, name)
            if self.next() == "^":  # an n-th derivative: exprel^{(n)}(x)
                return self.call(f"d{name}", f"{self.order()}, "), True
            return self.call(name), True
        if token == "\\log":
            self.expect("_")
            base = self.group()
            if base in ("2", "10"):
                return self.call(f"log{base}"), True
            self.expect("\\left(")
            argument = self.condition()
            self.expect("\\right)")
            return f"log({argument}, {base})", True
        if token == "\\psi" and self.next() == "^":
            return self.call("polygamma", f"{self.order()}, "), True
        if token == "\\ln" and self.next() == "\\left|":
            inner, _ = self.base()
            return f"log({inner})", True
        assert token in FUNCTIONS, f"{token!r} before token {self.at} of {self.text}"
        if self.next() == "^":
            self.take()
            exponent = self.group()
            return f"({self.call(FUNCTIONS[token])}^{exponent})", False
        return self.call(FUNCTIONS[token]), True

    def order(self) -> str:
        """The order of a derivative that is written as an exponent in parentheses."""
        self.at += 3
        order = self.condition()
        self.at += 2
        return order

    def call(self, name: str, before: str = "") -> str:
        self.expect("\\left(")
        arguments = [self.condition()]
        while self.next() == ",":
            self.take()
            arguments.append(self.condition())
        self.expect("\\right)")
        return f"{name}({before}{', '.join(arguments)})"

    def cases(self) -> str:
        self.take()
        value = self.condition()
        self.takes("&")
        self.expect("\\text")
        word = ""
        while not word.endswith("}"):
            word += self.take()
        if word == "{otherwise}":
            self.expect("\\end{cases}")
            return value
        assert word == "{if}"
        condition = self.condition()
        assert self.next() == "\\\\"
        return f"where({condition}, {value}, {self.cases()})"


def _numbers(names: Sequence[str], start: float = 1.1234567) -> dict[str, float]:
    return {name: start + k / 8 for k, name in enumerate(names)}


def _indexed(letters: str, count: int) -> list[str]:
    return [f"{letter}{k}" for letter in letters for k in range(count)]


# Programs with wide formulas, each with a point.
MARKET = {"S": 102.37, "K": 98.5, "r": 0.0325, "sigma": 0.2175, "T": 0.75}
PLACES = {
    "phi_1": 0.8412345,
    "phi_2": 0.9112345,
    "lambda_1": 0.2312345,
    "lambda_2": -0.0212345,
    "R": 6371.0088,
}
D1 = "(log(S/K) + (r + sigma^2/2)*T)/(sigma*sqrt(T))"
HAVERSINE = "sin((phi_2 - phi_1)/2)^2 + cos(phi_1)*cos(phi_2)*sin((lambda_2 - lambda_1)/2)^2"
POLYNOMIAL = " + ".join(f"%s{k}*x^{k}" for k in range(1, 13))
SQUARES = "abcdfghijklmnopqrstu"
WIDE: dict[str, tuple[str, dict[str, float]]] = {
    "neuron": (
        "h1 = tanh(0.7312345*x1 - 1.2745612*x2 + 0.1098723)\n"
        "h2 = tanh(-0.4412345*x1 + 0.9812345*x2 - 0.2512345)\n"
        "y = 1/(1 + exp(-(1.5123456*h1 - 0.7512345*h2 + 0.3312345))); L = -(t*log(y) + (1 - t)*log(1 - y))",
        {"x1": 0.5123456, "x2": -1.2512345, "t": 1.0},
    ),
    "Black-Scholes": (
        f"d1 = {D1}; d2 = d1 - sigma*sqrt(T)\n"
        "C = S*(1 + erf(d1/sqrt(2)))/2 - K*exp(-r*T)*(1 + erf(d2/sqrt(2)))/2",
        MARKET,
    ),
    "Black-Scholes in one": (
        f"C = S*(1 + erf({D1}/sqrt(2)))/2 - K*exp(-r*T)*(1 + erf(({D1} - sigma*sqrt(T))/sqrt(2)))/2",
        MARKET,
    ),
    "root": (f"J = sqrt({' + '.join(f'{letter}^2' for letter in SQUARES)})", _numbers(SQUARES)),
    "sines": ("J = " + "*".join(f"sin(x{k})" for k in range(12)), _numbers(_indexed("x", 12), 0.7123456)),
    "Kepler": (
        "E1 = E0 - (E0 - ecc*sin(E0) - M)/(1 - ecc*cos(E0)); r = a*(1 - ecc*cos(E1)); J = r^2",
        {"E0": 1.2345678, "ecc": 0.2056303, "M": 1.0471976, "a": 0.3870989},
    ),
    "haversine": (f"d = 2*R*asin(sqrt({HAVERSINE}))", PLACES),
    "sigmoid": (
        f"J = sigmoid({' + '.join(f'w{k}*x{k}' for k in range(9))})"
        f"*sin({'*'.join(f'y{k}' for k in range(14))})",
        _numbers([*_indexed("wx", 9), *_indexed("y", 14)]),
    ),
    "polynomials": (
        f"J = ({POLYNOMIAL.replace('%s', 'a')})/({POLYNOMIAL.replace('%s', 'b')})",
        _numbers([*(f"{letter}{k}" for letter in "ab" for k in range(1, 13)), "x"]),
    ),
    "fractions": ("J = a/(b + c/(d + a/(b + c/(d + a/b))))", _numbers("abcd")),
    "normal": (
        "J = exp(-((x - mu)^2/(2*s^2) + (y - nu)^2/(2*q^2) - 2*rho*(x - mu)*(y - nu)/(s*q))/(2*(1 - rho^2)))"
        "/(2*pi*s*q*sqrt(1 - rho^2))",
        _numbers(["x", "mu", "s", "y", "nu", "q"], 1.2345678) | {"rho": 0.3123456},
    ),
    "cases": (
        "J = where(a*b + c*d > a*c + b*d and a > b*c*d, sqrt(a*b + b*c + c*d)*sin(a*b*c*d),\n"
        "          exp(a*b)*cos(a + b + c*d))",
        _numbers("abcd", 0.5),
    ),
    "words": (
        "kinetic_energy = mass*velocity_of_car^2/2\n"
        "total_energy = kinetic_energy + mass*gravity*height_over_ground",
        _numbers(["mass", "velocity_of_car", "gravity", "height_over_ground"], 12.345678),
    ),
}


def overfull(documents: Sequence[str], folder: Path) -> list[str]:
    """The lines that are more than five points too wide in the article class."""
    engine = next(filter(None, map(shutil.which, ("pdflatex", "lualatex", "xelatex"))), None)
    if engine is None:
        pytest.skip("no LaTeX engine on the path")
    head = [r"\documentclass{article}", r"\usepackage{amsmath}", r"\begin{document}"]
    text = "\n".join([*head, *documents, r"\end{document}"])
    assert text.isascii()
    (folder / "wide.tex").write_text(text, encoding="ascii")
    command = [engine, "-interaction=nonstopmode", "-halt-on-error", "wide.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    log = (folder / "wide.log").read_text(encoding="utf-8", errors="replace")
    assert done.returncode == 0, log[-3000:]
    lines = text.split("\n")
    high = re.findall(r"Overfull \\vbox \(([\d.]+)pt too high\)", log)
    assert not high, f"pages are {high} pt too high"
    found = re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)[^\d]*(\d+)", log.replace("\n", " "))
    return [f"{wide} pt, before {lines[int(at) - 1]}" for wide, at in found if float(wide) > 5]
