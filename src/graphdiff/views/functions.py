"""The table of rules, printed from the table of rules."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence

from graphdiff.diagnostics import Diagnostic, UnknownName, did_you_mean
from graphdiff.rules import CALLABLE, CONSTANTS, TABLE, Rule

HEADERS = ["function", "derivative", "domain", "kinks"]
INTERNAL = ("copy", "truth")


def shown(words: Sequence[str] = ()) -> list[Rule]:
    """The rules that are meant by names or signs, in their order; all, without any.

    Raises UnknownName for a word that means none.
    """
    names = {rule: {rule.name, rule.infix, *rule.also} for rule in TABLE if rule.name not in INTERNAL}
    wanted = {"^" if word == "**" else word for word in words}
    for word in sorted(wanted):
        if word not in set().union(*names.values()) - {""}:
            hint = did_you_mean(word, CALLABLE) or "'graphdiff functions' lists them all"
            raise UnknownName(Diagnostic("name", f"there is no function '{word}'", hint=hint))
    return [rule for rule, known in names.items() if not words or known & wanted]


def row(rule: Rule) -> list[str]:
    """How it is written, its derivatives by parameter, its domain and its kinks."""
    also = f" = {', '.join(rule.also)}" if rule.also else ""
    return [rule.signature + also, derivative(rule), rule.domain or "all", rule.kinks or "-"]


def derivative(rule: Rule) -> str:
    """The partials, each with its condition, in the language itself."""
    found = []
    for parameter, partial, taken in zip(rule.parameters, rule.partials, rule.taken, strict=True):
        if partial is not None:
            condition = f" if {taken}" if taken else ""
            by = f"d{parameter}: " if len(rule.parameters) > 1 else ""
            found.append(f"{by}{partial}{condition}")
    return "; ".join(found) or "0 (constant in steps)"


def lines(rules: Sequence[Rule], form: str, color: bool, width: int | None, unicode: bool) -> Iterator[str]:
    """The table in one of the formats."""
    rows = list(map(row, rules))
    if form == "json":
        yield json.dumps([dict(zip(HEADERS, cells, strict=True)) for cells in rows])
    elif form == "table":
        yield from _table(rows, color, width, unicode)
    elif form == "markdown":
        yield f"| {' | '.join(HEADERS)} |"
        yield "| --- | --- | --- | --- |"
        for cells in rows:
            yield f"| {' | '.join(f'`{cell}`' for cell in cells)} |"
    else:
        buffer = io.StringIO()
        writer = csv.writer(buffer, delimiter="," if form == "csv" else "\t", lineterminator="\n")
        writer.writerows([HEADERS, *rows])
        yield buffer.getvalue().rstrip("\n")


def _table(rows: list[list[str]], color: bool, width: int | None, unicode: bool) -> Iterator[str]:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from graphdiff.views.answer.table import console, printed

    table = Table(box=box.SIMPLE_HEAD if unicode else box.ASCII, header_style="bold")
    for header in HEADERS:
        table.add_column(header, overflow="fold")
    for first, *rest in rows:
        table.add_row(Text(first, "bold"), *map(Text, rest))
    into = console(color, width)
    into.print(table)
    constants = ", ".join(CONSTANTS)
    into.print(Text(f"y is the function's own value. Constants: {constants}."))
    yield from printed(into)
