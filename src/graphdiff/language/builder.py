"""Statements to graph: definitions put in order, functions inlined, subexpressions shared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain, islice
from typing import NoReturn

from graphdiff.diagnostics import Diagnostic, GraphdiffError, Mark, Source, SyntaxProblem, did_you_mean
from graphdiff.gc_paused import gc_paused
from graphdiff.graph import Graph, Operation
from graphdiff.language.lexer import reader
from graphdiff.language.places import StatementPlaces, token_bases
from graphdiff.language.shapes import Statement
from graphdiff.rules import CALLABLE, CONSTANTS, COPY, TRUTH, WHERE, Rule

# Inlining functions can double a program with every definition. What the text itself
# says is not limited; the operations that function calls add to it are.
MOST_INLINED = 1_000_000
# The derivative operator, diff(f, x).
DIFF = "diff"
# What writes d(output)/d(target) into the graph under construction and returns its node, made
# from the texts of the leaves, the operations so far, and what adds one more operation.
Differentiator = Callable[[int, int], int]
MakesDifferentiator = Callable[[Sequence[str], list[Operation], Callable[[Operation], int]], Differentiator]
# How a first line begins that names the inputs.
DECLARES = "# inputs:"


@gc_paused
def build(source: Source, copies: bool = False, differentiator: MakesDifferentiator | None = None) -> Graph:
    """The graph of a program's text.

    With `copies`, a definition is a copy of what it computes: a derivative by it that is
    differentiated again is then never mistaken for one by what it is made of.
    `differentiator` makes what expands diff(f, x); without one the language has no diff.
    """
    return _Builder(source, list(reader().statements(source)), copies, differentiator).graph()


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
        self.source = source
        self.copies = copies
        self.differentiator = differentiator
        self.statements = statements
        self.bases = token_bases(statements)
        self.tokens: list[int] = []  # of each operation
        self.places = StatementPlaces(source, statements, self.tokens)
        self.definitions: dict[str, int] = {}  # name -> number of the statement
        self.functions: dict[str, int] = {}
        self.node_of: dict[str, int] = {}  # of names and literals that are in the graph
        self.operations: list[Operation] = []
        self.shared: dict[Operation, int] = {}
        self.results: dict[tuple[str, tuple[int, ...]], int] = {}  # of function calls
        self.rules: dict[tuple[str, int], Rule] = {}  # of built-in functions called so
        self.inlined = 0
        self.has_diff: set[int] = set()  # the functions that differentiate
        self.place = 0
        self.differentiate: Differentiator | None = None  # made when it is first needed

    def graph(self) -> Graph:
        if not self.statements:
            raise self.error("empty", "the program is empty", hint="write one like  J=3*v; v=a+u; u=b*c")
        self.sort_statements()
        called = self.called_functions()
        if not self.definitions:
            raise self.error(
                "empty", "the program defines functions only", hint="add a definition that calls one"
            )
        mentioned = self.mentioned(called)
        leaves = [text for text in mentioned if text not in self.definitions]
        undefined = [t for t in leaves if t[0] not in "0123456789." and t not in CONSTANTS]
        inputs = list(dict.fromkeys([*self.declared_inputs(), *undefined]))
        constants = [t for t in leaves if t[0] in "0123456789." or t in CONSTANTS]
        self.node_of.update((text, node) for node, text in enumerate(chain(inputs, constants)))
        self.first = len(self.node_of)
        for name, number in self.definitions.items():
            if name not in self.node_of:
                self.define(number)
        # What was added to node_of after the leaves are the definitions, in tape order.
        named = chain(
            islice(self.node_of.items(), len(inputs)), islice(self.node_of.items(), self.first, None)
        )
        outputs = [name for name in self.definitions if name not in mentioned]
        return Graph(inputs, constants, self.operations, dict(named), outputs, self.places)

    def declared_inputs(self) -> list[str]:
        """The inputs that a first line `# inputs: a, b` names: they come first, used or not."""
        line = self.source.text.partition("\n")[0]
        if not line.startswith(DECLARES):
            return []
        names = [name.strip() for name in line.removeprefix(DECLARES).split(",")]
        fit = all(n.isidentifier() and n not in self.definitions and n not in CONSTANTS for n in names)
        return names if fit else []  # else it is a comment like any other

    def sort_statements(self) -> None:
        """Which statement defines which name; each name once."""
        for number, statement in enumerate(self.statements):
            name, kind = statement.name, statement.shape.kind
            known = self.definitions.get(name, self.functions.get(name))
            if known is not None:
                self.defined_twice(name, known, number)
            (self.functions if kind == "function" else self.definitions)[name] = number
            if kind == "answer":
                self.refuse_comparison(number)
            elif kind == "function":
                self.refuse_double_parameters(statement)

    def refuse_double_parameters(self, statement: Statement) -> None:
        """Raise where a parameter appears twice: of one shape are f(x, y) and f(x, x)."""
        seen: set[str] = set()
        for operand in statement.shape.parameters:
            name = statement.operands[operand]
            if name in seen:
                place = self.bases[self.functions[statement.name]] + statement.shape.places[operand]
                hint = "give each parameter a name of its own"
                message, marks = f"parameter {name} appears twice", (self.places.of_token(place),)
                raise self.error("syntax", message, marks, hint, kind=SyntaxProblem)
            seen.add(name)

    def defined_twice(self, name: str, first: int, second: int) -> NoReturn:
        marks = (self.places.of_head(first, "first"), self.places.of_head(second, "again"))
        kinds = (self.statements[first].shape.kind, self.statements[second].shape.kind)
        if "answer" in kinds:
            nameless = kinds == ("answer", "answer")
            message = "two expressions without a name" if nameless else f"'{name}' is defined twice"
            raise self.error(
                "twice", message, marks, "an expression alone is named 'out'; name the other one"
            )
        raise self.error(
            "twice", f"'{name}' is defined twice", marks, "use another name for one of them", name
        )

    def refuse_comparison(self, number: int) -> None:
        """A name compared by == alone is more often a definition mistyped."""
        statement = self.statements[number]
        steps = statement.shape.steps
        if not steps or not isinstance(steps[-1][0], Rule) or steps[-1][0].name != "eq":
            return
        name, sign = self.places.tokens_of(number)[:2]
        if name.kind == "NAME" and steps[-1][2] == 1:
            raise self.error(
                "syntax",
                "a comparison is not a definition",
                (Mark(sign.start, sign.end, "compares, does not define"),),
                f"write {name.text} = ... to define, or out = (a == b) to compare",
                kind=SyntaxProblem,
            )

    def called_functions(self) -> list[int]:
        """The functions that definitions call, directly or not. Refuses what cannot be called."""
        if not self.functions:
            return []
        calls = {name: self.calls_of(number) for name, number in self.functions.items()}
        self.refuse_recursion(calls)
        pending = [c for number in self.definitions.values() for c in self.calls_of(number)]
        found: dict[str, None] = {}
        while pending:
            name = pending.pop()
            if name not in found:
                found[name] = None
                pending.extend(calls[name])
        return sorted(self.functions[name] for name in found)

    def calls_of(self, number: int) -> list[str]:
        """The program's own functions that a statement calls; all its calls are checked."""
        statement = self.statements[number]
        found = []
        for operation, slots, token in statement.shape.steps:
            if isinstance(operation, int):
                name = statement.operands[operation]
                if name in self.functions:
                    found.append(name)
                elif name == DIFF and len(slots) == 2:
                    self.has_diff.add(number)
                else:
                    self.builtin(name, len(slots), self.bases[number] + token)
        return found

    def refuse_recursion(self, calls: dict[str, list[str]]) -> None:
        done: set[str] = set()
        for start in calls:
            path: list[str] = []
            on_path: set[str] = set()
            pending: list[tuple[str, bool]] = [(start, False)]
            while pending:
                name, leaving = pending.pop()
                if leaving:
                    done.add(name)
                    on_path.discard(path.pop())
                elif name in on_path:
                    circle = [*path[path.index(name) :], name]
                    marks = tuple(self.places.of_head(self.functions[n]) for n in circle[:-1][:4])
                    what = " -> ".join(circle) if len(circle) < 12 else f"{name} -> ... -> {name}"
                    hint = "functions are inlined, so a function cannot reach itself"
                    raise self.error("recursion", f"recursion: {what}", marks, hint, name)
                elif name not in done:
                    path.append(name)
                    on_path.add(name)
                    pending.append((name, True))
                    pending.extend((callee, False) for callee in calls[name])

    def mentioned(self, called: list[int]) -> dict[str, None]:
        """The names and numbers that definitions read, by their first place in the text."""
        definitions = [self.statements[number] for number in self.definitions.values()]
        if not called:
            read = (s.shape.select_leaves(s.operands) for s in definitions)
            return dict.fromkeys(chain.from_iterable(read))
        found: dict[str, None] = {}
        for number in sorted([*self.definitions.values(), *called]):
            shape, operands, *_ = self.statements[number]
            parameters = {operands[k] for k in shape.parameters}
            found.update((t, None) for t in shape.select_leaves(operands) if t not in parameters)
        return found

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
                    needed = self.definitions[missing]
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
        """Fill the registers with the leaves; or the name of one that is not defined yet."""
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
        base = self.bases[frame.number]
        operations, tokens, shared, rules = self.operations, self.tokens, self.shared, self.rules
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
                if name in self.functions:
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
                    rules[name, count] = self.builtin(name, count, base + token)
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
        self.tokens.append(place)
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
        return (
            bool(steps)
            and not self.copies
            and (isinstance(steps[-1][0], Rule) or operands[steps[-1][0]] not in (*self.functions, DIFF))
        )

    def place_of_root(self, frame: _Frame) -> int:
        shape = frame.statement.shape
        token = shape.steps[-1][2] if shape.steps else shape.places[shape.leaves[0]]
        return self.bases[frame.number] + token

    def call(self, name: str, arguments: tuple[int, ...], place: int) -> _Frame:
        """The frame of a call of one of the program's functions; done already if it was made before."""
        number = self.functions[name]
        statement = self.statements[number]
        names = [statement.operands[k] for k in statement.shape.parameters]
        if len(names) != len(arguments):
            self.wrong_count(f"{name}({', '.join(names)})", len(names), len(arguments), place)
        frame = _Frame(number, statement)
        frame.call = (name, arguments)
        if frame.call in self.results:
            frame.registers = [self.results[frame.call]]
            return frame
        if number in self.has_diff:  # a parameter that it differentiates by is a variable of its own
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
        if not name or name[0] in "0123456789." or (name in CONSTANTS and name not in self.definitions):
            mark = (self.places.of_token(place),)
            hint = "to differentiate by an expression, give it a name"
            if name:
                hint = f"'{name}' does not change"
            raise self.error("diff", "diff(f, x) differentiates by a name", mark, hint)
        if self.differentiate is None:
            assert self.differentiator is not None
            leaf_texts = list(islice(self.node_of, self.first))
            self.differentiate = self.differentiator(leaf_texts, self.operations, self.sharing)
        self.place = place
        before = len(self.operations)
        output, target = arguments
        node = self.differentiate(output, target)
        self.limit(len(self.operations) - before, place, DIFF)
        return node

    def sharing(self, operation: Operation) -> int:
        """The node of an operation without a name, a new one where there is none."""
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
            raise self.error("expansion", message, (self.places.of_token(place),), hint, name)

    def builtin(self, name: str, count: int, place: int) -> Rule:
        """The rule of a function of the language, callable with `count` arguments."""
        rule = CALLABLE.get(name)
        if name == DIFF:
            hint = "for a second derivative write diff(diff(f, x), x)" if count == 3 else ""
            self.wrong_count("diff(f, x)", 2, count, place, hint)
        if rule is None:
            hint = did_you_mean(name, [*CALLABLE, *self.functions, DIFF])
            if name in self.definitions or name in self.node_of:
                hint = f"'{name}' is no function; write {name}*(...) to multiply"
            message = f"unknown function '{name}'"
            hint = hint or "'graphdiff functions' lists the functions"
            raise self.error("function", message, (self.places.of_token(place),), hint, name)
        if not rule.accepts(count):
            self.wrong_count(rule.signature, len(rule.parameters), count, place)
        return rule

    def wrong_count(self, signature: str, expected: int, count: int, place: int, hint: str = "") -> NoReturn:
        given = f"{count} argument{'s' if count != 1 else ''}"
        message = f"{signature} takes {expected}{' or more' if '...' in signature else ''}, not {given}"
        raise self.error("arguments", message, (self.places.of_token(place),), hint or f"write {signature}")

    def refuse_circle(self, frames: list[_Frame]) -> NoReturn:
        """Raise for definitions, and functions on the way between them, that need each other."""
        names = [frame.statement.name for frame in frames]
        circle = [*names, names[0]]
        what = (
            " -> ".join(circle) if len(circle) <= 20 else f"{' -> '.join(circle[:10])} -> ... -> {names[0]}"
        )
        marks = tuple(self.places.of_head(frame.number) for frame in frames[:4])
        hint = f"'{names[0]}' needs its own value; one of these definitions must use something else"
        raise self.error("circle", f"the definitions go in a circle: {what}", marks, hint, names[0])

    def error(
        self, code: str, message: str, marks: tuple[Mark, ...] = (), hint: str = "", node: str = "",
        kind: type[GraphdiffError] = GraphdiffError,
    ) -> GraphdiffError:  # fmt: skip
        return kind(Diagnostic(code, message, marks, hint, node, self.source))
