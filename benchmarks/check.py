"""What `graphdiff check` costs: random points, a table of a million rows, and a single expectation.

    python benchmarks/check.py [--rows 1000000] [--rounds 3]

The program has ten nodes. Beside it a NumPy script compares the same table with
derivatives that are written out in it: it reads the file with numpy.loadtxt, and has
nothing to derive. graphdiff is run with NumPy and, by hiding the package from it,
without. The environment needs graphdiff and NumPy. The time per point is the
processor's, which other processes of the machine disturb least.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import median

from measure import Run, in_turns, machine, run, table

PROGRAM = "J = p*q; p = exp(-a*b); q = sin(c) + a^2"
SLOPES = {"dJ/da": "-b*p*q + 2*a*p", "dJ/db": "-a*p*q", "dJ/dc": "p*cos(c)"}
POINT = ["--a", "0.5", "--b", "1.5", "--c", "2"]

RUN = "from graphdiff.cli import main; main()"
WITH = [sys.executable, "-c", RUN]
WITHOUT = [sys.executable, "-c", f"import sys; sys.modules['numpy'] = None; {RUN}"]

# The script that one writes instead: its derivatives are its author's.
BY_HAND = """
import sys
import numpy as np
{points}
p = np.exp(-a*b)
q = np.sin(c) + a**2
expected = {{
    "J": (p*q, J), "dJ/da": (-b*p*q + 2*a*p, Ja), "dJ/db": (-a*p*q, Jb), "dJ/dc": (p*np.cos(c), Jc),
}}
bad = 0
for name, (ours, theirs) in expected.items():
    wrong = np.flatnonzero(~np.isclose(ours, theirs, rtol=1e-6, atol=1e-12))
    bad += len(wrong)
    print(name, len(wrong), "differ")
sys.exit(bad > 0)
"""
LOADED = "a, b, c, J, Ja, Jb, Jc = np.loadtxt(sys.argv[1], delimiter=',', skiprows=1, unpack=True)"
# At random points a script can only compare one hand-written formula with another.
DRAWN = """
a, b, c = np.random.default_rng(0).uniform(0, 2, (3, 10_000))
J, Ja, Jb, Jc = (np.exp(-a*b)*f for f in (np.sin(c) + a**2, 2*a - b*(np.sin(c) + a**2),
                                         -a*(np.sin(c) + a**2), np.cos(c)))
"""


def write_table(path: Path, rows: int) -> None:
    """Points and the right results, one a row, with all digits."""
    source = random.Random(0)
    with path.open("w", encoding="ascii") as file:
        file.write("a,b,c,J,dJ/da,dJ/db,dJ/dc\n")
        for _ in range(rows):
            a, b, c = (2.0 * source.random() for _ in "abc")
            p, q = math.exp(-a * b), math.sin(c) + a * a
            numbers = (a, b, c, p * q, -b * p * q + 2 * a * p, -a * p * q, p * math.cos(c))
            file.write(",".join(map(repr, numbers)) + "\n")


def show(found: dict[str, list[Run]], count: int | None = None) -> str:
    """A table: the median times and memory, and the processor's time for each point."""
    headers = ["", "s", "processor, s", "peak MB"] + ["µs per point"] * (count is not None)
    rows = []
    for name, runs in found.items():
        processor = median(r.processor for r in runs)
        row = [name, f"{median(r.seconds for r in runs):.2f}", f"{processor:.2f}",
               f"{median(r.peak for r in runs) / 1e6:.0f}"]  # fmt: skip
        rows.append(row + ([f"{processor / count * 1e6:.1f}"] if count else []))
    return table(headers, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    expectations = [word for what, formula in SLOPES.items() for word in ("--expect", f"{what} = {formula}")]
    print(machine(["graphdiff-cli", "numpy"]), end="\n\n")

    sampled = ["check", PROGRAM, "--a", "0..2", "--b", "0..2", "--c", "0..2", "--samples", "10000"]
    sampled += expectations
    tasks = {
        "graphdiff check --samples 10000": [*WITH, *sampled],
        "the same without NumPy": [*WITHOUT, *sampled],
        "NumPy script": [sys.executable, "-c", BY_HAND.format(points=DRAWN)],
    }
    print("10,000 random points, 3 formulas:\n")
    print(show(in_turns({k: partial(run, v) for k, v in tasks.items()}, options.rounds), 10_000), end="\n\n")

    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "results.csv"
        write_table(path, options.rows)
        size = path.stat().st_size / 1e6
        tasks = {
            "graphdiff check --table": [*WITH, "check", PROGRAM, "--table", str(path)],
            "the same without NumPy": [*WITHOUT, "check", PROGRAM, "--table", str(path)],
            "NumPy script": [sys.executable, "-c", BY_HAND.format(points=LOADED), str(path)],
        }
        print(f"A table of {options.rows:,} rows, 7 columns, {size:.0f} MB, 4 of them compared:\n")
        found = in_turns({k: partial(run, v) for k, v in tasks.items()}, options.rounds)
        print(show(found, options.rows), end="\n\n")

    tasks = {
        "graphdiff check, one expectation": [*WITH, "check", PROGRAM, *POINT, *expectations[:2]],
        "graphdiff eval": [*WITH, "eval", PROGRAM, *POINT],
    }
    print("The start, one point:\n")
    print(show(in_turns({k: partial(run, v) for k, v in tasks.items()}, max(10, options.rounds))))


if __name__ == "__main__":
    main()
