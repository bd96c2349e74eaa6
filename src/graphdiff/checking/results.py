"""What comparisons found: one at a point, all those of an expectation, all findings on a derivative."""

from __future__ import annotations

import math
from collections import Counter
from typing import NamedTuple

from graphdiff.checking.expectation import Expectation
from graphdiff.checking.points import Row
from graphdiff.diagnostics import Diagnostic

# Verdicts. SKIP is a derivative that was looked at and could not be verified.
PASS, FAIL, ERROR, SKIP = "pass", "fail", "error", "skip"
# Why a point of a sample says nothing: there is no value; the difference is within the
# rounding error of the formulas; the derivative is one choice of several, and not the expected one.
UNDEFINED, ROUNDING, KINK = "undefined", "rounding", "kinks"

# Differences below this part of the tolerance are agreement: which of such rows is the
# worst depends on the last bits of sin and exp, so none of them is singled out.
AGREES = 1e-3
# A sample shows nothing if a smaller part of it lies in the domain.
LEAST_INSIDE = 0.1
# Failures kept for a report, all expectations together; all are counted.
MOST_KEPT = 10_000


class Comparison(NamedTuple):
    """One expectation at one point. `excess` is the difference in units of the tolerance."""

    row: Row
    computed: float
    expected: float
    excess: float
    message: str = ""  # why there is no computed or no expected value; "" if there are both
    fault: Diagnostic | None = None  # the operation that is undefined at the point

    @property
    def difference(self) -> float:
        return self.computed - self.expected

    @property
    def digits(self) -> int:
        """How many decimal digits agree, 0 to 17."""
        if self.computed == self.expected:
            return 17
        difference, scale = abs(self.difference), max(abs(self.computed), abs(self.expected))
        if not (math.isfinite(difference) and math.isfinite(scale)):  # of 1e308 and -1e308 it is not
            return 0
        return max(0, min(17, math.floor(-math.log10(difference / scale))))


class Result:
    """All comparisons of one expectation."""

    def __init__(self, expectation: Expectation, most_kept: int = MOST_KEPT) -> None:
        self.expectation = expectation
        self.most_kept = most_kept
        self.compared = 0
        self.failed = 0
        self.no_value = 0  # of the failed ones, those where the program or the formula has no value
        self.reasons: Counter[str] = Counter()  # of the points left out: UNDEFINED, ROUNDING or KINK
        self.zeros = 0  # of the compared ones, those that are 0 as expected
        self.by_absolute = 0  # passed by the absolute tolerance alone
        self.by_digits = 0  # of the compared ones, those that agree to many digits and not in binary64
        self.first: Comparison | None = None
        self.worst: Comparison | None = None
        self.failures: list[Comparison] = []
        self.too_few = False

    @property
    def passed(self) -> bool:
        return self.failed == 0 and not self.too_few

    @property
    def left_out(self) -> int:
        """The points of a sample that say nothing."""
        return self.reasons.total()

    @property
    def points(self) -> int:
        """How many points or rows there were."""
        return self.compared + self.left_out

    @property
    def shown(self) -> Comparison | None:
        """The comparison that represents all: the worst or, if all agree, the only one."""
        return self.worst or (self.first if self.compared == 1 else None)

    def judge_sample(self) -> None:
        """Decide whether enough was compared, of all points and of those that are not just 0 = 0.

        Far out, wrong formulas often underflow to the right 0. And random points do not keep
        meeting a kink by accident: then the program has one everywhere.
        """
        doubtful = self.reasons[ROUNDING] + self.reasons[KINK]
        telling = self.compared - self.zeros
        self.too_few = (
            self.compared < LEAST_INSIDE * self.points
            or telling < LEAST_INSIDE * (telling + doubtful)
            or self.reasons[KINK] > LEAST_INSIDE * self.points
        )

    def add(self, comparison: Comparison) -> bool:
        """Count one comparison; whether it passes."""
        tolerance = self.expectation.tolerance
        self.compared += 1
        if comparison.excess > AGREES and (self.worst is None or comparison.excess > self.worst.excess):
            self.worst = comparison
        self.zeros += comparison.computed == comparison.expected == 0.0
        if self.compared == 1:
            self.first = comparison
        if comparison.excess <= 1.0:
            self.by_absolute += tolerance.only_absolute(comparison.computed, comparison.expected)
            return True
        self.failed += 1
        self.no_value += comparison.message != ""
        if len(self.failures) < self.most_kept:
            self.failures.append(comparison)
        return False


class Tally:
    """The findings of a gradient check on one derivative, at all points."""

    # The more serious first.
    ORDER = ("fail", "inconclusive", "jump", "kink", "edge", "undefined", "pass")
    VERIFIED = ("pass", "kink", "edge")

    def __init__(self, of: str, wrt: str) -> None:
        self.of = of
        self.wrt = wrt
        self.counts: Counter[str] = Counter()
        self.row: Row | None = None  # of the most serious finding, as are the following
        self.finding = ""
        self.computed = 0.0
        self.message = ""
        self.culprit = ""

    @property
    def label(self) -> str:
        return f"d{self.of}/d{self.wrt}"

    @property
    def points(self) -> int:
        return self.counts.total()

    @property
    def verdict(self) -> str:
        """PASS, FAIL or SKIP."""
        if self.counts["fail"]:
            return FAIL
        return PASS if any(self.counts[finding] for finding in self.VERIFIED) else SKIP

    def add(self, row: Row, finding: str, computed: float, message: str, culprit: str) -> None:
        self.counts[finding] += 1
        if not self.finding or self.ORDER.index(finding) < self.ORDER.index(self.finding):
            self.row, self.finding, self.computed = row, finding, computed
            self.message, self.culprit = message, culprit
