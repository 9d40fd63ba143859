"""The mathematical audit: at every account, what came equals what went, what was paid in fees and what is left.

In base units, because only whole numbers can be checked by hand. A court asked for it (docs/method.md): arithmetic that
closes at every point, with the raw numbers. Whatever does not close stands first and loudly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from chains.model import Asset
from reports.audit_account import grouped
from reports.audit_figures import COLUMNS
from reports.audit_table import units_of
from reports.draft import Draft
from reports.numbers import symbol
from reports.paper import STRONG, Block, Bullets, Cell, Column, Exact, Heading, Notice, Para, Span, Table, cell, line
from reports.paper import Line as Words
from reports.report import Section
from reports.report.cut import cut
from reports.report.phrases import asset_named
from tracer.audit_lines import Fault, Gross, Line, Origin, Side, Stolen, Turned
from tracer.hostile import clean
from tracer.lots import METHODS
from tracer.result import REASONS

SUMS: Final = 60
"""Sums of accounts that a paper shows; the verdict is about all, and the spreadsheet has them."""

PARTS: Final = 30
"""Thefts and conversions of which it does."""


class Equation(NamedTuple):
    """A sum of an account and what it comes to; the ``first`` one of an account names it."""

    account: Line
    said: str
    closing: Cell
    first: bool


def blocks(draft: Draft) -> list[Block]:
    """The verdict, the thefts, the conversions, and every account."""
    w, audit = draft.w, draft.dossier.audit
    counts = {"rows": audit.rows, "accounts": len(audit.lines), "thefts": len(audit.origins)}
    checked = w("audit.checked", **{name: f"{n:,}" for name, n in counts.items()}, methods=len(audit.methods))
    found: list[Block] = [
        Heading(1, w("proof.title"), SECTION.id),
        _verdict(draft, checked),
        Para(line(w("proof.meaning", method=w(f"methods.{draft.dossier.result.method}")))),
        Bullets(tuple(line(_unit(draft, asset)) for asset in sorted({one.asset for one in audit.lines}))),
    ]
    for table, title in (
        (_faults(draft), w("audit.faults")),
        (_thefts(draft), w("audit.thefts")),
        (_conversions(draft), w("section.conversions")),
    ):
        if table.rows:
            found += [Heading(2, title, table.id), table]
    return [*found, Heading(2, w("proof.accounts"), "audit-accounts"), Para(line(w("proof.sums"))), _accounts(draft)]


def tables(draft: Draft) -> list[Table]:
    """Every account with each figure in a column of its own; thefts, conversions, faults."""
    found = (_all_accounts(draft), _thefts(draft), _conversions(draft), _faults(draft))
    return [table for table in found if table.rows]


def _verdict(draft: Draft, checked: str) -> Notice:
    w, faults = draft.w, draft.dossier.audit.faults
    if faults:
        return Notice("stop", (line(Span(w("audit.fails", n=f"{len(faults):,}"), STRONG)), line(checked)))
    return Notice("note", (line(Span(w("audit.closes"), STRONG)), line(checked)))


def _unit(draft: Draft, asset: Asset) -> str:
    return draft.w("audit.unit", symbol=symbol(asset), chain=draft.view.chain(asset.chain), units=units_of(asset))


def _faults(draft: Draft) -> Table:
    w = draft.w

    def row(one: Fault) -> tuple[Cell, ...]:
        chain, address, asset = one.account
        method = w(f"methods.{one.method}") if one.method else ""
        account = (line(f"{draft.view.chain(chain)} {clean(asset)}"), line(draft.address(chain, address)))
        tx = line(draft.tx(chain, one.tx)) if one.tx else ()
        return cell(w(f"audit.fault.{one.kind}"), method), cell(*account, tx), _units(one.difference)

    columns = (
        Column(w("proof.fault"), 36),
        Column(w("proof.account"), 44),
        Column(w("proof.difference"), 20, right=True),
    )
    return cut(draft, "audit-faults", w("proof.faults"), columns, draft.dossier.audit.faults, row)


def _thefts(draft: Draft) -> Table:
    """For each theft: what was stolen, and where all of it is under the case's method."""
    w, method = draft.w, draft.dossier.result.method
    shape = "stolen" if METHODS[method].conserves else "exposed"

    def row(one: Origin) -> tuple[Cell, ...]:
        chain, victim, _ = one.account
        sinks = one.sinks.get(method, {})
        parts = [f"{w(f'reason.{reason}')} {sinks[reason]:,}" for reason in REASONS if sinks.get(reason)]
        ends = (line(draft.address(chain, victim), " →"), line(draft.address(chain, one.receiver)))
        return (
            cell(f"{one.number + 1:,}", value=one.number + 1),
            cell(asset_named(draft, one.asset), *ends, draft.tx(chain, one.tx)),
            cell(w(f"audit.{shape}", amount=f"{one.amount:,}", parts=" + ".join(parts) or "0")),
            _closing(draft, one.amount - sum(sinks.values()), method),
        )

    columns = (
        Column(w("proof.number"), 5, right=True),
        Column(w("proof.theft"), 53),
        Column(w("proof.sum"), 32),
        Column(w("proof.difference"), 10, right=True),
    )
    return cut(draft, "audit-thefts", w("proof.thefts"), columns, draft.dossier.audit.origins, row, most=PARTS)


