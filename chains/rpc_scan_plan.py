"""Which way a stretch of blocks is read out of a plain node: the one that costs the fewest requests.

Pure: how many requests a way needs follows from how many blocks and addresses there are and from what the node was
found to serve; by how much that was wrong is measured each time it is used, and forgotten now and then, because nodes
change and a way that was once dear would never be tried again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from chains.rpc_windows import Span

TOPICS: Final = "topics"
"""Logs of the whole stretch by lists of addresses; coins block by block."""
BLOCKS: Final = "blocks"
"""Every block with its receipts: costs the same however many are watched."""
ACCOUNTS: Final = "accounts"
"""Logs as in `TOPICS`; coins only in those blocks in which a balance or nonce changed."""
PLANS: Final = (TOPICS, BLOCKS, ACCOUNTS)

BLOCK_RECEIPTS: Final = "eth_getBlockReceipts"
TRACES: Final = ("trace_block", "debug_traceBlockByNumber")

MOST_TOPICS: Final = 1_000
"""Addresses per request, which is what geth allows."""
MOST_CHECKED: Final = 50
"""Addresses whose balances are compared with what was seen, where a node does not show calls inside transactions."""

_FORGET: Final = 200
"""Scans after which everything that was measured is measured anew."""
_EXACT: Final = 1_000
"""A correction by nothing, in thousandths."""


@dataclass(slots=True)
class Limits:
    """What one node was found to allow: addresses per request, blocks per request, methods it does not have."""

    topics: int = MOST_TOPICS
    span: Span = field(default_factory=Span)
    without: set[str] = field(default_factory=set)

    @property
    def traces(self) -> bool:
        """Whether it may show the calls inside transactions, a block at a time."""
        return not self.without.issuperset(TRACES)


class Work(NamedTuple):
    """How much there is to read. ``senders`` and ``receivers`` are looked for in logs; all are numbers."""

    blocks: int
    senders: int
    receivers: int
    coins: int
    guarded: int


def candidates(work: Work, limits: Limits) -> list[str]:
    """The plans that make sense: without coins there is nothing to compare, without logs no receipts to read."""
    found = [TOPICS]
    if work.senders and BLOCK_RECEIPTS not in limits.without:
        found.append(BLOCKS)
    if work.coins:
        found.append(ACCOUNTS)
    return found


def expected(plan: str, work: Work, limits: Limits) -> int:
    """Requests a plan should need."""
    traced = bool(work.coins) and limits.traces
    checked = 2 * work.coins if work.coins and not limits.traces and work.coins <= MOST_CHECKED else 0
    if plan == BLOCKS:
        return work.blocks * (2 + traced) + checked
    windows = -(-work.blocks // limits.span.blocks)
    logs = windows * (-(-work.senders // limits.topics) - (-work.receivers // limits.topics))
    if plan == ACCOUNTS:
        return logs + 4 * work.coins + work.guarded
    return logs + (work.blocks * (1 + traced) + checked if work.coins else work.guarded)


@dataclass(slots=True)
class Costs:
    """What plans really cost on one node. ``excess`` is measured by expected requests in thousandths."""

    excess: dict[str, int] = field(default_factory=dict)
    pace: dict[str, int] = field(default_factory=dict)
    scans: int = 0

    def cheapest(self, work: Work, limits: Limits, tried: Collection[str]) -> str | None:
        """The best plan that was not tried in vain: fewest requests, then least time per block. None: no plan left."""
        left = [plan for plan in candidates(work, limits) if plan not in tried]
        return min(left, key=lambda plan: self._cost(plan, work, limits), default=None)

    def _cost(self, plan: str, work: Work, limits: Limits) -> tuple[int, int]:
        requests = expected(plan, work, limits) * self.excess.get(plan, _EXACT) // _EXACT
        return requests, self.pace.get(plan, 0)

    def measured(self, plan: str, work: Work, limits: Limits, asked: int, nanoseconds: int) -> bool:
        """Learn from one scan. Returns True when it is time to forget the node's limits too."""
        ratio = asked * _EXACT // max(expected(plan, work, limits), 1)
        self.excess[plan] = (3 * self.excess.get(plan, ratio) + ratio) // 4
        pace = nanoseconds // work.blocks
        self.pace[plan] = (3 * self.pace.get(plan, pace) + pace) // 4
        self.scans += 1
        if self.scans % _FORGET:
            return False
        self.excess.clear()
        self.pace.clear()
        return True
