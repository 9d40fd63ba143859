"""When a case is read on, to which blocks, when the watch goes on from it, and what of it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import tracer.watch.keeper as module
from chains.errors import Down
from chains.model import Block
from chains.scan import Tips
from tests.tracer.watch.joints import HOLDER, OTHER, TIME, USDT, Clock, Diary, block, paid, place, result
from tests.tracer.watch.restless_chain import CHAIN
from tests.tracer.watch.test_arrivals import arrived, at_exchange
from tests.tracer.watch.watch_values import cursor
from tracer.config import load_config
from tracer.errors import CaseError
from tracer.result import DepositRow, FreezeRow, Result
from tracer.session import Lists
from tracer.watch.arrivals import arrivals
from tracer.watch.chain_watch import Ticked
from tracer.watch.frontier import Place
from tracer.watch.keeper import AGAIN, DAILY, HOURLY, LONGEST, QUIET, URGENT, Keeper, Want, news
from tracer.watch.model import (
    ADDRESS,
    CASE,
    CONFIRMED,
    CRITICAL,
    DIGEST,
    FREEZE,
    HIGH,
    PAYMENT,
    PROVISIONAL,
    SENTRY,
    TAKEN,
    Notice,
)
from tracer.watch.state import Base
from tracer.watch.store import WatchStore, open_watch
from tracer.watch.view import DONE, LATER, TRACING, WRITING

LOCKED = CaseError("error.locked", folder="it")


class _Caught(NamedTuple):
    """What a case that was read on gives the keeper."""

    result: Result
    base: Base
    dossier: str = "dossier"
    changes: None = None


@dataclass
class _Engine:
    """As much of an engine as a keeper needs; ``adopted`` are the blocks of what the watch went on from."""

    store: WatchStore
    clock: Clock
    places: dict[int, Place]
    view: Diary = field(default_factory=Diary)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    config: Any = field(default_factory=lambda: load_config({}, Path("/nonexistent")))
    lists: Lists = field(default_factory=Lists)
    gates: Any = None
    transport: Any = None
    client: Any = None
    adopted: list[int] = field(default_factory=list)
    told: list[Notice] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    written: list[tuple[Path, Any]] = field(default_factory=list)

    def now(self) -> int:
        return int(self.clock())

    async def adopt(self, target: Any, base: Base, notices: Any = ()) -> None:
        assert target.id in self.places
        self.adopted.append(base.tops[CHAIN].number)
        self.told += [one for one, _ in notices]

    def tell(self, fresh: Any) -> None:
        self.shown += [one.notice.kind for one in fresh]

    async def papers(self, folder: Path, dossier: Any) -> None:
        self.written.append((folder, dossier))


class _Desk(NamedTuple):
    """A keeper, and the case that it reads on: to which blocks, and what comes of it."""

    keeper: Keeper
    engine: _Engine
    asked: list[tuple[Mapping[str, int], bool]]
    answers: list[_Caught | Exception]

    def moved(self, *, final: bool = True, urgent: bool = False) -> None:
        """A look that brought a movement of everybody."""
        everybody = set(self.engine.places)
        ticked = Ticked(Tips(block(15), block(10)))
        ticked.moved = everybody if final else set()
        ticked.urgent = everybody if urgent else set()
        self.keeper.want(CHAIN, ticked, self.engine.now())

    def run(self, seconds: int) -> None:
        """Let it work for so many seconds of the clock."""

        async def work() -> None:
            stop = asyncio.Event()
            left = [seconds]

            async def sleep(_: float) -> None:
                self.engine.clock.on(1)
                left[0] -= 1
                if left[0] <= 0:
                    stop.set()

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(asyncio, "sleep", sleep)
                await self.keeper.run(stop)

        asyncio.run(work())


def _said(number: int, **more: Any) -> _Caught:
    """A case that speaks of a block."""
    top = block(number)
    return _Caught(result(top, **more), replace_tops(top))


def replace_tops(top: Block) -> Base:
    """A base that is true at a block."""
    return place().base._replace(tops={CHAIN: top})


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Desk]:
    """A case on the list, and a chain that is read to block 10 for good and to 15 early."""
    asked: list[tuple[Mapping[str, int], bool]] = []
    answers: list[_Caught | Exception] = []

    async def catch_up(folder: Path, config: Any, *, at: Mapping[str, int], final: bool, **more: Any) -> _Caught:
        assert set(more) == {"seen", "lists", "gates", "transport"}
        assert {chain: block.number for chain, block in more["seen"].items()} == dict(at)
        asked.append((dict(at), final))
        answer = answers.pop(0) if answers else _said(at[CHAIN])
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(module, "catch_up", catch_up)
    with open_watch(tmp_path / "cases" / "watch") as store:
        clock = Clock()
        store.clock = lambda: int(clock())
        begun = place()
        begun.target = store.add(begun.target)
        store.begin(CHAIN, cursor(10, 15))
        engine = _Engine(store, clock, {1: begun})
        keeper = Keeper(engine)  # type: ignore[arg-type]
        keeper.ahead[1] = {}
        yield _Desk(keeper, engine, asked, answers)


@pytest.mark.parametrize(
    ("since", "last", "urgent", "not_before", "due"),
    [
        (0, QUIET - 1, False, 0, 2 * QUIET - 1),
        (0, 0, True, 0, URGENT),
        (0, LONGEST - 1, False, 0, LONGEST),
        (0, 0, True, AGAIN, AGAIN),
    ],
)
def test_when_a_case_is_due(since: int, last: int, urgent: bool, not_before: int, due: int) -> None:
    """After a burst, sooner when somebody must act, never later than the longest wait, and not before a new try."""
    want = Want(since, last, urgent=urgent, not_before=not_before)
    assert not want.due(due - 1)
    assert want.due(due)


def test_after_a_burst_it_is_read_on_once(desk: _Desk) -> None:
    """Movements that follow each other are one catch-up, to the final block; the watch goes on from it."""
    for _ in range(3):
        desk.moved()
        desk.run(5)
    desk.run(QUIET + 2)
    assert desk.asked == [({CHAIN: 10}, True)]
    assert desk.engine.adopted == [10]
    assert desk.engine.written == [(Path("it"), "dossier")]
    assert [stage for _, stage in desk.engine.view.of("stage")] == [TRACING, WRITING, DONE]
    assert not desk.keeper.wants


def test_an_urgent_one_is_read_on_early_and_only_its_papers_count(desk: _Desk) -> None:
    """What can still be undone gives letters within seconds; the watch does not go on from it."""
    desk.moved(final=False, urgent=True)
    desk.run(URGENT + 2)
    assert desk.asked == [({CHAIN: 15}, False)]
    assert desk.engine.adopted == []
    assert len(desk.engine.written) == 1


def test_what_somebody_must_act_on_is_read_on_at_once(desk: _Desk) -> None:
    """Its letter is wanted now, not when the burst is over."""
    desk.moved(urgent=True)
    desk.run(URGENT + 1)
    assert [final for _, final in desk.asked] == [True]


def test_what_failed_early_is_tried_at_once_when_it_is_final(desk: _Desk) -> None:
    """A source that tells final blocks only does not hold up the letter any longer than that."""
    desk.answers.append(LOCKED)
    desk.moved(final=False, urgent=True)
    desk.run(URGENT + 1)
    desk.moved(urgent=True)
    desk.run(URGENT + 1)
    assert [final for _, final in desk.asked] == [False, True]


def test_what_speaks_of_later_blocks_waits_until_they_are_final(desk: _Desk) -> None:
    """After an early catch-up the case is gone on from once all it speaks of is final, whatever moves before."""
    desk.moved(final=False, urgent=True)
    desk.run(URGENT + 2)
    desk.moved()
    desk.run(QUIET + 2)
    assert len(desk.asked) == 1
    assert not list(desk.keeper.behind())
    asyncio.run(desk.keeper.all_now())
    assert len(desk.asked) == 1
    desk.engine.store.begin(CHAIN, cursor(15, 20))
    asyncio.run(desk.keeper.all_now())
    assert desk.asked[1:] == [({CHAIN: 15}, True)]
    assert desk.engine.adopted == [15]


def test_a_result_from_before_that_is_ahead_of_the_chain_waits(desk: _Desk) -> None:
    """A case that says more than is final, as it was found, is read on later and not gone on from until then."""
    desk.answers.append(_said(14))
    desk.moved()
    desk.run(QUIET + 2)
    assert desk.engine.adopted == []
    assert desk.keeper.wants
    desk.engine.store.begin(CHAIN, cursor(14, 20))
    asyncio.run(desk.keeper.all_now())
    assert desk.engine.adopted == [14]


@pytest.mark.parametrize("failure", [LOCKED, Down("node", "tips", "silent")])
def test_what_fails_is_tried_again(desk: _Desk, failure: Exception) -> None:
    """Somebody at work in the case, or a source that fails, puts it off for a minute and is said."""
    desk.answers.append(failure)
    desk.moved()
    desk.run(QUIET + 2)
    assert [stage for _, stage in desk.engine.view.of("stage")] == [TRACING, LATER]
    assert len(desk.engine.view.of("note")) == 1
    assert list(desk.keeper.behind()) == ["it"]
    desk.run(AGAIN - 10)
    assert len(desk.asked) == 1
    desk.run(15)
    assert len(desk.asked) == 2
    assert not list(desk.keeper.behind())


def test_a_paused_target_is_left_alone(desk: _Desk) -> None:
    """Nobody asked for its papers."""
    desk.engine.places[1].target = desk.engine.places[1].target._replace(paused=True)
    desk.moved()
    desk.run(QUIET + 2)
    assert desk.asked == []


def test_a_target_that_is_gone_is_left_alone(desk: _Desk) -> None:
    """Nothing is read on for what is not on the list any more."""
    desk.moved()
    desk.engine.places.clear()
    desk.run(QUIET + 2)
    assert desk.asked == []
    assert not list(desk.keeper.behind())


def test_once_a_day_though_nothing_moved(desk: _Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Freezes and deposits change without its money: a day after the last time it is read on."""
    monkeypatch.setattr(module, "freezes", _no_freezes)
    desk.run(2)
    assert desk.asked == []
    desk.engine.clock.on(DAILY)
    desk.run(QUIET + 2)
    assert len(desk.asked) == 1


