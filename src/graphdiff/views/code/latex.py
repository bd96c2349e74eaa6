"""A program and its derivatives as a textbook sets them: equations for a document with amsmath."""

from __future__ import annotations

from collections.abc import Iterator

from graphdiff.graph import Graph
from graphdiff.tape import Program
from graphdiff.views.explain_latex import Formulas, Latex, aligned
from graphdiff.views.program import assignments


class Textbook(Formulas):
    r"""Names as the explanations have them, and `dJ_db` as \frac{\partial J}{\partial b}."""

    def __init__(self, program: Program, graph: Graph) -> None:
        dialect = Latex(graph.names, graph.constants)
        self.names = {name: dialect.name(name) for name in graph.names}
        for of in graph.definitions:
            for by in graph.names:
                name = f"d{of}_d{by}"
                while name in graph.names:  # as `derive` avoids what the program has
                    name += "_"
                if name in program.names:
                    self.names[name] = dialect.partial(of, by)
        others = [name for name in program.names if name not in self.names]
        self.names.update(zip(others, map(Latex(others, ()).name, others), strict=True))

    def name(self, name: str) -> str:
        known = self.names.get(name)
        return known if known is not None else rf"t_{{{name.removeprefix(self.temporary)}}}"


def document(program: Program, graph: Graph, flat: bool) -> Iterator[str]:
    """The definitions of a program as aligned equations, in the order in which they are computed."""
    yield r"% \usepackage{amsmath}"
    yield from aligned(
        f"{a.name} &= {a.expression}" for a in assignments(program, Textbook(program, graph), flat)
    )
