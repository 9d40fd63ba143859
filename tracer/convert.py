"""Reading one transaction: who converted what into what, what merely passed through, and what cannot be seen. Pure.

It goes by what moved. After conduits are joined (tracer/links.py), a *venue* is whoever took one asset and gave
another: a pool, a vault, a wrapper, a market maker. An owner's payment into a venue is followed from venue to venue
until units come out at somebody who is none: these outputs are what the payment became, whoever received them. What an
owner paid to anybody else is a move. Token contracts that mint or burn are venues like any other. What logs of known
kinds say (`Mark`) is asked second: it names the owner of an order that somebody else filled, and tells a farm's
reward or a claim from the price of what was paid in.

The owners are those whose money is followed, those named in a filled order, else the signer; whoever else only pays is
taken for one too, because money that enters a venue belongs to somebody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from chains.model import NATIVE, Kind, Mark, Transfer
from chains.positions import is_position
from tracer.implied import IMPLIED, implied
from tracer.links import Link, link
from tracer.told import OWNERS, Told

SWAP: Final = "swap"
WRAP: Final = "wrap"
UNWRAP: Final = "unwrap"
DEPOSIT: Final = "deposit"
REDEEM: Final = "redeem"
ADDED: Final = "liquidity_added"
REMOVED: Final = "liquidity_removed"


class Conversion(NamedTuple):
    """What ``owner`` paid (``ins``) and what came of it (``outs``, whoever received it).

    ``venues`` took the one and gave the other. ``linked`` is False where no venue ties them together, only that a share
    token was minted or burnt in the same transaction.
    """

    kind: str
    owner: str
    ins: tuple[Link, ...]
    outs: tuple[Link, ...]
    venues: tuple[str, ...]
    linked: bool = True


class Missing(NamedTuple):
    """Units that an address must have passed on in a call that no source showed."""

    address: str
    asset: str
    amount: int


class Reading(NamedTuple):
    """One transaction, read. ``moves`` are payments without a conversion; ``rest`` what else somebody received.

    Together they carry every net delta of everybody who is no venue.
    """

    conversions: tuple[Conversion, ...]
    moves: tuple[Link, ...]
    rest: tuple[Link, ...]
    missing: tuple[Missing, ...]
    venues: frozenset[str]

    @property
    def kind(self) -> str:
        """One word for the transaction."""
        if self.conversions:
            return self.conversions[0].kind
        if any(one.via for one in self.moves):
            return "pass_through"
        return "transfer" if self.moves or self.rest else "nothing"


def read(
    legs: Sequence[Transfer],
    owners: Collection[str],
    *,
    gross: frozenset[str] = frozenset(),
    wrapped: str = "",
    internals: bool = True,
    marks: Sequence[Mark] = (),
    partners: Mapping[str, str] | None = None,
    keepers: frozenset[str] = frozenset(),
) -> Reading:
    """Read the legs of one successful transaction, in order of position.

    ``owners``, ``gross`` and ``keepers`` (see `tracer.links.link`) are addresses, ``wrapped`` the coin's wrapper;
    without ``internals``, calls that its events prove are put in. ``partners`` has, by address, the venue for which it
    takes payments in or pays.
    """
    whole = legs if internals else [*legs, *implied(legs, wrapped)]
    ends = {str(end) for leg in legs if leg.position.kind is not Kind.FEE for end in (leg.sender, leg.receiver)}
    told, mine = Told(tuple(marks)), frozenset(owners)
    links = _partnered(_booked(link(whole, gross, wrapped, mine, keepers), told), partners or {})
    one = _Reader(links, mine, told, active=bool(mine & ends))
    conversions = one.run()
    used = {id(part) for conversion in conversions for part in (*conversion.ins, *conversion.outs)}
    payers = {part.payer for part in one.links if not one.is_venue(part.payer) and not part.minted}
    left = [part for part in one.links if id(part) not in used]
    return Reading(
        tuple(conversions),
        tuple(part for part in left if part.payer in payers and not part.minted),
        tuple(part for part in left if part.payer not in payers or part.minted if not one.is_venue(part.receiver)),
        () if internals else tuple(_missing(one, wrapped)),
        frozenset(
            one.venues | {node for node, venue in (partners or {}).items() if node in ends and venue in one.venues}
        ),
    )


def owners_of(
    legs: Iterable[Transfer], signer: str, marks: Iterable[Mark], followed: Collection[str]
) -> frozenset[str]:
    """Whose payments these are: theirs whose money is followed, theirs whose orders were filled, else the signer's."""
    known = {str(mark.owner) for mark in marks if mark.kind in OWNERS}
    return frozenset({str(leg.sender) for leg in legs} & {*followed, *known}) or frozenset({signer})


