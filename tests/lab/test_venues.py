"""The lab's own checks of the six thefts: what the scripts say of each step is what the contracts did, to the unit."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from eth_utils.crypto import keccak

from chains.evm_records import DEPOSIT
from tests.conftest import _node
from tests.lab.anvil import running
from tests.lab.anvil_ledger import AnvilLedger
from tests.lab.artifacts import PLACES, creation_code
from tests.lab.ledger import TRANSFER
from tests.lab.theft import swap_output
from tests.lab.venues import (
    CONDUITS,
    VENUES,
    Ground,
    Played,
    expected,
    follower,
    market,
    play_venues,
    serving,
    write_settings,
)
from tests.lab.venues_play import FEE, Conversion, Growth, Move
from tests.lab.venues_town import DOLLAR, ETHER, POOLS
from tests.lab.venues_truth import mixed, share
from tracer.config import load_config
from tracer.lots import CLEAN, CONSERVING

pytestmark = pytest.mark.node
API = {"etherscan": "", "routescan": "/1/etherscan/api", "blockscout": "/api"}


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    with _node() as node:
        yield Ground(node, play_venues(node), AnvilLedger(node))


@pytest.fixture(scope="module")
def played(ground: Ground) -> Played:
    return ground.played


def gained(played: Played, step: str, who: str, asset: str) -> int:
    return played.step(step).gained(played.who[who], played.who[asset])


def held(played: Played, step: str, who: str, asset: str) -> int:
    return played.step(step).before[played.who[who], played.who[asset]]


def ended(played: Played, story: str, who: str, asset: str) -> tuple[int, int]:
    """Units and principal of a story's first origin at one place."""
    rows = played.stories[story].places
    origin = played.stories[story].origins[0]
    where = (FEE if who == FEE else played.who[who], played.who[asset], origin)
    return next((row.amount, row.principal) for row in rows if row[:3] == where)


def test_every_balance_changed_as_the_meaning_says(played: Played) -> None:
    """Payments, conversions and growth of each step add up to the change of everyone's balances, venues apart."""
    venues = {played.who[name] for name in VENUES}
    meant: dict[tuple[int, str, str], int] = defaultdict(int)
    for one in played.meaning:
        if isinstance(one, Move):
            if one.receiver != FEE:
                meant[one.step, one.payer, one.asset] -= one.amount
                meant[one.step, one.receiver, one.asset] += one.amount
        elif isinstance(one, Growth):
            meant[one.step, one.holder, one.asset] += one.amount
        else:
            for asset, amount in one.ins:
                meant[one.step, one.payer, asset] -= amount
            for receiver, asset, amount in one.outs:
                meant[one.step, receiver, asset] += amount
    for number, step in enumerate(played.steps):
        for where in step.before:
            if where[0] not in venues:
                assert step.gained(*where) == meant[number, *where], (step.name, where)


def test_conduits_keep_nothing(played: Played) -> None:
    """Routers, dispersers, lenders and their like end each transaction with what they began it with."""
    conduits = {played.who[name] for name in CONDUITS}
    changed = [
        (step.name, where)
        for step in played.steps
        for where in step.before
        if where[0] in conduits and step.gained(*where)
    ]
    assert changed == []


def test_every_conversion_has_two_sides(played: Played) -> None:
    """Each conversion takes something from its owner and gives something to someone."""
    for one in played.meaning:
        if isinstance(one, Conversion):
            assert all(amount > 0 for _, amount in one.ins)
            assert all(amount > 0 for _, _, amount in one.outs)
            assert one.outs


def test_the_thefts_are_the_same_every_time(ground: Ground) -> None:
    """A second run on a fresh node ends in the same block hash, which covers every transaction and the state."""
    with running() as node:
        again = play_venues(node)
        assert again.txs == ground.played.txs
        newest = node.rpc("eth_getBlockByNumber", "latest", False)["hash"]
    assert newest == ground.ledger.block_hash(ground.ledger.head())


def test_only_the_meant_transactions_failed(played: Played, ground: Ground) -> None:
    """Every scripted transaction succeeded but the one that asks for too much and the one of a banned holder."""
    failed = [name for name, tx in played.txs.items() if not ground.ledger.transaction(tx).ok]  # type: ignore[union-attr]
    assert failed == ["c fails", "f fails"]


