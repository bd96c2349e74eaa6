"""The picture as PNG, drawn by Graphviz from the DOT text."""

from __future__ import annotations

from graphdiff.drawing.picture import Picture
from graphdiff.views.drawing import rendering


def data(picture: Picture) -> bytes:
    return rendering.data(picture, "png")
