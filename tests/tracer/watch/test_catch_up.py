"""The case tier on a real node: what a case says after it was read on, what that cost, and what a broken one leaves."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.lab.anvil import NoAnvil, Node, running
from tests.lab.anvil_ledger import AnvilLedger
from tests.lab.etherscan import etherscan_app
from tests.lab.serving import serve
from tests.lab.stage import Stage
from tracer.case import open_case
from tracer.config import Config, load_config
from tracer.continued import go_on
from tracer.document import to_json
from tracer.errors import CaseError, SourceTrouble
from tracer.importing import state_of as state_of_bundle
from tracer.importing import take_in
from tracer.incoming import open_bundle
from tracer.question import Question, VictimAsk
from tracer.session import last_result, trace_case, verify_case
from tracer.watch import guard
from tracer.watch.catch_up import Caught, case_for, catch_up
from tracer.watch.model import ADDRESS, Target
from tracer.watch.standing import FOLLOWED

pytestmark = pytest.mark.node
CHAIN = "eip155:1"
ETHER = 10**18
PEOPLE = ("victim", "thief", "mule", "rest")
VERIFY = Path(__file__).parents[3] / "tracer" / "data" / "verify.py"


class Lab(NamedTuple):
    """A chain that grows, how it is read, and the case of what was stolen on it."""

    stage: Stage
    ledger: AnvilLedger
    config: Config
    question: Question
    home: Path

    def pay(self, sender: str, to: str, dollars: int, block: int) -> None:
        """One more block, with one payment."""
        _pay(self.stage, self.ledger, sender, to, dollars, block)

    def read_on(self, at: int, name: str = "case", **more: Any) -> Caught:
        """Bring the case up to date."""
        return asyncio.run(catch_up(self.home / name, self.config, at={CHAIN: at}, **more))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the case's database."""
        with open_case(self.home / "case", offline=True) as case:
            return list(case.store.select(query))


def _pay(stage: Stage, ledger: AnvilLedger, sender: str, to: str, dollars: int, block: int) -> None:
    stage.call(f"{sender} {block}", sender, "token", "transfer(address,uint256)", to, dollars * 10**6)
    stage.mine(block)
    ledger.__dict__.update(AnvilLedger(stage.node).__dict__)


@contextmanager
def _rpc(node: Node, _: AnvilLedger) -> Iterator[tuple[str, str]]:
    yield "rpc.1", node.url


@contextmanager
def _etherscan(_: Node, ledger: AnvilLedger) -> Iterator[tuple[str, str]]:
    with serve(etherscan_app(ledger)) as url:
        yield "etherscan", f"{url}/v2/api"


Serving = Callable[[Node, AnvilLedger], AbstractContextManager[tuple[str, str]]]


@contextmanager
def _lab(home: Path, serving: Serving) -> Iterator[Lab]:
    try:
        started = running()
        node = started.__enter__()
    except NoAnvil as why:
        pytest.skip(f"no anvil: {why}")
    try:
        stage = Stage(node, 1, PEOPLE)
        stage.create("token", "TestToken")
        stage.mine(1)
        stage.call("mint", "faucet", "token", "mint(address,uint256)", "victim", 1_000 * 10**6)
        for name in PEOPLE:
            stage.send(f"gas for {name}", "faucet", name, value=ETHER, gas=21_000)
        stage.mine(2)
        ledger = AnvilLedger(node)
        with serving(node, ledger) as (source, url):
            (home / "tracer.toml").write_text(
                f'[chains."{CHAIN}"]\nname = "ethereum"\nfamily = "evm"\ncoin = "ETH"\n'
                f"sources = {{ {'rpc = { urls = [] }' if source == 'rpc.1' else f'{source} = {{}}'} }}\n"
            )
            config = load_config(
                {},
                home,
                endpoints=[f"{source}={url}", "prices=http://127.0.0.1:9"],
                rates=[f"{source}=1000"],
                only=[source.partition(".")[0]],
            )
            _pay(stage, ledger, "victim", "thief", 900, 3)
            _pay(stage, ledger, "thief", "mule", 500, 4)
            victim = VictimAsk(stage.who["victim"], stage.txs["victim 3"])
            question = Question((victim,), chain=CHAIN, min_value=Decimal(0))
            with open_case(home / "case", question=question) as case:
                asyncio.run(trace_case(case, question, config))
            yield Lab(stage, ledger, config, question, home)
    finally:
        started.__exit__(None, None, None)


@pytest.fixture(params=[_rpc, _etherscan], ids=["rpc", "etherscan"])
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lab]:
    with _lab(tmp_path, request.param) as found:
        yield found


@pytest.fixture
def by_node(tmp_path: Path) -> Iterator[Lab]:
    with _lab(tmp_path, _rpc) as found:
        yield found


def _moved(lab: Lab) -> None:
    """Three payments more, of which the last is in a block that is not final yet."""
    lab.pay("mule", "rest", 200, 5)
    lab.pay("victim", "thief", 50, 6)
    lab.pay("rest", "mule", 10, 7)


