"""TRON through TronGrid: the indexed API for histories, the node API behind it for single transactions and blocks.

Without a key TronGrid allows about one request a second, so every method takes the fewest requests there are: one
account record answers for TRX and every token, one block settles the order of all its transactions. Only solidified
data is asked for (`only_confirmed`, `/walletsolidity`), so nothing read here can be undone.

`ANY_TOKEN` means TRC-20. TRC-10 tokens stand among the TRX transactions; each is asked for by its number.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from chains import tron_address
from chains.endpoints import endpoint
from chains.errors import AuthRefused, Down, Malformed, NotFound, Unsupported
from chains.http import Answer, Ask, Client, Endpoint
from chains.http import Kind as AnswerKind
from chains.inclusion import Inclusion
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
from chains.protocol import Source, SourceKind
from chains.registry import Chain, SourceSettings
from chains.tron_calls import amount_in
from chains.tron_inclusion import prove
from chains.tron_receipt import block_of, index_of, normalise_receipt, place_of
from chains.trongrid_accounts import (
    account_balance,
    asset_of_trc10,
    decoded_symbol,
    first_word,
    hash_of_code,
    returned,
)
from chains.trongrid_answers import FINGERPRINT, classify_node, classify_page
from chains.trongrid_events import event_of, merged, normalise_events
from chains.trongrid_paging import NAME, Cursor, Row, Stretch, restart, turn
from chains.trongrid_rows import Rows, normalise_transactions, normalise_trc20, stake_field

NOBODY: Final = tron_address.from_hex("0" * 40)
"""The zero address, as the caller of view functions."""


class _Placed(NamedTuple):
    """A transaction with the answers it was read from: its info, itself, and its index (-1: not told).

    ``raw`` is the stored answer that the transaction itself stands in.
    """

    info: Answer
    transaction: Mapping[str, Any]
    tx_index: int
    raw: int


@dataclass(slots=True)
class TronGrid:
    """`Source` over one TronGrid-like host."""

    chain: Chain
    client: Client
    at: Endpoint
    name: str = NAME

    async def head(self) -> Block:
        """The newest solidified block (about a minute behind the newest)."""
        answer = await self._solid("getnowblock", {})
        return block_of(self.chain, answer.data)

    async def block(self, number: int) -> Block:
        """The block of this number. NotFound when it is not solidified yet."""
        answer = await self._solid("getblockbynum", {"num": number})
        if answer.kind is AnswerKind.EMPTY:
            raise NotFound(f"block {number}", self.chain.name)
        return block_of(self.chain, answer.data)

    async def block_at(self, time: int) -> Block:
        """A place in time, asked of nobody: a TRON height *is* a time, and only the height is needed.

        The block's number is -1 and its hash empty, because they are not known.
        """
        return Block(self.chain.id, -1, "", time, time * 1000)

    async def receipt(self, tx: str) -> Receipt:
        """One transaction whole. Its `tx_index` is -1 where no block could be read (then nothing is settled)."""
        placed = await self._placed(tx)
        found = normalise_receipt(self.chain, placed.info.data, placed.transaction, placed.tx_index, placed.info.raw)
        return found._replace(others=((Kind.NATIVE, placed.raw),))

    async def whole(self, tx: str, time: int | None) -> Receipt:  # noqa: ARG002 (a TRON receipt carries its time)
        """As `receipt`: a node's record of a transaction has the calls inside it. Two requests."""
        return await self.receipt(tx)

    async def calls(self, receipt: Receipt) -> Calls:
        """Never: whoever has a TRON receipt has the calls with it."""
        raise Unsupported(self.name, f"calls inside {receipt.tx}", "they stand in the receipt")

    async def inclusion(self, tx: str, height: int) -> Inclusion:
        """How far its block proves a transaction; two requests, the same as those of `receipt`."""
        tx = tx.lower().removeprefix("0x")
        place = place_of((await self._info(tx)).data)
        if place.height != height:
            raise Malformed(self.name, f"another time than {height}", place)
        block = await self._solid("getblockbynum", {"num": place.number})
        if block.kind is AnswerKind.EMPTY:
            raise NotFound(f"block {place.number}", self.chain.name)
        return prove(self.chain.id, tx, block.data, self.name, (block.raw,))

    async def positions(self, tx: str) -> Receipt:
        """As `receipt`, which asks for no more than this needs. Unsupported when the order cannot be told."""
        receipt = await self.receipt(tx)
        if receipt.tx_index < 0:
            raise Unsupported(self.name, f"order within the block of {tx}")
        return receipt

    async def history(self, who: Address, asset: AssetId, low: int, high: int | None) -> AsyncGenerator[Page, None]:
        """Movements of TRX (with fees), a TRC-10 number, a TRC-20 contract, or every TRC-20 token."""
        trc20 = asset != NATIVE and not asset.isdigit()
        parts = self._token_rows(who, asset, low, high) if trc20 else self._coin_rows(who, asset, low, high)
        async with aclosing(parts):
            async for stretch, rows in parts:
                if stretch.last or (stretch.upto is not None and stretch.upto >= low):
                    yield Page(
                        transfers=rows.transfers,
                        raws=rows.raws,
                        covers=Coverage(low, stretch.upto),
                        approvals=rows.approvals,
                        assets=rows.assets,
                        weak=rows.weak,
                        supports=rows.supports,
                    )
                    low = low if stretch.upto is None else stretch.upto + 1

    async def balance(self, who: Address, asset: AssetId, at: Block) -> Balance:  # noqa: ARG002 (no past here)
        """What ``who`` holds now; TronGrid tells no past balances.

        An address that was never activated has no account record and may still hold TRC-20 tokens, so then the token
        itself is asked.
        """
        try:
            answer = await self._ask_page(f"/v1/accounts/{who}", {"only_confirmed": "true"})
        except Unsupported:  # a plain node has no index of accounts, but knows its own state
            answer = await self._solid("getaccount", {"address": who, "visible": True})
            if asset == NATIVE:
                return Balance(int((answer.data or {}).get("balance", 0)), None, answer.raw)
            if asset.isdigit():
                raise
        else:
            if answer.data["data"]:
                return Balance(account_balance(answer.data["data"][0], asset), None, answer.raw)
            if asset == NATIVE or asset.isdigit():
                return Balance(0, None, answer.raw)
        word = tron_address.to_evm_hex(who)[2:].rjust(64, "0")
        called = await self._view(asset, "balanceOf(address)", word, who)
        return Balance(first_word(called.data), None, called.raw)

    async def is_contract(self, who: Address) -> bool:
        """Whether ``who`` is deployed code; its record has no bytecode when another contract made it (apis.md 4.3)."""
        answer = await self._ask_node("/wallet/getcontract", {"value": who, "visible": True})
        return isinstance(answer.data, Mapping) and bool(answer.data.get("contract_address"))

    async def code(self, who: Address) -> str:
        """SHA-256 of the code of ``who``; "" for a wallet. Never the node's own hash of it, which is another one."""
        answer = await self._ask_node("/wallet/getcontractinfo", {"value": who, "visible": True})
        return hash_of_code(answer.data)

    async def call(self, contract: Address, data: str, at: Block) -> Called:  # noqa: ARG002 (no past here)
        """What a contract answers now; TRON's nodes keep no past states."""
        answer = await self._constant(contract, NOBODY, {"data": data.removeprefix("0x")})
        return Called("0x" + returned(answer.data), None, answer.raw)

    async def events(
        self, contract: Address, topics: tuple[str, ...], low: int, high: int
    ) -> AsyncGenerator[EventPage, None]:
        """Logs by the names of their events, one list each. Unsupported when a topic has no name here."""
        wanted = {known.name: known for known in map(event_of, topics)}
        path = f"/v1/contracts/{contract}/events"
        async with AsyncExitStack() as stack:
            lists = [self._feed(path, {"event_name": name}, low, high, "block_timestamp") for name in wanted]
            for one in lists:
                await stack.enter_async_context(aclosing(one))
            async for stretch in merged(lists, low):
                if stretch.upto is not None and stretch.upto >= low:
                    found = normalise_events(self.chain.id, stretch.rows, contract, wanted)
                    yield EventPage(tuple(found), Coverage(low, stretch.upto))
                    low = stretch.upto + 1

    async def asset(self, asset: AssetId) -> Asset:
        """Symbol and decimals. NotFound when the token does not tell its decimals."""
        if asset == NATIVE:
            return Asset(self.chain.id, NATIVE, self.chain.coin, self.chain.decimals)
        if asset.isdigit():
            answer = await self._ask_page(f"/v1/assets/{asset}", {})
            if not answer.data["data"]:
                raise NotFound(f"token {asset}", self.chain.name)
            return asset_of_trc10(self.chain.id, asset, answer.data["data"][0])
        decimals = await self._view(asset, "decimals()")
        symbol = await self._view(asset, "symbol()")
        try:
            return Asset(self.chain.id, asset, decoded_symbol(symbol.data), first_word(decimals.data))
        except Unsupported:
            raise NotFound(f"decimals of {asset}", self.chain.name) from None

    async def _token_rows(
        self, who: Address, asset: AssetId, low: int, high: int | None
    ) -> AsyncGenerator[tuple[Stretch, Rows], None]:
        token = None if asset == ANY_TOKEN else asset
        chosen = {} if token is None else {"contract_address": str(token)}
        async with aclosing(self._feed(f"/v1/accounts/{who}/transactions/trc20", chosen, low, high)) as feed:
            async for stretch in feed:
                yield stretch, normalise_trc20(self.chain.id, stretch.rows, who, token)

    async def _coin_rows(
        self, who: Address, asset: AssetId, low: int, high: int | None
    ) -> AsyncGenerator[tuple[Stretch, Rows], None]:
        """Transactions, and the calls inside others' transactions that concern ``who``, merged by time."""
        own = self._feed(f"/v1/accounts/{who}/transactions", {"search_internal": "false"}, low, high)
        inner = _Inner(self._feed(f"/v1/accounts/{who}/internal-transactions", {}, low, high), low - 1)
        async with aclosing(own), aclosing(inner.feed):
            async for stretch in own:
                inside = await inner.up_to(stretch)
                records, doubt = await self._with_stake(stretch.rows)
                rows = normalise_transactions(self.chain.id, records, inside, who, asset)
                weak = "; ".join(filter(None, (inner.refused, doubt, rows.weak)))
                yield stretch, rows._replace(weak=weak)

    async def _with_stake(self, rows: tuple[Row, ...]) -> tuple[list[Row], str]:
        """The rows, with the amounts that came back from stake looked up where they do not stand in the row."""
        told: list[Row] = []
        doubt = ""
        for row in rows:
            name = stake_field(row.record)
            if name is not None:
                try:
                    info = await self._solid("gettransactioninfobyid", {"value": row.record["txID"]})
                except (Unsupported, Down) as refused:
                    doubt = f"how much TRX came back from stake is not told: {refused}"
                else:
                    record = {**row.record, name: amount_in(info.data, name)}
                    told.append(row._replace(record=record, raw=info.raw))
                    continue
            told.append(row)
        return told, doubt

    async def _feed(
        self, path: str, chosen: Mapping[str, str], low: int, high: int | None, clock: str = "timestamp"
    ) -> AsyncGenerator[Stretch, None]:
        """Stretches of one list of the indexed API until its end is proven; ``clock`` as in `Cursor`.

        A fingerprint that is refused, or leads to a page that was there before, is given up for a new question from
        the last block on; that can neither double nor skip a row. `Down` when that does not lead on either.
        """
        cursor: Cursor | None = Cursor(low, high, path, clock)
        while cursor is not None:
            try:
                answer = await self._ask_page(path, {**chosen, **cursor.params})
            except Unsupported as refused:
                if cursor.fingerprint is None or FINGERPRINT not in refused.detail:
                    raise
                cursor = restart(cursor)
                continue
            try:
                stretch, following = turn(cursor, answer.data, answer.raw)
            except Down:
                if cursor.fingerprint is None:
                    raise
                cursor = restart(cursor)
                continue
            yield stretch
            cursor = following

    async def _placed(self, tx: str) -> _Placed:
        tx = tx.lower().removeprefix("0x")
        info = await self._info(tx)
        number = place_of(info.data).number
        try:
            block = await self._solid("getblockbynum", {"num": number})
            records = block.data.get("transactions", []) if isinstance(block.data, Mapping) else []
            found = index_of(tx, records, "txID")
            if found >= 0:
                return _Placed(info, records[found], found, block.raw)
        except Unsupported:
            pass
        transaction = await self._solid("gettransactionbyid", {"value": tx})
        return _Placed(info, transaction.data, await self._index_among_infos(tx, number), transaction.raw)

    async def _info(self, tx: str) -> Answer:
        info = await self._solid("gettransactioninfobyid", {"value": tx})
        if info.kind is AnswerKind.EMPTY:
            raise NotFound(f"transaction {tx}", f"{self.chain.name} (a new one takes a minute to be final)")
        return info

    async def _index_among_infos(self, tx: str, number: int) -> int:
        try:
            infos = await self._solid("gettransactioninfobyblocknum", {"num": number})
        except Unsupported:
            return -1
        return index_of(tx, infos.data, "id") if isinstance(infos.data, list) else -1

    async def _view(self, contract: AssetId, function: str, parameter: str = "", caller: Address = NOBODY) -> Answer:
        return await self._constant(contract, caller, {"function_selector": function, "parameter": parameter})

    async def _constant(self, contract: str, caller: Address, what: Mapping[str, str]) -> Answer:
        body = {"owner_address": caller, "contract_address": contract, **what, "visible": True}
        return await self._solid("triggerconstantcontract", body)

    async def _solid(self, method: str, body: Mapping[str, Any]) -> Answer:
        """The solidified answer; a host without that API is asked for its newest state."""
        try:
            return await self._ask_node(f"/walletsolidity/{method}", body)
        except Unsupported:
            return await self._ask_node(f"/wallet/{method}", body)

    async def _ask_node(self, path: str, body: Mapping[str, Any]) -> Answer:
        return await self.client.ask(Ask(self.at, classify_node, "POST", path, body=dict(body)))

    async def _ask_page(self, path: str, params: Mapping[str, str]) -> Answer:
        return await self.client.ask(Ask(self.at, classify_page, "GET", path, dict(params)))


