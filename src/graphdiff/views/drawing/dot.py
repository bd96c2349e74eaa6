"""The picture in DOT, the language of Graphviz: for `dot`, and for further work on it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from graphdiff.drawing.layers import at_the_left
from graphdiff.drawing.picture import IDLE, INPUT, OUTPUT, Box, Picture
from graphdiff.views.drawing.colors import LIGHT
from graphdiff.views.drawing.words import formula_lines, legend, lines, number

FONT = "DejaVu Sans Mono, Menlo, Consolas, monospace"


def data(picture: Picture) -> bytes:
    return "".join(f"{line}\n" for line in text(picture) if line).encode()


def text(picture: Picture) -> Iterator[str]:
    """The lines."""
    yield "digraph graphdiff {"
    yield '  graph [rankdir=LR nodesep=0.36 ranksep=0.55 pad=0.2 bgcolor="#ffffff"]'
    yield f'  node [shape=box style="rounded,filled" margin="0.16,0.1" fontname="{FONT}" fontsize=12]'
    yield f'  edge [fontname="{FONT}" fontsize=11 arrowsize=0.7 fontcolor="{LIGHT.ink}"]'
    for k, box in enumerate(picture.boxes):
        yield f"  n{k} [label=<{_label(picture, box)}> {_look(box)}]"
    yield from _inputs_at_the_left(picture)
    for arrow in picture.arrows:
        yield f"  n{arrow.source} -> n{arrow.target} [{_arrow(picture, arrow.partial, arrow.carries)}]"
    marks = " &#160; ".join(
        f'<FONT COLOR="{LIGHT.derivative if mark == "derivative" else LIGHT.quiet}">{escape(meaning)}</FONT>'
        for mark, meaning in legend(picture)
    )
    yield f'  label=<{marks}> fontname="{FONT}" fontsize=10' if marks else ""
    yield "}"


def _inputs_at_the_left(picture: Picture) -> Iterator[str]:
    if inputs := at_the_left(picture):
        yield f"  {{rank=min {' '.join(f'n{k}' for k in inputs)}}}"


def _label(picture: Picture, box: Box) -> str:
    rows = []
    quiet = box.state == IDLE
    for line in lines(picture, box):
        if line.role == "title":
            first, *others = formula_lines(box)
            name, equals, rest = first.partition(" = ") if box.name else ("", "", first)
            rows.append((f"<B>{escape(name)}</B>{escape(equals + rest)}", "" if not quiet else LIGHT.quiet))
            rows += [(escape(other), "") for other in others]
        else:
            color = LIGHT.derivative if line.role == "derivative" else LIGHT.quiet if quiet else LIGHT.ink
            rows.append((escape(line.text), LIGHT.state if line.role == "state" else color))
    # An empty <B> is not allowed.
    texts = [f'<FONT COLOR="{color or LIGHT.ink}">{row.replace("<B></B>", "")}</FONT>' for row, color in rows]
    return '<BR ALIGN="LEFT"/>'.join([*texts, ""])


def _look(box: Box) -> str:
    fill = {INPUT: LIGHT.input, OUTPUT: LIGHT.output}.get(box.kind, LIGHT.paper)
    width = 2 if box.kind == OUTPUT else 1
    style = ' style="rounded,filled,dashed"' if box.state == IDLE else ""
    return f'fillcolor="{fill}" color="{LIGHT.line}" penwidth={width}{style}'


def _arrow(picture: Picture, partial: object, carries: bool) -> str:
    if picture.values is None:
        return f'color="{LIGHT.line}"'
    if not carries:
        return f'color="{LIGHT.quiet}" style=dotted arrowhead=empty'
    label = escape(number(picture.arithmetic, partial))
    # Two lines side by side: of the value, with its head at the user, and of the derivative, back again.
    return f'label=<{label}> color="{LIGHT.line}:{LIGHT.derivative}" dir=both'
