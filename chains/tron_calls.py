"""What a TRON transaction, or a call inside one, moves of TRX and TRC-10: one table by contract type, one by note.

The indexed API and the node API wrap the same contract records, so what they mean is decided here once (apis.md 4.6;
enum `ContractType` of tronprotocol's Tron.proto; notes as java-tron's Program.java writes them).

TRX that is staked leaves the holder's liquid balance and comes back with a reward, to and from nobody's address.
`STAKE` stands for that place, as `FEE_SINK` does for fees: a sink and a spring that must never be followed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from eth_utils.crypto import keccak

from chains import tron_address
from chains.errors import Malformed
from chains.model import NATIVE, Address, AssetId

NAME: Final = "trongrid"
STAKE: Final = Address("stake")
"""Where frozen TRX is until it is withdrawn, and where rewards come from."""


class Move(NamedTuple):
    """One movement of TRX or a TRC-10 token; ``amount`` may be 0."""

    asset: AssetId
    sender: Address
    receiver: Address
    amount: int


class Inner(NamedTuple):
    """A call inside a transaction: its hash, whether it was undone, java-tron's note, and what it carried."""

    id: str
    rejected: bool
    note: str
    moves: tuple[Move, ...]


class Call(NamedTuple):
    """A transaction's one contract. ``record`` is the whole transaction, also where `returned` amounts stand."""

    tx: str
    type: str
    value: Mapping[str, Any]
    record: Mapping[str, Any]

    @property
    def owner(self) -> Address:
        """Who pays the fee: the account whose permission signed."""
        shielded = self.type == "ShieldedTransferContract"
        return address_in(self.value, "transparent_from_address" if shielded else "owner_address")


RETURNED: Final[Mapping[str, str]] = {
    "UnfreezeBalanceContract": "unfreeze_amount",
    "WithdrawBalanceContract": "withdraw_amount",
    "UnfreezeBalanceV2Contract": "withdraw_expire_amount",
    "WithdrawExpireUnfreezeContract": "withdraw_expire_amount",
    "CancelAllUnfreezeV2Contract": "withdraw_expire_amount",
}
"""Contract types that bring TRX back from stake, and the field of the transaction info that says how much."""

_STILL: Final = frozenset(
    {
        "AccountCreateContract",
        "VoteAssetContract",
        "VoteWitnessContract",
        "WitnessCreateContract",
        "WitnessUpdateContract",
        "AccountUpdateContract",
        "UpdateAssetContract",
        "ProposalCreateContract",
        "ProposalApproveContract",
        "ProposalDeleteContract",
        "SetAccountIdContract",
        "CustomContract",
        "GetContract",
        "UpdateSettingContract",
        "UpdateEnergyLimitContract",
        "AccountPermissionUpdateContract",
        "ClearABIContract",
        "UpdateBrokerageContract",
        "DelegateResourceContract",
        "UnDelegateResourceContract",
    }
)
"""Types that move nothing but their fee; lent energy is no TRX.

In neither table: TRC-10 issue and unfreezing, the built-in exchange and market, shielded transfers, and whatever is
added to TRON later. Their records do not tell all they move, so they are named as a doubt instead of guessed.
"""

_DIGITS: Final = 78
"""What a word of 256 bits needs; more would be no amount, and Python refuses to read thousands."""
_TRC10 = re.compile(r"[0-9]{7}")
_NO_CONTRACT_RESULT = frozenset({None, "", "DEFAULT", "SUCCESS"})
"""Transactions that run no contract, and all of 2018, have no result of one: being in a block they succeeded."""


def call_of(record: Mapping[str, Any]) -> Call:
    """The contract of a transaction record of either API. Raises Malformed when it has none."""
    try:
        contract = record["raw_data"]["contract"][0]
        return Call(tx_id(record["txID"]), contract["type"], contract["parameter"]["value"], record)
    except (KeyError, IndexError, TypeError):
        raise Malformed(NAME, "a transaction without txID or contract", record) from None


