"""The whole tool on a real node: a scripted theft, read through every kind of source, against a hand-made truth."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from chains.tron_address import from_hex
from tests.conftest import LabChain
from tests.lab.etherscan import etherscan_app
from tests.lab.explorer import blockscout_app, routescan_app
from tests.lab.serving import serve
from tests.lab.theft import BURN, DOLLAR
from tests.lab.trongrid import trongrid_app
from tests.lab.trongrid_rows import txid
from tracer.case import open_case
from tracer.config import Config, load_config
from tracer.document import to_json
from tracer.question import Question, VictimAsk
from tracer.result import Result
from tracer.session import trace_case, verify_case

pytestmark = pytest.mark.node
LABELS = "labels/lab.csv"


@contextmanager
def _rpc(lab: LabChain) -> Iterator[str]:
    yield lab.node.url


@contextmanager
def _etherscan(lab: LabChain) -> Iterator[str]:
    with serve(etherscan_app(lab.ledger)) as url:
        yield f"{url}/v2/api"


@contextmanager
def _routescan(lab: LabChain) -> Iterator[str]:
    with serve(routescan_app(lab.ledger)) as url:
        yield f"{url}/v2/network/mainnet/evm"


@contextmanager
def _blockscout(lab: LabChain) -> Iterator[str]:
    with serve(blockscout_app(lab.ledger)) as url:
        yield url


@contextmanager
def _trongrid(lab: LabChain) -> Iterator[str]:
    with serve(trongrid_app(lab.ledger)) as url:
        yield url


Serving = Callable[[LabChain], AbstractContextManager[str]]
SOURCES: dict[str, Serving] = {
    "rpc": _rpc,
    "etherscan": _etherscan,
    "routescan": _routescan,
    "blockscout": _blockscout,
    "trongrid": _trongrid,
}


class Traced(NamedTuple):
    """One source's trace of the theft, and how it spells addresses."""

    source: str
    result: Result
    exit_code: int
    folder: Path
    config: Config
    spell: Callable[[str], str]


def _tron(address: str) -> str:
    return str(from_hex(address))


@pytest.fixture(scope="module", params=list(SOURCES))
def traced(request: pytest.FixtureRequest, lab_chain: LabChain, tmp_path_factory: pytest.TempPathFactory) -> Traced:
    source: str = request.param
    home = tmp_path_factory.mktemp(source)
    tron = source == "trongrid"
    spell = _tron if tron else str
    chain = "tron:mainnet" if tron else "eip155:1"
    theft = lab_chain.theft
    coin = 'name = "tron"\nfamily = "tron"\ncoin = "TRX"\ndecimals = 6' if tron else 'name = "ethereum"\ncoin = "ETH"'
    (home / "tracer.toml").write_text(
        f'[chains."{chain}"]\n{coin}\nwrapped = "{spell(theft.who["weth"])}"\n'
        f"sources = {{ {'rpc = { urls = [] }' if source == 'rpc' else f'{source} = {{}}'} }}\n"
    )
    labels = home / "lab.csv"
    labels.write_text(
        "chain,address,entity,category\n"
        + "".join(f"{chain},{spell(address)},Lab Exchange,{category}\n" for address, category in theft.labels.items())
    )
    question = Question(
        (VictimAsk(spell(theft.victim), txid(lab_chain.ledger, theft.since) if tron else theft.since),),
        chain=chain,
        min_value=Decimal(0),
        labels=(LABELS,),
    )
    endpoint = "rpc.1" if source == "rpc" else source
    with SOURCES[source](lab_chain) as url:
        config = load_config(
            {},
            home,
            endpoints=[f"{endpoint}={url}", "prices=http://127.0.0.1:9"],
            rates=[f"{endpoint}=1000"],
            only=[source],
        )
        with open_case(home / "case", question=question) as case:
            case.adopt({LABELS: labels})
            outcome = asyncio.run(trace_case(case, question, config))
    return Traced(source, outcome.result, outcome.exit_code, home / "case", config, spell)


def _found(traced: Traced, asset: str) -> dict[str, int]:
    """Base units of an asset by where they ended; fees under ``fee``."""
    sums: dict[str, int] = {}
    for row in traced.result.endpoints:
        if asset in {row.asset.id, row.asset.symbol}:
            where = "fee" if row.reason == "fee" else row.address
            sums[where] = sums.get(where, 0) + row.amount
    return sums


def _reasons(traced: Traced, lab: LabChain) -> dict[tuple[str, str], str]:
    names = {traced.spell(address): name for name, address in lab.theft.who.items()}
    return {(names.get(row.address, row.address), row.asset.symbol): row.reason for row in traced.result.endpoints}


def test_every_stolen_token_is_where_the_script_put_it(traced: Traced, lab_chain: LabChain) -> None:
    """FIFO over tokens through hops, clean money, forwarder, deposit and burn equals the hand-made truth.

    What was sold at the pair is no longer there: it is the coin that came out.
    """
    truth = lab_chain.theft.truth.dollars
    pair = lab_chain.theft.who["pair"]
    wanted = {traced.spell(address): amount for address, amount in truth.items() if address != pair}
    assert _found(traced, "LABD") == wanted


def test_every_stolen_coin_is_where_the_script_put_it(traced: Traced, lab_chain: LabChain) -> None:
    """FIFO over the coin with fees, internal and failed payments, and the swap's output, equals the hand-made truth."""
    truth, weth = lab_chain.theft.truth, lab_chain.theft.who["weth"]
    sums = Counter({where: amount for where, amount in truth.ether.items() if where != weth})
    sums.update(truth.swapped)
    assert _found(traced, "native") == {where if where == "fee" else traced.spell(where): sums[where] for where in sums}


