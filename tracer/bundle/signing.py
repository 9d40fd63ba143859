"""Signatures of a manifest, made by the user's own tools: OpenSSH or GnuPG.

This program never reads a private key and never asks for a passphrase. It hands the manifest to the tool, and the tool
asks its user what it has to.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final, NamedTuple

from tracer.bundle.manifest import MANIFEST
from tracer.errors import CaseError, UsageError

NAMESPACE: Final = "stolen-funds-bundle"
"""What an OpenSSH signature is for: one that was made for something else does not count here."""

_LONGEST: Final = 65_536


class _Tool(NamedTuple):
    program: str
    ending: str
    begins: bytes


_TOOLS: Final = {
    "ssh": _Tool("ssh-keygen", ".sig", b"-----BEGIN SSH SIGNATURE-----"),
    "gpg": _Tool("gpg", ".asc", b"-----BEGIN PGP SIGNATURE-----"),
}


class Signer(NamedTuple):
    """Whoever signs: the tool's command, and what the signature is called and begins with."""

    command: tuple[str, ...]
    name: str
    begins: bytes

    def sign(self, data: bytes) -> bytes:
        """The detached signature of some bytes. What the tool says goes to the terminal.

        Raises:
            CaseError: the tool refused.
        """
        done = subprocess.run(self.command, input=data, stdout=subprocess.PIPE, check=False)  # noqa: S603 - no shell
        if done.returncode or not done.stdout.startswith(self.begins) or len(done.stdout) > _LONGEST:
            raise CaseError("error.sign_refused", tool=Path(self.command[0]).stem, code=done.returncode)
        return done.stdout


def signer_of(asked: str) -> Signer:
    """The signer that is asked for as ``ssh:KEYFILE.pub`` or ``gpg:KEYID``.

    Raises:
        UsageError: it is written otherwise, the key file is missing, or the tool is not installed.
    """
    kind, _, key = asked.partition(":")
    if kind not in _TOOLS or not key:
        raise UsageError("error.sign_unknown", asked=asked)
    tool = _TOOLS[kind]
    program = shutil.which(tool.program)
    if program is None:
        raise UsageError("error.sign_tool", tool=tool.program)
    command: tuple[str, ...] = ("--armor", "--detach-sign", "--output", "-", "--local-user", key)
    if kind == "ssh":
        file = Path(key).expanduser()
        if not file.is_file():
            raise UsageError("error.sign_key", file=file)
        command = ("-Y", "sign", "-n", NAMESPACE, "-f", str(file))
    return Signer((program, *command), MANIFEST + tool.ending, tool.begins)
