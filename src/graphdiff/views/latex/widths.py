r"""How wide a formula is as TeX typesets it, and how deep its fractions are nested.

An estimate, because the text is all there is: it has to fit a page in LaTeX, and in MathJax,
which has no breqn. Widths are in points, for Computer Modern at ten points.
"""

from __future__ import annotations

import re
from math import inf

from graphdiff.views.latex.names import OPERATORS

LONGEST = 4000  # characters of a formula that is measured: a longer one does not fit on any page
EQUALS, QUAD = 13.4, 10.0  # an = with its spaces, and a \quad

TOKEN = re.compile(
    r"\\left\\lfloor ?|\\left\\lceil ?|\\right\\rfloor|\\right\\rceil|\\(?:left|right)."
    r"|\\begin\{\w+\} ?| ?\\end\{\w+\}|\\lnot | \\(?:bmod|times) | \\\\ | & "
    r"| (?:[-+<>=/]|\\(?:cdot|le|ge|ne|land|lor)) |, |\\[a-zA-Z]+|\\.|[{}^_]|.",
    re.DOTALL,
)
RELATIONS = (" < ", " > ", " = ", r" \le ", r" \ge ", r" \ne ")
BINARY = 12.3  # a sign such as + with its spaces
WIDTHS = {
    " ": 0.0, "{": 0.0, "}": 0.0, "^": 0.0, "_": 0.0, r"\,": 1.7, ", ": 4.5, ",": 2.8, ".": 2.8, "'": 2.8,
    r" \cdot ": 7.3, r" \times ": BINARY, " / ": 5.0, " + ": BINARY, " - ": BINARY, "+": 7.8, "-": 7.8,
    r" \land ": 11.2, r" \lor ": 11.2, r"\lnot ": 6.7, r" \bmod ": 26.0, r"\ln": 10.0, r"\to": 15.6,
    r"\infty": 10.0, r"\partial": 5.6, r"\quad": QUAD, r"\colon": 5.0, "(": 3.9, ")": 3.9, "[": 2.8,
    "]": 2.8, "m": 8.8, "w": 7.2, "i": 3.5, "j": 4.2, "l": 3.0, "x": 5.8, r"\_": 5.0,
} | dict.fromkeys(RELATIONS, EQUALS)  # fmt: skip
# A bracket around no fraction, around one, around fractions in one another or cases; an invisible one.
BRACKETS = (3.9, 7.4, 8.3, 9.2)
NOTHING = 1.2
SPACE = 3.3  # in \text; elsewhere it has no width
TALLEST = len(BRACKETS) - 1
STYLES = (1.0, 1.0, 0.8, 0.7)  # display, text, script, scriptscript
# What a group adds to the width of its content, such as the sign of a root.
FRACTION, ADDED = 2.4, {"root": 9.5, r"\operatorname": 1.7, "script": 0.5}
SPECIAL = frozenset("\\{}^_[ ")  # a token that begins with another character is only added
NESTING = re.compile(r"\\frac|[{}]")


def width(formula: str) -> float:
    """About how many points wide a formula is in display style; infinite if it is not measured."""
    if len(formula) > LONGEST:
        return inf
    ruler = Ruler()
    ruler.read(formula)
    return ruler.length()


