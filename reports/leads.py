"""The leads of a trace, printed so that nobody takes them for facts, and as a JSON document.

A lead stands behind `◇` with its score, its figures each beside the threshold it was held to, and how the score comes
about. What could not be examined is said after the leads, because "no lead" is otherwise read as "nothing there".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.text import Text

from chains.model import Asset, AssetId
from reports.layout import Line, heading, put
from reports.numbers import symbol
from tracer.hostile import clean
from tracer.patterns.lead import HIGHEST, LOWEST, POINTS, Findings, Lead, Param, Unexamined
from tracer.words import Words, translated

MEMBERS: Final = 8
LEADS: Final = 20
SENTENCE: Final = 400
NAME: Final = 100
SIGNS: Final = {">=": "≥", "<=": "≤", "<": "<"}

_BULLET: Final = "  ◇ "
_INDENT: Final = "    "


class LeadView(NamedTuple):
    """How somebody wants to see leads. ``chains`` maps ids to names; ``command`` is what shows everything."""

    w: Words
    chains: Mapping[str, str]
    assets: Mapping[tuple[str, AssetId], Asset]
    command: str
    everything: bool = False

    def limit(self, rows: int) -> int | None:
        """``rows``, or None when everything is wanted."""
        return None if self.everything else rows

    def more(self, count: int) -> Line:
        """The line that says how many are not shown, and how to see them."""
        return Line(Text(self.w("patterns.more", n=count, command=self.command), style="dim"))


def put_leads(console: Console, findings: Findings, view: LeadView) -> None:
    """Print all there is to say."""
    w = view.w
    heading(console, w("patterns.title"))
    scores = w("patterns.scores", points=POINTS, lowest=LOWEST, highest=HIGHEST)
    read = w("patterns.read", followed=findings.followed, received=findings.received)
    put(console, [Line(Text(text, style="magenta")) for text in (w("patterns.meaning"), scores, read)])
    shown = findings.leads[: view.limit(LEADS)]
    for lead in shown:
        put(console, _lines(lead, view), _INDENT, _BULLET)
    if not findings.leads:
        put(console, [Line(Text(w("patterns.none")))])
    if len(findings.leads) > len(shown):
        put(console, [view.more(len(findings.leads) - len(shown))])
    _put_unexamined(console, findings.unexamined, w)


def leads_document(findings: Findings) -> dict[str, Any]:
    """The same for programs, in English; figures are integers."""
    return {
        "accounts": {"received": findings.received, "followed": findings.followed},
        "leads": [_as_json(lead) for lead in findings.leads],
        "not_examined": [one._asdict() for one in findings.unexamined],
    }


def _as_json(lead: Lead) -> dict[str, Any]:
    return {
        "pattern": lead.pattern,
        "score": lead.score,
        "sentence": lead.sentence,
        "members": {
            "addresses": [{"chain": chain, "address": address} for chain, address in lead.members.addresses],
            "transactions": [{"chain": chain, "tx": tx} for chain, tx in lead.members.transactions],
            "assets": [{"chain": chain, "asset": asset} for chain, asset in lead.members.assets],
        },
        "params": {
            one.name: {"measured": one.measured, "threshold": {"sense": one.sense, "value": one.bound}}
            if one.sense
            else {"measured": one.measured}
            for one in lead.params
        },
        "base": lead.base,
        "strengths": list(lead.strengths),
        "caveats": list(lead.caveats),
    }


def _put_unexamined(console: Console, rows: Sequence[Unexamined], w: Words) -> None:
    if not rows:
        return
    heading(console, w("patterns.unexamined"))
    put(console, [Line(Text(w("patterns.unexamined_meaning"), style="dim"))])
    for row in rows:
        shown = Text.assemble((w(f"pattern.{row.pattern}"), "bold"), f" — {said(row.why, w)}")
        put(console, [Line(shown)], _INDENT, "  • ")


def _lines(lead: Lead, view: LeadView) -> Iterator[Line]:
    w = view.w
    name = w(f"pattern.{lead.pattern}")
    symbols = ", ".join(dict.fromkeys(symbol(view.assets[key]) for key in lead.members.assets))
    yield Line(Text(w("patterns.head", name=name, asset=symbols, score=lead.score), style="bold magenta"))
    yield Line(Text(said(lead.sentence, w), style="magenta italic"))
    yield Line(Text(w("patterns.figures", figures=" · ".join(figure(one, w) for one in lead.params))))
    parts = " · ".join(parts_of_score(lead, w))
    yield Line(Text(w("patterns.why_score", score=lead.score, parts=parts), style="dim"))
    members = lead.members
    addresses = [f"{address} ({view.chains.get(chain, chain)})" for chain, address in members.addresses]
    yield Line(Text(w("patterns.addresses", n=len(addresses))))
    yield from _listed(addresses, view)
    yield Line(Text(w("patterns.transactions", n=len(members.transactions))))
    yield from _listed([tx for _, tx in members.transactions], view)


def _listed(names: Sequence[str], view: LeadView) -> Iterator[Line]:
    shown = names[: view.limit(MEMBERS)]
    for name in shown:
        yield Line(Text(f"  {clean(name, NAME)}", style="dim"), whole=True)
    if len(names) > len(shown):
        yield view.more(len(names) - len(shown))


def figure(param: Param, w: Words) -> str:
    """What was measured, beside the threshold it was held to."""
    measured = w(f"measure.{param.name}", n=f"{param.measured:,}")
    if not param.sense:
        return measured
    return w("patterns.bound", figure=measured, sense=SIGNS[param.sense], bound=param.bound)


def parts_of_score(lead: Lead, w: Words) -> list[str]:
    """How the score comes about: the base, what adds to it, what takes from it."""
    strengths = [f"+{POINTS} {said(one, w)}" for one in lead.strengths]
    caveats = [f"−{POINTS} {said(one, w)}" for one in lead.caveats]
    return [w("patterns.base", n=lead.base), *strengths, *caveats]


def said(text: str, w: Words) -> str:
    """A stored sentence in the reader's language."""
    return clean(translated(text, w), SENTENCE)
