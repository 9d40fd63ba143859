"""Who lives in the town, what clean money they have before anything is stolen, and how each kind of wallet acts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from eth_account import Account

from tests.lab.theft import CUSTOMERS
from tests.lab.venues_play import Play, Step
from tests.lab.venues_town import DOLLAR, ETHER, MUCH

PEOPLE: Final = (
    *("keeper", "hot", "exchange", "feewallet", "collector"),
    *("a victim", "a thief", "a m1", "a m2", "a m3", "a owner", "a r1"),
    *("b victim", "b thief", "b second", "b m1", "b m2", "b m3"),
    *("c victim", "c operator", "c affiliate", "c mule", "c out"),
    *("d victim", "d owner", "d mule", "d out"),
    *("e victim", "e thief", "e out"),
    *("f victim", "f thief", "f m1", "f m2", "f out"),
)
COINS: Final = {
    "keeper": 10_000, "a victim": 1_000, "a thief": 500, "a m1": 100, "a owner": 100, "a r1": 1_200,
    "b victim": 30_000, "b thief": 500, "b second": 100, "b m1": 100, "b m2": 100, "c victim": 100,
    "c operator": 100, "c affiliate": 200, "c mule": 100, "c out": 150, "d victim": 100, "d owner": 100,
    "d mule": 100, "d out": 250, "e victim": 6_000, "e out": 100, "f victim": 100, "f thief": 100, "f m1": 100,
    "f m2": 100, "f out": 60,
}  # fmt: skip
"""Clean coin in thousandths."""
MONEY: Final = (
    *(("labd", "a victim", 15_000 * DOLLAR), ("labd", "a thief", 1_000 * DOLLAR), ("labe", "a m1", 50 * ETHER)),
    *(("labd", "a r1", 200 * DOLLAR), ("labd", "b second", 150 * DOLLAR), ("labd", "c victim", 10_000 * DOLLAR)),
    *(("toll", "c mule", 100 * ETHER), ("labd", "d victim", 6_000 * DOLLAR), ("labd", "account", 100 * DOLLAR)),
    *(("labd", "e victim", 8_000 * DOLLAR), ("double", "f victim", 5_000 * ETHER), ("labd", "f m2", 50 * DOLLAR)),
    *(("labe", "d mule", 10 * ETHER), ("labe", "f out", 5 * ETHER), ("fake", "c mule", 5_000 * DOLLAR)),
)
"""Clean money: token, holder, base units."""
ALLOWED: Final = (
    *(("a thief", "labd", "router"), ("a thief", "weth", "v3router"), ("a thief", "labe", "disperse")),
    *(("a r1", "labd", "vault"), ("a r1", "labd", "router"), ("a r1", "v2 labd/weth", "router")),
    *(("a r1", "labd", "settlement"), ("b thief", "labd", "router"), ("b thief", "labe", "v3router")),
    *(("b m2", "weth", "v3router"), ("b second", "labd", "feerouter"), ("b second", "labe", "stock")),
    *(("c victim", "labd", "drainer"), ("c affiliate", "labd", "router"), ("c mule", "toll", "router")),
    *(("c affiliate", "labd", "distractor"), ("c mule", "labd", "feerouter"), ("c affiliate", "labd", "flashuser")),
    *(("c operator", "labd", "v3router"), ("c affiliate", "labd", "settlement"), ("c affiliate", "labe", "vault2")),
    *(("d out", "labe", "router"), ("d out", "labd", "stock"), ("e out", "v2 labd/labe", "router")),
    *(("e out", "labe", "v3router"), ("e out", "labd", "disperse"), ("f victim", "double", "f thief")),
    *(("f thief", "double", "router"), ("f thief", "weth", "v3router"), ("f m1", "double", "router")),
    *(("b second", "labd", "v3router"), ("c mule", "weth", "v3router"), ("c out", "labe", "router")),
    *(("c out", "labd", "feerouter"), ("f m1", "toll", "router"), ("f m1", "labe", "disperse")),
    *(("f m2", "labd", "vault"), ("f out", "labd", "settlement")),
)
"""Approvals given before the thefts: owner, token, spender."""
EXEC: Final = (
    "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)",
    "getTransactionHash(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,uint256)",
)
OPERATION: Final = "(address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)"
Call = tuple[str, int, str]


def settle_in(play: Play) -> None:
    """Hand out the clean money and the approvals; the exchange's keeper pays for its customers' gas."""
    for name, thousandths in COINS.items():
        play.send(f"coin for {name}", "faucet", name, value=thousandths * ETHER // 1000, gas=50_000)
    play.next_block()
    for customer in CUSTOMERS:
        play.send(f"gas for {customer}", "keeper", customer, value=ETHER // 1000, gas=21_000)
    play.next_block()
    for token, name, amount in MONEY:
        play.call(f"mint {token} for {name}", "faucet", token, "mint(address,uint256)", name, amount)
    play.next_block()
    for owner, token, spender in ALLOWED:
        play.call(f"{owner} allows {spender} {token}", owner, token, "approve(address,uint256)", spender, MUCH)
    play.next_block()


def safe_does(play: Play, name: str, safe: str, owner: str, calls: Sequence[Call], *, relayer: str) -> Step:
    """A Safe makes some calls in one transaction, by its owner's signature and a relayer's hand.

    One call is made directly, several through MultiSend.
    """
    to, value, data = calls[0]
    operation = 0
    if len(calls) > 1:
        packed = b"".join(_packed(play, call) for call in calls)
        to, value, data, operation = "multisend", 0, play.call_data("multiSend(bytes)", packed), 1
    inner = (to, value, bytes.fromhex(data[2:]), operation, 0, 0, 0, "zero", "zero")
    nonce = int.from_bytes(play.view(safe, "nonce()"))
    digest = play.view(safe, EXEC[1], *inner, nonce)
    signature = bytes(Account.unsafe_sign_hash(digest, play.keys[owner]).signature)
    return play.do(name, relayer, safe, EXEC[0], *inner, signature)


def account_does(play: Play, name: str, calls: Sequence[Call]) -> Step:
    """The smart account makes some calls: its owner signs, the keeper bundles and is repaid by the entry point."""
    batch = play.call_data(
        "executeBatch(address[],uint256[],bytes[])",
        [to for to, _, _ in calls],
        [value for _, value, _ in calls],
        [bytes.fromhex(data[2:]) for _, _, data in calls],
    )
    nonce = int.from_bytes(play.view("entry", "getNonce(address,uint192)", "account", 0))
    limits = (200_000).to_bytes(16) + (1_000_000).to_bytes(16)
    prices = (10**9).to_bytes(16) + (2 * 10**9).to_bytes(16)
    unsigned = ("account", nonce, b"", bytes.fromhex(batch[2:]), limits, 60_000, prices, b"")
    digest = play.view("entry", f"getUserOpHash({OPERATION})", (*unsigned, b""))
    signature = bytes(Account.unsafe_sign_hash(digest, play.keys["d owner"]).signature)
    step = play.do(
        name, "keeper", "entry", f"handleOps({OPERATION}[],address)", [(*unsigned, signature)], "keeper"
    )  # fmt: skip
    play.paid("entry", "keeper", "coin", play.gained("keeper", "coin"))
    return step


def _packed(play: Play, call: Call) -> bytes:
    to, value, data = call
    body = bytes.fromhex(data[2:])
    target = bytes.fromhex(play.who[to][2:])
    return b"\0" + target + value.to_bytes(32) + len(body).to_bytes(32) + body
