"""Random programs for Hypothesis, and what they mean: their values, by mpmath, without graphdiff.

A program is grown together with its values at a point, so that nearly all that is drawn
can be used: an operation that would leave its domain, come near a kink or become
enormous there is not added. In the branches that are not taken, everything may stand.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from hypothesis import strategies as st
from support import mp, oracle

from graphdiff.rules import BY_NAME, FUNCTIONS, Rule

# An expression: ("number", text), ("name", name), ("chain", signs, operands),
# ("user", function, operands), or (operation, operands).
Tree = tuple[Any, ...]
Function = tuple[tuple[str, ...], Tree]  # parameters, body

INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "^", "and": "and", "or": "or"}
# How tightly each binds, and how tightly its operands on both sides have to, at the least.
BINDING = {
    "or": (1, 1, 2), "and": (2, 2, 3), "not": (3, 3, 3), "chain": (4, 5, 5), "add": (5, 5, 6),
    "sub": (5, 5, 6), "mul": (6, 6, 7), "div": (6, 6, 7), "neg": (7, 7, 7), "pow": (8, 9, 7),
}  # fmt: skip
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b, "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip

ONE: tuple[str, ...] = (
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "abs", "sign", "floor", "ceil",
    "round", "sin", "cos", "tan", "sec", "csc", "cot", "asin", "acos", "atan", "sinh", "cosh", "tanh",
    "asinh", "acosh", "atanh", "erf", "erfc", "gamma", "lgamma", "digamma", "sigmoid", "logit", "softplus",
    "relu", "neg",
)  # fmt: skip
TWO: tuple[str, ...] = ("add", "sub", "mul", "div", "pow", "atan2", "mod")
MANY = ("min", "max", "hypot", "logsumexp")
OF_ORDER = ("polygamma", "dexprel", "dbernoulli", "dsinc")
# Rows of the table that are not listed here.
OTHERS = [rule for rule in FUNCTIONS if rule.name not in (*ONE, *TWO, *MANY, *OF_ORDER, "clamp", "where")]
ONE += tuple(rule.name for rule in OTHERS if len(rule.parameters) == 1)
TWO += tuple(rule.name for rule in OTHERS if len(rule.parameters) == 2)
CONSTANTS: dict[str, Callable[[], Any]] = {"pi": lambda: +mp.pi, "e": lambda: +mp.e, "tau": lambda: 2 * mp.pi}
NUMBERS = ("0", "1", "2", "3", "0.5", ".25", "1.5", "0.1", "1e-1", "2.", "10", "7", "0.3E0", "12e-1")
TRUTHS = ("chain", "not", "and", "or")

# How far a function's arguments are from the edge of its domain, or from a kink.
DISTANCE: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(["log", "log2", "log10", "sqrt"], lambda x: x),
    **dict.fromkeys(["abs", "sign", "relu", "cbrt"], abs),
    **dict.fromkeys(["floor", "ceil", "trunc"], lambda x: abs(x - mp.nint(x))),
    **dict.fromkeys(["asin", "acos", "atanh"], lambda x: 1 - abs(x)),
    **dict.fromkeys(["tan", "sec"], lambda x: abs(mp.cos(x))),
    **dict.fromkeys(["csc", "cot"], lambda x: abs(mp.sin(x))),
    **dict.fromkeys(["gamma", "lgamma", "digamma"], lambda x: x if x > 0.5 else abs(x - mp.nint(x))),
    **dict.fromkeys(
        ["min", "max"],
        lambda *xs: min([abs(x - y) for k, x in enumerate(xs) for y in xs[:k]], default=mp.one),
    ),
    "round": lambda x: abs(x - mp.floor(x) - 0.5),
    "log1p": lambda x: x + 1,
    "acosh": lambda x: x - 1,
    "logit": lambda x: min(x, 1 - x),
    **dict.fromkeys(["hypot", "unit"], lambda *xs: max(map(abs, xs))),
    "clamp": lambda x, low, high: min(abs(x - low), abs(x - high), high - low),
    "div": lambda a, b: abs(b),
    "mod": lambda a, b: min(abs(b), abs(a / b - mp.nint(a / b))) if b else mp.zero,
    "atan2": lambda a, b: b if b > 0 else abs(a),
    "xlogy": lambda x, z: z,
    "logbase": lambda x, base: min(x, base, abs(base - 1)),
    **dict.fromkeys(
        ["dexprel", "dbernoulli", "dsinc"],
        lambda n, x: mp.one if n == mp.floor(n) and 0 <= n <= 5 else -mp.one,
    ),
    "polygamma": lambda n, x: x if n == mp.floor(n) and 0 <= n <= 5 else -mp.one,
}
NEAREST, LARGEST = 1e-3, 1e4


def _smoothness(rule: Rule) -> Callable[..., Any]:
    """The distance of rows without one in DISTANCE: 0 where the value bends much within NEAREST."""

    def distance(*values: Any) -> Any:
        function = oracle(rule)
        for k, x in enumerate(values):
            try:
                left, here, right = (
                    function(*values[:k], x + step, *values[k + 1 :]) for step in (-NEAREST, 0, NEAREST)
                )
            except ZeroDivisionError:
                return mp.zero
            if not isinstance(left + right, mp.mpf) or not abs(left - 2 * here + right) < NEAREST / 10:
                return mp.zero
        return mp.one

    return distance


DISTANCE |= {rule.name: _smoothness(rule) for rule in OTHERS}


class Unsteady(Exception):  # noqa: N818 - what the value is, not an accident
    """Outside a domain, near a kink, or enormous."""


@dataclass
class Program:
    """Definitions and functions as trees, the point, and the text that is made of all that."""

    inputs: dict[str, float]
    definitions: dict[str, Tree] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    text: str = ""

    def is_truth(self, tree: Tree) -> bool:
        """Whether it is 1 for true and 0 for false by what it is, not by accident."""
        while tree[0] == "name" and tree[1] in self.definitions:
            tree = self.definitions[tree[1]]
        return tree[0] in TRUTHS

    def called(self) -> list[Function]:
        """The functions that the definitions call, directly or not."""
        found: dict[str, Function] = {}
        pending = [*self.definitions.values()]
        while pending:
            tree = pending.pop()
            if tree[0] == "user" and tree[1] not in found:
                found[tree[1]] = self.functions[tree[1]]
                pending.append(found[tree[1]][1])
            if tree[0] not in ("number", "name"):
                pending.extend(tree[-1])
        return [*found.values()]

    def mentioned(self) -> set[str]:
        """The names and numbers on which the definitions are built."""
        found = {leaf[1] for tree in self.definitions.values() for leaf in leaves(tree)}
        for parameters, body in self.called():
            found |= {leaf[1] for leaf in leaves(body)}.difference(parameters)
        return found


class Meaning:
    """The values of a program, computed from its trees with mpmath at its present precision.

    `bumped` maps names to what is added to their values. With `steady`, what is near a
    kink or an edge raises Unsteady.
    """

    def __init__(self, program: Program, steady: bool = False) -> None:
        self.program = program
        self.steady = steady
        self.bumped: Mapping[str, Any] = {}
        self.known: dict[str, Any] = {}

    def name(self, name: str) -> Any:
        if name not in self.known:
            if name in self.program.inputs:
                value = mp.mpf(self.program.inputs[name])
            elif name in self.program.definitions:
                value = self.value(self.program.definitions[name])
            else:
                value = CONSTANTS[name]()
            self.known[name] = value + self.bumped.get(name, 0)
        return self.known[name]

    def value(self, tree: Tree, scope: Mapping[str, Any] | None = None) -> Any:
        """The value of an expression; `scope` has those of a function's parameters."""
        scope = scope or {}
        match tree:
            case ("number", text):
                return mp.mpf(text)
            case ("name", name):
                return scope[name] if name in scope else self.name(name)
            case ("chain", signs, operands):
                return mp.mpf(self.chain(signs, operands, scope))
            case ("user", function, operands):
                parameters, body = self.program.functions[function]
                values = [self.value(operand, scope) for operand in operands]
                return self.value(body, dict(zip(parameters, values, strict=True)))
            case ("where", (condition, yes, no)):
                return self.value(yes if self.holds(condition, scope) else no, scope)
            case ("and", (left, right)):
                return mp.mpf(self.holds(left, scope) and self.holds(right, scope))
            case ("or", (left, right)):
                return mp.mpf(self.holds(left, scope) or self.holds(right, scope))
            case ("not", (operand,)):
                return mp.mpf(not self.holds(operand, scope))
            case (operation, operands):
                return self.applied(operation, operands, [self.value(operand, scope) for operand in operands])
        raise AssertionError(tree)

    def applied(self, operation: str, operands: tuple[Tree, ...], values: list[Any]) -> Any:
        if not self.steady:
            return oracle(BY_NAME[operation])(*values)
        if operation == "pow":
            self.require_steady_power(operands[1], *values)
        elif operation in DISTANCE and DISTANCE[operation](*values) < NEAREST:
            raise Unsteady
        value = oracle(BY_NAME[operation])(*values)
        if not isinstance(value, mp.mpf) or not abs(value) <= LARGEST:
            raise Unsteady
        return value

    def require_steady_power(self, exponent: Tree, a: Any, b: Any) -> None:
        """A negative base is for whole exponents that are written as such: no other has a slope."""
        whole = exponent[0] == "number" and b == mp.floor(b)
        if a < NEAREST and not (whole and (b >= 0 or abs(a) > NEAREST)):
            raise Unsteady
        if abs(b) > 30 or (a and abs(b * mp.log(abs(a))) > 20):
            raise Unsteady

    def holds(self, condition: Tree, scope: Mapping[str, Any] | None = None) -> bool:
        value = self.value(condition, scope)
        if self.steady and abs(value) < NEAREST and not self.program.is_truth(condition):
            raise Unsteady
        return bool(value)

    def chain(self, signs: tuple[str, ...], operands: tuple[Tree, ...], scope: Mapping[str, Any]) -> bool:
        left = self.value(operands[0], scope)
        for sign, operand in zip(signs, operands[1:], strict=True):
            right = self.value(operand, scope)
            if self.steady and abs(left - right) < NEAREST:
                raise Unsteady
            if not COMPARE[sign](left, right):
                return False
            left = right
        return True


