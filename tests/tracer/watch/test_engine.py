"""The watch as a whole over a chain in memory: its list, its loops, what it tells, and what does not stop it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

import tracer.watch.engine as module
from chains.model import Address, Transfer
from tests.tracer.watch.joints import TIME, Clock, Ear, account, engine, held, place, result
from tests.tracer.watch.restless_chain import CHAIN, EXCHANGE, FINALITY, PEOPLE, STOLEN, THIEF, Restless
from tracer.errors import CaseError
from tracer.watch import pulse
from tracer.watch.engine import AGAIN, AWAY_ONCE, Engine, Summary
from tracer.watch.model import (
    ADDRESS,
    BLIND,
    CASE,
    CONFIRMED,
    FULL,
    PROVISIONAL,
    RETRACTED,
    SEEING,
    TAKEN,
    TROUBLE,
    Target,
)
from tracer.watch.notices import key_of
from tracer.watch.standing import RESTS
from tracer.watch.store import WatchStore, open_watch

MULE, LAST = PEOPLE[9], PEOPLE[10]
OWN = {"eip155:999999": {"name": "own", "coin": "OWN"}}
"""What a case knows of a chain that nobody else knows."""


class _Desk(NamedTuple):
    """A store, a chain, a clock and a channel, of which engines can be made as often as a process begins anew."""

    store: WatchStore
    chain: Restless
    clock: Clock
    ear: Ear
    patch: pytest.MonkeyPatch

    def engine(self) -> Engine:
        """A process that begins now."""
        return engine(self.store, self.chain, self.clock, self.patch, self.ear)

    def address(self, who: Address = THIEF, **more: Any) -> Target:
        """A bare address on the list."""
        return self.store.add(Target(0, ADDRESS, f"ethereum:{who}", "", CHAIN, str(who), TIME, **more))

    def once(self) -> Summary:
        """What `--once` does."""
        return asyncio.run(self.engine().run(once=True, stop=asyncio.Event()))

    def pay(self, payer: Address, payee: Address, amount: int, *, final: bool = False) -> Transfer:
        """One more block with a payment, and as many as make it final."""
        number = len(self.chain.blocks)
        one = self.chain._transfer(payer, payee, amount, number, 0)
        self.chain._append([one])
        if final:
            self.quiet(FINALITY)
        return one

    def quiet(self, blocks: int) -> None:
        """Blocks in which nothing happens."""
        for _ in range(blocks):
            self.chain._append([])

    def statuses(self, kind: str = TAKEN) -> dict[str, str]:
        """What was told, by what happened."""
        return {one.notice.key: one.status for one in self.store.log() if one.notice.kind == kind}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Desk]:
    """Pauses are short; nothing is on the list yet; no case can be made or read on (tests of the keeper do that)."""
    monkeypatch.setattr("tracer.watch.keeper.case_for", _refused)
    monkeypatch.setattr("tracer.watch.keeper.catch_up", _refused)
    monkeypatch.setattr(module, "LOOK_AT_LIST", 0.01)
    monkeypatch.setattr("tracer.watch.pulse.FIRST_RETRY", 0.01)
    monkeypatch.setattr("tracer.watch.pulse.pause", lambda *_: 0.01)
    with open_watch(tmp_path / "cases" / "watch") as store:
        made = _Desk(store, Restless(1), Clock(), Ear(), monkeypatch)
        made.quiet(2)
        yield made


def _run(desk: _Desk, act: Callable[[Engine, asyncio.Event], Awaitable[None]]) -> Summary:
    """Let the watch run while somebody does something; it must end soon after."""

    async def both() -> Summary:
        stop, watch = asyncio.Event(), desk.engine()
        running = asyncio.create_task(watch.run(once=False, stop=stop))
        acting = asyncio.create_task(_acted(act(watch, stop)))
        await asyncio.wait({running, acting}, timeout=8, return_when=asyncio.FIRST_EXCEPTION)
        return await asyncio.wait_for(running, 1)

    return asyncio.run(both())


async def _acted(act: Awaitable[None]) -> None:
    await act


async def _until(is_so: Callable[[], object]) -> None:
    for _ in range(400):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to be so")


def test_once_reads_tells_and_delivers(desk: _Desk) -> None:
    """A look from cron: early notice first; a later one confirms it, once, and follows the money on."""
    desk.address()
    assert desk.once() == Summary({}, (), 0)
    first = desk.pay(THIEF, MULE, 500)
    assert desk.once().told == {"normal": 1}
    assert desk.ear.heard == [(TAKEN, PROVISIONAL)]
    desk.quiet(FINALITY)
    desk.once()
    assert desk.ear.heard == [(TAKEN, PROVISIONAL), (TAKEN, CONFIRMED)]
    assert desk.statuses() == {key_of(first.identity): CONFIRMED}
    assert desk.store.stands(1)[account(MULE)].traced("fifo") == 500
    desk.pay(MULE, LAST, 500, final=True)
    desk.once()
    assert [kind for kind, _ in desk.ear.heard[2:]] == ["payment"]
    assert not desk.once().alarming


def test_once_takes_back_what_the_chain_undid(desk: _Desk) -> None:
    """A payment of a block that gave way, and that did not come again, is retracted."""
    desk.address()
    desk.once()
    desk.pay(THIEF, MULE, 500)
    desk.once()
    del desk.chain.blocks[-1]
    desk.quiet(2)
    desk.once()
    assert desk.ear.heard == [(TAKEN, PROVISIONAL), (TAKEN, RETRACTED)]


def test_a_final_block_that_is_none_begins_everything_anew(desk: _Desk) -> None:
    """It is told, every target is read again from where it began, and what is not found again is taken back."""
    desk.address()
    desk.once()
    gone, stays = desk.pay(THIEF, MULE, 500), desk.pay(THIEF, LAST, 300, final=True)
    desk.once()
    desk.chain.sealed = 0
    del desk.chain.blocks[gone.position.height :]
    desk.quiet(1)
    desk.chain._append([stays])
    desk.quiet(FINALITY + 1)
    assert desk.once().told["high"] == 1
    assert desk.statuses() == {key_of(gone.identity): RETRACTED, key_of(stays.identity): CONFIRMED}
    assert list(desk.statuses(TROUBLE).values()) == [CONFIRMED]
    assert account(MULE) not in desk.store.stands(1)
    assert desk.store.stands(1)[account(LAST)].traced("fifo") == 300


def test_a_frontier_that_is_full_is_told(desk: _Desk) -> None:
    """Whoever is not followed for want of room is named, once, when that is final."""
    desk.address(max_frontier=1)
    desk.once()
    desk.pay(THIEF, MULE, 500, final=True)
    desk.once()
    desk.quiet(3)
    desk.once()
    (full,) = [one.notice for one in desk.store.log() if one.notice.kind == FULL]
    assert (full.receiver, full.more["most"]) == (MULE, 1)


def test_the_list_changes_while_it_runs(desk: _Desk) -> None:
    """What is added beside it is watched within moments; once everything is removed the watch ends."""
    first = desk.address()

    async def act(watch: Engine, stop: asyncio.Event) -> None:
        del stop
        await _until(lambda: watch.places)
        with open_watch(desk.store.path.parent, beside=True) as beside:
            second = beside.add(Target(0, ADDRESS, f"ethereum:{MULE}", "", CHAIN, str(MULE), TIME))
            await _until(lambda: second.id in watch.places)
            beside.remove(first.id)
            await _until(lambda: set(watch.places) == {second.id})
            desk.pay(MULE, LAST, desk.chain.opening[MULE] or 1)
            await _until(lambda: desk.ear.heard)
            beside.remove(second.id)

    assert _run(desk, act).told == {"normal": 1}
    assert desk.ear.heard == [(TAKEN, PROVISIONAL)]


def test_what_is_over_is_watched_no_more(desk: _Desk) -> None:
    """A target ends at its time, and the watch with the last of them."""
    desk.address(until=TIME + 5)

    async def act(watch: Engine, stop: asyncio.Event) -> None:
        del stop
        await _until(lambda: watch.places)
        desk.clock.on(6)

    _run(desk, act)
    assert desk.engine()._listed() == []


def test_a_paused_target_is_read_and_not_told(desk: _Desk) -> None:
    """Its fold goes on, so that nothing is missing when it is resumed; nobody is told meanwhile."""
    target = desk.address()
    desk.once()
    desk.store.change(target._replace(paused=True))
    desk.pay(THIEF, MULE, 500, final=True)
    desk.once()
    assert desk.ear.heard == []
    assert desk.store.stands(1)[account(MULE)].traced("fifo") == 500


def test_what_cannot_be_begun_keeps_nobody_back(desk: _Desk) -> None:
    """A case whose folder is gone, or a chain nobody knows, is said, counts as incomplete, and is tried again."""
    desk.store.add(Target(0, CASE, "gone", str(desk.store.path.parent / "gone"), "", "", TIME))
    desk.store.add(Target(0, ADDRESS, "strange", "", "eip155:999999", str(MULE), TIME))
    desk.address()
    desk.once()
    desk.pay(THIEF, MULE, 500)
    watch = desk.engine()
    summary = asyncio.run(watch.run(once=True, stop=asyncio.Event()))
    assert desk.ear.heard == [(TAKEN, PROVISIONAL)]
    assert summary.behind == ("gone", "strange")
    assert len(watch.view.of("note")) == 2  # type: ignore[attr-defined]
    assert set(watch._tried.values()) == {TIME + AGAIN}


def test_a_chain_that_is_known_no_more_is_said(desk: _Desk) -> None:
    """A target that was watched on a chain which the settings do not name any more is no error of the program."""
    target = desk.store.add(Target(0, ADDRESS, "strange", "", "eip155:999999", str(MULE), TIME))
    top = desk.chain._block(0)._replace(chain="eip155:999999")
    desk.store.rebase(target.id, place().base._replace(tops={top.chain: top}), {}, 1)
    assert desk.once().behind == ("strange",)


def test_not_having_run_is_told(desk: _Desk) -> None:
    """After a long while, not from one look of cron to the next, it says since when; and that the gap was read."""
    desk.address()
    desk.once()
    desk.clock.on(AWAY_ONCE)
    desk.once()
    assert not desk.ear.heard
    last = int(desk.clock())
    desk.clock.on(AWAY_ONCE + 1)
    desk.pay(THIEF, MULE, 500, final=True)
    desk.once()
    kinds = [kind for kind, _ in desk.ear.heard]
    assert kinds[0] == BLIND
    assert set(kinds) == {BLIND, SEEING, TAKEN}
    seeing = next(one.notice for one in desk.store.log() if one.notice.kind == SEEING)
    assert (seeing.time, seeing.more["moved"]) == (last, 1)


def test_a_chain_that_cannot_be_seen_ends_once_incomplete(desk: _Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is told that was not seen, and the run says which chain that was."""
    monkeypatch.setattr(pulse, "PATIENCE", 0.1)
    monkeypatch.setattr(pulse, "FIRST_RETRY", 0.05)
    desk.address()
    desk.once()
    desk.chain.faults = 1.0
    desk.clock.on(3_600)
    summary = desk.once()
    assert summary.blind == (CHAIN,)
    assert summary.told == {"high": 1}


