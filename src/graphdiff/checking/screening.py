"""Many rows at once with NumPy: which of them plainly agree, and need no closer look."""

from __future__ import annotations

import math
from typing import Any

from graphdiff.arithmetic.floats import FLOATS
from graphdiff.checking.formulas import ExpectedFormulas
from graphdiff.checking.points import Row
from graphdiff.checking.results import AGREES
from graphdiff.derivatives.quantities import Probe

# Below this relative tolerance NumPy's functions may differ from Python's by too much.
LEAST_RTOL = 1e-9


class Screening:
    """Sorts out the rows that agree. The others are compared again in floats.

    So no verdict and no number in a report depends on NumPy.
    """

    def __init__(self, probe: Probe, formulas: ExpectedFormulas) -> None:
        from graphdiff.arithmetic.batch import Batch

        self.probe = probe
        self.formulas = formulas
        self.batch: Any = Batch()

    def doubtful(self, rows: list[Row], sampled: bool) -> list[Row]:
        """The rows that are not plainly in agreement."""
        np, graph, expectations = self.batch.np, self.formulas.graph, self.formulas.expectations
        inputs = {name: np.array([row.inputs[name] for row in rows]) for name in graph.inputs}
        columns = np.array([row.expected for row in rows], dtype=float).T
        with np.errstate(all="ignore"):
            measured = self.probe.measure(inputs, self.batch)
            doubtful = np.zeros(len(rows), dtype=bool)
            # Floats decide whether an operation is undefined on the way to a number.
            for node in range(graph.first_operation, len(graph)):
                doubtful |= ~np.isfinite(measured.values.nodes[node])
            numbers = measured.numbers
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
