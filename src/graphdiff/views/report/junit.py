"""The report as JUnit XML: the common subset that build servers read.

One testsuite for each check file or program, one testcase for each expectation and each
derivative of a gradient check. JUnit has no official schema; the attributes are those of
Jenkins' junit-10.xsd, and the `file` and `line` of a testcase, which GitLab and others
read. There are no times, so that the same checks give the same file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from graphdiff.checking import ERROR, FAIL, SKIP, Report
from graphdiff.diagnostics import printable
from graphdiff.views.report.entries import Entry, entries

ELEMENTS = {FAIL: "failure", ERROR: "error", SKIP: "skipped"}


def lines(reports: Sequence[Report]) -> Iterator[str]:
    """The XML, a line for each test case."""
    found = list(entries(reports))
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f"<testsuites{_attributes(name='graphdiff check', **_counts(found, skipped=False))}>"
    for name, those in groupby(found, _suite):
        suite = list(those)
        file = {"file": suite[0].file} if suite[0].location is not None else {}
        yield f"  <testsuite{_attributes(name=name, **_counts(suite), **file)}>"
        for entry in suite:
            yield from _case(entry, name)
        yield "  </testsuite>"
    yield "</testsuites>"


def _suite(entry: Entry) -> str:
    """The name of an entry's testsuite: its file, or its program."""
    if entry.report.location is not None:
        return printable(entry.report.location.file)
    check = entry.report.check
    if check is None:
        return "graphdiff check"
    return printable(check.graph.source.name or " ".join(check.graph.source.text.split()))


def _counts(found: Sequence[Entry], skipped: bool = True) -> dict[str, str]:
    verdicts = Counter(entry.verdict for entry in found)
    numbers = {"tests": len(found), "failures": verdicts[FAIL], "errors": verdicts[ERROR]}
    if skipped:
        numbers["skipped"] = verdicts[SKIP]
    return {key: str(value) for key, value in numbers.items()}


def _case(entry: Entry, suite: str) -> Iterator[str]:
    attributes = {"classname": printable(entry.report.name) or suite, "name": entry.label}
    if entry.location is not None:
        attributes["file"], attributes["line"] = entry.file, str(entry.location.line)
    head = f"    <testcase{_attributes(**attributes)}"
    element = ELEMENTS.get(entry.verdict)
    if element is None:
        yield head + "/>"
        return
    yield head + ">"
    kind = _attributes(message=entry.message, **({} if element == "skipped" else {"type": element}))
    where = f"{entry.place}: " if entry.place else ""
    text = f"{where}{entry.label}\n{entry.message}"
    if entry.reproduction:
        text += f"\n{entry.reproduction}"
    yield f"      <{element}{kind}>{escape(text)}</{element}>"
    yield "    </testcase>"


def _attributes(**values: str) -> str:
    """Attributes of an element, in this order."""
    return "".join(f" {name}={quoteattr(value)}" for name, value in values.items())
