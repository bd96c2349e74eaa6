"""Hostile command lines, files and surroundings: whatever is given, the status is the right one.

0, 2, or 1 where a check failed; never 70 and never a traceback, and nothing that a terminal or a
build server obeys is written. Changed at random: command lines, check files, tables, inputs and
the environment, within this process. The seeds are fixed; the campaign (pytest -m campaign) takes
GRAPHDIFF_QUESTIONS new ones, 100,000 by default.
"""

from __future__ import annotations

import json
import os
import random
import re
import time
import tomllib
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest
from shell import Result, answer

from graphdiff.cli.help_ import TOPICS
from graphdiff.diagnostics import COMMAND
from graphdiff.rules import CALLABLE

PROGRAMS = [
    "J=3*v; v=a+u; u=b*c", "y = where(x > 0, sqrt(x), 0) + abs(x - 1)", "y = x^2", "y = 1/x",
    "f(t) = t^2\ny = f(x) # a comment\n", "y = diff(sin(x)*exp(x), x)", "y = gamma(x)", "-x^2",
    "energy = k*length^2; force = diff(energy, length)",
]  # fmt: skip

CHECK_FILES = [
    '[[check]]\nname = "one"\nprogram = "y = x^2"\ninputs.x = 3\nexpect = ["y = 9", "dy/dx = 2*x"]\n',
    'rtol = 1e-9\n[[check]]\nname = "two"\nprogram = "y=x*z"\ninputs = { x = "0..1", z = 2.5 }\n'
    'samples = 20\nseed = 3\nexpect = { "dy/dx" = "z", "d2y/dx dz" = 1 }\n',
    '[[check]]\nname = "three"\nfile = "model.gd"\ntable = "rows.csv"\nignore = ["note"]\n',
    "[[check]]\nname = 'four'\nprogram = '''\ny = x\n'''\npoints = [{x = 1}, {x = 2e0}]\n"
    "expect = [{ that = 'y = x', ulp = 2 }]\n",
    '[[check]]\nname = "five"\nprogram = "y = x^3"\ninputs.x = 2\ngradcheck = true\nof = ["y"]\n',
]  # fmt: skip

TABLES = [
    "x,y,dy/dx\n1,1,2\n2,4,4\n", "note;x;y\na;1;1\nb;2;5\n", '{"x": 1, "y": 1}\n{"x": 2, "y": 4}\n',
    "# x, y\n1, 1\n", "id\tx\tdy/dx\n1\t3\t6\n",
]  # fmt: skip

INPUTS = [
    '{"x": 1, "z": "pi/4"}',
    '{"a": 5, "b": 3.0, "c": 2e0}',
    "x = 1\nz = 2.5\n",
    "a = 1\nb = 0x10\nc = 1_0\n",
]

# What breaks readers: numbers out of range, signs that mean something elsewhere, half of a construct.
PIECES = [
    "9" * 4301, "0x" + "f" * 5000, "1e400", "-1e999", "1e-400", "0" * 400, "1" + "0" * 400, "nan", "-inf",
    "inf", "\x00", "\x1b[31m", "\x9b31m", "\u202e", "\u2028", "\ufeff", "\udcff", "\r", "\n", "\t", "\x7f",
    "\n::error::x", "##[error]x", "##vso[task.complete]", "```", "|", "`", "<script>", "]]>", "&", "%0A", "#",
    " # ", "=", "==", ";", "{", "}", "[", "]", "[[", "]]", "(", ")", '"', "'", '"""', "'''", ",", ".", "..",
    "a." * 150, "[" * 2000, "{a=" * 300, "(" * 2000, "\\", "\\u0000", "\\ud800", "$(x)", "1979-05-27", "true",
    "null", "dJdb", "dJ_db", "D J/db", "-", "--", "1_000", "+5", "\u0302", "\u03b8", "\U0001d465", "/", "~",
    "rtol = 1e400\n", "samples = 1e18\n", "seed = -1\n", "ulp = 0x10\n", "equal_nan = true\n", "x = x\n",
    'expect = {"y=1 #" = 2}\n', 'file = "a\\u0000b"\n', 'table = "/"\n', *(f"{name}(" for name in CALLABLE),
]  # fmt: skip

