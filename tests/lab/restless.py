"""A lab chain that never rests: a theft, then stolen and clean money moving every few blocks, and reorganisations.

Driven by a seed on a node of `tests.lab.anvil.running`, whose ``finalized`` is 64 blocks behind its newest. What the
world believes (balances, nonces) decides only what can be sent; what is *true* is read from the node afterwards by
tests/lab/restless_truth.py.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from eth_account import Account

from tests.lab.anvil import Node
from tests.lab.stage import BLOCK_SECONDS, GAS_PRICE, Stage
from tests.lab.theft import BURN, DOLLAR, ETHER

FINAL_DEPTH = 64
"""Blocks of anvil's default epochs after which a block is final."""

DEEPEST = 20
GAS = 100_000
FEE = GAS * GAS_PRICE
"""At most this is paid for one transaction."""

TOKEN, COIN = "token", "coin"
ROLES = ("victim", "thief", "clean", "deposit1", "deposit2", "hot", "mixer", "bridge", "drainer")
LABELS = {
    "deposit1": "exchange_deposit",
    "deposit2": "exchange_deposit",
    "hot": "exchange_hot",
    "mixer": "mixer",
    "bridge": "bridge",
}
ENDS = ("deposit1", "deposit2", "mixer", "bridge", BURN)


class Paid(NamedTuple):
    """What a transaction moves, as the world believes: `TOKEN` or `COIN`, by name, in base units."""

    asset: str
    sender: str
    receiver: str
    amount: int


class Sent(NamedTuple):
    """A signed transaction: raw bytes, hash, signer's name and nonce, and what it moves."""

    raw: str
    hash: str
    signer: str
    nonce: int
    paid: tuple[Paid, ...]


@dataclass
class Tally:
    """What was played so far, for the report of a run."""

    blocks: int = 0
    transactions: int = 0
    reorganisations: int = 0
    deepest: int = 0
    dropped: int = 0
    returned: int = 0
    """Transactions that a reorganisation dropped and a later block took after all."""

    kinds: dict[str, int] = field(default_factory=dict)


