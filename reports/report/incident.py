"""The incident: whose addresses, which transfers count as stolen, and what the transactions show of how it happened.

The chain shows that something left an address, not why. So nothing is said here of the means but what can be read from
the transfers themselves, and how a reader checks the rest in an explorer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chains.model import FEE_SINK, Asset
from reports.doubts import uncounted
from reports.draft import Draft
from reports.numbers import money, symbol
from reports.paper import (
    CODE,
    QUIET,
    STRONG,
    Block,
    Bullets,
    Cell,
    Facts,
    Heading,
    Line,
    Para,
    Span,
    Table,
    cell,
    line,
    line_of,
)
from reports.report import Section
from reports.report.cut import cut
from reports.report.phrases import basis, best_name, columns, contract, joined, moment, value, worded, worth
from reports.view import in_total, inference_sign, stolen
from tracer.hostile import clean
from tracer.result import OriginRow

THEFTS: Final = 40
"""Theft transfers that a paper lists."""

RECEIVERS: Final = 5
"""Direct receivers that are named here, where they are fewer than the transfers; the table before has all."""

UNCOUNTED: Final = 5
"""Movements that did not count and are named here; the section on limits has all."""


def blocks(draft: Draft) -> list[Block]:
    """The victims, the rule of what counts, the transfers, what they show and what they do not."""
    w = draft.w
    return [
        Heading(1, w("front.incident"), "incident"),
        Facts(((w("front.victim_address"), _victims(draft)),)),
        Para(line(_counted(draft))),
        *(Para(line(Span(said, QUIET))) for said in _bases(draft)),
        _thefts(draft),
        Heading(2, w("front.shown"), "shown"),
        Bullets(tuple(_shown(draft))),
        Para(line(w("front.not_shown"))),
    ]


def tables(draft: Draft) -> list[Table]:
    """All theft transfers, one cell for each column."""
    words = ("chain", "from", "to", "asset", "contract")
    head = (
        *columns(draft, ("number", 5, True), ("time", 20), *((name, 10) for name in words), ("amount", 14, True)),
        *columns(draft, *((name, 10) for name in ("value", "since", "tx", "link"))),
    )
    rows = tuple(_cells(draft, one) for one in _origins(draft))
    return [Table("thefts", draft.w("front.thefts_caption", n=f"{len(rows):,}"), head, rows)]


def _origins(draft: Draft) -> list[OriginRow]:
    return sorted(draft.dossier.result.origins, key=lambda one: (one.time, one.chain, len(one.id), one.id))


def _victims(draft: Draft) -> Cell:
    """Each address that was robbed, with what left it."""
    found: dict[tuple[str, str], list[OriginRow]] = {}
    for origin in _origins(draft):
        found.setdefault((origin.chain, origin.victim), []).append(origin)
    return cell(
        *(
            line(
                draft.address(chain, victim),
                f" ({draft.view.chain(chain)}) · ",
                Span(in_total((row.asset, row.amount) for row in rows), STRONG),
            )
            for (chain, victim), rows in found.items()
        )
    )


def _counted(draft: Draft) -> str:
    """Which outflows count as stolen, and which were taken out."""
    w, question = draft.w, draft.dossier.question
    said = w("front.counted_all") if question.stolen == "all" else w("front.counted_tx")
    if not question.own:
        return said
    return said + w("front.own", addresses=joined(draft, [clean(own, 100) for own in question.own]))


def _thefts(draft: Draft) -> Table:
    origins = _origins(draft)
    head = columns(draft, ("number", 4, True), ("payment", 74), ("taken", 26, True))
    caption = draft.w("front.thefts_caption", n=f"{len(origins):,}")
    return cut(draft, "thefts", caption, head, origins, lambda one: _row(draft, one), most=THEFTS)


def _bases(draft: Draft) -> list[str]:
    """Whose prices of when the reference values are."""
    said = (basis(draft, asset) for asset, _ in stolen(draft.dossier.result).values())
    return list(dict.fromkeys(filter(None, said)))


def _row(draft: Draft, one: OriginRow) -> tuple[Cell, ...]:
    w = draft.w
    return (
        cell(clean(one.id, 12)),
        cell(
            moment(draft, one.chain, one.time),
            worded(w("front.from"), draft.address(one.chain, one.victim)),
            worded(w("front.to"), draft.address(one.chain, one.receiver)),
            best_name(draft, one.chain, one.receiver),
            worded(w("front.tx"), draft.tx(one.chain, one.tx)),
        ),
        cell(Span(money(one.amount, one.asset), STRONG), Span(value(draft, one.amount, one.asset), QUIET)),
    )


def _shown(draft: Draft) -> Iterator[Line]:
    """What can be read from the transfers without taking anybody's word."""
    w, origins = draft.w, _origins(draft)
    first, last = draft.both(origins[0].time), draft.both(origins[-1].time)
    txs = len({(one.chain, one.tx) for one in origins})
    yield line(w("front.in_transactions", n=f"{len(origins):,}", txs=f"{txs:,}", first=first, last=last))
    received: dict[tuple[str, str], list[tuple[Asset, int]]] = {}
    for one in origins:
        received.setdefault((one.chain, one.receiver), []).append((one.asset, one.amount))
    if len(received) == len(origins):
        received.clear()
    for place, amounts in list(received.items())[:RECEIVERS]:
        named = (part for name in draft.names(*place) for part in (Span(" "), *name))
        yield (*line(w("front.went_to"), draft.address(*place), w("front.so_much", amount=in_total(amounts))), *named)
    if len(received) > RECEIVERS:
        yield line(w("conversion.more", n=f"{len(received) - RECEIVERS:,}"))
    yield from _by_others(draft)
    left = [one for one in draft.dossier.result.unverified if (one.chain, one.sender) in _who(draft)]
    for row in left[:UNCOUNTED]:
        yield line(w("front.uncounted", what=uncounted(w, row)), " ", draft.tx(row.chain, row.tx))
    if len(left) > UNCOUNTED:
        yield line(w("front.uncounted_more", n=f"{len(left) - UNCOUNTED:,}", section=w("limits.title")))


