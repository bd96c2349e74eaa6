"""Where the boxes and lines of a layered picture stand, on a grid of characters.

Positions along the layers are called `main` and those across `cross`: columns and rows in a
picture from left to right, rows and columns in one from top to bottom. Between two layers
lies a channel, in whose tracks the lines run across. No track is shared by lines that would
touch, and no line enters a box where another one leaves, so each line can be followed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from graphdiff.drawing.layers import Layered

PASSES = 8  # of straightening the lines
NEAR = 3  # a line that would bend by no more goes straight
UNLIMITED = 1_000_000


class Placed(NamedTuple):
    """Positions across the layers.

    start, size: of each item. leaves: where its line begins. enters: for each item, where the
    line from each item before it arrives.
    tracks: for each item the track in which its line runs across, counted from 0 in the
    channel after its layer; None if the line is straight. channels: the tracks of each channel.
    """

    start: list[int]
    size: list[int]
    leaves: list[int]
    enters: list[dict[int, int]]
    tracks: list[int | None]
    channels: list[int]

    @property
    def extent(self) -> int:
        return max((s + n for s, n in zip(self.start, self.size, strict=True)), default=0)


def placed(
    found: Layered, sizes: Sequence[int], entries: Sequence[int], gap: int, limit: int = UNLIMITED
) -> Placed:  # fmt: skip
    """Place the items of the layers.

    sizes: of the boxes across the layers. entries: how far apart lines enter a box, at
    least. gap: between boxes. limit: the extent that is wanted; what needs more gets more.
    """
    count = len(found.source)
    size = [*sizes, *[1] * (count - found.boxes)]
    for box in range(found.boxes):
        size[box] = max(size[box], len(found.before[box]) * entries[box] + 2)
    middles = _straightened(found, size, gap)
    start, leaves = [0] * count, [0] * count
    enters: list[dict[int, int]] = [{} for _ in range(count)]
    for i, layer in enumerate(found.layers):
        taken = {leaves[item]: item for item in found.layers[i - 1] if found.after[item]} if i else {}
        least = 0
        latest = limit - sum(size[item] + gap for item in layer) + gap
        for item in layer:
            wanted = round(middles[item] - size[item] / 2)
            if item >= found.boxes:
                (line,) = found.before[item]
                if abs(leaves[line] - wanted) <= NEAR:
                    wanted = leaves[line]
                place = max(least, min(wanted, latest))
                while taken.get(place, line) != line:
                    place += 1
                start[item] = leaves[item] = enters[item][line] = place
            else:
                place = start[item] = max(least, min(wanted, latest))
                enters[item] = _entries(found.before[item], leaves, taken, place, size[item], entries[item])
                last = max(enters[item].values(), default=0)
                size[item] = max(size[item], last + entries[item] + 1 - place)
                leaves[item] = place + size[item] // 2
            latest += size[item] + gap
            least = start[item] + size[item] + gap
    tracks, channels = _tracks(found, leaves, enters)
    return Placed(start, size, leaves, enters, tracks, channels)


def _entries(
    lines: list[int], leaves: list[int], taken: dict[int, int], start: int, size: int, apart: int
) -> dict[int, int]:
    """Where lines enter a box, from top to bottom: straight if possible, never where another one leaves."""
    found: dict[int, int] = {}
    ordered = sorted(lines, key=leaves.__getitem__)
    spare = size - 2 - len(lines) * apart
    least = start + 1
    for k, line in enumerate(ordered):
        latest = start + size - 1 - (len(lines) - k) * apart
        place = leaves[line]
        if not least <= place <= latest:
            place = max(least, start + 1 + spare // 2 + k * apart)
        while taken.get(place, line) != line:
            place += 1
        found[line] = place
        least = place + apart
    return found


def _straightened(found: Layered, size: list[int], gap: int) -> list[float]:
    """The middle of each item, near to the middles of those that it is joined to."""
    middles = [0.0] * len(size)
    for layer in found.layers:
        at = 0.0
        for item in layer:
            middles[item] = at + size[item] / 2
            at += size[item] + gap
    for k in range(PASSES):
        order = found.layers if k % 2 == 0 else found.layers[::-1]
        neighbours = found.before if k % 2 == 0 else found.after
        for layer in order:
            wanted = []
            for item in layer:
                near = [middles[n] for n in neighbours[item]] or [middles[item]]
                wanted.append(sum(near) / len(near))
            for item, middle in zip(layer, _apart(layer, wanted, size, gap), strict=True):
                middles[item] = middle
    least = min((middle - size[item] / 2 for item, middle in enumerate(middles)), default=0.0)
    return [middle - least for middle in middles]


def _apart(layer: list[int], wanted: list[float], size: list[int], gap: int) -> list[float]:
    """Positions near to the wanted ones, in order and without overlap: the least squares of the moves."""
    offsets, at = [], 0.0
    for item in layer:
        offsets.append(at + size[item] / 2)
        at += size[item] + gap
    groups: list[tuple[float, int]] = []  # the mean of so many places less their offsets
    for offset, place in zip(offsets, wanted, strict=True):
        mean, number = place - offset, 1
        while groups and groups[-1][0] > mean:
            other, more = groups.pop()
            mean = (mean * number + other * more) / (number + more)
            number += more
        groups.append((mean, number))
    means = [mean for mean, number in groups for _ in range(number)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def _tracks(
    found: Layered, leaves: list[int], enters: list[dict[int, int]]
) -> tuple[list[int | None], list[int]]:
    """The track of each line, so that few lines cross: the first ones to leave turn last."""
    tracks: list[int | None] = [None] * len(leaves)
    channels = []
    for layer in found.layers:
        spans = []
        for item in layer:
            ends = [enters[n][item] for n in found.after[item]]
            low, high = min([leaves[item], *ends]), max([leaves[item], *ends])
            if low != high:
                down = high - leaves[item] >= leaves[item] - low
                spans.append((not down, -leaves[item] if down else leaves[item], item, low, high))
        used: list[list[tuple[int, int]]] = []
        for _, _, item, low, high in sorted(spans):
            track = len(used)
            while track and all(high < a or b < low for a, b in used[track - 1]):
                track -= 1
            if track == len(used):
                used.append([])
            used[track].append((low, high))
            tracks[item] = track
        channels.append(len(used))
    return tracks, channels
