"""The head of a letter and its first part: who is asked, for what, about which addresses, and why these are theirs.

A desk that gets hundreds of requests decides on these pages: does it hold these addresses, what came in and when, where
is it now, what exactly is wanted. So every place has one card with all of that, and nothing that is another one's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chains.model import NATIVE
from reports.letter.material import Attached, Material
from reports.letter.places import places_table
from reports.letter.transfers import incoming_table
from reports.numbers import money, symbol
from reports.paper import (
    CODE,
    QUIET,
    STRONG,
    Block,
    Bullets,
    Card,
    Cell,
    Column,
    Facts,
    Heading,
    Line,
    Notice,
    Para,
    Span,
    Table,
    cell,
    line,
    line_of,
)
from reports.report.phrases import contract, method_named
from reports.report.places import freezing
from reports.times import utc
from reports.view import SURE, inference, label, stands_for, stolen
from tracer.hostile import clean
from tracer.result import DepositRow, EndpointRow
from tracer.stoppable import AT_EXCHANGE, BRIDGE, FROZEN, ISSUER, SERVICE, SWEPT, UNSWEPT, Stoppable
from tracer.words import translated

CARDS: Final = 12
"""Places that a letter describes each in full, the first ones; the table before them and the lists have the others."""

STATED: Final = (UNSWEPT, SWEPT, AT_EXCHANGE, SERVICE, BRIDGE)
"""Means whose state has words of its own; for the others it is why the trace ends there."""


def head(material: Material) -> list[Block]:
    """Addressee, date, sender, numbers, urgency, and what is attached."""
    w, draft, to = material.draft.w, material.draft, material.to
    reporter = (material.said(f"reporter.{one}") for one in ("name", "email", "phone"))
    rows = (
        (w("letter.head.to"), cell(line(Span(to.name, STRONG), f" ({to.says(w)})"), material.open("entity"))),
        (w("letter.head.desk"), cell(w("letter.head.desk_name"))),
        (w("letter.head.date"), cell(w("letter.head.date_utc", date=draft.today.isoformat()))),
        (w("letter.head.from"), cell(*reporter)),
        (w("identity.police.report_number"), cell(material.said("police.report_number", named=False))),
        (w("letter.head.our_number"), cell(Span(draft.dossier.reference, CODE))),
        (w("letter.head.their_number"), cell(material.open("their_number"))),
        (w("letter.head.attached"), cell(w("closing.join").join(one.name for one in material.attached))),
    )
    means = sorted(dict.fromkeys(one.means for one in to.ways), key=lambda one: one == FROZEN)
    urgent = tuple(line(w(f"letter.urgency.{one}")) for one in means)
    done = means == [FROZEN]
    return [Facts(rows), Notice("note" if done else "warning", urgent)]


def attachments(material: Material) -> Table:
    """What goes with the letter, each file with its digest."""
    w = material.draft.w
    rows = tuple((_attached(material, one),) for one in material.attached)
    return Table("attachments", w("letter.table.attachments"), (Column(w("letter.col.file"), 100),), rows)


def _attached(material: Material, one: Attached) -> Cell:
    """Name, content and digest below each other: no column beside another is wide enough for a whole digest."""
    what = f" · {material.draft.w(f'letter.file.{one.what}')}"
    return cell(line(Span(one.name, STRONG), what), line(Span("SHA-256 ", QUIET), Span(one.sha256, CODE)))


def request(material: Material) -> list[Block]:
    """What is asked, and a card for every address it is asked about."""
    w, to = material.draft.w, material.to
    asked = tuple(_asked(material, action) for action in material.actions)
    more = len(to.ways) - CARDS
    return [
        Heading(1, w("letter.section.request"), "request"),
        _sums(material),
        Para(line(w("letter.request.intro", name=to.name))),
        Bullets(asked, numbered=True),
        Para(line(w("letter.request.innocent"))),
        Heading(2, w("letter.section.addresses"), "addresses"),
        *([places_table(material)] if len(to.ways) > 1 else []),
        *([Para(line(w("letter.more_places", n=f"{more:,}")))] if more > 0 else []),
        *(_card(material, number) for number in range(len(to.ways[:CARDS]))),
    ]


def _sums(material: Material) -> Facts:
    """What was taken when, and how much of it is the recipient's to act on."""
    w, origins, to = material.draft.w, material.draft.dossier.result.origins, material.to
    first, last = (utc(at(one.time for one in origins))[:10] for at in (min, max))
    days = first if first == last else w("police.span", first=first, last=last)
    taken = [money(units, asset) for asset, units in stolen(material.draft.dossier.result).values()]
    here = [
        w("letter.sum.share", part=material.part(sums["here"], asset, units))
        for asset, units, sums in material.shares
        if sums["here"]
    ]
    places = w("letter.plan.places", n=f"{len(to.ways):,}")
    rows = (
        (
            w("letter.sum.taken"),
            cell(*(Span(one, STRONG) for one in taken), w("letter.sum.when", days=days, n=f"{len(origins):,}")),
        ),
        (w("letter.sum.here", name=to.name), cell(line(Span(to.traced, STRONG), f" · {places}"), *here)),
    )
    return Facts(rows)


