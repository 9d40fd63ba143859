"""Etherscan V2, and the two explorers that speak its language differently: Routescan and Blockscout.

Envelopes, error texts, caps and field order follow recorded answers; every scalar of a list row is a string. What
differs between the three is in one `Flavour` each.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tests.lab.desk import COMMON_TROUBLES, Dialect, Faults, Reply, Request, StandIn, reply
from tests.lab.etherscan_rows import CALL_ROWS, MOVE_ROWS, TX_ROWS, Shown
from tests.lab.ledger import Ledger, Refused, RpcError, number_of
from tests.lab.rpc_view import candidates, log_json

WINDOW = 10_000
WINDOW_TEXT = "Result window is too large, PageNo x Offset size must be less than or equal to 10000"
NO_CHAIN = (
    "Missing or unsupported chainid parameter (required for v2 api), please see "
    "https://api.etherscan.io/v2/chainlist for the list of supported chainids"
)
TOPIC_PAIRS = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))


class Flavour(NamedTuple):
    """What one Etherscan-like explorer does its own way. ``empty``: (status, message) by action."""

    name: str
    sort: str
    page_cap: int
    empty: Mapping[str, tuple[str, str]]
    logs_paged: bool


def etherscan_flavour(page_cap: int) -> Flavour:
    """Etherscan's own ways."""
    none = ("0", "No transactions found")
    empty = {"txlist": none, "txlistinternal": none, "tokentx": none, "tokennfttx": none}
    return Flavour("etherscan", "asc", page_cap, {**empty, "getLogs": ("0", "No records found")}, logs_paged=True)


ROUTESCAN = Flavour(
    "routescan", "asc", 5_000,
    {
        "txlist": ("1", "OK"), "tokentx": ("1", "OK"), "tokennfttx": ("1", "OK"),
        "txlistinternal": ("0", "No transactions found"), "getLogs": ("0", "No records found"),
    },
    logs_paged=True,
)  # fmt: skip
BLOCKSCOUT = Flavour(
    "blockscout", "desc", 10_000,
    {
        "txlist": ("0", "No transactions found"), "tokentx": ("0", "No token transfers found"),
        "tokennfttx": ("0", "No token transfers found"), "txlistinternal": ("0", "No internal transactions found"),
        "getLogs": ("0", "No logs found"),
    },
    logs_paged=False,
)  # fmt: skip


class Problem(Exception):
    """An answer of status 0: message and result."""

    def __init__(self, result: Any, message: str = "NOTOK") -> None:
        super().__init__(str(result))
        self.message, self.result = message, result


