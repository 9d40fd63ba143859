"""Amounts and shares as text: exact, from integers, never through a float."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from chains.model import Asset
from tracer.hostile import clean

MOST_DECIMALS: Final = 36
"""A contract may claim up to 255 decimals; beyond this, zeros would fill lines, so the power of ten is written out."""

SYMBOL_CAP: Final = 24
"""Room for ``position #12345678``, the number of which must not be cut."""

DIGITS: Final = 6
"""Digits of a rate: it informs the reader, and no figure is worked out from it."""

HUNDRED: Final = 10_000
"""100.00 % in hundredths of a percent."""


def amount(units: int, decimals: int) -> str:
    """Base units as an exact decimal with grouped thousands and no idle zeros: ``1,234.5``.

    With more than `MOST_DECIMALS` decimals: ``1,234e-255``.
    """
    if decimals > MOST_DECIMALS:
        return f"{units:,}e-{decimals}"
    sign = "-" if units < 0 else ""
    whole, fraction = divmod(abs(units), 10**decimals)
    digits = f"{fraction:0{decimals}d}".rstrip("0") if decimals else ""
    return f"{sign}{whole:,}" + (f".{digits}" if digits else "")


def money(units: int, asset: Asset) -> str:
    """An amount with its asset's symbol (or, where the contract claims none, the contract)."""
    return f"{amount(units, asset.decimals)} {symbol(asset)}"


def symbol(asset: Asset) -> str:
    """The asset's symbol made harmless, cut to what a column bears."""
    return clean(asset.symbol, SYMBOL_CAP) or asset.id


def rate(paid: tuple[int, Asset], got: tuple[int, Asset]) -> str:
    """What one whole unit of the dearer of two assets cost in the other, to `DIGITS` digits: ``1 ETH = 2,026.02 USDT``.

    "" where either amount is nil.
    """
    sides = (paid[0] * 10 ** got[1].decimals, paid[1]), (got[0] * 10 ** paid[1].decimals, got[1])
    (many, cheap), (few, dear) = sorted(sides, key=lambda side: -side[0])
    if not few:
        return ""
    places = max(0, DIGITS - len(str(many // few)))
    cost = (2 * many * 10**places + few) // (2 * few)
    return f"1 {symbol(dear)} = {amount(cost, places)} {symbol(cheap)}"


def price(usd: Decimal) -> str:
    """What one unit costs, to the last digit that its source gave."""
    return f"{usd.normalize():,f} USD"


def dollars(usd: Decimal) -> str:
    """A fiat value to the cent."""
    return f"{usd:,.2f} USD"


def hundredths(parts: Sequence[int]) -> list[int]:
    """Each part's share in hundredths of a percent, together exactly `HUNDRED` (largest remainder, first one first).

    All zero when the parts are.
    """
    whole = sum(parts)
    if not whole:
        return [0 for _ in parts]
    shares = [part * HUNDRED // whole for part in parts]
    by_remainder = sorted(range(len(parts)), key=lambda place: (-(parts[place] * HUNDRED % whole), place))
    for place in by_remainder[: HUNDRED - sum(shares)]:
        shares[place] += 1
    return shares


def floored(share: Fraction) -> int:
    """A share in hundredths of a percent, rounded down."""
    return share.numerator * HUNDRED // share.denominator


def percent(share: int) -> str:
    """Hundredths of a percent as ``41.20 %``."""
    return f"{share // 100}.{share % 100:02d} %"


def some(share: int) -> str:
    """Hundredths of a percent, of what is not nothing: ``<0.01 %`` where they round to nil."""
    return percent(share) if share else "<0.01 %"


def share_of(part: int, whole: int) -> str:
    """One share by itself, rounded to the nearest hundredth; ``<0.01 %`` rather than nothing for something."""
    share = (2 * part * HUNDRED + whole) // (2 * whole) if whole else 0
    return some(share) if part else percent(share)
