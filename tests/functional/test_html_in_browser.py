"""The report as its readers use it: opened from disk in a browser, network off, by mouse, keyboard and printer.

Skipped where there is no Chromium at /usr/bin/chromium.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from pypdf import PdfReader

from reports.formats.html import write
from reports.report import report
from tests.functional.browser import ARGUMENTS, CHROMIUM, until
from tests.reports.html_papers import address, graph, hostile, paper, tx
from tests.reports.papers import dossier, draft
from tracer.words import LANGUAGES

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}"),
]

NODES: Final = 12

CHECKS: Final = """() => {
    const wrong = [];
    const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
    for (const id of new Set(ids.filter((one, at) => ids.indexOf(one) < at))) wrong.push(`id twice: ${id}`);
    for (const one of document.querySelectorAll('input, select'))
        if (!one.labels.length) wrong.push(`no label: ${one.id}`);
    for (const one of document.querySelectorAll('button, a'))
        if (!one.textContent.trim() && !one.getAttribute('aria-label')) wrong.push(`no name: ${one.outerHTML}`);
    for (const one of document.querySelectorAll('table'))
        if (!one.caption?.textContent.trim() || !one.querySelector('th[scope]')) wrong.push(`table: ${one.id}`);
    for (const one of document.querySelectorAll('[role=img]'))
        if (!one.getAttribute('aria-labelledby')) wrong.push('a picture without words');
    let level = 0;
    for (const one of document.querySelectorAll('h1, h2, h3, h4, h5, h6')) {
        const at = Number(one.tagName[1]);
        if (at > level + 1) wrong.push(`heading: ${one.textContent}`);
        level = at;
    }
    for (const what of ['main', 'header', 'nav', 'footer', 'title'])
        if (document.querySelectorAll(what).length < 1) wrong.push(`no ${what}`);
    for (const one of document.querySelectorAll('a[href^="#"]'))
        if (!document.getElementById(one.getAttribute('href').slice(1))) wrong.push(`nowhere: ${one.href}`);
    return wrong;
}"""
"""What an accessibility checker looks at first."""

WIDER: Final = "document.documentElement.scrollWidth - innerWidth"
CLASSED: Final = (
    "name => document.querySelector('.canvas').cytoscape.elements(`.${name}`).map((one) => one.id()).sort()"
)


@pytest.fixture(scope="module")
def demo() -> dict[str, bytes]:
    """The demonstration's report by language."""
    return {lang: write(report(draft(dossier(), lang))) for lang in LANGUAGES}


@pytest.fixture(scope="module")
def browser(demo: dict[str, bytes]) -> Iterator[Browser]:
    """One browser for all tests here. It holds the thread's event loop, so whatever needs one is made before."""
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        yield browser
        browser.close()


class Desk:
    """A reader's screen. What goes wrong on it is kept: errors, refusals of the policy, and anything asked for."""

    def __init__(self, browser: Browser, folder: Path, **options: Any) -> None:
        self._context = browser.new_context(**options)
        self._context.set_offline(offline=True)
        self._context.grant_permissions(["clipboard-read", "clipboard-write"])
        self._folder = folder
        self.wrong: list[str] = []
        self.asked: list[str] = []

    def open(self, whole: bytes) -> Page:
        """Open a page from disk."""
        file = self._folder / "report.html"
        file.write_bytes(whole)
        page = self._context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda message: self.wrong.append(message.text))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("dialog", lambda dialog: self.wrong.append(dialog.message))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(file.as_uri())
        return page

    def close(self) -> None:
        """Close it: nothing went wrong, and nothing but the file was ever asked for."""
        self._context.close()
        assert self.wrong == []
        assert [one for one in self.asked if not one.startswith(("file:", "data:image/svg+xml,"))] == []


@pytest.fixture
def desk(browser: Browser, tmp_path: Path) -> Iterator[Desk]:
    """A desk's screen."""
    made = Desk(browser, tmp_path, viewport={"width": 1280, "height": 900})
    yield made
    made.close()


