"""From "this wallet was emptied since then" to the exact theft transfers, each an origin of its own.

A theft transfer is an outflow of the victim at or after the given moment that does not go to the victim's own other
wallets. A token counts as value only when it is a listed one or balances confirm that it moved; what merely looks like
a transfer (spoofed events, counterfeit tokens, NFTs) is listed as unverified.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from chains.errors import BadAddress, ChainError, NotFound
from chains.model import ANY_TOKEN, NATIVE, Address, AssetId, Block, Collectible, Gap, Kind, Receipt, Transfer
from chains.reader import History
from chains.registry import Chain
from tracer.errors import NothingStolen, SourceTrouble, UsageError
from tracer.ledger import opening_balance
from tracer.question import Question, Since, VictimAsk, parse_since
from tracer.result import UnverifiedRow
from tracer.words import sentence
from tracer.world import World, named_chain


class Victim(NamedTuple):
    """A victim found on its chain. ``low`` is the first height to look at; ``theft`` its receipt if it is a tx."""

    chain: Chain
    address: Address
    since: Since
    since_text: str
    low: int
    theft: Receipt | None


class Origin(NamedTuple):
    """One theft transfer."""

    victim: Victim
    transfer: Transfer


class Thefts(NamedTuple):
    """What was taken: origins in order of time, the histories they came from, and what was not counted."""

    origins: tuple[Origin, ...]
    histories: tuple[tuple[Victim, AssetId, History], ...]
    own: frozenset[tuple[str, str]]
    unverified: tuple[UnverifiedRow, ...]
    gaps: tuple[Gap, ...]
    through: frozenset[tuple[str, str]] = frozenset()


async def find_thefts(world: World, question: Question) -> Thefts:
    """Resolve the victims and read what left them.

    Raises:
        UsageError: an address, chain or moment that does not fit.
        SourceTrouble: no source could give a victim's history or the theft transaction.
        NothingStolen: nothing left any victim since the given moment.
    """
    victims = await asyncio.gather(*(_resolve(world, question, ask) for ask in question.victims))
    own = _on_chains(question.own, victims, lambda why: UsageError("error.own", why=why))
    through = _on_chains(question.through, victims, lambda why: UsageError("error.through", why=why))
    for chain in sorted({victim.chain.id for victim in victims}):
        await world.pin(chain, _until(question))
    read = [pair for pairs in await asyncio.gather(*(_read(world, question, one) for one in victims)) for pair in pairs]
    origins: list[Origin] = []
    unverified: list[UnverifiedRow] = []
    gaps = [history.gap for _, _, history in read if history.gap]
    for victim, _, history in read:
        gaps.extend(await _place_beside_theft(world, victim, history))
        taken = [one for one in history.transfers if _is_theft(world, question, victim, one, own)]
        confirmed, doubtful = await _confirmed(world, victim, taken)
        origins.extend(Origin(victim, one) for one in confirmed)
        unverified.extend(doubtful)
        unverified.extend(_collectibles(victim, history.collectibles))
    for victim in victims:
        unverified.extend(_collectibles(victim, victim.theft.collectibles if victim.theft else ()))
    if not origins:
        _nothing(victims, gaps)
    origins.sort(key=lambda one: (one.transfer.chain, one.transfer.position, one.transfer.identity))
    once = {one.transfer.identity: one for one in reversed(origins)}
    distinct = tuple(dict.fromkeys(unverified))
    return Thefts(tuple(reversed(once.values())), tuple(read), own, distinct, tuple(gaps), through)


def _nothing(victims: Sequence[Victim], gaps: Sequence[Gap]) -> None:
    if gaps:
        raise SourceTrouble("error.no_answer", why="; ".join(gap.why for gap in gaps))
    who = ", ".join(victim.address for victim in victims)
    raise NothingStolen("error.nothing_stolen", victims=who)


async def _resolve(world: World, question: Question, ask: VictimAsk) -> Victim:
    since = parse_since(ask.since)
    if question.stolen == "tx" and since.kind != "tx":
        raise UsageError("error.stolen_tx")
    chain = await _chain_of(world, question, ask.address, since)
    address = _address(chain, ask.address)
    if since.kind == "tx":
        _check_hash(chain, address, since)
    theft: Receipt | None = None
    try:
        if since.kind == "tx":
            theft = await world.reader(chain.id).receipt(since.value)
            low = theft.height
        elif since.kind == "block":
            low = (
                (await world.reader(chain.id).block(int(since.value))).height
                if chain.family == "tron"
                else int(since.value)
            )
        else:
            low = (await world.reader(chain.id).block_at(int(since.value))).height
    except NotFound:
        raise UsageError("error.since_not_found", chain=chain.name) from None
    except ChainError as failure:
        raise SourceTrouble("error.no_answer", why=failure) from failure
    return Victim(chain, address, since, ask.since, low, theft)


def _check_hash(chain: Chain, address: Address, since: Since) -> None:
    """Is this hash written as the chain's own are?"""
    evm_hash = since.value.startswith("0x")
    if chain.family == "tron" and evm_hash:
        raise UsageError("error.hash_evm_on_tron", address=address)
    if chain.family == "evm" and not evm_hash:
        raise UsageError("error.hash_tron_on_evm", address=address, chain=chain.name)


