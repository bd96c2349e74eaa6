"""Julia, with SpecialFunctions.jl if the program needs it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import ClassVar

from graphdiff.views.code.assignments import Assignment
from graphdiff.views.code.braces import Braces
from graphdiff.views.code.frame import WIDTH, Call, folded, packed
from graphdiff.views.code.names import Names, words
from graphdiff.views.code.notation import ATOM, POWER, Written, inside

SPECIAL = ("erf", "erfc", "gamma", "logabsgamma", "digamma", "polygamma")


class Julia(Braces):
    """The functions of Base; helpers replace those that throw."""

    language = "Julia"
    comment = ("", "# ", "")
    helper_file = "julia"
    infinity = "Inf"
    reserved = words(
        """
        abstract as baremodule begin break catch const continue do else elseif end export false finally for
        function global if import in isa let local macro module mutable outer primitive public quote
        return struct true try type using where while
        Inf NaN Float64 Int Integer Real Number pi im ans nothing missing eps
        abs acos acosh asin asinh atan atanh cbrt ceil copysign cos cosh exp exp2 expm1 floor hypot
        float isfinite isinf isinteger isnan isodd log log10 log1p log2 max min mod round sign sin sinh sqrt
        tan tanh trunc erf erfc gamma logabsgamma digamma polygamma
        """
    )
    reserved_functions = words("Base Core Main SpecialFunctions")
    calls: ClassVar[Mapping[str, Call]] = {
        **{name: f"{name}({{0}})" for name in (
            "exp", "exp2", "expm1", "cbrt", "abs", "sign", "floor", "ceil", "trunc", "round", "atan",
            "sinh", "cosh", "tanh", "asinh", "erf", "erfc",
        )},
        **{name: f"@{name}({{0}})" for name in (
            "log", "log2", "log10", "log1p", "sqrt", "sin", "cos", "tan", "asin", "acos", "acosh", "atanh",
            "gamma", "lgamma", "digamma",
        )},
        **{name: f"@{name}({{0}}, {{1}})" for name in ("dexprel", "dbernoulli", "dsinc")},
        "atan2": "atan({0}, {1})", "hypot": "hypot({*})", "mod": "mod({0}, {1})", "min": "min({*})",
        "max": "max({*})", "polygamma": "@polygamma({0}, {1})", "logsumexp": "@logsumexp({0}, {1})",
    }  # fmt: skip
    alone: ClassVar[Mapping[str, str]] = {"logsumexp": "{0}"}

    def make_names(self, reserved: set[str]) -> Names:
        # A name made of underscores only can be assigned to, but not read.
        return Names(reserved, lambda name: name if name.strip("_") else f"v{name}")

    def usage(self) -> Iterator[str]:
        rows = [_tuple(row) for row in self.rows(self.derivatives)]
        shape = f"{self.outputs[0]}, {rows[0]}"
        if len(rows) > 1:
            shape = f"{_tuple(self.outputs)}, {_tuple(rows)}"
        yield from folded(f"{self.function}({', '.join(self.inputs)}) returns {shape}.", WIDTH - 4)

    def lines(self, flat: bool = False) -> Iterator[str]:
        body, helpers = self.written(flat)
        yield from self.header()
        yield ""
        text = "\n".join([*body, *helpers])
        if re.search(rf"\b(?:{'|'.join(SPECIAL)})\(", text):
            yield from ["using SpecialFunctions", ""]
        yield from helpers
        yield from body

    def body(self, found: list[Assignment]) -> Iterator[str]:
        yield from packed(f"function {self.function}(", self.inputs, ")")
        for name in self.inputs:
            yield f"    {name} = Float64({name})"
        for assignment in found:
            yield f"    {assignment.name} = {assignment.expression}"
        values = [self.names[name] for name in self.outputs]
        rows = self.rows([self.names[name] for name in self.derivatives])
        comma = "," * (self.columns == 1)
        if len(values) == 1:
            yield from packed(f"    return {values[0]}, (", rows[0], f"{comma})")
        else:
            yield from packed("    return (", values, "), (")
            for row in rows:
                yield from packed("        (", row, f"{comma}),")
            yield "    )"
        yield "end"

    def helper_function(self, name: str, parameters: list[str], found: list[Assignment]) -> Iterator[str]:
        *steps, result = found
        head = f"{name}({', '.join(parameters)})"
        if not steps:
            yield f"{head} = {result.expression}"
            return
        yield f"function {head}"
        yield from (f"    {step.name} = {step.expression}" for step in steps)
        yield f"    return {result.expression}"
        yield "end"

    def power(self, base: Written, exponent: Written) -> Written:
        if exponent.text in ("2.0", "3.0"):
            return Written(f"{inside(base, ATOM)}^{exponent.text[0]}", POWER)
        return self.called("@power({0}, {1})", [base, exponent])


def _tuple(items: list[str]) -> str:
    return f"({', '.join(items)}{',' * (len(items) == 1)})"
