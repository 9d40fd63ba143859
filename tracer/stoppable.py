"""What can still be stopped, now: every place where somebody may yet freeze stolen value, the most promising first.

The order is worth × certainty × still there × speed of whoever must act. Each factor is a whole number from 0 to 100
with its reason in words, so that the order can be argued with. Time is that of the case, never of the clock: the same
case gives the same list. What is frozen already stands behind what is not, and what nobody can freeze at the end.

Speeds come from the contacts (tracer/contacts.py); how much is left of a deposit after some time, and the rest of the
figures, are this project's own and stand in docs/method.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Final, NamedTuple

from chains.model import Asset
from tracer.contacts import Contact, contact_of
from tracer.result import DepositRow, EndpointRow, FreezeRow, Result
from tracer.words import sentence

DAY: Final = 86_400
WEEK: Final = 7 * DAY

SPEED: Final[Mapping[str, int]] = {"hours": 90, "days": 60, "weeks": 30, "": 50}
"""By what the contact's pages say of its speed; "" where they say nothing."""

THERE: Final[Mapping[str, int]] = {"lies": 100, "day": 60, "week": 40, "later": 20, "unknown": 50}
"""Still there? Money that lies where it came; that an exchange took in less than a day, a week, or longer ago."""

PENDING_SPEED: Final = 95
"""A freeze that is proposed already needs only confirmations."""

UNSURE_FREEZE: Final = 50
"""Certainty that an issuer can freeze, where the token list does not know it."""

UNSWEPT, SWEPT, AT_EXCHANGE, ISSUER, SERVICE, BRIDGE, FROZEN, NOBODY = (
    "unswept",
    "swept",
    "at_exchange",
    "issuer",
    "service",
    "bridge",
    "frozen",
    "nobody",
)
MEANS: Final = (UNSWEPT, SWEPT, AT_EXCHANGE, ISSUER, SERVICE, BRIDGE, FROZEN, NOBODY)
"""How it could be stopped: by the exchange before or after its sweep, or at its own wallet; by the token's issuer; by a
service or a bridge; it is frozen; nobody can."""

AGAIN: Final[Mapping[str, int]] = {FROZEN: 1, NOBODY: 2}
"""What needs no haste stands behind what does."""

_RESTING: Final = frozenset({"held", "gap", "budget", "hop_limit", "not_followed"})
_AT: Final[Mapping[str, str]] = {"exchange": AT_EXCHANGE, "service": SERVICE, "bridge": BRIDGE}
_LEFT_OUT: Final = frozenset({"fee", "burn", "returned", "dust", "contract"})


class Factors(NamedTuple):
    """Each from 0 to 100."""

    certainty: int
    there: int
    speed: int


class Stoppable(NamedTuple):
    """One place, how it can be stopped (one of `MEANS`), and by whom.

    ``worth`` is a share of all that was stolen, by value where prices are known. ``score`` is worth × the factors.
    ``entity`` is who must act, as the label or the token list names it; ``contact`` how to reach them, where known.
    ``why`` are sentences: the reasons of the factors and of any deadline. ``also`` are other ways for the same units.
    """

    endpoint: EndpointRow
    means: str
    entity: str
    contact: Contact | None
    worth: Fraction
    factors: Factors
    why: tuple[str, ...]
    also: tuple[Stoppable, ...] = ()
    deposit: DepositRow | None = None
    """What is known of the address as an exchange's deposit address, whichever way is the best."""

    @property
    def score(self) -> Fraction:
        """What the list is ordered by."""
        return self.worth * self.factors.certainty * self.factors.there * self.factors.speed


def stoppable(result: Result) -> list[Stoppable]:
    """Every place where stolen value lies or went in, in the order in which to act."""
    known = _Known.of(result)
    found = [known.best(row) for row in result.endpoints if row.reason not in _LEFT_OUT]
    return sorted(found, key=_order)


def _order(one: Stoppable) -> tuple[int, Fraction, Fraction, str, str, str]:
    row = one.endpoint
    return AGAIN.get(one.means, 0), -one.score, -one.worth, row.chain, row.address, row.asset.id


