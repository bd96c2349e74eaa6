"""The three ways to install: the wheel, the wheel made from the sdist, and the checkout itself.

Each goes into a fresh virtual environment and answers the lecture's question from another
directory. Nothing is fetched: what building and running need is taken from the environment
of the tests, whose packages the new ones can see, after their own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import build  # noqa: F401  the command below is this package's: without it nothing here is tested
import pytest
from shell import LECTURE, POINT, Result, environment

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ("eval", LECTURE, *POINT, "--get", "dJ/db")


def run(*command: str | Path, cwd: Path | None = None) -> Result:
    done = subprocess.run(command, capture_output=True, env=environment(), cwd=cwd, check=False)
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def must(*command: str | Path, cwd: Path | None = None) -> str:
    result = run(*command, cwd=cwd)
    assert result.status == 0, f"{result.out}\n{result.err}"
    return result.out


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy, because a build writes the tables into the tree; without any, as after a clone."""
    copy = tmp_path_factory.mktemp("clone") / "graphdiff"
    left_out = shutil.ignore_patterns(
        ".*_cache", "__pycache__", ".git", ".hypothesis", "tables.json", "dist", "build"
    )
    shutil.copytree(ROOT, copy, ignore=left_out)
    return copy


def built(kind: str, source: Path, into: Path) -> Path:
    must(sys.executable, "-m", "build", f"--{kind}", "--no-isolation", "--outdir", into, source)
    (found,) = into.iterdir()
    return found


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("wheel", checkout, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("sdist", checkout, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def unpacked(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(directory, filter="data")
    (found,) = directory.iterdir()
    return found


@pytest.fixture(scope="module")
def wheel_from_sdist(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("wheel", unpacked, tmp_path_factory.mktemp("second"))


class Installed:
    """A new environment with graphdiff in it."""

    def __init__(self, directory: Path, *what: str | Path) -> None:
        venv.create(directory, symlinks=True)
        self.scripts = directory / "bin"
        site = sysconfig.get_path(
            "purelib", vars={"base": str(directory), "platbase": str(directory)}
        )  # where this Python keeps packages, under the new root
        # Searched after its own packages. A .pth file within it is not followed, so that a
        # graphdiff that is installed there as a link to a checkout does not count.
        Path(site, "needs.pth").write_text(sysconfig.get_path("purelib") + "\n")
        must(
            sys.executable, "-m", "pip", "--python", self.scripts / "python", "install", "--quiet",
            "--no-deps", "--no-index", "--no-build-isolation", "--ignore-installed",
            "--disable-pip-version-check", *what,
        )  # fmt: skip
        self.elsewhere = directory / "elsewhere"
        self.elsewhere.mkdir()

    def python(self, code: str) -> str:
        return must(self.scripts / "python", "-c", code, cwd=self.elsewhere)

    def graphdiff(self, *arguments: str) -> Result:
        return run(self.scripts / "graphdiff", *arguments, cwd=self.elsewhere)

    def home(self) -> Path:
        return Path(self.python("import graphdiff; print(graphdiff.__file__)").strip()).parent


@pytest.fixture(scope="module")
def from_wheel(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("env-wheel"), wheel)


@pytest.fixture(scope="module")
def from_sdist(wheel_from_sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("env-sdist"), wheel_from_sdist)


@pytest.fixture(scope="module")
def editable(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    # A tree of its own: installing writes into it.
    copy = tmp_path_factory.mktemp("editable") / "graphdiff"
    shutil.copytree(checkout, copy, ignore=shutil.ignore_patterns("tables.json"))
    return Installed(tmp_path_factory.mktemp("env-editable"), "--editable", copy)


WAYS = ["from_wheel", "from_sdist", "editable"]


@pytest.mark.parametrize("way", WAYS)
def test_each_way_to_install_answers_the_reference_example(way: str, request: pytest.FixtureRequest) -> None:
    installed: Installed = request.getfixturevalue(way)
    home = installed.home()
    assert ROOT not in home.parents  # not the one that the tests themselves run
    assert (installed.scripts.parent in home.parents) == (way != "editable")
    assert installed.graphdiff(*REFERENCE) == Result(0, "6\n", "")
    everything = json.loads(installed.graphdiff(*REFERENCE[:-2], "--format", "json").out)
    assert everything["values"]["J"] == 33.0
    assert everything["derivatives"]["J"] == {"a": 3.0, "b": 6.0, "c": 9.0, "u": 3.0, "v": 3.0, "J": 1.0}
    assert must(installed.scripts / "python", "-m", "graphdiff", *REFERENCE, cwd=installed.elsewhere) == "6\n"
    refused = installed.graphdiff("eval", "y=2*")
    assert (refused.status, refused.out) == (2, "")


@pytest.mark.parametrize("way", WAYS)
def test_the_tables_are_at_hand_wherever_it_is_installed(way: str, request: pytest.FixtureRequest) -> None:
    """So that no start imports Lark, and a format for programs no Rich."""
    installed: Installed = request.getfixturevalue(way)
    heavy = "{'lark', 'rich', 'numpy', 'mpmath'}"
    report = f"import sys; print(sorted({heavy} & set(sys.modules)))"
    for form in ("json", "csv", "tsv", "markdown"):
        words = ["eval", LECTURE, *POINT, "--format", form]
        out = installed.python(f"from graphdiff.cli.run import run; run({words}); {report}")
        assert out.splitlines()[-1] == "[]", form
    out = installed.python(f"import graphdiff; graphdiff.parse('y=x'); {report}")
    assert out == "[]\n"
    drawn = ["eval", LECTURE, *POINT, "--format", "table"]
    assert "'rich'" in installed.python(f"from graphdiff.cli.run import run; run({drawn}); {report}")


@pytest.mark.parametrize("way", WAYS)
def test_the_documentation_travels(way: str, request: pytest.FixtureRequest) -> None:
    installed: Installed = request.getfixturevalue(way)
    for page in (ROOT / "docs").glob("*.md"):
        assert installed.graphdiff("help", page.stem) == Result(0, page.read_text(encoding="utf-8"), "")


def test_an_edited_grammar_counts_in_a_checkout(editable: Installed) -> None:
    home = editable.home()
    path = home.parents[1] / "grammars" / "graphdiff.lark"
    text = path.read_text(encoding="utf-8")
    line = '        | product "/" signed              -> div\n'
    try:
        path.write_text(text.replace(line, line + '        | product "%" signed -> mod\n'), encoding="utf-8")
        assert editable.graphdiff("eval", "7 % 4", "--get", "out") == Result(0, "3\n", "")
    finally:
        path.write_text(text, encoding="utf-8")
    assert editable.graphdiff("eval", "7 % 4", "--get", "out").status == 2


def test_what_the_wheel_has(wheel: Path, wheel_from_sdist: Path) -> None:
    with zipfile.ZipFile(wheel) as archive, zipfile.ZipFile(wheel_from_sdist) as other:
        names = archive.namelist()
        assert {"graphdiff/grammars/graphdiff.lark", "graphdiff/tables.json", "graphdiff/py.typed"} <= set(
            names
        )
        assert len(names) == len(set(names))
        assert not [name for name in names if name.startswith("tests") or name.endswith(".pyc")]
        assert {name.split("/")[0].split("-")[0] for name in names} == {"graphdiff", "graphdiff_cli"}
        modules = {str(p.relative_to(ROOT / "src")) for p in (ROOT / "src").rglob("*.py")}
        assert modules == {name for name in names if name.endswith(".py")}
        metadata = next(name for name in names if name.endswith("METADATA"))
        described = archive.read(metadata).decode()
        assert "License-Expression: MIT" in described
        assert any(name.endswith("licenses/LICENSE") for name in names)
        pages = {f"graphdiff/docs/{page.name}" for page in (ROOT / "docs").glob("*.md")}
        assert pages == {name for name in names if name.endswith(".md") and "dist-info" not in name}
        # The grammar in the wheel, the tables in it, and the checkout's are one.
        grammar = (ROOT / "grammars" / "graphdiff.lark").read_text(encoding="utf-8")
        assert archive.read("graphdiff/grammars/graphdiff.lark").decode() == grammar
        assert json.loads(archive.read("graphdiff/tables.json"))["grammar"] == grammar
        # The same source gives the same files, whichever way it went.
        assert sorted(names) == sorted(other.namelist())
        assert {n: archive.read(n) for n in names if "dist-info" not in n} == {
            n: other.read(n) for n in names if "dist-info" not in n
        }


def test_what_the_sdist_has(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        found = {name.partition("/")[2] for name in archive.getnames()}
    needed = {
        "grammars/graphdiff.lark", "grammars/build_tables.py", "src/graphdiff/py.typed", "pyproject.toml",
        "README.md", "LICENSE", "CHANGELOG.md", "tests/test_packaging.py", "tests/cases/errors.md",
        "docs/language.md",
    }  # fmt: skip
    assert needed <= found
    built_or_cached = {"tables.json", "__pycache__", ".mypy_cache", ".git"}
    assert not [name for name in found if built_or_cached & set(Path(name).parts)]


def test_the_wheel_is_typed(from_wheel: Installed, tmp_path: Path) -> None:
    """A program that uses the library is checked against its types, and a wrong one is found out."""
    code = tmp_path / "use.py"
    text = (
        "import graphdiff\n\ngraph: graphdiff.Graph = graphdiff.parse('y = x')\nname: str = graph.inputs[0]\n"
    )
    code.write_text(text)
    check: list[str | Path] = [
        sys.executable, "-m", "mypy", "--strict", "--python-executable", from_wheel.scripts / "python",
        "--cache-dir", os.devnull, code,
    ]  # fmt: skip
    must(*check, cwd=tmp_path)
    code.write_text(text.replace("name: str", "name: int"))
    wrong = run(*check, cwd=tmp_path)
    assert wrong.status == 1
    assert 'variable has type "int"' in wrong.out
