"""Whatever is given: the exit status is 0 or 2, there is no traceback, and a refusal computes nothing.

Random bytes, programs with random changes, random options and values; within this process by
the thousand, and through real processes by the hundred. The seeds are fixed; the campaign
(pytest -m campaign) takes new ones for as long as GRAPHDIFF_CAMPAIGN says, in seconds.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shell import LECTURE, POINT, Result, answer, graphdiff

from graphdiff.diagnostics import GraphdiffError
from graphdiff.parsing import parse as graph_of
from graphdiff.rules import CALLABLE, CONSTANTS

# What random changes begin with: a little of everything that the language has.
PROGRAMS = [
    LECTURE,
    "f(x, y) = x^2 + k*y; k = 3; z = f(a, f(b, 1))",
    "y = where(x > 0, sqrt(x), 0) + abs(x - 1)",
    "p = 0 < x < 1 and not (y == 2 or x != y)\nq = p*2 # a comment\n\nr = q**-2",
    "J = max(a, b, c) + min(a, 2) - hypot(a, b) / logsumexp(a, b)",
    "θ = 2*pi*e^-1; é = sin(θ)^2 + cos(θ)^2",
    "v = (a\n + b\n) * .5e-3; e = 1.6e-19; w = e*v",
    "# inputs: a, b\ny = a",
    "input a = 5; input b = 3 in 0..10\ninput c in -pi..pi; y = a*b*c + input",
    "x1=x0+1;x2=x1*x0;x3=mod(x2, 3);x4=clamp(x3, 0, 1);x5=atan2(x4, x3)",
    "y = gamma(x) + lgamma(x) + digamma(x) + polygamma(2, x)",
    "-x^2",
]

PIECES = [
    *"()+-*/^<>=;,#.\n\t 0123456789xyabcJfe_θ", "==", "<=", ">=", "!=", "**", "and", "or", "not", " and ",
    "1e", "1e999", "1e-999", "9" * 40, "0", "inf", "nan", "\r", "\x00", "\x0b", "\x85", "\u2028", "\ufeff",
    "\u0302", "\U0001d465", "²", "\u2212", "\u00d7", "'", '"', "\\", "$", "%", "&", "|", "!", "?", ":", "@",
    "~", "`", "[", "]", "{", "}", "\udcff", "__import__('os')", "x = ", "f(x) = ", "f(", "where(", "max(",
    "# inputs: ", "input ", " in ", "..", "y = y", "\x1b[31m", "%s", "{}",
    *(f"{name}(" for name in CALLABLE), *CONSTANTS,
]  # fmt: skip

VALUES = [
    "1", "-1", "0", "-0", "0.5", "1e308", "1e-308", "5e-324", "1e999", "-1e999", "inf", "-inf", "nan", "+5",
    "pi/4", "-pi", "1/0", "0/0", "", " ", "five", "1,5", "1;2", "x", "a=1", "=", "==", "(", ")", "1)", "-",
    "--", "--a", "-e", "0x1F", "1_000", "1e", "..", "1..5", "true", "None", "\u221e", "²", "\ufeff1", "1\n",
    "#", "sqrt(-1)", "\udcff", "log(0)", "9" * 400, "1e-" + "9" * 30, "1e" + "9" * 30, "-" * 50 + "1",
    "(" * 50 + "1", "f(x)=x", "{}", "[1]", "%d",
]  # fmt: skip

ASKED = [
    "J", "dJ/da", "dJ/db", "da/dJ", "d2J/da2", "d2J/da db", "d2J/dadb", "d2J", "d3J/da3", "/", "d/d", "dJ/",
    "/da", "dJ/da/db", "∂J/∂a", "y", "dy/dx", "d2y/dx2", "out", "dout/dx", "", " ", ",", "J,a", "a,,b", "θ",
    "dθ/dé", "d" * 50, "dJ/d" + "a" * 50, "\udcff", "\x01", "x0", "d x5 / d x0", "z", "dz/da", "J K", "-J",
    "2",
]  # fmt: skip

FORMATS = ["table", "json", "csv", "tsv", "markdown", "xml", ""]


def changed(source: random.Random, text: str) -> str:
    """A text with some pieces taken away, doubled, moved or put in."""
    for _ in range(source.randint(1, 4)):
        start = source.randint(0, len(text))
        stop = min(len(text), start + int(source.expovariate(0.3)))
        match source.randrange(6):
            case 0:
                text = text[:start] + text[stop:]
            case 1:
                text = text[:stop] + text[start:]
            case 2:
                text = text[:start] + source.choice(PIECES) + text[stop:]
            case 3:
                text = text[:start] + source.choice(PIECES) + text[start:]
            case 4:
                text = text[:start] + text[start:stop][::-1] + text[stop:]
            case _:
                other = source.choice(PROGRAMS)
                cut = source.randint(0, len(other))
                text = text[:start] + other[cut : cut + stop - start + 3] + text[stop:]
    return text


def program(source: random.Random) -> str:
    match source.randrange(10):
        case 0:
            return "".join(source.choices(PIECES, k=source.randint(0, 30)))
        case 1:
            return "".join(chr(source.randrange(1, 0x3000)) for _ in range(source.randint(0, 20)))
        case 2 | 3 | 4:
            return source.choice(PROGRAMS)
        case _:
            return changed(source, source.choice(PROGRAMS))


def inputs(source: random.Random, text: str) -> list[str]:
    """Values for the inputs of a program, in each of the ways to give them; most are numbers."""
    try:
        names = [name for name in graph_of(text).inputs if source.random() < 0.97]
    except GraphdiffError:
        names = source.sample(["a", "b", "c", "x", "y", "k", "x0", "é"], source.randint(0, 4))
    if source.random() < 0.1:
        names += source.choices(["q", "J", "pi", "format", "A", "a", "x"], k=1)
    found: list[str] = []
    for name in names:
        value = repr(source.uniform(-3, 3)) if source.random() < 0.9 else source.choice(VALUES)
        match source.randrange(8):
            case 0:
                found += ["--set", f"{name}={value}"]
            case 1:
                found += [f"--{name}={value}"]
            case 2 if source.random() < 0.05:
                found += [f"-{name}", value]
            case _:
                found += [f"--{name}", value]
    return found


def options(source: random.Random) -> list[str]:
    found: list[str] = []
    chance = source.random
    if chance() < 0.3:
        found += ["--format", source.choice(FORMATS)]
    if chance() < 0.1:
        found += ["--of", source.choice(ASKED)]
    if chance() < 0.1:
        found += ["--wrt", source.choice(ASKED)]
    while chance() < 0.2:
        found += ["--get", source.choice(ASKED)]
    if chance() < 0.2:
        found += ["--edges"]
    if chance() < 0.1:
        found += [
            "--precision",
            source.choice(["1", "15", "16", "40", "0", "-1", "x", "", "1e3", "99999999999"]),
        ]
    if chance() < 0.1:
        found += ["--color", source.choice(["always", "never", "auto", "red"])]
    if chance() < 0.05:
        found += ["--inputs", source.choice(["/nowhere", "/", "-", "", "/dev/null"])]
    if chance() < 0.05:
        found += ["--set", source.choice([*VALUES, "a", "=1", "a=", "a==1", "\u0302=1"])]
    if chance() < 0.03:
        found += [
            source.choice(
                ["--help", "-h", "--", "-", "--no", "-x", "-fnowhere", "-e", "-f", "--a", "--version"]
            )
        ]
    return found


def assert_answered_or_refused(result: Result, question: object) -> None:
    assert result.status in (0, 2), (question, result)
    assert "Traceback" not in result.err, question
    said = re.sub(r"^(\x1b\[\d+m)*(\w+:)\x1b\[0m", r"\2", result.err)
    if result.status == 2:
        assert result.out == "", (question, result)
        assert said.startswith(("error: ", "Usage: ")), (question, result)
    else:
        assert not said or said.startswith("notice: "), (question, result)


def finds(tries: int, seed: int, ask: Callable[[random.Random], Result]) -> Counter[int]:
    """How often each status came."""
    source = random.Random(seed)
    return Counter(ask(source).status for _ in range(tries))


def question(source: random.Random) -> tuple[list[str], bytes]:
    """A command line, and what stands on standard input."""
    text = program(source)
    rest = inputs(source, text) + options(source)
    if source.random() < 0.05:
        source.shuffle(rest)
    stdin = b""
    match source.randrange(6):
        case 0:
            words, stdin = ["eval", "-", *rest], text.encode("utf-8", "surrogatepass")
        case 1:
            words = ["eval", "-e", text, *rest]
        case 2:
            words = ["eval", *rest, text]
        case 3 if source.random() < 0.2:
            words = ["derive", text, *options(source)]
        case 3 if source.random() < 0.2:
            words = ["explain", text, *inputs(source, text), *options(source)]
        case _:
            words = ["eval", text, *rest]
    return [word.replace("\0", "\1") for word in words], stdin  # no word of a command line holds a NUL


def ask(source: random.Random) -> Result:
    words, stdin = question(source)
    result = answer(*words, stdin=stdin)
    assert_answered_or_refused(result, (words, stdin))
    check_format(words, result)
    return result


def check_format(words: list[str], result: Result) -> None:
    """What is answered as JSON or CSV can be read as such."""
    if result.status or words[0] != "eval" or {"--help", "-h", "--get"} & set(words):
        return
    forms = [form for word, form in pairwise(words) if word == "--format"]
    if forms == ["json"]:
        found = json.loads(result.out, parse_constant=pytest.fail)
        assert {"outputs", "values", "derivatives", "edges", "notices"} <= set(found)
    elif forms == ["csv"]:
        rows = list(csv.reader(io.StringIO(result.out, newline="")))
        assert len({len(row) for row in rows}) == 1


@pytest.mark.parametrize("seed", range(6))
def test_questions_at_random(seed: int) -> None:
    statuses = finds(2000, seed, ask)
    assert statuses[0] > 100  # enough of them are questions that have an answer
    assert statuses[2] > 100


def test_bytes_at_random() -> None:
    def ask_bytes(source: random.Random) -> Result:
        data = source.randbytes(source.randint(0, 60))
        if source.random() < 0.5:
            text = bytearray(source.choice(PROGRAMS).encode())
            for _ in range(source.randint(1, 3)):
                text[source.randrange(len(text))] = source.randrange(256)
            data = bytes(text)
        result = answer("eval", "-", *POINT, stdin=data)
        assert_answered_or_refused(result, data)
        return result

    statuses = finds(2000, 7, ask_bytes)
    assert statuses[2] > 1000


def test_values_at_random() -> None:
    """One program, and values that are changed at random: an answer has finite or honest numbers."""

    def ask_value(source: random.Random) -> Result:
        value = changed(source, source.choice([*VALUES, "3.25", "-2*pi", "sqrt(2)", "1e-3"]))
        words = ["eval", "y = 2*x + 1", source.choice(["--x={}", "--set=x={}"]).format(value), "--get", "y"]
        result = answer(*words)
        assert_answered_or_refused(result, words)
        if result.status == 0 and words[2].startswith("--x="):
            assert isinstance(float(result.out), float)
        return result

    statuses = finds(1500, 8, ask_value)
    assert statuses[0] > 100
    assert statuses[2] > 100


def test_files_of_inputs_at_random(tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("inputs")
    texts = {
        "json": ['{"a": 5, "b": 3.5e0, "c": "pi/4"}', '{"a": [1, {"b": null}], "c": true}', '"a"', "[1]"],
        "toml": ["a = 5\nb = 3.5\nc = 'pi/4'\n", "[a]\nb = [1, 2]\nc = 1979-05-27T07:32:00Z\n"],
    }

    def ask_file(source: random.Random) -> Result:
        kind = source.choice(list(texts))
        path = directory / f"inputs.{kind}"
        text = source.choice(texts[kind])
        path.write_bytes(
            (changed(source, text) if source.random() < 0.9 else text).encode("utf-8", "surrogatepass")
        )
        result = answer("eval", "y = a*b*c", "--inputs", str(path))
        assert_answered_or_refused(result, path.read_bytes())
        return result

    statuses = finds(800, 9, ask_file)
    assert statuses[0] > 20
    assert statuses[2] > 400


def test_words_at_random() -> None:
    """Not even the command is right."""
    words = [
        "eval",
        "functions",
        "completion",
        "derive",
        "bash",
        "--help",
        "-",
        "--",
        "-x",
        "",
        "y=x",
        "--x",
        "1",
    ]

    def ask_words(source: random.Random) -> Result:
        line = source.choices([*words, *FORMATS, "--format", "--get", "\udcff"], k=source.randint(0, 5))
        result = answer(*line)
        assert_answered_or_refused(result, line)
        return result

    assert finds(1500, 10, ask_words)[2] > 500


def test_through_real_processes() -> None:
    """The same, with what lies between a shell and this process: arguments as bytes, pipes, exit."""

    def ask_process(source: random.Random) -> Result:
        words, stdin = question(source)
        encoded = [word.encode("utf-8", "surrogateescape") for word in words]
        result = graphdiff(*encoded, stdin=stdin)
        assert_answered_or_refused(result, (words, stdin))
        return result

    statuses = finds(200, 11, ask_process)
    assert statuses[0] > 10
    assert statuses[2] > 50


def test_within_and_through_a_process_it_is_the_same() -> None:
    source = random.Random(12)
    for _ in range(25):
        words, stdin = question(source)
        if all(word.isprintable() for word in words) and not {"always", "--version"} & set(words):
            assert graphdiff(*words, stdin=stdin) == answer(*words, stdin=stdin), words


def test_a_status_that_is_wrong_is_caught() -> None:
    for wrong in (
        Result(1, "", "error: x"),
        Result(70, "", "error: a defect"),
        Result(130, "", ""),
        Result(2, "half an answer", "error: x"),
        Result(2, "", ""),
        Result(0, "6\n", "error: x"),
        Result(0, "6\n", "Traceback (most recent call last):"),
    ):
        with pytest.raises(AssertionError):
            assert_answered_or_refused(wrong, "")


# The same by hypothesis, which makes what it finds small.

TEXT = st.text(st.characters(exclude_characters="\0"), max_size=40)
PROGRAM = st.one_of(
    TEXT,
    st.lists(st.sampled_from(PIECES), max_size=25).map("".join),
    st.builds(
        lambda text, place, piece: text[: place % len(text)] + piece + text[place % len(text) :],
        st.sampled_from(PROGRAMS), st.integers(0, 200), st.one_of(st.sampled_from(PIECES), TEXT),
    ),
)  # fmt: skip


@given(
    PROGRAM,
    st.dictionaries(
        st.sampled_from(["a", "b", "c", "x", "y", "x0"]), st.one_of(st.sampled_from(VALUES), TEXT)
    ),
    st.lists(st.one_of(st.sampled_from(ASKED), TEXT), max_size=2),
)
@settings(max_examples=400, deadline=None)
def test_questions_by_hypothesis(text: str, values: dict[str, str], asked: list[str]) -> None:
    words = ["eval", "-e", text]
    for name, value in values.items():
        words += ["--set", f"{name}={value}"]
    for what in asked:
        words += ["--get", what]
    assert_answered_or_refused(answer(*words), words)


@given(st.floats(), st.floats())
@settings(max_examples=200, deadline=None)
def test_every_float_goes_in_and_comes_out(x: float, y: float) -> None:
    result = answer("eval", "z = x; w = y", "--x", repr(x), f"--y={y!r}", "--get", "z", "--get", "w")
    found = [float(line) for line in result.out.splitlines()]
    assert result.status == 0
    for ours, given_ in zip(found, (x, y), strict=True):
        assert ours == given_ or (math.isnan(ours) and math.isnan(given_))
        assert math.isnan(ours) or math.copysign(1, ours) == math.copysign(1, given_)


@pytest.mark.campaign
def test_a_campaign_of_questions() -> None:
    """New questions each time; the seed of a failure is in its message."""
    seed = int(os.environ.get("GRAPHDIFF_SEED", time.time_ns()))
    end = time.monotonic() + float(os.environ.get("GRAPHDIFF_CAMPAIGN", "300"))
    asked = 0
    while time.monotonic() < end:
        try:
            finds(100, seed + asked, ask)
        except AssertionError as error:
            raise AssertionError(f"with GRAPHDIFF_SEED={seed + asked}") from error
        asked += 1
    assert asked > 0
