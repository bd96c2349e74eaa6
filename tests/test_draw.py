"""`graphdiff draw`: pictures that say what the sweeps say, in every format."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from boxes import arrows, frames
from rich.cells import cell_len
from shell import LECTURE, environment, graphdiff
from shell import answer as command

from graphdiff.answers import answer
from graphdiff.arithmetic.floats import FLOATS
from graphdiff.diagnostics import GraphdiffError
from graphdiff.drawing.layout import Rectangle
from graphdiff.drawing.picture import MOST_BOXES, Picture, picture
from graphdiff.parsing import parse
from graphdiff.sweep import evaluate
from graphdiff.views.drawing import stacked, style, svg, terminal, written
from graphdiff.views.drawing.ranges import slider
from graphdiff.views.drawing.words import number, typeset
from graphdiff.views.screen import Screen

POINT = {"a": 5.0, "b": 3.0, "c": 2.0}
PROGRAMS = {
    "lecture": (LECTURE, POINT),
    "chain": ("d=sin(c); c=exp(b); b=a^2", {"a": 0.5}),
    "diamond": ("q=w*y-x; y=x+z; z=sin(x)*w; w=x^2", {"x": 1.2}),
    "greek": ("손실=(예측-목표)^2; 예측=θ*입력", {"목표": 1.0, "θ": 0.5, "입력": 3.0}),
    "branch": ("z=abs(y); y=where(x>0, s, 0)+max(x, k); s=sqrt(x)", {"x": -1.0, "k": -1.0}),
    "two outputs": ("J=a*b; K=a/b; L=J+c", {"a": 1.0, "b": 2.0, "c": 3.0}),
}  # fmt: skip


def drawn(text: str, point: dict[str, float] | None, **narrowing: Any) -> Picture:
    graph = parse(text)
    return picture(graph, None if point is None else evaluate(graph, point), **narrowing)


def random_program(rng: random.Random, count: int) -> tuple[str, dict[str, float]]:
    """Definitions of sums of products of earlier names, with a few inputs."""
    names, found = ["x", "y", "z"], []
    for k in range(count):
        used = rng.sample(names[-12:], min(len(names), rng.randint(1, 4)))
        found.append(f"n{k} = 1 + {' + '.join(used)}")
        names.append(f"n{k}")
    return "; ".join(found), {name: 1.0 for name in "xyz" if name in parse("; ".join(found)).inputs}


def rows(found: Picture, width: int, unicode: bool = True) -> list[str]:
    return list(terminal.lines(found, Screen(False, width, unicode)))


# The model.


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_picture_has_the_numbers_of_eval(name: str) -> None:
    text, point = PROGRAMS[name]
    graph = parse(text)
    found, told = drawn(text, point), answer(graph, point, FLOATS, with_edges=True)
    for box in found.boxes:
        if box.value is not None:
            assert box.value == told.value(box.name)
        for of, slope in box.derivatives:
            assert slope == told.slopes[of][box.name]
    assert told.edges is not None
    edges = {(found.boxes[a.target].name, found.boxes[a.source].name): a.partial for a in found.arrows}
    told_edges = {(of, by): value for of, by, value in told.edges if value == value}
    assert {key: edges[key] or 0.0 for key in told_edges} == told_edges


def test_an_operation_without_a_name_is_folded_into_the_box_that_uses_it() -> None:
    assert [box.title for box in drawn("y = sin(a*b) + 2*pi", None).boxes] == [
        "a",
        "b",
        "y = sin(a*b) + 2*pi",
    ]
    every = [box.title for box in drawn("y = sin(a*b) + 2*pi", None, every=True).boxes]
    assert every == ["a", "b", "a*b", "sin(a*b)", "y = sin(a*b) + 2*pi"]


def test_narrowing_leaves_the_paths_that_were_asked_for() -> None:
    def names(**narrowing: list[str]) -> list[str]:
        return [box.name for box in drawn("J=3*v; v=a+u; u=b*c; K=a*a", None, **narrowing).boxes]

    assert names(of=["u"]) == ["b", "c", "u"]
    assert names(only=["b"]) == ["b", "u", "v", "J"]
    assert names(wrt=["b"]) == ["a", "b", "c", "u", "v", "J"]
    assert names(of=["K"], wrt=["a"]) == ["a", "K"]
    assert drawn("J=b; K=a", None, only=["a"]).outputs == ["K"]


def test_what_is_undefined_or_not_used_or_at_a_kink_is_told_apart() -> None:
    found = drawn("y = a*s + max(b, c) + where(x > 0, t, 0); s = sqrt(x); t = log(x)",
                  {"a": 1, "x": -1, "b": 2, "c": 2})  # fmt: skip
    assert {box.name: box.state for box in found.boxes if box.state} == {
        "s": "undefined", "t": "idle", "y": "undefined",
    }  # fmt: skip
    assert all(box.value is None and not box.derivatives for box in found.boxes if box.state == "undefined")
    found = drawn("y = max(b, c)", {"b": 2, "c": 2})
    assert [box.state for box in found.boxes] == ["", "", "kink"]
    assert [notice.code for notice in found.notices] == ["kink"]


def test_a_picture_that_nobody_could_read_is_refused_with_a_way_to_narrow_it() -> None:
    text = "; ".join(f"n{k} = x + {k}" for k in range(MOST_BOXES + 1))
    with pytest.raises(GraphdiffError, match="1,502 boxes") as error:
        drawn(text, None)
    assert "--of" in error.value.diagnostic.hint


# In the terminal.


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_lines_lead_where_the_arrows_do(name: str, width: int) -> None:
    """The drawn lines, followed character by character, give the arrows and their partials."""
    found = drawn(*PROGRAMS[name])
    shown = rows(found, width)
    assert max(map(cell_len, shown)) <= width
    check_lines(found, shown)


def check_lines(found: Picture, shown: list[str]) -> None:
    titles = [box.title for box in found.boxes]
    boxes = frames(shown, titles)
    if len(boxes) < len(titles) or not any(mark in row for row in shown for mark in "├┬"):
        return  # titles cut, or a column of boxes: see below
    expected = {
        (titles[a.source], titles[a.target], number(FLOATS, a.partial) if a.carries else "")
        for a in found.arrows
    }
    assert arrows(shown, titles) == expected


@pytest.mark.parametrize("seed", range(12))
def test_the_lines_of_random_programs_can_be_followed(seed: int) -> None:
    rng = random.Random(seed)
    text, point = random_program(rng, rng.randint(2, 30))
    found = drawn(text, point)
    for width in (60, 100, 1000):
        shown = rows(found, width)
        assert max(map(cell_len, shown)) <= width
        check_lines(found, shown)


def test_the_reference_example_fits_eighty_columns_sideways() -> None:
    shown = rows(drawn(LECTURE, POINT), 80)
    assert len(arrows(shown, ["a", "b", "c", "u = b*c", "v = a+u", "J = 3*v"])) == 5
    box = frames(shown, ["u = b*c"])["u = b*c"]
    assert box.lines == ["u = b*c", "6", "dJ/du = 3"]


@pytest.mark.parametrize("width", [40, 80])
def test_where_lines_do_not_fit_each_arrow_has_the_name_that_it_comes_from(width: int) -> None:
    found = drawn(*random_program(random.Random(1), 100))
    shown = list(stacked.lines(found, Screen(width=width), width))
    assert max(map(cell_len, shown)) <= width
    assert sum(row.count("▶") + row.count("▼") for row in shown) == len(found.arrows)


def test_ascii_and_no_color() -> None:
    found = drawn(LECTURE, POINT)
    assert "".join(rows(found, 80, unicode=False)).isascii()
    assert "".join(rows(drawn(*PROGRAMS["greek"]), 40, unicode=False)).isascii()
    arguments = ["draw", LECTURE, "--a", "5", "--b", "3", "--c", "2"]
    assert "\x1b[31mdJ/db = 6\x1b[0m" in command(*arguments, "--color", "always").out
    assert "\x1b" not in graphdiff(*arguments, env=environment(FORCE_COLOR="1")).out


def test_without_values_the_structure_is_drawn() -> None:
    shown = rows(drawn(LECTURE, None), 80)
    assert {(a, b) for a, b, _ in arrows(shown, ["a", "b", "c", "u = b*c", "v = a+u", "J = 3*v"])} == {
        ("a", "v = a+u"), ("u = b*c", "v = a+u"), ("b", "u = b*c"), ("c", "u = b*c"), ("v = a+u", "J = 3*v"),
    }  # fmt: skip
    assert "=" not in "".join(shown).replace("u = b*c", "").replace("v = a+u", "").replace("J = 3*v", "")


def test_hostile_names_take_one_line_each() -> None:
    long = "n" * 200
    found = drawn(f"y = {long} + 1", {long: 2.0})
    for width in (40, 80, 200):
        assert max(map(cell_len, rows(found, width))) <= width


# Files.

HOSTILE = "J = a + b # </script><script>alert(1)</script> ]]> \u202e --> \x1b[31m"


def elements(text: str) -> list[ET.Element]:
    return list(ET.fromstring(text).iter())


def overlap(one: Rectangle, other: Rectangle) -> bool:
    apart_x = one.x + one.width <= other.x or other.x + other.width <= one.x
    return not (apart_x or one.y + one.height <= other.y or other.y + other.height <= one.y)


@pytest.mark.parametrize("seed", range(6))
def test_nothing_lies_on_a_box_or_on_a_label(seed: int) -> None:
    """From the geometry: boxes, labels, and the lines of the arrows followed in small steps."""
    rng = random.Random(seed)
    text, point = random_program(rng, rng.randint(3, 40))
    sheet = svg.sheet(drawn(text, point))
    layout = sheet.layout
    height = style.SIZE["label"]
    labels = [
        Rectangle(x - (wide := len(label) * height * style.ADVANCE) / 2, y - 4 - height, wide, height)
        for label, (x, y) in zip(sheet.labels, (route.label for route in layout.routes), strict=True)
        if label
    ]
    for one, other in combinations([*layout.boxes, *labels], 2):
        assert not overlap(one, other)
    for arrow, route in zip(sheet.picture.arrows, layout.routes, strict=True):
        ends = {arrow.source, arrow.target}
        for x, y in along(route.points):
            assert 0 <= x <= layout.width
            assert 0 <= y <= layout.height
            for k, box in enumerate(layout.boxes):
                inside = box.x + 1 < x < box.x + box.width - 1 and box.y < y < box.y + box.height
                assert not inside or k in ends, (text, arrow, k)


def along(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    found = []
    for k in range(0, len(points) - 1, 3):
        piece = points[k : k + 4]
        for n in range(21):
            t = n / 20
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            found.append(tuple(sum(w * p[i] for w, p in zip(weights, piece, strict=True)) for i in (0, 1)))
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_text_stays_in_its_box(name: str) -> None:
    sheet = svg.sheet(drawn(*PROGRAMS[name]))
    for texts, box in zip(sheet.texts, sheet.layout.boxes, strict=True):
        widest = max(text.columns * style.SIZE[text.role] * style.ADVANCE for text in texts)
        assert widest + 2 * svg.PAD_X <= box.width + 1
        assert sum(style.SIZE[text.role] * svg.LEADING for text in texts) <= box.height


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_svg_is_xml_with_text_a_title_and_both_kinds_of_arrows(name: str) -> None:
    found = drawn(*PROGRAMS[name])
    shown = elements(written(found, "svg").decode())
    told = "".join(element.text or "" for element in shown if element.tag.endswith(("text", "tspan")))
    for box in found.boxes:
        assert box.name in told
    assert next(e.text or "" for e in shown if e.tag.endswith("title")).startswith("Computation graph of")
    rules = next(e.text or "" for e in shown if e.tag.endswith("style"))
    assert "prefers-color-scheme:dark" in rules
    assert ".back{stroke-dasharray" in rules  # red is not the only sign
    backward = [e for e in shown if e.get("class") == "back"]
    assert len([e for e in backward if e.get("data-arrow")]) == sum(a.carries for a in found.arrows)


def test_the_same_picture_is_the_same_bytes() -> None:
    for form in ("svg", "dot", "mmd"):
        assert written(drawn(LECTURE, POINT), form) == written(drawn(LECTURE, POINT), form)


@pytest.mark.parametrize("form", ["svg", "dot", "mmd"])
def test_hostile_text_is_shown_as_text(form: str) -> None:
    """A function's name and a long formula reach the picture; comments do not."""
    found = written(drawn(HOSTILE, {"a": 1, "b": 2}), form).decode()
    assert "alert" not in found
    graph = drawn("y = where(a < b and b > 1, a, b)", {"a": 1, "b": 2})
    found = written(graph, form).decode()
    assert "a < b" not in found
    if form == "svg":
        assert any("a < b and b > 1" in (e.text or "") for e in elements(found))


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
@pytest.mark.parametrize("name", PROGRAMS)
def test_dot_reads_the_dot_text(name: str) -> None:
    for point in (PROGRAMS[name][1], None):
        found = drawn(PROGRAMS[name][0], point)
        done = subprocess.run(
            ["dot", "-Tjson0"], input=written(found, "dot"), capture_output=True, check=True
        )
        assert b"rror" not in done.stderr
        read = json.loads(done.stdout)
        assert len(read["edges"]) == len(found.arrows)
        assert len([o for o in read["objects"] if "nodes" not in o]) == len(found.boxes)


