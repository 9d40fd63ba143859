"""The store of a watch: what is put there is there again, and what was removed or undone is not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from chains.model import Address
from chains.scan import Change, Sight
from tests.tracer.watch.watch_values import (
    CHAIN,
    MULE,
    THIEF,
    TOKEN,
    base,
    begun,
    block,
    change,
    cursor,
    keep,
    notice,
    sight,
    stand,
    step,
    target,
)
from tracer.errors import CaseError, Tampered, UsageError
from tracer.watch.model import CONFIRMED, PROVISIONAL, RETRACTED
from tracer.watch.state import Sense, Step
from tracer.watch.store import DATABASE, WatchStore, open_watch

DAY = 86_400


def test_targets_keep_their_settings(tmp_path: Path) -> None:
    """A target is found by its name with all its settings, keeps its number when changed, and is refused twice."""
    with open_watch(tmp_path) as store:
        first = store.add(target()._replace(until=5, labels=("a.csv", "b.csv"), max_frontier=7))
        second = store.add(target("other"))
        store.change(first._replace(paused=True))
        with pytest.raises(UsageError):
            store.add(target())
    with open_watch(tmp_path) as store:
        assert store.targets() == [first._replace(paused=True), second]
        assert store.target("other") == second
        assert store.target("nobody") is None


def test_a_number_is_never_given_twice(tmp_path: Path) -> None:
    """A target that comes after one that was removed gets another number: notices are unique by it."""
    with open_watch(tmp_path) as store:
        first = store.add(target())
        store.remove(first.id)
        assert store.add(target()).id != first.id


def test_a_target_stands_where_it_was_left(tmp_path: Path) -> None:
    """Base, stands and the number of the next theft come back equal, and a new base takes the place of all of them."""
    account = (CHAIN, str(MULE), str(TOKEN))
    with open_watch(tmp_path) as store:
        begun(store)
        store.commit(step(1))
    with open_watch(tmp_path) as store:
        assert store.base(1) == base()
        assert store.stands(1) == {**base().stands, account: stand(1)}
        assert store.origins(1) == 1
        store.commit(Step(CHAIN, cursor(2), stands={(1, account): None}))
        assert store.stands(1) == base().stands
        store.rebase(1, base()._replace(generation=3), {account: stand(4)}, 9, [(notice(5), CONFIRMED)])
        assert (store.stands(1), store.origins(1)) == ({account: stand(4)}, 9)
        assert [one.notice for one in store.log()] == [notice(1), notice(2), notice(5)]
        fresh = store.add(target("fresh"))
        assert (store.base(fresh.id), store.stands(fresh.id), store.origins(fresh.id)) == (None, {}, 0)


def test_a_step_is_all_there(tmp_path: Path) -> None:
    """After a step: cursor, remembered blocks, final and early transfers, changes and notices, as they were given."""
    with open_watch(tmp_path) as store:
        begun(store)
        assert store.cursor("tron") is None
        store.commit(step(4))
    with open_watch(tmp_path) as store:
        assert store.cursor(CHAIN) == cursor(4, 5)
        assert store.blocks(CHAIN) == [block(5)]
        assert (store.sights(CHAIN), store.early(CHAIN)) == ([sight(4)], [sight(5)])
        assert store.changes(CHAIN) == [change(4)]
        assert [(one.notice, one.status) for one in store.log()] == [(notice(4), CONFIRMED), (notice(5), PROVISIONAL)]
        assert store.provisional(CHAIN) == [notice(5)]


def test_sights_come_in_chain_order(tmp_path: Path) -> None:
    """Whatever the order in which they were found, transfers come by block and place; two equal rows stay two."""
    rows = (sight(10), sight(9, nth=1), sight(9), sight(2))
    with open_watch(tmp_path) as store:
        begun(store)
        store.commit(Step(CHAIN, cursor(10), sights=rows, changes=(change(9), change(3))))
        assert store.sights(CHAIN) == [rows[3], rows[2], rows[1], rows[0]]
        assert store.sights(CHAIN, above=2) == [rows[2], rows[1], rows[0]]
        assert store.changes(CHAIN, above=3) == [change(9)]


def test_the_early_pass_replaces_itself(tmp_path: Path) -> None:
    """What the last early pass found is all that is provisional; blocks come newest first."""
    with open_watch(tmp_path) as store:
        begun(store)
        store.commit(Step(CHAIN, cursor(1, 3), (block(2), block(3)), early=(sight(2), sight(3))))
        store.commit(Step(CHAIN, cursor(1, 3), (block(3, "f"), block(2)), early=(sight(3),)))
        assert store.early(CHAIN) == [sight(3)]
        assert store.blocks(CHAIN) == [block(3, "f"), block(2)]
        assert store.sights(CHAIN) == []


def test_what_was_removed_leaves_nothing_standing(tmp_path: Path) -> None:
    """Steps and bases that were being worked out for a target as it was removed write and tell nothing of it."""
    with open_watch(tmp_path) as store:
        begun(store, "ear")
        store.commit(step(1))
        store.remove(1)
        store.commit(step(2))
        store.rebase(1, base(), base().stands, 1, [(notice(7), CONFIRMED)])
        assert (store.targets(), store.stands(1), store.base(1)) == ([], {}, None)
        assert store.cursor(CHAIN) == cursor(2, 3)
        assert [one.notice for one in store.log()] == [notice(1), notice(2)]
        assert store.provisional(CHAIN) == []


def test_rewinding_stands_where_it_began(tmp_path: Path) -> None:
    """After a final block was undone every target stands on that chain as it began, and nowhere else."""
    other = ("tron", str(THIEF), str(TOKEN))
    with open_watch(tmp_path) as store:
        begun(store)
        store.rebase(1, base((CHAIN, "tron")), {**base().stands, other: stand(5)}, 1)
        for number in range(1, 5):
            store.commit(step(number))
        store.rewind(CHAIN, cursor(2), [(notice(9), CONFIRMED)])
        assert store.stands(1) == {**base().stands, other: stand(5)}
        assert store.cursor(CHAIN) == cursor(2)
        assert (store.blocks(CHAIN), store.early(CHAIN)) == ([], [])
        assert (store.sights(CHAIN), store.changes(CHAIN)) == ([sight(1), sight(2)], [change(1), change(2)])


def test_rewinding_takes_nothing_for_granted(tmp_path: Path) -> None:
    """What was told of undone blocks is told again only where it changed: found anew silently, else retracted."""
    with open_watch(tmp_path) as store:
        begun(store, "ear")
        for number in (1, 2, 3):
            store.commit(Step(CHAIN, cursor(number), notices=((notice(number), CONFIRMED),)))
        for told in store.due(2**40):
            store.sending(told)
            store.sent(told, 5)
        store.rewind(CHAIN, cursor(1))
        assert store.provisional(CHAIN) == [notice(2), notice(3)]
        store.commit(Step(CHAIN, cursor(3), notices=((notice(2), CONFIRMED), (notice(3), RETRACTED))))
        assert [(told.notice, told.status) for told in store.due(2**40)] == [(notice(3), RETRACTED)]
        assert [one.status for one in store.log()] == [CONFIRMED, CONFIRMED, RETRACTED]


def test_whether_a_chain_is_seen_is_kept(tmp_path: Path) -> None:
    """A watch that ended blind knows since when, and why."""
    with open_watch(tmp_path) as store:
        begun(store)
        assert store.sense(CHAIN) is None
        store.set_sense(Sense(CHAIN, 17, "etherscan", "silent"), [(notice(1, 0, kind="blind"), CONFIRMED)])
    with open_watch(tmp_path) as store:
        assert store.sense(CHAIN) == Sense(CHAIN, 17, "etherscan", "silent")
        assert len(store.log(target=0)) == 1


def test_requests_are_counted_by_day(tmp_path: Path) -> None:
    """Requests count at once, and are there after an ordinary end, added to those of before."""
    for total in (3, 6):
        with open_watch(tmp_path) as store:
            store.spend("etherscan", "2026-01-01", 2)
            store.spend("etherscan", "2026-01-01", 1)
            store.spend("tron", "2026-01-02", 1)
            assert store.spent("2026-01-01") == {"etherscan": total}


def test_the_heart_beats(tmp_path: Path) -> None:
    """The store knows when the watch was last alive."""
    with open_watch(tmp_path) as store:
        assert store.last_beat() is None
        store.beat(5)
        store.beat(7)
    with open_watch(tmp_path, reading=True) as store:
        assert store.last_beat() == 7


def test_pruning_forgets_no_state(tmp_path: Path) -> None:
    """Pruning drops followed messages, past days' requests and quiet days; what is told, due and believed stays."""
    with open_watch(tmp_path) as store:
        store.clock = lambda: 40 * DAY
        begun(store, "ear")
        for status in (PROVISIONAL, RETRACTED, CONFIRMED):
            store.tell([(notice(1), status)])
            for told in store.due(2**40):
                store.sending(told)
                store.sent(told, 40 * DAY)
        store.tell([(notice(2), PROVISIONAL)])
        for day in range(40, 100):
            store.clock = lambda day=day: day * DAY  # type: ignore[misc]
            store.spend("etherscan", datetime.fromtimestamp(day * DAY, UTC).date().isoformat(), 1)
            with store.evidence.reading(CHAIN):
                keep(store, day)
            store.beat(day * DAY)
        assert store.prune(95 * DAY) == 2 + 55 + (50 - 2)
        assert store.prune(95 * DAY) == 0
        assert [one.status for one in store.deliveries(notice(1).id)] == [CONFIRMED]
        assert [told.notice for told in store.due(2**40)] == [notice(2)]
        store.tell([(notice(1), CONFIRMED)])
        assert len(store.due(2**40)) == 1
        assert store._rows("SELECT sum(number), min(first), max(last) FROM quiet") == [(60, 40 * DAY, 99 * DAY)]


