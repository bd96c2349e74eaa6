"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

Command = Callable[..., Any]


def takes_program(command: Command, argument: Callable[[Command], Command] | None = None) -> Command:
    """PROGRAM (or another argument that names one), -e and -f.

    The program itself is found and read by ProgramCommand, which knows it before the
    options are parsed: here it is declared for the help and for click.
    """
    for option in (
        click.option("-f", "--file", metavar="FILE", help="The program from a file."),
        click.option("-e", "--expression", metavar="PROGRAM", help="A program that begins with '-'."),
        argument or click.argument("program", required=False),
    ):
        command = option(command)
    return command


def takes_program_and_inputs(command: Command) -> Command:
    """PROGRAM, and its inputs."""
    return takes_program(takes_inputs(command))


def takes_inputs(command: Command) -> Command:
    """The inputs by --set and --inputs; their own options are ProgramCommand's."""
    for option in (
        click.option(
            "--inputs", metavar="FILE", help="Inputs from a JSON or TOML object; - for standard input."
        ),
        click.option(
            "--set", "settings", multiple=True, metavar="NAME=NUMBER", help="An input, whatever its name."
        ),
    ):
        command = option(command)
    return command


def shown_as(*formats: str) -> Callable[[Command], Command]:
    """--format with these choices, and --color."""

    def decorated(command: Command) -> Command:
        default = "a table on a terminal, else tsv" if "table" in formats else formats[0]
        for option in (
            click.option(
                "--color", "colors", type=click.Choice(["auto", "always", "never"]), default="auto",
                help="Colours: when on a terminal, or as said.", show_default=True,
            ),
            click.option("--format", "form", type=click.Choice(formats), help=f"Default: {default}."),
        ):  # fmt: skip
            command = option(command)
        return command

    return decorated
