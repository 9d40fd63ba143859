"""A conversion as one step of a way: when, what went in and came out at what rate, where, and the stolen part of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from chains.model import Asset
from reports.conversions import rate_between
from reports.layout import Line
from reports.numbers import money
from reports.view import View
from tracer.passport import kind_of
from tracer.result import rfc3339
from tracer.workings import Workings

Sums = dict[Asset, int]


def step_lines(workings: Workings, view: View, pot: int, stands: str = "") -> Iterator[Line]:
    """The lines of a conversion; ``stands`` says what the part that went this way stands for."""
    ledger, w = workings.ledger, view.w
    rows = ledger.pots[pot]
    kind, venues = kind_of(workings, pot)
    paid, got = (_sums(workings, side, ledger.amount) for side in (rows.ins, rows.outs))
    traced = {flow.row: flow.traced for flow in workings.fold.flows}
    stolen = [_sums(workings, side, traced) for side in (rows.ins, rows.outs)]
    first = ledger.transfers[rows.ins[0]]
    said = Text.assemble(
        f"{rfc3339(first.time)} · ",
        (f"≈ {w(f'conversion.{kind}')}", "yellow italic"),
        f" {_text(paid)} → {_text(got)}",
    )
    if at := rate_between(kind, list(paid.items()), list(got.items())):
        said.append(f" · {at}")
    said.append(f" · {w('audit.stolen_part')} {_text(stolen[0])} → {_text(stolen[1])}")
    if stands:
        said.append(f" · {stands}")
    yield Line(said)
    yield Line(Text(first.tx, style="dim"), whole=True)
    for row in rows.outs[:1]:
        if (last := ledger.transfers[row]).tx != first.tx:
            yield Line(Text(w("path.filled", time=rfc3339(last.time))))
            yield Line(Text(last.tx, style="dim"), whole=True)
    for venue in venues:
        yield Line(Text.assemble((f"{w('conversion.at')} ", "dim"), venue), whole=True)
    conduits = dict.fromkeys(via for row in (*rows.ins, *rows.outs) for via in ledger.via.get(row, ()))
    for via in (one for one in conduits if one not in venues):
        yield Line(Text.assemble((f"{w('conversion.via')} ", "dim"), via), whole=True)


def _sums(workings: Workings, rows: Sequence[int], amounts: Sequence[int] | dict[int, int]) -> Sums:
    """Amounts by asset, nil ones left out."""
    found: Sums = {}
    for row in rows:
        one = workings.ledger.transfers[row]
        units = amounts.get(row, 0) if isinstance(amounts, dict) else amounts[row]
        if units:
            asset = workings.assets[one.chain, one.asset]
            found[asset] = found.get(asset, 0) + units
    return found


def _text(sums: Sums) -> str:
    return " + ".join(money(units, asset) for asset, units in sums.items()) or "0"
