"""What the TronGrid stand-in tells of contracts and of lent energy, beside what every ledger knows.

A ledger may have two lists of its own for it: ``supports`` (`Lent`, rows of the account lists) and ``events`` (`Log`,
rows of a contract's events, beside the logs it has anyway). Answers to constant calls are a table, see `Answers`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from eth_utils.crypto import keccak

from tests.lab.ledger import Ledger, Log, tron_hex, tron_text
from tests.lab.trongrid_rows import TYPE_URL, bare, txid

Answers = Mapping[tuple[str, str], str]
"""(contract, call data or its selector, hex with 0x) → what a constant call returns, hex with 0x; "" reverts."""


class Lent(NamedTuple):
    """Energy that ``sender`` lent ``receiver``, or took back with ``kind`` UnDelegateResourceContract."""

    tx: str
    block: int
    tx_index: int
    time: int
    sender: str
    receiver: str
    amount: int = 1_000_000
    kind: str = "DelegateResourceContract"
    ok: bool = True


def lent_row(lent: Lent) -> dict[str, Any]:
    """A row of /v1/accounts/{a}/transactions."""
    value = {
        "balance": lent.amount,
        "resource": "ENERGY",
        "receiver_address": tron_hex(lent.receiver),
        "owner_address": tron_hex(lent.sender),
    }
    contract = {"parameter": {"value": value, "type_url": TYPE_URL + lent.kind}, "type": lent.kind}
    return {
        "ret": [{"contractRet": "SUCCESS" if lent.ok else "REVERT", "fee": 0}],
        "txID": bare(lent.tx),
        "net_usage": 280,
        "raw_data": {"contract": [contract], "timestamp": lent.time * 1000 - 2_000},
        "blockNumber": lent.block,
        "block_timestamp": lent.time * 1000,
        "internal_transactions": [],
    }


def supports_of(ledger: Ledger, who: str) -> list[Lent]:
    """What was lent by an address or to it."""
    return [lent for lent in getattr(ledger, "supports", ()) if who in (lent.sender, lent.receiver)]


class _Event(NamedTuple):
    name: str
    declared: str
    arguments: tuple[tuple[str, bool, str], ...]


def _declared(text: str) -> tuple[str, _Event]:
    name, inside = text.rstrip(")").split("(")
    parts = [part.split() for part in inside.split(", ")]
    canonical = f"{name}({','.join(part[0] for part in parts)})"
    arguments = tuple((part[0], "indexed" in part, part[-1]) for part in parts)
    return "0x" + keccak(text=canonical).hex(), _Event(name, text, arguments)


EVENTS = dict(
    _declared(text)
    for text in (
        "Transfer(address indexed from, address indexed to, uint256 value)",
        "Approval(address indexed owner, address indexed spender, uint256 value)",
        "AddedBlackList(address indexed _user)",
        "RemovedBlackList(address indexed _user)",
        "DestroyedBlackFunds(address indexed _blackListedUser, uint256 _balance)",
        "Blacklisted(address indexed _account)",
        "UnBlacklisted(address indexed _account)",
        "Submission(uint256 indexed transactionId)",
        "Confirmation(address indexed sender, uint256 indexed transactionId)",
        "Execution(uint256 indexed transactionId)",
    )
)


def event_logs(ledger: Ledger, contract: str, name: str) -> Sequence[Log]:
    """Logs of a contract that the indexer can decode, of one event or of all (empty), oldest first."""
    logs = [log for log in getattr(ledger, "events", ()) if log.address == contract]
    logs += ledger.logs(0, ledger.head(), contract)
    known = [log for log in logs if log.topics and log.topics[0] in EVENTS]
    return sorted(
        (log for log in known if name in ("", EVENTS[log.topics[0]].name)), key=lambda log: (log.block, log.log_index)
    )


def event_row(ledger: Ledger, log: Log) -> dict[str, Any]:
    """A row of /v1/contracts/{c}/events: addresses as 0x and 20 bytes, numbers as text, each by place and by name."""
    event = EVENTS[log.topics[0]]
    values = _values(event, log)
    named = {name: value for (_, _, name), value in zip(event.arguments, values, strict=True)}
    places = [other.log_index for other in ledger.logs_in(log.tx)]
    return {
        "block_number": log.block,
        "block_timestamp": log.time * 1000,
        "caller_contract_address": tron_text(log.address),
        "contract_address": tron_text(log.address),
        "event_index": places.index(log.log_index) if log.log_index in places else log.log_index,
        "event_name": event.name,
        "result": {**{str(place): value for place, value in enumerate(values)}, **named},
        "result_type": {name: kind for kind, _, name in event.arguments},
        "event": event.declared,
        "transaction_id": txid(ledger, log.tx),
    }


def _values(event: _Event, log: Log) -> list[str]:
    """The arguments; where the log has fewer topics than the declaration says, they are read from the data."""
    topics = [bare(topic) for topic in log.topics[1:]]
    words = re.findall("." * 64, bare(log.data))
    as_declared = len(topics) == sum(indexed for _, indexed, _ in event.arguments)
    values = []
    for kind, indexed, _ in event.arguments:
        word = topics.pop(0) if indexed and as_declared else words.pop(0)
        values.append("0x" + word[-40:] if kind == "address" else str(int(word, 16)))
    return values


def selector_of(function: str) -> str:
    """The selector of a function by its signature."""
    return "0x" + keccak(text=function)[:4].hex()


def answer_of(answers: Answers, contract: str, data: str) -> str | None:
    """The table's answer to a constant call, None where it has none."""
    written = {(tron_text(who), asked): told for (who, asked), told in answers.items()}
    contract = tron_text(contract)
    return written.get((contract, data), written.get((contract, data[:10])))
