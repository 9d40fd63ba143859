"""The lists of labels: which are on this machine and how old they are, and which there are to fetch, on what terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from reports.layout import Line, put
from tracer.hostile import clean
from tracer.label_copy import About
from tracer.lists import LabelList
from tracer.words import Words, translated

CAP = 300


class ListLine(NamedTuple):
    """A list on this machine. ``age`` is in days, None where nobody knows; ``old``: it is time to fetch it anew."""

    about: About
    age: int | None
    old: bool


def head(line: ListLine, w: Words) -> Text:
    """A list in one line: its name, how much is in it, and when it was read."""
    about = line.about
    text = Text.assemble((translated(about.name, w), "bold"), " · ", w("labels.count", labels=f"{about.labels:,}"))
    if about.addresses:
        text.append(" · ").append(w("labels.addresses", n=f"{about.addresses:,}"))
    if about.checked:
        text.append(" · ").append_text(_age(line, w))
    return text


def render_lists(lines: Sequence[ListLine], folder: str, w: Words, console: Console) -> None:
    """Print the lists on this machine, the built-in one first, and where they are kept."""
    for line in lines:
        put(console, _stored(line, w), "    ", "  • ")
    put(console, [Line(Text(w("labels.folder", folder=folder), style="dim"))])


def render_known(
    known: Iterable[LabelList], here: Mapping[str, ListLine], w: Words, console: Console, *, states: bool = True
) -> None:
    """Print the lists that can be fetched: who publishes them, on what terms, and (with ``states``) what is here."""
    for one in known:
        put(console, _known(one, here.get(one.name), w, states=states), "    ", "  • ")


def terms(one: LabelList, w: Words) -> str:
    """Whose the list is and on what terms."""
    return w("labels.terms", publisher=clean(one.publisher, CAP), licence=translated(clean(one.licence, CAP), w))


def _stored(line: ListLine, w: Words) -> list[Line]:
    about = line.about
    publisher = translated(clean(about.publisher, CAP), w)
    lines = [Line(head(line, w)), Line(Text(" · ".join(filter(None, [publisher, w(f"labels.kind.{about.kind}")]))))]
    if about.as_of:
        lines.append(Line(Text(w("labels.as_of", date=about.as_of))))
    if about.skipped:
        said = ", ".join(f"{clean(why)} {count:,}" for why, count in sorted(about.skipped.items()))
        lines.append(Line(Text(w("labels.skipped", counts=said), style="dim")))
    return lines


def _known(one: LabelList, line: ListLine | None, w: Words, *, states: bool) -> list[Line]:
    name = Text(one.name, style="bold")
    if states:
        name.append(" · ").append_text(_state(line, w))
    lines = [
        Line(name),
        Line(Text(terms(one, w))),
        Line(Text(clean(one.page, CAP), style="dim"), whole=True),
    ]
    if states:
        least, most = one.expected
        facts = [w(f"labels.kind.{one.kind}"), w("labels.cadence", days=one.cadence)]
        lines.insert(2, Line(Text(" · ".join([*facts, w("labels.expected", least=f"{least:,}", most=f"{most:,}")]))))
    return lines


def _state(line: ListLine | None, w: Words) -> Text:
    return Text(w("labels.never"), style="dim") if line is None else _age(line, w)


def _age(line: ListLine, w: Words) -> Text:
    """When a copy was read, how long ago that is, and whether it is too long."""
    date = line.about.checked
    if not line.age:
        return Text(w("labels.checked", date=date))
    if line.old:
        return Text(w("labels.old", date=date, days=line.age), style="yellow")
    return Text(w("labels.checked_ago", date=date, days=line.age))
