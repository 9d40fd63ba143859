"""An alert in full. What the chain says, what a label says and what is inferred are told apart in so many words.

Where somebody must act, what to do comes first: a lock screen shows the title and a line or two. What calls for no
action is kept to a few lines: who gets twenty of them a day stops reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from chains.scan import APPROVAL
from reports.alert.advice import URGENT, advice
from reports.alert.context import ADDRESS, SENTENCE, Context, entity, exact, known_contact, moment, safe
from reports.stoppable_list import FIRM
from reports.times import utc
from tracer.hostile import clean
from tracer.watch.model import (
    BAIT,
    BLIND,
    CASE,
    CONFIRMED,
    DIGEST,
    FREEZE,
    FULL,
    GRANTED,
    PROVISIONAL,
    RETRACTED,
    SEEING,
    SENTRY,
    TROUBLE,
    Notice,
)
from tracer.words import Words, translated, words

_KEY_ASSET, _KEY_AMOUNT = 3, 6
"""Places of asset and amount in a transfer's identity, of which `Notice.more` has a list for bait."""

_WITHOUT_END: Final = (1 << 160) - 1
"""Units that no token has: who approves so many approves all there ever will be."""


def body_of(notice: Notice, status: str, lang: str, context: Context) -> str:
    """All that an alert says below its title."""
    w = words(lang)
    facts = _FACTS.get(notice.kind, _payment)(notice, context, w)
    if status == RETRACTED:
        return "\n".join([w("alert.retracted"), *facts, _number(notice, context, w)])
    todo, number, state = advice(notice, context, w), _number(notice, context, w), _state(notice, status)
    if notice.severity in URGENT:
        parts = [todo, [*([w(f"alert.state.{state}")] if state else []), *facts], [number, w("alert.never")]]
        return "\n\n".join("\n".join(lines) for lines in parts if lines)
    return "\n".join([*facts, *todo, f"{number} | {w(f'alert.state.{state}_short')}" if state else number])


def _state(notice: Notice, status: str) -> str:
    """The state worth telling: of what stands in a block."""
    return status if notice.tx and notice.kind != BAIT and status in (PROVISIONAL, CONFIRMED) else ""


def _number(notice: Notice, context: Context, w: Words) -> str:
    target = context.target(notice.target)
    if target is None:
        return w("alert.watch", id=notice.id)
    name = clean(target.name, ADDRESS)
    return w("alert.case", name=name, id=notice.id) if target.kind == CASE else w("alert.bare", name=name, id=notice.id)


def _payment(notice: Notice, context: Context, w: Words) -> Iterator[str]:
    if notice.asset is not None and notice.amount is not None:
        yield w("alert.fact", amount=exact(notice.amount, notice.asset), chain=context.chain(notice.chain, w))
    yield from _when(notice, w)
    yield from _where(notice, context, w)
    yield from _traced(notice, w)
    if notice.why and notice.kind != DIGEST:
        yield w("alert.may_miss", why=_sentence(notice.why, w))


def _when(notice: Notice, w: Words) -> Iterator[str]:
    if notice.time:
        at, beijing = moment(notice.time)
        yield w("alert.time", utc=at, beijing=beijing)


def _where(notice: Notice, context: Context, w: Words) -> Iterator[str]:
    sender, receiver = clean(notice.sender, ADDRESS), clean(notice.receiver, ADDRESS)
    if sender and receiver and notice.severity not in URGENT:
        yield w("alert.way", sender=sender, receiver=receiver)
    else:
        if sender:
            yield w("alert.from", address=sender)
        if receiver:
            yield w("alert.to", address=receiver) if sender else w("alert.address", address=receiver)
            yield from _whose(notice, w)
    yield from _pages(notice, context, w)


def _pages(notice: Notice, context: Context, w: Words) -> Iterator[str]:
    """The transaction and its page; of what is kept short only the page, which has its hash."""
    page = context.page(notice)
    if notice.tx and (notice.severity in URGENT or not page):
        yield w("alert.tx", tx=clean(notice.tx, ADDRESS))
    if page:
        yield w("alert.page", url=page)


def _traced(notice: Notice, w: Words) -> Iterator[str]:
    asset = notice.asset
    if asset is None:
        return
    if notice.kind == SENTRY and notice.most is not None:
        yield w("alert.traced_inside", most=exact(notice.most, asset))
    elif notice.traced is not None and notice.least is not None and notice.most is not None:
        spans = (exact(units, asset) for units in (notice.traced, notice.least, notice.most))
        yield w("alert.traced", **dict(zip(("traced", "least", "most"), spans, strict=True)))
    elif notice.traced is not None:
        yield w("alert.traced_there", amount=exact(notice.traced, asset))


