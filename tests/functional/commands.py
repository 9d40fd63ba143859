"""The program at a small theft behind a stand-in explorer, called in this process or as a process of its own.

A process costs a second before it says a word. What only the operating system sees (exit codes, streams, signals) is
asked of a process; what the program makes of its arguments is asked here, through `tracer.cli.run`.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from tests.lab.desk import Faults, StandIn
from tests.lab.etherscan import etherscan_app
from tests.lab.prices import prices_app
from tests.lab.recorded import ServedLedger
from tests.lab.serving import serve
from tracer.cli import run

ROOT = Path(__file__).parents[2]
FAUCET, VICTIM, MULE, EXCHANGE, REST = (f"0x{number:02x}{'0' * 36}{number:02x}" for number in (17, 34, 51, 68, 85))
SINCE = "2023-11-14T22:13:30Z"
START = 1_700_000_000
Payment = tuple[int, str, str, int]
ROWS: tuple[Payment, ...] = (
    (1, FAUCET, VICTIM, 1_000),
    (2, FAUCET, MULE, 50),
    (20, VICTIM, MULE, 900),
    (30, MULE, EXCHANGE, 400),
    (40, MULE, REST, 100),
)
THEFT = (VICTIM, "--since", SINCE, "--chain", "ethereum", "--labels", "labels.csv")
LABELS = f"chain,address,entity,category\neip155:1,{EXCHANGE},Example Exchange,exchange_hot\n"
OF_THE_TESTER = ("PATH", "HOME", "LD_LIBRARY_PATH")


class Ran(NamedTuple):
    """How a run of the program ended."""

    code: int
    out: str
    err: str


class Town(NamedTuple):
    """The stand-ins that serve a theft."""

    url: str
    app: StandIn
    ledger: ServedLedger
    prices: str


class Desk(NamedTuple):
    """A town, and a folder to work in."""

    town: Town
    home: Path

    @property
    def asked(self) -> int:
        """How many requests reached the explorer."""
        return len(self.town.app.counter)

    def environment(self) -> dict[str, str]:
        """A plain environment: nothing of the tester's own, least of all the lists."""
        kept = {name: value for name, value in os.environ.items() if name in OF_THE_TESTER}
        plain = {"LANG": "C.UTF-8", "COLUMNS": "110", "TRACER_LABELS": f"{os.devnull}/none"}
        return {**kept, **plain, "PYTHONPATH": str(ROOT)}

    def process(self, *arguments: str, **environment: str) -> Ran:
        """Run the program as a process of its own, to its end."""
        started = self.start(*arguments, **environment)
        out, err = started.communicate(timeout=60)
        assert "Traceback" not in err, err
        return Ran(started.returncode, out, err)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """The program as a running process."""
        return subprocess.Popen(
            [sys.executable, "-m", "tracer", *arguments],
            cwd=self.home, env={**self.environment(), **environment},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, *arguments: str, **environment: str) -> Ran:
        """The same in this process: what would be a traceback fails the test."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            wanted = {**self.environment(), **environment}
            for name in os.environ.keys() - wanted.keys():
                patch.delenv(name)
            for name, value in wanted.items():
                patch.setenv(name, value)
            patch.chdir(self.home)
            code = run(list(arguments))
        return Ran(code, out.getvalue(), err.getvalue())

    def options(self, rate: str = "500") -> list[str]:
        """Options that point the program at the stand-ins alone."""
        pointed = ["--source", "etherscan", "--endpoint", f"etherscan={self.town.url}", "--rate", f"etherscan={rate}"]
        return [*pointed, "--endpoint", f"prices={self.town.prices}", "--rate", "prices=500"]

    def trace(self, *arguments: str, **environment: str) -> Ran:
        """Trace the theft."""
        return self.run(*THEFT, *self.options(), *arguments, **environment)


@contextmanager
def town_of(folder: Path, rows: Sequence[Payment] = ROWS) -> Iterator[Town]:
    """Stand-ins for these payments of whole USDT, the block being the second."""
    served = [(at, 0, START + at, sender, receiver, units * 10**6, "flow") for at, sender, receiver, units in rows]
    table = pd.DataFrame(served, columns=["block", "index", "ts", "from", "to", "value", "kind"])
    table.to_parquet(folder / "served.parquet")
    ledger = ServedLedger(folder / "served.parquet", "commands")
    app = etherscan_app(ledger)
    with serve(app) as url, serve(prices_app()) as prices:
        yield Town(f"{url}/v2/api", app, ledger, prices)


def desk_in(town: Town, home: Path) -> Desk:
    """A desk as it is in the morning: nothing asked yet, no troubles, and the usual labels in the folder."""
    town.app.counter.seen.clear()
    town.app.faults = Faults(share=0.0)
    town.ledger.forked_from = None
    (home / "labels.csv").write_text(LABELS)
    return Desk(town, home)


def finished(town: Town, folder: Path) -> tuple[Desk, Ran]:
    """A desk on which the theft was traced by a process of its own, as a document, into the case ``c``."""
    desk = desk_in(town, folder)
    ran = desk.process(*THEFT, *desk.options(), "--case", "c", "--json")
    assert ran.code == 0, ran.err
    return desk, ran
