"""Many small worlds, quickly: what the accounting must get right, packed densely, one world per seed.

Hypothesis finds the smallest world that fails but takes its time; this makes thousands a second. A seed always gives
the same world, so a failure can be looked at again: ``world(seed)``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise
from random import Random

from chains.model import FEE_SINK, Address, AssetId, Kind, Position, Transfer, number_equal_rows
from tests.strategies import COIN, VICTIMS, World, account, in_order
from tracer.fold import Fold
from tracer.ledger import BALANCE, Account, Follow, Ledger

CHAINS = ("eip155:1", "tron:mainnet")
ASSETS = (COIN, AssetId("0xtoken"))
HEIGHTS = 7
SLOTS = 2
TOPS = (5, 9, 40, 10**6, 2**63, 2**256)
"""What amounts go up to in a world; up to `SMALL` the units of a world can be counted one by one."""
SMALL = 40

CHUNKS = 10
WORLDS = int(os.environ.get("TRACER_WORLDS", "10000"))
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
    for _ in range(dice.randint(4, 13)):
        rows.extend(_transaction(dice, dice.choice(chains), assets, people, top, len(rows)))
    if dice.random() < 0.2:
        unplaced = {one.tx for one in rows if dice.random() < 0.2}
        rows = [_unsettled(one) if one.tx in unplaced else one for one in rows]
    transfers = in_order(number_equal_rows(rows))
    thefts = [one for one in transfers if one.sender in VICTIMS and one.receiver not in VICTIMS]
    chosen = [one for one in thefts if dice.random() < 0.9]
    follow = {
        account(who, asset, chain): _follow(dice, top)
        for chain in chains
        for who in people
        for asset in assets
        if dice.random() < 0.8
    }
    return World(transfers, {one.identity: number for number, one in enumerate(chosen)}, follow)


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
    return World(
        [new for _, new in pairs],
        {new.identity: one.seeds[old.identity] for old, new in pairs if old.identity in one.seeds},
        {(name(chain), name(who), name(asset)): follow for (chain, who, asset), follow in one.follow.items()},
    )


def renumbered(one: World, dice: Random) -> tuple[World, dict[int, int]]:
    """The same world with its thefts numbered in another order, and the new number of each."""
    numbers = list(one.seeds.values())
    dice.shuffle(numbers)
    number = dict(zip(one.seeds.values(), numbers, strict=True))
    return one._replace(seeds={identity: number[origin] for identity, origin in one.seeds.items()}), number


def beside(one: World, other: World) -> World:
    """A world with another one's transfers among its own: other people, followed too, on the same chains."""

    def stranger(who: str) -> Address:
        return Address(who if who == FEE_SINK else "x" + who)

    def later(place: Position) -> Position:
        return place._replace(tx_index=place.tx_index + SLOTS) if place.settled else place

    strangers = [
        row._replace(
            tx="x" + row.tx,
            position=later(row.position),
            sender=stranger(row.sender),
            receiver=stranger(row.receiver),
        )
        for row in other.transfers
    ]
    return World(
        in_order([*one.transfers, *strangers]),
        one.seeds,
        {**one.follow, **{(chain, "x" + who, asset): follow for (chain, who, asset), follow in other.follow.items()}},
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
