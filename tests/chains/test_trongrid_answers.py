"""Every body TronGrid is known to answer with is read as what it is, and no bytes at all make the reading fail."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.http import Kind, Verdict
from chains.trongrid_answers import classify_node, classify_page
from tests.chains.captured import captured, needs_captures

FREQUENCY = "The key exceeds the frequency limit(15), and the query server is suspended for"
KEYLESS = (
    "request rate of (getTrc20TransactionsByAccount) exceeded the allowed_rps(1), "
    "and the query server is suspended for 5 s. …"
)
DAILY = "Exceed the user daily usage (100000), the maximum query frequency is 1 time per second"
FINGERPRINT = "Invalid query filter(s)!: [fingerprint does not match current set of params]"


@pytest.fixture(autouse=True, scope="module")
def _limit() -> Iterator[None]:
    """As chains/rpc_node.py sets it for the program: web3 lifts it so far that nested JSON crashes the interpreter."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(4_000)
    yield
    sys.setrecursionlimit(before)


def page(body: object, status: int = 200) -> Verdict:
    return classify_page(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode())


def node(body: object, status: int = 200) -> Verdict:
    return classify_node(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.mark.parametrize(
    ("body", "status", "kind", "wait"),
    [
        ({"Error": FREQUENCY + " 27 s"}, 429, "throttled", 27),
        ({"Success": False, "Error": FREQUENCY + " 30s", "StatusCode": 403}, 403, "throttled", 30),
        ({"Error": KEYLESS}, 429, "throttled", 5),
        ({"Error": "the query server is suspended"}, 503, "throttled", 30),
        (b"request rate exceeded the allowed_rps(10)", 403, "throttled", 30),
        (b"", 429, "throttled", None),
        ({"Error": DAILY}, 403, "quota", None),
        ({"Error": "class java.lang.IllegalAccessException : lack of computing resources"}, 200, "throttled", 2),
        (b"this API is closed because this node is a lite fullnode", 200, "unsupported", None),
        ({"Error": "this API is unavailable due to config"}, 404, "unsupported", None),
        ({"Error": "class java.lang.NumberFormatException : For input string"}, 200, "unsupported", None),
        ({"success": False, "error": FINGERPRINT, "statusCode": 400}, 400, "unsupported", None),
        (b"", 400, "unsupported", None),
        (b"", 401, "auth", None),
        ({"Error": "ApiKey not exists"}, 403, "auth", None),
        (b"<html><body>502 Bad Gateway</body></html>", 502, "down", None),
        (b"<html>maintenance</html>", 200, "down", None),
        (b"", 200, "down", None),
        (b'{"data":[{"a":1}', 200, "down", None),
        (b"[" * 200_000, 200, "down", None),
        ({"Error": "something new"}, 200, "down", None),
        (b"<html>moved</html>", 302, "down", None),
    ],
)  # fmt: skip
def test_trouble_has_one_reading_on_both_apis(body: object, status: int, kind: str, wait: float | None) -> None:
    """The kind and the wait follow from the text where there is one, else from the status."""
    for verdict in (page(body, status), node(body, status)):
        assert (verdict.kind, verdict.wait) == (kind, wait)


def test_a_refused_fingerprint_is_told_apart_from_other_refusals() -> None:
    """Paging can take up again after it, so the detail must say so."""
    refused = {
        "success": False,
        "error": FINGERPRINT,
    }
    assert "fingerprint" in page(refused, 400).detail
    assert "fingerprint" not in page({"success": False, "error": "Invalid query filter(s)!: [limit]"}, 400).detail


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"data": [], "success": True, "meta": {"at": 1700791508132, "page_size": 0}}, "empty"),
        ({"data": [{}], "success": True, "meta": {"at": 1}}, "ok"),
        ({"data": [{}], "success": True}, "down"),
        ({"data": [{}], "success": False, "meta": {}}, "down"),
        ({"data": {}, "success": True, "meta": {}}, "down"),
        ({}, "down"),
        ([], "down"),
        (None, "down"),
        (7, "down"),
    ],
)
def test_a_page_is_an_envelope_that_tells_whether_it_is_the_last(body: object, kind: str) -> None:
    """Without `meta` the end cannot be proven, so such an answer is none."""
    assert page(body).kind == kind


@pytest.mark.parametrize(
    ("body", "kind"),
    [({}, "empty"), ([], "empty"), ({"id": "00"}, "ok"), ([{}], "ok"), ("text", "down"), (None, "down"), (1, "down")],
)
def test_an_empty_record_of_a_node_is_a_documented_none(body: object, kind: str) -> None:
    """java-tron answers `{}` for what it does not know and `[]` for an empty block."""
    assert node(body).kind == kind


def test_words_in_the_data_do_not_decide() -> None:
    """A token named after an error message is a token, not a suspension."""
    name = "the query server is suspended for 9999 s, lack of computing resources"
    body = {"data": [{"token_info": {"symbol": name}}], "success": True, "meta": {}}
    assert page(body).kind == Kind.OK
    assert node({"abi": name}).kind == Kind.OK


@given(st.integers(100, 599), st.binary(max_size=200))
def test_any_bytes_have_a_reading(status: int, body: bytes) -> None:
    """The classifiers are total: cut, foreign and binary bodies get a verdict, never an exception."""
    assert classify_page(status, {}, body).kind in Kind
    assert classify_node(status, {}, body).kind in Kind


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["data", "meta", "success", "Error", "error", "result"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.sampled_from([200, 400, 403, 404, 429, 500]), json_values)
def test_any_json_has_a_reading(status: int, value: Any) -> None:
    """Fields of the wrong type are an answer of the wrong shape, never an exception."""
    assert page(value, status).kind in Kind
    assert node(value, status).kind in Kind


@needs_captures
def test_bodies_quoted_by_others_are_known() -> None:
    """Every TronGrid error body collected from public threads is read as trouble, and the empty ones as empty."""
    quoted = captured("observed-errors", "observed_error_bodies.json")["trongrid"]
    kinds = []
    for entry in quoted:
        status = int(str(entry["http"]).rpartition("/")[2])
        body = json.dumps(entry["body"]).encode() if entry["body"] != "" else b""
        kinds.append((page if "data" in entry["body"] else node)(body, status).kind.value)
    assert kinds == ["throttled"] * 4 + ["unsupported"] * 2 + ["empty"] * 2 + ["unsupported"]