@pytest.fixture
def phone(browser: Browser, tmp_path: Path) -> Iterator[Desk]:
    """A phone's screen."""
    made = Desk(browser, tmp_path, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    yield made
    made.close()


def at(page: Page, id_: str) -> tuple[int, int]:
    """Where on the screen something of the picture is drawn."""
    page.locator(".canvas").scroll_into_view_if_needed()
    x, y = page.evaluate(
        """async id => { await new Promise(requestAnimationFrame);
        const one = document.querySelector('.canvas').cytoscape.getElementById(id);
        const box = document.querySelector('.canvas').getBoundingClientRect();
        const spot = one.isNode() ? one.renderedPosition() : one.renderedMidpoint();
        return [box.x + spot.x, box.y + spot.y]; }""",
        id_,
    )
    return round(x), round(y)


def marked(page: Page, name: str) -> list[str]:
    """What in the picture has a class."""
    found: list[str] = page.evaluate(CLASSED, name)
    return found


def test_a_click_tells_about_an_address_and_a_payment(desk: Desk) -> None:
    """A node's panel has its whole address, its card and its payments; an edge's panel links each transaction."""
    page = desk.open(write(paper()))
    panel = page.locator(".panel")
    page.mouse.click(*at(page, f"n{NODES}"))
    assert address(NODES) in panel.inner_text()
    assert panel.locator(f"a[href='#endpoint-{NODES}']").count() == 1
    page.mouse.click(*at(page, f"e{NODES - 1}"))
    links = panel.locator("a").evaluate_all("all => all.map((one) => [one.href, one.textContent, one.rel])")
    assert links == [[f"https://etherscan.io/tx/{tx(NODES - 1)}", tx(NODES - 1), "noreferrer noopener nofollow"]]
    panel.locator("button").first.click()
    assert marked(page, "picked") == ["n8"]
    assert address(8) in panel.inner_text()


def test_filters_leave_what_they_say(desk: Desk) -> None:
    """By asset and by share, lines and the boxes they joined go, the count says so, and a reset brings all back."""
    drawn = graph(NODES)
    page = desk.open(write(paper(drawn=drawn)))
    status = page.locator(".status")
    assert status.inner_text() == "Shown: 12 of 12 addresses and conversions, 16 of 16 lines between them."
    page.uncheck("input[value=usdt]")
    assert set(marked(page, "out")) >= {one["id"] for one in drawn["edges"] if one["asset_id"] == "usdt"}
    assert "3 of 16 lines" in status.inner_text()
    page.check("input[value=usdt]")
    page.locator("[data-do=least]").evaluate("box => { box.value = 8; box.dispatchEvent(new Event('input')); }")
    left = [one for one in drawn["edges"] if one["share"] >= 1_000]
    assert page.locator("output").inner_text() == "≥ 10.00 %"
    assert f"{len(left)} of 16 lines" in status.inner_text()
    page.click("[data-do=reset]")
    assert marked(page, "out") == []


def test_one_path_of_money_stands_out(desk: Desk) -> None:
    """Choosing an endpoint marks the payments that carried what rests there, dims all else and lists them."""
    drawn = graph(NODES)
    other = {**drawn["endpoints"][0], "name": "the same address, another asset", "way": ["e1"]}
    drawn["endpoints"].append(other)
    page = desk.open(write(paper(drawn=drawn)))
    page.select_option("select", label=other["name"])
    assert marked(page, "way") == ["e1", "n1", "n2"]
    page.select_option("select", index=1)
    way = drawn["endpoints"][0]["way"]
    assert set(way) <= set(marked(page, "way"))
    assert len(marked(page, "dim")) + len(marked(page, "way")) == len(drawn["nodes"]) + len(drawn["edges"])
    assert page.locator(".panel li").count() == len(way)
    page.select_option("select", index=0)
    assert marked(page, "way") == marked(page, "dim") == []
    page.mouse.click(*at(page, f"n{NODES}"))
    page.get_by_role("button", name="Highlight the path").first.click()
    assert set(way) <= set(marked(page, "way"))


@pytest.mark.parametrize(
    ("word", "found"),
    [(address(3)[-6:].upper(), ["n3"]), ("binance", [f"n{NODES}"]), (tx(4)[2:], ["e4"]), ("no such thing", [])],
)
def test_search_finds_by_address_name_and_transaction(desk: Desk, word: str, found: list[str]) -> None:
    """What is found is marked and counted; Enter goes there, even where a filter had put it away."""
    page = desk.open(write(paper()))
    page.uncheck("input[value=usdt]")
    page.uncheck("input[value=eth]")
    page.fill("input[type=search]", word)
    assert marked(page, "found") == found
    page.press("input[type=search]", "Enter")
    assert marked(page, "picked") == found
    assert marked(page, "out") == [] or not found


def test_the_keyboard_is_enough(desk: Desk) -> None:
    """The first stop skips to the text; the picture can be entered, moved, zoomed and left by keys."""
    page = desk.open(write(paper()))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#page-text"
    page.focus(".canvas")
    view = "(() => { const cy = document.querySelector('.canvas').cytoscape; return [cy.zoom(), cy.pan().x]; })()"
    seen = [page.evaluate(view)]
    for key in ("+", "ArrowRight", "0"):
        page.keyboard.press(key)
        seen.append(page.evaluate(view))
    assert seen[0][0] < seen[1][0] == seen[2][0]
    assert seen[2][1] == seen[1][1] - 80
    assert seen[3][0] < seen[2][0]
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") != "canvas"


def test_the_wheel_scrolls_the_page_until_the_picture_is_entered(desk: Desk) -> None:
    """A picture under the pointer does not catch the wheel; once clicked, it zooms."""
    page = desk.open(write(paper()))
    x, y = at(page, "n1")
    zoom = "document.querySelector('.canvas').cytoscape.zoom()"
    before = page.evaluate(zoom)
    page.mouse.move(x, y)
    page.mouse.wheel(0, -50)
    page.wait_for_timeout(150)
    assert page.evaluate(zoom) == before
    page.mouse.click(*at(page, "n1"))
    page.mouse.wheel(0, -50)
    until(page, f"{zoom} > {before}")


def test_a_code_is_copied_whole(desk: Desk) -> None:
    """However a code is broken on the screen, its button copies it without a break, and says that it did."""
    page = desk.open(write(paper()))
    code = page.locator("td code").nth(2)
    code.hover()
    button = page.locator("button.copy")
    button.click()
    assert page.evaluate("navigator.clipboard.readText()") == tx(1)
    assert button.inner_text() == "Copied"
    page.keyboard.press("Escape")
    assert button.count() == 0
    page.locator("td a").first.focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "copy"


def test_the_still_picture_can_be_had(desk: Desk) -> None:
    """With a script the picture to explore comes first, and a button changes to the still one and back."""
    page = desk.open(write(paper()))
    assert [page.locator(one).is_visible() for one in (".still", ".graph")] == [False, True]
    page.get_by_role("button", name="Show the still picture").click()
    assert [page.locator(one).is_visible() for one in (".still", ".graph")] == [True, False]
    page.get_by_role("button", name="Explore the picture").click()
    assert [page.locator(one).is_visible() for one in (".still", ".graph")] == [False, True]


def test_print_has_the_still_picture_and_everything_folded(desk: Desk) -> None:
    """The printed report has the still picture, words that were folded, page numbers, and no control."""
    whole = desk.open(write(paper(rows=90))).pdf(prefer_css_page_size=True)
    pages = PdfReader(io.BytesIO(whole)).pages
    texts = [re.sub(r"\s+", " ", page.extract_text()) for page in pages]
    text = " ".join(texts)
    assert all(f"page {number} of {len(pages)}" in one for number, one in enumerate(texts, 1))
    assert "From the victim 10 USDT went by one wallet" in text
    assert "10 USDT" in text
    for unprinted in ("Zoom in", "Search", "Skip to the text", "Show the still picture"):
        assert unprinted not in text
    heads = [one for one in texts if "From, to, transaction" in one]
    assert len(heads) >= 3
    assert round(float(pages[0].mediabox.width)) == 595


def test_without_scripts_everything_is_there(browser: Browser, tmp_path: Path) -> None:
    """With scripts off, the still picture and all words stand, and no dead control is shown."""
    desk = Desk(browser, tmp_path, java_script_enabled=False)
    page = desk.open(write(paper()))
    assert page.locator(".still svg").is_visible()
    assert [page.locator(one).is_visible() for one in (".graph", ".switch")] == [False, False]
    text = page.locator("body").inner_text()
    for number in (1, 2, 3):
        assert tx(number) in text
    assert "Left out: 7 payments. The spreadsheet has all." in text
    desk.close()


@pytest.mark.parametrize(("lang", "scheme"), [("en", "light"), ("zh", "dark")])
def test_a_whole_report_is_in_order(
    browser: Browser, tmp_path: Path, demo: dict[str, bytes], lang: str, scheme: Literal["light", "dark"]
) -> None:
    """The demonstration's report, in both languages and schemes, has no fault that a checker would find."""
    desk = Desk(browser, tmp_path, viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    page = desk.open(demo[lang])
    assert page.evaluate(CHECKS) == []
    assert page.evaluate(WIDER) == 0
    page.locator(".canvas").scroll_into_view_if_needed()
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is (scheme == "light")
    desk.close()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_phone_shows_it_without_scrolling_sideways(phone: Desk, demo: dict[str, bytes], lang: str) -> None:
    """No part of the report is wider than a phone, and a wide table's rows become cards with their columns' names."""
    page = phone.open(demo[lang])
    assert page.evaluate(WIDER) == 0
    assert page.evaluate("getComputedStyle(document.querySelector('.stack td')).display") == "grid"
    assert page.evaluate(CHECKS) == []
    page.select_option("select", index=1)
    assert page.evaluate(WIDER) == 0
    assert page.locator(".panel li").count()


def test_hostile_names_do_nothing(desk: Desk) -> None:
    """A page full of names that try to break out opens, is searched and clicked, and no script of theirs runs."""
    page = desk.open(write(hostile()))
    page.locator("[data-do=search]").first.fill("script")
    page.locator("[data-do=search]").first.press("Enter")
    assert "<script>alert(1)</script>" in page.locator(".panel").first.inner_text()
    page.locator("select").first.select_option(index=1)
    page.locator("input[type=checkbox]").first.uncheck()


def test_a_large_picture_is_usable(desk: Desk) -> None:
    """Two thousand addresses are drawn, filtered and searched; the time is measured in tests/bench/bench_html.py."""
    page = desk.open(write(paper(drawn=graph(2_000, 4_000))))
    assert page.locator(".status").inner_text().startswith("Shown: 2,000 of 2,000")
    page.locator("[data-do=least]").evaluate("box => { box.value = 6; box.dispatchEvent(new Event('input')); }")
    assert page.locator(".status").inner_text().startswith("Shown: 51 of 2,000")
    page.fill("input[type=search]", tx(1_500))
    page.press("input[type=search]", "Enter")
    assert marked(page, "picked") == ["e1500"]
