"""From the rows of an Etherscan-shaped explorer to transfers; pure.

Field lists: Etherscan API V2, account module (txlist, txlistinternal, tokentx); Blockscout's differences are those of
its address_controller.ex. What such rows do not hold (a token transfer's log index, an internal transfer's place in
its block) stays unsettled here, and the reader settles it from receipts where order matters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from chains.errors import BadAddress, Malformed
from chains.evm_records import ZERO
from chains.model import (
    ANY_TOKEN,
    FEE_SINK,
    NATIVE,
    Address,
    Asset,
    AssetId,
    Collectible,
    Kind,
    Position,
    Transfer,
)
from chains.registry import Chain

Json = Mapping[str, Any]

# "invalid" is how Etherscan calls the burn inside Arbitrum's ArbSys (0x64): it does move its value.
_MOVING = frozenset({"call", "create", "create2", "suicide", "selfdestruct", "self-destruct", "invalid"})
_STILL = frozenset({"delegatecall", "staticcall", "callcode", "stop"})
_DIGITS = re.compile(r"[0-9]{1,80}")
_TRACE = re.compile(r"[0-9]{1,9}(_[0-9]{1,9})*")


class TokenRow(NamedTuple):
    """What one tokentx row says; at most one of transfer and collectible is set."""

    transfer: Transfer | None
    collectible: Collectible | None
    asset: Asset | None


@dataclass(frozen=True, slots=True)
class _Record:
    """One row with strict readers, so that a missing or mistyped field names itself."""

    chain: Chain
    source: str
    row: Json

    def bad(self, why: str) -> Malformed:
        return Malformed(self.source, why, self.row)

    def text(self, *names: str) -> str:
        """The first of ``names`` the row has (spellings differ between explorers)."""
        for name in names:
            if name in self.row:
                value = self.row[name]
                if isinstance(value, str):
                    return value
                raise self.bad(f"{name} is no text")
        raise self.bad(f"no {names[0]}")

    def tx(self) -> str:
        text = self.text("hash", "transactionHash")
        return text.lower() if text.startswith("0x") else text  # a genesis row's is GENESIS_ and the address

    def number(self, name: str) -> int:
        value = self.row.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        if not _DIGITS.fullmatch(self.text(name)):
            raise self.bad(f"{name} is no number")
        return int(self.row[name])

    def address(self, name: str) -> Address:
        text = self.text(name)
        try:
            return self.chain.address(text)
        except BadAddress:
            raise self.bad(f"{name} is no address") from None

    def flag(self, name: str) -> bool:
        text = self.text(name)
        if text not in ("0", "1"):
            raise self.bad(f"{name} is neither 0 nor 1")
        return text == "1"

    def position(self, kind: Kind, index: tuple[int, ...], tx_index: int) -> Position:
        return Position(self.number("blockNumber"), tx_index, kind, index)


def row_height(source: str, row: Any) -> int:
    """Block number of a row, decimal in the account module and hex in getLogs.

    Raises:
        Malformed: the row is no object, or has no block number.
    """
    number = row.get("blockNumber") if isinstance(row, dict) else None
    if isinstance(number, str) and re.fullmatch(r"0x[0-9a-fA-F]*", number):
        return int(number[2:] or "0", 16)
    if isinstance(number, int) and not isinstance(number, bool) and number >= 0:
        return number
    if isinstance(number, str) and _DIGITS.fullmatch(number):
        return int(number)
    raise Malformed(source, "a row without a block number", row)


def without_padding(row: Json) -> Json:
    """A getLogs row without the nulls that Blockscout fills its topics up with; any other row as it is."""
    topics = row.get("topics")
    return {**row, "topics": [topic for topic in topics if topic is not None]} if isinstance(topics, list) else row


def normalise_transaction(chain: Chain, row: Json, who: Address, source: str) -> list[Transfer]:
    """Fee and native value of one txlist row, as far as they concern ``who``; amounts in wei.

    Genesis rows are paid by the zero address. A failed transaction moves its fee only. ``to`` is empty on creation,
    where the new contract is paid; a creation that failed may name neither.

    Raises:
        Malformed: a mandatory field is missing or mistyped, or the row is about other addresses.
    """
    record = _Record(chain, source, row)
    sender = ZERO if record.text("from") == "GENESIS" else record.address("from")
    failed = is_failed(chain, row, source)
    nowhere = failed and not row.get("to") and not row.get("contractAddress")
    receiver = ZERO if nowhere else record.address("to" if row.get("to") else "contractAddress")
    if who not in (sender, receiver):
        raise record.bad(f"asked about {who}")
    tx, time, tx_index = record.tx(), record.number("timeStamp"), record.number("transactionIndex")
    moved: list[Transfer] = []
    fee = transaction_fee(chain, row, source) if sender == who else 0
    if fee:
        place = record.position(Kind.FEE, (0,), tx_index)
        moved.append(Transfer(chain.id, tx, place, time, NATIVE, sender, FEE_SINK, fee))
    value = record.number("value")
    if value and not failed:
        place = record.position(Kind.NATIVE, (0,), tx_index)
        moved.append(Transfer(chain.id, tx, place, time, NATIVE, sender, receiver, value))
    return moved


def transaction_fee(chain: Chain, row: Json, source: str) -> int:
    """Fee of one txlist row in wei: gas used at the price paid, and the L1 part where the row has it."""
    record = _Record(chain, source, row)
    l1 = record.number("L1FeesPaid") if row.get("L1FeesPaid") else 0
    return record.number("gasUsed") * record.number("gasPrice") + l1


def row_tx(chain: Chain, row: Json, source: str) -> str:
    """Hash of the transaction a row belongs to, lower case; GENESIS_… in the genesis block."""
    return _Record(chain, source, row).tx()


def is_failed(chain: Chain, row: Json, source: str) -> bool:
    """True when a txlist row's transaction was undone. Before Byzantium ``txreceipt_status`` is empty."""
    record = _Record(chain, source, row)
    return record.flag("isError") or row.get("txreceipt_status") == "0"


