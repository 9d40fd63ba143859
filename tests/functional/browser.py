"""Where a browser for the tests is, and how it is started: without a network, a profile or a graphics card."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from playwright.sync_api import Page

CHROMIUM: Final = Path("/usr/bin/chromium")
ARGUMENTS: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
FRAMES: Final = 600


def until(page: Page, condition: str) -> None:
    """Wait some frames for a condition in JavaScript; ``wait_for_function`` evaluates a string, which reports forbid.

    Raises ``AssertionError`` if it does not come true.
    """
    again = f"for (let left = {FRAMES}; left && !({condition}); left--) await new Promise(requestAnimationFrame);"
    assert page.evaluate(f"async () => {{ {again} return Boolean({condition}); }}"), condition
