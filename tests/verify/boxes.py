"""Small made-up bundles of several shapes, written from docs/bundle.md with nothing but the standard library."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

CHAIN: Final = "eip155:1"
TOKEN: Final = "0x" + "ee" * 20
VICTIM: Final = "0x" + "11" * 20
PAYEE: Final = "0x" + "22" * 20
SHOP: Final = "0x" + "33" * 20
TRANSFER: Final = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
BESIDE: Final = (".asc", ".ots", ".sig", ".tsr")
Files = dict[str, bytes]


def document(value: Any) -> bytes:
    """A .json file."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def lines(rows: Iterable[Any]) -> bytes:
    """A .jsonl file."""
    return b"".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for row in rows)


def answer(n: int, body: bytes, question: str = "", **more: Any) -> dict[str, Any]:
    """A row of answers.jsonl from a node of chain 1."""
    row = {
        "n": n,
        "generation": 1,
        "source": "rpc.1",
        "host": "https://one.example",
        "question": question or f'rpc.1 POST ? {{"method":"eth_chainId","params":[],"id":{n}}}',
        "asked_at": "2026-01-01T00:00:00Z",
        "status": 200,
        "headers": {},
        "kind": "ok",
        "detail": "",
        "sha256": hashlib.sha256(body).hexdigest(),
        "bytes": len(body),
    }
    return row | more


def journal(*events: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries linked by their hashes."""
    entries: list[dict[str, Any]] = []
    before = "0" * 64
    for n, (event, what) in enumerate(events, 1):
        row = {"n": n, "at": f"2026-01-01T00:00:{n:02d}Z", "event": event, "what": what, "before": before}
        text = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        before = hashlib.sha256(text.encode()).hexdigest()
        entries.append(row | {"hash": before})
    return entries


def params(**more: Any) -> dict[str, Any]:
    """params.json of a case on chain 1 that asks about nobody."""
    question = {"stolen": "all", "method": "fifo", "highest_first": False, "until": None, "own": [], "through": []}
    chain = {"family": "evm", "name": "chain", "coin": "ETH", "decimals": 18, "wrapped": "", "horizon": 100}
    whole = {
        "schema": "stolen-funds-bundle/1",
        "reference": "SFT-TEST",
        "version": "0.1.0",
        "python": "3.11.7",
        "packages": {"one": "1.0", "two": "2.0"},
        "lock": hashlib.sha256(b"one==1.0\ntwo==2.0\n").hexdigest(),
        "generation": 1,
        "question": question,
        "thresholds": {},
        "victims": [],
        "own": [],
        "through": [],
        "chains": {CHAIN: chain},
        "seeds": [],
        "least": [],
    }
    return whole | more


def trace(**more: Any) -> dict[str, Any]:
    """trace.json of a result that found nothing."""
    lists = "followed as_of origins stolen endpoints flows conversions addresses methods totals unverified prices gaps"
    lists += " notes deposits freezes through involved bounds corroborations inclusions"
    whole: dict[str, Any] = {"schema": "stolen-funds-trace/1", "version": "0.1.0", "method": "fifo"}
    whole |= {name: [] for name in lists.split()}
    whole |= {"followed": ["fifo"], "highest_first": False, "stats": {}}
    return whole | more


def files(bodies: Iterable[bytes] = (b"{}",), **rows: Any) -> Files:
    """The content of a bundle; keyword arguments replace rows of a part, or fields of ``params`` and ``trace``."""
    bodies = tuple(bodies)
    told = document(trace(**rows.pop("trace", {})))
    over = "".join(f"{n} {hashlib.sha256(body).hexdigest()}\n" for n, body in enumerate(bodies, 1))
    counted = {"count": len(bodies), "sha256": hashlib.sha256(over.encode()).hexdigest()}
    ended = {"run": 1, "exit_code": 0, "sha256": "sha256:" + hashlib.sha256(told).hexdigest(), "answers": counted}
    parts = {
        "answers": [answer(n, body) for n, body in enumerate(bodies, 1)],
        "journal": journal(("case", {"question": {}, "runs": 0}), ("run", {"version": "0.1.0"}), ("result", ended)),
        **{name: [] for name in ("ledger", "accounts", "sum", "pots", "corroborations", "proofs")},
    }
    found = {
        "README.txt": b"How to check this bundle.\n",
        "case.toml": b'method = "fifo"\n',
        "labels.json": document({"lists": {}, "said": {}}),
        "labels/\u6807\u7b7e.csv": b"address,entity\n",
        "params.json": document(params(**rows.pop("params", {}))),
        "prices.json": document([]),
        "state.json": document({"runs": [{}]}),
        "trace.json": told,
        **{f"raw/{hashlib.sha256(body).hexdigest()}": body for body in bodies},
        **{f"{name}.jsonl": lines(rows.get(name, part)) for name, part in parts.items()},
    }
    return dict(sorted(found.items()))


def sealed(content: Mapping[str, bytes], beside: Mapping[str, bytes] | None = None, *, sm3: bool = False) -> Files:
    """All members in their order: the content, its manifest, what stands beside it, and their digests."""
    named = []
    for path, data in sorted(content.items()):
        row = {"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        named.append(row | ({"sm3": hashlib.new("sm3", data).hexdigest()} if sm3 else {}))
    manifest = document({"schema": "stolen-funds-bundle/1", "files": named})
    ending = {"manifest.json": manifest, **dict(sorted((beside or {}).items()))}
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(ending.items()))
    return {**dict(sorted(content.items())), **ending, "manifest.sha256": sums.encode()}


def sealed_zip(data: bytes) -> bytes:
    """The same zip with the comment that its bytes deserve."""
    head = data[:-93]
    return head + data[-93:-64] + hashlib.sha256(head).hexdigest().encode()


def packed(members: Iterable[tuple[str, bytes]], *, stored: bool = False) -> bytes:
    """A bundle's zip of these members in this order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, data in members:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            info.create_system, info.external_attr = 3, 0o100600 << 16
            target.writestr(info, data)
        target.comment = b"sha256:" + b"0" * 64
    return sealed_zip(out.getvalue())


def unpacked(members: Mapping[str, bytes], folder: Path) -> Path:
    """The same as a folder."""
    for name, data in members.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return folder


def shapes() -> dict[str, bytes]:
    """Bundles that are sound, by what is special about them."""
    members = sealed(files())
    return {
        "deflated": packed(members.items()),
        "stored": packed(members.items(), stored=True),
        "with SM3": packed(sealed(files(), sm3=True).items()),
        "many answers": packed(sealed(files([b"{}", b"[]", b"", b"x" * 3000])).items()),
    }
