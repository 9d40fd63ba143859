"""What a stand-in explorer can be asked about a chain, whatever the chain is made of.

The stand-ins only format; every fact comes from a `Ledger`, so that one theft on a node and one recorded case are
served by the same code, in Etherscan's shape and in TronGrid's. Addresses are canonical (EVM lower-case hex, TRON
base58).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

import base58

TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
APPROVAL = "0x8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925"
ZERO = "0x" + "0" * 40
Row = TypeVar("Row")
CONTRACT_CODE = "0x6080604052600080fdfea2646970667358"


class Refused(Exception):
    """The explorer must answer with this error text, because the ledger cannot know the truth."""


class RpcError(Exception):
    """A JSON-RPC error: code and message."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Tx(NamedTuple):
    """One transaction. ``to`` and ``created`` are empty where there is none; amounts in base units, time in seconds."""

    hash: str
    block: int
    tx_index: int
    time: int
    sender: str
    to: str
    value: int
    ok: bool
    gas: int
    gas_used: int
    gas_price: int
    nonce: int
    input: str
    created: str = ""


class Log(NamedTuple):
    """One event log, as the chain wrote it."""

    tx: str
    block: int
    tx_index: int
    time: int
    log_index: int
    address: str
    topics: tuple[str, ...]
    data: str


class Move(NamedTuple):
    """One Transfer log read as a movement; ``token_id`` is set for an NFT, whose amount is 1."""

    tx: str
    block: int
    tx_index: int
    time: int
    log_index: int
    token: str
    sender: str
    receiver: str
    amount: int
    token_id: int | None = None


class Call(NamedTuple):
    """One call inside a transaction; ``path`` is its trace address and ``kind`` the tracer's type in lower case."""

    tx: str
    block: int
    tx_index: int
    time: int
    path: tuple[int, ...]
    kind: str
    sender: str
    receiver: str
    amount: int
    ok: bool


class Token(NamedTuple):
    """What a token contract says of itself."""

    contract: str
    name: str
    symbol: str
    decimals: int


class Ledger(Protocol):
    """A chain's facts. Lists are oldest first. Methods raise `Refused` where the truth was not recorded."""

    family: Literal["evm", "tron"]
    chain_id: int

    def head(self) -> int:
        """Newest block number."""
        ...

    def time_of(self, block: int) -> int:
        """A block's time in Unix seconds."""
        ...

    def block_hash(self, block: int) -> str:
        """A block's hash, 64 hex digits after 0x."""
        ...

    def block_at(self, time: int) -> int | None:
        """The last block whose time is not after ``time``; None before the first."""
        ...

    def transaction(self, tx: str) -> Tx | None:
        """A transaction by hash."""
        ...

    def block_transactions(self, block: int) -> Sequence[Tx]:
        """A block's transactions in order."""
        ...

    def logs_in(self, tx: str) -> Sequence[Log]:
        """A transaction's logs in order."""
        ...

    def calls_in(self, tx: str) -> Sequence[Call]:
        """The calls inside a transaction in order, without the top one."""
        ...

    def transactions(self, address: str) -> Sequence[Tx]:
        """Transactions sent by, sent to, or creating this address."""
        ...

    def moves(self, address: str) -> Sequence[Move]:
        """Token movements in or out of this address, or of this token when it is one."""
        ...

    def calls(self, address: str) -> Sequence[Call]:
        """Calls inside transactions from or to this address."""
        ...

    def logs(self, low: int, high: int, contract: str) -> Sequence[Log]:
        """Logs of the blocks low..high, of one contract or of all (empty)."""
        ...

    def balance(self, address: str, token: str, block: int | None = None) -> int:
        """What an address holds of a token (empty: the native coin) now or after a block."""
        ...

    def token(self, contract: str) -> Token | None:
        """A token's own words, None when this is no token."""
        ...

    def is_contract(self, address: str) -> bool:
        """Whether code is deployed there."""
        ...

    def rpc(self, method: str, params: list[Any]) -> Any:
        """A node's answer; raises `RpcError`."""
        ...


def number_of(row: Tx | Move | Call | Log) -> int:
    """Sort key of every list here: the block."""
    return row.block


def digest(text: str) -> str:
    """64 hex digits that stand for a text: how the lab makes hashes nobody mined."""
    return hashlib.sha256(text.encode()).hexdigest()


def group(rows: Sequence[Row], keys: Callable[[Row], set[str]]) -> dict[str, list[Row]]:
    """Rows by address; a row stands once under each of its addresses."""
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        for key in keys(row):
            grouped.setdefault(key, []).append(row)
    return grouped


def moves_from(logs: Sequence[Log]) -> list[Move]:
    """The ERC-20 and ERC-721 transfers among some logs, as an indexer reads them."""
    return [_move(log) for log in logs if _is_transfer(log)]


def _is_transfer(log: Log) -> bool:
    if not log.topics or log.topics[0] != TRANSFER:
        return False
    return len(log.topics) == 4 or (len(log.topics) == 3 and len(log.data) == 66)


def _move(log: Log) -> Move:
    nft = len(log.topics) == 4
    return Move(
        log.tx, log.block, log.tx_index, log.time, log.log_index, log.address,
        "0x" + log.topics[1][-40:], "0x" + log.topics[2][-40:],
        1 if nft else int(log.data, 16), int(log.topics[3], 16) if nft else None,
    )  # fmt: skip


@lru_cache(maxsize=200_000)
def tron_hex(address: str) -> str:
    """Any spelling of an address as TRON's 42 hex digits."""
    if address.startswith("T"):
        return base58.b58decode_check(address).hex()
    digits = address.removeprefix("0x").lower()
    return digits if len(digits) == 42 else "41" + digits


@lru_cache(maxsize=200_000)
def tron_text(address: str) -> str:
    """Any spelling of an address as TRON's base58check."""
    if address.startswith("T"):
        return address
    return base58.b58encode_check(bytes.fromhex(tron_hex(address))).decode()


@lru_cache(maxsize=200_000)
def evm_text(address: str) -> str:
    """Any spelling of an address as 0x and 40 lower-case digits."""
    return "0x" + tron_hex(address)[2:]


def spelled(ledger: Ledger, address: str) -> str:
    """An address as this ledger writes it."""
    return tron_text(address) if ledger.family == "tron" else evm_text(address)
