"""Which stored answers stay true as a chain grows: what a case that goes on need not ask again. Pure.

An answer stays true when its question itself says that it is about blocks that cannot be undone any more: by number, by
the time of a block, or by the hash of a transaction that was found. Whatever was true "now", of a tag, or of a list
without an upper end does not. Nor does "not found": a transaction may still come; only of a stretch of final blocks is
"nothing there" an answer for good. What is not known here is asked again, which costs a request and is never wrong.

An answer of HyperSync says how far its archive went when asked, so that it is always asked again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from chains.http import Kind

DAY: Final = 86_400
"""Seconds after which the price of an hour does not change any more: all of its trades have been reported by then."""

TRON: Final = "tron:mainnet"


class Top(NamedTuple):
    """The newest block of a chain that could not be undone any more when an answer came: number and Unix time."""

    number: int
    time: int


_FOUND: Final = frozenset({Kind.OK, Kind.UNSUPPORTED, Kind.SPLIT_RANGE})
_NOTHING: Final = _FOUND | {Kind.EMPTY}

_ALWAYS: Final = frozenset({"eth_chainId", "ots_getApiLevel"})
_BY_HASH: Final = frozenset(
    {
        "eth_getTransactionByHash",
        "eth_getTransactionReceipt",
        "debug_traceTransaction",
        "trace_transaction",
        "ots_getInternalOperations",
    }
)
_BY_NUMBER: Final = frozenset({"eth_getBlockByNumber", "eth_getBlockReceipts", "trace_block"})
"""Their first parameter is the number of a block."""

_AT_NUMBER: Final = frozenset({"eth_getBalance", "eth_getCode", "eth_call"})
"""Their last parameter is the number of a block."""

_STRETCH: Final = frozenset({"eth_getLogs", "trace_filter"})

_TRON_BY_HASH: Final = frozenset({"gettransactioninfobyid", "gettransactionbyid"})
_TRON_BY_NUMBER: Final = frozenset({"getblockbynum", "gettransactioninfobyblocknum"})


def settled(question: str, kind: str, tops: Mapping[str, Top]) -> bool:
    """Does an answer of this kind to this question (`Ask.key`) stay true, when it came while these blocks were final?

    ``tops`` are by chain; of a chain that is not there, nothing is final.
    """
    if kind not in _NOTHING:
        return False
    source, _, rest = question.partition(" ")
    method, _, rest = rest.partition(" ")
    path, _, rest = rest.partition("?")
    if source == "prices":
        return kind == Kind.OK and _priced(_pairs(rest), tops.values())
    if source.startswith("sqd"):
        return _streamed(path, _json(rest), kind, tops)
    asked = _json(rest) if method == "POST" else _pairs(rest)
    top = tops.get(_chain(source, path, asked))
    return top is not None and _of_chain(source, method, path, asked, kind, top)


def _of_chain(source: str, method: str, path: str, asked: Mapping[str, Any], kind: str, top: Top) -> bool:
    if source == "trongrid":
        return kind in _FOUND and _of_tron(path, asked, top)
    if method == "POST":
        return _of_node(asked.get("method", ""), asked.get("params", ()), kind, top)
    return _of_explorer(asked, kind, top)


def _chain(source: str, path: str, query: Mapping[str, Any]) -> str:
    """The chain that a question is about, as its source, path or parameters tell it; "" where they do not."""
    if source == "trongrid":
        return TRON
    if source == "etherscan":
        return f"eip155:{query.get('chainid', '')}"
    if source == "routescan":
        found = re.search(r"/(\d+)/", path, re.ASCII)
    else:
        found = re.match(r"(?:rpc|blockscout)\.(\d+)", source, re.ASCII)
    return f"eip155:{found[1]}" if found else ""


def _of_node(method: str, params: Any, kind: str, top: Top) -> bool:
    """A question in JSON-RPC."""
    if not isinstance(params, list):
        return False
    if method in _STRETCH:
        return bool(params) and isinstance(params[0], dict) and _final(params[0].get("toBlock"), top)
    if kind not in _FOUND:
        return False
    if method in _ALWAYS or method in _BY_HASH:
        return True
    if method in _BY_NUMBER:
        return bool(params) and _final(params[0], top)
    return method in _AT_NUMBER and bool(params) and _final(params[-1], top)


def _of_explorer(query: Mapping[str, Any], kind: str, top: Top) -> bool:
    """A question in Etherscan's query string. Its lists count as far as the indexer had come: only rows are final."""
    if kind not in _FOUND:
        return False
    action = query.get("action", "")
    if query.get("module") == "proxy":
        return action in _BY_HASH or _final(query.get("tag"), top)
    if action == "getblocknobytime":
        return _before(query.get("timestamp"), top.time)
    if action == "txlistinternal" and "txhash" in query:
        return True
    return _before(query.get("toBlock" if action == "getLogs" else "endblock"), top.number)


def _of_tron(path: str, asked: Mapping[str, Any], top: Top) -> bool:
    """A question to a TRON node or to TronGrid's lists; the lists go by milliseconds."""
    method = path.rpartition("/")[2]
    if path.startswith("/v1/"):
        return _before(asked.get("max_timestamp"), top.time * 1000)
    if method in _TRON_BY_NUMBER:
        return _before(asked.get("num"), top.number)
    return method in _TRON_BY_HASH


def _streamed(path: str, asked: Mapping[str, Any], kind: str, tops: Mapping[str, Top]) -> bool:
    """A question to SQD's portal, whose stream has only final blocks.

    Its chains go by names of its own, so that the lowest of the chains of its family must have the block.
    """
    family = TRON if "tron" in path else "eip155:"
    mine = [top for chain, top in tops.items() if chain.startswith(family)]
    if not mine or kind not in _FOUND:
        return False
    time = re.fullmatch(r".*/timestamps/(\d+)/block", path, re.ASCII)
    if time:
        return all(_before(time[1], top.time) for top in mine)
    return all(_before(asked.get("toBlock"), top.number) for top in mine)


def _priced(query: Mapping[str, str], tops: Iterable[Top]) -> bool:
    """A question for prices: all of its hours long past."""
    now = max((top.time for top in tops), default=0)
    hours = [hour for coin in _json(query.get("coins", "")).values() for hour in coin]
    return bool(hours) and all(_before(hour, now - DAY) for hour in hours)


def _final(tag: Any, top: Top) -> bool:
    """Is this the number of a final block, as JSON-RPC writes it? A tag is none."""
    return isinstance(tag, str) and re.fullmatch(r"0x[0-9a-f]{1,15}", tag) is not None and int(tag, 16) <= top.number


def _before(number: Any, limit: int) -> bool:
    """Is this a number, or the text of one, up to ``limit``?"""
    text = str(number)
    return bool(re.fullmatch(r"\d{1,15}", text, re.ASCII)) and int(text) <= limit


def _pairs(query: str) -> dict[str, str]:
    return dict(one.partition("=")[::2] for one in query.split("&"))


def _json(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
