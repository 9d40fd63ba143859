"""Binance's list: the published shape becomes labels, and any other shape is refused."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.lab.made_lists import BINANCE, binance, binance_rows, evm, keys, tron
from tracer.errors import ListDamaged
from tracer.labels import CATEGORIES, KINDS, ROLES, Label
from tracer.lists import Copy, Download, label_lists
from tracer.lists.binance import LIST

FIXTURES = Path(__file__).parents[3] / "fixtures" / "lists" / "binance"
KEYS = list(keys(12, 5))
OWN, DEPOSIT = "PR01SEP26_HotCold.csv", "PR01SEP26_Deposit.csv"


def packed(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in members.items():
            made.writestr(name, text)
    return path


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def published() -> dict[str, str | bytes]:
    return {name: (FIXTURES / name).read_text() for name in (OWN, DEPOSIT)}


def read(path: Path) -> tuple[list[Label], Copy]:
    copy = Copy({"binance.zip": path}, checked="2026-09-20", as_of="2026-09-20")
    return list(LIST.read(copy)), copy


def test_the_published_shape_becomes_labels(tmp_path: Path) -> None:
    """Own wallets are reserves, customers' addresses deposits, each on its chain and of the day of the list."""
    labels, copy = read(packed(tmp_path / "list.zip", published()))
    said = {(row.chain, row.address, row.category, row.role) for row in labels}
    assert said == {
        ("eip155:1", evm(KEYS[0]), "exchange", "reserve"),
        ("tron:mainnet", tron(KEYS[1]), "exchange", "reserve"),
        ("eip155:1", evm(KEYS[3]), "exchange", "reserve"),
        ("eip155:1", evm(KEYS[4]), "exchange_deposit", "deposit"),
        ("eip155:56", evm(KEYS[4]), "exchange_deposit", "deposit"),
        ("tron:mainnet", tron(KEYS[5]), "exchange_deposit", "deposit"),
        ("tron:mainnet", tron(KEYS[4]), "exchange_deposit", "deposit"),
        ("eip155:137", evm(KEYS[6]), "exchange_deposit", "deposit"),
    }
    assert copy.skipped == {"chain": 2}
    assert copy.as_of == "2026-09-01"
    for row in labels:
        assert (row.entity, row.as_of, row.checked, row.confidence) == ("Binance", "2026-09-01", "2026-09-20", 90)
        assert row.kind in KINDS
        assert row.role in ROLES
        assert row.category in CATEGORIES


def test_a_custodian_is_named_in_the_source(tmp_path: Path) -> None:
    """A wallet that somebody else keeps is still Binance's, and says who keeps it."""
    labels, _ = read(packed(tmp_path / "list.zip", published()))
    assert {row.source for row in labels} == {
        "Binance proof of reserves",
        "Binance proof of reserves; kept by the custodian Made Up Custody",
    }


def test_the_list_is_found(tmp_path: Path) -> None:
    """The folder walk knows it by its name."""
    assert label_lists()["binance"] is LIST


def test_checksums_are_checked_in_every_row(tmp_path: Path) -> None:
    """A mistyped address is no label: TRON's always, Ethereum's where it is written with its checksum."""
    good = [evm(key) for key in keys(300, 1)]
    mixed = "0x52908400098527886E0F7030069857D2E4169EE7"
    wrong = [tron(KEYS[0])[:-1] + "1", mixed.replace("E", "e", 1), evm(KEYS[1])[:-1]]
    rows = [f'ETH,{"TRX" if text[0] == "T" else "ETH"},{text},1,1,""' for text in [*good, mixed, *wrong]]
    labels, copy = read(binance(tmp_path / "list.zip", [], rows))
    assert [row.address for row in labels] == [*good, mixed.lower()]
    assert copy.skipped == {"address": 3}


def test_too_many_mistyped_addresses_are_a_damaged_list(tmp_path: Path) -> None:
    """More than one in a hundred is no typing error."""
    rows = [f'ETH,ETH,{text},1,1,""' for text in [*(evm(key) for key in keys(98, 1)), "0x12", "0x34"]]
    with pytest.raises(ListDamaged, match="100"):
        read(binance(tmp_path / "list.zip", [], rows))


