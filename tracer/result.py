"""What a trace found, frozen and ordered: the one thing every report, letter and export is drawn from.

Facts, labels and inferences stay apart: a `FlowRow` is a fact of the chain; `EndpointRow.entity` is a label with its
source; `EndpointRow.rule` names the inference, when the reason rests on one. tracer/document.py is the JSON form.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, NamedTuple

from chains.model import Asset, Block, Gap

REASONS: Final = (
    "exchange",
    "exchange_deposit",
    "frozen",
    "held",
    "returned",
    "mixer",
    "bridge",
    "service",
    "contract",
    "burn",
    "fee",
    "dust",
    "hop_limit",
    "budget",
    "gap",
    "not_followed",
)


NOT_FOLLOWED: Final = ("dust", "hop_limit", "budget", "gap", "not_followed")
"""Reasons that mean: it went there, and was not looked for any further."""


class OriginRow(NamedTuple):
    """One theft transfer. ``since`` is what the user gave; ``tx`` and ``receiver`` say which transfer it is."""

    id: str
    chain: str
    victim: str
    since: str
    tx: str
    receiver: str
    time: int
    asset: Asset
    amount: int


class Principal(NamedTuple):
    """Part of what was stolen: ``amount`` base units of ``asset``, taken in theft transfer ``origin``."""

    origin: str
    asset: Asset
    amount: int


class EndpointRow(NamedTuple):
    """Where stolen value is now. ``amount`` in base units of ``asset``; ``principal`` in what was stolen.

    ``entity``, ``category`` and ``label_source`` come from a label and are empty without one; ``rule`` says in words
    what the reason rests on; ``confidence`` 0–100; ``path`` the transactions of its largest part, theft first;
    ``swept_to`` where a deposit address sent it on to (evidence, not followed). ``usd`` is the value when the largest
    part arrived, None when unpriced.
    """

    chain: str
    address: str
    asset: Asset
    amount: int
    principal: tuple[Principal, ...]
    category: str
    entity: str
    label_source: str
    confidence: int
    reason: str
    rule: str
    path: tuple[str, ...]
    swept_to: str | None
    arrived: int
    usd: Decimal | None


class Proof(NamedTuple):
    """A transaction that a finding rests on. ``role``: paid, sweep, gas, energy or code."""

    role: str
    tx: str


class DepositRow(NamedTuple):
    """An exchange's deposit address that received stolen value, and how firmly it is known for one.

    ``tier`` T0 (published by the exchange), T1 (labelled), T2 (confirmed by behaviour), T3 (probable), T4 (possible,
    not swept yet), T5 (swept to a service nobody has named). T2 and below are inferences: ``rule`` says what fired,
    ``proofs`` the transactions it rests on, ``against`` what speaks against it. ``hub`` is the exchange's wallet it is
    swept to, with the source of that wallet's label; both empty where there is none. ``requests`` is what the verdict
    cost beyond the trace. ``left`` are the base units it has paid on since stolen value first came, None when unknown.
    """

    chain: str
    address: str
    asset: Asset
    tier: str
    confidence: int
    entity: str
    hub: str
    hub_source: str
    rule: str
    proofs: tuple[Proof, ...]
    against: tuple[str, ...]
    requests: int
    left: int | None = None


ENDPOINT_TIERS: Final = frozenset({"T0", "T1", "T2", "T3"})
"""Tiers that make an address the end of a trail; the others are suspicions beside it."""


class FreezeRow(NamedTuple):
    """Whether the units of one token at one address can be, are or may soon be frozen by the token's issuer.

    ``can``, ``frozen`` and ``proposed`` are yes, no or unknown; a check that failed is unknown, never no. ``issuer`` is
    who controls this very contract by the token list, empty for an unlisted token. ``proposal`` names a pending
    proposal (multisig and number) with ``confirmed`` of ``needed`` confirmations. ``at`` is the height the answer is
    true for, None for "when asked"; ``why`` are sentences: why it cannot be frozen, or what could not be learnt.
    """

    chain: str
    address: str
    asset: Asset
    issuer: str
    can: str
    frozen: str
    proposed: str
    proposal: str = ""
    confirmed: int = 0
    needed: int = 0
    at: int | None = None
    why: tuple[str, ...] = ()


class CorroborationRow(NamedTuple):
    """What a second, independent source says of a transaction that the case rests on: a fact about two answers.

    ``role`` is ``theft``, ``endpoint`` or ``transfer``. ``first`` and ``second`` name the sources; ``second`` is empty
    where none was asked or none answered. ``verdict`` is ``agrees``, ``differs`` or ``unconfirmed``; ``why`` are
    sentences: what differs, or why nobody could confirm it.
    """

    chain: str
    tx: str
    role: str
    first: str
    second: str
    verdict: str
    why: tuple[str, ...] = ()


class InclusionRow(NamedTuple):
    """How far the chain itself proves a transaction: from the hash of its block down to the transaction and its logs.

    ``block`` and ``hash`` are the block's, nil and empty where it was not read. ``transaction`` and ``receipt`` are
    ``proven`` or ``unproven``; TRON's blocks commit to no logs, so there ``receipt`` is never proven. ``source`` gave
    the block; ``why`` says in a sentence what could not be proven, empty when nothing is missing.
    """

    chain: str
    tx: str
    role: str
    block: int
    hash: str
    transaction: str
    receipt: str
    source: str
    why: str = ""


class FlowRow(NamedTuple):
    """One payment that carried stolen value: ``amount`` gross, ``traced`` the stolen part; base units.

    ``via`` are addresses that passed it on inside the same transaction. ``conversion`` is the number, from nil, of the
    conversion that the payment went into or came out of, if it did. ``principal`` is what of the stolen the ``traced``
    units stand for, each rounded down: they pass through many hands, so over payments it adds up to nothing.
    """

    chain: str
    tx: str
    position: str
    time: int
    sender: str
    receiver: str
    asset: Asset
    amount: int
    traced: int
    via: tuple[str, ...] = ()
    conversion: int | None = None
    principal: tuple[Principal, ...] = ()


class ConvertedPart(NamedTuple):
    """What one address paid into or received from a conversion; ``traced`` is the stolen part, both in base units.

    ``usd`` is the value of the whole amount at that moment, None when unpriced.
    """

    address: str
    asset: Asset
    amount: int
    traced: int
    usd: Decimal | None


class ConversionRow(NamedTuple):
    """Stolen value that changed its form in one transaction: an inference from its legs, which are facts.

    ``kind`` is one of `tracer.convert`; ``venues`` took the one and gave the other. ``principal`` is what of the stolen
    the ``traced`` units that went in stand for. ``shared`` says what several ``ins``, or ``outs``, share it by.
    ``market`` is the value of what came out in parts of the value of what went in, None where a price is missing.
    ``linked`` is False where no venue ties the two together but a share token minted or burnt beside them, or an
    order: then ``placed`` is the transaction it was paid in, and ``tx`` the later one that filled it. ``doubtful`` when
    no price of anything that came out is known.
    """

    chain: str
    tx: str
    time: int
    kind: str
    owner: str
    venues: tuple[str, ...]
    ins: tuple[ConvertedPart, ...]
    outs: tuple[ConvertedPart, ...]
    principal: tuple[Principal, ...]
    shared: tuple[str, str]
    market: Decimal | None
    linked: bool
    doubtful: bool = False
    placed: str = ""


class AddressRow(NamedTuple):
    """An address that received stolen value. ``hop`` is its least distance from a victim; amounts are stolen units."""

    chain: str
    address: str
    asset: Asset
    hop: int
    received: int
    sent: int
    held: int
    marks: tuple[str, ...]


class MethodPrincipal(NamedTuple):
    """What of one stolen ``asset`` a place's units stand for: ``units`` in its base units, by method."""

    asset: Asset
    units: tuple[tuple[str, int], ...]


