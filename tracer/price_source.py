"""Asking DefiLlama what assets were worth, in as few requests as it allows.

It is free, needs no key, knows EVM and TRON contracts by address, and names the moment each price is of. Times are
bucketed to the hour and batches are cut by sorted name, so the same wants always make the same requests and a case
replays without the network. Nothing here raises: a trace does not fail because a price is missing, it says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import accumulate
from typing import Any, Final, NamedTuple
from urllib.parse import quote_plus

from chains.endpoints import endpoint
from chains.errors import ChainError, Malformed
from chains.http import Answer, Ask, Client, Endpoint, Kind, Verdict, canonical_json
from chains.model import NATIVE, AssetId
from chains.positions import is_position
from chains.registry import Chain, SourceSettings
from tracer.label_files import load_tokens
from tracer.prices import TRUSTED, Price, PriceBook
from tracer.words import sentence

SOURCE: Final = "DefiLlama"
WIDTH: Final = "6h"
"""How far from the asked hour a price may lie; the API's own default for single times."""

BUCKET: Final = 3600
COINS_PER_REQUEST: Final = 100
POINTS_PER_REQUEST: Final = 250
URL_CHARACTERS: Final = 6000
"""Servers between here and there refuse longer request lines with 413 or 414, some from 8,192 characters on."""

DEEPEST: Final = 100
_BRACKETS: Final = re.compile(rb"[][{}]")

_REFUSALS: Final[Mapping[int, Kind]] = {
    429: Kind.THROTTLED,
    **dict.fromkeys((401, 402, 403), Kind.AUTH),
    **dict.fromkeys((400, 404, 413, 414), Kind.UNSUPPORTED),
}

Want = tuple[Chain, AssetId, int]
Key = tuple[str, AssetId]


class Priced(NamedTuple):
    """The prices found, and what could not be priced and why; ``whole`` when every request was answered."""

    book: PriceBook
    notes: list[str]
    whole: bool = True


async def fetch_prices(
    client: Client,
    settings: SourceSettings,
    wants: Sequence[Want],
    stables: frozenset[Key] | None = None,
) -> Priced:
    """Prices for these (chain, asset, Unix time), from DefiLlama's `/batchHistorical`.

    ``stables`` are taken at 1.00 where it knows no price; by default those of the built-in token list. Numbers arrive
    as binary JSON floats and are read in their shortest decimal spelling: prices are for showing, amounts for proving.
    """
    known = load_tokens().stables if stables is None else stables
    holders = _holders(wants)
    found: list[tuple[str, AssetId, Price]] = []
    notes: list[str] = []
    whole = True
    where = endpoint("prices", settings)
    assert where is not None, "prices need no key"
    for batch in batches(_hours(wants)):
        try:
            answer = await client.ask(_ask(where, batch))
        except ChainError as failure:
            notes.append(sentence("note.prices", why=failure))
            whole = False
            continue
        rows, trouble = read_prices(answer, batch)
        notes.extend(trouble)
        found.extend((*key, price) for coin, price in rows for key in holders[coin])
    book = PriceBook.of_prices(found, known)
    return Priced(book, [*dict.fromkeys(notes), *_unpriced(book, wants)], whole)


def coin_name(chain: Chain, asset: AssetId) -> str | None:
    """DefiLlama's name of an asset: ``ethereum:0x…``, ``tron:T…``, ``coingecko:tron``; None for what it cannot know."""
    if asset == NATIVE:
        return chain.price_coin or None
    if not chain.price_chain or asset.isdigit() or is_position(asset):
        return None
    return f"{chain.price_chain}:{asset}"


def batches(wanted: Mapping[str, Sequence[int]]) -> Iterator[dict[str, list[int]]]:
    """Cut coins and their times into requests that respect every limit; the same wants give the same requests."""
    batch: dict[str, list[int]] = {}
    points = length = 0
    for coin, time in [(name, time) for name in sorted(wanted) for time in wanted[name]]:
        more = len(quote_plus(f"{time},")) + (0 if coin in batch else len(quote_plus(f'"{coin}":[],')))
        full = points == POINTS_PER_REQUEST or (coin not in batch and len(batch) == COINS_PER_REQUEST)
        if batch and (full or length + more > URL_CHARACTERS):
            yield batch
            batch, points, length = {}, 0, 0
            more = len(quote_plus(f'{time},"{coin}":[],'))
        batch.setdefault(coin, []).append(time)
        points, length = points + 1, length + more
    if batch:
        yield batch


