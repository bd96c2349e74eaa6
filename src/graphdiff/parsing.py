"""Programs from text: the language, and `diff` expanded by a sweep over the graph being built."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from graphdiff.diagnostics import Diagnostic, Source, SyntaxProblem, shortened
from graphdiff.graph import Graph, Operation
from graphdiff.language.builder import Differentiator, build
from graphdiff.language.lexer import normalised

CALLS_DIFF = re.compile(r"\bdiff\s*\(")


def parse(text: str, name: str = "") -> Graph:
    """The graph of a program.

    `name` is what messages call the text, such as a file's name. Raises GraphdiffError with
    the place and a hint: for text that is not a program (SyntaxProblem), definitions in a
    circle, a name defined twice, an unknown function, a wrong number of arguments,
    recursion, or too large an expansion.
    """
    if not isinstance(text, str):
        message = f"a program is text, got {shortened(repr(text))}"
        raise SyntaxProblem(Diagnostic("syntax", message, hint='write one like "J=3*v; v=a+u; u=b*c"'))
    source = Source(normalised(text), name)
    return build(source, bool(CALLS_DIFF.search(source.text)), _differentiator)


def _differentiator(
    leaves: Sequence[str], operations: list[Operation], add: Callable[[Operation], int]
) -> Differentiator:
    from graphdiff.derivatives.inline_diff import differentiator  # programs without diff start sooner

    return differentiator(leaves, operations, add)
