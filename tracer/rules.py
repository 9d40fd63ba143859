"""Rules that end a trail at an address without a label, and rules that say when order matters. Pure.

Each returns the sentence that is printed as the reason, or "" when it does not fire. Parameters are those of the
domain's practice (service-like addresses, rule 9.5); the rule "turnover above 1,000 × the traced amount" is left out
on purpose: whether it fires would depend on how much was traced there so far, that is, on the order of discovery.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Final

from chains.model import FEE_SINK, Transfer
from tracer.words import sentence

SERVICE_ROWS: Final = 10_000
SERVICE_COUNTERPARTIES: Final = 1_000
SERVICE_COUNTERPARTIES_A_DAY: Final = 200
DAY: Final = 86_400
ZERO_ADDRESSES: Final = frozenset({"0x" + "0" * 40, "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"})


def service_like(transfers: Sequence[Transfer], address: str) -> str:
    """Why an address behaves like a service rather than a person's wallet; "" when it does not."""
    if sum(1 for transfer in transfers if transfer.receiver != FEE_SINK) >= SERVICE_ROWS:
        return sentence("rule.service_rows", n=f"{SERVICE_ROWS:,}")
    lifetime: set[str] = set()
    window: deque[tuple[int, str]] = deque()
    today: Counter[str] = Counter()
    for transfer in transfers:
        other = transfer.receiver if transfer.sender == address else transfer.sender
        if other == FEE_SINK:
            continue
        lifetime.add(other)
        window.append((transfer.time, other))
        today[other] += 1
        while window[0][0] < transfer.time - DAY:
            _, gone = window.popleft()
            today[gone] -= 1
            if not today[gone]:
                del today[gone]
        if len(today) >= SERVICE_COUNTERPARTIES_A_DAY:
            return sentence("rule.service_day", n=SERVICE_COUNTERPARTIES_A_DAY)
    if len(lifetime) >= SERVICE_COUNTERPARTIES:
        return sentence("rule.service_counterparties", n=f"{SERVICE_COUNTERPARTIES:,}")
    return ""


def order_matters(transfers: Iterable[Transfer], address: str, carries: Callable[[Transfer], bool]) -> list[str]:
    """Transactions whose place must be learnt before the account can be folded, in order.

    ``transfers`` are one account's, sorted by position; ``carries`` tells whether a transfer brought stolen value.
    Order matters within one block (or one transaction) when money came and went, when it went to several receivers, or
    when it came from several senders and some of it was stolen.
    """
    wanted: dict[str, None] = {}
    for _, same_block in groupby(transfers, key=lambda one: one.position.height):
        rows = list(same_block)
        if len(rows) < 2:
            continue
        by_tx: dict[str, list[Transfer]] = {}
        for row in rows:
            by_tx.setdefault(row.tx, []).append(row)
        unplaced = [tx for tx, own in by_tx.items() if any(row.position.tx_index < 0 for row in own)]
        if unplaced and len(by_tx) > 1 and _interferes(rows, address, carries):
            wanted.update(dict.fromkeys(unplaced))
        for tx, own in by_tx.items():
            loose = [row for row in own if not row.position.index]
            if loose and len(own) > 1 and _interferes(own, address, carries):
                wanted[tx] = None
    return list(wanted)


def _interferes(rows: Sequence[Transfer], address: str, carries: Callable[[Transfer], bool]) -> bool:
    receivers = {row.receiver for row in rows if row.sender == address}
    senders = {row.sender for row in rows if row.receiver == address}
    if receivers and senders:
        return True
    return len(receivers) > 1 or (len(senders) > 1 and any(carries(row) for row in rows))
