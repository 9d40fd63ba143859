"""The words of the flow picture in lines: what stands in a box, what is noted below, and how much room it needs.

An amount that does not fit its line goes on in the next; what is cut short shows that it is.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

from chains.model import Asset
from reports.numbers import money, percent
from reports.picture.cut import Cut
from reports.picture.graph import HUB, MORE, VICTIM, WALLET, Node, share
from reports.picture.layout import BOX
from reports.picture.names import Names
from reports.times import utc
from reports.view import in_total

SIDE: Final = 9
"""Room between a box and its words."""

ENDS: Final = 3
"""Endpoints of one box that are named."""

WRAPPED: Final = 3
"""Lines that one thing in a box may take."""

HEAD, QUIET, AMOUNT = "head", "quiet", "amount"
SIZES: Final = {HEAD: 10, QUIET: 9, AMOUNT: 9}


class Said(NamedTuple):
    """A line in a box."""

    text: str
    style: str


def boxed(names: Names, node: Node) -> list[Said]:
    """What stands in a box, in lines that fit it."""
    return [Said(text, style) for said, style in _said(names, node) for text in _few(said, SIZES[style])]


def _few(text: str, size: int) -> list[str]:
    """A text in lines; where these are too many, the last shows that it is cut."""
    lines = wrapped(text, size, BOX - 2 * SIDE)
    return lines if len(lines) <= WRAPPED else [*lines[: WRAPPED - 1], f"{lines[WRAPPED - 1][:-2]}…"]


def _said(names: Names, node: Node) -> Iterator[Said]:
    w = names.w
    if node.role == MORE:
        yield Said(w("picture.more", n=f"{len(node.members):,}"), HEAD)
    elif node.role in (VICTIM, WALLET, HUB):
        yield Said(names.role(node.role), HEAD if node.role == VICTIM else QUIET)
    yield Said(names.name(node), HEAD)
    if node.address:
        yield Said(names.short(node.address), HEAD)
    if node.role == VICTIM:
        yield Said(names.taken(node), AMOUNT)
    elif node.role != MORE and (time := names.time(node)):
        yield Said(utc(time).removesuffix(" UTC"), QUIET)
    yield from _ends(names, node)


def _ends(names: Names, node: Node) -> Iterator[Said]:
    """Why stolen value ends here, with the number of the card and how much; of gathered addresses, added up."""
    if node.role == MORE:
        sums: dict[str, list[tuple[Asset, int]]] = {}
        for _, row in node.ends:
            sums.setdefault(row.reason, []).append((row.asset, row.amount))
        said = [(names.role(reason), in_total(amounts)) for reason, amounts in sums.items()]
    else:
        said = [
            (f"{names.w('picture.card', n=number)} {names.role(row.reason)}", money(row.amount, row.asset))
            for number, row in node.ends
        ]
    most = len(said) if node.role == MORE else ENDS
    for head, amount in said[:most]:
        yield Said(head, HEAD)
        yield Said(amount, AMOUNT)
    if len(said) > most:
        yield Said(f"+{len(said) - most}", QUIET)


def notes(names: Names, cut: Cut) -> list[str]:
    """What the picture leaves out or gathers."""
    w, net = names.w, cut.net
    found = []
    gathered = sum(len(node.members) for node in net.nodes.values() if node.role == MORE)
    if gathered:
        shown = sum(node.role != MORE for node in net.nodes.values())
        found.append(w("picture.gathered_note", shown=f"{shown:,}", n=f"{gathered:,}"))
    if cut.edges:
        count = sum(len(edge.flows) for edge in cut.edges)
        most = max(share(edge.weight) for edge in cut.edges)
        found.append(w("picture.undrawn", n=f"{count:,}", share=percent(most)))
    if net.fees:
        found.append(w("picture.fees", amounts=in_total(net.fees)))
    return found


def wide(text: str, size: int) -> int:
    """About how wide a text is, in the units of the picture, rather too much than too little."""
    return sum(map(_sign, text)) * size // 100 + 1


def _sign(sign: str) -> int:
    if unicodedata.east_asian_width(sign) in "WF":
        return 100
    return 32 if sign in " .,:;'|!()[]iljtfr·" else 88 if sign in "mwMW@%≈…→" else 68 if sign.isupper() else 58


def wrapped(text: str, size: int, room: int) -> list[str]:
    """A text in lines of a width, broken at spaces and between Chinese signs; elsewhere only what alone is too long."""
    lines = [""]
    for piece in _pieces(text):
        if lines[-1] and wide(lines[-1] + piece, size) > room:
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
        while wide(lines[-1], size) > room:
            fits = next(
                end for end in range(len(lines[-1]) - 1, 0, -1) if end == 1 or wide(lines[-1][:end], size) <= room
            )
            lines[-1:] = [lines[-1][:fits], lines[-1][fits:]]
    return [one for one in lines if one]


def _pieces(text: str) -> list[str]:
    found = [""]
    for sign in text:
        if sign == " " or unicodedata.east_asian_width(sign) in "WF":
            found.append("")
        found[-1] += sign
    return found