def test_read_on_it_is_the_case_traced_anew(lab: Lab) -> None:
    """After money moved, the case read on is to the letter the case traced from nothing at the same block, for less."""
    _moved(lab)
    caught = lab.read_on(6)
    with open_case(lab.home / "fresh", question=lab.question):
        pass
    fresh = lab.read_on(6, "fresh")
    assert to_json(caught.result) == to_json(fresh.result)
    assert caught.base._replace(generation=1) == fresh.base
    assert [block.number for block in caught.result.as_of] == [6]
    assert caught.changes is not None
    assert {one.either.address for one in caught.changes.endpoints} >= {lab.stage.who["rest"]}
    assert fresh.changes is None
    ((asked,),) = lab.rows("SELECT count(*) FROM raw WHERE generation = 2 AND status IS NOT NULL")
    assert asked < fresh.result.stats.requests


def test_it_verifies_bundles_and_imports(lab: Lab) -> None:
    """A case that inherited answers holds against itself, its bundle against verify.py, and taken in it is the same."""
    _moved(lab)
    lab.read_on(5)
    caught = lab.read_on(6)
    with open_case(lab.home / "case", offline=True) as case:
        assert not asyncio.run(verify_case(case, lab.config)).differences
    file = lab.home / "case.zip"
    made = [sys.executable, "-m", "tracer", "bundle", str(lab.home / "case"), "--out", str(file), "--no-reports"]
    subprocess.run(made, cwd=lab.home, check=True, capture_output=True, timeout=60)
    subprocess.run([sys.executable, str(VERIFY), str(file)], check=True, capture_output=True, timeout=60)
    with open_bundle(file) as bundle:
        take_in(bundle, state_of_bundle(bundle), lab.home / "taken")
    with open_case(lab.home / "taken", offline=True) as case:
        found = asyncio.run(verify_case(case, lab.config, writing=True))
        assert (found.differences, last_result(case).result) == ((), to_json(caught.result))


class _Dies(httpx.AsyncBaseTransport):
    """A network in which the process ends after so many requests."""

    def __init__(self, after: int) -> None:
        self.left, self.real = after, httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.left -= 1
        if self.left < 0:
            raise asyncio.CancelledError
        return await self.real.handle_async_request(request)

    async def aclose(self) -> None:
        await self.real.aclose()


