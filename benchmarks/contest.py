"""One contestant differentiates the generated chain once: run by large.py, a process each time.

    python benchmarks/contest.py NAME STATEMENTS COLLECTOR

It prints JSON: the processor seconds of each phase, the value and the gradient. It runs
in any environment that has the contestant; all import what they need, and take one
small chain, before the clock starts. COLLECTOR is `off`, or `on` as Python starts: the
cycle collector, which graphdiff pauses by itself.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from generated import PARAMETERS, POINT, chain, chain_in_python, nested, single, varied


class Result(NamedTuple):
    phases: dict[str, float]  # seconds
    value: float
    gradient: list[float]
    nodes: int = 0  # of graphdiff's graph
    tokens: int = 0


class Clock:
    """Processor seconds since the last reading: other processes of the machine do not count."""

    def __init__(self) -> None:
        self.last = time.process_time()

    def __call__(self) -> float:
        before, self.last = self.last, time.process_time()
        return self.last - before


def graphdiff(statements: int) -> Result:
    """graphdiff reads the chain as text."""
    return graphdiff_on(chain(statements))


def graphdiff_on(text: str) -> Result:
    """Any generated program; its first output is differentiated."""
    package = importlib.import_module("graphdiff")
    names = ["x0", "y", *(f"z{k}" for k in range(PARAMETERS))]
    point = dict(zip(names, POINT, strict=True))
    clock = Clock()
    graph = package.parse(text)
    parsed = clock()
    inputs = {name: point.get(name, 0.5) for name in graph.inputs}
    clock()
    values = package.evaluate(graph, inputs)
    evaluated = clock()
    slopes = package.backpropagate(values, graph.outputs[0])
    phases = {"parse": parsed, "evaluate": evaluated, "backpropagate": clock()}
    gradient = [slopes[name] for name in names if name in graph.names]
    tokens = sum(statement.shape.tokens + 1 for statement in graph._statements)  # and a separator each
    return Result(phases, values[graph.outputs[0]], gradient, len(graph), tokens)


def micrograd(statements: int) -> Result:
    """Two things are added to it: a sine, and a topological sort that does not recurse."""
    math = importlib.import_module("math")
    value = importlib.import_module("micrograd.engine").Value

    def sin(x: Any) -> Any:
        out = value(math.sin(x.data), (x,), "sin")

        def backward() -> None:
            x.grad += math.cos(x.data) * out.grad

        out._backward = backward
        return out

    clock = Clock()
    inputs = [value(x) for x in POINT]
    out = chain_in_python(statements, inputs, sin)
    built = clock()
    order: list[Any] = []
    visited = {out}
    stack = [(out, iter(out._prev))]
    while stack:
        node, children = stack[-1]
        for child in children:
            if child not in visited:
                visited.add(child)
                stack.append((child, iter(child._prev)))
                break
        else:
            order.append(node)
            stack.pop()
    out.grad = 1
    for node in reversed(order):
        node._backward()
    return Result({"build": built, "differentiate": clock()}, out.data, [x.grad for x in inputs])


def torch(statements: int) -> Result:
    """Scalar float64 tensors, eager."""
    package = importlib.import_module("torch")
    clock = Clock()
    inputs = [package.tensor(x, dtype=package.float64, requires_grad=True) for x in POINT]
    out = chain_in_python(statements, inputs, package.sin)
    built = clock()
    out.backward()
    phases = {"build": built, "differentiate": clock()}
    return Result(phases, out.item(), [0.0 if x.grad is None else x.grad.item() for x in inputs])


def casadi(statements: int) -> Result:
    """SX scalars: the gradient is built as symbols, then both are evaluated once."""
    package = importlib.import_module("casadi")
    clock = Clock()
    inputs = [package.SX.sym(f"i{k}") for k in range(len(POINT))]
    out = chain_in_python(statements, inputs, package.sin)
    built = clock()
    stacked = package.vertcat(*inputs)
    function = package.Function("f", [stacked], [out, package.gradient(out, stacked)])
    value, gradient = function(POINT)
    phases = {"build": built, "differentiate": clock()}
    return Result(phases, float(value), [float(x) for x in gradient.full().ravel()])


def autograd(statements: int) -> Result:
    """HIPS autograd over Python floats; it builds and differentiates in one call."""
    package = importlib.import_module("autograd")
    sin = importlib.import_module("autograd.numpy").sin
    clock = Clock()
    function = package.value_and_grad(
        lambda *inputs: chain_in_python(statements, inputs, sin), argnum=tuple(range(len(POINT)))
    )
    value, gradient = function(*POINT)
    return Result({"differentiate": clock()}, float(value), [float(x) for x in gradient])


CONTESTANTS: dict[str, Callable[[int], Result]] = {
    "graphdiff": graphdiff,
    "micrograd": micrograd,
    "casadi": casadi,
    "torch": torch,
    "autograd": autograd,
    "varied": lambda size: graphdiff_on(varied(size)),
    "single": lambda size: graphdiff_on(single(size)),
    "nested": lambda size: graphdiff_on(nested(size)),
}


def main() -> None:
    name, statements, collector = sys.argv[1:]
    contestant = CONTESTANTS[name]
    contestant(100)
    gc.collect()
    if collector == "off":
        gc.disable()
    print(json.dumps(contestant(int(statements))._asdict()))


if __name__ == "__main__":
    main()
