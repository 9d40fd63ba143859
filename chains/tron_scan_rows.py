"""What whole TRON blocks say of the watched, as sights and changes; pure.

Most transactions of a block concern nobody who is watched. They are told by their spelling alone; only the others are
read, by the function that reads a single transaction (chains/tron_receipt.py), so that a transfer seen by a scan is the
very one a case has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from chains.errors import Down, Malformed
from chains.model import NATIVE, Address, AssetId, Block, Kind, Position, Receipt, Transfer
from chains.registry import Chain
from chains.scan import APPROVAL, PERMISSION, Change, Sight, Watched
from chains.tron_address import to_hex41
from chains.tron_calls import NAME, Call, address_in, amount_in, call_of, inner_moves, inner_of, moves_of, tx_id
from chains.tron_receipt import normalise_receipt, place_of

Record = Mapping[str, Any]

PERMISSIONS: Final = "AccountPermissionUpdateContract"
_ADDRESS: Final = 40
"""Digits of an address without the 41, with which a topic ends."""


class Changed(Down):
    """The chain changed while it was read; read again, it may well answer."""


class Spelled(NamedTuple):
    """The watched as blocks spell them: 41 and 40 digits in records, the 40 digits alone in logs."""

    records: frozenset[str]
    logs: frozenset[str]

    @classmethod
    def of(cls, who: Watched) -> Spelled:
        """Whose own transactions and calls count, and whose logs do."""
        records = frozenset(map(to_hex41, who.coins | who.guarded))
        return cls(records, frozenset(to_hex41(one)[2:] for one in who.tokens | who.guarded))

    def signs(self, transaction: Record) -> bool:
        """Whether a transaction's own contract names one of them."""
        try:
            value = transaction["raw_data"]["contract"][0]["parameter"]["value"].values()
        except (KeyError, IndexError, TypeError, AttributeError):
            raise Malformed(NAME, "a transaction without a contract", transaction) from None
        return any(isinstance(text, str) and text in self.records for text in value)

    def inside(self, info: Record) -> bool:
        """Whether a call inside, or a log, names one of them."""
        calls = records_in(info, "internal_transactions")
        topics = [topic for log in records_in(info, "log") for topic in list(log.get("topics") or ())[1:3]]
        return any(
            call.get("caller_address") in self.records or call.get("transferTo_address") in self.records
            for call in calls
        ) or any(str(topic)[-_ADDRESS:] in self.logs for topic in topics)


class Whole(NamedTuple):
    """A block with its transactions, and what a node tells of what became of them; each with its stored answer."""

    block: Block
    transactions: Sequence[Record]
    raw: int
    infos: Sequence[Record]
    told: int


@dataclass(slots=True)
class Found:
    """What was found so far; ``weak`` are reasons why something may be missing."""

    sights: list[Sight] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    weak: list[str] = field(default_factory=list)


def records_in(record: Record, name: str) -> Sequence[Record]:
    """A list of records, which is left out where it is empty. Raises Malformed when it is something else."""
    return _records(record.get(name) or [], record)


def _records(listed: object, where: object) -> Sequence[Record]:
    if not isinstance(listed, list) or not all(isinstance(one, Mapping) for one in listed):
        raise Malformed(NAME, "no list of records", where)
    return listed


def matched(block: Block, transactions: Sequence[Record], told: object) -> None:
    """Raise `Changed` unless infos were told of this block's transactions, all of them, in their order."""
    infos = _records(told, told)
    ids = [tx_id(str(one.get("txID", ""))) for one in transactions]
    if ids != [tx_id(str(one.get("id", ""))) for one in infos]:
        raise Changed(NAME, f"block {block.number}", "what became of its transactions was told of others")
    for info in infos:
        place = place_of(info)
        if (place.number, place.height) != (block.number, block.height):
            raise Changed(NAME, f"block {block.number}", "what became of its transactions was told of another block")


