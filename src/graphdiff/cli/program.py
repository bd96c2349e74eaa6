"""A command that takes a program: its inputs become options of their own."""

from __future__ import annotations

import os
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, NoReturn

import click

from graphdiff.cli.files import read_text
from graphdiff.cli.inputs import PARAMETER, refuse_unknown
from graphdiff.cli.options import GRAPH
from graphdiff.diagnostics import Diagnostic, GraphdiffError, InputProblem, listing, shortened
from graphdiff.graph import Declaration, Graph
from graphdiff.language.lexer import normalised
from graphdiff.parsing import parse
from graphdiff.rules import CONSTANTS

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# Further keys: the program's inputs that are options (with their numbers), and the program as it
# stands on the command line (see _find).
INPUTS, WRITTEN = "graphdiff.inputs", "graphdiff.written"
MOST_OPTIONS = 200  # beyond this many inputs only those on the command line become options


class ProgramCommand(click.Command):
    """Reads the program before the options, because the program says what they are."""

    # How the help describes an input's option; a subclass may take more than numbers.
    input_metavar = "NUMBER"
    input_help = "a number, or an expression of constants"
    takes_values = True  # whether the inputs are options

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        args = list(map(_with_normalised_name, args))
        try:
            graph = self._read(ctx, args)
            if graph is not None:
                ctx.meta[GRAPH] = graph
                ctx.meta[INPUTS] = _declared(graph.inputs, args) if self.takes_values else []
        except GraphdiffError:
            # Help and completion work beside a program that does not.
            if not (ctx.resilient_parsing or set(ctx.help_option_names) & set(args)):
                raise
        self._refuse_valueless(ctx, args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            self._refuse_option(ctx, error.option_name)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        params = super().get_params(ctx)
        taken = {option for param in params for option in param.opts}
        inputs = ctx.meta.get(INPUTS, [])
        return params + [
            InputOption([f"--{name}", f"{PARAMETER}{k}"], multiple=True, metavar=self.input_metavar)
            for k, name in inputs
            if f"--{name}" not in taken
        ]

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Click's completions, without the inputs that have a value already."""
        given = {
            param.opts[0]
            for param in self.get_params(ctx)
            if isinstance(param, InputOption) and ctx.params.get(param.name or "")
        }
        return [item for item in super().shell_complete(ctx, incomplete) if item.value not in given]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        params = self.get_params(ctx)
        own = [p for p in params if isinstance(p, click.Option) and not isinstance(p, InputOption)]
        records = [record for p in own if (record := p.get_help_record(ctx))]
        graph = ctx.meta.get(GRAPH)
        if graph is not None and self.takes_values:
            with formatter.section("Inputs of this program"):
                shown = [p.opts[0] for p in params if isinstance(p, InputOption)]
                hidden = [name for name in graph.inputs if f"--{name}" not in shown]
                rows = [(f"{option} {self.input_metavar}", self._help(graph, option[2:])) for option in shown]
                rows += [
                    (f"--set {name}={self.input_metavar}", "(its name is that of an option)")
                    for name in hidden[:MOST_OPTIONS]
                ]
                formatter.write_dl(rows or [("(none)", "all its values are constants")])
        with formatter.section("Options"):
            formatter.write_dl(records)

    def _help(self, graph: Graph, name: str) -> str:
        """How the help describes an input: what it takes, its default and its range."""
        default, low, high = graph.declared.get(name, Declaration()).texts
        said = [f"default {default}"] if default else []
        said += [f"range {low}..{high}"] if low else []
        return ", ".join(said) or self.input_help

    def _refuse_option(self, ctx: click.Context, option: str) -> NoReturn:
        """Raise for an option that is neither the command's nor an input of its program."""
        from graphdiff.cli.misplaced import hint_for, near  # needed only where something is wrong

        own = [name for param in super().get_params(ctx) for name in param.opts if name.startswith("--")]
        graph, name = ctx.meta.get(GRAPH), option.lstrip("-")
        if graph is not None and option.startswith("--"):
            if name in graph.inputs and not self.takes_values:
                message = f"'{ctx.command_path}' takes no values of inputs: {option}"
                hint = f"give it to eval:  {ctx.command_path} ... | graphdiff eval - {option} NUMBER"
                raise InputProblem(Diagnostic("usage", message, hint=hint))
            if name in CONSTANTS or name in graph.names:
                refuse_unknown(graph, [name])
        if hint := hint_for(ctx, option):
            raise InputProblem(Diagnostic("usage", f"'{ctx.command_path}' has no option {option}", hint=hint))
        if graph is None or not option.startswith("--"):
            message, hint = f"no such option: {option}", near(option, own)
            if graph is None and option.startswith("--"):
                hint = hint or f'an input goes with its program:  {ctx.command_path} "y=2*x" --x 5'
            elif graph is not None and name in graph.inputs:
                hint = f"did you mean --{name}?"
            else:
                hint = "a program that begins with '-' goes after -e; an input is given as --name value"
            raise InputProblem(Diagnostic("usage", message, hint=hint))
        theirs = f"the inputs are {listing(graph.inputs)}" if graph.inputs else "the program has no inputs"
        hint = near(option, [*(f"--{name}" for name in graph.inputs), *own]) if len(name) > 1 else ""
        message = f"'{option}' is neither an option nor an input; {theirs}"
        raise InputProblem(Diagnostic("usage", message, hint=hint))

    def _refuse_valueless(self, ctx: click.Context, args: list[str]) -> None:
        """Raise for an input whose value would be the option after it."""
        inputs = {f"--{name}" for _, name in ctx.meta.get(INPUTS, [])}
        options = {option for param in super().get_params(ctx) for option in param.opts} | inputs
        for word, following in pairwise(args):
            if word in inputs and following.startswith("--") and following.partition("=")[0] in options:
                hint = f"write its value:  {word} NUMBER"
                raise InputProblem(Diagnostic("usage", f"option '{word}' requires an argument", hint=hint))

    def _find(self, ctx: click.Context, args: list[str]) -> tuple[list[tuple[str, str]], dict[str, str]]:
        """The programs of a command line, anywhere on it, and the values of known options.

        A program is ("program", text), ("expression", text) or ("file", path).
        """
        flags: dict[str, bool] = {}  # for each known option whether it takes no value
        kinds: dict[str, str] = {}
        for param in super().get_params(ctx):
            if isinstance(param, click.Option):
                for option in param.opts:
                    flags[option] = param.is_flag
                    kinds[option] = param.name or ""
        found: list[tuple[str, str]] = []
        values: dict[str, str] = {}
        position = 0
        while position < len(args):
            word = args[position]
            position += 1
            name, equals, value = word.partition("=")
            if word == "--":
                if position < len(args):
                    found.append(("program", args[position]))
                break
            if word == "-" or not word.startswith("-"):
                found.append(("program", word))
                continue
            if not word.startswith("--") and len(word) > 2 and word[:2] in kinds:
                name, equals, value = word[:2], "=", word[2:].removeprefix("=")
            if flags.get(name):
                continue
            if not equals:
                # An unknown option is an input of the program, which is still to be read: it has a value.
                if position == len(args):
                    break
                following = args[position].partition("=")[0]
                if name not in kinds and following.startswith("-" if not name.startswith("--") else "--"):
                    continue  # perhaps a program that begins with '-', or an option that takes no value
                value = args[position]
                position += 1
            if kinds.get(name) in ("expression", "file"):
                found.append((kinds[name], value))
            elif name in kinds:
                values[kinds[name]] = value
        return found, values

    def _read(self, ctx: click.Context, args: list[str]) -> Graph | None:
        """The program of a command line."""
        found, values = self._find(ctx, args)
        if len(found) > 1:
            words = listing(repr(shortened(text, 30)) for _, text in found)
            hint = "put the program in quotes, and each input's value after its --name"
            pairs = [text.partition("=") for _, text in found[1:]]
            if all(equals and name.strip().isidentifier() for name, equals, _ in pairs):
                given = " ".join(f"--{name.strip()} {value.strip()}" for name, _, value in pairs[:6])
                hint = f"an input's value goes after its name:  {given}"
            raise InputProblem(Diagnostic("usage", f"more than one program: {words}", hint=hint))
        if not found:
            return None
        kind, text = ctx.meta[WRITTEN] = found[0]
        if text == "-" and kind != "expression":
            # Completion, and help on a terminal, do not wait for input that nobody will type.
            asks_help = set(ctx.help_option_names) & set(args)
            if ctx.resilient_parsing or (asks_help and sys.stdin.isatty()):
                return None
            if values.get("inputs") == "-":
                message = "standard input cannot be both the program and the inputs"
                raise InputProblem(Diagnostic("usage", message, hint="give one of them as a file"))
            return parse(read_text("-"))
        if kind == "file":
            return parse(read_text(text), text)
        try:
            return parse(text)
        except GraphdiffError as error:
            if kind == "program" and os.path.isfile(text):
                hint = f"'{text}' is a file; -f {text} reads the program in it"
                raise type(error)(error.diagnostic._replace(hint=hint)) from None
            if kind == "program" and os.path.splitext(text)[1][1:].isalpha() and "=" not in text:
                hint = f"there is no file '{shortened(text)}'; -f FILE reads the program in a file"
                raise type(error)(error.diagnostic._replace(hint=hint)) from None
            raise


class InputOption(click.Option):
    """The option of one input."""


def _with_normalised_name(word: str) -> str:
    """The name of an option in NFC, as the program's names are; its value as it was typed."""
    name, equals, value = word.partition("=")
    return normalised(name) + equals + value if word.startswith("--") else word


def _declared(inputs: tuple[str, ...], args: list[str]) -> list[tuple[int, str]]:
    numbered = list(enumerate(inputs))
    if len(numbered) <= MOST_OPTIONS:
        return numbered
    given = {word[2:].partition("=")[0] for word in args if word.startswith("--")}
    return [(k, name) for k, name in numbered if name in given]


def program_of(ctx: click.Context) -> Graph:
    """The program of this command line; GraphdiffError if it has none."""
    graph = ctx.meta.get(GRAPH)
    if graph is None:
        from graphdiff.cli.commands import COMMANDS

        _, example = COMMANDS[ctx.command.name or ""]
        hint = f"give one, or - to read standard input:  {example}"
        raise InputProblem(Diagnostic("usage", "no program", hint=hint))
    assert isinstance(graph, Graph)
    return graph
