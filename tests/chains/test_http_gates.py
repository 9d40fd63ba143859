"""A client of months: it shares its pace with another one, and opens again what it had given up."""

from __future__ import annotations

import time

import httpx
import pytest

from chains.errors import AuthRefused, Down
from chains.http import Client, Gates
from tests.chains.memory_evidence import MemoryEvidence
from tests.chains.test_http import OK, Server, ask, naps

__all__ = ["naps"]


async def test_two_clients_keep_one_pace() -> None:
    """Twenty requests a second stay twenty when two clients with the same gates send them."""
    gates: Gates = {}
    server = Server(OK)
    one = Client(MemoryEvidence(), transport=server.transport, gates=gates)
    other = Client(MemoryEvidence(), transport=server.transport, gates=gates)
    begun = time.monotonic()
    for number in range(6):
        await (one if number % 2 else other).ask(ask(number, rate=20))
    assert time.monotonic() - begun >= 5 / 20


async def test_an_endpoint_given_up_by_one_is_given_up_by_both() -> None:
    """A key that is refused closes the endpoint for whoever shares its gate, and for nobody else."""
    gates: Gates = {}
    refusing = Server({"kind": "auth", "scope": "source"})
    with pytest.raises(AuthRefused):
        await Client(MemoryEvidence(), transport=refusing.transport, gates=gates).ask(ask(1))
    server = Server(OK)
    with pytest.raises(AuthRefused):
        await Client(MemoryEvidence(), transport=server.transport, gates=gates).ask(ask(2))
    assert not server.seen
    assert (await Client(MemoryEvidence(), transport=server.transport).ask(ask(2))).data["result"] == 1


async def test_what_was_given_up_is_asked_again_after_reopening(naps: list[float]) -> None:
    """A host that was silent and came back answers, once the client was told to try; the questions count from nil."""
    server = Server(httpx.ConnectError("silent"))
    client = Client(MemoryEvidence(), transport=server.transport)
    for number in range(2):
        with pytest.raises(Down):
            await client.ask(ask(number))
    silent = len(server.seen)
    server.script[0] = OK
    with pytest.raises(Down):
        await client.ask(ask(2))
    assert len(server.seen) == silent
    client.reopen()
    assert client.questions == 0
    assert (await client.ask(ask(3))).data["result"] == 1
    assert client.questions == 1
