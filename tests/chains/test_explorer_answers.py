"""The verdicts on explorers' answers: recorded ones, quoted ones, and rubbish."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.explorer_answers import classify_call, classify_list, classify_proxy, classify_value
from chains.http import Kind, Verdict
from tests.shared import CAPTURES

recorded = pytest.mark.skipif(not CAPTURES.exists(), reason="the reference data are not here")


def envelope(status: str, message: str, result: Any) -> bytes:
    return json.dumps({"status": status, "message": message, "result": result}).encode()


def notok(result: str) -> bytes:
    return envelope("0", "NOTOK", result)


QUOTED = [
    ("Max rate limit reached", Kind.THROTTLED, "request", 1.0),
    ("Max rate limit reached, please use API Key for higher rate limit", Kind.THROTTLED, "request", 1.0),
    ("Max calls per sec rate limit reached (3/sec)", Kind.THROTTLED, "request", 1.0),
    ("Max calls per sec rate limit reached (5/sec)", Kind.THROTTLED, "request", 1.0),
    (
        "Free API access is temporarily unavailable due to unusually high network activity.",
        Kind.THROTTLED,
        "request",
        2.0,
    ),
    ("Too many invalid api key attempts, please try again later", Kind.THROTTLED, "request", 30.0),
    ("Max daily rate limit reached. 100000 (100%) of 100000 day/limit", Kind.QUOTA, "source", None),
    ("Community Free API Limit reached. Resets 2026-09-01 12:00:00 UTC.", Kind.QUOTA, "chain", None),
    ("Free API access is not supported for this chain. Please upgrade", Kind.UNSUPPORTED, "chain", None),
    ("Missing or unsupported chainid parameter (required for v2 api)", Kind.UNSUPPORTED, "chain", None),
    ("Missing chainid parameter (required for v2 api), please see", Kind.UNSUPPORTED, "chain", None),
    ("You are using a deprecated V1 endpoint, switch to Etherscan API V2", Kind.UNSUPPORTED, "source", None),
    ("Sorry, it looks like you are trying to access an API Pro endpoint", Kind.UNSUPPORTED, "request", None),
    ("Error! Missing Or invalid Action name", Kind.UNSUPPORTED, "request", None),
    ("Error! Invalid address format", Kind.UNSUPPORTED, "request", None),
    ("Missing/Invalid API Key", Kind.AUTH, "source", None),
    ("Invalid API Key", Kind.AUTH, "source", None),
    ("Invalid API Key (#err2)", Kind.DOWN, "request", None),
    ("Query Timeout occured. Please select a smaller result dataset", Kind.SPLIT_RANGE, "request", None),
    ("Something nobody has seen yet", Kind.DOWN, "request", None),
]


@pytest.mark.parametrize(("text", "kind", "scope", "wait"), QUOTED)
def test_known_texts_have_one_meaning_wherever_they_stand(
    text: str, kind: Kind, scope: str, wait: float | None
) -> None:
    """A text means the same as result or message, in lists and behind the proxy module."""
    for body in (notok(text), envelope("0", text, None)):
        for classify in (classify_list, classify_proxy, classify_value):
            verdict = classify(200, {}, body)
            assert (verdict.kind, verdict.scope, verdict.wait) == (kind, scope, wait)
            assert text in verdict.detail


def test_success_with_a_warning_is_success() -> None:
    """A keyless success carries a key warning in its message and is an answer all the same."""
    body = envelope("1", "OK-Missing/Invalid API Key, rate limit of 1/5sec applied", "399083095492744397866641")
    assert classify_value(200, {}, body) == Verdict(Kind.OK)


@pytest.mark.parametrize("status", ["0", "1"])
def test_documented_empties_are_empty(status: str) -> None:
    """Etherscan says it with status 0, Routescan with status 1 and an empty list."""
    assert classify_list(200, {}, envelope(status, "No transactions found", [])).kind is Kind.EMPTY


def test_refusals_are_never_empty() -> None:
    """An empty list beside an unknown message is not "no activity"."""
    assert classify_list(200, {}, envelope("0", "NOTOK", [])).kind is Kind.DOWN


def test_partial_lists_are_partial_and_only_lists() -> None:
    """Blockscout's status 2 is a partial answer where a list was asked for."""
    text = "Some internal transactions within this block range have not yet been processed"
    assert classify_list(200, {}, envelope("2", text, [])) == Verdict(Kind.PARTIAL, text)
    assert classify_value(200, {}, envelope("2", text, None)).kind is Kind.DOWN


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind"),
    [
        (429, {}, b"", Kind.THROTTLED),
        (429, {"retry-after": "7"}, envelope("0", "Too many requests. Increase limits now", None), Kind.THROTTLED),
        (429, {}, notok("Max daily rate limit reached"), Kind.QUOTA),
        (401, {}, b'{"message":"key please"}', Kind.AUTH),
        (402, {}, b"{}", Kind.AUTH),
        (403, {}, b"<html>Just a moment...</html>", Kind.DOWN),
        (400, {}, b'{"message":"nonsense"}', Kind.UNSUPPORTED),
        (301, {}, b"", Kind.DOWN),
        (502, {}, b"<html>bad gateway</html>", Kind.DOWN),
        (500, {}, b'{"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"RPC Request failed."}}', Kind.DOWN),
        (200, {}, b"", Kind.DOWN),
        (200, {}, b"<html></html>", Kind.DOWN),
        (200, {}, b'{"status":"1","message":"OK","result":[{"blockNumber":"1"', Kind.DOWN),
        (200, {}, envelope("1", "OK", None), Kind.DOWN),
        (200, {}, envelope("1", "OK", "12"), Kind.DOWN),
        (200, {}, b"[" * 2_000, Kind.DOWN),
        (200, {}, b"[]", Kind.DOWN),
    ],
)
def test_http_statuses_and_rubbish(status: int, headers: dict[str, str], body: bytes, kind: Kind) -> None:
    """What is no list in an envelope is refused as what it is."""
    assert classify_list(status, headers, body).kind is kind


