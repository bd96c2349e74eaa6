"""What a message says of an operation that has no value: its text, its arguments, what it needs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from graphdiff.arithmetic import Arithmetic
from graphdiff.diagnostics import Diagnostic, shortened
from graphdiff.graph import Graph

MOST_ARGUMENTS = 4  # shown with their values


def describe(graph: Graph, arithmetic: Arithmetic, node: int, env: tuple[Any, ...]) -> Diagnostic:
    """What is undefined, where, and for which arguments; `env` is the operation's value and theirs.

    Arguments go by their own text in the program (`x - 3 = -2`); the names of a rule's
    parameters are those of no value of the program.
    """
    if node < graph.first_operation:
        text = graph.constants[node - len(graph.inputs)]
        message = f"{shortened(text)} is beyond the largest {arithmetic.name} number"
        return Diagnostic("overflow", message, (graph.places.of_leaf(text),), source=graph.source)
    rule, arguments = graph.operation(node)
    numbers = [arithmetic.text(value) for value in env[1:]]
    own = not graph.places.is_derivative(node - graph.first_operation)
    texts = [graph.text_of(k) for k in arguments] if own else numbers
    told = [
        f"{text} = {number}" for text, number, k in zip(texts, numbers, arguments, strict=True)
        if text != number and graph.active[k]  # what is built of literals does not change
    ]  # fmt: skip
    label = ", ".join([*dict.fromkeys(told)][:MOST_ARGUMENTS]) if own else rule.written(numbers)
    what = graph.description(node)
    inside = not rule.domain or arithmetic.domain(rule)(env)
    if not inside and rule.name == "div":
        message, hint = f"division by zero in {what}", ""
    elif not inside:
        message, hint = f"{what} is undefined", _needs(graph, arithmetic, node, env, texts)
    elif arithmetic.is_nan(env[0]):
        message, hint = f"{what} is undefined", ""
    else:
        message, hint = f"{what} overflows", f"the result is beyond the largest {arithmetic.name} number"
    mark = graph.mark(node, f"here {label}" if label else "")
    return Diagnostic("undefined", message, (mark,), hint, source=graph.source)


def _needs(
    graph: Graph, arithmetic: Arithmetic, node: int, env: tuple[Any, ...], texts: Sequence[str]
) -> str:  # fmt: skip
    """The hint that names the domain, without its parts that no change of the inputs makes true."""
    rule, arguments = graph.operation(node)
    fixed = {
        name for name, k in zip(rule.parameters, arguments, strict=False)
        if not graph.active[k]
    }  # fmt: skip
    kept = []
    for clause in rule.domain.split(" or ") if " (" not in rule.domain else [rule.domain]:
        open_: list[str] = []
        settled: list[str] = []
        for comparison in clause.split(" and "):
            names = set(re.findall(r"\w+", comparison)) & set(rule.parameters)
            (settled if names <= fixed else open_).append(comparison)
        if open_ and all(arithmetic.formula(text, rule)(env) for text in settled):
            kept.append(" and ".join(open_))
    if not kept:
        return f"{rule.signature} needs {rule.domain}"
    by_name = dict(zip(rule.parameters, map(_operand, texts), strict=False))
    domain = re.sub(r"\w+", lambda match: by_name.get(match[0], match[0]), " or ".join(kept))
    return f"{graph.excerpt(node) if rule.infix else rule.written(texts)} needs {domain}"


def _operand(text: str) -> str:
    """A text that can stand beside a comparison."""
    return f"({text})" if re.search(r"[<>=]|\b(?:and|or|not)\b", text) else text
