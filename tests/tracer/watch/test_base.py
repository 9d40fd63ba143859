"""What a watch begins with: the ranges hold every method, and a case gone on with is the case traced whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pytest

from chains.model import FEE_SINK, Address, AssetId, Block, Kind, Position, Transfer
from tests.strategies import VICTIMS, World
from tests.worlds import CHUNKS, is_settled, seeds_of, world
from tracer.fold import Fold
from tracer.ledger import Account, Follow, Ledger
from tracer.lots import CLEAN, CONSERVING, DEFAULT_METHOD
from tracer.watch.base import Spans, address_base, next_origin, stands_of
from tracer.watch.standing import RESTS, Rules, Stand, advance, is_theft, judged, opened

CUT = 3
"""The worlds have heights from nil to seven."""


@pytest.mark.parametrize("chunk", range(0, CHUNKS, 3))
def test_no_method_leaves_the_range(chunk: int) -> None:
    """Each method that conserves money leaves between the least and the most at every account, conversions or not."""
    for seed in seeds_of(chunk):
        ledger = world(seed).ledger()
        spans = Spans(ledger).run()
        for method in CONSERVING:
            for highest_first in (False, True):
                held = Fold(ledger, method, highest_first, trails=False).run().tally().by_account()
                for number in range(len(ledger.accounts)):
                    least, most = spans.all_of(number)
                    assert least <= held.get(number, 0) <= most, (seed, method, ledger.accounts[number])


class _Case(NamedTuple):
    """A world in which whatever leaves the victims is a theft, and everybody followed is so from the beginning."""

    rules: Rules
    transfers: list[Transfer]
    follow: dict[Account, Follow]

    @staticmethod
    def of(one: World, *, highest_first: bool) -> _Case:
        chains = {row.chain for row in one.transfers}
        sources = frozenset((chain, str(who)) for chain in chains for who in VICTIMS)
        follow = {account: Follow(0, known.opening) for account, known in one.follow.items()}
        rules = Rules(DEFAULT_METHOD, CONSERVING, highest_first, sources)
        return _Case(rules, [row for row in one.transfers if row.sender != row.receiver], follow)

    def ledger(self, transfers: Sequence[Transfer]) -> Ledger:
        """What a trace that ended with these transfers worked out."""
        thefts = [row for row in self.transfers if is_theft(row, self.rules)]
        seeds = {row.identity: number for number, row in enumerate(thefts) if row in transfers}
        return Ledger(seeds, self.follow).add(transfers)

    def held_before(self, account: Account, height: int) -> int:
        """What a source would say an account held right before a block: never less than it pays."""
        balance = self.follow[account].opening
        for row in self.transfers:
            if row.position.height < height and row.chain == account[0] and row.asset == account[2]:
                balance += row.amount if row.receiver == account[1] else 0
                balance -= min(balance, row.amount) if row.sender == account[1] else 0
        return balance

    def gone_on(
        self, stands: Mapping[Account, Stand], origins: int, transfers: Sequence[Transfer]
    ) -> dict[Account, Stand]:
        """The stands after one more stretch, newcomers judged as a watch judges them."""
        begun = dict(stands)
        while True:
            advanced = advance(begun, self.rules, origins, transfers, lambda *_: True)
            if not advanced.newcomers:
                return begun | dict(advanced.stands)
            for account, height in advanced.newcomers.items():
                followed = account in self.follow
                rests = Stand(RESTS, 0, 0, 0, 0, dict.fromkeys(CONSERVING, ()), "exchange")
                new = opened(height, self.held_before(account, height)) if followed else rests
                begun[account] = judged(stands.get(account), new)


def _reasons(ledger: Ledger) -> dict[Account, str]:
    return {account: "held" if account in ledger.follow else "exchange" for account in ledger.accounts}


@pytest.mark.parametrize("chunk", range(1, CHUNKS, 3))
def test_a_case_gone_on_with_is_the_whole_case(chunk: int) -> None:
    """The base of a case that ended early, advanced by what came after, has under every method what the whole has."""
    tried = 0
    for seed in seeds_of(chunk):
        one = world(seed)
        if one.whole or not is_settled(one):
            continue
        case = _Case.of(one, highest_first=seed % 2 == 0)
        early = [row for row in case.transfers if row.position.height <= CUT]
        before, whole = case.ledger(early), case.ledger(case.transfers)
        if before.short or whole.short:
            continue
        stands = stands_of(before, _reasons(before), {}, highest_first=case.rules.highest_first)
        for chain in sorted({row.chain for row in case.transfers}):
            rest = [row for row in case.transfers if row.position.height > CUT and row.chain == chain]
            stands = case.gone_on(stands, max(next_origin(before), len(before.seeds)), rest)
        for method in CONSERVING:
            fold = Fold(whole, method, case.rules.highest_first).run()
            held = {account: sum(lot.amount for lot in lots) for account, lots in fold.stolen_lots().items()}
            assert {key: units for key, stand in stands.items() if (units := stand.traced(method))} == held, seed
        assert all(
            stand.least <= stand.traced(method) <= stand.most for stand in stands.values() for method in CONSERVING
        )
        tried += bool(held)
    assert tried > 20


def test_an_account_in_which_nothing_is_traced_is_followed_no_more() -> None:
    """What passed through an account and is gone leaves no stand there; what is there stands with its clean units."""
    one = next(one for seed in range(500) if (one := world(seed)).transfers and not one.whole and is_settled(one))
    case = _Case.of(one, highest_first=False)
    ledger = case.ledger(case.transfers)
    stands = stands_of(ledger, _reasons(ledger), {})
    assert not any(stand.empty for stand in stands.values())
    for account, stand in stands.items():
        if account in case.follow:
            assert all(sum(units for units, _ in lots) == stand.balance for lots in stand.lots.values())
        else:
            assert all(origin != CLEAN for lots in stand.lots.values() for _, origin in lots)


def test_a_bare_address_is_a_source_and_nothing_else() -> None:
    """Whatever leaves a bare address is a theft, what it pays as a fee or to itself is not, and nothing stands yet."""
    top = Block("eip155:1", 7, "", 70, 7)
    base = address_base("eip155:1", Address("0xa"), top)
    assert not base.stands
    assert base.tops == {"eip155:1": top}
    assert base.rules.sources == {("eip155:1", "0xa")}
    row = next(row for row in world(1).transfers if row.position.kind is not Kind.FEE)
    out = row._replace(chain="eip155:1", sender=Address("0xa"), receiver=Address("0xb"))
    assert is_theft(out, base.rules)
    assert not is_theft(out._replace(receiver=Address("0xa")), base.rules)
    fee = out._replace(receiver=FEE_SINK, position=out.position._replace(kind=Kind.FEE))
    assert not is_theft(fee, base.rules)


def test_a_place_that_no_followed_method_reached_is_followed_once_one_does() -> None:
    """Where only other methods trace something nobody has judged yet: it is no end, and its payments are no riddle."""
    clean, stolen = _paid("0xother", "0xa", 5, 1), _paid("0xvictim", "0xa", 5, 2)
    onward = _paid("0xa", "0xb", 5, 3)
    follow = {_account("0xa"): Follow(1, 0)}
    ledger = Ledger({stolen.identity: 0}, follow).add([clean, stolen, onward])
    there = stands_of(ledger, {_account("0xa"): "held", _account("0xb"): "not_followed"}, {})[_account("0xb")]
    assert (there.traced("fifo"), there.traced("lifo"), there.unjudged) == (0, 5, True)


def _account(address: str) -> Account:
    return "eip155:1", address, "0xtoken"


def _paid(payer: str, payee: str, amount: int, height: int) -> Transfer:
    place = Position(height, 0, Kind.TOKEN, (0,))
    ends = (Address(payer), Address(payee))
    return Transfer("eip155:1", f"0x{height}", place, height, AssetId("0xtoken"), *ends, amount)