def _who(draft: Draft) -> set[tuple[str, str]]:
    return {(one.chain, one.victim) for one in draft.dossier.result.origins}


def _by_others(draft: Draft) -> Iterator[Line]:
    """Who passed a theft transfer on, and who paid its network fee in the victim's stead and so sent it.

    Only fees paid with stolen coins are in the flow: of most transactions the sender is not known here.
    """
    w, victims = draft.w, _who(draft)
    thefts = {(one.chain, one.tx) for one in draft.dossier.result.origins}
    for flow in draft.dossier.result.flows:
        payer, tx = draft.address(flow.chain, flow.sender), draft.tx(flow.chain, flow.tx)
        if (flow.chain, flow.sender) in victims:
            for via in flow.via:
                yield line(w("front.passed_by"), draft.address(flow.chain, via), " · ", tx)
        elif flow.receiver == FEE_SINK and (flow.chain, flow.tx) in thefts:
            sent = line_of(inference_sign(w("front.so_sent")))
            yield (*line(w("front.fee_of"), tx, w("front.was_paid_by"), payer, w("front.not_victim")), *sent)


def _cells(draft: Draft, one: OriginRow) -> tuple[Cell, ...]:
    tx = draft.tx(one.chain, one.tx)
    return (
        cell(clean(one.id, 12)),
        draft.time(one.time),
        cell(draft.view.chain(one.chain)),
        cell(draft.address(one.chain, one.victim)),
        cell(draft.address(one.chain, one.receiver)),
        cell(symbol(one.asset)),
        contract(one.asset),
        draft.amount(one.amount, one.asset, strong=True),
        cell(worth(draft, one.amount, one.asset)),
        cell(Span(clean(one.since, 100), CODE)),
        cell(tx),
        cell(tx.url),
    )


SECTION = Section(30, "incident", blocks, tables)
