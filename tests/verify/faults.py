"""Faults put into the program on purpose, to see that the independent checker finds them.

Each is a change of one line of one module: of how answers are parsed, how the sum is folded, or how totals are drawn
from it. The program with the fault traces a finished case again, offline, and hands over what it then believes. All of
these pass the program's own checks; that is why somebody else must look.
"""

from __future__ import annotations

from typing import NamedTuple

Change = tuple[str, str, str]
"""In a module, a text that is found once, and what it becomes."""

UNSEEN: Change = ("tracer.bundle.table", "        if missing:\n", "        if False:\n")
"""The exporter looks up every transfer in the answers and refuses where none holds it. Without that look only the
checker stands between a fault and whoever trusts the bundle."""


class Fault(NamedTuple):
    """In ``module``, ``old`` (found once) becomes ``new``; ``case`` is a case in which that matters.

    One that is not ``quick`` waits for TRACER_FAULTS=all.
    """

    name: str
    module: str
    old: str
    new: str
    case: str = "lab-rpc"
    quick: bool = True

    @property
    def change(self) -> Change:
        """What is done to the program."""
        return self.module, self.old, self.new


PARSER = (
    Fault(
        "a token amount one unit short",
        "chains.evm_records",
        "yield Transfer(*at, *ends, words[0])",
        "yield Transfer(*at, *ends, words[0] - 1)",
    ),
    Fault(
        "unwrapping read as wrapping",
        "chains.evm_records",
        "ends if topics[0] == DEPOSIT else reversed(ends)",
        "ends if topics[0] != DEPOSIT else reversed(ends)",
        quick=False,
    ),
    Fault(
        "a fee one unit too high",
        "chains.evm_records",
        "    return paid\n",
        "    return paid + 1\n",
        quick=False,
    ),
    Fault(
        "the coin's own transfers one unit short",
        "chains.evm_records",
        "at, time or 0, NATIVE, sender, target, value))",
        "at, time or 0, NATIVE, sender, target, value - 1))",
    ),
    Fault(
        "a call inside a transaction one unit short",
        "chains.evm_traces",
        "Position(at.height, at.tx_index, Kind.INTERNAL, path)\n"
        "    return Transfer(at.chain, at.tx, position, at.time, NATIVE, sender, receiver, amount)",
        "Position(at.height, at.tx_index, Kind.INTERNAL, path)\n"
        "    return Transfer(at.chain, at.tx, position, at.time, NATIVE, sender, receiver, amount - 1)",
    ),
    Fault(
        "failed payments taken for done",
        "chains.explorer_rows",
        "if value and not failed:",
        "if value:",
        "lab-etherscan",
    ),
    Fault(
        "a block's time one second late",
        "chains.rpc_node",
        "return {block.height: block.time for block in blocks}",
        "return {block.height: block.time + 1 for block in blocks}",
        quick=False,
    ),
    Fault(
        "the last movement of each page is lost",
        "chains.reader",
        "self.transfers.extend(page.transfers)\n        self.raws.extend(page.raws)",
        "self.transfers.extend(page.transfers[:-1])\n        self.raws.extend(page.raws[:-1])",
    ),
    Fault(
        "an explorer's fee at the gas limit",
        "chains.explorer_rows",
        'record.number("gasUsed") * record.number("gasPrice")',
        'record.number("gas") * record.number("gasPrice")',
        "lab-etherscan",
        quick=False,
    ),
    Fault(
        "an explorer's internal transfers left out",
        "chains.explorer_rows",
        'return 0 if record.flag("isError") or still else record.number("value")',
        "return 0",
        "lab-etherscan",
    ),
    Fault(
        "an explorer's token amounts cut to thousands of millions",
        "chains.explorer_rows",
        '    amount = record.number("value")\n    moved',
        '    amount = record.number("value") // 10**9 * 10**9\n    moved',
        "lab-etherscan",
    ),
    Fault(
        "TRON amounts one unit short",
        "chains.trongrid_rows",
        'amount = whole(text_in(record, "value"))',
        'amount = whole(text_in(record, "value")) - 1',
        "lab-trongrid",
    ),
    Fault(
        "TRON times a second late",
        "chains.trongrid_rows",
        "position.height // 1000, *move)",
        "position.height // 1000 + 1, *move)",
        "lab-trongrid",
        quick=False,
    ),
    Fault(
        "TRON fees left out",
        "chains.trongrid_rows",
        "fee=fee)] if fee else []\n    if not",
        "fee=fee)] if fee < 0 else []\n    if not",
        "lab-trongrid",
    ),
)

