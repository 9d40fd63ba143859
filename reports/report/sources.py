"""What the figures were made from and with: the question, the thresholds, the program, and every source that was asked.

Enough for somebody else to ask the same again, and to see which source failed and whether that was made good.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import PurePath
from typing import Final, NamedTuple

from chains.http import USABLE
from reports.draft import Draft
from reports.numbers import HUNDRED, percent, price
from reports.paper import (
    CODE,
    QUIET,
    STRONG,
    Block,
    Cell,
    Code,
    Column,
    Facts,
    Heading,
    Line,
    Para,
    Span,
    Table,
    cell,
    line,
)
from reports.report import Section
from reports.report.cut import cut
from reports.report.phrases import asset_named
from reports.times import unix
from tracer.deposit import AGAINST, MANY_SENDERS, SWEPT
from tracer.derived import BOUNDED_ROWS
from tracer.dossier import BOUNDED, Answer
from tracer.hostile import clean
from tracer.involved import DAY
from tracer.labels import STOP_CONFIDENCE
from tracer.result import PriceRow
from tracer.rules import SERVICE_COUNTERPARTIES, SERVICE_COUNTERPARTIES_A_DAY, SERVICE_ROWS
from tracer.worth import LEAST_SHARE, PRUNED_SHARE

HOUR: Final = 3_600
QUESTION: Final = 300

FAILED: Final = 30
"""Useless answers that a paper lists."""
COMMANDS: Final = "trace verify CASE\ntrace report CASE --out FOLDER\ntrace audit CASE --all"

PARAMETERS: Final = (
    "chain", "own", "stolen", "until", "method", "highest_first", "leads", "max_hops", "max_addresses",
    "max_requests", "min_value", "labels", "through", "corroborate", "prove",
)  # fmt: skip
"""The names of case.toml, which are those of the options of `trace`."""

THRESHOLDS: Final = (
    ("least", percent(HUNDRED // LEAST_SHARE)),
    ("pruned", percent(HUNDRED // PRUNED_SHARE)),
    ("label", f"{STOP_CONFIDENCE}/100"),
    ("rows", f"{SERVICE_ROWS:,}"),
    ("parties", f"{SERVICE_COUNTERPARTIES:,}"),
    ("parties_day", f"{SERVICE_COUNTERPARTIES_A_DAY:,}"),
    ("swept", percent(SWEPT.numerator * HUNDRED // SWEPT.denominator)),
    ("senders", f"{MANY_SENDERS:,}"),
    ("against", f"−{AGAINST}"),
    ("soon", f"{DAY // HOUR} h"),
    ("bounded", f"{BOUNDED:,}"),
    ("bounded_rows", f"{BOUNDED_ROWS:,}"),
)
"""The thresholds that decide most, read from the code that uses them; docs/method.md has all."""


class Asked(NamedTuple):
    """A source and what came of asking it. ``failed`` counts the answers that were no use, by kind."""

    source: str
    host: str
    answers: int
    first: str
    last: str
    failed: Counter[str]


def blocks(draft: Draft) -> list[Block]:
    """The question, the thresholds, the program and its inputs, the sources, the prices, and how to do it again."""
    w = draft.w
    found: list[Block] = [
        Heading(1, w("asked.title"), SECTION.id),
        Heading(2, w("asked.parameters"), "sources-parameters"),
        _parameters(draft),
        _thresholds(draft),
        Heading(2, w("asked.versions"), "sources-versions"),
        _versions(draft),
        Heading(2, w("asked.sources"), "sources-asked"),
        Para(line(w("asked.meaning", n=f"{len(draft.dossier.answers):,}"))),
        _sources(draft),
    ]
    for table, title, meaning in (
        (_failed(draft), w("asked.failed"), w("asked.failed_meaning")),
        (_prices(draft), w("asked.prices"), w("asked.prices_meaning")),
    ):
        if table.rows:
            found += [Heading(2, title, f"sources-{table.id}"), Para(line(meaning)), table]
    again = (Heading(2, w("asked.again"), "sources-again"), Para(line(w("asked.again_meaning"))), Code(COMMANDS))
    return [*found, *again]


def tables(draft: Draft) -> list[Table]:
    """The same tables, whole."""
    found = (_parameters(draft), _thresholds(draft), _sources(draft), _failed(draft), _prices(draft))
    return [table for table in found if table.rows]


def _parameters(draft: Draft) -> Table:
    w, question = draft.w, draft.dossier.question
    rows = [
        (cell("victim"), cell(*(Span(clean(text, 100), CODE) for text in one), Span(w("asked.victim"), QUIET)))
        for one in question.victims
    ]
    rows += [
        (cell(name), cell(*_value(draft, name, getattr(question, name)), Span(w(f"help.run.{name}"), QUIET)))
        for name in PARAMETERS
    ]
    columns = (Column(w("asked.name"), 18), Column(w("asked.value_meant"), 82))
    return Table("parameters", w("asked.parameters_caption"), columns, tuple(rows))


def _value(draft: Draft, name: str, value: object) -> list[Line]:
    """A setting as the user wrote it; of a file only its name, for its folder tells who the user is."""
    if value is None or value == ():
        return [line(draft.w("asked.unset"))]
    values = value if isinstance(value, tuple) else (str(value).lower() if isinstance(value, bool) else value,)
    if name == "labels":
        values = tuple(PurePath(str(one)).name for one in values)
    return [line(Span(clean(str(one), 100), CODE)) for one in values]


def _thresholds(draft: Draft) -> Table:
    w = draft.w
    rows = tuple((cell(w(f"asked.threshold.{name}")), cell(value)) for name, value in THRESHOLDS)
    columns = (Column(w("asked.threshold"), 80), Column(w("asked.value"), 20, right=True))
    return Table("thresholds", w("asked.thresholds"), columns, rows)


def _versions(draft: Draft) -> Facts:
    w, run = draft.w, draft.dossier.run
    rows = [
        (w("asked.program"), cell(f"stolen-funds-tracer {clean(run.version)}")),
        (w("asked.python"), cell(clean(run.python))),
        (w("asked.started"), draft.time(unix(run.started))),
        (w("asked.finished"), draft.time(unix(run.finished))),
    ]
    for block in draft.dossier.result.as_of:
        head = w(
            "asked.block", chain=draft.view.chain(block.chain), number=f"{block.number:,}", time=draft.both(block.time)
        )
        rows.append((w("header.as_of"), cell(head, Span(clean(block.hash, 100), CODE))))
    rows += [(clean(PurePath(name).name, 100), cell(Span(digest, CODE))) for name, digest in sorted(run.inputs.items())]
    return Facts(tuple(rows))


def _by_source(answers: Iterable[Answer]) -> list[Asked]:
    found: dict[tuple[str, str], list[Answer]] = {}
    for one in answers:
        found.setdefault((one.source, one.host), []).append(one)
    return [
        Asked(
            source, host, len(own), min(one.asked_at for one in own), max(one.asked_at for one in own),
            Counter(one.kind for one in own if one.kind not in USABLE),
        )
        for (source, host), own in sorted(found.items())
    ]  # fmt: skip


def _sources(draft: Draft) -> Table:
    w = draft.w

    def row(one: Asked) -> tuple[Cell, ...]:
        failed = [f"{w(f'answer.{kind}')} {count:,}" for kind, count in sorted(one.failed.items())]
        return (
            cell(line(Span(clean(one.source), STRONG)), clean(one.host, 100)),
            cell(f"{one.answers:,}", value=one.answers),
            cell(*failed, value=one.failed.total()) if failed else cell("0", value=0),
            draft.time(unix(one.first)),
            draft.time(unix(one.last)),
        )

    columns = (
        Column(w("asked.source"), 28),
        Column(w("asked.answers"), 10, right=True),
        Column(w("asked.failures"), 14, right=True),
        Column(w("asked.first"), 24),
        Column(w("asked.last"), 24),
    )
    return cut(draft, "sources", w("asked.sources_caption"), columns, _by_source(draft.dossier.answers), row)


def _failed(draft: Draft) -> Table:
    """Every answer that was no use, and whether the same question got one that was."""
    w, answers = draft.w, draft.dossier.answers
    answered = {one.question for one in answers if one.kind in USABLE}

    def row(one: Answer) -> tuple[Cell, ...]:
        return (
            cell(f"{one.number:,}", value=one.number),
            cell(line(Span(clean(one.source), STRONG)), clean(one.question, QUESTION)),
            cell(w(f"answer.{one.kind}"), f"HTTP {one.status}" if one.status else ""),
            draft.time(unix(one.asked_at)),
            cell(w("asked.made_good") if one.question in answered else w("asked.left_open")),
        )

    columns = (
        Column(w("asked.number"), 8, right=True),
        Column(w("asked.question"), 42),
        Column(w("asked.what"), 14),
        Column(w("asked.when"), 22),
        Column(w("asked.then"), 14),
    )
    failed = [one for one in answers if one.kind not in USABLE]
    return cut(draft, "failed", w("asked.failed_caption"), columns, failed, row, most=FAILED)


def _prices(draft: Draft) -> Table:
    w = draft.w

    def row(one: PriceRow) -> tuple[Cell, ...]:
        shown = w("asked.unpriced") if one.usd is None else price(one.usd)
        basis = w("asked.peg") if one.assumed_peg else clean(one.source)
        return cell(asset_named(draft, one.asset)), draft.time(one.time), cell(shown), cell(basis)

    columns = (
        Column(w("asked.asset"), 26),
        Column(w("asked.when"), 30),
        Column(w("asked.price"), 22, right=True),
        Column(w("asked.basis"), 22),
    )
    return cut(draft, "prices", w("asked.prices_caption"), columns, draft.dossier.result.prices, row)


SECTION = Section(110, "sources", blocks, tables)
