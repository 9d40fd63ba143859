"""Reading a long list from an Etherscan-shaped explorer to its proven end.

Page numbers are no way through such a list: page times size may not pass 10,000, and rows move between pages while the
chain grows. So the cursor is a block: each request starts at the last block of the one before, whose rows are held
back and must all come again. That overlap is the proof that nothing fell out at the edge, and it shows a proxy that
repeats an old page. Pages within one block are used only where a single block fills a whole page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final, NamedTuple

from chains.errors import Down, NotInEvidence, SplitRange, Unsupported
from chains.explorer_answers import names_no_action
from chains.explorer_rows import row_height, without_padding
from chains.http import Answer, Kind

WINDOW: Final = 10_000
"""Page × offset may not exceed this (Etherscan's error text of the same content; Routescan and Blockscout alike)."""

CAPS: Final = frozenset({50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000})
"""Round numbers servers cap pages at without saying so: a page of such a length is not taken for the last."""

_KEY_FIELDS: Final = (
    *("hash", "transactionHash", "traceId", "index", "logIndex", "type", "from", "to", "contractAddress"),
    *("value", "tokenID", "tokenValue"),
)


class Row(NamedTuple):
    """One row, the block it is in, and the stored answer it came from."""

    height: int
    fields: Mapping[str, Any]
    raw: int

    @property
    def key(self) -> Hashable:
        """What stays the same when the row is read again (confirmations do not)."""
        return (self.height, *(str(self.fields.get(name)) for name in _KEY_FIELDS))


class Stretch(NamedTuple):
    """All rows from the end of the stretch before through height ``through``; None: through all that was asked."""

    rows: tuple[Row, ...]
    through: int | None
    weak: str = ""


class Merged(NamedTuple):
    """The same stretch of several lists; ``lists[i]`` are the rows of the i-th."""

    lists: tuple[tuple[Row, ...], ...]
    through: int | None
    weak: str


class _Batch(NamedTuple):
    rows: list[Row]
    more: bool
    weak: str


@dataclass(frozen=True, slots=True)
class Listing:
    """One list of one explorer. ``ask`` sends its parameters; ``tip`` is the newest block, for cutting ranges."""

    source: str
    what: str
    ask: Callable[[Mapping[str, str]], Awaitable[Answer]]
    tip: Callable[[], Awaitable[int]]
    params: Mapping[str, str]
    size: int
    first: str = "startblock"
    last: str = "endblock"
    open_end: str | None = None
    """What to send as ``last`` when there is no upper bound; None: leave it out."""

    async def stretches(self, low: int, high: int | None) -> AsyncIterator[Stretch]:
        """The list from ``low`` to ``high`` (None: the tip), oldest first, in whole blocks.

        Raises:
            SourceError: after yielding what is proven; `Down` when pages repeat or lose rows, `SplitRange` when one
                block alone is more than the explorer gives.
        """
        cursor, held, window = low, Counter[Hashable](), 0
        while True:
            end = await self._end(cursor, high, window)
            try:
                batch = await self._checked(cursor, end, held)
            except _FullBlockError:
                raise
            except SplitRange:
                window = await self._half(cursor, end)
                continue
            if batch.more:
                edge = batch.rows[-1].height
                yield Stretch(tuple(row for row in batch.rows if row.height < edge), edge - 1, batch.weak)
                cursor, held = edge, Counter(row.key for row in batch.rows if row.height == edge)
            elif end == high:
                yield Stretch(tuple(batch.rows), None, batch.weak)
                return
            else:
                assert end is not None
                yield Stretch(tuple(batch.rows), end, batch.weak)
                cursor, held, window = end + 1, Counter(), window * 2

    async def _end(self, cursor: int, high: int | None, window: int) -> int | None:
        if not window:
            return high
        bound = high if high is not None else await self.tip()
        end = cursor + window - 1
        return high if end >= bound else end

    async def _half(self, cursor: int, end: int | None) -> int:
        """A window half as long as the one refused. Raises SplitRange when that was one block already."""
        bound = end if end is not None else await self.tip()
        half = (bound - cursor + 1) // 2
        if half < 1:
            raise SplitRange(self.source, self.what, f"refused for block {cursor} alone")
        return half

    async def _checked(self, cursor: int, end: int | None, held: Counter[Hashable]) -> _Batch:
        """One batch that holds together. What a caching proxy garbled is asked for again in other sizes."""
        why = ""
        for size in (self.size, self.size - 1, self.size - 2):
            try:
                return await self._batch(cursor, end, held, max(size, 1))
            except _TornError as torn:
                why = torn.why
        raise Down(self.source, self.what, why)

    async def _batch(self, cursor: int, end: int | None, held: Counter[Hashable], size: int) -> _Batch:
        rows, weak = await self._page(cursor, end, 1, size)
        _check_order(rows, cursor)
        full = len(rows) == size or len(rows) in CAPS
        step, page, latest = len(rows), 1, rows
        while full and rows[0].height == rows[-1].height:
            page += 1
            if page * step > WINDOW:
                raise _FullBlockError(self.source, self.what, f"more than {WINDOW} rows in block {rows[0].height}")
            more, more_weak = await self._page(cursor, end, page, step)
            _check_order(more, rows[-1].height)
            if more and [row.key for row in more] == [row.key for row in latest]:
                raise _TornError("repeated page")
            rows, latest, weak = [*rows, *more], more, weak or more_weak
            full = len(more) == step
        if held - Counter(row.key for row in rows if row.height == cursor):
            raise _TornError("missing rows at page edge")
        inside = [row for row in rows if end is None or row.height <= end]
        return _Batch(inside, full and len(inside) == len(rows), weak)

    async def _page(self, cursor: int, end: int | None, page: int, size: int) -> tuple[list[Row], str]:
        upper = self.open_end if end is None else str(end)
        bounds = {self.first: str(cursor)} | ({} if upper is None else {self.last: upper})
        answer = await self.ask({**self.params, **bounds, "page": str(page), "offset": str(size), "sort": "asc"})
        listed = answer.data["result"] if answer.kind is not Kind.EMPTY else ()
        weak = (answer.detail or "the list is partial") if answer.kind is Kind.PARTIAL else ""
        return [Row(row_height(self.source, row), without_padding(row), answer.raw) for row in listed], weak


class _FullBlockError(SplitRange):
    """One block holds more rows than the explorer lets anyone page through; no smaller range helps."""


class _TornError(Exception):
    """Inside this module: pages that do not fit together."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def _check_order(rows: Sequence[Row], floor: int) -> None:
    if rows and rows[0].height < floor:
        raise _TornError("repeated page")
    if any(later.height < earlier.height for earlier, later in pairwise(rows)):
        raise _TornError("rows go backwards")


async def tolerated(
    stretches: AsyncIterator[Stretch], weak: str, on_refusal: Callable[[Unsupported], None]
) -> AsyncIterator[Stretch]:
    """A list that may be refused: then it is empty, and weak for the reason given.

    Offline the same holds for a list that was never asked for, since after one refusal nobody asks for others.
    """
    try:
        async for stretch in stretches:
            yield stretch
    except (Unsupported, NotInEvidence) as refusal:
        if isinstance(refusal, Unsupported):
            on_refusal(refusal)
        yield Stretch((), None, weak)


@dataclass(frozen=True, slots=True)
class Part:
    """One of the lists a history is made of. ``weak`` says what is missing when the explorer does not serve it.

    ``refused`` is shared by the source's histories: an action that it does not know is asked for once.
    """

    listing: Listing
    action: str = ""
    weak: str = ""
    refused: set[str] = field(default_factory=set)

    def stretches(self, low: int, high: int | None) -> AsyncIterator[Stretch]:
        """As `Listing.stretches`, without failing where ``weak`` covers it."""
        if self.action in self.refused:
            return unread(self.weak)
        plain = self.listing.stretches(low, high)
        return tolerated(plain, self.weak, self._note) if self.weak else plain

    def _note(self, refusal: Unsupported) -> None:
        if names_no_action(refusal.detail):
            self.refused.add(self.action)


async def unread(weak: str) -> AsyncIterator[Stretch]:
    """A list that is known to be refused."""
    yield Stretch((), None, weak)


@dataclass(slots=True)
class _Track:
    """How far one of several merged lists has been read; ``through`` is None once it is read to its end."""

    stretches: AsyncIterator[Stretch]
    rows: list[Row] = field(default_factory=list)
    through: int | None = -1
    weak: str = ""

    async def advance(self) -> None:
        stretch = await anext(self.stretches)
        self.rows.extend(stretch.rows)
        self.through, self.weak = stretch.through, stretch.weak

    def take(self, through: int | None) -> tuple[Row, ...]:
        taken = tuple(row for row in self.rows if through is None or row.height <= through)
        del self.rows[: len(taken)]
        return taken


async def merged(lists: Sequence[AsyncIterator[Stretch]]) -> AsyncIterator[Merged]:
    """Several lists side by side, each step through a height that all of them have reached.

    Raises:
        SourceError: when one list fails, after everything all of them have proven.
    """
    tracks = [_Track(stretches) for stretches in lists]
    done: int | None = -1
    while done is not None:
        for track in tracks:
            if track.through == done:
                await track.advance()
        heights = [track.through for track in tracks if track.through is not None]
        done = min(heights) if heights else None
        weak = "; ".join(sorted({track.weak for track in tracks if track.weak}))
        yield Merged(tuple(track.take(done) for track in tracks), done, weak)
