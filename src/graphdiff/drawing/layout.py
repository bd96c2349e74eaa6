"""Where boxes, arrows and labels stand in a picture, in points, with Graphviz's `dot` by pygraphviz.

That library is the extra `draw`; its wheels contain Graphviz, so no other package is needed. It
orders the boxes of each layer so that few lines cross, and places them so that lines are straight.
The lines are drawn here: level where they pass a layer or enter a box, with the label on that
last level piece, so that no label is on a box, on another label or on the line of another arrow.
"""

from __future__ import annotations

import io
import json
import os
import sys
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from typing import Any, NamedTuple

from graphdiff.diagnostics import Diagnostic, InputProblem
from graphdiff.drawing.layers import at_the_left
from graphdiff.drawing.picture import Picture

INCH = 72
GAP, LAYER_GAP = 14, 46  # points between the boxes and lines of a layer, at least, and between layers
BOX_GAP = 12  # more than GAP, above and below a box
ENTRY, EXIT, BORDER = 24, 15, 6  # points between arrows that enter a box, that leave it, and to its corners
HEAD = 22  # of the level piece before a box: for the arrow's head, and beside the label
STRAIGHT = 0.5  # a line does not turn for less
MANY = 120  # boxes: with more, `dot` does not reduce the crossings as far as possible

Point = tuple[float, float]


class Rectangle(NamedTuple):
    """Its upper left corner, and its size; y grows downwards."""

    x: float
    y: float
    width: float
    height: float


class Route(NamedTuple):
    """An arrow: the points of its Bezier curve, three a piece after the first, and its label's middle."""

    points: list[Point]
    label: Point


class Layout(NamedTuple):
    boxes: list[Rectangle]
    routes: list[Route]
    width: float
    height: float


def library() -> Any:
    """The module pygraphviz; InputProblem that names the extra if it is not installed."""
    try:
        import pygraphviz
    except ImportError:
        message = "this format needs the layout library of the extra 'draw'"
        hint = "install it:  pip install 'graphdiff-cli[draw]'  (dot, mmd and the terminal need none)"
        raise InputProblem(Diagnostic("extra", message, hint=hint)) from None
    return pygraphviz


@contextmanager
def silenced() -> Iterator[None]:
    """Graphviz writes warnings about fonts and its own patience to the process's standard error: not here."""
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # it is closed
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        with redirect_stderr(io.StringIO()):  # pygraphviz's own
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def laid_out(picture: Picture, sizes: Sequence[tuple[float, float]], label: float) -> Layout:
    """The layout of a picture from left to right.

    sizes: of the boxes; they get higher where many arrows need it. label: the width of the
    widest one.
    """
    if not picture.boxes:
        return Layout([], [], 0, 0)
    sizes = _high_enough(picture, sizes)
    run = label + HEAD
    graph = library().AGraph(string="\n".join(_dot(picture, sizes, run)))
    with silenced():
        found = json.loads(graph.draw(format="json0", prog="dot"))
    middles: list[Point] = [(0, 0)] * len(sizes)
    for node in found["objects"]:
        if node["name"][0] == "n":
            middles[int(node["name"][1:])] = _point(node["pos"])
    return _drawn(picture, middles, sizes, run)


def _point(text: str) -> Point:
    x, y = map(float, text.split(",")[-2:])
    return x, -y


