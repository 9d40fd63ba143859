"""A second source: what counts as independent, what agrees, what contradicts, and that a trace can be replayed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.lists_only import ListsOnly
from chains.model import FEE_SINK, NATIVE, Address, Asset, AssetId, Coverage, Kind, Page, Position, Transfer
from chains.protocol import Source
from chains.reader import Reader
from chains.registry import load_chains
from tests.conftest import LabChain
from tests.lab.etherscan import etherscan_app
from tests.lab.serving import serve
from tracer.agreement import SHOWN, Supplier, Target, Told, compared, operator, supplier_name
from tracer.case import open_case
from tracer.config import Config, load_config
from tracer.corroborate import corroborate
from tracer.document import to_json
from tracer.question import Question, VictimAsk
from tracer.result import Result
from tracer.session import Outcome, trace_case, verify_case, workings_of
from tracer.store import Store
from tracer.world import World

CHAIN, TX = "eip155:1", "0x" + "01" * 32
TOKEN = AssetId("0x" + "70" * 20)
PAYER, PAYEE = Address("0x" + "a0" * 20), Address("0x" + "b0" * 20)


def moved(kind: Kind = Kind.TOKEN, amount: int = 5, asset: AssetId = TOKEN, place: int = 0) -> Transfer:
    receiver = FEE_SINK if kind is Kind.FEE else PAYEE
    return Transfer(CHAIN, TX, Position(100, 3, kind, (place,)), 1_700_000_000, asset, PAYER, receiver, amount)


def target(*movements: Transfer, seen: tuple[int, ...] = (1,)) -> Target:
    return Target(CHAIN, TX, "theft", 100, 1_700_000_000, movements, tuple(frozenset(seen) for _ in movements))


MOVEMENTS = st.lists(
    st.builds(moved, st.sampled_from(list(Kind)), st.integers(1, 3), st.sampled_from([TOKEN, NATIVE])), max_size=6
)


@given(MOVEMENTS, MOVEMENTS, st.randoms())
def test_more_than_the_sum_uses_is_no_difference(used: list[Transfer], more: list[Transfer], chance: Any) -> None:
    """Whoever tells every movement agrees, in whatever order and with whatever others beside them."""
    there = [*used, *more]
    chance.shuffle(there)
    assert compared(target(*used), Told(100, transfers=tuple(there)), {}) == ("agrees", ())


@given(MOVEMENTS.filter(bool), st.data())
def test_one_movement_less_is_a_difference(used: list[Transfer], data: st.DataObject) -> None:
    """Whoever lacks one of several contradicts, even of equal ones, unless it cannot show such movements at all."""
    left = list(used)
    gone = left.pop(data.draw(st.integers(0, len(used) - 1)))
    told = Told(100, transfers=tuple(left))
    assert compared(target(*used), told, {})[0] == "differs"
    hidden = told._replace(hidden=frozenset({gone.position.kind}))
    assert compared(target(*used), hidden, {})[0] == "unconfirmed"


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (Told(101, transfers=(moved(),)), "at height 100, the second source at 101"),
        (Told(100, ok=False), "the transaction failed"),
        (Told(100, transfers=(moved(amount=6),)), f"does not have 5 × {TOKEN} from {PAYER} to {PAYEE}"),
        (Told(100, transfers=(moved(kind=Kind.INTERNAL),)), "does not have 5 ×"),
        (Told(100, there=False), "the transaction is not in it"),
    ],
)
def test_each_contradiction_says_what_it_is(told: Told, why: str) -> None:
    """Another block, failure, another amount or kind, and absence are told apart in words."""
    verdict, said = compared(target(moved()), told, {})
    assert verdict == "differs"
    assert why in "; ".join(said)


def test_a_missing_amount_is_told_as_people_say_it() -> None:
    """In whole tokens, exact, with the name the token gives itself made harmless."""
    assets = {(moved().chain, TOKEN): Asset(moved().chain, TOKEN, "US\u202eD\x1b", 6)}
    _, said = compared(target(moved(amount=12_345_000_500)), Told(100), assets)
    assert "does not have 12,345.0005 " in said[0]
    assert "\u202e" not in said[0]
    assert "\x1b" not in said[0]


def test_a_failed_transaction_may_have_paid_its_fee() -> None:
    """Of a transaction whose fee alone is used, a second source that says it failed agrees."""
    fee = moved(Kind.FEE, asset=NATIVE)
    assert compared(target(fee), Told(100, ok=False, transfers=(fee,)), {}) == ("agrees", ())


def test_a_liquidity_position_is_never_contradicted() -> None:
    """What is read from several logs together may be missing from a receipt, and is then not confirmed."""
    position = moved(asset=AssetId(f"{TOKEN}#7"))
    assert compared(target(position), Told(100), {})[0] == "unconfirmed"
    assert compared(target(position, moved()), Told(100), {})[0] == "differs"


def test_many_missing_movements_are_counted() -> None:
    """A row names a few of the missing movements and counts the others."""
    _, said = compared(target(*(moved(amount=number) for number in range(1, 12))), Told(100), {})
    assert len(said) == SHOWN + 1
    assert "6 more" in said[-1]


def test_who_is_independent_of_whom() -> None:
    """Sources of one name, or hosts of one operator, are one; nodes with different hosts are two."""
    etherscan = Supplier(supplier_name("etherscan"), operator("https://api.etherscan.io"))
    scout = Supplier(supplier_name("blockscout.1"), operator("https://eth.blockscout.com"))
    elsewhere = Supplier(supplier_name("blockscout.10"), operator("https://explorer.optimism.io"))
    node = Supplier(supplier_name("rpc.1:eth.drpc.org"), operator("https://eth.drpc.org"))
    again = Supplier(supplier_name("rpc.1:lb.drpc.org"), operator("https://lb.drpc.org"))
    other = Supplier(supplier_name("rpc.1:a.publicnode.com"), operator("https://a.publicnode.com"))
    named = Supplier(supplier_name("rpc.1"), operator("https://eth.blockscout.com/api"))
    assert etherscan.independent(scout)
    assert node.independent(other)
    assert not scout.independent(elsewhere)
    assert not node.independent(again)
    assert not scout.independent(named)
    assert operator("http://127.0.0.1:8545") == "127.0.0.1"
    assert operator("http://localhost:8545") == "localhost"


def test_each_movement_needs_a_word_from_somebody_else() -> None:
    """A source that gave one movement alone cannot confirm it, even where others gave the rest."""
    etherscan, node = Supplier("etherscan", "etherscan.io"), Supplier("rpc.1", "drpc.org")
    suppliers = {1: etherscan, 2: node}
    mixed = target(moved(), moved(place=1))._replace(seen=(frozenset({1}), frozenset({2})))
    assert not mixed.confirmable(node, suppliers)
    assert not mixed.confirmable(etherscan, suppliers)
    both = mixed._replace(seen=(frozenset({1}), frozenset({1, 2})))
    assert both.confirmable(node, suppliers)
    assert both.raws == (1, 2)


class Lists(ListsOnly):
    """An index of movements by account, of one page for each question."""

    def __init__(self, rows: list[Transfer], weak: str) -> None:
        self.name, self.chain, self.rows, self.weak = "sqd", load_chains()[CHAIN], rows, weak
        self.questions: list[tuple[str, str, int, int | None]] = []

    async def history(self, who: Address, asset: AssetId, low: int, high: int | None) -> AsyncIterator[Page]:
        """The rows of one account and asset."""
        self.questions.append((who, asset, low, high))
        found = tuple(one for one in self.rows if one.asset == asset and who in (one.sender, one.receiver))
        yield Page(found, (9,) * len(found), Coverage(low, high), weak=self.weak)


@pytest.mark.parametrize(
    ("listed", "weak", "verdict"),
    [
        ((0, 1), "", "agrees"),
        ((0,), "", "differs"),
        ((0,), "no internal transfers", "unconfirmed"),
        ((1,), "no internal transfers", "differs"),
        ((), "", "differs"),
    ],
)
def test_an_index_without_receipts_is_asked_for_the_block(listed: tuple[int, ...], weak: str, verdict: str) -> None:
    """It confirms by its lists of that one height; what it owns not to list whole is no contradiction, a token is."""
    used = [moved(), moved(Kind.INTERNAL, asset=NATIVE)]
    source = Lists([used[number] for number in listed], weak)
    reader = Reader(source.chain, [cast("Source", source)])
    client = SimpleNamespace(questions=0)
    world = cast("World", SimpleNamespace(reader=lambda _: reader, client=client, assets={}))
    rows = [(1, "", "etherscan", "https://api.etherscan.io"), (9, "", "sqd", "https://portal.sqd.dev")]
    store = cast("Store", SimpleNamespace(answers=lambda: rows))
    (found,) = asyncio.run(corroborate(world, store, [target(*used)], None))
    assert (found.row.verdict, found.row.second, found.first) == (verdict, "sqd", (1,))
    assert {question[2:] for question in source.questions} == {(100, 100)}
    assert found.second == ((9,) if listed else ())


# --- on a node, with an explorer beside it

Change = Callable[[dict[str, Any]], None]


class Liar(httpx.AsyncBaseTransport):
    """The network, with a node's answers to one method, or to every one, changed on the way."""

    def __init__(self, method: str, change: Change) -> None:
        self.method, self.change = method, change
        self.inner = httpx.AsyncHTTPTransport()
        self.changed = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Ask, and change what comes."""
        response = await self.inner.handle_async_request(request)
        body = await response.aread()
        asked = json.loads(request.content) if request.content else {}
        if isinstance(asked, dict) and "method" in asked and self.method in ("", asked["method"]):
            answer = json.loads(body)
            self.change(answer)
            self.changed += 1
            body = json.dumps(answer).encode()
        headers = {"content-type": "application/json"}
        return httpx.Response(response.status_code, headers=headers, content=body, request=request)

    async def aclose(self) -> None:
        """Hang up."""
        await self.inner.aclose()


@contextmanager
def configured(lab: LabChain, home: Path, node_host: str = "localhost") -> Iterator[Config]:
    """An explorer first and a node second: of one machine, whose two names stand for two operators."""
    (home / "tracer.toml").write_text(
        f'[chains."{CHAIN}"]\nname = "ethereum"\ncoin = "ETH"\nwrapped = "{lab.theft.who["weth"]}"\n'
        "sources = { etherscan = {}, rpc = { urls = [] } }\n"
    )
    node = lab.node.url.replace("127.0.0.1", node_host)
    with serve(etherscan_app(lab.ledger)) as url:
        yield load_config(
            {},
            home,
            endpoints=[f"etherscan={url}/v2/api", f"rpc.1={node}", "prices=http://127.0.0.1:9"],
            rates=["etherscan=2000", "rpc.1=2000"],
            only=["etherscan", "rpc"],
        )


def asked(lab: LabChain, **settings: Any) -> Question:
    victims = (VictimAsk(lab.theft.victim, lab.theft.since),)
    return Question(victims, chain=CHAIN, min_value=Decimal(0), **settings)


def traced(
    config: Config, question: Question, folder: Path, transport: httpx.AsyncBaseTransport | None = None
) -> Outcome:
    with open_case(folder, question=question) as case:
        return asyncio.run(trace_case(case, question, config, transport=transport))


def assert_replays(config: Config, folder: Path, result: Result) -> None:
    with open_case(folder, offline=True) as case:
        assert asyncio.run(verify_case(case, config)).differences == ()
        again = asyncio.run(trace_case(case, case.question, config))
    assert to_json(again.result) == to_json(result)


def without_checks(result: Result) -> Result:
    stats = result.stats._replace(requests=0)
    return result._replace(corroborations=(), inclusions=(), stats=stats)


@pytest.mark.node
def test_two_honest_sources_agree_on_everything(lab_chain: LabChain, tmp_path: Path) -> None:
    """Every transaction of the sum is confirmed, with the answers of both; every end is proven; offline the same."""
    with configured(lab_chain, tmp_path) as config:
        result = traced(config, asked(lab_chain, corroborate="all"), tmp_path / "case").result
        assert {(one.verdict, one.first, one.second) for one in result.corroborations} == {
            ("agrees", "etherscan", "rpc.1")
        }
        assert {one.role for one in result.corroborations} == {"theft", "endpoint", "transfer"}
        assert {(one.transaction, one.receipt) for one in result.inclusions} == {("proven", "proven")}
        assert_replays(config, tmp_path / "case", result)
        with open_case(tmp_path / "case", offline=True) as case:
            checked = asyncio.run(workings_of(case, config)).checked
            sources = {number: name for number, _, name, *_ in case.store.answers()}
    ends = {(one.chain, one.tx) for one in result.origins} | {
        (one.chain, one.path[-1]) for one in result.endpoints if one.reason != "fee"
    }
    assert {(one.chain, one.tx) for one in result.corroborations if one.role != "transfer"} == ends
    assert [(one.chain, one.tx) for one in result.inclusions] == sorted(ends)
    for one in checked.corroborations:
        assert {sources[number] for number in one.first} == {"etherscan"}
        assert {sources[number] for number in one.second} == {"rpc.1"}


@pytest.fixture(scope="module")
def bare(lab_chain: LabChain, tmp_path_factory: pytest.TempPathFactory) -> Result:
    home = tmp_path_factory.mktemp("bare")
    with configured(lab_chain, home) as config:
        return traced(config, asked(lab_chain, corroborate="none", prove="none"), home / "case").result


@pytest.mark.node
def test_the_last_look_changes_no_number(lab_chain: LabChain, tmp_path: Path, bare: Result) -> None:
    """With and without it, everything else of the result is the same; without it there is none of it."""
    with configured(lab_chain, tmp_path) as config:
        looked = traced(config, asked(lab_chain), tmp_path / "looked").result
    assert without_checks(looked) == without_checks(bare)
    assert (bare.corroborations, bare.inclusions) == ((), ())
    assert looked.stats.requests > bare.stats.requests


@pytest.mark.node
def test_one_operator_is_no_second_source(lab_chain: LabChain, tmp_path: Path) -> None:
    """A node on the explorer's own host confirms nothing, and the row says why."""
    with configured(lab_chain, tmp_path, node_host="127.0.0.1") as config:
        result = traced(config, asked(lab_chain, prove="none"), tmp_path / "case").result
    assert {(one.verdict, one.second) for one in result.corroborations} == {("unconfirmed", "")}
    assert {one.why for one in result.corroborations} == {
        ("rpc.1 is run by 127.0.0.1, and so is a source that the case has it from",)
    }


