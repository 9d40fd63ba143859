"""An old case with today's labels: what changed, what that does to its endpoints, and that nothing is touched."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from chains.errors import Down
from chains.model import NATIVE, Address, AssetId, Page
from tests.tracer.deposit_cases import (
    HUB,
    STOLEN,
    THEFT,
    Book,
    label,
    lists,
    rescreened,
    town,
    traced,
    verified,
)
from tests.tracer.small_world import CHAIN, USDT, SmallWorld, who
from tracer.case import open_case
from tracer.errors import CaseError
from tracer.question import Question, VictimAsk
from tracer.rescreen import EndpointChange, LabelChange, Rescreening, changed_labels
from tracer.result import Result


class Evidence(SmallWorld):
    """A world of which later only what was asked while the case was traced can be read: its stored answers."""

    closed: bool = False

    async def history(self, holder: Address, asset: AssetId, low: int, high: int | None) -> AsyncIterator[Page]:
        """The pages that were read, or none."""
        if self.closed and (holder, asset, low, high) not in self.asked:
            raise Down(self.name, "history", "it was never asked")
        async for page in super().history(holder, asset, low, high):
            yield page


def way() -> Evidence:
    """Stolen units go from the mule, a wallet with coins of its own, to a shop, then to a mall, and lie there."""
    world = Evidence()
    world.pay(THEFT - 500, "friend", "mule", 9, NATIVE)
    world.pay(THEFT, "victim", "mule", STOLEN)
    world.pay(THEFT + 10, "mule", "shop", STOLEN)
    world.pay(THEFT + 20, "shop", "mall", STOLEN)
    return world


def known(world: SmallWorld) -> Evidence:
    """The same transfers as evidence."""
    return Evidence(transfers=world.transfers)


def seen(world: Evidence, folder: Path, before: Book, today: Book, **settings: Any) -> tuple[Result, Rescreening]:
    """A case traced with some labels, and the same case seen with others."""
    result = traced(world, folder, before, **settings)
    world.closed = True
    return result, rescreened(world, folder, today)


def places(changes: tuple[EndpointChange, ...]) -> dict[str, tuple[str, str]]:
    """The reason before and now, by address; "" where there is no endpoint."""
    return {
        one.address: (one.before.reason if one.before else "", one.after.reason if one.after else "") for one in changes
    }


def test_the_same_labels_change_nothing(tmp_path: Path) -> None:
    """Where labels say what they said, nothing is found, and nothing is traced again."""
    world = known(town())
    _, found = seen(world, tmp_path, HUB, HUB)
    assert found == Rescreening((), ())


def test_a_new_label_ends_the_trail_earlier(tmp_path: Path) -> None:
    """An address walked through then is an exchange's today: its endpoint is new, the one behind it is gone."""
    result, found = seen(way(), tmp_path, {}, {"shop": [label("shop")]})
    new = label("shop")
    assert found.labels == (LabelChange(who("shop"), (new,), ()),)
    assert places(found.endpoints) == {who("shop"): ("", "exchange"), who("mall"): ("held", "")}
    by_address = {one.address: one for one in found.endpoints}
    assert by_address[who("mall")].before in result.endpoints
    after = by_address[who("shop")].after
    assert after is not None
    assert (after.amount, after.entity, by_address[who("shop")].chain, by_address[who("shop")].asset) == (
        STOLEN,
        "Alpha",
        CHAIN.id,
        USDT,
    )


def test_a_label_taken_back_sends_the_trail_on(tmp_path: Path) -> None:
    """What was an exchange's then is nobody's today: the trail would go on, beyond what was read, which is a gap."""
    _, found = seen(way(), tmp_path, {"shop": [label("shop")]}, {})
    assert found.labels == (LabelChange(who("shop"), (), (label("shop"),)),)
    assert places(found.endpoints) == {who("shop"): ("exchange", "gap")}


def test_another_entity_is_another_endpoint(tmp_path: Path) -> None:
    """The same place with another name is told with both: the letter goes to somebody else."""
    beta = label("shop", entity="Beta")
    _, found = seen(way(), tmp_path, {"shop": [label("shop")]}, {"shop": [beta]})
    assert found.labels == (LabelChange(who("shop"), (beta,), (label("shop"),)),)
    (change,) = found.endpoints
    assert change.before is not None
    assert change.after is not None
    assert (change.before.entity, change.after.entity) == ("Alpha", "Beta")


def test_less_confidence_alone_changes_no_endpoint(tmp_path: Path) -> None:
    """The label differs and is told; where the units are and whose that is stays as it was."""
    weaker = label("shop", confidence=60)
    _, found = seen(way(), tmp_path, {"shop": [label("shop")]}, {"shop": [weaker]})
    assert found.labels == (LabelChange(who("shop"), (weaker,), (label("shop"),)),)
    assert found.endpoints == ()


def test_a_label_too_weak_to_stop_lets_the_trail_go(tmp_path: Path) -> None:
    """Below 40 percent it is no stop any more."""
    _, found = seen(way(), tmp_path, {"shop": [label("shop")]}, {"shop": [label("shop", confidence=39)]})
    assert places(found.endpoints) == {who("shop"): ("exchange", "gap")}


