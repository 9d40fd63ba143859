"""Rows of TronGrid and of the TRON node, field by field as recorded; ids are bare hex, amounts of calls are numbers.

A ledger of an EVM node is shown as if it were TRON: base units stay what they are (one wei as one sun), gas burnt is
the fee, and an address keeps its 20 bytes behind 0x41.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from tests.lab.ledger import APPROVAL, Call, Ledger, Log, Move, Token, Tx, digest, number_of, tron_hex, tron_text

TYPE_URL = "type.googleapis.com/protocol."
REFERENCE = "4330112818ce13e6"
FEE_LIMIT = 1_000_000_000
WITNESS = "41beab998551416b02f6721129bb01b51fceceba08"
VERSION = 32


def permission(who: str) -> dict[str, Any]:
    """The owner permission of an ordinary account."""
    return {"keys": [{"address": tron_text(who), "weight": 1}], "threshold": 1, "permission_name": "owner"}


def bare(text: str) -> str:
    """Hex as TRON writes it."""
    return text.removeprefix("0x")


def log_moves(ledger: Ledger, who: str, contract: str) -> Sequence[Move]:
    """Fungible movements of an address in one token or all, with its approvals as rows of token_id -1."""
    only = getattr(ledger, "usdt", None)
    moves = ledger.moves(who)
    if isinstance(only, Token) and contract in ("", only.contract) and who != only.contract:
        return moves
    rows = [move for move in moves if who in (move.sender, move.receiver)]
    approvals = [_approval(log) for tx in ledger.transactions(who) for log in ledger.logs_in(tx.hash) if _approves(log)]
    rows += [row for row in approvals if who in (row.sender, row.receiver)]
    rows = [row for row in rows if contract in ("", row.token) and row.token_id in (None, -1)]
    return sorted(rows, key=lambda row: (number_of(row), row.log_index))


def _approves(log: Log) -> bool:
    return len(log.topics) == 3 and log.topics[0] == APPROVAL


def _approval(log: Log) -> Move:
    owner, spender = ("0x" + topic[-40:] for topic in log.topics[1:3])
    return Move(
        log.tx, log.block, log.tx_index, log.time, log.log_index, log.address, owner, spender, int(log.data, 16), -1
    )


def move_row(ledger: Ledger, move: Move) -> dict[str, Any]:
    """A row of /transactions/trc20: no block number, no event index."""
    token = ledger.token(move.token)
    info: dict[str, Any] = {}
    if token is not None:
        info = {
            "symbol": token.symbol,
            "address": tron_text(move.token),
            "decimals": token.decimals,
            "name": token.name,
        }
    return {
        "transaction_id": txid(ledger, move.tx),
        "token_info": info,
        "block_timestamp": move.time * 1000,
        "from": tron_text(move.sender),
        "to": tron_text(move.receiver),
        "type": "Approval" if move.token_id == -1 else "Transfer",
        "value": str(move.amount),
    }


def _fee(tx: Tx) -> int:
    return tx.gas_used * tx.gas_price


def _contract(ledger: Ledger, tx: Tx, *, visible: bool) -> dict[str, Any]:
    special = _special(ledger, tx)
    if special is not None:
        return {"parameter": {"value": dict(special.value), "type_url": TYPE_URL + special.type}, "type": special.type}
    spell = tron_text if visible else tron_hex
    value: dict[str, Any] = {"owner_address": spell(tx.sender)}
    if tx.created:
        kind = "CreateSmartContract"
        value["new_contract"] = {"origin_address": spell(tx.sender), "bytecode": bare(tx.input)}
        value["new_contract"] |= {"call_value": tx.value} if tx.value else {}
    elif ledger.is_contract(tx.to):
        kind = "TriggerSmartContract"
        value |= {"contract_address": spell(tx.to), "data": bare(tx.input)}
        value |= {"call_value": tx.value} if tx.value else {}
    else:
        kind = "TransferContract"
        value |= {"to_address": spell(tx.to), "amount": tx.value}
    return {"parameter": {"value": value, "type_url": TYPE_URL + kind}, "type": kind}


def txid(ledger: Ledger, tx: str) -> str:
    """The id of a transaction, given its hash in the ledger: of a TRON ledger's own that, else of its TRON bytes."""
    found = ledger.transaction(tx)
    return bare(tx) if ledger.family == "tron" or found is None else raw_of(ledger, found).txid


