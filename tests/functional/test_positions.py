"""Money put into positions of the real Uniswap v3 position manager, and taken out again in every way there is.

Where it is was reckoned from the meaning of each step, as in test_stories.py; here the steps are those of positions:
minted, added to, fees collected, half taken out and collected later, the NFT given away, closed by two collections,
and one of a single asset that stays. `check` is what every source must find.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import pytest
from eth_abi.abi import decode

from chains.positions import INCREASED
from tests.conftest import _node
from tests.functional.test_stories import Traced, found, traced, wanted
from tests.lab.anvil_ledger import AnvilLedger
from tests.lab.venues import LABELS, Ground, Played, Story, follower
from tests.lab.venues_chains import ONE_V3, PAY
from tests.lab.venues_more import APPROVE, DECREASE_V3
from tests.lab.venues_people import PEOPLE, settle_in
from tests.lab.venues_play import DEADLINE, Move, Play
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
    """The chain and what was done on it; ``closed`` and ``kept`` are the assets of the two positions."""

    ground: Ground
    closed: str
    kept: str


def position_play(play: Play) -> None:
    """8,000 LABD and 5 ETH through two positions, with fees, a gift and two collections."""
    play.do("theft", "e victim", "labd", PAY, "e thief", 8_000 * DOLLAR)
    play.paid("e victim", "e thief", "labd", 8_000 * DOLLAR, stolen=True)
    play.do("theft of coin", "e victim", "e thief", value=5 * ETHER)
    play.paid("e victim", "e thief", "coin", 5 * ETHER, stolen=True)
    play.do("wrap", "e thief", "weth", "deposit()", value=4 * ETHER)
    play.converted("e thief", "wrap", ["coin"], [("e thief", "weth")])
    for owner in ("e thief", "e out"):
        for token in ("labd", "weth"):
            play.do(f"{owner} allows {token}", owner, token, APPROVE, "positions", MUCH)
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
    _one_sided(play)


def _opened(play: Play) -> Made:
    most = {"labd": 3_000 * DOLLAR, "weth": 3 * ETHER // 2}
    first, second = _sorted(play)
    ends = (first, second, 3000, -887_220, 887_220)
    made = _minted(play, "open", "e thief", (*ends, most[first], most[second], 0, 0, "e thief", DEADLINE), "closed")
    play.converted("e thief", "liquidity_added", [first, second], [], made=[("e thief", "closed", made.liquidity)])
    more = (made.number, most[first] // 2, most[second] // 2, 0, 0, DEADLINE)
    play.do("add", "e thief", "positions", INCREASE_V3, more)
    added = _increase(play).liquidity
    play.converted("e thief", "liquidity_added", [first, second], [], made=[("e thief", "closed", added)])
    return Made(made.number, made.liquidity + added)


def _traded(play: Play) -> None:
    """Somebody trades to and fro, so that there are fees of both assets."""
    for token, amount, other in (("labd", 20_000 * DOLLAR, "weth"), ("weth", 10 * ETHER, "labd")):
        play.do(f"faucet allows {token}", "faucet", token, APPROVE, "v3router", MUCH)
        play.do(f"sell {token}", "faucet", "v3router", ONE_V3, (token, other, 3000, "faucet", DEADLINE, amount, 0, 0))


def _one_sided(play: Play) -> None:
    """A position beyond the price takes one asset only."""
    first, second = _sorted(play)
    (tick,) = decode(["int24"], play.view(POOL, "slot0()")[32:64])
    edge = tick // 60 * 60
    low, high = (edge + 600, 887_220) if first == "labd" else (-887_220, edge - 600)
    amounts = {"labd": 500 * DOLLAR, "weth": 0}
    ends = (first, second, 3000, low, high)
    made = _minted(play, "one side", "e out", (*ends, amounts[first], amounts[second], 0, 0, "e out", DEADLINE), "kept")
    play.converted("e out", "liquidity_added", ["labd"], [], made=[("e out", "kept", made.liquidity)])


def _minted(play: Play, name: str, owner: str, position: tuple[object, ...], called: str) -> Made:
    play.do(name, owner, "positions", MINT_V3, position)
    made = _increase(play)
    play.who[called] = f"{play.who['positions']}#{made.number}"
    return made


def _increase(play: Play) -> Made:
    log = next(log for log in play.steps[-1].receipt["logs"] if log["topics"][0] == INCREASED)
    return Made(int(log["topics"][1], 16), int(log["data"][2:66], 16))


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
        play.watch([*TOKENS, *(pair(*names) for names in POOLS)])
        position_play(play)
        seeds = (play.txs["theft"], play.txs["theft of coin"])
        story = Story("p", str(position_play.__doc__), play.who["e victim"], seeds, (0, 1), ())
        labels = {play.who[name]: category for name, category in LABELS.items()}
        facts = (play.opening, tuple(play.steps), tuple(play.meaning))
        played = Played(play.who, play.txs, {}, labels, *facts, {"p": story})
        yield Setting(Ground(node, played, AnvilLedger(node)), play.who["closed"], play.who["kept"])


@pytest.fixture(scope="module", params=["rpc", "etherscan", "routescan", "blockscout"])
def trace(request: pytest.FixtureRequest, setting: Setting, tmp_path_factory: pytest.TempPathFactory) -> Traced:
    source: str = request.param
    return traced(setting.ground, tmp_path_factory.mktemp(source), source, ["p"])


def test_the_liquidity_is_followed_to_the_unit(setting: Setting, trace: Traced) -> None:
    """Through each source, every place, its units and the principal they stand for are the play's, and nothing is open."""
    played = setting.ground.played
    places = follower(played).follow(played.meaning)
    assert found(played, trace.result) == wanted(played, ["p"], places)
    assert (trace.result.gaps, trace.exit_code) == ((), 0)


def test_every_step_is_a_conversion(setting: Setting, trace: Traced) -> None:
    """Two additions, one later paid half and two part payments: a collection of fees and an NFT given are none."""
    played = setting.ground.played
    names = {tx: name for name, tx in played.txs.items()}
    kinds = {names[row.tx]: row.kind for row in trace.result.conversions}
    assert {name: kind for name, kind in kinds.items() if name != "wrap"} == {
        "open": "liquidity_added",
        "add": "liquidity_added",
        "half paid": "liquidity_removed",
        "one paid": "liquidity_removed",
        "other paid": "liquidity_removed",
        "one side": kinds["one side"],
    }


def test_a_position_that_is_kept_is_held_by_its_number(setting: Setting, trace: Traced) -> None:
    """What stays in a position is shown as units of it, named without asking anyone; the closed one has nothing."""
    rows = [row for row in trace.result.endpoints if "#" in row.asset.id]
    owner = setting.ground.played.who["e out"]
    number = setting.kept.partition("#")[2]
    assert [(row.address, row.asset.id, row.asset.decimals) for row in rows] == [(owner, setting.kept, 0)]
    assert rows[0].asset.symbol.endswith(f"position #{number}")
    stolen = [one for one in setting.ground.played.meaning if isinstance(one, Move) and one.stolen]
    assert len(stolen) == 2
