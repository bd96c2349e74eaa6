"""Command lines that make one comparison of a report again."""

from __future__ import annotations

from collections.abc import Iterator

from graphdiff.checking import Check, Comparison, Expectation, Row, Tally, Tolerance
from graphdiff.diagnostics import printable

# The options of the command: an input with such a name is set by --set. A test compares
# them with those of the command, which views do not import.
OPTIONS = frozenset((
    "atol", "color", "equal-nan", "expect", "expression", "file", "format", "gradcheck", "help", "ignore",
    "inputs", "of", "quiet", "report", "report-format", "rtol", "samples", "schema", "seed", "set", "table",
    "table-format", "ulp", "wrt",
))  # fmt: skip


def of_comparison(check: Check, e: Expectation, comparison: Comparison) -> str:
    """A command line that compares an expectation at one point."""
    formula = repr(comparison.expected) if e.formula is None else e.formula
    tolerance = e.tolerance
    if comparison.excess > 1.01 * tolerance.excess(comparison.computed, comparison.expected):
        # At a random point the default is stricter than at a given one.
        relative = tolerance.rtol * abs(comparison.expected)
        absolute = abs(comparison.difference) / comparison.excess - relative
        tolerance = tolerance._replace(atol=absolute if absolute > relative / 1000 else 0.0)
    asked = ["--expect", f"{e.quantity.label} = {formula}", *_tolerance(tolerance)]
    return _command(check, comparison.row, asked)


def of_derivative(check: Check, tally: Tally) -> str:
    """A command line that examines a derivative at the point of the most serious finding."""
    assert tally.row is not None
    assert check.gradcheck is not None
    asked = ["--gradcheck", "--of", tally.of, "--wrt", tally.wrt]
    return _command(check, tally.row, [*asked, *_tolerance(Tolerance(rtol=check.gradcheck.rtol))])


def _command(check: Check, row: Row, asked: list[str]) -> str:
    words = ["graphdiff", "check", *check.written]
    for name, value in row.inputs.items():
        words += ["--set", f"{name}={value!r}"] if name in OPTIONS else [f"--{name}={value!r}"]
    return " ".join(map(_quoted, [*words, *asked]))


def _quoted(word: str) -> str:
    """A word for any POSIX shell, on one line and safe to write: if need be by a call of its printf."""
    import shlex  # only failures are reproduced

    if printable(word) == word:
        return shlex.quote(word)
    return f"\"$(printf -- '{''.join(map(_escaped, word))}')\""


def _escaped(c: str) -> str:
    if c in "\n%":
        return "\\n" if c == "\n" else "%%"
    if c not in "\\'[" and printable(c) == c:
        return c
    return "".join(f"\\{byte:03o}" for byte in c.encode("utf-8", "surrogateescape"))


def _tolerance(tolerance: Tolerance) -> Iterator[str]:
    default = Tolerance()
    if tolerance.ulp is not None:
        yield f"--ulp={tolerance.ulp!r}"
    else:
        if tolerance.rtol != default.rtol:
            yield f"--rtol={tolerance.rtol!r}"
        if tolerance.atol != default.atol:
            yield f"--atol={tolerance.atol!r}"
    if tolerance.equal_nan:
        yield "--equal-nan"
