"""The flow picture as SVG: whole in itself, without script, style sheet or anything fetched, for paper and for screens.

Only presentation attributes are used, because typesetters know no style sheets. Everything that a colour says is said
by form and word too: a role by its outline, an inference by a dashed line, the share by the line's width.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple
from xml.etree import ElementTree as ET

from reports.picture.cut import Cut
from reports.picture.graph import MORE, Edge, share
from reports.picture.layout import BOX, CURVE, Path, Place, Plan, Wire, plan
from reports.picture.legend import Sample, samples
from reports.picture.names import Names
from reports.picture.shapes import LOOKS
from reports.picture.text import HEAD, QUIET, SIDE, SIZES, Said, boxed, notes, wide, wrapped

FONT: Final = "Noto Sans SC, sans-serif"
LINE: Final = 13
PAD: Final = 6
MARGIN: Final = 14
INK, GREY, WIRE = "#111827", "#4b5563", "#475569"
STEPS: Final = (100, 500, 2_000, 5_000)
"""Shares, in hundredths of a percent, from which on a line is one step thicker."""


class Drawing(NamedTuple):
    """A picture and how large it is."""

    svg: str
    width: int
    height: int


def draw(names: Names, cut: Cut, columns: int, title: str, described: str) -> Drawing:
    """The picture of what was cut out for paper, in so many columns at most."""
    net = cut.net
    edges = [edge for edge in net.edges if edge.start != edge.end]
    written = {id_: boxed(names, node) for id_, node in net.nodes.items()}
    heights = {id_: LINE * len(lines) + 2 * PAD for id_, lines in written.items()}
    labels = [(names.carried(edge), names.rows(edge)) for edge in edges]
    rooms = [max(wide(f"← {above}", 10), wide(below, 9)) + 10 for above, below in labels]
    wires = [Wire(edge.start, edge.end, edge.weight, room) for edge, room in zip(edges, rooms, strict=True)]
    laid = plan(heights, wires, columns)
    sheet = _Sheet(title, described)
    for edge, path in zip(edges, laid.paths, strict=True):
        sheet.wire(edge, path)
    for id_, place in laid.boxes.items():
        sheet.box(net.nodes[id_].role, place, written[id_])
    for edge, path, label in zip(edges, laid.paths, labels, strict=True):
        sheet.label(edge, path, label)
    return sheet.finished(laid, samples(names, net), notes(names, cut))


def thickness(edge: Edge) -> int:
    """A line's width, in whole steps."""
    return 1 + sum(share(edge.weight) >= step for step in STEPS)


