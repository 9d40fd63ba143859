"""Many small worlds, quickly: what the accounting must get right, packed densely, one world per seed.

Hypothesis finds the smallest world that fails but takes its time; this makes thousands a second. A seed always gives
the same world, so a failure can be looked at again: ``world(seed)``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

from chains.model import FEE_SINK, Address, AssetId, Kind, Position, Transfer, number_equal_rows
from tests.strategies import COIN, VICTIMS, World, account, in_order
from tracer.fold import Fold
from tracer.ledger import BALANCE, OUTSIDE, Account, Entry, Follow, Identity, Ledger

CHAINS = ("eip155:1", "tron:mainnet")
ASSETS = (COIN, AssetId("0xtoken"))
MORE = (AssetId("0xshare"),)
"""What only conversions give and take."""
HEIGHTS = 7
SLOTS = 2
SPAN = 100
"""Places in a block that the transactions of one world keep to."""
TOPS = (5, 9, 40, 10**6, 2**63, 2**256)
"""What amounts go up to in a world; up to `SMALL` the units of a world can be counted one by one."""
SMALL = 40

CHUNKS = 10
WORLDS = int(os.environ.get("TRACER_WORLDS", "4000"))
"""How many worlds the properties are tried on: TRACER_WORLDS=1000000 tries as many."""


def seeds_of(chunk: int) -> range:
    """The seeds of one of the `CHUNKS` parts that all worlds are split into."""
    return range(chunk, WORLDS, CHUNKS)


def world(seed: int) -> World:
    """The world of a seed."""
    dice = Random(seed)
    top = dice.choice(TOPS)
    people = [Address(f"holder-{number}") for number in range(dice.randint(2, 6))]
    chains, assets = CHAINS[: dice.randint(1, 2)], ASSETS[: dice.randint(1, 2)]
    rows: list[Transfer] = []
    converting = dice.random() < 0.4
    for _ in range(dice.randint(2, 6) if converting else dice.randint(4, 13)):
        rows.extend(_transaction(dice, dice.choice(chains), assets, people, top, len(rows)))
    if dice.random() < 0.2:
        unplaced = {one.tx for one in rows if dice.random() < 0.2}
        rows = [_unsettled(one) if one.tx in unplaced else one for one in rows]
    opened = _opened(dice, rows, (*assets, *MORE), people, top) if converting else []
    whole = {(one.chain, one.tx): tuple(one.entries) for one in opened}
    fees = [fee for one in opened for fee in one.fees]
    transfers = in_order([*number_equal_rows(rows), *fees, *(row.transfer for one in opened for row in one.entries)])
    follow = {
        account(who, asset, chain): _follow(dice, top)
        for chain in chains
        for who in people
        for asset in (*assets, *(MORE if opened else ()))
        if dice.random() < 0.8
    }
    return World(transfers, _seeds(dice, transfers, whole), follow, whole)


def _seeds(dice: Random, transfers: Sequence[Transfer], whole: Mapping[tuple[str, str], object]) -> dict[Identity, int]:
    """Most of what victims paid; of transactions read whole, several payments of a victim may be one theft."""
    thefts = [one for one in transfers if one.sender in VICTIMS and one.receiver not in VICTIMS]
    chosen = [one for one in thefts if dice.random() < 0.9]
    numbers: dict[object, int] = {}
    seeds = {}
    for one in chosen:
        split = (one.chain, one.tx) in whole and dice.random() < 0.5
        key = (one.chain, one.tx, one.sender, one.asset) if split else one.identity
        seeds[one.identity] = numbers.setdefault(key, len(numbers))
    return seeds


def is_settled(one: World) -> bool:
    """Is the place of every transfer in its block known?"""
    return all(row.position.settled for row in one.transfers)


def is_small(one: World) -> bool:
    """Are there so few units that they can be counted one by one?"""
    return all(row.amount <= SMALL for row in one.transfers)


def _transaction(
    dice: Random, chain: str, assets: tuple[AssetId, ...], people: list[Address], top: int, number: int
) -> Iterator[Transfer]:
    """One transaction: thefts, clean income, a batch, a chain of payments, a payment to oneself; often with its fee."""
    height, slot = dice.randint(0, HEIGHTS), dice.randint(0, SLOTS - 1)
    shape = dice.random()
    if shape < 0.35:
        height //= 2
    asset = dice.choice(assets)

    def row(sender: str, receiver: str, asset: AssetId) -> Transfer:
        nonlocal number
        number += 1
        kind = Kind.FEE if receiver == FEE_SINK else Kind.NATIVE if asset == COIN else Kind.TOKEN
        position = Position(height, slot, kind, (number,))
        amount = dice.randint(1, top if sender in VICTIMS else max(1, top // 2))
        tx = f"tx-{height}-{slot}"
        return Transfer(chain, tx, position, height * 10, asset, Address(sender), Address(receiver), amount)

    payer, *others = dice.sample(people, len(people))
    if shape < 0.35:
        yield from (row(dice.choice(VICTIMS), dice.choice(people), asset) for _ in range(dice.randint(1, 4)))
        return
    if dice.random() < 0.4:
        yield row(payer, FEE_SINK, COIN)
    if shape < 0.42:
        yield row("outsider", payer, asset)
    elif shape < 0.65:
        for _ in range(dice.randint(2, 4)):
            yield row(payer, dice.choice([*others, "stranger"]), asset)
            if dice.random() < 0.2:
                yield row(dice.choice(people), dice.choice(people), dice.choice(assets))
    elif shape < 0.8:
        way = [payer, *others][: dice.randint(2, 4)]
        yield from (row(sender, receiver, asset) for sender, receiver in pairwise(way))
    elif shape < 0.85:
        yield row(payer, payer, asset)
    else:
        yield row(payer, dice.choice([*others, "stranger", VICTIMS[0]]), asset)


@dataclass
class _Opened:
    """A transaction that was read whole, row by row: what was paid, then what came of it."""

    dice: Random
    chain: str
    height: int
    slot: int
    top: int
    entries: list[Entry] = field(default_factory=list)
    fees: list[Transfer] = field(default_factory=list)

    @property
    def tx(self) -> str:
        """Its name."""
        return f"whole-{self.height}-{self.slot}"

    def row(self, sender: str, receiver: str, asset: str, amount: int = 0) -> Transfer:
        """A transfer of it, of any amount unless told."""
        kind = Kind.FEE if receiver == FEE_SINK else Kind.INTERNAL if asset == COIN else Kind.TOKEN
        position = Position(self.height, self.slot, kind, (len(self.entries),))
        units = amount or self.dice.randint(1, max(1, self.top // 2))
        ends = (Address(sender), Address(receiver))
        return Transfer(self.chain, self.tx, position, self.height * 10, AssetId(asset), *ends, units)

    def pay(self, sender: str, receiver: str, asset: str, amount: int = 0) -> None:
        """A payment beside the conversions."""
        if sender != receiver:
            self.entries.append(Entry(self.row(sender, receiver, asset, amount)))

    def convert(self, pot: int, ins: Sequence[tuple[str, str, int]], outs: Sequence[tuple[str, str, int]]) -> None:
        """A conversion: who pays or receives how much of which asset."""
        venue = f"venue-{self.dice.randint(1, 2)}"
        values, worth = (_values(self.dice, [amount for _, _, amount in side]) for side in (ins, outs))
        for (who, asset, amount), value in zip(ins, values, strict=True):
            self.entries.append(Entry(self.row(who, venue, asset, amount), pot=pot, value=value))
        for (who, asset, amount), value in zip(outs, worth, strict=True):
            self.entries.append(Entry(self.row(venue, who, asset, amount), pot=pot, out=True, value=value))

    def done(self) -> _Opened:
        """Its equal rows told apart, and all payments before all that came of them, unless each has its own turn."""
        if self.dice.random() < 0.7:
            self.entries.sort(key=lambda one: one.out)
        rows = number_equal_rows([one.transfer for one in self.entries])
        self.entries = [one._replace(transfer=row) for one, row in zip(self.entries, rows, strict=True)]
        return self


def _opened(
    dice: Random, rows: Sequence[Transfer], assets: Sequence[AssetId], people: Sequence[Address], top: int
) -> list[_Opened]:
    """Transactions read whole, mostly by whoever received something before, with one to three conversions each."""
    found: list[_Opened] = []
    known = [row for row in rows if row.receiver in people]
    stolen = [row for row in known if row.sender in VICTIMS] or known or rows
    for _ in range(dice.choice((1, 2, 2, 3))):
        paid = dice.choice(dice.choice((known or rows, stolen, stolen)))
        payer = paid.receiver if paid.receiver in people else dice.choice(people)
        height = dice.randint(min(paid.position.height, HEIGHTS), HEIGHTS)
        one = _Opened(dice, paid.chain, height, SLOTS + len(found), top)
        found.append(one)
        if dice.random() < 0.3:
            one.fees.append(one.row(payer, FEE_SINK, COIN))
        for _ in range(dice.choice((0, 0, 1, 2))):
            one.pay(dice.choice([payer, *people, *VICTIMS]), dice.choice([*people, "stranger"]), dice.choice(assets))
        for pot in range(dice.choice((1, 1, 1, 2))):
            ins: list[tuple[str, str, int]] = [(payer, paid.asset, dice.choice((paid.amount, _some(dice, top))))]
            for _ in range(dice.choice((0, 0, 1, 2))):
                who = dice.choice([payer, payer, *people, *VICTIMS, "outsider", "outsider"])
                ins.append((who, dice.choice(assets), _some(dice, top)))
            outs = [
                _out(dice, payer, people, assets, top, ins[0][2]) for _ in range(dice.choice((0, 1, 1, 1, 1, 2, 2, 3)))
            ]
            one.convert(pot, ins, outs)
            if outs and dice.random() < 0.7:
                found.append(_back(one, len(found), outs[0], ins[0]))
        if dice.random() < 0.2:
            one.pay("outsider", payer, dice.choice(assets))
    return [one.done() for one in found]


def _back(one: _Opened, number: int, came: tuple[str, str, int], went: tuple[str, str, int]) -> _Opened:
    """A later transaction that turns what came out back into what went in, as much of it or not."""
    dice = one.dice
    back = _Opened(dice, one.chain, dice.randint(one.height, HEIGHTS), SLOTS + number, one.top)
    back.convert(0, [came], [(came[0], went[1], dice.choice((went[2], _some(dice, one.top))))])
    return back


def _some(dice: Random, top: int) -> int:
    return dice.randint(1, max(1, top // 2))


def _out(
    dice: Random, payer: str, people: Sequence[str], assets: Sequence[AssetId], top: int, paid: int
) -> tuple[str, str, int]:
    """What comes out: to whom, what, and how much of it, from a single unit to a million million for each paid."""
    receiver = dice.choice([*[payer] * 3, *people, "stranger", *VICTIMS])
    huge = top > SMALL or dice.random() < 0.05
    amount = dice.choice((1, paid, _some(dice, top), _some(dice, top), min(paid * 10**12, 2**256) if huge else top))
    return receiver, dice.choice(assets), amount


def _values(dice: Random, amounts: Sequence[int]) -> list[int]:
    """What each is worth: as much as the others, or by amount, or little, or anything."""
    shape = dice.random()
    if shape < 0.2:
        return list(amounts)
    most = dice.choice((1, 3, 3, 10**6, 2**300))
    return [1 if shape < 0.5 else dice.randint(0, most) for _ in amounts]


def _follow(dice: Random, top: int) -> Follow:
    low = 0 if dice.random() < 0.7 else dice.randint(1, HEIGHTS)
    return Follow(low, dice.randint(1, top) if dice.random() < 0.4 else 0, dice.random() < 0.2)


def _unsettled(one: Transfer) -> Transfer:
    """The same transfer from a source that did not say where in the block it stands."""
    return one._replace(position=Position(one.position.height, -1, one.position.kind, ()))


def renamed(one: World, dice: Random) -> World:
    """The same world under other names: addresses, transactions, assets, chains."""
    names: dict[str, str] = {FEE_SINK: FEE_SINK}

    def name(old: str) -> str:
        return names.setdefault(old, f"{dice.getrandbits(64):x}-{len(names)}")

    def again(row: Transfer) -> Transfer:
        return row._replace(
            chain=name(row.chain),
            tx=name(row.tx),
            asset=AssetId(name(row.asset)),
            sender=Address(name(row.sender)),
            receiver=Address(name(row.receiver)),
        )

    pairs = [(row, again(row)) for row in one.transfers]
    whole = {
        (name(chain), name(tx)): tuple(row._replace(transfer=again(row.transfer)) for row in rows)
        for (chain, tx), rows in one.whole.items()
    }
    return World(
        [new for _, new in pairs],
        {new.identity: one.seeds[old.identity] for old, new in pairs if old.identity in one.seeds},
        {(name(chain), name(who), name(asset)): follow for (chain, who, asset), follow in one.follow.items()},
        whole,
    )


def renumbered(one: World, dice: Random) -> tuple[World, dict[int, int]]:
    """The same world with its thefts numbered in another order, and the new number of each."""
    thefts = sorted(set(one.seeds.values()))
    number = dict(zip(thefts, dice.sample(thefts, len(thefts)), strict=True))
    return one._replace(seeds={identity: number[origin] for identity, origin in one.seeds.items()}), number


def beside(one: World, other: World) -> World:
    """A world with another one's transfers among its own: other people, followed too, on the same chains."""

    def stranger(who: str) -> Address:
        return Address(who if who == FEE_SINK else "x" + who)

    def later(place: Position) -> Position:
        return place._replace(tx_index=place.tx_index + SPAN) if place.settled else place

    def strange(row: Transfer) -> Transfer:
        return row._replace(
            tx="x" + row.tx,
            position=later(row.position),
            sender=stranger(row.sender),
            receiver=stranger(row.receiver),
        )

    strangers = {
        (chain, "x" + tx): tuple(row._replace(transfer=strange(row.transfer)) for row in rows)
        for (chain, tx), rows in other.whole.items()
    }
    return World(
        in_order([*one.transfers, *map(strange, other.transfers)]),
        one.seeds,
        {**one.follow, **{(chain, "x" + who, asset): follow for (chain, who, asset), follow in other.follow.items()}},
        {**one.whole, **strangers},
    )


