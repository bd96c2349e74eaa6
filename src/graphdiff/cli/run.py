"""Run a command line to its exit status."""

from __future__ import annotations

import gc
import os
import sys

import click

from graphdiff.cli.commands import cli
from graphdiff.cli.output import complain, discard_output, unwritable_answer, write_message
from graphdiff.cli.status import ANSWERED, DEFECT, INTERRUPTED, NO_ANSWER
from graphdiff.diagnostics import Diagnostic, GraphdiffError, InputProblem


def run(arguments: list[str]) -> int:
    """The status of one command line; its answer goes to standard output, all else to standard error.

    Click's own `main` is not used: it exits with status 1 for a closed pipe or an
    unexpected exception, and here 1 means a failed check and nothing else.
    """
    gc.disable()  # the process is short: garbage is freed when it ends
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        # A name that the locale cannot encode is shown escaped.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    # Errors are reported within the context, which knows what --color says.
    with click.Context(cli, info_name="graphdiff", **cli.context_settings) as context:
        return _status(context, list(map(as_unicode, arguments)))


def _status(context: click.Context, arguments: list[str]) -> int:
    try:
        if completing := os.environ.get("_GRAPHDIFF_COMPLETE"):
            return _completed(completing)
        try:
            cli.parse_args(context, arguments)
            status = cli.invoke(context)
        except click.exceptions.Exit as stop:  # --help and --version
            status = stop.exit_code
        sys.stdout.flush()
        return status if isinstance(status, int) else ANSWERED
    except GraphdiffError as error:
        complain(error.diagnostic)
        return NO_ANSWER
    except click.exceptions.NoArgsIsHelpError as error:
        write_message(error.format_message())
        return NO_ANSWER
    except click.ClickException as error:
        complain(_from_click(error))
        return NO_ANSWER
    except (KeyboardInterrupt, click.Abort, EOFError):
        return INTERRUPTED
    except BrokenPipeError:  # the reader has gone
        discard_output()
        return ANSWERED
    except MemoryError:
        complain(Diagnostic("memory", "not enough memory for this program"))
        return NO_ANSWER
    except Exception as error:
        if isinstance(error, OSError) and error.filename is None:  # of a stream, not of a file
            discard_output()
            complain(unwritable_answer(error))
            return NO_ANSWER
        message = f"a defect of graphdiff itself: {type(error).__name__}: {error}"
        complain(Diagnostic("defect", message, hint="please report it, with the command line"))
        if os.environ.get("GRAPHDIFF_TRACEBACK"):
            raise
        return DEFECT


def _completed(instruction: str) -> int:
    """Print what the shell asks for while a command line is typed, such as completions (`bash_complete`)."""
    from click.shell_completion import shell_complete

    try:
        unknown = shell_complete(cli, {}, "graphdiff", "_GRAPHDIFF_COMPLETE", instruction)
    except (KeyError, ValueError):  # of the variables in which a shell gives the command line
        unknown = 1
    if unknown:
        message = "_GRAPHDIFF_COMPLETE is set, but the words to complete are not"
        hint = "unset it; the script of 'graphdiff completion' sets it for a moment only"
        raise InputProblem(Diagnostic("usage", message, hint=hint))
    return ANSWERED


def as_unicode(word: str) -> str:
    """A word of the command line, decoded as UTF-8 even if the locale is ASCII (as C and POSIX are)."""
    if word.isascii() or not any("\udc80" <= character <= "\udcff" for character in word):
        return word
    try:
        return os.fsencode(word).decode("utf-8")
    except UnicodeError:
        return word


def _open_closed_streams() -> None:
    """Replace each stream that the caller has closed (`>&-`), which Python sets to None.

    By an empty one; standard output by one that cannot be written to, as an answer is lost there.
    """
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115
    sys.stdout = sys.stdout or open(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _from_click(error: click.ClickException) -> Diagnostic:
    message = " ".join(error.format_message().split())  # click lists choices on lines of their own
    hint = ""
    if isinstance(error, click.NoSuchOption):
        message = f"no such option: {error.option_name}"
        from graphdiff.cli.misplaced import hint_for

        if error.ctx is not None and (meant := hint_for(error.ctx, error.option_name)):
            hint = meant
        elif error.ctx is not None and error.ctx.parent is None:
            hint = 'options go after the command, as in  graphdiff eval "y=2*x" --x 5'
        elif error.possibilities:
            hint = "did you mean " + " or ".join(sorted(error.possibilities)) + "?"
        elif not error.option_name.startswith("--"):
            hint = "a program that begins with '-' goes after -e; an input is given as --name value"
    elif isinstance(error, click.UsageError) and error.ctx is not None:
        hint = f"'{error.ctx.command_path} --help' lists the options"
    return Diagnostic("usage", message[:1].lower() + message[1:].rstrip("."), hint=hint)
