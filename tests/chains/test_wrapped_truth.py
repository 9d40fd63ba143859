"""On recorded transactions: every wrap and unwrap that a log tells has its native leg among the calls."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from chains.evm_records import ZERO, hex_int, receipt_of
from chains.explorer_rows import normalise_internals_of
from chains.model import NATIVE, Address, Receipt
from chains.registry import load_chains
from tests.chains.captured import CAPTURES, needs_captures

HOSTS = {
    "api.etherscan.io": "eip155:1",
    "chain1": "eip155:1",
    "api.arbiscan.io": "eip155:42161",
    "chain42161": "eip155:42161",
    "api.basescan.org": "eip155:8453",
    "chain8453": "eip155:8453",
    "chain10": "eip155:10",
    "chain137": "eip155:137",
}


def answers(name: str) -> Iterator[tuple[str, str, Any]]:
    """(host, URL, result) of every recorded answer of one kind."""
    for path in sorted(CAPTURES.joinpath("rotki-test-caching").rglob(name)):
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if record["body"].startswith("{"):
                yield path.parent.name, record["url"], json.loads(record["body"]).get("result")


def wholes() -> Iterator[Receipt]:
    """Recorded receipts whose calls were recorded by transaction, as one; layer-1 fees left aside."""
    calls = {
        url.partition("txhash=")[2][:66]: rows
        for _, url, rows in answers("account.txlistinternal.jsonl")
        if "txhash=0x" in url and isinstance(rows, list)
    }
    chains = load_chains()
    for host, _, record in answers("proxy.eth_getTransactionReceipt.jsonl"):
        if host not in HOSTS or not isinstance(record, dict) or not record.get("effectiveGasPrice"):
            continue
        tx, chain = record["transactionHash"], replace(chains[HOSTS[host]], l1_fee=False)
        if tx in calls:
            place = (hex_int(record["blockNumber"], host), hex_int(record["transactionIndex"], host))
            inside = normalise_internals_of(chain, calls[tx], tx, place, host)
            yield receipt_of(chain, record, 1, host, time=1, internal=inside)


@needs_captures
def test_every_unwrap_pays_native_coin_out() -> None:
    """A burn of the wrapped coin and the wrapper's payment to the same owner come in equal amounts, and mints alike."""
    checked = 0
    chains = load_chains()
    for told in {receipt.tx: receipt for receipt in wholes()}.values():
        wrapped = Address(str(chains[told.chain].wrapped))
        paid = Counter(
            (row.sender, row.receiver, row.amount)
            for row in told.transfers
            if row.asset == NATIVE and wrapped in (row.sender, row.receiver)
        )
        for row in told.transfers:
            if row.asset == str(wrapped) and ZERO in (row.sender, row.receiver):
                leg = (row.receiver, wrapped) if row.sender == ZERO else (wrapped, row.sender)
                assert paid[(*leg, row.amount)], (told.tx, row)
                paid[(*leg, row.amount)] -= 1
                checked += 1
    assert checked >= 20
