"""The TRON stand-in's living chain as the ground of a restless world. What has 19 blocks above it is solid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, cast

from tests.lab.desk import Reply, Request
from tests.lab.ledger import Call, Ledger, Log, Move, Tx
from tests.lab.restless import COIN, TOKEN, Paid, Sent
from tests.lab.restless_truth import Row
from tests.lab.tron_live import BEHIND, FAUCET, USDT, Order, TronLive
from tests.lab.trongrid import Grid

BURN = "T9yD14Nj9j7xAB4dbGeiX9h8upfCg3PBbY"


class TronGround:
    """A chain in memory; every transaction burns the same fee. One coin of the script is a thousand TRX here."""

    chain = "tron:mainnet"
    token = USDT
    one = 10**9
    fee = 345_000
    final = BEHIND

    def __init__(self, live: TronLive) -> None:
        self.live = live
        self.who = {"faucet": FAUCET, "burn": BURN, "inert": live.contract("inert")}

    def person(self, name: str, entropy: bytes) -> None:
        """A new address that nobody has the key of."""
        self.who[name] = self.live.person(name + entropy.hex()[:8])

    def set_up(self) -> None:
        """Nothing: USDT is there, and the faucet has as much as it wants."""

    def coin(self, signer: str, to: str, amount: int) -> Sent:
        """A payment of TRX."""
        order = self.live.trx(self.who[signer], self.who[to], amount, fee=self._fee(signer))
        return Sent(order, order.id, signer, None, (Paid(COIN, signer, to, amount),))

    def transfer(self, signer: str, owner: str, to: str, amount: int, times: int = 1) -> Sent:
        """A payment of USDT. It has no transaction with two payments: asked for two, it pays once."""
        by = self.who[signer] if signer != owner else ""
        order = self.live.usdt(self.who[owner], self.who[to], amount, by=by, fee=self._fee(signer))
        return Sent(order, order.id, signer, None, (Paid(TOKEN, owner, to, amount),))

    def approve(self, owner: str, spender: str, amount: int) -> Sent:
        """An approval of USDT."""
        order = self.live.approve(self.who[owner], self.who[spender], amount, fee=self._fee(owner))
        return Sent(order, order.id, owner, None, ())

    def bait(self, signer: str, target: str, twin: str) -> list[Sent]:
        """The smallest payment of TRX there is."""
        return [self.coin(signer, target, 1)]

    def _fee(self, signer: str) -> int:
        return 0 if signer == "faucet" else self.fee

    def fits(self, sent: Sent) -> bool:
        """Transactions of one signer know no order."""
        return True

    def booked(self, sent: Sent, sign: int) -> None:
        """Nothing to count."""

    def head(self) -> int:
        """The newest block."""
        return self.live.head()

    def mine(self, sent: Sequence[Sent]) -> None:
        """One block."""
        self.live.mine(_orders(sent))

    def quiet(self, blocks: int) -> None:
        """Empty blocks."""
        self.live.grow(blocks)

    def replace(self, depth: int, blocks: Sequence[Sequence[Sent]]) -> None:
        """A reorganisation, never of solid blocks."""
        self.live.reorg(depth, [_orders(block) for block in blocks])

    def rows(self) -> list[Row]:
        """Everything that moved, as the chain itself says; the fee first, as everywhere."""
        found: list[Row] = []
        for number in range(self.live.head() + 1):
            seen: Counter[tuple[object, ...]] = Counter()
            by_tx: dict[str, list[Row]] = {}
            for tx, (token, *ends, amount) in self.live.truth(number):
                key = (tx, token, *ends, amount)
                sender, receiver = ends
                row = Row(number, tx, TOKEN if token else COIN, sender, receiver, amount, seen[key])
                seen[key] += 1
                by_tx.setdefault(tx, []).append(row)
            found += [row for rows in by_tx.values() for row in sorted(rows, key=lambda row: row.receiver != "")]
        return found


class _Older:
    """The chain as a node knows it that has not heard of anything above block ``top``."""

    def __init__(self, live: TronLive, top: int) -> None:
        self.live, self.top = live, top

    def __getattr__(self, name: str) -> Any:
        return getattr(self.live, name)

    def head(self) -> int:
        return min(self.top, self.live.head())

    @property
    def solid(self) -> int:
        return max(self.head() - BEHIND, 0)

    def block_at(self, time: int) -> int | None:
        found = self.live.block_at(time)
        return None if found is None else min(found, self.head())

    def transaction(self, tx: str) -> Tx | None:
        found = self.live.transaction(tx)
        return found if found and found.block <= self.top else None

    def transactions(self, address: str) -> Sequence[Tx]:
        return [one for one in self.live.transactions(address) if one.block <= self.top]

    def moves(self, address: str) -> Sequence[Move]:
        return [one for one in self.live.moves(address) if one.block <= self.top]

    def calls(self, address: str) -> Sequence[Call]:
        return [one for one in self.live.calls(address) if one.block <= self.top]

    def logs(self, low: int, high: int, contract: str) -> Sequence[Log]:
        return self.live.logs(low, min(high, self.top), contract)

    def balance(self, address: str, token: str, block: int | None = None) -> int:
        return self.live.balance(address, token, self.head() if block is None else min(block, self.head()))


def older_tron(live: TronLive) -> Callable[[Request, int], Reply]:
    """Answers as of an earlier block, for `tests.lab.storm.Storm`."""

    def answer(request: Request, head: int) -> Reply:
        return Grid(cast("Ledger", _Older(live, head)), BEHIND).answer(request)

    return answer


def _orders(sent: Sequence[Sent]) -> list[Order]:
    return [one.raw for one in sent if isinstance(one.raw, Order)]
