"""What an exchange's published reserve addresses become: labels on the chain that its coin column names.

Exchanges name the network beside the coin (``USDT-TRC20``, ``HT-ETH``) or not at all (``ETH``), each in its own way.
The shape of the address tells TRON from EVM; which EVM chain matters less, as one key rules them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from tracer.labels import Label
from tracer.list_files import TRON, Addresses
from tracer.lists import Copy

ETHEREUM: Final = "eip155:1"
NETWORKS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("BSC", "BEP20", "BNB"), "eip155:56"),
    **dict.fromkeys(("MATIC", "POLYGON", "POL"), "eip155:137"),
    **dict.fromkeys(("ARB", "ARBI", "ARBITRUM"), "eip155:42161"),
    **dict.fromkeys(("OP", "OPTIMISM"), "eip155:10"),
    **dict.fromkeys(("AVAX", "AVAXC", "AVALANCHE"), "eip155:43114"),
    "BASE": "eip155:8453",
}
UNTRACED: Final = frozenset({"HECO", "ETC", "ETHW"})
"""EVM chains that are not traced."""

_EVM: Final = re.compile(r"0x[0-9a-zA-Z]{40}")
_TRON: Final = re.compile(r"T\w{33}", re.ASCII)
_PUNCTUATION: Final = re.compile(r"[^A-Z0-9]+")


def reserves(copy: Copy, exchange: str, url: str, rows: Iterable[tuple[str, str]]) -> Iterator[Label]:
    """A label for each (coin, address) on a traced chain, once; the others are counted.

    Raises:
        ListDamaged: there is no address, or too many are invalid.
    """
    addresses = Addresses(copy)
    for chain, text in dict.fromkeys((_chain(coin, text), text) for coin, text in rows):
        if chain is None:
            copy.skipped["chain"] += 1
            continue
        address = addresses.read(chain, text)
        if address is None:
            continue
        yield Label(
            chain=chain,
            address=address,
            entity=exchange,
            category="exchange",
            source=f"{exchange} proof of reserves",
            as_of=copy.as_of,
            confidence=90,
            role="reserve",
            kind="self_published",
            url=url,
            checked=copy.checked,
        )
    addresses.done()


def _chain(coin: str, text: str) -> str | None:
    if _TRON.fullmatch(text):
        return TRON
    words = _PUNCTUATION.split(coin.upper())
    if not _EVM.fullmatch(text) or UNTRACED & set(words):
        return None
    return next((NETWORKS[word] for word in reversed(words) if word in NETWORKS), ETHEREUM)
