"""A command that takes a program: its inputs become options of their own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection
from typing import Any, NoReturn

import click
from click.shell_completion import CompletionItem

from graphdiff.arithmetic import Arithmetic
from graphdiff.diagnostics import Diagnostic, GraphdiffError, InputProblem, did_you_mean, listing
from graphdiff.graph import Graph
from graphdiff.inputs import to_number
from graphdiff.language.lexer import normalised
from graphdiff.parsing import parse
from graphdiff.rules import CALLABLE, CONSTANTS
from graphdiff.sweep import check_inputs

GRAPH = "graphdiff.graph"
WRITTEN = "graphdiff.written"  # how the program stands on the command line: ("program", its text)
PARAMETER = "input_{}"  # the parameter name of an input's option: click would fold its case
MOST_OPTIONS = 200  # beyond this many inputs only those on the command line become options


class ProgramCommand(click.Command):
    """Reads the program before the options, because the program says what they are."""

    # What the help says of an input's option; a subclass may take more than numbers.
    input_metavar = "NUMBER"
    input_help = "a number, or an expression of constants"
    takes_values = True  # whether the inputs are options at all

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        args = list(map(_with_normalised_name, args))
        try:
            graph = self._read(ctx, args)
            if graph is not None:
                ctx.meta[GRAPH] = graph
                ctx.meta["graphdiff.inputs"] = _declared(graph.inputs, args) if self.takes_values else []
        except GraphdiffError:
            # Help and completion work beside a program that does not.
            if not (ctx.resilient_parsing or set(ctx.help_option_names) & set(args)):
                raise
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            self._refuse_option(ctx, error.option_name)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        params = super().get_params(ctx)
        taken = {option for param in params for option in param.opts}
        inputs = ctx.meta.get("graphdiff.inputs", [])
        return params + [
            InputOption([f"--{name}", PARAMETER.format(k)], multiple=True, metavar=self.input_metavar)
            for k, name in inputs
            if f"--{name}" not in taken
        ]

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Click's, without the inputs that have their value already."""
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
                rows = [(f"{option} {self.input_metavar}", self.input_help) for option in shown]
                rows += [
                    (f"--set {name}={self.input_metavar}", "(its name is that of an option)")
                    for name in hidden[:MOST_OPTIONS]
                ]
                formatter.write_dl(rows or [("(none)", "all its values are constants")])
        with formatter.section("Options"):
            formatter.write_dl(records)

    def _refuse_option(self, ctx: click.Context, option: str) -> NoReturn:
        """Raise for an option that is neither the command's nor an input of its program."""
        own = [name for param in super().get_params(ctx) for name in param.opts if name.startswith("--")]
        graph, name = ctx.meta.get(GRAPH), option.lstrip("-")
        if graph is None or not option.startswith("--"):
            message, hint = f"no such option: {option}", did_you_mean(option, own)
            if graph is None and option.startswith("--"):
                hint = hint or f'an input goes with its program:  {ctx.command_path} "y=2*x" --x 5'
            elif graph is not None and name in graph.inputs:
                hint = f"did you mean --{name}?"
            else:
                hint = "a program that begins with '-' goes after -e; an input is given as --name value"
            raise InputProblem(Diagnostic("usage", message, hint=hint))
        if name in graph.inputs and not self.takes_values:
            message = f"'{ctx.command_path}' computes no value, so {option} has no place here"
            hint = f"give it to what comes next:  {ctx.command_path} ... | graphdiff eval - {option} NUMBER"
            raise InputProblem(Diagnostic("usage", message, hint=hint))
        if name in CONSTANTS or name in graph.names:
            refuse_unknown(graph, [name])
        theirs = f"the inputs are {listing(graph.inputs)}" if graph.inputs else "the program has no inputs"
        hint = did_you_mean(option, [*(f"--{name}" for name in graph.inputs), *own]) if len(name) > 1 else ""
        message = f"'{option}' is neither an option nor an input; {theirs}"
        raise InputProblem(Diagnostic("usage", message, hint=hint))

    def _find(self, ctx: click.Context, args: list[str]) -> tuple[list[tuple[str, str]], dict[str, str]]:
        """The programs of a command line, wherever on it they stand, and the values of known options.

        A program is ("program", text), ("expression", text) or ("file", path).
        """
        flags: dict[str, bool] = {}  # of each known option, whether it takes no value
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
                # An option that is not known is an input of the program still to be read: it has a value.
                if position == len(args):
                    break
                if name not in kinds and not name.startswith("--") and args[position].startswith("-"):
                    continue  # perhaps a program that begins with '-'
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
            words = listing(repr(text if len(text) <= 30 else text[:27] + "...") for _, text in found)
            hint = "put the program in quotes, and each input's value after its --name"
            name, equals, value = found[-1][1].partition("=")
            if equals and len(found) == 2 and name.isidentifier():
                hint = f"an input's value goes after its name:  --{name} {value}"
            raise InputProblem(Diagnostic("usage", f"more than one program: {words}", hint=hint))
        if not found:
            return None
        kind, text = ctx.meta[WRITTEN] = found[0]
        if text == "-" and kind != "expression":
            # Completion, and help at a terminal, do not wait for what nobody will type.
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
    """The program of this command line; GraphdiffError where there is none."""
    graph = ctx.meta.get(GRAPH)
    if graph is None:
        path = ctx.command_path
        values = " --a 5 --b 3 --c 2" if getattr(ctx.command, "takes_values", False) else ""
        hint = f'give one, as in  {path} "J=3*v; v=a+u; u=b*c"{values}  or - for standard input'
        raise InputProblem(Diagnostic("usage", "no program", hint=hint))
    assert isinstance(graph, Graph)
    return graph


