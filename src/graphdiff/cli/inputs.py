"""The values of a program's inputs: from their own options, --set and --inputs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, NoReturn

import click

from graphdiff.arithmetic import Arithmetic
from graphdiff.cli.files import read_inputs
from graphdiff.diagnostics import Diagnostic, InputProblem, listing, missing_inputs
from graphdiff.graph import Graph
from graphdiff.language.lexer import normalised
from graphdiff.parsing import to_number, with_defaults
from graphdiff.rules import CALLABLE, CONSTANTS
from graphdiff.sweep import check_inputs

# The comma before the next setting of a list; not one between the arguments of max(1, 2).
NEXT_SETTING = re.compile(r",(?=\s*[^\W\d]\w*\s*=(?!=))")
PARAMETER = "input_"  # before the number of an input, the parameter name of its option: click folds case


def inputs_of(ctx: click.Context, graph: Graph, arithmetic: Arithmetic) -> dict[str, Any]:
    """The values of all inputs: as given, or by default. InputProblem if some are missing."""
    given = with_defaults(graph, input_texts(ctx, graph), arithmetic)
    missing = [name for name in graph.inputs if name not in given]
    if missing:
        refuse_missing(ctx, graph, missing)
    return {name: to_number(name, given[name], arithmetic) for name in graph.inputs}


def input_texts(ctx: click.Context, graph: Graph) -> dict[str, Any]:
    """The inputs that have a value, as given: those of the command line override those of the file."""
    path = ctx.params.get("inputs")
    texts: dict[str, Any] = read_inputs(path) if path else {}
    given: dict[str, str] = {}
    for name, text in _pairs(ctx, graph):
        if name in given:
            message = f"input '{name}' is given twice: {given[name]} and {text}"
            raise InputProblem(Diagnostic("input", message))
        given[name] = text
    texts.update(given)
    refuse_unknown(graph, texts)
    return texts


def _pairs(ctx: click.Context, graph: Graph) -> Iterator[tuple[str, str]]:
    """The inputs on the command line."""
    for parameter, values in ctx.params.items():
        if parameter.startswith(PARAMETER):
            name = graph.inputs[int(parameter.removeprefix(PARAMETER))]
            yield from ((name, text) for text in values)
    settings = ctx.params.get("settings", ())
    for setting in (part for text in settings for part in NEXT_SETTING.split(text)):
        name, equals, text = setting.partition("=")
        if not equals or not name.strip():
            message = f"expected --set NAME=NUMBER, got '{setting}'"
            raise InputProblem(Diagnostic("usage", message, hint="for example  --set a=5"))
        yield normalised(name.strip()), text


def direction(graph: Graph, option: str, text: str, arithmetic: Arithmetic) -> dict[str, Any]:
    """The rates of an option such as `--jvp a=1,b=0`: the inputs that it leaves out stand still."""
    found: dict[str, Any] = {}
    for part in normalised(text).split(","):
        name, equals, rate = (word.strip() for word in part.partition("="))
        if not equals:
            hint = f"write the rates of the inputs, as in {option} a=1,b=0"
            raise InputProblem(Diagnostic("usage", f"expected NAME=RATE, got '{part.strip()}'", hint=hint))
        if name not in graph.inputs or name in found:
            problem = "is given twice" if name in found else "is not an input of the program"
            hint = f"its inputs are {listing(graph.inputs)}"
            raise InputProblem(Diagnostic("input", f"'{name}' {problem}", hint=hint, node=name))
        found[name] = to_number(name, rate, arithmetic)
    return found


def refuse_unknown(graph: Graph, names: Collection[str]) -> None:
    """Raise for an input that the program does not have, such as a built-in constant."""
    for name in names:
        if name in CONSTANTS and name not in graph.names:
            hint = f"to use another value, define it in the program: {name} = ..."
            message = f"'{name}' is a constant, not an input"
            raise InputProblem(Diagnostic("input", message, hint=hint, node=name))
    if not set(names) <= set(graph.inputs):
        check_inputs(graph, names)


def refuse_missing(ctx: click.Context, graph: Graph, missing: list[str], otherwise: str = "") -> NoReturn:
    """Raise for inputs without a value; the hint says what to type."""
    taken = {option for param in ctx.command.params for option in param.opts} | set(ctx.help_option_names)
    words = " ".join(
        f"--set {name}=NUMBER" if f"--{name}" in taken else f"--{name} NUMBER" for name in missing[:6]
    )
    more = " ..." if len(missing) > 6 else ""
    meant = next(filter(None, (_meant(graph, name) for name in missing)), "")
    hint = f"add  {words}{more}{otherwise}{meant}"
    raise InputProblem(Diagnostic("input", missing_inputs(missing), hint=hint, node=missing[0]))


def _meant(graph: Graph, name: str) -> str:
    """What an input may have been meant to be instead: a function, a constant, a product, a derivative."""
    from graphdiff.language.elsewhere import NAMES  # needed only where something is wrong

    if name in CALLABLE or name in graph.places.functions:
        return f", or write {name}(...) for the function"
    constant = name.lower() if name.lower() in CONSTANTS else NAMES.get(name)
    if constant is not None:
        return f", or write {constant} for the constant"
    independent = {other for other in graph.names if not graph.depends(graph.names[other], graph.names[name])}
    if name[0] == "d" and name[1:] in graph.names:
        others = (other[1:] for other in graph.inputs if other[0] == "d" and other != name)
        by = next((other for other in others if other in graph.names), "x")
        return f", or write diff({name[1:]}, {by}) for the derivative"
    for cut in range(1, len(name)):
        if name[:cut] in independent and name[cut:] in independent:
            return f", or write {name[:cut]}*{name[cut:]} for the product"
    return ""
