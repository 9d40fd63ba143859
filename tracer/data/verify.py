#!/usr/bin/env python3
"""Check a bundle of a stolen-funds case: one file of plain Python (3.9 or newer), no network, nothing to install.

    python3 verify.py BUNDLE            a zip as `trace bundle` writes it, or the folder it was unpacked to

It shares no line with the program that made the bundle. It was written from the description of the format
(docs/bundle.md), of the method (docs/method.md) and of the sources, so that a fault of the program is found and not
repeated. It says in plain words what follows from what, and what it could not check.

Exit code 0: all that can be checked is as the bundle says. 1: something differs. 2: no sound bundle. 3: something that
has to be checked could not be.
"""

from __future__ import annotations

import argparse
import binascii
import hashlib
import json
import os
import re
import stat
import struct
import sys
import unicodedata
import zlib
from collections import deque
from typing import (
    Any,
    Callable,
    Deque,
    Dict,
    FrozenSet,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
)

SCHEMA = "stolen-funds-bundle/1"
CLEAN = -1
BODIES_CAP = 4 << 20  # bytes of answers that are kept once read; in memory they are some fifteen times as large

# Every sentence, by its name: (English, Chinese). The parts below add theirs.
WORDS: Dict[str, Tuple[str, str]] = {}


class Malformed(Exception):
    """The bundle is not what its format says. Carries the name of a sentence and its values."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


class Report:
    """What was found, in order. Levels: fine, stated (taken as the bundle says), differs, malformed, unknown.

    ``symbols``: what the result calls an asset, by its id, to say beside it.
    """

    def __init__(self) -> None:
        self.found: List[Tuple[str, str, Dict[str, object]]] = []
        self.symbols: Dict[str, str] = {}

    def _say(self, level: str, key: str, values: Dict[str, object]) -> None:
        if values.get("asset") in self.symbols:
            values["asset"] = "%s (%s)" % (self.symbols[str(values["asset"])], values["asset"])
        self.found.append((level, key, values))

    def fine(self, key: str, **values: object) -> None:
        """Something was checked and holds."""
        self._say("fine", key, values)

    def stated(self, key: str, **values: object) -> None:
        """Something cannot follow from the bundle and is taken as it says."""
        self._say("stated", key, values)

    def differs(self, key: str, **values: object) -> None:
        """Something is not as the bundle says."""
        self._say("differs", key, values)

    def malformed(self, key: str, **values: object) -> None:
        """Something is not as the format says."""
        self._say("malformed", key, values)

    def unknown(self, key: str, **values: object) -> None:
        """Something that has to be checked could not be."""
        self._say("unknown", key, values)

    @property
    def code(self) -> int:
        """The exit code: malformed before differs before unknown."""
        levels = {level for level, _, _ in self.found}
        return 2 if "malformed" in levels else 1 if "differs" in levels else 3 if "unknown" in levels else 0


# --- the parts of a case, as the bundle says them


class Movement(NamedTuple):
    """One movement read from an answer. ``tx_index`` is -1 and ``index`` () where the record does not say.

    ``kind``: 0 fee, 1 the transaction's own value, 2 call inside, 3 token log. ``height`` as in docs/bundle.md.
    """

    chain: str
    tx: str
    kind: int
    asset: str
    sender: str
    receiver: str
    amount: int
    height: int
    tx_index: int
    index: Tuple[int, ...]  # type: ignore[assignment]
    time: Optional[int]


class Answer(NamedTuple):
    """One line of answers.jsonl, its question taken apart. ``chain`` is "" where the question does not tell it."""

    n: int
    generation: int
    source: str
    host: str
    question: str
    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    chain: str
    status: Optional[int]
    kind: str
    sha256: str


class Line(NamedTuple):
    """One line of ledger.jsonl."""

    n: int
    chain: str
    tx: str
    height: int
    tx_index: int
    kind: int
    index: Tuple[int, ...]  # type: ignore[assignment]
    time: int
    asset: str
    sender: str
    receiver: str
    amount: int
    nth: int
    answer: int
    place: str


class Held(NamedTuple):
    """A balance that a source told: ``at`` is the height it is true for, None for when it was asked."""

    amount: int
    at: Optional[int]
    answer: int


class Account(NamedTuple):
    """One line of accounts.jsonl."""

    chain: str
    address: str
    asset: str
    low: int
    opening: int
    weak: Tuple[str, ...]
    balance: Optional[Held]
    before: Optional[Held]


class Row(NamedTuple):
    """One line of sum.jsonl. ``origin`` is -1 where the row is no theft, else the theft's place from nil."""

    row: int
    ledger: Optional[int]
    chain: str
    tx: str
    position: str
    time: int
    asset: str
    sender: str
    receiver: str
    amount: int
    pays: str
    origin: int
    kept: bool
    into: Optional[int]
    out_of: Optional[int]
    via: Tuple[str, ...]


class Pot(NamedTuple):
    """One line of pots.jsonl."""

    pot: int
    chain: str
    tx: str
    kind: str
    ins: Tuple[int, ...]
    outs: Tuple[int, ...]
    weights: Tuple[int, ...]
    values: Tuple[int, ...]
    shared: Tuple[str, str]
    linked: bool


class Case:
    """A bundle's case, loaded. ``read(name)`` gives a member's bytes; ``body(n)`` the parsed JSON of an answer.

    ``answers`` by n; ``ledger`` in order, line n at place n - 1; ``accounts`` by (chain, address, asset); ``last`` has
    the number of the last answer to each question within the generation of the result.
    """

    def __init__(self, read: Any, names: Iterable[str]) -> None:
        self.read = read
        self.names = set(names)
        self.params: Dict[str, Any] = {}
        self.trace: Dict[str, Any] = {}
        self.labels: Dict[str, Any] = {}
        self.prices: List[Any] = []
        self.answers: Dict[int, Answer] = {}
        self.ledger: List[Line] = []
        self.accounts: Dict[Tuple[str, str, str], Account] = {}
        self.rows: List[Row] = []
        self.pots: List[Pot] = []
        self.proofs: List[Dict[str, Any]] = []
        self.corroborations: List[Dict[str, Any]] = []
        self.last: Dict[str, int] = {}
        self._bodies: Dict[int, Any] = {}
        self._kept = 0

    def body(self, n: int) -> Any:
        """The JSON of an answer: a list of lines where it has one value a line. None where it is empty or no JSON."""
        if n not in self._bodies:
            data = self.read("raw/" + self.answers[n].sha256)
            self._kept += len(data)
            if self._kept > BODIES_CAP:
                self._bodies.clear()
                self._kept = len(data)
            self._bodies[n] = raw_json(data)
        return self._bodies[n]


# --- reading JSON that may be hostile


def _no_float(text: str) -> Any:
    raise Malformed("json.float", text=text[:40])


def _no_constant(text: str) -> Any:
    raise Malformed("json.constant", text=text)


def _short_int(text: str) -> int:
    if len(text) > 400:
        raise Malformed("json.number", digits=len(text))
    return int(text)


def _once(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    found = {name: sys.intern(value) if value.__class__ is str else value for name, value in pairs}
    if len(found) != len(pairs):
        raise Malformed("json.twice")
    return found


def own_json(data: bytes, where: str) -> Any:
    """A value of one of the bundle's own files: no float, no name twice, no absurd number, not too deep."""
    try:
        return json.loads(
            data.decode("utf-8"),
            parse_float=_no_float,
            parse_constant=_no_constant,
            parse_int=_short_int,
            object_pairs_hook=_once,
        )
    except (ValueError, RecursionError) as failure:
        raise Malformed("json.unreadable", file=where, why=type(failure).__name__) from None


def raw_json(data: bytes) -> Any:
    """The JSON of an answer as received; a list of values where there is one a line; None where it is no JSON."""
    try:
        return json.loads(data.decode("utf-8"), parse_float=str, parse_int=_short_int)
    except (ValueError, RecursionError, Malformed):
        pass
    try:
        lines = [one for one in data.split(b"\n") if one.strip()]
        return [json.loads(one.decode("utf-8"), parse_float=str, parse_int=_short_int) for one in lines] or None
    except (ValueError, RecursionError, Malformed):
        return None


def text(row: Mapping[str, Any], name: str) -> str:
    """A text field. Raises `Malformed`."""
    value = row.get(name)
    if not isinstance(value, str):
        raise Malformed("field.text", name=name)
    return value


def whole(row: Mapping[str, Any], name: str) -> int:
    """A whole number not below nil, written as a number. Raises `Malformed`."""
    value = row.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Malformed("field.whole", name=name)
    return value


def units(row: Mapping[str, Any], name: str) -> int:
    """An amount not below nil, written as decimal text in its one spelling. Raises `Malformed`."""
    value = text(row, name)
    if len(value) > 400 or not re.fullmatch(r"0|[1-9][0-9]*", value, re.ASCII):
        raise Malformed("field.units", name=name)
    return int(value)


def listed(row: Mapping[str, Any], name: str) -> List[Any]:
    """A list field. Raises `Malformed`."""
    value = row.get(name)
    if not isinstance(value, list):
        raise Malformed("field.list", name=name)
    return value


def place_of(position: str) -> Tuple[int, int, int, Tuple[int, ...]]:
    """(height, transaction index, kind, index) of a position's text; -1 and () where it says "?". Raises Malformed."""
    found = re.fullmatch(r"(\d{1,18}):(\d{1,9}|\?):([0-3]):(\?|\d{1,9}(?:\.\d{1,9})*)", position, re.ASCII)
    if not found:
        raise Malformed("field.position", position=position[:60])
    height, tx_index, kind, index = found.groups()
    return (
        int(height),
        -1 if tx_index == "?" else int(tx_index),
        int(kind),
        () if index == "?" else tuple(int(part) for part in index.split(".")),
    )


def pointed(value: Any, pointer: str) -> Any:
    """What an RFC 6901 pointer leads to. Raises `KeyError` where it leads nowhere."""
    if pointer and not pointer.startswith("/"):
        raise KeyError(pointer)
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and re.fullmatch(r"0|[1-9][0-9]{0,8}", name, re.ASCII) and int(name) < len(value):
            value = value[int(name)]
        elif isinstance(value, dict) and name in value:
            value = value[name]
        else:
            raise KeyError(pointer)
    return value


WORDS.update(
    {
        "json.float": ("a number with a fraction where none may be: {text}", "不该有小数的地方出现了小数：{text}"),
        "json.constant": ("{text} is no number", "{text} 不是数字"),
        "json.number": ("a number of {digits} digits", "出现了一个 {digits} 位的数字"),
        "json.twice": ("a name stands twice in one object", "同一对象里有重复的名称"),
        "json.unreadable": ("{file} cannot be read as JSON ({why})", "{file} 不是可读的 JSON（{why}）"),
        "field.text": ("{name} is no text", "{name} 不是文本"),
        "field.whole": ("{name} is no whole number", "{name} 不是整数"),
        "field.units": ("{name} is no amount", "{name} 不是金额"),
        "field.list": ("{name} is no list", "{name} 不是列表"),
        "field.position": ("no position: {position}", "不是有效的位置：{position}"),
    }
)
# --- the container: a zip read byte by byte, or a folder


MEMBER_CAP = 2 << 30
TOTAL_CAP = 20 << 30
WHOLE_CAP = 512 << 20
LINE_CAP = 64 << 20
MEMBERS_CAP = 2_000_000
CHUNK = 1 << 20
BESIDE = (
    "manifest.json.asc",
    "manifest.json.ots",
    "manifest.json.sig",
    "manifest.json.tsr",
)
ENDING = ("manifest.json",) + BESIDE + ("manifest.sha256",)
NEEDED = (
    *(
        "accounts.jsonl",
        "answers.jsonl",
        "case.toml",
        "corroborations.jsonl",
        "journal.jsonl",
        "labels.json",
    ),
    *(
        "ledger.jsonl",
        "params.json",
        "pots.jsonl",
        "prices.json",
        "proofs.jsonl",
        "state.json",
        "sum.jsonl",
    ),
    "trace.json",
)
MAY = ("README.txt", "README.zh-CN.txt", "verify.py")
BELOW = ("labels/", "reports/", "papers/")


class _BoxMember(NamedTuple):
    """A member of a zip: where its packed bytes lie and what they must come to. ``start`` is of its local header."""

    name: str
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    start: int
    data: int


def _box_name(name: str) -> str:
    """The name, when it stays below the folder it is unpacked to and has one spelling. Raises `Malformed`."""
    parts = name.split("/")
    sound = len(name) <= 1000 and name.isprintable() and "\\" not in name and ":" not in name
    if not sound or "" in parts or "." in parts or ".." in parts:
        raise Malformed("box.name", name=name[:200])
    return name


def _box_names(names: Sequence[str]) -> None:
    """No two names are one on some machine, and no file is another's folder. Raises `Malformed`."""
    seen: Set[str] = set()
    folders: Set[str] = set()
    for name in names:
        key = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
        if key in seen:
            raise Malformed("box.double", name=name[:200])
        seen.add(key)
        parts = key.split("/")
        folders.update("/".join(parts[:depth]) for depth in range(1, len(parts)))
    for name in sorted(seen & folders):
        raise Malformed("box.double", name=name[:200])


class _BoxZip:
    """A zip, read without the machinery of others: every field has one value, and no byte belongs to nothing.

    ``strict`` is False where its comment is not that of a bundle: then it was packed by some other program, and fields
    that carry no content may have any value.
    """

    def __init__(self, path: str, cap: int) -> None:
        self._file = open(path, "rb")
        self.close = self._file.close
        self.length = os.fstat(self._file.fileno()).st_size
        self.said = b""
        self.strict = False
        self.placed: Dict[str, _BoxMember] = {}
        try:
            self.end, count, begin, stop = self._ending()
            self.members = self._central(begin, count, stop)
            self._local(begin, cap)
        except BaseException:
            self.close()
            raise

    def _bytes(self, start: int, length: int) -> bytes:
        self._file.seek(start)
        found = self._file.read(length) if start >= 0 else b""
        if len(found) != length:
            raise Malformed("box.cut")
        return found

    def _ending(self) -> Tuple[int, int, int, int]:
        """(where the last record begins, number of members, where the directory begins and ends)."""
        self.strict = self.length >= 93 and self._bytes(self.length - 93, 4) == b"PK\5\6"
        end = self.length - (93 if self.strict else 22)
        if end < 0 or self._bytes(end, 4) != b"PK\5\6":
            raise Malformed("box.no_zip")
        disk, first, here, count, size, begin, comment = struct.unpack("<4H2LH", self._bytes(end + 4, 18))
        self.said = self._bytes(end + 22, self.length - end - 22)
        if (disk, first, here, comment) != (0, 0, count, len(self.said)):
            raise Malformed("box.end")
        if self.strict and not re.fullmatch(rb"sha256:[0-9a-f]{64}", self.said):
            raise Malformed("box.comment")
        if begin + size == end:
            return end, count, begin, end
        count, begin = self._zip64(end, (count, size, begin))
        return end, count, begin, end - 76

    def _zip64(self, end: int, short: Tuple[int, int, int]) -> Tuple[int, int]:
        """(number of members, where the directory begins) as the large record says, which the small one agrees with."""
        locator = struct.unpack("<4sLQL", self._bytes(end - 20, 20))
        record = struct.unpack("<4sQ2H2L4Q", self._bytes(end - 76, 56))
        count, size, begin = record[7:]
        caps = (0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
        agrees = all(one in (long, cap) for one, long, cap in zip(short, (count, size, begin), caps))
        frame = (
            locator == (b"PK\6\7", 0, end - 76, 1),
            record[0] == b"PK\6\6",
            record[1] == 44,
            record[4:6] == (0, 0),
        )
        if not all(frame) or record[6] != count or not agrees or begin + size != end - 76:
            raise Malformed("box.end")
        if self.strict and record[2:4] != (45, 45):
            raise Malformed("box.end")
        return count, begin

    def _central(self, begin: int, count: int, stop: int) -> List[_BoxMember]:
        members: List[_BoxMember] = []
        if count > MEMBERS_CAP:
            raise Malformed("box.many", count=count)
        self._file.seek(begin)
        for _ in range(count):
            fixed = self._file.read(46)
            if len(fixed) != 46 or fixed[:4] != b"PK\1\2":
                raise Malformed("box.directory")
            made, need, flags, method, time, date, crc, packed, size, *rest = struct.unpack("<6H3L5H2L", fixed[4:])
            name_length, extra_length, note_length, disk, inner, outer, start = rest
            name = self._named(self._file.read(name_length), flags)
            size, packed, start = self._long(self._file.read(extra_length), (size, packed, start), name)
            self._file.seek(note_length, 1)
            if flags & ~0x80E or method not in (0, 8) or disk or not self._plain(outer, made, name):
                raise Malformed("box.field", name=name)
            said = (
                made in (0x0314, 0x032D),
                need in (20, 45),
                time,
                date,
                inner,
                note_length,
                flags & 0xE,
            )
            if self.strict and said != (True, True, 0, 0x21, 0, 0, 0):
                raise Malformed("box.field", name=name)
            members.append(_BoxMember(name, method, flags, crc, packed, size, start, 0))
        if self._file.tell() != stop:
            raise Malformed("box.directory")
        return members

    def _named(self, raw: bytes, flags: int) -> str:
        try:
            name = raw.decode("ascii" if self.strict and not flags & 0x800 else "utf-8")
        except UnicodeDecodeError:
            raise Malformed("box.name", name=repr(raw)[2:200]) from None
        if self.strict and bool(flags & 0x800) == name.isascii():
            raise Malformed("box.field", name=name)
        if not self.strict and name.endswith("/"):
            _box_name(name[:-1])
            return name
        return _box_name(name)

    def _plain(self, outer: int, made: int, name: str) -> bool:
        """Whether what the directory says of a member is a plain file, or, packed by others, a folder."""
        if self.strict:
            return outer == 0o100600 << 16
        if made >> 8 != 3 or not outer >> 16:
            return not outer & 0x10 or name.endswith("/")
        return stat.S_IFMT(outer >> 16) in (
            0,
            stat.S_IFDIR if name.endswith("/") else stat.S_IFREG,
        )

    def _long(self, extra: bytes, short: Tuple[int, int, int], name: str) -> Tuple[int, int, int]:
        """Sizes and start, from the Zip64 field where the short ones say so."""
        wide = [one == 0xFFFFFFFF for one in short]
        found = b""
        at = 0
        while at + 4 <= len(extra):
            kind, length = struct.unpack("<2H", extra[at : at + 4])
            if at + 4 + length > len(extra) or (self.strict and kind != 1) or (kind == 1 and found):
                raise Malformed("box.field", name=name)
            if kind == 1:
                found = extra[at + 4 : at + 4 + length]
            at += 4 + length
        if at != len(extra) or len(found) != 8 * sum(wide):
            raise Malformed("box.field", name=name)
        values = iter(struct.unpack("<%dQ" % sum(wide), found))
        size, packed, start = (next(values) if large else one for large, one in zip(wide, short))
        return size, packed, start

    def _local(self, begin: int, cap: int) -> None:
        """Hold every local header to the directory, and every byte before the directory to a member."""
        at = total = 0
        for member in self.members if self.strict else sorted(self.members, key=lambda one: one.start):
            if member.start < at or (self.strict and member.start != at):
                raise Malformed("box.gap", name=member.name)
            data = self._header(member)
            at = data + member.packed
            total += member.size
            if at > begin:
                raise Malformed("box.cut")
            if member.size > MEMBER_CAP or total > cap or member.size > 1100 * member.packed + 1000:
                raise Malformed("box.large", name=member.name)
            self._place(member._replace(data=data))
        _box_names(list(self.placed))
        content = sorted(name for name in self.placed if name not in ENDING)
        if self.strict and at != begin:
            raise Malformed("box.gap", name="")
        if self.strict and list(self.placed) != content + [name for name in ENDING if name in self.placed]:
            raise Malformed("box.order")

    def _place(self, member: _BoxMember) -> None:
        """Keep a member, unless it is a folder that others packed."""
        if member.name in self.placed:
            raise Malformed("box.double", name=member.name)
        if not member.name.endswith("/"):
            self.placed[member.name] = member
        elif member.size:
            raise Malformed("box.field", name=member.name)

    def _header(self, member: _BoxMember) -> int:
        """Where a member's packed bytes begin, when its local header says what the directory does."""
        fixed = self._bytes(member.start, 30)
        (
            need,
            flags,
            method,
            time,
            date,
            crc,
            packed,
            size,
            name_length,
            extra_length,
        ) = struct.unpack("<5H3L2H", fixed[4:])
        name = self._bytes(member.start + 30, name_length)
        extra = self._bytes(member.start + 30 + name_length, extra_length)
        same = fixed[:4] == b"PK\3\4" and (flags, method) == (
            member.flags,
            member.method,
        )
        same = same and name == member.name.encode()
        later = not self.strict and flags & 8
        if not later:
            long = extra if extra[:2] == b"\1\0" else b""
            if 0xFFFFFFFF in (packed, size):
                if len(long) < 20 or struct.unpack("<H", long[2:4])[0] != 16:
                    raise Malformed("box.field", name=member.name)
                size, packed = struct.unpack("<2Q", long[4:20])
                if self.strict and len(extra) != 20:
                    raise Malformed("box.field", name=member.name)
            elif self.strict and extra:
                raise Malformed("box.field", name=member.name)
            same = same and (crc, packed, size) == (
                member.crc,
                member.packed,
                member.size,
            )
        if self.strict:
            same = same and need in (20, 45) and (time, date) == (0, 0x21)
        if not same or (member.method == 0 and member.packed != member.size):
            raise Malformed("box.field", name=member.name)
        return int(member.start + 30 + name_length + extra_length)

    def digest(self) -> str:
        """SHA-256 over everything before the last record."""
        self._file.seek(0)
        left, found = self.end, hashlib.sha256()
        while left:
            chunk = self._file.read(min(CHUNK, left))
            if not chunk:
                raise Malformed("box.cut")
            found.update(chunk)
            left -= len(chunk)
        return found.hexdigest()

    def size(self, name: str) -> int:
        """Bytes of a member, unpacked."""
        return self.placed[name].size

    def chunks(self, name: str) -> Iterator[bytes]:
        """A member's bytes. Raises `Malformed` where they are not what the directory says."""
        member = self.placed[name]
        crc = length = 0
        try:
            for chunk in self._inflated(member) if member.method == 8 else self._packed(member):
                length += len(chunk)
                crc = binascii.crc32(chunk, crc)
                if length > member.size:
                    raise Malformed("box.content", name=name)
                yield chunk
        except zlib.error:
            raise Malformed("box.content", name=name) from None
        if (length, crc) != (member.size, member.crc):
            raise Malformed("box.content", name=name)

    def _packed(self, member: _BoxMember) -> Iterator[bytes]:
        """The bytes of a member as they lie in the zip."""
        for at in range(member.data, member.data + member.packed, CHUNK):
            yield self._bytes(at, min(CHUNK, member.data + member.packed - at))

    def _inflated(self, member: _BoxMember) -> Iterator[bytes]:
        """A deflated member's bytes; its stream must end where the member does."""
        stream = zlib.decompressobj(-15)
        for packed in self._packed(member):
            held = packed
            while held and not stream.eof:
                yield stream.decompress(held, CHUNK)
                held = stream.unconsumed_tail
            if held and stream.eof:
                raise zlib.error
        while not stream.eof:
            more = stream.decompress(b"", CHUNK)
            if not more and not stream.eof:
                raise zlib.error
            yield more
        if stream.unused_data:
            raise zlib.error

    @property
    def names(self) -> List[str]:
        """All members."""
        return list(self.placed)


def _box_litter(name: str) -> bool:
    """Whether an operating system leaves a file or folder of that name where somebody looks into a folder."""
    return name.startswith("._") or name.casefold() in (".ds_store", "thumbs.db", "desktop.ini", "__macosx")


class _BoxFolder:
    """An unpacked bundle. No link is followed, and nothing but plain files may lie in it."""

    def __init__(self, path: str, cap: int) -> None:
        self._sizes: Dict[str, int] = {}
        self._path = path
        self.litter = 0
        waiting = [""]
        total = 0
        while waiting:
            below = waiting.pop()
            with os.scandir(os.path.join(path, *below.split("/")) if below else path) as found:
                for one in found:
                    if _box_litter(one.name):
                        self.litter += 1
                        continue
                    name = _box_name(below + "/" + one.name if below else one.name)
                    info = one.stat(follow_symlinks=False)
                    if stat.S_ISDIR(info.st_mode) and name.count("/") < 20:
                        waiting.append(name)
                        continue
                    if not stat.S_ISREG(info.st_mode):
                        raise Malformed("box.link", name=name)
                    total += info.st_size
                    if info.st_size > MEMBER_CAP or total > cap or len(self._sizes) > MEMBERS_CAP:
                        raise Malformed("box.large", name=name)
                    self._sizes[name] = info.st_size
        _box_names(list(self._sizes))

    def close(self) -> None:
        """Nothing is open."""

    @property
    def names(self) -> List[str]:
        """All files."""
        return sorted(self._sizes)

    def size(self, name: str) -> int:
        """Bytes of a file."""
        return self._sizes[name]

    def chunks(self, name: str) -> Iterator[bytes]:
        """A file's bytes."""
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        left = self._sizes[name]
        with os.fdopen(os.open(os.path.join(self._path, *name.split("/")), flags), "rb") as file:
            while True:
                chunk = file.read(CHUNK)
                left -= len(chunk)
                if not chunk:
                    break
                if left < 0:
                    break
                yield chunk
        if left:
            raise Malformed("box.content", name=name)


class Box:
    """What a bundle holds, whichever way it came: names, and bytes as they are needed."""

    def __init__(self, path: str, cap: int) -> None:
        self.folder = os.path.isdir(path)
        self._inner: Any = _BoxFolder(path, cap) if self.folder else _BoxZip(path, cap)
        self.names: List[str] = self._inner.names
        self._known = set(self.names)
        self.chunks = self._inner.chunks
        self.size = self._inner.size
        self.close = self._inner.close

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def read(self, name: str) -> bytes:
        """All bytes of a member that is read as a whole. Raises `Malformed` where there is none, or too much."""
        if name not in self._known:
            raise Malformed("box.missing", name=name)
        if self.size(name) > WHOLE_CAP:
            raise Malformed("box.large", name=name)
        return b"".join(self.chunks(name))

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a member, without their ends. Raises `Malformed` where the last one has no end."""
        if name not in self._known:
            raise Malformed("box.missing", name=name)
        held: List[bytes] = []
        length = 0
        for chunk in self.chunks(name):
            *whole, rest = chunk.split(b"\n")
            for line in whole:
                yield b"".join(held) + line if held else line
                held, length = [], 0
            if rest:
                held.append(rest)
                length += len(rest)
            if length > LINE_CAP:
                raise Malformed("box.large", name=name)
        if held:
            raise Malformed("box.line", name=name)

    def container(self, report: Report) -> None:
        """Say what the container itself shows."""
        if self.folder:
            report.stated("box.folder")
            if self._inner.litter:
                report.stated("box.litter", count=self._inner.litter)
            return
        if not self._inner.strict:
            report.unknown("box.repacked")
        elif self._inner.said[7:].decode() != self._inner.digest():
            report.differs("box.digest")
        else:
            report.fine(
                "box.sound",
                members=len(self.names),
                digest=self._inner.said[7:].decode(),
            )


# --- the manifest


def _box_sm3(chunks: Iterable[bytes]) -> str:
    """SM3 (GB/T 32905) in hex: by the machine's OpenSSL where it has it, else here."""
    try:
        found = hashlib.new("sm3")
    except ValueError:
        return _box_sm3_slow(b"".join(chunks))
    for chunk in chunks:
        found.update(chunk)
    return found.hexdigest()


def _box_sm3_slow(data: bytes) -> str:
    mask = 0xFFFFFFFF

    def turn(value: int, by: int) -> int:
        by %= 32
        return ((value << by) | (value >> (32 - by))) & mask if by else value

    state = [
        *(0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600),
        *(0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E),
    ]
    padded = data + b"\x80" + b"\0" * ((55 - len(data)) % 64) + struct.pack(">Q", 8 * len(data))
    for start in range(0, len(padded), 64):
        w = list(struct.unpack(">16L", padded[start : start + 64]))
        for j in range(16, 68):
            x = w[j - 16] ^ w[j - 9] ^ turn(w[j - 3], 15)
            w.append(x ^ turn(x, 15) ^ turn(x, 23) ^ turn(w[j - 13], 7) ^ w[j - 6])
        a, b, c, d, e, f, g, h = state
        for j in range(64):
            ss1 = turn(
                (turn(a, 12) + e + turn(0x79CC4519 if j < 16 else 0x7A879D8A, j)) & mask,
                7,
            )
            ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
            gg = e ^ f ^ g if j < 16 else (e & f) | (~e & mask & g)
            tt1 = (ff + d + (ss1 ^ turn(a, 12)) + (w[j] ^ w[j + 4])) & mask
            tt2 = (gg + h + ss1 + w[j]) & mask
            a, b, c, d, e, f, g, h = (
                tt1,
                a,
                turn(b, 9),
                c,
                tt2 ^ turn(tt2, 9) ^ turn(tt2, 17),
                e,
                turn(f, 19),
                g,
            )
        state = [one ^ two for one, two in zip(state, (a, b, c, d, e, f, g, h))]
    return "".join("%08x" % one for one in state)


def _box_hex(row: Mapping[str, Any], name: str) -> str:
    value = text(row, name)
    if not re.fullmatch(r"[0-9a-f]{64}", value, re.ASCII):
        raise Malformed("load.hex", name=name)
    return value


def _box_allowed(name: str) -> bool:
    return name in NEEDED + MAY or name.startswith(BELOW) or bool(re.fullmatch(r"raw/[0-9a-f]{64}", name, re.ASCII))


def _manifest_rows(box: Box) -> Dict[str, Dict[str, Any]]:
    """The manifest's rows by path. Raises `Malformed` where it is not what its format says."""
    whole_text = own_json(box.read("manifest.json"), "manifest.json")
    if not isinstance(whole_text, dict) or list(whole_text) != ["schema", "files"]:
        raise Malformed("manifest.shape")
    if whole_text["schema"] != SCHEMA:
        raise Malformed("manifest.schema", schema=str(whole_text["schema"])[:60])
    rows: Dict[str, Dict[str, Any]] = {}
    kinds = set()
    before = ""
    for row in listed(whole_text, "files"):
        if (
            not isinstance(row, dict)
            or list(row)[:3] != ["path", "bytes", "sha256"]
            or list(row)[3:] not in ([], ["sm3"])
        ):
            raise Malformed("manifest.shape")
        path = _box_name(text(row, "path"))
        if path <= before or not _box_allowed(path):
            raise Malformed("manifest.path", name=path)
        for name in list(row)[2:]:
            _box_hex(row, name)
        whole(row, "bytes")
        kinds.add("sm3" in row)
        rows[path] = row
        before = path
    if len(kinds) > 1:
        raise Malformed("manifest.shape")
    return rows


def _manifest_sums(box: Box) -> None:
    """Hold manifest.sha256 to the manifest and the files beside it. Raises `Malformed` where it is no such list."""
    names = sorted(name for name in ENDING[:-1] if name in box)
    told = box.read("manifest.sha256")
    expected = "".join("%s  %s\n" % (hashlib.sha256(box.read(name)).hexdigest(), name) for name in names)
    if not re.fullmatch(
        r"([0-9a-f]{64}  manifest\.json(\.[a-z]{3})?\n)+",
        told.decode("utf-8", "replace"),
        re.ASCII,
    ):
        raise Malformed("manifest.sums_shape")
    if told != expected.encode():
        raise _Differs("manifest.sums")


class _Differs(Exception):
    """Something is not as the bundle says; carries the name of a sentence."""


def check_manifest(box: Box, report: Report) -> bool:
    """Hold every file to its digest. True when every file the format needs is there, so that there is more to check."""
    rows = _manifest_rows(box)
    try:
        _manifest_sums(box)
    except _Differs as found:
        report.differs(str(found))
    there = {name for name in box.names if name not in ENDING}
    for name in sorted(there - set(rows)):
        report.malformed("manifest.extra", name=name)
    missing = sorted((set(rows) | set(NEEDED)) - (there & set(rows)))
    for name in missing:
        if name not in there:
            report.malformed("box.missing", name=name)
    total = 0
    for name in sorted(there & set(rows)):
        total += box.size(name)
        _manifest_file(box, rows[name], report)
    with_sm3 = any("sm3" in row for row in rows.values())
    report.fine(
        "manifest.read",
        files=len(rows),
        bytes=total,
        sums="SHA-256, SM3" if with_sm3 else "SHA-256",
    )
    report.stated("manifest.digest", digest=hashlib.sha256(box.read("manifest.json")).hexdigest())
    _manifest_checker(rows, report)
    return not any(name in NEEDED for name in missing)


def _manifest_file(box: Box, row: Mapping[str, Any], report: Report) -> None:
    name = row["path"]
    found = hashlib.sha256()
    try:
        for chunk in box.chunks(name):
            found.update(chunk)
        if box.size(name) != row["bytes"] or found.hexdigest() != row["sha256"]:
            report.differs("manifest.changed", name=name)
        elif "sm3" in row and _box_sm3(box.chunks(name)) != row["sm3"]:
            report.differs("manifest.changed_sm3", name=name)
        if name.startswith("raw/") and row["sha256"] != name[4:]:
            report.differs("manifest.raw_name", name=name)
    except Malformed as wrong:
        report.malformed(wrong.key, **wrong.values)


def _manifest_checker(rows: Mapping[str, Mapping[str, Any]], report: Report) -> None:
    """Say whether the checker in the bundle is this file."""
    if "verify.py" not in rows:
        return
    try:
        with open(os.path.abspath(__file__), "rb") as file:
            own = hashlib.sha256(file.read()).hexdigest()
    except (OSError, NameError):
        return
    same = own == rows["verify.py"]["sha256"]
    report.stated("manifest.checker_same" if same else "manifest.checker_other", digest=own)


WORDS.update(
    {
        "box.no_zip": (
            "this is no whole zip: its end is missing. Was it cut off on the way?",
            "这不是完整的 zip 文件：结尾缺失。传送途中可能被截断。",
        ),
        "box.cut": (
            "the zip is cut off or points outside itself",
            "zip 文件不完整，或指向了文件之外",
        ),
        "box.end": (
            "the last record of the zip contradicts the file",
            "zip 的结尾记录与文件不一致",
        ),
        "box.comment": (
            "the comment of the zip is not that of a bundle",
            "zip 的注释不是证据包应有的注释",
        ),
        "box.directory": (
            "the directory of the zip cannot be read",
            "zip 的目录无法读取",
        ),
        "box.field": (
            "the zip says something of {name} that no bundle says",
            "zip 中关于 {name} 的记载不符合证据包格式",
        ),
        "box.gap": (
            "the zip has bytes that belong to no file, or overlap ({name})",
            "zip 中有不属于任何文件或互相重叠的字节（{name}）",
        ),
        "box.order": (
            "the files do not stand in their order",
            "文件没有按规定的顺序排列",
        ),
        "box.name": (
            "a file has a name that no bundle may have: {name}",
            "有文件使用了证据包不允许的名称：{name}",
        ),
        "box.double": (
            "two files would be one on some computers: {name}",
            "在某些电脑上会有两个文件重名：{name}",
        ),
        "box.link": (
            "{name} is a link or a device, no file",
            "{name} 是链接或设备，不是文件",
        ),
        "box.large": (
            "{name} is larger than this program reads (see --max-bytes)",
            "{name} 超出本程序愿意读取的大小（见 --max-bytes）",
        ),
        "box.many": (
            "{count} files are more than a bundle has",
            "{count} 个文件，超出证据包可能的数量",
        ),
        "box.content": (
            "{name} does not unpack to what the zip says",
            "{name} 解压后与 zip 的记载不符",
        ),
        "box.missing": ("{name} is missing", "缺少 {name}"),
        "box.line": ("the last line of {name} has no end", "{name} 的最后一行没有结束"),
        "box.folder": (
            "This is an unpacked folder, so there is no container to check; every file is held to the manifest.",
            "这是已解压的文件夹，没有压缩包可核对；以下按清单核对每个文件。",
        ),
        "box.litter": (
            "Left aside: {count} files that an operating system puts into folders, such as .DS_Store.",
            "另有 {count} 个由操作系统放入文件夹的文件（如 .DS_Store），不在核对之列。",
        ),
        "box.repacked": (
            "Somebody packed this zip anew: the seal of the container is missing. The files are checked below; ask for"
            " the bundle as it was written, or give the unpacked folder.",
            "此 zip 被人重新打包过，容器的封印已不在。以下仍核对其中的文件；"
            "请索取原始证据包，或改为核对解压后的文件夹。",
        ),
        "box.digest": (
            "The zip was changed after it was written: its own digest does not fit.",
            "zip 写成之后被改动过：它自带的校验值不符。",
        ),
        "box.sound": (
            "The zip is whole: {members} files, not one byte besides, and its own digest fits ({digest}).",
            "zip 完整：{members} 个文件，没有任何多余字节，自带的校验值相符（{digest}）。",
        ),
        "manifest.shape": (
            "manifest.json is not built as its format says",
            "manifest.json 的结构不符合格式",
        ),
        "manifest.schema": (
            "the format {schema} is not one this program knows",
            "本程序不认识格式 {schema}",
        ),
        "manifest.path": (
            "the manifest names {name}, which no bundle has or is out of order",
            "清单列有不应有或次序不对的文件：{name}",
        ),
        "manifest.sums_shape": (
            "manifest.sha256 is no list of digests",
            "manifest.sha256 不是校验值列表",
        ),
        "manifest.sums": (
            "manifest.sha256 does not fit manifest.json or a file beside it.",
            "manifest.sha256 与 manifest.json 或其旁附文件不符。",
        ),
        "manifest.extra": (
            "{name} is in the bundle, but the manifest does not name it. Remove it if you put it there.",
            "证据包里有清单未列出的文件 {name}。如果是您放进去的，请移除。",
        ),
        "manifest.changed": (
            "{name} was changed: its length or SHA-256 is not the manifest's.",
            "{name} 被改动过：长度或 SHA-256 与清单不符。",
        ),
        "manifest.changed_sm3": (
            "{name}: its SM3 is not the manifest's.",
            "{name} 的 SM3 与清单不符。",
        ),
        "manifest.raw_name": (
            "{name} is not named by its own SHA-256.",
            "{name} 的名称不是它自身的 SHA-256。",
        ),
        "manifest.read": (
            "Every file was held to the manifest: {files} files, {bytes} bytes, {sums}.",
            "已按清单核对每个文件：{files} 个文件，{bytes} 字节，{sums}。",
        ),
        "manifest.digest": (
            "SHA-256 of manifest.json: {digest}. Compare it with the one noted when the bundle was made; whoever can"
            " change a bundle can make a new manifest too.",
            "manifest.json 的 SHA-256：{digest}。请与制作证据包时记下的值比对；能改动证据包的人也能重做清单。",
        ),
        "manifest.checker_same": (
            "The verify.py in the bundle is this very file ({digest}).",
            "证据包中的 verify.py 与正在运行的文件完全相同（{digest}）。",
        ),
        "manifest.checker_other": (
            "The verify.py in the bundle is another version than the one that runs now ({digest}).",
            "证据包中的 verify.py 与正在运行的版本（{digest}）不同。",
        ),
        "load.hex": ("{name} is no SHA-256 in hex", "{name} 不是十六进制的摘要"),
    }
)
# --- loading: every line of every file, strictly

KINDS = (
    "ok",
    "empty",
    "partial",
    "throttled",
    "quota",
    "unsupported",
    "auth",
    "split-range",
    "down",
)
PAYS = ("balance", "outside", "pot", "theft")
SHARED = ("amount", "price", "rest", "equal")
_LOAD_EVM = re.compile(r"0x[0-9a-f]{40}", re.ASCII)
_LOAD_TRON = re.compile(r"T[1-9A-HJ-NP-Za-km-z]{33}", re.ASCII)
_LOAD_TX = re.compile(r"(0x)?[0-9a-f]{64}|GENESIS_0x[0-9a-fA-F]{40}", re.ASCII)
_LOAD_ASSET = re.compile(r"native|0x[0-9a-f]{40}(#[0-9]+)?|T[1-9A-HJ-NP-Za-km-z]{33}|[0-9]{1,20}", re.ASCII)
_LOAD_CHAIN = re.compile(r"eip155:[1-9][0-9]{0,17}|tron:mainnet", re.ASCII)
_LOAD_CLOCK = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|\+00:00)",
    re.ASCII,
)


