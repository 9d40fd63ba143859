"""Liquidity positions that are NFTs: what their logs come to, and that every source tells the same of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import httpx
import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from chains import blockscout, etherscan, hypersync, positions, routescan, rpc, sqd
from chains.errors import Malformed, Unsupported
from chains.evm_records import TRANSFER, ZERO, position_events, receipt_of
from chains.http import Client
from chains.model import Address, AssetId, Block, Page, Receipt, Transfer
from chains.position_pages import read_logs
from chains.positions import (
    COLLECTED,
    DECREASED,
    INCREASED,
    MOVED,
    OWNER_OF,
    POSITIONS,
    Book,
    Event,
    Owed,
    Place,
    events_of,
    is_position,
    named,
    parts,
    position_id,
    told,
    unclaimed,
)
from chains.protocol import Source
from chains.registry import Chain, SourceSettings, load_chains
from tests.chains.captured import needs_captures
from tests.chains.explorer_stand_in import StandIn, block_json
from tests.chains.memory_evidence import MemoryEvidence
from tests.chains.rpc_fronts import Refusal, made_up
from tests.chains.standins_bulk import HyperSyncStandIn, PortalStandIn, World
from tests.chains.test_marks import recorded_receipts

MANAGER: Final = AssetId("0x" + "c3" * 20)
SEVEN: Final = position_id(MANAGER, 7)
A, B, C = (Address("0x" + digit * 40) for digit in "abc")
START: Final = 1_600_000_000
CHAIN: Final = Chain("eip155:31337", "anvil", "evm", "ETH", 18, "", sources={"rpc": {"urls": ["http://node.test"]}})
Log = dict[str, Any]
Row = tuple[int, str, str, int]


def log(height: int, index: int, kind: str, *words: int | str, number: int = 7, **other: Any) -> Log:
    """A manager's log: of `MOVED` the two ends, of the others the three words of their data."""
    told = [word if isinstance(word, int) else int(word, 16) for word in words]
    number_word = f"0x{number:064x}"
    moved = kind == MOVED
    return {
        "address": MANAGER,
        "topics": [kind, *(f"0x{word:064x}" for word in told), number_word] if moved else [kind, number_word],
        "data": "0x" if moved else "0x" + "".join(f"{word:064x}" for word in told),
        "blockNumber": hex(height),
        "transactionHash": f"0x{height:064x}",
        "transactionIndex": "0x0",
        "logIndex": hex(index),
        "blockTimestamp": hex(START + 12 * height),
        **other,
    }


LIFE: Final = (
    log(10, 3, MOVED, ZERO, A),
    log(10, 4, INCREASED, 100, 1_000, 1_200),
    log(12, 0, INCREASED, 50, 500, 600),
    log(13, 0, COLLECTED, A, 3, 4),
    log(14, 0, DECREASED, 60, 600, 700),
    log(15, 0, COLLECTED, A, 605, 710),
    log(16, 0, MOVED, A, B),
    log(17, 0, DECREASED, 90, 900, 1_000),
    log(18, 0, COLLECTED, B, 900, 0),
    log(19, 0, COLLECTED, B, 0, 1_000),
    log(20, 0, MOVED, B, ZERO),
)
"""Minted, added to, fees, part taken out and paid later, given away, the rest paid by two collections, burnt."""

ROWS: Final[Sequence[Row]] = (
    (10, ZERO, A, 100),
    (12, ZERO, A, 50),
    (15, A, ZERO, 60),
    (16, A, B, 90),
    (18, B, ZERO, 45),
    (19, B, ZERO, 45),
)


def rows_of(logs: Sequence[Mapping[str, Any]]) -> list[Row]:
    """What a new book makes of logs."""
    book = Book()
    return shown([row for event in position_events(CHAIN, logs, None, "test") for row in book.rows(event)])


def shown(rows: Sequence[Transfer]) -> list[Row]:
    assert all(row.asset == SEVEN and row.position.settled for row in rows)
    return [(row.position.height, row.sender, row.receiver, row.amount) for row in rows]


def of(who: str, low: int = 0) -> list[Row]:
    """The rows of one holder from a height on."""
    return [row for row in ROWS if who in row[1:3] and row[0] >= low]