def test_whoever_reads_first_finds_nothing(tmp_path: Path) -> None:
    """Reading where no watch ever ran shows an empty list and makes nothing."""
    with open_watch(tmp_path / "watch", reading=True) as store:
        assert (store.targets(), store.log(), store.undelivered()) == ([], [], 0)
    assert not (tmp_path / "watch").exists()


def test_a_reader_changes_nothing(tmp_path: Path) -> None:
    """What is opened for reading cannot be written."""
    with open_watch(tmp_path) as store:
        begun(store)
    with open_watch(tmp_path, reading=True) as store, pytest.raises(CaseError):
        store.remove(1)


@pytest.mark.parametrize("text", ["{", "[]", "null", '["a"]', '{"labels": 3}'])
def test_a_damaged_value_is_noticed(tmp_path: Path, text: str) -> None:
    """A row that is not what the watch wrote is told as damage, not as a bug."""
    with open_watch(tmp_path) as store:
        begun(store)
        store._db.execute("UPDATE target SET body = ?, base = ?", (text, text.encode()))
        store._db.execute("UPDATE chain SET final = ?", (text,))
        with pytest.raises(Tampered):
            store.targets()
        with pytest.raises(Tampered):
            store.base(1)
        with pytest.raises(Tampered):
            store.cursor(CHAIN)


