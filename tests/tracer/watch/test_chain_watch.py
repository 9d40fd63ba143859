"""A chain that grows, forks and fails, watched with kills: all is told once or taken back, and the fold is right."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from chains.errors import ChainError, Down
from chains.model import Asset, AssetId, Block, Kind, Position
from chains.registry import load_chains
from chains.scan import APPROVAL, Change, Scanned, Tips, Watched
from tests.tracer.watch.restless_chain import CHAIN, EXCHANGE, FINALITY, LABELS, STOLEN, THIEF, TOKEN, VICTIM, Restless
from tracer.label_files import load_tokens
from tracer.labels import LabelBook
from tracer.ledger import Account
from tracer.lots import CONSERVING
from tracer.watch.chain_watch import ChainWatch
from tracer.watch.frontier import Place
from tracer.watch.model import CASE, CONFIRMED, GRANTED, PAYMENT, PROVISIONAL, RETRACTED, SEVERITIES, TROUBLE, Target
from tracer.watch.newcomers import Judge
from tracer.watch.notices import key_of
from tracer.watch.standing import FOLLOWED, Rules, Stand
from tracer.watch.state import Base, Cursor
from tracer.watch.store import WatchStore, open_watch

BEGUN: dict[Account, Stand] = {
    (CHAIN, THIEF, TOKEN): Stand(FOLLOWED, 0, STOLEN, STOLEN, STOLEN, dict.fromkeys(CONSERVING, ((STOLEN, 0),)))
}


def _begin(folder: Path, chain: Restless, sources: frozenset[tuple[str, str]] = frozenset()) -> None:
    with open_watch(folder) as store:
        target = store.add(Target(0, CASE, "case", "case", "", "", 0))
        base = Base(
            Rules("fifo", ("fifo",), sources=sources),
            BEGUN,
            {CHAIN: chain._block(0)},
            1,
            {(CHAIN, AssetId(TOKEN)): Asset(CHAIN, TOKEN, "USDT", 6)},
        )
        store.rebase(target.id, base, BEGUN, 1)
        store.begin(CHAIN, Cursor(chain._block(0), chain._block(0)))


def _watch(store: WatchStore, chain: Restless) -> ChainWatch:
    """What a process that starts anew has."""
    store.channels = {"ear": frozenset(SEVERITIES)}
    places = {}
    for target in store.targets():
        base = store.base(target.id)
        assert base is not None
        book = LabelBook.of_labels(LABELS)
        places[target.id] = Place(target, base, book, load_tokens(), store.stands(target.id), store.origins(target.id))
    judge = Judge(chain, chain)  # type: ignore[arg-type]
    return ChainWatch(load_chains()[CHAIN], chain, judge, store, places, asyncio.Lock())  # type: ignore[arg-type]


def _listen(store: WatchStore, heard: list[tuple[str, str]], dice: random.Random) -> None:
    """A channel that takes what is due, now and then not."""
    for told in store.due(2**40):
        store.sending(told)
        if dice.random() < 0.8:
            heard.append((told.id, told.status))
            store.sent(told, 0)
        else:
            store.unsent(told, "busy", 0)


def _live(folder: Path, chain: Restless, dice: random.Random, heard: list[tuple[str, str]], rounds: int) -> None:
    """One process's life: it looks, fails, and is gone in the middle of anything."""
    with open_watch(folder) as store:
        watch = _watch(store, chain)
        for _ in range(rounds):
            for _ in range(dice.randint(1, 5)):
                chain.mine(dice.randint(0, 3))
            if dice.random() < 0.2:
                chain.fork(dice.randint(1, 20))
            try:
                asyncio.run(watch.tick())
            except ChainError:
                continue
            _listen(store, heard, dice)


def _settle(folder: Path, chain: Restless, heard: list[tuple[str, str]]) -> None:
    chain.faults = 0
    for _ in range(FINALITY + 6):
        chain.mine(0)
    with open_watch(folder) as store:
        watch = _watch(store, chain)
        for _ in range(3):
            asyncio.run(watch.tick())
        dice = random.Random(0)
        while store.undelivered():
            _listen(store, heard, dice)