def _load_rows(box: Box, name: str, fields: str) -> Iterator[Dict[str, Any]]:
    """The objects of a .jsonl file, each with exactly these fields in this order. Raises `Malformed`."""
    wanted = fields.split()
    for number, line in enumerate(box.lines(name), 1):
        row = own_json(line, "%s:%d" % (name, number))
        if not isinstance(row, dict) or list(row) != wanted:
            raise Malformed("load.fields", file=name, line=number)
        yield row


def _load_shape(row: Any, fields: str, where: str) -> Dict[str, Any]:
    if not isinstance(row, dict) or list(row) != fields.split():
        raise Malformed("load.shape", where=where)
    return row


def _load_is(pattern: Any, row: Mapping[str, Any], name: str) -> str:
    value = text(row, name)
    if len(value) > 300 or not pattern.fullmatch(value):
        raise Malformed("load.form", name=name, text=value[:60])
    return value


def _load_one_of(row: Mapping[str, Any], name: str, values: Sequence[str]) -> str:
    value = text(row, name)
    if value not in values:
        raise Malformed("load.form", name=name, text=value[:60])
    return value


def _load_address(row: Mapping[str, Any], name: str, *, fee: bool = False) -> str:
    value = text(row, name)
    if (fee and value == "fee") or _LOAD_EVM.fullmatch(value) or _LOAD_TRON.fullmatch(value):
        return value
    raise Malformed("load.form", name=name, text=value[:60])


def _load_flag(row: Mapping[str, Any], name: str) -> bool:
    value = row.get(name)
    if not isinstance(value, bool):
        raise Malformed("load.form", name=name, text=str(value)[:60])
    return value


def _load_texts(row: Mapping[str, Any], name: str) -> Tuple[str, ...]:
    value = listed(row, name)
    if not all(isinstance(one, str) for one in value):
        raise Malformed("field.text", name=name)
    return tuple(value)


def _load_numbers(row: Mapping[str, Any], name: str, below: int) -> Tuple[int, ...]:
    value = listed(row, name)
    for one in value:
        if not isinstance(one, int) or isinstance(one, bool) or not 0 <= one < below:
            raise Malformed("load.reference", name=name)
    return tuple(value)


def _load_number(row: Mapping[str, Any], name: str, below: int) -> Optional[int]:
    """A reference to something numbered from nil, or null."""
    return None if row.get(name) is None else _load_numbers({name: [row[name]]}, name, below)[0]


def _load_params(case: Case, params: Any) -> None:
    """Check params.json's shape. Raises `Malformed`."""
    _load_shape(
        params,
        "schema reference version python packages lock generation question thresholds victims own through chains seeds"
        " least",
        "params.json",
    )
    if params["schema"] != SCHEMA:
        raise Malformed("manifest.schema", schema=str(params["schema"])[:60])
    for name in ("reference", "version", "python", "lock"):
        text(params, name)
    for name in ("packages", "question", "thresholds", "chains"):
        if not isinstance(params[name], dict):
            raise Malformed("load.shape", where="params.json/" + name)
    whole(params, "generation")
    for name, chain in params["chains"].items():
        _load_params_chain(name, chain)
    for victim in listed(params, "victims"):
        _load_shape(victim, "chain address since low tx_index", "params.json/victims")
        _load_one_of(victim, "chain", list(params["chains"]))
        _load_address(victim, "address")
        text(victim, "since")
        whole(victim, "low")
        if victim["tx_index"] is not None:
            whole(victim, "tx_index")
    _load_params_lists(params)
    _load_packages(params)
    case.params = params


def _load_params_chain(name: str, chain: Any) -> None:
    _load_shape(chain, "family name coin decimals wrapped horizon", "params.json/chains")
    if not _LOAD_CHAIN.fullmatch(name) or chain["family"] != ("evm" if name.startswith("eip155:") else "tron"):
        raise Malformed("load.form", name="chain", text=name[:60])
    for field in ("name", "coin", "wrapped"):
        text(chain, field)
    whole(chain, "decimals")
    whole(chain, "horizon")


def _load_params_lists(params: Mapping[str, Any]) -> None:
    for name in ("own", "through"):
        for pair in listed(params, name):
            if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(one, str) for one in pair):
                raise Malformed("load.shape", where="params.json/" + name)
    for least in listed(params, "least"):
        _load_shape(least, "chain asset units", "params.json/least")
        _load_one_of(least, "chain", list(params["chains"]))
        _load_is(_LOAD_ASSET, least, "asset")
        units(least, "units")
    for seed in listed(params, "seeds"):
        _load_shape(seed, "origin ledger", "params.json/seeds")
        text(seed, "origin")
        whole(seed, "ledger")


def _load_packages(params: Mapping[str, Any]) -> None:
    packages = params["packages"]
    if not all(isinstance(version, str) for version in packages.values()) or list(packages) != sorted(packages):
        raise Malformed("load.shape", where="params.json/packages")
    lock = "".join("%s==%s\n" % pair for pair in sorted(packages.items()))
    if params["lock"] and params["lock"] != hashlib.sha256(lock.encode()).hexdigest():
        raise Malformed("load.lock")


def _load_question(row: Mapping[str, Any]) -> Tuple[str, str, Dict[str, str], Any]:
    """(method, path, query, body) of an answer's question. Raises `Malformed`."""
    question = text(row, "question")
    source, _, rest = question.partition(" ")
    method, _, rest = rest.partition(" ")
    path, mark, rest = rest.partition("?")
    if source != row["source"] or method not in ("GET", "POST") or not mark or " " in path:
        raise Malformed("load.question", text=question[:120])
    body: Any = None
    query = rest
    if method == "POST":
        query, space, asked = rest.partition(" ")
        body = own_json(asked.encode("utf-8", "surrogatepass"), "question") if space else None
    pairs = [one.partition("=") for one in query.split("&")] if query else []
    return method, path, {name: value for name, _, value in pairs}, body


def _load_chain(source: str, path: str, query: Mapping[str, str], chains: Sequence[str]) -> str:
    """The chain an answer speaks of, "" where its question does not tell.

    Two sources have an address of their own for every chain: theirs is the case's, when it has one only.
    """
    if source == "trongrid":
        return "tron:mainnet"
    if source in ("hypersync", "sqd"):
        tron = "tron-mainnet" in path
        fitting = [chain for chain in chains if chain.startswith("tron:") == tron]
        return fitting[0] if len(fitting) == 1 else ""
    number = ""
    if source == "etherscan":
        number = query.get("chainid", "")
    elif source == "routescan":
        number = (re.findall(r"/(\d+)(?:/|$)", path, re.ASCII) or [""])[0]
    else:
        number = (re.findall(r"^[a-z]+\.(\d+)(?:\.|$)", source, re.ASCII) or [""])[0]
    return "eip155:" + number if number else ""


def _load_answers(case: Case, box: Box) -> None:
    fields = "n generation source host question asked_at status headers kind detail sha256 bytes"
    generation = case.params["generation"]
    raws = set()
    before = 0
    for number, row in enumerate(_load_rows(box, "answers.jsonl", fields), 1):
        if whole(row, "n") <= before:
            raise Malformed("load.order", file="answers.jsonl", line=number)
        for name in ("source", "host", "detail"):
            text(row, name)
        _load_is(_LOAD_CLOCK, row, "asked_at")
        if not isinstance(row["headers"], dict):
            raise Malformed("load.form", name="headers", text="")
        status = None if row["status"] is None else whole(row, "status")
        method, path, query, body = _load_question(row)
        answer = Answer(
            n=row["n"],
            generation=whole(row, "generation"),
            source=row["source"],
            host=row["host"],
            question=row["question"],
            method=method,
            path=path,
            query=query,
            body=body,
            chain=_load_chain(row["source"], path, query, list(case.params["chains"])),
            status=status,
            kind=_load_one_of(row, "kind", KINDS),
            sha256=_box_hex(row, "sha256"),
        )
        name = "raw/" + answer.sha256
        if name not in box:
            raise Malformed("box.missing", name=name)
        if box.size(name) != whole(row, "bytes"):
            raise Malformed("load.bytes", name=name)
        raws.add(name)
        before = answer.n
        case.answers[answer.n] = answer
        if answer.generation == generation:
            case.last[answer.question] = answer.n
    for name in sorted(one for one in box.names if one.startswith("raw/") and one not in raws):
        raise Malformed("load.raw", name=name)


def _load_ledger(case: Case, box: Box) -> None:
    fields = "n chain tx position time asset from to amount nth answer place"
    chains = list(case.params["chains"])
    before: Tuple[Any, ...] = ()
    for number, row in enumerate(_load_rows(box, "ledger.jsonl", fields), 1):
        height, tx_index, kind, index = place_of(text(row, "position"))
        line = Line(
            n=whole(row, "n"),
            chain=_load_one_of(row, "chain", chains),
            tx=_load_is(_LOAD_TX, row, "tx"),
            height=height,
            tx_index=tx_index,
            kind=kind,
            index=index,
            time=whole(row, "time"),
            asset=_load_is(_LOAD_ASSET, row, "asset"),
            sender=_load_address(row, "from"),
            receiver=_load_address(row, "to", fee=True),
            amount=units(row, "amount"),
            nth=whole(row, "nth"),
            answer=whole(row, "answer"),
            place=text(row, "place"),
        )
        key = (line.chain, height, tx_index, kind, index, line.tx, *line[8:13])
        if line.n != number or key < before:
            raise Malformed("load.order", file="ledger.jsonl", line=number)
        if line.answer not in case.answers:
            raise Malformed("load.reference", name="answer")
        before = key
        case.ledger.append(line)


def _load_held(case: Case, row: Mapping[str, Any], name: str) -> Optional[Held]:
    if row[name] is None:
        return None
    held = _load_shape(row[name], "amount at answer", "accounts.jsonl/" + name)
    if held["answer"] not in case.answers or isinstance(held["answer"], bool):
        raise Malformed("load.reference", name="answer")
    return Held(
        units(held, "amount"),
        None if held["at"] is None else whole(held, "at"),
        held["answer"],
    )


def _load_accounts(case: Case, box: Box) -> None:
    before = ("", "", "")
    for number, row in enumerate(
        _load_rows(box, "accounts.jsonl", "chain address asset low opening weak balance before"),
        1,
    ):
        account = Account(
            chain=_load_one_of(row, "chain", list(case.params["chains"])),
            address=_load_address(row, "address"),
            asset=_load_is(_LOAD_ASSET, row, "asset"),
            low=whole(row, "low"),
            opening=units(row, "opening"),
            weak=_load_texts(row, "weak"),
            balance=_load_held(case, row, "balance"),
            before=_load_held(case, row, "before"),
        )
        if account[:3] <= before:
            raise Malformed("load.order", file="accounts.jsonl", line=number)
        before = account[:3]
        case.accounts[before] = account


def _load_sum(case: Case, box: Box) -> None:
    fields = "row ledger chain tx position time asset from to amount pays origin kept into out_of via"
    origins = {one["id"]: place for place, one in enumerate(case.trace["origins"])}
    pots = sum(1 for _ in box.lines("pots.jsonl"))
    for number, row in enumerate(_load_rows(box, "sum.jsonl", fields)):
        ledger = _load_number(row, "ledger", len(case.ledger) + 1)
        place_of(text(row, "position"))
        if whole(row, "row") != number or ledger == 0:
            raise Malformed("load.order", file="sum.jsonl", line=number + 1)
        if row["origin"] is not None and row["origin"] not in origins:
            raise Malformed("load.reference", name="origin")
        case.rows.append(
            Row(
                row=number,
                ledger=ledger,
                chain=_load_one_of(row, "chain", list(case.params["chains"])),
                tx=_load_is(_LOAD_TX, row, "tx"),
                position=row["position"],
                time=whole(row, "time"),
                asset=_load_is(_LOAD_ASSET, row, "asset"),
                sender=_load_address(row, "from"),
                receiver=_load_address(row, "to", fee=True),
                amount=units(row, "amount"),
                pays=_load_one_of(row, "pays", PAYS),
                origin=-1 if row["origin"] is None else origins[row["origin"]],
                kept=_load_flag(row, "kept"),
                into=_load_number(row, "into", pots),
                out_of=_load_number(row, "out_of", pots),
                via=_load_texts(row, "via"),
            )
        )
    for seed in case.params["seeds"]:
        if seed["origin"] not in origins or not 0 < seed["ledger"] <= len(case.ledger):
            raise Malformed("load.reference", name="seeds")


def _load_pots(case: Case, box: Box) -> None:
    fields = "pot chain tx kind ins outs weights values shared linked"
    for number, row in enumerate(_load_rows(box, "pots.jsonl", fields)):
        shared = _load_texts(row, "shared")
        pot = Pot(
            pot=whole(row, "pot"),
            chain=_load_one_of(row, "chain", list(case.params["chains"])),
            tx=_load_is(_LOAD_TX, row, "tx"),
            kind=text(row, "kind"),
            ins=_load_numbers(row, "ins", len(case.rows)),
            outs=_load_numbers(row, "outs", len(case.rows)),
            weights=tuple(units({"weights": one}, "weights") for one in listed(row, "weights")),
            values=tuple(units({"values": one}, "values") for one in listed(row, "values")),
            shared=(shared[0], shared[1]) if len(shared) == 2 else ("", ""),
            linked=_load_flag(row, "linked"),
        )
        if pot.pot != number or not set(pot.shared) <= set(SHARED):
            raise Malformed("load.order", file="pots.jsonl", line=number + 1)
        if len(pot.weights) != len(pot.ins) or len(pot.values) != len(pot.outs):
            raise Malformed("load.fields", file="pots.jsonl", line=number + 1)
        case.pots.append(pot)


def _load_labels(case: Case, labels: Any) -> None:
    _load_shape(labels, "lists said", "labels.json")
    if not isinstance(labels["lists"], dict) or not isinstance(labels["said"], dict):
        raise Malformed("load.shape", where="labels.json")
    for rows in labels["said"].values():
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Malformed("load.shape", where="labels.json/said")
    case.labels = labels


def _load_trace(case: Case, trace: Any) -> None:
    """The result's own parts, of the right kind; what they say is held to the sum later. Raises `Malformed`."""
    lists = "as_of origins stolen endpoints flows conversions addresses totals unverified gaps"
    if not isinstance(trace, dict) or trace.get("schema") != "stolen-funds-trace/1":
        raise Malformed("load.shape", where="trace.json")
    text(trace, "method")
    for older in ("corroborations", "inclusions"):
        trace.setdefault(older, [])
    for name in [*lists.split(), "corroborations", "inclusions"]:
        if not all(isinstance(one, dict) for one in listed(trace, name)):
            raise Malformed("load.shape", where="trace.json/" + name)
    for origin in trace["origins"]:
        text(origin, "id")
    if len({one["id"] for one in trace["origins"]}) != len(trace["origins"]):
        raise Malformed("load.shape", where="trace.json/origins")
    case.trace = trace


CORROBORATION = "chain tx role first second verdict why"
INCLUSION = "chain tx role block hash transaction receipt source why"


def _load_checked(case: Case, box: Box) -> None:
    """What second sources and the chain itself said. Raises `Malformed`."""
    for row in _load_rows(box, "corroborations.jsonl", CORROBORATION + " first_answers second_answers"):
        for name in ("chain", "tx", "first", "second"):
            text(row, name)
        _load_one_of(row, "role", ("theft", "endpoint", "transfer"))
        _load_one_of(row, "verdict", ("agrees", "differs", "unconfirmed"))
        _load_texts(row, "why")
        for name in ("first_answers", "second_answers"):
            if not set(_load_numbers(row, name, 1 << 62)) <= set(case.answers):
                raise Malformed("load.reference", name=name)
        case.corroborations.append(row)
    for row in _load_rows(box, "proofs.jsonl", INCLUSION + " proof answers"):
        for name in ("tx", "hash", "source", "why"):
            text(row, name)
        _load_one_of(row, "chain", list(case.params["chains"]))
        _load_one_of(row, "role", ("theft", "endpoint", "transfer"))
        _load_one_of(row, "transaction", ("proven", "unproven"))
        _load_one_of(row, "receipt", ("proven", "unproven"))
        whole(row, "block")
        if not set(_load_numbers(row, "answers", 1 << 62)) <= set(case.answers):
            raise Malformed("load.reference", name="answers")
        case.proofs.append(row)


def load(box: Box) -> Case:
    """The whole case. Raises `Malformed`."""
    case = Case(box.read, box.names)
    _load_params(case, own_json(box.read("params.json"), "params.json"))
    _load_trace(case, own_json(box.read("trace.json"), "trace.json"))
    _load_labels(case, own_json(box.read("labels.json"), "labels.json"))
    case.prices = own_json(box.read("prices.json"), "prices.json")
    if not isinstance(case.prices, list):
        raise Malformed("load.shape", where="prices.json")
    for price in case.prices:
        _load_shape(
            price,
            "chain asset time usd source assumed_peg confidence answer",
            "prices.json",
        )
    if not isinstance(own_json(box.read("state.json"), "state.json"), dict):
        raise Malformed("load.shape", where="state.json")
    _load_answers(case, box)
    _load_ledger(case, box)
    _load_accounts(case, box)
    _load_sum(case, box)
    _load_pots(case, box)
    _load_checked(case, box)
    return case


def check_loaded(case: Case, report: Report) -> None:
    """Say what was loaded, and remember what the result calls its assets."""
    for name in ("stolen", "endpoints", "addresses"):
        for row in case.trace[name]:
            asset = row.get("asset")
            if isinstance(asset, dict) and isinstance(asset.get("symbol"), str) and isinstance(asset.get("id"), str):
                report.symbols.setdefault(asset["id"], asset["symbol"][:20])
    report.fine(
        "load.read",
        answers=len(case.answers),
        transfers=len(case.ledger),
        accounts=len(case.accounts),
        rows=len(case.rows),
    )


WORDS.update(
    {
        "load.fields": (
            "{file}, line {line}: not the fields of its format",
            "{file} 第 {line} 行：字段不符合格式",
        ),
        "load.shape": (
            "{where} is not built as its format says",
            "{where} 的结构不符合格式",
        ),
        "load.form": ("{name} has no sound form: {text}", "{name} 的写法不对：{text}"),
        "load.reference": (
            "{name} refers to something that is not there",
            "{name} 指向不存在的内容",
        ),
        "load.order": (
            "{file}, line {line}: number or order is wrong",
            "{file} 第 {line} 行：编号或次序不对",
        ),
        "load.question": ("no question to a source: {text}", "不是有效的查询：{text}"),
        "load.bytes": (
            "{name} has another length than answers.jsonl says",
            "{name} 的长度与 answers.jsonl 不符",
        ),
        "load.raw": ("{name} belongs to no answer", "{name} 不属于任何应答"),
        "load.lock": (
            "the digest of the packages is not that of their list",
            "软件包列表的摘要不符",
        ),
        "load.read": (
            "Read: {answers} answers of sources, {transfers} transfers, {accounts} followed accounts, {rows} rows of"
            " the sum.",
            "已读取：数据源应答 {answers} 份、转账 {transfers} 笔、所追踪的账户 {accounts} 个、计算表 {rows} 行。",
        ),
    }
)
# --- what answers show: EVM chains

ZERO = "0x" + "0" * 40
FEES = "fee"

_EVM_TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
_EVM_DEPOSIT = "0xe1fffcc4923d04b559f4d29a8bfc6cda04eb5b0d3c460751c2402c5c5cc9109c"
_EVM_WITHDRAWAL = "0x7fcf532c15f0a6db0bd6d0e038bea71d30d808c7d98cb3bf7268a95bf5081b65"
_EVM_LIQUIDITY_IN = "0x3067048beee31b25b2f1681f88dac838c8bba36af25bfb2b7cf7473a5847e35f"
_EVM_COLLECTED = "0x40d0efd1a53d60ecbf40971b9daf7dc90178c3aadc7aab1765632738fa8b8f01"

# Questions whose answers hold no movement that is followed: balances, code, calls, block numbers, NFTs.
_EVM_SILENT = re.compile(
    "eth_(chainId|blockNumber|getBalance|getCode|call|getTransactionCount|getStorageAt|gasPrice|estimateGas|syncing)"
    "|net_version|web3_clientVersion|ots_(getApiLevel|hasCode|getContractCreator)|balance|balancemulti|tokenbalance"
    "|tokennfttx|token1155tx|getblocknobytime|getsourcecode|getabi|getcontractcreation|tokeninfo|tokensupply"
)


class Found:
    """What one answer shows.

    ``shown``: (place, movement, note); a note tells what is no plain movement: ``wrap`` a log of the wrapped coin,
    ``own`` a call that may be the transaction itself, ``position`` a log of a liquidity position (amount -1: not told),
    ``part`` a record that does not say who paid, or who was paid ("" there).
    ``failed``: transactions that failed; ``reverted``: calls that did, with all below them; ``where``: height, index
    and time of transactions; ``clock``: time of blocks by height. -1 or None where the answer does not say.
    """

    def __init__(self, chain: str) -> None:
        self.chain = chain
        self.shown: List[Tuple[str, Movement, str]] = []
        self.failed: Set[str] = set()
        self.reverted: Set[Tuple[str, Tuple[int, ...]]] = set()
        self.where: Dict[str, Tuple[int, int, Optional[int]]] = {}
        self.clock: Dict[int, int] = {}
        self.hints: Dict[str, Tuple[int, ...]] = {}
        self.sent: Dict[str, str] = {}
        self.priced: Set[str] = set()

    def at(self, tx: str, height: int, tx_index: int, time: Optional[int]) -> None:
        """Remember where a transaction is; what is known already stays."""
        old = self.where.get(tx, (-1, -1, None))
        self.where[tx] = (
            old[0] if old[0] >= 0 else height,
            old[1] if old[1] >= 0 else tx_index,
            time if old[2] is None else old[2],
        )

    def add(
        self,
        place: str,
        tx: str,
        kind: int,
        move: Tuple[str, str, str, int],
        index: Tuple[int, ...],
        note: str = "",
    ) -> None:
        """One movement: asset, sender, receiver and amount. Nil is none."""
        tx = sys.intern(tx)
        height, tx_index, time = self.where.get(tx, (-1, -1, None))
        if kind == 0:
            self.priced.add(tx)
        if move[3]:
            who = (sys.intern(move[0]), sys.intern(move[1]), sys.intern(move[2]), move[3])
            self.shown.append((place, Movement(self.chain, tx, kind, *who, height, tx_index, index, time), note))

    def holds(self, movement: Movement) -> bool:
        """False where the transaction failed, or a call or one above it was undone."""
        if movement.kind == 0:
            return True
        if movement.tx in self.failed:
            return False
        if movement.kind != 2 or not self.reverted:
            return True
        return not any((movement.tx, movement.index[:n]) in self.reverted for n in range(len(movement.index) + 1))


def found_in(answer: Answer, data: Any) -> Optional[Found]:
    """All that an answer shows; None where the question is of a kind that is not known. Raises `Malformed`."""
    family = answer.source.split(".")[0]
    if family == "prices":
        return Found(answer.chain)
    asked = answer.body if isinstance(answer.body, dict) else {}
    if family == "trongrid" or asked.get("type") == "tron" or answer.chain.startswith("tron"):
        return tron_found(answer, data)
    try:
        return _evm_found(answer, family, data)
    except (KeyError, TypeError, AttributeError, IndexError):
        raise Malformed("record.shape", answer=answer.n) from None


def records(answer: Answer, data: Any) -> Optional[Iterator[Tuple[str, Movement]]]:
    """Every movement that a record of this answer shows, with its place. None where the question is not known."""
    found = found_in(answer, data)
    if found is None:
        return None
    return ((place, one) for place, one, note in found.shown if note in ("", "wrap", "own") and found.holds(one))


def _evm_found(answer: Answer, family: str, data: Any) -> Optional[Found]:
    found = Found(answer.chain)
    if family == "hypersync":
        _evm_hypersync(found, data)
        return found
    if family == "sqd":
        _evm_sqd(found, data)
        return found
    if isinstance(answer.body, dict) and isinstance(answer.body.get("method"), str):
        return _evm_rpc(found, answer.body["method"], answer.body.get("params") or [], data)
    if family in ("etherscan", "routescan", "blockscout"):
        return _evm_explorer(found, answer.query, data)
    return None


def _evm_explorer(found: Found, query: Mapping[str, str], data: Any) -> Optional[Found]:
    action = query.get("action", "")
    if query.get("module") == "proxy":
        return _evm_rpc(found, action, [query.get("txhash", "")], data)
    if _EVM_SILENT.fullmatch(action):
        return found
    readers = {"txlist": _evm_txlist, "txlistinternal": _evm_internal, "tokentx": _evm_tokentx, "getLogs": _evm_logs}
    if action not in readers:
        return None
    rows = data.get("result") if isinstance(data, dict) else None
    if isinstance(rows, list):
        readers[action](found, rows, query.get("txhash", ""))
    return found


def _evm_int(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"0x[0-9a-fA-F]{0,200}", value):
        return int(value[2:] or "0", 16)
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,200}", value, re.ASCII):
        return int(value)
    raise Malformed("record.number", value=str(value)[:40])


def _evm_maybe(value: Any, otherwise: int) -> int:
    return otherwise if value is None or value == "" else _evm_int(value)


def _evm_time(row: Mapping[str, Any]) -> Optional[int]:
    for name in ("timeStamp", "blockTimestamp", "timestamp"):
        if row.get(name) is not None:
            return _evm_int(row[name])
    return None


def _evm_address(value: Any) -> str:
    """An address in lower case, "" where there is none."""
    if isinstance(value, str) and re.fullmatch(r"0x[0-9a-fA-F]{40}", value):
        return value.lower()
    if value is None or value == "":
        return ""
    raise Malformed("record.address", value=str(value)[:60])


def _evm_word(topic: str) -> str:
    return "0x" + topic[-40:].lower()


def _evm_txlist(found: Found, rows: List[Any], _tx: str) -> None:
    for i, row in enumerate(rows):
        first = row["from"] == "GENESIS"  # what the first block gave; its hash is GENESIS_ and an address
        tx = row["hash"] if first else row["hash"].lower()
        found.at(tx, _evm_int(row["blockNumber"]), _evm_maybe(row.get("transactionIndex"), -1), _evm_time(row))
        if row.get("isError") == "1" or row.get("txreceipt_status") == "0":
            found.failed.add(tx)
        fee = _evm_int(row["gasUsed"]) * _evm_int(row["gasPrice"]) + _evm_maybe(row.get("L1FeesPaid"), 0)
        sender = ZERO if first else _evm_address(row["from"])
        found.add(f"/result/{i}", tx, 0, ("native", sender, FEES, fee), (0,))
        receiver = _evm_address(row["to"]) or _evm_address(row.get("contractAddress"))
        found.add(f"/result/{i}", tx, 1, ("native", sender, receiver, _evm_int(row["value"])), (0,))


def _evm_internal(found: Found, rows: List[Any], asked: str) -> None:
    for i, row in enumerate(rows):
        tx = (row.get("hash") or row.get("transactionHash") or asked).lower()
        found.at(tx, _evm_maybe(row.get("blockNumber"), -1), -1, _evm_time(row))
        kind = str(row.get("type", "")).lower()
        moves = kind in ("call", "create", "create2", "suicide", "selfdestruct")
        if not moves or str(row.get("callType") or "call").lower() != "call" or row.get("isError") == "1":
            continue
        receiver = _evm_address(row["to"]) or _evm_address(row.get("contractAddress"))
        move = ("native", _evm_address(row["from"]), receiver, _evm_int(row["value"]))
        first = row.get("index") == "0" and "traceId" not in row
        found.add(f"/result/{i}", tx, 2, move, (), "own" if first else "")
        number = str(i) if asked else str(row.get("traceId") or row.get("index"))
        if re.fullmatch(r"[0-9]{1,9}(_[0-9]{1,9})*", number, re.ASCII):
            found.hints[f"/result/{i}"] = tuple(int(part) for part in number.split("_"))


def _evm_tokentx(found: Found, rows: List[Any], _tx: str) -> None:
    for i, row in enumerate(rows):
        tx = row["hash"].lower()
        found.at(tx, _evm_int(row["blockNumber"]), _evm_maybe(row.get("transactionIndex"), -1), _evm_time(row))
        index = (_evm_int(row["logIndex"]),) if row.get("logIndex") else ()
        sender, receiver = _evm_address(row["from"]) or ZERO, _evm_address(row["to"]) or ZERO
        move = (_evm_address(row["contractAddress"]), sender, receiver, _evm_int(row["value"]))
        found.add(f"/result/{i}", tx, 3, move, index)


def _evm_logs(found: Found, rows: List[Any], _tx: str = "", before: str = "/result") -> None:
    for i, row in enumerate(rows):
        if row.get("removed") is not True:
            tx = row["transactionHash"].lower()
            found.at(tx, _evm_int(row["blockNumber"]), _evm_int(row["transactionIndex"]), _evm_time(row))
            _evm_log(found, f"{before}/{i}", tx, row["address"], row["topics"], row["data"], _evm_int(row["logIndex"]))


