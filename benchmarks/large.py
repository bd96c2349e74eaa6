"""Large programs: nanoseconds and bytes of each node, and the peers on the same arithmetic.

    python benchmarks/large.py --peers PYTHON

PYTHON is the interpreter of an environment with the peers; those that are not there
are listed. Every measurement is a process of its own, so that none finds memory that
another one has already asked the system for. Times inside a process are of its
processor, with the cycle collector off unless it says otherwise, as it is in the
graphdiff command; those of whole commands are of the clock on the wall.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from math import isclose
from pathlib import Path
from statistics import median

from contest import Result
from generated import OPERATIONS, PARAMETERS, POINT
from measure import Run, in_turns, machine, medians, run, table

CONTEST = str(Path(__file__).with_name("contest.py"))
PROGRAMS = str(Path(__file__).with_name("generated.py"))
SIZES = (10**3, 10**4, 10**5, 10**6)  # nodes
Contest = tuple[Result, Run]


def contest(python: str, name: str, size: int, collector: str = "off") -> Contest:
    found = run([python, CONTEST, name, str(size), collector])
    return Result(**json.loads(found.output)), found


def sizes(rounds: int) -> str:
    """graphdiff alone: what a node costs in programs of every size."""
    tasks = {str(n): partial(contest, sys.executable, "graphdiff", n // OPERATIONS) for n in SIZES}
    rows: list[list[str]] = []
    costs: list[list[float]] = []
    for size, found in in_turns(tasks, rounds).items():
        result = found[0][0]
        parse, evaluate, back = medians(list(r.phases.values()) for r, _ in found)
        peak = median(process.peak for _, process in found)
        costs.append([t / result.nodes * 1e9 for t in (parse, evaluate, back, parse + evaluate + back)])
        per_token = f"{parse / result.tokens * 1e9:.0f}"
        rows.append(
            [f"{int(size):,}", per_token, *map("{:.0f}".format, costs[-1]), f"{peak / result.nodes:,.0f}"]
        )
    growth = [f"{last / first:.2f}" for first, last in zip(costs[1], costs[-1], strict=True)]
    rows.append(["10^6 over 10^4", growth[0], *growth, ""])
    headers = [
        "nodes",
        "parse, ns/token",
        "parse, ns/node",
        "evaluate",
        "backpropagate",
        "together",
        "peak, B/node",
    ]
    return table(headers, rows)


def forms(rounds: int) -> str:
    """Parsing by the kind of program, each of about 100,000 nodes."""
    kinds = {
        "statements of one form": ("graphdiff", 12_500),
        "statements of 8,000 forms": ("varied", 9_000),
        "one sum of 25,000 terms": ("single", 25_000),
        "parentheses 50,000 deep": ("nested", 50_000),
    }
    tasks = {kind: partial(contest, sys.executable, *program) for kind, program in kinds.items()}
    rows = []
    for kind, found in in_turns(tasks, rounds).items():
        result = found[0][0]
        parse, evaluate, back = medians(list(r.phases.values()) for r, _ in found)
        rows.append(
            [
                kind,
                f"{result.nodes:,}",
                f"{result.tokens:,}",
                f"{parse / result.tokens * 1e9:.0f}",
                f"{(evaluate + back) / result.nodes * 1e9:.0f}",
            ]
        )
    return table(["program", "nodes", "tokens", "parse, ns/token", "evaluate + backpropagate, ns/node"], rows)


def peers(python: str, size: int, rounds: int) -> str:
    """graphdiff and its peers on the chain, and a check that all find the same derivatives."""
    tasks: dict[tuple[str, str], Callable[[], Contest]] = {}
    missing = []
    for name in ("graphdiff", "micrograd", "casadi", "torch", "autograd"):
        interpreter = sys.executable if name == "graphdiff" else python
        try:
            run([interpreter, "-c", f"import {name}"])
        except RuntimeError:
            missing.append(name)
            continue
        title = name if name == "graphdiff" else f"{name} {version_of(interpreter, name)}"
        for collector in ("off", "on"):
            tasks[title, collector] = partial(contest, interpreter, name, size // OPERATIONS, collector)
    runs = in_turns(tasks, rounds)
    expected = runs["graphdiff", "off"][0][0]
    seconds: dict[tuple[str, str], float] = {}
    rows = []
    for (name, collector), found in runs.items():
        result = found[0][0]
        pairs = zip([result.value, *result.gradient], [expected.value, *expected.gradient], strict=True)
        if not all(isclose(a, b, rel_tol=1e-9, abs_tol=1e-300) for a, b in pairs):
            raise SystemExit(f"{name} and graphdiff disagree")
        phases = dict(zip(result.phases, medians(r.phases.values() for r, _ in found), strict=True))
        together = seconds[name, collector] = sum(phases.values())
        build = phases.get("parse", phases.get("build"))
        rows.append(
            [
                name,
                collector,
                "" if build is None else f"{build:.2f}",
                f"{together - (build or 0):.2f}",
                f"{together:.2f}",
                f"{together / seconds['graphdiff', collector]:.1f}",
                f"{median(process.peak for _, process in found) / 2**20:,.0f}",
            ]
        )
    headers = [
        f"{size:,} nodes", "collector", "parse or build, s", "value and gradient, s", "together, s",
        "of graphdiff", "peak MiB",
    ]  # fmt: skip
    note = f"\n\nNot here, so not measured: {', '.join(missing)}." if missing else ""
    return table(headers, rows) + note


def version_of(python: str, name: str) -> str:
    return run([python, "-c", f"import importlib.metadata as m; print(m.version('{name}'))"]).output.strip()


def commands(rounds: int) -> str:
    """What people type: whole processes, from the start to the last byte of the answer."""
    names = ["x0", "y", *(f"z{k}" for k in range(PARAMETERS))]
    rows = []
    with tempfile.TemporaryDirectory() as directory:
        inputs = Path(directory, "inputs.json")
        inputs.write_text(json.dumps(dict(zip(names, POINT, strict=True))), encoding="utf-8")
        tasks = {}
        for size in (10**5, 10**6):
            program = Path(directory, f"{size}.gd")
            # By a process of its own, see `run`.
            run([sys.executable, PROGRAMS, str(size // OPERATIONS), str(program)])
            command = [sys.executable, "-m", "graphdiff", "eval", "-f", str(program), "--inputs", str(inputs)]
            for asked in (["--get", f"dx{size // OPERATIONS}/dy"], ["--format", "csv"], ["--format", "json"]):
                what = asked[1] if asked[0] == "--format" else "--get"
                tasks[f"{size:,} nodes, {what}"] = partial(run, [*command, *asked], keep=False)
        for name, found in in_turns(tasks, rounds).items():
            seconds, processor, peak = medians((r.seconds, r.processor, r.peak) for r in found)
            size = int(name.partition(" ")[0].replace(",", ""))
            times = [f"{seconds:.2f}", f"{processor:.2f}"]
            rows.append([name, *times, f"{peak / 2**20:,.0f}", f"{peak / size:,.0f}"])
    headers = ["graphdiff eval -f FILE --inputs FILE", "s", "processor, s", "peak MiB", "peak, B/node"]
    return table(headers, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--peers", metavar="PYTHON", default=sys.executable, help="default: this one")
    parser.add_argument("--size", type=int, default=10**5, help="of the peers' programs, in nodes")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(f"{machine()}; medians of {options.rounds} runs in turns")
    print(f"\n{sizes(options.rounds)}", flush=True)
    print(f"\n{forms(options.rounds)}", flush=True)
    print(f"\n{commands(options.rounds)}", flush=True)
    print(f"\n{peers(options.peers, options.size, options.rounds)}")


if __name__ == "__main__":
    main()
