"""Each `$ ...` block of README.md, docs and tests/cases is replayed: what is written there is what happens.

A transcript is a fenced block with the word `console`:

    ```console
    $ graphdiff eval "y = 2*x" --x 3 --get y
    6
    $ graphdiff eval "y = 2*"
    error: ...
    [exit status: 2]
    ```

A line that begins with `$ ` is given to bash, and lines that begin with `> ` continue it. What follows is
all that it writes to standard output and standard error, without the blanks at line ends that an editor would
take away, and its exit status where that is not 0. The commands of one block run in one new directory. They
write to a pipe; only where a table with rounded corners is expected, which graphdiff draws for people, do
they write to a terminal of 80 columns.

After a change that is meant, UPDATE_TRANSCRIPTS=1 pytest tests/test_transcripts.py rewrites what is expected,
and fails where that changed anything: the difference is there to be reviewed. Without -n, please.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from shell import environment, on_terminal

ROOT = Path(__file__).resolve().parents[1]
UPDATE = bool(os.environ.get("UPDATE_TRANSCRIPTS"))
FENCE = "```"
STATUS = "[exit status: {}]"


class Step(NamedTuple):
    """A command and what it is expected to write, with the line for its exit status."""

    command: str
    expected: str

    def text(self) -> str:
        return "$ " + self.command.replace("\n", "\n> ").replace("> \n", ">\n") + "\n" + self.expected

    def replay(self, directory: Path) -> str:
        """What the command writes now."""
        shell: list[str | Path] = ["bash", "-c", self.command]
        if self.expected.startswith("\u256d"):
            status, written, _ = on_terminal(shell, cwd=directory, env=environment())
        else:
            done = subprocess.run(
                shell,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment(),
                cwd=directory,
                check=False,
            )
            status, written = done.returncode, done.stdout.decode()
        written = "".join(f"{line.rstrip()}\n" for line in written.splitlines())
        return written + (STATUS.format(status) + "\n" if status else "")


class Block(NamedTuple):
    """One transcript: the file, its number there, its lines (without the fences) and its steps."""

    path: Path
    number: int
    first: int
    last: int
    steps: list[Step]


def blocks(path: Path) -> list[Block]:
    found: list[Block] = []
    lines = path.read_text(encoding="utf-8").splitlines()
    first = None
    for number, line in enumerate(lines):
        if first is None and line.split() == [f"{FENCE}console"]:
            first = number + 1
        elif first is not None and line.strip() == FENCE:
            found.append(Block(path, len(found), first, number, steps(lines[first:number])))
            first = None
    assert first is None, f"{path}:{first} is not closed"
    return found


def steps(lines: list[str]) -> list[Step]:
    found: list[Step] = []
    for line in lines:
        if line.startswith("$ "):
            found.append(Step(line[2:], ""))
        elif (line == ">" or line.startswith("> ")) and not found[-1].expected:
            found[-1] = found[-1]._replace(command=f"{found[-1].command}\n{line[2:]}")
        else:
            found[-1] = found[-1]._replace(expected=f"{found[-1].expected}{line}\n")
    return found


def rewrite(block: Block, replayed: list[Step]) -> None:
    """Put into the file what the commands write now."""
    now = blocks(block.path)[block.number]  # others may have moved it
    lines = block.path.read_text(encoding="utf-8").splitlines()
    lines[now.first : now.last] = "".join(step.text() for step in replayed).splitlines()
    block.path.write_text("\n".join(lines) + "\n", encoding="utf-8")


DOCUMENTS = [
    ROOT / "README.md",
    *sorted(path for path in (ROOT / "docs").glob("*.md") if blocks(path)),
    *sorted((ROOT / "tests" / "cases").glob("*.md")),
]


@pytest.mark.parametrize(
    "block",
    [block for path in DOCUMENTS for block in blocks(path)],
    ids=lambda block: f"{block.path.name}:{block.first}",
)
def test_a_transcript_is_what_happens(block: Block, tmp_path: Path) -> None:
    replayed = [step._replace(expected=step.replay(tmp_path)) for step in block.steps]
    if UPDATE and replayed != block.steps:
        rewrite(block, replayed)
    for before, now in zip(block.steps, replayed, strict=True):
        assert now.expected == before.expected, before.command


def test_the_documents_have_transcripts() -> None:
    commands = {path.name: [s.command for b in blocks(path) for s in b.steps] for path in DOCUMENTS}
    assert {"README.md", "errors.md", "eval.md"} <= set(commands)
    assert all(commands.values())
    assert len(commands["errors.md"]) > 100


@pytest.mark.parametrize(
    "step",
    [
        Step("graphdiff eval 'y=2*x' --x 3 --get y", "7\n"),
        Step("graphdiff eval 'y=2*x' --x 3 --get y", ""),
        Step("graphdiff eval 'y=2*x' --x 3 --get y", "6\n[exit status: 2]\n"),
        Step("graphdiff eval 'y=2*'", "error: the text ends too early\n"),
    ],
    ids=["another answer", "no answer", "another status", "half the message"],
)
def test_a_transcript_that_is_wrong_is_caught(step: Step, tmp_path: Path) -> None:
    assert step.replay(tmp_path) != step.expected


def test_what_is_rewritten_reads_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "case.md"
    script = ["```console", "$ cat <<END", "> 1", "> END", "1", "$ false", "[exit status: 1]", "```", "after"]
    path.write_text("\n".join(script).replace("\n1\n", "\n2\n") + "\n", encoding="utf-8")
    (block,) = blocks(path)
    assert block.steps[0] == Step("cat <<END\n1\nEND", "2\n")
    rewrite(block, [step._replace(expected=step.replay(tmp_path)) for step in block.steps])
    assert path.read_text(encoding="utf-8").splitlines() == script
