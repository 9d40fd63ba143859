"""What a reader of real transactions found, and how the tracer's reading compares.

There are three lists of one form. `checked_transactions.toml` was at hand while the reading was written, and by
`checked_holdout.toml` it was corrected. `checked_holdout_2.toml` was drawn at random after that and read by hand before
the tracer saw any of it, so that only its figures say how transactions are read that nobody tuned for. A conversion is
right only when owner, assets, amounts and recipients are all as listed; the kind is judged apart.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from chains.model import FEE_SINK
from tests.functional.corpus import Opened, evm_chain, transactions
from tracer.convert import Conversion, Reading, owners_of, read
from tracer.links import Link
from tracer.venues import load_venues


class Draw(NamedTuple):
    """One drawing: its seed, and by chain how many transactions with several ``assets`` and with one ``passed`` on."""

    seed: str
    assets: Mapping[str, int]
    passed: Mapping[str, int]


LIST: Final = Path(__file__).with_name("checked_transactions.toml")
HELD_OUT: Final = Path(__file__).with_name("checked_holdout.toml")
HELD_OUT_2: Final = Path(__file__).with_name("checked_holdout_2.toml")
FIRST: Final = Draw(
    "holdout 2026-11-22",
    {
        "eip155:1": 24,
        "eip155:10": 8,
        "eip155:42161": 8,
        "eip155:8453": 7,
        "eip155:100": 5,
        "eip155:137": 4,
        "eip155:534352": 2,
        "eip155:999": 1,
        "eip155:56": 1,
    },
    {
        "eip155:1": 10,
        "eip155:42161": 2,
        "eip155:10": 2,
        "eip155:137": 2,
        "eip155:8453": 2,
        "eip155:534352": 1,
        "eip155:100": 1,
    },
)
SECOND: Final = Draw(
    "second holdout 2026-11-22",
    {
        "eip155:1": 24,
        "eip155:10": 8,
        "eip155:42161": 8,
        "eip155:8453": 7,
        "eip155:100": 5,
        "eip155:137": 5,
        "eip155:534352": 2,
        "eip155:999": 1,
    },
    {
        "eip155:1": 4,
        "eip155:42161": 1,
        "eip155:10": 1,
        "eip155:137": 1,
        "eip155:8453": 1,
        "eip155:534352": 1,
        "eip155:100": 1,
    },
)
DIGEST: Final = "ea6bea5cb70ae26cb8bafe9f2fe63a6d2a6428c49d8daa0c6b2b6b5af4afdc69"
"""Of the second hold-out's verdicts (`digest`), noted before the tracer read any of its transactions."""
_NAMES: Final = ("outs", "passed", "cuts", "beside")
_TRON_WRAPPED: Final = "TNUC9Qb1rRpS5CbWLmNMxXBjyFoydXjWFR"

Paid = Mapping[str, int]
"""Units by asset."""
Got = Mapping[tuple[str, str], int]
"""Units by asset and recipient."""


class Expected(NamedTuple):
    """One conversion as listed. ``passed``, ``cuts`` and ``beside`` are explained at the heads of the lists."""

    owner: str
    kinds: frozenset[str]
    ins: Paid
    outs: Got
    passed: Got
    cuts: Got
    beside: Got


class Checked(NamedTuple):
    """One transaction of the list; ``missing`` and ``doubt`` are empty where there is neither."""

    chain: str
    tx: str
    link: str
    kind: str
    why: str
    conversions: tuple[Expected, ...]
    missing: str
    doubt: str
    position: str

    @property
    def plain(self) -> bool:
        """True when everything is recorded and settled, so that the reading must agree."""
        return not (self.missing or self.doubt)


class Verdict(NamedTuple):
    """How a reading compares: numbers of conversions, and what is wrong in words."""

    right: int
    wrong: int
    missed: int
    kinds_right: int
    faults: tuple[str, ...]


@cache
def checked() -> tuple[Checked, ...]:
    """The list that the reading was written with, in its own order."""
    return _listed(LIST)


@cache
def held_out() -> tuple[Checked, ...]:
    """The first hold-out, in its own order."""
    return _listed(HELD_OUT)


@cache
def held_out_again() -> tuple[Checked, ...]:
    """The second hold-out, in its own order."""
    return _listed(HELD_OUT_2)


def digest() -> str:
    """The sha256 of the second hold-out's verdicts: of its file without the head."""
    _, mark, rows = HELD_OUT_2.read_text(encoding="utf-8").partition("[[transaction]]")
    return sha256((mark + rows).encode()).hexdigest()


def drawn(draw: Draw, listed: Iterable[Checked]) -> tuple[Opened, ...]:
    """What a drawing gives: of whole, successful transactions that were not listed before, by its seed and hash."""
    known = {(one.chain, one.tx) for one in listed}
    pool = [one for one in transactions() if one.receipt.ok and not one.lacks]
    pool = [one for one in pool if (one.receipt.chain, one.receipt.tx) not in known]
    several = [one for one in pool if len(_fungible(one)) > 1]
    passing = [one for one in pool if len(_fungible(one)) == 1 and _passes(one)]
    return (*_first(several, draw.seed, draw.assets), *_first(passing, draw.seed, draw.passed))


