"""A chain in memory that grows, forks and fails by a seed, and the truth about it, for tests of the watch itself.

The truth is worked out from nil over the whole final chain, by the case's own accounting and not by the watch's.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from chains.errors import Down, NotFound
from chains.model import Address, AssetId, Balance, Block, Kind, Position, Transfer
from chains.scan import Scanned, Sight, Tips, Watched
from tracer.fold import Fold
from tracer.labels import Label
from tracer.ledger import Account, Follow, Identity, Ledger

CHAIN: Final = "eip155:1"
TOKEN: Final = AssetId("0xdac17f958d2ee523a2206206994597c13d831ec7")
FINALITY: Final = 24
PEOPLE: Final = tuple(Address(f"0x{number:040x}") for number in range(0xA000, 0xA000 + 24))
THIEF, EXCHANGE, VICTIM = PEOPLE[0], PEOPLE[1], PEOPLE[2]
STOLEN: Final = 1_000_000

LABELS: Final = (Label(CHAIN, EXCHANGE, "Example Exchange", "exchange_hot", "test", "2026", 90, kind="authority"),)


@dataclass(slots=True)
class Restless:
    """The chain as it is now, and the sources' moods. Everything follows from the seed."""

    seed: int
    faults: float = 0.0
    blocks: list[tuple[str, tuple[Transfer, ...]]] = field(default_factory=list)
    opening: dict[Address, int] = field(default_factory=dict)
    random: random.Random = field(init=False)
    sealed: int = 0
    """Blocks up to this number cannot be replaced any more, as somebody was told that they are final."""
    scans: int = 0
    source: str = "memory"
    endpoints: tuple[str, ...] = ("memory",)
    pending: list[Transfer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.opening = {who: self.random.randrange(0, 5_000) for who in PEOPLE}
        self.opening[THIEF] = STOLEN
        self.mine(0)

    # --- the chain

    def balances(self) -> dict[Address, int]:
        """What everybody holds now."""
        held = dict(self.opening)
        for one in (one for _, rows in self.blocks for one in rows):
            held[one.sender] = held[one.sender] - one.amount
            held[one.receiver] = held[one.receiver] + one.amount
        return held

    def mine(self, payments: int) -> None:
        """One more block with so many payments, first those that a fork has thrown out."""
        held, rows = self.balances(), list[Transfer]()
        number = len(self.blocks)
        for _ in range(payments):
            payer = self.random.choice([who for who in PEOPLE if held[who]] or [THIEF])
            payee = self.random.choice([who for who in PEOPLE if who != payer])
            if not held[payer] or payer == EXCHANGE:
                continue
            amount = self.random.randint(1, held[payer]) if self.random.random() < 0.8 else held[payer]
            rows.append(self._transfer(payer, payee, amount, number, len(rows)))
            held[payer] -= amount
            held[payee] += amount
        self._append(rows)

    def _transfer(self, payer: Address, payee: Address, amount: int, number: int, index: int) -> Transfer:
        tx = "0x" + hashlib.sha256(f"{self.seed}|{self.random.random()}".encode()).hexdigest()
        place = Position(number, index, Kind.TOKEN, (index,))
        return Transfer(CHAIN, tx, place, 1_700_000_000 + 12 * number, TOKEN, payer, payee, amount)

    def _append(self, rows: Iterable[Transfer]) -> None:
        rows = tuple(rows)
        before = self.blocks[-1][0] if self.blocks else ""
        said = f"{before}|{len(self.blocks)}|{[one.identity for one in rows]}|{self.random.random()}"
        self.blocks.append(("0x" + hashlib.sha256(said.encode()).hexdigest(), rows))

    def fork(self, depth: int) -> None:
        """Replace the newest blocks that may still be: of their payments some come again, later or in another order."""
        depth = min(depth, len(self.blocks) - 1 - self.sealed)
        if depth <= 0:
            return
        lost = [one for _, rows in self.blocks[-depth:] for one in rows]
        del self.blocks[-depth:]
        again = [one for one in lost if self.random.random() < 0.6]
        self.random.shuffle(again)
        for _ in range(depth):
            held, rows = self.balances(), list[Transfer]()
            number = len(self.blocks)
            for one in [one for one in again if self.random.random() < 0.7]:
                if held[one.sender] >= one.amount:
                    place = Position(number, len(rows), Kind.TOKEN, (len(rows),))
                    rows.append(one._replace(position=place, time=1_700_000_000 + 12 * number))
                    held[one.sender] -= one.amount
                    held[one.receiver] += one.amount
                    again.remove(one)
            self._append(rows)

    def held(self, who: Address, number: int) -> int:
        """What somebody held right before a block."""
        rows = [one for _, block in self.blocks[:number] for one in block]
        paid = sum(one.amount for one in rows if one.sender == who)
        return self.opening[who] - paid + sum(one.amount for one in rows if one.receiver == who)

    # --- as a scanner

    def _block(self, number: int) -> Block:
        if not 0 <= number < len(self.blocks):
            raise NotFound(f"block {number}", "memory")
        return Block(CHAIN, number, self.blocks[number][0], 1_700_000_000 + 12 * number, number)

    def _mood(self, what: str) -> None:
        if self.random.random() < self.faults:
            raise Down("memory", what, "a bad mood")

    def reopen(self) -> None:
        """Nothing to reopen."""

    async def tips(self) -> Tips:
        self._mood("tips")
        newest = len(self.blocks) - 1
        self.sealed = max(self.sealed, newest - FINALITY)
        return Tips(self._block(newest), self._block(max(0, self.sealed)))

    async def block(self, number: int) -> Block:
        self._mood("block")
        return self._block(number)

    async def scan(self, who: Watched, low: int, high: int) -> Scanned:
        self._mood("scan")
        self.scans += 1
        if self.faults and self.random.random() < self.faults:
            self.fork(self.random.randint(1, 20))  # between the question and the answer
        top = self._block(high)
        sights = [
            Sight(one, number, self.blocks[number][0], 1)
            for number in range(low, high + 1)
            for one in self.blocks[number][1]
            if one.sender in who.tokens or one.receiver in who.tokens
        ]
        return Scanned(low, high, top, tuple(sights), plan="memory")

    async def held_before(self, who: Address, asset: AssetId, number: int) -> Balance:
        self._mood("balance")
        return Balance(self.held(who, number), number - 1, 1)

    async def is_contract(self, who: Address) -> bool:
        self._mood("code")
        return False

    # --- the truth

    def truth(self, method: str, followed: Iterable[str] = ("fifo",)) -> tuple[dict[Account, int], set[Identity]]:
        """Traced units by account after the newest block, and every payment that carries some, by identity.

        ``followed`` are the methods whose units are followed from account to account.
        """
        rows = [one for _, block in self.blocks for one in block]
        place = Position(0, 0, Kind.TOKEN, (0,))
        seed = Transfer(CHAIN, "0xseed", place, 0, TOKEN, Address("0xvictim"), THIEF, STOLEN)
        follow: dict[Account, Follow] = {(CHAIN, THIEF, TOKEN): Follow(0, 0)}
        while True:
            ledger = Ledger({seed.identity: 0}, follow).add([seed, *rows])
            folds = [Fold(ledger, name, trails=False).run().tally().traced for name in followed]
            new = self._next(ledger, [max(units) for units in zip(*folds, strict=True)], follow)
            if new is None:
                break
            follow |= new
        fold = Fold(ledger, method, trails=False).run()
        held = {account: sum(lot.amount for lot in lots) for account, lots in fold.stolen_lots().items()}
        return held, {ledger.transfers[row].identity for row, units in enumerate(fold.tally().traced) if units and row}

    def _next(self, ledger: Ledger, traced: list[int], follow: dict[Account, Follow]) -> dict[Account, Follow] | None:
        """The first account that received traced units and is not followed from then on, as it is to be."""
        for row, units in enumerate(traced):
            payee, low = ledger.accounts[ledger.payee[row]], ledger.transfers[row].position.height
            if units and payee[1] != EXCHANGE and (payee not in follow or low < follow[payee].low):
                return {payee: Follow(low, self.held(Address(payee[1]), low))}
        return None
