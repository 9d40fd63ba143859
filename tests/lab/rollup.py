"""The lab's node as a rollup of the OP stack: besides gas, every transaction pays for its place on layer 1.

Only receipts tell that part; explorers' lists of transactions do not, as on Optimism and Base.
"""

from __future__ import annotations

from typing import Any

from tests.lab.anvil_ledger import AnvilLedger

L1_FEE = 12_345_678_901


class Rollup(AnvilLedger):
    """A node's chain on which every transaction paid `L1_FEE` wei more than its gas."""

    def balance(self, address: str, token: str, block: int | None = None) -> int:
        held = super().balance(address, token, block)
        if token:
            return held
        sent = [
            tx for tx in self.transactions(address) if tx.sender == address and (block is None or tx.block <= block)
        ]
        return held - L1_FEE * len(sent)

    def rpc(self, method: str, params: list[Any]) -> Any:
        if method == "eth_getBalance":
            tag = str(params[1])
            return hex(self.balance(str(params[0]), "", int(tag, 16) if tag.startswith("0x") else None))
        told = super().rpc(method, params)
        if method == "eth_getTransactionReceipt" and told:
            return {**told, "l1Fee": hex(L1_FEE)}
        return told
