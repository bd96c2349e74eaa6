"""Rows as comma- or tab-separated values: RFC 4180, but for the line ends, which are those of the system."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence


def lines(rows: Iterable[Sequence[str]], delimiter: str) -> Iterator[str]:
    """One line for each row (more, where a cell has a newline in it)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="")
    for row in rows:
        writer.writerow(row)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
