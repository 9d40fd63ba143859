"""What a letter is made of: the draft, whom it goes to, who writes, and the recipient's part of the dossier.

Every section takes this one value. Only the payments that led to the recipient are here, so no section can show
another one's customers by mistake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Final, NamedTuple

from chains.model import Asset
from reports.draft import Draft
from reports.letter.recipients import Recipient, account_of
from reports.numbers import money, share_of
from reports.paper import BLANK, Line, Span, line
from reports.view import key_of, stolen
from tracer.bound_rows import BoundRow
from tracer.hostile import clean
from tracer.identity import ACTIONS, Duration, Identity
from tracer.ledger import Account
from tracer.lots import CONSERVING
from tracer.result import NOT_FOLLOWED, EndpointRow, FlowRow, FreezeRow
from tracer.stoppable import FROZEN

TEXT: Final = 1500
"""Room for what a person wrote about the case."""

REPORTER: Final = ("name", "role", "email", "phone", "country", "address")
POLICE: Final = ("unit", "address", "country", "report_number", "officer", "email", "phone")
CHINESE_POLICE: Final = ("receipt_number", "filing_number")
VERIFIER: Final = ("organisation", "date", "contact")
CHINA: Final = "CN"

OPEN: Final[Mapping[str, str]] = {"entity": "exchange", "their_number": "exchange", "law": "lawyer", "means": "police"}
"""Fields that are in no identity file → who can fill them in."""


class Attached(NamedTuple):
    """A file that goes with the letter. ``what`` is the end of a key ``letter.file.…``."""

    name: str
    what: str
    sha256: str


@dataclass(frozen=True)
class Material:
    """One letter's. Places of flows count from nil and are those of the dossier."""

    draft: Draft
    to: Recipient
    identity: Identity
    attached: tuple[Attached, ...] = ()

    @cached_property
    def ways(self) -> Mapping[int, tuple[tuple[int, int], ...]]:
        """By the place of one of the recipient's ways: flow and the units of it that are there now."""
        return {number: self._way(one.endpoint) for number, one in enumerate(self.to.ways)}

    @cached_property
    def brought(self) -> Mapping[int, Mapping[Asset, int]]:
        """By flow: what of the recipient's units came with it, per asset that is there."""
        sums: dict[int, dict[Asset, int]] = {}
        for number, way in self.ways.items():
            asset = self.to.ways[number].endpoint.asset
            for place, units in way:
                of_flow = sums.setdefault(place, {})
                of_flow[asset] = of_flow.get(asset, 0) + units
        return dict(sorted(sums.items()))

    @cached_property
    def shares(self) -> tuple[tuple[Asset, int, Mapping[str, int]], ...]:
        """Every stolen asset, its sum, and what of it came ``here``, is ``elsewhere`` or was left ``unfollowed``."""
        own = {one.endpoint for one in self.to.ways}
        whole = stolen(self.draft.dossier.result)
        sums = {key: {"here": 0, "unfollowed": 0, "elsewhere": 0} for key in whole}
        for row in self.draft.dossier.result.endpoints:
            group = "here" if row in own else "unfollowed" if row.reason in NOT_FOLLOWED else "elsewhere"
            for one in row.principal:
                sums[key_of(one.asset)][group] += one.amount
        return tuple((asset, units, sums[key]) for key, (asset, units) in whole.items())

    def part(self, units: int, asset: Asset, whole: int) -> str:
        """A part of what was stolen, as an amount and a share."""
        return self.draft.w("letter.trace.part", amount=money(units, asset), share=share_of(units, whole))

    @cached_property
    def actions(self) -> tuple[str, ...]:
        """What is asked for: as the identity file says, else what anybody may be asked at once."""
        chosen = self.identity.request.actions
        frozen = all(one.means == FROZEN for one in self.to.ways)
        usual = ("preserve", "extended_freeze" if frozen else "temporary_freeze", "disclose")
        return tuple(one for one in ACTIONS if one in (chosen or usual))

    def flow(self, place: int) -> FlowRow:
        """The flow at a place."""
        return self.draft.dossier.result.flows[place]

    def incoming(self, number: int) -> tuple[tuple[int, int], ...]:
        """The payments by which one of the ways was reached, with the units each brought."""
        row = self.to.ways[number].endpoint
        return tuple((place, units) for place, units in self.ways[number] if self._reaches(place, row))

    def freeze(self, row: EndpointRow) -> FreezeRow | None:
        """What the token's contract said of an endpoint."""
        return self._freezes.get(account_of(row))

    def bounds(self, row: EndpointRow) -> BoundRow | None:
        """What any method leaves possible at an endpoint, where that was worked out."""
        return self.draft.dossier.bounds.get(account_of(row))

    def per_method(self, row: EndpointRow) -> tuple[tuple[str, int], ...]:
        """The units at an endpoint under the case's method and every one that conserves value, by its name."""
        return tuple(self._methods.get(account_of(row), {}).items())

    def balance(self, row: EndpointRow) -> int | None:
        """All that lies at an endpoint at the trace's last block, None where its history was not read to there."""
        return self._balances.get(account_of(row)) if row.reason in ("held", "frozen") else None

    @cached_property
    def _freezes(self) -> Mapping[Account, FreezeRow]:
        return {(one.chain, one.address, one.asset.id): one for one in self.draft.dossier.result.freezes}

    @cached_property
    def _methods(self) -> Mapping[Account, Mapping[str, int]]:
        names = {*CONSERVING, self.draft.dossier.result.method}
        sums: dict[Account, dict[str, int]] = {}
        for one in self.draft.dossier.result.methods:
            if one.reason != "fee":
                figures = sums.setdefault((one.chain, one.address, one.asset.id), {})
                for name, units in one.units:
                    if name in names:
                        figures[name] = figures.get(name, 0) + units
        return sums

    @cached_property
    def _balances(self) -> Mapping[Account, int]:
        return {one.account: one.gross.held for one in self.draft.dossier.audit.lines if one.gross is not None}

    def wanted(self) -> tuple[str, ...]:
        """The fields of the identity file that this letter shows, absent or not."""
        police = (*POLICE, *(CHINESE_POLICE if self._in_china() else ()))
        return (
            *(f"reporter.{one}" for one in REPORTER),
            "victim.name",
            "victim.ownership",
            "incident.what_happened",
            "incident.discovered_at",
            *(["request.freeze_duration"] if "extended_freeze" in self.actions else []),
            *(f"police.{one}" for one in police),
            *(f"verified_by.{one}" for one in VERIFIER),
        )

    def missing(self) -> tuple[tuple[str, str], ...]:
        """What is still open: the end of a key of its name, and who can supply it."""
        absent = ((f"identity.{one.field}", one.supplier) for one in self.identity.missing(self.wanted()))
        return (*absent, *((f"letter.open.{name}", who) for name, who in OPEN.items()))

    def said(self, field: str, *, named: bool = True) -> Line:
        """A field of the identity file, or a blank that says who can supply it; with ``named``, its name too."""
        value = self.identity.value(field)
        w = self.draft.w
        if value:
            return line(self._text(field, value))
        gone = self.identity.missing([field])
        if not gone:
            return ()
        by = w("letter.blank_by", who=w(f"who.{gone[0].supplier}"))
        return line(Span(w("letter.blank", what=w(f"identity.{field}"), by=by) if named else by, BLANK))

    def open(self, name: str) -> Span:
        """A blank for something that is in no identity file."""
        w = self.draft.w
        by = w("letter.blank_by", who=w(f"who.{OPEN[name]}"))
        return Span(w("letter.blank", what=w(f"letter.open.{name}"), by=by), BLANK)

    def _text(self, field: str, value: object) -> str:
        w = self.draft.w
        if isinstance(value, datetime):
            return self.draft.both(int(value.astimezone(UTC).timestamp()))
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, Duration):
            return w(f"identity.duration.{value.unit}", n=value.number)
        return w(f"identity.role.{value}") if field == "reporter.role" else clean(str(value), TEXT)

    def _in_china(self) -> bool:
        place = self.identity.police.country or self.identity.reporter.country
        return place in ("", CHINA)

    def _way(self, row: EndpointRow) -> tuple[tuple[int, int], ...]:
        """The way of the dossier; under a method that has none, the payments of its largest part."""
        known = self.draft.dossier.ways.get(account_of(row))
        if known is not None:
            return known
        flows = enumerate(self.draft.dossier.result.flows)
        return tuple((place, min(row.amount, flow.traced)) for place, flow in flows if flow.tx in row.path)

    def _reaches(self, place: int, row: EndpointRow) -> bool:
        flow = self.flow(place)
        return (flow.chain, flow.receiver) == (row.chain, row.address) and key_of(flow.asset) == key_of(row.asset)
