"""The container: the same bytes for the same members, and no byte that could change unseen."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import tracemalloc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.bundle.container import Folder, Member, Sealed, Zip, sound, write

MEMBERS: Sequence[Member] = (("README.txt", b"read me"), ("a/empty", b""), ("b.jsonl", (b"1\n", b"2\n")))
BESIDE = {"manifest.json.tsr": b"stamp", "manifest.json.asc": b"signature"}


def nothing(_: bytes) -> Mapping[str, bytes]:
    """No seal."""
    return {}


def packed(members: Iterable[Member] = MEMBERS, beside: Mapping[str, bytes] = BESIDE) -> tuple[bytes, Sealed, str]:
    """A bundle's bytes, what was said of it, and its digest."""
    file = io.BytesIO()
    target = Zip(file)
    sealed = write(target, members, lambda _: beside)
    digest = target.close()
    return file.getvalue(), sealed, digest


def test_members_stand_in_order_and_the_seals_last() -> None:
    """Content by path, then the manifest, what stands beside it by name, and their digests."""
    data, sealed, _ = packed()
    with ZipFile(io.BytesIO(data)) as read:
        assert read.namelist() == [
            *(path for path, _ in MEMBERS),
            *("manifest.json", "manifest.json.asc", "manifest.json.tsr", "manifest.sha256"),
        ]
        assert read.read("b.jsonl") == b"1\n2\n"
        assert read.read("manifest.json") == sealed.manifest
        named = {row["path"]: row for row in json.loads(sealed.manifest)["files"]}
        for path, row in named.items():
            found = read.read(path)
            assert (row["bytes"], row["sha256"]) == (len(found), hashlib.sha256(found).hexdigest())
        assert set(named) == {path for path, _ in MEMBERS}
        for line in read.read("manifest.sha256").decode().splitlines():
            digest, name = line.split("  ")
            assert hashlib.sha256(read.read(name)).hexdigest() == digest


def test_every_field_has_its_one_value() -> None:
    """Time, system, mode, flags and extra fields are as docs/bundle.md says, whatever machine writes."""
    data, _, _ = packed([("labels/案.csv", b"x"), ("raw/1", b"y" * 1_000)])
    with ZipFile(io.BytesIO(data)) as read:
        for info in read.infolist():
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert (info.create_system, info.compress_type) == (3, ZIP_DEFLATED)
            assert info.external_attr >> 16 == stat.S_IFREG | 0o600
            assert (info.extra, info.comment) == (b"", b"")
            assert info.flag_bits == (0 if info.filename.isascii() else 0x800)


def test_the_comment_is_the_digest_of_all_before_the_last_record() -> None:
    """It can be worked out with `head` and `sha256sum`; what is told as the digest of the file is one."""
    data, _, digest = packed()
    assert data[-71:] == b"sha256:" + hashlib.sha256(data[:-93]).hexdigest().encode()
    assert data[-93:-89] == b"PK\5\6"
    assert hashlib.sha256(data).hexdigest() == digest


def test_more_members_than_a_zip_has_numbers_for() -> None:
    """A case of many answers is written as Zip64, and the digest still stands at the end."""
    data, _, digest = packed(((f"raw/{number:05}", b"") for number in range(66_000)), {})
    with ZipFile(io.BytesIO(data)) as read:
        assert len(read.namelist()) == 66_002
    assert data[-64:] == hashlib.sha256(data[:-93]).hexdigest().encode()
    assert hashlib.sha256(data).hexdigest() == digest


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), st.binary(max_size=40)))
def test_zip_and_folder_hold_the_same(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> None:
    """Unpacked, a zip is the folder that is written of the same members; the same members give the same zip."""
    members = [(f"f/{name}", data) for name, data in sorted(files.items()) if sound(name)]
    data, _, _ = packed(members)
    assert packed(members)[0] == data
    folder = tmp_path_factory.mktemp("bundle")
    write(Folder(folder), members or [("f", b"")], nothing)
    with ZipFile(io.BytesIO(data)) as read:
        assert all(folder.joinpath(path).read_bytes() == read.read(path) for path, _ in members)


@pytest.mark.parametrize(
    "path", ["", "/a", "a/", "a//b", ".", "../a", "a/../b", "a/./b", "a\\b", "c:a", "a\nb", "a\u202eb", "a\0"]
)
def test_a_path_that_leads_elsewhere_is_refused(path: str) -> None:
    """No name leaves the folder, hides a character, or means something else on another system."""
    assert not sound(path)
    with pytest.raises(ValueError):
        packed([(path, b"")])


@pytest.mark.parametrize("paths", [("b", "a"), ("a", "a")])
def test_members_out_of_order_are_refused(paths: Sequence[str]) -> None:
    """No file stands twice, and none where it does not belong."""
    with pytest.raises(ValueError):
        packed((path, b"") for path in paths)


def test_a_large_member_is_never_whole_in_memory(tmp_path: Path) -> None:
    """What comes in chunks is written in chunks."""

    def chunks() -> Iterator[bytes]:
        for number in range(64):
            yield bytes([number]) * (1 << 20)

    with tmp_path.joinpath("b.zip").open("w+b") as file:
        tracemalloc.start()
        target = Zip(file)
        write(target, [("large", chunks())], nothing)
        target.close()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 8 << 20
