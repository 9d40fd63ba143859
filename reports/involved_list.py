"""Who is involved: addresses in the order of how firmly they are tied to the case, each tier with its rule.

An inference from first to last, and shown as one: the payments are facts, that they belong together is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

from rich.console import Console
from rich.text import Text

from reports.layout import Line, heading, put
from reports.view import AssetKey, View, in_total, key_of, stolen, wholes
from tracer.involved import SHOWN, TIERS
from tracer.result import InvolvedRow

ROWS: Final = 5
_INDENT: Final = "      "


def put_involved(console: Console, view: View) -> None:
    """Every tier with its rule and its largest addresses; the tier that only some methods name when all is wanted."""
    if not view.result.involved:
        return
    heading(console, view.w("section.involved"))
    people = _people(view)
    for tier in TIERS if view.everything else SHOWN:
        found = [own for own in people if own[0].tier == tier]
        if found:
            _put_tier(console, view, tier, found)


def _people(view: View) -> list[list[InvolvedRow]]:
    """The rows of each address, the strongest tier first; addresses by what they received of what was stolen."""
    taken, whole = stolen(view.result), wholes(view.result)
    people: dict[tuple[str, str], list[InvolvedRow]] = {}
    for row in sorted(view.result.involved, key=lambda one: (TIERS.index(one.tier), one.asset.id)):
        people.setdefault((row.chain, row.address), []).append(row)

    def rank(own: list[InvolvedRow]) -> tuple[Fraction, str, str]:
        stolen_as_it_was = sum((_share(row, whole) for row in own if key_of(row.asset) in taken), Fraction(0))
        # The same value comes back in other forms: those are not added up.
        share = max([stolen_as_it_was, *(_share(row, whole) for row in own)])
        return -share, own[0].chain, own[0].address

    return sorted(people.values(), key=rank)


def _share(row: InvolvedRow, whole: Mapping[AssetKey, Fraction]) -> Fraction:
    return whole[key_of(row.asset)] ** -1 * row.most if key_of(row.asset) in whole else Fraction(0)


def _put_tier(console: Console, view: View, tier: str, people: Sequence[Sequence[InvolvedRow]]) -> None:
    title = Text.assemble(("≈ ", "yellow"), (view.w(f"involved.{tier}", n=len(people)), "yellow italic"))
    put(console, [Line(title)], "    ", "  ")
    limit = view.limit(ROWS)
    for own in people[:limit]:
        put(console, _lines(view, own), _INDENT, "    ")
    if limit is not None and len(people) > limit:
        more = view.w("involved.more", n=len(people) - limit, command=view.command)
        put(console, [Line(Text(more, style="dim"))], "    ")


def _lines(view: View, rows: Sequence[InvolvedRow]) -> list[Line]:
    lines = [Line(Text(rows[0].address), whole=True)]
    said = [view.w(f"reason.{reason}") for reason in dict.fromkeys(row.reason for row in rows) if reason]
    if any(row.most for row in rows):
        received = in_total((row.asset, row.most) for row in rows if row.most)
        said.insert(0, view.w("involved.received", amount=received))
    if said:
        lines.append(Line(Text(" · ".join(said))))
    for row in rows if view.everything else ():
        if row.tx:
            lines += [
                Line(Text(f"← {row.payer}", style="dim"), whole=True),
                Line(Text(row.tx, style="dim"), whole=True),
            ]
    return lines
