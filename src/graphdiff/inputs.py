"""The values of inputs as they are given: a number, an expression of constants, or a range."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from graphdiff.arithmetic import Arithmetic
from graphdiff.arithmetic.floats import FLOATS
from graphdiff.arithmetic.given import HINT, is_real, not_a_number
from graphdiff.diagnostics import Diagnostic, GraphdiffError, InputProblem, UndefinedOperation
from graphdiff.parsing import parse
from graphdiff.sweep import evaluate

if TYPE_CHECKING:
    from graphdiff.checking.compare import Range

WORDS = {
    "nan": "nan", "inf": "inf", "+inf": "inf", "-inf": "-inf",
    "infinity": "inf", "+infinity": "inf", "-infinity": "-inf",
}  # fmt: skip


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
    try:
        graph = parse(text)
        if graph.inputs:
            mark = graph.leaf_mark(graph.inputs[0])._replace(label="not a constant")
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


def to_value(name: str, given: Any) -> float | Range:
    """The value of an input, as a float, or the range to draw it from: "1..5", "-pi..pi" or (1, 5)."""
    low, dots, high = given.partition("..") if isinstance(given, str) else ("", "", "")
    if isinstance(given, tuple) and len(given) == 2:
        low, high = given
    elif not dots:
        value: float = to_number(name, given, FLOATS)
        return value
    from graphdiff.checking.compare import Range  # `eval` starts without it

    found = Range(to_number(name, low, FLOATS), to_number(name, high, FLOATS))
    assert found.low is not None
    assert found.high is not None
    if not (-math.inf < found.low < found.high < math.inf):
        shown = given if dots else f"{found.low}..{found.high}"
        hint = "write the smaller number first, as in 1..5"
        raise InputProblem(
            Diagnostic("input", f"the range of '{name}' is empty: {shown}", hint=hint, node=name)
        )
    return found
