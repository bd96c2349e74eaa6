r"""Names, derivatives and pieces of a program in LaTeX, in ASCII, which every engine accepts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

from graphdiff.rules import TABLE
from graphdiff.views.code.names import in_ascii

COMMAND = re.compile(r"\\([a-zA-Z]+)")
CONSTANT_SYMBOLS = {"pi": r"\pi", "e": r"\mathrm{e}", "tau": r"\tau", "inf": r"\infty"}
LETTERS = frozenset((
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu",
    "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
    "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega",
))  # fmt: skip
# The commands that TeX sets as operators: the names of functions, except letters such as \Gamma.
OPERATORS = frozenset(COMMAND.findall(" ".join(r.latex for r in TABLE if "%s" not in r.latex))) - LETTERS
ACCENTS = {
    "\u0300": r"\grave", "\u0301": r"\acute", "\u0302": r"\hat", "\u0303": r"\tilde", "\u0304": r"\bar",
    "\u0306": r"\breve", "\u0307": r"\dot", "\u0308": r"\ddot", "\u030a": r"\mathring", "\u030c": r"\check",
    "\u20d7": r"\vec",
}  # fmt: skip
DOTLESS = {"i": r"\imath", "j": r"\jmath"}  # under an accent
PARTS = re.compile(r"(.*?[^\d_])(?:_(.+)|(\d+))")
MARKS = {
    "\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}", "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip


class Symbols:
    """The names of a program, and its derivatives, as they are written."""

    def __init__(self, names: Collection[str], constants: Collection[str]) -> None:
        # Formulas of rules bring in a pi, and e, also where the program does not have them.
        brought = {name for name in ("pi", "e") if name not in names}
        taken = [text for name, text in CONSTANT_SYMBOLS.items() if name in brought or name in constants]
        self.names = symbols(names, taken)

    def name(self, name: str) -> str:
        return self.names[name]

    def derivative(self, of: str, wrt: str) -> str:
        return self._quotient(r"\mathrm{d}", of, wrt)

    def partial(self, of: str, wrt: str) -> str:
        return self._quotient(r"\partial ", of, wrt)

    def second(self, of: str, wrt: str) -> str:
        above, below = self._change(r"\mathrm{d}^2", of), self._change(r"\mathrm{d}", wrt)
        return rf"\frac{{{above}}}{{{below}^2}}"

    def _quotient(self, sign: str, of: str, wrt: str) -> str:
        return rf"\frac{{{self._change(sign, of)}}}{{{self._change(sign, wrt)}}}"

    def _change(self, sign: str, name: str) -> str:
        """A d and a name, which read as one symbol; with a thin space where the name is a word."""
        text = self.name(name)
        return rf"{sign.rstrip()}\,{text}" if text.startswith(r"\mathrm") else f"{sign}{text}"


def symbols(names: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """How each name is written: no two alike, and none as anything in `taken`."""
    found: dict[str, str] = {}
    used = set(taken)
    for name in names:
        text = symbol(name)
        if text in used:  # x1 and x_1 are both x with the index 1, and two different names
            text = upright(name)
        found[name] = numbered(text, used)
        used.add(found[name])
    return found


def numbered(text: str, used: set[str]) -> str:
    """A text, with an index from 2 on if it is used already."""
    free, count = text, 1
    while free in used:
        count += 1
        free = f"{text}_{{{count}}}"
    return free


def symbol(name: str) -> str:
    """A name with its index as a subscript: x1 and x_1 are x with the index 1."""
    found = PARTS.fullmatch(name)
    if found is None:
        return _word(name)
    base, index, digits = found.groups()
    return f"{_word(base)}_{{{digits or _word(index)}}}"


def upright(word: str) -> str:
    return rf"\mathrm{{{escaped(in_ascii(word))}}}"


def _word(word: str) -> str:
    """One letter, a Greek one by its name, perhaps with an accent; a number; or an upright word."""
    letter, accent = _accented(word)
    if accent:
        return f"{accent}{{{DOTLESS.get(letter) or _word(letter)}}}"
    if len(word) == 1 and not word.isascii():
        word = _greek(word) or word
    if word in LETTERS:
        return f"\\{word}"
    if word.isascii() and (len(word) == 1 or word.isdigit()) and word != "_":
        return word
    return upright(word)


def _accented(word: str) -> tuple[str, str]:
    """A single letter and its accent; the word and "" for anything else."""
    parts = unicodedata.normalize("NFD", word)
    if len(parts) == 2 and parts[1] in ACCENTS and (parts[0].isascii() or _greek(parts[0])):
        return parts[0], ACCENTS[parts[1]]
    return word, ""


def _greek(letter: str) -> str:
    """The name of a Greek letter; "" for other letters and for those that LaTeX does not have."""
    words = unicodedata.name(letter, "").split()
    if words[:1] != ["GREEK"] or "LETTER" not in words[:3] or len(words) > 4:
        return ""
    name = words[-1].lower().replace("lamda", "lambda")
    name = name.capitalize() if words[1] == "CAPITAL" else name
    return name if name in LETTERS else ""


def escaped(text: str) -> str:
    """Text of a program outside of formulas; letters that are not ASCII become formulas."""
    found = ""
    for cluster in re.findall(r".[\u0300-\u036f\u20d7]*", unicodedata.normalize("NFC", text), re.DOTALL):
        if not cluster.isascii():
            found += f"${_word(cluster)}$"
        else:
            found += MARKS.get(cluster, f"\\{cluster}" if cluster in "#$%&_{}" else cluster)
    return found
