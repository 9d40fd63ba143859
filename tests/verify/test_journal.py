"""The journal, signatures and time stamps, as far as plain Python checks them."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.verify import boxes
from tests.verify.checker import checker

MANIFEST = boxes.sealed(boxes.files())["manifest.json"]


def keys(place: Path, *, level: str = "") -> set[str]:
    """The names of what is wrong, or of the findings of one level."""
    found = checker().verify(str(place)).found
    return {key for one, key, _ in found if (one == level if level else one not in ("fine", "stated"))}


def entries() -> list[dict[str, Any]]:
    """The entries of the bundle that nothing is wrong with."""
    return [json.loads(line) for line in boxes.files()["journal.jsonl"].splitlines()]


def kept(tmp_path: Path, rows: list[dict[str, Any]], **more: bytes) -> Path:
    """A bundle with this journal."""
    content = (
        boxes.files()
        | {"journal.jsonl": boxes.lines(rows)}
        | {name.replace("_", "."): one for name, one in more.items()}
    )
    return boxes.unpacked(boxes.sealed(content), tmp_path)


def test_no_entry_can_change(tmp_path: Path) -> None:
    """An entry that is changed, taken out, put in twice, swapped or given another hash breaks the journal."""
    rows = entries()
    assert keys(kept(tmp_path, rows)) == set()
    changed = [
        [rows[0], rows[1] | {"what": {"version": "0.2.0"}}, rows[2]],
        [rows[0], rows[1] | {"at": "2026-01-01T00:00:09Z"}, rows[2]],
        [rows[0], rows[1] | {"event": "refresh"}, rows[2]],
        [rows[0] | {"hash": "0" * 64}, *rows[1:]],
        [rows[0], rows[2]],
        rows[1:],
        [rows[0], rows[0], *rows[1:]],
        [rows[0], rows[2], rows[1]],
    ]
    for one in changed:
        assert keys(kept(tmp_path, one)) == {"journal.broken"}


def test_what_an_end_says(tmp_path: Path) -> None:
    """A whole new journal whose last result, answers or number of runs are others than the bundle's is found."""
    first, run, result = ((row["event"], row["what"]) for row in entries())
    told = result[1]
    cases = {
        "journal.result": [first, run, ("result", told | {"sha256": "0" * 64})],
        "journal.answers": [first, run, ("result", told | {"answers": {"count": 1, "sha256": "0" * 64}})],
        "journal.runs": [first, run, run, result],
        "journal.shape": [first, run, ("result", told | {"answers": 1})],
    }
    for key, events in cases.items():
        assert keys(kept(tmp_path, boxes.journal(*events))) == {key}
    more = {"count": 2, "sha256": told["answers"]["sha256"]}
    assert keys(kept(tmp_path, boxes.journal(first, run, ("result", told | {"answers": more})))) == {"journal.answers"}


