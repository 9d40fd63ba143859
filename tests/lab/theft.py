"""A theft, played on a real node so that every hash is the same every time, and what became of every stolen unit.

Keys, nonces, gas prices and block times are fixed and transactions are signed here, so two runs make the same chain.
One run has every movement the tracer must follow (hops, splits, swap, wrapping, deposit contract, deposit address,
burn) and every trap it must not fall into (clean money first, equal rows, order inside a block, spoofed and zero
transfers, a failed payment). The truth below is worked out by hand, first in first out per address and asset; only the
fees and the swap's output are computed.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.lab.anvil import Node
from tests.lab.stage import Stage

BURN = "0x000000000000000000000000000000000000dead"
DOLLAR, ETHER = 10**6, 10**18
PEOPLE = (
    "victim", "thief", "mule1", "mule2", "mule3", "mix", "out", "relay", "rest", "rest2", "deposit", "hot", "keeper",
    "noise1", "noise2", "lookalike",
)  # fmt: skip

CUSTOMERS = tuple(f"0x{number:040x}" for number in range(0xC0DE00, 0xC0DE10))
"""Of the exchange whose keeper pays for gas and flushes deposit contracts, as such a wallet does for many."""


class Truth(NamedTuple):
    """What became of the stolen money. Amounts in base units by address; every mapping sums to what was stolen.

    ``dollars``: the 8,500 LABD. ``ether``: the 2 ETH, with the thieves' gas under ``fee`` and 0.3 ETH under the wrapper
    (it lives on as ``wrapped``). ``swapped``: the ETH bought with the 1,000 LABD that ended at the pair. ``seeds`` are
    the stealing transactions in order, the first being `since`.
    """

    dollars: dict[str, int]
    ether: dict[str, int]
    wrapped: dict[str, int]
    swapped: dict[str, int]
    seeds: tuple[str, ...]


class Theft(NamedTuple):
    """The played theft: addresses and transactions by name; ``labels``: categories a label list would know."""

    who: dict[str, str]
    txs: dict[str, str]
    labels: dict[str, str]
    truth: Truth

    @property
    def victim(self) -> str:
        """Whose money it was."""
        return self.who["victim"]

    @property
    def since(self) -> str:
        """The first stealing transaction."""
        return self.truth.seeds[0]


def play(node: Node, chain_id: int = 1) -> Theft:
    """Play the whole theft on a fresh node of `tests.lab.anvil.running`."""
    stage = Stage(node, chain_id, PEOPLE)
    _set_up(stage)
    _steal(stage)
    _launder_dollars(stage)
    _distract(stage)
    _launder_ether(stage)
    labels = {stage.who["deposit"]: "exchange_deposit", stage.who["hot"]: "exchange_hot"}
    return Theft(stage.who, stage.txs, labels, _truth(stage))


def _set_up(stage: Stage) -> None:
    for name, contract in (("token", "TestToken"), ("weth", "WETH9"), ("spoof", "SpoofToken"), ("picture", "Picture")):
        stage.create(name, contract)
    stage.mine(1)
    stage.create("router", "Router", "weth")
    stage.create("pair", "Pair", "token", "weth")
    stage.create("forwarder", "Forwarder", "hot")
    stage.create("splitter", "Splitter")
    stage.mine(2)
    for name, dollars in (("victim", 10_000), ("mule1", 500), ("noise1", 2_000), ("pair", 100_000)):
        stage.call(f"mint {name}", "faucet", "token", "mint(address,uint256)", name, dollars * DOLLAR)
    stage.call("wrap liquidity", "faucet", "weth", "deposit()", value=5 * ETHER)
    stage.call("add liquidity", "faucet", "weth", "transfer(address,uint256)", "pair", 5 * ETHER)
    stage.call("sync", "faucet", "pair", "sync()")
    stage.call("mint picture", "faucet", "picture", "mint(address,uint256)", "victim", 7)
    stage.mine(3)
    gas_money = {"victim": 3_000, "mule1": 100, "mule2": 100, "mule3": 100, "mix": 50, "noise1": 200, "keeper": 100}
    gas_money |= {"deposit": 50, "relay": 50, "hot": 1_000}
    for name, thousandths in gas_money.items():
        stage.send(f"gas for {name}", "faucet", name, value=thousandths * ETHER // 1000, gas=21_000)
    stage.mine(4)
    for customer in CUSTOMERS:
        stage.send(f"gas for {customer}", "keeper", customer, value=ETHER // 1000, gas=21_000)
    stage.mine(5)


def _steal(stage: Stage) -> None:
    _pay(stage, "steal dollars", "victim", "thief", 8_000)
    stage.send("steal ether", "victim", "thief", value=2 * ETHER, gas=21_000)
    stage.mine(10)
    stage.call("steal picture", "victim", "picture", "transferFrom(address,address,uint256)", "victim", "thief", 7)
    stage.call("approve thief", "victim", "token", "approve(address,uint256)", "thief", 1_000 * DOLLAR)
    stage.mine(11)
    pull = "transferFrom(address,address,uint256)"
    stage.call("pull dollars", "thief", "token", pull, "victim", "thief", 500 * DOLLAR)
    stage.mine(12)


def _launder_dollars(stage: Stage) -> None:
    _pay(stage, "thief to mule1", "thief", "mule1", 5_000)
    _pay(stage, "thief to mule2", "thief", "mule2", 3_000)
    stage.mine(13)
    _pay(stage, "mule1 to forwarder", "mule1", "forwarder", 2_000)
    stage.mine(14)
    stage.call("flush", "keeper", "forwarder", "flush(address)", "token")
    _pay(stage, "noise to deposit", "noise1", "deposit", 100)
    stage.mine(15)
    _pay(stage, "noise to mule1", "noise1", "mule1", 200)
    _pay(stage, "mule1 to deposit", "mule1", "deposit", 2_500)
    stage.mine(16)
    _pay(stage, "sweep deposit", "deposit", "hot", 2_600)
    stage.mine(17)
    stage.call("mule1 twice to rest", "mule1", "token", "transferTwice(address,uint256)", "rest", 300 * DOLLAR)
    stage.mine(18)
    stage.call("approve router", "mule2", "token", "approve(address,uint256)", "router", 1_000 * DOLLAR)
    stage.mine(19)
    sell = "sellForCoin(address,uint256,address)"
    stage.call("swap", "mule2", "router", sell, "pair", 1_000 * DOLLAR, "mule3")
    stage.mine(20)
    _pay(stage, "mule2 to burn", "mule2", BURN, 700)
    stage.mine(21)
    _pay(stage, "noise to mule2", "noise1", "mule2", 300)
    _pay(stage, "mule2 to relay", "mule2", "relay", 800)
    stage.mine(22)
    _pay(stage, "relay to rest2", "relay", "rest2", 800)
    _pay(stage, "noise to mix", "noise1", "mix", 250)
    _pay(stage, "mule2 to mix", "mule2", "mix", 300)
    _pay(stage, "mix to out", "mix", "out", 400)
    stage.mine(23)


def _distract(stage: Stage) -> None:
    """Things that look like money moving and are not, and money that is not ours."""
    spoof = "spoof(address,address,uint256)"
    stage.call("spoof from thief", "noise1", "spoof", spoof, "thief", "lookalike", 9_999 * DOLLAR)
    stage.call("spoof to mule1", "noise1", "spoof", spoof, "victim", "mule1", 8_000 * DOLLAR)
    poison = "transferFrom(address,address,uint256)"
    stage.call("poison", "noise1", "token", poison, "mule1", "lookalike", 0)
    _pay(stage, "noise to noise", "noise1", "noise2", 10)
    stage.mine(24)


def _launder_ether(stage: Stage) -> None:
    split = "split(address,address,uint256)"
    stage.call("split", "thief", "splitter", split, "mule3", "rest", 4 * ETHER // 10, value=ETHER)
    stage.mine(25)
    stage.call("wrap", "thief", "weth", "deposit()", value=3 * ETHER // 10)
    stage.mine(26)
    stage.call("wrapped to rest", "thief", "weth", "transfer(address,uint256)", "rest", 3 * ETHER // 10)
    stage.mine(27)
    stage.call("fail", "thief", "splitter", "payAndFail(address)", "mule3", value=ETHER // 10)
    stage.mine(28)
    stage.send("mule3 to forwarder", "mule3", "forwarder", value=2 * ETHER // 10, gas=100_000)
    stage.mine(29)
    stage.send("noise ether", "noise1", "noise2", value=ETHER // 100, gas=21_000)
    stage.mine(30)


def _pay(stage: Stage, name: str, sender: str, to: str, dollars: int) -> None:
    stage.call(name, sender, "token", "transfer(address,uint256)", to, dollars * DOLLAR)


def swap_output(amount: int, reserve_in: int, reserve_out: int) -> int:
    """What a constant-product pair with a 0.3 % fee pays out."""
    paid = amount * 997
    return paid * reserve_out // (reserve_in * 1000 + paid)


def _truth(stage: Stage) -> Truth:
    """First in, first out, by hand.

    thief    8,000 + 500 in; 5,000 and 3,000 out; 500 stay.
    mule1    500 clean, then 5,000 stolen, then (block 16) 200 clean in. 2,000 out to the forwarder: the 500 clean and
             1,500 stolen. 2,500 out to deposit, 2 x 300 out to rest: all stolen. 400 stolen (and 200 clean) stay.
    forwarder
             the exchange's deposit contract: it can do nothing but pass on to hot whatever comes, and that is the
             exchange's own doing, beyond the end of the trace.
    mule2    3,000 stolen, then (block 22) 300 clean in. Out: 1,000 to the pair, 700 burnt, 800 to relay, 300 to mix,
             all stolen. relay passes all on to rest2. 200 stolen (and 300 clean) stay.
    mix      250 clean, then 300 stolen in the same block; 400 out right after: the 250 clean and 150 stolen. 150 stay.
    deposit  100 clean, then 2,500 stolen; the sweep of 2,600 is the exchange's own, beyond the end of the trace.

    Ether: the thief had none, got 2, and pays every later fee from them. mule3 held 0.1 clean ether, then got the
    swap's output, then 0.4 from the splitter. Its 0.2 to the forwarder (which passes them on at once) and the fee
    before them take the 0.1 clean first, then the swap's output, then the splitter's.
    """
    who = stage.who
    dollars = {
        "thief": 500, "forwarder": 1_500, "deposit": 2_500, "rest": 600, "mule1": 400, "pair": 1_000, BURN: 700,
        "rest2": 800, "mule2": 200, "mix": 150, "out": 150,
    }  # fmt: skip
    thief_fees = stage.fees(
        "thief", "pull dollars", "thief to mule1", "thief to mule2", "split", "wrap", "wrapped to rest", "fail"
    )
    bought = swap_output(1_000 * DOLLAR, 100_000 * DOLLAR, 5 * ETHER)
    beyond_clean = ETHER // 10 + stage.fees("mule3", "mule3 to forwarder")
    from_split = beyond_clean - bought
    ether = {
        "fee": thief_fees,
        who["thief"]: 2 * ETHER - ETHER - 3 * ETHER // 10 - thief_fees,
        who["weth"]: 3 * ETHER // 10,
        who["rest"]: 6 * ETHER // 10,
        who["forwarder"]: from_split,
        who["mule3"]: 4 * ETHER // 10 - from_split,
    }
    return Truth(
        dollars={who.get(name, name): amount * DOLLAR for name, amount in dollars.items()},
        ether=ether,
        wrapped={who["rest"]: 3 * ETHER // 10},
        swapped={who["forwarder"]: bought},
        seeds=tuple(stage.txs[name] for name in ("steal dollars", "steal ether", "pull dollars")),
    )