def tx_id(text: str) -> str:
    """Canonical transaction id: 64 lower-case digits, no 0x."""
    return text.lower().removeprefix("0x")


def succeeded(record: Mapping[str, Any]) -> bool:
    """Whether a transaction record did what it says; a failed one only burnt its fee."""
    results = record.get("ret") or [{}]
    return results[0].get("contractRet") in _NO_CONTRACT_RESULT and results[0].get("code") != "FAILED"


def moves_of(call: Call) -> tuple[list[Move], str]:
    """What a successful call moves by itself, and why that may not be all (empty when it is).

    Raises:
        Malformed: a mandatory field of a known type is missing.
    """
    if call.type in RETURNED:
        return [Move(NATIVE, STAKE, call.owner, amount_in(call.record, RETURNED[call.type]))], ""
    if call.type in _MOVES:
        return _MOVES[call.type](call)
    if call.type in _STILL:
        return [], ""
    return [], f"{call.type} of {call.tx} may have moved value that its record does not tell"


def inner_moves(inner: Inner) -> tuple[tuple[Move, ...], str]:
    """What a call inside a transaction moves, and why that may not be all."""
    if inner.rejected or not any(move.amount for move in inner.moves):
        return (), ""
    if inner.note in ("call", "create", "suicide", ""):
        return inner.moves, ""
    owner = inner.moves[0].sender
    if inner.note.startswith(("freezeFor", "freezeBalanceV2For")):
        return tuple(move._replace(sender=owner, receiver=STAKE) for move in inner.moves), ""
    if inner.note.startswith(("unfreezeFor", "withdrawReward", "withdrawExpireUnfreeze")):
        return tuple(move._replace(sender=STAKE, receiver=owner) for move in inner.moves), ""
    if inner.note.startswith(("unfreezeBalanceV2For", "cancelAllUnfreezeV2", "delegate", "unDelegate", "voteWitness")):
        return (), ""
    return (), f"a call inside with the unknown note {inner.note[:40]!r}"


def inner_of(record: Mapping[str, Any]) -> Inner:
    """A call inside a transaction, in the indexed API's shape or the node's.

    Raises:
        Malformed: it has neither shape.
    """
    if "transferTo_address" in record or "caller_address" in record:
        sender, receiver = address_in(record, "caller_address"), address_in(record, "transferTo_address")
        values = [
            (_asset(info.get("tokenId")), amount_in(info, "callValue")) for info in record.get("callValueInfo", [])
        ]
        return _inner(text_in(record, "hash"), record, sender, receiver, values)
    data = record.get("data")
    if not isinstance(data, Mapping):
        raise Malformed(NAME, "an internal transaction of unknown shape", record)
    carried = data.get("call_value") or {}
    pairs = carried.items() if isinstance(carried, Mapping) else [("_", carried)]
    values = [(_asset(None if coin == "_" else coin), whole(amount)) for coin, amount in pairs]
    sender, receiver = address_in(record, "from_address"), address_in(record, "to_address")
    return _inner(text_in(record, "internal_tx_id"), data, sender, receiver, values)


def text_in(record: Mapping[str, Any], name: str) -> str:
    """A mandatory text field. Raises Malformed when it is missing."""
    text = record.get(name)
    if not isinstance(text, str):
        raise Malformed(NAME, f"no {name}", record)
    return text


def address_in(record: Mapping[str, Any], name: str) -> Address:
    """A mandatory address field in any of TRON's spellings. Raises Malformed when it is missing or none."""
    text = record.get(name)
    try:
        return tron_address.parse(text) if str(text).startswith("T") else tron_address.from_hex(str(text))
    except ValueError as wrong:
        raise Malformed(NAME, f"{name}: {wrong}", record) from None


