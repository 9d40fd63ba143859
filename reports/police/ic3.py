"""The crib for the FBI's Internet Crime Complaint Center: what its form asks, in order, as text to paste.

The FBI names what matters most: addresses, amount and kind of coin, date and time, transaction hash; then how it began,
who was in touch, which sites and exchanges. The form's own labels change; the order of matter does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reports.paper import Block, Code, Heading, Notice, Para, line
from reports.police.assets import reference_sum
from reports.police.desk import Desk, Part
from reports.police.records import companies
from reports.police.ticket import in_order, told, transfer
from reports.view import in_total, stolen

PERSON: Final = ("name", "email", "phone", "country", "address")
STORY: Final = ("discovered_at", "last_legitimate_use", "what_happened", "clicked", "installed", "signed")
TOUCH: Final = ("contacts", "communications", "site", "others_with_access")
POLICE: Final = ("unit", "report_number", "officer", "phone")


def blocks(desk: Desk) -> list[Block]:
    """How to use it, then field by field."""
    made: list[Block] = [Notice("note", (line(desk.w("police.ic3.how")), line(desk.w("police.ic3.anyway"))))]
    for name, said in _fields(desk):
        made += [Heading(2, desk.w(f"police.ic3.{name}"), f"ic3-{name}"), Code("\n".join(said))]
    return [*made, Para(line(desk.w("police.ic3.beware")))]


def _fields(desk: Desk) -> Iterator[tuple[str, list[str]]]:
    result = desk.draft.dossier.result
    yield "person", _told(desk, "reporter", PERSON)
    yield "loss", [*(in_total([one]) for one in stolen(result).values()), reference_sum(desk)]
    transactions = [said for one in in_order(desk) for said in (*transfer(desk, one), "")]
    yield "transactions", transactions[:-1]
    yield "narrative", [_narrative(desk), *_told(desk, "incident", STORY)]
    yield "touch", _told(desk, "incident", TOUCH)
    yield "exchanges", [one.name for one in companies(desk)] or [desk.w("police.ic3.none")]
    yield "device", _told(desk, "device", ("model", "os", "ip", "app", "app_version", "download_source"))
    yield "other", [*_told(desk, "police", POLICE), desk.w("police.ic3.attached", digest=desk.draft.digest)]


def _told(desk: Desk, section: str, names: tuple[str, ...]) -> list[str]:
    fields = (f"{section}.{name}" for name in names)
    return [desk.w("police.paste.fact", name=desk.w(f"identity.{name}"), said=told(desk, name)) for name in fields]


def _narrative(desk: Desk) -> str:
    """The facts of the chain in two sentences."""
    result, draft = desk.draft.dossier.result, desk.draft
    times = [one.time for one in result.origins]
    sums = in_total((one.asset, one.amount) for one in result.origins)
    return desk.w(
        "police.ic3.story", n=f"{len(times):,}", first=draft.both(min(times)), last=draft.both(max(times)), sums=sums
    )


PART = Part("", "ic3", blocks)
