"""Dossiers for the tests of papers: the two demonstrations, the hostile sample, and one as large as asked for.

The demonstrations are real traces of recorded answers; the sample has every shape and hostile names; the large one is
made up, conserves every unit, and is only there to be long.
"""

from __future__ import annotations

import asyncio
import atexit
import random
import shutil
import tempfile
from datetime import date
from functools import cache
from pathlib import Path

from chains.model import Asset
from reports.draft import Draft
from tests.reports.sample import START, USDT, method_row, sample
from tracer.audit_lines import Audit, Gross, Line, Stolen
from tracer.case import open_case
from tracer.config import load_config
from tracer.demo import make_demo_case
from tracer.dossier import Answer, Dossier, Run
from tracer.lots import METHODS
from tracer.patterns import Findings
from tracer.patterns.lead import Lead, Members, Param
from tracer.question import Question, VictimAsk
from tracer.result import AddressRow, EndpointRow, FlowRow, OriginRow, Principal, Result, Stats
from tracer.session import dossier_of_case, trace_case
from tracer.stoppable import stoppable
from tracer.words import sentence

RUN = Run(
    "0.1.0", "3.11.7", "2026-11-22T08:00:00Z", "2026-11-22T08:00:07Z", "sha256:" + "ab" * 32,
    {"labels/mine.csv": "sha256:" + "cd" * 32}, {"ofac": "sha256:" + "ef" * 32},
)  # fmt: skip
HOUR = 3_600


@cache
def dossier() -> Dossier:
    """The demonstration on an EVM chain."""
    return _demo("evm")


@cache
def tron_dossier() -> Dossier:
    """The demonstration in TRON's shape."""
    return _demo("tron")


@cache
def demo_case(name: str) -> Path:
    """A demonstration as a finished case, made once per process: whoever would change it takes a copy."""
    made = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    folder = Path(made) / f"demo-{name}"
    question = make_demo_case(name, folder)
    with open_case(folder, offline=True) as case:
        asyncio.run(trace_case(case, question, load_config({}, folder)))
    return folder


def _demo(name: str) -> Dossier:
    folder = demo_case(name)
    with open_case(folder, offline=True) as case:
        return _fixed(asyncio.run(dossier_of_case(case, load_config({}, folder))))


def _fixed(found: Dossier) -> Dossier:
    """The same, as if the run had always been at the same moment."""
    run = RUN._replace(result_sha256=found.run.result_sha256, inputs=found.run.inputs, lists=found.run.lists)
    return Dossier(**{name: getattr(found, name) for name in Dossier.__slots__ if name != "run"}, run=run)


@cache
def sample_dossier() -> Dossier:
    """The hostile sample: every reason, odd names, gaps. Its ways are those its endpoints name."""
    return _made_up(sample())


@cache
def big_dossier(flows: int) -> Dossier:
    """A theft that was split and moved on in ``flows`` payments over about half as many addresses."""
    return _made_up(_big(flows))


def draft(found: Dossier, lang: str = "en", zone: str = "") -> Draft:
    """A draft of it on a fixed day."""
    return Draft.of(found, lang, zone=zone, today=date(2026, 11, 22))


def _made_up(result: Result) -> Dossier:
    flows = tuple(sorted(result.flows, key=lambda one: (one.time, one.chain)))
    result = result._replace(flows=flows)
    places: dict[str, list[int]] = {}
    for place, flow in enumerate(flows):
        places.setdefault(flow.tx, []).append(place)
    ways = {
        (row.chain, row.address, str(row.asset.id)): tuple(
            (place, row.amount) for tx in row.path for place in places.get(tx, ())
        )
        for row in result.endpoints
        if row.reason != "fee"
    }
    asked = tuple(dict.fromkeys(VictimAsk(one.victim, one.since) for one in result.origins))
    lines = tuple(_line(number, row) for number, row in enumerate(result.addresses))
    answers = (
        Answer(
            n, f"rpc.1 POST ? {n}", "rpc", "https://rpc.example", "2026-11-22T08:00:01Z", 200, "ok", f"sha256:{n:064x}"
        )
        for n in range(1, len(flows) + 1)
    )
    return Dossier(
        "SFT-5A4D971E", Question(asked), RUN, result, ways, {}, Audit(tuple(METHODS), len(flows), lines, (), (), ()),
        _findings(result), tuple(stoppable(result)), {}, {(one.asset.chain, one.asset.id): one.asset for one in flows},
        tuple(answers),
    )  # fmt: skip


