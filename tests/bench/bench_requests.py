"""How many requests a trace takes against how many it needs, how well it uses the pace, and how soon it finds somebody.

    python -m tests.bench.bench_requests

On the noisy cases, against the stand-in at 5 requests per second; the EVM case takes a minute, so does the TRON case.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from chains.model import Asset
from tests.functional.runs import Run, run_case
from tests.lab.cases import load_case, write_labels
from tests.lab.desk import Seen
from tracer.watcher import Silent

RATE = 5.0
CASES = ("laundernet_lifi", "tron_lifi")
PAGE_SIZES = {"laundernet_lifi": 1000, "tron_lifi": 200}


class Looker(Silent):
    """Counts requests, and remembers how many there were when the first endpoint was shown."""

    def __init__(self) -> None:
        self.requests = 0
        self.first_hit: int | None = None

    def requested(self, endpoint: str) -> None:
        """One more."""
        self.requests += 1

    def hit(self, chain: str, address: str, entity: str, reason: str, asset: Asset, amount: int, tx: str) -> None:
        """An exchange was reached."""
        self.first_hit = self.first_hit or self.requests

    def round(self, number: int, addresses: int, located: Mapping[str, int], stolen: int) -> None:
        """A round with somebody located counts as well: bridges and services are endpoints too."""
        if self.first_hit is None and set(located) - {"following"}:
            self.first_hit = self.requests


class Figures(NamedTuple):
    """What was measured on one case."""

    requests: int
    needed: int
    refused: int
    used: float
    first_hit: int
    seconds: float


def needed(run: Run, page_size: int) -> int:
    """Pages, balances, ordering receipts, code checks and prices that the finished trace rests on, each once.

    Pages: one per history that has fewer rows than a page, and one more per full page; the victim's native history is
    three lists on EVM and two on TRON.
    """
    kinds = Counter(kind_of(seen) for seen in run.app.counter.seen if seen.outcome == "ok")
    accounts = len(run.expanded())
    rows = Counter(row.address for row in run.result.addresses)
    del rows
    history_pages = kinds["page"]
    fewest_pages = accounts + (2 if page_size == 1000 else 1)
    assert history_pages >= fewest_pages
    return min(history_pages, fewest_pages + kinds["next page"]) + kinds["balance"] + kinds["receipt"] + kinds["code"] + kinds["price"]


def kind_of(seen: Seen) -> str:
    """What a request was for."""
    for kind, marks in KINDS.items():
        if any(mark in seen.key for mark in marks):
            return kind
    return "other"


KINDS = {
    "balance": ("tokenbalance", "action=balance", "/v1/accounts/T"),
    "receipt": ("gettransactioninfobyid", "eth_getTransactionReceipt", "getblockbynum"),
    "code": ("eth_getCode", "getcontract"),
    "page": ("tokentx", "txlist", "/transactions"),
}
