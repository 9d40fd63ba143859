"""What must be true after a chaos run, against the chain's own truth (tests/lab/restless_truth.py).

A payment is told by who paid whom what in which transaction; of equal ones in one transaction each counts.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.scene import CASE, Scene
from tests.lab.ear import lines_of
from tests.lab.restless import COIN, ENDS
from tests.lab.restless_truth import Row, Truth, truth_of
from tracer.case import open_case
from tracer.config import load_config
from tracer.ledger import Account
from tracer.session import workings_of
from tracer.watch.base import base_of
from tracer.watch.model import PROVISIONAL, RETRACTED
from tracer.watch.standing import Stand
from tracer.watch.store import open_watch

FRESH = "fresh"
PAYMENTS = ("payment", "taken")
Payment = tuple[str, str, str, str, int]
"""Transaction, asset, sender, receiver, amount."""


@dataclass
class Verdict:
    """What was found wrong, by channel, and the counts that a report states."""

    faults: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def judge(scene: Scene) -> Verdict:
    """Everything that is asked of a run that was played to its end and settled."""
    verdict = Verdict()
    rows = scene.ground.rows()
    truth = truth_of(rows, scene.world.who["victim"], scene.world.since, {scene.world.who[name] for name in ENDS})
    told = {
        "ear": {one.key: one.said for one in scene.ear.all()},
        "json": {f"{one['id']}.{one['turn']}": one for one in lines_of(scene.child.alerts)},
    }
    for channel, messages in told.items():
        verdict.faults += [f"{channel}: {fault}" for fault in _alerts(scene, truth, rows, messages, verdict)]
    ours, theirs = (_statuses(messages) for messages in told.values())
    verdict.faults += [f"channels differ: {one}" for one in ours.keys() | theirs.keys() if _differ(ours, theirs, one)]
    if scene.ear.forged:
        verdict.faults.append(f"{scene.ear.forged} messages were not signed rightly")
    verdict.faults += _fold(scene, truth)
    verified = scene.child.run("verify", CASE)
    if verified.returncode != 0:
        verdict.faults.append(f"the case does not verify: {verified.stdout}{verified.stderr}")
    return verdict


def _alerts(
    scene: Scene, truth: Truth, rows: Iterable[Row], messages: Mapping[str, Mapping[str, Any]], verdict: Verdict
) -> Iterable[str]:
    last = _last(messages)
    held = [one for one in last.values() if one["status"] != RETRACTED]
    due: Counter[Payment] = Counter()
    stolen: dict[Payment, set[int]] = defaultdict(set)
    possible: Counter[Payment] = Counter()
    for carried in truth.carried:
        key = _of_row(scene, carried.row)
        possible[key] += 1
        stolen[key].add(carried.stolen)
        due[key] += bool(carried.stolen) and carried.row.number > scene.start
    got = Counter(_of_alert(one) for one in held if one["kind"] in PAYMENTS)
    verdict.counts |= {"due": due.total(), "told": len(messages), "notices": len(last), "held": len(held)}
    verdict.counts["retracted"] = len(last) - len(held)
    verdict.counts["early"] = sum(one["status"] == PROVISIONAL for one in messages.values())
    yield from (f"missing {key}" for key in due if got[key] < due[key])
    yield from (f"should not be there: {key}" for key in got if got[key] > possible[key])
    on_chain = {row.tx for row in rows} | {sent.hash for block in scene.world.blocks.values() for sent in block}
    yield from (
        f"its transaction is gone: {one['id']} {one['kind']}" for one in held if one["tx"] not in {"", *on_chain}
    )
    yield from (f"not confirmed: {one['id']} {one['kind']} {one['tx']}" for one in held if one["status"] == PROVISIONAL)
    for one in held:
        wanted = stolen[_of_alert(one)] if one["kind"] in PAYMENTS else set()
        if wanted and int(one["traced"] or 0) not in wanted:
            yield f"traced {one['traced']} instead of {sorted(wanted)}: {_of_alert(one)}"
    granted = {one["tx"] for one in held if one["kind"] == "granted"}
    yield from (f"missing approval {tx}" for tx in _approvals(scene) - granted)


def _approvals(scene: Scene) -> set[str]:
    """Approvals of the victim after the watch began."""
    blocks = (block for number, block in scene.world.blocks.items() if number > scene.start)
    return {sent.hash for block in blocks for sent in block if sent.signer == "victim" and not sent.paid}


def _last(messages: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The last state that was told of each notice."""
    found: dict[str, Mapping[str, Any]] = {}
    for one in messages.values():
        before = found.get(one["id"])
        if before is None or before["turn"] < one["turn"]:
            found[one["id"]] = one
    return found


def _statuses(messages: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {number: one["status"] for number, one in _last(messages).items()}


def _differ(ours: Mapping[str, str], theirs: Mapping[str, str], notice: str) -> bool:
    """What was retracted before a channel had heard of it is not told there at all."""
    return ours.get(notice, RETRACTED) != theirs.get(notice, RETRACTED)


def _of_alert(one: Mapping[str, Any]) -> Payment:
    return one["tx"], str((one["asset"] or {}).get("id", "")), one["from"], one["to"], int(one["amount"] or 0)


def _of_row(scene: Scene, row: Row) -> Payment:
    return row.tx, _asset(scene, row.asset), row.sender, row.receiver, row.amount


def _asset(scene: Scene, asset: str) -> str:
    return "native" if asset == COIN else scene.ground.token


def _fold(scene: Scene, truth: Truth) -> Iterable[str]:
    """Where traced units lie: by the watch, by a trace from nil, and by the truth."""
    ended = scene.child.run(*scene.trace(FRESH))
    if ended.returncode not in (0, 1, 3):  # anvil forgets old states: of a long run a trace from nil has gaps
        yield f"the fresh trace failed: {ended.stderr[-500:]}"
        return
    fresh = _lying(asyncio.run(_base(scene.child.home)))
    with open_watch(scene.child.home / "cases" / "watch", reading=True) as store:
        (target,) = store.targets()
        kept = _lying(store.stands(target.id))
    yield from (f"the fold differs from a fresh trace: {one}" for one in _difference(kept, fresh))
    chain = scene.ground.chain
    wanted = {((chain, where, _asset(scene, asset)), "fifo"): units for (asset, where), units in truth.resting.items()}
    apart = ("fee", scene.world.who["victim"])  # what is no place, and whose it is again
    ours = {key: units for key, units in kept.items() if key[1] == "fifo" and key[0][1] not in apart}
    yield from (f"the fold differs from the truth: {one}" for one in _difference(ours, wanted))


async def _base(home: Path) -> Mapping[Account, Stand]:
    with open_case(_case_folder(home, FRESH), offline=True) as case:
        config = load_config({}, home)
        return base_of(case, await workings_of(case, config)).stands


def _case_folder(home: Path, name: str) -> Path:
    return next(path for path in (home / name, home / "cases" / name) if path.is_dir())


def _lying(stands: Mapping[Account, Stand]) -> dict[tuple[Account, str], int]:
    return {
        (account, method): units
        for account, stand in stands.items()
        for method in stand.lots
        if (units := stand.traced(method))
    }


def _difference(ours: Mapping[Any, int], theirs: Mapping[Any, int]) -> list[str]:
    keys = sorted(ours.keys() | theirs.keys(), key=str)
    return [
        f"{key}: {ours.get(key, 0)}, not {theirs.get(key, 0)}" for key in keys if ours.get(key, 0) != theirs.get(key, 0)
    ]
