"""The picture drawn by the Graphviz of the extra `draw`, for the formats that are not text.

Places and lines are those of the SVG: `nop2` lays nothing out, and draws what has a place already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from graphdiff.drawing.layout import Point, Rectangle, library, silenced
from graphdiff.drawing.picture import IDLE, INPUT, OUTPUT, Box, Picture
from graphdiff.views.drawing import svg
from graphdiff.views.drawing.colors import LIGHT
from graphdiff.views.drawing.curves import below
from graphdiff.views.drawing.style import ADVANCE, SIZE
from graphdiff.views.drawing.words import legend

RESOLUTION = 144  # dots an inch of a PNG, twice those of a plain screen
FONT = "DejaVu Sans Mono,Menlo,Consolas,monospace"
MARKS = {"value": "\u2192", "partial": "2", "derivative": "\u2190", "idle": "\u2026"}


def data(picture: Picture, form: str) -> bytes:
    """The bytes of the picture in a format that Graphviz writes."""
    module = library()
    dots = RESOLUTION if form == "png" else 72
    graph = module.AGraph(string="\n".join(_text(svg.sheet(picture), dots)))
    with silenced():
        drawn = graph.draw(format=form, prog="nop2")
    assert isinstance(drawn, bytes)
    return drawn


def _text(sheet: svg.Sheet, dots: int) -> Iterator[str]:
    picture, layout = sheet.picture, sheet.layout
    yield f'digraph {{ graph [bgcolor="{LIGHT.paper}" pad=0.35 dpi={dots}]'
    yield f'node [shape=box fixedsize=true fontname="{FONT}" label="" penwidth=1.2 color="{LIGHT.line}"]'
    yield f'edge [arrowsize=0.65 penwidth=1.3 color="{LIGHT.line}"]'
    for k, (box, place) in enumerate(zip(picture.boxes, layout.boxes, strict=True)):
        yield f"n{k} [{_place(place)} label=<{_label(box, sheet.texts[k], place)}> {_look(box)}]"
    for k, (arrow, route) in enumerate(zip(picture.arrows, layout.routes, strict=True)):
        style = "" if arrow.carries or picture.values is None else "style=dotted arrowhead=empty"
        yield f"n{arrow.source} -> n{arrow.target} [{_curve(route.points)} {style}]"
        if arrow.carries:
            back = _curve(below(route.points, svg.APART)[::-1])
            color = f'style=dashed color="{LIGHT.derivative}"'
            yield f"n{arrow.target} -> n{arrow.source} [{back} {color}]"
        if sheet.labels[k]:
            x, y = route.label
            yield f"l{k} [{_spot(x, y - SIZE['label'] * 0.65)} {_plain(sheet.labels[k], LIGHT.ink)}]"
    x, y = 0.0, layout.height + 30
    for k, (mark, meaning) in enumerate(legend(picture)):
        words = f"{MARKS[mark]} {meaning}"
        wide = len(words) * SIZE["legend"] * ADVANCE
        color = LIGHT.derivative if mark == "derivative" else LIGHT.quiet
        yield f"m{k} [{_spot(x + wide / 2, y)} {_plain(words, color)} width={wide / 72:.3f}]"
        x += wide + 24
    yield "}"


def _place(place: Rectangle) -> str:
    middle = _spot(place.x + place.width / 2, place.y + place.height / 2)
    return f"{middle} width={place.width / 72:.4f} height={place.height / 72:.4f}"


def _spot(x: float, y: float) -> str:
    return f'pos="{x:.1f},{-y:.1f}"'


def _curve(points: list[Point]) -> str:
    """A line whose head is at its end: the curve itself stops a little before."""
    (x, y), (before, _) = points[-1], points[-2]
    stop = (x - 6.5 if before < x else x + 6.5, y)
    found = " ".join(f"{px:.1f},{-py:.1f}" for px, py in [*points[:-1], stop])
    return f'pos="e,{x:.1f},{-y:.1f} {found}"'


def _plain(text: str, color: str) -> str:
    return f'shape=plaintext fontsize=12 fontcolor="{color}" label=<{escape(text)}>'


def _label(box: Box, texts: Iterable[svg.Text], place: Rectangle) -> str:
    """The lines of a box as a table, which is aligned to the left."""
    rows = "".join(f'<TR><TD ALIGN="LEFT">{_line(box, text)}</TD></TR>' for text in texts)
    width = f'WIDTH="{place.width - 2 * svg.PAD_X:.0f}"'
    return f'<TABLE BORDER="0" CELLSPACING="1" CELLPADDING="0" {width}>{rows}</TABLE>'


def _line(box: Box, text: svg.Text) -> str:
    colors = {"derivative": LIGHT.derivative, "state": LIGHT.state}
    color = LIGHT.quiet if box.state == IDLE else colors.get(text.role, LIGHT.ink)
    inner = "".join(f"<B>{escape(t)}</B>" if kind == "name" else escape(t) for t, kind in text.pieces if t)
    return f'<FONT POINT-SIZE="{SIZE[text.role]:g}" COLOR="{color}">{inner}</FONT>'


def _look(box: Box) -> str:
    fill = {INPUT: LIGHT.input, OUTPUT: LIGHT.output}.get(box.kind, LIGHT.box)
    dashed = ",dashed" if box.state == IDLE else ""
    return f'style="rounded,filled{dashed}" fillcolor="{fill}" penwidth={2.4 if box.kind == OUTPUT else 1.2}'
