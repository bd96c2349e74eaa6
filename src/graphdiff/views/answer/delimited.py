"""Comma- or tab-separated values with a header: every digit, one row a name.

Columns: name, kind, value, then the derivative of each output, headed `dJ`. The local
derivatives are further rows of kind `edge`, named `dv/du`; second derivatives of kind
`second`, named `d2J/db dc`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from graphdiff.views.answer import Answer


def csv_lines(answer: Answer) -> Iterator[str]:
    """RFC 4180, but for the line ends, which are those of the system."""
    return _lines(answer, ",")


def tsv_lines(answer: Answer) -> Iterator[str]:
    return _lines(answer, "\t")


def _lines(answer: Answer, delimiter: str) -> Iterator[str]:
    text = answer.values.arithmetic.text
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="")

    def line(cells: list[str]) -> str:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow(cells)
        return buffer.getvalue()

    yield line(["name", "kind", "value", *(f"d{of}" for of in answer.outputs), *answer.extra])
    for name, kind, value, slopes in answer.rows():
        yield line([name, kind, text(value), *map(text, slopes)])
    blank = [""] * (len(answer.outputs) + len(answer.extra))
    for kind, _, items in answer.listings():
        for label, value in items:
            yield line([label, kind, text(value), *blank])
