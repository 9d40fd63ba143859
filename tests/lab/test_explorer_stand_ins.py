"""The Etherscan-like stand-ins behave as the services do: shapes as recorded, caps, windows, empties and errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest

from tests.conftest import LabChain
from tests.lab.cases import CASES, load_case
from tests.lab.desk import StandIn
from tests.lab.etherscan import etherscan_app
from tests.lab.explorer import blockscout_app, routescan_app, rpc_app
from tests.lab.ledger import Log, digest
from tests.lab.prices import prices_app
from tests.lab.recorded import USDT, ServedLedger
from tests.lab.serving import serve
from tests.lab.small import CLOCK, HUB, ROWS, payer, small_ledger
from tests.shared import SHARED

USDT_EVM = USDT["evm"].contract
FROZEN, FREED = "0x" + "f1" * 32, "0x" + "f2" * 32


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> ServedLedger:
    return small_ledger(tmp_path_factory.mktemp("served"))


class Asker:
    """A client of one Etherscan-like stand-in."""

    def __init__(self, url: str, **always: str) -> None:
        self.url, self.always = url, always

    def ask(self, **params: str) -> Any:
        return httpx.get(self.url, params={**self.always, **params}).json()


Ask = Callable[..., Asker]


@pytest.fixture(scope="module")
def asker() -> Iterator[Ask]:
    """Serves an app for the rest of the module: ``asker(app, path, **parameters of every request)``."""
    with ExitStack() as running:

        def start(app: StandIn, path: str = "/v2/api", **always: str) -> Asker:
            return Asker(running.enter_context(serve(app)) + path, **always)

        yield start


@pytest.fixture(scope="module")
def etherscan(small: ServedLedger, asker: Ask) -> Asker:
    return asker(etherscan_app(small), chainid="1", module="account", address=HUB)


@pytest.fixture(scope="module")
def theft(lab_chain: LabChain, asker: Ask) -> Asker:
    return asker(etherscan_app(lab_chain.ledger), chainid="1", module="account", sort="asc")


def test_pages_hold_a_thousand_rows_at_most_and_together_all(etherscan: Asker) -> None:
    """Asking for 5,000 rows gives 1,000 a page; three pages hold every transfer once, oldest first."""
    pages = [etherscan.ask(action="tokentx", page=str(page), offset="1000")["result"] for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [1000, 1000, 500]
    assert [int(row["value"]) for page in pages for row in page] == list(range(1, ROWS + 1))
    assert len(etherscan.ask(action="tokentx", page="1", offset="5000")["result"]) == 1000


def test_block_limits_are_inclusive_and_desc_turns_around(etherscan: Asker) -> None:
    """Startblock and endblock belong to the answer; sort=desc gives the same rows newest first."""
    asked = {"action": "tokentx", "startblock": "101", "endblock": "102"}
    up, down = (etherscan.ask(**asked, sort=sort)["result"] for sort in ("asc", "desc"))
    assert [row["value"] for row in up] == ["4", "5", "6", "7", "8", "9"]
    assert down == up[::-1]


def test_the_window_is_ten_thousand_rows(etherscan: Asker) -> None:
    """Page x offset above 10,000 is refused with Etherscan's own words, never answered empty."""
    answer = etherscan.ask(action="tokentx", page="11", offset="1000")
    assert (answer["status"], answer["result"]) == ("0", None)
    assert answer["message"].startswith("Result window is too large")


