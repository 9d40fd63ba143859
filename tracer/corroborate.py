"""Does a source that is independent of the others tell the transactions of a case as the case has them?

Only what the case rests on is asked about. In rounds: each asks one more source about every transaction that nobody
has confirmed or contradicted yet, so that neither the order of answers nor a budget changes what comes out. Nothing
here changes a number.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from chains.errors import ChainError, NotFound
from chains.lists_only import ListsOnly
from chains.model import Address, AssetId, Kind, Transfer
from chains.positions import is_position
from chains.protocol import Prover, Source
from tracer.agreement import Supplier, Target, Told, compared, operator, supplier_name
from tracer.checked import Corroboration
from tracer.discover import STAKE
from tracer.result import CorroborationRow
from tracer.rules import ZERO_ADDRESSES
from tracer.store import Store
from tracer.words import sentence
from tracer.world import World

REQUESTS_PER_ANSWER: Final = 3
"""What one source's word on one transaction takes."""

_IN_RECEIPT: Final = frozenset({Kind.FEE, Kind.TOKEN})
_HIDEABLE: Final = frozenset({Kind.FEE, Kind.NATIVE, Kind.INTERNAL})
"""Kinds that an index of movements may have no list of; token logs are what it is made of."""

_NOBODY: Final = ZERO_ADDRESSES | {STAKE}


@dataclass(slots=True)
class _Case:
    """What is known of one transaction so far: who was asked, what settled it, and what did not."""

    target: Target
    asked: set[str] = field(default_factory=set)
    second: str = ""
    raws: tuple[int, ...] = ()
    verdict: str = "unconfirmed"
    why: tuple[str, ...] = ()
    closed: bool = False

    def take(self, world: World, source: Source, told: Told | ChainError, suppliers: Mapping[int, Supplier]) -> None:
        """Take up one source's answer: an agreement or a contradiction settles it."""
        if isinstance(told, ChainError):
            self.why += (_silent(source, told),)
            return
        second = suppliers[told.raws[0]] if told.raws else Supplier(supplier_name(source.name), "")
        if not self.target.confirmable(second, suppliers):
            self.why += (sentence("rule.second_same", name=second.name, operator=second.operator),)
            return
        self.verdict, why = compared(self.target, told, world.assets)
        self.closed = self.verdict != "unconfirmed"
        if self.closed or not self.second:
            self.second, self.raws = second.name, told.raws
        self.why = why if self.closed else self.why + why

    def result(self, suppliers: Mapping[int, Supplier]) -> Corroboration:
        """The row, with the answers it compares."""
        target = self.target
        first = tuple(raw for raw in target.raws if suppliers[raw].name != self.second)
        names = ", ".join(sorted({suppliers[raw].name for raw in first}))
        why = self.why or (() if self.closed else (sentence("rule.second_none"),))
        why = tuple(dict.fromkeys(why))
        row = CorroborationRow(target.chain, target.tx, target.role, names, self.second, self.verdict, why)
        return Corroboration(row, first, self.raws)


async def corroborate(world: World, store: Store, targets: Sequence[Target], most: int | None) -> list[Corroboration]:
    """A row for every transaction, in their order. ``most`` limits the requests of the whole trace.

    What a source could not tell stands in the rows; nothing is raised.
    """
    cases = [_Case(target) for target in targets]
    suppliers = _suppliers(store)
    while asks := [(case, source) for case in cases if (source := _next(world, case, suppliers)) is not None]:
        room = len(asks) if most is None else max(0, most - world.client.questions) // REQUESTS_PER_ANSWER
        for case, _ in asks[room:]:
            case.why, case.closed = (*case.why, sentence("rule.budget")), True
        answers = await _answers(world, asks[:room])
        suppliers = _suppliers(store)
        for case, source, told in answers:
            case.asked.add(source.name)
            case.take(world, source, told, suppliers)
    return [case.result(suppliers) for case in cases]


def _suppliers(store: Store) -> dict[int, Supplier]:
    """Who gave each stored answer."""
    return {
        number: Supplier(supplier_name(endpoint), operator(host)) for number, _, endpoint, host, *_ in store.answers()
    }