def test_wrapped_coins_are_followed_as_such(traced: Traced, lab_chain: LabChain) -> None:
    """What was wrapped and paid on is wrapped coin at its receiver, and nothing stays at the wrapper."""
    wanted = {traced.spell(address): amount for address, amount in lab_chain.theft.truth.wrapped.items()}
    assert _found(traced, "WETH") == wanted


def test_a_swap_is_one_line_from_what_was_paid_to_what_came_out(traced: Traced, lab_chain: LabChain) -> None:
    """The 1,000 LABD sold are the coin that the router sent on to mule3, and that stands for them where it ended."""
    who = {name: traced.spell(address) for name, address in lab_chain.theft.who.items()}
    (bought,) = lab_chain.theft.truth.swapped.values()
    swap = next(row for row in traced.result.conversions if row.kind == "swap")
    assert [(one.address, one.asset.symbol, one.amount) for one in swap.ins] == [(who["mule2"], "LABD", 1_000 * DOLLAR)]
    assert [(one.address, one.asset.id, one.traced) for one in swap.outs] == [(who["mule3"], "native", bought)]
    ended = {(row.address, str(row.asset.id)): row for row in traced.result.endpoints}[who["forwarder"], "native"]
    assert ("LABD", 1_000 * DOLLAR) in {(part.asset.symbol, part.amount) for part in ended.principal}
    assert [row.kind for row in traced.result.conversions] == ["swap", "wrap"]


def test_the_trail_ends_where_it_should_and_says_why(traced: Traced, lab_chain: LabChain) -> None:
    """A labelled deposit address and one known by behaviour end the trail; the wallet behind, pool and wrapper do not.

    No list has the forwarder: it got what two people paid in, in two assets, and did nothing but pass it on.
    """
    reasons = _reasons(traced, lab_chain)
    coin = "TRX" if traced.source == "trongrid" else "ETH"
    assert reasons["deposit", "LABD"] == "exchange_deposit"
    assert reasons["forwarder", "LABD"] == reasons["forwarder", coin] == "exchange_deposit"
    assert reasons["rest", "LABD"] == reasons["rest", "WETH"] == "held"
    assert reasons[traced.spell(BURN), "LABD"] == "burn"
    assert not {"hot", "pair", "weth", "router"} & {where for where, _ in reasons}


PROOFS = {
    ("deposit", "LABD"): ("mule1 to deposit", {"sweep deposit"}),
    ("forwarder", "LABD"): ("mule1 to forwarder", {"flush", "mule3 to forwarder"}),
    ("forwarder", "coin"): ("mule3 to forwarder", {"flush", "mule3 to forwarder"}),
}
"""By address and asset: the payment that brought stolen units, and in what the exchange took what lay there."""


def test_each_deposit_names_where_it_was_swept(traced: Traced, lab_chain: LabChain) -> None:
    """Beside each deposit address stands the exchange's own sweep with its transactions: a list's, and the rule's."""
    names = {traced.spell(address): name for name, address in lab_chain.theft.who.items()}
    tron = traced.source == "trongrid"
    txs = {txid(lab_chain.ledger, tx) if tron else tx: name for name, tx in lab_chain.theft.txs.items()}
    ended = [row.swept_to for row in traced.result.endpoints if row.reason == "exchange_deposit"]
    assert ended == [traced.spell(lab_chain.theft.who["hot"])] * 3
    found = {}
    for row in traced.result.deposits:
        proofs = [(proof.role, txs[proof.tx]) for proof in row.proofs]
        swept = {tx for role, tx in proofs if role == "sweep"}
        where = names[row.address], "LABD" if row.asset.symbol == "LABD" else "coin"
        found[where] = (dict(proofs)["paid"], swept)
        assert row.tier in (("T1",) if where[0] == "deposit" else ("T2", "T3"))
        assert swept
        assert swept <= PROOFS[where][1]
    assert {where: paid for where, (paid, _) in found.items()} == {where: paid for where, (paid, _) in PROOFS.items()}


def test_nothing_is_lost_and_nothing_is_open(traced: Traced) -> None:
    """Totals equal what was stolen, per origin and asset, and the run has no gap."""
    sums: dict[tuple[str, str], int] = {}
    for origin, asset, _, amount in traced.result.totals():
        sums[origin, asset.id] = sums.get((origin, asset.id), 0) + amount
    assert sums == {(one.id, one.asset.id): one.amount for one in traced.result.origins}
    assert traced.result.gaps == ()
    assert traced.exit_code == 0


def test_a_spoofed_token_never_carries_value(traced: Traced) -> None:
    """A token that only claims to have moved is listed as unverified and is in no flow."""
    assert [row.symbol for row in traced.result.unverified if row.kind == "token"] == ["USDT"]
    assert {row.asset.symbol for row in traced.result.flows} <= {"LABD", "ETH", "TRX", "WETH"}


def test_the_case_proves_itself_offline(traced: Traced) -> None:
    """Verify re-traces without the network and finds no difference; tracing again gives the same bytes."""
    with open_case(traced.folder, offline=True) as case:
        verification = asyncio.run(verify_case(case, traced.config))
        again = asyncio.run(trace_case(case, case.question, traced.config))
    assert verification.differences == ()
    assert to_json(again.result) == to_json(traced.result)
