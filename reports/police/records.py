"""F, whom to ask for which records: for each company that stolen value reached, what it knows and how it is asked.

What a company knows follows from what kind it is. Its channel and the papers it wants are those it published; where it
published nothing, that is said and nothing is made up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from reports.contact_lines import NAME
from reports.numbers import money
from reports.paper import Block, Bullets, Cell, Column, Heading, Line, Para, Table, cell, line
from reports.police.desk import Desk, Part, head, para
from reports.report.phrases import worded
from tracer.contacts import KIND_OF, STALE_DAYS, Channel, Contact, stale
from tracer.hostile import clean
from tracer.stoppable import NOBODY, Stoppable

ROWS: Final = 100
"""Addresses of one company on paper, the most urgent first: the spreadsheet is what it searches by."""

_ACCOUNT: Final = ("kyc", "logins", "flows", "bank", "linked", "balance")
_ORDER: Final = ("order", "payout", "logins", "linked")
KNOWS: Final[Mapping[str, tuple[str, ...]]] = {
    "exchange": _ACCOUNT,
    "instant_exchanger": _ORDER,
    "payment": ("merchant", "kyc", "flows", "bank", "logins"),
    "issuer": ("state", "customer", "redeemed"),
    "bridge": ("destination", "transfer", "logins"),
}
"""What each kind of company can be asked for: ends of keys ``police.data.…``. Others are asked as an exchange is."""

PAPERS: Final = ("case_filing_decision", "sealed_notice", "two_officer_ids")
"""What Chinese officers are usually asked for, beside what the company itself says."""


def blocks(desk: Desk) -> list[Block]:
    """What each company can be asked for, the most urgent company first; then who else may know something."""
    found = companies(desk)
    made: list[Block] = [para(desk.w("police.records.meaning"))]
    for number, (name, ways) in enumerate(found.items(), 1):
        made += _company(desk, number, name, ways)
    if not found:
        made.append(para(desk.w("police.records.none")))
    return [*made, *_others(desk), head("records-papers", desk.w("police.records.papers")), _papers(desk)]


def companies(desk: Desk) -> dict[str, list[Stoppable]]:
    """Every way of stopping something, by who must act; the order is that of urgency."""
    found: dict[str, list[Stoppable]] = {}
    for one in desk.draft.dossier.stoppable:
        for way in (one, *one.also):
            if way.means != NOBODY and way.entity:
                found.setdefault(way.contact.name if way.contact else way.entity, []).append(way)
    return found


def _company(desk: Desk, number: int, name: str, ways: Sequence[Stoppable]) -> Iterator[Block]:
    w, contact = desk.w, ways[0].contact
    kind = contact.kind if contact else KIND_OF.get(ways[0].endpoint.category, "exchange")
    yield Heading(2, f"{number}. {clean(name, NAME)}", f"police-company-{number}")
    yield Table(f"police_records_{number}", w("police.records.by"), _columns(desk), *desk.cut(_rows(desk, ways), ROWS))
    yield para(desk.w("police.records.what"))
    yield Bullets(tuple(line(w(f"police.data.{one}")) for one in KNOWS.get(kind, _ACCOUNT)), boxes=True)
    yield para(desk.w("police.records.how"))
    yield Bullets(tuple(map(line, _channels(desk, contact))))


def _columns(desk: Desk) -> tuple[Column, ...]:
    w = desk.w
    return (
        Column(w("police.column.address_and_tx"), 68),
        Column(w("police.column.quantity"), 26, right=True),
    )


def _rows(desk: Desk, ways: Sequence[Stoppable]) -> list[tuple[Cell, ...]]:
    """What identifies the account: the address, the transaction that brought it, the amount, from when on."""
    draft = desk.draft
    until = max(block.time for block in draft.dossier.result.as_of)
    rows: list[tuple[Cell, ...]] = []
    for way in ways:
        row = way.endpoint
        told: list[Line] = [line(desk.means(way)), line(draft.address(row.chain, row.address)), *desk.evidence(row)]
        told += [worded(desk.w("police.column.tx"), draft.tx(row.chain, tx)) for tx in row.path[-1:]]
        told.append(line(desk.w("police.records.period", first=draft.both(row.arrived), last=draft.both(until))))
        amount = cell(money(row.amount, row.asset), draft.view.chain(row.chain))
        rows.append((cell(*told), amount))
    return rows


def _channels(desk: Desk, contact: Contact | None) -> Iterator[str]:
    """How officers reach it, what they must send, in which form, until when; and where that was read."""
    w = desk.w
    if contact is None or not contact.police:
        yield w("contact.no_police_channel")
    if contact is None or not contact.id:
        return
    yield from (w("contact.police", what=_channel(desk, one)) for one in contact.police)
    yield from (w("contact.emergency", what=_channel(desk, one)) for one in contact.emergency)
    if contact.police_documents:
        wanted = w("contact.between").join(w(f"document.{one}") for one in contact.police_documents)
        yield w("contact.police_need", what=wanted)
    yield from (w(f"contact.format.{one}") for one in contact.formats)
    yield from (w(f"contact.note.{one}") for one in contact.notes)
    if contact.own_pages:
        yield w("contact.read", date=contact.checked, pages=" ".join(contact.own_pages))
    if contact.other_hosts:
        hosts = ", ".join(contact.other_hosts)
        yield w("contact.second_hand", date=contact.checked, name=clean(contact.name, NAME), hosts=hosts)
    if stale(contact, desk.draft.today):
        yield w("contact.stale", limit=STALE_DAYS, shown=contact.copy_of or contact.checked)


def _channel(desk: Desk, channel: Channel) -> str:
    where = " ".join(filter(None, (channel.email, channel.url)))
    how = desk.w(f"contact.how.{channel.how}")
    return desk.w("contact.channel", how=how, where=where) if where else how


def _others(desk: Desk) -> Iterator[Block]:
    """Who saw the theft itself: the site, the app's shop, the network; only as far as the reporter named them."""
    yield head("records-others", desk.w("police.records.others"))
    yield Para(line(desk.w("police.records.site"), desk.told("incident.site")))
    yield Bullets(tuple(line(desk.w(f"police.records.{one}")) for one in ("host", "shop", "device")), boxes=True)


def _papers(desk: Desk) -> Bullets:
    own = [desk.w(f"document.{one}") for one in PAPERS]
    more = [desk.w(f"police.paper.{one}") for one in ("letter", "schedule")]
    return Bullets(tuple(map(line, (*own, *more))), boxes=True)


PART = Part("F", "records", blocks, editable=True)
