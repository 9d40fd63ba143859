"""Small worlds for the checker's fold, made by hand, and the tables of docs/method.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from tests.verify.checker import checker

PAGE: Final = (Path(__file__).parents[2] / "docs" / "method.md").read_text(encoding="utf-8")
CHAIN: Final = "eip155:1"
METHODS: Final = ("fifo", "lifo", "pro_rata", "clean_first", "tainted_first", "poison")
M: Final = "M"


def tables(heading: str) -> list[list[list[str]]]:
    """The tables of the section under a heading, as cells; the first row of each names its columns."""
    section = PAGE.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    found: list[list[list[str]]] = []
    inside = False
    for line in section.splitlines():
        if not line.startswith("|"):
            inside = False
            continue
        cells = [cell.strip().replace("`", "") for cell in line.strip("|").split("|")]
        if not inside:
            found.append([])
        inside = True
        if not set(cells[0]) <= {"-", ":"}:
            found[-1].append(cells)
    return found


def number(cell: str) -> int:
    """A number as the page writes it."""
    return int(cell.replace(",", ""))


class World:
    """Accounts, rows and conversions made by hand. Everybody but ``followed`` is not followed."""

    def __init__(self, followed: Iterable[str] = (M,), assets: Iterable[str] = ("D",)) -> None:
        self.v = checker()
        self.case = self.v.Case(lambda _: b"", ())
        self.assets = tuple(assets)
        self.followed = set(followed)
        for address in self.followed:
            for asset in self.assets:
                self.held(address, asset, 0)

    def held(self, address: str, asset: str, opening: int) -> None:
        """An opening balance."""
        self.case.accounts[CHAIN, address, asset] = self.v.Account(CHAIN, address, asset, 0, opening, (), None, None)

    def pay(self, payer: str, payee: str, amount: int, asset: str = "D", **more: Any) -> int:
        """A row; stolen where the payer is V. Its number."""
        n = len(self.case.rows)
        pays = "theft" if payer == "V" else "balance" if payer in self.followed else "outside"
        row = {
            "row": n,
            "ledger": n + 1,
            "chain": CHAIN,
            "tx": f"t{n}",
            "position": f"{n + 1}:0:3:0",
            "time": n,
            "asset": asset,
            "sender": payer,
            "receiver": payee,
            "amount": amount,
            "pays": pays,
            "origin": sum(one.origin >= 0 for one in self.case.rows) if pays == "theft" else -1,
            "kept": payee in self.followed,
            "into": None,
            "out_of": None,
            "via": (),
        }
        self.case.rows.append(self.v.Row(**(row | more)))
        return n

    def convert(self, ins: Sequence[tuple[str, int, int]], outs: Sequence[tuple[str, int]], owner: str = M) -> int:
        """One conversion of (asset, amount, weight of a unit) into (asset, amount); its number."""
        pot = len(self.case.pots)
        paid = [self.pay(owner, "pool", amount, asset, into=pot, kept=False) for asset, amount, _ in ins]
        got = [self.pay("pool", owner, amount, asset, pays="pot", out_of=pot) for asset, amount in outs]
        weights = tuple(weight for _, _, weight in ins)
        of = {"weights": weights, "values": (1,) * len(got), "shared": ("price", "amount"), "linked": True}
        self.case.pots.append(self.v.Pot(pot, CHAIN, f"t{paid[0]}", "swap", tuple(paid), tuple(got), **of))
        return pot

    def fold(self, method: str, *, highest_first: bool = False) -> Any:
        """The sum under a method, with the lots of every row."""
        thefts = sum(row.origin >= 0 for row in self.case.rows)
        groups = self.v._fold_groups(self.case) if highest_first else {}
        lots: list[list[tuple[int, int]]] = []
        folded = self.v._FoldSum(self.case, method, range(thefts), groups, lambda _, some: lots.append(list(some)))
        folded.lots = lots
        return folded

    def worth(self, folded: Any) -> Any:
        """What its units stand for."""
        return self.v._FoldWorth(folded)


def example(steps: int = 5) -> World:
    """The five movements of "One sum under every method", or the first of them."""
    world = World()
    moves = (("C", M, 2_000_000), ("V", M, 3_000_000), ("C", M, 5_000_000), (M, "A", 4_000_000), (M, "B", 4_000_000))
    for payer, payee, amount in moves[:steps]:
        world.pay(payer, payee, amount)
    return world


def swapped() -> World:
    """The worked example of money that changes form."""
    world = World(assets=("C", "D", "E", "P"))
    world.pay("C", M, 20)
    world.pay("V", M, 60)
    world.pay("C", M, 40)
    world.pay("C", M, 2, "C")
    world.convert([("D", 80, 1), ("C", 2, 20)], [("P", 240)])
    world.convert([("P", 100, 1)], [("E", 7)])
    return world
