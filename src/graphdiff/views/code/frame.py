"""What all programming languages share: one function that returns values and derivatives."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from graphdiff.derivatives.program import Program
from graphdiff.diagnostics import Diagnostic, GraphdiffError, printable
from graphdiff.rules import COPY, TABLE, TRUTH, Rule
from graphdiff.views.code.assignments import Assignment, assignments
from graphdiff.views.code.formulas import expanded, formula_of, uses_all_once
from graphdiff.views.code.helpers import NAME, helpers, needed
from graphdiff.views.code.names import Names
from graphdiff.views.code.notation import ATOM, CHAIN, NOT, PRODUCT, SIGNED, Language, Written, inside

WIDTH = 100
MOST_PROGRAM_LINES = 24  # of the program's text, in the comment at the top
MOST_DIGITS = 24  # a longer number is written as the shortest one that is the same in binary64

# How a rule is written: a template, and how tightly that binds if it is not a call.
Call = str | tuple[str, int]

# How many of an operation's arguments, the first ones, are conditions: the others are numbers.
CONDITIONS = {"and": 2, "or": 2, "not": 1, "truth": 0, "where": 1}


class ProgrammingLanguage(Language):
    """A program as one function of a programming language.

    calls: how the primitive rules without infix are written, `{0}` for the first argument and
        `{*}` for all of them, `@` before the name of a helper. A rule that has a `value` needs no
        entry: it is written as that formula, or as a helper function made from it.
    alone: for rules of any number of arguments that `calls` has for two: how one argument is
        written. More than two are halved and halved again.
    helper_file: the file of helper functions that the language lacks, see `helpers`.
    comment: the first line of a comment, what each line begins with, and its last line.
    reserved: words that neither a variable nor the function can be called.
    reserved_functions: words that only the function cannot be called.
    """

    has_name: ClassVar[bool] = True
    calls: ClassVar[Mapping[str, Call]]
    alone: ClassVar[Mapping[str, str]] = {}
    signs: ClassVar[Mapping[str, str]] = {}
    reserved: ClassVar[frozenset[str]]
    reserved_functions: ClassVar[frozenset[str]] = frozenset()
    helper_file: ClassVar[str]
    comment: ClassVar[tuple[str, str, str]]
    infinity: ClassVar[str]
    constants: ClassVar[Mapping[str, str]] = {
        "pi": repr(math.pi), "e": repr(math.e), "tau": repr(math.tau),
    }  # fmt: skip
    language: ClassVar[str]  # its name, for people
    ignores_case: ClassVar[bool] = False
    longest_name: ClassVar[int] = 200
    quiet = "An undefined operation gives NaN and a pole an infinity, as IEEE 754 has it."

    def __init__(self, program: Program, function: str = "") -> None:
        """Raises GraphdiffError if the language cannot have a function of that name."""
        super().__init__(program, function)
        self.function = function
        self.flat = False
        self.texts = dict(helpers(self.helper_file))  # of the helper functions, by name
        self.used: set[str] = set()  # the helpers that are called
        why = self.refusal(function)
        if why:
            hint = "write  --name NAME  with letters and digits"
            raise GraphdiffError(Diagnostic("usage", f"'{function}' is {why} in {self.language}", hint=hint))
        self.names = self.fresh_names()
        self.inputs = [self.names[name] for name in program.inputs]
        for name in program.names:
            self.names[name]
        count = next((k for k, name in enumerate(program.wanted) if name not in program.origin.names), None)
        self.outputs = program.wanted[:count]
        self.derivatives = program.wanted[len(self.outputs) :]
        self.columns = len(self.derivatives) // len(self.outputs)
        uses = program.uses()
        self.unused = [self.names[name] for name in program.inputs if not uses[program.names[name]]]

    def refusal(self, function: str) -> str:
        """Why a function cannot have this name; "" if it can."""
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", function):
            return "not a function name"
        if len(function) > self.longest_name:
            return "too long a name"
        known = function.lower() if self.ignores_case else function
        return "reserved" if known in self.reserved | self.reserved_functions else ""

    def fresh_names(self) -> Names:
        """Names for the variables of one function: none of them reserved or taken by a function."""
        made = (rule.name for rule in TABLE if self.is_composed(rule))
        return self.make_names({self.function, *self.reserved, *map(self.helper, [*self.texts, *made])})

    # Each language overrides these.

    def make_names(self, reserved: set[str]) -> Names:
        return Names(reserved)

    def helper(self, name: str) -> str:
        """The name of a helper function in the language."""
        return f"{self.function}_{name}"

    def usage(self) -> Iterator[str]:
        """How the function is called."""
        raise NotImplementedError

    def body(self, found: list[Assignment]) -> Iterator[str]:
        """The function, from its first line to its last."""
        raise NotImplementedError

    def helper_function(self, name: str, parameters: list[str], found: list[Assignment]) -> Iterator[str]:
        """The lines of a helper function of numbers, which returns the last of the assignments."""
        raise NotImplementedError

    # The whole.

    def lines(self, flat: bool = False) -> Iterator[str]:
        """The text, line by line: comment, helpers, function."""
        body, helpers = self.written(flat)
        yield from self.header()
        yield ""
        yield from helpers
        yield from body

    def written(self, flat: bool) -> tuple[list[str], list[str]]:
        """The lines of the function, and of the helpers that it needs."""
        self.flat = flat
        body = list(self.body(list(self.assigned(flat))))
        return body, self.helper_lines()

    def assigned(self, flat: bool) -> Iterator[Assignment]:
        """The assignments of the function, in order."""
        return assignments(self.program, self, flat)

    def helper_lines(self) -> list[str]:
        return [line for text in self.helper_texts() for line in [*text.split("\n"), ""]]

    def helper_texts(self) -> list[str]:
        return [self.resolved(text) for text in needed(self.texts, self.used).values()]

    def rows(self, items: list[str]) -> list[list[str]]:
        """Items of all derivatives, in a row for each output."""
        return [items[k : k + self.columns] for k in range(0, len(items), self.columns)]

    def header(self) -> Iterator[str]:
        first, each, last = self.comment
        yield from [first] if first else []
        lines = [
            "Written by graphdiff: values and derivatives of the program",
            "",
            *_excerpt(self.program.origin.source.text),
            "",
        ]
        renamed = [
            f"{self.names[name]} is {name}" for name in self.program.inputs if self.names[name] != name
        ]
        lines += self.usage()
        lines += folded(", ".join(renamed) + "." if renamed else "", WIDTH - 4)
        lines.append(self.quiet)
        for line in lines:
            yield f"{each}{self.harmless(line)}".rstrip()
        yield from [last] if last else []

    def harmless(self, line: str) -> str:
        """A line of the program's text, changed if it would end the comment."""
        return line

    def resolved(self, text: str) -> str:
        """A text with the names of helpers in place of each `@name`; marks them as used."""

        def called(match: re.Match[str]) -> str:
            self.used.add(match[1])
            return self.helper(match[1])

        return NAME.sub(called, text)

    # Expressions.

    def name(self, name: str) -> str:
        return self.names[name]

    def number(self, text: str) -> Written:
        written, sign = self.digits(text), "-" if text.startswith("-") else ""
        return Written(sign + written, SIGNED if sign else ATOM, literal=True)

    def digits(self, text: str) -> str:
        """A number without its sign, in binary64, as most languages write it."""
        text = text.lstrip("-")
        value = float(text)
        if math.isinf(value):
            return self.infinity
        if value == 0.0:
            return "0.0"
        mantissa, e, exponent = (repr(value) if len(text) > MOST_DIGITS else text.lower()).partition("e")
        whole, _, fraction = mantissa.partition(".")
        return f"{whole.lstrip('0') or '0'}.{fraction or '0'}{e}{exponent}"

    def constant(self, name: str, redefined: bool) -> Written:
        return Written(self.infinity if name == "inf" else self.constants[name], ATOM, literal=True)

    def definition(self, expression: Written, wanted: bool) -> Written:
        return self.as_number(expression) if wanted else expression

    def as_number(self, written: Written) -> Written:
        """A condition as a number: 1 if it holds and 0 if it does not."""
        if not written.truth:
            return written
        return self.choice(written, self.number("1"), self.number("0"))

    def as_condition(self, written: Written) -> Written:
        """A number as a condition: whether it is not 0."""
        if written.truth:
            return written
        zero = self.number("0")
        return self.infix(self.signs.get("ne", "!="), CHAIN, written, zero)._replace(truth=True)

    def firm(self, literal: Written) -> Written:
        """A number that no compiler or interpreter computes with beforehand."""
        return literal

    def operation(self, rule: Rule, arguments: list[Written]) -> Written:
        if rule is COPY:
            return arguments[0]
        conditions = CONDITIONS.get(rule.name, 0)
        arguments = [
            self.as_condition(argument) if k < conditions else self.as_number(argument)
            for k, argument in enumerate(arguments)
        ]
        if all(argument.literal for argument in arguments):
            arguments = [self.firm(argument) for argument in arguments]
        if self.is_composed(rule):
            return self.composed(rule, arguments)
        return self.write(rule, arguments)._replace(truth=rule.truth)

    def is_composed(self, rule: Rule) -> bool:
        """Whether a rule is written by the formula of its value, because it has no entry in `calls`."""
        return rule.value is not None and rule is not TRUTH and rule.name not in self.calls

    def composed(self, rule: Rule, arguments: list[Written]) -> Written:
        """The formula of a rule's value: as it is, or a helper function where it repeats something."""
        if uses_all_once(rule):
            return self.as_number(expanded(rule, arguments, self))
        if rule.name not in self.texts:
            self.texts[rule.name] = self.made_helper(rule)
        return self.called(f"@{rule.name}({{*}})", arguments)

    def made_helper(self, rule: Rule) -> str:
        """The helper function that computes a rule's value by its formula."""
        outer, self.names = self.names, self.fresh_names()
        parameters = [self.names[parameter] for parameter in rule.parameters]
        lines = self.helper_function(
            self.helper(rule.name), parameters, [*assignments(formula_of(rule), self)]
        )
        text = "\n".join(lines)
        self.names = outer
        return text

    def write(self, rule: Rule, arguments: list[Written]) -> Written:
        """An operation; its arguments are conditions and numbers, as it needs them."""
        name = rule.name
        if name == "where":
            return self.choice(*arguments)
        if name == "truth":
            return self.as_condition(arguments[0])
        if name == "pow":
            return self.power(*arguments)
        if name == "div":
            return self.quotient(*arguments)
        if name in self.calls:
            return self.called(self.calls[name], arguments, self.alone.get(name, ""))
        if name == "not":
            return self.complement(arguments[0])
        if name == "neg":
            return super().operation(rule, arguments)
        return self.infix(self.signs.get(name, rule.infix), self.binding[name], *arguments)

    def called(self, call: Call, arguments: list[Written], alone: str = "") -> Written:
        template, binding = call if isinstance(call, tuple) else (call, ATOM)
        texts = [argument.text for argument in arguments]
        if alone == "{0}" and len(texts) == 1:
            return arguments[0]
        if alone and len(texts) == 1:
            return Written(self.resolved(alone).format(*texts), binding)
        template = self.resolved(template)
        if "{*}" in template:
            return Written(template.replace("{*}", ", ".join(texts)), binding)
        while alone and len(texts) > 2:  # a balanced tree, so that the nesting stays shallow
            pairs = [template.format(*texts[k : k + 2]) for k in range(0, len(texts) - 1, 2)]
            texts = pairs + texts[len(pairs) * 2 :]
        return Written(template.format(*texts), binding)

    def complement(self, condition: Written) -> Written:
        return Written(f"not {inside(condition, NOT)}", NOT)

    def quotient(self, a: Written, b: Written) -> Written:
        return self.infix("/", PRODUCT, a, b)

    def square(self, base: Written, exponent: Written) -> Written | None:
        """x*x for the square of a name: the same number as its power, and faster."""
        if exponent.text in ("2", "2.0") and base.text.isidentifier():
            return self.infix("*", PRODUCT, base, base)
        return None

    def choice(self, condition: Written, yes: Written, no: Written) -> Written:
        raise NotImplementedError

    def power(self, base: Written, exponent: Written) -> Written:
        raise NotImplementedError


