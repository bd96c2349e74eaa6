"""The report of `graphdiff check` as JUnit XML, the common subset that build servers read.

One testsuite for each check file or program, one testcase for each expectation and each
derivative of a gradient check. There is no schema of JUnit's own; the attributes are
those of Jenkins' junit-10.xsd, and the `file` and `line` of a testcase, which GitLab and
others look for. There are no times: the same checks give the same file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from graphdiff.checking.suite import ERROR, FAIL, SKIP, Outcome
from graphdiff.views.report import Item, items

ELEMENTS = {FAIL: "failure", ERROR: "error", SKIP: "skipped"}
# What XML cannot hold, not even escaped.
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The XML, a line for each test case."""
    found = list(items(outcomes))
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f"<testsuites{_attributes(name='graphdiff check', **_counts(found, skipped=False))}>"
    for name, those in groupby(found, _suite):
        suite = list(those)
        file = {"file": suite[0].place.file} if suite[0].place is not None else {}
        yield f"  <testsuite{_attributes(name=name, **_counts(suite), **file)}>"
        for item in suite:
            yield from _case(item, name)
        yield "  </testsuite>"
    yield "</testsuites>"


def _suite(item: Item) -> str:
    """The name of an item's testsuite: its file, or its program."""
    if item.outcome.place is not None:
        return item.outcome.place.file
    check = item.outcome.check
    if check is None:
        return "graphdiff check"
    return check.graph.source.name or " ".join(check.graph.source.text.split())


def _counts(found: Sequence[Item], skipped: bool = True) -> dict[str, str]:
    verdicts = Counter(item.verdict for item in found)
    numbers = {"tests": len(found), "failures": verdicts[FAIL], "errors": verdicts[ERROR]}
    if skipped:
        numbers["skipped"] = verdicts[SKIP]
    return {key: str(value) for key, value in numbers.items()}


def _case(item: Item, suite: str) -> Iterator[str]:
    attributes = {"classname": item.outcome.name or suite, "name": " ".join(item.label.split())}
    if item.place is not None:
        attributes["file"], attributes["line"] = item.place.file, str(item.place.line)
    head = f"    <testcase{_attributes(**attributes)}"
    element = ELEMENTS.get(item.verdict)
    if element is None:
        yield head + "/>"
        return
    yield head + ">"
    kind = _attributes(message=item.message, **({} if element == "skipped" else {"type": element}))
    where = f"{item.place.file}:{item.place.line}: " if item.place is not None else ""
    text = f"{where}{item.label}\n{item.message}"
    if item.reproduction:
        text += f"\n{item.reproduction}"
    yield f"      <{element}{kind}>{escape(_writable(text))}</{element}>"
    yield "    </testcase>"


def _attributes(**values: str) -> str:
    """Attributes of an element, in this order."""
    return "".join(f" {name}={quoteattr(_writable(value))}" for name, value in values.items())


def _writable(text: str) -> str:
    return UNWRITABLE.sub("\ufffd", text)
