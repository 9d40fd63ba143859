"""Many victims drained into the same address: worth reporting together.

Ten or more victims of this case whose theft transfers went straight to one address. Others who paid into that address
are not counted: nothing on a chain says whether they are victims too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.ledger import BALANCE
from tracer.patterns.lead import AT_LEAST, Detector, Lead, Param, Unexamined, doubled
from tracer.patterns.traffic import Place, Traffic
from tracer.words import sentence

VICTIMS: Final = 10
BASE: Final = 80


def multi_victim(traffic: Traffic) -> Iterator[Lead | Unexamined]:
    """One lead for every address that ten or more victims' money went straight to."""
    if len(traffic.victims) < VICTIMS:
        yield Unexamined("multi_victim", sentence("rule.unread.victims", n=len(traffic.victims), least=VICTIMS))
    drained: dict[Place, list[int]] = {}
    for account in sorted(traffic.came):
        thefts = [
            flow for flow in traffic.came[account] if traffic.workings.ledger.source[traffic.flow(flow).row] != BALANCE
        ]
        if not traffic.is_shared(account):
            drained.setdefault(traffic.place(account), []).extend(thefts)
    for flows in drained.values():
        victims = Param("victims", len({traffic.transfer(flow).sender for flow in flows}), AT_LEAST, VICTIMS)
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


DETECTORS: Final = (Detector("multi_victim", multi_victim),)
