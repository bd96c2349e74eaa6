"""Programs and numbers from text: the language, and `diff` expanded by a sweep over the graph being built."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from graphdiff.arithmetic import Arithmetic
from graphdiff.arithmetic.floats import FLOATS
from graphdiff.arithmetic.given import HINT, is_real, not_a_number
from graphdiff.diagnostics import (
    Diagnostic,
    GraphdiffError,
    InputProblem,
    Source,
    SyntaxProblem,
    UndefinedOperation,
    shortened,
)  # fmt: skip
from graphdiff.graph import Graph, Operation
from graphdiff.language.builder import Differentiator, build
from graphdiff.language.lexer import normalised
from graphdiff.sweep import evaluate

# Words for numbers that are not in the language, but in data.
WORDS = {
    "nan": "nan", "inf": "inf", "+inf": "inf", "-inf": "-inf",
    "infinity": "inf", "+infinity": "inf", "-infinity": "-inf",
}  # fmt: skip
# A range, as `check` takes it (1..5) or as other languages write it.
RANGE = re.compile(r"\s*([-+\w.]*\w)\s*(?:\.\.|:)\s*([-+]?[\w.]*\w)\s*")
CALLS_DIFF = re.compile(r"\bdiff\s*\(")


def parse(text: str, name: str = "", line: int = 1, column: int = 1) -> Graph:
    """The graph of a program.

    `name` is what messages call the text, such as a file's name; `line` and `column` are where
    it begins in that file. Raises GraphdiffError with
    the place and a hint: for text that is not a program (SyntaxProblem), definitions in a
    circle, a name defined twice, an unknown function, a wrong number of arguments,
    recursion, or too large an expansion.
    """
    if not isinstance(text, str):
        message = f"a program is text, got {shortened(repr(text))}"
        raise SyntaxProblem(Diagnostic("syntax", message, hint='write one like "J=3*v; v=a+u; u=b*c"'))
    source = Source(normalised(text), name, line, column)
    return build(source, bool(CALLS_DIFF.search(source.text)), _differentiator, _constant)


def _differentiator(
    leaves: Sequence[str], operations: list[Operation], add: Callable[[Operation], int]
) -> Differentiator:
    from graphdiff.derivatives.inline_diff import differentiator  # programs without diff start sooner

    return differentiator(leaves, operations, add)


def _constant(text: str) -> float:
    """The binary64 value of an expression that reads no inputs. Raises GraphdiffError, as `evaluate`."""
    with suppress(ValueError):  # most are a number alone
        number = float(text)
        if math.isfinite(number):
            return number
    found: float = evaluate(parse(text), {}, FLOATS)["out"]
    return found


def default_of(graph: Graph, name: str, arithmetic: Arithmetic) -> Any:
    """The declared default of an input as a number of the arithmetic."""
    declared = graph.declared[name]
    return declared.default if arithmetic is FLOATS else to_number(name, declared.texts[0], arithmetic)


def with_defaults(graph: Graph, given: Mapping[str, Any], arithmetic: Arithmetic) -> dict[str, Any]:
    """The given inputs, and the declared defaults of the others that have one."""
    missing = [name for name, d in graph.declared.items() if d.default is not None and name not in given]
    return {**given, **{name: default_of(graph, name, arithmetic) for name in missing}}


def to_number(name: str, given: Any, arithmetic: Arithmetic) -> Any:
    """The value of an input: a number, its text, or the text of an expression of constants (pi/4).

    Raises InputProblem, with the place in the text, for anything else.
    """
    if not isinstance(given, str):
        if not is_real(given):  # in the words of JSON
            words = {list: "a list", dict: "an object", bool: str(given).lower(), type(None): "null"}
            raise not_a_number(name, words.get(type(given), str(given)))
        return arithmetic.from_input(name, given)
    text, hint = given.strip(), HINT
    if not text:
        raise InputProblem(Diagnostic("input", f"the value of '{name}' is empty", hint=hint, node=name))
    word = WORDS.get(text.lower())
    if word is not None:
        infinity = arithmetic.constants["inf"]
        return {"inf": infinity, "-inf": -infinity, "nan": infinity - infinity}[word]
    if ends := RANGE.fullmatch(text):
        message = f"the value of '{name}' is not a number but a range: {text}"
        hint = f"only 'graphdiff check' takes ranges, written {ends[1]}..{ends[2]}; here write one number"
        raise InputProblem(Diagnostic("input", message, hint=hint, node=name))
    try:
        graph = parse(text)
        if graph.inputs:
            mark = graph.places.of_leaf(graph.inputs[0])._replace(label="not a constant")
            raise InputProblem(Diagnostic("input", "", (mark,), hint, name, graph.source))
        if list(graph.definitions) != ["out"]:
            raise InputProblem(
                Diagnostic("input", "", (), "write one expression, without a name", name, graph.source)
            )
        return evaluate(graph, {}, arithmetic)["out"]
    except UndefinedOperation as error:
        message = f"the value of '{name}' is undefined: {error.diagnostic.message}"
        raise InputProblem(error.diagnostic._replace(message=message, node=name)) from None
    except GraphdiffError as error:
        found = error.diagnostic
        reason = f": {found.message}" if found.message else ""
        message = f"the value of '{name}' is not a number{reason}"
        raise InputProblem(found._replace(message=message, node=name)) from None
