"""Why the trail ends at an account, once the hunt is over: the reason every report gives for an endpoint. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chains.model import FEE_SINK, Address, AssetId
from tracer.freeze import Resting
from tracer.holders import Stop, label_stop
from tracer.labels import Label
from tracer.ledger import Account
from tracer.words import sentence

if TYPE_CHECKING:
    from tracer.discover import Discovery

FREEZABLE_AT: Final = frozenset({"held", "frozen", "exchange_deposit", "gap", "budget", "hop_limit", "not_followed"})
"""Reasons for which somebody's own address holds the units: what lies at a service is asked of the service."""

WEAK_CONFIDENCE = 50
"""Ceiling for an endpoint that rests on, or came through, an account with unproven figures."""


def ending(discovery: Discovery, account: Account) -> Stop:
    """Why the trail ends at an account that holds stolen units."""
    holder = discovery.holders.get(account)
    if holder is None:
        return discovery.final_stop(account)
    if discovery.first_held.get(account, holder.low) < holder.low:
        return Stop("budget", sentence("rule.budget"), 100)
    if holder.broken:
        return Stop("gap", holder.broken.why, 0)
    frozen = _frozen(discovery, account)
    if frozen is not None:
        return frozen
    if holder.weak:
        return Stop("held", "; ".join(holder.weak), WEAK_CONFIDENCE)
    return Stop("held", sentence("rule.held"), 100)


def _frozen(discovery: Discovery, account: Account) -> Stop | None:
    """Has the issuer blocked it? As the contract says; where that was not learnt, as a list says."""
    told = discovery.freezes.get(account)
    if told is not None and told.frozen == "yes":
        return Stop("frozen", sentence("rule.frozen_now", issuer=told.issuer), 100)
    label = _blacklisted(discovery, account) if told is None or told.frozen == "unknown" else None
    return None if label is None else Stop("frozen", label_stop(label).rule, label.confidence, label)


def resting(discovery: Discovery) -> list[Resting]:
    """Where stolen units of a listed token lie that its issuer might freeze, or not; dust is not asked about."""
    found = []
    for number in sorted(discovery.tallies[discovery.question.main].by_account()):
        account = discovery.ledger.accounts[number]
        chain, address, asset = account
        listed = discovery.world.tokens.is_listed(chain, AssetId(asset))
        if listed and account[1] != FEE_SINK and ending(discovery, account).reason in FREEZABLE_AT:
            found.append(Resting(chain, Address(address), discovery.world.assets[chain, AssetId(asset)]))
    return found


def _blacklisted(discovery: Discovery, account: Account) -> Label | None:
    """The label that says that the issuer of this token has blacklisted this address, where the issuer can."""
    chain, address, asset = account
    token = discovery.world.tokens.of(chain, AssetId(asset))
    if token is None or token.freezable != "yes":
        return None
    labels = discovery.accounts.labels(chain, address)
    return next((label for label in labels if label.category == "frozen" and not label.valid_to), None)
