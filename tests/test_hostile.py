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
import signal
import subprocess
import sys
import time
import tomllib
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest
from shell import GRAPHDIFF, Result, answer, environment

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

NUMBERS = [piece for piece in PIECES if re.fullmatch(r"[-+]?(0x)?[0-9a-f_.]+(e-?[0-9]+)?|nan|-?inf", piece)]

COMMANDS = ["eval", "check", "derive", "explain", "functions", "help", "completion", "nonsense", ""]
VALUES = [
    "1", "2.5", "-1", "0", "1.7e308", "-1.7e308", "5e-324", "1e200", "-1.7e308..1.7e308",
    "1e-320", "nan", "inf", "1..2", "-1..1", "1..nan", "pi/4",
    "x", "y",
    "dy/dx", "d2y/dx2", "dJ/db", "y = x^2", "dy/dx = 2*x", "it.toml", "other.toml", "rows.csv", "inputs.json",
    "inputs.toml", "model.gd", "/", "/dev/null", "", "-", ".", "no/such/file", "json", "junit",
    "github", "markdown", "text", "csv", "tsv", "table", "python", "c", "latex", "sympy", "bash", *TOPICS,
    "out.json", "out.xml", "out.md", "out.txt", "x,y", "9" * 30, "1" + "0" * 5000,
]  # fmt: skip
# Options and values that make sense; others come from VALUES.
OPTIONS: dict[str, list[str]] = {
    "--x": ["2", "1..2"], "--set": ["x=1", "z=2", "c=3"], "--inputs": ["inputs.json", "inputs.toml", "-"],
    "--of": ["y", "J,v"], "--wrt": ["x", "a,b"], "--get": ["y", "dy/dx", "d2y/dx2", "dJ/db"], "--edges": [],
    "--order": ["2"], "--jvp": ["x=1"], "--hvp": ["x=1"], "--precision": ["30"], "--color": ["never"],
    "--format": ["json", "csv", "tsv", "table", "markdown", "junit", "github", "text"], "--gradcheck": [],
    "--expect": ["y = x^2", "dy/dx = 2*x", "J=3", "dJ/db = 3*c", "y=9", "d2y/dx2=2", "y=-x",
                 "y=-1.7e308", "y=5e-324", "dy/dx=1e300*x", "y=1/x"], "--samples": ["50"],
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


def reworded(source: random.Random, text: str) -> str:
    """A text with one number, name or quoted text replaced, so that it is mostly still of its form."""
    found = list(re.finditer(r'"[^"\n]*"|[\w.]+', text))
    if not found:
        return text
    match = source.choice(found)
    if match[0][0] == '"':
        new = json.dumps(changed(source, match[0][1:-1]) or source.choice(PIECES)).replace("\\udcff", "?")
    else:
        new = source.choice(NUMBERS if match[0][0].isdigit() else [json.dumps(p) for p in PIECES] + PIECES)
    return text[: match.start()] + new + text[match.end() :]


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
                found += [f"--{name}", source.choice(VALUES[:16]) if source.random() < 0.4 else "1.5"]
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
        files[name] = source.choice((changed, reworded, reworded))(source, files[name])
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


# Numbers out of range, in every place of a file.

HEX = "0x" + "f" * 5000
LONG = "9" * 4301


def one_check(inputs: str = "x = 1", expect: str = "y = 1", more: str = "", program: str = "y = x") -> str:
    head = f'{more}\n[[check]]\nname = "n"\nprogram = "{program}"\n'
    return f"{head}inputs = {{{inputs}}}\nexpect = {{{expect}}}\n"


@pytest.mark.parametrize("number", [HEX, LONG, "1e400", "-1e999", "1" + "0" * 400, "-" + LONG, "1_0e4_00"])
@pytest.mark.parametrize("place", ["inputs", "expect", "rtol", "atol", "ulp", "samples", "seed"])
def test_a_number_of_a_check_file_that_is_out_of_range(folder: Path, number: str, place: str) -> None:
    parts = {"inputs": f"x = {number}"} if place == "inputs" else {"expect": f"y = {number}"}
    text = one_check(**parts) if place in ("inputs", "expect") else one_check(more=f"{place} = {number}")
    Path("it.toml").write_text(text)
    Path("good.toml").write_text(one_check())
    result = answer("check", "it.toml", "good.toml")
    assert result.status == 2
    assert re.search("binary64 number|more than 4300 digits|must be|at least", result.err), result
    assert "2 checks: 1 passed, 1 without an answer" in result.out  # the other file is checked all the same


@pytest.mark.parametrize("number", [HEX, LONG, "1e400"])
def test_a_number_of_an_inputs_file_that_is_out_of_range(folder: Path, number: str) -> None:
    Path("in.toml").write_text(f"x = {number}\n")
    assert answer("eval", "y=x", "--inputs", "in.toml").status == 2


def test_numbers_of_toml_as_it_writes_them(folder: Path) -> None:
    Path("in.toml").write_text("a = 1_000.5\nb = 0x1f\nc = 1_0\nd = +inf\ne1 = -nan\nf = 0.1\n")
    program = "y = a + b + c; z = d; w = e1; v = f"
    assert answer("eval", program, "--inputs", "in.toml", "--get", "y").out == "1041.5\n"
    found = answer("eval", program, "--inputs", "in.toml", "--get", "v", "--precision", "30").out
    assert found == "0.1\n"  # its text, not the nearest binary64 number
    assert answer("eval", program, "--inputs", "in.toml", "--get", "z", "--get", "w").out == "inf\nnan\n"


@pytest.mark.parametrize(
    ("x", "expected"),
    [("1.7e308", "-1.7e308"), ("5e-324", "1e-323"), ("5e-324", "-5e-324"), ("1e308", "nan"), ("inf", "-inf")],
)
def test_differences_at_the_ends_of_the_range(folder: Path, x: str, expected: str) -> None:
    for form in ("text", "json", "junit", "github", "markdown"):
        line = ["check", "y = x", "--x", x, "--expect", f"y = {expected}", "--atol", "0", "--format", form]
        assert answer(*line).status == 1
    Path("rows.csv").write_text(f"x,y\n{x},{expected}\n1,1\n")
    assert answer("check", "y = x", "--table", "rows.csv", "--atol", "0").status == 1


def test_more_points_than_can_be_counted(folder: Path) -> None:
    line = ["check", "y = x", "--x", "1", "--gradcheck"]
    assert answer(*line).status == 0
    Path("it.toml").write_text(
        '[[check]]\nname = "n"\nprogram = "y = log(-1 - x^2)"\ninputs.x = "1..2"\nsamples = 1e30\n'
        "gradcheck = true\npoints = []\n"
    )
    assert answer("check", "it.toml").status == 2


@pytest.mark.parametrize("language", ["sympy", "latex", "python", "c", "julia"])
@pytest.mark.parametrize("number", [LONG, f"1e{LONG}", f"1e-{LONG}", f"0.{LONG}", "3e99999999*2"])
def test_a_number_of_a_program_of_any_length(language: str, number: str) -> None:
    assert answer("derive", f"y = x*{number}", "--to", language).status == 0


# Keys, comments and names.


@pytest.mark.parametrize("key", ["y=1 #", "y #", "y = 1\\ny", "y=1;", "", " ", "y<", "dy/dx #", "dydx"])
def test_a_key_is_one_quantity(folder: Path, key: str) -> None:
    Path("it.toml").write_text(one_check(expect=f'"{key}" = 1'))
    result = answer("check", "it.toml")
    assert (result.status, "passed" in result.out) == (2, False), result


@pytest.mark.parametrize("formula", ["1\\n2", "1; y = 2", "", "#", "= 1", "y = 1", "1)\\nz = (1"])
def test_a_formula_is_one_expression(folder: Path, formula: str) -> None:
    Path("it.toml").write_text(one_check(expect=f'y = "{formula}"'))
    assert answer("check", "it.toml").status == 2


@pytest.mark.parametrize("value", ["#", "1\\n2", "1; 2", "x = 1", "1..2..3"])
def test_a_value_is_one_number(folder: Path, value: str) -> None:
    Path("it.toml").write_text(one_check(inputs=f'x = "{value}"'))
    assert answer("check", "it.toml").status == 2


@pytest.mark.parametrize(("value", "points"), [("1 # ..5", 1), ("1 # 2", 1), ("1..2 # 3..4", 1000)])
def test_a_comment_beside_a_value_is_no_part_of_it(folder: Path, value: str, points: int) -> None:
    Path("it.toml").write_text(one_check(inputs=f'x = "{value}"', expect='y = "x"'))
    (check,) = json.loads(answer("check", "it.toml", "--format", "json").out)["checks"]
    assert check["results"][0]["compared"] == points


def test_an_input_that_is_given_twice_in_two_spellings(folder: Path) -> None:
    inputs = '"\\u00e9" = 1, "e\\u0301" = 2'
    Path("it.toml").write_text(one_check(inputs, "y = 1", program="y = \u00e9"), encoding="utf-8")
    assert "is given twice" in answer("check", "it.toml").err


@pytest.mark.parametrize(
    ("column", "meant"),
    [
        ("dJdb", "dJ/db"), ("dJ_db", "dJ/db"), ("dJ-db", "dJ/db"), ("dJ.db", "dJ/db"), ("d J d b", "dJ/db"),
        ("DJDB", "dJ/db"), ("djdb", "dJ/db"), ("d(J)d(b)", "dJ/db"), ("\u2202J\u2202b", "dJ/db"),
        ("D J/db", "dJ/db"), ("\u2202J/\u2202b", "dJ/db"), ("dj/db", "J"), ("dJdq", "dJ/da"), ("dJ/d b", "b"),
        ("Jdb", "dJ/db"),
        ("dJbd", "dJ/db"), ("dJdbb", "dJ/db"), ("dv_b", "dv/db"), ("dudc", "du/dc"), ("d2Jdb2", "d2J/db2"),
        ("d2J_db_dc", "d2J/db dc"), ("'J'", "J"), ("J_", "J"), ("j", "J"), ("J [m]", "J"), ("J (mm)", "J"),
        ("dJdb [N]", "dJ/db"),
    ],
)  # fmt: skip
def test_a_column_that_nearly_names_a_quantity(folder: Path, column: str, meant: str) -> None:
    Path("rows.csv").write_text(f"a,b,c,v,{column}\n5,3,2,11,6\n", encoding="utf-8")
    result = answer("check", "J=3*v; v=a+u; u=b*c", "--table", "rows.csv")
    assert result.status == 2
    assert f"did you mean {meant}?" in result.err


HONEST = [
    "id", "date", "day", "notes", "note", "comment", "run", "data", "added", "index", "step", "time", "name",
    "weight", "x", "b [raw]", "ID", "error", "unit", "seed", "J_ref", "J_num", "grad",
    "Date", "dist", "delta", "dead",
]  # fmt: skip


@pytest.mark.parametrize("program", ["J=3*v; v=a+u; u=b*c", "J = 3*(t + b*c)*length"])
def test_columns_of_other_data_are_no_mistakes(folder: Path, program: str) -> None:
    inputs = ["a", "b", "c"] if "a+u" in program else ["t", "b", "c", "length"]
    header, cells = [*inputs, "J", *HONEST], ["1"] * (len(inputs) + 1 + len(HONEST))
    cells[len(inputs)] = "6"
    Path("rows.csv").write_text(f"{','.join(header)}\n{','.join(cells)}\n")
    result = answer("check", program, "--table", "rows.csv")
    assert result.status == 0, result
    assert "that are not used: id, date" in result.err


# Keys of many parts.


@pytest.mark.parametrize(
    "text",
    ["a." * 100_000 + "a = 1", "[" + "a." * 100_000 + "a]", 'x = {"b"' + '."b"' * 100_000 + " = 1}"],
    ids=["key", "header", "quoted"],
)
def test_a_key_of_many_parts_is_refused_at_once(folder: Path, text: str) -> None:
    Path("it.toml").write_text(text)
    started = time.monotonic()
    assert "a key has more than 100 parts" in answer("check", "it.toml").err
    assert "a key has more than 100 parts" in answer("eval", "y=x", "--inputs", "it.toml").err
    assert time.monotonic() - started < 5


def test_a_text_without_end_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphdiff.cli.files.MOST_BYTES", 10_000)
    for line in (
        ["eval", "-f"],
        ["eval", "y=x", "--inputs"],
        ["check", "y=x", "--expect", "y=1", "--inputs"],
    ):
        result = answer(*line, "/dev/zero")
        assert (result.status, result.out) == (2, "")
        assert result.err.startswith("error: cannot read /dev/zero: more than a gigabyte of text")


def test_dots_elsewhere_are_not_parts_of_a_key(folder: Path) -> None:
    dots = "." * 500
    text = f'# {dots}\n[[check]]\nname = "{dots}"\nprogram = """\ny = x # {dots}\n"""\n'
    Path("it.toml").write_text(text + "inputs.x = 1.5\nexpect = ['y = 1.5']\n" + "# 1.5\n" * 100)
    assert answer("check", "it.toml").status == 0


# Text that is an instruction elsewhere.

NASTY = [
    "a\n::error::b", "::error::b", "  ::warning::b", "##[error]b", "##vso[task.complete]b", "\x1b[31mb",
    "\x9b31m",
    "a\rb", "\u202eb", "\u2028b", "\x7fb", "```", "\n```\n", "a|b", "]]>", "<b>&", "\ufeffb", "a\tb", "\x00b",
]  # fmt: skip


@pytest.mark.parametrize("nasty", NASTY)
@pytest.mark.parametrize("form", ["text", "json", "junit", "github", "markdown"])
def test_text_of_files_is_escaped_in_every_report(folder: Path, form: str, nasty: str) -> None:
    name = json.dumps(nasty).replace("\x7f", "\\u007f")
    program = f"y = x # {nasty}".replace("\n", "\n# ")
    written = json.dumps(program).replace("\x7f", "\\u007f")
    inputs = "inputs.x = 2\n"
    Path("it.toml").write_text(
        f"[[check]]\nname = {name}\nprogram = {written}\n{inputs}expect = ['y = 1']\n"
        f"[[check]]\nname = 'a'\nprogram = 'y = x'\n{inputs}expect = {{{name} = 1}}\n"
        f"[[check]]\nname = 'b'\nprogram = 'y = x'\ninputs = {{{name} = 1}}\nexpect.y = 1\n"
        f"[[check]]\nname = 'c'\nfile = {name}\nexpect.y = 1\n"
        f"[[check]]\nname = 'd'\nprogram = 'y = x'\n{inputs}expect.y = {name}\n"
        f"[[check]]\nname = 'e'\nprogram = 'y = x'\ninputs.x = '1..2'\nexpect.y = 3\n"
    )  # fmt: skip
    result = answer("check", "it.toml", "--format", form)
    assert result.status == 2, result
    assert_written_safely(result, ["check", form])
    if form == "json":
        found = json.loads(result.out)
        assert found["checks"][0]["name"] == nasty  # what is escaped is read back whole
        assert found["checks"][0]["program"] == program
    if form == "junit":
        ElementTree.fromstring(result.out)
    if form == "markdown":
        fences = [line for line in result.out.splitlines() if re.match(" {0,3}```", line)]
        assert len(fences) == 2
        assert len(fences[1]) >= max(map(len, re.findall("`+", result.out.split(fences[0])[1])))


@pytest.mark.parametrize("nasty", [text for text in NASTY if "\0" not in text])
def test_text_of_tables_and_options_is_escaped_in_messages(folder: Path, nasty: str) -> None:
    cell = '"' + nasty.replace('"', '""') + '"'
    for text in (f"x,y,{cell}\n1,1,1\n", f"x,y\n1,{cell}\n", f"x,d{cell}/dx\n1,1\n", f"{cell}\n1\n"):
        Path("rows.csv").write_text(text, encoding="utf-8")
        assert_written_safely(answer("check", "y = x", "--table", "rows.csv"), ["check"])
    Path("t.jsonl").write_text(json.dumps({"x": 1, nasty: 2}) + "\n")
    assert_written_safely(answer("check", "y = x", "--table", "t.jsonl"), ["check"])
    for line in (["-f", nasty], [nasty], ["y = x", f"--{nasty}", "1"], ["y = x", "--get", nasty],
                 ["y = x", "--x", nasty], ["y = x", "--set", nasty], ["y=x", "--format", nasty]):  # fmt: skip
        assert_written_safely(answer("eval", *line), ["eval"])
    assert_written_safely(answer(nasty), ["check"])
    assert_written_safely(answer("help", nasty), ["check"])
    assert_written_safely(answer("check", f"{nasty}.toml"), ["check"])


@pytest.mark.parametrize("first", ["", "t = x\n", "-x; "])
def test_a_reproduction_on_one_line_runs_in_a_shell(folder: Path, first: str) -> None:
    program = 'y = x # it\'s 100%d \x1b[31m, ##[a] \\ \\033 $x `a` "\u03b8"\nz = y'
    program = first + program
    result = answer("check", "-e", program, "--x", "1..2", "--expect", "z = 3*x", "--format", "json")
    (found,) = json.loads(result.out)["checks"][0]["results"]
    line = f"{found['reproduce']} --format json"
    done = subprocess.run(["sh", "-c", line], env=environment(), capture_output=True, check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout)["checks"][0]["program"] == program


# Where reports are written.


def report(path: str, *more: str, value: str = "1") -> Result:
    return answer("check", "y = x", "--x", "1", "--expect", f"y = {value}", "--report", path, *more)


def test_a_report_replaces_the_old_one_whole_and_keeps_its_permissions(folder: Path) -> None:
    old = folder / "r.json"
    old.write_text("old")
    old.chmod(0o640)
    with old.open() as reader:
        assert report("r.json").status == 0
        assert reader.read() == "old"  # a reader sees the one or the other
    assert json.loads(old.read_text())["passed"] == 1
    assert old.stat().st_mode & 0o777 == 0o640
    mask = os.umask(0o027)
    try:
        report("new.json")
    finally:
        os.umask(mask)
    assert (folder / "new.json").stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in folder.iterdir()) == ["new.json", "r.json"]


