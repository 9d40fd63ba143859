"""What nodes say when they do not answer, in the words they were seen to use."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains import rpc_node
from chains.http import Kind
from chains.rpc_errors import NO_STATE, REVERTED, classify, classify_logs, classify_rows, widest_span
from tests.shared import CAPTURES as SHARED


def error(message: object, code: int = -32000, **other: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": message, **other}}).encode()


TOO_LARGE = [
    ("exceed maximum block range: 50000", -32701, 50_000),
    ("exceed maximum block range: 5000", -32000, 5_000),
    ("ranges over 10000 blocks are not supported on freetier", 35, 10_000),
    ("block range is too wide", -32600, None),
    ("Block range is too large", -32062, None),
    ("query exceeds max results 20000", -32602, None),
    ("Max range: 800", -32000, 800),
    ("On the Free tier you can make eth_getLogs requests with up to a 10 block range. Based on your", -32600, 10),
    ("Based on your parameters, this block range should work: [0x10, 0x19]", -32600, None),
    ("Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range", -32602, 2_000),
    ("eth_getLogs is limited to a 10,000 range", -32614, 10_000),
    ("eth_getLogs is limited to a 500 range", -32600, 500),
    ("eth_getLogs is limited to 0 - 50 blocks range", -32000, 50),
    ("eth_getLogs is limited to a 1000 blocks range", -32000, 1_000),
    ("response size should not greater than 10000000 bytes", -32000, None),
    ("limited to 1024 blocks", -32000, 1_024),
    ("Block range limit exceeded. See more details at https://docs.chainstack.com", -32000, None),
    ("please limit the query to at most 1000 blocks", -32000, 1_000),
    ("block range too large", -32000, None),
    ("backend response too large", -32020, None),
    ("logs matched by query exceeds limit of 10000", -32000, None),
    ("requested too many blocks from 1 to 9999, maximum is set to 2048", -32000, 2_048),
    ("eth_getLogs range is too large, max is 10k blocks", -32000, 10_000),
    ("Maximum allowed number of requested blocks is 1000", -32602, 1_000),
    ("query exceeds max block range 1000", -32602, 1_000),
    ("range 1000000 exceeds limit of 10000", -32602, 10_000),
    ("query returned more than 10000 results", -32005, None),
    ("block range too large, currently limited to 300", -32602, 300),
]


@pytest.mark.parametrize(("message", "code", "span"), TOO_LARGE)
def test_too_large_ranges_are_split(message: str, code: int, span: int | None) -> None:
    """Every provider's sentence for a range too large is SPLIT_RANGE, and its limit is read where it tells one."""
    verdict = classify_logs(200, {}, error(message, code))
    assert verdict.kind is Kind.SPLIT_RANGE
    assert widest_span(verdict.detail) == span


def test_the_offered_range_is_taken_up() -> None:
    """Infura's and zkSync's offer of a range is read from the sentence."""
    offer = error("Query returned more than 10000 results. Try with this block range [0x118dc91, 0x1198cc3].", -32602)
    assert classify_logs(200, {}, offer).suggest == (0x118DC91, 0x1198CC3)


def test_details_in_data_count_too() -> None:
    """The limit may stand in the error's data, as reth puts it."""
    told = error("Response is too big", -32008, data="Exceeded max limit of 167772160")
    assert classify_logs(200, {}, told).kind is Kind.SPLIT_RANGE


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, error("Too many requests"), Kind.THROTTLED),
        (429, error("slow down"), Kind.THROTTLED),
        (429, b"<html>429</html>", Kind.THROTTLED),
        (200, error("daily request limit exceeded"), Kind.QUOTA),
        (200, error("Monthly capacity limit exceeded. Visit https://x/billing to upgrade", 429), Kind.QUOTA),
        (402, b"", Kind.QUOTA),
        (200, error("limit exceeded", -32005), Kind.THROTTLED),
        (200, error("Method not found", -32601), Kind.UNSUPPORTED),
        (200, error("the method debug_traceTransaction does not exist/is not available", -32601), Kind.UNSUPPORTED),
        (200, error("method is not available on freetier", 35), Kind.UNSUPPORTED),
        (200, error("debug_traceTransaction is not available on the Free tier - see /billing"), Kind.UNSUPPORTED),
        (200, error("transaction 0x01 not found"), Kind.EMPTY),
        (200, error("daily request count exceeded, request rate limited", -32005), Kind.QUOTA),
        (200, error("invalid argument 0", -32602), Kind.UNSUPPORTED),
        (200, error("Archive requests require a personal token", -32602), Kind.UNSUPPORTED),
        (200, error("missing trie node 91e7 (path ) <nil>"), Kind.UNSUPPORTED),
        (200, error("No state available for block 36600 (0x98)", -32002), Kind.UNSUPPORTED),
        (200, error("BlockOutOfRangeError: block height is 7 but requested was 100", -32602), Kind.DOWN),
        (200, error("no backend is currently healthy to serve traffic"), Kind.DOWN),
        (200, error("Internal error", -32603), Kind.DOWN),
        (200, b'{"jsonrpc":"2.0","error":"Something odd","id":1}', Kind.DOWN),
        (401, error("Unauthorized"), Kind.AUTH),
        (403, b"<html>Forbidden</html>", Kind.AUTH),
        (413, b"", Kind.SPLIT_RANGE),
        (502, b"<html>Bad gateway</html>", Kind.DOWN),
        (500, error("RPC Request failed.", 3), Kind.DOWN),
        (404, b'{"message":"no Route matched"}', Kind.DOWN),
        (200, b"", Kind.DOWN),
        (200, b"[]", Kind.DOWN),
        (200, b'{"jsonrpc":"2.0","id":1}', Kind.DOWN),
        (200, b'{"jsonrpc":"2.0","id":1,"result":"0x', Kind.DOWN),
        (200, error("transaction not found"), Kind.EMPTY),
        (200, b'{"result":null}', Kind.EMPTY),
        (200, b'{"result":"0x"}', Kind.OK),
        (200, b'{"result":[]}', Kind.OK),
    ],
)
def test_answers_and_what_they_mean(status: int, body: bytes, kind: Kind) -> None:
    """One verdict for each way a node or the gateway before it was seen to answer."""
    assert classify(status, {}, body).kind is kind


