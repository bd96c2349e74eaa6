"""Formulas in MathML Core, which browsers typeset: fractions, powers and roots as in a book.

A name of a box is <mi data-box="3">, so that the page can put its value in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

from graphdiff.diagnostics import printable
from graphdiff.graph import Operation
from graphdiff.rules import COPY, TRUTH, WHERE, Rule
from graphdiff.views.code.notation import AND, ATOM, CHAIN, NOT, OR, POWER, PRODUCT, SIGNED, SUM

MOST_OPERATIONS = 80  # a longer formula is not typeset
SIGNS = {
    "add": ("+", SUM), "sub": ("\u2212", SUM), "mul": ("\u00b7", PRODUCT), "lt": ("&lt;", CHAIN),
    "le": ("\u2264", CHAIN), "gt": ("&gt;", CHAIN), "ge": ("\u2265", CHAIN), "eq": ("=", CHAIN),
    "ne": ("\u2260", CHAIN), "and": ("and", AND), "or": ("or", OR),
}  # fmt: skip
FENCES = {"abs": ("|", "|"), "floor": ("\u230a", "\u230b"), "ceil": ("\u2308", "\u2309")}
NAMES = {
    "log": "ln",
    "gamma": "\u0393",
    "digamma": "\u03c8",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
}
CONSTANTS = {"pi": "\u03c0", "tau": "\u03c4", "inf": "\u221e"}

Markup = tuple[str, int]  # and how tightly it binds


def formula(operations: Mapping[int, Operation], root: int, leaf: Callable[[int], str]) -> str | None:
    """The markup of an expression; None if it is too long. operations: in topological order."""
    written: dict[int, Markup] = {}
    size: dict[int, int] = {}
    for node, (rule, arguments) in operations.items():
        size[node] = 1 + sum(size.get(k, 0) for k in arguments)
        if size[node] > MOST_OPERATIONS:
            return None
        texts = [written[k] if k in operations else (leaf(k), ATOM) for k in arguments]
        written[node] = operation(rule, texts)
    return written[root][0] if root in operations else leaf(root)


def operation(rule: Rule, arguments: list[Markup]) -> Markup:
    """An operation on arguments that are written already."""
    name, texts = rule.name, [text for text, _ in arguments]
    if rule is COPY:
        return arguments[0]
    if rule is TRUTH:
        return f"{_inside(arguments[0], SUM)}<mo>\u2260</mo><mn>0</mn>", CHAIN
    if rule is WHERE:
        return _cases(*texts), ATOM
    if name == "div":
        return f"<mfrac><mrow>{texts[0]}</mrow><mrow>{texts[1]}</mrow></mfrac>", PRODUCT
    if name == "pow":
        return f"<msup><mrow>{_inside(arguments[0], ATOM)}</mrow><mrow>{texts[1]}</mrow></msup>", POWER
    if name == "neg":
        return f"<mo>\u2212</mo>{_inside(arguments[0], PRODUCT)}", SIGNED
    if name == "not":
        return f"<mi>not</mi><mspace width='0.3em'/>{_inside(arguments[0], NOT)}", NOT
    if name in SIGNS:
        sign, binding = SIGNS[name]
        left = _inside(arguments[0], binding + (binding == CHAIN))
        return f"{left}<mo>{sign}</mo>{_inside(arguments[1], binding + 1)}", binding
    if name == "sqrt":
        return f"<msqrt>{texts[0]}</msqrt>", ATOM
    if name == "cbrt":
        return f"<mroot><mrow>{texts[0]}</mrow><mn>3</mn></mroot>", ATOM
    if name == "exp":
        return f"<msup><mi>e</mi><mrow>{texts[0]}</mrow></msup>", POWER
    if name in FENCES:
        before, after = FENCES[name]
        return f"<mo>{before}</mo>{texts[0]}<mo>{after}</mo>", ATOM
    return f"<mi>{NAMES.get(name, name)}</mi>{fenced('<mo>,</mo>'.join(texts))}", ATOM


def fenced(text: str) -> str:
    return f'<mrow><mo form="prefix">(</mo>{text}<mo form="postfix">)</mo></mrow>'


def _inside(written: Markup, least: int) -> str:
    return written[0] if written[1] >= least else fenced(written[0])


def _cases(condition: str, yes: str, no: str) -> str:
    rows = (
        f"<mtr><mtd><mrow>{yes}</mrow></mtd><mtd><mtext>if\u00a0</mtext><mrow>{condition}</mrow></mtd></mtr>"
        f"<mtr><mtd><mrow>{no}</mrow></mtd><mtd><mtext>otherwise</mtext></mtd></mtr>"
    )
    return f'<mrow><mo form="prefix">{{</mo><mtable class="cases">{rows}</mtable></mrow>'


# Leaves.


def name(text: str, box: int | None = None) -> str:
    """A name of the program; `box`: the number of its box."""
    place = "" if box is None else f' data-box="{box}"'
    return f"<mi{place}>{escape(printable(text))}</mi>"


def number(text: str) -> str:
    """A number as the program has it, or a built-in constant."""
    if text in CONSTANTS or text == "e":
        return f"<mi>{CONSTANTS.get(text, text)}</mi>"
    if text.startswith("-"):
        return f"<mrow><mo>\u2212</mo>{number(text[1:])}</mrow>"
    digits, e, exponent = text.lower().partition("e")
    if not e:
        return f"<mn>{escape(text)}</mn>"
    power = f"<msup><mn>10</mn>{number(exponent.lstrip('+'))}</msup>"
    return f"<mrow><mn>{escape(digits)}</mn><mo>\u00b7</mo>{power}</mrow>"
