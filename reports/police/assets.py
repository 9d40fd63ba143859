"""C, the schedule of stolen assets: what, how much, when, in which transaction, worth what by which price."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from chains.model import Asset
from reports.numbers import dollars, symbol
from reports.paper import Block, Column, Line, Span, Table, cell, line
from reports.police.desk import Desk, Part, para
from reports.report.phrases import worded, worth
from reports.view import key_of, stolen
from tracer.hostile import clean
from tracer.prices import Price, value_usd
from tracer.result import OriginRow, UnverifiedRow
from tracer.words import translated


def blocks(desk: Desk) -> list[Block]:
    """The sums, every theft transfer, and what left besides and is not counted."""
    return [para(desk.w("police.assets.quantity")), _sums(desk), _transfers(desk), *_uncounted(desk)]


def _sums(desk: Desk) -> Table:
    w, draft = desk.w, desk.draft
    columns = (
        Column(w("police.column.asset"), 44),
        Column(w("police.column.quantity"), 22, right=True),
        Column(w("police.column.reference"), 34),
    )
    rows = [
        (
            cell(line(symbol(asset), " · ", draft.view.chain(asset.chain)), desk.contract(asset)),
            draft.amount(units, asset, strong=True),
            cell(worth(draft, units, asset)),
        )
        for asset, units in stolen(draft.dossier.result).values()
    ]
    rows.append((cell(w("police.assets.reference_sum")), cell(), cell(reference_sum(desk))))
    return Table("police_sums", w("police.assets.sums"), columns, tuple(rows))


def reference_sum(desk: Desk) -> str:
    """What everything stolen was worth by recorded prices; no sum where one is missing, as a part would pass for it."""
    values = [_value(desk, units, asset) for asset, units in stolen(desk.draft.dossier.result).values()]
    known = [one for one in values if one is not None]
    return dollars(sum(known, Decimal(0))) if len(known) == len(values) else desk.w("police.no_price")


def _value(desk: Desk, units: int, asset: Asset) -> Decimal | None:
    """What so many units were worth by the price recorded for the theft."""
    prices = desk.draft.dossier.result.prices
    row = next((row for row in prices if key_of(row.asset) == key_of(asset) and row.usd is not None), None)
    if row is None or row.usd is None:
        return None
    return value_usd(units, asset.decimals, Price(row.usd, row.source, row.time, None, row.assumed_peg))


def _transfers(desk: Desk) -> Table:
    w, draft = desk.w, desk.draft
    columns = (
        Column("#", 4, right=True),
        Column(w("police.column.timed_transfer"), 74),
        Column(w("police.column.quantity"), 22, right=True),
        Column(w("police.column.value"), 22, right=True),
    )
    found = sorted(draft.dossier.result.origins, key=lambda one: (one.time, one.chain, one.tx, one.id))
    rows = [
        (
            cell(f"{number:,}", value=number),
            cell(*_transfer(desk, one)),
            draft.amount(one.amount, one.asset, strong=True),
            cell(desk.w("police.no_price") if value is None else dollars(value)),
        )
        for number, one in enumerate(found, 1)
        for value in [_value(desk, one.amount, one.asset)]
    ]
    return Table("police_assets", w("police.assets.transfers"), columns, *desk.cut(rows))


def _transfer(desk: Desk, one: OriginRow) -> Iterator[Line]:
    draft, w = desk.draft, desk.w
    yield line(draft.both(one.time))
    yield line(Span(symbol(one.asset), "strong"), " · ", draft.view.chain(one.chain))
    yield worded(w("police.column.contract"), desk.contract(one.asset))
    yield worded(w("police.column.tx"), draft.tx(one.chain, one.tx))
    yield worded(w("police.column.from"), draft.address(one.chain, one.victim))
    yield worded(w("police.column.to"), draft.address(one.chain, one.receiver))


def _uncounted(desk: Desk) -> Iterator[Block]:
    """NFTs, and tokens whose movement nothing confirms: they left a victim, and are not part of the sums."""
    w, result = desk.w, desk.draft.dossier.result
    victims = {(one.chain, one.victim) for one in result.origins}
    found = [row for row in result.unverified if (row.chain, row.sender) in victims]
    if not found:
        return
    columns = (Column(w("police.column.transfer"), 70), Column(w("police.column.why"), 40))
    rows = [(cell(*_seen(desk, row)), cell(clean(translated(row.why, w), 300))) for row in found]
    yield para(desk.w("police.assets.uncounted_why"))
    yield Table("police_uncounted", w("police.assets.uncounted"), columns, *desk.cut(rows))


def _seen(desk: Desk, row: UnverifiedRow) -> Iterator[Line]:
    draft, w = desk.draft, desk.w
    name = clean(row.symbol)
    called = w("police.assets.calls_itself", symbol=name) if name else w("police.assets.nameless")
    yield line(called, " · ", draft.view.chain(row.chain))
    yield worded(w("police.column.contract"), draft.address(row.chain, row.asset))
    yield worded(w("police.column.tx"), draft.tx(row.chain, row.tx))
    yield worded(w("police.column.to"), draft.address(row.chain, row.receiver))


PART = Part("C", "assets", blocks)
