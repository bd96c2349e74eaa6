r"""A program and its derivatives as a textbook sets them: equations for a document with amsmath."""

from __future__ import annotations

import re
from collections.abc import Iterator

from graphdiff.graph import Graph
from graphdiff.rules import COPY, Rule
from graphdiff.tape import Program
from graphdiff.views.code.frame import CONDITIONS
from graphdiff.views.explain import Equation
from graphdiff.views.explain_latex import DEPTH, Formulas, Latex, aligned, in_parentheses, rows_of, seen
from graphdiff.views.program import ATOM, CHAIN, CHOICE, POWER, PRODUCT, SUM, Written, assignments

# About how many characters wide, as it is typeset, an expression is that is written each
# time it is used, and how wide one becomes before it is given a name.
REPEATED, WIDEST = 24, 72
CASES = (r"\begin{cases} ", r" \end{cases}")
ARC = re.compile(r"(\\(?:sin|cos|tan|sec|csc|cot|sinh|cosh|tanh))(\\left\(.*)", re.DOTALL)


class Textbook(Formulas):
    r"""Names as the explanations have them, and `dJ_db` as \frac{\mathrm{d}J}{\mathrm{d}b}.

    A condition that stands for a number is in brackets (Iverson's): [x > 0] is 1 or 0.
    """

    def __init__(self, program: Program, graph: Graph) -> None:
        dialect = Latex(graph.names, graph.constants)
        self.names = dict(dialect.names)
        self.derivatives: set[str] = set()
        for name, pair in program.pairs.items():
            self.names[name] = dialect.derivative(*pair)
            self.derivatives.add(self.names[name])
        self.taken = set(self.names.values())
        self.e = "e" not in program.names

    def name(self, name: str) -> str:
        if name not in self.names:
            text = rf"{self.temporary}_{{{name.removeprefix(self.temporary)}}}"
            while text in self.taken:
                text += "'"
            self.names[name] = text
        return self.names[name]

    def worth_a_name(self, text: str, uses: int) -> bool:
        width = seen(text)
        return width > WIDEST or (uses > 1 and width > REPEATED)

    def definition(self, expression: Written, wanted: bool) -> Written:
        return _as_number(expression)

    def operation(self, rule: Rule, arguments: list[Written]) -> Written:
        if rule is COPY:
            return arguments[0]
        conditions = CONDITIONS.get(rule.name, 0)
        arguments = [
            _as_condition(argument) if k < conditions else _as_number(argument)
            for k, argument in enumerate(arguments)
        ]
        return self.write(rule, arguments)._replace(truth=rule.truth)

    def write(self, rule: Rule, arguments: list[Written]) -> Written:
        """An operation on numbers and conditions, each where it belongs."""
        name, texts = rule.name, [argument.text for argument in arguments]
        if name == "mul":
            return self.product(*arguments)
        if name == "div":
            return self.quotient(*arguments)
        if name == "pow":
            return self.power(*arguments)
        if name == "exp":
            return self.exponential(texts[0])
        if name == "where":
            return _cases(*arguments)
        if name == "expm1":
            return Written(f"{self.exponential(texts[0]).text} - 1", SUM)
        if name == "log1p":
            return Written(rf"\ln\left(1 + {in_parentheses(arguments[0], SUM)}\right)", ATOM)
        if name == "logsumexp":
            return Written(rf"\ln\left({' + '.join(self.exponential(x).text for x in texts)}\right)", ATOM)
        if name == "hypot":
            squares = (self.power(x, Written("2", ATOM)).text for x in arguments)
            return Written(rf"\sqrt{{{' + '.join(squares)}}}", ATOM)
        if name == "mod":
            a, b = (in_parentheses(x, POWER) for x in arguments)
            return Written(rf"{a} \bmod {b}", CHOICE)  # in parentheses wherever it could be misread
        if name == "sign":
            return Written(rf"\operatorname{{sgn}}\left({texts[0]}\right)", ATOM)
        if name == "relu":
            return Written(rf"\max\left({texts[0]}, 0\right)", ATOM)
        return super().operation(rule, arguments)

    def product(self, left: Written, right: Written) -> Written:
        r"""Factors beside each other; between numbers, and before one, a dot."""
        before = in_parentheses(left, PRODUCT)
        after = in_parentheses(right, ATOM if right.text.startswith("-") else PRODUCT)
        sign = r" \cdot " if after[:1].isdigit() else r"\," if before[-1:].isalnum() else " "
        if re.fullmatch(r"-?[\d.]+", before) and not after[:1].isdigit():
            sign = r"\," if after.startswith((r"\frac", r"\mathrm", r"\text")) else " "
        return Written(f"{before}{sign}{after}", PRODUCT)

    def quotient(self, above: Written, below: Written) -> Written:
        """A fraction; one of a fraction is a fraction, too."""
        upper = _fraction(above)
        if upper is not None:
            square = upper[1].text == below.text
            below = self.power(below, Written("2", ATOM)) if square else self.product(upper[1], below)
            above = upper[0]
        return Written(rf"\frac{{{above.text}}}{{{below.text}}}", POWER)

    def power(self, base: Written, exponent: Written) -> Written:
        function = ARC.fullmatch(base.text)
        if function is not None and base.binding == ATOM and re.fullmatch("[2-9]", exponent.text):
            return Written(f"{function[1]}^{{{exponent.text}}}{function[2]}", POWER)
        if exponent.text == "2" and base.text.startswith(r"\sqrt{") and base.binding == ATOM:
            return Written(base.text[6:-1], SUM)
        least = CHOICE if base.binding == ATOM and base.text not in self.derivatives else ATOM + 1
        return Written(f"{in_parentheses(base, least)}^{{{exponent.text}}}", POWER)

    def exponential(self, exponent: str) -> Written:
        """e with an exponent, where that is small and e is not a name of the program's."""
        if self.e and r"\frac" not in exponent and "^" not in exponent[:-4] and seen(exponent) <= REPEATED:
            return Written(rf"\mathrm{{e}}^{{{exponent}}}", POWER)
        return Written(rf"\exp\left({exponent}\right)", ATOM)


