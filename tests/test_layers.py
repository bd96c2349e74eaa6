"""The house: data and imports run one way. Docs of the layers: CONTRIBUTING.md."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import graphdiff

PACKAGE = Path(graphdiff.__file__).parent

# From the bottom to the top. A room or module imports from its own layer and from those below;
# two names in one layer do not import one another.
LAYERS = (
    ("diagnostics", "gc_paused", "display"),
    ("rules",),
    ("graph",),
    ("language",),
    ("arithmetic",),
    ("values",),
    ("sweep",),
    ("notices", "derivatives"),
    ("parsing", "answers"),
    ("explanation", "checking", "drawing"),
    ("views",),
    ("api", "testing"),
    ("cli",),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
MOST_NAMES = 22  # at one level of the tree
MOST_LINES = 400


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name, without the package's own."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports(path: Path, types: bool = True) -> Iterator[str]:
    """The modules of the package that a file imports, anywhere in it; `types`: for type checkers too."""
    pending: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and not types:
            continue
        pending.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "graphdiff":
            module = (node.module or "").removeprefix("graphdiff").lstrip(".")
            for alias in node.names:
                inner = f"{module}.{alias.name}".lstrip(".")
                yield inner if inner in MODULES else module
        if isinstance(node, ast.Import):
            yield from (a.name.removeprefix("graphdiff.") for a in node.names if a.name[:10] == "graphdiff.")


def room(module: str) -> str:
    return module.partition(".")[0]


def test_no_import_runs_upward() -> None:
    upward = []
    for name, path in MODULES.items():
        if room(name) in ("", "__main__"):
            continue
        for other in imports(path):
            here, there = LEVEL[room(name)], LEVEL.get(room(other), -1)
            if other and room(other) != room(name) and there >= here:
                upward.append(f"{name} imports {other}")
    assert not upward


def test_every_room_has_a_layer() -> None:
    assert {room(name) for name in MODULES} - {"", "__main__"} == set(LEVEL)


def test_no_modules_import_one_another_in_a_circle() -> None:
    graph = {name: set(imports(path, types=False)) - {name, ""} for name, path in MODULES.items() if name}
    assert list(TopologicalSorter(graph).static_order())  # CycleError names the circle


def outside(path: Path) -> set[str]:
    """The packages that a file imports, besides this one."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


def test_only_the_command_line_imports_click_and_only_what_shows_imports_rich() -> None:
    for name, path in MODULES.items():
        if room(name) != "cli":
            assert "click" not in outside(path), name
        if room(name) not in ("cli", "views"):
            assert "rich" not in outside(path), name
        if name != "language.tables":
            assert "lark" not in outside(path), name


def test_the_core_does_no_input_and_no_output() -> None:
    """Only the command line, the tables of the grammar and files that ship with the package are read."""
    for name, path in MODULES.items():
        if room(name) == "cli":
            continue
        calls = {
            node.func.id for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }  # fmt: skip
        allowed = {"open"} if name == "language.tables" else set()
        assert not calls & {"open", "print", "input", "exit", "eval", "exec", "compile"} - allowed, name


def test_each_level_of_the_tree_can_be_read_at_a_glance() -> None:
    for folder in {path.parent for path in MODULES.values()}:
        names = [p for p in folder.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()]
        assert len(names) <= MOST_NAMES, folder
    for name, path in MODULES.items():
        assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES, name


def test_the_layers_are_told_apart(tmp_path: Path) -> None:
    """The test can fail: it sees imports in functions, and of modules by their package."""
    wrong = tmp_path / "wrong.py"
    wrong.write_text("def f():\n    from graphdiff.views import answer\n    import graphdiff.cli.run\n")
    assert sorted(imports(wrong)) == ["cli.run", "views.answer"]
