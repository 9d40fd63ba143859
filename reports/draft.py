"""What every section of a paper needs at hand: the dossier, the reader's language and zone, and how to say things.

The spans made here are the only way an address, a transaction, a time or an amount comes onto a paper, so they look
alike everywhere: an address is never cut, a time stands in UTC and in the reader's zone, an amount is exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from chains.model import FEE_SINK, Asset
from chains.registry import load_chains
from reports.dossier_json import digest_of
from reports.numbers import money
from reports.paper import CODE, STRONG, Block, Cell, Exact, Line, Moment, Paper, Span, cell, line, line_of
from reports.times import ZONE_OF, local, unix, utc, zone_of
from reports.view import View
from tracer.dossier import Dossier
from tracer.hostile import clean
from tracer.words import Words, words

TERMS: Final = ("contents", "fact", "label", "inference", "lead", "to_fill", "left_out")


@dataclass(frozen=True, eq=False)
class Draft:
    """A dossier and who reads it. ``today`` tells how old contacts are; ``limit`` is rows of a table, None for all."""

    dossier: Dossier
    w: Words
    zone: ZoneInfo
    today: date
    digest: str
    limit: int | None = None

    @classmethod
    def of(cls, dossier: Dossier, lang: str, *, zone: str = "", today: date | None = None) -> Draft:
        """A draft in a language. Raises `LookupError` for an unknown zone."""
        return cls(dossier, words(lang), zone_of(zone or ZONE_OF[lang]), today or dossier.day, digest_of(dossier))

    @cached_property
    def view(self) -> View:
        """What the sections of the terminal report take: names by label, chains by id."""
        view = View.of(self.dossier.result, self.w, self.dossier.reference, everything=self.limit is None)
        titles = {chain: self.w(f"chain.{chain}") for chain in view.chains if f"chain.{chain}" in self.w.texts}
        return replace(view, chains={**view.chains, **titles})

    @cached_property
    def explorers(self) -> Mapping[str, tuple[str, str]]:
        """Chain id → (its family, its explorer's address)."""
        return {chain_id: (chain.family, chain.explorer) for chain_id, chain in load_chains().items()}

    def address(self, chain: str, address: str) -> Span:
        """An address, with its page in the chain's explorer; what pays fees is named in words."""
        if address == FEE_SINK:
            return Span(self.w("endpoints.fee_address", chain=self.view.chain(chain)))
        return Span(clean(address, 100), CODE, self._page(chain, "address", address))

    def tx(self, chain: str, tx: str) -> Span:
        """A transaction's hash, with its page in the chain's explorer."""
        return Span(clean(tx, 100), CODE, self._page(chain, "tx", tx))

    def _page(self, chain: str, what: str, name: str) -> str:
        family, explorer = self.explorers.get(chain, ("", ""))
        if not explorer or not name.isalnum():
            return ""
        path = {"address": "address", "tx": "transaction"}[what] if family == "tron" else what
        return f"{explorer.rstrip('/')}/{'#/' if family == 'tron' else ''}{path}/{name}"

    def names(self, chain: str, address: str) -> tuple[Line, ...]:
        """What labels say of an address of the result, each with its source."""
        return tuple(line_of(text) for text in self.view.names.get((chain, address), ()))

    def party(self, chain: str, address: str) -> tuple[Line, ...]:
        """An address and below it what labels say of it."""
        return (line(self.address(chain, address)), *self.names(chain, address))

    def time(self, time: int) -> Cell:
        """A moment, in UTC and below it in the reader's zone."""
        return cell(utc(time), local(time, self.zone), value=Moment(time))

    def both(self, time: int) -> str:
        """A moment within a sentence."""
        here = local(time, self.zone)
        return f"{utc(time)} ({here})" if here else utc(time)

    def amount(self, units: int, asset: Asset, *, strong: bool = False) -> Cell:
        """An exact amount with its symbol."""
        return cell(Span(money(units, asset), STRONG if strong else "plain"), value=Exact(units, asset.decimals))

    def paper(self, title: str, subtitle: str, blocks: tuple[Block, ...]) -> Paper:
        """A paper of these blocks, with everything that all papers of a case share."""
        made = unix(self.dossier.run.finished)
        footer = self.w("paper.footer", reference=self.dossier.reference, digest=self.digest[:16])
        terms = {term: self.w(f"paper.term.{term}") for term in TERMS}
        terms["page_of"] = self.w("paper.term.page_of", page="{page}", pages="{pages}")
        return Paper(title, subtitle, self.w.lang, self.dossier.reference, self.digest, made, footer, terms, blocks)
