"""Account records, token records and the results of view calls on TRON, as numbers and names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chains.errors import Malformed, Unsupported
from chains.model import NATIVE, Asset, AssetId
from chains.tron_calls import NAME, amount_in, whole

_WORD = 64


def account_balance(account: Mapping[str, Any], asset: AssetId) -> int:
    """What an account record (``/v1/accounts/{a}``, apis.md 4.2) says of one asset, in base units.

    Fields that are zero are left out of the record, so that a token not named is a token not held.
    """
    if asset == NATIVE:
        return amount_in(account, "balance")
    if asset.isdigit():
        return sum(whole(entry["value"]) for entry in account.get("assetV2") or () if entry["key"] == asset)
    return sum(whole(held[asset]) for held in account.get("trc20") or () if asset in held)


def asset_of_trc10(chain: str, asset: AssetId, record: Mapping[str, Any]) -> Asset:
    """A record of ``/v1/assets/{id}``: abbreviation and precision, which is left out when it is 0."""
    return Asset(chain, asset, str(record.get("abbr") or ""), amount_in(record, "precision"))


def first_word(called: Mapping[str, Any]) -> int:
    """The number a view function returned (``triggerconstantcontract``, apis.md 4.3).

    Raises:
        Unsupported: the contract does not have this function, or refused.
        Malformed: no result of either kind.
    """
    data = _result(called)
    if len(data) < _WORD:
        raise Unsupported(NAME, "a view call", str(called.get("result"))[:200])
    return int(data[:_WORD], 16)


def decoded_symbol(called: Mapping[str, Any]) -> str:
    """The text ``symbol()`` returned, as ABI string or as 32 bytes; empty when the contract has none.

    It is the contract's own claim: hostile text.
    """
    data = bytes.fromhex(_result(called))
    if len(data) >= 64 and int.from_bytes(data[:32], "big") == 32:
        data = data[64 : 64 + int.from_bytes(data[32:64], "big")]
    return data[:64].rstrip(b"\0").decode("utf-8", "replace")


def _result(called: Mapping[str, Any]) -> str:
    """The returned bytes in hex; empty when the call was refused or reverted."""
    told = called.get("result")
    if not isinstance(told, Mapping):
        raise Malformed(NAME, "a view call without result", called)
    results = called.get("constant_result") or [""]
    # A revert has a message, in hex, and may carry its reason where a result would stand.
    refused = told.get("message") or told.get("code") not in (None, "SUCCESS")
    data = "" if refused else str(results[0])
    try:
        bytes.fromhex(data)
    except ValueError:
        raise Malformed(NAME, "a view call's result is no hex", called) from None
    return data
