"""JSON-RPC shaped records of EVM chains (logs, receipts, blocks) as transfers, approvals and collectibles.

Several sources hand out the same records (plain nodes, Etherscan's proxy and getLogs, bulk indexes), so what a log
means is decided here once. Nothing here asks anyone anything.

What counts: domain rules 9.0. ERC-20 `Transfer` has three topics and one data word, ERC-721 has four topics; a log that
borrows the topic with another shape says nothing that can be read, and is passed over. A field that every log has
and this one lacks is an error of the source, not of the contract, and raises.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from chains import evm_address, marks, positions
from chains.errors import Malformed
from chains.model import (
    FEE_SINK,
    NATIVE,
    Address,
    Approval,
    AssetId,
    Block,
    Collectible,
    Kind,
    Mark,
    Position,
    Receipt,
    Transfer,
    number_equal_rows,
)
from chains.positions import Place
from chains.registry import Chain

TRANSFER: Final = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
APPROVAL: Final = "0x8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925"
APPROVAL_FOR_ALL: Final = "0x17307eab39ab6107e8899845ad3d59bd9653f200f220920489ca2b5937696c31"
TRANSFER_SINGLE: Final = "0xc3d58168c5ae7397731d063d5bbf3d657854427343f4c083240f7aacaa2d0f62"
TRANSFER_BATCH: Final = "0x4a39dc06d4c0dbc64b70af90fd698a233a518aa5d07e595d983b8c0526c8f7fb"
DEPOSIT: Final = "0xe1fffcc4923d04b559f4d29a8bfc6cda04eb5b0d3c460751c2402c5c5cc9109c"
WITHDRAWAL: Final = "0x7fcf532c15f0a6db0bd6d0e038bea71d30d808c7d98cb3bf7268a95bf5081b65"
ZERO: Final = Address("0x" + "0" * 40)
ZERO_TOPIC: Final = "0x" + "0" * 64

TimeOf = Callable[[int], int] | int | None
"""Block number → Unix seconds, or the seconds themselves, or None: the log carries them."""

_WORD = 64
_QUANTITY = re.compile(r"0[xX][0-9a-fA-F]*")
_DEPOSIT_TYPE = 0x7E


class LogRows(NamedTuple):
    """What a list of logs says, each part in the order of the logs."""

    transfers: tuple[Transfer, ...]
    approvals: tuple[Approval, ...]
    collectibles: tuple[Collectible, ...]
    marks: tuple[Mark, ...] = ()


def hex_int(value: object, source: str) -> int:
    """A JSON-RPC quantity: ``0x…`` (a bare ``0x`` is zero, as Etherscan writes it) or a JSON whole number.

    Raises:
        Malformed: anything else.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and _QUANTITY.fullmatch(value):
        return int(value[2:] or "0", 16)
    raise Malformed(source, "not a hexadecimal quantity", value)


def is_contract_code(code: str) -> bool:
    """True when ``eth_getCode``'s answer is a contract's code.

    A wallet that delegates by EIP-7702 has the 23 bytes ``0xef0100 ++ address`` as code and stays a wallet.
    """
    digits = code.lower().removeprefix("0x")
    return bool(digits) and not (digits.startswith("ef0100") and len(digits) == 46)


def block_of(chain: Chain, block: Mapping[str, Any], source: str) -> Block:
    """An ``eth_getBlockByNumber`` result. Raises Malformed when number, hash or timestamp is missing."""
    number = hex_int(required(block, "number", source), source)
    time = hex_int(required(block, "timestamp", source), source)
    return Block(chain.id, number, str(required(block, "hash", source)), time, number)


def required(record: Mapping[str, Any], name: str, source: str) -> Any:
    """A field the documents promise. Raises Malformed when it is absent or null."""
    value = record.get(name)
    if value is None:
        raise Malformed(source, f"no {name}", record)
    return value


def address_field(record: Mapping[str, Any], name: str, source: str) -> Address:
    """A field that holds an address. Raises Malformed when it does not."""
    value = required(record, name, source)
    try:
        return evm_address.parse(str(value).lower())
    except ValueError as wrong:
        raise Malformed(source, f"{name}: {wrong}", record) from None


