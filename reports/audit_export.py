"""The audit for other programs: all of it, transactions included, as CSV rows or as a JSON document.

One CSV table holds every kind of line, told apart by the column ``line``; cells that a kind does not have are empty.

    line          account, transfer, theft, conversion, principal, not_followed, fault
    chain, address, asset, symbol, decimals      the account (of a theft: the victim's; of not_followed: no address)
    reason        why the trail ends at the account; of a theft: why it ends at the units counted here
    method        empty: the figures are of everything, not of the stolen part
    opening, in, made, short, out, converted, fee, held   of an account, base units; under a method: of the stolen part
    difference    nil where the line closes; for poison, which is exposure, what it does not close by
    early         of ``in`` and ``made``, what came before the account's history is known and rests there
    weak          what the figures rest on that is not proven
    time, tx, position, direction, counterparty  of a transfer; ``tx`` and ``counterparty`` of a theft too
    amount        of a transfer; of a theft, the principal with this reason; of not_followed, the principal not followed
    balance       of a followed account after the transfer
    branches      of not_followed: how many accounts
    origin        of a theft: its number, which is the origin of the same number in every other document
    stolen_fifo … stolen_poison                  the stolen part of a transfer under each method
    conversion    the number of a conversion, from 1. Of ``conversion``: a row into it (``direction`` in) or out of it,
                  by ``kind``; ``weight`` of ``whole`` is what the row counts for on its side, ``shared`` what that goes
                  by. Of ``principal``: what of a theft's principal was ``converted`` and what was ``made`` of it

Amounts are whole base units, in full. Texts that others wrote are made harmless, and none begins with a sign that a
spreadsheet takes for a formula.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any, Final

from chains.model import Asset
from tracer.audit import entries, rows_by_account
from tracer.audit_lines import Audit, Entry, Line, Origin, Side, Turned
from tracer.hostile import clean
from tracer.ledger import Account
from tracer.lots import METHODS
from tracer.result import rfc3339
from tracer.workings import Workings

SENTENCE: Final = 400
FORMULA: Final = ("=", "+", "-", "@")
COLUMNS: Final = (
    *("line", "chain", "address", "asset", "symbol", "decimals", "reason", "method"),
    *("opening", "in", "made", "short", "out", "converted", "fee", "held", "difference", "early", "weak"),
    *("time", "tx", "position", "direction", "counterparty", "amount", "balance", "branches", "origin"),
    *(f"stolen_{method}" for method in METHODS),
    *("conversion", "kind", "weight", "whole", "shared"),
)

Cells = dict[str, str | int | None]


def audit_csv(workings: Workings, found: Audit) -> Iterator[str]:
    """The lines of the CSV file, the first one with the names of the columns."""
    yield ",".join(COLUMNS) + "\r\n"
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="")
    for cells in _rows(workings, found):
        writer.writerow({name: harmless(value) for name, value in cells.items()})
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def harmless(value: str | int | None) -> str | int:
    """A cell that no spreadsheet calculates: numbers stay, texts are cleaned and never begin like a formula."""
    if value is None:
        return ""
    if isinstance(value, int):
        return value
    text = clean(value, SENTENCE)
    return f"'{text}" if text.startswith(FORMULA) else text


def audit_document(workings: Workings, found: Audit) -> dict[str, Any]:
    """The JSON document. Amounts are text: they exceed what many readers of JSON can hold as numbers."""
    rows = rows_by_account(workings.ledger)
    return {
        "method": workings.result.method,
        "methods": list(found.methods),
        "closes": not found.faults,
        "rows": found.rows,
        "thefts": [_theft(one) for one in found.origins],
        "not_followed": [
            {**_asset(one.asset), "method": one.method, "amount": str(one.units), "branches": one.branches}
            for one in found.pruned
        ],
        "conversions": [_conversion(workings, found, number, one) for number, one in enumerate(found.turned, 1)],
        "accounts": [_account(workings, line, found, rows) for line in found.lines],
        "faults": [
            {"kind": one.kind, "method": one.method, **_where(one.account), "tx": one.tx, "by": str(one.difference)}
            for one in found.faults
        ],
    }


def _rows(workings: Workings, found: Audit) -> Iterator[Cells]:
    by_account = rows_by_account(workings.ledger)
    for origin in found.origins:
        yield from _theft_rows(origin)
    for one in found.pruned:
        cells: Cells = {"line": "not_followed", "method": one.method, "amount": one.units, "branches": one.branches}
        yield {**cells, "chain": one.asset.chain, **_asset(one.asset)}
    for number, turned in enumerate(found.turned, 1):
        yield from _conversion_rows(workings, found, number, turned)
    for line in found.lines:
        yield from _account_rows(line)
        account = _named(line)
        for entry in entries(workings, line, by_account):
            stolen = zip(found.methods, entry.stolen, strict=True)
            yield {"line": "transfer", **account, **_entry(entry), **{f"stolen_{name}": part for name, part in stolen}}
    for fault in found.faults:
        where: Cells = {**_where(fault.account), "method": fault.method, "tx": fault.tx, "difference": fault.difference}
        yield {"line": "fault", "reason": fault.kind, **where}


def _theft_rows(origin: Origin) -> Iterator[Cells]:
    account: Cells = {**_where(origin.account), **_asset(origin.asset)}
    for method, reasons in origin.sinks.items():
        for reason, units in sorted(reasons.items()):
            cells: Cells = {"reason": reason, "method": method, "amount": units}
            yield {
                "line": "theft",
                **account,
                **cells,
                "tx": origin.tx,
                "counterparty": origin.receiver,
                "origin": origin.number + 1,
            }


def _conversion_rows(workings: Workings, found: Audit, number: int, one: Turned) -> Iterator[Cells]:
    first = workings.ledger.transfers[one.row]
    about: Cells = {"conversion": number, "kind": one.kind, "tx": first.tx, "time": rfc3339(first.time)}
    for sides, direction, by in zip((one.ins, one.outs), ("in", "out"), one.shared, strict=True):
        for side in sides:
            shares: Cells = {"weight": str(side.weight), "whole": str(side.whole), "shared": by}
            stolen = {f"stolen_{method}": part for method, part in zip(found.methods, side.stolen, strict=True)}
            account: Cells = {**_where(side.account), **_asset(side.asset), "amount": side.amount}
            yield {"line": "conversion", **about, "direction": direction, **account, **shares, **stolen}
    for method, thefts in one.principal.items():
        for theft, (went, came) in thefts.items():
            figures: Cells = {"converted": went, "made": came, "difference": went - came}
            yield {"line": "principal", **about, "chain": first.chain, "method": method, "origin": theft + 1, **figures}


def _account_rows(line: Line) -> Iterator[Cells]:
    account = {**_named(line), "reason": line.reason, "weak": "; ".join(line.weak)}
    if line.gross is not None:
        figures = line.gross._asdict()
        figures["in"] = figures.pop("received")
        yield {"line": "account", **account, **figures, "difference": line.gross.difference}
    if line.taken:
        yield {"line": "account", **account, "direction": "theft", "amount": line.taken}
    for one in line.stolen:
        parts = one._asdict()
        parts["in"] = parts.pop("received")
        yield {"line": "account", **account, **parts, "difference": one.difference}


def _named(line: Line) -> Cells:
    return {**_where(line.account), **_asset(line.asset)}


def _where(account: Account) -> dict[str, str]:
    chain, address, asset = account
    return {"chain": chain, "address": address, "asset": asset}


def _asset(asset: Asset) -> Cells:
    return {"asset": asset.id, "symbol": clean(asset.symbol), "decimals": asset.decimals}


def _entry(entry: Entry) -> Cells:
    return {
        "time": rfc3339(entry.transfer.time),
        "tx": entry.transfer.tx,
        "position": str(entry.transfer.position),
        "direction": entry.direction,
        "counterparty": entry.counterparty,
        "amount": entry.amount,
        "balance": entry.balance,
        "short": entry.short,
    }


def _theft(origin: Origin) -> dict[str, Any]:
    return {
        "origin": str(origin.number + 1),
        **_where(origin.account),
        **_asset(origin.asset),
        "tx": origin.tx,
        "to": origin.receiver,
        "amount": str(origin.amount),
        "where": {
            method: {reason: str(units) for reason, units in sorted(reasons.items())}
            for method, reasons in origin.sinks.items()
        },
    }


def _conversion(workings: Workings, found: Audit, number: int, one: Turned) -> dict[str, Any]:
    """One conversion: its rows with their shares and stolen parts, and what each theft's principal did."""
    first = workings.ledger.transfers[one.row]

    def side(row: Side) -> dict[str, Any]:
        figures = {"amount": row.amount, "weight": row.weight, "whole": row.whole}
        stolen = dict(zip(found.methods, row.stolen, strict=True))
        return {**_where(row.account), **_asset(row.asset), **_texts(figures), "stolen": _texts(stolen)}

    return {
        "number": number,
        "chain": first.chain,
        "tx": first.tx,
        "time": rfc3339(first.time),
        "kind": one.kind,
        "shared": list(one.shared),
        "in": list(map(side, one.ins)),
        "out": list(map(side, one.outs)),
        "left": _texts(one.left),
        "principal": {
            method: [
                {"origin": str(theft + 1), **_texts({"in": went, "out": came, "difference": went - came})}
                for theft, (went, came) in thefts.items()
            ]
            for method, thefts in one.principal.items()
        },
    }


def _account(workings: Workings, line: Line, found: Audit, rows: Mapping[int, list[int]]) -> dict[str, Any]:
    """One account: what it had, what of it is stolen under each method, and every transaction."""
    return {
        **_named(line),
        "reason": line.reason,
        "stolen_from_here": str(line.taken),
        "weak": [clean(sentence, SENTENCE) for sentence in line.weak],
        "everything": line.gross and _texts({**line.gross._asdict(), "difference": line.gross.difference}),
        "stolen": {
            one.method: _texts({**dict(zip(one._fields[1:], one.figures, strict=True)), "difference": one.difference})
            for one in line.stolen
        },
        "transactions": [
            {**_texts(_entry(entry)), "stolen": _texts(dict(zip(found.methods, entry.stolen, strict=True)))}
            for entry in entries(workings, line, rows)
        ],
    }


def _texts(figures: Mapping[str, str | int | None]) -> dict[str, str | None]:
    return {name: None if value is None else str(value) for name, value in figures.items()}
