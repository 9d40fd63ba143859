"""Reading one account far enough to follow the stolen value through it, or finding out why the trail ends there.

An account is read from the height at which it first held stolen value, never earlier: what lies before enters only as
its opening balance. Should an earlier arrival be found later, only the stretch before the known one is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from chains.errors import ChainError
from chains.model import NATIVE, Address, AssetId, Balance, Block, Gap, Kind, Receipt, Transfer
from chains.reader import History
from tracer.known import Told
from tracer.labels import Label, stop_reason, stopping
from tracer.ledger import Account, Follow, opening_balance
from tracer.openings import Openings
from tracer.rules import ZERO_ADDRESSES, order_matters, service_like
from tracer.words import sentence
from tracer.world import World


class Stop(NamedTuple):
    """Why a trail ends at an address: a reason of the result, what it rests on, and how sure that is (0–100)."""

    reason: str
    rule: str
    confidence: int
    label: Label | None = None


@dataclass(slots=True)
class Holder:
    """An account whose history is known from ``low`` on. ``weak`` says what its figures rest on that is not proven.

    ``broken`` is the gap that ended the reading, if one did; then what is known ends at ``known_to``. ``balance`` is
    what a source said it held, and ``before`` what it held right before ``low`` where that decided the opening.
    ``thin`` says what those who told the history may not show.
    """

    account: Account
    low: int
    transfers: list[Transfer]
    opening: int = 0
    weak: list[str] = field(default_factory=list)
    broken: Gap | None = None
    known_to: int | None = None
    balance: Balance | None = None
    before: Balance | None = None
    thin: str = ""

    @property
    def follow(self) -> Follow:
        """How the ledger sees it."""
        return Follow(self.low, self.opening, bool(self.weak))


class Reading(NamedTuple):
    """What came of reading an account: a holder to follow, a stop, or neither where transactions were opened first."""

    account: Account
    holder: Holder | None
    stop: Stop | None
    history: History | None


SERVICE_CONFIDENCE = 60
POOL_CONFIDENCE = 70
OPENED_AT_ONCE = 100
OPENED_PER_SERVICE = 3
"""Transactions that are opened of what one address was paid, the largest first: at a contract, and at an address that
merely behaves like a service, which may be a market maker's wallet."""


