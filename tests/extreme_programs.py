"""Random programs at extreme arguments, and smaller ones that fail in the same way.

A program is grown together with its values: an operation that is undefined at the point, at a
kink, or not a normal number of binary64 there is not added. Arguments are moved to where functions
are delicate: the far ends, the neighbourhood of 0, of the ends of a domain, of kinks and of
removable points.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from oracle import UNARY, Program, Run, Tree, Unsteady, known, mp

from graphdiff import rules
from graphdiff.rules import CALLABLE

# Where a function is delicate, besides 0 and its far ends.
DELICATE: dict[str, tuple[float, ...]] = {
    "asin": (1, -1), "acos": (1, -1), "atanh": (1, -1), "acosh": (1,), "log": (1,), "log2": (1,),
    "log10": (1,), "log1p": (-1, 1), "logit": (0.5, 1), "abs": (0,), "lgamma": (1, 2, -1, -2.5),
    "gamma": (1, 2, 1.4616321449683623, -1, -2.5, 170), "digamma": (1.4616321449683623, -1, -2.5, 1),
    "floor": (1, -2), "ceil": (1, -2), "round": (0.5, -1.5), "trunc": (1, -2), "tan": (1.5707963267948966,),
    "sec": (1.5707963267948966,), "csc": (3.141592653589793,), "cot": (3.141592653589793, 1.5707963267948966),
    "sinc": (1, 2.5), "exprel": (1, -1), "bernoulli": (40, -1), "exp": (-700, 700), "exp2": (-1000, 1000),
    "expm1": (-40, 700),
    "sinh": (700, -700), "cosh": (700, -700), "tanh": (20, -20, 350), "sech": (700, -350),
    "csch": (700, -350), "coth": (20, -350), "sigmoid": (40, -40, 700, -700), "softplus": (40, -40, -700),
    "erf": (5, -6, 26), "erfc": (5, -6, 26), "asinh": (1, 0.7), "atan": (1, -1),
}  # fmt: skip
ONE = sorted(name for name in CALLABLE if known(name, 1) and name in UNARY and name != "ln")
MANY = ("min", "max", "hypot", "logsumexp")
TWO: list[str] = [name for name in ("atan2", "mod", "xlogy", "pow") if name in CALLABLE]
if ("log", 2) in getattr(rules, "OVERLOADS", {}):
    TWO.append("log")
OPERATORS = ("add", "add", "sub", "mul", "mul", "mul", "div", "div", "div")
WHOLE = ("2", "3", "-1", "-2", "4", "5", "-3", "0.5", "1.5", "-0.5")


def number(x: float) -> Tree:
    return Tree(repr(x))


def anywhere(choose: random.Random) -> float:
    """A number of any size: extreme, small, plain, whole."""
    sign = choose.choice((1, 1, -1))
    kind = choose.random()
    if kind < 0.2:
        return sign * float(10 ** choose.uniform(-300, 300))
    if kind < 0.4:
        return sign * float(10 ** choose.uniform(-25, 0))
    if kind < 0.55:
        return sign * float(10 ** choose.uniform(0, 25))
    if kind < 0.7:
        return float(choose.randint(-10, 10) or 1)
    return sign * choose.uniform(0, 4)


def delicate(name: str, choose: random.Random) -> float:
    """An argument where this function is delicate."""
    points = DELICATE.get(name, ())
    if not points or choose.random() < 0.35:
        return anywhere(choose)
    point = choose.choice(points)
    if abs(point) >= 20:
        return point * choose.uniform(0.2, 1.05)
    return point + choose.choice((-1, 1)) * float(10 ** choose.uniform(-14, -0.5))


class Grower:
    """A program on its way, all of whose definitions have a value."""

    def __init__(self, seed: str) -> None:
        self.choose = random.Random(seed)
        names = ["x", "y", "z"][: self.choose.choice((1, 1, 2, 2, 3))]
        self.program = Program({name: anywhere(self.choose) for name in names}, {})
        self.values = dict(self.program.inputs)
        self.unused = [*names]

    def name(self) -> Tree:
        """An input or a definition, rather one that nothing uses yet."""
        names = self.unused if self.unused and self.choose.random() < 0.7 else [*self.values]
        return Tree(self.choose.choice(names))

    def moved(self, to: Callable[[], float]) -> Tree:
        """A name, as it is, or scaled or shifted to another place."""
        tree = self.name()
        value, target, kind = self.values[tree.head], to(), self.choose.random()
        if kind < 0.4 or not value:
            return tree
        if kind < 0.75:
            return Tree("mul", (tree, number(target / value)))
        if kind < 0.85:
            return Tree("div", (tree, number(value / target)))
        return Tree("add", (tree, number(target - value)))

    def tree(self) -> Tree:
        choose, kind = self.choose, self.choose.random()
        if kind < 0.42:
            name = choose.choice(ONE)
            return Tree(name, (self.moved(lambda: delicate(name, choose)),))
        if kind < 0.72:
            return Tree(choose.choice(OPERATORS), (self.near(), self.near()))
        if kind < 0.80:
            return Tree("pow", (self.near(), Tree(choose.choice(WHOLE))))
        if kind < 0.88:
            return Tree(choose.choice(TWO), (self.near(), self.near()))
        if kind < 0.95:
            return Tree(choose.choice(MANY), tuple(self.near() for _ in range(choose.choice((2, 2, 3)))))
        if kind < 0.97:
            return Tree(
                "polygamma", (Tree(choose.choice("0123")), self.moved(lambda: delicate("gamma", choose)))
            )
        if kind < 0.98:
            return Tree("clamp", (self.near(), number(-abs(anywhere(choose))), number(abs(anywhere(choose)))))
        return Tree("where", (self.condition(), self.near(), self.near()))

    def condition(self) -> Tree:
        choose = self.choose
        kind = choose.choice(("lt", "gt", "le", "ge", "and", "or", "not"))
        if kind == "not":
            return Tree(kind, (self.condition(),))
        if kind in ("and", "or"):
            return Tree(kind, (self.condition(), self.condition()))
        return Tree(kind, (self.name(), self.near()))

    def near(self) -> Tree:
        """A name, or a neighbour of one, or a number."""
        kind = self.choose.random()
        if kind < 0.1:
            return number(anywhere(self.choose))
        if kind < 0.15 and known(name := self.choose.choice(ONE), 1):
            return Tree(name, (self.moved(lambda: delicate(name, self.choose)),))
        return self.moved(lambda: anywhere(self.choose)) if kind < 0.5 else self.name()

    def grow(self, most: int) -> Program | None:
        """A program of at most so many definitions, the last one J; None where nothing came up."""
        size = self.choose.randint(1, most)
        for _ in range(6 * size):
            if len(self.program.definitions) == size:
                break
            try:
                with mp.workdps(60):
                    self.add(f"u{len(self.program.definitions) + 1}", self.tree())
            except (Unsteady, OverflowError, ZeroDivisionError):
                continue
        definitions = {**self.program.definitions}
        if not definitions:
            return None
        last = next(reversed(definitions))
        definitions["J"] = definitions.pop(last)
        return cleaned(Program(self.program.inputs, definitions))

    def add(self, name: str, tree: Tree) -> None:
        found = Run(Program(self.values, {name: tree}), (), None, False, {})
        value = float(found.jets[name][0])
        if value == 0:
            return
        self.program.definitions[name] = tree
        self.values[name] = value
        used = names_in(tree)
        self.unused = [other for other in self.unused if other not in used] + [name]


def names_in(tree: Tree) -> set[str]:
    if not tree.parts:
        return set() if tree.is_number else {tree.head}
    return set().union(*map(names_in, tree.parts))


def cleaned(program: Program) -> Program | None:
    """The program without what J does not depend on."""
    needed, definitions = {"J"}, dict[str, Tree]()
    for name, tree in reversed(program.definitions.items()):
        if name in needed:
            definitions[name] = tree
            needed |= names_in(tree)
    inputs = {name: value for name, value in program.inputs.items() if name in needed}
    ordered = dict(reversed(definitions.items()))
    return Program(inputs, ordered) if inputs else None


def flattened(program: Program) -> Program:
    """The same program, with a name for every operation outside of conditions and branches."""
    definitions: dict[str, Tree] = {}

    def named(tree: Tree) -> Tree:
        if not tree.parts:
            return tree
        inner = opened(tree)
        name = f"t{len(definitions)}"
        definitions[name] = inner
        return Tree(name)

    def opened(tree: Tree) -> Tree:
        return tree if tree.head == "where" else Tree(tree.head, tuple(named(part) for part in tree.parts))

    for name, tree in program.definitions.items():
        definitions[name] = opened(tree)
    return Program(program.inputs, definitions)


def drawn(seed: str, most: int = 12) -> Program | None:
    return Grower(seed).grow(most)


def smaller(program: Program) -> Iterator[Program]:
    """Programs with one thing less, the most thorough first; some of them may have no value."""
    with mp.workdps(60):
        try:
            values = {name: float(jet[0]) for name, jet in Run(program, (), None, False, {}).jets.items()}
        except Unsteady:
            return
    for name in [*program.definitions][:-1]:  # a definition becomes an input
        rest = {other: tree for other, tree in program.definitions.items() if other != name}
        yield Program({**program.inputs, name: values[name]}, rest)
        inlined = {
            other: _replaced(tree, Tree(name), program.definitions[name]) for other, tree in rest.items()
        }
        if sum(map(_size, inlined.values())) < sum(map(_size, program.definitions.values())) + 2:
            yield Program(program.inputs, inlined)
    if len(program.definitions) > 1:  # J is another definition
        rest = dict(program.definitions)
        rest.pop("J")
        last = next(reversed(rest))
        rest["J"] = rest.pop(last)
        yield Program(program.inputs, rest)
    for name, tree in program.definitions.items():
        for place in _subtrees(tree):
            others = [*place.parts]
            if place.parts:
                fresh = next(n for n in "abcdefgh" if n not in values)
                if (value := _value(place, values)) is not None:
                    others.append(number(value))
                    yield Program({**program.inputs, fresh: value}, _with(program, name, place, Tree(fresh)))
            elif not place.is_number:
                others.append(number(values[place.head]))
            else:
                others += [number(float(f"{float(place.head):.0e}")), Tree("1"), Tree("2")]
            for other in others:
                if other != place and (
                    place.parts or not place.is_number or len(other.head) < len(place.head)
                ):
                    yield Program(program.inputs, _with(program, name, place, other))
    for name, value in program.inputs.items():
        for plain in (1.0, 2.0, 0.5, float(f"1e{int(mp.floor(mp.log10(abs(value))))}") if value else 1.0,
                      float(f"{value:.0e}"), float(f"{value:.2e}")):  # fmt: skip
            if len(repr(plain)) < len(repr(value)):
                yield Program({**program.inputs, name: plain}, program.definitions)


def _value(tree: Tree, values: dict[str, float]) -> float | None:
    try:
        with mp.workdps(60):
            return float(Run(Program(values, {"found": tree}), (), None, False, {}).jets["found"][0])
    except Unsteady:
        return None


def _with(program: Program, name: str, place: Tree, other: Tree) -> dict[str, Tree]:
    return {**program.definitions, name: _replaced(program.definitions[name], place, other)}


def _size(tree: Tree) -> int:
    return 1 + sum(map(_size, tree.parts))


def _subtrees(tree: Tree) -> Iterator[Tree]:
    yield tree
    for part in tree.parts:
        yield from _subtrees(part)


def _replaced(tree: Tree, old: Tree, new: Tree) -> Tree:
    if tree == old:
        return new
    return Tree(tree.head, tuple(_replaced(part, old, new) for part in tree.parts))


def shrunk(program: Program, fails: Callable[[Program], bool], tries: int = 400) -> Program:
    """The smallest program found that still fails."""
    while True:
        for other in smaller(program):
            tries -= 1
            kept = cleaned(other)
            if tries < 0:
                return program
            if kept and kept != program and fails(kept):
                program = kept
                break
        else:
            return program


def heads(program: Program) -> set[str]:
    """The operations and functions that it uses."""
    return {place.head for tree in program.definitions.values() for place in _subtrees(tree) if place.parts}
