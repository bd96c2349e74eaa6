"""`graphdiff completion`: completion scripts for shells."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from graphdiff.cli.output import emit


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script for a shell.

    \b
    bash: eval "$(graphdiff completion bash)"      in ~/.bashrc
    zsh:  eval "$(graphdiff completion zsh)"       in ~/.zshrc
    fish: graphdiff completion fish | source       in ~/.config/fish/config.fish

    It also completes the inputs of a program that is already on the line.
    """
    from graphdiff.cli.commands import cli

    found = get_completion_class(shell)
    assert found is not None
    emit([found(cli, {}, "graphdiff", "_GRAPHDIFF_COMPLETE").source()])
