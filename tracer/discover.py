"""The hunt: from the thefts outward, the largest stolen value first, until every unit is accounted for.

It goes in rounds. Each round folds everything known, lists the accounts that hold stolen value and are not yet
explained, and reads the largest of them at once. The next accounts are chosen only when a round is complete, so
neither the order in which answers arrive nor a budget changes which addresses are in: a smaller budget gives a prefix.
The rounds end at a least fixed point: expanding an account can only add stolen value elsewhere, never take it away.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

from chains.model import FEE_SINK, NATIVE, Address, AssetId, Receipt, Transfer
from chains.positions import is_position
from tracer.announce import announce, announce_hits
from tracer.arrivals import arrivals, carrying, hops
from tracer.deposits import Deposits, find_deposits
from tracer.holders import POOL_CONFIDENCE, Accounts, Holder, Reading, Stop
from tracer.involved import unread
from tracer.known import Known, accounts_of
from tracer.labels import is_burn
from tracer.ledger import Account, Identity, Ledger, Tally
from tracer.look_again import look_again, take_fees
from tracer.lots import CONSERVING
from tracer.openings import Value, assets_of
from tracer.orders import find_orders
from tracer.price_source import Priced
from tracer.prices import PriceBook
from tracer.question import Question
from tracer.result import FreezeRow
from tracer.rules import ZERO_ADDRESSES
from tracer.side_by_side import as_they_come
from tracer.store import Store
from tracer.tally import tallies
from tracer.thefts import Thefts
from tracer.words import sentence
from tracer.world import World
from tracer.worth import PRUNED_SHARE, Worth

ROUND = 8
"""Accounts read at once, and one more for every `SHARE` waiting: small enough that the next choice is soon informed,
large enough to keep the pace, and growing so that a wide case does not fold thousands of times."""

SHARE = 16

REQUESTS_PER_ACCOUNT = 3
SMALL = 2_000
"""Up to so many transfers the account is folded after every answer, so that an exchange hit shows at once."""

STAKE = "stake"
"""Stands for TRON's own staking ledger, where the TRON source books frozen coins."""

Moment = tuple[str, AssetId, int]
"""(chain, asset, Unix time)"""

Pricing = Callable[[list[Moment]], Awaitable[Priced]]


