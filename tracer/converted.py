"""The conversions that stolen units went through, for the result: what went in, what came out, at what rate. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Context, Decimal

from chains.model import Asset, AssetId
from tracer.discover import Discovery
from tracer.fold import Fold
from tracer.ledger import Pot
from tracer.openings import Opened, assets_of
from tracer.prices import PriceBook, value_usd
from tracer.principal import Principals
from tracer.result import ConversionRow, ConvertedPart, Principal
from tracer.words import sentence

CENT = Decimal("0.01")
RATE = Decimal("0.0001")
RATIO = Context(prec=60)


def used_pots(fold: Fold) -> list[int]:
    """The pots that stolen units went into, in order."""
    return sorted({pot for pot, _ in fold.converted})


def conversions(discovery: Discovery, fold: Fold, found: Principals, prices: PriceBook) -> Iterable[ConversionRow]:
    """One row for every conversion that stolen units went through under the method of the fold."""
    traced = {flow.row: flow.traced for flow in fold.flows}
    for number in used_pots(fold):
        pot = fold.ledger.pots[number]
        opened = discovery.accounts.openings.conversions[pot.number]
        ins = _parts(discovery, fold, pot.ins, traced, prices)
        outs = _parts(discovery, fold, pot.outs, traced, prices)
        yield ConversionRow(
            opened.chain,
            opened.tx,
            opened.time,
            opened.conversion.kind,
            opened.conversion.owner,
            opened.conversion.venues,
            ins,
            outs,
            tuple(_principal(discovery, fold, found, number)),
            opened.shared,
            _market(ins, outs),
            opened.conversion.linked,
            opened.doubtful,
            opened.placed,
        )


def refusals(discovery: Discovery) -> Iterable[str]:
    """In words: swaps that were not followed, because what came out has no known price."""
    for one in discovery.accounts.openings.refused:
        assets = ", ".join(sorted({part.got for part in one.conversion.outs}))
        yield sentence("note.refused", tx=one.tx, owner=one.conversion.owner, assets=assets)


def moments(discovery: Discovery, fold: Fold) -> list[tuple[str, AssetId, int]]:
    """What the rates of conversions need prices of: (chain, asset, Unix time)."""
    opened = [_opened(discovery, fold.ledger.pots[number]) for number in used_pots(fold)]
    return [(one.chain, AssetId(asset), one.time) for one in opened for asset in assets_of(one.conversion)]


def _opened(discovery: Discovery, pot: Pot) -> Opened:
    return discovery.accounts.openings.conversions[pot.number]


def _parts(
    discovery: Discovery, fold: Fold, rows: Sequence[int], traced: dict[int, int], prices: PriceBook
) -> tuple[ConvertedPart, ...]:
    return tuple(
        _part(discovery, fold, row, traced.get(row, 0), prices, paid=row in fold.ledger.inward) for row in rows
    )


def _part(discovery: Discovery, fold: Fold, row: int, traced: int, prices: PriceBook, *, paid: bool) -> ConvertedPart:
    one = fold.ledger.transfers[row]
    asset: Asset = discovery.world.assets[one.chain, one.asset]
    price = prices.at(one.chain, one.asset, one.time)
    usd = None if price is None else value_usd(one.amount, asset.decimals, price).quantize(CENT)
    return ConvertedPart(one.sender if paid else one.receiver, asset, one.amount, traced, usd)


def _principal(discovery: Discovery, fold: Fold, found: Principals, number: int) -> Iterable[Principal]:
    sums: dict[int, int] = {}
    for (pot, origin), units in found.converted.items():
        if pot == number:
            theft = fold.ledger.theft(origin)
            sums[theft] = sums.get(theft, 0) + units
    for theft, units in sorted(sums.items()):
        one = discovery.thefts.origins[theft].transfer
        yield Principal(str(theft + 1), discovery.world.assets[one.chain, one.asset], units)


def _market(ins: Sequence[ConvertedPart], outs: Sequence[ConvertedPart]) -> Decimal | None:
    """The value that came out in parts of the value that went in."""
    paid, got = ([one.usd for one in side] for side in (ins, outs))
    worth = sum((usd for usd in paid if usd is not None), Decimal(0))
    if None in paid or None in got or not worth:
        return None
    return RATIO.divide(sum((usd for usd in got if usd is not None), Decimal(0)), worth).quantize(RATE)
