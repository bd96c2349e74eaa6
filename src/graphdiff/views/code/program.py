"""A tape written as text: in graphdiff's own language, and the frame for other notations.

The assignments of a program are the same in every notation; what differs is how an
operation, a number and a name are written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, NamedTuple

from graphdiff.derivatives.program import Program
from graphdiff.diagnostics import Diagnostic, GraphdiffError
from graphdiff.language.scope import DECLARES
from graphdiff.rules import CONSTANTS, COPY, Rule

# How tightly a text binds: what stands inside an operation must bind at least so.
CHOICE, OR, AND, NOT, CHAIN, SUM, PRODUCT, SIGNED, POWER, ATOM = range(10)

# An expression longer than this gets a name of its own: it reads better, and writing
# one deep expression would take time that grows with the square of its depth.
LONGEST = 120
# One closed formula repeats what is shared: it may become this long, and no longer. What is
# written on the way to all of them is limited too, because it grows with the square of a depth.
MOST_FLAT = 1_000_000
MOST_WRITTEN = 1_000_000_000


class Written(NamedTuple):
    """An expression as text, and how tightly it binds.

    truth: whether it is a condition, where a notation keeps these apart from numbers.
    literal: whether it is a number or a built-in constant as it stands.
    parts: what it consists of, where a notation takes expressions apart again (LaTeX: `Parts`).
    """

    text: str
    binding: int
    truth: bool = False
    literal: bool = False
    parts: object = None


class Assignment(NamedTuple):
    """`name = expression`; whether the name was asked for, and whether it is a condition."""

    name: str
    expression: str
    wanted: bool
    truth: bool = False


class Notation:
    """How expressions are written in graphdiff's own language; other notations change what differs."""

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

        Then it comes from a rule's formula, and pi is the only one that these have.
        """
        return Written("acos(-1)" if redefined else name, ATOM)

    def definition(self, expression: Written, wanted: bool) -> Written:
        """An expression as it stands after `name =`."""
        return expression

    def worth_a_name(self, node: int, text: str, uses: int) -> bool:
        """Whether the expression of a node is given a name because it is used more than once, or long."""
        return uses > 1 or len(text) > LONGEST

    def operation(self, rule: Rule, arguments: list[Written]) -> Written:
        """An operation on what its arguments are written as."""
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
            # (-a)*b is the same number as -(a*b), and reads better.
            return Written(f"-{written.text}", PRODUCT)
        return Written("-" + inside(written, POWER), SIGNED)

    def infix(self, sign: str, binding: int, left: Written, right: Written) -> Written:
        # A left operand may bind as tightly; a right one must bind tighter, and so must both
        # sides of a comparison, which would chain.
        before, after = left.text, right.text
        if left.binding < binding + (binding == CHAIN):
            before = f"({before})"
        # Two signs in a row are legal here and not everywhere, and read badly.
        if right.binding <= binding or (after[0] == "-" and binding != CHAIN and right.binding < ATOM):
            after = f"({after})"
        space = "" if binding == PRODUCT else " "
        return Written(f"{before}{space}{sign}{space}{after}", binding)

    def call(self, rule: Rule, arguments: list[str]) -> Written:
        return Written(f"{rule.name}({', '.join(arguments)})", ATOM)


def inside(written: Written, least: int) -> str:
    """A text, in parentheses where it binds too loosely for its place."""
    return written.text if written.binding >= least else f"({written.text})"


GRAPHDIFF = Notation()


def lines(program: Program, flat: bool = False) -> Iterator[str]:
    """The program in graphdiff's own language, one definition a line, in tape order.

    The first line names the inputs, so that it takes those of the program it comes from,
    also the ones that its formulas do not use.
    """
    found: Iterable[Assignment] = assignments(program, GRAPHDIFF, flat)
    if flat:
        found = list(found)  # it may be refused, and then nothing shall be printed
    if program.inputs:
        yield f"{DECLARES} {', '.join(program.inputs)}"
    for assignment in found:
        yield f"{assignment.name} = {assignment.expression}"


def assignments(program: Program, notation: Notation, flat: bool = False) -> Iterator[Assignment]:
    """The definitions of a program in tape order; what the wanted names do not need is left out.

    What is used twice or is long gets a temporary name. With `flat`, nothing does: each
    wanted name is one closed formula. Raises GraphdiffError where that grows too long.
    """
    if flat:
        yield from _closed(program, notation)
        return
    nodes, wanted = program.tape.nodes, set(program.wanted)
    name_of: dict[int, str] = {}
    aliases: list[tuple[str, int]] = []  # second names, and names of constants
    for name, node in program.names.items():
        rule, text = nodes[node]
        if node in name_of or (rule is None and text != name):
            aliases.append((name, node))
        else:
            name_of[node] = name
    uses = uses_of(program)
    taken = {*map(notation.name, program.names), *program.names, *CONSTANTS}
    written: dict[int, Written] = {}
    count = 0
    for node in _writing(program, notation, uses, written):
        expression, name = written[node], name_of.get(node, "")
        if (
            not name
            and nodes[node][0] is not COPY
            and notation.worth_a_name(node, expression.text, uses[node])
        ):
            while not name or name in taken:
                count += 1
                name = f"{notation.temporary}{count}"
        if name:
            expression = notation.definition(expression, name in wanted)
            yield Assignment(notation.name(name), expression.text, name in wanted, expression.truth)
            written[node] = Written(notation.name(name), ATOM, expression.truth)
    for name, node in aliases:
        if name in wanted:
            expression = notation.definition(written[node], True)
            yield Assignment(notation.name(name), expression.text, True, expression.truth)


def _closed(program: Program, notation: Notation) -> Iterator[Assignment]:
    """Each wanted name as one formula, in the order in which they were asked for."""
    nodes, uses = program.tape.nodes, uses_of(program)
    written: dict[int, Written] = {}
    work = 0
    for node in _writing(program, notation, uses, written):
        length = len(written[node].text)
        work += length
        if length > MOST_FLAT or work > MOST_WRITTEN:
            hint = "without --flat the program stays linear in size"
            message = f"a closed formula grows beyond {MOST_FLAT:,} characters"
            if length <= MOST_FLAT:
                message = "the closed formulas take too long to write"
            raise GraphdiffError(Diagnostic("expansion", message, hint=hint))
        for argument in nodes[node][1]:
            uses[argument] -= 1
            if not uses[argument] and nodes[argument][0] is not None:
                del written[argument]  # what is in the formulas of its users is not kept twice
    for name in program.wanted:
        expression = notation.definition(written[program.names[name]], True)
        yield Assignment(notation.name(name), expression.text, True, expression.truth)


def _writing(
    program: Program, notation: Notation, uses: list[int], written: dict[int, Written]
) -> Iterator[int]:
    """The operations that are used, each when it has just been written.

    Who gets them may put something else in its place in `written`, for those that use it.
    """
    inputs = {program.names[name] for name in program.inputs}
    for node, (rule, arguments) in enumerate(program.tape.nodes):
        if not uses[node]:
            continue
        if rule is None:
            written[node] = _leaf(str(arguments), node in inputs, program, notation)
        else:
            written[node] = notation.operation(rule, [written[k] for k in arguments])
            yield node


def _leaf(text: str, is_input: bool, program: Program, notation: Notation) -> Written:
    if is_input:
        return Written(notation.name(text), ATOM)
    if text in CONSTANTS:
        return notation.constant(text, text in program.names)
    return notation.number(text)


def uses_of(program: Program) -> list[int]:
    """How often each node is used by those that the wanted names need; 0 for the others."""
    return program.uses()
