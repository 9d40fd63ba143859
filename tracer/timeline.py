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

Each (chain, asset) has a network of its own. A conversion ends in one network and begins in another. What goes into it
ends at a *drain*, a node for each row in. What comes out begins at a *well*, a node for each row out, as if all of it
were stolen; what of it is not ends at the well's *spare* node. That what is stolen of a row out must fit what went in
is not said here: the networks stay plain ones, and tracer/gains.py ties them together. What is worth less than a unit
of anything that came out can rest where it was paid.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from chains.model import FEE_SINK
from tracer.ledger import BALANCE, CONVERTED, OUTSIDE, Account, Ledger

Key = tuple[str, str]
"""(chain, asset)"""

Node = tuple[Key, int]
"""A node of the network of an asset."""

SOURCE: Final = 0
"""The node that all stolen units start from."""

NOBODY: Final = -1
"""Owner of a node that is no account's."""


class Sink(NamedTuple):
    """Where stolen units can be in the end: at an account, or paid as a fee by ``payer``."""

    account: Account
    payer: Account | None = None


@dataclass(slots=True)
class Plan:
    """The network of one asset: ``arcs`` from (tail, head) to capacity; ``owner`` of every node that is an account's.

    ``order`` has the nodes so that every arc leads onward; the nodes that nothing leaves are not in it. ``total`` is
    all that leaves the source: ``stolen`` units, and all that came out of conversions. ``drains`` has the node of every
    row into one, ``wells`` and ``spares`` the nodes of every row out of one.
    """

    total: int = 0
    stolen: int = 0
    owner: list[int] = field(default_factory=lambda: [NOBODY])
    arcs: dict[tuple[int, int], int] = field(default_factory=dict)
    sinks: dict[Sink, int] = field(default_factory=dict)
    order: list[int] = field(default_factory=lambda: [SOURCE])
    drains: dict[int, int] = field(default_factory=dict)
    wells: dict[int, int] = field(default_factory=dict)
    spares: dict[int, int] = field(default_factory=dict)

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
    """One pass over a ledger. ``nodes`` has the present node of every account that may hold stolen units.

    ``sequence`` has the nodes of all plans so that every arc, and every conversion, leads onward.
    """

    ledger: Ledger
    plans: dict[Key, Plan] = field(default_factory=dict)
    sequence: list[Node] = field(default_factory=list)
    balances: list[int] = field(default_factory=list)
    nodes: dict[int, int] = field(default_factory=dict)
    paying: set[int] = field(default_factory=set)
    """Accounts whose present node has paid."""

    live: set[int] = field(default_factory=set)
    """Conversions that something stolen can have gone into."""

    def run(self) -> Planner:
        """Make the plan of every asset of which something was stolen, or can have come out of a conversion."""
        ledger = self.ledger
        self.balances = list(ledger.opening)
        self._totals()
        for row, amount in enumerate(ledger.amount):
            if amount:
                self._row(row, amount)
        for number in list(self.nodes):
            self._close(number)
            if room := self._room(number):
                self._plan_of(number).arc(self.nodes[number], self._sink(number, number), room)
        for plan in self.plans.values():
            # Nothing stolen reached some of the conversions.
            plan.total = plan.stolen + sum(ledger.amount[row] for row in plan.wells)
        self.plans = {key: plan for key, plan in self.plans.items() if plan.total}
        return self

    def _totals(self) -> None:
        """All that can leave the source of each plan."""
        ledger = self.ledger
        for row, source in enumerate(ledger.source):
            if source >= 0:
                self._plan_of(ledger.payee[row]).stolen += ledger.amount[row]
            if source >= 0 or source == CONVERTED:
                self._plan_of(ledger.payee[row]).total += ledger.amount[row]

    def _key(self, number: int) -> Key:
        chain, _, asset = self.ledger.accounts[number]
        return chain, asset

    def _plan_of(self, number: int) -> Plan:
        return self.plans.setdefault(self._key(number), Plan())

    def _row(self, row: int, amount: int) -> None:
        payer, payee, kept = self.ledger.payer[row], self.ledger.payee[row], self.ledger.kept[row]
        tail = self._tail(row, payer, self.ledger.source[row])
        if self.ledger.source[row] == BALANCE:
            # Below nil only where the payer is short: it is weak then, and its balance limits nothing.
            self.balances[payer] -= amount
        if kept:
            self._renew(payee)
            self.balances[payee] += amount
        if tail is None:
            return
        if row in self.ledger.inward:
            self._drain(row, tail, amount)
        else:
            self._plan_of(payee).arc(tail, self._head(payee) if kept else self._sink(payee, payer), amount)

    def _drain(self, row: int, tail: int, amount: int) -> None:
        """A payment into a conversion: it is converted, but for what rests because it is worth too little."""
        payee = self.ledger.payee[row]
        plan, node = self._plan_of(payee), self._placed(payee)
        plan.arc(tail, node, amount)
        resting = self._crumbs(row)
        if any(self.ledger.amount[out] for out in self.ledger.pots[self.ledger.inward[row]].outs):
            plan.drains[row] = plan.node(NOBODY)
            plan.arc(node, plan.drains[row], amount)
            self.live.add(self.ledger.inward[row])
        if resting:
            plan.arc(node, self._sink(payee, payee), min(resting, amount))

    def _crumbs(self, row: int) -> int:
        """The most of a payment into a conversion that can rest: of every theft what is worth less than a unit out."""
        ledger = self.ledger
        pot = ledger.pots[ledger.inward[row]]
        most = max((ledger.amount[out] for out in pot.outs), default=0)
        weights = dict(zip(pot.ins, pot.weights, strict=True))
        whole = sum(weight * ledger.amount[one] for one, weight in weights.items())
        worth = weights[row] * most
        return ledger.thefts * ((whole - 1) // worth) if worth else ledger.amount[row]

    def _placed(self, payee: int) -> int:
        """A new node of nobody's, whose arrivals are complete."""
        node = self._plan_of(payee).node(NOBODY)
        self._in_order(payee, node)
        return node

    def _in_order(self, number: int, node: int) -> None:
        self._plan_of(number).order.append(node)
        self.sequence.append((self._key(number), node))

    def _tail(self, row: int, payer: int, source: int) -> int | None:
        """The node that stolen units in this row come from; None when there can be none in it."""
        if source == OUTSIDE:
            return None
        if source == CONVERTED:
            return self._well(row) if self.ledger.outward[row] in self.live else None
        if source != BALANCE:
            return SOURCE
        if payer in self.nodes:
            self._close(payer)
        return self.nodes.get(payer)

    def _well(self, row: int) -> int:
        """The node of what came out of a conversion, all of which leaves the source."""
        payee, amount = self.ledger.payee[row], self.ledger.amount[row]
        plan, node = self._plan_of(payee), self._placed(payee)
        plan.wells[row], plan.spares[row] = node, plan.node(NOBODY)
        plan.arc(SOURCE, node, amount)
        plan.arc(node, plan.spares[row], amount)
        return node

    def _close(self, number: int) -> None:
        """Nothing more arrives at the present node, because it pays."""
        if number not in self.paying:
            self.paying.add(number)
            self._in_order(number, self.nodes[number])

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


def expanded(ledger: Ledger) -> Planner:
    """The time-expanded networks of a ledger."""
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
