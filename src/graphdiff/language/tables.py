"""The grammar as parse tables: made by Lark once, read as data at every start.

Importing Lark takes about as long as importing click, and building its tables
as long again. So the build of the package writes them to `tables.json`, and a
start reads that. The grammar's own text is part of the tables: where the two
differ (a checkout whose grammar was edited), or where the file is not as it was
written, the tables are made anew, in memory. JSON is data: reading it runs no
code, whoever wrote it.
"""

from __future__ import annotations

import json
import os
import zlib
from typing import Any, NamedTuple

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GRAMMAR_FILE = "graphdiff.lark"
TABLES_FILE = os.path.join(PACKAGE, "tables.json")
DIGEST = ',"digest":'  # the last member of the file: a checksum of what stands before it


class Tables(NamedTuple):
    """An LALR(1) automaton and its lexer, as plain data.

    states: for each state, what each terminal does: s >= 0 shifts to state s,
        -1 - r reduces by rule r; a nonterminal maps to the state to go to.
    start, end: the states in which a statement begins and is accepted.
    rules: (left side, length of the right side, action, kept positions).
    lexer: one regular expression with a named group for each terminal.
    operand: the regular expression of names and numbers, the tokens whose text
        does not matter to the parser. comment, separator: those of two more terminals.
    keywords: names that are terminals of their own.
    ignored: terminals that are dropped.
    spelling: the text of each terminal that has only one.
    """

    grammar: str
    states: list[dict[str, int]]
    start: int
    end: int
    rules: list[tuple[str, int, str, list[int]]]
    lexer: str
    operand: str
    comment: str
    separator: str
    keywords: dict[str, str]
    ignored: list[str]
    spelling: dict[str, str]


def grammar_text() -> str:
    """The text of the grammar: beside this module when installed, else in the checkout."""
    installed = os.path.join(PACKAGE, "grammars", GRAMMAR_FILE)
    checkout = os.path.join(PACKAGE, "..", "..", "grammars", GRAMMAR_FILE)
    path = installed if os.path.exists(installed) else checkout
    with open(path, encoding="utf-8") as file:
        return file.read()


def load_tables() -> Tables:
    """The tables of the grammar at hand."""
    grammar = grammar_text()
    try:
        with open(TABLES_FILE, encoding="utf-8") as file:
            content, _, rest = file.read().rpartition(DIGEST)
        if rest == f"{_digest(content)}}}":
            tables = Tables(**json.loads(content + "}"))
            if tables.grammar == grammar:
                return tables
    except (OSError, ValueError, TypeError):
        pass  # made anew
    return compile_tables(grammar)


def write_tables(path: str = TABLES_FILE) -> None:
    """Make the tables and write them, as the build of the package does."""
    content = json.dumps(compile_tables(grammar_text())._asdict(), separators=(",", ":")).removesuffix("}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{content}{DIGEST}{_digest(content)}}}")


def _digest(content: str) -> int:
    return zlib.crc32(content.encode())


def compile_tables(grammar: str) -> Tables:
    """Ask Lark for the automaton of `grammar`; the only place that imports Lark."""
    import re

    from lark import Lark
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    lark = Lark(grammar, parser="lalr", start=["program", "statement"], maybe_placeholders=False)
    # The serialized form is what Lark's stand-alone generator writes: data only.
    data, memo = lark.memo_serialize([TerminalDef, Rule])
    parser = data["parser"]["parser"]
    numbers = {key: number for number, key in enumerate(k for k in memo if "expansion" in memo[k])}
    symbols: dict[str, str] = parser["tokens"]

    def target(action: list[Any]) -> int:
        kind, argument = action
        return int(argument) if kind == 0 else -1 - numbers[argument["@"]]

    states: list[dict[str, int]] = [{} for _ in parser["states"]]
    for state, actions in parser["states"].items():
        states[int(state)] = {symbols[key]: target(action) for key, action in actions.items()}

    rules: list[tuple[str, int, str, list[int]]] = []
    for key in numbers:
        rule = memo[key]
        expansion = rule["expansion"]
        kept = [k for k, symbol in enumerate(expansion) if not symbol.get("filter_out")]
        rules.append((rule["origin"]["name"], len(expansion), rule["alias"] or "", kept))

    # A longer terminal goes first, as in Lark's own lexer; a word like `and` is a
    # keyword of its own only where the whole name is that word.
    terminals = sorted(
        lark.terminals,
        key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name),
    )
    pattern = {t.name: t.pattern.to_regexp() for t in terminals}
    spelling = {t.name: t.pattern.value for t in terminals if t.pattern.type == "str"}
    keywords = {text: name for name, text in spelling.items() if re.fullmatch(pattern["NAME"], text)}
    groups = [f"(?P<{t.name}>{pattern[t.name]})" for t in terminals if t.name not in keywords.values()]
    start, end = parser["start_states"]["statement"], parser["end_states"]["statement"]
    order = _order(states, start)
    return Tables(
        grammar=grammar,
        states=[
            {key: order[to] if to >= 0 else to for key, to in sorted(states[state].items())}
            for state in order
        ],
        start=order[start],
        end=order[end],
        rules=rules,
        lexer="|".join(groups),
        operand=f"({pattern['NAME']}|{pattern['NUMBER']})",
        comment=pattern["COMMENT"],
        separator=pattern["_SEPARATOR"],
        keywords=keywords,
        ignored=list(lark.lexer_conf.ignore),
        spelling=spelling,
    )


def _order(states: list[dict[str, int]], start: int) -> dict[int, int]:
    """The states in the order in which they are met from the first one, and their new numbers.

    Lark numbers them differently each time; here the same grammar always gives the same tables.
    """
    order = {start: 0}
    pending = [start]
    for state in pending:
        for _, to in sorted(states[state].items()):
            if to >= 0 and to not in order:
                order[to] = len(order)
                pending.append(to)
    return order