class _Sheet:
    """The elements of one picture. The drawing begins at the margin; the legend stands below it."""

    def __init__(self, title: str, described: str) -> None:
        self._drawing = ET.Element("g", {"transform": f"translate({MARGIN} {MARGIN})"})
        self._title, self._described = title, described

    def _text(self, x: int, y: int, text: str, **more: str) -> None:
        looks = {"x": str(x), "y": str(y), "font-size": "10", "fill": INK} | {
            name.replace("_", "-"): value for name, value in more.items()
        }
        ET.SubElement(self._drawing, "text", looks).text = text

    def _line(self, path: str, colour: str, width: int, *, dashed: bool = False, fill: str = "none") -> None:
        looks = {"d": path, "fill": fill, "stroke": colour, "stroke-width": str(width)}
        ET.SubElement(self._drawing, "path", looks | ({"stroke-dasharray": "5 4"} if dashed else {}))

    def wire(self, edge: Edge, path: Path) -> None:
        """A line with its arrow head."""
        width = thickness(edge)
        tip, way = (path.stretches[-1][1], 1) if path.forward else (path.stretches[0][0], -1)
        head, half = way * (6 + width), 3 + width
        stretches = list(path.stretches)
        if path.forward:
            stretches[-1] = stretches[-1][0], (tip[0] - head, tip[1])
        else:
            stretches[0] = ((tip[0] - head, tip[1]),) * 2
        said = ["M{} {} L{} {}".format(*stretches[0][0], *stretches[0][1])]
        for (_, (x1, y1)), ((x2, y2), (x3, y3)) in pairwise(stretches):
            middle = (x1 + x2) // 2 if x1 != x2 else x1 - CURVE * 2 // 3
            said.append(f"C{middle} {y1} {middle} {y2} {x2} {y2} L{x3} {y3}")
        self._line(" ".join(said), WIRE, width, dashed=edge.inference)
        self._line(f"M{tip[0]} {tip[1]} l{-head} {-half} v{2 * half} Z", WIRE, 1, fill=WIRE)

    def label(self, edge: Edge, path: Path, said: tuple[str, str]) -> None:
        """What a line carries above its last stretch, and below it where to find it."""
        x, y = path.text
        off = thickness(edge) // 2
        slant = "italic" if edge.inference else "normal"
        white = {"paint_order": "stroke", "stroke": "#ffffff", "stroke_width": "2"}
        above = said[0] if path.forward else f"← {said[0]}"
        self._text(x + 2, y - off - 4, above, font_style=slant, **white)
        self._text(x + 2, y + off + 10, said[1], font_size="9", fill=GREY, **white)

    def box(self, role: str, place: Place, lines: Sequence[Said]) -> None:
        """A node."""
        look = LOOKS[role]
        corners = place.x, place.y, BOX, place.height
        if role == MORE and look.within:
            self._line(look.within(*corners), look.stroke, 1)
        self._line(look.outline(*corners), look.stroke, look.wide, dashed=look.dashed, fill=look.fill)
        if role != MORE and look.within:
            self._line(look.within(*corners), look.stroke, 1)
        y = place.y + (place.height - LINE * len(lines)) // 2 + 10
        for text, style in lines:
            weight = "bold" if style == HEAD else "normal"
            size = SIZES[style]
            self._text(
                place.x + SIDE, y, text, font_size=str(size), font_weight=weight, fill=GREY if style == QUIET else INK
            )
            y += LINE

    def finished(self, laid: Plan, legend: Sequence[Sample], notes: Sequence[str]) -> Drawing:
        """The whole, with its legend and notes."""
        width = max(laid.width, 720)
        y = self._legend(legend, width, laid.height + 18)
        for note in notes:
            for text in wrapped(note, 10, width):
                self._text(0, y + 11, text)
                y += 15
        width, height = width + 2 * MARGIN, y + 2 * MARGIN
        looks = {
            "xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {width} {height}", "width": str(width),
            "height": str(height), "role": "img", "font-family": FONT, "aria-labelledby": "flow-title flow-desc",
        }  # fmt: skip
        root = ET.Element("svg", looks)
        ET.SubElement(root, "title", {"id": "flow-title"}).text = self._title
        ET.SubElement(root, "desc", {"id": "flow-desc"}).text = self._described
        ET.SubElement(root, "rect", {"width": str(width), "height": str(height), "fill": "#ffffff"})
        root.append(self._drawing)
        return Drawing(ET.tostring(root, encoding="unicode"), width, height)

    def _legend(self, legend: Sequence[Sample], width: int, top: int) -> int:
        """The samples in rows, and where they end."""
        self._line(f"M0 {top} h{width}", "#cbd5e1", 1)
        x, y = 0, top + 10
        for sample in legend:
            room = wide(sample.text, 10) + (44 if sample.role or sample.line else 0) + 22
            if x and x + room > width:
                x, y = 0, y + 20
            if sample.role:
                look = LOOKS[sample.role]
                corners = x, y, 28, 14
                self._line(look.outline(*corners), look.stroke, look.wide, dashed=look.dashed, fill=look.fill)
                if look.within:
                    self._line(look.within(*corners), look.stroke, 1)
            elif sample.line:
                self._line(f"M{x} {y + 7} h28", WIRE, 2, dashed=sample.line == "dashed")
            self._text(x + (42 if sample.role or sample.line else 0), y + 11, sample.text)
            x += room
        return y + 26