def _first(pool: Iterable[Opened], seed: str, wanted: Mapping[str, int]) -> Iterable[Opened]:
    ordered = sorted(pool, key=lambda one: sha256(f"{seed}|{one.receipt.chain}|{one.receipt.tx}".encode()).digest())
    for chain, count in wanted.items():
        yield from [one for one in ordered if one.receipt.chain == chain][:count]


def _fungible(one: Opened) -> set[str]:
    """The assets that moved, numbered positions apart: these became assets only after the draw."""
    return {asset for asset in one.assets if "#" not in asset}


def _passes(one: Opened) -> bool:
    """Did anybody receive something and send all of it on?"""
    came: Counter[str] = Counter()
    went: Counter[str] = Counter()
    for leg in one.receipt.transfers:
        if leg.receiver != FEE_SINK and "#" not in leg.asset:
            came[leg.receiver] += leg.amount
            went[leg.sender] += leg.amount
    return any(units == went[who] for who, units in came.items())


def _listed(path: Path) -> tuple[Checked, ...]:
    return tuple(_checked(row) for row in tomllib.loads(path.read_text(encoding="utf-8"))["transaction"])


def _checked(row: Mapping[str, Any]) -> Checked:
    return Checked(
        row["chain"],
        row["tx"],
        row["link"],
        row["kind"],
        row["why"],
        tuple(_expected(row, one) for one in row.get("conversion", ())),
        row.get("missing", ""),
        row.get("doubt", ""),
        row.get("position", ""),
    )


def _expected(row: Mapping[str, Any], one: Mapping[str, Any]) -> Expected:
    return Expected(
        one["owner"],
        frozenset({one.get("kind", row["kind"]), *row.get("also", ())}),
        {asset: int(amount) for asset, amount in one["ins"]},
        *({(asset, to): int(amount) for asset, amount, to in one.get(name, ())} for name in _NAMES),
    )


def reading(opened: Opened, followed: Iterable[str] = ()) -> Reading:
    """The tracer's reading of one opened transaction, as in a trace in which ``followed`` are followed."""
    receipt = opened.receipt
    family, _, number = receipt.chain.partition(":")
    wrapped = str(evm_chain(int(number)).wrapped or "") if family == "eip155" else _TRON_WRAPPED
    owners = owners_of(receipt.transfers, receipt.sender, receipt.marks, frozenset(followed))
    return read(
        receipt.transfers,
        owners,
        wrapped=wrapped,
        internals=not opened.lacks,
        marks=receipt.marks,
        partners=load_venues().partners(receipt.chain),
    )


def judge(expected: Iterable[Expected], found: Iterable[Conversion]) -> Verdict:
    """Compare the conversions of one transaction: each listed one is sought among those found."""
    left, missing, right, kinds = list(found), [], 0, 0
    for one in expected:
        match = next((other for other in left if not faults_of(one, other)), None)
        if match is None:
            missing.append(one)
        else:
            left.remove(match)
            right += 1
            kinds += match.kind in one.kinds
    faults = [fault for one in missing for fault in _nearest(one, left)]
    faults += [f"not listed: {told(other)}" for other in left if other.owner not in {one.owner for one in missing}]
    return Verdict(right, len(left), len(missing), kinds, tuple(faults))


def _nearest(one: Expected, found: Iterable[Conversion]) -> list[str]:
    same = [other for other in found if other.owner == one.owner]
    if not same:
        return [f"nothing found for {one.owner}"]
    return [f"{one.owner}: {fault}" for other in same for fault in faults_of(one, other)]


def faults_of(one: Expected, other: Conversion) -> list[str]:
    """What of owner, payments and outputs is not as listed."""
    faults = [] if one.owner == other.owner else [f"owner {other.owner}"]
    paid, got = paid_in(other.ins), received_in(other.outs)
    if paid not in (one.ins, _with_passed(one)):
        faults.append(f"paid {paid}, listed {dict(one.ins)}")
    short = {key: got.get(key, 0) for key, amount in one.outs.items() if got.get(key, 0) != amount}
    beyond = {key: amount for key, amount in got.items() if key not in one.outs and amount > one.cuts.get(key, 0)}
    faults += [f"received {got}, listed {dict(one.outs)}"] if short or beyond else []
    return faults


def _with_passed(one: Expected) -> Paid:
    """What was paid in all, had the fees in the same asset been part of the price."""
    sums = Counter(one.ins)
    for (asset, _), amount in one.passed.items():
        sums[asset] += amount
    return dict(sums)


def paid_in(links: Iterable[Link]) -> Paid:
    """Units paid, by asset."""
    sums: Counter[str] = Counter()
    for one in links:
        sums[one.paid] += one.amount
    return dict(sums)


def received_in(links: Iterable[Link]) -> Got:
    """Units received, by asset and recipient."""
    sums: Counter[tuple[str, str]] = Counter()
    for one in links:
        sums[one.got, one.receiver] += one.amount
    return dict(sums)


def told(one: Conversion) -> str:
    """A conversion in one line."""
    return f"{one.kind} by {one.owner}: {paid_in(one.ins)} -> {received_in(one.outs)}"
