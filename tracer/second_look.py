"""The last stage of a trace: what a second source and the chain itself say of the transactions the case rests on.

It comes when the sum is finished and changes no number of it.
"""

from __future__ import annotations

from operator import attrgetter

from tracer.agreement import targets
from tracer.checked import Checked
from tracer.corroborate import corroborate
from tracer.discover import Discovery
from tracer.prove import prove
from tracer.result import Result


async def second_look(discovery: Discovery, result: Result) -> Checked:
    """Ask as the case's question says; rows in order of chain and transaction. Raises no `ChainError`."""
    question, world = discovery.question, discovery.world
    found = targets(discovery, result, every=question.corroborate == "all")
    ends = [one for one in found if one.role != "transfer"]
    wanted = [] if question.corroborate == "none" else found
    proofs = [] if question.prove == "none" else ends
    world.watcher.checking(len(wanted or proofs))
    told = await corroborate(world, discovery.store, wanted, question.max_requests)
    proven = await prove(world, proofs, question.max_requests)
    return Checked(
        tuple(sorted(told, key=attrgetter("row.chain", "row.tx"))),
        tuple(sorted(proven, key=attrgetter("row.chain", "row.tx"))),
    )
