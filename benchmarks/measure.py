"""What the benchmarks share: the machine line, processes timed in turns, Markdown tables."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from subprocess import DEVNULL
from tempfile import TemporaryFile
from typing import NamedTuple, TypeVar

Key = TypeVar("Key")
T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent


class Run(NamedTuple):
    """One process: seconds of the wall clock and of the processor, bytes of peak memory, what it printed."""

    seconds: float
    processor: float
    peak: int
    output: str


def run(command: Sequence[str], stdin: str = "", keep: bool = True) -> Run:
    """Run a command to its end; RuntimeError with its complaint where it fails.

    Without `keep` its output is thrown away. Linux counts the peak of the process that
    starts another one as the other one's too, so those that measure memory stay small.
    """
    # Python writes and reads compiled bytecode, as it does unless told otherwise.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with TemporaryFile("w+") as given, TemporaryFile("w+") as output, TemporaryFile("w+") as complaint:
        given.write(stdin)
        given.seek(0)
        start = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, stdin=given, stdout=output if keep else DEVNULL, stderr=complaint
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        complaint.seek(0)
        if process.returncode:
            raise RuntimeError(f"{' '.join(command)[:200]} failed:\n{complaint.read()[-2000:]}")
        unit = 1 if sys.platform == "darwin" else 1024
        return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit, output.read())


def in_turns(tasks: Mapping[Key, Callable[[], T]], rounds: int) -> dict[Key, list[T]]:
    """The results of each task, run A B C A B C ...: whatever slows the machine slows them all."""
    found: dict[Key, list[T]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            found[name].append(task())
    return found


def medians(rows: Iterable[Iterable[float]]) -> list[float]:
    """The median of each column."""
    return [median(column) for column in zip(*rows, strict=True)]


def machine(packages: Sequence[str] = ()) -> str:
    """The machine and the versions: without them a time means nothing."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        model = next(
            (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model
        )
    versions = [f"{name} {importlib.metadata.version(name)}" for name in packages]
    parts = [
        model,
        f"{os.cpu_count()} cores",
        platform.system(),
        f"{platform.python_implementation()} {platform.python_version()}",
        *versions,
    ]
    return ", ".join(parts)


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are numbers, to the right."""
    cells = [list(headers), *map(list, rows)]
    widths = [max(len(row[k]) for row in cells) for k in range(len(headers))]
    cells.insert(1, ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])])
    return "\n".join(
        f"| {row[0].ljust(widths[0])} | {' | '.join(map(str.rjust, row[1:], widths[1:]))} |" for row in cells
    )
