"""Leads: forms of movement that are worth looking at and prove nothing, in a section of their own and behind `◇`.

Each stands with what was measured, the threshold it was held to, and how its score comes about; what could not be
examined follows, because "no lead" is otherwise read as "nothing there".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reports.draft import Draft
from reports.leads import LEADS, MEMBERS, SENTENCE, SIGNS
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
from tracer.hostile import clean
from tracer.patterns.lead import HIGHEST, LOWEST, POINTS, Lead, Param
from tracer.words import translated

SIGN: Final = "◇"


def blocks(draft: Draft) -> list[Block]:
    """What a lead is, every lead as a card, and what was not examined."""
    w, found = draft.w, draft.dossier.findings
    scores = w("patterns.scores", points=POINTS, lowest=LOWEST, highest=HIGHEST)
    read = w("patterns.read", followed=f"{found.followed:,}", received=f"{found.received:,}")
    said = (w("patterns.meaning"), scores, read)
    drawn: list[Block] = [Heading(1, w("patterns.title"), SECTION.id), *(Para(line(one)) for one in said)]
    shown = found.leads if draft.limit is None else found.leads[:LEADS]
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
    limit = None if draft.limit is None else MEMBERS
    addresses = [(draft.view.chain(chain), draft.address(chain, address)) for chain, address in members.addresses]
    parties = [line(span, f" ({chain})") for chain, span in addresses]
    txs = [line(draft.tx(chain, tx)) for chain, tx in members.transactions]
    facts = (
        (w("lead_list.measured"), cell(*(_figure(draft, one) for one in lead.params))),
        (w("lead_list.why"), cell(*_why(draft, lead))),
        (w("lead_list.addresses"), cell(*_cut(draft, parties, limit))),
        (w("lead_list.transactions"), cell(*_cut(draft, txs, limit))),
    )
    sentence = Para(line(Span(_said(draft, lead.sentence), LEAD)))
    return Card(f"lead-{number}", line(Span(f"{SIGN} {_title(draft, lead)}", LEAD)), (sentence, Facts(facts)))


def _title(draft: Draft, lead: Lead) -> str:
    assets = draft.dossier.assets
    symbols = ", ".join(dict.fromkeys(symbol(assets[key]) for key in lead.members.assets))
    return draft.w("patterns.head", name=draft.w(f"pattern.{lead.pattern}"), asset=symbols, score=lead.score)


def _figure(draft: Draft, param: Param) -> str:
    figure = draft.w(f"measure.{param.name}", n=f"{param.measured:,}")
    if not param.sense:
        return figure
    return draft.w("patterns.bound", figure=figure, sense=SIGNS[param.sense], bound=param.bound)


def _why(draft: Draft, lead: Lead) -> list[str]:
    """The parts of the score."""
    strengths = [f"+{POINTS} {_said(draft, one)}" for one in lead.strengths]
    caveats = [f"−{POINTS} {_said(draft, one)}" for one in lead.caveats]
    return [draft.w("patterns.base", n=lead.base), *strengths, *caveats]


def _cut(draft: Draft, lines: Sequence[Line], limit: int | None) -> list[Line]:
    shown = list(lines[:limit])
    left = len(lines) - len(shown)
    return [*shown, line(draft.w("lead_list.left", n=f"{left:,}"))] if left else shown


def _row(draft: Draft, number: int, lead: Lead) -> tuple[Cell, ...]:
    return (
        cell(f"{number:,}", value=number),
        cell(Span(f"{SIGN} {draft.w(f'pattern.{lead.pattern}')}", LEAD)),
        cell(f"{lead.score:,}", value=lead.score),
        cell(Span(_said(draft, lead.sentence), LEAD)),
        cell(*(_figure(draft, one) for one in lead.params)),
        cell(*_why(draft, lead)),
        cell(*(draft.address(chain, address) for chain, address in lead.members.addresses)),
        cell(*(draft.tx(chain, tx) for chain, tx in lead.members.transactions)),
    )


def _unexamined(draft: Draft) -> list[Block]:
    w, rows = draft.w, draft.dossier.findings.unexamined
    if not rows:
        return []
    items = (line(Span(w(f"pattern.{one.pattern}"), STRONG), " — ", _said(draft, one.why)) for one in rows)
    meaning = Para(line(w("patterns.unexamined_meaning")))
    return [Heading(2, w("patterns.unexamined"), "leads-unexamined"), meaning, Bullets(tuple(items))]


def _said(draft: Draft, text: str) -> str:
    return clean(translated(text, draft.w), SENTENCE)


SECTION = Section(90, "leads", blocks, tables)