def _high_enough(picture: Picture, sizes: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    entries, exits = [0] * len(sizes), [0] * len(sizes)
    for arrow in picture.arrows:
        entries[arrow.target] += 1
        exits[arrow.source] += 1
    return [
        (width, max(height, entries[k] * ENTRY + 2 * BORDER, exits[k] * EXIT + 2 * BORDER))
        for k, (width, height) in enumerate(sizes)
    ]


def _dot(picture: Picture, sizes: Sequence[tuple[float, float]], run: float) -> Iterator[str]:
    """The graph for `dot`: only sizes and no text, so that it needs no fonts."""
    yield f"digraph {{ rankdir=LR splines=false nodesep={GAP / INCH:.4f} ranksep={LAYER_GAP / INCH:.4f}"
    yield "nslimit=0.5 nslimit1=1 mclimit=0.1" if len(sizes) > MANY else ""
    yield 'node [shape=box fixedsize=true label=""] edge [tailport=e headport=w]'
    for k, (width, height) in enumerate(sizes):
        yield f"n{k} [width={(width + run) / INCH:.4f} height={(height + 2 * BOX_GAP) / INCH:.4f}]"
    if inputs := at_the_left(picture):
        yield f"{{rank=min {' '.join(f'n{k}' for k in inputs)}}}"
    for arrow in picture.arrows:
        yield f"n{arrow.source} -> n{arrow.target}"
    yield "}"


def _drawn(
    picture: Picture, middles: list[Point], sizes: Sequence[tuple[float, float]], run: float
) -> Layout:
    """The boxes, those of a layer under one another, and the lines between them."""
    half: dict[float, float] = defaultdict(float)  # of the width of each layer, by its middle
    for (x, _), (width, _) in zip(middles, sizes, strict=True):
        half[round(x)] = max(half[round(x)], (width + run) / 2)
    layers = sorted(half)
    left = layers[0] - half[layers[0]] + run
    boxes = [
        Rectangle(round(x) - half[round(x)] + run - left, y - high / 2, wide, high)
        for (x, y), (wide, high) in zip(middles, sizes, strict=True)
    ]
    passing = _passing(boxes, [round(x) for x, _ in middles], layers, picture)
    top = min([*(box.y for box in boxes), *(y - GAP / 2 for found in passing for y in found.values())])
    boxes = [box._replace(y=box.y - top) for box in boxes]
    lines = [
        [(layer - half[layer] - left, layer + half[layer] - left, y - top) for layer, y in found.items()]
        for found in passing
    ]
    routes = []
    for (leaves, enters), line, arrow in zip(
        _ends(picture, boxes, lines), lines, picture.arrows, strict=True
    ):
        source, target = boxes[arrow.source], boxes[arrow.target]
        begin, end = source.x + source.width, target.x
        layer = round(middles[arrow.source][0])
        turn = max(begin, layer + half[layer] - left)  # where the line may begin to do so
        level = [(begin, turn, leaves), *line, (end - run, end, enters)]
        routes.append(Route(_curve(level), (end - run / 2 - HEAD / 4, enters)))
    width = max(box.x + box.width for box in boxes)
    bottom = max([*(box.y + box.height for box in boxes), *(y + GAP / 2 for line in lines for *_, y in line)])
    return Layout(boxes, routes, width, bottom)


def _passing(
    boxes: list[Rectangle], layer_of: list[float], layers: list[float], picture: Picture
) -> list[dict[float, float]]:
    """For each arrow the layers that it passes, and where: level as long as no box is in its way."""
    found: list[dict[float, float]] = [{} for _ in picture.arrows]
    at: dict[float, list[int]] = defaultdict(list)
    height = [boxes[arrow.source].y + boxes[arrow.source].height / 2 for arrow in picture.arrows]
    for k, arrow in enumerate(picture.arrows):
        first, last = layer_of[arrow.source], layer_of[arrow.target]
        for layer in layers[bisect_right(layers, first) : bisect_left(layers, last)]:
            at[layer].append(k)
    standing: dict[float, list[Rectangle]] = defaultdict(list)
    for box, layer in zip(boxes, layer_of, strict=True):
        standing[layer].append(box)
    for layer, lines in sorted(at.items()):
        taken = _Taken(standing[layer])
        # Lines that are on their way go first: those that begin here find a place beside them.
        for k in sorted(lines, key=lambda k: (not found[k], height[k])):
            found[k][layer] = height[k] = taken.nearest(height[k])
    return found


class _Taken:
    """The heights of a layer where no line can pass, as intervals, apart and in order."""

    def __init__(self, boxes: list[Rectangle]) -> None:
        self.begins: list[float] = []
        self.ends: list[float] = []
        for box in boxes:
            self._take(box.y - GAP, box.y + box.height + GAP / 2)

    def nearest(self, height: float) -> float:
        """The nearest height that is free; a line takes it."""
        k = bisect_right(self.begins, height) - 1
        if k >= 0 and self.begins[k] < height < self.ends[k]:
            above, below = self.begins[k], self.ends[k]
            height = above if height - above < below - height else below
        self._take(height - GAP, height + GAP)
        return height

    def _take(self, begin: float, end: float) -> None:
        first, last = bisect_right(self.ends, begin), bisect_left(self.begins, end)
        if first < last:
            begin, end = min(begin, self.begins[first]), max(end, self.ends[last - 1])
        self.begins[first:last] = [begin]
        self.ends[first:last] = [end]


def _ends(
    picture: Picture, boxes: list[Rectangle], lines: list[list[tuple[float, float, float]]]
) -> list[tuple[float, float]]:
    """Where each arrow leaves its source and enters its target, in the order in which they go and come."""
    leaving: dict[int, list[int]] = defaultdict(list)
    entering: dict[int, list[int]] = defaultdict(list)
    for k, arrow in enumerate(picture.arrows):
        leaving[arrow.source].append(k)
        entering[arrow.target].append(k)

    def middle(box: Rectangle) -> float:
        return box.y + box.height / 2

    leaves, enters = [0.0] * len(lines), [0.0] * len(lines)
    for box, arrows in leaving.items():
        arrows.sort(key=lambda k: lines[k][0][2] if lines[k] else middle(boxes[picture.arrows[k].target]))
        for n, k in enumerate(arrows):
            leaves[k] = middle(boxes[box]) + (n - (len(arrows) - 1) / 2) * EXIT
    for box, arrows in entering.items():
        arrows.sort(key=lambda k: lines[k][-1][2] if lines[k] else leaves[k])
        for n, k in enumerate(arrows):
            enters[k] = middle(boxes[box]) + (n - (len(arrows) - 1) / 2) * ENTRY
    return list(zip(leaves, enters, strict=True))


def _curve(level: list[tuple[float, float, float]]) -> list[Point]:
    """The Bezier curve through level pieces (from x, to x, y), with a smooth turn between any two."""
    joined = level[:1]
    for piece in level[1:]:
        if abs(piece[2] - joined[-1][2]) < STRAIGHT:
            joined[-1] = joined[-1][0], piece[1], joined[-1][2]
        else:
            joined.append(piece)
    first, _, y = joined[0]
    points = [(first, y)]
    for k, (begin, end, y) in enumerate(joined):
        if k:
            x, before = points[-1]
            half = (begin - x) / 2
            points += [(x + half, before), (begin - half, y), (begin, y)]
        x = points[-1][0]
        if end > x:
            points += [(x + (end - x) / 3, y), (end - (end - x) / 3, y), (end, y)]
    return points
