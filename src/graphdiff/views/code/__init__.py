"""A program and its derivatives as one function of another language."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

from graphdiff.derivatives.program import Program
from graphdiff.graph import Graph

if TYPE_CHECKING:
    from graphdiff.views.code.frame import Code

LANGUAGES = {
    "python": ("python", "Python"), "numpy": ("python", "NumPy"), "jax": ("python", "Jax"),
    "sympy": ("python", "SymPy"), "c": ("c", "C"), "javascript": ("c", "JavaScript"),
    "fortran": ("fortran", "Fortran"), "julia": ("julia", "Julia"),
}  # fmt: skip


def lines(program: Program, graph: Graph, to: str, name: str, flat: bool = False) -> Iterator[str]:
    """A function `name` that returns the values and derivatives of `program`, derived from `graph`.

    program: made with its values, see `derive`. to: the language. With `flat`, one closed
    formula for each of them. Raises GraphdiffError where `name` is no name in the language.
    """
    if to == "latex":
        from graphdiff.views.code.latex import document

        return document(program, graph, flat)
    module, kind = LANGUAGES[to]
    notation: type[Code] = getattr(import_module(f"{__package__}.{module}"), kind)
    return notation(program, graph, name).lines(flat)
