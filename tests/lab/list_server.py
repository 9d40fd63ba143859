"""A server of files for downloads, with what goes wrong on the way: cut bodies, refusals, pages, files that change."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

from tests.lab.desk import CHALLENGE

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

Answered = tuple[int, bytes, list[tuple[str, str]]]

PIECE = 1 << 16


class Served(NamedTuple):
    """One file. ``dated`` has it named by a date instead of an ETag; ``bare`` by neither."""

    body: bytes
    content_type: str = "application/octet-stream"
    dated: bool = False
    bare: bool = False

    @property
    def tag(self) -> tuple[str, str]:
        """The header that names this state of the file."""
        digest = sha256(self.body).hexdigest()
        if self.bare:
            return "x-no-tag", ""
        return ("last-modified", f"day {digest[:8]}") if self.dated else ("etag", f'"{digest}"')


@dataclass
class ListServer:
    """An ASGI application. ``files`` by path; ``troubles`` happen to the next requests, one each, "" for none.

    A trouble is a status (``500``), ``429:SECONDS``, ``cut:BYTES`` (the line breaks after so many), ``short:BYTES``
    (the answer announces and sends no more), ``html``, ``to:URL`` (a redirect), ``stubborn`` (the rest of whatever is
    there, If-Range or not) or ``change`` (the file becomes ``later[path]`` before it is answered). ``pause`` seconds
    pass between pieces of a body.
    """

    files: dict[str, Served] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    later: dict[str, Served] = field(default_factory=dict)
    pause: float = 0.0
    seen: list[tuple[str, str]] = field(default_factory=list)
    """(path, Range header) of every request."""

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Send) -> None:
        """Answer one request."""
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["path"]
        self.seen.append((path, headers.get("range", "")))
        trouble, _, much = (self.troubles.pop(0) if self.troubles else "").partition(":")
        if trouble == "change":
            self.files[path] = self.later[path]
        status, body, more = self._answer(path, headers, trouble, much)
        length = len(body)
        if trouble == "cut":
            body = body[: int(much)]
        rows = [(name.encode(), value.encode()) for name, value in [*more, ("content-length", str(length))]]
        await send({"type": "http.response.start", "status": status, "headers": rows})
        for at in range(0, len(body), PIECE):
            await send({"type": "http.response.body", "body": body[at : at + PIECE], "more_body": True})
            await asyncio.sleep(self.pause)
        # Ending without the announced bytes makes the server drop the line, as a broken one does.
        await send({"type": "http.response.body", "body": b"", "more_body": trouble == "cut"})

    def _answer(self, path: str, headers: Mapping[str, str], trouble: str, much: str) -> Answered:
        """Status, body and headers."""
        status = int(trouble) if trouble.isdigit() else 404 if path not in self.files else 0
        if trouble not in ("to", "html") and status:
            return status, b"no", [("retry-after", much)] if much else []
        if trouble == "to":
            return 302, b"", [("location", much)]
        if trouble == "html":
            return 200, CHALLENGE, [("content-type", "text/html; charset=utf-8")]
        file = self.files[path]
        body = file.body[: int(much)] if trouble == "short" else file.body
        more = [("content-type", file.content_type), file.tag]
        same = headers.get("if-range", file.tag[1]) == file.tag[1]
        if not headers.get("range") or not (same or trouble == "stubborn"):
            return 200, body, more
        begin = int(headers["range"].removeprefix("bytes=").removesuffix("-"))
        if begin >= len(body):
            return 416, b"", [("content-range", f"bytes */{len(body)}")]
        return 206, body[begin:], [*more, ("content-range", f"bytes {begin}-{len(body) - 1}/{len(body)}")]