def test_router_and_factory_agree_on_the_pairs(played: Played) -> None:
    """The router reckons a pair's address from the published pair's code: so did the factory that made it."""
    factory_file = Path(__file__).parent / "node_modules" / PLACES["V2Factory"]
    artifact = json.loads(factory_file.with_name("UniswapV2Pair.json").read_text())
    code = keccak(bytes.fromhex(artifact["bytecode"]))
    assert code.hex() in creation_code("V2Router02")
    for first, second in POOLS:
        tokens = sorted(bytes.fromhex(played.who[name][2:]) for name in (first, second))
        factory = bytes.fromhex(played.who["v2factory"][2:])
        made = keccak(b"\xff" + factory + keccak(b"".join(tokens)) + code)[12:]
        assert "0x" + made.hex() == played.who[f"v2 {first}/{second}"]


@pytest.mark.parametrize(
    ("step", "pool", "sold", "bought", "seller", "receiver"),
    [
        ("a sell", "labd/weth", "labd", "coin", "a thief", "a thief"),
        ("a fill", "labd/weth", "labd", "coin", "settlement", "a r1"),
        ("c flash", "labd/weth", "labd", "weth", "c affiliate", "c affiliate"),
        ("c settled", "labd/labe", "labd", "labe", "c affiliate", "c affiliate"),
        ("d sell", "labd/weth", "labd", "coin", "account", "account"),
        ("d sell direct", "labd/labe", "labe", "labd", "d out", "d out"),
        ("f sell", "double/weth", "double", "weth", "f thief", "f thief"),
        ("f settled", "labd/weth", "labd", "weth", "f out", "f out"),
    ],
)
def test_v2_pays_what_its_curve_says(
    played: Played, step: str, pool: str, sold: str, bought: str, seller: str, receiver: str
) -> None:
    """A real pair's output, whoever receives it, is the constant product's with 0.3 % fee."""
    reserves = [held(played, step, f"v2 {pool}", asset) for asset in (sold, bought if bought != "coin" else "weth")]
    paid = -gained(played, step, seller, sold)
    assert gained(played, step, receiver, bought) == swap_output(paid, *reserves)


def test_exact_outputs_leave_refund_and_dust(played: Played) -> None:
    """Exactly what was asked for arrives; unspent coin came back in the same transaction, unspent tokens never left."""
    assert gained(played, "b buy exactly", "b thief", "labd") == 5_000 * DOLLAR
    assert 2 * ETHER < -gained(played, "b buy exactly", "b thief", "coin") < 3 * ETHER
    calls = played.step("b buy exactly").trace["calls"]
    back = [call["value"] for call in calls if call["to"] == played.who["b thief"]]
    assert int(back[0], 16) == 6 * ETHER + gained(played, "b buy exactly", "b thief", "coin")
    assert gained(played, "b exact out", "b thief", "labe") == 1_000 * ETHER
    assert 0 < played.step("b exact out").after[played.who["b thief"], played.who["labd"]] < 1_000 * DOLLAR
    assert gained(played, "b exact v3", "b m2", "labd") == 3_000 * DOLLAR


def test_router_fees_are_one_hundredth(played: Played) -> None:
    """The fee wallet gets 1 % of what comes in, or of what goes out."""
    assert gained(played, "b router fee", "feewallet", "labd") == 37 * DOLLAR
    fee, rest = (gained(played, "c fee in coin", who, "coin") for who in ("feewallet", "c mule"))
    assert fee == (fee + rest) // 100


def test_a_loan_cancels(played: Played) -> None:
    """Half a million LABD go to and fro, and neither lender nor borrower is richer."""
    legs = _transfers(played, "c flash", "labd")
    assert [amount for amount in legs if amount == 500_000 * DOLLAR] == [500_000 * DOLLAR] * 2
    assert gained(played, "c flash", "lender", "labd") == gained(played, "c flash", "flashuser", "labd") == 0
    assert gained(played, "c flash", "c affiliate", "labd") == -2_000 * DOLLAR


def test_stakes_grow_without_an_event(played: Played) -> None:
    """The reward writes no log and makes every stake a tenth larger; rounding takes no unit here."""
    step = played.step("b reward")
    assert step.receipt["logs"] == []
    assert gained(played, "b reward", "b m1", "stake") == 3 * ETHER // 10
    assert gained(played, "b m1 unstakes", "b m1", "coin") == 11 * ETHER // 10


def test_tolls_are_kept_on_the_way(played: Played) -> None:
    """Of 500 TOLL sent 490 arrive, and 10 are the collector's."""
    assert gained(played, "c pay toll", "c affiliate", "toll") == -500 * ETHER
    assert gained(played, "c pay toll", "c mule", "toll") == 490 * ETHER
    assert gained(played, "c pay toll", "collector", "toll") == 10 * ETHER


