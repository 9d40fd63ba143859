"""The flows of one asset: which ends can have how much of what leaves the source, and the best of them by any values.

All units that leave the source of a plan (tracer/timeline.py) reach some end. What any set of ends can have together is
a maximum flow, and a set that is as full as it can be never has to give anything up for the next one. So the flow that
is worth most, by values of a unit at each end, is found from the dearest ends down, each stage a maximum flow from all
cheaper ends to these. One flow is known from the start, and every question goes on from the one before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from tracer.maxflow import Arc, Residual
from tracer.timeline import SOURCE, Plan, greedy


class Ways:
    """A plan with a flow of all its units; ``arrived`` has what that brings to each end, by node."""

    def __init__(self, plan: Plan) -> None:
        flow, into = greedy(plan)
        ends = (*plan.sinks.values(), *plan.drains.values(), *plan.spares.values())
        target: Final = len(plan.owner)
        ways = [Arc(*pair, room, flow[pair]) for pair, room in plan.arcs.items()]
        gives = [Arc(SOURCE, node, plan.total) for node in ends]
        takes = [Arc(node, target, plan.total) for node in ends]
        self.total = plan.total
        self.arrived = {node: into[node] for node in ends}
        self._target = target
        self._gives = {node: len(ways) + place for place, node in enumerate(ends)}
        self._takes = {node: len(ways) + len(gives) + place for place, node in enumerate(ends)}
        self.residual = Residual(target + 1, (*ways, *gives, *takes))
        for gate in (*self._gives.values(), *self._takes.values()):
            self.residual.set(gate, 0)
        self._rest = self.residual.room[:]
        self._first = dict(self.arrived)

    def reset(self) -> None:
        """Back to the first flow."""
        self.residual.room[:] = self._rest
        self.arrived = dict(self._first)

    def move(self, givers: Collection[int], takers: Collection[int]) -> int:
        """Let as much as possible of what arrives at some ends arrive at others instead; how much that is."""
        residual = self.residual
        givers = [node for node in givers if self.arrived[node]]
        for node in givers:
            residual.set(self._gives[node], self.arrived[node])
        for node in takers:
            residual.set(self._takes[node], self.total)
        moved = residual.augment(SOURCE, self._target) if givers else 0
        for nodes, gates, sign in ((givers, self._gives, -1), (takers, self._takes, 1)):
            for node in nodes:
                self.arrived[node] += sign * residual.flow(gates[node])
                residual.set(gates[node], 0)
        return moved

    def best(self, values: Mapping[int, int]) -> dict[int, int]:
        """The units at each end in a flow worth most; an end without a value has nil."""
        groups: dict[int, list[int]] = {}
        for node in self.arrived:
            groups.setdefault(values.get(node, 0), []).append(node)
        cheaper = set(self.arrived)
        for value in sorted(groups, reverse=True):
            cheaper.difference_update(groups[value])
            if cheaper:
                # In order of node: what is found must not depend on the order of a set.
                self.move(sorted(cheaper), groups[value])
        return dict(self.arrived)
