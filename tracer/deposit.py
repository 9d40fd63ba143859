"""Is this address a customer's deposit address at an exchange? Judged by what it did. Pure.

Deposit addresses are made for one customer each and number in the millions, so most stand on no list. But an exchange
empties ("sweeps") all of them in the same way into wallets of its own, some of which are known. An address that did
nothing else than to take money in and to pass it on to such a wallet is taken for one. It is an inference with a tier:
T2 for a habit (two sweeps or more), T3 for a single sweep (domain rule 9.4). What speaks against it is kept with it.

A person's wallet differs in that it signs other things, pays others, has coins for its fees before any money comes, or
pays a *deposit* address and not the exchange's wallet itself. An exchange's wallet is paid by the exchange.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, cached_property
from typing import Final, NamedTuple

from chains.model import FEE_SINK, NATIVE, Address, Approval, Kind, Support, Transfer
from tracer.contacts import contact_of
from tracer.labels import EXCHANGES, Label, is_hub
from tracer.result import Proof
from tracer.rules import DAY
from tracer.words import sentence

HOUR: Final = 3_600
WEEK: Final = 7 * DAY
SWEPT: Final = Fraction(98, 100)
"""Least part of what came in that must be passed on, and of what went out that must have gone to the exchange."""

TRIFLE: Final = 1_000
"""Payments of less than one part in this of all that came of the asset are nobody's deposits: anybody can send dust."""

BROKER: Final = 10
"""More payers than this are hardly one customer: a broker or a swap service that uses the exchange itself."""

MANY_SENDERS: Final = 50
"""More than this make a pot of many people's money, as a service or an exchange's own wallet has."""

PAID_BY_EXCHANGE: Final = 10
"""An address that got more than one part in this from the very exchange is a wallet of the exchange's own."""

CONFIDENCE: Final[Mapping[str, int]] = {"T2": 90, "T3": 75, "T4": 50, "T5": 40}
"""Before what the label of the exchange's wallet takes from it."""

GAS_KNOWN: Final = 5
"""Added where the exchange is seen to pay the fees: its own wallet, or one that does so right before each sweep."""

AGAINST: Final = 15
"""Taken off for each thing that speaks against it and does not rule it out."""

PROOFS: Final = 5
"""Transactions of one role that are named at most."""

Labels = Callable[[str], Sequence[Label]]


@dataclass(frozen=True)
class Life:
    """What is known of an address: its movements of coins and listed tokens in order, and who lent it energy.

    ``account`` is True for a smart wallet: a contract that its logs show to move by its owner's order.
    ``approvals`` are permissions it gave. ``contract`` is None when nobody looked. ``tokens`` and ``coins``: was its
    whole past in tokens and in the coin read? ``moved`` are the transactions in which it paid anything at all, unlisted
    tokens too. ``pullers`` are contracts through which the exchange itself took its coins, and the wallet they went to.
    """

    chain: str
    address: Address
    transfers: tuple[Transfer, ...]
    supports: tuple[Support, ...] = ()
    approvals: tuple[Approval, ...] = ()
    contract: bool | None = None
    account: bool = False
    tokens: bool = True
    coins: bool = True
    moved: frozenset[str] = frozenset()
    pullers: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def came(self) -> tuple[Transfer, ...]:
        """What it received."""
        return tuple(one for one in self.transfers if one.receiver == self.address != one.sender)

    @cached_property
    def went(self) -> tuple[Transfer, ...]:
        """What it paid, fees apart."""
        paid = (one for one in self.transfers if one.sender == self.address != one.receiver)
        return tuple(one for one in paid if one.position.kind is not Kind.FEE and one.receiver != FEE_SINK)

    @cached_property
    def signed(self) -> frozenset[str]:
        """Transactions it paid the fee of, as far as the past in the coin was read."""
        return frozenset(one.tx for one in self.transfers if one.sender == self.address and one.receiver == FEE_SINK)

    @cached_property
    def idle(self) -> frozenset[str]:
        """Transactions it signed and moved nothing in, as calls of applications are."""
        return self.signed - self.moved - {one.tx for one in self.went} if self.tokens else frozenset()


