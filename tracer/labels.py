"""Who an address belongs to, according to whom, and whether a trace ends there.

A label is an attribution: somebody said so, on some day, and may be wrong. So every label keeps its source, its date
and a confidence, contradicting labels are all kept, and nothing here decides a fact about a chain. What each confidence
means stands in docs/decisions.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from chains.model import Address, AssetId
from tracer.words import sentence

EVM_WILDCARD: Final = "eip155:*"
"""The chain of a label that holds on every EVM chain."""

EXCHANGES: Final = frozenset({"exchange", "exchange_hot", "exchange_cold", "exchange_deposit"})

STOPS: Final[Mapping[str, str]] = {
    "exchange": "exchange",
    "exchange_hot": "exchange",
    "exchange_cold": "exchange",
    "exchange_deposit": "exchange_deposit",
    "mixer": "mixer",
    "bridge": "bridge",
    "gambling": "service",
    "payment": "service",
    "otc": "service",
    "guarantee_market": "service",
    "instant_exchanger": "service",
    "service": "service",
}
"""Category → why a trace ends there: behind these, the coins of many people lie in one pot. Not behind a ``dex``, which
pays back at once: what it was paid in is opened and followed."""

_RANKS: Final[Mapping[str, int]] = {
    **dict.fromkeys(STOPS, 0),
    "sanctioned": 0,
    "stablecoin_issuer": 0,
    "hack": 1,
    "dex": 1,
    "other": 1,
    "sanctioned_before": 2,
    "frozen": 2,
}

CATEGORIES: Final = tuple(_RANKS)
"""Every known category. ``sanctioned_before``: on an older list and not on the newest that was read;
``frozen``: blacklisted by the token's issuer, which is no government sanction."""

KINDS: Final = (
    "user",
    "authority",
    "issuer",
    "self_published",
    "second_hand",
    "agreed",
    "explorer",
    "collection",
)
"""What kind of source says so, the most credible first: the user; a government; the issuer's own contract; the entity
itself; a copy of what it published; two lists that do not read the same place; an explorer's tag; anybody's list."""

ROLES: Final = ("", "hot", "cold", "reserve", "deposit", "contract")
"""What the address does for the entity; ``""`` when nobody says. A ``reserve`` address is hot or cold, unsaid which."""

_ROLE_OF: Final[Mapping[str, str]] = {"exchange_hot": "hot", "exchange_cold": "cold", "exchange_deposit": "deposit"}

_SELF_CHOSEN: Final = re.compile(
    r"[\w-]+(\.[\w-]+)*\.(eth|bnb|ton|trx|lens|crypto|nft|x|wallet|dao|arb|sol)", re.IGNORECASE
)

STOP_CONFIDENCE: Final = 40
"""A label below this marks an address but ends no trace (domain rule 9.10)."""

NO_CODE_PERCENT: Final = 80
CODE_UNKNOWN_PERCENT: Final = 60

_BURN: Final = frozenset(
    {
        Address("0x0000000000000000000000000000000000000000"),
        Address("0x000000000000000000000000000000000000dead"),
        Address("T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"),  # the 20 zero bytes in TRON's spelling
        Address("T9yD14Nj9j7xAB4dbGeiX9h8upfCg3PBbY"),  # 0x…dead in TRON's spelling
        Address("TLsV52sRDL79HXGGm9yzwKibb6BeruhUzy"),  # "Blackhole" of TRON's genesis block
    }
)


