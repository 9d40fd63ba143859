"""What an issuer of a token has to see: its contract, the balance, the state of the address in it, what is proposed.

An issuer holds no account of anybody; it can only block an address in its own contract. So what its desk checks first
is whether the contract is its own, and what the contract itself says of the address.
"""

from __future__ import annotations

from collections.abc import Sequence

from reports.letter.material import Material
from reports.numbers import symbol
from reports.paper import Block, Cell, Column, Heading, Para, Table, cell, line
from reports.report.phrases import contract
from reports.report.places import freezing
from tracer.stoppable import FROZEN, ISSUER, Stoppable


def issuer_annex(material: Material) -> list[Block]:
    """The table for an issuer; nothing where it is asked for none of its tokens."""
    w = material.draft.w
    columns = (
        Column(w("letter.col.token"), 40),
        Column(w("letter.col.places"), 18),
        Column(w("letter.fact.state"), 42),
    )
    alike: dict[tuple[Cell, Cell], list[int]] = {}
    for number, way in enumerate(material.to.ways, 1):
        if way.means in (ISSUER, FROZEN):
            alike.setdefault(_standing(material, way), []).append(number)
    if not alike:
        return []
    rows = tuple((token, cell(spans(numbers)), state) for (token, state), numbers in alike.items())
    return [
        Heading(2, w("letter.annex.issuer"), "issuer"),
        Para(line(w("letter.annex.issuer_intro"))),
        Table("issuer", w("letter.table.issuer"), columns, rows),
    ]


def _standing(material: Material, way: Stoppable) -> tuple[Cell, Cell]:
    """The token, and what its contract said of the address: alike for most places, so said once for all of them."""
    draft, row = material.draft, way.endpoint
    freeze = material.freeze(row)
    return (
        cell(f"{symbol(row.asset)} · {draft.view.chain(row.chain)}", *contract(row.asset).lines),
        cell(*(freezing(draft, freeze) if freeze else [draft.w("letter.state_unread")])),
    )


def spans(numbers: Sequence[int]) -> str:
    """Numbers in order, neighbours drawn together: ``1-3, 7``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in runs)