def _as_case(desk: _Desk, *, top: int, generation: int = 1) -> None:
    """A case on the list: the thief holds what was stolen, after block ``top``."""
    base = place({account(THIEF): held(STOLEN)}).base
    base = base._replace(tops={CHAIN: desk.chain._block(top)}, generation=generation)

    async def workings(*_: Any) -> None:
        return None

    stored = SimpleNamespace(result="{}", generation=generation)
    case = SimpleNamespace(store=SimpleNamespace(last_result=lambda: stored), chain_rows=lambda: OWN)
    for name, stand_in in (
        ("open_case", lambda *_, **__: nullcontext(case)),
        ("last_result", lambda _: stored),
        ("from_document", lambda _: result(desk.chain._block(top))),
        ("workings_of", workings),
        ("base_of", lambda *_: base),
    ):
        desk.patch.setattr(module, name, stand_in)
    desk.store.add(Target(0, CASE, "case", "case", "", "", TIME))


def test_a_case_goes_on_from_where_it_stands(desk: _Desk) -> None:
    """What moved between its block and now is read first; the next process goes on from the saved fold."""
    desk.quiet(3)
    _as_case(desk, top=2)
    first = desk.pay(THIEF, MULE, 500, final=True)
    desk.once()
    assert desk.statuses("payment") == {key_of(first.identity): CONFIRMED}
    desk.patch.setattr(module, "base_of", None)
    second = desk.pay(MULE, LAST, 500, final=True)
    desk.once()
    assert desk.statuses("payment") == {key_of(one.identity): CONFIRMED for one in (first, second)}


