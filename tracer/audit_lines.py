"""What an audit is made of: the line of an account, a conversion, a theft, what was not followed, what does not close.

The lines hold sums, not conclusions; whether they close is for `difference` to say, to the unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from chains.model import Asset, Transfer
from tracer.ledger import Account
from tracer.lots import METHODS
from tracer.worth import PRUNED_SHARE


class Gross(NamedTuple):
    """Everything a followed account had, stolen or not. ``short``: paid although it is not known to have been there.

    ``made`` came out of conversions and ``converted`` went into them; neither is part of ``received`` or ``out``.
    """

    opening: int
    received: int
    short: int
    out: int
    fee: int
    held: int
    made: int = 0
    converted: int = 0

    @property
    def difference(self) -> int:
        """Nil where the line closes."""
        came = self.opening + self.received + self.made + self.short
        return came - self.out - self.converted - self.fee - self.held


class Stolen(NamedTuple):
    """The stolen part of the same under one method.

    ``early`` is what rests there of what came: it came before the account's history is known, or went into a conversion
    here that gave nothing for it.
    """

    method: str
    received: int
    early: int
    out: int
    fee: int
    held: int
    made: int = 0
    converted: int = 0

    @property
    def came(self) -> int:
        """All that came, by payments and out of conversions."""
        return self.received + self.made

    @property
    def difference(self) -> int:
        """Nil where the line closes."""
        return self.came - self.out - self.converted - self.fee - self.held

    @property
    def figures(self) -> tuple[int, ...]:
        """All but the method."""
        return self[1:]


class Line(NamedTuple):
    """One account. ``gross`` is None where it is not followed: what it received rests there, by its ``reason``.

    ``taken`` is what was stolen from it, ``thefts`` in how many transfers. ``weak`` has the sentences on what its
    figures rest on that is not proven. ``left`` has, by row, the stolen units that went into a conversion here and got
    nothing for it, by method.
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
    left: Mapping[int, tuple[int, ...]] = MappingProxyType({})

    @property
    def most(self) -> int:
        """The most stolen units it received under any method that conserves them."""
        return max((one.came for one in self.stolen if METHODS[one.method].conserves), default=0)


class Side(NamedTuple):
    """One row into or out of a conversion: what ``account`` paid, or received, and the stolen part of it by method.

    ``weight`` is what the row counts for among the rows of its side, ``whole`` what they count for together.
    """

    account: Account
    asset: Asset
    amount: int
    weight: int
    whole: int
    stolen: tuple[int, ...]


class Turned(NamedTuple):
    """A conversion that stolen units went into under some method. ``row`` is the first row into it.

    ``kind`` and ``shared`` are those of `tracer.result.ConversionRow`, empty where nothing more is known than its rows.
    ``principal``: by method that conserves it, of each theft (its number) what went in, and what came out. ``left``: by
    method, stolen units that went in and got nothing for it; they rest with whom they were paid to.
    """

    pot: int
    row: int
    kind: str
    shared: tuple[str, str]
    ins: tuple[Side, ...]
    outs: tuple[Side, ...]
    principal: Mapping[str, Mapping[int, tuple[int, int]]]
    left: Mapping[str, int]


class Origin(NamedTuple):
    """One theft transfer, and per method where it is: its principal by the reason of the account that has it."""

    number: int
    account: Account
    asset: Asset
    tx: str
    receiver: str
    amount: int
    sinks: Mapping[str, Mapping[str, int]]


class Pruned(NamedTuple):
    """What went on and was not looked for: ``units`` of principal in ``branches`` accounts, of ``stolen``."""

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
    ``short`` (its shortage), ``more`` (more stolen units than there are units), ``origin`` (a theft), ``into`` (what
    went into a conversion is not what it converted), ``share`` (an output has more or less of a theft than its share),
    ``made`` (units that came out are not all found), ``principal`` (of an account or a conversion), ``told`` (the
    result tells of a theft's principal otherwise).
    """

    kind: str
    method: str
    account: Account
    tx: str
    difference: int


class Entry(NamedTuple):
    """One row of the ledger as one account sees it. ``stolen`` is by method, in the order of `Audit.methods`.

    ``direction``: ``theft`` (taken from it), ``in``, ``early`` (before its history is known), ``out``, ``fee``,
    ``converted`` (into a conversion), ``made`` (out of one), ``left`` (into one that gave nothing for it).
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
    turned: tuple[Turned, ...] = ()