def logs_to_rows(chain: Chain, logs: Sequence[Mapping[str, Any]], time_of: TimeOf, source: str) -> LogRows:
    """Logs of whole transactions as rows; zero amounts and logs of removed blocks are left out.

    Wrapped-native `Deposit` and `Withdrawal` count as a mint and a burn (from and to the zero address) when the
    wrapper did not also emit the matching `Transfer`, as WETH9 does not and some layer-2 versions do. Each proves that
    its owner paid the wrapper, or was paid by it, the same amount of native coin in that call. The chain table says
    which contract the wrapper is; from any other the same log is a mark only, because whoever keeps deposits may write
    it without there being a token.

    Raises:
        Malformed: a log without one of the fields every log has.
    """
    rows = [row for log in logs if log.get("removed") is not True for row in _rows_of(chain, log, time_of, source)]
    moved = [row for row in rows if isinstance(row, Transfer)]
    wraps = [row for row in rows if isinstance(row, _Wrap)]
    settled = sorted([*moved, *_unsaid(wraps, moved)], key=lambda row: row.position)
    return LogRows(
        tuple(number_equal_rows(settled)),
        tuple(row for row in rows if isinstance(row, Approval)),
        tuple(row for row in rows if isinstance(row, Collectible)),
        tuple(row for row in rows if isinstance(row, Mark)),
    )


def position_events(
    chain: Chain, logs: Sequence[Mapping[str, Any]], time_of: TimeOf, source: str
) -> list[positions.Event]:
    """What logs say of liquidity positions that are NFTs, in order. Raises as `logs_to_rows`."""
    return positions.events_of(logs, lambda log: _at(chain, log, time_of, source))


def receipt_of(
    chain: Chain,
    receipt: Mapping[str, Any],
    raw: int,
    source: str,
    *,
    value: int | None = None,
    time: int | None = None,
    internal: Sequence[Transfer] | None = None,
    gas_price: int | None = None,
    holders: Mapping[AssetId, Address] | None = None,
) -> Receipt:
    """An ``eth_getTransactionReceipt`` result with what else is known of the transaction.

    Args:
        chain: Where it happened.
        receipt: The JSON-RPC result.
        raw: Id of the stored answer.
        source: For error messages.
        value: Of the transaction, in base units; None leaves the native transfer out.
        time: Unix seconds of the block; without it the times in the logs are used, and failing those 0.
        internal: Transfers by calls inside it, settled; None when the source cannot tell.
        gas_price: For nodes whose receipts lack ``effectiveGasPrice``.
        holders: Of liquidity positions, where the logs do not tell (`positions.unclaimed`).

    The fee is among the transfers, as a FEE row. A failed transaction has nothing but that. Before Byzantium receipts
    had a ``root`` and no ``status``; such a transaction counts as done.

    Raises:
        Malformed: a mandatory field is missing.
    """
    tx = str(required(receipt, "transactionHash", source)).lower()
    height = hex_int(required(receipt, "blockNumber", source), source)
    tx_index = hex_int(required(receipt, "transactionIndex", source), source)
    sender = address_field(receipt, "from", source)
    ok = succeeded(receipt, source)
    fee = _fee(chain, receipt, gas_price, source)
    logs: Sequence[Mapping[str, Any]] = required(receipt, "logs", source)
    if time is None:
        time = time_told(logs, source)
    rows = logs_to_rows(chain, logs, time or 0, source)
    paid = Transfer(chain.id, tx, Position(height, tx_index, Kind.FEE, (0,)), time or 0, NATIVE, sender, FEE_SINK, fee)
    moved = [paid] if fee else []
    if ok and value:
        target = _target(receipt, source)
        at = Position(height, tx_index, Kind.NATIVE, (0,))
        moved.append(Transfer(chain.id, tx, at, time or 0, NATIVE, sender, target, value))
    if ok:
        liquidity = positions.told(position_events(chain, logs, time or 0, source), holders or {})
        moved += [*(internal or ()), *sorted([*rows.transfers, *liquidity], key=lambda row: row.position)]
    return Receipt(
        chain=chain.id,
        tx=tx,
        height=height,
        tx_index=tx_index,
        time=time,
        sender=sender,
        ok=ok,
        fee=fee,
        transfers=tuple(number_equal_rows(moved)),
        approvals=rows.approvals if ok else (),
        collectibles=rows.collectibles if ok else (),
        internals=internal is not None,
        raw=raw,
        marks=rows.marks if ok else (),
        target=address_field(receipt, "to", source) if receipt.get("to") else marks.NOBODY,
    )


