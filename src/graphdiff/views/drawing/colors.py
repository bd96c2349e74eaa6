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
    "#ffffff", "#ffffff", "#eef4fb", "#f6f1e4", "#4a5668", "#18212f", "#5a6577", "#b3202c", "#8a5300"
)
DARK = Colors(
    "#10151f", "#1a2130", "#17283d", "#2c2718", "#8d9bb0", "#e8edf5", "#a3afc2", "#ff8f8a", "#f0b860"
)
