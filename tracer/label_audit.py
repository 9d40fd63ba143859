"""What is wrong with labels, or worth a second look, said of each address they speak of.

Lists contradict each other, and that is kept on purpose: the better source decides (`tracer.labels`). So a
contradiction between two sources is expected here and only counted; what a single source cannot mean, or no list should
hold, is a fault. The pack that comes with the program is audited by a test.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Final, NamedTuple

from chains import evm_address, tron_address
from chains.model import Address, AssetId
from tracer.deposit import same_entity
from tracer.labels import EVM_WILDCARD, EXCHANGES, STOPS, Label, Tokens, role_of, self_chosen, stop_reason

BEFELL: Final = frozenset({"sanctioned", "sanctioned_before", "frozen", "hack", "other"})
"""Categories that say what happened to an address or in it: they go with any owner."""

KINDS: Final = (
    "address",
    "twice",
    "entity",
    "category",
    "token",
    "self_chosen",
    "unsourced",
    "undated",
    "validity",
    "other_entity",
    "other_category",
    "doubted",
    "ended",
)
"""Kinds of finding: a wrong address; one statement twice; one source that names two owners or two things; a token
contract filed as a wallet; a name anybody can take; no source; no date; a validity that ends before it begins or begins
after today; two sources that name two owners or two things; a service that a list of thefts names; a label that has run
out."""

EXPECTED: Final = frozenset({"other_entity", "other_category", "doubted", "ended"})
"""Findings that are no fault: the lists are kept as they are, and the rules for labels know what to do."""


class Finding(NamedTuple):
    """One finding about labels of one address: `KINDS`, and the labels it is about."""

    kind: str
    address: Address
    labels: tuple[Label, ...]

    @property
    def expected(self) -> bool:
        """True when it is no fault."""
        return self.kind in EXPECTED


def audit(groups: Iterable[Sequence[Label]], tokens: Tokens, today: str) -> Iterator[Finding]:
    """Findings about labels, given address by address: all that is said of one in one sequence. ``today`` is a date."""
    contracts = {str(contract) for _, contract in tokens.rows}
    for labels in groups:
        for label in labels:
            for kind in _alone(label, today):
                yield Finding(kind, label.address, (label,))
            if label.address in contracts and _is_filed_wallet(label, tokens):
                yield Finding("token", label.address, (label,))
        for pair in combinations(sorted(set(labels)), 2):
            kind = contradiction(*pair)
            if kind:
                yield Finding(kind, pair[0].address, pair)
        for label in sorted({label for label in labels if labels.count(label) > 1}):
            yield Finding("twice", label.address, (label,))


def contradiction(one: Label, other: Label) -> str:
    """How two labels of an address contradict each other, as a kind of `Finding`; "" where they do not.

    ``entity`` and ``category`` are one source's own, ``other_…`` two sources'; ``doubted`` is a service that is also
    named in a theft report. Labels of different chains, or of different times, do not contradict.
    """
    if not _of_one_chain(one, other) or not one.holds(other.valid_from, other.valid_to):
        return ""
    if "hack" in (one.category, other.category):
        return "doubted" if bool(stop_reason(one)) != bool(stop_reason(other)) else ""
    if {one.category, other.category} & BEFELL:
        return ""
    between = "" if one.source == other.source else "other_"
    if same_entity(one.entity) != same_entity(other.entity):
        return f"{between}entity"
    return f"{between}category" if _differ(one, other) else ""


def _differ(one: Label, other: Label) -> bool:
    """Do two labels of one owner say different things? An exchange of which no role is said may have any."""
    if {one.category, other.category} <= EXCHANGES:
        roles = {label.role or role_of(label.category) for label in (one, other)} - {""}
        return "deposit" in roles and len(roles) > 1
    return STOPS.get(one.category, one.category) != STOPS.get(other.category, other.category)


def _of_one_chain(one: Label, other: Label) -> bool:
    chains = {one.chain, other.chain}
    return len(chains) == 1 or (EVM_WILDCARD in chains and all(chain.startswith("eip155:") for chain in chains))


def _alone(label: Label, today: str) -> Iterator[str]:
    """What is wrong with one label by itself."""
    if not _is_spelled(label):
        yield "address"
    if self_chosen(label.entity):
        yield "self_chosen"
    if not label.source:
        yield "unsourced"
    if not (label.as_of or label.checked):
        yield "undated"
    if label.valid_from > today or (label.valid_to and label.valid_to < label.valid_from):
        yield "validity"
    elif label.valid_to and label.valid_to < today:
        yield "ended"


def _is_spelled(label: Label) -> bool:
    parse = tron_address.parse if label.chain.startswith("tron:") else evm_address.parse
    try:
        return parse(label.address) == label.address
    except ValueError:
        return False


def _is_filed_wallet(label: Label, tokens: Tokens) -> bool:
    """Is a listed token's own contract filed as somebody's wallet? Its issuer's it may be."""
    if label.category not in STOPS:
        return False
    contract = AssetId(label.address)
    if label.chain == EVM_WILDCARD:
        return any(known == contract and chain.startswith("eip155:") for chain, known in tokens.rows)
    return tokens.is_listed(label.chain, contract)
