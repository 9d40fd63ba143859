"""The legs of one made-up transaction, for tests of what is read from them."""

from __future__ import annotations

from collections.abc import Iterable

from chains.model import FEE_SINK, NATIVE, Address, AssetId, Kind, Mark, Position, Receipt, Transfer, number_equal_rows

CHAIN = "eip155:1"
WETH = "weth"
ZERO = "0x" + "0" * 40
TIME = 1_700_000_000

Leg = tuple[str, str, int, str]
"""Sender, receiver, units, asset: ``coin`` is the native one, ``call`` the same in a call inside, ``fee`` a fee."""


def legs(*moves: Leg, tx: str = "tx", height: int = 7) -> list[Transfer]:
    """The transfers, in the order of their places: native, calls, tokens, each in the order given."""
    kinds = {"coin": Kind.NATIVE, "call": Kind.INTERNAL, "fee": Kind.FEE}
    found = [
        Transfer(
            CHAIN, tx, Position(height, 3, kinds.get(asset, Kind.TOKEN), (number,)), TIME,
            NATIVE if asset in kinds else AssetId(asset), Address(sender), Address(receiver), amount,
        )
        for number, (sender, receiver, amount, asset) in enumerate(moves)
    ]  # fmt: skip
    return number_equal_rows(sorted(found, key=lambda one: one.position))


def fee(signer: str, amount: int) -> Leg:
    """A network fee."""
    return signer, FEE_SINK, amount, "fee"


def mark(kind: str, contract: str, owner: str = "") -> Mark:
    """What a log says."""
    return Mark(kind, Address(contract), Address(owner), Position(7, 3, Kind.TOKEN, (99,)))


def receipt(
    rows: Iterable[Transfer], *, signer: str = "owner", internals: bool = True, marks: Iterable[Mark] = ()
) -> Receipt:
    """A receipt that holds these transfers."""
    rows = tuple(rows)
    place = rows[0].position
    return Receipt(
        CHAIN, rows[0].tx, place.height, place.tx_index, rows[0].time, Address(signer), True, 0, rows, (), (),
        internals, 1, tuple(marks),
    )  # fmt: skip