def test_more_of_the_same_address_adds_to_what_was_said(tmp_path: Path) -> None:
    """A second list that says something too is added; what the first says is neither added nor removed."""
    second = label("shop", "exchange_cold", confidence=70, source="another list")
    _, found = seen(way(), tmp_path, {"shop": [label("shop")]}, {"shop": [label("shop"), second]})
    assert found == Rescreening((LabelChange(who("shop"), (second,), ()),), ())


def test_labels_of_strangers_are_not_asked_for(tmp_path: Path) -> None:
    """What is said today of an address that the trace never asked about changes nothing."""
    _, found = seen(way(), tmp_path, {}, {"stranger": [label("stranger")]})
    assert found == Rescreening((), ())


def test_changes_come_by_address(tmp_path: Path) -> None:
    """Several changes are told in the order of their addresses, each once."""
    today = {name: [label(name, "other")] for name in ("mule", "shop", "mall")}
    _, found = seen(way(), tmp_path, {}, today)
    assert [one.address for one in found.labels] == sorted(who(name) for name in today)


def test_a_deposit_address_without_its_hub_is_followed(tmp_path: Path) -> None:
    """When the hub's label is taken back, the deposit address behind the verdict is walked through again."""
    _, found = seen(known(town()), tmp_path, HUB, {})
    assert places(found.endpoints) == {who("D"): ("exchange_deposit", ""), who("hub"): ("", "gap")}


def test_a_new_hub_whose_customers_past_was_not_read(tmp_path: Path) -> None:
    """The hub is known today, but nobody read the past of whoever paid it: the trail ends at the hub."""
    _, found = seen(known(town()), tmp_path, {}, HUB)
    assert places(found.endpoints) == {who("hub"): ("held", "exchange")}


def test_a_published_deposit_address_is_another_reason(tmp_path: Path) -> None:
    """What behaviour had shown is published today; the exchange and the amount are as they were."""
    published = label("D", "exchange_deposit", kind="self_published", confidence=95)
    result, found = seen(known(town()), tmp_path, HUB, {**HUB, "D": [published]})
    assert [row.tier for row in result.deposits] == ["T2"]
    assert (len(found.labels), found.endpoints) == (1, ())


def test_fees_are_nobodys_endpoint(tmp_path: Path) -> None:
    """What went for fees is no place that a label could change."""
    world = Evidence()
    world.pay(THEFT, "victim", "mule", STOLEN, NATIVE)
    world.pay(THEFT + 5, "friend", "mule", 400, NATIVE)
    world.fee(THEFT + 10, "mule", 5)
    world.pay(THEFT + 10, "mule", "shop", STOLEN - 5, NATIVE)
    result, found = seen(world, tmp_path, {"shop": [label("shop")]}, {"shop": [label("shop", entity="Beta")]})
    assert {row.reason for row in result.endpoints} == {"exchange", "fee"}
    assert places(found.endpoints) == {who("shop"): ("exchange", "exchange")}


def test_nothing_is_written(tmp_path: Path) -> None:
    """Afterwards the case is as it was: the same result, the same kept labels, and it still verifies."""
    world = way()

    def kept() -> list[Any]:
        with sqlite3.connect(tmp_path / "case" / "case.sqlite") as database:
            return sorted(database.iterdump())

    traced(world, tmp_path, {"shop": [label("shop")]})
    world.closed = True
    before, files = kept(), sorted(path.name for path in (tmp_path / "case").iterdir())
    assert rescreened(world, tmp_path, {}).endpoints
    assert rescreened(world, tmp_path, {"shop": [label("shop", entity="Beta")]}).endpoints
    assert (kept(), sorted(path.name for path in (tmp_path / "case").iterdir())) == (before, files)
    assert verified(world, tmp_path).differences == ()


def test_a_case_from_before_labels_were_kept_has_nothing_to_compare(tmp_path: Path) -> None:
    """Without the labels of then nobody can say what changed."""
    world = way()
    traced(world, tmp_path, {"shop": [label("shop")]})
    with sqlite3.connect(tmp_path / "case" / "case.sqlite") as database:
        database.execute("DELETE FROM meta WHERE name LIKE 'lists.%'")
    assert rescreened(world, tmp_path, {"shop": [label("shop", entity="Beta")]}) == Rescreening((), ())


def test_a_case_without_a_result_says_so(tmp_path: Path) -> None:
    """A case that was never finished cannot be seen again."""
    question = Question((VictimAsk(who("victim"), str(THEFT)),), chain="ethereum")
    with open_case(tmp_path / "case", question=question):
        pass
    with pytest.raises(CaseError):
        rescreened(way(), tmp_path, {})


def test_labels_alone_can_be_compared(tmp_path: Path) -> None:
    """What labels say of the addresses of a case can be asked without tracing it again."""
    world = way()
    traced(world, tmp_path, {})
    with open_case(tmp_path / "case", offline=True) as case:
        found = changed_labels(case, lists({"shop": [label("shop")]}))
    assert found == (LabelChange(who("shop"), (label("shop"),), ()),)
