"""The command line as a person uses it: words, pipes, a terminal, formats that other programs read back."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import shlex
import subprocess
import sys
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from shell import (
    GRAPHDIFF,
    LECTURE,
    POINT,
    Result,
    answer,
    assert_refused,
    environment,
    graphdiff,
    on_terminal,
)

import graphdiff as package
from graphdiff.cli.commands import COMMANDS
from graphdiff.cli.help_ import TOPICS
from graphdiff.rules import CONSTANTS, TABLE

# The answers of the lecture: Andrew Ng, "Derivatives with a computation graph".
VALUES = {"a": 5.0, "b": 3.0, "c": 2.0, "u": 6.0, "v": 11.0, "J": 33.0}
SLOPES = {"a": 3.0, "b": 6.0, "c": 9.0, "u": 3.0, "v": 3.0, "J": 1.0}
EDGES = {("v", "a"): 1.0, ("v", "u"): 1.0, ("u", "b"): 2.0, ("u", "c"): 3.0, ("J", "v"): 3.0}
ORDER = ["a", "b", "c", "u", "v", "J"]


DOCS = Path(__file__).resolve().parents[1] / "docs"


def numbers(*arguments: str, stdin: str = "") -> list[float]:
    """The numbers that `eval` prints alone."""
    result = answer("eval", *arguments, stdin=stdin)
    assert (result.status, result.err) == (0, ""), result
    return [float(line) for line in result.out.splitlines()]


def table(text: str, delimiter: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


# Inputs.


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["--a", "5"], 5.0), (["--a=5"], 5.0), (["--a", "-5"], -5.0), (["--a=-5"], -5.0), (["--a", "+5"], 5),
        (["--a", "1e-3"], 0.001), (["--a", "-.5e-3"], -0.0005), (["--a", " 5 "], 5.0), (["--a", "5."], 5.0),
        (["--a", "pi/4"], math.pi / 4), (["--a", "-pi"], -math.pi), (["--a", "-(1+2)"], -3.0),
        (["--a", "2^10"], 1024.0), (["--a", "sqrt(2)"], math.sqrt(2)), (["--a", "1/3"], 1 / 3),
        (["--a", "1<2"], 1.0), (["--a", "(1==2)"], 0), (["--a=e"], math.e), (["--a", "tau # 2"], math.tau),
        (["--a", "inf"], math.inf), (["--a", "-inf"], -math.inf), (["--a=-inf"], -math.inf),
        (["--a", "Infinity"], math.inf), (["--a", "-Infinity"], -math.inf), (["--a", "+inf"], math.inf),
        (["--set", "a=5"], 5.0), (["--set", "a=-5"], -5.0), (["--set=a=5"], 5.0), (["--set", " a = 5 "], 5.0),
        (["--set", "a=pi/4"], math.pi / 4), (["--set", "a=(1==1)"], 1.0),
    ],
)  # fmt: skip
def test_a_value_is_a_number_or_an_expression_of_constants(words: list[str], value: float) -> None:
    assert numbers("y=a", *words, "--get", "y") == [value]
    assert numbers(*words, "y=a", "--get", "y") == [value]  # before the program
    assert numbers("--get", "y", *words, "y=a") == [value]


def test_nan_is_a_value() -> None:
    for word in ("nan", "NaN"):
        (value,) = numbers("y=a", "--a", word, "--get", "y")
        assert math.isnan(value)


def test_inputs_before_the_program_and_around_it() -> None:
    expected = answer("eval", LECTURE, *POINT)
    for words in (
        ["--a", "5", LECTURE, "--b", "3", "--c", "2"],
        ["--a", "5", "--b", "3", "--c", "2", LECTURE],
        ["--c=2", LECTURE, "--set", "b=3", "--a", "5"],
        ["-e", LECTURE, *POINT],
        [*POINT, "-e", LECTURE],
        [*POINT, f"-e{LECTURE}"],
        [*POINT, f"--expression={LECTURE}"],
        [*POINT, "--", LECTURE],
    ):
        assert answer("eval", *words) == expected


def test_the_value_of_an_input_is_never_the_program() -> None:
    assert numbers("--x", "pi", "y=2*x", "--get", "y") == [math.tau]
    assert numbers("--eval", "2*3", "y=2*eval", "--get", "y") == [12.0]
    assert_refused(
        answer("eval", "--z", "y=3", "y=2*x", "--x", "3"), "'--z' is neither an option nor an input"
    )
    assert_refused(answer("eval", "--z", "y=3"), "an input goes with its program")


def test_names_that_differ_in_case_are_two() -> None:
    assert numbers("y=10*a+A", "--a", "1", "--A", "2", "--get", "y", "--get", "dy/da", "--get", "dy/dA") == [
        12.0, 10.0, 1.0,
    ]  # fmt: skip
    assert_refused(answer("eval", "y=10*a+A", "--a", "1"), "missing input: A")


@pytest.mark.parametrize(
    "name", ["θ", "ñ", "日本", "x_1", "_", "x\u0302", "\U0001d465", "Ω", "µ", "ß", "İ", "\u0131"]
)
def test_names_of_every_script(name: str) -> None:
    for words in ([f"--{name}", "3"], [f"--{name}=3"], ["--set", f"{name}=3"]):
        result = graphdiff("eval", f"y=2*{name}", *words, "--get", "y", "--get", f"dy/d{name}")
        assert result == Result(0, "6\n2\n", "")


def test_names_in_either_normal_form(tmp_path: Path) -> None:
    nfc, nfd = (unicodedata.normalize(form, "é") for form in ("NFC", "NFD"))
    assert nfc != nfd
    path = tmp_path / "inputs.json"
    for here, there in ((nfc, nfd), (nfd, nfc)):
        program = f"y=2*{here}"
        for words in (["--" + there, "3"], [f"--{there}=3"], ["--set", f"{there}=3"]):
            assert numbers(program, *words, "--get", "y", "--get", f"dy/d{there}") == [6.0, 2.0]
        path.write_text(json.dumps({there: 3}))
        assert numbers(program, "--inputs", str(path), "--get", "y") == [6.0]
        rows = answer("eval", program, f"--{there}", "3", "--of", "y", "--wrt", there).out.splitlines()
        assert rows[1] == f"{nfc}\tinput\t3\t2"


@pytest.mark.parametrize(
    "name",
    [
        "format",
        "of",
        "wrt",
        "get",
        "edges",
        "precision",
        "color",
        "set",
        "inputs",
        "file",
        "expression",
        "help",
    ],
)
def test_an_input_with_the_name_of_an_option(name: str) -> None:
    program = f"y=2*{name}"
    assert numbers(program, "--set", f"{name}=3", "--get", "y") == [6.0]
    refused = answer("eval", program)
    assert_refused(refused, f"missing input: {name}", f"--set {name}=NUMBER")


@pytest.mark.parametrize(
    "name", ["f", "e_", "h", "V", "self", "ctx", "of_", "form", "colors", "settings", "program", "args"]
)
def test_an_input_with_a_name_that_the_code_uses(name: str) -> None:
    assert numbers(f"y=2*{name}", f"--{name}", "3", "--get", "y") == [6.0]


def test_files_of_inputs(tmp_path: Path) -> None:
    as_json, as_toml = tmp_path / "point.json", tmp_path / "point.toml"
    as_json.write_text('{"a": 5, "b": "1+2", "c": 2.0}')
    as_toml.write_text("# a point\na = 5\nb = '1+2'\nc = 2.0\n")
    get = ("--get", "J")
    for path in (str(as_json), str(as_toml)):
        assert numbers(LECTURE, "--inputs", path, *get) == [33.0]
        assert numbers(LECTURE, "--inputs", path, "--b", "3.001", *get) == [33.006]  # an option overrides
        assert numbers("--set", "c=0", LECTURE, "--inputs", path, *get) == [15.0]
    assert numbers(LECTURE, "--inputs", "-", *get, stdin=as_json.read_text()) == [33.0]
    as_json.write_text("\ufeff" + '{"a": 5, "b": 3}')
    assert numbers(LECTURE, "--inputs", str(as_json), "--c", "2", *get) == [33.0]
    assert_refused(answer("eval", LECTURE, "--inputs", str(as_json)), "missing input: c")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"x": 0.1}', 0.1), ('{"x": 1E2}', 100.0), ('{"x": -3}', -3.0), ('{"x": "pi"}', math.pi),
        ('{"x": "Infinity"}', math.inf), ('{"x": "-Infinity"}', -math.inf), ('{"x": Infinity}', math.inf),
        ('{"x": 123456789012345678901234567890}', 1.2345678901234568e29),
    ],
)  # fmt: skip
def test_numbers_in_json(text: str, expected: float) -> None:
    assert numbers("y=x", "--inputs", "-", "--get", "y", stdin=text) == [expected]


def test_the_digits_of_a_file_reach_the_precision(tmp_path: Path) -> None:
    digits = "0.1000000000000000000000000000000000001"
    for name, text in (("x.json", f'{{"x": {digits}}}'), ("x.toml", f"x = {digits}")):
        (tmp_path / name).write_text(text)
        result = answer("eval", "y=x", "--inputs", str(tmp_path / name), "--precision", "40", "--get", "y")
        assert result.out.strip() == digits


# Programs.


def test_where_a_program_can_stand(tmp_path: Path) -> None:
    path = tmp_path / "a program.gd"
    path.write_text("\ufeff# lines\r\nJ=3*v\r\nv=a+u\r\nu=b*c\r\n", encoding="utf-8", newline="")
    expected = answer("eval", LECTURE, *POINT)
    assert expected.status == 0
    for words in (["-f", str(path)], [f"-f{path}"], ["--file", str(path)], [f"--file={path}"]):
        assert answer("eval", *words, *POINT) == expected
        assert answer("eval", *POINT, *words) == expected
    text = path.read_text(encoding="utf-8")
    for words in (["-"], ["-f", "-"], ["--file=-"]):
        assert answer("eval", *words, *POINT, stdin=text) == expected
        assert answer("eval", *POINT, *words, stdin=text) == expected


def test_a_program_that_begins_with_a_minus_sign() -> None:
    assert numbers("-e", "-a*2", "--a", "5", "--get", "out") == [-10.0]
    assert numbers("--a", "5", "-e", "-a*2", "--get", "out") == [-10.0]
    assert numbers("--get", "out", "--a", "5", "--", "-a*2") == [-10.0]
    assert numbers("-e", "-inf", "--get", "out") == [-math.inf]
    assert_refused(answer("eval", "-a*2", "--a", "5"), "goes after -e")
    assert_refused(answer("eval", "-a*2"), "goes after -e")


def test_help_lists_the_inputs_of_a_program(tmp_path: Path) -> None:
    path = tmp_path / "p.gd"
    path.write_text(LECTURE)
    for words in (
        [LECTURE, "--help"],
        ["--help", LECTURE],
        ["-h", "-f", str(path)],
        [LECTURE, "--a", "1", "-h"],
    ):
        result = answer("eval", *words)
        assert (result.status, result.err) == (0, "")
        section = result.out.split("Inputs of this program:\n")[1].split("\n\n")[0]
        assert [line.split()[0] for line in section.splitlines()] == ["--a", "--b", "--c"]
    assert "--set format=NUMBER" in answer("eval", "y=format", "--help").out
    assert "Inputs of this program" in answer("eval", "-", "--help", stdin="y=x").out
    for words in (["--help"], ["y=2*", "--help"], ["-f", "nowhere", "--help"]):
        result = answer("eval", *words)
        assert (result.status, result.err) == (0, "")
        assert "Inputs of this program" not in result.out


def test_help_at_a_terminal_does_not_wait() -> None:
    result = on_terminal([GRAPHDIFF, "eval", "-", "--help"])
    assert result.status == 0
    assert "Usage: graphdiff eval" in result.out


def test_the_command_alone() -> None:
    result = answer()
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("Usage: graphdiff")
    assert answer("--help").out == result.err
    assert answer("--version") == Result(0, f"graphdiff {package.__version__}\n", "")
    assert all(f"\n  {command} " in result.err for command in COMMANDS)


# Help.

COMMAND_HELP = [["--help"], ["help"], *([name, "--help"] for name in COMMANDS)]


@pytest.mark.parametrize("words", COMMAND_HELP, ids=" ".join)
def test_no_line_of_help_is_cut_or_too_long(words: list[str]) -> None:
    result = answer(*words)
    assert (result.status, result.err) == (0, "")
    for line in result.out.splitlines():
        assert len(line) <= 80, line
        assert not line.endswith("...") or line.startswith("Usage: "), line


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_ends_with_an_example_that_runs_and_a_topic(name: str) -> None:
    text = answer(name, "--help").out
    example, more = text.split("\n  Example:\n")[1].split("\n\n")
    assert more.split()[:3] == ["More:", "graphdiff", "help"]
    assert set(more.split()[3:]) <= set(TOPICS)
    done = subprocess.run(["bash", "-c", example], capture_output=True, env=environment(), check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert answer("help", name).out in (text, (DOCS / f"{name}.md").read_text() if name in TOPICS else text)


def test_the_topics_are_the_pages_of_the_documentation() -> None:
    assert {page.stem for page in DOCS.glob("*.md")} == set(TOPICS)
    listed = answer("help").out
    assert all(f"\n  {name} " in listed for name in (*TOPICS, *COMMANDS))


@pytest.mark.parametrize("topic", TOPICS)
def test_a_page_is_markdown_in_a_pipe_and_drawn_on_a_terminal(topic: str) -> None:
    text = (DOCS / f"{topic}.md").read_text(encoding="utf-8")
    assert graphdiff("help", topic) == Result(0, text, "")
    drawn = terminal("help", topic, PAGER="cat")
    assert max(map(cell_len, drawn.splitlines())) <= 80
    assert "```" not in drawn
    assert ".md)" not in drawn
    assert ESCAPE not in drawn
    in_colours = terminal("help", topic, PAGER="cat", NO_COLOR=None)
    assert ESCAPE in in_colours
    plain = re.sub(r"\x1b\[[0-9;]*m", "", in_colours)
    assert [line.rstrip() for line in plain.splitlines()] == drawn.splitlines()
    assert max(map(cell_len, terminal("help", topic, PAGER="cat", columns=40).splitlines())) <= 40


def test_a_page_on_a_terminal_goes_through_the_pager() -> None:
    assert terminal("help", "language", PAGER="head -n 1").strip() == "The language"


def test_an_unknown_topic_is_answered_with_a_near_one_or_the_list() -> None:
    refused = answer("help", "langauge")
    assert_refused(refused, "no such topic: langauge", "did you mean language?")
    assert_refused(answer("help", "zzz"), "'graphdiff help' lists the topics and commands")
    assert_refused(answer("help", "../README"), "no such topic")


# Which numbers.


def test_outputs_are_what_nothing_else_uses() -> None:
    program = ("J=a*b; K=a+v; v=2*b", "--a", "5", "--b", "3")
    assert table(answer("eval", *program).out, "\t")[0] == ["name", "kind", "value", "dJ", "dK"]
    assert table(answer("eval", *program, "--of", "K").out, "\t")[0][3:] == ["dK"]
    assert table(answer("eval", *program, "--of", "K,J").out, "\t")[0][3:] == ["dK", "dJ"]
    assert table(answer("eval", *program, "--of", " v , J,v").out, "\t")[0][3:] == ["dv", "dJ"]
    assert table(answer("eval", *program, "--of", "a").out, "\t")[0][3:] == ["da"]


def test_wrt_narrows_the_rows() -> None:
    rows = table(answer("eval", LECTURE, *POINT, "--wrt", "b,u").out, "\t")
    assert [row[0] for row in rows] == ["name", "b", "u", "J"]
    rows = table(answer("eval", LECTURE, *POINT, "--of", "v", "--wrt", "b").out, "\t")
    assert rows[1:] == [["b", "input", "3", "2"], ["v", "output", "11", "1"]]


def test_get_prints_numbers_alone() -> None:
    get = [
        word for what in ("J", "dJ/db", "dv/du", "dJ/dJ", "da/dJ", "u", "dJ/db") for word in ("--get", what)
    ]
    found = answer("eval", LECTURE, *POINT, *get)
    assert (found.status, found.out) == (0, "33\n6\n1\n1\n0\n6\n6\n")
    assert found.err.startswith("notice: da/dJ is 0 because 'a' does not depend on 'J'")
    assert numbers(LECTURE, *POINT, "--get", " dJ / db ") == [6.0]


def test_get_in_a_shell() -> None:
    script = f'x=$({GRAPHDIFF} eval "y=x^2" --x 3 --get dy/dx) && echo "<$x>"'
    done = subprocess.run(["bash", "-c", script], capture_output=True, env=environment(), check=True)
    assert done.stdout == b"<6>\n"


@pytest.mark.parametrize("name", ["d", "dx", "d2", "dd", "x2"])
def test_get_of_names_that_look_like_derivatives(name: str) -> None:
    program = f"y=3*{name}"
    assert numbers(program, f"--{name}", "2", "--get", f"dy/d{name}", "--get", name) == [3.0, 2.0]


@pytest.mark.parametrize(
    "what", ["", "/", "d/d", "dJ/", "/db", "dJ", "J/b", "dJ/dz", "dz/db", "dJ/db/dc", "dJ dv", "J,w"]
)
def test_get_of_what_is_no_quantity(what: str) -> None:
    assert_refused(answer("eval", LECTURE, *POINT, "--get", what))


def test_all_digits_are_printed() -> None:
    for value in (0.1, 1 / 3, 1e-300, 5e-324, 1.7976931348623157e308, 123456789.123456789, 2**53 + 2.0, -0.0):
        (found,) = numbers("y=x", "--x", repr(value), "--get", "y")
        assert (found, math.copysign(1, found)) == (value, math.copysign(1, value))


def test_precision() -> None:
    result = answer("eval", "y=sqrt(x)", "--x", "2", "--precision", "50", "--get", "y", "--get", "dy/dx")
    root = Decimal(2).sqrt()
    value, slope = result.out.split()
    assert len(value.replace(".", "")) == 50
    with_more = Decimal("1.41421356237309504880168872420969807856967187537694807317667973799")
    assert abs(Decimal(value) - with_more) < Decimal("1e-49")
    assert abs(Decimal(slope) - with_more / 4) < Decimal("1e-28")  # as far as Decimal's division goes
    assert value.startswith(str(root)[:25])
    assert numbers("y=1/3", "--precision", "3", "--get", "y") == [0.333]
    as_json = json.loads(
        answer("eval", "y=1/3", "--precision", "30", "--format", "json").out, parse_float=str
    )
    assert as_json["values"]["y"] == "0." + "3" * 30


# Formats, each read back by a parser.


def test_json() -> None:
    result = graphdiff("eval", LECTURE, *POINT, "--format", "json")
    assert (result.status, result.err) == (0, "")
    assert result.out.count("\n") == 1
    found = json.loads(result.out, parse_constant=pytest.fail)
    assert list(found) == ["outputs", "values", "derivatives", "edges", "notices"]
    assert found["outputs"] == ["J"]
    assert found["values"] == VALUES
    assert found["derivatives"] == {"J": SLOPES}
    assert {(edge["of"], edge["wrt"]): edge["value"] for edge in found["edges"]} == EDGES
    assert all(set(edge) == {"of", "wrt", "value"} for edge in found["edges"])
    assert found["notices"] == []
    assert all(isinstance(value, float) for value in found["values"].values())


def test_json_has_words_for_numbers_that_json_has_not() -> None:
    program = "p=x; n=-x; q=1/x; r=a; s=0*a"
    result = answer("eval", program, "--x", "inf", "--a", "nan", "--format", "json")
    found = json.loads(result.out, parse_constant=pytest.fail)
    assert found["values"]["p"] == "Infinity"
    assert found["values"]["n"] == "-Infinity"
    assert found["values"]["r"] == "NaN"
    assert found["values"]["q"] == 0.0
    assert '"x": -0.0' in result.out  # dq/dx keeps its sign
    slopes = json.loads(answer("eval", "y=sqrt(x)", "--x", "0", "--format", "json").out)
    assert slopes["derivatives"]["y"]["x"] == "Infinity"
    assert slopes["edges"] == [{"of": "y", "wrt": "x", "value": "Infinity"}]


def test_json_notices_say_where() -> None:
    result = answer("eval", "v=x\ny=2*abs(v)", "--x", "0", "--format", "json")
    (notice,) = json.loads(result.out)["notices"]
    assert set(notice) == {"code", "node", "message", "line", "column"}
    assert (notice["code"], notice["node"], notice["line"], notice["column"]) == ("kink", "y", 2, 5)
    assert "abs(v)" in notice["message"]
    assert result.err.startswith("notice: ")
    (notice,) = json.loads(answer("eval", "y=sqrt(x)", "--x", "0", "--format", "json").out)["notices"]
    assert notice["code"] == "infinite"
    other = answer("eval", "y=x; z=log(x-1)", "--x", "1", "--of", "y", "--format", "json")
    (notice,) = json.loads(other.out)["notices"]
    assert (notice["code"], notice["node"]) == ("undefined", "z")


def test_json_of_names_of_every_script() -> None:
    found = json.loads(answer("eval", "θ=2*é", "--é", "3", "--format", "json").out)
    assert found["values"] == {"é": 3.0, "θ": 6.0}


@pytest.mark.parametrize(("form", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_delimited(form: str, delimiter: str) -> None:
    result = graphdiff("eval", LECTURE, *POINT, "--format", form, "--edges")
    rows = table(result.out, delimiter)
    assert rows[0] == ["name", "kind", "value", "dJ"]
    assert [row[0] for row in rows[1:7]] == ORDER
    assert [row[1] for row in rows[1:7]] == ["input"] * 3 + ["intermediate"] * 2 + ["output"]
    assert {row[0]: float(row[2]) for row in rows[1:7]} == VALUES
    assert {row[0]: float(row[3]) for row in rows[1:7]} == SLOPES
    assert {row[0]: float(row[2]) for row in rows[7:]} == {f"d{v}/d{a}": x for (v, a), x in EDGES.items()}
    assert all(row[1] == "edge" for row in rows[7:])
    assert {len(row) for row in rows} == {4}
    assert result.out.endswith("\n")
    assert "\r" not in result.out


def test_markdown() -> None:
    lines = answer("eval", "y=a*b; z=y", *POINT[:4], "--format", "markdown", "--edges").out.splitlines()
    nodes, edges = lines[: lines.index("")], lines[lines.index("") + 1 :]
    for block in (nodes, edges):
        widths = {len(line) for line in block}
        assert len(widths) == 1  # one column stands under the other
        assert re.fullmatch(r"\|( -+:? \|)+", block[1])
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in nodes]
    assert cells[0] == ["node", "formula", "value", "dz/d(node)"]
    assert ["y", r"a\*b", "15", "1"] in cells


def test_markdown_escapes_what_would_end_a_cell() -> None:
    lines = answer("eval", "y=(x or 2) # |", "--x", "1", "--format", "markdown").out.splitlines()
    assert len({line.count("|") for line in lines}) == 1


def test_a_pipe_gets_tabs_and_a_terminal_gets_a_table() -> None:
    piped = graphdiff("eval", LECTURE, *POINT)
    assert piped == graphdiff("eval", LECTURE, *POINT, "--format", "tsv")
    shown = on_terminal([GRAPHDIFF, "eval", LECTURE, *POINT])
    assert shown.out == graphdiff("eval", LECTURE, *POINT, "--format", "table").out
    assert shown.out.startswith("\u256d")


def test_the_same_question_has_the_same_bytes() -> None:
    question = ("eval", "f(x)=x*x; J=f(p)+q; q=sin(p)*r; K=q", "--p", "1", "--r", "2")
    for form in ("json", "csv", "table", "markdown"):
        answers = {
            graphdiff(*question, "--format", form, env=environment(PYTHONHASHSEED=seed))
            for seed in ("1", "2", "3")
        }
        assert len(answers) == 1


# A terminal.

ESCAPE = "\x1b["
WIDE = "long_name = alpha*beta*gamma_*delta + alpha/beta + 1/3; other = long_name/7; third = other*1e10/3"
WIDE_POINT = ("--alpha", "1/3", "--beta", "2/3", "--gamma_", "1e-7/3", "--delta", "-12345.6789")


def terminal(*arguments: str, columns: int = 80, **changes: str | None) -> str:
    env = environment(**{"COLUMNS": None, **changes})
    result = on_terminal([GRAPHDIFF, *arguments], columns, env)
    assert result.status == 0
    return result.out


@pytest.mark.parametrize(
    ("program", "point", "columns"),
    [(WIDE, WIDE_POINT, 200), (WIDE, WIDE_POINT, 80), (LECTURE, POINT, 40)]
    + [
        ("J=3*v; v=a+u; K=v*(a+b)*(a-c)*(b-c)*(a+b+c); L=J/K; u=b*c; M=u", POINT, columns)
        for columns in (60, 44)
    ],
)
def test_a_table_fits_the_terminal(program: str, point: tuple[str, ...], columns: int) -> None:
    text = terminal("eval", program, *point, "--edges", columns=columns)
    assert max(map(len, text.splitlines())) <= columns


@pytest.mark.parametrize("columns", [200, 80, 40, 20, 1])
def test_numbers_are_never_cut(columns: int) -> None:
    of = ("--of", "third,other,long_name")
    text = terminal("eval", WIDE, *WIDE_POINT, *of, columns=columns)
    cells = {cell.strip().replace(" ", "") for cell in re.split("[\u2502\n]", text)}
    rows = table(answer("eval", WIDE, *WIDE_POINT, *of).out, "\t")
    for name, _, *found in rows[1:]:
        assert name in cells
        for number in found:
            assert f"{float(number):.10g}" in cells, number


@pytest.mark.parametrize("columns", [80, 40])
def test_the_columns_of_a_table_line_up(columns: int) -> None:
    text = terminal("eval", LECTURE, *POINT, columns=columns)
    assert len({len(line) for line in text.splitlines()}) == 1
    rows = [re.split("\u2502", line) for line in text.splitlines() if line.startswith("\u2502")]
    assert len(rows) == 7
    assert {row[1].strip() for row in rows[1:]} == set(ORDER)


def test_wide_characters_line_up() -> None:
    text = terminal("eval", "質量 = 2*速さ", "--速さ", "3")
    widths = {
        sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line) for line in text.splitlines()
    }
    assert len(widths) == 1


def test_columns_of_the_environment_win() -> None:
    text = terminal("eval", WIDE, *WIDE_POINT, columns=200, COLUMNS="80")
    assert (
        max(map(len, text.splitlines()))
        <= 80
        < len(terminal("eval", WIDE, *WIDE_POINT, columns=200).split("\n")[0])
    )


COLOR_CASES = [
    # on a terminal, the environment, the option: colours?
    (True, {}, [], True),
    (True, {"NO_COLOR": "1"}, [], False),
    (True, {"NO_COLOR": ""}, [], True),
    (True, {"TERM": "dumb"}, [], False),
    (True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, [], False),
    (True, {"NO_COLOR": "1"}, ["--color", "always"], True),
    (True, {}, ["--color", "never"], False),
    (True, {"FORCE_COLOR": "0"}, [], True),
    (False, {}, [], False),
    (False, {"FORCE_COLOR": "1"}, [], True),
    (False, {"FORCE_COLOR": "0"}, [], False),
    (False, {"FORCE_COLOR": ""}, [], False),
    (False, {"FORCE_COLOR": "1"}, ["--color", "never"], False),
    (False, {}, ["--color", "always"], True),
    (False, {}, ["--color=auto"], False),
]


@pytest.mark.parametrize(("tty", "changes", "option", "expected"), COLOR_CASES)
def test_colours(tty: bool, changes: Mapping[str, str], option: list[str], expected: bool) -> None:
    env = environment(**{"NO_COLOR": None, **changes})
    arguments = ["eval", LECTURE, *POINT, "--format", "table", *option]
    result = on_terminal([GRAPHDIFF, *arguments], env=env) if tty else graphdiff(*arguments, env=env)
    assert result.status == 0
    assert (ESCAPE in result.out) == expected
    plain = graphdiff("eval", LECTURE, *POINT, "--format", "table").out
    assert re.sub(r"\x1b\[[0-9;]*m", "", result.out) == plain
    assert (ESCAPE in result.err) is False


@pytest.mark.parametrize("changes", [{}, {"NO_COLOR": "1"}, {"FORCE_COLOR": "1"}])
def test_colours_of_messages(changes: Mapping[str, str]) -> None:
    env = environment(**{"NO_COLOR": None, **changes})
    shown = on_terminal([GRAPHDIFF, "eval", "y=2*"], env=env)
    assert shown.status == 2
    assert (ESCAPE in shown.out) == ("NO_COLOR" not in changes)
    assert (ESCAPE in graphdiff("eval", "y=2*", env=env).err) == ("FORCE_COLOR" in changes)


@pytest.mark.parametrize("form", ["json", "csv", "tsv", "markdown"])
def test_what_programs_read_has_no_colours(form: str) -> None:
    result = graphdiff(
        "eval", LECTURE, *POINT, "--format", form, env=environment(NO_COLOR=None, FORCE_COLOR="1")
    )
    assert ESCAPE not in result.out


def test_notices_stay_out_of_the_answer() -> None:
    result = graphdiff("eval", "y=abs(x)", "--x", "0")
    assert result.status == 0
    assert "notice" not in result.out
    assert result.err.startswith("notice: 'abs(x)' in y has a kink here")
    alone = graphdiff("eval", "y=abs(x)", "--x", "0", "--get", "dy/dx")
    assert (alone.status, alone.out, alone.err) == (0, "0\n", result.err)
    assert graphdiff("eval", "y=abs(x)", "--x", "0", "--get", "y") == Result(0, "0\n", "")


# Functions, completion, modules.


@pytest.mark.parametrize("form", ["table", "json", "csv", "tsv", "markdown"])
def test_the_table_of_functions(form: str) -> None:
    result = answer("functions", "--format", form)
    assert (result.status, result.err) == (0, "")
    written = [rule.signature for rule in TABLE if rule.name not in ("copy", "truth")]
    written.append("diff(f, x)")
    if form == "json":
        found = [row["function"].split(" = ")[0] for row in json.loads(result.out)]
    elif form in ("csv", "tsv"):
        rows = table(result.out, "," if form == "csv" else "\t")
        assert rows[0] == ["function", "derivative", "domain", "kinks"]
        assert {len(row) for row in rows} == {4}
        found = [row[0].split(" = ")[0] for row in rows[1:]]
    elif form == "markdown":
        lines = result.out.splitlines()
        assert {len(re.split(r"(?<!\\)\|", line)) for line in lines} == {6}
        found = [re.split(r"(?<!\\)\|", line)[1].strip(" `").split(" = ")[0] for line in lines[2:]]
    else:
        found = [name for name in written if name.replace(" ", "") in result.out.replace(" ", "")]
        assert all(constant in result.out for constant in CONSTANTS)
    assert found == written


def test_the_table_of_functions_on_a_terminal() -> None:
    for columns in (80, 40):
        text = terminal("functions", columns=columns)
        assert max(map(len, text.splitlines())) <= columns
    assert graphdiff("functions") == graphdiff("functions", "--format", "tsv")


def test_no_formula_of_a_function_is_broken_that_fits_the_screen() -> None:
    for columns in (80, 60):
        text = terminal("functions", columns=columns)
        for rule in TABLE:
            pieces = [p for p in (*rule.shown, *rule.kinks.split(" or ")) if p]
            pieces += [] if "(" in rule.domain else re.split(" or | and ", rule.domain)
            fitting = [piece for piece in pieces if len(piece) < columns - 4]
            assert rule.name in ("copy", "truth") or all(piece in text for piece in fitting)
    assert "diff(f, x)" in answer("functions", "diff").out


def complete(*words: str, incomplete: str = "", env: Mapping[str, str] | None = None) -> list[str]:
    """What bash is offered after these words."""
    quoted = [word if re.fullmatch("[-a-z0-9]+", word) else f'"{word}"' for word in words]
    line = " ".join(["graphdiff", *quoted, incomplete])
    asked = {"_GRAPHDIFF_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) + 1)}
    result = graphdiff(env={**(env or environment()), **asked})
    assert (result.status, result.err) == (0, "")
    return [line.partition(",")[2] for line in result.out.splitlines()]


def test_completion_offers_the_inputs_of_the_program_on_the_line(tmp_path: Path) -> None:
    offered = complete("eval", LECTURE, incomplete="--")
    assert {"--a", "--b", "--c", "--of", "--format"} <= set(offered)
    assert not {"--u", "--v", "--J"} & set(offered)
    given = set(complete("eval", LECTURE, "--a", "5", incomplete="--"))
    assert {"--b", "--c"} <= given
    assert "--a" not in given
    assert complete("eval", "way=speed*time", incomplete="--sp") == ["--speed"]
    assert set(complete("eval", "y=A*a", incomplete="--")) >= {"--a", "--A"}
    path = tmp_path / "p.gd"
    path.write_text("y=alpha")
    assert complete("eval", "-f", str(path), incomplete="--al") == ["--alpha"]


def test_completion_of_names_and_quantities() -> None:
    assert complete("eval", LECTURE, "--of", incomplete="") == ["a", "b", "c", "u", "v", "J"]
    assert complete("eval", LECTURE, "--wrt", incomplete="a,") == ["a,b", "a,c", "a,u", "a,v", "a,J"]
    assert complete("explain", LECTURE, "--only", incomplete="u") == ["u"]
    assert "dJ/db" in complete("eval", LECTURE, "--get", incomplete="")
    assert complete("eval", LECTURE, "--get", incomplete="J,dv/d") == [
        "J,dv/da", "J,dv/db", "J,dv/dc", "J,dv/du", "J,dv/dJ",
    ]  # fmt: skip
    assert complete("derive", LECTURE, "--wrt", incomplete="b") == ["b"]
    assert complete("functions", incomplete="sq") == ["sqrt"]
    assert complete("functions", incomplete="dif") == ["diff"]


@pytest.mark.parametrize(
    "words", [("eval", "-f"), ("eval", LECTURE, "--inputs"), ("check",), ("check", LECTURE, "--table")]
)
def test_the_shell_completes_file_names(words: tuple[str, ...]) -> None:
    line = " ".join(["graphdiff", *(f'"{word}"' for word in words), "fi"])
    for shell in ("bash", "zsh", "fish"):  # fish tells the word, the others its number
        asked = {"COMP_WORDS": line, "COMP_CWORD": "fi" if shell == "fish" else str(len(words) + 1)}
        env = environment(_GRAPHDIFF_COMPLETE=f"{shell}_complete", **asked)
        assert graphdiff(env=env).out.replace("\n", ",").startswith(("file,", "file,fi"))


# Lists, and what is not there.


def test_options_take_lists() -> None:
    point = ("--set", "a=max(1, 5),b=3, c=2")
    assert answer("eval", LECTURE, *point, "--get", "J, dJ/db,d2J/db dc").out == "33\n6\n3\n"
    assert answer("eval", LECTURE, *point, "--get", "J", "--get", "u,v").out == "33\n6\n11\n"


def test_a_derivative_that_is_0_because_nothing_flows_that_way_is_said() -> None:
    found = graphdiff("eval", LECTURE, *POINT, "--get", "db/dJ")
    assert (found.status, found.out) == (0, "0\n")
    assert "'b' does not depend on 'J'" in found.err
    assert "dJ/db" in found.err
    assert graphdiff("eval", "y = 0*x", "--x", "1", "--get", "dy/dx") == Result(0, "0\n", "")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("eval --verbose --get y", ("no option --verbose", "explain")),
        ("eval --table t.csv", ("no option --table", "graphdiff check ... --table FILE")),
        ("eval -o out.txt", ("no option -o", "> FILE")),
        ("eval --output out.txt", ("> FILE",)),
        ("eval --json", ("--format json",)),
        ("eval --to python", ("derive PROGRAM --to LANGUAGE",)),
        ("eval --bump x=1", ("an option of explain",)),
        ("eval --samples 10", ("an option of check",)),
        ("explain --wrt x", ("no option --wrt", "--only")),
        ("explain --get y", ("an option of eval",)),
        ("derive --order 2", ("an option of eval",)),
        ("eval --x --get y", ("option '--x' requires an argument",)),
        ("eval --x 0..5", ("a range: 0..5", "graphdiff check")),
        ("eval --x 1:5", ("a range: 1:5", "1..5")),
    ],
)
def test_options_of_other_commands_and_tools(command: str, words: tuple[str, ...]) -> None:
    name, *rest = command.split()
    for line in ([name, "y=2*x", *rest], [name, *rest, "y=2*x"]):
        result = graphdiff(*line)
        if rest[0] in ("--verbose", "--json") and line[-1] == "y=2*x":
            words = words[:1] if rest[0] == "--verbose" else words
        assert result.status == 2
        assert all(word in result.err for word in words), result.err


def test_the_command_that_a_message_suggests_works() -> None:
    for name in ("eval", "explain", "derive", "check"):
        suggested = graphdiff(name).err.splitlines()[-1].partition(":  ")[2]
        assert graphdiff(*shlex.split(suggested)[1:]).status == 0


@pytest.mark.parametrize("program", ["y=2*", "", "a=b;b=a", "((", "y=f(x)"])
def test_completion_beside_a_program_that_is_wrong(program: str) -> None:
    offered = complete("eval", program, incomplete="--")
    assert "--format" in offered


def test_completion_does_not_wait_for_standard_input() -> None:
    asked = {"_GRAPHDIFF_COMPLETE": "bash_complete", "COMP_WORDS": "graphdiff eval - --", "COMP_CWORD": "3"}
    result = on_terminal([GRAPHDIFF], env=environment(**asked))
    assert result.status == 0
    assert "--format" in result.out


def test_completion_of_commands_and_choices() -> None:
    assert "eval" in complete()
    assert complete(incomplete="func") == ["functions"]
    assert set(complete("eval", LECTURE, "--format", incomplete="")) == {
        "table",
        "json",
        "csv",
        "tsv",
        "markdown",
    }
    assert set(complete("completion")) == {"bash", "zsh", "fish"}
    assert set(complete("help")) == {*TOPICS, *COMMANDS}
    assert complete("help", incomplete="lang") == ["language"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str) -> None:
    result = graphdiff("completion", shell)
    assert (result.status, result.err) == (0, "")
    assert f"_GRAPHDIFF_COMPLETE={shell}_complete" in result.out
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=result.out.encode(), check=True)


def test_bash_completes_with_the_script() -> None:
    """As a person has it: the script is read, and the function that it makes is called."""
    script = f"""
        eval "$({GRAPHDIFF} completion bash)"
        COMP_WORDS=(graphdiff eval "y=speed*time" --t) COMP_CWORD=3
        _graphdiff_completion graphdiff --t eval
        echo "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", script], capture_output=True, env=environment(), check=True)
    assert done.stdout.decode().split() == ["--time"]