def receipt(*logs: Log, **more: Any) -> Receipt:
    """A transaction of A's in block 10 with these logs."""
    plain = {
        "transactionHash": f"0x{10:064x}", "blockNumber": "0xa", "transactionIndex": "0x0", "from": A, "to": MANAGER,
        "gasUsed": "0x1", "effectiveGasPrice": "0x1", "status": "0x1", "logs": list(logs),
    }  # fmt: skip
    return receipt_of(CHAIN, plain, 1, "test", internal=(), **more)


def units(told_by: Receipt) -> list[Row]:
    return shown([row for row in told_by.transfers if is_position(row.asset)])


# --- what it is


@pytest.mark.parametrize(
    ("topic", "signature"),
    [
        (MOVED, "Transfer(address,address,uint256)"),
        (INCREASED, "IncreaseLiquidity(uint256,uint128,uint256,uint256)"),
        (DECREASED, "DecreaseLiquidity(uint256,uint128,uint256,uint256)"),
        (COLLECTED, "Collect(uint256,address,uint256,uint256)"),
        (OWNER_OF, "ownerOf(uint256)"),
        (POSITIONS, "positions(uint256)"),
    ],
)
def test_signatures_are_the_hashes_of_their_words(topic: str, signature: str) -> None:
    """Every topic and selector is the Keccak-256 of the signature it stands for."""
    assert ("0x" + keccak(text=signature).hex()).startswith(topic)
    assert MOVED == TRANSFER


def test_a_position_is_named_by_its_number() -> None:
    """The asset holds manager and number; its name needs no request and its units no decimals."""
    assert parts(SEVEN) == (MANAGER, 7)
    assert named("eip155:1", SEVEN) == ("eip155:1", SEVEN, "position #7", 0)
    assert named("eip155:1", SEVEN, "UNI-V3-POS").symbol == "UNI-V3-POS position #7"
    assert [is_position(asset) for asset in (SEVEN, MANAGER, "native", "*", "1002000")] == [True, *[False] * 4]


@pytest.mark.parametrize("text", [MANAGER, f"{MANAGER}#", f"{MANAGER}#07", f"{MANAGER}#x", f"{MANAGER}#7#8", "#7"])
def test_other_text_is_no_position(text: str) -> None:
    """Whatever is not an address, a sign and a decimal number is refused."""
    with pytest.raises(ValueError, match="no position"):
        parts(AssetId(text))


# --- the book


def test_a_whole_life() -> None:
    """Units are made when added, end when paid out, move with the NFT; fees alone move none."""
    assert rows_of(LIFE) == list(ROWS)
    assert rows_of(tuple(reversed(LIFE))) == list(ROWS)


def test_two_withdrawals_paid_together_are_two_rows() -> None:
    """Each withdrawal is a row, also where one collection pays both."""
    logs = [*LIFE[:2], log(11, 0, DECREASED, 30, 1, 1), log(11, 1, DECREASED, 40, 1, 1), log(11, 2, COLLECTED, A, 2, 2)]
    assert rows_of(logs)[1:] == [(11, A, ZERO, 30), (11, A, ZERO, 40)]


def test_a_collection_that_pays_too_little_pays_the_oldest_first() -> None:
    """What is left of a withdrawal waits for the next collection; nothing is lost by rounding."""
    out = [log(11, 0, DECREASED, 31, 10, 0), log(11, 1, DECREASED, 40, 10, 0)]
    paid = [log(12 + nth, 0, COLLECTED, A, 7, 0) for nth in range(3)]
    assert rows_of([*LIFE[:2], *out, *paid])[1:] == [
        (12, A, ZERO, 21),
        (13, A, ZERO, 10),
        (13, A, ZERO, 16),
        (14, A, ZERO, 24),
    ]


def test_a_withdrawal_of_nothing_to_pay_ends_with_the_next_collection() -> None:
    """Liquidity too small to be worth one base unit ends all the same, at the latest with the NFT."""
    assert rows_of([*LIFE[:2], log(11, 0, DECREASED, 9, 0, 0), log(12, 0, COLLECTED, A, 0, 0)])[1:] == [
        (12, A, ZERO, 9)
    ]
    assert rows_of([*LIFE[:2], log(11, 0, DECREASED, 100, 0, 0), log(12, 0, MOVED, A, ZERO)])[1:] == [
        (12, A, ZERO, 100)
    ]


