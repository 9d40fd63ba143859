"""How an Etherscan-shaped explorer is asked: `Dialect` holds what they do differently.

Blocks, receipts, code and calls come by JSON-RPC, which Etherscan and Routescan wrap into their own query strings and
Blockscout takes as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chains.evm_contract import NOTHING, hex_bytes
from chains.explorer_answers import classify_call, classify_one_proxy
from chains.http import Answer, Ask, Classify, Client, Endpoint, Kind
from chains.model import Called
from chains.registry import Chain

# JSON-RPC methods by the names Etherscan's proxy module gives their parameters.
_PARAMS: Final[Mapping[str, tuple[str, ...]]] = {
    "eth_getBlockByNumber": ("tag", "boolean"),
    "eth_getTransactionByHash": ("txhash",),
    "eth_getTransactionReceipt": ("txhash",),
    "eth_getCode": ("address", "tag"),
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one explorer differs. ``params`` go with every request; ``size`` is the largest page worth asking for.

    ``json_rpc`` is the endpoint for JSON-RPC where the explorer has no proxy module.
    """

    path: str
    params: Mapping[str, str]
    size: int
    json_rpc: Endpoint | None = None


@dataclass(slots=True)
class Asking:
    """One explorer's API for one chain. All methods may raise `SourceError`."""

    name: str
    chain: Chain
    client: Client
    endpoint: Endpoint
    dialect: Dialect

    async def get(self, query: Mapping[str, str], classify: Classify) -> Answer:
        """One question in Etherscan's query string."""
        params = {**self.dialect.params, **query}
        return await self.client.ask(Ask(self.endpoint, classify, "GET", self.dialect.path, params))

    async def proxy(self, method: str, *values: str) -> Answer:
        """One JSON-RPC question of those in `_PARAMS`; the result may be null."""
        if self.dialect.json_rpc is None:
            named = dict(zip(_PARAMS[method], values, strict=True))
            return await self.get({"module": "proxy", "action": method, **named}, classify_one_proxy)
        params = [value == "true" if value in ("true", "false") else value for value in values]
        return await self._post(self.dialect.json_rpc, method, params, classify_one_proxy)

    async def called(self, contract: str, data: str) -> Called:
        """What a contract answers to a read-only call now.

        Raises:
            Malformed: the answer is no bytes.
        """
        if self.dialect.json_rpc is None:
            query = {"module": "proxy", "action": "eth_call", "to": contract, "data": data, "tag": "latest"}
            answer = await self.get(query, classify_call)
        else:
            question = [{"to": contract, "data": data}, "latest"]
            answer = await self._post(self.dialect.json_rpc, "eth_call", question, classify_call)
        refused = answer.kind is Kind.EMPTY
        return Called(NOTHING if refused else hex_bytes(answer.data["result"], self.name), None, answer.raw)

    async def _post(self, where: Endpoint, method: str, params: Sequence[Any], classify: Classify) -> Answer:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        return await self.client.ask(Ask(where, classify, "POST", body=body))
