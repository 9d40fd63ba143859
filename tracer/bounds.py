"""What holds under any accounting rule: the least that must and the most that can have arrived at a group of sinks.

Every rule that conserves value is a flow of all stolen units through the network of tracer/timeline.py, and the other
way round. So the most that a group can have is the maximum flow from the thefts to it, and the least is what remains of
the sum when the maximum has gone to all other sinks.

One flow f of all T units is known from the start. Any other differs from it by a circulation in the residual graph,
which at the sinks takes from some and gives to others; so the most a group has is what f brings there plus the maximum
residual flow from all other sinks (each can give what f brought there) to the group. Residual flow the other way gives
the least. Neither needs the thefts again, and each begins at f.

Where conversions tie assets together, both are extremes of a linear program (tracer/gains.py), and beside units there
is a second question: how much of the principal that was stolen in one asset stands behind what is there. Units that
came by different rates stand for different parts of it. What a unit at an end can stand for at the most and the least
is known (tracer/gains_stand.py), and the principal is bounded by what the units are worth at that: exactly, where all
that can be there came at one rate.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from tracer.gains import Tied
from tracer.gains_stand import Stands
from tracer.gains_ways import Ways
from tracer.ledger import Account, Ledger
from tracer.timeline import NOBODY, Key, Node, Plan, Planner, Sink, expanded


class Bound(NamedTuple):
    """At least ``least`` and at most ``most`` base units.

    ``doubts`` are the weak accounts that stolen units can have passed or rested at on a way to the group. What such an
    account held is not proven, and counts as unlimited: the bounds hold all the same, but proof might narrow them.
    Weak accounts that lead elsewhere only change nothing, since whatever reaches them can go on from there.

    ``slack``: neither figure is further than this from what some flow gives. Nil without conversions.
    """

    least: int
    most: int
    doubts: tuple[Account, ...] = ()
    slack: int = 0

    @property
    def weak(self) -> bool:
        """Does it rest on a balance that is not proven?"""
        return bool(self.doubts)


class Network:
    """All ways of the stolen units of one asset that no conversion touches."""

    def __init__(self, key: Key, plan: Plan, doubts: Doubts) -> None:
        self.total = self.stolen = plan.total
        self._key = key
        self._places = plan.sinks
        self._ways = Ways(plan)
        self._doubts = doubts
        self.arrived = {sink: self._ways.arrived[node] for sink, node in plan.sinks.items()}

    @property
    def narrow(self) -> bool:
        """Do all amounts fit 64 bits?"""
        return self._ways.residual.narrow

    @property
    def sinks(self) -> Collection[Sink]:
        """Everywhere that stolen units can be in the end, under any rule."""
        return self._places.keys()

    def bound(self, sinks: Iterable[Sink]) -> Bound:
        """What these sinks can have together; such as no stolen unit can reach have nothing."""
        asked = self._places.keys() & set(sinks)
        group = {self._places[sink] for sink in asked}
        others = self._ways.arrived.keys() - group
        here = sum(self.arrived[sink] for sink in asked)
        doubts = self._doubts.before((self._key, node) for node in group)
        return Bound(here - self._moved(group, others), here + self._moved(others, group), doubts)

    def principal(self, sinks: Iterable[Sink]) -> dict[Key, Bound]:
        """The stolen principal that these sinks can have together, by the asset that was stolen."""
        found = self.bound(sinks)
        return {self._key: found} if found.most else {}

    def _moved(self, givers: Collection[int], takers: Collection[int]) -> int:
        """How much of what arrives at some sinks can arrive at others instead."""
        self._ways.reset()
        return self._ways.move(givers, takers)


class Converted:
    """All ways of stolen value through one asset that conversions tie to others."""

    def __init__(self, key: Key, tied: Tied, stands: Mapping[Key, Stands], doubts: Doubts) -> None:
        plan = tied.plans[key]
        self.total, self.stolen = plan.total, plan.stolen
        self.places = {sink: (key, node) for sink, node in plan.sinks.items()}
        self.tied = tied
        self._stands = stands
        self._doubts = doubts

    @property
    def sinks(self) -> Collection[Sink]:
        """Everywhere that units of the asset that stand for stolen ones can be in the end, under any rule."""
        return self.places.keys()

    def bound(self, sinks: Iterable[Sink]) -> Bound:
        """How many units these sinks can have together."""
        group = sorted(self.places[sink] for sink in self.places.keys() & set(sinks))
        if not group:
            return Bound(0, 0)
        most = self.tied.most(dict.fromkeys(group, Fraction(1)))
        least = self.tied.most(dict.fromkeys(group, Fraction(-1)))
        slack = max(ceil(one.proved - one.found + one.coarse) for one in (most, least))
        return Bound(max(0, ceil(-least.proved)), floor(most.proved), self._doubts.before(group), slack)

    def principal(self, sinks: Iterable[Sink]) -> dict[Key, Bound]:
        """The same in stolen principal, by the asset that was stolen; for sinks of all assets that are tied to this."""
        asked = set(sinks)
        plans = self.tied.plans.items()
        group = {(key, node) for key, plan in plans for sink, node in plan.sinks.items() if sink in asked}
        doubts = self._doubts.before(group)
        found = {key: one.bound(group) for key, one in self._stands.items()}
        return {key: Bound(one.least, one.most, doubts, one.slack) for key, one in found.items() if one.most}


class Doubts:
    """Which weak accounts lie on the ways to any ends, through conversions too."""

    def __init__(self, ledger: Ledger, plans: Mapping[Key, Plan]) -> None:
        self._before: dict[Node, set[Node]] = {}
        self._weak: dict[Node, Account] = {}
        drained: dict[int, list[Node]] = {}
        for key, plan in plans.items():
            for tail, head in plan.arcs:
                self._before.setdefault((key, head), set()).add((key, tail))
            ends = set(plan.sinks.values())
            for node, owner in enumerate(plan.owner):
                if owner != NOBODY and node not in ends and ledger.weak(owner):
                    self._weak[key, node] = ledger.accounts[owner]
            for row, node in plan.drains.items():
                drained.setdefault(ledger.inward[row], []).append((key, node))
        for key, plan in plans.items():
            for row, node in plan.wells.items():
                self._before.setdefault((key, node), set()).update(drained.get(ledger.outward[row], ()))

    def before(self, ends: Iterable[Node]) -> tuple[Account, ...]:
        """The weak accounts on the ways to these."""
        found: set[Account] = set()
        seen = set(ends) if self._weak else set()
        waiting = list(seen)
        while waiting:
            node = waiting.pop()
            if node in self._weak:
                found.add(self._weak[node])
            fresh = self._before.get(node, set()) - seen
            seen |= fresh
            waiting.extend(fresh)
        return tuple(sorted(found))


def networks(ledger: Ledger) -> dict[Key, Network | Converted]:
    """The network of every (chain, asset) of which something was stolen, or can have come out of a conversion."""
    expansion = expanded(ledger)
    doubts = Doubts(ledger, expansion.plans)
    found: dict[Key, Network | Converted] = {}
    for keys in _together(ledger, expansion):
        plans = {key: plan for key, plan in expansion.plans.items() if key in keys}
        if not any(plan.drains for plan in plans.values()):
            found |= {key: Network(key, plan, doubts) for key, plan in plans.items()}
            continue
        tied = Tied(ledger, plans, [node for node in expansion.sequence if node[0] in keys])
        stands = {key: Stands(tied, key) for key, plan in plans.items() if plan.stolen}
        found |= {key: Converted(key, tied, stands, doubts) for key in plans}
    return {key: found[key] for key in expansion.plans}


def _together(ledger: Ledger, expansion: Planner) -> list[set[Key]]:
    """The assets, in groups that conversions tie together."""
    groups: list[set[Key]] = [{key} for key in expansion.plans]
    of_pot: dict[int, set[Key]] = {}
    for key, plan in expansion.plans.items():
        for row in plan.drains:
            of_pot.setdefault(ledger.inward[row], set()).add(key)
        for row in plan.wells:
            of_pot.setdefault(ledger.outward[row], set()).add(key)
    for keys in of_pot.values():
        joined = set().union(*(group for group in groups if group & keys))
        groups = [*(group for group in groups if not group & keys), joined]
    return groups
