"""The page: one file that opens from disk, with the picture and what one can do with it.

Its numbers come from the JavaScript that graphdiff derives; see `page/` for what the page does with
them. The Content-Security-Policy allows the one script and the one style sheet by their hashes, and
nothing else: no text of the program can run, and nothing is fetched.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from typing import Any

from graphdiff.diagnostics import printable
from graphdiff.drawing.live import Live, live
from graphdiff.drawing.picture import INPUT, Box, Picture
from graphdiff.graph import Operation
from graphdiff.notices import kinked
from graphdiff.views.drawing import mathml, script, svg
from graphdiff.views.drawing.order import steps, totals
from graphdiff.views.drawing.ranges import slider
from graphdiff.views.drawing.style import ROOT, STYLE
from graphdiff.views.drawing.words import MOST_DERIVATIVES, cut, derivative, lines, number
from graphdiff.views.explanation.sections import ZEROS

SMALLEST = 0.72  # the picture's scale on a narrow screen: then it scrolls
ROOM = 13  # columns of a number in a picture, at most
SCRIPTS = ("model", "write", "picture", "steps", "paths", "bump", "main")
LONGEST_PROGRAM = 2_000  # characters of the program's text that are shown
WORDS = {
    "forward": "Left to right: values",
    "backward": "Right to left: derivatives",
    "backward_of": "Right to left: derivatives of {of}",
    "zeros": {reason: templates[0] for reason, templates in ZEROS.items()},
}


def data(picture: Picture) -> bytes:
    return ("\n".join(_page(picture)) + "\n").encode()


def _page(picture: Picture) -> Iterator[str]:
    every = picture.outputs
    picture = picture._replace(outputs=every[:MOST_DERIVATIVES])  # all of them would be a square of numbers
    found = live(picture)
    stateful = _stateful(picture)
    texts = [_texts(picture, box, state) for box, state in zip(picture.boxes, stateful, strict=True)]
    drawn = svg.sheet(picture, texts, ROOM)
    marks = list(svg.key(picture, drawn.layout))
    width, height = svg.extent(drawn.layout, marks)
    narrow = f".picture svg{{width:clamp({width * SMALLEST:.0f}px,100%,{width:g}px)}}"
    style = "\n".join([STYLE, _file("page.css"), narrow])
    program = _script(picture, found, every)
    title = svg.title(picture)
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield (
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"script-src {_hash(program)}; style-src {_hash(style)}; base-uri 'none'; form-action 'none'\">"
    )
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    yield f"<title>{escape(title)}</title>"
    yield f"<style>{style}</style></head><body>"
    yield f"<header><h1>{escape(title)}</h1>"
    text = picture.graph.source.text.strip()
    yield f"<pre><code>{escape(cut(_lines(text), LONGEST_PROGRAM))}</code></pre></header><main>"
    yield from _inputs(picture)
    yield '<section class="picture" aria-labelledby="picture-title"><h2 id="picture-title">Picture</h2>'
    yield '<div class="scroll" tabindex="0" role="group" aria-label="The graph; scrolls sideways">'
    yield f'<svg viewBox="0 0 {width:g} {height:g}" class="{ROOT}" role="group" aria-label="{escape(title)}">'
    yield from svg.drawing(drawn, live=True)
    yield '<g aria-hidden="true">'
    yield from (line for mark in marks for line in mark.lines)
    yield "</g></svg></div></section>"
    yield _file("panels.html").replace("<!--bump-->", "".join(_bump(picture)))
    yield from _table(picture)
    yield "</main>"
    yield from _formulas(picture, found)
    yield f"<script>{program}</script></body></html>"


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _file(name: str) -> str:
    return (files(__package__) / "page" / name).read_text(encoding="utf-8").rstrip("\n")


def _lines(text: str) -> str:
    return "\n".join(printable(line.expandtabs(4)) for line in text.splitlines())


def _script(picture: Picture, found: Live, every: list[str]) -> str:
    """The script: the data, the derived function, and the files of the page."""
    known = json.dumps(_data(picture, found, every), separators=(",", ":")).replace("<", "\\u003c")
    parts = [f"const DATA = {known};", script.function(found), *(_file(f"{name}.js") for name in SCRIPTS)]
    whole = "\n".join(parts)
    return f'"use strict";\n(() => {{\n{whole}\n}})();'


def _data(picture: Picture, found: Live, every: list[str]) -> dict[str, Any]:
    """What the script knows. every: all outputs, on which it depends what is used."""
    values = picture.values
    assert values is not None
    index = {box.name: k for k, box in enumerate(picture.boxes) if box.name}
    boxes = [
        {
            "name": printable(box.name),
            "title": printable(cut(box.title, 120)),
            "kind": box.kind,
            "node": box.node,
        }
        for box in picture.boxes
    ]
    total = totals(picture)
    return {
        **script.data(picture, found),
        "names": [printable(name) for name in picture.graph.inputs],
        "start": [_plain(values.nodes[k]) for k in range(len(picture.graph.inputs))],
        "boxes": boxes,
        "arrows": [[a.source, a.target, int(t)] for a, t in zip(picture.arrows, total, strict=True)],
        "outputs": [index[of] for of in picture.outputs],
        "tops": [index[of] for of in every],
        "steps": steps(picture),
        "whole": len(index) == len(picture.graph.names),
        "words": WORDS,
    }


def _plain(value: float) -> float | str:
    """A number as JSON has it; the others as texts that JavaScript reads."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _stateful(picture: Picture) -> list[bool]:
    """For each box whether it can be at a kink, or in a branch that is not taken."""
    graph = picture.graph
    chooses = any(rule.lazy for rule, _ in graph.operations)
    owners = {graph.owner_of.get(node) for node in kinked(graph)}
    return [chooses or box.name in owners for box in picture.boxes]


