"""What a watch begins with: where a finished case left the traced value, or a bare address as it stands.

The case's ledger is folded once more under every method that conserves money, because a watch goes on from balances and
the tallies of a case know only sums. Beside them stands what holds under any rule that conserves money, by the rule of
tracer/watch/standing.py, run over the whole ledger from nil. Of a conversion an output of ``a`` units gets between the
least and the most share of what went in that can be traced, by the weights of its pot, rounded down and up. An account
that may have held more than is known counts as having had any amount of clean units.

A followed account in which no method traces anything is followed no more. What comes to it later makes it a newcomer
whose balance is asked anew; that rules which none of the methods is may trace something there is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from chains.model import Address, Block
from tracer.case import Case
from tracer.fold import Fold
from tracer.ledger import BALANCE, CONVERTED, OUTSIDE, Account, Ledger
from tracer.lots import CONSERVING, DEFAULT_METHOD, METHODS, Lot
from tracer.question import Question
from tracer.watch.standing import FOLLOWED, LOOKED_AT, RESTS, Lots, Rules, Stand
from tracer.watch.state import Base
from tracer.workings import Workings

SENTRIES: Final = frozenset({"dust", "hop_limit", "budget", "gap", "exchange_deposit"})
"""Reasons for which an end is looked at on: somebody's own address whose inside nobody read, and deposit addresses.

A contract is none of them: a venue pays strangers all day, and which of it is whose is seen once the case is read on.
"""

UNJUDGED: Final = "not_followed"
"""The reason where no method that is followed traces anything: of such a place nobody has judged yet what it is."""

HELD: Final = frozenset({"held", "frozen"})
"""Reasons of followed accounts of which everything is known."""

Span = tuple[int, int]
"""The least and the most that can be traced of something."""


def base_of(case: Case, workings: Workings) -> Base:
    """Where a finished case stands, for a watch to go on from."""
    ledger = workings.ledger
    named = {(chain, asset) for chain, _, asset in ledger.accounts}
    return Base(
        rules=rules_of(case.question, workings),
        stands=stands_of(ledger, workings.reasons, workings.weak, highest_first=case.question.highest_first),
        tops=dict(workings.horizons),
        origins=next_origin(ledger),
        assets={key: asset for key, asset in workings.assets.items() if key in named},
        generation=case.store.generation,
    )


def rules_of(question: Question, workings: Workings) -> Rules:
    """How a case's fold goes on. A case under poison, which adds up to nothing, goes on under the default method."""
    thefts = workings.thefts
    goes_on = thefts is not None and question.stolen == "all" and question.until is None
    return Rules(
        method=question.main if METHODS[question.main].conserves else DEFAULT_METHOD,
        followed=tuple(name for name in question.followed if METHODS[name].conserves) or (DEFAULT_METHOD,),
        highest_first=question.highest_first,
        sources=frozenset((one.chain.id, str(one.address)) for one, _, _ in thefts.histories)
        if thefts and goes_on
        else frozenset(),
        own=thefts.own if thefts else frozenset(),
        least=workings.least,
    )


def address_base(chain: str, address: Address, top: Block) -> Base:
    """A bare address that is watched from ``top`` on: whatever leaves it is followed."""
    rules = Rules(DEFAULT_METHOD, (DEFAULT_METHOD,), sources=frozenset({(chain, str(address))}))
    return Base(rules, {}, {chain: top}, 0, {})


def next_origin(ledger: Ledger) -> int:
    """A number above those of all thefts and of whatever they were converted into."""
    return ledger.thefts * (len(ledger) + 1 if ledger.pots else 1)


