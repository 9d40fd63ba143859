"""DefiLlama's exchange wallets, out of the program text it counts their holdings with.

An adapter of an exchange uses the helper ``cex`` and names wallets in JavaScript as ``chain: { owners: [ '0x…' ] }``.
Nothing is run: only arrays of quoted texts under the keys of a chain and ``owners`` are read, comments left out.
Whatever is computed is passed over, and an adapter without any literal address is counted.

No licence is stated, so the user's machine fetches it and it is never shipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from zipfile import ZipInfo

from tracer.hostile import clean
from tracer.labels import Label
from tracer.list_files import TRON, Addresses, archive, at, member_text, packed_on
from tracer.list_names import exchange
from tracer.lists import Copy, LabelList
from tracer.words import sentence

FILE: Final = "DefiLlama-Adapters.zip"
PAGE: Final = "https://github.com/DefiLlama/DefiLlama-Adapters"
URL: Final = "https://codeload.github.com/DefiLlama/DefiLlama-Adapters/zip/HEAD"

PROGRAM_BYTES: Final = 1_000_000
HELPER: Final = re.compile(r"helper/cex\b|\bcexExports\b")

CHAINS: Final[Mapping[str, str]] = {
    "ethereum": "eip155:1",
    "optimism": "eip155:10",
    "bsc": "eip155:56",
    "okexchain": "eip155:66",
    "polygon": "eip155:137",
    "base": "eip155:8453",
    "arbitrum": "eip155:42161",
    "avax": "eip155:43114",
    "tron": TRON,
}

_PATH: Final = re.compile(r"[^/]+/(?:projects|registries)/(?:[^/]+/)*?(?P<name>[^/]+?)(?:/(?:index|config))?\.js")
_NOT_EXCHANGES: Final = frozenset({"", "config", "cexs", "chains"})
_TOKEN: Final = re.compile(
    r"//[^\n]*|/\*(?:.*?\*/|.*)|`[^`]*`?"
    r"|'(?P<single>[^'\\\n]*)'|\"(?P<double>[^\"\\\n]*)\"|(?P<name>[A-Za-z_$][\w$]*)|(?P<sign>[{}\[\]:,()=])",
    re.DOTALL,
)


def read(copy: Copy) -> Iterator[Label]:
    """The literal wallets of every exchange's adapter."""
    addresses = Addresses(copy)
    with archive(copy.files[FILE]) as opened:
        infos = [info for info in opened.infolist() if _PATH.fullmatch(info.filename)]
        copy.as_of = packed_on(infos) or copy.as_of
        for info in infos:
            text = member_text(opened, info, PROGRAM_BYTES)
            if HELPER.search(text) and "/helper/" not in info.filename:
                yield from dict.fromkeys(_labels(copy, addresses, info, text))
    addresses.done()


def owners(text: str) -> Iterator[tuple[str, str, str]]:
    """(name above the chain or "", DefiLlama's name of the chain, address) of every literal owner of a program."""
    for path, texts in _arrays(text):
        if len(path) >= 2 and path[-1] == "owners" and path[-2]:
            above = path[-3] if len(path) >= 3 else ""
            yield from ((above, path[-2], one) for one in texts)


def _labels(copy: Copy, addresses: Addresses, info: ZipInfo, text: str) -> Iterator[Label]:
    found = _PATH.fullmatch(info.filename)
    own = found["name"] if found else ""
    literal = list(owners(text))
    if not literal:
        copy.skipped["file"] += 1
    for above, name, written in literal:
        chain = CHAINS.get(name)
        address = addresses.read(chain, written) if chain else None
        if chain is None:
            copy.skipped["chain"] += 1
        if chain is None or address is None:
            continue
        yield Label(
            chain=chain,
            address=address,
            entity=clean(exchange(own if above in _NOT_EXCHANGES else above)),
            category="exchange",
            source="DefiLlama CEX list",
            as_of=copy.as_of,
            confidence=50,
            kind="collection",
            url=f"{PAGE}/blob/HEAD/{clean(info.filename.partition('/')[2], 200)}",
            checked=copy.checked,
        )


def _arrays(text: str) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Arrays of quoted texts in a program, each with the keys it lies under; an array that holds more is left out."""
    path: list[str] = []
    key = last = ""
    array: list[str] | None = None
    for token in _TOKEN.finditer(text):
        quoted, sign = token["single"] or token["double"], token["sign"]
        if not (quoted or token["name"] or sign):
            continue
        if sign == "]" and array is not None:
            yield (*path, key), array
            array = None
        elif sign == "[":
            array = [] if array is None and key else None
        elif array is not None and sign in (None, ","):
            array.extend([quoted] if quoted else [])
        else:
            array = None
            key = _moved(path, key, last, sign)
        last = quoted or token["name"] or ""


def _moved(path: list[str], key: str, last: str, sign: str | None) -> str:
    """The key after this sign; an object is entered and left on ``path``."""
    if sign == ":":
        return last
    if sign == "{":
        path.append(key)
        return ""
    if sign == "}" and path:
        path.pop()
    return "" if sign else key


LIST = LabelList(
    name="defillama",
    publisher="DefiLlama",
    licence=f"{sentence('note.list_no_licence')}; {sentence('note.list_fetched')}",
    page=PAGE,
    cadence=30,
    expected=(300, 50_000),
    kind="collection",
    read=read,
    locate=at(URL, FILE),
)
