"""The meaning of a program's names: definitions, functions and inputs, and conflicts between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import NoReturn

from graphdiff.diagnostics import Diagnostic, GraphdiffError, Mark, Source, SyntaxProblem, did_you_mean
from graphdiff.language.mistakes import CONTINUED, spelled_elsewhere
from graphdiff.language.places import StatementPlaces, token_bases
from graphdiff.language.shapes import Statement
from graphdiff.rules import CALLABLE, CONSTANTS, OVERLOADS, Rule

# The derivative operator, diff(f, x).
DIFF = "diff"
# How a first line begins that names the inputs: the old way to declare them.
DECLARES = "# inputs:"


class Scope:
    """The names of a program. Raises GraphdiffError for those that contradict one another.

    definitions, functions, declared: for each name the number of its statement. inputs: in the
    order in which they are declared or read. constants: the texts of the numbers and built-in constants
    that are read. outputs: the definitions that no other definition uses. differentiates:
    the functions, by the numbers of their statements, that call diff.
    """

    def __init__(self, source: Source, statements: Sequence[Statement]) -> None:
        self.source = source
        self.statements = statements
        self.bases = token_bases(statements)
        self.tokens: list[int] = []  # of each operation of the graph, as it is built
        self.places = StatementPlaces(source, statements, self.tokens)
        self.definitions: dict[str, int] = {}
        self.functions: dict[str, int] = {}
        self.declared: dict[str, int] = {}
        self.differentiates: set[int] = set()
        self.inputs: list[str] = []
        if not statements:
            raise self.error("empty", "the program is empty", hint="write one like  J=3*v; v=a+u; u=b*c")
        self.sort_statements()
        called = self.called_functions()
        if not self.definitions:
            what, hint = "functions only", "add a definition that calls one"
            if self.declared:
                what, hint = "nothing that can be computed", "add a definition, such as  y = 2*x"
            raise self.error("empty", f"the program defines {what}", hint=hint)
        read = self.names_read(called)
        leaves = [text for text in read if text not in self.definitions]
        undefined = [text for text in leaves if not is_constant(text)]
        self.inputs = list(dict.fromkeys([*self.declared, *self.inputs_of_first_line(), *undefined]))
        self.constants = [text for text in leaves if is_constant(text)]
        self.outputs = [name for name in self.definitions if name not in read]

    def inputs_of_first_line(self) -> list[str]:
        """The inputs that a first line `# inputs: a, b` names: they are there, used or not."""
        line = self.source.text.partition("\n")[0]
        if not line.startswith(DECLARES):
            return []
        names = [name.strip() for name in line.removeprefix(DECLARES).split(",")]
        fit = all(n.isidentifier() and n not in self.definitions and n not in CONSTANTS for n in names)
        return names if fit else []  # else it is a comment like any other

    def sort_statements(self) -> None:
        """Which statement defines or declares which name; each name once."""
        tables = {"function": self.functions, "declaration": self.declared}
        for number, statement in enumerate(self.statements):
            name, kind = statement.name, statement.shape.kind
            known = self.definitions.get(name, self.functions.get(name, self.declared.get(name)))
            if known is not None:
                self.defined_twice(name, known, number)
            tables.get(kind, self.definitions)[name] = number
            if kind == "declaration":
                self.refuse_constant(name, number)
            elif kind == "answer":
                if statement.operands == ["input"] and not statement.shape.steps:
                    hint = "write  input x  to declare one, out = input  for the value of that name"
                    mark = self.places.of_head(number, "expected a name after it")
                    raise self.error("syntax", "an input without a name", (mark,), hint, kind=SyntaxProblem)
                self.refuse_comparison(number)
                if number:
                    self.refuse_signed_line(number)
            elif kind == "function":
                self.refuse_double_parameters(statement)

    def refuse_constant(self, name: str, number: int) -> None:
        """Raise for a declared input with the name of a built-in constant."""
        if name in CONSTANTS:
            mark, hint = self.places.of_head(number), f"use another name, or define it:  {name} = ..."
            message = f"'{name}' is a constant, so an input cannot be called so"
            raise self.error("declaration", message, (mark,), hint, name, SyntaxProblem)

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
        message, hint = f"'{name}' is defined twice", "use another name for one of them"
        if "declaration" in kinds:
            message, hint = f"'{name}' is an input and is defined, too", "take one of the two away"
        if kinds == ("declaration", "declaration"):
            message, hint = f"input '{name}' is declared twice", "take one of the two away"
        raise self.error("twice", message, marks, hint, name)

    def refuse_comparison(self, number: int) -> None:
        """A name compared by == alone, or by <-, is more often a definition mistyped."""
        steps = self.statements[number].shape.steps
        if not steps or not isinstance(steps[-1][0], Rule) or steps[-1][0].name not in ("eq", "lt"):
            return
        name, sign, after = self.places.tokens_of(number)[:3]
        is_arrow = sign.text == "<" and after.text == "-" and sign.end == after.start
        if name.kind == "NAME" and steps[-1][2] == 1 and (is_arrow or sign.text == "=="):
            compared = "a < -b" if is_arrow else "a == b"
            raise self.error(
                "syntax",
                "a comparison is not a definition",
                (Mark(sign.start, after.end if is_arrow else sign.end, "compares, does not define"),),
                f"write {name.text} = ... to define, or out = ({compared}) to compare",
                kind=SyntaxProblem,
            )

    def refuse_signed_line(self, number: int) -> None:
        """A line that begins with a sign would be a new expression, not the rest of the line before."""
        statement = self.statements[number]
        sign = self.places.tokens_of(number)[0]
        before = self.source.text[self.statements[number - 1].end : statement.start]
        if sign.text in ("+", "-") and ";" not in before:
            mark = Mark(sign.start, sign.end, "continues the line before?")
            hint = f"{CONTINUED}; an expression of its own needs a name"
            message = f"a line begins with '{sign.text}'"
            raise self.error("syntax", message, (mark,), hint, kind=SyntaxProblem)

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
                    self.differentiates.add(number)
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

    def names_read(self, called: list[int]) -> dict[str, None]:
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

    def builtin(self, name: str, count: int, place: int) -> Rule:
        """The rule of a function of the language, callable with `count` arguments."""
        rule = CALLABLE.get(name)
        if name == DIFF:
            hint = "for a second derivative write diff(diff(f, x), x)" if count == 3 else ""
            self.wrong_count("diff(f, x)", 2, count, place, hint)
        if rule is None:
            self.refuse_function(name, place)
        rule = OVERLOADS.get((rule.name, count), rule)
        if not rule.accepts(count):
            self.wrong_count(rule.signature, len(rule.parameters), count, place)
        return rule

    def refuse_function(self, name: str, place: int) -> NoReturn:
        """Raise for a function that is unknown."""
        from graphdiff.language.elsewhere import ADVICE, FUNCTIONS  # needed only where something is wrong

        mark = self.places.of_token(place)
        if misspelled := spelled_elsewhere(self.source, mark.start):
            raise GraphdiffError(misspelled._replace(code="function", node=name))
        hint = did_you_mean(name, [*CALLABLE, *self.functions, DIFF])
        if name in self.definitions or name in self.inputs or name in CONSTANTS:
            hint = f"'{name}' is not a function; write {name}*(...) to multiply"
        elif name.lower() in FUNCTIONS:
            hint = f"write {FUNCTIONS[name.lower()]}"
        hint = ADVICE.get(name.lower(), hint) or "'graphdiff functions' lists the functions"
        raise self.error("function", f"unknown function '{name}'", (mark,), hint, name)

    def wrong_count(self, signature: str, expected: int, count: int, place: int, hint: str = "") -> NoReturn:
        from graphdiff.language.elsewhere import COUNTS  # needed only where something is wrong

        given = f"{count} argument{'s' if count != 1 else ''}"
        message = f"{signature} takes {expected}{' or more' if '...' in signature else ''}, not {given}"
        hint = hint or f"write {COUNTS.get((signature.partition('(')[0], count), signature)}"
        raise self.error("arguments", message, (self.places.of_token(place),), hint)

    def error(
        self, code: str, message: str, marks: tuple[Mark, ...] = (), hint: str = "", node: str = "",
        kind: type[GraphdiffError] = GraphdiffError,
    ) -> GraphdiffError:  # fmt: skip
        return kind(Diagnostic(code, message, marks, hint, node, self.source))


def is_constant(text: str) -> bool:
    """Whether a leaf is a number or the name of a built-in constant, if no definition has that name."""
    return text[0] in "0123456789." or text in CONSTANTS
