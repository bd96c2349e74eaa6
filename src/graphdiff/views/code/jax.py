"""JAX: NumPy's functions from jax.numpy, in 64 bits."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import ClassVar

from graphdiff.views.code.assignments import Assignment
from graphdiff.views.code.frame import Call, ProgrammingLanguage
from graphdiff.views.code.notation import ATOM, POWER, Written, inside
from graphdiff.views.code.numpy import NumPy
from graphdiff.views.code.python import Python


def _jnp(text: str) -> str:
    return re.sub(r"\bnp\.", "jnp.", text)


class Jax(NumPy):
    """NumPy's notation with jax.numpy, in 64 bits."""

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
        return (
            self.firm(expression)
            if expression.literal
            else ProgrammingLanguage.definition(self, expression, wanted)
        )

    def power(self, base: Written, exponent: Written) -> Written:
        return Written(f"{inside(base, ATOM)}**{inside(exponent, POWER)}", POWER)
