"""Python with the math module; NumPy and JAX for arrays; SymPy for symbols."""

from __future__ import annotations

import builtins
import keyword
import math
import re
from collections.abc import Iterator, Mapping
from typing import ClassVar

from graphdiff.derivatives.program import Program
from graphdiff.graph import Graph
from graphdiff.views.code.frame import WIDTH, Call, Code, folded, packed
from graphdiff.views.code.program import (
    ATOM,
    CHOICE,
    OR,
    POWER,
    PRODUCT,
    SIGNED,
    SUM,
    Assignment,
    Written,
    inside,
)


class Python(Code):
    """The math module's functions, made quiet where they raise."""

    language = "Python"
    comment = ("", "# ", "")
    helper_files = ("python",)
    reserved = frozenset([*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "math"])
    infinity = "math.inf"
    constants: ClassVar[Mapping[str, str]] = {"pi": "math.pi", "e": "math.e", "tau": "math.tau"}
    imports: ClassVar[Mapping[str, str]] = {"math": "import math"}
    settings: ClassVar[tuple[str, ...]] = ()  # what follows the imports
    calls: ClassVar[Mapping[str, Call]] = {
        "exp": "@exp({0})", "exp2": "@power(2.0, {0})", "expm1": "@expm1({0})", "log": "@log({0})",
        "log2": "@log2({0})", "log10": "@log10({0})", "log1p": "@log1p({0})", "sqrt": "@sqrt({0})",
        "cbrt": "math.cbrt({0})", "abs": "abs({0})", "sign": "@sign({0})", "floor": "@floor({0})",
        "ceil": "@ceil({0})", "round": "@round({0})", "sin": "@sin({0})", "cos": "@cos({0})",
        "tan": "@tan({0})", "sec": ("1.0/@cos({0})", PRODUCT), "csc": "@divide(1.0, @sin({0}))",
        "cot": "@divide(@cos({0}), @sin({0}))", "asin": "@asin({0})", "acos": "@acos({0})",
        "atan": "math.atan({0})", "atan2": "math.atan2({0}, {1})", "sinh": "@sinh({0})",
        "cosh": "@cosh({0})", "tanh": "math.tanh({0})", "asinh": "math.asinh({0})",
        "acosh": "@acosh({0})", "atanh": "@atanh({0})", "hypot": "math.hypot({*})",
        "mod": "@mod({0}, {1})", "min": "@min({*})", "max": "@max({*})",
        "clamp": "@clamp({0}, {1}, {2})", "erf": "math.erf({0})", "erfc": "math.erfc({0})",
        "gamma": "@gamma({0})", "lgamma": "@lgamma({0})", "digamma": "@digamma({0})",
        "polygamma": "@polygamma({0}, {1})", "sigmoid": "@sigmoid({0})", "logit": "@logit({0})",
        "softplus": "@softplus({0})", "relu": "@max({0}, 0.0)", "logsumexp": "@logsumexp({*})",
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

    def lines(self, flat: bool) -> Iterator[str]:
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

    def prologue(self) -> Iterator[str]:
        """What is done to the arguments first: whole numbers would not overflow to an infinity."""
        for name in self.inputs:
            yield f"{name} = float({name})"

    def returned(self, name: str) -> str:
        """A name as it is returned."""
        return self.names[name]

    def choice(self, condition: Written, yes: Written, no: Written) -> Written:
        return Written(f"{inside(yes, OR)} if {inside(condition, OR)} else {inside(no, OR)}", CHOICE)

    def quotient(self, a: Written, b: Written) -> Written:
        if b.literal and b.text.strip("-0."):  # a number that is not 0: nothing to be quiet about
            return super().quotient(a, b)
        return self.called("@divide({0}, {1})", [a, b])

    def power(self, base: Written, exponent: Written) -> Written:
        return self.square(base, exponent) or self.called("@power({0}, {1})", [base, exponent])


class NumPy(Python):
    """Elementwise on arrays of any shapes that broadcast."""

    language = "Python"
    helper_files = ("arrays",)
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
            "ceil", "round", "sin", "cos", "tan", "sinh", "cosh", "tanh",
        )},
        **{name: f"np.arc{name[1:]}({{0}})" for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh")},
        **{name: f"special.{name}({{0}})" for name in ("erf", "erfc", "gamma")},
        **{name: f"@{name}({{0}})" for name in ("sigmoid", "logit", "softplus", "digamma")},
        "sec": ("1.0/np.cos({0})", PRODUCT), "csc": ("1.0/np.sin({0})", PRODUCT),
        "cot": ("np.cos({0})/np.sin({0})", PRODUCT), "atan2": "np.arctan2({0}, {1})",
        "hypot": "np.hypot({0}, {1})", "mod": "np.mod({0}, {1})", "min": "np.minimum({0}, {1})",
        "max": "np.maximum({0}, {1})", "clamp": "@clamp({0}, {1}, {2})",
        "lgamma": "@lgamma({0})", "polygamma": "@polygamma({0}, {1})",
        "relu": "np.maximum({0}, 0.0)", "logsumexp": "np.logaddexp({0}, {1})",
        "and": "np.logical_and({0}, {1})", "or": "np.logical_or({0}, {1})", "not": "np.logical_not({0})",
    }  # fmt: skip

    def __init__(self, program: Program, graph: Graph, function: str) -> None:
        super().__init__(program, graph, function)
        self.varies: list[bool] = []  # of each node, whether it depends on an argument
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
            return Written(f"+{expression.text}", SIGNED)  # an array of its own
        return expression

    def firm(self, literal: Written) -> Written:
        return Written(f"{self.module}.float64({literal.text})", ATOM)

    def choice(self, condition: Written, yes: Written, no: Written) -> Written:
        return Written(f"{self.module}.where({condition.text}, {yes.text}, {no.text})", ATOM)

    def quotient(self, a: Written, b: Written) -> Written:
        return Code.quotient(self, a, b)

    def power(self, base: Written, exponent: Written) -> Written:
        # NumPy takes the square root for ** 0.5, which is NaN at minus infinity.
        if exponent.literal and exponent.text.rstrip("0") != "0.5":
            return Written(f"{inside(base, ATOM)}**{inside(exponent, POWER)}", POWER)
        return self.called("np.float_power({0}, {1})", [base, exponent])


