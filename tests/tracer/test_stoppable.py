"""What can still be stopped: the order of the list, the reasons it gives, and the ways beside the best one."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.model import Asset, AssetId, Block
from tests.reports.sample import sample
from tracer.result import DepositRow, EndpointRow, FreezeRow, OriginRow, PriceRow, Principal, Result
from tracer.stoppable import MEANS, THERE, Stoppable, stoppable
from tracer.words import translated, words

ETHEREUM, BSC = "eip155:1", "eip155:56"
USDT = Asset(ETHEREUM, AssetId("0xdac17f958d2ee523a2206206994597c13d831ec7"), "USDT", 6)
PEGGED = Asset(BSC, AssetId("0x55d398326f99059ff775485246999027b3197955"), "USDT", 18)
NOW, HOUR = 1_800_000_000, 3_600
PART = 1_000 * 10**6


def at(
    name: str, reason: str, *, hours: int = 5, confidence: int = 100, asset: Asset = USDT, **more: str
) -> EndpointRow:
    """A fifth of what was stolen, at somebody's address for so many hours."""
    return EndpointRow(
        asset.chain, f"0x{name:0>40}", asset, PART, (Principal("1", USDT, PART),), more.get("category", ""),
        more.get("entity", ""), "a list", confidence, reason, "", ("0x1",), None, NOW - hours * HOUR, None,
    )  # fmt: skip


def deposit(row: EndpointRow, tier: str, confidence: int, left: int | None) -> DepositRow:
    """What is known of a deposit address."""
    return DepositRow(
        row.chain, row.address, row.asset, tier, confidence, "Binance", "", "", "", (), (), 0, left
    )  # fmt: skip


def freeze(row: EndpointRow, can: str, frozen: str, proposed: str = "no", issuer: str = "Tether") -> FreezeRow:
    """What the token's contract said."""
    return FreezeRow(row.chain, row.address, row.asset, issuer, can, frozen, proposed, "1", 1, 3)


def result(endpoints: list[EndpointRow], deposits: list[DepositRow], freezes: list[FreezeRow]) -> Result:
    """A result with these endpoints, of equal worth."""
    taken = PART * len(endpoints)
    return sample()._replace(
        as_of=(Block(ETHEREUM, 9, "0x9", NOW, 9),),
        origins=(OriginRow("1", ETHEREUM, "0xa", "", "0x0", "0xb", NOW - 99 * HOUR, USDT, taken),),
        endpoints=tuple(endpoints),
        deposits=tuple(deposits),
        freezes=tuple(freezes),
        prices=(PriceRow(USDT, NOW, Decimal(1), "made up", assumed_peg=False),),
    )


def five() -> Result:
    """A pre-sweep, a swept, a resting, a frozen and an unfreezable balance of equal worth."""
    waiting = at("11", "exchange_deposit", confidence=90, entity="Binance", category="exchange_deposit")
    swept = at("22", "exchange_deposit", confidence=63, entity="Binance", category="exchange_deposit")
    resting, frozen, pegged = at("33", "held"), at("44", "frozen"), at("55", "held", asset=PEGGED)
    return result(
        [pegged, frozen, resting, swept, waiting],
        [deposit(waiting, "T0", 90, 0), deposit(swept, "T2", 63, PART)],
        [
            freeze(resting, "yes", "no"),
            freeze(frozen, "yes", "yes"),
            freeze(pegged, "no", "no", issuer="Binance (peg)"),
        ],
    )


def means(found: list[Stoppable]) -> list[str]:
    """How each place can be stopped, in order."""
    return [one.means for one in found]


def test_five_balances_of_equal_worth_stand_in_the_right_order() -> None:
    """Not swept before freezable in a wallet before swept; then what is frozen, and last what nobody can freeze."""
    found = stoppable(five())
    assert means(found) == ["unswept", "issuer", "swept", "frozen", "nobody"]
    assert [one.entity for one in found] == ["Binance", "Tether", "Binance", "Tether", ""]
    assert {one.worth for one in found} == {Fraction(1, 5)}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_each_place_says_why_in_words(lang: str) -> None:
    """Every entry has its reason in the reader's language, and the deadline is told from the moment of the case."""
    w = words(lang)
    said = [translated(" ".join(one.why), w) for one in stoppable(five())]
    wanted = {
        "en": ("not yet swept", "only the issuer can block it", "came in 5 hours before", "cannot move", "nobody can"),
        "zh": ("尚未归集", "只有发行方能", "前 5 小时转入", "已被冻结", "无人能够冻结"),
    }
    for text, part in zip(said, wanted[lang], strict=True):
        assert part in text


def test_worth_outweighs_everything_else_only_by_its_factor() -> None:
    """The score is the product: twice the certainty makes up for half the worth."""
    first, *_ = stoppable(five())
    half = first._replace(worth=first.worth / 2, factors=first.factors._replace(certainty=2 * first.factors.certainty))
    assert half.score == first.score


