"""One chain, read through several sources as if it were one that does not fail.

Sources are asked in order. One that fails in the middle of a history is replaced by the next from the first height not
yet proven, so that there is neither a hole nor a double; one that says it will never serve this chain is not asked
again. What none could give comes back as a `Gap` that names each source's reason.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import Final, NamedTuple, TypeVar

import chains
from chains.errors import ChainError, Down, Malformed, NotFound, SourceError, Unsupported
from chains.http import Client
from chains.inclusion import Inclusion
from chains.model import (
    Address,
    Approval,
    Asset,
    AssetId,
    Balance,
    Block,
    Called,
    Collectible,
    Coverage,
    Event,
    Gap,
    Page,
    Receipt,
    Support,
    Transfer,
)
from chains.protocol import Prover, Source, SourceKind
from chains.registry import Chain, SourceSettings
from chains.whole import with_calls

NO_BLOCKS: Final = "no source that serves this chain hands out whole blocks"

T = TypeVar("T")


class Covered(NamedTuple):
    """Which source proved which stretch; ``weak`` as in `Page`."""

    source: str
    covers: Coverage
    weak: str


@dataclass(slots=True)
class History:
    """What is known of one address and asset. ``raws[i]`` is the stored answer behind ``transfers[i]``.

    ``stopped`` says why reading ended early on purpose; ``gap`` why it ended early against our will.
    """

    transfers: list[Transfer] = field(default_factory=list)
    raws: list[int] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)
    collectibles: list[Collectible] = field(default_factory=list)
    assets: list[Asset] = field(default_factory=list)
    supports: list[Support] = field(default_factory=list)
    covered: list[Covered] = field(default_factory=list)
    stopped: str = ""
    gap: Gap | None = None

    def add(self, source: str, page: Page) -> None:
        """Append one page."""
        self.transfers.extend(page.transfers)
        self.raws.extend(page.raws)
        self.approvals.extend(page.approvals)
        self.collectibles.extend(page.collectibles)
        self.assets.extend(page.assets)
        self.supports.extend(page.supports)
        self.covered.append(Covered(source, page.covers, page.weak))

    @property
    def weak(self) -> str:
        """Why the stretch may miss something although it was read; empty when it is proven."""
        return "; ".join(sorted({part.weak for part in self.covered if part.weak}))


class Failures(ChainError):
    """Every source failed at one question; carries each one's reason."""

    def __init__(self, what: str, chain: str, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons) or (f"no source is configured for {chain}",)
        super().__init__(f"{what} on {chain}: " + "; ".join(self.reasons))


