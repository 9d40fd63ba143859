"""Anvil as the ground of a restless world. Its ``finalized`` is 64 blocks behind its newest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_utils.crypto import keccak

from tests.lab.anvil import Node, running
from tests.lab.restless import COIN, TOKEN, Paid, Sent
from tests.lab.restless_truth import Row
from tests.lab.stage import GAS_PRICE, Stage
from tests.lab.theft import BURN, ETHER

GAS = 100_000
CONTRACTS = {"token": "TestToken", "spoof": "SpoofToken", "inert": "Picture"}
TRANSFER = "0x" + keccak(text="Transfer(address,address,uint256)").hex()
SECONDS = 1
"""From block to block: a watch looks as often as its chain makes blocks, and a run has little time."""

WHOLE_STATES = 900
"""Blocks, replaced ones included, of which anvil 1.7 keeps the states in memory; a margin is left."""


@contextmanager
def evm_ground(cache: Path | None = None, chain_id: int = 1) -> Iterator[EvmGround]:
    """A fresh node as a ground. ``cache`` is where the node puts old states: by default into the home folder."""
    more = ["--disable-pool-balance-checks"]  # who is funded in a block may pay in the same one
    with running(chain_id, more=[*more, "--cache-path", str(cache)] if cache else more) as node:
        yield EvmGround(node, chain_id)


class EvmGround:
    """A node that mines when told. Everything is signed here, so that hashes are known before a block is made."""

    one = ETHER
    fee = GAS * GAS_PRICE
    final = 64

    def __init__(self, node: Node, chain_id: int = 1) -> None:
        self.node, self.chain = node, f"eip155:{chain_id}"
        self.stage = Stage(node, chain_id, ())
        self.who = self.stage.who
        self.who["burn"] = BURN
        self._codes: dict[str, str] = {}
        self._replaced = 0

    @property
    def token(self) -> str:
        """The contract of the stolen token."""
        return self.who["token"]

    def person(self, name: str, entropy: bytes) -> None:
        """A new key; a contract's name gets its address in `set_up`."""
        if name in CONTRACTS:
            return
        self.stage.keys[name] = "0x" + keccak(b"restless" + entropy).hex()
        self.who[name] = str(Account.from_key(self.stage.keys[name]).address).lower()
        self.stage.nonces[name] = 0

    def set_up(self) -> None:
        """Create the contracts, and tokens for the faucet."""
        self.node.rpc("anvil_setBlockTimestampInterval", SECONDS)
        for name, contract in CONTRACTS.items():
            self.stage.create(name, contract)
        self.stage.call("mint", "faucet", "token", "mint(address,uint256)", "faucet", 10**12)
        self._mine(self.stage.unmined)
        self.stage.unmined = []
        self._codes = {name: self.node.rpc("eth_getCode", self.who[name], "latest") for name in CONTRACTS}

    # --- transactions

    def coin(self, signer: str, to: str, amount: int) -> Sent:
        """A payment of coins."""
        return self._sent(signer, to, (Paid(COIN, signer, to, amount),), value=amount)

    def transfer(self, signer: str, owner: str, to: str, amount: int, times: int = 1) -> Sent:
        """A payment of tokens: by the owner, once or twice, or by somebody the owner let."""
        signature, arguments = "transfer(address,uint256)", [to, amount]
        if signer != owner:
            signature, arguments = "transferFrom(address,address,uint256)", [owner, to, amount]
        elif times == 2:
            signature = "transferTwice(address,uint256)"
        paid = (Paid(TOKEN, owner, to, amount),) * times
        return self._sent(signer, "token", paid, data=self.stage.call_data(signature, *arguments))

    def approve(self, owner: str, spender: str, amount: int) -> Sent:
        """An approval of tokens."""
        data = self.stage.call_data("approve(address,uint256)", spender, amount)
        return self._sent(owner, "token", (), data=data)

    def bait(self, signer: str, target: str, twin: str) -> list[Sent]:
        """A worthless token that claims to come from a look-alike, and a payment of nothing to it."""
        spoof = self.stage.call_data("spoof(address,address,uint256)", twin, target, 9_999 * 10**6)
        nothing = self.stage.call_data("transferFrom(address,address,uint256)", target, twin, 0)
        first = self._sent(signer, "spoof", (), data=spoof)
        self.stage.nonces[signer] += 1
        second = self._sent(signer, "token", (), data=nothing)
        self.stage.nonces[signer] -= 1
        return [first, second]

    def _sent(self, signer: str, to: str, paid: tuple[Paid, ...], *, value: int = 0, data: str = "0x") -> Sent:
        nonce = self.stage.nonces[signer]
        self.stage.send("sent", signer, to, value=value, data=data, gas=GAS)
        self.stage.nonces[signer] = nonce
        return Sent(self.stage.unmined.pop(), self.stage.txs["sent"], signer, nonce, paid)

    def fits(self, sent: Sent) -> bool:
        """Is it the signer's next?"""
        return self.stage.nonces[sent.signer] == sent.nonce

    def booked(self, sent: Sent, sign: int) -> None:
        """Count the signer's nonce on, or back."""
        assert sent.nonce is not None
        self.stage.nonces[sent.signer] = sent.nonce + (sign > 0)

    # --- blocks

    def head(self) -> int:
        """The newest block."""
        return int(self.node.rpc("eth_blockNumber"), 16)

    def mine(self, sent: Sequence[Sent]) -> None:
        """One block."""
        self._mine([one.raw for one in sent])

    def _mine(self, raws: Sequence[object]) -> None:
        # One request after the other: anvil answers the parts of a batch in any order.
        for raw in raws:
            self.node.rpc("eth_sendRawTransaction", raw)
        self.node.rpc("evm_mine")

    def quiet(self, blocks: int) -> None:
        """Empty blocks."""
        self.node.rpc("anvil_mine", hex(blocks), hex(SECONDS))

    def replace(self, depth: int, blocks: Sequence[Sequence[Sent]]) -> None:
        """A reorganisation; at once where anvil can.

        Once the state that it goes back to was put on disk, ``anvil_reorg`` forgets the code of every contract, and the
        new blocks are made by hand.
        """
        if self.head() + self._replaced < WHOLE_STATES:
            pairs = [[sent.raw, offset] for offset, block in enumerate(blocks) for sent in block]
            self.node.rpc("anvil_reorg", depth, pairs)
        else:
            self.node.rpc("anvil_rollback", depth)
            for name, code in self._codes.items():
                self.node.rpc("anvil_setCode", self.who[name], code)
            for block in blocks:
                self.mine(block)
        self._replaced += depth

    # --- what is true

    def rows(self) -> list[Row]:
        """Everything that moved, from the node's own blocks and receipts: fee, coins, then tokens, by transaction."""
        found: list[Row] = []
        for number in range(self.head() + 1):
            block = self.node.rpc("eth_getBlockByNumber", hex(number), True)
            if block["transactions"]:
                receipts = self.node.rpc("eth_getBlockReceipts", hex(number))
                for tx, receipt in zip(block["transactions"], receipts, strict=True):
                    found += _rows_of(number, tx, receipt, self.token)
        return found


def _rows_of(number: int, tx: dict[str, Any], receipt: dict[str, Any], token: str) -> Iterator[Row]:
    fee = int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)
    yield Row(number, tx["hash"], COIN, tx["from"], "", fee)
    if int(tx["value"], 16) and receipt["status"] == "0x1":
        yield Row(number, tx["hash"], COIN, tx["from"], tx["to"], int(tx["value"], 16))
    seen: Counter[tuple[str, ...]] = Counter()
    for log in receipt["logs"]:
        if log["address"] == token and log["topics"][0] == TRANSFER and int(log["data"], 16):
            ends = "0x" + log["topics"][1][-40:], "0x" + log["topics"][2][-40:]
            yield Row(number, tx["hash"], TOKEN, *ends, int(log["data"], 16), seen[*ends, log["data"]])
            seen[*ends, log["data"]] += 1
