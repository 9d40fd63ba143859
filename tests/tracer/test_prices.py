"""Prices: which one counts at a time, what an amount is worth, and what becomes of answers and failures."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction

import httpx
import pytest
import vcr
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import Malformed
from chains.http import Client, Kind
from chains.model import NATIVE, AssetId
from chains.registry import SourceSettings
from tests.chains.memory_evidence import MemoryEvidence
from tests.tracer.price_stand_in import (
    CASSETTES,
    ETHEREUM,
    SCAM,
    SETTINGS,
    TIME,
    TRON,
    TRON_USDT,
    UNKNOWN,
    USDT,
    WANTS,
    ask_all,
)
from tracer.price_source import (
    COINS_PER_REQUEST,
    POINTS_PER_REQUEST,
    URL_CHARACTERS,
    Priced,
    Want,
    batches,
    classify,
    coin_name,
    fetch_prices,
    normalise_coin,
)
from tracer.prices import NEAR_ENOUGH, Price, PriceBook, value_usd

DAY = 86400


def a_price(usd: str, at: int, confidence: str | None = "0.99") -> Price:
    return Price(Decimal(usd), "a source", at, None if confidence is None else Decimal(confidence))


def test_value_is_exact() -> None:
    """1,234.567891 USDT at 0.9998 dollars are exactly that product, without rounding."""
    assert value_usd(1_234_567_891, 6, a_price("0.9998", 0)) == Decimal("1234.3209774218")


@given(st.integers(0, 2**256), st.integers(0, 77), st.decimals(0, 10**9, places=12))
def test_value_agrees_with_fractions(amount: int, decimals: int, usd: Decimal) -> None:
    """For any amount, decimals and price the value is the exact rational number."""
    value = value_usd(amount, decimals, Price(usd, "a source", 0, None))
    assert Fraction(value) == Fraction(amount, 10**decimals) * Fraction(usd)


def test_the_nearest_price_counts() -> None:
    """Before or after, the nearest price is taken; of two as near the earlier; none beyond a day."""
    book = PriceBook.of_prices([("c", NATIVE, a_price("2", 2000)), ("c", NATIVE, a_price("1", 1000))])
    found = {time: book.at("c", NATIVE, time) for time in (0, 1400, 1500, 1501, 2000 + NEAR_ENOUGH)}
    assert {time: price.usd for time, price in found.items() if price} == {0: 1, 1400: 1, 1500: 1, 1501: 2, 88400: 2}
    assert book.at("c", NATIVE, 2001 + NEAR_ENOUGH) is None
    assert book.at("d", NATIVE, 1000) is None


@given(st.lists(st.integers(0, 10 * DAY), min_size=1, max_size=12, unique=True), st.integers(0, 11 * DAY))
def test_the_nearest_price_is_the_one_a_search_of_all_finds(times: list[int], time: int) -> None:
    """Looking up by halves finds what looking at every price finds."""
    book = PriceBook.of_prices([("c", NATIVE, a_price("1", at)) for at in times])
    nearest = min(times, key=lambda at: (abs(at - time), at))
    found = book.at("c", NATIVE, time)
    assert (found.at if found else None) == (nearest if abs(nearest - time) <= NEAR_ENOUGH else None)


def test_a_price_its_source_doubts_is_kept_and_not_used() -> None:
    """A confidence below 0.20 values nothing, and stays in the record; 0.20 itself counts."""
    book = PriceBook.of_prices([("c", NATIVE, a_price("9", 1, "0.19")), ("d", NATIVE, a_price("9", 1, "0.20"))])
    assert book.at("c", NATIVE, 1) is None
    assert [price.usd for price in book.doubted["c", NATIVE]] == [9]
    assert book.at("d", NATIVE, 1) is not None


def test_a_stable_is_assumed_at_its_peg_only_where_no_market_price_is_known() -> None:
    """A market price beats the peg; without one the peg is taken and flagged; other assets stay unpriced."""
    book = PriceBook.of_prices([("c", USDT, a_price("0.97", 1000))], frozenset({("c", USDT)}))
    market, assumed = book.at("c", USDT, 1000), book.at("c", USDT, 9 * DAY)
    assert market is not None
    assert assumed is not None
    assert (market.usd, market.assumed_peg) == (Decimal("0.97"), False)
    assert (assumed.usd, assumed.assumed_peg, assumed.confidence) == (Decimal(1), True, None)
    assert book.at("c", SCAM, 1000) is None


def test_names_of_coins() -> None:
    """Coins go by the chain row's name, tokens by chain and contract, TRC-10 tokens and unnamed chains by none."""
    assert coin_name(TRON, NATIVE) == "coingecko:tron"
    assert coin_name(TRON, TRON_USDT) == f"tron:{TRON_USDT}"
    assert coin_name(ETHEREUM, USDT) == f"ethereum:{USDT}"
    assert coin_name(TRON, AssetId("1002000")) is None


