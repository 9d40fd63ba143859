"""What stolen units are worth to the hunt: which are too few to follow, and which come first. Pure.

Prices order the work and set the least value that is followed. In the accounting they touch only what several assets
of one conversion share, and whether what came out is worth following (tracer/openings.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from math import ceil

from chains.model import Asset, AssetId, Transfer
from tracer.ledger import Account, Ledger
from tracer.openings import Value
from tracer.prices import PriceBook

PRUNED_SHARE = 100
"""By default at most one part in this many of what was stolen of an asset is left as dust; more of it not followed,
for whatever reason, is marked."""

LEAST_SHARE = 1000
"""By default less than one part in this many of what was stolen of an asset is not worth reading an address for."""


class Worth:
    """``stolen`` has the units stolen by (chain, asset); ``min_value`` is in US dollars, None for the default.

    ``whole`` has, besides, how many units of every asset that stolen units were converted into everything stolen of the
    first asset would have bought, by prices, else at the least favourable rate of any conversion: dust is measured
    against it.
    """

    def __init__(
        self,
        thefts: Iterable[Transfer],
        prices: PriceBook,
        assets: Mapping[tuple[str, AssetId], Asset],
        min_value: Decimal | None,
    ) -> None:
        self.stolen: dict[tuple[str, str], int] = {}
        self.min_value = min_value
        self.assets = assets
        self.books = [prices]
        self.asked: set[tuple[str, AssetId, int]] = set()
        self._usd: dict[tuple[str, str], Fraction] = {}
        for theft in thefts:
            key = (theft.chain, theft.asset)
            if key not in self.stolen and (usd := self.usd(*key, theft.time)) is not None:
                self._usd[key] = usd
            self.stolen[key] = self.stolen.get(key, 0) + theft.amount
        self.whole, self._first = dict(self.stolen), dict(self._usd)

    def usd(self, chain: str, asset: str, time: int) -> Fraction | None:
        """US dollars for one base unit at a Unix time; None where no price is known."""
        shown = self.assets.get((chain, AssetId(asset)))
        found = (book.at(chain, AssetId(asset), time) for book in self.books)
        price = next((price for price in found if price is not None), None)
        return None if price is None or shown is None else Fraction(price.usd) * Fraction(1, 10**shown.decimals)

    def value(self, chain: str, asset: str, time: int, *, known: bool) -> Value:
        """What one base unit is worth, and whether it is doubtful: no ``known`` asset, and the source has no price."""
        usd = self.usd(chain, asset, time)
        asked = (chain, AssetId(asset), time) in self.asked
        return Value(usd, doubtful=usd is None and asked and not known)

    def learn(self, ledger: Ledger) -> None:
        """Take up the assets that came out of conversions; the least favourable rate of each counts.

        A swap at an absurd rate, which anybody can arrange, must not make dust of what later ones bought.
        """
        self.whole, self._usd = dict(self.stolen), dict(self._first)
        for pot in ledger.pots:
            went_in = [(_key(ledger, row), row, weight) for row, weight in zip(pot.ins, pot.weights, strict=True)]
            known = [one for one in went_in if one[0] in self.whole and one[2]]
            if not known:
                continue
            value = sum(ledger.amount[row] * weight for _, row, weight in went_in)
            base, _, per_unit = max(known, key=lambda one: (ledger.amount[one[1]] * one[2], one[0]))
            for row, share in zip(pot.outs, pot.values, strict=True):
                key = _key(ledger, row)
                if key not in self.stolen and share:
                    rate = Fraction(ledger.amount[row] * sum(pot.values) * per_unit, share * value)
                    self._take_up(key, base, rate, ledger.transfers[row].time)

    def _take_up(self, key: tuple[str, str], base: tuple[str, str], rate: Fraction, time: int) -> None:
        """An asset of which ``rate`` units were paid for one of another; what both cost at the time counts before."""
        usd, of_base = self.usd(*key, time), self._usd.get(base)
        if usd and of_base:
            rate = of_base * Fraction(usd.denominator, usd.numerator)
        whole = max(1, int(self.whole[base] * rate))
        if whole < self.whole.get(key, whole + 1):
            self.whole[key] = whole
            if usd is None and of_base is not None and rate:
                usd = of_base * Fraction(rate.denominator, rate.numerator)
            if usd is not None:
                self._usd[key] = usd

    def least(self, chain: str, asset: str) -> int:
        """Base units of an asset that an account must have received to be read."""
        whole = self.whole.get((chain, asset), 0)
        share = -(-whole // LEAST_SHARE)
        usd = self._usd.get((chain, asset))
        if self.min_value is not None:
            return max(1, ceil(Fraction(self.min_value) / usd) if usd else share)
        a_dollar = ceil(1 / usd) if usd else 0
        return max(1, share, min(a_dollar, whole))

    def weight(self, account: Account, units: int) -> Fraction:
        """What the order of work goes by: US dollars, or the share of what was stolen where there is no price."""
        key = (account[0], account[2])
        usd = self._usd.get(key)
        return usd * units if usd else Fraction(units, max(1, self.whole.get(key, 1)))


def _key(ledger: Ledger, row: int) -> tuple[str, str]:
    return ledger.transfers[row].chain, ledger.transfers[row].asset
