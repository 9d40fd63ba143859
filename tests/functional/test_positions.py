"""Money put into positions of the real Uniswap v3 position manager, and taken out again in every way there is.

Where it is was reckoned from the meaning of each step, as in test_stories.py; here the steps are those of positions:
minted, added to, fees collected, half taken out and collected later, the NFT given away, closed by two collections;
one of a single asset that stays; and one that held clean money before stolen money was added to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import pytest
from eth_abi.abi import decode

from chains.positions import INCREASED
from tests.conftest import _node
from tests.functional.test_stories import Traced, found, traced, wanted
from tests.lab.anvil_ledger import AnvilLedger
from tests.lab.venues import LABELS, Ground, Played, Story, follower
from tests.lab.venues_chains import MULTICALL, ONE_V3, PAY
from tests.lab.venues_more import APPROVE, DECREASE_V3
from tests.lab.venues_people import PEOPLE, settle_in
from tests.lab.venues_play import DEADLINE, Play
from tests.lab.venues_town import DOLLAR, ETHER, MINT_V3, MUCH, POOLS, TOKENS, build, pair

pytestmark = pytest.mark.node
INCREASE_V3: Final = "increaseLiquidity((uint256,uint256,uint256,uint256,uint256,uint256))"
COLLECT_V3: Final = "collect((uint256,address,uint128,uint128))"
ALL: Final = 2**128 - 1
POOL: Final = "v3 labd/weth"


class Made(NamedTuple):
    """A position: its number, and the liquidity that the last step put into it."""

    number: int
    liquidity: int


class Setting(NamedTuple):
    """The chain and what was done on it; ``kept`` is the position that stays."""

    ground: Ground
    kept: str


def position_play(play: Play) -> None:
    """8,000 LABD and 5 ETH through three positions, with fees, a gift and two collections."""
    play.do("theft", "e victim", "labd", PAY, "e thief", 8_000 * DOLLAR)
    play.paid("e victim", "e thief", "labd", 8_000 * DOLLAR, stolen=True)
    play.do("theft of coin", "e victim", "e thief", value=5 * ETHER)
    play.paid("e victim", "e thief", "coin", 5 * ETHER, stolen=True)
    play.do("wrap", "e thief", "weth", "deposit()", value=4 * ETHER)
    play.converted("e thief", "wrap", ["coin"], [("e thief", "weth")])
    play.do("allows weth", "e thief", "weth", APPROVE, "positions", MUCH)
    number, liquidity = _opened(play)
    _traded(play)
    _collected(play, "fees", "e thief", number)
    for asset in ("labd", "weth"):
        play.paid(POOL, "e thief", asset, play.gained("e thief", asset))
    half = liquidity // 2
    play.do("half out", "e thief", "positions", DECREASE_V3, (number, half, 0, 0, DEADLINE))
    _collected(play, "half paid", "e thief", number)
    play.converted("e thief", "liquidity_removed", {"closed": half}, [("e thief", "labd"), ("e thief", "weth")])
    play.do("gift", "e thief", "positions", "transferFrom(address,address,uint256)", "e thief", "e out", number)
    rest = liquidity - half
    play.paid("e thief", "e out", "closed", rest)
    play.do("rest out", "e out", "positions", DECREASE_V3, (number, rest, 0, 0, DEADLINE))
    first, second = _sorted(play)
    _collected(play, "one paid", "e out", number, (ALL, 0))
    play.converted("e out", "liquidity_removed", {"closed": rest // 2}, [("e out", first)])
    _collected(play, "other paid", "e out", number, (0, ALL))
    play.converted("e out", "liquidity_removed", {"closed": rest - rest // 2}, [("e out", second)])
    play.do("burn", "e out", "positions", "burn(uint256)", number)
    kept = _one_sided(play, "one side", "e out", 500 * DOLLAR, "kept")
    play.converted("e out", "liquidity_added", ["labd"], [], made=[("e out", "kept", kept.liquidity)])
    _mixed(play)


def _opened(play: Play) -> Made:
    most = {"labd": 3_000 * DOLLAR, "weth": 3 * ETHER // 2}
    first, second = _sorted(play)
    ends = (first, second, 3000, -887_220, 887_220)
    made = _minted(play, "open", "e thief", (*ends, most[first], most[second], 0, 0, "e thief", DEADLINE), "closed")
    play.converted("e thief", "liquidity_added", [first, second], [], made=[("e thief", "closed", made.liquidity)])
    more = (made.number, most[first] // 2, most[second] // 2, 0, 0, DEADLINE)
    play.do("add", "e thief", "positions", INCREASE_V3, more)
    added = _increase(play, play.steps[-1].receipt, "closed").liquidity
    play.converted("e thief", "liquidity_added", [first, second], [], made=[("e thief", "closed", added)])
    return Made(made.number, made.liquidity + added)


def _traded(play: Play) -> None:
    """Somebody trades to and fro, so that there are fees of both assets."""
    for token, amount, other in (("labd", 20_000 * DOLLAR, "weth"), ("weth", 10 * ETHER, "labd")):
        play.do(f"faucet allows {token}", "faucet", token, APPROVE, "v3router", MUCH)
        play.do(f"sell {token}", "faucet", "v3router", ONE_V3, (token, other, 3000, "faucet", DEADLINE, amount, 0, 0))


def settle_old(play: Play) -> None:
    """Before anything is stolen, the thief has a position of its own money; then the watch begins."""
    play.send("own coin", "faucet", "e thief", value=ETHER // 10, gas=50_000)
    play.call("own money", "faucet", "labd", "mint(address,uint256)", "e thief", 300 * DOLLAR)
    for owner in ("e thief", "e out"):
        play.next_block()
        play.call(f"{owner} allows labd", owner, "labd", APPROVE, "positions", MUCH)
    play.next_block()
    position = _beyond(play, "e thief", 300 * DOLLAR)
    play.send("old", "e thief", "positions", data=play.call_data(MINT_V3, position), gas=1_500_000)
    play.next_block()
    play.watch([*TOKENS, *(pair(*names) for names in POOLS)])
    old = _increase(play, play.node.rpc("eth_getTransactionReceipt", play.txs["old"]), "old")
    play.opening = {**play.opening, (play.who["e thief"], play.who["old"]): old.liquidity}


def _mixed(play: Play) -> None:
    """Stolen money on top of it; then what was there before, and half of what was added, comes out."""
    number = int(play.who["old"].partition("#")[2])
    amounts = [400 * DOLLAR if name == "labd" else 0 for name in _sorted(play)]
    play.do("add to old", "e thief", "positions", INCREASE_V3, (number, *amounts, 0, 0, DEADLINE))
    added = _increase(play, play.steps[-1].receipt, "old").liquidity
    play.converted("e thief", "liquidity_added", ["labd"], [], made=[("e thief", "old", added)])
    clean = sum(units for (_, asset), units in play.opening.items() if asset == play.who["old"])
    gone = clean + added // 2
    calls = [
        play.call_data(DECREASE_V3, (number, gone, 0, 0, DEADLINE)),
        play.call_data(COLLECT_V3, (number, "e thief", ALL, ALL)),
    ]
    play.do("out of old", "e thief", "positions", MULTICALL, [bytes.fromhex(data[2:]) for data in calls])
    play.converted("e thief", "liquidity_removed", {"old": gone}, [("e thief", "labd")])


def _one_sided(play: Play, name: str, owner: str, amount: int, called: str) -> Made:
    """A position beyond the price takes one asset only."""
    return _minted(play, name, owner, _beyond(play, owner, amount), called)


def _beyond(play: Play, owner: str, amount: int) -> tuple[object, ...]:
    first, second = _sorted(play)
    (tick,) = decode(["int24"], play.view(POOL, "slot0()")[32:64])
    edge = tick // 60 * 60
    ends = (edge + 3_000, 887_220) if first == "labd" else (-887_220, edge - 3_000)
    amounts = [amount if name == "labd" else 0 for name in (first, second)]
    return (first, second, 3000, *ends, *amounts, 0, 0, owner, DEADLINE)


def _minted(play: Play, name: str, owner: str, position: tuple[object, ...], called: str) -> Made:
    play.do(name, owner, "positions", MINT_V3, position)
    return _increase(play, play.steps[-1].receipt, called)


def _increase(play: Play, receipt: dict[str, Any], called: str) -> Made:
    log = next(log for log in receipt["logs"] if log["topics"][0] == INCREASED)
    made = Made(int(log["topics"][1], 16), int(log["data"][2:66], 16))
    play.who[called] = f"{play.who['positions']}#{made.number}"
    return made


def _collected(play: Play, name: str, owner: str, number: int, most: tuple[int, int] = (ALL, ALL)) -> None:
    play.do(name, owner, "positions", COLLECT_V3, (number, owner, *most))


def _sorted(play: Play) -> tuple[str, str]:
    first, second = sorted(("labd", "weth"), key=lambda name: int(play.who[name], 16))
    return first, second


@pytest.fixture(scope="module")
def setting() -> Iterator[Setting]:
    with _node() as node:
        play = Play(node, 1, PEOPLE)
        build(play)
        settle_in(play)
        settle_old(play)
        position_play(play)
        seeds = (play.txs["theft"], play.txs["theft of coin"])
        story = Story("p", str(position_play.__doc__), play.who["e victim"], seeds, (0, 1), ())
        labels = {play.who[name]: category for name, category in LABELS.items()}
        facts = (play.opening, tuple(play.steps), tuple(play.meaning))
        played = Played(play.who, play.txs, {}, labels, *facts, {"p": story})
        yield Setting(Ground(node, played, AnvilLedger(node)), play.who["kept"])


@pytest.fixture(scope="module", params=["rpc", "etherscan", "routescan", "blockscout"])
def trace(request: pytest.FixtureRequest, setting: Setting, tmp_path_factory: pytest.TempPathFactory) -> Traced:
    source: str = request.param
    return traced(setting.ground, tmp_path_factory.mktemp(source), source, ["p"])


def test_the_liquidity_is_followed_to_the_unit(setting: Setting, trace: Traced) -> None:
    """Through each source, every place, its units and the principal they stand for are the play's; nothing is open."""
    played = setting.ground.played
    places = follower(played).follow(played.meaning)
    assert found(played, trace.result) == wanted(played, ["p"], places)
    assert (trace.result.gaps, trace.exit_code) == ((), 0)