@dataclass(slots=True)
class Discovery:
    """The state of one trace. ``run`` drives it; afterwards ``ledger`` and ``stops`` hold the answer.

    With several methods to follow, an account is worth reading when it is under any of them: ``received`` has the
    most it got under any, ``first_held`` the earliest height at which it held stolen units under any. ``sightings``
    has the transfers of followed accounts, with the stored answer behind each.
    """

    world: World
    question: Question
    store: Store
    thefts: Thefts
    prices: PriceBook
    accounts: Accounts = field(init=False)
    victims: frozenset[tuple[str, str]] = field(init=False)
    holders: dict[Account, Holder] = field(default_factory=dict)
    stops: dict[Account, Stop] = field(default_factory=dict)
    ledger: Ledger = field(init=False)
    tallies: dict[str, Tally] = field(init=False)
    hops: dict[Account, int] = field(default_factory=dict)
    forced: set[Account] = field(default_factory=set)
    announced: set[Account] = field(default_factory=set)
    fetched: set[tuple[str, str]] = field(default_factory=set)
    worth: Worth = field(init=False)
    leads: dict[Account, int] = field(default_factory=dict)
    carried: dict[object, int] = field(default_factory=dict)
    received: dict[Account, int] = field(default_factory=dict)
    received_by: dict[str, dict[Account, int]] = field(default_factory=dict)
    first_held: dict[Account, int] = field(default_factory=dict)
    known: Known = field(init=False)
    reopened: set[Account] = field(default_factory=set)
    price: Pricing | None = None
    valued: set[Moment] = field(default_factory=set)
    tried: set[tuple[Account, Identity]] = field(default_factory=set)
    deposits: Deposits = field(default_factory=Deposits)
    freezes: dict[Account, FreezeRow] = field(default_factory=dict)
    sightings: list[tuple[Sequence[Transfer], Sequence[int]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with the thefts alone."""
        self.accounts = Accounts(self.world, self.thefts.through)
        self.known = Known(self.world.horizons, self.accounts.told)
        self.victims = frozenset((one.victim.chain.id, str(one.victim.address)) for one in self.thefts.origins)
        thefts = [one.transfer for one in self.thefts.origins]
        self.worth = Worth(thefts, self.prices, self.world.assets, self.question.min_value)
        self.known.learn(thefts)
        self._refold()

    async def run(self) -> None:
        """Rounds until nothing is left to read."""
        take_fees(self, [one.theft for one, _, _ in self.thefts.histories if one.theft is not None])
        number = 0
        while True:
            if await look_again(self):
                self._refold()
            self._classify()
            if await find_deposits(self):
                self._refold()
                await self._value()
                continue
            announce(self, number)
            batch = self._next_batch()
            if not batch and self._force_largest_dust():
                continue
            if not batch and await find_orders(self):
                self._refold()
                await self._value()
                continue
            batch = batch or self._lead_batch()
            if not batch:
                return
            number += 1
            await self._round(batch)

    async def _round(self, batch: list[Account]) -> None:
        came = self._arrivals()
        reads = [
            self.accounts.read(account, self._low(account), came.get(account, []), self.holders.get(account))
            for account in batch
        ]
        async for reading in as_they_come(reads):
            self._take(reading)
            if len(self.known.rows) < SMALL:
                self._refold()
                announce_hits(self)
        self._refold()
        await self._value()
        touched = [holder for account, holder in self.holders.items() if account in self.received]
        placed = await self.accounts.settle(touched, self.carried)
        if placed:
            self.store.save_positions(placed)
            self.known.learn([transfer for transfer, _ in placed])
            self._refold()

    async def _value(self) -> None:
        """Learn names and prices of what was converted: they set which of it is dust, and how outputs are shared."""
        while wants := [one for one in self._moments() if one not in self.valued]:
            await self.learn_prices(wants)
            self._refold()

    async def learn_prices(self, wants: list[Moment]) -> None:
        """Ask for names and prices, once for each moment."""
        self.valued.update(wants)
        for chain, asset, _ in wants:
            self.world.learn([await self.world.asset(chain, asset)])
        if wants and self.price is not None:
            priced = await self.price(wants)
            self.worth.books.append(priced.book)
            self.worth.asked.update(wants if priced.whole else ())

    def _valued(self, chain: str, asset: str, time: int) -> Value:
        own = asset in (NATIVE, self.world.chains[chain].wrapped) or is_position(asset)
        return self.worth.value(chain, asset, time, known=own or self.world.tokens.is_listed(chain, AssetId(asset)))

    def _moments(self) -> list[Moment]:
        """Every asset of every conversion in the ledger, at its time."""
        opened = self.accounts.openings.entered(self.ledger)
        return sorted({(one.chain, AssetId(asset), one.time) for one in opened for asset in assets_of(one.conversion)})

    def _low(self, account: Account) -> int:
        """The height to read an account from."""
        return self.first_held[account] if account in self.first_held else self.leads[account]

    def _take(self, reading: Reading) -> None:
        chain, address, asset = reading.account
        self.fetched.add((chain, address))
        self.take_receipts(self.accounts.fresh)
        self.accounts.fresh.clear()
        if reading.history is not None:
            self.store.save_history(chain, address, asset, reading.history)
        if reading.stop is not None:
            self.holders.pop(reading.account, None)
            self.stops[reading.account] = reading.stop
        if reading.holder is not None and reading.history is not None:
            self.holders[reading.account] = reading.holder
            self.known.learn(reading.holder.transfers)
            self.sightings.append((reading.history.transfers, reading.history.raws))

    def take_receipts(self, receipts: Iterable[Receipt]) -> None:
        """Take up transactions that were opened."""
        for receipt in receipts:
            self.accounts.opened(receipt)
            self.known.learn(receipt.transfers)
            self.store.save_opened(receipt)
            self.reopened.update(account for one in receipt.transfers for account in accounts_of(one))

    # --- accounting over what is known

    def transfers(self) -> list[Transfer]:
        """Every known transfer, in order."""
        return self.known.in_order()

    def _refold(self) -> None:
        seeds = {one.transfer.identity: number for number, one in enumerate(self.thefts.origins)}
        follow = {account: holder.follow for account, holder in self.holders.items()}
        self.ledger = self.accounts.openings.ledger(seeds, follow, self.transfers(), self._valued)
        self.worth.learn(self.ledger)
        self.tallies = tallies(self.ledger, self.question.followed, highest_first=self.question.highest_first)
        self.carried, self.received, self.first_held = {}, {}, {}
        self.received_by = {method: {} for method in self.tallies}
        ledger = self.ledger
        for method, tally in self.tallies.items():
            received = self.received_by[method]
            for row, traced in enumerate(tally.traced):
                if traced and row not in ledger.inward:
                    payee = ledger.accounts[ledger.payee[row]]
                    received[payee] = received.get(payee, 0) + traced
                    identity = ledger.transfers[row].identity
                    self.carried[identity] = max(traced, self.carried.get(identity, 0))
        rows = self.carrying()
        for row in rows:
            self.first_held.setdefault(ledger.accounts[ledger.payee[row]], ledger.transfers[row].position.height)
        for received in self.received_by.values():
            for account, units in received.items():
                self.received[account] = max(units, self.received.get(account, 0))
        self.hops = hops(ledger, rows)

    def tallied(self, methods: Iterable[str]) -> dict[str, Tally]:
        """The tallies of these methods: those that are followed as they are, the others worked out together."""
        wanted = tuple(methods)
        others = [method for method in wanted if method not in self.tallies]
        found = self.tallies | tallies(self.ledger, others, highest_first=self.question.highest_first)
        return {method: found[method] for method in wanted}

    def carrying(self) -> list[int]:
        """Rows that brought somebody stolen units under any method followed, in order."""
        return carrying(self.ledger, self.tallies.values())

    def _arrivals(self) -> dict[Account, list[Transfer]]:
        """The transfers that brought each account stolen units, the largest first; to a lead, whatever it was paid."""
        found = arrivals(self.ledger, self.carrying(), self.leads)
        for transfers in found.values():
            transfers.sort(key=lambda one: (-self.carried.get(one.identity, 0), one.identity))
        return found

    # --- choosing

    def _classify(self) -> None:
        """Give every account that needs no reading its stop."""
        came = self._arrivals()
        for account in self.received:
            stop = self.stops.get(account)
            own = stop is None or (stop.label is None and stop.reason == "contract")
            if account in self.holders or not own:
                continue
            if self.accounts.unopened(account, came.get(account, ())):
                self.stops.pop(account, None)  # a venue, paid again in a transaction not opened yet
            elif (stop := stop or self._stop_without_reading(account)) is not None:
                self.stops[account] = stop

    def _stop_without_reading(self, account: Account) -> Stop | None:
        chain, address, asset = account
        if address == FEE_SINK:
            return Stop("fee", sentence("rule.fee"), 100)
        if address == STAKE:
            return Stop("contract", sentence("rule.stake"), 100)
        stop = self._stop_by_address(account) or self.accounts.label_stop(chain, address)
        if stop is None and address in (asset, self.world.chains[chain].wrapped):
            return Stop("contract", sentence("rule.own_contract"), 100)
        if stop is None and account in self.accounts.openings.unseen():
            return Stop("gap", sentence("rule.unseen_leg"), 0)
        return stop

    def _stop_by_address(self, account: Account) -> Stop | None:
        chain, address, asset = account
        if (chain, address) in self.victims or (chain, address) in self.thefts.own:
            return Stop("returned", sentence("rule.returned"), 100)
        if asset == self.world.chains[chain].wrapped and address in ZERO_ADDRESSES:
            return Stop("contract", sentence("rule.unwrapped"), 100)
        if is_burn(Address(address)):
            return Stop("burn", sentence("rule.burn"), 100)
        return None

    def _next_batch(self) -> list[Account]:
        received = self.received
        ready = [
            account
            for account in received
            if account not in self.stops
            and account not in self.holders
            and self._worth(account, received[account])
            and self.hops.get(account, 1) <= self.question.max_hops
        ]
        if not ready:
            # Earlier arrivals than an account was read from: last, as several may still turn up and cost one request.
            ready = [
                account
                for account, holder in self.holders.items()
                if self.first_held.get(account, holder.low) < holder.low
            ]
        ready.sort(key=lambda account: (-self.worth.weight(account, received[account]), account))
        return ready[: self._allowance(ready[: ROUND + len(ready) // SHARE])]

    def _allowance(self, batch: list[Account]) -> int:
        room = self.question.max_addresses - len(self.fetched)
        allowed = 0
        for account in batch:
            if account[:2] not in self.fetched:
                if room <= 0:
                    break
                room -= 1
            allowed += 1
        if self.question.max_requests is not None:
            left = self.question.max_requests - self.world.client.questions
            allowed = min(allowed, max(0, left) // REQUESTS_PER_ACCOUNT)
        return allowed

    def _worth(self, account: Account, received: int) -> bool:
        return account in self.forced or received >= self.worth.least(account[0], account[2])

    def _lead_batch(self) -> list[Account]:
        """With ``leads``: addresses paid soon after, with other money, whose own payments nobody has read yet."""
        if not self.question.leads:
            return []
        found = unread(self.ledger, self.tallied(CONSERVING), self.least_followed())
        for account in found:
            stop = self._stop_without_reading(account)
            if stop is not None:
                self.stops.setdefault(account, stop)
        ready = sorted(account for account in found if account not in self.stops and account not in self.received)
        self.leads.update((account, found[account]) for account in ready)
        return ready[: self._allowance(ready[:ROUND])]

    def least_followed(self) -> dict[tuple[str, str], int]:
        """The least value that is followed, of every asset stolen."""
        return {key: self.worth.least(*key) for key in self.worth.whole}

    def _force_largest_dust(self) -> bool:
        """By default, read the largest dust until at most one percent is left as dust; True if any was added."""
        if self.question.min_value is not None:
            return False
        forced = [self._largest_dust(method, key) for method in self.tallies for key in self.worth.whole]
        before = len(self.forced)
        self.forced.update(account for accounts in forced for account in accounts)
        return len(self.forced) > before

    def _largest_dust(self, method: str, key: tuple[str, str]) -> list[Account]:
        """Dust of one asset to read so that, under this method, at most one percent of what was stolen stays dust."""
        received = self.received_by[method]
        dust = [account for account in received if (account[0], account[2]) == key and self._is_dust(account)]
        dust.sort(key=lambda account: (received[account], account), reverse=True)
        left = sum(received[account] for account in dust)
        chosen: list[Account] = []
        for account in dust:
            if left * PRUNED_SHARE <= self.worth.whole[key]:
                break
            chosen.append(account)
            left -= received[account]
        return chosen

    def _is_dust(self, account: Account) -> bool:
        return (
            account not in self.stops
            and account not in self.holders
            and not self._worth(account, self.received[account])
            and self.hops.get(account, 1) <= self.question.max_hops
        )

    def final_stop(self, account: Account) -> Stop:
        """Why an account with stolen value was not followed, once the rounds are over."""
        stop = self.stops.get(account)
        if stop is not None:
            return stop
        if account[:2] in self.accounts.openings.venues:
            return Stop("contract", sentence("rule.venue"), POOL_CONFIDENCE)
        if account not in self.received:
            return self._stop_without_reading(account) or Stop("not_followed", sentence("rule.not_followed"), 100)
        if not self._worth(account, self.received[account]):
            return Stop("dust", sentence("rule.dust"), 100)
        if self.hops.get(account, 1) > self.question.max_hops:
            return Stop("hop_limit", sentence("rule.hop_limit", hops=self.question.max_hops), 100)
        return Stop("budget", sentence("rule.budget"), 100)
