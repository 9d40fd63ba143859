"""Plain JSON-RPC nodes of EVM chains: what every chain has, when nothing better answers.

A node has no index of an address: tokens are found by scanning logs (rpc_logs), native coin only where the node offers
a search (rpc_native). What it does have it has first hand: receipts with exact order, balances, code.

Public endpoints come and go and some belong to other chains than they say, so each is a source of its own and proves
its chain before it is used.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from eth_typing import HexStr
from eth_utils.address import to_checksum_address
from web3.exceptions import ContractLogicError, Web3RPCError
from web3.types import TxParams

from chains.endpoints import endpoint
from chains.errors import Malformed, NotFound, SourceError, Unsupported
from chains.evm_address import to_topic
from chains.evm_contract import NOTHING, code_hash, hex_bytes
from chains.evm_records import hex_int, is_contract_code, receipt_of, required, time_told
from chains.evm_traces import TxPlace
from chains.http import Answer, Client
from chains.inclusion import Inclusion
from chains.model import NATIVE, Address, Asset, AssetId, Balance, Block, Called, Calls, EventPage, Kind, Page, Receipt
from chains.positions import is_position, named
from chains.protocol import Source, SourceKind
from chains.registry import Chain, SourceSettings
from chains.rpc_errors import NO_STATE, REVERTED
from chains.rpc_inclusion import Proofs
from chains.rpc_logs import contract_events, position_history, token_history
from chains.rpc_native import created, native_history, place
from chains.rpc_node import Internals, Node
from chains.rpc_positions import held_at, holders_of
from chains.whole import PLAIN_GAS, came_to_nothing, is_plain, place_of

BALANCE_OF: Final = "0x70a08231"
DECIMALS: Final = "0x313ce567"
SYMBOL: Final = "0x95d89b41"
_LONGEST_SYMBOL: Final = 64

_T = TypeVar("_T")
_Record = tuple[int, Mapping[str, Any]]
"""A stored answer and the record in it."""


class RpcSource:
    """One endpoint of one chain as a `chains.protocol.Source`."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.name, self.chain = node.name, node.chain
        self._proofs = Proofs(node)

    async def head(self) -> Block:
        """The newest block."""
        return await self.node.block("latest")

    async def block(self, number: int) -> Block:
        """The block of this number. Raises NotFound."""
        return await self.node.block(number)

    async def block_at(self, time: int) -> Block:
        """The first block whose time is not before ``time``. Raises NotFound when there is none yet.

        Block times are nearly even, so guessing by proportion comes close at once; every second guess halves what is
        left, so that uneven stretches cost no more than bisection does.
        """
        high = await self.head()
        if high.time < time:
            raise NotFound(f"a block at time {time}", self.name)
        low = await self.block(0)
        if low.time >= time:
            return low
        halve = False
        while high.number - low.number > 1:
            gap = high.number - low.number
            step = gap // 2 if halve else gap * (time - low.time) // (high.time - low.time)
            middle = await self.block(low.number + min(max(step, 1), gap - 1))
            low, high = (low, middle) if middle.time >= time else (middle, high)
            halve = not halve
        return high

    async def receipt(self, tx: str) -> Receipt:
        """One transaction with settled positions, its value, fee and, where the node traces, calls inside it.

        Raises:
            NotFound: the node knows no such mined transaction.
        """
        try:
            raw, told = await self.node.record("eth_getTransactionReceipt", tx)
            beside, sent = await self.node.record("eth_getTransactionByHash", tx)
        except NotFound:
            raise NotFound(f"transaction {tx}", self.name) from None
        height = hex_int(required(told, "blockNumber", self.name), self.name)
        time = (await self.node.times([height]))[height]
        plain = is_plain(sent, told, self.name)
        calls = None if plain else await self.node.internals(place(self.node, told, time), sent, created(told))
        return receipt_of(
            self.chain,
            _with_outcome(told, calls),
            raw,
            self.name,
            value=hex_int(required(sent, "value", self.name), self.name),
            time=time,
            internal=() if plain else calls.transfers if calls and calls.proven else None,
            gas_price=None if sent.get("gasPrice") is None else hex_int(sent["gasPrice"], self.name),
        )._replace(others=_others(beside, calls))

    async def whole(self, tx: str, time: int | None) -> Receipt:
        """As `receipt`: one request for a failed transaction, two otherwise, and one more where the time is not known.

        A trace tells the transaction's value too, so that only untraced and plain ones are asked for themselves.
        Two more for each position that liquidity was added to without a word about whose it is.
        ``internals`` is False where this node does not trace, or failed to. Raises NotFound.
        """
        try:
            raw, told = await self.node.record("eth_getTransactionReceipt", tx)
            if time is None and (time := time_told(required(told, "logs", self.name), self.name)) is None:
                height = hex_int(required(told, "blockNumber", self.name), self.name)
                time = (await self.node.times([height]))[height]
            if came_to_nothing(told, self.name):
                return receipt_of(self.chain, told, raw, self.name, time=time, internal=())
            (beside, sent), plain, calls = await self._inside(told, place(self.node, told, time))
        except NotFound:
            raise NotFound(f"transaction {tx}", self.name) from None
        value = calls.value if calls and calls.value is not None else required(sent, "value", self.name)
        return receipt_of(
            self.chain,
            _with_outcome(told, calls),
            raw,
            self.name,
            value=hex_int(value, self.name),
            time=time,
            internal=() if plain else calls.transfers if calls else None,
            gas_price=None if sent.get("gasPrice") is None else hex_int(sent["gasPrice"], self.name),
            holders=await holders_of(self.node, told),
        )._replace(others=_others(calls.raw if calls and calls.value is not None else beside, calls))

    async def _inside(self, told: Mapping[str, Any], at: TxPlace) -> tuple[_Record, bool, Internals | None]:
        """The transaction's record (empty where its trace says enough), whether no code ran, and its calls."""
        sent: _Record = (-1, {})
        if hex_int(required(told, "gasUsed", self.name), self.name) == PLAIN_GAS:
            sent = await self.node.record("eth_getTransactionByHash", at.tx)
            if is_plain(sent[1], told, self.name):
                return sent, True, None
        try:
            calls = await self.node.trace(at)
        except SourceError:
            calls = None  # the receipt is good without them, and another source may have them
        if calls is not None and calls.failed and told.get("status") is not None:
            calls = None  # only receipts from before Byzantium may learn from a trace that the transaction failed
        enough = calls is not None and calls.value is not None and told.get("effectiveGasPrice") is not None
        if not sent[1] and not enough:
            sent = await self.node.record("eth_getTransactionByHash", at.tx)
        return sent, False, calls

    async def calls(self, receipt: Receipt) -> Calls:
        """Internal transfers of one transaction by its trace; one request. Unsupported where this node does not trace.

        Raises:
            Malformed: the trace says that the transaction failed, the receipt that it did not.
        """
        told = await self.node.trace(place_of(receipt))
        if told is None:
            raise Unsupported(self.name, f"calls inside {receipt.tx}", "this node does not trace")
        if told.failed:
            raise Malformed(self.name, "a trace of a transaction that failed, and a receipt of one that did not", told)
        return Calls(told.transfers, told.raw)

    async def positions(self, tx: str) -> Receipt:
        """The receipt alone: order of the token transfers, without value and calls. Raises NotFound."""
        try:
            raw, told = await self.node.record("eth_getTransactionReceipt", tx)
        except NotFound:
            raise NotFound(f"transaction {tx}", self.name) from None
        if told.get("effectiveGasPrice") is None:
            return await self.receipt(tx)
        return receipt_of(self.chain, told, raw, self.name)

    async def inclusion(self, tx: str, height: int) -> Inclusion:
        """How far the block of this number proves a transaction; two requests for all transactions of a block."""
        return await self._proofs.inclusion(tx, height)

    def history(self, who: Address, asset: AssetId, low: int, high: int | None) -> AsyncIterator[Page]:
        """See `chains.protocol.Source.history`. Raises Unsupported for native coin when the node has no index of it."""
        if asset == NATIVE:
            return native_history(self.node, who, low, high)
        if is_position(asset):
            return position_history(self.node, who, asset, low, high)
        return token_history(self.node, who, asset, low, high)

    async def balance(self, who: Address, asset: AssetId, at: Block) -> Balance:
        """What ``who`` holds at block ``at``, or now where the node keeps no state that old."""
        (amount, raw), height = await _then_or_now(at, lambda tag: self._holding(who, asset, tag))
        return Balance(amount, height, raw)

    async def _holding(self, who: Address, asset: AssetId, tag: str) -> tuple[int, int]:
        """(amount, stored answer)."""
        if is_position(asset):
            held = await held_at(self.node, asset, tag, who)
            return held.liquidity, held.raw
        if asset == NATIVE:
            answer = await self.node.ask("eth_getBalance", who, tag)
        else:
            call = {"to": asset, "data": BALANCE_OF + to_topic(who)[2:]}
            answer = await self.node.ask("eth_call", call, tag)
        if answer.detail.startswith(REVERTED):
            raise NotFound(f"a balance of {asset}", self.name)
        return _amount(answer, self.name), answer.raw

    async def is_contract(self, who: Address) -> bool:
        """True for deployed code now; False for wallets, also those that delegate by EIP-7702."""
        return is_contract_code(await self._code(who))

    async def code(self, who: Address) -> str:
        """SHA-256 of the code of ``who`` now, "" for a wallet; the same question as `is_contract`."""
        return code_hash(await self._code(who))

    async def _code(self, who: Address) -> str:
        answer = await self.node.ask("eth_getCode", who, "latest")
        return hex_bytes(answer.data.get("result"), self.name)

    async def call(self, contract: Address, data: str, at: Block) -> Called:
        """What a contract answers at block ``at``, or now where the node keeps no state that old."""
        question = {"to": contract, "data": data}
        answer, height = await _then_or_now(at, lambda tag: self.node.ask("eth_call", question, tag))
        refused = answer.detail.startswith(REVERTED)
        return Called(NOTHING if refused else hex_bytes(answer.data.get("result"), self.name), height, answer.raw)

    def events(self, contract: Address, topics: tuple[str, ...], low: int, high: int) -> AsyncIterator[EventPage]:
        """See `chains.protocol.Source.events`; their times as far as the node puts them into logs."""
        return contract_events(self.node, contract, topics, low, high)

    async def asset(self, asset: AssetId) -> Asset:
        """Symbol and decimals as the chain (native) or the contract says; 0 decimals where it says none.

        Raises:
            NotFound: the address answers neither question, as no token does.
        """
        if asset == NATIVE:
            return Asset(self.chain.id, NATIVE, self.chain.coin, self.chain.decimals)
        if is_position(asset):
            return named(self.chain.id, asset)
        decimals = await self._said(asset, DECIMALS)
        symbol = await self._said(asset, SYMBOL)
        if not decimals and not symbol:
            raise NotFound(f"token {asset}", self.name)
        # A contract may claim any number of decimals; EIP-20 has them as uint8.
        places = int.from_bytes(decimals[:32], "big")
        return Asset(self.chain.id, asset, text_of(symbol), places if places < 256 else 0)

    async def _said(self, contract: AssetId, data: str) -> bytes:
        try:
            return bytes.fromhex((await self.token_call(contract, data, None))[2:])
        except NotFound:
            return b""

    async def token_call(self, contract: str, data: str, block: int | None) -> str:
        """What a contract's read method returns, as hex.

        Args:
            contract: Its address.
            data: Selector and arguments, as hex.
            block: Number of the block whose state is asked, or None for the newest.

        Raises:
            NotFound: the contract reverted.
        """
        call: TxParams = {"to": to_checksum_address(contract), "data": HexStr(data)}
        web3 = await self.node.web3()
        try:
            answer = await web3.eth.call(call, "latest" if block is None else block)
        except (ContractLogicError, Web3RPCError) as refusal:
            raise NotFound(f"{data[:10]} of {contract}", self.name) from refusal
        return "0x" + bytes(answer).hex()


