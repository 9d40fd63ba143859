"""The store of lists: what goes in comes out, and nothing that goes wrong leaves it without an answer."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import base58
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.download import Got
from chains.model import Address
from tests.lab.made_lists import evm, keys, tron
from tracer import label_copy
from tracer.errors import ConfigError, ListDamaged, UsageError
from tracer.label_copy import About, Change
from tracer.label_keys import key_of
from tracer.label_store import LabelStore, default_folder
from tracer.labels import Label
from tracer.lists import Copy, LabelList

ROOT = Path(__file__).parents[2]
KEYS = list(keys(50, 11))
ABOUT = About("made", expected=(1, 1_000), checked="2026-09-20")


def label(key: bytes, entity: str = "Binance", chain: str = "eip155:1", **more: Any) -> Label:
    address = Address(tron(key) if chain.startswith("tron") else evm(key))
    plain = Label(chain, address, entity, "exchange_deposit", "made up", "2026-09-01", 90, role="deposit")
    return plain._replace(**more)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LabelStore]:
    made = LabelStore(tmp_path / "labels")
    yield made
    made.close()


@given(st.binary(min_size=20, max_size=20))
def test_a_key_is_the_twenty_bytes(key: bytes) -> None:
    """Both spellings of an address lead to its 20 bytes, TRON's as the base58 library reads them."""
    assert key_of(evm(key)) == key_of(tron(key)) == key == base58.b58decode_check(tron(key))[1:]


@given(st.integers(0, 33), st.sampled_from("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0OIl"))
def test_a_mistyped_tron_address_has_no_key(place: int, sign: str) -> None:
    """One wrong character breaks the checksum."""
    right = tron(KEYS[0])
    wrong = right[:place] + sign + right[place + 1 :]
    if wrong != right:
        with pytest.raises(ValueError, match="address"):
            key_of(wrong)


@pytest.mark.parametrize(
    "text", ["", "T", "0x12", "bc1qxy", "Ü" * 34, "0x" + "zz" * 20, base58.b58encode_check(b"\x00" * 21).decode()]
)
def test_what_is_no_address_of_twenty_bytes_has_no_key(text: str, store: LabelStore) -> None:
    """It raises, and the store, which can hold no such address, says nothing of it."""
    with pytest.raises(ValueError, match=r"address|hex|ascii"):
        key_of(text)
    store.replace("made", [label(KEYS[0])], ABOUT)
    assert store.of(Address(text)) == ()


def test_labels_come_out_as_they_went_in(store: LabelStore) -> None:
    """Every field is kept, over several lists, and each address has its own labels only."""
    full = label(
        KEYS[0],
        by_user=True,
        kind="user",
        url="https://made.example",
        checked="2026-09-20",
        valid_from="2026-01-01",
        valid_to="2026-02-01",
    )
    other = label(KEYS[0], "OKX", "eip155:56")
    store.replace("one", [full, label(KEYS[1])], ABOUT)
    store.replace("two", [other], ABOUT)
    assert set(store.of(full.address)) == {full, other}
    assert store.of(Address(evm(KEYS[1]))) == (label(KEYS[1]),)
    assert store.of(Address(evm(KEYS[2]))) == ()


def test_an_address_of_one_chain_is_not_another_of_the_same_key(store: LabelStore) -> None:
    """TRON and EVM spell the same 20 bytes; a label answers for its own spelling only."""
    on_evm, on_tron = label(KEYS[0]), label(KEYS[0], "OKX", "tron:mainnet")
    store.replace("made", [on_evm, on_tron], ABOUT)
    assert store.of(on_evm.address) == (on_evm,)
    assert store.of(on_tron.address) == (on_tron,)


def test_no_folder_is_no_labels(tmp_path: Path) -> None:
    """Who imported nothing is told nothing, and no folder is made by asking."""
    store = LabelStore(tmp_path / "nowhere")
    assert store.of(Address(evm(KEYS[0]))) == ()
    assert store.about() == []
    assert not (tmp_path / "nowhere").exists()


