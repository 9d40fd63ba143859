"""The flow picture of a case: as a drawing that stands on any paper, and as data for one that moves.

Both are drawn from the same net (reports/picture/graph.py), so they cannot disagree. On paper stand the largest
addresses and all others gathered (reports/picture/cut.py); the data hold far more.
"""

from __future__ import annotations

from typing import Final

from reports.draft import Draft
from reports.paper import Figure
from reports.picture.cut import folded
from reports.picture.data import graph
from reports.picture.graph import VICTIM, Net, net_of
from reports.picture.names import Names
from reports.picture.svg import Drawing, draw
from reports.view import in_total, stolen, weight
from tracer.result import EndpointRow

NODES: Final = (60, 48, 38, 30, 24, 18, 14, 10)
COLUMNS: Final = (7, 6, 5, 4)
"""So many nodes, and half as many lines more, in so many columns, are tried until a page bears them."""

PAGE: Final = (1_240, 830)
"""What a landscape page bears in letters that can be read."""


def figure(draft: Draft) -> Figure:
    """The picture, with words for who cannot see it, and its data."""
    return still(draft)._replace(graph=graph(draft, net_of(draft.dossier.result)))


def still(draft: Draft) -> Figure:
    """The picture for papers alone."""
    net = net_of(draft.dossier.result)
    caption, alt = draft.w("picture.caption"), _alt(Names(draft, ()), net)
    return Figure("flow", caption, alt, _drawing(draft, net, caption, alt).svg)


def _drawing(draft: Draft, net: Net, caption: str, alt: str) -> Drawing:
    """The largest picture that fits a page, else the smallest."""
    for nodes in NODES:
        cut = folded(net, nodes, nodes * 3 // 2)
        names = Names(draft, (node.address for node in cut.net.nodes.values() if node.address))
        for columns in COLUMNS:
            drawing = draw(names, cut, columns, caption, alt)
            if drawing.width <= PAGE[0] and drawing.height <= PAGE[1]:
                return drawing
    return drawing


def _alt(names: Names, net: Net) -> str:
    """The picture in words: from whom, through how many, and where it is."""
    w, result = names.w, names.draft.dossier.result
    whole = stolen(result)
    ends: dict[str, list[EndpointRow]] = {}
    for row in result.endpoints:
        ends.setdefault(row.reason, []).append(row)
    largest = sorted(ends, key=lambda reason: (-sum(weight(row, whole) for row in ends[reason]), reason))
    victims = [node.address for node in net.nodes.values() if node.role == VICTIM]
    said = (
        w("picture.end", where=w(f"reason.{reason}"), amount=in_total((row.asset, row.amount) for row in ends[reason]))
        for reason in largest
    )
    return w(
        "picture.alt",
        victims=w("closing.join").join(map(names.short, victims)),
        nodes=f"{sum(1 for node in net.nodes.values() if node.address):,}",
        ends=w("picture.join").join(said),
    )