@dataclass(slots=True)
class _Reader:
    links: list[Link]
    owners: frozenset[str]
    told: Told
    active: bool
    """Did an owner pay or receive anything?"""

    outof: dict[str, list[Link]] = field(default_factory=dict)
    into: dict[str, list[Link]] = field(default_factory=dict)
    venues: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for one in self.links:
            self.outof.setdefault(one.payer, []).append(one)
            self.into.setdefault(one.receiver, []).append(one)
        conduits = {node for one in self.links for node in one.via}
        self.venues = {node for node in self.outof if node not in self.owners | conduits and self._trades(node)}

    def _trades(self, node: str) -> bool:
        """Did it take one asset, keep some of it, and give another? A token's own contract keeps what it burns."""
        kept: dict[str, int] = {}
        for sign, links in ((1, self.into.get(node, ())), (-1, self.outof[node])):
            for one in links:
                kept[one.asset] = kept.get(one.asset, 0) + sign * one.amount
        came, went = ({one.asset for one in way.get(node, ())} for way in (self.into, self.outof))
        if not came or (came == went and len(came) == 1):
            return False
        return node in kept or any(units > 0 for units in kept.values())

    def is_venue(self, node: str) -> bool:
        """Did it take one asset and give another, on nobody's order but the payer's?"""
        return node in self.venues

    def payers(self) -> list[str]:
        """Whoever paid something of its own: no venue, no farm, no bridge paying out, no token that was minted."""
        apart = {*self.told.farms, *self.told.arrivals, *(one.payer for one in self.links if one.minted)}
        return [node for node in self.outof if node in self.owners or not (node in apart or self.is_venue(node))]

    def _enters(self, one: Link) -> bool:
        return not one.minted and self.is_venue(one.receiver)

    def run(self) -> list[Conversion]:
        """Every conversion of an owner, in the order of the first payments; of whoever paid, where no owner did."""
        batch = self._batch()
        if batch:
            return batch
        payers = self.payers()
        paid = {node: [one for one in self.outof[node] if self._enters(one)] for node in payers}
        reached = {node: self._reach(ins) for node, ins in paid.items() if ins}
        keepers = {node for node, (ends, _) in reached.items() if any(one.receiver == node for one in ends)}
        found = [self._own(node, paid, reached) for node in reached if node in keepers]
        taken = {id(one) for conversion in found for one in conversion.outs}
        found += self._sent([node for node in reached if node not in keepers], paid, reached, taken)
        found = [one for one in found if one.outs and self._is_asked(one)]
        taken = {id(one) for conversion in found for one in (*conversion.ins, *conversion.outs)}
        for node in payers:
            if node in self.owners:
                found += self._unlinked(node, taken)
        found = self._with_turned(self._with_left(found), payers)
        return sorted(found, key=lambda one: one.ins[0].first.position)

    def _is_asked(self, one: Conversion) -> bool:
        """Did an owner pay for it? Where no owner paid or received anything, anybody may have."""
        return not self.active or any(part.payer in self.owners for part in one.ins)

    def _batch(self) -> list[Conversion]:
        """Several orders filled together: each owner paid what it paid and received what it received."""
        filled = [mark for mark in self.told.orders() if mark.owner in self.outof]
        owners = dict.fromkeys(str(mark.owner) for mark in filled if mark.owner in self.into)
        venues = tuple(dict.fromkeys(str(mark.contract) for mark in filled))
        found = []
        for owner in owners if len(owners) > 1 else ():
            ins = [one for one in self.outof[owner] if one.receiver != owner]
            outs = [one for one in self.into[owner] if one.payer != owner]
            if ins and outs and not {one.asset for one in ins} & {one.asset for one in outs}:
                found.append(Conversion(SWAP, owner, tuple(ins), tuple(outs), venues))
        return found

    def _with_left(self, found: list[Conversion]) -> list[Conversion]:
        """The conversions with shares burnt beside them whose own vault gave nothing: what it gave went in a circle."""
        taken = {id(part) for conversion in found for part in conversion.ins}
        givers = {part.payer for part in self.links if not part.minted}
        for place, one in enumerate(found):
            vaults = self.told.only_vaults(one.owner) - givers
            burnt = [part for part in self.outof[one.owner] if part.burnt and part.asset in vaults]
            left = [part for part in burnt if id(part) not in taken]
            found[place] = one._replace(ins=(*one.ins, *left))
        return found

    def _with_turned(self, found: list[Conversion], payers: Sequence[str]) -> list[Conversion]:
        """The conversions with coins that were only wrapped or unwrapped: beside others of the owner, part of these."""
        for owner in payers:
            turned = tuple(one for one in self.outof[owner] if one.turned and not self.is_venue(one.receiver))
            taken = {id(one) for conversion in found for one in conversion.ins}
            turned = tuple(one for one in turned if id(one) not in taken)
            if not turned or not (owner in self.owners or self._is_asked(_wrapping(owner, turned))):
                continue
            beside = next((one for one in found if one.owner == owner), None)
            if beside is None:
                found = [*found, _wrapping(owner, turned)]
            else:
                joined = beside._replace(ins=(*beside.ins, *turned), outs=(*beside.outs, *turned))
                found = [joined if one is beside else one for one in found]
        return found

    def _reach(self, ins: Sequence[Link]) -> tuple[list[Link], list[str]]:
        """Where units come out that went into venues, and the venues on the way; what a venue burns is its cost."""
        ends: dict[int, Link] = {}
        seen: dict[tuple[str, str], None] = dict.fromkeys((one.receiver, one.asset) for one in ins)
        waiting = list(seen)
        while waiting:
            venue, asset = waiting.pop(0)
            for one in self.outof.get(venue, ()):
                if one.asset == asset:
                    continue
                if not self.is_venue(one.receiver):
                    ends[id(one)] = one
                elif (one.receiver, one.asset) not in seen:
                    seen[one.receiver, one.asset] = None
                    waiting.append((one.receiver, one.asset))
        paid = {one.asset for one in ins}
        other = [one for one in ends.values() if one.asset not in paid]
        kept = [one for one in other if not one.burnt] or other
        return kept, list(dict.fromkeys(venue for venue, _ in seen))

    def _own(self, owner: str, paid: _Paid, reached: _Reached) -> Conversion:
        """The conversion of an owner who received something for its payment.

        What others received of it counts too (part of a swap sent on), unless others paid the same venues, and unless
        it was minted to them: that is a protocol's own fee.
        """
        ends, venues = reached[owner]
        alone = not any(set(venues) & set(other) for node, (_, other) in reached.items() if node != owner)
        kept = self.told.keeps(owner, _parties(paid[owner], ends, venues))
        outs = [one for one in ends if one.receiver == owner or (alone and not kept and not one.minted)]
        return _conversion(owner, paid[owner], self._prices(owner, paid[owner], outs, venues), venues)

    def _prices(self, owner: str, paid: Sequence[Link], outs: list[Link], venues: Sequence[str]) -> list[Link]:
        """The outputs that are a price of what was paid: beside rewards and loans only tokens given unit for unit."""
        shares = self.told.only_vaults(owner)
        rewarded = self.told.no_price(owner, _parties(paid, outs, venues))
        if not rewarded or (paid and all(one.burnt and one.asset in shares for one in paid)):
            return outs
        units = sum(one.amount for one in paid)
        return [one for one in outs if one.receiver == owner and one.amount == units]

    def _sent(self, nodes: list[str], paid: _Paid, reached: _Reached, taken: set[int]) -> list[Conversion]:
        """Conversions whose output went to others; payers that reach the same outputs share them."""
        groups: list[tuple[list[str], dict[int, Link], list[str]]] = []
        for node in nodes:
            ends = {id(one): one for one in reached[node][0] if id(one) not in taken}
            members, venues = [node], list(reached[node][1])
            for group in [group for group in groups if group[1].keys() & ends.keys()]:
                groups.remove(group)
                members, ends, venues = [*group[0], *members], group[1] | ends, [*group[2], *venues]
            groups.append((members, ends, venues))
        found = []
        for members, ends, venues in groups:
            ins = [one for node in members for one in paid[node]]
            outs = [one for one in ends.values() if one.asset not in {part.asset for part in ins}]
            outs = [one for one in outs if not one.minted] or outs
            outs = self._prices(members[0], ins, outs, venues)
            found.append(_conversion(members[0], ins, outs, list(dict.fromkeys(venues))))
        return found

    def _unlinked(self, owner: str, taken: set[int]) -> list[Conversion]:
        """A share token minted or burnt beside a payment: one contract kept the asset, another the book of shares."""
        paid = [one for one in self.outof[owner] if one.receiver != owner and id(one) not in taken]
        got = [one for one in self.into.get(owner, ()) if one.payer != owner and id(one) not in taken]
        apart = not {one.asset for one in paid} & {one.asset for one in got}
        shares = any(one.burnt for one in paid) or any(one.minted for one in got)
        said = self.told.vaults(owner) & {one.asset for one in (*paid, *got) if one.burnt or one.minted}
        if not (paid and got and apart and shares) or (not said and self.told.anyhow_no_price()):
            return []
        if any(one.receiver in self.owners for one in paid):
            return []
        venues = dict.fromkeys(one.receiver for one in paid)
        return [_conversion(owner, paid, got, list(venues))._replace(linked=False)]


