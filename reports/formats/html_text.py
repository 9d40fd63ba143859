"""Words, styles and data of a page, each escaped for the place where it stands.

A token's name, a label, a memo may be written to break out of where it is shown. Markup, a style sheet and a script's
data have different ways out, so each has its own escape here, and nothing reaches a page by another way.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from reports.paper import CODE, INFERENCE, LABEL, LEAD, PLAIN, STRONG, Cell, Line, Span

LINK: Final = Markup('<a href="{}" target="_blank" rel="noreferrer noopener nofollow">{}</a>')
WITHIN: Final = Markup('<a href="#{}">{}</a>')
CODES: Final = Markup('<code translate="no">{}</code>')
STRONGS: Final = Markup("<strong>{}</strong>")
OTHERS: Final = Markup('<span class="{}">{}</span>')
CLAIMS: Final = Markup('<span class="{}" title="{}">{}</span>')

_IN_SCRIPT: Final = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


class Speech:
    """Lines and cells of one page as markup. ``anchors`` are what its own links may name."""

    def __init__(self, terms: Mapping[str, str], anchors: Collection[str]) -> None:
        self._terms = terms
        self._anchors = anchors

    def line(self, line: Line) -> Markup:
        """A line of spans."""
        return Markup("").join(map(self._span, line))

    def cell(self, cell: Cell) -> Markup:
        """A cell; several lines stand below each other."""
        if len(cell.lines) == 1:
            return self.line(cell.lines[0])
        return Markup("").join(Markup("<div>{}</div>").format(self.line(line)) for line in cell.lines)

    def _span(self, span: Span) -> Markup:
        said = self._said(span)
        if span.url.startswith("#"):
            return WITHIN.format(span.url[1:], said) if span.url[1:] in self._anchors else said
        return LINK.format(span.url, said) if leads_out(span.url) else said

    def _said(self, span: Span) -> Markup:
        if span.kind == PLAIN:
            return escape(span.text)
        if span.kind == CODE:
            return CODES.format(span.text)
        if span.kind == STRONG:
            return STRONGS.format(span.text)
        if span.kind in (LABEL, INFERENCE, LEAD):
            return CLAIMS.format(span.kind, self._terms[span.kind], span.text)
        return OTHERS.format(span.kind, span.text)


def leads_out(url: str) -> bool:
    """Whether an address is one that a page may link to: a web page, by https, with nothing odd about it."""
    if not url.startswith("https://") or not url.isascii() or not url.isprintable() or set(url) & set(" \"'<>\\`"):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.hostname) and "@" not in parts.netloc


def style_text(text: str) -> str:
    """A string of a style sheet, in its quotes."""
    return '"' + "".join(sign if sign.isalnum() else f"\\{ord(sign):06x}" for sign in text) + '"'


def page_number(template: str) -> str:
    """What a style sheet prints for ``page {page} of {pages}``."""
    before, _, rest = template.partition("{page}")
    between, _, after = rest.partition("{pages}")
    return f"{style_text(before)} counter(page) {style_text(between)} counter(pages) {style_text(after)}"


def script_data(value: Mapping[str, Any]) -> Markup:
    """Data for a script, in a form that no element's end can stand in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.translate(_IN_SCRIPT))  # noqa: S704 - nothing is left in it that markup knows


def digest(text: str) -> str:
    """A style's or script's digest, as a page's policy names it."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
