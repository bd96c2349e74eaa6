"""The report in Markdown, for the summary of a build."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from graphdiff.checking import ERROR, FAIL, PASS, SKIP, Report, count
from graphdiff.views.markdown import code, escaped, table
from graphdiff.views.report.entries import Entry, entries, summary

SHOWN = {PASS: "pass", FAIL: "**fail**", ERROR: "**error**", SKIP: "not verified"}
HEADERS = ("", "check", "expectation", "")
# A summary is limited to a megabyte; of a long report only failures are shown.
MOST_ROWS = 500
BACKTICKS = re.compile("`+")  # a fence is longer than any within it


def lines(reports: Sequence[Report]) -> Iterator[str]:
    """A heading, a table with a row for each expectation, and the commands that reproduce failures."""
    found = list(entries(reports))
    yield "## graphdiff check"
    yield ""
    yield summary(count(reports))
    yield ""
    failed = [entry for entry in found if entry.verdict != PASS]
    shown = found if len(found) <= MOST_ROWS else failed[:MOST_ROWS]
    if shown:
        yield from table(HEADERS, list(map(_cells, shown)), left=len(HEADERS))
        yield ""
    if len(shown) < len(found):
        yield f"{len(found) - len(shown)} more are not shown."
        yield ""
    commands = [entry.reproduction for entry in shown if entry.reproduction]
    if commands:
        fence = "`" * (1 + max(map(len, BACKTICKS.findall("``" + "\n".join(commands)))))
        yield f"{fence}sh"
        yield from commands
        yield fence
        yield ""


def _cells(entry: Entry) -> tuple[str, ...]:
    return SHOWN[entry.verdict], escaped(_name(entry)), code(entry.label), escaped(entry.message)


def _name(entry: Entry) -> str:
    return f"{entry.name} ({entry.place})" if entry.name and entry.place else entry.name or entry.place
