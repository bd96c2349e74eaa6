"""A page of the documentation on a terminal, its Markdown drawn by Rich."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from rich.markdown import Markdown
from rich.theme import Theme

from graphdiff.views.console import console, printed
from graphdiff.views.screen import Screen

WIDEST = 100  # longer lines are hard to read
# Colours that are readable on light and on dark backgrounds.
THEME = Theme({"markdown.code": "cyan", "markdown.code_block": "none", "markdown.h2": "bold underline"})
FENCED = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[([^\]]+)\]\((?!https?:)([^)\s]+)\)")


def lines(text: str, topics: Container[str], screen: Screen) -> Iterator[str]:
    """The page's lines; a link to the page of another topic becomes the command that shows it."""

    def link(match: re.Match[str]) -> str:
        topic = match[2].partition("#")[0].removesuffix(".md")
        return f"`graphdiff help {topic}`" if topic in topics else match[1]

    # Every second part is a block of code, in which nothing is a link.
    parts = [part if k % 2 else LINK.sub(link, part) for k, part in enumerate(FENCED.split(text))]
    into = console(screen.color, min(screen.width or WIDEST, WIDEST))
    into.push_theme(THEME)
    into.print(Markdown("".join(parts), code_theme="ansi_dark", hyperlinks=False))
    return printed(into)
