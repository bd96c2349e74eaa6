"""The commands by name, each imported when it is called, for a fast start."""

from __future__ import annotations

from importlib import import_module

import click

from graphdiff import __version__
from graphdiff.diagnostics import Diagnostic, InputProblem, did_you_mean, listing, shortened

LECTURE = '"J=3*v; v=a+u; u=b*c"'
# Each command with the documentation page and the example that end its help.
COMMANDS = {
    "eval": ("language", f"graphdiff eval {LECTURE} --a 5 --b 3 --c 2 --get dJ/db"),
    "explain": ("explain", f"graphdiff explain {LECTURE} --a 5 --b 3 --c 2 --bump b=0.001"),
    "draw": ("drawing", f"graphdiff draw {LECTURE} --a 5 --b 3 --c 2 -o graph.svg"),
    "derive": ("derivatives", f"graphdiff derive {LECTURE} --to python"),
    "check": ("checking", f'graphdiff check {LECTURE} --samples 1000 --expect "dJ/db=3*c"'),
    "functions": ("language", "graphdiff functions sqrt ^"),
    "help": ("", "graphdiff help language"),
    "completion": ("", 'eval "$(graphdiff completion bash)"'),
}


class LazyGroup(click.Group):
    """A command `name` is `command` in the module graphdiff.cli.name_."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found = import_module(f"graphdiff.cli.{cmd_name}_").command
        assert isinstance(found, click.Command)
        topic, example = COMMANDS[cmd_name]
        found.epilog = f"\b\nExample:\n  {example}\n\nMore: graphdiff help {topic}".rstrip()
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            hint = did_you_mean(name, COMMANDS)
            if not hint and not name.isidentifier():
                hint = f'a program goes after a command:  graphdiff eval "{shortened(name)}"'
            hint = hint or f"the commands are {listing(COMMANDS)}; a program goes after one of them"
            raise InputProblem(Diagnostic("usage", f"no such command: {shortened(name)}", hint=hint))
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Documentation: graphdiff help [TOPIC]",
)
@click.version_option(__version__, "-V", "--version", message="graphdiff %(version)s")
def cli() -> None:
    """Values and derivatives of formulas.

    \b
    graphdiff eval "J=3*v; v=a+u; u=b*c" --a 5 --b 3 --c 2

    Exit status: 0 answered, 1 a check failed, 2 no answer (usage, syntax, a missing
    input, an undefined operation), 70 a defect of graphdiff, 130 interrupted.
    """
