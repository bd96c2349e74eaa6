"""examples/c_gradient: a gradient in C passes `graphdiff check`, and one wrong sign in it does not."""

from __future__ import annotations

import csv
import json
import math
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from shell import graphdiff

EXAMPLE = Path(__file__).parents[1] / "examples" / "c_gradient"
COMPILER = shutil.which("cc")

pytestmark = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler: cc is not on the path")


def results(directory: Path, *switches: str) -> str:
    """What the C program prints, compiled with these switches."""
    program = directory / "lennard_jones"
    source = EXAMPLE / "lennard_jones.c"
    subprocess.run([str(COMPILER), "-O2", *switches, source, "-o", program, "-lm"], check=True)
    return subprocess.run([program], capture_output=True, text=True, check=True).stdout


def test_the_gradient_is_confirmed(tmp_path: Path) -> None:
    table = results(tmp_path)
    assert table.splitlines()[0] == "x,y,z,V,dV/dx,dV/dy,dV/dz"
    checked = graphdiff("check", "-f", str(EXAMPLE / "lennard_jones.gd"), "--table", "-", stdin=table)
    assert (checked.status, checked.err) == (0, "")
    assert checked.out.endswith("4 checks: 4 passed\n")
    assert checked.out.count("0/500") == 4


def test_one_wrong_sign_is_refused_and_its_rows_are_named(tmp_path: Path) -> None:
    table = results(tmp_path, "-D", "WRONG_SIGN")
    asked = ("check", "-f", str(EXAMPLE / "lennard_jones.gd"), "--table", "-")
    checked = graphdiff(*asked, stdin=table)
    assert checked.status == 1
    assert "4 checks: 1 passed, 3 failed" in checked.out
    (found,) = json.loads(graphdiff(*asked, "--format", "json", stdin=table).out)["checks"]
    named = {
        result["quantity"]: {mismatch["row"] for mismatch in result.get("mismatches", [])}
        for result in found["results"]
    }
    # Wrong is the gradient where the energy is being switched off, and nothing else.
    shell = {
        number
        for number, row in enumerate(csv.DictReader(table.splitlines()), 1)
        if 7 < math.hypot(*[float(row[name]) for name in "xyz"]) < 9
    }
    assert named == {"V": set(), "dV/dx": shell, "dV/dy": shell, "dV/dz": shell}
    assert 100 < len(shell) < 400


def test_the_command_that_shows_the_worst_row_shows_it(tmp_path: Path) -> None:
    table = results(tmp_path, "-D", "WRONG_SIGN")
    checked = graphdiff("check", "-f", "lennard_jones.gd", "--table", "-", stdin=table, cwd=EXAMPLE)
    (command, *_) = re.findall(r"^ *(graphdiff check .*)$", checked.out, re.MULTILINE)
    again = graphdiff(*shlex.split(command)[1:], cwd=EXAMPLE)
    assert again.status == 1, again.err
    assert again.out.splitlines()[1].startswith("FAIL ")
