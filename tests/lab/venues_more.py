"""The last three thefts: from a smart account, through liquidity positions, and of a token with two front doors."""

from __future__ import annotations

from eth_abi.abi import decode

from tests.lab.venues_chains import DISPERSE, MULTICALL, ONE_V3, PAY, SELL, SELL_FOR_COIN, SELL_FOR_COIN_TOLLED
from tests.lab.venues_people import account_does, safe_does
from tests.lab.venues_play import DEADLINE, Play
from tests.lab.venues_town import DOLLAR, ETHER, MINT_V3, MUCH, pair

DECREASE_V3 = "decreaseLiquidity((uint256,uint128,uint256,uint256,uint256))"
APPROVE = "approve(address,uint256)"
REDEEM = "redeem(uint256,address,address)"


def chain_d(play: Play) -> None:
    """6,000 LABD through a smart account that never signs: its bundler does, and the account moves."""
    play.do("d theft", "d victim", "labd", PAY, "account", 6_000 * DOLLAR)
    play.paid("d victim", "account", "labd", 6_000 * DOLLAR, stolen=True)
    sale = play.call_data(SELL_FOR_COIN, 3_000 * DOLLAR, 0, ["labd", "weth"], "account", DEADLINE)
    calls = [("labd", 0, play.call_data(APPROVE, "router", 3_000 * DOLLAR)), ("router", 0, sale)]
    account_does(play, "d sell", calls)
    play.converted("account", "swap", ["labd"], [("account", "coin")])
    single = ("weth", "labe", 500, "account", DEADLINE, ETHER, 0, 0)
    calls = [
        ("weth", ETHER, play.call_data("deposit()")),
        ("weth", 0, play.call_data(APPROVE, "v3router", ETHER)),
        ("v3router", 0, play.call_data(ONE_V3, single)),
    ]
    account_does(play, "d wrap and sell", calls)
    play.converted("account", "swap", ["coin"], [("account", "labe")])
    calls = [
        ("labe", 0, play.call_data(APPROVE, "vault2", 400 * ETHER)),
        ("vault2", 0, play.call_data("deposit(uint256,address)", 400 * ETHER, "account")),
    ]
    account_does(play, "d vault", calls)
    play.converted("account", "deposit", ["labe"], [("account", "vault2")])
    account_does(play, "d shares", [("vault2", 0, play.call_data(PAY, "d mule", 300 * ETHER))])
    play.paid("account", "d mule", "vault2", 300 * ETHER)
    play.do("d redeem", "d mule", "vault2", REDEEM, 300 * ETHER, "d out", "d mule")
    play.converted("d mule", "redeem", ["vault2"], [("d out", "labe")])
    play.do("d sell direct", "d out", "router", SELL, 250 * ETHER, 0, ["labe", "labd"], "d out", DEADLINE)
    play.converted("d out", "swap", ["labe"], [("d out", "labd")])
    play.do("d place", "d out", "stock", "place(address,uint256)", "labd", 900 * DOLLAR)
    play.paid("d out", "order d", "labd", 900 * DOLLAR)
    fill = "fillFromStock(uint256,address,uint256)"
    play.do("d fill", "keeper", "stock", fill, 1, "weth", 44 * ETHER // 100)
    play.converted("order d", "swap", {"labd": 900 * DOLLAR}, [("d out", "weth")])
    play.do("d unwrap", "d out", "weth", "withdraw(uint256)", 4 * ETHER // 10)
    play.converted("d out", "unwrap", ["weth"], [("d out", "coin")])
    _d_safe(play)


def _d_safe(play: Play) -> None:
    play.do("d to safe", "d out", "d safe", value=ETHER // 2)
    play.paid("d out", "d safe", "coin", ETHER // 2)
    safe_does(play, "d safe pays", "d safe", "d owner", [("forwarder", 4 * ETHER // 10, "0x")], relayer="d mule")
    play.paid("d safe", "forwarder", "coin", 4 * ETHER // 10)
    play.swept("forwarder", "hot", "coin", 4 * ETHER // 10)
    calls = [("labd", 0, play.call_data(PAY, name, 1_000 * DOLLAR)) for name in ("d mule", "d out")]
    account_does(play, "d account pays", calls)
    for name in ("d mule", "d out"):
        play.paid("account", name, "labd", 1_000 * DOLLAR)


def chain_e(play: Play) -> None:
    """8,000 LABD and 5 ETH, two thefts that meet in positions of both exchanges."""
    play.do("e theft", "e victim", "labd", PAY, "e thief", 8_000 * DOLLAR)
    play.paid("e victim", "e thief", "labd", 8_000 * DOLLAR, stolen=True)
    play.do("e theft of coin", "e victim", "e thief", value=5 * ETHER)
    play.paid("e victim", "e thief", "coin", 5 * ETHER, stolen=True)
    play.do("e wrap", "e thief", "weth", "deposit()", value=4 * ETHER)
    play.converted("e thief", "wrap", ["coin"], [("e thief", "weth")])
    spenders = (("labd", "positions"), ("weth", "positions"), ("labd", "router"), ("labe", "router"))
    for token, spender in spenders:
        play.do(f"e allows {spender} {token}", "e thief", token, APPROVE, spender, MUCH)
    _e_position(play)
    play.do("e sell", "e thief", "router", SELL, 4_000 * DOLLAR, 0, ["labd", "labe"], "e thief", DEADLINE)
    play.converted("e thief", "swap", ["labd"], [("e thief", "labe")])
    lp = pair("labd", "labe")
    add = "addLiquidity(address,address,uint256,uint256,uint256,uint256,address,uint256)"
    wanted = ("labd", "labe", 5_000 * DOLLAR, 900 * ETHER, 0, 0, "e thief", DEADLINE)
    play.do("e add", "e thief", "router", add, *wanted)
    play.converted("e thief", "liquidity_added", ["labd", "labe"], [("e thief", lp)])
    held = play.gained("e thief", lp)
    play.do("e shares", "e thief", lp, PAY, "e out", held)
    play.paid("e thief", "e out", lp, held)
    remove = "removeLiquidity(address,address,uint256,uint256,uint256,address,uint256)"
    play.do("e remove", "e out", "router", remove, "labd", "labe", held // 2, 0, 0, "e out", DEADLINE)
    play.converted("e out", "liquidity_removed", [lp], [("e out", "labd"), ("e out", "labe")])
    single = ("labe", "weth", 500, "e out", DEADLINE, 400 * ETHER, 0, 0)
    play.do("e v3", "e out", "v3router", ONE_V3, single)
    play.converted("e out", "swap", ["labe"], [("e out", "weth")])
    play.do("e unwrap", "e out", "weth", "withdraw(uint256)", 7 * ETHER // 10)
    play.converted("e out", "unwrap", ["weth"], [("e out", "coin")])
    play.do("e stake", "e out", "stake", "submit()", value=55 * ETHER // 100)
    play.converted("e out", "deposit", ["coin"], [("e out", "stake")])
    play.do("e to forwarder", "e out", "labd", PAY, "forwarder", 500 * DOLLAR)
    play.paid("e out", "forwarder", "labd", 500 * DOLLAR)
    play.do("e flush", "keeper", "forwarder", "flush(address)", "labd")
    play.swept("forwarder", "hot", "labd", 500 * DOLLAR)


def _e_position(play: Play) -> None:
    """A v3 position is not fungible: what it is called here holds its liquidity, as its own events count it."""
    token0, token1 = sorted(("labd", "weth"), key=lambda name: int(play.who[name], 16))
    most = {"labd": 6_000 * DOLLAR, "weth": 3 * ETHER}
    position = (token0, token1, 3000, -887_220, 887_220, most[token0], most[token1], 0, 0, "e thief", DEADLINE)
    step = play.do("e position", "e thief", "positions", MINT_V3, position)
    increase = next(log for log in step.receipt["logs"] if log["topics"][0].startswith("0x3067048b"))
    number = int(increase["topics"][1], 16)
    liquidity, _, _ = decode(["uint128", "uint256", "uint256"], bytes.fromhex(increase["data"][2:]))
    play.who["e position"] = f"{play.who['positions']}:{number}"
    play.converted("e thief", "liquidity_added", [token0, token1], [], made=[("e thief", "e position", liquidity)])
    calls = [
        play.call_data(DECREASE_V3, (number, liquidity, 0, 0, DEADLINE)),
        play.call_data("collect((uint256,address,uint128,uint128))", (number, "e thief", 2**128 - 1, 2**128 - 1)),
        play.call_data("burn(uint256)", number),
    ]
    play.do("e close", "e thief", "positions", MULTICALL, [bytes.fromhex(data[2:]) for data in calls])
    outs = [("e thief", token0), ("e thief", token1)]
    play.converted("e thief", "liquidity_removed", {"e position": liquidity}, outs)


def chain_f(play: Play) -> None:
    """5,000 DBL, a token with a blacklist and an older contract that writes the same transfers a second time."""
    pull = "transferFrom(address,address,uint256)"
    play.do("f theft", "f thief", "double", pull, "f victim", "f thief", 5_000 * ETHER)
    play.paid("f victim", "f thief", "double", 5_000 * ETHER, stolen=True)
    play.paid("f victim", "f thief", "front", 5_000 * ETHER)
    play.do("f by the front", "f thief", "front", PAY, "f m1", 2_000 * ETHER)
    for door in ("double", "front"):
        play.paid("f thief", "f m1", door, 2_000 * ETHER)
    path = ["double", "weth"]
    play.do("f sell", "f thief", "router", SELL, 2_500 * ETHER, 0, path, "f thief", DEADLINE)
    play.converted("f thief", "swap", ["double"], [("f thief", "weth")])
    play.paid("f thief", pair("double", "weth"), "front", 2_500 * ETHER)
    single = ("weth", "labd", 3000, "f m2", DEADLINE, ETHER, 0, 0)
    play.do("f swap and send", "f thief", "v3router", ONE_V3, single)
    play.converted("f thief", "swap", ["weth"], [("f m2", "labd")])
    play.do("f ban", "keeper", "double", "ban(address)", "f thief")
    play.do("f fails", "f thief", "double", PAY, "f m1", 500 * ETHER)
    path = ["double", "weth", "labe"]
    play.do("f hops", "f m1", "router", SELL, 1_500 * ETHER, 0, path, "f m1", DEADLINE)
    play.converted("f m1", "swap", ["double"], [("f m1", "labe")])
    play.paid("f m1", pair("double", "weth"), "front", 1_500 * ETHER)
    to, values = ["f m2", "f out"], [100 * ETHER, 150 * ETHER]
    play.do("f disperse", "f m1", "disperse", DISPERSE, "labe", to, values)
    for name, amount in zip(to, values, strict=True):
        play.paid("f m1", name, "labe", amount)
    _f_rest(play)


def _f_rest(play: Play) -> None:
    play.do("f vault", "f m2", "vault", "deposit(uint256,address)", 1_900 * DOLLAR, "f m2")
    play.converted("f m2", "deposit", ["labd"], [("f m2", "vault")])
    half = play.gained("f m2", "vault") // 2
    play.do("f shares", "f m2", "vault", PAY, "f out", half)
    play.paid("f m2", "f out", "vault", half)
    play.do("f redeem", "f out", "vault", REDEEM, half, "f out", "f out")
    play.converted("f out", "redeem", ["vault"], [("f out", "labd")])
    settle = "settle(address,uint256,address[],uint256)"
    play.do("f settled", "keeper", "settlement", settle, "f out", 800 * DOLLAR, ["labd", "weth"], DEADLINE)
    play.converted("f out", "swap", ["labd"], [("f out", "weth")])
    play.do("f unwrap", "f out", "weth", "withdraw(uint256)", 3 * ETHER // 10)
    play.converted("f out", "unwrap", ["weth"], [("f out", "coin")])
    buy = "swapExactETHForTokensSupportingFeeOnTransferTokens(uint256,address[],address,uint256)"
    path = ["weth", "toll"]
    play.do("f buy toll", "f out", "router", buy, 0, path, "f out", DEADLINE, value=34 * ETHER // 100)
    play.converted("f out", "swap", ["coin"], [("f out", "toll"), ("collector", "toll")])
    play.do("f toll on", "f out", "toll", PAY, "f m1", 300 * ETHER)
    play.paid("f out", "f m1", "toll", 294 * ETHER)
    play.paid("f out", "collector", "toll", 6 * ETHER)
    play.do("f sell toll", "f m1", "router", SELL_FOR_COIN_TOLLED, 250 * ETHER, 0, path[::-1], "f m1", DEADLINE)
    play.converted("f m1", "swap", {"toll": 245 * ETHER}, [("f m1", "coin")])
    play.paid("f m1", "collector", "toll", 5 * ETHER)
    play.do("f cash", "f m1", "exchange", value=2 * ETHER // 10)
    play.paid("f m1", "exchange", "coin", 2 * ETHER // 10)
