"""What people do in a restless world (tests/lab/restless.py): each act fills the open block with what it can."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.restless import Restless

TOKEN, COIN, DOLLAR = "token", "coin", 10**6


def holder(world: Restless, asset: str) -> str:
    """Somebody who received stolen money and has something now; empty if nobody is found quickly."""
    gas = 5 * world.ground.fee
    least = DOLLAR if asset == TOKEN else gas + 1
    for _ in range(8):
        name = world.dice.choice(world.dirty[asset])
        if world.held.get((asset, name), 0) >= least and world.held.get((COIN, name), 0) >= gas:
            return name
    return ""


def somebody(world: Restless, sender: str) -> str:
    """A new address with some gas in the same block, or, the more there are, one of those."""
    if world.dice.random() < world.people / world.most:
        return world.dice.choice([name for name in world.dirty[TOKEN] if name != sender] or ["thief"])
    name = f"mule{world.people}"
    world.people += 1
    world.ground.person(name, world.dice.randbytes(32))
    world.pay(COIN, "faucet", name, 100 * world.ground.fee)
    return name


def part(world: Restless, asset: str, name: str) -> int:
    """Of what somebody holds: all that can go, a half, a third, or very little."""
    free = world.held.get((asset, name), 0) - (4 * world.ground.fee if asset == COIN else 0)
    return max(0, world.dice.choice((free, free, free // 2, free // 3, min(free, 7 * DOLLAR))))


def little(world: Restless, asset: str) -> int:
    """A clean sum."""
    return world.dice.randint(1, 90) * (DOLLAR if asset == TOKEN else world.ground.one // 1000)


def hop(world: Restless, asset: str) -> None:
    """On to somebody else."""
    if sender := holder(world, asset):
        world.pay(asset, sender, somebody(world, sender), part(world, asset, sender))


def split(world: Restless, asset: str) -> None:
    """On to several."""
    if sender := holder(world, asset):
        for _ in range(world.dice.randint(2, 4)):
            world.pay(asset, sender, somebody(world, sender), part(world, asset, sender) // 3)


def through(world: Restless, asset: str) -> None:
    """Through three hands in one block."""
    sender = holder(world, asset)
    for _ in range(3 if sender else 0):
        to = somebody(world, sender)
        if not world.pay(asset, sender, to, part(world, asset, sender)):
            return
        sender = to


def merge(world: Restless, asset: str) -> None:
    """Clean money first, then stolen, then something of both on."""
    sender, to = holder(world, asset), holder(world, asset)
    if sender and to:
        world.pay(asset, "clean", to, little(world, asset))
        world.pay(asset, sender, to, part(world, asset, sender))
        world.pay(asset, to, somebody(world, to), part(world, asset, to) // 2)


def clean(world: Restless, asset: str) -> None:
    """Clean money to somebody who is followed."""
    if to := holder(world, asset):
        world.pay(asset, "clean", to, little(world, asset))


def back(world: Restless, asset: str) -> None:
    """To somebody who had it before, or to the victim."""
    if sender := holder(world, asset):
        to = world.dice.choice((world.dice.choice(world.dirty[asset]), "victim"))
        world.pay(asset, sender, to, part(world, asset, sender) // 4)


def end(world: Restless, asset: str) -> None:
    """To where a trail ends."""
    if sender := holder(world, asset):
        to = world.dice.choice(("deposit1", "deposit2", "mixer", "bridge", "burn"))
        world.pay(asset, sender, to, part(world, asset, sender) // 5)


def contract(world: Restless, _asset: str) -> None:
    """To a contract that does nothing with it."""
    if sender := holder(world, TOKEN):
        world.pay(TOKEN, sender, "inert", part(world, TOKEN, sender) // 9)


def sweep(world: Restless, asset: str) -> None:
    """The exchange takes what lies at a deposit address."""
    deposit = world.dice.choice(("deposit1", "deposit2"))
    kept = 20 * world.ground.fee if asset == COIN else 0
    world.pay(asset, deposit, "hot", world.held.get((asset, deposit), 0) - kept)


def twice(world: Restless, _asset: str) -> None:
    """Two equal payments in one transaction."""
    if sender := holder(world, TOKEN):
        world.pay(TOKEN, sender, somebody(world, sender), part(world, TOKEN, sender) // 4, times=2)


def bait(world: Restless, _asset: str) -> None:
    """What only looks like money or like a friend, and a base unit of real money."""
    if target := holder(world, TOKEN):
        true = world.who[target]
        letters = "123456789abcdef" if true.startswith("0x") else "ABCDEFGHJKLMNPQRSTUVWXYZ"
        twin = true[:8] + "".join(world.dice.choices(letters, k=len(true) - 14)) + true[-6:]
        for sent in world.ground.bait("clean", target, twin):
            world.put(sent)
        world.pay(TOKEN, "clean", target, 1)


def take_more(world: Restless, asset: str) -> None:
    """The victim loses more, after somebody helped it out."""
    if asset == COIN:
        world.pay(COIN, "faucet", "victim", world.ground.one // 10)
        world.pay(COIN, "victim", "thief", world.ground.one // 20)
    else:
        world.pay(TOKEN, "clean", "victim", 500 * DOLLAR)
        world.pay(TOKEN, "victim", "thief", world.dice.randint(50, 400) * DOLLAR, by="thief")


def approve(world: Restless, _asset: str) -> None:
    """The victim lets somebody else take its tokens."""
    if world.payable("victim", ()):
        world.put(world.ground.approve("victim", "drainer", world.dice.randint(1, 10**6) * DOLLAR))


def noise(world: Restless, asset: str) -> None:
    """Money that is none of ours."""
    world.pay(asset, "clean", "hot", DOLLAR)


ACTS: Mapping[Callable[[Restless, str], None], int] = {
    hop: 30,
    split: 12,
    through: 8,
    merge: 12,
    clean: 6,
    back: 6,
    end: 6,
    contract: 1,
    sweep: 3,
    twice: 3,
    bait: 4,
    take_more: 2,
    approve: 1,
    noise: 6,
}
"""What may happen in a block, and how often beside the others."""
