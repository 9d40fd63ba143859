"""The restless world, the storm and the ear, without the program: what they claim, they do."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.lab.anvil import NoAnvil
from tests.lab.ear import Ear
from tests.lab.restless import COIN, ENDS, TOKEN, Restless
from tests.lab.restless_evm import EvmGround, evm_ground
from tests.lab.restless_tron import TronGround, older_tron
from tests.lab.restless_truth import Row, truth_of
from tests.lab.serving import serve
from tests.lab.storm import Storm, Weather, storming
from tests.lab.tron_live import BEHIND, TronLive, live_app


def _played(ground: EvmGround | TronGround, seed: int = 3) -> Restless:
    world = Restless(ground, seed, most=60)
    world.begin()
    for _ in range(6):
        world.step(12)
        world.reorganise(world.dice.randint(1, 18))
    return world


@pytest.fixture(scope="module")
def evm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Restless]:
    try:
        with evm_ground(tmp_path_factory.mktemp("node")) as ground:
            yield _played(ground)
    except NoAnvil as why:
        pytest.skip(f"no anvil: {why}")


@pytest.fixture(scope="module", params=["evm", "tron"])
def world(request: pytest.FixtureRequest) -> Restless:
    if request.param == "evm":
        found: Restless = request.getfixturevalue("evm")
        return found
    return _played(TronGround(TronLive(3)))


def _by_block(rows: list[Row]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for row in rows:
        if row.tx not in found.setdefault(row.number, []):
            found[row.number].append(row.tx)
    return found


@pytest.mark.node
def test_the_chain_holds_what_the_world_sent(world: Restless) -> None:
    """Every block has the transactions that were meant for it in that order, after whatever reorganisations."""
    got = _by_block(world.ground.rows())
    first = world.floor
    meant = {
        number: [sent.hash for sent in block] for number, block in world.blocks.items() if number > first and block
    }
    assert {number: txs for number, txs in got.items() if number > first} == meant
    assert world.tally.reorganisations > 3
    assert world.tally.dropped


@pytest.mark.node
def test_the_truth_loses_nothing(world: Restless) -> None:
    """What was stolen lies somewhere, came back to the victim, or is a fee; nobody holds more than they have."""
    victim, rows = world.who["victim"], world.ground.rows()
    truth = truth_of(rows, victim, world.since, {world.who[name] for name in ENDS})
    taken = sum(one.row.amount for one in truth.carried if one.theft and one.row.asset == TOKEN)
    back = sum(one.stolen for one in truth.carried if one.row.receiver == victim and one.row.asset == TOKEN)
    lying = sum(units for (asset, _), units in truth.resting.items() if asset == TOKEN)
    assert taken == back + lying
    held: Counter[str] = Counter()
    for row in rows:
        if row.asset == TOKEN:
            held[row.sender] -= row.amount
            held[row.receiver] += row.amount
    assert all(units <= held[where] for (asset, where), units in truth.resting.items() if asset == TOKEN)
    assert all(one.stolen <= one.most <= one.row.amount for one in truth.carried)
    assert {COIN, TOKEN} == {one.row.asset for one in truth.carried}


def test_the_truth_is_first_in_first_out() -> None:
    """Clean money that came first goes first; what is beyond an end, or with the victim again, is followed no more."""
    rows = [
        Row(1, "a", TOKEN, "bank", "victim", 100),
        Row(2, "b", TOKEN, "bank", "mule", 30),
        Row(3, "theft", TOKEN, "victim", "mule", 50),
        Row(4, "c", TOKEN, "mule", "shop", 40),
        Row(5, "d", TOKEN, "mule", "end", 20),
        Row(6, "e", TOKEN, "end", "mule", 20),
        Row(7, "f", TOKEN, "mule", "victim", 10),
    ]
    truth = truth_of(rows, "victim", "theft", {"end"})
    assert [(one.row.tx, one.stolen, one.most) for one in truth.carried] == [
        ("theft", 50, 50), ("c", 10, 40), ("d", 20, 20), ("f", 10, 10),
    ]  # fmt: skip
    assert truth.resting == {(TOKEN, "mule"): 10, (TOKEN, "shop"): 10, (TOKEN, "end"): 20}


def test_a_seed_makes_one_world() -> None:
    """Two worlds of one seed send the same transactions; another seed sends others."""
    first, again, other = (_played(TronGround(TronLive(seed)), seed) for seed in (5, 5, 6))
    assert first.ground.rows() == again.ground.rows()
    assert first.ground.rows() != other.ground.rows()


def _ask(url: str, method: str, *params: object) -> httpx.Response:
    return httpx.post(url, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}, timeout=10)


@pytest.mark.node
def test_an_older_node_is_older_throughout(evm: Restless) -> None:
    """Behind by so many blocks it says an older head and an older final block, and has nothing above its head."""
    assert isinstance(evm.ground, EvmGround)
    storm, head = Storm(evm.ground.node.url), evm.head
    everything = {"fromBlock": hex(0), "toBlock": hex(head)}
    with storming(storm) as url:
        whole = _ask(url, "eth_getLogs", everything).json()["result"]
        storm.weather = Weather("behind", lag=15)
        assert int(_ask(url, "eth_blockNumber").json()["result"], 16) == head - 15
        final = _ask(url, "eth_getBlockByNumber", "finalized", False).json()["result"]
        assert int(final["number"], 16) == head - 15 - 64
        assert _ask(url, "eth_getBlockByNumber", hex(head), False).json()["result"] is None
        assert "error" in _ask(url, "eth_getBalance", evm.who["thief"], hex(head)).json()
        cut = _ask(url, "eth_getLogs", everything).json()["result"]
        assert cut == [log for log in whole if int(log["blockNumber"], 16) <= head - 15]
        last = whole[-1]["transactionHash"]
        assert (_ask(url, "eth_getTransactionReceipt", last).json()["result"] is None) == (len(cut) < len(whole))
        storm.weather = Weather("doubled")
        assert len(_ask(url, "eth_getLogs", everything).json()["result"]) == 2 * len(whole)
        storm.weather = Weather("wrong")
        assert _ask(url, "eth_chainId").json()["result"] == "0x2a"
        assert _ask(url, "eth_getLogs", everything).json()["result"] == []


def test_an_older_tron_node_is_older_throughout() -> None:
    """The same of TRON's own API, newest and solid."""
    live = TronLive(1)
    live.grow(60)
    with serve(live_app(live)) as upstream:
        storm = Storm(upstream, final=BEHIND, older=older_tron(live))
        with storming(storm) as url:

            def number(path: str, **body: int) -> int | None:
                told = httpx.post(url + path, json=body, timeout=10).json()
                return told["block_header"]["raw_data"].get("number", 0) if told else None

            assert number("/wallet/getnowblock") == 60
            storm.weather = Weather("behind", lag=10)
            assert number("/wallet/getnowblock") == 50
            assert number("/walletsolidity/getnowblock") == 31
            assert number("/wallet/getblockbynum", num=51) is None
            assert number("/wallet/getblockbynum", num=50) == 50
            live.grow(5)
            storm.weather = Weather("stuck", lag=0)
            assert number("/wallet/getnowblock") == 65
            live.grow(5)
            assert number("/wallet/getnowblock") == 65