def test_a_case_brings_its_own_chains(desk: _Desk) -> None:
    """A case can be watched from anywhere, as it can be read anywhere."""
    desk.quiet(3)
    _as_case(desk, top=2)
    watch = desk.engine()
    assert not OWN.keys() & watch.config.chains.keys()
    asyncio.run(watch.run(once=True, stop=asyncio.Event()))
    assert watch.config.chains["eip155:999999"].name == "own"


def test_a_case_that_cannot_be_opened_is_watched_on(desk: _Desk) -> None:
    """Locked or out of reach, it is not read on, which is said; its alarm goes on from what is saved."""
    desk.quiet(3)
    _as_case(desk, top=2)
    desk.once()

    def locked(*_: Any, **__: Any) -> None:
        raise CaseError("error.locked", folder="case")

    desk.patch.setattr(module, "open_case", locked)
    one = desk.pay(THIEF, MULE, 500, final=True)
    summary = desk.once()
    assert desk.statuses("payment") == {key_of(one.identity): CONFIRMED}
    assert summary.behind == ("case",)


def test_a_case_made_of_an_address_and_never_finished_is_read_on(desk: _Desk) -> None:
    """The watch was killed in the middle of its first trace: it is traced again, and watched meanwhile."""
    desk.quiet(3)
    _as_case(desk, top=2)
    desk.once()
    case = SimpleNamespace(store=SimpleNamespace(last_result=lambda: None), chain_rows=dict)
    desk.patch.setattr(module, "open_case", lambda *_, **__: nullcontext(case))
    asked: list[Path] = []

    async def catch_up(folder: Path, *_: Any, **__: Any) -> Any:
        asked.append(folder)
        raise CaseError("error.locked", folder="case")

    desk.patch.setattr("tracer.watch.keeper.catch_up", catch_up)
    assert desk.once().behind == ("case",)
    assert asked == [Path("case")]


