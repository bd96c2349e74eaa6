"""Values as they are given: a number, or an expression of constants."""

from __future__ import annotations

from typing import Any

from graphdiff.arithmetic import Arithmetic
from graphdiff.arithmetic.given import HINT, is_real, not_a_number
from graphdiff.diagnostics import Diagnostic, GraphdiffError, InputProblem, UndefinedOperation
from graphdiff.parsing import parse
from graphdiff.sweep import evaluate

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
