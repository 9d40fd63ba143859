"""The workings of a case as the rows of a bundle: accounts followed, the sum, conversions, prices, proofs. Pure.

Names and order of the fields are those of docs/bundle.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from chains.inclusion import Inclusion, Path
from chains.model import Balance, Kind, Transfer
from tracer.ledger import BALANCE, CONVERTED, OUTSIDE
from tracer.prices import Price
from tracer.workings import Workings

Row = dict[str, Any]
Number = Callable[[Transfer], int]
"""The number of a transfer in the bundle's ledger."""

_PAYS = {BALANCE: "balance", OUTSIDE: "outside", CONVERTED: "pot"}


def accounts(workings: Workings) -> Iterator[Row]:
    """The accounts that were followed, with what their opening balances rest on."""
    for account, follow in sorted(workings.fold.ledger.follow.items()):
        balance, before = workings.balances.get(account, (None, None))
        chain, address, asset = account
        yield {
            "chain": chain,
            "address": address,
            "asset": asset,
            "low": follow.low,
            "opening": str(follow.opening),
            "weak": list(workings.weak.get(account, ())),
            "balance": _balance(balance),
            "before": _balance(before),
        }


def _balance(told: Balance | None) -> Row | None:
    return None if told is None else {"amount": str(told.amount), "at": told.at, "answer": told.raw}


def summed(workings: Workings, number: Number) -> Iterator[Row]:
    """The rows of the sum in its order. Those of opened transactions stand for their payments, not for one transfer."""
    ledger = workings.fold.ledger
    opened = workings.openings.receipts if workings.openings else {}
    for row, one in enumerate(ledger.transfers):
        source = ledger.source[row]
        read_whole = (one.chain, one.tx) in opened and one.position.kind is not Kind.FEE
        yield {
            "row": row,
            "ledger": None if read_whole else number(one),
            "chain": one.chain,
            "tx": one.tx,
            "position": str(one.position),
            "time": one.time,
            "asset": one.asset,
            "from": one.sender,
            "to": one.receiver,
            "amount": str(one.amount),
            "pays": _PAYS.get(source, "theft"),
            "origin": str(source + 1) if source >= 0 else None,
            "kept": ledger.kept[row],
            "into": ledger.inward.get(row),
            "out_of": ledger.outward.get(row),
            "via": list(ledger.via.get(row, ())),
        }


def pots(workings: Workings) -> Iterator[Row]:
    """The conversions of the sum."""
    for place, pot in enumerate(workings.fold.ledger.pots):
        assert workings.openings is not None  # without opened transactions there are no pots
        made = workings.openings.conversions[pot.number]
        yield {
            "pot": place,
            "chain": made.chain,
            "tx": made.tx,
            "kind": made.conversion.kind,
            "ins": list(pot.ins),
            "outs": list(pot.outs),
            "weights": list(map(str, pot.weights)),
            "values": list(map(str, pot.values)),
            "shared": list(made.shared),
            "linked": made.conversion.linked,
        }


def prices(workings: Workings) -> list[Row]:
    """Every price that was told, also those trusted too little to be used, and the pegs for want of a price."""
    told = {
        (*key, price)
        for book in workings.books
        for known in (book.prices, book.doubted)
        for key, some in known.items()
        for price in some
    }
    rows = [_price(chain, asset, price) for chain, asset, price in told]
    moved = {(chain, asset) for chain, _, asset in workings.ledger.accounts}
    rows += [_peg(*key) for key in moved & {key for book in workings.books for key in book.stables}]
    return sorted(rows, key=_price_order)


def _price(chain: str, asset: str, price: Price) -> Row:
    return {
        "chain": chain,
        "asset": asset,
        "time": price.at,
        "usd": format(price.usd, "f"),
        "source": price.source,
        "assumed_peg": price.assumed_peg,
        "confidence": None if price.confidence is None else format(price.confidence, "f"),
        "answer": price.raw,
    }


def _peg(chain: str, asset: str) -> Row:
    return {
        "chain": chain,
        "asset": asset,
        "time": None,
        "usd": "1",
        "source": "assumed at its peg",
        "assumed_peg": True,
        "confidence": None,
        "answer": None,
    }


def _price_order(row: Row) -> tuple[Any, ...]:
    missing = -1  # sorts before any time or answer
    return (
        row["chain"],
        row["asset"],
        missing if row["time"] is None else row["time"],
        row["usd"],
        row["source"],
        row["confidence"] or "",
        missing if row["answer"] is None else row["answer"],
    )


def corroborations(workings: Workings) -> Iterator[Row]:
    """What second sources said, with the answers that were compared."""
    for one in workings.checked.corroborations:
        yield {**one.row._asdict(), "first_answers": list(one.first), "second_answers": list(one.second)}


def proofs(workings: Workings) -> Iterator[Row]:
    """What the chain itself proves, with the proofs."""
    for one in workings.checked.inclusions:
        raws = one.inclusion.raws if one.inclusion else ()
        yield {**one.row._asdict(), "proof": _proof(one.inclusion), "answers": list(raws)}


def _proof(inclusion: Inclusion | None) -> Row | None:
    """The proof, where it proves anything: a header alone does not."""
    if inclusion is None or (inclusion.transaction is None and inclusion.receipt is None):
        return None
    return {
        "header": _hex(inclusion.header),
        "place": inclusion.place,
        "transaction": _path(inclusion.transaction),
        "receipt": _path(inclusion.receipt),
    }


def _path(path: Path | None) -> Row | None:
    return None if path is None else {"value": _hex(path.value), "nodes": list(map(_hex, path.nodes))}


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
