"""Everything of a chaos run that is not the program: the chain, the storm before it, the ear, and a scratch folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.child import Child
from tests.lab.desk import StandIn
from tests.lab.ear import SECRET, Ear
from tests.lab.prices import prices_app
from tests.lab.restless import Ground, Restless
from tests.lab.restless_evm import EvmGround, evm_ground
from tests.lab.restless_tron import TronGround, older_tron
from tests.lab.serving import serve
from tests.lab.storm import Storm, storming
from tests.lab.tron_live import TronLive, live_app

CASE = "theft"
EVM, TRON = "evm", "tron"
SETTINGS = {
    EVM: '[chains."eip155:1"]\nname = "ethereum"\ncoin = "ETH"\nprice_chain = "ethereum"\n'
    'price_coin = "coingecko:ethereum"\nsources = { rpc = { urls = [] } }\n',
    TRON: '[chains."tron:mainnet"]\nname = "tron"\nfamily = "tron"\ncoin = "TRX"\ndecimals = 6\nprice_chain = "tron"\n'
    'price_coin = "coingecko:tron"\nwrapped = "TNUC9Qb1rRpS5CbWLmNMxXBjyFoydXjWFR"\n'
    "sources = { trongrid = {} }\n",
}
SOURCE = {EVM: ("rpc", "rpc.1"), TRON: ("trongrid", "trongrid")}


@dataclass
class Scene:
    """One run's things. ``start`` is the newest block when the case was traced: alerts begin after it."""

    family: str
    world: Restless
    storm: Storm
    ear: Ear
    child: Child
    start: int = 0

    @property
    def ground(self) -> Ground:
        """The chain."""
        return self.world.ground

    def sources(self) -> list[str]:
        """Options that name the sources."""
        return ["--source", SOURCE[self.family][0]]

    def trace(self, case: str) -> list[str]:
        """The arguments that trace the theft from nil."""
        chain = "ethereum" if self.family == EVM else "tron"
        asked = [self.world.who["victim"], "--since", self.world.since, "--chain", chain, "--case", case]
        return [*asked, "--min-value", "0", "--labels", "labels.csv", "--corroborate", "none", *self.sources()]

    def watch(self, *more: str) -> list[str]:
        """The arguments that watch the case."""
        return ["watch", CASE, "--json", "--labels", "labels.csv", "--no-papers", *self.sources(), *more]


@contextmanager
def scene(home: Path, family: str = EVM, seed: int = 0, *, most: int = 300, busy: float = 0.4) -> Iterator[Scene]:
    """A theft on a fresh chain, traced into a case, and everything ready for the watch to start."""
    with ExitStack() as stack:
        (home / "node").mkdir()
        ground, upstream = _ground(stack, family, home / "node", seed)
        world = Restless(ground, seed, most=most, busy=busy)
        world.begin()
        older = older_tron(ground.live) if isinstance(ground, TronGround) else None
        storm, ear = Storm(upstream, seed, ground.final, older), Ear(seed=seed)
        urls = {
            SOURCE[family][1]: stack.enter_context(storming(storm)),
            "prices": stack.enter_context(serve(_prices(ground))),
        }
        _write(home, family, world, urls, stack.enter_context(serve(ear)))
        child = Child(home)
        stack.callback(child.stop)
        found = Scene(family, world, storm, ear, child, world.head)
        traced = child.run(*found.trace(CASE))
        if traced.returncode != 0:
            raise AssertionError(f"the case could not be traced: {traced.stderr}")
        yield found


def _prices(ground: Ground) -> StandIn:
    """Everything has a price: then the least that is followed is one base unit, and nobody is dust."""
    return prices_app({f"ethereum:{ground.token}": ("LABD", 6, 1.0)})


def _ground(stack: ExitStack, family: str, cache: Path, seed: int) -> tuple[Ground, str]:
    if family == EVM:
        evm: EvmGround = stack.enter_context(evm_ground(cache))
        return evm, evm.node.url
    live = TronLive(seed)
    return TronGround(live), stack.enter_context(serve(live_app(live)))


def _write(home: Path, family: str, world: Restless, urls: dict[str, str], ear: str) -> None:
    endpoints = "".join(f'"{name}" = "{url}"\n' for name, url in urls.items())
    rates = "".join(f'"{name}" = 2000\n' for name in urls)
    channel = f'[channels]\near = {{ url = "{ear}/alerts", secret = "{SECRET}", at_least = "info" }}\n'
    (home / "tracer.toml").write_text(
        f"{SETTINGS[family]}[endpoints]\n{endpoints}[rates]\n{rates}{channel}", encoding="utf-8"
    )
    rows = [f"{world.ground.chain},{address},Lab {kind},{kind}\n" for address, kind in world.labels.items()]
    (home / "labels.csv").write_text("chain,address,entity,category\n" + "".join(rows), encoding="utf-8")