class Verdict(NamedTuple):
    """What an address is taken for; ``tier`` and the rest as in `tracer.result.DepositRow`.

    ``givers`` are those who paid for its fees, the most frequent first.
    """

    tier: str
    confidence: int
    entity: str
    hub: str
    hub_label: Label | None
    rule: str
    proofs: tuple[Proof, ...]
    against: tuple[str, ...] = ()
    left: int | None = None
    requests: int = 0
    givers: tuple[str, ...] = ()


@cache
def same_entity(name: str) -> str:
    """One spelling for an exchange's names: "Binance 14" and "Binance: Hot Wallet 2" are one, Huobi and HTX too."""
    known = contact_of(name)
    if known is not None and known.id:
        return known.id
    kept = name.casefold().split(":", maxsplit=1)[0].split("(", maxsplit=1)[0]
    return "".join(sign for sign in kept if sign.isalpha())


def hubs_of(life: Life, labels: Labels) -> dict[str, Label]:
    """The exchange's own wallets that an address paid, with the label that says so."""
    found: dict[str, Label] = {}
    receivers = {str(one.receiver): str(one.receiver) for one in life.went}
    for receiver, wallet in (receivers | dict(life.pullers)).items():
        hub = hub_in(labels(wallet))
        if hub is not None:
            found[receiver] = hub
    return found


def hub_in(labels: Sequence[Label]) -> Label | None:
    """The label that makes an address an exchange's own wallet; None where the best of them says it is a customer's."""
    known = [label for label in labels if label.category in EXCHANGES]
    hub = next((label for label in known if is_hub(label)), None)
    return None if hub is None or known[0].role == "deposit" else hub


def judge(life: Life, asset: str, labels: Labels) -> Verdict | None:
    """T2, T3 or nothing: whether stolen units of ``asset`` that came here came to a deposit address."""
    hubs = hubs_of(life, labels)
    if not hubs or len({same_entity(label.entity) for label in hubs.values()}) > 1:
        return None
    seen = Seen(life, asset, hubs, labels)
    if seen.ruled_out():
        return None
    tier = seen.tier()
    return None if tier is None else seen.verdict(tier)