def test_retry_after_beats_the_tables_guess() -> None:
    """With a Retry-After header the wait is left to the client, which reads it."""
    body = envelope("0", "Too many requests. Increase limits now", None)
    assert classify_list(429, {"retry-after": "7"}, body).wait is None
    assert classify_list(429, {}, body).wait == 1.0


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"jsonrpc":"2.0","id":1,"result":null}', Kind.OK),
        (b'{"jsonrpc":"2.0","id":1,"error":{"code":-32700,"message":"parse error"}}', Kind.UNSUPPORTED),
        (b'{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"header not found"}}', Kind.DOWN),
        (b'{"jsonrpc":"2.0","id":1,"error":{"code":[],"message":7}}', Kind.DOWN),
        (b'{"id":"1","jsonrpc":"2.0","error":"One or more errors occurred."}', Kind.DOWN),
        (b'{"jsonrpc":"2.0","id":1}', Kind.DOWN),
    ],
)
def test_json_rpc_answers(body: bytes, kind: Kind) -> None:
    """A null result is an answer; errors are final only where asking again cannot help."""
    assert classify_proxy(200, {}, body).kind is kind


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b'{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"execution reverted"}}', Kind.EMPTY),
        (200, b'{"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"invalid api key","data":"0x77"}}', Kind.EMPTY),
        (200, b'{"jsonrpc":"2.0","id":1,"error":"execution reverted: chain not supported"}', Kind.EMPTY),
        (200, b'{"jsonrpc":"2.0","id":1,"result":"0x"}', Kind.OK),
        (200, b'{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no such method"}}', Kind.UNSUPPORTED),
        (200, b'{"jsonrpc":"2.0","id":1,"error":{"code":[],"message":7}}', Kind.DOWN),
        (200, b'{"status":"0","message":"NOTOK","result":"Invalid API Key"}', Kind.AUTH),
        (502, b'{"error":{"code":3,"message":"execution reverted"}}', Kind.DOWN),
        (200, b"<html>", Kind.DOWN),
        (200, b"[" * 2_000, Kind.DOWN),
    ],
)
def test_a_call_that_the_contract_refused_is_answered(status: int, body: bytes, kind: Kind) -> None:
    """A revert is the contract's answer, whatever words it chose; every other error is the explorer's."""
    assert classify_call(status, {}, body).kind is kind


