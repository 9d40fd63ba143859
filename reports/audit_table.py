"""The audit as somebody reads it: sums first, then every account as an equation that ends in zero.

Figures are base units, because only whole numbers can be checked by hand. They may be long, and there are up to six
methods: so a line is an equation that may be broken between its terms, and methods with the same figures share it.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from rich.console import Console
from rich.text import Text

from chains.model import FEE_SINK, Asset
from reports.layout import Line as Shown
from reports.layout import heading, put
from reports.numbers import share_of, symbol
from reports.view import View, label
from tracer.audit import entries, rows_by_account
from tracer.audit_lines import Audit, Fault, Gross, Line, Origin, Stolen
from tracer.hostile import clean
from tracer.lots import METHODS
from tracer.result import REASONS
from tracer.words import translated
from tracer.workings import Workings

ROWS: Final = 10
ENTRIES: Final = 20
SENTENCE: Final = 400
_INDENT: Final = "    "
_DEEPER: Final = "        "

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AuditView:
    """An audit and how somebody wants to see it; ``address`` limits it to one, with its transactions."""

    workings: Workings
    audit: Audit
    view: View
    address: str | None = None

    @property
    def command(self) -> str:
        """What shows all."""
        only = f" --address {self.address}" if self.address else ""
        return f"trace audit {shlex.quote(self.view.case)}{only} --all"

    def methods(self, names: Iterable[str]) -> str:
        """Methods by their short names."""
        return " · ".join(self.view.w(f"methods.{name}") for name in names)

    def asset(self, asset: Asset) -> str:
        """An asset with its chain."""
        return self.view.w("audit.of_asset", asset=symbol(asset), chain=self.view.chain(asset.chain))


def render_audit(console: Console, shown: AuditView) -> None:
    """Print an audit; what does not close comes last, in red, so that nobody overlooks it."""
    found, w = shown.audit, shown.view.w
    console.print(Text(f"{w('audit.title')} · {w('header.case')} {shown.view.case}", style="bold"), soft_wrap=True)
    put(console, [Shown(Text(w("audit.basis")))], "  ")
    for asset in sorted({line.asset for line in found.lines}):
        unit = w("audit.unit", symbol=symbol(asset), chain=shown.view.chain(asset.chain), units=_units_of(asset))
        put(console, [Shown(Text(unit, style="dim"))], "  ")
    counts = {"rows": found.rows, "accounts": len(found.lines), "thefts": len(found.origins)}
    put(console, [Shown(Text(w("audit.checked", **counts, methods=len(found.methods)))), _verdict(shown)], "  ")
    if shown.address is None:
        _put_sums(console, shown)
        _put_thefts(console, shown)
    _put_lines(console, shown, "audit.victims", [line for line in found.lines if line.taken])
    _put_lines(console, shown, "audit.followed", [line for line in found.lines if line.gross is not None])
    resting = [line for line in found.lines if line.gross is None and any(one.received for one in line.stolen)]
    _put_lines(console, shown, "audit.resting", resting)
    if found.faults:
        heading(console, w("audit.faults"))
        for number, fault in enumerate(found.faults, 1):
            put(console, _fault(shown, fault), _INDENT, f"{number:>3} ")


def _units_of(asset: Asset) -> str:
    return f"{10**asset.decimals:,}" if asset.decimals <= 36 else f"1e{asset.decimals}"


def _verdict(shown: AuditView) -> Shown:
    if shown.audit.faults:
        return Shown(Text(shown.view.w("audit.fails", n=len(shown.audit.faults)), style="bold red"))
    return Shown(Text(shown.view.w("audit.closes"), style="bold green"))


def _grouped(by_method: Mapping[str, T]) -> Iterator[tuple[list[str], T]]:
    """Methods that say the same together; those that conserve units never with one that does not."""
    groups: list[tuple[list[str], T]] = []
    for method, value in by_method.items():
        for names, known in groups:
            if known == value and METHODS[names[0]].conserves == METHODS[method].conserves:
                names.append(method)
                break
        else:
            groups.append(([method], value))
    yield from groups


def _put_sums(console: Console, shown: AuditView) -> None:
    """Per asset: what was stolen and where it is, then what was not followed. Always whole."""
    w = shown.view.w
    heading(console, w("audit.where"))
    for asset in sorted({origin.asset for origin in shown.audit.origins}):
        origins = [origin for origin in shown.audit.origins if origin.asset == asset]
        put(console, [Shown(Text(shown.asset(asset), style="bold"))], "  ")
        put(console, _equations(shown, origins), _INDENT)
        pruned = {one.method: one[2:] for one in shown.audit.pruned if one.asset == asset}
        for names, (units, branches, stolen) in _grouped(pruned):
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
    for names, reasons in _grouped(sums):
        conserves = METHODS[names[0]].conserves
        parts = (f"{shown.view.w(f'reason.{reason}')} {units:,}" for reason, units in reasons.items() if units)
        key = {"amount": f"{amount:,}", "parts": " + ".join(parts) or "0"}
        said = shown.view.w("audit.stolen", **key) if conserves else shown.view.w("audit.exposed", **key)
        closes = not conserves or amount == sum(reasons.values())
        yield _equation(shown, names, said, closes=closes)


def _equation(shown: AuditView, names: Sequence[str], said: str, *, closes: bool) -> Shown:
    if not closes:
        return Shown(Text(f"{shown.methods(names)}: {said}  ≠", style="bold red"))
    return Shown(Text.assemble((f"{shown.methods(names)}: ", "dim"), said))


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


def _put_more(console: Console, shown: AuditView, rows: int, limit: int | None) -> None:
    if limit is not None and rows > limit:
        said = shown.view.w("audit.more", n=rows - limit, command=shown.command)
        put(console, [Shown(Text(said, style="dim"))], "  ")


def _put_lines(console: Console, shown: AuditView, title: str, lines: Sequence[Line]) -> None:
    """One section of accounts; nothing where there are none."""
    if not lines:
        return
    heading(console, _title(shown, title))
    limit = shown.view.limit(ROWS)
    rows = rows_by_account(shown.workings.ledger) if shown.address else {}
    for number, line in enumerate(lines[:limit], 1):
        put(console, _account(shown, line, victim=title == "audit.victims"), _INDENT, f"{number:>3} ")
        if shown.address and (title == "audit.victims") == bool(line.taken):
            _put_entries(console, shown, line, rows)
    _put_more(console, shown, len(lines), limit)


def _title(shown: AuditView, title: str) -> str:
    w = shown.view.w
    said = {
        "audit.victims": w("audit.victims"),
        "audit.followed": w("audit.followed"),
        "audit.resting": w("audit.resting"),
    }
    return said[title]


def _account(shown: AuditView, line: Line, *, victim: bool) -> Iterator[Shown]:
    chain, address, _ = line.account
    w = shown.view.w
    fee = w("endpoints.fee_address", chain=shown.view.chain(chain))
    yield Shown(Text(fee if address == FEE_SINK else address, style="bold"), whole=True)
    if victim:
        asset = {"asset": symbol(line.asset), "chain": shown.view.chain(chain)}
        yield Shown(Text(w("audit.taken", **asset, amount=f"{line.taken:,}", n=line.thefts)))
        return
    about = Text(shown.asset(line.asset))
    if line.reason:
        about.append(" · ").append(w(f"reason.{line.reason}"), style="bold")
    for one in shown.workings.labels.get((chain, address), ())[:1]:
        about.append(" ").append_text(label(one.entity, translated(one.source, w)))
    yield Shown(about)
    for sentence in line.weak:
        said = f"≈ {clean(translated(sentence, w), SENTENCE)} ({w('audit.weak')})"
        yield Shown(Text(said, style="yellow italic"))
    if line.gross is not None:
        yield _gross(shown, line.gross)
    yield from _stolen(shown, line)


def _gross(shown: AuditView, gross: Gross) -> Shown:
    figures = {name: f"{units:,}" for name, units in gross._asdict().items()}
    said = shown.view.w("audit.gross", **figures, difference=f"{gross.difference:,}")
    return Shown(Text(f"{said}  ≠ 0", style="bold red") if gross.difference else Text(said))


def _stolen(shown: AuditView, line: Line) -> Iterator[Shown]:
    """The stolen part under every method."""
    w = shown.view.w
    for names, figures in _grouped({one.method: one.figures for one in line.stolen}):
        one = Stolen(names[0], *figures)
        said = {name: f"{units:,}" for name, units in zip(Stolen._fields[1:], figures, strict=True)}
        received, early, held = said["received"], said.pop("early"), said["held"]
        closed = {"difference": f"{one.difference:,}"}
        if line.gross is None:
            text = w("audit.rests", received=received, held=held, **closed)
        elif METHODS[one.method].conserves:
            text = w("audit.part", **said, **closed)
        else:
            text = w("audit.exposure", **said)
        closes = not one.difference or not METHODS[one.method].conserves
        yield _equation(shown, names, text if closes else f"{text}  ≠ 0", closes=closes)
        if one.early:
            yield Shown(Text(w("audit.early", amount=early), style="yellow italic"))


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
