"""DOT drawn by the Graphviz of the extra `draw`, for the formats that are not text."""

from __future__ import annotations

from graphdiff.drawing.layout import library, silenced
from graphdiff.drawing.picture import Picture
from graphdiff.views.drawing import dot

RESOLUTION = 192  # dots an inch: sharp on a dense screen


def data(picture: Picture, form: str) -> bytes:
    """The bytes of the picture in a format that Graphviz writes."""
    module = library()
    graph = module.AGraph(string="\n".join(dot.text(picture, f"dpi={RESOLUTION if form == 'png' else 72}")))
    with silenced():
        drawn = graph.draw(format=form, prog="dot")
    assert isinstance(drawn, bytes)
    return drawn
