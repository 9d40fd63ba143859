"""The TronGrid stand-in behaves as TronGrid does: fingerprints, limits, refusals, finality."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

import httpx
import pytest

from chains.tron_inclusion import NO_LOGS, check, prove
from tests.conftest import LabChain
from tests.lab.ledger import Log, tron_hex, tron_text
from tests.lab.recorded import ServedLedger
from tests.lab.serving import serve
from tests.lab.small import HUB, ROWS, small_ledger
from tests.lab.trongrid import Grid as Desk
from tests.lab.trongrid import trongrid_app
from tests.lab.trongrid_contracts import Lent
from tests.lab.trongrid_rows import txid


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> ServedLedger:
    return small_ledger(tmp_path_factory.mktemp("served"))


class Grid:
    """A client of a TronGrid stand-in, for one address."""

    def __init__(self, url: str, who: str) -> None:
        self.url, self.who = url, tron_text(who)

    def get(self, what: str, **params: str) -> httpx.Response:
        return httpx.get(f"{self.url}/v1/accounts/{self.who}{what}", params=params)

    def all(self, what: str, **params: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        while True:
            page = self.get(what, **params).json()
            rows += page["data"]
            if "fingerprint" not in page["meta"]:
                return rows
            params = {**params, "fingerprint": page["meta"]["fingerprint"]}

    def post(self, path: str, **body: Any) -> Any:
        return httpx.post(f"{self.url}/{path}", json=body).json()


@pytest.fixture
def grid(small: ServedLedger) -> Iterator[Grid]:
    with serve(trongrid_app(small, lag=1)) as url:
        yield Grid(url, HUB)


ASC = {"order_by": "block_timestamp,asc"}


def test_fingerprints_lead_through_everything(grid: Grid) -> None:
    """Following fingerprints yields every transfer once, in order; a full last page is followed by an empty one."""
    rows = grid.all("/transactions/trc20", limit="200", **ASC)
    assert [int(row["value"]) for row in rows] == list(range(1, ROWS + 1))
    assert {"transaction_id", "token_info", "block_timestamp", "from", "to", "type", "value"} == set(rows[0])
    one = {"limit": "3", "min_timestamp": "5100000", "max_timestamp": "5100000", **ASC}
    full = grid.get("/transactions/trc20", **one).json()
    assert len(full["data"]) == 3
    empty = grid.get("/transactions/trc20", **one, fingerprint=full["meta"]["fingerprint"]).json()
    assert empty["data"] == []
    assert "fingerprint" not in empty["meta"]


def test_trongrid_refuses_what_it_refuses(grid: Grid) -> None:
    """201 rows are a 400 without a body; a fingerprint with other parameters is a 400; unknown paths are 404."""
    too_many = grid.get("/transactions/trc20", limit="201")
    assert (too_many.status_code, too_many.content) == (400, b"")
    first = grid.get("/transactions/trc20", limit="5").json()["meta"]["fingerprint"]
    changed = grid.get("/transactions/trc20", limit="6", fingerprint=first)
    assert changed.status_code == 400
    assert "fingerprint does not match" in changed.json()["error"]
    assert grid.get("/nosuch").status_code == 404


def test_the_tip_is_not_solid_yet(grid: Grid) -> None:
    """With a lag of one block, walletsolidity and only_confirmed stop one block short of wallet."""
    head = grid.post("wallet/getnowblock")["block_header"]["raw_data"]["number"]
    solid = grid.post("walletsolidity/getnowblock")["block_header"]["raw_data"]["number"]
    assert (head, solid) == (933, 932)
    newest = grid.get("/transactions/trc20", limit="1", only_confirmed="true").json()["data"][0]
    assert newest["block_timestamp"] == (5_000 + 932) * 1000


MULTISIG = "0x" + "55" * 20
DESTROYED = "0x61e6e66b0d6339b2980aecc6ccc0039736791f0ccde9ed512e789a7fbdd698c6"


def test_a_contract_s_events_calls_and_code(small: ServedLedger) -> None:
    """Events by name with decoded arguments, answers from the table, code for contracts alone."""
    word = "0x" + HUB[2:].rjust(64, "0")
    ledger, usdt = copy(small), tron_text(small.usdt.contract)
    ledger.events = [Log("ab" * 32, 932, 9, 5932, 4, MULTISIG, (DESTROYED, word), f"0x{77:064x}")]  # type: ignore[attr-defined]
    answers = {(MULTISIG, "0xe47d6060"): f"0x{1:064x}", (MULTISIG, "0xe47d6060" + word[2:]): ""}
    with serve(trongrid_app(ledger, answers=answers)) as url:
        where = f"{url}/v1/contracts/{tron_text(MULTISIG)}/events"
        (row,) = httpx.get(where, params={"event_name": "DestroyedBlackFunds", "limit": "200", **ASC}).json()["data"]
        both = {"0": HUB, "1": "77", "_blackListedUser": HUB, "_balance": "77"}
        assert (row["result"], row["event_index"], row["block_timestamp"]) == (both, 4, 5932000)
        late = {"event_name": "DestroyedBlackFunds", "min_block_timestamp": "5932001"}
        assert httpx.get(where, params=late).json()["data"] == []
        assert httpx.get(where, params={"event_name": "AddedBlackList"}).json()["data"] == []
        grid = Grid(url, HUB)
        asked = {"owner_address": grid.who, "contract_address": tron_text(MULTISIG), "visible": True}
        told = grid.post("walletsolidity/triggerconstantcontract", **asked, data="e47d6060" + "0" * 64)
        assert told["constant_result"] == [f"{1:064x}"]
        assert "message" in grid.post("wallet/triggerconstantcontract", **asked, data="e47d6060" + word[2:])["result"]
        assert grid.post("wallet/getcontractinfo", value=usdt, visible=True)["runtimecode"]
        assert grid.post("wallet/getcontractinfo", value=grid.who, visible=True) == {}
        transfers = httpx.get(
            f"{url}/v1/contracts/{tron_text(small.usdt.contract)}/events", params={"limit": "2"}
        ).json()
        assert [row["event_name"] for row in transfers["data"]] == ["Transfer"] * 2


def test_lent_energy_stands_in_both_histories(small: ServedLedger) -> None:
    """A loan is a row of the lender's transactions and of the receiver's, in the order of time."""
    ledger = copy(small)
    ledger.supports = [Lent("cd" * 32, 500, 0, 5500, MULTISIG, HUB)]  # type: ignore[attr-defined]
    with serve(trongrid_app(ledger)) as url:
        for who in (HUB, MULTISIG):
            (row,) = Grid(url, who).all("/transactions", limit="200", **ASC)
            contract = row["raw_data"]["contract"][0]
            assert (contract["type"], row["block_timestamp"]) == ("DelegateResourceContract", 5500000)
            assert contract["parameter"]["value"]["receiver_address"] == tron_hex(HUB)


@pytest.mark.node
def test_the_theft_through_trongrid(lab_chain: LabChain) -> None:
    """The same theft as TRON: call value, failure, internal rows, an approval row, positions by block."""
    theft = lab_chain.theft
    bare = {name: txid(lab_chain.ledger, tx) for name, tx in theft.txs.items()}
    with serve(trongrid_app(lab_chain.ledger)) as url:
        thief = Grid(url, theft.who["thief"])
        rows = {row.get("txID"): row for row in thief.all("/transactions", limit="200", **ASC)}
        assert rows[bare["fail"]]["ret"][0]["contractRet"] == "REVERT"
        call = rows[bare["split"]]["raw_data"]["contract"][0]
        assert (call["type"], call["parameter"]["value"]["call_value"]) == ("TriggerSmartContract", 10**18)
        trc20 = thief.all("/transactions/trc20", limit="200", **ASC)
        assert [row["type"] for row in trc20].count("Approval") == 0
        victim = Grid(url, theft.who["victim"])
        assert "Approval" in {row["type"] for row in victim.all("/transactions/trc20", limit="200", **ASC)}
        mule3 = Grid(url, theft.who["mule3"])
        inner = mule3.all("/internal-transactions", limit="200", **ASC)
        assert [(row["data"]["call_value"]["_"], row["data"]["rejected"]) for row in inner][1:] == [
            (4 * 10**17, False), (10**17, True),
        ]  # fmt: skip
        info = thief.post("walletsolidity/gettransactioninfobyid", value=bare["fail"])
        assert info["result"] == "FAILED"
        block = thief.post("wallet/gettransactioninfobyblocknum", num=10)
        assert [row["id"] for row in block] == [bare["steal dollars"], bare["steal ether"]]
        account = thief.get("").json()["data"][0]
        assert account["balance"] == theft.truth.ether[theft.who["thief"]]
        assert account["trc20"] == [{tron_text(theft.who["token"]): "500000000"}]
        token = {"contract_address": tron_text(theft.who["token"]), "owner_address": thief.who, "visible": True}
        decimals = thief.post("wallet/triggerconstantcontract", **token, function_selector="decimals()", parameter="")
        assert int(decimals["constant_result"][0], 16) == 6
        assert thief.post("wallet/getcontract", value=tron_text(theft.who["pair"]), visible=True)["contract_address"]
        assert thief.post("wallet/getcontract", value=thief.who, visible=True) == {}


@pytest.mark.node
def test_every_transaction_is_in_its_block(lab_chain: LabChain) -> None:
    """Ids of blocks and transactions are hashes of their own bytes, and headers commit to the transactions."""
    grid, found = Desk(lab_chain.ledger), 0
    for number in range(lab_chain.ledger.head() + 1):
        block = grid.block({"num": number}, solid=True)
        for row in block.get("transactions", ()):
            one = prove("tron:mainnet", row["txID"], block, "lab", (1,))
            assert (one.why, check(one)) == (NO_LOGS, "")
            assert grid.by_id({"value": row["txID"]}, solid=True)["txID"] == row["txID"]
            found += 1
    assert found > 70