def test_what_waits_to_be_paid_goes_with_the_nft() -> None:
    """Liquidity taken out and not collected is the new holder's."""
    logs = [*LIFE[:2], log(11, 0, DECREASED, 40, 4, 4), log(12, 0, MOVED, A, B), log(13, 0, COLLECTED, C, 4, 4)]
    assert rows_of(logs)[1:] == [(12, A, B, 100), (13, B, ZERO, 40)]


@pytest.mark.parametrize(
    "odd",
    [
        log(11, 0, MOVED, B, C),  # from somebody who does not have it
        log(11, 0, MOVED, A, A),
        log(11, 0, DECREASED, 10**30, 5, 5),  # more than there is: waits, and is cut to what there is
        log(11, 0, COLLECTED, A, 2**256 - 1, 2**256 - 1),
        log(11, 0, INCREASED, 0, 0, 0),
        log(11, 0, INCREASED, 5, 5, 5, number=8),
        log(11, 0, INCREASED, 5, 5),
        log(11, 0, INCREASED, 5, 5, 5, data="0x" + "zz" * 96),
        log(11, 0, INCREASED, 5, 5, 5, data="0x" + "00" * 95),
        log(11, 0, INCREASED, 5, 5, 5, removed=True),
        log(11, 0, MOVED, 2**255, A),
        log(11, 0, MOVED, A, B, data="0x" + "00" * 32),
        log(11, 0, MOVED, A, B, topics=[MOVED, "0x1", "0x2", "0x3"]),
        log(11, 0, MOVED, A, B, topics=[]),
        log(11, 0, INCREASED, 5, 5, 5, address=B),
    ],
)
def test_hostile_logs_move_nothing(odd: Log) -> None:
    """What contradicts itself, is ill-shaped, or is about another position makes no row of this one."""
    events = [event for event in position_events(CHAIN, [*LIFE[:2], odd], None, "test") if event.asset == SEVEN]
    book = Book()
    assert shown([row for event in events for row in book.rows(event)]) == [(10, ZERO, A, 100)]


def test_no_more_ends_than_was_made() -> None:
    """A contract that takes out more than it put in ends what there is, and nothing is negative."""
    logs = [*LIFE[:2], log(11, 0, DECREASED, 10**30, 5, 5), log(12, 0, COLLECTED, A, 5, 5)]
    more = [log(13, 0, DECREASED, 1, 5, 5), log(14, 0, COLLECTED, A, 5, 5), log(15, 0, MOVED, A, B)]
    assert rows_of([*logs, *more])[1:] == [(12, A, ZERO, 100)]


def test_nobodys_position_has_no_units() -> None:
    """Before it is minted and after it is burnt nothing is added or taken."""
    assert rows_of([log(9, 0, INCREASED, 5, 5, 5), *LIFE, log(21, 0, INCREASED, 5, 5, 5)]) == list(ROWS)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("add"), st.integers(1, 100), st.integers(0, 9)),
            st.tuples(st.just("take"), st.integers(1, 100), st.integers(0, 9)),
            st.tuples(st.just("pay"), st.integers(0, 30), st.integers(0, 30)),
            st.tuples(st.just("earn"), st.integers(0, 5), st.integers(0, 5)),
            st.tuples(st.just("give"), st.integers(0, 2), st.just(0)),
        ),
        max_size=30,
    ),
    st.sets(st.integers(0, 35)),
)
def test_whatever_an_honest_manager_does_adds_up(steps: list[tuple[str, int, int]], cuts: set[int]) -> None:
    """Units made less ended are what is in it and what waits; a transaction alone tells part of it, nothing else."""
    events, liquidity = honest(steps, cuts)
    book, rows = Book(), []
    for event in events:
        rows += book.rows(event)
    made = sum(row.amount for row in rows if row.sender == ZERO)
    ended = sum(row.amount for row in rows if row.receiver == ZERO)
    assert made - ended == book.held
    assert book.held == liquidity + sum(one.units for one in book.owed)
    for tx in {event.at.tx for event in events}:
        whole = [row for row in rows if row.tx == tx]
        for row in told([event for event in events if event.at.tx == tx], {}):
            whole.remove(row)


