"""A layered picture: each box in a layer after those of its arguments, with few crossings.

An arrow that passes layers bends once in each: these bends are items of the layers, like the
boxes. All arrows from one box share their bends, as one line that branches.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from graphdiff.drawing.picture import Picture

FEW_LAYERS = 4  # in a picture with no more, all inputs stand in the first one
SWEEPS = 12  # to reduce the crossings


class Layered(NamedTuple):
    """The items of each layer in their order, and for each item those of the next layer it leads to.

    Items below `boxes` are the picture's boxes, the others bends. before: the items of the
    layer before that lead to an item. source: the box that an item, or its line, begins at.
    """

    boxes: int
    layers: list[list[int]]
    after: list[list[int]]
    before: list[list[int]]
    source: list[int]


def layered(picture: Picture, sizes: Sequence[int], most: int | None = None) -> Layered:
    """The layers of a picture. `most`: the sum of the boxes' sizes in a layer, where that is limited."""
    count = len(picture.boxes)
    users: list[list[int]] = [[] for _ in range(count)]
    arguments: list[list[int]] = [[] for _ in range(count)]
    for arrow in picture.arrows:
        users[arrow.source].append(arrow.target)
        arguments[arrow.target].append(arrow.source)
    order = _depth_first(arguments)
    level = _levels(order, users, sizes, most)
    if most is None:
        for box in at_the_left(picture):
            level[box] = 0
    return _ordered(_with_bends(order, level, users))


def at_the_left(picture: Picture) -> list[int]:
    """The inputs, if the picture has few layers, so that all of them can stand in the first one."""
    depth = [0] * len(picture.boxes)
    for arrow in picture.arrows:
        depth[arrow.target] = max(depth[arrow.target], depth[arrow.source] + 1)
    used = {arrow.source for arrow in picture.arrows}
    few = max(depth, default=0) < FEW_LAYERS
    return [k for k, level in enumerate(depth) if few and not level and k in used]


def _depth_first(arguments: list[list[int]]) -> list[int]:
    """The boxes in topological order, each near to its users: the last box's arguments first."""
    order: list[int] = []
    seen: set[int] = set()
    for top in range(len(arguments) - 1, -1, -1):
        if top in seen:
            continue
        pending = [(top, False)]
        while pending:
            box, done = pending.pop()
            if done:
                order.append(box)
            elif box not in seen:
                seen.add(box)
                pending.append((box, True))
                pending += [(k, False) for k in reversed(arguments[box])]
    return order


def _levels(order: list[int], users: list[list[int]], sizes: Sequence[int], most: int | None) -> list[int]:
    """The layer of each box: as late as its users allow, and where there is room."""
    back = [0] * len(order)  # counted from the last layer
    taken: list[int] = []
    for box in reversed(order):
        level = 1 + max((back[user] for user in users[box]), default=-1)
        if most is not None:
            while level < len(taken) and taken[level] and taken[level] + sizes[box] > most:
                level += 1
        taken += [0] * (level + 1 - len(taken))
        taken[level] += sizes[box]
        back[box] = level
    last = max(back, default=0)
    return [last - level for level in back]


def _with_bends(order: list[int], level: list[int], users: list[list[int]]) -> Layered:
    count = len(level)
    layers: list[list[int]] = [[] for _ in range(max(level, default=0) + 1)]
    after: list[list[int]] = [[] for _ in range(count)]
    before: list[list[int]] = [[] for _ in range(count)]
    source = list(range(count))
    for box in order:
        layers[level[box]].append(box)
        line = box  # where the line to the later users is now
        at = level[box]
        for user in sorted(users[box], key=level.__getitem__):
            while at < level[user] - 1:
                at += 1
                bend = len(source)
                source.append(box)
                after.append([])
                before.append([line])
                after[line].append(bend)
                layers[at].append(bend)
                line = bend
            after[line].append(user)
            before[user].append(line)
    return Layered(count, layers, after, before, source)


def _ordered(found: Layered) -> Layered:
    """The layers reordered for few crossings: each item at the middle of its neighbours, again and again."""
    layers = [list(layer) for layer in found.layers]
    best, fewest = layers, _crossings(layers, found)
    for k in range(SWEEPS):
        if not fewest:
            break
        layers = [list(layer) for layer in layers]
        neighbours = found.after if k % 2 else found.before
        sweep = range(len(layers) - 2, -1, -1) if k % 2 else range(1, len(layers))
        for i in sweep:
            place = {item: n for n, item in enumerate(layers[i + 1 if k % 2 else i - 1])}
            own = {item: n for n, item in enumerate(layers[i])}

            def middle(item: int, place: dict[int, int] = place, own: dict[int, int] = own) -> float:
                near = neighbours[item]  # noqa: B023
                return sum(place[n] for n in near) / len(near) if near else own[item]

            layers[i].sort(key=middle)
        crossings = _crossings(layers, found)
        if crossings < fewest:
            best, fewest = layers, crossings
    return found._replace(layers=best)


def _crossings(layers: list[list[int]], found: Layered) -> int:
    total = 0
    for layer, later in pairwise(layers):
        place = {item: n for n, item in enumerate(later)}
        seen: list[int] = []
        for item in layer:
            ends = sorted(place[n] for n in found.after[item])
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total
