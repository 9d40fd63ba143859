"""A small made-up trace whose value changes form: a swap far below the market, a wrap, liquidity, a share token, a fee.

10,000 USDT are stolen and end as 0.399 ETH at an exchange, 5 UNI-V2 elsewhere, shares at two addresses, and a fee. What
they stand for adds up to 10,000 USDT to the unit.
"""

from __future__ import annotations

from decimal import Decimal

from chains.model import FEE_SINK, Asset, AssetId, Gap
from tests.reports.sample import ETH, ETHEREUM, FIRST, HOT, SECOND, START, THIRD, USDT, VICTIM, _end, _flow, sample, tx
from tracer.lots import METHODS
from tracer.result import (
    AddressRow,
    ConversionRow,
    ConvertedPart,
    EndpointRow,
    FlowRow,
    MethodPrincipal,
    MethodRow,
    Principal,
    Result,
)
from tracer.words import sentence

WETH = Asset(ETHEREUM, AssetId("0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"), "WETH", 18)
POOL = "0x" + "51" * 20
ROUTER = "0x" + "52" * 20
STAKE = "0x" + "53" * 20
FORWARDER = "0x" + "54" * 20
SHARES = Asset(ETHEREUM, AssetId("0x" + "55" * 20), "ST\u202eK\x1b[31m", 18)
LIQUIDITY = Asset(ETHEREUM, AssetId(POOL), "UNI-V2", 18)
WHOLE = 10**18
MILLION = 10**6


def stands(units: int) -> tuple[Principal, ...]:
    """So many millionths of a USDT stolen."""
    return (Principal("o1", USDT, units),)


def _part(address: str, asset: Asset, amount: int, usd: str | None, traced: int | None = None) -> ConvertedPart:
    return ConvertedPart(
        address, asset, amount, amount if traced is None else traced, None if usd is None else Decimal(usd)
    )


def _conversion(
    number: int,
    kind: str,
    venue: str,
    ins: tuple[ConvertedPart, ...],
    outs: tuple[ConvertedPart, ...],
    principal: int,
    market: str | None,
    *,
    linked: bool = True,
) -> ConversionRow:
    return ConversionRow(
        ETHEREUM,
        tx(number),
        START + 600 * number,
        kind,
        FIRST,
        (venue,),
        ins,
        outs,
        stands(principal),
        ("price", "price" if market else "equal"),
        None if market is None else Decimal(market),
        linked,
    )