class _Known(NamedTuple):
    """What the result says, by account."""

    now: int
    whole: Mapping[tuple[str, str], Fraction]
    """What one base unit of each stolen asset is of all that was stolen."""

    deposits: Mapping[tuple[str, str, str], DepositRow]
    freezes: Mapping[tuple[str, str, str], FreezeRow]

    @staticmethod
    def of(result: Result) -> _Known:
        return _Known(
            max(block.time for block in result.as_of),
            unit_worths(result),
            {_account(row): row for row in result.deposits},
            {_account(row): row for row in result.freezes},
        )

    def best(self, row: EndpointRow) -> Stoppable:
        """The most promising way for one endpoint, with the others beside it."""
        ways = sorted(self._ways(row), key=_order)
        also = tuple(one for one in ways[1:] if one.means != NOBODY)
        return ways[0]._replace(also=also, deposit=self.deposits.get(_account(row)))

    def _ways(self, row: EndpointRow) -> Iterator[Stoppable]:
        deposit, freeze = self.deposits.get(_account(row)), self.freezes.get(_account(row))
        if row.reason == "frozen" or (freeze is not None and freeze.frozen == "yes"):
            yield self._frozen(row, freeze)
            return
        if row.reason == "exchange_deposit" or (deposit is not None and deposit.tier == "T4" and deposit.entity):
            yield self._deposit(row, deposit)
        elif row.reason in _AT:
            yield self._at_service(row)
        if freeze is not None and freeze.can != "no" and row.reason in (*_RESTING, "exchange_deposit"):
            yield self._by_issuer(row, freeze)
        yield self._nobody(row, freeze)

    def _worth(self, row: EndpointRow) -> Fraction:
        parts = (part.amount * self.whole[part.asset.chain, part.asset.id] for part in row.principal)
        return sum(parts, Fraction(0))

    def _made(
        self, row: EndpointRow, means: str, entity: str, kind: str, factors: Factors, why: Iterable[str]
    ) -> Stoppable:
        contact = contact_of(entity, kind) if entity else None
        speed = factors.speed if factors.speed >= 0 else SPEED[contact.speed if contact else ""]
        return Stoppable(row, means, entity, contact, self._worth(row), factors._replace(speed=speed), tuple(why))

    def _deposit(self, row: EndpointRow, deposit: DepositRow | None) -> Stoppable:
        entity = deposit.entity if deposit else row.entity
        certainty = deposit.confidence if deposit and row.reason != "exchange_deposit" else row.confidence
        if deposit is not None and deposit.left == 0:
            why = [sentence("rule.stop_unswept")]
            return self._made(row, UNSWEPT, entity, "exchange", Factors(certainty, THERE["lies"], -1), why)
        there, why = self._after(row)
        return self._made(row, SWEPT, entity, "exchange", Factors(certainty, there, -1), why)

    def _at_service(self, row: EndpointRow) -> Stoppable:
        there, why = self._after(row)
        return self._made(row, _AT[row.reason], row.entity, row.category, Factors(row.confidence, there, -1), why)

    def _after(self, row: EndpointRow) -> tuple[int, list[str]]:
        """Is it still there after so long, where it can be paid out any time?"""
        age = max(0, self.now - row.arrived)
        when = "day" if age < DAY else "week" if age < WEEK else "later"
        if age < 3_600:
            return THERE[when], [sentence("rule.stop_taken_in_now")]
        if age < 2 * DAY:
            return THERE[when], [sentence("rule.stop_taken_in_hours", n=age // 3_600)]
        return THERE[when], [sentence("rule.stop_taken_in_days", n=age // DAY)]

    def _by_issuer(self, row: EndpointRow, freeze: FreezeRow) -> Stoppable:
        certainty = row.confidence if row.reason == "held" else THERE["unknown"]
        if freeze.can == "unknown":
            certainty = certainty * UNSURE_FREEZE // 100
        if row.reason == "exchange_deposit":
            why = [sentence("rule.stop_exchange_first")]
        elif row.reason == "held":
            why = [sentence("rule.stop_resting")]
        else:
            why = [sentence("rule.stop_maybe_gone")]
        if freeze.proposed == "yes":
            why.append(sentence("rule.stop_proposed", confirmed=freeze.confirmed, needed=freeze.needed))
        if freeze.frozen == "unknown":
            why.append(sentence("rule.stop_state_unknown"))
        speed = PENDING_SPEED if freeze.proposed == "yes" else -1
        there = THERE["lies"] if row.reason == "held" else THERE["unknown"]
        return self._made(row, ISSUER, freeze.issuer, "issuer", Factors(certainty, there, speed), why)

    def _frozen(self, row: EndpointRow, freeze: FreezeRow | None) -> Stoppable:
        entity = freeze.issuer if freeze else row.entity.split(":", maxsplit=1)[0]
        sure = 100 if freeze is not None and freeze.frozen == "yes" else row.confidence
        return self._made(
            row, FROZEN, entity, "issuer", Factors(sure, THERE["lies"], -1), [sentence("rule.stop_frozen")]
        )

    def _nobody(self, row: EndpointRow, freeze: FreezeRow | None) -> Stoppable:
        if row.reason == "mixer":
            why = sentence("rule.stop_mixer")
        elif freeze is not None and freeze.can == "no":
            why = sentence("rule.stop_unfreezable")
        else:
            why = sentence("rule.stop_watch")
        return self._made(row, NOBODY, "", "", Factors(row.confidence, THERE["lies"], 0), [why])


def _account(row: EndpointRow | DepositRow | FreezeRow) -> tuple[str, str, str]:
    return row.chain, row.address, row.asset.id


def unit_worths(result: Result) -> dict[tuple[str, str], Fraction]:
    """What one base unit of each stolen asset is of all that was stolen; assets count alike where one is unpriced."""
    taken: dict[tuple[str, str], tuple[Asset, int]] = {}
    usd = {(row.asset.chain, str(row.asset.id)): row.usd for row in result.prices}
    for one in result.origins:
        asset, before = taken.get((one.asset.chain, one.asset.id), (one.asset, 0))
        taken[asset.chain, asset.id] = (asset, before + one.amount)
    values = dict.fromkeys(taken, Fraction(1))
    if all(usd.get(key) is not None for key in taken):
        for key, (asset, units) in taken.items():
            values[key] = Fraction(usd[key] or 0) * units * Fraction(1, 10**asset.decimals)
    whole = sum(values.values(), Fraction(0)) or Fraction(1)
    return {key: values[key] * Fraction(1, taken[key][1]) * whole**-1 for key in taken}