async def _then_or_now(at: Block, ask: Callable[[str], Awaitable[_T]]) -> tuple[_T, int | None]:
    """The answer for block ``at`` with its height; where the node keeps no state that old, that of now with None."""
    try:
        return await ask(hex(at.number)), at.height
    except Unsupported as refusal:
        if not refusal.detail.startswith(NO_STATE):
            raise
        return await ask("latest"), None


def text_of(answer: bytes) -> str:
    """A symbol from what `symbol()` returned: an ABI string, or bytes32 as early tokens have it. Hostile text."""
    words = [int.from_bytes(answer[start : start + 32], "big") for start in (0, 32)]
    if len(answer) >= 64 and words[0] == 32:
        text = answer[64 : 64 + min(words[1], _LONGEST_SYMBOL)]
    else:
        text = answer[:32].rstrip(b"\0")
    return text.decode("utf-8", "replace")


def _with_outcome(receipt: Mapping[str, Any], calls: Internals | None) -> Mapping[str, Any]:
    """A receipt from before Byzantium does not tell failure; a trace does."""
    if receipt.get("status") is None and calls is not None and calls.failed:
        return {**receipt, "status": "0x0"}
    return receipt


def _others(beside: int, calls: Internals | None) -> tuple[tuple[Kind, int], ...]:
    """The answers that told the transaction's value and the calls inside it."""
    return ((Kind.NATIVE, beside), *(((Kind.INTERNAL, calls.raw),) if calls else ()))


def _amount(answer: Answer, source: str) -> int:
    result = answer.data.get("result")
    if not isinstance(result, str) or len(result) > 66 or result == "0x":
        raise Malformed(source, "no balance", answer.data)
    return hex_int(result, source)


def build(chain: Chain, client: Client, settings: SourceSettings) -> list[Source]:
    """One source per public endpoint of the chain, or the one the user named for it."""
    if "rpc" not in chain.sources or (settings.only and "rpc" not in settings.only):
        return []
    own = f"rpc.{chain.number}"
    names = (
        [(own, None)]
        if own in settings.urls
        else [(f"{own}:{urlsplit(url).hostname}", url) for url in chain.sources["rpc"]["urls"]]
    )
    endpoints = [endpoint("rpc", settings, name=name, url=url) for name, url in names]
    return [RpcSource(Node(chain, client, found)) for found in endpoints if found is not None]


SOURCE: Final = SourceKind(name="rpc", rank=30, build=build)