def test_a_case_read_on_early_is_confirmed_and_not_taken_back(desk: _Desk) -> None:
    """Looks from cron, and between them a case read on to what could be undone: told once, confirmed once."""
    _as_case(desk, top=2)
    asked: list[tuple[int, bool]] = []

    async def catch_up(*_: Any, at: dict[str, int], final: bool, **__: Any) -> Any:
        asked.append((at[CHAIN], final))
        top = desk.chain._block(max(number for number, _ in asked))
        stands = {account(THIEF): held(STOLEN - 500), account(EXCHANGE): held(500, role=RESTS, reason="exchange")}
        base = place(stands).base._replace(tops={CHAIN: top})
        return SimpleNamespace(result=result(top), base=base, dossier=None, changes=None)

    desk.patch.setattr("tracer.watch.keeper.catch_up", catch_up)
    one = desk.pay(THIEF, EXCHANGE, 500)
    assert desk.once().told == {"critical": 1}
    early = one.position.height
    desk.quiet(FINALITY - 1)
    desk.once()
    desk.quiet(1)
    desk.once()
    assert desk.ear.heard == [("payment", PROVISIONAL), ("payment", CONFIRMED)]
    assert asked[0] == (early, False)
    assert asked[-1] == (early, True)
    assert {who: stand.traced("fifo") for who, stand in desk.store.stands(1).items()} == {
        account(THIEF): STOLEN - 500,
        account(EXCHANGE): 500,
    }


def test_a_second_target_is_brought_up_to_the_first(desk: _Desk) -> None:
    """A case that knows less than the watch has read is brought up alone, and the chain is not read again."""
    desk.address(MULE)
    desk.once()
    _as_case(desk, top=1)
    first = desk.pay(THIEF, LAST, 500, final=True)
    desk.patch.setattr(module, "open_case", _refused)
    desk.once()
    cursor = desk.store.cursor(CHAIN)
    assert cursor is not None
    assert cursor.final.number >= first.position.height
    case = SimpleNamespace(chain_rows=dict)
    desk.patch.setattr(module, "open_case", lambda *_, **__: nullcontext(case))
    desk.clock.on(AGAIN)
    desk.once()
    assert desk.statuses("payment") == {key_of(first.identity): CONFIRMED}
    assert desk.store.cursor(CHAIN) == cursor


def _refused(*_: Any, **__: Any) -> None:
    raise CaseError("error.locked", folder="case")


def test_it_stops_when_told_to(desk: _Desk) -> None:
    """With everything running, it ends at once, and notes that it was alive until then."""
    desk.address()

    async def act(watch: Engine, stop: asyncio.Event) -> None:
        await _until(lambda: watch.pulses and desk.store.last_beat())
        desk.clock.on(9)
        stop.set()

    assert _run(desk, act) == Summary({}, (), 0)
    assert desk.store.last_beat() == TIME + 9


def test_an_error_of_the_program_ends_it(desk: _Desk) -> None:
    """A loop that breaks is not left lying: the watch ends with what broke it, for a service to start it anew."""
    desk.address()

    async def act(watch: Engine, stop: asyncio.Event) -> None:
        del stop
        await _until(lambda: watch.pulses)
        desk.patch.setattr(desk.chain, "blocks", None)

    with pytest.raises(TypeError):
        _run(desk, act)
