"""How a case goes on from its last result: a new generation that has every answer that cannot have changed as well.

What cannot have changed depends on how far the chain was final when an answer came (chains/settled.py). Of a result
that is known by looking: if the chain still has the very block that the result speaks of, everything up to it stands,
and so does what that result inherited; save for the last blocks of a result that was read up to the newest one, of
which a node that lags may have known nothing yet, without a word. A generation that was never finished counts as far as
it was pinned to a final block, and was seen to be read from that block's chain (tracer/watch/guard.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chains.model import Block
from chains.settled import Top, settled
from tracer.case import Case
from tracer.store import Store

YOUNG, YOUNG_SECONDS = 64, 300
"""Blocks, and their seconds, by which a node may lag behind another one that is asked in its place."""

Stays = Callable[[int, int, str, str], bool]
"""(number, generation, question, kind) → does the answer stay true?"""


def go_on(case: Case, known: Mapping[str, Block], standing: Mapping[str, Block]) -> None:
    """Begin a new generation of a case.

    ``known`` are the blocks by chain that its last result speaks of, ``standing`` those that their chains still have.
    """
    result = case.store.last_result()
    final = case.final_in(result.generation) if result is not None else {}
    tops = {chain: _top(block, is_final=chain in final) for chain, block in standing.items()}
    pinned: dict[int, dict[str, Top]] = {}
    sound: dict[int, int] = {}

    def stays(number: int, generation: int, question: str, kind: str) -> bool:
        if result is not None and generation <= result.generation:
            return settled(question, kind, tops)
        if generation not in pinned:
            pinned[generation] = tops | _pinned(case.final_in(generation), tops)
            sound[generation] = case.sound_until(generation)
        return number <= sound[generation] and settled(question, kind, pinned[generation])

    _inherit(case.store, result.generation if result else 1, stays, again=known.keys() <= standing.keys())


def _top(block: Block, *, is_final: bool) -> Top:
    return Top(block.number, block.time) if is_final else Top(block.number - YOUNG, block.time - YOUNG_SECONDS)


def _pinned(numbers: Mapping[str, int], tops: Mapping[str, Top]) -> dict[str, Top]:
    """What was final for a generation without a result. Times of its blocks are not known: older ones count."""
    return {chain: Top(number, tops[chain].time if chain in tops else 0) for chain, number in numbers.items()}


def _inherit(store: Store, since: int, stays: Stays, *, again: bool) -> None:
    """Begin a new generation that has of all those from ``since`` on, of each question, the last answer that stays.

    ``again``: what was inherited before stays.
    """
    store.refresh()
    with store.writing() as db:
        rows = db.execute(
            "SELECT raw.id, of > generation, generation, raw.question, kind FROM counted JOIN raw USING (id)"
            " WHERE of BETWEEN ? AND ? ORDER BY raw.id",
            (since, store.generation - 1),
        )
        last = {asked[1]: number for number, before, *asked in rows if (before and again) or stays(number, *asked)}
        db.execute("DELETE FROM inherited WHERE generation < ?", (since,))
        db.executemany("INSERT INTO inherited VALUES (?, ?)", ((store.generation, number) for number in last.values()))
    store.speak_of(store.generation)


def shed(store: Store) -> None:
    """Give up inherited answers that a finished trace did not ask for: they belong to no result any more."""
    if store.replaying:
        return
    with store.writing() as db:
        rows = db.execute("SELECT raw FROM inherited WHERE generation = ?", (store.generation,))
        unused = [(store.generation, raw) for (raw,) in rows if raw not in store.found]
        db.executemany("DELETE FROM inherited WHERE generation = ? AND raw = ?", unused)
    store.speak_of(store.generation)