_Paid = dict[str, list[Link]]
_Reached = dict[str, tuple[list[Link], list[str]]]


def _parties(paid: Iterable[Link], got: Iterable[Link], venues: Iterable[str]) -> set[str]:
    """Everybody who has a part in a conversion."""
    nodes = {end for one in (*paid, *got) for end in (one.payer, one.receiver, one.asset, *one.via)}
    return nodes | set(venues)


def _booked(links: list[Link], told: Told) -> list[Link]:
    """The links with share tokens that a pool has in a contract of their own booked to the pool.

    Only where it leaves no doubt: a pool that liquidity was added to or taken from, which itself only received or only
    paid, and one token that was minted, or burnt, and did nothing else.
    """
    for pool in told.pools:
        came = any(one.receiver == pool for one in links)
        went = any(one.payer == pool for one in links)
        busy = {node for one in links for node in (one.payer, one.receiver) if not (one.minted or one.burnt)}
        shares = {one.asset for one in links if (one.minted if came else one.burnt) and one.asset not in busy}
        if came == went or len(shares) != 1:
            continue
        links = _renamed(links, {shares.pop(): pool})
    return links


def _partnered(links: list[Link], partners: Mapping[str, str]) -> list[Link]:
    """The links with venues that take at one address and pay from another as one, where each did only that here."""
    groups: dict[str, set[str]] = {}
    for node in {end for one in links for end in (one.payer, one.receiver)}:
        if node in partners or node in partners.values():
            groups.setdefault(partners.get(node, node), set()).add(node)
    for venue, nodes in sorted(groups.items()):
        took = {one.receiver for one in links} & nodes
        gave = {one.payer for one in links} & nodes
        if took and gave and not took & gave:
            links = _renamed(links, dict.fromkeys(nodes, venue))
    return links


