"""What depends on the accounting rule, and what does not: every method side by side, and the bounds of all rules.

Courts have no one rule for mixed balances. So the reader is given what each says and what no rule can change, and is
told which authority stands behind which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chains.model import Asset
from reports.audit_account import grouped
from reports.draft import Draft
from reports.method_table import NIL, bounded, bounds_of, by_reason, converted, shares
from reports.numbers import money, share_of
from reports.paper import PLAIN, STRONG, Block, Bullets, Cell, Column, Heading, Para, Span, Table, cell, line, line_of
from reports.report import Section
from reports.report.phrases import asset_named
from reports.view import AssetKey, inference_sign, stolen
from tracer.lots import CONSERVING, METHODS
from tracer.result import REASONS, BoundLine, MethodRow

Sums = Mapping[str, Mapping[str, int]]
"""Method → reason → units of one stolen asset."""


def blocks(draft: Draft) -> list[Block]:
    """The comparison of each stolen asset, how far it goes, and what each rule rests on."""
    result, w = draft.dossier.result, draft.w
    if not result.methods:
        return []
    found: list[Block] = [
        Heading(1, w("compare.title"), SECTION.id),
        Para(line(w("compare.intro"), " ", w("compare.own", method=w(f"method.{result.method}")))),
    ]
    for number, (key, (asset, units)) in enumerate(stolen(result).items(), 1):
        found += _asset(draft, number, key, asset, units)
    return [*found, *_notes(draft), *_standing(draft)]


def tables(draft: Draft) -> list[Table]:
    """The sums by reason, and every place under every method."""
    found = [_all_sums(draft), _places(draft)] if draft.dossier.result.methods else []
    return [table for table in found if table.rows]


def _asset(draft: Draft, number: int, key: AssetKey, asset: Asset, units: int) -> Iterator[Block]:
    w = draft.w
    sums, bounds = by_reason(draft.dossier.result.methods, key), bounds_of(draft.dossier.result, key)
    name = w("compare.of", amount=money(units, asset), chain=draft.view.chain(asset.chain))
    yield Heading(2, name, f"compare-{number}")
    yield _shares(draft, f"compare-shares-{number}", units, sums, bounds)
    yield _units(draft, f"compare-units-{number}", asset, sums, bounds)


def _shares(draft: Draft, name: str, whole: int, sums: Sums, bounds: Mapping[str, BoundLine]) -> Table:
    """Shares of what was stolen, the case's own method strong."""
    w, own = draft.w, draft.dossier.result.method
    cells = {method: shares(units, whole=whole, conserves=METHODS[method].conserves) for method, units in sums.items()}
    rows: list[tuple[Cell, ...]] = []
    for reason in REASONS:
        shown = [_share(of.get(reason, NIL), strong=method == own) for method, of in cells.items()]
        if reason in bounds or any(reason in of for of in cells.values()):
            ends = bounded(bounds[reason], whole) if reason in bounds else [NIL, NIL] if bounds else []
            rows.append((cell(w(f"reason.{reason}")), *shown, *map(cell, ends)))
    wholes = [_share(share_of(sum(units.values()), whole), strong=True) for units in sums.values()]
    rows.append((cell(Span(w("compare.sum"), STRONG)), *wholes, *([cell(NIL)] * 2 if bounds else [])))
    methods = (Column(w(f"methods.{one}"), 10, right=True) for one in (*sums, *(("least", "most") if bounds else ())))
    return Table(name, w("compare.shares"), (Column(w("compare.where"), 22), *methods), tuple(rows))


def _share(share: str, *, strong: bool) -> Cell:
    return cell(Span(share.removesuffix(" %"), STRONG if strong else PLAIN))


def _units(draft: Draft, name: str, asset: Asset, sums: Sums, bounds: Mapping[str, BoundLine]) -> Table:
    """The same in exact amounts: methods with equal figures in one row, and below them what holds under any."""
    w = draft.w
    rows: list[tuple[Cell, ...]] = []
    for reason in REASONS:
        by_method = {method: of[reason] for method, of in sums.items()}
        where = w(f"reason.{reason}")
        for names, units in _agreeing(by_method) if any(by_method.values()) else ():
            rows.append((cell(where), cell(_methods(draft, names)), draft.amount(units, asset)))
            where = ""
        if (one := bounds.get(reason)) is not None:
            ends = dict.fromkeys(money(units, asset) for units in (one.least, one.most))
            rows.append((cell(where), cell(Span(w("compare.any"), STRONG)), cell(*ends)))
    columns = (
        Column(w("compare.where"), 24),
        Column(w("compare.under"), 42),
        Column(w("compare.amount"), 34, right=True),
    )
    return Table(name, w("compare.units"), columns, tuple(rows))


