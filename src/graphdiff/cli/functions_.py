"""`graphdiff functions`: the table of rules."""

from __future__ import annotations

import sys

import click

from graphdiff.cli import color
from graphdiff.cli.options import shown_as
from graphdiff.cli.output import emit, terminal_width


@click.command("functions")
@click.argument("names", nargs=-1)
@shown_as("table", "json", "csv", "tsv", "markdown")
def command(names: tuple[str, ...], form: str | None, colors: str) -> None:
    """The functions and operators: derivative, domain and kinks of each, or of NAMES."""
    from graphdiff.views import functions as view

    color.choice = colors
    form = form or ("table" if sys.stdout.isatty() else "tsv")
    rules = view.shown(names)
    emit(view.lines(rules, form, color.wants_color(sys.stdout), terminal_width(), color.writes_unicode()))
