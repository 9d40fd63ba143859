"""Routescan and Blockscout as stand-ins: Etherscan's language on other paths, with other caps and empties."""

from __future__ import annotations

from tests.lab.desk import Dialect, Faults, Reply, Request, StandIn, reply
from tests.lab.etherscan import BLOCKSCOUT, DIALECT, ROUTESCAN, Explorer
from tests.lab.ledger import Ledger, RpcError

TOO_MANY = "Too many requests. Increase limits now at https://dev.blockscout.com"


def routescan_app(
    ledger: Ledger, chain_id: int = 1, *, rate: float | None = None, faults: Faults | None = None
) -> StandIn:
    """Routescan at ``/v2/network/mainnet/evm/{chain}/etherscan/api``; no key, other chains are not supported."""
    explorer = Explorer(ledger, ROUTESCAN)

    def handle(request: Request) -> Reply:
        parts = request.path.strip("/").split("/")
        if parts[:4] != ["v2", "network", "mainnet", "evm"] or parts[5:] != ["etherscan", "api"]:
            return Reply(404, b"Not Found", "text/plain")
        if parts[4] != str(chain_id):
            return reply({"status": "0", "message": "chain not supported", "result": None})
        answer = explorer.answer(request)
        left = (("x-ratelimit-rpd-limit", "10000"), ("x-ratelimit-rpd-remaining", "9000"))
        return answer._replace(headers=left)

    return StandIn(handle, DIALECT, rate=rate, faults=faults)


def blockscout_app(
    ledger: Ledger,
    chain_id: int = 1,
    *,
    rate: float | None = None,
    faults: Faults | None = None,
    key: str | None = None,
    unprocessed: bool = False,
) -> StandIn:
    """Blockscout: an instance at ``/api``, the gateway at ``/v2/api?chain_id=`` and ``/{chain}/api``, JSON-RPC beside.

    ``unprocessed`` marks every internal-transactions answer as partial (status 2), as instances do while they index.
    """
    explorer = Explorer(ledger, BLOCKSCOUT)
    rpc_paths = ("/api/eth-rpc", f"/{chain_id}/json-rpc")

    def handle(request: Request) -> Reply:
        if key is not None and key not in (request.params.get("apikey"), request.headers.get("authorization", "")[7:]):
            return reply({"message": "Unauthorized", "status": "0", "result": None}, 401)
        if request.path in rpc_paths:
            return rpc_reply(ledger, request)
        chain = request.params.get("chain_id", request.params.get("chainid", ""))
        if request.path not in ("/api", f"/{chain_id}/api") and (request.path, chain) != ("/v2/api", str(chain_id)):
            return Reply(404, b"Page not found", "text/html")
        answer = explorer.answer(request)
        if unprocessed and request.params.get("action") == "txlistinternal":
            text = b'"Some internal transactions within this block range have not yet been processed"'
            return Reply(200, answer.body.replace(b'"OK"', text).replace(b'"status":"1"', b'"status":"2"'))
        return answer

    def refused(_: float) -> Reply:
        return reply({"status": "0", "message": TOO_MANY, "result": None}, 429)

    dialect = Dialect(DIALECT.subject, refused, DIALECT.troubles)
    return StandIn(handle, dialect, rate=rate, faults=faults)


def rpc_reply(ledger: Ledger, request: Request, span: int | None = None) -> Reply:
    """One JSON-RPC answer from the ledger, or a list for a batch. ``span``: most blocks one eth_getLogs may cover."""
    if isinstance(request.body, list):
        return reply([_rpc(ledger, call, span) for call in request.body])
    if not isinstance(request.body, dict):
        return reply({"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "parse error"}}, 400)
    return reply(_rpc(ledger, request.body, span))


def _rpc(ledger: Ledger, call: dict[str, object], span: int | None) -> dict[str, object]:
    head: dict[str, object] = {"jsonrpc": "2.0", "id": call.get("id")}
    params = call.get("params")
    try:
        if not isinstance(params, list):
            params = []
        if call.get("method") == "eth_getLogs" and span is not None:
            _check_span(ledger, params[0], span)
        return {**head, "result": ledger.rpc(str(call.get("method")), params)}
    except RpcError as error:
        return {**head, "error": {"code": error.code, "message": error.message}}


def _check_span(ledger: Ledger, query: dict[str, str], span: int) -> None:
    ends = [query.get("fromBlock", "latest"), query.get("toBlock", "latest")]
    low, high = (int(end, 16) if end.startswith("0x") else ledger.head() for end in ends)
    if high - low > span:
        raise RpcError(-32701, f"exceed maximum block range: {span}")


def rpc_app(
    ledger: Ledger, *, span: int | None = None, rate: float | None = None, faults: Faults | None = None
) -> StandIn:
    """A public node at ``/``; ``span`` caps eth_getLogs as public nodes do."""
    too_many = reply({"jsonrpc": "2.0", "id": 1, "error": {"code": -32005, "message": "Too many requests"}}, 429)
    troubles = {name: DIALECT.troubles[name] for name in ("500", "502", "html", "empty")} | {"429": too_many}
    dialect = Dialect(_logs_subject, lambda _: too_many, troubles)
    return StandIn(lambda request: rpc_reply(ledger, request, span), dialect, rate=rate, faults=faults)


def _logs_subject(request: Request) -> str:
    body = request.body if isinstance(request.body, dict) else {}
    return f"eth_getLogs {body.get('params')}" if body.get("method") == "eth_getLogs" else ""
