"""Drawing: as a whole process beside `eval`, a program of 500 definitions, a page of 1,000 nodes in Chromium.

    python benchmarks/draw.py

The processes run in turns, and their times are of the processor. For the page, Chromium, its driver and
selenium have to be installed; else it is left out.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import median

from measure import in_turns, machine, run, table

EXAMPLE = ["J=3*v; v=a+u; u=b*c", "--a", "5", "--b", "3", "--c", "2"]
COMMANDS = {
    "eval --format table": ["eval", *EXAMPLE, "--format", "table"],
    "draw": ["draw", *EXAMPLE],
    "draw --to svg": ["draw", *EXAMPLE, "--to", "svg"],
    "draw --to html": ["draw", *EXAMPLE, "--to", "html"],
}

MOVES = 60
# Moves a slider, each time once the browser has drawn the move before.
MOVE = """
const done = arguments[0];
(async () => {
  const slider = document.querySelector(".input input[type=range]");
  for (let k = 0; k < 60; k++) {
    slider.value = String(0.1 + k / 100);
    slider.dispatchEvent(new Event("input"));
    await new Promise(requestAnimationFrame);
    await new Promise((next) => setTimeout(next));
  }
  done();
})();
"""


def program(count: int) -> str:
    """Definitions of two earlier names each; what nothing uses is added up."""
    rng, names, lines = random.Random(count), ["x0", "x1", "x2", "x3"], []
    used = set()
    for k in range(count):
        one, other = rng.choice(names[-30:]), rng.choice(names[-6:])
        lines.append(f"n{k} = sin({one}) + 0.5*{other}")
        names.append(f"n{k}")
        used |= {one, other}
    return "; ".join([*lines, "out = " + " + ".join(name for name in names if name not in used)])


def graphdiff(*arguments: str) -> float:
    return run([sys.executable, "-m", "graphdiff", *arguments], keep=False).processor


def page(path: Path) -> float | None:
    """Milliseconds of the browser's main thread for one move; None where there is no browser."""
    driver, chromium = shutil.which("chromedriver"), shutil.which("chromium")
    try:
        from selenium import webdriver
    except ImportError:
        return None
    if not driver or not chromium:
        return None
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for option in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"):
        options.add_argument(option)
    with webdriver.Chrome(options=options, service=webdriver.ChromeService(driver)) as browser:
        browser.get(path.as_uri())
        browser.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
        times = []
        for _ in range(2):  # once to warm up
            browser.execute_async_script(MOVE)
            found = browser.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
            times.append(next(metric["value"] for metric in found if metric["name"] == "TaskDuration"))
        return 1000 * float(times[1] - times[0]) / MOVES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=11)
    rounds = parser.parse_args().rounds
    print(machine(["click", "rich", "pygraphviz"]))
    found = in_turns({name: partial(graphdiff, *c) for name, c in COMMANDS.items()}, rounds)
    times = {name: median(list_) for name, list_ in found.items()}
    first = next(iter(times.values()))
    rows = [[name, f"{1000 * time:.0f} ms", f"{time / first:.2f}"] for name, time in times.items()]
    print(table(["command", "processor", "ratio"], rows))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "large").write_text(program(500))
        inputs = [word for k in range(4) for word in (f"--x{k}", "0.5")]
        time = median(graphdiff("draw", "-f", str(path / "large"), *inputs, "--to", "svg") for _ in range(3))
        print(f"\n500 definitions to SVG: {time:.2f} s")
        (path / "large").write_text(program(330))
        html = path / "page.html"
        graphdiff("draw", "-f", str(path / "large"), *inputs, "-o", str(html))
        shown = page(html)
        if shown is not None:
            print(f"page of about 1,000 nodes: {html.stat().st_size / 1e6:.1f} MB, {shown:.1f} ms for a move")


if __name__ == "__main__":
    main()
