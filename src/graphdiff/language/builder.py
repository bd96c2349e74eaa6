"""Statements to graph: definitions put in order, functions inlined, subexpressions shared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain, islice
from typing import NoReturn

from graphdiff.diagnostics import Source
from graphdiff.gc_paused import gc_paused
from graphdiff.graph import Declaration, Graph, Operation
from graphdiff.language.declarations import Constant, declarations
from graphdiff.language.lexer import reader
from graphdiff.language.scope import DIFF, Scope, is_constant
from graphdiff.language.shapes import Statement
from graphdiff.rules import COPY, TRUTH, WHERE, Rule

# Inlining functions can double a program with every definition. What the text itself
# says is not limited; the operations that function calls add to it are.
MOST_INLINED = 1_000_000
# What writes d(output)/d(target) into the graph under construction and returns its node, made
# from the texts of the leaves, the operations so far, and what adds one more operation.
Differentiator = Callable[[int, int], int]
MakesDifferentiator = Callable[[Sequence[str], list[Operation], Callable[[Operation], int]], Differentiator]


@gc_paused
def build(
    source: Source, copies: bool = False, differentiator: MakesDifferentiator | None = None,
    constant: Constant = float,
) -> Graph:  # fmt: skip
    """The graph of a program's text.

    With `copies`, a definition is a copy of what it computes: a derivative by it that is
    differentiated again is then never mistaken for one by what it is made of.
    `differentiator` makes what expands diff(f, x); without one the language has no diff.
    `constant` computes the defaults and the ranges of declared inputs.
    """
    builder = _Builder(source, list(reader().statements(source)), copies, differentiator)
    return builder.graph(declarations(builder.scope, constant))


class _Frame:
    """A definition or a function call on its way into the graph."""

    __slots__ = ("bound", "call", "number", "registers", "statement", "step")

    def __init__(self, number: int, statement: Statement) -> None:
        self.number = number  # of the statement
        self.statement = statement
        self.registers: list[int] | None = None  # None until all leaves are known
        self.step = 0
        self.bound: dict[str, int] | None = None  # of a function, its parameters' nodes
        self.call: tuple[str, tuple[int, ...]] | None = None


class _Builder:
    def __init__(
        self, source: Source, statements: list[Statement], copies: bool,
        differentiator: MakesDifferentiator | None,
    ) -> None:  # fmt: skip
        self.scope = Scope(source, statements)
        self.copies = copies
        self.differentiator = differentiator
        self.statements = statements
        leaves = [*self.scope.inputs, *self.scope.constants]
        self.first = len(leaves)
        self.node_of = {text: node for node, text in enumerate(leaves)}  # of names and numbers in the graph
        self.operations: list[Operation] = []
        self.shared: dict[Operation, int] = {}
        self.results: dict[tuple[str, tuple[int, ...]], int] = {}  # of function calls
        self.rules: dict[tuple[str, int], Rule] = {}  # of built-in functions called so
        self.inlined = 0
        self.place = 0
        self.differentiate: Differentiator | None = None  # made when it is first needed
        self.derived: list[range] = []  # the operations that it wrote

    def graph(self, declared: Mapping[str, Declaration]) -> Graph:
        scope = self.scope
        for name, number in scope.definitions.items():
            if name not in self.node_of:
                self.define(number)
        # What was added to node_of after the leaves are the definitions, in topological order.
        inputs = islice(self.node_of.items(), len(scope.inputs))
        definitions = islice(self.node_of.items(), self.first, None)
        names = dict(chain(inputs, definitions))
        derived = frozenset(chain.from_iterable(self.derived))
        return Graph(
            scope.inputs,
            scope.constants,
            self.operations,
            names,
            scope.outputs,
            scope.places,
            declared,
            derived,
        )

    def define(self, number: int) -> None:
        """Bring one definition into the graph, and before it all that it needs."""
        stack = [_Frame(number, self.statements[number])]
        building = {stack[0].statement.name: 0}  # definitions on the stack, and where
        while stack:
            frame = stack[-1]
            if frame.registers is None:
                missing = self.load(frame)
                if missing is not None:
                    if missing in building:
                        self.refuse_circle(stack[building[missing] :])
                    building[missing] = len(stack)
                    needed = self.scope.definitions[missing]
                    stack.append(_Frame(needed, self.statements[needed]))
                    continue
            callee = self.advance(frame)
            if callee is not None:
                stack.append(callee)
                continue
            stack.pop()
            registers = frame.registers
            assert registers is not None
            result = registers[frame.statement.shape.root]
            if frame.call is None:
                name = frame.statement.name
                if not self.owns_root(frame):
                    result = self.add((COPY, (result,)), self.place_of_root(frame))
                self.node_of[name] = result
                del building[name]
            else:
                self.results[frame.call] = result
                caller = stack[-1].registers
                assert caller is not None
                caller.append(result)

    def load(self, frame: _Frame) -> str | None:
        """Fill the registers with the leaves, or return the name of a leaf that is not defined yet."""
        statement = frame.statement
        leaves = statement.shape.select_leaves(statement.operands)
        if frame.bound is not None:
            bound = frame.bound
            texts = [t for t in leaves if t not in bound and t not in self.node_of]
            if texts:
                return texts[0]
            frame.registers = [bound[t] if t in bound else self.node_of[t] for t in leaves]
            return None
        try:
            frame.registers = list(map(self.node_of.__getitem__, leaves))
        except KeyError as error:
            missing: str = error.args[0]
            return missing
        return None

    def advance(self, frame: _Frame) -> _Frame | None:
        """Take a frame's steps up to its end, or up to a call of a function that has to be inlined."""
        statement, registers = frame.statement, frame.registers
        assert registers is not None
        steps = statement.shape.steps
        base = self.scope.bases[frame.number]
        operations, tokens, shared, rules = self.operations, self.scope.tokens, self.shared, self.rules
        first = self.first
        # A definition's root has a node of its own, or is copied into one.
        own = len(steps) - 1 if frame.call is None and not self.copies else -1
        for k in range(frame.step, len(steps)):
            rule, slots, token = steps[k]
            if len(slots) == 2:
                a, b = slots
                arguments: tuple[int, ...] = (registers[a], registers[b])
            else:
                arguments = tuple([registers[slot] for slot in slots])
            if rule.__class__ is int:
                name, count = statement.operands[rule], len(slots)
                if name in self.scope.functions:
                    callee = self.call(name, arguments, base + token)
                    if callee.registers is not None:  # the same call was inlined before
                        registers.append(callee.registers[0])
                        continue
                    frame.step = k + 1
                    return callee
                if name == DIFF and count == 2:
                    registers.append(self.derivative(frame, slots, arguments, base + token))
                    continue
                if (name, count) not in rules:
                    rules[name, count] = self.scope.builtin(name, count, base + token)
                rule = rules[name, count]
                if rule is WHERE:
                    arguments = (self.condition(arguments[0], base + token), *arguments[1:])
            operation: Operation = (rule, arguments)  # type: ignore[assignment]
            new = first + len(operations)
            node = new if k == own else shared.setdefault(operation, new)
            if node is new:
                operations.append(operation)
                tokens.append(base + token)
            registers.append(node)
        return None

    def add(self, operation: Operation, place: int) -> int:
        self.operations.append(operation)
        self.scope.tokens.append(place)
        return self.first + len(self.operations) - 1

    def condition(self, node: int, place: int) -> int:
        """A node that is 1 or 0: the same one, or whether it is not 0."""
        if node >= self.first and self.operations[node - self.first][0].truth:
            return node
        operation: Operation = (TRUTH, (node,))
        if operation not in self.shared:
            self.shared[operation] = self.add(operation, place)
        return self.shared[operation]

    def owns_root(self, frame: _Frame) -> bool:
        """Whether the last step made a node for this definition alone."""
        steps, operands = frame.statement.shape.steps, frame.statement.operands
        if not steps or self.copies:
            return False
        operation = steps[-1][0]
        return isinstance(operation, Rule) or operands[operation] not in self.scope.functions

    def place_of_root(self, frame: _Frame) -> int:
        shape = frame.statement.shape
        token = shape.steps[-1][2] if shape.steps else shape.places[shape.leaves[0]]
        return self.scope.bases[frame.number] + token

    def call(self, name: str, arguments: tuple[int, ...], place: int) -> _Frame:
        """The frame of a call of one of the program's functions; done already if it was made before."""
        number = self.scope.functions[name]
        statement = self.statements[number]
        names = [statement.operands[k] for k in statement.shape.parameters]
        if len(names) != len(arguments):
            self.scope.wrong_count(f"{name}({', '.join(names)})", len(names), len(arguments), place)
        frame = _Frame(number, statement)
        frame.call = (name, arguments)
        if frame.call in self.results:
            frame.registers = [self.results[frame.call]]
            return frame
        if (
            number in self.scope.differentiates
        ):  # a parameter that it differentiates by is a variable of its own
            arguments = tuple(self.add((COPY, (argument,)), place) for argument in arguments)
        frame.bound = dict(zip(names, arguments, strict=True))
        self.limit(len(statement.shape.steps), place, name)
        return frame

    def derivative(
        self, frame: _Frame, slots: tuple[int, ...], arguments: tuple[int, ...], place: int
    ) -> int:
        """The node of `diff(f, x)`: x is a name; f is any expression."""
        statement, leaves = frame.statement, frame.statement.shape.leaves
        name = statement.operands[leaves[slots[1]]] if slots[1] < len(leaves) else ""
        if name not in self.node_of and name not in (frame.bound or {}):
            name = ""
        if not name or (is_constant(name) and name not in self.scope.definitions):
            mark = (self.scope.places.of_token(place),)
            hint = "to differentiate by an expression, give it a name"
            if name:
                hint = f"'{name}' does not change"
            raise self.scope.error("diff", "diff(f, x) differentiates by a name", mark, hint)
        if self.differentiate is None:
            assert self.differentiator is not None
            leaf_texts = list(islice(self.node_of, self.first))
            self.differentiate = self.differentiator(leaf_texts, self.operations, self.sharing)
        self.place = place
        before = len(self.operations)
        output, target = arguments
        node = self.differentiate(output, target)
        self.derived.append(range(before, len(self.operations)))
        self.limit(len(self.operations) - before, place, DIFF)
        return node

    def sharing(self, operation: Operation) -> int:
        """The unnamed node of an operation; made if it does not exist yet."""
        node = self.shared.get(operation)
        if node is None:
            node = self.shared[operation] = self.add(operation, self.place)
        return node

    def limit(self, count: int, place: int, name: str) -> None:
        """Count operations that the text does not spell out; refuse too many of them."""
        self.inlined += count
        if self.inlined > MOST_INLINED:
            message = f"inlining functions makes more than {MOST_INLINED:,} operations"
            hint = "a function that calls another twice doubles it; give a name to what repeats"
            if name == DIFF:
                message = f"the derivatives inside the program make more than {MOST_INLINED:,} operations"
                hint = "each diff is a sweep of its own; 'graphdiff derive' makes all derivatives in one"
            raise self.scope.error("expansion", message, (self.scope.places.of_token(place),), hint, name)

    def refuse_circle(self, frames: list[_Frame]) -> NoReturn:
        """Raise for definitions, and functions on the way between them, that need each other."""
        names = [frame.statement.name for frame in frames]
        circle = [*names, names[0]]
        what = (
            " -> ".join(circle) if len(circle) <= 20 else f"{' -> '.join(circle[:10])} -> ... -> {names[0]}"
        )
        marks = tuple(self.scope.places.of_head(frame.number) for frame in frames[:4])
        hint = f"'{names[0]}' needs its own value; one of these definitions must use something else"
        raise self.scope.error("circle", f"the definitions go in a circle: {what}", marks, hint, names[0])
