"""graphdiff: value, every partial derivative, and the reasons, of formulas given as text.

>>> import graphdiff
>>> graph = graphdiff.parse("J=3*v; v=a+u; u=b*c")
>>> values = graphdiff.evaluate(graph, {"a": 5.0, "b": 3.0, "c": 2.0})
>>> values["J"]
33.0
>>> graphdiff.backpropagate(values, "J")["b"]
6.0
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from graphdiff.sweep import Derivatives, Values, backpropagate, edges, evaluate

if TYPE_CHECKING:
    from graphdiff.arithmetic.precise import Precise

__version__ = "0.1.0"

__all__ = [
    "FLOATS", "Arithmetic", "Derivatives", "Diagnostic", "Graph", "GraphdiffError", "InputProblem", "Precise",
    "SyntaxProblem", "UndefinedOperation", "UnknownName", "Values", "backpropagate", "edges", "evaluate",
    "notices", "parse",
]  # fmt: skip

# Names that a command line can do without, and their modules: imported when they are used.
_LATER = {"Precise": "graphdiff.arithmetic.precise"}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module 'graphdiff' has no attribute '{name}'")
    from importlib import import_module

    found = globals()[name] = getattr(import_module(_LATER[name]), name)
    return found
