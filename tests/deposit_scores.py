"""How often a verdict about a deposit address is right: rows against the truth of a made-up world, and two known rules.

The known rules read the same world with everything visible, so they are given the most they could be given:

- Victor (2020), as Tutela has it: paid, and within 3,200 blocks the same again, up to 0.01 coin less, to an exchange;
- share: at least 60 % of what went out of one asset went to wallets of exchanges.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from chains.model import FEE_SINK, NATIVE, Address, Transfer
from tests.deposit_people import MONEY
from tests.deposit_town import Truth, World
from tests.memory_chain import SECONDS
from tracer.result import DepositRow, Result

T_MAX: Final = 3_200 * SECONDS["evm"]
SHARE: Final = 60
INFERRED: Final = ("T0", "T1", "T2", "T3")
UNNAMED: Final = "T4?"
TIERS: Final = (*INFERRED, "T4", UNNAMED, "T5")
NOBODY: Final = Truth("nobody in particular", "", "")


class Verdict(NamedTuple):
    """What was said of an address; `UNNAMED` is the tier of a suspicion that names no exchange."""

    address: str
    tier: str
    entity: str


def tier_of(row: DepositRow) -> str:
    """The tier as it is counted here."""
    return UNNAMED if row.tier == "T4" and not row.entity else row.tier


def verdicts(result: Result) -> list[Verdict]:
    """The firmest verdict about each address of a result."""
    best: dict[str, Verdict] = {}
    for row in sorted(result.deposits, key=tier_of):
        best.setdefault(row.address, Verdict(row.address, tier_of(row), row.entity))
    return list(best.values())


def reached(result: Result) -> set[str]:
    """Addresses that stolen value came to: those that a verdict could be given on."""
    return {row.address for row in result.addresses} | {row.address for row in result.endpoints}


def is_right(verdict: Verdict, truth: Truth) -> bool:
    """Whether the address is the named exchange's deposit address; without a name any's, and for T5 any service's."""
    if verdict.tier == UNNAMED:
        return bool(truth.entity)
    if verdict.tier == "T5":
        return bool(truth.entity) or truth.kind.startswith("address at")
    return bool(truth.entity) and truth.entity == verdict.entity


def is_sought(truth: Truth) -> bool:
    """Whether recall counts it: a deposit address swept at least once to a wallet that some list names."""
    return bool(truth.entity) and truth.sweeps > 0 and not truth.kind.startswith("to an unnamed")


@dataclass
class Score:
    """Counts over worlds. ``said[kind]`` counts tiers by kind of address, with "-" for no verdict."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    wrong_hard: Counter[str] = field(default_factory=Counter)
    firmer: Counter[str] = field(default_factory=Counter)
    said: dict[tuple[bool, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    sought: int = 0
    found: int = 0
    out_of_reach: int = 0

    def add(self, world: World, candidates: set[str], given: Iterable[Verdict]) -> None:
        """Take up one world: what was said of the addresses that the trace came to."""
        by_address = {verdict.address: verdict for verdict in given}
        for address, verdict in by_address.items():
            self._judge(verdict, world.truth.get(Address(address), NOBODY))
        for who, truth in world.truth.items():
            if str(who) not in candidates:
                self.out_of_reach += bool(truth.entity)
                continue
            named = by_address.get(str(who))
            self.said[bool(truth.entity), truth.kind][named.tier if named else "-"] += 1
            if is_sought(truth):
                self.sought += 1
                self.found += named is not None and named.tier in INFERRED and is_right(named, truth)
        for address, verdict in by_address.items():
            if Address(address) not in world.truth:
                self.said[False, NOBODY.kind][verdict.tier] += 1

    def _judge(self, verdict: Verdict, truth: Truth) -> None:
        if is_right(verdict, truth):
            self.right[verdict.tier] += 1
            if truth.best and verdict.tier in INFERRED and verdict.tier < truth.best:
                self.firmer[verdict.tier] += 1
        elif truth.hard:
            self.wrong_hard[verdict.tier] += 1
        else:
            self.wrong[verdict.tier] += 1

    def precision(self, *tiers: str, hard: bool = True) -> float:
        """Right of all said in these tiers; without ``hard``, leaving out the look-alikes so marked."""
        right = sum(self.right[tier] for tier in tiers)
        wrong = sum(self.wrong[tier] + (self.wrong_hard[tier] if hard else 0) for tier in tiers)
        return right / (right + wrong) if right + wrong else 1.0

    def recall(self) -> float:
        """Found in T0 to T3 of what is sought."""
        return self.found / self.sought if self.sought else 1.0


# --- the known rules


def hubs_of(world: World) -> dict[str, str]:
    """Every labelled wallet of an exchange with its owner, labels of other chains among them."""
    return {row["address"]: row["entity"] for row in world.labels if row["category"] != "exchange_deposit"}


def victor(world: World, candidates: set[str]) -> list[Verdict]:
    """Victor's rule; on TRON for the same time, and with as much left over as there is for one fee."""
    hubs, money = hubs_of(world), MONEY[world.memory.chain.family]
    spare = money.coin // 100 if world.memory.chain.family == "evm" else money.fee
    found: dict[str, Verdict] = {}
    for who, rows in _by_address(world, candidates).items():
        if who in world.memory.codes or who in hubs:
            continue
        came = [row for row in rows if row.receiver == who and row.sender not in world.memory.codes]
        for out in rows:
            if out.sender == who and out.receiver in hubs:
                most = spare if out.asset == NATIVE else 0
                if any(_forwards(row, out, most) for row in came):
                    found.setdefault(who, Verdict(who, "T2", hubs[out.receiver]))
    return list(found.values())


def _forwards(came: Transfer, out: Transfer, most: int) -> bool:
    soon = 0 <= out.time - came.time <= T_MAX
    return came.asset == out.asset and soon and 0 <= came.amount - out.amount <= most


def share(world: World, candidates: set[str]) -> list[Verdict]:
    """The rule of 60 %."""
    hubs = hubs_of(world)
    found = []
    for who, rows in _by_address(world, candidates).items():
        if who in hubs:
            continue
        gone: dict[str, Counter[str]] = defaultdict(Counter)
        for row in rows:
            if row.sender == who:
                gone[row.asset][hubs.get(row.receiver, "")] += row.amount
        named = [_most(parts) for parts in gone.values()]
        entity = next((entity for entity in named if entity), "")
        if entity:
            found.append(Verdict(who, "T2", entity))
    return found


def _most(parts: Mapping[str, int]) -> str:
    to_exchanges = {entity: amount for entity, amount in parts.items() if entity}
    enough = sum(to_exchanges.values()) * 100 >= SHARE * sum(parts.values())
    return max(to_exchanges, key=lambda entity: to_exchanges[entity]) if enough and to_exchanges else ""


def _by_address(world: World, candidates: set[str]) -> dict[str, list[Transfer]]:
    rows: dict[str, list[Transfer]] = defaultdict(list)
    for row in world.memory.rows:
        if row.receiver == FEE_SINK:
            continue
        for end in {row.sender, row.receiver} & candidates:
            rows[end].append(row)
    return rows
