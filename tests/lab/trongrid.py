"""TronGrid as a stand-in: the indexed ``/v1`` API, the node's ``/wallet`` and ``/walletsolidity``, and ``/jsonrpc``.

Limits follow live observations: at most 200 rows (more is a 400 with no body), paging by an opaque fingerprint that is
void when any other parameter changes, a full last page followed by an empty one, and a suspension after a refusal.
"""

from __future__ import annotations

import base64
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any
from urllib.parse import urlencode

from tests.lab.desk import COMMON_TROUBLES, Dialect, Faults, Reply, Request, StandIn, reply
from tests.lab.ledger import Call, Ledger, Log, Move, RpcError, Tx, digest, spelled, tron_hex, tron_text
from tests.lab.trongrid_blocks import account_row, json_rpc, one_block, permissions, some_blocks
from tests.lab.trongrid_contracts import (
    Answers,
    Lent,
    answer_of,
    event_logs,
    event_row,
    lent_row,
    selector_of,
    supports_of,
)
from tests.lab.trongrid_rows import (
    bare,
    block_row,
    call_row,
    details_row,
    info_row,
    log_moves,
    move_row,
    plain_tx,
    txid,
)


class _Bad(Exception):
    """A 400 in the v1 envelope."""


class Grid:
    """Answers one TronGrid request. ``lag`` blocks at the tip are not solidified yet; ``answers`` to constant calls.

    A ledger that grows has a ``lock``, and knows its ``solid`` block itself.
    """

    def __init__(self, ledger: Ledger, lag: int = 0, answers: Answers | None = None) -> None:
        self.ledger, self.lag, self.answers = ledger, lag, answers or {}
        self._newest = ""
        self._hashes: dict[str, str] = {}

    def answer(self, request: Request) -> Reply:
        """The whole answer, errors included."""
        with getattr(self.ledger, "lock", nullcontext()):
            return self._answer(request)

    def _answer(self, request: Request) -> Reply:
        self.ledger.head()
        parts = request.path.strip("/").split("/")
        if parts[0] == "v1":
            return self._v1(parts, request)
        if parts == ["jsonrpc"] and isinstance(request.body, dict | list):
            return reply(json_rpc(self.ledger, request.body, self.tip(solid=True)))
        handler = NODE.get(parts[-1]) if parts[0] in ("wallet", "walletsolidity") and len(parts) == 2 else None
        if handler is None or (parts[0] == "walletsolidity" and parts[-1] in ("getcontract", "getcontractinfo")):
            return reply({"Error": "this API is unavailable due to config"}, 404)
        body = request.body if isinstance(request.body, dict) else dict(request.params)
        try:
            return reply(handler(self, body, parts[0] == "walletsolidity"))
        except (KeyError, ValueError, TypeError) as wrong:
            return reply({"Error": f"class java.lang.NumberFormatException : {wrong}"})

    def tip(self, *, solid: bool) -> int:
        """Newest block, or newest solidified one."""
        head = self.ledger.head()
        return int(getattr(self.ledger, "solid", head - self.lag)) if solid else head

    def _v1(self, parts: list[str], request: Request) -> Reply:
        asked = {_snake(name): value for name, value in request.params.items()}
        if len(parts) < 3:
            return reply({"success": False, "error": "Not Found", "statusCode": 404}, 404)
        try:
            who = spelled(self.ledger, parts[2])
            if parts[1] == "accounts" and parts[3:] == []:
                return self._account(who, self.tip(solid=asked.get("only_confirmed") == "true"))
            rows = LISTS.get("/".join((parts[1], *parts[3:])))
            if rows is None:
                return reply({"success": False, "error": "Not Found", "statusCode": 404}, 404)
            if int(asked.get("limit", "20")) > 200:
                return Reply(400, b"")
            return self._page(rows(self, who, asked), asked, request)
        except (ValueError, _Bad) as wrong:
            return reply({"success": False, "error": str(wrong), "statusCode": 400}, 400)

    def _account(self, who: str, tip: int) -> Reply:
        held = {}
        for token in dict.fromkeys(move.token for move in self.ledger.moves(who) if move.token_id is None):
            amount = self.ledger.balance(who, token, tip)
            if amount:
                held[tron_text(token)] = str(amount)
        known = held or len(self.ledger.moves(who)) or len(self.ledger.transactions(who))
        row = {
            "address": tron_hex(who),
            "balance": self.ledger.balance(who, "", tip),
            "create_time": 1_529_891_469_000,
            **permissions(self.ledger, who, tip),
            "trc20": [{token: amount} for token, amount in held.items()],
        }
        data = [row] if known else []
        return reply({"data": data, "success": True, "meta": {"at": self._now(), "page_size": len(data)}})

    def _page(self, rows: _Rows, asked: Mapping[str, str], request: Request) -> Reply:
        limit = int(asked.get("limit", "20"))
        same = digest(json.dumps(sorted((name, value) for name, value in asked.items() if name != "fingerprint")))[:24]
        start = 0
        if "fingerprint" in asked:
            start = _opened(asked["fingerprint"], same)
        start += request.skip * limit
        chosen = rows.window(start, start + limit)
        meta: dict[str, Any] = {"at": self._now(), "page_size": len(chosen)}
        if len(chosen) == limit:
            meta["fingerprint"] = _sealed(same, start + limit)
            query = urlencode({**request.params, "fingerprint": meta["fingerprint"]})
            host = request.headers.get("host", "api.trongrid.io")
            meta["links"] = {"next": f"http://{host}{request.path}?{query}"}
        return reply({"data": chosen, "success": True, "meta": meta})

    def _now(self) -> int:
        return (self.ledger.time_of(self.ledger.head()) + 60) * 1000

    def transfers(self, who: str, asked: Mapping[str, str]) -> _Rows:
        """Rows of /transactions/trc20."""
        contract = spelled(self.ledger, asked["contract_address"]) if asked.get("contract_address") else ""
        return self._rows(log_moves(self.ledger, who, contract), who, asked, lambda row: move_row(self.ledger, row))

    def transactions(self, who: str, asked: Mapping[str, str]) -> _Rows:
        """Rows of /transactions: own transactions and, unless told otherwise, internal ones in their other shape."""
        rows: list[Tx | Call | Lent] = [*self.ledger.transactions(who), *supports_of(self.ledger, who)]
        if asked.get("search_internal", "true") == "true":
            rows += [call for call in self.ledger.calls(who) if _moves_value(call)]
        rows.sort(key=lambda row: (row.block, row.tx_index))
        return self._rows(rows, who, asked, self._either)

    def internals(self, who: str, asked: Mapping[str, str]) -> _Rows:
        """Rows of /internal-transactions."""
        calls = [call for call in self.ledger.calls(who) if _moves_value(call)]
        return self._rows(calls, who, asked, self._either)

    def events(self, who: str, asked: Mapping[str, str]) -> _Rows:
        """Rows of a contract's /events."""
        logs = event_logs(self.ledger, who, asked.get("event_name", ""))
        return self._rows(logs, who, asked, lambda log: event_row(self.ledger, log), "block_timestamp")

    def _either(self, row: Tx | Call | Lent) -> dict[str, Any]:
        if isinstance(row, Lent):
            return lent_row(row)
        return details_row(self.ledger, row) if isinstance(row, Tx) else call_row(self.ledger, row)

    def _rows(
        self,
        rows: Sequence[Any],
        who: str,
        asked: Mapping[str, str],
        show: Callable[[Any], dict[str, Any]],
        clock: str = "timestamp",
    ) -> _Rows:
        if asked.get("only_to") == "true":
            rows = [row for row in rows if (row.to if isinstance(row, Tx) else row.receiver) == who]
        if asked.get("only_from") == "true":
            rows = [row for row in rows if row.sender == who]
        low, high = int(asked.get(f"min_{clock}", "0")), int(asked.get(f"max_{clock}", str(1 << 62)))
        if asked.get("only_confirmed") == "true":
            high = min(high, self.ledger.time_of(self.tip(solid=True)) * 1000)
        start = bisect_left(rows, low, key=_ms)
        return _Rows(rows, start, bisect_right(rows, high, key=_ms), show, _ascending(asked))

    def now_block(self, body: Mapping[str, Any], solid: bool) -> Any:
        """Getnowblock."""
        return block_row(self.ledger, self.tip(solid=solid))

    def block(self, body: Mapping[str, Any], solid: bool) -> Any:
        """Getblockbynum."""
        number = int(body["num"])
        return block_row(self.ledger, number) if 0 <= number <= self.tip(solid=solid) else {}

    def by_id(self, body: Mapping[str, Any], solid: bool) -> Any:
        """Gettransactionbyid."""
        tx = self._tx(body, solid)
        return plain_tx(self.ledger, tx, visible=bool(body.get("visible"))) if tx else {}

    def info(self, body: Mapping[str, Any], solid: bool) -> Any:
        """Gettransactioninfobyid."""
        tx = self._tx(body, solid)
        return info_row(self.ledger, tx) if tx else {}

    def infos(self, body: Mapping[str, Any], solid: bool) -> Any:
        """Gettransactioninfobyblocknum."""
        number = int(body["num"])
        if not 0 <= number <= self.tip(solid=solid):
            return []
        return [info_row(self.ledger, tx) for tx in self.ledger.block_transactions(number)]

    def _tx(self, body: Mapping[str, Any], solid: bool) -> Tx | None:
        tx = self.ledger.transaction(self._hash_of(str(body["value"]).lower().removeprefix("0x")))
        return tx if tx and tx.block <= self.tip(solid=solid) else None

    def _hash_of(self, tx: str) -> str:
        """The ledger's hash of a transaction with this id."""
        if self.ledger.family == "tron":
            return tx
        head = self.ledger.head()
        if self._newest != self.ledger.block_hash(head):
            self._newest = self.ledger.block_hash(head)
            every = (one.hash for block in range(head + 1) for one in self.ledger.block_transactions(block))
            self._hashes = {txid(self.ledger, one): one for one in every}
        return self._hashes.get(tx, "")

    def contract(self, body: Mapping[str, Any], solid: bool) -> Any:
        """Getcontract."""
        who = spelled(self.ledger, body["value"])
        if not self.ledger.is_contract(who):
            return {}
        written = tron_text(who) if body.get("visible") else tron_hex(who)
        return {
            "contract_address": written,
            "bytecode": "60806040",
            "name": "Lab",
            "consume_user_resource_percent": 100,
        }

    def contract_info(self, body: Mapping[str, Any], solid: bool) -> Any:
        """Getcontractinfo."""
        contract = self.contract(body, solid)
        if not contract:
            return {}
        code = self.ledger.rpc("eth_getCode", ["0x" + tron_hex(body["value"])[2:], "latest"])
        return {"smart_contract": contract, "runtimecode": bare(code), "contract_state": {"update_cycle": 5432}}

    def constant(self, body: Mapping[str, Any], solid: bool) -> Any:
        """triggerconstantcontract: the table of answers, else any view function through the ledger's eth_call."""
        if "function_selector" in body:
            data = selector_of(str(body["function_selector"])) + str(body.get("parameter", ""))
        else:
            data = "0x" + bare(str(body["data"]))
        result = answer_of(self.answers, body["contract_address"], data)
        if result is None:
            call = {"to": "0x" + tron_hex(body["contract_address"])[2:], "data": data}
            try:
                newest = self.tip(solid=solid) == self.ledger.head()
                result = self.ledger.rpc("eth_call", [call, "latest" if newest else hex(self.tip(solid=solid))])
            except RpcError:
                result = ""
        if not result:
            text = b"REVERT opcode executed".hex()
            return {"result": {"result": True, "message": text}, "energy_used": 500, "constant_result": [""]}
        return {"result": {"result": True}, "energy_used": 935, "constant_result": [bare(result)]}

    def account(self, body: Mapping[str, Any], solid: bool) -> Any:
        """Getaccount."""
        return account_row(self.ledger, body, self.tip(solid=solid))

    def header(self, body: Mapping[str, Any], solid: bool) -> Any:
        """Getblock."""
        return one_block(self.ledger, body, self.tip(solid=solid))

    def blocks(self, body: Mapping[str, Any], solid: bool) -> Any:
        """Getblockbylimitnext."""
        return some_blocks(self.ledger, body, self.tip(solid=solid))


