"""Signatures come from the user's own tools, and these tools accept them again."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracer.bundle.signing import NAMESPACE, signer_of
from tracer.errors import CaseError, UsageError

MANIFEST = b'{"files": []}\n'

needs_ssh = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no OpenSSH here")
needs_gpg = pytest.mark.skipif(shutil.which("gpg") is None, reason="no GnuPG here")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A folder with an SSH key pair without a passphrase."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(tmp_path / "key")], check=True)
    return tmp_path


@pytest.fixture
def gnupg(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of an OpenPGP key without a passphrase, in a keyring of its own."""
    home = tmp_path_factory.mktemp("g")
    home.chmod(0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    made = ["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-gen-key", "a@example.org", "ed25519", "sign"]
    subprocess.run(made, check=True, capture_output=True)
    yield "a@example.org"
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], check=False, capture_output=True)


@needs_ssh
def test_openssh_accepts_the_signature(keys: Path) -> None:
    """The signature is good for these bytes in this namespace, and for no others."""
    signer = signer_of(f"ssh:{keys / 'key.pub'}")
    assert signer.name == "manifest.json.sig"
    signature = keys / signer.name
    signature.write_bytes(signer.sign(MANIFEST))

    def accepted(data: bytes, namespace: str) -> bool:
        asked = ["ssh-keygen", "-Y", "check-novalidate", "-n", namespace, "-s", str(signature)]
        return subprocess.run(asked, input=data, capture_output=True, check=False).returncode == 0

    assert accepted(MANIFEST, NAMESPACE)
    assert not accepted(MANIFEST + b" ", NAMESPACE)
    assert not accepted(MANIFEST, "file")


@needs_gpg
def test_gnupg_accepts_the_signature(gnupg: str, tmp_path: Path) -> None:
    """The detached signature is good for these bytes."""
    signer = signer_of(f"gpg:{gnupg}")
    assert signer.name == "manifest.json.asc"
    (tmp_path / "a").write_bytes(signer.sign(MANIFEST))
    (tmp_path / "b").write_bytes(MANIFEST)
    asked = ["gpg", "--verify", str(tmp_path / "a"), str(tmp_path / "b")]
    assert subprocess.run(asked, capture_output=True, check=False).returncode == 0


@needs_ssh
def test_a_tool_that_refuses_ends_it(keys: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Without the private key there is no signature; the tool's own words reach the terminal."""
    (keys / "key").unlink()
    signer = signer_of(f"ssh:{keys / 'key.pub'}")
    with pytest.raises(CaseError, match="ssh-keygen did not sign"):
        signer.sign(MANIFEST)
    assert capfd.readouterr().err


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("key.pub", "names no key"),
        ("ssh:", "names no key"),
        ("pem:key", "names no key"),
        ("ssh:/no/such/key.pub", "no key file"),
    ],
)
@needs_ssh
def test_what_is_no_key_is_refused_at_once(asked: str, said: str) -> None:
    """A mistake is told before the long work begins."""
    with pytest.raises(UsageError, match=said):
        signer_of(asked)


def test_a_missing_tool_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the tool is not installed, that is said."""
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(UsageError, match="gpg is not installed"):
        signer_of("gpg:somebody")
