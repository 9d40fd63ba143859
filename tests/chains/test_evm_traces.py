"""What calls inside transactions moved, on recorded traces of three kinds of node and on hand-made odd ones."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from chains.errors import Malformed
from chains.evm_traces import (
    TxPlace,
    internals_of_frame,
    internals_of_operations,
    internals_of_rows,
    path_of,
    rows_by_transaction,
    value_of_row,
)
from chains.model import Address, Kind, Position, Transfer
from tests.shared import CAPTURES as SHARED

ETL = SHARED / "ethereum-etl/tests/resources"
ROSETTA = SHARED / "rosetta-ethereum/ethereum/testdata"
BLOCKS = ["block_with_create", "block_with_error", "block_with_subtraces", "block_with_suicide"]

A, B, C = (Address("0x" + digits * 20) for digits in ("0a", "0b", "0c"))
AT = TxPlace("eip155:1", "0xab", 16, 2, 100)

pytestmark = pytest.mark.filterwarnings("error")
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="the reference data is not here")


def frame(kind: str, sender: str, receiver: str, value: int, *calls: Mapping[str, Any], **other: Any) -> dict[str, Any]:
    return {"type": kind, "from": sender, "to": receiver, "value": hex(value), "calls": list(calls), **other}


def row(path: list[int], sender: str, receiver: str, value: int, **other: Any) -> dict[str, Any]:
    action = {"callType": "call", "from": sender, "to": receiver, "value": hex(value)}
    return {"type": "call", "action": action, "traceAddress": path, "transactionHash": "0xab", **other}


def moved(transfers: list[Transfer]) -> list[tuple[tuple[int, ...], str, str, int]]:
    return [(one.position.index, one.sender, one.receiver, one.amount) for one in transfers]


def test_the_outermost_call_is_not_internal() -> None:
    """The transaction's own value is nobody's internal transfer; the calls below it are, in trace order."""
    whole = frame("CALL", A, B, 9, frame("CALL", B, C, 4, frame("CREATE2", C, A, 1)), frame("CALL", B, A, 5))
    assert moved(internals_of_frame(whole, AT, "test")) == [((0,), B, C, 4), ((0, 0), C, A, 1), ((1,), B, A, 5)]


def test_an_internal_transfer_is_a_settled_native_row() -> None:
    """Chain, transaction, place, time and kind come from the transaction and the path."""
    (one,) = internals_of_frame(frame("CALL", A, B, 0, frame("CALL", B, C, 4)), AT, "test")
    assert (one.chain, one.tx, one.time, one.asset) == ("eip155:1", "0xab", 100, "native")
    assert one.position == Position(16, 2, Kind.INTERNAL, (0,))
    assert one.position.settled


def test_what_failed_takes_everything_below_with_it() -> None:
    """An errored frame and every frame inside it move nothing, also where the inner one succeeded."""
    undone = frame("CALL", B, C, 4, frame("CALL", C, A, 1), error="execution reverted")
    whole = frame("CALL", A, B, 0, undone, frame("CALL", B, A, 5))
    assert moved(internals_of_frame(whole, AT, "test")) == [((1,), B, A, 5)]
    assert internals_of_frame({**whole, "error": "out of gas"}, AT, "test") == []


@pytest.mark.parametrize("kind", ["DELEGATECALL", "STATICCALL", "CALLCODE"])
def test_borrowed_code_moves_nothing_itself(kind: str) -> None:
    """Such a frame's value is not moved, but a call made inside it is."""
    inner = frame(kind, B, C, 7, frame("CALL", B, A, 2))
    assert moved(internals_of_frame(frame("CALL", A, B, 7, inner), AT, "test")) == [((0, 0), B, A, 2)]


def test_equal_calls_of_one_transaction_stay_two() -> None:
    """Two calls equal in everything but place are numbered apart."""
    twice = internals_of_frame(frame("CALL", A, B, 0, frame("CALL", B, C, 4), frame("CALL", B, C, 4)), AT, "test")
    assert [one.nth for one in twice] == [0, 1]


def test_a_thousand_nested_calls_are_walked() -> None:
    """Depth is up to the sender of a transaction, so it must not exhaust the stack."""
    deep = frame("CALL", B, C, 1)
    for _ in range(5_000):
        deep = frame("CALL", B, C, 0, deep)
    (one,) = internals_of_frame(deep, AT, "test")
    assert len(one.position.index) == 5_000