def test_a_report_that_fails_leaves_the_old_one_and_the_others(folder: Path) -> None:
    (folder / "r.json").write_text("old")
    with mock.patch("graphdiff.cli.files.os.replace", side_effect=OSError(28, "No space left on device")):
        result = report("r.json")
    assert (result.status, result.err) == (2, "error: cannot write r.json: no space left on device\n")
    assert [path.name for path in folder.iterdir()] == ["r.json"]
    assert (folder / "r.json").read_text() == "old"
    result = report("no/r.xml", "--report", "r.json", "--report", ".", "--report", "s.md",
                    "--report-format", "json")  # fmt: skip
    assert result.status == 2
    assert result.err.count("error: cannot write") == 2
    assert json.loads((folder / "r.json").read_text()) == json.loads((folder / "s.md").read_text())


def test_a_report_through_a_link_and_into_what_is_no_file(folder: Path) -> None:
    (folder / "real").mkdir()
    (folder / "real" / "r.json").write_text("old")
    (folder / "link.json").symlink_to("real/r.json")
    (folder / "dangling.json").symlink_to("real/new.json")
    for name in ("link.json", "dangling.json"):
        assert report(name).status == 0
        assert (folder / name).is_symlink()
        assert json.loads((folder / name).read_text())["passed"] == 1
    assert report(os.devnull, "--report-format", "json").status == 0
    os.mkfifo("pipe.json")
    reader = subprocess.Popen(["cat", "pipe.json"], stdout=subprocess.PIPE)
    assert report("pipe.json").status == 0
    assert json.loads(reader.communicate()[0])["passed"] == 1


