"""Every transfer that a trace knows, each once, however many answers tell of it.

Answers agree on who moved what, but not on everything. Explorers' lists of some rollups have a fee without the part
paid to layer 1, which the receipt has: one fee of a payer in a transaction stands, the largest. And calls inside a
transaction are numbered by path, by an explorer's own count or by their place in a list. Numbers of two kinds cannot
be compared, so where a transaction was opened, its receipt's order stands for every movement in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chains.model import Block, Kind, Receipt, Transfer
from tracer.ledger import Account, Identity

FeeKey = tuple[str, str, str]
"""(chain, transaction, payer)"""


@dataclass(slots=True)
class Told:
    """What opened transactions say of their own movements."""

    rows: dict[Identity, Transfer] = field(default_factory=dict)
    fees: dict[FeeKey, Transfer] = field(default_factory=dict)
    accounts: dict[Account, list[Transfer]] = field(default_factory=dict)

    def take(self, receipt: Receipt) -> None:
        """Take up an opened transaction."""
        self.take_fees(receipt)
        for one in receipt.transfers:
            self.rows[one.identity] = one
            for account in accounts_of(one):
                self.accounts.setdefault(account, []).append(one)

    def take_fees(self, receipt: Receipt) -> list[Transfer]:
        """Take up the fee of a transaction alone, and return it."""
        fees = [one for one in receipt.transfers if one.position.kind is Kind.FEE]
        self.fees.update((fee_key(one), one) for one in fees)
        return fees

    def of(self, one: Transfer) -> Transfer:
        """A transfer as its opened transaction tells it; unchanged where that does not tell of it."""
        told = self.rows.get(one.identity)
        if told is None and one.position.kind is Kind.FEE:
            told = self.fees.get(fee_key(one))
            return one if told is None or told.amount < one.amount else told
        return one if told is None else one._replace(position=told.position)

    def history(self, account: Account, low: int, transfers: list[Transfer]) -> list[Transfer]:
        """An account's transfers as opened ones tell them, with those besides: not every source lists mint and burn."""
        told = {one.identity: one for one in map(self.of, transfers)}
        fees = {fee_key(one) for one in told.values() if one.position.kind is Kind.FEE}
        for one in self.accounts.get(account, ()):
            if one.position.height >= low and (one.position.kind is not Kind.FEE or fee_key(one) not in fees):
                told.setdefault(one.identity, one)
        rows = list(told.values())
        return rows if rows == transfers else sorted(rows, key=lambda one: one.position)


@dataclass(slots=True)
class Known:
    """Every known transfer up to the moment of the case. ``horizons`` has the last block of every chain."""

    horizons: Mapping[str, Block]
    told: Told
    rows: dict[Identity, Transfer] = field(default_factory=dict)
    fees: dict[FeeKey, Identity] = field(default_factory=dict)
    ordered: list[Transfer] = field(default_factory=list)
    stale: bool = False

    def learn(self, transfers: Iterable[Transfer]) -> None:
        """Take up transfers, each once; a known place stands against an unknown one."""
        for transfer in transfers:
            if transfer.position.height > self.horizons[transfer.chain].height:
                continue
            one = self.told.of(transfer)
            if one.position.kind is Kind.FEE and not self._is_largest(one):
                continue
            identity = one.identity
            before = self.rows.get(identity)
            settles = before is None or (one.position.settled and not before.position.settled)
            if settles or (identity in self.told.rows and one != before):
                self.rows[identity] = one
                self.stale = True

    def _is_largest(self, fee: Transfer) -> bool:
        """Is this the largest fee known of its payer and transaction? Then a smaller one goes."""
        before = self.fees.setdefault(fee_key(fee), fee.identity)
        if before != fee.identity:
            known = self.rows.get(before)
            if known is not None and known.amount > fee.amount:
                return False
            self.rows.pop(before, None)
            self.fees[fee_key(fee)] = fee.identity
        return True

    def in_order(self) -> list[Transfer]:
        """All of them, by chain, in order of happening."""
        if self.stale:
            self.ordered = sorted(self.rows.values(), key=lambda one: (one.chain, one.position, one.identity))
            self.stale = False
        return self.ordered


def fee_key(fee: Transfer) -> FeeKey:
    """What two tellings of one fee have in common."""
    return fee.chain, fee.tx, fee.sender


def accounts_of(one: Transfer) -> set[Account]:
    """Whose transfer it is: the payer's and the receiver's accounts."""
    return {(one.chain, one.sender, one.asset), (one.chain, one.receiver, one.asset)}