@pytest.mark.parametrize(
    "broken",
    [
        frame("TELEPORT", B, C, 1),
        {"type": "SELFDESTRUCT"},
        {"type": "CALL", "to": C, "value": "0x1"},
        {"type": "CALL", "from": B, "value": "0x1"},
        {"type": "CALL", "from": B, "to": C},
        {"from": B, "to": C, "value": "0x1"},
        frame("CALL", B, "nobody", 1),
    ],
)
def test_a_frame_that_does_not_tell_is_malformed(broken: dict[str, Any]) -> None:
    """An unknown type, or a moving frame without its ends or amount, raises instead of being left out."""
    with pytest.raises(Malformed):
        internals_of_frame(frame("CALL", A, B, 0, broken), AT, "test")


def test_rows_and_frames_tell_the_same() -> None:
    """The same calls in Parity's form give the same transfers as in callTracer's."""
    whole = frame("CALL", A, B, 9, frame("CALL", B, C, 4, frame("CALL", C, A, 1)), frame("CALL", B, A, 5))
    rows = [row([], A, B, 9), row([0], B, C, 4), row([0, 0], C, A, 1), row([1], B, A, 5)]
    assert internals_of_rows(rows, AT, "test") == internals_of_frame(whole, AT, "test")
    assert internals_of_rows(rows[::-1], AT, "test") == internals_of_frame(whole, AT, "test")


@pytest.mark.parametrize(
    ("failing", "left"), [([], []), ([0], [((1,), B, A, 5)]), ([0, 0], [((0,), B, C, 4), ((1,), B, A, 5)])]
)
def test_a_failed_row_takes_the_rows_below_with_it(failing: list[int], left: list[Any]) -> None:
    """Whether the transaction, a call or a call inside it failed decides what is left."""
    rows = [row([], A, B, 9), row([0], B, C, 4), row([0, 0], C, A, 1), row([1], B, A, 5)]
    marked = [{**one, "error": "Reverted"} if one["traceAddress"] == failing else one for one in rows]
    assert moved(internals_of_rows(marked, AT, "test")) == left


def test_every_type_of_row() -> None:
    """Calls, creations and self-destructions move value; borrowed code, rewards and zeros do not."""
    create = {"type": "create", "action": {"from": A, "value": "0x2"}, "result": {"address": B}, "traceAddress": [0]}
    destroy: dict[str, Any] = {
        "type": "suicide",
        "action": {"address": A, "refundAddress": C, "balance": "0x3"},
        "traceAddress": [0],
    }
    assert value_of_row(create, "test") == (A, B, 2)
    assert value_of_row(destroy, "test") == (A, C, 3)
    assert value_of_row({**create, "action": {"from": A, "value": "0x0"}}, "test") is None
    assert value_of_row({**create, "result": None, "error": "Out of gas"}, "test") is None
    assert value_of_row({**destroy, "action": {**destroy["action"], "balance": "0x0"}}, "test") is None
    assert value_of_row({"type": "reward", "action": {"value": "0x1"}}, "test") is None
    borrowed = row([0], A, B, 1)
    borrowed["action"]["callType"] = "delegatecall"
    assert value_of_row(borrowed, "test") is None


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "teleport", "action": {}},
        {"type": "call", "action": {"callType": "teleport", "value": "0x1"}},
        {"type": "call", "action": {"from": A, "to": B, "value": "0x1"}},
        {"type": "call"},
        {"type": "create", "action": {"from": A, "value": "0x1"}, "result": None},
        {"type": "suicide", "action": {"address": A, "balance": "0x1"}},
    ],
)
def test_a_row_that_does_not_tell_is_malformed(broken: dict[str, Any]) -> None:
    """An unknown type, or a moving row without its ends or amount, raises."""
    with pytest.raises(Malformed):
        value_of_row(broken, "test")


def test_a_row_without_a_place_is_malformed() -> None:
    """Every row says where in its transaction it stands."""
    with pytest.raises(Malformed, match="traceAddress"):
        path_of({"type": "call"}, "test")


def test_otterscan_operations_leave_the_outermost_out() -> None:
    """Some nodes list the transaction's own value first; it is dropped there, and only there."""
    own = {"type": 0, "from": A, "to": B, "value": "0x9"}
    inner = {"type": 1, "from": B, "to": C, "value": "0x4"}
    zero = {"type": 2, "from": B, "to": C, "value": "0x0"}
    top = (A, B, 9)
    assert moved(internals_of_operations([own, inner, zero], AT, "test", top=top)) == [((1,), B, C, 4)]
    assert moved(internals_of_operations([inner, zero], AT, "test", top=top)) == [((0,), B, C, 4)]
    assert moved(internals_of_operations([own, own], AT, "test", top=top)) == [((1,), A, B, 9)]
    with pytest.raises(Malformed, match="operation type"):
        internals_of_operations([{**inner, "type": 4}], AT, "test", top=top)


