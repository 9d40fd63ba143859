"""The town in which the money changes form: published exchanges, wallets and wrappers, and the lab's small ones."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt
from typing import Final

from eth_abi.abi import decode

from tests.lab.artifacts import creation_code
from tests.lab.stage import COMPILED
from tests.lab.venues_play import DEADLINE, Play

DOLLAR: Final = 10**6
ETHER: Final = 10**18
MUCH: Final = 10**30
TOKENS: Final = ("labd", "labe", "weth", "fake", "toll", "false", "double", "front", "stake", "vault", "vault2")
POOLS: Final = (("labd", "weth"), ("labe", "weth"), ("labd", "labe"), ("toll", "weth"), ("toll", "labd"))
DOUBLE_POOL: Final = "v2 double/weth"
POOLS_V3: Final = (("labd", "weth", 3000, 60), ("labe", "weth", 500, 10))
UNITS: Final = {
    "labd": 2_000 * DOLLAR,
    "labe": 500 * ETHER,
    "weth": ETHER,
    "toll": 1_000 * ETHER,
    "double": 2_000 * ETHER,
}
"""What two thousand dollars are in each asset: LABD $1, LABE $4, ether $2,000, TOLL $2, DBL $1."""
ADD: Final = "addLiquidity(address,address,uint256,uint256,uint256,uint256,address,uint256)"
MINT_V3: Final = "mint((address,address,uint24,int24,int24,uint256,uint256,uint256,uint256,address,uint256))"
SETUP: Final = "setup(address[],uint256,address,bytes,address,address,uint256,address)"


def build(play: Play) -> None:
    """Deploy everything, fill every pool and name what the factories made."""
    _published(play)
    _own(play)
    _supply(play)
    for first, second in (*POOLS, ("double", "weth")):
        _fill(play, first, second)
    for first, second, fee, spacing in POOLS_V3:
        _fill_v3(play, first, second, fee, spacing)
    _inventory(play)


def _published(play: Play) -> None:
    play.deploy("weth", creation_code("WETH9"))
    play.deploy("v2factory", creation_code("V2Factory"), ["address"], "faucet")
    play.deploy("v3factory", creation_code("V3Factory"))
    play.next_block()
    play.deploy("router", creation_code("V2Router02"), ["address", "address"], "v2factory", "weth")
    play.deploy("v3router", creation_code("V3Router"), ["address", "address"], "v3factory", "weth")
    play.deploy("positions", creation_code("V3Positions"), ["address"] * 3, "v3factory", "weth", "zero")
    play.next_block()
    for name, code in (("safecode", "Safe"), ("safefactory", "SafeFactory"), ("multisend", "MultiSend")):
        play.deploy(name, creation_code(code))
    play.next_block()
    play.deploy("entry", creation_code("EntryPoint"))


def _own(play: Play) -> None:
    def own(name: str, contract: str, kinds: Sequence[str] = (), *arguments: object) -> None:
        play.deploy(name, COMPILED[contract]["bytecode"], kinds, *arguments, gas=3_000_000)

    own("labd", "TestToken")
    own("labe", "NamedToken", ["string", "string", "uint8"], "Lab Euro", "LABE", 18)
    own("fake", "NamedToken", ["string", "string", "uint8"], "Lab Dollar", "LABD", 6)
    own("toll", "FeeToken", ["address"], "collector")
    play.next_block()
    for name, contract in (("false", "FalseToken"), ("double", "DoubleToken"), ("spoof", "SpoofToken")):
        own(name, contract)
    own("stake", "StakedCoin")
    own("vault", "Vault", ["address"], "labd")
    own("vault2", "Vault", ["address"], "labe")
    play.next_block()
    for name, contract in (("disperse", "Disperse"), ("lender", "FlashLender"), ("distractor", "Distractor")):
        own(name, contract)
    own("lens", "Lens")
    own("drainer", "Drainer", ["address"], "c operator")
    own("feerouter", "FeeRouter", ["address", "address"], "router", "feewallet")
    own("flashuser", "FlashUser", ["address", "address"], "lender", "router")
    play.next_block()
    own("settlement", "Settlement", ["address"], "router")
    own("stock", "Settlement", ["address"], "router")
    own("account", "Account", ["address", "address"], "entry", "d owner")
    own("forwarder", "Forwarder", ["address"], "hot")
    play.next_block()
    play.who["front"] = _address(play, "double", "front()")
    for number, (name, owner) in enumerate((("a safe", "a owner"), ("d safe", "d owner"))):
        _make_safe(play, name, owner, number)


def _make_safe(play: Play, name: str, owner: str, salt: int) -> None:
    setup = bytes.fromhex(play.call_data(SETUP, [owner], 1, "zero", b"", "zero", "zero", 0, "zero")[2:])
    create = ("createProxyWithNonce(address,bytes,uint256)", "safecode", setup, salt)
    play.who[name] = _address(play, "safefactory", *create)
    play.send(f"create {name}", "faucet", "safefactory", data=play.call_data(*create), gas=500_000)
    play.next_block()


def _supply(play: Play) -> None:
    for token in ("labd", "labe", "toll", "double"):
        play.call(f"mint {token}", "faucet", token, "mint(address,uint256)", "faucet", MUCH)
    play.call("wrap supply", "faucet", "weth", "deposit()", value=2_500 * ETHER)
    for token in ("labd", "labe", "toll", "double", "weth"):
        for venue in ("router", "positions"):
            play.call(f"approve {token} {venue}", "faucet", token, "approve(address,uint256)", venue, MUCH)
    play.next_block()


def _fill(play: Play, first: str, second: str) -> None:
    amounts = 400 * UNITS[first], 400 * UNITS[second]
    data = play.call_data(ADD, first, second, *amounts, 0, 0, "faucet", DEADLINE)
    play.send(f"fill {first}/{second}", "faucet", "router", data=data, gas=5_000_000)
    play.next_block()
    play.who[pair(first, second)] = _address(play, "v2factory", "getPair(address,address)", first, second)


def _fill_v3(play: Play, first: str, second: str, fee: int, spacing: int) -> None:
    token0, token1 = sorted((first, second), key=lambda name: int(play.who[name], 16))
    amounts = 400 * UNITS[token0], 400 * UNITS[token1]
    root = isqrt((amounts[1] << 192) // amounts[0])
    make = "createAndInitializePoolIfNecessary(address,address,uint24,uint160)"
    play.send(
        f"make {first}/{second}", "faucet", "positions",
        data=play.call_data(make, token0, token1, fee, root), gas=6_000_000,
    )  # fmt: skip
    far = 887_220 // spacing * spacing
    position = (token0, token1, fee, -far, far, *amounts, 0, 0, "faucet", DEADLINE)
    fill = play.call_data(MINT_V3, position)
    play.send(f"fill v3 {first}/{second}", "faucet", "positions", data=fill, gas=1_500_000)
    play.next_block()
    pool = _address(play, "v3factory", "getPool(address,address,uint24)", first, second, fee)
    play.who[f"v3 {first}/{second}"] = pool


def _inventory(play: Play) -> None:
    transfer = "transfer(address,uint256)"
    play.call("stock labd", "faucet", "labd", transfer, "stock", 50_000 * DOLLAR)
    play.call("stock weth", "faucet", "weth", transfer, "stock", 20 * ETHER)
    play.call("lendable", "faucet", "labd", transfer, "lender", 1_000_000 * DOLLAR)
    play.call("first stake", "faucet", "stake", "submit()", value=10 * ETHER)
    play.call("entry deposit", "faucet", "entry", "depositTo(address)", "account", value=ETHER)
    for token, vault in (("labd", "vault"), ("labe", "vault2")):
        play.call(f"approve {vault}", "faucet", token, "approve(address,uint256)", vault, MUCH)
        play.call(f"first in {vault}", "faucet", vault, "deposit(uint256,address)", 5 * UNITS[token], "faucet")
    play.next_block()


def pair(first: str, second: str) -> str:
    """What a v2 pair is called, and so its liquidity token."""
    return f"v2 {first}/{second}"


def _address(play: Play, to: str, signature: str, *arguments: object) -> str:
    (found,) = decode(["address"], play.view(to, signature, *arguments))
    return str(found).lower()
