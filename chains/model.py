"""The words everything else is said in: what moved on a chain, and in what order.

A transfer is a fact about a chain, so the lowest layer owns these types. Amounts are ``int`` in base units, always.
Addresses and assets are plain canonical text (EVM lower case, TRON base58) because the fold handles millions of them;
`Chain.address` (chains/registry.py) is the only way from a user's spelling to the canonical one.

**Height** is what orders blocks: the block number on EVM chains; on TRON the block's time in milliseconds, because
TronGrid's token rows carry a time and no block number, and no two TRON blocks share a time.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple, NewType

Address = NewType("Address", str)
"""Canonical text: EVM ``0x`` + 40 lower-case hex digits; TRON base58check."""

AssetId = NewType("AssetId", str)
"""``native``, a canonical contract address, or a TRC-10 id (decimal digits)."""

NATIVE: Final = AssetId("native")
ANY_TOKEN: Final = AssetId("*")
"""In a history request: every fungible token of the holder."""

FEE_SINK: Final = Address("fee")
"""Stands for whoever collects fees; the receiver of every FEE transfer."""


class Kind(IntEnum):
    """What moved the value, which is also its rank within one transaction (domain rules 9.0)."""

    FEE = 0
    NATIVE = 1  # the transaction's own value; TRX and TRC-10 transfers
    INTERNAL = 2  # a call inside the transaction, in trace order
    TOKEN = 3  # a log, in log order; also wrapped-native deposit (mint) and withdrawal (burn)


class Position(NamedTuple):
    """Where in the chain; tuples compare in order of happening.

    ``tx_index`` is -1 and ``index`` is ``()`` where the source did not say; `settled` tells. ``index`` is a log index
    ``(7,)`` or a trace path ``(0, 1)``.
    """

    height: int
    tx_index: int
    kind: Kind
    index: tuple[int, ...]  # type: ignore[assignment]  # the field's word; tuple.index is never called on it

    @property
    def settled(self) -> bool:
        """True when no part of the position is unknown."""
        return self.tx_index >= 0 and bool(self.index)

    def __str__(self) -> str:
        tx = str(self.tx_index) if self.tx_index >= 0 else "?"
        index = ".".join(map(str, self.index)) or "?"
        return f"{self.height}:{tx}:{int(self.kind)}:{index}"


class Transfer(NamedTuple):
    """One movement of one asset, successful and on chain. ``amount`` > 0 in base units; ``time`` in Unix seconds.

    ``nth`` numbers equal rows of one transaction (0, 1, …): with it, `identity` is the same whichever end's history or
    source the transfer was seen in, and two equal rows of one transaction stay two.
    """

    chain: str
    tx: str
    position: Position
    time: int
    asset: AssetId
    sender: Address
    receiver: Address
    amount: int
    nth: int = 0

    @property
    def identity(self) -> tuple[str, str, int, str, str, str, int, int]:
        """What makes two sightings one transfer: everything but position and time."""
        return (
            self.chain,
            self.tx,
            int(self.position.kind),
            self.asset,
            self.sender,
            self.receiver,
            self.amount,
            self.nth,
        )


class Approval(NamedTuple):
    """A permission to spend: kept as a fact, never as value. ``amount`` is None for all-tokens permissions."""

    chain: str
    tx: str
    position: Position
    time: int
    token: AssetId
    owner: Address
    spender: Address
    amount: int | None


class Collectible(NamedTuple):
    """An NFT that moved (ERC-721 or ERC-1155): listed, not traced."""

    chain: str
    tx: str
    position: Position
    time: int
    contract: AssetId
    token_id: int
    sender: Address
    receiver: Address
    amount: int


class Asset(NamedTuple):
    """How to show an asset. The symbol is the contract's own claim: hostile text, and never its identity."""

    chain: str
    id: AssetId
    symbol: str
    decimals: int


class Block(NamedTuple):
    """A block: number, hash as the chain writes it, time in Unix seconds, and its `height`."""

    chain: str
    number: int
    hash: str
    time: int
    height: int


class Coverage(NamedTuple):
    """Proof of completeness: every movement of the asked asset at this address with low <= height <= high is known.

    ``high`` is None when read to the tip at the moment of asking.
    """

    low: int
    high: int | None


