"""E, the schedule of addresses: each with its role, what labels say of it, what rests there, and who could freeze it.

The order is that in which an officer reads: whose it was, where it is now, through whom it went, what served for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeVar

from chains.model import FEE_SINK
from reports.numbers import money
from reports.paper import QUIET, STRONG, Block, Cell, Column, Line, Span, Table, cell, line
from reports.police.desk import Desk, Part, para
from reports.report.phrases import worded
from reports.view import ranked
from tracer.ledger import Account
from tracer.result import AddressRow, EndpointRow, FreezeRow
from tracer.stoppable import NOBODY, Stoppable

T = TypeVar("T")
Place = tuple[str, str]
"""A chain and an address on it."""


class _Known(NamedTuple):
    """What the case says of each place. ``roles`` has all of them, in the order of the schedule.

    ``swept`` are the deposit accounts whose content was passed on to the exchange.
    """

    roles: Mapping[Place, str]
    rows: Mapping[Place, list[AddressRow]]
    ways: Mapping[Place, list[Stoppable]]
    ends: Mapping[Place, list[EndpointRow]]
    freezes: Mapping[Place, list[FreezeRow]]
    swept: frozenset[Account]


def blocks(desk: Desk) -> list[Block]:
    """How to read the schedule, and the schedule."""
    w, known = desk.w, _known(desk)
    columns = (
        Column("#", 5, right=True),
        Column(w("police.column.address"), 62),
        Column(w("police.column.stolen_part"), 36, right=True),
        Column(w("police.column.freezable"), 26),
    )
    rows = [
        (
            cell(f"{number:,}", value=number),
            _who(desk, known, place),
            _part(desk, known, place),
            _by(desk, known, place),
        )
        for number, place in enumerate(known.roles, 1)
    ]
    table = Table("police_addresses", w("police.addresses.caption"), columns, *desk.cut(rows))
    return [para(desk.w("police.addresses.meaning", blocks=desk.as_of())), table]


def _known(desk: Desk) -> _Known:
    dossier = desk.draft.dossier
    return _Known(
        _roles(desk),
        _gathered(((row.chain, row.address), row) for row in dossier.result.addresses),
        _gathered(((one.endpoint.chain, one.endpoint.address), one) for one in dossier.stoppable),
        _ends(desk),
        _gathered(((row.chain, row.address), row) for row in dossier.result.freezes),
        frozenset((row.chain, row.address, str(row.asset.id)) for row in dossier.result.endpoints if row.swept_to),
    )


def _gathered(found: Iterable[tuple[Place, T]]) -> dict[Place, list[T]]:
    made: dict[Place, list[T]] = {}
    for place, one in found:
        made.setdefault(place, []).append(one)
    return made


def _roles(desk: Desk) -> dict[Place, str]:
    """Every address with its role; the first that fits, so that a victim's stays a victim's."""
    w, result = desk.w, desk.draft.dossier.result
    roles = {(one.chain, one.victim): w("police.role.victim") for one in result.origins}
    for place, rows in _ends(desk).items():
        reasons = dict.fromkeys(w(f"reason.{row.reason}") for row in rows)
        roles.setdefault(place, w("contact.between").join(reasons))
    for row in sorted(result.addresses, key=lambda row: (row.hop, row.chain, row.address)):
        role = w("police.role.first") if row.hop == 1 else w("police.role.passed")
        roles.setdefault((row.chain, row.address), role)
    for deposit in result.deposits:
        if deposit.hub:
            roles.setdefault((deposit.chain, deposit.hub), w("police.role.hub"))
    for conversion in result.conversions:
        for venue in conversion.venues:
            roles.setdefault((conversion.chain, venue), w("police.role.venue"))
    return {place: role for place, role in roles.items() if place[1] != FEE_SINK}


def _ends(desk: Desk) -> dict[Place, list[EndpointRow]]:
    """Where the trail ends, the most important place first; who paid a fee is no end of it."""
    rows = ranked(desk.draft.dossier.result)
    return _gathered(((row.chain, row.address), row) for row in rows if row.reason != "fee")


def _who(desk: Desk, known: _Known, place: Place) -> Cell:
    """The role, the chain, the address, and what says whose it is."""
    role = line(Span(known.roles[place], STRONG), " · ", desk.draft.view.chain(place[0]))
    said = dict.fromkeys(one for row in known.ends.get(place, ()) for one in desk.evidence(row))
    return cell(role, line(desk.draft.address(*place)), *(said or desk.draft.names(*place)))


def _part(desk: Desk, known: _Known, place: Place) -> Cell:
    """How much stolen value came and how much of it rests there, by asset."""
    return cell(*(part for row in known.rows.get(place, ()) for part in _amounts(desk, known, row)))


def _amounts(desk: Desk, known: _Known, row: AddressRow) -> Iterator[Line]:
    yield worded(desk.w("police.came"), money(row.received, row.asset))
    swept = (row.chain, row.address, str(row.asset.id)) in known.swept
    rests = desk.w("police.swept") if swept else desk.w("police.rests")
    yield worded(rests, Span(money(row.held, row.asset), STRONG if row.held else QUIET))


def _by(desk: Desk, known: _Known, place: Place) -> Cell:
    """Who could freeze, the best way first; whether the issuer has done so already."""
    ways = [way for one in known.ways.get(place, ()) for way in (one, *one.also)]
    able = [way for way in ways if way.means != NOBODY] or ways
    said = dict.fromkeys(desk.means(way) for way in able)
    states = dict.fromkeys(desk.w(f"freezes.frozen_{row.frozen}") for row in known.freezes.get(place, ()))
    return cell(*map(line, said), *(line(Span(state, QUIET)) for state in states))


PART = Part("E", "addresses", blocks)
