"""The values of a watch as the JSON its store keeps, and back. Pure.

Amounts are decimal text, because they exceed what SQLite and other readers of JSON take for an integer. A value comes
back equal to what was written; a list inside `Notice.more` comes back as a list.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from chains.model import Address, Asset, AssetId, Block, Kind, Position, Transfer
from chains.scan import Change, Sight
from tracer.ledger import Account
from tracer.watch.model import Notice, Target
from tracer.watch.standing import Rules, Stand
from tracer.watch.state import Base, Sense

AMOUNTS: Final = ("amount", "traced", "least", "most")
"""Fields of a notice that are base units."""


def dumped(value: Any) -> str:
    """JSON with one spelling per value; only ASCII, so that any text a chain holds can be kept."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def _int(text: str | None) -> int | None:
    return None if text is None else int(text)


def target_text(target: Target) -> str:
    """A target without its number and name, which have columns of their own."""
    fields = target._asdict()
    del fields["id"], fields["name"]
    return dumped(fields)


def target_of(number: int, name: str, text: str) -> Target:
    """The same back."""
    fields = json.loads(text)
    return Target(id=number, name=name, **{**fields, "labels": tuple(fields["labels"])})


def block_text(block: Block) -> str:
    """One block."""
    return dumped(block)


def block_of(text: str) -> Block:
    """The same back."""
    return Block(*json.loads(text))


def blocks_text(blocks: Sequence[Block]) -> str:
    """Blocks in their order."""
    return dumped(blocks)


def blocks_of(text: str) -> list[Block]:
    """The same back."""
    return [Block(*row) for row in json.loads(text)]


def stand_text(stand: Stand) -> str:
    """What stands at one account."""
    lots = {method: [[str(units), origin] for units, origin in rows] for method, rows in stand.lots.items()}
    units = (str(stand.balance), str(stand.least), str(stand.most))
    return dumped([stand.role, stand.low, *units, lots, stand.reason, stand.weak])


def stand_of(text: str) -> Stand:
    """The same back."""
    role, low, balance, least, most, lots, reason, weak = json.loads(text)
    rows = {method: tuple((int(units), origin) for units, origin in kept) for method, kept in lots.items()}
    return Stand(role, low, int(balance), int(least), int(most), rows, reason, weak)


def base_bytes(base: Base) -> bytes:
    """A base, compressed: a large case has thousands of accounts."""
    rules = base.rules
    plain = {
        "rules": {
            "method": rules.method,
            "followed": rules.followed,
            "highest_first": rules.highest_first,
            "sources": sorted(rules.sources),
            "own": sorted(rules.own),
            "least": [[*key, str(units)] for key, units in rules.least.items()],
        },
        "stands": [[*account, stand_text(stand)] for account, stand in base.stands.items()],
        "tops": list(base.tops.items()),
        "origins": str(base.origins),
        "assets": [[*key, *asset] for key, asset in base.assets.items()],
        "generation": base.generation,
    }
    return zlib.compress(dumped(plain).encode())


def base_of(packed: bytes) -> Base:
    """The same back."""
    plain = json.loads(zlib.decompress(packed))
    rules = plain["rules"]
    return Base(
        rules=Rules(
            method=rules["method"],
            followed=tuple(rules["followed"]),
            highest_first=rules["highest_first"],
            sources=frozenset((chain, address) for chain, address in rules["sources"]),
            own=frozenset((chain, address) for chain, address in rules["own"]),
            least={(chain, asset): int(units) for chain, asset, units in rules["least"]},
        ),
        stands={(chain, address, asset): stand_of(text) for chain, address, asset, text in plain["stands"]},
        tops={chain: Block(*block) for chain, block in plain["tops"]},
        origins=int(plain["origins"]),
        assets={(chain, AssetId(asset)): Asset(*fields) for chain, asset, *fields in plain["assets"]},
        generation=plain["generation"],
    )


def stand_row(target: int, account: Account, stand: Stand) -> tuple[object, ...]:
    """An account of a target, as its table has it."""
    return (target, *account, stand_text(stand))


def _position(position: Position) -> list[object]:
    return [position.height, position.tx_index, int(position.kind), position.index]


def _position_of(row: Sequence[Any]) -> Position:
    height, tx_index, kind, index = row
    return Position(height, tx_index, Kind(kind), tuple(index))


def sight_row(sight: Sight, *, early: bool) -> tuple[object, ...]:
    """A transfer that was seen, as its table has it."""
    one = sight.transfer
    body = [_position(one.position), one.time, sight.block]
    return (one.chain, early, dumped(_identity(one)), sight.number, sight.raw, dumped(body))


def _identity(one: Transfer) -> list[object]:
    return [one.tx, one.asset, one.sender, one.receiver, str(one.amount), one.nth, int(one.position.kind)]


def sight_of(chain: str, identity: str, number: int, raw: int, body: str) -> Sight:
    """The same back."""
    tx, asset, sender, receiver, amount, nth, _ = json.loads(identity)
    position, time, block = json.loads(body)
    place = _position_of(position)
    return Sight(Transfer(chain, tx, place, time, asset, sender, receiver, int(amount), nth), number, block, raw)


def change_row(one: Change) -> tuple[object, ...]:
    """A power that was given, as its table has it."""
    identity = [one.tx, one.kind, one.owner, one.holder, one.token, _position(one.position)]
    return (one.chain, dumped(identity), one.number, one.raw, dumped([one.time, _text(one.amount), one.block]))


def change_of(chain: str, identity: str, number: int, raw: int, body: str) -> Change:
    """The same back."""
    tx, kind, owner, holder, token, position = json.loads(identity)
    time, amount, block = json.loads(body)
    ends = (Address(owner), Address(holder), token)
    return Change(chain, kind, tx, _position_of(position), time, *ends, _int(amount), number, block, raw)


def notice_text(notice: Notice) -> str:
    """A notice."""
    amounts = {name: _text(getattr(notice, name)) for name in AMOUNTS}
    return dumped({**notice._asdict(), **amounts, "more": dict(notice.more)})


def notice_of(text: str) -> Notice:
    """The same back."""
    fields: dict[str, Any] = json.loads(text)
    amounts: Mapping[str, int | None] = {name: _int(fields[name]) for name in AMOUNTS}
    asset = None if fields["asset"] is None else Asset(*fields["asset"])
    return Notice(**{**fields, **amounts, "asset": asset})


def sense_text(sense: Sense) -> str:
    """Whether a chain can be seen."""
    return dumped(sense)


def sense_of(text: str) -> Sense:
    """The same back."""
    return Sense(*json.loads(text))
