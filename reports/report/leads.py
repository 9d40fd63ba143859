"""Leads: forms of movement that are worth looking at and prove nothing, in a section of their own and behind `◇`.

Each stands with what was measured, the threshold it was held to, and how its score comes about; what could not be
examined follows, because "no lead" is otherwise read as "nothing there".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reports.draft import Draft
from reports.leads import MEMBERS, figure, parts_of_score, said
from reports.numbers import symbol
from reports.paper import (
    LEAD,
    STRONG,
    Block,
    Bullets,
    Card,
    Cell,
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
from reports.report.cut import rows_of
from tracer.patterns.lead import HIGHEST, LOWEST, POINTS, Lead

SIGN: Final = "◇"

CARDS: Final = 10
"""Leads that a paper describes; the spreadsheet has all."""


def blocks(draft: Draft) -> list[Block]:
    """What a lead is, every lead as a card, and what was not examined."""
    w, found = draft.w, draft.dossier.findings
    scores = w("patterns.scores", points=POINTS, lowest=LOWEST, highest=HIGHEST)
    read = w("patterns.read", followed=f"{found.followed:,}", received=f"{found.received:,}")
    intro = (w("patterns.meaning"), scores, read)
    drawn: list[Block] = [Heading(1, w("patterns.title"), SECTION.id), *(Para(line(one)) for one in intro)]
    shown = found.leads[: rows_of(draft, CARDS)]
    drawn += [_card(draft, number, lead) for number, lead in enumerate(shown, 1)]
    if not found.leads:
        drawn.append(Para(line(w("patterns.none"))))
    if len(shown) < len(found.leads):
        drawn.append(Para(line(w("back.more", shown=f"{len(shown):,}", all=f"{len(found.leads):,}"))))
    return drawn + _unexamined(draft)


def tables(draft: Draft) -> list[Table]:
    """Every lead in one row."""
    w, leads = draft.w, draft.dossier.findings.leads
    names = ("number", "pattern", "score", "said", "measured", "why", "addresses", "transactions")
    columns = tuple(Column(w(f"lead_list.{name}")) for name in names)
    rows = tuple(_row(draft, number, lead) for number, lead in enumerate(leads, 1))
    return [Table("leads", w("patterns.title"), columns, rows)] if rows else []


def _card(draft: Draft, number: int, lead: Lead) -> Card:
    w, members = draft.w, lead.members
    limit = rows_of(draft, MEMBERS)
    addresses = [(draft.view.chain(chain), draft.address(chain, address)) for chain, address in members.addresses]
    parties = [line(span, f" ({chain})") for chain, span in addresses]
    txs = [line(draft.tx(chain, tx)) for chain, tx in members.transactions]
    facts = (
        (w("lead_list.measured"), cell(*(figure(one, draft.w) for one in lead.params))),
        (w("lead_list.why"), cell(*parts_of_score(lead, draft.w))),
        (w("lead_list.addresses"), cell(*_cut(draft, parties, limit))),
        (w("lead_list.transactions"), cell(*_cut(draft, txs, limit))),
    )
    sentence = Para(line(Span(said(lead.sentence, draft.w), LEAD)))
    return Card(f"lead-{number}", line(Span(f"{SIGN} {_title(draft, lead)}", LEAD)), (sentence, Facts(facts)))


def _title(draft: Draft, lead: Lead) -> str:
    assets = draft.dossier.assets
    symbols = ", ".join(dict.fromkeys(symbol(assets[key]) for key in lead.members.assets))
    return draft.w("patterns.head", name=draft.w(f"pattern.{lead.pattern}"), asset=symbols, score=lead.score)


def _cut(draft: Draft, lines: Sequence[Line], limit: int | None) -> list[Line]:
    shown = list(lines[:limit])
    left = len(lines) - len(shown)
    return [*shown, line(draft.w("lead_list.left", n=f"{left:,}"))] if left else shown


def _row(draft: Draft, number: int, lead: Lead) -> tuple[Cell, ...]:
    return (
        cell(f"{number:,}", value=number),
        cell(Span(f"{SIGN} {draft.w(f'pattern.{lead.pattern}')}", LEAD)),
        cell(f"{lead.score:,}", value=lead.score),
        cell(Span(said(lead.sentence, draft.w), LEAD)),
        cell(*(figure(one, draft.w) for one in lead.params)),
        cell(*parts_of_score(lead, draft.w)),
        cell(*(draft.address(chain, address) for chain, address in lead.members.addresses)),
        cell(*(draft.tx(chain, tx) for chain, tx in lead.members.transactions)),
    )


def _unexamined(draft: Draft) -> list[Block]:
    w, rows = draft.w, draft.dossier.findings.unexamined
    if not rows:
        return []
    items = (line(Span(w(f"pattern.{one.pattern}"), STRONG), " — ", said(one.why, w)) for one in rows)
    meaning = Para(line(w("patterns.unexamined_meaning")))
    return [Heading(2, w("patterns.unexamined"), "leads-unexamined"), meaning, Bullets(tuple(items))]


SECTION = Section(90, "leads", blocks, tables)
