"""What a JSON-RPC answer means: the table of error texts that public nodes really send.

There is no standard for "your range is too large" or "slow down": each provider has its own sentence and often the
same code for both, so the text decides before the code does. The order of the table matters ("range limit exceeded"
contains "limit exceeded"), and a contract's own revert text is hostile, so reverts are recognised first.

Texts: API reference 3.2 (ponder, eRPC error_normalizer.go 2026-08, live notes) and captures/observed-errors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from chains.http import Kind, Verdict

REVERTED: Final = "execution reverted"
NO_STATE: Final = "state not kept"
"""Details of these two outcomes begin so; `rpc_node` and `rpc` tell them apart from other empties and refusals."""

_REVERT = re.compile(
    r"^(?:vm exception|vm execution error|execution reverted|revert|out of gas"
    r"|invalid (?:opcode|jump)|stack (?:under|over))"
)

_TABLE: Final[tuple[tuple[Kind, str, re.Pattern[str]], ...]] = tuple(
    (kind, note, re.compile(pattern))
    for kind, note, pattern in (
        # A transaction the node does not know (geth, erigon); the callers say what was not found.
        (Kind.EMPTY, "not found", r"(?:transaction|tx)(?: \S+)? not found|unknown transaction"),
        # Pruned state: only an archive node answers. PublicNode says the last for old ranges.
        (
            Kind.UNSUPPORTED,
            NO_STATE,
            (
                r"missing trie node|header not found|state .*(?:not|un)\s?available|no state available"
                r"|no historical|pruned"
                r"|archive (?:node|requests?|state|data)"
            ),
        ),
        # Too large (eRPC's list, ponder's list, API reference 3.2).
        (
            Kind.SPLIT_RANGE,
            "",
            (
                r"try with this block range|block range is too|this block range should work|range (?:is )?too large"
                r"|exceeds the range|max block range|max range|logs over more|response size should not"
                r"|returned more than"
                r"|exceeds? max results|too large, max is|response (?:is )?too (?:large|big)|exceeds limit of"
                r"|query exceeds limit|limit the query to|maximum block range|range limit exceeded|too many results"
                r"|try paginating|eth_getlogs is limited|is too big|maximum.*blocks distance|ranges over \d"
                r"|requested too many blocks|maximum allowed number of requested blocks|limited to [\d,.]+ ?k? ?block"
                r"|up to a [\d,.]+k? block range|specify less number of address|addresses or topics per search position"
                r"|filters.*current limit is"
            ),
        ),
        # Of one method only; before the plan's limits, because such sentences advertise plans.
        (
            Kind.UNSUPPORTED,
            "",
            (
                r"method .*(?:not found|does not exist|not available|disabled|not supported|not allowed"
                r"|not whitelisted)"
                r"|does not exist/is not available|unsupported method|method not|not enabled|tracer not found"
                r"|not (?:available|supported) on (?:the )?free"
            ),
        ),
        (
            Kind.QUOTA,
            "",
            r"reached the free tier|monthly capacity|limit for your current plan|/billing|daily request",
        ),
        (
            Kind.THROTTLED,
            "",
            (
                r"requests limited to|has exceeded|exceeded the quota|too many requests|too much load"
                r"|request limit reached"
                r"|no server available|reached the quota|upgrade your tier|rate.?limit|limit exceeded|capacity exceeded"
            ),
        ),
        # The node has not seen the block yet; another of the pool may have.
        (
            Kind.DOWN,
            "",
            r"blockoutofrange|beyond current head|unknown block|no backend is currently healthy|block not found",
        ),
        (Kind.AUTH, "", r"unauthorized|api[ -]?key|authenticat|access denied|forbidden"),
    )
)

_CODES: Final[Mapping[int, Kind]] = {
    -32601: Kind.UNSUPPORTED,  # JSON-RPC 2.0: method not found
    -32602: Kind.UNSUPPORTED,  # JSON-RPC 2.0: invalid params
    -32600: Kind.UNSUPPORTED,  # JSON-RPC 2.0: invalid request
    -32004: Kind.UNSUPPORTED,  # EIP-1474: method not supported
    -32005: Kind.THROTTLED,  # EIP-1474: limit exceeded
    -32029: Kind.THROTTLED,  # Alchemy and others: too many requests
}

_STATUSES: Final[Mapping[int, Kind]] = {
    401: Kind.AUTH,
    402: Kind.QUOTA,
    403: Kind.AUTH,
    413: Kind.SPLIT_RANGE,  # QuickNode
    429: Kind.THROTTLED,
}

_OUT_OF_RANGE = re.compile(r"block height is (\d+) but requested was (\d+)")
"""What anvil says of a block it does not have: one to come, or one whose state it has dropped."""

_SUGGESTED = re.compile(r"range[^\[]*\[\s*(0x[0-9a-f]+|\d+)\s*,\s*(0x[0-9a-f]+|\d+)\s*\]")
_WAIT = re.compile(r"(?:try again|retry|wait|suspended)\D{0,24}(\d{1,5})\s*(ms|s|m)?")
_SPANS = tuple(
    re.compile(pattern)
    for pattern in (
        r"maximum block range:? ([\d,.]+k?)",
        r"max block range:? ([\d,.]+k?)",
        r"max range:? ([\d,.]+k?)",
        r"ranges over ([\d,.]+k?) blocks",
        r"limited to (?:a |0 - )?([\d,.]+k?)",
        r"up to a ([\d,.]+k?) block range",
        r"at most ([\d,.]+k?) blocks",
        r"maximum is set to ([\d,.]+k?)",
        r"max is ([\d,.]+k?) blocks",
        r"requested blocks is ([\d,.]+k?)",
        r"range \d+ exceeds limit of ([\d,.]+k?)",
    )
)


def classify(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """The verdict on an answer whose result may be anything; a null result is EMPTY."""
    del headers
    return _classify(status, body)


def classify_rows(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """As `classify`, for methods that answer with a list: no list is DOWN, so an error never passes for no rows."""
    del headers
    return _rows(_classify(status, body), body)


def classify_logs(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """As `classify_rows`, for `eth_getLogs` and `trace_filter`: what a smaller range may mend is SPLIT_RANGE.

    Some nodes say only "limit exceeded" or "timed out" of a range; a smaller one tells which it was.
    """
    del headers
    verdict = _rows(_classify(status, body), body)
    vague = re.search(r"(?:^|: )limit exceeded$|time(?:d)?[ -]?out", verdict.detail.lower())
    if verdict.kind in (Kind.THROTTLED, Kind.DOWN) and vague and status < 500:
        return verdict._replace(kind=Kind.SPLIT_RANGE)
    return verdict


def widest_span(detail: str) -> int | None:
    """How many blocks one request may cover, when the refusal says it."""
    for pattern in _SPANS:
        found = pattern.search(detail.lower())
        if found:
            digits = found[1].rstrip("k").replace(",", "").replace(".", "")
            return (int(digits) * (1000 if found[1].endswith("k") else 1) or None) if digits else None
    return None


def _rows(verdict: Verdict, body: bytes) -> Verdict:
    if verdict.kind is Kind.OK and not isinstance(json.loads(body)["result"], list):
        return Verdict(Kind.DOWN, "the result is no list")
    if verdict.kind is Kind.EMPTY and not verdict.detail:
        return Verdict(Kind.DOWN, "null where a list should be")
    if verdict.kind is Kind.OK and not json.loads(body)["result"]:
        return Verdict(Kind.EMPTY)
    return verdict


def _classify(status: int, body: bytes) -> Verdict:
    try:
        data = json.loads(body)
    except RecursionError:
        return Verdict(Kind.UNSUPPORTED, "the answer is nested too deeply")
    except ValueError:
        return _by_status(status, "no JSON")
    if not isinstance(data, dict):
        return _by_status(status, "no JSON-RPC answer")
    if data.get("error") is not None:
        return _error(status, data["error"])
    if status < 400 and "result" in data:
        return Verdict(Kind.EMPTY if data["result"] is None else Kind.OK)
    # Gateways in front of nodes answer {"message": "..."} of their own.
    return _error(status, data.get("message", "")) if status >= 400 else Verdict(Kind.DOWN, "no JSON-RPC answer")


def _error(status: int, error: Any) -> Verdict:
    code, text = code_and_text(error)
    lower = text.lower()
    if is_revert(code if status < 500 else 0, text):
        return Verdict(Kind.EMPTY, (text if lower.startswith(REVERTED) else f"{REVERTED}: {text}")[:300])
    out = _OUT_OF_RANGE.search(lower)
    if out is not None and int(out[2]) <= int(out[1]):
        return Verdict(Kind.UNSUPPORTED, f"{NO_STATE}: {text}"[:300])
    for kind, note, pattern in _TABLE:
        if pattern.search(lower):
            detail = (f"{note}: " if note else "") + text
            return _for_all(status, _verdict(kind, detail[:300], lower))
    kind = _STATUSES.get(status) or _CODES.get(code, Kind.DOWN)
    return _for_all(status, _verdict(kind, (text or f"HTTP {status}")[:300], lower))


def is_revert(code: int, text: str) -> bool:
    """Whether a JSON-RPC error says that a contract refused the call; code 3 is geth's for that."""
    return code == 3 or _REVERT.search(text.lower()) is not None