def stands_of(
    ledger: Ledger,
    reasons: Mapping[Account, str],
    weak: Mapping[Account, Sequence[str]],
    *,
    highest_first: bool = False,
) -> dict[Account, Stand]:
    """Every account in which something is, or can be, traced. ``reasons`` and ``weak`` are those of `Workings`.

    What reached a followed account before it was followed, under a method that the case does not follow, is left out.
    """
    folds = {name: Fold(ledger, name, highest_first, trails=False).run() for name in CONSERVING}
    stolen = {name: fold.stolen_lots() for name, fold in folds.items()}
    spans = Spans(ledger).run()
    found: dict[Account, Stand] = {}
    for number, account in enumerate(ledger.accounts):
        follow, reason = ledger.follow.get(account), reasons.get(account, "")
        reason = "" if reason == UNJUDGED else reason
        stand = Stand(
            LOOKED_AT if reason in SENTRIES else RESTS,
            0,
            0,
            *spans.all_of(number),
            {name: _merged(lots.get(account, ())) for name, lots in stolen.items()},
            reason,
            "; ".join(weak.get(account, ())),
        )
        if follow is not None and reason in HELD:
            least, most = spans.kept.get(number, (0, 0))
            lots = {name: _merged(fold.balances[number]) for name, fold in folds.items()}
            balance = ledger.balance[number]
            stand = stand._replace(role=FOLLOWED, low=follow.low, balance=balance, least=least, most=most, lots=lots)
        if not stand.empty:
            found[account] = stand
    return found


def _merged(lots: Iterable[Lot]) -> Lots:
    return tuple((sum(lot.amount for lot in same), origin) for origin, same in groupby(lots, lambda lot: lot.origin))


@dataclass(slots=True)
class Spans:
    """What is traced of every account's units under any rule that conserves money, after the last row of a ledger.

    By account number: ``kept`` of the balances of followed accounts, ``resting`` of what ended anywhere else.
    """

    ledger: Ledger
    kept: dict[int, Span] = field(default_factory=dict)
    resting: dict[int, Span] = field(default_factory=dict)
    balance: list[int] = field(init=False)
    poured: dict[int, Span] = field(default_factory=dict)
    """What went into conversions, by row."""

    def __post_init__(self) -> None:
        """Balances begin at their openings."""
        self.balance = list(self.ledger.opening)

    def run(self) -> Spans:
        """Go through all rows."""
        ledger = self.ledger
        for row, amount in enumerate(ledger.amount):
            source = ledger.source[row]
            if source == BALANCE:
                carried = self._paid(ledger.payer[row], amount)
            elif source == CONVERTED:
                carried = self._out(row)
            else:
                carried = (0, 0) if source == OUTSIDE else (amount, amount)
            if row in ledger.inward:
                carried = self._into(row, carried)
            _add(self.kept if ledger.kept[row] else self.resting, ledger.payee[row], carried)
            if ledger.kept[row]:
                self.balance[ledger.payee[row]] += amount
        return self

    def all_of(self, number: int) -> Span:
        """Kept and resting together."""
        (least, most), (less, more) = self.kept.get(number, (0, 0)), self.resting.get(number, (0, 0))
        return least + less, most + more

    def _paid(self, payer: int, amount: int) -> Span:
        least, most = self.kept.get(payer, (0, 0))
        held = max(self.balance[payer], amount)
        left = self.balance[payer] = held - amount
        if self.ledger.weak(payer):
            self.kept[payer] = (max(0, least - amount), most)
            return 0, min(amount, most)
        self.kept[payer] = (max(0, least - amount), min(most, left))
        return max(0, amount - (held - least)), min(amount, most)

    def _into(self, row: int, carried: Span) -> Span:
        """Put a payment into its conversion; returns what of it stays with the payee.

        That is all of it where nothing came out. Else it is only what of a theft is worth less than a unit of any
        output, and that can be true of every theft.
        """
        ledger = self.ledger
        pot = ledger.pots[ledger.inward[row]]
        if not pot.outs:
            return carried
        self.poured[row] = carried
        weights = dict(zip(pot.ins, pot.weights, strict=True))
        whole = sum(ledger.amount[one] * weight for one, weight in weights.items())
        unit = max(ledger.amount[out] for out in pot.outs) * weights[row]
        return 0, min(carried[1], ledger.thefts * ((whole - 1) // unit)) if unit else carried[1]

    def _out(self, row: int) -> Span:
        ledger = self.ledger
        pot, amount = ledger.pots[ledger.outward[row]], ledger.amount[row]
        pairs = list(zip(pot.ins, pot.weights, strict=True))
        whole = sum(ledger.amount[one] * weight for one, weight in pairs)
        least = sum(self.poured[one][0] * weight for one, weight in pairs)
        most = sum(self.poured[one][1] * weight for one, weight in pairs)
        return amount * least // whole, -(-amount * most // whole)


def _add(spans: dict[int, Span], number: int, more: Span) -> None:
    least, most = spans.get(number, (0, 0))
    spans[number] = (least + more[0], most + more[1])
