"""The picture as SVG: text that can be searched and selected, for light and dark, and for screen readers.

The positions are those of the layout library, and everything else is written here. The page
has the same picture in it, whose numbers its script replaces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from rich.cells import cell_len

from graphdiff.diagnostics import printable
from graphdiff.drawing.layout import Layout, Rectangle, Route, laid_out
from graphdiff.drawing.picture import Box, Picture
from graphdiff.views.drawing.curves import below, head, path, shorter
from graphdiff.views.drawing.style import ADVANCE, ROOT, SIZE, STYLE
from graphdiff.views.drawing.words import (
    LONGEST_NAME,
    cut,
    formula_lines,
    legend,
    lines,
    number,
)

LEADING = 1.45
PAD_X, PAD_Y, MARGIN = 14.0, 9.0, 24.0
APART = 7.0  # the derivative's line from the value's
MOST_SAID = 40  # boxes in the description for screen readers


class Text(NamedTuple):
    """A line of a box: pieces of text with their classes; attributes of its element."""

    role: str
    pieces: list[tuple[str, str]]
    attributes: str = ""

    @property
    def columns(self) -> int:
        return sum(cell_len(text) for text, _ in self.pieces)


class Sheet(NamedTuple):
    """A picture with its texts and their places."""

    picture: Picture
    texts: list[list[Text]]
    labels: list[str]
    layout: Layout


def data(picture: Picture) -> bytes:
    return ("\n".join(text(picture)) + "\n").encode()


def text(picture: Picture) -> Iterator[str]:
    """The file, line by line."""
    drawn = sheet(picture)
    marks = list(key(picture, drawn.layout))
    width, height = extent(drawn.layout, marks)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" class="{ROOT}">'
    )
    yield f"<title>{_escaped(title(picture))}</title>"
    yield f"<desc>{_escaped(described(picture))}</desc>"
    yield f"<style>{STYLE}</style>"
    yield f'<rect class="paper" width="{width:g}" height="{height:g}" rx="12"/>'
    yield from drawing(drawn)
    yield from (line for mark in marks for line in mark.lines)
    yield "</svg>"


def sheet(picture: Picture, texts: list[list[Text]] | None = None, room: int = 0) -> Sheet:
    """The texts of a picture and its layout.

    texts: those of the boxes, if they are not the usual ones. room: columns for numbers to come.
    """
    if texts is None:
        texts = [box_texts(picture, box) for box in picture.boxes]
    labels = [_label(picture, arrow.partial, arrow.carries) for arrow in picture.arrows]
    sizes = [_size(found, room) for found in texts]
    columns = max([room, *map(len, labels)]) if picture.values is not None else 0
    return Sheet(picture, texts, labels, laid_out(picture, sizes, columns * SIZE["label"] * ADVANCE))


def drawing(drawn: Sheet, live: bool = False) -> Iterator[str]:
    """The arrows, the boxes on top of them, and the labels on top of all; `live`: for the page."""
    picture, layout = drawn.picture, drawn.layout
    yield f'<g transform="translate({MARGIN:g} {MARGIN:g})">'
    for k, (arrow, route) in enumerate(zip(picture.arrows, layout.routes, strict=True)):
        dead = picture.values is not None and not arrow.carries
        yield from _arrow(k, route, dead, arrow.carries)
    for k, (box, place) in enumerate(zip(picture.boxes, layout.boxes, strict=True)):
        yield from _box(k, box, place, drawn.texts[k], live)
    for k, (label, route) in enumerate(zip(drawn.labels, layout.routes, strict=True)):
        x, y = route.label
        if picture.values is not None:
            yield f'<text class="label" data-arrow="{k}" x="{x:.1f}" y="{y - 4:.1f}">{_escaped(label)}</text>'
    yield "</g>"


# Texts.


def title(picture: Picture) -> str:
    outputs = [cut(printable(of), LONGEST_NAME) for of in picture.outputs]
    more = f" and {len(outputs) - 6} more" if len(outputs) > 6 else ""
    return f"Computation graph of {', '.join(outputs[:6])}{more}" if outputs else "Computation graph"


def described(picture: Picture) -> str:
    """The picture in words: each box with its numbers."""
    said = []
    for box in picture.boxes[:MOST_SAID]:
        first, *others = lines(picture, box)
        said.append(", ".join([cut(first.text, 120), *(line.text for line in others)]))
    more = len(picture.boxes) - MOST_SAID
    return "; ".join(said) + (f"; and {more} more" if more > 0 else "") + "."


def box_texts(picture: Picture, box: Box) -> list[Text]:
    found = []
    for line in lines(picture, box):
        if line.role != "title":
            found.append(Text(line.role, [(line.text, "")]))
            continue
        first, *others = formula_lines(box)
        name, equals, rest = first.partition(" = ") if box.name else ("", "", first)
        found.append(Text("title", [(name, "name"), (equals + rest, "")]))
        found += [Text("title", [(other, "")]) for other in others]
    return found


def _label(picture: Picture, partial: object, carries: bool) -> str:
    return number(picture.arithmetic, partial) if carries else ""


def _size(texts: Sequence[Text], room: int) -> tuple[float, float]:
    """The width and height of a box."""
    wide = 0.0
    for found in texts:
        columns = found.columns
        if room and found.role != "title":
            before = found.pieces[0][0].rpartition(" = ")
            columns = cell_len(before[0] + before[1]) + (room if found.role != "state" else 0)
        wide = max(wide, columns * SIZE[found.role] * ADVANCE)
    high = sum(SIZE[found.role] * LEADING for found in texts)
    return round(max(wide, 30) + 2 * PAD_X), round(high + 2 * PAD_Y)


# Shapes.


def _box(k: int, box: Box, place: Rectangle, texts: list[Text], live: bool) -> Iterator[str]:
    x, y, width, height = place
    state = f" {box.state}" if box.state else ""
    round_ = 14 if box.kind == "input" else 5
    button = ""
    if live:
        button = (
            f' data-name="{_escaped(printable(box.name))}" tabindex="0" role="button" aria-pressed="false"'
        )
    yield f'<g class="box {box.kind}{state}" data-box="{k}"{button}>'
    if not live:  # the page's boxes are buttons, and a title would be their name in place of their text
        yield f"<title>{_escaped(cut(printable(box.title), 400))}</title>"
    yield f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:g}" height="{height:g}" rx="{round_:g}"/>'
    at = y + (height - sum(SIZE[found.role] * LEADING for found in texts)) / 2
    for found in texts:
        step = SIZE[found.role] * LEADING
        inner = "".join(
            f'<tspan class="{style}">{_escaped(piece)}</tspan>' if style else _escaped(piece)
            for piece, style in found.pieces if piece
        )  # fmt: skip
        spot = f'x="{x + PAD_X:.1f}" y="{at + step * 0.72:.1f}"'
        yield f'<text class="{found.role}" {spot}{found.attributes}>{inner}</text>'
        at += step
    if live:
        yield f'<text class="delta" x="{x + width - 4:.1f}" y="{y - 4:.1f}"></text>'
    yield "</g>"


def _arrow(k: int, route: Route, dead: bool, carries: bool) -> Iterator[str]:
    ends = f'data-arrow="{k}"'
    yield f'<path class="arrow{" idle" if dead else ""}" {ends} d="{path(shorter(route.points, 4))}"/>'
    yield f'<path class="head{" idle" if dead else ""}" {ends} d="{head(route.points)}"/>'
    if carries:
        back = below(route.points, APART)[::-1]
        yield f'<path class="back" {ends} d="{path(shorter(back, 4))}"/>'
        yield f'<path class="tip" {ends} d="{head(back)}"/>'


class Mark(NamedTuple):
    """A sample of the legend and its meaning, and how far they reach."""

    lines: list[str]
    right: float
    bottom: float


def key(picture: Picture, layout: Layout) -> Iterator[Mark]:
    x, y = MARGIN, layout.height + 2 * MARGIN + 14
    limit = max(layout.width + MARGIN, 420)
    for mark, meaning in legend(picture):
        wide = 44 + len(meaning) * SIZE["legend"] * ADVANCE
        if x > MARGIN and x + wide > limit:
            x, y = MARGIN, y + 22
        sample = {
            "value": f'<path class="arrow" d="M{x} {y}h26"/>'
            f'<path class="head" d="{head([(x, y), (x + 30, y)])}"/>',
            "derivative": f'<path class="back" d="M{x + 30} {y}h-24"/>'
            f'<path class="tip" d="{head([(x + 30, y), (x, y)])}"/>',
            "idle": f'<path class="arrow idle" d="M{x} {y}h26"/>',
            "partial": f'<text class="label" x="{x + 15}" y="{y + 4}">2</text>',
        }[mark]
        words = f'<text class="legend" x="{x + 38:g}" y="{y + 4:g}">{_escaped(meaning)}</text>'
        yield Mark([sample, words], x + wide, y + 10)
        x += wide + 24


def extent(layout: Layout, marks: list[Mark]) -> tuple[float, float]:
    width = max([layout.width + MARGIN, *(mark.right for mark in marks)]) + MARGIN
    height = max([layout.height + 2 * MARGIN, *(mark.bottom + MARGIN / 2 for mark in marks)])
    return round(width), round(height)


def _escaped(text: str) -> str:
    return escape(text)
