"""`graphdiff draw`: pictures that say what the sweeps say, in every format."""

from __future__ import annotations

import random
from typing import Any

import pytest
from boxes import arrows, frames
from rich.cells import cell_len
from shell import LECTURE, environment, graphdiff
from shell import answer as command

from graphdiff.answers import answer
from graphdiff.arithmetic.floats import FLOATS
from graphdiff.diagnostics import GraphdiffError
from graphdiff.drawing.picture import MOST_BOXES, Picture, picture
from graphdiff.parsing import parse
from graphdiff.sweep import evaluate
from graphdiff.views.drawing import stacked, terminal
from graphdiff.views.drawing.words import number
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
    with pytest.raises(GraphdiffError, match="1,202 boxes") as error:
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
