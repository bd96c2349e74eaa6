"""Values and derivatives from elsewhere, compared with those that the sweeps compute.

`check` compares in one call. Its parts: an `Expectation` has a `Tolerance`; a `Comparer`
compares expectations at `Points`; `run` runs a `Check` and gives a `Report`. Check files
and tables are read by `files`; `gradcheck` needs mpmath. Both are imported when needed.
"""

from __future__ import annotations

from graphdiff.checking.compare import Comparer
from graphdiff.checking.expectation import Expectation, Location, expectation, location_of
from graphdiff.checking.points import (
    GRADCHECK_SAMPLES,
    SAMPLES,
    Points,
    Range,
    Row,
    points_of,
    samples,
    to_value,
)
from graphdiff.checking.results import (
    ERROR,
    FAIL,
    KINK,
    MOST_KEPT,
    PASS,
    ROUNDING,
    SKIP,
    UNDEFINED,
    Comparison,
    Result,
    Tally,
)
from graphdiff.checking.suite import (
    Check,
    GradcheckRequest,
    InputValue,
    Report,
    check,
    count,
    gradcheck_request,
    run,
    words_of,
)
from graphdiff.checking.tolerance import ATOL, Tolerance, tolerance

__all__ = [
    "ATOL", "ERROR", "FAIL", "GRADCHECK_SAMPLES", "KINK", "MOST_KEPT", "PASS", "ROUNDING", "SAMPLES", "SKIP",
    "UNDEFINED", "Check", "Comparer", "Comparison", "Expectation", "GradcheckRequest", "InputValue",
    "Location", "Points", "Range", "Report", "Result", "Row", "Tally", "Tolerance", "check", "count",
    "expectation", "gradcheck_request", "location_of", "points_of", "run", "samples", "to_value",
    "tolerance", "words_of",
]  # fmt: skip
