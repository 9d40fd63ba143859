"""Time stamps of a manifest: somebody else's word that it was there by a certain time.

RFC 3161 is a signed answer of an authority, at once; OpenTimestamps puts the digest into a Bitcoin block within hours,
and nobody needs to be trusted. Either way the SHA-256 of the manifest goes out and nothing else. An answer is kept only
when it is about this digest; whether its signer is to be trusted is the reader's to judge.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from time import monotonic
from typing import Final, NamedTuple

import httpx
from opentimestamps.core.op import OpSHA256
from opentimestamps.core.serialize import (
    BytesDeserializationContext,
    BytesSerializationContext,
    DeserializationError,
)
from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response

from tracer.bundle.der import in_order
from tracer.errors import SourceTrouble, UsageError
from tracer.hostile import clean

AUTHORITIES: Final[Mapping[str, str]] = {
    "digicert": "http://timestamp.digicert.com",
    "freetsa": "https://freetsa.org/tsr",
}
"""RFC 3161 authorities that ask for no account, by the name they can be asked for; the first is the default."""

CALENDARS: Final = (
    "https://a.pool.opentimestamps.org",
    "https://b.pool.opentimestamps.org",
    "https://a.pool.eternitywall.com",
)
"""OpenTimestamps calendars, asked all together: one that answers is enough."""

SECONDS: Final = 30
LONGEST: Final = 65_536
"""Bytes of an answer; those of the authorities named here have 5,000 to 7,000."""

_GRANTED: Final = (0, 1)
_SHA256: Final = "2.16.840.1.101.3.4.2.1"
_ROOM: Final = 200


class Stamp(NamedTuple):
    """An authority's answer as received, and the time in it (RFC 3339 UTC)."""

    data: bytes
    at: str


def address_of(asked: str, known: Mapping[str, str]) -> str:
    """The address of a service that is asked for by a known name or by its URL.

    Raises:
        UsageError: it is neither.
    """
    url = known.get(asked, asked)
    if not host_of(url):
        raise UsageError("error.stamp_url", asked=asked, known=", ".join(known) or "https://…")
    return url


def host_of(url: str) -> str:
    """The host of a web address, "" where it is none."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return ""
    return parsed.host if parsed.scheme in ("http", "https") and "%" not in parsed.host else ""


def rfc3161(data: bytes, url: str, transport: httpx.BaseTransport | None = None) -> Stamp:
    """A time stamp of some bytes by an RFC 3161 authority.

    Raises:
        SourceTrouble: no answer, a refusal, or an answer about something else.
    """
    asked = TimestampRequestBuilder(data, HashAlgorithm.SHA256, nonce=True, cert_req=True).build()
    kinds = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    found = _post(url, asked.as_bytes(), kinds, transport)
    host = host_of(url)
    try:
        answer = decode_timestamp_response(_readable(found))
        if answer.status not in _GRANTED:
            why = clean("; ".join(answer.status_string), _ROOM)
            raise SourceTrouble("error.stamp_refused", host=host, code=answer.status, why=why)
        token = answer.tst_info
        imprint = token.message_imprint
        same = (imprint.hash_algorithm.dotted_string, imprint.message, token.nonce) == (
            _SHA256,
            hashlib.sha256(data).digest(),
            asked.nonce,
        )
        if not same or not answer.signed_data.signer_infos:
            raise SourceTrouble("error.stamp_other", host=host)
        return Stamp(found, token.gen_time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        raise SourceTrouble("error.stamp_other", host=host) from None


def _readable(answer: bytes) -> bytes:
    """A refusal has no token, and so nothing to be put in order."""
    try:
        return in_order(answer)
    except ValueError:
        return answer


def opentimestamps(
    data: bytes,
    urls: Sequence[str],
    transport: httpx.BaseTransport | None = None,
    failed: Callable[[SourceTrouble], None] = lambda _: None,
) -> bytes:
    """A detached OpenTimestamps proof of some bytes, pending until the calendars' digests are in a Bitcoin block.

    Raises:
        SourceTrouble: none of the calendars gave anything usable; ``failed`` has been told of each.
    """
    whole = Timestamp(hashlib.sha256(data).digest())
    for url in urls:
        try:
            whole.merge(_calendar(whole.msg, url, transport))
        except SourceTrouble as failure:
            failed(failure)
    if not whole.ops and not whole.attestations:
        raise SourceTrouble("error.stamp_none", n=len(urls))
    written = BytesSerializationContext()
    DetachedTimestampFile(OpSHA256(), whole).serialize(written)
    return bytes(written.getbytes())


def _calendar(digest: bytes, url: str, transport: httpx.BaseTransport | None) -> Timestamp:
    kinds = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/vnd.opentimestamps.v1"}
    found = _post(f"{url.rstrip('/')}/digest", digest, kinds, transport)
    context = BytesDeserializationContext(found)
    try:
        stamp = Timestamp.deserialize(context, digest)
        context.assert_eof()
    except (DeserializationError, ValueError):
        raise SourceTrouble("error.stamp_other", host=host_of(url)) from None
    return stamp


def _post(url: str, body: bytes, kinds: Mapping[str, str], transport: httpx.BaseTransport | None) -> bytes:
    """What is answered, no longer than `LONGEST` and within about `SECONDS`; nobody is followed elsewhere."""
    host = host_of(url)
    headers = {**kinds, "Accept-Encoding": "identity"}
    until = monotonic() + SECONDS
    found = b""
    try:
        with (
            httpx.Client(transport=transport, timeout=httpx.Timeout(SECONDS, connect=10)) as http,
            http.stream("POST", url, content=body, headers=headers) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise SourceTrouble("error.stamp_status", host=host, status=answer.status_code)
            for chunk in answer.iter_raw():
                found += chunk
                if len(found) > LONGEST or monotonic() > until:
                    raise SourceTrouble("error.stamp_long", host=host)
    except (httpx.HTTPError, httpx.InvalidURL) as failure:
        why = clean(str(failure), _ROOM) or type(failure).__name__
        raise SourceTrouble("error.stamp_silent", host=host, why=why) from None
    return found
