"""Rows of the Etherscan-like explorers, field by field as recorded; every value is text."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.lab.ledger import Call, Ledger, Move, Tx


class Shown(NamedTuple):
    """What a row's looks depend on besides itself: the chain, and its height when asked."""

    ledger: Ledger
    head: int


def tx_row(shown: Shown, tx: Tx) -> dict[str, str]:
    """A row of txlist."""
    return {
        "blockNumber": str(tx.block), "timeStamp": str(tx.time), "hash": tx.hash, "nonce": str(tx.nonce),
        "blockHash": shown.ledger.block_hash(tx.block), "transactionIndex": str(tx.tx_index), "from": tx.sender,
        "to": tx.to, "value": str(tx.value), "gas": str(tx.gas), "gasPrice": str(tx.gas_price),
        "isError": "0" if tx.ok else "1", "txreceipt_status": "1" if tx.ok else "0", "input": tx.input,
        "contractAddress": tx.created, "cumulativeGasUsed": str(tx.gas_used), "gasUsed": str(tx.gas_used),
        "confirmations": str(shown.head - tx.block + 1), "methodId": tx.input[:10], "functionName": "",
    }  # fmt: skip


def blockscout_tx_row(shown: Shown, tx: Tx) -> dict[str, str]:
    """The same without the fields Blockscout lacks."""
    row = tx_row(shown, tx)
    return {name: row[name] for name in sorted(row) if name not in ("methodId", "functionName")}


def call_row(shown: Shown, call: Call) -> dict[str, str]:
    """A row of txlistinternal by address."""
    created = call.kind.startswith("create")
    return {
        "blockNumber": str(call.block), "timeStamp": str(call.time), "hash": call.tx, "from": call.sender,
        "to": "" if created else call.receiver, "value": str(call.amount),
        "contractAddress": call.receiver if created else "", "input": "", "type": _kind(call), "gas": "2300",
        "gasUsed": "0", "traceId": "_".join(map(str, call.path)), "isError": "0" if call.ok else "1",
        "errCode": "" if call.ok else "reverted",
    }  # fmt: skip


def blockscout_call_row(shown: Shown, call: Call) -> dict[str, str]:
    """Blockscout's txlistinternal: transactionHash, index and callType instead of hash and traceId."""
    row = call_row(shown, call)
    del row["hash"], row["traceId"]
    order = [inner.path for inner in shown.ledger.calls_in(call.tx)]
    plain = row["type"] == "call" or call.kind in ("delegatecall", "staticcall", "callcode")
    more = {"transactionHash": call.tx, "index": str(order.index(call.path) + 1)}
    more |= {"callType": call.kind, "type": "call"} if plain else {}
    return dict(sorted({**row, "input": "0x", **more}.items()))


def _kind(call: Call) -> str:
    return "suicide" if call.kind == "selfdestruct" else call.kind


def move_row(shown: Shown, move: Move) -> dict[str, str]:
    """A row of tokentx, or of tokennfttx when the move has a token id. No log index."""
    tx = shown.ledger.transaction(move.tx)
    token = shown.ledger.token(move.token)
    if tx is None or token is None:
        raise LookupError(f"the ledger lost {move}")
    nft = move.token_id is not None
    amount = {"tokenID": str(move.token_id)} if nft else {"value": str(move.amount)}
    return {
        "blockNumber": str(move.block), "timeStamp": str(move.time), "hash": move.tx, "nonce": str(tx.nonce),
        "blockHash": shown.ledger.block_hash(move.block), "from": move.sender, "contractAddress": move.token,
        "to": move.receiver, **amount, "tokenName": token.name, "tokenSymbol": token.symbol,
        "tokenDecimal": str(token.decimals), "transactionIndex": str(move.tx_index), "gas": str(tx.gas),
        "gasPrice": str(tx.gas_price), "gasUsed": str(tx.gas_used), "cumulativeGasUsed": str(tx.gas_used),
        "input": "deprecated", "methodId": tx.input[:10], "functionName": "",
        "confirmations": str(shown.head - move.block + 1),
    }  # fmt: skip


def blockscout_move_row(shown: Shown, move: Move) -> dict[str, str]:
    """Blockscout's tokentx, which does give the log index."""
    row = move_row(shown, move)
    del row["methodId"], row["functionName"]
    return {**row, "logIndex": str(move.log_index), "input": "0x"}


TX_ROWS: dict[str, Callable[[Shown, Tx], dict[str, str]]] = {
    "etherscan": tx_row, "routescan": tx_row, "blockscout": blockscout_tx_row,
}  # fmt: skip
CALL_ROWS: dict[str, Callable[[Shown, Call], dict[str, str]]] = {
    "etherscan": call_row, "routescan": call_row, "blockscout": blockscout_call_row,
}  # fmt: skip
MOVE_ROWS: dict[str, Callable[[Shown, Move], dict[str, str]]] = {
    "etherscan": move_row, "routescan": move_row, "blockscout": blockscout_move_row,
}  # fmt: skip
