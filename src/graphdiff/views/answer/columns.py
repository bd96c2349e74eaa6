"""Cells for the tables that people read: numbers shortened and aligned."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from graphdiff.answers import Answer
from graphdiff.arithmetic import Arithmetic
from graphdiff.views.numbers import shortened


def shown(arithmetic: Arithmetic, value: Any) -> str:
    """A number for reading: a float shortened, another number to the precision that was asked for."""
    return shortened(value) if isinstance(value, float) else arithmetic.text(value)


def aligned(texts: Iterable[str]) -> list[str]:
    """Texts padded to one width, their decimal points under one another."""
    split = [_at_the_point(text) for text in texts]
    left = max((len(whole) for whole, _ in split), default=0)
    right = max((len(rest) for _, rest in split), default=0)
    return [whole.rjust(left) + rest.ljust(right) for whole, rest in split]


def _at_the_point(text: str) -> tuple[str, str]:
    cut = next((k for k, c in enumerate(text) if c in ".e" and text[:1] not in "in"), len(text))
    return text[:cut], text[cut:]


def nodes(answer: Answer) -> tuple[list[str], list[list[str]], list[str]]:
    """Headers; columns (name, formula, value, a derivative for each output); the kind of each row."""
    graph, arithmetic = answer.values.graph, answer.values.arithmetic
    rows, inputs = list(answer.rows()), set(graph.inputs)
    columns = [
        [name for name, *_ in rows],
        ["input" if name in inputs else graph.formula(name) or "derivative" for name, *_ in rows],
        aligned(shown(arithmetic, value) for _, _, value, _ in rows),
    ]
    for k in range(len(answer.outputs) + len(answer.extra)):
        columns.append(aligned(shown(arithmetic, slopes[k]) for *_, slopes in rows))
    headers = ["node", "formula", "value", *(f"d{of}/d(node)" for of in answer.outputs), *answer.extra]
    return headers, columns, [kind for _, kind, *_ in rows]


def listing(answer: Answer, items: list[tuple[str, Any]]) -> list[list[str]]:
    """Two columns: labels, and their values."""
    values = aligned(shown(answer.values.arithmetic, value) for _, value in items)
    return [[label for label, _ in items], values]
