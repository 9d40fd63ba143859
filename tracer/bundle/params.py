"""Every setting a result depends on: the question, and each limit that decides something, read where it is used.

A court's expert asks first which thresholds were chosen, and whether they were the same in this case as in others.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from typing import Final

LIMITS: Final[Mapping[str, tuple[str, ...]]] = {
    "chains.positions": ("MOST_ASKED",),
    "chains.sqd_portal": ("STREAM_ANSWERS",),
    "tracer.contacts": ("STALE_DAYS",),
    "tracer.converted": ("CENT", "RATE"),
    "tracer.corroborate": ("REQUESTS_PER_ANSWER",),
    "tracer.deposit": (
        *("SWEPT", "TRIFLE", "BROKER", "MANY_SENDERS", "PAID_BY_EXCHANGE", "GAS_KNOWN", "AGAINST", "PROOFS"),
        *("HOUR", "WEEK"),
    ),
    "tracer.deposit_life": ("SERVES", "LOOKED", "MOST_ROWS"),
    "tracer.deposits": ("GIVERS", "COST", "SUSPECTS"),
    "tracer.derived": ("BOUNDED_ROWS", "CONVERTED_ROWS", "CONVERTED_OUTPUTS"),
    "tracer.discover": ("ROUND", "SHARE", "REQUESTS_PER_ACCOUNT"),
    "tracer.dossier": ("BOUNDED",),
    "tracer.endings": ("WEAK_CONFIDENCE",),
    "tracer.freeze": ("MOST_OWNERS",),
    "tracer.freeze_checks": ("NEWEST",),
    "tracer.gains": ("EFFORT",),
    "tracer.holders": ("SERVICE_CONFIDENCE", "POOL_CONFIDENCE", "OPENED_AT_ONCE", "OPENED_PER_SERVICE"),
    "tracer.labels": ("STOP_CONFIDENCE", "NO_CODE_PERCENT", "CODE_UNKNOWN_PERCENT"),
    "tracer.links": ("SLACK",),
    "tracer.orders": ("ORDERS_AT_ONCE", "TRIED_PER_ORDER", "LEAST_WORTH", "MOST_WORTH"),
    "tracer.passport": ("LEAST",),
    "tracer.patterns.bad_rate": ("LEAST", "MOST", "BASE"),
    "tracer.patterns.dormant": ("DAYS", "PERCENT", "BASE"),
    "tracer.patterns.fan_in": ("SENDERS", "PERCENT", "BASE"),
    "tracer.patterns.fan_out": ("RECIPIENTS", "PERCENT", "BASE", "HOPS", "BRANCHES", "DIAMOND_BASE"),
    "tracer.patterns.fee_premium": ("TIMES", "OTHERS", "BASE"),
    "tracer.patterns.gas_funder": ("FUNDED", "BASE"),
    "tracer.patterns.lead": ("POINTS", "LOWEST", "HIGHEST"),
    "tracer.patterns.measures": ("EVEN_SQUARED", "EVEN_PER_MILLE"),
    "tracer.patterns.multi_victim": ("VICTIMS", "BASE"),
    "tracer.patterns.pass_through": ("PERCENT", "PARTIES", "ROW", "BASE", "ROW_BASE"),
    "tracer.patterns.peel_chain": ("MAIN_PERCENT", "PEEL_PERCENT", "GAP_HOURS", "ROW", "BASE"),
    "tracer.patterns.ping_pong": ("LOSS_PERCENT", "TIMES", "BASE"),
    "tracer.patterns.scripted": ("TIMES", "BASE"),
    "tracer.patterns.traffic": ("MINUTE", "HOUR", "DAY", "FRESH_SECONDS"),
    "tracer.price_source": ("BUCKET",),
    "tracer.prices": ("NEAR_ENOUGH", "TRUSTED"),
    "tracer.prove": ("REQUESTS_PER_PROOF",),
    "tracer.rules": ("SERVICE_ROWS", "SERVICE_COUNTERPARTIES", "SERVICE_COUNTERPARTIES_A_DAY", "DAY"),
    "tracer.stoppable": ("PENDING_SPEED", "UNSURE_FREEZE", "DAY", "WEEK"),
    "tracer.worth": ("PRUNED_SHARE", "LEAST_SHARE"),
}
"""By module, the names of the limits in it that decide what is followed, read, named, scored or said."""


def thresholds() -> dict[str, int | str]:
    """Every limit by the name it has in the code; numbers that are not whole are text, exact."""
    return {
        f"{module.removeprefix('tracer.')}.{name.lower()}": _plain(getattr(import_module(module), name))
        for module, names in sorted(LIMITS.items())
        for name in names
    }


def _plain(value: int | Fraction | Decimal) -> int | str:
    return value if isinstance(value, int) else str(value)
