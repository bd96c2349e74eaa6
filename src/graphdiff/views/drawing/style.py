"""The style sheet of an SVG picture. Each rule is for the picture alone: a notebook has other pictures."""

from __future__ import annotations

from collections.abc import Mapping

from graphdiff.views.drawing.colors import DARK, LIGHT, Colors

FONTS = "ui-monospace,'SF Mono',SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"
ADVANCE = 0.61  # the width of a character of these fonts, at most, in parts of its size
SIZE = {"title": 14.0, "value": 16.0, "state": 12.0, "derivative": 13.0, "label": 12.0, "legend": 12.0}
ROOT = "graphdiff"  # the class of the picture

SHAPES = {
    "text": f"font-family:{FONTS};white-space:pre;direction:ltr;unicode-bidi:isolate",
    **{f".{role}": f"font-size:{size:g}px" for role, size in SIZE.items()},
    ".name": "font-weight:700",
    ".label": "font-size:12px;text-anchor:middle;paint-order:stroke;stroke-width:4px;stroke-linejoin:round",
    ".box rect": "stroke-width:1.2",
    ".output rect": "stroke-width:2.4",
    ".idle rect": "stroke-dasharray:5 4",
    ".arrow,.back": "fill:none;stroke-width:1.5",
    ".back": "stroke-dasharray:5 3",
    ".arrow.idle": "stroke-dasharray:1.5 4",
}


def painted(colors: Colors) -> dict[str, str]:
    """The rules that give colours."""
    return {
        ".paper": f"fill:{colors.paper}",
        ".box rect": f"fill:{colors.box};stroke:{colors.line}",
        ".input rect": f"fill:{colors.input}",
        ".output rect": f"fill:{colors.output}",
        "text": f"fill:{colors.ink}",
        ".derivative": f"fill:{colors.derivative}",
        ".state": f"fill:{colors.state}",
        ".legend,.idle text": f"fill:{colors.quiet}",
        ".label": f"stroke:{colors.paper}",
        ".arrow": f"stroke:{colors.line}",
        ".head": f"fill:{colors.line}",
        ".back": f"stroke:{colors.derivative}",
        ".tip": f"fill:{colors.derivative}",
        ".arrow.idle": f"stroke:{colors.quiet}",
        ".head.idle": f"fill:{colors.paper};stroke:{colors.quiet}",
    }


def _sheet(rules: Mapping[str, str]) -> str:
    """The rules as text, each selector within the picture."""
    return "".join(
        f"{','.join(f'.{ROOT} {part}' for part in selector.split(','))}{{{declarations}}}"
        for selector, declarations in rules.items()
    )


STYLE = (
    _sheet(SHAPES) + _sheet(painted(LIGHT)) + f"@media (prefers-color-scheme:dark){{{_sheet(painted(DARK))}}}"
)