class Explorer:
    """Answers one Etherscan-like request from a ledger."""

    def __init__(self, ledger: Ledger, flavour: Flavour, *, internals: bool = True) -> None:
        self.ledger, self.flavour, self.internals = ledger, flavour, internals
        self._head = 0

    def answer(self, request: Request) -> Reply:
        """The whole answer, errors included."""
        asked = {name.lower(): value for name, value in request.params.items()}
        module, action = asked.get("module", ""), asked.get("action", "")
        self._head = self.ledger.head()
        try:
            if module == "proxy":
                return self._proxy(action, request.params)
            handler = HANDLERS.get((module, action), Explorer.unknown)
            return self._envelope("1", "OK", handler(self, action, asked, request.skip))
        except Problem as problem:
            return self._envelope("0", problem.message, problem.result)
        except Refused as refused:
            return self._envelope("0", "NOTOK", str(refused))
        except _Empty as empty:
            return self._envelope(*self.flavour.empty[empty.action], [])

    def _envelope(self, status: str, message: str, result: Any) -> Reply:
        if self.flavour.name == "blockscout":
            return reply({"message": message, "result": result, "status": status})
        return reply({"status": status, "message": message, "result": result})

    def history(self, action: str, asked: Mapping[str, str], skip: int) -> list[dict[str, str]]:
        """Rows of txlist, txlistinternal, tokentx or tokennfttx."""
        if action == "txlistinternal" and not self.internals:
            raise Problem("Error! Missing Or invalid Action name")
        if "txhash" in asked and action == "txlistinternal":
            return self._calls_of(asked["txhash"].lower())
        rows = self._rows(action, asked)
        low = _int(asked.get("startblock", "0"), 0)
        high = _int(asked.get("endblock", "latest"), self._head)
        start, end = bisect_left(rows, low, key=number_of), bisect_right(rows, high, key=number_of)
        page, offset = _int(asked.get("page", "1"), 1), _int(asked.get("offset", "0"), 0)
        if page * offset > WINDOW:
            raise Problem(None, WINDOW_TEXT)
        size = min(offset or self.flavour.page_cap, self.flavour.page_cap)
        first = (page - 1 + skip) * size
        if asked.get("sort", self.flavour.sort).lower() == "desc":
            last = end - first
            chosen = list(rows[max(last - size, start) : max(last, start)])[::-1]
        else:
            chosen = list(rows[start + first : min(start + first + size, end)])
        if not chosen:
            raise _Empty(action)
        shown = Shown(self.ledger, self._head)
        shows = SHOWS.get(action, MOVE_ROWS)
        return [shows[self.flavour.name](shown, row) for row in chosen]

    def _rows(self, action: str, asked: Mapping[str, str]) -> Sequence[Any]:
        address, contract = asked.get("address", "").lower(), asked.get("contractaddress", "").lower()
        for text in filter(None, (address, contract)):
            _check(text)
        if not address and not (contract and action.startswith("token")):
            raise Problem("Error! Missing address")
        if action == "txlist":
            return self.ledger.transactions(address)
        if action == "txlistinternal":
            return self.ledger.calls(address)
        nft = action == "tokennfttx"
        moves = self.ledger.moves(address or contract)
        only = getattr(self.ledger, "usdt", None)
        if only is not None and not nft and contract in ("", only.contract) and address != only.contract:
            return moves  # a served case has one token: no need to look at 150,000 rows
        return [
            move
            for move in moves
            if (move.token_id is not None) == nft
            and contract in ("", move.token)
            and address in ("", move.sender, move.receiver)
        ]

    def _calls_of(self, tx: str) -> list[dict[str, str]]:
        calls = self.ledger.calls_in(tx)
        if not calls:
            raise _Empty("txlistinternal")
        shown = Shown(self.ledger, self._head)
        rows = [CALL_ROWS[self.flavour.name](shown, call) for call in calls]
        if self.flavour.name == "blockscout":
            return rows
        return [{name: value for name, value in row.items() if name not in ("hash", "traceId")} for row in rows]

    def unknown(self, action: str, asked: Mapping[str, str], skip: int) -> Any:
        """The answer to every other action."""
        raise Problem("Error! Missing Or invalid Action name")

    def balance(self, action: str, asked: Mapping[str, str], skip: int) -> Any:
        """Results of balance, balancemulti and tokenbalance."""
        token = asked.get("contractaddress", "").lower() if action == "tokenbalance" else ""
        addresses = asked.get("address", "").lower().split(",")
        for address in (*addresses, *filter(None, [token])):
            _check(address)
        tag = asked.get("tag", "latest")
        at = None if tag == "latest" else int(tag, 16)
        if action != "balancemulti":
            return str(self.ledger.balance(addresses[0], token, at))
        if len(addresses) > 20:
            raise Problem("Error! Maximum 20 addresses")
        return [{"account": who, "balance": str(self.ledger.balance(who, "", at))} for who in addresses]

    def block_by_time(self, action: str, asked: Mapping[str, str], skip: int) -> Any:
        """Result of getblocknobytime."""
        text = asked.get("timestamp", "")
        if not text.isdigit():
            raise Problem("Error! Invalid timestamp")
        if int(text) > self.ledger.time_of(self._head):
            raise Problem("Error! Block timestamp too far in the future")
        found = self.ledger.block_at(int(text))
        if asked.get("closest", "before") == "after":
            first = -1 if found is None else found
            exact = found is not None and self.ledger.time_of(found) == int(text)
            found = first if exact else first + 1
        if found is None:
            raise Problem("Error! No closest block found")
        return {"blockNumber": str(found)} if self.flavour.name == "blockscout" else str(found)

    def logs(self, action: str, asked: Mapping[str, str], skip: int) -> Any:
        """Result of getLogs; topics are joined by *and* only, which must be said."""
        topics = [asked.get(f"topic{place}") for place in range(4)]
        for one, two in TOPIC_PAIRS:
            if topics[one] and topics[two] and asked.get(f"topic{one}_{two}_opr") != "and":
                raise Problem(f"Error! Missing or invalid topic{one}_{two}_opr")
        contract = asked.get("address", "").lower()
        if not contract and not any(topics):
            raise Problem("Error! Missing address or topic")
        low = _int(asked.get("fromblock", "0"), 0)
        high = _int(asked.get("toblock", "latest"), self._head)
        found = candidates(self.ledger, low, high, contract, [(topic or "").lower() or None for topic in topics])
        page, offset = _int(asked.get("page", "1"), 1), min(_int(asked.get("offset", "1000"), 1000), 1000)
        if page * offset > WINDOW:
            raise Problem(None, WINDOW_TEXT)
        first = (page - 1 + skip) * offset if self.flavour.logs_paged else 0
        chosen = found[first : first + (offset if self.flavour.logs_paged else 1000)]
        if not chosen:
            raise _Empty("getLogs")
        return [self._log(log) for log in chosen]

    def _log(self, log: Any) -> dict[str, Any]:
        node = log_json(self.ledger, log)
        tx = self.ledger.transaction(log.tx)
        row = {name: node[name] for name in ("address", "topics", "data", "blockNumber", "blockHash")}
        if self.flavour.name == "blockscout":
            row["topics"] = [*row["topics"], None, None, None, None][:4]
        row |= {"timeStamp": hex(log.time), "gasPrice": _hex0(tx.gas_price if tx else 0)}
        row |= {"gasUsed": _hex0(tx.gas_used if tx else 0), "logIndex": _hex0(log.log_index)}
        return row | {"transactionHash": node["transactionHash"], "transactionIndex": _hex0(log.tx_index)}

    def _proxy(self, action: str, params: Mapping[str, str]) -> Reply:
        shape = PROXY.get(action)
        if shape is None or self.flavour.name == "blockscout":
            raise Problem("Error! Missing Or invalid Action name")
        call = {name: params[name] for name in ("to", "data", "from", "value") if name in params}
        values = {**params, "call": call}
        if action == "eth_getBlockByNumber" and params.get("boolean") not in ("true", "false"):
            return reply({"jsonrpc": "2.0", "id": 1, "error": {"code": -32700, "message": "parse error"}})
        try:
            result = self.ledger.rpc(action, [_typed(name, values[name]) for name in shape if name in values])
        except RpcError as error:
            return reply({"jsonrpc": "2.0", "id": 1, "error": {"code": error.code, "message": error.message}})
        return reply({"jsonrpc": "2.0", "id": 1, "result": result})


