"""B, the statement: the reporter's own words go into the blanks, the facts of the chain stand in it already.

It says that something was taken without leave, and by whom nobody knows: a loss on an investment is no theft, and a
station that reads it as one opens no case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from chains.model import Asset
from reports.closing import Part as Share
from reports.closing import parts_of
from reports.numbers import money, some
from reports.paper import BLANK, Block, Bullets, Facts, Line, Para, Span, cell, line
from reports.police.assets import reference_sum
from reports.police.desk import Desk, Part, head, notice, para
from reports.view import in_total, stolen
from tracer.lots import METHODS

RECEIVERS: Final = 10
ASKS: Final = ("accept", "file", "records", "freeze", "leave")
ENCLOSED: Final = (
    *(("C", "assets"), ("D", "flow"), ("E", "addresses"), ("F", "records"), ("G", "exhibits"), ("H", "recheck")),
    ("I", "checklist"),
)
TOLD: Final = (
    *("discovered_at", "last_legitimate_use", "what_happened", "clicked", "installed", "signed", "site", "contacts"),
    *("others_with_access", "communications"),
)
DEVICE: Final = ("model", "os", "ip", "app", "app_version", "download_source", "ticket_numbers")
REPORTER: Final = ("phone", "email", "country", "address")


def blocks(desk: Desk) -> list[Block]:
    """The whole statement."""
    return [
        notice("note", desk.w("police.statement.how")),
        Para(line(desk.w("police.statement.to"), desk.told("police.unit"))),
        head("statement-reporter", desk.w("police.statement.reporter")),
        _reporter(desk),
        head("statement-taken", desk.w("police.statement.taken")),
        *_taken(desk),
        head("statement-told", desk.w("police.statement.told")),
        desk.facts(*(f"incident.{name}" for name in TOLD)),
        head("statement-device", desk.w("police.statement.device")),
        desk.facts(*(f"device.{name}" for name in DEVICE)),
        head("statement-now", desk.w("police.statement.now")),
        *_now(desk),
        head("statement-ask", desk.w("police.statement.ask")),
        Bullets(tuple(line(desk.w(f"police.ask.{name}")) for name in ASKS), numbered=True),
        head("statement-enclosed", desk.w("police.statement.enclosed")),
        Bullets(tuple(line(f"{letter} ", desk.w(f"police.title.{name}")) for letter, name in ENCLOSED)),
        para(desk.w("police.statement.true")),
        _signature(desk),
    ]


def _reporter(desk: Desk) -> Facts:
    own = desk.facts(*(f"reporter.{name}" for name in REPORTER)).rows
    papers = desk.told("victim.id_document")
    number = desk.blank(desk.w("police.statement.id_number"))
    rows = [
        (desk.w("identity.reporter.name"), cell(desk.told("reporter.name"))),
        (desk.w("identity.reporter.role"), cell(desk.role())),
        (desk.w("identity.victim.id_document"), cell(line(papers, desk.w("contact.between"), number))),
    ]
    if desk.identity.reporter.role not in ("victim", "company"):
        rows.append((desk.w("identity.victim.name"), cell(desk.told("victim.name"))))
    return Facts((*rows, *own))


def _taken(desk: Desk) -> Iterator[Block]:
    """What left which address, when and to whom: facts; that it was without leave is for the reporter to say."""
    result = desk.draft.dossier.result
    times = [one.time for one in result.origins]
    yield para(desk.w("police.statement.left", n=f"{len(times):,}", when=desk.span(min(times), max(times))))
    victims = dict.fromkeys((one.chain, one.victim) for one in result.origins)
    sums = [line(Span(in_total([one]), "strong")) for one in stolen(result).values()]
    yield Facts(
        (
            (desk.w("police.statement.from"), cell(*_addresses(desk, victims))),
            (desk.w("header.stolen"), cell(*sums)),
            (desk.w("police.statement.value"), cell(reference_sum(desk), desk.w("police.basis_in", letter="C"))),
            (desk.w("police.statement.received"), cell(*_receivers(desk))),
        )
    )
    yield para(desk.w("police.statement.without_leave"))
    yield para(desk.w("police.statement.theft"))


def _addresses(desk: Desk, places: Iterable[tuple[str, str]]) -> Iterator[Line]:
    before = ""
    for chain, address in places:
        if chain != before:
            yield line(desk.draft.view.chain(chain))
        yield line(desk.draft.address(chain, address))
        before = chain


def _receivers(desk: Desk) -> Iterator[Line]:
    found = list(dict.fromkeys((one.chain, one.receiver) for one in desk.draft.dossier.result.origins))
    yield from _addresses(desk, found[:RECEIVERS])
    if len(found) > RECEIVERS:
        yield line(desk.w("police.more_in", n=f"{len(found) - RECEIVERS:,}", letter="C"))


def _now(desk: Desk) -> Iterator[Block]:
    """Where it lay at the case's moment, in parts that add up; poison's figures do not, and stand elsewhere."""
    result = desk.draft.dossier.result
    yield para(desk.w("police.statement.traced", method=desk.w(f"method.{result.method}"), letter="D"))
    for key, (asset, _) in stolen(result).items() if METHODS[result.method].conserves else ():
        parts = sorted(parts_of(result, key), key=lambda part: -part.units)
        yield Bullets(tuple(line(_part(desk, asset, part)) for part in parts))
    yield para(desk.w("police.statement.as_of", blocks=desk.as_of()))


def _part(desk: Desk, asset: Asset, part: Share) -> str:
    where = desk.w(f"reason.{part.reason}")
    return desk.w("police.part", amount=money(part.units, asset), share=some(part.share), where=where)


def _signature(desk: Desk) -> Facts:
    names = (desk.w("police.statement.signature"), desk.w("police.statement.date"))
    return Facts(tuple((name, cell(Span(name, BLANK))) for name in names))


PART = Part("B", "statement", blocks, editable=True)