def test_block_numbers_come_plain_or_wrapped() -> None:
    """Etherscan answers getblocknobytime with a text, Blockscout with an object."""
    assert classify_value(200, {}, envelope("1", "OK", "778482")).kind is Kind.OK
    assert classify_value(200, {}, envelope("1", "OK", {"blockNumber": "778482"})).kind is Kind.OK
    assert classify_value(200, {}, envelope("1", "OK", {"block": "778482"})).kind is Kind.DOWN
    assert classify_value(200, {}, notok("Error! Block timestamp too far in the future")).kind is Kind.EMPTY


ODD: list[Any] = [
    None,
    True,
    0,
    1.5,
    "",
    "0",
    "1",
    "2",
    "OK",
    "rate",
    [],
    {},
    [{}],
    {"code": 3},
    {"code": [], "message": 7},
]
FIELDS = ["status", "message", "result", "jsonrpc", "error"]


@given(
    status=st.sampled_from([200, 400, 429, 500]),
    body=st.binary(max_size=20)
    | st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(ODD)).map(lambda made: json.dumps(made).encode()),
)
def test_classifiers_are_total(status: int, body: bytes) -> None:
    """Whatever bytes come, there is a verdict."""
    for classify in (classify_list, classify_proxy, classify_value):
        assert isinstance(classify(status, {}, body), Verdict)


# What each distinct recorded error or empty answer of an explorer must be read as, by the text that tells it.
RECORDED = {
    "No token transfers found": Kind.EMPTY,
    "No transactions found": Kind.EMPTY,
    "No internal transactions found": Kind.EMPTY,
    "No records found": Kind.EMPTY,
    "No data found": Kind.EMPTY,
    "Contract source code not verified": Kind.EMPTY,
    "Error! Block timestamp too far in the future": Kind.EMPTY,
    "OK": Kind.EMPTY,
    "Internal transactions for this transaction have not been processed yet": Kind.PARTIAL,
    "Some internal transactions within this block range have not yet been processed": Kind.PARTIAL,
    "Free API access is not supported for this chain": Kind.UNSUPPORTED,
    "chain not supported": Kind.UNSUPPORTED,
    "execution reverted": Kind.EMPTY,
    "Query Timeout occured": Kind.SPLIT_RANGE,
    "Free API access is temporarily unavailable": Kind.THROTTLED,
    "One or more errors occurred.": Kind.DOWN,
    "RPC Request failed.": Kind.DOWN,
    "An error occurred": Kind.DOWN,
}


@recorded
@pytest.mark.shared
def test_every_recorded_refusal_is_read_as_what_it_is() -> None:
    """All distinct recorded error and empty answers of the explorers get the kind their text stands for."""
    path = CAPTURES / "rotki-test-caching" / "errors_and_empty_distinct.jsonl"
    seen = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["key"][0] == "rpc":
            continue
        classify = classify_proxy if row["key"][1] == "proxy" else classify_list
        classify = classify_call if row["key"][2] == "eth_call" else classify
        body = row["body"] or ""
        expected = [kind for text, kind in RECORDED.items() if f'"{text}' in body]
        if '"result":null}' in body and "jsonrpc" in body:
            expected = [Kind.OK]
        if not body:
            expected = [Kind.DOWN]
        assert [classify(row["status"], {}, body.encode()).kind] == expected[:1], body[:200]
        seen.add(expected[0])
    assert seen == {Kind.EMPTY, Kind.PARTIAL, Kind.UNSUPPORTED, Kind.SPLIT_RANGE, Kind.THROTTLED, Kind.DOWN, Kind.OK}


@recorded
@pytest.mark.shared
def test_quoted_bodies_are_never_mistaken_for_answers() -> None:
    """The bodies people pasted into issues: refusals are refusals, and the one success is a success."""
    quoted = json.loads((CAPTURES / "observed-errors" / "observed_error_bodies.json").read_text(encoding="utf-8"))
    for row in quoted["etherscan"]:
        if "body" in row:
            verdict = classify_value(row["http"], {}, json.dumps(row["body"]).encode())
            assert (verdict.kind is Kind.OK) == (row["body"]["status"] == "1")
            assert verdict.kind not in (Kind.EMPTY, Kind.DOWN)
