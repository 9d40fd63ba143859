"""Addresses that are no confirmed deposit addresses and may be some: T4 and T5 of domain rule 9.4. Pure.

T4: nothing was swept yet, but the address shares its fee payer or its code with those confirmed in the same case. That
somebody merely received from two strangers and never paid says nothing: of 87 such addresses in the made-up worlds of
docs/measurements.md not one was a deposit address, so that part of the rule is left out. T5: swept like a deposit
address, to a service that nobody has named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chains.model import NATIVE, Address
from tracer.deposit import CONFIDENCE, PROOFS, Life, Seen, Verdict
from tracer.labels import Label
from tracer.result import Proof
from tracer.words import sentence


def suspect(life: Life, asset: str, kin: Mapping[str, Kin], code: str) -> Verdict | None:
    """T4: nothing was swept yet, but the address is like those that were.

    ``kin`` are the confirmed addresses by exchange, ``code`` the digest of this one's code, "" for a wallet.
    """
    if life.went or life.signed or not life.came:
        return None
    helped = {str(one.sender): one.tx for one in life.came if one.asset == NATIVE != asset}
    helped |= {str(one.giver): one.tx for one in life.supports}
    for entity, known in sorted(kin.items()):
        shared = sorted(known.givers & set(helped))
        if shared or (code and code in known.codes):
            proofs = [Proof("gas", helped[giver]) for giver in shared]
            proofs += [Proof("code", tx) for tx in known.proofs[:1]] if code and code in known.codes else []
            rule = sentence("rule.deposit_t4", entity=entity, n=known.count)
            return _suspected("T4", entity, known.label, rule, proofs)
    return None


def of_unknown_service(life: Life, asset: str, service: str) -> Verdict | None:
    """T5: swept like a deposit address, to somebody who behaves like a service and whom no label names."""
    nobody = Label(life.chain, Address(service), "", "exchange", "", "", 100)
    seen = Seen(life, asset, {service: nobody}, lambda _: ())
    if seen.ruled_out() or seen.tier() != "T2":
        return None
    rule = sentence("rule.deposit_t5", sweeps=len(seen.sweep_txs), senders=len(seen.senders))
    return _suspected("T5", "", None, rule, [Proof("sweep", tx) for tx in seen.sweep_txs[:PROOFS]])._replace(
        hub=service
    )


@dataclass(slots=True)
class Kin:
    """What the confirmed deposit addresses of one exchange have in common: who pays for their fees, and their code."""

    label: Label | None
    givers: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    proofs: list[str] = field(default_factory=list)
    count: int = 0


def _suspected(tier: str, entity: str, label: Label | None, rule: str, proofs: Iterable[Proof]) -> Verdict:
    much = CONFIDENCE[tier] * (label.confidence if label else 100) // 100
    return Verdict(tier, much, entity, "", label, rule, tuple(proofs))
