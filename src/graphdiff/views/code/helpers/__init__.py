"""Helper functions that a language lacks, written in it, with `@` before the names of helpers.

They are this project's own, from the formulas of the NIST Digital Library of Mathematical
Functions (DLMF) that are named beside them.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from graphdiff.arithmetic.removable import BERNOULLI, BERNOULLI_OVER_FACTORIAL

NAME = re.compile(r"@(\w+)")

# Taylor coefficients, to the last digit of binary64, the highest first: of digamma at its positive zero ...
SLOPES_AT_ZERO = (
    -0.00016170622091974803, 0.00023635601564027053, -0.0003454680251063077, 0.000504953265834602,
    -0.0007380709389960052, 0.0010788252019162967, -0.0015769367714301972, 0.002305126326734928,
    -0.003369801655439328, 0.004926781395729853, -0.007204534386356869, 0.010538791616612175,
    -0.01542476590494896, 0.022597648232218104, -0.03316112647484736, 0.04880428816414311,
    -0.07219956125645471, 0.10782405069126237, -0.16394270544240652, 0.258499760955651,
    -0.4427631689835921, 0.9676722454476212,
)  # fmt: skip
# ... and of log(gamma(x)) at 2.
SLOPES_AT_TWO = (
    1.330476437424449e-10, -2.7595228851242334e-10, 5.731367241678862e-10, -1.1921401405860912e-09,
    2.4836745438024785e-09, -5.183475041970047e-09, 1.0838659214896955e-08, -2.2711094608943164e-08,
    4.7698101693639804e-08, -1.0043224823968099e-07, 2.1207184805554665e-07, -4.492469198764566e-07,
    9.55141213040742e-07, -2.039215753801366e-06, 4.374866789907488e-06, -9.439488275268397e-06,
    2.050721277567069e-05, -4.492623673813314e-05, 9.945751278180853e-05, -0.00022315475845357939,
    0.0005096695247430425, -0.001192753911703261, 0.0028905103307415234, -0.007385551028673986,
    0.020580808427784546, -0.0673523010531981, 0.3224670334241132, 0.42278433509846713,
)  # fmt: skip
TABLES = {
    "SLOPES_AT_ZERO": SLOPES_AT_ZERO, "SLOPES_AT_TWO": SLOPES_AT_TWO, "BERNOULLI": BERNOULLI,
    "BERNOULLI_OVER_FACTORIAL": BERNOULLI_OVER_FACTORIAL,
}  # fmt: skip


@cache
def helpers(file: str) -> dict[str, str]:
    """The functions of one file by name, in its order: if the language needs that, callees come first."""
    text = (files(__package__) / f"{file}.txt").read_text(encoding="utf-8")
    blocks = re.split(r"\n{2,}", text.strip("\n"))
    return {NAME.findall(block)[0]: _with_tables(block, file) for block in blocks}


def _with_tables(block: str, file: str) -> str:
    """The text of a function with the numbers of its tables filled in, four on a line."""
    suffix, going_on = ("_real64", " &") if file == "fortran" else ("", "")

    def written(match: re.Match[str]) -> str:
        numbers = [f"{number!r}{suffix}" for number in TABLES[match[2]]]
        rows = [", ".join(numbers[k : k + 4]) for k in range(0, len(numbers), 4)]
        return match[1] + f",{going_on}\n{match[1]}".join(rows)

    return re.sub(r"( *)#([A-Z_]+)", written, block)


def needed(texts: dict[str, str], used: set[str]) -> dict[str, str]:
    """The functions that are used, directly or by other helpers, in the order of `texts`."""
    pending = list(used)
    while pending:
        for name in NAME.findall(texts[pending.pop()]):
            if name not in used:
                used.add(name)
                pending.append(name)
    return {name: text for name, text in texts.items() if name in used}
