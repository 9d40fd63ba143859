"""Pages of a history, made of the stretches an explorer's lists were read in; pure.

A native history is two lists, transactions and internal transfers, and only together do they say what happened: a
failed transaction undoes its internal transfers, and only the first list knows a transaction's place in its block.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chains.errors import Malformed
from chains.evm_records import logs_to_rows
from chains.explorer_pages import Merged, Row
from chains.explorer_rows import (
    is_failed,
    normalise_internal,
    normalise_token,
    normalise_transaction,
    row_tx,
    unsaid,
)
from chains.model import ANY_TOKEN, Address, AssetId, Coverage, Kind, Page, Transfer, number_equal_rows
from chains.registry import Chain

NO_L1_FEE: Final = "the explorer's list lacks the L1 part of fees"

_Paired = tuple[Transfer, int]


def native_page(chain: Chain, source: str, who: Address, stretch: Merged) -> Page:
    """Fees, values and internal transfers of ``who`` from (txlist, txlistinternal) rows; its coverage is not yet set.

    Raises:
        Malformed: a row without its documented shape.
    """
    sent, internal = stretch.lists
    pairs: list[_Paired] = []
    index: dict[str, int] = {}
    undone: set[str] = set()
    short_fee = False
    for row in sent:
        moved = normalise_transaction(chain, row.fields, who, source)
        tx = row_tx(chain, row.fields, source)
        index[tx] = int(row.fields["transactionIndex"])
        if is_failed(chain, row.fields, source):
            undone.add(tx)
        paid = any(one.position.kind is Kind.FEE for one in moved)
        short_fee |= chain.l1_fee and paid and not row.fields.get("L1FeesPaid")
        pairs += [(one, row.raw) for one in moved]
    for row in internal:
        one = normalise_internal(chain, row.fields, who, source)
        if one is not None and one.tx not in undone:
            place = one.position._replace(tx_index=index.get(one.tx, -1))
            pairs.append((one._replace(position=place), row.raw))
    return _page(pairs, "; ".join(part for part in (stretch.weak, NO_L1_FEE if short_fee else "") if part))


def token_page(chain: Chain, source: str, who: Address, asset: AssetId, stretch: Merged) -> Page:
    """Token movements of ``who``; its coverage is not yet set.

    They come from (tokentx, then wrapping logs, or tokennfttx for any token) rows.

    Raises:
        Malformed: a row without its documented shape, or about something not asked for.
    """
    listed, *logs = stretch.lists
    if asset == ANY_TOKEN:
        listed, logs = (*listed, *(row for rows in logs for row in rows)), []
    read = [(normalise_token(chain, row.fields, who, asset, source), row.raw) for row in listed]
    pairs = [(one.transfer, raw) for one, raw in read if one.transfer is not None]
    wraps = [pair for rows in logs for pair in _wraps(chain, source, who, rows)]
    raw_of = dict(wraps)
    left = unsaid([moved for moved, _ in wraps], [moved for moved, _ in pairs])
    page = _page([*pairs, *((moved, raw_of[moved]) for moved in left)], stretch.weak)
    return page._replace(
        collectibles=tuple(one.collectible for one, _ in read if one.collectible is not None),
        assets=tuple(one.asset for one, _ in read if one.asset is not None),
    )


def _wraps(chain: Chain, source: str, who: Address, rows: Sequence[Row]) -> list[_Paired]:
    pairs: list[_Paired] = []
    for row in rows:
        for moved in logs_to_rows(chain, [row.fields], None, source).transfers:
            if who not in (moved.sender, moved.receiver):
                raise Malformed(source, f"asked for the logs of {who}", row.fields)
            pairs.append((moved, row.raw))
    return pairs


def _page(pairs: list[_Paired], weak: str) -> Page:
    ordered = sorted(pairs, key=lambda pair: pair[0].position)
    transfers = number_equal_rows([moved for moved, _ in ordered])
    return Page(tuple(transfers), tuple(raw for _, raw in ordered), Coverage(0, None), weak=weak)
