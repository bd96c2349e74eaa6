"""A Rich console that prints into memory, so that the caller alone writes to the terminal."""

from __future__ import annotations

import io
from collections.abc import Iterator

from rich.console import Console


def console(color: bool, width: int | None) -> Console:
    """The console; `width` None for as wide as it comes."""
    return Console(
        file=io.StringIO(), force_terminal=color, no_color=not color, width=width or 10_000,
        color_system="standard" if color else None, legacy_windows=False, emoji=False, highlight=False,
    )  # fmt: skip


def printed(into: Console) -> Iterator[str]:
    """The lines that were printed, without trailing blanks."""
    assert isinstance(into.file, io.StringIO)
    for line in into.file.getvalue().splitlines():
        yield line.rstrip()