def code_and_text(error: Any) -> tuple[int, str]:
    """Number and wording of a JSON-RPC error, with what it adds in prose; 0 where it has no number."""
    if not isinstance(error, dict):
        return 0, str(error)
    code = error.get("code")
    data = error.get("data")
    extra = f" {data}" if isinstance(data, str) and data[:2] != "0x" else ""
    return code if isinstance(code, int) else 0, f"{error.get('message', '')}{extra}".strip()


def _verdict(kind: Kind, detail: str, lower: str) -> Verdict:
    if kind is Kind.SPLIT_RANGE:
        return Verdict(kind, detail, suggest=_suggestion(lower))
    if kind is Kind.THROTTLED:
        return Verdict(kind, detail, wait=_seconds(lower))
    if kind is Kind.QUOTA:
        return Verdict(kind, detail, scope="source")
    return Verdict(kind, detail)


def _by_status(status: int, detail: str) -> Verdict:
    return _for_all(status, _verdict(_STATUSES.get(status, Kind.DOWN), f"HTTP {status}, {detail}", ""))


def _for_all(status: int, verdict: Verdict) -> Verdict:
    """401 refuses the caller, whatever it asks; gateways answer 403 for a single method too."""
    return verdict._replace(scope="source") if status == 401 and verdict.kind is Kind.AUTH else verdict


def _suggestion(text: str) -> tuple[int, int] | None:
    found = _SUGGESTED.search(text)
    return (int(found[1], 0), int(found[2], 0)) if found else None


def _seconds(text: str) -> float | None:
    found = _WAIT.search(text)
    if not found:
        return None
    unit = {"ms": 0.001, "m": 60.0}.get(found[2] or "s", 1.0)
    return int(found[1]) * unit
