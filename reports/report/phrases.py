"""What the sections say alike: a column's title, an asset with its chain, a share, what an amount was worth.

No section of its own: it only keeps the others from saying the same thing in two ways.
"""

from __future__ import annotations

from typing import Final

from chains.model import Asset
from reports.draft import Draft
from reports.numbers import dollars, some, symbol
from reports.paper import CODE, PLAIN, QUIET, STRONG, Cell, Column, Exact, Line, Span, cell, line
from reports.times import utc
from reports.view import key_of
from tracer.hostile import clean
from tracer.prices import Price, value_usd
from tracer.result import PriceRow

TEXT: Final = 400
"""Room for a sentence that somebody else wrote."""


def columns(draft: Draft, *shapes: tuple[str, int] | tuple[str, int, bool]) -> tuple[Column, ...]:
    """Columns by the ends of their titles' keys, with width and whether they hold figures."""
    return tuple(Column(draft.w(f"front.col.{shape[0]}"), *shape[1:]) for shape in shapes)


def asset_named(draft: Draft, asset: Asset) -> str:
    """``USDT on Ethereum``."""
    return draft.w("audit.of_asset", asset=symbol(asset), chain=draft.view.chain(asset.chain))


def worded(name: str, *parts: str | Span) -> Line:
    """A quiet word, and what it introduces."""
    return line(Span(f"{name} ", QUIET), *parts)


def best_name(draft: Draft, chain: str, address: str) -> Line:
    """The best label of an address, and how many more there are: the section on labels has all."""
    names = draft.names(chain, address)
    return line(*names[0], *(span for more in left_out(draft, len(names) - 1) for span in (" ", more))) if names else ()


def left_out(draft: Draft, left: int) -> list[Span]:
    """How many more there are than are named; nothing where all are."""
    return [Span(draft.w("conversion.more", n=f"{left:,}"), QUIET)] if left > 0 else []


def moment(draft: Draft, chain: str, time: int) -> Line:
    """When, and on which chain."""
    return line(draft.both(time), Span(f" · {draft.view.chain(chain)}", QUIET))


def joined(draft: Draft, parts: list[str]) -> str:
    """``a, b, c``."""
    return draft.w("closing.join").join(parts)


def share_cell(share: int, *, strong: bool = False) -> Cell:
    """Hundredths of a percent as a figure, of something that is never nothing."""
    return cell(Span(some(share), STRONG if strong else PLAIN), value=Exact(share, 2))


def contract(asset: Asset) -> Cell:
    """What makes an asset that asset: its contract, or that it is the chain's own coin."""
    return cell(Span(clean(asset.id, 100), CODE))


def worth(draft: Draft, units: int, asset: Asset) -> str:
    """What so many stolen units were worth when the first of their kind were taken, and by whose price."""
    said = value(draft, units, asset)
    return draft.w("front.worth", value=said, basis=basis(draft, asset)) if said else draft.w("front.unpriced")


def value(draft: Draft, units: int, asset: Asset) -> str:
    """The same without the price's source; "" where there is no price."""
    row = _priced(draft, asset)
    if row is None or row.usd is None:
        return ""
    price = Price(row.usd, row.source, row.time, None, row.assumed_peg)
    return draft.w("front.value", usd=dollars(value_usd(units, asset.decimals, price)))


def basis(draft: Draft, asset: Asset) -> str:
    """Whose price of when it is; "" where there is none."""
    row = _priced(draft, asset)
    if row is None:
        return ""
    source = draft.w("front.peg") if row.assumed_peg else clean(row.source, TEXT)
    return draft.w("front.price", asset=symbol(asset), time=utc(row.time), source=source)


def _priced(draft: Draft, asset: Asset) -> PriceRow | None:
    rows = (row for row in draft.dossier.result.prices if key_of(row.asset) == key_of(asset))
    row = next(rows, None)
    return row if row is not None and row.usd is not None else None


def method_named(draft: Draft) -> str:
    """The method and, where it is used, the rule for payments of one transaction."""
    named = [draft.w(f"method.{draft.dossier.result.method}")]
    if draft.dossier.result.highest_first:
        named.append(draft.w("header.highest_first"))
    return joined(draft, named)