class _Empty(Exception):
    """A documented empty answer to this action."""

    def __init__(self, action: str) -> None:
        super().__init__(action)
        self.action = action


HANDLERS: Mapping[tuple[str, str], Callable[[Explorer, str, Mapping[str, str], int], Any]] = {
    **{("account", name): Explorer.history for name in ("txlist", "txlistinternal", "tokentx", "tokennfttx")},
    **{("account", name): Explorer.balance for name in ("balance", "balancemulti", "tokenbalance")},
    ("block", "getblocknobytime"): Explorer.block_by_time,
    ("logs", "getLogs"): Explorer.logs,
}
SHOWS: Mapping[str, Mapping[str, Any]] = {"txlist": TX_ROWS, "txlistinternal": CALL_ROWS}
PROXY = {
    "eth_blockNumber": (),
    "eth_getBlockByNumber": ("tag", "boolean"),
    "eth_getTransactionByHash": ("txhash",),
    "eth_getTransactionReceipt": ("txhash",),
    "eth_getCode": ("address", "tag"),
    "eth_call": ("call", "tag"),
}


def _typed(name: str, value: Any) -> Any:
    return value == "true" if name == "boolean" else value


def _int(text: str, default: int) -> int:
    return int(text) if text.isdigit() else default


def _hex0(number: int) -> str:
    """A number as getLogs writes it: zero is ``0x``."""
    return hex(number) if number else "0x"


def _check(address: str) -> None:
    if not re.fullmatch("0x[0-9a-f]{40}", address):
        raise Problem("Error! Invalid address format")


def _subject(request: Request) -> str:
    asked = {name.lower(): value.lower() for name, value in request.params.items()}
    if asked.get("module") not in ("account", "logs") or "balance" in asked.get("action", "") or "txhash" in asked:
        return ""
    who = asked.get("address", "") or asked.get("topic1", "") or asked.get("topic2", "")
    what = asked.get("contractaddress", "") or asked.get("topic0", "")
    return f"{asked.get('action', '')} {who} {what}".strip()


def _envelope_error(text: str, status: int = 200) -> Reply:
    return reply({"status": "0", "message": "NOTOK", "result": text}, status)


TIMEOUT_TEXT = "Query Timeout occured. Please select a smaller result dataset"
DIALECT = Dialect(
    subject=_subject,
    throttled=lambda rate: _envelope_error(f"Max calls per sec rate limit reached ({rate:g}/sec)"),
    troubles={
        **COMMON_TROUBLES,
        "429": _envelope_error("Max rate limit reached", 429),
        "busy": _envelope_error("Max calls per sec rate limit reached (3/sec)"),
        "timeout": reply({"status": "0", "message": TIMEOUT_TEXT, "result": None}),
    },
)


def etherscan_app(
    ledger: Ledger,
    chain_id: int = 1,
    *,
    page_cap: int = 1000,
    rate: float | None = None,
    faults: Faults | None = None,
    key: str | None = None,
    internals: bool = True,
) -> StandIn:
    """Etherscan V2 at ``/v2/api``. With ``key`` any other key is refused; without, any or none will do."""
    explorer = Explorer(ledger, etherscan_flavour(page_cap), internals=internals)

    def handle(request: Request) -> Reply:
        if request.path == "/v2/chainlist":
            row = {"chainname": "Lab", "chainid": str(chain_id), "blockexplorer": "", "apiurl": "", "status": 1}
            return reply({"comments": "", "totalcount": 1, "result": [row]})
        if request.path != "/v2/api":
            return Reply(404, b"404 page not found", "text/plain")
        if key is not None and request.params.get("apikey") != key:
            return _envelope_error("Invalid API Key" if request.params.get("apikey") else "Missing/Invalid API Key")
        if request.params.get("chainid") != str(chain_id):
            return _envelope_error(NO_CHAIN)
        return explorer.answer(request)

    return StandIn(handle, DIALECT, rate=rate, faults=faults)