def test_spoofed_events_move_nothing(played: Played) -> None:
    """Two of three Transfer events are a spoof's; what fails by answering false wrote none; 1,000 LABD moved."""
    logs = played.step("c spoofed").receipt["logs"]
    spoofs = [log for log in logs if log["address"] == played.who["spoof"]]
    assert [len(logs), len(spoofs)] == [3, 2]
    assert gained(played, "c spoofed", "c mule", "labd") == 1_000 * DOLLAR


def test_two_doors_are_one_money(played: Played) -> None:
    """A payment by the old contract is written twice, and each token's balances show it once."""
    assert _transfers(played, "f by the front", "double") == _transfers(played, "f by the front", "front")
    for door in ("double", "front"):
        assert gained(played, "f by the front", "f m1", door) == 2_000 * ETHER
    assert _transfers(played, "f sell", "front") == []


def test_the_owner_does_not_always_sign(played: Played) -> None:
    """Orders are filled, the Safe acts and the smart account acts by other hands; none of them pays a fee."""
    for step in ("a fill", "a safe sells", "b fill", "c settled", "d sell", "f settled"):
        assert played.step(step).signer == played.who["keeper"]
    assert gained(played, "d shares", "account", "coin") == 0


def test_the_places_are_the_written_ones(played: Played) -> None:
    """Following the meaning first in, first out ends where the written truth has it, in every asset."""
    for story in played.stories.values():
        found = [place for place in expected(played) if place.origin in story.origins]
        assert sorted(found) == sorted(story.places)


def test_a_is_what_a_pencil_says(played: Played) -> None:
    """Chain a from the sale to the Safe, reckoned again from the exchanges' outputs alone, clean money first."""
    bought = gained(played, "a sell", "a thief", "coin")
    clean = bought * 1_000 // 8_000 + (1 if bought * 1_000 % 8_000 * 2 > 8_000 else 0)
    fees = sum(played.step(name).fee for name in ("a sell", "a wrap"))
    stolen_in_wrap = 3 * ETHER - (held(played, "a sell", "a thief", "coin") - fees) - clean
    fees = sum(played.step(name).fee for name in ("a v3", "a disperse"))
    assert ended(played, "a", "a thief", "coin")[0] == bought - clean - stolen_in_wrap - fees
    labe = gained(played, "a v3", "a thief", "labe")
    stolen_labe = labe - share(labe, [3 * ETHER - stolen_in_wrap, stolen_in_wrap])[0]
    kept = labe - 1_400 * ETHER
    assert ended(played, "a", "a thief", "labe")[0] == kept
    assert ended(played, "a", "a m3", "labe")[0] == stolen_labe - kept - 800 * ETHER
    assert ended(played, "a", "a m1", "labe")[0] == 150 * ETHER
    assert ended(played, "a", "a safe", "labe")[0] == 40 * ETHER
    assert ended(played, "a", "a thief", "labd") == (3_000 * DOLLAR, 3_000 * DOLLAR)


def test_b_is_what_a_pencil_says(played: Played) -> None:
    """Chain b at the staker: 4 ETH behind 0.1 clean, 3 staked, 2.2 paid on, 0.8 and growth taken out.

    The clean 0.1 (less the first fee) is first in the stake, and is paid on with it: what is left is all stolen.
    """
    fees = sum(played.step(name).fee for name in ("b stake", "b staked to m2", "b m1 unstakes"))
    left = (4 - 3) * ETHER + ETHER // 10 + 8 * ETHER // 10 - fees
    assert ended(played, "b", "b m1", "coin") == (left, left)


def test_d_is_what_a_pencil_says(played: Played) -> None:
    """Chain d at its account: 100 clean LABD are a thirtieth of the sale, so too of the coin, and are wrapped first."""
    bought = gained(played, "d sell", "account", "coin")
    clean, stolen = share(bought, [100, 2_900])
    assert ended(played, "d", "account", "coin")[0] == stolen - (ETHER - clean)
    left = gained(played, "d wrap and sell", "account", "labe") - 400 * ETHER
    assert ended(played, "d", "account", "labe")[0] == left
    assert ended(played, "d", "account", "vault2")[0] == 100 * ETHER
    assert ended(played, "d", "account", "labd")[0] == (6_100 - 3_000 - 2_000) * DOLLAR


@pytest.mark.parametrize("method", CONSERVING)
def test_no_method_loses_principal(played: Played, method: str) -> None:
    """Under each method the principal adds up to what was stolen, and nobody is said to have more than they hold.

    A deposit address is said to have what its exchange has taken since.
    """
    places = expected(played, method)
    stolen = [one.amount for one in played.meaning if isinstance(one, Move) and one.stolen]
    totals: dict[int, int] = defaultdict(int)
    units: dict[tuple[str, str], int] = defaultdict(int)
    for place in places:
        totals[place.origin] += place.principal
        units[place.holder, place.asset] += place.amount
    assert [totals[origin] for origin in range(len(stolen))] == stolen
    most = defaultdict(int, played.steps[-1].after)
    for one in played.meaning:
        if isinstance(one, Move) and one.swept:
            most[one.payer, one.asset] += one.amount
    assert [where for where, amount in units.items() if where[0] != FEE and amount > most[where]] == []


