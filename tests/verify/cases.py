"""Finished cases for the tests of the checker: the lab's theft as each kind of source tells it, and a recorded one."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

from chains.tron_address import from_hex
from tests.conftest import LabChain
from tests.functional.runs import run_case
from tests.functional.test_lab_theft import SOURCES
from tests.lab.cases import load_case
from tests.lab.trongrid_rows import txid
from tracer.case import open_case
from tracer.config import load_config
from tracer.question import Question, VictimAsk
from tracer.session import trace_case


def lab_case(source: str, lab: LabChain, home: Path) -> Path:
    """The lab's theft, traced from one kind of source; no labels, so that every account is followed."""
    tron = source == "trongrid"
    spell = (lambda address: str(from_hex(address))) if tron else str
    coin = 'name = "tron"\nfamily = "tron"\ncoin = "TRX"\ndecimals = 6' if tron else 'name = "ethereum"\ncoin = "ETH"'
    chain, sources = (
        "tron:mainnet" if tron else "eip155:1",
        "rpc = { urls = [] }" if source == "rpc" else f"{source} = {{}}",
    )
    home.mkdir(parents=True)
    about = f'[chains."{chain}"]\n{coin}\nwrapped = "{spell(lab.theft.who["weth"])}"\nsources = {{ {sources} }}\n'
    (home / "tracer.toml").write_text(about)
    since = txid(lab.ledger, lab.theft.since) if tron else lab.theft.since
    question = Question((VictimAsk(spell(lab.theft.victim), since),), chain=chain, min_value=Decimal(0))
    endpoint = "rpc.1" if source == "rpc" else source
    with SOURCES[source](lab) as url, open_case(home / "case", question=question) as case:
        endpoints = [f"{endpoint}={url}", "prices=http://127.0.0.1:9"]
        config = load_config({}, home, endpoints=endpoints, rates=[f"{endpoint}=1000"], only=[source])
        asyncio.run(trace_case(case, question, config))
    return home / "case"


def recorded_case(home: Path) -> Path:
    """A recorded theft with many thieves' accounts, from the reference data."""
    return run_case(load_case("laundernet_lifi"), home).folder
