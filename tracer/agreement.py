"""Which transactions a case rests on, and whether another source tells them as the case has them. Pure.

Two sources are independent when neither their names nor those who run them are the same: every node has a name of its
own, and who runs a host is told by the last two parts of its name. Only movements that the sum uses are compared.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from decimal import Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from chains.model import Asset, AssetId, Kind, Transfer
from chains.positions import is_position
from tracer.hostile import clean
from tracer.ledger import Identity
from tracer.result import Result
from tracer.words import sentence

if TYPE_CHECKING:
    from tracer.discover import Discovery

SHOWN: Final = 5
"""Movements that are named in one row; more are counted."""

Key = tuple[str, str]
"""(chain, transaction)"""

_SYMBOL: Final = 20
"""Characters of a token's own name that are shown."""

Assets = Mapping[tuple[str, AssetId], Asset]

Verdict = tuple[str, tuple[str, ...]]
"""A verdict of `tracer.result.CorroborationRow`, and why."""


class Supplier(NamedTuple):
    """Who gave an answer: the source's name, and who runs its host."""

    name: str
    operator: str

    def independent(self, other: Supplier) -> bool:
        """Is the other one somebody else?"""
        return self.name != other.name and self.operator != other.operator


class Target(NamedTuple):
    """A transaction that the case rests on, with the movements of it that the sum uses.

    ``role`` is ``theft``, ``endpoint`` or ``transfer``. ``seen`` has for each movement the stored answers that show it.
    """

    chain: str
    tx: str
    role: str
    height: int
    time: int
    movements: tuple[Transfer, ...]
    seen: tuple[frozenset[int], ...]

    @property
    def raws(self) -> tuple[int, ...]:
        """Every stored answer that the case has it from."""
        return tuple(sorted(frozenset[int]().union(*self.seen)))

    def confirmable(self, second: Supplier, suppliers: Mapping[int, Supplier]) -> bool:
        """Does the case have every movement from somebody else than this source?"""
        return all(any(second.independent(suppliers[raw]) for raw in raws) for raws in self.seen)

    def others(self, name: str, suppliers: Mapping[int, Supplier]) -> bool:
        """As `confirmable`, as far as a source's name alone tells, before it is asked anything."""
        return all(any(suppliers[raw].name != name for raw in raws) for raws in self.seen)


class Told(NamedTuple):
    """What a second source says of a transaction. Movements of the ``hidden`` kinds may be more than it shows.

    ``there`` is False where its block of that height does not hold the transaction.
    """

    height: int
    ok: bool = True
    transfers: tuple[Transfer, ...] = ()
    hidden: frozenset[Kind] = frozenset()
    raws: tuple[int, ...] = ()
    there: bool = True


def supplier_name(endpoint: str) -> str:
    """The name of a source by that of its endpoint: chains of one supplier are one, nodes are each their own."""
    return endpoint if endpoint.startswith("rpc.") else endpoint.partition(".")[0]


def operator(host: str) -> str:
    """Who runs a host (scheme and name, as stored): the last two parts of its name, or its number."""
    name = urlsplit(host).hostname or host
    parts = name.split(".")
    return name if parts[-1].isdigit() else ".".join(parts[-2:])


def compared(target: Target, told: Told, assets: Assets) -> Verdict:
    """Whether a second source agrees: in the same block, successful, and every movement there, to the unit."""
    if not told.there:
        return "differs", (sentence("rule.second_absent"),)
    if told.height != target.height:
        return "differs", (sentence("rule.second_height", first=target.height, second=told.height),)
    if not told.ok and any(one.position.kind is not Kind.FEE for one in target.movements):
        return "differs", (sentence("rule.second_failed"),)
    missing = absent(target.movements, told.transfers)
    # Liquidity positions are read from several logs, some of which a receipt alone does not explain.
    lacking = [one for one in missing if one.position.kind not in told.hidden and not is_position(one.asset)]
    if lacking:
        return "differs", named(lacking, assets)
    if missing:
        return "unconfirmed", (sentence("rule.second_unseen", n=len(missing)),)
    return "agrees", ()


def absent(wanted: Iterable[Transfer], there: Iterable[Transfer]) -> list[Transfer]:
    """The movements that are not among others, each of which stands for one."""
    left = Counter(map(_what, there))
    missing = []
    for one in wanted:
        if left[_what(one)]:
            left[_what(one)] -= 1
        else:
            missing.append(one)
    return missing


