"""The table of rules, printed from the table of rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from graphdiff.diagnostics import Diagnostic, UnknownName, did_you_mean
from graphdiff.rules import CALLABLE, CONSTANTS, TABLE, Rule
from graphdiff.views import delimited
from graphdiff.views.screen import Screen

HEADERS = ["function", "derivative", "domain", "kinks"]
INTERNAL = ("copy", "truth")


def shown(words: Sequence[str] = ()) -> list[Rule]:
    """The rules of these names or signs, in the order of the table; without any, all rules.

    Raises UnknownName for a word that names no rule.
    """
    names = {
        rule: {rule.name, rule.call, rule.infix, *rule.also} for rule in TABLE if rule.name not in INTERNAL
    }
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
    """The partials as textbooks have them, each with its condition, in the language itself."""
    found = []
    for parameter, partial, taken in zip(rule.parameters, rule.shown, rule.taken, strict=True):
        if partial is not None:
            condition = f" if {taken}" if taken else ""
            by = f"d{parameter}: " if len(rule.parameters) > 1 else ""
            found.append(f"{by}{partial}{condition}")
    return "; ".join(found) or "0 (constant in steps)"


def lines(rules: Sequence[Rule], form: str, screen: Screen) -> Iterator[str]:
    """The table in one of the formats."""
    return FORMATS[form]([row(rule) for rule in rules], screen)


def _table(rows: list[list[str]], screen: Screen) -> Iterator[str]:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from graphdiff.views.console import console, printed

    table = Table(box=box.SIMPLE_HEAD if screen.unicode else box.ASCII, header_style="bold")
    for header in HEADERS:
        table.add_column(header, overflow="fold")
    for first, *rest in rows:
        table.add_row(Text(first, "bold"), *map(Text, rest))
    into = console(screen.color, screen.width)
    into.print(table)
    into.print(Text(f"y is the function's own value. Constants: {', '.join(CONSTANTS)}."))
    return printed(into)


def _json(rows: list[list[str]], screen: Screen) -> Iterator[str]:
    yield json.dumps([dict(zip(HEADERS, cells, strict=True)) for cells in rows])


def _csv(rows: list[list[str]], screen: Screen) -> Iterator[str]:
    return delimited.lines([HEADERS, *rows], ",")


def _tsv(rows: list[list[str]], screen: Screen) -> Iterator[str]:
    return delimited.lines([HEADERS, *rows], "\t")


def _markdown(rows: list[list[str]], screen: Screen) -> Iterator[str]:
    yield f"| {' | '.join(HEADERS)} |"
    yield "| --- | --- | --- | --- |"
    for cells in rows:
        yield f"| {' | '.join(f'`{cell}`' for cell in cells)} |"


FORMATS: dict[str, Callable[[list[list[str]], Screen], Iterator[str]]] = {
    "table": _table, "json": _json, "csv": _csv, "tsv": _tsv, "markdown": _markdown,
}  # fmt: skip
