"""graphdiff: value, every partial derivative, and the reasons, of formulas given as text.

    >>> import graphdiff
    >>> graph = graphdiff.parse("J=3*v; v=a+u; u=b*c")
    >>> values = graphdiff.evaluate(graph, {"a": 5.0, "b": 3.0, "c": 2.0})
    >>> values["J"]
    33.0
    >>> graphdiff.backpropagate(values, "J")["b"]
    6.0

The names below are imported when they are first used, so that the command line can
start, and be interrupted, before anything else is loaded.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from graphdiff.arithmetic import Arithmetic
    from graphdiff.arithmetic.floats import FLOATS
    from graphdiff.arithmetic.precise import Precise
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
    from graphdiff.parse import parse
    from graphdiff.sweep import Derivatives, Values, backpropagate, edges, evaluate

_HOME = {
    "Arithmetic": "arithmetic", "FLOATS": "arithmetic.floats", "Precise": "arithmetic.precise",
    "Diagnostic": "diagnostics", "GraphdiffError": "diagnostics", "InputProblem": "diagnostics",
    "SyntaxProblem": "diagnostics", "UndefinedOperation": "diagnostics", "UnknownName": "diagnostics",
    "Graph": "graph", "notices": "notices", "parse": "parse", "Derivatives": "sweep", "Values": "sweep",
    "backpropagate": "sweep", "edges": "sweep", "evaluate": "sweep",
}  # fmt: skip

__all__ = [
    "FLOATS", "Arithmetic", "Derivatives", "Diagnostic", "Graph", "GraphdiffError", "InputProblem", "Precise",
    "SyntaxProblem", "UndefinedOperation", "UnknownName", "Values", "backpropagate", "edges", "evaluate",
    "notices", "parse",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'graphdiff' has no attribute '{name}'")
    value = getattr(importlib.import_module(f"graphdiff.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
