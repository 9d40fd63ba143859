"""What is worth telling of a stretch of blocks, as notices. Pure.

A notice is unique by what happened: a transfer by its identity, a change of power by its transaction and holder, bait
by its day. So reading the same blocks again, in whatever pieces, gives the same notices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from chains.model import FEE_SINK, NATIVE, Asset, AssetId, Kind, Transfer
from chains.registry import Chain
from chains.scan import Change, Sight, Watched
from tracer.labels import Label
from tracer.ledger import Account, Identity
from tracer.watch.frontier import Place
from tracer.watch.model import (
    BAIT,
    BLIND,
    FULL,
    GRANTED,
    HIGH,
    INFO,
    NORMAL,
    PAYMENT,
    SEEING,
    SENTRY,
    TAKEN,
    TROUBLE,
    Notice,
)
from tracer.watch.newcomers import BUDGET
from tracer.watch.severity import is_dust, looks_like, severity_of
from tracer.watch.standing import Move, Stand
from tracer.words import sentence

MOVED: Final = "moved"
HELD: Final = "held"
"""What a case says of a place that is followed and still has something: nobody ends there."""

MOST_BAIT: Final = 1_000
"""Transfers of one day's bait that are counted."""

NO_PLACE: Final = 0
"""Stands for the watch itself among targets: blindness is nobody's in particular."""

Named = Callable[[str, str], Label | None]
"""The label that says whose an address is, by chain and address."""


def key_of(identity: Identity) -> str:
    """A transfer's identity as one text."""
    return "|".join(str(part) for part in identity)


def asset_of(place: Place, chain: Chain, asset: AssetId) -> Asset:
    """How to show an asset, as the case or the token list has it; of one nobody lists only the contract is told."""
    if asset == NATIVE:
        return Asset(chain.id, NATIVE, chain.coin, chain.decimals)
    known = place.base.assets.get((chain.id, asset))
    if known is not None:
        return known
    token = place.tokens.of(chain.id, asset)
    return Asset(chain.id, asset, token.symbol, token.decimals) if token else Asset(chain.id, asset, "?", 0)


def payments(
    place: Place, chain: Chain, moves: Iterable[Move], sights: Mapping[Identity, Sight], named: Named
) -> Iterator[Notice]:
    """A notice for every payment that carried traced value, or may have."""
    for move in moves:
        one = move.transfer
        if one.receiver != FEE_SINK and one.position.kind is not Kind.FEE:
            yield _payment(place, chain, move, sights[one.identity], named(one.chain, one.receiver))


def _payment(place: Place, chain: Chain, move: Move, sight: Sight, label: Label | None) -> Notice:
    one = move.transfer
    payer = place.stands.get((one.chain, str(one.sender), str(one.asset)))
    stand = place.stands.get((one.chain, str(one.receiver), str(one.asset)))
    kind = TAKEN if move.theft else SENTRY if move.inside else PAYMENT
    reason = _reason(place, one, stand)
    dust = is_dust(one.amount, place.rules.least.get((one.chain, str(one.asset)), 0))
    # Of a bare address nobody says that it is a victim's.
    urgent_as = PAYMENT if kind == TAKEN and place.target.address else kind
    weak = "" if payer is None else payer.weak
    return Notice(
        key_of(one.identity),
        place.target.id,
        kind,
        severity_of(urgent_as, reason, from_reason=payer.reason if payer else "", dust=dust),
        one.chain,
        one.tx,
        one.position.height,
        sight.number,
        one.time,
        one.sender,
        one.receiver,
        asset_of(place, chain, one.asset),
        one.amount,
        None if move.inside else move.traced.get(place.rules.method, 0),
        move.least,
        move.most,
        *_said(label),
        reason=reason,
        why=weak,
        more={"from_reason": payer.reason} if payer is not None and payer.reason else {},
    )


def _reason(place: Place, one: Transfer, stand: Stand | None) -> str:
    if (one.chain, one.receiver) in place.rules.sources | place.rules.own:
        return "returned"
    return MOVED if stand is None or stand.reason in ("", HELD) else stand.reason