class Label(NamedTuple):
    """One attribution. ``chain`` is where it was said of (a CAIP-2 id or ``eip155:*``), ``confidence`` 0 to 100.

    ``as_of`` is the source's date as far as it is known (``2026-08-22``, ``2024``, or empty). ``assumed`` says why a
    label of another chain is thought to hold here, and is empty when the label speaks of the asked chain itself.
    ``kind`` is one of `KINDS`, ``role`` one of `ROLES`; ``url`` is where it can be read, ``checked`` the day this copy
    was read there. It holds from ``valid_from`` to ``valid_to``, dates or empty where nobody set an end.
    """

    chain: str
    address: Address
    entity: str
    category: str
    source: str
    as_of: str
    confidence: int
    by_user: bool = False
    assumed: str = ""
    role: str = ""
    kind: str = "collection"
    url: str = ""
    checked: str = ""
    valid_from: str = ""
    valid_to: str = ""

    def holds(self, first: str, last: str) -> bool:
        """Does it hold on some day of a span? Dates as text; an empty end of the span is open."""
        return not (last and self.valid_from > last) and not (self.valid_to and first and self.valid_to < first)


class Token(NamedTuple):
    """One listed token contract. ``peg`` is ``USD`` for a dollar stablecoin one may assume at 1.00, else empty.

    ``freezable`` is yes, no or unknown, and the functions and events tell how its issuer freezes, checks and seizes.
    """

    chain: str
    contract: AssetId
    symbol: str
    name: str
    issuer: str
    decimals: int
    peg: str
    freezable: str
    freeze_function: str
    freeze_selector: str
    check_function: str
    check_selector: str
    freeze_event: str
    freeze_topic0: str
    seize_function: str
    source: str
    note: str


@dataclass(slots=True)
class LabelBook:
    """All labels by address. ``more`` has those of the lists on this machine, too many to hold in memory.

    ``used`` remembers what was said of every address that was asked about: what a case must keep, so that it comes out
    the same when lists have changed. ``span`` are the first and the last day the case is about.
    """

    by_address: Mapping[Address, tuple[Label, ...]]
    more: Callable[[Address], Sequence[Label]] = lambda _: ()
    span: tuple[str, str] = ("", "")
    used: dict[Address, tuple[Label, ...]] = field(default_factory=dict)

    @classmethod
    def of_labels(cls, labels: Iterable[Label], more: Callable[[Address], Sequence[Label]] = lambda _: ()) -> LabelBook:
        """A book of these labels, whatever their order."""
        found: dict[Address, list[Label]] = {}
        for label in labels:
            found.setdefault(label.address, []).append(label)
        return cls({address: tuple(rows) for address, rows in found.items()}, more)

    def said(self, address: Address) -> tuple[Label, ...]:
        """Everything that is said of this address on any chain at any time, in no order."""
        if address not in self.used:
            self.used[address] = (*self.by_address.get(address, ()), *self.more(address))
        return self.used[address]

    def of(self, chain: str, address: Address, *, is_contract: bool | None) -> tuple[Label, ...]:
        """Every label that holds for this address on this chain, best first; contradicting ones are all there.

        An exchange's wallet known on one EVM chain counts on the others with less confidence, because one key rules
        them all — unless the address is a contract here, whose other chains' namesakes may be anybody's.
        ``is_contract`` is None when nobody looked.
        """
        said: list[Label] = []
        assumed: dict[tuple[str, str], Label] = {}
        for label in self.said(address):
            if not label.holds(*self.span):
                continue
            if label.chain == chain or (label.chain == EVM_WILDCARD and chain.startswith("eip155:")):
                said.append(label)
            elif _carries_over(label, chain, is_contract=is_contract):
                here = _carried_over(label, is_contract=is_contract)
                key = (here.entity, here.category)
                assumed[key] = min(here, assumed.get(key, here), key=_best_first)
        known = {(label.entity, label.category) for label in said}
        return tuple(sorted([*said, *(row for key, row in assumed.items() if key not in known)], key=_best_first))