def test_a_storm_hits_its_share_and_no_more() -> None:
    """Of a seed's requests the share is refused, in the way the weather says; in calm weather none."""
    live = TronLive(1)
    with serve(live_app(live)) as upstream:
        storm = Storm(upstream, seed=4)
        with storming(storm) as url, httpx.Client() as client:

            def status() -> int:
                try:
                    return client.post(f"{url}/wallet/getnowblock", json={}).status_code
                except httpx.TransportError:
                    return 0

            assert {status() for _ in range(20)} == {200}
            storm.weather = Weather("429 later", 0.5)
            got = Counter(status() for _ in range(60))
            assert set(got) == {200, 429}
            assert 15 < got[429] < 45
            for kind, seen in (("reset", 0), ("torn", 0), ("502", 502), ("html", 200)):
                storm.weather = Weather(kind)
                assert status() == seen
            assert storm.met["429 later"] == got[429]


def _signed(secret: str, key: str, body: bytes, stamp: str = "1") -> dict[str, str]:
    mark = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"Idempotency-Key": key, "X-Trace-Timestamp": stamp, "X-Trace-Signature": f"sha256={mark}"}


def test_the_ear_keeps_one_of_each_and_only_what_is_signed(tmp_path: Path) -> None:
    """A message that comes twice is one; a wrong signature is refused; one that fails on purpose may come again."""
    ear = Ear()
    with serve(ear) as url, httpx.Client() as client:
        body = b'{"id": "a"}'
        for _ in range(2):
            assert client.post(url, content=body, headers=_signed(ear.secret, "a.1", body)).status_code == 200
        assert client.post(url, content=body, headers=_signed("other", "b.1", body)).status_code == 401
        assert (list(ear.heard), ear.again["a.1"], ear.forged) == (["a.1"], 1, 1)
        ear.failing = 1.0
        for number in range(20):
            try:
                told = client.post(url, content=body, headers=_signed(ear.secret, f"c.{number}", body))
            except httpx.TransportError:
                continue
            assert told.status_code == 503
        assert 1 < len(ear.heard) < 21