@given(st.integers(0, 400 * 24))
def test_a_deposit_taken_in_long_ago_is_less_likely_still_there(hours: int) -> None:
    """What an exchange has swept counts less after a day, and less again after a week; never as certain."""
    row = at("22", "exchange_deposit", hours=hours, entity="Binance")
    (one,) = stoppable(result([row], [deposit(row, "T2", 60, PART)], []))
    age = "day" if hours < 24 else "week" if hours < 24 * 7 else "later"
    assert one.factors.there == THERE[age]
    assert one.means == "swept"


def test_what_is_not_known_is_never_taken_for_swept_or_not() -> None:
    """Where nobody could read on, a deposit address counts as swept, the more careful of the two."""
    row = at("22", "exchange_deposit", entity="Binance")
    (one,) = stoppable(result([row], [deposit(row, "T1", 60, None)], []))
    assert one.means == "swept"


def test_an_unswept_stablecoin_at_an_exchange_has_the_issuer_beside_it() -> None:
    """The exchange comes first, and the issuer as another way, with the reason why not first."""
    row = at("22", "exchange_deposit", confidence=90, entity="Binance")
    (one,) = stoppable(result([row], [deposit(row, "T0", 90, 0)], [freeze(row, "yes", "no")]))
    assert (one.means, [other.means for other in one.also]) == ("unswept", ["issuer"])


def test_a_proposed_freeze_makes_it_urgent_and_says_how_far_it_is() -> None:
    """With a proposal pending the issuer is quicker than any ticket, and the confirmations are told."""
    row = at("33", "held")
    (one,) = stoppable(result([row], [], [freeze(row, "yes", "no", "yes")]))
    (plain,) = stoppable(result([row], [], [freeze(row, "yes", "no")]))
    assert one.factors.speed > plain.factors.speed
    assert "1 of 3 confirmations" in translated(" ".join(one.why), words("en"))


def test_an_unknown_state_is_said_and_an_unsure_issuer_counts_half() -> None:
    """A check that failed is told as such; what the token list does not know to be freezable is half as sure."""
    row = at("33", "held")
    (one,) = stoppable(result([row], [], [freeze(row, "unknown", "unknown", "unknown")]))
    assert one.means == "issuer"
    assert one.factors.certainty == 50
    assert "could not be learnt" in translated(" ".join(one.why), words("en"))


def test_a_possible_deposit_address_is_asked_of_the_exchange_it_resembles() -> None:
    """T4 with an exchange's name is a way beside the issuer's; without a name it is none."""
    row = at("33", "held")
    named = deposit(row, "T4", 35, 0)
    (one,) = stoppable(result([row], [named], [freeze(row, "yes", "no")]))
    assert {one.means, *(other.means for other in one.also)} == {"issuer", "unswept"}
    (one,) = stoppable(result([row], [named._replace(entity="")], []))
    assert (one.means, one.also) == ("nobody", ())


def test_services_bridges_and_mixers_have_their_own_words() -> None:
    """Each kind of place is asked in its own way; of a mixer nobody can be asked."""
    rows = [
        at("1", "exchange", entity="OKX", category="exchange_hot"),
        at("2", "service", entity="FixedFloat", category="instant_exchanger"),
        at("3", "bridge", entity="Stargate", category="bridge"),
        at("4", "mixer", entity="Tornado Cash", category="mixer"),
    ]
    found = {one.endpoint.reason: one for one in stoppable(result(rows, [], []))}
    assert {reason: one.means for reason, one in found.items()} == {
        "exchange": "at_exchange", "service": "service", "bridge": "bridge", "mixer": "nobody",
    }  # fmt: skip
    assert found["exchange"].contact is not None
    assert found["exchange"].contact.id == "okx"


def test_fees_dust_and_what_came_back_are_no_places_to_act() -> None:
    """Nothing is asked about fees, burnt coins, dust, pools and what was returned."""
    rows = [at(str(n), reason) for n, reason in enumerate(("fee", "burn", "dust", "contract", "returned"), 1)]
    assert stoppable(result(rows, [], [])) == []


def test_one_unpriced_asset_makes_all_count_alike() -> None:
    """Shares of different assets are added by value only where every value is known."""
    case = five()
    (priced,) = case.prices
    assert stoppable(case)[0].worth == Fraction(1, 5)
    assert stoppable(case._replace(prices=(priced._replace(usd=None),)))[0].worth == Fraction(1, 5)


def test_every_way_has_a_name_in_both_languages() -> None:
    """No means of stopping is without its words."""
    for lang in ("en", "zh"):
        w = words(lang)
        assert all(w(f"stop.means.{one}", entity="X") for one in MEANS)