class Seen:
    """One address looked at as a deposit address of the exchange that these hubs belong to."""

    def __init__(self, life: Life, asset: str, hubs: Mapping[str, Label], labels: Labels) -> None:
        self.life, self.asset, self.hubs, self.labels = life, asset, hubs, labels
        self.sweeps = [one for one in life.went if one.receiver in hubs]
        self.sweep_txs = list(dict.fromkeys(one.tx for one in self.sweeps))
        self.assets = {one.asset for one in self.sweeps}
        self.entity = next(iter(hubs.values())).entity
        self.givers = self._gas_givers()
        self.senders = self._senders()
        self.others = self._other_payees()

    def ruled_out(self) -> bool:
        """Is it something else for certain enough? Negative rules of 9.4."""
        return (
            self.asset not in self.assets
            or self.life.account
            or self._belongs_to_somebody()
            or self._pays_others()
            or self._swaps()
            or self._lives_otherwise()
            or len(self.senders) > MANY_SENDERS
        )

    def _belongs_to_somebody(self) -> bool:
        """A known wallet of an exchange, or one that the exchange itself pays: a shuffle between its own wallets."""
        if any(label.category in EXCHANGES and label.role != "deposit" for label in self.labels(self.life.address)):
            return True
        came = sum(one.amount for one in self.life.came if one.asset == self.asset)
        paid_in = sum(one.amount for one in self.life.came if one.asset == self.asset and self._is_theirs(one.sender))
        return paid_in * PAID_BY_EXCHANGE > came

    def _is_theirs(self, address: str) -> bool:
        """Is this a wallet of the same exchange?"""
        if address in self.hubs:
            return True
        known = (label for label in self.labels(address) if is_hub(label))
        return any(same_entity(label.entity) == same_entity(self.entity) for label in known)

    def _senders(self) -> set[str]:
        """Who paid in what counts, of the assets that were swept."""
        sums: dict[tuple[str, str], int] = {}
        for one in self.life.came:
            if one.asset in self.assets and str(one.sender) not in self.hubs and not self._is_gas(one):
                sums[one.asset, one.sender] = sums.get((one.asset, one.sender), 0) + one.amount
        whole = {str(asset): sum(units for (of, _), units in sums.items() if of == asset) for asset in self.assets}
        return {sender for (asset, sender), units in sums.items() if units * TRIFLE >= whole[asset]}

    def _pays_others(self) -> bool:
        """More than one other destination, or more than two percent of any asset elsewhere (rule v)."""
        if len(self.others) > 1:
            return True
        for asset in {one.asset for one in self.life.went}:
            if asset == NATIVE and NATIVE not in self.assets:
                continue
            out = sum(one.amount for one in self.life.went if one.asset == asset)
            away = sum(one.amount for one in self.life.went if one.asset == asset and str(one.receiver) in self.others)
            if away > out - SWEPT * out:
                return True
        return False

    def _swaps(self) -> bool:
        """It paid somebody else and got another asset for it in the same transaction: no deposit address trades."""
        got = {(one.tx, one.asset) for one in self.life.came}
        paid = {(one.tx, one.asset) for one in self.life.went if str(one.receiver) in self.others}
        return any(tx == other and asset != what for tx, asset in paid for other, what in got)

    def _other_payees(self) -> set[str]:
        """Whom it paid besides; coins given back to whoever paid its fees are no payment."""
        return {
            str(one.receiver)
            for one in self.life.went
            if str(one.receiver) not in self.hubs and not (one.asset == NATIVE and str(one.receiver) in self.givers)
        }

    def _lives_otherwise(self) -> bool:
        """It signs what is no sweep, gives permissions, or pays somebody's deposit address: a person's wallet."""
        life = self.life
        if any(label.role == "deposit" for payee in self.others for label in self.labels(payee)):
            return True
        if life.contract:
            return False
        foreign = {one.tx for one in self._approvals()}
        return len(life.idle - {one.tx for one in life.approvals} | foreign) > len(self.sweep_txs)

    def _approvals(self) -> list[Approval]:
        """Permissions it gave to anybody but those through whom the exchange takes its coins."""
        return [one for one in self.life.approvals if str(one.spender) not in self.hubs]

    def tier(self) -> str | None:
        """T2 when sweeping is its habit, T3 for a single sweep, None when neither is shown."""
        if not (self._is_swept() and self._is_prompt()):
            return None
        if len(self.sweep_txs) >= 2 and (len(self.senders) >= 2 or self._gas_is_theirs()) and self._is_served():
            return "T2"
        return "T3" if self._once_is_enough() else None

    def _is_swept(self) -> bool:
        """Rule iii: at least 98 % of what came of the asset was passed on; what is left may be a fixed rest."""
        asset = self.asset
        last = max(one.position for one in self.sweeps if one.asset == asset)
        held, came, rests, spent = 0, 0, [], 0
        for one in self.life.transfers:
            if one.asset != asset or one.position > last or one.sender == one.receiver:
                continue
            if one.receiver == self.life.address:
                held, came = held + one.amount, came + one.amount
            else:
                held -= one.amount
                spent += one.amount
                if str(one.receiver) in self.hubs:
                    rests.append(held)
        whole = spent >= SWEPT * came
        return whole or (len(rests) >= 2 and len(set(rests)) == 1 and rests[0] * 2 < came)

    def _is_prompt(self) -> bool:
        """Rule iv: half of what came, by amount, was passed on within a day."""
        return self.delay() <= DAY

    def delay(self) -> int:
        """Seconds within which half the amount of the asset that was swept had been."""
        asset = self.asset
        times = [one.time for one in self.sweeps if one.asset == asset]
        waited: list[tuple[int, int]] = []
        for one in self.life.came:
            place = bisect_left(times, one.time)
            if one.asset == asset and not self._is_gas(one) and place < len(times):
                waited.append((times[place] - one.time, one.amount))
        half = sum(amount for _, amount in waited)
        for seconds, amount in sorted(waited):
            half -= 2 * amount
            if half <= 0:
                return seconds
        return WEEK

    def _once_is_enough(self) -> bool:
        """A single habitless sweep: the more it did besides, and the more it had before, the less it is one."""
        life = self.life
        if self.others or len(life.went) > 2 * len(self.sweep_txs):
            return False
        if life.contract:
            return True
        first = min(one.time for one in life.came if one.asset in self.assets)
        had = any(one.time < first for one in life.came if one.asset == NATIVE != self.asset)
        own = {str(one.sender) for one in life.came if one.asset == NATIVE} & self.senders - {NATIVE}
        return NATIVE in self.assets or not (had or own) or self._gas_is_theirs()

    def _is_served(self) -> bool:
        """Are its sweeps not paid from coins of its own? A person's wallet has some, a deposit address is helped."""
        life = self.life
        if life.contract or self.givers or NATIVE in self.assets or not (life.coins and life.signed):
            return True
        coins = [one for one in life.came if one.asset == NATIVE]
        first = min(one.time for one in life.came if one.asset in self.assets)
        return all(one.time >= first and str(one.sender) not in self.senders for one in coins)

    def _gas_givers(self) -> dict[str, list[str]]:
        """Who paid for its fees, and in which transactions: coins or energy within the hour before a sweep."""
        found: dict[str, list[str]] = {}
        times = sorted(one.time for one in self.sweeps)
        coins = [] if self.asset == NATIVE else [one for one in self.life.came if one.asset == NATIVE]
        helped = [(one.time, str(one.sender), one.tx) for one in coins]
        helped += [
            (one.time, str(one.giver), one.tx) for one in self.life.supports if one.receiver == self.life.address
        ]
        for time, giver, tx in sorted(helped):
            if bisect_right(times, time + HOUR) > bisect_left(times, time):
                found.setdefault(giver, []).append(tx)
        return found

    def _is_gas(self, one: Transfer) -> bool:
        return one.asset == NATIVE and str(one.sender) in self.givers

    def _gas_is_theirs(self) -> bool:
        """Does the exchange pay the fees? By its own wallet, or one that pays nothing else and helps every time."""
        for giver, txs in self.givers.items():
            known = [label for label in self.labels(giver) if label.category in EXCHANGES]
            if giver in self.hubs or any(same_entity(one.entity) == same_entity(self.entity) for one in known):
                return True
            paid_in = any(str(one.sender) == giver and one.asset != NATIVE for one in self.life.came)
            if not paid_in and len(txs) >= len(self.sweep_txs):
                return True
        return False

    def verdict(self, tier: str) -> Verdict:
        """The finding with what it rests on and what speaks against it."""
        taker = self._main_hub()
        hub, label = self.life.pullers.get(taker, taker), self.hubs[taker]
        against = tuple(self._against())
        much = CONFIDENCE[tier] + (GAS_KNOWN if self.givers and self._gas_is_theirs() else 0) - AGAINST * len(against)
        return Verdict(
            tier,
            max(much, 0) * label.confidence // 100,
            label.entity,
            hub,
            label,
            sentence(
                f"rule.deposit_{tier.lower()}",
                entity=label.entity,
                sweeps=len(self.sweep_txs),
                minutes=self.delay() // 60,
                senders=len(self.senders),
            ),
            tuple(self._proofs()),
            against,
            givers=tuple(sorted(self.givers, key=lambda giver: (-len(self.givers[giver]), giver))),
        )

    def _main_hub(self) -> str:
        """The wallet that took the most of the asset."""
        sums: dict[str, int] = {}
        for one in self.sweeps:
            if one.asset == self.asset:
                sums[str(one.receiver)] = sums.get(str(one.receiver), 0) + one.amount
        return min(sums, key=lambda hub: (-sums[hub], hub))

    def _proofs(self) -> Iterable[Proof]:
        yield from (Proof("sweep", tx) for tx in self.sweep_txs[:PROOFS])
        lent = {one.tx for one in self.life.supports}
        helped = [tx for txs in self.givers.values() for tx in txs][:PROOFS]
        yield from (Proof("energy" if tx in lent else "gas", tx) for tx in helped)

    def _against(self) -> Iterable[str]:
        if len(self.senders) > BROKER:
            yield sentence("rule.against_broker", n=len(self.senders))
        if self.others:
            yield sentence("rule.against_other", address=min(self.others))
        if not (self.life.tokens and self.life.coins):
            yield sentence("rule.against_past")
        if any(self._is_theirs(one.sender) and one.asset in self.assets for one in self.life.came):
            yield sentence("rule.against_paid_by_hub")
        if not self.life.contract and self.life.idle - {one.tx for one in self.life.approvals}:
            yield sentence("rule.against_signed")
        if not self.life.contract and self._approvals():
            yield sentence("rule.against_approval")
