"""Writing: answers to standard output, everything else to standard error."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import click

from graphdiff.cli.color import wants_color, writes_unicode
from graphdiff.diagnostics import Diagnostic, render
from graphdiff.views.screen import Screen

PATIENCE = 1.0  # seconds before progress is shown


def emit(lines: Iterable[str]) -> None:
    """Write an answer to standard output, line by line."""
    write = sys.stdout.write
    for line in lines:
        write(line)
        write("\n")
    sys.stdout.flush()


def complain(diagnostic: Diagnostic, severity: str = "error") -> None:
    """Write a message to standard error."""
    text = render(diagnostic, severity, sys.stderr.encoding)
    if wants_color(sys.stderr):
        head, rest = text[: len(severity) + 1], text[len(severity) + 1 :]
        text = click.style(head, fg="red" if severity == "error" else "yellow", bold=True) + rest
    write_message(text)


def write_message(text: str) -> None:
    """Write lines to standard error."""
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except OSError:
        pass  # nobody listens


@contextmanager
def progress_of(words: str) -> Iterator[Callable[[int, int], None] | None]:
    """Shows how much of a long computation is done, on a terminal; None where there is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from time import monotonic

    begun = shown = monotonic()

    def show(done: int, total: int) -> None:
        nonlocal shown
        now = monotonic()
        if now - begun > PATIENCE and now - shown > PATIENCE / 4:
            shown = now
            sys.stderr.write(f"\r{words.format(f'{done:,}', f'{total:,}')}\x1b[K")
            sys.stderr.flush()

    yield show
    if shown > begun:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def discard_output() -> None:
    """Write nothing more to standard output, nor what is still buffered."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def unwritable_answer(error: OSError) -> Diagnostic:
    """The message about standard output that cannot be written to."""
    closed = error.errno == errno.EBADF
    reason = "standard output is closed" if closed else (error.strerror or str(error)).lower()
    return Diagnostic("output", f"cannot write the answer: {reason}")


def screen() -> Screen:
    """How text is shown on standard output."""
    return Screen(wants_color(sys.stdout), terminal_width(), writes_unicode())


def terminal_width() -> int | None:
    """The columns of the terminal, or None if standard output is not a terminal."""
    if not sys.stdout.isatty():
        return None
    import shutil  # only here: it brings the archive formats, which every start would pay for

    return shutil.get_terminal_size().columns
