"""A paper as one HTML file: nothing is fetched, nothing is sent, and it reads without any script.

It is opened from a mail or a memory stick by people who must not be tracked while they read it, and kept for years. So
everything is inside, and a policy in its head forbids the browser all else: no address is contacted, and no script runs
but those whose digests stand there. The scripts add what paper cannot: buttons to copy, and the picture to explore.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports.formats import Format
from reports.formats.html_graph import graph_data
from reports.formats.html_page import Page, page
from reports.formats.html_text import Speech, digest, page_number, style_text
from reports.paper import Column, Figure, Paper
from reports.times import utc
from tracer.words import words

LANGUAGE_TAGS: Final = {"zh": "zh-CN", "en": "en"}
LIBRARY: Final = "cytoscape.min.js"
STACKED: Final = 4
"""From so many columns on, a phone shows each row of a table as a card of its own."""

TEXTS: Final = (
    *("skip", "reference", "made", "digest", "copy_code", "copied"),
    *("in_words", "explore", "still", "view", "help", "tools", "details", "legend"),
    *("search", "search_hint", "found", "found_none", "assets", "least", "shown", "path", "path_none", "path_of"),
    *("zoom_in", "zoom_out", "fit", "reset"),
    *("chain", "role", "reasons", "received", "held", "share", "hop", "first", "card", "explorer", "follow"),
    *("incoming", "outgoing", "more", "from", "to", "traced", "gross", "time", "inferred", "transactions"),
)
"""What the page says by itself, as keys of the catalogue without ``html.``."""

PLACES: Final = {name: f"{{{name}}}" for name in ("n", "of", "m", "all", "name")}
"""Values that only the page's script knows stay as their names."""


def write(paper: Paper) -> bytes:
    """The paper as a file."""
    w = words(paper.lang)
    laid = page(paper)
    speech = Speech(paper.terms, laid.anchors)
    style = _style(paper)
    scripts = _scripts(laid)
    text = (
        _environment()
        .get_template("page.html.j2")
        .render(
            paper=paper,
            page=laid,
            tag=LANGUAGE_TAGS[paper.lang],
            made=utc(paper.made),
            says={name: w(f"html.{name}", **PLACES) for name in TEXTS},
            line=speech.line,
            cell=speech.cell,
            widths=_widths,
            drawing=_drawing,
            data=graph_data,
            style=Markup(style),  # noqa: S704 - ours, with two strings escaped for it
            scripts=[Markup(script) for script in scripts],  # noqa: S704 - files of this package
            style_digest=digest(style),
            script_digests=" ".join(map(digest, scripts)),
            stacked=STACKED,
        )
    )
    return text.encode("utf-8", "replace")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("reports", "data"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _ours(name: str) -> str:
    """A file of this package, as it stands on the page and is digested."""
    return files("reports").joinpath("data", name).read_text(encoding="utf-8").strip()


def _style(paper: Paper) -> str:
    corners = (
        ("@bottom-left", style_text(paper.footer)),
        ("@bottom-right", page_number(paper.terms["page_of"])),
    )
    margins = "".join(f"{corner} {{ content: {text}; font: 8pt sans-serif; }}" for corner, text in corners)
    widths = "".join(f".w{width}{{width:{width}%}}" for width in range(1, 101))
    return f"{_ours('page.css')}\n@page {{ {margins} }}\n{widths}"


def _scripts(laid: Page) -> list[str]:
    """Ours, and the graph library only where there is something to explore."""
    return [_ours(name) for name in ("page.js", *((LIBRARY, "graph.js") if laid.figures else ()))]


def _widths(columns: tuple[Column, ...]) -> list[int]:
    """The columns' widths in percent."""
    whole = sum(column.width for column in columns)
    return [max(1, column.width * 100 // whole) for column in columns]


def _drawing(figure: Figure) -> Markup:
    """A picture within a page, without what only a file of its own begins with."""
    return Markup(figure.svg[figure.svg.index("<svg") :])  # noqa: S704 - `Figure` promises that it is safe


FORMAT = Format("html", paper=write, rows=2_000)