def test_nothing_is_said_as_etherscan_says_it(etherscan: Asker) -> None:
    """A documented empty is status 0, its own message, and an empty list."""
    empty = {"status": "0", "message": "No transactions found", "result": []}
    assert etherscan.ask(action="tokentx", address=payer(77)) == empty
    assert etherscan.ask(action="txlistinternal") == empty


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"action": "tokentx", "address": "0x12"}, "Error! Invalid address format"),
        ({"action": "nosuch"}, "Error! Missing Or invalid Action name"),
        ({"action": "tokentx", "chainid": "2"}, "Missing or unsupported chainid parameter"),
        ({"module": "block", "action": "getblocknobytime", "timestamp": "99999999999"}, "too far in the future"),
        ({"module": "logs", "action": "getLogs", "topic0": "0x1", "topic1": "0x2"}, "topic0_1_opr"),
    ],
)
def test_errors_come_with_status_zero(etherscan: Asker, params: dict[str, str], text: str) -> None:
    """Requests that make no sense are answered over HTTP 200 with NOTOK and the service's text."""
    answer = etherscan.ask(**params)
    assert (answer["status"], answer["message"]) == ("0", "NOTOK")
    assert text in answer["result"]


def test_a_key_is_asked_for_when_there_is_one(small: ServedLedger, asker: Ask) -> None:
    """With a key set, no key and a wrong key are refused differently, and the right one is served."""
    locked = asker(etherscan_app(small, key="right"), chainid="1", module="account", action="tokentx", address=HUB)
    assert locked.ask()["result"] == "Missing/Invalid API Key"
    assert locked.ask(apikey="wrong")["result"] == "Invalid API Key"
    assert locked.ask(apikey="right")["status"] == "1"


def test_balances_are_what_the_rows_add_up_to(etherscan: Asker) -> None:
    """Tokenbalance is the sum of the rows in minus out, for the hub and for one of the payers."""
    hub = etherscan.ask(action="tokenbalance", contractaddress=USDT_EVM, tag="latest")
    one = etherscan.ask(action="tokenbalance", contractaddress=USDT_EVM, address=payer(0), tag="latest")
    assert int(hub["result"]) == ROWS * (ROWS + 1) // 2
    assert int(one["result"]) == -sum(range(1, ROWS + 1, 50))


def test_the_proxy_speaks_json_rpc(etherscan: Asker) -> None:
    """Unknown transactions are null, a block without ``boolean`` is a parse error, a receipt has the true position."""
    proxy = {"module": "proxy"}
    assert etherscan.ask(**proxy, action="eth_getTransactionReceipt", txhash="0x" + "0" * 64)["result"] is None
    assert etherscan.ask(**proxy, action="eth_getBlockByNumber", tag="latest")["error"]["code"] == -32700
    receipt = etherscan.ask(**proxy, action="eth_getTransactionReceipt", txhash="0x" + digest("small|4"))["result"]
    assert (int(receipt["blockNumber"], 16), receipt["transactionIndex"], receipt["logs"][0]["logIndex"]) == (
        101, "0x1", "0x1",
    )  # fmt: skip


def test_logs_write_zero_as_bare_0x(etherscan: Asker) -> None:
    """GetLogs by receiver finds the transfers, and the first log of a block has index ``0x``."""
    topic = "0x" + "0" * 24 + HUB[2:]
    answer = etherscan.ask(module="logs", action="getLogs", address=USDT_EVM, topic2=topic, offset="3", page="1")
    assert [row["logIndex"] for row in answer["result"]] == ["0x", "0x1", "0x2"]


def test_the_first_block_after_a_time(etherscan: Asker) -> None:
    """closest=after gives the first block not before the time, closest=before the last one not after it."""
    asked = {"module": "block", "action": "getblocknobytime", "timestamp": "5105"}
    assert etherscan.ask(**asked, closest="after")["result"] == "105"
    assert etherscan.ask(**asked, closest="before")["result"] == "105"


