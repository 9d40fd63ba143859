"""What an Etherscan-shaped explorer's answer means: its envelope and its error texts, as one table.

These explorers answer HTTP 200 to nearly everything and put the truth into prose, and "nothing found" and "ask slower"
differ only in that prose. Reading one of them wrongly turns a gap into "no activity", so whatever is not known to be an
empty or a final answer is DOWN: it is asked again, and in the end reported.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from chains.errors import Scope
from chains.http import Classify, Kind, Verdict
from chains.rpc_errors import REVERTED, code_and_text, is_revert


class _Text(NamedTuple):
    part: str
    kind: Kind
    wait: float | None = None
    scope: Scope = "request"


EMPTY_TEXTS: Final = (
    "no transactions found",
    "no records found",
    "no token transfers found",
    "no internal transactions found",
    "no logs found",
    "no data found",
)
"""Etherscan's "common error messages"; the internal and logs ones are Blockscout's (address_controller.ex)."""

ABSENT_TEXTS: Final = (
    "block timestamp too far in the future",
    "no closest block found",
    "unable to locate contractcode",
    "source code not verified",
)
"""The explorer looked and there is no such thing; recorded from Etherscan V1 and V2."""

# Etherscan's and Blockscout's words for a question they do not know at all, whoever it is about.
_NO_ACTION: Final = ("missing or invalid action", "missing or invalid module", "unknown action", "unknown module")

# First match wins, so the more particular text of two stands above the other.
TEXTS: Final = (
    # Etherscan, "rate limits"; the daily one stops every chain, the community one only its own.
    _Text("max daily rate limit", Kind.QUOTA, scope="source"),
    _Text("community free api limit reached", Kind.QUOTA, scope="chain"),
    _Text("max calls per sec", Kind.THROTTLED, 1.0),
    _Text("max rate limit reached", Kind.THROTTLED, 1.0),
    _Text("free api access is temporarily unavailable", Kind.THROTTLED, 2.0),
    # Sent after more than five bad keys in 30 seconds; the address is then shut out for 30 seconds.
    _Text("too many invalid api key attempts", Kind.THROTTLED, 30.0),
    # Blockscout's 429 body, also in the envelope.
    _Text("too many requests", Kind.THROTTLED, 1.0),
    # Recorded from Etherscan V2 (10, 56) and Routescan (8453).
    _Text("free api access is not supported", Kind.UNSUPPORTED, scope="chain"),
    _Text("chain not supported", Kind.UNSUPPORTED, scope="chain"),
    _Text("missing or unsupported chainid", Kind.UNSUPPORTED, scope="chain"),
    _Text("missing chainid", Kind.UNSUPPORTED, scope="chain"),
    _Text("deprecated v1 endpoint", Kind.UNSUPPORTED, scope="source"),
    _Text("api pro endpoint", Kind.UNSUPPORTED),
    _Text("api exclusive endpoint", Kind.UNSUPPORTED),
    # "(#err2)" also comes for a good key that is used too fast, so it gets a few more tries.
    _Text("(#err2)", Kind.DOWN),
    _Text("invalid api key", Kind.AUTH, scope="source"),
    _Text("missing api key", Kind.AUTH, scope="source"),
    # Etherscan's and Blockscout's wording; "occured" is Etherscan's spelling.
    _Text("result window is too large", Kind.SPLIT_RANGE),
    _Text("query timeout occur", Kind.SPLIT_RANGE),
    _Text("select a smaller result dataset", Kind.SPLIT_RANGE),
    _Text("block range smaller than", Kind.SPLIT_RANGE),
    _Text("block number already pass", Kind.UNSUPPORTED),
    *(_Text(part, Kind.UNSUPPORTED) for part in _NO_ACTION),
    _Text("invalid address", Kind.UNSUPPORTED),
    _Text("invalid contract address", Kind.UNSUPPORTED),
)

# JSON-RPC 2.0 section 5.1: asking again changes nothing.
_FINAL_CODES: Final = frozenset({-32600, -32601, -32602, -32700})


def classify_list(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """Verdict on an answer whose result is a list of rows (txlist, txlistinternal, tokentx, getLogs)."""
    return _classify(status, headers, body, list)


def classify_value(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """Verdict on an answer whose result is one number, plain or wrapped (balance, tokenbalance, getblocknobytime)."""
    return _classify(status, headers, body, str)


def classify_proxy(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """Verdict on a JSON-RPC answer, which may be an envelope when it is a refusal. A null result is OK, with None."""
    return _classify(status, headers, body, None)


def without_range(classify: Classify) -> Classify:
    """The same reading for a question that has no range to make smaller: there a query timeout passes by itself."""

    def read(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
        verdict = classify(status, headers, body)
        return verdict._replace(kind=Kind.DOWN) if verdict.kind is Kind.SPLIT_RANGE else verdict

    return read


classify_one_value: Final = without_range(classify_value)
classify_one_proxy: Final = without_range(classify_proxy)


def classify_call(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """As `classify_one_proxy`, for eth_call: EMPTY when the contract refused, whatever else its own words may say."""
    data = _json(body)
    error = data.get("error") if status == 200 and isinstance(data, dict) else None
    if error is not None and is_revert(*code_and_text(error)):
        return Verdict(Kind.EMPTY, REVERTED)
    return classify_one_proxy(status, headers, body)


def names_no_action(detail: str) -> bool:
    """True when a refusal says that the explorer does not have the action, rather than that it will not answer now."""
    return any(part in detail.lower() for part in _NO_ACTION)


def _classify(status: int, headers: Mapping[str, str], body: bytes, shape: type | None) -> Verdict:
    data = _json(body)
    text = _text(data)
    if status != 200:
        return _http_error(status, headers, text)
    if not isinstance(data, dict):
        return Verdict(Kind.DOWN, "not a JSON object")
    if shape is None and "jsonrpc" in data:
        return _json_rpc(data)
    if data.get("status") == "1":
        return _success(data, shape)
    if data.get("status") == "2":
        partial = shape is list and isinstance(data.get("result"), list)
        return Verdict(Kind.PARTIAL if partial else Kind.DOWN, text)
    return _refusal(data, text)


def _success(data: dict[str, Any], shape: type | None) -> Verdict:
    result = data.get("result")
    if shape is list:
        if not isinstance(result, list):
            return Verdict(Kind.DOWN, "success without a list")
        return Verdict(Kind.OK if result else Kind.EMPTY)  # Routescan says "OK" with an empty list
    number = result.get("blockNumber") if isinstance(result, dict) else result  # Blockscout wraps the block number
    if shape is str and isinstance(number, str) and number.isdecimal() and number.isascii():
        return Verdict(Kind.OK)
    return Verdict(Kind.DOWN, "success without a number")


def _refusal(data: dict[str, Any], text: str) -> Verdict:
    nothing = data.get("result") in ([], None, "")
    message = str(data.get("message", "")).lower()
    if data.get("status") == "0" and nothing and any(message.startswith(empty) for empty in EMPTY_TEXTS):
        return Verdict(Kind.EMPTY, text)
    if any(absent in text.lower() for absent in ABSENT_TEXTS):
        return Verdict(Kind.EMPTY, text)
    return _by_text(text) or Verdict(Kind.DOWN, text or "neither a result nor an error")


def _json_rpc(data: dict[str, Any]) -> Verdict:
    if "error" not in data:
        return Verdict(Kind.OK) if "result" in data else Verdict(Kind.DOWN, "neither a result nor an error")
    error = data["error"]
    code = error.get("code") if isinstance(error, dict) else None
    text = str(error.get("message", "")) if isinstance(error, dict) else str(error)
    known = _by_text(text)
    if known is not None:
        return known
    final = isinstance(code, int) and code in _FINAL_CODES
    return Verdict(Kind.UNSUPPORTED if final else Kind.DOWN, text or f"error {code}")


def _http_error(status: int, headers: Mapping[str, str], text: str) -> Verdict:
    known = _by_text(text)
    detail = text or f"HTTP {status}"
    if status == 429:
        if known is not None and known.kind in (Kind.THROTTLED, Kind.QUOTA):
            # A Retry-After beats the table's guess; the client reads it when no wait is given.
            return known._replace(wait=None) if "retry-after" in headers else known
        return Verdict(Kind.THROTTLED, detail)
    if known is not None:
        return known
    if status in (401, 402):  # Blockscout's gateway: no key, or none that is paid for
        return Verdict(Kind.AUTH, detail, scope="source")
    if status in (400, 422) and text:
        return Verdict(Kind.UNSUPPORTED, detail)
    return Verdict(Kind.DOWN, detail)


def _by_text(text: str) -> Verdict | None:
    lowered = text.lower()
    for known in TEXTS:
        if known.part in lowered:
            return Verdict(known.kind, text, known.wait, known.scope)
    return None


def _text(data: Any) -> str:
    """The prose of an answer: message, result where it is prose, and the error of a JSON-RPC answer."""
    if not isinstance(data, dict):
        return ""
    error = data.get("error")
    parts = [data.get("message"), data.get("result"), error.get("message") if isinstance(error, dict) else error]
    return " ".join(part for part in parts if isinstance(part, str))[:300]


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
