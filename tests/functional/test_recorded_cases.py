"""The main job on recorded thefts, against an exact replay of the whole ledger and against the published truth."""

from __future__ import annotations

import asyncio
import csv
import json
import shutil
import sqlite3
import zlib
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.functional.replay import Replayed, replay
from tests.functional.runs import DOLLAR, MIN_VALUE, Run, ledger_rows, run_case
from tests.lab.cases import Case, load_case
from tests.shared import SHARED
from tracer.case import open_case
from tracer.config import load_config
from tracer.deposits import SUSPECTS
from tracer.errors import Tampered
from tracer.involved import SHOWN
from tracer.session import Verification, verify_case

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not (SHARED / "cases").is_dir(), reason="the reference data is not beside the checkout"),
]

PUBLISHED = {
    "laundernet_lifi": (0.86, 0.95, 79),
    "laundernet_harmony": (0.99, 0.84, 544),
    "tron_lifi": (0.86, 0.95, 79),
}
"""recall, precision and fetched histories of an exact replay, as the reference README has them."""

LONG = "laundernet_harmony"
"""Traced once: to trace it again takes as long as all else here, and shows nothing that the other two do not."""


class Traced(NamedTuple):
    """A served case, its run, and the exact replay of its ledger."""

    case: Case
    run: Run
    exact: Replayed


class Truth(NamedTuple):
    """The truth of a case: addresses to find, edges (payer, payee, USD), and which payees are terminals."""

    addresses: set[str]
    edges: list[tuple[str, str, float]]
    terminals: set[str]


