"""A TronGrid of a few made-up rows, answering in its shapes (apis.md 4.2, 4.3); in-process, no sockets.

It pages by fingerprints that are void when another parameter changes, as the real one's are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@dataclass
class StandIn:
    """``lists`` by path, ``records`` by (method, value); ``page`` rows at most; ``refused`` paths answer 404.

    The page at row ``forget`` is refused for its fingerprint; at row ``stuck`` the page before it is served again.
    """

    lists: Mapping[str, Sequence[dict[str, Any]]] = field(default_factory=dict)
    records: Mapping[tuple[str, object], Any] = field(default_factory=dict)
    page: int = 200
    refused: tuple[str, ...] = ()
    forget: int | None = None
    stuck: int | None = None
    asked: list[str] = field(default_factory=list)

    @property
    def app(self) -> Starlette:
        """The application to serve."""
        return Starlette(
            routes=[
                Route("/v1/{rest:path}", self._list),
                Route("/{root:str}/{method:str}", self._record, methods=["POST"]),
            ]
        )

    def count(self, part: str) -> int:
        """How many requests had this in their path."""
        return sum(part in path for path in self.asked)

    async def _list(self, request: Request) -> Response:
        path = request.url.path
        self.asked.append(path)
        if path in self.refused or path not in self.lists:
            return JSONResponse({"success": False, "error": "Not Found", "statusCode": 404}, 404)
        asked = dict(request.query_params)
        fingerprint = asked.pop("fingerprint", "")
        same = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
        start = int(fingerprint.partition("-")[2] or 0)
        if fingerprint and (not fingerprint.startswith(same) or start == self.forget):
            refusal = "Invalid query filter(s)!: [fingerprint does not match current set of params]"
            return JSONResponse({"success": False, "error": refusal, "statusCode": 400}, 400)
        if start == self.stuck:
            start -= self.page
        rows = [row for row in self.lists[path] if _within(row, asked)]
        end = start + min(self.page, int(asked.get("limit", "20")))
        meta: dict[str, Any] = {"at": 1_800_000_000_000, "page_size": len(rows[start:end])}
        if end < len(rows):
            meta["fingerprint"] = f"{same}-{end}"
        return JSONResponse({"data": rows[start:end], "success": True, "meta": meta})

    async def _record(self, request: Request) -> Response:
        path = request.url.path
        self.asked.append(path)
        if path in self.refused:
            return JSONResponse({"Error": "this API is unavailable due to config"}, 404)
        method = path.rpartition("/")[2]
        body = await request.json()
        value = next((body[name] for name in ("value", "num", "function_selector", "data") if name in body), None)
        return JSONResponse(self.records.get((method, value), {}))


def _within(row: Mapping[str, Any], asked: Mapping[str, str]) -> bool:
    if "block_timestamp" not in row:
        return True
    if asked.get("contract_address", "") not in ("", row.get("token_info", {}).get("address")):
        return False
    if asked.get("event_name", row.get("event_name")) != row.get("event_name"):
        return False
    clock = "block_timestamp" if "event_name" in row else "timestamp"
    low, high = int(asked.get(f"min_{clock}", "0")), int(asked.get(f"max_{clock}", str(1 << 62)))
    return low <= int(row["block_timestamp"]) <= high
