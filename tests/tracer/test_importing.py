"""`trace import`: a bundle becomes the case it was made of, and whatever is wrong with one is refused in one line."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile, ZipInfo

import pytest

from tracer.bundle.container import Zip, write
from tracer.bundle.export import files
from tracer.bundle.manifest import MANIFEST, SUMS, sums
from tracer.case import open_case
from tracer.cli import run
from tracer.config import load_config
from tracer.demo import make_demo_case
from tracer.session import sound_workings, trace_case, verify_case

Files = dict[str, bytes]
CONFIG = load_config({}, Path("/"))
KEY = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A folder of its own, and Python's recursion limit as the program has it; the lab's packages lift it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("TRACER_CASES", raising=False)
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(4_000)
    yield
    sys.setrecursionlimit(before)


def bundled(case: Path) -> bytes:
    """The case as a bundle."""
    packed = io.BytesIO()
    with open_case(case, offline=True) as opened:
        workings = asyncio.run(sound_workings(opened, CONFIG))
        container = Zip(packed)
        write(container, files(opened, workings), lambda _: {})
        container.close()
    return packed.getvalue()


def unpacked(bundle: bytes) -> Files:
    """Every file of a bundle."""
    with ZipFile(io.BytesIO(bundle)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A bundle of the demonstration."""
    folder = tmp_path_factory.mktemp("demo") / "case"
    question = make_demo_case("evm", folder)
    with open_case(folder, offline=True) as case:
        asyncio.run(trace_case(case, question, CONFIG, arguments=["demo"]))
    return bundled(folder)