def _address(chain: Chain, text: str) -> Address:
    try:
        return chain.address(text)
    except BadAddress as wrong:
        raise UsageError("error.address", why=wrong) from None


async def _chain_of(world: World, question: Question, address: str, since: Since) -> Chain:
    """The chain the user named, TRON by its address, else the one EVM chain that knows the transaction."""
    if question.chain:
        return named_chain(world.chains, question.chain)
    if not address.startswith("0x"):
        return next(row for row in world.chains.values() if row.family == "tron")
    if since.kind != "tx":
        raise UsageError("error.which_chain")
    candidates = [row for row in world.chains.values() if row.family == "evm"]
    _address(candidates[0], address)
    if not since.value.startswith("0x"):
        raise UsageError("error.hash_tron_for_evm", address=address)
    return _the_one(candidates, *await world.chains_with(since.value, candidates))


def _the_one(candidates: Sequence[Chain], found: Sequence[Chain], silent: Sequence[str]) -> Chain:
    """The one chain that knows the transaction; ``silent`` are the names of those that could not be asked."""
    names = ", ".join(silent)
    if len(found) > 1:
        raise UsageError("error.several_chains", names=", ".join(row.name for row in found))
    if found:
        return found[0]
    if len(silent) == len(candidates):
        raise SourceTrouble("error.no_chain_asked", names=names)
    if silent:
        raise UsageError("error.no_asked_chain_knows", names=names)
    raise UsageError("error.no_chain_knows")


def _on_chains(
    texts: Iterable[str], victims: Iterable[Victim], refusal: Callable[[BadAddress], UsageError]
) -> frozenset[tuple[str, str]]:
    """Addresses the user named, on every chain of the case where they can be one."""
    found: set[tuple[str, str]] = set()
    for text in texts:
        hits = []
        for chain in {victim.chain.id: victim.chain for victim in victims}.values():
            try:
                hits.append((chain.id, str(chain.address(text))))
            except BadAddress as wrong:
                reason = wrong
        if not hits:
            raise refusal(reason)
        found.update(hits)
    return frozenset(found)


def _until(question: Question) -> int | None:
    if question.until is None:
        return None
    until = parse_since(question.until)
    if until.kind != "time":
        raise UsageError("error.until")
    return int(until.value)


async def _read(world: World, question: Question, victim: Victim) -> list[tuple[Victim, AssetId, History]]:
    world.watcher.started(victim.address)
    reader = world.reader(victim.chain.id)
    high = victim.theft.height if question.stolen == "tx" and victim.theft else None
    kinds = (NATIVE, ANY_TOKEN)
    histories = await asyncio.gather(*(reader.history(victim.address, kind, victim.low, high) for kind in kinds))
    for history in histories:
        world.learn(history.assets)
    return [(victim, kind, history) for kind, history in zip(kinds, histories, strict=True)]


def _is_theft(
    world: World, question: Question, victim: Victim, transfer: Transfer, own: frozenset[tuple[str, str]]
) -> bool:
    if transfer.sender != victim.address or transfer.receiver == victim.address:
        return False
    if transfer.position.kind is Kind.FEE or (transfer.chain, transfer.receiver) in own:
        return False
    if transfer.position.height > world.horizons[victim.chain.id].height:
        return False
    if victim.theft is None:
        return victim.since.kind != "time" or transfer.time >= int(victim.since.value)
    if question.stolen == "tx" or transfer.tx == victim.theft.tx:
        return transfer.tx == victim.theft.tx
    place, theft = transfer.position, victim.theft
    return place.height > theft.height or (place.height == theft.height and place.tx_index > theft.tx_index)


