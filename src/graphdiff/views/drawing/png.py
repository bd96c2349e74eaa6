"""The picture as PNG, drawn by Graphviz at the places of the SVG."""

from __future__ import annotations

from graphdiff.drawing.picture import Picture
from graphdiff.views.drawing import rendering


def data(picture: Picture) -> bytes:
    return rendering.data(picture, "png")
