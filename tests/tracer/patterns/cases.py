"""Made-up traffic for the detectors: payments in short, and the workings they give.

Who pays is told by the name: `victim…` loses what it pays, `outsider…` and `pool…` are not followed, everybody else is,
from the beginning and with nothing, unless a scene says otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from chains.model import FEE_SINK, NATIVE, Address, AssetId, Kind, Position, Transfer, number_equal_rows
from tests.strategies import World
from tests.tracer.made_workings import made_workings
from tracer.labels import Label
from tracer.ledger import Account, Entry, Follow
from tracer.patterns import Findings, Lead, find_patterns
from tracer.workings import Workings

CHAIN: Final = "eip155:1"
COIN: Final = AssetId("0xcoin")
OTHER: Final = AssetId("0xother")
HOUR: Final = 60
DAY: Final = 24 * HOUR
"""In minutes, as `pay` takes them."""


def pay(
    minute: int, payer: str, payee: str, amount: int, *, asset: str = COIN, tx: str = "", chain: str = CHAIN
) -> Transfer:
    """A payment so many minutes after the beginning; by itself in a transaction unless one is named."""
    kind = Kind.FEE if payee == FEE_SINK else Kind.NATIVE if asset == NATIVE else Kind.TOKEN
    name = tx or f"tx-{minute}-{payer}-{payee}-{amount}"
    place = Position(minute, 0, kind, (0,))
    return Transfer(chain, name, place, minute * 60, AssetId(asset), Address(payer), Address(payee), amount)


def fee(minute: int, payer: str, amount: int, *, tx: str = "") -> Transfer:
    """A network fee."""
    return pay(minute, payer, FEE_SINK, amount, asset=NATIVE, tx=tx)


class Swap(NamedTuple):
    """A conversion in a transaction of its own: what somebody paid into a pool and what came of it."""

    paid: Transfer
    got: Transfer


def swap(
    minute: int,
    payer: str,
    amounts: tuple[int, int],
    *,
    assets: tuple[str, str] = (COIN, OTHER),
    to: str = "",
    pool: str = "pool",
) -> Swap:
    """``amounts`` of ``assets``: paid by somebody into a pool, and got out of it by the same or by ``to``."""
    tx = f"swap-{minute}-{payer}-{amounts[0]}-{assets[0]}"
    paid = pay(minute, payer, pool, amounts[0], asset=assets[0], tx=tx)
    return Swap(paid, pay(minute, pool, to or payer, amounts[1], asset=assets[1], tx=tx))


def scene(
    payments: Iterable[Transfer | Swap],
    *,
    openings: Mapping[str, int] | None = None,
    weak: Collection[str] = (),
    ends: Mapping[str, str] | None = None,
    labels: Mapping[str, tuple[Label, ...]] | None = None,
    method: str = "fifo",
) -> Workings:
    """The workings of payments in order of time.

    ``openings`` and ``weak`` go by address; ``ends`` are addresses that are not followed, with the reason; ``labels``
    has the addresses that labels were looked up for.
    """
    openings, ends = openings or {}, ends or {}
    legs = [leg for one in payments for leg in (one if isinstance(one, Swap) else (one,))]
    placed = sorted(number_equal_rows(legs), key=lambda one: (one.chain, one.position.height))
    rows = [one._replace(position=one.position._replace(tx_index=number)) for number, one in enumerate(placed)]
    swaps: dict[tuple[str, str], tuple[Transfer, ...]] = {}
    for one in rows:
        if one.tx.startswith("swap-") and one.position.kind is not Kind.FEE:
            swaps[one.chain, one.tx] = (*swaps.get((one.chain, one.tx), ()), one)
    whole = {key: (Entry(paid, pot=0), Entry(got, pot=0, out=True)) for key, (paid, got) in swaps.items()}
    accounts = {(one.chain, who, one.asset): str(who) for one in rows for who in (one.sender, one.receiver)}
    follow: dict[Account, Follow] = {
        (chain, who, asset): Follow(0, openings.get(who, 0), who in weak)
        for (chain, who, asset) in accounts
        if who not in ends and who not in (FEE_SINK, "stake") and not who.startswith(("victim", "outsider", "pool"))
    }
    seeds = [one.identity for one in rows if one.sender.startswith("victim")]
    made = made_workings(World(rows, {one: number for number, one in enumerate(seeds)}, follow, whole), method)
    reasons = {account: ends.get(account[1], reason) for account, reason in made.reasons.items()}
    return replace(made, reasons=reasons, labels={(CHAIN, who): said for who, said in (labels or {}).items()})


def found(workings: Workings, pattern: str) -> list[Lead]:
    """The leads of one pattern."""
    return [lead for lead in find_patterns(workings).leads if lead.pattern == pattern]


def only(workings: Workings, pattern: str) -> Lead:
    """The one lead of a pattern."""
    (lead,) = found(workings, pattern)
    return lead


def names(lead: Lead) -> list[str]:
    """The addresses of a lead."""
    return [address for _, address in lead.members.addresses]


def figures(lead: Lead) -> dict[str, int]:
    """What was measured."""
    return {one.name: one.measured for one in lead.params}


def unexamined(workings: Workings) -> list[str]:
    """The patterns that could not be examined."""
    return [one.pattern for one in find_patterns(workings).unexamined]


def ordinary() -> list[Transfer]:
    """A theft that is mostly kept, and the small everyday payments of somebody who had money before."""
    days = [(3, 11), (9, 170), (16, 42), (28, 95), (41, 23)]
    spent = [pay(day * DAY + day, "holder", f"shop-{day}", amount) for day, amount in days]
    return [pay(0, "victim", "holder", 10_000), pay(30, "outsider", "holder", 700), *spent]


def split(amounts: Sequence[int], *, minute: int = 10, apart: int = 1, payer: str = "hub") -> list[Transfer]:
    """One payer paying one recipient after the other."""
    return [pay(minute + apart * n, payer, f"branch-{n}", amount) for n, amount in enumerate(amounts)]


def all_of(workings: Workings) -> Findings:
    """Everything."""
    return find_patterns(workings)
