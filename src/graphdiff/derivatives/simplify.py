"""All simplifications that are made while a derivative is written.

1*x, x/1, x^1, x^0, 0+x, x-0, --x; signs are moved outward; x*(1/y) becomes x/y, c*(d*x)
becomes (c*d)*x, (c*x)/(c*y) becomes x/y, a/y + b/y becomes (a + b)/y, and x*((a/y)/y)
becomes x*(a/y)/y; arithmetic on numbers whose exact result is a short decimal is done; a
`where` whose condition is known is its branch. 0*x stays, because it is not 0 where x is
infinite or NaN.

Each function takes a tape, a rule and the nodes of its arguments, and returns the node of a
simpler form, or None.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from graphdiff.derivatives.exact import ADD, COMPARE, DIV, IRRATIONAL, MUL, POW, SUB, text_of
from graphdiff.rules import AND, BY_NAME, COPY, TRUTH, WHERE, Rule

if TYPE_CHECKING:
    from graphdiff.derivatives.tape import Tape

NEG, NOT, OR = BY_NAME["neg"], BY_NAME["not"], BY_NAME["or"]
OPPOSITE = {ADD: SUB, SUB: ADD}
FACTORED = frozenset([NEG, MUL, DIV])


def _copy(tape: Tape, rule: Rule, x: int) -> int | None:
    return x


def _negation(tape: Tape, rule: Rule, x: int) -> int | None:
    if x in tape.numbers:
        kind, text = tape.nodes[x]
        text = text if kind is None else kind.name
        return tape.constant(text_of(-tape.numbers[x]) or (text[1:] if text[0] == "-" else f"-{text}"))
    return tape.arguments_of(x)[0] if tape.is_a(x, NEG) else None


def _sum(tape: Tape, rule: Rule, a: int, b: int) -> int | None:
    numbers = tape.numbers
    if a in numbers or b in numbers:
        if numbers.get(b) == 0:
            return a
        if numbers.get(a) == 0:
            return b if rule is ADD else tape.apply(NEG, b)
        folded = tape.folding(rule, a, b)
        if folded is not None:
            return folded
    if tape.is_a(b, NEG):
        return tape.apply(OPPOSITE[rule], a, tape.arguments_of(b)[0])
    if b in numbers and numbers[b] < 0:
        return tape.apply(OPPOSITE[rule], a, tape.apply(NEG, b))
    if rule is ADD and tape.is_a(a, NEG):
        return tape.apply(SUB, b, tape.arguments_of(a)[0])
    if rule is ADD and a == b:
        return tape.apply(MUL, tape.integer(2), a)
    if tape.is_a(a, DIV) and tape.is_a(b, DIV) and tape.arguments_of(a)[1] == tape.arguments_of(b)[1]:
        left, bottom = tape.arguments_of(a)
        return tape.apply(DIV, tape.apply(rule, left, tape.arguments_of(b)[0]), bottom)
    return None


def _product(tape: Tape, rule: Rule, a: int, b: int) -> int | None:
    """Signs and numbers stand before what they multiply: -(2*x)*(3*y) is -(6*(x*y))."""
    nodes, owned, numbers = tape.nodes, tape.owned, tape.numbers
    # A definition is a variable: nothing is simplified across it.
    left = None if a in owned else nodes[a][0]
    right = None if b in owned else nodes[b][0]
    if left not in FACTORED and right not in FACTORED and a not in numbers and b not in numbers:
        return None
    for unit, other in ((a, b), (b, a)):
        if unit in tape.units:
            return other if tape.units[unit] == 1 else tape.apply(NEG, other)
    if left is NEG or right is NEG:
        x = nodes[a][1][0] if left is NEG else a
        y = nodes[b][1][0] if right is NEG else b
        product = tape.apply(MUL, x, y)
        return product if left is right else tape.apply(NEG, product)
    if left is DIV or right is DIV:
        quotient = _product_with_quotient(tape, a, b)
        if quotient is not None:
            return quotient
    c, x = _number_and_rest(tape, a)
    d, y = _number_and_rest(tape, b)
    if c is None or d is None:
        number = d if c is None else c
        if number is None:
            return None
        reduced = _without_divisor(tape, number, a if c is None else b)
        if reduced is not None:
            return _both_parts(tape, reduced, y) if c is None else _both_parts(tape, x, reduced)
        return _times(tape, number, _both_parts(tape, x, y))
    folded = tape.folding(MUL, c, d)
    return None if folded is None else _times(tape, folded, _both_parts(tape, x, y))


def _number_and_rest(tape: Tape, node: int) -> tuple[int | None, int | None]:
    """A node as number*rest; each part may be None.

    Two numbers whose product is not a short decimal stay where they are.
    """
    if node in tape.numbers:
        return node, None
    rule, arguments = tape.nodes[node]
    if rule is MUL and arguments[0] in tape.numbers and node not in tape.owned:
        number, rest = arguments
        inner, factors = tape.nodes[rest]
        if not (inner is MUL and factors[0] in tape.numbers):
            return number, rest
    return None, node


def _both_parts(tape: Tape, x: int | None, y: int | None) -> int | None:
    return y if x is None else x if y is None else tape.apply(MUL, x, y)


def _times(tape: Tape, number: int, rest: int | None) -> int:
    """number*rest; the rest, None for 1, does not begin with a number."""
    if rest is None:
        return number
    if number in tape.units:
        return rest if tape.units[number] == 1 else tape.apply(NEG, rest)
    if tape.numbers[number] < 0:
        return tape.apply(NEG, _times(tape, tape.apply(NEG, number), rest))
    return tape.operation(MUL, (number, rest))


def _without_divisor(tape: Tape, number: int, node: int) -> int | None:
    """x/y, where the node is x/(number*y)."""
    if tape.cancels and tape.is_a(node, DIV):
        above, below = tape.arguments_of(node)
        if tape.is_a(below, MUL) and tape.arguments_of(below)[0] == number:
            return tape.apply(DIV, above, tape.arguments_of(below)[1])
    return None


def _product_with_quotient(tape: Tape, a: int, b: int) -> int | None:
    """x*(1/y) is x/y, and x*((a/y)/y) is (x*(a/y))/y."""
    for x, quotient in ((a, b), (b, a)):
        if tape.is_a(quotient, DIV):
            top, bottom = tape.arguments_of(quotient)
            if tape.units.get(top) == 1:
                return tape.apply(DIV, x, bottom)
            if _is_quotient_by(tape, top, bottom):
                product = (x, top) if quotient == b else (top, x)
                return tape.apply(DIV, tape.apply(MUL, *product), bottom)
    return None


def _quotient(tape: Tape, rule: Rule, a: int, b: int) -> int | None:
    numbers = tape.numbers
    if b in tape.units:
        return a if tape.units[b] == 1 else tape.apply(NEG, a)
    folded = tape.folding(rule, a, b)
    if folded is not None:
        return folded
    if tape.is_a(a, NEG) or (a in numbers and numbers[a] < 0):
        return tape.apply(NEG, tape.apply(DIV, tape.apply(NEG, a), b))
    if tape.is_a(b, NEG):
        return tape.apply(NEG, tape.apply(DIV, a, tape.arguments_of(b)[0]))
    if tape.cancels and tape.is_a(a, MUL) and tape.is_a(b, MUL):
        (c, x), (d, y) = tape.arguments_of(a), tape.arguments_of(b)
        if c == d and c in numbers:
            return tape.apply(DIV, x, y)
    return None


def _magnitude(tape: Tape, rule: Rule, x: int) -> int | None:
    return tape.apply(NEG, x) if tape.numbers.get(x, 0) < 0 else x if x in tape.numbers else None


def _power(tape: Tape, rule: Rule, a: int, b: int) -> int | None:
    if b in tape.numbers and tape.numbers[b] in (0, 1):
        return a if tape.numbers[b] else tape.integer(1)
    return tape.folding(rule, a, b)


def _logarithm(tape: Tape, rule: Rule, x: int) -> int | None:
    return tape.integer(1) if tape.irrational.get(x) == IRRATIONAL["e"] else None


def _comparison(tape: Tape, rule: Rule, a: int, b: int) -> int | None:
    return tape.folding(rule, a, b)


def _truth(tape: Tape, rule: Rule, x: int) -> int | None:
    if x in tape.numbers:
        return tape.integer(int(tape.numbers[x] != 0))
    inner = tape.nodes[x][0]
    return x if inner is not None and inner.truth else None


def _not(tape: Tape, rule: Rule, x: int) -> int | None:
    return tape.integer(int(not tape.numbers[x])) if x in tape.numbers else None


def _choice(tape: Tape, rule: Rule, c: int, a: int, b: int) -> int | None:
    if c in tape.numbers:
        return a if tape.numbers[c] else b
    if tape.numbers.get(b) == 0 and _vanishes(tape, a, c):
        tape.vanishing.add((a, c))
        return a
    return a if a == b else None


def _vanishes(tape: Tape, node: int, condition: int) -> bool:
    """Whether a sum of choices is 0 anyway where the condition does not hold."""
    if (node, condition) in tape.vanishing:
        return True
    (rule, arguments), (joined, parts) = tape.nodes[node], tape.nodes[condition]
    if node in tape.owned or rule not in (WHERE, ADD, SUB):
        return False
    if rule is WHERE:
        return arguments[0] == condition and tape.numbers.get(arguments[2]) == 0
    return joined is OR and all(_vanishes(tape, *pair) for pair in zip(arguments, parts, strict=True))


def _both(tape: Tape, rule: Rule, a: int, b: int) -> int | None:
    """`and`, `or`: where the first condition is known, the result is known or is the second."""
    if a == b:
        return a
    decides = rule is OR
    if a in tape.numbers:
        return tape.integer(int(decides)) if bool(tape.numbers[a]) == decides else b
    if b in tape.numbers and bool(tape.numbers[b]) != decides:
        return a
    return None


def _is_quotient_by(tape: Tape, node: int, bottom: int) -> bool:
    rule, arguments = tape.nodes[node]
    return rule is DIV and arguments[1] == bottom


SIMPLIFY: dict[Rule, Callable[..., int | None]] = {
    COPY: _copy, NEG: _negation, ADD: _sum, SUB: _sum, MUL: _product,
    DIV: _quotient, POW: _power, BY_NAME["log"]: _logarithm, BY_NAME["abs"]: _magnitude,
    TRUTH: _truth, NOT: _not, WHERE: _choice,
    AND: _both, OR: _both, **dict.fromkeys(COMPARE, _comparison),
}  # fmt: skip
