"""The first three thefts: a token sold for coin and laundered, coin itself, and a drained approval."""

from __future__ import annotations

from typing import Final

from tests.lab.venues_people import safe_does
from tests.lab.venues_play import DEADLINE, Play
from tests.lab.venues_town import DOLLAR, ETHER, MUCH, pair

PAY: Final = "transfer(address,uint256)"
SELL: Final = "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)"
SELL_FOR_COIN: Final = "swapExactTokensForETH(uint256,uint256,address[],address,uint256)"
ONE_V3: Final = "exactInputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))"
MULTICALL: Final = "multicall(bytes[])"
ONE_V3_OUT: Final = "exactOutputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))"
DISPERSE: Final = "disperseToken(address,address[],uint256[])"
PATH_V3: Final = "exactInput((bytes,address,uint256,uint256,uint256))"
SELL_TOLLED: Final = "swapExactTokensForTokensSupportingFeeOnTransferTokens(uint256,uint256,address[],address,uint256)"
SELL_FOR_COIN_TOLLED: Final = SELL_TOLLED.replace("ForTokensS", "ForETHS")


def chain_a(play: Play) -> None:
    """10,000 LABD through twelve changes: coin, wrapper, both exchanges, a Safe, a vault, liquidity, a settlement."""
    play.do("a theft", "a victim", "labd", PAY, "a thief", 10_000 * DOLLAR)
    play.paid("a victim", "a thief", "labd", 10_000 * DOLLAR, stolen=True)
    v2 = ["labd", "weth"]
    play.do("a sell", "a thief", "router", SELL_FOR_COIN, 8_000 * DOLLAR, 0, v2, "a thief", DEADLINE)
    play.converted("a thief", "swap", ["labd"], [("a thief", "coin")])
    play.do("a wrap", "a thief", "weth", "deposit()", value=3 * ETHER)
    play.converted("a thief", "wrap", ["coin"], [("a thief", "weth")])
    single = ("weth", "labe", 500, "a thief", DEADLINE, 3 * ETHER, 0, 0)
    play.do("a v3", "a thief", "v3router", ONE_V3, single)
    play.converted("a thief", "swap", ["weth"], [("a thief", "labe")])
    shares = {"a m2": 400 * ETHER, "a m3": 200 * ETHER, "a m1": 800 * ETHER}
    play.do("a disperse", "a thief", "disperse", DISPERSE, "labe", list(shares), list(shares.values()))
    for name, amount in shares.items():
        play.paid("a thief", name, "labe", amount)
    play.do("a to safe", "a m1", "labe", PAY, "a safe", 700 * ETHER)
    play.paid("a m1", "a safe", "labe", 700 * ETHER)
    _a_safe(play)
    _a_vault(play)
    _a_liquidity(play)
    play.do("a place", "a r1", "settlement", "place(address,uint256)", "labd", 2_600 * DOLLAR)
    play.paid("a r1", "order a", "labd", 2_600 * DOLLAR)
    play.do("a fill", "keeper", "settlement", "fillOnExchange(uint256,address[],uint256)", 0, v2, DEADLINE)
    play.converted("order a", "swap", {"labd": 2_600 * DOLLAR}, [("a r1", "coin")])
    play.do("a cash", "a r1", "forwarder", value=23 * ETHER // 10)
    play.paid("a r1", "forwarder", "coin", 23 * ETHER // 10)
    play.swept("forwarder", "hot", "coin", 23 * ETHER // 10)


def _a_safe(play: Play) -> None:
    sale = play.call_data(SELL, 600 * ETHER, 0, ["labe", "weth", "labd"], "a r1", DEADLINE)
    calls = [
        ("labe", 0, play.call_data("approve(address,uint256)", "router", 600 * ETHER)),
        ("router", 0, sale),
        ("labe", 0, play.call_data(PAY, "a m2", 60 * ETHER)),
    ]
    safe_does(play, "a safe sells", "a safe", "a owner", calls, relayer="keeper")
    play.converted("a safe", "swap", {"labe": 600 * ETHER}, [("a r1", "labd")])
    play.paid("a safe", "a m2", "labe", 60 * ETHER)


def _a_vault(play: Play) -> None:
    play.do("a vault", "a r1", "vault", "deposit(uint256,address)", 2_600 * DOLLAR, "a r1")
    play.converted("a r1", "deposit", ["labd"], [("a r1", "vault")])
    play.do("a yield", "faucet", "labd", PAY, "vault", 100 * DOLLAR)
    play.paid("faucet", "vault", "labd", 100 * DOLLAR)
    play.do("a redeem", "a r1", "vault", "redeem(uint256,address,address)", 2_600 * DOLLAR, "a r1", "a r1")
    play.converted("a r1", "redeem", ["vault"], [("a r1", "labd")])


def _a_liquidity(play: Play) -> None:
    lp = pair("labd", "weth")
    add = "addLiquidityETH(address,uint256,uint256,uint256,address,uint256)"
    play.do("a add", "a r1", "router", add, "labd", 1_000 * DOLLAR, 0, 0, "a r1", DEADLINE, value=ETHER)
    play.converted("a r1", "liquidity_added", ["coin", "labd"], [("a r1", lp)])
    remove = "removeLiquidityETH(address,uint256,uint256,uint256,address,uint256)"
    play.do("a remove", "a r1", "router", remove, "labd", play.gained("a r1", lp), 0, 0, "a r1", DEADLINE)
    play.converted("a r1", "liquidity_removed", [lp], [("a r1", "labd"), ("a r1", "coin")])


def chain_b(play: Play) -> None:
    """20 ETH: exact outputs with a refund and with dust, a staking derivative that grows, orders paid from stock."""
    play.do("b theft", "b victim", "b thief", value=20 * ETHER)
    play.paid("b victim", "b thief", "coin", 20 * ETHER, stolen=True)
    buy = "swapETHForExactTokens(uint256,address[],address,uint256)"
    path = ["weth", "labd"]
    play.do("b buy exactly", "b thief", "router", buy, 5_000 * DOLLAR, path, "b thief", DEADLINE, value=6 * ETHER)
    play.converted("b thief", "swap", ["coin"], [("b thief", "labd")])
    exact = "swapTokensForExactTokens(uint256,uint256,address[],address,uint256)"
    path = ["labd", "weth", "labe"]
    play.do("b exact out", "b thief", "router", exact, 1_000 * ETHER, 5_000 * DOLLAR, path, "b thief", DEADLINE)
    play.converted("b thief", "swap", ["labd"], [("b thief", "labe")])
    hops = _path_v3(play, "labe", 500, "weth", 3000, "labd")
    play.do("b two hops", "b thief", "v3router", PATH_V3, (hops, "b second", DEADLINE, 900 * ETHER, 0))
    play.converted("b thief", "swap", ["labe"], [("b second", "labd")])
    to, values = ["b m1", "b m2", "b m3"], [4 * ETHER, 3 * ETHER, 3 * ETHER // 2]
    play.do("b disperse", "b thief", "disperse", "disperseEther(address[],uint256[])", to, values, value=9 * ETHER)
    for name, amount in zip(to, values, strict=True):
        play.paid("b thief", name, "coin", amount)
    _b_stake(play)
    play.do("b wrap", "b m2", "weth", "deposit()", value=3 * ETHER)
    play.converted("b m2", "wrap", ["coin"], [("b m2", "weth")])
    single = ("weth", "labd", 3000, "b m2", DEADLINE, 3_000 * DOLLAR, 3 * ETHER, 0)
    play.do("b exact v3", "b m2", "v3router", ONE_V3_OUT, single)
    play.converted("b m2", "swap", ["weth"], [("b m2", "labd")])
    _b_second(play)
    play.do("b cash", "b m3", "exchange", value=27 * ETHER // 10)
    play.paid("b m3", "exchange", "coin", 27 * ETHER // 10)


def _b_stake(play: Play) -> None:
    play.do("b stake", "b m1", "stake", "submit()", value=3 * ETHER)
    play.converted("b m1", "deposit", ["coin"], [("b m1", "stake")])
    play.do("b reward", "faucet", "stake", "rebase()", value=13 * ETHER // 10)
    play.paid("faucet", "stake", "coin", 13 * ETHER // 10)
    for holder in ("b m1", "faucet"):
        play.grew(holder, "stake")
    play.do("b staked to m2", "b m1", "stake", PAY, "b m2", 22 * ETHER // 10)
    play.paid("b m1", "b m2", "stake", 22 * ETHER // 10)
    for name, amount in (("b m2", 22), ("b m1", 11)):
        play.do(f"{name} unstakes", name, "stake", "withdraw(uint256)", amount * ETHER // 10)
        play.converted(name, "redeem", ["stake"], [(name, "coin")])


def _b_second(play: Play) -> None:
    sell = "sell(uint256,address[],address,uint256)"
    play.do("b router fee", "b second", "feerouter", sell, 3_700 * DOLLAR, ["labd", "labe"], "b second", DEADLINE)
    play.paid("b second", "feewallet", "labd", 37 * DOLLAR)
    play.converted("b second", "swap", {"labd": 3_663 * DOLLAR}, [("b second", "labe")])
    play.do("b place", "b second", "stock", "place(address,uint256)", "labe", 850 * ETHER)
    play.paid("b second", "order b", "labe", 850 * ETHER)
    fill = "fillFromStock(uint256,address,uint256)"
    play.do("b fill", "keeper", "stock", fill, 0, "labd", 3_380 * DOLLAR)
    play.converted("order b", "swap", {"labe": 850 * ETHER}, [("b second", "labd")])
    single = ("labd", "weth", 3000, "b second", DEADLINE, 3_000 * DOLLAR, 0, 0)
    play.do("b v3", "b second", "v3router", ONE_V3, single)
    play.converted("b second", "swap", ["labd"], [("b second", "weth")])
    play.do("b unwrap", "b second", "weth", "withdraw(uint256)", 14 * ETHER // 10)
    play.converted("b second", "unwrap", ["weth"], [("b second", "coin")])
    play.do("b on", "b second", "b m3", value=14 * ETHER // 10)
    play.paid("b second", "b m3", "coin", 14 * ETHER // 10)


def chain_c(play: Play) -> None:
    """10,000 LABD drained to two, with tolls on transfer, spoofed events, a counterfeit and a loan that cancels."""
    drain = "drain(address,address,address,uint256)"
    play.do("c theft", "keeper", "drainer", drain, "labd", "c victim", "c affiliate", 10_000 * DOLLAR)
    play.paid("c victim", "c operator", "labd", 2_000 * DOLLAR, stolen=True)
    play.paid("c victim", "c affiliate", "labd", 8_000 * DOLLAR, stolen=True)
    path = ["labd", "toll"]
    play.do("c buy toll", "c affiliate", "router", SELL_TOLLED, 3_000 * DOLLAR, 0, path, "c affiliate", DEADLINE)
    play.converted("c affiliate", "swap", ["labd"], [("c affiliate", "toll"), ("collector", "toll")])
    play.do("c pay toll", "c affiliate", "toll", PAY, "c mule", 500 * ETHER)
    play.paid("c affiliate", "c mule", "toll", 490 * ETHER)
    play.paid("c affiliate", "collector", "toll", 10 * ETHER)
    path = ["toll", "weth"]
    play.do("c sell toll", "c mule", "router", SELL_FOR_COIN_TOLLED, 400 * ETHER, 0, path, "c mule", DEADLINE)
    play.converted("c mule", "swap", {"toll": 392 * ETHER}, [("c mule", "coin")])
    play.paid("c mule", "collector", "toll", 8 * ETHER)
    spoof = "pay(address,address,uint256,address,address)"
    play.do("c spoofed", "c affiliate", "distractor", spoof, "labd", "c mule", 1_000 * DOLLAR, "spoof", "false")
    play.paid("c affiliate", "c mule", "labd", 1_000 * DOLLAR)
    play.do("c counterfeit", "c mule", "fake", PAY, "c out", 5_000 * DOLLAR)
    play.paid("c mule", "c out", "fake", 5_000 * DOLLAR)
    sell = "sellForCoin(uint256,address[],address,uint256)"
    play.do("c fee in coin", "c mule", "feerouter", sell, 800 * DOLLAR, ["labd", "weth"], "c mule", DEADLINE)
    play.converted("c mule", "swap", ["labd"], [("feewallet", "coin"), ("c mule", "coin")])
    flash = "run(uint256,uint256,address[],uint256)"
    play.do("c flash", "c affiliate", "flashuser", flash, 2_000 * DOLLAR, 500_000 * DOLLAR, ["labd", "weth"], DEADLINE)
    play.converted("c affiliate", "swap", ["labd"], [("c affiliate", "weth")])
    play.do("c wrap", "c mule", "weth", "deposit()", value=7 * ETHER // 10)
    play.converted("c mule", "wrap", ["coin"], [("c mule", "weth")])
    single = ("weth", "labe", 500, "c affiliate", DEADLINE, 7 * ETHER // 10, 0, 0)
    play.do("c v3", "c mule", "v3router", ONE_V3, single)
    play.converted("c mule", "swap", ["weth"], [("c affiliate", "labe")])
    _c_settled(play)
    _c_out(play)


def _c_settled(play: Play) -> None:
    play.do("c unwrap", "c affiliate", "weth", "withdraw(uint256)", ETHER // 2)
    play.converted("c affiliate", "unwrap", ["weth"], [("c affiliate", "coin")])
    single = ("labd", "weth", 3000, "zero", DEADLINE, 2_000 * DOLLAR, 0, 0)
    calls = [play.call_data(ONE_V3, single), play.call_data("unwrapWETH9(uint256,address)", 0, "c out")]
    play.do("c swap and send", "c operator", "v3router", MULTICALL, [bytes.fromhex(data[2:]) for data in calls])
    play.converted("c operator", "swap", ["labd"], [("c out", "coin")])
    settle = "settle(address,uint256,address[],uint256)"
    play.do("c settled", "keeper", "settlement", settle, "c affiliate", 1_500 * DOLLAR, ["labd", "labe"], DEADLINE)
    play.converted("c affiliate", "swap", ["labd"], [("c affiliate", "labe")])
    play.do("c fails", "c affiliate", "router", SELL, 500 * DOLLAR, MUCH, ["labd", "weth"], "c affiliate", DEADLINE)


def _c_out(play: Play) -> None:
    play.do("c vault", "c affiliate", "vault2", "deposit(uint256,address)", 500 * ETHER, "c mule")
    play.converted("c affiliate", "deposit", ["labe"], [("c mule", "vault2")])
    shares = play.gained("c mule", "vault2")
    play.do("c redeem", "c mule", "vault2", "redeem(uint256,address,address)", shares, "c out", "c mule")
    play.converted("c mule", "redeem", ["vault2"], [("c out", "labe")])
    play.do("c back", "c out", "router", SELL, 450 * ETHER, 0, ["labe", "labd"], "c out", DEADLINE)
    play.converted("c out", "swap", ["labe"], [("c out", "labd")])
    sell = "sellForCoin(uint256,address[],address,uint256)"
    play.do("c coin again", "c out", "feerouter", sell, 1_700 * DOLLAR, ["labd", "weth"], "c out", DEADLINE)
    play.converted("c out", "swap", ["labd"], [("feewallet", "coin"), ("c out", "coin")])
    play.do("c cash", "c out", "hot", value=3 * ETHER // 2)
    play.paid("c out", "hot", "coin", 3 * ETHER // 2)


def _path_v3(play: Play, *hops: str | int) -> bytes:
    """Tokens and fees as the v3 router wants them: packed, in turn."""
    return b"".join(hop.to_bytes(3) if isinstance(hop, int) else bytes.fromhex(play.who[hop][2:]) for hop in hops)
