"""Markdown tables, read back by markdown-it: cells show the text that they were made of."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from shell import answer

from graphdiff.views.markdown import WIDEST, code, escaped, table

TEXTS = st.text("ab_1*`<>|&\\\\[]()!~#$ :-+.;{}\"'é\n")


def shown(text: str) -> list[list[str]]:
    """The cells of a table, row by row, as a reader sees them."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            children = token.children or []
            assert {child.type for child in children} <= {"text", "text_special", "code_inline"}, text
            rows[-1].append("".join(child.content for child in children))
    return rows


def one_line(text: str) -> str:
    return text.replace("\n", " ").strip(" ")


@given(TEXTS, TEXTS)
def test_escaped_text_is_shown_as_it_is(first: str, second: str) -> None:
    lines = table([escaped(first), "b"], [[escaped(second), escaped(first)]], left=1)
    assert shown("\n".join(lines)) == [[one_line(first), "b"], [one_line(second), one_line(first)]]


@given(TEXTS.filter(lambda text: text.split()))
def test_code_is_shown_as_it_is(text: str) -> None:
    assert shown("\n".join(table(["a"], [[code(text)]], left=1))) == [["a"], [" ".join(text.split())]]


def test_names_are_readable_without_needless_escapes() -> None:
    assert escaped("v_0 + x_long_name") == "v_0 + x_long_name"


def test_columns_are_padded_but_not_by_a_very_long_cell() -> None:
    rows: list[Sequence[str]] = [["x", "1"], ["y" * (WIDEST + 1), "22"]]
    assert list(table(["name", "value"], rows, left=1)) == [
        "| name | value |", "| ---- | ----: |", "| x    |     1 |", f"| {'y' * (WIDEST + 1)} |    22 |",
    ]  # fmt: skip


@pytest.mark.parametrize("formula", ["a < b > c", "a <b> c", "a*b*c", "(a or b)*_c*c"])
def test_the_formulas_of_an_answer_are_shown(formula: str) -> None:
    result = answer(
        "eval", f"y = {formula}; c = _c", "--a", "1", "--b", "2", "--_c", "3", "--format", "markdown"
    )
    assert result.status == 0, result
    assert formula in [row[1] for row in shown(result.out)]