def _evm_log(
    found: Found, place: str, tx: str, emitter: str, words: Sequence[Any], data: Optional[str], index: int
) -> None:
    topics = [word.lower() for word in words if word]
    data, emitter = (data or "0x").lower(), emitter.lower()
    first = topics[0] if topics else ""
    position = _evm_position(emitter, topics, data)
    if position:
        found.add(place, tx, 3, position, (index,), "position")
    elif len(data) != 66:
        return
    elif first == _EVM_TRANSFER and len(topics) == 3:
        move = (emitter, _evm_word(topics[1]), _evm_word(topics[2]), int(data, 16))
        found.add(place, tx, 3, move, (index,))
    elif first == _EVM_DEPOSIT and len(topics) == 2:
        found.add(place, tx, 3, (emitter, ZERO, _evm_word(topics[1]), int(data, 16)), (index,), "wrap")
    elif first == _EVM_WITHDRAWAL and len(topics) == 2:
        found.add(place, tx, 3, (emitter, _evm_word(topics[1]), ZERO, int(data, 16)), (index,), "wrap")


def _evm_position(emitter: str, topics: Sequence[str], data: str) -> Optional[Tuple[str, str, str, int]]:
    """What a log says of a liquidity position: it grew, was paid out of, or went to somebody else. "" is not told."""
    if len(topics) == 2 and topics[0] == _EVM_LIQUIDITY_IN and len(data) >= 66:
        return f"{emitter}#{int(topics[1], 16)}", ZERO, "", int(data[2:66], 16)
    if len(topics) == 2 and topics[0] == _EVM_COLLECTED:
        return f"{emitter}#{int(topics[1], 16)}", "", ZERO, CLEAN
    if len(topics) == 4 and topics[0] == _EVM_TRANSFER and ZERO not in map(_evm_word, topics[1:3]):
        return f"{emitter}#{int(topics[3], 16)}", _evm_word(topics[1]), _evm_word(topics[2]), CLEAN
    return None


def _evm_rpc(found: Found, method: str, params: Sequence[Any], data: Any) -> Optional[Found]:
    if _EVM_SILENT.fullmatch(method):
        return found
    if method not in _EVM_METHODS:
        return None
    result = data.get("result") if isinstance(data, dict) else None
    if isinstance(result, (dict, list)) and result:
        asked = params[0].lower() if params and isinstance(params[0], str) else ""
        _EVM_METHODS[method](found, result, asked)
    return found


def _evm_receipt(found: Found, row: Any, _asked: str = "", place: str = "/result") -> None:
    tx = row["transactionHash"].lower()
    found.at(tx, _evm_int(row["blockNumber"]), _evm_int(row["transactionIndex"]), _evm_time(row))
    if row.get("status") is not None and _evm_int(row["status"]) == 0:
        found.failed.add(tx)
    if row.get("effectiveGasPrice") is not None:
        fee = _evm_int(row["gasUsed"]) * _evm_int(row["effectiveGasPrice"]) + _evm_layer1(row, "l1Fee")
        fee += _evm_maybe(row.get("blobGasUsed"), 0) * _evm_maybe(row.get("blobGasPrice"), 0)
        found.add(place, tx, 0, ("native", _evm_address(row["from"]), FEES, fee), (0,))
    if tx not in found.failed:
        _evm_logs(found, row.get("logs") or [], "", place + "/logs")


def _evm_layer1(row: Mapping[str, Any], name: str) -> int:
    """The fee for layer 1; a deposit that came from there (type 0x7e) has paid it there."""
    return 0 if _evm_maybe(row.get("type"), 0) == 0x7E else _evm_maybe(row.get(name), 0)


def _evm_receipts(found: Found, rows: Any, _asked: str = "", before: str = "/result") -> None:
    for i, row in enumerate(rows):
        _evm_receipt(found, row, "", f"{before}/{i}")


def _evm_transaction(found: Found, row: Any, _asked: str = "", place: str = "/result") -> None:
    if row.get("blockNumber") is None or "from" not in row:
        return
    tx = row["hash"].lower()
    found.at(tx, _evm_int(row["blockNumber"]), _evm_int(row["transactionIndex"]), _evm_time(row))
    found.sent[tx] = _evm_address(row["from"])
    receiver = _evm_address(row.get("to")) or _evm_address(row.get("creates"))
    move = ("native", _evm_address(row["from"]), receiver, _evm_int(row["value"]))
    found.add(place, tx, 1, move, (0,))


def _evm_block(found: Found, block: Any, _asked: str) -> None:
    height, time = _evm_int(block["number"]), _evm_int(block["timestamp"])
    found.clock[height] = time
    for i, row in enumerate(block.get("transactions") or []):
        if isinstance(row, dict):
            found.at(row["hash"].lower(), height, i, time)
            _evm_transaction(found, row, "", f"/result/transactions/{i}")


def _evm_searched(found: Found, result: Any, _asked: str) -> None:
    for i, row in enumerate(result["txs"]):
        _evm_transaction(found, row, "", f"/result/txs/{i}")
    _evm_receipts(found, result["receipts"], "", "/result/receipts")


def _evm_operations(found: Found, rows: Any, asked: str) -> None:
    """Otterscan's calls inside: the first may be the transaction itself."""
    for i, row in enumerate(rows):
        move = ("native", _evm_address(row["from"]), _evm_address(row["to"]), _evm_int(row["value"]))
        found.add(f"/result/{i}", asked, 2, move, (), "" if i else "own")
        found.hints[f"/result/{i}"] = (i,)


def _evm_traces(found: Found, rows: Any, _asked: str = "", before: str = "/result") -> None:
    for i, row in enumerate(rows):
        if not row.get("transactionHash"):
            continue  # a block's reward
        tx = row["transactionHash"].lower()
        found.at(tx, _evm_int(row["blockNumber"]), _evm_maybe(row.get("transactionPosition"), -1), None)
        _evm_trace(found, f"{before}/{i}", tx, row)


def _evm_trace(found: Found, place: str, tx: str, row: Mapping[str, Any]) -> None:
    """One call as Parity's nodes write it."""
    address = tuple(_evm_int(part) for part in row["traceAddress"])
    if not address:
        found.sent[tx] = _evm_address(row["action"].get("from"))
    if row.get("error"):
        _evm_undone(found, tx, address)
        return
    action, result = row["action"], row.get("result") or {}
    move: Tuple[Any, Any, Any] = (None, None, 0)
    if row["type"] == "call" and action.get("callType", "call") in ("call", None):
        move = (action["from"], action["to"], action.get("value"))
    elif row["type"] == "create":
        move = (action["from"], result.get("address"), action.get("value"))
    elif row["type"] == "suicide":
        move = (action["address"], action["refundAddress"], action.get("balance"))
    _evm_call(found, place, tx, address, move)


def _evm_undone(found: Found, tx: str, address: Tuple[int, ...]) -> None:
    found.reverted.add((tx, address))
    if not address:
        found.failed.add(tx)


def _evm_call(found: Found, place: str, tx: str, address: Tuple[int, ...], move: Tuple[Any, Any, Any]) -> None:
    amount = _evm_maybe(move[2], 0)
    if amount:
        moved = ("native", _evm_address(move[0]), _evm_address(move[1]), amount)
        found.add(place, tx, 2 if address else 1, moved, address or (0,))


def _evm_frames(found: Found, result: Any, asked: str) -> None:
    """Calls as ``callTracer`` writes them: one inside the other."""
    if not isinstance(result, dict) or "type" not in result:
        return
    waiting: List[Tuple[str, Tuple[int, ...], Any]] = [("/result", (), result)]
    while waiting:
        place, address, frame = waiting.pop()
        if frame.get("error"):
            _evm_undone(found, asked, address)
            continue
        if frame["type"].upper() in ("CALL", "CREATE", "CREATE2", "SELFDESTRUCT"):
            _evm_call(found, place, asked, address, (frame["from"], frame.get("to"), frame.get("value")))
        for i, inner in enumerate(frame.get("calls") or []):
            waiting.append((f"{place}/calls/{i}", (*address, i), inner))


_EVM_METHODS: Dict[str, Any] = {
    "eth_getLogs": _evm_logs,
    "eth_getTransactionReceipt": _evm_receipt,
    "eth_getBlockReceipts": _evm_receipts,
    "eth_getTransactionByHash": _evm_transaction,
    "eth_getBlockByNumber": _evm_block,
    "eth_getBlockByHash": _evm_block,
    "trace_filter": _evm_traces,
    "trace_block": _evm_traces,
    "trace_transaction": _evm_traces,
    "debug_traceTransaction": _evm_frames,
    "ots_searchTransactionsBefore": _evm_searched,
    "ots_searchTransactionsAfter": _evm_searched,
    "ots_getInternalOperations": _evm_operations,
}


def _evm_hypersync(found: Found, data: Any) -> None:
    batches = data.get("data") if isinstance(data, dict) else None
    for batch in batches or []:
        for block in batch.get("blocks") or []:
            found.clock[_evm_int(block["number"])] = _evm_int(block["timestamp"])
    for b, batch in enumerate(batches or []):
        for i, row in enumerate(batch.get("transactions") or []):
            height = _evm_int(row["block_number"])
            tx = row["hash"].lower()
            found.at(tx, height, _evm_int(row["transaction_index"]), found.clock.get(height))
            _evm_paid(found, f"/data/{b}/transactions/{i}", tx, row, _EVM_SNAKE)
        for i, row in enumerate(batch.get("logs") or []):
            height, tx = _evm_int(row["block_number"]), row["transaction_hash"].lower()
            found.at(tx, height, _evm_int(row["transaction_index"]), found.clock.get(height))
            words = [row.get(f"topic{n}") for n in range(4)]
            place = f"/data/{b}/logs/{i}"
            _evm_log(found, place, tx, row["address"], words, row["data"], _evm_int(row["log_index"]))
        for i, row in enumerate(batch.get("traces") or []):
            if row.get("transaction_hash"):
                height, tx = _evm_int(row["block_number"]), row["transaction_hash"].lower()
                found.at(tx, height, -1, found.clock.get(height))
                _evm_flat_trace(found, f"/data/{b}/traces/{i}", tx, row)


_EVM_SNAKE = ("gas_used", "effective_gas_price", "l1_fee", "contract_address")
_EVM_CAMEL = ("gasUsed", "effectiveGasPrice", "l1Fee", "contractAddress")


def _evm_paid(found: Found, place: str, tx: str, row: Mapping[str, Any], names: Tuple[str, str, str, str]) -> None:
    """Fee and value of a transaction that carries what its receipt says."""
    used, price, l1_fee, created = names
    if row.get("status") is not None and _evm_int(row["status"]) == 0:
        found.failed.add(tx)
    sender = _evm_address(row["from"])
    if row.get(price) is not None:
        fee = _evm_int(row[used]) * _evm_int(row[price]) + _evm_layer1(row, l1_fee)
        found.add(place, tx, 0, ("native", sender, FEES, fee), (0,))
    receiver = _evm_address(row.get("to")) or _evm_address(row.get(created))
    found.add(place, tx, 1, ("native", sender, receiver, _evm_maybe(row.get("value"), 0)), (0,))


def _evm_flat_trace(found: Found, place: str, tx: str, row: Mapping[str, Any]) -> None:
    """One call as HyperSync writes it: all fields side by side."""
    address = tuple(_evm_int(part) for part in row["trace_address"] or [])
    move: Tuple[Any, Any, Any] = (None, None, 0)
    if row.get("error"):
        _evm_undone(found, tx, address)
    elif row["type"] == "call" and row.get("call_type") in ("call", None, ""):
        move = (row["from"], row["to"], row.get("value"))
    elif row["type"] == "create":
        move = (row["from"], row.get("address"), row.get("value"))
    elif row["type"] in ("suicide", "selfdestruct"):
        move = (row.get("action_address") or row.get("address"), row["refund_address"], row.get("balance"))
    _evm_call(found, place, tx, address, move)


def _evm_sqd(found: Found, data: Any) -> None:
    blocks = data if isinstance(data, list) else [data] if isinstance(data, dict) else []
    for b, block in enumerate(blocks):
        header = block.get("header")
        if not header:
            continue  # the head of the chain
        height, time = _evm_int(header["number"]), _evm_maybe(header.get("timestamp"), -1)
        told = None if time < 0 else time
        if told is not None:
            found.clock[height] = told
        hashes: Dict[int, str] = {}
        for i, row in enumerate(block.get("transactions") or []):
            index, tx = _evm_int(row["transactionIndex"]), row["hash"].lower()
            hashes[index] = tx
            found.at(tx, height, index, told)
            if "from" in row:
                _evm_paid(found, f"/{b}/transactions/{i}", tx, row, _EVM_CAMEL)
        for i, row in enumerate(block.get("logs") or []):
            tx, index = row["transactionHash"].lower(), _evm_int(row["transactionIndex"])
            found.at(tx, height, index, told)
            place = f"/{b}/logs/{i}"
            _evm_log(found, place, tx, row["address"], row["topics"], row["data"], _evm_int(row["logIndex"]))
        for i, row in enumerate(block.get("traces") or []):
            tx = hashes.get(_evm_int(row["transactionIndex"]), "")
            if not tx:
                raise Malformed("record.shape", answer=f"/{b}/traces/{i}")
            _evm_trace(found, f"/{b}/traces/{i}", tx, row)


WORDS.update(
    {
        "record.number": ("a number in it is none", "其中有不是数字的数值"),
        "record.address": ("an address in it is none", "其中有不是地址的地址"),
        "record.shape": ("a record in it lacks a field", "其中有一条记录缺少字段"),
    }
)
# --- what answers show: TRON

TRON_NOBODY = "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"
TRON_STAKE = "stake"

# Questions whose answers hold no movement: balances, code, calls of contracts, tokens, events of contracts.
_TRON_SILENT = re.compile(
    r"/v1/(accounts/[^/]+|assets/[^/]+|contracts/[^/]+/(events|tokens)|transactions/[^/]+/events)"
    r"|/wallet(solidity)?/(getaccount|getcontract|getcontractinfo|triggerconstantcontract|getaccountresource"
    r"|getassetissuebyid|getchainparameters|getnodeinfo)"
)
_TRON_LISTS = re.compile(r"/v1/(accounts|contracts|transactions)/[^/]+/(internal-transactions|transactions(/trc20)?)")
_TRON_NODE = (
    "gettransactioninfobyid",
    "gettransactioninfobyblocknum",
    "gettransactionbyid",
    "getblockbynum",
    "getblockbyid",
    "getblockbylimitnext",
    "getnowblock",
    "getblock",
)
# What a stake gave back; the record of a contract call or its info says how much.
_TRON_BACK = ("unfreeze_amount", "withdraw_amount", "withdraw_expire_amount")
# Calls that move no coin of the caller's although an amount stands in them.
_TRON_STILL = ("delegate", "undelegate", "vote", "unfreezebalancev2", "cancelall")
_TRON_IN = ("freeze",)
_TRON_OUT = ("unfreeze", "withdraw")
_TRON_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_TRON_WRITTEN: Dict[str, str] = {}


def tron_records(answer: Answer, data: Any) -> Optional[Iterator[Tuple[str, Movement]]]:
    """Every successful movement that a record of a TRON answer shows in full. None where the question is not known."""
    found = tron_found(answer, data)
    if found is None:
        return None
    return ((place, one) for place, one, note in found.shown if note in ("", "wrap") and found.holds(one))


def tron_found(answer: Answer, data: Any) -> Optional[Found]:
    """All that a TRON answer shows; None where the question is not known. Raises `Malformed`.

    Notes: ``wrap`` a log of the wrapped coin; ``part`` a record that does not tell one of the ends, which is "" then:
    the info of a transaction does not say whose it is.
    """
    found = Found("tron:mainnet")
    path = answer.path.rstrip("?")
    method = path.rpartition("/")[2]
    try:
        if answer.source.split(".")[0] == "sqd":
            for place, block in _tron_lines(data):
                _tron_portal(found, place, block)
        elif _TRON_LISTS.fullmatch(path):
            for at, row in enumerate(data["data"]):
                _tron_row(found, f"/data/{at}", row)
        elif path.startswith("/wallet") and method in _TRON_NODE:
            _tron_node(found, method, data)
        elif not _TRON_SILENT.fullmatch(path):
            return None
    except (KeyError, TypeError, AttributeError, IndexError):
        raise Malformed("record.shape", answer=answer.n) from None
    return found


def _tron_node(found: Found, method: str, data: Any) -> None:
    """What a node of java-tron answers about blocks and transactions; empty where it does not know them."""
    if not data:
        return
    if method == "gettransactioninfobyid":
        _tron_info(found, "", data, -1)
    elif method == "gettransactioninfobyblocknum":
        for at, row in enumerate(data):
            _tron_info(found, f"/{at}", row, at)
    elif method == "gettransactionbyid":
        _tron_call(found, "", data)
    elif method == "getblockbylimitnext":
        for at, block in enumerate(data["block"]):
            _tron_block(found, f"/block/{at}", block)
    else:
        _tron_block(found, "", data)


def _tron_lines(data: Any) -> Iterator[Tuple[str, Mapping[str, Any]]]:
    """The blocks of an answer with one a line; a single line stands alone or as a list of one."""
    rows = data if isinstance(data, list) else [data] if isinstance(data, dict) else []
    for at, block in enumerate(rows):
        if isinstance(block.get("header"), dict):
            yield f"/{at}", block


def _tron_row(found: Found, place: str, row: Mapping[str, Any]) -> None:
    """A row of one of TronGrid's lists: a transaction, a call inside one, or an event of a token."""
    time = row.get("block_timestamp")
    height = -1 if time is None else _evm_int(time)
    if "internal_tx_id" in row:
        tx = _tron_id(row["tx_id"])
        found.at(tx, height, -1, _tron_seconds(height))
        _tron_inner(found, place, tx, row, ())
    elif "transaction_id" in row:
        tx = _tron_id(row["transaction_id"])
        found.at(tx, height, -1, _tron_seconds(height))
        if row.get("type") == "Transfer":
            ends = (_tron_who(row["from"]), _tron_who(row["to"]))
            move = (_tron_who(row["token_info"]["address"]), *ends, _evm_int(row["value"]))
            found.add(place, tx, 3, move, ())
    else:
        found.at(_tron_id(row["txID"]), height, -1, _tron_seconds(height))
        _tron_call(found, place, row)


def _tron_block(found: Found, place: str, block: Mapping[str, Any]) -> None:
    height = _evm_int(block["block_header"]["raw_data"].get("timestamp", 0))
    for at, row in enumerate(block.get("transactions") or []):
        found.at(_tron_id(row["txID"]), height, at, _tron_seconds(height))
        _tron_call(found, f"{place}/transactions/{at}", row)


def _tron_info(found: Found, place: str, info: Mapping[str, Any], at: int) -> None:
    """The info of a transaction: its fee, calls inside it, logs; not who sent it, nor what it paid itself."""
    tx, height = _tron_id(info["id"]), _evm_int(info["blockTimeStamp"])
    found.at(tx, height, at, _tron_seconds(height))
    told = (info.get("receipt") or {}).get("result")
    if info.get("result") == "FAILED" or told not in (None, "", "DEFAULT", "SUCCESS"):
        found.failed.add(tx)
    found.add(place, tx, 0, ("native", "", FEES, _evm_maybe(info.get("fee"), 0)), (0,), "part")
    found.priced.add(tx)
    for name in _TRON_BACK:
        found.add(place, tx, 1, ("native", TRON_STAKE, "", _evm_maybe(info.get(name), 0)), (), "part")
    for number, row in enumerate(info.get("internal_transactions") or []):
        _tron_inner(found, f"{place}/internal_transactions/{number}", tx, row, (number,))
    for number, row in enumerate(info.get("log") or []):
        _tron_log(found, f"{place}/log/{number}", tx, row, (number,))


def _tron_call(found: Found, place: str, row: Mapping[str, Any]) -> None:
    """A transaction: what it paid itself; in TronGrid's lists also its fee and the calls inside it."""
    tx = _tron_id(row["txID"] if "txID" in row else row["hash"])
    told = row["raw_data"]["contract"][0] if "raw_data" in row else row
    value = told["parameter"]["value"]
    owner = _tron_who(value.get("owner_address") or value.get("transparent_from_address"))
    result = (row.get("ret") or [{}])[0]
    if result.get("contractRet") not in (None, "", "DEFAULT", "SUCCESS") or result.get("ret") == "FAILED":
        found.failed.add(tx)
    found.sent[tx] = owner
    fee = row.get("fee") if row.get("fee") is not None else result.get("fee")
    if fee is not None or "fee" in row or "block_timestamp" in row:
        found.add(place, tx, 0, ("native", owner, FEES, _evm_maybe(fee, 0)), (0,))
        found.priced.add(tx)
    for name in _TRON_BACK:
        found.add(place, tx, 1, ("native", TRON_STAKE, owner, _evm_maybe(row.get(name), 0)), (0,))
    for number, (asset, amount, receiver) in enumerate(_tron_paid(str(told["type"]), value)):
        note = "" if asset and receiver else "part"
        found.add(place, tx, 1, (asset, owner, receiver, _evm_maybe(amount, 0)), () if number else (0,), note)
    for number, inner in enumerate(row.get("internal_transactions") or []):
        _tron_inner(found, f"{place}/internal_transactions/{number}", tx, inner, (number,))


def _tron_paid(kind: str, value: Mapping[str, Any]) -> Iterator[Tuple[str, Any, str]]:
    """Asset, amount and receiver of what a transaction may pay by itself. Contract types as in apis of java-tron."""
    if kind == "TransferContract":
        yield "native", value.get("amount"), _tron_who(value["to_address"])
    elif kind == "TransferAssetContract":
        yield _tron_token(value["asset_name"]), value.get("amount"), _tron_who(value["to_address"])
    elif kind == "ParticipateAssetIssueContract":
        yield "native", value.get("amount"), _tron_who(value["to_address"])
    elif kind in ("FreezeBalanceContract", "FreezeBalanceV2Contract"):
        yield "native", value.get("frozen_balance"), TRON_STAKE
    elif kind == "TriggerSmartContract":
        receiver = _tron_who(value["contract_address"])
        yield "native", value.get("call_value"), receiver
        yield _tron_token(value.get("token_id")), value.get("call_token_value"), receiver
    elif kind == "CreateSmartContract":
        yield "native", value["new_contract"].get("call_value"), ""


def _tron_inner(found: Found, place: str, tx: str, row: Mapping[str, Any], at: Tuple[int, ...]) -> None:
    """A call inside a transaction, in the spelling of TronGrid, of java-tron or of SQD."""
    told = row["data"] if isinstance(row.get("data"), dict) else row
    if told.get("rejected"):
        return
    caller = _tron_who(_tron_first(row, "caller_address", "callerAddress", "from_address"))
    payee = _tron_who(_tron_first(row, "transferTo_address", "transferToAddress", "to_address"))
    ends = _tron_ends(str(told.get("note") or ""), caller, payee)
    carried = row.get("callValueInfo")
    if isinstance(carried, list):
        pairs = [(one.get("tokenId"), one.get("callValue")) for one in carried]
    else:
        value = told.get("call_value")
        pairs = list(value.items()) if isinstance(value, dict) else [(None, value)]
    for number, (token, amount) in enumerate(pairs):
        asset = _tron_token(token) if token not in (None, "", "_", "0", 0) else "native"
        if ends and asset:
            found.add(place, tx, 2, (asset, *ends, _evm_maybe(amount, 0)), (*at, number) if at else ())


def _tron_ends(note: str, caller: str, payee: str) -> Optional[Tuple[str, str]]:
    """Payer and payee by the note of a call, which is hex of a word; None where nothing moves."""
    word = note.lower()
    if re.fullmatch(r"(?:[0-9a-f]{2})+", word, re.ASCII):
        word = bytes.fromhex(word).decode("latin-1").lower()
    if word.startswith(_TRON_STILL):
        return None
    if word.startswith(_TRON_IN):
        return caller, TRON_STAKE
    if word.startswith(_TRON_OUT):
        return TRON_STAKE, caller
    return caller, payee


def _tron_log(found: Found, place: str, tx: str, row: Mapping[str, Any], at: Tuple[int, ...]) -> None:
    topics = ["0x" + str(one).lower().replace("0x", "", 1)[-64:].rjust(64, "0") for one in row.get("topics") or []]
    data = str(row.get("data") or "").replace("0x", "", 1)
    if not topics or not re.fullmatch(r"[0-9a-fA-F]{64}", data):
        return
    token, amount = _tron_who(row["address"]), int(data, 16)
    ends = [_tron_who(one[-40:]) for one in topics[1:]]
    if topics[0] == _EVM_TRANSFER and len(ends) == 2:
        found.add(place, tx, 3, (token, ends[0], ends[1], amount), at)
    elif topics[0] == _EVM_DEPOSIT and len(ends) == 1:
        found.add(place, tx, 3, (token, TRON_NOBODY, ends[0], amount), at, "wrap")
    elif topics[0] == _EVM_WITHDRAWAL and len(ends) == 1:
        found.add(place, tx, 3, (token, ends[0], TRON_NOBODY, amount), at, "wrap")


def _tron_portal(found: Found, place: str, block: Mapping[str, Any]) -> None:
    """A block of SQD's portal with the transactions, calls and logs that were asked for."""
    height = _evm_int(block["header"]["timestamp"])
    names: Dict[int, str] = {}
    for at, row in enumerate(block.get("transactions") or []):
        tx, number = _tron_id(row["hash"]), _evm_int(row["transactionIndex"])
        names[number] = tx
        found.at(tx, height, number, _tron_seconds(height))
        if isinstance(row.get("parameter"), dict) and row.get("type"):
            _tron_call(found, f"{place}/transactions/{at}", row)
        if row.get("result") not in (None, "", "DEFAULT", "SUCCESS"):
            found.failed.add(tx)
    for at, row in enumerate(block.get("internalTransactions") or []):
        number = _evm_int(row["internalTransactionIndex"])
        _tron_inner(found, f"{place}/internalTransactions/{at}", names[row["transactionIndex"]], row, (number,))
    for at, row in enumerate(block.get("logs") or []):
        number = _evm_int(row["logIndex"])
        _tron_log(found, f"{place}/logs/{at}", names[row["transactionIndex"]], row, (number,))


def _tron_first(row: Mapping[str, Any], *names: str) -> Any:
    return next((row[name] for name in names if row.get(name)), None)


def _tron_seconds(height: int) -> Optional[int]:
    return None if height < 0 else height // 1000


def _tron_id(value: Any) -> str:
    text_of = str(value).lower()
    tx = text_of.removeprefix("0x")
    if not re.fullmatch(r"[0-9a-f]{64}", tx, re.ASCII):
        raise Malformed("record.address", value=tx[:80])
    return tx


def _tron_who(value: Any) -> str:
    """An address in base58 from any of its spellings, "" where there is none."""
    if value is None or value == "":
        return ""
    name = str(value)
    if re.fullmatch(r"T[1-9A-HJ-NP-Za-km-z]{33}", name, re.ASCII):
        return name
    digits = re.fullmatch(r"(?:0x|41|0x41)?([0-9a-fA-F]{40})", name, re.ASCII)
    if not digits:
        raise Malformed("record.address", value=name[:60])
    return _tron_base58("41" + digits[1].lower())


def _tron_base58(digits: str) -> str:
    """An address as it is written, with its check sum, from its 21 bytes in hex."""
    if digits not in _TRON_WRITTEN:
        raw = bytes.fromhex(digits)
        left = int.from_bytes(raw + hashlib.sha256(hashlib.sha256(raw).digest()).digest()[:4], "big")
        letters = ""
        while left:
            left, at = divmod(left, 58)
            letters = _TRON_LETTERS[at] + letters
        _TRON_WRITTEN[digits] = letters
    return _TRON_WRITTEN[digits]


def _tron_token(name: Any) -> str:
    """The number of a TRC-10 token, in digits or in the hex of its digits; "" for the names of the first ones."""
    number = str(name)
    if re.fullmatch(r"(?:3[0-9]){7}", number, re.ASCII):
        number = bytes.fromhex(number).decode("ascii")
    return number if re.fullmatch(r"[0-9]{7}", number, re.ASCII) else ""


# --- the ledger: every line against its record, and every record that concerns a followed account against the ledger

_BOOK_USABLE = ("ok", "empty", "partial")
_BookKey = Tuple[str, str, int, str, str, str, int]
_BookIndexes = FrozenSet[Tuple[int, ...]]
_BOOK_NOWHERE: _BookIndexes = frozenset()
_BOOK_NO_ROWS: Dict[str, int] = {}


class _BookSeen:
    """How often answers show one movement: its places within the transaction, or how many equal rows a list has."""

    __slots__ = ("answer", "hints", "indexes", "place", "rows", "wraps")

    def __init__(self, answer: int, place: str) -> None:
        self.answer, self.place = answer, place
        self.indexes: _BookIndexes = _BOOK_NOWHERE
        self.wraps: _BookIndexes = _BOOK_NOWHERE
        self.hints: _BookIndexes = _BOOK_NOWHERE
        self.rows: Dict[str, int] = _BOOK_NO_ROWS

    def add(self, index: Tuple[int, ...], note: str, of: str) -> None:
        """One record more, on the list named ``of``."""
        if note == "wrap":
            self.wraps |= {index}
        elif index:
            self.indexes |= {index}
        else:
            self.rows = {**self.rows, of: self.rows.get(of, 0) + 1}

    def times(self, kind: int) -> int:
        """How often it happened, as far as any answer shows; a wrapped coin's own log counts where no other is."""
        plain = max(len(self.indexes), max(self.rows.values(), default=0))
        return min(plain, 1) if kind < 2 else plain or len(self.wraps)


class _Book:
    """What all answers together say of the transactions in the ledger and of the accounts that are followed."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.low: Dict[Tuple[str, str, str], int] = {key: one.low for key, one in case.accounts.items()}
        self.robbed: Dict[Tuple[str, str], int] = {}
        for victim in case.params["victims"]:
            key = (victim["chain"], victim["address"])
            self.robbed[key] = min(victim["low"], self.robbed.get(key, victim["low"]))
        self.horizon: Dict[str, int] = {name: one["horizon"] for name, one in case.params["chains"].items()}
        self.wrapped: Dict[str, str] = {name: one["wrapped"] for name, one in case.params["chains"].items()}
        self.groups: Dict[_BookKey, List[Line]] = {}
        self.cited: Dict[int, List[Line]] = {}
        for line in case.ledger:
            self.groups.setdefault(_book_key(line), []).append(line)
            self.cited.setdefault(line.answer, []).append(line)
        self.wanted = {(line.chain, line.tx) for line in case.ledger}
        self.record: Dict[int, Tuple[Movement, str]] = {}
        self.hints: Dict[int, Iterable[Tuple[int, ...]]] = {}
        self.seen: Dict[_BookKey, _BookSeen] = {}
        self.heights: Dict[_BookKey, int] = {}
        self.facts: Dict[str, Found] = {}
        self.counts: Dict[str, List[int]] = {}
        self.unknown: Dict[str, int] = {}
        self.unreadable: List[Tuple[int, str]] = []

    def fact(self, chain: str) -> Found:
        """Failures, heights and times of a chain."""
        if chain not in self.facts:
            self.facts[chain] = Found(chain)
        return self.facts[chain]

    def concerns(self, one: Movement, height: int) -> bool:
        """Does it pay into or out of a followed account, or out of a victim's, in the time that counts?"""
        if height < 0 or height > self.horizon.get(one.chain, CLEAN):
            return False
        for address in (one.sender, one.receiver):
            if height >= self.low.get((one.chain, address, one.asset), height + 1):
                return True
        return height >= self.robbed.get((one.chain, one.sender), height + 1)


def _book_key(one: Any) -> _BookKey:
    return (one.chain, one.tx, one.kind, one.asset, one.sender, one.receiver, one.amount)


def check_ledger(case: Case, report: Report) -> None:
    """Read the answers again; compare every line with its record, and look for records without a line."""
    book = _Book(case)
    reach = _Reach(book)
    last = set(case.last.values())
    second = {n for row in case.corroborations for n in row["second_answers"]} - book.cited.keys()
    proving = {n for row in case.proofs for n in row["answers"]} - book.cited.keys()
    for n in sorted(case.answers.keys() - second):  # what those say is compared where confirmations are checked
        answer = case.answers[n]
        if (n in last or n in book.cited) and answer.kind in _BOOK_USABLE:
            _book_read(
                book, answer, last=n in last and n not in proving
            )  # these tell places, and need not be in the ledger
            if n in last and answer.kind != "partial" and _reach_wanted(answer):
                _reach_take(reach, answer, case.body(n))
    _book_unread(book, report)
    _book_lines(book, report)
    _book_complete(book, report)
    check_reach(reach, report)
    _book_balances(book, report)


def _book_read(book: _Book, answer: Answer, *, last: bool) -> None:
    """Take in one answer: what it tells of transactions, and the records of the lines that cite it.

    What it shows besides has to be in the ledger only if it is the last answer to its question.
    """
    try:
        found = found_in(answer, book.case.body(answer.n))
    except Malformed as failure:
        book.unreadable.append((answer.n, failure.key))
        return
    if found is None:
        book.unknown.setdefault(f"{answer.source} {_book_asked(answer)}", answer.n)
        return
    fact = book.fact(found.chain)
    fact.failed |= found.failed
    fact.reverted |= found.reverted
    fact.clock.update(found.clock)
    fact.sent.update(found.sent)
    fact.priced |= found.priced
    for tx, where in found.where.items():
        fact.at(tx, *where)
    counts = book.counts.setdefault(answer.source, [0, 0])
    counts[0] += 1
    counts[1] += len(found.shown)
    places: Dict[str, List[Tuple[Movement, str]]] = {}
    cited = {line.place for line in book.cited.get(answer.n, ())}
    of = _book_list(answer)
    for place, one, note in found.shown:
        if place in cited:
            places.setdefault(place, []).append((one, note))
        if last and note in ("", "wrap") and found.holds(one):
            seen = _book_take(book, answer, one, (place, note, of))
            if seen and place in found.hints:
                seen.hints |= {found.hints[place]}
    for line in book.cited.get(answer.n, ()):
        record = _book_record(line, places.get(line.place, ()))
        if record:
            book.record[line.n] = record
            book.hints[line.n] = (found.hints[line.place],) if line.place in found.hints else ()


def _book_asked(answer: Answer) -> str:
    if isinstance(answer.body, dict) and isinstance(answer.body.get("method"), str):
        return str(answer.body["method"])
    return answer.query.get("action") or answer.path


