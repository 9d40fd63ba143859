"""Downloaded lists are strangers' files: whatever is wrong with one, it is refused or read for what it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chains import evm_address
from tests.tracer.lists.slices import copy_of, evm, sound, sound_copy, zipped
from tracer.errors import ListDamaged
from tracer.labels import CATEGORIES, KINDS, ROLES, Label
from tracer.list_files import MEMBERS, Addresses, archive, member, member_text, packed_on, read_json, read_text
from tracer.list_names import EXCHANGES, exchange, known_exchange, mentions
from tracer.lists import Copy, LabelList, label_lists
from tracer.words import translated, words

FILES = ("bybit", "defillama", "eth-labels", "graphsense", "htx", "ofac", "scamsniffer")
TABLES = ("bybit", "eth-labels", "htx")


def of(name: str) -> LabelList:
    return label_lists()[name]


def read(folder: Path, name: str, data: bytes) -> list[Label]:
    return list(of(name).read(copy_of(folder, sound(name)[0], data)))


@pytest.mark.parametrize("name", FILES)
def test_labels_are_what_their_list_says_of_itself(tmp_path: Path, name: str) -> None:
    """Category, role, kind, day and address of every label are of the known ones, and none is there twice."""
    labels = list(of(name).read(sound_copy(tmp_path, of(name))))
    assert labels
    assert len(set(labels)) == len(labels)
    for label in labels:
        assert label.kind == of(name).kind
        assert label.kind in KINDS
        assert label.category in CATEGORIES
        assert label.role in ROLES
        assert label.entity
        assert label.source
        assert label.url
        assert label.checked


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "data", [b"", b"\n", b"<!DOCTYPE html><html><body>Just a moment</body></html>\n", b"\xff\xfe\x00", b"\0" * 500]
)
def test_another_file_is_refused(tmp_path: Path, name: str, data: bytes) -> None:
    """An empty file, a page, or bytes that are no text are damaged copies of every list."""
    with pytest.raises(ListDamaged):
        read(tmp_path, name, data)


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.floats(0, 1, exclude_max=True))
def test_a_cut_copy_says_nothing_new(tmp_path: Path, name: str, cut: float) -> None:
    """Cut anywhere, a copy is refused; a table at least names no address that the whole one does not."""
    data = sound(name)[1]
    whole = {label.address for label in read(tmp_path, name, data)}
    try:
        found = read(tmp_path, name, data[: int(cut * (len(data) - 1))])
    except ListDamaged:
        return
    assert name in TABLES
    assert {label.address for label in found} <= whole


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=3)), min_size=1, max_size=4))
def test_changed_bytes_upset_no_reader(tmp_path: Path, name: str, places: list[tuple[float, bytes]]) -> None:
    """With some bytes replaced, a copy is read or refused; nothing else happens."""
    data = bytearray(sound(name)[1])
    for place, new in places:
        at = int(place * len(data))
        data[at : at + len(new)] = new
    with suppress(ListDamaged):
        read(tmp_path, name, bytes(data))


def test_a_row_without_its_end_is_not_read(tmp_path: Path) -> None:
    """A file that ends in the middle of a line loses that row, which is counted: half a name may say something else."""
    name, data = sound("eth-labels")
    row = b"0x1111111111111111111111111111111111119999,1,tornado-cash,Tornado.Cash: TOR"
    for end, counted in ((b"", 1), (b"\n", 0)):
        copy = copy_of(tmp_path, name, data + row + end)
        assert len(list(of("eth-labels").read(copy))) == 8 - counted
        assert copy.skipped["cut"] == counted


def tally(*texts: str) -> Copy:
    copy = Copy(files={}, checked="")
    addresses = Addresses(copy)
    for text in texts:
        addresses.read("eip155:1", text)
    addresses.done()
    return copy


def test_one_invalid_address_in_a_hundred_is_counted() -> None:
    """As many are borne and told; the burn address is no one's."""
    good = [str(evm(number)) for number in range(98)]
    assert dict(tally(*good, "0x12", "0x" + "0" * 40).skipped) == {"address": 1, "burn": 1}


def test_more_invalid_addresses_are_too_many() -> None:
    """More than one in a hundred, or none at all, and the copy is damaged. A wrong checksum is an invalid address."""
    wrong = evm_address.parse("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed").replace("a", "A")
    with pytest.raises(ListDamaged, match="1 of 99"):
        tally(*(str(evm(number)) for number in range(98)), wrong)
    with pytest.raises(ListDamaged, match="no address"):
        tally()


def test_files_have_a_limit(tmp_path: Path) -> None:
    """A file is not read when it is larger than any such list."""
    path = tmp_path / "list.csv"
    path.write_bytes(b"a" * 11)
    assert read_text(path, 11)
    with pytest.raises(ListDamaged, match="larger"):
        read_text(path, 10)


def test_json_is_not_followed_without_end(tmp_path: Path) -> None:
    """JSON nested deeper than any list is refused, before the parser would end the process."""
    path = tmp_path / "list.json"
    for text in ("[" * 1_000_000, "[" * 21 + "]" * 21, '{"a":' * 21, '["a"'):
        path.write_text(text)
        with pytest.raises(ListDamaged):
            read_json(path)
    path.write_text(json.dumps([["a"]]))
    assert read_json(path) == [["a"]]


