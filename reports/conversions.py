"""Conversions in words: what went in and what came out, at what rate, against the market of that moment.

The legs of a conversion are facts; that the one was paid for the other is an inference, and looks like one. A market
value far from what was paid is worth a look: it can be a loss, a fee, a price that is wrong, or value given away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final
from urllib.parse import urlsplit

from rich.text import Text

from chains.model import Asset
from reports.layout import Line
from reports.numbers import rate
from reports.view import View, in_total, inference_sign, key_of
from tracer.result import ConversionRow, ConvertedPart
from tracer.venues import load_venues
from tracer.words import Words

FAIR: Final = (Decimal("0.80"), Decimal("1.25"))
"""A conversion whose outcome was worth less or more than so many parts of what was paid is marked, and listed."""

ONE_TO_ONE: Final = frozenset({"wrap", "unwrap"})
"""Kinds that have no rate."""

NAMED: Final = 3
"""Venues and conduits that are named, unless everything is wanted."""

_CENTS: Final = Decimal("0.01")


def unfair(row: ConversionRow) -> bool:
    """Is what came out worth far less, or far more, than what went in?"""
    return row.market is not None and not FAIR[0] <= row.market <= FAIR[1]


def kind(view: View, row: ConversionRow) -> Text:
    """``≈ swap``."""
    return inference_sign(view.w(f"conversion.{row.kind}"))


def exchange(ins: Iterable[tuple[Asset, int]], outs: Iterable[tuple[Asset, int]]) -> str:
    """``10 LABD + 1 ETH → 2 UNI-V2``."""
    return " → ".join(" + ".join(in_total([one]) for one in _summed(side)) or "0" for side in (ins, outs))


def whole(row: ConversionRow) -> str:
    """All that went in and all that came out."""
    return exchange(*(((part.asset, part.amount) for part in side) for side in (row.ins, row.outs)))


def traced(row: ConversionRow) -> str:
    """The stolen part of what went in and of what came out."""
    sides = ([part for part in side if part.traced] for side in (row.ins, row.outs))
    return exchange(*(((part.asset, part.traced) for part in side) for side in sides))


def all_stolen(row: ConversionRow) -> bool:
    """Does nothing but stolen units stand on both sides?"""
    return all(part.amount == part.traced for part in (*row.ins, *row.outs))


def stolen_part(w: Words, row: ConversionRow) -> str:
    """Which part of it was stolen, and what of the stolen that stands for."""
    stands = in_total((part.asset, part.amount) for part in row.principal)
    if all_stolen(row):
        return w("conversion.all_stolen", stolen=stands)
    return w("conversion.stolen", exchange=traced(row), stolen=stands)


def rate_of(row: ConversionRow) -> str:
    """The rate of a conversion; see `rate_between`."""
    paid, got = (_summed((part.asset, part.amount) for part in side) for side in (row.ins, row.outs))
    return rate_between(row.kind, paid, got)


def rate_between(kind: str, paid: Sequence[tuple[Asset, int]], got: Sequence[tuple[Asset, int]]) -> str:
    """The rate, where one asset went in and one came out, and it is not one for one by nature."""
    if kind in ONE_TO_ONE or len(paid) != 1 or len(got) != 1:
        return ""
    (cost, cost_units), (gain, gain_units) = paid[0], got[0]
    return rate((cost_units, cost), (gain_units, gain))


def market_share(row: ConversionRow) -> str:
    """The value of what came out in percent of what went in; "" where a price is missing."""
    return "" if row.market is None else f"{(row.market * 100).quantize(_CENTS):,} %"


def terms(w: Words, row: ConversionRow) -> Text:
    """The rate and how it compares with the market of that moment; empty where nothing is known of either."""
    said = Text(rate_of(row))
    if row.market is not None and row.kind not in ONE_TO_ONE:
        market = w("conversion.market", share=market_share(row))
        said.append(" · " if said else "")
        said.append(f"! {market}" if unfair(row) else market, style="bold red" if unfair(row) else "")
    return said


def shared(w: Words, row: ConversionRow) -> list[str]:
    """What several assets on one side share it by, in words."""
    sides = zip(("ins", "outs"), (row.ins, row.outs), row.shared, strict=True)
    return [
        w(f"conversion.shared_{side}", by=w(f"shared.{by}"))
        for side, parts, by in sides
        if len({key_of(part.asset) for part in parts}) > 1
    ]


def places(view: View, name: str, chain: str, addresses: Sequence[str]) -> Iterator[Line]:
    """``at 0x…`` or ``via 0x…``, each on a line that is never broken; of many, the first few and how many more."""
    limit = view.limit(NAMED)
    for address in addresses[:limit]:
        yield Line(Text.assemble((f"{view.w(f'conversion.{name}')} ", "dim"), address), whole=True)
        yield from map(Line, view.names.get((chain, address)) or _known(chain, address))
    if limit is not None and len(addresses) > limit:
        yield Line(Text(view.w("conversion.more", n=len(addresses) - limit), style="dim"))


def _known(chain: str, address: str) -> Iterator[Text]:
    """What a venue is generally called, and by whom: a label."""
    known = load_venues().of(chain, address)
    if known is not None:
        yield Text(f"[{known.name} · {urlsplit(known.source).hostname}]", style="cyan")


def doubts(view: View, row: ConversionRow) -> Iterator[Line]:
    """What makes a conversion less certain than its legs, in words."""
    if row.placed:
        yield Line(inference_sign(view.w("conversion.order")))
        yield Line(Text(row.placed, style="dim"), whole=True)
    elif not row.linked:
        yield Line(inference_sign(view.w("conversion.unlinked")))
    if row.doubtful:
        yield Line(inference_sign(view.w("conversion.doubtful")))


def receivers(row: ConversionRow) -> list[ConvertedPart]:
    """The outputs that carry stolen units and went to somebody other than who paid."""
    payers = {part.address for part in row.ins}
    return [part for part in row.outs if part.traced and part.address not in payers]


def _summed(amounts: Iterable[tuple[Asset, int]]) -> list[tuple[Asset, int]]:
    sums: dict[tuple[str, str], tuple[Asset, int]] = {}
    for asset, units in amounts:
        known, before = sums.get(key_of(asset), (asset, 0))
        sums[key_of(asset)] = (known, before + units)
    return list(sums.values())