def _book_list(answer: Answer) -> str:
    """The list that an answer is a page of: its question without what only turns the page."""
    rest = "&".join(f"{k}={v}" for k, v in sorted(answer.query.items()) if k not in ("page", "fingerprint"))
    return f"{answer.source} {answer.path}?{rest} {json.dumps(answer.body, sort_keys=True) if answer.body else ''}"


def _book_take(book: _Book, answer: Answer, one: Movement, how: Tuple[str, str, str]) -> Optional[_BookSeen]:
    """Count a movement that matters; None for one that does not."""
    place, note, of = how
    if note == "wrap" and one.asset != book.wrapped.get(one.chain):
        return None
    height = one.height if one.height >= 0 else book.fact(one.chain).where.get(one.tx, (-1, -1, None))[0]
    if (one.chain, one.tx) not in book.wanted and not (height < 0 or book.concerns(one, height)):
        return None
    key = _book_key(one)
    if key not in book.seen:
        book.seen[key] = _BookSeen(answer.n, place)
    book.seen[key].add(one.index, note, of)
    if height >= 0:
        book.heights[key] = height
    return book.seen[key]


def _book_record(line: Line, shown: Iterable[Tuple[Movement, str]]) -> Optional[Tuple[Movement, str]]:
    """The movement at a line's place that is the line, as far as the record says."""
    for one, note in shown:
        same = (one.chain, one.tx, one.asset) == (line.chain, line.tx, line.asset)
        same = same and (one.kind == line.kind or note == "own")
        pairs = zip((one.sender, one.receiver, one.amount), (line.sender, line.receiver, line.amount))
        if same and all(told == says or (note in ("position", "part") and told in ("", CLEAN)) for told, says in pairs):
            return one, note
    return None


def _book_unread(book: _Book, report: Report) -> None:
    for asked, n in sorted(book.unknown.items()):
        report.unknown("ledger.dialect", asked=asked, answer=n)
    for n, why in book.unreadable:
        report.unknown("ledger.unreadable", answer=n, why=why)
    for source, (answers, shown) in sorted(book.counts.items()):
        if shown:
            report.fine("ledger.read", source=source, answers=answers, shown=shown)


def _book_lines(book: _Book, report: Report) -> None:
    """Every line against its record, and against what other answers say of its transaction."""
    good, stated, positions = 0, 0, 0
    for line in book.case.ledger:
        fault = _book_citation(book, line)
        record = book.record.get(line.n)
        if fault:
            report.differs(fault, n=line.n, tx=line.tx, answer=line.answer, place=line.place)
        elif record is None:
            report.differs("ledger.nowhere", n=line.n, tx=line.tx, answer=line.answer, place=line.place)
        else:
            wrong, silent = _book_place(book, line, record[0])
            for what, told, says in wrong:
                report.differs("ledger." + what, n=line.n, tx=line.tx, told=told, says=says)
            good += not wrong
            stated += silent or (record[1] == "part" and line.tx not in book.fact(line.chain).sent)
            positions += record[1] == "position" and record[0].amount == CLEAN
    _book_numbering(book, report)
    if good:
        report.fine("ledger.lines", good=good, lines=len(book.case.ledger))
    if stated:
        report.stated("ledger.untold", lines=stated)
    if positions:
        report.stated("ledger.positions", lines=positions)


def _book_citation(book: _Book, line: Line) -> str:
    """Why a line cannot stand, before its place is looked at."""
    answer = book.case.answers[line.answer]
    fact = book.fact(line.chain)
    record = book.record.get(line.n)
    sender = line.receiver if record and record[0].receiver == "" else line.sender
    if answer.kind not in _BOOK_USABLE:
        return "ledger.unusable"
    if answer.generation > book.case.params["generation"]:
        return "ledger.later"
    if record is None:
        return ""
    if record[1] == "wrap" and line.asset != book.wrapped.get(line.chain):
        return "ledger.not_wrapped"
    if record[1] == "part" and fact.sent.get(line.tx, sender) != sender:
        return "ledger.sender"
    settled = line._replace(index=line.index or record[0].index)
    return "" if fact.holds(settled) else "ledger.failed"  # type: ignore[arg-type]


def _book_place(book: _Book, line: Line, record: Movement) -> Tuple[List[Tuple[str, object, object]], bool]:
    """What is told otherwise of height, place and time, and whether nothing tells one of them."""
    fact = book.fact(line.chain)
    height, tx_index, time = fact.where.get(line.tx, (-1, -1, None))
    height = record.height if record.height >= 0 else height
    tx_index = record.tx_index if record.tx_index >= 0 else tx_index
    time = fact.clock.get(height) if record.time is None and time is None else record.time or time
    wrong: List[Tuple[str, object, object]] = []
    if height >= 0 and height != line.height:
        wrong.append(("height", height, line.height))
    if line.tx_index not in (-1, tx_index):
        wrong.append(("tx_index", "?" if tx_index < 0 else tx_index, line.tx_index))
    if time is not None and time != line.time:
        wrong.append(("time", time, line.time))
    seen = book.seen.get(_book_key(line))
    told: Iterable[Tuple[int, ...]] = {record.index} if record.index else ()
    if seen and not told:
        told = {*(seen.indexes or seen.hints), *book.hints[line.n]}
    told = told or book.hints[line.n]
    if line.index and line.index not in (told or ({(0,)} if line.kind < 2 else set())):
        inside = ".".join(map(str, min(told, default=())))
        wrong.append(("index", inside or "?", ".".join(map(str, line.index))))
    return wrong, height < 0 or time is None


def _book_numbering(book: _Book, report: Report) -> None:
    """Equal lines of one transaction: numbered from nil, each with a record of its own, as often as answers show."""
    for key, lines in book.groups.items():
        if sorted(line.nth for line in lines) != list(range(len(lines))):
            report.differs("ledger.nth", n=lines[0].n, tx=lines[0].tx)
        elif len(lines) > 1 and len({(line.answer, line.place) for line in lines}) < len(lines):
            report.differs("ledger.same_record", n=lines[-1].n, tx=lines[-1].tx)
        elif len(lines) > 1 and key in book.seen and len(lines) > book.seen[key].times(key[2]):
            report.differs("ledger.too_often", n=lines[-1].n, tx=lines[-1].tx, times=len(lines))


def _book_complete(book: _Book, report: Report) -> None:
    """No record that concerns a followed account or a victim's payments is missing."""
    looked, missing, fees = 0, 0, _book_fees(book, report)
    for key, seen in book.seen.items():
        one = Movement(*key, book.heights.get(key, -1), -1, (), None)
        height = one.height if one.height >= 0 else book.fact(one.chain).where.get(one.tx, (-1, -1, None))[0]
        if not book.concerns(one, height) or not _book_stands(book, one, seen):
            continue
        looked += 1
        values = {"tx": one.tx, "asset": one.asset, "sender": one.sender, "answer": seen.answer, "place": seen.place}
        if one.kind == 0 and key[:2] in fees:
            if one.amount > fees[key[:2]]:
                report.differs("ledger.fee_short", told=one.amount, says=fees[key[:2]], **values)
        elif len(book.groups.get(key, ())) < seen.times(one.kind):
            missing += 1
            report.differs("ledger.missing", amount=one.amount, receiver=one.receiver, **values)
    for (chain, tx), sender in sorted(_book_unpriced(book)):
        report.unknown("ledger.no_fee", tx=tx, sender=sender, chain=chain)
    if looked and not missing:
        report.fine("ledger.complete", looked=looked, accounts=len(book.case.accounts))


def _book_fees(book: _Book, report: Report) -> Dict[Tuple[str, str], int]:
    """The fee that the ledger has of each transaction; there can be one."""
    fees: Dict[Tuple[str, str], int] = {}
    for key, lines in book.groups.items():
        if key[2] == 0:
            if key[:2] in fees or len(lines) > 1:
                report.differs("ledger.two_fees", tx=key[1], n=lines[-1].n)
            fees[key[:2]] = max(key[6], fees.get(key[:2], 0))
    return fees


def _book_unpriced(book: _Book) -> Iterator[Tuple[Tuple[str, str], str]]:
    """Transactions that a followed account sent while it counts, and whose fee no answer tells."""
    gaps = " ".join(str(gap.get("where")) for gap in book.case.trace.get("gaps") or [] if isinstance(gap, dict))
    for chain, fact in book.facts.items():
        for tx, sender in fact.sent.items():
            height = fact.where.get(tx, (-1, -1, None))[0]
            low = book.low.get((chain, sender, "native"), height + 1)
            told = tx in fact.priced or tx in gaps or sender in gaps
            if not told and 0 <= low <= height <= book.horizon.get(chain, CLEAN):
                yield (chain, tx), sender


def _book_stands(book: _Book, one: Movement, seen: _BookSeen) -> bool:
    """Did it happen, as far as all answers together tell? Calls that were undone fall out of what was seen."""
    fact = book.fact(one.chain)
    if one.kind == 2 and seen.indexes:
        seen.indexes = frozenset(index for index in seen.indexes if fact.holds(one._replace(index=index)))
        return bool(seen.indexes) or bool(seen.rows)
    return fact.holds(one)


# --- balances


def _book_balances(book: _Book, report: Report) -> None:
    """Every balance of an account against the answer it is from."""
    good, unread = 0, 0
    for account in book.case.accounts.values():
        for name, held in (("balance", account.balance), ("before", account.before)):
            if held is None:
                continue
            answer = book.case.answers[held.answer]
            told = _book_told(account, answer, book.case.body(held.answer))
            values = {"address": account.address, "asset": account.asset, "answer": held.answer}
            if told is None:
                unread += 1
                report.unknown("ledger.balance_unread", **values)
            elif told != (held.amount, held.at):
                report.differs("ledger." + name, told=told[0], says=held.amount, at=told[1], **values)
            else:
                good += 1
    if good:
        report.fine("ledger.balances", good=good)


def _book_told(account: Account, answer: Answer, data: Any) -> Optional[Tuple[int, Optional[int]]]:
    """The balance of this account that an answer tells, and the height it is true for. None: it tells none."""
    try:
        if answer.source.startswith("trongrid"):
            return _book_tron(account, answer, data)
        params = answer.body.get("params") or [] if isinstance(answer.body, dict) else []
        if _book_asked(answer) == "eth_call":
            call, tag = (params[0], params[1]) if params else (answer.query, answer.query.get("tag"))
            return _book_called(account, call, data), _book_tag(tag)
        asked: Tuple[Any, Any, Any] = ("native", *params[:2])
        if not params:
            query = answer.query
            asked = (query.get("contractaddress", "native"), query["address"], query.get("tag"))
        if (asked[0].lower(), asked[1].lower()) == (account.asset, account.address):
            return _evm_int(data["result"]), _book_tag(asked[2])
    except (Malformed, KeyError, IndexError, AttributeError, TypeError, ValueError):
        return None
    return None


def _book_called(account: Account, call: Mapping[str, Any], data: Mapping[str, Any]) -> int:
    """What a contract answers of a balance. Raises `Malformed` where something else was asked.

    Of a liquidity position only this can be told: who owns none of the manager's, or not this one, has nothing in it.
    """
    manager, _, number = account.asset.partition("#")
    question = str(call.get("data", "")).lower() if str(call.get("to", "")).lower() == manager else ""
    if question == "0x70a08231" + "0" * 24 + account.address[2:]:
        balance = _evm_int(data["result"])
        if not number or not balance:
            return balance
    owned = bool(number) and question == f"0x6352211e{int(number or 0):064x}"
    if owned and ("error" in data or _evm_word(data["result"]) != account.address):
        return 0
    raise Malformed("record.shape", answer="")


def _book_tag(tag: Any) -> Optional[int]:
    return None if tag in (None, "latest") else _evm_int(tag)


def _book_tron(account: Account, answer: Answer, data: Mapping[str, Any]) -> Optional[Tuple[int, Optional[int]]]:
    if answer.path != "/v1/accounts/" + account.address:
        return None
    rows = data["data"]
    if not rows:
        return 0, None
    if account.asset == "native":
        return int(rows[0].get("balance", 0)), None
    if account.asset.isdigit():
        assets = {one["key"]: one["value"] for one in rows[0].get("assetV2") or []}
        return int(assets.get(account.asset, 0)), None
    held: Dict[str, str] = {}
    for one in rows[0].get("trc20") or []:
        held.update(one)
    return int(held.get(account.asset, "0")), None


WORDS.update(
    {
        "ledger.read": (
            "{source}: {answers} answers read again, with {shown} movements in them.",
            "{source}：重新读取了 {answers} 份应答，其中有 {shown} 笔资产变动。",
        ),
        "ledger.lines": (
            (
                "{good} of {lines} transfers stand in the stored answers, at the place named: same transaction,"
                " payer, payee, asset and amount."
            ),
            "账本共 {lines} 笔转账，其中 {good} 笔在所存应答的所注位置上找到，交易、付款方、收款方、资产和金额均一致。",
        ),
        "ledger.complete": (
            (
                "No transfer is missing: all {looked} movements that answers show of the {accounts} followed accounts"
                " and of the victims' payments are in the ledger."
            ),
            "没有遗漏：所存应答中涉及 {accounts} 个被追踪账户及被害人付款的 {looked} 笔变动均在账本中。",
        ),
        "ledger.balances": (
            "{good} balances are as the stored answers give them.",
            "{good} 项余额与所存应答一致。",
        ),
        "ledger.untold": (
            "Transfers whose time or payer no stored answer tells: {lines}; taken as stated.",
            "所存应答没有给出时间或付款方的转账：{lines} 笔；按证据包所述采用。",
        ),
        "ledger.positions": (
            (
                "Transfers of a liquidity position: {lines}; the log is there, the amount of liquidity is taken as"
                " stated."
            ),
            "流动性头寸的变动：{lines} 笔；相应日志存在，所含流动性数量按证据包所述采用。",
        ),
        "ledger.dialect": (
            "This checker does not know how to read {asked} (answer {answer}).",
            "本检验程序不会读取 {asked}（应答 {answer}）。",
        ),
        "ledger.unreadable": (
            "Answer {answer} could not be read: {why}.",
            "应答 {answer} 无法读取：{why}。",
        ),
        "ledger.unusable": (
            "Transfer {n} ({tx}) cites answer {answer}, which was no usable answer.",
            "第 {n} 笔转账（{tx}）引用的应答 {answer} 并非有效应答。",
        ),
        "ledger.later": (
            "Transfer {n} ({tx}) cites answer {answer}, which is newer than the result.",
            "第 {n} 笔转账（{tx}）引用的应答 {answer} 晚于本结果。",
        ),
        "ledger.nowhere": (
            "Transfer {n} ({tx}): at place “{place}” of answer {answer} stands another movement, or none.",
            "第 {n} 笔转账（{tx}）：应答 {answer} 的“{place}”处是另一笔变动，或没有变动。",
        ),
        "ledger.not_wrapped": (
            "Transfer {n} ({tx}): the log at “{place}” of answer {answer} is not the wrapped coin's: no transfer.",
            "第 {n} 笔转账（{tx}）：应答 {answer}“{place}”处的日志不属于包装币合约，不构成转账。",
        ),
        "ledger.sender": (
            "Transfer {n} ({tx}) is of somebody else than who sent the transaction (answer {answer}, “{place}”).",
            "第 {n} 笔转账（{tx}）的当事人不是该交易的发起人（应答 {answer}，“{place}”）。",
        ),
        "ledger.failed": (
            "Transfer {n} ({tx}) did not happen: the transaction, or the call, failed (answer {answer}, “{place}”).",
            "第 {n} 笔转账（{tx}）没有发生：该交易或其中的调用已失败（应答 {answer}，“{place}”）。",
        ),
        "ledger.height": (
            "Transfer {n} ({tx}): its height is {told} by the stored answers, {says} in the ledger.",
            "第 {n} 笔转账（{tx}）：所存应答给出的高度为 {told}，账本中为 {says}。",
        ),
        "ledger.tx_index": (
            "Transfer {n} ({tx}): its number in the block is {told} by the stored answers, {says} in the ledger.",
            "第 {n} 笔转账（{tx}）：所存应答给出的交易在区块中的序号为 {told}，账本中为 {says}。",
        ),
        "ledger.time": (
            "Transfer {n} ({tx}): its time is {told} by the stored answers, {says} in the ledger.",
            "第 {n} 笔转账（{tx}）：所存应答给出的时间为 {told}，账本中为 {says}。",
        ),
        "ledger.index": (
            "Transfer {n} ({tx}): its place in the transaction is {told} by the answers, {says} in the ledger.",
            "第 {n} 笔转账（{tx}）：所存应答给出的交易内位置为 {told}，账本中为 {says}。",
        ),
        "ledger.nth": (
            "Equal transfers of {tx} are not numbered in order (line {n}).",
            "交易 {tx} 中相同的转账编号不连续（第 {n} 行）。",
        ),
        "ledger.same_record": (
            "One record stands for two transfers of {tx} (line {n}).",
            "交易 {tx} 的同一条记录被当作两笔转账（第 {n} 行）。",
        ),
        "ledger.too_often": (
            "The ledger has a transfer of {tx} {times} times, more often than any answer shows (line {n}).",
            "账本中交易 {tx} 的同一转账出现 {times} 次，多于任何应答所示（第 {n} 行）。",
        ),
        "ledger.two_fees": (
            "The ledger has more than one fee for {tx} (line {n}).",
            "账本中交易 {tx} 有不止一笔手续费（第 {n} 行）。",
        ),
        "ledger.fee_short": (
            "The fee of {tx}, paid by {sender}, is {told} by answer {answer} (“{place}”), {says} in the ledger.",
            "{sender} 为交易 {tx} 支付的手续费：应答 {answer}（“{place}”）为 {told}，账本中为 {says}。",
        ),
        "ledger.no_fee": (
            "{sender} sent {tx}, and no stored answer tells the fee.",
            "{sender} 发出了交易 {tx}，所存应答均未给出其手续费。",
        ),
        "ledger.missing": (
            (
                "Missing from the ledger: {amount} of {asset} from {sender} to {receiver} in {tx}"
                " (answer {answer}, “{place}”)."
            ),
            (
                "账本遗漏：交易 {tx} 中由 {sender} 转给 {receiver} 的 {amount}（资产 {asset}）"
                "（应答 {answer}，“{place}”）。"
            ),
        ),
        "ledger.balance": (
            "The balance of {asset} at {address} is {told} by answer {answer} (height {at}), {says} in the bundle.",
            "{address} 的 {asset} 余额：应答 {answer} 为 {told}（高度 {at}），证据包为 {says}。",
        ),
        "ledger.before": (
            (
                "What {address} had of {asset} before it was followed is {told} by answer {answer} (height {at}),"
                " {says} in the bundle."
            ),
            "{address} 在被追踪之前的 {asset} 余额：应答 {answer} 为 {told}（高度 {at}），证据包为 {says}。",
        ),
        "ledger.balance_unread": (
            "A balance of {asset} at {address} is cited from answer {answer}, where this checker does not find it.",
            "{address} 的 {asset} 余额引自应答 {answer}，本检验程序未能在其中找到。",
        ),
    }
)
# --- how far the answers reach: every followed account from its first height to the last one, without a gap

# (chain, address, scope, side). Scope: "native", "*" for any token, or a contract. Side: "in", "out", "calls" inside
# transactions, "wraps" and "unwraps" of the wrapped coin. A stretch is of heights, both ends included.
_ReachKey = Tuple[str, str, str, str]


class _ReachPage(NamedTuple):
    """What counts of a page of a list.

    Its number, how many rows it has (-1: it is no list), the heights of the last and of the latest row, and how it
    names the page after it.
    """

    number: int
    answer: Answer
    rows: int
    last: int
    latest: int
    then: str


class _Reach:
    """What stretches of heights the answers prove, by chain, address, scope and side."""

    def __init__(self, book: _Book) -> None:
        self.book = book
        self.spans: Dict[_ReachKey, List[Tuple[int, int]]] = {}
        self.lists: Dict[str, List[_ReachPage]] = {}
        self.cut: List[Tuple[str, int]] = []
        self.blind: Set[str] = set()

    def add(self, chain: str, address: str, scopes: Iterable[Tuple[str, str]], low: int, high: int) -> None:
        """One stretch, for each (scope, side)."""
        for scope, side in scopes:
            if low <= high:
                self.spans.setdefault((chain, address.lower(), scope, side), []).append((low, high))

    def missing(self, chain: str, address: str, scopes: Sequence[str], side: str, low: int) -> Optional[int]:
        """The first height from ``low`` to the horizon that no answer covers."""
        spans = sorted(span for scope in scopes for span in self.spans.get((chain, address.lower(), scope, side), ()))
        for start, end in spans:
            if start > low:
                break
            low = max(low, end + 1)
        return low if low <= self.book.horizon[chain] else None


_REACH_BOTH = ("in", "out")


def check_reach(reach: _Reach, report: Report) -> None:
    """Was the history of every followed account read whole, as far as questions and answers tell?"""
    book = reach.book
    for name in sorted(reach.lists):
        _reach_list(reach, name)
    for asked, n in reach.cut:
        report.differs("reach.page", asked=asked, answer=n)
    gaps = " ".join(str(gap.get("where")) for gap in book.case.trace.get("gaps") or [] if isinstance(gap, dict))
    counts = {"whole": 0, "positions": 0, "balanced": 0, "doubtful": 0, "blind": 0, "hole": 0}
    for account in book.case.accounts.values():
        counts[_reach_verdict(reach, account, gaps, report)] += 1
    if counts["whole"]:
        report.fine("reach.whole", whole=counts["whole"], accounts=len(book.case.accounts))
    _reach_victims(reach, gaps, report)
    for name in ("balanced", "positions", "doubtful", "blind"):
        if counts[name]:
            report.stated("reach." + name, accounts=counts[name])


def _reach_verdict(reach: _Reach, account: Account, gaps: str, report: Report) -> str:
    """How whole the history of an account is; a hole that nothing explains is reported."""
    if "#" in account.asset:
        return "positions"  # read by their number, not by address
    holes = list(_reach_holes(reach, account))
    if not holes:
        return "whole"
    if all(side == "calls" for _, side in holes) and account.balance and account.before:
        return "balanced"
    if account.weak or account.address in gaps:
        return "doubtful"
    if account.chain in reach.blind:
        return "blind"
    height, side = holes[0]
    report.unknown("reach." + side, address=account.address, asset=account.asset, height=height)
    return "hole"


def _reach_victims(reach: _Reach, gaps: str, report: Report) -> None:
    """What left a victim can only all be known where all that it paid was asked for."""
    question = reach.book.case.params["question"]
    if question.get("stolen") != "all" or question.get("until") is not None:
        return
    good = 0
    for (chain, address), low in reach.book.robbed.items():
        holes = [
            (scope, side, hole)
            for scope, side in (("*", "out"), ("native", "out"), ("native", "calls"))
            for hole in [reach.missing(chain, address, [scope], side, low)]
            if hole is not None
        ]
        if not holes:
            good += 1
        elif address not in gaps and chain not in reach.blind:
            scope, side, height = holes[0]
            report.unknown("reach." + side, address=address, asset=scope, height=height)
    if good:
        report.fine("reach.victims", victims=good)


def _reach_holes(reach: _Reach, account: Account) -> Iterator[Tuple[int, str]]:
    coin = account.asset == "native" or account.asset.isdigit()
    scopes = ["native"] if coin else [account.asset.lower(), "*"]
    sides = _REACH_BOTH + (("calls",) if coin else ())
    if account.asset == reach.book.wrapped[account.chain] and account.chain.startswith("eip155"):
        sides += ("wraps", "unwraps")
    for side in sides:
        hole = reach.missing(account.chain, account.address, scopes, side, account.low)
        if hole is not None:
            yield hole, side


def _reach_wanted(answer: Answer) -> bool:
    asked = _book_asked(answer)
    return (
        asked in ("txlist", "txlistinternal", "tokentx", "getLogs", "eth_getLogs", "trace_filter")
        or asked.startswith(("/v1/accounts/", "ots_search"))
        or answer.source.split(".")[0] in ("hypersync", "sqd")
    )


def _reach_take(reach: _Reach, answer: Answer, data: Any) -> None:
    family, asked = answer.source.split(".")[0], _book_asked(answer)
    body = answer.body if isinstance(answer.body, dict) else {}
    try:
        if asked == "eth_getLogs":
            _reach_logs(reach, answer, body["params"][0])
        elif asked == "trace_filter":
            _reach_traces(reach, answer, body["params"][0], data["result"])
        elif asked.startswith("ots_search"):
            _reach_searched(reach, answer, body["params"], data["result"])
        elif family == "hypersync":
            _reach_bulk(reach, answer, body, (_evm_int(body["from_block"]), _evm_int(data["next_block"]) - 1))
        elif family == "sqd":
            lines = data if isinstance(data, list) else [data]
            if body.get("type") == "tron":
                reach.blind.add("tron:mainnet")  # asked by number of block, and heights are times
            elif body.get("fromBlock") is not None:
                high = max([_evm_int(one["header"]["number"]) for one in lines if one], default=-1)
                _reach_bulk(reach, answer, body, (_evm_int(body["fromBlock"]), high))
        else:
            number = int(answer.query.get("page") or 0)
            if number or family == "trongrid":
                page = _reach_page(number, answer, data)
                reach.lists.setdefault(_book_list(answer), []).append(page)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, Malformed):
        return


def _reach_height(reach: _Reach, chain: str, tag: Any) -> int:
    return reach.book.horizon[chain] if tag in (None, "latest", "finalized", "safe") else _evm_int(tag)


def _reach_padded(topic: Any) -> List[str]:
    """The addresses that a place of a log filter names."""
    words = topic if isinstance(topic, list) else [topic]
    return [_evm_word(word) for word in words if isinstance(word, str) and len(word) == 66]


def _reach_logs(reach: _Reach, answer: Answer, asked: Mapping[str, Any]) -> None:
    topics = [*(asked.get("topics") or []), None, None, None]
    first = topics[0] if isinstance(topics[0], list) else [topics[0]]
    contracts = asked.get("address") or "*"
    low = _reach_height(reach, answer.chain, asked.get("fromBlock"))
    high = _reach_height(reach, answer.chain, asked.get("toBlock"))
    for contract in contracts if isinstance(contracts, list) else [contracts]:
        _reach_filter(reach, answer.chain, contract.lower(), (first, topics[1], topics[2]), (low, high))


def _reach_filter(
    reach: _Reach, chain: str, scope: str, topics: Tuple[Sequence[Any], Any, Any], span: Tuple[int, int]
) -> None:
    """What a filter of logs lets through: payments by, or to, the addresses it names."""
    for event, side, topic in (
        (_EVM_TRANSFER, "out", topics[1]),
        (_EVM_TRANSFER, "in", topics[2]),
        (_EVM_DEPOSIT, "wraps", topics[1]),
        (_EVM_WITHDRAWAL, "unwraps", topics[1]),
    ):
        if event in topics[0]:
            for address in _reach_padded(topic):
                reach.add(chain, address, [(scope, side)], *span)


def _reach_traces(reach: _Reach, answer: Answer, asked: Mapping[str, Any], rows: Sequence[Any]) -> None:
    low = _reach_height(reach, answer.chain, asked.get("fromBlock"))
    high = _reach_height(reach, answer.chain, asked.get("toBlock"))
    if _evm_maybe(asked.get("after"), 0):
        low = _evm_int(rows[0]["blockNumber"]) if rows else high
    if asked.get("count") is not None and len(rows) >= _evm_int(asked["count"]):
        high = _evm_int(rows[-1]["blockNumber"]) - 1
    for name, side in (("fromAddress", "out"), ("toAddress", "in")):
        for address in asked.get(name) or []:
            reach.add(answer.chain, address, [("native", side), ("native", "calls")], low, high)


def _reach_searched(reach: _Reach, answer: Answer, asked: Sequence[Any], result: Mapping[str, Any]) -> None:
    """Otterscan's pages: newest first, whole blocks, before or after a height that is not in them."""
    start, heights = _evm_int(asked[1]), [_evm_int(row["blockNumber"]) for row in result["txs"]]
    low, high = 0, reach.book.horizon[answer.chain]
    if _book_asked(answer).endswith("Before"):
        high = start - 1 if start else high
        low = 0 if result["lastPage"] else min(heights, default=high + 1)
    else:
        low = start + 1 if start else 0
        high = high if result["firstPage"] else max(heights, default=-1)
    scopes = [("native", side) for side in ("in", "out", "calls")]
    reach.add(answer.chain, asked[0], scopes, low, high)


def _reach_bulk(reach: _Reach, answer: Answer, body: Mapping[str, Any], span: Tuple[int, int]) -> None:
    """HyperSync and SQD: one question for several kinds of rows, answered up to some height."""
    for one in body.get("logs") or []:
        topics = [*(one.get("topics") or [one.get(f"topic{n}") or [] for n in range(3)]), [], [], []]
        for contract in one.get("address") or ["*"]:
            _reach_filter(reach, answer.chain, contract.lower(), (topics[0], topics[1], topics[2]), span)
    for name, side in (("from", "out"), ("to", "in")):
        for one in body.get("transactions") or []:
            for address in one.get(name) or []:
                reach.add(answer.chain, address, [("native", side)], *span)
    for one in body.get("traces") or []:
        for name in ("from", "to", "callFrom", "callTo"):
            for address in one.get(name) or []:
                reach.add(answer.chain, address, [("native", "calls")], *span)


def _reach_page(number: int, answer: Answer, data: Any) -> _ReachPage:
    """What counts of a page, so that the page itself need not be kept."""
    if answer.source.split(".")[0] == "trongrid":
        times = [_evm_int(row["block_timestamp"]) for row in data.get("data") or []]
        then = str((data.get("meta") or {}).get("fingerprint", ""))
        return _ReachPage(number, answer, len(times), times[-1] if times else 0, max(times, default=0), then)
    rows = data.get("result")
    if not isinstance(rows, list):
        return _ReachPage(number, answer, -1, 0, 0, "")
    last = _evm_maybe(rows[-1].get("blockNumber"), -1) if rows else 0
    return _ReachPage(number, answer, len(rows), last, last, "")


def _reach_list(reach: _Reach, name: str) -> None:
    """The pages of one list, in order: what they cover together."""
    pages = sorted(reach.lists[name], key=lambda page: (page.number, page.answer.n))
    answer, last = pages[0].answer, pages[-1]
    if answer.source.split(".")[0] == "trongrid":
        _reach_grid(reach, answer, pages)
        return
    if [page.number for page in pages] != list(range(1, len(pages) + 1)):
        reach.cut.append((_book_asked(answer), answer.n))
        return
    query = answer.query
    if last.rows < 0 or "address" not in query:
        return
    asked = query["action"]
    names = ("fromBlock", "toBlock") if asked == "getLogs" else ("startblock", "endblock")
    low, high = int(query.get(names[0]) or 0), _reach_height(reach, answer.chain, query.get(names[1]))
    if last.rows >= int(query.get("offset") or 10_000):
        high = min(high, last.last - 1)
    if asked == "getLogs":
        topics = ([query.get("topic0")], query.get("topic1"), query.get("topic2"))
        _reach_filter(reach, answer.chain, query["address"].lower(), topics, (low, high))
        return
    scopes = [("native", side) for side in (_REACH_BOTH if asked == "txlist" else ("calls",))]
    if asked == "tokentx":
        scopes = [(query.get("contractaddress", "*").lower(), side) for side in _REACH_BOTH]
    reach.add(answer.chain, query["address"], scopes, low, high)


def _reach_grid(reach: _Reach, answer: Answer, pages: Sequence[_ReachPage]) -> None:
    """TronGrid's pages: each names the next by its fingerprint."""
    parts, query = answer.path.split("/"), answer.query
    if len(parts) < 5:
        return
    turned = {page.answer.query.get("fingerprint", "") for page in pages}
    named = {page.then for page in pages}
    if turned - named - {""} or "" not in turned:
        reach.cut.append((answer.path, answer.n))
        return
    high = int(query.get("max_timestamp") or reach.book.horizon[answer.chain])
    if named - turned - {""}:
        high = min(high, max(page.latest for page in pages) - 1)
    scopes = {
        "transactions": [("native", "in"), ("native", "out")],
        "internal-transactions": [("native", "calls")],
        "trc20": [(query.get("contract_address", "*").lower(), side) for side in _REACH_BOTH],
    }.get(parts[-1])
    if scopes:
        reach.add(answer.chain, parts[3], scopes, int(query.get("min_timestamp") or 0), high)


WORDS.update(
    {
        "reach.whole": (
            (
                "Followed accounts: {accounts}. Of {whole} the history was asked for without a gap, from the first"
                " height that counts to the last."
            ),
            "被追踪账户共 {accounts} 个，其中 {whole} 个的历史从应计的第一个高度到最后一个高度均已完整查询，没有间断。",
        ),
        "reach.victims": (
            "Victims whose every payment since the theft was asked for without a gap: {victims}.",
            "自被盗起全部付款均已完整查询、没有间断的被害人地址：{victims} 个。",
        ),
        "reach.doubtful": (
            "Accounts whose history has a gap that the result itself names: {accounts}.",
            "历史存在缺口且结果本身已注明的账户：{accounts} 个。",
        ),
        "reach.balanced": (
            (
                "Accounts of which no source shows calls inside transactions: {accounts}. That none is missing rests on"
                " their balances before and after."
            ),
            "没有数据源显示其交易内部调用的账户：{accounts} 个；没有遗漏这一点，以其前后余额为据。",
        ),
        "reach.positions": (
            "Liquidity positions among the accounts: {accounts}; that their history is whole is taken as stated.",
            "账户中的流动性头寸：{accounts} 个；其历史完整这一点按证据包所述采用。",
        ),
        "reach.blind": (
            "Accounts whose history was asked for by block number, so that its ends cannot be seen here: {accounts}.",
            "按区块号查询历史、因而本检验程序无法确定其起止的账户：{accounts} 个。",
        ),
        "reach.in": (
            "{address}, {asset}: from height {height} on, no stored answer covers what it received.",
            "{address}（{asset}）：自高度 {height} 起，所存应答未涵盖其收款。",
        ),
        "reach.out": (
            "{address}, {asset}: from height {height} on, no stored answer covers what it paid.",
            "{address}（{asset}）：自高度 {height} 起，所存应答未涵盖其付款。",
        ),
        "reach.calls": (
            "{address}, {asset}: from height {height} on, no stored answer covers calls inside transactions.",
            "{address}（{asset}）：自高度 {height} 起，所存应答未涵盖交易内部的调用。",
        ),
        "reach.wraps": (
            "{address}, {asset}: from height {height} on, no stored answer covers the wrapping of coins.",
            "{address}（{asset}）：自高度 {height} 起，所存应答未涵盖主币的包装。",
        ),
        "reach.unwraps": (
            "{address}, {asset}: from height {height} on, no stored answer covers the unwrapping of coins.",
            "{address}（{asset}）：自高度 {height} 起，所存应答未涵盖主币的解包装。",
        ),
        "reach.page": (
            "A page is missing in a list of {asked} (answer {answer}).",
            "{asked} 的列表缺页（应答 {answer}）。",
        ),
    }
)
# --- the sum, folded again: written from docs/method.md alone


