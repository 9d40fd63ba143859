"""The flow of one stolen asset as a tree: from the victim through the addresses that received it, largest first.

A flow is a graph, and a large one; what of it is drawn reports/flow_links.py chooses. Whatever is left out is counted
where it was left out, with its sum, so that the tree never looks more complete than it is. A conversion is one line,
what went in and what came out, and the tree goes on below it in the other asset.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from rich.console import Console
from rich.text import Text

from chains.model import FEE_SINK
from reports.conversions import all_stolen, doubts, kind, places, terms, traced, whole
from reports.flow_links import Arrival, Link, Sketch, Spot, choose, links_of
from reports.layout import Branch, Line, heading, put, put_tree
from reports.numbers import money, share_of, symbol
from reports.view import AssetKey, View, finding, in_total, key_of, stolen
from tracer.result import ConversionRow, EndpointRow, rfc3339

ROWS: Final = 40
DEPTH_STEP: Final = 3
ADDRESS_ROOM: Final = 50


def put_flows(console: Console, view: View) -> None:
    """One tree per stolen asset."""
    for key, (asset, units) in stolen(view.result).items():
        heading(console, view.w("section.flow", asset=symbol(asset), chain=view.chain(asset.chain)))
        links = links_of(view.result, key)
        victims = _victims(view, key)
        sketch = choose(links, victims, view.limit(ROWS), (console.width - ADDRESS_ROOM) // DEPTH_STEP)
        drawing = _Drawing(view, key, units, sketch, {spot[:2] for spot in victims}, _ends(view, key))
        for victim, taken in victims.items():
            put_tree(console, drawing.root(victim, money(taken, asset)))
        if len(sketch.drawn) < sum(map(len, links.values())):
            put(console, [Line(Text(view.w("flow.shortened", command=view.command), style="dim"))])


def _victims(view: View, key: AssetKey) -> dict[Spot, int]:
    taken: defaultdict[Spot, int] = defaultdict(int)
    for origin in view.result.origins:
        if key_of(origin.asset) == key:
            taken[origin.chain, origin.victim, origin.asset.id] += origin.amount
    return dict(sorted(taken.items(), key=lambda one: (-one[1], one[0])))


def _ends(view: View, key: AssetKey) -> dict[Spot, list[tuple[EndpointRow, int]]]:
    """Where what was stolen of an asset is, each with how much of it, by spot."""
    ends: defaultdict[Spot, list[tuple[EndpointRow, int]]] = defaultdict(list)
    for row in view.result.endpoints:
        part = sum(one.amount for one in row.principal if key_of(one.asset) == key)
        if part:
            ends[row.chain, row.address, row.asset.id].append((row, part))
    return {spot: sorted(rows, key=lambda one: (-one[1], one[0].reason)) for spot, rows in ends.items()}


class _Drawing(NamedTuple):
    """``units`` of the stolen asset ``key`` were taken; ``victims`` are (chain, address)."""

    view: View
    key: AssetKey
    units: int
    sketch: Sketch
    victims: set[tuple[str, ...]]
    ends: Mapping[Spot, list[tuple[EndpointRow, int]]]

    def root(self, victim: Spot, taken: str) -> Branch:
        lines = [
            Line(Text(victim[1], style="bold"), whole=True),
            Line(Text(self.view.w("flow.stolen_here", amount=taken))),
        ]
        return Branch(lines, list(self._below(victim)))

    def _below(self, spot: Spot) -> Iterator[Branch]:
        left_out: list[Link] = []
        for link in self.sketch.links.get(spot, ()):
            if (link.number, spot) not in self.sketch.drawn:
                left_out.append(link)
            elif link.conversion is None:
                yield self._payment(link)
            else:
                yield self._conversion(link, link.conversion, spot)
        if left_out:
            amounts = in_total((link.asset, link.traced) for link in left_out)
            yield Branch([Line(Text(self.view.w("flow.more", n=len(left_out), amount=amounts), style="dim"))])

    def _payment(self, link: Link) -> Branch:
        to = link.arrivals[0]
        lines = [Line(self._amounts(link)), *places(self.view, "via", to.spot[0], link.via), *self._receiver(link, to)]
        return Branch(lines, list(self._grown(link, to)))

    def _grown(self, link: Link, to: Arrival) -> Iterator[Branch]:
        return self._below(to.spot) if (link.number, to.spot) in self.sketch.growing else iter(())

    def _conversion(self, link: Link, number: int, spot: Spot) -> Branch:
        view, row = self.view, self.view.result.conversions[number]
        lines = [Line(self._exchange(link, row))]
        if self.sketch.home[link.number] != spot:
            return Branch([*lines, Line(Text(view.w("flow.conversion_elsewhere"), style="dim"))])
        lines += places(view, "at", row.chain, row.venues)
        lines += places(view, "via", row.chain, view.conduits.get(number, ()))
        if said := terms(view.w, row):
            lines.append(Line(said))
        lines += doubts(view, row)
        if len(link.arrivals) == 1:
            to = link.arrivals[0]
            return Branch([*lines, *self._receiver(link, to, spot)], list(self._grown(link, to)))
        below = [
            Branch([Line(self._share(to)), *self._receiver(link, to, spot)], list(self._grown(link, to)))
            for to in link.arrivals
        ]
        return Branch(lines, below)

    def _receiver(self, link: Link, to: Arrival, payer: Spot | None = None) -> Iterator[Line]:
        """Who has it now, and what became of it there."""
        view, w = self.view, self.view.w
        if to.spot[1] == FEE_SINK:
            yield Line(Text(w("flow.fees")))
            return
        if payer is not None and payer[:2] == to.spot[:2]:
            yield Line(Text(w("flow.same_address"), style="dim"))
        else:
            yield Line(Text(to.spot[1]), whole=True)
        if (link.number, to.spot) not in self.sketch.growing:
            back = to.spot[:2] in self.victims
            yield Line(Text(w("flow.back") if back else w("flow.reference"), style="dim"))
            return
        if payer is None or payer[:2] != to.spot[:2]:
            yield from map(Line, view.names.get(to.spot[:2], ()))
        for row, part in self.ends.get(to.spot, ()):
            share = "" if key_of(row.asset) == self.key else f"({share_of(part, self.units)}) "
            yield Line(Text.assemble("● ", money(row.amount, row.asset), f" {share}", finding(view, row)))

    def _amounts(self, link: Link) -> Text:
        w = self.view.w
        shown = Text.assemble((money(link.traced, link.asset), "bold"), f" ({share_of(link.weight, self.units)})")
        if link.gross != link.traced:
            shown.append(" " + w("flow.of_gross", gross=money(link.gross, link.asset)))
        when = rfc3339(link.since)
        times = w("flow.transfers", n=link.transfers, time=when) if link.transfers > 1 else when
        return shown.append(f" · {times}", style="dim")

    def _exchange(self, link: Link, row: ConversionRow) -> Text:
        share = share_of(link.weight, self.units)
        shown = Text.assemble(kind(self.view, row), " ", (traced(row), "bold"), f" ({share})")
        if not all_stolen(row):
            shown.append(" " + self.view.w("flow.of_converted", exchange=whole(row)))
        return shown.append(f" · {rfc3339(row.time)}", style="dim")

    def _share(self, to: Arrival) -> Text:
        return Text.assemble((money(to.traced, to.asset), "bold"), f" ({share_of(to.weight, self.units)})")
