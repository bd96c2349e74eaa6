"""A program and its derivatives written in a language: graphdiff's own, LaTeX, or a programming language."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphdiff.derivatives.program import Program
    from graphdiff.graph import Graph
    from graphdiff.views.code.notation import Language

# All languages, by what `derive --to` calls them: each is a class, in the module of that name.
LANGUAGES = {
    "graphdiff": "Graphdiff", "python": "Python", "numpy": "NumPy", "jax": "Jax", "c": "C",
    "fortran": "Fortran", "julia": "Julia", "javascript": "JavaScript", "latex": "Textbook", "sympy": "SymPy",
}  # fmt: skip


def language(to: str) -> type[Language]:
    """One of LANGUAGES."""
    found: type[Language] = getattr(import_module(f"{__package__}.{to}"), LANGUAGES[to])
    return found


def lines(program: Program, graph: Graph, to: str, name: str = "", flat: bool = False) -> Iterator[str]:
    """The text of `program`, derived from `graph`, in the language `to`.

    program: made with its values if the language has_values, see `derive`. name: of the function,
    if the language has_name. With `flat`, each derivative is one closed formula. Raises
    GraphdiffError if the language cannot have a function of that name.
    """
    return language(to)(program, graph, name).lines(flat)