def test_python_m_graphdiff() -> None:
    command = [sys.executable, "-m", "graphdiff", "eval", LECTURE, *POINT]
    done = subprocess.run(command, capture_output=True, env=environment(), check=False)
    assert Result(done.returncode, done.stdout.decode(), done.stderr.decode()) == graphdiff(
        "eval", LECTURE, *POINT
    )
    command[-1] = "two"
    assert subprocess.run(command, capture_output=True, env=environment(), check=False).returncode == 2


def modules_after(code: str) -> set[str]:
    """The top-level packages that a new process has imported after some code."""
    report = "; import sys; sys.stderr.write(' '.join({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", code + report], capture_output=True, env=environment(), check=True
    )
    return set(done.stderr.decode().split())


def test_the_library_imports_neither_click_nor_rich_nor_lark() -> None:
    heavy = {"click", "rich", "lark", "numpy", "mpmath"}
    assert "graphdiff" in modules_after("import graphdiff")
    assert not heavy & modules_after("import graphdiff")
    use = "import graphdiff as g; v = g.evaluate(g.parse('y=x^2'), {'x': 3.0}); g.backpropagate(v, 'y')"
    assert not (heavy - {"lark"}) & modules_after(use)
    assert "click" in modules_after("import graphdiff.cli.run")  # the report would show it


@pytest.mark.parametrize("form", ["json", "csv", "tsv", "markdown"])
def test_a_format_for_programs_costs_no_rich(form: str) -> None:
    words = ["eval", LECTURE, *POINT, "--format", form]
    assert not {"rich", "numpy", "mpmath"} & modules_after(f"from graphdiff.cli.run import run; run({words})")


def test_a_defect_is_seventy_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Status 1 and tracebacks are never the answer, not even where graphdiff itself is wrong."""

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr("graphdiff.answers.evaluate", broken)
    result = answer("eval", LECTURE, *POINT)
    assert (result.status, result.out) == (70, "")
    assert result.err.startswith("error: a defect of graphdiff itself: ZeroDivisionError: on purpose\nhint: ")
    monkeypatch.setenv("GRAPHDIFF_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        answer("eval", LECTURE, *POINT)


def test_the_tests_ask_the_graphdiff_beside_them() -> None:
    assert GRAPHDIFF.exists()
    found = subprocess.run(
        ["bash", "-c", "command -v graphdiff"], capture_output=True, env=environment(), check=True
    )
    assert Path(found.stdout.decode().strip()) == GRAPHDIFF
