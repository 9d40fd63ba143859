"""The fold of a watch: where traced value stands after the last final block, and what further transfers make of it.

The same accounting as of a whole case (tracer/ledger.py, tracer/fold.py), gone on with from saved balances instead of
from nil, for the accounts that a stretch of blocks touches. Beside the methods it keeps, for every account, the least
and the most that can be traced there under any rule that conserves money: of a payment of ``a`` out of ``b`` units of
which between ``l`` and ``m`` are traced, at least ``a - (b - l)`` and at most the lesser of ``a`` and ``m`` are. What
remains is then between ``l - a`` and the lesser of ``m`` and ``b - a``. An account that may have held more than is
known counts as having had any amount of clean units.

It knows no conversions: what reaches a venue rests there until the case itself is brought up to date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from chains.model import FEE_SINK, AssetId, Kind, Transfer
from tracer.fold import Fold
from tracer.ledger import BALANCE, OUTSIDE, Account, Follow, Identity, Ledger
from tracer.lots import CLEAN, CONSERVING, METHODS, NO_TRAIL, Balance, Fifo, Lot

FOLLOWED, LOOKED_AT, RESTS = "followed", "looked_at", "rests"
"""What a watch does with an account: its balance is known and every payment of it is shared out; it is looked at, but
what it held besides is not known; or traced value ended there and nobody looks."""

Lots = tuple[tuple[int, int], ...]
"""(units, origin) in the order of the balance; `CLEAN` ones among them."""


class Stand(NamedTuple):
    """What stands at one account. ``balance`` are all its units, traced or not; nil where it is not `FOLLOWED`.

    ``lots`` has its lots by method, of a followed account with the clean ones; ``least`` and ``most`` what is traced of
    it under any rule. ``low`` is the height it is followed from: what came before, under methods that are not
    followed, is left out. ``reason`` is why a trail ends there, ``weak`` a sentence on what is not proven.
    """

    role: str
    low: int
    balance: int
    least: int
    most: int
    lots: Mapping[str, Lots]
    reason: str = ""
    weak: str = ""

    def traced(self, method: str) -> int:
        """Traced units under a method."""
        return sum(units for units, origin in self.lots.get(method, ()) if origin != CLEAN)

    @property
    def unjudged(self) -> bool:
        """Did something come to rest there that no method follows?"""
        return self.role == RESTS and not self.reason

    @property
    def empty(self) -> bool:
        """Is nothing traced there under any rule?"""
        return not self.most and not any(self.traced(method) for method in self.lots)


def opened(low: int, opening: int, weak: str = "") -> Stand:
    """An account that is followed from ``low`` on, when it held ``opening`` clean units."""
    lots: Lots = ((opening, CLEAN),) if opening else ()
    return Stand(FOLLOWED, low, opening, 0, 0, dict.fromkeys(CONSERVING, lots), "", weak)


def judged(before: Stand | None, now: Stand) -> Stand:
    """A place that was judged, with what had come to rest there before.

    Of one that is followed from now on that lies in what it held by then, or was paid out unseen.
    """
    if before is None:
        return now
    if now.role != FOLLOWED:
        return before._replace(role=now.role, reason=now.reason)
    return now._replace(most=min(before.most, now.balance))


def as_service(stand: Stand) -> Stand:
    """An account that turned out to have as many counterparties as only a service has: what is traced there rests."""
    lots = {name: tuple(lot for lot in kept if lot[1] != CLEAN) for name, kept in stand.lots.items()}
    return stand._replace(role=RESTS, balance=0, lots=lots, reason="service")


class Rules(NamedTuple):
    """What of a case decides how its fold goes on.

    ``method`` is stated, ``followed`` are the methods whose units are followed from address to address. ``sources`` are
    (chain, address) of whom every outflow is a theft: victims, and bare addresses that are watched; ``own`` theirs
    that are no receivers. ``least`` are the units of an asset below which nobody is followed.
    """

    method: str
    followed: tuple[str, ...]
    highest_first: bool = False
    sources: frozenset[tuple[str, str]] = frozenset()
    own: frozenset[tuple[str, str]] = frozenset()
    least: Mapping[tuple[str, str], int] = {}


class Move(NamedTuple):
    """A payment that carried, or may have carried, traced value: its units by method, and under any rule.

    ``theft`` where it left a source; ``inside`` where it left an account of which only the traced part is known.
    """

    transfer: Transfer
    traced: Mapping[str, int]
    least: int
    most: int
    theft: bool = False
    inside: bool = False


class Advanced(NamedTuple):
    """What a stretch made: the accounts that changed, as they stand now, and the payments, in order.

    ``newcomers`` received traced value and are not known yet, or only from later on, each with the height of the first
    arrival.
    """

    stands: Mapping[Account, Stand]
    moves: tuple[Move, ...]
    newcomers: Mapping[Account, int]
    origins: int


def advance(
    stands: Mapping[Account, Stand],
    rules: Rules,
    origins: int,
    transfers: Sequence[Transfer],
    counts: Callable[[str, AssetId], bool],
) -> Advanced:
    """Go on from ``stands`` with these transfers: whole blocks of one chain, in order, settled, each once.

    ``origins`` is the number of the next theft; ``counts`` says whether an asset's transfers are value at all.
    """
    seeds: dict[Identity, int] = {}
    for one in transfers:
        if is_theft(one, rules) and counts(one.chain, one.asset):
            seeds[one.identity] = origins + len(seeds)
    follow = {account: Follow(stand.low, stand.balance) for account, stand in stands.items() if stand.role == FOLLOWED}
    ledger = Ledger(seeds, follow).add(transfers)
    state = _State(stands, ledger)
    rows: dict[str, list[int]] = {}
    for method in CONSERVING:
        rows[method] = state.fold(method, highest_first=rules.highest_first)
    between = state.between()
    moves = [
        Move(
            ledger.transfers[row],
            {method: rows[method][row] for method in rows},
            *between[row],
            theft=ledger.source[row] not in (BALANCE, OUTSIDE),
        )
        for row in range(len(ledger))
        if between[row][1] or any(rows[method][row] for method in rows)
    ]
    moves += _from_inside(stands, transfers)
    moves.sort(key=lambda move: move.transfer.position)
    return Advanced(state.after(), tuple(moves), _newcomers(stands, moves, rules), origins + len(seeds))


def is_theft(one: Transfer, rules: Rules) -> bool:
    """Is this a further outflow of a source?"""
    return (
        (one.chain, one.sender) in rules.sources
        and one.sender != one.receiver
        and one.position.kind is not Kind.FEE
        and (one.chain, one.receiver) not in rules.own | rules.sources
    )


def _newcomers(stands: Mapping[Account, Stand], moves: Iterable[Move], rules: Rules) -> dict[Account, int]:
    found: dict[Account, int] = {}
    for move in moves:
        one = move.transfer
        account = (one.chain, str(one.receiver), str(one.asset))
        stand, height = stands.get(account), one.position.height
        if stand is not None and not (stand.unjudged or (stand.role == FOLLOWED and height < stand.low)):
            continue
        if move.inside or one.receiver == FEE_SINK or account[:2] in rules.sources | rules.own:
            continue
        if any(move.traced.get(method, 0) for method in rules.followed):
            found.setdefault(account, height)
    return found


def _from_inside(stands: Mapping[Account, Stand], transfers: Iterable[Transfer]) -> list[Move]:
    """Payments of accounts that are looked at: of their traced units between none and all may be in each."""
    found: list[Move] = []
    for one in transfers:
        stand = stands.get((one.chain, str(one.sender), str(one.asset)))
        if stand is not None and stand.role == LOOKED_AT and one.sender != one.receiver:
            units = max([stand.most, *(stand.traced(method) for method in stand.lots)])
            found.append(Move(one, {}, 0, min(one.amount, units), inside=True))
    return found


@dataclass(slots=True)
class _State:
    """The accounts that a ledger touches: as they were, and as each method leaves them."""

    stands: Mapping[Account, Stand]
    ledger: Ledger
    lots: dict[int, dict[str, Lots]] = field(default_factory=dict)
    spans: dict[int, tuple[int, int]] = field(default_factory=dict)

    def fold(self, method: str, *, highest_first: bool) -> list[int]:
        """Run one method over the rows; returns the traced units of each."""
        ledger = self.ledger
        fold = Fold(ledger, method, highest_first, trails=False)
        for number, account in enumerate(ledger.accounts):
            stand = self.stands.get(account)
            if stand is not None and stand.role == FOLLOWED:
                fold.balances[number] = restored(method, stand.lots.get(method, ()))
        fold.run()
        for number, account in enumerate(ledger.accounts):
            stand = self.stands.get(account)
            if stand is not None and stand.role == FOLLOWED:
                self.lots.setdefault(number, {})[method] = _saved(fold.balances[number])
            else:
                before = stand.lots.get(method, ()) if stand else ()
                now = (*before, *_saved(fold.resting.get(number, ())))
                self.lots.setdefault(number, {})[method] = _merged(now)
        return fold.tally().traced

    def between(self) -> list[tuple[int, int]]:
        """The least and the most that is traced of every row, under any rule that conserves."""
        ledger, spans = self.ledger, self.spans
        balance: dict[int, int] = {}
        for number, account in enumerate(ledger.accounts):
            stand = self.stands.get(account)
            spans[number] = (stand.least, stand.most) if stand else (0, 0)
            balance[number] = stand.balance if stand else 0
        found: list[tuple[int, int]] = []
        for row, amount in enumerate(ledger.amount):
            payer, payee, source = ledger.payer[row], ledger.payee[row], ledger.source[row]
            if source == OUTSIDE:
                carried = (0, 0)
            elif source == BALANCE:
                low, high = spans[payer]
                known = (stand := self.stands.get(ledger.accounts[payer])) is None or not stand.weak
                held = max(balance[payer], amount)  # beyond what it is known to have had, the rest is clean
                carried = (max(0, amount - (held - low)) if known else 0, min(amount, high))
                balance[payer] = held - amount
                spans[payer] = (max(0, low - amount), min(high, balance[payer]) if known else high)
            else:
                carried = (amount, amount)
            found.append(carried)
            low, high = spans[payee]
            spans[payee] = (low + carried[0], high + carried[1])
            if ledger.kept[row]:
                balance[payee] += amount
        return found

    def after(self) -> dict[Account, Stand]:
        """The touched accounts as they stand now; those where nothing is or was traced are left out."""
        found: dict[Account, Stand] = {}
        for number, account in enumerate(self.ledger.accounts):
            before = self.stands.get(account)
            least, most = self.spans[number]
            lots = self.lots[number]
            if before is not None:
                balance = self.ledger.balance[number] if before.role == FOLLOWED else 0
                found[account] = before._replace(balance=balance, least=least, most=most, lots=lots)
            elif most or any(lots.values()):
                found[account] = Stand(RESTS, 0, 0, least, most, lots)
        return found


def restored(method: str, lots: Lots) -> Balance:
    """A balance as it was saved."""
    balance = METHODS[method].balance()
    kept = [Lot(units, origin, NO_TRAIL) for units, origin in lots]
    if isinstance(balance, Fifo):
        balance.lots.extend(kept)
    else:
        balance.put(kept)
    return balance


def _saved(lots: Iterable[Lot]) -> Lots:
    return _merged((units, origin) for units, origin, _ in lots)


def _merged(lots: Iterable[tuple[int, int]]) -> Lots:
    """Neighbours of one origin as one lot: no method tells them apart once their ways do not matter."""
    found: list[tuple[int, int]] = []
    for units, origin in lots:
        if found and found[-1][1] == origin:
            found[-1] = (found[-1][0] + units, origin)
        else:
            found.append((units, origin))
    return tuple(found)
