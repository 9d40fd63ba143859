"""H, the five-minute check: three transactions that anybody can look up, with what must be seen there.

A reader who has found the theft, the largest payment after it and the largest arrival on a public site for himself
trusts the rest of the schedule, or knows at once that he should not.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Final

from chains.model import FEE_SINK, NATIVE, Kind
from reports.numbers import money
from reports.paper import CODE, STRONG, Block, Bullets, Card, Cell, Facts, Line, Span, cell, line
from reports.police.desk import Desk, Part, para
from reports.report.hops import by_size
from reports.view import ranked, stolen, weight
from tracer.result import FlowRow

STEPS: Final = ("open", "hash", "compare", "note")


def blocks(desk: Desk) -> list[Block]:
    """How to check, the three transactions, and the check that needs no network."""
    found = dict(chosen(desk))
    return [
        para(desk.w("police.recheck.meaning")),
        Bullets((*(line(desk.w(f"police.recheck.{step}")) for step in STEPS), _offline(desk)), numbered=True),
        *(_card(desk, name, place) for name, place in found.items()),
    ]


def _offline(desk: Desk) -> Line:
    """The checks of everything, which need no network: with this program, and without it."""
    here = Span(f"trace verify {shlex.quote(desk.case)}", CODE)
    elsewhere = Span("python3 verify.py BUNDLE", CODE)
    return line(desk.w("police.recheck.offline"), here, desk.w("police.recheck.bundle"), elsewhere)


def chosen(desk: Desk) -> Iterator[tuple[str, int]]:
    """The places of the largest theft, of the largest payment after it, and of the largest arrival at an end."""
    result = desk.draft.dossier.result
    victims = {(one.chain, one.victim) for one in result.origins}
    largest = [place for place in by_size(desk.draft) if result.flows[place].receiver != FEE_SINK]
    thefts = [place for place in largest if (result.flows[place].chain, result.flows[place].sender) in victims]
    taken = set(thefts)
    later = [place for place in largest if place not in taken]
    arrival = next(_arrivals(desk, later), None)
    hop = next((place for place in later if place != arrival), None)
    for name, place in (("theft", next(iter(thefts), None)), ("hop", hop), ("arrival", arrival)):
        if place is not None:
            yield name, place


def _arrivals(desk: Desk, later: list[int]) -> Iterator[int]:
    """The last payments to the ends, the end with the largest part first."""
    result = desk.draft.dossier.result
    whole = stolen(result)
    for end in sorted(ranked(result), key=lambda row: -weight(row, whole)):
        for place in later:
            flow = result.flows[place]
            if (flow.chain, flow.receiver, flow.asset) == (end.chain, end.address, end.asset) and flow.tx in end.path:
                yield place


def _card(desk: Desk, name: str, place: int) -> Card:
    """One transaction: where to look it up and what must be seen."""
    w, draft = desk.w, desk.draft
    flow = draft.dossier.result.flows[place]
    tx = draft.tx(flow.chain, flow.tx)
    page = Span(tx.url, CODE, tx.url) if tx.url else Span(w("police.recheck.no_explorer"))
    rows: list[tuple[str, Cell]] = [
        (w("police.column.tx"), cell(tx)),
        (w("police.recheck.page"), cell(page)),
        (w("police.recheck.chain"), cell(_place(desk, flow))),
        (w("police.column.time"), cell(draft.both(flow.time))),
        (w("police.column.from"), cell(draft.address(flow.chain, flow.sender))),
        (w("police.column.to"), cell(draft.address(flow.chain, flow.receiver))),
        (w("police.column.contract"), cell(desk.contract(flow.asset))),
        (w("police.recheck.amount"), draft.amount(flow.amount, flow.asset, strong=True)),
        (w("police.recheck.where"), cell(_tab(desk, flow))),
    ]
    if flow.via:
        rows.append((w("police.recheck.via"), cell(*(draft.address(flow.chain, via) for via in flow.via))))
    if flow.traced != flow.amount:
        rows.append((w("police.recheck.part"), cell(money(flow.traced, flow.asset), w("police.recheck.unseen"))))
    title = line(Span(w(f"police.recheck.{name}", number=f"{place + 1:,}"), STRONG))
    seen = Bullets((line(w("police.recheck.same"), desk.blank(w("police.recheck.differs"))),), boxes=True)
    return Card(f"police-check-{name}", title, (Facts(tuple(rows)), seen))


def _place(desk: Desk, flow: FlowRow) -> str:
    """The chain and the block; TRON's lists name no block, so there a position begins with the time."""
    chain, family = desk.draft.view.chain(flow.chain), desk.draft.explorers.get(flow.chain, ("", ""))[0]
    height = flow.position.partition(":")[0]
    return chain if family == "tron" else desk.w("police.recheck.block", chain=chain, number=height)


def _tab(desk: Desk, flow: FlowRow) -> str:
    """In which list of an explorer's page the payment stands."""
    kind = "token" if flow.asset.id != NATIVE else "internal" if _inner(flow) else "native"
    return desk.w(f"police.recheck.tab.{kind}")


def _inner(flow: FlowRow) -> bool:
    """Was it a call inside the transaction, which an explorer lists apart? The third part of the position says."""
    return flow.position.split(":")[2:3] == [str(int(Kind.INTERNAL))]


PART = Part("H", "recheck", blocks)
