"""OKX's list: the published shape becomes labels, and a signature that is not the address's own is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from chains.model import Address
from tests.lab.made_lists import OKX, evm, keys, okx, okx_address, okx_row, okx_signature, tron
from tracer.errors import ListDamaged
from tracer.labels import Label
from tracer.lists import Copy, Download, label_lists
from tracer.lists import okx as module
from tracer.lists.okx import LIST, MESSAGE, SAMPLE
from tracer.signatures import has_signed

FIXTURES = Path(__file__).parents[3] / "fixtures" / "lists" / "okx"
CONTRACT = evm(list(keys(8, 5))[7])


def rows_of(name: str) -> list[str]:
    text = (FIXTURES / name).read_text()
    return text.partition(f"{OKX}\n")[2].splitlines()


def read(path: Path, *, everything: bool = False) -> tuple[list[Label], Copy]:
    copy = Copy({"okx.zip": path}, checked="2026-09-20", everything=everything)
    return list(LIST.read(copy)), copy


def test_the_published_shape_becomes_labels(tmp_path: Path) -> None:
    """Every signed address on a chain of ours, under no role, as the list gives none; the rest is counted."""
    labels, copy = read(okx(tmp_path / "list.zip", rows_of("okx_por_2026090800_V1.csv")), everything=True)
    assert [(row.chain, row.address, row.confidence) for row in labels] == [
        ("eip155:1", okx_address(1), 95),
        ("eip155:56", okx_address(1), 95),
        ("tron:mainnet", okx_address(2, "TRON"), 95),
        ("tron:mainnet", okx_address(3, "TRON"), 95),
        ("eip155:1", CONTRACT, 90),
    ]
    assert {(row.entity, row.category, row.role, row.kind, row.as_of) for row in labels} == {
        ("OKX", "exchange", "", "self_published", "2026-09-08")
    }
    assert copy.skipped == {"chain": 1, "validator": 1, "unsigned": 1, "contract_signature": 1}
    assert label_lists()["okx"] is LIST


def test_the_source_says_what_was_signed(tmp_path: Path) -> None:
    """An owner's signature does not show who owns the contract, and the label does not pretend so."""
    labels, _ = read(okx(tmp_path / "list.zip", rows_of("okx_por_2026090800_V1.csv")))
    assert labels[0].source == "OKX proof of reserves; with a signature by the address's own key"
    assert labels[-1].source.startswith("OKX proof of reserves; a contract, with a signature by the key of an owner")


def test_a_table_without_types_is_read(tmp_path: Path) -> None:
    """Lists of before 2026 have a column less, and leave out empty cells at the end of a row."""
    header = OKX.replace("Type,", "").replace("EOA", " eoa")
    row = okx_row(1).replace("Non Staking,", "").removesuffix(",,")
    labels, _ = read(okx(tmp_path / "list.zip", [row], header, table="okx_por_2025090218.csv"))
    assert [(label.address, label.as_of) for label in labels] == [(okx_address(1), "2025-09-02")]


@pytest.mark.parametrize("everything", [True, False])
def test_a_signature_of_another_key_is_refused(tmp_path: Path, *, everything: bool) -> None:
    """The error names the row and the address."""
    path = okx(tmp_path / "list.zip", rows_of("broken.csv"))
    with pytest.raises(ListDamaged, match=f"line 8: the signature is not of {okx_address(3, 'TRON')}"):
        read(path, everything=everything)


@pytest.mark.parametrize(
    "signature",
    [
        "0x12",
        "nonsense",
        "0x" + "00" * 64 + "1b",
        "0x" + "ff" * 64 + "1b",
        okx_signature(1)[:-2] + "05",
        okx_signature(1, message="I am another address"),
    ],
)
def test_a_malformed_signature_is_refused(tmp_path: Path, signature: str) -> None:
    """Whatever is no signature of the sentence by this key raises, and nothing else breaks."""
    with pytest.raises(ListDamaged, match="the signature is not of"):
        read(okx(tmp_path / "list.zip", [okx_row(1, signature=signature)]))


@pytest.mark.parametrize("broken", ["EOA1", "EOA2"])
def test_both_owners_of_a_contract_must_have_signed(tmp_path: Path, broken: str) -> None:
    """A contract's row names up to two owners; each one's signature is checked, and an owner must be an address."""
    owners = [okx_address(1), okx_address(2)]
    signatures = [okx_signature(1), okx_signature(2 if broken == "EOA1" else 3)]
    if broken == "EOA1":
        owners[0] = "nobody"
    row = f"ETH,Non Staking,ETH,1,{CONTRACT},1,{MESSAGE},{','.join(signatures)},,{','.join(owners)}"
    with pytest.raises(ListDamaged, match=owners[broken == "EOA2"]):
        read(okx(tmp_path / "list.zip", [row]))


def test_a_contract_may_have_one_owner(tmp_path: Path) -> None:
    """An empty second owner signs nothing."""
    row = f"ETH,Non Staking,ETH,1,{CONTRACT},1,{MESSAGE},{okx_signature(1)},,,{okx_address(1)},"
    labels, _ = read(okx(tmp_path / "list.zip", [row]), everything=True)
    assert [label.address for label in labels] == [CONTRACT]


def test_a_mistyped_address_is_no_label(tmp_path: Path) -> None:
    """It is counted, and too many of them are a damaged list."""
    address = okx_address(1, "TRON")
    with pytest.raises(ListDamaged, match="1 of 2"):
        read(okx(tmp_path / "list.zip", [okx_row(2, "TRON"), okx_row(1, "TRON").replace(address, address + "1")]))


