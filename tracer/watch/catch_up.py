"""Brings a case up to date: what it says is read on to given blocks, by a generation that inherits what stays true.

The result before stays the case's last one until the new one is whole, whatever ends the work in between; what was
asked until then is not asked again, as far as it was seen to be of the right chain. Nothing begins unless the chains
can be seen at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import httpx

from chains.errors import ChainError, NotFound
from chains.http import Ask, Client, Gates, Stored, Verdict
from chains.model import Block
from chains.reader import Reader, open_reader
from tracer.case import default_folder, open_case
from tracer.config import Config
from tracer.continued import go_on
from tracer.diff import Changes, diff
from tracer.dossier import Answer, Dossier, dossier_of
from tracer.errors import SourceTrouble
from tracer.question import Question, VictimAsk
from tracer.result import Result
from tracer.session import Lists, run_of, state_of, trace_case
from tracer.watch.base import base_of
from tracer.watch.guard import guarded, other_than
from tracer.watch.model import Target
from tracer.watch.state import Base
from tracer.watcher import Watcher

COMMAND: Final = ("watch",)
"""What the journal says was asked for."""


class Caught(NamedTuple):
    """A case as it stands now: what the watch goes on from, and what its papers are written from.

    ``changes`` is what differs from its result before, None where there was none.
    """

    result: Result
    base: Base
    dossier: Dossier
    changes: Changes | None


async def catch_up(
    folder: Path,
    config: Config,
    *,
    at: Mapping[str, int],
    seen: Mapping[str, Block] = {},
    final: bool = True,
    lists: Lists = Lists(),  # noqa: B008 - a value, never changed
    gates: Gates | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    watcher: Watcher | None = None,
) -> Caught:
    """Read a case on to these block numbers, by chain; ``final`` says that they cannot be undone any more.

    ``seen`` are those blocks as the caller knows them: of a chain that has others nothing is read.

    It never goes back behind its last result on a chain that still has the block that result speaks of.

    Raises:
        CaseError: another trace is at work in the case; later it may not be.
        SourceTrouble: a chain cannot be seen (then nothing was begun), or was another one meanwhile.
        TracerError: as `trace_case`. The result before is still the case's.
    """
    with open_case(folder) as case:
        config = config.with_rows(case.chain_rows())
        before = state_of(case) if case.store.last_result() else None
        known = {block.chain: block for block in (before.result.as_of if before else ())}
        at = {chain: number for chain, number in at.items() if chain in known or not known}
        async with Client(_Unkept(), transport, gates=gates) as client:
            chains = config.chains
            readers = {chain: open_reader(chains[chain], client, config.sources) for chain in {*at, *known}}
            blocks, standing = await _standing(readers, at, seen, known)
            if before or case.store.count_requests():
                go_on(case, known, standing)
            ahead = {chain: block for chain, block in standing.items() if block.number > at.get(chain, block.number)}
            blocks |= ahead
            case.pin({chain: block.number for chain, block in blocks.items()}, final=final and not ahead)
            async with guarded(case, readers, blocks) as guard:
                outcome = await trace_case(
                    case,
                    case.question,
                    config,
                    lists=lists,
                    arguments=COMMAND,
                    watcher=watcher,
                    transport=transport,
                    gates=gates,
                    check=guard.check,
                )
        # In threads, because a large case takes a while, and the alarm goes on meanwhile.
        base = await asyncio.to_thread(base_of, case, outcome.workings)
        answers = [Answer(*row) for row in case.store.answers()]
        dossier = await asyncio.to_thread(dossier_of, case.question, run_of(case), outcome.workings, answers)
        return Caught(outcome.result, base, dossier, diff(before, state_of(case)) if before else None)


def case_for(target: Target, since: str, parent: Path) -> Path:
    """Make the case of a bare address whose first payment since the watch began is the transaction ``since``.

    Returns its folder below ``parent``: the same for the same address and transaction.

    Raises:
        CaseError: the folder cannot be written, or another trace is at work in it.
    """
    labels = {f"labels/{Path(one).name}": Path(one) for one in target.labels}
    question = Question((VictimAsk(target.address, since),), chain=target.chain, labels=tuple(labels))
    folder = default_folder(parent, question)
    with open_case(folder, question=question) as case:
        case.adopt(labels)
    return folder


async def _standing(
    readers: Mapping[str, Reader], at: Mapping[str, int], seen: Mapping[str, Block], known: Mapping[str, Block]
) -> tuple[dict[str, Block], dict[str, Block]]:
    """The blocks to read on to, and those of the known ones that their chains still have.

    Raises:
        SourceTrouble: a chain could not be seen, or does not have a block to read on to.
    """
    found: dict[str, Block] = {}
    try:
        blocks = {chain: await readers[chain].block(number) for chain, number in at.items()}
        for other in (other_than(seen[chain], block) for chain, block in blocks.items() if chain in seen):
            if other is not None:
                raise other
        for chain, block in known.items():
            with suppress(NotFound):
                now = await readers[chain].block(block.number)
                if now.hash and now.hash == block.hash:
                    found[chain] = block
    except ChainError as failure:
        raise SourceTrouble("error.no_answer", why=failure) from failure
    return blocks, found


class _Unkept:
    """Evidence of nothing: for a look at the chain on which no finding rests."""

    offline = False

    def find(self, key: str) -> Stored | None:
        """Nothing is known: what is asked now is answered now."""
        del key
        return None

    def keep(self, ask: Ask, status: int | None, headers: Mapping[str, str], body: bytes, verdict: Verdict) -> int:
        """Nothing is kept."""
        del ask, status, headers, body, verdict
        return 0
