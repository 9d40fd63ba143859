"""Notices and outbox: everything is told once, in order, and nobody is told the end of what they never heard of."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.tracer.watch.watch_values import CHAIN, begun, notice, target
from tracer.watch.model import CONFIRMED, CRITICAL, INFO, NORMAL, PROVISIONAL, RETRACTED, Told
from tracer.watch.store import Delivery, WatchStore, open_watch
from tracer.watch.store_told import AT_ONCE

EVER = 2**40


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WatchStore]:
    """A store with one channel that takes everything, at second 100."""
    with open_watch(tmp_path) as opened:
        opened.clock = lambda: 100
        yield begun(opened, "ear")


def due(store: WatchStore, now: int = EVER) -> list[tuple[str, int, str, str]]:
    """What is due: key, turn, state, channel."""
    return [(told.notice.key, told.turn, told.status, told.channel) for told in store.due(now)]


def send(store: WatchStore) -> list[Told]:
    """Send whatever is due."""
    found = store.due(EVER)
    for told in found:
        store.sending(told)
        store.sent(told, 101)
    return found


def test_a_notice_is_told_on_every_channel_that_takes_it(store: WatchStore) -> None:
    """Each channel gets what its severities hold, once; the log has it whether or not anybody was told."""
    store.channels = {"phone": frozenset({CRITICAL}), "desk": frozenset({CRITICAL, NORMAL}), "off": frozenset()}
    store.tell(
        [(notice(1), PROVISIONAL), (notice(2, severity=NORMAL), CONFIRMED), (notice(3, severity=INFO), CONFIRMED)]
    )
    assert due(store) == [
        ("t1", 1, PROVISIONAL, "phone"),
        ("t1", 1, PROVISIONAL, "desk"),
        ("t2", 1, CONFIRMED, "desk"),
    ]
    assert [(one.notice.key, one.turn, one.at) for one in store.log()] == [
        ("t1", 1, 100),
        ("t2", 1, 100),
        ("t3", 1, 100),
    ]


def test_the_same_state_is_not_told_again(store: WatchStore) -> None:
    """A notice whose state is known only gets its new words, also in a message that waits."""
    store.tell([(notice(1), PROVISIONAL)])
    store.tell([(notice(1)._replace(entity="Exchange"), PROVISIONAL)])
    (told,) = store.due(EVER)
    assert (told.notice.entity, told.turn) == ("Exchange", 1)


def test_a_confirmed_notice_stays_so(store: WatchStore) -> None:
    """An early pass that still sees what the final one has confirmed takes nothing back."""
    store.tell([(notice(1), CONFIRMED)])
    store.tell([(notice(1), PROVISIONAL)])
    assert due(store) == [("t1", 1, CONFIRMED, "ear")]


def test_every_turn_is_told_in_order(store: WatchStore) -> None:
    """Provisional, retracted, back again, confirmed: each as it comes, with a number of its own."""
    states = (PROVISIONAL, RETRACTED, PROVISIONAL, CONFIRMED)
    for status in states:
        store.tell([(notice(1), status)])
        send(store)
    key = notice(1).id
    assert store.deliveries(key) == [
        Delivery(turn, "ear", status, 100, 1, 101, "") for turn, status in enumerate(states, 1)
    ]
    assert [told.id for told in map(_told, store.deliveries(key))] == [f"{key}.{turn}" for turn in (1, 2, 3, 4)]


def _told(one: Delivery) -> Told:
    return Told(notice(1), one.status, one.turn, one.channel)


def test_what_was_never_told_is_not_retracted(store: WatchStore) -> None:
    """Undone before a channel took it: that channel hears nothing of it."""
    store.tell([(notice(1), PROVISIONAL)])
    store.tell([(notice(1), RETRACTED)])
    assert due(store) == []
    assert store.undelivered() == 0
    logged = store.notice(notice(1).id)
    assert logged is not None
    assert (logged.status, logged.turn) == (RETRACTED, 2)


def test_an_older_message_that_waits_is_dropped(store: WatchStore) -> None:
    """Confirmed before the early notice was sent: one message, and it says confirmed."""
    store.tell([(notice(1), PROVISIONAL)])
    store.tell([(notice(1), CONFIRMED)])
    assert due(store) == [("t1", 2, CONFIRMED, "ear")]


def test_what_a_channel_knows_is_not_repeated(store: WatchStore) -> None:
    """Undone and back before the retraction left: the channel was told the truth all along."""
    store.tell([(notice(1), PROVISIONAL)])
    send(store)
    store.tell([(notice(1), RETRACTED)])
    store.tell([(notice(1), PROVISIONAL)])
    assert due(store) == []


def test_channels_are_told_by_what_they_know(store: WatchStore) -> None:
    """A retraction goes to the channel that heard of it, and not to the one that did not."""
    store.channels = {"slow": frozenset({CRITICAL}), "fast": frozenset({CRITICAL})}
    store.tell([(notice(1), PROVISIONAL)])
    (told,) = [told for told in store.due(EVER) if told.channel == "fast"]
    store.sending(told)
    store.sent(told, 101)
    store.tell([(notice(1), RETRACTED)])
    assert due(store) == [("t1", 2, RETRACTED, "fast")]


def test_whoever_heard_the_beginning_hears_the_end(store: WatchStore) -> None:
    """A channel that was told hears later turns although they are less severe than what it takes."""
    store.channels = {"phone": frozenset({CRITICAL})}
    store.tell([(notice(1), PROVISIONAL)])
    send(store)
    store.tell([(notice(1, severity=NORMAL), CONFIRMED)])
    assert due(store) == [("t1", 2, CONFIRMED, "phone")]


def test_a_message_in_the_air_counts_as_heard(store: WatchStore) -> None:
    """Undone while its message is being sent: that one first, then the retraction."""
    store.tell([(notice(1), PROVISIONAL)])
    (told,) = store.due(EVER)
    store.sending(told)
    store.tell([(notice(1), RETRACTED)])
    assert due(store) == [("t1", 1, PROVISIONAL, "ear")]
    store.sent(told, 101)
    assert due(store) == [("t1", 2, RETRACTED, "ear")]


def test_a_message_that_did_not_get_through_needs_no_retraction(store: WatchStore) -> None:
    """Undone while its message is being sent, which then fails: nothing is told; what was confirmed is told once."""
    for number, status, expected in ((1, RETRACTED, []), (2, CONFIRMED, [("t2", 2, CONFIRMED, "ear")])):
        store.tell([(notice(number), PROVISIONAL)])
        (told,) = store.due(EVER)
        store.sending(told)
        store.tell([(notice(number), status)])
        store.unsent(told, "refused", 0)
        assert due(store) == expected
        send(store)


def test_a_try_nobody_saw_the_end_of_may_have_been_heard(tmp_path: Path) -> None:
    """Killed while sending: it is sent again under the same key, and retracted afterwards even if that try fails."""
    with open_watch(tmp_path) as store:
        begun(store, "ear").tell([(notice(1), PROVISIONAL)])
        (first,) = store.due(EVER)
        store.sending(first)
    with open_watch(tmp_path) as store:
        store.channels = {"ear": frozenset({CRITICAL})}
        (again,) = store.due(EVER)
        assert (again.id, again.tries) == (first.id, 1)
        store.tell([(notice(1), RETRACTED)])
        store.sending(again)
        store.unsent(again, "refused", 0)
        assert [told.id for told in send(store)] == [first.id]
        assert due(store) == [("t1", 2, RETRACTED, "ear")]


def test_what_failed_waits_its_time(store: WatchStore) -> None:
    """A message that was not taken is due again when it is told to be, and the log says why."""
    store.tell([(notice(1), CONFIRMED)])
    (told,) = store.due(EVER)
    store.sending(told)
    store.unsent(told, "busy", 500)
    assert (due(store, 499), store.undelivered()) == ([], 1)
    assert [one.tries for one in store.due(500)] == [1]
    assert store.deliveries(notice(1).id) == [Delivery(1, "ear", CONFIRMED, 100, 1, None, "busy")]


def test_a_channel_that_went_away_holds_nobody_up(store: WatchStore) -> None:
    """Messages of a channel that is not there wait unseen, and are there when it comes back."""
    store.tell([(notice(1), CONFIRMED)])
    store.channels = {"new": frozenset({CRITICAL})}
    assert (due(store), store.undelivered()) == ([], 0)
    store.channels = {"ear": frozenset({CRITICAL})}
    assert (len(due(store)), store.undelivered()) == (1, 1)


def test_a_flood_on_one_channel_leaves_room_for_the_others(store: WatchStore) -> None:
    """However many messages wait on one channel, the first of every other are seen too."""
    store.tell([(notice(number), CONFIRMED) for number in range(AT_ONCE + 50)])
    store.channels = {"ear": frozenset({CRITICAL}), "late": frozenset({CRITICAL})}
    store.tell([(notice(-1), CONFIRMED)])
    found = due(store)
    assert [row for row in found if row[3] == "late"] == [("t-1", 1, CONFIRMED, "late")]
    assert [row[0] for row in found if row[3] == "ear"] == [f"t{number}" for number in range(AT_ONCE)]


def test_the_log_has_the_last_change_last(store: WatchStore) -> None:
    """The log is in the order in which states changed, whatever the clock said; limits keep the newest."""
    store.add(target("other"))
    store.tell([(notice(1), PROVISIONAL), (notice(2, 2), CONFIRMED), (notice(3), CONFIRMED)])
    store.clock = lambda: 50
    store.tell([(notice(1), CONFIRMED)])
    assert [one.notice.key for one in store.log()] == ["t2", "t3", "t1"]
    assert [one.notice.key for one in store.log(limit=2)] == ["t3", "t1"]
    assert [one.notice.key for one in store.log(target=2)] == ["t2"]


def test_a_paused_target_is_silent_but_for_what_was_told(store: WatchStore) -> None:
    """While a target is paused its notices are only logged, but whoever was told of one hears that it is undone."""
    store.tell([(notice(1), PROVISIONAL)])
    send(store)
    store.change(store.targets()[0]._replace(paused=True))
    store.tell([(notice(1), RETRACTED), (notice(2), CONFIRMED)])
    assert due(store) == [("t1", 2, RETRACTED, "ear")]
    assert [one.notice.key for one in store.log()] == ["t1", "t2"]


def test_what_is_gone_from_the_list_is_not_retracted(store: WatchStore) -> None:
    """Notices of a removed target stay as they are: nobody looks any more whether they still stand."""
    store.tell([(notice(1), PROVISIONAL)])
    assert store.provisional(CHAIN) == [notice(1)]
    store.remove(1)
    assert store.provisional(CHAIN) == []
    store.tell([(notice(1), RETRACTED)])
    assert [one.status for one in store.log()] == [PROVISIONAL]


class Ears:
    """Two channels that hear what is sent, while states change, tries fail, and processes end in between."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.heard: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self.cut_off: set[tuple[str, str]] = set()
        self.states: dict[int, str] = {}

    def live(self, store: WatchStore) -> None:
        """The life of one process."""
        store.channels = {"a": frozenset({CRITICAL}), "b": frozenset({CRITICAL})}
        for _ in range(self.dice.randint(1, 40)):
            if self.dice.random() < 0.3:
                self._change(store)
            elif (waiting := store.due(EVER)) and not self._try(store, self.dice.choice(waiting)):
                return

    def _change(self, store: WatchStore) -> None:
        number = self.dice.randint(0, 5)
        before = self.states.get(number)
        if before != CONFIRMED:
            gone = [] if before is None else [RETRACTED, RETRACTED]
            after = self.states[number] = self.dice.choice([PROVISIONAL, CONFIRMED, *gone])
            store.tell([(notice(number), after)])

    def _try(self, store: WatchStore, told: Told) -> bool:
        """Send; False where the process ends before it has noted how that went."""
        store.sending(told)
        if self.dice.random() < 0.3:
            self._change(store)
        through = self.dice.random() < 0.7
        if through:
            self.hear(told)
        if self.dice.random() < 0.1:
            self.cut_off.add((told.channel, told.notice.key))
            return False
        if through:
            store.sent(told, 0)
        else:
            store.unsent(told, "", 0)
        return True

    def hear(self, told: Told) -> None:
        """It got through."""
        self.heard.setdefault((told.channel, told.notice.key), []).append((told.id, told.status))


@pytest.mark.parametrize("seed", range(8))
def test_a_channel_always_ends_with_the_truth(tmp_path: Path, seed: int) -> None:
    """Whatever changes while whatever fails or is cut off: in the end every channel was told what is so.

    Nobody hears two different messages under one key, nor one state twice in a row, unless a try was cut off.
    """
    ears = Ears(seed)
    with open_watch(tmp_path) as store:
        begun(store)
    for _ in range(12):
        with open_watch(tmp_path) as store:
            ears.live(store)
    with open_watch(tmp_path) as store:
        while store.undelivered():
            for told in send(store):
                ears.hear(told)
    for number, status in ears.states.items():
        for channel in "ab":
            said = ears.heard.get((channel, f"t{number}"), [("", RETRACTED)])
            assert said[-1][1] == status
            assert len(dict(said)) == len(set(said))
            if (channel, f"t{number}") not in ears.cut_off:
                assert all(one[1] != two[1] for one, two in pairwise(said))