class _Rows:
    """A sorted slice of rows, shown in either direction only as far as a page needs."""

    def __init__(
        self, rows: Sequence[Any], start: int, end: int, show: Callable[[Any], dict[str, Any]], ascending: bool
    ) -> None:
        self._rows, self._start, self._end, self._show, self._ascending = rows, start, end, show, ascending

    def window(self, first: int, last: int) -> list[dict[str, Any]]:
        """Rows first..last in the asked order."""
        if self._ascending:
            chosen = self._rows[self._start + first : min(self._start + last, self._end)]
        else:
            chosen = self._rows[max(self._end - last, self._start) : max(self._end - first, self._start)][::-1]
        return [self._show(row) for row in chosen]


def _ascending(asked: Mapping[str, str]) -> bool:
    order = asked.get("order_by", "block_timestamp,desc").replace("%2C", ",")
    if order not in ("block_timestamp,asc", "block_timestamp,desc"):
        raise _Bad("Invalid query filter(s)!: [order_by is not valid]")
    return order.endswith("asc")


def _ms(row: Move | Tx | Call | Lent | Log) -> int:
    return row.time * 1000


def _moves_value(call: Call) -> bool:
    return call.kind not in ("delegatecall", "staticcall", "callcode")


def _snake(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)


def _sealed(same: str, place: int) -> str:
    return base64.urlsafe_b64encode(f"{same}|{place}".encode()).decode().rstrip("=")


