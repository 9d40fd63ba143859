"""Made-up worlds for property tests: transfers in order between a handful of accounts, some of them thefts.

The Hypothesis ones are here, because they shrink to the smallest world that fails; tests/worlds.py makes many, quickly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from hypothesis import strategies as st

from chains.model import FEE_SINK, Address, AssetId, Kind, Position, Transfer, number_equal_rows
from tracer.ledger import Account, Entry, Follow, Identity, Ledger

CHAIN = "eip155:1"
COIN = AssetId("native")
VICTIMS = (Address("victim-1"), Address("victim-2"))
PEOPLE = tuple(Address(f"holder-{number}") for number in range(6))
HEIGHTS = 12
SLOTS = 3
TOP = 2**256 - 1


class World(NamedTuple):
    """Transfers in order, which of them are thefts (identity → origin number), and who is followed from when.

    ``whole`` has the transactions that were read whole, by chain and name: their rows in the order in which they enter
    the ledger, which are among the transfers too. Fees are no part of them.
    """

    transfers: list[Transfer]
    seeds: dict[Identity, int]
    follow: dict[Account, Follow]
    whole: Mapping[tuple[str, str], tuple[Entry, ...]] = MappingProxyType({})

    def ledger(self, until: int | None = None) -> Ledger:
        """The ledger of the first ``until`` transfers (all by default)."""
        return self.entered(Ledger(self.seeds, self.follow), 0, until)

    def entered(self, ledger: Ledger, since: int, until: int | None = None) -> Ledger:
        """A ledger that has the first ``since`` transfers with those up to ``until`` entered as well.

        A transaction that was read whole enters with the first of its transfers.
        """
        begun = {(one.chain, one.tx) for one in self.transfers[:since] if one.position.kind is not Kind.FEE}
        plain: list[Transfer] = []
        for one in self.transfers[since:until]:
            key = (one.chain, one.tx)
            if key not in self.whole or one.position.kind is Kind.FEE:
                plain.append(one)
            elif key not in begun:
                begun.add(key)
                rows = [row._replace(seed=self.seeds.get(row.transfer.identity)) for row in self.whole[key]]
                ledger.add(plain).enter(rows)
                plain = []
        return ledger.add(plain)

    def stolen(self) -> dict[int, int]:
        """Units stolen, by origin."""
        sums: dict[int, int] = {}
        for one in self.transfers:
            if (origin := self.seeds.get(one.identity)) is not None:
                sums[origin] = sums.get(origin, 0) + one.amount
        return sums


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


def in_order(transfers: Iterable[Transfer]) -> list[Transfer]:
    """Transfers as the hunt orders them before it accounts for them (`Discovery.transfers`)."""
    return sorted(transfers, key=lambda one: (one.chain, one.position, one.identity))


@st.composite
def ledgers(
    draw: st.DrawFn,
    *,
    assets: tuple[str, ...] = (COIN,),
    chains: tuple[str, ...] = (CHAIN,),
    most: int = 40,
    top: int = TOP,
    conversions: bool = False,
) -> World:
    """A world of zero to many thefts, with fees, batches, self transfers, shortages, late follows and openings.

    ``most`` transfers, of ``top`` base units at the most. With ``conversions``, half of them at the most, and
    transactions besides that were read whole.
    """
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(chains),
                st.integers(0, HEIGHTS),
                st.integers(0, SLOTS - 1),
                st.sampled_from([*VICTIMS, *PEOPLE]),
                st.sampled_from([*VICTIMS, *PEOPLE, FEE_SINK]),
                st.one_of(st.integers(1, min(20, top)), st.integers(1, top)),
                st.sampled_from(assets),
            ),
            max_size=most // 2 if conversions else most,
        )
    )
    whole = draw(_wholes(chains, assets, top)) if conversions else {}
    opened = [entry.transfer for entries in whole.values() for entry in entries]
    transfers = in_order([*number_equal_rows([_placed(number, *row) for number, row in enumerate(rows)]), *opened])
    thefts = [one for one in transfers if one.sender in VICTIMS and one.receiver != one.sender]
    chosen = [one for one in thefts if draw(st.booleans())]
    follow = {
        account(who, asset, chain): Follow(draw(st.integers(0, HEIGHTS)), draw(st.integers(0, 30)), draw(st.booleans()))
        for who in PEOPLE
        for asset in assets
        for chain in chains
        if draw(st.booleans())
    }
    return World(transfers, {one.identity: number for number, one in enumerate(chosen)}, follow, whole)


@st.composite
def _wholes(
    draw: st.DrawFn, chains: tuple[str, ...], assets: tuple[str, ...], top: int
) -> dict[tuple[str, str], tuple[Entry, ...]]:
    """Up to three transactions with up to two conversions each: what is paid, into them or beside them, comes first."""
    amount = st.one_of(st.integers(1, min(20, top)), st.integers(1, top))
    row = st.tuples(
        st.sampled_from((0, 0, 1, None)),
        st.booleans(),
        st.sampled_from([*VICTIMS, *PEOPLE]),
        st.sampled_from(assets),
        amount,
        st.one_of(st.integers(0, 3), st.integers(0, TOP)),
    )
    wholes = {}
    for place in range(draw(st.integers(0, 3))):
        chain, height = draw(st.sampled_from(chains)), draw(st.integers(0, HEIGHTS))
        tx = f"whole-{height}-{place}"
        entries = []
        for pot, out, who, asset, units, value in draw(st.lists(row, min_size=1, max_size=6)):
            payer, payee = ("venue", who) if out else (who, "stranger" if pot is None else "venue")
            moved = transfer(height, payer, payee, units, asset=asset, tx=tx, tx_index=SLOTS + place, chain=chain)
            entries.append(Entry(moved, pot=pot, out=out and pot is not None, value=value))
        entries.sort(key=lambda one: one.out)
        numbered = number_equal_rows([one.transfer for one in entries])
        wholes[chain, tx] = tuple(one._replace(transfer=row) for one, row in zip(entries, numbered, strict=True))
    return wholes


def _placed(
    number: int, chain: str, height: int, slot: int, sender: Address, receiver: Address, amount: int, asset: str
) -> Transfer:
    """Row ``number`` of transaction ``slot`` of a block."""
    kind = Kind.FEE if receiver == FEE_SINK else Kind.NATIVE if asset == COIN else Kind.TOKEN
    position = Position(height, slot, kind, (number,))
    return Transfer(chain, f"tx-{height}-{slot}", position, height * 10, AssetId(asset), sender, receiver, amount)