def _agreeing(by_method: Mapping[str, int]) -> list[tuple[list[str], int]]:
    """Methods with the same figure together: all of them, or those that conserve value apart from exposure."""
    first = next(iter(by_method.values()))
    agree = all(units == first for units in by_method.values())
    return [(list(by_method), first)] if agree else list(grouped(by_method))


def _methods(draft: Draft, names: list[str]) -> str:
    if set(names) == set(METHODS):
        return draft.w("compare.every")
    if len(names) > 1 and set(names) == set(CONSERVING):
        return draft.w("audit.conserving")
    return " · ".join(draft.w(f"methods.{name}") for name in names)


def _notes(draft: Draft) -> Iterator[Block]:
    """How far the comparison goes: what was followed, and what the bounds rest on."""
    result, w = draft.dossier.result, draft.w
    bounds = {key: bounds_of(result, key) for key in stolen(result)}
    followed = w("closing.join").join(w(f"methods.{method}") for method in result.followed)
    said = [w("methods.note", followed=followed)]
    if any(converted(result.methods, key) for key in bounds):
        said.append(w("methods.converted"))
    if all(bounds.values()):
        said.append(w("note.bounds"))
    else:
        said.append(w("methods.unbounded", command="trace bounds CASE"))
    yield Bullets(tuple(map(line, said)))
    if any(one.weak for of in bounds.values() for one in of.values()):
        yield Para(line_of(inference_sign(w("compare.weak"))))


def _standing(draft: Draft) -> Iterator[Block]:
    """Each rule in one sentence, and who stands behind it."""
    w, result = draft.w, draft.dossier.result
    yield Heading(2, w("compare.standing"), "compare-standing")
    yield Para(line(w("compare.unchecked")))
    rules = [line(Span(w(f"method.{name}"), STRONG), " — ", w(f"compare.law.{name}")) for name in METHODS]
    if result.highest_first:
        rules.append(line(Span(w("header.highest_first"), STRONG), " — ", w("compare.law.highest_first")))
    yield Bullets(tuple(rules))
    yield Para(line(w("compare.asked")))


def _all_sums(draft: Draft) -> Table:
    """By stolen asset and reason, in base units of the stolen asset; the bounds where they are known."""
    w, result = draft.w, draft.dossier.result
    rows: list[tuple[Cell, ...]] = []
    for key, (asset, _) in stolen(result).items():
        sums, bounds = by_reason(result.methods, key), bounds_of(result, key)
        for reason in REASONS:
            one = bounds.get(reason)
            if one is not None or any(sums[method][reason] for method in sums):
                figures = [draft.amount(sums[name][reason], asset) if name in sums else Cell() for name in METHODS]
                ends = [draft.amount(units, asset) for units in (one.least, one.most)] if one else [Cell(), Cell()]
                weak = w("audit.weak") if one and one.weak else ""
                where = w(f"reason.{reason}")
                rows.append((cell(asset_named(draft, asset)), cell(where), *figures, *ends, cell(weak)))
    columns = (Column(w("compare.stolen")), Column(w("compare.where")), *_columns(draft))
    return Table("methods", w("compare.sums"), columns, tuple(rows))


def _places(draft: Draft) -> Table:
    """Every place that has stolen units under some method, in the asset that is there."""
    w = draft.w

    def row(one: MethodRow) -> tuple[Cell, ...]:
        units = dict(one.units)
        bound = draft.dossier.bounds.get((one.chain, one.address, str(one.asset.id))) if one.reason != "fee" else None
        figures = [draft.amount(units[name], one.asset) if name in units else Cell() for name in METHODS]
        ends = [Cell(), Cell()]
        if bound is not None:
            ends = [draft.amount(end, one.asset) for end in (bound.bound.least, bound.bound.most)]
        weak = w("audit.weak") if bound is not None and bound.bound.weak else ""
        place = (cell(draft.address(one.chain, one.address)), cell(w(f"reason.{one.reason}")))
        return (cell(asset_named(draft, one.asset)), *place, *figures, *ends, cell(weak))

    columns = (
        Column(w("compare.there")), Column(w("compare.address")), Column(w("compare.where")), *_columns(draft)
    )  # fmt: skip
    return Table("places", w("compare.places"), columns, tuple(map(row, draft.dossier.result.methods)))


def _columns(draft: Draft) -> tuple[Column, ...]:
    names = (*METHODS, "least", "most")
    return (*(Column(draft.w(f"methods.{name}"), right=True) for name in names), Column(draft.w("compare.bounds")))


SECTION = Section(80, "comparison", blocks, tables)
