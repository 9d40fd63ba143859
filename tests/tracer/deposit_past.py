"""A life of one address in the making: what tests of the deposit rule are told in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chains.model import FEE_SINK, NATIVE, Address, Approval, AssetId, Kind, Position, Support, Transfer
from tracer.deposit import Life, Verdict, judge
from tracer.labels import Label

CHAIN = "eip155:1"
USDT, USDC = AssetId("usdt"), AssetId("usdc")
MINUTE, HOUR, DAY = 60, 3_600, 86_400
SUM = 100_000
ME = Address("me")
Book = Mapping[str, Sequence[Label]]


def label(who: str, entity: str = "Alpha", category: str = "exchange_hot", confidence: int = 100, **more: Any) -> Label:
    """What a list says of somebody."""
    role = {"exchange_deposit": "deposit", "exchange_hot": "hot"}.get(category, "")
    return Label(CHAIN, Address(who), entity, category, "list", "2026", confidence, role=role)._replace(**more)


HUB: Book = {"hub": [label("hub")]}


@dataclass
class Past:
    """A life in the making, times in seconds. Everybody is called by a short name; the address itself is "me"."""

    facts: dict[str, Any] = field(default_factory=dict)
    rows: list[Transfer] = field(default_factory=list)
    supports: list[Support] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)
    signs: bool = True

    def pay(self, time: int, sender: str, receiver: str, amount: int, asset: AssetId = USDT, tx: str = "") -> Past:
        """Somebody pays somebody."""
        kind = Kind.FEE if receiver == FEE_SINK else Kind.NATIVE if asset == NATIVE else Kind.TOKEN
        tx = tx or f"{sender} {receiver} {asset} {time}"
        place = Position(time, 0, kind, (len(self.rows),))
        self.rows.append(
            Transfer(CHAIN, tx, place, time, asset, Address(sender), Address(receiver), amount, len(self.rows))
        )
        return self

    def came(self, time: int, sender: str, amount: int = SUM, asset: AssetId = USDT) -> Past:
        """It is paid."""
        return self.pay(time, sender, ME, amount, asset)

    def went(self, time: int, receiver: str, amount: int = SUM, asset: AssetId = USDT) -> Past:
        """It pays, and for the transaction as well, unless it is a contract."""
        tx = f"out {time}"
        if self.signs and not any(one.tx == tx for one in self.rows):
            self.pay(time, ME, FEE_SINK, 1, NATIVE, tx)
        return self.pay(time, ME, receiver, amount, asset, tx)

    def sweep(self, time: int, amount: int = SUM, asset: AssetId = USDT, to: str = "hub") -> Past:
        """The exchange empties it."""
        return self.went(time, to, amount, asset)

    def gas(self, time: int, giver: str = "station") -> Past:
        """Somebody sends it coins for a fee."""
        return self.came(time, giver, 3, NATIVE)

    def lent(self, time: int, giver: str = "lender") -> Past:
        """Somebody lends it energy."""
        place = Position(time, 0, Kind.NATIVE, (0,))
        self.supports.append(Support(CHAIN, f"lent {time}", place, time, Address(giver), ME))
        return self

    def signed(self, time: int) -> Past:
        """It signs what moves nothing."""
        return self.pay(time, ME, FEE_SINK, 1, NATIVE, f"idle {time}")

    def allowed(self, time: int, owner: str = ME) -> Past:
        """It lets somebody spend its tokens."""
        place = Position(time, 0, Kind.TOKEN, (0,))
        self.approvals.append(
            Approval(CHAIN, f"approve {time}", place, time, USDT, Address(owner), Address("spender"), None)
        )
        return self

    def visit(self, time: int, sender: str, amount: int = SUM, asset: AssetId = USDT, gas: str = "station") -> Past:
        """A customer pays, gas comes half an hour later, and the sweep half an hour after that."""
        self.came(time, sender, amount, asset)
        if gas:
            self.gas(time + HOUR // 2, gas)
        return self.sweep(time + HOUR, amount, asset)

    def life(self) -> Life:
        """What is known of it in the end."""
        rows = tuple(sorted(self.rows, key=lambda one: (one.position.height, one.nth)))
        return Life(CHAIN, ME, rows, tuple(self.supports), tuple(self.approvals), **self.facts)

    def judged(self, book: Book = HUB, asset: AssetId = USDT) -> Verdict | None:
        """What the rule makes of it."""
        return judge(self.life(), asset, lambda who: book.get(who, ()))

    def tier(self, book: Book = HUB, asset: AssetId = USDT) -> str:
        """The tier, "" for none."""
        verdict = self.judged(book, asset)
        return verdict.tier if verdict else ""


def habit() -> Past:
    """Two customers, two sweeps, each with gas from a wallet that does nothing else: a wallet-type deposit address."""
    return Past().visit(0, "ann").visit(DAY, "bob")


def forwarder() -> Past:
    """The same as a contract: it signs nothing and needs no gas."""
    return Past({"contract": True}, signs=False).visit(0, "ann", gas="").visit(DAY, "bob", gas="")


def once() -> Past:
    """One customer, one sweep, with gas."""
    return Past().visit(0, "ann")


def found(past: Past, book: Book = HUB, asset: AssetId = USDT) -> Verdict:
    """The verdict on somebody who has one."""
    verdict = past.judged(book, asset)
    assert verdict is not None
    return verdict
