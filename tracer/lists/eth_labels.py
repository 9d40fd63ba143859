"""eth-labels: name tags of Etherscan and its kin, as one person's program collected them from their pages.

The repository is under the MIT licence; the tags themselves are the explorers'. Labels and name tags in it contradict
each other in places, so an exchange's label counts only where the name tag names the same exchange. Tags that anybody
can choose (ENS) are no labels; nor are those of tokens, funders and the like, which are no wallets of the service.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from tracer.errors import ListDamaged
from tracer.hostile import clean
from tracer.labels import Label, self_chosen
from tracer.list_files import Addresses, at, cells, under
from tracer.list_names import known_exchange, mentions
from tracer.lists import Copy, LabelList
from tracer.words import sentence

FILE: Final = "accounts.csv"
PAGE: Final = "https://github.com/dawsbot/eth-labels"
URL: Final = f"https://raw.githubusercontent.com/dawsbot/eth-labels/HEAD/data/csv/{FILE}"
COLUMNS: Final = ("address", "chainId", "label", "nameTag")

CATEGORIES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("phish-hack", "phishing-hack", "scam", "heist", "ponzi"), "hack"),
    **dict.fromkeys(("tornado-cash", "mixer"), "mixer"),
    "bridge": "bridge",
    "gambling": "gambling",
}

_THEFT: Final = re.compile(r"-(hack|exploit|exploiter|hacker)$")
_DEPOSIT: Final = re.compile(r"\bdep(osit)?\b", re.IGNORECASE)
_ROLES: Final = ((re.compile(r"\bhot\b", re.IGNORECASE), "hot"), (re.compile(r"\bcold\b", re.IGNORECASE), "cold"))
_NO_WALLET: Final = re.compile(
    r"\b(token|funder|deployer|charity|fake|phish\w*|scam\w*|hack\w*|exploit\w*|governance|proposal|donations?)\b",
    re.IGNORECASE,
)


class _Meaning(NamedTuple):
    entity: str
    category: str
    role: str = ""


def read(copy: Copy) -> Iterator[Label]:
    """The name tags whose label is one of ours; the others are counted."""
    addresses = Addresses(copy)
    path = copy.files[FILE]
    for text, chain, slug, written in under(path, COLUMNS, cells(copy, path)):
        if not (chain.isascii() and chain.isdigit()):
            raise ListDamaged("error.list_copy_field", file=FILE, field="chainId")
        address = addresses.read(f"eip155:{int(chain)}", text)
        meaning = _meaning(slug, "" if written == "null" else clean(written, 80))
        if isinstance(meaning, str):
            copy.skipped[meaning] += 1
        elif address is not None:
            yield Label(
                chain=f"eip155:{int(chain)}",
                address=address,
                entity=meaning.entity,
                category=meaning.category,
                source="eth-labels",
                as_of=copy.as_of,
                confidence=50,
                role=meaning.role,
                kind="explorer",
                url=PAGE,
                checked=copy.checked,
            )
    addresses.done()


def _meaning(slug: str, name: str) -> _Meaning | str:
    """What a row says, or why it is no label here."""
    if self_chosen(name):
        return "self_chosen"
    category = "hack" if _THEFT.search(slug) else CATEGORIES.get(slug)
    if category == "hack":
        return _Meaning(name or clean(slug), category)
    exchange = known_exchange(slug)
    if category is None and exchange is None:
        return "label"
    if not name or _NO_WALLET.search(name):
        return "name"
    return _Meaning(name, category) if category else _exchange(exchange or "", name)


def _exchange(exchange: str, name: str) -> _Meaning | str:
    if not mentions(name, exchange):
        return "name"
    if _DEPOSIT.search(name):
        return _Meaning(exchange, "exchange_deposit", "deposit")
    return _Meaning(exchange, "exchange", next((role for shape, role in _ROLES if shape.search(name)), ""))


LIST = LabelList(
    name="eth-labels",
    publisher="eth-labels (collected from the tags of Etherscan and its kin)",
    licence=f"{sentence('note.list_collected_tags')}; {sentence('note.list_fetched')}",
    page=PAGE,
    cadence=60,
    expected=(2_000, 400_000),
    kind="explorer",
    read=read,
    locate=at(URL, FILE),
)
