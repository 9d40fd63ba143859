"""An alert for a program: the same facts as one JSON object (docs/alert.schema.json), for `--json` and webhooks.

Amounts are decimal strings in base units, as in docs/trace.schema.json. Names stand as others wrote them: whoever shows
them to a person has to make them harmless.
"""

from __future__ import annotations

from typing import Any, Final

from reports.alert.context import Context
from tracer.result import rfc3339
from tracer.watch.model import Notice

SCHEMA: Final = "stolen-funds-alert/1"


def facts_of(notice: Notice, status: str, turn: int, context: Context) -> dict[str, Any]:
    """One alert as JSON values; what does not apply is null or empty."""
    target, letter, asset = context.target(notice.target), context.letter(notice), notice.asset
    return {
        "schema": SCHEMA,
        "id": notice.id,
        "turn": turn,
        "status": status,
        "severity": notice.severity,
        "kind": notice.kind,
        "reason": notice.reason,
        "target": target.name if target else None,
        "chain": notice.chain,
        "tx": notice.tx,
        "block": notice.number or None,
        "time": rfc3339(notice.time) if notice.time else None,
        "from": notice.sender,
        "to": notice.receiver,
        "asset": asset and {"id": asset.id, "symbol": asset.symbol, "decimals": asset.decimals},
        "amount": _units(notice.amount),
        "traced": _units(notice.traced),
        "least": _units(notice.least),
        "most": _units(notice.most),
        "entity": notice.entity,
        "category": notice.category,
        "source": notice.source,
        "why": notice.why,
        "explorer": context.page(notice),
        "letter": str(letter.path) if letter else None,
    }


def _units(units: int | None) -> str | None:
    return None if units is None else str(units)
