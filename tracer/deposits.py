"""Finding the exchange deposit addresses in a trace, and asking for no more of their past than a verdict needs.

Whoever paid stolen units to an exchange's own wallet is looked at, for hardly anybody but an exchange does that: its
customers pay deposit addresses. The hunt has read what came and went since the stolen units arrived; the rest of its
life takes a few requests (tracer/deposit_life.py), and is asked only where what is known already looks like a deposit
address. One that is taken for one (T2, T3) becomes the endpoint, with the exchange's wallet behind it noted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from chains.model import ANY_TOKEN, FEE_SINK, NATIVE, Address, AssetId, Receipt, Transfer
from tracer.deposit import PROOFS, Life, Verdict, hub_in, judge, same_entity
from tracer.deposit_kin import Kin, of_unknown_service, suspect
from tracer.deposit_life import (
    MOST_ROWS,
    by_blocks,
    code_of,
    is_contract,
    labels_of,
    moved_by_owner,
    read_life,
    serves,
    until_now,
    whole_past,
    worthy,
)
from tracer.endings import ending
from tracer.holders import Stop
from tracer.labels import EXCHANGES, Label, is_hub, is_published
from tracer.ledger import Account
from tracer.result import Proof
from tracer.words import sentence

if TYPE_CHECKING:
    from tracer.discover import Discovery

GIVERS: Final = 3
"""Payers of an address's fees that are looked at."""

COST: Final = 8
"""Requests a verdict may take; with fewer left in the budget nobody is judged."""

SUSPECTS: Final = 20
"""Accounts where units still lie that are looked at for a deposit address not swept yet, the largest first: those with
a hundredth of what was stolen or more."""


@dataclass(slots=True)
class Deposits:
    """The verdicts of one hunt. ``judged`` are the accounts looked at, whatever came of it."""

    verdicts: dict[Account, Verdict] = field(default_factory=dict)
    judged: set[Account] = field(default_factory=set)
    lives: dict[Account, Life] = field(default_factory=dict)
    serving: dict[tuple[str, str], bool | None] = field(default_factory=dict)


async def find_deposits(hunt: Discovery) -> bool:
    """Judge whoever paid stolen units to an exchange's own wallet since last time; True when a trail ends elsewhere."""
    found = False
    for account, pullers in _paid_exchanges(hunt).items():
        if account in hunt.deposits.judged or not _affordable(hunt):
            continue
        hunt.deposits.judged.add(account)
        verdict = await _judged(hunt, account, pullers)
        if verdict is not None and verdict.confidence >= 1:
            _end_at(hunt, account, verdict)
            found = True
    return found


def _paid_exchanges(hunt: Discovery) -> dict[Account, dict[str, str]]:
    """Accounts that paid stolen units to an exchange's wallet, or passed them on to it inside a transaction.

    Where it went through a contract, that is the deposit address if the payer itself ordered it; if another did, the
    exchange took it from the payer through its contract, which is given with the wallet it paid. Coins nobody can take.
    """
    found: dict[Account, dict[str, str]] = {}
    for row in hunt.carrying():
        one = hunt.ledger.transfers[row]
        stop = hunt.stops.get((one.chain, one.receiver, one.asset))
        if stop is None or stop.label is None or not is_hub(stop.label):
            continue
        via = hunt.ledger.via.get(row, ())
        receipt = hunt.accounts.openings.receipts.get((one.chain, one.tx))
        forwarded = bool(via) and (one.asset == NATIVE or (receipt is not None and _by_itself(receipt, one.sender)))
        account: Account = (one.chain, via[-1] if forwarded else one.sender, one.asset)
        passed = account[:2] in hunt.victims or account[:2] in hunt.accounts.through
        if (forwarded or account in hunt.holders) and not passed and account not in hunt.stops:
            pullers = found.setdefault(account, {})
            pullers |= {via[-1]: str(one.receiver)} if via and not forwarded else {}
    return found


def _by_itself(receipt: Receipt, payer: str) -> bool:
    """Did the payer order the payment: by its own signature, or as a smart wallet by its own log?"""
    accounts = {mark.owner for mark in receipt.marks if mark.kind == "account"}
    return receipt.sender == payer or payer in accounts


def _affordable(hunt: Discovery) -> bool:
    most = hunt.question.max_requests
    return most is None or most - hunt.world.client.questions >= COST


async def _judged(hunt: Discovery, account: Account, pullers: Mapping[str, str]) -> Verdict | None:
    """The verdict on an account, from what is known where that rules it out, else from its whole life."""
    chain, address, asset = account
    labels = labels_of(hunt, chain)
    before = hunt.world.client.questions
    known = [one for one in hunt.transfers() if one.chain == chain and address in (one.sender, one.receiver)]
    here = Life(chain, Address(address), worthy(hunt, known, asset), tokens=False, coins=False)
    if by_blocks(hunt, chain):
        return judge(here, asset, labels)
    if account in hunt.holders and not pullers and _pays_others(here, hunt, asset):
        return None
    life = await read_life(hunt, chain, address, asset)
    verdict = None if life is None else await _verdict(hunt, replace(life, pullers=pullers), asset)
    return verdict and verdict._replace(requests=hunt.world.client.questions - before)