class _Inner:
    """The second list of a merge: read just as far as the first one is, and given up for good when it is refused."""

    def __init__(self, feed: AsyncGenerator[Stretch, None], upto: int) -> None:
        self.feed = feed
        self.refused = ""
        self._upto: int | None = upto
        self._rows: list[Row] = []

    async def up_to(self, stretch: Stretch) -> list[Row]:
        """The rows of the same time as ``stretch``."""
        while self._upto is not None and (stretch.last or (stretch.upto is not None and self._upto < stretch.upto)):
            try:
                part = await anext(self.feed)
            except (Unsupported, AuthRefused, Down) as refused:
                self.refused = f"calls inside others' transactions are not told: {refused}"
                self._upto = None
                break
            self._rows.extend(part.rows)
            self._upto = None if part.last else part.upto
        ready = [row for row in self._rows if stretch.last or (stretch.upto is not None and row.time <= stretch.upto)]
        self._rows = self._rows[len(ready) :]
        return ready


def build(chain: Chain, client: Client, settings: SourceSettings) -> list[Source]:
    """The source for a TRON chain; TronGrid answers without a key, only slower."""
    if NAME not in chain.sources or (settings.only and NAME not in settings.only):
        return []
    at = endpoint(NAME, settings, url=chain.sources[NAME].get("url"))
    return [] if at is None else [TronGrid(chain, client, at)]


SOURCE = SourceKind(name=NAME, rank=10, build=build)