def test_the_sample_is_chosen_by_the_addresses_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In whatever order the rows come, the same addresses are checked, and only so many; all of them when asked."""
    checked: list[str] = []

    def counted(address: Address, *_: str) -> bool:
        checked.append(address)
        return True

    monkeypatch.setattr(module, "has_signed", counted)
    rows = [okx_row(1).replace(okx_address(1), evm(key)) for key in keys(SAMPLE * 2, 9)]
    for ordered in (rows, rows[::-1]):
        read(okx(tmp_path / "list.zip", ordered))
    assert len(checked) == 2 * SAMPLE
    assert set(checked[:SAMPLE]) == set(checked[SAMPLE:])
    checked.clear()
    read(okx(tmp_path / "list.zip", rows), everything=True)
    assert len(checked) == 2 * SAMPLE


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        ([okx_row(1)], OKX.replace("address", "wallet")),
        ([okx_row(1)], OKX.replace("signature1,", "")),
        ([okx_row(1)], "coin,amount"),
        ([okx_row(1) + ",more"], OKX),
        (["USDT,Non Staking,ETH,1"], OKX),
        ([okx_row(1).replace(MESSAGE, "I am nobody")], OKX),
        ([], OKX),
        ([f"BTC,Non Staking,BTC,1,bc1q,1,{MESSAGE},x,,,,"], OKX),
    ],
)
def test_whatever_is_not_as_published_is_refused(tmp_path: Path, rows: list[str], header: str) -> None:
    """It raises instead of giving fewer labels."""
    with pytest.raises(ListDamaged):
        read(okx(tmp_path / "list.zip", rows, header))


@pytest.mark.parametrize("table", ["okx_por_2026139900_V1.csv", "addresses.csv"])
def test_the_day_of_the_list_is_in_its_name(tmp_path: Path, table: str) -> None:
    """A table of no day, or of another name, is not the one that is documented."""
    with pytest.raises(ListDamaged):
        read(okx(tmp_path / "list.zip", [okx_row(1)], table=table))


def test_a_page_or_half_an_archive_is_refused(tmp_path: Path) -> None:
    """What is no archive raises."""
    path = okx(tmp_path / "list.zip", [okx_row(number) for number in range(3)])
    for data in (b"<html>", b"", path.read_bytes()[:-40]):
        path.write_bytes(data)
        with pytest.raises(ListDamaged):
            read(path)


PUBLISHED = {
    "0x0cdcdb19a857c2ac24818ca4fdfe38cce071483e": (
        MESSAGE,
        "0x07f19879aa28d51c97cddfdfecffe7ed96525545d041aee4f4386b0bf4c1a269",
        "24b637fb02ccbb97305c13daa51a0f50b8896fb25ecbaf60020cde920d227a221b",
    ),
    "TEjxQjU3CxkFrSDcPfHwZXSuPpCpdQ27NJ": (
        "hello world",
        "0xcd1e3903dc047ea881f7da1647fa3372f37ee6a1cf0726477a20e267408af43f",
        "3f9c3a43f7f15e6bf674c9f0776866b6d6a770ce998b29cc03f11f2cb98df5821c",
    ),
    "TSBg5SM1TXVXneSivmzpZa9hpccLNeYcWq": (
        "OKC_DTT_AUP2025",
        "0x1cf39b1080787540fa4c227d254b7b2f56d4f429ef34d89e8fb5351061e97822",
        "3f0ca7bc06a3f27529b97143cd06d4a741ab815f1e08faf096df65b46d99ad7e1b",
    ),
    "0x07e47ed3c5a8ff59fb5d1df4051c34da67fc5547": (
        "hello world",
        "0x0dc53fbecb12f7e14e6eabcb5c9c4e03373318a271d984d56d984ab6b7b9494a",
        "73544be662c164490d1d958ae20caf309f0d8003847f1b68c14ead516dfaa83b1c",
    ),
}
"""Signatures that OKX's own verifier carries, one for each form: Ethereum, TRON by digest and by text, OKC."""


@pytest.mark.parametrize("address", PUBLISHED)
def test_published_signatures_are_recognised(address: str) -> None:
    """Each published form is recognised, for its address and its sentence only."""
    message, *parts = PUBLISHED[address]
    signature = "".join(parts)
    assert has_signed(Address(address), message, signature)
    assert not has_signed(Address(address), message + ".", signature)
    assert not has_signed(Address(tron(b"\x01" * 20)), message, signature)


async def locate(page: bytes) -> list[Download]:
    async def fetch(url: str) -> bytes:
        assert url == LIST.page
        return page

    assert LIST.locate is not None
    return await LIST.locate(fetch, date(2026, 9, 20))


HOST = "https://static.okx.com/cdn/okx/por/chain/"


async def test_the_newest_link_of_the_page_is_taken() -> None:
    """By day and then by version, whether the page writes slashes plainly or as its scripts do."""
    names = ["por_csv_2026081100_V6.zip", "por_csv_2026090800_V10.zip", "por_csv_2026090800_V9.zip"]
    older = "okx_por_2025121120_v4.csv.zip"
    plain = "".join(f'<a href="{HOST}{name}">' for name in [older, *names])
    for page in (plain, plain.replace("/", "\\u002F"), plain.replace("/", "\\/")):
        assert await locate(page.encode()) == [Download(f"{HOST}por_csv_2026090800_V10.zip", "okx.zip")]


@pytest.mark.parametrize(
    "page", [b"", b"\xff\xfe", b"<html>por_csv_2026090800_V1.zip", b"https://static.okx.com.example/"]
)
async def test_a_page_without_a_link_is_an_error(page: bytes) -> None:
    """A changed page is not taken for a list that does not exist."""
    with pytest.raises(ListDamaged, match="does not say where"):
        await locate(page)
