"""Every method side by side: where each would say the stolen units are, on the same ledger. Pure.

The hunt follows the units of one method, or of all that conserve units (`--method all`). What another method lets pass
to an address that was not read is not lost: it rests there, and is counted as not followed.
"""

from __future__ import annotations

from collections.abc import Iterable

from chains.model import FEE_SINK, AssetId
from tracer.discover import Discovery
from tracer.endings import ending
from tracer.ledger import Account, Ledger, Tally
from tracer.lots import METHODS
from tracer.result import MethodRow


def all_tallies(discovery: Discovery) -> dict[str, Tally]:
    """The tally of every method there is, those that were followed included."""
    return discovery.tallied(METHODS)


def compared(discovery: Discovery, tallies: dict[str, Tally]) -> Iterable[MethodRow]:
    """One row per place where any method has stolen units, with the units of each; fees by who paid them."""
    places = {method: places_of(discovery.ledger, one) for method, one in tallies.items()}
    for account, fee in sorted({place for found in places.values() for place in found}):
        chain, address, asset = account
        yield MethodRow(
            chain,
            address,
            discovery.world.assets[chain, AssetId(asset)],
            "fee" if fee else ending(discovery, account).reason,
            tuple((method, found.get((account, fee), 0)) for method, found in places.items()),
        )


def places_of(ledger: Ledger, one: Tally) -> dict[tuple[Account, bool], int]:
    """Stolen units by account and whether that account paid them as a fee instead of having them."""
    places: dict[tuple[Account, bool], int] = {}
    for number, units in one.by_account().items():
        account = ledger.accounts[number]
        if account[1] != FEE_SINK:
            places[account, False] = units
    for row, traced in enumerate(one.traced):
        if traced and ledger.accounts[ledger.payee[row]][1] == FEE_SINK:
            payer = ledger.accounts[ledger.payer[row]]
            places[payer, True] = places.get((payer, True), 0) + traced
    return places
