"""The watch under fire: a short chaos run, and every way to stop it. `python -m tests.chaos` runs the long one."""

from __future__ import annotations

import resource
import signal
import time
from pathlib import Path

import pytest

from tests.chaos.judge import judge
from tests.chaos.play import Diary, Plan, play, settle
from tests.chaos.scene import EVM, TRON, Scene, scene

pytestmark = pytest.mark.node

SEED = 7
PATIENCE = 30.0
STOPS = ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9))


def _moved(scene: Scene) -> None:
    """Let money move until some of it was told."""
    before, deadline = len(scene.ear.heard), time.monotonic() + PATIENCE
    while len(scene.ear.heard) == before:
        assert scene.child.running, scene.child.words.read_text()
        assert time.monotonic() < deadline, f"nothing was told: {scene.child.words.read_text()}"
        scene.world.step(2)
        time.sleep(0.2)


@pytest.mark.parametrize("family", [EVM, TRON])
def test_every_alert_comes_once_whatever_happens(family: str, tmp_path: Path) -> None:
    """Kills, outages, lies, clock jumps, reorganisations: in the end all is told, once, and the fold is a trace's."""
    print(f"seed {SEED}")
    plan = Plan(110, SEED, burst=12, pause=0.3, reorganise=0.3, weather=0.3, kill=0.15, jump=0.2, deaf=0.2)
    with scene(tmp_path, family, SEED, most=60) as found:
        diary = Diary()
        play(found, plan, diary)
        said = settle(found)
        assert not judge(found).faults, (dict(diary.events), said)
        assert said[-1].startswith("exit 0")
        assert not diary.died


def test_however_it_is_stopped_it_goes_on_and_loses_nothing(tmp_path: Path) -> None:
    """Ctrl-C, SIGTERM, SIGKILL, a full disk: money moves while it is gone, and the next start tells everything."""
    with scene(tmp_path, EVM, SEED, most=60) as found:
        for how, code in STOPS:
            found.child.start(*found.watch())
            _moved(found)
            found.world.step(4)
            assert found.child.end(how) == code
            found.world.step(8)
        found.child.start(*found.watch())
        _moved(found)
        _fill_the_disk(found)
        found.world.step(20)
        time.sleep(4)
        found.child.end(signal.SIGKILL)
        found.world.quiet(found.ground.final + 6)
        said = settle(found)
        assert not judge(found).faults, said
        assert said[-1].startswith("exit 0")


def _fill_the_disk(scene: Scene) -> None:
    """From now on no file of the watch grows: writing fails as on a full disk, from one moment to the next."""
    assert scene.child.process is not None
    files = [path.stat().st_size for path in scene.child.home.rglob("*") if path.is_file()]
    most = max(files) + 1
    resource.prlimit(scene.child.process.pid, resource.RLIMIT_FSIZE, (most, most))