async def _no_freezes(*_: Any) -> list[FreezeRow]:
    return []


def _freeze(**more: Any) -> FreezeRow:
    return FreezeRow(**{**dict.fromkeys(("frozen", "proposed"), "no"), **more}, chain=CHAIN, address=str(HOLDER),
                     asset=USDT, issuer="Tether", can="yes")  # fmt: skip


def test_issuers_are_asked_by_the_hour(desk: _Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proposal is told within the hour, once; that it became a freeze is another thing to tell."""
    rows = [_freeze(proposed="yes", proposal="0xa#7", confirmed=1, needed=3)]
    asked: list[int] = []

    async def freezes(*_: Any) -> list[FreezeRow]:
        asked.append(desk.engine.now())
        return rows

    monkeypatch.setattr(module, "freezes", freezes)
    desk.run(2)
    assert not asked
    for _ in range(2):
        desk.engine.clock.on(HOURLY)
        desk.run(2)
    rows[0] = _freeze(frozen="yes")
    desk.engine.clock.on(HOURLY)
    desk.run(2)
    told = [one.notice for one in desk.engine.store.log()]
    assert [(one.kind, one.reason, one.severity) for one in told] == [
        (FREEZE, "proposed", HIGH),
        (FREEZE, "frozen", HIGH),
    ]
    assert (told[0].more["confirmed"], told[0].more["needed"], told[0].entity) == (1, 3, "Tether")
    assert len(asked) == 3


def test_issuers_that_cannot_be_asked_are_no_end(desk: _Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The failure is said, and the keeper goes on."""

    async def freezes(*_: Any) -> list[FreezeRow]:
        raise Down("node", "call", "silent")

    monkeypatch.setattr(module, "freezes", freezes)
    desk.run(2)
    desk.engine.clock.on(HOURLY)
    desk.run(2)
    assert len(desk.engine.view.of("note")) == 1


def _deposit(tier: str, entity: str = "Example") -> DepositRow:
    return DepositRow(CHAIN, str(OTHER), USDT, tier, 85, entity, "0xhub", "list 2026", "rule", (), (), 3)


def test_what_the_case_learnt_is_told_once(desk: _Desk) -> None:
    """A deposit address by its behaviour is critical news; what the case said when the watch began is none."""
    known = result(block(10), freezes=(_freeze(frozen="yes"),))
    desk.keeper.begin(desk.engine.places[1], known, 0)
    more = {"deposits": (_deposit("T2"), _deposit("T5")), "freezes": known.freezes}
    desk.answers.extend([_said(10, **more), _said(10, **more)])
    for _ in range(2):
        desk.moved()
        desk.run(QUIET + 2)
    (told,) = desk.engine.told
    assert (told.kind, told.severity, told.receiver, told.entity) == (DIGEST, CRITICAL, OTHER, "Example")
    assert dict(told.more) == {"tier": "T2", "confidence": 85}


@pytest.mark.parametrize("kind", [PAYMENT, TAKEN, SENTRY])
def test_where_value_came_out_is_told_unless_the_alarm_told_it(desk: _Desk, kind: str) -> None:
    """Of two payments to an exchange that the case knows, the one that the alarm saw is not told again."""
    seen, unseen = arrived(paid(HOLDER, OTHER, 7)), arrived(paid(HOLDER, OTHER, 8))
    (known,) = arrivals(desk.engine.places[1], at_exchange(seen))
    desk.engine.store.tell([(known._replace(kind=kind), CONFIRMED)])
    desk.answers.append(_Caught(at_exchange(seen, unseen), replace_tops(block(10))))
    desk.moved()
    desk.run(QUIET + 2)
    assert [one.amount for one in desk.engine.told] == [8]


def test_a_result_the_watch_has_not_gone_on_from_is_read_on(desk: _Desk) -> None:
    """A case that was traced by hand since the watch saw it last is wanted at once; else nothing is."""
    where = desk.engine.places[1]
    desk.keeper.begin(where, result(block(10)), where.base.generation)
    assert not desk.keeper.wants
    desk.keeper.begin(where, result(block(10)), where.base.generation + 1)
    assert desk.keeper.wants


@pytest.mark.parametrize(
    ("height", "status", "behind"), [(11, CONFIRMED, True), (10, CONFIRMED, False), (11, "x", False)]
)
def test_a_case_that_does_not_know_what_was_told_is_read_on(
    desk: _Desk, height: int, status: str, behind: bool
) -> None:
    """What was confirmed after the case's last block, before the watch ended, is not left until the next movement."""
    where = desk.engine.places[1]
    moved = Notice("a", where.target.id, PAYMENT, "normal", CHAIN, "0xlate", height, height, TIME)
    desk.engine.store.tell([(moved, status)])
    desk.keeper.begin(where, result(block(10)), where.base.generation)
    assert bool(desk.keeper.wants) == behind


def test_a_bare_address_becomes_a_case_once_something_left_for_good(
    desk: _Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first confirmed outflow makes it a case; a provisional one does not, and nothing is read on before."""
    made: list[tuple[str, Path]] = []

    def case_for(target: Any, since: str, parent: Path) -> Path:
        made.append((since, parent))
        return parent / "new"

    monkeypatch.setattr(module, "case_for", case_for)
    store, where = desk.engine.store, place(kind=ADDRESS)
    where.target = store.add(where.target._replace(name="address"))
    desk.engine.places = {where.target.id: where}
    left = Notice("a", where.target.id, TAKEN, "normal", CHAIN, "0xlate", 9, 9, TIME)
    store.tell([(left, PROVISIONAL)])
    desk.moved()
    desk.run(QUIET + 2)
    assert (made, desk.asked, where.target.kind) == ([], [], ADDRESS)
    store.tell([(left, CONFIRMED), (left._replace(key="b", tx="0xfirst", height=7), CONFIRMED)])
    desk.moved()
    desk.run(QUIET + 2)
    assert made == [("0xfirst", store.path.parent.parent)]
    assert (where.target.kind, where.target.folder) == (CASE, str(store.path.parent.parent / "new"))
    changed = store.target("address")
    assert changed is not None
    assert changed.kind == CASE


def test_no_news_of_nothing() -> None:
    """Suspicions, and tokens that nobody froze, are not told."""
    said = result(block(1), deposits=(_deposit("T4"),), freezes=(_freeze(),))
    assert list(news(place(), said)) == []
