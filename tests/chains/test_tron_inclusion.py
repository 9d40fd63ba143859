"""Proofs of TRON transactions: on a recorded mainnet block as its bytes were captured, and over made-up blocks."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final

import httpx
import pytest
from eth_keys.datatypes import Signature
from hypothesis import given, settings
from hypothesis import strategies as st

from chains import trongrid
from chains.errors import Malformed, NotFound
from chains.http import Client
from chains.inclusion import Inclusion, Path
from chains.reader import Failures, Reader
from chains.registry import SourceSettings
from chains.tron_inclusion import (
    NO_LOGS,
    OTHER_HEADER,
    OTHER_TRANSACTIONS,
    _fields,
    check,
    header_bytes,
    prove,
    transaction_bytes,
)
from tests.chains.captured import captured, needs_captures
from tests.chains.memory_evidence import MemoryEvidence
from tests.chains.tron_records import TRON
from tests.chains.tron_stand_in import StandIn

FIXTURES: Final = ("untron-v3", "crates", "tron", "testdata", "fixtures")
NUMBER: Final = 79_072_107
TIME: Final = 1_767_879_414_000
UNNAMED: Final = 187
"""The place of the transaction to whose outcome somebody added a field that no protocol names."""


def block_of_mainnet() -> Any:
    """The block as its JSON was derived from the captured bytes, which lost the unnamed field."""
    return captured("untron-v3", f"DERIVED_wallet_getblockbynum_{NUMBER}.json")


def bytes_of_mainnet() -> list[bytes]:
    """The block's transactions as they were captured."""
    name = f"tron_blockext_raw_{NUMBER}_860981c986ef3c0313916283483e6e0f8614686b2c011c31d68d42e8efff6601.json"
    whole = bytes.fromhex(captured(*FIXTURES, name)["blockExtention"][2:])
    return [_part(part, 1) for number, part in _fields(whole) if number == 1 and isinstance(part, bytes)]


def _part(message: bytes, number: int) -> bytes:
    return next(value for at, value in _fields(message) if at == number and isinstance(value, bytes))


def proven(block: Any, place: int) -> Inclusion:
    return prove(TRON.id, block["transactions"][place]["txID"], block, "node", (1,))


@needs_captures
def test_a_block_of_mainnet() -> None:
    """All 619 transactions come out as captured, once the outcome's unnamed field is shown as java-tron shows it."""
    block, raws = block_of_mainnet(), bytes_of_mainnet()
    assert len(raws) == len(block["transactions"]) == 619
    differ = [place for place, raw in enumerate(raws) if transaction_bytes(block["transactions"][place]) != raw]
    assert differ == [UNNAMED]
    assert (proven(block, 0).why, proven(block, 0).header) == (OTHER_TRANSACTIONS, b"")
    block["transactions"][UNNAMED]["ret"][0]["1002"] = [_part(_part(raws[UNNAMED], 5), 1002).hex()]
    assert transaction_bytes(block["transactions"][UNNAMED]) == raws[UNNAMED]
    found = [proven(block, place) for place in (0, 1, UNNAMED, 511, 512, 600, 617, 618)]
    assert [(one.why, check(one), one.receipt, one.number) for one in found] == [(NO_LOGS, "", None, NUMBER)] * 8


@needs_captures
def test_a_proof_that_somebody_else_made() -> None:
    """A recorded proof of another maker, for another block, holds; its header's id is what the next block names."""
    name = "tron_tx_proof_78812179_1d649769f0ecf78bd6812226d067144bca18b4d01fb34cfdb260fd51cc3072db.json"
    told = captured(*FIXTURES, name)
    header, following = (_part(bytes.fromhex(one[2:]), 1) for one in told["blocks"][:2])
    value = bytes.fromhex(told["encodedTx"][2:])
    nodes = tuple(bytes.fromhex(one[2:]) for one in told["proof"])
    path = Path(value, nodes)
    number, block_id = int(told["blockNumber"]), _part(following, 3).hex()
    one = Inclusion(
        TRON.id, told["txId"][2:], number, block_id, header, told["targetIndex"], path, None, "untron", (1,), NO_LOGS
    )
    assert check(one) == ""
    assert check(one._replace(place=told["targetIndex"] + 1)) != ""


