"""Every recorded transaction that can be opened whole, from all the captures, in the tracer's own types.

What several recorded answers say of one transaction is put together: the receipt (logs, fee), the transaction (value)
and the list of calls inside it or its trace (internals). The project's own readers do the reading, so that a test over
this corpus tests what a user would get. Nothing is copied: without the captures beside the checkout there is no corpus.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

from chains import evm_records, tron_address, tron_receipt
from chains.evm_traces import TxPlace, internals_of_rows
from chains.explorer_rows import normalise_internals_of
from chains.model import FEE_SINK, Address, AssetId, Receipt, Transfer
from chains.registry import Chain, load_chains
from tests.shared import CAPTURES

Json = Mapping[str, Any]

_EXCHANGES: Final = CAPTURES / "rotki-test-caching"
_BLOCKS: Final = CAPTURES / "graphsense-lib/spark/src/test/resources/account/eth/tokens"
_WHOLE: Final = "1500000"
_CALLS: Final = CAPTURES / "jarvie8176-eth/parser"
_TRON_BLOCK: Final = CAPTURES / "untron-v3/DERIVED_wallet_getblockbynum_79072107.json"
_TRON_ACCOUNT: Final = CAPTURES / "ledger-live"
_HOSTS: Final = (
    (r"bnb|bsc|binance", 56),
    (r"arbi|1rpc\.io/arb", 42161),
    (r"opti|//opt-|1rpc\.io/op", 10),
    (r"base", 8453),
    (r"polygon|matic", 137),
    (r"gnosis|xdai", 100),
    (r"scroll", 534352),
    (r"hyper", 999),
    (r"avax|avalanche", 43114),
    (r"linea", 59144),
)
_NUMBERED: Final = re.compile(r"blockscout\.com/(\d+)/|chainid=(\d+)|/evm/(\d+)/")
_WRAPPED: Final = {
    100: "0xe91d153e0b41518a2ce8dd3d7944fa863463a97d",
    143: "0x3bd359c1119da7da1d913d1c4d2b7c461115433a",
    999: "0x5555555555555555555555555555555555555555",
    534352: "0x5300000000000000000000000000000000000004",
}
"""Of recorded chains that the chain table does not have."""


class Opened(NamedTuple):
    """A transaction and how much of it the captures hold.

    ``lacks`` names what was not recorded: "internals", "value", "logs". ``source`` says which captures it is from.
    """

    receipt: Receipt
    has_internals: bool
    source: str
    lacks: frozenset[str] = frozenset()

    @property
    def assets(self) -> frozenset[AssetId]:
        """The assets that moved in it, fees apart."""
        return frozenset(row.asset for row in self.receipt.transfers if row.receiver != FEE_SINK)


@dataclass(slots=True)
class _Told:
    """What the recorded answers say of one EVM transaction."""

    receipt: Json | None = None
    record: Json | None = None
    inner: Sequence[Json] | None = None
    sources: set[str] = field(default_factory=set)


@cache
def transactions() -> tuple[Opened, ...]:
    """All transactions of the captures that have a receipt or its like, in order of chain and hash."""
    found: dict[tuple[str, str], Opened] = {}
    for one in (*_from_blocks(), *_from_tron(), *_from_calls(), *_from_exchanges()):
        found[one.receipt.chain, one.receipt.tx] = one
    return tuple(found[key] for key in sorted(found))


@cache
def by_hash() -> Mapping[tuple[str, str], Opened]:
    """The corpus by (chain id, transaction hash)."""
    return {(one.receipt.chain, one.receipt.tx): one for one in transactions()}


@cache
def evm_chain(number: int) -> Chain:
    """The chain of an EVM chain number: the table's, or a plain one where the table has none."""
    known = load_chains().get(f"eip155:{number}")
    wrapped = _WRAPPED.get(number)
    return known or Chain(
        f"eip155:{number}", str(number), "evm", "?", 18, "", wrapped=AssetId(wrapped) if wrapped else None
    )