def test_clocks_may_jump(tmp_path: Path) -> None:
    """Times that go back are said, and are no difference; a case without a journal says so."""
    rows = boxes.journal(*((row["event"], row["what"]) for row in entries()))
    rows[1]["at"] = "2025-01-01T00:00:00Z"
    for before, row in zip([None, *rows], rows, strict=False):
        row["before"] = before["hash"] if before else "0" * 64
        text = {name: value for name, value in row.items() if name != "hash"}
        row["hash"] = hashlib.sha256(json.dumps(text, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    place = kept(tmp_path, rows)
    assert keys(place) == set()
    assert "journal.clock" in keys(place, level="stated")
    assert "journal.none" in keys(kept(tmp_path, []), level="stated")


def test_a_journal_that_was_taken_out_is_missed(tmp_path: Path) -> None:
    """The runs of such a case say that they wrote one."""
    state = json.dumps({"runs": [{"inputs": {"packages": "sha256:00"}}]}, indent=1).encode() + b"\n"
    assert keys(kept(tmp_path, [], state_json=state)) == {"journal.gone"}


def beside(tmp_path: Path, name: str, data: bytes) -> Path:
    """The bundle with a file beside its manifest."""
    return boxes.unpacked(boxes.sealed(boxes.files(), {"manifest.json" + name: data}), tmp_path)


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen here")
@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_signatures_of_openssh(kind: str, tmp_path: Path) -> None:
    """A signature that ssh-keygen makes holds; of another manifest, or for another purpose, it does not."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(key)], check=True)
    out = tmp_path / "out"

    def sign(data: bytes, purpose: str) -> bytes:
        command = ["ssh-keygen", "-Y", "sign", "-n", purpose, "-f", str(key)]
        return subprocess.run(command, input=data, capture_output=True, check=True).stdout

    good = sign(MANIFEST, "stolen-funds-bundle")
    assert keys(beside(out, ".sig", good)) == set()
    assert "seal.ssh" in keys(beside(out, ".sig", good), level="fine")
    assert keys(beside(out, ".sig", sign(MANIFEST + b" ", "stolen-funds-bundle"))) == {"seal.ssh_wrong"}
    assert keys(beside(out, ".sig", sign(MANIFEST, "git"))) == {"seal.purpose"}


@given(st.binary(max_size=40), st.integers(0, 511))
@settings(deadline=None, max_examples=25)
def test_ed25519(message: bytes, bit: int) -> None:
    """Signatures of the library hold, with any bit changed they do not."""
    key = ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(message).digest())
    public = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    made = bytearray(key.sign(message))
    assert checker().ed25519_holds(public, message, bytes(made))
    made[bit // 8] ^= 1 << bit % 8
    assert not checker().ed25519_holds(public, message, bytes(made))
    assert not checker().ed25519_holds(public, message + b"x", key.sign(message))


def test_rsa() -> None:
    """RSA signatures of the library hold, and not of another message or for a short key."""
    key = rsa.generate_private_key(65537, 2048)
    numbers = key.public_key().public_numbers()
    made = key.sign(b"m", padding.PKCS1v15(), hashes.SHA512())
    holds = checker().rsa_holds
    assert holds(numbers.n, numbers.e, b"m", made, b"rsa-sha2-512")
    assert not holds(numbers.n, numbers.e, b"n", made, b"rsa-sha2-512")
    assert not holds(numbers.n, numbers.e, b"m", made, b"rsa-sha2-256")
    assert not holds(numbers.n >> 1024, numbers.e, b"m", made, b"rsa-sha2-512")


def der(tag: int, *parts: bytes) -> bytes:
    """A DER value."""
    body = b"".join(parts)
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8 or 1, "big")
    return bytes([tag]) + (bytes([len(body)]) if len(body) < 128 else bytes([0x80 + len(size)]) + size) + body


def stamp(digest: bytes, *, status: bytes = b"\0") -> bytes:
    """An RFC 3161 answer, as far as it is read without its signature."""
    sha256 = der(0x30, der(6, bytes.fromhex("608648016503040201")), der(5))
    imprint = der(0x30, sha256, der(4, digest))
    info = der(0x30, der(2, b"\1"), der(6, b"\x2a\3"), imprint, der(2, b"\7"), der(0x18, b"20260102030405Z"))
    content = der(0x30, der(6, bytes.fromhex("2a864886f70d0109100104")), der(0xA0, der(4, info)))
    signed = der(0x30, der(2, b"\3"), der(0x31, sha256), content, der(0x31))
    token = der(0x30, der(6, bytes.fromhex("2a864886f70d010702")), der(0xA0, signed))
    return der(0x30, der(0x30, der(2, status)), token)


OTS = b"\0OpenTimestamps\0\0Proof\0\xbf\x89\xe2\xe8\x84\xe8\x92\x94\1\x08"


def test_time_stamps(tmp_path: Path) -> None:
    """Stamps of this manifest say their time; of another, refused, or broken ones are found."""
    digest = hashlib.sha256(MANIFEST).digest()
    found = checker().verify(str(beside(tmp_path, ".tsr", stamp(digest)))).found
    assert ("fine", "seal.stamp", {"time": "2026-01-02 03:04:05 UTC"}) in found
    assert keys(beside(tmp_path, ".tsr", stamp(bytes(32)))) == {"seal.stamp_wrong"}
    assert keys(beside(tmp_path, ".tsr", stamp(digest, status=b"\2"))) == {"seal.broken"}
    assert keys(beside(tmp_path, ".tsr", stamp(digest)[:-40])) == {"seal.broken"}
    (tmp_path / "manifest.json.tsr").unlink()
    assert "seal.ots" in keys(beside(tmp_path, ".ots", OTS + digest + b"\0"), level="fine")
    assert keys(beside(tmp_path, ".ots", OTS + bytes(32) + b"\0")) == {"seal.ots_wrong"}
    assert keys(beside(tmp_path, ".ots", b"no proof")) == {"seal.broken"}
    (tmp_path / "manifest.json.ots").unlink()
    for name in (".sig", ".asc"):
        assert keys(beside(tmp_path, name, b"-----BEGIN")) == {"seal.broken"}
        (tmp_path / ("manifest.json" + name)).unlink()


def test_files_beside_are_held_to_their_digests(tmp_path: Path) -> None:
    """A file beside the manifest that manifest.sha256 does not name, or names otherwise, is found."""
    place = boxes.unpacked(boxes.sealed(boxes.files()), tmp_path)
    (place / "manifest.json.asc").write_text("-----BEGIN PGP SIGNATURE-----")
    assert keys(place) == {"manifest.sums"}
