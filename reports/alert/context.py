"""What an alert must know beside the notice: names of chains and targets, tokens, where the letter is, the time.

What others wrote is made harmless here for every service at once: text that one of them would take for a link, a
mention or a format is changed so that it is none, and stays readable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from chains.model import Asset
from chains.registry import Chain
from reports.numbers import SYMBOL_CAP, amount
from reports.times import local, utc, zone_of
from reports.watch.spans import chain_title
from tracer.contacts import Contact, contact_of
from tracer.hostile import CAP, clean
from tracer.labels import Token, Tokens
from tracer.watch.model import Notice, Target
from tracer.words import Words

ADDRESS: Final = 100
SENTENCE: Final = 400
TITLE_PLACES: Final = 4
"""Decimals of an amount in a title; the body has all of them."""

_SIGNS: Final = str.maketrans(
    {"<": "‹", ">": "›", "@": "＠", "*": "∗", "`": "'", "|": "¦", "~": "∼", "\\": "╲", "#": "＃"}
)
_DOT: Final = re.compile(r"(?<=\w)\.(?=[^\W\d_])")
_BEIJING: Final = "Asia/Shanghai"


class Letter(NamedTuple):
    """Where the letter about a notice is, or will be."""

    path: Path
    ready: bool


def _no_letter(_notice: Notice) -> Letter | None:
    return None


@dataclass(frozen=True, slots=True)
class Context:
    """Chains by id, targets by number, the listed tokens, the clock (Unix seconds), and the letter about a notice."""

    chains: Mapping[str, Chain]
    target: Callable[[int], Target | None]
    tokens: Tokens
    now: Callable[[], int]
    letter: Callable[[Notice], Letter | None] = _no_letter

    def chain(self, chain: str, w: Words) -> str:
        """A chain's name in a language."""
        return chain_title(chain, w, self.chains)

    def token(self, notice: Notice) -> Token | None:
        """What the token list knows of what moved."""
        return self.tokens.of(notice.chain, notice.asset.id) if notice.asset else None

    def page(self, notice: Notice) -> str:
        """The explorer's page of the transaction, else of the receiver; "" where the chain has no explorer."""
        chain = self.chains.get(notice.chain)
        name = notice.tx or notice.receiver
        if chain is None or not chain.explorer or not name.isalnum():
            return ""
        tron = chain.family == "tron"
        path = "address" if not notice.tx else "transaction" if tron else "tx"
        return f"{chain.explorer.rstrip('/')}/{'#/' if tron else ''}{path}/{name}"


def safe(text: str, cap: int = CAP) -> str:
    """Somebody else's text as one harmless line: ``claim-usdt.com`` becomes ``claim-usdt(.)com``, no link."""
    return _DOT.sub("(.)", clean(text, cap)).translate(_SIGNS)


def known_contact(notice: Notice) -> Contact | None:
    """The contact that somebody looked up for the receiver; None where nobody did."""
    contact = contact_of(notice.entity, notice.category) if notice.entity else None
    return contact if contact is not None and contact.id else None


def entity(notice: Notice, w: Words) -> str:
    """Whom the label names; a name on record may hold a full stop (Crypto.com), any other is made harmless."""
    if known_contact(notice) is not None:
        return clean(notice.entity)
    return safe(notice.entity) or w("alert.somebody")


def short_name(notice: Notice, w: Words) -> str:
    """Whom to speak to: the contact's own name where there is one, else as the label says."""
    contact = known_contact(notice)
    return contact.name if contact else entity(notice, w)


def symbol(asset: Asset) -> str:
    """An asset's symbol made harmless, else its id."""
    return safe(asset.symbol, SYMBOL_CAP) or safe(asset.id)


def exact(units: int, asset: Asset) -> str:
    """An amount to the last unit."""
    return f"{amount(units, asset.decimals)} {symbol(asset)}"


def short(units: int, asset: Asset) -> str:
    """An amount for a title: cut, not rounded, after `TITLE_PLACES` decimals, and marked so by `…`."""
    beyond = asset.decimals - TITLE_PLACES
    if beyond <= 0 or beyond > 36 or units % 10**beyond == 0 or units < 10**beyond:
        return exact(units, asset)
    return f"{amount(units // 10**beyond, TITLE_PLACES)}… {symbol(asset)}"


def moment(time: int) -> tuple[str, str]:
    """A time in UTC and in Beijing."""
    return utc(time), local(time, zone_of(_BEIJING))