def honest(steps: list[tuple[str, int, int]], cuts: set[int]) -> tuple[list[Event], int]:
    """What Uniswap's manager would log of these steps, a new transaction at each cut, and the liquidity at the end.

    At the end all is taken out, paid and burnt if the number of steps is even.
    """
    people, holder, liquidity, owed = (A, B, C), A, 0, [0, 0]
    said: list[tuple[str, tuple[Address, Address], int, tuple[int, int]]] = [(MOVED, (ZERO, A), 0, (0, 0))]
    close = [("take", 10**6, 7), ("pay", 10**6, 10**6), ("burn", 0, 0)] if len(steps) % 2 == 0 else []
    for what, one, two in [*steps, *close]:
        if what == "add":
            liquidity += one
            said.append((INCREASED, (ZERO, ZERO), one, (two, two)))
        elif what == "take" and liquidity:
            gone = min(one, liquidity)
            liquidity -= gone
            owed = [owed[0] + gone * two, owed[1] + gone]
            said.append((DECREASED, (ZERO, ZERO), gone, (gone * two, gone)))
        elif what == "pay":
            paid = min(one, owed[0]), min(two, owed[1])
            owed = [owed[0] - paid[0], owed[1] - paid[1]] if what == "pay" else owed
            said.append((COLLECTED, (ZERO, ZERO), 0, paid))
        elif what == "earn":
            owed = [owed[0] + one, owed[1] + two]
        elif what == "give" and people[one] != holder:
            said.append((MOVED, (holder, people[one]), 0, (0, 0)))
            holder = people[one]
        elif what == "burn" and owed == [0, 0]:
            said.append((MOVED, (holder, ZERO), 0, (0, 0)))
    events, height = [], 1
    for nth, (kind, ends, some, amounts) in enumerate(said):
        height += nth in cuts
        (event,) = events_of([log(height, nth, MOVED, ZERO, A)], _place)
        events.append(event._replace(kind=kind, ends=ends, units=some, amounts=amounts))
    return events, liquidity


def _place(one: Mapping[str, Any]) -> Place:
    position = position_events(CHAIN, [one], None, "test")[0].at.position
    return Place(CHAIN.id, str(one["transactionHash"]), position, START, MANAGER)


@given(st.integers(1, 10**30), st.integers(0, 100), st.integers(0, 100), st.data())
def test_a_part_payment_never_ends_more_than_there_is(whole: int, one: int, two: int, data: st.DataObject) -> None:
    """Between nothing paid and all paid, units grow with either amount and are never more than the withdrawal's."""
    owed = Owed(whole, (one, two))
    paid = data.draw(st.integers(0, one)), data.draw(st.integers(0, two))
    assert 0 <= owed.paid(paid) <= whole
    assert owed.paid((one, two)) == whole
    if one and two:
        assert owed.paid((one, 0)) == owed.paid((0, two)) == whole // 2


# --- one transaction by itself


def test_a_receipt_tells_of_what_was_minted_in_it() -> None:
    """A position minted here is wholly known: also when it is given on, or taken out again, in the same transaction."""
    minted = [log(10, 3, MOVED, ZERO, B), log(10, 4, INCREASED, 100, 1, 1)]
    assert units(receipt(*minted)) == [(10, ZERO, B, 100)]
    given_on = log(10, 5, MOVED, B, A)
    assert units(receipt(*minted, given_on)) == [(10, ZERO, B, 100), (10, B, A, 100)]
    out = [log(10, 5, DECREASED, 40, 1, 1), log(10, 6, COLLECTED, A, 1, 1)]
    assert units(receipt(*minted, *out)) == [(10, ZERO, B, 100), (10, B, ZERO, 40)]