BROKEN: dict[str, Callable[[Path], Path]] = {
    "a page instead": lambda path: written(path, b"<!DOCTYPE html><html>"),
    "empty": lambda path: written(path, b""),
    "a renamed column": lambda path: packed(
        path, published() | {DEPOSIT: (FIXTURES / "broken_Deposit.csv").read_text()}
    ),
    "a column more": lambda path: packed(path, published() | {DEPOSIT: f"{BINANCE},note\n"}),
    "a cell less": lambda path: packed(path, published() | {DEPOSIT: f"{BINANCE}\nETH,ETH,{evm(KEYS[0])},1,1\n"}),
    "no header": lambda path: packed(path, published() | {DEPOSIT: ""}),
    "half a header": lambda path: packed(path, published() | {DEPOSIT: BINANCE[:20]}),
    "no rows": lambda path: packed(path, dict.fromkeys((OWN, DEPOSIT), f"{BINANCE}\n")),
    "no deposits": lambda path: packed(path, {OWN: f"{BINANCE}\n"}),
    "twice": lambda path: packed(path, published() | {f"more/{DEPOSIT}": f"{BINANCE}\n"}),
    "of two months": lambda path: packed(path, {OWN: f"{BINANCE}\n", "PR01AUG26_Deposit.csv": f"{BINANCE}\n"}),
    "no such day": lambda path: binance(path, [], binance_rows(5, 1), audit="PR31SEP26"),
    "no text": lambda path: packed(path, published() | {DEPOSIT: BINANCE.encode() + b"\nETH,ETH,\xff\xfe,1,1,\n"}),
    "an endless line": lambda path: packed(path, published() | {DEPOSIT: f"{BINANCE}\n" + "0" * 200_000}),
    "a quote left open": lambda path: packed(path, published() | {DEPOSIT: f'{BINANCE}\nETH,ETH,"{evm(KEYS[0])}'}),
}


@pytest.mark.parametrize("how", BROKEN)
def test_whatever_is_not_as_published_is_refused(tmp_path: Path, how: str) -> None:
    """It raises instead of giving fewer labels."""
    with pytest.raises(ListDamaged):
        read(BROKEN[how](tmp_path / "list.zip"))


@pytest.mark.parametrize("part", [10, 50, 90, 99])
def test_a_cut_archive_is_refused(tmp_path: Path, part: int) -> None:
    """Whatever was cut off, it raises."""
    path = binance(tmp_path / "list.zip", [], binance_rows(500, 1))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * part // 100])
    with pytest.raises(ListDamaged):
        read(path)


def test_changed_bytes_in_the_archive_are_refused(tmp_path: Path) -> None:
    """The archive's own checksums are heeded."""
    path = binance(tmp_path / "list.zip", [], binance_rows(500, 1))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(ListDamaged):
        read(path)


def test_a_mark_before_the_header_does_no_harm(tmp_path: Path) -> None:
    """A byte order mark, carriage returns and a last line without an end are read over."""
    text = "\ufeff" + (FIXTURES / DEPOSIT).read_text().replace("\n", "\r\n").rstrip()
    labels, _ = read(packed(tmp_path / "list.zip", published() | {DEPOSIT: text}))
    assert len(labels) == 9


ZIP = "https://public.bnbstatic.com/static/proof-of-reserve/wallet_address_20251201.zip"


async def locate(answers: dict[str, bytes], day: date) -> tuple[list[Download], list[str]]:
    asked: list[str] = []

    async def fetch(url: str) -> bytes:
        month = url.rpartition("=")[2]
        asked.append(month)
        return answers.get(month, b'{"code": "000000", "data": null, "success": true}')

    assert LIST.locate is not None
    return await LIST.locate(fetch, day), asked


async def test_the_newest_month_that_is_out_is_taken() -> None:
    """This month is asked for first, then the months before, over the turn of the year."""
    found, asked = await locate({"PR01DEC25": f'{{"data": "{ZIP}"}}'.encode()}, date(2026, 2, 3))
    assert found == [Download(ZIP, "binance.zip")]
    assert asked == ["PR01FEB26", "PR01JAN26", "PR01DEC25"]


async def test_no_list_of_the_last_months_is_an_error() -> None:
    """A list that stopped coming out is not silently an old one."""
    with pytest.raises(ListDamaged, match="does not say where"):
        await locate({}, date(2026, 9, 3))


@pytest.mark.parametrize(
    "answer",
    [
        b"<!DOCTYPE html>",
        b"[]",
        b"null",
        b'{"success": true}',
        b'{"data": {"url": 1}}',
        b'{"data": "http://public.bnbstatic.com/list.zip"}',
        b'{"data": "https://public.bnbstatic.com.example/list.zip"}',
        b'{"data": "https://bnbstatic.com@example.com/list.zip"}',
        b'{"data": "https://public.bnbstatic.com/list.exe"}',
    ],
)
async def test_an_answer_that_leads_elsewhere_is_refused(answer: bytes) -> None:
    """Only an archive on Binance's own hosts is downloaded."""
    with pytest.raises(ListDamaged):
        await locate({"PR01SEP26": answer}, date(2026, 9, 3))
