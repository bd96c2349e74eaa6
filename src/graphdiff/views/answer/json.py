"""One JSON object. Infinities and NaN are strings, as in protobuf's JSON mapping."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graphdiff.answers import Answer
from graphdiff.arithmetic import Arithmetic
from graphdiff.diagnostics import Diagnostic
from graphdiff.views.screen import Screen


def lines(answer: Answer, screen: Screen) -> Iterator[str]:
    """The answer as one object on one line."""
    arithmetic = answer.values.arithmetic
    values = _numbers(arithmetic, ((name, answer.value(name)) for name in answer.shown))
    slopes = (
        f"{json.dumps(of)}: {_numbers(arithmetic, ((n, answer.slopes[of][n]) for n in answer.shown))}"
        for of in answer.outputs
    )
    edges = ", ".join(
        f'{{"of": {json.dumps(of)}, "wrt": {json.dumps(wrt)}, "value": {number(arithmetic, value)}}}'
        for of, wrt, value in answer.edges or ()
    )
    yield (
        f'{{"outputs": {json.dumps(answer.outputs)}, "values": {values}, '
        f'"derivatives": {{{", ".join(slopes)}}}, "edges": [{edges}], '
        f'{_more(answer)}"notices": {json.dumps([_notice(n) for n in answer.notices])}}}'
    )


def number(arithmetic: Arithmetic, value: Any) -> str:
    """A number with all its digits; a string if JSON cannot write it as a number."""
    if arithmetic.is_nan(value):
        return '"NaN"'
    if not arithmetic.is_finite(value):
        return '"Infinity"' if value > 0 else '"-Infinity"'
    text = arithmetic.text(value)
    return text if "." in text or "e" in text else f"{text}.0"


def _more(answer: Answer) -> str:
    """The members that are present only when they were asked for: "second", "jvp", "hvp"."""
    arithmetic = answer.values.arithmetic

    def objects(found: Mapping[str, dict[str, Any]]) -> str:
        inner = (f"{json.dumps(key)}: {_numbers(arithmetic, v.items())}" for key, v in found.items())
        return "{" + ", ".join(inner) + "}"

    parts = [] if answer.second is None else [f'"second": {objects(answer.second)}']
    if "jvp" in answer.extra:
        parts.append(f'"jvp": {_numbers(arithmetic, answer.extra["jvp"].items())}')
    products = {k.removeprefix("hvp "): v for k, v in answer.extra.items() if k.startswith("hvp ")}
    if products:
        parts.append(f'"hvp": {objects(products)}')
    return "".join(f"{part}, " for part in parts)


def _numbers(arithmetic: Arithmetic, items: Iterable[tuple[str, Any]]) -> str:
    return "{" + ", ".join(f"{json.dumps(name)}: {number(arithmetic, value)}" for name, value in items) + "}"


def _notice(notice: Diagnostic) -> dict[str, Any]:
    found: dict[str, Any] = {"code": notice.code, "node": notice.node, "message": notice.message}
    if notice.source is not None and notice.marks:
        found["line"], found["column"] = notice.source.locate(notice.marks[0].start)
    return found