def normalise_internal(chain: Chain, row: Json, who: Address, source: str, tx_index: int = -1) -> Transfer | None:
    """The value one txlistinternal row (by address) moved, in wei; None when it moved none.

    Calls that failed and calls on the caller's own balance (delegatecall and its kin) move nothing. Blockscout's index
    0 is the transaction itself, whose value txlist has.

    Raises:
        Malformed: a mandatory field is missing or mistyped, the type is unknown, or the row is about other addresses.
    """
    record = _Record(chain, source, row)
    value = internal_value(chain, row, source)
    if not value or row.get("index") in ("0", 0):
        return None
    sender = record.address("from")
    receiver = record.address("to" if row.get("to") else "contractAddress")
    if who not in (sender, receiver):
        raise record.bad(f"asked about {who}")
    place = record.position(Kind.INTERNAL, _trace_path(row), tx_index)
    tx, time = record.tx(), record.number("timeStamp")
    return Transfer(chain.id, tx, place, time, NATIVE, sender, receiver, value)


def internal_value(chain: Chain, row: Json, source: str) -> int:
    """Wei that one txlistinternal row, of either form, really moved."""
    record = _Record(chain, source, row)
    sort = record.text("type").lower()
    if sort not in _MOVING | _STILL:
        raise record.bad("unknown type of internal transaction")
    still = sort in _STILL or row.get("callType") in _STILL
    return 0 if record.flag("isError") or still else record.number("value")


def _trace_path(row: Json) -> tuple[int, ...]:
    path = row.get("traceId", row.get("index"))
    if isinstance(path, str) and _TRACE.fullmatch(path):
        return tuple(map(int, path.split("_")))
    return (path,) if isinstance(path, int) else ()


