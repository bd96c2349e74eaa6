"""The report as workflow commands, which GitHub shows beside the lines of a change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphdiff.checking import ERROR, FAIL, SKIP, Report, count
from graphdiff.views.report.entries import Entry, entries, summary

# GitHub shows no more errors of one step.
MOST_ERRORS = 10


def lines(reports: Sequence[Report]) -> Iterator[str]:
    """Errors for the first failures, warnings for unverified derivatives, and the summary."""
    found = list(entries(reports))
    failed = [entry for entry in found if entry.verdict in (FAIL, ERROR)]
    for entry in failed[:MOST_ERRORS]:
        yield _annotation("error", entry)
    if len(failed) > MOST_ERRORS:
        yield f"::notice title=graphdiff check::{len(failed) - MOST_ERRORS} more are not shown here"
    for entry in [entry for entry in found if entry.verdict == SKIP][:MOST_ERRORS]:
        yield _annotation("warning", entry)
    yield summary(count(reports))


def _annotation(level: str, entry: Entry) -> str:
    properties = {}
    if entry.location is not None:
        properties["file"], properties["line"] = entry.file, str(entry.location.line)
    properties["title"] = (f"{entry.name}: " if entry.name else "") + entry.label
    message = entry.message + (f"\n{entry.reproduction}" if entry.reproduction else "")
    written = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{level} {written}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
