"""Workings of a made-up ledger, as a finished case would give them: for tests of what checks and explains a trace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chains.model import FEE_SINK, Asset, Transfer
from tests.strategies import World
from tracer.fold import Fold
from tracer.ledger import Account, Follow, Ledger
from tracer.lots import METHODS
from tracer.result import Result, Stats
from tracer.tally import tallies
from tracer.workings import Workings


def made_workings(world: World, method: str = "fifo", *, highest_first: bool = False) -> Workings:
    """Every method's account of a made-up ledger; what reached an account that is not followed was not followed."""
    ledger = world.ledger()
    fold = Fold(ledger, method, highest_first).run()
    found = tallies(ledger, METHODS, highest_first=highest_first)
    ended = {ledger.accounts[number] for tally in found.values() for number, _ in tally.held}
    return Workings(
        ledger=ledger,
        fold=fold,
        tallies=found,
        reasons={account: _reason(account, world.follow) for account in ended},
        weak={},
        assets={(one.chain, one.asset): Asset(one.chain, one.asset, "COIN", 6) for one in world.transfers},
        labels={},
        result=_result(method, highest_first=highest_first),
        whole=_stolen(ledger),
    )


def _stolen(ledger: Ledger) -> dict[tuple[str, str], int]:
    sums: dict[tuple[str, str], int] = {}
    for transfer, source in zip(ledger.transfers, ledger.source, strict=True):
        if source >= 0:
            sums[transfer.chain, transfer.asset] = sums.get((transfer.chain, transfer.asset), 0) + transfer.amount
    return sums


def small(
    transfers: Iterable[Transfer], thefts: Iterable[int], follow: Mapping[Account, Follow], method: str = "fifo"
) -> Workings:
    """The workings of a few transfers, of which those at ``thefts`` are thefts."""
    rows = list(transfers)
    seeds = {rows[place].identity: number for number, place in enumerate(thefts)}
    return made_workings(World(rows, seeds, dict(follow)), method)


def _reason(account: Account, follow: Mapping[Account, Follow]) -> str:
    return "fee" if account[1] == FEE_SINK else "held" if account in follow else "not_followed"


def _result(method: str, *, highest_first: bool) -> Result:
    """A result that says under which method the endpoints stand, and nothing else."""
    empty = ((),) * 9
    return Result("0", method, (method,), highest_first, *empty, (), Stats(0, 0))
