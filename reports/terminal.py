"""A trace as somebody reads it in a terminal: what was stolen, where it went, where it is, what to do, what is unknown.

Drawn from a `Result` alone, so that it says the same today and in a year. It prints to whatever console it is given: a
terminal with colours, or a pipe with plain lines; the text is the same.
"""

from __future__ import annotations

from datetime import date

from rich.console import Console
from rich.text import Text

from reports.checked_list import put_checked, put_warnings
from reports.closing import put_closing
from reports.conversion_list import put_conversions, put_rates
from reports.doubts import put_gaps, put_notes, put_unverified
from reports.endpoint_list import put_endpoints
from reports.flow_tree import put_flows
from reports.freeze_list import put_freezes
from reports.involved_list import put_involved
from reports.layout import Line, put
from reports.method_table import put_methods
from reports.stoppable_list import put_stoppable
from reports.view import View, in_total, stolen
from tracer.result import OriginRow, Result, rfc3339
from tracer.words import words


def render(
    result: Result,
    lang: str,
    console: Console,
    *,
    case: str = "CASE",
    everything: bool = False,
    today: date,
) -> None:
    """Print the whole report.

    ``case`` is the folder as the user would name it; ``everything`` lifts the limits on rows and depth. ``today`` tells
    which contacts were looked up too long ago.
    """
    view = View.of(result, words(lang), case, everything=everything)
    put_warnings(console, view)
    _put_header(console, view)
    put_flows(console, view)
    put_endpoints(console, view)
    put_conversions(console, view)
    put_rates(console, view)
    put_methods(console, view)
    put_involved(console, view)
    put_gaps(console, view)
    put_unverified(console, view)
    put_notes(console, view)
    put_freezes(console, view)
    put_checked(console, view)
    put_stoppable(console, view, today)
    put_closing(console, view)


def _put_header(console: Console, view: View) -> None:
    w = view.w
    if view.result.through:
        passed = w("header.through", addresses=", ".join(view.result.through))
        put(console, [Line(Text(passed, style="bold red"))])
    console.print(Text(f"{w('title')} · {w('header.case')} {view.case}", style="bold"), soft_wrap=True)
    for victim, rows in _by_victim(view.result).items():
        chain, address = victim
        name = Text.assemble((f"{w('header.victim')}: ", "dim"), (address, "bold"), f" ({view.chain(chain)})")
        put(console, [Line(name, whole=True)], "  ")
        put(console, [Line(_taken(view, rows))], "    ")
    sums = (in_total([entry]) for entry in stolen(view.result).values())
    put(console, [_fact(w("header.stolen"), ", ".join(sums))], "  ")
    for block in view.result.as_of:
        at = w("header.block", chain=view.chain(block.chain), number=block.number, time=rfc3339(block.time))
        put(console, [_fact(w("header.as_of"), at)], "  ")
    method = w(f"method.{view.result.method}")
    if view.result.highest_first:
        method = w("closing.join").join((method, w("header.highest_first")))
    put(console, [_fact(w("header.method"), method)], "  ")
    legend = Text.assemble(
        (f"{w('header.legend')}: ", "dim"),
        w("legend.fact"),
        " · ",
        (w("legend.label"), "cyan"),
        " · ",
        (w("legend.inference"), "yellow italic"),
    )
    put(console, [Line(legend)], "  ")


def _fact(name: str, value: str) -> Line:
    return Line(Text.assemble((f"{name}: ", "dim"), value))


def _by_victim(result: Result) -> dict[tuple[str, str], list[OriginRow]]:
    found: dict[tuple[str, str], list[OriginRow]] = {}
    for origin in sorted(result.origins, key=lambda one: (one.chain, one.victim, one.time, one.id)):
        found.setdefault((origin.chain, origin.victim), []).append(origin)
    return found


def _taken(view: View, rows: list[OriginRow]) -> Text:
    w = view.w
    first, last = rfc3339(rows[0].time), rfc3339(rows[-1].time)
    several = len(rows) > 1
    when = w("header.thefts", n=len(rows), first=first, last=last) if several else w("header.theft", time=first)
    return Text(f"{in_total((row.asset, row.amount) for row in rows)} {when}")
