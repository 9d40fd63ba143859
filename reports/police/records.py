"""F, whom to ask for which records: for each company that stolen value reached, what it knows and how it is asked.

What a company knows follows from what kind it is. Its channel and the papers it wants are those it published; where it
published nothing, that is said and nothing is made up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from reports.contact_lines import police_lines
from reports.letter.recipients import Recipient, recipients
from reports.numbers import money
from reports.paper import Block, Bullets, Cell, Column, Heading, Line, Para, Table, cell, line
from reports.police.desk import Desk, Part, head, para
from reports.report.phrases import worded
from tracer.contacts import KIND_OF
from tracer.stoppable import Stoppable

ROWS: Final = 40
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
    for number, company in enumerate(found, 1):
        made += _company(desk, number, company)
    if not found:
        made.append(para(desk.w("police.records.none")))
    return [*made, *_others(desk), head("records-papers", desk.w("police.records.papers")), _papers(desk)]


def companies(desk: Desk) -> tuple[Recipient, ...]:
    """Everybody who can act, as the letters have them; the order is that of urgency."""
    return recipients(desk.draft.dossier)


def _company(desk: Desk, number: int, company: Recipient) -> Iterator[Block]:
    w, ways = desk.w, company.ways
    kind = KIND_OF.get(company.kind, company.kind)
    yield Heading(2, f"{number}. {company.name}", f"police-company-{number}")
    yield Bullets(tuple(line(one) for one in dict.fromkeys(map(desk.means, ways))))
    yield para(desk.w("police.records.what"))
    yield Bullets(tuple(line(w(f"police.data.{one}")) for one in KNOWS.get(kind, _ACCOUNT)), boxes=True)
    yield para(desk.w("police.records.how"))
    yield Bullets(tuple(map(line, police_lines(company.contact, w, desk.draft.today))))
    until = desk.draft.both(max(block.time for block in desk.draft.dossier.result.as_of))
    caption = w("police.records.by", until=until)
    yield Table(f"police_records_{number}", caption, _columns(desk), *desk.cut(_rows(desk, ways), ROWS))


def _columns(desk: Desk) -> tuple[Column, ...]:
    w = desk.w
    return (
        Column(w("police.column.address_and_tx"), 68),
        Column(w("police.column.quantity"), 26, right=True),
    )


def _rows(desk: Desk, ways: Sequence[Stoppable]) -> list[tuple[Cell, ...]]:
    """What identifies the account: the address, the transaction that brought it, the amount, from when on."""
    draft = desk.draft
    rows: list[tuple[Cell, ...]] = []
    for way in ways:
        row = way.endpoint
        told: list[Line] = [line(draft.address(row.chain, row.address)), *desk.evidence(row)]
        told += [worded(desk.w("police.column.tx"), draft.tx(row.chain, tx)) for tx in row.path[-1:]]
        told.append(worded(desk.w("police.records.since"), draft.both(row.arrived)))
        amount = cell(money(row.amount, row.asset), draft.view.chain(row.chain))
        rows.append((cell(*told), amount))
    return rows


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
