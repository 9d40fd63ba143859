"""Every method side by side: where each would say the stolen units are, on the same ledger. Pure.

The hunt follows the units of one method, or of all that conserve units (`--method all`). What another method lets pass
to an address that was not read is not lost: it rests there, and is counted as not followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

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
    stand_for = {method: principal_of(discovery.ledger, one) for method, one in tallies.items()}
    thefts = [one.transfer for one in discovery.thefts.origins]
    of_theft = [discovery.world.assets[one.chain, one.asset] for one in thefts]
    for place in sorted({place for found in places.values() for place in found}):
        (chain, address, asset), fee = account, _ = place
        yield MethodRow(
            chain,
            address,
            discovery.world.assets[chain, AssetId(asset)],
            "fee" if fee else ending(discovery, account).reason,
            tuple((method, found.get(place, 0)) for method, found in places.items()),
            tuple(_principal(of_theft, {name: found.get(place, {}) for name, found in stand_for.items()})),
        )


def places_of(ledger: Ledger, one: Tally) -> dict[Place, int]:
    """Stolen units by account and whether that account paid them as a fee instead of having them."""
    places: dict[Place, int] = {}
    for number, units in one.by_account().items():
        account = ledger.accounts[number]
        if account[1] != FEE_SINK:
            places[account, False] = units
    for (number, _), units in one.fees.items():
        payer = ledger.accounts[number]
        places[payer, True] = places.get((payer, True), 0) + units
    return places


def principal_of(ledger: Ledger, one: Tally) -> dict[Place, dict[int, int]]:
    """What the units of each place stand for, by theft."""
    payers: dict[tuple[Account, int], dict[Account, int]] = {}
    for (payer, origin), units in one.fees.items():
        chain, _, asset = account = ledger.accounts[payer]
        payers.setdefault(((chain, FEE_SINK, asset), origin), {})[account] = units
    found: dict[Place, dict[int, int]] = {}
    for (number, origin), units in principals(ledger, one).held.items():
        account, theft = ledger.accounts[number], ledger.theft(origin)
        paid = sorted(payers.get((account, origin), {}).items())
        shares = apportion(units, dict(enumerate(part for _, part in paid))) if paid else {0: units}
        for which, place in enumerate([(payer, True) for payer, _ in paid] or [(account, False)]):
            by_theft = found.setdefault(place, {})
            by_theft[theft] = by_theft.get(theft, 0) + shares.get(which, 0)
    return found


def _principal(of_theft: Sequence[Asset], by_method: Mapping[str, Mapping[int, int]]) -> Iterable[MethodPrincipal]:
    """The same summed over the thefts of each stolen asset, for every method."""
    sums: dict[Asset, dict[str, int]] = {}
    for method, by_theft in by_method.items():
        for theft, units in by_theft.items():
            of_asset = sums.setdefault(of_theft[theft], dict.fromkeys(by_method, 0))
            of_asset[method] += units
    for asset, units_of in sorted(sums.items()):
        yield MethodPrincipal(asset, tuple(units_of.items()))
