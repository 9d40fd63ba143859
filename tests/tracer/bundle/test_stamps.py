"""Time stamps: what goes out, which answers are kept, and that others leave the bundle as good as before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from opentimestamps.core.notary import PendingAttestation
from opentimestamps.core.op import OpAppend, OpSHA256
from opentimestamps.core.serialize import BytesDeserializationContext, BytesSerializationContext
from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp
from rfc3161_client import decode_timestamp_response

from tracer.bundle.der import in_order
from tracer.bundle.manifest import MANIFEST
from tracer.bundle.seal import DEFAULT, Seals, seals_of
from tracer.bundle.stamps import AUTHORITIES, CALENDARS, LONGEST, address_of, opentimestamps, rfc3161
from tracer.errors import SourceTrouble, UsageError

DATA = b'{"files": []}\n'
DIGEST = hashlib.sha256(DATA).digest()
URL = "https://tsa.example/tsr"
SHA256 = bytes.fromhex("0609608648016503040201")

Handler = Callable[[httpx.Request], httpx.Response]


def answering(handler: Handler) -> httpx.MockTransport:
    """A network in which everybody answers like this."""
    return httpx.MockTransport(handler)


def tlv(tag: int, *parts: bytes) -> bytes:
    """An element of DER."""
    inside = b"".join(parts)
    size = len(inside)
    if size < 0x80:
        return bytes((tag, size)) + inside
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + inside


def seq(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def integer(value: int) -> bytes:
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


@cache
def certificates() -> tuple[bytes, bytes]:
    """Two certificates, the longer one first, which is not their order in DER."""
    found = []
    for name in ("A time-stamping authority of these tests with a rather long name", "CA"):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        day = datetime(2026, 1, 1, tzinfo=UTC)
        made = x509.CertificateBuilder(subject, subject, key.public_key(), 7, day, day + timedelta(days=1))
        found.append(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))
    return found[0], found[1]


def reply(digest: bytes, nonce: int, algorithm: bytes = SHA256) -> bytes:
    """The answer of a small RFC 3161 authority, its certificates in the order of the chain as OpenSSL sends them."""
    stamp = seq(
        integer(1), tlv(6, b"\x2a\x03\x04\x01"), seq(seq(algorithm, tlv(5)), tlv(4, digest)), integer(9),
        tlv(0x18, b"20261122150405Z"), integer(nonce),
    )  # fmt: skip
    first, second = certificates()
    loaded = x509.load_der_x509_certificate(first)
    signer = seq(
        integer(1), seq(loaded.issuer.public_bytes(), integer(7)), seq(SHA256),
        seq(bytes.fromhex("06082a8648ce3d040302")), tlv(4, b"signature"),
    )  # fmt: skip
    content = seq(bytes.fromhex("060b2a864886f70d0109100104"), tlv(0xA0, tlv(4, stamp)))
    signed = seq(integer(3), tlv(0x31, seq(SHA256)), content, tlv(0xA0, first, second), tlv(0x31, signer))
    return seq(seq(integer(0)), seq(bytes.fromhex("06092a864886f70d010702"), tlv(0xA0, signed)))


def nonce_of(request: bytes) -> int:
    """The number in a request that its answer has to repeat: it follows the digest."""
    at = request.index(DIGEST) + len(DIGEST)
    assert request[at] == 2
    return int.from_bytes(request[at + 2 : at + 2 + request[at + 1]], "big")


def ok(content: bytes) -> httpx.Response:
    """An answer that comes as it would from a network."""
    return httpx.Response(200, stream=httpx.ByteStream(content))


def authority(request: httpx.Request) -> httpx.Response:
    """An authority that does what it should."""
    return ok(reply(DIGEST, nonce_of(request.content)))


def calendar(request: httpx.Request) -> httpx.Response:
    """A calendar that does what it should."""
    stamp = Timestamp(request.content)
    inner = stamp.ops.add(OpAppend(request.url.host.encode())).ops.add(OpSHA256())
    inner.attestations.add(PendingAttestation(f"https://{request.url.host}"))
    written = BytesSerializationContext()
    stamp.serialize(written)
    return ok(written.getbytes())


def broken(_: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no route to host")


def test_only_the_digest_goes_out() -> None:
    """Neither the manifest nor a name of ours is in what an authority or a calendar is asked."""
    asked: list[httpx.Request] = []

    def seen(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return (calendar if request.url.path == "/digest" else authority)(request)

    rfc3161(DATA, URL, answering(seen))
    opentimestamps(DATA, CALENDARS[:1], answering(seen))
    first, second = asked
    assert DIGEST in first.content
    assert len(first.content) < 100
    assert second.content == DIGEST
    assert all(DATA not in one.content for one in asked)
    assert {*first.headers, *second.headers} <= {
        *("host", "accept", "accept-encoding", "connection", "user-agent", "content-type", "content-length")
    }


def test_a_stamp_of_this_digest_is_kept_as_it_came() -> None:
    """The answer, certificates in whatever order, is kept to the byte, and its time is told."""
    stamp = rfc3161(DATA, URL, answering(authority))
    assert stamp.at == "2026-11-22T15:04:05Z"
    with pytest.raises(ValueError):
        decode_timestamp_response(stamp.data)
    assert decode_timestamp_response(in_order(stamp.data)).tst_info.message_imprint.message == DIGEST
    assert all(one in stamp.data for one in certificates())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lambda nonce: reply(bytes(32), nonce), "no time stamp of this digest"),
        (lambda nonce: reply(DIGEST, nonce + 1), "no time stamp of this digest"),
        (lambda nonce: reply(DIGEST, nonce, bytes.fromhex("0609608648016503040203")), "no time stamp of this digest"),
        (lambda nonce: reply(DIGEST, nonce)[:-5], "no time stamp of this digest"),
        (lambda _: b"", "no time stamp of this digest"),
        (lambda _: b"<html>", "no time stamp of this digest"),
        (lambda _: seq(seq(integer(0))), "no time stamp of this digest"),
        (lambda _: seq(seq(integer(2))), "refused"),
        (lambda _: seq(seq(integer(2), seq(tlv(12, b"Pay\x1b[31m first")))), "refused"),
        (lambda _: bytes(LONGEST + 1), "too much"),
    ],
)
def test_another_answer_is_no_stamp(content: Callable[[int], bytes], said: str) -> None:
    """Another digest, another question's answer, another hash, a torn or endless answer, a refusal: none is kept."""

    def answer(request: httpx.Request) -> httpx.Response:
        return ok(content(nonce_of(request.content)))

    with pytest.raises(SourceTrouble, match=said) as refused:
        rfc3161(DATA, URL, answering(answer))
    assert "\x1b" not in str(refused.value)


