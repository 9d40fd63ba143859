"""Account records, token records, code, and the results of view calls on TRON, as numbers, names and bytes."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from chains.errors import Down, Malformed, Unsupported
from chains.model import NATIVE, Asset, AssetId
from chains.tron_calls import NAME, amount_in, whole, words_in

_WORD = 64
_ANSWERED: Final = (None, "SUCCESS", "CONTRACT_VALIDATE_ERROR", "CONTRACT_EXE_ERROR")
"""Codes of a node that did look: it called, or there is no contract to call. The others speak of the node itself."""

_TIME_OUT: Final = ("time out", "timeout", "timed out")


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
    data = returned(called)
    if len(data) < _WORD:
        raise Unsupported(NAME, "a view call", str(called["result"])[:200])
    return int(data[:_WORD], 16)


def decoded_symbol(called: Mapping[str, Any]) -> str:
    """The text ``symbol()`` returned, as ABI string or as 32 bytes; empty when the contract has none.

    It is the contract's own claim: hostile text.
    """
    data = bytes.fromhex(returned(called))
    if len(data) >= 64 and int.from_bytes(data[:32], "big") == 32:
        data = data[64 : 64 + int.from_bytes(data[32:64], "big")]
    return data[:64].rstrip(b"\0").decode("utf-8", "replace")


def returned(called: object) -> str:
    """The returned bytes in bare hex; empty when there is no such contract or function, or it refused.

    Raises:
        Down: the node did not carry the call to its end.
        Malformed: no result of either kind.
    """
    told = called.get("result") if isinstance(called, Mapping) else None
    if not isinstance(called, Mapping) or not isinstance(told, Mapping):
        raise Malformed(NAME, "a view call without result", called)
    # A revert has a message, in hex, and may carry its reason where a result would stand.
    message, code = words_in(told.get("message")), told.get("code")
    if code not in _ANSWERED or any(text in message.lower() for text in _TIME_OUT):
        raise Down(NAME, "a view call", f"{code or ''} {message}".strip()[:200])
    if message or code not in (None, "SUCCESS"):
        return ""
    try:
        (data,) = called["constant_result"]
        return bytes.fromhex(data).hex()
    except (KeyError, TypeError, ValueError):
        raise Malformed(NAME, "a view call's result is no hex", called) from None


def hash_of_code(contract: Mapping[str, Any]) -> str:
    """SHA-256 of the code of a contract (``getcontractinfo``, apis.md 4.3); "" for a wallet, whose record is empty.

    The creation code stands there too, with the constructor's arguments in it, and says nothing of clones.

    Raises:
        Malformed: a contract without its code.
    """
    if not contract:
        return ""
    try:
        code = bytes.fromhex(contract["runtimecode"])
    except (KeyError, TypeError, ValueError):
        raise Malformed(NAME, "a contract without its code", contract) from None
    if not code:
        raise Malformed(NAME, "a contract without its code", contract)
    return sha256(code).hexdigest()
