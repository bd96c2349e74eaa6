"""Many rows at once with NumPy: which of them plainly agree, and need no closer look."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from graphdiff.arithmetic.batch import Batch
from graphdiff.arithmetic.floats import FLOATS
from graphdiff.checking.formulas import ExpectedFormulas
from graphdiff.checking.points import Row
from graphdiff.checking.results import AGREES
from graphdiff.derivatives.quantities import Probe

# Below this relative tolerance NumPy's functions may differ from Python's by too much.
LEAST_RTOL = 1e-9
# For fewer rows, importing NumPy does not pay.
LEAST_SCREENED = 64
# Rows are screened in blocks of so many numbers, values and adjoints together (128 megabytes), and
# of so many rows.
MOST_NUMBERS, MOST_ROWS = 16_000_000, 8192


def block_size(probe: Probe) -> int:
    """How many rows of a program are screened at a time."""
    nodes = len(probe.graph) + sum(len(graph) for graph, _ in probe.derived.values())
    return max(LEAST_SCREENED, min(MOST_ROWS, MOST_NUMBERS // (2 * nodes)))


class Watched(Batch):
    """Rows of floats that note which of them may have lost something at the ends of the range.

    These are not computed again here, as they are otherwise: `left` says which they are.
    """

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.left = self.np.zeros(rows, dtype=bool)

    def in_rows(self, sweep: Callable[[], list[Any]]) -> tuple[list[Any], list[int]]:
        found, lost = super().in_rows(sweep)
        self.left[lost] = True
        return found, []


class Screening:
    """Sorts out the rows that agree. The others are compared again in floats.

    So no verdict and no number in a report depends on NumPy.
    """

    def __init__(self, probe: Probe, formulas: ExpectedFormulas) -> None:
        self.probe = probe
        self.formulas = formulas

    def doubtful(self, rows: list[Row], sampled: bool) -> list[Row]:
        """The rows that are not plainly in agreement."""
        batch = Watched(len(rows))
        np, graph, expectations = batch.np, self.formulas.graph, self.formulas.expectations
        inputs = {name: np.array([row.inputs[name] for row in rows]) for name in graph.inputs}
        columns = np.array([row.expected for row in rows], dtype=float).T
        with np.errstate(all="ignore"):
            numbers = self.probe.measure(inputs, batch).numbers
            # Floats decide where a number left the range on the way: whether an operation is
            # undefined there, and what comes of an underflow.
            doubtful = batch.left
            expected = self.formulas.expected(numbers[len(expectations) :], columns)
            for e, computed, wanted in zip(expectations, numbers, expected, strict=False):
                # A row that needs the absolute tolerance is doubtful: such rows are counted, and
                # at random points that tolerance depends on the point.
                allowed = 0.5 * AGREES * e.tolerance.rtol * np.abs(wanted)
                # Everything is within an infinite tolerance, that of an infinite number.
                doubtful |= ~np.logical_and(np.abs(computed - wanted) <= allowed, np.isfinite(allowed))
                if sampled:  # zeros are counted
                    doubtful |= wanted == 0.0
        return [rows[k] for k in np.flatnonzero(doubtful)]


def screening(probe: Probe, formulas: ExpectedFormulas) -> Screening | None:
    """A screening, if NumPy is installed and precise enough for these tolerances."""
    from importlib.util import find_spec

    tolerances = [e.tolerance for e in formulas.expectations]
    if any(t.ulp is not None or t.rtol < LEAST_RTOL for t in tolerances):
        return None
    if any(text != "inf" and math.isinf(FLOATS.constant(text)) for text in formulas.graph.constants):
        return None
    return None if find_spec("numpy") is None else Screening(probe, formulas)
