"""The cheap gradient principle: all partials cost a few times the value, however many they are.

    python benchmarks/gradient.py

Baur and Strassen (1983) bound the operations by a small constant; here is the time.
Value is `evaluate`; value and all partials is `evaluate` and `backpropagate`. Times
are of the processor, with the cycle collector off, as it is in the graphdiff command.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Sequence
from functools import partial

from generated import operation, total
from measure import in_turns, machine, medians, table

import graphdiff

INPUTS = (10, 100, 1_000, 10_000, 100_000)
ALONE = {
    "a + b": "{x}+b", "a - b": "b-{x}", "a*b": "{x}*b", "a/b": "b/{x}", "2*a": "2*{x}",
    "a^2": "{x}^2", "a^b": "{x}^b", "sqrt": "sqrt({x})", "exp": "exp(-{x})", "log": "log(2+{x})",
    "sin": "sin({x})", "tanh": "tanh({x})", "atan2": "atan2({x},b)", "sigmoid": "sigmoid({x})",
    "max": "max({x},b)", "where": "where({x}>0,{x},b)",
}  # fmt: skip


def once(graph: graphdiff.Graph, inputs: dict[str, float]) -> tuple[float, float]:
    """Processor seconds of the value alone, and of the value with all partials."""
    start = time.process_time()
    values = graphdiff.evaluate(graph, inputs)
    middle = time.process_time()
    graphdiff.backpropagate(values, graph.outputs[0])
    end = time.process_time()
    return middle - start, end - start


def prepared(text: str) -> tuple[graphdiff.Graph, dict[str, float]]:
    graph = graphdiff.parse(text)
    return graph, {name: 0.3 + k % 97 / 100 for k, name in enumerate(graph.inputs)}


def repeated(graph: graphdiff.Graph, inputs: dict[str, float]) -> Sequence[float]:
    """The two times, summed over so many repetitions that the clock can tell them."""
    times = [once(graph, inputs) for _ in range(max(1, 20_000 // len(graph)))]
    return [sum(column) / len(times) for column in zip(*times, strict=True)]


def by_inputs(rounds: int) -> str:
    tasks = {f"{n:,}": partial(repeated, *prepared(total(n))) for n in INPUTS}
    rows = []
    for name, found in in_turns(tasks, rounds).items():
        value, both = medians(found)
        rows.append([name, f"{value * 1e6:,.0f}", f"{both * 1e6:,.0f}", f"{both / value:.2f}"])
    return table(["inputs", "value, us", "value and all partials, us", "ratio"], rows)


def by_operation(rounds: int) -> str:
    tasks = {name: partial(repeated, *prepared(operation(text, 2_000))) for name, text in ALONE.items()}
    rows = []
    for name, found in in_turns(tasks, rounds).items():
        value, both = medians(found)
        rows.append([name, f"{both / value:.2f}"])
    return table(["only", "ratio"], sorted(rows, key=lambda row: float(row[1])))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    gc.disable()
    print(f"{machine()}; medians of {options.rounds} runs in turns\n")
    print(by_inputs(options.rounds))
    print(f"\n{by_operation(options.rounds)}")


if __name__ == "__main__":
    main()