def test_what_a_copy_is_about_is_kept(store: LabelStore) -> None:
    """Counts, dates, downloads and what was skipped come back, with the newest date of the labels."""
    copy = Copy({}, checked="2026-09-20")
    listed = LabelList("made", "Somebody", "MIT", "https://made.example", 30, (1, 9), "issuer", read=lambda _: iter(()))
    got = (Got("https://made.example/list.zip", "ab" * 32, 77),)

    def read() -> Iterator[Label]:
        copy.skipped["chain"] += 3
        yield from (label(KEYS[0]), label(KEYS[0], "OKX", as_of="2026-08-01"), label(KEYS[1]))

    store.replace("made", read(), About.of_list(listed, copy, got))
    (about,) = store.about()
    assert about == About(
        "made",
        "Somebody",
        "MIT",
        "https://made.example",
        "issuer",
        (1, 9),
        "2026-09-01",
        "2026-09-20",
        got,
        {"chain": 3},
        labels=3,
        addresses=2,
        digest=about.digest,
    )
    assert len(about.digest) == 64
    store.verify("made")


def test_the_digest_is_of_the_content_alone(store: LabelStore) -> None:
    """Order, repetition and the day of reading do not matter; one label more does."""
    labels = [label(key, entity) for key in KEYS[:20] for entity in ("Binance", "OKX")]
    store.replace("one", labels, ABOUT)
    store.replace("two", [row._replace(checked="2026-10-01") for row in reversed(labels * 2)], ABOUT)
    store.replace("three", [*labels, label(KEYS[21])], ABOUT)
    one, three, two = (about.digest for about in store.about())
    assert one == two != three


MEANINGS = st.sets(st.sampled_from(["Binance", "OKX", "HTX"]), min_size=1)
COPIES = st.dictionaries(st.sampled_from(KEYS[:8]), MEANINGS, min_size=1)


@given(COPIES, COPIES)
@settings(max_examples=40, deadline=None)
def test_the_change_is_counted_by_address(
    tmp_path_factory: pytest.TempPathFactory, old: dict[bytes, set[str]], new: dict[bytes, set[str]]
) -> None:
    """Added, removed, kept and changed are what comparing the two copies address by address gives."""
    store = LabelStore(tmp_path_factory.mktemp("labels"))

    def labels(copy: dict[bytes, set[str]], as_of: str) -> list[Label]:
        return [label(key, entity, as_of=as_of) for key, entities in copy.items() for entity in entities]

    assert store.replace("made", labels(old, "2026-08-01"), ABOUT) == Change(len(old), 0, 0, 0)
    both = old.keys() & new.keys()
    changed = sum(old[key] != new[key] for key in both)
    assert store.replace("made", labels(new, "2026-09-01"), ABOUT) == Change(
        len(new) - len(both), len(old) - len(both), len(both) - changed, changed
    )
    store.close()


@pytest.mark.parametrize("count", [0, 1, 6])
def test_a_copy_that_is_too_short_or_too_long_is_refused(store: LabelStore, count: int) -> None:
    """The copy before it goes on answering, and nothing half done is left."""
    store.replace("made", [label(KEYS[0])], ABOUT)
    with pytest.raises(ListDamaged, match="a sound one has 2 to 5"):
        store.replace("made", [label(key, "OKX") for key in KEYS[:count]], replace(ABOUT, expected=(2, 5)))
    assert store.of(Address(evm(KEYS[0]))) == (label(KEYS[0]),)
    assert sorted(path.name for path in store.folder.iterdir()) == ["made.sqlite", "writing.lock"]


def test_addresses_with_several_labels_are_found(store: LabelStore) -> None:
    """Of what the lists say, each address that more than one label speaks of comes once, in its own spelling."""
    first, second, third = KEYS[:3]
    store.replace("made", [label(first), label(second), label(third, chain="tron:mainnet")], ABOUT)
    assert list(store.repeated()) == []
    store.replace(
        "other", [label(first, "OKX"), label(third, "OKX", "tron:mainnet"), label(second, chain="tron:mainnet")], ABOUT
    )
    store.close()
    assert set(store.repeated()) == {Address(evm(first)), Address(tron(third))}


