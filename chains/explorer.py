"""One source for every explorer that speaks Etherscan's API; how each is asked stands in explorer_asks.

Requests are the scarce good here (3 a second, a daily quota), so nothing is asked twice and nothing is asked that only
might matter: histories come in the largest pages, and a token transfer's place in its transaction is left to
`positions`, which the reader calls only where order decides.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from chains import evm_address
from chains.errors import Malformed, NotFound, SourceError, Unsupported
from chains.evm_contract import code_hash, events_of, hex_bytes
from chains.evm_records import DEPOSIT, WITHDRAWAL, block_of, hex_int, is_contract_code, receipt_of, time_told
from chains.explorer_answers import classify_list, classify_one_value, without_range
from chains.explorer_asks import Asking
from chains.explorer_history import native_page, token_page
from chains.explorer_pages import Listing, Part, merged
from chains.explorer_positions import holders_of, liquidity, position_history
from chains.explorer_rows import Json, decimals_of, normalise_internals_of, symbol_of
from chains.http import Kind as AnswerKind
from chains.model import (
    ANY_TOKEN,
    NATIVE,
    Address,
    Asset,
    AssetId,
    Balance,
    Block,
    Called,
    Calls,
    Coverage,
    EventPage,
    Kind,
    Page,
    Receipt,
)
from chains.position_pages import queries
from chains.positions import is_position, named
from chains.whole import came_to_nothing, is_plain

NO_INTERNALS: Final = "internal transfers could not be read"
NO_WRAPS: Final = "wraps and unwraps of the native coin could not be read"
NO_COLLECTIBLES: Final = "NFT transfers could not be read"

LAST_BLOCK: Final = "999999999"
"""getLogs wants an upper bound; beyond every chain's blocks, and still within 31 bits (API reference 1.3)."""

MOST_LOGS: Final = 1_000


