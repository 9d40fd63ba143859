"""JSON-RPC answers made from a ledger, for ledgers that have no node behind them.

Only what explorers proxy and public nodes are asked for; unknown methods get the node's own -32601.

Such a ledger may say more of its contracts in attributes of its own: ``answers`` (contract → call data or selector →
result, None where it refuses), ``codes`` (address → code) and ``events`` (logs besides its transfers).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from typing import Any

from tests.lab.ledger import CONTRACT_CODE, TRANSFER, Ledger, Log, RpcError, Tx, evm_text, number_of, spelled

BLOOM = "0x" + "0" * 512
CALLS = {"0x313ce567": "decimals", "0x95d89b41": "symbol", "0x06fdde03": "name"}


def answer(ledger: Ledger, method: str, params: list[Any]) -> Any:
    """The result of one call; raises `RpcError` as a node would."""
    handler = METHODS.get(method)
    if handler is None:
        raise RpcError(-32601, f"the method {method} does not exist/is not available")
    try:
        return handler(ledger, *params)
    except (TypeError, ValueError, IndexError, KeyError) as wrong:
        raise RpcError(-32602, f"invalid argument: {wrong}") from None


def block_number(ledger: Ledger, tag: str) -> int:
    """The block a tag or hex number stands for."""
    if tag in ("latest", "pending", "safe", "finalized"):
        return ledger.head()
    return 0 if tag == "earliest" else int(tag, 16)


def hashed(ledger: Ledger, tx: str) -> str:
    """A transaction hash as EVM APIs write it."""
    return tx if ledger.family == "evm" else "0x" + tx


def block_json(ledger: Ledger, number: int, *, full: bool) -> dict[str, Any] | None:
    """A block as ``eth_getBlockByNumber`` shows it; None past the head."""
    if not 0 <= number <= ledger.head():
        return None
    txs = ledger.block_transactions(number)
    return {
        "number": hex(number),
        "hash": ledger.block_hash(number),
        "parentHash": ledger.block_hash(number - 1) if number else "0x" + "0" * 64,
        "timestamp": hex(ledger.time_of(number)),
        "miner": "0x" + "0" * 40,
        "gasUsed": hex(sum(tx.gas_used for tx in txs)),
        "gasLimit": "0x1c9c380",
        "baseFeePerGas": "0x0",
        "logsBloom": BLOOM,
        "extraData": "0x",
        "transactions": [tx_json(ledger, tx) if full else hashed(ledger, tx.hash) for tx in txs],
        "uncles": [],
    }


def tx_json(ledger: Ledger, tx: Tx) -> dict[str, Any]:
    """A transaction as ``eth_getTransactionByHash`` shows it."""
    return {
        "blockHash": ledger.block_hash(tx.block),
        "blockNumber": hex(tx.block),
        "from": evm_text(tx.sender),
        "gas": hex(tx.gas),
        "gasPrice": hex(tx.gas_price),
        "hash": hashed(ledger, tx.hash),
        "input": tx.input,
        "nonce": hex(tx.nonce),
        "to": evm_text(tx.to) if tx.to else None,
        "transactionIndex": hex(tx.tx_index),
        "value": hex(tx.value),
        "type": "0x0",
        "chainId": hex(ledger.chain_id),
    }


def log_json(ledger: Ledger, log: Log) -> dict[str, Any]:
    """A log as ``eth_getLogs`` shows it."""
    return {
        "address": evm_text(log.address),
        "topics": list(log.topics),
        "data": log.data,
        "blockNumber": hex(log.block),
        "blockHash": ledger.block_hash(log.block),
        "transactionHash": hashed(ledger, log.tx),
        "transactionIndex": hex(log.tx_index),
        "logIndex": hex(log.log_index),
        "blockTimestamp": hex(log.time),
        "removed": False,
    }


def receipt_json(ledger: Ledger, tx: Tx) -> dict[str, Any]:
    """A receipt as ``eth_getTransactionReceipt`` shows it."""
    return {
        "blockHash": ledger.block_hash(tx.block),
        "blockNumber": hex(tx.block),
        "contractAddress": evm_text(tx.created) if tx.created else None,
        "cumulativeGasUsed": hex(tx.gas_used),
        "effectiveGasPrice": hex(tx.gas_price),
        "from": evm_text(tx.sender),
        "gasUsed": hex(tx.gas_used),
        "logs": [log_json(ledger, log) for log in ledger.logs_in(tx.hash)],
        "logsBloom": BLOOM,
        "status": "0x1" if tx.ok else "0x0",
        "to": evm_text(tx.to) if tx.to else None,
        "transactionHash": hashed(ledger, tx.hash),
        "transactionIndex": hex(tx.tx_index),
        "type": "0x0",
    }


def _block(ledger: Ledger, tag: str, full: bool = False) -> Any:
    return block_json(ledger, block_number(ledger, tag), full=full)


def _find(ledger: Ledger, tx: str) -> Tx | None:
    return ledger.transaction(tx.lower() if ledger.family == "evm" else tx.lower().removeprefix("0x"))


def _tx(ledger: Ledger, tx: str) -> Any:
    found = _find(ledger, tx)
    return tx_json(ledger, found) if found else None


def _receipt(ledger: Ledger, tx: str) -> Any:
    found = _find(ledger, tx)
    return receipt_json(ledger, found) if found else None


def _block_receipts(ledger: Ledger, tag: str) -> Any:
    return [receipt_json(ledger, tx) for tx in ledger.block_transactions(block_number(ledger, tag))]


def _code(ledger: Ledger, address: str, tag: str = "latest") -> str:
    who = spelled(ledger, address)
    codes: Mapping[str, str] = getattr(ledger, "codes", {})
    return codes.get(who, CONTRACT_CODE if ledger.is_contract(who) else "0x")


def _balance(ledger: Ledger, address: str, tag: str = "latest") -> str:
    return hex(ledger.balance(spelled(ledger, address), "", block_number(ledger, tag)))


def abi_string(text: str) -> str:
    """ABI encoding of one string result."""
    raw = text.encode()
    return f"0x{32:064x}{len(raw):064x}" + raw.hex().ljust((len(raw) + 31) // 32 * 64, "0")


def _call(ledger: Ledger, call: Mapping[str, str], tag: str = "latest") -> str:
    data = call.get("data") or call.get("input") or "0x"
    answers: Mapping[str, str | None] = getattr(ledger, "answers", {}).get(spelled(ledger, call["to"]), {})
    for question in (data, data[:10]):
        if question in answers:
            return _unless_refused(answers[question])
    token = ledger.token(spelled(ledger, call["to"]))
    if token is None:
        return "0x"
    if data.startswith("0x70a08231"):
        holder = spelled(ledger, "0x" + data[-40:])
        return f"0x{ledger.balance(holder, token.contract, block_number(ledger, tag)):064x}"
    if data == "0x313ce567":
        return f"0x{token.decimals:064x}"
    if data in CALLS:
        return abi_string(token.symbol if CALLS[data] == "symbol" else token.name)
    raise RpcError(3, "execution reverted")


def _unless_refused(answer: str | None) -> str:
    if answer is None:
        raise RpcError(3, "execution reverted")
    return answer


def wanted(log: Log, topics: list[Any]) -> bool:
    """Whether a log matches an ``eth_getLogs`` topic filter."""
    for place, topic in enumerate(topics):
        options = [topic] if isinstance(topic, str) else topic
        if options and (place >= len(log.topics) or log.topics[place] not in options):
            return False
    return True


def candidates(ledger: Ledger, low: int, high: int, contract: str, topics: list[Any]) -> list[Log]:
    """Matching logs of a block range, oldest first."""
    more = [log for log in getattr(ledger, "events", ()) if low <= log.block <= high and _fits(log, contract, topics)]
    return sorted([*_found(ledger, low, high, contract, topics), *more], key=lambda log: (log.block, log.log_index))


def _found(ledger: Ledger, low: int, high: int, contract: str, topics: list[Any]) -> list[Log]:
    """The ledger's own, found through the address index when an end of a transfer is asked for."""
    ends = [topic for topic in topics[1:3] if isinstance(topic, str)]
    moves = ledger.moves(spelled(ledger, "0x" + ends[0][-40:])) if ends else []
    # The index knows transfers only: a deposit of WETH9 is none, nor is what is logged of an NFT by its number.
    if not moves or (isinstance(topics[0], str) and topics[0] != TRANSFER):
        return [log for log in ledger.logs(low, high, contract) if wanted(log, topics)]
    some = moves[bisect_left(moves, low, key=number_of) : bisect_right(moves, high, key=number_of)]
    logs = [log for tx in dict.fromkeys(move.tx for move in some) for log in ledger.logs_in(tx)]
    return [log for log in logs if _fits(log, contract, topics)]


def _fits(log: Log, contract: str, topics: list[Any]) -> bool:
    return contract in ("", log.address) and wanted(log, topics)


def _logs(ledger: Ledger, query: Mapping[str, Any]) -> Any:
    low, high = (block_number(ledger, query.get(end, "latest")) for end in ("fromBlock", "toBlock"))
    address = query.get("address", "")
    contract = spelled(ledger, address if isinstance(address, str) else address[0]) if address else ""
    return [log_json(ledger, log) for log in candidates(ledger, low, high, contract, query.get("topics", []))]


METHODS: Mapping[str, Callable[..., Any]] = {
    "eth_blockNumber": lambda ledger: hex(ledger.head()),
    "eth_chainId": lambda ledger: hex(ledger.chain_id),
    "eth_getBlockByNumber": _block,
    "eth_getTransactionByHash": _tx,
    "eth_getTransactionReceipt": _receipt,
    "eth_getBlockReceipts": _block_receipts,
    "eth_getCode": _code,
    "eth_getBalance": _balance,
    "eth_call": _call,
    "eth_getLogs": _logs,
}
