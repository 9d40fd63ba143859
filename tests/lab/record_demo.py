"""Records the bundled demonstration: the lab's theft read from its node, and the same in TronGrid's shape.

python -m tests.lab.record_demo
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from chains.tron_address import from_hex
from tests.lab.anvil import running
from tests.lab.anvil_ledger import AnvilLedger
from tests.lab.serving import serve
from tests.lab.theft import Theft, play
from tests.lab.trongrid import trongrid_app
from tests.lab.trongrid_rows import txid
from tracer.case import open_case, plan_name
from tracer.config import load_config
from tracer.demo import COLUMNS, LABELS
from tracer.question import Question, VictimAsk
from tracer.session import trace_case
from tracer.store import Store

CHAIN_ID = 31337
OUT = Path(__file__).parents[2] / "tracer" / "data"
NEVER = "2026-11-21T00:00:00Z"


def main() -> None:
    """Play the theft once and record both readings of it."""
    with running(CHAIN_ID) as node:
        theft = play(node, CHAIN_ID)
        _record("evm", theft, node.url, theft.since)
        ledger = AnvilLedger(node, CHAIN_ID)
        with serve(trongrid_app(ledger)) as url:
            _record("tron", theft, url, txid(ledger, theft.since))


def _record(name: str, theft: Theft, url: str, since: str) -> None:
    tron = name == "tron"
    chain = "tron:mainnet" if tron else f"eip155:{CHAIN_ID}"
    spell = (lambda address: str(from_hex(address))) if tron else str
    labels = "chain,address,entity,category,source\n" + "".join(
        f"{chain},{spell(address)},Example Exchange,{category},demonstration\n"
        for address, category in sorted(theft.labels.items())
    )
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        row = (
            'name = "tron"\nfamily = "tron"\ncoin = "TRX"\ndecimals = 6\nsources = { trongrid = {} }\n'
            if tron
            else 'name = "test chain"\ncoin = "ETH"\nsources = { rpc = { urls = [] } }\n'
        )
        row += f'wrapped = "{spell(theft.who["weth"])}"\n'
        (home / "tracer.toml").write_text(f'[chains."{chain}"]\n{row}')
        endpoint = "trongrid" if tron else f"rpc.{CHAIN_ID}"
        config = load_config(
            {},
            home,
            endpoints=[f"{endpoint}={url}"],
            rates=[f"{endpoint}=1000"],
            only=[endpoint.split(".", maxsplit=1)[0]],
        )
        victim = VictimAsk(spell(theft.victim), since)
        question = Question((victim,), chain=chain, labels=(LABELS,))
        source = home / "labels.csv"
        source.write_text(labels)
        with open_case(home / "case", question=question) as case:
            case.adopt({LABELS: source})
            asyncio.run(trace_case(case, question, config))
            recording = {
                "about": "A made-up theft on a test chain, recorded by python -m tests.lab.record_demo",
                "chain": chain,
                "victim": victim.address,
                "since": victim.since,
                "labels": labels,
                "plan": json.loads(case.store.meta(plan_name(case.store.generation)) or "{}"),
                "answers": _answers(case.store),
            }
    (OUT / f"demo_{name}.json").write_text(json.dumps(recording, indent=1, ensure_ascii=False) + "\n")


def _answers(store: Store) -> list[dict[str, Any]]:
    """What the sources answered, without the host's port and the time, which differ from run to run."""
    found = []
    for number, question, endpoint in store.questions():
        stored = store.raw(number)
        if endpoint == "prices":
            continue
        values = (question, endpoint, "http://127.0.0.1", NEVER, stored.status, json.dumps(dict(stored.headers)))
        row = dict(zip(COLUMNS, (*values, str(stored.kind), stored.detail), strict=True))
        found.append({**row, "body": stored.body.decode()})
    return sorted(found, key=lambda row: str(row["question"]))


if __name__ == "__main__":
    main()
