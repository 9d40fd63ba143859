"""GraphSense TagPacks: attributions that a research project and its contributors collected, with where each comes from.

A pack is a YAML file; what stands in its header holds for every tag that does not say otherwise. It is read as text
throughout (no YAML type is resolved, no alias is expanded), and a pack that names neither chain is not opened at all.
How sure a tag is, the packs say by the ladder of GraphSense's own tool; the rungs below `STOP_CONFIDENCE` end no trace.

Sanctions and freezes in the packs are left out: they are read where they are made, and copies outlive a release.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast
from zipfile import ZipInfo

import yaml

from tracer.errors import ListDamaged
from tracer.hostile import clean
from tracer.labels import Label, self_chosen
from tracer.list_files import DEEPEST, TRON, Addresses, archive, at, member_text, packed_on
from tracer.lists import Copy, LabelList

FILE: Final = "graphsense-tagpacks.zip"
PAGE: Final = "https://github.com/graphsense/graphsense-tagpacks"
URL: Final = "https://codeload.github.com/graphsense/graphsense-tagpacks/zip/HEAD"

PACK_BYTES: Final = 64_000_000
CHAINS: Final[Mapping[str, str]] = {"ETH": "eip155:1", "TRX": TRON}

CONFIDENCE: Final[Mapping[str, int]] = {
    "override": 100,
    "ownership": 100,
    "ledger_immanent": 100,
    "manual_transaction": 90,
    "service_api": 70,
    "forensic_investigation": 70,
    "authority_data": 60,
    "trusted_provider": 50,
    "service_data": 50,
    "forensic": 50,
    "untrusted_transaction": 40,
    "web_crawl": 20,
    "heuristic": 10,
    "unknown": 5,
}
"""confidence.csv of graphsense/graphsense-tagpack-tool."""

ABUSES: Final = frozenset(
    {
        *("service hack", "hack", "exploit", "phishing", "scam", "ransomware", "sextortion", "ponzi scheme"),
        *("pyramid scheme", "investment fraud"),
    }
)
CATEGORIES: Final[Mapping[str, str]] = {
    "exchange": "exchange",
    "mixing service": "mixer",
    "coinjoin": "mixer",
    "gambling": "gambling",
    "payment processor": "payment",
    "hosted wallet": "service",
    "wallet service": "service",
    "service": "service",
    "defi bridge": "bridge",
    "bridge": "bridge",
    "defi dex": "dex",
}

_PATH: Final = re.compile(r"[^/]+/(?P<path>packs/.+\.yaml)")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NAMES_A_CHAIN: Final = re.compile(rf"\b(?:{'|'.join(CHAINS)})\b", re.IGNORECASE)

Row = Mapping[str, Any]


def read(copy: Copy) -> Iterator[Label]:
    """The tags of ETH and TRX addresses whose category or abuse is one of ours."""
    addresses = Addresses(copy)
    with archive(copy.files[FILE]) as opened:
        infos = [info for info in opened.infolist() if _PATH.fullmatch(info.filename)]
        copy.as_of = packed_on(infos) or copy.as_of
        for info in infos:
            text = member_text(opened, info, PACK_BYTES)
            if _NAMES_A_CHAIN.search(text):
                yield from _labels(copy, addresses, info, _pack(info, text))
            else:
                copy.skipped["file"] += 1
    addresses.done()


def _pack(info: ZipInfo, text: str) -> Row:
    try:
        _check_depth(text)
        pack = yaml.load(text, yaml.CBaseLoader)  # noqa: S506  # makes texts, lists and tables only, never objects
    except yaml.YAMLError:
        raise ListDamaged("error.list_copy_format", file=clean(info.filename, 100), format="YAML") from None
    tags = pack.get("tags") if isinstance(pack, dict) else None
    if not isinstance(tags, list) or not all(isinstance(tag, dict) for tag in tags):
        raise ListDamaged("error.list_copy_field", file=clean(info.filename, 100), field="tags")
    return cast(Row, pack)


def _check_depth(text: str) -> None:
    """YAMLError for what is nested beyond reason: the loader recurses, and would end the process instead of raising."""
    depth = 0
    for event in yaml.parse(text, yaml.CBaseLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise yaml.YAMLError


def _labels(copy: Copy, addresses: Addresses, info: ZipInfo, pack: Row) -> Iterator[Label]:
    header = {name: value for name, value in pack.items() if name != "tags"}
    for tag in pack["tags"]:
        row = {**header, **tag}
        why = _unused(row)
        if why:
            copy.skipped[why] += 1
            continue
        chain = CHAINS[_network(row)]
        address = addresses.read(chain, _mandatory(info, row, "address"))
        if address is not None:
            day = _DAY.match(_text(row, "lastmod"))
            yield Label(
                chain=chain,
                address=address,
                entity=clean(_mandatory(info, row, "label"), 80),
                category=_category(row),
                source="GraphSense TagPacks",
                as_of=day[0] if day else copy.as_of,
                confidence=CONFIDENCE[_rung(row)],
                kind="collection",
                url=clean(_mandatory(info, row, "source"), 200),
                checked=copy.checked,
            )


def _unused(row: Row) -> str:
    """Why a tag is no label here; "" where it is one."""
    if _network(row) not in CHAINS:
        return "chain"
    if not _category(row):
        return "category"
    if _rung(row) not in CONFIDENCE:
        return "confidence"
    return "self_chosen" if self_chosen(_text(row, "label")) else ""


def _network(row: Row) -> str:
    return _text(row, "network", "currency").upper()


def _rung(row: Row) -> str:
    return _text(row, "confidence") or "unknown"


def _category(row: Row) -> str:
    """What a tag says by abuse, else by category and concepts: an exchange's thief is no exchange. "" for others."""
    concepts = row.get("concepts", [])
    said = [_text(row, "abuse"), _text(row, "category"), *(concepts if isinstance(concepts, list) else [])]
    names = [one.strip().lower().replace("_", " ") for one in said if isinstance(one, str)]
    if ABUSES & set(names):
        return "hack"
    if names[0]:
        return ""
    return next((CATEGORIES[name] for name in names if name in CATEGORIES), "")


def _mandatory(info: ZipInfo, row: Row, name: str) -> str:
    text = _text(row, name)
    if not text:
        raise ListDamaged("error.list_copy_field", file=clean(info.filename, 100), field=name)
    return text


def _text(row: Row, *names: str) -> str:
    """The first of these fields that is there, as text; "" where none is."""
    values = (row.get(name) for name in names)
    return next((value.strip() for value in values if isinstance(value, str) and value.strip()), "")


LIST = LabelList(
    name="graphsense",
    publisher="GraphSense",
    licence="MIT",
    page=PAGE,
    cadence=30,
    expected=(500, 500_000),
    kind="collection",
    read=read,
    locate=at(URL, FILE),
)
