"""What a view is written to."""

from __future__ import annotations

from typing import NamedTuple


class Screen(NamedTuple):
    """Where text is shown: whether in colours, how wide (None: no limit), whether it can show Unicode."""

    color: bool = False
    width: int | None = None
    unicode: bool = True