def test_a_receipt_tells_what_was_added_to_an_nft_that_moved() -> None:
    """The holder before the first move is its sender; how much moved is not said, so no row claims it."""
    logs = [log(10, 1, INCREASED, 5, 1, 1), log(10, 2, MOVED, A, B), log(10, 3, INCREASED, 6, 1, 1)]
    assert units(receipt(*logs)) == [(10, ZERO, A, 5), (10, ZERO, B, 6)]


def test_a_receipt_tells_what_was_paid_out_before_the_nft_was_burnt() -> None:
    """Burnt in the same transaction, everything taken out in it was paid; by how many collections must be plain."""
    out = [log(10, 1, DECREASED, 40, 5, 6), log(10, 2, COLLECTED, C, 9, 9)]
    burnt = log(10, 9, MOVED, A, ZERO)
    assert units(receipt(*out, burnt)) == [(10, A, ZERO, 40)]
    assert units(receipt(*out, log(10, 3, COLLECTED, C, 1, 1), burnt)) == []
    assert units(receipt(out[0], log(10, 2, COLLECTED, C, 1, 9), burnt)) == []
    assert units(receipt(*out)) == []


def test_whoever_asked_may_say_whose_it_is() -> None:
    """An addition to an unknown position becomes a row once its holder is told; a failed transaction has none."""
    added = log(10, 1, INCREASED, 5, 1, 1)
    assert units(receipt(added)) == []
    assert units(receipt(added, holders={SEVEN: B})) == [(10, ZERO, B, 5)]
    assert units(receipt(added, holders={SEVEN: ZERO})) == []
    assert unclaimed(position_events(CHAIN, [added, *LIFE[4:6]], None, "test")) == [SEVEN]
    assert unclaimed(position_events(CHAIN, [*LIFE[:3]], None, "test")) == []


def test_a_hostile_contract_cannot_make_it_ask_for_ever() -> None:
    """Of a thousand positions in one transaction four are asked for."""
    many = [log(10, number, INCREASED, 5, 1, 1, number=number) for number in range(1_000)]
    assert len(unclaimed(position_events(CHAIN, many, None, "test"))) == positions.MOST_ASKED


MINTED: Final = "0x6bf3588f669a784adf5def3c0db149b0cdbcca775e472bb35f00acedee263c4c"
GIVEN_ON: Final = "0xbdfe4bfba8932fafed46a0cae44a945088c2496e1ef3c643d315159f900c338b"
CLOSED: Final = "0x6b780ce9ce6f0b9b2d13f741b75f7a867bcdd20ec3b711d0622241cd4abfb090"
WITHDRAWN: Final = "0x76c312fe1c8604de5175c37dcbbb99cc8699336f3e4840e9e29e3383970f6c6d"


@needs_captures
def test_recorded_receipts() -> None:
    """Real ones: minted, minted and given on, closed with its NFT; a withdrawal alone does not say whose it was."""
    recorded = recorded_receipts()

    def ends(tx: str) -> list[tuple[str, str, str]]:
        rows = receipt_of(CHAIN, recorded[tx], 1, "test", time=1).transfers
        return [(row.asset.partition("#")[2], row.sender[-6:], row.receiver[-6:]) for row in rows if "#" in row.asset]

    assert ends(MINTED) == [("401357", "000000", "7ea437")]
    assert ends(GIVEN_ON) == [("2985371", "000000", "443b03"), ("2985371", "443b03", "f25d74")]
    assert ends(CLOSED) == [("192020", "590cef", "000000")]
    assert ends(WITHDRAWN) == []
    (minted,) = (row for row in receipt_of(CHAIN, recorded[MINTED], 1, "test", time=1).transfers if "#" in row.asset)
    assert minted.amount == 24_997_913_866_482_354_300


# --- plain nodes


