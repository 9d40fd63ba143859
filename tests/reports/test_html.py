"""A paper as one HTML file: whole, harmless, the same every time, and in order for whoever cannot see it."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections import Counter
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import reports
from reports.formats import formats
from reports.formats.html import TEXTS, write
from reports.formats.html_page import page
from reports.formats.html_text import leads_out, page_number, style_text
from reports.paper import KINDS, Card, Contents, Heading, Para, Span, line
from reports.picture import figure
from tests.reports.html_papers import HOSTILE, graph, hostile, paper, picture
from tests.reports.papers import draft, sample_dossier
from tracer.words import catalogue

DATA = Path(reports.__file__).parent / "data"
VOID = {"meta", "input", "br", "col", "img", "hr"}
LIGHT, DARK = 0, 1


class Elements(HTMLParser):
    """Every element with its attributes, the words outside scripts, and whether all that was opened was closed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.scripts: list[tuple[dict[str, str], str]] = []
        self.style = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        within = self.open[-1] if self.open else ""
        if within == "script":
            self.scripts.append((self.found[-1][1], data))
        elif within == "style":
            self.style = data
        else:
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of all elements of a kind."""
        return [attributes for name, attributes in self.found if name == tag]

    @property
    def policy(self) -> str:
        """What the page forbids itself."""
        return next(one["content"] for one in self.all("meta") if one.get("http-equiv") == "Content-Security-Policy")


def read(whole: bytes) -> Elements:
    """A page as a browser would take it in."""
    return Elements(whole.decode())


def digest(text: str) -> str:
    """As a policy names a script or style."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_same_paper_is_the_same_file(lang: str) -> None:
    """Nothing of the day, the machine or a set's order is in it."""
    assert write(paper(lang=lang)) == write(paper(lang=lang))


def test_html_is_a_format_of_papers() -> None:
    """It is found by its name, and bears a limited number of rows."""
    found = formats()["html"]
    assert found.paper is write
    assert found.rows == 2_000


@pytest.mark.parametrize("made", [paper(), paper(lang="zh"), hostile()], ids=["en", "zh", "hostile"])
def test_only_our_scripts_run_and_nothing_is_fetched(made: Any) -> None:
    """The policy names exactly the digests of the style and the scripts, and nothing points outside but links."""
    found = read(write(made))
    scripts = [text for attributes, text in found.scripts if "type" not in attributes]
    assert found.policy == (
        f"default-src 'none'; img-src data:; style-src {digest(found.style)};"
        f" script-src {' '.join(map(digest, scripts))}; base-uri 'none'; form-action 'none'"
    )
    assert len(scripts) == 3
    assert all("src" not in attributes for _, attributes in found.found)
    assert {tag for tag, _ in found.found} & {"link", "iframe", "object", "embed", "base", "form", "img"} == set()
    assert not [one for _, attributes in found.found for one in attributes if one.startswith("on") or one == "style"]
    assert "url(" not in found.style
    assert "@import" not in found.style


def test_a_paper_without_a_picture_to_explore_carries_no_library() -> None:
    """A letter stays small: the graph library comes only where there is a graph."""
    small = write(paper(Heading(1, "A letter", "letter"), picture(None)))
    assert len(small) < 40_000
    assert len([one for one in read(small).scripts if "type" not in one[0]]) == 1
    assert len(write(paper())) > 400_000


def test_hostile_text_stays_text() -> None:
    """Names, labels and addresses that try to break out are shown as they were written, and nowhere become markup."""
    found = read(write(hostile()))
    assert found.open == []
    words = "".join(found.words)
    for text in HOSTILE:
        assert words.count(text) >= 8
    assert not [href for one in found.all("a") if (href := one["href"]) and not href.startswith(("#", "https://"))]
    for attributes, text in found.scripts:
        if attributes.get("type") == "application/json":
            assert not set(text) & set("<>&\u2028\u2029")
            assert json.loads(text)["graph"]["nodes"][3]["explorer"] == ""


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_hostile_sample_is_a_page(lang: str) -> None:
    """The picture of the sample, with its odd names, is whole and harmless on a page."""
    drawn = figure(draft(sample_dossier(), lang))
    found = read(write(paper(Heading(1, "Flow", "flow"), drawn, lang=lang)))
    assert found.open == []
    data = json.loads(next(text for attributes, text in found.scripts if "type" in attributes))
    assert {node["role"] for node in data["graph"]["nodes"]} <= data["looks"].keys()
    assert {edge["share"] for edge in data["graph"]["edges"]} <= {int(share) for share in data["shares"]}


