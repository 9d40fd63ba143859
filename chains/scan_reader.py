"""One chain, scanned through several suppliers as if it were one that does not fail.

The reader of histories (chains/reader.py) asks for what has happened and may take its time; a watch asks for what is
happening, so here a supplier that answers may still be of no use: one that stands still is as bad as one that is down.
Whoever fails or lags is left for a while and then asked first again. When nobody answers, or nobody has a new block
for long, that is an error of its own, `Blind`: a watch must never take silence for quiet.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pkgutil import iter_modules
from typing import Final, TypeVar

import chains
from chains.errors import ChainError, Down, Malformed, NotFound, SourceError, Unsupported
from chains.history_scan import HistoryScanner
from chains.http import Client
from chains.model import Address, AssetId, Balance, Block
from chains.registry import Chain, SourceSettings
from chains.scan import Scanned, Scanner, ScannerKind, Tips, Watched

REST: Final = 30.0
LONGEST_REST: Final = 600.0
"""Seconds for which a failing scanner is asked after all others; twice as long each time it fails again."""
LAG: Final = 60.0
"""Seconds that a scanner may stand still, or its newest block be older than another's, before it is replaced."""
COMPARE: Final = 300.0
"""So often another is asked how far the chain has come although nothing seems wrong."""
STALL: Final = 600.0
"""After so many seconds without a new block from anybody the chain counts as not seen."""
FEW: Final = 50
"""Addresses for which one history each is not too dear for a second opinion."""

T = TypeVar("T")


class Blind(ChainError):
    """A chain cannot be seen; carries the reason of each scanner. What sources said of themselves is hostile text."""

    def __init__(self, chain: str, reasons: Sequence[str]) -> None:
        self.chain, self.reasons = chain, tuple(reasons) or ("no source is configured",)
        why = "; ".join(self.reasons)
        super().__init__(f"{chain} cannot be seen: {why}")


@dataclass(slots=True)
class _Line:
    """One scanner, and what it was like. ``gone``: why it will never serve this chain. Times as the clock tells."""

    scanner: Scanner
    gone: str = ""
    failures: int = 0
    rests_until: float = float("-inf")
    newest: int = -1
    moved: float = float("-inf")
    weak: str = ""


