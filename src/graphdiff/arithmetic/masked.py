"""Adjoints that are present under a condition, for arithmetics where one node has many cases.

An adjoint is a pair (condition, value): the value where the condition holds, and no
contribution where it does not; the condition None always holds. A subclass defines `known`,
and the primitives `and`, `or`, `truth` and `where` on its conditions and values.
"""

from __future__ import annotations

from typing import Any

from graphdiff.arithmetic import Arithmetic, Formula

Adjoint = tuple[Any, Any]  # condition or None, value


class Masked(Arithmetic):
    """An arithmetic in which a condition may hold in some cases and not in others."""

    def known(self, condition: Any) -> bool | None:
        """Whether a condition holds: True or False where that is so in every case, else None."""
        raise NotImplementedError

    def select(self, condition: Any, yes: Formula, no: Formula, env: tuple[Any, ...]) -> Any:
        known = self.known(condition)
        if known is not None:
            return yes(env) if known else no(env)
        return self.primitives["where"](condition, yes(env), no(env))

    def times(self, adjoint: Adjoint, partial: Any) -> Adjoint:
        return adjoint[0], self.primitives["mul"](adjoint[1], partial)

    def plus(self, left: Adjoint, right: Adjoint) -> Adjoint:
        add = self.primitives["add"]
        if left[0] is right[0]:
            return left[0], add(left[1], right[1])
        either = None
        if left[0] is not None and right[0] is not None:
            either = self.primitives["or"](left[0], right[0])
            either = None if self.known(either) else either
        return either, add(self.or_zero(left), self.or_zero(right))

    def chained(self, outer: Adjoint, inner: Adjoint) -> Adjoint:
        condition, value = self.times(inner, outer[1])
        if condition is None or outer[0] is None:
            return outer[0] if condition is None else condition, value
        return self.primitives["and"](outer[0], condition), value

    # Backwards, the conditions on a path come from the outside in; forwards, from the inside out.
    # The outer one goes first in `and`: the inner may be undefined where the outer does not hold.

    def mask_adjoint(self, condition: Any, adjoint: Adjoint) -> Adjoint | None:
        return self._under(condition, adjoint, (adjoint[0], condition))

    def mask_tangent(self, condition: Any, tangent: Adjoint) -> Adjoint | None:
        return self._under(condition, tangent, (condition, tangent[0]))

    def _under(self, condition: Any, adjoint: Adjoint, both: tuple[Any, Any]) -> Adjoint | None:
        known = self.known(condition)
        if known is not None:
            return adjoint if known else None
        if adjoint[0] is None:
            return self.primitives["truth"](condition), adjoint[1]
        return self.primitives["and"](*both), adjoint[1]

    def or_zero(self, adjoint: Adjoint | None) -> Any:
        """The value of an adjoint: 0 where its condition does not hold, or if it is absent."""
        if adjoint is None:
            return self.zero
        condition, value = adjoint
        return value if condition is None else self.primitives["where"](condition, value, self.zero)

    def numbers(self, adjoints: list[Any]) -> list[Any]:
        return list(map(self.or_zero, adjoints))
