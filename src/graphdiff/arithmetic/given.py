"""Numbers as callers give them: what counts as one real number, and the error for what does not."""

from __future__ import annotations

import math
from typing import Any, NoReturn

from graphdiff.diagnostics import Diagnostic, InputProblem, shortened

HINT = "write a number, or an expression of constants such as pi/4"
ROWS = "give one number, or compute with rows: the arithmetic graphdiff.Batch()"


def is_real(given: Any) -> bool:
    """Whether an object is one real number: of Python, NumPy, mpmath, or anything that float() takes.

    Truth values are refused: they are more often a mistake than a number.
    """
    if isinstance(given, (bool, str, bytes, bytearray, complex)) or getattr(given, "ndim", 0) > 0:
        return False
    if getattr(given, "mask", False):  # numpy.ma.masked, which float() takes for NaN
        return False
    if getattr(getattr(given, "dtype", None), "kind", "f") not in "iuf":  # NumPy's: integers and floats
        return False
    return hasattr(given, "__float__") or hasattr(given, "__index__")


def to_float(name: str, given: Any) -> float:
    """The nearest binary64 number. InputProblem for what is not a real number, or beyond the largest."""
    if not is_real(given):
        refuse(name, given)
    try:
        found = float(given)
    except OverflowError:
        refuse_too_large(name)
    except (TypeError, ValueError):
        refuse(name, given)
    if math.isinf(found) and given != found:
        refuse_too_large(name)
    return found


def refuse(name: str, given: Any) -> NoReturn:
    """Raise InputProblem for the value of an input that is not a number."""
    raise not_a_number(name, *_described(given))


def not_a_number(name: str, shown: str, hint: str = "") -> InputProblem:
    """The error for the value of an input, `shown` in words."""
    message = f"the value of '{name}' is not a number: {shown}"
    return InputProblem(Diagnostic("input", message, hint=hint, node=name))


def refuse_too_large(name: str) -> NoReturn:
    """Raise InputProblem for a number that binary64 cannot hold."""
    message = f"the value of '{name}' is beyond the largest binary64 number, 1.8e308"
    hint = "compute with more digits: precision=50 in Python, --precision 50 on the command line"
    raise InputProblem(Diagnostic("input", message, hint=hint, node=name))


def _described(given: Any) -> tuple[str, str]:
    """What an object is, in words, and what to write instead."""
    if isinstance(given, bool) or getattr(getattr(given, "dtype", None), "kind", "") == "b":
        return str(given), "write 1 for true and 0 for false"
    if getattr(given, "ndim", 0):
        return "an array", ROWS
    if isinstance(given, complex) or hasattr(given, "__complex__"):
        return shortened(str(given)), "graphdiff computes with real numbers"
    if isinstance(given, (list, tuple)):
        return f"a {type(given).__name__}", ROWS
    return "a dict" if isinstance(given, dict) else shortened(str(given)), HINT
