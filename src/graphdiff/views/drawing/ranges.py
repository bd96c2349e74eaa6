"""The range of a slider: what the program declares, or one around the value."""

from __future__ import annotations

import math

from graphdiff.graph import Graph

STEPS = 200  # of a slider, at least
WIDEST = 1e12


def slider(graph: Graph, name: str, value: float) -> tuple[float, float, float]:
    """(lowest, highest, step) for an input at this value."""
    low, high = around(value)
    declared = graph.declared.get(name)
    if declared is not None and declared.low is not None and declared.high is not None:
        low, high = declared.low, declared.high
    return low, high, 10 ** math.floor(math.log10((high - low) / STEPS))


def around(value: float) -> tuple[float, float]:
    """From 0 to about twice the value, a round number; from -1 to 1 around 0."""
    if not math.isfinite(value) or value == 0:
        return -1.0, 1.0
    size = min(2 * abs(value), WIDEST)
    power = 10.0 ** math.floor(math.log10(size))
    top = next(digit * power for digit in (1, 2, 4, 5, 6, 8, 10) if digit * power >= size * 0.999)
    return (0.0, top) if value > 0 else (-top, 0.0)