class MethodRow(NamedTuple):
    """A place where stolen units are under some method: ``units`` has every method's figure, by its name.

    ``units`` are in the asset that is there, ``principal`` in what was stolen: that adds up to what was stolen under
    every method that conserves units. Poison's figures are exposure. Rows of reason ``fee`` name who paid the fee.
    """

    chain: str
    address: str
    asset: Asset
    reason: str
    units: tuple[tuple[str, int], ...]
    principal: tuple[MethodPrincipal, ...] = ()


class BoundLine(NamedTuple):
    """What holds under any rule that conserves value, of all places of one asset where the trace ends for a reason.

    At least ``least`` and at most ``most`` base units are there; ``weak`` where that rests on unproven balances. With
    ``principal`` it is of what was stolen of the asset instead, in whatever form it is there.
    """

    asset: Asset
    reason: str
    least: int
    most: int
    weak: bool
    principal: bool = False


class InvolvedRow(NamedTuple):
    """Somebody the case is tied to, and how firmly: an inference. `tracer.involved` has the rule and the tiers.

    ``most`` is the most that any conserving method says it received. ``reason`` says why the trace ends there, empty
    where it does not. ``payer`` and ``tx`` are the payment that ties it to the case in time, empty where none does.
    """

    chain: str
    address: str
    asset: Asset
    tier: str
    rule: str
    most: int
    reason: str
    payer: str
    tx: str


