"""Names of a program, changed to legal and distinct names of another language."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable


def words(text: str) -> frozenset[str]:
    """The set of the words of a text."""
    return frozenset(text.split())


def in_ascii(name: str) -> str:
    """A name in ASCII letters, digits and underscores: θ is theta, é is e, and и is u0438."""
    return "".join(map(_character, unicodedata.normalize("NFKD", name)))


def _character(character: str) -> str:
    if character.isascii():
        return character if character.isalnum() or character == "_" else f"u{ord(character):04x}"
    if unicodedata.combining(character):
        return ""
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    words = unicodedata.name(character, "").split()
    if words[:1] == ["GREEK"] and "LETTER" in words:
        letter = words[words.index("LETTER") + 1].lower().replace("lamda", "lambda")
        return letter.capitalize() if "CAPITAL" in words else letter
    return f"u{ord(character):04x}"


class Names:
    """The name in a language for each name of a program: legal, and no two the same.

    reserved: what no variable may be called. safe: makes a legal name of an ASCII one.
    With `fold`, upper and lower case are the same. longest: names are no longer than this.
    """

    def __init__(
        self,
        reserved: Iterable[str],
        safe: Callable[[str], str] = str,
        fold: bool = False,
        longest: int = 200,
    ) -> None:
        self._fold: Callable[[str], str] = str.lower if fold else str
        self._taken = set(map(self._fold, reserved))
        self._safe = safe
        self._longest = longest
        self._known: dict[str, str] = {}
        self._counts: dict[str, int] = {}  # how often each name was wished for: the number to try next

    def __getitem__(self, name: str) -> str:
        """The name in the language; the first that asks for a name gets it unchanged."""
        if name not in self._known:
            self._known[name] = self.fresh(self._safe(in_ascii(name)))
        return self._known[name]

    def fresh(self, wish: str) -> str:
        """A name in the language that nothing else has."""
        wish = wish[: self._longest]
        free, count = wish, self._counts.get(wish, 1)
        while self._fold(free) in self._taken:
            count += 1
            ending = "_" if count == 2 else f"_{count}"
            free = wish[: self._longest - len(ending)] + ending
        self._counts[wish] = count
        self._taken.add(self._fold(free))
        return free
