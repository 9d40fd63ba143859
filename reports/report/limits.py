"""What the report does not know: gaps, what was not followed, what rests on something unproven, what was left out.

Said plainly and with amounts, so that nobody has to guess what weakens which number; and where nothing is missing, what
"complete" means here and what it does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chains.model import Gap
from reports.audit_account import grouped
from reports.closing import parts_of
from reports.doubts import uncounted
from reports.draft import Draft
from reports.numbers import money, percent, share_of
from reports.paper import (
    CODE,
    INFERENCE,
    STRONG,
    Block,
    Bullets,
    Cell,
    Column,
    Heading,
    Line,
    Notice,
    Para,
    Span,
    Table,
    cell,
    line,
)
from reports.report import Section
from reports.report.cut import cut, rows_of
from reports.report.phrases import TEXT, asset_named, worded
from reports.view import key_of, stolen
from tracer.audit_lines import Line as Account
from tracer.hostile import clean
from tracer.lots import METHODS
from tracer.result import NOT_FOLLOWED, UnverifiedRow
from tracer.words import translated

STANDING: Final = ("sources", "moment", "services", "labels", "persons", "rules")
"""What holds of every trace, however complete."""

ROWS: Final = 40
"""Rows of one table that a paper bears."""

LONG: Final = 30
"""Letters that make a word an address or a hash."""


def blocks(draft: Draft) -> list[Block]:
    """The verdict first, then everything that is missing, at last what holds of every trace."""
    w = draft.w
    found: list[Block] = [Heading(1, w("limits.title"), SECTION.id), _verdict(draft), *_passed(draft)]
    left = _not_followed(draft)
    if left.rows:
        found += [Heading(2, w("limits.not_followed"), "limits-not-followed"), left]
    found += _other_methods(draft)
    for table, title, meaning in (
        (_gaps(draft), w("section.gaps"), w("limits.gaps_meaning")),
        (_weak(draft), w("limits.weak"), w("limits.weak_meaning")),
        (_unverified(draft), w("section.unverified"), w("limits.unverified_meaning")),
    ):
        if table.rows:
            found += [Heading(2, title, f"limits-{table.id}"), Para(line(meaning)), table]
    found += _notes(draft)
    always = Bullets(tuple(line(w(f"limits.standing.{one}")) for one in STANDING))
    return [*found, Heading(2, w("limits.standing"), "limits-standing"), always]


def tables(draft: Draft) -> list[Table]:
    """What was not followed, the gaps, what is not proven, what was not counted."""
    found = (_not_followed(draft), _gaps(draft), _weak(draft), _unverified(draft))
    return [table for table in found if table.rows]


def _verdict(draft: Draft) -> Notice:
    w, result = draft.w, draft.dossier.result
    weak, gaps = _weak_accounts(draft), _gap_rows(draft)
    faults = [w("limits.has_gaps", n=f"{len(gaps):,}")] if gaps else []
    faults += [w("limits.has_weak", n=f"{len(weak):,}")] if weak else []
    if unknown := sum(one.frozen == "unknown" for one in result.freezes):
        faults.append(w("limits.has_unknown", n=f"{unknown:,}"))
    for key, (asset, whole) in stolen(result).items():
        left = sum(part.units for part in parts_of(result, key) if part.reason in NOT_FOLLOWED)
        if left:
            faults.append(w("limits.has_left", amount=money(left, asset), share=share_of(left, whole)))
    if faults:
        return Notice("warning", (line(Span(w("limits.incomplete"), STRONG)), *map(line, faults)))
    return Notice("note", (line(Span(w("limits.complete"), STRONG)), line(w("limits.complete_means"))))


def _passed(draft: Draft) -> Iterator[Block]:
    if through := draft.dossier.result.through:
        said = draft.w("header.through", addresses=", ".join(clean(one, 100) for one in through))
        yield Notice("stop", (line(said),))


def _not_followed(draft: Draft) -> Table:
    """What went on and was not looked for, by stolen asset and reason, under the case's own method."""
    w, result = draft.w, draft.dossier.result
    exact = METHODS[result.method].conserves
    rows: list[tuple[Cell, ...]] = []
    for key, (asset, whole) in stolen(result).items():
        for part in parts_of(result, key):
            if part.reason in NOT_FOLLOWED:
                share = percent(part.share) if exact and part.share else share_of(part.units, whole)
                places = sum(
                    row.reason == part.reason and any(key_of(one.asset) == key for one in row.principal)
                    for row in result.endpoints
                )
                said = (w(f"reason.{part.reason}"), w(f"limits.left.{part.reason}"))
                figures = (draft.amount(part.units, asset), cell(share), cell(f"{places:,}", value=places))
                rows.append((cell(line(Span(said[0], STRONG)), said[1]), cell(asset_named(draft, asset)), *figures))
    columns = (
        Column(w("limits.why"), 40),
        Column(w("limits.of"), 16),
        Column(w("limits.amount"), 22, right=True),
        Column(w("limits.share"), 12, right=True),
        Column(w("limits.places"), 10, right=True),
    )
    return Table("not-followed", w("limits.left_caption"), columns, tuple(rows))


