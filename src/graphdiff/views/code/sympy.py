"""SymPy: Python for symbols."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import ClassVar

from graphdiff.views.code.frame import Call, ProgrammingLanguage, folded
from graphdiff.views.code.notation import ATOM, POWER, PRODUCT, SIGNED, SUM, Written, inside
from graphdiff.views.code.python import Python

# Python converts no longer texts to whole numbers and back.
MOST_DIGITS = 4000


class SymPy(Python):
    """SymPy expressions: for symbols or numbers."""

    helper_file = "sympy"
    reserved = Python.reserved | {"sympy"}
    infinity = "sympy.oo"
    constants: ClassVar[Mapping[str, str]] = {"pi": "sympy.pi", "e": "sympy.E", "tau": "(2*sympy.pi)"}
    imports: ClassVar[Mapping[str, str]] = {"sympy": "import sympy"}
    quiet = "Decimals are exact fractions. SymPy is complex where the real numbers end."
    calls: ClassVar[Mapping[str, Call]] = {
        **{name: f"sympy.{name}({{0}})" for name in (
            "exp", "log", "sqrt", "sign", "floor", "sin", "cos", "tan", "sec", "csc", "cot", "asin", "acos",
            "atan", "sinh", "cosh", "tanh", "sech", "csch", "coth", "asinh", "acosh", "atanh", "erf", "erfc",
            "gamma", "digamma",
        )},
        "exp2": ("2**({0})", POWER), "expm1": ("sympy.exp({0}) - 1", SUM), "log2": "sympy.log({0}, 2)",
        "log10": "sympy.log({0}, 10)", "log1p": "sympy.log(1 + ({0}))", "cbrt": "@cbrt({0})",
        "abs": "sympy.Abs({0})", "ceil": "sympy.ceiling({0})", "round": "@round({0})",
        "atan2": "sympy.atan2({0}, {1})", "hypot": "@hypot({*})", "mod": "sympy.Mod({0}, {1})",
        "min": "sympy.Min({*})", "max": "sympy.Max({*})",
        "logbase": "sympy.log({0}, {1})", "xlogy": "@xlogy({0}, {1})",
        "exprel": "@exprel({0})", "bernoulli": "@bernoulli({0})", "sinc": "@sinc({0})",
        **{name: f"@{name}({{0}}, {{1}})" for name in ("dexprel", "dbernoulli", "dsinc")},
        "lgamma": "@lgamma({0})", "polygamma": "sympy.polygamma({0}, {1})",
        "sigmoid": ("1/(1 + sympy.exp(-({0})))", PRODUCT), "logit": "sympy.log(({0})/(1 - ({0})))",
        "softplus": "sympy.log(1 + sympy.exp({0}))",
        "logsumexp": "@logsumexp({*})", "eq": "sympy.Eq({0}, {1})", "ne": "sympy.Ne({0}, {1})",
        "and": "sympy.And({0}, {1})", "or": "sympy.Or({0}, {1})", "not": "sympy.Not({0})",
    }  # fmt: skip

    def usage(self) -> Iterator[str]:
        yield from super().usage()
        symbols = f'sympy.symbols("{" ".join(self.inputs)}", real=True)'
        many = f"*{symbols}" if len(self.inputs) > 1 else symbols
        yield from folded(
            f"The arguments are expressions: {self.function}({many})" if self.inputs else "", 96
        )

    def prologue(self) -> Iterator[str]:
        for name in self.inputs:
            yield f"{name} = sympy.sympify({name})"

    def called(self, call: Call, arguments: list[Written], alone: str = "") -> Written:
        template, binding = call if isinstance(call, tuple) else (call, ATOM)
        for k, argument in enumerate(arguments):  # no parentheses around a name or number
            if argument.binding == SIGNED and f"-({{{k}}})" in template:
                template = template.replace(f"-({{{k}}})", argument.text[1:])
            elif argument.binding == ATOM:
                template = re.sub(rf"(?<!\w)\(\{{{k}\}}\)", f"{{{k}}}", template)
        return super().called((template, binding), arguments, alone)

    def number(self, text: str) -> Written:
        if re.fullmatch(rf"-?[0-9]{{1,{MOST_DIGITS}}}", text):
            return Written(str(int(text)), SIGNED if text.startswith("-") else ATOM, literal=True)
        exponent = text.lower().partition("e")[2].lstrip("+0")
        if re.fullmatch("-?[0-9]+", text) or len(exponent.lstrip("-0")) > 4:
            large = float(text) and not exponent.startswith("-")
            sign, binding = ("-", SIGNED) if large and text.startswith("-") else ("", ATOM)
            return Written(sign + (self.infinity if large else "0"), binding, literal=True)
        return Written(f'sympy.Rational("{text}")', ATOM, literal=True)

    def firm(self, literal: Written) -> Written:
        return literal if "sympy." in literal.text else Written(f"sympy.Integer({literal.text})", ATOM)

    def definition(self, expression: Written, wanted: bool) -> Written:
        return self.firm(expression) if expression.literal else super().definition(expression, wanted)

    def as_condition(self, written: Written) -> Written:
        return written if written.truth else Written(f"sympy.Ne({written.text}, 0)", ATOM, truth=True)

    def choice(self, condition: Written, yes: Written, no: Written) -> Written:
        return Written(f"sympy.Piecewise(({yes.text}, {condition.text}), ({no.text}, True))", ATOM)

    def quotient(self, a: Written, b: Written) -> Written:
        return ProgrammingLanguage.quotient(self, a, b)

    def power(self, base: Written, exponent: Written) -> Written:
        return Written(f"{inside(base, ATOM)}**{inside(exponent, POWER)}", POWER)