@dataclass(slots=True)
class Explorer(Asking):
    """A `Source` (chains/protocol.py) over one explorer's API for one chain."""

    refused: set[str] = field(default_factory=set)
    """Actions that this explorer said it does not have."""

    async def head(self) -> Block:
        """The newest block; one request."""
        return await self._block("latest")

    async def block(self, number: int) -> Block:
        """The block of this number. Raises NotFound when there is none yet."""
        return await self._block(hex(number))

    async def block_at(self, time: int) -> Block:
        """The first block not before ``time``: block/getblocknobytime where served, else a search over blocks.

        Raises:
            NotFound: ``time`` is later than the newest block.
        """
        query = {"module": "block", "action": "getblocknobytime", "timestamp": str(time), "closest": "after"}
        try:
            answer = await self.get(query, classify_one_value)
        except Unsupported:
            return await self._search(time)
        if answer.kind is AnswerKind.EMPTY:
            raise NotFound(f"a block at or after {time}", self.chain.name)
        result = answer.data["result"]
        number = int(result["blockNumber"] if isinstance(result, dict) else result)  # Blockscout wraps it
        found = await self.block(number)
        return found if found.time >= time else await self._search(time)

    async def receipt(self, tx: str) -> Receipt:
        """One transaction with its native value and internal transfers; up to four requests."""
        sent = await self.proxy("eth_getTransactionByHash", tx)
        done = await self.proxy("eth_getTransactionReceipt", tx)
        if sent.data["result"] is None or done.data["result"] is None:
            raise NotFound(f"transaction {tx}", self.chain.name)
        receipt = done.data["result"]
        block = await self.block(hex_int(receipt.get("blockNumber"), self.name))
        calls = await self._internals_of(tx, self._place(receipt))
        return receipt_of(
            self.chain,
            receipt,
            done.raw,
            self.name,
            value=hex_int(sent.data["result"].get("value"), self.name),
            gas_price=_gas_price(sent.data["result"], self.name),
            time=block.time,
            internal=calls.transfers if calls else None,
        )._replace(others=_others(sent.raw, calls))

    async def whole(self, tx: str, time: int | None) -> Receipt:
        """As `receipt`: one request for a failed transaction, two for a plain payment, three otherwise.

        One more where neither the caller nor the logs know the time. ``internals`` is False where they could not be
        read, whatever the reason.
        """
        done = await self.proxy("eth_getTransactionReceipt", tx)
        receipt = done.data["result"]
        if receipt is None:
            raise NotFound(f"transaction {tx}", self.chain.name)
        sent: Json = {}
        beside = done.raw
        if failed := came_to_nothing(receipt, self.name):
            calls: Calls | None = Calls((), done.raw)
        else:
            answer = await self.proxy("eth_getTransactionByHash", tx)
            sent, beside = answer.data["result"], answer.raw
            if sent is None:
                raise NotFound(f"transaction {tx}", self.chain.name)
            plain = is_plain(sent, receipt, self.name)
            calls = Calls((), done.raw) if plain else await self._calls_if_told(tx, receipt)
        if time is None and (time := time_told(receipt.get("logs") or (), self.name)) is None:
            time = (await self.block(hex_int(receipt.get("blockNumber"), self.name))).time
        return receipt_of(
            self.chain,
            receipt,
            done.raw,
            self.name,
            value=None if failed else hex_int(sent.get("value"), self.name),
            gas_price=_gas_price(sent, self.name),
            time=time,
            internal=calls.transfers if calls else None,
            holders=await holders_of(self.chain, self.name, receipt, lambda asset: self._position_logs(asset)[0]),
        )._replace(others=_others(beside, calls))

    async def calls(self, receipt: Receipt) -> Calls:
        """Internal transfers of one transaction; one request. Unsupported where the explorer has none of it."""
        told = await self._internals_of(receipt.tx, (receipt.height, receipt.tx_index))
        if told is None:
            raise Unsupported(self.name, f"calls inside {receipt.tx}", NO_INTERNALS)
        return told

    async def positions(self, tx: str) -> Receipt:
        """The order of one transaction's logs: its receipt alone, without native value and internal transfers."""
        done = await self.proxy("eth_getTransactionReceipt", tx)
        receipt = done.data["result"]
        if receipt is None:
            raise NotFound(f"transaction {tx}", self.chain.name)
        price = None
        if receipt.get("effectiveGasPrice") is None:
            sent = await self.proxy("eth_getTransactionByHash", tx)
            price = _gas_price(sent.data["result"] or {}, self.name)
        return receipt_of(self.chain, receipt, done.raw, self.name, gas_price=price)

    async def history(self, who: Address, asset: AssetId, low: int, high: int | None) -> AsyncIterator[Page]:
        """Movements of ``asset`` at ``who``; see `Source.history`. Amounts in base units.

        Raises:
            SourceError: after the pages that are proven.
            Malformed: a row without its documented shape.
        """
        if is_position(asset):
            async for page in position_history(self.chain, self._position_logs(asset), who, asset, low, high):
                yield page
            return
        lists = self._native_lists(who) if asset == NATIVE else self._token_lists(who, asset)
        shown: set[Asset] = set()
        async for stretch in merged([part.stretches(low, high) for part in lists]):
            covers = Coverage(low, high if stretch.through is None else stretch.through)
            if asset == NATIVE:
                page = native_page(self.chain, self.name, who, stretch)
            else:
                page = token_page(self.chain, self.name, who, asset, stretch)
            new = tuple(dict.fromkeys(one for one in page.assets if one not in shown))
            shown.update(new)
            yield page._replace(covers=covers, assets=new)
            if stretch.through is not None:
                low = stretch.through + 1

    async def balance(self, who: Address, asset: AssetId, at: Block) -> Balance:  # noqa: ARG002
        """What ``who`` holds now (``at`` is None in the answer): these explorers sell the past to subscribers."""
        if is_position(asset):
            return await liquidity(self.name, self.called, who, asset)
        query = {"module": "account", "address": who, "tag": "latest"}
        if asset == NATIVE:
            answer = await self.get({**query, "action": "balance"}, classify_one_value)
        else:
            answer = await self.get({**query, "action": "tokenbalance", "contractaddress": asset}, classify_one_value)
        return Balance(int(answer.data["result"]), None, answer.raw)

    async def is_contract(self, who: Address) -> bool:
        """Whether ``who`` has code of its own now."""
        return is_contract_code(await self._code(who))

    async def code(self, who: Address) -> str:
        """SHA-256 of the code of ``who`` now, "" for a wallet; the same question as `is_contract`."""
        return code_hash(await self._code(who))

    async def _code(self, who: Address) -> str:
        return hex_bytes((await self.proxy("eth_getCode", who, "latest")).data["result"], self.name)

    async def call(self, contract: Address, data: str, at: Block) -> Called:  # noqa: ARG002
        """What a contract answers now, for these explorers sell the past to subscribers."""
        return await self.called(contract, data)

    async def events(self, contract: Address, topics: tuple[str, ...], low: int, high: int) -> AsyncIterator[EventPage]:
        """Logs of a contract; see `Source.events`. One list for each topic, as getLogs joins only different places."""
        if low > high:
            return
        lists = [self._logs(contract, {"topic0": topic}) for topic in topics]
        async for stretch in merged([one.stretches(low, high) for one in lists]):
            if stretch.weak:
                raise Unsupported(self.name, f"getLogs {contract}", stretch.weak)
            covers = Coverage(low, high if stretch.through is None else stretch.through)
            logs = [(row.fields, row.raw) for rows in stretch.lists for row in rows]
            yield EventPage(events_of(self.chain, contract, topics, logs, self.name), covers)
            if stretch.through is not None:
                low = stretch.through + 1

    async def asset(self, asset: AssetId) -> Asset:
        """Symbol and decimals, asked from the contract itself.

        Raises:
            NotFound: the contract does not answer ``decimals()``, so it is no fungible token.
        """
        if asset == NATIVE:
            return Asset(self.chain.id, NATIVE, self.chain.coin, self.chain.decimals)
        if is_position(asset):
            return named(self.chain.id, asset)
        decimals = decimals_of((await self.called(asset, "0x313ce567")).data)
        if decimals is None:
            raise NotFound(f"decimals of token {asset}", self.chain.name)
        return Asset(self.chain.id, asset, symbol_of((await self.called(asset, "0x95d89b41")).data), decimals)

    def _native_lists(self, who: Address) -> list[Part]:
        return [
            Part(self._listing("txlist", {"address": who})),
            Part(self._listing("txlistinternal", {"address": who}), "txlistinternal", NO_INTERNALS, self.refused),
        ]

    def _token_lists(self, who: Address, asset: AssetId) -> list[Part]:
        query: dict[str, str] = {"address": who}
        if asset != ANY_TOKEN:
            query["contractaddress"] = asset
        lists = [Part(self._listing("tokentx", query))]
        if asset == ANY_TOKEN:
            lists.append(Part(self._listing("tokennfttx", query), "tokennfttx", NO_COLLECTIBLES, self.refused))
        if asset == self.chain.wrapped:
            mine = {"topic0_1_opr": "and", "topic1": evm_address.to_topic(who)}
            wraps = [self._logs(asset, {"topic0": topic, **mine}) for topic in (DEPOSIT, WITHDRAWAL)]
            lists += [Part(one, "getLogs", NO_WRAPS, self.refused) for one in wraps]
        return lists

    def _listing(self, action: str, query: Mapping[str, str]) -> Listing:
        return Listing(
            self.name,
            f"{action} {query['address']}",
            lambda params: self.get(params, classify_list),
            self._tip,
            {"module": "account", "action": action, **query},
            self.dialect.size,
        )

    def _logs(self, contract: AssetId | Address, topics: Mapping[str, str]) -> Listing:
        return Listing(
            self.name,
            f"getLogs {contract} {' '.join(topics.values())}",
            lambda params: self.get(params, classify_list),
            self._tip,
            {"module": "logs", "action": "getLogs", "address": contract, **topics},
            min(self.dialect.size, MOST_LOGS),
            first="fromBlock",
            last="toBlock",
            open_end=LAST_BLOCK,
        )

    def _position_logs(self, asset: AssetId) -> list[Listing]:
        return [self._logs(query.manager, {f"topic{query.place}": query.word}) for query in queries(asset)]

    def _place(self, receipt: Json) -> tuple[int, int]:
        return hex_int(receipt.get("blockNumber"), self.name), hex_int(receipt.get("transactionIndex"), self.name)

    async def _calls_if_told(self, tx: str, receipt: Json) -> Calls | None:
        try:
            return await self._internals_of(tx, self._place(receipt))
        except (SourceError, Malformed):
            return None  # the receipt is good without them, and another source may have them

    async def _internals_of(self, tx: str, place: tuple[int, int]) -> Calls | None:
        try:
            query = {"module": "account", "action": "txlistinternal", "txhash": tx}
            answer = await self.get(query, without_range(classify_list))
        except Unsupported:
            return None
        if answer.kind is AnswerKind.PARTIAL:
            return None
        rows = answer.data["result"] if answer.kind is AnswerKind.OK else []
        return Calls(tuple(normalise_internals_of(self.chain, rows, tx, place, self.name)), answer.raw)

    async def _search(self, time: int) -> Block:
        """The first block not before ``time``, by interpolation and halving in turn."""
        below, above = await self.block(0), await self.head()
        if above.time < time:
            raise NotFound(f"a block at or after {time}", self.chain.name)
        if below.time >= time:
            return below
        guess_by_time = True
        while above.number - below.number > 1:
            span = above.number - below.number
            step = (time - below.time) * span // (above.time - below.time) if guess_by_time else span // 2
            middle = await self.block(below.number + min(max(step, 1), span - 1))
            below, above = (middle, above) if middle.time < time else (below, middle)
            guess_by_time = not guess_by_time
        return above

    async def _block(self, tag: str) -> Block:
        answer = await self.proxy("eth_getBlockByNumber", tag, "false")
        if answer.data["result"] is None:
            raise NotFound(f"block {tag}", self.chain.name)
        return block_of(self.chain, answer.data["result"], self.name)

    async def _tip(self) -> int:
        return (await self.head()).number


def _others(beside: int, calls: Calls | None) -> tuple[tuple[Kind, int], ...]:
    """The answers that told the transaction's value and the calls inside it."""
    return ((Kind.NATIVE, beside), *(((Kind.INTERNAL, calls.raw),) if calls and calls.transfers else ()))


def _gas_price(sent: Json, source: str) -> int | None:
    price = sent.get("gasPrice")
    return None if price is None else hex_int(price, source)