def _expected(folder: Path) -> list[tuple[str, str, int]]:
    """Moving inner rows among ethereum-etl's expected ones: a path, no error in or above, a moving type, a value."""
    with (folder / "expected_traces.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    return [
        (one["from_address"], one["to_address"], int(one["value"]))
        for one in rows
        if one["trace_address"] != ""
        and not one["error"]
        and one["call_type"] not in ("delegatecall", "callcode", "staticcall")
        and int(one["value"] or 0)
    ]


@pytest.mark.shared
@needs_shared
@pytest.mark.parametrize("name", BLOCKS)
def test_recorded_parity_blocks(name: str) -> None:
    """Internal transfers of recorded trace_block answers are those among ethereum-etl's expected rows."""
    folder = ETL / "test_export_traces_job" / name
    recorded = json.loads(next(folder.glob("*.json")).read_text())["result"]
    found = [
        one
        for tx, rows in rows_by_transaction(recorded, "capture").items()
        for one in internals_of_rows(rows, AT._replace(tx=tx), "capture")
    ]
    assert [(one.sender, one.receiver, one.amount) for one in found] == _expected(folder)


@pytest.mark.shared
@needs_shared
def test_the_recorded_self_destruction_pays_its_heir() -> None:
    """Block 1011973 holds one self-destruction of 0.05 ETH to the caller."""
    folder = ETL / "test_export_traces_job/block_with_suicide"
    recorded = json.loads(next(folder.glob("*.json")).read_text())["result"]
    ((tx, rows),) = rows_by_transaction(recorded, "capture").items()
    assert tx == "0x91acb43c5f141c393a189e091c190c9ffb20e4e8a502e4cc3087be9587bdbc89"
    assert moved(internals_of_rows(rows, AT, "capture")) == [
        (
            (0,),
            "0x474faa5018639791952fae334e2911700ac7fe9b",
            "0x83973747eec131bf9a08ac64fb1a518e891bdf4b",
            50_000_000_000_000_000,
        )
    ]


@pytest.mark.shared
@needs_shared
@pytest.mark.parametrize("name", BLOCKS[:3])
def test_recorded_geth_blocks(name: str) -> None:
    """The same blocks by callTracer hold no internal transfer: creations and CALLCODE are all that is inside."""
    folder = ETL / "test_extract_geth_traces_job" / name
    recorded = json.loads(next(folder.glob("web3*.json")).read_text())["result"]
    assert [moved(internals_of_frame(one["result"], AT, "capture")) for one in recorded] == [[] for _ in recorded]


@pytest.mark.shared
@needs_shared
def test_old_geth_did_not_say_what_a_self_destruction_paid() -> None:
    """The recorded frame is bare {"type": "SELFDESTRUCT"}; reading it as nothing would lose 0.05 ETH, so it raises."""
    folder = ETL / "test_extract_geth_traces_job/block_with_suicide"
    (recorded,) = json.loads(next(folder.glob("web3*.json")).read_text())["result"]
    with pytest.raises(Malformed):
        internals_of_frame(recorded["result"], AT, "capture")


@pytest.mark.shared
@needs_shared
@pytest.mark.parametrize(
    ("block", "nth", "count", "total"),
    [
        ("0x3defb56cc49cf7603e08749516a003baae0944596e4555b0d868ec225ff2bcd3", 0, 525, 525),
        ("0x5f7c67c2eb0e828b0f4a0e64d5fbae0ed66b70c9ae752e6175c9ef62402502df", 1, 200, 200),
        ("0xf0445269b02ba461af662d8c6aac50d9557a0cc9dbe580d3e180efd7879cc79e", 0, 200, 200),
    ],
)
def test_recorded_attack_blocks(block: str, nth: int, count: int, total: int) -> None:
    """Blocks of the 2015 call-bombs: hundreds of one-wei calls and self-destructions, each counted once."""
    recorded = json.loads((ROSETTA / f"block_trace_{block}.json").read_text())
    found = internals_of_frame(recorded[nth]["result"], AT, "capture")
    assert (len(found), sum(one.amount for one in found)) == (count, total)
    assert len({one.identity for one in found}) == count


@pytest.mark.shared
@needs_shared
def test_recorded_ape_and_flare_traces_move_nothing_inside() -> None:
    """Recorded traces full of zero-value, failed and borrowed-code calls, creations among them, give no transfer."""
    for path in sorted((SHARED / "apeworx-evm-trace/tests/data").rglob("*.json")):
        recorded = json.loads(path.read_text())
        read = internals_of_rows if isinstance(recorded, list) else internals_of_frame
        assert read(recorded, AT, path.name) == []
    flare = json.loads(next((SHARED / "ledger-live").glob("flare*")).read_text())["result"]
    assert [internals_of_frame(one["result"], AT, "flare") for one in flare] == [[] for _ in flare]
