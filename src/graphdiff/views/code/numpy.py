"""NumPy and SciPy: Python for arrays."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import ClassVar

from graphdiff.derivatives.program import Program
from graphdiff.views.code.assignments import Assignment
from graphdiff.views.code.frame import WIDTH, Call, ProgrammingLanguage, packed
from graphdiff.views.code.notation import ATOM, POWER, SIGNED, Written, inside
from graphdiff.views.code.python import Python


class NumPy(Python):
    """Elementwise on arrays, which are broadcast against each other."""

    language = "Python"
    helper_file = "arrays"
    module = "np"
    reserved = Python.reserved | {"np", "special", "math"}
    infinity = "np.inf"
    constants: ClassVar[Mapping[str, str]] = {"pi": "np.pi", "e": "np.e", "tau": repr(math.tau)}
    imports: ClassVar[Mapping[str, str]] = {
        "math": "import math", "np": "import numpy as np", "special": "from scipy import special",
    }  # fmt: skip
    alone: ClassVar[Mapping[str, str]] = {
        "min": "{0}", "max": "{0}", "logsumexp": "{0}", "hypot": "np.abs({0})",
    }  # fmt: skip
    calls: ClassVar[Mapping[str, Call]] = {
        **{name: f"np.{name}({{0}})" for name in (
            "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "abs", "sign", "floor",
            "ceil", "trunc", "round", "sin", "cos", "tan", "sinh", "cosh", "tanh",
        )},
        **{name: f"np.arc{name[1:]}({{0}})" for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh")},
        **{name: f"special.{name}({{0}})" for name in ("erf", "erfc", "gamma")},
        "atan2": "np.arctan2({0}, {1})", "hypot": "np.hypot({0}, {1})", "mod": "np.mod({0}, {1})",
        "min": "np.minimum({0}, {1})", "max": "np.maximum({0}, {1})", "lgamma": "@lgamma({0})",
        **{name: f"@{name}({{0}}, {{1}})" for name in ("dexprel", "dbernoulli", "dsinc")},
        "digamma": "@digamma({0})", "polygamma": "@polygamma({0}, {1})",
        "logsumexp": "np.logaddexp({0}, {1})",
        "and": "np.logical_and({0}, {1})", "or": "np.logical_or({0}, {1})", "not": "np.logical_not({0})",
    }  # fmt: skip

    def __init__(self, program: Program, function: str = "") -> None:
        super().__init__(program, function)
        self.varies: list[bool] = []  # for each node whether it depends on an argument
        for rule, arguments in program.tape.nodes:
            is_input = rule is None and arguments in program.inputs
            self.varies.append(is_input or (rule is not None and any(self.varies[k] for k in arguments)))

    def usage(self) -> Iterator[str]:
        yield from super().usage()
        yield "The arguments are numbers or arrays, which are broadcast; the results have their shape."

    def body(self, found: list[Assignment]) -> Iterator[str]:
        yield '@np.errstate(all="ignore")'
        yield from super().body(found)

    def prologue(self) -> Iterator[str]:
        if len(self.inputs) == 1:
            yield f"{self.inputs[0]} = np.asarray({self.inputs[0]}, dtype=np.float64)"
        elif self.inputs:
            names = ", ".join(self.inputs)
            yield from [f"{names} = ("] if len(names) < WIDTH - 8 else packed("(", self.inputs, ") = (")
            yield "    np.asarray(argument, dtype=np.float64)"
            yield from packed("    for argument in np.broadcast_arrays(", self.inputs, ")", WIDTH - 4)
            yield ")"

    def returned(self, name: str) -> str:
        if self.varies[self.program.names[name]] or not self.inputs:
            return self.names[name]
        return f"{self.module}.full_like({self.inputs[0]}, {self.names[name]})"

    def definition(self, expression: Written, wanted: bool) -> Written:
        if expression.literal:
            return self.firm(expression)
        expression = super().definition(expression, wanted)
        if wanted and expression.text.isidentifier():
            return Written(f"+{expression.text}", SIGNED)  # a new array, not the argument itself
        return expression

    def firm(self, literal: Written) -> Written:
        return Written(f"{self.module}.float64({literal.text})", ATOM)

    def choice(self, condition: Written, yes: Written, no: Written) -> Written:
        return Written(f"{self.module}.where({condition.text}, {yes.text}, {no.text})", ATOM)

    def quotient(self, a: Written, b: Written) -> Written:
        return ProgrammingLanguage.quotient(self, a, b)

    def power(self, base: Written, exponent: Written) -> Written:
        # For ** 0.5 NumPy takes the square root, which is NaN at minus infinity.
        if exponent.literal and exponent.text.rstrip("0") != "0.5":
            return Written(f"{inside(base, ATOM)}**{inside(exponent, POWER)}", POWER)
        return self.called("np.float_power({0}, {1})", [base, exponent])
