"""The page of `graphdiff draw -o lesson.html` in a real browser: headless Chromium, where it is installed."""

from __future__ import annotations

import json
import math
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shell import LECTURE

from graphdiff.drawing.picture import STATES, picture
from graphdiff.parsing import parse
from graphdiff.sweep import evaluate
from graphdiff.views.drawing import written

webdriver = pytest.importorskip("selenium.webdriver")
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="Chromium and its driver are not installed")

OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--hide-scrollbars", "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
POINT = {"a": 5.0, "b": 3.0, "c": 2.0}
AXE = Path(os.environ.get("GRAPHDIFF_NODE_MODULES", "node_modules")) / "axe-core" / "axe.min.js"

PROGRAMS = (
    LECTURE,
    "y=where(x>0,sqrt(x),0)+max(x,k); z=abs(y)",
    "y=1/(1/x)+log(k)",
    "q=w*y-x; y=x+z; z=sin(x)*w; w=x^2",
    "C=S*N1-K*exp(-r*T)*N2; N1=(1+erf(d1/sqrt(2)))/2; N2=(1+erf(d2/sqrt(2)))/2;"
    "d1=(log(S/K)+(r+\u03c3^2/2)*T)/(\u03c3*sqrt(T)); d2=d1-\u03c3*sqrt(T)",
    "J=a*b; K=a/b; L=J+c",
    "y=x^k; z=k^x",
    "a=relu(x)+sigmoid(k)-softplus(x)+logsumexp(x,k)",
    "m=mod(x,k)+floor(x)*k; n=min(x,k,1)+clamp(x,-1,1)",
    "y=where(x>0 and k>0, log(x*k), where(x<0 or k<0, x^2, inf))",
    "g=gamma(x)+lgamma(k)+digamma(x)",
    "y=atan2(x,k)+hypot(x,k)+asin(x/3)",
    "t=tanh(x)*sech(k); u=t/cosh(x)",
    "y=cbrt(x)+sign(k)*round(x)",
    "손실=(예측-목표)^2; 예측=θ*입력",
    "f(s)=s^2+1; y=f(f(x))*f(k)",
    "y=exp(x)/(exp(x)-exp(k))",
    "L=(y-t)^2; y=w1*h1+w2*h2; h1=tanh(a1*x+b1); h2=tanh(a2*x+b2)",
    "out = x*k - x/k",
    "y=diff(sin(s)*k, s); s=x",
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for option in (*OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.set_window_size(1600, 1100)
    driver.set_script_timeout(120)  # the machine may have other work
    yield driver
    driver.quit()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Any:
    def open_page(text: str, point: dict[str, float] | None = None, fragment: str = "") -> Any:
        graph = parse(text)
        path = tmp_path / "lesson.html"
        values = evaluate(graph, point or dict.fromkeys(graph.inputs, 1.0))
        path.write_bytes(written(picture(graph, values), "html"))
        browser.get("about:blank")
        browser.get(f"{path.as_uri()}{fragment}")
        return browser

    return open_page


def texts(browser: Any, selector: str) -> list[str]:
    found: list[str] = browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", selector
    )
    return found


SHOWN = """
const [names, points, done] = arguments;
const frame = () => new Promise(requestAnimationFrame);
(async () => {
  const found = [];
  for (const point of points) {
    location.hash = "#" + names.map((name, i) => `${encodeURIComponent(name)}=${point[i]}`).join("&");
    await new Promise((next) => setTimeout(next));
    await frame();
    await frame();
    found.push([...document.querySelectorAll(".picture .box")].map((box) => [
      box.dataset.name, box.dataset.value, box.querySelector(".state")?.textContent ?? "",
      [...box.querySelectorAll(".derivative")].map((line) => line.dataset.value),
    ]));
  }
  done(found);
})();
"""


@pytest.mark.campaign
@pytest.mark.parametrize("text", PROGRAMS)
def test_the_page_shows_what_eval_computes_at_many_points(opened: Any, text: str) -> None:
    check_numbers(opened, text, 100)


@pytest.mark.parametrize("text", PROGRAMS)
def test_the_page_shows_what_eval_computes(opened: Any, text: str) -> None:
    check_numbers(opened, text, 12)


def check_numbers(opened: Any, text: str, count: int) -> None:
    """At random points, kinks and undefined ones among them; the values come through the address."""
    graph = parse(text)
    rng = random.Random(text)
    points = [
        [rng.choice([0.0, 1.0, -1.0, rng.gauss(0, 1), rng.uniform(0, 30)]) for _ in graph.inputs]
        for _ in range(count)
    ]
    shown = opened(text).execute_async_script(SHOWN, list(graph.inputs), points)
    for point, boxes in zip(points, shown, strict=True):
        expected = picture(graph, evaluate(graph, dict(zip(graph.inputs, point, strict=True))))
        for box, (name, value, state, slopes) in zip(expected.boxes, boxes, strict=True):
            assert name == box.name
            assert same(value, box.value), (point, name, value, box.value)
            assert state == ("" if box.state == "undefined" else STATES.get(box.state, ""))
            known = dict(box.derivatives)
            for of, slope in zip(expected.outputs, slopes, strict=False):
                assert same(slope or "undefined", known.get(of)), (point, of, name, slope, known.get(of))


def same(shown: str, number: float | None) -> bool:
    if number is None or math.isnan(number):
        return shown == "undefined"
    return float(shown) == number or abs(float(shown) - number) <= 1e-12 * max(1, abs(number))


def test_sliders_and_fields_move_the_numbers(opened: Any) -> None:
    page = opened(LECTURE, POINT)
    page.execute_script(
        "const s = document.querySelectorAll('.input input[type=range]')[1]; s.value = 4;"
        "s.dispatchEvent(new Event('input'))"
    )
    page.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    assert texts(page, ".picture .value") == ["5", "4", "2", "8", "13", "39"]
    field = page.find_element("css selector", "#field0")
    field.send_keys(webdriver.Keys.CONTROL, "a")
    field.send_keys("-1e3")
    page.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    assert texts(page, ".picture .value")[-1] == "-2976"
    field.send_keys("x")
    assert field.get_attribute("aria-invalid") == "true"
    assert texts(page, ".picture .value")[-1] == "-2976"
    assert page.current_url.endswith("#a=-1000&b=4&c=2")


def test_the_stepper_walks_both_sweeps_with_the_chain_rule(opened: Any) -> None:
    page = opened(LECTURE, POINT)
    following = page.find_element("id", "next")
    visited, said = [], []
    while following.is_enabled():
        following.click()
        step = page.find_element("id", "step")
        visited.append((step.get_attribute("data-pass"), step.get_attribute("data-node")))
        said.append(" ".join(texts(page, "#step h3, #step .equation, #step p")))
    assert [name for kind, name in visited if kind == "forward"] == ["a", "b", "c", "u", "v", "J"]
    assert [name for kind, name in visited if kind == "backward"] == ["J", "v", "a", "u", "b", "c"]
    assert "Left to right: values u=b·c u=3·2=6 With b = 3 and c = 2." in said
    assert (
        "Right to left: derivatives dudb=c=2 dJdb=dJdu·dudb=3·2=6 "
        "b moves J through u, whose derivative is known already."
    ) in said


def test_the_stepper_tells_why_a_derivative_is_zero(opened: Any) -> None:
    page = opened("y=where(x>0, s, 2*x); s=x*k; z=floor(k)+y", {"x": -1.0, "k": 2.5})
    said = []
    while page.find_element("id", "next").is_enabled():
        page.find_element("id", "next").click()
        said.append(texts(page, "#step p")[0])
    assert "dz/ds = 0: z does not depend on s here, because its branch is not taken." in said
    assert "dz/dk = 0: k does not move z here." in said


def test_a_bump_moves_the_values_as_predicted(opened: Any) -> None:
    page = opened(LECTURE, POINT)
    page.execute_script("document.getElementById('bump-name').value = '1'")
    page.find_element("css selector", "#bump button").click()
    assert texts(page, "#bumped tbody tr") == [
        "b33.0010.0010.001", "u66.0020.0020.002", "v1111.0020.0020.002", "J3333.0060.0060.006",
    ]  # fmt: skip
    assert texts(page, "#bumped p") == ["J moved by 0.006, as predicted: dJ/db · 0.001 = 6 · 0.001 = 0.006."]


def test_the_paths_between_two_boxes_add_up(opened: Any) -> None:
    page = opened("q=w*y-x; y=x+z; z=3*w; w=x^2", {"x": 2.0})
    boxes = page.find_elements("css selector", ".picture .box")
    boxes[0].click()
    boxes[-1].click()
    assert texts(page, "#paths-hint") == ["4 paths from x to q."]
    products = [
        float(text.rpartition("=")[2].replace("\u2212", "-")) for text in texts(page, "#paths li math")
    ]
    total = float(page.find_element("css selector", "[data-sum]").get_attribute("data-sum"))
    # q = x^2*(x + 3*x^2) - x, so dq/dx = 3*x^2 + 12*x^3 - 1.
    assert sum(products) == total == 107


def test_a_link_restores_the_values(opened: Any) -> None:
    page = opened(LECTURE, POINT, "#a=1&b=2&c=3")
    assert texts(page, ".picture .value")[-1] == "21"
    page = opened("손실=(예측-목표)^2; 예측=θ*입력", None, "#%EB%AA%A9%ED%91%9C=5&%ZZ=1&nobody=2&θ=x")
    assert texts(page, ".picture .value")[-1] == "16"


def test_everything_is_reached_with_the_keyboard(opened: Any) -> None:
    page = opened(LECTURE, POINT)
    reached = page.execute_script(
        "return [...document.querySelectorAll('input, select, button, a[href], summary, .box')]"
        ".filter(e => e.tabIndex < 0).map(e => e.outerHTML)"
    )
    assert reached == []
    keys = webdriver.Keys
    boxes = page.find_elements("css selector", ".picture .box")
    boxes[1].send_keys(keys.ENTER)
    boxes[5].send_keys(keys.ENTER)
    assert texts(page, "#paths-hint") == ["One path from b to J."]
    boxes[5].send_keys(keys.ESCAPE)
    assert texts(page, "#paths li") == []
    page.find_element("id", "next").send_keys(keys.ARROW_RIGHT)
    assert texts(page, "#where") == ["Step 1 of 12"]


def test_hostile_text_runs_nothing_and_nothing_is_fetched(opened: Any) -> None:
    text = "J = where(a<b, script, 1); script = b # </script><script>document.title='ran'</script> ]]> \u202e"
    page = opened(text, {"a": 1.0, "b": 2.0}, "#a=<img src=x onerror=document.title='ran'>")
    assert page.title == "Computation graph of J"
    assert "document.title='ran'" in texts(page, "header code")[0]
    assert [entry for entry in page.get_log("browser") if entry["level"] == "SEVERE"] == []
    requests = [
        json.loads(entry["message"])["message"]["params"]["request"]["url"]
        for entry in page.get_log("performance")
        if "Network.requestWillBeSent" in entry["message"]
        and "request" in json.loads(entry["message"])["message"]["params"]
    ]
    assert [url for url in requests if not url.startswith(("file:", "about:", "chrome:", "data:"))] == []
    page.execute_script("const s = document.createElement('script'); s.textContent = 'document.title = 1';"
                        "document.body.append(s)")  # fmt: skip
    assert page.title == "Computation graph of J"  # the policy allows no script but the page's own


OVERFLOW = """
const rects = [...document.querySelectorAll(".picture .box")].map((box) => {
  const frame = box.querySelector("rect").getBoundingClientRect();
  return [...box.querySelectorAll("text:not(.delta)")].filter((t) => t.textContent).map((t) => {
    const r = t.getBoundingClientRect();
    const inside = r.left >= frame.left && r.right <= frame.right;
    return inside && r.top >= frame.top - 1 && r.bottom <= frame.bottom + 1;
  });
});
return [rects.flat().every(Boolean), document.documentElement.scrollWidth <= innerWidth];
"""


@pytest.mark.parametrize("width", [360, 768, 1600])
def test_texts_stay_in_their_boxes_and_the_page_in_its_width(opened: Any, width: int) -> None:
    for text in (PROGRAMS[0], PROGRAMS[4], PROGRAMS[14], f"{'n' * 200} = x/3e-300"):
        page = opened(text, dict.fromkeys(parse(text).inputs, -1.234567e-89) if "n" * 200 in text else None)
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        assert page.execute_script(OVERFLOW) == [True, True], (text, width)
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(opened: Any, scheme: str) -> None:
    page = opened(PROGRAMS[1], {"x": -1.0, "k": -1.0})
    page.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    for _ in range(8):
        page.find_element("id", "next").click()
    page.find_element("css selector", "#bump button").click()
    page.execute_script("document.getElementById('numbers').open = true")
    page.execute_script(AXE.read_text(encoding="utf-8"))
    found = page.execute_async_script("axe.run().then(arguments[0])")
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found["violations"]] == []
