"""The reports of `graphdiff check`, read back by libraries that are not graphdiff's."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import junitparser
import pytest
from shell import LECTURE, POINT, answer, assert_refused, environment, graphdiff

FILE = """\
[[check]]
name = "right, and wrong: 100%"
program = "J=3*v; v=a+u; u=b*c"
inputs = { a = 5, b = 3, c = 2 }
expect = [
  "J = 33",
  "dJ/da = 4",
  "dJ/db = 3*log(a - 5)",
]

[[check]]
name = "wrong"
program = "y = where(x < 1 and x > -1, \\"no\\", 1)"
expect.y = 1

[[check]]
name = "jumps & <kinks>"
program = "y = floor(x) + z*abs(x - 2)"
inputs = { x = 2, z = 1 }
gradcheck = true

[[check]]
name = "at random"
program = "y = x^2"
inputs.x = "1..2"
expect = { "dy/dx" = "x", y = "x*x" }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "it.toml").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


# What the file says, in order: verdict, label, line.
SAID = [
    ("pass", "J = 33", 6), ("fail", "dJ/da = 4", 7), ("error", "dJ/db = 3*log(a - 5)", 8),
    ("error", "wrong", 13), ("skip", "dy/dx", 16), ("pass", "dy/dz", 16), ("fail", "dy/dx = x", 26),
    ("pass", "y = x*x", 26),
]  # fmt: skip


def refuse_constant(text: str) -> Any:
    """JSON has no such number, though Python's reader takes it."""
    raise AssertionError(text)


def report(form: str, *more: str) -> Any:
    return answer("check", "it.toml", "--format", form, *more)


def test_all_formats_have_the_same_status(folder: Path) -> None:
    assert {report(form).status for form in ("text", "json", "junit", "github", "markdown")} == {2}


@pytest.mark.parametrize("form", ["text", "json", "junit", "github", "markdown"])
def test_same_input_same_bytes(folder: Path, form: str) -> None:
    first = graphdiff("check", "it.toml", "--format", form, env=environment(PYTHONHASHSEED="1"))
    second = graphdiff(
        "check", "it.toml", "--format", form, env=environment(PYTHONHASHSEED="2", TZ="Asia/Tokyo")
    )
    assert first == second


# JUnit XML.


def test_junit_is_read_by_junitparser(folder: Path) -> None:
    xml = junitparser.JUnitXml.fromstring(report("junit").out.encode())
    assert (xml.tests, xml.failures, xml.errors) == (8, 2, 2)
    (suite,) = xml
    assert (suite.name, suite.tests, suite.failures, suite.errors, suite.skipped) == ("it.toml", 8, 2, 2, 1)
    kinds = {"fail": junitparser.Failure, "error": junitparser.Error, "skip": junitparser.Skipped}
    for case, (verdict, label, line) in zip(suite, SAID, strict=True):
        assert case.name == label
        assert (case._elem.get("file"), case._elem.get("line")) == ("it.toml", str(line))
        assert [type(found) for found in case.result] == ([kinds[verdict]] if verdict in kinds else [])
        for found in case.result:
            assert f"it.toml:{line}: {label}" in found.text
    cases = list(suite)
    assert cases[0].classname == "right, and wrong: 100%"
    assert cases[4].classname == "jumps & <kinks>"
    assert "expected 4, computed 3" in cases[1].result[0].message
    assert "graphdiff check 'J=3*v; v=a+u; u=b*c' --a=5.0" in cases[1].result[0].text


# The elements and attributes of Jenkins' junit-10.xsd, as far as they are used: for each
# element its attributes, those that it must have first, and the elements within it. It
# knows no file and line of a testcase, which GitLab and the GitHub actions look for.
ALLOWED: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors"}, {"skipped", "file"}, {"testcase"}),
    "testcase": ({"name"}, {"classname", "file", "line"}, {"failure", "error", "skipped"}),
    "failure": (set(), {"type", "message"}, set()),
    "error": (set(), {"type", "message"}, set()),
    "skipped": (set(), {"type", "message"}, set()),
}


def assert_junit(text: str) -> ElementTree.Element:
    root = ElementTree.fromstring(text)
    assert root.tag == "testsuites"
    for element in root.iter():
        needed, optional, within = ALLOWED[element.tag]
        assert needed <= set(element.attrib) <= needed | optional
        assert {child.tag for child in element} <= within
    for suite in root.iter("testsuite"):
        cases = list(suite.iter("testcase"))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert suite.get(attribute) == str(sum(case.find(tag) is not None for case in cases))
        assert suite.get("tests") == str(len(cases))
        assert all(len(case) <= 1 for case in cases)
    return root


def test_junit_has_the_elements_of_the_usual_schema(folder: Path) -> None:
    assert_junit(report("junit").out)
    # Of a program on the command line there is no file, and nothing that junit-10.xsd does not know.
    root = assert_junit(answer("check", LECTURE, *POINT, "--expect", "J=34", "--format", "junit").out)
    assert [suite.get("name") for suite in root] == [LECTURE]
    assert [set(case.attrib) for case in root.iter("testcase")] == [{"name", "classname"}]