def test_a_damaged_file_is_noticed(tmp_path: Path) -> None:
    """A file that is no database is told as damage."""
    (tmp_path / DATABASE).write_bytes(b"this is a text file, and a long one " * 200)
    with pytest.raises(Tampered), open_watch(tmp_path):
        pass


def test_an_impossible_number_is_an_error_of_the_case(tmp_path: Path) -> None:
    """A block number beyond what the database holds is refused, and nothing of that step is there."""
    with open_watch(tmp_path) as store:
        begun(store)
        impossible: Sight = sight(1)._replace(number=2**70)
        with pytest.raises(CaseError):
            store.commit(step(1)._replace(early=(impossible,)))
        assert (store.cursor(CHAIN), store.sights(CHAIN)) == (cursor(0), [])


def test_a_name_that_is_no_text_is_an_error_of_the_case(tmp_path: Path) -> None:
    """A case whose folder's name is not Unicode is refused in one clear line."""
    with open_watch(tmp_path) as store, pytest.raises(CaseError):
        store.add(target("case-\udcff"))


def test_any_text_can_be_kept(tmp_path: Path) -> None:
    """Names of a chain's choosing, with half characters, zeros and quotes, neither break nor change the store."""
    hostile = "'; DROP TABLE target; --\x00\ud800|\udfff\"\n"
    told = notice(1)._replace(entity=hostile, why=hostile, more={hostile: [hostile, 2**90]})
    changed: Change = change(1)._replace(owner=Address(hostile), block=hostile)
    with open_watch(tmp_path) as store:
        begun(store, "ear")
        store.commit(Step(CHAIN, cursor(1), changes=(changed,), notices=((told, CONFIRMED),)))
        store.set_sense(Sense(CHAIN, 1, hostile, hostile))
        (due,) = store.due(2**40)
        store.sending(due)
        store.unsent(due, hostile, 0)
        assert store.notice(told.id) == (told, CONFIRMED, 1, store.log()[0].at)
        assert store.changes(CHAIN) == [changed]
        assert store.sense(CHAIN) == Sense(CHAIN, 1, hostile, hostile)


def test_every_method_survives_an_empty_store(tmp_path: Path) -> None:
    """Before anything was put there, every question has an empty answer."""
    with open_watch(tmp_path) as store:
        assert isinstance(store, WatchStore)
        assert (store.sights(CHAIN), store.early(CHAIN), store.changes(CHAIN), store.blocks(CHAIN)) == ([],) * 4
        assert (store.notice("x"), store.due(2**40), store.deliveries("x"), store.spent("x")) == (None, [], [], {})
        assert (store.prune(2**33), store.check(), store.path) == (0, 0, tmp_path / DATABASE)