def in_a_shell(script: str) -> tuple[int, str, str]:
    line = f"{GRAPHDIFF} check 'y = x' --x 1 --expect y=1 {script}"
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, env=environment(), text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
def test_reports_and_standard_output_fail_each_by_itself(folder: Path) -> None:
    full = "no space left on device\n"
    assert in_a_shell("--report r.json > /dev/full") == (2, "", f"error: cannot write the answer: {full}")
    assert json.loads((folder / "r.json").read_text())["passed"] == 1
    closed = "error: cannot write the answer: standard output is closed\n"
    assert in_a_shell("--report s.json >&-") == (2, "", closed)
    assert (folder / "s.json").exists()
    status, out, err = in_a_shell("--report /dev/full --report-format json")
    assert (status, err) == (2, f"error: cannot write /dev/full: {full}")
    assert out.endswith("1 check: 1 passed\n")
    for option in ("", "> out.txt"):
        status, out, err = in_a_shell(f"--report /dev/stdout --report-format json {option}")
        out = (folder / "out.txt").read_text() if option else out
        assert (status, err, out.count("passed")) == (0, "", 2)
    assert in_a_shell("2> /dev/full; exit $?")[0] == 0
    done = subprocess.run(["bash", "-c", f"{GRAPHDIFF} 2> /dev/full"], env=environment(), check=False)
    assert done.returncode == 2


