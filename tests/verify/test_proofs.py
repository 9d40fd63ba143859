"""Proofs: what leads from a block's hash to a payment holds, and what does not is refused.

Blocks are made with the libraries that nodes and wallets use, which the checker does not have.
"""

from __future__ import annotations

import copy
import hashlib
import json
from contextlib import suppress
from functools import cache
from typing import Any

import pytest
import rlp
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st
from trie.hexary import HexaryTrie

from tests.shared import CAPTURES
from tests.verify import boxes
from tests.verify.checker import checker

PAYER = PrivateKey(b"\7" * 32)
SENDER = PAYER.public_key.to_address()
RECEIVER = "0x" + "22" * 20
TOKEN = "0x" + "ee" * 20
NUMBER, TIME, FIRST_LOG = 19_000_000, 1_700_000_000, 5


def number(value: int) -> bytes:
    """A number as RLP has it."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def padded(address: str) -> bytes:
    """An address as a topic."""
    return bytes(12) + bytes.fromhex(address[2:])


def signed(kind: int, nonce: int, *, to: bytes | None = None, old: bool = False) -> bytes:
    """A signed transaction of one type that pays 1,000 and its nonce."""
    to = bytes.fromhex(RECEIVER[2:]) if to is None else to
    pay = [to, number(1000 + nonce), b"\xa9\x05\x9c\xbb" * (nonce % 5)]
    if kind == 0:
        fields: list[Any] = [number(nonce), number(9), number(21_000), *pay]
        digest = keccak(rlp.encode(fields if old else [*fields, number(1), b"", b""]))
    else:
        price = [number(9)] if kind == 1 else [number(1), number(9)]
        more: dict[int, list[Any]] = {
            3: [number(7), [b"\1" * 32]],
            4: [[[number(1), b"\5" * 20, b"", b"", number(3), number(4)]]],
        }
        fields = [number(1), number(nonce), *price, number(21_000), *pay, [[b"\6" * 20, [b"\7" * 32]]]]
        fields += more.get(kind, [])
        digest = keccak(bytes([kind]) + rlp.encode(fields))
    signature = PAYER.sign_msg_hash(digest)
    v = signature.v if kind else signature.v + (27 if old else 37)
    body = rlp.encode([*fields, number(v), number(signature.r), number(signature.s)])
    return (bytes([kind]) if kind else b"") + bytes(body)


def receipt(kind: int, place: int, *, status: bytes = b"\1") -> bytes:
    """A receipt with an approval and a transfer of 500 and its place, in this order."""
    transfer = [
        bytes.fromhex(TOKEN[2:]),
        [bytes.fromhex(boxes.TRANSFER[2:]), padded(SENDER), padded(RECEIVER)],
        (500 + place).to_bytes(32, "big"),
    ]
    approval = [bytes.fromhex(TOKEN[2:]), [keccak(b"Approval(address,address,uint256)")], b""]
    body = rlp.encode([status, number(21_000 * (place + 1)), bytes(256), [approval, transfer]])
    return (bytes([kind]) if kind else b"") + bytes(body)


class Block:
    """A block whose transaction at each place is of one type."""

    def __init__(self, kinds: tuple[int, ...], *, status: bytes = b"\1", old: bool = False) -> None:
        self.transactions = [signed(kind, place, old=old) for place, kind in enumerate(kinds)]
        self.receipts = [receipt(kind, place, status=status) for place, kind in enumerate(kinds)]
        self.tries = [HexaryTrie({}), HexaryTrie({})]
        for values, held in zip((self.transactions, self.receipts), self.tries, strict=True):
            for place, value in enumerate(values):
                held[rlp.encode(place)] = value
        fields = [b"\1" * 32, b"\2" * 32, b"\3" * 20, b"\4" * 32, *(one.root_hash for one in self.tries), bytes(256)]
        fields += [b"", number(NUMBER), number(30_000_000), number(99), number(TIME), b"", b"\5" * 32, bytes(8)]
        self.header = bytes(rlp.encode([*fields, number(7)]))

    def path(self, held: HexaryTrie, place: int, value: bytes) -> dict[str, Any]:
        """The way to a value as docs/bundle.md has it."""
        walked: Any = held
        nodes = [rlp.encode(node) for node in walked.get_proof(rlp.encode(place))]
        return {"value": "0x" + value.hex(), "nodes": ["0x" + bytes(one).hex() for one in nodes]}

    def row(self, place: int) -> dict[str, Any]:
        """The row of proofs.jsonl of a transaction."""
        return {
            "chain": boxes.CHAIN,
            "tx": "0x" + keccak(self.transactions[place]).hex(),
            "role": "theft",
            "block": NUMBER,
            "hash": "0x" + keccak(self.header).hex(),
            "transaction": "proven",
            "receipt": "proven",
            "source": "rpc.1",
            "why": "",
            "proof": {
                "header": "0x" + self.header.hex(),
                "place": place,
                "transaction": self.path(self.tries[0], place, self.transactions[place]),
                "receipt": self.path(self.tries[1], place, self.receipts[place]),
            },
            "answers": [],
        }


def ledger(row: dict[str, Any], place: int, **changed: Any) -> list[Any]:
    """What the ledger says of such a transaction: its fee, its value and its token transfer."""
    line = checker().Line
    common = {"chain": row["chain"], "tx": row["tx"], "height": NUMBER, "tx_index": place, "time": TIME}
    common |= {"sender": SENDER, "nth": 0, "answer": 1, "place": ""}
    fee = {"n": 1, "kind": 0, "index": (0,), "asset": "native", "receiver": "fee", "amount": 21_000}
    value = {"n": 2, "kind": 1, "index": (0,), "asset": "native", "receiver": RECEIVER, "amount": 1000 + place}
    log = {"n": 3, "kind": 3, "index": (2 * place + 1,), "asset": TOKEN, "receiver": RECEIVER, "amount": 500 + place}
    if place:
        log["index"] = (FIRST_LOG + 2 * place + 1,)
    return [
        line(**(common | one | changed.get(name, {}))) for name, one in (("fee", fee), ("value", value), ("log", log))
    ]


def found(rows: list[dict[str, Any]], lines: list[Any]) -> set[str]:
    """The names of what is wrong."""
    case = checker().Case(None, ())
    case.proofs, case.ledger = rows, lines
    fields = checker().INCLUSION.split()
    case.trace = {"inclusions": [{name: row[name] for name in fields} for row in rows]}
    report = checker().Report()
    checker().check_proofs(case, report)
    return {key for level, key, _ in report.found if level not in ("fine", "stated")}


@cache
def block(count: int = 20) -> Block:
    """A block with every type in turn."""
    return Block(tuple(place % 5 for place in range(count)))


@pytest.mark.parametrize("count", [1, 2, 17, 140])
def test_every_type_in_blocks_of_many_sizes(count: int) -> None:
    """Transactions of all five types, their signers, values and logs follow from the hash of the block."""
    made = block(count)
    for place in {0, 1, 2, 3, 4, count // 2, count - 1} & set(range(count)):
        row = made.row(place)
        assert found([row], ledger(row, place)) == set(), place


def test_transactions_of_old() -> None:
    """Signatures without a chain's number, receipts with a root for the outcome, and contracts made are read."""
    row = Block((0, 0), old=True, status=b"\x09" * 32).row(1)
    assert found([row], ledger(row, 1)) == set()
    made = checker()._eth_transaction(signed(2, 5, to=b""))
    address = "0x" + keccak(rlp.encode([bytes.fromhex(SENDER[2:]), number(5)]))[12:].hex()
    assert made.payments == [("native", SENDER, address, 1005)]