@pytest.fixture(scope="module", params=sorted(PUBLISHED))
def traced(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Traced:
    """Each noisy case, traced once for all claims."""
    case = load_case(request.param)
    run = run_case(case, tmp_path_factory.mktemp(case.name))
    stops = set(case.services)
    exact = replay(ledger_rows(case.name), set(case.sources), case.since, stops, MIN_VALUE * DOLLAR)
    return Traced(case, run, exact)


@pytest.fixture(scope="module")
def cryptopia(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The Cryptopia theft, traced once."""
    return run_case(load_case("cryptopia_2019_recorded"), tmp_path_factory.mktemp("cryptopia"))


@pytest.fixture
def copied(traced: Traced, tmp_path: Path) -> Path:
    """A copy of the finished case that a test may damage."""
    return Path(shutil.copytree(traced.run.folder, tmp_path / "copy"))


def truth_of(case: Case) -> Truth:
    """The published truth in the addresses of the case's chain."""
    tron = case.chain == "tron"
    original = {}
    addresses = set()
    terminals = set()
    with case.truth.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            here = row["tron_address"] if tron else row["address"]
            original[row["address"]] = here
            if row["role"] == "terminal":
                terminals.add(here)
            if row["role"] in ("terminal", "transit") and row["in_recorded_graph"] == "True":
                addresses.add(here)
    records = SHARED / "cases" / case.name.replace("tron_", "laundernet_") / "flow_records.csv"
    with records.open(encoding="utf-8") as file:
        edges = [
            (original.get(row["From"], row["From"]), original.get(row["To"], row["To"]), float(row["Value_in_USD"]))
            for row in csv.DictReader(file)
        ]
    return Truth(addresses - set(case.sources), edges, terminals)


def test_received_equals_the_exact_replay(traced: Traced) -> None:
    """Every receiving address got exactly the stolen units the whole-ledger replay says, and there is no other."""
    assert {row.address: row.received for row in traced.run.result.addresses} == traced.exact.received


def test_held_equals_the_exact_replay(traced: Traced) -> None:
    """What still lies at each followed address is what the whole-ledger replay leaves there."""
    followed = {row.address: row.held for row in traced.run.result.addresses if row.address in traced.exact.expanded}
    assert followed == {who: traced.exact.held[who] for who in traced.exact.expanded}


def test_same_addresses_expanded(traced: Traced) -> None:
    """The histories read are those of the victims and of exactly the addresses the replay expands."""
    assert traced.run.expanded() == traced.exact.expanded | set(traced.case.sources)
    assert traced.run.result.stats.addresses_fetched == len(traced.run.expanded())


def test_totals_close(traced: Traced) -> None:
    """Per theft transfer, the endpoints add up to what was stolen, to the unit."""
    assert_closes(traced.run)


def assert_closes(run: Run) -> None:
    """Principals = totals = stolen, per origin and asset."""
    shown = json.loads(run.text)
    stolen = {(row["origin"], row["asset"]["id"]): int(row["amount"]) for row in shown["stolen"]}
    totals: Counter[tuple[str, str]] = Counter()
    for row in shown["totals"]:
        totals[row["origin"], row["asset"]["id"]] += int(row["principal"])
    principals: Counter[tuple[str, str]] = Counter()
    for endpoint in shown["endpoints"]:
        assert int(endpoint["amount"]) == sum(int(part["amount"]) for part in endpoint["principal"])
        for part in endpoint["principal"]:
            principals[part["origin"], part["asset"]["id"]] += int(part["amount"])
    assert dict(totals) == stolen
    assert dict(principals) == stolen


def test_every_outflow_of_the_victims_is_an_origin(traced: Traced) -> None:
    """Stolen is everything that left the victims since the given moment, each transfer an origin of its own."""
    sources = set(traced.case.sources)
    gone = [
        amount
        for time, sender, receiver, amount in ledger_rows(traced.case.name)
        if sender in sources and sender != receiver and time >= traced.case.since and amount
    ]
    assert sorted(origin.amount for origin in traced.run.result.origins) == sorted(gone)


def test_scores(traced: Traced) -> None:
    """Recall and precision come out as published for an exact replay; both coverages are at least .99.

    As there, an address counts as reported when it received the least value that is followed.
    """
    case, result = traced.case, traced.run.result
    truth = truth_of(case)
    dust = {row.address for row in result.endpoints if row.reason == "dust"}
    reported = {row.address for row in result.addresses} - dust
    recall = len(truth.addresses & reported) / len(truth.addresses)
    judged = reported - set(case.services) - set(case.sources)
    precision = len(truth.addresses & judged) / len(judged)
    expanded = traced.run.expanded()
    into_terminals = [edge for edge in truth.edges if edge[1] in truth.terminals]
    expected_recall, expected_precision, fetched = PUBLISHED[case.name]
    assert recall == pytest.approx(expected_recall, abs=0.01)
    assert precision == pytest.approx(expected_precision, abs=0.01)
    assert coverage(truth.edges, expanded, reported) >= 0.99
    assert coverage(into_terminals, expanded, reported) >= 0.99
    assert result.stats.addresses_fetched <= fetched


def named(case: Case, run: Run) -> tuple[float, float]:
    """Recall and precision of who the report says is involved, the tiers it shows by default."""
    truth = truth_of(case).addresses
    shown = {row.address for row in run.result.involved if row.tier in SHOWN}
    judged = shown - set(case.services) - set(case.sources)
    return len(truth & shown) / len(truth), len(truth & judged) / len(judged)


def test_who_is_involved_beats_the_method(traced: Traced) -> None:
    """The default answer to who is involved is right more often than the method it stands on, and misses fewer."""
    recall, precision = named(traced.case, traced.run)
    of_method = PUBLISHED[traced.case.name]
    assert recall > of_method[0]
    assert precision > of_method[1]
    assert recall >= 0.91
    assert precision >= 0.98


def test_leads_complete_it(tmp_path: Path) -> None:
    """With the leads read as well, at least 95 % are named and at least 95 % of the named are right."""
    case = load_case("laundernet_lifi")
    recall, precision = named(case, run_case(case, tmp_path, method="all", leads=True))
    assert recall >= 0.95
    assert precision >= 0.95


def coverage(edges: list[tuple[str, str, float]], expanded: set[str], reported: set[str]) -> float:
    """Share of the dollars of edges whose payer was expanded and payee reported."""
    covered = sum(usd for payer, payee, usd in edges if payer in expanded and payee in reported)
    return covered / sum(usd for *_, usd in edges)


def test_no_question_twice(traced: Traced) -> None:
    """No request reached the explorer twice, and no answer was kept twice."""
    assert traced.run.app.counter.by_key().most_common(1)[0][1] == 1
    assert len(traced.run.hosts_asked()) == len(set(traced.run.hosts_asked())) == len(traced.run.app.counter)


def test_nothing_before_the_theft(traced: Traced) -> None:
    """Histories are asked for from the theft on; from before it only of a few that may be deposit addresses."""
    case = traced.case
    if case.chain == "tron":
        assert_from(traced.run, "min_timestamp", case.since * 1000)
    else:
        block = case.ledger.block_at(case.since)
        assert block is not None
        assert_from(traced.run, "startblock", block)


def assert_from(run: Run, start: str, least: int) -> None:
    """Whoever's past was asked for holds value still, or is an exchange's deposit address, and they are few."""
    asked = [seen for seen in run.app.counter.seen if seen.subject]
    early = {seen.subject.split()[1] for seen in asked if number_in(seen.key, start) < least}
    resting = {row.address for row in run.result.endpoints if row.reason in ("held", "exchange_deposit")}
    assert asked
    assert early <= resting
    assert len(early) <= SUSPECTS + len(run.result.deposits)


def number_in(key: str, name: str) -> int:
    """The value of a query parameter of a request."""
    found = [part.partition("=")[2] for part in key.partition("?")[2].split("&") if part.startswith(name + "=")]
    assert found, key
    return int(found[0])


def test_no_gap(traced: Traced) -> None:
    """A ledger that is served whole leaves no gap, and the run says it is done."""
    assert traced.run.result.gaps == ()
    assert traced.run.outcome.exit_code == 0


def verification(folder: Path) -> Verification:
    """`trace verify` on a case."""
    with open_case(folder, offline=True) as case:
        return asyncio.run(verify_case(case, load_config({}, folder)))


def test_verify_finds_no_difference(traced: Traced, copied: Path) -> None:
    """Re-hashing, re-reading and re-tracing the case offline gives the stored document."""
    if traced.case.name == LONG:
        pytest.skip("the shorter cases of both families show it")
    checked = verification(copied)
    assert checked.differences == ()
    assert checked.answers > len(traced.run.app.counter)


def test_second_run_is_byte_identical(traced: Traced, copied: Path) -> None:
    """The same question to the same case gives the same bytes and asks nothing."""
    if traced.case.name == LONG:
        pytest.skip("the shorter cases of both families show it")
    target = copied.parent / "again"
    target.mkdir()
    copied.rename(target / "case")
    second = run_case(traced.case, target)
    assert second.text == traced.run.text
    assert len(second.app.counter) == 0


def test_one_changed_byte_is_tampering(copied: Path) -> None:
    """A case of which one byte of one answer was changed is refused by verify, whichever byte that is."""
    with sqlite3.connect(copied / "case.sqlite") as database:
        number, packed = database.execute(
            "SELECT id, body FROM raw WHERE question LIKE '%trc20%' OR question LIKE '%tokentx%'"
        ).fetchone()
        body = bytearray(zlib.decompress(packed))
        body[len(body) // 2] ^= 1
        database.execute("UPDATE raw SET body = ? WHERE id = ?", (zlib.compress(bytes(body)), number))
    with pytest.raises(Tampered):
        verification(copied)


def test_two_fresh_runs_are_byte_identical(traced: Traced, tmp_path: Path) -> None:
    """Two cases made independently of each other from the same chain give the same bytes."""
    if traced.case.name != "laundernet_lifi":
        pytest.skip("one case shows it")
    assert run_case(load_case(traced.case.name), tmp_path / "two").text == traced.run.text


CRYPTOPIA_REACHED = 6
YOBIT = "0xf5bec430576ff1b82e44ddb5a1c93f6f9d0884f3"
OKX = "0xa7efae728d2936e78bda97dc267687568dd593f3"


def cryptopia_truth() -> dict[str, dict[str, str]]:
    """Rows of the Cryptopia truth that are to be scored, by address."""
    with (SHARED / "cases" / "cryptopia_2019_recorded" / "ground_truth.csv").open(encoding="utf-8") as file:
        return {row["address"]: row for row in csv.DictReader(file) if row["role"] in ("endpoint", "exchange_deposit")}


def test_cryptopia_endpoints(cryptopia: Run) -> None:
    """The six endpoints that native transfers reach got stolen value; YoBit's wallet is behind deposit addresses."""
    received = {row.address for row in cryptopia.result.addresses if row.received}
    behind = {row.swept_to for row in cryptopia.result.endpoints if row.swept_to}
    assert len(set(cryptopia_truth()) & (received | behind)) == CRYPTOPIA_REACHED
    assert behind == {YOBIT, OKX}
    assert not behind & received


def test_cryptopia_closes(cryptopia: Run) -> None:
    """Fees, gaps and holders included, every wei stolen from Cryptopia is accounted for."""
    assert_closes(cryptopia)


def test_cryptopia_touches_nothing_before(cryptopia: Run) -> None:
    """No history but that of a deposit address, or of what may be one, is asked for from before the theft's block."""
    assert_from(cryptopia, "startblock", 7_798_053)


def test_cryptopia_unrecorded_histories_are_gaps(cryptopia: Run) -> None:
    """Every history that was not recorded, and only such a one, is a gap, and value that went there says so."""
    with (SHARED / "cases" / "cryptopia_2019_recorded" / "index.csv").open(encoding="utf-8") as file:
        recorded = {row["address"] for row in csv.DictReader(file) if row["status"] == "ok"}
    broken = {gap.where.split()[1] for gap in cryptopia.result.gaps if gap.kind == "history" and "native" in gap.where}
    lost = {row.address for row in cryptopia.result.endpoints if row.reason == "gap"}
    assert broken
    assert not broken & recorded
    assert lost <= broken
    assert cryptopia.outcome.exit_code == 3
