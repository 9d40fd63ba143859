"""What to do now, on the page that stands alone: whom to write to first, and the steps of the first day.

No section of its own: it is the second half of the summary. A victim reads it within the hour, so it names who can act,
how much is there, two addresses to begin with and one way to reach them; everything else stands in the next section.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reports.draft import Draft
from reports.numbers import money, share_of
from reports.paper import QUIET, STRONG, Block, Bullets, Cell, Heading, Para, Span, Table, cell, line
from reports.report.phrases import columns, left_out
from reports.report.stop import Group, groups, where_to_write
from reports.view import AssetKey, key_of, stolen
from tracer.lots import METHODS
from tracer.stoppable import FROZEN, NOBODY

ASKED: Final = 4
"""Whom to write to first; the next section has all."""

ADDRESSES: Final = 2
"""Addresses that are named for each of them."""

FIRST: Final = ("police", "write", "keep", "nobody")
"""What a victim does on the first day."""


def to_do(draft: Draft) -> Iterator[Block]:
    """Whom to write to first, and what else a victim does on the first day."""
    w = draft.w
    able = [group for group in groups(draft) if group.first.means not in (FROZEN, NOBODY)]
    yield Heading(2, w("front.to_do"), "to-do")
    if able:
        head = columns(draft, ("who", 42), ("still_there", 18, True), ("places", 7, True), ("write_to", 33))
        more = w("front.asked_more", n=f"{len(able) - ASKED:,}") if len(able) > ASKED else ""
        rows = tuple(_asked(draft, group) for group in able[:ASKED])
        yield Table("to-do", w("front.asked"), head, rows, line(more))
    else:
        yield Para(line(w("front.cannot_stop")))
    steps = [one for one in FIRST if able or one != "write"]
    yield Bullets(tuple(line(w(f"front.first.{one}")) for one in steps), numbered=True)


def _asked(draft: Draft, group: Group) -> tuple[Cell, ...]:
    there = {(one.endpoint.chain, one.endpoint.address) for _, one in group.places}
    return (
        cell(Span(group.means[0], STRONG), *_largest(draft, group)),
        cell(*_parts(draft, group)),
        cell(f"{len(there):,}", value=len(there)),
        cell(*where_to_write(draft, group.first)),
    )


def _largest(draft: Draft, group: Group) -> list[Span]:
    """The addresses with the highest rank."""
    places = dict.fromkeys((one.endpoint.chain, one.endpoint.address) for _, one in group.places)
    named = list(places)[:ADDRESSES]
    return [*(draft.address(*place) for place in named), *left_out(draft, len(places) - len(named))]


def _parts(draft: Draft, group: Group) -> Iterator[str | Span]:
    """What of each stolen asset it stands for, as the box counts it."""
    sums: dict[AssetKey, int] = {}
    for _, one in group.places:
        for part in one.endpoint.principal:
            sums[key_of(part.asset)] = sums.get(key_of(part.asset), 0) + part.amount
    for key, (asset, units) in stolen(draft.dossier.result).items():
        if key in sums:
            yield money(sums[key], asset)
            if METHODS[draft.dossier.result.method].conserves:
                yield Span(share_of(sums[key], units), QUIET)