class Reader:
    """Reads one chain. ``sources`` in order of preference."""

    def __init__(self, chain: Chain, sources: Sequence[Source]) -> None:
        self.chain = chain
        self._sources = list(sources)
        self._gone: dict[int, str] = {}
        self.tip: int | None = None
        """The height that "to the tip" must reach at least: of a source that is behind it, silence means nothing."""

    @property
    def source_names(self) -> tuple[str, ...]:
        """Names of the sources in the order they are asked."""
        return tuple(source.name for source in self._sources)

    def seconds(self) -> list[Source]:
        """Every source that has not said that it will never serve this chain, in order, to ask one after the other."""
        return [source for _, source in self._usable()]

    def failed(self, source: Source, failure: ChainError) -> None:
        """Take note of how one of them failed."""
        self._note(self._sources.index(source), failure)

    async def head(self) -> Block:
        """Newest block to speak of."""
        return await self._first("the newest block", lambda source: source.head())

    async def block(self, number: int) -> Block:
        """The block of this number."""
        return await self._first(f"block {number}", lambda source: source.block(number))

    async def block_at(self, time: int) -> Block:
        """The first block whose time is not before ``time``."""
        return await self._first(f"the block at {time}", lambda source: source.block_at(time))

    async def receipt(self, tx: str) -> Receipt:
        """One transaction whole."""
        return await self._first(f"transaction {tx}", lambda source: source.receipt(tx))

    async def whole(self, tx: str, time: int | None = None) -> Receipt:
        """One transaction with the calls inside it; ``time`` in Unix seconds where it is known saves a request.

        The first receipt that a source gives counts. Where that source cannot show the calls, the others are asked for
        those alone; ``internals`` is False only when none could. Raises as `receipt` does.
        """
        spent: list[Source] = []

        async def ask(source: Source) -> Receipt:
            try:
                return await source.whole(tx, time)
            except Unsupported:
                raise  # it may have the calls all the same
            except ChainError:
                spent.append(source)
                raise

        receipt, giver = await self._first(f"transaction {tx}", lambda source: _with_name(ask(source), source))
        return receipt if receipt.internals else await self._traced(receipt, [*spent, giver])

    async def _traced(self, receipt: Receipt, spent: Sequence[Source]) -> Receipt:
        """The receipt with the calls that a source other than ``spent`` shows, or as it is when none does."""
        for number, source in self._usable():
            if source in spent:
                continue
            try:
                return with_calls(receipt, await source.calls(receipt))
            except (SourceError, Malformed) as failure:
                self._note(number, failure)
            except NotFound:
                continue
        return receipt

    async def positions(self, tx: str) -> Receipt:
        """The order of one transaction's token transfers."""
        return await self._first(f"order within {tx}", lambda source: source.positions(tx))

    async def balance(self, who: Address, asset: AssetId, at: Block) -> Balance:
        """What ``who`` holds."""
        return await self._first(f"balance of {who}", lambda source: source.balance(who, asset, at))

    async def is_contract(self, who: Address) -> bool:
        """Whether ``who`` is deployed code."""
        return await self._first(f"code of {who}", lambda source: source.is_contract(who))

    async def code(self, who: Address) -> str:
        """SHA-256 of the code of ``who``, "" for a wallet."""
        return await self._first(f"code of {who}", lambda source: source.code(who))

    async def call(self, contract: Address, data: str, at: Block) -> Called:
        """What a contract answers to a call that changes nothing."""
        return await self._first(f"call of {contract}", lambda source: source.call(contract, data, at))

    async def asset(self, asset: AssetId) -> Asset:
        """Symbol and decimals of a token."""
        return await self._first(f"token {asset}", lambda source: source.asset(asset))

    async def events(self, contract: Address, topics: tuple[str, ...], low: int, high: int) -> list[Event]:
        """Logs of a contract, oldest first, whole or not at all. Raises `Failures` naming each source's reason."""
        found: list[Event] = []
        reasons: list[str] = []
        for number, source in self._usable():
            try:
                async for page in source.events(contract, topics, low, high):
                    found.extend(page.events)
                    if _reaches(page.covers, high):
                        return found
                    assert page.covers.high is not None  # else it reached the tip
                    low = page.covers.high + 1
            except (SourceError, Malformed) as failure:
                self._note(number, failure)
                reasons.append(str(failure))
            else:
                return found
        raise Failures(f"events of {contract}", self.chain.name, reasons or list(self._gone.values()))

    async def inclusion(self, tx: str, height: int) -> Inclusion:
        """How far its block proves a transaction: by the first source that proves all, else by who proves most.

        Raises `Failures` naming each source's reason where none has the block, `NotFound` where it is not in there.
        """
        best: Inclusion | None = None
        reasons: list[str] = []
        missing: NotFound | None = None
        for number, source in self._usable():
            if not isinstance(source, Prover):
                continue
            try:
                found = await source.inclusion(tx, height)
            except NotFound as absent:
                missing = absent
            except (SourceError, Malformed) as failure:
                self._note(number, failure)
                # Whoever will never serve this chain is left out, as it is when an earlier question told so: the
                # text stands in the result, and must not depend on which question came first.
                reasons += [] if number in self._gone else [str(failure)]
            else:
                if found.receipt is not None:
                    return found
                best = _better(best, found)
        if best is not None:
            return best
        raise missing or Failures(f"proof of {tx}", self.chain.name, reasons or [NO_BLOCKS])

    async def history(
        self,
        who: Address,
        asset: AssetId,
        low: int,
        high: int | None,
        enough: Callable[[Sequence[Transfer]], str] = lambda _: "",
    ) -> History:
        """Movements of ``asset`` at ``who`` from ``low`` to ``high`` (None: to the tip), oldest first.

        ``enough`` is asked after each page; the reason it gives ends the reading on purpose. Never raises a
        `ChainError`: what could not be read is in ``gap``.
        """
        history = History()
        reasons: list[str] = []
        for number, source in self._usable():
            try:
                async for page in source.history(who, asset, low, high):
                    history.add(source.name, page)
                    history.stopped = enough(history.transfers)
                    if history.stopped or _reaches(page.covers, high):
                        return history
                    assert page.covers.high is not None  # else it reached the tip
                    low = page.covers.high + 1
            except (SourceError, Malformed) as failure:
                self._note(number, failure)
                reasons.append(str(failure))
            else:
                behind = self._behind(history, low, high)
                if behind is None:
                    return history
                reasons.append(str(Down(source.name, f"history of {who}", behind)))
        why = "; ".join([*reasons, *(self._gone.values() if not reasons else ())]) or "no source is configured"
        history.gap = Gap("history", f"{self.chain.id} {who} {asset} from {low}", why)
        return history

    def _behind(self, history: History, low: int, high: int | None) -> str | None:
        """Why a history that ended is not proven as far as the tip; None where it is."""
        if high is not None or self.tip is None or any(part.covers.high is None for part in history.covered):
            return None
        read = max((part.covers.high or 0 for part in history.covered), default=low - 1)
        return f"it is behind: it has blocks to {read} only" if read < self.tip else None

    async def _first(self, what: str, ask: Callable[[Source], Awaitable[T]]) -> T:
        reasons: list[str] = []
        missing: NotFound | None = None
        for number, source in self._usable():
            try:
                return await ask(source)
            except NotFound as absent:
                missing = absent
            except (SourceError, Malformed) as failure:
                self._note(number, failure)
                reasons.append(str(failure))
        if missing is not None:
            raise missing
        raise Failures(what, self.chain.name, reasons or list(self._gone.values()))

    def _usable(self) -> list[tuple[int, Source]]:
        return [(number, source) for number, source in enumerate(self._sources) if number not in self._gone]

    def _note(self, number: int, failure: ChainError) -> None:
        if isinstance(failure, Unsupported) and failure.scope != "request":
            self._gone[number] = str(failure)