def raw_of(ledger: Ledger, tx: Tx) -> Raw:
    """A transaction's own bytes. Several may be alike but for their time and place, so these are made to tell."""
    contract = not tx.created and ledger.is_contract(tx.to)
    return raw_bytes(_sent(ledger, tx), contract=contract, special=_special(ledger, tx))


def _sent(ledger: Ledger, tx: Tx) -> Tx:
    """A transaction as it was signed: one that a ledger may put into another block keeps its bytes."""
    sent: Callable[[str], Tx] | None = getattr(ledger, "sent", None)
    return tx if sent is None else sent(tx.hash)


def _special(ledger: Ledger, tx: Tx) -> Special | None:
    special: Callable[[str], Special | None] | None = getattr(ledger, "special", None)
    return None if special is None else special(tx.hash)


class Special(NamedTuple):
    """A contract that neither pays nor calls: name and number of its kind, its record, and itself as protobuf."""

    type: str
    number: int
    value: Mapping[str, Any]
    data: bytes

    def __hash__(self) -> int:
        return hash(self.data)


class Raw(NamedTuple):
    """``raw_data`` of a transaction as protobuf, and its id."""

    data: bytes
    txid: str


@lru_cache(maxsize=200_000)
def raw_bytes(tx: Tx, *, contract: bool, special: Special | None = None) -> Raw:
    """The bytes of a transaction as it was signed, and its id."""
    kind, number, value = _value_bytes(tx, contract=contract)
    if special is not None:
        kind, number, value = special.type, special.number, special.data
    parameter = delimited(1, (TYPE_URL + kind).encode()) + delimited(2, value)
    data = b"".join(
        (
            delimited(1, tx.block.to_bytes(8, "big")[-2:]),
            delimited(4, bytes.fromhex(REFERENCE)),
            numbered(8, _expiration(tx)),
            delimited(11, numbered(1, number) + delimited(2, parameter)),
            numbered(14, tx.time * 1000 - 2_000),
            numbered(18, FEE_LIMIT),
        )
    )
    return Raw(data, sha256(data).hexdigest())


def _value_bytes(tx: Tx, *, contract: bool) -> tuple[str, int, bytes]:
    """Name and number of a contract's kind, and the contract itself."""
    owner = delimited(1, bytes.fromhex(tron_hex(tx.sender)))
    if tx.created:
        made = delimited(1, bytes.fromhex(tron_hex(tx.sender))) + delimited(4, bytes.fromhex(bare(tx.input)))
        return "CreateSmartContract", 30, owner + delimited(2, made + numbered(5, tx.value))
    called = owner + delimited(2, bytes.fromhex(tron_hex(tx.to))) + numbered(3, tx.value)
    if contract:
        return "TriggerSmartContract", 31, called + delimited(4, bytes.fromhex(bare(tx.input)))
    return "TransferContract", 1, called


def _expiration(tx: Tx) -> int:
    return tx.time * 1000 + 57_000 + tx.tx_index


def numbered(field: int, number: int) -> bytes:
    """A number of a protobuf message; nil is not written."""
    return _varint(field << 3) + _varint(number) if number else b""


def delimited(field: int, data: bytes) -> bytes:
    """Bytes, or a message, within a protobuf message."""
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _varint(number: int) -> bytes:
    low = bytes([number & 127 | 128 * (number > 127)])
    return low + _varint(number >> 7) if number > 127 else low


