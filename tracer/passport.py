"""The passport of an endpoint: which theft every stolen unit there comes from, and by which transfers. Pure.

The fold keeps a trail with every lot. Lots that came by the same transfers are one part here, so the parts add up to
the endpoint's amount, and each part moved as a whole from its theft to where it is. An address that kept nothing has no
passport; what went through it is a sum over its transfers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from chains.model import FEE_SINK, Asset
from tracer.errors import UsageError
from tracer.fold import Flow, Fold
from tracer.ledger import Account
from tracer.lots import METHODS, Lot
from tracer.workings import Workings

LEAST: Final = 6
"""Characters of an address that may stand for the whole."""


class Part(NamedTuple):
    """``amount`` units of theft ``origin`` (its number) that came by the flows (their numbers) of ``trail``."""

    amount: int
    origin: int
    trail: int


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


class Through(NamedTuple):
    """An account that passed on all it received: ``sent`` by receiver, the most first."""

    account: Account
    asset: Asset
    received: int
    sent: tuple[tuple[str, int], ...]


def passports(workings: Workings, address: str) -> list[Passport]:
    """One for every account of an address where stolen units rest, then for the fees it paid; largest first."""
    fold = workings.fold
    found: list[Passport] = []
    for account, lots in fold.stolen_lots().items():
        fee = account[1] == FEE_SINK
        place: Account = (account[0], address, account[2])
        mine = [lot for lot in lots if _payer(fold, lot) == address] if fee else lots if account == place else []
        if mine:
            amount = sum(lot.amount for lot in mine)
            parts = tuple(_parts(mine)) if METHODS[fold.method].conserves else ()
            found.append(Passport(place, workings.asset(account), workings.reason(account), fee, amount, parts))
    return sorted(found, key=lambda one: (one.fee, one.account[0], -one.amount, one.account))


def way(workings: Workings, part: Part) -> list[Flow]:
    """The flows of a part, from the theft on."""
    return [workings.fold.flows[number] for number in workings.fold.path(part.trail)]


def passed_through(workings: Workings, address: str) -> list[Through]:
    """Accounts of an address that received stolen units under the case's method, and where these went."""
    received: dict[Account, int] = {}
    sent: dict[Account, dict[str, int]] = {}
    for flow in workings.fold.flows:
        one = flow.transfer
        if one.receiver == address:
            account: Account = (one.chain, address, one.asset)
            received[account] = received.get(account, 0) + flow.traced
        if one.sender == address and one.identity not in workings.ledger.seeds:
            to = sent.setdefault((one.chain, address, one.asset), {})
            to[one.receiver] = to.get(one.receiver, 0) + flow.traced
    return [
        Through(
            account,
            workings.asset(account),
            units,
            tuple(sorted(sent.get(account, {}).items(), key=lambda pair: (-pair[1], pair[0]))),
        )
        for account, units in sorted(received.items())
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


def _payer(fold: Fold, lot: Lot) -> str:
    """Who paid the last transfer of a lot."""
    return fold.flows[fold.steps[lot.trail].flow].transfer.sender


def _parts(lots: Iterable[Lot]) -> Iterator[Part]:
    """Lots by their trails: every step of a trail is another transfer, so no two trails are the same way."""
    sums: dict[tuple[int, int], int] = {}
    for lot in lots:
        key = (lot.trail, lot.origin)
        sums[key] = sums.get(key, 0) + lot.amount
    for (trail, origin), amount in sorted(sums.items(), key=lambda one: (-one[1], one[0][1], one[0][0])):
        yield Part(amount, origin, trail)
