"""A lab chain that never rests: a theft, then stolen and clean money moving every few blocks, and reorganisations.

Driven by a seed on a `Ground`: anvil (tests/lab/restless_evm.py) or TRON in memory (tests/lab/restless_tron.py). What
the world believes (balances, nonces) decides only what can be sent; what is *true* is read from the ground afterwards
by tests/lab/restless_truth.py. What people do is in tests/lab/restless_acts.py.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from tests.lab.restless_acts import ACTS, hop
from tests.lab.restless_truth import Row

TOKEN, COIN = "token", "coin"
ROLES = ("victim", "thief", "clean", "deposit1", "deposit2", "hot", "mixer", "bridge", "drainer", "inert", "burn")
LABELS = {
    "deposit1": "exchange_deposit",
    "deposit2": "exchange_deposit",
    "hot": "exchange_hot",
    "mixer": "mixer",
    "bridge": "bridge",
}
ENDS = (*LABELS, "inert", "burn")


class Paid(NamedTuple):
    """What a transaction moves, as the world believes: `TOKEN` or `COIN`, by name, in base units."""

    asset: str
    sender: str
    receiver: str
    amount: int


class Sent(NamedTuple):
    """A transaction that can be put in any block: ``raw`` as the ground takes it, its hash, its signer's name.

    ``nonce`` is None on chains that know no order of a signer's transactions.
    """

    raw: object
    hash: str
    signer: str
    nonce: int | None
    paid: tuple[Paid, ...]


class Ground(Protocol):
    """A chain the world lives on. Names are known to it from `person` on; amounts are in base units.

    ``one`` is the number of base units of one coin, ``fee`` the most that one transaction costs, ``final`` how many
    blocks undo nothing any more, ``token`` the contract of the stolen token.
    """

    chain: str
    one: int
    fee: int
    final: int
    who: dict[str, str]

    @property
    def token(self) -> str: ...
    def person(self, name: str, entropy: bytes) -> None: ...
    def coin(self, signer: str, to: str, amount: int) -> Sent: ...
    def transfer(self, signer: str, owner: str, to: str, amount: int, times: int = 1) -> Sent: ...
    def approve(self, owner: str, spender: str, amount: int) -> Sent: ...
    def bait(self, signer: str, target: str, twin: str) -> list[Sent]: ...
    def fits(self, sent: Sent) -> bool: ...
    def booked(self, sent: Sent, sign: int) -> None: ...
    def set_up(self) -> None: ...
    def head(self) -> int: ...
    def mine(self, sent: Sequence[Sent]) -> None: ...
    def quiet(self, blocks: int) -> None: ...
    def replace(self, depth: int, blocks: Sequence[Sequence[Sent]]) -> None: ...
    def rows(self) -> list[Row]: ...


@dataclass
class Tally:
    """What was played so far, for the report of a run. ``returned``: dropped first, in a later block after all."""

    blocks: int = 0
    transactions: int = 0
    reorganisations: int = 0
    deepest: int = 0
    dropped: int = 0
    returned: int = 0
    kinds: dict[str, int] = field(default_factory=dict)


class Restless:
    """The world. ``most`` bounds how many people ever receive money; ``busy`` is the share of blocks in which it moves.

    `begin` plays the theft, `step` makes further blocks, `quiet` empty ones, `reorganise` replaces the newest ones.
    """

    def __init__(self, ground: Ground, seed: int = 0, *, most: int = 300, busy: float = 0.4) -> None:
        self.ground, self.dice, self.most, self.busy = ground, random.Random(f"restless|{seed}"), most, busy
        self.held: dict[tuple[str, str], int] = {}
        self.dirty: dict[str, list[str]] = {TOKEN: [], COIN: []}
        self.blocks: dict[int, list[Sent]] = {}
        self.limbo: list[Sent] = []
        self.tally = Tally()
        self.since = ""
        self.floor = 0
        self.people = 0
        self._open: list[Sent] = []

    @property
    def who(self) -> dict[str, str]:
        """Addresses by name."""
        return self.ground.who

    @property
    def head(self) -> int:
        """The newest block's number, as the world counts."""
        return max(self.blocks)

    @property
    def labels(self) -> dict[str, str]:
        """What a label list would know: category by address."""
        return {self.who[name]: category for name, category in LABELS.items()}

    # --- blocks

    def begin(self) -> None:
        """The world before, the theft, the first hops, and as many quiet blocks as make it all final."""
        for name in ROLES:
            if name not in self.who:
                self.ground.person(name, self.dice.randbytes(32))
        self.ground.set_up()
        self.blocks[self.ground.head()] = []
        one, dollar = self.ground.one, 10**6
        self.held = {(COIN, "faucet"): 9_000 * one, (TOKEN, "faucet"): 10**6 * dollar}
        for name, dollars in (("victim", 100_000), ("clean", 500_000)):
            self.put(self.ground.transfer("faucet", "faucet", name, dollars * dollar))
        for name, coins in {"victim": 60, "clean": 500, "deposit1": 1, "deposit2": 1, "hot": 1, "thief": 1}.items():
            self.put(self.ground.coin("faucet", name, coins * one))
        self.mine()
        self.quiet(5)
        self.put(self.ground.transfer("victim", "victim", "thief", 60_000 * dollar))
        self.since = self._open[-1].hash
        self.put(self.ground.coin("victim", "thief", 20 * one))
        self.put(self.ground.approve("victim", "thief", 2**255))
        self.dirty = {TOKEN: ["thief"], COIN: ["thief"]}
        self.mine()
        for _ in range(6):
            hop(self, TOKEN)
            hop(self, COIN)
            self.mine()
        self.quiet(self.ground.final + 6)
        self.floor = self.head

    def step(self, blocks: int = 1) -> None:
        """Further blocks, in some of which money moves."""
        for _ in range(blocks):
            self._compose()
            self.mine()

    def quiet(self, blocks: int) -> None:
        """Further blocks with nothing in them."""
        self.ground.quiet(blocks)
        first = self.head + 1
        self.blocks.update((number, []) for number in range(first, first + blocks))
        self.tally.blocks += blocks

    def mine(self) -> None:
        """One more block, with what is in the open one."""
        number = self.head + 1
        self.blocks[number] = self._taken()
        self.ground.mine(self.blocks[number])
        self.tally.blocks += 1

    def reorganise(self, depth: int) -> int:
        """Replace up to ``depth`` newest blocks by as many others; returns how many were.

        By the dice the transactions in them are kept, moved, put in another order, spent twice or dropped; what was
        dropped may come back in a later block. Nothing below the end of `begin` is touched.
        """
        depth = min(depth, self.head - self.floor)
        if depth <= 0:
            return 0
        first = self.head - depth + 1
        before = [sent for number in range(first, self.head + 1) for sent in self.blocks.pop(number)]
        for sent in reversed(before):
            self._apply(sent, -1)
        waiting = self._survivors(before)
        blocks: list[list[Sent]] = []
        for offset in range(depth):
            if self.dice.random() < self.busy / 3:
                self._compose()
            due = [sent for at, sent in waiting if at <= offset]
            waiting = [(at, sent) for at, sent in waiting if at > offset]
            waiting += [(offset + 1, sent) for sent in due if not self.include(sent)]
            blocks.append(self._taken())
        self.blocks.update((first + offset, block) for offset, block in enumerate(blocks))
        kept = {sent.hash for block in blocks for sent in block}
        gone = [sent for sent in before if sent.hash not in kept]
        self.limbo += gone
        self.ground.replace(depth, blocks)
        self.tally.reorganisations += 1
        self.tally.deepest = max(self.tally.deepest, depth)
        self.tally.dropped += len(gone)
        return depth

    def _survivors(self, before: Sequence[Sent]) -> list[tuple[int, Sent]]:
        """Which of the replaced transactions may be in the new blocks, and from which one of these on."""
        share = self.dice.choice((0.0, 0.5, 0.8, 1.0, 1.0))
        kept = [sent for sent in before if self.dice.random() < share]
        if self.dice.random() < 0.5:
            self.dice.shuffle(kept)
        late = self.dice.randrange(4)
        return [(self.dice.randrange(late + 1), sent) for sent in kept]

    def _compose(self) -> None:
        """Fill the open block by the dice."""
        if self.limbo and self.dice.random() < 0.3:
            back = self.limbo.pop(self.dice.randrange(len(self.limbo)))
            self.tally.returned += self.include(back)
        if self.dice.random() >= self.busy:
            return
        (act,) = self.dice.choices(list(ACTS), list(ACTS.values()))
        self.tally.kinds[act.__name__] = self.tally.kinds.get(act.__name__, 0) + 1
        act(self, TOKEN if self.dice.random() < 0.7 else COIN)

    def _taken(self) -> list[Sent]:
        taken, self._open = self._open, []
        self.tally.transactions += len(taken)
        return taken

    # --- what the world believes

    def put(self, sent: Sent) -> None:
        """Into the open block, whatever it is."""
        self._apply(sent, 1)
        self._open.append(sent)

    def include(self, sent: Sent) -> bool:
        """Into the open block, if its nonce is the next and everything can be paid."""
        fits = self.ground.fits(sent) and self.payable(sent.signer, sent.paid)
        if fits:
            self.put(sent)
        return fits

    def payable(self, signer: str, paid: Iterable[Paid]) -> bool:
        """Can the signer pay the fee, and everybody what is taken from them?"""
        need: dict[tuple[str, str], int] = {(COIN, signer): self.ground.fee}
        for one in paid:
            key = one.asset, one.sender
            need[key] = need.get(key, 0) + one.amount
        return all(self.held.get(key, 0) >= amount for key, amount in need.items())

    def pay(self, asset: str, sender: str, to: str, amount: int, *, by: str = "", times: int = 1) -> bool:
        """Pay somebody in the open block, signed by ``by``, if there is enough. Tells whether it was done."""
        signer = by or sender
        if sender == to or amount <= 0 or not self.payable(signer, (Paid(asset, sender, to, amount),) * times):
            return False
        coin = asset == COIN
        self.put(
            self.ground.coin(sender, to, amount) if coin else self.ground.transfer(signer, sender, to, amount, times)
        )
        if sender not in ("clean", "faucet") and to not in (*ROLES[2:], "victim"):
            self.dirty[asset].append(to)
        return True

    def _apply(self, sent: Sent, sign: int) -> None:
        """Book a transaction, or (``sign`` -1) undo it."""
        self.ground.booked(sent, sign)
        self._book(COIN, sent.signer, -self.ground.fee * sign)
        for one in sent.paid:
            self._book(one.asset, one.sender, -one.amount * sign)
            self._book(one.asset, one.receiver, one.amount * sign)

    def _book(self, asset: str, name: str, amount: int) -> None:
        self.held[asset, name] = self.held.get((asset, name), 0) + amount