def _line(number: int, row: AddressRow) -> Line:
    gross = Gross(0, row.received, 0, row.sent, 0, row.held)
    stolen = tuple(Stolen(method, row.received, 0, row.sent, 0, row.held) for method in METHODS)
    return Line((row.chain, row.address, str(row.asset.id)), number, row.asset, gross, stolen, 0, 0, "held", ())


def _findings(result: Result) -> Findings:
    """One lead, of the first payment."""
    flow = result.flows[0]
    members = Members(((flow.chain, flow.receiver),), ((flow.chain, flow.tx),), ((flow.asset.chain, flow.asset.id),))
    said = sentence("rule.stop_watch")
    return Findings((Lead("peel_chain", members, (Param("hops", 3, ">=", 3),), 50, (), (), said),), (), 1, 2)


def _big(count: int) -> Result:
    chance = random.Random(count)
    whole = 10_000_000 * 10**6
    victim, first = f"0x{0xA1:040x}", f"0x{1:040x}"
    flows = [_payment(0, victim, first, whole)]
    came: dict[str, tuple[int, int]] = {first: (whole, 1)}
    paths: dict[str, tuple[str, ...]] = {first: (flows[0].tx,)}
    left: dict[str, int] = {first: whole}
    while len(flows) < count:
        payer = chance.choice([one for one in list(left)[-200:] if left[one] > 1000] or list(left))
        part = max(1, left[payer] * chance.randrange(20, 90) // 100)
        known = chance.random() < 0.5 and len(left) > 3
        payee = chance.choice(list(left)[-100:]) if known else f"0x{len(left) + 1:040x}"
        if payee == payer:
            continue
        flow = _payment(len(flows), payer, payee, part)
        flows.append(flow)
        left[payer] -= part
        left[payee] = left.get(payee, 0) + part
        received, hop = came.get(payee, (0, came[payer][1] + 1))
        came[payee] = received + part, min(hop, came[payer][1] + 1)
        paths.setdefault(payee, (*paths[payer], flow.tx))
    return _result(victim, whole, flows, left, came, paths)


def _result(
    victim: str,
    whole: int,
    flows: list[FlowRow],
    left: dict[str, int],
    came: dict[str, tuple[int, int]],
    paths: dict[str, tuple[str, ...]],
) -> Result:
    origin = OriginRow("o1", USDT.chain, victim, flows[0].tx, flows[0].tx, flows[0].receiver, START, USDT, whole)
    ends = tuple(_end(number, one, units, paths[one]) for number, (one, units) in enumerate(left.items()) if units)
    rows = tuple(
        AddressRow(USDT.chain, one, USDT, hop, received, received - left[one], left[one], ())
        for one, (received, hop) in came.items()
    )
    methods = tuple(
        method_row(row.address, USDT, row.reason, tuple((name, row.amount) for name in METHODS)) for row in ends
    )
    plain = sample()
    return Result(
        "0.1.0", "fifo", ("fifo",), False, plain.as_of[:1], (origin,), ends, tuple(flows), rows, methods, (),
        plain.prices[:1], (), (), Stats(len(flows), len(rows)),
    )  # fmt: skip


def _payment(number: int, payer: str, payee: str, units: int) -> FlowRow:
    return FlowRow(
        USDT.chain, f"0x{number + 1:064x}", f"{24_000_000 + number}:{number % 90}:3:{number % 40}", START + 60 * number,
        payer, payee, USDT, units, units,
    )  # fmt: skip


def _end(number: int, address: str, units: int, path: tuple[str, ...]) -> EndpointRow:
    reason, entity, category = [
        ("held", "", ""), ("exchange_deposit", "Binance", "exchange_deposit"), ("bridge", "Stargate", "bridge"),
        ("held", "", ""), ("exchange", "OKX", "exchange_hot"), ("mixer", "Tornado Cash", "mixer"),
    ][number % 6]  # fmt: skip
    asset: Asset = USDT
    return EndpointRow(
        asset.chain, address, asset, units, (Principal("o1", asset, units),), category, entity,
        "published list, 2026-08-22" if entity else "", 90 if entity else 100, reason, "", path, None,
        START + HOUR * len(path), None,
    )  # fmt: skip
