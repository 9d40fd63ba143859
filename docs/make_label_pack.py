"""Make tracer/data/labels.csv and tokens.csv from collected address facts.

    python docs/make_label_pack.py FACTS_FOLDER [OUTPUT_FOLDER]

The facts folder holds `facts.csv` and `tokens.csv`. Output has one spelling: the same facts give the same bytes. Why
each confidence is what it is stands in docs/decisions.md.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from eth_utils import keccak

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from chains import evm_address, tron_address  # noqa: E402
from tracer.label_files import PACK_COLUMNS, publishers  # noqa: E402
from tracer.labels import CATEGORIES, Token, role_of  # noqa: E402

# Dollar stablecoins that are backed by dollars or over-collateralised with a par redemption, and their copies locked in
# a chain's own bridge. Synthetic dollars (USDe, USDD, FRAX, LUSD, USDJ) and receipts (stUSDT) leave 1.00 by design.
AT_PEG = {
    "USDT",
    "USDC",
    "USDC.e",
    "USDbC",
    "BUSD",
    "PYUSD",
    "USDP",
    "USDG",
    "TUSD",
    "FDUSD",
    "USD1",
    "GUSD",
    "DAI",
    "USDS",
}
NOT_AT_PEG = {("tron:mainnet", "TMz2SWatiAtZVVcH2ebpsbVtYwUPT9EdjH")}  # BUSD behind a third party's bridge

TOKEN_COLUMNS = Token._fields


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text, strict=True))


def write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    lines = sorted(set(map(tuple, rows)))
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(lines)
    return len(lines)


def canonical(chain: str, address: str) -> str | None:
    """The address in this project's spelling; None for chains that are not traced and for invalid addresses."""
    parse = {"eip155": evm_address.parse, "tron": tron_address.parse}.get(chain.split(":")[0])
    if parse is None:
        return None
    try:
        return parse(address)
    except ValueError:
        return None


def credit(sources: str) -> tuple[int, str]:
    """Confidence and kind of source of what these lists say together."""
    names = [name.strip() for name in sources.split(";")]
    told = [publishers()[name] for name in names]
    families = {one.family for one in told}
    for family, much in (("ofac", 100), ("self-published", 90), ("self-published, second hand", 80)):
        if family in families:
            return much, next(one.kind for one in told if one.family == family)
    if len(families) > 1:
        return 70, "agreed"
    return (60 if len(names) > 1 else 50), told[0].kind


def category(fact: dict[str, str]) -> str:
    """The facts file calls three different things sanctioned; a report must not."""
    name, entity = fact["category"], fact["entity"]
    if name == "sanctioned" and entity == "Stablecoin issuer blacklist":
        name = "frozen"
    elif name == "sanctioned" and entity.startswith("OFAC SDN (historical"):
        name = "sanctioned_before"
    if name not in CATEGORIES:
        raise SystemExit(f"unknown category {name!r} in {fact}")
    return name


def dated(fact: dict[str, str]) -> tuple[str, str]:
    """Source and date; what else stands in the date ("commit …") goes to the source."""
    found = re.fullmatch(r"(\d{4}(?:-\d\d(?:-\d\d)?)?)\??(?: \((.+)\))?", fact["as_of"])
    if not found:
        raise SystemExit(f"unknown date in {fact}")
    return fact["sources"] + (f"; {found[2]}" if found[2] else ""), found[1]


def label_rows(facts: Iterable[dict[str, str]]) -> Iterable[tuple[str, ...]]:
    for fact in facts:
        address = canonical(fact["chain"], fact["address"])
        if address is None:
            continue
        entity = " ".join(fact["entity"].split())
        source, as_of = dated(fact)
        much, kind = credit(fact["sources"])
        what = category(fact)
        # Of what exchanges published, only their own wallets are among the facts; hot or cold is not always said.
        role = role_of(what) or ("reserve" if kind == "self_published" else "")
        yield fact["chain"], address, entity, what, str(much), source, as_of, role, kind


def token_rows(facts: Iterable[dict[str, str]]) -> Iterable[tuple[str, ...]]:
    for fact in facts:
        contract = canonical(fact["chain"], fact["address"])
        if contract is None:
            continue
        check_hashes(fact)
        key = (fact["chain"], contract)
        yield (
            *key,
            fact["symbol"],
            fact["name"],
            "" if fact["issuer"] == "-" else fact["issuer"],
            fact["decimals"],
            "USD" if fact["symbol"] in AT_PEG and key not in NOT_AT_PEG else "",
            fact["issuer_can_freeze"],
            fact["freeze_function"],
            fact["freeze_selector"],
            fact["check_function"],
            fact["check_selector"],
            fact["freeze_event"],
            fact["freeze_topic0"],
            fact["seize_function"],
            fact["address_seen_in"],
            fact["notes"],
        )


def check_hashes(fact: dict[str, str]) -> None:
    """A selector that is not the hash of its function would make a status call ask something else."""
    for name, digest in (
        ("freeze_function", "freeze_selector"),
        ("check_function", "check_selector"),
        ("freeze_event", "freeze_topic0"),
    ):
        if fact[digest] and not ("0x" + keccak(text=fact[name]).hex()).startswith(fact[digest]):
            raise SystemExit(f"{digest} of {fact['symbol']} on {fact['chain']} is not the hash of {fact[name]}")


def main(facts: Path, output: Path) -> None:
    labels = write(output / "labels.csv", PACK_COLUMNS, label_rows(read(facts / "facts.csv")))
    tokens = write(output / "tokens.csv", TOKEN_COLUMNS, token_rows(read(facts / "tokens.csv")))
    print(f"{labels} labels, {tokens} tokens")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "tracer" / "data")