# The command that completes, and interrupts.


@pytest.mark.parametrize(
    "variables", [{}, {"COMP_WORDS": "graphdiff"}, {"COMP_WORDS": "a", "COMP_CWORD": "x"}]
)
@pytest.mark.parametrize("instruction", ["bash_complete", "zsh_complete", "fish_complete", "nonsense", "x_y"])
def test_completion_that_a_shell_did_not_ask_for(
    variables: dict[str, str], instruction: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"_GRAPHDIFF_COMPLETE": instruction, **variables}.items():
        monkeypatch.setenv(name, value)
    result = answer()
    assert result.status in (0, 2)
    assert not result.status or "the words to complete are not" in result.err


@pytest.mark.parametrize(
    "command", [[GRAPHDIFF], [sys.executable, "-m", "graphdiff"]], ids=["script", "module"]
)
def test_an_interrupt_while_it_imports(command: list[str | Path], tmp_path: Path) -> None:
    """Each module of the package, and click, interrupts the process as it is imported."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == os.environ['MODULE']:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
    )
    for module in (
        "graphdiff.arithmetic",
        "graphdiff.sweep",
        "graphdiff.cli.run",
        "click",
        "graphdiff.cli.eval_",
    ):
        env = environment(MODULE=module, PYTHONPATH=str(tmp_path))
        done = subprocess.run(
            [*command, "eval", "y=x", "--x", "1"], capture_output=True, env=env, check=False,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        assert (done.returncode, done.stdout, done.stderr) == (130, b"", b""), module


def test_a_caller_of_the_library_keeps_its_own_handler() -> None:
    code = "import signal, graphdiff; assert signal.getsignal(2) is signal.default_int_handler"
    subprocess.run([sys.executable, "-c", code], env=environment(), check=True)


def test_a_package_that_is_not_installed_is_a_defect_and_no_failed_check() -> None:
    code = "import sys; sys.modules['click'] = None; from graphdiff.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment(), check=False)
    assert done.returncode == 70
    assert b"click" in done.stderr