def _said(label: Label | None) -> tuple[str, str, str]:
    if label is None:
        return "", "", ""
    return label.entity, label.category, f"{label.source} {label.as_of}".strip()


def grants(place: Place, chain: Chain, changes: Iterable[Change], named: Named) -> Iterator[Notice]:
    """A notice for every power over a source's address that somebody was given."""
    for one in changes:
        if (one.chain, one.owner) not in place.rules.sources:
            continue
        yield Notice(
            "|".join(map(str, one.identity)),
            place.target.id,
            GRANTED,
            severity_of(GRANTED, one.kind),
            one.chain,
            one.tx,
            one.position.height,
            one.number,
            one.time,
            one.owner,
            one.holder,
            asset_of(place, chain, one.token) if one.token else None,
            one.amount,
            None,
            None,
            None,
            *_said(named(one.chain, one.holder) if one.holder else None),
            reason=one.kind,
        )


def bait(place: Place, chain: Chain, who: Watched, sights: Sequence[Sight]) -> Iterator[Notice]:
    """What came in that is no value, summed up by day: dust, tokens nobody lists, look-alikes of known addresses."""
    known, looked = [address for where, address, _ in place.stands if where == chain.id], who.all
    found: dict[str, list[tuple[Sight, str]]] = {}
    for sight in sights:
        one = sight.transfer
        if one.receiver not in looked or one.position.kind is Kind.FEE:
            continue
        twin = looks_like(one.sender, known)
        if twin or not place.counts(one.chain, one.asset):
            found.setdefault(day_of(one.time), []).append((sight, twin))
    for day, seen in sorted(found.items()):
        first, twin = next(((sight, twin) for sight, twin in seen if twin), seen[0])
        one = first.transfer
        yield Notice(
            f"{day}|{chain.id}",
            place.target.id,
            BAIT,
            INFO,
            chain.id,
            one.tx,
            one.position.height,
            first.number,
            one.time,
            one.sender,
            one.receiver,
            asset_of(place, chain, one.asset),
            one.amount,
            reason="look_alike" if twin else "dust",
            more={"day": day, "twin": twin, "seen": sorted({key_of(sight.transfer.identity) for sight, _ in seen})},
        )


def more_bait(before: Notice, now: Notice) -> Notice:
    """A day's bait with what came in earlier that day; of very much only so many are kept."""
    seen = sorted({*before.more.get("seen", ()), *now.more["seen"]})[:MOST_BAIT]
    kept = before if before.more.get("twin") else now
    return kept._replace(more={**kept.more, "seen": seen})


def full(place: Place, account: Account, number: int) -> Notice:
    """Somebody is not followed, because the frontier is as large as was allowed."""
    chain, address, _ = account
    return Notice(
        "|".join(account),
        place.target.id,
        FULL,
        NORMAL,
        chain,
        number=number,
        receiver=address,
        reason=BUDGET,
        more={"most": place.target.max_frontier},
    )


def blind(chain: str, since: int, why: str) -> Notice:
    """Nothing can be seen of a chain."""
    return Notice(f"{chain}|{since}", NO_PLACE, BLIND, HIGH, chain, time=since, reason="blind", why=why)


def seeing(chain: str, since: int, until: int, blocks: int, moved: int) -> Notice:
    """It can be seen again, and what happened meanwhile was read first."""
    more = {"until": until, "blocks": blocks, "moved": moved}
    return Notice(f"{chain}|{since}", NO_PLACE, SEEING, HIGH, chain, time=since, reason="seeing", more=more)


def undone(chain: str, number: int, before: str, now: str) -> Notice:
    """A block that was held final gave way to another."""
    why = sentence("rule.replaced_block", before=before, now=now)
    return Notice(f"{chain}|{number}|{now}", NO_PLACE, TROUBLE, HIGH, chain, number=number, reason="undone", why=why)


def thin(chain: str, why: str) -> Notice:
    """What the source in use cannot show."""
    return Notice(f"{chain}|{why}", NO_PLACE, TROUBLE, INFO, chain, reason="weak", why=why)


def day_of(time: int) -> str:
    """The UTC day of a Unix time."""
    return datetime.fromtimestamp(time, UTC).date().isoformat()
