"""What every part of the pack is drawn from: the case, what the reporter told, and the files that lie beside.

A field that nobody filled in is a blank with its own name, never an invented word; whoever opens the paper sees where
to write.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal, NamedTuple

from chains.model import NATIVE, Asset
from reports.draft import Draft
from reports.paper import BLANK, CODE, QUIET, Block, Cell, Facts, Heading, Line, Notice, Para, Span, cell, line, line_of
from reports.times import unix
from reports.view import SURE, inference, label
from tracer.contacts import Contact
from tracer.hostile import clean
from tracer.identity import Identity
from tracer.result import EndpointRow
from tracer.sm3 import sm3
from tracer.stoppable import Stoppable
from tracer.words import Words, translated

Row = tuple[Cell, ...]

ROOM: Final = 4_000
"""Characters of one field that a reporter filled in."""


class Kept(NamedTuple):
    """A file as it is listed. ``what`` is the end of a key ``police.file.…``; ``pages`` is nil where there are none."""

    name: str
    what: str
    size: int
    sha256: str
    sm3: str = ""
    pages: int = 0


def kept(name: str, what: str, data: bytes, *, with_sm3: bool, pages: int = 0) -> Kept:
    """A file by its bytes."""
    return Kept(name, what, len(data), hashlib.sha256(data).hexdigest(), sm3(data) if with_sm3 else "", pages)


@dataclass(frozen=True)
class Desk:
    """``exhibits`` are the files that are evidence, ``files`` all that the index lists; ``case`` is the folder's name.

    ``with_sm3`` asks for that digest too; ``maker`` is the wallet's, where it is known.
    """

    draft: Draft
    identity: Identity = field(default_factory=Identity)
    case: str = "CASE"
    exhibits: tuple[Kept, ...] = ()
    files: tuple[Kept, ...] = ()
    with_sm3: bool = False
    maker: Contact | None = None

    @property
    def w(self) -> Words:
        """The words of the reader's language."""
        return self.draft.w

    def told(self, name: str) -> Span:
        """What the reporter filled in as ``section.field``, or a blank that says what belongs there."""
        said = self._said(self.identity.value(name))
        return Span(said) if said else self.blank(self.w(f"identity.{name}"))

    def blank(self, what: str) -> Span:
        """Something to be filled in by hand."""
        return Span(what, BLANK)

    def facts(self, *names: str) -> Facts:
        """Fields of the identity file with what is in them."""
        return Facts(tuple((self.w(f"identity.{name}"), cell(self.told(name))) for name in names))

    def role(self) -> Span:
        """In what capacity the reporter writes."""
        role = self.identity.reporter.role
        return Span(self.w(f"identity.role.{role}")) if role else self.blank(self.w("identity.reporter.role"))

    def _said(self, value: object) -> str:
        if isinstance(value, datetime):
            return self.draft.both(unix(value.isoformat()))
        if isinstance(value, tuple):
            return self.w("contact.between").join(clean(str(one), ROOM) for one in value)
        return value.isoformat() if isinstance(value, date) else clean(str(value or ""), ROOM)

    def contract(self, asset: Asset) -> Span:
        """An asset's contract; a chain's own coin has none, and that is said."""
        if asset.id == NATIVE:
            return Span(self.w("police.native"))
        return self.draft.address(asset.chain, str(asset.id))

    def means(self, way: Stoppable) -> str:
        """How a place could be stopped, and by whom."""
        return self.w(f"stop.means.{way.means}", entity=clean(way.entity) or self.w("stop.somebody"))

    def evidence(self, row: EndpointRow) -> Iterator[Line]:
        """What says whose the address of an end is: labels with their sources, and an inference as one."""
        names = self.draft.names(row.chain, row.address)
        yield from names
        if row.entity and not names:
            yield line_of(label(row.entity, translated(row.label_source, self.w)))
        if row.rule and row.confidence < SURE:
            sure = self.w("endpoints.confidence", n=row.confidence)
            yield line_of(inference(translated(row.rule, self.w), sure))

    def cut(self, rows: Sequence[Row], most: int | None = None) -> tuple[tuple[Row, ...], Line]:
        """The rows that this format bears, ``most`` of them if that is said, and what to say of the others."""
        limit = min((one for one in (self.draft.limit, most) if one is not None), default=None)
        left = 0 if limit is None else max(0, len(rows) - limit)
        more = line(self.w("police.more", n=f"{left:,}")) if left else ()
        return tuple(rows[:limit]), more

    def span(self, first: int, last: int) -> str:
        """From when to when; one moment is said once."""
        start, end = self.draft.both(first), self.draft.both(last)
        return start if first == last else self.w("police.span", first=start, last=end)

    def as_of(self) -> str:
        """Up to which block of which chain the case was read."""
        blocks = self.draft.dossier.result.as_of
        chains = (self.draft.view.chain(one.chain) for one in blocks)
        said = (
            self.w("header.block", chain=chain, number=one.number, time=self.draft.both(one.time))
            for chain, one in zip(chains, blocks, strict=True)
        )
        return self.w("contact.between").join(said)

    def digests(self, one: Kept) -> Iterator[Line]:
        """A file's digests, each behind its name."""
        yield line(Span("SHA-256 ", QUIET), Span(one.sha256, CODE))
        if one.sm3:
            yield line(Span("SM3 ", QUIET), Span(one.sm3, CODE))


def head(name: str, text: str) -> Heading:
    """A heading; ``name`` is its anchor in every language."""
    return Heading(2, text, f"police-{name}")


def para(text: str) -> Para:
    """A paragraph of plain words."""
    return Para(line(text))


def notice(tone: Literal["note", "warning", "stop"], *texts: str) -> Notice:
    """Sentences that nobody may overlook."""
    return Notice(tone, tuple(map(line, texts)))


class Part(NamedTuple):
    """One paper of the pack. ``letter`` is its place, ``id`` names its file and its keys ``police.title.…``.

    ``editable`` ones are written for Word too, because somebody has to fill them in.
    """

    letter: str
    id: str
    blocks: Callable[[Desk], list[Block]]
    editable: bool = False