async def _place_beside_theft(world: World, victim: Victim, history: History) -> list[Gap]:
    """Learn whether outflows in the theft's own block came before or after it, where the source did not say."""
    theft = victim.theft
    if theft is None:
        return []
    gaps: list[Gap] = []
    for number, one in enumerate(history.transfers):
        beside = one.position.height == theft.height and one.tx != theft.tx and one.sender == victim.address
        if not beside or one.position.tx_index >= 0:
            continue
        try:
            history.transfers[number] = (await world.reader(victim.chain.id).positions(one.tx)).placed(one)
        except ChainError as failure:
            history.transfers[number] = one._replace(position=one.position._replace(tx_index=theft.tx_index + 1))
            gaps.append(Gap("order", f"{victim.chain.id} {one.tx}", str(failure)))
    return gaps


async def _confirmed(
    world: World, victim: Victim, taken: Sequence[Transfer]
) -> tuple[list[Transfer], list[UnverifiedRow]]:
    """Split theft transfers into value and what only looks like it."""
    good: list[Transfer] = []
    doubtful: list[UnverifiedRow] = []
    doubts: dict[AssetId, str] = {}
    for transfer in taken:
        if transfer.position.kind is Kind.TOKEN and transfer.asset not in doubts:
            doubts[transfer.asset] = await _doubt(world, victim, transfer)
        why = doubts.get(transfer.asset, "")
        if not why:
            good.append(transfer)
            continue
        seen = world.assets.get((transfer.chain, transfer.asset))
        doubtful.append(
            UnverifiedRow(
                transfer.chain,
                transfer.tx,
                "token",
                transfer.asset,
                seen.symbol if seen else "",
                transfer.sender,
                transfer.receiver,
                transfer.amount,
                why,
            )
        )
    return good, doubtful


async def _doubt(world: World, victim: Victim, transfer: Transfer) -> str:
    """Why a token's events are not taken for value; "" when the token is listed or balances confirm it."""
    chain = victim.chain.id
    if world.tokens.is_listed(chain, transfer.asset) or transfer.asset == victim.chain.wrapped:
        return ""
    shown = await world.asset(chain, transfer.asset)
    if _letters(shown.symbol) in {
        _letters(token.symbol) for (where, _), token in world.tokens.rows.items() if where == chain
    } | {_letters(victim.chain.coin)}:
        return sentence("rule.namesake")
    if await _balances_move(world, victim, transfer):
        return ""
    return sentence("rule.unmoved")


def _letters(symbol: str) -> str:
    """A symbol as it reads: compatibility forms folded, case and invisible signs dropped."""
    folded = unicodedata.normalize("NFKD", symbol)
    return "".join(sign for sign in folded if sign.isalnum() and sign.isascii()).upper()


async def _balances_move(world: World, victim: Victim, transfer: Transfer) -> bool:
    """Do balances confirm the token's events at the victim: around the block, or over its whole history there?"""
    reader = world.reader(victim.chain.id)
    height = transfer.position.height
    try:
        before, after = [
            await reader.balance(victim.address, transfer.asset, Block(victim.chain.id, number, "", 0, number))
            for number in (height - 1, height)
        ]
        if before.at == height - 1 and after.at == height:
            return before.amount - after.amount == transfer.amount or before.amount > after.amount
        history = await reader.history(victim.address, transfer.asset, 0, None)
    except ChainError:
        return False
    if history.gap:
        return False
    opening, weak = opening_balance(history.transfers, victim.address, after.amount)
    return opening == 0 and not weak


def _collectibles(victim: Victim, seen: Iterable[Collectible]) -> list[UnverifiedRow]:
    return [
        UnverifiedRow(
            one.chain,
            one.tx,
            "nft",
            one.contract,
            "",
            one.sender,
            one.receiver,
            one.amount,
            sentence("rule.nft"),
        )
        for one in seen
        if one.sender == victim.address
    ]
