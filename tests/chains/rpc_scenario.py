"""A small chain for the RPC tests: hand-made contracts, fixed accounts and times, one transaction a block.

Contracts are bytecode of a dozen bytes each (API reference 3.5), so that what they do can be read off them.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import httpx
import pytest

from chains.evm_records import DEPOSIT, TRANSFER
from chains.model import AssetId
from chains.registry import Chain
from tests.lab.anvil import NoAnvil, binary

START: Final = 1_700_000_000

A: Final = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
B: Final = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"
C: Final = "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc"
RICH: Final = 10_000 * 10**18
"""What each of anvil's accounts begins with."""

EMITTER: Final = "0x5fbdb2315678afecb367f032d93f642f64180aa3"
WRAPPER: Final = "0xe7f1725e7734ce288f8367e1bb143e90bb3f0512"
FORWARDER: Final = "0x9fe46736679d2d9a65f0992f2272de9f3c7fa6e0"
DESTROYER: Final = "0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9"
UNDOER: Final = "0xdc64a140aa3e981100a9beca4e685f962f0cf6c9"
TRIER: Final = "0x5fc8d32690cc91d4c39d9d3abcbd16989f875707"
ANSWERER: Final = "0x0165878a594ca255338adfa4d48449f69242eb8f"
REFUSER: Final = "0xa513e6e4b8f2a923d98304ec87f64353c4d5c853"

_FORWARD: Final = "6000600060006000346000355af150"
CONTRACTS: Final = (
    (EMITTER, f"6020356000526000353 37f{TRANSFER[2:]}60206000a300".replace(" ", "")),
    (WRAPPER, f"602035600052337f{DEPOSIT[2:]}60206000a200"),
    (FORWARDER, _FORWARD + "00"),
    (DESTROYER, "600035ff"),
    (UNDOER, _FORWARD + "60006000fd"),
    (TRIER, f"36600060003760006000366000347 3{UNDOER[2:]}5af15000".replace(" ", "")),
    (ANSWERER, "602a60005260206000f3"),
    (REFUSER, "60006000fd"),
)

CHAIN: Final = Chain(
    id="eip155:31337",
    name="anvil",
    family="evm",
    coin="ETH",
    decimals=18,
    explorer="",
    sources={"rpc": {"urls": ["http://node.test"]}},
    wrapped=AssetId(WRAPPER),
)


def word(value: int | str) -> str:
    """32 bytes of call data, without 0x."""
    return f"{value:064x}" if isinstance(value, int) else value[2:].rjust(64, "0")


class Sent(NamedTuple):
    """The transactions of `play`, by what they do."""

    plain: str
    forwarded: str
    token: str
    wrapped: str
    destroyed: str
    undone: str
    onward: str
    failed: str


class Rpc:
    """A blocking JSON-RPC caller for setting the chain up."""

    def __init__(self, url: str) -> None:
        self.url, self._time = url, START

    def __call__(self, method: str, *params: Any) -> Any:
        answer = httpx.post(self.url, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}).json()
        assert "error" not in answer, answer
        return answer["result"]

    def send(self, sender: str, to: str | None, value: int = 0, data: str = "") -> str:
        """One transaction in one block, twelve seconds after the last; its hash."""
        self._time += 12
        self("evm_setNextBlockTimestamp", self._time)
        tx = {"from": sender, "value": hex(value), "data": "0x" + data, "gas": hex(300_000)}
        sent = str(self("eth_sendTransaction", tx if to is None else {**tx, "to": to}))
        while self("eth_getTransactionReceipt", sent) is None:
            time.sleep(0.005)
        return sent


def play(rpc: Rpc) -> Sent:
    """Blocks 1-8 create the contracts, 9-16 are the transactions of `Sent` in their order."""
    for address, code in CONTRACTS:
        size = f"{len(code) // 2:02x}"
        made = rpc.send(A, None, data=f"60{size}600c60003960{size}6000f3{code}")
        assert rpc("eth_getTransactionReceipt", made)["contractAddress"] == address
    return Sent(
        plain=rpc.send(A, B, 1_000),
        forwarded=rpc.send(A, FORWARDER, 500, word(B)),
        token=rpc.send(A, EMITTER, data=word(B) + word(77)),
        wrapped=rpc.send(A, WRAPPER, data=word(0) + word(33)),
        destroyed=rpc.send(A, DESTROYER, 40, word(B)),
        undone=rpc.send(A, TRIER, 60, word(B)),
        onward=rpc.send(B, C, 300),
        failed=rpc.send(B, REFUSER, 9),
    )


@contextlib.contextmanager
def anvil() -> Iterator[str]:
    """A fresh anvil's URL; skips the test where the node cannot be installed, except in CI."""
    try:
        # Not npm's `anvil`: that is a script which starts the node and leaves it behind when it is ended itself.
        node_file = binary()
    except NoAnvil as why:
        assert not os.environ.get("CI"), "CI installs anvil; see tests/lab"
        pytest.skip(f"no anvil: {why}")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    node = subprocess.Popen([node_file, "--port", str(port), "--silent", "--timestamp", str(START)])
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(400):
            with contextlib.suppress(httpx.TransportError):
                Rpc(url)("eth_chainId")
                break
            time.sleep(0.025)
        yield url
    finally:
        node.terminate()
        node.wait(10)
