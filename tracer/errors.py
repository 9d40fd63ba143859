"""What can go wrong while tracing, as one tree; each leaf knows the exit code it ends the program with.

TracerError
├── UsageError          2   a question that cannot be asked like that
│   ├── ConfigError     2   a file of the user's that cannot be read as what it should be
│   │   └── ListDamaged 2   a published list that is not what its publisher documents
│   └── SecretRefused   2   a private key or mnemonic where none belongs
├── SourceTrouble       4   no source could give what the trace cannot start without
├── CaseError           4   the case folder cannot be used (no such case, disk full, locked)
│   └── Tampered        5   stored answers no longer are what was stored
├── NothingStolen       6   no outflow to follow
└── Misread            70   the program's own reading of an answer cannot be found in it

An error is a key of the catalogue and its values, so that whoever shows it chooses the language.
"""

from __future__ import annotations

from typing import ClassVar

from chains.errors import ChainError
from tracer.words import Words, translated, words


class TracerError(Exception):
    """Root of everything this package raises on purpose.

    ``key`` is a key of the catalogue and ``values`` fill its placeholders. Values may be errors themselves.
    """

    exit_code: ClassVar[int] = 4

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key, values)
        self.key, self.values = key, values

    def __str__(self) -> str:
        return self.say(words("en"))

    def say(self, w: Words) -> str:
        """The sentence in the words of a language."""
        return w(self.key, **{name: _said(value, w) for name, value in self.values.items()})


class UsageError(TracerError):
    """The question cannot be asked like that."""

    exit_code = 2


class ConfigError(UsageError):
    """A user's file that cannot be read as what it should be."""


class ListDamaged(ConfigError):
    """A copy of a published list that is not what its publisher documents, or not whole; the copy before it is kept."""


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


class Misread(TracerError):
    """What this program took from an answer is not found there again: an error of the program."""

    exit_code = 70


def _said(value: object, w: Words) -> object:
    if isinstance(value, TracerError):
        return value.say(w)
    return translated(str(value), w) if isinstance(value, str | ChainError) else value
