"""Proofs as part of a trace: what a proven block must say of a transaction, and what a row tells where it does not."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest
import rlp

from chains.errors import Malformed
from chains.evm_logs import proven_transfers
from chains.inclusion import Inclusion
from chains.inclusion import Path as Way
from chains.model import NATIVE, Address, AssetId, Kind, Position, Transfer
from chains.registry import load_chains
from tests.conftest import LabChain
from tracer.agreement import Target
from tracer.case import open_case
from tracer.config import load_config
from tracer.prove import judged
from tracer.question import Question, VictimAsk
from tracer.session import trace_case, verify_case, workings_of
from tracer.words import sentence

CHAINS = load_chains()
ETHEREUM = CHAINS["eip155:1"]
TX = "0x" + "01" * 32
TOKEN, PAYER, PAYEE = "70" * 20, "a0" * 20, "b0" * 20
TRANSFER = bytes.fromhex("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef")


def log(amount: int, token: str = TOKEN) -> list[object]:
    ends = [bytes(12) + bytes.fromhex(who) for who in (PAYER, PAYEE)]
    return [bytes.fromhex(token), [TRANSFER, *ends], amount.to_bytes(32, "big")]


def included(
    *logs: list[object], ok: bool = True, number: int = 100, kind: bytes = b"\x02", paid: int = 1
) -> Inclusion:
    value = kind + rlp.encode([b"\x01" if ok else b"", b"\x52\x08", bytes(256), list(logs)])
    way = Way(b"\x02" + rlp.encode([1, 2, 3, 4, 21_000, bytes(20), paid, b"", []]), ())
    return Inclusion(ETHEREUM.id, TX, number, "0x" + "5a" * 32, b"\xc0", 3, way, Way(value, ()), "rpc.1", (7, 8))


def moved(amount: int, kind: Kind = Kind.TOKEN) -> Transfer:
    asset = AssetId("0x" + TOKEN) if kind is Kind.TOKEN else NATIVE
    at = Position(100, 3, kind, (0,))
    return Transfer(ETHEREUM.id, TX, at, 1_700_000_000, asset, Address("0x" + PAYER), Address("0x" + PAYEE), amount)


def target(*movements: Transfer) -> Target:
    return Target(ETHEREUM.id, TX, "theft", 100, 1_700_000_000, movements, tuple(frozenset({1}) for _ in movements))


@pytest.mark.parametrize("kind", [b"", b"\x01", b"\x02", b"\x03", b"\x04"])
def test_logs_are_read_from_the_proven_bytes(kind: bytes) -> None:
    """A receipt's logs come back from its bytes, of whatever type the transaction is."""
    found = proven_transfers(ETHEREUM, included(log(5), log(6), kind=kind))
    assert [(one.asset, one.sender, one.receiver, one.amount) for one in found] == [
        ("0x" + TOKEN, "0x" + PAYER, "0x" + PAYEE, amount) for amount in (5, 6)
    ]


@pytest.mark.parametrize(("paid", "ok"), [(8, True), (9, False)])
def test_what_a_proven_transaction_did_not_pay_is_a_contradiction(paid: int, ok: bool) -> None:
    """Another value than the case has, or a failure, in the chain's own bytes: not proven, and said so."""
    row = judged(ETHEREUM, target(moved(9, Kind.NATIVE)), included(ok=ok, paid=paid)).row
    assert (row.receipt, row.why) == ("unproven", sentence("rule.proof_contradicts"))
    assert judged(ETHEREUM, target(moved(9, Kind.NATIVE)), included(paid=9)).row.receipt == "proven"


def test_a_failed_receipt_moves_nothing() -> None:
    """What a failed transaction's receipt holds is no movement."""
    assert proven_transfers(ETHEREUM, included(log(5), ok=False)) == ()


@pytest.mark.parametrize(
    "value", [b"", b"\x02", b"\x02\xc0", b"\x02\xc4\x01\x01\x01\x05", b"\xff\xff", b"\x02\xc5\x01\x01\x01\xc1\x05"]
)
def test_bytes_that_are_no_receipt_are_refused(value: bytes) -> None:
    """Bytes of another shape are malformed, not a crash."""
    with pytest.raises(Malformed):
        proven_transfers(ETHEREUM, included()._replace(receipt=Way(value, ())))