class Contract:
    """A position manager for `made_up`: LIFE in the logs, and what it answers at each block."""

    def __init__(self, *, uncollected: int = 0, oldest: int = 0, words: int = 12) -> None:
        self.uncollected, self.oldest, self.words = uncollected, oldest, words
        self.calls: list[tuple[str, str]] = []

    def logs(self, params: list[Any]) -> list[Log]:
        query = params[0]
        low, high = int(query["fromBlock"], 16), int(query["toBlock"], 16)
        assert query["address"] == MANAGER
        return [
            one
            for one in LIFE
            if low <= int(one["blockNumber"], 16) <= high
            and all(
                not want or (place < len(one["topics"]) and one["topics"][place] in want)
                for place, want in enumerate(query["topics"])
            )
        ]

    def call(self, params: list[Any]) -> Any:
        data, tag = params[0]["data"], params[1]
        self.calls.append((data[:10], tag))
        height = 99 if tag == "latest" else int(tag, 16)
        if height < self.oldest:
            return Refusal("missing trie node", -32000)
        book = Book()
        for event in position_events(CHAIN, LIFE, None, "test"):
            if event.at.position.height <= height:
                book.rows(event)
        if book.holder == ZERO:
            return Refusal("execution reverted: ERC721: owner query for nonexistent token", 3)
        if data.startswith(OWNER_OF):
            return f"0x{int(book.holder, 16):064x}"
        left = book.held - sum(one.units for one in book.owed)
        record = [0] * 7 + [left, 0, 0, self.uncollected, 0]
        return "0x" + "".join(f"{word:064x}" for word in record[: self.words])


async def rpc_source(contract: Contract, **more: Any) -> Source:
    answers = {"eth_getLogs": contract.logs, "eth_call": contract.call, **more}
    client = Client(MemoryEvidence(), made_up(answers))
    settings = SourceSettings(urls={"rpc.31337": "http://node.test"}, rates={"rpc": 100_000})
    (source,) = rpc.build(CHAIN, client, settings)
    return source


async def read(pages: AsyncIterator[Page], low: int) -> list[Row]:
    """Rows of contiguous pages that begin at ``low``, each with a stored answer."""
    found = [page async for page in pages]
    assert found[0].covers.low == low
    for before, after in pairwise(found):
        assert before.covers.high is not None
        assert after.covers.low == before.covers.high + 1
    assert all(len(page.raws) == len(page.transfers) and page.weak == "" for page in found)
    return shown([row for page in found for row in page.transfers])


async def test_a_node_tells_a_life_from_its_beginning() -> None:
    """Where the mint is among the logs nothing is asked of the contract."""
    contract = Contract()
    source = await rpc_source(contract)
    assert await read(source.history(A, SEVEN, 10, None), 10) == of(A)
    assert contract.calls == []
    assert (await source.asset(SEVEN)).symbol == "position #7"


async def test_a_node_tells_the_rest_from_what_was_before() -> None:
    """From the middle on, the contract says what there was a block earlier, and the rows are the same."""
    contract = Contract()
    source = await rpc_source(contract)
    assert await read(source.history(B, SEVEN, 16, 20), 16) == of(B)
    assert contract.calls == [(OWNER_OF, "0xf"), (POSITIONS, "0xf")]
    assert await read(source.history(A, SEVEN, 12, 14), 12) == [(12, ZERO, A, 50)]
    assert await read(source.history(A, SEVEN, 21, None), 21) == []


@pytest.mark.parametrize(
    ("contract", "why"),
    [
        (Contract(uncollected=1), "was not collected yet"),
        (Contract(oldest=50), "state not kept"),
        (Contract(words=11), "does not answer as a position manager"),
    ],
)
async def test_a_node_that_cannot_know_says_so(contract: Contract, why: str) -> None:
    """With something waiting, without old state, or with another kind of manager, the next source is asked."""
    source = await rpc_source(contract)
    with pytest.raises(Unsupported, match=why):
        await read(source.history(B, SEVEN, 16, 20), 16)


async def test_balances_of_a_node() -> None:
    """Whoever has the NFT has its liquidity at that block; nobody else, and nobody after it is burnt."""
    source = await rpc_source(Contract())
    for who, height, held in ((A, 12, 150), (B, 12, 0), (A, 16, 0), (B, 16, 90), (B, 17, 0), (B, 20, 0), (A, 5, 0)):
        balance = await source.balance(who, SEVEN, Block(CHAIN.id, height, "", 0, height))
        assert (balance.amount, balance.at) == (held, height)
    newest = await (await rpc_source(Contract(oldest=50))).balance(B, SEVEN, Block(CHAIN.id, 16, "", 0, 16))
    assert (newest.amount, newest.at) == (0, None)