def number_of(url: str) -> int:
    """Which chain's number an exchange's address is about; 1 where the host names none."""
    named = _NUMBERED.search(url)
    if named:
        return int(next(part for part in named.groups() if part))
    return next((number for pattern, number in _HOSTS if re.search(pattern, url)), 1)


def _from_exchanges() -> Iterator[Opened]:
    told: defaultdict[tuple[int, str], _Told] = defaultdict(_Told)
    for path in sorted(_EXCHANGES.rglob("*.jsonl")):
        reader = next((read for ending, read in _READERS.items() if path.name.endswith(ending)), None)
        if reader is not None:
            for number, url, result in _exchanges(path):
                reader(told, number, url, result)
    for (number, _), one in sorted(told.items()):
        if one.receipt is not None:
            yield _open(evm_chain(number), one)


def _exchanges(path: Path) -> Iterator[tuple[int, str, Any]]:
    """(chain number, query text, result) of every recorded answer in a file that is JSON."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            exchange = json.loads(line)
            try:
                body = json.loads(exchange["body"])
            except ValueError:
                continue
            for answer in body if isinstance(body, list) else [body]:
                if isinstance(answer, dict) and _is_complete(answer):
                    yield number_of(exchange["url"]), exchange["url"], answer.get("result")


def _is_complete(answer: Json) -> bool:
    """An account list that says it failed or is not worked out yet has an empty list for a result all the same."""
    return answer.get("status", "1") == "1" or "found" in str(answer.get("message"))


def _take_receipt(told: defaultdict[tuple[int, str], _Told], number: int, url: str, result: Any) -> None:
    if isinstance(result, dict) and result.get("blockNumber"):
        one = told[number, str(result["transactionHash"]).lower()]
        one.receipt = result
        one.sources.add(urlsplit(url).hostname or "")


def _take_record(told: defaultdict[tuple[int, str], _Told], number: int, url: str, result: Any) -> None:
    del url
    if isinstance(result, dict):
        told[number, str(result["hash"]).lower()].record = result


def _take_inner(told: defaultdict[tuple[int, str], _Told], number: int, url: str, result: Any) -> None:
    tx = parse_qs(urlsplit(url).query.lower()).get("txhash")
    if tx and isinstance(result, list):
        one = told[number, tx[0]]
        one.inner = max(one.inner or (), result, key=len)


def _take_list(told: defaultdict[tuple[int, str], _Told], number: int, url: str, result: Any) -> None:
    """An account's own transactions: the value, where the transaction itself was not recorded."""
    del url
    for row in result if isinstance(result, list) else ():
        one = told[number, str(row.get("hash", "")).lower()]
        one.record = one.record or {"value": int(row["value"])}


_READERS: Final = {
    "eth_getTransactionReceipt.jsonl": _take_receipt,
    "eth_getTransactionByHash.jsonl": _take_record,
    "txlistinternal.jsonl": _take_inner,
    "txlist.jsonl": _take_list,
}


def _open(chain: Chain, one: _Told) -> Opened:
    """Put together what was told of one transaction."""
    receipt, record = one.receipt or {}, one.record
    if "l1Fee" not in receipt:
        chain = replace(chain, l1_fee=False)
    at = tuple(evm_records.hex_int(receipt[name], "corpus") for name in ("blockNumber", "transactionIndex"))
    tx = str(receipt["transactionHash"]).lower()
    inner = None if one.inner is None else normalise_internals_of(chain, one.inner, tx, (at[0], at[1]), "corpus")
    lacks = {name for name, what in (("internals", inner), ("value", record)) if what is None}
    opened = evm_records.receipt_of(
        chain,
        receipt,
        0,
        "corpus",
        value=None if record is None else evm_records.hex_int(record["value"], "corpus"),
        internal=inner,
        gas_price=0,
    )
    return Opened(opened, inner is not None, "exchanges: " + ", ".join(sorted(one.sources)), frozenset(lacks))


