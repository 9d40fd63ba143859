"""Net deltas of one transaction, and the links between those who paid and those who received.

Inside one transaction money passes through addresses that keep none of it: routers, proxies, multisends, forwarders,
flash-loan users. Such an address is a *conduit*: of no asset does it pay out more than it took in there. What enters a
conduit and what leaves it are joined leg by leg, in the order of the legs, first in first out, before any rule about
balances applies. What remains are *links*, each from somebody who paid to somebody who kept, with the legs they
are made of as evidence. The links carry every address's net delta, neither more nor less (domain rules 9.7).

A token that is minted comes from its own contract, and one that is burnt goes there: that makes a wrapper, a vault or
a pool that is its own share token look like what it is, somebody who takes one asset and gives another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Final, NamedTuple

from chains.model import Kind, Position, Transfer
from tracer.rules import ZERO_ADDRESSES

SLACK: Final = 1000
"""A conduit may pay out one part in this many more than it took in: routers clear dust of earlier transactions."""


class Link(NamedTuple):
    """``amount`` base units that ``payer`` paid and ``receiver`` kept.

    ``first`` is the leg in which the payer paid, ``last`` the one in which the receiver received; ``via`` the conduits
    between. A payer or receiver that is the asset itself means that the token was minted or burnt.
    """

    asset: str
    payer: str
    receiver: str
    amount: int
    first: Transfer
    last: Transfer
    via: tuple[str, ...] = ()

    @property
    def minted(self) -> bool:
        """Did these units come into being here?"""
        return self.payer == self.asset and self.first.sender in ZERO_ADDRESSES

    @property
    def burnt(self) -> bool:
        """Did these units cease to be here?"""
        return self.receiver == self.asset and self.last.receiver in ZERO_ADDRESSES


Deltas = dict[str, dict[str, int]]
"""By address and asset, what was gained (negative: lost); nil entries are left out."""


def deltas(legs: Iterable[Transfer]) -> Deltas:
    """What every address gained and lost in these legs; mint and burn at the token's contract; fees left out."""
    return _sums((one.asset, one.payer, one.receiver, one.amount) for one in _raw(legs))


def link_deltas(links: Iterable[Link]) -> Deltas:
    """The same of links."""
    return _sums((one.asset, one.payer, one.receiver, one.amount) for one in links)


def link(legs: Sequence[Transfer], gross: frozenset[str] = frozenset()) -> list[Link]:
    """The links of one transaction's legs, in the order of their first legs.

    An address in ``gross`` is never a conduit, and what comes back to it is kept as a link to itself: of a theft, every
    transfer counts in full.
    """
    net = _raw(legs)
    flows = _flows(net)
    for node in _conduits(flows, gross | {one.asset for one in net if one.minted or one.burnt}):
        for asset in flows[node]:
            net = _spliced(net, node, asset, gross)
    return _merged(_cancelled(net, gross), gross)


def _raw(legs: Iterable[Transfer]) -> list[Link]:
    found = []
    for leg in legs:
        payer, receiver = str(leg.sender), str(leg.receiver)
        if leg.position.kind is Kind.FEE or payer == receiver:
            continue
        if leg.position.kind is Kind.TOKEN:
            payer = str(leg.asset) if payer in ZERO_ADDRESSES else payer
            receiver = str(leg.asset) if receiver in ZERO_ADDRESSES else receiver
        if payer != receiver:
            found.append(Link(leg.asset, payer, receiver, leg.amount, leg, leg))
    return found


def _sums(moved: Iterable[tuple[str, str, str, int]]) -> Deltas:
    found: Deltas = {}
    for asset, payer, receiver, amount in moved:
        for who, units in ((payer, -amount), (receiver, amount)):
            held = found.setdefault(who, {})
            held[asset] = held.get(asset, 0) + units
    nets = {who: {asset: units for asset, units in held.items() if units} for who, held in found.items()}
    return {who: held for who, held in nets.items() if held}


_Flows = dict[str, dict[str, tuple[int, int]]]
"""By address and asset: units in, units out."""


def _flows(net: Iterable[Link]) -> _Flows:
    flows: _Flows = {}
    for one in net:
        for who, came, went in ((one.receiver, one.amount, 0), (one.payer, 0, one.amount)):
            held = flows.setdefault(who, {})
            before = held.get(one.asset, (0, 0))
            held[one.asset] = (before[0] + came, before[1] + went)
    return flows


def _conduits(flows: _Flows, never: frozenset[str] | set[str]) -> list[str]:
    """Addresses that passed something on and spent nothing of their own, in the order they first received."""
    return [
        node
        for node, held in flows.items()
        if node not in never
        and any(came and went for came, went in held.values())
        and all(went * SLACK <= came * (SLACK + 1) for came, went in held.values())
    ]


def _spliced(net: list[Link], node: str, asset: str, gross: frozenset[str]) -> list[Link]:
    """The links with what entered and left ``node`` joined, first in first out; what does not match stays."""
    ins = sorted((one for one in net if one.receiver == node and one.asset == asset), key=lambda one: _place(one.last))
    outs = sorted((one for one in net if one.payer == node and one.asset == asset), key=lambda one: _place(one.first))
    if not ins or not outs:
        return net
    joined: list[Link] = []
    while ins and outs:
        came, went = ins[0], outs[0]
        amount = min(came.amount, went.amount)
        via = (*came.via, node, *went.via)
        if came.payer != went.receiver or came.payer in gross:
            joined.append(Link(asset, came.payer, went.receiver, amount, came.first, went.last, via))
        for queue, one in ((ins, came), (outs, went)):
            queue[0] = one._replace(amount=one.amount - amount)
            if not queue[0].amount:
                queue.pop(0)
    rest = [one for one in net if node not in (one.payer, one.receiver) or one.asset != asset]
    return sorted([*rest, *joined, *ins, *outs], key=lambda one: _place(one.first))


def _cancelled(net: list[Link], gross: frozenset[str]) -> list[Link]:
    """What two addresses paid each other of one asset, against each other: a refund takes back part of a payment."""
    ways: dict[tuple[str, str, str], list[int]] = {}
    for number, one in enumerate(net):
        ways.setdefault((one.asset, one.payer, one.receiver), []).append(number)
    amounts = [one.amount for one in net]
    back: list[Link] = []
    for (asset, payer, receiver), there in ways.items():
        if payer == receiver or not (payer in gross or (receiver not in gross and payer < receiver)):
            continue
        for number, other in product(there, ways.get((asset, receiver, payer), ())):
            units = min(amounts[number], amounts[other])
            amounts[number] -= units
            amounts[other] -= units
            if units and payer in gross:
                back.append(Link(asset, payer, payer, units, net[number].first, net[other].last, (receiver,)))
    kept = [one._replace(amount=units) for one, units in zip(net, amounts, strict=True) if units]
    return sorted([*kept, *back], key=lambda one: _place(one.first))


def _merged(net: Iterable[Link], gross: frozenset[str]) -> list[Link]:
    """One link for each payer, receiver and asset; of a ``gross`` payer, one for each of its payments."""
    found: dict[tuple[object, ...], Link] = {}
    for one in net:
        key = (one.asset, one.payer, one.receiver, one.first.identity if one.payer in gross else None)
        before = found.get(key)
        if before is None:
            found[key] = one
        else:
            via = tuple(dict.fromkeys((*before.via, *one.via)))
            found[key] = before._replace(amount=before.amount + one.amount, via=via)
    return list(found.values())


def _place(leg: Transfer) -> tuple[Position, int]:
    return leg.position, leg.nth
