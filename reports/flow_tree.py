"""The flow of one stolen asset as a tree: from the victim through the addresses that received it, largest first.

A flow is a graph, and a large one. What is drawn is chosen by amount alone: links are taken largest first until the
rows are used up, each only after the link that leads to it, and every address grows its branch once, where most came
from. Whatever is left out is counted where it was left out, with its sum, so that the tree never looks more complete
than it is.
"""

from __future__ import annotations

import heapq
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from rich.console import Console
from rich.text import Text

from chains.model import FEE_SINK, Asset
from reports.layout import Branch, Line, heading, put, put_tree
from reports.numbers import money, share_of, symbol
from reports.view import AssetKey, View, finding, key_of, label, stolen
from tracer.labels import CATEGORIES
from tracer.result import EndpointRow, rfc3339
from tracer.words import Words, translated

ROWS: Final = 40
DEPTH_STEP: Final = 3
ADDRESS_ROOM: Final = 50


_MARK: Final = re.compile(r"(.+) \[(\w+); (.+)\]")
"""A label as `AddressRow.marks` writes it: entity, category, source."""


class Link(NamedTuple):
    """All that one address sent another of one asset; base units, ``since`` in Unix seconds."""

    sender: str
    receiver: str
    traced: int
    gross: int
    transfers: int
    since: int


@dataclass(slots=True)
class _Sketch:
    """Which links are drawn, and which of them grow a branch (the rest refer to one)."""

    links: Mapping[str, list[Link]]
    drawn: set[tuple[str, str]] = field(default_factory=set)
    growing: set[tuple[str, str]] = field(default_factory=set)


def put_flows(console: Console, view: View) -> None:
    """One tree per stolen asset."""
    for key, (asset, units) in stolen(view.result).items():
        heading(console, view.w("section.flow", asset=symbol(asset), chain=view.chain(asset.chain)))
        links = _links(view, key)
        victims = _victims(view, key)
        sketch = _choose(links, victims, view.limit(ROWS), (console.width - ADDRESS_ROOM) // DEPTH_STEP)
        drawing = _Drawing(view, asset, units, sketch, victims, _ends(view, key), _marks(view, key))
        for victim, taken in victims.items():
            put_tree(console, drawing.root(victim, taken))
        if len(sketch.drawn) < sum(map(len, links.values())):
            put(console, [Line(Text(view.w("flow.shortened", command=view.command), style="dim"))])


def _links(view: View, key: AssetKey) -> dict[str, list[Link]]:
    pairs: dict[tuple[str, str], Link] = {}
    for flow in view.result.flows:
        if key_of(flow.asset) == key:
            ends = (flow.sender, flow.receiver)
            seen = pairs.get(ends, Link(*ends, 0, 0, 0, flow.time))
            pairs[ends] = Link(
                *ends,
                seen.traced + flow.traced,
                seen.gross + flow.amount,
                seen.transfers + 1,
                min(seen.since, flow.time),
            )
    links: defaultdict[str, list[Link]] = defaultdict(list)
    for link in sorted(pairs.values(), key=lambda one: (-one.traced, one.receiver)):
        links[link.sender].append(link)
    return dict(links)


def _victims(view: View, key: AssetKey) -> dict[str, int]:
    taken: defaultdict[str, int] = defaultdict(int)
    for origin in view.result.origins:
        if key_of(origin.asset) == key:
            taken[origin.victim] += origin.amount
    return dict(sorted(taken.items(), key=lambda one: (-one[1], one[0])))


def _ends(view: View, key: AssetKey) -> dict[str, list[EndpointRow]]:
    ends: defaultdict[str, list[EndpointRow]] = defaultdict(list)
    for row in view.result.endpoints:
        if key_of(row.asset) == key:
            ends[row.address].append(row)
    return {address: sorted(rows, key=lambda row: (-row.amount, row.reason)) for address, rows in ends.items()}


def _marks(view: View, key: AssetKey) -> dict[str, tuple[str, ...]]:
    return {row.address: row.marks for row in view.result.addresses if key_of(row.asset) == key}


def _choose(links: Mapping[str, list[Link]], victims: Mapping[str, int], rows: int | None, deepest: int) -> _Sketch:
    sketch = _Sketch(links)
    placed = set(victims)
    queue = [(-link.traced, link.receiver, link.sender, 1) for victim in victims for link in links.get(victim, ())]
    heapq.heapify(queue)
    while queue and (rows is None or len(sketch.drawn) < rows):
        _, receiver, sender, depth = heapq.heappop(queue)
        sketch.drawn.add((sender, receiver))
        if receiver in placed or receiver == FEE_SINK:
            continue
        placed.add(receiver)
        sketch.growing.add((sender, receiver))
        if rows is None or depth < deepest:
            for link in links.get(receiver, ()):
                heapq.heappush(queue, (-link.traced, link.receiver, receiver, depth + 1))
    return sketch


def _mark(w: Words, mark: str) -> Text:
    found = _MARK.fullmatch(mark)
    if found is None or found[2] not in CATEGORIES:
        return label(mark)
    return label(found[1], w(f"category.{found[2]}"), translated(found[3], w))


class _Drawing(NamedTuple):
    view: View
    asset: Asset
    units: int
    sketch: _Sketch
    victims: Mapping[str, int]
    ends: Mapping[str, list[EndpointRow]]
    marks: Mapping[str, tuple[str, ...]]

    def root(self, victim: str, taken: int) -> Branch:
        lines = [
            Line(Text(victim, style="bold"), whole=True),
            Line(Text(self.view.w("flow.stolen_here", amount=money(taken, self.asset)))),
        ]
        return Branch(lines, list(self._below(victim)))

    def _below(self, sender: str) -> Iterator[Branch]:
        left_out: list[Link] = []
        for link in self.sketch.links.get(sender, ()):
            if (sender, link.receiver) in self.sketch.drawn:
                grows = (sender, link.receiver) in self.sketch.growing
                yield Branch(list(self._lines(link, grows=grows)), list(self._below(link.receiver)) if grows else [])
            else:
                left_out.append(link)
        if left_out:
            amount = money(sum(link.traced for link in left_out), self.asset)
            yield Branch([Line(Text(self.view.w("flow.more", n=len(left_out), amount=amount), style="dim"))])

    def _lines(self, link: Link, *, grows: bool) -> Iterator[Line]:
        w = self.view.w
        yield Line(self._amounts(link))
        if link.receiver == FEE_SINK:
            yield Line(Text(w("flow.fees")))
            return
        yield Line(Text(link.receiver), whole=True)
        if not grows:
            back = link.receiver in self.victims
            yield Line(Text(w("flow.back") if back else w("flow.reference"), style="dim"))
            return
        for mark in self.marks.get(link.receiver, ()):
            yield Line(_mark(self.view.w, mark))
        for row in self.ends.get(link.receiver, ()):
            yield Line(Text.assemble("● ", money(row.amount, self.asset), " ", finding(self.view, row)))

    def _amounts(self, link: Link) -> Text:
        w, asset = self.view.w, self.asset
        shown = Text.assemble((money(link.traced, asset), "bold"), f" ({share_of(link.traced, self.units)})")
        if link.gross != link.traced:
            shown.append(" " + w("flow.of_gross", gross=money(link.gross, asset)))
        when = rfc3339(link.since)
        times = w("flow.transfers", n=link.transfers, time=when) if link.transfers > 1 else when
        return shown.append(f" · {times}", style="dim")
