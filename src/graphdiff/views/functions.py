"""The table of rules, printed from the table of rules."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence

from graphdiff.diagnostics import Diagnostic, UnknownName, did_you_mean
from graphdiff.rules import CALLABLE, CONSTANTS, TABLE, Rule
from graphdiff.views import delimited
from graphdiff.views.screen import Screen

HEADERS = ["function", "derivative", "domain", "kinks"]
INTERNAL = ("copy", "truth")
# The derivative operator is no rule of the table: it is expanded by a sweep.
DIFF = ["diff(f, x)", "that of the formula of df/dx", "x is a name", "-"]
WIDE = 100  # of a screen without a width


def shown(words: Sequence[str] = ()) -> list[list[str]]:
    """The rows of these names or signs, in the order of the table; without any, all rows.

    Raises UnknownName for a word that names no function.
    """
    names = {
        rule: {rule.name, rule.call, rule.infix, *rule.also} for rule in TABLE if rule.name not in INTERNAL
    }
    wanted = {"^" if word == "**" else word for word in words}
    for word in sorted(wanted):
        if word not in set().union(*names.values(), {"diff"}) - {""}:
            hint = did_you_mean(word, [*CALLABLE, "diff"]) or "'graphdiff functions' lists them all"
            raise UnknownName(Diagnostic("name", f"there is no function '{word}'", hint=hint))
    rows = [row(rule) for rule, known in names.items() if not words or known & wanted]
    return [*rows, DIFF] if not words or "diff" in wanted else rows


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


def lines(rows: list[list[str]], form: str, screen: Screen) -> Iterator[str]:
    """The table in one of the formats."""
    return FORMATS[form](rows, screen)


def _table(rows: list[list[str]], screen: Screen) -> Iterator[str]:
    """A name and what is said of it, in as many lines as that takes: no formula is broken that fits one."""
    width = screen.width or WIDE
    margin = max(len(name) for name, *_ in rows) + 4
    yield ""
    titles = f"{HEADERS[0]:{margin - 2}}{'; '.join(HEADERS[1:])}"
    yield f"  {_bold(titles[: width - 2], screen)}"
    for name, derivative, domain, kinks in rows:
        facts = derivative.split("; ")
        facts += [f"domain: {domain}"] if domain != "all" else []
        facts += [f"kinks: {kinks}"] if kinks != "-" else []
        beside = max(map(len, facts)) <= width - margin
        indent = margin if beside else 4
        first, *rest = _filled(facts, width - indent) if beside else ["", *_filled(facts, width - indent)]
        yield f"  {_bold(name, screen)}{' ' * (margin - 2 - len(name))}{first}".rstrip()
        yield from (" " * indent + line for line in rest)
    yield ""
    yield from _filled(["y is the function's own value.", f"Constants: {', '.join(CONSTANTS)}."], width, " ")


def _bold(text: str, screen: Screen) -> str:
    return f"\x1b[1m{text}\x1b[0m" if screen.color else text


def _filled(facts: Sequence[str], room: int, separator: str = ";  ") -> list[str]:
    """The facts in lines of at most `room` characters, each whole if it fits one."""
    import textwrap

    found: list[str] = []
    for fact in facts:
        if found and len(found[-1] + separator + fact) <= room:
            found[-1] += separator + fact
        else:
            # A condition is broken before `or` and `and` only; textwrap breaks no hard blanks.
            hard = re.sub(r" (?!(?:or|and) )", "\u00a0", fact)
            lines = textwrap.wrap(hard, room, subsequent_indent="  ", break_on_hyphens=False)
            found += [line.replace("\u00a0", " ") for line in lines]
    return found


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
