"""The noisy cases beside the checkout as a chain: every row of ``served.parquet`` is one USDT transfer.

The rules of the served form (shared README): one block a second, the transaction of row k is SHA-256 of ``FOLDER|k``,
signed by its sender, no fee, every opening balance zero. Rows become objects only when someone asks for them, because a
case has up to 148,000 and a test asks for a few hundred addresses.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from tests.lab.ledger import TRANSFER, Call, Log, Move, Token, Tx, digest, tron_hex
from tests.lab.rpc_view import answer

USDT = {
    "evm": Token("0xdac17f958d2ee523a2206206994597c13d831ec7", "Tether USD", "USDT", 6),
    "tron": Token("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "Tether USD", "USDT", 6),
}
GAS = 65_000


class ServedLedger:
    """One served case. ``folder`` is the case folder's name, which its transaction hashes are made of."""

    def __init__(self, parquet: Path, folder: str, family: Literal["evm", "tron"] = "evm", chain_id: int = 1) -> None:
        table = pd.read_parquet(parquet)
        self.family, self.chain_id, self.folder = family, chain_id, folder
        self.usdt = USDT[family]
        self._names = {"from": table["from"].astype(str).tolist(), "to": table["to"].astype(str).tolist()}
        self._block, self._index = array("q", table["block"]), array("q", table["index"])
        self._time, self._value = array("q", table["ts"]), table["value"].tolist()
        prefix = "0x" if family == "evm" else ""
        self._hashes = [prefix + digest(f"{folder}|{row}") for row in range(len(table))]
        self._row_of = {text: row for row, text in enumerate(self._hashes)}
        self._sent, self._touched = self._by_address()
        self._clock = _clock(self._block, self._time)
        self.forked_from: int | None = None

    def _by_address(self) -> tuple[dict[str, array[int]], dict[str, array[int]]]:
        sent: dict[str, array[int]] = {}
        touched: dict[str, array[int]] = {}
        for row, (sender, receiver) in enumerate(zip(self._names["from"], self._names["to"], strict=True)):
            sent.setdefault(sender, array("q")).append(row)
            touched.setdefault(sender, array("q")).append(row)
            if receiver != sender:
                touched.setdefault(receiver, array("q")).append(row)
        return sent, touched

    def head(self) -> int:
        return int(self._block[-1])

    def time_of(self, block: int) -> int:
        starts, offsets = self._clock
        return block + offsets[max(bisect_right(starts, block) - 1, 0)]

    def block_hash(self, block: int) -> str:
        fork = "|fork" if self.forked_from is not None and block >= self.forked_from else ""
        return "0x" + digest(f"{self.folder}|block|{block}{fork}")

    def fork(self, block: int) -> None:
        """From now on the blocks from this one up are other blocks (with the same transactions)."""
        self.forked_from = block

    def block_at(self, time: int) -> int | None:
        if time < self.time_of(0):
            return None
        low, high = 0, self.head()
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.time_of(middle) <= time else (low, middle - 1)
        return low

    def _tx(self, row: int) -> Tx:
        sender = self._names["from"][row]
        nonce = bisect_left(self._sent[sender], row)
        receiver = tron_hex(self._names["to"][row])[2:]
        data = f"0xa9059cbb{receiver:0>64}{self._value[row]:064x}"
        return Tx(
            self._hashes[row], self._block[row], self._index[row], self._time[row], sender, self.usdt.contract, 0,
            True, GAS, GAS, 0, nonce, data,
        )  # fmt: skip

    def _move(self, row: int) -> Move:
        return Move(
            self._hashes[row], self._block[row], self._index[row], self._time[row], self._index[row],
            self.usdt.contract, self._names["from"][row], self._names["to"][row], self._value[row],
        )  # fmt: skip

    def _log(self, row: int) -> Log:
        ends = [f"0x{tron_hex(self._names[end][row])[2:]:0>64}" for end in ("from", "to")]
        return Log(
            self._hashes[row], self._block[row], self._index[row], self._time[row], self._index[row],
            self.usdt.contract, (TRANSFER, *ends), f"0x{self._value[row]:064x}",
        )  # fmt: skip

    def transaction(self, tx: str) -> Tx | None:
        row = self._row_of.get(tx)
        return None if row is None else self._tx(row)

    def block_transactions(self, block: int) -> Sequence[Tx]:
        return [self._tx(row) for row in range(bisect_left(self._block, block), bisect_right(self._block, block))]

    def logs_in(self, tx: str) -> Sequence[Log]:
        row = self._row_of.get(tx)
        return [] if row is None else [self._log(row)]

    def calls_in(self, tx: str) -> Sequence[Call]:
        return []

    def transactions(self, address: str) -> Sequence[Tx]:
        everyone = address == self.usdt.contract
        return _Rows(range(len(self._hashes)) if everyone else self._sent.get(address, ()), self._tx)

    def moves(self, address: str) -> Sequence[Move]:
        everyone = address == self.usdt.contract
        return _Rows(range(len(self._hashes)) if everyone else self._touched.get(address, ()), self._move)

    def calls(self, address: str) -> Sequence[Call]:
        return []

    def logs(self, low: int, high: int, contract: str) -> Sequence[Log]:
        if contract not in ("", self.usdt.contract):
            return []
        return _Rows(range(bisect_left(self._block, low), bisect_right(self._block, high)), self._log)

    def balance(self, address: str, token: str, block: int | None = None) -> int:
        if token != self.usdt.contract:
            return 0
        held = 0
        for row in self._touched.get(address, ()):
            if block is not None and self._block[row] > block:
                break
            held += self._value[row] * ((self._names["to"][row] == address) - (self._names["from"][row] == address))
        return held

    def token(self, contract: str) -> Token | None:
        return self.usdt if contract == self.usdt.contract else None

    def is_contract(self, address: str) -> bool:
        return address == self.usdt.contract

    def rpc(self, method: str, params: list[Any]) -> Any:
        return answer(self, method, params)


class _Rows(Sequence[Any]):
    """A list of rows made when looked at."""

    def __init__(self, rows: Sequence[int], make: Any) -> None:
        self._rows, self._make = rows, make

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self._make(row) for row in self._rows[place]]
        return self._make(self._rows[place])


def _clock(blocks: Sequence[int], times: Sequence[int]) -> tuple[list[int], list[int]]:
    """Where the difference between time and block number changes, and to what; one block a second in between."""
    starts: list[int] = []
    offsets: list[int] = []
    for block, time in zip(blocks, times, strict=True):
        if not offsets or offsets[-1] != time - block:
            starts.append(block)
            offsets.append(time - block)
    return starts, offsets
