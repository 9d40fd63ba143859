"""What is shown of principal besides endpoints: for every method's places, and for every payment."""

from __future__ import annotations

import pytest

from chains.model import FEE_SINK, AssetId, Kind
from tests.strategies import VICTIMS, account, transfer
from tracer.carried import carried
from tracer.compare import places_of, principal_of
from tracer.fold import Fold
from tracer.ledger import Entry, Follow, Ledger
from tracer.lots import CONSERVING, METHODS
from tracer.principal import principals
from tracer.tally import tally

WRAPPED = AssetId("W")


def changed() -> Ledger:
    """100 stolen reach A, who has 50 of its own; 90 become 9,000 of another asset, and 600 of that go to B."""
    theft = transfer(1, VICTIMS[0], "A", 100)
    follow = {account("A"): Follow(0, 50), account("A", WRAPPED): Follow(0, 7)}
    ledger = Ledger({theft.identity: 0}, follow).add([theft])
    into, out = transfer(2, "A", "pool", 90), transfer(2, "pool", "A", 9_000)
    ledger.enter([Entry(into, pot=0), Entry(out._replace(asset=WRAPPED), pot=0, out=True)])
    return ledger.add([transfer(3, "A", "B", 600)._replace(asset=WRAPPED)])


@pytest.mark.parametrize("method", METHODS)
def test_every_place_has_its_part_of_what_was_stolen(method: str) -> None:
    """Over all places of a conserving method it is what was stolen, whatever it was converted into."""
    ledger = changed()
    one = tally(ledger, method)
    found = principal_of(ledger, one)
    assert set(found) == set(places_of(ledger, one))
    if method in CONSERVING:
        assert sum(units for parts in found.values() for units in parts.values()) == 100


@pytest.mark.parametrize("method", METHODS)
def test_without_conversions_units_stand_for_themselves(method: str) -> None:
    """Every payer of fees has as much principal as it paid in units, though several thefts are among them."""
    thefts = [transfer(1, VICTIMS[0], "A", 10), transfer(2, VICTIMS[1], "B", 7)]
    rows = [
        *thefts,
        transfer(3, "A", FEE_SINK, 3, kind=Kind.FEE),
        transfer(4, "B", FEE_SINK, 2, kind=Kind.FEE),
        transfer(5, "B", "A", 5),
        transfer(6, "A", FEE_SINK, 9, kind=Kind.FEE),
    ]
    follow = {account("A"): Follow(0, 0), account("B"): Follow(0, 0)}
    ledger = Ledger({thefts[0].identity: 0, thefts[1].identity: 1}, follow).add(rows)
    one = tally(ledger, method)
    places = places_of(ledger, one)
    assert {at: sum(parts.values()) for at, parts in principal_of(ledger, one).items()} == places


@pytest.mark.parametrize("method", METHODS)
def test_a_fee_stands_for_the_theft_its_units_are_of(method: str) -> None:
    """Who paid first, or is called first, does not decide whose money another one's fee was."""
    thefts = [transfer(1, VICTIMS[0], "B", 10), transfer(2, VICTIMS[1], "A", 7)]
    fees = [transfer(3, "A", FEE_SINK, 3, kind=Kind.FEE), transfer(4, "B", FEE_SINK, 2, kind=Kind.FEE)]
    follow = {account("A"): Follow(0, 0), account("B"): Follow(0, 0)}
    ledger = Ledger({thefts[0].identity: 0, thefts[1].identity: 1}, follow).add([*thefts, *fees])
    found = principal_of(ledger, tally(ledger, method))
    assert (found[account("A"), True], found[account("B"), True]) == ({1: 3}, {0: 2})


@pytest.mark.parametrize("method", CONSERVING)
def test_a_payment_stands_for_its_part(method: str) -> None:
    """The theft stands for all of it, both sides of a conversion for the same, a payment for its part."""
    ledger = changed()
    fold = Fold(ledger, method).run()
    one = fold.tally()
    found, units = principals(ledger, one), one.by_origin()
    stands = [carried(fold, flow, found.whole, units) for flow in fold.flows]
    assert stands[0] == {0: 100}
    traced = [flow.traced for flow in fold.flows]
    assert stands[1] == {0: traced[1]}
    assert abs(stands[2][0] - traced[1]) <= 1
    for flow, parts in zip(fold.flows[3:], stands[3:], strict=True):
        assert sum(parts.values()) == flow.traced * traced[1] // traced[2]
