"""Generated programs of any size, as text and as Python code over whatever overloads its operators.

    python benchmarks/generated.py STATEMENTS FILE

writes the chain to a file, to be tried with `graphdiff eval -f FILE`.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

PARAMETERS = 50  # how many of z0, z1, ... the chain uses
OPERATIONS = 8  # in each statement of the chain, no two of them alike in the whole program
POINT = [0.5, 0.5, *((k + 1) / 60 for k in range(PARAMETERS))]  # x0, y, z0, z1, ...


def chain(statements: int) -> str:
    """A recurrence written out, as programs that write programs do: all statements of one form."""
    return "\n".join(
        f"x{k}=x{k - 1}*y+sin(z{k % 50}+x{max(k - 2, 0)})/2-0.9*x{max(k - 2, 0)}*z{k * 7 % 50}"
        for k in range(1, statements + 1)
    )


def chain_in_python(statements: int, inputs: Sequence[Any], sin: Callable[[Any], Any]) -> Any:
    """The same operations in the same order, by the operators of the inputs: the last x."""
    before = last = inputs[0]
    y, z = inputs[1], inputs[2:]
    for k in range(1, statements + 1):
        before, last = last, last * y + sin(z[k % 50] + before) / 2 - 0.9 * before * z[k * 7 % 50]
    return last


def varied(statements: int) -> str:
    """Random formulas: hardly any statement has the form of another, so that no form is read twice."""
    draw = random.Random(1)

    def formula(depth: int, k: int) -> str:
        if depth == 0:
            return draw.choice([f"x{draw.randrange(max(0, k - 5), k)}", f"z{draw.randrange(50)}", "0.5"])
        left, right = formula(depth - 1, k), formula(depth - 1, k)
        forms = [
            f"{left}+{right}",
            f"{left}-{right}",
            f"({left})*{right}",
            f"sin({left})",
            f"tanh({left}*{right})",
        ]
        return draw.choice(forms)

    return "\n".join(f"x{k}={formula(3, k)}" for k in range(1, statements + 1))


def single(terms: int) -> str:
    """One expression alone, a sum of many terms."""
    return "+".join(f"a{k % 100}*{k % 1000}.5*sin(b{k})" for k in range(terms))


def nested(depth: int) -> str:
    """One expression alone, parentheses within parentheses."""
    return "(1+a*" * depth + "a" + ")" * depth


def total(inputs: int) -> str:
    """A function of many inputs, each used a few times."""
    return "\n".join(
        [
            "s1=sin(a1)*a1",
            *(f"s{k}=s{k - 1}+sin(a{k})*a{k - 1}/(2+a{k}^2)" for k in range(2, inputs + 1)),
        ]
    )


def operation(form: str, statements: int) -> str:
    """One operation over and over; {x} in its form stands for what it is applied to."""
    return "\n".join(f"x{k}={form.format(x=f'x{k - 1}')}" for k in range(1, statements + 1))


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(chain(int(sys.argv[1])) + "\n", encoding="utf-8")
