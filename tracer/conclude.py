"""From the finished hunt to the frozen result: where every stolen unit is, why, and how sure that is. Pure.

Endpoints are sums of lots, so their principal adds up to what was stolen by construction; that it really does is
checked here once more, and a difference stops the program: it would be an error of the tool.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from chains.model import FEE_SINK, Asset, AssetId, Gap
from tracer.carried import carried
from tracer.checked import Checked
from tracer.compare import compared
from tracer.converted import conversions, refusals, used_pots
from tracer.discover import STAKE, Discovery
from tracer.endings import WEAK_CONFIDENCE, ending
from tracer.fold import Flow, Fold
from tracer.holders import Stop
from tracer.ledger import Account, Tally
from tracer.lots import METHODS, Lot
from tracer.prices import PriceBook, value_usd
from tracer.principal import Principals, principals
from tracer.result import (
    AddressRow,
    DepositRow,
    EndpointRow,
    FlowRow,
    OriginRow,
    PriceRow,
    Principal,
    Proof,
    Result,
    Stats,
)
from tracer.words import sentence
from tracer.workings import Workings

Moment = tuple[str, AssetId, int]
"""(chain, asset, Unix time)"""


def worked(discovery: Discovery, *, must_close: bool = True) -> Fold:
    """The finished account under the method that endpoints are stated under, with the way of every unit.

    Raises:
        AssertionError: it does not close, which would be an error of the tool.
    """
    fold = Fold(discovery.ledger, discovery.question.main, discovery.question.highest_first).run()
    if must_close and METHODS[fold.method].conserves:
        _check(discovery, fold)
    return fold


def workings(discovery: Discovery, fold: Fold, tallies: dict[str, Tally], result: Result) -> Workings:
    """Everything the result comes from."""
    ledger = discovery.ledger
    ended = sorted({ledger.accounts[number] for tally in tallies.values() for number, _ in tally.held})
    named = sorted({account[:2] for account in ledger.accounts})
    return Workings(
        ledger=ledger,
        fold=fold,
        tallies=tallies,
        reasons={one: "fee" if one[1] == FEE_SINK else ending(discovery, one).reason for one in ended},
        weak={account: tuple(holder.weak) for account, holder in discovery.holders.items() if holder.weak},
        assets=discovery.world.assets,
        labels={
            (chain, address): discovery.accounts.labels(chain, address)
            for chain, address in named
            if address not in (FEE_SINK, STAKE)
        },
        result=result,
        least=discovery.least_followed(),
        whole=discovery.worth.whole,
        openings=discovery.accounts.openings,
        thefts=discovery.thefts,
        horizons=discovery.world.horizons,
        chains=discovery.world.chains,
        books=tuple(discovery.worth.books),
        balances={account: (holder.balance, holder.before) for account, holder in discovery.holders.items()},
    )


def completed(result: Result, checked: Checked, requests: int) -> Result:
    """The result with what was asked about its transactions afterwards, and the requests that all of it took."""
    return result._replace(
        corroborations=tuple(one.row for one in checked.corroborations),
        inclusions=tuple(one.row for one in checked.inclusions),
        stats=result.stats._replace(requests=requests),
    )


def conclude(
    discovery: Discovery,
    fold: Fold,
    tallies: dict[str, Tally],
    prices: PriceBook,
    version: str,
    requests: int,
    notes: Iterable[str],
) -> Result:
    """The result of a finished hunt and its account."""
    world, thefts = discovery.world, discovery.thefts
    gaps = {*discovery.accounts.gaps, *thefts.gaps, *_shortages(discovery), *_missing_legs(discovery)}
    tally = fold.tally()
    found, units = principals(fold.ledger, tally), tally.by_origin()
    number = {pot: place for place, pot in enumerate(used_pots(fold))}
    return Result(
        version=version,
        method=fold.method,
        followed=discovery.question.followed,
        highest_first=fold.highest_first,
        as_of=tuple(world.horizons[chain] for chain in sorted(world.horizons)),
        origins=_origins(discovery),
        endpoints=tuple(_endpoints(_Told(discovery, fold, found, prices))),
        flows=tuple(
            _flow(discovery, fold, flow, number, carried(fold, flow, found.whole, units)) for flow in fold.flows
        ),
        methods=tuple(compared(discovery, tallies)),
        addresses=tuple(_addresses(discovery, fold)),
        unverified=thefts.unverified,
        prices=tuple(_prices(discovery, prices)),
        gaps=tuple(sorted(gaps)),
        notes=tuple(sorted({*notes, *refusals(discovery)})),
        stats=Stats(requests, len(discovery.fetched)),
        conversions=tuple(conversions(discovery, fold, found, prices)),
        deposits=tuple(_deposits(discovery, fold)),
        freezes=tuple(sorted(discovery.freezes.values())),
        through=tuple(sorted(f"{chain} {address}" for chain, address in thefts.through)),
    )


def _flow(
    discovery: Discovery, fold: Fold, flow: Flow, conversion: Mapping[int, int], principal: Mapping[int, int]
) -> FlowRow:
    one, ledger = flow.transfer, fold.ledger
    thefts = [origin.transfer for origin in discovery.thefts.origins]
    pot = ledger.inward.get(flow.row, ledger.outward.get(flow.row))
    return FlowRow(
        one.chain,
        one.tx,
        str(one.position),
        one.time,
        one.sender,
        one.receiver,
        _asset(discovery, one.chain, one.asset),
        one.amount,
        flow.traced,
        ledger.via.get(flow.row, ()),
        None if pot is None else conversion.get(pot),
        tuple(
            Principal(str(theft + 1), _asset(discovery, thefts[theft].chain, thefts[theft].asset), part)
            for theft, part in principal.items()
        ),
    )


def arrivals(fold: Fold) -> list[Moment]:
    """When each endpoint's largest part arrived: the moments an endpoint is valued at."""
    return [
        (account[0], AssetId(account[2]), fold.flows[_largest_path(fold, lots)[-1]].transfer.time)
        for account, lots in sorted(fold.stolen_lots().items())
    ]


