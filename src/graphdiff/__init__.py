"""graphdiff: value, every partial derivative, and the reasons, of formulas given as text.

>>> import graphdiff
>>> found = graphdiff.gradient("J=3*v; v=a+u; u=b*c", a=5, b=3, c=2)
>>> found.value
33.0
>>> found["b"]
6.0

The functions stand in `graphdiff.api`; docs/python.md shows them all.
"""

from __future__ import annotations

import os
import sys

# In the command, an interrupt is handled from here on: most of a start is imports.
if {"graphdiff", "graphdiff.exe"} & set(map(os.path.basename, sys.argv[:1])) or (
    sys.argv[:1] == ["-m"] and "graphdiff" in sys.orig_argv
):
    from graphdiff.cli.interrupts import leave_at_once

    leave_at_once()

from typing import TYPE_CHECKING, Any

from graphdiff import display
from graphdiff.arithmetic import Arithmetic
from graphdiff.arithmetic.floats import FLOATS
from graphdiff.diagnostics import (
    Diagnostic,
    GraphdiffError,
    InputProblem,
    SyntaxProblem,
    UndefinedOperation,
    UnknownName,
)
from graphdiff.graph import Graph
from graphdiff.notices import notices
from graphdiff.parsing import parse
from graphdiff.sweep import Derivatives, backpropagate
from graphdiff.values import Values

if TYPE_CHECKING:
    from graphdiff.api import (
        Batch,
        DerivativeProgram,
        Explanation,
        Gradient,
        Hessian,
        Precise,
        Product,
        Report,
        SecondDerivatives,
        check,
        derive,
        edges,
        evaluate,
        explain,
        gradient,
        hessian,
        hvp,
        jvp,
    )

__version__ = "0.1.0"

__all__ = [
    "FLOATS", "Arithmetic", "Batch", "DerivativeProgram", "Derivatives", "Diagnostic", "Explanation",
    "Gradient", "Graph", "GraphdiffError", "Hessian", "InputProblem", "Precise", "Product", "Report",
    "SecondDerivatives", "SyntaxProblem", "UndefinedOperation", "UnknownName", "Values", "backpropagate",
    "check", "derive", "edges", "evaluate", "explain", "gradient", "hessian", "hvp", "jvp", "notices",
    "parse",
]  # fmt: skip


if not TYPE_CHECKING:  # which knows the names from above, and no others

    def __getattr__(name: str) -> Any:
        """Import at first use the names that the commands do not need, for a fast start."""
        if name not in __all__:
            raise AttributeError(f"module 'graphdiff' has no attribute '{name}'")
        from graphdiff import api

        found = globals()[name] = getattr(api, name)
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _draw(result: Any, form: str) -> str:
    from graphdiff.api.results import draw

    return draw(result, form)


display.draw = _draw