MODULES = Path(os.environ.get("GRAPHDIFF_NODE_MODULES", "node_modules")).resolve()
MERMAID = """
import {JSDOM} from "jsdom";
import {readFileSync} from "node:fs";
const page = new JSDOM("");
Object.assign(globalThis, {window: page.window, document: page.window.document});
const {default: mermaid} = await import("mermaid");
console.log((await mermaid.parse(readFileSync(0, "utf8"))).diagramType);
"""


@pytest.mark.skipif(not (MODULES / "mermaid").exists(), reason="mermaid is not installed")
@pytest.mark.parametrize("text", [LECTURE, "end = where(a<b and c>1, subgraph, -1e-5^2); class = end"])
def test_mermaid_reads_the_mermaid_text(text: str) -> None:
    for point in (dict.fromkeys(parse(text).inputs, 2.0), None):
        done = subprocess.run(
            ["node", "--input-type=module", "-e", MERMAID], input=written(drawn(text, point), "mmd"),
            capture_output=True, check=True, cwd=MODULES.parent,
        )  # fmt: skip
        assert done.stdout.strip() == b"flowchart-v2"


def test_the_picture_of_the_readme_is_up_to_date() -> None:
    """UPDATE_TRANSCRIPTS=1 writes it again, and fails where that changed it."""
    path = Path(__file__).parents[1] / "docs" / "graph.svg"
    now = written(drawn(LECTURE, POINT), "svg")
    before = path.read_bytes() if path.exists() else b""
    if os.environ.get("UPDATE_TRANSCRIPTS"):
        path.write_bytes(now)
    assert now == before