def _shortages(discovery: Discovery) -> Iterable[Gap]:
    """Accounts that paid out more than they are known to have had."""
    for number, units in discovery.ledger.short.items():
        chain, address, asset = discovery.ledger.accounts[number]
        yield Gap("balance", f"{chain} {address} {asset}", sentence("rule.short", units=units))


def _missing_legs(discovery: Discovery) -> Iterable[Gap]:
    """What addresses must have passed on inside a transaction in calls that no source showed."""
    for (chain, tx), one in discovery.accounts.openings.missing:
        yield Gap("internal", f"{chain} {tx}", sentence("rule.missing_leg", units=one.amount, address=one.address))


def _check(discovery: Discovery, fold: Fold) -> None:
    found, thefts = fold.audit(), enumerate(discovery.thefts.origins)
    expected = {number: origin.transfer.amount for number, origin in thefts} | fold.made
    for number, units in expected.items():
        if found.get(number, 0) != units:
            theft = discovery.thefts.origins[fold.ledger.theft(number)].transfer.tx
            raise AssertionError(
                f"the account does not close: of theft {theft}, {found.get(number, 0)} of {units} units were found; "
                "this is an error of the tool, please report it"
            )


def _asset(discovery: Discovery, chain: str, asset: str) -> Asset:
    return discovery.world.assets[chain, AssetId(asset)]


def _origins(discovery: Discovery) -> tuple[OriginRow, ...]:
    return tuple(
        OriginRow(
            str(number + 1),
            one.transfer.chain,
            one.victim.address,
            one.victim.since_text,
            one.transfer.tx,
            one.transfer.receiver,
            one.transfer.time,
            _asset(discovery, one.transfer.chain, one.transfer.asset),
            one.transfer.amount,
        )
        for number, one in enumerate(discovery.thefts.origins)
    )


class _Told(NamedTuple):
    """What every endpoint is told from."""

    discovery: Discovery
    fold: Fold
    found: Principals
    prices: PriceBook


def _endpoints(told: _Told) -> Iterable[EndpointRow]:
    discovery, fold = told.discovery, told.fold
    for account, lots in sorted(fold.stolen_lots().items()):
        parts = {account[1]: lots} if account[1] != FEE_SINK else _by_payer(fold, lots)
        principal = _principal(told, fold.ledger.numbers[account], parts)
        for address, part in sorted(parts.items()):
            where: Account = (account[0], address, account[2])
            fee = account[1] == FEE_SINK
            stop = Stop("fee", sentence("rule.fee"), 100) if fee else ending(discovery, account)
            yield _endpoint(told, where, part, principal[address], stop)


def _by_payer(fold: Fold, lots: Iterable[Lot]) -> dict[str, list[Lot]]:
    payers: dict[str, list[Lot]] = {}
    for lot in lots:
        flow = fold.flows[fold.steps[lot.trail].flow]
        payers.setdefault(flow.transfer.sender, []).append(lot)
    return payers


def _endpoint(
    told: _Told, account: Account, lots: list[Lot], principal: tuple[Principal, ...], stop: Stop
) -> EndpointRow:
    discovery, fold = told.discovery, told.fold
    chain, address, asset_id = account
    asset = _asset(discovery, chain, asset_id)
    amount = sum(lot.amount for lot in lots)
    path = _largest_path(fold, lots)
    arrived = fold.flows[path[-1]].transfer.time
    price = told.prices.at(chain, AssetId(asset_id), arrived)
    verdict = discovery.deposits.verdicts.get(account) if stop.reason == "exchange_deposit" else None
    label = stop.label or (verdict.hub_label if verdict else None)
    weak_way = any(
        (holder := discovery.holders.get((one.chain, one.sender, one.asset))) is not None and bool(holder.weak)
        for number in path
        for one in (fold.flows[number].transfer,)
    )
    return EndpointRow(
        chain=chain,
        address=address,
        asset=asset,
        amount=amount,
        principal=principal,
        category="exchange_deposit" if verdict else label.category if label else "",
        entity=label.entity if label else "",
        label_source=label.source if label else "",
        confidence=min(stop.confidence, WEAK_CONFIDENCE) if weak_way else stop.confidence,
        reason=stop.reason,
        rule=stop.rule,
        path=tuple(dict.fromkeys(fold.flows[number].transfer.tx for number in path)),
        swept_to=verdict.hub or None if verdict else None,
        arrived=arrived,
        usd=None if price is None else value_usd(amount, asset.decimals, price).quantize(Decimal("0.01")),
    )