def _jnp(text: str) -> str:
    return re.sub(r"\bnp\.", "jnp.", text)


class Jax(NumPy):
    """The same in jax.numpy, in 64 bits."""

    module = "jnp"
    settings = ("", 'jax.config.update("jax_enable_x64", True)')
    reserved = Python.reserved | {"jax", "jnp", "math", "special"}
    infinity = "jnp.inf"
    constants: ClassVar[Mapping[str, str]] = {"pi": "jnp.pi", "e": "jnp.e", "tau": repr(math.tau)}
    imports: ClassVar[Mapping[str, str]] = {
        "math": "import math", "jnp": "import jax\nimport jax.numpy as jnp",
        "special": "from jax.scipy import special",
    }  # fmt: skip
    alone: ClassVar[Mapping[str, str]] = {name: _jnp(text) for name, text in NumPy.alone.items()}
    calls: ClassVar[Mapping[str, Call]] = {
        **{
            name: _jnp(call) if isinstance(call, str) else (_jnp(call[0]), call[1])
            for name, call in NumPy.calls.items()
        },
        "gamma": "@gamma({0})", "exp2": "jnp.power(2.0, {0})",  # jnp.exp2(1024.0) is finite
    }  # fmt: skip

    def usage(self) -> Iterator[str]:
        yield from super().usage()
        yield "It needs JAX's 64-bit mode, which is turned on below."

    def helper_texts(self) -> list[str]:
        return list(map(_jnp, super().helper_texts()))

    def body(self, found: list[Assignment]) -> Iterator[str]:
        return Python.body(self, found)

    def prologue(self) -> Iterator[str]:
        yield from map(_jnp, super().prologue())

    def definition(self, expression: Written, wanted: bool) -> Written:
        return self.firm(expression) if expression.literal else Code.definition(self, expression, wanted)

    def power(self, base: Written, exponent: Written) -> Written:
        return Written(f"{inside(base, ATOM)}**{inside(exponent, POWER)}", POWER)


class SymPy(Python):
    """SymPy expressions: for symbols or numbers."""

    helper_files = ("sympy",)
    reserved = Python.reserved | {"sympy"}
    infinity = "sympy.oo"
    constants: ClassVar[Mapping[str, str]] = {"pi": "sympy.pi", "e": "sympy.E", "tau": "(2*sympy.pi)"}
    imports: ClassVar[Mapping[str, str]] = {"sympy": "import sympy"}
    quiet = "Decimals are exact fractions. SymPy is complex where the real numbers end."
    calls: ClassVar[Mapping[str, Call]] = {
        **{name: f"sympy.{name}({{0}})" for name in (
            "exp", "log", "sqrt", "sign", "floor", "sin", "cos", "tan", "sec", "csc", "cot", "asin", "acos",
            "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "gamma", "digamma",
        )},
        "exp2": ("2**({0})", POWER), "expm1": ("sympy.exp({0}) - 1", SUM), "log2": "sympy.log({0}, 2)",
        "log10": "sympy.log({0}, 10)", "log1p": "sympy.log(1 + ({0}))", "cbrt": "@cbrt({0})",
        "abs": "sympy.Abs({0})", "ceil": "sympy.ceiling({0})", "round": "@round({0})",
        "atan2": "sympy.atan2({0}, {1})", "hypot": "@hypot({*})", "mod": "sympy.Mod({0}, {1})",
        "min": "sympy.Min({*})", "max": "sympy.Max({*})", "clamp": "@clamp({0}, {1}, {2})",
        "lgamma": "@lgamma({0})", "polygamma": "sympy.polygamma({0}, {1})",
        "sigmoid": ("1/(1 + sympy.exp(-({0})))", PRODUCT), "logit": "sympy.log(({0})/(1 - ({0})))",
        "softplus": "sympy.log(1 + sympy.exp({0}))", "relu": "sympy.Max({0}, 0)",
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
        for k, argument in enumerate(arguments):  # parentheses are for what needs them
            if argument.binding == SIGNED and f"-({{{k}}})" in template:
                template = template.replace(f"-({{{k}}})", argument.text[1:])
            elif argument.binding == ATOM:
                template = re.sub(rf"(?<!\w)\(\{{{k}\}}\)", f"{{{k}}}", template)
        return super().called((template, binding), arguments, alone)

    def number(self, text: str) -> Written:
        if re.fullmatch(r"-?[0-9]+", text):
            return Written(str(int(text)), SIGNED if text.startswith("-") else ATOM, literal=True)
        exponent = int(text.lower().partition("e")[2] or 0)
        if abs(exponent) > 10_000:
            return Written(self.infinity if exponent > 0 and float(text) else "0", ATOM, literal=True)
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
        return Code.quotient(self, a, b)

    def power(self, base: Written, exponent: Written) -> Written:
        return Written(f"{inside(base, ATOM)}**{inside(exponent, POWER)}", POWER)