def packed(
    before: str, items: Iterable[str], after: str, width: int = WIDTH, going_on: str = ""
) -> list[str]:
    """A list between two texts, on as many lines as it needs. going_on: the sign that a line continues."""
    lines, margin = [before], "    " + " " * (len(before) - len(before.lstrip()))
    items = list(items)
    for k, item in enumerate(items):
        last = k == len(items) - 1
        text = item + (after if last else ",")
        space = "" if k == 0 else " "
        if len(lines[-1]) + len(space) + len(text) + len(going_on) > width and lines[-1].strip():
            lines[-1] += going_on
            lines.append(margin + text)
        else:
            lines[-1] += space + text
    if not items:
        lines[-1] += after
    return lines


def folded(text: str, width: int) -> list[str]:
    """A sentence on lines of at most `width` characters."""
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def _excerpt(text: str) -> Iterator[str]:
    """The program's text for a comment: printable characters only, and only the beginning if it is long."""
    lines = text.strip().splitlines()
    for line in lines[:MOST_PROGRAM_LINES]:
        shown = printable(line.rstrip().replace("\t", " "))
        yield "    " + (shown if len(shown) <= WIDTH - 8 else f"{shown[: WIDTH - 11]}...")
    if len(lines) > MOST_PROGRAM_LINES:
        yield f"    ... and {len(lines) - MOST_PROGRAM_LINES} more lines"