def test_a_proof_with_every_movement_is_a_proof() -> None:
    """Transaction and receipt are proven where the logs hold what the sum uses, and the transaction the coins."""
    proven = judged(ETHEREUM, target(moved(5), moved(9, Kind.NATIVE)), included(log(5), log(6), paid=9))
    assert (proven.row.transaction, proven.row.receipt, proven.row.why) == ("proven", "proven", "")
    assert (proven.row.block, proven.row.hash, proven.row.source) == (100, "0x" + "5a" * 32, "rpc.1")
    assert proven.inclusion is not None


@pytest.mark.parametrize("logs", [[], [log(6)], [log(5, "71" * 20)]])
def test_logs_without_a_movement_contradict(logs: list[list[object]]) -> None:
    """A proven receipt that lacks a movement of the sum is no proof of it: the row says so, the proof is dropped."""
    proven = judged(ETHEREUM, target(moved(5)), included(*logs))
    assert (proven.row.transaction, proven.row.receipt) == ("proven", "unproven")
    assert "do not hold every token movement" in proven.row.why
    assert proven.inclusion is not None
    assert proven.inclusion.receipt is None


def test_two_equal_movements_need_two_logs() -> None:
    """One log proves one movement."""
    assert judged(ETHEREUM, target(moved(5), moved(5)), included(log(5))).row.receipt == "unproven"
    assert judged(ETHEREUM, target(moved(5), moved(5)), included(log(5), log(5))).row.receipt == "proven"


@pytest.mark.parametrize("other", [included(log(5), number=101), included(log(5))._replace(tx="0x" + "02" * 32)])
def test_a_proof_of_something_else_is_none(other: Inclusion) -> None:
    """Another block or another transaction proves nothing, and no hash is given out for it."""
    proven = judged(ETHEREUM, target(moved(5)), other)
    assert (proven.row.transaction, proven.row.receipt, proven.row.hash) == ("unproven", "unproven", "")
    assert proven.inclusion is None


def test_tron_proves_no_logs() -> None:
    """On TRON the row has the transaction and the sentence of who made the proof; heights there are times."""
    why = "a TRON block commits to its transactions and to no logs, so that no receipt can be proven"
    found = included()._replace(chain="tron:mainnet", receipt=None, number=78_999_000, why=why)
    proven = judged(CHAINS["tron:mainnet"], target(moved(5))._replace(chain="tron:mainnet"), found)
    assert (proven.row.transaction, proven.row.receipt, proven.row.why) == ("proven", "unproven", why)


@pytest.mark.node
def test_a_node_alone_proves_every_end(lab_chain: LabChain, tmp_path: Path) -> None:
    """With nobody to confirm, blocks prove all the same; two requests a block; a limit is kept; offline the same."""
    theft = lab_chain.theft
    (tmp_path / "tracer.toml").write_text(
        f'[chains."eip155:1"]\nname = "ethereum"\ncoin = "ETH"\nwrapped = "{theft.who["weth"]}"\n'
        "sources = { rpc = { urls = [] } }\n"
    )
    config = load_config(
        {}, tmp_path, endpoints=[f"rpc.1={lab_chain.node.url}", "prices=http://127.0.0.1:9"], rates=["rpc.1=2000"]
    )
    victims = (VictimAsk(theft.victim, theft.since),)
    requests: dict[str, int] = {}
    for name, prove, most in (("none", "none", None), ("ends", "ends", None), ("few", "ends", 0)):
        limit = requests["none"] + 7 if most == 0 else None
        question = Question(victims, chain="eip155:1", min_value=Decimal(0), prove=prove, max_requests=limit)
        with open_case(tmp_path / name, question=question) as case:
            result = asyncio.run(trace_case(case, question, config)).result
            checked = asyncio.run(workings_of(case, config)).checked
        requests[name] = result.stats.requests
        with open_case(tmp_path / name, offline=True) as case:
            assert asyncio.run(verify_case(case, config)).differences == ()
        if name == "ends":
            blocks = {one.block for one in result.inclusions}
            assert {(one.transaction, one.receipt) for one in result.inclusions} == {("proven", "proven")}
            assert requests["ends"] == requests["none"] + 2 * len(blocks)
            assert [one.row for one in checked.inclusions] == list(result.inclusions)
            assert all(one.inclusion and len(one.inclusion.raws) == 2 for one in checked.inclusions)
    proven = [one for one in result.inclusions if one.transaction == "proven"]
    assert len(proven) == 2
    assert {one.why for one in result.inclusions if one not in proven} == {
        "the limit of addresses or requests was reached"
    }