def whole_answers(*logs: Log) -> dict[str, Any]:
    """A node's answers about one transaction in block 12 with these logs."""
    told_of = {
        "transactionHash": f"0x{12:064x}", "blockNumber": "0xc", "transactionIndex": "0x0", "from": A, "to": MANAGER,
        "gasUsed": "0x1", "effectiveGasPrice": "0x1", "status": "0x1", "logs": list(logs),
    }  # fmt: skip
    sent = {"value": "0x0", "input": "0x12", "gasPrice": "0x1"}
    return {"eth_getTransactionReceipt": lambda _: told_of, "eth_getTransactionByHash": lambda _: sent}


async def test_a_node_is_asked_whose_position_was_added_to() -> None:
    """A whole transaction has the addition as a row, where the NFT had one holder before and after the block."""
    contract = Contract()
    source = await rpc_source(contract, **whole_answers(LIFE[2]))
    assert units(await source.whole(f"0x{12:064x}", START)) == [(12, ZERO, A, 50)]
    assert contract.calls == [(OWNER_OF, "0xb"), (OWNER_OF, "0xc")]
    blind = await rpc_source(Contract(oldest=50), **whole_answers(LIFE[2]))
    assert units(await blind.whole(f"0x{12:064x}", START)) == []


# --- explorers

EXPLORERS: Final = (etherscan, routescan, blockscout)


def explorer_source(stand_in: StandIn, kind: Any) -> Source:
    urls = {"etherscan": "http://e.test/v2/api", "routescan": "http://r.test", "blockscout": "http://b.test"}
    settings = SourceSettings(urls=urls, rates=dict.fromkeys(urls, 10_000))
    client = Client(MemoryEvidence(), transport=httpx.MockTransport(stand_in.answer))
    (source,) = kind.build(load_chains()["eip155:1"], client, settings)
    built: Source = source
    return built


def explorer_rows() -> list[Log]:
    """LIFE as getLogs writes it."""
    return [
        {
            **{name: value for name, value in one.items() if name != "blockTimestamp"},
            "timeStamp": one["blockTimestamp"],
            "logIndex": "0x" if one["logIndex"] == "0x0" else one["logIndex"],
            "transactionIndex": "0x",
        }
        for one in LIFE
    ]


@pytest.mark.parametrize("kind", EXPLORERS)
async def test_explorers_tell_it_in_two_requests(kind: Any) -> None:
    """From any height on, the first log on is read: one list by each topic."""
    for who, low in ((A, 0), (A, 12), (B, 16), (B, 18)):
        stand_in = StandIn({"getLogs": explorer_rows()})
        assert await read(explorer_source(stand_in, kind).history(who, SEVEN, low, None), low) == of(who, low)
        assert [asked.get("topic1", asked.get("topic3")) for asked in stand_in.asked] == [f"0x{7:064x}"] * 2
        assert all("topic0" not in asked for asked in stand_in.asked)


async def test_pages_of_a_long_life_are_whole() -> None:
    """A list longer than a page is read to its end, and no page before the height asked for is given out."""
    rows = explorer_rows()
    fees = [{**rows[3], "blockNumber": hex(13), "logIndex": hex(nth + 1)} for nth in range(1_500)]
    stand_in = StandIn({"getLogs": [*rows[:4], *fees, *rows[4:]]})
    source = explorer_source(stand_in, etherscan)
    assert await read(source.history(B, SEVEN, 16, 19), 16) == of(B)


async def test_an_explorer_that_gives_other_logs_is_wrong() -> None:
    """A log of another contract ends the reading."""
    (odd,) = (one for one in explorer_rows() if one["blockNumber"] == hex(12))
    with pytest.raises(Malformed, match="asked for the logs"):
        read_logs(CHAIN, "test", SEVEN, [({**odd, "address": B}, 1)], None)
    for missing in ("address", "topics", "data", "blockNumber", "logIndex"):
        broken = {name: value for name, value in odd.items() if name != missing}
        with pytest.raises(Malformed, match=missing):
            read_logs(CHAIN, "test", SEVEN, [(broken, 1)], None)


