"""What the formats for other programs share: English words, who is who, what is said of an address, names that last.

Such a file is merged with files by others, so what it says of an address has to say by itself whether it is a fact, a
label with its source, or an inference; and the same thing must have the same name whenever the case is written again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Final, NamedTuple, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

from chains.model import FEE_SINK
from reports.draft import Draft
from reports.numbers import money
from reports.paper import Exact, text_of
from reports.view import finding
from tracer.result import AddressRow, EndpointRow, Result
from tracer.words import words

TOOL: Final = "stolen-funds-tracer"
SPACE: Final = uuid5(NAMESPACE_URL, f"urn:{TOOL}")
"""What the lasting names of this program's own things are made in."""

_Row = TypeVar("_Row", AddressRow, EndpointRow)

Place = tuple[str, str]
"""(chain, address)"""


class Party(NamedTuple):
    """An address of the result. ``hop`` is its least distance from a victim, nil for victims themselves.

    ``rows`` say what came and went, ``ends`` where the trace ends there; ``venue`` is the kind of a conversion that it
    was a venue of, else ""; ``paid`` tells that stolen value left it.
    """

    chain: str
    address: str
    hop: int
    victim: bool
    rows: tuple[AddressRow, ...]
    ends: tuple[EndpointRow, ...]
    venue: str
    paid: bool


def english(draft: Draft) -> Draft:
    """The same draft in English and with all rows: files for programs are not spoken."""
    return replace(draft, w=words("en"), limit=None)


def parties(result: Result) -> list[Party]:
    """Everybody that stolen value came from or came to, by hop and then in order of first appearance; no fees."""
    hops = _hops(result)
    victims = {(one.chain, one.victim) for one in result.origins}
    rows, ends = _by_place(result.addresses), _by_place(result.endpoints)
    venues = {(row.chain, venue): row.kind for row in reversed(result.conversions) for venue in row.venues}
    paid = {(flow.chain, flow.sender) for flow in result.flows}
    found = [
        Party(
            *place, hop, place in victims, tuple(rows[place]), tuple(ends[place]), venues.get(place, ""), place in paid
        )
        for place, hop in hops.items()
    ]
    return sorted(found, key=lambda one: one.hop)


def said_of(draft: Draft, party: Party) -> Iterator[str]:
    """What is known of an address: what came and went, then labels, then why the trace ends there."""
    if party.victim:
        yield draft.w("header.victim")
    for row in party.rows:
        received, sent, held = (money(units, row.asset) for units in (row.received, row.sent, row.held))
        yield draft.w("data.moved", received=received, sent=sent, held=held)
    yield from map(text_of, draft.names(party.chain, party.address))
    for end in party.ends:
        yield draft.w("data.ends", amount=money(end.amount, end.asset), finding=finding(draft.view, end).plain)


def plain(value: Exact) -> str:
    """An amount as a decimal without exponent or idle zeros, exact."""
    digits = tuple(map(int, str(abs(value.units))))
    text = format(Decimal((int(value.units < 0), digits, -value.decimals)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def lasting(draft: Draft, *parts: str) -> UUID:
    """The same name for the same thing of the same case, however often it is written."""
    return uuid5(SPACE, "\n".join((draft.dossier.reference, *parts)))


def _by_place(rows: Iterable[_Row]) -> defaultdict[Place, list[_Row]]:
    found: defaultdict[Place, list[_Row]] = defaultdict(list)
    for row in rows:
        found[row.chain, row.address].append(row)
    return found


def _hops(result: Result) -> dict[Place, int]:
    """Victims first, then in order of the flows; what the result has no hop for is one further than who paid it."""
    known: dict[Place, int] = {}
    for row in result.addresses:
        place = row.chain, row.address
        known[place] = min(row.hop, known.get(place, row.hop))
    found = {(one.chain, one.victim): 0 for one in result.origins}
    for flow in result.flows:
        payer, payee = (flow.chain, flow.sender), (flow.chain, flow.receiver)
        hop = found.setdefault(payer, known.get(payer, 0))
        if flow.receiver != FEE_SINK:
            found.setdefault(payee, known.get(payee, hop + 1))
    return found
