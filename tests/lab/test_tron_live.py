"""The living TRON chain behaves as one: it grows, gives way, and is served as TronGrid serves what is solid and not."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import httpx

from chains.tron_inclusion import NO_LOGS, check, prove
from tests.lab.ledger import tron_hex
from tests.lab.serving import serve
from tests.lab.tron_live import BEHIND, FAUCET, SLOT, USDT, TronLive, live_app
from tests.lab.trongrid_blocks import SPAN


def test_a_branch_gives_way_to_another() -> None:
    """Balances, lists and hashes are those of the new branch; what is in it keeps its id and gets a later height."""
    chain = TronLive(1)
    one, other = chain.person("one"), chain.person("other")
    chain.mine([chain.trx(FAUCET, one, 1_000), chain.usdt(FAUCET, one, 500)])
    kept, lost = chain.usdt(one, other, 200, fee=7), chain.trx(one, other, 300)
    number = chain.mine([kept, lost, chain.freeze(other), chain.permission(one, [other])])
    before = chain.block_hash(number), chain.time_of(number), chain.transaction(kept.id)
    assert (chain.is_frozen(other), chain.permission_of(one)[0]) == (True, (other,))
    dropped = chain.reorg(1, [[kept]])
    assert lost in dropped
    assert kept not in dropped
    assert (chain.is_frozen(other), chain.permission_of(one)[0]) == (False, (one,))
    assert (chain.balance(one, ""), chain.balance(other, ""), chain.balance(other, USDT)) == (993, 0, 200)
    assert chain.balance(other, USDT, number - 1) == 0
    assert (chain.head(), chain.time_of(number)) == (number, before[1] + SLOT)
    assert chain.block_hash(number) != before[0]
    assert chain.transaction(kept.id) != before[2]
    assert [len(rows) for rows in (chain.transactions(other), chain.moves(other), chain.logs(0, 9, ""))] == [0, 1, 2]


def test_what_cannot_be_paid_fails() -> None:
    """Such a transaction is mined, moves nothing and burns its fee; so does one of somebody who is frozen."""
    chain = TronLive(2)
    one, other = chain.person("one"), chain.person("other")
    chain.mine([chain.trx(FAUCET, one, 100), chain.usdt(FAUCET, one, 5), chain.freeze(one)])
    number = chain.mine([chain.usdt(one, other, 1, fee=30), chain.trx(one, other, 71), chain.destroy(one, 5)])
    assert [tx.ok for tx in chain.block_transactions(number)] == [False, False, True]
    assert (chain.balance(one, ""), chain.balance(one, USDT), chain.balance(other, USDT)) == (70, 0, 0)
    assert [paid for _, paid in chain.truth(number)] == [("", one, "", 30), (USDT, one, "", 5)]


def test_the_same_calls_make_the_same_chain() -> None:
    """Everything follows from the seed and the calls; another seed has other people and other blocks."""

    def made(seed: int) -> tuple[str, str]:
        chain = TronLive(seed)
        chain.mine([chain.trx(FAUCET, chain.person("one"), 5)])
        chain.grow(3)
        chain.reorg(2)
        return chain.person("one"), chain.block_hash(chain.head())

    assert made(3) == made(3)
    assert made(3) != made(4)


def test_every_transaction_is_in_its_block_and_every_block_on_the_one_before() -> None:
    """Ids are hashes of what is shown, also of a permission update, and blocks name each other."""
    chain = TronLive(5)
    one = chain.person("one")
    chain.mine([chain.trx(FAUCET, one, 9), chain.split(FAUCET, [(one, 3)]), chain.permission(one, [FAUCET])])
    chain.grow(2)
    with serve(live_app(chain)) as url:
        blocks = _ask(url, "wallet/getblockbylimitnext", startNum=0, endNum=9)["block"]
        assert len(blocks) == chain.head() + 1
        for before, block in pairwise(blocks):
            assert block["block_header"]["raw_data"]["parentHash"] == before["blockID"]
            for row in block.get("transactions", ()):
                proof = prove("tron:mainnet", row["txID"], block, "lab", (1,))
                assert (proof.why, check(proof)) == (NO_LOGS, "")


def test_what_is_not_solid_yet_is_told_by_the_newest_state_alone() -> None:
    """The newest nineteen blocks, and what they changed, are in ``/wallet`` and not in ``/walletsolidity``."""
    chain = TronLive(6)
    one, other = chain.person("one"), chain.person("other")
    chain.mine([chain.trx(FAUCET, one, 1_000)])
    chain.grow(BEHIND)
    payment = chain.trx(one, other, 400)
    chain.mine([payment, chain.permission(one, [other]), chain.usdt(FAUCET, one, 6)])
    with serve(live_app(chain)) as url:
        for api, balance, key, head in (("wallet", 600, other, chain.head()), ("walletsolidity", 1_000, one, 2)):
            account = _ask(url, f"{api}/getaccount", address=one, visible=False)
            (held,) = account["owner_permission"]["keys"]
            assert (account["balance"], held["address"]) == (balance, tron_hex(key))
            known = bool(_ask(url, f"{api}/gettransactioninfobyid", value=payment.id))
            header = _ask(url, f"{api}/getblock", detail=False)
            assert (known, header["block_header"]["raw_data"]["number"]) == (api == "wallet", head)
        (row,) = httpx.get(f"{url}/v1/accounts/{one}", params={"only_confirmed": "true"}).json()["data"]
        assert (row["balance"], row["trc20"]) == (1_000, [])
        rows = httpx.get(f"{url}/v1/accounts/{one}/transactions", params={"only_confirmed": "true"}).json()["data"]
        assert payment.id not in {row["txID"] for row in rows}


def test_json_rpc_has_the_limits_of_java_tron() -> None:
    """Calls together, a span of 5,000 blocks, a tag for the solid block, and logs with the index within their block."""
    chain = TronLive(7)
    one = chain.person("one")
    chain.grow(SPAN + 30)
    chain.mine([chain.usdt(FAUCET, one, 1), chain.usdt(FAUCET, one, 2)])
    with serve(live_app(chain)) as url:
        window = {"fromBlock": hex(chain.head() - 5), "toBlock": hex(chain.head())}
        wide = {"fromBlock": "0x0", "toBlock": hex(SPAN + 1)}
        many = {**window, "topics": [[], ["0x" + "0" * 64] * 1_001]}
        logs, final, number, *refused = _rpc(
            url,
            ("eth_getLogs", [window]),
            ("eth_getBlockByNumber", ["finalized", False]),
            ("eth_blockNumber", []),
            ("eth_getLogs", [wide]),
            ("eth_getLogs", [many]),
        )
        assert [(log["logIndex"], log["blockHash"]) for log in logs["result"]] == [
            ("0x0", chain.block_hash(chain.head())),
            ("0x1", chain.block_hash(chain.head())),
        ]
        assert (final["result"]["number"], number["result"]) == (hex(chain.solid), hex(chain.head()))
        assert [one["error"]["message"] for one in refused] == [
            f"exceed max block range: {SPAN}",
            "exceed max sub-topics: 1000",
        ]
        assert "Batch size" in _rpc(url, *[("eth_chainId", [])] * 101)["error"]["message"]


def _ask(url: str, path: str, **body: Any) -> Any:
    return httpx.post(f"{url}/{path}", json=body).json()


def _rpc(url: str, *calls: tuple[str, list[Any]]) -> Any:
    body = [
        {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        for number, (method, params) in enumerate(calls)
    ]
    return httpx.post(f"{url}/jsonrpc", json=body).json()