def features(one: World) -> set[str]:
    """What occurs in a world of all that makes accounting difficult."""
    ledger = one.ledger()
    fold = Fold(ledger).run()
    found = {f"{name} twice" for name in ("chain", "asset") if len({getattr(row, name) for row in one.transfers}) > 1}
    found |= _features_of_rows(one, ledger)
    for flow in fold.flows:
        row = flow.transfer
        found |= {"fee of stolen units"} if row.receiver == FEE_SINK else set()
        found |= {"stolen units beyond 64 bits"} if flow.traced >= 2**64 else set()
        found |= {"rest before a later follow"} if not ledger.kept[flow.row] and _payee(row) in one.follow else set()
        found |= {"four origins in one account"} if _origins(fold, ledger.payee[flow.row]) > 3 else set()
        found |= {"lots of several origins in one payment"} if len({lot.origin for lot in flow.lots}) > 1 else set()
    found |= {"several payments with stolen units in one transaction"} if _batches(fold) else set()
    return found | _features_of_conversions(fold)


def _features_of_conversions(fold: Fold) -> set[str]:
    ledger, found = fold.ledger, set()
    into: dict[int, set[int]] = {}
    for pot, origin in fold.converted:
        into.setdefault(pot, set()).add(origin)
    found |= {"conversion"} if fold.made else set()
    found |= {"converted again"} if any(origin >= ledger.thefts for _, origin in fold.converted) else set()
    found |= {"several origins in a conversion"} if any(len(origins) > 1 for origins in into.values()) else set()
    for pot, row in ((pot, row) for row, pot in ledger.inward.items()):
        found |= {"theft into a conversion"} if ledger.source[row] >= 0 else set()
        found |= (
            {"clean money beside stolen in a conversion"} if ledger.source[row] == OUTSIDE and pot in into else set()
        )
    for flow in fold.flows:
        rests = any((ledger.inward.get(flow.row), lot.origin) not in fold.converted for lot in flow.lots)
        found |= {"paid into a conversion in vain"} if rests and flow.row in ledger.inward else set()
    for number in into:
        found |= {"several outputs of a conversion"} if len(ledger.pots[number].outs) > 1 else set()
    return found


def _features_of_rows(one: World, ledger: Ledger) -> set[str]:
    found = {"shortage"} if ledger.short else set()
    for before, row in pairwise(one.transfers):
        if (before.chain, before.position.height) == (row.chain, row.position.height):
            found.add("same transaction" if before.tx == row.tx else "same block")
        found |= {"paid on in the same transaction"} if (before.tx, before.receiver) == (row.tx, row.sender) else set()
    found |= {"self transfer"} if any(row.sender == row.receiver for row in one.transfers) else set()
    found |= {"unsettled position"} if not is_settled(one) else set()
    found |= {"opening"} if any(ledger.opening) else set()
    return found


def _payee(row: Transfer) -> Account:
    return (row.chain, row.receiver, row.asset)


def _origins(fold: Fold, number: int) -> int:
    return len({lot.origin for lot in fold.balances.get(number, ()) if lot.origin >= 0})


def _batches(fold: Fold) -> bool:
    """Has anybody paid stolen units more than once in one transaction?"""
    paid = [
        (flow.transfer.chain, flow.transfer.tx, fold.ledger.payer[flow.row])
        for flow in fold.flows
        if fold.ledger.source[flow.row] == BALANCE
    ]
    return len(paid) > len(set(paid))
