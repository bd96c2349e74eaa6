"""The LALR automaton: the tokens of one statement to its shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NoReturn

from graphdiff.diagnostics import Diagnostic, Mark, Source, SyntaxProblem
from graphdiff.language.mistakes import Stuck, explained
from graphdiff.language.shapes import NAMES, Part, Shape, Step, Token
from graphdiff.language.tables import Tables
from graphdiff.rules import AND, BY_NAME, COMPARISONS, TRUTH, Rule


class Automaton:
    """The LALR automaton run over one statement, making its shape.

    Values on the stack are registers (a step's is ~its number until all leaves are
    known), lists of them, or what an action returned for the next one to use.
    """

    def __init__(self, tables: Tables, source: Source, tokens: list[Token]) -> None:
        self.tables = tables
        self.source = source
        self.tokens = tokens
        self.operands = 0  # names and numbers so far
        self.places: list[int] = []
        self.leaves: list[int] = []
        self.steps: list[Step] = []
        self.extents: list[tuple[int, int]] = []
        self.kind = ""
        self.name = -1
        self.parameters: list[int] = []
        self.parts: list[Part] = []

    def run(self) -> Shape:
        states, rules = self.tables.states, self.tables.rules
        stack = [self.tables.start]
        values: list[Any] = []
        firsts: list[int] = []  # the token with which each value begins
        for place, token in enumerate([*self.tokens, Token("$END", "", 0, 0)]):
            while True:
                action = states[stack[-1]].get(token.kind)
                if action is None:
                    stuck = Stuck(self.tables, self.source, self.tokens, place, states[stack[-1]])
                    raise SyntaxProblem(explained(stuck))
                if action >= 0:
                    stack.append(action)
                    firsts.append(place)
                    values.append(self.shifted(place, token))
                    break
                left, count, act, kept = rules[-1 - action]
                if count == 1 and not act:  # most are: the same value goes by another name
                    stack[-1] = states[stack[-2]][left]
                    continue
                arguments = [values[k - count] for k in kept]
                first = firsts[-count]
                del stack[-count:], values[-count:], firsts[-count:]
                values.append(self.reduced(act, arguments, first, place - 1))
                firsts.append(first)
                stack.append(states[stack[-1]][left])
                if token.kind == "$END" and stack[-1] == self.tables.end:
                    return self.finished(values[-1])
        raise AssertionError("unreachable: the end is accepted or refused")

    def shifted(self, place: int, token: Token) -> Any:
        if token.kind in (*NAMES, "NUMBER") or token.text in self.tables.keywords:
            self.places.append(place)  # a keyword is split off as a name is, and counts
            self.operands += 1
            return self.operands - 1
        return (token.text, place)

    def step(self, operation: Rule | int, slots: tuple[int, ...], token: int, extent: tuple[int, int]) -> int:
        self.steps.append((operation, slots, token))
        self.extents.append(extent)
        return ~(len(self.steps) - 1)

    def condition(self, slot: int, extent: tuple[int, int]) -> int:
        """A register that holds a truth: the same one, or whether it is not 0."""
        if slot < 0:
            operation = self.steps[~slot][0]
            if isinstance(operation, Rule) and operation.truth:
                return slot
            extent = self.extents[~slot]
            return self.step(TRUTH, (slot,), self.steps[~slot][2], extent)
        place = self.places[self.leaves[slot]]
        return self.step(TRUTH, (slot,), place, (place, place))

    def reduced(self, action: str, values: list[Any], first: int, last: int) -> Any:
        extent = (first, last)
        match action:
            case "":
                return values[0]
            case "leaf":
                self.leaves.append(values[0])
                return len(self.leaves) - 1
            case "first_argument":
                return [values[0]]
            case "next_argument":
                values[0].append(values[1])
                return values[0]
            case "no_arguments":
                return (values[0], [])
            case "call":
                return (values[0], values[1])
            case "called":
                name, slots = values[0]
                return self.step(name, tuple(slots), self.places[name], extent)
            case "first_link":
                left, (text, token), right = values
                return self.step(COMPARISONS[text], (left, right), token, extent), right
            case "next_link":
                (so_far, left), (text, token), right = values
                link = self.step(COMPARISONS[text], (left, right), token, extent)
                return self.step(AND, (so_far, link), token, extent), right
            case "truth":
                return values[0][0]
            case "and" | "or" | "not":
                slots = tuple(self.condition(v, extent) for v in values)
                return self.step(BY_NAME[action], slots, self.operator(first, slots), extent)
            case "definition":
                self.kind, self.name = action, values[0]
                return values[1]
            case "answer":
                self.kind = action
                return values[0]
            case "declaration":
                self.kind, self.name = action, values[0]
                return -1
            case "default":
                self.parts.append(Part("default", values[0], first + 1, last))
                return None
            case "range":
                low, (_, dots), high = values
                self.parts.append(Part("low", low, first + 1, dots - 1))
                self.parts.append(Part("high", high, dots + 1, last))
                return None
            case "function":
                self.kind, self.name = action, values[0][0]
                self.parameters = self.parameters_of(values[0][1])
                return values[1]
            case _:
                return self.step(BY_NAME[action], tuple(values), self.operator(first, tuple(values)), extent)

    def operator(self, first: int, slots: tuple[int, ...]) -> int:
        """The token of the operator: the first one, or the one after its left argument."""
        if len(slots) == 1:
            return first
        place = self.last_token(slots[0]) + 1
        while self.tokens[place].kind == "RPAR":
            place += 1
        return place

    def last_token(self, slot: int) -> int:
        return self.extents[~slot][1] if slot < 0 else self.places[self.leaves[slot]]

    def parameters_of(self, slots: list[int]) -> list[int]:
        """The parameters of a function: names. They are not leaves."""
        found: list[int] = []
        if not slots:
            self.problem(0, len(self.tokens) - 1, "a function needs a parameter", "write f(x) = ...")
        for slot in slots:
            place = self.last_token(slot)
            token = self.tokens[place]
            if slot < 0 or token.kind not in NAMES:
                self.problem(place, place, "a parameter must be a name", "write f(x, y) = ...")
            found.append(self.leaves[slot])
        return found

    def finished(self, root: int) -> Shape:
        count = len(self.leaves)
        shift = len(self.parameters)  # a function's parameters were read first, as leaves

        def register(slot: int) -> int:
            return slot - shift if slot >= 0 else count - shift + ~slot

        leaves = self.leaves[shift:]
        return Shape(
            kind=self.kind,
            name=self.name,
            parameters=self.parameters,
            leaves=leaves,
            select_leaves=_selector(leaves),
            steps=[(operation, tuple(map(register, slots)), t) for operation, slots, t in self.steps],
            root=-1 if self.kind == "declaration" else register(root),
            extents=self.extents,
            tokens=len(self.tokens),
            places=self.places,
            parts=[part._replace(root=register(part.root)) for part in self.parts],
        )

    def problem(self, first: int, last: int, message: str, hint: str) -> NoReturn:
        mark = Mark(self.tokens[first].start, self.tokens[last].end)
        raise SyntaxProblem(Diagnostic("syntax", message, (mark,), hint, source=self.source))


def _selector(places: list[int]) -> Callable[[list[str]], Sequence[str]]:
    """What takes the operands at these places; graphs are pickled, so it is no function made here."""
    if len(places) > 1:
        return itemgetter(*places)
    only = places[0] if places else 0
    return itemgetter(slice(only, only + len(places)))
