"""Fortran 2008: a subroutine that contains its helpers."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from typing import ClassVar

from graphdiff.derivatives.program import Program
from graphdiff.views.code.assignments import Assignment
from graphdiff.views.code.frame import WIDTH, Call, ProgrammingLanguage, folded, packed
from graphdiff.views.code.names import Names, words
from graphdiff.views.code.notation import AND, ATOM, CHAIN, POWER, PRODUCT, Written, inside

LONGEST_LINE = 132
MOST_COLUMNS = 120  # of a line, for a statement without its continuation sign
MOST_NAMES = 200  # in one declaration: a statement may have 255 continuation lines
MOST_ARGUMENTS = 60  # of one tree of calls, for the same reason
# Where a line is broken: after a comma, an opening bracket or an operator, and before the sign of a product
# or quotient ...
BREAKS = re.compile(
    r"(?<=, )|(?<=\()|(?<=[+\-*/=<>] )|(?=\*(?!\*))(?<!\*)|(?=/(?!=))|(?<=\.and\. )|(?<=\.or\. )"
)
# ... and, if a piece is still too long, between any two of these tokens.
TOKENS = re.compile(r"\.[a-z]+\. ?|[0-9.]+(?:e[+-]?[0-9]+)?_real64 ?|\w+ ?|\*\* ?|[=/<>]= ?|[^\w ] ?| ")


class Fortran(ProgrammingLanguage):
    """All numbers are of kind real64. Names that differ only in case are the same name."""

    language = "Fortran"
    comment = ("", "! ", "")
    helper_file = "fortran"
    infinity = "@infinity()"
    signs: ClassVar[Mapping[str, str]] = {"and": ".and.", "or": ".or.", "ne": "/="}
    reserved = words(
        """
        abstract allocatable allocate assign assignment associate asynchronous backspace bind block
        blockdata call case character class close codimension common complex concurrent contains
        contiguous continue critical cycle data deallocate default deferred dimension do double
        doubleprecision elemental else elseif elsewhere end enddo endfile endif endfunction endinterface
        endmodule endprogram endsubroutine endtype entry enum enumerator equivalence error event exit
        extends external final flush forall format function generic go goto if image implicit import impure
        in inout inquire integer intent interface intrinsic is kind len lock logical module namelist
        non_overridable none nopass null nullify only open operator optional out parameter pass pause
        pointer print private procedure program protected public pure random read real recursive result
        return rewind rewrite save select selectcase selecttype sequence stop submodule subroutine sync
        target then to type unlock use value volatile wait where while write derivative real64
        iso_fortran_env ieee_arithmetic
        abs acos acosh aint anint asin asinh atan atan2 atanh ceiling cos cosh dble erf erfc exp floor
        gamma huge hypot int log log10 log_gamma max merge min mod modulo nint sign sin sinh size sqrt
        sum tan tanh tiny epsilon
        """
    )
    alone: ClassVar[Mapping[str, str]] = {
        "min": "{0}", "max": "{0}", "logsumexp": "{0}", "hypot": "abs({0})",
    }  # fmt: skip
    calls: ClassVar[Mapping[str, Call]] = {
        **{name: f"{name}({{0}})" for name in (
            "exp", "log", "log10", "sqrt", "abs", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh",
            "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "gamma",
        )},
        **{name: f"@{name}({{0}})" for name in (
            "expm1", "log1p", "cbrt", "digamma",
        )},
        "log2": ("log({0})/log(2.0_real64)", PRODUCT),
        "sign": "@sgn({0})", "floor": "@down({0})", "ceil": "@up({0})", "round": "@rounded({0})",
        **{name: f"@{name}({{0}}, {{1}})" for name in ("dexprel", "dbernoulli", "dsinc")},
        "trunc": "aint({0})", "atan2": "atan2({0}, {1})", "hypot": "hypot({0}, {1})",
        "mod": "@remainder({0}, {1})",
        "min": "@smaller({0}, {1})", "max": "@larger({0}, {1})", "lgamma": "log_gamma({0})",
        "polygamma": "@polygamma({0}, {1})", "logsumexp": "@logsumexp({0}, {1})",
    }  # fmt: skip

    ignores_case = True
    longest_name = 63

    def __init__(self, program: Program, function: str = "") -> None:
        super().__init__(program, function)
        self.parts: list[Assignment] = []  # intermediate results of the next assignment, which is too long

    def make_names(self, reserved: set[str]) -> Names:
        return Names(reserved, _begins_with_a_letter, fold=True, longest=self.longest_name)

    def helper(self, name: str) -> str:
        return f"{name}_" if name == self.function.lower() else name

    def usage(self) -> Iterator[str]:
        arguments = ", ".join([*self.inputs, "value", "derivative"])
        lines = [f"call {self.function}({arguments})"]
        for k, (output, row) in enumerate(zip(self.outputs, self.rows(self.derivatives), strict=True), 1):
            value, rows = (
                ("value", "derivative") if len(self.outputs) == 1 else (f"value({k})", f"derivative({k}, :)")
            )
            lines.append(f"{value} is {output}, {rows} has {', '.join(row)}.")
        for line in lines:
            yield from folded(line, WIDTH - 4)

    def header(self) -> Iterator[str]:
        for line in super().header():
            yield from textwrap.wrap(line, LONGEST_LINE, subsequent_indent="! ") or [line]

    def harmless(self, line: str) -> str:
        return line.replace("/*", "/ *")  # the preprocessor of .F90 files takes it for the start of a comment

    def body(self, found: list[Assignment]) -> Iterator[str]:
        single = len(self.outputs) == 1
        shape = f"value, derivative({self.columns})"
        if not single:
            shape = f"value({len(self.outputs)}), derivative({len(self.outputs)}, {self.columns})"
        yield from _listed(f"subroutine {self.function}(", [*self.inputs, "value", "derivative"], ")")
        yield "  use, intrinsic :: iso_fortran_env, only: real64"
        yield "  implicit none"
        yield from _declared("  real(real64), intent(in) ::", self.inputs)
        yield f"  real(real64), intent(out) :: {shape}"
        yield from _variables(found)
        yield ""
        for name in self.unused:  # compilers warn about an unused argument
            yield f"  associate (unused => {name})"
            yield "  end associate"
        yield from _statements(found)
        for k, (output, row) in enumerate(zip(self.outputs, self.rows(self.derivatives), strict=True), 1):
            index, before = ("", "") if single else (f"({k})", f"{k}, ")
            yield f"  value{index} = {self.names[output]}"
            for column, name in enumerate(row, 1):
                yield f"  derivative({before}{column}) = {self.names[name]}"

    def helper_function(self, name: str, parameters: list[str], found: list[Assignment]) -> Iterator[str]:
        *steps, result = found
        yield f"pure real(real64) function {name}({', '.join(parameters)}) result({result.name})"
        yield from _declared("  real(real64), intent(in) ::", parameters)
        yield from _variables(steps)
        yield from _statements(found)
        yield "end function"

    def lines(self, flat: bool = False) -> Iterator[str]:
        body, helpers = self.written(flat)
        yield from self.header()
        yield from body
        if helpers:
            yield from ["", "contains", ""]
            yield from (f"  {line}".rstrip() for line in helpers)
        yield f"end subroutine {self.function}"

    # Expressions.

    def assigned(self, flat: bool) -> Iterator[Assignment]:
        for assignment in super().assigned(flat):
            yield from self.parts
            self.parts.clear()
            yield assignment

    def called(self, call: Call, arguments: list[Written], alone: str = "") -> Written:
        while alone and not self.flat and len(arguments) > MOST_ARGUMENTS:
            parts = []
            for k in range(0, len(arguments), MOST_ARGUMENTS):
                part = super().called(call, arguments[k : k + MOST_ARGUMENTS], alone)
                name = self.names.fresh("part")
                self.parts.append(Assignment(name, part.text, False))
                parts.append(Written(name, ATOM))
            arguments = parts
        return super().called(call, arguments, alone)

    def digits(self, text: str) -> str:
        if 0.0 < abs(float(text)) < sys.float_info.min:  # with more digits compilers may read it as 0
            text = repr(abs(float(text)))
        digits = super().digits(text)
        return digits if digits == self.infinity else f"{digits}_real64"

    def number(self, text: str) -> Written:
        written = super().number(text)
        return written._replace(text=self.resolved(written.text))

    def constant(self, name: str, redefined: bool) -> Written:
        if name == "inf":
            return Written(self.resolved(self.infinity), ATOM, literal=True)
        return Written(f"{self.constants[name]}_real64", ATOM, literal=True)

    def firm(self, literal: Written) -> Written:
        return Written(self.resolved(f"@number({literal.text})"), ATOM)

    def choice(self, condition: Written, yes: Written, no: Written) -> Written:
        return Written(f"merge({yes.text}, {no.text}, {condition.text})", ATOM)

    def complement(self, condition: Written) -> Written:
        return Written(f".not. {inside(condition, CHAIN)}", AND)

    def power(self, base: Written, exponent: Written) -> Written:
        if exponent.literal and re.fullmatch(r"[2-4]\.0_real64", exponent.text):
            return Written(f"{inside(base, ATOM)}**{exponent.text[0]}", POWER)
        return self.called("@power({0}, {1})", [base, exponent])


def _begins_with_a_letter(name: str) -> str:
    return f"v{name}" if name.startswith("_") else name


def _listed(before: str, items: list[str], after: str = "") -> list[str]:
    return packed(before, items, after, MOST_COLUMNS, " &")


def _declared(kind: str, names: list[str]) -> Iterator[str]:
    """Declarations of names, at most MOST_NAMES in each."""
    for k in range(0, len(names), MOST_NAMES):
        some = names[k : k + MOST_NAMES]
        yield from _listed(kind, [f" {some[0]}", *some[1:]])


def _variables(found: list[Assignment]) -> Iterator[str]:
    for kind in ("real(real64)", "logical"):
        yield from _declared(f"  {kind} ::", [a.name for a in found if a.truth == (kind == "logical")])


def _statements(found: list[Assignment]) -> Iterator[str]:
    for assignment in found:
        yield from _broken(f"  {assignment.name} = {assignment.expression}")


def _broken(line: str) -> list[str]:
    """A statement on lines of at most MOST_COLUMNS, broken only between tokens."""
    lines = [""]
    for piece in _pieces(line):
        if len(lines[-1]) + len(piece) > MOST_COLUMNS and lines[-1].strip():
            lines[-1] = f"{lines[-1].rstrip()} &"
            lines.append("    ")
        lines[-1] += piece
    return lines


def _pieces(line: str) -> Iterator[str]:
    for piece in BREAKS.split(line):
        if len(piece) <= MOST_COLUMNS - 4:
            yield piece
        else:
            yield from TOKENS.findall(piece)
