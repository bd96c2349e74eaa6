"""Cold start: what the reference example costs as a whole process, beside its peers.

    python benchmarks/start.py --peers PYTHON

builds a wheel of this checkout, installs it with its dependencies in a fresh
environment, compiles the bytecode there, and runs the commands in turns. PYTHON is
the interpreter of an environment with the Python peers; those of them that are not
there, and programs that are not on the PATH, are listed as not measured. The ratios
are of the processor's time, which other processes of the machine disturb least.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

from measure import ROOT, in_turns, machine, run, table

EXAMPLE = ["J=3*v; v=a+u; u=b*c", "--a", "5", "--b", "3", "--c", "2"]
ANSWER = (33, 3, 6, 9)  # J, dJ/da, dJ/db, dJ/dc


class Peer(NamedTuple):
    """A process that is measured: what it is called, its command line, its standard input."""

    name: str
    command: list[str]
    stdin: str = ""


# How each peer is asked for J and its three derivatives: most cannot read definitions
# that stand before what they need, so the formula is given to them as one.
PYTHON = {
    "autograd": (
        "from autograd import value_and_grad\n"
        "print(value_and_grad(lambda a, b, c: 3*(a + b*c), argnum=(0, 1, 2))(5.0, 3.0, 2.0))"
    ),
    "casadi": (
        "from casadi import SX, Function, gradient, vertcat\n"
        "a, b, c = SX.sym('a'), SX.sym('b'), SX.sym('c')\n"
        "J = 3*(a + b*c)\n"
        "print(Function('f', [a, b, c], [J, gradient(J, vertcat(a, b, c))])(5, 3, 2))"
    ),
    "micrograd": (
        "from micrograd.engine import Value\n"
        "a, b, c = Value(5.0), Value(3.0), Value(2.0)\n"
        "J = 3*(a + b*c)\n"
        "J.backward()\n"
        "print(J.data, a.grad, b.grad, c.grad)"
    ),
    "sympy": (
        "from sympy import symbols\n"
        "a, b, c = symbols('a b c')\n"
        "J = 3*(a + b*c)\n"
        "print([e.subs({a: 5, b: 3, c: 2}) for e in (J, J.diff(a), J.diff(b), J.diff(c))])"
    ),
    "torch": (
        "import torch\n"
        "a, b, c = (torch.tensor(x, requires_grad=True, dtype=torch.float64) for x in (5.0, 3.0, 2.0))\n"
        "J = 3*(a + b*c)\n"
        "J.backward()\n"
        "print(J.item(), a.grad.item(), b.grad.item(), c.grad.item())"
    ),
    "jax": (
        "import jax\n"
        "J, slopes = jax.value_and_grad(lambda a, b, c: 3*(a + b*c), argnums=(0, 1, 2))(5.0, 3.0, 2.0)\n"
        "print(float(J), *map(float, slopes))"
    ),
}

PROGRAMS = {
    "PARI/GP": (
        ["gp", "-q", "-f"],
        "J=3*(a+b*c); print(substvec([J,deriv(J,a),deriv(J,b),deriv(J,c)], [a,b,c], [5,3,2]))\n",
        ["gp", "--version-short"],
    ),
    # It has no derivative at a point: the other numbers are filled in by hand.
    "qalc": (
        ["qalc", "-t", "[3*(5+3*2), diff(3*(x+3*2), x), diff(3*(5+x*2), x), diff(3*(5+3*x), x)]"],
        "",
        ["qalc", "--version"],
    ),
    "Maxima": (
        [
            "maxima",
            "--very-quiet",
            "--batch-string=J:3*(a+b*c)$ print(subst([a=5,b=3,c=2],[J,diff(J,a),diff(J,b),diff(J,c)]))$",
        ],
        "",
        ["maxima", "--version"],
    ),
    "R": (
        ["Rscript", "--vanilla", "-e", "deriv(~3*(a+b*c), c('a','b','c'), function(a,b,c) NULL)(5,3,2)"],
        "",
        ["Rscript", "--version"],
    ),
}


def installed(directory: Path) -> Path:
    """The directory of the programs of a fresh environment that has the wheel of this checkout."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    run([*pip, "wheel", "--no-deps", "--wheel-dir", str(directory), str(ROOT)])
    (wheel,) = directory.glob("*.whl")
    run([sys.executable, "-m", "venv", str(directory / "venv")])
    programs = directory / "venv" / "bin"
    python = str(programs / "python")
    run([python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", str(wheel)])
    run([python, "-m", "compileall", "-q", str(directory / "venv" / "lib")])
    return programs


def answers(output: str) -> bool:
    """Whether the four numbers are in a peer's output, in the order asked for."""
    numbers = [float(text) for text in re.findall(r"(?<![\w.])\d+(?:\.\d*)?", output)]
    at = 0
    for wanted in ANSWER:
        if wanted not in numbers[at:]:
            return False
        at = numbers.index(wanted, at) + 1
    return True


def peers(python: str) -> tuple[list[Peer], list[str]]:
    """Those that are here and give the answer, and the names of those that are not here."""
    here, missing = [], []
    for name, code in PYTHON.items():
        try:
            run([python, "-c", f"import {name}"])
        except RuntimeError:
            missing.append(name)
            continue
        version = run([python, "-c", f"import importlib.metadata as m; print(m.version('{name}'))"]).output
        here.append(Peer(f"{name} {version.strip()}", [python, "-c", code]))
    for name, (command, stdin, version_command) in PROGRAMS.items():
        if shutil.which(command[0]) is None:
            missing.append(name)
            continue
        found = re.search(r"\d+(\.\d+)+", run(version_command).output)
        here.append(Peer(f"{name} {found[0] if found else ''}", command, stdin))
    for peer in here:
        output = run(peer.command, peer.stdin).output
        if not answers(output):
            raise SystemExit(f"{peer.name} does not give {ANSWER} but:\n{output}")
    return here, missing


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--peers", metavar="PYTHON", default=sys.executable, help="default: this one")
    parser.add_argument("--rounds", type=int, default=25)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        programs = installed(Path(directory))
        python, graphdiff = str(programs / "python"), str(programs / "graphdiff")
        evaluate = [graphdiff, "eval", *EXAMPLE]
        own = [
            Peer("python -c pass", [python, "-c", "pass"]),
            Peer("python -c 'import click'", [python, "-c", "import click"]),
            Peer("graphdiff eval --get dJ/db", [*evaluate, "--get", "dJ/db"]),
            Peer("graphdiff eval --format tsv", [*evaluate, "--format", "tsv"]),
            Peer("graphdiff eval --format json", [*evaluate, "--format", "json"]),
            Peer("graphdiff eval --format table", [*evaluate, "--format", "table"]),
        ]
        others, missing = peers(options.peers)
        tasks = {peer.name: partial(run, peer.command, peer.stdin) for peer in [*own, *others]}
        in_turns(tasks, 2)  # the disk's cache, and bytecode that was not compiled yet
        runs = in_turns(tasks, options.rounds)
    print(machine(["click", "rich"]), end=f"; medians of {options.rounds} runs in turns\n\n")
    wall = {name: median(r.seconds for r in found) * 1e3 for name, found in runs.items()}
    processor = {name: median(r.processor for r in found) * 1e3 for name, found in runs.items()}
    click, json = processor["python -c 'import click'"], processor["graphdiff eval --format json"]
    rows = [
        [name, f"{wall[name]:.0f}", f"{time:.0f}", f"{time / click:.2f}", f"{time / json:.2f}"]
        for name, time in processor.items()
    ]
    headers = ["process", "ms", "processor, ms", "of import click", "of graphdiff, json"]
    print(table(headers, rows))
    if missing:
        print(f"\nNot here, so not measured: {', '.join(missing)}.")


if __name__ == "__main__":
    main()