def test_an_empty_copy_is_sound_only_where_none_were_before(store: LabelStore) -> None:
    """An issuer may have frozen nobody yet; but a list that had labels does not lose them all."""
    about = replace(ABOUT, expected=(0, 5))
    assert store.replace("made", [], about) == Change(0, 0, 0, 0)
    store.replace("made", [label(KEYS[0])], about)
    with pytest.raises(ListDamaged):
        store.replace("made", [], about)
    assert store.of(Address(evm(KEYS[0]))) == (label(KEYS[0]),)


def test_a_reader_that_fails_leaves_the_copy_before(store: LabelStore) -> None:
    """What the reader raises comes through, and the old labels stand."""
    store.replace("made", [label(KEYS[0])], ABOUT)

    def read() -> Iterator[Label]:
        yield label(KEYS[1])
        raise ListDamaged("error.list_nowhere", page="made")

    with pytest.raises(ListDamaged, match="made does not say"):
        store.replace("made", read(), ABOUT)
    assert store.of(Address(evm(KEYS[0])))
    assert not store.of(Address(evm(KEYS[1])))


def test_a_copy_that_does_not_read_back_whole_is_not_taken(store: LabelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the disk lost while writing is found before the old copy goes."""
    store.replace("made", [label(KEYS[0])], ABOUT)
    monkeypatch.setattr(label_copy, "_is_whole", lambda _: False)
    with pytest.raises(ConfigError, match="does not read back whole; the lists that are there are kept"):
        store.replace("made", [label(KEYS[1])], ABOUT)
    assert store.of(Address(evm(KEYS[0])))


def test_more_sayings_than_any_list_has_are_refused(store: LabelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many different attributions are held in memory."""
    monkeypatch.setattr(label_copy, "_ATTRIBUTIONS", 3)
    with pytest.raises(ListDamaged, match="more than 3"):
        store.replace("made", [label(KEYS[0], f"entity {number}") for number in range(4)], ABOUT)


KILLED = """
import sys, time
from pathlib import Path
from tests.lab.made_lists import keys
from tests.tracer.test_label_store import ABOUT, label
from tracer.label_store import LabelStore

def read():
    for key in keys(900, 3):
        yield label(key, "OKX")
    print("half", flush=True)
    time.sleep(60)

LabelStore(Path(sys.argv[1])).replace("made", read(), ABOUT)
"""


def test_a_kill_in_the_middle_leaves_the_copy_before(store: LabelStore) -> None:
    """Killed while writing: the old copy answers at once, and the next write clears the half of the new one away."""
    store.replace("made", [label(KEYS[0])], ABOUT)
    store.close()
    command = [sys.executable, "-c", KILLED, str(store.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "half\n"
        with pytest.raises(UsageError, match="another program is writing"):
            store.replace("made", [label(KEYS[1])], ABOUT)
        os.kill(writer.pid, signal.SIGKILL)
    assert (store.folder / "made.new").exists()
    assert LabelStore(store.folder).of(Address(evm(KEYS[0]))) == (label(KEYS[0]),)
    assert store.replace("made", [label(KEYS[1])], ABOUT) == Change(1, 1, 0, 0)
    assert not (store.folder / "made.new").exists()


def test_a_reader_keeps_its_copy_while_another_program_replaces_it(store: LabelStore) -> None:
    """An open store speaks of one state; the next one opened has the new."""
    store.replace("made", [label(KEYS[0])], ABOUT)
    assert store.of(Address(evm(KEYS[0])))
    LabelStore(store.folder).replace("made", [label(KEYS[1])], ABOUT)
    assert store.of(Address(evm(KEYS[0])))
    assert not store.of(Address(evm(KEYS[1])))
    store.close()
    assert not store.of(Address(evm(KEYS[0])))
    assert store.of(Address(evm(KEYS[1])))


def damaged(path: Path, how: str) -> None:
    data = path.read_bytes()
    if how == "empty":
        path.write_bytes(b"")
    elif how == "text":
        path.write_text("<!DOCTYPE html><html>" * 500)
    elif how == "cut":
        path.write_bytes(data[: len(data) // 2 // 4096 * 4096])
    elif how == "pages":
        path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    elif how == "version":
        with sqlite3.connect(path) as db:
            db.execute("PRAGMA user_version = 99")
    else:
        with sqlite3.connect(path) as db:
            db.execute(how)


@pytest.mark.parametrize(
    "how", ["empty", "text", "cut", "pages", "version", "DELETE FROM attribute", "DROP TABLE label"]
)
def test_a_damaged_list_is_an_error_and_not_silence(store: LabelStore, how: str) -> None:
    """The error names the list and the command that fetches it again; and that command is not hindered."""
    labels = [label(key) for key in keys(900, 3)]
    store.replace("made", labels, ABOUT)
    store.close()
    damaged(store.folder / "made.sqlite", how)
    with pytest.raises(ConfigError, match=r"list made .* is damaged .* run: trace labels update made"):
        [store.of(row.address) for row in labels]
    store.close()
    assert store.replace("made", labels, ABOUT).added in {0, 900}
    assert store.of(labels[0].address) == (labels[0],)


@pytest.mark.parametrize("how", ["UPDATE about SET json = '{}'", "UPDATE about SET json = '['", "DELETE FROM about"])
def test_a_list_without_its_description_is_an_error(store: LabelStore, how: str) -> None:
    """What cannot say whose it is, is damaged."""
    store.replace("made", [label(KEYS[0])], ABOUT)
    store.close()
    damaged(store.folder / "made.sqlite", how)
    with pytest.raises(ConfigError, match="trace labels update made"):
        store.about()


def test_changed_content_is_found_by_its_digest(store: LabelStore) -> None:
    """A file that reads well but says something else than was stored does not pass."""
    store.replace("made", [label(KEYS[0])], ABOUT)
    store.verify("made")
    store.close()
    damaged(store.folder / "made.sqlite", "UPDATE attribute SET entity = 'OKX'")
    with pytest.raises(ConfigError, match="not what was stored"):
        store.verify("made")


def test_a_removed_list_is_gone(store: LabelStore) -> None:
    """Only that list goes; what is not there cannot be removed or verified."""
    store.replace("one", [label(KEYS[0])], ABOUT)
    store.replace("two", [label(KEYS[1])], ABOUT)
    store.remove("one")
    assert not store.of(Address(evm(KEYS[0])))
    assert store.of(Address(evm(KEYS[1])))
    for asked in (store.remove, store.verify):
        with pytest.raises(UsageError, match="no list one"):
            asked("one")


@pytest.mark.parametrize("name", ["", "../one", "One", "one.two", "a" * 65, "-one"])
def test_a_name_is_no_path(store: LabelStore, name: str) -> None:
    """Names that could lead out of the folder, or be two on one system and one on another, are refused."""
    with pytest.raises(UsageError, match="no name for a list"):
        store.replace(name, [label(KEYS[0])], ABOUT)
    with pytest.raises(UsageError, match="no name for a list"):
        store.remove(name)


def test_files_of_others_in_the_folder_are_left_alone(store: LabelStore) -> None:
    """Whatever has another kind of name is neither read nor deleted."""
    store.folder.mkdir()
    for name in ("notes.txt", "made.evidence.sqlite"):
        (store.folder / name).write_text("mine")
    store.replace("made", [label(KEYS[0])], ABOUT)
    assert [about.name for about in store.about()] == ["made"]
    assert (store.folder / "notes.txt").read_text() == (store.folder / "made.evidence.sqlite").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """A file stands where the folder should be, or a folder where the list should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot write to"):
        LabelStore(tmp_path / "file").replace("made", [label(KEYS[0])], ABOUT)
    (tmp_path / "folder" / "made.sqlite").mkdir(parents=True)
    with pytest.raises(ConfigError, match="cannot write to"):
        LabelStore(tmp_path / "folder").replace("made", [label(KEYS[0])], ABOUT)


def test_the_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The variable decides; without it the lists lie with the user's other data."""
    monkeypatch.setenv("TRACER_LABELS", str(tmp_path))
    assert default_folder() == tmp_path
    monkeypatch.delenv("TRACER_LABELS")
    assert default_folder().parts[-2:] == ("stolen-funds-tracer", "labels")
