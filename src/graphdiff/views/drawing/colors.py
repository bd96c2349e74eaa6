"""The colours of a picture, for light and for dark backgrounds.

Red is never alone in saying what a derivative is: its line is dashed and points to the left, and it
is written as one. Contrast of the texts with what is behind them: at least 4.5 (WCAG 2.2, 1.4.3).
"""

from __future__ import annotations

from typing import NamedTuple


class Colors(NamedTuple):
    """paper: behind all. input, output: inside their boxes. ink, quiet, derivative, state: of texts."""

    paper: str
    box: str
    input: str
    output: str
    line: str
    ink: str
    quiet: str
    derivative: str
    state: str


LIGHT = Colors(
    paper="#ffffff", box="#ffffff", input="#eef4fb", output="#f6f1e4", line="#4a5668", ink="#18212f",
    quiet="#5a6577", derivative="#b3202c", state="#8a5300",
)  # fmt: skip
DARK = Colors(
    paper="#10151f", box="#1a2130", input="#17283d", output="#2c2718", line="#8d9bb0", ink="#e8edf5",
    quiet="#a3afc2", derivative="#ff8f8a", state="#f0b860",
)  # fmt: skip