def _rows_of(chain: Chain, log: Mapping[str, Any], time_of: TimeOf, source: str) -> Iterator[_Row]:
    topics = [str(topic).lower() for topic in required(log, "topics", source)]
    data = str(required(log, "data", source)).lower().removeprefix("0x")
    if not topics:
        return
    wraps = topics[0] not in (DEPOSIT, WITHDRAWAL) or str(required(log, "address", source)).lower() == chain.wrapped
    if topics[0] in _READERS and wraps:
        yield from _READERS[topics[0]](_at(chain, log, time_of, source), topics, data)
    elif (topics[0], len(topics)) in marks.rules():
        mark = marks.mark_of(address_field(log, "address", source), topics, data, log_position(log, source))
        if mark is not None:
            yield mark


def log_position(log: Mapping[str, Any], source: str) -> Position:
    """Where a log stands; always settled. Raises Malformed when it does not say."""
    height = hex_int(required(log, "blockNumber", source), source)
    tx_index = hex_int(required(log, "transactionIndex", source), source)
    return Position(height, tx_index, Kind.TOKEN, (hex_int(required(log, "logIndex", source), source),))


def _at(chain: Chain, log: Mapping[str, Any], time_of: TimeOf, source: str) -> Place:
    position = log_position(log, source)
    if time_of is None:
        time = log_time(log, source)
        if time is None:
            raise Malformed(source, "no blockTimestamp", log)
    else:
        time = time_of if isinstance(time_of, int) else time_of(position.height)
    return Place(
        chain.id,
        str(required(log, "transactionHash", source)).lower(),
        position,
        time,
        AssetId(address_field(log, "address", source)),
    )


def log_time(log: Mapping[str, Any], source: str) -> int | None:
    """The block's time in the log, where the node (``blockTimestamp``) or Etherscan (``timeStamp``) put it."""
    stamp = log.get("blockTimestamp", log.get("timeStamp"))
    return None if stamp is None else hex_int(stamp, source)


def time_told(logs: Sequence[Mapping[str, Any]], source: str) -> int | None:
    """The block's time as the first of these logs that carries it says, or None."""
    times = (log_time(log, source) for log in logs)
    return next((time for time in times if time is not None), None)


class _Wrap(NamedTuple):
    """A deposit or withdrawal of wrapped native coin, as the transfer it stands for."""

    row: Transfer


_Row = Transfer | Approval | Collectible | Mark | _Wrap
_Reader = Callable[[Place, list[str], str], Iterator[_Row]]


def _ends(words: Sequence[str]) -> tuple[Address, Address] | None:
    """Exactly two topics as addresses; None when they are anything else."""
    try:
        first, second = (evm_address.from_topic(word) for word in words)
    except ValueError:
        return None
    return first, second


def _words(data: str) -> list[int] | None:
    """Data as 32-byte words, or None when it is cut or no hex."""
    if len(data) % _WORD:
        return None
    try:
        return [int(data[start : start + _WORD], 16) for start in range(0, len(data), _WORD)]
    except ValueError:
        return None


def _read_transfer(at: Place, topics: list[str], data: str) -> Iterator[_Row]:
    ends = _ends(topics[1:3])
    words = _words(data)
    if ends is None or words is None:
        return
    if len(topics) == 4 and not words:
        token = _words(topics[3].removeprefix("0x"))
        if token:
            yield Collectible(*at, token[0], *ends, 1)
    elif len(topics) == 3 and len(words) == 1 and words[0]:
        yield Transfer(*at, *ends, words[0])