@pytest.mark.parametrize("seed", range(12))
def test_everything_is_told_once_or_taken_back(seed: int, tmp_path: Path) -> None:
    """After forks, failures and kills: every payment of traced money is confirmed once, all others were taken back."""
    chain, dice, heard = Restless(seed, faults=0.1), random.Random(seed), list[tuple[str, str]]()
    _begin(tmp_path, chain)
    for _ in range(6):
        _live(tmp_path, chain, dice, heard, dice.randint(1, 8))
    _settle(tmp_path, chain, heard)
    held, carried = chain.truth("fifo")
    there = {one.identity for _, rows in chain.blocks for one in rows}
    with open_watch(tmp_path) as store:
        stands = store.stands(1)
        log = [one for one in store.log() if one.notice.kind == PAYMENT]
    assert {account: units for account, one in stands.items() if (units := one.traced("fifo"))} == held
    confirmed = {one.notice.key for one in log if one.status == CONFIRMED}
    assert {key_of(identity) for identity in carried} <= confirmed <= {key_of(identity) for identity in there}
    assert all(one.status == RETRACTED for one in log if one.notice.key not in confirmed)
    assert not any(one.status == PROVISIONAL for one in log)
    ids = [one for one, _ in heard]
    assert len(ids) == len(set(ids))
    last = {one.partition(".")[0]: status for one, status in heard}
    assert {one.notice.id for one in log if one.status == CONFIRMED} == {
        one for one, status in last.items() if status == CONFIRMED
    }


@dataclass(slots=True)
class _Open(Restless):
    """The same chain, in whose block ``given`` the victim gave somebody power; the newest are ``hidden``.

    After ``good`` more answers it is another chain, of the same length.
    """

    hidden: int = 0
    given: int | None = None
    good: int = 10**9
    weak: str = ""
    """Why it does not tell of powers, while it does not."""

    def _mood(self, what: str) -> None:
        self.good -= 1

    def _block(self, number: int) -> Block:
        block = Restless._block(self, number)
        return block if self.good >= 0 else block._replace(hash="0x" + "de" * 32)

    async def tips(self) -> Tips:
        newest, final = await Restless.tips(self)
        return Tips(self._block(newest.number - self.hidden), final)

    async def scan(self, who: Watched, low: int, high: int) -> Scanned:
        scanned = await Restless.scan(self, who, low, high)
        if self.good < 0:
            return scanned._replace(sights=())
        if self.weak:
            return scanned._replace(weak=self.weak)
        if self.given is None or not low <= self.given <= high or VICTIM not in who.guarded:
            return scanned
        place = Position(self.given, 0, Kind.TOKEN, (0,))
        change = Change(
            CHAIN,
            APPROVAL,
            "0xgiven",
            place,
            0,
            VICTIM,
            EXCHANGE,
            None,
            None,
            self.given,
            self.blocks[self.given][0],
            1,
        )
        return scanned._replace(changes=(change,))


class _Early(NamedTuple):
    """A chain of which nothing is final yet, and the watch of it."""

    chain: _Open
    watch: ChainWatch

    def pay(self) -> None:
        """A block in which traced money reaches an exchange."""
        self.chain._append([self.chain._transfer(THIEF, EXCHANGE, 5, len(self.chain.blocks), 0)])

    def tick(self) -> list[tuple[str, str]]:
        """Look; the state of every notice, the last changed last."""
        asyncio.run(self.watch.tick())
        return self.told()

    def told(self) -> list[tuple[str, str]]:
        """The state of every notice."""
        return [(one.notice.kind, one.status) for one in self.watch.store.log()]


@pytest.fixture
def early(tmp_path: Path) -> Iterator[_Early]:
    """A watch that begins."""
    chain = _Open(1)
    _begin(tmp_path, chain, sources=frozenset({(CHAIN, str(VICTIM))}))
    with open_watch(tmp_path) as store:
        yield _Early(chain, _watch(store, chain))


