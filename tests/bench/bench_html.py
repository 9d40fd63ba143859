"""How long a large picture takes in a browser: from opening the file to the first picture, and each frame of panning.

    python -m tests.bench.bench_html [NODES EDGES]

A page with a made-up graph is opened from disk in Chromium without a graphics card, which is slower than any desk. The
picture is dragged to and fro by the mouse while the browser draws, overview and close by; then it is filtered, searched
and a path highlighted. Seconds are of the clock; the machine ought to be quiet.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, sync_playwright

from reports.formats.html import write
from tests.functional.browser import ARGUMENTS, CHROMIUM, until
from tests.reports.html_papers import graph, paper

NODES, EDGES = 2_000, 10_000
STEPS = 60
MOST_TO_PICTURE, MOST_PER_FRAME, MOST_TO_ANSWER = 8_000, 100, 1_500
"""Milliseconds."""

FRAMES = """() => {
    window.frames_ = [];
    let before = performance.now();
    const next = (now) => {
        window.frames_.push(now - before);
        before = now;
        window.going = requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
}"""


def panning(page: Page, what: str) -> int:
    """Drag the picture, and tell the median milliseconds of a frame."""
    box = page.locator(".canvas").bounding_box()
    assert box
    x, y = int(box["x"] + box["width"] / 2), int(box["y"] + box["height"] / 2)
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(FRAMES)
    for step in range(STEPS):
        page.mouse.move(x + (step % 20) * 9, y + (step % 15) * 7)
    frames: list[float] = sorted(page.evaluate("() => { cancelAnimationFrame(window.going); return window.frames_; }"))
    page.mouse.up()
    middle, worst = round(median(frames)), round(frames[-1])
    print(f"panning, {what}: {len(frames)} frames, {middle} ms in the median, {worst} ms at worst", flush=True)
    return middle


def answering(page: Page, what: str, act: str) -> int:
    """How many milliseconds something takes until the next frame is drawn."""
    took: int = page.evaluate(
        f"async () => {{ const began = performance.now(); {act}; await new Promise(requestAnimationFrame);"
        " await new Promise((done) => setTimeout(done)); return Math.round(performance.now() - began); }"
    )
    print(f"{what}: {took} ms", flush=True)
    return took


def measure(page: Page, file: Path, nodes: int) -> tuple[int, list[int], list[int]]:
    """Milliseconds to the first picture, of frames, and of answers."""
    started = time.perf_counter()
    page.goto(file.as_uri())
    until(page, "document.querySelector('.canvas').cytoscape")
    page.evaluate("new Promise(requestAnimationFrame)")
    first = round((time.perf_counter() - started) * 1000)
    print(f"first picture: {first} ms", flush=True)
    page.locator(".canvas").scroll_into_view_if_needed()
    close = panning(page, "close by")
    page.click("[data-do=fit]")
    frames = [close, panning(page, "everything in view")]
    value = "const box = document.querySelector('[data-do={0}]'); box.value = '{1}';"
    event = " box.dispatchEvent(new Event('{0}', {{bubbles: true}}))"
    acts = [
        answering(page, "filter", value.format("least", 3) + event.format("input")),
        answering(page, "search", value.format("search", "0x00") + event.format("input")),
        answering(page, "path", value.format("path", f"n{nodes}") + event.format("change")),
    ]
    return first, frames, acts


def main() -> None:
    """Make the page, measure it, and hold it to its limits."""
    nodes, edges = (int(sys.argv[1]), int(sys.argv[2])) if sys.argv[2:] else (NODES, EDGES)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as player:
        file = Path(folder) / "report.html"
        file.write_bytes(write(paper(rows=nodes, drawn=graph(nodes, edges))))
        print(f"{nodes} nodes, {edges} edges, {file.stat().st_size // 1000} kB", flush=True)
        browser = player.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        first, frames, acts = measure(page, file, nodes)
        browser.close()
    print(
        f"of what is allowed: first picture {first / MOST_TO_PICTURE:.2f}, frames {max(frames) / MOST_PER_FRAME:.2f},"
        f" answers {max(acts) / MOST_TO_ANSWER:.2f}"
    )
    assert first <= MOST_TO_PICTURE
    assert max(frames) <= MOST_PER_FRAME
    assert max(acts) <= MOST_TO_ANSWER


if __name__ == "__main__":
    main()