def test_a_member_gives_no_more_than_its_limit(tmp_path: Path) -> None:
    """A megabyte packed into a thousand bytes is read to the limit and no further."""
    path = tmp_path / "bomb.zip"
    path.write_bytes(zipped({"a.txt": b"a" * 1_000_000}))
    with archive(path) as opened:
        assert len(member_text(opened, opened.infolist()[0], 1_000_000)) == 1_000_000
        with pytest.raises(ListDamaged, match="larger than the 1000 bytes"):
            member_text(opened, opened.infolist()[0], 1000)
        with member(opened, opened.infolist()[0], 1000) as stream:
            assert len(stream.read(600)) == 600
            with pytest.raises(ListDamaged):
                stream.read(600)


def encrypted(data: bytearray) -> None:
    data[data.index(b"PK\x01\x02") + 8] |= 1


def another_packing(data: bytearray) -> None:
    data[:] = made(ZIP_BZIP2)


def wrong_sum(data: bytearray) -> None:
    data[data.index(b"PK\x01\x02") + 16] ^= 1


def wrong_place(data: bytearray) -> None:
    data[data.index(b"PK\x01\x02") + 42] ^= 9


def made(packing: int) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w", packing) as opened:
        opened.writestr("a.txt", b"hello " * 100)
    return file.getvalue()


@pytest.mark.parametrize("harm", [encrypted, another_packing, wrong_sum, wrong_place])
def test_members_that_cannot_be_read_are_refused(tmp_path: Path, harm: Callable[[bytearray], None]) -> None:
    """Encrypted, packed in another way, with a wrong checksum or at a wrong place: the copy is damaged."""
    data = bytearray(made(ZIP_DEFLATED))
    harm(data)
    path = tmp_path / "list.zip"
    path.write_bytes(data)
    with archive(path) as opened, pytest.raises(ListDamaged):
        member_text(opened, opened.infolist()[0], 10_000)


def test_an_archive_has_no_end_of_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More members than any repository has are refused before any is opened."""
    assert MEMBERS > 50_000
    monkeypatch.setattr("tracer.list_files.MEMBERS", 2)
    path = tmp_path / "list.zip"
    path.write_bytes(zipped(dict.fromkeys("abc", b"")))
    with pytest.raises(ListDamaged), archive(path):
        pass


def test_the_day_of_an_archive(tmp_path: Path) -> None:
    """The newest day on its members; a day that does not exist is none."""
    path = tmp_path / "list.zip"
    path.write_bytes(zipped({"a": b""}))
    with archive(path) as opened:
        infos = opened.infolist()
    assert packed_on(infos) == "2026-09-15"
    infos[0].date_time = (2026, 0, 0, 0, 0, 0)
    assert packed_on(infos) == ""
    assert packed_on([]) == ""


def test_exchanges_have_one_name() -> None:
    """Short names of one exchange give one name; an unknown one is named by its own words."""
    assert known_exchange("okex") == known_exchange("OKX") == "OKX"
    assert known_exchange("mexc-cex") == "MEXC"
    assert known_exchange("blofin-exchange") == "BloFin"
    assert known_exchange("aave") is None
    assert exchange("pionex-cex") == "Pionex"
    assert all(slug == slug.lower() for slug in EXCHANGES)


def test_a_name_tag_mentions_an_exchange_by_any_of_its_names() -> None:
    """Whole words count, in any writing: "Gate.io 5" is Gate.io, "Gatecoin" is not."""
    assert mentions("Huobi: Hot Wallet 3", "HTX")
    assert mentions("Gate.io 5", "Gate.io")
    assert not mentions("Gatecoin 5", "Gate.io")
    assert not mentions("", "Binance")


@pytest.mark.parametrize("name", ["bybit", "defillama", "eth-labels", "ofac", "scamsniffer", "tether-tron"])
def test_terms_are_said_in_both_languages(name: str) -> None:
    """On what terms a list may be used is told in the reader's language, every part of it."""
    terms = of(name).licence
    said = translated(terms, words("zh"))
    assert not {part for part in said.split("；") if part in terms} - {"GPL-3.0"}


async def test_a_list_at_one_place_asks_nothing_to_find_it() -> None:
    """Where the place never changes, it is known without a request."""

    async def fetch(url: str) -> bytes:
        raise AssertionError(url)

    locate = of("ofac").locate
    assert locate is not None
    (found,) = await locate(fetch, date(2026, 11, 22))
    assert found.url.startswith("https://sanctionslistservice.ofac.treas.gov/")
    assert found.name == "SDN_ADVANCED.ZIP"


def test_every_list_says_who_on_what_terms_and_where_from() -> None:
    """Each list names publisher, licence and page, is made of files or of events, and expects a number of labels."""
    names = {"ofac", "scamsniffer", "htx", "bybit", "graphsense", "defillama", "eth-labels"}
    assert names | {"tether-ethereum", "tether-tron", "usdc-base"} <= set(label_lists())
    for name, one in label_lists().items():
        assert name == one.name
        assert one.publisher
        assert one.licence
        assert one.page.startswith("https://")
        assert one.cadence > 0
        assert 0 <= one.expected[0] < one.expected[1]
        assert one.kind in KINDS
        assert (one.locate is None) == bool(one.queries)
