"""What stolen units are worth to the hunt: which are too few to follow, and which come first. Pure.

Prices order the work and set the least value that is followed; they never enter the accounting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from math import ceil

from chains.model import Asset, AssetId, Transfer
from tracer.ledger import Account
from tracer.prices import PriceBook

PRUNED_SHARE = 100
"""By default at most one part in this many of what was stolen of an asset is left as dust; more of it not followed,
for whatever reason, is marked."""

LEAST_SHARE = 1000
"""By default less than one part in this many of what was stolen of an asset is not worth reading an address for."""


class Worth:
    """``stolen`` has the units stolen by (chain, asset); ``min_value`` is in US dollars, None for the default."""

    def __init__(
        self,
        thefts: Iterable[Transfer],
        prices: PriceBook,
        assets: Mapping[tuple[str, AssetId], Asset],
        min_value: Decimal | None,
    ) -> None:
        self.stolen: dict[tuple[str, str], int] = {}
        self.min_value = min_value
        self._usd: dict[tuple[str, str], Fraction] = {}
        for theft in thefts:
            key = (theft.chain, theft.asset)
            if key not in self.stolen:
                price, asset = prices.at(theft.chain, theft.asset, theft.time), assets.get(key)
                if price is not None and asset is not None:
                    self._usd[key] = Fraction(price.usd) * Fraction(1, 10**asset.decimals)
            self.stolen[key] = self.stolen.get(key, 0) + theft.amount

    def least(self, chain: str, asset: str) -> int:
        """Base units of an asset that an account must have received to be read."""
        share = -(-self.stolen.get((chain, asset), 0) // LEAST_SHARE)
        usd = self._usd.get((chain, asset))
        if self.min_value is not None:
            return max(1, ceil(Fraction(self.min_value) / usd) if usd else share)
        a_dollar = ceil(1 / usd) if usd else 0
        return max(1, share, min(a_dollar, self.stolen.get((chain, asset), 0)))

    def weight(self, account: Account, units: int) -> Fraction:
        """What the order of work goes by: US dollars, or the share of what was stolen where there is no price."""
        key = (account[0], account[2])
        usd = self._usd.get(key)
        return usd * units if usd else Fraction(units, max(1, self.stolen.get(key, 1)))
