"""Options that a command does not have: what they are called here, or where they belong."""

from __future__ import annotations

import click

from graphdiff.cli.commands import COMMANDS
from graphdiff.diagnostics import listing, similar

# What people type, and what is meant; where a command has its own answer, by its name too.
MEANT: dict[str | tuple[str, str], str] = {
    **dict.fromkeys(("-o", "--output", "--outfile", "--out"), "write the answer to a file:  > FILE"),
    **dict.fromkeys(("-v", "--verbose", "--steps", "--trace"), "'graphdiff explain' shows each step"),
    **dict.fromkeys(("-q", "--quiet", "--silent"), "notices go to standard error:  2> /dev/null"),
    **{f"--{form}": f"write  --format {form}" for form in ("json", "csv", "tsv", "markdown")},
    **dict.fromkeys(("--digits", "--decimals", "--prec", "--dps"), "write  eval PROGRAM --precision DIGITS"),
    **dict.fromkeys(("--expr", "--program", "--formula", "-c"), "the program is an argument, or  -e PROGRAM"),
    **dict.fromkeys(("--input", "--at", "--point", "--values", "--params", "-i"),
                    "each input is an option, as in  --x 3;  --inputs FILE reads them from a file"),
    **dict.fromkeys(("--grad", "--gradient", "--derivative", "--derivatives", "--diff", "--jacobian"),
                    "'graphdiff eval' shows every derivative; --get dJ/db prints one"),
    **dict.fromkeys(("--hessian", "--second"), "write  eval PROGRAM --order 2"),
    **{f"--{language}": f"write  derive PROGRAM --to {language}"
       for language in ("python", "numpy", "jax", "c", "fortran", "julia", "latex", "sympy", "javascript")},
    **dict.fromkeys(("--no-color", "--no-colour", "--nocolor"), "write  --color never"),
    **dict.fromkeys(("--var", "--vars", "--variables", "--by", "--with-respect-to"), "write  --wrt NAMES"),
    "--to": "write  derive PROGRAM --to LANGUAGE  for code, or  draw PROGRAM --to FORMAT  for a picture",
    ("explain", "--wrt"): "--only NAMES shows the steps between these names and the outputs",
    ("derive", "--format"): "--to LANGUAGE chooses the notation",
}  # fmt: skip


def hint_for(ctx: click.Context, option: str) -> str:
    """What to type in place of an option that a command does not have; "" if that is not known."""
    root = ctx.find_root()
    name = "" if ctx is root else ctx.command.name or ""
    if hint := MEANT.get((name, option), MEANT.get(option, "")):
        return hint
    assert isinstance(root.command, click.Group)
    commands = {other: root.command.get_command(ctx, other) for other in COMMANDS if other != name}
    found = {
        other: param for other, command in commands.items() if command is not None
        for param in command.params if option in param.opts
    }  # fmt: skip
    if not found:
        return ""
    first = next(iter(found))
    value = f" {found[first].metavar or ''}".rstrip()
    return f"{option} is an option of {listing(found)}:  graphdiff {first} ... {option}{value}"


def near(option: str, options: list[str]) -> str:
    """The hint for an option that is nearly one of these."""
    names = {known.lstrip("-"): known for known in options}
    meant = similar(option.lstrip("-"), names)
    return f"did you mean {names[meant[0]]}?" if meant else ""
