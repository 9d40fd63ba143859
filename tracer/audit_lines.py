"""What an audit is made of: the line of an account, of a theft, of what was not followed, and of what does not close.

The lines hold sums, not conclusions; whether they close is for `difference` to say, to the unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from chains.model import Asset, Transfer
from tracer.ledger import Account
from tracer.lots import METHODS
from tracer.worth import PRUNED_SHARE


class Gross(NamedTuple):
    """Everything a followed account had, stolen or not. ``short``: paid although it is not known to have been there."""

    opening: int
    received: int
    short: int
    out: int
    fee: int
    held: int

    @property
    def difference(self) -> int:
        """Nil where the line closes."""
        return self.opening + self.received + self.short - self.out - self.fee - self.held


class Stolen(NamedTuple):
    """The stolen part of the same under one method.

    ``early`` is that part of ``received`` that came before the account's history is known: it rests there.
    """

    method: str
    received: int
    early: int
    out: int
    fee: int
    held: int

    @property
    def difference(self) -> int:
        """Nil where the line closes."""
        return self.received - self.out - self.fee - self.held

    @property
    def figures(self) -> tuple[int, ...]:
        """All but the method."""
        return self[1:]


class Line(NamedTuple):
    """One account. ``gross`` is None where it is not followed: what it received rests there, by its ``reason``.

    ``taken`` is what was stolen from it, ``thefts`` in how many transfers. ``weak`` has the sentences on what its
    figures rest on that is not proven.
    """

    account: Account
    number: int
    asset: Asset
    gross: Gross | None
    stolen: tuple[Stolen, ...]
    taken: int
    thefts: int
    reason: str
    weak: tuple[str, ...]

    @property
    def most(self) -> int:
        """The most stolen units it received under any method that conserves them."""
        return max((one.received for one in self.stolen if METHODS[one.method].conserves), default=0)


class Origin(NamedTuple):
    """One theft transfer, and per method what became of its units: by the reason of the account that has them."""

    number: int
    account: Account
    asset: Asset
    tx: str
    receiver: str
    amount: int
    sinks: Mapping[str, Mapping[str, int]]


class Pruned(NamedTuple):
    """What went on and was not looked for: ``units`` in ``branches`` accounts, of ``stolen`` of this asset."""

    asset: Asset
    method: str
    units: int
    branches: int
    stolen: int

    @property
    def much(self) -> bool:
        """More than the share that a trace leaves by default."""
        return self.units * PRUNED_SHARE > self.stolen


class Fault(NamedTuple):
    """A line that does not close, by ``difference`` base units.

    ``kind``: ``row`` (a transfer carries stolen units it cannot carry), ``gross`` and ``stolen`` (an account's line),
    ``short`` (its shortage), ``more`` (more stolen units than there are units), ``origin`` (a theft).
    """

    kind: str
    method: str
    account: Account
    tx: str
    difference: int


class Entry(NamedTuple):
    """One row of the ledger as one account sees it. ``stolen`` is by method, in the order of `Audit.methods`.

    ``direction``: ``theft`` (taken from it), ``in``, ``early`` (before its history is known), ``out``, ``fee``.
    ``balance`` after the row, None for an account that is not followed.
    """

    transfer: Transfer
    direction: str
    counterparty: str
    amount: int
    stolen: tuple[int, ...]
    balance: int | None
    short: int


class Audit(NamedTuple):
    """Everything checked. ``lines``: those who received most first."""

    methods: tuple[str, ...]
    rows: int
    lines: tuple[Line, ...]
    origins: tuple[Origin, ...]
    pruned: tuple[Pruned, ...]
    faults: tuple[Fault, ...]
