"""Net deltas of one transaction, and the links between those who paid and those who received.

Inside one transaction money passes through addresses that keep none of it: routers, proxies, multisends, forwarders,
flash-loan users. Such an address is a *conduit*: of no asset does it pay out more than it took in there. What enters a
conduit and what leaves it are joined leg by leg, in the order of the legs, first in first out, before any rule about
balances applies. What remains are *links*, each from somebody who paid to somebody who kept, with the legs they
are made of as evidence. The links carry every address's net delta, neither more nor less (domain rules 9.7).

A token that is minted comes from its own contract, and one that is burnt goes there: that makes a vault or a pool that
is its own share token look like what it is, somebody who takes one asset and gives another. The coin of the chain and
its wrapped form are one asset here, because one always becomes the other one to one; the wrapping contract is a conduit
like any other, and whoever paid one form and received the other wrapped or unwrapped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Final, NamedTuple

from chains.model import NATIVE, Kind, Position, Transfer
from tracer.rules import ZERO_ADDRESSES

SLACK: Final = 1000
"""A conduit may pay out one part in this many more than it took in: routers clear dust of earlier transactions."""


class Link(NamedTuple):
    """``amount`` base units that ``payer`` paid and ``receiver`` kept.

    ``first`` is the leg in which the payer paid, ``last`` the one in which the receiver received; ``via`` the conduits
    between. ``asset`` is the coin also for its wrapped form; ``first`` and ``last`` have the form. A payer or receiver
    that is the asset itself is the token's contract.
    """

    asset: str
    payer: str
    receiver: str
    amount: int
    first: Transfer
    last: Transfer
    via: tuple[str, ...] = ()

    @property
    def paid(self) -> str:
        """The asset as the payer paid it."""
        return self.first.asset

    @property
    def got(self) -> str:
        """The asset as the receiver received it."""
        return self.last.asset

    @property
    def minted(self) -> bool:
        """Did these units come into being here?"""
        return self.asset != NATIVE and self.first.sender in ZERO_ADDRESSES

    @property
    def burnt(self) -> bool:
        """Did these units cease to be here?"""
        return self.asset != NATIVE and self.last.receiver in ZERO_ADDRESSES

    @property
    def turned(self) -> bool:
        """Was the coin wrapped or unwrapped on the way?"""
        return self.paid != self.got


Deltas = dict[str, dict[str, int]]
"""By address and asset, what was gained (negative: lost); nil entries are left out."""


def deltas(legs: Iterable[Transfer]) -> Deltas:
    """What every address gained and lost in these legs; mint and burn at the token's contract; fees left out."""
    return _sums(_raw(legs, ""))


def link_deltas(links: Iterable[Link]) -> Deltas:
    """The same of links, each end in the form it had there."""
    return _sums(links)


def link(
    legs: Sequence[Transfer],
    gross: frozenset[str] = frozenset(),
    wrapped: str = "",
    owners: frozenset[str] = frozenset(),
    keepers: frozenset[str] = frozenset(),
) -> list[Link]:
    """The links of one transaction's legs, in the order of their first legs.

    An address in ``gross`` is never a conduit, and what comes back to it is kept as a link to itself: of a theft, every
    transfer counts in full. ``wrapped`` is the contract of the wrapped coin. One of the ``owners``, who pays of its own
    as well, is a conduit only of the assets of which it paid out no more than it took in. The ``keepers`` are never
    conduits either: an exchange's deposit address passes on at once, and is where the customer's money came to.
    """
    net = _turned(_raw(legs, wrapped), wrapped)
    for node in dict.fromkeys(one.payer for one in net if one.payer == one.receiver and one.payer not in gross):
        net = _composed(net, node)
    flows = _flows(one for one in net if one.payer != one.receiver)
    never = gross | keepers | {one.asset for one in net if one.minted or one.burnt}
    for node, assets in _conduits(flows, never, owners):
        for form in dict.fromkeys(one.got for one in net if one.receiver == node and one.asset in assets):
            net = _spliced(net, node, form, gross)
    return _merged(_cancelled(net, gross), gross)


def _raw(legs: Iterable[Transfer], wrapped: str) -> list[Link]:
    found = []
    for leg in legs:
        payer, receiver = str(leg.sender), str(leg.receiver)
        if leg.position.kind is Kind.FEE or payer == receiver:
            continue
        if leg.position.kind is Kind.TOKEN:
            payer = str(leg.asset) if payer in ZERO_ADDRESSES else payer
            receiver = str(leg.asset) if receiver in ZERO_ADDRESSES else receiver
        if payer != receiver:
            asset = NATIVE if leg.asset == wrapped else leg.asset
            found.append(Link(asset, payer, receiver, leg.amount, leg, leg))
    return found


def _sums(moved: Iterable[Link]) -> Deltas:
    found: Deltas = {}
    for one in moved:
        ends = ((one.payer, one.first.asset, -one.amount), (one.receiver, one.last.asset, one.amount))
        for who, asset, units in ends:
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


def _conduits(
    flows: _Flows, never: frozenset[str] | set[str], owners: frozenset[str]
) -> Iterator[tuple[str, frozenset[str]]]:
    """Addresses that passed something on and spent nothing of their own, in the order they first received, and of what.

    Somebody who spends another asset is most likely a venue, unless known for an owner.
    """
    for node, held in flows.items():
        passed = {asset for asset, (came, went) in held.items() if came and went * SLACK <= came * (SLACK + 1)}
        on = frozenset(asset for asset in passed if held[asset][1])
        if on and node not in never and (node in owners or len(passed) == len(held)):
            yield node, on