class Writer:
    """Trees as text, with the blanks, the parentheses and the spellings that one seed makes."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def text(self, tree: Tree, needed: int = 0) -> str:
        operation, operands = tree[0], tree[-1]
        if operation in ("number", "name"):
            return self.enclosed(str(operands), 9, needed)
        if operation == "pow" and self.random.random() < 0.2:
            return self.enclosed(self.call("pow", operands), 9, needed)
        if operation not in BINDING:
            name = tree[1] if operation == "user" else "ln" if operation == "log" else operation
            return self.enclosed(self.call(name, operands), 9, needed)
        own, left, right = BINDING[operation]
        if operation in ("not", "neg"):
            sign = "not " if operation == "not" else "-"
            return self.enclosed(sign + self.text(operands[0], right), own, needed)
        text = self.text(operands[0], left)
        for sign, operand in zip(
            tree[1] if operation == "chain" else [INFIX[operation]], operands[1:], strict=True
        ):
            spelled = "**" if sign == "^" and self.random.random() < 0.3 else sign
            blank = " " if sign in ("and", "or") else self.blank()
            text += f"{blank}{spelled}{blank}{self.text(operand, right)}"
        return self.enclosed(text, own, needed)

    def call(self, name: str, operands: tuple[Tree, ...]) -> str:
        return f"{name}({f',{self.blank()}'.join(map(self.text, operands))})"

    def enclosed(self, text: str, own: int, needed: int) -> str:
        if own < needed or self.random.random() < 0.05:
            line = "\n  " if self.random.random() < 0.1 else ""
            return f"({line}{text}{line})"
        return text

    def blank(self) -> str:
        return self.random.choice(("", " ", " ", "  "))

    def program(self, program: Program) -> str:
        """All of it, in an order that means nothing."""
        lines = [f"{name} = {self.text(tree)}" for name, tree in program.definitions.items()]
        lines += [
            f"{name}({', '.join(parameters)}) = {self.text(body)}"
            for name, (parameters, body) in program.functions.items()
        ]
        self.random.shuffle(lines)
        ends = ("; ", ";", "\n", " # so be it; x = 1\n", "\n\n")
        return "".join(line + self.random.choice(ends) for line in lines)


def size(tree: Tree) -> int:
    """How many operations, names and numbers an expression has."""
    return 1 if tree[0] in ("number", "name") else 1 + sum(map(size, tree[-1]))


def replaced(tree: Tree, new: Mapping[Tree, Tree]) -> Tree:
    """The expression with other names and numbers."""
    if tree[0] in ("number", "name"):
        return new.get(tree, tree)
    return (*tree[:-1], tuple(replaced(operand, new) for operand in tree[-1]))


def leaves(tree: Tree) -> dict[Tree, None]:
    """The names and numbers of an expression, each once, in their order."""
    if tree[0] in ("number", "name"):
        return {tree: None}
    return {leaf: None for operand in tree[-1] for leaf in leaves(operand)}


class Grower:
    """A program on its way: the expressions that have a value so far, and what is drawn next.

    `integer(least, most)` is where all its choices come from.
    """

    def __init__(self, integer: Callable[[int, int], int]) -> None:
        self.integer = integer
        names = ["x", "b", "θ", "x_1"][: integer(1, 4)]
        # Exact in binary, so that the floats and the many digits start from the same point.
        self.program = Program({name: integer(-256, 256) / 64 + 1 / 256 for name in names})
        self.trees: list[Tree] = [("name", name) for name in names]

    def pick(self) -> Tree:
        """An expression that has a value: a number, a constant, or one of those before."""
        k = self.integer(-2, len(self.trees) - 1)
        if k >= 0:
            return self.trees[-1 - k]
        return ("name", self.among([*CONSTANTS])) if k == -1 else ("number", self.among(NUMBERS))

    def among(self, choices: Sequence[Any]) -> Any:
        return choices[self.integer(0, len(choices) - 1)]

    def function(self, names: Sequence[str]) -> str:
        """The name that a number ranks first: a new row of the table takes its share, the rest stays."""
        draw = self.integer(0, 2**16)
        return min(names, key=lambda name: crc32(f"{name} {draw}".encode()))

    def perhaps(self) -> bool:
        return self.integer(0, 1) == 1

    def wild(self, depth: int = 2) -> Tree:
        """An expression that may have no value anywhere."""
        if depth == 0:
            return self.pick()
        operation = self.among(("div", "log", "sqrt", "gamma", "acosh", "asin", "pow", "add"))
        return (operation, tuple(self.wild(depth - 1) for _ in range(1 if operation in ONE else 2)))

    def condition(self, depth: int = 2) -> Tree:
        kind = self.among(("chain", "chain", "number", "not", "and", "or"))
        if kind == "number":
            return self.pick()
        if depth == 0 or kind == "chain":
            signs = tuple(self.among([*COMPARE]) for _ in range(self.integer(1, 3)))
            return ("chain", signs, tuple(self.pick() for _ in range(len(signs) + 1)))
        if kind == "not":
            return (kind, (self.condition(depth - 1),))
        left = self.condition(depth - 1)
        if self.holds(left) == (kind == "or") and self.perhaps():  # the left side decides
            return (kind, (left, ("chain", ("<",), (self.wild(), self.pick()))))
        return (kind, (left, self.condition(depth - 1)))

    def holds(self, condition: Tree) -> bool:
        return Meaning(self.program, steady=True).holds(condition)

    def choice(self) -> Tree:
        condition = self.condition()
        taken, other = self.pick(), self.wild() if self.perhaps() else self.pick()
        return ("where", (condition, taken, other) if self.holds(condition) else (condition, other, taken))

    def call(self) -> Tree:
        """A call of a function that was made out of an expression, or of an older one."""
        functions = self.program.functions
        if functions and self.perhaps():
            name = self.among([*functions])
            return ("user", name, tuple(self.pick() for _ in functions[name][0]))
        tree = self.pick()
        arguments = [*leaves(tree)][:3]
        # A parameter may hide a name of the program where the body does not need that.
        names = [name for name in ("p", "x", "q", "b", "r") if ("name", name) not in leaves(tree)]
        parameters = tuple(names[: len(arguments)])
        new = {leaf: ("name", name) for leaf, name in zip(arguments, parameters, strict=True)}
        name = f"f{len(functions)}"
        functions[name] = (parameters, replaced(tree, new))
        return ("user", name, tuple(arguments))

    def next(self) -> Tree:
        kind = self.among(("one", "one", "two", "two", "two", "many", "where", "call", "truth"))
        if kind == "one":
            return (self.function(ONE), (self.pick(),))
        if kind == "two":
            return (self.function(TWO), (self.pick(), self.pick()))
        if kind == "where":
            return self.choice()
        if kind == "call":
            return self.call()
        if kind == "truth":
            condition = self.condition()
            return condition if self.perhaps() else ("mul", (condition, self.pick()))
        operation = self.among((*MANY, "clamp", *OF_ORDER))
        if operation in OF_ORDER:
            return (operation, (("number", self.among("0123")), ("exp", (self.pick(),))))
        count = 3 if operation == "clamp" else self.integer(1, 4)
        return (operation, tuple(self.pick() for _ in range(count)))

    def step(self) -> None:
        """One more expression, if it has a value; sometimes it is given a name."""
        try:
            tree = self.next()
            Meaning(self.program, steady=True).value(tree)
        except Unsteady:
            return
        if size(tree) > 12 or self.integer(0, 2) == 0:
            name = f"u{len(self.program.definitions)}"
            self.program.definitions[name] = tree
            tree = ("name", name)
        self.trees.append(tree)


def grown(integer: Callable[[int, int], int], most: int) -> Program:
    """A program with a point at which all its definitions have a value, and a slope."""
    grower = Grower(integer)
    with mp.workprec(200):
        for _ in range(integer(2, most)):
            grower.step()
    # The last expressions come together in J, so that most of the program matters to it.
    program, total = grower.program, grower.trees[-1]
    for tree in grower.trees[-4:-1]:
        total = ("add", (total, tree))
    program.definitions["J"] = total
    mentioned = program.mentioned()
    program.inputs = {name: x for name, x in program.inputs.items() if name in mentioned}
    program.text = Writer(integer(0, 2**16)).program(program)
    return program


@st.composite
def small_programs(draw: Callable[[st.SearchStrategy[Any]], Any], most: int = 12) -> Program:
    """Programs whose every part Hypothesis draws, and makes smaller when they fail."""
    return grown(lambda least, last: int(draw(st.integers(least, last))), most)


def even_programs(most: int = 24) -> st.SearchStrategy[Program]:
    """Programs in which all functions are equally likely: Hypothesis draws only a seed."""
    return st.integers(0, 2**64).map(lambda seed: grown(random.Random(seed).randint, most))
