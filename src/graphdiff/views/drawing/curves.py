"""Curves of arrows: level pieces with smooth turns between them, as the layout gives them."""

from __future__ import annotations

from math import hypot

from graphdiff.drawing.layout import Point


def path(points: list[Point]) -> str:
    """The `d` of an SVG path of Bezier curves."""
    first, *others = (f"{x:.1f} {y:.1f}" for x, y in points)
    return f"M{first}C{' '.join(others)}"


def below(points: list[Point], apart: float) -> list[Point]:
    """The curve moved down by so much where it is level, and as far to the side where it is steep."""
    found = [(x, y + apart) for x, y in points]
    for k in range(1, len(points), 3):
        (_, y0), (x1, y1) = points[k], points[k + 1]
        across, along = y1 - y0, x1 - points[k - 1][0]
        aside = 4 / 3 * apart * across / (hypot(across, along) or 1)
        for n in (k, k + 1):
            found[n] = found[n][0] - aside, found[n][1]
    return found


def head(points: list[Point], length: float = 8, half: float = 3.2) -> str:
    """The `d` of the head of an arrow at the end of a level curve."""
    (x, y), (before, _) = points[-1], points[0]
    back = x - length if before < x else x + length
    return f"M{x:.1f} {y:.1f}L{back:.1f} {y + half:.1f} {back:.1f} {y - half:.1f}Z"


def shorter(points: list[Point], by: float) -> list[Point]:
    """The curve without its last bit, which its head covers: a line would stick out at the tip."""
    (x, y), (before, _) = points[-1], points[-2]
    return [*points[:-1], (x - by if before < x else x + by, y)]
