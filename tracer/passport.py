"""The passport of an endpoint: which theft every stolen unit there comes from, and by which transfers. Pure.

The fold keeps a trail with every lot. Lots that came by the same transfers are one part here, so the parts add up to
the endpoint's amount, and each part moved as a whole from its theft to where it is. Where it changed its form on the
way, the payment into the conversion and what came out of it are one step; what stays the same all the way is the stolen
principal that the part stands for. An address that kept nothing has no passport; what went through it is a sum over its
transfers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from chains.model import FEE_SINK, Asset, AssetId
from tracer.errors import UsageError
from tracer.fold import Flow, Fold
from tracer.ledger import Account
from tracer.lots import METHODS, Lot, apportion
from tracer.principal import Principals, principals
from tracer.workings import Workings

LEAST: Final = 6
"""Characters of an address that may stand for the whole."""


class Part(NamedTuple):
    """``amount`` units of theft ``origin`` (its number) that came by the flows (their numbers) of ``trail``.

    ``principal`` is what of the theft they stand for, in units of what was stolen.
    """

    amount: int
    origin: int
    trail: int
    principal: int


class Passport(NamedTuple):
    """Of one endpoint. ``fee``: the units were paid as fees by this account instead of being there.

    ``parts`` is empty under poison, whose exposure has no way of single units; otherwise the parts add up to
    ``amount``, the largest first.
    """

    account: Account
    asset: Asset
    reason: str
    fee: bool
    amount: int
    parts: tuple[Part, ...]

    @property
    def principal(self) -> dict[int, int]:
        """What it stands for, by theft."""
        sums: dict[int, int] = {}
        for part in self.parts:
            sums[part.origin] = sums.get(part.origin, 0) + part.principal
        return dict(sorted(sums.items()))


class Step(NamedTuple):
    """One step of a way: a transfer, or the conversion ``pot`` that was paid for by ``flow`` and gave ``out``."""

    flow: Flow
    out: Flow | None = None
    pot: int | None = None

    @property
    def last(self) -> Flow:
        """The flow that it ends with."""
        return self.flow if self.out is None else self.out


class Through(NamedTuple):
    """An account that passed on all it received: ``sent`` by receiver, the most first.

    ``converted`` has the units that went into conversions, by pot: paid by this account, or taken by this venue.
    """

    account: Account
    asset: Asset
    received: int
    sent: tuple[tuple[str, int], ...]
    converted: tuple[tuple[int, int], ...] = ()


def passports(workings: Workings, address: str) -> list[Passport]:
    """One for every account of an address where stolen units rest, then for the fees it paid; largest first."""
    fold = workings.fold
    conserves = METHODS[fold.method].conserves
    standing = principals(fold.ledger, fold.tally()) if conserves else Principals()
    found: list[Passport] = []
    for account, lots in fold.stolen_lots().items():
        fee = account[1] == FEE_SINK
        place: Account = (account[0], address, account[2])
        if not fee and account != place:
            continue
        payers = _by_payer(fold, lots) if fee else {address: lots}
        if mine := payers.get(address, []):
            amount = sum(lot.amount for lot in mine)
            stands = _standing(standing, fold.ledger.numbers[account], payers, address) if conserves else {}
            parts = _parts(fold, mine, stands) if conserves else ()
            found.append(Passport(place, workings.asset(account), workings.reason(account), fee, amount, parts))
    return sorted(found, key=lambda one: (one.fee, one.account[0], -one.amount, one.account))


def way(workings: Workings, part: Part) -> list[Flow]:
    """The flows of a part, from the theft on."""
    return [workings.fold.flows[number] for number in workings.fold.path(part.trail)]


def steps(workings: Workings, part: Part) -> list[Step]:
    """The same as steps: what was paid into a conversion, and what came out of it, are one."""
    found: list[Step] = []
    for flow in way(workings, part):
        pot = workings.ledger.outward.get(flow.row)
        if pot is None:
            found.append(Step(flow))
        else:
            found[-1] = Step(found[-1].flow, flow, pot)
    return found


def theft_asset(workings: Workings, theft: int) -> Asset:
    """The asset that was stolen in a theft."""
    seed = next(seed for seed, number in workings.ledger.seeds.items() if number == theft)
    return workings.assets[seed[0], AssetId(seed[3])]


def kind_of(workings: Workings, pot: int) -> tuple[str, tuple[str, ...]]:
    """What kind of conversion a pot is and the venues that took the one and gave the other, as far as is known."""
    ledger = workings.ledger
    if workings.openings is not None:
        known = workings.openings.conversions[ledger.pots[pot].number].conversion
        return known.kind, known.venues
    return "swap", tuple(dict.fromkeys(str(ledger.transfers[row].receiver) for row in ledger.pots[pot].ins))


@dataclass(slots=True)
class _Sums:
    received: int = 0
    sent: dict[str, int] = field(default_factory=dict)
    converted: dict[int, int] = field(default_factory=dict)


def passed_through(workings: Workings, address: str) -> list[Through]:
    """Accounts of an address that received stolen units under the case's method, and where these went."""
    ledger = workings.ledger
    found: dict[Account, _Sums] = {}
    for flow in workings.fold.flows:
        one, pot = flow.transfer, ledger.inward.get(flow.row)
        if address not in (one.receiver, one.sender):
            continue
        sums = found.setdefault((one.chain, address, one.asset), _Sums())
        if one.receiver == address:
            sums.received += flow.traced
        if pot is not None:
            sums.converted[pot] = sums.converted.get(pot, 0) + flow.traced
        elif one.sender == address and ledger.source[flow.row] < 0 and flow.row not in ledger.outward:
            sums.sent[one.receiver] = sums.sent.get(one.receiver, 0) + flow.traced
    return [
        Through(
            account,
            workings.asset(account),
            sums.received,
            tuple(sorted(sums.sent.items(), key=lambda pair: (-pair[1], pair[0]))),
            tuple(sorted(sums.converted.items())),
        )
        for account, sums in sorted(found.items())
        if sums.received
    ]