def test_junit_of_a_program_with_everything_that_xml_escapes() -> None:
    program = "y = where(x < 1 and x >= 0, 1, 2) # \"quoted\" & 'so' ]]> \x01 \U0001f600"
    result = answer("check", program, "--x", "0", "--expect", "y = 3 # <>&\"'\x02", "--format", "junit")
    assert result.status == 1
    (case,) = assert_junit(result.out).iter("testcase")
    assert case.get("name") == "y = 3 # <>&\"'\\x02"
    assert "\U0001f600" in str(case.get("classname"))


def test_several_files_are_several_suites(folder: Path) -> None:
    (folder / "other.toml").write_text(FILE)
    (folder / "none.toml").write_text("x = ")
    root = assert_junit(answer("check", "it.toml", "other.toml", "none.toml", "--format", "junit").out)
    assert [(s.get("name"), s.get("tests")) for s in root] == [
        ("it.toml", "8"), ("other.toml", "8"), ("none.toml", "1"),
    ]  # fmt: skip


# JSON.


def test_json_has_the_documented_shape(folder: Path) -> None:
    found = json.loads(report("json").out, parse_constant=refuse_constant)
    assert {key: found[key] for key in ("passed", "failed", "errors", "skipped")} == {
        "passed": 3, "failed": 2, "errors": 2, "skipped": 1,
    }  # fmt: skip
    results = [result for check in found["checks"] for result in check["results"]]
    assert [(result["verdict"], result["line"]) for result in results] == [(v, line) for v, _, line in SAID]
    first, wrong, undefined = results[:3]
    assert first == {
        "verdict": "pass", "file": "it.toml", "line": 6, "quantity": "J", "formula": "33",
        "tolerance": {"rtol": 1e-06, "atol": 1e-12, "equal_nan": False}, "compared": 1, "failed": 0,
        "without_value": 0, "left_out": {"undefined": 0, "rounding": 0, "kinks": 0},
        "by_absolute_tolerance_alone": 0,
        "by_many_digits": 0,
        "worst": {
            "row": 1, "inputs": {"a": 5.0, "b": 3.0, "c": 2.0}, "expected": 33.0, "computed": 33.0,
            "difference": 0.0, "tolerances": 0.0, "digits": 17,
        },
        "mismatches": [],
    }  # fmt: skip
    assert wrong["worst"]["difference"] == -1.0
    assert wrong["mismatches"] == [wrong["worst"]]
    assert undefined["worst"]["expected"] == "NaN"
    assert undefined["worst"]["tolerances"] == "Infinity"
    assert "log(a - 5)" in undefined["message"]
    jump, slope = found["checks"][2]["results"]
    assert (jump["derivative"], jump["finding"], jump["counts"]) == ("dy/dx", "jump", {"jump": 1})
    assert (slope["derivative"], slope["finding"], slope["computed"]) == ("dy/dz", "pass", 0.0)
    assert (found["checks"][3]["samples"], found["checks"][3]["seed"]) == (1000, 0)


def test_json_of_infinities_and_of_strange_names() -> None:
    result = answer("check", "é = -x", "--x", "inf", "--expect", 'é = 1 # "\u2028\\', "--format", "json")
    (found,) = json.loads(result.out, parse_constant=refuse_constant)["checks"][0]["results"]
    assert found["worst"]["computed"] == "-Infinity"
    assert found["worst"]["inputs"] == {"x": "Infinity"}
    assert found["formula"] == '1 # "\u2028\\'


# Workflow commands.

COMMAND = re.compile(r"^::(error|warning|notice) ((?:\w+=[^,:]*)(?:,\w+=[^,:]*)*)::(.*)$")


def workflow_commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """The workflow commands of a log, read as GitHub's runner reads them."""
    found = []
    for line in text.splitlines():
        if line.startswith("::"):
            match = COMMAND.match(line)
            assert match, line
            level, properties, message = match.groups()
            pairs = [pair.split("=", 1) for pair in properties.split(",")]
            found.append((level, {key: unquote(value) for key, value in pairs}, unquote(message)))
    return found


def test_annotations_point_at_the_lines_of_the_check_file(folder: Path) -> None:
    result = report("github")
    found = workflow_commands(result.out)
    bad = [(label, line) for verdict, label, line in SAID if verdict in ("fail", "error")]
    assert [(p["file"], int(p["line"])) for level, p, _ in found if level == "error"] == [
        ("it.toml", line) for _, line in bad
    ]
    for (_, properties, _), (label, _) in zip(found, bad, strict=False):
        assert properties["title"].endswith(": " + label)
    assert found[0][1]["title"] == "right, and wrong: 100%: dJ/da = 4"
    assert "right%2C and wrong%3A 100%25%3A dJ/da = 4" in result.out
    assert "expected 4, computed 3" in found[0][2]
    assert "\ngraphdiff check " in found[0][2]
    assert [(level, p["title"]) for level, p, _ in found[-1:]] == [("warning", "jumps & <kinks>: dy/dx")]
    assert result.out.splitlines()[-1] == "8 checks: 3 passed, 2 failed, 2 without an answer, 1 not verified"


