"""What becomes of an address that received traced value: does the trail end there, or is it followed from here on?

The same rules as a trace's (tracer/holders.py), as far as they can be told at once: labels, burnt, contract, dust. What
a contract did with it, and whether an address is an exchange's deposit address by its behaviour, is left to the case
tier; until then value that reached a contract rests there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from chains.errors import Unsupported
from chains.model import Address, AssetId
from chains.reader import Reader
from chains.scan_reader import ScanReader
from tracer.labels import Label, is_burn, stop_reason, stopping
from tracer.ledger import Account
from tracer.lots import CONSERVING
from tracer.watch.frontier import Place
from tracer.watch.standing import LOOKED_AT, RESTS, Stand, opened
from tracer.words import sentence

REMEMBERED: Final = 5_000
"""Balances before a block that are not asked for again, so that a watch of months stays small."""

BUDGET, CONTRACT, DUST = "budget", "contract", "dust"


class Newcomer(NamedTuple):
    """An account, and the block of the first payment that brought it traced value: number, height and hash.

    ``units`` is what it received that is traced, under the method that gives it most.
    """

    account: Account
    number: int
    height: int
    block: str
    units: int


@dataclass(slots=True)
class Judge:
    """Judges newcomers of one chain, once each: a block's hash stands for all that happened before it."""

    reader: Reader
    scanner: ScanReader
    code: dict[str, bool] = field(default_factory=dict)
    openings: dict[tuple[str, str, str], tuple[int, str, int | None]] = field(default_factory=dict)
    answers: set[int] = field(default_factory=set)
    """Stored answers that a judgement rests on."""

    async def judge(self, place: Place, one: Newcomer) -> Stand:
        """Where it stands from now on.

        Raises:
            ChainError: no source could say whether it is a contract.
        """
        chain, text, asset = one.account
        address = Address(text)
        label = stopping(place.labels.of(chain, address, is_contract=self.code.get(text)))
        if is_burn(address):
            reason = "burn"
        elif label is not None and not label.assumed:
            reason = stop_reason(label) or "service"
        elif one.units < place.rules.least.get((chain, asset), 0):
            return ended(DUST, LOOKED_AT)
        elif await self._is_contract(address):
            reason = CONTRACT
        elif (label := stopping(place.labels.of(chain, address, is_contract=False))) is not None:
            reason = stop_reason(label) or "service"
        else:
            return await self._opened(one)
        return ended(reason)

    async def _is_contract(self, address: Address) -> bool:
        if address not in self.code:
            self.code[address] = await self.reader.is_contract(address)
        return self.code[address]

    async def _opened(self, one: Newcomer) -> Stand:
        """Followed from that block on, with what it held before: asked once for each block that came before it."""
        _, address, asset = one.account
        key = (address, asset, one.block)
        if key not in self.openings:
            if len(self.openings) >= REMEMBERED:
                self.openings.clear()
            try:
                held = await self.scanner.held_before(Address(address), AssetId(asset), one.number)
                self.openings[key] = (held.amount, "", held.raw)
            except Unsupported:
                self.openings[key] = (0, sentence("rule.opening_unknown"), None)
        units, weak, raw = self.openings[key]
        if raw is not None:
            self.answers.add(raw)
        return opened(one.height, units, weak)


def ended(reason: str, role: str = RESTS) -> Stand:
    """A place where traced value ends for now."""
    return Stand(role, 0, 0, 0, 0, dict.fromkeys(CONSERVING, ()), reason)


def label_of(place: Place, chain: str, address: str, code: Mapping[str, bool]) -> Label | None:
    """The label that says whose address this is, best first; None where nobody says."""
    said = place.labels.of(chain, Address(address), is_contract=code.get(address))
    return stopping(said) or (said[0] if said else None)
