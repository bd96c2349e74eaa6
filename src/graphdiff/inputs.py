"""Values as they are given: a number, an expression of constants, a range to draw from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from graphdiff.arithmetic import Arithmetic
from graphdiff.arithmetic.floats import FLOATS
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
    """The value of an input: a number, its text, or an expression of constants such as pi/4."""
    if isinstance(given, bool) or not isinstance(given, (str, int, float)):
        words = {list: "a list", dict: "an object", bool: str(given).lower(), type(None): "null"}
        shown = words.get(type(given), str(given))
        raise InputProblem(Diagnostic("input", f"the value of '{name}' is no number: {shown}", node=name))
    text = str(given).strip()
    hint = "write a number, or an expression of constants such as pi/4"
    if not text:
        raise InputProblem(Diagnostic("input", f"the value of '{name}' is empty", hint=hint, node=name))
    word = WORDS.get(text.lower())
    if word is not None:
        infinity = arithmetic.constants["inf"]
        return {"inf": infinity, "-inf": -infinity, "nan": infinity - infinity}[word]
    try:
        graph = parse(text)
        if graph.inputs:
            mark = graph.places.of_leaf(graph.inputs[0])._replace(label="not a constant")
            raise InputProblem(Diagnostic("input", "", (mark,), hint, name, graph.source))
        if list(graph.definitions) != ["out"]:
            raise InputProblem(Diagnostic("input", "", (), "write an expression alone", name, graph.source))
        return evaluate(graph, {}, arithmetic)["out"]
    except UndefinedOperation as error:
        message = f"the value of '{name}' is undefined: {error.diagnostic.message}"
        raise InputProblem(error.diagnostic._replace(message=message, node=name)) from None
    except GraphdiffError as error:
        found = error.diagnostic
        reason = f": {found.message}" if found.message else ""
        message = f"the value of '{name}' is no number{reason}"
        raise InputProblem(found._replace(message=message, node=name)) from None


def to_value(name: str, given: Any) -> float | Range:
    """The value of an input that may be a range: 1..5, or -pi..pi."""
    low, dots, high = given.partition("..") if isinstance(given, str) else ("", "", "")
    if not dots:
        value: float = to_number(name, given, FLOATS)
        return value
    from graphdiff.checking.compare import Range  # `eval` starts without it

    found = Range(to_number(name, low, FLOATS), to_number(name, high, FLOATS))
    assert found.low is not None
    assert found.high is not None
    if not (-math.inf < found.low < found.high < math.inf):
        hint = "write the smaller number first, as in 1..5"
        raise InputProblem(
            Diagnostic("input", f"the range of '{name}' is empty: {given}", hint=hint, node=name)
        )
    return found
