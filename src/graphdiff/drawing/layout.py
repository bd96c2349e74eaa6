"""Where boxes, arrows and labels stand in a picture, in points, with Graphviz's `dot` by pygraphviz.

That library is the extra `draw`; its wheels contain Graphviz, so no other package is needed. It
orders the boxes of each layer so that few lines cross, and places them so that lines are straight.
The lines are drawn here: level where they pass a layer or enter a box, with the label on that
last level piece, so that no label is on a box, on another label or on the line of another arrow.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from graphdiff.diagnostics import Diagnostic, InputProblem
from graphdiff.drawing.layers import at_the_left
from graphdiff.drawing.picture import Picture

INCH = 72
GAP, LAYER_GAP = 14, 46  # points between the boxes and lines of a layer, at least, and between layers
BOX_GAP = 12  # more than GAP, above and below a box
ENTRY, EXIT, BORDER = 24, 15, 6  # points between arrows that enter a box, that leave it, and to its corners
HEAD = 22  # of the level piece before a box: for the arrow's head, and beside the label
INFINITE = 1e9
MANY = 120  # boxes: with more, `dot` neither reduces the crossings as far as possible nor draws paths

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
    found = json.loads(graph.draw(format="json0", prog="dot", args="-q"))
    middles: list[Point] = [(0, 0)] * len(sizes)
    for node in found["objects"]:
        if node["name"][0] == "n":
            middles[int(node["name"][1:])] = _point(node["pos"])
    # Without the path of `dot`, a line passes the layers near to the straight line.
    paths = [[middles[arrow.source]] * 3 + [middles[arrow.target]] for arrow in picture.arrows]
    for edge in found.get("edges", ()):
        if "pos" in edge:
            paths[int(edge["id"])] = [_point(place) for place in edge["pos"].split()]
    return _drawn(picture, middles, paths, sizes, run)


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
    yield f"digraph {{ rankdir=LR nodesep={GAP / INCH:.4f} ranksep={LAYER_GAP / INCH:.4f}"
    yield "splines=polyline" if len(sizes) <= MANY else "splines=false nslimit=0.5 nslimit1=1 mclimit=0.1"
    yield 'node [shape=box fixedsize=true label=""] edge [arrowhead=none tailport=e headport=w]'
    for k, (width, height) in enumerate(sizes):
        yield f"n{k} [width={(width + run) / INCH:.4f} height={(height + 2 * BOX_GAP) / INCH:.4f}]"
    if inputs := at_the_left(picture):
        yield f"{{rank=min {' '.join(f'n{k}' for k in inputs)}}}"
    for k, arrow in enumerate(picture.arrows):
        yield f'n{arrow.source} -> n{arrow.target} [id="{k}"]'
    yield "}"


def _drawn(
    picture: Picture, middles: list[Point], paths: list[list[Point]], sizes: Sequence[tuple[float, float]],
    run: float,
) -> Layout:  # fmt: skip
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
    passing = _passing(boxes, [round(x) for x, _ in middles], layers, picture, paths)
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
    boxes: list[Rectangle],
    layer_of: list[int],
    layers: list[float],
    picture: Picture,
    paths: list[list[Point]],
) -> list[dict[float, float]]:
    """For each arrow the layers that it passes, and where: between the same boxes as the path of `dot`."""
    found: list[dict[float, float]] = [{} for _ in paths]
    at: dict[float, list[tuple[float, int]]] = defaultdict(list)
    for k, arrow in enumerate(picture.arrows):
        first, last = layer_of[arrow.source], layer_of[arrow.target]
        for layer in layers[bisect_right(layers, first) : bisect_left(layers, last)]:
            at[layer].append((_height_at(paths[k], layer), k))
    standing: dict[float, list[Rectangle]] = defaultdict(list)
    for box, layer in zip(boxes, layer_of, strict=True):
        standing[layer].append(box)
    for layer, lines in sorted(at.items()):
        walls = sorted(standing[layer], key=lambda box: box.y)
        middles = [box.y + box.height / 2 for box in walls]
        between: dict[int, list[tuple[float, int]]] = defaultdict(list)
        for y, k in sorted(lines):
            between[bisect_left(middles, y)].append((y, k))
        for n, group in between.items():
            above = walls[n - 1].y + walls[n - 1].height + GAP / 2 if n else -INFINITE
            below = walls[n].y - GAP if n < len(walls) else INFINITE
            for (_, k), y in zip(group, _apart([y for y, _ in group], above, below), strict=True):
                found[k][layer] = y
    return found


def _height_at(path: list[Point], x: float) -> float:
    """The y of a path of straight pieces, each given as a Bezier curve, where it passes x."""
    corners = path[::3]
    for (x0, y0), (x1, y1) in pairwise(corners):
        if x0 <= x <= x1:
            return y0 + (y1 - y0) * ((x - x0) / (x1 - x0) if x1 > x0 else 0.5)
    return corners[-1][1]


def _apart(heights: list[float], above: float, below: float) -> list[float]:
    """The heights, ascending, moved as far as needed to be GAP apart and between two boxes."""
    step = min(GAP, (below - above) / max(len(heights) - 1, 1))
    found: list[float] = []
    for n, y in enumerate(heights):
        least = found[-1] + step if found else above
        found.append(min(max(y, least), below - (len(heights) - 1 - n) * step))
    return found


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
    first, _, y = level[0]
    points = [(first, y)]
    for k, (begin, end, y) in enumerate(level):
        if k:
            x, before = points[-1]
            half = (begin - x) / 2
            points += [(x + half, before), (begin - half, y), (begin, y)]
        x = points[-1][0]
        if end > x:
            points += [(x + (end - x) / 3, y), (end - (end - x) / 3, y), (end, y)]
    return points
