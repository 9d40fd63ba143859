"""A small town with an exchange, and cases traced in it: for tests of how deposit addresses end a trace.

Heights are blocks of twelve seconds. Labels come as from a list on this machine, by name of whom they speak of, so that
a case can be asked again when lists say something else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from chains.model import NATIVE, Address, AssetId
from chains.reader import Reader
from tests.tracer.small_world import CHAIN, CONFIG, USDT, SmallWorld, no_prices, who
from tracer.case import open_case
from tracer.labels import Label, role_of
from tracer.question import Question, VictimAsk
from tracer.rescreen import Rescreening, rescreen_case
from tracer.result import DepositRow, EndpointRow, Result
from tracer.session import Lists, Outcome, Verification, trace_case, verify_case

HOUR, DAY = 300, 7_200
THEFT = 20_000
STOLEN = 500
Book = Mapping[str, Sequence[Label]]


def label(name: str, category: str = "exchange_hot", entity: str = "Alpha", confidence: int = 80, **more: Any) -> Label:
    """What a list says of somebody."""
    made = Label(CHAIN.id, who(name), entity, category, f"list of {entity}", "2026-01-01", confidence)
    return made._replace(role=role_of(category), **more)


HUB: Book = {"hub": [label("hub")]}


def visit(
    world: SmallWorld, height: int, payer: str, deposit: str = "D", amount: int = 1_000, *, to: str = "hub"
) -> None:
    """A customer pays; gas comes; half an hour later the address, which signs itself, is emptied."""
    world.pay(height, payer, deposit, amount)
    swept(world, height + 150, deposit, amount, to=to)


def swept(
    world: SmallWorld, height: int, deposit: str = "D", amount: int = STOLEN, asset: AssetId = USDT, *, to: str = "hub"
) -> None:
    """Gas from the exchange's helper, and the sweep, which the address signs."""
    world.pay(height - 20, "station", deposit, 3, NATIVE)
    world.fee(height, deposit, 3)
    world.pay(height, deposit, to, amount, asset)


def collected(
    world: SmallWorld, height: int, deposit: str = "D", amount: int = STOLEN, *, by: str = "operator", to: str = "hub"
) -> None:
    """The sweep of a contract, which somebody else signs."""
    world.fee(height, by, 3)
    world.pay(height, deposit, to, amount)


def serves(world: SmallWorld, name: str, many: int = 12) -> None:
    """Somebody who pays the fees of so many others, long before."""
    for number in range(many):
        world.pay(40, name, f"other customer {number}", 3, NATIVE, index=number)


def steal(world: SmallWorld, *deposits: str) -> None:
    """The theft, with its units on their way to these addresses in equal parts."""
    world.pay(THEFT, "victim", "mule", STOLEN * len(deposits))
    for number, deposit in enumerate(deposits):
        world.pay(THEFT + 100, "mule", deposit, STOLEN, index=number)


def fresh(*deposits: str) -> SmallWorld:
    """Addresses without a past that stolen units come to, in a world where the exchange's helper helps many."""
    world = SmallWorld()
    serves(world, "station")
    steal(world, *deposits)
    return world


def relays() -> SmallWorld:
    """D as a contract, emptied by the exchange's operator, twice before and once after stolen units come to it."""
    world = SmallWorld(contracts={who("D")})
    serves(world, "operator")
    for height, payer in ((100, "ann"), (100 + DAY, "bob")):
        world.pay(height, payer, "D", 1_000)
        collected(world, height + 100, "D", 1_000)
    steal(world, "D")
    collected(world, THEFT + 250)
    return world


def town(*, swept_again: bool = True) -> SmallWorld:
    """D, emptied twice into the exchange's wallet before stolen units come to it, and once after."""
    world = SmallWorld()
    serves(world, "station")
    visit(world, 100, "ann")
    visit(world, 100 + DAY, "bob", amount=2_000)
    steal(world, "D")
    if swept_again:
        swept(world, THEFT + 250)
    return world


@contextmanager
def reading(world: SmallWorld) -> Iterator[None]:
    """Whoever opens a reader meanwhile reads this world."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tracer.session.open_reader", lambda chain, client, chosen: Reader(chain, [world]))
        yield


def lists(book: Book) -> Lists:
    """The lists on this machine."""
    found = {who(name): tuple(labels) for name, labels in book.items()}
    return Lists(lambda address: found.get(address, ()), {"made": "sha256:0"})


def traced(world: SmallWorld, folder: Path, book: Book = HUB, **settings: Any) -> Result:
    """The result of tracing the theft."""
    return outcome(world, folder, book, **settings).result


def outcome(world: SmallWorld, folder: Path, book: Book = HUB, **settings: Any) -> Outcome:
    """The same with its exit code."""
    settings.setdefault("min_value", Decimal(0))
    asked = Question((VictimAsk(who("victim"), str(THEFT)),), chain="ethereum", **settings)
    with reading(world), open_case(folder / "case", question=asked) as case:
        return asyncio.run(trace_case(case, asked, CONFIG, lists=lists(book), transport=httpx.MockTransport(no_prices)))


def verified(world: SmallWorld, folder: Path) -> Verification:
    """What verifying the case finds."""
    with reading(world), open_case(folder / "case", offline=True) as case:
        return asyncio.run(verify_case(case, CONFIG))


def rescreened(world: SmallWorld, folder: Path, book: Book) -> Rescreening:
    """What today's labels change in the case."""
    with reading(world), open_case(folder / "case", offline=True) as case:
        return asyncio.run(rescreen_case(case, CONFIG, lists(book)))


def deposits(result: Result) -> dict[str, DepositRow]:
    """The verdicts by address."""
    return {row.address: row for row in result.deposits}


def end(result: Result, name: str, asset: AssetId = USDT) -> EndpointRow:
    """The endpoint at somebody's."""
    return next(row for row in result.endpoints if row.address == who(name) and row.asset.id == asset)


def ends(result: Result) -> dict[Address, int]:
    """Units by endpoint, whatever the asset; fees apart."""
    return {Address(row.address): row.amount for row in result.endpoints if row.reason != "fee"}