async def _with_name(answer: Awaitable[T], source: Source) -> tuple[T, Source]:
    return await answer, source


def _better(best: Inclusion | None, found: Inclusion) -> Inclusion:
    """The one that proves more, the first of two that prove the same."""
    return found if best is None or (best.transaction is None and found.transaction is not None) else best


def _reaches(covers: Coverage, high: int | None) -> bool:
    """True when the proof goes to the end of what was asked: nothing a source does afterwards can matter."""
    return covers.high is None or (high is not None and covers.high >= high)


def source_kinds(names: Sequence[str] | None = None) -> Mapping[str, tuple[SourceKind, ...]]:
    """The source kinds of this package, found by their ``SOURCE`` constant, by name; several may share a name.

    ``names`` restricts to these. A module is named after its source (`sqd`, `sqd_tron`), so the others need not be
    imported: web3 alone would cost most of a second.
    """
    kinds: dict[str, tuple[SourceKind, ...]] = {}
    for module in sorted(info.name for info in iter_modules(chains.__path__)):
        if names is not None and not any(module == name or module.startswith(f"{name}_") for name in names):
            continue
        found = getattr(import_module(f"chains.{module}"), "SOURCE", None)
        if isinstance(found, SourceKind):
            kinds[found.name] = (*kinds.get(found.name, ()), found)
    return kinds


def open_reader(chain: Chain, client: Client, settings: SourceSettings) -> Reader:
    """A reader over every source that serves ``chain``, in the user's order or else the chain table's."""
    order = settings.only or tuple(chain.sources)
    kinds = source_kinds(order)
    sources: list[Source] = []
    for name in order:
        for kind in kinds.get(name, ()):
            if name in chain.sources:
                sources.extend(kind.build(chain, client, settings))
    return Reader(chain, sources)
