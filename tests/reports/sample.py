"""A small made-up trace with every shape a report must show: two victims, two chains, hostile names, all that can end.

Every account is conserved: what came in is what went on plus what rests, to the unit.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from chains.model import FEE_SINK, NATIVE, Asset, AssetId, Block, Gap
from tracer.lots import CONSERVING, METHODS
from tracer.result import (
    AddressRow,
    BoundLine,
    CorroborationRow,
    DepositRow,
    EndpointRow,
    FlowRow,
    FreezeRow,
    InclusionRow,
    InvolvedRow,
    MethodPrincipal,
    MethodRow,
    OriginRow,
    PriceRow,
    Principal,
    Proof,
    Result,
    Stats,
    UnverifiedRow,
)
from tracer.words import sentence

TODAY = date(2026, 11, 22)
ETHEREUM, TRON = "eip155:1", "tron:mainnet"
USDT = Asset(ETHEREUM, AssetId("0xdac17f958d2ee523a2206206994597c13d831ec7"), "USDT", 6)
ETH = Asset(ETHEREUM, NATIVE, "ETH", 18)
TRON_USDT = Asset(TRON, AssetId("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"), "\x1b[31mUS\u202eDT\u200b[/red]", 6)

VICTIM = "0x" + "a1" * 20
FIRST = "0x" + "b2" * 20
SECOND = "0x" + "c3" * 20
THIRD = "0x" + "c4" * 20
DEPOSIT = "0x" + "d5" * 20
HOT = "0x28c6c06298d514db089934071355e5743bf21d60"
MIXER = "0x" + "e6" * 20
FAR = "0x" + "e7" * 20
UNREAD = "0x" + "e8" * 20
ASIDE = "0x" + "e9" * 20
LED = "0x" + "ea" * 20
LATE = "0x" + "eb" * 20
TRON_VICTIM = "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8"
TRON_HOLDER = "TLa2f6VPqDgRE67v1736s7bJ8Ray5wYjU7"
HOSTILE_NAME = "Ev\u202eil [Binance · OFAC]\x07\n\x1b]8;;http://x\x1b\\[bold]ok"

START = 1_767_322_800  # 2026-01-02T03:00:00Z
USDT_ORIGIN, ETH_ORIGIN, TRON_ORIGIN = "o1", "o2", "o3"
MILLION = 10**6


def tx(number: int, chain: str = ETHEREUM) -> str:
    """A transaction hash as the chain writes it."""
    return f"{number:064x}" if chain == TRON else f"0x{number:064x}"


def _flow(number: int, sender: str, receiver: str, asset: Asset, amount: int, traced: int) -> FlowRow:
    when = START + 600 * number
    kind = 0 if receiver == FEE_SINK else 1 if asset.id == NATIVE else 3
    return FlowRow(
        asset.chain,
        tx(number, asset.chain),
        f"{24_000_000 + number}:{number}:{kind}:7",
        when,
        sender,
        receiver,
        asset,
        amount,
        traced,
    )


def _end(
    address: str,
    asset: Asset,
    amount: int,
    reason: str,
    path: tuple[int, ...],
    *,
    entity: str = "",
    category: str = "",
    source: str = "",
    confidence: int = 100,
    rule: str = "",
    swept_to: str | None = None,
    usd: str | None = None,
) -> EndpointRow:
    origin = {ETH.id: ETH_ORIGIN, USDT.id: USDT_ORIGIN, TRON_USDT.id: TRON_ORIGIN}[asset.id]
    return EndpointRow(
        chain=asset.chain,
        address=address,
        asset=asset,
        amount=amount,
        principal=(Principal(origin, asset, amount),),
        category=category,
        entity=entity,
        label_source=source,
        confidence=confidence,
        reason=reason,
        rule=rule,
        path=tuple(tx(number, asset.chain) for number in path),
        swept_to=swept_to,
        arrived=START + 600 * path[-1],
        usd=None if usd is None else Decimal(usd),
    )


def sample() -> Result:
    """The trace."""
    flows = (
        _flow(0, VICTIM, FIRST, USDT, 1_000_000 * MILLION, 1_000_000 * MILLION),
        _flow(1, VICTIM, FIRST, ETH, 5 * 10**18, 5 * 10**18),
        _flow(2, FIRST, SECOND, USDT, 700_000 * MILLION, 600_000 * MILLION),
        _flow(3, FIRST, THIRD, USDT, 300_000 * MILLION, 300_000 * MILLION),
        _flow(4, FIRST, FEE_SINK, ETH, 1_234_567_890_123_456, 1_234_567_890_123_456),
        _flow(5, SECOND, HOT, USDT, 412_000 * MILLION, 412_000 * MILLION),
        _flow(6, SECOND, THIRD, USDT, 100_000 * MILLION, 88_000 * MILLION),
        _flow(7, THIRD, DEPOSIT, USDT, 250_000 * MILLION, 250_000 * MILLION),
        _flow(8, THIRD, UNREAD, USDT, 31_000_000_001, 31_000_000_001),
        _flow(9, THIRD, FAR, USDT, 999_999, 999_999),
        _flow(10, THIRD, SECOND, USDT, 50_000 * MILLION, 50_000 * MILLION),
        _flow(11, FIRST, MIXER, ETH, 4 * 10**18, 4 * 10**18),
        _flow(12, TRON_VICTIM, TRON_HOLDER, TRON_USDT, 7_777 * MILLION, 7_777 * MILLION),
    )
    third_rests = (300_000 + 88_000 - 250_000 - 50_000) * MILLION - 31_000_000_001 - 999_999
    second_rests = (600_000 + 50_000 - 412_000 - 88_000) * MILLION
    first_rests = 10**18 - 1_234_567_890_123_456
    endpoints = (
        _end(
            HOT,
            USDT,
            412_000 * MILLION,
            "exchange",
            (0, 2, 5),
            entity="Binance 14",
            category="exchange_hot",
            source="published list, 2026-08-22",
            confidence=90,
            usd="411876.40",
        ),
        _end(
            DEPOSIT,
            USDT,
            250_000 * MILLION,
            "exchange_deposit",
            (0, 3, 7),
            entity=HOSTILE_NAME,
            category="exchange_deposit",
            source="labels.csv",
            confidence=70,
            rule="pays only one exchange's wallet, within the hour",
            swept_to=HOT,
            usd="249925.00",
        ),
        _end(THIRD, USDT, third_rests, "held", (0, 3), usd="57000"),
        _end(SECOND, USDT, second_rests, "held", (0, 2)),
        _end(UNREAD, USDT, 31_000_000_001, "gap", (0, 3, 8)),
        _end(FAR, USDT, 999_999, "dust", (0, 3, 9)),
        _end(FIRST, USDT, 100_000 * MILLION, "held", (0,)),
        _end(
            MIXER,
            ETH,
            4 * 10**18,
            "mixer",
            (1, 11),
            entity="Tornado Cash",
            category="mixer",
            source="OFAC SDN 2022-08-08",
            confidence=95,
        ),
        _end(FEE_SINK, ETH, 1_234_567_890_123_456, "fee", (1, 4)),
        _end(FIRST, ETH, first_rests, "held", (1,)),
        _end(
            TRON_HOLDER,
            TRON_USDT,
            7_777 * MILLION,
            "frozen",
            (12,),
            entity="Tether",
            category="frozen",
            source="contract's blacklist",
            confidence=100,
        ),
    )
    return Result(
        version="0.1.0",
        method="fifo",
        followed=("fifo",),
        highest_first=False,
        as_of=(
            Block(ETHEREUM, 24_100_000, "0x" + "9f" * 32, START + 86_400, 24_100_000),
            Block(TRON, 79_000_000, "00" * 4 + "7e" * 28, START + 86_400, (START + 86_400) * 1000),
        ),
        origins=(
            OriginRow(USDT_ORIGIN, ETHEREUM, VICTIM, tx(0), tx(0), FIRST, START, USDT, 1_000_000 * MILLION),
            OriginRow(ETH_ORIGIN, ETHEREUM, VICTIM, tx(0), tx(1), FIRST, START + 600, ETH, 5 * 10**18),
            OriginRow(
                TRON_ORIGIN,
                TRON,
                TRON_VICTIM,
                tx(12, TRON),
                tx(12, TRON),
                TRON_HOLDER,
                START + 7_200,
                TRON_USDT,
                7_777 * MILLION,
            ),
        ),
        endpoints=endpoints,
        flows=flows,
        addresses=_addresses(flows),
        methods=_methods(endpoints),
        unverified=(
            UnverifiedRow(
                ETHEREUM,
                tx(99),
                "token",
                "0x" + "f0" * 20,
                "USD\u200bT\x1b[0m",
                VICTIM,
                FAR,
                10**12,
                "not a listed token, and balances do not confirm the movement",
            ),
        ),
        prices=(
            PriceRow(USDT, START, Decimal("0.9997"), "DefiLlama", assumed_peg=False),
            PriceRow(ETH, START, None, "", assumed_peg=False),
        ),
        gaps=(
            Gap("history", f"{ETHEREUM} {UNREAD} {USDT.id}", "no source has this chain's history before 2026-01-03"),
        ),
        notes=("Prices inform the reader; they are no part of the accounting.",),
        stats=Stats(requests=57, addresses_fetched=4),
        bounds=_bounds(),
        involved=_involved(),
        deposits=_deposits(),
        freezes=_freezes(),
        corroborations=_corroborations(),
        inclusions=_inclusions(),
    )


def _deposits() -> tuple[DepositRow, ...]:
    """The deposit address of the endpoints, confirmed by behaviour, with one thing that speaks against it."""
    rule = sentence("rule.deposit_t2", entity="Example Exchange", sweeps=3, minutes=42, senders=2)
    proofs = (Proof("paid", tx(15)), Proof("sweep", tx(16)), Proof("gas", tx(17)))
    against = (sentence("rule.against_paid_by_hub"),)
    return (
        DepositRow(
            ETHEREUM, DEPOSIT, USDT, "T2", 66, "Example Exchange", HOT, "DefiLlama CEX list", rule, proofs, against, 4,
            250_000 * MILLION,
        ),
    )  # fmt: skip


def _corroborations() -> tuple[CorroborationRow, ...]:
    """Two that agree, one that does not, and one on a chain with one source."""
    missing = sentence("rule.second_missing", amount="250,000 USDT", sender=THIRD, receiver=DEPOSIT)
    only = sentence("rule.second_none")
    return (
        CorroborationRow(ETHEREUM, tx(0), "theft", "etherscan", "rpc.1:eth.drpc.org", "agrees"),
        CorroborationRow(ETHEREUM, tx(1), "theft", "etherscan", "rpc.1:eth.drpc.org", "agrees"),
        CorroborationRow(ETHEREUM, tx(7), "endpoint", "etherscan", "routescan", "differs", (missing,)),
        CorroborationRow(TRON, tx(12, TRON), "theft", "trongrid", "", "unconfirmed", (only,)),
    )


def _inclusions() -> tuple[InclusionRow, ...]:
    """Proven with its logs, proven as far as TRON goes, and not proven."""
    no_logs = "a TRON block commits to its transactions and to no logs, so that no receipt can be proven"
    unread = sentence("rule.proof_unread", why="rpc.1:eth.drpc.org did not answer: eth_getBlockByNumber")
    return (
        InclusionRow(ETHEREUM, tx(0), "theft", 24_000_000, "0x" + "5a" * 32, "proven", "proven", "rpc.1:eth.drpc.org"),
        InclusionRow(ETHEREUM, tx(1), "theft", 0, "", "unproven", "unproven", "", unread),
        InclusionRow(
            TRON, tx(12, TRON), "theft", 78_999_000, "0" * 8 + "4b" * 28, "proven", "unproven", "trongrid", no_logs
        ),
    )


def _freezes() -> tuple[FreezeRow, ...]:
    """Not frozen with a proposal pending, unknown, and frozen."""
    failed = sentence("rule.freeze_unproposed", why="no answer")
    return (
        FreezeRow(ETHEREUM, FIRST, USDT, "Tether", "yes", "no", "yes", "0xc6cd #77", 1, 3, 24_000_000),
        FreezeRow(ETHEREUM, THIRD, USDT, "Tether", "yes", "unknown", "unknown", why=(failed,)),
        FreezeRow(TRON, TRON_HOLDER, TRON_USDT, "Tether", "yes", "yes", "no", at=None),
    )


def _bounds() -> tuple[BoundLine, ...]:
    """What any method must and can have, by reason: around the figures of `_methods`, two of them weak."""
    rows = (
        (USDT, "exchange", 150_000 * MILLION, 450_000 * MILLION + 1, True),
        (USDT, "exchange_deposit", 250_000 * MILLION, 250_000 * MILLION, False),
        (USDT, "held", 256_999 * MILLION, 568_999 * MILLION, True),
        (USDT, "dust", 0, 999_999, False),
        (USDT, "gap", 31_000_000_001, 31_000_000_001, False),
        (USDT, "not_followed", 0, 12_000 * MILLION, False),
        (ETH, "held", 10**18 - 1_234_567_890_123_456, 10**18 - 1_234_567_890_123_456, False),
        (ETH, "mixer", 4 * 10**18, 4 * 10**18, False),
        (ETH, "fee", 1_234_567_890_123_456, 1_234_567_890_123_456, False),
        (TRON_USDT, "frozen", 7_777 * MILLION, 7_777 * MILLION, False),
    )
    return tuple(BoundLine(*row) for row in rows)


def _involved() -> tuple[InvolvedRow, ...]:
    """Somebody in every tier; the first wallet in two assets, and one of the leads with a history nobody read."""
    every = sentence("rule.involved_every")
    soon = sentence("rule.involved_soon", payer=SECOND, tx=tx(13))
    lead = sentence("rule.involved_lead", payer=THIRD, tx=tx(14))
    some = sentence("rule.involved_some", count=2, of=len(CONSERVING))
    rows = (
        (FIRST, USDT, "every", every, 1_000_000 * MILLION, "held", "", ""),
        (FIRST, ETH, "every", every, 5 * 10**18, "held", "", ""),
        (MIXER, ETH, "every", every, 4 * 10**18, "mixer", "", ""),
        (SECOND, USDT, "every", every, 800_000 * MILLION, "held", "", ""),
        (HOT, USDT, "every", every, 412_000 * MILLION + 7, "exchange", "", ""),
        (THIRD, USDT, "every", every, 388_000 * MILLION, "held", "", ""),
        (DEPOSIT, USDT, "every", every, 250_000 * MILLION, "exchange_deposit", "", ""),
        (TRON_HOLDER, TRON_USDT, "every", every, 7_777 * MILLION, "frozen", "", ""),
        (ASIDE, USDT, "soon", soon, 11_999 * MILLION, "not_followed", SECOND, tx(13)),
        (LED, USDT, "lead", lead, 0, "", THIRD, tx(14)),
        (LATE, USDT, "some", some, 9_000 * MILLION, "", "", ""),
    )
    return tuple(
        InvolvedRow(asset.chain, address, asset, tier, rule, most, reason, payer, through)
        for address, asset, tier, rule, most, reason, payer, through in rows
    )


def _methods(endpoints: tuple[EndpointRow, ...]) -> tuple[MethodRow, ...]:
    """What every method says of the endpoints: they differ at three of them, and at one address that was not read."""
    apart = {
        (HOT, "lifo"): -11_999 * MILLION,
        (ASIDE, "lifo"): 11_999 * MILLION,
        (HOT, "pro_rata"): -1,
        (SECOND, "pro_rata"): 1,
        (HOT, "clean_first"): -150_000 * MILLION,
        (SECOND, "clean_first"): 150_000 * MILLION,
        (THIRD, "tainted_first"): -7,
        (HOT, "tainted_first"): 7,
        (HOT, "poison"): 300_000 * MILLION,
        (ASIDE, "poison"): 12_000 * MILLION,
    }
    places = [(FIRST if row.reason == "fee" else row.address, row.asset, row.reason, row.amount) for row in endpoints]
    return tuple(
        method_row(
            address,
            asset,
            reason,
            tuple((name, amount + (apart.get((address, name), 0) if asset == USDT else 0)) for name in METHODS),
        )
        for address, asset, reason, amount in [*places, (ASIDE, USDT, "not_followed", 0)]
    )


def method_row(address: str, asset: Asset, reason: str, units: tuple[tuple[str, int], ...]) -> MethodRow:
    """A place where units are that stand for themselves."""
    return MethodRow(asset.chain, address, asset, reason, units, (MethodPrincipal(asset, units),))


def _addresses(flows: tuple[FlowRow, ...]) -> tuple[AddressRow, ...]:
    """What the flows say of every address but victims and fees."""
    hops = {FIRST: 1, SECOND: 2, THIRD: 2, HOT: 3, DEPOSIT: 3, UNREAD: 3, FAR: 3, MIXER: 2, TRON_HOLDER: 1}
    rows: list[AddressRow] = []
    for address, asset in sorted({(flow.receiver, flow.asset) for flow in flows if flow.receiver != FEE_SINK}):
        received = sum(flow.traced for flow in flows if (flow.receiver, flow.asset) == (address, asset))
        sent = sum(flow.traced for flow in flows if (flow.sender, flow.asset) == (address, asset))
        marks = ("sanctioned: OFAC SDN",) if address == SECOND else ()
        rows.append(AddressRow(asset.chain, address, asset, hops[address], received, sent, received - sent, marks))
    return tuple(rows)
