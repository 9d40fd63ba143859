"""What holds under any accounting rule: the least that must and the most that can have arrived at a group of sinks.

Every rule that conserves value is a flow of all stolen units through the network of tracer/timeline.py, and the other
way round. So the most that a group can have is the maximum flow from the thefts to it, and the least is what remains of
the sum when the maximum has gone to all other sinks.

One flow f of all T units is known from the start. Any other differs from it by a circulation in the residual graph,
which at the sinks takes from some and gives to others; so the most a group has is what f brings there plus the maximum
residual flow from all other sinks (each can give what f brought there) to the group. Residual flow the other way gives
the least. Neither needs the thefts again, and each begins at f.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from tracer.ledger import Account, Ledger
from tracer.maxflow import Arc, Residual
from tracer.timeline import SOURCE, Plan, Sink, greedy, plans


class Bound(NamedTuple):
    """At least ``least`` and at most ``most`` base units.

    ``doubts`` are the weak accounts that stolen units can have passed or rested at on a way to the group. What such an
    account held is not proven, and counts as unlimited: the bounds hold all the same, but proof might narrow them.
    Weak accounts that lead elsewhere only change nothing, since whatever reaches them can go on from there.
    """

    least: int
    most: int
    doubts: tuple[Account, ...] = ()

    @property
    def weak(self) -> bool:
        """Does it rest on a balance that is not proven?"""
        return bool(self.doubts)


class Network:
    """All ways of the stolen units of one asset, and one flow through them to start every question from."""

    def __init__(self, ledger: Ledger, plan: Plan) -> None:
        flow, into = greedy(plan)
        self.total = plan.total
        self.arrived = {sink: into[node] for sink, node in plan.sinks.items()}
        self._plan = plan
        self._target = len(plan.owner)
        ways = [Arc(*ends, room, flow[ends]) for ends, room in plan.arcs.items()]
        gives = [Arc(SOURCE, node, plan.total) for node in plan.sinks.values()]
        takes = [Arc(node, self._target, plan.total) for node in plan.sinks.values()]
        self._gives = {sink: len(ways) + place for place, sink in enumerate(plan.sinks)}
        self._takes = {sink: len(ways) + len(gives) + place for place, sink in enumerate(plan.sinks)}
        self._residual = Residual(self._target + 1, (*ways, *gives, *takes))
        for gate in (*self._gives.values(), *self._takes.values()):
            self._residual.set(gate, 0)
        self._rest = self._residual.room[:]
        self._before = _before(plan)
        inner = set(range(1, self._target)) - set(plan.sinks.values())
        self._weak = {node: ledger.accounts[plan.owner[node]] for node in inner if ledger.weak(plan.owner[node])}

    @property
    def sinks(self) -> Collection[Sink]:
        """Everywhere that stolen units can be in the end, under any rule."""
        return self.arrived.keys()

    def bound(self, sinks: Iterable[Sink]) -> Bound:
        """What these sinks can have together; such as no stolen unit can reach have nothing."""
        group = self.arrived.keys() & set(sinks)
        others = self.arrived.keys() - group
        here = sum(self.arrived[sink] for sink in group)
        return Bound(here - self._moved(group, others), here + self._moved(others, group), self._doubts(group))

    def _moved(self, givers: Collection[Sink], takers: Collection[Sink]) -> int:
        """How much of what arrives at some sinks can arrive at others instead."""
        residual = self._residual
        residual.room[:] = self._rest
        for sink in givers:
            residual.set(self._gives[sink], self.arrived[sink])
        for sink in takers:
            residual.set(self._takes[sink], self.total)
        return residual.augment(SOURCE, self._target)

    def _doubts(self, group: Iterable[Sink]) -> tuple[Account, ...]:
        """The weak accounts on the ways to a group."""
        found: set[Account] = set()
        seen = {self._plan.sinks[sink] for sink in group} if self._weak else set()
        waiting = list(seen)
        while waiting:
            node = waiting.pop()
            if node in self._weak:
                found.add(self._weak[node])
            fresh = self._before.get(node, set()) - seen
            seen |= fresh
            waiting.extend(fresh)
        return tuple(sorted(found))


def networks(ledger: Ledger) -> dict[tuple[str, str], Network]:
    """The network of every (chain, asset) of which something was stolen."""
    return {key: Network(ledger, plan) for key, plan in plans(ledger).items()}


def _before(plan: Plan) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for tail, head in plan.arcs:
        found.setdefault(head, set()).add(tail)
    return found
