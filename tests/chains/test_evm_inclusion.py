"""Proofs of EVM transactions: on recorded blocks of many chains, on the lab's node, and over made-up blocks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path as File
from typing import Any, Final

import pytest
import rlp
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st
from trie.hexary import HexaryTrie

from chains import evm_inclusion
from chains.errors import Down, Malformed, NotFound, Unsupported
from chains.evm_encoding import header_bytes, receipt_bytes, transaction_bytes, type_of
from chains.evm_inclusion import (
    NO_RECEIPT,
    NO_RECEIPTS,
    OTHER_HEADER,
    OTHER_RECEIPTS,
    OTHER_TRANSACTIONS,
    WholeBlock,
    check,
)
from chains.evm_trie import Trie
from chains.inclusion import Inclusion, Path
from chains.model import NATIVE, Address
from chains.reader import NO_BLOCKS, Failures, Reader
from tests.chains.captured import CAPTURES, captured, needs_captures
from tests.chains.rpc_fronts import Front, made_up, source_at
from tests.chains.rpc_scenario import CHAIN, EMITTER, A, B
from tests.chains.test_reader import Fake
from tests.lab.anvil import Node, running
from tests.lab.typed import raw_of_blob, send_every_type
from tracer.words import translated, words

ROSETTA: Final = ("rosetta-ethereum", "ethereum", "testdata")
LOGGER: Final = "0x600160006000a160aa60005260206000a000"
"""Code that logs twice, whatever it is called with."""
HEADER: Final = {
    **dict.fromkeys(("parentHash", "sha3Uncles", "stateRoot", "mixHash"), "0x" + "11" * 32),
    **dict.fromkeys(("difficulty", "gasLimit", "gasUsed", "timestamp"), "0x5"),
    "miner": A,
    "logsBloom": "0x" + "00" * 256,
    "extraData": "0x",
    "nonce": "0x" + "00" * 8,
}


def proven(block: Mapping[str, Any], receipts: list[dict[str, Any]], tx: str) -> Inclusion:
    whole = WholeBlock(CHAIN, block, "node", 1)
    if whole.proven:
        whole.take(receipts, 2)
    return whole.inclusion(tx)


def whole_blocks() -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Recorded blocks with all of their receipts."""
    folder = CAPTURES.joinpath(*ROSETTA)
    receipts = [captured(*ROSETTA, path.name) for path in sorted(folder.glob("tx_receipt_*"))]
    for path in sorted(folder.glob("block_[0-9]*")):
        block = captured(*ROSETTA, path.name)
        yield block, [one for one in receipts if one["blockHash"] == block["hash"]]


@needs_captures
def test_recorded_blocks_with_their_receipts() -> None:
    """Nine whole blocks of a test network: headers hash to their hashes, 13 transactions and receipts are proven."""
    found = [
        proven(block, receipts, one["hash"]) for block, receipts in whole_blocks() for one in block["transactions"]
    ]
    assert [(one.why, check(one), one.receipt is not None) for one in found] == [("", "", True)] * 13
    hashes = [("0x" + keccak(header_bytes(block)).hex(), block["hash"]) for block, _ in whole_blocks()]
    assert len(hashes) == 9
    assert all(made == told for made, told in hashes)


def recorded_elsewhere() -> Iterator[tuple[str, dict[str, Any]]]:
    """Recorded blocks with their transactions, of many chains, without receipts."""
    for path in sorted(CAPTURES.glob("rotki-test-caching/etherscan_v2/*/proxy.eth_getBlockByNumber.jsonl")):
        yield from _blocks_in(path)


