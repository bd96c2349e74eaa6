"""`graphdiff functions`: the table of rules."""

from __future__ import annotations

import sys
from typing import Any

import click

from graphdiff.cli.options import shown_as
from graphdiff.cli.output import emit, screen
from graphdiff.language.scope import DIFF
from graphdiff.rules import CALLABLE
from graphdiff.views.functions import FORMATS, lines, shown


def _complete(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in (*CALLABLE, DIFF) if name.startswith(incomplete)]


@click.command("functions")
@click.argument("names", nargs=-1, shell_complete=_complete)
@shown_as(*FORMATS)
def command(names: tuple[str, ...], form: str | None, **_: Any) -> None:
    """List the functions and operators: derivatives, domains, kinks.

    With NAMES only these, by name or sign: graphdiff functions sqrt ^
    """
    emit(lines(shown(names), form or ("table" if sys.stdout.isatty() else "tsv"), screen()))