COMMANDS = ["eval", "check", "derive", "explain", "functions", "help", "completion", "nonsense", ""]
VALUES = [
    "1", "2.5", "-1", "0", "1e308", "1e-320", "nan", "inf", "1..2", "-1..1", "1..nan", "pi/4", "x", "y",
    "dy/dx", "d2y/dx2", "dJ/db", "y = x^2", "dy/dx = 2*x", "it.toml", "other.toml", "rows.csv", "inputs.json",
    "inputs.toml", "model.gd", "/", "/dev/null", "/dev/full", "", "-", ".", "no/such/file", "json", "junit",
    "github", "markdown", "text", "csv", "tsv", "table", "python", "c", "latex", "sympy", "bash", *TOPICS,
    "out.json", "out.xml", "out.md", "out.txt", "x,y", "9" * 30, "1" + "0" * 5000,
]  # fmt: skip
# Options and values that make sense; others come from VALUES.
OPTIONS: dict[str, list[str]] = {
    "--x": ["2", "1..2"], "--set": ["x=1", "z=2", "c=3"], "--inputs": ["inputs.json", "inputs.toml", "-"],
    "--of": ["y", "J,v"], "--wrt": ["x", "a,b"], "--get": ["y", "dy/dx", "d2y/dx2", "dJ/db"], "--edges": [],
    "--order": ["2"], "--jvp": ["x=1"], "--hvp": ["x=1"], "--precision": ["30"], "--color": ["never"],
    "--format": ["json", "csv", "tsv", "table", "markdown", "junit", "github", "text"], "--gradcheck": [],
    "--expect": ["y = x^2", "dy/dx = 2*x", "J=3", "dJ/db = 3*c", "y=9", "d2y/dx2=2"], "--samples": ["50"],
    "--seed": ["7"], "--table": ["rows.csv", "-"], "--table-format": ["csv", "jsonl"], "--ignore": ["note"],
    "--rtol": ["1e-3"], "--atol": ["0"], "--ulp": ["4"], "--equal-nan": [], "--report-format": ["json"],
    "--report": ["out.json", "out.xml", "out.md", "out.txt"], "--schema": [], "--to": ["python", "c"],
    "--bump": ["x=0.001"], "-f": ["model.gd"], "-e": ["y=x"], "--help": [], "-h": [], "--version": [],
}  # fmt: skip
THEIRS = {
    "eval": ["--inputs", "--of", "--wrt", "--get", "--edges", "--order", "--jvp", "--precision", "--format"],
    "check": ["--expect", "--expect", "--expect", "--samples", "--gradcheck", "--rtol", "--report"],
    "derive": ["--to", "--wrt"], "explain": ["--bump", "--of", "--format"],
}  # fmt: skip
VARIABLES = {
    "GITHUB_STEP_SUMMARY": ["", "summary.md", "/", "no/such/file"], "NO_COLOR": ["", "1"],
    "FORCE_COLOR": ["0", "1", "x"], "COLUMNS": ["0", "-1", "x", "9" * 30], "PAGER": ["no-such-pager"],
    "COMP_WORDS": ["graphdiff eval y=x --", "graphdiff '", ""], "COMP_CWORD": ["3", "-5", "x", "9" * 30],
    "_GRAPHDIFF_COMPLETE": ["bash_complete", "zsh_complete", "fish_complete", "bash_source", "x", "_"],
}  # fmt: skip


def changed(source: random.Random, text: str) -> str:
    """A text with some pieces taken away, doubled or put in."""
    for _ in range(source.randint(0, 3)):
        start = source.randint(0, len(text))
        stop = min(len(text), start + int(source.expovariate(0.2)))
        piece = source.choice(PIECES) if source.random() < 0.6 else ""
        text = text[: source.choice((start, stop))] + piece + text[source.choice((start, stop)) :]
    return text


def words(source: random.Random) -> list[str]:
    """A command line."""
    command = source.choices(COMMANDS, [8, 12, 2, 2, 1, 1, 1, 1, 1])[0]
    if command == "check" and source.random() < 0.6:
        found = [command, *source.sample(["it.toml", "other.toml"], source.randint(1, 2))]
        chance = 0.3
    else:
        text = source.choice(PROGRAMS)
        found = [command, changed(source, text) if source.random() < 0.3 else text]
        for name in re.findall(r"\b(?:[abckxz]|length)\b", text):
            if f"--{name}" not in found and source.random() < 0.95:
                found += [f"--{name}", source.choice(VALUES[:12]) if source.random() < 0.3 else "1.5"]
        chance = 0.6
        if command == "check":
            found += ["--expect", source.choice(OPTIONS["--expect"])]
    while source.random() < chance:
        option = source.choice(THEIRS.get(command, list(OPTIONS)) if source.random() < 0.8 else list(OPTIONS))
        found.append(option)
        sound = source.random() < 0.8
        if OPTIONS[option] or not sound:
            value = source.choice(OPTIONS[option] if sound and OPTIONS[option] else VALUES)
            found.append(changed(source, value) if source.random() < 0.2 else value)
    # No word of a command line holds a NUL; more points or digits are only slower.
    return [word.replace("\0", "\1") for word in found]


