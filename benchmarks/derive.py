"""Derivative programs and Hessians: `python benchmarks/derive.py [--peers PYTHON]`.

Prints three tables. The first: deriving a large program, and writing it, against parsing
it, in seconds of the processor. The second: sizes of derivative programs. The third:
Hessians of n variables beside SymPy, CasADi and JAX, each peer in its own process so that
none pays for another's memory, all in turns: from the formula to the numbers at one
point, imports left out, and again at another point from what is there by then. A peer
that is not installed, or takes longer than the limit, is said.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

LIMIT = 60.0  # seconds for one measurement

# Each prints the seconds from building to the Hessian, for kind and n on its command line, and
# those of another point.
PEERS = {
    "SymPy": """
import sys, time, sympy
kind, n = sys.argv[1], int(sys.argv[2])
start = time.perf_counter()
x = sympy.symbols(f"x0:{n}")
J = sum(100*(x[k+1] - x[k]**2)**2 + (1 - x[k])**2 for k in range(n - 1)) if kind == "rosenbrock" else \\
    sympy.sin(sum(x))*sum((k + 1)*x[k] for k in range(n))
at = {v: 0.5 for v in x}
H = [[sympy.diff(g, v) for v in x] for g in (sympy.diff(J, v) for v in x)]
[[h.subs(at) for h in row] for row in H]
built = time.perf_counter()
at = {v: 0.25 for v in x}
[[h.subs(at) for h in row] for row in H]
print(built - start, time.perf_counter() - built)
""",
    "CasADi": """
import sys, time, casadi
kind, n = sys.argv[1], int(sys.argv[2])
start = time.perf_counter()
x = casadi.SX.sym("x", n)
if kind == "rosenbrock":
    J = sum(100*(x[k+1] - x[k]**2)**2 + (1 - x[k])**2 for k in range(n - 1))
else:
    J = casadi.sin(sum(x[k] for k in range(n)))*sum((k + 1)*x[k] for k in range(n))
H = casadi.Function("H", [x], [casadi.hessian(J, x)[0]])
H([0.5]*n)
built = time.perf_counter()
H([0.25]*n)
print(built - start, time.perf_counter() - built)
""",
    "JAX": """
import sys, time, jax, jax.numpy as jnp
jax.config.update("jax_enable_x64", True)
kind, n = sys.argv[1], int(sys.argv[2])
jnp.ones(3).sum().block_until_ready()
start = time.perf_counter()
c = jnp.arange(1.0, n + 1)
if kind == "rosenbrock":
    f = lambda x: jnp.sum(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)
else:
    f = lambda x: jnp.sin(jnp.sum(x))*jnp.sum(c*x)
H = jax.jit(jax.hessian(f))
H(jnp.full(n, 0.5)).block_until_ready()
built = time.perf_counter()
H(jnp.full(n, 0.25)).block_until_ready()
print(built - start, time.perf_counter() - built)
""",
    "graphdiff": """
import gc, sys, time
from graphdiff import parse
from graphdiff.derivatives.second_order import Hessian
gc.disable()
kind, n = sys.argv[1], int(sys.argv[2])
if kind == "rosenbrock":
    text = "J = " + " + ".join(f"100*(x{k+1} - x{k}^2)^2 + (1 - x{k})^2" for k in range(n - 1))
else:
    text = "J = sin(" + " + ".join(f"x{k}" for k in range(n)) + ")*(" + \\
           " + ".join(f"{k+1}*x{k}" for k in range(n)) + ")"