FOLD = (
    Fault("last in, first out at the back", "tracer.lots", "self.lots.extendleft(lots)", "self.lots.extend(lots)"),
    Fault(
        "first in, first out at the front",
        "tracer.lots",
        '"""To the back."""\n        self.lots.extend(lots)',
        '"""To the back."""\n        self.lots.extendleft(lots)',
        quick=False,
    ),
    Fault(
        "the odd unit to the smallest remainder",
        "tracer.lots",
        "sorted(remainders)[:left]",
        "sorted(remainders, reverse=True)[:left]",
        "lifi",
        quick=False,
    ),
    Fault(
        "clean units behind the stolen ones",
        "tracer.lots",
        '"""To the front, where all clean units are one lot."""\n        _clean_to_front(self.lots, amount)',
        '"""To the front, where all clean units are one lot."""\n'
        "        self.lots.append(Lot(amount, CLEAN, NO_TRAIL))",
        "lifi",
    ),
    Fault(
        "stolen units behind the clean ones",
        "tracer.lots",
        "            else:\n                self.lots.append(lot)\n        if clean:\n"
        "            self.lots.append(Lot(clean, CLEAN, NO_TRAIL))",
        "            else:\n                self.lots.append(lot)\n        if clean:\n"
        "            self.lots.appendleft(Lot(clean, CLEAN, NO_TRAIL))",
        "lifi",
        quick=False,
    ),
    Fault(
        "poison forgotten at the first payment",
        "tracer.lots",
        "        if not self.balance:\n            self.mark",
        "        if amount:\n            self.mark",
        "lifi",
    ),
    Fault(
        "an opening balance one unit too high",
        "tracer.ledger",
        '    return opening, ""',
        '    return opening + 1, ""',
    ),
    Fault(
        "an account followed from the block after",
        "tracer.ledger",
        "kept = there is not None and height >= there[0]",
        "kept = there is not None and height > there[0]",
        "lifi",
    ),
    Fault(
        "network fees taken for thefts",
        "tracer.thefts",
        "if transfer.position.kind is Kind.FEE or (transfer.chain, transfer.receiver) in own:",
        "if (transfer.chain, transfer.receiver) in own:",
    ),
    Fault(
        "a conversion that loses a unit",
        "tracer.fold",
        "parts = {row: _mixture(ledger.amount[row], line) for row in pot.outs}",
        "parts = {row: _mixture(ledger.amount[row] - 1, line) for row in pot.outs}",
    ),
)

TOTALS = (
    Fault(
        "everything told as held",
        "tracer.result",
        "key = (part.origin, part.asset, endpoint.reason)",
        'key = (part.origin, part.asset, "held")',
        quick=False,
    ),
    Fault(
        "payments told in full as stolen",
        "tracer.conclude",
        "        one.amount,\n        flow.traced,\n",
        "        one.amount,\n        one.amount,\n",
        "lifi",
        quick=False,
    ),
    Fault(
        "an endpoint's units rounded",
        "tracer.conclude",
        "amount = sum(lot.amount for lot in lots)\n    path",
        "amount = sum(lot.amount for lot in lots) // 1000 * 1000\n    path",
    ),
    Fault(
        "what an address sent on left out",
        "tracer.conclude",
        "sent[account] = sent.get(account, 0) + flow.traced",
        "sent[account] = flow.traced",
        "lifi",
    ),
    Fault(
        "the comparison of methods one unit off",
        "tracer.compare",
        "tuple((method, found.get(place, 0)) for method, found in places.items()),",
        "tuple((method, found.get(place, 0) and found[place] - 1) for method, found in places.items()),",
    ),
    Fault(
        "principal handed out by equal parts",
        "tracer.principal",
        "equal = shares if any(shares.values()) else dict.fromkeys(shares, 1)",
        "equal = dict.fromkeys(shares, 1)",
    ),
    Fault(
        "the smallest payment left out of the flows",
        "tracer.conclude",
        "for flow in fold.flows\n        ),",
        "for flow in sorted(fold.flows, key=lambda one: one.traced)[1:]\n        ),",
    ),
)

FAULTS = PARSER + FOLD + TOTALS
