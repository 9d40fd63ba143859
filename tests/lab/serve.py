"""Runs one case as a stand-in explorer until interrupted, and prints the command line that traces it.

    python -m tests.lab.serve laundernet_lifi --rate 5
    python -m tests.lab.serve theft --faults 0.05 --seed 1

``theft`` is the scripted one on a fresh node, ``theft-tron`` the same through TronGrid. ``venues`` are the six thefts
whose money changes form, in one case; ``venues-a`` to ``venues-f`` each of them alone.
"""

from __future__ import annotations

import shlex
import signal
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import click

from tests.lab.anvil import running
from tests.lab.anvil_ledger import AnvilLedger
from tests.lab.cases import CASES, load_case, write_labels
from tests.lab.desk import Faults, StandIn
from tests.lab.etherscan import etherscan_app
from tests.lab.ledger import tron_text
from tests.lab.prices import prices_app
from tests.lab.serving import serve
from tests.lab.theft import play
from tests.lab.trongrid import trongrid_app
from tests.lab.trongrid_rows import txid
from tests.lab.venues import SCRIPTS, market, play_venues, write_settings


@click.command()
@click.argument("case", type=click.Choice([*CASES, "theft", "theft-tron", "venues", *(f"venues-{x}" for x in SCRIPTS)]))
@click.option("--port", default=0, help="0 takes a free one.")
@click.option("--rate", type=float, default=None, help="Refuse above this many requests a second.")
@click.option("--faults", type=float, default=0.0, help="Share of requests that go wrong.")
@click.option("--seed", default=0, help="Which requests go wrong.")
def main(case: str, port: int, rate: float | None, faults: float, seed: int) -> None:
    """Serve CASE and say how to trace it."""
    for ending in (signal.SIGINT, signal.SIGTERM):  # a shell's background jobs ignore Ctrl-C unless told otherwise
        signal.signal(ending, signal.default_int_handler)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        place = _Place(stack, port, rate, Faults(seed, faults), folder)
        served = SERVED.get(case.partition("-")[0], _recorded)(place, case)
        prices = stack.enter_context(serve(prices_app(served.market)))
        command = shlex.join(["trace", *served.arguments, "--endpoint", f"prices={prices}"])
        where = f"cd {shlex.quote(str(folder))} && " if (folder / "tracer.toml").exists() else ""
        click.echo(f"{case} is served; Ctrl-C ends it\n\n  {where}{command}\n")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            counter = served.app.counter
            click.echo(f"{len(counter)} requests, {counter.refusals} refused, {len(counter.histories())} histories")


class _Served(NamedTuple):
    """What is served: the stand-in, the arguments of ``trace``, and prices beyond the common ones."""

    app: StandIn
    arguments: list[str]
    market: dict[str, tuple[str, int, float]] | None = None


class _Place(NamedTuple):
    """Where and how to serve: the servers' life, the port, the troubles, and a folder for label files."""

    stack: ExitStack
    port: int
    rate: float | None
    faults: Faults
    folder: Path

    def serve(self, app: StandIn) -> str:
        return self.stack.enter_context(serve(app, self.port))


def _recorded(place: _Place, name: str) -> _Served:
    case = load_case(name)
    app = case.app(rate=place.rate, faults=place.faults)
    chain_id = "tron:mainnet" if case.chain == "tron" else "eip155:1"
    labels = write_labels(place.folder / "labels.csv", chain_id, dict.fromkeys(case.services, "service"))
    return _Served(app, case.arguments(place.serve(app), labels))


def _theft(place: _Place, name: str) -> _Served:
    node = place.stack.enter_context(running())
    theft = play(node)
    ledger = AnvilLedger(node)
    if name == "theft-tron":
        app = trongrid_app(ledger, rate=place.rate, faults=place.faults)
        known = {tron_text(address): category for address, category in theft.labels.items()}
        labels = write_labels(place.folder / "labels.csv", "tron:mainnet", known)
        where = f"trongrid={place.serve(app)}"
        start = ["tron", "--since", txid(ledger, theft.since)]
        arguments = [tron_text(theft.victim), "--chain", *start, "--endpoint", where, "--labels", str(labels)]
        return _Served(app, arguments)
    app = etherscan_app(ledger, rate=place.rate, faults=place.faults)
    labels = write_labels(place.folder / "labels.csv", "eip155:1", theft.labels)
    url = place.serve(app)
    places = ["--endpoint", f"etherscan={url}/v2/api", "--endpoint", f"rpc.1={node.url}"]
    start = ["--chain", "ethereum", "--since", theft.since]
    return _Served(app, [theft.victim, *start, *places, "--labels", str(labels)])


def _venues(place: _Place, name: str) -> _Served:
    node = place.stack.enter_context(running())
    played = play_venues(node)
    app = etherscan_app(AnvilLedger(node), rate=place.rate, faults=place.faults)
    labels = write_settings(place.folder, played, "etherscan")
    wanted = name.removeprefix("venues").removeprefix("-") or SCRIPTS
    asked = [f"{played.stories[story].victim}@{played.stories[story].seeds[0]}" for story in wanted]
    places = ["--endpoint", f"etherscan={place.serve(app)}/v2/api"]
    return _Served(app, [*asked, "--chain", "ethereum", *places, "--labels", str(labels)], market(played))


SERVED = {"theft": _theft, "venues": _venues}


if __name__ == "__main__":
    main()
