"""Six thefts whose money changes form ten times and more, played on a real node through real contracts.

Uniswap v2 and v3, Safe, MultiSend, WETH9 and the ERC-4337 entry point are the published ones (`tests.lab.artifacts`);
what has no published build is small and the lab's own. Keys, nonces, gas prices, block times and deadlines are fixed,
so every hash is the same every time. Each theft has its own people, and meets the others only in the venues:

    a  10,000 LABD  sold, wrapped, v3, dispersed, Safe, v2 by two hops to another, vault, liquidity, order filled later
    b  20 ETH       exact outputs with refund and with dust, two hops to another, stake that grows, order from stock
    c  10,000 LABD  drained to two; tolls on transfer, spoofed events, counterfeit, loan that cancels, settled
    d  6,000 LABD   a smart account moved by its bundler; shares redeemed to another; a Safe pays coin
    e  8,000 LABD and 5 ETH   v3 position and v2 liquidity of both, partly removed; staked; flushed by a forwarder
    f  5,000 DBL    a token with two front doors and a blacklist; vault shares; tolls

`play_venues` gives the facts of every step, what each step means, and where all of it ended (`Story.places`);
`expected` gives the same for any method. `serving` and `write_settings` let the real commands read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from tests.lab.anvil import Node
from tests.lab.anvil_ledger import AnvilLedger
from tests.lab.cases import write_labels
from tests.lab.desk import StandIn
from tests.lab.etherscan import etherscan_app
from tests.lab.explorer import blockscout_app, routescan_app
from tests.lab.serving import serve
from tests.lab.venues_chains import chain_a, chain_b, chain_c
from tests.lab.venues_expected import EXPECTED
from tests.lab.venues_more import chain_d, chain_e, chain_f
from tests.lab.venues_people import PEOPLE, settle_in
from tests.lab.venues_play import COIN, FEE, Balances, Meaning, Move, Play, Step
from tests.lab.venues_town import DOUBLE_POOL, POOLS, POOLS_V3, TOKENS, UNITS, build, pair
from tests.lab.venues_truth import Follower, Place

SCRIPTS: Final = MappingProxyType({
    "a": chain_a, "b": chain_b, "c": chain_c, "d": chain_d, "e": chain_e, "f": chain_f,
})  # fmt: skip
CONDUITS: Final = (
    *("router", "v3router", "positions", "multisend", "disperse", "drainer", "feerouter", "flashuser", "lender"),
    "distractor",
)
"""Contracts that end every transaction with what they began it with."""
VENUES: Final = (
    *("weth", "stake", "vault", "vault2", "settlement", "stock", DOUBLE_POOL),
    *(pair(*names) for names in POOLS),
    *(f"v3 {first}/{second}" for first, second, _, _ in POOLS_V3),
)
"""Contracts that take one asset and give another, in one transaction or in two."""
HOLDERS: Final = ("a safe", "d safe", "account", "entry")
"""Contracts that hold what is theirs or an owner's."""
DEPOSITS: Final = ("forwarder",)
"""Contracts of an exchange that can do nothing but pass on to its wallet what customers pay in: a trail ends there."""
LABELS: Final = MappingProxyType({"hot": "exchange_hot", "exchange": "exchange_hot"})
PRICES: Final = MappingProxyType({"labd": 1.0, "labe": 4.0, "weth": 2000.0, "toll": 2.0, "double": 1.0, "front": 1.0})
"""US dollars for one whole token, as `UNITS` has them."""


class Story(NamedTuple):
    """One theft. ``seeds``: the stealing transactions; ``origins``: numbers of its thefts among all, in order.

    ``places``: where it all is under FIFO, `FEE` being a holder.
    """

    name: str
    about: str
    victim: str
    seeds: tuple[str, ...]
    origins: tuple[int, ...]
    places: tuple[Place, ...]


class Played(NamedTuple):
    """Everything that happened. ``who`` and ``txs`` by name; ``contracts``: by address, what each is to money."""

    who: dict[str, str]
    txs: dict[str, str]
    contracts: dict[str, str]
    labels: dict[str, str]
    opening: Balances
    steps: tuple[Step, ...]
    meaning: tuple[Meaning, ...]
    stories: dict[str, Story]

    def step(self, name: str) -> Step:
        """A step by its name."""
        return next(step for step in self.steps if step.name == name)


