"""`trace labels update` of an issuer's blacklist, from the events of its contract, as a user would call it."""

from __future__ import annotations

from pathlib import Path

import pytest

from chains.model import Address
from chains.tron_address import from_hex, to_evm_hex
from tests.lab.etherscan import etherscan_app
from tests.lab.ledger import Log
from tests.lab.recorded import ServedLedger
from tests.lab.serving import serve
from tests.lab.small import CLOCK, FIRST_BLOCK, small_ledger
from tests.lab.trongrid import trongrid_app
from tracer.cli import run
from tracer.list_events import CIRCLE
from tracer.lists.circle import CONTRACTS

HELD, FREED = "0x" + "ab" * 20, "0x" + "cd" * 20
FROZEN, RELEASED = CIRCLE
AT = {contract.name: contract.address for contract in CONTRACTS}


class Telling(ServedLedger):
    """The small ledger, on whose chain one address was frozen for good, and another frozen and released."""

    contract = ""

    @property
    def events(self) -> tuple[Log, ...]:
        """The three logs of the contract, one a block."""
        rows = enumerate(((FROZEN, HELD), (FROZEN, FREED), (RELEASED, FREED)), FIRST_BLOCK + 5)
        return tuple(
            Log(f"0x{at:064x}", at, 0, CLOCK + at, 9, self.contract, (kind, f"0x{who[2:]:0>64}"), "0x")
            for at, (kind, who) in rows
        )


@pytest.mark.parametrize("name", ["usdc-base", "usdc-tron"])
def test_a_blacklist_is_made_from_events(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who is frozen now is shown as frozen; who was released is shown as such, and as nothing that holds today."""
    monkeypatch.setenv("TRACER_LABELS", str(tmp_path / "lists"))
    monkeypatch.setenv("ETHERSCAN_API_KEY", "made-up-key")
    small_ledger(tmp_path)
    tron = name.endswith("tron")
    telling = Telling(tmp_path / "served.parquet", "small")
    telling.contract = to_evm_hex(Address(AT[name])) if tron else AT[name]
    with serve(trongrid_app(telling) if tron else etherscan_app(telling, chain_id=8453)) as url:
        where = f"trongrid={url}" if tron else f"etherscan={url}/v2/api"
        source = where.split("=", maxsplit=1)[0]
        words = ["labels", "update", name, "--endpoint", where, "--source", source, "--rate", f"{source}=1000"]
        assert run(words) == 0
        assert run(words) == 0
    held, freed = (from_hex(who) if tron else who for who in (HELD, FREED))
    capsys.readouterr()
    assert run(["labels", "show", held]) == 0
    shown = capsys.readouterr().out
    assert "Circle" in shown
    assert "frozen" in shown
    assert run(["labels", "show", freed]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "does not hold today" in shown
    assert "held until 1970-01-01" in shown
