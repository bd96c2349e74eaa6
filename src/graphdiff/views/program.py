"""A tape written as a program in graphdiff's own language."""

from __future__ import annotations

from collections.abc import Iterator

from graphdiff.derive import Program
from graphdiff.rules import CONSTANTS, COPY, TRUTH, Rule

# How tightly what is written binds: what stands inside must bind at least so.
CHAIN, SUM, PRODUCT, SIGNED, POWER, ATOM = 4, 5, 6, 7, 8, 9
BINDING = {
    "or": 1, "and": 2, "not": 3, "lt": CHAIN, "le": CHAIN, "gt": CHAIN, "ge": CHAIN, "eq": CHAIN, "ne": CHAIN,
    "truth": CHAIN, "add": SUM, "sub": SUM, "mul": PRODUCT, "div": PRODUCT, "neg": SIGNED, "pow": POWER,
}  # fmt: skip
# An expression longer than this gets a name of its own: it reads better, and writing
# one deep expression would take time that grows with the square of its depth.
LONGEST = 120
SPELLED = {"pi": "acos(-1)", "e": "exp(1)", "tau": "2*acos(-1)"}  # where a program has redefined the name


def lines(program: Program) -> Iterator[str]:
    """One definition a line, in tape order; what the wanted names do not need is left out."""
    nodes = program.tape.nodes
    name_of: dict[int, str] = {}
    aliases: list[tuple[str, int]] = []
    for name, node in program.names.items():
        if node in name_of or (nodes[node][0] is None and nodes[node][1] != name):
            aliases.append((name, node))
        else:
            name_of[node] = name
    uses = _uses(program)
    redefined = {nodes[node][1] for node in name_of if nodes[node][0] is None} | set(program.names)
    taken = set(program.names)
    written: dict[int, tuple[str, int]] = {}
    count = 0
    for node, (rule, arguments) in enumerate(nodes):
        if node not in uses:
            continue
        if rule is None:
            text = str(arguments)
            if text in CONSTANTS and text in redefined and node not in name_of:
                text = SPELLED.get(text, text)
            written[node] = text, SIGNED if text.startswith("-") else PRODUCT if "*" in text else ATOM
            continue
        expression = expressed(rule, [written[k] for k in arguments])
        shared = uses[node] > 1 or len(expression[0]) > LONGEST
        if node not in name_of and not (shared and rule is not COPY):
            written[node] = expression
            continue
        name = name_of.get(node, "")
        while not name or (node not in name_of and name in taken):
            count += 1
            name = f"t{count}"
        yield f"{name} = {expression[0]}"
        written[node] = name, ATOM
    for name, node in aliases:
        if name in program.wanted:
            yield f"{name} = {written[node][0]}"


def _uses(program: Program) -> dict[int, int]:
    """How often each node is used by those that the wanted names need."""
    nodes = program.tape.nodes
    uses = dict.fromkeys((program.names[name] for name in program.wanted), 1)
    pending = list(uses)
    while pending:
        rule, arguments = nodes[pending.pop()]
        if rule is not None:
            for argument in arguments:
                if argument not in uses:
                    uses[argument] = 0
                    pending.append(argument)
                uses[argument] += 1
    return uses


def expressed(rule: Rule, arguments: list[tuple[str, int]]) -> tuple[str, int]:
    """An operation on texts, each with how tightly it binds."""
    if rule is COPY:
        return arguments[0]
    binding = BINDING.get(rule.name)
    if binding is None:
        return f"{rule.name}({', '.join(text for text, _ in arguments)})", ATOM
    if rule is TRUTH:
        return f"{_inside(arguments[0], SUM)} != 0", CHAIN
    if rule.name in ("neg", "not"):
        sign = "-" if rule.name == "neg" else "not "
        return sign + _inside(arguments[0], binding), binding
    left, right = arguments
    if rule.name == "pow":
        return f"{_inside(left, ATOM)}^{_inside(right, POWER)}", POWER
    # A left operand may bind as tightly; a right one must bind tighter, and so must both
    # sides of a comparison, which would chain.
    texts = _inside(left, binding + (binding == CHAIN)), _inside(right, binding + 1)
    space = "" if binding == PRODUCT else " "
    return f"{texts[0]}{space}{rule.infix}{space}{texts[1]}", binding


def _inside(written: tuple[str, int], least: int) -> str:
    text, binding = written
    return text if binding >= least else f"({text})"
