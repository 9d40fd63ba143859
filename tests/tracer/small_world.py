"""A whole chain in memory, read through one made-up source: the tracer runs on it as on a real one, without HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from chains.errors import Down, NotFound, Unsupported
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
    Collectible,
    Coverage,
    EventPage,
    Kind,
    Page,
    Position,
    Receipt,
    Transfer,
)
from chains.reader import Reader
from chains.registry import Chain, SourceSettings, load_chains
from tests.lab.cases import write_labels
from tracer.case import open_case
from tracer.config import Config
from tracer.question import Question, VictimAsk
from tracer.session import Outcome, trace_case

CHAIN = load_chains()["eip155:1"]
USDT = AssetId("0xdac17f958d2ee523a2206206994597c13d831ec7")
START = 1_700_000_000
SECONDS = 12
HEAD = 100_000
NOBODY = Address("0x" + "0" * 40)


def who(name: str) -> Address:
    """The address of somebody."""
    return Address("0x" + sha256(name.encode()).hexdigest()[:40])


VICTIM = who("victim")


@dataclass
class SmallWorld:
    """The chain. ``broken`` addresses have no readable history, ``silent`` ones no balance, ``weak`` ones a doubt.

    Of ``lost`` transactions nobody has the receipt; of ``blind`` ones nobody shows the calls inside.
    """

    transfers: list[Transfer] = field(default_factory=list)
    collectibles: list[Collectible] = field(default_factory=list)
    contracts: set[Address] = field(default_factory=set)
    opening: dict[tuple[Address, AssetId], int] = field(default_factory=dict)
    assets: dict[AssetId, Asset] = field(default_factory=dict)
    broken: set[Address] = field(default_factory=set)
    silent: set[Address] = field(default_factory=set)
    weak: dict[Address, str] = field(default_factory=dict)
    codes: dict[Address, str] = field(default_factory=dict)
    answers: dict[tuple[Address, str], str] = field(default_factory=dict)
    lies: set[AssetId] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    blind: set[str] = field(default_factory=set)
    dice: Random | None = None
    chain: Chain = CHAIN
    name: str = "small"
    page: int = 5
    asked: list[tuple[Address, AssetId, int, int | None]] = field(default_factory=list)

    def pay(
        self,
        height: int,
        sender: str,
        receiver: str,
        amount: int,
        asset: AssetId = USDT,
        *,
        tx: str = "",
        index: int = 0,
    ) -> Transfer:
        """One payment in a block; ``index`` orders payments of one block, ``tx`` puts several into one transaction."""
        kind = Kind.NATIVE if asset == NATIVE else Kind.TOKEN
        return self._add(height, who(sender), who(receiver), amount, asset, kind, tx or f"{height}/{index}", index)

    def inner(self, height: int, sender: str, receiver: str, amount: int, *, tx: str) -> Transfer:
        """Coin paid by a call inside a transaction."""
        return self._add(height, who(sender), who(receiver), amount, NATIVE, Kind.INTERNAL, tx, 0)

    def wrap(self, height: int, holder: str, amount: int, *, tx: str, undone: bool = False) -> Transfer:
        """The event by which the wrapped coin is made for a holder, or ``undone``."""
        ends = (who(holder), NOBODY) if undone else (NOBODY, who(holder))
        assert CHAIN.wrapped is not None
        return self._add(height, *ends, amount, CHAIN.wrapped, Kind.TOKEN, tx, 0)

    def fee(self, height: int, signer: str, amount: int, *, index: int = 0) -> Transfer:
        """A network fee."""
        return self._add(height, who(signer), FEE_SINK, amount, NATIVE, Kind.FEE, f"{height}/{index}", index)

    def _add(
        self,
        height: int,
        sender: Address,
        receiver: Address,
        amount: int,
        asset: AssetId,
        kind: Kind,
        tx: str,
        index: int,
    ) -> Transfer:
        known = [one for one in self.transfers if one.tx == tx_hash(tx)]
        place = Position(height, index, kind, (len(known),))
        made = Transfer(
            CHAIN.id, tx_hash(tx), place, START + height * SECONDS, asset, sender, receiver, amount,
            sum(1 for one in known if one[3:8] == (START + height * SECONDS, asset, sender, receiver, amount)),
        )  # fmt: skip
        self.transfers.append(made)
        return made

    # --- what a source answers

    async def _rest(self) -> None:
        if self.dice is not None:
            await asyncio.sleep(self.dice.random() * 0.003)

    async def head(self) -> Block:
        return Block(CHAIN.id, HEAD, "0xhead", START + HEAD * SECONDS, HEAD)

    async def block(self, number: int) -> Block:
        shown = "0xhead" if number == HEAD else f"0x{number:x}"
        return Block(CHAIN.id, number, shown, START + number * SECONDS, number)

    async def block_at(self, time: int) -> Block:
        return await self.block(max(0, -(-(time - START) // SECONDS)))

    async def receipt(self, tx: str) -> Receipt:
        await self._rest()
        rows = tuple(one for one in self.transfers if one.tx == tx)
        if not rows:
            raise NotFound(tx, CHAIN.name)
        place = rows[0].position
        return Receipt(
            CHAIN.id,
            tx,
            place.height,
            place.tx_index,
            rows[0].time,
            rows[0].sender,
            True,
            0,
            rows,
            (),
            (),
            True,
            1,
        )

    positions = receipt

    async def calls(self, receipt: Receipt) -> Calls:
        if receipt.tx in self.blind:
            raise Unsupported(self.name, "calls", "it does not trace")
        return Calls(tuple(one for one in receipt.transfers if one.position.kind is Kind.INTERNAL), receipt.raw)

    async def whole(self, tx: str, time: int | None = None) -> Receipt:
        receipt = await self.receipt(tx)
        if tx in self.lost:
            raise Down(self.name, "receipt", "the disk is gone")
        if tx not in self.blind:
            return receipt
        shown = tuple(one for one in receipt.transfers if one.position.kind is not Kind.INTERNAL)
        return receipt._replace(transfers=shown, internals=False)

    async def history(self, holder: Address, asset: AssetId, low: int, high: int | None) -> AsyncIterator[Page]:
        self.asked.append((holder, asset, low, high))
        await self._rest()
        if holder in self.broken:
            raise Down(self.name, "history", "the disk is gone")
        rows = sorted(
            (one for one in self.transfers if self._concerns(one, holder, asset, low, high)), key=_by_position
        )
        seen = tuple(one for one in self.collectibles if asset == ANY_TOKEN and holder in (one.sender, one.receiver))
        heights = sorted({one.position.height for one in rows})
        for start in range(0, max(len(heights), 1), self.page):
            await self._rest()
            chosen = heights[start : start + self.page]
            last = start + self.page >= len(heights)
            until = high if last else chosen[-1]
            part = tuple(one for one in rows if one.position.height in chosen)
            yield Page(
                part, (1,) * len(part), Coverage(low, until), collectibles=seen if last else (),
                weak=self.weak.get(holder, ""),
            )  # fmt: skip
            low = (until or 0) + 1

    def _concerns(self, one: Transfer, holder: Address, asset: AssetId, low: int, high: int | None) -> bool:
        if one.tx in self.blind and one.position.kind is Kind.INTERNAL:
            return False
        asked = one.asset == asset or (asset == ANY_TOKEN and one.asset != NATIVE)
        inside = low <= one.position.height <= (HEAD if high is None else high)
        return asked and inside and holder in (one.sender, one.receiver)

    async def balance(self, holder: Address, asset: AssetId, at: Block) -> Balance:
        await self._rest()
        if holder in self.silent or holder in self.broken:
            raise Down(self.name, "balance", "no balances today")
        held = self.opening.get((holder, asset), 0)
        if asset not in self.lies:
            for one in self.transfers:
                if one.asset == asset and one.position.height <= at.height:
                    held += one.amount * ((one.receiver == holder) - (one.sender == holder))
        return Balance(held, at.height, 1)

    async def is_contract(self, holder: Address) -> bool:
        await self._rest()
        return holder in self.contracts

    async def code(self, holder: Address) -> str:
        await self._rest()
        return self.codes.get(holder, "0" * 64) if holder in self.contracts else ""

    async def call(self, contract: Address, data: str, at: Block) -> Called:
        await self._rest()
        if (contract, data) not in self.answers:
            raise Unsupported(self.name, f"call of {contract}", "no answer was made up")
        return Called(self.answers[contract, data], at.height, 1)

    def events(self, contract: Address, topics: tuple[str, ...], low: int, high: int) -> AsyncIterator[EventPage]:
        raise Unsupported(self.name, f"events of {contract}", "no events here")

    async def asset(self, asset: AssetId) -> Asset:
        return self.assets.get(asset, Asset(CHAIN.id, asset, "THING", 6))


def tx_hash(text: str) -> str:
    """A transaction hash."""
    return "0x" + sha256(text.encode()).hexdigest()


def _by_position(one: Transfer) -> tuple[Any, ...]:
    return (one.position, one.identity)


CONFIG = Config({CHAIN.id: CHAIN}, SourceSettings(rates={"prices": 1000}))
"""One chain; the made-up price source may be asked as often as one likes."""


def no_prices(_: httpx.Request) -> httpx.Response:
    """A price source that knows nothing: stablecoins are then taken at their peg."""
    return httpx.Response(200, json={"coins": {}})


def trace(
    world: SmallWorld,
    folder: Path,
    *,
    labels: Mapping[str, str] | None = None,
    victims: Iterable[tuple[str, int | str]] = (("victim", 0),),
    **settings: Any,
) -> Outcome:
    """Trace each (victim, since): a height or a hash. ``labels``: category by name, read as a user's file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = write_labels(folder / "labels.csv", CHAIN.id, {who(name): kind for name, kind in (labels or {}).items()})
    settings.setdefault("min_value", Decimal(0))
    if "own" in settings:
        settings["own"] = tuple(who(name) for name in settings["own"])
    asks = tuple(VictimAsk(who(name), str(since)) for name, since in victims)
    question = Question(asks, chain="ethereum", labels=(str(file),), **settings)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tracer.session.open_reader", lambda chain, client, chosen: Reader(chain, [world]))
        with open_case(folder / "case", question=question) as case:
            return asyncio.run(trace_case(case, question, CONFIG, transport=httpx.MockTransport(no_prices)))
