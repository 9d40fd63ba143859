"""Rows of TronGrid and of the TRON node, field by field as recorded; ids are bare hex, amounts of calls are numbers.

A ledger of an EVM node is shown as if it were TRON: base units stay what they are (one wei as one sun), gas burnt is
the fee, and an address keeps its 20 bytes behind 0x41.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.lab.ledger import APPROVAL, Call, Ledger, Log, Move, Tx, digest, number_of, tron_hex, tron_text

TYPE_URL = "type.googleapis.com/protocol."


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
    if only is not None and contract in ("", only.contract) and who != only.contract:
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
        "transaction_id": bare(move.tx),
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


def plain_tx(ledger: Ledger, tx: Tx, *, visible: bool = False) -> dict[str, Any]:
    """A transaction as gettransactionbyid and blocks show it."""
    return {
        "ret": [{"contractRet": "SUCCESS" if tx.ok else "REVERT"}],
        "signature": [digest(tx.hash + "|r") + digest(tx.hash + "|s") + "00"],
        "txID": bare(tx.hash),
        "raw_data": {
            "contract": [_contract(ledger, tx, visible=visible)],
            "ref_block_bytes": "b011",
            "ref_block_hash": "4330112818ce13e6",
            "expiration": tx.time * 1000 + 57_000,
            "timestamp": tx.time * 1000 - 2_000,
            "fee_limit": 1_000_000_000,
        },
        "raw_data_hex": "0a02b011",
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
        "tx_id": bare(call.tx),
        "block_timestamp": call.time * 1000,
        "from_address": tron_hex(call.sender),
        "to_address": tron_hex(call.receiver),
        "data": {"note": _note(call), "rejected": not call.ok, "call_value": {"_": call.amount}},
    }


def block_row(ledger: Ledger, number: int) -> dict[str, Any]:
    """A block of the node API; ``transactions`` is absent when there are none."""
    header = {
        "number": number,
        "txTrieRoot": digest(f"trie|{number}"),
        "witness_address": "41beab998551416b02f6721129bb01b51fceceba08",
        "parentHash": block_id(ledger, number - 1) if number else "0" * 64,
        "version": 32,
        "timestamp": ledger.time_of(number) * 1000,
    }
    row: dict[str, Any] = {"blockID": block_id(ledger, number), "block_header": {"raw_data": header}}
    row["block_header"]["witness_signature"] = digest(f"witness|{number}") * 2 + "00"
    txs = [plain_tx(ledger, tx) for tx in ledger.block_transactions(number)]
    return {**row, "transactions": txs} if txs else row


def block_id(ledger: Ledger, number: int) -> str:
    """A block id: eight bytes of number, then the hash."""
    return f"{number:016x}" + bare(ledger.block_hash(number))[16:]


def info_row(ledger: Ledger, tx: Tx) -> dict[str, Any]:
    """What gettransactioninfobyid tells; ``result`` only when it failed."""
    row: dict[str, Any] = {"id": bare(tx.hash), "blockNumber": tx.block, "blockTimeStamp": tx.time * 1000}
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