def test_every_chain_has_ten_steps(played: Played) -> None:
    """In each theft some unit went through ten payments and conversions, one after the other, under FIFO."""
    following = follower(played)
    following.follow(played.meaning)
    longest = following.longest()
    for story in played.stories.values():
        assert max(longest[origin] for origin in story.origins) >= 10, story.name


def test_methods_differ_where_money_was_mixed(played: Played) -> None:
    """The clean money at many holders makes every method's answer another one."""
    answers = {method: tuple(sorted(expected(played, method))) for method in CONSERVING}
    assert len(set(answers.values())) == len(CONSERVING)


@pytest.mark.parametrize("source", ["rpc", "etherscan", "routescan", "blockscout"])
def test_every_source_serves_the_town(ground: Ground, source: str, tmp_path: Path) -> None:
    """The settings load, and the source answers about a swap with its internal payment or its trace."""
    labels = write_settings(tmp_path, ground.played, source)
    assert ground.played.who["hot"] in labels.read_text()
    swap = ground.played.txs["a sell"]
    with serving(ground, source) as endpoint:
        load_config({}, tmp_path, endpoints=[endpoint], only=[source])
        url = endpoint.split("=", maxsplit=1)[1]
        if source == "rpc":
            body = {"jsonrpc": "2.0", "id": 1, "method": "eth_getTransactionReceipt", "params": [swap]}
            assert httpx.post(url, json=body).json()["result"]["status"] == "0x1"
        else:
            asked = {"chainid": "1", "module": "account", "action": "txlistinternal", "txhash": swap}
            rows = httpx.get(url + API[source], params=asked).json()["result"]
            assert str(gained(ground.played, "a sell", "a thief", "coin")) in {row["value"] for row in rows}


def test_coins_that_were_wrapped_are_listed_by_owner(ground: Ground) -> None:
    """WETH9 writes no Transfer when it wraps: its Deposit is found by address and topic all the same."""
    thief = ground.played.who["a thief"]
    asked = {"chainid": "1", "module": "logs", "action": "getLogs", "address": ground.played.who["weth"]}
    asked |= {"topic0": DEPOSIT, "topic0_1_opr": "and", "topic1": "0x" + thief[2:].rjust(64, "0")}
    with serving(ground, "etherscan") as endpoint:
        rows = httpx.get(endpoint.split("=", maxsplit=1)[1], params=asked).json()["result"]
    assert [row["transactionHash"] for row in rows] == [ground.played.txs["a wrap"]]


def test_the_market_is_the_towns(played: Played) -> None:
    """Every priced token has a price by its address, for the price stand-in."""
    assert market(played)[f"ethereum:{played.who['labd']}"] == ("LABD", 6, 1.0)
    assert set(market(played)) >= {f"ethereum:{played.who[name]}" for name in ("weth", "labe", "toll", "double")}


def test_mixtures_do_not_depend_on_cuts() -> None:
    """Each theft gives its share, whatever parts it is cut into, and the parts of a line give in their order."""
    assert mixed(10, [0, CLEAN, 0], [30, 40, 30]) == [3, 4, 3]
    assert mixed(5, [0, 0, 0], [30, 40, 30]) == [1, 2, 2]
    assert mixed(1, [0, 0], [1, 1]) == [0, 1]
    assert mixed(7, [CLEAN, 0], [5, 5]) == [4, 3]
    whole = mixed(1_000, [0, CLEAN], [123, 456])
    cut = mixed(1_000, [0, 0, CLEAN, 0, CLEAN], [100, 3, 400, 20, 56])
    assert [cut[0] + cut[1] + cut[3], cut[2] + cut[4]] == whole


def test_shares_add_up() -> None:
    """The odd units go to the largest remainders, and between equal ones to the earlier."""
    assert share(10, [1, 1, 1]) == [4, 3, 3]
    assert share(10, [1, 2]) == [3, 7]
    assert share(7, [0, 5]) == [0, 7]


def _transfers(played: Played, step: str, token: str) -> list[int]:
    return [
        int(log["data"], 16)
        for log in played.step(step).receipt["logs"]
        if log["address"] == played.who[token] and log["topics"][0] == TRANSFER
    ]
