"""What an issuer of a token has to see: its contract, the balance, the state of the address in it, what is proposed.

An issuer holds no account of anybody; it can only block an address in its own contract. So what its desk checks first
is whether the contract is its own, and what the contract itself says of the address.
"""

from __future__ import annotations

from typing import Final

from reports.draft import Draft
from reports.letter.material import Material
from reports.numbers import money, symbol
from reports.paper import CODE, Block, Cell, Column, Heading, Line, Para, Span, Table, cell, line
from reports.times import utc
from tracer.hostile import clean
from tracer.result import FreezeRow
from tracer.stoppable import FROZEN, ISSUER, Stoppable
from tracer.words import translated

WHY: Final = 400
_MILLISECONDS: Final = 1000


def freeze_lines(draft: Draft, row: FreezeRow) -> list[Line]:
    """What the token's contract said, and of when that is true."""
    w = draft.w
    if row.can == "no":
        said = [w("freezes.can_no")]
    else:
        said = [f"{w(f'freezes.frozen_{row.frozen}')} ({_when(draft, row)})", w(f"freezes.can_{row.can}")]
        said += [proposal(draft, row)] if row.frozen != "yes" else []
    said += [clean(translated(why, w), WHY) for why in row.why]
    return [line(one) for one in said if one]


def proposal(draft: Draft, row: FreezeRow) -> str:
    """The pending proposal to freeze, or that there is none; "" where that is not known."""
    w = draft.w
    if row.proposed != "yes":
        return w("freezes.unproposed") if row.proposed == "no" else ""
    if not row.needed:
        return w("freezes.proposed", proposal=row.proposal)
    return w("freezes.confirmed", n=row.confirmed, needed=row.needed, proposal=row.proposal)


def issuer_annex(material: Material) -> list[Block]:
    """The table for an issuer; nothing where it is asked for none of its tokens."""
    w = material.draft.w
    ways = [one for one in material.to.ways if one.means in (ISSUER, FROZEN)]
    if not ways:
        return []
    columns = (
        Column(w("letter.col.token"), 34),
        Column(w("letter.fact.address"), 34),
        Column(w("letter.fact.balance"), 16, right=True),
        Column(w("letter.fact.state"), 26),
    )
    rows = tuple(_row(material, way) for way in ways)
    return [
        Heading(2, w("letter.annex.issuer"), "issuer"),
        Para(line(w("letter.annex.issuer_intro"))),
        Table("issuer", w("letter.annex.issuer"), columns, rows),
    ]


def _row(material: Material, way: Stoppable) -> tuple[Cell, ...]:
    draft, row = material.draft, way.endpoint
    freeze, balance = material.freeze(row), material.balance(row)
    held = draft.w("letter.balance_unread") if balance is None else money(balance, row.asset)
    return (
        cell(f"{symbol(row.asset)} · {draft.view.chain(row.chain)}", Span(clean(row.asset.id, 100), CODE)),
        cell(draft.address(row.chain, row.address)),
        cell(held),
        cell(*(freeze_lines(draft, freeze) if freeze else [])),
    )


def _when(draft: Draft, row: FreezeRow) -> str:
    """The moment that the state is true for: a block, or on TRON, where a height is a time, the time."""
    if row.at is None:
        return draft.w("freezes.asked")
    if row.chain.startswith("tron:"):
        return draft.w("freezes.at_time", time=utc(row.at // _MILLISECONDS))
    return draft.w("freezes.at_block", number=row.at)