class Restless:
    """The world. ``most`` bounds how many people ever receive money; ``busy`` is the share of blocks in which it moves.

    `begin` plays the theft, `step` makes further blocks, `quiet` empty ones, `reorganise` replaces the newest ones.
    """

    def __init__(self, node: Node, seed: int = 0, *, chain_id: int = 1, most: int = 300, busy: float = 0.4) -> None:
        self.node, self.dice, self.most, self.busy = node, random.Random(f"restless|{seed}"), most, busy
        self.stage = Stage(node, chain_id, ROLES)
        self.held: dict[tuple[str, str], int] = {(COIN, "faucet"): 9_000 * ETHER}
        self.dirty: dict[str, list[str]] = {TOKEN: [], COIN: []}
        self.blocks: dict[int, list[Sent]] = {}
        self.limbo: list[Sent] = []
        self.tally = Tally()
        self.since = ""
        self.floor = 0
        self._people = 0
        self._open: list[Sent] = []

    @property
    def who(self) -> dict[str, str]:
        """Addresses by name."""
        return self.stage.who

    @property
    def head(self) -> int:
        """The newest block's number, as the world counts."""
        return max(self.blocks)

    @property
    def labels(self) -> dict[str, str]:
        """What a label list would know: category by address."""
        return {self.who[name]: category for name, category in LABELS.items()}

    # --- blocks

    def begin(self, quiet: int = FINAL_DEPTH + 6) -> None:
        """The world before, the theft, the first hops, and ``quiet`` blocks that make it all final."""
        self.node.rpc("anvil_setBlockTimestampInterval", BLOCK_SECONDS)
        self.blocks[0] = []
        for name, contract in (("token", "TestToken"), ("spoof", "SpoofToken"), ("inert", "Picture")):
            self.stage.create(name, contract)
            self._take(())
        self._mine()
        for name, dollars in (("victim", 100_000), ("clean", 500_000)):
            self._token("faucet", "mint(address,uint256)", name, dollars * DOLLAR, paid=(TOKEN, "", name))
        gas = {"victim": 60, "clean": 500, "deposit1": 1, "deposit2": 1, "hot": 1, "thief": 0}
        for name, coins in gas.items():
            self._coin("faucet", name, coins * ETHER + ETHER // 10)
        self._mine()
        self.quiet(5)
        self._token("victim", "transfer(address,uint256)", "thief", 60_000 * DOLLAR, paid=(TOKEN, "victim", "thief"))
        self.since = self._open[-1].hash
        self._coin("victim", "thief", 20 * ETHER)
        self._token("victim", "approve(address,uint256)", "thief", 2**255)
        self.dirty = {TOKEN: ["thief"], COIN: ["thief"]}
        self._mine()
        for _ in range(6):
            self._hop(TOKEN)
            self._hop(COIN)
            self._mine()
        self.quiet(quiet)
        self.floor = self.head

    def step(self, blocks: int = 1) -> None:
        """Further blocks, in some of which money moves."""
        for _ in range(blocks):
            self._compose()
            self._mine()

    def quiet(self, blocks: int) -> None:
        """Further blocks with nothing in them."""
        if blocks:
            self.node.rpc("anvil_mine", hex(blocks), hex(BLOCK_SECONDS))
        first = self.head + 1
        self.blocks.update((number, []) for number in range(first, first + blocks))
        self.tally.blocks += blocks

    def reorganise(self, depth: int) -> int:
        """Replace up to ``depth`` newest blocks by as many others; returns how many were.

        By the dice the transactions in them are kept, moved, put in another order, doubled spent or dropped; what was
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
        pairs: list[list[Any]] = []
        for offset in range(depth):
            if self.dice.random() < self.busy / 3:
                self._compose()
            due = [sent for at, sent in waiting if at <= offset]
            waiting = [(at, sent) for at, sent in waiting if at > offset]
            waiting += [(offset + 1, sent) for sent in due if not self._include(sent)]
            pairs += [[sent.raw, offset] for sent in self._open]
            self.blocks[first + offset] = self._taken()
        kept = {sent.hash for number in range(first, first + depth) for sent in self.blocks[number]}
        gone = [sent for sent in before if sent.hash not in kept]
        self.limbo += gone
        self.node.rpc("anvil_reorg", depth, pairs)
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

    def _include(self, sent: Sent) -> bool:
        """Put a transaction of before into the open block, if its nonce is the next and everything can be paid."""
        fits = self.stage.nonces[sent.signer] == sent.nonce and self._payable(sent.signer, sent.paid)
        if fits:
            self._apply(sent, 1)
            self._open.append(sent)
        return fits

    def _taken(self) -> list[Sent]:
        taken, self._open = self._open, []
        self.tally.transactions += len(taken)
        return taken

    def _mine(self) -> None:
        """One more block, with what is in the open one. Not in one request: anvil answers a batch in any order."""
        number = self.head + 1
        self.blocks[number] = self._taken()
        for sent in self.blocks[number]:
            self.node.rpc("eth_sendRawTransaction", sent.raw)
        self.node.rpc("evm_mine")
        self.tally.blocks += 1

    # --- what the world believes

    def _payable(self, signer: str, paid: Iterable[Paid]) -> bool:
        need: dict[tuple[str, str], int] = {(COIN, signer): FEE}
        for one in paid:
            if one.sender:
                key = one.asset, one.sender
                need[key] = need.get(key, 0) + one.amount
        return all(self.held.get(key, 0) >= amount for key, amount in need.items())

    def _apply(self, sent: Sent, sign: int) -> None:
        """Book a transaction, or (``sign`` -1) undo it."""
        self.stage.nonces[sent.signer] = sent.nonce + (sign > 0)
        self._book(COIN, sent.signer, -FEE * sign)
        for one in sent.paid:
            if one.sender:
                self._book(one.asset, one.sender, -one.amount * sign)
            self._book(one.asset, one.receiver, one.amount * sign)

    def _book(self, asset: str, name: str, amount: int) -> None:
        self.held[asset, name] = self.held.get((asset, name), 0) + amount

    def _take(self, paid: Sequence[Paid]) -> None:
        """Move what the stage just signed into the open block."""
        raw = self.stage.unmined.pop()
        name, tx = next(reversed(self.stage.txs.items()))
        signer = name.partition("|")[0] if "|" in name else "faucet"
        self.stage.nonces[signer] -= 1
        sent = Sent(raw, tx, signer, self.stage.nonces[signer], tuple(paid))
        self._apply(sent, 1)
        self._open.append(sent)

    def _named(self, signer: str) -> str:
        return f"{signer}|{len(self.stage.txs)}"

    def _token(
        self, signer: str, signature: str, *arguments: Any, paid: tuple[str, str, str] | None = None, to: str = "token"
    ) -> bool:
        """A call of a token. ``paid`` says whose units it moves, the amount being the last argument."""
        moved = (Paid(*paid, arguments[-1]),) if paid else ()
        if "Twice" in signature:
            moved *= 2
        if not self._payable(signer, moved):
            return False
        self.stage.send(self._named(signer), signer, to, data=self.stage.call_data(signature, *arguments), gas=GAS)
        self._take(moved)
        return True

    def _coin(self, signer: str, to: str, amount: int) -> bool:
        moved = (Paid(COIN, signer, to, amount),)
        if not self._payable(signer, moved):
            return False
        self.stage.send(self._named(signer), signer, to, value=amount, gas=21_000)
        self._take(moved)
        return True

    def _pay(self, asset: str, sender: str, to: str, amount: int) -> bool:
        if sender == to or amount <= 0:
            return False
        if asset == COIN:
            paid = self._coin(sender, to, amount)
        else:
            paid = self._token(sender, "transfer(address,uint256)", to, amount, paid=(TOKEN, sender, to))
        if paid and sender != "clean" and to in self.stage.keys and to not in (*ROLES[2:], "victim", "faucet"):
            self.dirty[asset].append(to)
        return paid

    # --- what happens

    def _compose(self) -> None:
        """Fill the open block by the dice."""
        if self.limbo and self.dice.random() < 0.3:
            back = self.limbo.pop(self.dice.randrange(len(self.limbo)))
            self.tally.returned += self._include(back)
        if self.dice.random() >= self.busy:
            return
        weights, acts = zip(*ACTS, strict=True)
        (act,) = self.dice.choices(acts, weights)
        self.tally.kinds[act] = self.tally.kinds.get(act, 0) + 1
        getattr(self, f"_{act}")(TOKEN if self.dice.random() < 0.7 else COIN)

    def _holder(self, asset: str) -> str:
        """Somebody who received stolen money and has something now; empty if nobody is found quickly."""
        least = DOLLAR if asset == TOKEN else 5 * FEE
        for _ in range(8):
            name = self.dice.choice(self.dirty[asset])
            if self.held.get((asset, name), 0) >= least and self.held.get((COIN, name), 0) >= 5 * FEE:
                return name
        return ""

    def _somebody(self, sender: str) -> str:
        """A new address with some gas in the same block, or, the more there are, one of those."""
        if self.dice.random() < self._people / self.most:
            return self.dice.choice([name for name in self.dirty[TOKEN] if name != sender] or ["thief"])
        name = f"mule{self._people}"
        self._people += 1
        key = "0x" + bytes(Account.from_key(self.dice.randbytes(32)).key).hex()
        self.stage.keys[name] = key
        self.stage.who[name] = str(Account.from_key(key).address).lower()
        self.stage.nonces[name] = 0
        self._coin("faucet", name, 100 * FEE)
        return name

    def _part(self, asset: str, name: str) -> int:
        """Of what somebody holds: all that can go, a half, a third, or very little."""
        free = self.held.get((asset, name), 0) - (4 * FEE if asset == COIN else 0)
        return max(0, self.dice.choice((free, free, free // 2, free // 3, min(free, 7 * DOLLAR))))

    def _hop(self, asset: str) -> None:
        sender = self._holder(asset)
        if sender:
            self._pay(asset, sender, self._somebody(sender), self._part(asset, sender))

    def _split(self, asset: str) -> None:
        sender = self._holder(asset)
        for _ in range(self.dice.randint(2, 4) if sender else 0):
            self._pay(asset, sender, self._somebody(sender), self._part(asset, sender) // 3)

    def _chain(self, asset: str) -> None:
        """Through three hands in one block."""
        sender = self._holder(asset)
        for _ in range(3 if sender else 0):
            to = self._somebody(sender)
            if not self._pay(asset, sender, to, self._part(asset, sender)):
                return
            sender = to

    def _merge(self, asset: str) -> None:
        """Clean money first, then stolen, then something of both on."""
        sender, to = self._holder(asset), self._holder(asset)
        if sender and to and sender != to:
            self._pay(asset, "clean", to, self.dice.randint(1, 50) * (DOLLAR if asset == TOKEN else ETHER // 1000))
            self._pay(asset, sender, to, self._part(asset, sender))
            self._pay(asset, to, self._somebody(to), self._part(asset, to) // 2)

    def _clean(self, asset: str) -> None:
        to = self._holder(asset)
        if to:
            self._pay(asset, "clean", to, self.dice.randint(1, 90) * (DOLLAR if asset == TOKEN else ETHER // 1000))

    def _back(self, asset: str) -> None:
        """To somebody who had it before, or to the victim."""
        sender = self._holder(asset)
        if sender:
            to = self.dice.choice((self.dice.choice(self.dirty[asset]), "victim"))
            self._pay(asset, sender, to, self._part(asset, sender) // 4)

    def _end(self, asset: str) -> None:
        sender = self._holder(asset)
        if sender:
            self._pay(asset, sender, self.dice.choice(ENDS), self._part(asset, sender) // 5)

    def _contract(self, _asset: str) -> None:
        sender = self._holder(TOKEN)
        if sender:
            self._pay(TOKEN, sender, "inert", self._part(TOKEN, sender) // 9)

    def _sweep(self, asset: str) -> None:
        deposit = self.dice.choice(("deposit1", "deposit2"))
        self._pay(asset, deposit, "hot", self.held.get((asset, deposit), 0) - (ETHER // 10 if asset == COIN else 0))

    def _twice(self, _asset: str) -> None:
        """Two equal payments in one transaction."""
        sender = self._holder(TOKEN)
        if sender:
            to = self._somebody(sender)
            part = self._part(TOKEN, sender) // 4
            if part and to != sender:
                self._token(
                    sender, "transferTwice(address,uint256)", to, part, paid=(TOKEN, sender, to)
                ) and self.dirty[TOKEN].append(to)

    def _bait(self, _asset: str) -> None:
        """A worthless token from a look-alike, a payment of nothing to one, and a base unit of real money."""
        target = self._holder(TOKEN)
        if target:
            true = self.who[target]
            twin = true[:8] + "".join(self.dice.choices("0123456789abcdef", k=28)) + true[-6:]
            self._token("clean", "spoof(address,address,uint256)", twin, target, 9_999 * DOLLAR, to="spoof")
            self._token("clean", "transferFrom(address,address,uint256)", target, twin, 0)
            self._pay(TOKEN, "clean", target, 1)

    def _take_more(self, asset: str) -> None:
        """The victim loses more, after somebody helped it out."""
        if asset == COIN:
            self._coin("faucet", "victim", ETHER // 10)
            self._pay(COIN, "victim", "thief", ETHER // 20)
            return
        self._pay(TOKEN, "clean", "victim", 500 * DOLLAR)
        pull = "transferFrom(address,address,uint256)"
        self._token("thief", pull, "victim", "thief", self.dice.randint(50, 400) * DOLLAR, paid=(TOKEN, "victim", "thief"))

    def _approve(self, _asset: str) -> None:
        self._token("victim", "approve(address,uint256)", "drainer", self.dice.randint(1, 10**6) * DOLLAR)

    def _noise(self, asset: str) -> None:
        self._pay(asset, "clean", "hot", DOLLAR)


ACTS = (
    (30, "hop"),
    (12, "split"),
    (8, "chain"),
    (12, "merge"),
    (6, "clean"),
    (6, "back"),
    (6, "end"),
    (1, "contract"),
    (3, "sweep"),
    (3, "twice"),
    (4, "bait"),
    (2, "take_more"),
    (1, "approve"),
    (6, "noise"),
)
"""What may happen in a block, and how often beside the others."""
