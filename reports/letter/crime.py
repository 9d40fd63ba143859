"""What happened and how the money got here: the second and the third part of a letter.

What the chain shows stands apart from what the reporter says. That nobody had a right to the transfers is the
reporter's statement; which law that breaks is left to counsel and the police.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from reports.conversions import kind, whole
from reports.letter.material import Material
from reports.letter.request import CARDS
from reports.letter.transfers import hop_table
from reports.numbers import money
from reports.paper import (
    Block,
    Bullets,
    Cell,
    Column,
    Exact,
    Facts,
    Heading,
    Line,
    Para,
    Table,
    cell,
    line,
    line_of,
)
from reports.report.phrases import worth
from reports.times import utc
from reports.view import key_of, stolen
from tracer.hostile import clean
from tracer.result import ConversionRow, OriginRow
from tracer.words import Words

THEFTS: Final = 20
"""Theft transactions that a letter shows, the largest of each asset; far.json has all."""

CHECKLIST: Final = ("login_video", "purchase_record", "bank_record", "signed_message")
"""What usually shows whose wallet it is, where the reporter named nothing."""


def crime(material: Material) -> list[Block]:
    """The theft: in one sentence, when, how much, from whom, by which transactions, and whose wallet it was."""
    w, draft = material.draft.w, material.draft
    origins = draft.dossier.result.origins
    lost = [
        line(f"{money(units, asset)}: {worth(draft, units, asset)}")
        for asset, units in stolen(draft.dossier.result).values()
    ]
    victims = dict.fromkeys((one.chain, one.victim) for one in origins)
    rows: list[tuple[str, Cell]] = [
        (w("identity.incident.what_happened"), cell(material.said("incident.what_happened", named=False))),
        (w("letter.crime.date"), cell(w("letter.crime.utc_day", date=utc(min(one.time for one in origins))[:10]))),
        (w("identity.incident.discovered_at"), cell(material.said("incident.discovered_at", named=False))),
        (w("letter.crime.lost"), cell(*lost, w("letter.crime.reference_value"))),
        (w("letter.crime.victims"), cell(*(line(draft.address(*one)) for one in victims))),
        (w("letter.crime.means"), cell(w("letter.crime.means_shown"), *_told(material), material.open("means"))),
        (w("letter.crime.unlawful"), cell(w("letter.crime.without_consent"), material.open("law"))),
    ]
    return [
        Heading(1, w("letter.section.crime"), "crime"),
        Facts(tuple(rows)),
        _thefts(material),
        Heading(2, w("identity.victim.ownership"), "ownership"),
        Para(line(w("letter.ownership.intro"))),
        _ownership(material),
    ]


def trace(material: Material) -> list[Block]:
    """The way from the theft to the recipient, what changed its form on it, and what is elsewhere."""
    w = material.draft.w
    conversions = _conversions(material)
    return [
        Heading(1, w("letter.section.trace"), "trace"),
        Para(line(w("letter.trace.intro"))),
        Bullets(tuple(_in_words(material)), numbered=True),
        hop_table(material),
        *([conversions] if conversions.rows else []),
        Bullets(tuple(map(line, _rest(material)))),
    ]


def _told(material: Material) -> Iterator[Line]:
    """What the reporter says of how it came about, where it is told."""
    w = material.draft.w
    for name in ("clicked", "installed", "signed", "site"):
        told = material.identity.value(f"incident.{name}")
        if told:
            yield line(w("letter.crime.reporter_says", what=w(f"identity.incident.{name}"), told=clean(told, 400)))


def _thefts(material: Material) -> Table:
    draft, w = material.draft, material.draft.w
    columns = (
        Column(w("letter.col.time"), 20),
        Column(w("letter.col.theft"), 60),
        Column(w("letter.col.gross"), 20, right=True),
    )
    shown = thefts(material)
    rows = tuple(
        (
            draft.time(one.time),
            cell(
                line(f"{w('letter.hop.from')} ", draft.address(one.chain, one.victim)),
                line(f"{w('letter.hop.to')} ", draft.address(one.chain, one.receiver)),
                line(draft.tx(one.chain, one.tx)),
                draft.view.chain(one.chain),
            ),
            draft.amount(one.amount, one.asset),
        )
        for one in shown
    )
    left = len(material.draft.dossier.result.origins) - len(rows)
    more = line(w("letter.thefts_left", n=f"{left:,}")) if left else ()
    return Table("thefts", w("letter.table.thefts"), columns, rows, more)


def thefts(material: Material) -> list[OriginRow]:
    """The theft transactions to show, in order of time; of too many, those that took the most of their asset."""
    result = material.draft.dossier.result
    whole = stolen(result)
    ranked = sorted(result.origins, key=lambda one: -Fraction(one.amount, whole[key_of(one.asset)][1] or 1))
    return sorted(ranked[:THEFTS], key=lambda one: (one.time, one.chain, one.tx, one.id))


def _ownership(material: Material) -> Bullets:
    w = material.draft.w
    own = material.identity.victim.ownership
    if not own:
        return Bullets(tuple(line(w(f"identity.proof.{one}")) for one in CHECKLIST), boxes=True)
    items = (
        line(
            w("closing.join").join(
                filter(None, (w(f"identity.proof.{one.kind}"), clean(one.file, 100), clean(one.proves, 400)))
            )
        )
        for one in own
    )
    return Bullets(tuple(items))


def _in_words(material: Material) -> Iterator[Line]:
    """One sentence for every place: from the first payment to the last, over how many."""
    draft, w = material.draft, material.draft.w
    for number, way in enumerate(material.to.ways[:CARDS]):
        places = [place for place, _ in material.ways[number]]
        if not places:
            continue
        first, last = material.flow(places[0]), material.flow(places[-1])
        row = way.endpoint
        amount, several = money(row.amount, row.asset), len(places) > 1
        yield line(
            w("letter.trace.several", amount=amount, n=f"{len(places):,}", first=utc(first.time), last=utc(last.time))
            if several
            else w("letter.trace.one", amount=amount, time=utc(first.time)),
            " ", draft.address(row.chain, row.address),
            f" ({_numbers(w, places)})",
        )  # fmt: skip


def _numbers(w: Words, places: list[int]) -> str:
    shown = " → ".join(f"{place + 1:,}" for place in places[:12])
    if len(places) == 1:
        return w("letter.trace.number", number=shown)
    return w("letter.trace.numbers", numbers=shown if len(places) <= 12 else f"{shown} → …")


def _conversions(material: Material) -> Table:
    """What changed its form on the way, both sides with their transactions."""
    w = material.draft.w
    found = dict.fromkeys(
        flow.conversion for place in material.brought if (flow := material.flow(place)).conversion is not None
    )
    columns = (
        Column(w("letter.col.number"), 6, right=True),
        Column(w("letter.col.time"), 22),
        Column(w("letter.col.conversion"), 72),
    )
    rows = tuple(_conversion(material, number) for number in found if number is not None)
    return Table("conversions", w("letter.table.conversions"), columns, rows)


def _conversion(material: Material, number: int) -> tuple[Cell, ...]:
    draft, row = material.draft, material.draft.dossier.result.conversions[number]
    return (
        cell(f"{number + 1:,}", value=Exact(number + 1, 0)),
        draft.time(row.time),
        cell(line(*line_of(kind(draft.view, row)), f" {whole(row)}"), *_transactions(material, row)),
    )


def _transactions(material: Material, row: ConversionRow) -> Iterator[Line]:
    draft, w = material.draft, material.draft.w
    placed = [row.placed] if row.placed and row.placed != row.tx else []
    yield from (line(f"{w('letter.hop.tx')} ", draft.tx(row.chain, one)) for one in (*placed, row.tx))


def _rest(material: Material) -> Iterator[str]:
    """How much of what was stolen this letter is about, is elsewhere, and was not followed."""
    for asset, units, sums in material.shares:
        said = {name: material.part(sum_, asset, units) for name, sum_ in sums.items()}
        yield material.draft.w("letter.trace.asset", stolen=money(units, asset), **said)