def test_only_as_many_annotations_as_github_shows() -> None:
    wrong = [word for k in range(14) for word in ("--expect", f"J = {k}")]
    result = answer("check", LECTURE, *POINT, *wrong, "--format", "github")
    found = workflow_commands(result.out)
    assert [level for level, *_ in found] == ["error"] * 10 + ["notice"]
    assert found[10][2] == "4 more are not shown here"
    assert "file" not in found[0][1]


def test_an_annotation_of_a_program_in_a_file_points_into_it(folder: Path) -> None:
    (folder / "model.gd").write_text("u = b*c\nJ = 3*(u\n")
    (folder / "f.toml").write_text('[[check]]\nname = "f"\nfile = "model.gd"\nexpect.J = 1\n')
    ((_, properties, _),) = workflow_commands(answer("check", "f.toml", "--format", "github").out)
    assert (properties["file"], properties["line"]) == ("model.gd", "2")


# Markdown, and the summary of a step.


def table(text: str) -> list[list[str]]:
    """The cells of the first table of a Markdown text."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


def test_markdown_has_a_row_for_each_expectation(folder: Path) -> None:
    header, rule, *rows = table(report("markdown").out)
    assert len(header) == len(rule) == 4
    shown = {"pass": "pass", "fail": "**fail**", "error": "**error**", "skip": "not verified"}
    assert [(row[0], row[2]) for row in rows] == [(shown[v], f"`{label}`") for v, label, _ in SAID]
    assert all(len(row) == 4 for row in rows)
    assert rows[4][1] == r"jumps \& \<kinks\> (it.toml:16)"


def test_markdown_escapes_bars_and_backticks() -> None:
    result = answer("check", "y = x # a|b", "--x", "1", "--expect", "y = 2 # `a|b`", "--format", "markdown")
    rows = table(result.out)
    assert all(len(row) == 4 for row in rows)


def test_a_summary_does_not_grow_without_bound() -> None:
    wrong = [word for k in range(700) for word in ("--expect", f"J = {k}")]
    out = answer("check", LECTURE, *POINT, *wrong, "--format", "markdown").out
    assert len(table(out)) == 502
    assert "200 more are not shown." in out
    assert len(out) < 200_000


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_the_summary_of_a_step_is_appended_in_any_format(folder: Path, form: str) -> None:
    summary = folder / "summary.md"
    summary.write_text("before\n")
    env = environment(GITHUB_STEP_SUMMARY=str(summary))
    assert graphdiff("check", "it.toml", "--format", form, env=env).status == 2
    assert summary.read_text() == "before\n" + report("markdown").out


def test_a_summary_that_cannot_be_written_changes_no_status(folder: Path) -> None:
    env = environment(GITHUB_STEP_SUMMARY=str(folder / "no folder" / "summary.md"))
    result = graphdiff("check", LECTURE, *POINT, "--expect", "J=33", env=env)
    assert result.status == 0
    assert result.err.startswith("notice: cannot write ")


# Reports beside the text.


@pytest.mark.parametrize(
    ("name", "form"), [("r.xml", "junit"), ("r.json", "json"), ("R.MD", "markdown"), ("r.txt", "text")]
)
def test_a_report_is_written_beside_the_text(folder: Path, name: str, form: str) -> None:
    result = answer("check", "it.toml", "--report", name)
    assert result == report("text")
    assert (folder / name).read_text("utf-8") == report(form).out


def test_several_reports_and_one_format_for_any_name(folder: Path) -> None:
    result = answer("check", "it.toml", "--report", "a.xml", "--report", "b.json", "--format", "github")
    assert result.status == 2
    assert_junit((folder / "a.xml").read_text())
    json.loads((folder / "b.json").read_text())
    answer("check", "it.toml", "--report", "plain", "--report-format", "github")
    assert (folder / "plain").read_text() == report("github").out


def test_a_text_report_of_a_table_lists_the_mismatches(folder: Path) -> None:
    (folder / "t.csv").write_text("x,y,dy/dx\n1,1,3\n2,5,4\n3,9,7\n")
    result = answer("check", "y = x^2", "--table", "t.csv", "--report", "r.txt")
    assert (folder / "r.txt").read_text() == result.out
    assert [line.split(":")[1] for line in result.out.splitlines()[:3]] == ["2", "3", "4"]


def test_reports_that_cannot_be(folder: Path) -> None:
    arguments = ("check", LECTURE, *POINT, "--expect", "J=33")
    assert_refused(answer(*arguments, "--report", "r.doc"), "no report format has the extension of r.doc")
    assert_refused(answer(*arguments, "--report", "report"), "--report-format")
    assert_refused(answer(*arguments, "--report-format", "json"), "--report-format needs --report")
    result = answer(*arguments, "--report", "no folder/r.xml")
    assert (result.status, result.err) == (
        2,
        "error: cannot write no folder/r.xml: no such file or directory\n",
    )
