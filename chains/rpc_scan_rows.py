"""What logs, transactions and traces of whole blocks say of the watched, as sights and changes; pure.

Transfers are made by the same functions that make an address's history (chains/evm_records.py, chains/evm_traces.py),
so that one seen by a scan is the very one a case has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError

from chains.errors import Down
from chains.evm_address import to_topic
from chains.evm_contract import topics_of
from chains.evm_records import (
    APPROVAL,
    APPROVAL_FOR_ALL,
    DEPOSIT,
    TRANSFER,
    WITHDRAWAL,
    ZERO,
    address_field,
    hex_int,
    log_time,
    logs_to_rows,
    receipt_of,
    required,
)
from chains.evm_trie import encoded
from chains.model import Address, Block, Kind, Position, Transfer
from chains.registry import Chain
from chains.scan import APPROVAL as APPROVED
from chains.scan import DELEGATION, Change, Sight, Watched

Record = Mapping[str, Any]
Log = tuple[Record, int]
"""A log and the stored answer it stands in."""

SET_CODE: Final = 4
"""The type of transactions that delegate wallets (EIP-7702)."""
_SIGNED_AS: Final = b"\x05"
"""What EIP-7702 puts before an authorization when it is signed."""


@dataclass(slots=True)
class Found:
    """What was found so far, and the hash of every block that something was read of.

    ``untraced``: the calls inside some transactions were not shown.
    """

    source: str
    sights: list[Sight] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    weak: list[str] = field(default_factory=list)
    hashes: dict[int, str] = field(default_factory=dict)
    untraced: bool = False

    def saw(self, number: int, block: str) -> None:
        """Note which block of this number was read. Raises Down when another one was before."""
        if self.hashes.setdefault(number, block) != block:
            raise Down(self.source, f"block {number}", "two blocks of one number: the chain changed meanwhile")

    def take(self, more: Found) -> None:
        """Add what was found elsewhere. Raises Down as `saw`."""
        for number, block in more.hashes.items():
            self.saw(number, block)
        self.sights += more.sights
        self.changes += more.changes
        self.weak += more.weak
        self.untraced |= more.untraced

    def add(self, rows: Sequence[Transfer], block: str, raws: Mapping[Kind, int]) -> None:
        """Transfers of one transaction, with the stored answers that told those of each kind."""
        self.sights += [Sight(row, row.position.height, block, raws[row.position.kind]) for row in rows]


class Topics(NamedTuple):
    """The watched as they stand in topics: owners whose approvals count, and everybody whose tokens do."""

    guarded: frozenset[str]
    tokens: frozenset[str]

    @classmethod
    def of(cls, who: Watched) -> Topics:
        """Those of ``who``."""
        return cls(frozenset(map(to_topic, who.guarded)), frozenset(map(to_topic, who.tokens)))

    def concerned(self, log: Record, source: str) -> bool:
        """Whether a log of any kind may say something of the watched. Raises Malformed."""
        topics = topics_of(log, source)
        if len(topics) < 2:
            return False
        if topics[0] in (APPROVAL, APPROVAL_FOR_ALL):
            return topics[1] in self.guarded
        if topics[0] in (DEPOSIT, WITHDRAWAL):
            return topics[1] in self.tokens
        return topics[0] == TRANSFER and not self.tokens.isdisjoint(topics[1:3])


def of_logs(chain: Chain, who: Watched, logs: Sequence[Log], times: Mapping[int, int], source: str) -> Found:
    """Tokens in and out, and approvals. ``times`` has the times of blocks whose logs do not carry them.

    Raises:
        Malformed: a log without one of the fields every log has.
    """
    raws: dict[Position, int] = {}
    stamped: list[Record] = []
    found = Found(source)
    for log, raw in logs:
        number = hex_int(required(log, "blockNumber", source), source)
        found.saw(number, str(required(log, "blockHash", source)))
        tx_index = hex_int(required(log, "transactionIndex", source), source)
        place = (hex_int(required(log, "logIndex", source), source),)
        raws[Position(number, tx_index, Kind.TOKEN, place)] = raw
        time = log_time(log, source)
        stamped.append({**log, "blockTimestamp": hex(times[number] if time is None else time)})
    rows = logs_to_rows(chain, stamped, None, source)
    for row in rows.transfers:
        if row.sender in who.tokens or row.receiver in who.tokens:
            number = row.position.height
            found.sights.append(Sight(row, number, found.hashes[number], raws[row.position]))
    for one in rows.approvals:
        if one.owner in who.guarded and one.amount != 0:
            number = one.position.height
            found.changes.append(
                Change(
                    *(one.chain, APPROVED, one.tx, one.position, one.time, one.owner, one.spender, one.token),
                    *(one.amount, number, found.hashes[number], raws[one.position]),
                )
            )
    return found


def coin_rows(
    chain: Chain, transaction: Record, receipt: Record, internal: Sequence[Transfer], time: int, source: str
) -> tuple[Transfer, ...]:
    """Fee, own value and calls inside one transaction. Raises Malformed."""
    price = transaction.get("gasPrice")
    return receipt_of(
        chain,
        {**receipt, "logs": []},
        0,
        source,
        value=hex_int(required(transaction, "value", source), source),
        time=time,
        internal=internal,
        gas_price=None if price is None else hex_int(price, source),
    ).transfers


class Authorization(NamedTuple):
    """One signed order of a type-4 transaction that ``owner`` shall run the code of ``holder`` (zero: none)."""

    owner: Address
    holder: Address
    nth: int


def authorizations(chain: Chain, transaction: Record, source: str) -> Iterator[Authorization]:
    """The orders in a transaction that are for this chain and signed; whether they came to be is not known.

    Raises:
        Malformed: a record without the documented fields.
    """
    if hex_int(transaction.get("type") or 0, source) != SET_CODE:
        return
    for nth, order in enumerate(required(transaction, "authorizationList", source)):
        number = hex_int(required(order, "chainId", source), source)
        owner = _signer(order, number, source) if number in (0, chain.number) else None
        if owner is not None:
            yield Authorization(owner, address_field(order, "address", source), nth)


def _signer(order: Record, number: int, source: str) -> Address | None:
    """Who signed an order; None where the signature is none, as the chain then passes it over."""
    target = bytes.fromhex(address_field(order, "address", source)[2:])
    nonce = hex_int(required(order, "nonce", source), source)
    signed = keccak(_SIGNED_AS + encoded([_shortest(number), target, _shortest(nonce)]))
    names = ("yParity" if order.get("yParity") is not None else "v", "r", "s")
    parts = [hex_int(required(order, name, source), source) for name in names]
    try:
        key = Signature(vrs=(parts[0], parts[1], parts[2])).recover_public_key_from_msg_hash(signed)
    except (BadSignature, ValidationError):
        return None
    return Address(key.to_address())


def _shortest(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) >> 3, "big")


def delegation(chain: Chain, transaction: Record, order: Authorization, block: Block, raw: int, source: str) -> Change:
    """An order that came to be in ``block``. Raises Malformed."""
    tx_index = hex_int(required(transaction, "transactionIndex", source), source)
    return Change(
        chain=chain.id,
        kind=DELEGATION,
        tx=str(required(transaction, "hash", source)).lower(),
        position=Position(block.height, tx_index, Kind.NATIVE, (order.nth,)),
        time=block.time,
        owner=order.owner,
        holder=Address("") if order.holder == ZERO else order.holder,
        token=None,
        amount=None,
        number=block.number,
        block=block.hash,
        raw=raw,
    )


def unexplained(before: Mapping[Address, int], after: Mapping[Address, int], sights: Sequence[Sight]) -> list[Address]:
    """Addresses whose native balance did not become what these transfers of coins make of it."""
    held = dict(before)
    for sight in sights:
        row = sight.transfer
        if row.position.kind is not Kind.TOKEN:
            for end, units in ((row.sender, -row.amount), (row.receiver, row.amount)):
                if end in held:
                    held[end] += units
    return sorted(one for one in held if held[one] != after[one])


def without_transactions(seen: Collection[str], transactions: Sequence[Record], what: str, source: str) -> None:
    """Raise Down when an answer about a block leaves out one of its transactions.

    Those without gas are a chain's own bookkeeping, which some nodes do not list.
    """
    for one in transactions:
        mine = str(required(one, "hash", source)).lower()
        if mine not in seen and hex_int(one.get("gas") or 0, source):
            raise Down(source, what, f"it leaves out transaction {mine}")


def same_block(record: Record, block: str, what: str, source: str) -> None:
    """Raise Down when a part of a block says that it belongs to another one; Malformed when it does not say."""
    if str(required(record, "blockHash", source)) != block:
        raise Down(source, what, "it is of another block: the chain changed meanwhile")