_FOLD_METHODS = ("fifo", "lifo", "pro_rata", "clean_first", "tainted_first", "poison")
_FOLD_CONSERVING = _FOLD_METHODS[:5]
_FoldPlace = Tuple[str, str, str]
_FoldLot = Tuple[int, int]


def _fold_divide(total: int, weights: Sequence[int]) -> List[int]:
    """``total`` in proportion to ``weights``, by largest remainder; between equal remainders the first comes first."""
    whole_of = sum(weights)
    if not whole_of:
        return [0] * len(weights)
    both = [divmod(total * weight, whole_of) for weight in weights]
    parts = [part for part, _ in both]
    left = total - sum(parts)
    if left:
        rests = [rest for _, rest in both]
        for n in sorted(range(len(weights)), key=rests.__getitem__, reverse=True)[:left]:
            parts[n] += 1
    return parts


# A balance under each method. Lots are (units, form); the form says which theft and which conversion they came from.


class _FoldQueue:
    """First in, first out; or last in, first out."""

    def __init__(self, *, last: bool) -> None:
        self.last = last
        self.lots: Deque[_FoldLot] = deque()

    def add(self, lots: Iterable[_FoldLot]) -> None:
        """Lots arrive, in the order in which they left the payer. Neighbours of one form become one."""
        held = self.lots
        for lot in lots:
            same = held and held[-1][1] == lot[1]
            held.append((held.pop()[0] + lot[0], lot[1]) if same else lot)

    def draw(self, wanted: int) -> List[_FoldLot]:
        """Lots of exactly so many units; what is missing is clean."""
        held, taken = self.lots, []
        take, put_back = (held.pop, held.append) if self.last else (held.popleft, held.appendleft)
        while wanted and held:
            lot = take()
            if lot[0] > wanted:
                put_back((lot[0] - wanted, lot[1]))
                lot = (wanted, lot[1])
            taken.append(lot)
            wanted -= lot[0]
        if wanted:
            taken.append((wanted, CLEAN))
        return taken

    def stolen(self) -> List[_FoldLot]:
        """The stolen lots that are there."""
        return [(amount, form) for amount, form in self.lots if form != CLEAN]


class _FoldSides:
    """Clean units first, or stolen units first, these by age."""

    def __init__(self, *, clean_first: bool) -> None:
        self.clean_first, self.clean = clean_first, 0
        self.queue = _FoldQueue(last=False)
        self.tainted = 0

    def add(self, lots: Iterable[_FoldLot]) -> None:
        """Lots arrive."""
        for amount, form in lots:
            if form == CLEAN:
                self.clean += amount
            else:
                self.tainted += amount
                self.queue.add([(amount, form)])

    def draw(self, wanted: int) -> List[_FoldLot]:
        """Lots of exactly so many units; what is missing is clean."""
        clean = min(self.clean, wanted if self.clean_first else max(wanted - self.tainted, 0))
        tainted = min(self.tainted, wanted - clean)
        missing = wanted - clean - tainted
        self.clean -= clean
        self.tainted -= tainted
        first = [(clean, CLEAN)] if clean else []
        stolen = self.queue.draw(tainted)
        return (first + stolen if self.clean_first else stolen + first) + ([(missing, CLEAN)] if missing else [])

    def stolen(self) -> List[_FoldLot]:
        """The stolen lots that are there."""
        return self.queue.stolen()


class _FoldShares:
    """Pro rata: every payment takes of each share in proportion.

    A share is what is clean, or what is of one theft and came in one form; within it, all units are alike.
    """

    def __init__(self, theft_of: List[int]) -> None:
        self.theft_of = theft_of
        self.shares: Dict[int, int] = {}
        self.order: List[int] = []

    def _turn(self, form: int) -> Tuple[int, int]:
        """Clean comes first, then the thefts by number, of one theft the form that is older."""
        return (CLEAN if form == CLEAN else self.theft_of[form], form)

    def add(self, lots: Iterable[_FoldLot]) -> None:
        """Lots arrive."""
        shares = self.shares
        for amount, form in lots:
            shares[form] = shares.get(form, 0) + amount

    def draw(self, wanted: int) -> List[_FoldLot]:
        """Lots of exactly so many units; what is missing is clean."""
        shares = self.shares
        if len(self.order) != len(shares):
            self.order = sorted(shares, key=self._turn)
        held = [shares[form] for form in self.order]
        there = min(wanted, sum(held))
        taken = [(part, form) for form, part in zip(self.order, _fold_divide(there, held)) if part]
        for part, form in taken:
            shares[form] -= part
        if there == sum(held):
            self.shares, self.order = {}, []
        return taken + ([(wanted - there, CLEAN)] if wanted > there else [])

    def stolen(self) -> List[_FoldLot]:
        """The stolen lots that are there."""
        return [(amount, form) for form, amount in self.shares.items() if amount and form != CLEAN]


class _FoldMarked:
    """Poison: one stolen unit marks the whole balance until it is nil."""

    def __init__(self) -> None:
        self.held, self.mark = 0, CLEAN

    def add(self, lots: Iterable[_FoldLot]) -> None:
        """Lots arrive."""
        for amount, form in lots:
            self.held += amount
            if self.mark == CLEAN:
                self.mark = form

    def draw(self, wanted: int) -> List[_FoldLot]:
        """A payment out of a marked balance is stolen in full."""
        taken = [(wanted, self.mark)] if wanted else []
        self.held = max(self.held - wanted, 0)
        if not self.held:
            self.mark = CLEAN
        return taken

    def stolen(self) -> List[_FoldLot]:
        """All of a marked balance."""
        return [] if self.mark == CLEAN or not self.held else [(self.held, self.mark)]


def _fold_balance(method: str, theft_of: List[int]) -> Any:
    if method in ("fifo", "lifo"):
        return _FoldQueue(last=method == "lifo")
    if method == "pro_rata":
        return _FoldShares(theft_of)
    return _FoldMarked() if method == "poison" else _FoldSides(clean_first=method == "clean_first")


class _FoldSum:
    """The rows of the sum folded under one method.

    ``thefts`` has a theft's number by its place in the result. ``traced``: by row, how many stolen units it carried;
    ``each`` is told every row with its lots, which are not kept. ``ends``: of each form, how many units went to which
    place or (a number) further conversion; ``reached``: places in the order in which stolen units came; ``fees``: of
    each form's fees, who paid how many; ``came``: stolen units that came to each place in all. ``forms`` of a
    conversion: by number, of each row that came out, the form of each theft.
    """

    def __init__(
        self,
        case: Case,
        method: str,
        thefts: Sequence[int],
        groups: Mapping[int, Sequence[int]],
        each: Optional[Callable[[Row, Sequence[_FoldLot]], None]] = None,
    ) -> None:
        self.case, self.thefts, self.groups = case, thefts, groups
        self.theft_of: List[int] = list(range(len(thefts)))
        self.balances: Dict[_FoldPlace, Any] = {}
        self.traced: List[int] = []
        self.went_in: Dict[int, List[_FoldLot]] = {}
        self.ends: List[Dict[Any, int]] = [{} for _ in thefts]
        self.reached: Dict[_FoldPlace, int] = {}
        self.fees: Dict[Tuple[int, _FoldPlace], Dict[str, int]] = {}
        self.forms: Dict[int, Dict[int, Dict[int, int]]] = {}
        self.came: Dict[_FoldPlace, int] = {}
        self.waiting: Dict[int, List[_FoldLot]] = {}
        self.came_out: Dict[int, List[_FoldLot]] = {}
        for place, account in case.accounts.items():
            self.balances[place] = _fold_balance(method, self.theft_of)
            if account.opening:
                self.balances[place].add([(account.opening, CLEAN)])
        for row in case.rows:
            lots = self._pay(row)
            if each:
                each(row, lots)
        for place, balance in self.balances.items():
            for amount, form in balance.stolen():
                self._end(form, place, amount)

    def _end(self, form: int, place: Any, amount: int) -> None:
        self.ends[form][place] = self.ends[form].get(place, 0) + amount

    def _pay(self, row: Row) -> List[_FoldLot]:
        lots = self._taken(row)
        traced = sum([amount for amount, form in lots if form != CLEAN])
        self.traced.append(traced)
        if row.into is not None:
            self.went_in[row.row] = lots
        elif row.kept:
            place = (row.chain, row.receiver, row.asset)
            self.balances[place].add(lots)
            self._arrive(place, traced)
        else:
            self._rest(row, lots)
        return lots

    def _arrive(self, place: _FoldPlace, amount: int) -> None:
        if amount:
            self.reached.setdefault(place, len(self.reached))
            self.came[place] = self.came.get(place, 0) + amount

    def _rest(self, row: Row, lots: Iterable[_FoldLot]) -> None:
        place = (row.chain, row.receiver, row.asset)
        for amount, form in lots:
            if form == CLEAN:
                continue
            self._arrive(place, amount)
            self._end(form, place, amount)
            if row.receiver == "fee":
                payers = self.fees.setdefault((form, place), {})
                payers[row.sender] = payers.get(row.sender, 0) + amount

    def units(self) -> Dict[_FoldPlace, int]:
        """Stolen units by place, but for fees."""
        found: Dict[_FoldPlace, int] = {}
        for ends in self.ends:
            for place, amount in ends.items():
                if not isinstance(place, int) and place[1] != "fee":
                    found[place] = found.get(place, 0) + amount
        return found

    def fees_paid(self) -> Dict[_FoldPlace, int]:
        """Stolen units paid as fees, by who paid them."""
        found: Dict[_FoldPlace, int] = {}
        for (_, place), payers in self.fees.items():
            for payer, amount in payers.items():
                spot = (place[0], payer, place[2])
                found[spot] = found.get(spot, 0) + amount
        return found

    def _taken(self, row: Row) -> List[_FoldLot]:
        if row.pays == "theft":
            return [(row.amount, self.thefts[row.origin])]
        if row.pays == "outside":
            return [(row.amount, CLEAN)]
        if row.pays == "pot":
            if row.row not in self.came_out:
                self._convert(self.case.pots[row.out_of or 0])
            return self.came_out.pop(row.row)
        group = self.groups.get(row.row)
        if group is None:
            return list(self.balances[(row.chain, row.sender, row.asset)].draw(row.amount))
        if row.row not in self.waiting:
            self._draw_together(row, group)
        return self.waiting.pop(row.row)

    def _draw_together(self, first: Row, group: Sequence[int]) -> None:
        """Highest first: what is stolen of all that one account pays in one transaction goes to the largest payment."""
        amounts = {n: self.case.rows[n].amount for n in group}
        drawn = self.balances[(first.chain, first.sender, first.asset)].draw(sum(amounts.values()))
        stolen = deque([amount, form] for amount, form in drawn if form != CLEAN)
        for n in sorted(group, key=lambda n: (-amounts[n], n)):
            left, part = amounts[n], []
            while left and stolen:
                units_of = min(left, stolen[0][0])
                part.append((units_of, stolen[0][1]))
                left -= units_of
                stolen[0][0] -= units_of
                if not stolen[0][0]:
                    stolen.popleft()
            self.waiting[n] = part + ([(left, CLEAN)] if left else [])

    def _convert(self, pot: Pot) -> None:
        """What went into a conversion stands in a line; every row that comes out takes its share of each theft."""
        line: List[List[int]] = []
        lengths: Dict[int, int] = {}
        for n, weight in zip(pot.ins, pot.weights):
            for amount, form in self.went_in[n]:
                theft = CLEAN if form == CLEAN else self.theft_of[form]
                lengths[theft] = lengths.get(theft, 0) + amount * weight
                if line and line[-1][0] == theft:
                    line[-1][1] += amount * weight
                else:
                    line.append([theft, amount * weight])
        thefts = list(lengths)
        known: Dict[int, Dict[int, int]] = {}
        for n in pot.outs:
            shares = dict(zip(thefts, _fold_divide(self.case.rows[n].amount, [lengths[theft] for theft in thefts])))
            known[n] = {theft: self._form(theft) for theft in thefts if theft != CLEAN and shares[theft]}
            lots = self._lined_up(line, lengths, shares, known[n])
            self.came_out[n] = lots or [(self.case.rows[n].amount, CLEAN)]
        self.forms[pot.pot] = known
        converted = {theft for forms in known.values() for theft in forms}
        for n in pot.ins:
            for amount, form in self.went_in.pop(n):
                if form == CLEAN:
                    continue
                if self.theft_of[form] in converted:
                    self._end(form, pot.pot, amount)
                else:
                    self._rest(self.case.rows[n], [(amount, form)])

    def _form(self, theft: int) -> int:
        self.theft_of.append(theft)
        self.ends.append({})
        return len(self.ends) - 1

    @staticmethod
    def _lined_up(
        line: Sequence[Sequence[int]], lengths: Mapping[int, int], shares: Mapping[int, int], forms: Mapping[int, int]
    ) -> List[_FoldLot]:
        """One row's units in the order of the line: each stands for the middle of its equal part of its theft's."""
        passed: Dict[int, int] = {}
        given: Dict[int, int] = {}
        lots: List[_FoldLot] = []
        for theft, length in line:
            passed[theft] = passed.get(theft, 0) + length
            if not lengths[theft]:
                continue
            upto = (2 * shares[theft] * passed[theft] + lengths[theft] - 1) // (2 * lengths[theft])
            part = upto - given.get(theft, 0)
            given[theft] = upto
            if part:
                lots.append((part, forms.get(theft, CLEAN)))
        return lots


