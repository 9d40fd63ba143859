"""The pieces of a Word file that python-docx has no words for, or no quick ones: runs by kind of claim, links, tables.

What a span claims is to be seen without colour: a label is framed, an inference slanted and dotted below, and both
carry their signs in the text. A code is set in a fixed width, marked as no language, so that Word never hyphenates it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement

from reports.paper import BLANK, CODE, INFERENCE, LABEL, LEAD, QUIET, STRONG, Line, Span

Link = Callable[[str], str]
"""An address outside → the id of the relation that leads there."""

Element = Any
"""An element of lxml with python-docx's classes."""

TWIPS: Final = 9_860
"""The width of the text, in twentieths of a point: A4 less its margins."""

NARROWEST: Final = 520
"""Room for four digits and what is around them, in the same."""

MONO: Final = "Consolas"
_LOOKS: Final[dict[str, tuple[tuple[str, dict[str, str]], ...]]] = {
    STRONG: (("b", {}),),
    QUIET: (("color", {"val": "595959"}),),
    LABEL: (("color", {"val": "1F3864"}), ("bdr", {"val": "single", "sz": "4", "space": "0", "color": "1F3864"})),
    INFERENCE: (("i", {}), ("color", {"val": "7F4F00"}), ("u", {"val": "dotted"})),
    LEAD: (("i", {}), ("color", {"val": "7030A0"})),
    BLANK: (("highlight", {"val": "yellow"}),),
    CODE: (
        ("rFonts", {"ascii": MONO, "hAnsi": MONO, "cs": MONO}),
        ("noProof", {}),
        ("sz", {"val": "13"}),
    ),
}


def element(name: str, attributes: dict[str, str] | None = None, *below: Element) -> Element:
    """An element of the word-processing namespace, its attributes in the same."""
    made = OxmlElement(f"w:{name}")
    for key, value in (attributes or {}).items():
        made.set(qn(f"w:{key}"), value)
    for one in below:
        made.append(one)
    return made


def fill(paragraph: Element, said: Line, link: Link) -> None:
    """Append the spans of a line to a paragraph."""
    for span in said:
        run = _run(span)
        if span.url:
            holder = element("hyperlink", None, run)
            holder.set(qn("r:id"), link(span.url))
            run = holder
        paragraph.append(run)


def fill_break(paragraph: Element) -> None:
    """Make what follows a paragraph begin a page."""
    paragraph.append(element("r", None, element("br", {"type": "page"})))


def _run(span: Span) -> Element:
    text = f"________ ({span.text})" if span.kind == BLANK else span.text
    looks = [element(name, attributes) for name, attributes in _LOOKS.get(span.kind, ())]
    said = element("t", None)
    said.text = text
    said.set(qn("xml:space"), "preserve")
    return element("r", None, element("rPr", None, *looks), said)


def grid(
    rows: Iterable[Sequence[Sequence[Line]]],
    widths: Sequence[int],
    right: Sequence[bool],
    link: Link,
    *,
    head: bool = False,
    shade: str = "",
) -> Element:
    """A table of cells, each a sequence of lines. With ``head`` the first row repeats on every page."""
    twips = _twips(widths)
    borders = [
        element(side, {"val": "single", "sz": "4", "space": "0", "color": "A6A6A6"})
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    ]
    look = element(
        "tblPr",
        None,
        element("tblW", {"w": str(TWIPS), "type": "dxa"}),
        element("tblBorders", None, *borders),
        element("tblLayout", {"type": "fixed"}),
        element("tblCellMar", None, *(element(side, {"w": "60", "type": "dxa"}) for side in ("left", "right"))),
    )
    made = element("tbl", None, look, element("tblGrid", None, *(element("gridCol", {"w": str(w)}) for w in twips)))
    for number, row in enumerate(rows):
        is_head = head and number == 0
        marks = [element("cantSplit"), *([element("tblHeader")] if is_head else [])]
        cells = [
            _cell(lines, width, link, right=at_right, head=is_head, shade="D9E2F3" if is_head else shade)
            for lines, width, at_right in zip(row, twips, right, strict=True)
        ]
        made.append(element("tr", None, element("trPr", None, *marks), *cells))
    return made


def _twips(widths: Sequence[int]) -> list[int]:
    """The widths of the columns: by their parts, but none too narrow for a number; the widest gives it."""
    whole = sum(widths)
    twips = [max(NARROWEST, width * TWIPS // whole) for width in widths]
    twips[twips.index(max(twips))] -= max(0, sum(twips) - TWIPS)
    return twips


def _cell(lines: Sequence[Line], width: int, link: Link, *, right: bool, head: bool, shade: str) -> Element:
    look = element("tcPr", None, element("tcW", {"w": str(width), "type": "dxa"}))
    if shade:
        look.append(element("shd", {"val": "clear", "color": "auto", "fill": shade}))
    cell = element("tc", None, look)
    for said in lines or ((),):
        style = element("pStyle", {"val": "CellHead" if head else "Cell"})
        side = [element("jc", {"val": "right"})] if right else []
        paragraph = element("p", None, element("pPr", None, style, *side))
        fill(paragraph, said, link)
        cell.append(paragraph)
    return cell