@needs_captures
def test_who_signed_the_blocks() -> None:
    """A header's signature gives back a key: of the witness it names in 76 of 100 blocks, else one it handed that to.

    So the signature is no part of a proof: whether a key may sign for a witness does not stand in the block.
    """
    told = captured("untron-v3", "packages", "contracts", "test", "evm", "fixtures", "tron_78000000_78000099.json")
    pairs = list(zip(told["blockHeaderRawBytes"], told["witnessSignatures"], strict=True))
    headers = [bytes.fromhex(one[2:]) for one, _ in pairs]
    signers = [signer_of(header, bytes.fromhex(one[2:])) for header, (_, one) in zip(headers, pairs, strict=True)]
    witnesses = [_part(header, 9)[1:] for header in headers]
    assert sum(signer == witness for signer, witness in zip(signers, witnesses, strict=True)) == 76
    assert len(set(zip(witnesses, signers, strict=True))) == len(set(witnesses))
    block = block_of_mainnet()
    signature = bytes.fromhex(block["block_header"]["witness_signature"])
    raw_data = block["block_header"]["raw_data"]
    assert signer_of(header_bytes(raw_data), signature).hex() == raw_data["witness_address"][2:]


def signer_of(header: bytes, signature: bytes) -> bytes:
    key = Signature(signature[:64] + bytes([signature[64] % 27])).recover_public_key_from_msg_hash(
        sha256(header).digest()
    )
    return key.to_canonical_address()


HEXES = st.binary(min_size=1, max_size=40).map(bytes.hex)
OUTCOMES = st.fixed_dictionaries(
    {},
    optional={
        "contractRet": st.sampled_from(["DEFAULT", "SUCCESS", "REVERT", "OUT_OF_ENERGY"]),
        "fee": st.integers(0, 1 << 40),
        "ret": st.sampled_from(["SUCESS", "FAILED"]),
        "1002": st.lists(HEXES | st.integers(0, 1 << 40), min_size=1, max_size=2),
    },
)


@st.composite
def blocks(draw: st.DrawFn) -> dict[str, Any]:
    """A made-up block of up to 20 transactions."""
    raws = draw(st.lists(HEXES, min_size=1, max_size=20, unique=True))
    sent = [
        {
            "txID": sha256(bytes.fromhex(raw)).hexdigest(),
            "raw_data_hex": raw,
            "signature": draw(st.lists(HEXES, min_size=1, max_size=2)),
            "ret": draw(st.lists(OUTCOMES, max_size=1)),
        }
        for raw in raws
    ]
    return signed(sent, draw(st.integers(0, 1 << 40)))


def signed(sent: list[dict[str, Any]], number: int = 10) -> dict[str, Any]:
    """A block with a right root and id, its tree made another way than the program does."""
    row = [sha256(transaction_bytes(one)).digest() for one in sent]
    while len(row) > 1:
        odd = [row.pop()] if len(row) % 2 else []
        row = [sha256(a + b).digest() for a, b in zip(row[::2], row[1::2], strict=True)] + odd
    raw_data = {
        "number": number,
        "txTrieRoot": row[0].hex(),
        "witness_address": "41" + "ab" * 20,
        "parentHash": "cd" * 32,
        "version": 32,
        "timestamp": TIME,
    }
    digest = sha256(header_bytes(raw_data)).digest()
    return {
        "blockID": (number.to_bytes(8, "big") + digest[8:]).hex(),
        "block_header": {"raw_data": raw_data},
        "transactions": sent,
    }


@settings(max_examples=60, deadline=None)
@given(blocks(), st.data())
def test_proofs_hold_and_wrong_ones_do_not(block: dict[str, Any], data: st.DataObject) -> None:
    """Every transaction of a block is proven; with one byte, node, value or number changed it no longer is."""
    one = proven(block, data.draw(st.integers(0, len(block["transactions"]) - 1)))
    assert (one.why, check(one), one.raws) == (NO_LOGS, "", (1,))
    assert check(data.draw(st.sampled_from(list(spoiled(one, data))))) != ""


def flipped(value: bytes, data: st.DataObject) -> bytes:
    at = data.draw(st.integers(0, len(value) - 1))
    return value[:at] + bytes([value[at] ^ data.draw(st.integers(1, 255))]) + value[at + 1 :]


