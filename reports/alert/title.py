"""An alert in one line of at most 80 characters: what a locked phone shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from chains.scan import APPROVAL, PERMISSION
from reports.alert.context import Context, safe, short, short_name, symbol
from reports.times import utc
from tracer.hostile import clean
from tracer.watch.model import (
    BAIT,
    BLIND,
    CONFIRMED,
    DIGEST,
    FREEZE,
    FULL,
    GRANTED,
    PROVISIONAL,
    RETRACTED,
    SEEING,
    SENTRY,
    TAKEN,
    TEST,
    TROUBLE,
    Notice,
)
from tracer.words import Words, words

LENGTH: Final = 80

_NAMED: Final = frozenset({"exchange", "exchange_deposit", "bridge", "mixer", "service"})
_PLACES: Final = _NAMED | {"contract", "frozen", "returned", "burn"}


def title_of(notice: Notice, status: str, turn: int, lang: str, context: Context) -> str:
    """What a notice says in one line; ``turn`` counts the states it was told in."""
    w = words(lang)
    headline = _HEADS.get(notice.kind, _payment)(notice, context, w)
    return clean(w("alert.title", mark=_mark(notice, status, turn, w), headline=headline), LENGTH)


def _mark(notice: Notice, status: str, turn: int, w: Words) -> str:
    if status == RETRACTED:
        return w("alert.mark.retracted")
    mark = w(f"alert.mark.{notice.severity}")
    if status == PROVISIONAL:
        return w("alert.mark.provisional", mark=mark)
    return w("alert.mark.confirmed", mark=mark) if status == CONFIRMED and turn > 1 else mark


def _amount(notice: Notice, w: Words) -> str:
    """What to name: the traced part, at most so much where only that is known, else all that moved."""
    if notice.asset is None:
        return w("alert.unnamed_asset")
    if notice.kind == SENTRY and notice.most is not None:
        return w("alert.up_to", amount=short(notice.most, notice.asset))
    units = notice.amount if notice.kind == TAKEN else notice.traced or notice.amount
    return short(units, notice.asset) if units else symbol(notice.asset)


def _payment(notice: Notice, context: Context, w: Words) -> str:
    del context
    amount = _amount(notice, w)
    if notice.reason == "service":
        category = w(f"category.{notice.category}") if notice.category else w("category.service")
        return w("alert.head.service", amount=amount, entity=short_name(notice, w), category=category)
    if notice.reason in _NAMED:
        return w(f"alert.head.{notice.reason}", amount=amount, entity=short_name(notice, w))
    return w(f"alert.head.{notice.reason if notice.reason in _PLACES else 'moved'}", amount=amount)


def _taken(notice: Notice, context: Context, w: Words) -> str:
    target = context.target(notice.target)
    bare = target is not None and target.address
    said = w("alert.head.left" if bare else "alert.head.taken", amount=_amount(notice, w))
    return w("alert.head.taken_to", what=said, entity=short_name(notice, w)) if notice.entity else said


def _granted(notice: Notice, context: Context, w: Words) -> str:
    del context
    if notice.reason == APPROVAL:
        return w("alert.head.approval", asset=symbol(notice.asset) if notice.asset else w("alert.unnamed_asset"))
    if notice.reason == PERMISSION:
        return w("alert.head.permission" if notice.receiver else "alert.head.permission_lost")
    return w("alert.head.delegation" if notice.receiver else "alert.head.delegation_ended")


def _freeze(notice: Notice, context: Context, w: Words) -> str:
    del context
    asset = symbol(notice.asset) if notice.asset else w("alert.unnamed_asset")
    return w(f"alert.head.freeze_{notice.reason}", asset=asset, address=safe(notice.receiver))


def _bait(notice: Notice, context: Context, w: Words) -> str:
    del context
    if notice.reason == "look_alike":
        return w("alert.head.look_alike")
    return w("alert.head.dust", n=len(notice.more.get("seen", ())))


def _chain(notice: Notice, context: Context, w: Words) -> str:
    chain = context.chain(notice.chain, w)
    if notice.kind == BLIND:
        return w("alert.head.blind", chain=chain, time=utc(notice.time))
    return w("alert.head.seeing", chain=chain)


def _trouble(notice: Notice, context: Context, w: Words) -> str:
    if notice.reason in ("undone", "weak"):
        return w(f"alert.head.{notice.reason}", chain=context.chain(notice.chain, w))
    return w("alert.head.trouble")


_HEADS: Final[Mapping[str, Callable[[Notice, Context, Words], str]]] = {
    TAKEN: _taken,
    GRANTED: _granted,
    FREEZE: _freeze,
    BAIT: _bait,
    BLIND: _chain,
    SEEING: _chain,
    FULL: lambda _notice, _context, w: w("alert.head.full"),
    TROUBLE: _trouble,
    DIGEST: _payment,
    TEST: lambda _notice, _context, w: w("alert.head.test"),
}
