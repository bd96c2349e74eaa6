"""The report of `graphdiff check` in Markdown, for the summary of a build."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphdiff.checking.suite import ERROR, FAIL, PASS, SKIP, Outcome, count
from graphdiff.views.report import Item, items, summary

SHOWN = {PASS: "pass", FAIL: "**fail**", ERROR: "**error**", SKIP: "not verified"}
# A summary may have a megabyte; passes are the first to go.
MOST_ROWS = 500


def lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """A heading, a table with a row for each expectation, and how to see each failure again."""
    found = list(items(outcomes))
    yield "## graphdiff check"
    yield ""
    yield summary(count(outcomes))
    yield ""
    failed = [item for item in found if item.verdict != PASS]
    shown = found if len(found) <= MOST_ROWS else failed[:MOST_ROWS]
    if shown:
        yield "| | check | expectation | |"
        yield "|---|---|---|---|"
        for item in shown:
            cells = (SHOWN[item.verdict], _escaped(_name(item)), _code(item.label), _escaped(item.message))
            yield f"| {' | '.join(cells)} |"
        yield ""
    if len(shown) < len(found):
        yield f"{len(found) - len(shown)} more are not shown."
        yield ""
    again = [item.reproduction for item in shown if item.reproduction]
    if again:
        yield "```sh"
        yield from again
        yield "```"
        yield ""


def _name(item: Item) -> str:
    place = f"{item.place.file}:{item.place.line}" if item.place is not None else ""
    name = "" if item.outcome.is_file else item.outcome.name
    return f"{name} ({place})" if name and place else name or place


def _escaped(text: str) -> str:
    """A text that Markdown shows as it is."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>|#~$&" else " " if c in "\r\n" else c for c in text)


def _code(text: str) -> str:
    """A text in the type of code; a bar would end the cell, also there."""
    one_line = " ".join(text.split())
    if "`" in one_line:
        return _escaped(one_line)
    return "`" + one_line.replace("|", "\\|") + "`"
