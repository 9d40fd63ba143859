"""Made-up values of a watch for the tests of its store, and steps of which each changes every table."""

from __future__ import annotations

from chains.http import Ask, Endpoint, Kind, Verdict
from chains.model import Address, Asset, AssetId, Block, Position, Transfer
from chains.model import Kind as Moved
from chains.scan import APPROVAL, Change, Sight
from tracer.lots import CLEAN, CONSERVING
from tracer.watch.model import CONFIRMED, CRITICAL, PAYMENT, PROVISIONAL, Notice, Target
from tracer.watch.standing import FOLLOWED, Rules, Stand
from tracer.watch.state import Base, Cursor, Step
from tracer.watch.store import WatchStore

CHAIN = "eip155:1"
TOKEN = AssetId("0x" + "a" * 40)
THIEF, MULE = Address("0x" + "1" * 40), Address("0x" + "2" * 40)
HUGE = 2**256 - 1
OK = Verdict(Kind.OK)
ENDPOINT = Endpoint("etherscan", "https://host.example:8443/v2/api?key=x", 5, secret_params={"apikey": "CANARY-KEY"})


def question(number: int) -> Ask:
    """A question with a number in it."""
    return Ask(ENDPOINT, lambda *_: OK, params={"n": str(number)})


def keep(store: WatchStore, number: int, body: bytes = b"{}", verdict: Verdict = OK) -> int:
    """Take one answer in."""
    return store.evidence.keep(question(number), 200, {"content-type": "application/json"}, body, verdict)


def target(name: str = "case") -> Target:
    """A case on the list."""
    return Target(0, "case", name, f"/cases/{name}", "", "", 1_700_000_000)


def block(number: int, fork: str = "") -> Block:
    """A block of the only chain."""
    return Block(CHAIN, number, f"0x{number:x}{fork}", 1_700_000_000 + 12 * number, number)


def cursor(final: int, newest: int | None = None) -> Cursor:
    """A chain read to here."""
    return Cursor(block(final if newest is None else newest), block(final))


def stand(units: int = HUGE) -> Stand:
    """A followed account with traced and clean units."""
    lots = dict.fromkeys(CONSERVING, ((units, 0), (7, CLEAN)))
    return Stand(FOLLOWED, 3, units + 7, 0, units, lots, "", "weak 弱 \ud800")


def base(chains: tuple[str, ...] = (CHAIN,)) -> Base:
    """What a target begins with."""
    return Base(
        rules=Rules("fifo", ("fifo", "lifo"), False, frozenset({(CHAIN, THIEF)}), frozenset(), {(CHAIN, TOKEN): HUGE}),
        stands={(chain, THIEF, TOKEN): stand() for chain in chains},
        tops={chain: block(0)._replace(chain=chain) for chain in chains},
        origins=3,
        assets={(CHAIN, TOKEN): Asset(CHAIN, TOKEN, "US\udcffDT", 6)},
        generation=2,
    )


def sight(number: int, raw: int = 1, nth: int = 0) -> Sight:
    """A transfer in block ``number``."""
    place = Position(number, 2, Moved.TOKEN, (5, nth))
    moved = Transfer(CHAIN, f"0xt{number}", place, 1_700_000_000, TOKEN, THIEF, MULE, HUGE - nth, nth)
    return Sight(moved, number, f"0x{number:x}", raw)


def change(number: int, raw: int = 1) -> Change:
    """An approval in block ``number``."""
    place = Position(number, 2, Moved.TOKEN, (9,))
    return Change(CHAIN, APPROVAL, f"0xt{number}", place, 1_700_000_000, THIEF, MULE, TOKEN, None, number, "0x", raw)


def notice(number: int, target: int = 1, severity: str = CRITICAL, kind: str = PAYMENT) -> Notice:
    """A payment in block ``number``."""
    asset = Asset(CHAIN, TOKEN, "USDT", 6)
    units = (HUGE, HUGE, 0, HUGE)
    place = (f"0xt{number}", number, number, 1_700_000_000, THIEF, MULE)
    return Notice(f"t{number}", target, kind, severity, CHAIN, *place, asset, *units, reason="exchange")


def step(number: int, raw: int = 1, targets: tuple[int, ...] = (1,)) -> Step:
    """The step that reads block ``number`` for good and the one after it early: it changes every table."""
    account = (CHAIN, str(MULE), str(TOKEN))
    return Step(
        CHAIN,
        cursor(number, number + 1),
        blocks=(block(number + 1),),
        sights=(sight(number, raw),),
        changes=(change(number, raw),),
        early=(sight(number + 1, raw),),
        stands={(one, account): stand(number) for one in targets},
        origins=dict.fromkeys(targets, number),
        notices=tuple(
            pair
            for one in targets
            for pair in ((notice(number, one), CONFIRMED), (notice(number + 1, one), PROVISIONAL))
        ),
        answers=frozenset({raw}),
    )


def begun(store: WatchStore, *channels: str) -> WatchStore:
    """A store with one target that stands at block 0, and channels that take everything."""
    store.channels = dict.fromkeys(channels, frozenset({CRITICAL, "high", "normal", "info"}))
    added = store.add(target())
    store.rebase(added.id, base(), base().stands, 3)
    store.begin(CHAIN, cursor(0))
    return store
