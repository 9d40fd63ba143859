"""What can go wrong while tracing, as one tree; each leaf knows the exit code it ends the program with.

TracerError
├── UsageError          2   a question that cannot be asked like that
│   ├── ConfigError     2   a file of the user's that cannot be read as what it should be
│   └── SecretRefused   2   a private key or mnemonic where none belongs
├── SourceTrouble       4   no source could give what the trace cannot start without
├── CaseError           4   the case folder cannot be used (no such case, disk full, locked)
│   └── Tampered        5   stored answers no longer are what was stored
└── NothingStolen       6   no outflow to follow
"""

from __future__ import annotations

from typing import ClassVar


class TracerError(Exception):
    """Root of everything this package raises on purpose."""

    exit_code: ClassVar[int] = 4


class UsageError(TracerError):
    """The question cannot be asked like that."""

    exit_code = 2


class ConfigError(UsageError):
    """A user's file that cannot be read as what it should be."""


class SecretRefused(UsageError):
    """Something that looks like a private key or mnemonic was given. The message never repeats it."""


class SourceTrouble(TracerError):
    """No source could give what the trace cannot start without."""


class CaseError(TracerError):
    """The case folder cannot be used."""


class Tampered(CaseError):
    """A stored answer no longer has the digest it was stored with, or the database is damaged."""

    exit_code = 5


class NothingStolen(TracerError):
    """The victim has no outflow to follow."""

    exit_code = 6