def _conversions() -> tuple[ConversionRow, ...]:
    usdt = (_part(FIRST, USDT, 9_000 * MILLION, "9000", 8_000 * MILLION),)
    coins = (_part(FIRST, ETH, 27 * WHOLE // 10, "5400", 24 * WHOLE // 10),)
    both = (_part(FIRST, WETH, WHOLE, "2000"), _part(FIRST, USDT, 2_000 * MILLION, "2000"))
    shares = (_part(FIRST, SHARES, 9 * WHOLE // 10, None), _part(THIRD, SHARES, WHOLE // 10, None))
    return (
        _conversion(1, "swap", POOL, usdt, coins, 8_000 * MILLION, "0.6000"),
        _conversion(2, "wrap", WETH.id, (_part(FIRST, ETH, WHOLE, "2000"),), (both[0],), 3_333_333_333, "1.0000"),
        _conversion(
            3, "liquidity_added", POOL, both, (_part(SECOND, LIQUIDITY, 5 * WHOLE, None),), 5_333_333_333, None
        ),
        _conversion(
            4, "deposit", STAKE, (_part(FIRST, ETH, WHOLE, "2000"),), shares, 3_333_333_333, None, linked=False
        ),
    )


def _side(
    number: int, ends: tuple[str, str], part: ConvertedPart, principal: int, conversion: int, via: str = ""
) -> FlowRow:
    flow = _flow(number, *ends, part.asset, part.amount, part.traced)
    return flow._replace(conversion=conversion, principal=stands(principal), via=(via,) if via else ())


def _flows(rows: tuple[ConversionRow, ...]) -> tuple[FlowRow, ...]:
    swap, wrap, added, deposit = rows
    paid = _flow(5, FIRST, HOT, ETH, WHOLE, 399 * WHOLE // 1000)
    fee = _flow(6, FIRST, FEE_SINK, ETH, WHOLE // 1000, WHOLE // 1000)
    stolen = _flow(0, VICTIM, FIRST, USDT, 10_000 * MILLION, 10_000 * MILLION)
    return (
        stolen._replace(principal=stands(10_000 * MILLION)),
        _side(1, (FIRST, POOL), swap.ins[0], 8_000 * MILLION, 0, ROUTER),
        _side(1, (POOL, FIRST), swap.outs[0], 8_000 * MILLION, 0),
        _side(2, (FIRST, WETH.id), wrap.ins[0], 3_333_333_333, 1),
        _side(2, (WETH.id, FIRST), wrap.outs[0], 3_333_333_333, 1),
        _side(3, (FIRST, POOL), added.ins[0], 3_333_333_333, 2),
        _side(3, (FIRST, POOL), added.ins[1], 2_000 * MILLION, 2),
        _side(3, (POOL, SECOND), added.outs[0], 5_333_333_333, 2),
        _side(4, (FIRST, STAKE), deposit.ins[0], 3_333_333_333, 3),
        _side(4, (SHARES.id, FIRST), deposit.outs[0], 3_000 * MILLION, 3),
        _side(4, (SHARES.id, THIRD), deposit.outs[1], 333_333_333, 3),
        paid._replace(principal=stands(1_330_000_001), via=(FORWARDER,)),
        fee._replace(principal=stands(3_333_333)),
    )


def _endpoints() -> tuple[EndpointRow, ...]:
    exchange = {"entity": "Binance 14", "category": "exchange_hot", "source": "published list"}
    hot = _end(HOT, USDT, 1, "exchange", (0, 1, 5), confidence=90, usd="798.00", **exchange)
    rows = (
        (hot._replace(amount=399 * WHOLE // 1000, asset=ETH), 1_330_000_001),
        (_end(SECOND, USDT, 1, "held", (0, 1, 2, 3))._replace(asset=LIQUIDITY, amount=5 * WHOLE), 5_333_333_333),
        (_end(FIRST, USDT, 1, "held", (0, 1, 4))._replace(asset=SHARES, amount=9 * WHOLE // 10), 3_000 * MILLION),
        (_end(THIRD, USDT, 1, "gap", (0, 1, 4))._replace(asset=SHARES, amount=WHOLE // 10), 333_333_333),
        (_end(FIRST, USDT, 1, "fee", (0, 1, 6))._replace(asset=ETH, amount=WHOLE // 1000), 3_333_333),
    )
    return tuple(row._replace(principal=stands(units)) for row, units in rows)


def _methods(endpoints: tuple[EndpointRow, ...]) -> tuple[MethodRow, ...]:
    """What every method says: the same of all places."""
    return tuple(
        MethodRow(
            row.chain,
            row.address,
            row.asset,
            row.reason,
            tuple((name, row.amount) for name in METHODS),
            (MethodPrincipal(USDT, tuple((name, row.principal[0].amount) for name in METHODS)),),
        )
        for row in endpoints
    )


def converted() -> Result:
    """The trace."""
    rows, endpoints = _conversions(), _endpoints()
    pool = AddressRow(ETHEREUM, POOL, USDT, 2, 0, 0, 0, ("Uniswap v2 USDT/WETH [dex; user file a.csv]",))
    missing = sentence("rule.missing_leg", units=7, address=STAKE)
    return sample()._replace(
        origins=(sample().origins[0]._replace(amount=10_000 * MILLION),),
        endpoints=endpoints,
        flows=_flows(rows),
        addresses=(pool,),
        methods=_methods(endpoints),
        conversions=rows,
        gaps=(
            Gap("internal", f"{ETHEREUM} {tx(4)}", missing),
            Gap("transaction", f"{ETHEREUM} {tx(7)}", "etherscan did not answer: eth_getTransactionReceipt"),
        ),
        bounds=(),
        involved=(),
        unverified=(),
        prices=(),
    )