def _blocks_in(path: File) -> Iterator[tuple[str, dict[str, Any]]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        body = json.loads(line)["body"]
        answer = json.loads(body) if isinstance(body, str) else body
        block = answer.get("result")
        if isinstance(block, dict) and any(isinstance(one, dict) for one in block.get("transactions", ())):
            yield path.parent.name, block


@needs_captures
def test_recorded_blocks_of_many_chains() -> None:
    """Blocks of ten chains have the roots of their headers, deposits of the OP stack and Arbitrum's types among them.

    All but two of Arbitrum and two of Gnosis, from before their chains wrote headers and transactions as Ethereum does.
    """
    unproven: dict[str, list[str]] = {}
    counted: dict[str, int] = {}
    for chain, block in recorded_elsewhere():
        counted[chain] = counted.get(chain, 0) + 1
        one = WholeBlock(CHAIN, block, "recorded", 1).inclusion(block["transactions"][0]["hash"])
        assert check(one) == ""
        if one.transaction is None:
            unproven.setdefault(chain, []).append(one.why)
    assert {chain: len(whys) for chain, whys in unproven.items()} == {"chain42161": 2, "chain100": 2}
    assert all("type 0x78" in why for why in unproven["chain42161"])
    assert all("field mixHash" in why for why in unproven["chain100"])
    assert set(counted) >= {f"chain{number}" for number in (1, 10, 56, 137, 8453, 42161)}
    assert sum(counted.values()) > 70


@pytest.fixture(scope="module")
def lab() -> Iterator[Node]:
    with running(CHAIN.number) as node:
        node.rpc("anvil_setCode", EMITTER, LOGGER)
        yield node


@pytest.mark.node
async def test_every_type_on_the_lab(lab: Node) -> None:
    """Transactions of types 0, 1, 2 and 4 in one block of a node are proven with their logs, asked as a user would."""
    sent = send_every_type(lab.rpc, CHAIN.number, A, B, EMITTER)
    async with source_at(lab.url) as source:
        found = [await Reader(CHAIN, [source]).inclusion(tx, 1) for tx in sent]
        again = await source.inclusion(sent[0], 1)
    assert [(one.why, check(one), one.place) for one in found] == [("", "", place) for place in range(len(sent))]
    assert again == found[0]
    kinds = [one.transaction.value[0] if one.transaction else -1 for one in found]
    assert [kind for kind in kinds if kind < 0xC0] == [1, 2, 4, 1, 2, 4]
    assert {path.value[0] for one in found if (path := one.receipt)} >= {1, 2, 4}


@pytest.mark.node
def test_a_blob_on_the_lab(lab: Node) -> None:
    """A blob transaction's bytes hash to its hash, and its block is proven once the node's root is put right.

    anvil makes the root from what was sent, blob and all; a chain keeps the transaction without it (EIP-4844).
    """
    sent = send_every_type(lab.rpc, CHAIN.number, A, B, EMITTER, blob=True)
    block = lab.rpc("eth_getBlockByNumber", "latest", True)
    receipts = lab.rpc("eth_getBlockReceipts", block["number"])
    values = [transaction_bytes(one) for one in block["transactions"]]
    assert ["0x" + keccak(value).hex() for value in values] == sent
    (place,) = (index for index, value in enumerate(values) if value[0] == 3)
    assert proven(block, receipts, sent[place]).why == OTHER_TRANSACTIONS
    with_blob = [raw_of_blob(CHAIN.number, B) if index == place else value for index, value in enumerate(values)]
    assert root_of(with_blob) == block["transactionsRoot"]
    right = with_hash({**block, "transactionsRoot": root_of(values)})
    found = [proven(right, receipts, tx) for tx in sent]
    assert [(one.why, check(one)) for one in found] == [("", "")] * len(sent)


def root_of(values: list[bytes]) -> str:
    trie = HexaryTrie({})
    for index, value in enumerate(values):
        trie[rlp.encode(index)] = value
    return "0x" + trie.root_hash.hex()


def with_hash(block: dict[str, Any]) -> dict[str, Any]:
    return {**block, "hash": "0x" + keccak(header_bytes(block)).hex()}


def _hexes(least: int, most: int) -> st.SearchStrategy[str]:
    return st.binary(min_size=least, max_size=most).map(lambda data: "0x" + data.hex())


NUMBERS = st.integers(1, (1 << 256) - 1).map(hex)
ADDRESSES, HASHES, DATA = _hexes(20, 20), _hexes(32, 32), _hexes(0, 70)
AUTHORIZATIONS = st.fixed_dictionaries(
    {"chainId": NUMBERS, "address": ADDRESSES, "nonce": NUMBERS, "yParity": NUMBERS, "r": NUMBERS, "s": NUMBERS}
)
LISTED = st.fixed_dictionaries({"address": ADDRESSES, "storageKeys": st.lists(HASHES, max_size=2)})
_ALL_NUMBERS = (
    "nonce gasPrice gas value v r s chainId yParity maxPriorityFeePerGas maxFeePerGas maxFeePerBlobGas mint maxRefund "
    "submissionFeeRefund l1BaseFee depositValue retryValue maxSubmissionFee"
)
SENT = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            ["0x0", "0x1", "0x2", "0x3", "0x4", "0x64", "0x65", "0x66", "0x68", "0x69", "0x6a", "0x7e"]
        ),
        **dict.fromkeys(_ALL_NUMBERS.split(), NUMBERS),
        **dict.fromkeys(("from", "refundTo", "beneficiary"), ADDRESSES),
        **dict.fromkeys(("to", "retryTo"), st.none() | ADDRESSES),
        **dict.fromkeys(("requestId", "ticketId", "sourceHash"), HASHES),
        **dict.fromkeys(("input", "retryData"), DATA),
        "isSystemTx": st.booleans(),
        "accessList": st.lists(LISTED, max_size=2),
        "blobVersionedHashes": st.lists(HASHES, max_size=2),
        "authorizationList": st.lists(AUTHORIZATIONS, max_size=2),
    }
)
LOGS = st.fixed_dictionaries({"address": ADDRESSES, "topics": st.lists(HASHES, max_size=4), "data": DATA})
OUTCOMES = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["0x0", "0x1"]),
        "root": st.none() | HASHES,
        "cumulativeGasUsed": NUMBERS,
        "logsBloom": _hexes(256, 256),
        "logs": st.lists(LOGS, max_size=2),
        "depositNonce": NUMBERS,
        "depositReceiptVersion": st.none() | NUMBERS,
    }
)


