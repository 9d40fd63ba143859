"""Before anything is sent: to whom which letter goes, by which way, in which form, by when, and what is missing.

The sheet is for whoever sends the letters and goes to nobody else. It is also what a dry run shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from reports.contact_lines import contact_lines
from reports.draft import Draft
from reports.letter.material import Material
from reports.letter.recipients import Recipient
from reports.numbers import money
from reports.paper import STRONG, Block, Bullets, Facts, Heading, Line, Notice, Paper, Para, Span, cell, line
from tracer.contacts import Channel, Contact
from tracer.identity import SUPPLIERS
from tracer.stoppable import Stoppable

ATTACHED: Final = ("addresses.txt", "addresses.csv", "path.csv", "path.xlsx", "digest.svg", "far.json")


class Planned(NamedTuple):
    """A letter that would be written: its material, and the languages it is written in."""

    material: Material
    languages: tuple[str, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """The names of its files, the index last."""
        papers = self.material.to.papers
        letters = tuple(f"letter.{lang}.{ending}" for lang in self.languages for ending in papers)
        return (*letters, *ATTACHED, "index.sha256")


def plan(draft: Draft, planned: Sequence[Planned], helpless: Sequence[Recipient], nobody: Sequence[Stoppable]) -> Paper:
    """The sheet for all letters; ``helpless`` can stop nothing, and of ``nobody`` the name is not known."""
    w = draft.w
    blocks: list[Block] = [Notice("warning", (line(w("letter.plan.order")), line(w("letter.plan.check"))))]
    each = [one.material.missing() for one in planned]
    common = [field for field in each[0] if all(field in other for other in each)] if len(each) > 1 else []
    if common:
        blocks += [Heading(1, w("letter.plan.missing_all"), "missing"), Bullets(tuple(_missing(draft, common)))]
    for one in planned:
        blocks += _recipient(draft, one, common)
    if helpless:
        items = tuple(line(w("contact.nobody", name=one.name)) for one in helpless)
        blocks += [Heading(1, w("letter.plan.helpless"), "helpless"), Bullets(items)]
    if nobody:
        rows = (one.endpoint for one in nobody)
        items = tuple(line(f"{money(row.amount, row.asset)} · ", draft.address(row.chain, row.address)) for row in rows)
        blocks += [Heading(1, w("letter.plan.nobody"), "nobody"), Bullets(items)]
    return draft.paper(w("letter.plan.title"), w("letter.plan.subtitle"), tuple(blocks))


def plan_document(planned: Sequence[Planned]) -> dict[str, Any]:
    """The same for programs, in English."""
    return {"letters": list(map(_document, planned))}


def _recipient(draft: Draft, one: Planned, common: Sequence[tuple[str, str]]) -> list[Block]:
    w, to = draft.w, one.material.to
    rows = (
        (w("letter.plan.traced"), cell(Span(to.traced, STRONG), w("letter.plan.places", n=f"{len(to.ways):,}"))),
        (w("letter.plan.folder"), cell(f"{to.slug}/")),
        (w("letter.plan.files"), cell(*one.files)),
    )
    blocks: list[Block] = [Heading(1, f"{to.name} ({to.says(w)})", to.slug), Facts(rows)]
    if to.contact is None:
        unknown = (w("contact.no_victim_channel", name=to.name), w("contact.find_official"))
        blocks.append(Notice("warning", tuple(map(line, unknown))))
    else:
        blocks.append(Bullets(tuple(line(said) for said in contact_lines(to.contact, w, draft.today)[1:])))
    own = [field for field in one.material.missing() if field not in common]
    if own:
        blocks += [Para(line(Span(w("letter.plan.missing"), STRONG))), Bullets(tuple(_missing(draft, own)))]
    return blocks


def _missing(draft: Draft, missing: Sequence[tuple[str, str]]) -> Iterator[Line]:
    """What is missing, one line for everybody who can supply some of it."""
    w = draft.w
    for who in SUPPLIERS:
        names = [w(name) for name, by in missing if by == who]
        if names:
            yield line(w("letter.plan.from", who=w(f"who.{who}"), what=w("contact.between").join(names)))


def _channels(contact: Contact | None) -> list[tuple[str, tuple[Channel, ...]]]:
    if contact is None:
        return []
    return [("victim", contact.victim), ("police", contact.police), ("emergency", contact.emergency)]


def _document(one: Planned) -> dict[str, Any]:
    to = one.material.to
    contact = to.contact
    return {
        "recipient": to.name,
        "kind": to.kind,
        "contact": contact.id if contact else "",
        "folder": to.slug,
        "languages": list(one.languages),
        "files": list(one.files),
        "channels": [
            {"for": name, "how": channel.how, "url": channel.url, "email": channel.email}
            for name, channels in _channels(contact)
            for channel in channels
        ],
        "clocks": [{"what": clock.what, "hours": clock.hours} for clock in (contact.clocks if contact else ())],
        "places": [
            {
                "chain": way.endpoint.chain,
                "address": way.endpoint.address,
                "asset": way.endpoint.asset.id,
                "units": str(way.endpoint.amount),
                "means": way.means,
            }
            for way in to.ways
        ],
        "missing": [
            {"field": name.removeprefix("identity."), "supplied_by": who} for name, who in one.material.missing()
        ],
    }