def named(movements: list[Transfer], assets: Assets) -> tuple[str, ...]:
    """Sentences on movements that another source does not have."""
    said = tuple(
        sentence("rule.second_missing", amount=_amount(one, assets), sender=one.sender, receiver=one.receiver)
        for one in movements[:SHOWN]
    )
    more = len(movements) - SHOWN
    return (*said, sentence("rule.second_more", n=more)) if more > 0 else said


def _amount(one: Transfer, assets: Assets) -> str:
    """An amount as people say it, exact; in base units of the contract where the asset is not known."""
    asset = assets.get((one.chain, one.asset))
    if asset is None:
        return f"{one.amount} × {one.asset}"
    symbol = clean(asset.symbol, _SYMBOL)
    number = Decimal(one.amount).scaleb(-asset.decimals, Context(prec=400))
    return f"{number.normalize(Context(prec=400)):,f} {symbol}"


def _what(one: Transfer) -> tuple[int, str, str, str, int]:
    return int(one.position.kind), one.asset, one.sender, one.receiver, one.amount


def targets(discovery: Discovery, result: Result, *, every: bool) -> list[Target]:
    """The transactions to ask about: thefts and ends, the largest stolen value first; then, if ``every``, the others.

    An end is the last transaction of an endpoint's path. What was paid as fees is at nobody's in particular, so
    endpoints of that reason have none.
    """
    ends = _ends(discovery, result)
    order = sorted(ends, key=lambda key: (-ends[key][1], key))
    roles = {key: ends[key][0] for key in order}
    if every:
        rest = {(one.chain, one.tx) for one in discovery.ledger.transfers} - roles.keys()
        roles |= dict.fromkeys(sorted(rest), "transfer")
    used = _used(discovery, roles)
    seen = _seen(discovery, roles)
    return [
        Target(
            *key, role, rows[0].position.height, rows[0].time, tuple(rows), tuple(seen[one.identity] for one in rows)
        )
        for key, role in roles.items()
        if (rows := used[key])
    ]


def _ends(discovery: Discovery, result: Result) -> dict[Key, tuple[str, Fraction]]:
    """The role of each theft and end, and the most it is worth by the order of work."""
    said = [
        ((one.chain, one.tx), "theft", (one.chain, one.receiver, one.asset.id), one.amount) for one in result.origins
    ]
    said += [
        ((one.chain, one.path[-1]), "endpoint", (one.chain, one.address, one.asset.id), one.amount)
        for one in result.endpoints
        if one.reason != "fee"
    ]
    found: dict[Key, tuple[str, Fraction]] = {}
    for key, role, account, units in said:
        before, most = found.get(key, (role, Fraction(0)))
        found[key] = (before, max(most, discovery.worth.weight(account, units)))
    return found


def _used(discovery: Discovery, wanted: Collection[Key]) -> Mapping[Key, list[Transfer]]:
    """The movements of these transactions that the sum uses: of opened ones, all that moved.

    A second fee, to layer 1, is told by few sources: fees of such chains are left out.
    """
    rows = {one.identity for one in discovery.ledger.transfers if (one.chain, one.tx) in wanted}
    used: dict[Key, list[Transfer]] = {key: [] for key in wanted}
    for one in discovery.transfers():
        key = (one.chain, one.tx)
        fee = one.position.kind is Kind.FEE
        if key not in used or (fee and discovery.world.chains[one.chain].l1_fee):
            continue
        if one.identity in rows or (key in discovery.accounts.openings.receipts and not fee):
            used[key].append(one)
    return used


def _seen(discovery: Discovery, wanted: Collection[Key]) -> Mapping[Identity, frozenset[int]]:
    """The stored answers that showed each movement of these transactions."""
    found: dict[Identity, set[int]] = defaultdict(set)
    receipts = discovery.accounts.openings.receipts
    read = [
        *discovery.sightings,
        *((history.transfers, history.raws) for _, _, history in discovery.thefts.histories),
        *((opened.transfers, map(opened.raw_of, opened.transfers)) for opened in map(receipts.get, wanted) if opened),
    ]
    for transfers, raws in read:
        for one, raw in zip(transfers, raws, strict=True):
            if (one.chain, one.tx) in wanted:
                found[one.identity].add(raw)
    return defaultdict(frozenset, {identity: frozenset(raws) for identity, raws in found.items()})