def _whose(notice: Notice, w: Words) -> Iterator[str]:
    """What is said of the receiver, and by whom: a label, or an inference of the case's."""
    tier = str(notice.more.get("tier", ""))
    if notice.kind in (FREEZE, FULL):
        return
    if notice.kind == DIGEST and tier not in FIRM:
        confidence = int(notice.more.get("confidence", 0))
        yield w("alert.inference", rule=_sentence(notice.why, w), tier=safe(tier), n=confidence)
    elif notice.entity:
        category = w(f"category.{notice.category}") if notice.category else w("category.other")
        source = _sentence(notice.source or notice.why, w)
        yield w("alert.label", entity=entity(notice, w), category=category, source=source)
    else:
        yield w("alert.no_label")


def _sentence(text: str, w: Words) -> str:
    """A sentence of the program's own, which may quote others."""
    return safe(translated(text, w), SENTENCE)


def _granted(notice: Notice, context: Context, w: Words) -> Iterator[str]:
    yield w("alert.granted", chain=context.chain(notice.chain, w))
    yield from _when(notice, w)
    yield w("alert.address", address=clean(notice.sender, ADDRESS))
    holder = clean(notice.receiver, ADDRESS)
    if notice.reason == APPROVAL and notice.asset is not None:
        if notice.amount is None or notice.amount >= _WITHOUT_END:
            yield w("alert.holder_all", address=holder)
        else:
            yield w("alert.holder", address=holder, amount=exact(notice.amount, notice.asset))
    elif holder:
        yield w("alert.power", address=holder)
    if holder:
        yield from _whose(notice, w)
    yield from _pages(notice, context, w)


def _freeze(notice: Notice, context: Context, w: Words) -> Iterator[str]:
    issuer = clean(notice.entity) if known_contact(notice) else safe(notice.entity)
    yield w("alert.frozen_facts", chain=context.chain(notice.chain, w), issuer=issuer)
    yield from _where(notice, context, w)
    if notice.reason == "proposed":
        more = notice.more
        yield w("alert.confirmations", confirmed=int(more.get("confirmed", 0)), needed=int(more.get("needed", 0)))


def _bait(notice: Notice, context: Context, w: Words) -> Iterator[str]:
    keys = [str(key).split("|") for key in notice.more.get("seen", ())]
    day, chain = safe(str(notice.more.get("day", ""))), context.chain(notice.chain, w)
    yield w("alert.bait", n=len(keys), day=day, chain=chain)
    if notice.asset is not None:
        units = sum(int(key[_KEY_AMOUNT]) for key in keys if key[_KEY_ASSET] == notice.asset.id)
        yield w("alert.bait_sum", amount=exact(units, notice.asset))
    twin = clean(str(notice.more.get("twin", "")), ADDRESS)
    if twin:
        yield w("alert.bait_real", address=twin)
        yield w("alert.bait_twin", address=clean(notice.sender, ADDRESS))
        yield w("alert.bait_no_copy")
    yield w("alert.bait_leave")


def _blind(notice: Notice, context: Context, w: Words) -> Iterator[str]:
    at, beijing = moment(notice.time)
    yield w("alert.blind", chain=context.chain(notice.chain, w), utc=at, beijing=beijing)
    if notice.why:
        yield w("alert.blind_why", why=_sentence(notice.why, w))
    yield w("alert.blind_next")


def _seeing(notice: Notice, context: Context, w: Words) -> Iterator[str]:
    more = notice.more
    until = utc(int(more.get("until", notice.time)))
    yield w("alert.seeing", chain=context.chain(notice.chain, w), since=utc(notice.time), until=until)
    blocks, moved = int(more.get("blocks", 0)), int(more.get("moved", 0))
    yield w("alert.seeing_read", blocks=blocks, moved=moved) if moved else w("alert.seeing_none", blocks=blocks)


def _full(notice: Notice, context: Context, w: Words) -> Iterator[str]:
    yield w("alert.full", most=int(notice.more.get("most", 0)))
    yield from _where(notice, context, w)


def _trouble(notice: Notice, _context: Context, w: Words) -> Iterator[str]:
    if notice.why:
        yield _sentence(notice.why, w)
    if notice.number:
        yield w("alert.block", number=notice.number)


_FACTS: Final[Mapping[str, Callable[[Notice, Context, Words], Iterator[str]]]] = {
    GRANTED: _granted,
    FREEZE: _freeze,
    BAIT: _bait,
    BLIND: _blind,
    SEEING: _seeing,
    FULL: _full,
    TROUBLE: _trouble,
}
