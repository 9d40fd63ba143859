"""A TRON chain in memory that grows on command, and gives way to another branch on command.

    chain = TronLive(seed=1)
    victim, thief = chain.person("victim"), chain.person("thief")       # base58 addresses nobody has the key of
    chain.mine([chain.trx(FAUCET, victim, 50_000_000), chain.usdt(FAUCET, victim, 900_000_000)])
    theft = chain.usdt(victim, thief, 900_000_000)                      # an Order; theft.id is the transaction's id
    chain.mine([theft])                                                 # one block with it
    chain.mine()                                                        # one empty block
    chain.grow(100)                                                     # a hundred of them
    dropped = chain.reorg(3, [[], [theft]])                             # three blocks give way to two others
    with serve(live_app(chain)) as url: ...                             # `--endpoint trongrid=URL`

A transaction keeps its id in whatever block it lands; its height (the block's time) changes with the branch, as on the
real chain. One that its sender cannot pay for is mined as failed and burns only its fee. ``solid`` is what once had
`BEHIND` blocks above it; `reorg` refuses to go below that unless told ``deep``. Everything follows from the seed and
from what was called; it may be grown while it is being served. `truth` says what each transaction moved.
"""

from __future__ import annotations

import hashlib
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from tests.lab.desk import Faults, StandIn
from tests.lab.ledger import APPROVAL, TRANSFER, Call, Log, Move, Token, Tx, digest, moves_from, tron_hex, tron_text
from tests.lab.rpc_view import answer
from tests.lab.trongrid import trongrid_app
from tests.lab.trongrid_rows import Special, block_row, permission_contract, raw_bytes

BEHIND: Final = 19
USDT: Final = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
DOLLAR: Final = Token(USDT, "Tether USD", "USDT", 6)
ADDED: Final = "0x42e160154868087d6bfdc0ca23d96a1c1cfa32f1b72ba9ba27b69b98a0d819dc"
REMOVED: Final = "0xd7e9ec6e6ecd65492dce6bf513cd6867560d49544421d0783ddf06e76c24470c"
DESTROYED: Final = "0x61e6e66b0d6339b2980aecc6ccc0039736791f0ccde9ed512e789a7fbdd698c6"
START: Final = 1_760_000_001
"""Unix time of block 0."""
SLOT: Final = 3


def _named(name: str) -> str:
    return tron_text(hashlib.sha256(f"live|{name}".encode()).hexdigest()[:40])


FAUCET: Final = _named("faucet")
"""Has as much of everything as anybody asks for."""
ISSUER: Final = _named("issuer")
"""Whoever may freeze the lab's USDT."""
SPLITTER: Final = _named("splitter")
"""A contract that passes on at once the TRX it is sent."""

Paid = tuple[str, str, str, int]
"""Token ("" for TRX), sender, receiver, amount."""


class Order(NamedTuple):
    """A transaction before it is in a block. ``id`` is its id for good; ``sent`` the transaction without a place.

    ``paid`` are the payments it makes if it succeeds, ``topics`` and ``data`` of the one log it writes.
    """

    id: str
    sent: Tx
    paid: tuple[Paid, ...] = ()
    log: tuple[tuple[str, ...], str] | None = None
    permission: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    special: Special | None = None


@dataclass(slots=True)
class _Mined:
    """One block: what it holds and by how much it changed what anybody has."""

    number: int
    time: int
    witness: str
    hash: str = ""
    txs: list[Tx] = field(default_factory=list)
    logs: list[Log] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    changed: dict[tuple[str, str], int] = field(default_factory=dict)