def test_png_and_pdf() -> None:
    assert written(drawn(LECTURE, POINT), "png").startswith(b"\x89PNG\r\n\x1a\n")
    assert written(drawn(LECTURE, POINT), "pdf").startswith(b"%PDF-")


def test_formulas_are_typeset() -> None:
    assert typeset("3*x^2 - y**10*z^-1") == "3\u00b7x\u00b2 - y\u00b9\u2070\u00b7z\u207b\u00b9"
    assert typeset("x^2.5 + x^y + 2^3^x + a**b") == "x^2.5 + x^y + 2^3^x + a^b"


def test_without_the_extra_the_message_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    result = command("draw", LECTURE, "--to", "svg")
    assert result.status == 2
    assert "graphdiff-cli[draw]" in result.err
    assert command("draw", LECTURE, "--to", "dot").status == 0
    assert command("draw", LECTURE, "--to", "mmd").status == 0
    assert command("draw", LECTURE).status == 0


def test_a_file_is_replaced_when_the_new_one_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "graph.dot"
    path.write_text("old")
    path.chmod(0o640)
    assert command("draw", LECTURE, "--a", "x", "-o", str(path)).status == 2
    assert path.read_text() == "old"
    assert command("draw", LECTURE, "-o", str(path)).status == 0
    assert path.read_text().startswith("digraph")
    assert path.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in tmp_path.iterdir()] == ["graph.dot"]
    refused = command("draw", LECTURE, "-o", str(tmp_path / "no" / "graph.dot"))
    assert refused.status == 2
    assert "cannot write" in refused.err


