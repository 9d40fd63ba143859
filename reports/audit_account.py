"""One account of an audit in words: which it is, why the trail ends there, and the transactions behind its figures.

There are up to six methods, and most often they agree: those with the same figures share a line.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from rich.text import Text

from chains.model import FEE_SINK, Asset
from reports.layout import Line as Shown
from reports.numbers import symbol
from reports.view import View, label
from tracer.audit_lines import Audit, Entry, Line
from tracer.hostile import clean
from tracer.lots import METHODS
from tracer.result import rfc3339
from tracer.words import translated
from tracer.workings import Workings

SENTENCE: Final = 400
CAME: Final = frozenset({"in", "made", "early", "left"})
"""Directions of what an account receives."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AuditView:
    """An audit and how somebody wants to see it; ``address`` limits its accounts to one's, with their transactions."""

    workings: Workings
    audit: Audit
    view: View
    address: str | None = None

    @property
    def lines(self) -> tuple[Line, ...]:
        """The accounts to show."""
        return tuple(line for line in self.audit.lines if self.address in (None, line.account[1]))

    @property
    def command(self) -> str:
        """What shows all."""
        only = f" --address {self.address}" if self.address else ""
        return f"trace audit {shlex.quote(self.view.case)}{only} --all"

    def methods(self, names: Iterable[str]) -> str:
        """Methods by their short names."""
        names = tuple(names)
        if names == tuple(one for one in self.audit.methods if METHODS[one].conserves) and len(names) > 1:
            return self.view.w("audit.conserving")
        return " · ".join(self.view.w(f"methods.{name}") for name in names)

    def asset(self, asset: Asset) -> str:
        """An asset with its chain."""
        return self.view.w("audit.of_asset", asset=symbol(asset), chain=self.view.chain(asset.chain))


def grouped(by_method: Mapping[str, T]) -> Iterator[tuple[list[str], T]]:
    """Methods that say the same together; those that conserve units never with one that does not."""
    groups: list[tuple[list[str], T]] = []
    for method, value in by_method.items():
        for names, known in groups:
            if known == value and METHODS[names[0]].conserves == METHODS[method].conserves:
                names.append(method)
                break
        else:
            groups.append(([method], value))
    yield from groups


def equation(shown: AuditView, names: Sequence[str], said: str, *, closes: bool) -> Shown:
    """A line of one method or several; red where it does not close."""
    if not closes:
        return Shown(Text(f"{shown.methods(names)}: {said}  ≠ 0", style="bold red"))
    return Shown(Text.assemble((f"{shown.methods(names)}: ", "dim"), said))


def account_lines(shown: AuditView, line: Line, *, victim: bool) -> Iterator[Shown]:
    """An account: what was stolen from it, or why the trail ends there and what that rests on."""
    chain, address, _ = line.account
    w = shown.view.w
    fee = w("endpoints.fee_address", chain=shown.view.chain(chain))
    yield Shown(Text(fee if address == FEE_SINK else address, style="bold"), whole=True)
    if victim:
        asset = {"asset": symbol(line.asset), "chain": shown.view.chain(chain)}
        yield Shown(Text(w("audit.taken", **asset, amount=f"{line.taken:,}", n=line.thefts)))
        return
    about = Text(shown.asset(line.asset))
    if line.reason:
        about.append(" · ").append(w(f"reason.{line.reason}"), style="bold")
    for one in shown.workings.labels.get((chain, address), ())[:1]:
        about.append(" ").append_text(label(one.entity, translated(one.source, w)))
    yield Shown(about)
    for sentence in line.weak:
        said = f"≈ {clean(translated(sentence, w), SENTENCE)} ({w('audit.weak')})"
        yield Shown(Text(said, style="yellow italic"))


def entry_lines(shown: AuditView, entry: Entry) -> Iterator[Shown]:
    """One transaction as the account sees it."""
    w = shown.view.w
    said = Text(f"{rfc3339(entry.transfer.time)} · ")
    said.append(f"{w(f'audit.direction.{entry.direction}')} {entry.amount:,}", style="bold")
    if entry.balance is not None:
        said.append(f" · {w('audit.balance', amount=f'{entry.balance:,}')}")
    if entry.short:
        said.append(f" · {w('audit.short', amount=f'{entry.short:,}')}", style="yellow")
    yield Shown(said)
    yield Shown(Text(entry.transfer.tx), whole=True)
    arrow = "←" if entry.direction in CAME else "→"
    fee = w("path.fees") if entry.counterparty == FEE_SINK else entry.counterparty
    yield Shown(Text(f"{arrow} {fee}"), whole=True)
    if any(entry.stolen):
        by_method = dict(zip(shown.audit.methods, entry.stolen, strict=True))
        parts = (f"{shown.methods(names)} {units:,}" for names, units in grouped(by_method))
        yield Shown(Text(f"{w('audit.stolen_part')}: {'; '.join(parts)}", style="dim"))
