"""One conversion of an audit in words: what went in and came out, by which shares, and that no principal was lost.

Amounts are base units of their own assets and do not add up across them; principal is in base units of what was stolen.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from reports.audit_account import AuditView, equation, grouped
from reports.layout import Line as Shown
from reports.numbers import share_of, symbol
from tracer.audit_lines import Side, Turned
from tracer.result import rfc3339


def parties(one: Turned) -> set[str]:
    """The addresses that paid into a conversion or received from it."""
    return {side.account[1] for side in (*one.ins, *one.outs)}


def conversion_lines(shown: AuditView, one: Turned) -> Iterator[Shown]:
    """Its transaction, each row in and out with its share and stolen part, then the principal of every theft."""
    w, first = shown.view.w, shown.workings.ledger.transfers[one.row]
    kind = w(f"conversion.{one.kind or 'swap'}")
    yield Shown(Text(f"{kind} · {rfc3339(first.time)} · {shown.view.chain(first.chain)}", style="bold"))
    yield Shown(Text(first.tx), whole=True)
    for row in shown.workings.ledger.pots[one.pot].outs[:1]:
        if (last := shown.workings.ledger.transfers[row]).tx != first.tx:
            yield Shown(Text(w("path.filled", time=rfc3339(last.time))))
            yield Shown(Text(last.tx), whole=True)
    for sides, name, by in zip((one.ins, one.outs), ("ins", "outs"), one.shared, strict=True):
        for side in sides:
            yield from _side(shown, side, name)
        if len(sides) > 1 and by:
            yield Shown(Text(w(f"conversion.shared_{name}", by=w(f"shared.{by}")), style="dim"))
    for names, units in grouped(one.left):
        if units:
            said = f"{shown.methods(names)}: {w('audit.left', amount=f'{units:,}')}"
            yield Shown(Text(said, style="yellow italic"))
    yield from _principal(shown, one)


def _side(shown: AuditView, side: Side, name: str) -> Iterator[Shown]:
    w = shown.view.w
    figures = {"amount": f"{side.amount:,}", "asset": symbol(side.asset)}
    said = Text(w("audit.ins", **figures) if name == "ins" else w("audit.outs", **figures))
    if side.weight != side.whole:
        said.append(f" · {w('audit.side_share', share=share_of(side.weight, side.whole))}")
    yield Shown(said)
    yield Shown(Text(f"{'→' if name == 'outs' else '←'} {side.account[1]}"), whole=True)
    by_method = dict(zip(shown.audit.methods, side.stolen, strict=True))
    parts = [f"{shown.methods(names)} {units:,}" for names, units in grouped(by_method) if units]
    yield Shown(Text(f"{w('audit.stolen_part')}: {'; '.join(parts) or '0'}", style="dim"))


def _principal(shown: AuditView, one: Turned) -> Iterator[Shown]:
    """Principal in and out of every theft, methods with equal figures in one line; red where they differ."""
    for theft in sorted({theft for thefts in one.principal.values() for theft in thefts}):
        by_method = {method: thefts[theft] for method, thefts in one.principal.items() if theft in thefts}
        for names, (went, came) in grouped(by_method):
            figures = {"went": f"{went:,}", "came": f"{came:,}", "difference": f"{went - came:,}"}
            said = shown.view.w("audit.principal", origin=theft + 1, **figures)
            yield equation(shown, names, said, closes=went == came)
