"""Made-up ledgers for property tests: transfers in order between a handful of accounts, some of them thefts."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

from chains.model import Address, AssetId, Kind, Position, Transfer, number_equal_rows
from tracer.ledger import Account, Follow, Identity

CHAIN = "eip155:1"
COIN = AssetId("native")
VICTIMS = (Address("victim-1"), Address("victim-2"))
PEOPLE = tuple(Address(f"holder-{number}") for number in range(6))
HEIGHTS = 12


class Ledger(NamedTuple):
    """Transfers in order, which of them are thefts (identity → origin number), and who is followed from when."""

    transfers: list[Transfer]
    seeds: dict[Identity, int]
    follow: dict[Account, Follow]


def transfer(
    height: int,
    sender: str,
    receiver: str,
    amount: int,
    *,
    index: int = 0,
    asset: str = COIN,
    tx: str | None = None,
    kind: Kind = Kind.NATIVE,
    tx_index: int | None = None,
    chain: str = CHAIN,
    time: int | None = None,
) -> Transfer:
    """A transfer in short: one transaction per (height, index) unless told otherwise, a block every ten seconds."""
    place = index if tx_index is None else tx_index
    return Transfer(
        chain,
        tx or f"tx-{height}-{index}",
        Position(height, place, kind, (0,) if place >= 0 else ()),
        height * 10 if time is None else time,
        AssetId(asset),
        Address(sender),
        Address(receiver),
        amount,
    )


def account(who: str, asset: str = COIN, chain: str = CHAIN) -> Account:
    """The account of somebody."""
    return (chain, who, asset)


@st.composite
def ledgers(draw: st.DrawFn, *, assets: tuple[str, ...] = (COIN,), most: int = 40) -> Ledger:
    """A ledger with zero to many thefts, self transfers, shortages, late follows and openings."""
    everyone = [*VICTIMS, *PEOPLE]
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, HEIGHTS),
                st.sampled_from(everyone),
                st.sampled_from(everyone),
                st.one_of(st.integers(1, 20), st.integers(1, 10**30)),
                st.sampled_from(assets),
            ),
            max_size=most,
        )
    )
    rows.sort(key=lambda row: row[0])
    transfers = number_equal_rows(
        [
            transfer(height, sender, receiver, amount, index=index, asset=asset)
            for index, (height, sender, receiver, amount, asset) in enumerate(rows)
        ]
    )
    thefts = [one for one in transfers if one.sender in VICTIMS and one.receiver != one.sender]
    chosen = [one for one in thefts if draw(st.booleans())]
    follow = {
        account(who, asset): Follow(draw(st.integers(0, HEIGHTS)), draw(st.integers(0, 30)))
        for who in PEOPLE
        for asset in assets
        if draw(st.booleans())
    }
    return Ledger(transfers, {one.identity: number for number, one in enumerate(chosen)}, follow)