def test_reverts_are_answers_whatever_they_say() -> None:
    """A contract chooses its revert text, so it can pose as no refusal of the node."""
    for text in ("execution reverted: Too many requests", "execution reverted: block range is too wide"):
        verdict = classify(200, {}, error(text, 3))
        assert verdict.kind is Kind.EMPTY
        assert verdict.detail.startswith(REVERTED)
    assert classify(200, {}, error("VM Exception while processing transaction: revert")).detail.startswith(REVERTED)


def test_where_rows_are_due_nothing_else_is_an_answer() -> None:
    """No list is DOWN, so that neither null nor an object passes for "no logs"; an empty list is a real empty."""
    assert classify_rows(200, {}, b'{"result":null}').kind is Kind.DOWN
    assert classify_rows(200, {}, b'{"result":{}}').kind is Kind.DOWN
    assert classify_rows(200, {}, b'{"result":[]}').kind is Kind.EMPTY
    assert classify_rows(200, {}, b'{"result":[{}]}').kind is Kind.OK


@pytest.mark.parametrize("text", ["limit exceeded", "query timeout exceeded", "request timed out"])
def test_a_vague_refusal_of_logs_is_tried_smaller(text: str) -> None:
    """For logs these may mean the range; for anything else they mean what they say."""
    assert classify_logs(200, {}, error(text, -32005)).kind is Kind.SPLIT_RANGE
    assert classify(200, {}, error(text, -32005)).kind is Kind.THROTTLED


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("Too many requests, retry in 10s", 10), ("rate limit, try again in 250ms", 0.25), ("Too many requests", None)],
)
def test_the_asked_for_pause_is_read(text: str, seconds: float | None) -> None:
    """A pause is obeyed where the sentence names one."""
    assert classify(200, {}, error(text)).wait == seconds


def test_a_spent_plan_is_the_sources_affair() -> None:
    """Quota and key refusals concern the whole endpoint; state that is not kept is told by its detail."""
    assert classify(200, {}, error("Monthly capacity limit exceeded")).scope == "source"
    assert classify(401, {}, b"").scope == classify(401, {}, error("Unauthorized")).scope == "source"
    assert classify(403, {}, b"").scope == "request"
    assert classify(200, {}, error("missing trie node")).detail.startswith(NO_STATE)


def test_endless_nesting_is_refused() -> None:
    """A trace nested beyond what the JSON reader takes is told apart, so that a flat trace can be asked for."""
    assert sys.getrecursionlimit() < 10_000, f"{rpc_node.__name__} keeps it where the parser survives"
    assert classify(200, {}, b'{"result":' + b"[" * 100_000 + b"]" * 100_000 + b"}").kind is Kind.UNSUPPORTED


@given(st.integers(100, 599), st.binary(max_size=200))
def test_any_bytes_have_a_verdict(status: int, body: bytes) -> None:
    """Whatever a server sends, it is classified and never taken for rows."""
    for read in (classify, classify_rows, classify_logs):
        assert read(status, {}, body).kind not in (Kind.OK, Kind.EMPTY, Kind.PARTIAL) or b"result" in body


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "result", "code", "message", "data"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.sampled_from([200, 400, 429, 500]), _json)
def test_any_json_has_a_verdict(status: int, value: Any) -> None:
    """Answers of the right outer shape with anything inside are classified without failing."""
    for read in (classify, classify_rows, classify_logs):
        verdict = read(status, {}, json.dumps(value).encode())
        assert read is classify or verdict.kind is not Kind.OK or isinstance(value["result"], list)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the reference data is not here")
def test_recorded_answers_of_public_nodes() -> None:
    """Of 600 recorded exchanges with public nodes, those with a result are OK and those with an error are not."""
    seen = 0
    for path in sorted((SHARED / "rotki-test-caching/rpc").rglob("*.jsonl")):
        for line in path.read_text().splitlines():
            recorded = json.loads(line)
            verdict = classify(recorded["status"], {}, recorded["body"].encode())
            has_result = '"result":' in recorded["body"] and '"error"' not in recorded["body"]
            assert (verdict.kind in (Kind.OK, Kind.EMPTY)) is (has_result or verdict.detail.startswith(REVERTED)), path
            seen += 1
    assert seen > 400