def _kept(ledger: Ledger, tx: Tx) -> bytes:
    """A transaction as its block keeps it: with its signature and how it ended."""
    ended = numbered(3, 1 if tx.ok else 2)
    return delimited(1, raw_of(ledger, tx).data) + delimited(2, bytes.fromhex(_signature(tx))) + delimited(5, ended)


def _signature(tx: Tx) -> str:
    return digest(tx.hash + "|r") + digest(tx.hash + "|s") + "00"


def plain_tx(ledger: Ledger, tx: Tx, *, visible: bool = False) -> dict[str, Any]:
    """A transaction as gettransactionbyid and blocks show it."""
    sent = _sent(ledger, tx)
    return {
        "ret": [{"contractRet": "SUCCESS" if tx.ok else "REVERT"}],
        "signature": [_signature(tx)],
        "txID": txid(ledger, tx.hash),
        "raw_data": {
            "contract": [_contract(ledger, tx, visible=visible)],
            "ref_block_bytes": sent.block.to_bytes(8, "big")[-2:].hex(),
            "ref_block_hash": REFERENCE,
            "expiration": _expiration(sent),
            "timestamp": sent.time * 1000 - 2_000,
            "fee_limit": FEE_LIMIT,
        },
        "raw_data_hex": raw_of(ledger, tx).data.hex(),
    }


def details_row(ledger: Ledger, tx: Tx) -> dict[str, Any]:
    """A row of /v1/accounts/{a}/transactions."""
    row = plain_tx(ledger, tx)
    row["ret"] = [{"contractRet": "SUCCESS" if tx.ok else "REVERT", "fee": _fee(tx)}]
    calls = [_internal(call) for call in ledger.calls_in(tx.hash)]
    return {
        **row,
        "net_usage": 0,
        "net_fee": 0,
        "energy_usage": 0,
        "energy_fee": _fee(tx),
        "energy_usage_total": tx.gas_used,
        "blockNumber": tx.block,
        "block_timestamp": tx.time * 1000,
        "internal_transactions": calls,
    }


def _internal(call: Call) -> dict[str, Any]:
    row: dict[str, Any] = {
        "hash": _internal_id(call),
        "caller_address": tron_hex(call.sender),
        "transferTo_address": tron_hex(call.receiver),
        "callValueInfo": [{"callValue": call.amount} if call.amount else {}],
        "note": _note(call),
    }
    return row if call.ok else {**row, "rejected": True}


def _internal_id(call: Call) -> str:
    return digest(f"{call.tx}|{call.path}")


def _note(call: Call) -> str:
    return {"create": "create", "create2": "create", "selfdestruct": "suicide"}.get(call.kind, "call").encode().hex()


def call_row(ledger: Ledger, call: Call) -> dict[str, Any]:
    """An internal transaction as the v1 lists show it."""
    return {
        "internal_tx_id": _internal_id(call),
        "tx_id": txid(ledger, call.tx),
        "block_timestamp": call.time * 1000,
        "from_address": tron_hex(call.sender),
        "to_address": tron_hex(call.receiver),
        "data": {"note": _note(call), "rejected": not call.ok, "call_value": {"_": call.amount}},
    }


def block_row(ledger: Ledger, number: int) -> dict[str, Any]:
    """A block of the node API; ``transactions`` is absent when there are none."""
    txs = ledger.block_transactions(number)
    root = _root([sha256(_kept(ledger, tx)).digest() for tx in txs])
    header = {
        "number": number,
        "txTrieRoot": root.hex(),
        "witness_address": _witness(ledger, number),
        "parentHash": _before(ledger, number - 1) if number else "0" * 64,
        "version": VERSION,
        "timestamp": ledger.time_of(number) * 1000,
    }
    signed = {"raw_data": header, "witness_signature": digest(f"witness|{number}") * 2 + "00"}
    row: dict[str, Any] = {"blockID": _id_of(header), "block_header": signed}
    return {**row, "transactions": [plain_tx(ledger, tx) for tx in txs]} if txs else row