def _asked(material: Material, action: str) -> Line:
    w = material.draft.w
    said = w(f"letter.ask.{material.to.group}.{action}")
    if action != "extended_freeze":
        return line(said)
    return line(said, " ", *material.said("request.freeze_duration"))


def _card(material: Material, number: int) -> Card:
    w, draft, way = material.draft.w, material.draft, material.to.ways[number]
    row = way.endpoint
    title = line(f"{number + 1}. ", Span(money(row.amount, row.asset), STRONG), f" · {draft.view.chain(row.chain)}")
    facts = Facts(tuple((w(f"letter.fact.{name}"), said) for name, said in _facts(material, number) if said.lines))
    incoming = incoming_table(material, number)
    return Card(f"place-{number + 1}", title, (facts, *([incoming] if incoming.rows else [])))


def _facts(material: Material, number: int) -> Iterator[tuple[str, Cell]]:
    draft, way = material.draft, material.to.ways[number]
    w, row = draft.w, way.endpoint
    yield "address", cell(draft.address(row.chain, row.address))
    yield "role", cell(w(f"letter.role.{way.means}"))
    native = row.asset.id == NATIVE
    yield "asset", cell(symbol(row.asset), w("letter.native") if native else contract(row.asset).lines[0])
    yield "amount", cell(Span(money(row.amount, row.asset), STRONG), method_named(draft), stands_for(draft.view, row))
    yield "range", _range(material, row)
    yield "methods", _methods(material, row)
    yield "state", _state(material, way)
    yield "as_of", _as_of(material, row)
    yield "custody", _custody(material, way)


def _range(material: Material, row: EndpointRow) -> Cell:
    """What holds under any method, as far as it was worked out."""
    w = material.draft.w
    known = material.bounds(row)
    if known is None:
        return cell(w("letter.no_range"))
    least, most = money(known.bound.least, row.asset), money(known.bound.most, row.asset)
    said = w("bounds.exactly", amount=least) if least == most else w("bounds.range", least=least, most=most)
    return cell(said, w("letter.range_weak") if known.bound.weak else "")


def _methods(material: Material, row: EndpointRow) -> Cell:
    w = material.draft.w
    found = dict(material.per_method(row))
    if len(set(found.values())) == 1 < len(found):
        names = w("closing.join").join(w(f"methods.{name}") for name in found)
        return cell(w("letter.same_by_all", amount=money(row.amount, row.asset), methods=names), w("letter.libr"))
    figures = [f"{w(f'methods.{name}')}: {money(units, row.asset)}" for name, units in found.items()]
    return cell(*figures, w("letter.libr")) if figures else cell()


def _state(material: Material, way: Stoppable) -> Cell:
    """Where the units are now: left where they came, passed on by the recipient, frozen."""
    draft, row = material.draft, way.endpoint
    w = draft.w
    lines: list[Line] = [line(w("endpoints.arrived", time=draft.both(row.arrived)))]
    lines.append(line(w(f"letter.state.{way.means}") if way.means in STATED else w(f"reason.{row.reason}")))
    if row.swept_to is not None:
        lines.append(line(f"{w('endpoints.swept')} ", draft.address(row.chain, row.swept_to)))
    balance = material.balance(row)
    if balance is not None:
        lines.append(line(w("letter.balance", amount=money(balance, row.asset))))
    freeze = material.freeze(row)
    if freeze is not None:
        lines += freezing(draft, freeze)
    return cell(*lines)


def _as_of(material: Material, row: EndpointRow) -> Cell:
    draft = material.draft
    blocks = (block for block in draft.dossier.result.as_of if block.chain == row.chain)
    said = (
        draft.w("header.block", chain=draft.view.chain(one.chain), number=one.number, time=draft.both(one.time))
        for one in blocks
    )
    return cell(*said)


def _custody(material: Material, way: Stoppable) -> Cell:
    """Why it is the recipient's to act on: by whose word or which inference, and what speaks against it."""
    draft, row, deposit = material.draft, way.endpoint, way.deposit
    w = draft.w
    if way.means in (ISSUER, FROZEN):
        return cell(line_of(label(way.entity, w("freezes.by"))))
    if deposit is not None:
        return _deposit(material, deposit)
    said = line_of(label(row.entity, translated(row.label_source, w)))
    return cell(said, w("endpoints.confidence", n=row.confidence))


def _deposit(material: Material, row: DepositRow) -> Cell:
    draft = material.draft
    w = draft.w
    rule, confidence = translated(row.rule, w), w("endpoints.confidence", n=min(row.confidence, SURE))
    labelled = row.tier in ("T0", "T1")
    said = (
        label(row.tier, row.entity, rule) if labelled else inference(f"{row.tier} · {row.entity} · {rule}", confidence)
    )
    lines: list[Line] = [line_of(said), line(w(f"letter.tier.{row.tier}"))]
    if row.hub:
        lines.append(line(f"{w('letter.hub')} ", draft.address(row.chain, row.hub)))
        lines.append(line_of(label(row.entity, translated(row.hub_source, w))))
    lines += [line(f"{w(f'letter.proof.{one.role}')} ", draft.tx(row.chain, one.tx)) for one in row.proofs]
    lines += [line(w("stop.against", what=clean(translated(one, w), 400))) for one in row.against]
    return cell(*lines)
