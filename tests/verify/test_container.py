"""The container: every byte of a zip has one value, and a stranger's machine is safe from it."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.verify import boxes
from tests.verify.checker import checker
from tests.verify.checker import path as checker_path

BARE = boxes.sealed(boxes.files())
WHOLE = boxes.packed(BARE.items())


def code(data: bytes, tmp_path: Path, cap: int = 20 << 30) -> int:
    """What the checker makes of a file with these bytes."""
    place = tmp_path / "bundle.zip"
    place.write_bytes(data)
    return int(checker().verify(str(place), cap).code)


def keys(place: Path) -> set[str]:
    """The names of what is wrong or unknown of a bundle."""
    return {key for level, key, _ in checker().verify(str(place)).found if level not in ("fine", "stated")}


@pytest.mark.parametrize("shape", boxes.shapes())
def test_sound(shape: str, tmp_path: Path) -> None:
    """Sound bundles of every shape are found sound."""
    assert code(boxes.shapes()[shape], tmp_path) == 0


def test_a_folder_is_as_good(tmp_path: Path) -> None:
    """The unpacked folder is sound too."""
    assert checker().verify(str(boxes.unpacked(BARE, tmp_path))).code == 0


def test_a_zip_packed_anew_cannot_be_told(tmp_path: Path) -> None:
    """The same files packed by another program leave the container unchecked: exit code 3, and no difference."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        target.mkdir("raw")
        for name, data in reversed(BARE.items()):
            target.writestr(zipfile.ZipInfo(name, (2024, 5, 6, 7, 8, 10)), data)
    place = tmp_path / "bundle.zip"
    place.write_bytes(out.getvalue())
    assert keys(place) == {"box.repacked"}
    assert code(out.getvalue(), tmp_path) == 3


def test_the_common_packer(tmp_path: Path) -> None:
    """What the command zip makes of the folder, with times and owners in extra fields, is read too."""
    folder = boxes.unpacked(BARE, tmp_path / "folder")
    try:
        subprocess.run(["zip", "-qr", str(tmp_path / "new.zip"), "."], cwd=folder, check=True)
    except FileNotFoundError:
        pytest.skip("no zip here")
    assert checker().verify(str(tmp_path / "new.zip")).code == 3


def edited(change: Callable[[bytearray, int], None]) -> bytes:
    """The whole bundle with its directory changed, and sealed again as a forger would."""
    data = bytearray(WHOLE)
    begin = struct.unpack("<L", WHOLE[-77:-73])[0]
    change(data, begin)
    return boxes.sealed_zip(bytes(data))


def put(where: str, offset: int, value: bytes) -> Callable[[bytearray, int], None]:
    """A change of bytes of the first local header, or of the first entry of the directory."""

    def change(data: bytearray, begin: int) -> None:
        at = offset + (begin if where == "directory" else 0)
        data[at : at + len(value)] = value

    return change


FORGED = {
    "made on another system": put("directory", 5, b"\0"),
    "needs a later reader": put("directory", 6, b"\x3f"),
    "encrypted": put("directory", 8, b"\1"),
    "unknown method": put("directory", 10, b"\x0c"),
    "another time": put("directory", 12, b"\1"),
    "another checksum": put("directory", 16, b"\0\0\0\0"),
    "larger": put("directory", 24, b"\xff"),
    "a link": put("directory", 40, b"\xff\xa1"),
    "runs": put("directory", 40, b"\xed\x81"),
    "another start": put("directory", 42, b"\1"),
    "another local time": put("local", 10, b"\1"),
    "another local name": put("local", 30, b"X"),
    "another local size": put("local", 22, b"\0"),
    "local flags": put("local", 6, b"\1"),
    "no signature": put("local", 0, b"XX"),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_fields(name: str, tmp_path: Path) -> None:
    """A field that says something else is found even where the seal was made anew."""
    assert code(edited(FORGED[name]), tmp_path) == 2


def test_bytes_that_belong_to_nothing(tmp_path: Path) -> None:
    """Bytes before, behind or between are found, though common readers skip them."""
    end = len(WHOLE) - 93
    begin = struct.unpack("<L", WHOLE[-77:-73])[0]
    for at in (0, begin, end, len(WHOLE)):
        assert code(boxes.sealed_zip(WHOLE[:at] + b"hidden" + WHOLE[at:]), tmp_path) == 2
    moved = bytearray(WHOLE[:begin] + b"hidden" + WHOLE[begin:])
    moved[-77:-73] = struct.pack("<L", begin + 6)
    assert code(boxes.sealed_zip(bytes(moved)), tmp_path) == 2


def test_another_order(tmp_path: Path) -> None:
    """Members that stand in another order are found."""
    assert code(boxes.packed(reversed(BARE.items())), tmp_path) == 2


NAMES = [
    *("../out", "/etc/passwd", "raw/../../out", "C:/out", "raw\\out", "raw//out", "./out", "raw/\x07", "raw/\u202egnp"),
    *("Trace.json", "TRACE.JSON", "trace.json/x", "labels/\u7b7e\u0000", "", "x" * 1001, "labels/ﬁ\u200b"),
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("strict", [True, False])
def test_names_that_leave_or_collide(name: str, strict: bool, tmp_path: Path) -> None:
    """No name leads outside the folder, hides something, or is another's on some machine, however it was packed."""
    held = name.replace("\x00", "\x01")
    data = boxes.packed([*BARE.items(), (held, b"x")]) if held else edited(put("directory", 28, b"\0"))
    if not strict and held:
        data = data[:-73] + b"\0\0"
    assert code(data, tmp_path) == 2


def test_a_name_twice(tmp_path: Path) -> None:
    """The same member twice, of which readers take either, is found."""
    with pytest.warns(UserWarning, match="Duplicate"):
        data = boxes.packed([*BARE.items(), ("trace.json", b"{}")])
    assert code(data, tmp_path) == 2
    assert code(data[:-73] + b"\0\0", tmp_path) == 2


def bomb(size: int) -> bytes:
    """A bundle that unpacks to so many zeros."""
    return boxes.packed(boxes.sealed(boxes.files() | {"reports/report.html": bytes(size)}).items())


def test_bombs_cost_neither_memory_nor_disk(tmp_path: Path) -> None:
    """What unpacks to too much is refused before it is; what is merely large passes through in pieces."""
    data = bomb(200_000_000)
    assert len(data) < 300_000
    assert code(data, tmp_path, cap=100_000_000) == 2
    place = tmp_path / "large.zip"
    place.write_bytes(bomb(30_000_000))
    tracemalloc.start()
    assert checker().verify(str(place)).code == 0
    assert tracemalloc.get_traced_memory()[1] < 12_000_000
    tracemalloc.stop()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["bundle.zip", "large.zip"]


def test_a_stream_that_says_less_than_it_is(tmp_path: Path) -> None:
    """A deflated member that goes on after its length, or ends before its bytes do, is found."""
    deflated = zlib.compressobj(9, zlib.DEFLATED, -15)
    stream = deflated.compress(b"y" * 500) + deflated.flush()
    for packed, size in ((stream, 400), (stream + b"tail", 500), (stream[:-1], 500), (b"", 500)):
        head = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 0x21, zlib.crc32(b"y" * size), len(packed), size, 9, 0)
        entry = struct.pack(
            *("<4s6H3L5H2L", b"PK\1\2", 0x0314, 20, 0, 8, 0, 0x21, zlib.crc32(b"y" * size), len(packed), size, 9),
            *(0, 0, 0, 0, 0o100600 << 16, 0),
        )
        body = head + b"case.toml" + packed
        end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(entry) + 9, len(body), 71)
        data = boxes.sealed_zip(body + entry + b"case.toml" + end + b"sha256:" + b"0" * 64)
        assert code(data, tmp_path) == 2