class UnverifiedRow(NamedTuple):
    """A movement seen but not counted (spoofed or counterfeit token, NFT), and why."""

    chain: str
    tx: str
    kind: str
    asset: str
    symbol: str
    sender: str
    receiver: str
    amount: int
    why: str


class PriceRow(NamedTuple):
    """A price that informed the reader or the order of work; never part of the accounting."""

    asset: Asset
    time: int
    usd: Decimal | None
    source: str
    assumed_peg: bool


class Stats(NamedTuple):
    """Counted from the case: questions that sources answered, and addresses whose history was read."""

    requests: int
    addresses_fetched: int


class Result(NamedTuple):
    """A whole trace. ``notes`` are plain sentences about what does not weaken the numbers but a reader should know.

    Endpoints, flows and addresses are stated under ``method``; ``followed`` names the methods whose stolen units were
    followed from address to address, and ``methods`` has every method's figures on what was read. ``through`` are
    addresses that the user had the trace pass although it would have ended there.
    """

    version: str
    method: str
    followed: tuple[str, ...]
    highest_first: bool
    as_of: tuple[Block, ...]
    origins: tuple[OriginRow, ...]
    endpoints: tuple[EndpointRow, ...]
    flows: tuple[FlowRow, ...]
    addresses: tuple[AddressRow, ...]
    methods: tuple[MethodRow, ...]
    unverified: tuple[UnverifiedRow, ...]
    prices: tuple[PriceRow, ...]
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...]
    stats: Stats
    bounds: tuple[BoundLine, ...] = ()
    involved: tuple[InvolvedRow, ...] = ()
    conversions: tuple[ConversionRow, ...] = ()
    deposits: tuple[DepositRow, ...] = ()
    freezes: tuple[FreezeRow, ...] = ()
    through: tuple[str, ...] = ()
    corroborations: tuple[CorroborationRow, ...] = ()
    inclusions: tuple[InclusionRow, ...] = ()

    def totals(self) -> list[tuple[str, Asset, str, int]]:
        """(origin, stolen asset, reason, principal) summed over endpoints."""
        sums: dict[tuple[str, Asset, str], int] = {}
        for endpoint in self.endpoints:
            for part in endpoint.principal:
                key = (part.origin, part.asset, endpoint.reason)
                sums[key] = sums.get(key, 0) + part.amount
        return [(*key, amount) for key, amount in sorted(sums.items())]


def conduits_of(result: Result) -> dict[int, list[str]]:
    """Who passed on what went into each conversion or came out of it and is no venue of it, by its number."""
    found: dict[int, list[str]] = {}
    for flow in result.flows:
        if flow.conversion is None:
            continue
        known = found.setdefault(flow.conversion, [])
        venues = result.conversions[flow.conversion].venues
        known.extend(via for via in flow.via if via not in known and via not in venues)
    return found


def rfc3339(time: int) -> str:
    """Unix seconds as RFC 3339 UTC."""
    return datetime.fromtimestamp(time, UTC).isoformat().replace("+00:00", "Z")
