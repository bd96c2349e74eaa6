"""Python, with the functions of its math module."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterator, Mapping
from typing import ClassVar

from graphdiff.views.code.assignments import Assignment
from graphdiff.views.code.frame import WIDTH, Call, ProgrammingLanguage, folded, packed
from graphdiff.views.code.notation import CHOICE, OR, Written, inside


class Python(ProgrammingLanguage):
    """The functions of the math module; helpers replace those that raise."""

    language = "Python"
    comment = ("", "# ", "")
    helper_file = "python"
    reserved = frozenset([*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "math"])
    infinity = "math.inf"
    constants: ClassVar[Mapping[str, str]] = {"pi": "math.pi", "e": "math.e", "tau": "math.tau"}
    imports: ClassVar[Mapping[str, str]] = {"math": "import math"}
    settings: ClassVar[tuple[str, ...]] = ()  # what follows the imports
    calls: ClassVar[Mapping[str, Call]] = {
        "exp": "@exp({0})", "expm1": "@expm1({0})", "log": "@log({0})",
        "log2": "@log2({0})", "log10": "@log10({0})", "log1p": "@log1p({0})", "sqrt": "@sqrt({0})",
        "cbrt": "math.cbrt({0})", "abs": "abs({0})", "sign": "@sign({0})", "floor": "@floor({0})",
        "ceil": "@ceil({0})", "round": "@round({0})", "sin": "@sin({0})", "cos": "@cos({0})",
        "tan": "@tan({0})", "asin": "@asin({0})", "acos": "@acos({0})",
        "atan": "math.atan({0})", "atan2": "math.atan2({0}, {1})", "sinh": "@sinh({0})",
        "cosh": "@cosh({0})", "tanh": "math.tanh({0})", "asinh": "math.asinh({0})",
        "acosh": "@acosh({0})", "atanh": "@atanh({0})", "hypot": "math.hypot({*})",
        "mod": "@mod({0}, {1})", "min": "@min({*})", "max": "@max({*})",
        "erf": "math.erf({0})", "erfc": "math.erfc({0})",
        "gamma": "@gamma({0})", "lgamma": "@lgamma({0})", "digamma": "@digamma({0})",
        "polygamma": "@polygamma({0}, {1})", "dexprel": "@dexprel({0}, {1})",
        "dbernoulli": "@dbernoulli({0}, {1})", "dsinc": "@dsinc({0}, {1})", "logsumexp": "@logsumexp({*})",
    }  # fmt: skip

    def helper(self, name: str) -> str:
        return f"_{name}"

    def usage(self) -> Iterator[str]:
        rows = [self.as_tuple(row) for row in self.rows(self.derivatives)]
        shape = f"{self.outputs[0]}, {rows[0]}"
        if len(self.outputs) > 1:
            shape = f"{self.as_tuple(self.outputs)}, ({', '.join(rows)})"
        yield from folded(f"{self.function}({', '.join(self.inputs)}) returns {shape}.", WIDTH - 4)

    @staticmethod
    def as_tuple(items: list[str]) -> str:
        return f"({', '.join(items)}{',' * (len(items) == 1)})"

    def lines(self, flat: bool = False) -> Iterator[str]:
        body, helpers = self.written(flat)
        yield from self.header()
        text = "\n".join([*body, *helpers])
        imports = [line for word, line in self.imports.items() if re.search(rf"\b{word}\.", text)]
        yield from ["", *imports, *self.settings, "", ""] if imports else ["", ""]
        yield from helpers
        yield from body

    def helper_lines(self) -> list[str]:
        return [line for text in self.helper_texts() for line in [*text.split("\n"), "", ""]]

    def body(self, found: list[Assignment]) -> Iterator[str]:
        yield from packed(f"def {self.function}(", self.inputs, "):")
        for line in self.prologue():
            yield f"    {line}"
        for assignment in found:
            yield f"    {assignment.name} = {assignment.expression}"
        values = [self.returned(name) for name in self.outputs]
        rows = self.rows([self.returned(name) for name in self.derivatives])
        comma = "," * (self.columns == 1)
        if len(values) == 1:
            yield from packed(f"    return {values[0]}, (", rows[0], f"{comma})")
        else:
            yield from packed("    return (", values, "), (")
            for row in rows:
                yield from packed("        (", row, f"{comma}),")
            yield "    )"

    def helper_function(self, name: str, parameters: list[str], found: list[Assignment]) -> Iterator[str]:
        *steps, result = found
        yield f"def {name}({', '.join(parameters)}):"
        yield from (f"    {step.name} = {step.expression}" for step in steps)
        yield f"    return {result.expression}"

    def prologue(self) -> Iterator[str]:
        """The first lines of the body. Integers become floats: they would not overflow to an infinity."""
        for name in self.inputs:
            yield f"{name} = float({name})"

    def returned(self, name: str) -> str:
        """The expression that returns the value of a name."""
        return self.names[name]

    def choice(self, condition: Written, yes: Written, no: Written) -> Written:
        return Written(f"{inside(yes, OR)} if {inside(condition, OR)} else {inside(no, OR)}", CHOICE)

    def quotient(self, a: Written, b: Written) -> Written:
        if b.literal and b.text.strip("-0."):  # a number that is not 0: Python raises nothing
            return super().quotient(a, b)
        return self.called("@divide({0}, {1})", [a, b])

    def power(self, base: Written, exponent: Written) -> Written:
        return self.square(base, exponent) or self.called("@power({0}, {1})", [base, exponent])
