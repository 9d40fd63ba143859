"""Every method side by side: where each would say the stolen units are, on the same ledger. Pure.

The hunt follows the units of one method, or of all that conserve units (`--method all`). What another method lets pass
to an address that was not read is not lost: it rests there, and is counted as not followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chains.model import FEE_SINK, Asset, AssetId
from tracer.discover import Discovery
from tracer.endings import ending
from tracer.ledger import Account, Ledger, Tally
from tracer.lots import METHODS, apportion
from tracer.principal import principals
from tracer.result import MethodPrincipal, MethodRow

Place = tuple[Account, bool]
"""An account, and whether it paid the units as a fee instead of having them."""


def all_tallies(discovery: Discovery) -> dict[str, Tally]:
    """The tally of every method there is, those that were followed included."""
    return discovery.tallied(METHODS)


def compared(discovery: Discovery, tallies: dict[str, Tally]) -> Iterable[MethodRow]:
    """One row per place where any method has stolen units, with the units of each; fees by who paid them."""
    places = {method: places_of(discovery.ledger, one) for method, one in tallies.items()}
    stand_for = {method: principal_of(discovery.ledger, one, places[method]) for method, one in tallies.items()}
    for place in sorted({place for found in places.values() for place in found}):
        (chain, address, asset), fee = account, _ = place
        yield MethodRow(
            chain,
            address,
            discovery.world.assets[chain, AssetId(asset)],
            "fee" if fee else ending(discovery, account).reason,
            tuple((method, found.get(place, 0)) for method, found in places.items()),
            tuple(_principal(discovery, {name: found.get(place, {}) for name, found in stand_for.items()})),
        )


def places_of(ledger: Ledger, one: Tally) -> dict[Place, int]:
    """Stolen units by account and whether that account paid them as a fee instead of having them."""
    places: dict[Place, int] = {}
    for number, units in one.by_account().items():
        account = ledger.accounts[number]
        if account[1] != FEE_SINK:
            places[account, False] = units
    for row, traced in enumerate(one.traced):
        if traced and ledger.accounts[ledger.payee[row]][1] == FEE_SINK:
            payer = ledger.accounts[ledger.payer[row]]
            places[payer, True] = places.get((payer, True), 0) + traced
    return places


def principal_of(ledger: Ledger, one: Tally, places: Mapping[Place, int]) -> dict[Place, dict[int, int]]:
    """What the units of each place stand for, by theft.

    A tally does not say which theft the units of one fee are of, so what all fees of a coin stand for is divided over
    those who paid them by the units they paid.
    """
    payers: dict[Account, list[Place]] = {}
    for place in sorted(places):
        (chain, _, asset), fee = place
        if fee:
            payers.setdefault((chain, FEE_SINK, asset), []).append(place)
    found: dict[Place, dict[int, int]] = {}
    for (number, origin), units in principals(ledger, one).held.items():
        account, theft = ledger.accounts[number], ledger.theft(origin)
        at = payers.get(account, [(account, False)])
        for which, part in apportion(units, {which: places.get(place, 1) for which, place in enumerate(at)}).items():
            by_theft = found.setdefault(at[which], {})
            by_theft[theft] = by_theft.get(theft, 0) + part
    return found


def _principal(discovery: Discovery, by_method: Mapping[str, Mapping[int, int]]) -> Iterable[MethodPrincipal]:
    """The same summed over the thefts of each stolen asset, for every method."""
    thefts = [one.transfer for one in discovery.thefts.origins]
    sums: dict[Asset, dict[str, int]] = {}
    for method, by_theft in by_method.items():
        for theft, units in by_theft.items():
            asset = discovery.world.assets[thefts[theft].chain, thefts[theft].asset]
            of_asset = sums.setdefault(asset, dict.fromkeys(by_method, 0))
            of_asset[method] += units
    for asset, units_of in sorted(sums.items()):
        yield MethodPrincipal(asset, tuple(units_of.items()))
