"""What units stand for: the stolen principal of every lot, through any chain of conversions. Pure, whole units only.

A lot carries two numbers: what it is now, in units of its asset, and the stolen principal it stands for, in units of
what was stolen. All units of one origin (`Ledger.origin`: one output of one conversion, of one theft) stand for equal
parts of the origin's principal. So the fold need not carry the second number: it is divided afterwards over all the
places where units of the origin went, in proportion to the units and by largest remainder (`apportion`). What went
into the next conversion hands its part on to what came out there. Nothing is lost or made on the way, hence the
principal over all places adds up to what was stolen, of every theft, under every method that conserves units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tracer.ledger import Ledger, Tally
from tracer.lots import apportion


@dataclass(slots=True)
class Principals:
    """``held`` has the principal of stolen units that are there, ``converted`` of those that went into each pot.

    Keys are those of the tally: (account number, origin) and (pot, origin). ``whole`` is by origin.
    """

    held: dict[tuple[int, int], int] = field(default_factory=dict)
    converted: dict[tuple[int, int], int] = field(default_factory=dict)
    whole: dict[int, int] = field(default_factory=dict)

    def part(self, number: int, origin: int, units: Mapping[int, int]) -> dict[int, int]:
        """The principal of one account's units of one origin, divided over parts that have so many units each."""
        return apportion(self.held[number, origin], units)


def principals(ledger: Ledger, tally: Tally) -> Principals:
    """The principal of everything a tally found."""
    uses: dict[int, dict[int, int]] = {}
    ranks = _ranks(ledger, tally)
    ranked = {rank: number for number, rank in ranks.items()}
    for (number, origin), units in tally.held.items():
        uses.setdefault(origin, {})[ranks[number]] = units
    for (pot, origin), units in tally.converted.items():
        uses.setdefault(origin, {})[-1 - pot] = units
    found = Principals()
    went_in: dict[tuple[int, int], int] = {}
    for origin in sorted(uses):
        theft, row = ledger.theft(origin), origin // ledger.thefts - 1
        if row < 0:
            found.whole[origin] = sum(uses[origin].values())
        else:
            number = ledger.outward[row]
            found.whole[origin] = _came_out(ledger, tally, theft, went_in[number, theft], number)[row]
        for use, part in _divided(found.whole[origin], uses[origin]).items():
            if use >= 0:
                found.held[ranked[use], origin] = part
                continue
            found.converted[-1 - use, origin] = part
            went_in[-1 - use, theft] = went_in.get((-1 - use, theft), 0) + part
    return found


def _ranks(ledger: Ledger, tally: Tally) -> dict[int, int]:
    """A number for every account that has stolen units, in the order in which stolen units first came to each.

    Not the account's own number: that depends on what else was read, and the order decides who gets the odd unit.
    """
    ranks: dict[int, int] = {}
    for row, units in enumerate(tally.traced):
        if units:
            ranks.setdefault(ledger.payee[row], len(ranks))
    for number, _ in tally.held:
        ranks.setdefault(number, len(ranks))
    return ranks


def _came_out(ledger: Ledger, tally: Tally, theft: int, went_in: int, number: int) -> dict[int, int]:
    """The principal of one theft that came out of a conversion, by row: divided by what the outputs are worth."""
    pot = ledger.pots[number]
    values = zip(pot.outs, pot.values, strict=True)
    return _divided(went_in, {row: value for row, value in values if tally.made.get(ledger.origin(row, theft))})


def _divided(amount: int, shares: Mapping[int, int]) -> dict[int, int]:
    """`apportion` with nil parts named; where nothing has a share, everything has the same."""
    equal = shares if any(shares.values()) else dict.fromkeys(shares, 1)
    return dict.fromkeys(shares, 0) | apportion(amount, equal)
