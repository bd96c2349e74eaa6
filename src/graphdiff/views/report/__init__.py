"""Reports of `graphdiff check`, a module for each format. They only read: checking makes the verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module

from graphdiff.checking import Report

# Each format, which is a module here, and the extension of the files that are written in it.
FORMATS = {"text": "txt", "json": "json", "junit": "xml", "github": "", "markdown": "md"}


def lines(reports: Sequence[Report], form: str) -> Iterator[str]:
    """The lines of a report in one of FORMATS. Each module is imported when it is used."""
    found: Iterator[str] = import_module(f"graphdiff.views.report.{form}").lines(reports)
    return found


def format_of(extension: str) -> str | None:
    """The format of files with this extension, without its dot; None if no format has it."""
    return next((form for form, known in FORMATS.items() if extension and extension == known), None)
