"""What changed between two states of a case, as sentences and as JSON: the larger share of what was stolen first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

from rich.console import Console
from rich.text import Text

from chains.model import FEE_SINK, Asset, Block, Gap
from reports.layout import Line, heading, put
from reports.numbers import money
from reports.view import View, label
from tracer.diff import Change, Changes, Total
from tracer.hostile import clean
from tracer.labels import Label
from tracer.result import ConversionRow, ConvertedPart, EndpointRow, FlowRow, FreezeRow, OriginRow, rfc3339
from tracer.words import translated

T = TypeVar("T")
Said = Callable[[T, View], str]
Named = Callable[[Change[T], View], list[str]]

ROWS: Final = 20
VALUE_ROOM: Final = 200
SCHEMA: Final = "stolen-funds-diff/1"


def render_changes(found: Changes, view: View, console: Console) -> None:
    """Print every kind of change that there is, and of each the first `ROWS` unless everything is wanted."""
    w = view.w
    if not any(found):
        put(console, [Line(Text(w("diff.same")))])
        return
    for name in ("settings", "program", "lists"):
        _put(console, view, name, getattr(found, name), _setting)
    _put(console, view, "moments", found.moments, _moment, _chain)
    _put(console, view, "thefts", found.thefts, _theft, _theft_name)
    _put(console, view, "totals", found.totals, _total, _reason)
    _put(console, view, "endpoints", found.endpoints, _endpoint, _place)
    _put(console, view, "flows", found.flows, _flow, _flow_name)
    _put(console, view, "conversions", found.conversions, _conversion, _place)
    _put(console, view, "freezes", found.freezes, _freeze, _place)
    _put(console, view, "gaps", found.gaps, _gap, lambda one, _: [clean(one.either.where, VALUE_ROOM)])
    _put(console, view, "labels", found.labels, _labels)
    if found.others:
        heading(console, w("diff.others"))
        for name in found.others:
            put(console, [Line(Text(w(f"diff.other.{name}")))], "    ", "  • ")


def _put(
    console: Console,
    view: View,
    section: str,
    found: Sequence[Change[T]],
    said: Said[T],
    named: Named[T] = lambda one, _: [clean(one.key[0], VALUE_ROOM)],
) -> None:
    """A section: how many are new, gone and changed, and then each of them."""
    if not found:
        return
    w = view.w
    heading(console, w(f"diff.{section}"))
    new, gone = sum(one.before is None for one in found), sum(one.after is None for one in found)
    counts = w("diff.counts", new=new, gone=gone, changed=len(found) - new - gone)
    put(console, [Line(Text(counts, style="dim"))])
    limit = view.limit(ROWS)
    for one in found[:limit]:
        names = [Line(Text(name, style="bold"), whole=True) for name in named(one, view)]
        put(console, [*names, _change(one, view, said)], "    ", "  • ")
    if limit is not None and len(found) > limit:
        put(console, [Line(Text(w("diff.more", n=len(found) - limit), style="dim"))])


def _change(one: Change[T], view: View, said: Said[T]) -> Line:
    if one.before is None:
        return Line(Text(view.w("diff.new", what=said(one.either, view))))
    if one.after is None:
        return Line(Text(view.w("diff.gone", what=said(one.before, view))))
    return Line(Text(view.w("diff.changed", before=said(one.before, view), after=said(one.after, view))))


# --- what a change is of


def _chain(one: Change[Block], view: View) -> list[str]:
    return [view.chain(one.key[0])]


def _place(one: Change[Any], view: View) -> list[str]:
    return [f"{_who(one.key[1], view)} ({view.chain(one.key[0])})"]


def _who(address: str, view: View) -> str:
    return view.w("path.fees") if address == FEE_SINK else clean(address, VALUE_ROOM)


def _theft_name(one: Change[OriginRow], view: View) -> list[str]:
    return [
        *_place(one, view),
        view.w("diff.between", sender=one.either.victim, receiver=_who(one.either.receiver, view)),
    ]


def _flow_name(one: Change[FlowRow], view: View) -> list[str]:
    return [
        *_place(one, view),
        view.w("diff.between", sender=one.either.sender, receiver=_who(one.either.receiver, view)),
    ]


def _reason(one: Change[Total], view: View) -> list[str]:
    return [view.w(f"reason.{one.either.reason}")]


# --- one side of it


def _setting(value: object, view: View) -> str:
    if value in (None, "", [], False):
        return view.w("diff.unset")
    parts = value if isinstance(value, list) else [value]
    shown = ("@".join(one.values()) if isinstance(one, dict) else str(one) for one in parts)
    return clean(", ".join(shown), VALUE_ROOM)


def _moment(one: Block, view: View) -> str:
    return view.w("diff.block", number=one.number, time=rfc3339(one.time))


def _theft(one: OriginRow, _: View) -> str:
    return money(one.amount, one.asset)


def _total(one: Total, _: View) -> str:
    return money(one.amount, one.asset)


def _endpoint(one: EndpointRow, view: View) -> str:
    shown = view.w("diff.ends", amount=money(one.amount, one.asset), reason=view.w(f"reason.{one.reason}"))
    return f"{shown} {label(one.entity, translated(one.label_source, view.w)).plain}" if one.entity else shown


def _flow(one: FlowRow, _: View) -> str:
    return money(one.traced, one.asset)


def _conversion(one: ConversionRow, view: View) -> str:
    return view.w("diff.turned", paid=_parts(one.ins), got=_parts(one.outs))


def _parts(parts: Iterable[ConvertedPart]) -> str:
    return " + ".join(money(one.traced, one.asset) for one in parts)


def _freeze(one: FreezeRow, view: View) -> str:
    w = view.w
    answers = {
        name: w(f"diff.is.{answer}")
        for name, answer in (("can", one.can), ("frozen", one.frozen), ("proposed", one.proposed))
    }
    return w("diff.freeze", asset=clean(one.asset.symbol), **answers)


def _gap(one: Gap, view: View) -> str:
    return f"{view.w(f'gap.{one.kind}')}: {clean(translated(one.why, view.w), VALUE_ROOM)}"


def _labels(labels: Sequence[Label], view: View) -> str:
    w = view.w
    shown = (label(one.entity, w(f"category.{one.category}"), translated(one.source, w)).plain for one in labels)
    return " ".join(shown) or w("diff.no_label")


# --- JSON


def changes_document(found: Changes) -> dict[str, Any]:
    """The same as JSON (docs/diff.schema.json)."""
    return {
        "schema": SCHEMA,
        "same": not any(found),
        **{name: list(_plain(getattr(found, name), ("name",), _value)) for name in ("settings", "program", "lists")},
        "moments": list(_plain(found.moments, ("chain",), _block_row)),
        "thefts": list(_plain(found.thefts, ("chain", "tx", "victim", "to", "asset"), lambda one: str(one.amount))),
        "totals": list(_plain(found.totals, ("chain", "asset", "reason"), lambda one: str(one.amount))),
        "endpoints": list(_plain(found.endpoints, ("chain", "address", "asset"), _endpoint_row)),
        "flows": list(_plain(found.flows, ("chain", "tx", "position", "from", "to", "asset"), _flow_row)),
        "conversions": list(_plain(found.conversions, ("chain", "tx", "owner", "kind"), _conversion_row)),
        "freezes": list(_plain(found.freezes, ("chain", "address", "asset"), _freeze_row)),
        "gaps": list(_plain(found.gaps, ("kind", "where", "why"), lambda _: True)),
        "labels": list(_plain(found.labels, ("address",), lambda labels: [one._asdict() for one in labels])),
        "others": list(found.others),
    }


def _plain(found: Iterable[Change[Any]], names: Sequence[str], said: Callable[[Any], Any]) -> Iterator[dict[str, Any]]:
    for one in found:
        key: dict[str, Any] = dict(zip(names, one.key, strict=False))
        if "asset" in key:
            key["asset"] = _asset_row(one.either.asset)
        yield {
            **key,
            "before": None if one.before is None else said(one.before),
            "after": None if one.after is None else said(one.after),
        }


def _value(value: Any) -> Any:
    return value


def _asset_row(asset: Asset) -> dict[str, Any]:
    return {"chain": asset.chain, "id": asset.id, "symbol": asset.symbol, "decimals": asset.decimals}


def _block_row(one: Block) -> dict[str, Any]:
    return {"block": one.number, "hash": one.hash, "time": rfc3339(one.time)}


def _endpoint_row(one: EndpointRow) -> dict[str, Any]:
    principal = [{"asset": _asset_row(part.asset), "amount": str(part.amount)} for part in one.principal]
    return {
        "reason": one.reason,
        "entity": one.entity,
        "category": one.category,
        "amount": str(one.amount),
        "principal": principal,
    }


def _flow_row(one: FlowRow) -> dict[str, Any]:
    return {"amount": str(one.amount), "traced": str(one.traced), "via": list(one.via)}


def _conversion_row(one: ConversionRow) -> dict[str, Any]:
    return {"ins": list(map(_part_row, one.ins)), "outs": list(map(_part_row, one.outs))}


def _part_row(one: ConvertedPart) -> dict[str, Any]:
    return {
        "address": one.address,
        "asset": _asset_row(one.asset),
        "amount": str(one.amount),
        "traced": str(one.traced),
    }


def _freeze_row(one: FreezeRow) -> dict[str, str]:
    return {"can": one.can, "frozen": one.frozen, "proposed": one.proposed}