@st.composite
def blocks(draw: st.DrawFn) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A made-up block of up to twenty transactions of any types, and their receipts."""
    rows = draw(st.lists(st.tuples(SENT, OUTCOMES), min_size=1, max_size=20))
    apart = [dict.fromkeys(("nonce", "value", "chainId"), hex(number)) for number in range(len(rows))]
    sent: list[dict[str, Any]] = [{**one, **more} for (one, _), more in zip(rows, apart, strict=True)]
    for one in sent:
        one["hash"] = "0x" + keccak(transaction_bytes(one)).hex()
    receipts = [{**told, "transactionHash": one["hash"]} for one, (_, told) in zip(sent, rows, strict=True)]
    values = [receipt_bytes(told, type_of(one)) for one, told in zip(sent, receipts, strict=True)]
    block = {
        **HEADER,
        **dict.fromkeys(("baseFeePerGas", "blobGasUsed", "excessBlobGas"), "0x5"),
        **dict.fromkeys(("withdrawalsRoot", "parentBeaconBlockRoot"), "0x" + "11" * 32),
        "transactions": sent,
        "number": hex(draw(st.integers(0, 10**9))),
        "transactionsRoot": root_of([transaction_bytes(one) for one in sent]),
        "receiptsRoot": root_of(values),
    }
    return with_hash(block), receipts


@settings(max_examples=40, deadline=None)
@given(blocks(), st.data())
def test_proofs_hold_and_wrong_ones_do_not(
    made: tuple[dict[str, Any], list[dict[str, Any]]], data: st.DataObject
) -> None:
    """Every transaction of a block is proven; with one byte, node, value, number or place changed it no longer is."""
    block, receipts = made
    listed = [one["hash"] for one in block["transactions"]]
    one = proven(block, receipts, data.draw(st.sampled_from(listed)))
    assert (one.why, check(one), one.raws) == ("", "", (1, 2))
    assert check(data.draw(st.sampled_from(list(spoiled(one, data))))) != ""


def flipped(value: bytes, data: st.DataObject) -> bytes:
    at = data.draw(st.integers(0, len(value) - 1))
    return value[:at] + bytes([value[at] ^ data.draw(st.integers(1, 255))]) + value[at + 1 :]


def spoiled(one: Inclusion, data: st.DataObject) -> Iterator[Inclusion]:
    """The proof with one thing changed."""
    assert one.transaction is not None
    assert one.receipt is not None
    yield one._replace(header=flipped(one.header, data))
    yield one._replace(place=one.place + 1)
    yield one._replace(number=one.number + 1)
    yield one._replace(tx="0x" + "00" * 32)
    yield one._replace(hash="0x" + "00" * 32)
    yield one._replace(transaction=one.receipt, receipt=one.transaction)
    yield one._replace(transaction=None)
    for path in (one.transaction, one.receipt):
        at = data.draw(st.integers(0, len(path.nodes) - 1))
        changed = (*path.nodes[:at], flipped(path.nodes[at], data), *path.nodes[at + 1 :])
        for wrong in (
            Path(path.value, changed),
            Path(flipped(path.value, data), path.nodes),
            Path(path.value, path.nodes[:-1]),
            Path(path.value, (*path.nodes, path.nodes[-1])),
            Path(path.value, path.nodes[1:]),
        ):
            yield one._replace(transaction=wrong) if path is one.transaction else one._replace(receipt=wrong)


def made_block() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Three plain transactions that no strategy chose."""
    sent = [{"nonce": hex(n), **dict.fromkeys(("gasPrice", "gas", "value", "v", "r", "s"), "0x7")} for n in range(3)]
    sent = [{**one, "to": A, "input": "0x", "type": "0x0"} for one in sent]
    sent = [{**one, "hash": "0x" + keccak(transaction_bytes(one)).hex()} for one in sent]
    told = {"status": "0x1", "cumulativeGasUsed": "0x1", "logsBloom": HEADER["logsBloom"], "logs": []}
    receipts = [{**told, "transactionHash": one["hash"]} for one in sent]
    block = {
        **HEADER,
        "number": "0x9",
        "transactions": sent,
        "transactionsRoot": root_of([transaction_bytes(one) for one in sent]),
        "receiptsRoot": root_of([receipt_bytes(one, 0) for one in receipts]),
    }
    return with_hash(block), receipts