def of_block(chain: Chain, who: Watched, spelled: Spelled, whole: Whole, found: Found) -> None:
    """Add everything of ``who`` in one block.

    Raises:
        Malformed: a record without one of its fields.
    """
    for index, (transaction, info) in enumerate(zip(whole.transactions, whole.infos, strict=True)):
        if not (spelled.signs(transaction) or spelled.inside(info)):
            continue
        receipt = normalise_receipt(chain, info, transaction, index, whole.told)
        block = whole.block
        for one in receipt.transfers:
            if _counts(one, who):
                raw = whole.raw if one.position.kind is Kind.NATIVE else whole.told
                found.sights.append(Sight(one, block.number, block.hash, raw))
        found.changes += _approvals(receipt, who, block)
        if receipt.ok:
            call = call_of(transaction)
            if call.type == PERMISSIONS and call.owner in who.guarded:
                found.changes += permissions(receipt, call, block, whole.raw)
            found.weak += _doubts(call, info, who, spelled)


def _counts(one: Transfer, who: Watched) -> bool:
    wanted = who.coins if one.asset == NATIVE or one.asset.isdigit() else who.tokens
    return one.sender in wanted or one.receiver in wanted


def _approvals(receipt: Receipt, who: Watched, block: Block) -> Iterator[Change]:
    for one in receipt.approvals:
        if one.owner in who.guarded and one.amount != 0:
            yield _change(receipt, block, APPROVAL, one.position, one.owner, one.spender)._replace(
                token=one.token, amount=one.amount
            )


def permissions(receipt: Receipt, call: Call, block: Block, raw: int) -> Iterator[Change]:
    """Who else signs for the account after a change of its permissions, the owner's key first among the lost.

    The account's own key lost the owner permission where it does not reach the threshold by itself.

    Raises:
        Malformed: a permission without keys.
    """
    account = call.owner
    owner = call.value.get("owner") or {}
    keys = _keys(owner)
    if owner and keys.get(account, 0) < max(amount_in(owner, "threshold"), 1):
        yield _permission(receipt, block, account, Address(""), 0, raw)
    actives = call.value.get("actives") or ()
    others = dict.fromkeys(key for one in (owner, *actives) for key in _keys(one) if key != account)
    for nth, key in enumerate(others, 1):
        yield _permission(receipt, block, account, key, nth, raw)


def _keys(permission: Record) -> dict[Address, int]:
    """Weights by address."""
    listed = permission.get("keys") or ()
    return {address_in(key, "address"): amount_in(key, "weight") for key in listed}


def _permission(receipt: Receipt, block: Block, owner: Address, holder: Address, nth: int, raw: int) -> Change:
    position = Position(receipt.height, receipt.tx_index, Kind.NATIVE, (nth,))
    return _change(receipt, block, PERMISSION, position, owner, holder)._replace(raw=raw)


def _change(receipt: Receipt, block: Block, kind: str, position: Position, owner: Address, holder: Address) -> Change:
    return Change(
        chain=receipt.chain,
        kind=kind,
        tx=receipt.tx,
        position=position,
        time=block.time,
        owner=owner,
        holder=holder,
        token=None,
        amount=None,
        number=block.number,
        block=block.hash,
        raw=receipt.raw,
    )


def _doubts(call: Call, info: Record, who: Watched, spelled: Spelled) -> Iterator[str]:
    """Why a transaction may have moved coins of the watched that its records do not tell."""
    _, doubt = moves_of(call)
    if doubt and spelled.signs(call.record):
        yield doubt
    for record in records_in(info, "internal_transactions"):
        inner = inner_of(record)
        _, doubt = inner_moves(inner)
        if doubt and any(end in who.coins for move in inner.moves for end in (move.sender, move.receiver)):
            yield f"{call.tx}: {doubt}"


def net_of(transfers: Iterable[Transfer], who: Address, asset: AssetId) -> int:
    """By how much these transfers changed what somebody has of an asset, in base units."""
    return sum(one.amount * ((one.receiver == who) - (one.sender == who)) for one in transfers if one.asset == asset)
