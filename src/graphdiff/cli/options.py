"""Options that several commands share, and the reading of their values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from graphdiff.cli.color import CHOICE
from graphdiff.diagnostics import Diagnostic, InputProblem
from graphdiff.graph import Graph
from graphdiff.language.lexer import normalised

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# The key of the program's graph in the data that the contexts of a command line share.
GRAPH = "graphdiff.graph"

Command = Callable[..., Any]


class FileName(click.types.StringParamType):
    """A file's name as typed, which shells complete; whether it can be read is found by reading."""

    name = "file"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="file")]


FILE_NAME = FileName()


def takes_program(command: Command, argument: Callable[[Command], Command] | None = None) -> Command:
    """PROGRAM (or another argument that names one), -e and -f.

    ProgramCommand finds and reads the program before the options are parsed; it is
    declared here for click and its help.
    """
    for option in (
        click.option("-f", "--file", type=FILE_NAME, metavar="FILE", help="Read the program from a file."),
        click.option("-e", "--expression", metavar="PROGRAM", help="A program that begins with '-'."),
        argument or click.argument("program", required=False),
    ):
        command = option(command)
    return command


def takes_program_and_inputs(command: Command) -> Command:
    """PROGRAM, and its inputs."""
    return takes_program(takes_inputs(command))


def takes_inputs(command: Command) -> Command:
    """The inputs by --set and --inputs; ProgramCommand adds an option for each input."""
    for option in (
        click.option(
            "--inputs", type=FILE_NAME, metavar="FILE",
            help="Read inputs from a JSON or TOML file; - for standard input.",
        ),
        click.option(
            "--set", "settings", multiple=True, metavar="NAME=NUMBER",
            help="Set inputs, such as a=5,b=3, even those named like an option.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def takes_outputs(command: Command) -> Command:
    """--of, which `names_of` reads."""
    help_text = "Outputs to differentiate, such as J,K (default: definitions that nothing else uses)."
    return click.option("--of", metavar="NAMES", shell_complete=complete_names, help=help_text)(command)


def shown_as(*formats: str) -> Callable[[Command], Command]:
    """--format with these choices, and --color."""

    def decorated(command: Command) -> Command:
        default = "a table on a terminal, else tsv" if "table" in formats else formats[0]
        choice = click.Choice(formats)
        help_text = f"Output format (default: {default})."
        return click.option("--format", "form", type=choice, help=help_text)(colored(command))

    return decorated


def colored(command: Command) -> Command:
    """--color, for the answer and for messages."""
    return click.option(
        "--color", "colors", type=click.Choice(["auto", "always", "never"]), default="auto",
        show_default=True, is_eager=True, callback=_choose_color,
        help="When to use colours; auto: on a terminal.",
    )(command)  # fmt: skip


def _choose_color(ctx: click.Context, parameter: click.Parameter, choice: str) -> str:
    ctx.meta[CHOICE] = choice
    return choice


def listed(text: str) -> list[str]:
    """The parts of a list such as `J,K`; InputProblem if there are none."""
    found = [part.strip() for part in text.split(",") if part.strip()]
    if not found:
        raise InputProblem(Diagnostic("usage", "no names", hint="write the names between commas: J,K"))
    return found


def complete_names(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The names of the program on the command line, after those that the list has already."""
    graph = ctx.meta.get(GRAPH)
    return _completed(incomplete, graph.names if graph is not None else ())


def complete_quantities(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Names of the program, and derivatives: those of one output by each name once it is begun."""
    graph = ctx.meta.get(GRAPH)
    if graph is None:
        return []
    top, slash, _ = incomplete.rpartition(",")[2].partition("/")
    outputs = [top.removeprefix("d")] if slash else graph.outputs
    slopes = [f"d{of}/d{name}" for of in outputs if of in graph.names for name in graph.names if name != of]
    return _completed(incomplete, [*graph.names, *slopes])


def _completed(incomplete: str, words: Iterable[str]) -> list[str]:
    """The lists that begin with `incomplete` and end with one more of these words."""
    before, comma, begun = incomplete.rpartition(",")
    given = before.split(",")
    return [f"{before}{comma}{word}" for word in words if word.startswith(begun) and word not in given]


def names_of(graph: Graph, text: str | None) -> list[str] | None:
    """The names of an option such as `--of J,K`; UnknownName for one that the program does not have."""
    if text is None:
        return None
    names = listed(normalised(text))
    for name in names:
        graph.node(name)
    return list(dict.fromkeys(names))
