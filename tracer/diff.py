"""What changed between two states of a case: settings, moment, thefts, places, payments, labels. Pure.

Rows are paired by what makes them the same thing on the chain, not by their number, and compared by what a reader acts
on. What differs besides is named (`Changes.others`), so that "the same" is never said of two results that are not.
Swapping the two states swaps the sides of every change and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, Generic, NamedTuple, TypeVar

from chains.model import Address, Asset, Block, Gap
from tracer.labels import Label
from tracer.result import ConversionRow, EndpointRow, FlowRow, FreezeRow, OriginRow, Principal, Result

T = TypeVar("T")
Key = tuple[str, ...]
Value = tuple[Fraction, int]
"""What a row weighs: its share of what was stolen, then its base units."""

NOTHING: Final[Value] = (Fraction(0), 0)


class State(NamedTuple):
    """A case at one time. ``program`` has versions by name, ``lists`` and ``files`` digests by name.

    ``said`` has what labels said of every address that was asked about.
    """

    question: Mapping[str, Any]
    program: Mapping[str, str]
    result: Result
    said: Mapping[Address, Sequence[Label]]
    lists: Mapping[str, str]
    files: Mapping[str, str]


class Change(NamedTuple, Generic[T]):
    """One thing, before and after; None on the side that has not got it."""

    key: Key
    before: T | None
    after: T | None

    @property
    def either(self) -> T:
        """The thing as it is, or as it was where it is gone."""
        found = self.after if self.after is not None else self.before
        assert found is not None  # a change has a side
        return found


class Total(NamedTuple):
    """What of one stolen asset is where the trail ends for one reason, in its base units."""

    asset: Asset
    reason: str
    amount: int


class Changes(NamedTuple):
    """What differs, the larger share of what was stolen first. ``others`` names parts of the result besides these."""

    settings: tuple[Change[Any], ...]
    program: tuple[Change[str], ...]
    lists: tuple[Change[str], ...]
    moments: tuple[Change[Block], ...]
    thefts: tuple[Change[OriginRow], ...]
    totals: tuple[Change[Total], ...]
    endpoints: tuple[Change[EndpointRow], ...]
    flows: tuple[Change[FlowRow], ...]
    conversions: tuple[Change[ConversionRow], ...]
    freezes: tuple[Change[FreezeRow], ...]
    gaps: tuple[Change[Gap], ...]
    labels: tuple[Change[Sequence[Label]], ...]
    others: tuple[str, ...]


SECTION: Final = {
    "version": "program",
    "method": "settings",
    "followed": "settings",
    "highest_first": "settings",
    "through": "settings",
    "as_of": "moments",
    "origins": "thefts",
}
"""Where a change of a part of the result is told, unless in the section of its own name."""


def same_victims(before: State, after: State) -> bool:
    """Whether the two states speak of at least one victim and moment in common."""
    return bool(_victims(before) & _victims(after))


def _victims(state: State) -> set[tuple[str, str]]:
    return {(one["address"].lower(), one["since"].lower()) for one in state.question["victims"]}


def diff(before: State, after: State) -> Changes:
    """What changed from one state to the other."""
    sides = before.result, after.result
    wholes = _stolen(sides[0]), _stolen(sides[1])
    found = Changes(
        settings=_named(before.question, after.question),
        program=_named(before.program, after.program),
        lists=_named({**before.lists, **before.files}, {**after.lists, **after.files}),
        moments=_paired([one.as_of for one in sides], lambda row: (row.chain,), lambda row: (row.number, row.hash)),
        thefts=_paired([one.origins for one in sides], _theft, lambda row: row.amount, _by(wholes, _theft_value)),
        totals=_paired(list(map(_totals, sides)), _total, lambda row: row.amount, _by(wholes, _total_value)),
        endpoints=_paired([one.endpoints for one in sides], _place, _ending, _by(wholes, _shared_value)),
        flows=_paired([one.flows for one in sides], _payment, _paid, _by(wholes, _flow_value)),
        conversions=_paired([one.conversions for one in sides], _conversion, _converted, _by(wholes, _turned_value)),
        freezes=_paired([one.freezes for one in sides], _place, lambda row: (row.can, row.frozen, row.proposed)),
        gaps=_paired([one.gaps for one in sides], tuple, tuple),
        labels=_named(*_asked_in_both(before.said, after.said)),
        others=(),
    )
    return found._replace(others=_others(sides[0], sides[1], found))


def _others(before: Result, after: Result, found: Changes) -> tuple[str, ...]:
    told = found._asdict()
    return tuple(
        name
        for name in Result._fields
        if getattr(before, name) != getattr(after, name) and not told.get(SECTION.get(name, name))
    )


def _named(before: Mapping[Any, Any], after: Mapping[Any, Any]) -> tuple[Change[Any], ...]:
    return tuple(
        Change((name,), before.get(name), after.get(name))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    )


def _asked_in_both(
    before: Mapping[Address, Sequence[Label]], after: Mapping[Address, Sequence[Label]]
) -> tuple[dict[Address, Sequence[Label]], dict[Address, Sequence[Label]]]:
    both = before.keys() & after.keys()
    return {one: tuple(sorted(before[one])) for one in both}, {one: tuple(sorted(after[one])) for one in both}


def _paired(
    sides: Sequence[Iterable[T]],
    key: Callable[[T], Key],
    said: Callable[[T], object],
    value: Sequence[Callable[[T], Value]] = (lambda _: NOTHING, lambda _: NOTHING),
) -> tuple[Change[T], ...]:
    """The rows that are on one side only, or of which the two sides say different things."""
    before, after = (_keyed(rows, key) for rows in sides)
    found: list[tuple[Value, Change[T]]] = []
    for one in {**before, **after}:
        was, is_now = before.get(one), after.get(one)
        if was is None or is_now is None or said(was) != said(is_now):
            weights = [weigh(row) for row, weigh in zip((was, is_now), value, strict=True) if row is not None]
            found.append((max(weights), Change(one, was, is_now)))
    found.sort(key=lambda pair: (-pair[0][0], -pair[0][1], pair[1].key))
    return tuple(change for _, change in found)


def _keyed(rows: Iterable[T], key: Callable[[T], Key]) -> dict[Key, T]:
    """Rows by their keys; equal ones are numbered."""
    seen: Counter[Key] = Counter()
    found = {}
    for row in rows:
        mine = key(row)
        found[mine if not seen[mine] else (*mine, str(seen[mine]))] = row
        seen[mine] += 1
    return found


# --- what was stolen, and what share of it a row is


def _stolen(result: Result) -> Counter[tuple[str, str]]:
    whole: Counter[tuple[str, str]] = Counter()
    for one in result.origins:
        whole[one.asset.chain, one.asset.id] += one.amount
    return whole


def _by(
    wholes: tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]],
    value: Callable[[Counter[tuple[str, str]], T], Value],
) -> tuple[Callable[[T], Value], Callable[[T], Value]]:
    first, second = wholes
    return lambda row: value(first, row), lambda row: value(second, row)


def _part(whole: Counter[tuple[str, str]], asset: Asset, amount: int) -> Fraction:
    all_of_it = whole[asset.chain, asset.id]
    return Fraction(amount, all_of_it) if all_of_it else Fraction(0)


def _share(whole: Counter[tuple[str, str]], principal: Iterable[Principal]) -> Fraction:
    return sum((_part(whole, one.asset, one.amount) for one in principal), Fraction(0))


def _theft_value(whole: Counter[tuple[str, str]], row: OriginRow) -> Value:
    return _part(whole, row.asset, row.amount), row.amount


def _total_value(whole: Counter[tuple[str, str]], row: Total) -> Value:
    return _part(whole, row.asset, row.amount), row.amount


def _shared_value(whole: Counter[tuple[str, str]], row: EndpointRow) -> Value:
    return _share(whole, row.principal), row.amount


def _flow_value(whole: Counter[tuple[str, str]], row: FlowRow) -> Value:
    return _share(whole, row.principal), row.traced


def _turned_value(whole: Counter[tuple[str, str]], row: ConversionRow) -> Value:
    return _share(whole, row.principal), sum(part.traced for part in row.ins)


# --- what makes a row the same thing, and what is said of it


def _theft(row: OriginRow) -> Key:
    return row.chain, row.tx, row.victim, row.receiver, row.asset.id


def _totals(result: Result) -> list[Total]:
    sums: dict[tuple[Asset, str], int] = {}
    for _, asset, reason, amount in result.totals():
        sums[asset, reason] = sums.get((asset, reason), 0) + amount
    return [Total(asset, reason, amount) for (asset, reason), amount in sums.items()]


def _total(row: Total) -> Key:
    return row.asset.chain, row.asset.id, row.reason


def _place(row: EndpointRow | FreezeRow) -> Key:
    return row.chain, row.address, row.asset.id


def _ending(row: EndpointRow) -> object:
    return row.reason, row.entity, row.category, row.amount, _summed(row.principal)


def _payment(row: FlowRow) -> Key:
    return row.chain, row.tx, row.position, row.sender, row.receiver, row.asset.id


def _paid(row: FlowRow) -> object:
    return row.amount, row.traced, row.via, _summed(row.principal)


def _conversion(row: ConversionRow) -> Key:
    return row.chain, row.tx, row.owner, row.kind


def _converted(row: ConversionRow) -> object:
    return [(part.address, part.asset.id, part.amount, part.traced) for part in (*row.ins, *row.outs)]


def _summed(principal: Iterable[Principal]) -> dict[Asset, int]:
    """What was stolen by asset: thefts have other numbers where there are others beside them."""
    sums: dict[Asset, int] = {}
    for one in principal:
        sums[one.asset] = sums.get(one.asset, 0) + one.amount
    return sums