def _next(world: World, case: _Case, suppliers: Mapping[int, Supplier]) -> Source | None:
    """The source to ask next, None where nothing is open or nobody is left."""
    if case.closed:
        return None
    seconds = world.reader(case.target.chain).seconds()
    free = (one for one in seconds if one.name not in case.asked)
    return next((one for one in free if case.target.others(supplier_name(one.name), suppliers)), None)


async def _answers(world: World, asks: Sequence[tuple[_Case, Source]]) -> list[tuple[_Case, Source, Told | ChainError]]:
    """What each said, in the order of asking. One question goes first to each: it may never serve the chain."""
    firsts = {(source.chain.id, source.name): number for number, (_, source) in reversed(list(enumerate(asks)))}
    told = await _all(world, [asks[number] for number in sorted(firsts.values())])
    rest = [ask for number, ask in enumerate(asks) if number not in firsts.values()]
    return told + await _all(world, [ask for ask in rest if ask[1] in world.reader(ask[1].chain.id).seconds()])


async def _all(world: World, asks: Sequence[tuple[_Case, Source]]) -> list[tuple[_Case, Source, Told | ChainError]]:
    said = await asyncio.gather(*(_asked(source, case.target) for case, source in asks))
    for (_, source), told in zip(asks, said, strict=True):
        if isinstance(told, ChainError):
            world.reader(source.chain.id).failed(source, told)
    return [(*ask, told) for ask, told in zip(asks, said, strict=True)]


async def _asked(source: Source, target: Target) -> Told | ChainError:
    """What a source tells of a transaction, in the fewest requests that show the movements in question."""
    try:
        if isinstance(source, ListsOnly):
            return await _listed(source, target)
        return await _received(source, target)
    except NotFound as failure:
        return await _absent(source, target, failure)
    except ChainError as failure:
        return failure


async def _received(source: Source, target: Target) -> Told:
    """By the receipt, and the transaction and the calls inside it where these are in question."""
    kinds = {one.position.kind for one in target.movements}
    plain = kinds <= _IN_RECEIPT and not any(is_position(one.asset) for one in target.movements)
    receipt = await (source.positions(target.tx) if plain else source.whole(target.tx, target.time))
    hidden = frozenset() if receipt.internals else frozenset({Kind.INTERNAL})
    return Told(receipt.height, receipt.ok, receipt.transfers, hidden, receipt.raws)


async def _absent(source: Source, target: Target, failure: NotFound) -> Told | ChainError:
    """A transaction that a source does not find: many keep no old ones. Its block of that height decides."""
    if not isinstance(source, Prover) or source.chain.family != "evm":
        return failure
    try:
        await source.block(target.height)
        await source.inclusion(target.tx, target.height)
    except NotFound as absent:
        return Told(target.height, raws=absent.raws, there=False) if absent.raws else failure
    except ChainError:
        return failure
    return failure


async def _listed(source: Source, target: Target) -> Told:
    """By the lists of those who paid, where a source has nothing else; of what was minted, of those who received."""
    wants = dict.fromkeys(
        (one.receiver if one.sender in _NOBODY else one.sender, AssetId(one.asset)) for one in target.movements
    )
    found: dict[object, Transfer] = {}
    raws: set[int] = set()
    weak = False
    for who, asset in wants:
        async for page in source.history(Address(who), asset, target.height, target.height):
            weak = weak or bool(page.weak)
            for one, raw in zip(page.transfers, page.raws, strict=True):
                if one.tx == target.tx:
                    found[one.identity] = one
                    raws.add(raw)
    return Told(
        target.height,
        transfers=tuple(found.values()),
        hidden=_HIDEABLE if weak else frozenset(),
        raws=tuple(sorted(raws)),
    )


def _silent(source: Source, failure: ChainError) -> str:
    """Why a source confirmed nothing."""
    if isinstance(failure, NotFound):
        return sentence("rule.second_unknown", name=supplier_name(source.name))
    return str(failure)
