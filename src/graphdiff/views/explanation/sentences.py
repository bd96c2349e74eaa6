"""What sentences are made of: templates, with the formulas and pieces of a program that fill them."""

from __future__ import annotations

import re
from collections.abc import Iterable

FIELD = re.compile(r"\{(\w+)\}")


class Math(str):
    """A part of a sentence that is a formula."""


class Excerpt(str):
    """A part of a sentence that is a piece of the program."""


Sentence = tuple[str, ...]


def sentence(template: str, **fields: str | Sentence) -> Sentence:
    """A template whose `{fields}` become formulas, excerpts or parts of other sentences."""
    found: list[str] = []
    for k, text in enumerate(FIELD.split(template)):
        part = fields[text] if k % 2 else text
        found += [part] if isinstance(part, str) else part
    return tuple(part for part in found if part)


def listed(formulas: Iterable[str]) -> Sentence:
    """`a, b and c`."""
    first, *others = map(Math, formulas)
    found: list[str] = [first]
    for k, part in enumerate(others, 1):
        found += [" and " if k == len(others) else ", ", part]
    return tuple(found)
