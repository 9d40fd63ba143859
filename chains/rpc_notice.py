"""Word of new blocks over a websocket, so that a watch need not ask whether there are any.

It only wakes the watch: nothing of it is kept or believed, and what the blocks hold is asked for over HTTP as ever.
Where a websocket fails, the watch goes on asking at its own pace and loses nothing but seconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from web3 import AsyncWeb3, WebSocketProvider
from web3.exceptions import Web3Exception
from websockets.exceptions import WebSocketException

from chains.errors import Malformed
from chains.evm_records import hex_int
from chains.registry import Chain

_FIRST: Final = 1
_LONGEST: Final = 300
"""Seconds to wait before connecting again: twice as long after every failure in a row."""

_HOSTILE: Final = (
    Web3Exception,
    WebSocketException,
    Malformed,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
)
"""Whatever a connection that fails, or a server that sends nonsense, makes web3 raise."""

for _name in ("web3.manager", "web3.providers", "websockets.client"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)  # they write the URL, which may hold a key


async def heads(url: str, chain: Chain) -> AsyncGenerator[int, None]:
    """Numbers of new blocks as they come, for as long as anybody listens; connects again whenever it must.

    ``url`` begins with ws:// or wss:// and may hold a key. An endpoint of another chain yields nothing. Never raises.
    """
    pause = _FIRST
    while True:
        try:
            async with aclosing(_connection(url, chain)) as numbers:
                async for number in numbers:
                    pause = _FIRST
                    yield number
        except _HOSTILE:
            pass
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST)


async def _connection(url: str, chain: Chain) -> AsyncGenerator[int, None]:
    async with AsyncWeb3(WebSocketProvider(url, max_connection_retries=1)) as web3:
        if await web3.eth.chain_id != chain.number:
            return
        await web3.eth.subscribe("newHeads")
        async for message in web3.socket.process_subscriptions():
            header: Any = message["result"]
            yield hex_int(header["number"], chain.name)
