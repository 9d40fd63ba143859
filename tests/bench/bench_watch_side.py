"""Side by side with crypttrace 0.29 on the lab's TRON: the same theft, the same outage, the same kill.

    python3 -m venv /tmp/crypttrace && /tmp/crypttrace/bin/pip install crypttrace==0.29
    python -m tests.bench.bench_watch_side /tmp/crypttrace/bin/python

It is installed for this alone. A wrapper of a few lines points it at the stand-in and writes its alerts as lines; it
then watches every address that holds stolen money when the watch begins, which is more than its users could name, and
looks again as soon as it is done with a look instead of after 300 seconds.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.chaos.play import settle
from tests.chaos.scene import TRON, Scene, scene
from tests.lab.restless import ENDS
from tests.lab.restless_truth import Truth, truth_of
from tests.lab.storm import Weather

WRAPPER = """
import json, sys, time
from crypttrace import watch
from crypttrace.fetchers import http, tron

url, *addresses = sys.argv[1:]
tron.BASE = url
http.MIN_INTERVAL.clear()
http.DEFAULT_INTERVAL = 0.0
known = watch.all_watched()
for address in addresses:
    if address not in known:
        watch.add(address, "tron")
print(json.dumps({"ready": True}), flush=True)
while True:
    for event in watch.poll_once():
        print(json.dumps(event), flush=True)
    time.sleep(0.5)
"""


class Told(NamedTuple):
    """What became of the payments of stolen money: told, never told, told more than once; and told though undone."""

    due: int
    delivered: int
    missed: int
    doubled: int
    undone: int


@dataclass
class Other:
    """crypttrace as a process; its alerts in a file, through every start."""

    python: str
    home: Path
    url: str
    addresses: list[str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def alerts(self) -> Path:
        return self.home / "other.jsonl"

    def start(self) -> None:
        environment = {"CRYPTTRACE_HOME": str(self.home / "other"), "HOME": str(self.home), "PATH": "/usr/bin:/bin"}
        with self.alerts.open("ab") as out:
            command = [self.python, "-c", WRAPPER, self.url, *self.addresses]
            self.process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, env=environment)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


def side_by_side(python: str, seed: int = 3) -> tuple[Told, Told]:
    """Ours and theirs."""
    with tempfile.TemporaryDirectory() as folder, scene(Path(folder), TRON, seed, most=80) as found:
        begun = _truth(found).resting
        theirs = Other(python, found.child.home, _url(found), sorted({where for _, where in begun} - _ends(found)))
        found.child.start(*found.watch())
        theirs.start()
        try:
            time.sleep(15.0)  # both have begun
            _story(found, theirs)
        finally:
            theirs.kill()
        found.child.end(signal.SIGTERM)
        settle(found)
        return _ours(found), _theirs(found, theirs)


def _story(found: Scene, theirs: Other) -> None:
    """Calm; an outage in which money moves; a reorganisation; a kill of both, during which money moves; calm."""
    _go_on(found, 20)
    found.storm.weather = Weather("reset")
    _go_on(found, 20)
    found.storm.weather = Weather("429")
    _go_on(found, 5)
    found.storm.weather = Weather()
    _go_on(found, 20)
    found.world.reorganise(12)
    _go_on(found, 20)
    found.child.end(signal.SIGKILL)
    theirs.kill()
    _go_on(found, 20)
    found.child.start(*found.watch())
    theirs.start()
    _go_on(found, 20)
    found.world.quiet(found.ground.final + 6)
    time.sleep(45.0)


def _go_on(found: Scene, seconds: int) -> None:
    for _ in range(seconds):
        found.world.step()
        time.sleep(1.0)


def _url(found: Scene) -> str:
    settings = (found.child.home / "tracer.toml").read_text(encoding="utf-8")
    return next(line.split('"')[3] for line in settings.splitlines() if line.startswith('"trongrid" = "http'))


def _ends(found: Scene) -> set[str]:
    return {found.world.who[name] for name in ENDS}


def _truth(found: Scene) -> Truth:
    world = found.world
    return truth_of(found.ground.rows(), world.who["victim"], world.since, _ends(found))


def _due(found: Scene) -> set[str]:
    """Transactions that carried stolen money after the watch began."""
    return {one.row.tx for one in _truth(found).carried if one.stolen and one.row.number > found.start}


def _ours(found: Scene) -> Told:
    told = Counter((one.said["id"], one.said["turn"]) for one in found.ear.all())
    last = {one.said["id"]: one.said for one in sorted(found.ear.all(), key=lambda one: int(one.said["turn"]))}
    held = {one["tx"] for one in last.values() if one["status"] != "retracted" and one["kind"] in ("payment", "taken")}
    return _count(found, held, sum(times > 1 for times in told.values()))


def _theirs(found: Scene, other: Other) -> Told:
    events = [json.loads(line) for line in other.alerts.read_text(encoding="utf-8").splitlines() if "hash" in line]
    told = Counter((one["address"], one["direction"], one["hash"], one["symbol"], one["value"]) for one in events)
    return _count(found, {one["hash"] for one in events}, sum(times > 1 for times in told.values()))


def _count(found: Scene, told: set[str], doubled: int) -> Told:
    due = _due(found)
    on_chain = {row.tx for row in found.ground.rows()}
    return Told(len(due), len(due & told), len(due - told), doubled, len(told - on_chain))


def main() -> None:
    """Print what both told."""
    for name, told in zip(("trace watch", "crypttrace"), side_by_side(sys.argv[1]), strict=True):
        print(f"| {name} | {' | '.join(map(str, told))} |")


if __name__ == "__main__":
    main()