class Page(NamedTuple):
    """A stretch of one address's history. ``raws[i]`` is the stored answer that ``transfers[i]`` came from.

    A page never cuts a transaction in two. ``weak`` says why the stretch may miss something although the source
    answered (for example, internal transfers it cannot give); empty when it proves what `covers` says.
    """

    transfers: tuple[Transfer, ...]
    raws: tuple[int, ...]
    covers: Coverage
    approvals: tuple[Approval, ...] = ()
    collectibles: tuple[Collectible, ...] = ()
    assets: tuple[Asset, ...] = ()
    weak: str = ""
    supports: tuple[Support, ...] = ()


class Mark(NamedTuple):
    """What a log of a known kind says besides transfers: whose order was filled, who staked where.

    A hint, never value: any contract may log anything. ``kind`` is one of those in data/marks.toml, ``contract`` logged
    it, ``owner`` is whom it concerns, or empty where the log does not say.
    """

    kind: str
    contract: Address
    owner: Address
    position: Position


class Support(NamedTuple):
    """Energy or bandwidth that ``giver`` lent ``receiver`` (TRON): it moves no value but shows who pays for whom."""

    chain: str
    tx: str
    position: Position
    time: int
    giver: Address
    receiver: Address


class Event(NamedTuple):
    """One log of a contract as it stands on chain. ``topics`` and ``data`` are lower-case hex with ``0x``.

    ``time`` is None where the source does not say it.
    """

    chain: str
    contract: Address
    tx: str
    position: Position
    time: int | None
    topics: tuple[str, ...]
    data: str
    raw: int


class EventPage(NamedTuple):
    """A stretch of one contract's logs; ``covers`` as in `Page`."""

    events: tuple[Event, ...]
    covers: Coverage


class Called(NamedTuple):
    """What a contract answered to a call that changes nothing: lower-case hex with ``0x``, true at height ``at``.

    ``at`` is None for "when asked"; ``data`` is ``0x`` where there is no such function or it refused.
    """

    data: str
    at: int | None
    raw: int


class Receipt(NamedTuple):
    """One transaction as its receipt tells it; every transfer in it has a settled position.

    ``internals`` is False when the source cannot show calls inside the transaction. ``fee`` in native base units.
    ``time`` is None where the receipt does not carry it. ``target`` is what the transaction called or paid, empty where
    it created a contract. A transaction that failed has no marks. ``raw`` is the stored answer with the receipt,
    ``others`` has those that told transfers of a kind that it does not tell.
    """

    chain: str
    tx: str
    height: int
    tx_index: int
    time: int | None
    sender: Address
    ok: bool
    fee: int
    transfers: tuple[Transfer, ...]
    approvals: tuple[Approval, ...]
    collectibles: tuple[Collectible, ...]
    internals: bool
    raw: int
    marks: tuple[Mark, ...] = ()
    target: Address = Address("")
    others: tuple[tuple[Kind, int], ...] = ()

    def placed(self, transfer: Transfer) -> Transfer:
        """A transfer with the place this receipt gives it; unchanged where the receipt does not hold it."""
        position = transfer.position
        if self.tx_index >= 0:
            position = position._replace(tx_index=self.tx_index)
        if not position.index:
            same = (one.position.index for one in self.transfers if one.identity == transfer.identity)
            position = position._replace(index=next(same, ()))
        return transfer._replace(position=position)

    def raw_of(self, transfer: Transfer) -> int:
        """The stored answer behind one of the transfers."""
        return dict(self.others).get(transfer.position.kind, self.raw)

    @property
    def raws(self) -> tuple[int, ...]:
        """Every stored answer behind it, that of the receipt first."""
        return tuple(dict.fromkeys((self.raw, *(raw for _, raw in self.others))))


class Calls(NamedTuple):
    """Transfers by the calls inside one transaction, settled, and the stored answer they stand in."""

    transfers: tuple[Transfer, ...]
    raw: int


class Balance(NamedTuple):
    """What an address held. ``at`` is the height it is true for, or None for "when asked"."""

    amount: int
    at: int | None
    raw: int


class Gap(NamedTuple):
    """Something not known: what ``kind`` of thing, where, and why.

    Kinds: history, balance, order, code, token, internal, fee, transaction, reorg.
    """

    kind: str
    where: str
    why: str


def number_equal_rows(transfers: list[Transfer]) -> list[Transfer]:
    """Give equal rows of one transaction their ``nth``, in the order they stand in.

    The list must hold whole transactions; that is what `Page` promises.
    """
    seen: dict[tuple[object, ...], int] = {}
    numbered: list[Transfer] = []
    for transfer in transfers:
        key = transfer.identity[:-1]
        nth = seen.get(key, 0)
        seen[key] = nth + 1
        numbered.append(transfer if nth == transfer.nth else transfer._replace(nth=nth))
    return numbered