def _opened(fingerprint: str, same: str) -> int:
    try:
        padded = fingerprint + "=" * (-len(fingerprint) % 4)
        seal, _, place = base64.urlsafe_b64decode(padded).decode().partition("|")
    except ValueError:
        seal, place = "", ""
    if seal != same:
        raise _Bad("Invalid query filter(s)!: [fingerprint does not match current set of params]")
    return int(place)


LISTS: Mapping[str, Callable[[Grid, str, Mapping[str, str]], _Rows]] = {
    "accounts/transactions": Grid.transactions,
    "accounts/transactions/trc20": Grid.transfers,
    "accounts/internal-transactions": Grid.internals,
    "contracts/events": Grid.events,
}
NODE: Mapping[str, Callable[[Grid, Mapping[str, Any], bool], Any]] = {
    "getnowblock": Grid.now_block,
    "getblock": Grid.header,
    "getblockbynum": Grid.block,
    "getblockbylimitnext": Grid.blocks,
    "gettransactionbyid": Grid.by_id,
    "gettransactioninfobyid": Grid.info,
    "gettransactioninfobyblocknum": Grid.infos,
    "getcontract": Grid.contract,
    "getcontractinfo": Grid.contract_info,
    "getaccount": Grid.account,
    "triggerconstantcontract": Grid.constant,
}


