"""An endpoint with everything the dossier knows of it, and how that is said. No section of its own.

The cards, the list of what can be stopped and the tables say these things alike, so they are said here once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from reports.draft import Draft
from reports.freeze_list import proposal, read_at
from reports.numbers import money
from reports.paper import PLAIN, QUIET, STRONG, Line, Span, line, line_of
from reports.report.phrases import TEXT, worded
from reports.times import utc
from reports.view import label, ranked
from tracer.bound_rows import BoundRow
from tracer.hostile import clean
from tracer.result import DepositRow, EndpointRow, FreezeRow, MethodRow
from tracer.stoppable import Stoppable
from tracer.words import translated

FEE: Final = "fee"
"""A fee stands at the address that paid it, and is not what rests there: nothing known of that is true of the fee."""

PROOFS: Final = 8
"""Transactions that are named for one finding."""


class Place(NamedTuple):
    """One endpoint. ``number`` is its rank, from 1; ``way`` are the numbers of the payments that brought it."""

    number: int
    row: EndpointRow
    deposit: DepositRow | None
    freeze: FreezeRow | None
    methods: MethodRow | None
    bound: BoundRow | None
    way: tuple[int, ...]
    stop: Stoppable | None


def places(draft: Draft) -> list[Place]:
    """Every endpoint in the order of the reports."""
    result = draft.dossier.result
    deposits = {_account(row): row for row in result.deposits}
    freezes = {_account(row): row for row in result.freezes}
    methods = {(_account(row), row.reason): row for row in result.methods}
    stops = {(_account(one.endpoint), one.endpoint.reason): one for one in draft.dossier.stoppable}
    found = []
    for number, row in enumerate(ranked(result), 1):
        account = _account(row)
        methods_row, stop = methods.get((account, row.reason)), stops.get((account, row.reason))
        if row.reason == FEE:
            found.append(Place(number, row, None, None, methods_row, None, (), stop))
            continue
        way = tuple(place + 1 for place, _ in draft.dossier.ways.get(account, ()))
        bound = draft.dossier.bounds.get(account)
        found.append(Place(number, row, deposits.get(account), freezes.get(account), methods_row, bound, way, stop))
    return found


def _account(row: EndpointRow | DepositRow | FreezeRow | MethodRow) -> tuple[str, str, str]:
    return row.chain, row.address, row.asset.id


def proofs(draft: Draft, deposit: DepositRow) -> Iterator[Line]:
    """The transactions it rests on, each with what it shows."""
    for one in deposit.proofs[:PROOFS]:
        yield worded(draft.w(f"front.proof.{one.role}"), draft.tx(deposit.chain, one.tx))
    if len(deposit.proofs) > PROOFS:
        yield line(Span(draft.w("conversion.more", n=len(deposit.proofs) - PROOFS), QUIET))


def hub(draft: Draft, deposit: DepositRow) -> Iterator[Line]:
    """The wallet it is swept to, whose label says whose it is, and whether what came has left."""
    w = draft.w
    if deposit.hub:
        source = clean(translated(deposit.hub_source, w), TEXT)
        named = line_of(label(deposit.entity, source)) if source else ()
        yield (*worded(w("endpoints.swept"), draft.address(deposit.chain, deposit.hub)), Span(" "), *named)
    if deposit.left is None:
        yield line(w("front.left_unknown"))
    elif deposit.left:
        yield line(w("front.left", amount=money(deposit.left, deposit.asset)))
    else:
        yield line(w("front.left_nothing"))


def freezing(draft: Draft, row: FreezeRow) -> Iterator[Line]:
    """Whether it is, can be or is about to be frozen, by whom, and as of when."""
    w, can = draft.w, row.can != "no"
    issuer = line_of(label(row.issuer, w("freezes.by"))) if row.issuer else ()
    if can:
        read = f" · {read_at(w, row, utc)}" if row.frozen != "unknown" else ""
        yield line(Span(w(f"freezes.frozen_{row.frozen}"), STRONG), read)
        yield (*line(w(f"freezes.can_{row.can}"), " "), *issuer)
    else:
        yield (*line(Span(w("freezes.can_no"), STRONG), " "), *issuer)
    if said := proposal(w, row):
        yield line(Span(said, STRONG if row.proposed == "yes" else PLAIN))
    for why in row.why:
        yield line(Span(clean(translated(why, w), TEXT), QUIET))


def means(draft: Draft, one: Stoppable) -> list[str]:
    """Who can do what: the most promising way first."""
    return [
        draft.w(f"stop.means.{way.means}", entity=clean(way.entity) or draft.w("stop.somebody"))
        for way in (one, *one.also)
    ]