def too_slow(line: list[str], text: str) -> bool:
    """Whether it asks for so many points or digits that only time would be tested."""
    asked = f"{' '.join(line)} {text}"
    return bool(re.search(r"(samples|precision|gradcheck)\W*[0-9a-fx_]{4,}|samples = 1e", asked))


@contextmanager
def surroundings(source: random.Random) -> Iterator[str]:
    """Files and variables around a command line."""
    files = {
        "it.toml": source.choice(CHECK_FILES), "other.toml": CHECK_FILES[0],
        "rows.csv": source.choice(TABLES), "model.gd": "y = x^2",
        "inputs.json": source.choice(INPUTS[:2]), "inputs.toml": source.choice(INPUTS[2:]),
    }  # fmt: skip
    for name in source.sample(sorted(files), source.randint(0, 3)):
        files[name] = changed(source, files[name])
    for name, text in files.items():
        Path(name).write_bytes(text.encode("utf-8", "surrogateescape"))
    variables = {name: source.choice(values) for name, values in VARIABLES.items() if source.random() < 0.03}
    with mock.patch.dict(os.environ, variables):
        yield "".join(files.values())


def assert_status_is_right(result: Result, line: list[str]) -> None:
    assert result.status in (0, 1, 2), (line, result)
    assert "Traceback" not in result.out + result.err, (line, result)
    assert "defect" not in result.err, (line, result)
    if result.status == 1:  # only for a check that failed
        assert line[0] == "check", (line, result)
        assert re.search(r"FAIL|fail", result.out + result.err), (line, result)
    if result.status == 2 and not result.out:
        assert re.match(r"(\x1b\[\d+m)*(error|notice):|Usage: ", result.err), (line, result)


def assert_written_safely(result: Result, line: list[str]) -> None:
    """No text of a file or of the command line does anything to a terminal or to a build server."""
    github = any("github" in word for word in line)
    for text in (result.err, result.out if line[0] in ("check", "eval", "explain") else ""):
        plain = re.sub(r"\x1b\[[\d;]*m", "", text) if "\x1b[31mx" not in text else text
        for written in plain.split("\n"):
            unsafe = [c for c in written if not c.isprintable() and c not in "\t\u3000\xa0"]
            assert not unsafe or line[0] == "explain", (line, written)
            if not (github and written.startswith("::")):
                assert not COMMAND.search(written), (line, written)


def assert_reports_are_valid() -> None:
    for path in Path().glob("out.*"):
        text = path.read_text("utf-8")
        if path.suffix == ".json" and text.startswith("{"):
            json.loads(text)
        elif path.suffix == ".xml" and text.startswith("<"):
            ElementTree.fromstring(text)
        path.unlink()
    assert not list(Path().glob(".graphdiff-*"))


def ask(seed: int) -> int:
    source = random.Random(seed)
    with surroundings(source) as text:
        line = words(source)
        if too_slow(line, text):
            return -1
        result = answer(
            *line, stdin=changed(source, source.choice(TABLES)).encode("utf-8", "surrogateescape")
        )
        assert_status_is_right(result, line)
        if not set(os.environ) & {"FORCE_COLOR", "_GRAPHDIFF_COMPLETE"} and "always" not in line:
            assert_written_safely(result, line)
        assert_reports_are_valid()
        return result.status


def statuses(seeds: range) -> Counter[int]:
    found: Counter[int] = Counter()
    for seed in seeds:
        try:
            found[ask(seed)] += 1
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize("first", range(0, 1200, 300))
def test_hostile_questions(folder: Path, first: int) -> None:
    found = statuses(range(first, first + 300))
    assert found[0] > 20
    assert found[2] > 50


@pytest.mark.campaign
def test_a_campaign_of_hostile_questions(folder: Path) -> None:
    first = int(os.environ.get("GRAPHDIFF_SEED", time.time_ns()))
    found = statuses(range(first, first + int(os.environ.get("GRAPHDIFF_QUESTIONS", "100000"))))
    assert min(found[0], found[1], found[2]) > 0


def test_the_files_that_are_changed_are_right_themselves() -> None:
    for text in CHECK_FILES:
        assert tomllib.loads(text)["check"]
