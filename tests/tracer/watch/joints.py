"""Made-up places, transfers and an engine without a network, for the tests of what joins a watch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import tracer.watch.engine as engine_module
from chains.model import Address, Asset, AssetId, Block, Kind, Position, Transfer
from chains.scan import Sight
from tests.tracer.watch.restless_chain import CHAIN, LABELS, PEOPLE, TOKEN, Restless
from tracer.config import load_config
from tracer.label_files import load_tokens
from tracer.labels import Label, LabelBook
from tracer.ledger import Account
from tracer.lots import CLEAN, CONSERVING
from tracer.result import Result, Stats
from tracer.session import Lists
from tracer.watch.channels import Channel, Health, Message
from tracer.watch.engine import Engine
from tracer.watch.frontier import Place
from tracer.watch.model import ADDRESS, CASE, SEVERITIES, Notice, Target, Told
from tracer.watch.newcomers import ended
from tracer.watch.standing import FOLLOWED, RESTS, Rules, Stand
from tracer.watch.state import Base
from tracer.watch.store import WatchStore
from tracer.watch.view import Silent

USDT = Asset(CHAIN, TOKEN, "USDT", 6)
HOLDER, OTHER, THIRD = PEOPLE[5], PEOPLE[6], PEOPLE[7]
TIME = 1_700_000_000
EVERYTHING = frozenset(SEVERITIES)


def account(who: str, asset: str = TOKEN) -> Account:
    """An account on the only chain."""
    return (CHAIN, who, asset)


def held(traced: int, clean: int = 0, *, role: str = FOLLOWED, reason: str = "", weak: str = "") -> Stand:
    """A stand with so many traced units, and behind them clean ones where it is followed."""
    lots = ((traced, 0), *(((clean, CLEAN),) if clean else ()))
    balance = traced + clean if role == FOLLOWED else 0
    return Stand(role, 0, balance, traced, traced, dict.fromkeys(CONSERVING, lots), reason, weak)


def block(number: int, fork: str = "") -> Block:
    """A block of the only chain."""
    return Block(CHAIN, number, f"0x{number:x}{fork}", TIME + 12 * number, number)


def paid(payer: str, payee: str, amount: int, number: int = 5, *, index: int = 0, asset: str = TOKEN) -> Sight:
    """A payment that was seen."""
    position = Position(number, index, Kind.TOKEN, (index,))
    tx = f"0x{number:060x}{index:04x}"
    one = Transfer(CHAIN, tx, position, TIME + 12 * number, AssetId(asset), Address(payer), Address(payee), amount)
    return Sight(one, number, f"0x{number:x}", 7)


def place(
    stands: Mapping[Account, Stand] | None = None,
    *,
    kind: str = CASE,
    rules: Rules | None = None,
    labels: Iterable[Label] = (),
    most: int = 1_000,
) -> Place:
    """A target that knows one token; a bare address watches `HOLDER`."""
    address = str(HOLDER) if kind == ADDRESS else ""
    target = Target(1, kind, "it", "" if address else "it", CHAIN if address else "", address, 0, max_frontier=most)
    base = Base(rules or Rules("fifo", ("fifo",)), stands or {}, {CHAIN: block(0)}, 1, {(CHAIN, TOKEN): USDT})
    return Place(target, base, LabelBook.of_labels(labels), load_tokens(), dict(stands or {}), 1)


def labelled(who: str, category: str, *, chain: str = CHAIN, confidence: int = 90) -> Label:
    """Somebody's word on whose address it is."""
    return Label(chain, Address(who), f"Example {category}", category, "test", "2026", confidence, kind="authority")


def resting() -> Stand:
    """A place that nobody has judged."""
    return ended("", RESTS)


def result(*tops: Block, **more: Any) -> Result:
    """What a case says of nothing but its blocks."""
    nothing: dict[str, Any] = dict.fromkeys(
        ("origins", "endpoints", "flows", "addresses", "methods", "unverified", "prices", "gaps", "notes"), ()
    )
    stats = Stats(*([0] * len(Stats._fields)))
    said = nothing | {"version": "0", "method": "fifo", "followed": ("fifo",), "highest_first": False}
    return Result(**{**said, "as_of": tops, "stats": stats, **more})


@dataclass
class Diary(Silent):
    """A view that writes down what it is told: the name of the call, then what it is about."""

    lines: list[tuple[Any, ...]] = field(default_factory=list)

    def told(self, notice: Notice, status: str, turn: int) -> None:
        self.lines.append(("told", notice.kind, status, turn))

    def blind(self, chain: str, since: int, why: str) -> None:
        self.lines.append(("blind", chain, since, why))

    def seeing(self, chain: str) -> None:
        self.lines.append(("seeing", chain))

    def catching_up(self, target: int, stage: str) -> None:
        self.lines.append(("stage", target, stage))

    def note(self, what: str | Exception) -> None:
        self.lines.append(("note", str(what)))

    def of(self, what: str) -> list[tuple[Any, ...]]:
        """What was told by calls of one name."""
        return [line[1:] for line in self.lines if line[0] == what]


@dataclass
class Ear:
    """A channel that takes everything."""

    name: str = "ear"
    severities: frozenset[str] = EVERYTHING
    lang: str = "en"
    lists: bool = False
    health: Health = field(default_factory=Health)
    heard: list[tuple[str, str]] = field(default_factory=list)

    async def send(self, told: Told, message: Message) -> None:
        del message
        self.heard.append((told.notice.kind, told.status))


class Clock:
    """Unix seconds and counted seconds that go on only when told to."""

    def __init__(self) -> None:
        self.seconds = float(TIME)

    def __call__(self) -> float:
        return self.seconds

    def on(self, seconds: float) -> None:
        """So much later."""
        self.seconds += seconds


def engine(
    store: WatchStore,
    chain: Restless,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    *channels: Channel,
) -> Engine:
    """An engine that watches a chain in memory, with nothing asked of anybody."""
    monkeypatch.setattr(engine_module, "open_scanners", lambda *_: chain)
    monkeypatch.setattr(engine_module, "open_reader", lambda *_: chain)
    store.clock = lambda: int(clock())
    config = load_config({}, Path("/nonexistent"))
    lists = Lists(lambda address: [label for label in LABELS if label.address == address])
    return Engine(store, config, lists, Diary(), _message, channels, clock=clock)


def _message(told: Told, lang: str) -> Message:
    return Message(told.notice.kind, lang, told.notice.severity)