def test_folders_with_more_than_files(tmp_path: Path) -> None:
    """Links, pipes and files that the manifest does not name are found in a folder, and none is opened."""
    folder = boxes.unpacked(BARE, tmp_path / "folder")
    (folder / "labels" / "more.csv").write_text("x")
    assert keys(folder) == {"manifest.extra"}
    (folder / "labels" / "more.csv").unlink()
    (folder / "raw" / ("a" * 64)).symlink_to("/etc/passwd")
    assert keys(folder) == {"box.link"}
    (folder / "raw" / ("a" * 64)).unlink()
    (folder / "reports").symlink_to("/")
    assert keys(folder) == {"box.link"}
    (folder / "reports").unlink()
    os.mkfifo(folder / "case.toml.pipe")
    assert keys(folder) == {"box.link"}


def test_what_is_no_bundle(tmp_path: Path) -> None:
    """Nothing, a text, a folder of other things, and a path that leads nowhere: exit code 2 and no traceback."""
    for data in (b"", b"hello", b"PK\5\6" + bytes(18), b"PK\5\6" + bytes(89)):
        assert code(data, tmp_path) == 2
    (tmp_path / "empty").mkdir()
    for place in (tmp_path / "empty", tmp_path / "nowhere"):
        run = subprocess.run([sys.executable, checker_path(), place], capture_output=True, text=True, check=False)
        assert run.returncode == 2
        assert "Traceback" not in run.stdout + run.stderr


def test_own_sm3(tmp_path: Path) -> None:
    """Where OpenSSL has no SM3, the checker's own gives the standard's examples, and finds a wrong one."""
    own = checker()._box_sm3_slow
    assert own(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert own(b"abcd" * 16) == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    for length in (0, 55, 56, 63, 64, 119, 200):
        assert own(b"x" * length) == hashlib.new("sm3", b"x" * length).hexdigest()
    members = boxes.sealed(boxes.files(), sm3=True)
    digest = hashlib.new("sm3", members["case.toml"]).hexdigest().encode()
    members["manifest.json"] = members["manifest.json"].replace(digest, b"0" * 64)
    sums = hashlib.sha256(members["manifest.json"]).hexdigest()
    members["manifest.sha256"] = f"{sums}  manifest.json\n".encode()
    assert keys(boxes.unpacked(members, tmp_path)) == {"manifest.changed_sm3"}


def test_what_an_operating_system_leaves_in_a_folder(tmp_path: Path) -> None:
    """Files that a system puts into every folder it shows are left aside, and said; any other file is one too many."""
    folder = boxes.unpacked(boxes.sealed(boxes.files()) | {".DS_Store": b"x", "raw/._a": b"x"}, tmp_path)
    report = checker().verify(str(folder))
    assert report.code == 0
    assert ("stated", "box.litter", {"count": 2}) in report.found
    (folder / "more.txt").write_bytes(b"x")
    assert checker().verify(str(folder)).code == 2
