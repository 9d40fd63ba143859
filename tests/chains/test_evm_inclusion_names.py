"""A block's bytes do not hold the names of its transactions, so a node may put the right bytes under wrong names."""

from __future__ import annotations

from chains.evm_inclusion import OTHER_TRANSACTIONS, check
from tests.chains.test_evm_inclusion import made_block, proven


def test_a_transaction_under_the_name_of_another_is_not_proven() -> None:
    """With two hashes swapped header and roots still come out right; neither transaction is taken for the other."""
    block, receipts = made_block()
    first, second, *others = block["transactions"]
    swapped = [{**first, "hash": second["hash"]}, {**second, "hash": first["hash"]}, *others]
    told = [{**one, "transactionHash": row["hash"]} for one, row in zip(receipts, swapped, strict=True)]
    for tx in (first["hash"], second["hash"]):
        one = proven({**block, "transactions": swapped}, told, tx)
        assert (one.why, one.transaction, one.receipt, check(one)) == (OTHER_TRANSACTIONS, None, None, "")
    assert proven({**block, "transactions": swapped}, told, others[0]["hash"]).receipt is not None
