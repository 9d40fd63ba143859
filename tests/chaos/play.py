"""One chaos run: the world goes on, and by the dice the watch is killed, cut off, lied to, and its clock set.

The order of events follows from the seed; how far the watch has come at each of them does not, and must not matter.
"""

from __future__ import annotations

import math
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.chaos.scene import TRON, Scene
from tests.lab.storm import BROKEN, CALM, HTTP, NODE, Weather
from tracer.watch.guard import EVERY

SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
JUMPS = (0, 3_600, -3_600, 86_400, -86_400, 17)
DEEPEST = {"evm": 20, TRON: 18}
ELSEWHERE = 2 * EVERY
"""Seconds for which a node that is set on another chain stays there: nobody takes that back at once."""


@dataclass(frozen=True)
class Plan:
    """How wild a run is. ``pause`` are seconds between bursts of up to ``burst`` blocks; the rest are shares of bursts.

    ``away`` is the share of kills after which the watch stays away for some bursts.
    """

    blocks: int
    seed: int = 0
    burst: int = 6
    pause: float = 1.0
    reorganise: float = 0.15
    weather: float = 0.03
    kill: float = 0.02
    away: float = 0.3
    jump: float = 0.02
    deaf: float = 0.03
    kinds: tuple[str, ...] = (*BROKEN, *HTTP, *NODE)


@dataclass
class Diary:
    """What was done to the watch, and how much memory it had."""

    events: Counter[str] = field(default_factory=Counter)
    memory: list[int] = field(default_factory=list)
    died: list[int] = field(default_factory=list)
    """Exit codes of runs that ended although nobody had ended them."""


def play(scene: Scene, plan: Plan, diary: Diary) -> None:
    """Let ``plan.blocks`` blocks come and go; at the end everything is as it was, and the watch has been stopped."""
    dice = random.Random(f"chaos|{plan.seed}")
    last = scene.world.head + plan.blocks
    bad_until = deaf_until = away_until = 0
    burst = 0
    scene.child.start(*scene.watch())
    while scene.world.head < last:
        burst += 1
        scene.world.step(min(dice.randint(1, plan.burst), last - scene.world.head))
        if dice.random() < plan.reorganise:
            scene.world.reorganise(dice.randint(1, DEEPEST[scene.family]))
        if burst >= bad_until:
            scene.storm.weather = Weather()
            if dice.random() < plan.weather:
                scene.storm.weather = _weather(dice, plan)
                diary.events[scene.storm.weather.kind] += 1
                bad_until = burst + dice.randint(3, 15)
                if scene.storm.weather.kind == "wrong":
                    bad_until = burst + math.ceil(ELSEWHERE / plan.pause)
        if burst >= deaf_until:
            scene.ear.failing = 0.0
            if dice.random() < plan.deaf:
                scene.ear.failing, deaf_until = dice.choice((0.5, 1.0)), burst + dice.randint(2, 8)
                diary.events["deaf"] += 1
        if dice.random() < plan.jump:
            scene.child.clock(dice.choice(JUMPS))
            diary.events["clock"] += 1
        away_until = _perhaps_kill(scene, plan, dice, diary, burst, away_until)
        time.sleep(plan.pause * dice.random() * 2)
        diary.memory.append(scene.child.memory())
    _end(scene, diary)


def _weather(dice: random.Random, plan: Plan) -> Weather:
    kind = dice.choice(plan.kinds)
    return Weather(kind, 1.0 if kind in NODE else dice.choice((0.2, 0.6, 1.0)), dice.randint(1, 30))


def _perhaps_kill(scene: Scene, plan: Plan, dice: random.Random, diary: Diary, burst: int, away_until: int) -> int:
    """Kill a watch that runs, start one that is gone; returns the burst until which it stays away."""
    child = scene.child
    if child.process is not None and not child.running:
        diary.died.append(child.end(signal.SIGKILL))
    if child.running and dice.random() < plan.kill:
        how = dice.choice(SIGNALS)
        child.end(how)
        diary.events[how.name] += 1
        if dice.random() < plan.away:
            return burst + dice.randint(2, 12)
    if not child.running and burst >= away_until:
        child.start(*scene.watch())
    return away_until


def _end(scene: Scene, diary: Diary) -> None:
    """A clear sky, blocks enough to make everything final, and the watch stopped."""
    scene.storm.weather, scene.ear.failing = Weather(CALM), 0.0
    scene.world.quiet(scene.ground.final + 6)
    if scene.child.running:
        scene.child.end(signal.SIGTERM)
    elif scene.child.process is not None:
        diary.died.append(scene.child.end(signal.SIGKILL))


def settle(scene: Scene, most: int = 12, patience: int = 120) -> list[str]:
    """Watch once, again and again, until it says that nothing is left to do; what it said of itself by run."""
    said: list[str] = []
    for _ in range(most):
        scene.child.start(*scene.watch("--once"))
        ended = scene.child.wait_for(patience)
        code = scene.child.end(signal.SIGINT)
        last = scene.child.words.read_text(encoding="utf-8").splitlines()[-4:]
        said.append(f"exit {code}{'' if ended else ', not by itself'}: {' / '.join(last)}")
        if code == 0 and ended:
            return said
    return said
