"""The bulk sources over recorded traffic: the questions they ask and how they read the answers, both fixed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chains.bulk_worlds import ANY_ROWS, NATIVE_ROWS, TRC10_ROWS, TRC20_ROWS, TRX_ROWS, tx_hash
from tests.chains.record_bulk import EVENT_RECORDINGS, FOLDER, RECORDINGS, Recording, read, read_events, replayed

EXPECTED: dict[str, list[Any]] = {
    "hypersync/native.yaml": [row for row in NATIVE_ROWS if row[0] != "doom"],
    "hypersync/tokens.yaml": ANY_ROWS,
    "sqd/native.yaml": NATIVE_ROWS,
    "sqd/tokens.yaml": ANY_ROWS,
    "sqd/tron_native.yaml": TRX_ROWS,
    "sqd/tron_tokens.yaml": sorted([*TRC10_ROWS, *TRC20_ROWS], key=lambda row: row[1]),
}


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: recording.cassette)
async def test_recorded_traffic_is_asked_for_and_read_as_when_it_was_recorded(recording: Recording) -> None:
    """A replayed history asks exactly the recorded questions and finds exactly what truly moved."""
    with replayed(recording) as cassette:
        found = [row for page in await read(recording) for row in page.transfers]
        assert cassette.all_played
    rows = [(row.tx.removeprefix("0x"), tuple(row.position), row.sender, row.receiver, row.amount) for row in found]
    assert rows == [(tx_hash(name)[2:], *rest[:4]) for name, *rest in EXPECTED[recording.cassette]]


@pytest.mark.parametrize("recording", EVENT_RECORDINGS, ids=lambda recording: recording.cassette)
async def test_recorded_logs_are_asked_for_and_read_as_when_they_were_recorded(recording: Recording) -> None:
    """A contract's logs are asked for with the recorded questions, and are those of the blocks."""
    with replayed(recording) as cassette:
        found = [event for page in await read_events(recording) for event in page.events]
        assert cassette.all_played
    assert [(event.position.height, *event.position.index) for event in found] == [
        *((105, index) for index in (4, 5, 6, 7)),
        (112, 9),
    ]


@pytest.mark.parametrize("recording", [*RECORDINGS, *EVENT_RECORDINGS], ids=lambda recording: recording.cassette)
def test_cassettes_are_small_and_hold_no_key(recording: Recording) -> None:
    """No cassette is larger than 100 KB or carries the token it was recorded with."""
    text = (FOLDER / recording.cassette).read_text(encoding="utf-8")
    assert len(text) < 100_000
    assert "secret-token" not in text
