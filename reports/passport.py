"""The passport of an endpoint as somebody reads it: each part with its theft and every step it came by.

The parts add up to what is there. What one theft's units did is a fact under the stated method only, so the method
stands in the first line. A conversion is one step; amounts before and after it are of different assets, so every step
of such a way says what of the stolen the part stands for, which is the same all along.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.text import Text

from chains.model import FEE_SINK, Transfer
from reports.conversion_step import step_lines
from reports.layout import Line, heading, put
from reports.numbers import money, share_of
from reports.view import View, in_total, inference, label
from tracer.hostile import clean
from tracer.lots import METHODS
from tracer.passport import Part, Passport, Step, Through, steps, theft_asset
from tracer.result import rfc3339
from tracer.words import sentence, translated
from tracer.workings import Workings

PARTS: Final = 5
LEGS: Final = 12
"""Transfers of a part that are shown; of a longer way the first and the last half of them."""

RECEIVERS: Final = 20
SENTENCE: Final = 400
_INDENT: Final = "    "
_DEEPER: Final = "      "


@dataclass(frozen=True, slots=True)
class PathView:
    """The workings of a case, an address in it, and how somebody wants to see it."""

    workings: Workings
    view: View
    address: str

    @property
    def command(self) -> str:
        """What shows all."""
        return f"trace path {shlex.quote(self.view.case)} {self.address} --all"

    @property
    def method(self) -> str:
        """The method everything here is stated under, by its short name."""
        return self.view.w(f"methods.{self.workings.fold.method}")


def render_passports(console: Console, shown: PathView, found: list[Passport]) -> None:
    """Print the passports of an address."""
    _put_title(console, shown)
    for one in found:
        _put_passport(console, shown, one)


def render_through(console: Console, shown: PathView, found: list[Through]) -> None:
    """Print what went through an address that kept nothing."""
    w = shown.view.w
    _put_title(console, shown)
    limit = shown.view.limit(RECEIVERS)
    for one in found:
        said = w("path.through", method=shown.method, amount=f"{one.received:,}", asset=_asset(shown, one))
        put(console, [Line(Text(said, style="bold"))], "  ")
        for receiver, units in one.sent[:limit]:
            to = w("path.fees") if receiver == FEE_SINK else receiver
            put(
                console, [Line(Text(w("path.to", amount=money(units, one.asset)))), Line(Text(to), whole=True)], _INDENT
            )
        _put_more(console, shown, one, [units for _, units in one.sent], limit)
        _put_converted(console, shown, one)


def _put_converted(console: Console, shown: PathView, one: Through) -> None:
    """The conversions that units went into here."""
    limit = shown.view.limit(RECEIVERS)
    for pot, units in one.converted[:limit]:
        said = shown.view.w("path.converted", amount=money(units, one.asset))
        put(console, [Line(Text(said)), *step_lines(shown.workings, shown.view, pot)], _INDENT)
    _put_more(console, shown, one, [units for _, units in one.converted], limit)


def _put_title(console: Console, shown: PathView) -> None:
    w = shown.view.w
    console.print(Text(f"{w('path.title')} · {w('header.case')} {shown.view.case}", style="bold"), soft_wrap=True)
    put(console, [Line(Text(shown.address, style="bold"), whole=True)], "  ")
    put(
        console,
        [Line(Text.assemble((f"{w('header.method')}: ", "dim"), w(f"method.{shown.workings.fold.method}")))],
        "  ",
    )
    if shown.workings.fold.method == "pro_rata":
        put(console, [Line(Text(w("path.pro_rata"), style="dim"))], "  ")
    if not METHODS[shown.workings.fold.method].conserves:
        put(console, [Line(Text(w("path.poison"), style="yellow"))], "  ")


def _asset(shown: PathView, one: Passport | Through) -> str:
    return shown.view.w("audit.of_asset", asset=clean(one.asset.symbol, 16), chain=shown.view.chain(one.asset.chain))


def _put_passport(console: Console, shown: PathView, one: Passport) -> None:
    w = shown.view.w
    heading(console, f"{money(one.amount, one.asset)} · {w(f'reason.{one.reason}')}")
    about = {"amount": f"{one.amount:,}", "asset": _asset(shown, one), "method": shown.method}
    put(console, [Line(Text(w("path.fee", **about) if one.fee else w("path.amount", **about)))], "  ")
    if any(_stands(shown, one, part) for part in one.parts):
        stolen = in_total((theft_asset(shown.workings, theft), units) for theft, units in one.principal.items())
        put(console, [Line(Text(w("path.stands", amount=stolen)))], "  ")
    if one.parts:
        together = money(sum(part.amount for part in one.parts), one.asset)
        put(console, [Line(Text(w("path.parts", n=len(one.parts), sum=together)))], "  ")
    limit = shown.view.limit(PARTS)
    for number, part in enumerate(one.parts[:limit], 1):
        amount, share = money(part.amount, one.asset), share_of(part.amount, one.amount)
        said = Text(w("path.part", amount=amount, share=share, origin=part.origin + 1), style="bold")
        if stands := _stands(shown, one, part):
            said.append(f" · {w('path.for', amount=stands)}")
        put(console, [Line(said)], _INDENT, f"{number:>3} ")
        put(console, _legs(shown, one, part), _DEEPER)
    _put_more(console, shown, one, [part.amount for part in one.parts], limit)


def _put_more(
    console: Console, shown: PathView, one: Passport | Through, amounts: list[int], limit: int | None
) -> None:
    if limit is not None and len(amounts) > limit:
        left = {"n": len(amounts) - limit, "amount": money(sum(amounts[limit:]), one.asset), "command": shown.command}
        put(console, [Line(Text(shown.view.w("path.more", **left), style="dim"))], "  ")


def _stands(shown: PathView, one: Passport, part: Part) -> str:
    """What a part stands for, where that is not the same as what it is; else empty."""
    stolen = theft_asset(shown.workings, part.origin)
    return "" if stolen == one.asset and part.principal == part.amount else money(part.principal, stolen)


def _legs(shown: PathView, one: Passport, part: Part) -> Iterator[Line]:
    """The victim, then every step with the address it led to."""
    found = steps(shown.workings, part)
    yield Line(Text(found[0].flow.transfer.sender), whole=True)
    limit = shown.view.limit(LEGS)
    last = max((number for number, step in enumerate(found) if step.pot is not None), default=-1)
    for number, step in enumerate(found):
        if limit is not None and len(found) > limit and limit // 2 <= number < len(found) - limit // 2:
            if number == limit // 2:
                left = len(found) - limit // 2 * 2
                yield Line(Text(shown.view.w("path.legs_between", n=left, command=shown.command), style="dim"))
            continue
        yield from _leg(shown, one, part, step, before=number < last, converted=last >= 0)


def _leg(shown: PathView, one: Passport, part: Part, step: Step, *, before: bool, converted: bool) -> Iterator[Line]:
    """One step; ``before`` a later conversion, the part was something else than what it is now."""
    flow, w = step.flow, shown.view.w
    transfer = flow.transfer
    stands = w("path.for", amount=money(part.principal, theft_asset(shown.workings, part.origin)))
    if step.pot is not None:
        yield from step_lines(shown.workings, shown.view, step.pot, stands)
    else:
        asset = shown.workings.assets[transfer.chain, transfer.asset]
        amounts = {"amount": money(transfer.amount, asset), "traced": money(flow.traced, asset)}
        time, mine = rfc3339(transfer.time), money(part.amount, one.asset)
        said = w("path.leg_before", time=time, **amounts) if before else w("path.leg", time=time, part=mine, **amounts)
        yield Line(Text(f"{said} · {stands}" if converted else said))
        yield Line(Text(transfer.tx, style="dim"), whole=True)
        for conduit in shown.workings.ledger.via.get(flow.row, ()):
            yield Line(Text(f"{w('conversion.via')} {conduit}", style="dim"), whole=True)
    yield from _reached(shown, step.last.transfer)


def _reached(shown: PathView, transfer: Transfer) -> Iterator[Line]:
    """The address that a step led to, with what labels say of it and what its figures rest on."""
    to = shown.view.w("path.fees") if transfer.receiver == FEE_SINK else transfer.receiver
    yield Line(Text(f"→ {to}"), whole=True)
    for known in shown.workings.labels.get((transfer.chain, transfer.receiver), ())[:1]:
        yield Line(label(known.entity, translated(known.source, shown.view.w)))
    deposit = shown.workings.deposit((transfer.chain, transfer.receiver, transfer.asset))
    if deposit is not None and deposit.tier in ("T2", "T3"):
        confidence = shown.view.w("endpoints.confidence", n=deposit.confidence)
        yield Line(inference(f"{deposit.tier} · {translated(deposit.rule, shown.view.w)}", confidence))
    for doubt in _doubts(shown.workings, transfer):
        said = f"≈ {clean(translated(doubt, shown.view.w), SENTENCE)} ({shown.view.w('audit.weak')})"
        yield Line(Text(said, style="yellow italic"))


def _doubts(workings: Workings, transfer: Transfer) -> Iterator[str]:
    """What the figures of the receiving account rest on that is not proven."""
    account = (transfer.chain, str(transfer.receiver), str(transfer.asset))
    yield from workings.weak.get(account, ())
    number = workings.ledger.numbers.get(account)
    if number is not None and (short := workings.ledger.short.get(number)):
        yield sentence("rule.short", units=short)
