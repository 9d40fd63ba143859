"""A theft on a rollup whose explorer lists fees without their part for layer 1: every fee counts once and whole."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from chains.model import NATIVE
from tests.conftest import LabChain
from tests.lab.etherscan import etherscan_app
from tests.lab.rollup import L1_FEE, Rollup
from tests.lab.serving import serve
from tests.verify.bundles import bundled
from tests.verify.checker import checker
from tracer.case import open_case
from tracer.config import load_config
from tracer.question import Question, VictimAsk
from tracer.session import trace_case, verify_case, workings_of


@pytest.mark.node
def test_fees_are_counted_once_and_whole(lab_chain: LabChain, tmp_path: Path) -> None:
    """One fee per transaction and payer; where every fee is told whole, an account's balance is the chain's own.

    Whose fees no receipt told is said to be weak, and the bundle of the case verifies.
    """
    theft, ledger = lab_chain.theft, Rollup(lab_chain.node)
    (tmp_path / "tracer.toml").write_text(
        '[chains."eip155:1"]\nname = "ethereum"\ncoin = "ETH"\nl1_fee = true\n'
        f'wrapped = "{theft.who["weth"]}"\nsources = {{ etherscan = {{}} }}\n'
    )
    question = Question((VictimAsk(theft.victim, theft.since),), chain="eip155:1", min_value=Decimal(0))
    with serve(etherscan_app(ledger)) as url, open_case(tmp_path / "case", question=question) as case:
        endpoints = [f"etherscan={url}/v2/api", "prices=http://127.0.0.1:9"]
        config = load_config({}, tmp_path, endpoints=endpoints, rates=["etherscan=1000"], only=["etherscan"])
        asyncio.run(trace_case(case, question, config))
        summed = asyncio.run(workings_of(case, config)).ledger
        rows = list(case.store.select("SELECT tx, sender, amount FROM transfer WHERE kind = 0"))
    held = {
        account: (summed.balance[number] - ledger.balance(account[1], ""), summed.follow[account].weak)
        for number, account in enumerate(summed.accounts)
        if account in summed.follow and account[2] == NATIVE
    }
    assert len({row[:2] for row in rows}) == len(rows)
    assert any(int(amount) % 10**9 == L1_FEE % 10**9 for _, _, amount in rows)
    assert {left for left, weak in held.values() if not weak} == {0}
    assert held["eip155:1", theft.who["mule3"], NATIVE][0] == 0
    with open_case(tmp_path / "case", offline=True) as case:
        assert asyncio.run(verify_case(case, config)).differences == ()
    bundled(tmp_path / "case", tmp_path / "bundle")
    assert checker().main([str(tmp_path / "bundle")]) == 0
