"""Lots, and the rules by which a mixed balance pays out.

A lot is ``(amount, origin, trail)``: base units, the number of the theft transfer it stems from (`CLEAN` for money that
is not stolen), and the trail of transfers it came by. A balance is a collection of lots, and a *method* is the rule
that says which of them leave with a payment. The methods are classes of one shape, `Balance`, and `METHODS` names them:
what distinguishes most of them is only where an arriving lot joins a queue that always pays from its front.

Every rule is stated in words, with its legal standing, in docs/method.md. A payment larger than the balance is made up
with clean units: the ledger counts such shortages and the caller reports them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple, Protocol

CLEAN: Final = -1
NO_TRAIL: Final = -1


class Lot(NamedTuple):
    """``amount`` base units of one origin that came by one trail."""

    amount: int
    origin: int
    trail: int


_new = tuple.__new__
"""Makes a lot in a third of the time its own constructor takes; for the innermost loops."""


class Balance(Protocol):
    """What one account holds under one method."""

    def put(self, lots: Iterable[Lot]) -> None:
        """Take in lots, in the order in which they left the payer."""

    def put_clean(self, amount: int) -> None:
        """Take in units that are not stolen."""

    def draw(self, amount: int) -> list[Lot]:
        """The lots that leave with a payment of ``amount``; they add up to it."""

    def __iter__(self) -> Iterator[Lot]:
        """Every lot that is there."""


class Fifo:
    """First in, first out: what came first leaves first (*Clayton's Case*, 1816)."""

    __slots__ = ("lots",)

    def __init__(self) -> None:
        self.lots: deque[Lot] = deque()

    def __iter__(self) -> Iterator[Lot]:
        return iter(self.lots)

    def put(self, lots: Iterable[Lot]) -> None:
        """To the back."""
        self.lots.extend(lots)

    def put_clean(self, amount: int) -> None:
        """To the back; clean units that came in a row are one lot."""
        lots = self.lots
        if lots and lots[-1][1] == CLEAN:
            amount += lots.pop()[0]
        lots.append(_new(Lot, (amount, CLEAN, NO_TRAIL)))

    def draw(self, amount: int) -> list[Lot]:
        """From the front; a lot is split where the amount ends."""
        lots = self.lots
        drawn: list[Lot] = []
        while amount:
            if not lots:
                drawn.append(Lot(amount, CLEAN, NO_TRAIL))
                break
            units, origin, trail = front = lots[0]
            if units > amount:
                lots[0] = _new(Lot, (units - amount, origin, trail))
                drawn.append(_new(Lot, (amount, origin, trail)))
                break
            lots.popleft()
            drawn.append(front)
            amount -= units
        return drawn


class Lifo(Fifo):
    """Last in, first out: what came last leaves first."""

    __slots__ = ()

    def put(self, lots: Iterable[Lot]) -> None:
        """To the front, one after the other."""
        self.lots.extendleft(lots)

    def put_clean(self, amount: int) -> None:
        """To the front."""
        _clean_to_front(self.lots, amount)


class CleanFirst(Fifo):
    """Clean units leave first, so that stolen ones stay as long as they can (lowest intermediate balance).

    *Re Hallett* (1880), *Roscoe v Winder* (1915). Among stolen lots, the oldest leaves first.
    """

    __slots__ = ()

    def put(self, lots: Iterable[Lot]) -> None:
        """Stolen lots to the back, clean ones to the front."""
        for lot in lots:
            if lot[1] == CLEAN:
                self.put_clean(lot[0])
            else:
                self.lots.append(lot)

    def put_clean(self, amount: int) -> None:
        """To the front, where all clean units are one lot."""
        _clean_to_front(self.lots, amount)


class TaintedFirst(Fifo):
    """Stolen units leave first (the idea of *Re Oatway*, 1903); among them the oldest."""

    __slots__ = ()

    def put(self, lots: Iterable[Lot]) -> None:
        """Stolen lots behind the stolen ones, clean ones behind all."""
        clean = self.lots.pop().amount if self.lots and self.lots[-1].origin == CLEAN else 0
        for lot in lots:
            if lot[1] == CLEAN:
                clean += lot[0]
            else:
                self.lots.append(lot)
        if clean:
            self.lots.append(Lot(clean, CLEAN, NO_TRAIL))


class ProRata:
    """Every payment carries the balance's own mixture (haircut, pari passu), in whole units.

    Which of one origin's units leave is decided first in, first out, so that every unit keeps its way.
    """

    __slots__ = ("origins", "units")

    def __init__(self) -> None:
        self.origins: dict[int, Fifo] = {}
        self.units: dict[int, int] = {}

    def __iter__(self) -> Iterator[Lot]:
        for origin in sorted(self.origins):
            yield from self.origins[origin]

    def put(self, lots: Iterable[Lot]) -> None:
        """Each to its origin; what came by the same trail is one lot."""
        for amount, origin, trail in lots:
            if origin == CLEAN:
                self.put_clean(amount)
                continue
            queue = self.origins.setdefault(origin, Fifo()).lots
            before = queue.pop().amount if queue and queue[-1].trail == trail else 0
            queue.append(Lot(before + amount, origin, trail))
            self.units[origin] = self.units.get(origin, 0) + amount

    def put_clean(self, amount: int) -> None:
        """To the clean units."""
        self.origins.setdefault(CLEAN, Fifo()).put_clean(amount)
        self.units[CLEAN] = self.units.get(CLEAN, 0) + amount

    def draw(self, amount: int) -> list[Lot]:
        """Of every origin its part."""
        drawn: list[Lot] = []
        missing = amount - sum(self.units.values())
        for origin, part in apportion(amount - max(0, missing), self.units).items():
            drawn.extend(self.origins[origin].draw(part))
            self.units[origin] -= part
            if not self.units[origin]:
                del self.units[origin], self.origins[origin]
        if missing > 0:
            drawn.append(Lot(missing, CLEAN, NO_TRAIL))
        return drawn


class Poison:
    """Whatever a holder of stolen units pays is stolen, all of it. Exposure, not accounting: units are not conserved.

    An address stays a holder until its balance is nil. The origin and trail shown are those of the units that first
    made it one.
    """

    __slots__ = ("balance", "mark")

    def __init__(self) -> None:
        self.balance = 0
        self.mark = (CLEAN, NO_TRAIL)

    def __iter__(self) -> Iterator[Lot]:
        if self.balance:
            yield Lot(self.balance, *self.mark)

    def put(self, lots: Iterable[Lot]) -> None:
        """Any stolen unit marks the whole balance."""
        for amount, origin, trail in lots:
            self.balance += amount
            if self.mark[0] == CLEAN:
                self.mark = (origin, trail)

    def put_clean(self, amount: int) -> None:
        """Joins the balance, and shares its mark."""
        self.balance += amount

    def draw(self, amount: int) -> list[Lot]:
        """All of it marked, when the balance is."""
        drawn = [Lot(amount, *self.mark)]
        self.balance = max(0, self.balance - amount)
        if not self.balance:
            self.mark = (CLEAN, NO_TRAIL)
        return drawn


def apportion(amount: int, shares: Mapping[int, int]) -> dict[int, int]:
    """``amount`` divided in proportion to ``shares``, in whole units that add up to it; nil parts are left out.

    Largest remainder: each gets its quotient rounded down, and what is left goes, one unit each, to the largest
    remainders; between equal ones to the smaller key. The shares must not all be nil.
    """
    whole = sum(shares.values())
    if amount == whole:
        return {key: shares[key] for key in sorted(shares) if shares[key]}
    parts: dict[int, int] = {}
    remainders: list[tuple[int, int]] = []
    left = amount
    for key in sorted(shares):
        parts[key], remainder = divmod(amount * shares[key], whole)
        remainders.append((-remainder, key))
        left -= parts[key]
    for _, key in sorted(remainders)[:left]:
        parts[key] += 1
    return {key: part for key, part in parts.items() if part}


def _clean_to_front(lots: deque[Lot], amount: int) -> None:
    if lots and lots[0][1] == CLEAN:
        amount += lots.popleft()[0]
    lots.appendleft(_new(Lot, (amount, CLEAN, NO_TRAIL)))


class Method(NamedTuple):
    """A named rule. ``conserves`` is False where what it reports does not add up to what was stolen."""

    name: str
    balance: type[Balance]
    conserves: bool = True


METHODS: Final[Mapping[str, Method]] = {
    method.name: method
    for method in (
        Method("fifo", Fifo),
        Method("lifo", Lifo),
        Method("pro_rata", ProRata),
        Method("clean_first", CleanFirst),
        Method("tainted_first", TaintedFirst),
        Method("poison", Poison, conserves=False),
    )
}
CONSERVING: Final = tuple(name for name, method in METHODS.items() if method.conserves)
DEFAULT_METHOD: Final = "fifo"
