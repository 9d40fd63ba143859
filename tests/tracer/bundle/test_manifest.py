"""The manifest names every byte, in one spelling."""

from __future__ import annotations

import hashlib
import json

from hypothesis import given
from hypothesis import strategies as st

from tracer.bundle.manifest import Entry, Meter, manifest, sums
from tracer.sm3 import sm3


@given(st.lists(st.binary(max_size=50)))
def test_a_file_is_measured_as_it_passes(chunks: list[bytes]) -> None:
    """However a file is cut, its length and digests are those of the whole, and every chunk goes on."""
    whole = b"".join(chunks)
    meter = Meter("a", with_sm3=True)
    assert b"".join(meter.through(chunks)) == whole
    assert meter.entry() == Entry("a", len(whole), hashlib.sha256(whole).hexdigest(), sm3(whole))


def test_sm3_stands_only_where_it_was_asked_for() -> None:
    """A manifest has the SM3 of each file or no such field at all."""
    for with_sm3 in (False, True):
        meter = Meter("a", with_sm3=with_sm3)
        list(meter.through([b"x"]))
        (row,) = json.loads(manifest([meter.entry()]))["files"]
        assert list(row) == ["path", "bytes", "sha256", *(["sm3"] if with_sm3 else [])]


def test_the_spelling_is_fixed() -> None:
    """The order of names, the indent and the last newline are part of the format; hostile text is escaped."""
    assert manifest([Entry("label\u202e", 1, "ab")]).decode() == (
        '{\n "schema": "stolen-funds-bundle/1",\n "files": [\n  {\n   "path": "label\\u202e",\n   "bytes": 1,\n'
        '   "sha256": "ab"\n  }\n ]\n}\n'
    )
    assert manifest([]).decode() == '{\n "schema": "stolen-funds-bundle/1",\n "files": []\n}\n'


def test_digests_stand_by_name() -> None:
    """`sha256sum -c` can read them: two spaces between digest and name, one file a line."""
    empty = hashlib.sha256(b"").hexdigest()
    assert sums({"b": b"", "a": b""}).decode() == f"{empty}  a\n{empty}  b\n"
