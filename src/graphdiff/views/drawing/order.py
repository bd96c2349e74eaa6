"""The order of the page's steps, which is that of the sweeps and of `explain`."""

from __future__ import annotations

from graphdiff.drawing.picture import INPUT, Picture

MOST_TOLD = 2_000  # arrows: with more, none is called the only path

Step = tuple[str, int] | tuple[str, int, int]  # ("forward", box) or ("backward", box, output)


def steps(picture: Picture) -> list[Step]:
    """Each value from left to right; then for each output each derivative, once all its terms are known."""
    found: list[Step] = [("forward", k) for k, box in enumerate(picture.boxes) if box.kind == INPUT]
    found += [("forward", k) for k, box in enumerate(picture.boxes) if box.kind != INPUT]
    index = {box.name: k for k, box in enumerate(picture.boxes)}
    for j, of in enumerate(picture.outputs):
        found += [("backward", k, j) for k in _backwards(picture, index[of])]
    return found


def _backwards(picture: Picture, top: int) -> list[int]:
    """The boxes that an output depends on, each after all its users among them."""
    into: list[list[int]] = [[] for _ in picture.boxes]
    for arrow in picture.arrows:
        into[arrow.target].append(arrow.source)
    below = {top}
    for box in range(top, -1, -1):
        if box in below:
            below.update(into[box])
    missing = dict.fromkeys(below, 0)
    for box in below:
        for source in into[box]:
            missing[source] += 1
    found = [top]
    for box in sorted(below, reverse=True):
        for source in into[box]:
            missing[source] -= 1
            if not missing[source]:
                found.append(source)
    return found


def totals(picture: Picture) -> list[bool]:
    """For each arrow whether it is the only path between its boxes: then its partial is the derivative."""
    if len(picture.arrows) > MOST_TOLD:
        return [False] * len(picture.arrows)
    into: list[list[int]] = [[] for _ in picture.boxes]
    for arrow in picture.arrows:
        into[arrow.target].append(arrow.source)
    depends = [0] * len(picture.boxes)  # for each box a bit for each that it depends on
    for box, sources in enumerate(into):
        for source in sources:
            depends[box] |= depends[source] | 1 << source
    return [
        not any(depends[other] >> arrow.source & 1 for other in into[arrow.target])
        for arrow in picture.arrows
    ]