def calls(count: int, holder: str, liquidity: int, words: int = 12) -> dict[str, Any]:
    """What the manager answers: NFTs of whoever asks, the holder of number 7, its liquidity."""
    record = [0] * 7 + [liquidity] + [0] * 4
    said = {
        "0x70a08231": f"0x{count:064x}",
        OWNER_OF: f"0x{int(holder, 16):064x}",
        POSITIONS: "0x" + "".join(f"{word:064x}" for word in record[:words]),
    }
    return {"eth_call": lambda asked: said[(asked if isinstance(asked, str) else asked["data"])[:10]]}


@pytest.mark.parametrize("kind", EXPLORERS)
async def test_balances_of_explorers(kind: Any) -> None:
    """Whoever has no NFT of the manager, or not this one, has none of it: one, two or three requests."""
    now = Block("eip155:1", 99, "", 0, 99)
    for count, holder, held, asked in ((0, B, 0, 1), (1, B, 0, 2), (1, A, 90, 3)):
        stand_in = StandIn(proxy=calls(count, holder, 90))
        balance = await explorer_source(stand_in, kind).balance(A, SEVEN, now)
        assert (balance.amount, balance.at, len(stand_in.asked)) == (held, None, asked)
    with pytest.raises(Unsupported, match="position manager"):
        await explorer_source(StandIn(proxy=calls(1, A, 90, words=11)), kind).balance(A, SEVEN, now)
    assert (await explorer_source(StandIn(), kind).asset(SEVEN)).symbol == "position #7"


@pytest.mark.parametrize("kind", EXPLORERS)
async def test_explorers_are_asked_whose_position_was_added_to(kind: Any) -> None:
    """The NFT's moves up to the transaction say who had it then."""
    proxy = {name: answer(None) for name, answer in whole_answers(LIFE[2]).items()}
    stand_in = StandIn({"getLogs": explorer_rows(), "bytx": []}, proxy={**proxy, "tip": 99})
    found = await explorer_source(stand_in, kind).whole(f"0x{12:064x}", START)
    assert units(found) == [(12, ZERO, A, 50)]
    assert stand_in.count("getLogs") == 1
    assert block_json(12)["timestamp"]


# --- bulk indexes


def bulk_world() -> World:
    logs = [
        {**one, "blockNumber": int(one["blockNumber"], 16), "logIndex": int(one["logIndex"], 16), "transactionIndex": 0}
        for one in LIFE
    ]
    return World(first=0, last=30, start=START, step=12, logs=logs)


@pytest.mark.parametrize("span", [1, 4, 100])
async def test_hypersync_tells_it_from_the_first_block(span: int) -> None:
    """However far one answer reaches, rows and coverage are the same."""
    row = {"hypersync": {"traces": False}}
    chain = Chain("eip155:1", "ethereum", "evm", "ETH", 18, "", sources=row)
    settings = SourceSettings(
        urls={"hypersync": "http://hypersync"}, rates={"hypersync": 5000.0}, keys={"hypersync": "secret-token"}
    )
    server = HyperSyncStandIn(bulk_world(), span=span)
    async with Client(MemoryEvidence(), httpx.ASGITransport(app=server.app)) as client:
        (source,) = hypersync.build(chain, client, settings)
        for who, low, high in ((A, 0, None), (A, 12, 30), (B, 16, 20)):
            assert await read(source.history(who, SEVEN, low, high), low) == of(who, low)


async def test_the_portal_says_that_it_cannot() -> None:
    """Its stream is too slow for a life that may be years long, so the next source is asked."""
    chain = Chain(
        "eip155:1", "ethereum", "evm", "ETH", 18, "", sources={"sqd": {"slug": "ethereum-mainnet", "traces": True}}
    )
    settings = SourceSettings(urls={"sqd": "http://sqd"}, rates={"sqd": 5000.0})
    server = PortalStandIn(bulk_world(), "ethereum-mainnet", "evm")
    async with Client(MemoryEvidence(), httpx.ASGITransport(app=server.app)) as client:
        (source,) = sqd.build(chain, client, settings)
        with pytest.raises(Unsupported, match="no such question"):
            await read(source.history(A, SEVEN, 0, 20), 0)
    assert server.asked == []
