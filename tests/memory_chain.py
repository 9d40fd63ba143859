"""A whole chain in memory that keeps its own books: what tests play on it, a source shows to the tracer without HTTP.

`Memory` is played forward in time: a transaction is refused when somebody would pay what he does not have, so every
balance is the exact sum of the rows before it. `MemorySource` answers everything a source may be asked, EVM or TRON,
code, lent energy and contract calls among it. Unlike `tests.tracer.small_world` it is indexed, for thousands of rows.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from chains.errors import NotFound
from chains.http import Client
from chains.model import (
    ANY_TOKEN,
    FEE_SINK,
    NATIVE,
    Address,
    Asset,
    AssetId,
    Balance,
    Block,
    Called,
    Calls,
    Coverage,
    EventPage,
    Kind,
    Mark,
    Page,
    Position,
    Receipt,
    Support,
    Transfer,
    number_equal_rows,
)
from chains.reader import Reader
from chains.registry import Chain, SourceSettings, load_chains
from chains.tron_address import from_hex
from tracer.case import open_case
from tracer.config import Config
from tracer.question import Question, VictimAsk
from tracer.result import rfc3339
from tracer.session import Outcome, trace_case

EVM = load_chains()["eip155:1"]
TRON = load_chains()["tron:mainnet"]
START = 1_700_000_000
SECONDS: Mapping[str, int] = {"evm": 12, "tron": 3}
PAGE = 200
NOTHING = "0x" + "0" * 64
"""What every contract answers to every call: no."""


class Pay(NamedTuple):
    """One movement inside a transaction."""

    asset: AssetId
    sender: Address
    receiver: Address
    amount: int


class Made(NamedTuple):
    """Who signed a transaction, what it called or paid, where it stands, and the rows it left."""

    signer: Address
    target: Address
    fee: int
    height: int
    place: int
    time: int
    rows: tuple[Transfer, ...]


@dataclass
class Memory:
    """The chain. ``balances`` are as of the last transaction; `give` is what somebody had before the first."""

    chain: Chain = EVM
    rows: list[Transfer] = field(default_factory=list)
    supports: list[Support] = field(default_factory=list)
    made: dict[str, Made] = field(default_factory=dict)
    codes: dict[Address, str] = field(default_factory=dict)
    accounts: set[Address] = field(default_factory=set)
    openings: Counter[tuple[Address, AssetId]] = field(default_factory=Counter)
    balances: Counter[tuple[Address, AssetId]] = field(default_factory=Counter)
    now: int = START
    _index: int = 0
    _filling: int = -1

    def who(self, name: str) -> Address:
        """The address of somebody."""
        digits = sha256(name.encode()).hexdigest()[:40]
        return from_hex(digits) if self.chain.family == "tron" else Address("0x" + digits)

    def clone(self, address: Address, of: str) -> None:
        """Put code at an address; clones of one contract share it."""
        self.codes[address] = sha256(of.encode()).hexdigest()

    def give(self, who: Address, asset: AssetId, amount: int) -> None:
        """What somebody has had since before the first block."""
        self.openings[who, asset] += amount
        self.balances[who, asset] += amount

    def held(self, who: Address, asset: AssetId) -> int:
        """What somebody has now."""
        return self.balances[who, asset]

    def block_of(self, time: int) -> Block:
        """The first block at or after a time."""
        step = SECONDS[self.chain.family]
        number = max(0, -(-(time - START) // step))
        return self.block(number)

    def block(self, number: int) -> Block:
        """A block by its number; on TRON the time in milliseconds is the height."""
        time = START + number * SECONDS[self.chain.family]
        height = time * 1000 if self.chain.family == "tron" else number
        return Block(self.chain.id, number, f"0x{number:064x}", time, height)

    def tick(self, time: int) -> None:
        """Let time go on."""
        assert time >= self.now, "time does not run backwards"
        self.now = time

    def _place(self) -> Block:
        block = self.block_of(self.now)
        self._index = self._index + 1 if block.number == self._filling else 0
        self._filling = block.number
        return block

    def send(self, signer: Address, pays: Sequence[Pay], *, target: str = "", fee: int = 0) -> str:
        """One transaction now; returns its hash.

        The first movement of coin is its own value when the signer pays it, every other one a call inside.
        """
        block = self._place()
        tx = sha256(f"{self.chain.id} {block.number} {self._index}".encode()).hexdigest()
        tx = tx if self.chain.family == "tron" else "0x" + tx
        moves = [(Kind.FEE, Pay(NATIVE, signer, FEE_SINK, fee))] if fee else []
        moves += [(self._kind(number, signer, pay), pay) for number, pay in enumerate(pays)]
        rows = []
        for number, (kind, pay) in enumerate(moves):
            self._book(pay)
            place = Position(block.height, self._index, kind, (number,))
            rows.append(Transfer(self.chain.id, tx, place, block.time, pay.asset, pay.sender, pay.receiver, pay.amount))
        rows = number_equal_rows(sorted(rows, key=lambda row: row.position))
        self.rows.extend(rows)
        called = Address(target) or pays[0].receiver
        self.made[tx] = Made(signer, called, fee, block.height, self._index, block.time, tuple(rows))
        return tx

    def _kind(self, number: int, signer: Address, pay: Pay) -> Kind:
        if pay.asset != NATIVE:
            return Kind.TOKEN
        return Kind.NATIVE if number == 0 and pay.sender == signer else Kind.INTERNAL

    def _book(self, pay: Pay) -> None:
        assert pay.amount > 0, pay
        assert self.balances[pay.sender, pay.asset] >= pay.amount, f"{pay.sender} has too little {pay.asset}"
        self.balances[pay.sender, pay.asset] -= pay.amount
        self.balances[pay.receiver, pay.asset] += pay.amount

    def lend(self, giver: Address, receiver: Address) -> None:
        """Energy lent now (TRON): a transaction of the giver that moves no value."""
        block = self._place()
        tx = sha256(f"{self.chain.id} lent {block.number} {self._index}".encode()).hexdigest()
        place = Position(block.height, self._index, Kind.NATIVE, (0,))
        self.supports.append(Support(self.chain.id, tx, place, block.time, giver, receiver))
        self.made[tx] = Made(giver, receiver, 0, block.height, self._index, block.time, ())


class MemorySource:
    """A finished `Memory` as a source. ``asked`` counts questions by kind; with a client they count as its own."""

    def __init__(self, memory: Memory, client: Client | None = None, page: int = PAGE) -> None:
        self.name, self.chain, self.memory, self.client, self.page = "memory", memory.chain, memory, client, page
        self.asked: Counter[str] = Counter()
        self._rows: dict[tuple[Address, AssetId], list[Transfer]] = defaultdict(list)
        for row in memory.rows:
            for end in {row.sender, row.receiver}:
                self._rows[end, row.asset].append(row)
                if row.asset != NATIVE:
                    self._rows[end, ANY_TOKEN].append(row)
        self._supports: dict[Address, list[Support]] = defaultdict(list)
        for support in memory.supports:
            for end in {support.giver, support.receiver}:
                self._supports[end].append(support)

    async def _ask(self, kind: str, *what: object) -> None:
        self.asked[kind] += 1
        if self.client is not None:
            self.client._asked.add(" ".join(map(str, (kind, *what))))
        await asyncio.sleep(0)

    async def head(self) -> Block:
        return self.memory.block_of(self.memory.now)

    async def block(self, number: int) -> Block:
        return self.memory.block(number)

    async def block_at(self, time: int) -> Block:
        return self.memory.block_of(time)

    async def receipt(self, tx: str) -> Receipt:
        await self._ask("receipt", tx)
        made = self.memory.made.get(tx)
        if made is None:
            raise NotFound(tx, self.name)
        moved = [row for row in made.rows if row.sender in self.memory.accounts]
        marks = tuple(Mark("account", row.sender, row.sender, row.position) for row in moved)
        return Receipt(
            self.chain.id, tx, made.height, made.place, made.time, made.signer, True, made.fee, made.rows,
            (), (), True, 1, marks, made.target,
        )  # fmt: skip

    positions = receipt

    async def whole(self, tx: str, _time: int | None = None) -> Receipt:
        return await self.receipt(tx)

    async def calls(self, receipt: Receipt) -> Calls:
        return Calls(tuple(row for row in receipt.transfers if row.position.kind is Kind.INTERNAL), receipt.raw)

    async def history(self, who: Address, asset: AssetId, low: int, high: int | None) -> AsyncIterator[Page]:
        rows = [row for row in self._rows[who, asset] if low <= row.position.height and not _beyond(row, high)]
        lent = self._supports[who] if asset == NATIVE else []
        lent = [one for one in lent if low <= one.position.height and not _beyond(one, high)]
        while True:
            await self._ask("history", who, asset, low, high)
            last = len(rows) <= self.page
            until = high if last else rows[self.page - 1].position.height
            cut = len(rows) if last else bisect_right(rows, until or 0, key=_height)
            part, rows = tuple(rows[:cut]), rows[cut:]
            here = tuple(one for one in lent if not _beyond(one, until))
            yield Page(part, (1,) * len(part), Coverage(low, until), supports=here)
            if last or until is None:
                return
            low, lent = until + 1, lent[len(here) :]

    async def balance(self, who: Address, asset: AssetId, at: Block) -> Balance:
        await self._ask("balance", who, asset, at.height)
        held = self.memory.openings[who, asset]
        for row in self._rows[who, asset]:
            if row.position.height <= at.height:
                held += row.amount * ((row.receiver == who) - (row.sender == who))
        return Balance(held, at.height, 1)

    async def is_contract(self, who: Address) -> bool:
        await self._ask("code", who)
        return who in self.memory.codes

    async def code(self, who: Address) -> str:
        await self._ask("code", who)
        return self.memory.codes.get(who, "")

    async def call(self, contract: Address, data: str, at: Block) -> Called:
        await self._ask("call", contract, data)
        return Called(NOTHING, at.height, 1)

    async def events(self, contract: Address, topics: tuple[str, ...], low: int, high: int) -> AsyncIterator[EventPage]:
        await self._ask("events", contract, *topics, low, high)
        yield EventPage((), Coverage(low, high))

    async def asset(self, asset: AssetId) -> Asset:
        return Asset(self.chain.id, asset, "THING", 6)


def _height(row: Transfer) -> int:
    return row.position.height


def _beyond(row: Transfer | Support, high: int | None) -> bool:
    return high is not None and row.position.height > high


class Traced(NamedTuple):
    """A finished trace over a memory, with the source that answered it."""

    outcome: Outcome
    source: MemorySource


def trace_memory(
    memory: Memory,
    folder: Path,
    victims: Iterable[tuple[Address, int]],
    labels: Sequence[Mapping[str, str]] = (),
    **settings: Any,
) -> Traced:
    """Trace each victim since a Unix time. ``labels`` are rows of a user's label file by column."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "labels.csv"
    columns = ("chain", "address", "entity", "category", "confidence", "source")
    lines = [columns, *(tuple(row.get(column, "") for column in columns) for row in labels)]
    file.write_text("".join(",".join(cells) + "\n" for cells in lines), encoding="utf-8")
    settings.setdefault("min_value", Decimal(0))
    asks = tuple(VictimAsk(who, rfc3339(since)) for who, since in victims)
    question = Question(asks, chain=memory.chain.name, labels=(str(file),), **settings)
    sources: list[MemorySource] = []

    def reader(chain: Chain, client: Client, _: object) -> Reader:
        sources.append(MemorySource(memory, client))
        return Reader(chain, [sources[-1]])

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tracer.session.open_reader", reader)
        with open_case(folder / "case", question=question) as case:
            chains = Config({memory.chain.id: memory.chain}, SourceSettings(rates={"prices": 1000}))
            outcome = asyncio.run(trace_case(case, question, chains, transport=httpx.MockTransport(_no_prices)))
    return Traced(outcome, sources[0])


def _no_prices(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"coins": {}})