class TronLive:
    """The chain; also the `Ledger` that the stand-in serves."""

    family: Literal["evm", "tron"] = "tron"
    chain_id = 0x2B6653DC

    def __init__(self, seed: int = 0) -> None:
        self.seed, self.lock = seed, threading.RLock()
        self._blocks: list[_Mined] = []
        self._held: dict[tuple[str, str], int] = {(FAUCET, ""): 1 << 80, (FAUCET, USDT): 1 << 80}
        self._orders: dict[str, Order] = {}
        self._place: dict[str, Tx] = {}
        self._contracts = {USDT, SPLITTER}
        self._touched: dict[str, dict[str, list[Any]]] = {"txs": {}, "moves": {}, "calls": {}, "listed": {}}
        self._logs: list[Log] = []
        self._log_blocks: list[int] = []
        self._branch = 0
        self.solid = 0
        """Number of the newest block that cannot be undone."""
        self.mine()

    # --- people and orders

    def person(self, name: str) -> str:
        """The address of somebody; another seed has other people."""
        return _named(f"{self.seed}|{name}")

    def contract(self, name: str) -> str:
        """The address of a contract that does nothing."""
        who = self.person(name)
        self._contracts.add(who)
        return who

    def trx(self, sender: str, receiver: str, sun: int, *, fee: int = 0) -> Order:
        """A payment of TRX. Every ``fee`` is the TRX burnt, in sun."""
        return self._order(sender, receiver, fee, value=sun, paid=(("", sender, receiver, sun),))

    def split(self, sender: str, to: Sequence[tuple[str, int]], *, fee: int = 0) -> Order:
        """TRX sent to `SPLITTER`, which pays it out by calls inside the transaction."""
        total = sum(sun for _, sun in to)
        paid = [("", sender, SPLITTER, total), *(("", SPLITTER, receiver, sun) for receiver, sun in to)]
        return self._order(sender, SPLITTER, fee, value=total, data="0x1a2b3c4d", paid=tuple(paid))

    def usdt(self, sender: str, receiver: str, amount: int, *, by: str = "", fee: int = 0) -> Order:
        """A payment of USDT; signed by ``by`` it is a transferFrom (nobody asks here whether that was approved)."""
        words = _word(receiver) + f"{amount:064x}"
        data = f"0x23b872dd{_word(sender)}{words}" if by else f"0xa9059cbb{words}"
        log = (TRANSFER, "0x" + _word(sender), "0x" + _word(receiver)), f"0x{amount:064x}"
        return self._order(by or sender, USDT, fee, data=data, paid=((USDT, sender, receiver, amount),), log=log)

    def approve(self, owner: str, spender: str, amount: int, *, fee: int = 0) -> Order:
        """An approval of USDT."""
        log = (APPROVAL, "0x" + _word(owner), "0x" + _word(spender)), f"0x{amount:064x}"
        return self._order(owner, USDT, fee, data=f"0x095ea7b3{_word(spender)}{amount:064x}", log=log)

    def permission(self, owner: str, keys: Sequence[str], actives: Sequence[str] = (), *, fee: int = 0) -> Order:
        """From then on ``keys`` have the owner permission (weight and threshold 1), ``actives`` the active one."""
        held = tuple(keys), tuple(actives or keys)
        return self._order(owner, "", fee, permission=held, special=permission_contract(owner, *held))

    def freeze(self, who: str) -> Order:
        """The issuer puts somebody on the black list."""
        return self._order(ISSUER, USDT, 0, data=f"0x0ecb93c0{_word(who)}", log=((ADDED, "0x" + _word(who)), "0x"))

    def release(self, who: str) -> Order:
        """The issuer takes somebody off the black list."""
        return self._order(ISSUER, USDT, 0, data=f"0xe4997dc5{_word(who)}", log=((REMOVED, "0x" + _word(who)), "0x"))

    def destroy(self, who: str, amount: int) -> Order:
        """The issuer destroys a frozen balance of this amount; no Transfer is logged."""
        log = (DESTROYED, "0x" + _word(who)), f"0x{amount:064x}"
        paid = ((USDT, who, "", amount),)
        return self._order(ISSUER, USDT, 0, data=f"0xf3bdc228{_word(who)}", log=log, paid=paid)

    def _order(self, sender: str, to: str, fee: int, *, value: int = 0, data: str = "0x", **does: Any) -> Order:
        nth = len(self._orders)
        now = self._blocks[-1].time
        sent = Tx("", len(self._blocks) - 1, nth, now, sender, to, value, True, fee, fee, 1, 0, data)
        special = does.get("special")
        name = raw_bytes(sent, contract=to in self._contracts, special=special).txid
        self._orders[name] = Order(name, sent, **does)
        return self._orders[name]

    # --- growing

    def mine(self, orders: Sequence[Order] = ()) -> int:
        """One more block with these orders; returns its number."""
        with self.lock:
            before = self._blocks[-1].time if self._blocks else START - SLOT
            return self._mine(orders, before + SLOT)

    def grow(self, blocks: int) -> int:
        """As many empty blocks; returns the number of the last."""
        with self.lock:
            for _ in range(blocks):
                self.mine()
            return self.head()

    def reorg(self, depth: int, blocks: Sequence[Sequence[Order]] = ((),), *, deep: bool = False) -> list[Order]:
        """The newest ``depth`` blocks give way to others with these orders; returns what is in no block any more."""
        with self.lock:
            floor = 0 if deep else self.solid
            assert 0 < depth <= self.head() - floor, f"{depth} blocks are not all unsolid"
            self.solid = min(self.solid, self.head() - depth)
            dropped = [order for mined in self._blocks[-depth:] for order in mined.orders]
            for _ in range(depth):
                self._undo(self._blocks.pop())
            self._branch += 1
            slot = self._blocks[-1].time + 2 * SLOT  # the first slot of the new branch is missed
            for orders in blocks:
                slot = self._mine_at(orders, slot)
            return [order for order in dropped if order.id not in self._place]

    def _mine_at(self, orders: Sequence[Order], slot: int) -> int:
        self._mine(orders, slot)
        return slot + SLOT

    def _mine(self, orders: Sequence[Order], time: int) -> int:
        number = len(self._blocks)
        mined = _Mined(number, time, "41" + digest(f"{self.seed}|{self._branch}|{number}")[:40])
        self._blocks.append(mined)
        for order in orders:
            assert order.id not in self._place, "an order is in a block already"
            self._include(mined, order)
        mined.hash = "0x" + block_row(self, number)["blockID"]
        self.solid = max(self.solid, number - BEHIND)
        return number

    def _include(self, mined: _Mined, order: Order) -> None:
        fee = min(order.sent.gas_used, self._held.get((order.sent.sender, ""), 0))  # energy pays the rest
        ok = self._pay(mined, (*order.paid, ("", order.sent.sender, "", fee)))
        if not ok:
            self._pay(mined, (("", order.sent.sender, "", fee),))
        tx = order.sent._replace(hash=order.id, block=mined.number, tx_index=len(mined.txs), time=mined.time)
        tx = tx._replace(ok=ok, gas_used=fee)
        mined.txs.append(tx)
        mined.orders.append(order)
        self._place[order.id] = tx
        self._note("txs", {tx.sender, tx.to} - {""}, tx)
        if ok and order.log is not None:
            self._log(mined, Log(order.id, *_where(tx), len(mined.logs), USDT, *order.log))
        if ok and tx.to == SPLITTER:
            for nth, (_, sender, receiver, amount) in enumerate(order.paid[1:]):
                call = Call(order.id, *_where(tx), (nth,), "call", sender, receiver, amount, True)
                mined.calls.append(call)
                self._note("calls", {sender, receiver}, call)

    def _log(self, mined: _Mined, log: Log) -> None:
        mined.logs.append(log)
        self._logs.append(log)
        self._log_blocks.append(log.block)
        if log.topics[0] in (ADDED, REMOVED):
            self._note("listed", {tron_text(log.topics[1][-40:])}, log)
        for move in moves_from([log]):
            told = move._replace(sender=tron_text(move.sender), receiver=tron_text(move.receiver))
            self._note("moves", {told.sender, told.receiver, USDT}, told)

    def _pay(self, mined: _Mined, paid: Sequence[Paid]) -> bool:
        """All of it or nothing; whoever is frozen pays nothing, but can be destroyed."""
        changed: dict[tuple[str, str], int] = {}
        for token, sender, receiver, amount in paid:
            changed[sender, token] = changed.get((sender, token), 0) - amount
            if receiver:
                changed[receiver, token] = changed.get((receiver, token), 0) + amount
            frozen = token and receiver and self.is_frozen(sender)
            if frozen or self._held.get((sender, token), 0) + changed[sender, token] < 0:
                return False
        for key, amount in changed.items():
            self._held[key] = self._held.get(key, 0) + amount
            mined.changed[key] = mined.changed.get(key, 0) + amount
        return True

    def _note(self, kind: str, who: set[str], row: Any) -> None:
        for one in who:
            self._touched[kind].setdefault(one, []).append(row)

    def _undo(self, mined: _Mined) -> None:
        for key, amount in mined.changed.items():
            self._held[key] -= amount
        for tx in mined.txs:
            del self._place[tx.hash]
        for lists in self._touched.values():
            for rows in lists.values():
                while rows and rows[-1].block >= mined.number:
                    rows.pop()
        keep = len(self._logs) - len(mined.logs)
        del self._logs[keep:], self._log_blocks[keep:]

    # --- what is true

    def truth(self, number: int) -> list[tuple[str, Paid]]:
        """What the transactions of a block moved, in order: (id, payment), fees last with "" for their receiver."""
        mined = self._blocks[number]
        found: list[tuple[str, Paid]] = []
        for tx, order in zip(mined.txs, mined.orders, strict=True):
            found += [(tx.hash, one) for one in order.paid if tx.ok]
            found += [(tx.hash, ("", tx.sender, "", tx.gas_used))] if tx.gas_used else []
        return found

    def is_frozen(self, who: str) -> bool:
        """Is somebody on the black list of USDT?"""
        told = self._touched["listed"].get(who, [])
        return bool(told) and told[-1].topics[0] == ADDED

    def permission_of(self, who: str, block: int | None = None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Keys of the owner permission and of the active one, now or after a block."""
        own = [tx for tx in self.transactions(who) if tx.sender == who and tx.ok]
        mine = [self._orders[tx.hash].permission for tx in own if block is None or tx.block <= block]
        return next((keys for keys in reversed(mine) if keys is not None), ((who,), (who,)))

    # --- the ledger that is served

    def head(self) -> int:
        return len(self._blocks) - 1

    def time_of(self, block: int) -> int:
        return self._blocks[block].time

    def block_hash(self, block: int) -> str:
        return self._blocks[block].hash

    def witness(self, block: int) -> str:
        """Who made a block, in hex."""
        return self._blocks[block].witness

    def block_at(self, time: int) -> int | None:
        found = bisect_right(self._blocks, time, key=lambda mined: mined.time) - 1
        return found if found >= 0 else None

    def transaction(self, tx: str) -> Tx | None:
        return self._place.get(tx)

    def sent(self, tx: str) -> Tx:
        """A transaction as its sender signed it, before it had a place."""
        return self._orders[tx].sent

    def special(self, tx: str) -> Special | None:
        """The contract of a transaction that neither pays nor calls."""
        return self._orders[tx].special

    def block_transactions(self, block: int) -> Sequence[Tx]:
        return self._blocks[block].txs

    def logs_in(self, tx: str) -> Sequence[Log]:
        return [log for log in self._blocks[self._place[tx].block].logs if log.tx == tx]

    def calls_in(self, tx: str) -> Sequence[Call]:
        return [call for call in self._blocks[self._place[tx].block].calls if call.tx == tx]

    def transactions(self, address: str) -> Sequence[Tx]:
        return list(self._touched["txs"].get(address, ()))

    def moves(self, address: str) -> Sequence[Move]:
        return list(self._touched["moves"].get(address, ()))

    def calls(self, address: str) -> Sequence[Call]:
        return list(self._touched["calls"].get(address, ()))

    def logs(self, low: int, high: int, contract: str) -> Sequence[Log]:
        if contract not in ("", USDT):
            return []
        return self._logs[bisect_left(self._log_blocks, low) : bisect_right(self._log_blocks, high)]

    def balance(self, address: str, token: str, block: int | None = None) -> int:
        key = (address, token)
        later = self._blocks[block + 1 :] if block is not None else []
        return self._held.get(key, 0) - sum(mined.changed.get(key, 0) for mined in later)

    def token(self, contract: str) -> Token | None:
        return DOLLAR if contract == USDT else None

    def is_contract(self, address: str) -> bool:
        return address in self._contracts

    def rpc(self, method: str, params: list[Any]) -> Any:
        data = str(params[0].get("data", "")) if method == "eth_call" else ""
        if data.startswith("0xe47d6060"):
            return f"0x{self.is_frozen(tron_text(data[-40:])):064x}"
        return answer(self, method, params)


def live_app(chain: TronLive, *, rate: float | None = None, faults: Faults | None = None) -> StandIn:
    """The chain as TronGrid serves it: indexed API, node API (newest and solid) and JSON-RPC."""
    return trongrid_app(chain, rate=rate, faults=faults)


def _word(address: str) -> str:
    return tron_hex(address)[2:].rjust(64, "0")


def _where(tx: Tx) -> tuple[int, int, int]:
    return tx.block, tx.tx_index, tx.time
