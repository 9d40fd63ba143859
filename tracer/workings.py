"""The workings of a trace: everything its numbers come from, in one value for those who check and explain them.

The result of a trace says what was found. The audit, the bounds, the passport of an endpoint and the patterns need the
sum itself: every row, every balance, every method. A case keeps the answers of its sources, so the workings are not
stored but derived again from them, offline (`tracer.session.workings_of`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chains.model import FEE_SINK, Asset, AssetId, Balance, Block
from chains.registry import Chain
from tracer.checked import Checked
from tracer.fold import Fold
from tracer.labels import Label
from tracer.ledger import Account, Ledger, Tally
from tracer.openings import Openings
from tracer.prices import PriceBook
from tracer.result import ENDPOINT_TIERS, DepositRow, Result
from tracer.thefts import Thefts


@dataclass(frozen=True, slots=True)
class Workings:
    """``fold`` is under the case's method and knows the way of every unit; ``tallies`` has every method by name.

    ``balances`` has what a source said each followed account held, and what it held right before its history begins
    where that decided the opening.

    ``reasons`` tells for every account that has stolen units under any method why the trail ends there (one of
    `tracer.result.REASONS`; ``held`` or ``frozen`` for a followed account). ``weak`` has the sentences on what the
    figures of a followed account rest on that is not proven. ``labels`` is by (chain, address), for
    every address of the ledger.
    """

    ledger: Ledger
    fold: Fold
    tallies: Mapping[str, Tally]
    reasons: Mapping[Account, str]
    weak: Mapping[Account, tuple[str, ...]]
    assets: Mapping[tuple[str, AssetId], Asset]
    labels: Mapping[tuple[str, str], tuple[Label, ...]]
    result: Result
    least: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """The least units of each asset, by (chain, asset), that were followed from address to address."""

    whole: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """What was stolen of each asset or, of one that it was converted into, what all of it would have bought."""

    openings: Openings | None = None

    balances: Mapping[Account, tuple[Balance | None, Balance | None]] = field(default_factory=dict)

    thefts: Thefts | None = None
    """The victims, what was taken from them, and whose addresses are their own."""

    horizons: Mapping[str, Block] = field(default_factory=dict)
    """The last block that counts, by chain."""

    chains: Mapping[str, Chain] = field(default_factory=dict)

    books: tuple[PriceBook, ...] = ()
    """Every price that the trace was told, in the order of asking."""

    checked: Checked = field(default_factory=Checked)
    """What a second source and the chain itself say of the transactions the case rests on."""

    def deposit(self, account: Account) -> DepositRow | None:
        """What an account was taken for, where it is an endpoint as a deposit address."""
        found = (one for one in self.result.deposits if (one.chain, one.address, one.asset.id) == account)
        return next((one for one in found if one.tier in ENDPOINT_TIERS), None)

    def asset(self, account: Account) -> Asset:
        """The asset of an account."""
        return self.assets[account[0], AssetId(account[2])]

    def reason(self, account: Account) -> str:
        """Why the trail ends at an account; what nothing is known of was not followed."""
        return "fee" if account[1] == FEE_SINK else self.reasons.get(account, "not_followed")