def classify(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:  # noqa: ARG001 - one shape for all
    """Read an answer of the coins API. It documents no error bodies, so the status decides about failures."""
    if status != 200:
        return Verdict(_REFUSALS.get(status, Kind.DOWN), str(status))
    try:
        data = None if _is_deep(body) else json.loads(body)
    except ValueError:
        return Verdict(Kind.DOWN, "not JSON")
    if not isinstance(data, dict) or not isinstance(data.get("coins"), dict):
        return Verdict(Kind.DOWN, "JSON without coins")
    return Verdict(Kind.OK if data["coins"] else Kind.EMPTY)


def _is_deep(body: bytes) -> bool:
    """True for JSON nested deeper than any real answer.

    The parser recurses, and web3 lifts Python's recursion limit so far on import that such an answer would end the
    process instead of raising.
    """
    depths = accumulate(1 if sign in b"[{" else -1 for sign in _BRACKETS.findall(body))
    return max(depths, default=0) > DEEPEST


def read_prices(answer: Answer, asked: Mapping[str, Sequence[int]]) -> tuple[list[tuple[str, Price]], list[str]]:
    """The prices of one answer by coin name, and a note for each coin that cannot be read.

    Coins without a price near any asked time are absent from the answer, which is documented and no error.
    """
    found: list[tuple[str, Price]] = []
    notes: list[str] = []
    for coin, record in answer.data["coins"].items():
        if coin not in asked:
            notes.append(str(Malformed(SOURCE, "a coin that was not asked for", coin)))
            continue
        try:
            found.extend((coin, price) for price in normalise_coin(record, answer.raw))
        except Malformed as wrong:
            notes.append(str(wrong))
    return found, notes


def normalise_coin(record: Any, raw: int) -> list[Price]:
    """The prices in one coin's record, ``{"symbol": …, "prices": [{"timestamp", "price", "confidence"}, …]}``.

    Raises:
        Malformed: a record without that shape, or a price that is no positive number.
    """
    try:
        rows = [(row["timestamp"], row["price"], row["confidence"]) for row in record["prices"]]
        prices = [Price(_decimal(usd), SOURCE, int(_decimal(at)), _decimal(trust), raw=raw) for at, usd, trust in rows]
    except (KeyError, TypeError, ValueError, OverflowError, InvalidOperation) as wrong:
        raise Malformed(SOURCE, f"not a list of prices ({type(wrong).__name__})", record) from None
    if not all(price.usd > 0 for price in prices):
        raise Malformed(SOURCE, "a price that is not positive", record)
    return prices


def _decimal(number: Any) -> Decimal:
    if isinstance(number, str | bool):
        raise TypeError("a price is a JSON number")
    value = Decimal(repr(number))
    if not value.is_finite():
        raise ValueError("a price is finite")
    return value


def _ask(where: Endpoint, batch: Mapping[str, Sequence[int]]) -> Ask:
    return Ask(where, classify, path="/batchHistorical", params={"coins": canonical_json(batch), "searchWidth": WIDTH})


def _holders(wants: Sequence[Want]) -> dict[str, list[Key]]:
    """Which assets each coin name stands for: one name may price the coin of several chains."""
    found: dict[str, set[Key]] = {}
    for chain, asset, _ in wants:
        coin = coin_name(chain, asset)
        if coin is not None:
            found.setdefault(coin, set()).add((chain.id, asset))
    return {coin: sorted(keys) for coin, keys in found.items()}


def _hours(wants: Sequence[Want]) -> dict[str, list[int]]:
    found: dict[str, set[int]] = {}
    for chain, asset, time in wants:
        coin = coin_name(chain, asset)
        if coin is not None:
            found.setdefault(coin, set()).add(time - time % BUCKET)
    return {coin: sorted(times) for coin, times in found.items()}


def _unpriced(book: PriceBook, wants: Sequence[Want]) -> Iterator[str]:
    """One note per asset that some want found no price for, or only an assumed or a doubted one."""
    found: dict[Key, list[Price | None]] = {}
    for chain, asset, time in wants:
        found.setdefault((chain.id, asset), []).append(book.at(chain.id, asset, time))
    for (chain_id, asset), prices in sorted(found.items()):
        missing = sum(price is None for price in prices)
        assumed = sum(price is not None and price.assumed_peg for price in prices)
        what = {"asset": asset, "chain": chain_id, "total": len(prices)}
        if assumed:
            yield sentence("note.peg", n=assumed, **what)
        if missing:
            doubted = [sentence("note.doubted", least=TRUSTED)] if (chain_id, asset) in book.doubted else []
            yield "; ".join([sentence("note.no_price", n=missing, **what), *doubted])