def reached(workings: Workings) -> dict[str, set[str]]:
    """Every address that received stolen units or paid such fees, with the methods under which it did."""
    ledger = workings.ledger
    found: dict[str, set[str]] = {}
    for method, tally in workings.tallies.items():
        for row, traced in enumerate(tally.traced):
            if traced:
                address = ledger.accounts[ledger.payee[row]][1]
                if address == FEE_SINK:
                    address = ledger.accounts[ledger.payer[row]][1]
                found.setdefault(address, set()).add(method)
    return found


def which_address(known: Iterable[str], text: str, case: str) -> str:
    """The address that is meant by a text: the whole, or the beginning of only one.

    Raises:
        UsageError: none is, several are, or the text is too short to tell.
    """
    addresses = set(known)
    wanted = text.lower() if text[:2] in ("0x", "0X") else text
    if wanted in addresses:
        return wanted
    if len(wanted) < LEAST:
        raise UsageError("error.address_short", text=text, least=LEAST)
    found = sorted(address for address in addresses if address.startswith(wanted))
    if not found:
        raise UsageError("error.address_not_here", text=text, case=case)
    if len(found) > 1:
        raise UsageError("error.address_ambiguous", text=text, found=", ".join(found[:5]))
    return found[0]


def _by_payer(fold: Fold, lots: Iterable[Lot]) -> dict[str, list[Lot]]:
    """Lots by who paid their last transfer."""
    payers: dict[str, list[Lot]] = {}
    for lot in lots:
        sender = fold.flows[fold.steps[lot.trail].flow].transfer.sender
        payers.setdefault(sender, []).append(lot)
    return payers


def _standing(
    standing: Principals, number: int, payers: dict[str, list[Lot]], address: str
) -> dict[int, dict[int, int]]:
    """The principal of the lots that one payer of an account paid: by origin and trail, as the result divides it."""
    names = sorted(payers)
    origins = {lot.origin for lots in payers.values() for lot in lots}
    found: dict[int, dict[int, int]] = {}
    for origin in sorted(origins):
        units = {place: _units(payers[name], origin) for place, name in enumerate(names)}
        mine = units[names.index(address)]
        sums = {place: sum(trails.values()) for place, trails in units.items()}
        whole = standing.part(number, origin, {place: total for place, total in sums.items() if total})
        found[origin] = apportion(whole.get(names.index(address), 0), mine) if mine else {}
    return found


def _units(lots: Iterable[Lot], origin: int) -> dict[int, int]:
    """Units of one origin by trail."""
    sums: dict[int, int] = {}
    for lot in lots:
        if lot.origin == origin:
            sums[lot.trail] = sums.get(lot.trail, 0) + lot.amount
    return sums


def _parts(fold: Fold, lots: Sequence[Lot], stands: dict[int, dict[int, int]]) -> tuple[Part, ...]:
    """Lots by their trails: every step of a trail is another transfer, so no two trails are the same way."""
    sums: dict[tuple[int, int], int] = {}
    for lot in lots:
        key = (lot.trail, lot.origin)
        sums[key] = sums.get(key, 0) + lot.amount
    parts = [
        Part(amount, fold.ledger.theft(origin), trail, stands[origin].get(trail, 0))
        for (trail, origin), amount in sums.items()
    ]
    return tuple(sorted(parts, key=lambda one: (-one.amount, one.origin, one.trail)))
