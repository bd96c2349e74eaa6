"""How expressions are written: in graphdiff's own language, and the frame for other languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from graphdiff.rules import COPY, Rule

if TYPE_CHECKING:
    from graphdiff.derivatives.program import Program

# How tightly a text binds: an operand that binds less than its place needs gets parentheses.
CHOICE, OR, AND, NOT, CHAIN, SUM, PRODUCT, SIGNED, POWER, ATOM = range(10)

# A longer expression gets a name of its own: it reads better, and writing one deep
# expression would take time that grows with the square of its depth.
MOST_CHARACTERS = 120


class Written(NamedTuple):
    """An expression as text, and how tightly it binds.

    truth: whether it is a condition, in notations that distinguish these from numbers.
    literal: whether it is a number or a built-in constant.
    parts: for notations that take expressions apart again (LaTeX: `Parts`).
    """

    text: str
    binding: int
    truth: bool = False
    literal: bool = False
    parts: object = None


class Notation:
    """How expressions are written in graphdiff's own language; subclasses override what differs."""

    binding: ClassVar[dict[str, int]] = {
        "or": OR, "and": AND, "not": NOT, "lt": CHAIN, "le": CHAIN, "gt": CHAIN, "ge": CHAIN, "eq": CHAIN,
        "ne": CHAIN, "truth": CHAIN, "add": SUM, "sub": SUM, "mul": PRODUCT, "div": PRODUCT, "neg": SIGNED,
        "pow": POWER,
    }  # fmt: skip
    temporary = "t"

    def name(self, name: str) -> str:
        """A name of the program, as this notation can write it."""
        return name

    def number(self, text: str) -> Written:
        """A number as written in the program, perhaps negative."""
        return Written(text, SIGNED if text.startswith("-") else ATOM)

    def constant(self, name: str, redefined: bool) -> Written:
        """A built-in constant; `redefined` where the program uses its name for something else.

        A redefined constant comes from a rule's formula, and pi is the only one in those.
        """
        return Written("acos(-1)" if redefined else name, ATOM)

    def definition(self, expression: Written, wanted: bool) -> Written:
        """The right-hand side of a definition; `wanted` where the value was asked for."""
        return expression

    def worth_a_name(self, node: int, text: str, uses: int) -> bool:
        """Whether an expression gets a name of its own: it is used more than once, or long."""
        return uses > 1 or len(text) > MOST_CHARACTERS

    def operation(self, rule: Rule, arguments: list[Written]) -> Written:
        """An operation on arguments that are written already."""
        if rule is COPY:
            return arguments[0]
        name = rule.name
        binding = self.binding.get(name)
        if binding is None:
            return self.call(rule, [argument.text for argument in arguments])
        if len(arguments) == 1:
            return self.prefix(name, binding, arguments[0])
        left, right = arguments
        if name == "pow":
            return Written(f"{inside(left, ATOM)}^{inside(right, POWER)}", POWER)
        return self.infix(rule.infix, binding, left, right)

    def prefix(self, name: str, binding: int, written: Written) -> Written:
        if name == "truth":
            return Written(f"{inside(written, SUM)} != 0", CHAIN)
        if name == "not":
            return Written("not " + inside(written, binding), binding)
        if written.binding == PRODUCT and not written.text.startswith("-"):
            # -(a*b) is the same number as (-a)*b and as -a*b, which reads best.
            return Written(f"-{written.text}", PRODUCT)
        return Written("-" + inside(written, POWER), SIGNED)

    def infix(self, sign: str, binding: int, left: Written, right: Written) -> Written:
        # A left operand may bind as tightly as the operator; a right one must bind tighter, and so
        # must both sides of a comparison, which would chain.
        before, after = left.text, right.text
        if left.binding < binding + (binding == CHAIN):
            before = f"({before})"
        # Two signs in a row read badly, and are not legal in every language.
        if right.binding <= binding or (after[0] == "-" and binding != CHAIN and right.binding < ATOM):
            after = f"({after})"
        space = "" if binding == PRODUCT else " "
        return Written(f"{before}{space}{sign}{space}{after}", binding)

    def call(self, rule: Rule, arguments: list[str]) -> Written:
        return Written(f"{rule.call}({', '.join(arguments)})", ATOM)


def inside(written: Written, least: int) -> str:
    """The text, in parentheses if it binds less tightly than its place needs."""
    return written.text if written.binding >= least else f"({written.text})"


GRAPHDIFF = Notation()


class Language(Notation):
    """A notation of whole programs: what `derive --to` can write.

    has_values: whether the text computes the values of the outputs too, before the derivatives.
    has_name: whether the text is one function, which has a name.
    """

    has_values: ClassVar[bool] = True
    has_name: ClassVar[bool] = False

    def __init__(self, program: Program, function: str = "") -> None:
        """function: the name of the function, if the language has_name."""
        self.program = program

    def lines(self, flat: bool = False) -> Iterator[str]:
        """The text, line by line; with `flat`, one closed formula for each derivative."""
        raise NotImplementedError
