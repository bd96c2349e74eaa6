"""The picture in Mermaid, which GitHub and many notebooks draw."""

from __future__ import annotations

from collections.abc import Iterator

from graphdiff.drawing.picture import IDLE, Picture
from graphdiff.views.drawing.colors import LIGHT
from graphdiff.views.drawing.words import formula_lines, lines, number


def data(picture: Picture) -> bytes:
    return "".join(f"{line}\n" for line in _text(picture)).encode()


def _text(picture: Picture) -> Iterator[str]:
    yield "flowchart LR"
    for k, box in enumerate(picture.boxes):
        found = [line.text for line in lines(picture, box)[1:]]
        text = "<br/>".join(map(escaped, [*formula_lines(box), *found]))
        yield f'  n{k}["{text}"]:::{IDLE if box.state == IDLE else box.kind}'
    for arrow in picture.arrows:
        label = f'|"{escaped(number(picture.arithmetic, arrow.partial))}"|' if arrow.carries else ""
        line = "-->" if arrow.carries or picture.values is None else "-.->"
        yield f"  n{arrow.source} {line}{label} n{arrow.target}"
    for kind, fill in (("input", LIGHT.input), ("inner", LIGHT.box), ("output", LIGHT.output)):
        yield f"  classDef {kind} fill:{fill},stroke:{LIGHT.line},color:{LIGHT.ink}"
    yield f"  classDef {IDLE} fill:{LIGHT.box},stroke:{LIGHT.quiet},color:{LIGHT.quiet},stroke-dasharray:4"


def escaped(text: str) -> str:
    """A text as Mermaid's codes of characters, but for letters, digits and blanks."""
    return "".join(c if c.isalnum() or c == " " else f"#{ord(c)};" for c in text)
