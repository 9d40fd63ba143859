"""A stage that remembers: what every transaction did to every balance, and what it meant.

Two books are kept of each step. The *facts* come from the node: receipt, call trace, and the balances of everyone in
every asset before and after (one transaction per block makes that exact). The *meaning* is written by whoever scripts
the step: this was a payment, that a conversion. `tests.lab.venues_truth` follows the meaning, and test_venues.py holds
it to the facts, so neither rests on the program under test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from eth_abi.abi import decode

from tests.lab.anvil import Node
from tests.lab.ledger import ZERO
from tests.lab.stage import Stage

COIN = ""
FEE = "fee"
DEADLINE = 4_000_000_000
Balances = Mapping[tuple[str, str], int]


class Step(NamedTuple):
    """One transaction as the node knows it. Balances by (address, asset), the asset being a contract or `COIN`."""

    name: str
    tx: str
    block: int
    receipt: dict[str, Any]
    trace: dict[str, Any]
    before: Balances
    after: Balances

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return bool(self.receipt["status"] == "0x1")

    @property
    def signer(self) -> str:
        """Who signed it, and paid for it."""
        return str(self.receipt["from"])

    @property
    def fee(self) -> int:
        """What it cost its signer."""
        return int(self.receipt["gasUsed"], 16) * int(self.receipt["effectiveGasPrice"], 16)

    def gained(self, address: str, asset: str) -> int:
        """By how much a balance changed, the signer's fee apart."""
        fee = self.fee if address == self.signer and asset == COIN else 0
        return self.after[address, asset] - self.before[address, asset] + fee


class Move(NamedTuple):
    """A payment of one asset; ``stolen`` where it is a theft, whose number among the origins it then begins.

    ``swept``: an exchange empties a customer's deposit address, beyond the end of any trace.
    """

    step: int
    payer: str
    receiver: str
    asset: str
    amount: int
    stolen: bool = False
    swept: bool = False


class Conversion(NamedTuple):
    """What one owner gave (asset, amount), in order of leaving, and what was received (receiver, asset, amount)."""

    step: int
    payer: str
    kind: str
    ins: tuple[tuple[str, int], ...]
    outs: tuple[tuple[str, str, int], ...]


class Growth(NamedTuple):
    """A balance that changed though nothing moved."""

    step: int
    holder: str
    asset: str
    amount: int


Meaning = Move | Conversion | Growth


class Play(Stage):
    """A stage on which every step is one transaction in its own block. Names stand for addresses and assets alike."""

    def __init__(self, node: Node, chain_id: int, people: Sequence[str]) -> None:
        super().__init__(node, chain_id, people)
        self.who |= {"coin": COIN, "zero": ZERO}
        self.height = 0
        self.steps: list[Step] = []
        self.meaning: list[Meaning] = []
        self.opening: Balances = {}
        self.watched: tuple[list[str], list[str]] = ([], [])

    def next_block(self) -> None:
        """Mine what is queued."""
        self.height += 1
        self.mine(self.height)

    def watch(self, assets: Sequence[str]) -> None:
        """From here on, steps are recorded: everyone known by now, in these assets and the coin."""
        everyone = sorted({address for address in self.who.values() if address not in {COIN, ZERO}})
        self.watched = everyone, [COIN, *(self.who[asset] for asset in assets)]
        self.opening = self._balances()

    def do(self, name: str, sender: str, to: str, signature: str = "", *arguments: Any, value: int = 0) -> Step:
        """One step: a call, or with no signature a plain payment; its fee is booked."""
        data = self.call_data(signature, *arguments) if signature else "0x"
        self.send(name, sender, to, value=value, data=data, gas=1_500_000)
        before = self.steps[-1].after if self.steps else self.opening
        self.next_block()
        tx = self.txs[name]
        receipt = self.node.rpc("eth_getTransactionReceipt", tx)
        trace = self.node.rpc("debug_traceTransaction", tx, {"tracer": "callTracer"})
        step = Step(name, tx, self.height, receipt, trace, before, self._balances())
        self.steps.append(step)
        self.meaning.append(Move(len(self.steps) - 1, step.signer, FEE, COIN, step.fee))
        return step

    def gained(self, who: str, asset: str) -> int:
        """By how much a balance changed in the last step, the fee apart."""
        return self.steps[-1].gained(self.who[who], self.who[asset])

    def paid(self, payer: str, receiver: str, asset: str, amount: int, *, stolen: bool = False) -> None:
        """The last step was, or held, this payment."""
        names = self._called(payer), self._called(receiver), self.who[asset]
        self.meaning.append(Move(len(self.steps) - 1, *names, amount, stolen))

    def swept(self, deposit: str, hot: str, asset: str, amount: int) -> None:
        """In the last step an exchange took what lay at a customer's deposit address."""
        self.meaning.append(
            Move(len(self.steps) - 1, self.who[deposit], self.who[hot], self.who[asset], amount, swept=True)
        )

    def converted(
        self,
        payer: str,
        kind: str,
        ins: Sequence[str] | Mapping[str, int],
        outs: Sequence[tuple[str, str]],
        *,
        made: Sequence[tuple[str, str, int]] = (),
    ) -> None:
        """The last step was this conversion; amounts that are not given are what the balances say.

        ``made``: outputs whose amount no balance tells (receiver, asset, amount).
        """
        given = ins if isinstance(ins, Mapping) else {asset: -self.gained(payer, asset) for asset in ins}
        paid = tuple((self.who[asset], amount) for asset, amount in given.items())
        told = [*((who, asset, self.gained(who, asset)) for who, asset in outs), *made]
        got = tuple((self.who[who], self.who[asset], amount) for who, asset, amount in told)
        self.meaning.append(Conversion(len(self.steps) - 1, self._called(payer), kind, paid, got))

    def grew(self, holder: str, asset: str) -> None:
        """In the last step this balance changed without a movement."""
        amount = self.gained(holder, asset)
        self.meaning.append(Growth(len(self.steps) - 1, self.who[holder], self.who[asset], amount))

    def _called(self, name: str) -> str:
        """An address, or the name itself where it is not one: an order, waiting to be filled."""
        return self.who.get(name, name)

    def _balances(self) -> Balances:
        people, assets = self.watched
        tokens = [asset or ZERO for asset in assets]
        (held,) = decode(["uint256[]"], self.view("lens", "balances(address[],address[])", people, tokens))
        keys = ((address, asset) for address in people for asset in assets)
        return dict(zip(keys, held, strict=True))