def test_every_anchor_is_used_once_and_every_link_finds_its_place() -> None:
    """A section and a table of the same name do not take each other's anchor, nor do two sections."""
    twice = paper(*paper().blocks, Heading(1, "Payments again", "flows"), Card("endpoint-12", line("again"), ()))
    found = read(write(twice))
    ids = Counter(one["id"] for _, one in found.found if "id" in one)
    assert ids.most_common(1)[0][1] == 1
    within = {one["href"][1:] for one in found.all("a") if one["href"].startswith("#")}
    named = {
        one
        for _, attributes in found.found
        for name in ("aria-labelledby", "aria-describedby", "for")
        for one in attributes.get(name, "").split()
    }
    assert within | named <= set(ids)
    assert {"flows", "flows-2", "table-flows", "figure-flow", "endpoint-12", "endpoint-12-2"} <= set(ids)


def test_headings_skip_no_level() -> None:
    """The title is the only one of level 1, a card's title stands below its section's, and no step down is missed."""
    levels = [int(tag[1]) for tag, _ in read(write(paper())).found if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    deep = page(paper(Heading(3, "deep", "deep"), Card("c", line("card"), (Heading(1, "inside", "inside"),))))
    [section] = deep.sections
    assert [one.level for one in section.blocks] == [2, 3]
    assert section.blocks[1].inner[0].level == 4


def test_contents_name_every_section_and_its_parts() -> None:
    """Headings of level 1 and 2 are in the contents, in order."""
    laid = page(paper())
    assert [one.heading.anchor if one.heading else "" for one in laid.sections] == [
        *("", "summary", "picture", "flows", "endpoints"),
    ]
    assert [one.anchor for one in laid.sections[1].parts] == ["parts"]
    assert page(paper(Para(line("alone")))).sections[0].heading is None
    assert page(paper(Heading(1, "alone", "alone"))).sections[0].blocks == ()


def test_contents_stand_where_the_paper_says() -> None:
    """After the part that stands by itself; a letter has none."""
    heads = Heading(1, "Alone", "alone"), Heading(1, "Other", "other")
    text = write(paper(heads[0], Contents(), heads[1])).decode()
    assert text.index('<h2 id="alone"') < text.index("<nav") < text.index('<h2 id="other"')
    assert '<a href="#alone">Alone</a>' in text
    assert "<nav" not in write(paper(*heads)).decode()


def test_claims_differ_by_more_than_colour() -> None:
    """Each kind of span has a form of its own: a box, a dotted line in italics, a double line, small print, bold."""
    text = write(paper(Para(line(*(Span(kind, kind) for kind in KINDS))))).decode()
    for kind in ("label", "inference", "lead"):
        assert re.search(rf'<span class="{kind}" title="{kind}">{kind}</span>', text)
    assert '<span class="blank">blank</span>' in text
    assert "<strong>strong</strong>" in text
    assert '<code translate="no">code</code>' in text
    style = (DATA / "page.css").read_text(encoding="utf-8")
    for rule in (r"\.label { border:", r"\.inference { font-style: italic.*dotted", r"\.lead { .*double"):
        assert re.search(rf"(?m)^{rule}", style)


def test_tables_tell_what_they_are() -> None:
    """Every table has a caption and column heads, its box can be scrolled by keyboard, and its columns fill it."""
    found = read(write(paper()))
    assert len(found.all("table")) == len(found.all("caption")) == 1
    assert all(one["scope"] == "col" for one in found.all("th"))
    [box] = [one for one in found.all("div") if one.get("class") == "scroll"]
    assert box["tabindex"] == "0"
    widths = [int(one["class"][1:]) for one in found.all("col")]
    assert widths == [3, 15, 57, 11, 11]
    assert "Left out: 7 payments." in "".join(found.words)


def test_every_control_has_a_name() -> None:
    """Inputs are labelled, buttons say what they do, the picture has words."""
    found = read(write(paper()))
    labelled = {one.get("for") for one in found.all("label")}
    controls = [*found.all("input"), *found.all("select")]
    assert len(controls) == 3
    assert {one["id"] for one in controls} <= labelled
    assert "From the victim 10 USDT went by one wallet to an exchange." in found.words
    assert [one["lang"] for one in found.all("html")] == ["en"]
    assert [one["lang"] for one in read(write(paper(lang="zh"))).all("html")] == ["zh-CN"]


def test_what_a_page_says_is_in_the_catalogue_and_used() -> None:
    """The words of the page are exactly those of its file, and the page or its scripts use each."""
    keys = {key.removeprefix("html.") for key in catalogue() if key.startswith("html.")}
    assert keys == set(TEXTS)
    ours = "".join((DATA / name).read_text(encoding="utf-8") for name in ("page.html.j2", "graph.js"))
    direct = set(re.findall(r"says[.,]\s*(\w+)", ours)) | set(
        re.findall(r'"(\w+)"', re.findall(r"for what in (.*)", ours)[0])
    )
    assert direct == set(TEXTS)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://etherscan.io/tx/0xab", True),
        ("https://tronscan.org/#/transaction/ab?x=1&y=2", True),
        ("http://etherscan.io", False),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("https://etherscan.io@evil.example", False),
        ("https://a b", False),
        ("https://a\nb", False),
        ('https://a"onclick=x', False),
        ("https://etherscan\u3002io", False),
        ("https://[", False),
        ("https://", False),
        ("//etherscan.io", False),
        ("", False),
    ],
)
def test_only_plain_web_pages_are_linked(url: str, allowed: bool) -> None:
    """Anything but a web page by https stays text."""
    assert leads_out(url) is allowed
    assert ("target=" in write(paper(Para(line(Span("there", url=url))))).decode()) is allowed