def _id_of(header: Mapping[str, Any]) -> str:
    """A block id: eight bytes of number, then the rest of the hash of its header, as protobuf."""
    data = b"".join(
        (
            numbered(1, header["timestamp"]),
            delimited(2, bytes.fromhex(header["txTrieRoot"])),
            delimited(3, bytes.fromhex(header["parentHash"])),
            numbered(7, header["number"]),
            delimited(9, bytes.fromhex(header["witness_address"])),
            numbered(10, VERSION),
        )
    )
    return f"{header['number']:016x}" + sha256(data).hexdigest()[16:]


def _witness(ledger: Ledger, number: int) -> str:
    told = getattr(ledger, "witness", None)
    return WITNESS if told is None else str(told(number))


def _root(row: list[bytes]) -> bytes:
    """The Merkle root; a node without a neighbour goes up as it is."""
    while len(row) > 1:
        row = [
            sha256(b"".join(row[at : at + 2])).digest() if row[at + 1 :] else row[at] for at in range(0, len(row), 2)
        ]
    return row[0] if row else bytes(32)


def _before(ledger: Ledger, number: int) -> str:
    """What a block names as the one before it: the ledger's hash, as its own would take all blocks before it."""
    return f"{number:016x}" + bare(ledger.block_hash(number))[16:]


def info_row(ledger: Ledger, tx: Tx) -> dict[str, Any]:
    """What gettransactioninfobyid tells; ``result`` only when it failed."""
    row: dict[str, Any] = {"id": txid(ledger, tx.hash), "blockNumber": tx.block, "blockTimeStamp": tx.time * 1000}
    if _fee(tx):
        row["fee"] = _fee(tx)
    row["contractResult"] = [""]
    row["receipt"] = {"net_usage": 268}
    if tx.created or ledger.is_contract(tx.to):
        row["contract_address"] = tron_hex(tx.created or tx.to)
        row["receipt"] = {"energy_usage_total": tx.gas_used, "net_usage": 345}
        row["receipt"] |= {"energy_fee": _fee(tx)} if _fee(tx) else {}
        row["receipt"]["result"] = "SUCCESS" if tx.ok else "REVERT"
    logs = [_log(log) for log in ledger.logs_in(tx.hash)]
    calls = [_internal(call) for call in ledger.calls_in(tx.hash)]
    row |= {"log": logs} if logs else {}
    row |= {"internal_transactions": calls} if calls else {}
    return row if tx.ok else {**row, "result": "FAILED", "resMessage": b"REVERT opcode executed".hex()}


def _log(log: Log) -> dict[str, Any]:
    topics = [bare(topic) for topic in log.topics]
    row: dict[str, Any] = {"address": tron_hex(log.address)[2:], "topics": topics}
    return {**row, "data": bare(log.data)} if bare(log.data) else row


def permission_contract(owner: str, keys: Sequence[str], actives: Sequence[str]) -> Special:
    """AccountPermissionUpdateContract, as record and as protobuf."""

    def told(name: str, who: Sequence[str], **more: Any) -> dict[str, Any]:
        listed = [{"address": tron_hex(one), "weight": 1} for one in who]
        return {**more, "permission_name": name, "threshold": 1, "keys": listed}

    def packed(name: str, number: int, who: Sequence[str]) -> bytes:
        listed = b"".join(delimited(7, delimited(1, bytes.fromhex(tron_hex(one))) + numbered(2, 1)) for one in who)
        return numbered(2, number) + delimited(3, name.encode()) + numbered(4, 1) + listed

    value: Mapping[str, Any] = {
        "owner_address": tron_hex(owner),
        "owner": told("owner", keys),
        "actives": [told("active", actives, type="Active", operations="7fff1fc0033efb0f" + "0" * 48)],
    }
    data = delimited(1, bytes.fromhex(tron_hex(owner))) + delimited(2, packed("owner", 0, keys))
    return Special("AccountPermissionUpdateContract", 46, value, data + delimited(4, packed("active", 2, actives)))
