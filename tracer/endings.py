"""Why the trail ends at an account, once the hunt is over: the reason every report gives for an endpoint. Pure."""

from __future__ import annotations

from chains.model import AssetId
from tracer.discover import Discovery
from tracer.holders import Stop, label_stop
from tracer.labels import Label
from tracer.ledger import Account
from tracer.words import sentence

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
    frozen = _blacklisted(discovery, account)
    if frozen is not None:
        return Stop("frozen", label_stop(frozen).rule, frozen.confidence, frozen)
    if holder.weak:
        return Stop("held", "; ".join(holder.weak), WEAK_CONFIDENCE)
    return Stop("held", sentence("rule.held"), 100)


def _blacklisted(discovery: Discovery, account: Account) -> Label | None:
    """The label that says that the issuer of this token has blacklisted this address, where the issuer can."""
    chain, address, asset = account
    token = discovery.world.tokens.of(chain, AssetId(asset))
    if token is None or token.freezable != "yes":
        return None
    return next((label for label in discovery.accounts.labels(chain, address) if label.category == "frozen"), None)