def _conversions(draft: Draft) -> Table:
    """For each conversion: what went in and came out, and that no stolen principal was lost between them."""
    w, method = draft.w, draft.dossier.result.method

    def row(one: Turned) -> tuple[Cell, ...]:
        thefts = sorted(one.principal.get(method, {}).items())
        said = [
            w("audit.principal", origin=theft + 1, went=f"{went:,}", came=f"{came:,}", difference=f"{went - came:,}")
            for theft, (went, came) in thefts
        ]
        differs = sum(abs(went - came) for _, (went, came) in thefts)
        sides = (*_sides(draft, one.ins, "ins"), *_sides(draft, one.outs, "outs"))
        return cell(w(f"conversion.{one.kind or 'swap'}")), cell(*sides), cell(*said), _difference(differs)

    columns = (
        Column(w("proof.kind"), 13),
        Column(w("proof.sides"), 45),
        Column(w("proof.principal"), 32),
        Column(w("proof.difference"), 10, right=True),
    )
    return cut(draft, "audit-conversions", w("audit.conversions"), columns, draft.dossier.audit.turned, row, most=PARTS)


def _sides(draft: Draft, sides: tuple[Side, ...], name: str) -> Iterator[Words]:
    w = draft.w
    for side in sides:
        figures = {"amount": f"{side.amount:,}", "asset": symbol(side.asset)}
        yield line(w("audit.ins", **figures) if name == "ins" else w("audit.outs", **figures))
        yield line(f"{'←' if name == 'ins' else '→'} ", draft.address(side.account[0], side.account[1]))


def _accounts(draft: Draft) -> Table:
    """One equation for everything an account had, one for the stolen part of it; most stolen units first."""
    w = draft.w
    columns = (
        Column(w("proof.account"), 46),
        Column(w("proof.sum"), 46),
        Column(w("proof.difference"), 8, right=True),
    )

    def row(one: Equation) -> tuple[Cell, ...]:
        return cell(*_about(draft, one.account)) if one.first else Cell(), cell(one.said), one.closing

    equations = [one for account in draft.dossier.audit.lines for one in _equations(draft, account)]
    return cut(draft, "audit", w("proof.caption"), columns, equations, row, most=SUMS)