WRONG: dict[str, dict[str, Any]] = {
    "proof.block_differs": {"log": {"height": NUMBER + 1}},
    "proof.place_differs": {"log": {"tx_index": 9}},
    "proof.sender_differs": {"fee": {"sender": RECEIVER}},
    "proof.value_differs": {"value": {"amount": 7}},
    "proof.log_differs": {"log": {"amount": 7}},
    "proof.log_place": {"log": {"index": (0,)}},
}


@pytest.mark.parametrize("key", WRONG)
def test_a_ledger_that_says_otherwise(key: str) -> None:
    """A transfer whose block, place, payer, amount or log is not what the chain commits to is found."""
    row = block().row(3)
    assert found([row], ledger(row, 3, **WRONG[key])) == {key}


def test_what_failed_moves_nothing() -> None:
    """Transfers of a transaction that the chain shows as failed are found."""
    row = Block((2, 2), status=b"").row(1)
    assert found([row], ledger(row, 1)) == {"proof.failed"}


def test_claims() -> None:
    """A result that calls proven what is not, or whose row is not the bundle's, is found."""
    row = block().row(2)
    half = copy.deepcopy(row)
    half["proof"]["receipt"] = None
    assert found([half], ledger(row, 2)) == {"proof.claim"}
    assert found([half | {"receipt": "unproven"}], ledger(row, 2)) == set()
    assert found([row | {"proof": None}], ledger(row, 2)) == {"proof.claim"}
    assert found([row | {"hash": "0x" + "0" * 64}], ledger(row, 2)) == {"proof.wrong"}
    assert found([row], []) == {"proof.nobody"}


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_no_byte_of_a_proof_can_change(data: st.DataObject) -> None:
    """A proof with any byte changed, any node left out, doubled or swapped, or for another place, is refused."""
    row = copy.deepcopy(block().row(data.draw(st.integers(0, 19))))
    proof = row["proof"]
    half = proof[data.draw(st.sampled_from(["transaction", "receipt"]))]
    nodes = half["nodes"]
    what = data.draw(st.sampled_from(["header", "value", "node", "less", "more", "place"]))
    if what in ("less", "more"):
        at = data.draw(st.integers(0, len(nodes) - 1))
        nodes[at : at + 1] = [] if what == "less" else [nodes[at]] * 2
    elif what == "place":
        proof["place"] = data.draw(st.integers(0, 300).filter(lambda place: place != row["proof"]["place"]))
    else:
        holder, key = {"header": (proof, "header"), "value": (half, "value")}.get(what, (nodes, 0))
        if what == "node":
            key = data.draw(st.integers(0, len(nodes) - 1))
        raw = bytearray.fromhex(holder[key][2:])
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
        holder[key] = "0x" + raw.hex()
    assert found([row], ledger(row, 0)) & {"proof.wrong", "proof.claim"}


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=80))
def test_hostile_bytes(data: bytes) -> None:
    """Bytes that are no header, transaction, receipt or message are refused; RLP has one spelling."""
    own = checker()
    readers = (own._eth_header, own._eth_transaction, own._eth_receipt, own._trx_header, own._trx_transaction)
    for read in readers:
        with suppress(own._Unproven):
            read(data)
    try:
        assert own.rlp_encode(own.rlp_decode(data)) == data
    except own._Unproven:
        with pytest.raises(rlp.exceptions.DecodingError):
            rlp.decode(data)


