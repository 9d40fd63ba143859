"""The recorded Cryptopia theft as a chain: real ``txlist`` answers, and a refusal for all that was not recorded."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from tests.lab.ledger import Call, Log, Move, Refused, Token, Tx, digest
from tests.lab.rpc_view import answer

TXLIST_NUMBERS = ("blockNumber", "transactionIndex", "timeStamp", "value", "gas", "gasUsed", "gasPrice", "nonce")


class CryptopiaLedger:
    """The recorded ``txlist`` answers of the Cryptopia theft: native coin only, 80 histories, 11 of them cut at 10,000.

    What was not recorded (other addresses, internal calls, tokens, balances) is refused, never called empty.
    """

    family: Literal["evm", "tron"] = "evm"
    chain_id = 1

    def __init__(self, folder: Path) -> None:
        table = pd.read_parquet(folder / "txlist.parquet")
        index = pd.read_csv(folder / "index.csv")
        self._status = dict(zip(index["address"], index["status"], strict=True))
        self._histories: dict[str, list[Tx]] = {address: [] for address in self._status}
        self._txs: dict[str, Tx] = {}
        self._hash_of: dict[int, str] = {}
        self._called: set[str] = set()
        # to_dict("records") takes five times as long.
        columns = {name: column.tolist() for name, column in table.items()}
        for row in zip(*columns.values(), strict=True):
            self._take(dict(zip(columns, row, strict=True)))
        for history in self._histories.values():
            history.sort(key=lambda tx: (tx.block, tx.tx_index))
        times = {tx.block: tx.time for tx in self._txs.values()}
        self._known = sorted(times)
        self._times = [times[block] for block in self._known]

    def _take(self, record: dict[Any, Any]) -> None:
        numbers = {name: int(record[name] or 0) for name in TXLIST_NUMBERS}
        tx = Tx(
            record["hash"], numbers["blockNumber"], numbers["transactionIndex"], numbers["timeStamp"], record["from"],
            record["to"], numbers["value"], record["isError"] == "0", numbers["gas"], numbers["gasUsed"],
            numbers["gasPrice"], numbers["nonce"], record["input"], record["contractAddress"],
        )  # fmt: skip
        self._histories[record["queried"]].append(tx)
        self._txs.setdefault(tx.hash, tx)
        self._hash_of[tx.block] = record["blockHash"]
        if len(tx.input) >= 10 or tx.created:
            self._called.add(tx.created or tx.to)

    def head(self) -> int:
        return self._known[-1]

    def time_of(self, block: int) -> int:
        after = bisect_left(self._known, block)
        if after < len(self._known) and self._known[after] == block:
            return self._times[after]
        if after in (0, len(self._known)):
            raise Refused("Error! Block number already pass")
        (low, high), (start, end) = self._known[after - 1 : after + 1], self._times[after - 1 : after + 1]
        return start + (block - low) * (end - start) // (high - low)

    def block_hash(self, block: int) -> str:
        return self._hash_of.get(block) or "0x" + digest(f"cryptopia|block|{block}")

    def block_at(self, time: int) -> int | None:
        if time < self._times[0]:
            return None
        low, high = self._known[0], self._known[-1]
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.time_of(middle) <= time else (low, middle - 1)
        return low

    def transaction(self, tx: str) -> Tx | None:
        return self._txs.get(tx)

    def block_transactions(self, block: int) -> Sequence[Tx]:
        return sorted((tx for tx in self._txs.values() if tx.block == block), key=lambda tx: tx.tx_index)

    def logs_in(self, tx: str) -> Sequence[Log]:
        raise Refused("Error! Missing Or invalid Action name")

    def calls_in(self, tx: str) -> Sequence[Call]:
        raise Refused("Error! Missing Or invalid Action name")

    def transactions(self, address: str) -> Sequence[Tx]:
        if self._status.get(address) != "ok":
            raise Refused("Error! Invalid address format")
        return self._histories[address]

    def moves(self, address: str) -> Sequence[Move]:
        raise Refused("Error! Missing Or invalid Action name")

    def calls(self, address: str) -> Sequence[Call]:
        raise Refused("Error! Missing Or invalid Action name")

    def logs(self, low: int, high: int, contract: str) -> Sequence[Log]:
        raise Refused("Error! Missing Or invalid Action name")

    def balance(self, address: str, token: str, block: int | None = None) -> int:
        raise Refused("Error! Missing Or invalid Action name")

    def token(self, contract: str) -> Token | None:
        return None

    def is_contract(self, address: str) -> bool:
        return address in self._called

    def rpc(self, method: str, params: list[Any]) -> Any:
        return answer(self, method, params)
