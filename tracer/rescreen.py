"""An old case seen with today's labels: which of its endpoints would be others now.

An address that nobody knew when a case was traced may stand on an exchange's list a month later, and a label may turn
out wrong. The trace is made again from the stored answers alone, with what labels say now, and compared with the result
that is kept; nothing is changed and nobody is asked. Where the trail would now go on beyond what was read, that is a
gap, and the case has to be traced again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from chains.model import AssetId
from tracer.case import Case
from tracer.config import Config
from tracer.document_read import from_document
from tracer.labels import Label, LabelBook
from tracer.result import EndpointRow
from tracer.session import Lists, last_result, retraced, todays_labels


class EndpointChange(NamedTuple):
    """One account whose endpoint differs: before, and with today's labels; None where there is no endpoint."""

    chain: str
    address: str
    asset: AssetId
    before: EndpointRow | None
    after: EndpointRow | None


class LabelChange(NamedTuple):
    """What is said of one address now and was not when the case was traced, and the other way round."""

    address: str
    added: tuple[Label, ...]
    removed: tuple[Label, ...]


class Rescreening(NamedTuple):
    """What today's labels change in a case."""

    labels: tuple[LabelChange, ...]
    endpoints: tuple[EndpointChange, ...]


async def rescreen_case(case: Case, config: Config, lists: Lists) -> Rescreening:
    """Trace a finished case again from its answers, with today's labels.

    Raises:
        CaseError: the case has no result yet.
    """
    stored = last_result(case)
    case.store.speak_of(stored.generation)
    today = todays_labels(case, case.question, lists)
    changes = _changed_labels(case, today)
    if not changes:
        return Rescreening((), ())
    now = (await retraced(case, config, today)).result
    before = from_document(stored.result or "")
    return Rescreening(changes, tuple(_changed(before.endpoints, now.endpoints)))


def changed_labels(case: Case, lists: Lists) -> tuple[LabelChange, ...]:
    """Of the addresses that the last result asked about, those of whom labels say something else today."""
    return _changed_labels(case, todays_labels(case, case.question, lists))


def _changed_labels(case: Case, today: LabelBook) -> tuple[LabelChange, ...]:
    found = []
    for address, labels in sorted((case.store.said() or {}).items()):
        now = today.said(address)
        added = tuple(sorted(set(now) - set(labels)))
        removed = tuple(sorted(set(labels) - set(now)))
        if added or removed:
            found.append(LabelChange(address, added, removed))
    return tuple(found)


def _changed(before: Iterable[EndpointRow], after: Iterable[EndpointRow]) -> Iterable[EndpointChange]:
    then = {(row.chain, row.address, row.asset.id): row for row in before if row.reason != "fee"}
    now = {(row.chain, row.address, row.asset.id): row for row in after if row.reason != "fee"}
    for key in sorted({*then, *now}):
        was, is_now = then.get(key), now.get(key)
        if was is None or is_now is None or _said(was) != _said(is_now):
            yield EndpointChange(*key, was, is_now)


def _said(row: EndpointRow) -> tuple[str, str, int]:
    return row.reason, row.entity, row.amount