def test_what_does_not_come_out_right_is_not_proven() -> None:
    """A header, a transaction or a receipt that is not the block's leaves its half out, and the reason says which."""
    block, receipts = made_block()
    tx = block["transactions"][1]["hash"]
    later = {**block, "transactions": [*block["transactions"][:2], {**block["transactions"][2], "value": "0x8"}]}
    unknown = {**block, "transactions": [{**block["transactions"][0], "type": "0x55"}, *block["transactions"][1:]]}
    bare = {name: value for name, value in block.items() if name != "mixHash"}
    for changed, why in (
        ({**block, "stateRoot": "0x" + "12" * 32}, OTHER_HEADER),
        (later, OTHER_TRANSACTIONS),
        (unknown, "the block has a transaction of type 0x55, of which this program does not know the bytes"),
        (bare, "the block's field mixHash is missing or not as documented"),
    ):
        one = proven(changed, receipts, tx)
        assert (one.why, one.header, one.transaction, one.receipt, check(one)) == (why, b"", None, None, "")
    for told, why in (
        (receipts[:2], NO_RECEIPT),
        ([*receipts[:2], {**receipts[2], "status": "0x0"}], OTHER_RECEIPTS),
        ([*receipts[:2], {**receipts[2], "logs": None}], "the block's field logs is missing or not as documented"),
    ):
        one = proven(block, told, tx)
        assert (one.why, one.transaction is not None, one.receipt, check(one)) == (why, True, None, "")


