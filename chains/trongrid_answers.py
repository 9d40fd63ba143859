"""What an answer of TronGrid, or of the java-tron node behind it, is before anyone reads its rows.

The indexed API and the node API spell the same trouble differently, and java-tron reports trouble with HTTP 200, so the
error text decides before the status does. Texts are looked for in the error fields only: token names and memos in the
data are other people's words, and "suspended for 30s" may well be one of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from chains.http import Kind, Verdict

SUSPENSION: Final = 30.0
"""Seconds to wait when a suspension does not say how long (apis.md 4.2: 30 with a key, 5 without)."""

FINGERPRINT: Final = "fingerprint"
"""Stands in the detail of a refusal of a page's fingerprint."""

_FAR: Final = 2000
_SECONDS = re.compile(r"suspended for\s*(\d{1,5})")

_TEXTS: tuple[tuple[str, Verdict], ...] = (
    # developers.tron.network/reference/rate-limits; captures/observed-errors (live 2026-08-14)
    ("exceeds the frequency limit", Verdict(Kind.THROTTLED, "frequency limit", SUSPENSION)),
    # captures/observed-errors: keyless requests
    ("exceeded the allowed_rps", Verdict(Kind.THROTTLED, "requests per second", SUSPENSION)),
    ("query server is suspended", Verdict(Kind.THROTTLED, "suspended", SUSPENSION)),
    # developers.tron.network/reference/rate-limits
    ("user daily usage", Verdict(Kind.QUOTA, "daily usage", scope="source")),
    # java-tron, HTTP 200 (apis.md 4.2)
    ("lack of computing resources", Verdict(Kind.THROTTLED, "lack of computing resources", 2.0)),
    # java-tron, HTTP 200 and no JSON
    ("lite fullnode", Verdict(Kind.UNSUPPORTED, "lite full node")),
    # java-tron, HTTP 404
    ("unavailable due to config", Verdict(Kind.UNSUPPORTED, "switched off by the node's configuration")),
    # tronprotocol/tronweb issue 264
    ("fingerprint does not match", Verdict(Kind.UNSUPPORTED, FINGERPRINT + " refused")),
    ("apikey not exists", Verdict(Kind.AUTH, "unknown key", scope="source")),
    ("invalid api key", Verdict(Kind.AUTH, "unknown key", scope="source")),
)

_STATUSES: Mapping[int, Verdict] = {
    401: Verdict(Kind.AUTH, "HTTP 401", scope="source"),
    # Documented as another spelling of 429; it carries the suspension text when it is one.
    403: Verdict(Kind.THROTTLED, "HTTP 403"),
    404: Verdict(Kind.UNSUPPORTED, "HTTP 404"),
    405: Verdict(Kind.UNSUPPORTED, "HTTP 405"),
    429: Verdict(Kind.THROTTLED, "HTTP 429"),
    501: Verdict(Kind.UNSUPPORTED, "HTTP 501"),
}


def classify_page(status: int, _headers: Mapping[str, str], body: bytes) -> Verdict:
    """An answer of ``/v1/…``: an envelope with a list in ``data``, empty or not (apis.md 4.2)."""
    verdict, data = _common(status, body)
    if verdict is not None:
        return verdict
    if not isinstance(data, dict) or not isinstance(data.get("data"), list) or data.get("success") is False:
        return Verdict(Kind.DOWN, "no page in the answer")
    if not isinstance(data.get("meta"), dict):
        return Verdict(Kind.DOWN, "a page that does not tell whether it is the last")
    return Verdict(Kind.OK if data["data"] else Kind.EMPTY)


def classify_node(status: int, _headers: Mapping[str, str], body: bytes) -> Verdict:
    """An answer of ``/wallet/…`` or ``/walletsolidity/…``; ``{}`` and ``[]`` are documented ways to say "none"."""
    verdict, data = _common(status, body)
    if verdict is not None:
        return verdict
    if not isinstance(data, dict | list):
        return Verdict(Kind.DOWN, "neither a record nor a list")
    return Verdict(Kind.OK if data else Kind.EMPTY)


def _common(status: int, body: bytes) -> tuple[Verdict | None, Any]:
    """(a verdict, None) for anything that is no usable JSON, (None, the JSON) for the rest."""
    try:
        data: Any = json.loads(body)
    except (ValueError, RecursionError):
        data = None
        text = body[:_FAR].decode("utf-8", "replace")
    else:
        text = _error_text(data)
    verdict = _by_text(text) or _by_status(status, body, text)
    if verdict is None and data is None:
        verdict = Verdict(Kind.DOWN, "no JSON in the answer" if body else "an answer without a body")
    if verdict is None and text:
        # java-tron's servlets name their exception: the request will fail the same way again.
        verdict = Verdict(Kind.UNSUPPORTED if text.startswith("class ") else Kind.DOWN, text[:200])
    return verdict, data


def _error_text(data: Any) -> str:
    if not isinstance(data, dict):
        return ""
    for name in ("Error", "error"):
        if isinstance(data.get(name), str):
            return str(data[name])[:_FAR]
    return ""


def _by_text(text: str) -> Verdict | None:
    wanted = text.lower()
    for needle, verdict in _TEXTS:
        if needle in wanted:
            seconds = _SECONDS.search(wanted)
            if verdict.kind is Kind.THROTTLED and seconds:
                return verdict._replace(wait=float(seconds[1]))
            return verdict
    return None


def _by_status(status: int, body: bytes, text: str) -> Verdict | None:
    if status in _STATUSES:
        return _STATUSES[status]
    if status == 200:
        return None
    if status == 400 and (text or not body):
        # An over-long page is refused with 400 and nothing else (captures/observed-errors).
        return Verdict(Kind.UNSUPPORTED, text[:200] or "HTTP 400")
    return Verdict(Kind.DOWN, f"HTTP {status}")
