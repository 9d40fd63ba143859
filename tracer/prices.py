"""What an amount was worth: prices by asset and time, each with where it came from.

Amounts in base units are the evidence; a price is somebody's annotation of them. So an asset without a price stays
without one, never at zero, and a price nobody quoted — a dollar stablecoin taken at 1.00 — says that it is assumed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal
from typing import Final, NamedTuple

from chains.model import AssetId

NEAR_ENOUGH: Final = 24 * 3600
"""A price further than this from the asked time, in seconds, is no price for that time."""

TRUSTED: Final = Decimal("0.20")
"""Prices the source itself trusts less are kept and never used; rotki draws the same line."""

_EXACT: Final = Context(prec=400)


class Price(NamedTuple):
    """US dollars for one whole coin or token. ``at``: the Unix time the price is of, not the one asked for.

    ``confidence`` is the source's own, 0 to 1, and None for an assumed peg. ``raw`` is the stored answer it stands in.
    """

    usd: Decimal
    source: str
    at: int
    confidence: Decimal | None
    assumed_peg: bool = False
    raw: int | None = None


@dataclass(frozen=True, slots=True)
class PriceBook:
    """Prices by chain and asset, in order of time.

    ``doubted`` are those the source trusted too little: kept, and never used. ``stables`` are the dollar stablecoins
    to take at 1.00 where no price is known.
    """

    prices: Mapping[tuple[str, AssetId], tuple[Price, ...]] = field(default_factory=dict)
    doubted: Mapping[tuple[str, AssetId], tuple[Price, ...]] = field(default_factory=dict)
    stables: frozenset[tuple[str, AssetId]] = frozenset()

    @classmethod
    def of_prices(
        cls,
        found: Iterable[tuple[str, AssetId, Price]],
        stables: frozenset[tuple[str, AssetId]] = frozenset(),
    ) -> PriceBook:
        """A book of these prices, whatever their order."""
        used: dict[tuple[str, AssetId], set[Price]] = {}
        doubted: dict[tuple[str, AssetId], set[Price]] = {}
        for chain, asset, price in found:
            known = price.confidence is None or price.confidence >= TRUSTED
            (used if known else doubted).setdefault((chain, asset), set()).add(price)
        return cls(_in_order(used), _in_order(doubted), stables)

    def at(self, chain: str, asset: AssetId, time: int) -> Price | None:
        """The price nearest to this time (the earlier of two as near), an assumed peg, or None when not known."""
        rows = self.prices.get((chain, asset), ())
        right = bisect_left(rows, time, key=_when)
        near = [row for row in rows[max(right - 1, 0) : right + 1] if abs(row.at - time) <= NEAR_ENOUGH]
        if near:
            return min(near, key=lambda row: abs(row.at - time))
        if (chain, asset) in self.stables:
            return Price(Decimal(1), "assumed at its peg", time, None, assumed_peg=True)
        return None


def value_usd(amount: int, decimals: int, price: Price) -> Decimal:
    """Dollars for an amount in base units, exact and unrounded; rounding is for whoever shows it."""
    return _EXACT.multiply(_EXACT.scaleb(Decimal(amount), Decimal(-decimals)), price.usd)


def _when(price: Price) -> int:
    return price.at


def _in_order(found: Mapping[tuple[str, AssetId], set[Price]]) -> dict[tuple[str, AssetId], tuple[Price, ...]]:
    return {
        key: tuple(sorted(rows, key=lambda row: (row.at, row.usd, row.source))) for key, rows in sorted(found.items())
    }
