"""Nodes being written: what a sweep over symbols makes, and views.program writes.

What is simplified on the way, and nothing else: 1*x, x/1, x^1, x^0, 0+x, x-0, --x;
signs are moved outward; x*(1/y) becomes x/y and c*(d*x) becomes (c*d)*x; arithmetic on
numbers whose exact result is a short decimal is done; a `where` whose condition is known is its branch. 0*x
stays, because it is not 0 where x is infinite or NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

from graphdiff.rules import AND, BY_NAME, CONSTANTS, COPY, TRUTH, WHERE, Rule

ADD, SUB, MUL, DIV, NEG, POW = (BY_NAME[name] for name in ("add", "sub", "mul", "div", "neg", "pow"))
NOT, OR = BY_NAME["not"], BY_NAME["or"]
COMMUTATIVE = frozenset([ADD, MUL, BY_NAME["eq"], BY_NAME["ne"]])
# Folded numbers have at most this many characters, so that each arithmetic reads them to its last digit.
LONGEST = 16
COMPARE: dict[Rule, Callable[[Fraction, Fraction], bool]] = {
    BY_NAME["lt"]: lambda a, b: a < b, BY_NAME["le"]: lambda a, b: a <= b,
    BY_NAME["gt"]: lambda a, b: a > b, BY_NAME["ge"]: lambda a, b: a >= b,
    BY_NAME["eq"]: lambda a, b: a == b, BY_NAME["ne"]: lambda a, b: a != b,
}  # fmt: skip


class Tape:
    """Nodes being written: inputs and constants by their text, operations by rule and arguments.

    Each expression stands once; `own` makes a node that is not shared.
    """

    def __init__(self) -> None:
        self.nodes: list[tuple[Rule | None, Any]] = []  # (None, text) for inputs and constants
        self.shared: dict[Any, int] = {}
        self.numbers: dict[int, Fraction] = {}  # of the nodes that are numbers, their exact values

    def input(self, name: str) -> int:
        return self._node(("input", name), (None, name))

    def constant(self, text: str) -> int:
        """A number as written, perhaps negative, or a built-in constant by its name."""
        node = self._node(("constant", text), (None, text))
        if text not in CONSTANTS and node not in self.numbers and len(text) <= LONGEST:
            self.numbers[node] = Fraction(text)
        return node

    def integer(self, value: int) -> int:
        return self.constant(str(value))

    def apply(self, rule: Rule, *arguments: int) -> int:
        """The node of an operation, in its simplest form."""
        if rule.is_literal:
            return self.constant(rule.name)
        simpler = self._simpler(rule, arguments)
        if simpler is not None:
            return simpler
        key = (rule, tuple(sorted(arguments)) if rule in COMMUTATIVE else arguments)
        return self._node(key, (rule, arguments))

    def own(self, rule: Rule, *arguments: int) -> int:
        """A node of its own for a definition: nothing is simplified across it."""
        self.nodes.append((rule, arguments))
        return len(self.nodes) - 1

    def _node(self, key: Any, node: tuple[Rule | None, Any]) -> int:
        found = self.shared.setdefault(key, len(self.nodes))
        if found == len(self.nodes):
            self.nodes.append(node)
        return found

    def _is(self, node: int, rule: Rule) -> bool:
        return self.nodes[node][0] is rule

    def _arguments(self, node: int) -> tuple[int, ...]:
        found: tuple[int, ...] = self.nodes[node][1]
        return found

    def _simpler(self, rule: Rule, arguments: tuple[int, ...]) -> int | None:
        if rule is COPY:
            return arguments[0]
        if rule in (AND, OR, NOT, TRUTH, WHERE):
            return self._simpler_choice(rule, arguments)
        numbers = [self.numbers.get(k) for k in arguments]
        if len(numbers) == 2 and numbers[0] is not None and numbers[1] is not None:
            folded = _folded(rule, numbers[0], numbers[1])
            if folded is not None:
                return self.constant(folded)
        if rule is NEG:
            (x,) = arguments
            if numbers[0] is not None:
                return self.constant(str(_text(-numbers[0])))
            return self._arguments(x)[0] if self._is(x, NEG) else None
        if rule is ADD or rule is SUB:
            return self._simpler_sum(rule, arguments, numbers)
        if rule is MUL:
            return self._simpler_product(arguments, numbers)
        if rule is DIV:
            return self._simpler_quotient(arguments, numbers)
        if rule is POW and numbers[1] in (0, 1):
            return arguments[0] if numbers[1] else self.integer(1)
        return None

    def _simpler_sum(
        self, rule: Rule, arguments: tuple[int, ...], numbers: list[Fraction | None]
    ) -> int | None:
        a, b = arguments
        if numbers[1] == 0:
            return a
        if numbers[0] == 0:
            return b if rule is ADD else self.apply(NEG, b)
        if self._is(b, NEG):
            return self.apply(SUB if rule is ADD else ADD, a, self._arguments(b)[0])
        if rule is ADD and self._is(a, NEG):
            return self.apply(SUB, b, self._arguments(a)[0])
        if rule is ADD and a == b:
            return self.apply(MUL, self.integer(2), a)
        return None

    def _simpler_product(self, arguments: tuple[int, ...], numbers: list[Fraction | None]) -> int | None:
        a, b = arguments
        if numbers[1] is not None:
            return self.apply(MUL, b, a)  # a coefficient stands first
        if numbers[0] in (1, -1):
            return b if numbers[0] == 1 else self.apply(NEG, b)
        if self._is(b, NEG):
            return self.apply(NEG, self.apply(MUL, a, self._arguments(b)[0]))
        if self._is(a, NEG):
            return self.apply(NEG, self.apply(MUL, self._arguments(a)[0], b))
        if self._is(b, DIV) and self.numbers.get(self._arguments(b)[0]) == 1:
            return self.apply(DIV, a, self._arguments(b)[1])
        if self._is(a, DIV) and self.numbers.get(self._arguments(a)[0]) == 1:
            return self.apply(DIV, b, self._arguments(a)[1])
        if self._is(b, MUL):
            c, x = self._arguments(b)
            if c in self.numbers and numbers[0] is not None:
                product = _text(self.numbers[c] * numbers[0])
                return None if product is None else self.apply(MUL, self.constant(product), x)
            if c in self.numbers:
                return self.apply(MUL, c, self.apply(MUL, a, x))
        return None

    def _simpler_quotient(self, arguments: tuple[int, ...], numbers: list[Fraction | None]) -> int | None:
        a, b = arguments
        if numbers[1] in (1, -1):
            return a if numbers[1] == 1 else self.apply(NEG, a)
        if self._is(a, NEG):
            return self.apply(NEG, self.apply(DIV, self._arguments(a)[0], b))
        if self._is(b, NEG):
            return self.apply(NEG, self.apply(DIV, a, self._arguments(b)[0]))
        if numbers[0] is not None and numbers[0] < 0:
            return self.apply(NEG, self.apply(DIV, self.apply(NEG, a), b))
        return None

    def _simpler_choice(self, rule: Rule, arguments: tuple[int, ...]) -> int | None:
        known = self.numbers.get(arguments[0])
        if rule is WHERE:
            if known is not None:
                return arguments[1] if known else arguments[2]
            return arguments[1] if arguments[1] == arguments[2] else None
        if rule is NOT:
            return None if known is None else self.integer(int(not known))
        if rule is TRUTH:
            if known is not None:
                return self.integer(int(known != 0))
            inner = self.nodes[arguments[0]][0]
            return arguments[0] if inner is not None and inner.truth else None
        if arguments[0] == arguments[1]:
            return arguments[0]
        decided = rule is OR  # what a known operand that decides is
        for one, other in (arguments, arguments[::-1]):
            value = self.numbers.get(one)
            if value is not None and (bool(value) != decided or one == arguments[0]):
                return self.integer(int(decided)) if bool(value) == decided else other
        return None


def _folded(rule: Rule, a: Fraction, b: Fraction) -> str | None:
    """Arithmetic on two numbers where the exact result is a short decimal."""
    if rule in COMPARE:
        return str(int(COMPARE[rule](a, b)))
    if rule is ADD:
        return _text(a + b)
    if rule is SUB:
        return _text(a - b)
    if rule is MUL:
        return _text(a * b)
    if rule is DIV and b:
        return _text(a / b)
    if rule is POW and b.denominator == 1 and 0 <= b <= 64 and (a or b):
        return _text(a ** int(b))
    return None


def _text(value: Fraction) -> str | None:
    """A number as a short decimal, or None where it has none."""
    if value.denominator == 1:
        text = str(value.numerator)
        return text if len(text) <= LONGEST else None
    for digits in range(1, LONGEST):
        if 10**digits % value.denominator == 0:
            text = f"{float(value):.{digits}f}"
            return text if len(text) <= LONGEST and Fraction(text) == value else None
    return None


class Program(NamedTuple):
    """A tape and what its nodes are called, ready to be written.

    inputs: those of the program it comes from, used or not. wanted: the names that are asked
    for; what they do not need is not written.
    """

    tape: Tape
    inputs: tuple[str, ...]
    names: dict[str, int]
    wanted: list[str]