coins = st.integers(0, 400).map(lambda number: f"ethereum:0x{number:040x}")
hours = st.lists(st.integers(0, 400_000).map(lambda hour: hour * 3600), min_size=1, max_size=600, unique=True)


@given(st.dictionaries(coins, hours, max_size=8))
def test_batches_ask_for_everything_once_and_stay_small(wanted: dict[str, list[int]]) -> None:
    """Every coin and time is asked for exactly once, and every request keeps all three limits."""
    cut = list(batches(wanted))
    assert sorted((coin, time) for batch in cut for coin in batch for time in batch[coin]) == sorted(
        (coin, time) for coin in wanted for time in wanted[coin]
    )
    for batch in cut:
        assert len(batch) <= COINS_PER_REQUEST
        assert sum(map(len, batch.values())) <= POINTS_PER_REQUEST
        url = httpx.URL("http://x/", params={"coins": json.dumps(batch, separators=(",", ":"))})
        assert len(str(url)) <= URL_CHARACTERS + 40


def test_many_coins_make_few_requests() -> None:
    """A hundred tokens at one hour are two requests at most, and eighty are one."""
    wanted = {f"ethereum:0x{number:040x}": [3600] for number in range(100)}
    assert len(list(batches(wanted))) <= 2
    assert len(list(batches(dict(list(wanted.items())[:70])))) == 1


@given(st.integers(100, 599), st.binary() | st.sampled_from([b"[]", b'{"coins":[]}', b'{"coins":{}}', b"[" * 100_000]))
def test_classify_never_raises(status: int, body: bytes) -> None:
    """Whatever comes, it is read as something, and only a 200 with coins is usable."""
    verdict = classify(status, {}, body)
    assert (verdict.kind is Kind.EMPTY) == (status == 200 and body == b'{"coins":{}}')


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b'{"coins":{"a":{}}}', Kind.OK),
        (200, b'{"coins":{}}', Kind.EMPTY),
        (200, b"<html>", Kind.DOWN),
        (200, b"[]", Kind.DOWN),
        (200, b'{"coins":[]}', Kind.DOWN),
        (200, b"[" * 100_000, Kind.DOWN),
        (200, b'{"coins":' * 100_000 + b"}" * 100_000, Kind.DOWN),
        (200, b'{"coins":', Kind.DOWN),
        (429, b"", Kind.THROTTLED),
        (403, b"", Kind.AUTH),
        (414, b"", Kind.UNSUPPORTED),
        (502, b"", Kind.DOWN),
    ],
)
def test_classify(status: int, body: bytes, kind: Kind) -> None:
    """Each status means what it should."""
    assert classify(status, {}, body).kind is kind


@pytest.mark.parametrize(
    "record",
    [
        {},
        [],
        None,
        {"prices": [{"timestamp": 1, "price": 1.0}]},
        {"prices": [{"timestamp": 1, "price": "1.0", "confidence": 0.9}]},
        {"prices": [{"timestamp": True, "price": 1.0, "confidence": 0.9}]},
        {"prices": [{"timestamp": 1, "price": 0, "confidence": 0.9}]},
        {"prices": [{"timestamp": 1, "price": -1.5, "confidence": 0.9}]},
        {"prices": [{"timestamp": 1, "price": json.loads("NaN"), "confidence": 0.9}]},
        {"prices": [{"timestamp": 1, "price": json.loads("1e999"), "confidence": 0.9}]},
        {"prices": [{"timestamp": 1, "price": [1], "confidence": 0.9}]},
        {"prices": [7]},
    ],
)
def test_a_strange_price_is_malformed(record: object) -> None:
    """A record that is not a list of positive finite prices with confidences is refused whole."""
    with pytest.raises(Malformed):
        normalise_coin(record, 1)


