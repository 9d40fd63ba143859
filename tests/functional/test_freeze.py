"""The whole course of a freeze on a real node: proposed, confirmed, lifted, read through every kind of source.

The token and the wallet are contracts of the lab with the functions of Tether's; see tests/lab/freezing.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest

from chains.http import Client
from chains.model import Address, Asset, AssetId
from chains.reader import open_reader
from chains.registry import SourceSettings, load_chains
from chains.tron_address import from_hex
from tests.chains.memory_evidence import MemoryEvidence
from tests.conftest import _node
from tests.lab.anvil_ledger import AnvilLedger
from tests.lab.etherscan import etherscan_app
from tests.lab.freezing import HOLDER, MUTE, OTHER, PEGGED, TOKEN, WALLET, Issuer
from tests.lab.serving import serve
from tests.lab.trongrid import trongrid_app
from tracer.freeze import DESTROY, FREEZE, LIFT, Resting
from tracer.freeze_checks import check
from tracer.labels import LabelBook, Token, Tokens
from tracer.result import FreezeRow
from tracer.watcher import Silent
from tracer.world import World

pytestmark = pytest.mark.node
CHAINS = load_chains()
FAST = 2000
STATUS = "isBlackListed(address)"


class Asked(NamedTuple):
    """The rows of a check by (token, holder), and how many requests it took."""

    rows: dict[tuple[str, str], FreezeRow]
    requests: int


class Setting(NamedTuple):
    """The played chain, and the source that it is read through."""

    issuer: Issuer
    source: str
    url: str

    @property
    def chain(self) -> str:
        return "tron:mainnet" if self.source == "trongrid" else "eip155:1"

    def spelled(self, name: str) -> str:
        """An address of the lab as the chain writes it."""
        address = self.issuer.at[name]
        return from_hex(address) if self.source == "trongrid" else address

    def listed(self, name: str, freezable: str = "yes", issuer: str = "Lab", note: str = "") -> Token:
        """A row of the token list."""
        function, status = (FREEZE, STATUS) if freezable == "yes" else ("", "")
        contract = AssetId(self.spelled(name))
        return Token(
            self.chain,
            contract,
            "LABT",
            "",
            issuer,
            6,
            "USD",
            freezable,
            function,
            "",
            status,
            "",
            "",
            "",
            "",
            "",
            note,
        )

    async def check(self, *names: str) -> Asked:
        """Both holders of these tokens, checked as of now by a program that knows nothing yet."""
        rows = [self.listed(TOKEN), self.listed(MUTE), self.listed(PEGGED, "no", "Elsewhere (peg)", "ask Elsewhere")]
        tokens = Tokens({(row.chain, row.contract): row for row in rows})
        settings = SourceSettings(
            urls={"rpc.1": self.url, self.source: self.url},
            rates={self.source: FAST, "rpc.1": FAST},
            keys={"etherscan": "key"},
            only=(self.source,),
        )
        places = [(name, holder) for name in names for holder in (HOLDER, OTHER)]
        wants = [
            Resting(
                self.chain, Address(self.spelled(holder)), Asset(self.chain, AssetId(self.spelled(name)), "LABT", 6)
            )
            for name, holder in places
        ]
        async with Client(MemoryEvidence()) as client:
            world = World(CHAINS, client, settings, open_reader, LabelBook.of_labels([]), tokens, Silent())
            world.heads[self.chain] = await world.reader(self.chain).head()
            before = client.questions
            found = await check(world, wants)
            return Asked(dict(zip(places, found, strict=True)), client.questions - before)


@contextmanager
def _served(source: str, issuer: Issuer) -> Iterator[str]:
    if source == "rpc":
        yield issuer.stage.node.url
    elif source == "etherscan":
        with serve(etherscan_app(AnvilLedger(issuer.stage.node))) as url:
            yield f"{url}/v2/api"
    else:
        with serve(trongrid_app(AnvilLedger(issuer.stage.node))) as url:
            yield url


@pytest.fixture(params=["rpc", "etherscan", "trongrid"])
def setting(request: pytest.FixtureRequest) -> Iterator[Setting]:
    with _node() as node:
        issuer = Issuer(node)
        with _served(request.param, issuer) as url:
            yield Setting(issuer, request.param, url)


async def test_a_freeze_is_seen_from_its_proposal_to_its_end(setting: Setting) -> None:
    """Not frozen, proposed with one of two confirmations, frozen, to be destroyed, to be lifted, lifted: as it goes."""
    issuer, here, aside = setting.issuer, (TOKEN, HOLDER), (TOKEN, OTHER)

    async def state() -> tuple[str, str, int, int]:
        rows = (await setting.check(TOKEN)).rows
        assert (rows[aside].can, rows[aside].frozen, rows[aside].proposed, rows[aside].why) == ("yes", "no", "no", ())
        row = rows[here]
        assert row.at == (issuer.block if setting.source == "rpc" else None)
        assert row.proposal == (f"{setting.spelled(WALLET)} #{issuer.proposals - 1}" if row.proposed == "yes" else "")
        return row.frozen, row.proposed, row.confirmed, row.needed

    assert await state() == ("no", "no", 0, 0)
    issuer.propose(FREEZE, HOLDER)
    assert await state() == ("no", "yes", 1, 2)
    issuer.confirm(0)
    assert await state() == ("yes", "no", 0, 0)
    issuer.propose(DESTROY, HOLDER)
    assert await state() == ("yes", "yes", 1, 2)
    issuer.confirm(1)
    issuer.propose(LIFT, HOLDER)
    assert await state() == ("yes", "no", 0, 0)
    rows = (await setting.check(TOKEN)).rows
    assert rows[here].why == (f"it is proposed to lift the freeze: {setting.spelled(WALLET)} #2",)
    issuer.confirm(2)
    assert await state() == ("no", "no", 0, 0)


async def test_tokens_that_do_not_tell_or_cannot_freeze(setting: Setting) -> None:
    """A refused status is unknown, as are proposals without such a wallet; a pegged token cannot be frozen, unasked."""
    asked = await setting.check(MUTE)
    row = asked.rows[MUTE, HOLDER]
    assert (row.can, row.frozen, row.proposed, row.at) == ("yes", "unknown", "unknown", None)
    assert row.why[0] == f"the contract refused or does not know {STATUS}"
    assert row.why[1].startswith("it is not known whether a freeze is proposed: the token's owner ")
    asked = await setting.check(PEGGED)
    row = asked.rows[PEGGED, HOLDER]
    assert (row.can, row.frozen, row.proposed, row.issuer) == ("no", "no", "no", "Elsewhere (peg)")
    assert row.why[0].endswith("a stand-in issued by Elsewhere (peg): the original issuer cannot freeze it")
    assert row.why[-1] == "note of the token list: ask Elsewhere"
    assert asked.requests == 0


async def test_what_a_check_costs(setting: Setting) -> None:
    """Once per contract: owner, two of the wallet, its open proposals, one per proposal read and one per hit."""
    setting.issuer.propose(FREEZE, HOLDER, MUTE)
    setting.issuer.propose(FREEZE, HOLDER)
    asked = await setting.check(TOKEN)
    assert asked.requests == 1 + 2 + 2 + 2 + 1 + 2
    assert asked.rows[TOKEN, HOLDER].proposal.endswith("#1")
