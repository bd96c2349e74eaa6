"""Nodes being written: what a sweep over symbols makes, and the notations write."""

from __future__ import annotations

from typing import Any, ClassVar

from graphdiff.derivatives.exact import (
    ADD,
    ARITHMETIC,
    COMPARE,
    DIV,
    IRRATIONAL,
    MUL,
    POW,
    Number,
    folded,
    is_rounded,
    value_of,
)  # fmt: skip
from graphdiff.derivatives.simplify import NEG, OPPOSITE, SIMPLIFY
from graphdiff.rules import BY_NAME, CONSTANTS, COPY, TRUTH, Rule

COMMUTATIVE = frozenset([ADD, MUL, BY_NAME["eq"], BY_NAME["ne"]])
# Simplifications apply to what they make: so often within each other, and no deeper.
DEEPEST = 40


class Tape:
    """Nodes being written: inputs and constants by their text, operations by rule and arguments.

    Each expression stands once; `definition` makes a node that is not shared. On a `closed` tape
    definitions have no nodes of their own: formulas are simplified through them.
    """

    cancels: ClassVar[bool] = True  # (2*x)/(2*y) is x/y, and 2*(x/(2*y)) too

    def __init__(self, closed: bool = False) -> None:
        self.closed = closed
        self.nodes: list[tuple[Rule | None, Any]] = []  # (None, text) for inputs and constants
        # The node of the differentiated graph at which the sweep is; for each node here, the one
        # at which it was written.
        self.origin: int | None = None
        self.origins: list[int | None] = []
        self.shared: dict[Any, int] = {}
        self.owned: set[int] = set()
        self.depth = 0  # of rules within rules
        self.vanishing: set[tuple[int, int]] = set()  # sums, and where they are not 0
        self.numbers: dict[int, Number] = {}  # of the nodes that are numbers, their exact values
        self.units: dict[int, int] = {}  # of those that are 1 and -1
        self.irrational: dict[int, Number] = {}  # of pi, e and tau, near values: for comparisons
        self.folded: dict[Any, int | None] = {}  # results of operations on numbers

    def input(self, name: str) -> int:
        return self._node(("input", name), (None, name))

    def constant(self, text: str) -> int:
        """A number as written, perhaps negative, or a built-in constant by its name."""
        node = self._node(("constant", text), (None, text))
        if text in IRRATIONAL:
            self.irrational[node] = IRRATIONAL[text]
        if text not in CONSTANTS and node not in self.numbers:
            value = value_of(text)
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
        return self.operation(rule, arguments)

    def as_written(self, rule: Rule, arguments: tuple[int, ...]) -> int:
        """The node of an operation as it is written, simplified only where no digit changes.

        That is --x, signs of products, products and powers with 0 and 1, and arithmetic on
        numbers that gives the same in binary64.
        """
        if not arguments or rule is TRUTH or rule is NEG or (rule is COPY and self.closed):
            return self.apply(rule, *arguments)
        if rule is MUL or rule is DIV:
            a, b = arguments
            minus, negative = self.is_a(a, NEG), self.is_a(b, NEG)
            if minus or negative:
                a, b = (self.arguments_of(a)[0] if minus else a), (self.arguments_of(b)[0] if negative else b)
                node = self.as_written(rule, (a, b))
                return node if minus is negative else self.apply(NEG, node)
        numbers = self.numbers
        for argument in arguments:
            if argument in numbers:
                if rule in ARITHMETIC and arguments[0] in numbers and arguments[1] in numbers:
                    result = self.folding(rule, *arguments)
                    if result is not None and is_rounded(rule, *(numbers[k] for k in (*arguments, result))):
                        return result
                    if rule not in (MUL, DIV, POW) and numbers[argument] != 0:
                        continue
                if numbers[argument] in (0, 1, -1):
                    return self.apply(rule, *arguments)
                if rule is MUL and argument == arguments[1]:
                    arguments = arguments[::-1]  # a coefficient stands first
                elif rule in OPPOSITE and argument == arguments[1] and numbers[argument] < 0:
                    return self.as_written(OPPOSITE[rule], (arguments[0], self.apply(NEG, argument)))
        return self.operation(rule, arguments)

    def operation(self, rule: Rule, arguments: tuple[int, ...]) -> int:
        return self._node(_key(rule, arguments), (rule, arguments))

    def definition(self, rule: Rule, *arguments: int) -> int:
        """A separate node for a definition: nothing is simplified across it.

        Where the same expression is made later, it is this node, unless it is a short one;
        and two copies of one node are two variables.
        """
        if self.closed:
            return self.apply(rule, *arguments)
        node, key = len(self.nodes), _key(rule, arguments)
        self.nodes.append((rule, arguments))
        self.origins.append(self.origin)
        self.owned.add(node)
        # A short expression is written again: x*(1/y) becomes x/y, and 1/(2*u) not 1/dJ_du.
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
        nodes = self.nodes
        found = self.shared.setdefault(key, len(nodes))
        if found == len(nodes):
            nodes.append(node)
            self.origins.append(self.origin)
        return found

    def is_a(self, node: int, rule: Rule) -> bool:
        """Whether a node is an operation of this rule, and not a definition."""
        return self.nodes[node][0] is rule and node not in self.owned

    def arguments_of(self, node: int) -> tuple[int, ...]:
        found: tuple[int, ...] = self.nodes[node][1]
        return found

    def folding(self, rule: Rule, a: int, b: int) -> int | None:
        """The result of an operation on two numbers, where it is a short decimal; else None."""
        x, y = self.numbers.get(a), self.numbers.get(b)
        if rule in COMPARE:
            x, y = self.irrational.get(a, x), self.irrational.get(b, y)
        if x is None or y is None:
            return None
        key = (rule, a, b)
        if key not in self.folded:
            result = folded(rule, x, y)
            self.folded[key] = None if result is None else self.constant(result)
        return self.folded[key]


def _key(rule: Rule, arguments: tuple[int, ...]) -> Any:
    """The same for two nodes that are the same expression."""
    swapped = rule in COMMUTATIVE and arguments[0] > arguments[1]
    return rule, arguments[::-1] if swapped else arguments
