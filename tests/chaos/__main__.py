"""Runs the chaos from the command line: ``python -m tests.chaos --blocks 10000 --seed 1``."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import time
from pathlib import Path

import click

from tests.chaos.judge import judge
from tests.chaos.play import Diary, Plan, play, settle
from tests.chaos.scene import EVM, TRON, scene
from tests.lab.storm import KINDS

SHOWN = 40


@click.command()
@click.option("--blocks", default=10_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--chain", type=click.Choice([EVM, TRON]), default=EVM, show_default=True)
@click.option("--most", default=300, show_default=True, help="People who ever receive money.")
@click.option("--pause", default=1.0, show_default=True, help="Seconds between bursts of blocks, on the average.")
@click.option("--without", multiple=True, type=click.Choice(KINDS), help="Weather to leave out.")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Kept; default: a temporary one.")
def main(
    *, blocks: int, seed: int, chain: str, most: int, pause: float, without: tuple[str, ...], folder: Path | None
) -> None:
    """Play BLOCKS blocks by a seed, and judge what the watch told."""
    for ending in (signal.SIGINT, signal.SIGTERM):  # so that nothing is left running
        signal.signal(ending, signal.default_int_handler)  # nor ignored by the watch, as where a shell runs this behind
    home = folder or Path(tempfile.mkdtemp(prefix="chaos-"))
    home.mkdir(parents=True, exist_ok=True)
    click.echo(f"seed {seed}, {blocks} blocks, {chain}, in {home}")
    began = time.monotonic()
    kinds = tuple(kind for kind in KINDS if kind not in without)
    with scene(home, chain, seed, most=most) as found:
        diary = Diary()
        play(found, Plan(blocks, seed, pause=pause, kinds=kinds), diary)
        said = settle(found)
        verdict = judge(found)
        memory = [kilobytes for kilobytes in diary.memory if kilobytes]
        told = {
            "seconds": round(time.monotonic() - began),
            "world": vars(found.world.tally),
            "events": dict(diary.events),
            "exits": [code for _, code in found.child.endings],
            "died": diary.died,
            "requests": dict(found.storm.asked.most_common()),
            "weather": dict(found.storm.met),
            "ear": {"heard": len(found.ear.heard), "again": found.ear.again.total(), "refused": found.ear.refused},
            "memory": [min(memory, default=0), max(memory, default=0)],
            "alerts": verdict.counts,
            "settled": said,
        }
    click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    click.echo("\n".join(verdict.faults[:SHOWN]))
    click.echo(f"{len(verdict.faults)} faults, seed {seed}")
    sys.exit(bool(verdict.faults))


if __name__ == "__main__":
    main()
