"""What the TronGrid stand-in tells of whole blocks: the node's lists of them, and the JSON-RPC beside the node API.

JSON-RPC limits and wording are java-tron's: 5,000 blocks, 1,000 words in a place, 10,000 logs, 100 calls together;
blocks that the node does not have are passed over in silence, and a log's index counts within its block.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tests.lab import rpc_view
from tests.lab.ledger import Ledger, RpcError, tron_hex, tron_text
from tests.lab.trongrid_rows import block_row, permission

MOST_BLOCKS: Final = 100
SPAN: Final = 5_000
WORDS: Final = 1_000
LOGS: Final = 10_000
TOGETHER: Final = 100
SOLID: Final = "finalized"


def one_block(ledger: Ledger, body: Mapping[str, Any], tip: int) -> Any:
    """Getblock: by number, or the newest; without ``detail`` only its header."""
    number = int(body.get("id_or_num", tip))
    if not 0 <= number <= tip:
        return {}
    row = block_row(ledger, number)
    return row if body.get("detail") else {name: row[name] for name in ("blockID", "block_header")}


def some_blocks(ledger: Ledger, body: Mapping[str, Any], tip: int) -> Any:
    """Getblockbylimitnext: up to and without ``endNum``; those that are not there yet are left out."""
    start, end = int(body["startNum"]), int(body["endNum"])
    if not 0 < end - start <= MOST_BLOCKS:
        return {}
    rows = [block_row(ledger, number) for number in range(start, min(end, tip + 1))]
    return {"block": rows} if rows else {}


def account_row(ledger: Ledger, body: Mapping[str, Any], tip: int) -> Any:
    """Getaccount, as it was at block ``tip``; empty for one that was never activated."""
    who = body["address"]
    named = tron_text(who) if ledger.family == "tron" else "0x" + tron_hex(who)[2:]
    visible = bool(body.get("visible"))
    written = tron_text(who) if visible else tron_hex(who)
    row = {"address": written, "balance": ledger.balance(named, "", tip), "create_time": 1_529_891_469_000}
    if not row["balance"] and not len(ledger.transactions(named)):
        return {}
    return {**row, **permissions(ledger, named, tip, visible=visible)}


def permissions(ledger: Ledger, who: str, tip: int, *, visible: bool = True) -> dict[str, Any]:
    """The permissions in an account record as of block ``tip``; a ledger that knows better has ``permission_of``."""
    told = getattr(ledger, "permission_of", None)
    if told is None:
        return {"owner_permission": permission(who)}
    spell = tron_text if visible else tron_hex
    owner, active = ([{"address": spell(key), "weight": 1} for key in keys] for keys in told(who, tip))
    return {
        "owner_permission": {"permission_name": "owner", "threshold": 1, "keys": owner},
        "active_permission": [
            {"type": "Active", "id": 2, "permission_name": "active", "threshold": 1, "keys": active},
        ],
    }


def json_rpc(ledger: Ledger, body: Any, solid: int) -> Any:
    """The answer of ``/jsonrpc`` to one call or to several."""
    if not isinstance(body, list):
        return _one(ledger, body, solid)
    if len(body) > TOGETHER:
        return _error(None, -32005, f"Batch size {len(body)} exceeds the limit of {TOGETHER}")
    return [_one(ledger, call, solid) for call in body]


def _one(ledger: Ledger, call: Mapping[str, Any], solid: int) -> dict[str, Any]:
    method: str = call["method"]
    params: list[Any] = [hex(solid) if one == SOLID else one for one in call.get("params", [])]
    try:
        result = _logs(ledger, params[0]) if method == "eth_getLogs" else rpc_view.answer(ledger, method, params)
    except RpcError as refused:
        return _error(call.get("id"), refused.code, refused.message)
    return {"jsonrpc": "2.0", "id": call.get("id"), "result": result}


def _logs(ledger: Ledger, query: Mapping[str, Any]) -> Any:
    low, high = (rpc_view.block_number(ledger, query.get(end, "latest")) for end in ("fromBlock", "toBlock"))
    if high - low > SPAN:
        raise RpcError(-32602, f"exceed max block range: {SPAN}")
    if any(isinstance(words, list) and len(words) > WORDS for words in query.get("topics", ())):
        raise RpcError(-32602, f"exceed max sub-topics: {WORDS}")
    found = rpc_view.answer(ledger, "eth_getLogs", [query])
    if len(found) > LOGS:
        raise RpcError(-32005, f"query returned more than {LOGS} results")
    return found


def _error(asked: Any, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": asked, "error": {"code": code, "message": message, "data": "{}"}}