def read_text(path: str) -> str:
    """A file's text, or standard input's for `-`."""
    where = "standard input" if path == "-" else path
    try:
        if path == "-":
            data = sys.stdin.buffer.read()
        else:
            with open(file_name(path), "rb") as file:
                data = file.read()
    except OSError as error:
        message = f"cannot read {where}: {(error.strerror or str(error)).lower()}"
        raise InputProblem(Diagnostic("file", message)) from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"{where} is not UTF-8: byte 0x{data[error.start]:02x} on line {line}"
        raise InputProblem(Diagnostic("encoding", message)) from None


def file_name(path: str) -> bytes:
    """The bytes of a file's name, which are UTF-8 where the locale cannot say them."""
    try:
        return os.fsencode(path)
    except UnicodeEncodeError:
        return path.encode("utf-8", "surrogateescape")


def inputs_of(ctx: click.Context, graph: Graph, arithmetic: Arithmetic) -> dict[str, Any]:
    """The inputs' values: from the file, and over it from the command line."""
    texts = input_texts(ctx, graph)
    missing = [name for name in graph.inputs if name not in texts]
    if missing:
        refuse_missing(ctx, graph, missing)
    return {name: to_number(name, texts[name], arithmetic) for name in graph.inputs}


def input_texts(ctx: click.Context, graph: Graph) -> dict[str, Any]:
    """The inputs that have a value, as given; each one is the program's."""
    path = ctx.params.get("inputs")
    texts: dict[str, Any] = read_inputs(path) if path else {}
    given: dict[str, str] = {}
    pairs = [
        (graph.inputs[int(parameter.removeprefix(PARAMETER.format("")))], text)
        for parameter, values in ctx.params.items()
        if parameter.startswith(PARAMETER.format("")) and values
        for text in values
    ]
    for setting in ctx.params.get("settings", ()):
        name, equals, text = setting.partition("=")
        if not equals or not name.strip():
            hint = "write --set name=number"
            raise InputProblem(Diagnostic("usage", f"--set {setting} sets nothing", hint=hint))
        pairs.append((normalised(name.strip()), text))
    for name, text in pairs:
        if name in given:
            raise InputProblem(
                Diagnostic("input", f"input '{name}' is given twice: {given[name]} and {text}")
            )
        given[name] = text
    texts.update(given)
    refuse_unknown(graph, texts)
    return texts


def refuse_unknown(graph: Graph, names: Collection[str]) -> None:
    """Raise for an input that the program does not have, a built-in constant among them."""
    for name in names:
        if name in CONSTANTS and name not in graph.names:
            hint = f"to use another value, define it in the program: {name} = ..."
            raise InputProblem(
                Diagnostic("input", f"'{name}' is a constant, not an input", hint=hint, node=name)
            )
    if not set(names) <= set(graph.inputs):
        check_inputs(graph, names)


def refuse_missing(ctx: click.Context, graph: Graph, missing: list[str], otherwise: str = "") -> NoReturn:
    """Raise for inputs without a value: all of them, and what to type."""
    taken = {option for param in ctx.command.params for option in param.opts} | set(ctx.help_option_names)
    words = " ".join(
        f"--set {name}=NUMBER" if f"--{name}" in taken else f"--{name} NUMBER" for name in missing[:6]
    )
    more = " ..." if len(missing) > 6 else ""
    if missing[0] in CALLABLE or missing[0] in graph.places.functions:
        otherwise += f", or write {missing[0]}(...) for the function"
    elif missing[0].lower() in CONSTANTS:
        otherwise += f", or write {missing[0].lower()} for the constant"
    message = f"missing input{'s' if len(missing) > 1 else ''}: {listing(missing)}"
    raise InputProblem(Diagnostic("input", message, hint=f"add  {words}{more}{otherwise}", node=missing[0]))


def read_inputs(path: str) -> dict[str, Any]:
    """An object of inputs from a JSON or TOML file, or JSON from standard input."""
    text = read_text(path)
    where = "standard input" if path == "-" else path
    try:
        if os.path.splitext(path)[1].lower() == ".toml":
            import tomllib

            found: Any = _pairs(list(tomllib.loads(text, parse_float=str).items()))
        else:
            found = json.loads(text, object_pairs_hook=_pairs, parse_float=str, parse_int=str)
    except ValueError as error:  # of JSON and of TOML
        raise InputProblem(Diagnostic("file", f"{where}: {error}")) from None
    except RecursionError:
        raise InputProblem(Diagnostic("file", f"{where} is nested too deeply")) from None
    if not isinstance(found, dict):
        hint = 'write one like {"a": 5, "b": 3}'
        raise InputProblem(Diagnostic("file", f"{where} is not an object of inputs", hint=hint))
    return found


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        name = normalised(key)
        if name in found:
            raise ValueError(f"'{name}' is given twice")
        found[name] = value
    return found