def sealed(changed: Mapping[str, bytes]) -> Files:
    """Files with a manifest that names them as they are: whoever forges a bundle does at least that."""
    inside = {name: data for name, data in changed.items() if name not in (MANIFEST, SUMS)}
    rows = [
        {"path": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in sorted(inside.items())
    ]
    manifest = json.dumps({"schema": "stolen-funds-bundle/1", "files": rows}).encode()
    return {**inside, MANIFEST: manifest, SUMS: sums({MANIFEST: manifest})}


def spread(folder: Path, found: Mapping[str, bytes]) -> Path:
    """Files below a folder."""
    for name, data in found.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def closed(packed: bytes) -> bytes:
    """A zip with the digest of a bundle at its end."""
    head = packed[:-22]
    end = packed[-22:-2] + (71).to_bytes(2, "little")
    return head + end + b"sha256:" + hashlib.sha256(head).hexdigest().encode()


def test_a_bundle_becomes_its_case_again(made: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its own bundle is the same in every file but the journal and the manifest; everything goes on from there."""
    Path("a.bundle").write_bytes(made)
    assert run(["import", "a.bundle", "--case", "there"]) == 0
    digest = hashlib.sha256(unpacked(made)[MANIFEST]).hexdigest()
    said = capsys.readouterr()
    assert digest in said.out
    before, again = unpacked(made), unpacked(bundled(tmp_path / "there"))
    changed = {name for name in before | again if before.get(name) != again.get(name)}
    assert changed == {"journal.jsonl", MANIFEST, SUMS}
    assert again["journal.jsonl"].startswith(before["journal.jsonl"])
    (entry,) = map(json.loads, again["journal.jsonl"][len(before["journal.jsonl"]) :].splitlines())
    assert (entry["event"], entry["what"]) == ("import", {"manifest": digest})
    assert run(["verify", "there"]) == 0
    assert run(["show", "there"]) == 0
    assert run(["--case", "there", "--offline", "--method", "lifo"]) == 0
    assert run(["verify", "there"]) == 0


def test_an_unpacked_bundle_is_a_bundle(made: bytes, tmp_path: Path) -> None:
    """The folder it was unpacked to does as well, and gives the case a name of its own."""
    spread(tmp_path / "b", unpacked(made))
    assert run(["import", "b"]) == 0
    (case,) = (tmp_path / "cases").iterdir()
    assert sorted(one.name for one in case.iterdir()) == [".lock", "case.sqlite", "case.toml", "labels"]


def test_what_is_there_is_never_touched(made: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that exists, even an empty one, or a link that leads nowhere, is refused."""
    Path("a.bundle").write_bytes(made)
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("empty", "link"):
        assert run(["import", "a.bundle", "--case", name]) == 2
    assert list((tmp_path / "empty").iterdir()) == []
    assert not (tmp_path / "nowhere").exists()
    assert capsys.readouterr().err.count("\n") == 2


def test_a_result_that_does_not_follow_is_said(made: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bundle whose result was changed with all its digests imports with a warning and exit code 1."""
    found = unpacked(made)
    before = found["trace.json"]
    after = before.replace(b'"amount": "2500000000"', b'"amount": "2600000000"')
    assert after != before
    old, new = (f"sha256:{hashlib.sha256(one).hexdigest()}" for one in (before, after))
    found["trace.json"] = after
    found["state.json"] = found["state.json"].replace(old.encode(), new.encode())
    found["journal.jsonl"] = b""
    found["state.json"] = without_packages(found["state.json"])
    spread(tmp_path / "b", sealed(found))
    assert run(["import", "b", "--case", "there", "--lang", "zh"]) == 1
    assert "警告" in capsys.readouterr().out
    with open_case(tmp_path / "there", offline=True) as case:
        assert asyncio.run(verify_case(case, CONFIG)).differences


def without_packages(state: bytes) -> bytes:
    """The state of a case from before there were journals."""
    value = json.loads(state)
    for one in value["runs"]:
        del one["inputs"]["packages"]
    return json.dumps(value).encode()


def lines(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """A file of JSON lines, the first of them changed."""
    first, rest = data.split(b"\n", 1)
    value = json.loads(first)
    change(value)
    return json.dumps(value).encode() + b"\n" + rest


def state(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """The state, changed."""
    value = json.loads(data)
    change(value)
    return json.dumps(value).encode()


def of(name: str, how: Callable[[bytes], bytes]) -> Callable[[Files], None]:
    """A change of one file."""

    def changed(found: Files) -> None:
        found[name] = how(found[name])

    return changed


def first(name: str, **values: object) -> Callable[[Files], None]:
    """Other values in the first line of a file."""
    return of(name, lambda data: lines(data, lambda row: row.update(values)))


def fact(**values: object) -> Callable[[Files], None]:
    """Other facts of the case."""
    return of("state.json", lambda data: state(data, lambda value: value["meta"].update(values)))


def ran(**values: object) -> Callable[[Files], None]:
    """Another run."""
    return of("state.json", lambda data: state(data, lambda value: value["runs"][0].update(values)))


FORGED: dict[str, Callable[[Files], object]] = {
    "no answers": lambda found: found.pop("answers.jsonl"),
    "no state": lambda found: found.pop("state.json"),
    "no question": lambda found: found.pop("case.toml"),
    "no body": lambda found: found.pop(next(name for name in found if name.startswith("raw/"))),
    "another body": lambda found: found.update({next(name for name in found if name.startswith("raw/")): b"{}"}),
    "no JSON": of("state.json", lambda _: b"{"),
    "deep JSON": of("state.json", lambda _: b"[" * 200_000),
    "deep lines": of("journal.jsonl", lambda data: b"[" * 200_000 + b"\n" + data),
    "a name twice": of("state.json", lambda data: b'{"meta":{},' + data[1:]),
    "a fraction": of("state.json", lambda data: data.replace(b'"generation": 1', b'"generation": 1.0', 1)),
    "a list for an object": of("state.json", lambda _: b"[]"),
    "half a line": of("answers.jsonl", lambda data: data[:-1]),
    "an answer twice": of("answers.jsonl", lambda data: data + data.split(b"\n")[0] + b"\n"),
    "a kind of its own": first("answers.jsonl", kind="gossip"),
    "a path for a digest": first("answers.jsonl", sha256="../../case.toml"),
    "a huge number": first("answers.jsonl", n=2**70),
    "a negative number": first("answers.jsonl", n=-1),
    "text for a number": first("answers.jsonl", status="200"),
    "half a character": first("answers.jsonl", detail="\ud800"),
    "headers of lists": first("answers.jsonl", headers={"a": []}),
    "a transfer from no answer": first("ledger.jsonl", answer=999_999),
    "a transfer twice": of("ledger.jsonl", lambda data: data + data.split(b"\n")[0] + b"\n"),
    "an amount of its own": first("ledger.jsonl", amount="1e9"),
    "a negative amount": first("ledger.jsonl", amount="-5"),
    "a position of its own": first("ledger.jsonl", position="here"),
    "a schema of tomorrow": fact(schema="2"),
    "a fact of its own": fact(surprise="x"),
    "sources that are none": fact(**{"sources.1": '{"chains": []}'}),
    "sources that are no JSON": fact(**{"sources.1": "{"}),
    "no result": ran(result_sha256=None),
    "a run of its own": ran(arguments=[1]),
    "a journal with a gap": of("journal.jsonl", lambda data: b"\n".join([*data.split(b"\n")[1:]])),
    "a journal that ends early": of("journal.jsonl", lambda data: b"\n".join(data.split(b"\n")[:-2]) + b"\n"),
    "a journal of another case": of("journal.jsonl", lambda _: b""),
    "another result": of("trace.json", lambda data: data + b"\n"),
    "labels of its own": of("labels.json", lambda _: b'{"said": {"0x": [{"entity": 5}]}}'),
    "a question of its own": of("case.toml", lambda _: b"colour = 'red'\n"),
    "a question without a victim": of("case.toml", lambda _: b"chain = 'ethereum'\n"),
    "a question about a file outside": of("case.toml", lambda data: data.replace(b"labels/demo.csv", b"/etc/passwd")),
    "a question about a file above": of("case.toml", lambda data: data.replace(b"labels/demo.csv", b"../../x.csv")),
    "a secret": of("case.toml", lambda data: b"# private key " + KEY.encode() + b"\n" + data),
}


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_bundle_is_refused_in_one_line(
    what: str, made: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever does not belong into a bundle ends with one line in the user's language, and nothing is made."""
    found = unpacked(made)
    FORGED[what](found)
    spread(tmp_path / "b", sealed(found))
    assert run(["import", "b", "--case", "there", "--lang", "zh"]) in (2, 5)
    said = capsys.readouterr()
    assert said.out == ""
    assert KEY not in said.err
    assert said.err.count("\n") == (3 if what == "a secret" else 1)
    assert [one.name for one in tmp_path.iterdir()] == ["b"]


UNSEALED: dict[str, Callable[[Files], object]] = {
    "a changed file": lambda found: found.update({"trace.json": found["trace.json"].replace(b"0", b"1", 1)}),
    "a shorter file": lambda found: found.update({"trace.json": found["trace.json"][:-1]}),
    "a file more": lambda found: found.update({"more.txt": b""}),
    "a file less": lambda found: found.pop("prices.json"),
    "another manifest": lambda found: found.update({MANIFEST: found[MANIFEST] + b" "}),
    "no manifest": lambda found: found.pop(MANIFEST),
    "no sums": lambda found: found.pop(SUMS),
    "a manifest of nothing": lambda found: found.update({MANIFEST: b"{}"}),
    "a manifest of text": lambda found: found.update({MANIFEST: b'{"schema":"stolen-funds-bundle/1","files":[1]}'}),
    "a format of tomorrow": lambda found: found.update({MANIFEST: b'{"schema":"stolen-funds-bundle/2","files":[]}'}),
}


@pytest.mark.parametrize("what", UNSEALED)
def test_what_the_manifest_does_not_say_is_refused(
    what: str, made: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that was changed, added or removed after the bundle was sealed is found before anything is made."""
    found = unpacked(made)
    UNSEALED[what](found)
    spread(tmp_path / "b", found)
    assert run(["import", "b", "--case", "there"]) in (2, 5)
    assert capsys.readouterr().err.count("\n") == 1
    assert [one.name for one in tmp_path.iterdir()] == ["b"]


def member(name: str, mode: int = stat.S_IFREG | 0o600, packing: int = ZIP_DEFLATED) -> ZipInfo:
    """A member of a zip."""
    info = ZipInfo(name)
    info.external_attr, info.compress_type = mode << 16, packing
    return info


ODD = {
    "leads out": member("../evil"),
    "leads to the root": member("/evil"),
    "is a folder": member("folder/", stat.S_IFDIR | 0o700),
    "is a link": member("link", stat.S_IFLNK | 0o777),
    "is a device": member("device", stat.S_IFCHR | 0o600),
    "is there twice": member("case.toml"),
    "has a drive": member("C:evil"),
    "goes backwards": member("a\\..\\evil"),
    "is packed in another way": member("other", packing=ZIP_BZIP2),
}


@pytest.mark.parametrize("what", ODD)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_no_bundle_has_is_refused(
    what: str, made: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A path that leaves the folder, a link, a device or a name that is there twice is refused by its name."""
    packed = io.BytesIO()
    with ZipFile(packed, "w") as odd:
        for name, data in unpacked(made).items():
            odd.writestr(member(name), data)
        odd.writestr(ODD[what], b"x")
    Path("odd.bundle").write_bytes(closed(packed.getvalue()))
    assert run(["import", "odd.bundle", "--case", "there"]) == 2
    assert ODD[what].filename in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["odd.bundle"]


def test_a_trap_is_not_unpacked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A small file that would unpack to a thousand times its size is refused by what it claims."""
    packed = io.BytesIO()
    with ZipFile(packed, "w") as odd, odd.open(member("manifest.json"), "w") as file:
        for _ in range(80):
            file.write(b" " * (1 << 20))
    Path("odd.bundle").write_bytes(closed(packed.getvalue()))
    assert run(["import", "odd.bundle", "--case", "there"]) == 2
    assert "unpack" in capsys.readouterr().err


@pytest.mark.parametrize("what", ["nothing", "a text", "a plain zip", "cut off", "one byte", "a claim of many names"])
def test_what_is_no_bundle_is_refused(
    what: str, made: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that does not end as a bundle does, or is not what that end says, is refused before it is read."""
    packed = io.BytesIO()
    with ZipFile(packed, "w") as plain:
        plain.writestr("a", b"a")
    names = bytearray(made)
    names[-93 + 12 : -93 + 16] = (300 << 20).to_bytes(4, "little")
    given = {
        "nothing": b"",
        "a text": b"hello " * 100,
        "a plain zip": packed.getvalue(),
        "cut off": made[:-1],
        "one byte": made[:5000] + bytes([made[5000] ^ 1]) + made[5001:],
        "a claim of many names": bytes(names),
    }[what]
    Path("odd.bundle").write_bytes(given)
    assert run(["import", "odd.bundle", "--case", "there"]) in (2, 5)
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "there").exists()


def test_a_link_in_a_folder_is_refused(made: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of an unpacked bundle that is really somebody's own is not followed."""
    folder = spread(tmp_path / "b", unpacked(made))
    (folder / "labels" / "demo.csv").unlink()
    (folder / "labels" / "demo.csv").symlink_to("/etc/passwd")
    assert run(["import", "b", "--case", "there"]) == 2
    assert "labels/demo.csv" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_leaves_nothing(
    made: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the new case has no place, that is one line and exit code 4."""
    Path("a.bundle").write_bytes(made)
    Path("file").write_text("here already")
    assert run(["import", "a.bundle", "--case", "file/there"]) == 4
    assert capsys.readouterr().err.count("\n") == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.bundle", "file"]