def test_deep_rlp() -> None:
    """Lists in lists without end are refused."""
    with pytest.raises(checker()._Unproven):
        checker().rlp_decode(b"\xc1" * 100_000 + b"\xc0")


@given(st.binary(max_size=600))
def test_keccak(data: bytes) -> None:
    """Keccak-256 is that of the library."""
    assert checker().keccak256(data) == keccak(data)


@given(st.integers(1, 2**255), st.binary(min_size=32, max_size=32))
@settings(deadline=None, max_examples=10)
def test_signers(secret: int, digest: bytes) -> None:
    """Who signed is worked out as the library does."""
    key = PrivateKey(secret.to_bytes(32, "big"))
    made = key.sign_msg_hash(digest)
    assert checker()._curve_signer(digest, made.r, made.s, made.v) == key.public_key.to_address()


# --- TRON


def merkle(leaves: list[bytes], place: int) -> tuple[bytes, list[bytes]]:
    """The root over leaves, and the siblings of one of them from below: a node without one goes up as it is."""
    siblings = []
    row = leaves
    while len(row) > 1:
        if place ^ 1 < len(row):
            siblings.append(row[place ^ 1])
        pairs = [row[at : at + 2] for at in range(0, len(row), 2)]
        row = [hashlib.sha256(b"".join(pair)).digest() if len(pair) == 2 else pair[0] for pair in pairs]
        place //= 2
    return row[0], siblings


