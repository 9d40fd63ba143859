"""The audit as somebody reads it: sums first, then every account, at last whatever does not close.

Figures are base units, because only whole numbers can be checked by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from chains.model import Asset
from reports.audit_account import AuditView, account_lines, entry_lines, equation, grouped
from reports.audit_conversion import conversion_lines, parties
from reports.audit_figures import fits, put_figures
from reports.layout import Line as Shown
from reports.layout import heading, put
from reports.numbers import MOST_DECIMALS, share_of, symbol
from tracer.audit import entries, rows_by_account
from tracer.audit_lines import Fault, Line, Origin
from tracer.hostile import clean
from tracer.lots import METHODS
from tracer.result import REASONS

ROWS: Final = 10
ENTRIES: Final = 20
_INDENT: Final = "    "
_DEEPER: Final = "        "


def render_audit(console: Console, shown: AuditView) -> None:
    """Print an audit; what does not close comes last, in red, so that nobody overlooks it."""
    found, w = shown.audit, shown.view.w
    console.print(Text(f"{w('audit.title')} · {w('header.case')} {shown.view.case}", style="bold"), soft_wrap=True)
    put(console, [Shown(Text(w("audit.basis")))], "  ")
    for asset in sorted({line.asset for line in shown.lines}):
        unit = w("audit.unit", symbol=symbol(asset), chain=shown.view.chain(asset.chain), units=units_of(asset))
        put(console, [Shown(Text(unit, style="dim"))], "  ")
    counts = {"rows": found.rows, "accounts": len(found.lines), "thefts": len(found.origins)}
    put(console, [Shown(Text(w("audit.checked", **counts, methods=len(found.methods)))), _verdict(shown)], "  ")
    if shown.address is None:
        _put_sums(console, shown)
        _put_thefts(console, shown)
    _put_conversions(console, shown)
    _put_lines(console, shown, "victims", [line for line in shown.lines if line.taken])
    _put_lines(console, shown, "followed", [line for line in shown.lines if line.gross is not None])
    resting = [line for line in shown.lines if line.gross is None and any(one.came for one in line.stolen)]
    _put_lines(console, shown, "resting", resting)
    if found.faults:
        heading(console, w("audit.faults"))
        for number, fault in enumerate(found.faults, 1):
            put(console, _fault(shown, fault), _INDENT, f"{number:>3} ")


def units_of(asset: Asset) -> str:
    """How many base units make one."""
    return f"{10**asset.decimals:,}" if asset.decimals <= MOST_DECIMALS else f"1e{asset.decimals}"


def _verdict(shown: AuditView) -> Shown:
    if shown.audit.faults:
        return Shown(Text(shown.view.w("audit.fails", n=len(shown.audit.faults)), style="bold red"))
    return Shown(Text(shown.view.w("audit.closes"), style="bold green"))


def _put_sums(console: Console, shown: AuditView) -> None:
    """Per stolen asset: what was stolen and where it is now, in whatever asset; then what was not followed."""
    w = shown.view.w
    heading(console, w("audit.where"))
    for asset in sorted({origin.asset for origin in shown.audit.origins}):
        origins = [origin for origin in shown.audit.origins if origin.asset == asset]
        put(console, [Shown(Text(shown.asset(asset), style="bold"))], "  ")
        put(console, _equations(shown, origins), _INDENT)
        pruned = {one.method: one[2:] for one in shown.audit.pruned if one.asset == asset}
        for names, (units, branches, stolen) in grouped(pruned):
            share = share_of(units, stolen)
            said = Text(f"{shown.methods(names)}: ", style="dim")
            said.append(w("audit.not_followed", amount=f"{units:,}", share=share, n=branches), style="not dim")
            if any(one.much for one in shown.audit.pruned if one.asset == asset and one.method in names):
                said.append(f" ! {w('audit.much')}", style="bold yellow not dim")
            put(console, [Shown(said)], _INDENT)


def _equations(shown: AuditView, origins: Sequence[Origin]) -> Iterator[Shown]:
    """Stolen = where it is, per method, of one theft or several of one asset."""
    amount = sum(origin.amount for origin in origins)
    sums: dict[str, dict[str, int]] = {}
    for method in shown.audit.methods:
        sums[method] = {reason: sum(one.sinks[method].get(reason, 0) for one in origins) for reason in REASONS}
    for names, reasons in grouped(sums):
        conserves = METHODS[names[0]].conserves
        parts = (f"{shown.view.w(f'reason.{reason}')} {units:,}" for reason, units in reasons.items() if units)
        key = {"amount": f"{amount:,}", "parts": " + ".join(parts) or "0"}
        said = shown.view.w("audit.stolen", **key) if conserves else shown.view.w("audit.exposed", **key)
        closes = not conserves or amount == sum(reasons.values())
        yield equation(shown, names, said, closes=closes)


def _put_thefts(console: Console, shown: AuditView) -> None:
    heading(console, shown.view.w("audit.thefts"))
    limit = shown.view.limit(ROWS)
    for origin in shown.audit.origins[:limit]:
        lines = [
            Shown(Text(shown.asset(origin.asset))),
            Shown(Text(origin.tx), whole=True),
            Shown(Text(f"{origin.account[1]} →"), whole=True),
            Shown(Text(origin.receiver), whole=True),
            *_equations(shown, [origin]),
        ]
        put(console, lines, _INDENT, f"{origin.number + 1:>3} ")
    _put_more(console, shown, len(shown.audit.origins), limit)


def _put_conversions(console: Console, shown: AuditView) -> None:
    """Conversions that stolen units went into; with an address, those it paid into or received from."""
    found = [one for one in shown.audit.turned if shown.address is None or shown.address in parties(one)]
    if not found:
        return
    heading(console, shown.view.w("audit.conversions"))
    put(console, [Shown(Text(shown.view.w("audit.conversions_meaning"), style="dim"))], "  ")
    limit = shown.view.limit(ROWS)
    for number, one in enumerate(found[:limit], 1):
        put(console, conversion_lines(shown, one), _INDENT, f"{number:>3} ")
    _put_more(console, shown, len(found), limit)


def _put_more(console: Console, shown: AuditView, rows: int, limit: int | None) -> None:
    if limit is not None and rows > limit:
        said = shown.view.w("audit.more", n=rows - limit, command=shown.command)
        put(console, [Shown(Text(said, style="dim"))], "  ")


def _put_lines(console: Console, shown: AuditView, title: str, lines: Sequence[Line]) -> None:
    """One section of accounts; nothing where there are none."""
    if not lines:
        return
    heading(console, shown.view.w(f"audit.section.{title}"))
    limit = shown.view.limit(ROWS)
    rows = rows_by_account(shown.workings.ledger) if shown.address else {}
    columns = all(fits(console, shown, line) for line in lines[:limit])
    for number, line in enumerate(lines[:limit], 1):
        put(console, account_lines(shown, line, victim=title == "victims"), _INDENT, f"{number:>3} ")
        if title != "victims":
            put_figures(console, shown, line, columns=columns)
        if shown.address and (title == "victims") == bool(line.taken):
            _put_entries(console, shown, line, rows)
    _put_more(console, shown, len(lines), limit)


def _put_entries(console: Console, shown: AuditView, line: Line, rows: Mapping[int, list[int]]) -> None:
    put(console, [Shown(Text(shown.view.w("audit.transactions"), style="underline"))], _INDENT)
    found = list(entries(shown.workings, line, rows))
    limit = shown.view.limit(ENTRIES)
    for number, entry in enumerate(found[:limit], 1):
        put(console, entry_lines(shown, entry), _DEEPER, f"{_INDENT}{number:>3} ")
    _put_more(console, shown, len(found), limit)


def _fault(shown: AuditView, fault: Fault) -> Iterator[Shown]:
    w = shown.view.w
    said = w(f"audit.fault.{fault.kind}")
    method = f" ({shown.methods([fault.method])})" if fault.method else ""
    yield Shown(Text(f"{said}{method}: {w('audit.difference', amount=f'{fault.difference:,}')}", style="bold red"))
    chain, address, asset = fault.account
    yield Shown(Text(f"{shown.view.chain(chain)} {clean(asset)}", style="red"))
    yield Shown(Text(address, style="red"), whole=True)
    if fault.tx:
        yield Shown(Text(fault.tx, style="red"), whole=True)