async def _verdict(hunt: Discovery, life: Life, asset: str) -> Verdict | None:
    """The verdict on a whole life, once it is known who pays for its sweeps or orders them: not its owner."""
    labels = labels_of(hunt, life.chain)
    verdict = judge(life, asset, labels)
    if verdict is None:
        return None
    life = replace(life, contract=await is_contract(hunt, life))
    if not life.signed and life.coins:
        sweep = next(proof.tx for proof in verdict.proofs if proof.role == "sweep")
        life = replace(life, account=await moved_by_owner(hunt, life, sweep))
    verdict = judge(life, asset, labels)
    return None if verdict is None else await _served(hunt, life, verdict)


async def _served(hunt: Discovery, life: Life, verdict: Verdict) -> Verdict | None:
    """The verdict with those alone who pay fees for many; None where nobody who paid its fees does.

    The most frequent few are looked at, until one is found: strangers' coins neither hide an address nor cost much.
    """
    labels = labels_of(hunt, life.chain)
    theirs = tuple(giver for giver in verdict.givers if hub_in(labels(giver)) is not None)
    for giver in () if theirs else verdict.givers[:GIVERS]:
        helps = await serves(hunt, life.chain, giver)
        if helps is not False:
            return verdict._replace(givers=(giver,) if helps else ())
    own = bool(verdict.givers) and not theirs and not life.contract
    return None if own else verdict._replace(givers=theirs)


def _pays_others(life: Life, hunt: Discovery, asset: str) -> bool:
    """Does what the hunt has read already show that this is no deposit address? Then its past need not be asked for."""
    own = [one for one in life.went if one.asset == asset]
    away = [one for one in own if not _goes_to_exchange(hunt, one)]
    return sum(one.amount for one in away) * 50 > sum(one.amount for one in own)


def _goes_to_exchange(hunt: Discovery, one: Transfer) -> bool:
    return hub_in(hunt.accounts.labels(one.chain, one.receiver)) is not None


def _end_at(hunt: Discovery, account: Account, verdict: Verdict) -> None:
    """Make the deposit address the end of the trail."""
    hunt.deposits.verdicts[account] = verdict
    hunt.holders.pop(account, None)
    hunt.accounts.openings.keepers.add(account[:2])
    hunt.stops[account] = Stop("exchange_deposit", verdict.rule, verdict.confidence)


def _left(life: Life, asset: str, since: int) -> int:
    """Units of an asset that were paid on since a height."""
    return sum(one.amount for one in life.went if one.asset == asset and one.position.height >= since)


async def finish(hunt: Discovery) -> None:
    """Once the rounds are over: where labelled deposit addresses paid on to, and who is suspected."""
    for account, stop in sorted(hunt.stops.items()):
        if stop.reason == "exchange_deposit" and stop.label is not None and account in hunt.first_held:
            hunt.deposits.verdicts[account] = await _labelled(hunt, account, stop.label)
    _of_unknown_services(hunt)
    await _suspects(hunt)
    for account, verdict in hunt.deposits.verdicts.items():
        life, since = hunt.deposits.lives.get(account), hunt.first_held.get(account)
        if verdict.tier in ("T2", "T3") and life is not None and since is not None:
            hunt.deposits.verdicts[account] = verdict._replace(left=_left(life, account[2], since))


async def _labelled(hunt: Discovery, account: Account, label: Label) -> Verdict:
    """T0 or T1: what a list says, and where the address paid the asset on to after the arrival, as evidence."""
    chain, address, asset = account
    before = hunt.world.client.questions
    since = hunt.first_held[account]
    history = await hunt.world.reader(chain).history(
        Address(address), AssetId(asset), since, None, lambda rows: "many" if len(rows) > MOST_ROWS else ""
    )
    out = [one for one in until_now(hunt, history.transfers) if one.sender == address and one.asset == asset]
    out = [one for one in out if one.receiver not in (FEE_SINK, address)]
    sums: dict[str, int] = {}
    for one in out:
        sums[one.receiver] = sums.get(one.receiver, 0) + one.amount
    hub = min(sums, key=lambda receiver: (-sums[receiver], receiver)) if sums else ""
    known = next((one for one in labels_of(hunt, chain)(hub) if one.category in EXCHANGES), None) if hub else None
    against = []
    if known is not None and same_entity(known.entity) != same_entity(label.entity):
        against = [sentence("rule.against_other_exchange", entity=known.entity)]
    left = None if history.gap else sum(sums.values())
    return Verdict(
        "T0" if is_published(label) else "T1",
        label.confidence,
        label.entity,
        hub,
        known,
        _said(label),
        tuple(Proof("sweep", tx) for tx in dict.fromkeys(one.tx for one in out if one.receiver == hub))[:PROOFS],
        tuple(against),
        left,
        hunt.world.client.questions - before,
    )


