"""Bad input: a message with the line, a caret and a hint; exit status 2; no traceback; nothing computed.

The words of each message are in tests/cases/errors.md. Here is what they have in common, and
what a transcript cannot hold: programs of a million lines, signals, streams that are closed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest
from shell import (
    GRAPHDIFF,
    LECTURE,
    POINT,
    Result,
    answer,
    assert_refused,
    environment,
    graphdiff,
    marked,
)


class Bad(NamedTuple):
    """A command line, what its message says, what stands over the carets, and whether there is a hint."""

    arguments: tuple[str, ...]
    says: str
    marks: tuple[str, ...]
    hint: bool = True


def bad(program: str, says: str, *marks: str, hint: bool = True) -> Bad:
    return Bad(("eval", program), says, marks, hint)


def given(*arguments: str, says: str, marks: Iterable[str] = (), hint: bool = True) -> Bad:
    return Bad(("eval", *arguments), says, tuple(marks), hint)


SYNTAX = [
    bad("J=(3*v", "a '(' is not closed", "(", ""),
    bad("J=sqrt(3*(v+1)", "a '(' is not closed", "(", ""),
    bad("J=(3*v\nv=2", "a '(' is not closed", "(", ""),
    bad("J=3*v)", "this ')' has no '('", ")"),
    bad("J=3v", "an operator is missing before 'v'", "3v"),
    bad("J=3 v", "an operator is missing before 'v'", "3 v"),
    bad("J=(a)(b)", "an operator is missing before '('", ")("),
    bad("y=sin x", "an operator is missing before 'x'", "sin x"),
    bad("J 3*v", "an operator is missing before '3'", "J 3"),
    bad("J=3*", "the text ends too early", ""),
    bad("J=", "the text ends too early", ""),
    bad("J=3+*2", "unexpected '*'", "*", hint=False),
    bad("J=max(1,)", "unexpected ')'", ")"),
    bad("J=1,5", "unexpected ','", ","),
    bad("a==b", "a comparison is not a definition", "=="),
    bad("3*v=J", "only a name or f(x, y) can stand before '='", "="),
    bad("J=v=3", "a second '=' in one definition", "="),
    bad("J=3$v", "'$' has no meaning here", "$"),
    bad("J=a%b", "'%' has no meaning here", "%"),
    bad("J=1.2.3", "1.2.3 is not a number", "1.2.3"),
    bad("J=x²", "'²' has no meaning here", "²"),
    bad("u=1\nv=2 3\nw=4", "an operator is missing before '3'", "2 3"),
    bad("量 = 速 速", "an operator is missing before '速'", "速 速"),
]

MEANING = [
    bad("", "the program is empty"),
    bad(" \n;;# nothing", "the program is empty"),
    bad("f(x)=x", "the program defines functions only"),
    bad("a=b; b=c; c=a", "in a circle: a -> b -> c -> a", "a", "b", "c"),
    bad("z=1; u=v; v=w+z; w=u*u", "in a circle: u -> v -> w -> u", "u", "v", "w"),
    bad("a=f(1); f(x)=x+b; b=2*a", "in a circle: a -> f -> b -> a", "a", "f", "b"),
    bad("a=a", "in a circle: a -> a", "a"),
    bad("J=1; v=2; J=3", "'J' is defined twice", "J", "J"),
    bad("f(x)=x; f(y)=y; z=f(1)", "'f' is defined twice", "f", "f"),
    bad("f(x)=x; f=2", "'f' is defined twice", "f", "f"),
    bad("1; 2", "two expressions without a name", "1", "2"),
    bad("f(x,x)=x; f(1,2)", "parameter x appears twice", "x"),
    bad("f(x)=f(x-1); y=f(3)", "recursion: f -> f", "f"),
    bad("f(x)=g(x); g(x)=h(x); h(x)=f(x); y=f(1)", "recursion: f -> g -> h -> f", "f", "g", "h"),
    bad("f(x)=f(x); y=1", "recursion: f -> f", "f"),  # called or not
    bad("y=squrt(2)", "unknown function 'squrt'", "squrt"),
    bad("f(x)=squrt(x); y=1", "unknown function 'squrt'", "squrt"),  # called or not
    bad("y=sqrt(1, 2)", "sqrt(x) takes 1, not 2 arguments", "sqrt"),
    bad("y=max()", "max(x, ...) takes 1 or more, not 0 arguments", "max"),
    bad("f(x, y)=x; z=f(1)", "f(x, y) takes 2, not 1 argument", "f"),
]

INPUTS = [
    given(LECTURE, says="missing inputs: a, b, c"),
    given(LECTURE, "--b", "3", says="missing inputs: a, c"),
    given(LECTURE, *POINT, "--d", "4", says="the inputs are a, b, c", hint=False),
    given(LECTURE, *POINT, "--set", "d=4", says="its inputs are a, b, c", hint=False),
    given("y=way", "--wya", "4", says="'--wya' is neither an option nor an input"),
    given(LECTURE, *POINT, "--u", "4", says="'u' is defined by the program", hint=False),
    given("y=pi*x", "--x", "1", "--pi", "3", says="'pi' is a constant"),
    given("y=pi*x", "--x", "1", "--set", "pi=3", says="'pi' is a constant"),
    given("y=x", "--x", "1", "--x", "2", says="input 'x' is given twice: 1 and 2", hint=False),
    given("y=x", "--x", "1", "--set", "x=2", says="input 'x' is given twice: 1 and 2", hint=False),
    given("y=x", "--set", "x=1", "--set", "x=2", says="input 'x' is given twice: 1 and 2", hint=False),
    given("y=x", "--x", "five", says="the value of 'x' is not a number", marks=["five"]),
    given("y=x", "--x", "1 2", says="the value of 'x' is not a number", marks=["1 2"]),
    given("y=x", "--x", "2*exp(x)", says="the value of 'x' is not a number", marks=["x"]),
    given("y=x", "--x", "", says="the value of 'x' is empty"),
    given("y=x", "--x", "1/0", says="the value of 'x' is undefined", marks=["1/0"], hint=False),
    given("y=x", "--set", "x", says="expected --set NAME=NUMBER, got 'x'"),
]

UNDEFINED = [
    given("y=log(x)", "--x", "-1", says="'log(x)' is undefined", marks=["log(x)"]),
    given("J=3*v; v=1/u; u=b-2", "--b", "2", says="division by zero in '1/u'", marks=["1/u"], hint=False),
    given("y=gamma(x)", "--x", "200", says="'gamma(x)' overflows", marks=["gamma(x)"]),
    given("y=3+sqrt(x-2)", "--x", "1", says="'sqrt(x-2)' is undefined", marks=["sqrt(x-2)"]),
    given("y=x^0.5", "--x", "-2", says="'x^0.5' is undefined", marks=["x^0.5"]),
    given("y=1e999", says="1e999 is beyond the largest binary64 number", marks=["1e999"], hint=False),
    given("f(t)=log(t); y=f(x)", "--x", "0", says="'log(t)' is undefined", marks=["log(t)"]),
    given("y=x*x*x*x", "--x", "1e100", says="overflows", marks=["x*x*x*x"]),
]


@pytest.mark.parametrize(
    "case", [*SYNTAX, *MEANING, *INPUTS, *UNDEFINED], ids=lambda c: " ".join(c.arguments[1:])
)
def test_a_mistake_is_named_shown_and_hinted_at(case: Bad) -> None:
    result = answer(*case.arguments)
    assert_refused(result, case.says)
    found = marked(result.err)
    assert [piece.strip() for piece in found] == list(case.marks)
    assert ("\nhint: " in result.err) == case.hint


@pytest.mark.parametrize("form", ["table", "json", "csv", "tsv", "markdown"])
def test_no_format_shows_half_an_answer(form: str) -> None:
    assert_refused(answer("eval", "y=2*x; z=log(x)", "--x", "-1", "--format", form), "'log(x)' is undefined")


@pytest.mark.parametrize(
    ("program", "places"), [("u=1\n\nv = 2 *\nw=3", "3:8"), ("a=1; b=(\n\n  2 +\n) * 4", "4:1")]
)
def test_the_place_has_its_line_and_column(program: str, places: str) -> None:
    assert f"\n  {places} | " in answer("eval", program).err


def test_a_file_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "wrong.gd"
    path.write_text("u = 1\nv = 2 *\n")
    assert f"\n  {path}:2:8 | v = 2 *\n" in answer("eval", "-f", str(path)).err


@pytest.mark.parametrize("length", [70, 72, 73, 200, 100_000])
def test_a_long_line_is_cut_around_the_place(length: int) -> None:
    terms = "+1" * length
    for program, piece in [(f"y=2x{terms}", "2x"), (f"y=0{terms}+2x", "2x"), (f"y=0{terms}+2x{terms}", "2x")]:
        result = answer("eval", program)
        assert marked(result.err) == [piece]
        assert max(map(len, result.err.splitlines())) < 100


def test_all_of_a_long_circle_is_not_printed() -> None:
    circle = "; ".join(f"x{k} = x{(k + 1) % 1000}" for k in range(1000))
    result = answer("eval", circle)
    assert_refused(result, "in a circle: x0 -> x1 -> x2", "... -> x0")
    assert len(result.err) < 2000


def test_a_circle_of_twenty_is_named_whole() -> None:
    circle = "; ".join(f"x{k} = x{(k + 1) % 19}" for k in range(19))
    assert_refused(answer("eval", circle), " -> ".join(f"x{k % 19}" for k in range(20)))


# Files and streams.


def test_what_cannot_be_read(tmp_path: Path) -> None:
    assert_refused(
        graphdiff("eval", "-f", str(tmp_path / "none")), "cannot read", "no such file or directory"
    )
    assert_refused(graphdiff("eval", "-f", str(tmp_path)), "cannot read", "is a directory")
    assert_refused(graphdiff("eval", "y=x", "--inputs", str(tmp_path)), "cannot read", "is a directory")
    assert_refused(graphdiff("eval", "-f"), "requires an argument")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to root")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("y=1")
    path.chmod(0)
    assert_refused(graphdiff("eval", "-f", str(path)), "cannot read", "permission denied")


NOT_UTF_8 = [
    b"\xff",
    b"y=1\n\xe9=2",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xf5\x80\x80\x80",
    b"\xff\xfey\x00=\x001\x00",
]


@pytest.mark.parametrize("data", NOT_UTF_8, ids=bytes.hex)
def test_what_is_not_utf_8(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file.gd"
    path.write_bytes(data)
    line = data[: data.index(next(b for b in data if b > 127))].count(b"\n") + 1
    assert_refused(graphdiff("eval", "-f", str(path)), f"{path} is not UTF-8", f"on line {line}")
    assert_refused(graphdiff("eval", "-", stdin=data), "standard input is not UTF-8", f"on line {line}")
    assert_refused(graphdiff("eval", "y=x", "--inputs", str(path)), "is not UTF-8")
    if b"\0" not in data:
        assert_refused(graphdiff("eval", data), "not valid UTF-8")
        assert_refused(graphdiff("eval", "y=x", "--x", data))
        assert_refused(graphdiff("eval", "y=x", b"--" + data, "1"))
        assert_refused(graphdiff("eval", "y=x", "--x", "1", "--get", data))
        assert_refused(graphdiff("eval", "y=x", "--x", "1", "--of", data))
        assert_refused(graphdiff("eval", "y=x", "--set", data + b"=1"))
        assert_refused(graphdiff(data))


def test_a_file_whose_name_is_not_utf_8(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff.gd"
    try:
        with open(name, "wb") as file:
            file.write(b"y = 2*x\nz = 3*")
    except OSError:
        pytest.skip("this file system has UTF-8 names only")
    assert_refused(graphdiff("eval", "-f", name), "the text ends too early", "\\udcff.gd:2:7 |")


INPUT_FILES = {
    "a list": ("inputs.json", "[1]", "is not an object of inputs"),
    "a number": ("inputs.json", "1", "is not an object of inputs"),
    "a text": ("inputs.json", '"x"', "is not an object of inputs"),
    "null": ("inputs.json", "null", "is not an object of inputs"),
    "nothing": ("inputs.json", "", "inputs.json"),
    "no end": ("inputs.json", '{"x": 1', "inputs.json"),
    "a key twice": ("inputs.json", '{"x": 1, "x": 1}', "'x' is given twice"),
    "a key in two spellings": ("inputs.json", '{"\u00e9": 1, "e\u0301": 1}', "'\u00e9' is given twice"),
    "true": ("inputs.json", '{"x": true}', "the value of 'x' is not a number: true"),
    "null inside": ("inputs.json", '{"x": null}', "the value of 'x' is not a number: null"),
    "a list inside": ("inputs.json", '{"x": [1]}', "the value of 'x' is not a number"),
    "an object inside": ("inputs.json", '{"x": {"y": 1}}', "the value of 'x' is not a number"),
    "no number inside": ("inputs.json", '{"x": "four"}', "the value of 'x' is not a number"),
    "another input": ("inputs.json", '{"x": 1, "z": 2}', "the program has no input 'z'"),
    "a constant": ("inputs.json", '{"x": 1, "pi": 3}', "'pi' is a constant"),
    "a definition": ("inputs.json", '{"x": 1, "y": 3}', "'y' is defined by the program"),
    "a number too large": ("inputs.json", '{"x": 1e999}', "beyond the largest"),
    "a surrogate": ("inputs.json", '{"x": "\\ud800"}', "the value of 'x' is not a number"),
    "a surrogate key": ("inputs.json", '{"\\ud800": 1}', "the program has no input"),
    "deep": ("inputs.json", "[" * 100_000, "nested too deeply"),
    "deep inside": ("inputs.json", '{"x":' * 100_000, "nested too deeply"),
    "TOML, a key twice": ("inputs.toml", "x = 1\nx = 2", "inputs.toml"),
    "TOML, a table": ("inputs.toml", "[x]\ny = 1", "the value of 'x' is not a number"),
    "TOML, a date": ("inputs.toml", "x = 2020-01-01", "the value of 'x' is not a number"),
    "TOML, true": ("inputs.toml", "x = true", "the value of 'x' is not a number: true"),
    "TOML, no value": ("inputs.toml", "x =", "inputs.toml"),
    "TOML in JSON": ("inputs.json", "x = 1", "inputs.json"),
    "TOML, deep": ("inputs.toml", "x = " + "[" * 100_000, "nested too deeply"),
}  # fmt: skip


@pytest.mark.parametrize("case", INPUT_FILES)
def test_files_of_inputs(case: str, tmp_path: Path) -> None:
    name, text, says = INPUT_FILES[case]
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert_refused(answer("eval", "y=2*x", "--inputs", str(tmp_path / name)), says)


# Programs without measure: nothing overflows a stack, and time and memory grow with the text.

DEEP = 100_000
MANY = 1_000_000


def from_file(path: Path, lines: Iterable[str], *arguments: str) -> Result:
    path.write_text("\n".join(lines))
    return graphdiff("eval", "-f", str(path), *arguments)


@pytest.mark.parametrize(
    ("program", "value", "slope"),
    [
        ("y=" + "(" * DEEP + "x" + ")" * DEEP, "1", "1"),
        ("y=" + "-" * DEEP + "x", "1", "1"),
        ("y=" + "-(" * DEEP + "x" + ")" * DEEP, "1", "1"),
        ("y=" + "abs(" * DEEP + "x" + ")" * DEEP, "1", "1"),
        ("y=" + "not " * DEEP + "x", "1", "0"),
        ("y=" + "x^" * DEEP + "x", "1", "1"),
        ("y=" + "x+" * DEEP + "x", str(DEEP + 1), str(DEEP + 1)),
        ("y=" + "x+(" * DEEP + "x" + ")" * DEEP, str(DEEP + 1), str(DEEP + 1)),
        ("y=max(" + "x," * DEEP + "x)", "1", "1"),
        ("y=x" + "<9" * DEEP, "0", "0"),
        ("y=" + "where(x>0," * 1000 + "x" + ",0)" * 1000, "1", "1"),
    ],
    ids=["parentheses", "signs", "signs and parentheses", "calls", "nots", "powers", "sum",
         "sum to the right", "arguments", "comparisons", "branches"],
)  # fmt: skip
def test_no_depth_overflows_a_stack(program: str, value: str, slope: str, tmp_path: Path) -> None:
    result = from_file(tmp_path / "deep.gd", [program], "--x", "1", "--get", "y", "--get", "dy/dx")
    assert result.status == 0
    assert "error" not in result.err  # a notice is possible: an order of equal numbers is at its edge
    value_found, slope_found = result.out.split()
    assert value_found == value
    assert float(slope_found) == pytest.approx(float(slope))


@pytest.mark.parametrize(
    "program", ["y=" + "(" * DEEP + "x", "y=x" + ")" * DEEP, "y=" + "-" * DEEP, "(" * DEEP]
)
def test_deep_mistakes_are_refused(program: str, tmp_path: Path) -> None:
    result = from_file(tmp_path / "deep.gd", [program], "--x", "1")
    assert_refused(result)
    assert len(result.err) < 1000


def test_a_chain_of_a_million_definitions(tmp_path: Path) -> None:
    lines = [f"x{k + 1}=x{k}+1" for k in range(MANY)]
    asked = ("--x0", "0.5", "--get", f"x{MANY}", "--get", f"dx{MANY}/dx0")
    result = from_file(tmp_path / "chain.gd", lines, *asked)
    assert result == Result(0, f"{MANY}.5\n1\n", "")


def test_a_chain_of_a_million_definitions_from_its_end(tmp_path: Path) -> None:
    lines = [f"x{k + 1}=x{k}+1" for k in reversed(range(MANY))]
    result = from_file(tmp_path / "chain.gd", lines, "--x0", "0.5", "--get", f"x{MANY}")
    assert result == Result(0, f"{MANY}.5\n", "")


@pytest.mark.parametrize("backwards", [False, True])
def test_a_chain_of_functions(backwards: bool, tmp_path: Path) -> None:
    lines = ["f0(x)=x+1", *(f"f{k + 1}(x)=f{k}(x)+1" for k in range(DEEP)), f"y=f{DEEP}(a)"]
    result = from_file(tmp_path / "f.gd", lines[:: -1 if backwards else 1], "--a", "1", "--get", "y")
    assert result == Result(0, f"{DEEP + 2}\n", "")


def test_a_circle_of_a_hundred_thousand(tmp_path: Path) -> None:
    lines = [f"x{k}=x{(k + 1) % DEEP}" for k in range(DEEP)]
    assert_refused(from_file(tmp_path / "c.gd", lines), "in a circle: x0 -> x1")
    lines = [*(f"f{k}(t)=f{(k + 1) % DEEP}(t)" for k in range(DEEP)), "y=f0(1)"]
    assert_refused(from_file(tmp_path / "f.gd", lines), "recursion: f0 -> ... -> f0")


def test_ten_thousand_inputs(tmp_path: Path) -> None:
    names = [f"a{k}" for k in range(10_000)]
    program = "y=" + "+".join(names)
    missing = from_file(tmp_path / "many.gd", [program])
    assert_refused(missing, "missing inputs: a0, a1", "and 9988 more")
    assert len(missing.err) < 1000
    options = [word for name in names for word in (f"--{name}", "1")]
    assert from_file(tmp_path / "many.gd", [program], "--get", "y", *options) == Result(0, "10000\n", "")
    assert_refused(from_file(tmp_path / "many.gd", [program], *options, "--b", "1"), "'--b' is neither")


@pytest.mark.parametrize(
    "program",
    ["y=" + "abs(" * DEEP + "x" + ")" * DEEP, "y=x\n" + "\n".join(f"z{k}=abs(x)" for k in range(DEEP))],
    ids=["nested", "apart"],
)
def test_kinks_without_number_are_counted(program: str, tmp_path: Path) -> None:
    """Each notice shows its place: a hundred thousand of them would be gigabytes."""
    last = f"z{DEEP - 1}"
    asked = ["--of", last, "--wrt", "x"] if last in program else ["--wrt", "x"]
    result = from_file(tmp_path / "kinks.gd", [program], "--x", "0", *asked)
    assert result.status == 0
    assert len(result.err) < 20_000
    assert "notice: 'abs(x)'" in result.err
    assert ("99,980 more" in result.err) == (last not in program)


def test_names_without_a_value_are_told_together(tmp_path: Path) -> None:
    lines = ["x0=log(0-q)", *(f"x{k + 1}=x{k}+1" for k in range(20_000)), "y=q"]
    result = from_file(tmp_path / "undefined.gd", lines, "--q", "1", "--of", "y", "--format", "json")
    assert result.status == 0
    assert result.err.startswith("notice: x0, x1, x2,")
    assert "and 19989 more have no value here: 'log(0-q)' is undefined" in result.err


# Signals, and streams that are closed or full.


def interrupted(process: subprocess.Popen[bytes]) -> tuple[int, bytes, bytes]:
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    return process.returncode, out, err


def start(*arguments: str | Path, stdin: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    """A process that an interrupt reaches, also where a shell's `&` had the tests ignore it."""
    return subprocess.Popen(
        arguments, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


@pytest.mark.parametrize("arguments", [("eval", "-"), ("eval", "y=x", "--inputs", "-")])
def test_an_interrupt_while_it_reads(arguments: tuple[str, ...]) -> None:
    """The pipe's own buffer tells when it is being read: more than it holds has gone in."""
    with start(GRAPHDIFF, *arguments) as process:
        assert process.stdin is not None
        process.stdin.write(b" " * 1_000_000)
        process.stdin.flush()
        assert interrupted(process) == (130, b"", b"")


def test_an_interrupt_while_it_computes(tmp_path: Path) -> None:
    """The last line of the program is on a second pipe, so that it is known to have been read."""
    pipe = tmp_path / "program"
    os.mkfifo(pipe)
    with start(GRAPHDIFF, "eval", "-f", pipe, "--x0", "1") as process:
        with open(pipe, "wb") as file:
            file.write("\n".join(f"x{k + 1}=sin(x{k})" for k in range(200_000)).encode())
        time.sleep(0.2)  # a moment later: anywhere in the parser or in the sweeps
        assert interrupted(process) == (130, b"", b"")


def test_an_interrupt_at_any_time() -> None:
    """From the first moment that graphdiff's own code runs; Python's start is not ours."""
    statuses = set()
    for delay in (0.02, 0.04, 0.06, 0.08, 0.1, 0.15):
        program = "import signal, graphdiff.cli as c; print(flush=True); c.main()"
        with start(sys.executable, "-c", program, "eval", "-") as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(delay)
            status, out, err = interrupted(process)
            assert (out, err) == (b"", b"")
            statuses.add(status)
    assert statuses == {130}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "large.gd"
    path.write_text("\n".join(f"x{k + 1}=x{k}+1" for k in range(5_000)))
    return path


@pytest.mark.parametrize("form", ["table", "json", "csv", "tsv", "markdown"])
def test_a_pipe_that_is_closed_ends_it_quietly(form: str, large: Path) -> None:
    script = f"{GRAPHDIFF} eval -f {large} --x0 1 --format {form} | head -c 100; echo ${{PIPESTATUS[0]}} >&2"
    done = subprocess.run(["bash", "-c", script], capture_output=True, env=environment(), check=True)
    assert len(done.stdout) == 100
    assert done.stderr == b"0\n"


COMMANDS = [
    "eval y=x --x 1", "eval y=x --x 1 --get y", "eval y=x --x 1 --format table", "--help", "--version",
    "eval --help", "functions", "functions --format json", "completion bash",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_streams_that_are_closed(command: str) -> None:
    for redirection, status in [(">&-", 2), ("2>&-", 0), ("<&-", 0), (">&- 2>&- <&-", 2), ("| true", 0)]:
        script = f"set -o pipefail; {GRAPHDIFF} {command} {redirection}"
        done = subprocess.run(["bash", "-c", script], capture_output=True, env=environment(), check=False)
        lost = b"error: cannot write the answer: standard output is closed\n"
        said = lost if redirection == ">&-" else b""
        assert (done.returncode, done.stderr) == (status, said), redirection


@pytest.mark.parametrize("redirection", ["", ">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
@pytest.mark.parametrize("command", ["eval y=", "eval y=x", "eval", "", "nonsense", "eval y=x --format xml"])
def test_a_refusal_with_closed_streams(command: str, redirection: str) -> None:
    script = f"{GRAPHDIFF} {command} {redirection}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, env=environment(), check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert bool(done.stderr) == ("2>&-" not in redirection)
    assert b"Traceback" not in done.stderr


def test_a_program_on_closed_input_is_empty() -> None:
    script = f"{GRAPHDIFF} eval - <&-"
    done = subprocess.run(["bash", "-c", script], capture_output=True, env=environment(), check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"error: the program is empty\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
@pytest.mark.parametrize("command", [*COMMANDS, "eval -f large.gd --x0 1"])
def test_a_full_disk(command: str, large: Path) -> None:
    script = f"{GRAPHDIFF} {command} > /dev/full"
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, env=environment(), cwd=large.parent, check=False
    )
    assert done.returncode == 2
    assert done.stderr == b"error: cannot write the answer: no space left on device\n"


def test_a_reader_that_has_gone_before_the_first_word() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [GRAPHDIFF, "eval", "y=x", "--x", "1"], stdout=writing, stderr=subprocess.PIPE, env=environment(),
        check=False,
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


# Locales that are not UTF-8.

ASCII = [
    {"LC_ALL": locale, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"} for locale in ("C", "POSIX")
]  # fmt: skip


def test_a_caret_stands_under_what_is_written_escaped() -> None:
    err = graphdiff("eval", "y = θ*sn(θx)", env=environment(**ASCII[0])).err
    line, carets = err.splitlines()[1:3]
    assert line[carets.index("^") : carets.rindex("^") + 1] == "sn"


@pytest.mark.parametrize("locale", ASCII, ids=lambda locale: locale["LC_ALL"])
def test_nothing_breaks_in_an_ascii_locale(locale: dict[str, str], tmp_path: Path) -> None:
    env = environment(**locale)
    program = "θ = 2*φ; é = θ"
    question = ("eval", program, "--φ", "3")
    escaped = [r"\u03c6", r"\xe9", r"\u03b8"]
    for form in ("table", "csv", "tsv", "markdown"):
        result = graphdiff(*question, "--format", form, env=env)
        assert (result.status, result.err) == (0, "")
        assert result.out.isascii()
        assert all(name in result.out for name in escaped)
    table = graphdiff(*question, "--format", "table", env=env).out.splitlines()
    assert len({len(line) for line in table}) == 1  # what is escaped is counted as it is written
    as_json = graphdiff(*question, "--format", "json", env=env)
    assert as_json.out == graphdiff(*question, "--format", "json").out
    assert graphdiff(*question, "--get", "dé/dφ", env=env) == Result(0, "2\n", "")
    assert graphdiff("eval", program, "--set", "φ=3", "--get", "θ", env=env) == Result(0, "6\n", "")
    assert graphdiff("eval", "-", "--φ", "3", "--get", "θ", stdin=program, env=env) == Result(0, "6\n", "")
    path = tmp_path / "θ.gd"
    path.write_text(program, encoding="utf-8")
    assert graphdiff("eval", "-f", str(path).encode(), "--φ", "3", "--get", "θ", env=env) == Result(
        0, "6\n", ""
    )
    assert_refused(graphdiff("eval", "θ=2φ", env=env), "an operator is missing", r"hint: write 2*\u03c6")
    assert_refused(graphdiff(*question, "--ψ", "1", env=env), r"'--\u03c8' is neither an option nor an input")
    assert_refused(graphdiff("eval", "-f", "ψ.gd", env=env), r"cannot read \u03c8.gd")
    assert_refused(graphdiff("eval", b"\xff", env=env), "not valid UTF-8")
    assert graphdiff("eval", program, "--help", env=env).status == 0
    assert graphdiff("functions", "--format", "table", env=env).out.isascii()


@pytest.mark.parametrize("case", [MEANING[3], INPUTS[0], UNDEFINED[0]], ids=lambda c: c.says)
def test_the_words_of_an_error_do_not_depend_on_the_locale(case: Bad) -> None:
    assert graphdiff(*case.arguments, env=environment(**ASCII[0])) == graphdiff(*case.arguments)
