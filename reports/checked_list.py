"""What a second source and the chain itself say of the transactions the case rests on: a finding where they differ.

A contradiction stands above everything else, with its transaction; what merely could not be confirmed is counted by its
reason, since the same reason mostly holds for all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from rich.console import Console
from rich.text import Text

from reports.layout import Line, heading, put
from reports.view import View
from tracer.hostile import clean
from tracer.result import CorroborationRow, InclusionRow, Result
from tracer.words import Words, sentence, translated

ROWS: Final = 10
WARNINGS: Final = 3
SENTENCE: Final = 400

_VERDICTS: Final = ("differs", "unconfirmed", "agrees", "")
_ROLES: Final = ("theft", "endpoint", "transfer")


class Row(NamedTuple):
    """One transaction with what was asked about it."""

    chain: str
    tx: str
    role: str
    second: CorroborationRow | None
    proof: InclusionRow | None


def checked(result: Result) -> list[Row]:
    """Every transaction that was asked about: contradictions first, then thefts, ends and the way."""
    seconds = {(one.chain, one.tx, one.role): one for one in result.corroborations}
    proofs = {(one.chain, one.tx, one.role): one for one in result.inclusions}
    rows = [Row(*key, seconds.get(key), proofs.get(key)) for key in seconds | proofs]
    return sorted(rows, key=lambda row: (not contradicted(row), _rank(row), row.chain, row.tx))


def _rank(row: Row) -> tuple[int, int]:
    return _ROLES.index(row.role), _VERDICTS.index(row.second.verdict if row.second else "")


def contradicted(row: Row) -> bool:
    """Does somebody, or the chain itself, say otherwise than the case?"""
    return (row.second is not None and row.second.verdict == "differs") or _refuted(row)


def _refuted(row: Row) -> bool:
    return row.proof is not None and row.proof.why == sentence("rule.proof_contradicts")


def warnings(result: Result, w: Words) -> list[str]:
    """A sentence for every contradiction."""
    return [said for row in checked(result) for said in _warning(row, w)]


def _warning(row: Row, w: Words) -> Iterator[str]:
    role, tx = w(f"checked.role.{row.role}"), clean(row.tx, 100)
    if row.second is not None and row.second.verdict == "differs":
        first, second = clean(row.second.first, SENTENCE), clean(row.second.second, SENTENCE)
        why, settle = said(row.second.why, w), _settled(row.proof, w)
        yield w("checked.warning", role=role, tx=tx, first=first, second=second, why=why, settle=settle)
    if row.proof is not None and _refuted(row):
        yield w("checked.warning_proof", role=role, tx=tx, why=said((row.proof.why,), w))


def _settled(proof: InclusionRow | None, w: Words) -> str:
    """What a reader does about a contradiction."""
    if proof is None or proof.transaction != "proven":
        return w("checked.settle")
    return w("checked.settle_block", number=proof.block, hash=clean(proof.hash, 100))


def said(why: Iterable[str], w: Words) -> str:
    """Sentences of a result, harmless and in the words of a language."""
    return clean(translated("; ".join(why), w), SENTENCE)


def put_warnings(console: Console, view: View) -> None:
    """Every contradiction, before anything else."""
    found = warnings(view.result, view.w)
    limit = view.limit(WARNINGS)
    put(console, [Line(Text(one, style="bold red")) for one in found[:limit]])
    if left := len(found) - len(found[:limit]):
        put(console, [Line(Text(view.w("gaps.more", n=left, command=view.command), style="bold red"))])


def put_checked(console: Console, view: View) -> None:
    """How many transactions were confirmed and proven, and why the others were not."""
    rows = checked(view.result)
    if not rows:
        return
    heading(console, view.w("section.checked"))
    for line in counts(view.result, view.w):
        put(console, [Line(Text(line, style="bold"))], "  ")
    for line in reasons(view.result, view.w):
        put(console, [Line(Text(line))], "    ", "  • ")
    if not any(one.transaction == "proven" for one in view.result.inclusions):
        return
    put(console, [Line(Text(view.w("checked.compare")))], "  ")
    if not view.everything:
        put(console, [Line(Text(view.w("checked.more", command=view.command), style="dim"))], "  ")
        return
    for row in rows:
        if row.proof is not None and row.proof.hash:
            put(console, _block(view, row, row.proof), "    ", "  • ")


def _block(view: View, row: Row, proof: InclusionRow) -> Iterator[Line]:
    w = view.w
    proven = w(f"checked.proof.{proven_part(proof)}")
    yield Line(Text(f"{view.chain(row.chain)} · {w(f'checked.role.{row.role}')} · {proven}"))
    yield Line(Text(clean(row.tx, 100)), whole=True)
    yield Line(Text(w("checked.block_hash", number=proof.block), style="dim"))
    yield Line(Text(clean(proof.hash, 100), style="bold"), whole=True)


def proven_part(proof: InclusionRow) -> str:
    """How much is proven: ``logs``, ``transaction`` or ``none``."""
    if proof.transaction != "proven":
        return "none"
    return "logs" if proof.receipt == "proven" else "transaction"


def counts(result: Result, w: Words) -> Iterator[str]:
    """How many were confirmed, how many differ, and how many are proven."""
    if seconds := result.corroborations:
        verdicts = Counter(one.verdict for one in seconds)
        yield w("checked.agree", agree=verdicts["agrees"], n=len(seconds), differ=verdicts["differs"])
    if proofs := result.inclusions:
        parts = Counter(map(proven_part, proofs))
        proven = parts["logs"] + parts["transaction"]
        yield w("checked.proven", proven=proven, n=len(proofs), logs=parts["logs"])


def reasons(result: Result, w: Words) -> Iterator[str]:
    """Why the others are not confirmed or not proven in full, the most frequent first."""
    open_ones = [(one.tx, one.why) for one in result.corroborations if one.verdict == "unconfirmed"]
    unproven = [(one.tx, (one.why,)) for one in result.inclusions if one.why]
    for why, n in _frequent(open_ones, w):
        yield w("checked.because", n=n, why=why)
    for why, n in _frequent(unproven, w):
        yield w("checked.because_proof", n=n, why=why)


def _frequent(rows: Iterable[tuple[str, tuple[str, ...]]], w: Words) -> Iterator[tuple[str, int]]:
    """Each reason without the transaction it names, which is the same reason for the next one; rare ones as one."""
    found = Counter(said((text.replace(tx, "…") for text in why), w) for tx, why in rows)
    order = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    yield from order[:ROWS]
    if rest := sum(n for _, n in order[ROWS:]):
        yield w("checked.more_reasons"), rest
