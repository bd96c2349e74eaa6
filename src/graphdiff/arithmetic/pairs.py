"""Numbers of another arithmetic, each with something beside it: a tangent, or a formula."""

from __future__ import annotations

from typing import Any

from graphdiff.arithmetic import Arithmetic, Formula

Pair = tuple[Any, Any]  # a number of the base, and what is beside it


class Pairs(Arithmetic):
    """An arithmetic that asks its base about a number; conditions of the base must be plain numbers."""

    def __init__(self, base: Arithmetic) -> None:
        super().__init__()
        self.base = base
        self.name = base.name

    def is_nan(self, value: Pair) -> bool:
        return self.base.is_nan(value[0])

    def is_finite(self, value: Pair) -> bool:
        return self.base.is_finite(value[0])

    def text(self, value: Pair) -> str:
        return self.base.text(value[0])

    def mask_adjoint(self, condition: Pair, adjoint: Any) -> Any:
        return adjoint if condition[0] else None

    def select(self, condition: Pair, yes: Formula, no: Formula, env: tuple[Any, ...]) -> Any:
        return yes(env) if condition[0] else no(env)
