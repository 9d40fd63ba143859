"""Which answers stay true: those about final blocks by number, time or hash, and no other."""

from __future__ import annotations

import json

import pytest

from chains.http import Ask, Endpoint, Kind, Verdict
from chains.settled import DAY, Top, settled

TOPS = {"eip155:1": Top(100, 50_000), "tron:mainnet": Top(100, 50_000)}
HASH = "0x" + "ab" * 32
WHO = "0x" + "11" * 20


def _asked(source: str, path: str = "", params: dict[str, str] | None = None, body: object = None) -> str:
    """The question as a client keeps it."""
    endpoint = Endpoint(source, "http://x", 1)
    method = "GET" if body is None else "POST"
    return Ask(endpoint, lambda *_: Verdict(Kind.OK), method, path, params or {}, body).key


def _node(method: str, *params: object, source: str = "rpc.1:node") -> str:
    return _asked(source, body={"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})


def _explorer(**params: str) -> str:
    return _asked("etherscan", "", {"chainid": "1", **params})


def _prices(hour: int) -> str:
    return _asked(
        "prices", "/batchHistorical", {"coins": json.dumps({"coingecko:tether": [hour]}), "searchWidth": "6h"}
    )


STAY = [
    _node("eth_chainId"),
    _node("eth_getBlockByNumber", "0x64", True),
    _node("eth_getLogs", {"fromBlock": "0x1", "toBlock": "0x64", "topics": []}),
    _node("trace_filter", {"fromBlock": "0x1", "toBlock": "0x64"}),
    _node("eth_getBalance", WHO, "0x64"),
    _node("eth_call", {"to": WHO, "data": "0x"}, "0x1"),
    _node("eth_getBlockReceipts", "0x64"),
    _node("eth_getTransactionReceipt", HASH),
    _node("debug_traceTransaction", HASH, {"tracer": "callTracer"}),
    _node("eth_getTransactionByHash", HASH, source="blockscout.1"),
    _explorer(module="proxy", action="eth_getTransactionReceipt", txhash=HASH),
    _explorer(module="proxy", action="eth_getBlockByNumber", tag="0x64", boolean="false"),
    _explorer(module="block", action="getblocknobytime", timestamp="50000", closest="after"),
    _explorer(module="account", action="txlistinternal", txhash=HASH),
    _explorer(module="account", action="txlist", address=WHO, startblock="1", endblock="100"),
    _explorer(module="logs", action="getLogs", fromBlock="1", toBlock="100"),
    _asked("routescan", "/1/etherscan/api", {"module": "proxy", "action": "eth_getTransactionByHash", "txhash": HASH}),
    _asked("trongrid", "/walletsolidity/gettransactioninfobyid", body={"value": HASH[2:]}),
    _asked("trongrid", "/walletsolidity/getblockbynum", body={"num": 100}),
    _asked("trongrid", "/v1/accounts/T/transactions", {"max_timestamp": "50000000", "min_timestamp": "0"}),
    _asked("sqd", "/ethereum-mainnet/finalized-stream", body={"type": "evm", "fromBlock": 1, "toBlock": 100}),
    _asked("sqd", "/tron-mainnet/timestamps/50000/block"),
]

GO = [
    _node("eth_getBlockByNumber", "latest", False),
    _node("eth_getBlockByNumber", "finalized", False),
    _node("eth_getBlockByNumber", "0x65", False),
    _node("eth_getLogs", {"fromBlock": "0x1", "toBlock": "0x65"}),
    _node("eth_getLogs", {"fromBlock": "0x1"}),
    _node("eth_getBalance", WHO, "latest"),
    _node("eth_getCode", WHO, "latest"),
    _node("ots_searchTransactionsAfter", WHO, 1, 25),
    _node("eth_blockNumber"),
    _node("eth_getTransactionReceipt", HASH, source="rpc.56:node"),
    _explorer(module="account", action="txlist", address=WHO, startblock="1"),
    _explorer(module="account", action="txlist", address=WHO, startblock="1", endblock="101"),
    _explorer(module="account", action="balance", address=WHO, tag="latest"),
    _explorer(module="proxy", action="eth_call", to=WHO, data="0x", tag="latest"),
    _explorer(module="block", action="getblocknobytime", timestamp="50001", closest="after"),
    _asked("trongrid", "/walletsolidity/getnowblock", body={}),
    _asked("trongrid", "/walletsolidity/getblockbynum", body={"num": 101}),
    _asked("trongrid", "/v1/accounts/T/transactions", {"min_timestamp": "0"}),
    _asked("trongrid", "/v1/accounts/T/transactions", {"max_timestamp": "50000001"}),
    _asked("trongrid", "/wallet/getcontract", body={"value": "T"}),
    _asked("hypersync.1", "/query", body={"from_block": 1, "to_block": 50}),
    _asked("sqd", "/ethereum-mainnet/finalized-head"),
    _asked("sqd", "/ethereum-mainnet/finalized-stream", body={"type": "evm", "fromBlock": 1, "toBlock": 101}),
    "",
    "rpc.1 POST ? not json",
    'rpc.1 POST ? {"method":"eth_getLogs","params":[]}',
    'rpc.1 POST ? {"method":"eth_call","params":{"to":"0x1"}}',
    'rpc.1 POST ? ["eth_chainId"]',
]


@pytest.mark.parametrize("question", STAY)
def test_what_is_about_final_blocks_stays(question: str) -> None:
    """Blocks, stretches, states and transactions up to the final block stay true, and so does a refusal of one."""
    assert settled(question, Kind.OK, TOPS)
    assert settled(question, Kind.UNSUPPORTED, TOPS)
    assert settled(question, Kind.SPLIT_RANGE, TOPS)


@pytest.mark.parametrize("question", GO)
def test_what_the_chain_may_still_change_goes(question: str) -> None:
    """Tags, open lists, balances of now, blocks above, other chains and whatever cannot be read are asked again."""
    assert not settled(question, Kind.OK, TOPS)


@pytest.mark.parametrize("kind", [Kind.PARTIAL, Kind.THROTTLED, Kind.QUOTA, Kind.AUTH, Kind.DOWN])
@pytest.mark.parametrize("question", STAY)
def test_a_failure_is_never_kept(question: str, kind: Kind) -> None:
    """What a source could not answer is asked again, whatever it was asked."""
    assert not settled(question, kind, TOPS)


def test_nothing_is_an_answer_only_of_final_blocks() -> None:
    """No logs in final blocks stay none; a transaction that was not found may come."""
    assert settled(_node("eth_getLogs", {"fromBlock": "0x1", "toBlock": "0x64"}), Kind.EMPTY, TOPS)
    assert not settled(_node("eth_getTransactionReceipt", HASH), Kind.EMPTY, TOPS)
    assert not settled(_explorer(module="account", action="txlist", endblock="100"), Kind.EMPTY, TOPS)


def test_prices_stay_once_they_are_a_day_old() -> None:
    """The price of an hour stays when the newest final block is a day later; one of today may be corrected."""
    later = {"eip155:1": Top(100, 2 * DAY)}
    assert settled(_prices(DAY), Kind.OK, later)
    assert not settled(_prices(DAY + 1), Kind.OK, later)
    assert not settled(_prices(DAY), Kind.EMPTY, later)