def test_the_format_is_that_of_the_suffix_or_of_to(tmp_path: Path) -> None:
    assert command("draw", LECTURE, "-o", str(tmp_path / "graph.xyz")).status == 2
    assert command("draw", LECTURE, "-o", str(tmp_path / "graph.xyz"), "--to", "dot").status == 0
    assert command("draw", LECTURE, "-o", "-", "--to", "dot").out.startswith("digraph")
    assert ".svg, .png" in command("draw", LECTURE, "-o", str(tmp_path / "graph")).err


def test_a_slider_has_the_declared_range_or_one_around_the_value() -> None:
    graph = parse("input b = 3 in 0..10; y = a*b")
    assert slider(graph, "b", 3.0)[:2] == (0.0, 10.0)
    for value in (5.0, 0.3, 123.0, 2e-9, 1e15, -7.0, 0.0, float("inf")):
        low, high, step = slider(graph, "a", value)
        assert low < high
        assert 100 <= (high - low) / step <= 10_000
        assert low <= value <= high or abs(value) > 1e12
    assert slider(graph, "a", 5.0) == (0.0, 10.0, 0.01)


def test_open_shows_the_page_in_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def open_(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr("webbrowser.open", open_)
    assert command("draw", LECTURE, "--open").status == 0
    (address,) = opened
    path = Path(address.removeprefix("file://"))
    assert b"<title>Computation graph of J</title>" in path.read_bytes()
    shutil.rmtree(path.parent)
    assert command("draw", LECTURE, "--open", "-o", "x.html").status == 2
    monkeypatch.setattr("webbrowser.open", lambda address: False)
    refused = command("draw", LECTURE, "--open")
    assert refused.status == 2
    assert "graph.html yourself" in refused.err


def test_the_page_of_the_reference_example_is_small_and_grows_with_the_program() -> None:
    assert len(written(drawn(LECTURE, POINT), "html")) < 100_000
    sizes = []
    for count in (100, 200):
        text = "; ".join(["n0 = x*y", *(f"n{k} = sin(n{k - 1}) + y" for k in range(1, count))])
        sizes.append(len(written(drawn(text, {"x": 1.0, "y": 2.0}), "html")))
    assert sizes[1] < 2.2 * sizes[0]