def spoiled(one: Inclusion, data: st.DataObject) -> Iterator[Inclusion]:
    """The proof with one thing changed."""
    path = one.transaction
    assert path is not None
    yield one._replace(header=flipped(one.header, data))
    yield one._replace(number=one.number + 1)
    yield one._replace(tx="00" * 32)
    yield one._replace(hash="00" * 32)
    yield one._replace(receipt=path)
    yield one._replace(transaction=None)
    yield one._replace(place=one.place + (1 << len(path.nodes)))
    yield one._replace(transaction=Path(flipped(path.value, data), path.nodes))
    yield one._replace(transaction=Path(path.value, (*path.nodes, bytes(32))))
    if path.nodes:
        at = data.draw(st.integers(0, len(path.nodes) - 1))
        changed = (*path.nodes[:at], flipped(path.nodes[at], data), *path.nodes[at + 1 :])
        yield one._replace(transaction=Path(path.value, changed))
        yield one._replace(transaction=Path(path.value, path.nodes[1:]))
        yield one._replace(place=one.place ^ 1)


def made_block() -> dict[str, Any]:
    """Three transactions that no strategy chose."""
    raws = [f"0a0{number}" for number in range(3)]
    return signed(
        [
            {
                "txID": sha256(bytes.fromhex(raw)).hexdigest(),
                "raw_data_hex": raw,
                "signature": ["ee" * 65],
                "ret": [{"contractRet": "SUCCESS"}],
            }
            for raw in raws
        ]
    )


def test_what_does_not_come_out_right_is_not_proven() -> None:
    """A header or an outcome that is not the block's leaves the transaction unproven, and the reason says so."""
    block = made_block()
    header = block["block_header"]["raw_data"]
    sent = block["transactions"]
    for changed, why in (
        ({"block_header": {"raw_data": {**header, "version": 31}}}, OTHER_HEADER),
        ({"transactions": [*sent[:2], {**sent[2], "ret": [{"contractRet": "REVERT"}]}]}, OTHER_TRANSACTIONS),
        (
            {"transactions": [*sent[:2], {**sent[2], "ret": [{"contractRet": "NEW"}]}]},
            "the block's field contractRet is",
        ),
        ({"transactions": [*sent[:2], {**sent[2], "signature": ["zz"]}]}, "the block's field signature is missing or"),
    ):
        one = proven({**block, **changed}, 0)
        assert one.why.startswith(why)
        assert (one.header, one.transaction, one.receipt, check(one)) == (b"", None, None, "")


def test_a_block_that_is_none() -> None:
    """A transaction that is not in its block is not found; a block without its parts is malformed."""
    block = made_block()
    with pytest.raises(NotFound):
        prove(TRON.id, "00" * 32, block, "node", (1,))
    for changed in ({"blockID": "0\x1b"}, {"block_header": None}, {"transactions": [1]}):
        with pytest.raises(Malformed):
            prove(TRON.id, block["transactions"][0]["txID"], {**block, **changed}, "node", (1,))


async def test_the_same_questions_as_a_receipt() -> None:
    """TronGrid is asked for the info and the block and for nothing else; after a receipt for nothing at all."""
    block = made_block()
    tx = block["transactions"][1]["txID"]
    info = {"id": tx, "blockNumber": 10, "blockTimeStamp": TIME, "receipt": {}}
    stand_in = StandIn(records={("gettransactioninfobyid", tx): info, ("getblockbynum", 10): block})
    settings_ = SourceSettings(urls={"trongrid": "http://trongrid.test"}, rates={"trongrid": 1000})
    async with Client(MemoryEvidence(), httpx.ASGITransport(stand_in.app)) as client:
        (source,) = trongrid.build(TRON, client, settings_)
        one = await Reader(TRON, [source]).inclusion(tx, TIME)
        again = await Reader(TRON, [source]).inclusion(tx.upper(), TIME)
        with pytest.raises(Failures, match="another time"):
            await Reader(TRON, [source]).inclusion(tx, TIME + 1)
    assert (one.why, check(one), one.raws, again) == (NO_LOGS, "", (2,), one)
    assert stand_in.asked == ["/walletsolidity/gettransactioninfobyid", "/walletsolidity/getblockbynum"]