def _texts(picture: Picture, box: Box, stateful: bool) -> list[svg.Text]:
    """The lines of a box, with one for each number and state that it can have."""
    found = [text for text in svg.box_texts(picture, box) if text.role == "title"]
    values = {line.role: line.text for line in lines(picture, box) if line.role != "derivative"}
    found.append(svg.Text("value", [(values.get("value", "undefined"), "")]))
    if stateful:
        found.append(svg.Text("state", [(values.get("state", ""), "")]))
    slopes = dict(box.derivatives)
    for j, of in enumerate(picture.outputs):
        head = f"{derivative(of, box)} = "
        shown = number(picture.arithmetic, slopes[of]) if of in slopes else "0"
        attributes = f' data-of="{j}" data-head="{escape(head)}"'
        found.append(svg.Text("derivative", [(head + shown, "")], attributes))
    return found


def _inputs(picture: Picture) -> Iterator[str]:
    """A slider and a field for each input."""
    assert picture.values is not None
    yield '<section class="inputs" aria-labelledby="inputs-title">'
    yield '<h2 id="inputs-title">Inputs</h2><div class="list">'
    for k, name in enumerate(picture.graph.inputs):
        value = picture.values.nodes[k]
        low, high, step = slider(picture.graph, name, value)
        label = escape(cut(printable(name), 40))
        bounds = f'min="{low:.15g}" max="{high:.15g}" step="{step:.15g}" value="{_plain(value)}"'
        yield f'<div class="input"><label for="field{k}">{label}</label>'
        yield f'<input type="range" aria-label="{label}, slider" {bounds}>'
        yield f'<input type="text" inputmode="decimal" id="field{k}" value="{_plain(value)}"></div>'
    yield '</div><p class="row"><button type="button" id="reset">Reset</button>'
    yield '<a id="link" href="#">Link to these values</a></p></section>'


def _bump(picture: Picture) -> Iterator[str]:
    for k, name in enumerate(picture.graph.inputs):
        yield f'<option value="{k}">{escape(cut(printable(name), 40))}</option>'


def _table(picture: Picture) -> Iterator[str]:
    heads = ["name", "value", *(f"d{cut(printable(of), 24)}/d(name)" for of in picture.outputs)]
    cells = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    yield '<details id="numbers"><summary>All numbers, with all digits</summary>'
    yield f'<div class="scroll" tabindex="0"><table><thead><tr>{cells}</tr></thead>'
    yield "<tbody></tbody></table></div></details>"


def _formulas(picture: Picture, found: Live) -> Iterator[str]:
    """The formulas of boxes and partials, for the script to copy."""
    graph, tape = picture.graph, found.program.tape
    box_of = {box.node: k for k, box in enumerate(picture.boxes)}
    on_tape = {node: k for k, node in reversed(list(enumerate(found.nodes)))}

    def leaf(node: int) -> str:
        if node in graph.name_of:
            return mathml.name(graph.name_of[node], box_of.get(node))
        if node in box_of:
            return mathml.name(picture.boxes[box_of[node]].formula, box_of[node])
        return mathml.number(graph.constants[node - len(graph.inputs)])

    def tape_leaf(node: int) -> str:
        if node in on_tape:
            box = picture.boxes[on_tape[node]]
            return mathml.name(box.name or box.formula, on_tape[node])
        text = str(tape.nodes[node][1])
        return mathml.name(text) if text in graph.inputs else mathml.number(text)

    yield '<template id="formulas">'
    stop = {*box_of, *graph.name_of}
    for k, box in enumerate(picture.boxes):
        if box.kind == INPUT:
            continue
        operations: dict[int, Operation] = {
            n: graph.operation(n) for n in reversed(graph.beneath(box.node, stop))
        }
        if (markup := mathml.formula(operations, box.node, leaf)) is not None:
            yield f'<div data-formula="{k}"><math><mrow>{markup}</mrow></math></div>'
    for k, partial in enumerate(found.formulas):
        if partial is None:
            continue
        inner = _beneath(tape.nodes, partial, on_tape)
        markup = None if inner is None else mathml.formula(inner, partial, tape_leaf)
        if markup is not None:
            yield f'<div data-partial="{k}"><math><mrow>{markup}</mrow></math></div>'
    yield "</template>"


def _beneath(nodes: Any, root: int, stop: dict[int, int]) -> dict[int, Operation] | None:
    """The operations of an expression on a tape, down to the boxes, in topological order; None if long."""
    found: dict[int, Operation] = {}
    pending = [root]
    while pending and len(found) <= mathml.MOST_OPERATIONS:
        node = pending.pop()
        rule, arguments = nodes[node]
        if rule is not None and node not in found and node not in stop:
            found[node] = (rule, arguments)
            pending += arguments
    return None if pending else dict(sorted(found.items()))
