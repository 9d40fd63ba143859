"""What the hunt tells whoever watches: after every round where the stolen units are, and every hit when it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.model import Kind, Transfer
from tracer.holders import Stop
from tracer.ledger import Account
from tracer.principal import principals

if TYPE_CHECKING:
    from tracer.discover import Discovery


def announce(hunt: Discovery, round_number: int) -> None:
    """Tell where the units of the most valuable asset stolen are, by reason, whatever they were converted into."""
    located: dict[str, int] = {}
    stolen = hunt.worth.stolen
    largest = max(stolen, key=lambda key: (hunt.worth.weight((key[0], "", key[1]), stolen[key]), key))
    origins = [one.transfer for one in hunt.thefts.origins]
    of_largest = {number for number, one in enumerate(origins) if (one.chain, one.asset) == largest}
    found = principals(hunt.ledger, hunt.tallies[hunt.question.main])
    for (number, origin), units in found.held.items():
        if hunt.ledger.theft(origin) in of_largest:
            account = hunt.ledger.accounts[number]
            stop = hunt.stops.get(account)
            reason = stop.reason if stop else ("held" if account in hunt.holders else "following")
            located[reason] = located.get(reason, 0) + units
    hunt.world.watcher.round(round_number, len(hunt.fetched), located, stolen[largest])
    announce_hits(hunt)


def announce_hits(hunt: Discovery) -> None:
    """Tell of every place with a label that ends a trail, once, when stolen units have reached it."""
    for row in hunt.carrying():
        one = hunt.ledger.transfers[row]
        account: Account = (one.chain, one.receiver, one.asset)
        if account in hunt.announced or one.position.kind is Kind.FEE:
            continue
        stop = hunt.stops.get(account) or hunt.accounts.label_stop(one.chain, one.receiver)
        if stop is not None and (stop.label is not None or stop.reason == "exchange_deposit"):
            hunt.announced.add(account)
            _announce_hit(hunt, one, stop)


def _announce_hit(hunt: Discovery, one: Transfer, stop: Stop) -> None:
    asset = hunt.world.assets.get((one.chain, one.asset))
    if asset is not None:
        verdict = hunt.deposits.verdicts.get((one.chain, one.receiver, one.asset))
        entity = stop.label.entity if stop.label else verdict.entity if verdict else ""
        traced = hunt.carried[one.identity]
        hunt.world.watcher.hit(one.chain, one.receiver, entity, stop.reason, asset, traced, one.tx)
