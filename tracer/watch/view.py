"""How a running watch tells somebody what it is doing, without knowing who looks on.

The engine calls these; reports/watch/ draws them on a terminal or writes them as lines. Nothing told here is kept: what
must reach somebody goes through the outbox.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from chains.model import Asset
from chains.scan import Tips
from tracer.watch.model import Notice, Target, Told
from tracer.watch.state import Cursor

TRACING, WRITING, LATER, DONE = "tracing", "writing", "later", "done"
STAGES: Final = (TRACING, WRITING, LATER, DONE)
"""Where bringing a case up to date is: its trace runs, its papers are written, it is put off because somebody else has
the case open or a source failed, or it is over."""


class View(Protocol):
    """Somebody who looks on."""

    def targets(self, targets: Sequence[Target]) -> None:
        """What is watched from now on: at the start, and whenever the list changed."""

    def chain(self, chain: str, tips: Tips, read: Cursor, source: str, plan: str) -> None:
        """A chain was read as far as ``read``, by ``source`` in the way ``plan`` says."""

    def frontier(self, target: int, places: int, resting: Sequence[tuple[Asset, int]], moved: int | None) -> None:
        """How much of a target is watched.

        ``places`` are counted; ``resting`` are the traced base units there by asset, the largest first; ``moved`` is
        the Unix time of the last movement, None: none since the watch began.
        """

    def told(self, notice: Notice, status: str, turn: int) -> None:
        """A notice is new, or its status changed."""

    def blind(self, chain: str, since: int, why: str) -> None:
        """A chain cannot be seen since a Unix time, and why (a sentence)."""

    def seeing(self, chain: str) -> None:
        """It can be seen again."""

    def spent(self, endpoint: str, today: int, hourly: int, limit: int | None) -> None:
        """Requests to an endpoint: today (UTC), at the pace of the last hour, and free ones a day where known."""

    def catching_up(self, target: int, stage: str) -> None:
        """Where bringing a case up to date is: one of `STAGES`."""

    def delivered(self, told: Told) -> None:
        """A channel took a message."""

    def waiting(self, messages: int) -> None:
        """So many messages have not been taken yet."""

    def note(self, what: str | Exception) -> None:
        """Something worth reading: a sentence of the catalogue, or what went wrong for now."""


class Silent:
    """Nobody looks on."""

    def targets(self, targets: Sequence[Target]) -> None:
        """Say nothing."""

    def chain(self, chain: str, tips: Tips, read: Cursor, source: str, plan: str) -> None:
        """Say nothing."""

    def frontier(self, target: int, places: int, resting: Sequence[tuple[Asset, int]], moved: int | None) -> None:
        """Say nothing."""

    def told(self, notice: Notice, status: str, turn: int) -> None:
        """Say nothing."""

    def blind(self, chain: str, since: int, why: str) -> None:
        """Say nothing."""

    def seeing(self, chain: str) -> None:
        """Say nothing."""

    def spent(self, endpoint: str, today: int, hourly: int, limit: int | None) -> None:
        """Say nothing."""

    def catching_up(self, target: int, stage: str) -> None:
        """Say nothing."""

    def delivered(self, told: Told) -> None:
        """Say nothing."""

    def waiting(self, messages: int) -> None:
        """Say nothing."""

    def note(self, what: str | Exception) -> None:
        """Say nothing."""