def test_every_step_is_a_conversion(setting: Setting, trace: Traced) -> None:
    """Liquidity added and removed is called so, of one asset too; fees collected and an NFT given are none of it."""
    played = setting.ground.played
    names = {tx: name for name, tx in played.txs.items()}
    kinds = {names[row.tx]: row.kind for row in trace.result.conversions}
    added, removed = ("open", "add", "one side", "add to old"), ("half paid", "one paid", "other paid", "out of old")
    liquidity = {**dict.fromkeys(added, "liquidity_added"), **dict.fromkeys(removed, "liquidity_removed")}
    assert kinds == {"wrap": "wrap", **liquidity}


def test_a_position_that_is_kept_is_held_by_its_number(setting: Setting, trace: Traced) -> None:
    """What stays in a position is shown as units of it, named without asking anyone; the closed one has nothing."""
    who = setting.ground.played.who
    rows = {row.asset.id: row for row in trace.result.endpoints if "#" in row.asset.id}
    assert {asset: row.address for asset, row in rows.items()} == {
        setting.kept: who["e out"],
        who["old"]: who["e thief"],
    }
    for asset, row in rows.items():
        assert row.reason == "held"
        assert (row.asset.symbol.partition("position ")[2], row.asset.decimals) == (f"#{asset.partition('#')[2]}", 0)