def test_what_was_seen_early_stands_while_the_chain_goes_on(early: _Early) -> None:
    """Payments and changes of power of earlier blocks are not read again, not taken back, and confirmed once."""
    early.pay()
    early.chain.given = len(early.chain.blocks) - 1
    for _ in range(3):
        said = early.tick()
        early.chain.mine(0)
    assert said == [(PAYMENT, PROVISIONAL), (GRANTED, PROVISIONAL)]
    for _ in range(FINALITY):
        early.chain.mine(0)
    assert early.tick() == [(PAYMENT, CONFIRMED), (GRANTED, CONFIRMED)]
    assert [one.tx for one in early.watch.store.changes(CHAIN)] == ["0xgiven"]


def test_a_source_that_lags_takes_nothing_back(early: _Early) -> None:
    """What stood in a block that it does not have yet may well be there."""
    early.pay()
    early.tick()
    early.chain.hidden = 1
    assert early.tick() == [(PAYMENT, PROVISIONAL)]


def test_what_the_chain_dropped_is_taken_back(early: _Early) -> None:
    """As soon as another branch is as long."""
    early.pay()
    early.tick()
    del early.chain.blocks[-1]
    early.chain.mine(0)
    assert early.tick() == [(PAYMENT, RETRACTED)]


@pytest.mark.parametrize("good", range(7))
def test_another_chain_is_not_believed(early: _Early, good: int) -> None:
    """A source that is set on another chain, at whichever question, moves nothing: not forward, not back, not away."""
    early.pay()
    early.tick()
    for _ in range(FINALITY + 2):
        early.chain.mine(0)
    early.pay()
    before = early.watch.store.cursor(CHAIN)
    early.chain.good = good
    with suppress(Down):
        early.tick()
        early.tick()
    assert early.chain.good < 0
    assert not any(status == RETRACTED for _, status in early.told())
    after = early.watch.store.cursor(CHAIN)
    assert before is not None
    assert after is not None
    early.chain.good = 10**9
    assert Restless._block(early.chain, after.final.number) == after.final
    assert early.tick() == [(PAYMENT, CONFIRMED), (PAYMENT, PROVISIONAL)]


def test_a_final_block_that_gave_way_is_read_again(early: _Early) -> None:
    """Where an older block is still known, a reorganisation below finality is told, and read from the base on."""
    early.pay()
    for _ in range(FINALITY + 2):
        early.chain.mine(0)
    assert early.tick() == [(PAYMENT, CONFIRMED)]
    del early.chain.blocks[3:]
    for _ in range(FINALITY + 2):
        early.chain.mine(0)
    assert (TROUBLE, CONFIRMED) in early.tick()


def test_a_power_that_a_source_kept_to_itself_is_told_once_another_tells(early: _Early) -> None:
    """What histories do not tell is looked for as soon as whole blocks can be read again, by whichever process."""
    early.pay()
    early.chain.given = len(early.chain.blocks) - 1
    early.chain.weak = "histories do not tell of approvals"
    for _ in range(FINALITY + 2):
        early.chain.mine(0)
    assert GRANTED not in [kind for kind, _ in early.tick()]
    early.chain.weak = ""
    early.chain.mine(0)
    again = _Early(early.chain, _watch(early.watch.store, early.chain))
    assert (GRANTED, CONFIRMED) in again.tick()
    scans = early.chain.scans
    early.chain.mine(0)
    again.tick()
    assert early.chain.scans == scans + 2
    assert [kind for kind, _ in again.told()].count(GRANTED) == 1


def test_a_block_that_nobody_touched_is_not_asked_for_twice(early: _Early) -> None:
    """A look at a chain that stands still reads nothing."""
    early.pay()
    early.tick()
    scans = early.chain.scans
    early.tick()
    assert early.chain.scans == scans
