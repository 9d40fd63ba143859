"""The bounds that readers ask for: of every endpoint, of all endpoints of one kind, of whatever somebody names. Pure.

Amounts of different assets do not add up, so a group over several assets has one row for each of them. Every row says
beside its bounds what the methods give, which must lie between them: otherwise the tool is wrong, and stops. Where
value was converted, what adds up over assets is the stolen principal that stands behind it: `Asked.principals`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, NamedTuple

from chains.model import FEE_SINK, Asset
from tracer.bounds import Bound, Converted, Network, networks
from tracer.compare import places_of
from tracer.labels import Label, stop_reason, stopping
from tracer.ledger import Account
from tracer.lots import CONSERVING
from tracer.result import REASONS
from tracer.timeline import Key, Sink
from tracer.workings import Workings

ENDPOINT: Final = "endpoint"
REASON: Final = "reason"
ENTITY: Final = "entity"
TOGETHER: Final = "together"


class Standing(NamedTuple):
    """How much of the ``stolen`` units of an asset stands behind what is at some places, under any rule."""

    asset: Asset
    stolen: int
    bound: Bound


class BoundRow(NamedTuple):
    """What holds of some places under any rule, and what each conserving method (by name) has there.

    ``kind`` tells what the ``name`` is: the address of an endpoint, a reason, an entity, or nothing for places asked
    for together. ``reason`` is that of an endpoint; ``entity`` is what ``sources`` say of an endpoint, or of all places
    of a group. ``stolen`` is all that was stolen of the asset. ``principal`` is what the units stand for, if the asset
    takes part in conversions; otherwise there is none, because units stand for themselves.
    """

    kind: str
    name: str
    asset: Asset
    reason: str
    entity: str
    sources: tuple[str, ...]
    places: int
    stolen: int
    bound: Bound
    units: tuple[tuple[str, int], ...]
    principal: tuple[Standing, ...] = ()


@dataclass(slots=True)
class Asked:
    """The networks of a case and what is known of every place in them."""

    workings: Workings
    networks: dict[Key, Network | Converted] = field(init=False)
    units: dict[Sink, dict[str, int]] = field(init=False)

    def __post_init__(self) -> None:
        ledger = self.workings.ledger
        self.networks = networks(ledger)
        self.units = {}
        for method in CONSERVING:
            for (place, fee), units in places_of(ledger, self.workings.tallies[method]).items():
                sink = Sink((place[0], FEE_SINK, place[2]), place) if fee else Sink(place)
                self.units.setdefault(sink, {})[method] = units

    def sinks(self) -> list[Sink]:
        """Every place, the largest share of what was stolen first, by the case's own method and then by any."""
        return sorted((sink for network in self.networks.values() for sink in network.sinks), key=self._rank)

    def addresses(self) -> set[str]:
        """Whoever a place belongs to; fees to those who paid them."""
        return {owner(sink)[1] for sink in self.sinks()}

    def endpoints(self, sinks: Iterable[Sink]) -> Iterator[BoundRow]:
        """A row for each place, worked out when it is asked for."""
        for sink in sinks:
            yield self._row(ENDPOINT, owner(sink)[1], [sink], self.reason(sink), self.named(sink)[0])

    def by_reason(self) -> Iterator[BoundRow]:
        """A row for all places of one asset where the trace ends for the same reason."""
        groups = self._grouped((sink, self.reason(sink)) for sink in self.sinks())
        for _, reason, sinks in sorted(groups, key=lambda one: (one[0], REASONS.index(one[1]))):
            yield self._row(REASON, reason, sinks, reason)

    def by_entity(self) -> Iterator[BoundRow]:
        """A row for all places of one asset that belong to the same entity, by labels or as its deposit addresses."""
        named = ((sink, self.named(sink)[0]) for sink in self.sinks())
        for _, entity, sinks in self._grouped((sink, entity) for sink, entity in named if entity):
            yield self._row(ENTITY, entity, sinks, entity=entity)

    def together(self, sinks: Iterable[Sink]) -> Iterator[BoundRow]:
        """A row for all of these places of one asset; none for an asset that has only one of them."""
        for _, _, group in self._grouped((sink, "") for sink in sinks):
            if len(group) > 1:
                yield self._row(TOGETHER, "", group)

    def principals(self) -> Iterator[tuple[str, Standing]]:
        """For every reason the stolen principal at all places of whatever asset where the trace ends for it."""
        groups: dict[str, list[Sink]] = {}
        for sink in self.sinks():
            groups.setdefault(self.reason(sink), []).append(sink)
        for reason in sorted(groups, key=REASONS.index):
            for standing in self.standing(groups[reason]):
                yield reason, standing

    def standing(self, sinks: Iterable[Sink]) -> tuple[Standing, ...]:
        """The stolen principal at these places together, for every asset that was stolen."""
        sinks = list(sinks)
        found: dict[Key, Bound] = {}
        for key in dict.fromkeys(map(_key, sinks)):
            for of, bound in self.networks[key].principal(sinks).items():
                found.setdefault(of, bound)
        return tuple(
            Standing(self.workings.asset((of[0], "", of[1])), self.networks[of].stolen, found[of])
            for of in sorted(found)
        )

    def reason(self, sink: Sink) -> str:
        """Why the trace ends here. Places that no method reaches are judged by what is known of their address."""
        if sink.payer is not None:
            return "fee"
        known = self.workings.reasons.get(sink.account)
        if known is not None:
            return known
        label = self.label(sink)
        if sink.account in self.workings.ledger.follow:
            return "held"
        return (label and stop_reason(label)) or "not_followed"

    def label(self, sink: Sink) -> Label | None:
        """The label that says whose place it is; fees are nobody's."""
        return None if sink.payer else stopping(self.workings.labels.get(sink.account[:2], ()))

    def named(self, sink: Sink) -> tuple[str, str]:
        """Whose place it is, and the source of the label that says so of it or of the wallet it was swept to."""
        deposit = None if sink.payer else self.workings.deposit(sink.account)
        label = self.label(sink)
        if label is None and deposit is not None:
            return deposit.entity, deposit.hub_source
        return (label.entity, label.source) if label else ("", "")

    def _rank(self, sink: Sink) -> tuple[Fraction, Fraction, Sink]:
        units = self.units.get(sink, {})
        own = units.get(self.workings.fold.method, 0)
        whole = self.networks[_key(sink)].total
        return -Fraction(own, whole), -Fraction(max(units.values(), default=0), whole), sink

    def _grouped(self, named: Iterable[tuple[Sink, str]]) -> list[tuple[Key, str, list[Sink]]]:
        found: dict[tuple[Key, str], list[Sink]] = {}
        for sink, name in named:
            found.setdefault((_key(sink), name), []).append(sink)
        return [(*key, sinks) for key, sinks in found.items()]

    def _row(self, kind: str, name: str, sinks: list[Sink], reason: str = "", entity: str = "") -> BoundRow:
        network = self.networks[_key(sinks[0])]
        bound = network.bound(sinks)
        units = tuple((method, sum(self.units.get(sink, {}).get(method, 0) for sink in sinks)) for method in CONSERVING)
        for method, amount in units:
            if not bound.least <= amount <= bound.most:
                raise AssertionError(f"{method} has {amount} outside {bound} at {sinks}; this is an error of the tool")
        asset = self.workings.asset(sinks[0].account)
        sources = tuple(dict.fromkeys(filter(None, (self.named(sink)[1] for sink in sinks if entity))))
        stands = self.standing(sinks) if isinstance(network, Converted) else ()
        return BoundRow(kind, name, asset, reason, entity, sources, len(sinks), network.stolen, bound, units, stands)


def owner(sink: Sink) -> Account:
    """The account a place belongs to: of fees, the one that paid them."""
    return sink.payer or sink.account


def _key(sink: Sink) -> Key:
    return sink.account[0], sink.account[2]