def _fraction(written: Written) -> tuple[Written, Written] | None:
    """What stands above and below in an expression that is one fraction, and no name of a derivative."""
    text, parts, depth, begin = written.text, [], 0, 0
    if written.binding != POWER or not text.startswith(r"\frac{"):
        return None
    for k, character in enumerate(text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "{" and depth == 1:
            begin = k + 1
        elif character == "}" and depth == 0:
            part = text[begin:k]
            parts.append(Written(part, SUM if _is_a_sum(part) else PRODUCT))
    above, below = parts
    return above, below


def _is_a_sum(text: str) -> bool:
    """Whether a sign stands outside of all brackets."""
    depth = 0
    for token in re.findall(r"\\(?:left|right|begin|end)|[{}]|^-| [+-] ", text):
        if depth == 0 and token in ("-", " + ", " - "):
            return True
        depth += DEPTH.get(token, 0)
    return False


def _as_number(written: Written) -> Written:
    return Written(rf"\left[{written.text}\right]", ATOM) if written.truth else written


def _as_condition(written: Written) -> Written:
    if written.truth:
        return written
    return Written(rf"{in_parentheses(written, SUM)} \ne 0", CHAIN, truth=True)


def _cases(condition: Written, yes: Written, no: Written) -> Written:
    """A choice; one that is made only if another is not goes on with the rows of that."""
    rows = rf"{yes.text} & \text{{if }} {condition.text} \\ "
    before, after = CASES
    if no.text.startswith(before) and no.text.endswith(after) and no.text.count(before) == 1:
        rows += no.text.removeprefix(before).removesuffix(after)
    else:
        rows += rf"{no.text} & \text{{otherwise}}"
    return Written(f"{before}{rows}{after}", CHOICE)


def document(program: Program, graph: Graph, flat: bool) -> Iterator[str]:
    """The definitions of a program as aligned equations, in the order in which they are computed."""
    yield r"% \usepackage{amsmath}"
    notation = Textbook(program, graph)
    found = assignments(program, notation, flat)
    yield from aligned(row for a in found for row in rows_of(Equation(a.name, [a.expression])))