class Accounts:
    """Reads accounts, remembering what code and gaps were found. One per run."""

    def __init__(self, world: World, through: frozenset[tuple[str, str]] = frozenset()) -> None:
        self.world = world
        self.through = through
        self.code: dict[tuple[str, str], bool] = {}
        self.gaps: set[Gap] = set()
        self.openings = Openings(world.chains)
        self.services: set[tuple[str, str]] = set()
        self.fresh: list[Receipt] = []
        self.told = Told()
        self.placed: list[Receipt] = []

    def label_stop(self, chain: str, address: str) -> Stop | None:
        """The stop a label makes here; None also while a label of another chain still needs a look at the code."""
        if (chain, address) in self.through:
            return None
        label = stopping(self.labels(chain, address))
        if label is None or (label.assumed and (chain, address) not in self.code):
            return None
        return label_stop(label)

    def labels(self, chain: str, address: str) -> tuple[Label, ...]:
        """What labels say of an address, given what is known of its code; best first."""
        code = self.code.get((chain, address))
        return self.world.labels.of(chain, Address(address), is_contract=code)

    async def read(self, account: Account, low: int, arrivals: Sequence[Transfer], known: Holder | None) -> Reading:
        """Read an account from ``low`` on (or, when ``known``, the stretch before what is known).

        ``arrivals`` are the transfers that brought stolen value, largest first.
        """
        if known is not None:
            history = await self._history(account, low, known.low - 1)
            return await self._extended(account, low, known, history, await self._balance(account))
        native = account[2] == NATIVE
        early = None if native else await self._unread(account, arrivals, None)
        if early is not None:
            return early
        # In this order: whatever moved in between is seen, as a transfer after the moment of the case.
        balance = await self._balance(account)
        history = await self._history(account, low, None)
        if native and any(one.position.kind is Kind.FEE for one in history.transfers):
            self.code[account[:2]] = False  # it signs, so it is a wallet: no need to ask for its code
        if history.stopped:
            self.services.add(account[:2])
        late = await self._unread(account, arrivals, history) if native or history.stopped else None
        return late or await self._read(account, low, history, balance)

    async def _unread(self, account: Account, arrivals: Sequence[Transfer], history: History | None) -> Reading | None:
        """The reading of an account that need not be followed, or not before transactions that paid it are opened."""
        stop = await self._contract_stop(account)
        if (stop is None or stop.label is None) and await self.open(account, arrivals):
            return Reading(account, None, None, None)
        return None if stop is None else Reading(account, None, stop, history)

    async def _read(self, account: Account, low: int, history: History, balance: Balance | None) -> Reading:
        if history.stopped:
            return Reading(account, None, Stop("service", history.stopped, SERVICE_CONFIDENCE), history)
        if history.gap and not history.covered:
            return Reading(account, None, Stop("gap", history.gap.why, 0), history)
        holder = Holder(account, low, self.told.history(account, low, history.transfers))
        await self._judge(holder, history, balance)
        return Reading(account, holder, None, history)

    async def check_victim(self, account: Account, low: int, history: History) -> None:
        """Report what a victim's own history may miss, unless its balances prove that nothing is missing."""
        holder = Holder(account, low, history.transfers)
        if history.weak and not history.gap:
            await self._judge(holder, history, await self._balance(account))

    async def _history(self, account: Account, low: int, high: int | None) -> History:
        chain, address, asset = account
        history = await self.world.reader(chain).history(
            Address(address), AssetId(asset), low, high, lambda transfers: self._service(transfers, account)
        )
        self.world.learn(history.assets)
        if history.gap:
            self.gaps.add(history.gap)
        return history

    def _service(self, transfers: Sequence[Transfer], account: Account) -> str:
        """Why an account behaves like a service; "" also where the user has the trace pass through."""
        return "" if account[:2] in self.through else service_like(transfers, account[1])

    async def _balance(self, account: Account) -> Balance | None:
        chain, address, asset = account
        try:
            return await self.world.reader(chain).balance(Address(address), AssetId(asset), self.world.heads[chain])
        except ChainError as failure:
            self.gaps.add(Gap("balance", f"{chain} {address} {asset}", str(failure)))
            return None

    async def _judge(self, holder: Holder, history: History, balance: Balance | None) -> None:
        """Set the opening balance and what weakens the account, by what its history and a source said."""
        if history.gap:
            holder.broken = history.gap
            holder.known_to = max((part.covers.high or 0 for part in history.covered), default=holder.low)
        holder.balance, holder.thin = balance, history.weak
        await self._weigh(holder)

    async def look_again(self, holder: Holder) -> bool:
        """Take up what transactions opened since tell of an account; True where it changed."""
        transfers = self.told.history(holder.account, holder.low, holder.transfers)
        if transfers == holder.transfers:
            return False
        where = " ".join(holder.account)
        self.gaps = {one for one in self.gaps if one.where != where or one.why not in holder.weak}
        holder.transfers, holder.weak, holder.before = transfers, [], None
        await self._weigh(holder)
        return True

    async def _weigh(self, holder: Holder) -> None:
        """Set the opening balance by an account's transfers, and what weakens it."""
        chain, address, asset = holder.account
        balance = holder.balance
        until = balance.at if balance else None
        rows = [one for one in holder.transfers if until is None or one.position.height <= until]
        moved = balance is not None and until is None and self._moved(holder)
        trusted = balance.amount if balance and not holder.broken and not moved else None
        holder.opening, why = opening_balance(rows, address, trusted)
        why = sentence("rule.moved_meanwhile") if moved else why
        if why:
            holder.weak.append(why)
            if balance and not holder.broken:
                self.gaps.add(Gap("balance", f"{chain} {address} {asset}", why))
        elif balance and balance.at is not None and holder.opening and not self._is_plain(holder.account):
            await self._correct(holder)
        if holder.thin and (why or not await self._reconciles(holder)):
            holder.weak.append(holder.thin)
            self.gaps.add(Gap("internal", f"{chain} {address} {asset}", holder.thin))

    def _moved(self, holder: Holder) -> bool:
        """Did it move since the moment of the case, so that a balance of "when asked" may be from before or after?"""
        head = self.world.heads[holder.account[0]].height
        return any(one.position.height > head for one in holder.transfers)

    def _is_plain(self, account: Account) -> bool:
        """Do balances of this asset change by transfers alone, as far as anybody knows?"""
        return account[2] == NATIVE or self.world.tokens.is_listed(account[0], AssetId(account[2]))

    async def _correct(self, holder: Holder) -> None:
        """Take the opening balance from the chain itself; where transfers tell another, the token moves without them.

        Balances that grow or shrink by themselves (rebasing) stand in no transfer: what an account paid beyond what it
        is known to have had is clean then, and the account is weak.
        """
        before = await self._before(holder)
        if before is not None and before.amount != holder.opening:
            holder.before, grown = before, holder.opening - before.amount
            why = sentence("rule.grown", units=grown) if grown > 0 else sentence("rule.shrunk", units=-grown)
            holder.opening = before.amount
            holder.weak.append(why)
            self.gaps.add(Gap("token", " ".join(holder.account), why))

    async def _reconciles(self, holder: Holder) -> bool:
        """Does the chain's own balance before the history equal the one computed from it? Then nothing is missing."""
        before = await self._before(holder)
        return before is not None and before.amount == holder.opening

    async def _before(self, holder: Holder) -> Balance | None:
        """What an account held right before its history begins; None where no source can say."""
        chain, address, asset = holder.account
        before = Block(chain, holder.low - 1, "", 0, holder.low - 1)
        try:
            balance = await self.world.reader(chain).balance(Address(address), AssetId(asset), before)
        except ChainError:
            return None
        return balance if balance.at == before.height else None

    async def _extended(
        self, account: Account, low: int, known: Holder, history: History, balance: Balance | None
    ) -> Reading:
        if history.stopped:
            return Reading(account, None, Stop("service", history.stopped, SERVICE_CONFIDENCE), history)
        if history.gap:
            return Reading(account, None, Stop("gap", history.gap.why, 0), history)
        holder = Holder(account, low, self.told.history(account, low, history.transfers + known.transfers))
        holder.broken, holder.known_to = known.broken, known.known_to
        whole = self._service(holder.transfers, account)
        if whole:
            return Reading(account, None, Stop("service", whole, SERVICE_CONFIDENCE), history)
        if known.broken:
            holder.opening, why = opening_balance(holder.transfers, account[1], None)
            holder.weak = [*known.weak, why]
        else:
            await self._judge(holder, history, balance)
            holder.weak.extend(why for why in known.weak if why not in holder.weak)
            holder.thin = "; ".join(dict.fromkeys(one for one in (holder.thin, known.thin) if one))
        return Reading(account, holder, None, history)

    async def _contract_stop(self, account: Account) -> Stop | None:
        """A label that holds once the code is known; or that the address is a venue, and keeps what it was paid."""
        chain, address, _ = account
        if (chain, address) not in self.code:
            try:
                self.code[chain, address] = await self.world.reader(chain).is_contract(Address(address))
            except ChainError as failure:
                self.gaps.add(Gap("code", f"{chain} {address}", str(failure)))
        stop = self.label_stop(chain, address)
        if stop is None and (chain, address) in self.openings.venues:
            return Stop("contract", sentence("rule.venue"), POOL_CONFIDENCE)
        return stop

    def unopened(self, account: Account, arrivals: Iterable[Transfer]) -> list[str]:
        """Transactions to open before anything is said of where units rest: those that paid a contract, or looked so.

        ``arrivals`` the largest first.
        """
        chain, address, asset = account
        own = address in (asset, self.world.chains[chain].wrapped) or address in ZERO_ADDRESSES
        if own or self.code.get((chain, address)):
            most = OPENED_AT_ONCE
        else:
            most = OPENED_PER_SERVICE if (chain, address) in self.services else 0
        txs = list(dict.fromkeys(one.tx for one in arrivals))[:most]
        return [tx for tx in txs if not self.openings.knows(chain, tx)]

    def opened(self, receipt: Receipt) -> None:
        """Take up an opened transaction, and which deposit addresses known from labels are in it."""
        self.openings.receipts[receipt.chain, receipt.tx] = receipt
        self.told.take(receipt)
        for receiver in {str(one.receiver) for one in receipt.transfers}:
            stop = self.label_stop(receipt.chain, receiver)
            if stop is not None and stop.reason == "exchange_deposit":
                self.openings.keepers.add((receipt.chain, receiver))

    async def open(self, account: Account, arrivals: Iterable[Transfer]) -> bool:
        """Open the transactions that paid an account, where that may tell more; False when there are none to open."""
        chain = account[0]
        times = {one.tx: one.time for one in arrivals}
        txs = self.unopened(account, arrivals)
        found = await asyncio.gather(*(self._whole(chain, tx, times[tx]) for tx in txs))
        self.fresh.extend(receipt for receipt in found if receipt is not None)
        return bool(txs)

    async def _whole(self, chain: str, tx: str, time: int) -> Receipt | None:
        try:
            return await self.world.reader(chain).whole(tx, time)
        except ChainError as failure:
            self.openings.failed[chain, tx] = str(failure)
            self.gaps.add(Gap("transaction", f"{chain} {tx}", str(failure)))
            return None

    async def settle(self, holders: Collection[Holder], carried: Mapping[object, int]) -> list[tuple[Transfer, int]]:
        """Learn the places of transfers whose order matters; returns the newly placed ones with their stored answer."""
        wanted: dict[tuple[str, str], None] = {}
        for holder in holders:
            horizon = self.world.horizons[holder.account[0]].height
            rows = sorted(
                (one for one in holder.transfers if one.position.height <= horizon), key=lambda one: one.position
            )
            for tx in order_matters(rows, holder.account[1], lambda one: one.identity in carried):
                wanted[holder.account[0], tx] = None
        receipts = await asyncio.gather(*(self._positions(chain, tx) for chain, tx in wanted))
        told = {key: receipt for key, receipt in zip(wanted, receipts, strict=True) if receipt is not None}
        self.placed += told.values()
        return [row for holder in holders for row in _placed_in(holder, told)] if told else []

    async def _positions(self, chain: str, tx: str) -> Receipt | None:
        known = self.openings.receipts.get((chain, tx))
        if known is not None:
            return known
        try:
            return await self.world.reader(chain).positions(tx)
        except ChainError as failure:
            self.gaps.add(Gap("order", f"{chain} {tx}", str(failure)))
            return None


def _placed_in(holder: Holder, receipts: Mapping[tuple[str, str], Receipt]) -> list[tuple[Transfer, int]]:
    """Put the places that receipts tell into an account's transfers; returns those that changed, with their answer."""
    changed: list[tuple[Transfer, int]] = []
    for number, transfer in enumerate(holder.transfers):
        receipt = receipts.get((transfer.chain, transfer.tx))
        if receipt is not None and not transfer.position.settled:
            holder.transfers[number] = receipt.placed(transfer)
            changed.append((holder.transfers[number], receipt.raw_of(transfer)))
    return changed


def label_stop(label: Label) -> Stop:
    """The stop a label makes, in the words of its source."""
    said = sentence("rule.labelled", by=label.source)
    if label.as_of:
        said = sentence("rule.labelled_on", by=label.source, date=label.as_of)
    rule = f"{said}; {label.assumed}" if label.assumed else said
    return Stop(stop_reason(label) or "service", rule, label.confidence, label)
