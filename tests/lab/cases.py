"""The recorded cases by name: what to serve, what to ask, and how to say it on a command line."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tests.lab.cryptopia import CryptopiaLedger
from tests.lab.desk import Faults, StandIn
from tests.lab.etherscan import etherscan_app
from tests.lab.recorded import ServedLedger
from tests.lab.trongrid import trongrid_app
from tests.shared import SHARED

CASES = ("laundernet_lifi", "laundernet_harmony", "tron_lifi", "cryptopia_2019_recorded")
CRYPTOPIA_SOURCE = "0xd4e79226f1e5a7a28abb58f4704e53cd364e8d11"
CRYPTOPIA_BLOCK = 7_798_053


class Case(NamedTuple):
    """One recorded case ready to be traced. ``since`` in Unix seconds; ``services`` is what a label list would know."""

    name: str
    chain: str
    ledger: ServedLedger | CryptopiaLedger
    sources: tuple[str, ...]
    since: int
    services: tuple[str, ...]
    truth: Path

    def app(self, *, rate: float | None = None, faults: Faults | None = None) -> StandIn:
        """The explorer this chain is read through."""
        if self.chain == "tron":
            return trongrid_app(self.ledger, rate=rate, faults=faults)
        return etherscan_app(self.ledger, rate=rate, faults=faults)

    def arguments(self, url: str, labels: Path | None = None) -> list[str]:
        """Arguments of `trace` that trace this case from the stand-in at ``url``, without --case."""
        since = datetime.fromtimestamp(self.since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        where = f"trongrid={url}" if self.chain == "tron" else f"etherscan={url}/v2/api"
        victims = [f"{source}@{since}" for source in self.sources]
        words = [*victims, "--chain", self.chain, "--endpoint", where, "--source", where.split("=", maxsplit=1)[0]]
        return [*words, "--labels", str(labels)] if labels else words


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


def write_labels(path: Path, chain_id: str, categories: Mapping[str, str]) -> Path:
    """A user's label file: categories by address, on one chain (``eip155:1``)."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["chain", "address", "entity", "category"])
        rows.writerows([chain_id, address, f"Lab {category}", category] for address, category in categories.items())
    return path
