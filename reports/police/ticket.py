"""The ticket for the support of the wallet's maker: in the order its form asks, where that order is published.

A maker holds no coins and freezes nothing, and the first lines say so, because hours are lost on waiting for it. What
it can do is say whether the app was its own and keep what its servers saw.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

from chains.model import NATIVE
from reports.numbers import money
from reports.paper import BLANK, Block, Bullets, Code, Notice, line
from reports.police.desk import Desk, Part, head
from reports.view import in_total, stolen
from tracer.contacts import Contact, load_contacts
from tracer.hostile import clean
from tracer.result import OriginRow

GENERIC: Final = "wallet"
TAKEN: Final = 20
"""Theft transfers in a ticket: what is more stands in the schedule."""
WISHES: Final = ("genuine", "keep", "mark", "known")


class Form(NamedTuple):
    """In what order a maker wants to be told. ``published`` where a page of its own says so."""

    id: str
    fields: tuple[str, ...]
    published: bool
    sources: tuple[str, ...]
    checked: str


@cache
def forms() -> Mapping[str, Form]:
    """Every form by the id of its contact; `GENERIC` is for all others."""
    table = tomllib.loads(files("tracer").joinpath("data/wallet_forms.toml").read_text(encoding="utf-8"))
    return {str(row["id"]): _form(row) for row in table["form"]}


def _form(row: Mapping[str, Any]) -> Form:
    checked = row["checked"].isoformat()
    return Form(str(row["id"]), tuple(row["fields"]), bool(row["published"]), tuple(row["sources"]), checked)


def maker_of(name: str) -> Contact | None:
    """The maker of the wallet that somebody calls so; None where it is not known here."""
    wanted = " ".join(name.casefold().split())
    makers = [one for one in load_contacts() if one.kind == "wallet"]
    named = (one for one in makers if wanted in (one.id, *(known.casefold() for known in (one.name, *one.aliases))))
    return next(named, None)


def blocks(desk: Desk) -> list[Block]:
    """What to expect, where to send it, then the text to paste."""
    maker = desk.maker
    form = forms().get(maker.id if maker else GENERIC, forms()[GENERIC])
    return [
        Notice("stop", (line(desk.w("police.ticket.cannot")), line(desk.w("police.ticket.first")))),
        Bullets(tuple(map(line, _where(desk, form, maker)))),
        head("ticket-paste", desk.w("police.ticket.paste")),
        Code("\n".join(_ticket(desk, form))),
    ]


def _where(desk: Desk, form: Form, maker: Contact | None) -> Iterator[str]:
    """Where the ticket goes, and where the order of its lines comes from."""
    w = desk.w
    if maker:
        pages = " ".join(channel.url for channel in maker.victim if channel.url)
        yield w("police.ticket.official", name=maker.name, page=pages or w("police.ticket.in_app"))
    yield w("police.ticket.open_yourself")
    if form.published:
        yield w("police.ticket.published", pages=" ".join(form.sources), checked=form.checked)
    else:
        yield w("police.ticket.general", checked=form.checked) if maker else w("police.ticket.unnamed")
    yield w("police.ticket.never")


def _ticket(desk: Desk, form: Form) -> Iterator[str]:
    """The text itself, a line or a few for every field."""
    w = desk.w
    yield w("police.ticket.subject", reference=desk.draft.dossier.reference)
    yield ""
    yield w("police.ticket.opening")
    for number, name in enumerate(form.fields, 1):
        section, _, inner = name.partition(".")
        if section == "chain":
            title, said = w(f"police.ticket.chain.{inner}"), list(_CHAIN[inner](desk))
        elif section == "ask":
            title, said = w(f"police.ticket.ask.{inner}"), [w("police.ticket.blank")]
        else:
            title, said = w(f"identity.{name}"), [told(desk, name)]
        one_line = len(said) == 1
        yield w("police.ticket.line", n=number, title=title, said=said[0] if one_line else "").rstrip()
        yield from (f"   {one}" for one in said if not one_line)
    yield ""
    yield w("police.ticket.we_ask")
    yield from (w("police.ticket.item", n=n, said=w(f"police.ticket.wish.{wish}")) for n, wish in enumerate(WISHES, 1))


def told(desk: Desk, name: str) -> str:
    """A field of the identity file as text to paste; a blank is marked, since nobody sees an empty line."""
    span = desk.told(name)
    return desk.w("police.ticket.blank") if span.kind == BLANK else span.text


def transfer(desk: Desk, one: OriginRow) -> Iterator[str]:
    """One theft transfer as lines to paste."""
    w, draft = desk.w, desk.draft
    yield f"{draft.both(one.time)} · {money(one.amount, one.asset)} · {draft.view.chain(one.chain)}"
    yield w("police.paste.tx", tx=clean(one.tx, 100))
    yield w("police.paste.from", address=one.victim)
    yield w("police.paste.to", address=one.receiver)
    if one.asset.id != NATIVE:
        yield w("police.paste.contract", address=clean(str(one.asset.id), 100))


def in_order(desk: Desk) -> list[OriginRow]:
    """The theft transfers, first to last."""
    return sorted(desk.draft.dossier.result.origins, key=lambda one: (one.time, one.chain, one.tx, one.id))


def _addresses(desk: Desk) -> Iterator[str]:
    found = dict.fromkeys((one.chain, one.victim) for one in in_order(desk))
    yield from (f"{address} ({desk.draft.view.chain(chain)})" for chain, address in found)


def _receivers(desk: Desk) -> Iterator[str]:
    found = list(dict.fromkeys((one.chain, one.receiver) for one in in_order(desk)))
    yield from (f"{address} ({desk.draft.view.chain(chain)})" for chain, address in found[:TAKEN])
    yield from _rest(desk, len(found))


def _times(desk: Desk) -> Iterator[str]:
    times = [one.time for one in in_order(desk)]
    yield desk.span(times[0], times[-1])


def _amounts(desk: Desk) -> Iterator[str]:
    yield from (in_total([one]) for one in stolen(desk.draft.dossier.result).values())


def _transfers(desk: Desk) -> Iterator[str]:
    found = in_order(desk)
    yield from (said for one in found[:TAKEN] for said in transfer(desk, one))
    yield from _rest(desk, len(found))


def _rest(desk: Desk, count: int) -> Iterator[str]:
    if count > TAKEN:
        yield desk.w("police.more_in", n=f"{count - TAKEN:,}", letter="C")


_CHAIN: Final[Mapping[str, Callable[[Desk], Iterator[str]]]] = {
    "addresses": _addresses,
    "time": _times,
    "amount": _amounts,
    "receivers": _receivers,
    "transfers": _transfers,
}
"""What the case knows of a form's fields."""

PART = Part("", "wallet-support", blocks)
