"""What a detector of patterns returns: a lead, with everything it was drawn from.

A lead is worth looking at and proves nothing. So it carries what was measured beside the threshold it was held to, what
speaks for it beyond the threshold, what could not be checked, and a score that follows from those by a rule a reader
can redo: `BASE` of its pattern, plus `POINTS` for each strength, less `POINTS` for each caveat, from `LOWEST` to
`HIGHEST`. The score puts leads in order; it is no probability.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from chains.model import AssetId
from tracer.words import sentence

if TYPE_CHECKING:
    from tracer.patterns.traffic import Traffic

POINTS: Final = 10
LOWEST: Final = 5
HIGHEST: Final = 95

AT_LEAST: Final = ">="
AT_MOST: Final = "<="
BELOW: Final = "<"


class Param(NamedTuple):
    """One figure: what was measured (rounded down), and the threshold it was held to, if to one."""

    name: str
    measured: int
    sense: str = ""
    bound: int = 0


class Members(NamedTuple):
    """Who and what makes the pattern, each with its chain: addresses as they appeared, the rest as in the ledger."""

    addresses: tuple[tuple[str, str], ...]
    transactions: tuple[tuple[str, str], ...]
    assets: tuple[tuple[str, AssetId], ...]


class Lead(NamedTuple):
    """One occurrence of a pattern. ``sentence``, ``strengths`` and ``caveats`` are sentences of the catalogue."""

    pattern: str
    members: Members
    params: tuple[Param, ...]
    base: int
    strengths: tuple[str, ...]
    caveats: tuple[str, ...]
    sentence: str

    @property
    def score(self) -> int:
        """From `LOWEST` to `HIGHEST`, by the rule above."""
        return min(HIGHEST, max(LOWEST, self.base + POINTS * (len(self.strengths) - len(self.caveats))))


class Unexamined(NamedTuple):
    """What a detector could not look at, and why: "no lead" must not be read as "nothing there"."""

    pattern: str
    why: str


class Findings(NamedTuple):
    """All leads, best first, and what was not examined.

    Of ``received`` accounts that traced value reached, the payments of ``followed`` are known.
    """

    leads: tuple[Lead, ...]
    unexamined: tuple[Unexamined, ...]
    followed: int
    received: int


Detect = Callable[["Traffic"], Iterable[Lead | Unexamined]]


class Detector(NamedTuple):
    """A pattern by its name, and the pure function that finds it."""

    pattern: str
    detect: Detect


def doubled(*params: Param) -> tuple[str, ...]:
    """The strength of a figure that reaches its threshold twice over."""
    twice = any(one.sense == AT_LEAST and one.measured >= 2 * one.bound for one in params)
    return (sentence("rule.strength.double"),) if twice else ()