start = time.perf_counter()
graph = parse(text)
hessian = Hessian(graph, "J", graph.inputs)
hessian.at(dict.fromkeys(graph.inputs, 0.5))
built = time.perf_counter()
hessian.at(dict.fromkeys(graph.inputs, 0.25))
print(built - start, time.perf_counter() - built)
""",
}


def varied(count: int) -> str:
    """About `count` operations in statements of which few have the same shape."""
    draw = random.Random(1)
    statements = []
    for k in range(1, count // 8 + 1):
        terms = []
        for term in range(draw.randrange(2, 5)):
            # Each is used by the next, so that there is one output.
            x = f"x{draw.randrange(max(0, k - 20), k) if term else k - 1}"
            z = f"z{draw.randrange(50)}"
            forms = (f"{x}*{z}", f"sin({x} - {z})", f"{x}/(2 + {z}^2)", f"exp(-{x})*{z}", f"({x} + {z})^2")
            terms.append(draw.choice(forms))
        statements.append(f"x{k} = " + draw.choice((" + ", " - ", "*0.5 + ")).join(terms))
    return "; ".join(statements)


def generated(count: int) -> str:
    """About `count` operations in statements of one shape."""
    return "; ".join(f"x{k + 1}=x{k}*y+sin(z{k % 50})/2-9*z{k % 50}*x{k}*0.001" for k in range(count // 8))


def derive_table() -> None:
    from graphdiff.derivatives.derivation import derive
    from graphdiff.parsing import parse
    from graphdiff.views.code.graphdiff import Graphdiff

    print("| program | nodes | parse | derive | and write | derive / parse | with writing | nodes out / in |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    gc.disable()
    programs = [("statements of one form", generated, count) for count in (16_000, 160_000)]
    for what, write, count in (*programs, ("of many forms", varied, 100_000)):
        text = write(count)
        times: list[tuple[float, float, float]] = []
        for _ in range(5):
            start = time.process_time()
            graph = parse(text)
            parsed = time.process_time()
            program = derive(graph)
            derived = time.process_time()
            written = "\n".join(Graphdiff(program).lines())
            end = time.process_time()
            times.append((parsed - start, derived - parsed, end - parsed))
        parsing, deriving, both = (statistics.median(column) for column in zip(*times, strict=True))
        growth = len(parse(written)) / len(graph)
        print(
            f"| {what} | {len(graph):,} | {parsing:.3f} s | {deriving:.3f} s | {both:.3f} s "
            f"| {deriving / parsing:.1f} | {both / parsing:.1f} | {growth:.2f} |"
        )
    gc.enable()


def size_table() -> None:
    """Nodes of the derivative program over those of the program, for chains of one function and mixtures."""
    from graphdiff.derivatives.derivation import derive
    from graphdiff.parsing import parse
    from graphdiff.rules import FUNCTIONS
    from graphdiff.views.code.graphdiff import Graphdiff

    def ratio(text: str) -> float:
        graph = parse(text)
        return len(parse("\n".join(Graphdiff(derive(graph)).lines()))) / len(graph)

    def call(name: str, count: int, arguments: Sequence[str]) -> str:
        return f"{name}({', '.join(arguments[:count])})"

    calls = {rule.name: 2 if rule.variadic else len(rule.parameters) for rule in FUNCTIONS}
    alone = {
        name: ratio("; ".join(f"x{k + 1} = " + call(name, n, [f"x{k}", "a", "b"]) for k in range(1000)))
        for name, n in calls.items()
    }
    draw = random.Random(1)
    mixed = []
    for _ in range(200):
        statements = []
        for k in range(1, 301):
            x, y, z = (f"x{draw.randrange(k)}" for _ in range(3))
            forms = [f"{x} + {y}*{z}", f"{x}/{y} - {z}", f"{x}^{draw.choice(('2', '3', '0.5', y))}"]
            forms += [call(name, calls[name], [x, y, z]) for name in draw.sample(sorted(calls), 3)]
            statements.append(f"x{k} = {draw.choice(forms)}")
        mixed.append(ratio("; ".join(statements)))
    print("| nodes of the derivative program over those of the program | least | median | 90 % | most |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for what, ratios in (
        ("one function 1,000 times, each function", list(alone.values())),
        ("mixed, 200 programs", mixed),
    ):
        ratios.sort()
        median, most = statistics.median(ratios), ratios[int(0.9 * len(ratios))]
        print(f"| {what} | {ratios[0]:.2f} | {median:.2f} | {most:.2f} | {ratios[-1]:.2f} |")
    above = ", ".join(
        f"{name} {size:.1f}" for name, size in sorted(alone.items(), key=lambda r: -r[1]) if size > 5
    )
    print(f"\nAbove 5 alone: {above or 'none'}.")


def measured(python: str, script: str, kind: str, n: int) -> list[float] | str:
    """Seconds to the first Hessian and to the second, or why there are none."""
    command = [python, "-c", script, kind, str(n)]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return f"over {LIMIT:.0f} s"
    if run.returncode:
        return "not installed" if "ModuleNotFoundError" in run.stderr else "failed"
    return list(map(float, run.stdout.split()))


def hessian_table(peers: str) -> None:
    print("| Hessian at a first point; at another, ms | " + " | ".join(PEERS) + " |")
    print("| --- |" + " ---: |" * len(PEERS))
    for kind in ("rosenbrock", "dense"):
        for n in (10, 100, 1000):
            found: dict[str, list[list[float]]] = {name: [] for name in PEERS}
            without: dict[str, str] = {}
            for _ in range(5):
                for name, script in PEERS.items():
                    slow = name in without or (found[name] and found[name][0][0] > 5)
                    times = (
                        ""
                        if slow
                        else measured(sys.executable if name == "graphdiff" else peers, script, kind, n)
                    )
                    if isinstance(times, list):
                        found[name].append(times)
                    elif times:
                        without[name] = times
            cells = []
            for name in PEERS:
                medians = (statistics.median(column) * 1000 for column in zip(*found[name], strict=True))
                cells.append(without.get(name) or "; ".join(f"{time:,.1f}" for time in medians))
            print(f"| {kind}, n = {n} | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", default=sys.executable, help="the interpreter that has the peers")
    options = parser.parse_args()
    print(json.dumps({"python": platform.python_version(), "machine": platform.machine()}))
    print()
    derive_table()
    print()
    size_table()
    print()
    hessian_table(options.peers)


if __name__ == "__main__":
    main()
