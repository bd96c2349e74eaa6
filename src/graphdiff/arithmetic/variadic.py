"""What the formulas of a variadic row know of all arguments together: counted once for a node.

Each function takes an arithmetic, the rule, the node's value and its arguments, and returns
one number for each argument, in time that grows linearly with how many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

from graphdiff.rules import BY_NAME, Rule

if TYPE_CHECKING:
    from graphdiff.arithmetic import Arithmetic


def _ties(arithmetic: Arithmetic, rule: Rule, y: Any, arguments: Sequence[Any]) -> list[Any]:
    """How many arguments are equal to y."""
    equal, plus = arithmetic.primitives["eq"], arithmetic.primitives["add"]
    return [reduce(plus, [equal(x, y) for x in arguments])] * len(arguments)


def _others(arithmetic: Arithmetic, rule: Rule, y: Any, arguments: Sequence[Any]) -> list[Any]:
    """The row's value of all other arguments, or the only other one itself; 0 where there is none."""
    if len(arguments) == 1:
        return [arithmetic.zero]
    combine = arithmetic.value_of[rule]
    before, after = [arguments[0]], [arguments[-1]]
    for left, right in zip(arguments[1:-1], arguments[-2:0:-1], strict=True):
        before.append(combine(before[-1], left))
        after.append(combine(after[-1], right))
    between = map(combine, before, after[-2::-1])
    return [after[-1], *between, before[-1]]


def _share(arithmetic: Arithmetic, rule: Rule, y: Any, arguments: Sequence[Any]) -> list[Any]:
    """The part of each argument's exponential in their sum, from how far it is above all others.

    More than two are measured from y, if that is finite: so nothing is lost where large arguments
    are nearly equal.
    """
    apply = arithmetic.primitives
    if len(arguments) == 1:
        return [arithmetic.one]
    if len(arguments) > 2:
        is_finite = apply["eq"](apply["sub"](y, y), arithmetic.zero)
        level = apply["where"](is_finite, y, arithmetic.zero)
        arguments = [apply["sub"](x, level) for x in arguments]
    ahead = map(apply["sub"], arguments, _others(arithmetic, rule, y, arguments))
    return list(map(arithmetic.value_of[BY_NAME["sigmoid"]], ahead))


# By the names that the formulas of rules call them.
QUANTITIES: dict[str, Callable[[Arithmetic, Rule, Any, Sequence[Any]], list[Any]]] = {
    "ties": _ties, "others": _others, "share": _share,
}  # fmt: skip