class Ground(NamedTuple):
    """The node on which it was played, and the same as a ledger for the stand-ins."""

    node: Node
    played: Played
    ledger: AnvilLedger


def play_venues(node: Node, chain_id: int = 1) -> Played:
    """Play all six thefts on a fresh node of `tests.lab.anvil.running`.

    Raises:
        NoAnvil: the published contracts could not be installed here.
    """
    play = Play(node, chain_id, PEOPLE)
    build(play)
    settle_in(play)
    play.watch([*TOKENS, *(pair(*names) for names in POOLS), DOUBLE_POOL])
    stories: dict[str, Story] = {}
    origin = 0
    for name, script in SCRIPTS.items():
        first = len(play.meaning)
        script(play)
        thefts = [one for one in play.meaning[first:] if isinstance(one, Move) and one.stolen]
        seeds = tuple(dict.fromkeys(play.steps[theft.step].tx for theft in thefts))
        origins = tuple(range(origin, origin + len(thefts)))
        origin += len(thefts)
        stories[name] = Story(name, _about(script), play.who[f"{name} victim"], seeds, origins, _places(play, origins))
    kinds = {"conduit": CONDUITS, "venue": VENUES, "holder": HOLDERS, "deposit": DEPOSITS}
    contracts = {play.who[name]: kind for kind, names in kinds.items() for name in names}
    labels = {play.who[name]: category for name, category in LABELS.items()}
    facts = (play.opening, tuple(play.steps), tuple(play.meaning))
    return Played(play.who, play.txs, contracts, labels, *facts, stories)


def follower(played: Played, method: str = "fifo") -> Follower:
    """What follows the meaning by one conserving method; see `tests.lab.venues_truth`."""
    worth = {played.who[name]: 2 * 10**21 // units for name, units in UNITS.items()}
    return Follower(played.opening, {**worth, COIN: worth[played.who["weth"]]}, method)


def expected(played: Played, method: str = "fifo") -> list[Place]:
    """Where every stolen unit is under a conserving method, all six thefts together."""
    return follower(played, method).follow(played.meaning)


APPS: Final[Mapping[str, Callable[[AnvilLedger], StandIn]]] = MappingProxyType({
    "etherscan": etherscan_app, "routescan": routescan_app, "blockscout": blockscout_app,
})  # fmt: skip
PATHS: Final = MappingProxyType({"etherscan": "/v2/api", "routescan": "/v2/network/mainnet/evm", "blockscout": ""})


@contextmanager
def serving(ground: Ground, source: str) -> Iterator[str]:
    """Serve the played chain through ``rpc`` (the node itself) or an explorer of `APPS`; gives an --endpoint."""
    if source == "rpc":
        yield f"rpc.1={ground.node.url}"
        return
    with serve(APPS[source](ground.ledger)) as url:
        yield f"{source}={url}{PATHS[source]}"


def write_settings(home: Path, played: Played, source: str) -> Path:
    """Write ``tracer.toml`` into a folder, for a chain with one source and this wrapper; gives the label file."""
    sources = "rpc = { urls = [] }" if source == "rpc" else f"{source} = {{}}"
    (home / "tracer.toml").write_text(
        f'[chains."eip155:1"]\nname = "ethereum"\ncoin = "ETH"\nwrapped = "{played.who["weth"]}"\n'
        'price_chain = "ethereum"\nprice_coin = "coingecko:ethereum"\n'
        f"sources = {{ {sources} }}\n"
    )
    return write_labels(home / "lab.csv", "eip155:1", played.labels)


def market(played: Played) -> dict[str, tuple[str, int, float]]:
    """The town's prices, as `tests.lab.prices.prices_app` takes them; the coin is there already."""
    decimals = {"labd": 6}
    return {
        f"ethereum:{played.who[name]}": (name.upper(), decimals.get(name, 18), price) for name, price in PRICES.items()
    }


def _about(script: Callable[[Play], None]) -> str:
    return (script.__doc__ or "").strip()


def _places(play: Play, origins: tuple[int, ...]) -> tuple[Place, ...]:
    return tuple(
        Place(FEE if holder == FEE else play.who[holder], play.who[asset], origin, amount, principal)
        for origin, holder, asset, amount, principal in EXPECTED
        if origin in origins
    )
