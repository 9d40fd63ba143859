"""Many victims drained into the same address: worth reporting together.

Ten or more victims of this case whose theft transfers went straight to one address, or were converted on the way there
in the transaction that took them. Others who paid into that address are not counted: nothing on a chain says whether
they are victims too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.patterns.lead import AT_LEAST, Detector, Lead, Param, Unexamined, doubled
from tracer.patterns.traffic import Place, Traffic
from tracer.words import sentence

VICTIMS: Final = 10
BASE: Final = 80


def multi_victim(traffic: Traffic) -> Iterator[Lead | Unexamined]:
    """One lead for every address that ten or more victims' money went straight to."""
    if len(traffic.victims) < VICTIMS:
        yield Unexamined("multi_victim", sentence("rule.unread.victims", n=len(traffic.victims), least=VICTIMS))
    drained: dict[Place, dict[int, list[str]]] = {}
    for account in sorted(traffic.came):
        thefts = {flow: robbed for flow in traffic.came[account] if (robbed := _robbed(traffic, flow))}
        if not traffic.is_shared(account):
            drained.setdefault(traffic.place(account), {}).update(thefts)
    for flows in drained.values():
        victims = Param("victims", len({victim for robbed in flows.values() for victim in robbed}), AT_LEAST, VICTIMS)
        if victims.measured >= VICTIMS:
            yield Lead(
                "multi_victim",
                traffic.members(map(traffic.payee, flows), flows),
                (victims, Param("thefts", len(flows))),
                BASE,
                doubled(victims),
                (),
                sentence("rule.lead.multi_victim", n=victims.measured),
            )


def _robbed(traffic: Traffic, flow: int) -> list[str]:
    """The victims whose theft transfers a flow is, or was paid for with."""
    ledger = traffic.workings.ledger
    paid = (row for row in ledger.paying(traffic.flow(flow).row) if ledger.source[row] >= 0)
    return [str(ledger.transfers[row].sender) for row in paid]


DETECTORS: Final = (Detector("multi_victim", multi_victim),)