def _from_blocks() -> Iterator[Opened]:
    """Transactions of five mainnet blocks, with their logs and traces."""
    if not _BLOCKS.is_dir():
        return
    chain = evm_chain(1)
    logs, traces = _block_logs(), _block_traces()
    for row in _csv_rows(_BLOCKS / "transactions.csv"):
        top = next((call for call in traces[row["txHash"]] if not call["traceAddress"]), None)
        if top is None:  # made-up rows among the recorded ones
            continue
        tx, height, index = row["txHash"], int(row["blockId"]), int(row["transactionIndex"])
        calls = traces[tx]
        place = TxPlace(chain.id, tx, height, index, int(row["blockTimestamp"]))
        receipt = {
            "transactionHash": tx,
            "blockNumber": height,
            "transactionIndex": index,
            "from": row["fromAddress"],
            "to": row["toAddress"] or top["action"]["to"],
            "status": 0 if top.get("error") else 1,
            "gasUsed": int(row["receiptGasUsed"]),
            "effectiveGasPrice": int(row["gasPrice"]),
            "logs": logs[tx],
        }
        inner = internals_of_rows(calls, place, "corpus")
        opened = evm_records.receipt_of(
            chain, receipt, 0, "corpus", value=int(row["value"]), time=place.time, internal=inner
        )
        yield Opened(opened, True, f"block {height}")


def _csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _block_logs() -> defaultdict[str, list[Json]]:
    """Logs of the five blocks by transaction, in JSON-RPC's field names."""
    logs: defaultdict[str, list[Json]] = defaultdict(list)
    for line in (_BLOCKS / "logs.json").read_text(encoding="utf-8").splitlines():
        log = json.loads(line)
        names = {"transactionHash": log["txHash"], "blockNumber": log["blockId"]}
        logs[log["txHash"]].append({**log, **names})
    return logs


def _block_traces() -> defaultdict[str, list[Json]]:
    """Traces of the five blocks by transaction, in Parity's field names."""
    traces: defaultdict[str, list[Json]] = defaultdict(list)
    for row in _csv_rows(_BLOCKS / "traces.csv"):
        if not (row["txHash"] and row["blockId"].startswith(_WHOLE)):
            continue
        kind, _, path = row["traceId"].split("_", 2)
        action = {"from": row["fromAddress"], "to": row["toAddress"], "value": int(row["value"] or 0)}
        ends = {"address": row["fromAddress"], "refundAddress": row["toAddress"], "balance": int(row["value"] or 0)}
        traces[row["txHash"]].append(
            {
                "type": kind,
                "traceAddress": [int(step) for step in path.split("_") if step],
                "action": {**action, **ends, "callType": row["callType"] or "call"},
                "result": {"address": row["toAddress"]},
                "error": "" if row["status"] == "1" else "failed",
            }
        )
    return traces


def _from_calls() -> Iterator[Opened]:
    """Receipts of single calls, without the transaction's value and the calls inside."""
    for path in sorted((_CALLS / "Infura").glob("*.txt")):
        case = json.loads(path.read_text(encoding="utf-8"))
        chain = evm_chain(1 if case["receipt"]["effectiveGasPrice"] else 56)
        receipt = {**case["receipt"], "from": case["receipt"]["from_"]}
        opened = evm_records.receipt_of(chain, receipt, 0, "corpus", gas_price=0)
        yield Opened(opened, False, "single calls", frozenset({"internals", "value"}))
    chain = load_chains()["tron:mainnet"]
    for path in sorted((_CALLS / "TronGrid").glob("*.txt")):
        case = json.loads(path.read_text(encoding="utf-8"))
        info = {**case["info"], "log": [_log_of(event) for event in _in_order(case["events"]["data"])]}
        opened = tron_receipt.normalise_receipt(chain, info, case["details"], 0, 0)
        yield Opened(opened._replace(internals=False), False, "single calls", frozenset({"internals"}))


def _in_order(events: Sequence[Json]) -> list[Json]:
    return sorted(events, key=lambda event: int(event["event_index"]))


