"""An `Evidence` that lives in memory, for tests that need a client and no case on disk.

It behaves as the case does: the last answer kept for a question is the one found, ids count up from 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from chains.http import Ask, Stored, Verdict


class Kept(NamedTuple):
    """One call of `MemoryEvidence.keep`: the question and what was stored for it."""

    key: str
    ask: Ask
    stored: Stored


class MemoryEvidence:
    """Keeps everything in ``kept``, in order; ``kept[raw - 1]`` is the answer with id ``raw``."""

    def __init__(self, *, offline: bool = False) -> None:
        self.offline = offline
        self.kept: list[Kept] = []
        self._last: dict[str, Stored] = {}

    def find(self, key: str) -> Stored | None:
        """The last answer kept for this question."""
        return self._last.get(key)

    def keep(self, ask: Ask, status: int | None, headers: Mapping[str, str], body: bytes, verdict: Verdict) -> int:
        """Store one answer and return its id."""
        stored = Stored(len(self.kept) + 1, status, dict(headers), body, verdict.kind.value, verdict.detail)
        self.kept.append(Kept(ask.key, ask, stored))
        self._last[ask.key] = stored
        return stored.raw