def test_prices_keep_every_digit_they_came_with() -> None:
    """A JSON number becomes the decimal it was written as."""
    (price,) = normalise_coin(json.loads('{"prices":[{"timestamp":5,"price":0.09882610734,"confidence":1}]}'), 3)
    assert price == Price(Decimal("0.09882610734"), "DefiLlama", 5, Decimal(1), raw=3)


async def replayed(evidence: MemoryEvidence) -> Priced:
    with vcr.use_cassette(str(CASSETTES / "batch.yaml"), record_mode="none"):
        return await ask_all(evidence)


async def test_one_request_prices_everything_and_says_what_it_could_not() -> None:
    """Seven wants on three chains are one request; peg, doubt and absence are told in plain notes."""
    evidence = MemoryEvidence()
    book, notes, whole = await replayed(evidence)
    assert whole
    assert len(evidence.kept) == 1
    eth, on_optimism = book.at("eip155:1", NATIVE, TIME), book.at("eip155:10", NATIVE, TIME)
    assert eth is not None
    assert eth == on_optimism
    assert (eth.usd, eth.at, eth.source, eth.raw) == (Decimal("2051.3749819"), 1699999241, "DefiLlama", 1)
    peg = book.at("tron:mainnet", TRON_USDT, TIME)
    assert peg is not None
    assert peg.assumed_peg
    assert book.at("eip155:1", SCAM, TIME) is None
    assert [note.split(":")[0].split(" ")[0] for note in notes] == [SCAM, UNKNOWN, TRON_USDT]
    assert "confidence below 0.20" in notes[0]
    assert "assumed" in notes[2]


async def test_a_stored_case_prices_the_same_offline() -> None:
    """What was answered once is answered again without any network."""
    evidence = MemoryEvidence()
    online = await replayed(evidence)
    evidence.offline = True
    assert await ask_all(evidence) == online


async def test_without_an_answer_stables_stand_at_their_peg_and_nothing_raises() -> None:
    """Offline with nothing stored: no exception, a note why, the stable assumed, the rest unpriced."""
    book, notes, whole = await ask_all(MemoryEvidence(offline=True))
    assert not whole
    peg = book.at("eip155:1", USDT, TIME)
    assert peg is not None
    assert peg.assumed_peg
    assert book.at("eip155:1", NATIVE, TIME) is None
    assert "was not asked this while the case was online" in notes[0]
    assert len(notes) == 1 + len(WANTS)


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (
            '{"coins":{"coingecko:tron":{"prices":[{"timestamp":1,"price":"x","confidence":1}]}}}',
            "not a list of prices",
        ),
        ('{"coins":{"coingecko:dogecoin":{"prices":[]}}}', "was not asked for"),
    ],
)
async def test_a_malformed_answer_is_a_note(body: str, cause: str) -> None:
    """An answer of the wrong shape costs its coin the price, and is told."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=body))
    async with Client(MemoryEvidence(), transport) as client:
        book, notes, _ = await fetch_prices(client, SETTINGS, [(TRON, NATIVE, TIME)])
    assert book.at("tron:mainnet", NATIVE, TIME) is None
    assert cause in notes[0]


async def test_nothing_wanted_asks_nothing() -> None:
    """No wants and wants without a name make no request."""
    evidence = MemoryEvidence()
    wants: list[Want] = [(TRON, AssetId("1002000"), TIME)]
    async with Client(evidence) as client:
        assert (await fetch_prices(client, SourceSettings(), [])).notes == []
        assert "no price" in (await fetch_prices(client, SourceSettings(), wants)).notes[0]
    assert not evidence.kept