def _said(label: Label) -> str:
    """What a list says of a deposit address, in words."""
    if not is_published(label):
        return sentence("rule.deposit_t1", by=label.source)
    if label.role != "deposit":
        return sentence("rule.deposit_t0_unsaid", by=label.source)
    return sentence("rule.deposit_t0", by=label.source)


def _of_unknown_services(hunt: Discovery) -> None:
    """T5: whoever paid a service that no label names, from what was read."""
    for row in hunt.carrying():
        one = hunt.ledger.transfers[row]
        account: Account = (one.chain, one.sender, one.asset)
        stop = hunt.stops.get((one.chain, one.receiver, one.asset))
        holder = hunt.holders.get(account)
        if stop is None or stop.reason != "service" or stop.label is not None or holder is None:
            continue
        life = Life(one.chain, one.sender, worthy(hunt, holder.transfers, one.asset), tokens=False, coins=False)
        verdict = of_unknown_service(life, one.asset, one.receiver)
        if verdict is not None and account not in hunt.deposits.verdicts:
            hunt.deposits.verdicts[account] = verdict._replace(left=_left(life, one.asset, holder.low))


async def _suspects(hunt: Discovery) -> None:
    """Where units lie untouched: at an address that was swept before (T2, T3), or one like the confirmed ones (T4)."""
    resting = hunt.tallies[hunt.question.main].by_account()
    wants = [account for number in resting if _rests(hunt, account := hunt.ledger.accounts[number])]
    wants = [account for account in wants if _matters(hunt, account)]
    wants.sort(key=lambda account: (-hunt.worth.weight(account, hunt.received.get(account, 0)), account))
    kin = await _kin(hunt) if wants else {}
    for account in wants[:SUSPECTS]:
        if not _affordable(hunt) or by_blocks(hunt, account[0]):
            continue
        before = hunt.world.client.questions
        if not (kin or await _paid_an_exchange(hunt, account)):
            continue
        life = await read_life(hunt, *account)
        known = life and await _verdict(hunt, life, account[2])
        if known:
            _end_at(hunt, account, known._replace(requests=hunt.world.client.questions - before))
            continue
        mine = {one.entity: one.kin for one in kin.values() if one.chain == account[0]}
        code = await code_of(hunt, account[:2]) if any(one.codes for one in mine.values()) else ""
        verdict = life and suspect(life, account[2], mine, code)
        if verdict:
            cost = hunt.world.client.questions - before
            hunt.deposits.verdicts[account] = verdict._replace(requests=cost, left=0)


def _matters(hunt: Discovery, account: Account) -> bool:
    """Does one part in a hundred of what was stolen lie here, or more?"""
    whole = hunt.worth.whole.get((account[0], account[2]))
    return whole is not None and hunt.received.get(account, 0) * 100 >= whole


async def _paid_an_exchange(hunt: Discovery, account: Account) -> bool:
    """Has the address ever paid an exchange's wallet in what lies there now, or any token? One question."""
    chain, address, asset = account
    history = await whole_past(hunt, chain, address, NATIVE if asset == NATIVE else ANY_TOKEN)
    return any(one.sender == address and _goes_to_exchange(hunt, one) for one in history.transfers)


def _rests(hunt: Discovery, account: Account) -> bool:
    """Do stolen units lie at a followed account that has paid nothing on since they came?"""
    holder = hunt.holders.get(account)
    if holder is None or account[:2] in hunt.victims or account[:2] in hunt.accounts.through:
        return False
    if ending(hunt, account).reason != "held":
        return False
    return not any(one.sender == account[1] != one.receiver for one in until_now(hunt, holder.transfers))


@dataclass(slots=True)
class _OfExchange:
    chain: str
    entity: str
    kin: Kin


async def _kin(hunt: Discovery) -> Mapping[tuple[str, str], _OfExchange]:
    """By chain and exchange, what its addresses confirmed in this case have in common."""
    found: dict[tuple[str, str], _OfExchange] = {}
    for account, verdict in sorted(hunt.deposits.verdicts.items()):
        if verdict.tier != "T2":
            continue
        key = (account[0], same_entity(verdict.entity))
        one = found.setdefault(key, _OfExchange(account[0], verdict.entity, Kin(verdict.hub_label)))
        one.kin.count += 1
        one.kin.givers.update(verdict.givers)
        one.kin.proofs += [proof.tx for proof in verdict.proofs if proof.role == "sweep"]
        code = await code_of(hunt, account[:2])
        one.kin.codes.update({code} - {""})
    return found