def _other_methods(draft: Draft) -> list[Block]:
    """How much each method leaves unlooked for: a method that was not followed leaves more."""
    w, found = draft.w, draft.dossier.audit.pruned
    items: list[Line] = []
    for asset in sorted({one.asset for one in found if one.units}):
        rows = {one.method: one for one in found if one.asset == asset}
        for names, (units, branches, whole) in grouped({name: one[2:] for name, one in rows.items()}):
            if units:
                methods = " · ".join(w(f"methods.{name}") for name in names)
                figures = {"amount": money(units, asset), "share": share_of(units, whole), "n": f"{branches:,}"}
                much = f" ! {w('audit.much')}" if any(rows[name].much for name in names) else ""
                items.append(line(Span(f"{methods}: ", STRONG), w("audit.not_followed", **figures), much))
    return [Para(line(w("limits.other_methods"))), Bullets(tuple(items))] if items else []


def _gap_rows(draft: Draft) -> list[Gap]:
    return sorted(set(draft.dossier.result.gaps))


def _gaps(draft: Draft) -> Table:
    w = draft.w
    columns = (Column(w("limits.kind"), 16), Column(w("limits.where"), 42), Column(w("limits.why"), 42))

    def row(gap: Gap) -> tuple[Cell, ...]:
        kind = cell(Span(w(f"gap.{gap.kind}"), STRONG))
        return kind, cell(*_where(draft, gap.where)), cell(clean(translated(gap.why, w), TEXT))

    return cut(draft, "gaps", w("limits.gaps_caption"), columns, _gap_rows(draft), row, most=ROWS)


def _where(draft: Draft, where: str) -> Iterator[Span | str]:
    """The place of a gap, which results name by chain, address and asset: codes stand whole, in lines of their own."""
    words = clean(where, TEXT).split()
    yield " ".join(draft.view.chain(word) for word in words if len(word) < LONG)
    for word in words:
        if len(word) >= LONG:
            yield Span(word, CODE)


def _weak_accounts(draft: Draft) -> list[Account]:
    return [one for one in draft.dossier.audit.lines if one.weak]


def _weak(draft: Draft) -> Table:
    """Accounts whose figures rest on something unproven: those of everything that was paid from there, too."""
    w = draft.w
    columns = (Column(w("limits.account"), 58), Column(w("limits.rests_on"), 42))

    def row(one: Account) -> tuple[Cell, ...]:
        chain, address, _ = one.account
        said = (line(Span(f"≈ {clean(translated(why, w), TEXT)}", INFERENCE)) for why in one.weak)
        return cell(asset_named(draft, one.asset), *draft.party(chain, address)), cell(*said)

    return cut(draft, "weak", w("limits.weak_caption"), columns, _weak_accounts(draft), row, most=ROWS)


def _unverified(draft: Draft) -> Table:
    """Movements that were seen and count for nothing, so that nobody adds them up by mistake."""
    w = draft.w
    columns = (Column(w("limits.movement"), 62), Column(w("limits.not_counted"), 38))

    def row(one: UnverifiedRow) -> tuple[Cell, ...]:
        ends = (
            (w("limits.tx"), draft.tx(one.chain, one.tx)),
            (w("limits.from"), draft.address(one.chain, one.sender)),
            (w("limits.to"), draft.address(one.chain, one.receiver)),
            (w("limits.token"), draft.address(one.chain, one.asset)),
        )
        return cell(draft.view.chain(one.chain), *(worded(name, span) for name, span in ends)), cell(uncounted(w, one))

    return cut(
        draft, "unverified", w("limits.unverified_caption"), columns, sorted(set(draft.dossier.result.unverified)), row,
        most=ROWS,
    )  # fmt: skip


def _notes(draft: Draft) -> list[Block]:
    """What does not weaken the figures but a reader should know: prices, above all."""
    w, found = draft.w, draft.dossier
    notes = [clean(translated(note, w), TEXT) for note in sorted(set(found.result.notes))]
    shown = notes[: rows_of(draft, ROWS)]
    if len(shown) < len(notes):
        shown.append(w("back.more", shown=f"{len(shown):,}", all=f"{len(notes):,}"))
    places = sum(row.reason != "fee" for row in found.result.endpoints)
    if len(found.bounds) < places:
        shown.append(w("limits.bounded", n=f"{len(found.bounds):,}", all=f"{places:,}"))
    return [Heading(2, w("section.notes"), "limits-notes"), Bullets(tuple(map(line, shown)))] if shown else []


SECTION = Section(100, "limits", blocks, tables)