def _read_approval(at: Place, topics: list[str], data: str) -> Iterator[_Row]:
    ends = _ends(topics[1:])
    words = _words(data)
    if ends is not None and words is not None and len(words) == 1:
        everything = topics[0] == APPROVAL_FOR_ALL and words[0] != 0
        yield Approval(*at, *ends, None if everything else words[0])


def _read_single(at: Place, topics: list[str], data: str) -> Iterator[_Row]:
    ends = _ends(topics[2:])
    words = _words(data)
    if ends is not None and words is not None and len(words) == 2 and words[1]:
        yield Collectible(*at, words[0], *ends, words[1])


def _read_batch(at: Place, topics: list[str], data: str) -> Iterator[_Row]:
    ends = _ends(topics[2:])
    words = _words(data)
    if ends is None or words is None or len(words) < 4:
        return
    ids, amounts = _array(words, words[0]), _array(words, words[1])
    if ids is None or amounts is None or len(ids) != len(amounts):
        return
    for nth, (token, amount) in enumerate(zip(ids, amounts, strict=True)):
        if amount:
            place = at.position._replace(index=(*at.position.index, nth))
            yield Collectible(*at._replace(position=place), token, *ends, amount)


def _array(words: list[int], offset: int) -> list[int] | None:
    """The dynamic array at a byte offset of ABI data; None when it does not lie within the data."""
    start, rest = divmod(offset, 32)
    if rest or start >= len(words) or start + 1 + words[start] > len(words):
        return None
    return words[start + 1 : start + 1 + words[start]]


def _read_wrap(at: Place, topics: list[str], data: str) -> Iterator[_Row]:
    ends = _ends([ZERO_TOPIC, *topics[1:]])
    words = _words(data)
    if ends is not None and words is not None and len(words) == 1 and words[0]:
        sender, receiver = ends if topics[0] == DEPOSIT else reversed(ends)
        yield _Wrap(Transfer(*at, sender, receiver, words[0]))


_READERS: Mapping[str, _Reader] = {
    TRANSFER: _read_transfer,
    APPROVAL: _read_approval,
    APPROVAL_FOR_ALL: _read_approval,
    TRANSFER_SINGLE: _read_single,
    TRANSFER_BATCH: _read_batch,
    DEPOSIT: _read_wrap,
    WITHDRAWAL: _read_wrap,
}


def _unsaid(wraps: list[_Wrap], transfers: list[Transfer]) -> list[Transfer]:
    """The wraps that no Transfer log of the same transaction, ends and amount tells as well."""
    said = Counter(row.identity for row in transfers)
    unsaid = []
    for wrap in wraps:
        if said[wrap.row.identity]:
            said[wrap.row.identity] -= 1
        else:
            unsaid.append(wrap.row)
    return unsaid


def succeeded(receipt: Mapping[str, Any], source: str) -> bool:
    """Whether a transaction did what it was to do. Raises Malformed when its receipt does not say."""
    if receipt.get("status") is None and receipt.get("root"):
        return True
    return hex_int(required(receipt, "status", source), source) == 1


def _fee(chain: Chain, receipt: Mapping[str, Any], gas_price: int | None, source: str) -> int:
    price = receipt.get("effectiveGasPrice")
    if price is None and gas_price is None:
        raise Malformed(source, "no effectiveGasPrice", receipt)
    paid = hex_int(required(receipt, "gasUsed", source), source) * hex_int(
        gas_price if price is None else price, source
    )
    if chain.l1_fee and hex_int(receipt.get("type") or 0, source) != _DEPOSIT_TYPE:
        # Deposits from layer 1 paid there; their receipts carry no second fee.
        paid += hex_int(required(receipt, "l1Fee", source), source)
    return paid


def _target(receipt: Mapping[str, Any], source: str) -> Address:
    return address_field(receipt, "to" if receipt.get("to") else "contractAddress", source)