@pytest.mark.node
def test_one_source_alone_costs_nothing_and_says_so(lab_chain: LabChain, tmp_path: Path, bare: Result) -> None:
    """Where only one source is configured, no request is made for a second, and each row says why."""
    with configured(lab_chain, tmp_path) as config:
        alone = Config(**{**{name: getattr(config, name) for name in config.__slots__}, "sources": _only(config)})
        asks = asked(lab_chain, corroborate="all", prove="none")
        loud = traced(alone, asks, tmp_path / "loud").result
    assert {one.why for one in loud.corroborations} == {
        ("no second source that is independent of the first is configured",)
    }
    assert loud.stats == bare.stats


def _only(config: Config) -> Any:
    sources = config.sources
    return type(sources)(sources.urls, sources.rates, sources.keys, ("etherscan",))


def _other_amounts(answer: dict[str, Any]) -> None:
    for log in (answer.get("result") or {}).get("logs", ()):
        if len(log["data"]) == 66:
            log["data"] = f"0x{int(log['data'], 16) + 1:064x}"


def _gone(answer: dict[str, Any]) -> None:
    answer["result"] = None


@pytest.mark.node
@pytest.mark.parametrize(
    ("change", "verdicts", "why"),
    [
        (_other_amounts, {"agrees", "differs"}, "does not have"),
        (_gone, {"unconfirmed"}, "does not find the transaction"),
    ],
)
def test_a_source_that_says_otherwise_is_a_finding(
    lab_chain: LabChain, tmp_path: Path, change: Change, verdicts: set[str], why: str
) -> None:
    """Other amounts are differences; a receipt that a source merely lacks is none; offline the same."""
    with configured(lab_chain, tmp_path) as config:
        liar = Liar("eth_getTransactionReceipt", change)
        result = traced(config, asked(lab_chain, prove="none"), tmp_path / "case", liar).result
        assert_replays(config, tmp_path / "case", result)
    assert liar.changed
    assert {one.verdict for one in result.corroborations} == verdicts
    told = [one for one in result.corroborations if one.verdict != "agrees"]
    assert all(why in "; ".join(one.why) for one in told)


