"""Random smooth programs for the tests of derivative programs: text, and a point inside the domain."""

from __future__ import annotations

import random

# Each takes any real argument in about (-3, 3) to a value of moderate size.
SMOOTH = (
    "sin({0})", "cos({0})", "tanh({0})", "atan({0})", "exp({0}/4)", "sigmoid({0})", "softplus({0})",
    "log(3 + {0}^2)", "sqrt(2 + {0}^2)", "erf({0})", "1/(2 + {0}^2)", "hypot({0}, 1.5)", "asinh({0})",
    "cbrt(4 + {0}^2)", "logsumexp({0}, 0.3)", "gamma(2 + sin({0}))", "log1p(1 + cos({0}))", "expm1({0}/5)",
    "({0})^2/4", "(2 + sin({0}))^1.5", "cosh({0}/3)",
)  # fmt: skip
BETWEEN = (
    "({0} + {1})", "({0} - {1})", "{0}*{1}/3", "({0})/(3 + cos({1}))", "(2 + sin({0}))^tanh({1})",
    "atan2({0}, 3 + cos({1}))", "where({0} > {1}, sin({0}), {1}/2)", "hypot({0}, 2 + {1}^2)",
    "logsumexp({0}, {1})",    "where({0} > 9, log({0} - 9), cos({1}))",
)  # fmt: skip


def program(seed: int, definitions: int = 5, kinked: bool = False) -> tuple[str, dict[str, float]]:
    """A program of several definitions in shuffled order, and a point.

    With `kinked` it has abs, max, relu and clamp, away from their kinks with probability 1.
    """
    source = random.Random(seed)
    names = ["x", "y", "z"]
    smooth = SMOOTH + (("abs({0})", "relu({0} + 0.5)", "clamp({0}, -0.7, 0.9)") if kinked else ())
    between = BETWEEN + (("max({0}, {1})", "min({0}, {1}, 0.4)") if kinked else ())
    lines = []
    for k in range(definitions):
        one, two, three = (source.choice(names) for _ in range(3))
        inner = source.choice(smooth).format(one)
        outer = source.choice(between).format(inner, two)
        if source.random() < 0.5:
            outer = f"f{k}({outer}, {three})"
            lines.append(f"f{k}(p, q) = {source.choice(between).format('p', 'q')}")
        names.append(f"u{k}")
        lines.append(f"u{k} = {outer}")
    lines.append(
        "J = " + " + ".join(f"u{k}*{k + 1}/{definitions}" for k in range(definitions)) + " + x*y*z/50"
    )
    source.shuffle(lines)
    return "; ".join(lines), {name: round(source.uniform(-2, 2), 3) for name in ("x", "y", "z")}