@dataclass(frozen=True, slots=True)
class Tokens:
    """The listed tokens by chain and contract."""

    rows: Mapping[tuple[str, AssetId], Token]

    def of(self, chain: str, asset: AssetId) -> Token | None:
        """What is known of this token."""
        return self.rows.get((chain, asset))

    def is_listed(self, chain: str, asset: AssetId) -> bool:
        """True for a token of the list; a symbol never makes one."""
        return (chain, asset) in self.rows

    def stable(self, chain: str, asset: AssetId) -> bool:
        """True for a dollar stablecoin that may be assumed at its peg."""
        token = self.of(chain, asset)
        return token is not None and token.peg == "USD"

    @property
    def stables(self) -> frozenset[tuple[str, AssetId]]:
        """Chain and contract of every token that `stable` is true for."""
        return frozenset(key for key, token in self.rows.items() if token.peg == "USD")


def stop_reason(label: Label) -> str | None:
    """Why a trace ends at this label: exchange, exchange_deposit, mixer, bridge, service; None when it goes on."""
    if label.confidence < STOP_CONFIDENCE:
        return None
    return "exchange_deposit" if _is_unsaid(label) else STOPS.get(label.category)


def _is_unsaid(label: Label) -> bool:
    """An address that an exchange published without saying what it is for: of OKX's, nearly all are customers'."""
    return label.category == "exchange" and label.kind == "self_published" and not label.role


def stopping(labels: Sequence[Label]) -> Label | None:
    """The best label that ends a trace, of labels as `LabelBook.of` gave them.

    Where the user has labelled the address, only the user's labels decide: ``other`` lets a trace go through. An
    exchange that is as credibly a thief is no stop: lists turn "Cryptopia hack" into Cryptopia, and the trace would
    end at its first hop.
    """
    by_user = [label for label in labels if label.by_user and not label.assumed]
    deciding = by_user or labels
    thief = max((label.confidence for label in deciding if label.category == "hack"), default=-1)
    stops = [label for label in deciding if stop_reason(label) and not _is_doubted(label, thief)]
    if stops and _is_unsaid(stops[0]):
        return next((label for label in stops if is_hub(label) and label.entity == stops[0].entity), stops[0])
    return stops[0] if stops else None


def role_of(category: str) -> str:
    """The role that a category of an exchange's wallet says by its name; "" where it says none."""
    return _ROLE_OF.get(category, "")


def self_chosen(name: str) -> bool:
    """True for a name that anybody can register for an address (ENS and its kin): that is no label."""
    return _SELF_CHOSEN.fullmatch(name.strip()) is not None


def is_hub(label: Label) -> bool:
    """True for an exchange's own wallet, one that deposits are swept to; a customer's deposit address is none."""
    return stop_reason(label) == "exchange" and label.role != "deposit"


def is_published(label: Label) -> bool:
    """True when the one it speaks of, or a government, published it of this very chain: tier T0, else T1 (rule 9.4)."""
    return label.kind in ("self_published", "authority") and not label.assumed


def is_burn(address: Address) -> bool:
    """True for the well-known addresses that nobody holds a key to."""
    return address in _BURN


def _is_doubted(label: Label, thief: int) -> bool:
    return label.category in EXCHANGES and label.confidence <= thief


def _carries_over(label: Label, chain: str, *, is_contract: bool | None) -> bool:
    evm = label.chain.startswith("eip155:") and chain.startswith("eip155:")
    return evm and label.category in EXCHANGES and is_contract is not True


def _carried_over(label: Label, *, is_contract: bool | None) -> Label:
    if is_contract is None:
        why, percent = (
            sentence("rule.same_address_code_unknown", chain=label.chain),
            CODE_UNKNOWN_PERCENT,
        )
    else:
        why, percent = sentence("rule.same_address_no_code", chain=label.chain), NO_CODE_PERCENT
    return label._replace(confidence=label.confidence * percent // 100, assumed=why)


def _best_first(label: Label) -> tuple[bool, bool, int, int, int, tuple[int, ...], Label]:
    """Said of this chain, the user's, who it is before what befell it, rank of source, confidence, then the newest."""
    newest = tuple(-ord(sign) for sign in label.as_of.ljust(10))
    return (
        bool(label.assumed),
        not label.by_user,
        _RANKS[label.category],
        KINDS.index(label.kind),
        -label.confidence,
        newest,
        label,
    )
