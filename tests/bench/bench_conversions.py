"""How well conversions are recognised in real transactions, and how long reading one takes.

    python -m tests.bench.bench_conversions

Over three lists that a reader of the logs wrote: `tests/functional/checked_transactions.toml`, which was at hand while
the reading was written; `checked_holdout.toml`, by which it was corrected; and `checked_holdout_2.toml`, drawn at
random after that and judged before the tracer read any of it. Only the third says what to expect of transactions nobody
looked at. A conversion found counts as right only when owner, assets, amounts and recipients are all as listed.
Transactions in doubt are left out; those of which a leg was not recorded are counted apart. "Followed": the trace knows
whose money it follows, as when it opens a transaction; "cold": it knows only who signed and what the logs name. Seconds
are wall time, reading only.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from statistics import median

from tests.functional.checked import Checked, Verdict, checked, held_out, held_out_again, judge, paid_in, reading
from tests.functional.corpus import by_hash, summary, transactions
from tracer.convert import Conversion

Find = Callable[[Checked], tuple[Conversion, ...]]


def found_followed(one: Checked) -> tuple[Conversion, ...]:
    """What is read when the owners' money is followed."""
    return reading(by_hash()[one.chain, one.tx], [conversion.owner for conversion in one.conversions]).conversions


def found_cold(one: Checked) -> tuple[Conversion, ...]:
    """What is read when nobody's money is followed yet."""
    return reading(by_hash()[one.chain, one.tx]).conversions


def table(title: str, rows: Iterable[tuple[str, Verdict]]) -> None:
    """Precision and recall by name, one line each, and of all of them."""
    sums: dict[str, Counter[str]] = {}
    for name, verdict in rows:
        for key in (name, "all"):
            counts = sums.setdefault(key, Counter())
            counts.update(
                right=verdict.right,
                wrong=verdict.wrong,
                missed=verdict.missed,
                kinds=verdict.kinds_right,
                transactions=1,
                clean=not verdict.wrong,
            )
    print(f"\n{title:<20} transactions  right wrong missed  precision recall  kind right")
    for name in sorted(sums, key=lambda name: (name == "all", name)):
        n = sums[name]
        precision, recall = share(n["right"], n["right"] + n["wrong"]), share(n["right"], n["right"] + n["missed"])
        kinds = share(n["kinds"], n["right"])
        print(
            f"{name:<20} {n['transactions']:>12} {n['right']:>6} {n['wrong']:>5} {n['missed']:>6}"
            f"  {precision:>9} {recall:>6}  {kinds:>10}"
        )


def share(part: int, whole: int) -> str:
    """A share to a tenth of a per cent."""
    return f"{part / whole:.1%}" if whole else "-"


def incomplete() -> None:
    """Of the transactions with an unrecorded leg: read with that leg, read without it, told as a gap."""
    rows = [one for one in checked() if one.missing]
    whole = part = gaps = 0
    for one in rows:
        read = reading(by_hash()[one.chain, one.tx], [conversion.owner for conversion in one.conversions])
        whole += any(paid_in(other.ins) == expected.ins for other in read.conversions for expected in one.conversions)
        part += bool(read.conversions)
        gaps += any(str(gap.amount) in one.missing for gap in read.missing)
    print(
        f"\nwith an unrecorded leg: {len(rows)}; read as a conversion {part}, of them all payments right {whole}; "
        f"the missing amount told {gaps}"
    )


def times() -> None:
    """Median and worst time of reading one transaction, over the corpus and over those with several assets."""
    for name, rows in (
        ("all", transactions()),
        ("several assets", [one for one in transactions() if len(one.assets) > 1]),
    ):
        taken = []
        for one in rows:
            start = time.perf_counter()
            reading(one)
            taken.append((time.perf_counter() - start, one))
        worst, of = max(taken, key=lambda pair: pair[0])
        print(
            f"time, {name}: {len(taken)} transactions, median {median(pair[0] for pair in taken) * 1e6:.0f} µs, "
            f"worst {worst * 1e3:.1f} ms ({len(of.receipt.transfers)} transfers, {of.receipt.tx})"
        )


def verdicts(name: str, rows: Sequence[Checked]) -> None:
    """One list: precision and recall by kind and by chain, and what was claimed or told otherwise than listed."""
    plain = [one for one in rows if one.plain]
    doubts = sum(bool(one.doubt) for one in rows)
    print(f"\n\n{name}: {len(rows)} checked by hand; settled and recorded whole: {len(plain)}; in doubt: {doubts}")
    modes: tuple[tuple[str, Find], ...] = (("followed", found_followed), ("cold", found_cold))
    for mode, find in modes:
        judged = [(one, judge(one.conversions, find(one))) for one in plain]
        table(f"{mode}, by kind", ((one.kind, verdict) for one, verdict in judged))
        table(f"{mode}, by chain", ((one.chain, verdict) for one, verdict in judged))
        false = [one for one, verdict in judged if not one.conversions and verdict.wrong]
        print(f"\nfalse conversions on transactions that convert nothing: {len(false)}")
        for one in false:
            print(f"  {one.kind} {one.link}")
        other = [one for one, verdict in judged if one.conversions and (verdict.wrong or verdict.missed)]
        print(f"conversions missed or told otherwise than listed: {len(other)}")
        for one in other:
            print(f"  {one.kind} {one.link}")


def shared_targets() -> None:
    """How far the second hold-out resembles the other lists: by the contract that the transaction calls."""
    known = {(one.chain, _target(one)) for one in (*checked(), *held_out())}
    same = sum((one.chain, _target(one)) in known for one in held_out_again())
    total = len(held_out_again())
    print(f"\nof {total} held out again, {same} call a contract that a transaction of the other lists calls")


def _target(one: Checked) -> str:
    return by_hash()[one.chain, one.tx].receipt.target


def main() -> None:
    """Print everything."""
    print(summary())
    verdicts("the list the reading was written with", checked())
    verdicts("held out first, then used to correct the reading", held_out())
    verdicts("held out again, read by the tracer only after it was judged", held_out_again())
    shared_targets()
    incomplete()
    times()


if __name__ == "__main__":
    main()