def whole(value: object) -> int:
    """A whole number, not negative; the API writes large ones as text. Raises Malformed for anything else."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _DIGITS:
        return int(value)
    raise Malformed(NAME, "not a whole number", value)


def amount_in(record: Mapping[str, Any], name: str) -> int:
    """An amount the API leaves out, or writes as null, when it is zero. Raises Malformed when it is no amount."""
    return whole(record.get(name) or 0)


def words_in(told: object) -> str:
    """A note or message as words: the node writes their hex, the indexed API has done both."""
    text = str(told or "")
    try:
        words = bytes.fromhex(text).decode("ascii")
    except ValueError:
        return text
    return words if words.isprintable() else text


def trc10_id(text: str) -> AssetId | None:
    """The number of a TRC-10 token, as digits or as the hex of its digits; None for a name from before numbers.

    Numbers begin at 1000001 (2018-10) and have seven digits; anything shorter or longer may be the hex of a name.
    """
    if _TRC10.fullmatch(text):
        return AssetId(text)
    try:
        decoded = bytes.fromhex(text).decode("ascii")
    except ValueError:
        return None
    return AssetId(decoded) if _TRC10.fullmatch(decoded) else None


def _inner(
    name: str, told: Mapping[str, Any], sender: Address, receiver: Address, values: list[tuple[AssetId, int]]
) -> Inner:
    moves = tuple(Move(asset, sender, receiver, amount) for asset, amount in values)
    return Inner(name, bool(told.get("rejected", False)), words_in(told.get("note")), moves)


def _asset(token: object) -> AssetId:
    return NATIVE if token in (None, "", 0, "0") else AssetId(str(token))


def _transfer(call: Call) -> tuple[list[Move], str]:
    return [Move(NATIVE, call.owner, address_in(call.value, "to_address"), amount_in(call.value, "amount"))], ""


def _transfer_asset(call: Call) -> tuple[list[Move], str]:
    asset = trc10_id(str(call.value.get("asset_name")))
    if asset is None:
        return [], f"{call.tx} moved a TRC-10 token from before they had numbers"
    return [Move(asset, call.owner, address_in(call.value, "to_address"), amount_in(call.value, "amount"))], ""


def _participate(call: Call) -> tuple[list[Move], str]:
    paid = Move(NATIVE, call.owner, address_in(call.value, "to_address"), amount_in(call.value, "amount"))
    return [paid], f"{call.tx} bought TRC-10 tokens; how many its record does not tell"


def _freeze(call: Call) -> tuple[list[Move], str]:
    return [Move(NATIVE, call.owner, STAKE, amount_in(call.value, "frozen_balance"))], ""


def _trigger(call: Call) -> tuple[list[Move], str]:
    return _called(call, call.value, call.value, address_in(call.value, "contract_address")), ""


def _create(call: Call) -> tuple[list[Move], str]:
    made = call.value.get("new_contract")
    if not isinstance(made, Mapping):
        raise Malformed(NAME, "a contract creation without new_contract", call.record)
    return _called(call, made, call.value, created_by(call.tx, call.owner)), ""


def created_by(tx: str, owner: Address) -> Address:
    """Address of the contract a transaction creates: java-tron's `generateContractAddress`."""
    digest = keccak(bytes.fromhex(tx) + bytes.fromhex(tron_address.to_hex41(owner)))
    return tron_address.from_hex(digest[12:].hex())


def _called(call: Call, coins: Mapping[str, Any], tokens: Mapping[str, Any], receiver: Address) -> list[Move]:
    moves = [Move(NATIVE, call.owner, receiver, amount_in(coins, "call_value"))]
    if tokens.get("token_id"):
        moves.append(Move(_asset(tokens["token_id"]), call.owner, receiver, amount_in(tokens, "call_token_value")))
    return moves


_MOVES: Final[Mapping[str, Callable[[Call], tuple[list[Move], str]]]] = {
    "TransferContract": _transfer,
    "TransferAssetContract": _transfer_asset,
    "ParticipateAssetIssueContract": _participate,
    "FreezeBalanceContract": _freeze,
    "FreezeBalanceV2Contract": _freeze,
    "TriggerSmartContract": _trigger,
    "CreateSmartContract": _create,
}
