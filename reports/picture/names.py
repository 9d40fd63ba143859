"""What stands on the flow picture in words: short addresses, names, roles, references. For drawing and for data alike.

A short address is never shown without a number by which it is found in full: that of its endpoint's card, or of its
payment in the table. Where two addresses would look the same cut short, as in address poisoning, more of each is shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Final

from chains.model import Asset
from reports.draft import Draft
from reports.numbers import amount, symbol
from reports.picture.graph import CONVERSION, HUB, MORE, PAYMENT, SWEPT, VICTIM, WALLET, Edge, Node
from reports.view import in_total
from tracer.hostile import clean
from tracer.result import DepositRow
from tracer.venues import load_venues

CUTS: Final = ((6, 4), (8, 8), (12, 12))
"""Signs at the head and at the tail of a short address, the first of these that tells all apart."""

PROVED: Final = ("T0", "T1")
NAME_CAP: Final = 40
DIGITS: Final = 9
"""Signs of an amount on a line before its decimals are cut, which it then shows: the tables have them all."""


class Names:
    """The words for a draft's nodes and edges."""

    def __init__(self, draft: Draft, addresses: Iterable[str]) -> None:
        """``addresses`` are all that are shown: short forms tell them apart."""
        self.draft, self.w = draft, draft.w
        self._shown = sorted(set(addresses))

    @cached_property
    def _short(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for head, tail in CUTS:
            rest = [one for one in self._shown if one not in found]
            cut = {one: _cut(clean(one, 100), head, tail) for one in rest}
            many = Counter(cut.values())
            found |= {one: short for one, short in cut.items() if many[short] == 1}
        return found

    @cached_property
    def _deposits(self) -> Mapping[tuple[str, str], DepositRow]:
        return {(row.chain, row.address): row for row in self.draft.dossier.result.deposits}

    def short(self, address: str) -> str:
        """``0x1234…abcd``, and more of it where another would look the same."""
        return self._short.get(address, clean(address, 100))

    def name(self, node: Node) -> str:
        """What a label, an inference or a table of venues calls it; "" where nothing does."""
        if node.role == CONVERSION:
            return self._conversion(node)
        deposit = self._deposits.get((node.chain, node.address))
        if deposit is not None and deposit.tier not in PROVED:
            who = clean(deposit.entity, NAME_CAP) or self.w("stop.somebody")
            return f"≈ {who} ({deposit.tier}, {min(deposit.confidence, 100)}/100)"
        said = [row.entity for _, row in node.ends] if node.address else []
        said += [one.entity for one in self.draft.dossier.labels.get((node.chain, node.address), ())]
        said += [row.entity for row in self._deposits.values() if node.role == HUB and row.hub == node.address]
        entity = next((clean(one, NAME_CAP) for one in said if one), "")
        return f"[{entity}]" if entity else ""

    def _conversion(self, node: Node) -> str:
        rows = [self.draft.dossier.result.conversions[place] for place in node.rows]
        kind = f"≈ {self.w(f'conversion.{rows[0].kind}')}"
        kind = f"{kind} × {len(rows):,}" if len(rows) > 1 else kind
        known = (load_venues().of(node.chain, venue) for venue in rows[0].venues)
        venue = next((clean(one.name, NAME_CAP) for one in known if one), "")
        return f"{kind} [{venue}]" if venue else kind

    def role(self, role: str) -> str:
        """A role in words."""
        if role in (WALLET, HUB, CONVERSION):
            return self.w(f"picture.role.{role}")
        if role == MORE:
            return self.w("picture.gathered")
        return self.w("header.victim") if role == VICTIM else self.w(f"reason.{role}")

    def time(self, node: Node) -> int:
        """When stolen value first came there; 0 where that is not known."""
        flows = self.draft.dossier.result.flows
        return flows[node.first - 1].time if 0 < node.first <= len(flows) else 0

    def taken(self, node: Node) -> str:
        """What was stolen from a victim."""
        origins = self.draft.dossier.result.origins
        return in_total((one.asset, one.amount) for one in origins if (one.chain, one.victim) == node[1:3])

    def carried(self, edge: Edge) -> str:
        """The stolen part of an edge; of a sweep, that it is one."""
        swept = edge.kind == SWEPT
        return self.w("endpoints.swept") if swept else f"{_fits(edge.traced, edge.asset)} {symbol(edge.asset)}"

    def rows(self, edge: Edge) -> str:
        """The whole of it where that is more, its number in the table of payments, and how many more there are.

        ``of 2,000 · #5 +2``.
        """
        gross = _fits(edge.gross, edge.asset)
        said = [] if edge.traced == edge.gross else [self.w("picture.of", gross=gross)]
        more = f" +{len(edge.flows) - 1:,}" if len(edge.flows) > 1 else ""
        said += [f"#{edge.flows[0]}{more}"] if edge.flows else []
        return " · ".join(said)

    def kind(self, kind: str) -> str:
        """What kind of edge it is, in words."""
        if kind == SWEPT:
            return self.w("endpoints.swept")
        return self.w("picture.payment") if kind == PAYMENT else f"≈ {self.w(f'conversion.{kind}')}"


def _cut(address: str, head: int, tail: int) -> str:
    return address if len(address) <= head + tail + 3 else f"{address[:head]}…{address[-tail:]}"


def _fits(units: int, asset: Asset) -> str:
    whole, point, decimals = amount(units, asset.decimals).partition(".")
    room = max(2, DIGITS - len(whole))
    return f"{whole}{point}{decimals}" if len(decimals) <= room else f"{whole}{point}{decimals[:room]}…"