def test_killed_midway_the_case_is_what_it_was_and_goes_on(by_node: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the new result is whole the old one is the case's; the next try takes what was seen to be sound already."""
    monkeypatch.setattr(guard, "EVERY", 0)
    before = by_node.rows("SELECT result FROM run")
    _moved(by_node)
    with pytest.raises(asyncio.CancelledError):
        by_node.read_on(5, transport=_Dies(30))
    with open_case(by_node.home / "case", offline=True) as case:
        assert [(last_result(case).result,)] == before
        assert not asyncio.run(verify_case(case, by_node.config)).differences
    caught = by_node.read_on(6)
    assert by_node.rows("SELECT count(*) FROM inherited JOIN raw ON raw.id = raw WHERE raw.generation = 2") > [(0,)]
    with open_case(by_node.home / "fresh", question=by_node.question):
        pass
    assert to_json(caught.result) == to_json(by_node.read_on(6, "fresh").result)


class _Elsewhere(httpx.AsyncBaseTransport):
    """A node that is set on another chain after so many requests, for as many: nothing of ours is there."""

    def __init__(self, after: int, lasting: int = 10**6) -> None:
        self.asked, self.other, self.real = 0, range(after, after + lasting), httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        answer = await self.real.handle_async_request(request)
        told = json.loads(await answer.aread())
        if self.asked not in self.other:
            return answer
        if json.loads(request.content)["method"] == "eth_getLogs":
            told["result"] = []
        elif isinstance(told.get("result"), dict) and "parentHash" in told["result"]:
            told["result"]["hash"] = "0x" + "de" * 32
        return httpx.Response(200, json=told)

    async def aclose(self) -> None:
        await self.real.aclose()


@pytest.mark.parametrize("lasting", [10**6, 15])
def test_a_node_that_is_set_on_another_chain_teaches_nothing(
    by_node: Lab, lasting: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it lasted: what it said meanwhile makes no result, and the next try does not inherit it."""
    monkeypatch.setattr(guard, "EVERY", 0)
    before = by_node.rows("SELECT result FROM run")
    _moved(by_node)
    node = _Elsewhere(30, lasting)
    with pytest.raises(SourceTrouble, match="not the same"):
        by_node.read_on(6, transport=node)
    assert node.asked > node.other.start
    with open_case(by_node.home / "case", offline=True) as case:
        assert [(last_result(case).result,)] == before
    caught = by_node.read_on(6)
    with open_case(by_node.home / "fresh", question=by_node.question):
        pass
    assert to_json(caught.result) == to_json(by_node.read_on(6, "fresh").result)


def test_a_chain_that_cannot_be_seen_begins_nothing(by_node: Lab) -> None:
    """A block nobody has yet, or no network, is an error before the case is touched."""
    before = by_node.rows("SELECT max(id), count(*) FROM raw")
    for at, transport in ((99, None), (4, httpx.MockTransport(lambda _: httpx.Response(401)))):
        with pytest.raises(SourceTrouble):
            by_node.read_on(at, transport=transport)
    assert by_node.rows("SELECT max(id), count(*) FROM raw") == before
    assert by_node.rows("SELECT value FROM meta WHERE name = 'generation'") == [("1",)]


def test_another_chain_than_the_watch_reads_begins_nothing(by_node: Lab) -> None:
    """A node that has other blocks from the start on is not read, however much it agrees with itself."""
    (top,) = by_node.read_on(4).result.as_of
    before = by_node.rows("SELECT max(id), max(generation) FROM raw")
    with pytest.raises(SourceTrouble):
        by_node.read_on(4, seen={CHAIN: top}, transport=_Elsewhere(0))
    assert by_node.rows("SELECT max(id), max(generation) FROM raw") == before
    by_node.read_on(4, seen={CHAIN: top})


def test_a_block_that_is_gone_takes_its_answers_along(by_node: Lab) -> None:
    """Where the chain no longer has the block the result spoke of, nothing is inherited, not even once more."""
    by_node.read_on(4, final=False)
    assert by_node.rows("SELECT count(*) FROM inherited WHERE generation = 2") > [(0,)]
    by_node.stage.node.rpc("anvil_rollback", 1)
    by_node.stage.nonces["thief"] -= 1
    by_node.pay("thief", "rest", 300, 4)
    by_node.pay("rest", "mule", 100, 5)
    caught = by_node.read_on(5)
    assert by_node.rows("SELECT count(*) FROM inherited WHERE generation = 3") == [(0,)]
    assert by_node.stage.who["rest"] in {row.address for row in caught.result.endpoints}
    assert not any(one.amount == 500 * 10**6 for one in caught.result.flows)


@pytest.mark.parametrize("final", [True, False])
def test_what_a_node_that_lags_may_have_missed_is_asked_again(by_node: Lab, final: bool) -> None:
    """What was in a block is inherited of blocks that were final, of the newest only what goes by a transaction."""
    caught = by_node.read_on(4, final=final)
    blocks = {block.chain: block for block in caught.result.as_of}
    with open_case(by_node.home / "case") as case:
        go_on(case, blocks, blocks)
    ((logs, receipts),) = by_node.rows(
        "SELECT sum(question LIKE '%eth_getLogs%'), sum(question LIKE '%Receipt%') FROM inherited"
        " JOIN raw ON raw.id = raw WHERE inherited.generation = 3"
    )
    assert receipts
    assert bool(logs) == final


def test_it_never_goes_back(by_node: Lab) -> None:
    """A case whose own block is newer than the final one stays where it is, for what it said is still so."""
    caught = by_node.read_on(3)
    assert [block.number for block in caught.result.as_of] == [4]
    assert caught.changes is not None
    assert not any(caught.changes)


def test_a_trace_after_it_stays_at_its_block(by_node: Lab) -> None:
    """Whoever traces a case that was read on gets that moment, not a mixture of two; a refresh moves it to now."""
    _moved(by_node)
    by_node.read_on(6)
    for number, refreshed in ((6, False), (7, True)):
        with open_case(by_node.home / "case", question=by_node.question) as case:
            if refreshed:
                case.store.refresh()
            outcome = asyncio.run(trace_case(case, by_node.question, by_node.config))
        assert [block.number for block in outcome.result.as_of] == [number]


def test_a_case_in_use_is_left_alone(by_node: Lab) -> None:
    """While another trace is at work in the case, it is said so, and nothing is done."""
    with open_case(by_node.home / "case"), pytest.raises(CaseError):
        by_node.read_on(4)


def test_a_bare_address_becomes_a_case(by_node: Lab) -> None:
    """The first payment of a watched address makes a case of it, in the same folder each time, and it can be read."""
    who = by_node.stage.who
    labels = by_node.home / "mine.csv"
    labels.write_text(f"chain,address,entity,category\n{CHAIN},{who['mule']},Somebody,exchange_hot\n")
    target = Target(1, ADDRESS, "it", "", CHAIN, who["victim"], 0, labels=(str(labels),))
    folder = case_for(target, by_node.stage.txs["victim 3"], by_node.home)
    assert folder == case_for(target, by_node.stage.txs["victim 3"], by_node.home)
    caught = by_node.read_on(4, folder.name)
    assert {(row.address, row.reason) for row in caught.result.endpoints if row.reason != "fee"} == {
        (who["thief"], "held"),
        (who["mule"], "exchange"),
    }
    (stand,) = [stand for stand in caught.base.stands.values() if stand.role == FOLLOWED]
    assert stand.traced("fifo") == 400 * 10**6
    assert json.loads(to_json(caught.dossier.result)) == json.loads(to_json(caught.result))