def test_links_tell_nobody_where_they_come_from() -> None:
    """A page that is linked learns nothing of the report."""
    out = [one for one in read(write(paper())).all("a") if one["href"].startswith("https:")]
    assert out
    assert {one["rel"] for one in out} == {"noreferrer noopener nofollow"}


def test_a_style_holds_no_more_than_its_strings() -> None:
    """A footer or page number cannot end the style sheet's string, nor the style."""
    assert style_text('a"</style>\\\n票') == '"a\\000022\\00003c\\00002fstyle\\00003e\\00005c\\00000a票"'
    assert page_number("第 {page} 页，共 {pages} 页") == (
        '"第\\000020" counter(page) "\\000020页\\00ff0c共\\000020" counter(pages) "\\000020页"'
    )


def test_a_picture_may_not_widen_the_policy() -> None:
    """Colours and lines of the still picture need no style of their own, which the policy would refuse."""
    drawn = figure(draft(sample_dossier(), "zh"))
    assert " style=" not in drawn.svg
    assert "<style" not in drawn.svg
    assert "<?xml" not in write(paper(picture(graph()))).decode()


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 has it."""
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        *((ink, "page") for ink in ("text", "quiet", "link", "label", "inference", "lead")),
        *((ink, "soft") for ink in ("text", "quiet", "link", "inference", "lead")),
        *(("text", ground) for ground in ("warning", "stop")),
        ("label", "label-soft"),
    ],
)
def test_words_stand_out_in_light_and_dark(theme: int, ink: str, ground: str) -> None:
    """Every colour of words has a contrast of at least 4.5 to what it stands on."""
    text = (DATA / "page.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", re.findall(r":root \{(.*?)\}", text, re.DOTALL)[theme]))
    light, dark = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_the_library_comes_with_its_licence() -> None:
    """Whoever gets the report gets the licence with the library, and the repository has it beside the file."""
    licence = (DATA / "cytoscape.LICENSE.txt").read_text(encoding="utf-8")
    assert "The Cytoscape Consortium" in licence
    assert "Permission is hereby granted" in write(paper()).decode()