def _about(draft: Draft, one: Line) -> Iterator[Words]:
    chain, address, _ = one.account
    yield line(asset_named(draft, one.asset))
    yield from draft.party(chain, address)
    if one.reason:
        yield line(draft.w(f"reason.{one.reason}"))
    if one.taken:
        asset = {"asset": symbol(one.asset), "chain": draft.view.chain(chain)}
        yield line(draft.w("audit.taken", **asset, amount=f"{one.taken:,}", n=f"{one.thefts:,}"))


def _equations(draft: Draft, one: Line) -> Iterator[Equation]:
    """Of a victim that was not paid back, only what it had."""
    w, stolen, first = draft.w, _stolen(draft, one), True
    if one.gross is not None:
        turned = "_turned" if one.gross.made or one.gross.converted else ""
        said = w(f"audit.gross{turned}", **_texts(one.gross._asdict()), difference=f"{one.gross.difference:,}")
        yield Equation(one, said, _difference(one.gross.difference), first=True)
        first = False
    if stolen is not None and (stolen.came or first):
        said = w(f"audit.{_shape(one, stolen)}", **_texts(stolen._asdict()), difference=f"{stolen.difference:,}")
        closing = _closing(draft, stolen.difference, stolen.method)
        yield Equation(one, f"{w('audit.stolen_part')}: {said}", closing, first)


def _shape(one: Line, stolen: Stolen) -> str:
    """The equation that fits: at rest, under a method that conserves units, or exposure; with conversions or not."""
    turned = "_turned" if stolen.made or stolen.converted else ""
    shape = "rests" if one.gross is None else "part" if METHODS[stolen.method].conserves else "exposure"
    return shape + turned


def _stolen(draft: Draft, one: Line) -> Stolen | None:
    method = draft.dossier.result.method
    return next((part for part in one.stolen if part.method == method), None)


def _all_accounts(draft: Draft) -> Table:
    """Each figure in a column of its own: everything an account had, then the stolen part under every method."""
    w = draft.w
    about = tuple(Column(w(f"proof.{name}")) for name in ("chain", "address", "asset", "reason", "part"))
    figures = tuple(Column(w(f"audit.column.{name}"), right=True) for name in COLUMNS)
    rows = tuple(row for one in draft.dossier.audit.lines for row in _flat(draft, one))
    return Table("audit", w("proof.caption"), (*about, *figures, Column(w("proof.difference"), right=True)), rows)


def _flat(draft: Draft, one: Line) -> Iterator[tuple[Cell, ...]]:
    w, (chain, address, _) = draft.w, one.account
    reason = w(f"reason.{one.reason}") if one.reason else ""
    about = (cell(draft.view.chain(chain)), cell(draft.address(chain, address)), cell(symbol(one.asset)), cell(reason))
    if one.gross is not None:
        yield *about, cell(w("audit.all_units")), *_figures(one.gross), _difference(one.gross.difference)
    for names, figures in grouped({part.method: part.figures for part in one.stolen}):
        part = Stolen(names[0], *figures)
        methods = " · ".join(w(f"methods.{name}") for name in names)
        name = cell(f"{w('audit.stolen_part')}: {methods}")
        yield *about, name, *_figures(part), _closing(draft, part.difference, part.method)


def _figures(part: Gross | Stolen) -> Iterator[Cell]:
    known = part._asdict()
    return (_units(known[name]) if name in known else Cell() for name in COLUMNS)


def _units(units: int) -> Cell:
    """Base units, for a machine too."""
    return cell(f"{units:,}", value=Exact(units, 0))


def _difference(units: int) -> Cell:
    return cell(Span(f"{units:,} ≠ 0", STRONG), value=Exact(units, 0)) if units else _units(0)


def _closing(draft: Draft, difference: int, method: str) -> Cell:
    return _difference(difference) if METHODS[method].conserves else cell(draft.w("audit.column.exposure"))


def _texts(figures: Mapping[str, int | str]) -> dict[str, str]:
    return {name: f"{units:,}" for name, units in figures.items() if isinstance(units, int)}


SECTION = Section(150, "audit", blocks, tables)
