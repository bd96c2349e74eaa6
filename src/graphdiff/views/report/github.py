"""The report of `graphdiff check` as workflow commands, which GitHub shows beside the lines of a change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphdiff.checking.suite import ERROR, FAIL, SKIP, Outcome, count
from graphdiff.views.report import Item, items, summary

# GitHub shows no more errors than this of one step.
SHOWN = 10


def lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """An error for each of the first failures, warnings for what was not verified, and the summary."""
    found = list(items(outcomes))
    failed = [item for item in found if item.verdict in (FAIL, ERROR)]
    for item in failed[:SHOWN]:
        yield _annotation("error", item)
    if len(failed) > SHOWN:
        yield f"::notice title=graphdiff check::{len(failed) - SHOWN} more are not shown here"
    for item in [item for item in found if item.verdict == SKIP][:SHOWN]:
        yield _annotation("warning", item)
    yield summary(count(outcomes))


def _annotation(level: str, item: Item) -> str:
    properties = {}
    if item.place is not None:
        properties["file"], properties["line"] = item.place.file, str(item.place.line)
    name = f"{item.outcome.name}: " if item.outcome.name and not item.outcome.is_file else ""
    properties["title"] = name + " ".join(item.label.split())
    message = item.message + (f"\n{item.reproduction}" if item.reproduction else "")
    written = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{level} {written}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
