"""Which blocks have token transfers or approvals of the watched, asked of TRON's JSON-RPC.

java-tron passes over blocks that it does not have without a word, so a list of logs counts only beside the top of the
chain that is read, told by the same node in the same answer: both are asked for in one request. Nothing is read out of
the logs but where they stand. Whoever wants to know what moved reads those blocks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from chains import rpc_errors
from chains.errors import Down, Malformed, SplitRange
from chains.evm_contract import topics_of
from chains.evm_records import APPROVAL, DEPOSIT, TRANSFER, WITHDRAWAL, hex_int, required
from chains.http import USABLE, Ask, Client, Endpoint, Kind, Verdict
from chains.model import Block
from chains.rpc_windows import refuse_round_count
from chains.tron_calls import NAME
from chains.tron_scan_rows import Changed
from chains.trongrid_answers import classify_node

PATH: Final = "/jsonrpc"
SPAN: Final = 5_000
"""Blocks per request, which is what java-tron allows."""
ADDRESSES: Final = 500
"""Per request: java-tron allows 1,000 words in one place, and each address has two spellings."""
_KINDS: Final = (TRANSFER, APPROVAL, DEPOSIT, WITHDRAWAL)
_SPELLINGS: Final = ("0" * 24, "0" * 22 + "41")
"""What may stand before the 40 digits in a topic; contracts of TRON's first compilers left the 41 there."""
_TOO_LARGE: Final = -32003
"""The code of java-tron for an answer beyond what it sends."""


async def blocks_with(client: Client, at: Endpoint, who: frozenset[str], low: int, top: Block) -> dict[int, str]:
    """Hash by number of every block from ``low`` to ``top`` in which a log names one of ``who`` (40 digits each).

    Raises:
        Unsupported: no JSON-RPC here.
        Changed: the answer is of another chain than ``top`` is of, or of a node that is behind.
    """
    found: dict[int, str] = {}
    everybody = sorted(who)
    for start in range(0, len(everybody), ADDRESSES):
        some = everybody[start : start + ADDRESSES]
        for first in range(low, top.number + 1, SPAN):
            last = min(first + SPAN - 1, top.number)
            found |= await _window(client, at, some, first, last, top)
    return found


async def _window(
    client: Client, at: Endpoint, who: Sequence[str], first: int, last: int, top: Block
) -> dict[int, str]:
    """One stretch; what is refused as too large is asked in halves, until a block is left that counts as a hit."""
    body = list(_calls(who, first, last, top))
    try:
        answer = await client.ask(Ask(at, classify, "POST", PATH, body=body))
        header, *lists = _results(answer.data, len(body))
        _same_branch(header, top)
        for logs in lists:
            refuse_round_count(NAME, f"eth_getLogs {first}-{last}", len(logs))
    except SplitRange:
        if first == last:
            return {first: ""}
        middle = first + last >> 1
        lower = await _window(client, at, who, first, middle, top)
        return lower | await _window(client, at, who, middle + 1, last, top)
    return dict(_place(log, first, last) for logs in lists for log in logs if _says(log))


def _calls(who: Sequence[str], first: int, last: int, top: Block) -> Iterator[dict[str, Any]]:
    words = [f"0x{before}{one}" for before in _SPELLINGS for one in who]
    window = {"fromBlock": hex(first), "toBlock": hex(last)}
    asked: list[tuple[str, list[Any]]] = [
        ("eth_getBlockByNumber", [hex(top.number), False]),
        ("eth_getLogs", [{**window, "topics": [list(_KINDS), words]}]),
        ("eth_getLogs", [{**window, "topics": [[TRANSFER], None, words]}]),
    ]
    for number, (method, params) in enumerate(asked):
        yield {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def classify(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """An answer to several calls: usable when every one of them was answered.

    Trouble of the server stands outside the envelope as on the node API, that of a call inside it.
    """
    verdict = classify_node(status, headers, body)
    if verdict.kind not in USABLE:
        return verdict
    data = json.loads(body)
    for part in data if isinstance(data, list) else [data]:
        error = part.get("error") if isinstance(part, dict) else {}
        if error is not None:
            return _refused(error)
    return Verdict(Kind.OK) if isinstance(data, list) else Verdict(Kind.UNSUPPORTED, "one answer to several calls")


def _refused(error: object) -> Verdict:
    code, _ = rpc_errors.code_and_text(error)
    verdict = rpc_errors.classify(200, {}, json.dumps({"error": error}).encode())
    return verdict._replace(kind=Kind.SPLIT_RANGE) if code == _TOO_LARGE else verdict


def _results(data: object, count: int) -> list[Any]:
    """The results in the order of the calls."""
    listed = data if isinstance(data, list) else []
    results = {part.get("id"): part.get("result") for part in listed if isinstance(part, Mapping)}
    if sorted(map(str, results)) != sorted(map(str, range(count))):
        raise Malformed(NAME, "not one answer to each call", data)
    found = [results[number] for number in range(count)]
    if not all(isinstance(one, list) for one in found[1:]):
        raise Malformed(NAME, "no list of logs", data)
    return found


def _same_branch(header: object, top: Block) -> None:
    """Raise `Changed` unless the node that told the logs has ``top``."""
    if not isinstance(header, Mapping):
        raise Changed(NAME, f"logs up to block {top.number}", "this node does not have that block yet")
    if _bare(required(header, "hash", NAME)) != top.hash:
        raise Changed(NAME, f"logs up to block {top.number}", "it has another one: the chain changed meanwhile")


def _place(log: Mapping[str, Any], first: int, last: int) -> tuple[int, str]:
    number = hex_int(required(log, "blockNumber", NAME), NAME)
    if log.get("removed") is True or not first <= number <= last:
        raise Down(NAME, f"eth_getLogs {first}-{last}", f"a log of block {number}: removed, or not asked for")
    return number, _bare(required(log, "blockHash", NAME))


def _says(log: Mapping[str, Any]) -> bool:
    """Whether it says anything: transfers of nothing are what look-alikes send, by the thousand."""
    return topics_of(log, NAME)[:1] != (TRANSFER,) or bool(set(str(log.get("data"))) - set("0x"))


def _bare(text: object) -> str:
    return str(text).lower().removeprefix("0x")