def _log_of(event: Json) -> Json:
    """A decoded TronGrid event as the node's log; only the events that are read as transfers need be exact."""
    kinds = re.findall(r"(\w+) (indexed )?(\w+)", event["event"].split("(", 1)[1])
    words = [_word(event["result"][name]) for _, _, name in kinds]
    topic = _TOPICS.get(event["event_name"], "0" * 64)
    indexed = [word for word, (_, marked, _) in zip(words, kinds, strict=True) if marked]
    data = "".join(word for word, (_, marked, _) in zip(words, kinds, strict=True) if not marked)
    return {
        "address": tron_address.to_hex41(Address(event["contract_address"]))[2:],
        "topics": [topic, *indexed],
        "data": data,
    }


_TOPICS: Final = {
    "Transfer": evm_records.TRANSFER[2:],
    "Approval": evm_records.APPROVAL[2:],
    "Deposit": evm_records.DEPOSIT[2:],
    "Withdrawal": evm_records.WITHDRAWAL[2:],
}


def _word(value: str) -> str:
    return value[2:].rjust(64, "0") if value.startswith("0x") else f"{int(value):064x}" if value.isdigit() else "0" * 64


def _from_tron() -> Iterator[Opened]:
    """One whole TRON block, whose records hold no logs, and one account's transactions, whose records do."""
    if not _TRON_BLOCK.is_file():
        return
    chain = load_chains()["tron:mainnet"]
    block = json.loads(_TRON_BLOCK.read_text(encoding="utf-8"))
    head = block["block_header"]["raw_data"]
    for index, record in enumerate(block["transactions"]):
        done = record["ret"][0]["contractRet"] == "SUCCESS"
        info = {"blockNumber": head["number"], "blockTimeStamp": head["timestamp"], "receipt": {}}
        info |= {} if done else {"result": "FAILED"}
        opened = tron_receipt.normalise_receipt(chain, info, record, index, 0)
        calls = record["raw_data"]["contract"][0]["type"] == "TriggerSmartContract"
        lacks = frozenset({"internals", "logs"}) if calls and done else frozenset()
        yield Opened(opened._replace(internals=not lacks), not lacks, "TRON block 79072107", lacks)
    yield from _from_tron_account(chain)


def _from_tron_account(chain: Chain) -> Iterator[Opened]:
    [file] = _TRON_ACCOUNT.glob("trongrid_wallet_gettransactioninfobyid_*.json")
    infos = json.loads(file.read_text(encoding="utf-8"))
    for path in sorted(_TRON_ACCOUNT.glob("trongrid_v1_accounts_*_transactions_*.json")):
        for row in json.loads(path.read_text(encoding="utf-8"))["data"]:
            record = row.get("detail", row)
            tx = record.get("txID", row.get("transaction_id"))
            if tx in infos:
                opened = tron_receipt.normalise_receipt(chain, infos[tx], record, 0, 0)
                yield Opened(opened, True, "one TRON account")


def deltas(transfers: Sequence[Transfer]) -> Mapping[tuple[str, str], int]:
    """What each (address, asset) gained or lost by the transfers, in base units; nils left out, fees too."""
    sums: Counter[tuple[str, str]] = Counter()
    for row in transfers:
        if row.receiver != FEE_SINK:
            sums[row.sender, row.asset] -= row.amount
            sums[row.receiver, row.asset] += row.amount
    return {key: amount for key, amount in sums.items() if amount}


def summary() -> str:
    """How much there is: transactions, chains, with internals, with more than one asset moved."""
    lines = []
    for chain in sorted({one.receipt.chain for one in transactions()}):
        here = [one for one in transactions() if one.receipt.chain == chain]
        several = [one for one in here if len(one.assets) > 1]
        whole = [one for one in several if not one.lacks]
        lines.append(
            f"{chain}: {len(here)} transactions, {sum(one.has_internals for one in here)} with internals, "
            f"{len(several)} with several assets, {len(whole)} of them whole"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(summary())