def normalise_token(chain: Chain, row: Json, who: Address, asset: AssetId, source: str) -> TokenRow:
    """One tokentx row: a transfer in the token's base units, or a collectible where the row has a token id.

    The position is settled only where the explorer adds a log index (Blockscout sometimes does). ``asset`` is what was
    asked for, a token or `ANY_TOKEN`. Decimals that are missing are not guessed: then there is no `Asset`.

    Raises:
        Malformed: a mandatory field is missing or mistyped, or the row is about another address or token.
    """
    record = _Record(chain, source, row)
    token = AssetId(record.address("contractAddress"))
    sender, receiver = record.address("from"), record.address("to")
    if who not in (sender, receiver):
        raise record.bad(f"asked about {who}")
    if asset not in (ANY_TOKEN, token):
        raise record.bad(f"asked about token {asset}")
    tx, time = record.tx(), record.number("timeStamp")
    index = (record.number("logIndex"),) if row.get("logIndex") else ()
    place = record.position(Kind.TOKEN, index, record.number("transactionIndex") if row.get("transactionIndex") else -1)
    if row.get("tokenID"):
        amount = record.number("tokenValue") if row.get("tokenValue") else 1
        token_id = record.number("tokenID")
        return TokenRow(None, Collectible(chain.id, tx, place, time, token, token_id, sender, receiver, amount), None)
    amount = record.number("value")
    moved = Transfer(chain.id, tx, place, time, token, sender, receiver, amount) if amount else None
    return TokenRow(moved, None, _asset(chain, token, row))


def _asset(chain: Chain, token: AssetId, row: Json) -> Asset | None:
    symbol, decimals = row.get("tokenSymbol"), row.get("tokenDecimal")
    if not isinstance(symbol, str) or not isinstance(decimals, str) or not re.fullmatch(r"[0-9]{1,3}", decimals):
        return None
    return Asset(chain.id, token, symbol, int(decimals))


def unsaid(wraps: list[Transfer], said: list[Transfer]) -> list[Transfer]:
    """Deposits and withdrawals of a wrapped coin that no Transfer log of the same transaction says already.

    WETH9 writes no Transfer log on them, some L2 versions do; each equal Transfer answers for one of them.
    """
    open_claims: dict[tuple[str, str, str, str, int], int] = {}
    for transfer in said:
        key = _ends(transfer)
        open_claims[key] = open_claims.get(key, 0) + 1
    left: list[Transfer] = []
    for wrap in wraps:
        key = _ends(wrap)
        if open_claims.get(key):
            open_claims[key] -= 1
        else:
            left.append(wrap)
    return left


def _ends(transfer: Transfer) -> tuple[str, str, str, str, int]:
    return transfer.tx, transfer.asset, transfer.sender, transfer.receiver, transfer.amount


def normalise_internals_of(
    chain: Chain, rows: Sequence[Json], tx: str, place: tuple[int, int], source: str
) -> list[Transfer]:
    """Internal transfers of one transaction from txlistinternal by txhash, whose rows carry neither hash nor path.

    ``place`` is (block number, index in the block). Rows stand in trace order, so a row's number serves as its index.

    Raises:
        Malformed: a mandatory field is missing or mistyped, or the type is unknown.
    """
    moved: list[Transfer] = []
    for nth, row in enumerate(rows):
        value = internal_value(chain, row, source)
        if not value or row.get("index") in ("0", 0):
            continue
        record = _Record(chain, source, row)
        receiver = record.address("to" if row.get("to") else "contractAddress")
        position = Position(*place, Kind.INTERNAL, (nth,))
        time = record.number("timeStamp")
        moved.append(Transfer(chain.id, tx, position, time, NATIVE, record.address("from"), receiver, value))
    return moved


def decimals_of(result: object) -> int | None:
    """``decimals()`` as returned by eth_call, or None when that is no number up to 255 (ERC-20: uint8)."""
    if not isinstance(result, str) or not re.fullmatch(r"0x[0-9a-fA-F]{64}", result):
        return None
    decimals = int(result, 16)
    return decimals if decimals <= 255 else None


def symbol_of(result: object) -> str:
    """``symbol()`` as returned by eth_call: an ABI string, or the bytes32 that early tokens answer; "" otherwise."""
    if not isinstance(result, str) or not re.fullmatch(r"0x([0-9a-fA-F]{2})*", result):
        return ""
    data = bytes.fromhex(result[2:])
    if len(data) == 32:
        return data.rstrip(b"\0").decode("utf-8", "replace")
    if len(data) < 64:
        return ""
    start = int.from_bytes(data[:32], "big")
    length = int.from_bytes(data[start : start + 32], "big") if start <= len(data) - 32 else 0
    return data[start + 32 : start + 32 + length].decode("utf-8", "replace")
