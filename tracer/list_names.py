"""Exchanges by the short names that lists file them under, so that several lists mean one entity by one name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

EXCHANGES: Final[Mapping[str, str]] = {
    "ascendex": "AscendEX",
    "bibox": "Bibox",
    "bigone": "BigONE",
    "bilaxy": "Bilaxy",
    "binance": "Binance",
    "binance-us": "Binance US",
    "bingx": "BingX",
    "bitbank": "Bitbank",
    "bitfinex": "Bitfinex",
    "bitflyer": "bitFlyer",
    "bitget": "Bitget",
    "bithumb": "Bithumb",
    "bitkub": "Bitkub",
    "bitmart": "BitMart",
    "bitmex": "BitMEX",
    "bitrue": "Bitrue",
    "bitso": "Bitso",
    "bitstamp": "Bitstamp",
    "bittrex": "Bittrex",
    "bitvavo": "Bitvavo",
    "bitunix": "Bitunix",
    "blofin": "BloFin",
    "btcturk": "BtcTurk",
    "bybit": "Bybit",
    "catex": "Catex",
    "coinbase": "Coinbase",
    "coincheck": "Coincheck",
    "coindcx": "CoinDCX",
    "coinex": "CoinEx",
    "coinhako": "Coinhako",
    "coinone": "Coinone",
    "coinspot": "CoinSpot",
    "coinw": "CoinW",
    "crypto-com": "Crypto.com",
    "deribit": "Deribit",
    "digifinex": "DigiFinex",
    "exmo": "EXMO",
    "ftx": "FTX",
    "gate": "Gate.io",
    "gate-io": "Gate.io",
    "gateio": "Gate.io",
    "gemini": "Gemini",
    "hashkey": "HashKey",
    "hitbtc": "HitBTC",
    "hotbit": "Hotbit",
    "htx": "HTX",
    "huobi": "HTX",
    "indodax": "Indodax",
    "korbit": "Korbit",
    "kraken": "Kraken",
    "kucoin": "KuCoin",
    "latoken": "LATOKEN",
    "lbank": "LBank",
    "liquid": "Liquid",
    "luno": "Luno",
    "max-exchange": "MaiCoin MAX",
    "mercatox": "Mercatox",
    "mexc": "MEXC",
    "nexo": "Nexo",
    "okex": "OKX",
    "okx": "OKX",
    "paribu": "Paribu",
    "phemex": "Phemex",
    "poloniex": "Poloniex",
    "probit": "ProBit",
    "remitano": "Remitano",
    "robinhood": "Robinhood",
    "swissborg": "SwissBorg",
    "toobit": "Toobit",
    "upbit": "Upbit",
    "wazirx": "WazirX",
    "weex": "WEEX",
    "whitebit": "WhiteBIT",
    "woo-x": "WOO X",
    "xt": "XT.com",
    "yobit": "YoBit",
    "zb": "ZB.com",
}

_ENDINGS: Final = re.compile(r"-(cex|exchange)$")
_BETWEEN: Final = re.compile(r"[^0-9a-z]+")


def known_exchange(slug: str) -> str | None:
    """The exchange of a short name such as ``okex`` or ``mexc-cex``; None where it is none of `EXCHANGES`."""
    slug = slug.strip().lower()
    return EXCHANGES.get(slug) or EXCHANGES.get(_ENDINGS.sub("", slug))


def exchange(slug: str) -> str:
    """As `known_exchange`; one that is not known by the words of its short name."""
    words = _BETWEEN.split(_ENDINGS.sub("", slug.strip().lower()))
    return known_exchange(slug) or " ".join(words).title()


def mentions(name: str, entity: str) -> bool:
    """Does a name such as ``Huobi: Hot Wallet 3`` name this exchange, by any of the names it is known under?"""
    words = f" {_joined(name)} "
    known = (slug for slug, one in EXCHANGES.items() if one == entity)
    return any(f" {_joined(one)} " in words for one in (entity, *known))


def _joined(text: str) -> str:
    return " ".join(filter(None, _BETWEEN.split(text.lower())))
