"""The hop table: every payment that carried stolen value, numbered in order of time.

Its numbers are the same on every paper of the case. On paper the addresses and the hash stand below each other, because
a code is never broken; a spreadsheet has them in columns of their own.
"""

from __future__ import annotations

from fractions import Fraction

from reports.draft import Draft
from reports.numbers import floored, money, percent, symbol
from reports.paper import CODE, STRONG, Block, Cell, Heading, Line, Para, Span, Table, cell, line, line_of
from reports.report import Section
from reports.report.phrases import best_name, columns, contract, moment, worded
from reports.view import in_total, inference_sign, key_of, wholes
from tracer.hostile import clean
from tracer.result import FlowRow


def blocks(draft: Draft) -> list[Block]:
    """What the table is, and the table with its largest payments."""
    flows = draft.dossier.result.flows
    if not flows:
        return []
    chosen = largest(draft, draft.limit)
    head = columns(draft, ("number", 5, True), ("payment", 70), ("gross_and_traced", 25, True))
    rows = tuple(_row(draft, place, flows[place]) for place in chosen)
    more = _left_out(draft, set(chosen))
    return [
        Heading(1, draft.w("front.hops"), "hops"),
        Para(line(draft.w("front.hops_meaning", method=draft.w(f"method.{draft.dossier.result.method}")))),
        Table("hops", draft.w("front.hops_caption", n=f"{len(flows):,}"), head, rows, more),
    ]


def tables(draft: Draft) -> list[Table]:
    """All payments, one cell for each column."""
    narrow = ("chain", "place", "from", "from_named", "to", "to_named", "via", "asset", "contract")
    head = columns(
        draft,
        ("number", 5, True),
        ("time", 20),
        *((name, 10) for name in narrow),
        ("gross", 14, True),
        ("traced", 14, True),
        *((name, 10) for name in ("stands_for", "method", "note", "tx", "link")),
    )
    rows = tuple(_cells(draft, place, flow) for place, flow in enumerate(draft.dossier.result.flows))
    return [Table("hops", draft.w("front.hops_caption", n=f"{len(rows):,}"), head, rows)]


def largest(draft: Draft, limit: int | None) -> list[int]:
    """The places of the payments that carried most of what was stolen, in order of time."""
    return sorted(by_size(draft)[:limit])


def by_size(draft: Draft) -> list[int]:
    """The places of all payments, by what part of what was stolen each carried."""
    shares = _shares(draft)
    return sorted(range(len(shares)), key=lambda place: (-shares[place], place))


def _shares(draft: Draft) -> list[Fraction]:
    """What part of what was stolen each payment carried."""
    whole = {key: units**-1 for key, units in wholes(draft.dossier.result).items() if units}
    return [whole.get(key_of(flow.asset), Fraction(0)) * flow.traced for flow in draft.dossier.result.flows]


def _left_out(draft: Draft, chosen: set[int]) -> Line:
    left = [share for place, share in enumerate(_shares(draft)) if place not in chosen]
    if not left:
        return ()
    most = -floored(-max(left))
    return line(draft.w("front.hops_more", n=f"{len(left):,}", share=percent(most)))


def _row(draft: Draft, place: int, flow: FlowRow) -> tuple[Cell, ...]:
    return (
        cell(str(place + 1), value=place + 1),
        cell(moment(draft, flow.chain, flow.time), *payment(draft, flow)),
        cell(money(flow.amount, flow.asset), Span(money(flow.traced, flow.asset), STRONG)),
    )


def payment(draft: Draft, flow: FlowRow) -> list[Line]:
    """Who paid whom, by whom it was passed on, what it has to do with a conversion, in which transaction."""
    w = draft.w
    lines = [
        worded(w("front.from"), draft.address(flow.chain, flow.sender)),
        best_name(draft, flow.chain, flow.sender),
        worded(w("front.to"), draft.address(flow.chain, flow.receiver)),
        best_name(draft, flow.chain, flow.receiver),
    ]
    lines += [worded(w("conversion.via"), draft.address(flow.chain, via)) for via in _between(flow)]
    return [*lines, _converted(draft, flow), worded(w("front.tx"), draft.tx(flow.chain, flow.tx))]


def _between(flow: FlowRow) -> list[str]:
    """Who passed it on and is not named as an end already."""
    return [via for via in flow.via if via not in (flow.sender, flow.receiver)]


def _converted(draft: Draft, flow: FlowRow) -> Line:
    """Which conversion it went into or came out of, an inference; nothing where it has to do with none."""
    if flow.conversion is None:
        return ()
    row = draft.dossier.result.conversions[flow.conversion]
    values = {"kind": draft.w(f"conversion.{row.kind}"), "n": flow.conversion + 1}
    if any((part.address, key_of(part.asset)) == (flow.sender, key_of(flow.asset)) for part in row.ins):
        return line_of(inference_sign(draft.w("front.into_conversion", **values)))
    return line_of(inference_sign(draft.w("front.out_of_conversion", **values)))


def _cells(draft: Draft, place: int, flow: FlowRow) -> tuple[Cell, ...]:
    tx = draft.tx(flow.chain, flow.tx)
    return (
        cell(str(place + 1), value=place + 1),
        draft.time(flow.time),
        cell(draft.view.chain(flow.chain)),
        cell(Span(clean(flow.position, 100), CODE)),
        cell(draft.address(flow.chain, flow.sender)),
        cell(*draft.names(flow.chain, flow.sender)),
        cell(draft.address(flow.chain, flow.receiver)),
        cell(*draft.names(flow.chain, flow.receiver)),
        cell(*(draft.address(flow.chain, via) for via in _between(flow))),
        cell(symbol(flow.asset)),
        contract(flow.asset),
        draft.amount(flow.amount, flow.asset),
        draft.amount(flow.traced, flow.asset, strong=True),
        cell(in_total((part.asset, part.amount) for part in flow.principal)),
        cell(draft.w(f"methods.{draft.dossier.result.method}")),
        cell(_converted(draft, flow)),
        cell(tx),
        cell(tx.url),
    )


SECTION = Section(60, "hops", blocks, tables)
