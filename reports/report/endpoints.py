"""The endpoints: one card for each place where stolen value is, with everything that is known of it.

What it rests on stands apart: the label with its source, the inference with its confidence and what speaks against it,
the amount under the case's method and beside it what holds under any.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reports.bounds_table import between, stands_behind
from reports.draft import Draft
from reports.numbers import dollars, floored, money, share_of, symbol
from reports.paper import (
    QUIET,
    STRONG,
    Block,
    Card,
    Cell,
    Facts,
    Heading,
    Line,
    Moment,
    Para,
    Span,
    Table,
    cell,
    line,
    line_of,
)
from reports.report import Section
from reports.report.cut import cut
from reports.report.phrases import TEXT, asset_named, best_name, columns, contract, joined, share_cell, worded
from reports.report.places import Place, freezing, hub, means, places, proofs
from reports.stoppable_list import against, custody
from reports.view import SURE, finding, inference, inference_sign, key_of, label, stands_for, stolen, weight
from tracer.hostile import clean
from tracer.lots import METHODS
from tracer.result import EndpointRow, MethodRow
from tracer.words import translated

CARDS: Final = 20
"""Endpoints with a card of their own on paper; the rest stand in a table, and with everything in the spreadsheet."""

REST: Final = 40
"""Rows of that table."""

PATH: Final = 8
"""Transactions of a way that a card names; the hop table has all."""


def blocks(draft: Draft) -> list[Block]:
    """The cards of the first, and a table of the rest."""
    found = places(draft)
    heading = Heading(1, draft.w("front.endpoints"), "endpoints")
    if not found:
        return [heading, Para(line(draft.w("endpoints.none")))]
    cards = [_card(draft, one) for one in found[:CARDS]]
    rest = [_rest(draft, found[CARDS:])] if len(found) > CARDS else []
    tiers = [Para(line(draft.w("front.tiers")))] if draft.dossier.result.deposits else []
    return [heading, Para(line(draft.w("front.endpoints_meaning"))), *tiers, *cards, *rest]


def tables(draft: Draft) -> list[Table]:
    """All endpoints, one cell for each column."""
    words = ("reason", "entity", "basis", "chain", "address", "asset", "contract")
    after = ("stands_for", "share", "arrived", "value", "tier", "evidence", "against", "swept", "frozen")
    head = (
        *columns(draft, ("number", 5, True), *((name, 10) for name in words), ("amount", 14, True)),
        *columns(draft, *((name, 10) for name in after), ("least", 14, True), ("most", 14, True)),
        *(
            one._replace(title=draft.w(f"methods.{name}"))
            for name in METHODS
            for one in columns(draft, ("amount", 14, True))
        ),
        *columns(draft, *((name, 10) for name in ("payments", "last_tx", "link", "who"))),
    )
    return [Table("endpoints", draft.w("section.endpoints"), head, tuple(_cells(draft, one) for one in places(draft)))]


def _card(draft: Draft, one: Place) -> Card:
    name = f"{draft.w(f'reason.{one.row.reason}')} · {money(one.row.amount, one.row.asset)}"
    title = line(Span(f"{one.number} · ", QUIET), Span(name, STRONG))
    return Card(f"endpoint-{one.number}", title, (Facts(tuple(_facts(draft, one))),))


def _facts(draft: Draft, one: Place) -> Iterator[tuple[str, Cell]]:
    w, row = draft.w, one.row
    yield w("front.col.address"), cell(*draft.party(row.chain, row.address), asset_named(draft, row.asset))
    yield w("front.basis"), cell(*_basis(draft, one))
    method = w(f"methods.{draft.dossier.result.method}")
    yield (
        w("front.amount_under", method=method),
        cell(Span(money(row.amount, row.asset), STRONG), stands_for(draft.view, row), *shares(draft, row)),
    )
    if one.bound is not None:
        yield w("front.any_method"), cell(*_bounds(draft, one))
    if one.methods is not None and not _settled(one):
        yield w("front.by_method"), cell(*_by_method(draft, one.methods))
    worth = w("endpoints.worth", usd=dollars(row.usd)) if row.usd is not None else ""
    yield w("front.arrived"), cell(draft.both(row.arrived), worth, value=Moment(row.arrived))
    if one.freeze is not None:
        yield w("front.freezing"), cell(*freezing(draft, one.freeze))
    if way := list(_way(draft, one)):
        yield w("front.way"), cell(*way)
    if one.stop is not None:
        yield w("front.who"), cell(*means(draft, one.stop))


def _basis(draft: Draft, one: Place) -> Iterator[Line]:
    """What says what it is. Where a deposit row says it, the endpoint's own words would only say it again."""
    if one.deposit is None or one.row.reason != "exchange_deposit":
        yield line_of(finding(draft.view, one.row))
    if one.deposit is not None:
        yield line_of(custody(draft.view, one.deposit))
        yield from map(line_of, against(draft.view, one.deposit))
        yield from proofs(draft, one.deposit)
        yield from hub(draft, one.deposit)
    elif one.row.swept_to is not None:
        yield worded(draft.w("endpoints.swept"), draft.address(one.row.chain, one.row.swept_to))


def shares(draft: Draft, row: EndpointRow) -> list[str]:
    """What part of each stolen asset its units stand for."""
    whole = stolen(draft.dossier.result)
    sums: dict[tuple[str, str], int] = {}
    for part in row.principal:
        sums[key_of(part.asset)] = sums.get(key_of(part.asset), 0) + part.amount
    return [
        draft.w("front.share_of", share=share_of(units, whole[key][1]), asset=asset_named(draft, whole[key][0]))
        for key, units in sorted(sums.items())
    ]