@given(st.integers(1, 70), st.data())
def test_tron_trees(count: int, data: st.DataObject) -> None:
    """Every place in a block of every size leads to its root, no other place and no other leaf does."""
    leaves = [hashlib.sha256(b"%d" % one).digest() for one in range(count)]
    place = data.draw(st.integers(0, count - 1))
    root, siblings = merkle(leaves, place)
    own = checker()._trx_root
    assert own(leaves[place], place, siblings, root)
    assert not own(hashlib.sha256(b"other").digest(), place, siblings, root)
    if siblings:
        assert not own(leaves[place], place, siblings[:-1], root)
        assert not own(leaves[place], place ^ 1, siblings, root)


UNTRON = CAPTURES / "untron-v3"
FIXTURES = UNTRON / "crates" / "tron" / "testdata" / "fixtures"


@pytest.mark.shared
def test_a_whole_block_of_tron() -> None:
    """Of a recorded block all 619 transactions follow from its id: payer, receiver, amount, outcome."""
    if not FIXTURES.is_dir():
        pytest.skip("the shared captures are not here")
    own = checker()
    told = json.loads((UNTRON / "DERIVED_wallet_getblockbynum_79072107.json").read_text())
    raw = told["block_header"]["raw_data"]
    (recorded,) = FIXTURES.glob("tron_blockext_raw_79072107_*.json")
    block_bytes = own._trx_fields(bytes.fromhex(json.loads(recorded.read_text())["blockExtention"][2:]))
    header = own._trx_header(own._trx_fields(block_bytes[2][0])[1][0])
    assert header == (told["blockID"], 79072107, raw["timestamp"] // 1000, raw["timestamp"], header.roots)
    values = [own._trx_fields(one)[1][0] for one in block_bytes[1]]
    leaves = [hashlib.sha256(value).digest() for value in values]
    for place, one in enumerate(told["transactions"]):
        if place % 7 == 0 or place > 600:
            root, siblings = merkle(leaves, place)
            assert root.hex() == raw["txTrieRoot"]
            assert own._trx_root(leaves[place], place, siblings, header.roots[0])
        name, said = own._trx_transaction(values[place])
        assert (name, said.fine) == (one["txID"], True)
        contract = one["raw_data"]["contract"][0]
        value = contract["parameter"]["value"]
        if contract["type"] == "TransferContract":
            who = [own._trx_address(bytes.fromhex(value[name])) for name in ("owner_address", "to_address")]
            assert said.payments == [("native", *who, value["amount"])]


@pytest.mark.shared
def test_a_proof_of_tron_by_others() -> None:
    """A proof that somebody else made of a mainnet transaction holds."""
    if not FIXTURES.is_dir():
        pytest.skip("the shared captures are not here")
    (recorded,) = FIXTURES.glob("tron_tx_proof_*.json")
    told = json.loads(recorded.read_text())
    leaf, root = (bytes.fromhex(told[name][2:]) for name in ("txLeaf", "headerTxTrieRoot"))
    nodes = [bytes.fromhex(one[2:]) for one in told["proof"]]
    value = bytes.fromhex(told["encodedTx"][2:])
    assert hashlib.sha256(value).digest() == leaf
    assert "0x" + checker()._trx_transaction(value)[0] == told["txId"]
    assert checker()._trx_root(leaf, told["targetIndex"], nodes, root)
    assert not checker()._trx_root(leaf, told["targetIndex"] + 1, nodes, root)


@pytest.mark.shared
def test_blocks_recorded_of_ethereum() -> None:
    """Headers of recorded early blocks hash to them."""
    folder = CAPTURES / "rosetta-ethereum" / "ethereum" / "testdata"
    if not folder.is_dir():
        pytest.skip("the shared captures are not here")
    names = "parentHash sha3Uncles miner stateRoot transactionsRoot receiptsRoot logsBloom difficulty number gasLimit"
    names += " gasUsed timestamp extraData mixHash nonce"
    numbers = {"difficulty", "number", "gasLimit", "gasUsed", "timestamp"}
    for path in sorted(folder.glob("block_[0-9]*.json")):
        told = json.loads(path.read_text())
        fields = [
            number(int(told[name], 16)) if name in numbers else bytes.fromhex(told[name][2:]) for name in names.split()
        ]
        header = checker()._eth_header(bytes(rlp.encode(fields)))
        assert (header.hash, header.number) == (told["hash"], int(told["number"], 16))


# --- second sources


def confirmed(
    verdict: str = "agrees", *, amount: int = 500, host: str = "https://two.example", **more: Any
) -> set[str]:
    """What is wrong of a confirmation whose second source shows a transfer of this amount; the case has 500."""
    row, own = block().row(0), checker()
    case = own.Case(None, ())
    data = "0x" + amount.to_bytes(32, "big").hex()
    log: dict[str, Any] = {
        "address": TOKEN,
        "topics": [boxes.TRANSFER, *("0x" + padded(one).hex() for one in (SENDER, RECEIVER))],
    }
    log |= {"data": data, "blockNumber": hex(NUMBER), "transactionHash": row["tx"], "transactionIndex": "0x0"}
    log |= {"logIndex": "0x1", "removed": False, "blockHash": row["hash"]}
    bodies = {1: {"result": [log | {"data": "0x" + (500).to_bytes(32, "big").hex()}]}, 2: {"result": [log]}}
    for n, name, where in ((1, "rpc.1", "https://one.example"), (2, "rpc.1.two", host)):
        asked = {"method": "eth_getLogs", "params": [{}]}
        case.answers[n] = own.Answer(n, 1, name, where, "", "POST", "", {}, asked, boxes.CHAIN, 200, "ok", "")
    case._bodies = bodies
    case.ledger = ledger(row, 0)
    line = case.ledger[2]
    case.rows = [own.Row(0, 3, *line[1:3], "", TIME, TOKEN, SENDER, RECEIVER, 500, "theft", 0, True, None, None, ())]
    said: dict[str, Any] = {
        "chain": row["chain"],
        "tx": row["tx"],
        "role": "theft",
        "first": "rpc.1",
        "second": "rpc.1.two",
    }
    said |= {"verdict": verdict, "why": []}
    case.corroborations = [said | {"first_answers": [1], "second_answers": [2]} | more]
    case.trace = {"corroborations": [said | {name: one for name, one in more.items() if name in said}]}
    report = own.Report()
    own.check_second(case, report)
    return {key for level, key, _ in report.found if level not in ("fine", "stated")}


def test_confirmations() -> None:
    """A confirmation or contradiction that the two answers do not bear out is found."""
    assert confirmed() == set()
    assert confirmed("differs", amount=501) == set()
    assert confirmed(amount=501) == {"second.missing"}
    assert confirmed("differs") == {"second.there"}


def test_confirmations_by_the_same() -> None:
    """A second source that is the first one's, is another than named, or gave no answer is found."""
    assert confirmed(host="https://other.one.example") == {"second.sources"}
    assert confirmed(host="https://one.example:8545") == {"second.sources"}
    assert confirmed(second="rpc.2") == {"second.sources"}
    assert confirmed(second_answers=[]) == {"second.sources"}
    assert confirmed(first_answers=[2]) == {"second.sources"}