def test_blockscout_differs_where_it_does(small: ServedLedger, lab_chain: LabChain, asker: Ask) -> None:
    """Blockscout: newest first by default, own empty messages, log indexes, a block number in an object, no proxy."""
    scout = asker(blockscout_app(small), "/api", module="account", address=HUB)
    rows = scout.ask(action="tokentx", page="1", offset="2")["result"]
    assert [row["value"] for row in rows] == ["2500", "2499"]
    assert rows[0]["logIndex"] == "0"
    assert scout.ask(action="txlistinternal")["message"] == "No internal transactions found"
    at = scout.ask(module="block", action="getblocknobytime", timestamp="5105", closest="before")
    assert at["result"] == {"blockNumber": "105"}
    assert scout.ask(module="proxy", action="eth_blockNumber")["status"] == "0"
    partial = asker(blockscout_app(lab_chain.ledger, unprocessed=True), "/1/api", module="account")
    answer = partial.ask(action="txlistinternal", address=lab_chain.theft.who["mule3"], sort="asc")
    assert answer["status"] == "2"
    assert {"transactionHash", "index", "callType"} <= set(answer["result"][0])


def test_routescan_says_empty_as_success(small: ServedLedger, asker: Ask) -> None:
    """Routescan: status 1 with an empty list for no rows, pages up to 5,000, other chains not supported."""
    path = "/v2/network/mainnet/evm/{}/etherscan/api"
    scan = asker(routescan_app(small), path.format(1), module="account", address=HUB)
    assert scan.ask(action="tokentx", address=payer(77)) == {"status": "1", "message": "OK", "result": []}
    assert len(scan.ask(action="tokentx", page="1", offset="5000")["result"]) == ROWS
    other = asker(routescan_app(small), path.format(8453), module="account", address=HUB, action="tokentx")
    assert other.ask()["message"] == "chain not supported"


class Telling(ServedLedger):
    """The small ledger, of whose token more is known: a call it answers, one it refuses, its code, two freezes."""

    answers: ClassVar = {USDT_EVM: {"0xe47d6060": "0x01", "0x59bf1abe": None}}
    codes: ClassVar = {USDT_EVM: "0x6001"}
    events = tuple(
        Log(f"0x{at:064x}", at, 0, CLOCK + at, 9, USDT_EVM, (kind,), "0x") for at, kind in ((101, FROZEN), (102, FREED))
    )


def test_a_ledger_may_say_more_of_its_contracts(tmp_path: Path, asker: Ask) -> None:
    """Calls, code and logs beyond transfers come from the ledger's tables; Blockscout fills topics up with nulls."""
    small_ledger(tmp_path)
    telling = Telling(tmp_path / "served.parquet", "small")
    scan = asker(etherscan_app(telling), chainid="1", module="proxy")
    call = {"action": "eth_call", "to": USDT_EVM, "tag": "latest"}
    assert scan.ask(**call, data="0xe47d6060" + "0" * 64)["result"] == "0x01"
    assert scan.ask(**call, data="0x59bf1abe")["error"] == {"code": 3, "message": "execution reverted"}
    assert scan.ask(action="eth_getCode", address=USDT_EVM, tag="latest")["result"] == "0x6001"
    frozen = {"module": "logs", "action": "getLogs", "address": USDT_EVM, "topic0": FROZEN}
    assert [row["topics"] for row in scan.ask(**frozen)["result"]] == [[FROZEN]]
    scout = asker(blockscout_app(telling), "/api")
    assert [row["topics"] for row in scout.ask(**frozen)["result"]] == [[FROZEN, None, None, None]]
    every = scan.ask(module="logs", action="getLogs", address=USDT_EVM, fromBlock="101", toBlock="102")["result"]
    assert [(row["blockNumber"], row["logIndex"]) for row in every] == [
        (hex(at), index) for at in (101, 102) for index in ("0x", "0x1", "0x2", "0x9")
    ]


