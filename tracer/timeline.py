"""The time-expanded network of a ledger: every way that stolen units can have gone, whatever rule they followed.

A *node* is one account between two arrivals that a payment separates: first things arrive there, then things leave. An
arc is a payment, with its amount as capacity, or what stays in the account until the next arrival (*storage*), with the
balance after the payment as capacity: more than the balance cannot stay. The storage of a weak account is unlimited: it
may have held more than is known. A payer that is short pays the rest clean, and is weak for it.

A rule that conserves value says of every payment how much of it is stolen: at most its amount, and at least so much
that the rest of the stolen units fits the balance that is left. So the rules on a ledger are exactly the flows of all
stolen units through this network, in whole units, and each sink receives what the flow brings there.

There are fewer nodes than events. Of the payments between two arrivals only the last balance limits what stays, since
earlier ones exceed it by exactly the payments that came between. Of the arrivals before a payment none is limited,
since what arrives is all in the balance. Clean money appears in the balances only; so do accounts while nothing stolen
can be there. Capacities are cut at the sum that was stolen, since no flow is larger.

Assets do not mix, so each (chain, asset) has a network of its own. A conversion (a swap, a bridge) will be an arc from
a node of one to a node of another that multiplies what goes through by a rate: `Plan.arc` is where arcs are made, and
tracer/maxflow.py is what must then learn about rates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from chains.model import FEE_SINK
from tracer.ledger import BALANCE, OUTSIDE, Account, Ledger

SOURCE: Final = 0
"""The node that all stolen units start from."""


class Sink(NamedTuple):
    """Where stolen units can be in the end: at an account, or paid as a fee by ``payer``."""

    account: Account
    payer: Account | None = None


@dataclass(slots=True)
class Plan:
    """The network of one asset: ``arcs`` from (tail, head) to capacity; ``owner`` of every node but the source.

    ``order`` has the nodes so that every arc leads onward; sinks are not in it, because nothing leaves them.
    """

    total: int = 0
    owner: list[int] = field(default_factory=lambda: [-1])
    arcs: dict[tuple[int, int], int] = field(default_factory=dict)
    sinks: dict[Sink, int] = field(default_factory=dict)
    order: list[int] = field(default_factory=lambda: [SOURCE])

    def node(self, owner: int) -> int:
        """A new node of an account, by its number."""
        self.owner.append(owner)
        return len(self.owner) - 1

    def sink(self, sink: Sink, owner: int) -> int:
        """The node of a sink."""
        if sink not in self.sinks:
            self.sinks[sink] = self.node(owner)
        return self.sinks[sink]

    def arc(self, tail: int, head: int, capacity: int) -> None:
        """Room for more units from node to node; arcs side by side are one."""
        self.arcs[tail, head] = min(self.arcs.get((tail, head), 0) + capacity, self.total)


@dataclass(slots=True)
class Planner:
    """One pass over a ledger. ``nodes`` has the present node of every account that may hold stolen units."""

    ledger: Ledger
    plans: dict[tuple[str, str], Plan] = field(default_factory=dict)
    balances: list[int] = field(default_factory=list)
    nodes: dict[int, int] = field(default_factory=dict)
    paying: set[int] = field(default_factory=set)
    """Accounts whose present node has paid."""

    def run(self) -> dict[tuple[str, str], Plan]:
        """The plan of every asset of which something was stolen."""
        ledger = self.ledger
        self.balances = list(ledger.opening)
        for row, source in enumerate(ledger.source):
            if source >= 0:
                self._plan_of(ledger.payee[row]).total += ledger.amount[row]
        for row, amount in enumerate(ledger.amount):
            if amount:
                self._row(row, amount)
        for number in list(self.nodes):
            self._close(number)
            if room := self._room(number):
                self._plan_of(number).arc(self.nodes[number], self._sink(number, number), room)
        return {key: plan for key, plan in self.plans.items() if plan.total}

    def _plan_of(self, number: int) -> Plan:
        chain, _, asset = self.ledger.accounts[number]
        return self.plans.setdefault((chain, asset), Plan())

    def _row(self, row: int, amount: int) -> None:
        payer, payee, kept = self.ledger.payer[row], self.ledger.payee[row], self.ledger.kept[row]
        tail = self._tail(payer, self.ledger.source[row])
        if self.ledger.source[row] == BALANCE:
            # Below nil only where the payer is short: it is weak then, and its balance limits nothing.
            self.balances[payer] -= amount
        if kept:
            self._renew(payee)
            self.balances[payee] += amount
        if tail is not None:
            self._plan_of(payee).arc(tail, self._head(payee) if kept else self._sink(payee, payer), amount)

    def _tail(self, payer: int, source: int) -> int | None:
        """The node that stolen units in this row come from; None when there can be none in it."""
        if source == OUTSIDE:
            return None
        if source != BALANCE:
            return SOURCE
        if payer in self.nodes:
            self._close(payer)
        return self.nodes.get(payer)

    def _close(self, number: int) -> None:
        """Nothing more arrives at the present node, because it pays."""
        if number not in self.paying:
            self.paying.add(number)
            self._plan_of(number).order.append(self.nodes[number])

    def _renew(self, number: int) -> None:
        """Before an arrival: an account that has paid goes on with a new node, if anything stolen can have stayed."""
        if number in self.paying:
            self.paying.remove(number)
            room, before = self._room(number), self.nodes.pop(number)
            if room:
                self._plan_of(number).arc(before, self._head(number), room)

    def _room(self, number: int) -> int:
        """How many stolen units can stay in an account now."""
        return self._plan_of(number).total if self.ledger.weak(number) else self.balances[number]

    def _head(self, number: int) -> int:
        """The node where arrivals at an account go."""
        if number not in self.nodes:
            self.nodes[number] = self._plan_of(number).node(number)
        return self.nodes[number]

    def _sink(self, number: int, payer: int) -> int:
        """The node of what rests at an account; of fees, what each payer paid."""
        account = self.ledger.accounts[number]
        paid = self.ledger.accounts[payer] if account[1] == FEE_SINK else None
        return self._plan_of(number).sink(Sink(account, paid), number)


def plans(ledger: Ledger) -> dict[tuple[str, str], Plan]:
    """The time-expanded network of every (chain, asset) of which something was stolen."""
    return Planner(ledger).run()


def greedy(plan: Plan) -> tuple[dict[tuple[int, int], int], dict[int, int]]:
    """One flow of all stolen units, everything leaving by the first way that was there: by arc, and into each node."""
    ways: dict[int, list[tuple[int, int]]] = {}
    for tail, head in plan.arcs:
        ways.setdefault(tail, []).append((tail, head))
    into = dict.fromkeys(range(len(plan.owner)), 0)
    into[SOURCE] = plan.total
    flow = dict.fromkeys(plan.arcs, 0)
    for node in plan.order:
        left = into[node]
        for arc in ways.get(node, ()):
            flow[arc] = min(left, plan.arcs[arc])
            left -= flow[arc]
            into[arc[1]] += flow[arc]
        if left:
            raise AssertionError(f"{left} stolen units cannot leave node {node}; this is an error of the tool")
    return flow, into