class ScanReader:
    """Scans one chain. ``scanners`` in order of preference; ``clock`` counts seconds and is never set back.

    ``refresh`` is called every `COMPARE` seconds, so that what was given up beneath the scanners can be asked again.
    """

    def __init__(
        self,
        chain: Chain,
        scanners: Sequence[Scanner],
        clock: Callable[[], float] = time.monotonic,
        refresh: Callable[[], None] = lambda: None,
    ) -> None:
        self.chain = chain
        self.source = ""
        """Name of the scanner that answered last."""
        self._clock, self._refresh = clock, refresh
        self._lines = [_Line(scanner) for scanner in scanners]
        self._final: Block | None = None
        self._newest = -1
        self._moved = self._compared = clock()

    @property
    def names(self) -> tuple[str, ...]:
        """The scanners in order of preference."""
        return tuple(line.scanner.name for line in self._lines)

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Every endpoint that may be asked, as the client counts them, the preferred first."""
        return tuple(dict.fromkeys(name for line in self._lines for name in line.scanner.endpoints))

    def reopen(self) -> None:
        """Forget what was held against any of the scanners, and what was said to be final. That nothing moved stays."""
        self._lines = [_Line(line.scanner) for line in self._lines]
        self._final = None

    async def tips(self) -> Tips:
        """Newest and final block. The final one never goes back, whoever answers.

        Raises:
            Blind: nobody answers, or nobody has had a new block for `STALL` seconds.
        """
        told = await self._told()
        line, tips = self._chosen(told)
        self.source = line.scanner.name
        finals = [one.final for _, one in told if one.final.number <= tips.newest.number]
        self._final = max([self._final or tips.final, *finals], key=lambda block: block.number)
        now = self._clock()
        if tips.newest.number != self._newest:
            self._newest, self._moved = tips.newest.number, now
        elif now - self._moved >= STALL:
            raise Blind(self.chain.name, [f"{one.scanner.name} has no block after {self._newest}" for one, _ in told])
        return Tips(max(tips.newest, self._final, key=lambda block: block.number), self._final)

    async def block(self, number: int) -> Block:
        """The block of this number. Raises NotFound where nobody has it and somebody says so, else `Blind`."""
        reasons: list[ChainError] = []
        for line in self._order():
            found = await self._asked(line, lambda scanner: scanner.block(number), reasons)
            if found is not None:
                return found
        missing = next((one for one in reasons if isinstance(one, NotFound)), None)
        raise missing or self._blind(reasons)

    async def scan(self, who: Watched, low: int, high: int) -> Scanned:
        """Everything of ``who`` in blocks ``low`` to ``high``.

        What may be incomplete is asked of one other as well, and the better answer kept. Raises `Blind`.
        """
        reasons: list[ChainError] = []
        best: Scanned | None = None
        for line in self._order():
            if best is not None and self._spared(line, best, who):
                continue
            found = await self._asked(line, lambda scanner: scanner.scan(who, low, high), reasons)
            if found is None or not self._same_chain(line, found, best, reasons):
                continue
            line.failures, line.weak = 0, found.weak
            second = best is not None
            if best is None or _value(found) > _value(best):
                best, self.source = found, line.scanner.name
            if second or not best.weak:
                break
        if best is None:
            raise self._blind(reasons)
        return best

    async def held_before(self, who: Address, asset: AssetId, number: int) -> Balance:
        """What ``who`` held right before block ``number``.

        Raises:
            Unsupported: no source of this chain can tell.
            Blind: one that could did not answer.
        """
        reasons: list[ChainError] = []
        for line in self._order():
            found = await self._asked(line, lambda scanner: scanner.held_before(who, asset, number), reasons)
            if found is not None:
                return found
        if reasons and all(isinstance(one, Unsupported | NotFound) for one in reasons):
            raise Unsupported(self.chain.name, f"what {who} held before block {number}", "; ".join(map(str, reasons)))
        raise self._blind(reasons)

    async def _told(self) -> list[tuple[_Line, Tips]]:
        """The tips of the first scanner that is beyond doubt, and of those before it.

        Now and then one more is asked, for a source alone cannot be seen to lag. Who rests is asked only for want of
        others.
        """
        reasons: list[ChainError] = []
        told: list[tuple[_Line, Tips]] = []
        now = self._clock()
        wanted = 1
        if now - self._compared >= COMPARE:
            wanted, self._compared = 2, now
            self._refresh()
        for line in self._order():
            if told and line.rests_until > now:
                break
            tips = await self._asked(line, lambda scanner: scanner.tips(), reasons)
            if tips is None:
                continue
            told.append((line, tips))
            if tips.newest.number > line.newest:
                line.newest, line.moved = tips.newest.number, now
            if len(told) >= wanted and not self._stands(line, tips):
                break
        if not told:
            raise self._blind(reasons)
        return told

    def _stands(self, line: _Line, tips: Tips) -> bool:
        """Has it, or the whole chain as far as anybody told, had no new block for `LAG` seconds?"""
        since = min(line.moved, self._moved)
        return tips.newest.number <= self._newest and self._clock() - since >= LAG

    def _chosen(self, told: Sequence[tuple[_Line, Tips]]) -> tuple[_Line, Tips]:
        """The first that does not lag behind the furthest; whoever does rests."""
        ahead, furthest = max(told, key=lambda pair: pair[1].newest.time)
        for line, tips in told:
            stands = self._stands(line, tips) and tips.newest.number < furthest.newest.number
            if not stands and furthest.newest.time - tips.newest.time <= LAG:
                return line, tips
            where = f"its newest block is {tips.newest.number}, that of {ahead.scanner.name} {furthest.newest.number}"
            self._note(line, Down(line.scanner.name, "the newest block", where))
        return ahead, furthest

    def _spared(self, line: _Line, best: Scanned, who: Watched) -> bool:
        """Is it not worth asking for a second opinion: resting, as blind in the same way, or too dear?"""
        dear = isinstance(line.scanner, HistoryScanner) and len(who.all) > FEW
        return dear or line.rests_until > self._clock() or line.weak == best.weak

    def _same_chain(self, line: _Line, found: Scanned, best: Scanned | None, reasons: list[ChainError]) -> bool:
        """Does it stand on the final block that was told, and on the same top as the answer before it?"""
        final = self._final
        known = final if final is not None and final.number == found.high else best.top if best else found.top
        if is_same(found.top, known):
            return True
        why = f"its block {found.high} is {found.top.hash}, not {known.hash}"
        reasons.append(Down(line.scanner.name, f"blocks {found.low} to {found.high}", why))
        self._note(line, reasons[-1])
        return False

    async def _asked(self, line: _Line, ask: Callable[[Scanner], Awaitable[T]], reasons: list[ChainError]) -> T | None:
        try:
            return await ask(line.scanner)
        except (SourceError, Malformed, NotFound) as failure:
            self._note(line, failure)
            reasons.append(failure)
            return None

    def _note(self, line: _Line, failure: ChainError) -> None:
        """Whoever says that it does not know this is as good as before for other questions; all else is a failure."""
        if isinstance(failure, Unsupported):
            line.gone = str(failure) if failure.scope != "request" else line.gone
        elif not isinstance(failure, NotFound):
            line.rests_until = self._clock() + min(REST * 2**line.failures, LONGEST_REST)
            line.failures = min(line.failures + 1, 10)

    def _order(self) -> list[_Line]:
        """Who may be asked: by preference, those that rest at the end."""
        now = self._clock()
        here = [line for line in self._lines if not line.gone]
        return sorted(here, key=lambda line: line.rests_until > now)

    def _blind(self, reasons: Sequence[ChainError]) -> Blind:
        gone = [line.gone for line in self._lines if line.gone]
        return Blind(self.chain.name, list(dict.fromkeys([*map(str, reasons), *gone])))


def _value(found: Scanned) -> tuple[bool, int]:
    return not found.weak, len(found.sights) + len(found.changes)


def is_same(one: Block, other: Block) -> bool:
    """Are two blocks one? Sources spell their hashes differently."""
    return one.hash.lower().removeprefix("0x") == other.hash.lower().removeprefix("0x")


def scanner_kinds() -> list[ScannerKind]:
    """The scanner kinds of this package, lowest rank first: the ``SCANNER`` of each module named ``…_scan``."""
    names = sorted(info.name for info in iter_modules(chains.__path__) if info.name.endswith("_scan"))
    found = [getattr(import_module(f"chains.{name}"), "SCANNER", None) for name in names]
    return sorted((kind for kind in found if isinstance(kind, ScannerKind)), key=lambda kind: kind.rank)


def open_scanners(chain: Chain, client: Client, settings: SourceSettings) -> ScanReader:
    """A reader over every scanner of a chain: by rank, or source by source in the user's order and then by rank."""
    kinds = scanner_kinds()
    chosen = [replace(settings, only=(name,)) for name in settings.only] or [settings]
    scanners = [one for part in chosen for kind in kinds for one in kind.build(chain, client, part)]
    return ScanReader(chain, scanners, refresh=client.reopen)
