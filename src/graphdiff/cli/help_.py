"""`graphdiff help`: the documentation, which is part of the package."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import click

from graphdiff.cli.commands import COMMANDS
from graphdiff.cli.files import read_text
from graphdiff.cli.interrupts import raise_exception
from graphdiff.cli.output import emit, screen
from graphdiff.diagnostics import Diagnostic, InputProblem, did_you_mean

# Each topic is a page of docs/.
TOPICS = {
    "language": "Programs, names and numbers; kinks, powers and infinities.",
    "derivatives": "Derivative programs, diff, Hessians and products with them.",
    "explain": "Both sweeps step by step, and the effect of a bump.",
    "drawing": "Pictures in the terminal and in files; the page to play with.",
    "checking": "Derivatives from elsewhere verified: points, tables, CI.",
    "notations": "Derivatives as code: Python, JAX, C, Fortran, Julia, LaTeX.",
    "python": "Python functions: gradient, hessian, derive, check, explain.",
    "benchmarks": "How fast, compared with what, and how it was measured.",
}


def _complete(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in (*TOPICS, *COMMANDS) if name.startswith(incomplete)]


@click.command("help")
@click.argument("topic", required=False, shell_complete=_complete)
@click.pass_context
def command(ctx: click.Context, topic: str | None) -> None:
    """Show a page of the documentation, or the help of a command.

    Without TOPIC, list the topics and commands. On a terminal a page is shown by
    $PAGER, or less; in a pipe it is Markdown.
    """
    group = ctx.find_root().command
    assert isinstance(group, click.Group)
    if topic is None:
        emit(_contents(ctx, group))
    elif topic in TOPICS:
        _show(page(topic))
    elif found := group.get_command(ctx, topic):
        with click.Context(found, ctx.parent, topic) as context:
            emit([found.get_help(context)])
    else:
        hint = did_you_mean(topic, (*TOPICS, *COMMANDS)) or "'graphdiff help' lists the topics and commands"
        raise InputProblem(Diagnostic("usage", f"no such topic: {topic}", hint=hint))


def page(topic: str) -> str:
    """The text of a page: beside the modules when installed, else in the checkout."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    installed = os.path.join(package, "docs")
    folder = installed if os.path.isdir(installed) else os.path.join(package, "..", "..", "docs")
    return read_text(os.path.join(folder, f"{topic}.md"))


def _show(text: str) -> None:
    if not sys.stdout.isatty():
        emit([text.rstrip("\n")])
        return
    from graphdiff.views import page as view

    shown = screen()
    raise_exception()  # an interrupt is for the pager, which click knows
    os.environ.setdefault("LESS", "FRX")  # as git does: colours, and no paging of what fits the screen
    click.echo_via_pager("\n".join(view.lines(text, TOPICS, shown)) + "\n", color=shown.color)


def _contents(ctx: click.Context, group: click.Group) -> Iterator[str]:
    """The topics and commands, a line each."""
    formatter = ctx.make_formatter()
    commands = {name: group.get_command(ctx, name) for name in COMMANDS}
    with formatter.section("Topics (graphdiff help TOPIC)"):
        formatter.write_dl(list(TOPICS.items()))
    with formatter.section("Commands (graphdiff COMMAND --help)"):
        formatter.write_dl([(name, c.get_short_help_str(80)) for name, c in commands.items() if c])
    yield formatter.getvalue().rstrip("\n")
