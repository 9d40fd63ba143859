"""Who lent whom energy or bandwidth on TRON.

No value moves with it, so it is no transfer; but whoever lends an address the energy for its transactions knows that
address, which is how exchanges prepare their deposit addresses before they empty them (apis.md 4.6).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from chains.model import Address, Position, Support
from chains.tron_calls import Call, Inner, address_in

_DELEGATE: Final = "DelegateResourceContract"
_FREEZE: Final = "FreezeBalanceContract"
"""Until 2023 freezing itself could name somebody else as the one to have the energy."""

_NOTE: Final = "delegateResource"
"""java-tron's note of a contract that lends; it goes on with what was lent."""


class Ends(NamedTuple):
    """Who lends, and to whom."""

    giver: Address
    receiver: Address


def lent_by(call: Call) -> Ends | None:
    """Whom a successful transaction lends resources by itself. Raises Malformed when it lends and does not say whom."""
    if call.type == _DELEGATE or (call.type == _FREEZE and call.value.get("receiver_address")):
        return Ends(call.owner, address_in(call.value, "receiver_address"))
    return None


def lent_inside(inner: Inner) -> Ends | None:
    """Whom a contract lends resources in a call inside a transaction."""
    if inner.rejected or not inner.note.startswith(_NOTE) or not inner.moves:
        return None
    return Ends(inner.moves[0].sender, inner.moves[0].receiver)


def support_of(chain: str, tx: str, position: Position, ends: Ends) -> Support:
    """The same at its place in the chain; a TRON height is the block's time in milliseconds."""
    return Support(chain, tx, position, position.height // 1000, ends.giver, ends.receiver)
