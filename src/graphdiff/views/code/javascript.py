"""JavaScript: a function of an ECMAScript module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from graphdiff.views.code.assignments import Assignment
from graphdiff.views.code.braces import Braces
from graphdiff.views.code.frame import WIDTH, Call, folded, packed
from graphdiff.views.code.names import words
from graphdiff.views.code.notation import Written


class JavaScript(Braces):
    """An exported function of an ECMAScript module."""

    language = "JavaScript"
    helper_file = "javascript"
    infinity = "Infinity"
    signs: ClassVar[Mapping[str, str]] = {"and": "&&", "or": "||", "eq": "===", "ne": "!=="}
    reserved = words(
        """
        abstract arguments async as await boolean break byte case catch char class const continue debugger
        default delete do double else enum eval export extends false final finally float for from function
        get goto if implements import in instanceof int interface let long native new null of package
        private protected public return set short static super switch synchronized this throw throws
        transient true try typeof undefined var void volatile while with yield
        Infinity NaN Math Number Object Array String Symbol Date JSON Map Set globalThis window value
        derivative constructor prototype
        """
    )
    alone: ClassVar[Mapping[str, str]] = {"logsumexp": "{0}"}
    calls: ClassVar[Mapping[str, Call]] = {
        **{name: f"Math.{name}({{0}})" for name in (
            "exp", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "abs", "floor", "ceil", "trunc",
            "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
        )},
        **{name: f"@{name}({{0}})" for name in (
            "sign", "round", "erf", "erfc", "gamma", "lgamma", "digamma",
        )},
        **{name: f"@{name}({{0}}, {{1}})" for name in ("dexprel", "dbernoulli", "dsinc")},
        "atan2": "Math.atan2({0}, {1})", "hypot": "Math.hypot({*})", "mod": "@mod({0}, {1})",
        "min": "Math.min({*})", "max": "Math.max({*})", "polygamma": "@polygamma({0}, {1})",
        "logsumexp": "@logsumexp({0}, {1})",
    }  # fmt: skip

    def usage(self) -> Iterator[str]:
        rows = [f"[{', '.join(row)}]" for row in self.rows(self.derivatives)]
        value, derivative = self.outputs[0], rows[0]
        if len(rows) > 1:
            value, derivative = f"[{', '.join(self.outputs)}]", f"[{', '.join(rows)}]"
        shape = f"{{value: {value}, derivative: {derivative}}}"
        yield from folded(f"{self.function}({', '.join(self.inputs)}) returns {shape}.", WIDTH - 4)

    def digits(self, text: str) -> str:
        return super().digits(text).removesuffix(".0")

    def body(self, found: list[Assignment]) -> Iterator[str]:
        yield from packed(f"export function {self.function}(", self.inputs, ") {")
        for assignment in found:
            yield f"  const {assignment.name} = {assignment.expression};"
        rows = self.rows([self.names[name] for name in self.derivatives])
        if len(rows) == 1:
            before = f"  return {{value: {self.names[self.outputs[0]]}, derivative: ["
            yield from packed(before, rows[0], "]};")
        else:
            yield from packed(
                "  return {value: [", [self.names[name] for name in self.outputs], "], derivative: ["
            )
            for row in rows:
                yield from packed("    [", row, "],")
            yield "  ]};"
        yield "}"

    def helper_function(self, name: str, parameters: list[str], found: list[Assignment]) -> Iterator[str]:
        *steps, result = found
        yield f"function {name}({', '.join(parameters)}) {{"
        yield from (f"  const {step.name} = {step.expression};" for step in steps)
        yield f"  return {result.expression};"
        yield "}"

    def power(self, base: Written, exponent: Written) -> Written:
        return self.square(base, exponent) or self.called("@pow({0}, {1})", [base, exponent])
