"""What the tests of the command line share: graphdiff as a process, on a terminal, or in this process."""

from __future__ import annotations

import gc
import io
import os
import pty
import subprocess
import sys
import sysconfig
import termios
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from unittest import mock

# The command of the environment that runs the tests, wherever it is on the path.
SCRIPTS = Path(sysconfig.get_path("scripts"))
GRAPHDIFF = SCRIPTS / "graphdiff"

LECTURE = "J=3*v; v=a+u; u=b*c"
POINT = ("--a", "5", "--b", "3", "--c", "2")

# Nothing that would change what is written, whoever runs the tests, and wherever.
UNSET = (
    "FORCE_COLOR", "NO_COLOR", "TERM", "COLUMNS", "LINES", "GRAPHDIFF_TRACEBACK", "PYTHONIOENCODING",
    "PYTHONUTF8", "PYTHONCOERCECLOCALE", "LANG", "LC_ALL", "LC_CTYPE", "_GRAPHDIFF_COMPLETE",
)  # fmt: skip
PLAIN = {"NO_COLOR": "1", "COLUMNS": "80", "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}


class Result(NamedTuple):
    status: int
    out: str
    err: str


def environment(**changes: str | None) -> dict[str, str]:
    """The environment of a command: PLAIN with some changes, None to take one away."""
    found = {name: value for name, value in os.environ.items() if name not in UNSET}
    found["PATH"] = f"{SCRIPTS}{os.pathsep}{found.get('PATH', '')}"
    return found | {name: value for name, value in {**PLAIN, **changes}.items() if value is not None}


def graphdiff(
    *arguments: str | bytes,
    stdin: str | bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Result:
    """Run the real command, its standard output and error apart."""
    done = subprocess.run(
        [GRAPHDIFF, *arguments],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        env=environment() if env is None else env,
        cwd=cwd,
        check=False,
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def on_terminal(
    command: list[str | Path],
    columns: int = 80,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Result:
    """Run a command whose three streams are one terminal; all that it writes is `out`."""
    terminal, its_end = pty.openpty()
    termios.tcsetwinsize(its_end, (24, columns))
    with subprocess.Popen(
        command, stdin=its_end, stdout=its_end, stderr=its_end, env=env or environment(), cwd=cwd
    ) as process:
        os.close(its_end)
        written = b"".join(_until_closed(terminal))
        status = process.wait()
    os.close(terminal)
    return Result(status, written.decode().replace("\r\n", "\n"), "")


def _until_closed(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # how Linux says that the other end is closed
            return
        if not data:
            return
        yield data


@contextmanager
def streams(stdin: bytes) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    """Standard streams of this process that hold what is written, as bytes."""
    out, err = io.BytesIO(), io.BytesIO()
    with (
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8")),
        mock.patch.object(sys, "stdout", io.TextIOWrapper(out, "utf-8", write_through=True)),
        mock.patch.object(sys, "stderr", io.TextIOWrapper(err, "utf-8", write_through=True)),
    ):
        yield out, err


def answer(*arguments: str, stdin: str | bytes = b"") -> Result:
    """The same as `graphdiff`, within this process: for questions by the thousand."""
    from graphdiff.cli.run import run

    collecting = gc.isenabled()
    try:
        with streams(stdin.encode() if isinstance(stdin, str) else stdin) as (out, err):
            status = run(list(arguments))
            return Result(status, out.getvalue().decode(), err.getvalue().decode())
    finally:
        if collecting:
            gc.enable()  # a command line does not need it, many in one process do


def assert_refused(result: Result, *words: str) -> None:
    """Nothing was computed: status 2, a message that has these words in it, and no traceback."""
    assert result.status == 2, result
    assert result.out == ""
    assert result.err.startswith("error: "), result.err
    assert "Traceback" not in result.err
    for word in words:
        assert word in result.err, result.err


def marked(message: str) -> list[str]:
    """The pieces of program that a message's carets stand under, on a terminal."""
    found = []
    for text, under in pairwise(message.splitlines()):
        head, bar, carets = under.partition(" | ")
        if bar and not head.strip() and carets.strip().startswith("^"):
            start = under.index("^")
            stop = start + len(carets.split()[0])
            found.append("".join(c for column, c in columns(text) if start <= column < stop))
    return found


def columns(text: str) -> Iterator[tuple[int, str]]:
    """Each character and the column in which a terminal shows it."""
    column = 0
    for character in text:
        yield column, character
        wide = unicodedata.east_asian_width(character) in "WF"
        column += 0 if unicodedata.combining(character) else 2 if wide else 1