def _turned(net: list[Link], wrapped: str) -> list[Link]:
    """The links with every payment into the wrapping contract and what it gave for it as one link, to the payer itself.

    Whatever does not match (coins sent for somebody else) is left, and the contract passes it on like any conduit.
    """
    ins, rest = _split(net, receiver=wrapped, paid=NATIVE)
    burnt, rest = _split(rest, receiver=wrapped, paid=wrapped)
    outs, rest = _split(rest, payer=wrapped, got=wrapped)
    freed, rest = _split(rest, payer=wrapped, got=NATIVE)
    wraps, ins, outs = _returned(ins, outs)
    unwraps, burnt, freed = _returned(burnt, freed)
    net = [*rest, *wraps, *unwraps, *ins, *outs, *burnt, *freed]
    return sorted(net, key=lambda one: _place(one.first))


def _returned(sent: list[Link], given: list[Link]) -> tuple[list[Link], list[Link], list[Link]]:
    """What one contract gave back to those who sent it something, as one link each; and what is left of either."""
    joined: list[Link] = []
    for who in dict.fromkeys(one.receiver for one in given):
        came, others = _split(sent, payer=who)
        went, rest = _split(given, receiver=who)
        joined += [_joined(a, b, units, ()) for a, b, units in _matched(came, went)]
        sent, given = [*came, *others], [*went, *rest]
    return joined, sent, given


def _joined(came: Link, went: Link, units: int, via: tuple[str, ...]) -> Link:
    via = (*came.via, *via, *went.via)
    return Link(came.asset, came.payer, went.receiver, units, came.first, went.last, via)


def _spliced(net: list[Link], node: str, form: str, gross: frozenset[str]) -> list[Link]:
    """The links with what entered and left ``node`` joined, first in first out; what does not match stays.

    What goes back to whoever paid it is matched before: a refund takes back its own payment.
    """
    ins, rest = _split(net, receiver=node, got=form)
    outs, rest = _split(rest, payer=node, paid=form)
    ins, outs = sorted(ins, key=lambda one: _place(one.last)), sorted(outs, key=lambda one: _place(one.first))
    if not ins or not outs:
        return net
    joined: list[Link] = []
    for who in dict.fromkeys(one.payer for one in ins):
        came, others = _split(ins, payer=who)
        back, outs = _split(outs, receiver=who)
        joined += [_joined(a, b, units, (node,)) for a, b, units in _matched(came, back)]
        ins = sorted([*came, *others], key=lambda one: _place(one.last))
        outs = sorted([*back, *outs], key=lambda one: _place(one.first))
    joined += [_joined(a, b, units, (node,)) for a, b, units in _matched(ins, outs)]
    kept = [one for one in joined if one.payer != one.receiver or one.payer in gross or one.turned]
    return sorted([*rest, *kept, *ins, *outs], key=lambda one: _place(one.first))


def _split(
    links: Iterable[Link],
    *,
    payer: str | None = None,
    receiver: str | None = None,
    paid: str | None = None,
    got: str | None = None,
) -> tuple[list[Link], list[Link]]:
    """The links with these ends and forms, and the others."""
    wanted = (payer, receiver, paid, got)
    apart: tuple[list[Link], list[Link]] = ([], [])
    for one in links:
        ends = (one.payer, one.receiver, one.paid, one.got)
        apart[any(want not in (None, end) for want, end in zip(wanted, ends, strict=True))].append(one)
    return apart


def _matched(ins: list[Link], outs: list[Link]) -> Iterator[tuple[Link, Link, int]]:
    """Pairs of what came and what went, first in first out, each with the units they share; these are taken off."""
    while ins and outs:
        came, went = ins[0], outs[0]
        amount = min(came.amount, went.amount)
        for queue, one in ((ins, came), (outs, went)):
            queue[0] = one._replace(amount=one.amount - amount)
            if not queue[0].amount:
                queue.pop(0)
        yield came, went, amount


def _composed(net: list[Link], node: str) -> list[Link]:
    """The links of somebody who wrapped or unwrapped what it had just received or was about to pay, as one each."""
    turns, net = _split(net, payer=node, receiver=node)
    kept: list[Link] = []
    for form in dict.fromkeys((one.paid, one.got) for one in turns):
        own, turns = _split(turns, paid=form[0], got=form[1])
        ins, rest = _split(net, receiver=node, got=form[0])
        outs, rest = _split(rest, payer=node, paid=form[1])
        joined = [_joined(a, b, units, ()) for a, b, units in _matched(ins, own)]
        joined += [_joined(a, b, units, ()) for a, b, units in _matched(own, outs)]
        net = [*rest, *joined, *ins, *outs]
        kept += own
    return sorted([*net, *kept], key=lambda one: _place(one.first))


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
            if net[number].first.asset != net[other].last.asset or net[number].last.asset != net[other].first.asset:
                continue
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
        key = (
            one.first.asset,
            one.last.asset,
            one.payer,
            one.receiver,
            one.first.identity if one.payer in gross else None,
        )
        before = found.get(key)
        if before is None:
            found[key] = one
        else:
            via = tuple(dict.fromkeys((*before.via, *one.via)))
            found[key] = before._replace(amount=before.amount + one.amount, via=via)
    return list(found.values())


def _place(leg: Transfer) -> tuple[Position, int]:
    return leg.position, leg.nth