def test_what_a_node_adds_to_a_block_is_left_out() -> None:
    """Polygon's nodes list a transaction that nobody signed and that is under no root: the others are proven."""
    block, receipts = made_block()
    added = {**block["transactions"][0], "r": "0x0", "s": "0x0", "v": "0x0", "hash": "0x" + "ab" * 32}
    one = proven({**block, "transactions": [*block["transactions"], added]}, receipts, block["transactions"][2]["hash"])
    assert (one.why, check(one)) == ("", "")


def test_a_block_that_is_none() -> None:
    """A transaction that is not in its block is not found; a block without its parts is malformed."""
    block, _ = made_block()
    with pytest.raises(NotFound):
        WholeBlock(CHAIN, block, "node", 1).inclusion("0x" + "00" * 32)
    with pytest.raises(NotFound):
        WholeBlock(CHAIN, {**block, "transactions": []}, "node", 1).inclusion(block["transactions"][0]["hash"])
    for changed in ({"transactions": ["0x12"]}, {"transactions": None}, {"hash": "0x1\x1b[2J"}, {"number": None}):
        with pytest.raises(Malformed):
            WholeBlock(CHAIN, {**block, **changed}, "node", 1)


def front(block: Any, receipts: Any = None) -> Front:
    """A node that has one block, and its receipts where given."""
    answers: dict[str, Any] = {"eth_getBlockByNumber": lambda _: block}
    return made_up(answers if receipts is None else {**answers, "eth_getBlockReceipts": lambda _: receipts})


async def test_two_requests_for_all_of_a_block() -> None:
    """A node is asked once for a block and once for its receipts, however many transactions are proven from it."""
    block, receipts = made_block()
    node = front(block, receipts)
    async with source_at("http://node.test", node) as source:
        found = [await source.inclusion(one["hash"], 9) for one in block["transactions"]]
    assert [one.why for one in found] == ["", "", ""]
    asked = [(method, params) for method, params in node.asked if method != "eth_chainId"]
    assert asked == [("eth_getBlockByNumber", ["0x9", True]), ("eth_getBlockReceipts", ["0x9"])]


async def test_a_block_is_taken_apart_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many of its transactions are proven, at once or later, a block's two tries are made once."""
    block, receipts = made_block()
    made: list[int] = []

    def counted(values: list[bytes]) -> Trie:
        made.append(len(values))
        return Trie(values)

    monkeypatch.setattr(evm_inclusion, "Trie", counted)
    async with source_at("http://node.test", front(block, receipts)) as source:
        one = await source.inclusion(block["transactions"][0]["hash"], 9)
        rest = await asyncio.gather(*(source.inclusion(each["hash"], 9) for each in block["transactions"]))
    assert (made, rest[0], [each.place for each in rest]) == ([3, 3], one, [0, 1, 2])


async def test_a_node_without_block_receipts_proves_the_transaction() -> None:
    """Where a node does not know the method, the transaction is proven, the receipt not, and the reason says so."""
    block, _ = made_block()
    async with source_at("http://node.test", front(block)) as source:
        one = await source.inclusion(block["transactions"][0]["hash"], 9)
    assert (one.why, one.transaction is not None, one.receipt, one.raws) == (NO_RECEIPTS, True, None, (2,))