def test_a_public_node_caps_its_log_ranges(small: ServedLedger) -> None:
    """eth_getLogs over more blocks than the span is an error that names it; within, the logs come."""
    with serve(rpc_app(small, span=100)) as url:

        def logs(low: int, high: int) -> Any:
            query = {"fromBlock": hex(low), "toBlock": hex(high), "address": USDT_EVM}
            call = {"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [query]}
            return httpx.post(url, json=call).json()

        assert logs(0, 500)["error"] == {"code": -32701, "message": "exceed maximum block range: 100"}
        assert len(logs(100, 101)["result"]) == 6


@pytest.mark.node
def test_the_theft_through_etherscan(lab_chain: LabChain, theft: Asker) -> None:
    """The failed payment and its internal call are flagged, two equal rows are two, the NFT is no token row."""
    txs = {row["hash"]: row for row in theft.ask(action="txlist", address=lab_chain.theft.who["thief"])["result"]}
    failed = txs[lab_chain.theft.txs["fail"]]
    assert (failed["isError"], failed["txreceipt_status"], failed["value"]) == ("1", "0", str(10**17))
    internal = theft.ask(action="txlistinternal", address=lab_chain.theft.who["mule3"])["result"]
    assert [row["isError"] for row in internal] == ["0", "0", "1"]
    assert [row["traceId"] for row in internal] == ["5", "0", "0"]
    twice = [
        row
        for row in theft.ask(action="tokentx", address=lab_chain.theft.who["rest"])["result"]
        if row["value"] == "300000000"
    ]
    assert len(twice) == 2
    assert twice[0] == twice[1]
    assert all(
        "tokenID" not in row for row in theft.ask(action="tokentx", address=lab_chain.theft.who["thief"])["result"]
    )
    assert [
        row["tokenID"] for row in theft.ask(action="tokennfttx", address=lab_chain.theft.who["thief"])["result"]
    ] == ["7"]


@pytest.mark.shared
@pytest.mark.node
@pytest.mark.parametrize("action", ["txlist", "txlistinternal", "tokentx"])
def test_rows_have_the_recorded_fields(lab_chain: LabChain, theft: Asker, action: str) -> None:
    """A stand-in's row has exactly the fields of a row Etherscan really sent (newer ones included)."""
    recorded = SHARED / "captures/rotki-test-caching/etherscan_v2/chain1" / f"account.{action}.jsonl"
    if not recorded.exists():
        pytest.skip("the reference data is not here")
    shapes = {frozenset(row) for row in _recorded_rows(recorded)}
    newer = {"methodId", "functionName"}
    who = lab_chain.theft.who["mule3" if action == "txlistinternal" else "thief"]
    for row in theft.ask(action=action, address=who)["result"]:
        assert {frozenset(row), frozenset(set(row) - newer)} & shapes


def _recorded_rows(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text().splitlines():
        try:
            result = json.loads(json.loads(line)["body"])["result"]
        except (ValueError, KeyError):
            continue
        if isinstance(result, list):
            yield from result


def test_prices_are_absent_for_the_unknown() -> None:
    """A stablecoin is 1.00, an unknown coin is left out, as DefiLlama does."""
    with serve(prices_app()) as url:
        coins = httpx.get(f"{url}/prices/historical/1700000000/ethereum:{USDT_EVM},ethereum:{HUB}").json()["coins"]
    assert list(coins) == [f"ethereum:{USDT_EVM}"]
    assert (coins[f"ethereum:{USDT_EVM}"]["price"], coins[f"ethereum:{USDT_EVM}"]["timestamp"]) == (1.0, 1_700_000_000)


@pytest.mark.shared
@pytest.mark.parametrize("name", CASES)
def test_recorded_cases_load_and_name_their_start(name: str, asker: Ask) -> None:
    """Every recorded case serves a history for each of its sources, and what was not recorded is refused, not empty."""
    if not (SHARED / "cases" / name).exists():
        pytest.skip("the reference data is not here")
    case = load_case(name)
    if name.startswith("cryptopia"):
        recorded = asker(case.app(), chainid="1", module="account")
        assert recorded.ask(action="txlist", address=case.sources[0], page="1", offset="10")["status"] == "1"
        for action, address in (("txlist", HUB), ("txlistinternal", case.sources[0]), ("tokentx", case.sources[0])):
            answer = recorded.ask(action=action, address=address)
            assert (answer["status"], answer["message"]) == ("0", "NOTOK")
        return
    for source in case.sources:
        assert any(move.time >= int(case.since) and move.sender == source for move in case.ledger.moves(source))