@pytest.mark.node
def test_a_block_without_the_transaction_contradicts(lab_chain: LabChain, tmp_path: Path) -> None:
    """A source that finds no such transaction and whose block of that height does not hold it says that it is not."""

    def nowhere(answer: dict[str, Any]) -> None:
        result = answer.get("result")
        if isinstance(result, dict) and "transactions" in result:
            result["transactions"] = []
        elif isinstance(result, dict):
            answer["result"] = None

    with configured(lab_chain, tmp_path) as config:
        result = traced(config, asked(lab_chain, prove="none"), tmp_path / "case", Liar("", nowhere)).result
    assert {(one.verdict, one.second) for one in result.corroborations} == {("differs", "rpc.1")}
    assert all("the transaction is not in it" in "; ".join(one.why) for one in result.corroborations)


@pytest.mark.node
def test_a_budget_is_kept_and_the_most_comes_first(lab_chain: LabChain, tmp_path: Path, bare: Result) -> None:
    """With few requests left the thefts of most value are asked about, the others say that the limit was reached."""
    with configured(lab_chain, tmp_path) as config:
        most = bare.stats.requests + 20
        result = traced(config, asked(lab_chain, max_requests=most), tmp_path / "case").result
        assert_replays(config, tmp_path / "case", result)
    limit = ("the limit of addresses or requests was reached",)
    reached = [one for one in result.corroborations if one.why == limit]
    assert 0 < len(reached) < len(result.corroborations)
    assert {one.verdict for one in result.corroborations if one.why != limit} == {"agrees"}
    assert result.stats.requests <= most + 3


@pytest.mark.node
def test_a_case_from_before_verifies_without_it(lab_chain: LabChain, tmp_path: Path) -> None:
    """A plan without the last look is replayed without it, and the next run online has it."""
    with configured(lab_chain, tmp_path) as config:
        question = asked(lab_chain)
        traced(config, asked(lab_chain, corroborate="none", prove="none"), tmp_path / "case")
        with open_case(tmp_path / "case", question=question, offline=True) as case:
            plan = json.loads(case.store.meta("sources.1") or "{}")
            del plan["looks_twice"]
            case.store.set_meta("sources.1", json.dumps(plan))
            assert asyncio.run(verify_case(case, config)).differences == ()
        later = traced(config, question, tmp_path / "case").result
    assert {one.verdict for one in later.corroborations} == {"agrees"}
