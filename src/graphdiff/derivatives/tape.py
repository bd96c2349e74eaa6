"""Nodes being written: what a sweep over symbols makes, and views.program writes.

What is simplified on the way, and nothing else: 1*x, x/1, x^1, x^0, 0+x, x-0, --x;
signs are moved outward; x*(1/y) becomes x/y, c*(d*x) becomes (c*d)*x, (c*x)/(c*y)
becomes x/y, a/y + b/y becomes (a + b)/y, and x*((a/y)/y) becomes x*(a/y)/y; arithmetic
on numbers whose exact result is a short decimal is done; a `where` whose condition is
known is its branch. 0*x stays, because it is not 0 where x is infinite or NaN.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple

from graphdiff.rules import AND, BY_NAME, CONSTANTS, COPY, TRUTH, WHERE, Rule

Number = int | Fraction  # the exact value of a number in the text

ADD, SUB, MUL, DIV, NEG, POW = (BY_NAME[name] for name in ("add", "sub", "mul", "div", "neg", "pow"))
NOT, OR = BY_NAME["not"], BY_NAME["or"]
COMMUTATIVE = frozenset([ADD, MUL, BY_NAME["eq"], BY_NAME["ne"]])
# Rules apply to what they make: so often within each other, and no deeper.
DEEPEST = 40
FACTORED = frozenset([NEG, MUL, DIV])
# Folded numbers have at most this many characters, so that each arithmetic reads them to its last digit.
LONGEST = 16
MOST_EXPONENT = 280
IRRATIONAL = {"pi": Fraction(math.pi), "e": Fraction(math.e), "tau": Fraction(math.tau)}
COMPARE: dict[Rule, Callable[[Number, Number], bool]] = {
    BY_NAME["lt"]: lambda a, b: a < b, BY_NAME["le"]: lambda a, b: a <= b,
    BY_NAME["gt"]: lambda a, b: a > b, BY_NAME["ge"]: lambda a, b: a >= b,
    BY_NAME["eq"]: lambda a, b: a == b, BY_NAME["ne"]: lambda a, b: a != b,
}  # fmt: skip
OPPOSITE = {ADD: SUB, SUB: ADD}
ARITHMETIC: dict[Rule, Callable[[Any, Any], Any]] = {
    ADD: operator.add, SUB: operator.sub, MUL: operator.mul, DIV: operator.truediv, POW: operator.pow,
    **COMPARE,
}  # fmt: skip


class Tape:
    """Nodes being written: inputs and constants by their text, operations by rule and arguments.

    Each expression stands once; `own` makes a node that is not shared. On a `closed` tape
    it does not: what is simplified there are formulas that run through all definitions.
    """

    cancels: ClassVar[bool] = True  # (2*x)/(2*y) is x/y, and 2*(x/(2*y)) too

    def __init__(self, closed: bool = False) -> None:
        self.closed = closed
        self.nodes: list[tuple[Rule | None, Any]] = []  # (None, text) for inputs and constants
        self.shared: dict[Any, int] = {}
        self.owned: set[int] = set()
        self.depth = 0  # of rules within rules
        self.vanishing: set[tuple[int, int]] = set()  # sums, and where they are not 0
        self.numbers: dict[int, Number] = {}  # of the nodes that are numbers, their exact values
        self.units: dict[int, int] = {}  # of those that are 1 and -1
        self.irrational: dict[int, Number] = {}  # of pi, e and tau: which numbers they are beside
        self.folded: dict[Any, int | None] = {}  # operations on numbers, and what they come to

    def input(self, name: str) -> int:
        return self._node(("input", name), (None, name))

    def constant(self, text: str) -> int:
        """A number as written, perhaps negative, or a built-in constant by its name."""
        node = self._node(("constant", text), (None, text))
        if text in IRRATIONAL:
            self.irrational[node] = IRRATIONAL[text]
        if text not in CONSTANTS and node not in self.numbers:
            value = _value(text)
            if value is not None:
                # Integers as such: comparing them is what most of the simplifying does.
                self.numbers[node] = value.numerator if value.denominator == 1 else value
            if value in (1, -1):
                self.units[node] = int(value)
        return node

    def integer(self, value: int) -> int:
        return self.constant(str(value))

    def apply(self, rule: Rule, *arguments: int) -> int:
        """The node of an operation, in its simplest form."""
        simplify = SIMPLIFY.get(rule)
        if simplify is not None and self.depth < DEEPEST:
            self.depth += 1
            simpler = simplify(self, rule, *arguments)
            self.depth -= 1
            if simpler is not None:
                return simpler
        elif rule.is_literal:
            return self.constant(rule.name)
        return self._operation(rule, arguments)

    def record(self, rule: Rule, arguments: tuple[int, ...]) -> int:
        """The node of an operation as it is written, but for what changes no digit of it.

        That is --x, signs of products, what 0 and 1 make simpler, and arithmetic on numbers that
        comes to the same.
        """
        if not arguments or rule is TRUTH or rule is NEG or (rule is COPY and self.closed):
            return self.apply(rule, *arguments)
        if rule is MUL or rule is DIV:
            a, b = arguments
            minus, negative = self._is(a, NEG), self._is(b, NEG)
            if minus or negative:
                a, b = (self._arguments(a)[0] if minus else a), (self._arguments(b)[0] if negative else b)
                node = self.record(rule, (a, b))
                return node if minus is negative else self.apply(NEG, node)
        numbers = self.numbers
        for argument in arguments:
            if argument in numbers:
                if rule in ARITHMETIC and arguments[0] in numbers and arguments[1] in numbers:
                    folded = self._folding(rule, *arguments)
                    if folded is not None and self._is_rounded(rule, arguments, folded):
                        return folded
                    if rule not in (MUL, DIV, POW) and numbers[argument] != 0:
                        continue
                if numbers[argument] in (0, 1, -1):
                    return self.apply(rule, *arguments)
                if rule is MUL and argument == arguments[1]:
                    arguments = arguments[::-1]  # a coefficient stands first
                elif rule in OPPOSITE and argument == arguments[1] and numbers[argument] < 0:
                    return self.record(OPPOSITE[rule], (arguments[0], self.apply(NEG, argument)))
        return self._operation(rule, arguments)

    def _operation(self, rule: Rule, arguments: tuple[int, ...]) -> int:
        return self._node(_key(rule, arguments), (rule, arguments))

    def _is_rounded(self, rule: Rule, arguments: tuple[int, ...], result: int) -> bool:
        """Whether binary64 numbers come to the same as exact ones: 0.1 + 0.2 is not 0.3 there."""
        try:
            a, b = (float(self.numbers[argument]) for argument in arguments)
            return bool(ARITHMETIC[rule](a, b) == float(self.numbers[result]))
        except (OverflowError, ZeroDivisionError):
            return False

    def own(self, rule: Rule, *arguments: int) -> int:
        """A node of its own for a definition: nothing is simplified across it.

        Where the same expression is made later, it is this node, unless it is a short one;
        and two copies of one node are two variables.
        """
        if self.closed:
            return self.apply(rule, *arguments)
        node, key = len(self.nodes), _key(rule, arguments)
        self.nodes.append((rule, arguments))
        self.owned.add(node)
        # What is that short is written again: x*(1/y) shall be x/y, and 1/(2*u) not 1/dJ_du.
        short = rule is COPY or (rule in (MUL, DIV) and arguments[0] in self.numbers)
        if not short and self.shared.get(key) not in self.owned:
            self.shared[key] = node
        return node

    def named(self, node: int) -> int:
        """The definition that has the same expression, or else the node itself."""
        rule, arguments = self.nodes[node]
        if rule is None or node in self.owned:
            return node
        return self.shared.get(_key(rule, arguments), node)

    def _node(self, key: Any, node: tuple[Rule | None, Any]) -> int:
        found = self.shared.setdefault(key, len(self.nodes))
        if found == len(self.nodes):
            self.nodes.append(node)
        return found

    def _is(self, node: int, rule: Rule) -> bool:
        return self.nodes[node][0] is rule and node not in self.owned

    def _is_quotient_by(self, node: int, bottom: int) -> bool:
        rule, arguments = self.nodes[node]
        return rule is DIV and arguments[1] == bottom

    def _arguments(self, node: int) -> tuple[int, ...]:
        found: tuple[int, ...] = self.nodes[node][1]
        return found

    def _folding(self, rule: Rule, a: int, b: int) -> int | None:
        """Two numbers: what the operation makes of them, where that is a short decimal."""
        x, y = self.numbers.get(a), self.numbers.get(b)
        if rule in COMPARE:
            x, y = self.irrational.get(a, x), self.irrational.get(b, y)
        if x is None or y is None:
            return None
        key = (rule, a, b)
        if key not in self.folded:
            folded = _folded(rule, x, y)
            self.folded[key] = None if folded is None else self.constant(folded)
        return self.folded[key]

    def _copy(self, rule: Rule, x: int) -> int | None:
        return x

    def _negation(self, rule: Rule, x: int) -> int | None:
        if x in self.numbers:
            kind, text = self.nodes[x]
            text = text if kind is None else kind.name
            return self.constant(_text(-self.numbers[x]) or (text[1:] if text[0] == "-" else f"-{text}"))
        return self._arguments(x)[0] if self._is(x, NEG) else None

    def _sum(self, rule: Rule, a: int, b: int) -> int | None:
        numbers = self.numbers
        if a in numbers or b in numbers:
            if numbers.get(b) == 0:
                return a
            if numbers.get(a) == 0:
                return b if rule is ADD else self.apply(NEG, b)
            folded = self._folding(rule, a, b)
            if folded is not None:
                return folded
        if self._is(b, NEG):
            return self.apply(OPPOSITE[rule], a, self._arguments(b)[0])
        if b in numbers and numbers[b] < 0:
            return self.apply(OPPOSITE[rule], a, self.apply(NEG, b))
        if rule is ADD and self._is(a, NEG):
            return self.apply(SUB, b, self._arguments(a)[0])
        if rule is ADD and a == b:
            return self.apply(MUL, self.integer(2), a)
        if self._is(a, DIV) and self._is(b, DIV) and self._arguments(a)[1] == self._arguments(b)[1]:
            left, bottom = self._arguments(a)
            return self.apply(DIV, self.apply(rule, left, self._arguments(b)[0]), bottom)
        return None

    def _product(self, rule: Rule, a: int, b: int) -> int | None:
        """Signs and numbers stand before what they multiply: -(2*x)*(3*y) is -(6*(x*y))."""
        nodes, owned, numbers = self.nodes, self.owned, self.numbers
        # What has a name is not taken apart.
        left = None if a in owned else nodes[a][0]
        right = None if b in owned else nodes[b][0]
        if left not in FACTORED and right not in FACTORED and a not in numbers and b not in numbers:
            return None
        for unit, other in ((a, b), (b, a)):
            if unit in self.units:
                return other if self.units[unit] == 1 else self.apply(NEG, other)
        if left is NEG or right is NEG:
            x = nodes[a][1][0] if left is NEG else a
            y = nodes[b][1][0] if right is NEG else b
            product = self.apply(MUL, x, y)
            return product if left is right else self.apply(NEG, product)
        if left is DIV or right is DIV:
            quotient = self._product_with_quotient(a, b)
            if quotient is not None:
                return quotient
        c, x = self._number_and_rest(a)
        d, y = self._number_and_rest(b)
        if c is None or d is None:
            number = d if c is None else c
            if number is None:
                return None
            reduced = self._without_divisor(number, a if c is None else b)
            if reduced is not None:
                return self._both_parts(reduced, y) if c is None else self._both_parts(x, reduced)
            return self._times(number, self._both_parts(x, y))
        folded = self._folding(MUL, c, d)
        return None if folded is None else self._times(folded, self._both_parts(x, y))

    def _number_and_rest(self, node: int) -> tuple[int | None, int | None]:
        """The number that a node begins with, and what it multiplies; None where there is none.

        Two numbers whose product is not short stay where they are.
        """
        if node in self.numbers:
            return node, None
        rule, arguments = self.nodes[node]
        if rule is MUL and arguments[0] in self.numbers and node not in self.owned:
            number, rest = arguments
            inner, factors = self.nodes[rest]
            if not (inner is MUL and factors[0] in self.numbers):
                return number, rest
        return None, node

    def _both_parts(self, x: int | None, y: int | None) -> int | None:
        return y if x is None else x if y is None else self.apply(MUL, x, y)

    def _times(self, number: int, rest: int | None) -> int:
        """A number times what does not begin with one, or None for 1."""
        if rest is None:
            return number
        if number in self.units:
            return rest if self.units[number] == 1 else self.apply(NEG, rest)
        if self.numbers[number] < 0:
            return self.apply(NEG, self._times(self.apply(NEG, number), rest))
        return self._operation(MUL, (number, rest))

    def _without_divisor(self, number: int, node: int) -> int | None:
        """x/y, where the node is x/(number*y)."""
        if self.cancels and self._is(node, DIV):
            above, below = self._arguments(node)
            if self._is(below, MUL) and self._arguments(below)[0] == number:
                return self.apply(DIV, above, self._arguments(below)[1])
        return None

    def _product_with_quotient(self, a: int, b: int) -> int | None:
        """x*(1/y) is x/y, and x*((a/y)/y) is (x*(a/y))/y."""
        for x, quotient in ((a, b), (b, a)):
            if self._is(quotient, DIV):
                top, bottom = self._arguments(quotient)
                if self.units.get(top) == 1:
                    return self.apply(DIV, x, bottom)
                if self._is_quotient_by(top, bottom):
                    product = (x, top) if quotient == b else (top, x)
                    return self.apply(DIV, self.apply(MUL, *product), bottom)
        return None

    def _quotient(self, rule: Rule, a: int, b: int) -> int | None:
        numbers = self.numbers
        if b in self.units:
            return a if self.units[b] == 1 else self.apply(NEG, a)
        folded = self._folding(rule, a, b)
        if folded is not None:
            return folded
        if self._is(a, NEG) or (a in numbers and numbers[a] < 0):
            return self.apply(NEG, self.apply(DIV, self.apply(NEG, a), b))
        if self._is(b, NEG):
            return self.apply(NEG, self.apply(DIV, a, self._arguments(b)[0]))
        if self.cancels and self._is(a, MUL) and self._is(b, MUL):
            (c, x), (d, y) = self._arguments(a), self._arguments(b)
            if c == d and c in numbers:
                return self.apply(DIV, x, y)
        return None

    def _power(self, rule: Rule, a: int, b: int) -> int | None:
        if b in self.numbers and self.numbers[b] in (0, 1):
            return a if self.numbers[b] else self.integer(1)
        return self._folding(rule, a, b)

    def _logarithm(self, rule: Rule, x: int) -> int | None:
        return self.integer(1) if self.irrational.get(x) == IRRATIONAL["e"] else None

    def _truth(self, rule: Rule, x: int) -> int | None:
        if x in self.numbers:
            return self.integer(int(self.numbers[x] != 0))
        inner = self.nodes[x][0]
        return x if inner is not None and inner.truth else None

    def _not(self, rule: Rule, x: int) -> int | None:
        return self.integer(int(not self.numbers[x])) if x in self.numbers else None

    def _choice(self, rule: Rule, c: int, a: int, b: int) -> int | None:
        if c in self.numbers:
            return a if self.numbers[c] else b
        if self.numbers.get(b) == 0 and self._vanishes(a, c):
            self.vanishing.add((a, c))
            return a
        return a if a == b else None

    def _vanishes(self, node: int, condition: int) -> bool:
        """Whether a sum of choices is 0 anyway where the condition does not hold."""
        if (node, condition) in self.vanishing:
            return True
        (rule, arguments), (joined, parts) = self.nodes[node], self.nodes[condition]
        if node in self.owned or rule not in (WHERE, ADD, SUB):
            return False
        if rule is WHERE:
            return arguments[0] == condition and self.numbers.get(arguments[2]) == 0
        return joined is OR and all(map(self._vanishes, arguments, parts))

    def _both(self, rule: Rule, a: int, b: int) -> int | None:
        """`and`, `or`: where the first is known, it decides or leaves the other."""
        if a == b:
            return a
        decides = rule is OR
        if a in self.numbers:
            return self.integer(int(decides)) if bool(self.numbers[a]) == decides else b
        if b in self.numbers and bool(self.numbers[b]) != decides:
            return a
        return None


SIMPLIFY: dict[Rule, Callable[..., int | None]] = {
    COPY: Tape._copy, NEG: Tape._negation, ADD: Tape._sum, SUB: Tape._sum, MUL: Tape._product,
    DIV: Tape._quotient, POW: Tape._power, BY_NAME["log"]: Tape._logarithm,
    TRUTH: Tape._truth, NOT: Tape._not, WHERE: Tape._choice,
    AND: Tape._both, OR: Tape._both, **dict.fromkeys(COMPARE, Tape._folding),
}  # fmt: skip


def _key(rule: Rule, arguments: tuple[int, ...]) -> Any:
    """What two nodes have in common that are the same expression."""
    swapped = rule in COMMUTATIVE and arguments[0] > arguments[1]
    return rule, arguments[::-1] if swapped else arguments


def _folded(rule: Rule, a: Number, b: Number) -> str | None:
    """Arithmetic on two numbers where the exact result is a short decimal."""
    if rule in COMPARE:
        return str(int(COMPARE[rule](a, b)))
    if rule is DIV:
        return _text(Fraction(a) / b) if b else None
    if rule is POW:
        return _text(a ** int(b)) if b.denominator == 1 and 0 <= b <= 64 and (a or b) else None
    return _text(ARITHMETIC[rule](a, b))


def _value(text: str) -> Number | None:
    """The exact value of a number that is written short, and is one for binary64 too."""
    _, _, exponent = text.lower().partition("e")
    if len(text.removeprefix("-")) > LONGEST or (exponent and abs(int(exponent)) > MOST_EXPONENT):
        return None
    return Fraction(text)


def _text(value: Number) -> str | None:
    """A number as a short decimal, or None where it has none."""
    if value < 0:
        text = _text(-value)
        return None if text is None else f"-{text}"
    if value >= 10**LONGEST:
        return None
    if value.denominator == 1:
        return str(value.numerator)
    for digits in range(1, LONGEST):
        if 10**digits % value.denominator == 0:
            text = f"{float(value):.{digits}f}"
            return text if len(text) <= LONGEST and Fraction(text) == value else None
    return None


class Program(NamedTuple):
    """A tape and what its nodes are called, ready to be written.

    inputs: those of the program it comes from, used or not. wanted: the names that are asked
    for; what they do not need is not written. pairs: which of the names are derivatives, and
    of what by what, (of, wrt): that cannot be read from a name such as da_db_dc.
    """

    tape: Tape
    inputs: tuple[str, ...]
    names: dict[str, int]
    wanted: list[str]
    pairs: Mapping[str, tuple[str, str]]
