"""Views of the picture of a program, one module for each format."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from graphdiff.drawing.picture import Picture

# What `draw --to` can write, by the suffixes of files: each is the module of its name here, with a
# function `data(picture)`. The picture in a terminal has a module, too, but no suffix.
FORMATS = ("svg", "png", "pdf", "dot", "mmd", "html")
BINARY = ("png", "pdf")


def written(picture: Picture, form: str) -> bytes:
    """The file of a picture in one of the formats."""
    return cast(bytes, import_module(f"{__name__}.{form}").data(picture))