class Ruler:
    """Measures a formula that is read piece by piece.

    kind: what the next group is: "above" and "below" in a fraction, "root", "script",
    a command such as \\text, or "". style: an index of STYLES.
    """

    def __init__(self) -> None:
        self.kind, self.style, self.total = "", 0, 0.0
        self.before = ""  # the token that was read last
        self.opened: list[tuple[str, int, float]] = []  # of each open group: kind, style and width before it
        self.numerators: list[float] = []
        self.columns: list[list[float]] = []  # of the cases that are open
        self.column = 0
        # For each open bracket how high fractions are nested in it, and how many of its two sides are seen.
        self.brackets = [(0, 0)]

    def read(self, text: str) -> None:
        for token in TOKEN.findall(text):
            if token[0] in SPECIAL:
                self._read_special(token)
            else:
                self._add(token)
            self.before = token

    def length(self) -> float:
        """The width of what has been read; brackets that are still open end here."""
        total, highest = self.total, 0
        for height, sides in reversed(self.brackets):
            highest = max(highest, height)
            total += sides * BRACKETS[highest]
        return total

    def _read_special(self, token: str) -> None:
        if token == "{":
            self._open_group()
        elif token == "}" and self.opened:
            self._close_group()
        elif token.startswith("\\begin"):
            self._begin_cases()
        elif token in (" & ", " \\\\ ") or token.startswith(" \\end"):
            self._end_cell(token)
        elif token in ("^", "_"):
            if self.before.startswith("\\right"):  # an exponent makes the bracket around it higher
                self._raise(self.brackets[-1][0] + 1)
            self.kind = "script"
        elif token in ("\\frac", "\\tfrac"):
            self.kind = "above"
            self._raise(1 + sum(kind in ("above", "below") for kind, *_ in self.opened))
        elif token.startswith("\\left") and not token.endswith("t"):
            self.brackets.append((0, int(token != "\\left.")))
            self.total += 1.7
        elif token.startswith("\\right") and len(self.brackets) > 1:
            height, sides = self.brackets.pop()
            self._raise(height)
            sides += token != "\\right."
            self.total += sides * BRACKETS[height] + (2 - sides) * NOTHING
        elif token == "\\sqrt":
            self.kind = "root"
        elif token in ("\\mathrm", "\\text", "\\operatorname"):
            self.kind = token
        elif token != "[" or self.kind != "root":
            self._add(token)

    def _raise(self, height: int) -> None:
        """Make the innermost bracket at least so high."""
        known, sides = self.brackets[-1]
        self.brackets[-1] = (min(max(known, height), TALLEST), sides)

    def _open_group(self) -> None:
        self.opened.append((self.kind, self.style, self.total))
        if self.kind in ("above", "below"):
            self.style = min(self.style + 1, 3)
        elif self.kind == "script":
            self.style = min(max(2, self.style + 1), 3)
        self.kind, self.total = "", 0.0

    def _close_group(self) -> None:
        inside = self.total
        kind, self.style, self.total = self.opened.pop()
        if kind == "above":
            self.numerators.append(inside)
            self.kind = "below"
            return
        if kind == "below":
            inside = max(self.numerators.pop(), inside) + FRACTION
        self.total += inside
        self.total += ADDED.get(kind, 0.0)
        self.kind = ""

    def _begin_cases(self) -> None:
        self.opened.append(("cases", self.style, self.total))
        self.columns.append([0.0, 0.0])
        self._raise(TALLEST)
        self.style, self.total = max(self.style, 1), 0.0

    def _end_cell(self, token: str) -> None:
        if not self.columns:
            return
        widths = self.columns[-1]
        widths[self.column] = max(widths[self.column], self.total)
        self.column, self.total = int(token == " & "), 0.0
        if token.startswith(" \\end"):
            _, self.style, outside = self.opened.pop()
            self.total = outside + sum(self.columns.pop()) + 20.0

    def _add(self, token: str) -> None:
        is_script = self.kind == "script"
        style = max(self.style, 2) if is_script else self.style
        in_text = bool(self.opened) and self.opened[-1][0] == "\\text"
        natural = SPACE if in_text and token == " " else _natural(token)
        self.total += STYLES[style] * natural + 0.5 * is_script
        self.kind = self.kind if self.kind == "root" else ""


def _natural(token: str) -> float:
    """The width of a token in display style."""
    found = WIDTHS.get(token)
    if found is not None:
        return found
    if token.startswith(("\\left", "\\right")):
        return BRACKETS[0]
    if token[1:] in OPERATORS:
        return 4.5 * (len(token) - 1) + 1.0
    return 7.5 if token.isupper() else 5.0 if token.isdigit() else 5.3


def nesting(text: str) -> int:
    """How many fractions are nested in one another."""
    deepest = 0
    opened: list[int] = []  # for each open brace: 2 for a numerator, 1 for a denominator, else 0
    pending = 0
    for token in NESTING.findall(text):
        if token == "\\frac":
            pending = 2
        elif token == "{":
            opened.append(pending)
            deepest = max(deepest, sum(map(bool, opened)))
            pending = 0
        elif opened and opened.pop() == 2:
            pending = 1
    return deepest