@pytest.mark.parametrize("handler", [broken, lambda _: httpx.Response(503), lambda _: httpx.Response(302)])
def test_a_service_that_is_away_is_trouble(handler: Handler) -> None:
    """Silence, an error and a way to somewhere else are each told with the host's name."""
    with pytest.raises(SourceTrouble, match=r"tsa\.example"):
        rfc3161(DATA, URL, answering(handler))
    told: list[SourceTrouble] = []
    with pytest.raises(SourceTrouble, match="none of 2"):
        opentimestamps(DATA, CALENDARS[:2], answering(handler), told.append)
    assert [CALENDARS[number].removeprefix("https://") in str(one) for number, one in enumerate(told)] == [True, True]


def test_calendars_are_merged_into_one_proof() -> None:
    """One file of the library's own form holds what every calendar that answered promised."""

    def some(request: httpx.Request) -> httpx.Response:
        if request.url.host.startswith("b."):
            return ok(b"\x00\x01nonsense")
        return calendar(request)

    told: list[SourceTrouble] = []
    proof = opentimestamps(DATA, CALENDARS, answering(some), told.append)
    read = DetachedTimestampFile.deserialize(BytesDeserializationContext(proof))
    assert read.file_digest == DIGEST
    hosts = {one.uri for _, one in read.timestamp.all_attestations()}
    assert hosts == {url for url in CALENDARS if "//b." not in url}
    assert len(told) == 1


@pytest.mark.parametrize("content", [b"", b"\x00", b"\xff" * 50, b"\xf0\xff\xff\xff\xff\xff\x7f", b"\x08" * 4_000])
def test_a_hostile_calendar_gives_nothing(content: bytes) -> None:
    """Torn, huge and endlessly nested proofs are refused."""
    with pytest.raises(SourceTrouble):
        opentimestamps(DATA, CALENDARS[:1], answering(lambda _: ok(content)))


def test_seals_that_fail_are_told_and_the_others_made() -> None:
    """A calendar's trouble does not cost the time stamp, nor the other way round."""

    def half(request: httpx.Request) -> httpx.Response:
        return authority(request) if str(request.url) == URL else broken(request)

    seals = Seals(None, URL, CALENDARS, answering(half))
    assert set(seals.of(DATA)) == {f"{MANIFEST}.tsr"}
    assert len(seals.failed) == len(CALENDARS) + 1
    assert seals.wanted == (f"{MANIFEST}.tsr", f"{MANIFEST}.ots")
    other = Seals(
        None, URL, CALENDARS, answering(lambda asked: broken(asked) if str(asked.url) == URL else calendar(asked))
    )
    assert set(other.of(DATA)) == {f"{MANIFEST}.ots"}
    assert len(other.failed) == 1


def test_services_are_named_or_given_by_address() -> None:
    """A known name, an address, nothing at all; what is neither is refused before anything is done."""
    assert seals_of(None, None, None) == Seals()
    assert seals_of(None, DEFAULT, DEFAULT) == Seals(None, AUTHORITIES["digicert"], CALENDARS)
    named = seals_of(None, "freetsa", "https://ots.example")
    assert named.hosts == ("freetsa.org", "ots.example")
    for wrong in ("cases/demo", "ftp://a.example", "http://", "http://[", ""):
        with pytest.raises(UsageError, match="no web address"):
            address_of(wrong, AUTHORITIES)