async def test_receipts_of_an_unproven_block_are_not_asked_for() -> None:
    """Where not even the transaction can be proven, the second request is spared."""
    block, receipts = made_block()
    node = front({**block, "stateRoot": "0x" + "12" * 32}, receipts)
    async with source_at("http://node.test", node) as source:
        assert (await source.inclusion(block["transactions"][0]["hash"], 9)).why == OTHER_HEADER
    assert "eth_getBlockReceipts" not in [method for method, _ in node.asked]


async def test_another_block_than_asked_for_is_refused() -> None:
    """A node that answers with another block, or does not have this one, proves nothing."""
    block, _ = made_block()
    tx = block["transactions"][0]["hash"]
    async with source_at("http://node.test", front(block)) as source:
        with pytest.raises(Malformed):
            await source.inclusion(tx, 8)
    async with source_at("http://node.test", front(None)) as source:
        with pytest.raises(NotFound):
            await source.inclusion(tx, 9)


class Failing(Fake):
    """A source that would have blocks, and fails at every question."""

    async def inclusion(self, tx: str, height: int) -> Inclusion:
        """Its failure."""
        raise self.failure


async def test_why_nothing_is_proven_does_not_depend_on_earlier_questions() -> None:
    """Who never serves the chain is not named, whether another question had told so before or this one does."""
    wrong = Unsupported("wrong", "eth_chainId", "it serves chain 7", "chain")
    for asked_before in (False, True):
        reader = Reader(CHAIN, [Failing(name="wrong", failure=wrong), Failing(name="down", failure=Down("down", "it"))])
        if asked_before:
            await reader.history(Address(A), NATIVE, 0, 9)
        with pytest.raises(Failures) as failed:
            await reader.inclusion("0xab", 9)
        assert str(failed.value) == "proof of 0xab on anvil: down did not answer: it"
        with pytest.raises(Failures, match=NO_BLOCKS):
            await Reader(CHAIN, [Failing(name="wrong", failure=wrong), Fake()]).inclusion("0xab", 9)


def test_every_reason_has_its_chinese() -> None:
    """What stays unproven says why in Chinese too, with whatever field or type it was."""
    block, receipts = made_block()
    sent = block["transactions"][0]
    odd = {**block, "transactions": [{**sent, "type": "0x55"}]}
    bare = {name: value for name, value in block.items() if name != "mixHash"}
    for changed, part in ((odd, "0x55 类型"), (bare, "mixHash 字段")):
        assert part in translated(proven(changed, receipts, sent["hash"]).why, words("zh"))
    assert "完整区块" in translated(NO_BLOCKS, words("zh"))


class Half(Fake):
    """A source that proves what it is told to."""

    def __init__(self, name: str, found: Inclusion) -> None:
        super().__init__(name=name)
        self.found = found._replace(source=name)

    async def inclusion(self, tx: str, height: int) -> Inclusion:
        """The same for every question."""
        assert (tx, height) == (self.found.tx, self.found.number)
        self.other += 1
        return self.found


async def test_the_reader_takes_the_best_proof() -> None:
    """Sources without blocks are passed by; the first whole proof ends the asking, else the best one counts."""
    block, receipts = made_block()
    tx = block["transactions"][0]["hash"]
    whole = proven(block, receipts, tx)
    half = whole._replace(receipt=None, why=NO_RECEIPTS)
    none = half._replace(transaction=None, header=b"", why=OTHER_HEADER)
    never = Half("never", whole)
    chosen = await Reader(CHAIN, [Fake(), Half("a", none), Half("b", half), Half("c", whole), never]).inclusion(tx, 9)
    assert (chosen.source, never.other) == ("c", 0)
    assert (await Reader(CHAIN, [Half("a", none), Half("b", half), Half("c", none)]).inclusion(tx, 9)).source == "b"
    assert (await Reader(CHAIN, [Half("a", none), Half("b", none)]).inclusion(tx, 9)).source == "a"
    with pytest.raises(Failures, match=NO_BLOCKS):
        await Reader(CHAIN, [Fake(), Fake()]).inclusion(tx, 9)