def _subject(request: Request) -> str:
    parts = request.path.strip("/").split("/")
    if parts[0] != "v1" or len(parts) < 4:
        return ""
    asked = {_snake(name): value for name, value in request.params.items()}
    only = asked.get("contract_address", asked.get("event_name", ""))
    return f"{'/'.join(parts[3:])} {parts[2]} {only}".strip()


def trongrid_app(
    ledger: Ledger,
    *,
    rate: float | None = None,
    faults: Faults | None = None,
    key: str | None = None,
    lag: int = 0,
    suspend: int = 5,
    answers: Answers | None = None,
) -> StandIn:
    """TronGrid. ``suspend``: seconds of silence after a refusal (live: 5 keyless, 30 with a key)."""
    grid = Grid(ledger, lag, answers)

    def handle(request: Request) -> Reply:
        if key is not None and request.headers.get("tron-pro-api-key", key) != key:
            return reply({"Success": False, "Error": "ApiKey not exists", "StatusCode": 401}, 401)
        return grid.answer(request)

    def refused(pace: float) -> Reply:
        text = f"The key exceeds the frequency limit({pace:g}), and the query server is suspended for {suspend}s"
        return reply({"Error": text}, 429)

    busy = f"request rate exceeded the allowed_rps({rate or 15:g}), and the query server is suspended for 1 s"
    troubles = {
        **COMMON_TROUBLES,
        "429": reply({"Error": busy}, 429),
        "403": reply({"Success": False, "Error": busy, "StatusCode": 403}, 403),
        "busy": reply({"Error": "class java.lang.IllegalAccessException : lack of computing resources"}),
    }
    return StandIn(handle, Dialect(_subject, refused, troubles, suspend=suspend), rate=rate, faults=faults)
