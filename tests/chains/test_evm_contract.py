"""What a contract's answers, code and logs are read as, and that whatever is not as documented is refused."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import Malformed
from chains.evm_contract import code_hash, events_of, hex_bytes, topics_of
from chains.model import Address, Event, Kind, Position
from chains.registry import Chain
from tests.chains.captured import captured, needs_captures

CHAIN = Chain("eip155:1", "ethereum", "evm", "ETH", 18, "")
CONTRACT = Address("0x" + "c0" * 20)
LISTED, UNLISTED = "0x" + "a1" * 32, "0x" + "b2" * 32
TOPICS = (LISTED, UNLISTED)


def log(**changed: Any) -> dict[str, Any]:
    """A log of the contract; ``None`` leaves a field out."""
    plain: dict[str, Any] = {
        "address": CONTRACT,
        "topics": [LISTED],
        "data": "0x" + "0" * 64,
        "blockNumber": "0x10",
        "transactionHash": "0xAB",
        "transactionIndex": "0x2",
        "logIndex": "0x5",
    }
    return {name: value for name, value in {**plain, **changed}.items() if value is not None}


def read(*logs: dict[str, Any]) -> tuple[Event, ...]:
    return events_of(CHAIN, CONTRACT, TOPICS, [(one, nth) for nth, one in enumerate(logs)], "test")


def test_a_log_is_an_event_word_for_word() -> None:
    """Every field comes over, hex in lower case, the time only where somebody says it."""
    raw = log(
        topics=[LISTED.upper().replace("0X", "0x"), UNLISTED],
        data="0xABCD",
        address=CONTRACT.upper().replace("0X", "0x"),
    )
    place = Position(16, 2, Kind.TOKEN, (5,))
    assert read(raw) == (Event("eip155:1", CONTRACT, "0xab", place, None, (LISTED, UNLISTED), "0xabcd", 0),)
    assert read(log(timeStamp="0x64"))[0].time == 100
    [dated] = events_of(CHAIN, CONTRACT, TOPICS, [(log(), 7)], "test", time_of=lambda height: height * 12)
    assert (dated.time, dated.raw) == (192, 7)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=8))
def test_logs_come_in_order_and_once(places: list[tuple[int, int]]) -> None:
    """Whatever order and however often they are handed out, events stand in order of happening, each once."""
    found = read(*(log(blockNumber=height, logIndex=index) for height, index in places))
    assert [(one.position.height, *one.position.index) for one in found] == sorted(set(places))


def test_logs_of_removed_blocks_are_left_out() -> None:
    """A log of a block that was taken back did not happen."""
    assert read(log(removed=True), log(removed=False, logIndex="0x6"))[0].position.index == (6,)


@pytest.mark.parametrize(
    "changed",
    [
        {"address": "0x" + "c1" * 20},
        {"address": "0x12"},
        {"topics": ["0x" + "c3" * 32]},
        {"topics": []},
        {"topics": None},
        {"topics": "0x"},
        {"topics": [None]},
        {"topics": [LISTED[:-2]]},
        {"topics": [LISTED] * 5},
        {"data": None},
        {"data": "0xabc"},
        {"data": "<html>"},
        {"data": 7},
        {"blockNumber": None},
        {"transactionIndex": None},
        {"logIndex": "five"},
        {"transactionHash": None},
    ],
)
def test_what_is_not_as_documented_is_refused(changed: dict[str, Any]) -> None:
    """Foreign, cut and ill-shaped logs raise: a log passed over could be somebody's freeze."""
    with pytest.raises(Malformed):
        read(log(**changed))


def test_two_logs_in_one_place_are_refused() -> None:
    """Equal but for the stored answer is one log told twice; anything else is a contradiction."""
    assert len(read(log(), log())) == 1
    with pytest.raises(Malformed, match="one place"):
        read(log(), log(data="0x"))


@needs_captures
def test_recorded_logs_are_read() -> None:
    """What an explorer really answered to getLogs is as documented, every row of it."""
    logs = captured("pcko1-bscscan-python", "logs", "standard", "get_logs.json")["res"]
    contract, topics = Address(logs[0]["address"].lower()), tuple(log["topics"][0] for log in logs)
    found = events_of(CHAIN, contract, topics, [(log, 1) for log in logs], "test")
    assert len(found) == len(logs) > 0
    assert all(event.time for event in found)


@given(st.binary(max_size=40))
def test_bytes_are_read_as_they_are(data: bytes) -> None:
    """Any bytes in hex are those bytes, whatever the case of the letters."""
    assert bytes.fromhex(hex_bytes("0x" + data.hex().upper(), "test")[2:]) == data


@pytest.mark.parametrize("value", [None, 5, "", "12", "0x1", "0xzz", "0x12\n", {"0x": 1}])
def test_what_is_no_bytes_is_refused(value: object) -> None:
    """Only 0x and pairs of hexadecimal digits are bytes."""
    with pytest.raises(Malformed):
        hex_bytes(value, "test")


def test_code_is_known_by_its_hash_and_wallets_have_none() -> None:
    """Clones share a hash; no code and an EIP-7702 delegation are a wallet's."""
    assert code_hash("0x6001") == sha256(b"\x60\x01").hexdigest()
    assert code_hash("0x") == code_hash("0xef0100" + "11" * 20) == ""


def test_topics_are_words() -> None:
    """A log may have no topics at all, and then says so."""
    assert topics_of({"topics": []}, "test") == ()
    assert topics_of({"topics": [LISTED]}, "test") == (LISTED,)