class _FoldWorth:
    """What the units stand for.

    ``at``: of each place, theft by theft; ``fees``: of each payer's fees; ``pots``: of each conversion; ``whole``: of
    each form that came out of a conversion, what its units stand for and how many of them there are.
    """

    def __init__(self, folded: _FoldSum) -> None:
        self.folded = folded
        self.at: Dict[_FoldPlace, Dict[int, int]] = {}
        self.fees: Dict[_FoldPlace, Dict[int, int]] = {}
        self.pots: Dict[int, Dict[int, int]] = {}
        self.whole: Dict[int, Tuple[int, int]] = {}
        for form in range(len(folded.thefts)):
            for end, amount in folded.ends[form].items():
                self._give(form, end, amount)
        for number in sorted(folded.forms, key=lambda n: min(folded.case.pots[n].outs)):
            self._pass_on(number)

    def _give(self, form: int, end: Any, principal: int) -> None:
        theft = self.folded.theft_of[form]
        known = self.pots if isinstance(end, int) else self.at
        shares = known.setdefault(end, {})
        shares[theft] = shares.get(theft, 0) + principal
        payers = self.folded.fees.get((form, end))
        if payers:
            for payer, part in zip(payers, _fold_divide(principal, list(payers.values()))):
                of_payer = self.fees.setdefault((end[0], payer, end[2]), {})
                of_payer[theft] = of_payer.get(theft, 0) + part

    def _pass_on(self, number: int) -> None:
        pot, forms = self.folded.case.pots[number], self.folded.forms[number]
        for theft, principal in self.pots.get(number, {}).items():
            outs = [(value, forms[n][theft]) for n, value in zip(pot.outs, pot.values) if theft in forms[n]]
            values = [value for value, _ in outs]
            parts = _fold_divide(principal, values if any(values) else [1] * len(values))
            for part, (_, form) in zip(parts, outs):
                ends = self.folded.ends[form]
                self.whole[form] = (part, sum(ends.values()))
                order = sorted(ends, key=self._turn)
                for end, share in zip(order, _fold_divide(part, [ends[end] for end in order])):
                    self._give(form, end, share)

    def _turn(self, end: Any) -> Tuple[int, int]:
        """Between equal remainders: conversions, the latest first; then the place that was reached first."""
        return (0, -end) if isinstance(end, int) else (1, self.folded.reached[end])

    def of_lots(self, lots: Iterable[_FoldLot]) -> Dict[int, int]:
        """What the stolen part of a payment stands for, theft by theft, each lot's part rounded down."""
        sums: Dict[int, int] = {}
        for amount, form in lots:
            if form != CLEAN:
                sums[form] = sums.get(form, 0) + amount
        found: Dict[int, int] = {}
        for form, amount in sums.items():
            principal, units_of = self.whole.get(form, (1, 1))
            theft = self.folded.theft_of[form]
            found[theft] = found.get(theft, 0) + (amount * principal // units_of if units_of else 0)
        return found


# --- what the ledger says must be in the sum


def _fold_agreed(report: Report, since: int) -> bool:
    """Whether nothing differed since that many findings."""
    return all(level != "differs" for level, _, _ in report.found[since:])


class _FoldKnown:
    """What the checks of the sum share: who is followed from when, horizons, thefts, and the assets of the thefts."""

    def __init__(self, case: Case) -> None:
        params = case.params
        self.lows = {place: account.low for place, account in case.accounts.items()}
        self.horizons = {chain: whole(about, "horizon") for chain, about in params["chains"].items()}
        self.seeds: Dict[int, int] = {}
        for n, seed in enumerate(listed(params, "seeds")):
            at = whole(seed, "ledger")
            if text(seed, "origin") != str(n + 1) or not 0 < at <= len(case.ledger) or at in self.seeds:
                raise Malformed("sum.seed", origin=text(seed, "origin"))
            self.seeds[at] = n
        self.numbers = [int(text(row, "id")) - 1 for row in listed(case.trace, "origins")]
        if sorted(self.numbers) != list(range(len(self.seeds))):
            raise Malformed("sum.seed", origin=len(self.numbers))
        self.assets = [(case.ledger[n - 1].chain, case.ledger[n - 1].asset) for n in self.seeds]
        self.victims: Dict[Tuple[str, str], List[Mapping[str, Any]]] = {}
        for victim in listed(params, "victims"):
            self.victims.setdefault((text(victim, "chain"), text(victim, "address")), []).append(victim)
        self.own = {(chain, address) for chain, address in listed(params, "own")}
        self.opened = {(row.chain, row.tx) for row in case.rows if row.ledger is None}
        self.heights = [place_of(row.position) for row in case.rows]

    def theft(self, row: Row) -> int:
        """The theft that a row is, by its number from nil; -1 for none."""
        return self.numbers[row.origin] if 0 <= row.origin < len(self.numbers) else -1

    def follows(self, chain: str, address: str, asset: str, height: int) -> bool:
        """Whether an account is followed at a height."""
        low = self.lows.get((chain, address, asset))
        return low is not None and height >= low


def _fold_since(victim: Mapping[str, Any], line: Line, *, one_tx: bool) -> Optional[bool]:
    """Whether an outflow lies in the victim's moment; None where the place in the block is not told."""
    since = text(victim, "since").lower()
    if line.tx.lower().replace("0x", "", 1) == since.replace("0x", "", 1):
        return True
    low, tx_index = whole(victim, "low"), victim.get("tx_index")
    if one_tx or line.height < low:
        return False
    if line.height > low or not tx_index:
        return True
    return None if line.tx_index < 0 else line.tx_index > int(tx_index)


def _fold_outflows(case: Case, known: _FoldKnown) -> Iterator[Tuple[Line, Set[Optional[bool]]]]:
    """What left the victims' addresses, fees and payments to themselves apart, and whether it counts."""
    one_tx = case.params["question"].get("stolen") == "tx"
    for line in case.ledger:
        victims = known.victims.get((line.chain, line.sender), ())
        if not victims or not line.kind or line.sender == line.receiver or (line.chain, line.receiver) in known.own:
            continue
        if line.height <= known.horizons[line.chain]:
            yield line, {_fold_since(victim, line, one_tx=one_tx) for victim in victims}


def _fold_check_thefts(case: Case, known: _FoldKnown, report: Report) -> None:
    """Every outflow of a victim since the moment is a theft or listed as unverified; and no theft is anything else."""
    since = len(report.found)
    unverified: Dict[Tuple[str, ...], int] = {}
    for row in listed(case.trace, "unverified"):
        spot = (row["chain"], row["tx"], row["asset"], row["from"], row["to"], row["amount"])
        unverified[spot] = unverified.get(spot, 0) + 1
    found, aside = set(), 0
    for line, within in _fold_outflows(case, known):
        spot = (line.chain, line.tx, line.asset, line.sender, line.receiver, str(line.amount))
        if line.n in known.seeds and within != {False}:
            found.add(line.n)
        elif True in within and unverified.get(spot):
            unverified[spot] -= 1
            aside += 1
        elif True in within:
            report.differs("sum.theft_left_out", tx=line.tx, to=line.receiver, asset=line.asset, amount=line.amount)
        elif None in within:
            report.unknown("sum.theft_unplaced", tx=line.tx, to=line.receiver, asset=line.asset, amount=line.amount)
    for n in sorted(set(known.seeds) - found):
        report.differs("sum.no_theft", origin=known.seeds[n] + 1, tx=case.ledger[n - 1].tx)
    _fold_check_origins(case, known, report)
    _fold_check_horizons(case, known, report)
    if _fold_agreed(report, since):
        report.fine("sum.thefts", thefts=len(known.seeds), victims=len(known.victims))
    if aside:
        report.stated("sum.aside", aside=aside)


def _fold_check_origins(case: Case, known: _FoldKnown, report: Report) -> None:
    """The thefts are numbered in order, count in full, and are what the result lists."""
    counted = [0] * len(known.seeds)
    for row in case.rows:
        if known.theft(row) >= 0:
            counted[known.theft(row)] += row.amount
    for at, n in known.seeds.items():
        if counted[n] != case.ledger[at - 1].amount:
            report.differs("sum.theft_amount", origin=n + 1, says=counted[n], found=case.ledger[at - 1].amount)
    if list(known.seeds) != sorted(known.seeds):
        report.differs("sum.theft_order")
    said = set()
    for row in listed(case.trace, "origins"):
        since = [victim["since"] for victim in known.victims.get((row["chain"], row["victim"]), ())]
        if row["since"] in since:
            said.add((text(row, "id"), row["chain"], row["victim"], row["tx"], row["to"], row["time"]))
    lines = [(str(n + 1), case.ledger[at - 1]) for at, n in known.seeds.items()]
    if said != {(n, one.chain, one.sender, one.tx, one.receiver, _fold_stamp(one.time)) for n, one in lines}:
        report.differs("sum.origins")
    taken = {
        (text(row, "origin"), _fold_of(row["asset"]), units(row, "amount")) for row in listed(case.trace, "stolen")
    }
    if taken != {(number, (line.chain, line.asset), line.amount) for number, line in lines}:
        report.differs("sum.stolen")


def _fold_check_horizons(case: Case, known: _FoldKnown, report: Report) -> None:
    """The result speaks of every chain of the case, and of its last height that counts where no other was asked for."""
    rows = {text(row, "chain"): row for row in case.trace.get("as_of") or ()}
    for chain, horizon in known.horizons.items():
        row = rows.pop(chain, {})
        told = (
            row.get("block") == horizon
            if chain.startswith("eip155:")
            else row.get("time") == _fold_stamp(horizon // 1000)
        )
        if row and not told and case.params["question"].get("until") is None:
            report.differs("sum.horizon", chain=chain, says=str(row.get("block")), found=horizon)
    for chain, row in rows.items():
        report.differs("sum.horizon", chain=chain, says=str(row.get("block")), found="–")


def _fold_in_sum(case: Case) -> Dict[_FoldPlace, List[int]]:
    """What came to and left each followed account by the rows of the sum, in their order."""
    found: Dict[_FoldPlace, List[int]] = {place: [] for place in case.accounts}
    for row in case.rows:
        if row.pays == "balance":
            found.setdefault((row.chain, row.sender, row.asset), []).append(-row.amount)
        if row.kept and row.into is None:
            found.setdefault((row.chain, row.receiver, row.asset), []).append(row.amount)
    return found


def _fold_check_openings(case: Case, known: _FoldKnown, report: Report) -> None:
    """Opening balances from what is in the ledger and what a source said is there."""
    changes: Dict[_FoldPlace, List[Tuple[int, int]]] = {place: [] for place in case.accounts}
    for line in case.ledger:
        if line.sender == line.receiver:
            continue
        for address, change in ((line.sender, -line.amount), (line.receiver, line.amount)):
            if known.follows(line.chain, address, line.asset, line.height):
                changes[(line.chain, address, line.asset)].append((line.height, change))
    in_sum = _fold_in_sum(case)
    since, told = len(report.found), 0
    for place, account in case.accounts.items():
        right = _fold_openings(account, changes[place], in_sum[place])
        told += 1 if account.weak else 0
        if account.opening not in right:
            where = {"address": account.address, "asset": account.asset}
            report.differs("sum.opening", says=account.opening, found=right[0], **where)
    if _fold_agreed(report, since):
        report.fine("sum.openings", proven=len(case.accounts) - told)
    if told:
        report.stated("sum.openings_weak", weak=told)


def _fold_openings(account: Account, changes: Sequence[Tuple[int, int]], in_sum: Sequence[int]) -> List[int]:
    """What an opening balance may be, the likeliest first."""
    right = []
    if account.before is not None:
        right.append(account.before.amount)
    elif account.balance is not None:
        at = account.balance.at
        since = sum(change for height, change in changes if at is None or height <= at)
        right.append(account.balance.amount - since)
    if account.weak and account.before is None:
        for moves in (in_sum, [change for _, change in changes]):
            least = held = 0
            for change in moves:
                held += change
                least = min(least, held)
            right.append(-least)
    return [one for one in right if one >= 0] or [0]


def _fold_expected(case: Case, known: _FoldKnown) -> Iterator[Tuple[Line, str, int, bool]]:
    """The rows that the ledger has for the sum: the transfer, what pays it, the theft it is, and whether it is kept."""
    for line in case.ledger:
        if line.sender == line.receiver or line.height > known.horizons[line.chain]:
            continue
        if line.kind and (line.chain, line.tx) in known.opened:
            continue
        kept = known.follows(line.chain, line.receiver, line.asset, line.height)
        if line.n in known.seeds:
            yield line, "theft", known.seeds[line.n], kept
        elif known.follows(line.chain, line.sender, line.asset, line.height):
            yield line, "balance", -1, kept
        elif kept:
            yield line, "outside", -1, kept


def _fold_check_rows(case: Case, known: _FoldKnown, report: Report) -> None:
    """Rows of transactions that were not opened are the ledger's own, one by one, and all rows stand in order."""
    since = len(report.found)
    rows = [row for row in case.rows if row.ledger is not None]
    own = {row.ledger: row for row in rows}
    for line, pays, origin, kept in _fold_expected(case, known):
        row = own.pop(line.n, None)
        if row is None:
            report.differs("sum.row_missing", ledger=line.n, tx=line.tx, to=line.receiver, amount=line.amount)
        elif known.theft(row) != origin or not _fold_same_row(row, line, pays, kept=kept):
            report.differs("sum.row_wrong", row=row.row, ledger=line.n, tx=line.tx)
    for row in own.values():
        report.differs("sum.row_extra", row=row.row, tx=row.tx)
    for before, line in zip(case.ledger, case.ledger[1:]):
        if _fold_spot(line) < _fold_spot(before):
            report.differs("sum.ledger_order", ledger=line.n, tx=line.tx)
    last: Tuple[Any, ...] = ("", -1, -1)
    at = 0
    for row, (height, tx_index, _, _) in zip(case.rows, known.heights):
        spot = (row.chain, height, tx_index)
        if spot < last or (row.ledger is not None and row.ledger <= at):
            report.differs("sum.order", row=row.row, tx=row.tx)
        last, at = spot, at if row.ledger is None else row.ledger
    if _fold_agreed(report, since):
        report.fine("sum.rows", rows=len(rows))


def _fold_spot(line: Line) -> Tuple[str, int, int, int, Tuple[int, ...]]:
    return (line.chain, line.height, line.tx_index, line.kind, line.index)


def _fold_same_row(row: Row, line: Line, pays: str, *, kept: bool) -> bool:
    of_line = (line.chain, line.tx, line.time, line.asset, line.sender, line.receiver, line.amount)
    of_row = (row.chain, row.tx, row.time, row.asset, row.sender, row.receiver, row.amount)
    place = (line.height, line.tx_index, line.kind, line.index)
    apart = (row.into, row.out_of, row.via) == (None, None, ())
    return (row.pays, row.kept) == (pays, kept) and apart and of_line == of_row and place_of(row.position) == place


class _FoldOpened:
    """One opened transaction: what its legs say of every account, and what the rows of the sum say."""

    def __init__(self) -> None:
        self.about: Optional[Tuple[int, int, int]] = None
        self.net: Dict[Tuple[str, str], int] = {}
        self.came: Dict[Tuple[str, str], int] = {}
        self.rows: Dict[Tuple[str, str], int] = {}
        self.moved: Dict[Tuple[str, str], int] = {}

    @staticmethod
    def _add(sums: Dict[Tuple[str, str], int], spot: Tuple[str, str], amount: int) -> None:
        sums[spot] = sums.get(spot, 0) + amount

    def leg(self, line: Line) -> None:
        """A movement of the ledger."""
        self.about = (line.height, line.tx_index, line.time)
        self._add(self.net, (line.sender, line.asset), -line.amount)
        self._add(self.net, (line.receiver, line.asset), line.amount)
        self._add(self.came, (line.receiver, line.asset), line.amount)

    def row(self, row: Row) -> None:
        """A row of the sum."""
        self._add(self.rows, (row.sender, row.asset), -row.amount)
        self._add(self.rows, (row.receiver, row.asset), row.amount)
        if row.into is None and row.pays == "balance":
            self._add(self.moved, (row.receiver, row.asset), row.amount)


def _fold_check_opened(case: Case, known: _FoldKnown, report: Report) -> None:
    """In a transaction that was opened, every followed account gains and loses what its legs say; no more, no less."""
    since = len(report.found)
    opened = {spot: _FoldOpened() for spot in known.opened}
    for line in case.ledger:
        if line.kind and (line.chain, line.tx) in opened:
            opened[(line.chain, line.tx)].leg(line)
    for row, (height, tx_index, kind, _) in zip(case.rows, known.heights):
        one = opened.get((row.chain, row.tx))
        if one is None or (row.ledger is not None and not kind):
            continue
        one.row(row)
        sound = one.about == (height, tx_index, row.time) and row.amount and row.sender != row.receiver
        if row.ledger is not None or not sound or not _fold_paid_by(row, height, known):
            report.differs("sum.opened_row", row=row.row, tx=row.tx)
    checked = sum(_fold_check_nets(spot, one, known, case, report) for spot, one in opened.items())
    if opened and _fold_agreed(report, since):
        rows = sum(1 for row in case.rows if row.ledger is None)
        report.fine("sum.opened", rows=rows, transactions=len(opened), accounts=checked)


def _fold_check_nets(spot: Tuple[str, str], one: _FoldOpened, known: _FoldKnown, case: Case, report: Report) -> int:
    """How many followed accounts one opened transaction has; differences are reported.

    Nobody else is said to have been paid more than came to it there; coin and wrapped coin are one.
    """
    chain, checked = spot[0], 0
    for address, asset in sorted(set(one.net) | set(one.rows)):
        if known.follows(chain, address, asset, one.about[0] if one.about else 0):
            checked += 1
            says, found = one.rows.get((address, asset), 0), one.net.get((address, asset), 0)
            if says != found:
                report.differs("sum.net", tx=spot[1], address=address, asset=asset, says=says, found=found)
    same = {"native", case.params["chains"][chain].get("wrapped") or "native"}
    for (address, asset), says in one.moved.items():
        found = sum(one.came.get((address, kin), 0) for kin in (same if asset in same else {asset}))
        if says > found:
            report.differs("sum.net", tx=spot[1], address=address, asset=asset, says=says, found=found)
    return checked


def _fold_paid_by(row: Row, height: int, known: _FoldKnown) -> bool:
    """Whether the payer of an opened transaction's row can be what the row says it is."""
    if row.into is None and row.kept != known.follows(row.chain, row.receiver, row.asset, height):
        return False
    payer = known.follows(row.chain, row.sender, row.asset, height)
    if row.pays == "theft":
        return known.theft(row) >= 0 and (row.chain, row.sender) in known.victims
    if row.origin >= 0:
        return False
    if row.pays == "balance":
        return payer
    if row.pays == "outside":
        return not payer and (row.kept or row.into is not None)
    return row.out_of is not None and not payer


def _fold_check_pots(case: Case, known: _FoldKnown, report: Report) -> bool:
    """Rows and conversions refer to each other, and nothing comes out before all is in. False: it cannot be folded."""
    sound = True
    ins = {row.row: row.into for row in case.rows if row.into is not None}
    outs = {row.row: row.out_of for row in case.rows if row.out_of is not None}
    named_in = {n: pot.pot for pot in case.pots for n in pot.ins}
    named_out = {n: pot.pot for pot in case.pots for n in pot.outs}
    if ins != named_in or outs != named_out or any(case.rows[n].pays != "pot" for n in outs):
        report.differs("sum.pot_rows")
        return False
    for number, pot in enumerate(case.pots):
        shape = len(pot.ins) == len(pot.weights) > 0 and len(pot.outs) == len(pot.values) > 0 and pot.pot == number
        if not shape or max(pot.ins) >= min(pot.outs):
            report.differs("sum.pot", pot=number, tx=pot.tx)
            sound = False
        elif not _fold_shared_well(case, pot):
            report.differs("sum.pot_shares", pot=number, tx=pot.tx)
    for row in case.rows:
        payer, payee = (row.chain, row.sender, row.asset), (row.chain, row.receiver, row.asset)
        there = (row.pays != "balance" or payer in case.accounts) and (not row.kept or payee in case.accounts)
        if not there or (row.pays == "theft" and known.theft(row) < 0):
            report.differs("sum.opened_row", row=row.row, tx=row.tx)
            sound = False
    if case.pots:
        report.stated("sum.pots", pots=len(case.pots), unlinked=sum(1 for pot in case.pots if not pot.linked))
    return sound


def _fold_shared_well(case: Case, pot: Pot) -> bool:
    """Within one asset, amounts count: a unit weighs the same in every row, and what comes out is worth its amount."""
    weighs: Dict[str, int] = {}
    for n, weight in zip(pot.ins, pot.weights):
        if weighs.setdefault(case.rows[n].asset, weight) != weight:
            return False
    worth: Dict[str, Tuple[int, int]] = {}
    for n, value in zip(pot.outs, pot.values):
        amount, of_first = worth.setdefault(case.rows[n].asset, (case.rows[n].amount, value))
        if value * amount != of_first * case.rows[n].amount:
            return False
    return (pot.shared[0] != "amount" or len(weighs) == 1) and (pot.shared[1] != "amount" or len(worth) == 1)


def _fold_groups(case: Case) -> Dict[int, List[int]]:
    """Payments that are made together, highest first: of one account in one transaction, nobody else's between."""
    groups: Dict[int, List[int]] = {}
    last: Dict[Tuple[str, str], List[int]] = {}
    for row in case.rows:
        if row.pays != "balance":
            continue
        group = last.get((row.chain, row.asset))
        if group is None or (case.rows[group[0]].sender, case.rows[group[0]].tx) != (row.sender, row.tx):
            group = last[(row.chain, row.asset)] = []
        group.append(row.row)
        groups[row.row] = group
    return {n: group for n, group in groups.items() if len(group) > 1}


# --- the result against what came out


def _fold_of(asset: Any) -> Tuple[str, str]:
    """An asset's chain and id."""
    return (text(asset, "chain"), text(asset, "id"))


def _fold_stamp(seconds: int) -> str:
    """Unix seconds as the result writes times."""
    days, left = divmod(seconds, 86400)
    era, day = divmod(days + 719468, 146097)
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5
    month += 3 if month < 10 else -9
    year += 400 * era + (month <= 2)
    clock = f"{left // 3600:02}:{left // 60 % 60:02}:{left % 60:02}"
    return f"{year:04}-{month:02}-{day + 1:02}T{clock}Z"


class _FoldResult:
    """Everything the folds say, to hold the result against. ``main`` is the method of endpoints and flows."""

    def __init__(self, case: Case, known: _FoldKnown) -> None:
        self.case, self.known = case, known
        self.main = text(case.trace, "method")
        asked = case.params["question"]
        if self.main not in _FOLD_METHODS or self.main != {"all": "fifo"}.get(asked["method"], asked["method"]):
            raise Malformed("sum.which", method=self.main)
        followed = list(_FOLD_CONSERVING) if asked["method"] == "all" else [self.main]
        if sorted(listed(case.trace, "followed")) != sorted(followed):
            raise Malformed("sum.which", method=self.main)
        if case.trace["highest_first"] is not asked["highest_first"]:
            raise Malformed("sum.which", method=self.main)
        self.groups = _fold_groups(case) if asked["highest_first"] else {}
        self.sums = {method: _FoldSum(case, method, known.numbers, self.groups) for method in _FOLD_METHODS}
        self.worth = {method: _FoldWorth(folded) for method, folded in self.sums.items()}
        self.fold, self.stands = self.sums[self.main], self.worth[self.main]
        self.hops = _fold_hops(case, [self.sums[method].traced for method in followed])

    def by_theft(self, shares: Mapping[int, int]) -> Dict[Tuple[str, Tuple[str, str]], int]:
        """Principal by the theft's number as text and its asset."""
        return {(str(theft + 1), self.known.assets[theft]): part for theft, part in shares.items() if part}

    def by_asset(self, shares: Mapping[int, int]) -> Dict[Tuple[str, str], int]:
        """Principal by stolen asset."""
        found: Dict[Tuple[str, str], int] = {}
        for theft, part in shares.items():
            found[self.known.assets[theft]] = found.get(self.known.assets[theft], 0) + part
        return {asset: part for asset, part in found.items() if part}


def _fold_said(rows: Iterable[Any]) -> Dict[Tuple[str, Tuple[str, str]], int]:
    """A principal of the result, in the form of `_FoldResult.by_theft`."""
    return {(text(row, "origin"), _fold_of(row["asset"])): units(row, "amount") for row in rows if row["amount"] != "0"}


_FoldSpot = Tuple[str, str, str, bool]


def _fold_spot_of(row: Any) -> _FoldSpot:
    """Where a row of the result lies: chain, address, asset, and whether it is a fee."""
    return (text(row, "chain"), text(row, "address"), text(row["asset"], "id"), row["reason"] == "fee")


def _fold_places(folded: _FoldSum, worth: _FoldWorth) -> Dict[_FoldSpot, Tuple[int, Mapping[int, int]]]:
    """Every place with stolen units: how many, and what they stand for. Fees stand under who paid them."""
    found: Dict[_FoldSpot, Tuple[int, Mapping[int, int]]] = {}
    for (chain, address, asset), amount in folded.units().items():
        found[(chain, address, asset, False)] = (amount, worth.at.get((chain, address, asset), {}))
    for (chain, address, asset), amount in folded.fees_paid().items():
        found[(chain, address, asset, True)] = (amount, worth.fees.get((chain, address, asset), {}))
    return found


def _fold_check_methods(result: _FoldResult, report: Report) -> None:
    """Every place under every method: units, and what they stand for."""
    rows = listed(result.case.trace, "methods")
    table = {_fold_spot_of(row): row for row in rows}
    if len(table) != len(rows):
        report.differs("sum.twice", name="methods")
    for method, folded in result.sums.items():
        since, found = len(report.found), _fold_places(folded, result.worth[method])
        for spot in sorted(set(table) | set(found)):
            amount, shares = found.get(spot, (0, {}))
            says, stands = _fold_under(table.get(spot), method)
            place, of_fees = {"address": spot[1], "asset": spot[2]}, "fee_" if spot[3] else ""
            if says != amount:
                report.differs(f"sum.{of_fees}units.{method}", says=says, found=amount, **place)
            elif stands != result.by_asset(shares):
                told = _fold_told(result.by_asset(shares))
                report.differs(f"sum.{of_fees}principal.{method}", says=_fold_told(stands), found=told, **place)
        if _fold_agreed(report, since):
            report.fine("sum.method." + method, rows=len(result.case.rows), places=len(found))


def _fold_under(row: Any, method: str) -> Tuple[int, Dict[Tuple[str, str], int]]:
    """What a row of the comparison says under a method: units, and what they stand for by stolen asset."""
    if row is None:
        return 0, {}
    stands = {_fold_of(one["asset"]): units(one["units"], method) for one in listed(row, "principal")}
    return units(row["units"], method), {asset: part for asset, part in stands.items() if part}


def _fold_told(shares: Mapping[Any, int]) -> str:
    """Amounts by what they are of, for a sentence."""
    assets = {key: key if isinstance(key[1], str) else key[1] for key in shares}
    return ", ".join(f"{part} {assets[key][1]}" for key, part in shares.items()) or "0"


def _fold_check_flows(result: _FoldResult, report: Report) -> None:
    """Every row that carried stolen units is a flow, with what it carried, and no other is."""

    def key(row: Any) -> Tuple[Any, ...]:
        return (
            *(row[name] for name in ("chain", "tx", "position", "time", "from", "to", "amount", "traced")),
            text(row["asset"], "id"),
            tuple(row["via"]),
            -1 if row["conversion"] is None else row["conversion"],
            tuple(sorted(_fold_said(row["principal"]).items())),
        )

    found: Dict[Tuple[Any, ...], int] = {}

    def look(row: Row, lots: Sequence[_FoldLot]) -> None:
        traced = result.fold.traced[row.row]
        if traced:
            pot = row.into if row.into is not None else row.out_of
            stands = result.by_theft(result.stands.of_lots(lots))
            at = (row.chain, row.tx, row.position, _fold_stamp(row.time), row.sender, row.receiver)
            carried = (str(row.amount), str(traced), row.asset, row.via, -1 if pot is None else pot)
            spot = (*at, *carried, tuple(sorted(stands.items())))
            found[spot] = found.get(spot, 0) + 1

    # once more, because only now it is known what the units of a conversion stand for
    _FoldSum(result.case, result.main, result.known.numbers, result.groups, look)
    flows, since = listed(result.case.trace, "flows"), len(report.found)
    for flow in flows:
        spot = key(flow)
        if found.get(spot):
            found[spot] -= 1
        else:
            report.differs("sum.flow", tx=flow["tx"], to=flow["to"], says=flow["traced"])
    for spot, left in found.items():
        if left:
            report.differs("sum.flow_missing", tx=spot[1], to=spot[5], found=spot[7])
    if _fold_agreed(report, since):
        report.fine("sum.flows", flows=len(flows))


def _fold_check_endpoints(result: _FoldResult, report: Report) -> None:
    """Every endpoint's amount and principal; totals and what was stolen add up, theft by theft."""
    found, since = _fold_places(result.fold, result.stands), len(report.found)
    totals: Dict[Tuple[str, Tuple[str, str], str], int] = {}
    for row in listed(result.case.trace, "endpoints"):
        spot = _fold_spot_of(row)
        amount, shares = found.pop(spot, (0, {}))
        said, place = _fold_said(row["principal"]), {"address": spot[1], "asset": spot[2]}
        for (origin, asset), part in said.items():
            totals[(origin, asset, row["reason"])] = totals.get((origin, asset, row["reason"]), 0) + part
        if amount != units(row, "amount"):
            report.differs("sum.endpoint", says=row["amount"], found=amount, **place)
        elif said != result.by_theft(shares):
            report.differs("sum.stands", says=_fold_told(said), found=_fold_told(result.by_theft(shares)), **place)
    for spot, (amount, _) in found.items():
        report.differs("sum.endpoint", address=spot[1], asset=spot[2], says=0, found=amount)
    _fold_check_totals(result, totals, report)
    closes = "sum.exposure" if result.main == "poison" else "sum.endpoints"
    if _fold_agreed(report, since):
        report.fine(closes, endpoints=len(result.case.trace["endpoints"]), thefts=len(result.known.seeds))


def _fold_check_totals(
    result: _FoldResult, totals: Mapping[Tuple[str, Tuple[str, str], str], int], report: Report
) -> None:
    """The totals are the endpoints' sums, and all of a theft is what was stolen (but under poison)."""
    said: Dict[Tuple[str, Tuple[str, str], str], int] = {}
    sums: Dict[str, int] = {}
    for row in listed(result.case.trace, "totals"):
        said[(text(row, "origin"), _fold_of(row["asset"]), row["reason"])] = units(row, "principal")
    if said != totals:
        report.differs("sum.totals")
    for (origin, _, _), part in said.items():
        sums[origin] = sums.get(origin, 0) + part
    for row in listed(result.case.trace, "stolen"):
        says = sums.get(text(row, "origin"), 0)
        if result.main != "poison" and says != units(row, "amount"):
            report.differs("sum.not_closed", origin=row["origin"], says=says, found=row["amount"])


def _fold_place_of(row: Any) -> _FoldPlace:
    return (text(row, "chain"), text(row, "address"), text(row["asset"], "id"))


def _fold_hops(case: Case, carried: Sequence[Sequence[int]]) -> Dict[Any, int]:
    """Least distance of every account from a victim, in payments; a conversion is one."""
    ways: Dict[Any, List[Tuple[Any, int]]] = {}
    for row in case.rows:
        if not any(traced[row.row] for traced in carried):
            continue
        source: Any = row.out_of if row.pays == "pot" else (row.chain, row.sender, row.asset)
        if row.pays == "theft":
            source = "victim"
        if row.into is not None:
            ways.setdefault(source, []).append((row.into, 0))
        else:
            ways.setdefault(source, []).append(((row.chain, row.receiver, row.asset), 1))
    hops: Dict[Any, int] = {"victim": 0}
    queue = deque(["victim"])
    while queue:
        at = queue.popleft()
        for then, step in ways.get(at, ()):
            if hops.get(then, hops[at] + step + 1) > hops[at] + step:
                hops[then] = hops[at] + step
                queue.append(then)
    return hops


def _fold_check_addresses(result: _FoldResult, report: Report) -> None:
    """What every address received, sent and holds of the stolen."""
    wrong: List[_FoldPlace] = []
    sent: Dict[_FoldPlace, int] = {}
    for row, traced in zip(result.case.rows, result.fold.traced):
        if row.pays == "balance":
            place = (row.chain, row.sender, row.asset)
            sent[place] = sent.get(place, 0) + traced
    most: Dict[_FoldPlace, int] = {}
    for method in _FOLD_CONSERVING:
        for place, came in result.sums[method].came.items():
            most[place] = max(most.get(place, 0), came)
    held = result.fold.units()
    left = {place for place in result.fold.came if place[1] != "fee"}
    rows = listed(result.case.trace, "addresses")
    if len({_fold_place_of(row) for row in rows}) != len(rows):
        report.differs("sum.twice", name="addresses")
    for row in rows:
        place = _fold_place_of(row)
        left.discard(place)
        found = (result.fold.came.get(place, 0), sent.get(place, 0), held.get(place, 0), result.hops.get(place))
        if found != (units(row, "received"), units(row, "sent"), units(row, "held"), row["hop"]):
            wrong.append(place)
    involved = listed(result.case.trace, "involved")
    wrong += [_fold_place_of(row) for row in involved if most.get(_fold_place_of(row), 0) != units(row, "most")]
    for place in wrong + sorted(left):
        report.differs("sum.address", address=place[1], asset=place[2])
    if not wrong and not left:
        report.fine("sum.addresses", addresses=len(rows))


def _fold_check_bounds(result: _FoldResult, report: Report) -> None:
    """Bounds are not worked out again here; but what every method that conserves value says must lie within them."""
    since = len(report.found)
    for row in listed(result.case.trace, "bounds"):
        for method in _FOLD_CONSERVING:
            found = 0
            for one in result.case.trace["methods"]:
                if one["reason"] != row["reason"]:
                    continue
                if row["principal"]:
                    parts = [part["units"] for part in one["principal"] if part["asset"] == row["asset"]]
                else:
                    parts = [one["units"]] if one["asset"] == row["asset"] else []
                found += sum(units(part, method) for part in parts)
            if not units(row, "least") <= found <= units(row, "most"):
                report.differs("sum.bound." + method, reason=row["reason"], asset=row["asset"]["id"], found=found)
    if result.case.trace["bounds"] and _fold_agreed(report, since):
        report.stated("sum.bounds", bounds=len(result.case.trace["bounds"]))


def _fold_check_conversions(result: _FoldResult, report: Report) -> None:
    """What went into every conversion and came out of it, how much of it stolen, and what that stands for."""
    rows, carried, since = result.case.rows, result.fold.traced, len(report.found)

    def parts(numbers: Iterable[int], *, paid: bool) -> Dict[Tuple[str, str], List[int]]:
        found: Dict[Tuple[str, str], List[int]] = {}
        for n in numbers:
            one = found.setdefault((rows[n].sender if paid else rows[n].receiver, rows[n].asset), [0, 0])
            one[0] += rows[n].amount
            one[1] += carried[n]
        return found

    def said(side: Iterable[Any]) -> Dict[Tuple[str, str], List[int]]:
        found: Dict[Tuple[str, str], List[int]] = {}
        for row in side:
            one = found.setdefault((text(row, "address"), text(row["asset"], "id")), [0, 0])
            one[0] += units(row, "amount")
            one[1] += units(row, "traced")
        return found

    traced = {pot.pot for pot in result.case.pots if any(carried[n] for n in pot.ins)}
    for row in listed(result.case.trace, "conversions"):
        number = whole(row, "number")
        pot = result.case.pots[number] if number in traced else None
        traced.discard(number)
        right = (
            pot is not None
            and (row["chain"], row["tx"], row["kind"], row["linked"]) == (pot.chain, pot.tx, pot.kind, pot.linked)
            and {row["placed"] or pot.tx} == {rows[n].tx for n in pot.ins}
            and row["time"] == _fold_stamp(max(rows[n].time for n in pot.outs))
            and (row["shared"]["ins"], row["shared"]["outs"]) == pot.shared
            and said(row["ins"]) == parts(pot.ins, paid=True)
            and said(row["outs"]) == parts(pot.outs, paid=False)
            and _fold_said(row["principal"]) == result.by_theft(result.stands.pots.get(number, {}))
        )
        if not right:
            report.differs("sum.conversion", number=number, tx=row["tx"])
    for number in sorted(traced):
        report.differs("sum.conversion", number=number, tx=result.case.pots[number].tx)
    if result.case.trace["conversions"] and _fold_agreed(report, since):
        report.fine("sum.conversions", conversions=len(result.case.trace["conversions"]))


def _fold_check_assets(result: _FoldResult, report: Report) -> None:
    """One asset has one symbol and one number of decimals wherever the result names it, and lies on its row's chain."""
    names: Dict[Tuple[str, str], Set[Tuple[str, int]]] = {}
    for chain, about in result.case.params["chains"].items():
        names[(chain, "native")] = {(text(about, "coin"), whole(about, "decimals"))}
    waiting: List[Tuple[Any, Any]] = [(result.case.trace, None)]
    while waiting:
        value, chain = waiting.pop()
        if isinstance(value, dict) and "decimals" in value:
            names.setdefault(_fold_of(value), set()).add((text(value, "symbol"), whole(value, "decimals")))
            if chain not in (None, value["chain"]):
                report.differs("sum.asset", asset=value["id"])
        elif isinstance(value, dict):
            waiting += [(one, value.get("chain", chain)) for one in value.values()]
        elif isinstance(value, list):
            waiting += [(one, chain) for one in value]
    for (_, asset), said in names.items():
        if len(said) > 1:
            report.differs("sum.asset", asset=asset)


class _FoldWays:
    """Which account's units a transaction passes on: to test the paths that the result names."""

    def __init__(self, result: _FoldResult) -> None:
        self.rows: Dict[Tuple[str, str], List[Row]] = {}
        for row, traced in zip(result.case.rows, result.fold.traced):
            if traced:
                self.rows.setdefault((row.chain, row.tx), []).append(row)

    def leads(self, path: Sequence[str], place: _FoldPlace, arrived: str, *, fee: bool) -> bool:
        """Whether the transactions, one after the other, carried stolen units from a theft to the place by then."""
        there: Set[Any] = set()
        for n, tx in enumerate(path):
            then: Set[Any] = set()
            for row in self.rows.get((place[0], tx), ()):
                at: Any = row.out_of if row.pays == "pot" else (row.chain, row.sender, row.asset)
                if (row.pays == "theft" and n == 0) or at in there or at in then:
                    then.add(row.into if row.into is not None else (row.chain, row.receiver, row.asset))
                    if row.receiver == "fee":
                        then.add(("fee", row.sender, row.asset))
            there = then | {at for at in there if isinstance(at, int)}
        times = {_fold_stamp(row.time) for tx in path[-1:] for row in self.rows.get((place[0], tx), ())}
        return arrived in times and (("fee", place[1], place[2]) if fee else place) in there


_FOLD_HELD = ("held", "frozen")
_FOLD_LIMITS = ("dust", "budget", "hop_limit", "not_followed")


def _fold_reason(result: _FoldResult, row: Any, least: Mapping[Tuple[str, str], int]) -> bool:
    """Whether an endpoint's reason can be: as far as the case's own facts and labels say."""
    place, reason = _fold_place_of(row), row["reason"]
    followed = place in result.case.accounts
    ours = place[:2] in result.known.own or place[:2] in result.known.victims
    frozen = any(_fold_place_of(one) == place and one["frozen"] == "yes" for one in result.case.trace["freezes"])
    impossible = (
        (reason == "hop_limit" and result.hops.get(place, 0) <= whole(result.case.params["question"], "max_hops")),
        (reason == "dust" and units(row, "amount") >= least.get((place[0], place[2]), 1 << 400)),
        (reason == "returned" and not ours),
        (ours and not row["entity"] and reason not in ("returned", "fee")),
        (reason in _FOLD_HELD and not followed),
        (reason in _FOLD_LIMITS and followed),
        (reason in ("exchange", "mixer", "bridge") and not row["entity"]),
        (reason == "frozen" and not frozen and not row["entity"]),
    )
    return not any(impossible)


def _fold_labelled(result: _FoldResult, row: Any) -> bool:
    """Whether the label that an endpoint names is in the bundle: of the address itself, or of where it is swept to."""
    said = result.case.labels["said"]
    for label in said.get(row["address"]) or ():
        own = (label["entity"], label["source"], label["category"]) == (row["entity"], row["source"], row["category"])
        if own and row["confidence"] <= label["confidence"]:
            return True
    hubs = [one["hub"] for one in result.case.trace["deposits"] if _fold_place_of(one) == _fold_place_of(row)]
    for hub in [row["swept_to"], *hubs]:
        for label in said.get(hub) or ():
            named = (label["entity"], label["source"]) == (row["entity"], row["source"])
            if named and row["reason"] == "exchange_deposit" and row["confidence"] <= label["confidence"]:
                return True
    return False


def _fold_check_reasons(result: _FoldResult, report: Report) -> None:
    """Paths lead from a theft to the place; reasons agree with who was followed; labels are in the bundle."""
    ways, since, labelled, inferred = _FoldWays(result), len(report.found), 0, 0
    least = {(row["chain"], row["asset"]): units(row, "units") for row in listed(result.case.params, "least")}
    compared = {_fold_spot_of(row): row["reason"] for row in result.case.trace["methods"]}
    for row in listed(result.case.trace, "endpoints"):
        place = _fold_place_of(row)
        if not ways.leads(row["path"], place, row["arrived"], fee=row["reason"] == "fee"):
            report.differs("sum.path", address=place[1], asset=place[2])
        if compared.get(_fold_spot_of(row)) != row["reason"] or not _fold_reason(result, row, least):
            report.differs("sum.reason", address=place[1], asset=place[2], reason=row["reason"])
        if row["entity"]:
            labelled += 1
            if not _fold_labelled(result, row):
                report.differs("sum.label", address=place[1], entity=row["entity"])
        elif row["reason"] not in (*_FOLD_HELD, "fee", "returned"):
            inferred += 1
    if _fold_agreed(report, since):
        report.fine("sum.paths", endpoints=len(result.case.trace["endpoints"]))
    if labelled or inferred:
        report.stated("sum.reasons", labelled=labelled, inferred=inferred)


def check_sum(case: Case, report: Report) -> None:
    """The thefts, opening balances and rows of the sum from the ledger; then the sum itself, under every method."""
    try:
        known = _FoldKnown(case)
        _fold_check_thefts(case, known, report)
        _fold_check_openings(case, known, report)
        _fold_check_rows(case, known, report)
        _fold_check_opened(case, known, report)
        if not _fold_check_pots(case, known, report):
            report.unknown("sum.not_folded")
            return
        result = _FoldResult(case, known)
        for check in (
            _fold_check_methods,
            _fold_check_flows,
            _fold_check_conversions,
            _fold_check_endpoints,
            _fold_check_addresses,
            _fold_check_bounds,
            _fold_check_assets,
            _fold_check_reasons,
        ):
            check(result, report)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as failure:
        raise Malformed("sum.shape", why=str(failure)[:80]) from failure


WORDS.update(
    {
        "sum.seed": (
            "theft {origin} is not numbered as the format says, or points nowhere",
            "第 {origin} 笔被盗转账的编号不符合格式，或没有指向任何转账",
        ),
        "sum.which": (
            "the result is stated under “{method}”, which is not what was asked",
            "结果采用的方法“{method}”与所要求的不一致",
        ),
        "sum.shape": (
            "something in the result or the settings has not the shape it must have ({why})",
            "结果或参数中有内容不符合规定的结构（{why}）",
        ),
        "sum.thefts": (
            "The thefts follow from the ledger: all {thefts} transfers out of {victims} victim addresses that count.",
            "被盗转账可由账本推出：{victims} 个被害人地址应计的转出共 {thefts} 笔。",
        ),
        "sum.aside": (
            "{aside} more transfers out of victim addresses are listed as unverified and not counted.",
            "被害人地址另有 {aside} 笔转出列为未核实，未计入。",
        ),
        "sum.theft_left_out": (
            (
                "transaction {tx} takes {amount} base units of {asset} from a victim to {to}; it is neither "
                "a theft nor listed as unverified"
            ),
            ("交易 {tx} 从被害人地址向 {to} 转出 {amount} 个最小单位的 {asset}，但既未列为被盗转账，也未列为未核实"),
        ),
        "sum.theft_unplaced": (
            (
                "whether transaction {tx} ({amount} base units of {asset} to {to}) lies before or after the theft in "
                "its block is not told"
            ),
            ("交易 {tx}（向 {to} 转出 {amount} 个最小单位的 {asset}）与被盗交易在同一区块，先后未知"),
        ),
        "sum.no_theft": (
            ("theft {origin} (transaction {tx}) is not a transfer out of a victim's address since the moment given"),
            "第 {origin} 笔被盗转账（交易 {tx}）并不是给定时间之后从被害人地址转出的",
        ),
        "sum.theft_amount": (
            "theft {origin}: the sum counts {says} base units, the ledger has {found}",
            "第 {origin} 笔被盗转账：计算中计入 {says} 个最小单位，账本为 {found}",
        ),
        "sum.horizon": (
            "{chain}: the result is said to be as of block {says}, but the last height that counts is {found}",
            "{chain}：结果称截至区块 {says}，但应计的最后高度为 {found}",
        ),
        "sum.theft_order": ("the thefts are not numbered in the order of the chain", "被盗转账未按链上顺序编号"),
        "sum.origins": (
            "the thefts that the result lists are not the ones in the ledger",
            "结果列出的被盗转账与账本不一致",
        ),
        "sum.stolen": (
            "the stolen amounts in the result are not the ones in the ledger",
            "结果中的被盗金额与账本不一致",
        ),
        "sum.openings": (
            (
                "{proven} opening balances follow from what a source said the account holds and from what "
                "came in and went out."
            ),
            "{proven} 个账户的期初余额，可由数据源给出的余额以及其后的转入、转出推出。",
        ),
        "sum.openings_weak": (
            ("{weak} opening balances are not proven; each is what its own sentence in accounts.jsonl says."),
            "{weak} 个账户的期初余额未经证实，其依据见 accounts.jsonl 中的说明。",
        ),
        "sum.opening": (
            ("{address}, {asset}: the bundle says it opened with {says} base units; worked out again: {found}"),
            "{address}（{asset}）：证据包称期初余额为 {says} 个最小单位，重新计算为 {found}",
        ),
        "sum.rows": (
            "{rows} rows of the sum are the ledger's own transfers, in the order of the chain and none left out.",
            "{rows} 行计算与账本逐笔一致，按链上顺序排列，没有遗漏。",
        ),
        "sum.row_extra": (
            "row {row} (transaction {tx}) does not follow from the ledger",
            "第 {row} 行（交易 {tx}）不能由账本推出",
        ),
        "sum.row_missing": (
            (
                "transfer {ledger} of the ledger ({amount} base units to {to}, transaction {tx}) belongs in "
                "the sum and is not there"
            ),
            "账本第 {ledger} 笔（向 {to} 转出 {amount} 个最小单位，交易 {tx}）应计入计算，但没有计入",
        ),
        "sum.row_wrong": (
            "row {row} says something else than transfer {ledger} of the ledger (transaction {tx})",
            "第 {row} 行与账本第 {ledger} 笔不一致（交易 {tx}）",
        ),
        "sum.ledger_order": (
            "transfer {ledger} of the ledger (transaction {tx}) is out of order",
            "账本第 {ledger} 笔（交易 {tx}）的顺序不对",
        ),
        "sum.order": ("row {row} (transaction {tx}) is out of order", "第 {row} 行（交易 {tx}）的顺序不对"),
        "sum.opened": (
            (
                "{rows} more rows sum up {transactions} transactions that were read whole; in them {accounts} followed "
                "accounts gain and lose exactly what the single transfers say."
            ),
            (
                "另有 {rows} 行归纳自 {transactions} 笔完整读取的交易；"
                "其中被追踪账户的 {accounts} 项增减与逐笔转移完全一致。"
            ),
        ),
        "sum.opened_row": (
            "row {row} does not fit its transaction {tx}, which was read whole",
            "第 {row} 行与完整读取的交易 {tx} 不符",
        ),
        "sum.net": (
            ("transaction {tx}: for {address} the sum has {says} base units of {asset}, its transfers give {found}"),
            "交易 {tx}：对 {address}，计算中为 {says} 个最小单位的 {asset}，逐笔转移为 {found}",
        ),
        "sum.pots": (
            (
                "That what went into {pots} conversions (swaps, wrapping, lending, pools) was paid for what "
                "came out is an inference from one transaction each, and taken as stated, as are the prices "
                "by which several inputs or outputs share; {unlinked} of them are marked as not tied "
                "together by anything that moved."
            ),
            (
                "{pots} 项转换（兑换、包装、借贷、资金池）中，转入与转出互为对价，是根据各自交易作出的推断，"
                "此处按证据包所述采用；多项转入或转出之间按价格分摊的，价格也按所述采用。其中 {unlinked} 项已"
                "标明没有链上转移把两端连在一起。"
            ),
        ),
        "sum.pot_rows": (
            "rows and conversions do not refer to each other as they must",
            "计算各行与转换之间的相互引用不一致",
        ),
        "sum.pot": (
            ("conversion {pot} (transaction {tx}) lacks an input or output, or gives something out before all is in"),
            "第 {pot} 项转换（交易 {tx}）缺少转入或转出，或在全部转入之前已有转出",
        ),
        "sum.pot_shares": (
            "conversion {pot} (transaction {tx}) counts equal units of one asset differently",
            "第 {pot} 项转换（交易 {tx}）对同一资产的相同数量计算不一",
        ),
        "sum.not_folded": (
            "The sum could not be done again, because its rows contradict each other.",
            "计算各行相互矛盾，无法重新计算。",
        ),
        "sum.twice": ("a place stands twice in {name} of the result", "结果的 {name} 中有同一处重复出现"),
        "sum.flows": (
            (
                "The {flows} transfers that carried stolen units, what each carried and what that stands "
                "for: as the result says."
            ),
            "携带被盗单位的 {flows} 笔转账，各自携带的数量及对应的被盗本金，均与结果一致。",
        ),
        "sum.flow": (
            ("transaction {tx}, to {to}: the result says it carried {says} stolen base units; that did not come out"),
            "交易 {tx}，转至 {to}：结果称其携带 {says} 个被盗最小单位，重新计算不符",
        ),
        "sum.flow_missing": (
            "transaction {tx}, to {to}: {found} stolen base units came out; the result does not say so",
            "交易 {tx}，转至 {to}：重新计算携带 {found} 个被盗最小单位，结果中没有",
        ),
        "sum.endpoints": (
            (
                "The {endpoints} endpoints hold what the result says, to the unit; for each of {thefts} "
                "thefts they add up to what was stolen."
            ),
            (
                "{endpoints} 个终点的金额与结果一致，一个最小单位不差；{thefts} 笔被盗转账中的每一笔，各终点"
                "合计都等于被盗金额。"
            ),
        ),
        "sum.exposure": (
            (
                "The {endpoints} endpoints hold what the result says, to the unit. Poison is exposure and "
                "does not add up to what was stolen."
            ),
            ("{endpoints} 个终点的数字与结果一致，一个最小单位不差。毒化只表示接触程度，合计不等于被盗金额。"),
        ),
        "sum.endpoint": (
            "endpoint {address}, {asset}: the result says {says} base units, done again it is {found}",
            "终点 {address}（{asset}）：结果为 {says} 个最小单位，重新计算为 {found}",
        ),
        "sum.stands": (
            "endpoint {address}, {asset}: the result says it stands for {says}; done again: {found}",
            "终点 {address}（{asset}）：结果称对应的被盗本金为 {says}，重新计算为 {found}",
        ),
        "sum.totals": ("the totals are not the sums of the endpoints", "合计与各终点之和不一致"),
        "sum.not_closed": (
            "theft {origin}: all endpoints together have {says} base units, {found} were stolen",
            "第 {origin} 笔被盗转账：各终点合计 {says} 个最小单位，被盗 {found} 个",
        ),
        "sum.addresses": (
            (
                "What {addresses} accounts received, sent and hold of it, and how far each is from a victim: "
                "as the result says."
            ),
            "{addresses} 个账户收到、转出和留存的被盗单位，以及距被害人的跳数，均与结果一致。",
        ),
        "sum.address": (
            (
                "{address}, {asset}: what it received, sent or holds, or its distance from a victim, is not "
                "what came out"
            ),
            "{address}（{asset}）：收到、转出、留存的数量或跳数与重新计算不符",
        ),
        "sum.asset": (
            "{asset}: the result gives it different symbols, decimals or chains in different places",
            "{asset}：结果在不同位置给出的代币符号、小数位或所在链不一致",
        ),
        "sum.bounds": (
            ("{bounds} bounds (at least, at most) are not worked out again; what each method says lies within them."),
            "{bounds} 项上下限未重新推算；各方法的数字均在其范围之内。",
        ),
        "sum.conversions": (
            (
                "What went into {conversions} conversions and came out of them, how much of it is stolen and "
                "what that stands for: as the result says."
            ),
            "{conversions} 项转换的转入和转出、其中的被盗单位及对应的被盗本金，均与结果一致。",
        ),
        "sum.conversion": (
            "conversion {number} (transaction {tx}) is not what came out",
            "第 {number} 项转换（交易 {tx}）与重新计算不符",
        ),
        "sum.paths": (
            (
                "The way that the result names to each of the {endpoints} endpoints leads there, transfer by "
                "transfer, from a theft."
            ),
            "结果为 {endpoints} 个终点各自列出的来路，均可从被盗转账起逐笔走到该终点。",
        ),
        "sum.path": (
            ("endpoint {address}, {asset}: the way that the result names does not lead there, or not at that time"),
            "终点 {address}（{asset}）：结果列出的来路走不到该处，或时间不符",
        ),
        "sum.reasons": (
            (
                "Why trails end: {labelled} endpoints rest on labels, which are somebody's statements, and "
                "{inferred} on inferences or limits; that is taken as stated."
            ),
            (
                "追踪为何终止：{labelled} 个终点依据标签（标签只是某方的说法），{inferred} 个依据推断或追踪限"
                "度；此处按证据包所述采用。"
            ),
        ),
        "sum.reason": (
            (
                "endpoint {address}, {asset}: “{reason}” does not agree with who was followed, whose address "
                "it is or what lies there"
            ),
            "终点 {address}（{asset}）：“{reason}”与追踪范围、地址归属或该处金额不符",
        ),
        "sum.label": (
            "endpoint {address}: the bundle has no label that names {entity} there with that source",
            "终点 {address}：证据包中没有标明 {entity} 且来源相同的标签",
        ),
    }
)
_FOLD_NAMES = {
    "fifo": ("First in, first out", "先进先出"),
    "lifo": ("Last in, first out", "后进先出"),
    "pro_rata": ("Pro rata", "按比例"),
    "clean_first": ("Clean first", "干净优先"),
    "tainted_first": ("Tainted first", "被盗优先"),
    "poison": ("Poison (exposure, not an amount)", "毒化（只表示接触程度）"),
}
_FOLD_SAYINGS = {
    "sum.method": (
        ", done again: {rows} rows; the {places} places hold what the result says, to the unit.",
        "，重新计算：{rows} 行；{places} 处的数字与结果一致，一个最小单位不差。",
    ),
    "sum.units": (
        ": {address} has {says} stolen base units of {asset} by the result, done again {found}",
        "：{address} 的 {asset}，结果为 {says} 个被盗最小单位，重新计算为 {found}",
    ),
    "sum.principal": (
        ": what {address} has of {asset} stands for {says} by the result, done again for {found}",
        "：{address} 的 {asset} 对应的被盗本金，结果为 {says}，重新计算为 {found}",
    ),
    "sum.fee_units": (
        ": of the fees that {address} paid in {asset}, {says} base units are stolen by the result, done again {found}",
        "：{address} 以 {asset} 支付的手续费，其中被盗的最小单位结果为 {says}，重新计算为 {found}",
    ),
    "sum.fee_principal": (
        ": the fees that {address} paid in {asset} stand for {says} by the result, done again for {found}",
        "：{address} 以 {asset} 支付的手续费对应的被盗本金，结果为 {says}，重新计算为 {found}",
    ),
    "sum.bound": (
        ": {found} base units of {asset} ended as “{reason}”, which is outside the bounds that the result gives",
        "：性质为“{reason}”的 {asset} 共 {found} 个最小单位，超出结果给出的上下限",
    ),
}
for _fold_method, _fold_named in _FOLD_NAMES.items():
    for _fold_key, _fold_said_so in _FOLD_SAYINGS.items():
        WORDS[_fold_key + "." + _fold_method] = (_fold_named[0] + _fold_said_so[0], _fold_named[1] + _fold_said_so[1])
# --- proofs: from a block's hash down to a transaction and its logs

_ETH_ROUNDS = (
    *(
        0x0000000000000001,
        0x0000000000008082,
        0x800000000000808A,
        0x8000000080008000,
        0x000000000000808B,
    ),
    *(
        0x0000000080000001,
        0x8000000080008081,
        0x8000000000008009,
        0x000000000000008A,
        0x0000000000000088,
    ),
    *(
        0x0000000080008009,
        0x000000008000000A,
        0x000000008000808B,
        0x800000000000008B,
        0x8000000000008089,
    ),
    *(
        0x8000000000008003,
        0x8000000000008002,
        0x8000000000000080,
        0x000000000000800A,
        0x800000008000000A,
    ),
    *(0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008),
)
_ETH_PATH = (
    *(
        (10, 1),
        (7, 3),
        (11, 6),
        (17, 10),
        (18, 15),
        (3, 21),
        (5, 28),
        (16, 36),
        (8, 45),
        (21, 55),
        (24, 2),
        (4, 14),
    ),
    *(
        (15, 27),
        (23, 41),
        (19, 56),
        (13, 8),
        (12, 25),
        (2, 43),
        (20, 62),
        (14, 18),
        (22, 39),
        (9, 61),
        (6, 20),
        (1, 44),
    ),
)
_ETH_MASK = (1 << 64) - 1


def _keccak_turn(a: List[int]) -> None:
    """Keccak-f[1600], in place."""
    mask = _ETH_MASK
    for constant in _ETH_ROUNDS:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        for x in range(5):
            d = c[x - 1] ^ (((c[(x + 1) % 5] << 1) | (c[(x + 1) % 5] >> 63)) & mask)
            a[x] ^= d
            a[x + 5] ^= d
            a[x + 10] ^= d
            a[x + 15] ^= d
            a[x + 20] ^= d
        held = a[1]
        for place, turn in _ETH_PATH:
            held, a[place] = a[place], ((held << turn) | (held >> (64 - turn))) & mask
        for y in range(0, 25, 5):
            r0, r1, r2, r3, r4 = a[y : y + 5]
            a[y] = r0 ^ (~r1 & r2)
            a[y + 1] = r1 ^ (~r2 & r3)
            a[y + 2] = r2 ^ (~r3 & r4)
            a[y + 3] = r3 ^ (~r4 & r0)
            a[y + 4] = r4 ^ (~r0 & r1)
        a[0] ^= constant


def keccak256(data: bytes) -> bytes:
    """Keccak-256 as Ethereum has it."""
    padded = bytearray(data) + b"\1" + b"\0" * ((-len(data) - 1) % 136)
    padded[-1] |= 0x80
    state = [0] * 25
    for start in range(0, len(padded), 136):
        for place, word in enumerate(struct.unpack("<17Q", padded[start : start + 136])):
            state[place] ^= word
        _keccak_turn(state)
    return struct.pack("<4Q", *state[:4])


class _Unproven(Exception):
    """A proof does not hold. Carries the name of a sentence."""


def _rlp(data: bytes, at: int, end: int, depth: int) -> Tuple[Any, int]:
    """(the value that begins here, where it ends), in its one spelling: bytes, or a list of values."""
    if at >= end or depth > 32:
        raise _Unproven("proof.rlp")
    first = data[at]
    if first < 0x80:
        return data[at : at + 1], at + 1
    is_list = first >= 0xC0
    length = first - (0xC0 if is_list else 0x80)
    at += 1
    if length > 55:
        size = length - 55
        raw = data[at : at + size]
        length = int.from_bytes(raw, "big")
        if at + size > end or raw[:1] == b"\0" or length < 56:
            raise _Unproven("proof.rlp")
        at += size
    stop = at + length
    if stop > end:
        raise _Unproven("proof.rlp")
    if not is_list:
        if length == 1 and data[at] < 0x80:
            raise _Unproven("proof.rlp")
        return data[at:stop], stop
    found = []
    while at < stop:
        value, at = _rlp(data, at, stop, depth + 1)
        found.append(value)
    return found, stop


def rlp_decode(data: bytes) -> Any:
    """The RLP value that is these bytes, all of them."""
    value, end = _rlp(data, 0, len(data), 0)
    if end != len(data):
        raise _Unproven("proof.rlp")
    return value


def rlp_encode(value: Any) -> bytes:
    """RLP of bytes or of a list of values."""
    if isinstance(value, list):
        body, short = b"".join(rlp_encode(one) for one in value), 0xC0
    elif len(value) == 1 and value[0] < 0x80:
        return bytes(value)
    else:
        body, short = bytes(value), 0x80
    if len(body) < 56:
        return bytes([short + len(body)]) + body
    size = _eth_bytes(len(body))
    return bytes([short + 55 + len(size)]) + size + body


def _eth_bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _eth_int(value: Any) -> int:
    """A number in RLP's one spelling."""
    if not isinstance(value, bytes) or len(value) > 32 or value[:1] == b"\0":
        raise _Unproven("proof.rlp")
    return int.from_bytes(value, "big")


def _eth_exact(value: Any, length: int) -> bytes:
    if not isinstance(value, bytes) or len(value) != length:
        raise _Unproven("proof.rlp")
    return value


def _eth_nibbles(key: bytes) -> List[int]:
    return [half for one in key for half in (one >> 4, one & 15)]


class _Trie:
    """A way down a Merkle-Patricia trie: nodes are taken in their order, each held to the hash that names it."""

    def __init__(self, root: bytes, nodes: Sequence[bytes], known: Dict[bytes, bytes]) -> None:
        self._nodes = list(nodes)
        self._known = known
        self._next: Any = root

    def _take(self) -> Any:
        named = self._next
        if isinstance(named, list):
            if self._nodes and self._nodes[0] == rlp_encode(named):
                self._nodes.pop(0)
            return named
        if len(named) != 32 or not self._nodes:
            raise _Unproven("proof.nodes")
        node = self._nodes.pop(0)
        if node not in self._known:
            self._known[node] = keccak256(node)
        if self._known[node] != named:
            raise _Unproven("proof.nodes")
        return rlp_decode(node)

    def value(self, key: bytes) -> bytes:
        """What the trie has under a key."""
        path = _eth_nibbles(key)
        while True:
            node = self._take()
            if not isinstance(node, list) or len(node) not in (2, 17):
                raise _Unproven("proof.nodes")
            if len(node) == 17 and path:
                self._next = node[path.pop(0)]
                continue
            found = node[16] if len(node) == 17 else self._short(node, path)
            if found is None:
                continue
            if self._nodes or not isinstance(found, bytes) or not found:
                raise _Unproven("proof.nodes")
            return found

    def _short(self, node: List[Any], path: List[int]) -> Any:
        """The value of a leaf; None after an extension."""
        if not isinstance(node[0], bytes) or not node[0]:
            raise _Unproven("proof.nodes")
        flag, *rest = _eth_nibbles(node[0])
        if flag > 3 or (not flag & 1 and (not rest or rest.pop(0))):
            raise _Unproven("proof.nodes")
        if path[: len(rest)] != rest or (flag >= 2 and len(path) != len(rest)) or (flag < 2 and not rest):
            raise _Unproven("proof.nodes")
        del path[: len(rest)]
        self._next = node[1]
        return node[1] if flag >= 2 else None


class _Header(NamedTuple):
    """What a block's header says. ``roots``: of its transactions and of their receipts, which is empty on TRON."""

    hash: str
    number: int
    time: int
    height: int
    roots: Tuple[bytes, bytes]


class _Tx(NamedTuple):
    """What a proven transaction says: payments of its own as (asset, from, to, amount); None where it was not read.

    ``sender`` is empty where it was not worked out; ``fine`` is None where the transaction does not tell its outcome.
    """

    sender: str
    payments: Optional[List[Tuple[str, str, str, int]]]
    fine: Optional[bool]


def _eth_header(data: bytes) -> _Header:
    fields = rlp_decode(data)
    if not isinstance(fields, list) or len(fields) < 15:
        raise _Unproven("proof.header")
    number, time = _eth_int(fields[8]), _eth_int(fields[11])
    roots = (_eth_exact(fields[4], 32), _eth_exact(fields[5], 32))
    return _Header("0x" + keccak256(data).hex(), number, time, number, roots)


# kind of transaction: (number of fields, place of `to`); the last three are the signature
_ETH_KINDS = {0: (9, 3), 1: (11, 4), 2: (12, 5), 3: (14, 5), 4: (13, 5)}


def _eth_typed(value: bytes) -> Tuple[int, List[Any]]:
    """(type, fields) of EIP-2718 bytes."""
    if value[:1] > b"\x7f":
        kind, fields = 0, rlp_decode(value)
    else:
        kind, fields = int.from_bytes(value[:1], "big"), rlp_decode(value[1:])
        if not kind:
            raise _Unproven("proof.rlp")
    if not isinstance(fields, list):
        raise _Unproven("proof.rlp")
    return kind, fields


def _eth_transaction(value: bytes) -> _Tx:
    kind, fields = _eth_typed(value)
    if kind not in _ETH_KINDS:
        return _Tx("", None, None)
    count, place = _ETH_KINDS[kind]
    if len(fields) != count:
        raise _Unproven("proof.transaction")
    amount = _eth_int(fields[place + 1])
    sender = _eth_sender(kind, fields)
    if fields[place] == b"":
        nonce = fields[0 if kind == 0 else 1]
        made = rlp_encode([binascii.unhexlify(sender[2:]), nonce]) if sender else b""
        receiver = "0x" + keccak256(made)[12:].hex() if sender else ""
    else:
        receiver = "0x" + _eth_exact(fields[place], 20).hex()
    return _Tx(sender, [("native", sender, receiver, amount)] if amount else [], None)


def _eth_sender(kind: int, fields: List[Any]) -> str:
    """Who signed a transaction, from the signature alone; empty where the signature is none."""
    v, r, s = (_eth_int(one) for one in fields[-3:])
    if kind:
        signed, parity = bytes([kind]) + rlp_encode(fields[:-3]), v
    elif v >= 35:
        signed, parity = (
            rlp_encode(fields[:-3] + [_eth_bytes((v - 35) // 2), b"", b""]),
            (v - 35) % 2,
        )
    else:
        signed, parity = rlp_encode(fields[:-3]), v - 27
    return _curve_signer(keccak256(signed), r, s, parity)


# secp256k1: y² = x³ + 7 over a prime field, a base point and its order (SEC 2)
_CURVE_P = 2**256 - 2**32 - 977
_CURVE_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_CURVE_G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
    1,
)
_CurvePoint = Tuple[int, int, int]


def _curve_add(one: _CurvePoint, two: _CurvePoint) -> _CurvePoint:
    """Sum of two points in Jacobian coordinates; (0, 1, 0) is the neutral one."""
    p = _CURVE_P
    if not one[2]:
        return two
    if not two[2]:
        return one
    z1, z2 = one[2] * one[2] % p, two[2] * two[2] % p
    u1, u2 = one[0] * z2 % p, two[0] * z1 % p
    s1, s2 = one[1] * z2 * two[2] % p, two[1] * z1 * one[2] % p
    if u1 == u2:
        if s1 != s2:
            return (0, 1, 0)
        square = one[1] * one[1] % p
        s = 4 * one[0] * square % p
        m = 3 * one[0] * one[0] % p
        x = (m * m - 2 * s) % p
        return (x, (m * (s - x) - 8 * square * square) % p, 2 * one[1] * one[2] % p)
    h, r = (u2 - u1) % p, (s2 - s1) % p
    h2 = h * h % p
    h3, v = h * h2 % p, u1 * h2 % p
    x = (r * r - h3 - 2 * v) % p
    return (x, (r * (v - x) - s1 * h3) % p, h * one[2] * two[2] % p)


def _curve_times(scalar: int, point: _CurvePoint) -> _CurvePoint:
    found: _CurvePoint = (0, 1, 0)
    for bit in bin(scalar)[2:]:
        found = _curve_add(found, found)
        if bit == "1":
            found = _curve_add(found, point)
    return found


def _curve_signer(digest: bytes, r: int, s: int, parity: int) -> str:
    """The address whose key signed a digest; empty where nobody's did."""
    p, n = _CURVE_P, _CURVE_N
    if not (0 < r < n and 0 < s < n and parity in (0, 1)):
        return ""
    y = pow((r * r * r + 7) % p, (p + 1) // 4, p)
    if (y * y - r * r * r - 7) % p:
        return ""
    y = y if y % 2 == parity else p - y
    back = pow(r, n - 2, n)
    first = _curve_times(-int.from_bytes(digest, "big") * back % n, _CURVE_G)
    x, y, z = _curve_add(first, _curve_times(s * back % n, (r, y, 1)))
    if not z:
        return ""
    turn = pow(z, p - 2, p)
    key = (x * turn * turn % p).to_bytes(32, "big") + (y * turn * turn * turn % p).to_bytes(32, "big")
    return "0x" + keccak256(key)[12:].hex()


class _Log(NamedTuple):
    """A log of a proven receipt: its place in it, and the payment it shows, None where it shows none."""

    place: int
    payment: Optional[Tuple[str, str, str, int]]


def _eth_receipt(value: bytes) -> Tuple[Optional[bool], List[_Log]]:
    """(did the transaction succeed; None where receipts of its age do not tell, its logs)."""
    _, fields = _eth_typed(value)
    if len(fields) < 4 or not isinstance(fields[3], list):
        raise _Unproven("proof.receipt")
    fine = None if fields[0] not in (b"", b"\1") else fields[0] == b"\1"
    if fine is None:
        _eth_exact(fields[0], 32)
    logs = []
    for place, log in enumerate(fields[3]):
        if not isinstance(log, list) or len(log) != 3 or not isinstance(log[1], list) or not isinstance(log[2], bytes):
            raise _Unproven("proof.receipt")
        topics = [_eth_exact(topic, 32).hex() for topic in log[1]]
        logs.append(_Log(place, _eth_payment("0x" + _eth_exact(log[0], 20).hex(), topics, log[2])))
    return fine, logs


def _eth_payment(emitter: str, topics: List[str], data: bytes) -> Optional[Tuple[str, str, str, int]]:
    """What a log says was paid: of a token, of a numbered token, or into and out of a wrapped coin."""
    if not topics or any(int(topic[:24], 16) for topic in topics[1:3]) or len(data) not in (0, 32):
        return None
    first, amount = "0x" + topics[0], int.from_bytes(data, "big")
    who = ["0x" + topic[24:] for topic in topics[1:3]]
    if first == _EVM_TRANSFER and len(topics) == 3 and data:
        return emitter, who[0], who[1], amount
    if first == _EVM_DEPOSIT and len(topics) == 2 and data:
        return emitter, ZERO, who[0], amount
    if first == _EVM_WITHDRAWAL and len(topics) == 2 and data:
        return emitter, who[0], ZERO, amount
    return None


# --- the same for TRON: protobuf, and a Merkle tree over transactions


def _trx_fields(data: bytes) -> Dict[int, List[Any]]:
    """A protobuf message: by field number, its values in order; numbers as they are, all else as bytes."""
    found: Dict[int, List[Any]] = {}
    at = 0
    while at < len(data):
        tag, at = _trx_varint(data, at)
        number, wire = tag >> 3, tag & 7
        value: Any
        if wire == 0:
            value, at = _trx_varint(data, at)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
            value, at = data[at : at + length], at + length
        elif wire == 2:
            length, at = _trx_varint(data, at)
            value, at = data[at : at + length], at + length
        else:
            raise _Unproven("proof.protobuf")
        if at > len(data) or not number:
            raise _Unproven("proof.protobuf")
        found.setdefault(number, []).append(value)
    return found


def _trx_varint(data: bytes, at: int) -> Tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise _Unproven("proof.protobuf")
        one = data[at]
        at += 1
        value |= (one & 0x7F) << shift
        if one < 0x80:
            return value, at
    raise _Unproven("proof.protobuf")


def _trx_last(fields: Mapping[int, List[Any]], number: int, empty: Any) -> Any:
    """The value of a field that stands once; the last one counts, and one of another kind is none."""
    value = fields.get(number, [empty])[-1]
    if not isinstance(value, type(empty)):
        raise _Unproven("proof.protobuf")
    return value


def _trx_address(raw: bytes) -> str:
    """An address as it is written, from its 21 bytes."""
    if len(raw) != 21 or raw[0] != 0x41:
        raise _Unproven("proof.protobuf")
    return _tron_base58(raw.hex())


def _trx_header(data: bytes) -> _Header:
    fields = _trx_fields(data)
    number, time = _trx_last(fields, 7, 0), _trx_last(fields, 1, 0)
    if number >= 1 << 63:
        raise _Unproven("proof.header")
    root = _eth_exact(_trx_last(fields, 2, b""), 32)
    hashed = number.to_bytes(8, "big") + hashlib.sha256(data).digest()[8:]
    return _Header(hashed.hex(), number, time // 1000, time, (root, b""))


def _trx_root(leaf: bytes, place: int, nodes: Sequence[bytes], root: bytes) -> bool:
    """Whether siblings lead from a leaf to a root. A node without a sibling goes up as it is.

    From where that happens first the node is the last of its row, so it never has a sibling to its right again. How
    many transactions there are is not told, so every row is tried for that.
    """
    for last in range(len(nodes) + 1):
        found, at, used, row = leaf, place, 0, 0
        while used < len(nodes) or at:
            if at & 1:
                if used == len(nodes):
                    break
                found, used = hashlib.sha256(nodes[used] + found).digest(), used + 1
            elif row < last:
                if used == len(nodes):
                    break
                found, used = hashlib.sha256(found + nodes[used]).digest(), used + 1
            elif not at:
                break
            at, row = at >> 1, row + 1
        if used == len(nodes) and not at and found == root:
            return True
    return False


def _trx_transaction(value: bytes) -> Tuple[str, _Tx]:
    """(id, what it says)."""
    whole_tx = _trx_fields(value)
    raw = _trx_last(whole_tx, 1, b"")
    fields = _trx_fields(raw)
    results = [_trx_last(_trx_fields(one), 3, 0) for one in whole_tx.get(5, []) if isinstance(one, bytes)]
    fine = all(one == 1 for one in results) if results else None
    contract = _trx_fields(_trx_last(fields, 11, b""))
    body = _trx_fields(_trx_last(_trx_fields(_trx_last(contract, 2, b"")), 2, b""))
    payments = _trx_payments(_trx_last(contract, 1, 0), body)
    sender = payments[0][1] if payments else ""
    return hashlib.sha256(raw).hexdigest(), _Tx(sender, payments, fine)


def _trx_payments(kind: int, body: Mapping[int, List[Any]]) -> Optional[List[Tuple[str, str, str, int]]]:
    """What a contract of the kinds that pay says: TransferContract, TransferAssetContract, TriggerSmartContract."""
    found = []
    if kind == 1:
        who = (
            _trx_address(_trx_last(body, 1, b"")),
            _trx_address(_trx_last(body, 2, b"")),
        )
        found = [("native", *who, _trx_last(body, 3, 0))]
    elif kind == 2:
        who = (
            _trx_address(_trx_last(body, 2, b"")),
            _trx_address(_trx_last(body, 3, b"")),
        )
        asset = _trx_last(body, 1, b"").decode("ascii", "replace")
        found = [(asset, *who, _trx_last(body, 4, 0))]
    elif kind == 31:
        who = (
            _trx_address(_trx_last(body, 1, b"")),
            _trx_address(_trx_last(body, 2, b"")),
        )
        found = [
            ("native", *who, _trx_last(body, 3, 0)),
            (str(_trx_last(body, 6, 0)), *who, _trx_last(body, 5, 0)),
        ]
    else:
        return None
    return [one for one in found if one[3]]


# --- what the proofs prove, held to the ledger


def _proof_bytes(value: Any) -> bytes:
    if not isinstance(value, str) or not re.fullmatch(r"0x([0-9a-f]{2})*", value, re.ASCII):
        raise Malformed("proof.shape")
    return binascii.unhexlify(value[2:])


def _proof_path(value: Any) -> Optional[Tuple[bytes, List[bytes]]]:
    """(value, nodes), or None where there is none. Raises `Malformed`."""
    if value is None:
        return None
    if not isinstance(value, dict) or list(value) != ["value", "nodes"]:
        raise Malformed("proof.shape")
    return _proof_bytes(value["value"]), [_proof_bytes(one) for one in listed(value, "nodes")]


class _Shown(NamedTuple):
    """What one row's proof shows: None for what it does not."""

    header: _Header
    place: int
    tx: Optional[_Tx]
    fine: Optional[bool]
    logs: Optional[List[_Log]]


def _proof_shown(row: Mapping[str, Any], known: Dict[bytes, bytes]) -> _Shown:
    """Follow a row's proof from the hash of the block down. Raises `_Unproven` where it does not hold."""
    proof = row["proof"]
    if not isinstance(proof, dict) or list(proof) != [
        "header",
        "place",
        "transaction",
        "receipt",
    ]:
        raise Malformed("proof.shape")
    evm = row["chain"].startswith("eip155:")
    header = (_eth_header if evm else _trx_header)(_proof_bytes(proof["header"]))
    if (header.hash, header.number) != (row["hash"], row["block"]):
        raise _Unproven("proof.header")
    place = whole(proof, "place")
    transaction, receipt = (
        _proof_path(proof["transaction"]),
        _proof_path(proof["receipt"]),
    )
    tx, fine, logs = None, None, None
    if transaction:
        name, tx = _proof_eth(header, place, transaction, known) if evm else _proof_trx(header, place, transaction)
        fine = tx.fine
        if name != row["tx"]:
            raise _Unproven("proof.other")
    if receipt:
        if not evm or not transaction:
            raise _Unproven("proof.claim")
        if _Trie(header.roots[1], receipt[1], known).value(rlp_encode(_eth_bytes(place))) != receipt[0]:
            raise _Unproven("proof.nodes")
        if transaction[0][0] <= 0x7F and receipt[0][:1] != transaction[0][:1]:
            raise _Unproven("proof.receipt")
        fine, logs = _eth_receipt(receipt[0])
    return _Shown(header, place, tx, fine, logs)


def _proof_eth(
    header: _Header,
    place: int,
    path: Tuple[bytes, List[bytes]],
    known: Dict[bytes, bytes],
) -> Tuple[str, _Tx]:
    """(hash, what it says) of a transaction that an EVM block has at a place."""
    if _Trie(header.roots[0], path[1], known).value(rlp_encode(_eth_bytes(place))) != path[0]:
        raise _Unproven("proof.nodes")
    return "0x" + keccak256(path[0]).hex(), _eth_transaction(path[0])


def _proof_trx(
    header: _Header,
    place: int,
    path: Tuple[bytes, List[bytes]],
) -> Tuple[str, _Tx]:
    """(id, what it says) of a transaction that a TRON block has at a place."""
    if not _trx_root(hashlib.sha256(path[0]).digest(), place, path[1], header.roots[0]):
        raise _Unproven("proof.nodes")
    return _trx_transaction(path[0])


def _proof_lines(shown: _Shown, lines: Sequence[Line]) -> Iterator[Tuple[Line, str]]:
    """Every transfer of the ledger that the chain contradicts, with the name of a sentence."""
    header = shown.header
    for line in lines:
        if line.height != header.height or line.time != header.time:
            yield line, "proof.block_differs"
        elif line.tx_index not in (-1, shown.place):
            yield line, "proof.place_differs"
        elif line.kind and shown.fine is False:
            yield line, "proof.failed"
        elif shown.tx and line.kind == 0 and shown.tx.sender not in ("", line.sender):
            yield line, "proof.sender_differs"
    if shown.tx and shown.tx.payments is not None:
        own = [line for line in lines if line.kind == 1]
        said = [one if one[1] else (one[0], "", *one[2:]) for one in shown.tx.payments]
        for line in own:
            found = [
                one
                for one in said
                if (one[0], one[3]) == (line.asset, line.amount)
                and one[1] in ("", line.sender)
                and one[2] in ("", line.receiver)
            ]
            if not found:
                yield line, "proof.value_differs"
            else:
                said.remove(found[0])
    if shown.logs is not None:
        yield from _proof_logs(shown, [line for line in lines if line.kind == 3 and "#" not in line.asset])


def _proof_logs(shown: _Shown, lines: Sequence[Line]) -> Iterator[Tuple[Line, str]]:
    """Transfers of tokens whose log is not in the receipt, or not at its place in it.

    A receipt tells a log's place within the transaction, the ledger its place within the block: what lies between the
    two is the same for all logs of the transaction.
    """
    places: Dict[Tuple[str, str, str, int], List[int]] = {}
    for log in shown.logs or ():
        if log.payment:
            places.setdefault(log.payment, []).append(log.place)
    used: Dict[Tuple[str, str, str, int], int] = {}
    between: Optional[Set[int]] = None
    for line in lines:
        payment = (line.asset, line.sender, line.receiver, line.amount)
        found = places.get(payment, [])
        used[payment] = used.get(payment, 0) + 1
        if used[payment] > len(found):
            yield line, "proof.log_differs"
        elif len(line.index) == 1:
            here = {line.index[0] - place for place in found if line.index[0] >= place}
            between = here if between is None else between & here
            if not between or (shown.place == 0 and 0 not in between):
                yield line, "proof.log_place"
                between = None


def _proof_row(
    row: Mapping[str, Any],
    lines: Sequence[Line],
    known: Dict[bytes, bytes],
    report: Report,
) -> Tuple[int, int, int]:
    """1 where the transaction is proven, where its receipt is, and where it is of a kind that is not read here."""
    who = {"chain": row["chain"], "tx": row["tx"]}
    claims = (row["transaction"] == "proven", row["receipt"] == "proven")
    if row["proof"] is None:
        if any(claims):
            report.differs("proof.claim", **who)
        return 0, 0, 0
    try:
        shown = _proof_shown(row, known)
    except _Unproven as wrong:
        report.differs("proof.wrong", why=str(wrong), **who)
        return 0, 0, 0
    if claims != (shown.tx is not None, shown.logs is not None):
        report.differs("proof.claim", **who)
        return 0, 0, 0
    if not any(claims):
        return 0, 0, 0
    wrong_lines = list(_proof_lines(shown, lines))
    for line, key in wrong_lines:
        report.differs(key, line=line.n, **who)
    if not wrong_lines:
        kind = "proof.block_logs" if claims[1] else "proof.block"
        report.fine(kind, block=row["block"], hash=row["hash"], **who)
    return int(claims[0]), int(claims[1]), int(shown.tx is not None and shown.tx.payments is None)


def check_proofs(case: Case, report: Report) -> None:
    """Check every proof, hold the ledger to it, and say what the chain does not commit to."""
    fields = INCLUSION.split()
    if [{name: row[name] for name in fields} for row in case.proofs] != case.trace["inclusions"]:
        report.differs("proof.rows")
    if not case.proofs:
        report.stated("proof.nothing")
        return
    lines: Dict[Tuple[str, str], List[Line]] = {(row["chain"], row["tx"]): [] for row in case.proofs}
    for line in case.ledger:
        if (line.chain, line.tx) in lines:
            lines[line.chain, line.tx].append(line)
    known: Dict[bytes, bytes] = {}
    transactions = receipts = unread = inner = 0
    for row in case.proofs:
        own = lines[row["chain"], row["tx"]]
        if not own:
            report.differs("proof.nobody", chain=row["chain"], tx=row["tx"])
        one, two, three = _proof_row(row, own, known, report)
        transactions, receipts, unread = transactions + one, receipts + two, unread + three
        inner += sum(line.kind in (0, 2) or "#" in line.asset for line in own) if one else 0
    say = report.fine if transactions else report.stated
    say("proof.summary", transactions=transactions, receipts=receipts, of=len(case.proofs))
    if transactions:
        report.stated("proof.compare")
    if any(row["chain"] == "tron:mainnet" for row in case.proofs):
        report.stated("proof.tron")
    if inner:
        report.stated("proof.inner", count=inner)
    if unread:
        report.stated("proof.unread", count=unread)
    if transactions < len(case.proofs):
        report.stated("proof.without", count=len(case.proofs) - transactions)


# --- second sources


_SecondKey = Tuple[int, str, str, str, int]


class _Second:
    """What the answers that confirmations rest on show of the transactions they are about, each answer read once."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._wanted = {(row["chain"], row["tx"]) for row in case.corroborations}
        self._shown: Dict[int, Optional[Dict[Tuple[str, str], Dict[_SecondKey, List[int]]]]] = {}
        self.used: Dict[Tuple[str, str], Set[Line]] = {}
        self.opened: Set[Tuple[str, str]] = set()
        for row in case.rows:
            if row.ledger is None:
                self.opened.add((row.chain, row.tx))
            else:
                self.used.setdefault((row.chain, row.tx), set()).add(case.ledger[row.ledger - 1])

    def _of(self, n: int) -> Optional[Dict[Tuple[str, str], Dict[_SecondKey, List[int]]]]:
        """By transaction, the movements that an answer shows, with their heights; None where it cannot be read."""
        if n not in self._shown:
            found = records(self._case.answers[n], self._case.body(n))
            shown: Dict[Tuple[str, str], Dict[_SecondKey, List[int]]] = {}
            self._shown[n] = None if found is None else shown
            for _, one in found or ():
                if (one.chain, one.tx) in self._wanted:
                    here = shown.setdefault((one.chain, one.tx), {})
                    here.setdefault((one.kind, one.asset, one.sender, one.receiver, one.amount), []).append(one.height)
        return self._shown[n]

    def missing(self, transaction: Tuple[str, str], numbers: Sequence[int]) -> Optional[List[Line]]:
        """Transfers of the sum that no answer shows as often as needed; None where one is unreadable."""
        lines = sorted(self.used.get(transaction, ()))
        most: Dict[_SecondKey, int] = {}
        for n in numbers:
            shown = self._of(n)
            if shown is None:
                return None
            for line in lines:
                key = (line.kind, line.asset, line.sender, line.receiver, line.amount)
                heights = shown.get(transaction, {}).get(key, [])
                most[key] = max(
                    most.get(key, 0),
                    sum(height in (-1, line.height) for height in heights),
                )
        left = []
        for line in lines:
            key = (line.kind, line.asset, line.sender, line.receiver, line.amount)
            most[key] = most.get(key, 0) - 1
            if most[key] < 0:
                left.append(line)
        return left


def _second_name(answer: Answer) -> str:
    """The name of whoever gave an answer: nodes are each their own, all chains of another supplier are one."""
    return answer.source if answer.source.startswith("rpc.") else answer.source.partition(".")[0]


def _second_host(answer: Answer) -> str:
    """Who runs the host of an answer: the last two parts of its name, or all of a number with its port."""
    name = answer.host.partition("://")[2] or answer.host
    bare = name.partition(":")[0]
    return name if bare.rpartition(".")[2].isdigit() else ".".join(bare.split(".")[-2:])


def _second_sources(case: Case, row: Mapping[str, Any]) -> List[int]:
    """The first answers that are independent of the second; none where the row names others than gave its answers."""
    first, second = ([case.answers[n] for n in row[name]] for name in ("first_answers", "second_answers"))
    if any(one.kind not in ("ok", "partial", "empty") for one in first + second):
        return []
    for name, answers in (("first", first), ("second", second)):
        if {_second_name(one) for one in answers} != set(row[name].split(", ")):
            return []
    hosts, names = (
        {_second_host(one) for one in second},
        {_second_name(one) for one in second},
    )
    return [one.n for one in first if _second_name(one) not in names and _second_host(one) not in hosts]


def _second_row(case: Case, row: Mapping[str, Any], second: _Second, report: Report) -> None:
    """Hold one verdict to what both sides' answers show."""
    who = {"chain": row["chain"], "tx": row["tx"]}
    transaction = (row["chain"], row["tx"])
    first = _second_sources(case, row)
    if not first:
        report.differs("second.sources", **who)
        return
    sides = (
        second.missing(transaction, first),
        second.missing(transaction, row["second_answers"]),
    )
    if sides[0] is None or sides[1] is None:
        report.unknown("second.unread", **who)
    elif row["verdict"] == "agrees" and (sides[0] or sides[1]):
        report.differs("second.missing", line=(sides[0] + sides[1])[0].n, **who)
    elif row["verdict"] == "differs" and transaction in second.used and transaction not in second.opened:
        if not sides[1]:
            report.differs("second.there", **who)


def check_second(case: Case, report: Report) -> None:
    """Hold what second sources are said to have confirmed or denied to their answers."""
    fields = CORROBORATION.split()
    if [{name: row[name] for name in fields} for row in case.corroborations] != case.trace["corroborations"]:
        report.differs("second.rows")
    if not case.corroborations:
        report.stated("second.nothing")
        return
    second = _Second(case)
    counts = {"agrees": 0, "differs": 0, "unconfirmed": 0}
    for row in case.corroborations:
        counts[row["verdict"]] += 1
        if row["verdict"] != "unconfirmed":
            _second_row(case, row, second, report)
    say = report.fine if counts["agrees"] else report.stated
    say("second.summary", agrees=counts["agrees"], of=len(case.corroborations))
    if counts["differs"]:
        report.stated("second.differs", count=counts["differs"])
    if counts["unconfirmed"]:
        report.stated("second.unconfirmed", count=counts["unconfirmed"])


WORDS.update(
    {
        "proof.rlp": ("bytes of the proof cannot be read", "证明中的字节无法读取"),
        "proof.protobuf": ("bytes of the proof cannot be read", "证明中的字节无法读取"),
        "proof.shape": (
            "proofs.jsonl holds something that is no proof",
            "proofs.jsonl 中有不是证明的内容",
        ),
        "proof.header": (
            "the header does not hash to this block",
            "区块头算出的哈希不是该区块",
        ),
        "proof.nodes": (
            "the way from the block's root to it is broken",
            "从区块根到该交易的路径不成立",
        ),
        "proof.other": (
            "what the block holds there is another transaction",
            "区块在该位置的是另一笔交易",
        ),
        "proof.transaction": ("the transaction has the wrong fields", "交易的字段不对"),
        "proof.receipt": ("the receipt has the wrong fields", "回执的字段不对"),
        "proof.wrong": (
            "The proof of {tx} ({chain}) does not hold: {why}.",
            "{tx}（{chain}）的证明不成立：{why}。",
        ),
        "proof.claim": (
            "{tx} ({chain}): the result calls proven, or unproven, what the proof does not.",
            "{tx}（{chain}）：结果所称“已证明/未证明”与证明本身不符。",
        ),
        "proof.rows": (
            "proofs.jsonl and trace.json name different proofs.",
            "proofs.jsonl 与 trace.json 所列的证明不同。",
        ),
        "proof.nobody": (
            "{tx} ({chain}) has a proof but no transfer in the ledger.",
            "{tx}（{chain}）有证明，但账本中没有它的转账。",
        ),
        "proof.nothing": (
            "The bundle holds no proof from the chain itself: its transfers rest on what the sources answered.",
            "证据包中没有来自链本身的证明：其中的转账以数据源的应答为依据。",
        ),
        "proof.block_differs": (
            "Transfer {line} ({tx}, {chain}): the chain has it in another block or at another time.",
            "第 {line} 笔转账（{tx}，{chain}）：链上的区块或时间与之不同。",
        ),
        "proof.place_differs": (
            "Transfer {line} ({tx}, {chain}): the chain has the transaction at another place in its block.",
            "第 {line} 笔转账（{tx}，{chain}）：该交易在区块中的位置与链上不同。",
        ),
        "proof.failed": (
            "Transfer {line} ({tx}, {chain}): on the chain this transaction failed and moved nothing.",
            "第 {line} 笔转账（{tx}，{chain}）：该交易在链上执行失败，没有转移任何资产。",
        ),
        "proof.sender_differs": (
            "Transfer {line} ({tx}, {chain}): the transaction was signed by somebody else than the payer of its fee.",
            "第 {line} 笔转账（{tx}，{chain}）：交易的签名者不是所记的手续费支付者。",
        ),
        "proof.value_differs": (
            "Transfer {line} ({tx}, {chain}): the transaction itself says another payer, receiver, asset or amount.",
            "第 {line} 笔转账（{tx}，{chain}）：交易本身所载的付款方、收款方、资产或数额与之不同。",
        ),
        "proof.log_differs": (
            "Transfer {line} ({tx}, {chain}): the proven receipt has no such log.",
            "第 {line} 笔转账（{tx}，{chain}）：已证明的回执中没有这条日志。",
        ),
        "proof.log_place": (
            "Transfer {line} ({tx}, {chain}): its log stands at another place in the proven receipt.",
            "第 {line} 笔转账（{tx}，{chain}）：其日志在已证明的回执中位置不同。",
        ),
        "proof.block_logs": (
            "{chain} block {block}, {hash}: commits to transaction {tx} and its logs; the ledger says the same.",
            "{chain} 区块 {block}，{hash}：包含交易 {tx} 及其日志；账本与之一致。",
        ),
        "proof.block": (
            "{chain} block {block}, {hash}: commits to transaction {tx}; the ledger says the same.",
            "{chain} 区块 {block}，{hash}：包含交易 {tx}；账本与之一致。",
        ),
        "proof.summary": (
            "Worked out from block hashes alone: {transactions} of {of} transactions, and the receipts with logs of"
            " {receipts}.",
            "仅凭区块哈希推算：{of} 笔交易中 {transactions} 笔得到证明，其中 {receipts} 笔连同回执和日志。",
        ),
        "proof.compare": (
            "A proof is as good as its block hash: compare number and hash with any explorer of your choice.",
            "证明的可靠性取决于区块哈希：请用您自选的任一区块浏览器比对区块号与哈希。",
        ),
        "proof.tron": (
            "A TRON block commits to transactions, not to logs: token transfers there are not proven by it.",
            "TRON 区块只包含交易，不包含日志：其上的代币转账无法由区块证明。",
        ),
        "proof.inner": (
            "{count} movements of proven transactions are fees, calls inside them or positions, which no header proves"
            " alone.",
            "已证明的交易中有 {count} 项属于手续费、内部调用或头寸，单凭区块头无法证明。",
        ),
        "proof.unread": (
            "{count} proven transactions are of a kind whose content is not read here: proven is that they are in the"
            " block, not what they pay.",
            "有 {count} 笔已证明的交易，其类型的内容本程序不读取：得到证明的是它们在区块中，而非其支付内容。",
        ),
        "proof.without": (
            "{count} transactions have no proof from the chain; the result says so of each, with the reason.",
            "有 {count} 笔交易没有来自链的证明；结果中逐笔说明了原因。",
        ),
        "second.rows": (
            "corroborations.jsonl and trace.json name different confirmations.",
            "corroborations.jsonl 与 trace.json 所列的印证不同。",
        ),
        "second.nothing": ("No second source was asked.", "没有询问第二数据源。"),
        "second.sources": (
            "{tx} ({chain}): the answers are not there, are unusable, or do not come from two independent sources as"
            " named.",
            "{tx}（{chain}）：应答不齐、不可用，或并非来自所列的两个相互独立的数据源。",
        ),
        "second.unread": (
            "{tx} ({chain}): the second source's answer is of a kind that this program cannot read.",
            "{tx}（{chain}）：本程序读不懂第二数据源的这种应答。",
        ),
        "second.missing": (
            "{tx} ({chain}) is called confirmed, but one of the two answers does not show transfer {line}.",
            "{tx}（{chain}）称已印证，但两份应答之一没有第 {line} 笔转账。",
        ),
        "second.there": (
            "{tx} ({chain}): the second source is said to differ, but its answer shows every transfer.",
            "{tx}（{chain}）：称第二数据源有出入，但其应答包含每一笔转账。",
        ),
        "second.summary": (
            "A second, independent source confirms {agrees} of {of} transactions; both answers were compared again.",
            "{of} 笔交易中有 {agrees} 笔得到独立的第二数据源印证；两份应答已重新比对。",
        ),
        "second.differs": (
            "The second source says otherwise of {count} transactions; the result says so on its first page.",
            "有 {count} 笔交易第二数据源说法不同；结果首页已注明。",
        ),
        "second.unconfirmed": (
            "{count} transactions could not be confirmed by a second source; the result gives the reasons.",
            "有 {count} 笔交易未能由第二数据源印证；结果中列有原因。",
        ),
    }
)
# --- the journal, and the files beside the manifest


def _journal_hash(entry: Mapping[str, Any]) -> str:
    kept = {name: value for name, value in entry.items() if name != "hash"}
    said = json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _journal_entries(box: Box, report: Report) -> Optional[List[Dict[str, Any]]]:
    """Every entry, when each follows from the one before; None where one does not."""
    entries: List[Dict[str, Any]] = []
    before, clock, jumps = "0" * 64, "", 0
    for number, row in enumerate(_load_rows(box, "journal.jsonl", "n at event what before hash"), 1):
        at = _load_is(_LOAD_CLOCK, row, "at")
        text(row, "event")
        if not isinstance(row["what"], dict):
            raise Malformed("load.fields", file="journal.jsonl", line=number)
        _box_hex(row, "before")
        if row["n"] != number or row["before"] != before or _box_hex(row, "hash") != _journal_hash(row):
            report.differs("journal.broken", n=number)
            return None
        jumps += at[:19] < clock
        before, clock = row["hash"], at[:19]
        entries.append(row)
    if jumps:
        report.stated("journal.clock", count=jumps)
    return entries


def _journal_answers(case: Case, told: Any, report: Report) -> None:
    """Hold what a result's entry says of the answers so far to the answers."""
    if not isinstance(told, dict) or set(told) != {"count", "sha256"}:
        report.malformed("journal.shape")
        return
    count = whole(told, "count")
    lines = ["%d %s\n" % (n, case.answers[n].sha256) for n in sorted(case.answers)[:count]]
    if count > len(case.answers) or hashlib.sha256("".join(lines).encode()).hexdigest() != told["sha256"]:
        report.differs("journal.answers", count=count)


def check_journal(case: Case, box: Box, report: Report) -> None:
    """Hold the journal to its hashes, to the answers and to the result."""
    entries = _journal_entries(box, report)
    if entries is None:
        return
    state = own_json(box.read("state.json"), "state.json")
    runs = state.get("runs")
    if not entries:
        # Runs that write a journal note their packages too.
        kept = isinstance(runs, list) and any("packages" in (one.get("inputs") or ()) for one in runs)
        (report.differs if kept else report.stated)("journal.gone" if kept else "journal.none")
        return
    results = [entry["what"] for entry in entries if entry["event"] == "result"]
    for what in results:
        _journal_answers(case, what.get("answers"), report)
    digest = "sha256:" + hashlib.sha256(box.read("trace.json")).hexdigest()
    if results and results[-1].get("sha256") != digest:
        report.differs("journal.result")
    elif results:
        report.fine("journal.result_fine")
    begun = sum(entry["event"] == "run" for entry in entries)
    older = entries[0]["what"].get("runs", 0) if entries[0]["event"] == "case" else 0
    if isinstance(runs, list) and isinstance(older, int) and len(runs) != begun + older:
        report.differs("journal.runs", journal=begun, runs=len(runs))
    report.fine("journal.chain", entries=len(entries), last=entries[-1]["hash"])
    report.stated("journal.note")


# --- signatures and time stamps


def _seal_lines(data: bytes, name: str) -> bytes:
    """What stands between the lines of a PEM-like text. Raises `Malformed`."""
    found = re.fullmatch(
        rb"\s*-----BEGIN %s-----\s+([A-Za-z0-9+/=\s]+)-----END %s-----\s*" % (name.encode(), name.encode()),
        data,
    )
    try:
        return binascii.a2b_base64(found.group(1)) if found else b""
    except binascii.Error:
        return b""


class _SealFault(Exception):
    """A seal is not what its format says."""


def _ssh_strings(data: bytes, count: int) -> List[bytes]:
    """So many strings of SSH's wire format, which are all there is."""
    found, at = [], 0
    for _ in range(count):
        if at + 4 > len(data):
            raise _SealFault
        length = int.from_bytes(data[at : at + 4], "big")
        found.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    if at != len(data):
        raise _SealFault
    return found


# Ed25519 (RFC 8032)
_ED_P = 2**255 - 19
_ED_L = 2**252 + 27742317777372353535851937790883648493
_ED_D = -121665 * pow(121666, _ED_P - 2, _ED_P) % _ED_P
_EdPoint = Tuple[int, int, int, int]


def _ed_add(one: _EdPoint, two: _EdPoint) -> _EdPoint:
    p = _ED_P
    a = (one[1] - one[0]) * (two[1] - two[0]) % p
    b = (one[1] + one[0]) * (two[1] + two[0]) % p
    c = 2 * one[3] * two[3] * _ED_D % p
    d = 2 * one[2] * two[2] % p
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % p, g * h % p, f * g % p, e * h % p)


def _ed_times(scalar: int, point: _EdPoint) -> _EdPoint:
    found: _EdPoint = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            found = _ed_add(found, point)
        point = _ed_add(point, point)
        scalar >>= 1
    return found


def _ed_point(data: bytes) -> Optional[_EdPoint]:
    p = _ED_P
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if len(data) != 32 or y >= p:
        return None
    x2 = (y * y - 1) * pow(_ED_D * y * y + 1, p - 2, p) % p
    x = pow(x2, (p + 3) // 8, p)
    if (x * x - x2) % p:
        x = x * pow(2, (p - 1) // 4, p) % p
    if (x * x - x2) % p or (not x and sign):
        return None
    x = x if x & 1 == sign else p - x
    return (x, y, 1, x * y % p)


def ed25519_holds(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature is of this message and key."""
    point, first = _ed_point(key), _ed_point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or point is None or first is None or s >= _ED_L:
        return False
    base = _ed_point(binascii.unhexlify("58" + "66" * 31))
    assert base is not None
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % _ED_L
    left, right = _ed_times(s, base), _ed_add(first, _ed_times(h, point))
    same_x = (left[0] * right[2] - right[0] * left[2]) % _ED_P == 0
    return same_x and (left[1] * right[2] - right[1] * left[2]) % _ED_P == 0


_RSA_INFO = {
    b"rsa-sha2-256": ("sha256", "3031300d060960864801650304020105000420"),
    b"rsa-sha2-512": ("sha512", "3051300d060960864801650304020305000440"),
}


def rsa_holds(modulus: int, exponent: int, message: bytes, signature: bytes, kind: bytes) -> bool:
    """Whether an RSA signature (PKCS #1 v1.5) is of this message and key of 2,048 to 16,384 bits."""
    size = (modulus.bit_length() + 7) // 8
    if not 2048 <= modulus.bit_length() <= 16384 or not 2 < exponent < 1 << 64 or len(signature) != size:
        return False
    name, info = _RSA_INFO[kind]
    tail = binascii.unhexlify(info) + hashlib.new(name, message).digest()
    padded = b"\0\1" + b"\xff" * (size - len(tail) - 3) + b"\0" + tail
    return pow(int.from_bytes(signature, "big"), exponent, modulus).to_bytes(size, "big") == padded


def _seal_ssh(data: bytes, manifest: bytes, report: Report) -> None:
    """Check an OpenSSH signature of the manifest as far as plain Python goes."""
    blob = _seal_lines(data, "SSH SIGNATURE")
    if blob[:10] != b"SSHSIG\0\0\0\1":
        raise _SealFault
    key, space, _, hashed, signature = _ssh_strings(blob[10:], 5)
    if hashed not in (b"sha256", b"sha512"):
        raise _SealFault
    if space != b"stolen-funds-bundle":
        report.differs("seal.purpose", purpose=space.decode("utf-8", "replace")[:60])
        return
    digest = hashlib.new(hashed.decode(), manifest).digest()
    parts = (space, b"", hashed, digest)
    signed = b"SSHSIG" + b"".join(struct.pack(">L", len(part)) + part for part in parts)
    kind, raw = _ssh_strings(signature, 2)
    finger = binascii.b2a_base64(hashlib.sha256(key).digest()).decode().strip().rstrip("=")
    if kind == b"ssh-ed25519":
        named, public = _ssh_strings(key, 2)
        holds = named == kind and ed25519_holds(public, signed, raw)
    elif kind in _RSA_INFO:
        named, exponent, modulus = _ssh_strings(key, 3)
        numbers = int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big")
        holds = named == b"ssh-rsa" and rsa_holds(*numbers, signed, raw, kind)
    else:
        report.stated("seal.ssh_unread", finger=finger)
        return
    if holds:
        report.fine("seal.ssh", finger=finger)
        report.stated("seal.ssh_whose", finger=finger)
    else:
        report.differs("seal.ssh_wrong", finger=finger)


def _der(data: bytes) -> Tuple[int, bytes, bytes]:
    """(tag, content, rest) of a DER value."""
    if len(data) < 2:
        raise _SealFault
    tag, length, at = data[0], data[1], 2
    if length > 0x80:
        size = length - 0x80
        length, at = int.from_bytes(data[2 : 2 + size], "big"), 2 + size
    if length == 0x80 or at + length > len(data) or tag & 0x1F == 0x1F:
        raise _SealFault
    return tag, data[at : at + length], data[at + length :]


def _der_in(data: bytes, *tags: int) -> List[bytes]:
    """The contents of the values that stand in a row and begin with these tags."""
    found = []
    for wanted in tags:
        tag, content, data = _der(data)
        if tag != wanted:
            raise _SealFault
        found.append(content)
    return found


def _seal_stamp(data: bytes, manifest: bytes, report: Report) -> None:
    """Check that an RFC 3161 time stamp is of the manifest, and read its time."""
    (response,) = _der_in(data, 0x30)
    status, token = _der_in(response, 0x30, 0x30)
    if _der_in(status, 2)[0] not in (b"\0", b"\1"):
        raise _SealFault
    _, wrapped = _der_in(token, 6, 0xA0)
    (signed,) = _der_in(wrapped, 0x30)
    _, _, content = _der_in(signed, 2, 0x31, 0x30)
    kind, inner = _der_in(content, 6, 0xA0)
    if kind != binascii.unhexlify("2a864886f70d0109100104"):
        raise _SealFault
    (info,) = _der_in(_der_in(inner, 4)[0], 0x30)
    _, _, imprint, _, time = _der_in(info, 2, 6, 0x30, 2, 0x18)
    algorithm, digest = _der_in(imprint, 0x30, 4)
    name = {
        "608648016503040201": "sha256",
        "608648016503040202": "sha384",
        "608648016503040203": "sha512",
    }.get(_der_in(algorithm, 6)[0].hex())
    if name is None or not re.fullmatch(rb"[0-9]{14}(\.[0-9]{1,9})?Z", time):
        raise _SealFault
    if hashlib.new(name, manifest).digest() != digest:
        report.differs("seal.stamp_wrong")
        return
    at = time.decode()
    clock = "%s-%s-%s %s:%s:%s UTC" % (
        at[:4],
        at[4:6],
        at[6:8],
        at[8:10],
        at[10:12],
        at[12:14],
    )
    report.fine("seal.stamp", time=clock)
    report.stated("seal.stamp_whose")


def _seal_ots(data: bytes, manifest: bytes, report: Report) -> None:
    """Check that an OpenTimestamps proof is of the manifest."""
    head = b"\0OpenTimestamps\0\0Proof\0\xbf\x89\xe2\xe8\x84\xe8\x92\x94\1\x08"
    if not data.startswith(head) or len(data) <= len(head) + 32:
        raise _SealFault
    if data[len(head) : len(head) + 32] != hashlib.sha256(manifest).digest():
        report.differs("seal.ots_wrong")
        return
    report.fine("seal.ots")
    report.stated("seal.ots_whose")


def _seal_pgp(data: bytes, _manifest: bytes, report: Report) -> None:
    if b"-----BEGIN PGP SIGNATURE-----" not in data[:200]:
        raise _SealFault
    report.stated("seal.pgp")


def check_seals(box: Box, report: Report) -> None:
    """Check the signature and the time stamps beside the manifest, where there are any."""
    manifest = box.read("manifest.json")
    ways = {
        ".asc": _seal_pgp,
        ".ots": _seal_ots,
        ".sig": _seal_ssh,
        ".tsr": _seal_stamp,
    }
    found = [name for name in BESIDE if name in box]
    if not found:
        report.stated("seal.none")
    for name in found:
        try:
            ways[name[-4:]](box.read(name), manifest, report)
        except (_SealFault, RecursionError):
            report.malformed("seal.broken", name=name)


WORDS.update(
    {
        "journal.broken": (
            "The journal is broken at entry {n}: it was changed, removed, added or moved after it was written.",
            "操作日志在第 {n} 条处断裂：写入之后有条目被修改、删除、添加或移动。",
        ),
        "journal.clock": (
            "{count} times the clock went back between two entries of the journal; a clock may be set.",
            "操作日志中有 {count} 处时间早于前一条；可能是时钟被调整过。",
        ),
        "journal.gone": (
            "The journal is empty, though the runs of this case wrote one.",
            "操作日志为空，而本案件的运行是写有日志的。",
        ),
        "journal.none": (
            "There is no journal: the case was begun before journals were kept.",
            "没有操作日志：此案件建立时尚未启用日志。",
        ),
        "journal.shape": (
            "an entry of the journal is not built as its format says",
            "操作日志有条目不符合格式",
        ),
        "journal.answers": (
            "The journal counted {count} answers when a result was made; they are no longer the same.",
            "操作日志记载得出结果时有 {count} 份应答；现在已不相同。",
        ),
        "journal.result": (
            "The last result that the journal knows is not trace.json.",
            "操作日志所记的最后一次结果不是 trace.json。",
        ),
        "journal.result_fine": (
            "The journal's last result is trace.json, made from the very answers in this bundle.",
            "操作日志所记的最后一次结果正是 trace.json，且出自本证据包中的应答。",
        ),
        "journal.runs": (
            "The journal tells of {journal} runs, the case of {runs}.",
            "操作日志记载运行 {journal} 次，案件记载 {runs} 次。",
        ),
        "journal.chain": (
            "Each of the {entries} entries of the journal follows from the one before. Hash of the last: {last}.",
            "操作日志共 {entries} 条，每一条都与前一条相扣。最后一条的哈希：{last}。",
        ),
        "journal.note": (
            "Whoever can change a whole bundle can write a whole new journal: compare the last hash with a noted one.",
            "能改动整个证据包的人也能重写整份日志：请与事先记下的最后一条哈希比对。",
        ),
        "seal.none": (
            "Nobody signed the manifest, and no time stamp says since when it is so.",
            "清单没有签名，也没有时间戳证明它何时已存在。",
        ),
        "seal.broken": (
            "{name} is no signature or time stamp of its kind",
            "{name} 不是该类签名或时间戳",
        ),
        "seal.purpose": (
            "The signature was made for another purpose: {purpose}.",
            "该签名是为其他用途制作的：{purpose}。",
        ),
        "seal.ssh": (
            "The manifest is signed with the OpenSSH key SHA256:{finger}; the signature holds.",
            "清单由 OpenSSH 密钥 SHA256:{finger} 签名，签名有效。",
        ),
        "seal.ssh_whose": (
            "Whose key SHA256:{finger} is does not follow from the bundle: ask its owner.",
            "密钥 SHA256:{finger} 属于何人无法由证据包得知：请向其持有人核实。",
        ),
        "seal.ssh_wrong": (
            "The signature with the key SHA256:{finger} is not of this manifest.",
            "密钥 SHA256:{finger} 的签名不是对这份清单作出的。",
        ),
        "seal.ssh_unread": (
            "There is a signature with the key SHA256:{finger}, of a kind not checked here. Check it: ssh-keygen -Y"
            " check-novalidate -n stolen-funds-bundle -s manifest.json.sig < manifest.json",
            "有密钥 SHA256:{finger} 的签名，其类型本程序不核对。核对命令：ssh-keygen -Y check-novalidate"
            " -n stolen-funds-bundle -s manifest.json.sig < manifest.json",
        ),
        "seal.stamp": (
            "A time stamp (RFC 3161) says that this manifest existed at {time}.",
            "时间戳（RFC 3161）表明此清单在 {time} 已存在。",
        ),
        "seal.stamp_whose": (
            "That the time stamp's signature holds is not checked here. Check it: openssl ts -verify"
            " -in manifest.json.tsr -data manifest.json -CAfile CERTIFICATES",
            "时间戳本身的签名不在此核对。核对命令：openssl ts -verify -in manifest.json.tsr -data manifest.json"
            " -CAfile 证书文件",
        ),
        "seal.stamp_wrong": (
            "The time stamp is of another manifest.",
            "时间戳是对另一份清单作出的。",
        ),
        "seal.ots": (
            "There is an OpenTimestamps proof of this manifest.",
            "有针对此清单的 OpenTimestamps 证明。",
        ),
        "seal.ots_whose": (
            "Since when it holds is not checked here. Check it: ots verify manifest.json.ots",
            "其时间不在此核对。核对命令：ots verify manifest.json.ots",
        ),
        "seal.ots_wrong": (
            "The OpenTimestamps proof is of another file.",
            "OpenTimestamps 证明针对的是另一个文件。",
        ),
        "seal.pgp": (
            "There is an OpenPGP signature, which is not checked here. Check it: gpg --verify manifest.json.asc"
            " manifest.json",
            "有 OpenPGP 签名，不在此核对。核对命令：gpg --verify manifest.json.asc manifest.json",
        ),
    }
)
# --- saying it

MARKS = {
    "fine": ("✔", "+"),
    "stated": ("–", "-"),
    "differs": ("✘", "X"),
    "malformed": ("✘", "X"),
    "unknown": ("?", "?"),
}
NUMBERS = {  # of something, not how many: written without commas
    *("n", "answer", "at", "block", "code", "height", "ledger", "line", "number", "origin", "place", "pot", "row"),
    *("told", "says", "found", "amount"),
}
SHOWN = 20
SHOWN_BLOCKS = 10


def say_text(value: object) -> str:
    """A value as one line of text that no terminal acts on."""
    shown = "".join(one if one.isprintable() else "\\u%04x" % ord(one) for one in str(value))
    return shown if len(shown) <= 400 else shown[:400] + "…"


class Voice:
    """Prints sentences in one language, with signs that the output can show."""

    def __init__(self, lang: str, everything: bool, out: Any) -> None:
        self._lang = 1 if lang == "zh" else 0
        self._all = everything
        self._out = out
        self._encoding = getattr(out, "encoding", None) or "ascii"
        self.plain = not self._fits("✔✘–")

    def _fits(self, shown: str) -> bool:
        try:
            shown.encode(self._encoding)
        except (UnicodeEncodeError, LookupError):
            return False
        return True

    def sentence(self, key: str, values: Mapping[str, object]) -> str:
        """A sentence with its values; a value that names a sentence is said as one."""
        if key not in WORDS:
            return say_text(key)
        said = {name: self._value(name, value) for name, value in values.items()}
        return WORDS[key][self._lang].format(**said)

    def _value(self, name: str, value: object) -> str:
        if isinstance(value, str) and name == "why" and value in WORDS:
            return WORDS[value][self._lang]
        return format(value, ",") if isinstance(value, int) and name not in NUMBERS else say_text(value)

    def line(self, shown: str = "") -> None:
        """Print a line, with escapes for what the output cannot show."""
        if not self._fits(shown):
            shown = shown.encode(self._encoding, "backslashreplace").decode(self._encoding)
        self._out.write(shown + "\n")

    def step(self, number: int, key: str, found: Sequence[Tuple[str, str, Dict[str, object]]]) -> None:
        """Print one step: its name, what was found, what is more of the same as a number."""
        self.line()
        self.line("%d. %s" % (number, self.sentence(key, {})))
        counts: Dict[Tuple[str, str], int] = {}
        for level, name, _ in found:
            counts[level, name] = counts.get((level, name), 0) + 1
        shown: Dict[Tuple[str, str], int] = {}
        for level, name, values in found:
            limit = SHOWN_BLOCKS if name.startswith("proof.block") and level == "fine" else SHOWN
            nth = shown[level, name] = shown.get((level, name), 0) + 1
            if self._all or nth <= limit:
                self.line("   %s %s" % (MARKS[level][self.plain], self.sentence(name, values)))
            elif nth == limit + 1:
                more = self.sentence("main.more", {"count": counts[level, name] - limit})
                self.line("   %s %s" % (MARKS[level][self.plain], more))


# --- the steps


def _main_steps(box: Box) -> Iterator[Tuple[str, Any]]:
    """(name of the step, what it does with a report); a step may put the case where the next ones find it."""
    held: Dict[str, Any] = {}

    def opened(report: Report) -> None:
        box.container(report)
        held["whole"] = check_manifest(box, report)

    def loaded(report: Report) -> None:
        held["case"] = load(box)
        check_loaded(held["case"], report)

    yield "main.step_container", opened
    yield "main.step_seals", lambda report: check_seals(box, report)
    if not held.get("whole"):
        return
    yield "main.step_load", loaded
    if "case" not in held:
        return
    case = held["case"]
    yield "main.step_ledger", lambda report: check_ledger(case, report)
    yield "main.step_sum", lambda report: check_sum(case, report)
    yield "main.step_proofs", lambda report: check_proofs(case, report)
    yield "main.step_second", lambda report: check_second(case, report)
    yield "main.step_journal", lambda report: check_journal(case, box, report)


def _main_guarded(step: Any, report: Report) -> None:
    """Do one step; whatever goes wrong in it is said, never shown as a traceback."""
    try:
        step(report)
    except Malformed as wrong:
        report.malformed(wrong.key, **wrong.values)
    except (KeyboardInterrupt, SystemExit):
        raise
    except OSError as failure:
        report.malformed("main.unreadable", error=failure.strerror or type(failure).__name__)
    except Exception as failure:
        if os.environ.get("TRACER_DEBUG") == "1":
            raise
        report.malformed("main.unexpected", kind=type(failure).__name__)


def verify(path: str, cap: int = TOTAL_CAP, after: Any = None) -> Report:
    """Check a bundle. ``after`` is called with each step's name and findings as it ends."""
    report = Report()
    boxes: List[Box] = []

    def reach(_: Report) -> None:
        boxes.append(Box(path, cap))

    def step(key: str, do: Any) -> None:
        before = len(report.found)
        _main_guarded(do, report)
        if after and (key != "main.step_open" or len(report.found) > before):
            after(key, report.found[before:])

    step("main.step_open", reach)
    for box in boxes:
        try:
            for key, do in _main_steps(box):
                step(key, do)
        finally:
            box.close()
    return report


def _main_language(asked: Optional[str]) -> str:
    if asked:
        return asked
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return "zh" if os.environ[name].startswith("zh") else "en"
    return "en"


def _main_arguments(arguments: Optional[Sequence[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="verify.py",
        description="Check a bundle of a stolen-funds case. 核对证据包。",
    )
    parser.add_argument(
        "bundle",
        nargs="?",
        metavar="BUNDLE",
        help="a zip, or the folder it was unpacked to",
    )
    parser.add_argument("--lang", choices=("en", "zh"))
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument("--all", action="store_true", help="print every finding")
    parser.add_argument(
        "--max-bytes",
        type=int,
        default=TOTAL_CAP,
        help="refuse what unpacks to more (20 GiB)",
    )
    found = parser.parse_args(arguments)
    if found.bundle is None:
        found.bundle = os.path.dirname(os.path.abspath(__file__))
        if not os.path.isfile(os.path.join(found.bundle, "manifest.json")):
            parser.error("BUNDLE is missing")
    return found


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Check a bundle, print what was found, and return the exit code."""
    asked = _main_arguments(arguments)
    voice = Voice(_main_language(asked.lang), asked.all, sys.stdout)
    numbers: List[str] = []

    def after(key: str, found: Sequence[Tuple[str, str, Dict[str, object]]]) -> None:
        numbers.append(key)
        voice.step(len(numbers), key, found)
        sys.stdout.flush()

    if asked.json:
        report = verify(asked.bundle, asked.max_bytes)
        found = [
            {
                "level": level,
                "key": key,
                "values": {n: say_text(v) for n, v in values.items()},
                "text": voice.sentence(key, values),
            }
            for level, key, values in report.found
        ]
        print(
            json.dumps(
                {"schema": "stolen-funds-check/1", "code": report.code, "found": found},
                indent=1,
            )
        )
        return report.code
    voice.line(
        voice.sentence(
            "main.title",
            {"bundle": os.path.basename(asked.bundle.rstrip("/\\")) or asked.bundle},
        )
    )
    report = verify(asked.bundle, asked.max_bytes, after)
    voice.line()
    levels = {level for level, _, _ in report.found}
    if report.code in (0, 3):
        voice.line(voice.sentence("main.follows", {}))
    if "stated" in levels:
        voice.line(voice.sentence("main.stated", {"mark": MARKS["stated"][voice.plain]}))
    if "unknown" in levels:
        voice.line(voice.sentence("main.unknown", {}))
    voice.line()
    counts = {level: sum(one[0] == level for one in report.found) for level in ("malformed", "differs", "unknown")}
    voice.line(voice.sentence("main.verdict_%d" % report.code, {"code": report.code, **counts}))
    return report.code


WORDS.update(
    {
        "main.title": (
            "Checking the bundle {bundle}, offline.",
            "离线核对证据包 {bundle}。",
        ),
        "main.more": (
            "… and {count} more of the same (--all shows them)",
            "……同类另有 {count} 项（--all 可全部列出）",
        ),
        "main.unexpected": (
            "This step met something that no sound bundle holds ({kind}); TRACER_DEBUG=1 shows where.",
            "此步骤遇到正常证据包中不会有的内容（{kind}）；设 TRACER_DEBUG=1 可查看位置。",
        ),
        "main.unreadable": ("the bundle cannot be read: {error}", "无法读取证据包：{error}"),
        "main.step_open": ("Opening the bundle", "打开证据包"),
        "main.step_container": (
            "The container and the digest of every file",
            "压缩包与每个文件的校验值",
        ),
        "main.step_seals": ("Signatures and time stamps", "签名与时间戳"),
        "main.step_load": ("Reading every file by its format", "按格式读取每个文件"),
        "main.step_ledger": (
            "The transfers, read again from the sources' answers",
            "从数据源应答中重新读取转账",
        ),
        "main.step_sum": (
            "The sum, worked out again from the transfers",
            "由转账重新计算",
        ),
        "main.step_proofs": ("Proofs from the chain itself", "来自链本身的证明"),
        "main.step_second": ("Second sources", "第二数据源"),
        "main.step_journal": ("The journal", "操作日志"),
        "main.follows": (
            "What follows from what: a block's hash commits to its transactions, and on EVM chains to their logs. From"
            " these and from the sources' answers follow the transfers; from the transfers the rows of the sum; from"
            " the rows, under the stated method, the amount at every endpoint.",
            "推导关系：区块哈希锁定区块中的交易（EVM 链上还包括日志）；"
            "由这些交易和数据源的应答得出各笔转账；由转账得出计算表的各行；"
            "再按所述方法由各行得出每个终点的数额。",
        ),
        "main.stated": (
            "Lines with “{mark}” were taken as the bundle says, or are yours to compare.",
            "标有“{mark}”的各行以证据包所述为准，或需您自行比对。",
        ),
        "main.unknown": (
            "Lines with “?” could not be checked.",
            "标有“?”的各行未能核对。",
        ),
        "main.verdict_0": (
            "RESULT: everything that can be checked is as the bundle says. (exit code {code})",
            "结论：凡能核对的内容均与证据包所述一致。（退出码 {code}）",
        ),
        "main.verdict_1": (
            "RESULT: NOT as the bundle says (differences: {differs}). Do not rely on it before they are explained."
            " (exit code {code})",
            "结论：有 {differs} 处与证据包所述不符。在得到解释之前请勿采信。（退出码 {code}）",
        ),
        "main.verdict_2": (
            "RESULT: this is no sound bundle (faults of form: {malformed}; differences: {differs}). (exit code {code})",
            "结论：这不是完好的证据包（格式错误 {malformed} 处，不符 {differs} 处）。（退出码 {code}）",
        ),
        "main.verdict_3": (
            "RESULT: nothing contradicts the bundle, but {unknown} things could not be checked. (exit code {code})",
            "结论：没有发现与证据包矛盾之处，但有 {unknown} 项未能核对。（退出码 {code}）",
        ),
    }
)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (BrokenPipeError, KeyboardInterrupt):
        os._exit(3)