def _bounds(draft: Draft, one: Place) -> Iterator[Line]:
    """The least and the most that any rule leaves possible, and what of the stolen that is.

    What is no more than the slack is nothing; and units of a stolen asset that stand for themselves say it already.
    """
    if one.bound is None:
        return
    w, bound = draft.w, one.bound.bound
    yield line(Span(between(w, bound, one.bound.asset), STRONG))
    standing = [part for part in one.bound.principal if part.bound.most > part.bound.slack]
    if [key_of(part.asset) for part in standing] == [key_of(one.row.asset)]:
        standing = []
    yield from (line(Span(stands_behind(w, part), QUIET)) for part in standing)
    if bound.weak:
        yield line_of(inference_sign(w("bounds.weak", n=len(bound.doubts))))


def _settled(one: Place) -> bool:
    """Do bounds and methods all come to the same? Then it need not be said twice."""
    bound = one.bound and one.bound.bound
    return bool(bound and one.methods and {bound.least, bound.most} == {units for _, units in one.methods.units})


def _by_method(draft: Draft, row: MethodRow) -> list[str]:
    """Every method's figure; those that agree share a line."""
    named: dict[int, list[str]] = {}
    for name, units in row.units:
        named.setdefault(units, []).append(draft.w(f"methods.{name}"))
    if len(named) == 1:
        return [draft.w("front.every_method", amount=money(units, row.asset)) for units in named]
    return [
        draft.w("front.of_methods", amount=money(units, row.asset), methods=joined(draft, said))
        for units, said in named.items()
    ]


def _way(draft: Draft, one: Place) -> Iterator[Line]:
    """The payments by their numbers, and the transactions of the largest part, the theft first."""
    if one.way:
        numbers = joined(draft, [str(number) for number in one.way[:PATH]])
        left = len(one.way) - PATH
        more = f" {draft.w('conversion.more', n=left)}" if left > 0 else ""
        yield line(draft.w("front.payments", numbers=numbers), more)
    path = one.row.path
    cutting = len(path) > PATH
    for tx in path[:1] if cutting else path:
        yield line(draft.tx(one.row.chain, tx))
    if cutting:
        yield line(Span(draft.w("conversion.more", n=len(path) - PATH), QUIET))
        yield from (line(draft.tx(one.row.chain, tx)) for tx in path[1 - PATH :])


def _rest(draft: Draft, rest: list[Place]) -> Table:
    """The small ones: what they are, where, how much."""
    head = columns(draft, ("number", 5, True), ("where", 18), ("address", 48), ("amount", 20, True), ("part", 9, True))
    whole = stolen(draft.dossier.result)

    def row(one: Place) -> tuple[Cell, ...]:
        end = one.row
        arrival = (line(draft.tx(end.chain, tx)) for tx in end.path[-1:])
        return (
            cell(str(one.number), value=one.number),
            cell(Span(draft.w(f"reason.{end.reason}"), STRONG), _inferred(draft, end)),
            cell(draft.address(end.chain, end.address), best_name(draft, end.chain, end.address), *arrival),
            cell(money(end.amount, end.asset)),
            share_cell(floored(weight(end, whole))),
        )

    return cut(draft, "endpoints", draft.w("front.endpoints_rest"), head, rest, row, most=REST)


def _inferred(draft: Draft, row: EndpointRow) -> Line:
    """The inference that the reason rests on; nothing where that is a fact or a label."""
    if not row.rule or row.confidence == SURE:
        return ()
    return line_of(inference(translated(row.rule, draft.w), draft.w("endpoints.confidence", n=row.confidence)))


def _attribution(draft: Draft, row: EndpointRow) -> Iterator[Cell]:
    """The label with its source, and the fact or inference that the reason rests on."""
    w, rule = draft.w, translated(row.rule, draft.w)
    yield cell(line_of(label(row.entity, translated(row.label_source, w))) if row.entity else ())
    yield cell(_inferred(draft, row) or clean(rule, TEXT))


def _cells(draft: Draft, one: Place) -> tuple[Cell, ...]:
    row, deposit = one.row, one.deposit
    bound = one.bound.bound if one.bound else None
    units = dict(one.methods.units) if one.methods else {}
    last = draft.tx(row.chain, row.path[-1]) if row.path else Span("")
    return (
        cell(str(one.number), value=one.number),
        cell(draft.w(f"reason.{row.reason}")),
        *_attribution(draft, row),
        cell(draft.view.chain(row.chain)),
        cell(draft.address(row.chain, row.address)),
        cell(symbol(row.asset)),
        contract(row.asset),
        draft.amount(row.amount, row.asset, strong=True),
        cell(stands_for(draft.view, row)),
        cell(*shares(draft, row)),
        draft.time(row.arrived),
        cell("" if row.usd is None else dollars(row.usd)),
        cell(line_of(custody(draft.view, deposit)) if deposit else ()),
        cell(*(proofs(draft, deposit) if deposit else ())),
        cell(*(map(line_of, against(draft.view, deposit)) if deposit else ())),
        cell(draft.address(row.chain, row.swept_to) if row.swept_to else ""),
        cell(*(freezing(draft, one.freeze) if one.freeze else ())),
        cell() if bound is None else draft.amount(bound.least, row.asset),
        cell() if bound is None else draft.amount(bound.most, row.asset),
        *(draft.amount(units[name], row.asset) if name in units else cell() for name in METHODS),
        cell(", ".join(map(str, one.way))),
        cell(last),
        cell(last.url),
        cell(*(means(draft, one.stop) if one.stop else ())),
    )


SECTION = Section(70, "endpoints", blocks, tables)