def _deposits(discovery: Discovery, fold: Fold) -> Iterable[DepositRow]:
    """Every address that is, or may be, an exchange's deposit address, with the payment that brought stolen units."""
    lots = fold.stolen_lots()
    for (chain, address, asset), one in sorted(discovery.deposits.verdicts.items()):
        held = lots.get((chain, address, asset))
        paid = [Proof("paid", fold.flows[_largest_path(fold, held)[-1]].transfer.tx)] if held else []
        yield DepositRow(
            chain,
            address,
            _asset(discovery, chain, asset),
            one.tier,
            one.confidence,
            one.entity,
            one.hub,
            one.hub_label.source if one.hub_label else "",
            one.rule,
            (*paid, *one.proofs),
            one.against,
            one.requests,
            one.left,
        )


def _largest_path(fold: Fold, lots: Iterable[Lot]) -> list[int]:
    """Flow numbers of the path that brought the most; among equals the earliest theft, then the first in order."""
    by_trail: dict[int, int] = {}
    for lot in lots:
        by_trail[lot.trail] = by_trail.get(lot.trail, 0) + lot.amount
    parts: dict[tuple[int, ...], int] = {}
    for trail, amount in by_trail.items():
        way = tuple(fold.path(trail))
        parts[way] = parts.get(way, 0) + amount
    return list(min(parts.items(), key=lambda part: (-part[1], part[0]))[0])


def _principal(told: _Told, number: int, parts: Mapping[str, Iterable[Lot]]) -> dict[str, tuple[Principal, ...]]:
    """The principal of one account's stolen units, for each of the parts they are told in."""
    names = sorted(parts)
    units: dict[int, dict[int, int]] = {}
    for place, name in enumerate(names):
        for lot in parts[name]:
            shares = units.setdefault(lot.origin, {})
            shares[place] = shares.get(place, 0) + lot.amount
    sums: dict[tuple[int, int], int] = {}
    for origin, shares in units.items():
        theft = told.fold.ledger.theft(origin)
        for place, part in told.found.part(number, origin, shares).items():
            sums[place, theft] = sums.get((place, theft), 0) + part
    thefts = [one.transfer for one in told.discovery.thefts.origins]
    return {
        name: tuple(
            Principal(str(theft + 1), _asset(told.discovery, thefts[theft].chain, thefts[theft].asset), part)
            for (where, theft), part in sorted(sums.items())
            if where == place
        )
        for place, name in enumerate(names)
    }


def _addresses(discovery: Discovery, fold: Fold) -> Iterable[AddressRow]:
    sent: dict[Account, int] = {}
    for flow in fold.flows:
        one = flow.transfer
        if discovery.ledger.source[flow.row] < 0:
            account: Account = (one.chain, one.sender, one.asset)
            sent[account] = sent.get(account, 0) + flow.traced
    held = {account: sum(lot.amount for lot in lots) for account, lots in fold.stolen_lots().items()}
    received = discovery.received_by[fold.method]
    for account in sorted(discovery.received):
        chain, address, asset = account
        if address == FEE_SINK:
            continue
        yield AddressRow(
            chain,
            address,
            _asset(discovery, chain, asset),
            discovery.hops.get(account, 1),
            received.get(account, 0),
            sent.get(account, 0),
            held.get(account, 0),
            tuple(_marks(discovery, chain, address)),
        )


def _marks(discovery: Discovery, chain: str, address: str) -> Iterable[str]:
    """What labels say of an address, each with its source."""
    if address == STAKE:
        return
    for label in discovery.accounts.labels(chain, address):
        yield f"{label.entity} [{label.category}; {label.source}]"


def _prices(discovery: Discovery, prices: PriceBook) -> Iterable[PriceRow]:
    times = {(one.transfer.chain, one.transfer.asset): one.transfer.time for one in reversed(discovery.thefts.origins)}
    for (chain, asset), time in sorted(times.items()):
        price = prices.at(chain, asset, time)
        yield PriceRow(
            _asset(discovery, chain, asset),
            time,
            None if price is None else price.usd,
            "" if price is None else price.source,
            price is not None and price.assumed_peg,
        )
