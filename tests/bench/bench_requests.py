"""How many requests a trace takes against how many it needs, how well it uses the pace, and how soon it finds somebody.

    python -m tests.bench.bench_requests

On the noisy cases, against a stand-in that refuses above five requests a second; each case takes about a minute.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from chains.model import Asset
from tests.functional.runs import Run, ledger_rows, run_case
from tests.lab.cases import Case, load_case
from tracer.watcher import Silent

RATE = 5.0
CASES = ("laundernet_lifi", "tron_lifi")
PAGE_SIZES = {"laundernet_lifi": 1000, "tron_lifi": 200}
VICTIM_LISTS = {"laundernet_lifi": 3, "tron_lifi": 2}
"""Lists that hold a victim's history: own and internal transactions and tokens; on TRON the first two are one."""

PRICES = 2
"""One question about the thefts, one about where the value arrived."""


class Looker(Silent):
    """Counts requests, and remembers how many there were when the first labelled place was shown."""

    def __init__(self) -> None:
        self.requests = 0
        self.first = 0

    def requested(self, endpoint: str) -> None:
        """One more."""
        self.requests += 1

    def hit(self, chain: str, address: str, entity: str, reason: str, asset: Asset, amount: int, tx: str) -> None:
        """An exchange was reached."""
        self.first = self.first or self.requests

    def round(self, number: int, addresses: int, located: Mapping[str, int], stolen: int) -> None:
        """Value was located; a service or bridge is an endpoint as an exchange is."""
        if set(located) - {"following", "held"}:
            self.first = self.first or self.requests


class Figures(NamedTuple):
    """What was measured on one case. ``share``: of the pace; ``first``: of the requests, before the first endpoint."""

    requests: int
    needed: int
    refused: int
    share: float
    first: float
    seconds: float


def needed(case: Case, run: Run) -> int:
    """Pages, balances, ordering receipts, code checks and prices that the finished trace rests on.

    Pages are counted on the ledger: every row of a followed account from its first stolen unit on, and the page that
    proves the end. Every account needs one balance and one look at its code. Receipts are the distinct ones asked for.
    """
    size = PAGE_SIZES[case.name]
    first: dict[str, int] = {}
    for flow in run.result.flows:
        first[flow.receiver] = min(flow.time, first.get(flow.receiver, flow.time))
    followed = run.expanded() - set(case.sources)
    rows: Counter[str] = Counter()
    for time, sender, receiver, _ in ledger_rows(case.name):
        for who in {sender, receiver} & followed:
            rows[who] += time >= first[who]
    pages = sum(rows[who] // size + 1 for who in followed) + VICTIM_LISTS[case.name] * len(case.sources)
    receipts = {seen.key for seen in run.app.counter.seen if any(mark in seen.key for mark in ORDERING)}
    return pages + 2 * len(followed) + len(receipts) + PRICES


ORDERING = ("gettransactioninfobyid", "getblockbynum", "eth_getTransactionReceipt")


def measure(name: str) -> Figures:
    """Trace one case at five requests a second."""
    case, looker = load_case(name), Looker()
    with tempfile.TemporaryDirectory() as folder:
        run = run_case(case, Path(folder), app=case.app(rate=RATE), rate=RATE, watcher=looker)
        times = [seen.at for seen in run.app.counter.seen]
        return Figures(
            requests=run.result.stats.requests,
            needed=needed(case, run),
            refused=run.app.counter.refusals,
            share=(len(times) - 1) / (times[-1] - times[0]) / RATE,
            first=looker.first / looker.requests,
            seconds=run.seconds,
        )


def show(name: str, found: Figures) -> None:
    """Print the figures of a case."""
    print(f"{name}: {found.requests} requests, {found.needed} needed, allowed {allowed(found):.0f}")
    print(f"  pace used {found.share:.1%} of {RATE:g}/s, refused {found.refused}, {found.seconds:.0f} s")
    print(f"  first endpoint after {found.first:.1%} of the requests")


def allowed(found: Figures) -> float:
    """How many requests are promised at most."""
    return 1.1 * found.needed + 10


def kept(found: Figures) -> bool:
    """Whether every promise is kept."""
    frugal = found.requests <= allowed(found) and found.refused < 0.01 * found.requests
    return frugal and found.share >= 0.95 and 0 < found.first < 0.25


@pytest.mark.shared
@pytest.mark.parametrize("name", CASES)
def test_requests(name: str) -> None:
    """No more requests than promised, at the pace promised, with an early first endpoint."""
    found = measure(name)
    show(name, found)
    assert kept(found)


def main() -> int:
    """Measure all cases; 1 when a promise is broken."""
    results = {name: measure(name) for name in CASES}
    for name, found in results.items():
        show(name, found)
    return 0 if all(kept(found) for found in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