def _renamed(links: Iterable[Link], names: Mapping[str, str]) -> list[Link]:
    return [
        one._replace(payer=names.get(one.payer, one.payer), receiver=names.get(one.receiver, one.receiver))
        for one in links
    ]


def _conversion(owner: str, ins: Sequence[Link], outs: Sequence[Link], venues: Sequence[str]) -> Conversion:
    kind = _kind(ins, outs) if outs else SWAP
    return Conversion(kind, owner, tuple(ins), tuple(outs), tuple(venues))


def _wrapping(owner: str, turned: tuple[Link, ...]) -> Conversion:
    """The coin wrapped or unwrapped, with nothing else done to it."""
    wraps = turned[0].paid == NATIVE
    return Conversion(WRAP if wraps else UNWRAP, owner, turned, turned, (turned[0].got if wraps else turned[0].paid,))


def _kind(ins: Sequence[Link], outs: Sequence[Link]) -> str:
    """By who issues what: a token that its own contract gives is a share, and one that goes back there is redeemed."""
    paid, got = {one.asset for one in ins}, {one.asset for one in outs}
    if all(one.minted or one.payer == one.asset for one in outs):
        return DEPOSIT if len(paid) == 1 and not any(map(is_position, got)) else ADDED
    if all(one.burnt or one.receiver == one.asset for one in ins):
        return REDEEM if len(got) == 1 and not any(map(is_position, paid)) else REMOVED
    return SWAP


def _missing(one: _Reader, wrapped: str) -> Iterable[Missing]:
    """Whoever unwrapped coins it was not paid for and passed nothing on, though it is nobody's wallet."""
    for part in one.links:
        unwrapped = part.got == NATIVE and part.last.sender == wrapped
        if unwrapped and part.receiver not in one.owners and part.last.position.index[:1] == IMPLIED:
            yield Missing(part.receiver, NATIVE, part.amount)
