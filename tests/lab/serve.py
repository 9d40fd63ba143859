"""Runs one recorded case as a stand-in explorer until interrupted, and prints the command line that traces it.

python -m tests.lab.serve laundernet_lifi --rate 5
python -m tests.lab.serve --list
"""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click

from tests.lab.cryptopia import CryptopiaLedger
from tests.lab.desk import Faults, StandIn
from tests.lab.etherscan import etherscan_app
from tests.lab.recorded import ServedLedger
from tests.lab.serving import serve
from tests.lab.trongrid import trongrid_app

SHARED = Path(os.environ.get("TRACER_SHARED", "/work/shared"))


class Case(NamedTuple):
    """One recorded case ready to be traced. ``since`` in Unix seconds or a transaction; ``services`` are labelled."""

    name: str
    chain: str
    ledger: ServedLedger | CryptopiaLedger
    sources: tuple[str, ...]
    since: int | str
    services: tuple[str, ...]
    truth: Path

    def app(self, *, rate: float | None = None, faults: Faults | None = None) -> StandIn:
        """The explorer this chain is read through."""
        if self.chain == "tron":
            return trongrid_app(self.ledger, rate=rate, faults=faults)
        return etherscan_app(self.ledger, rate=rate, faults=faults)

    def since_text(self) -> str:
        """``since`` as a command line takes it."""
        return self.since if isinstance(self.since, str) else datetime.fromtimestamp(self.since, UTC).isoformat()

    def command(self, url: str) -> str:
        """The `trace` command line that traces this case from its first source."""
        variable = "TRACER_URL_TRONGRID" if self.chain == "tron" else "TRACER_URL_ETHERSCAN"
        base = url if self.chain == "tron" else f"{url}/v2/api"
        return f"{variable}={base} trace {self.sources[0]} --chain {self.chain} --since {self.since_text()}"


CASES = ("laundernet_lifi", "laundernet_harmony", "tron_lifi", "cryptopia_2019_recorded")
CRYPTOPIA_SOURCE = "0xd4e79226f1e5a7a28abb58f4704e53cd364e8d11"
CRYPTOPIA_BLOCK = 7_798_053


def load_case(name: str, shared: Path = SHARED) -> Case:
    """One of `CASES`, read from the reference data."""
    folder = shared / "cases" / name
    if name == "cryptopia_2019_recorded":
        ledger = CryptopiaLedger(folder)
        since = ledger.time_of(CRYPTOPIA_BLOCK)
        return Case(name, "ethereum", ledger, (CRYPTOPIA_SOURCE,), since, (), folder / "ground_truth.csv")
    tron = name.startswith("tron")
    inner = folder if tron else folder / "noisy"
    facts = json.loads((inner / ("lifi_case.json" if tron else "case.json")).read_text())
    served = ServedLedger(inner / "served.parquet", name, "tron" if tron else "evm", 728126428 if tron else 1)
    truth = inner / ("lifi_ground_truth.csv" if tron else "ground_truth.csv")
    chain = "tron" if tron else "ethereum"
    return Case(name, chain, served, tuple(facts["sources"]), facts["since"], tuple(facts["services"]), truth)


@click.command()
@click.argument("case", type=click.Choice(CASES))
@click.option("--port", default=0, help="0 takes a free one.")
@click.option("--rate", type=float, default=None, help="Refuse above this many requests a second.")
@click.option("--faults", type=float, default=0.0, help="Share of requests that go wrong.")
@click.option("--seed", default=0, help="Which requests go wrong.")
def main(case: str, port: int, rate: float | None, faults: float, seed: int) -> None:
    """Serve CASE and say how to trace it."""
    loaded = load_case(case)
    app = loaded.app(rate=rate, faults=Faults(seed, faults))
    with serve(app, port) as url:
        click.echo(f"{case} at {url}; Ctrl-C ends it\n\n  {loaded.command(url)}\n")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            counter = app.counter
            click.echo(f"{len(counter)} requests, {counter.refusals} refused, {len(counter.histories())} histories")


if __name__ == "__main__":
    main()
