r"""An explanation as LaTeX, for notes: sections to be \input into a document that has amsmath."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import ClassVar

from graphdiff.explanation.steps import Explanation
from graphdiff.rules import COPY, Rule
from graphdiff.views.code.notation import (
    ATOM,
    CHAIN,
    CHOICE,
    POWER,
    PRODUCT,
    SIGNED,
    SUM,
    Notation,
    Written,
    inside,
)
from graphdiff.views.explanation.text import (
    Code,
    Dialect,
    Equation,
    Maths,
    Section,
    Sentence,
    Travel,
    sections,
)
from graphdiff.views.latex.names import escaped, symbols
from graphdiff.views.latex.rows import Known, aligned, broken, nesting, rows, width

# Points: a fraction or a root that would be wider than this is written on one line, which can be
# broken, as is a fraction of fractions of fractions; and so are the rows of a choice.
WIDEST_FRACTION, WIDEST_CASE = 270.0, 260.0


class Formulas(Notation):
    """Formulas as mathematicians write them; quotients of quotients are one fraction."""

    signs: ClassVar[dict[str, str]] = {
        "mul": r"\cdot", "le": r"\le", "ge": r"\ge", "eq": "=", "ne": r"\ne", "and": r"\land", "or": r"\lor",
    }  # fmt: skip
    constants: ClassVar[dict[str, str]] = {
        "pi": r"\pi", "e": r"\mathrm{e}", "tau": r"\tau", "inf": r"\infty",
    }  # fmt: skip

    def __init__(self) -> None:
        # What stands above and below in each product and quotient that is a fraction, by its text.
        self.fractions: Known[tuple[Written, Written]] = Known()
        self.negated: Known[Written] = Known()  # what is after each minus
        # The rows of each choice: values, and when they are taken.
        self.choices: Known[list[tuple[str, str]]] = Known()

    def number(self, text: str) -> Written:
        digits, e, exponent = text.lower().partition("e")
        digits = _tidy(digits)
        if text.lstrip("-") in ("inf", "nan"):
            return Written(text.replace("inf", r"\infty").replace("nan", r"\mathrm{NaN}"), self._bound(text))
        if not e:
            return Written(digits, self._bound(text))
        power = f"10^{{{int(exponent)}}}"
        if digits in ("1", "-1"):
            return Written(digits[:-1] + power, self._bound(text, POWER))
        return Written(rf"{digits} \times {power}", self._bound(text, PRODUCT))

    def _bound(self, text: str, binding: int = ATOM) -> int:
        return SIGNED if text.startswith("-") else binding

    def constant(self, name: str, redefined: bool) -> Written:
        return Written(r"\arccos\left(-1\right)" if redefined else self.constants[name], ATOM)

    def operation(self, rule: Rule, arguments: list[Written]) -> Written:
        if rule is COPY:
            return arguments[0]
        name, texts = rule.name, [argument.text for argument in arguments]
        if name == "mul":
            return self.product(*arguments)
        if name == "div":
            return self.quotient(*arguments)
        if name == "pow":
            return Written(f"{in_parentheses(arguments[0], ATOM)}^{{{texts[1]}}}", POWER)
        if name == "exp2":
            return Written(f"2^{{{texts[0]}}}", POWER)
        if name == "neg":
            return self.negative(arguments[0])
        if name == "not":
            return Written(r"\lnot " + in_parentheses(arguments[0], ATOM), self.binding[name])
        if name == "truth":
            return Written(rf"{in_parentheses(arguments[0], SUM)} \ne 0", self.binding[name])
        if name == "where":
            return self.choice(*arguments)
        if name == "sqrt":
            return self.root(arguments[0])
        if "%s" in rule.latex:
            return Written(rule.latex % texts[0], SIGNED if name == "lgamma" else ATOM)
        if name in self.binding:
            return self.infix(self.signs.get(name, rule.infix), self.binding[name], *arguments)
        if name == "polygamma":
            return Written(rf"\psi^{{({texts[0]})}}\left({texts[1]}\right)", ATOM)
        return self.call(rule, texts)

    def product(self, left: Written, right: Written) -> Written:
        written = self.beside(left, right)
        if left.text in self.fractions or right.text in self.fractions:
            (a, b), (c, d) = self._parts(left), self._parts(right)
            self.fractions[written.text] = self._times(a, c), self._times(b, d)
        return written

    def beside(self, left: Written, right: Written) -> Written:
        """Two factors as one product."""
        return self.infix(r"\cdot", PRODUCT, closed(left), right)

    def quotient(self, above: Written, below: Written) -> Written:
        """A fraction with its sign in front: (a/b)/(c/d) is (a*d)/(b*c)."""
        if is_negative(above):
            return self.negative(self.quotient(self.unsigned(above), below))
        if is_negative(below) and self.unsigned(below).text in self.fractions:
            return self.negative(self.quotient(above, self.unsigned(below)))
        (a, b), (c, d) = self._parts(above), self._parts(below)
        if b is not ONE or d is not ONE:
            above, below = self._times(a, d), self._times(b, c)
        divisor = below
        above, below = self.reduced(above, below)
        if below.text == "1" and (d is not ONE or below is not divisor):
            return above
        wide = max(width(above.text), width(below.text)) > WIDEST_FRACTION
        if wide or max(nesting(above.text), nesting(below.text)) > 1:
            return Written(f"{in_parentheses(above, PRODUCT)} / {in_parentheses(below, POWER)}", SUM)
        written = Written(rf"\frac{{{above.text}}}{{{below.text}}}", POWER)
        self.fractions[written.text] = above, below
        return written

    def reduced(self, above: Written, below: Written) -> tuple[Written, Written]:
        """What a fraction of fractions becomes."""
        return above, below

    def negative(self, written: Written) -> Written:
        least = ATOM if written.text.startswith("-") else PRODUCT
        found = Written("-" + in_parentheses(written, least), PRODUCT)
        self.negated[found.text] = written
        return found

    def unsigned(self, written: Written) -> Written:
        """What is after the minus of an expression."""
        return self.negated.get(written.text) or Written(written.text[1:], PRODUCT)

    def _parts(self, written: Written) -> tuple[Written, Written]:
        return self.fractions.get(written.text, (written, ONE))

    def _times(self, left: Written, right: Written) -> Written:
        if left.text == "1" or right.text == "1":
            return right if left.text == "1" else left
        return self.beside(left, right)

    def root(self, radicand: Written) -> Written:
        if width(radicand.text) > WIDEST_FRACTION:
            return Written(rf"\left({radicand.text}\right)^{{1/2}}", POWER)
        return Written(rf"\sqrt{{{radicand.text}}}", ATOM)

    def choice(self, condition: Written, yes: Written, no: Written) -> Written:
        """One that is made only if another is not goes on with the rows of that."""
        taken = [(yes.text, condition.text), *self.choices.get(no.text, [(no.text, "")])]
        shown = r" \\ ".join(row for value, when in taken for row in _case_rows(value, when))
        written = Written(rf"\begin{{cases}} {shown} \end{{cases}}", CHOICE)
        self.choices[written.text] = taken
        return written

    def infix(self, sign: str, binding: int, left: Written, right: Written) -> Written:
        before = in_parentheses(left, binding + (binding == CHAIN))
        least = ATOM if right.text.startswith("-") else binding + 1
        return Written(f"{before} {sign} {in_parentheses(right, least)}", binding)

    def call(self, rule: Rule, arguments: list[str]) -> Written:
        return Written(rf"{rule.latex}\left({', '.join(arguments)}\right)", ATOM)


ONE = Written("1", ATOM)


def is_negative(written: Written) -> bool:
    """Whether it is a minus before a product, and not before the first term of a sum."""
    return written.text.startswith("-") and PRODUCT <= written.binding < ATOM


def closed(written: Written) -> Written:
    """A factor that does not seem to go on in the next one: the logarithm of an absolute value does."""
    is_open = written.text.endswith(r"\right|") and written.binding < ATOM
    return Written(rf"\left({written.text}\right)", ATOM) if is_open else written


def _case_rows(value: str, condition: str) -> Iterator[str]:
    """A row of a choice, and as many more as it does not fit."""
    word = r"\text{if } " if condition else r"\text{otherwise}"
    if width(value) + width(word + condition) <= WIDEST_CASE:
        yield f"{value} & {word}{condition}"
        return
    first, *others = broken(value, WIDEST_CASE, WIDEST_CASE)
    when, *more = broken(condition, WIDEST_CASE, WIDEST_CASE)
    yield first
    yield from (rf"\quad {piece}" for piece in (*others, word + when, *more))


def _tidy(digits: str) -> str:
    """A number without zeros and points that say nothing: 00.5 is 0.5, and 3. is 3."""
    sign, digits = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
    whole, point, decimals = digits.partition(".")
    return sign + (whole.lstrip("0") or "0") + (point + decimals if decimals else "")


def in_parentheses(written: Written, least: int) -> str:
    text = inside(written, least)
    return text if text == written.text else rf"\left({written.text}\right)"


class Latex(Dialect):
    as_written = False
    parentheses = (r"\left(", r"\right)")

    def __init__(self, names: Collection[str], constants: Collection[str]) -> None:
        super().__init__(True)
        self.notation = Formulas()
        self.times = r" \cdot "
        # Formulas of rules bring in a pi, and e, also where the program does not have them.
        brought = {name for name in ("pi", "e") if name not in names}
        taken = [text for name, text in Formulas.constants.items() if name in brought or name in constants]
        self.names = symbols(names, taken)

    def name(self, name: str) -> str:
        return self.names[name]

    def digits(self, text: str) -> Written:
        return self.notation.number(text)

    def derivative(self, of: str, wrt: str) -> str:
        return self._slope(r"\mathrm{d}", of, wrt)

    def partial(self, of: str, wrt: str) -> str:
        return self._slope(r"\partial ", of, wrt)

    def _slope(self, sign: str, of: str, wrt: str) -> str:
        return rf"\frac{{{self._change(sign, of)}}}{{{self._change(sign, wrt)}}}"

    def _change(self, sign: str, name: str) -> str:
        """What is to be read as one symbol with a d before it, apart from it where that is a word."""
        text = self.name(name)
        return rf"{sign.rstrip()}\,{text}" if text.startswith(r"\mathrm") else f"{sign}{text}"

    def second(self, of: str, wrt: str) -> str:
        above, below = self._change(r"\mathrm{d}^2", of), self._change(r"\mathrm{d}", wrt)
        return rf"\frac{{{above}}}{{{below}^2}}"

    def halved(self, text: str) -> str:
        return rf"\tfrac{{1}}{{2}} \cdot {text}"

    def squared(self, text: str) -> str:
        return rf"\left({text}\right)^2" if "^" in text and not text.startswith("(") else f"{text}^2"


def lines(explanation: Explanation) -> Iterator[str]:
    """The lines, for a document with amsmath."""
    graph = explanation.values.graph
    yield r"% \usepackage{amsmath}"
    yield r"\begingroup\allowdisplaybreaks\sloppy"
    for section in sections(explanation, Latex(graph.names, graph.constants)):
        yield rf"\subsection*{{{_words(section.title)}}}"
        yield from _body(section)
    yield r"\par\endgroup"


def _body(section: Section) -> Iterator[str]:
    equations: list[Equation] = []
    for item in section.items:
        if isinstance(item, Equation):
            equations.append(item)
            continue
        yield from aligned(rows(equations))
        equations = []
        if isinstance(item, Travel):
            yield from aligned(rf"{name} &\colon {old} \to {new}" for name, old, new in item.rows)
        else:
            yield _words(item)
    yield from aligned(rows(equations))


def _words(sentence: Sentence) -> str:
    shown = []
    for part in sentence:
        if isinstance(part, Code):
            shown.append(rf"\texttt{{{escaped(part)}}}")
        else:
            shown.append(f"${part}$" if isinstance(part, Maths) else part)
    return "".join(shown)
