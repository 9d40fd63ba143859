"""The lab's own checks: the theft is the same every time, and its hand-made truth is what an exact replay finds."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.conftest import LabChain
from tests.lab.anvil import running
from tests.lab.anvil_ledger import AnvilLedger
from tests.lab.theft import BURN, DOLLAR, ETHER, play

pytestmark = pytest.mark.node


class Step(NamedTuple):
    """One movement in order of happening; ``lot`` overrides the tag of the money moved."""

    order: tuple[int, ...]
    sender: str
    receiver: str
    amount: int
    lot: str = ""


def replay(steps: list[Step], stops: set[str]) -> dict[tuple[str, str], int]:
    """First in, first out over whole histories: what each (tag, address) holds at the end; stops never pass on."""
    held: dict[str, deque[tuple[str, int]]] = defaultdict(deque)
    for step in sorted(steps):
        tags = [("clean", step.amount)] if step.sender in stops else list(_take(held[step.sender], step.amount))
        held[step.receiver].extend([(step.lot, step.amount)] if step.lot else tags)
    totals: dict[tuple[str, str], int] = defaultdict(int)
    for who, lots in held.items():
        for tag, amount in lots:
            totals[tag, who] += amount
    return totals


def _take(lots: deque[tuple[str, int]], amount: int) -> Iterator[tuple[str, int]]:
    while amount:
        tag, first = lots.popleft() if lots else ("clean", amount)
        if first > amount:
            lots.appendleft((tag, first - amount))
        yield tag, min(first, amount)
        amount -= min(first, amount)


def dollar_steps(lab: LabChain) -> list[Step]:
    seeds = lab.theft.truth.seeds
    return [
        Step((move.block, move.tx_index, 3, move.log_index), move.sender, move.receiver, move.amount,
             "stolen" if move.tx in seeds else "")
        for move in lab.ledger.moves(lab.theft.who["token"])
        if move.amount
    ]  # fmt: skip


def ether_steps(lab: LabChain) -> list[Step]:
    steps: list[Step] = []
    swap = lab.theft.txs["swap"]
    for number in range(lab.ledger.head() + 1):
        for tx in lab.ledger.block_transactions(number):
            at = (tx.block, tx.tx_index)
            steps.append(Step((*at, 0), tx.sender, "fee", tx.gas_used * tx.gas_price))
            if tx.ok and tx.value:
                lot = "stolen" if tx.hash in lab.theft.truth.seeds else ""
                steps.append(Step((*at, 1), tx.sender, tx.to, tx.value, lot))
            for call in lab.ledger.calls_in(tx.hash):
                if call.ok and call.amount:
                    bought = "swapped" if tx.hash == swap and call.receiver == lab.theft.who["mule3"] else ""
                    steps.append(Step((*at, 2, *call.path), call.sender, call.receiver, call.amount, bought))
    return steps


def of_tag(totals: dict[tuple[str, str], int], tag: str) -> dict[str, int]:
    return {who: amount for (held, who), amount in totals.items() if held == tag}


def test_the_dollars_went_where_the_truth_says(lab_chain: LabChain) -> None:
    """An exact replay of the chain's own logs finds the 8,500 stolen LABD where the hand-made truth has them."""
    who = lab_chain.theft.who
    stops = {who["pair"], who["deposit"], who["forwarder"], BURN}
    found = of_tag(replay(dollar_steps(lab_chain), stops), "stolen")
    assert found == lab_chain.theft.truth.dollars
    assert sum(found.values()) == 8_500 * DOLLAR


def test_the_ether_went_where_the_truth_says(lab_chain: LabChain) -> None:
    """A replay with fees and internal calls finds the 2 stolen ETH and the ETH bought where the truth has them."""
    who, truth = lab_chain.theft.who, lab_chain.theft.truth
    totals = replay(ether_steps(lab_chain), {who["weth"], who["forwarder"]})
    assert of_tag(totals, "stolen") == truth.ether
    assert of_tag(totals, "swapped") == truth.swapped
    assert sum(truth.ether.values()) == 2 * ETHER


def test_the_theft_is_the_same_every_time(lab_chain: LabChain) -> None:
    """A second run on a fresh node ends in the same block hash, which covers every transaction and the state."""
    with running() as node:
        again = play(node)
        assert again == lab_chain.theft
        assert node.rpc("eth_getBlockByNumber", "latest", False)["hash"] == lab_chain.ledger.block_hash(30)


def test_only_the_meant_transaction_failed(lab_chain: LabChain) -> None:
    """Every scripted transaction succeeded but the one that pays and fails."""
    failed = [name for name, tx in lab_chain.theft.txs.items() if not lab_chain.ledger.transaction(tx).ok]  # type: ignore[union-attr]
    assert failed == ["fail"]


def test_the_ledger_is_read_again_after_a_reorg() -> None:
    """After anvil replaced its newest blocks, the ledger shows the new ones and forgets the old transactions."""
    with running() as node:
        theft = play(node)
        ledger = AnvilLedger(node)
        before = ledger.block_hash(30)
        assert ledger.transaction(theft.txs["noise ether"]) is not None
        node.rpc("anvil_reorg", 2, [])
        assert ledger.head() == 30
        assert ledger.block_hash(30) != before
        assert ledger.transaction(theft.txs["noise ether"]) is None
