"""The chain table: every row is usable, and names mean one chain."""

from __future__ import annotations

import pytest

from chains.endpoints import endpoint, source_table
from chains.errors import BadAddress
from chains.reader import source_kinds
from chains.registry import Chain, SourceSettings, chain_of, find_chain, load_chains

CHAINS = load_chains()
EVM = "0x8b3cb6bf982798fba233bca56749e22eec42dcf3"
TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"


@pytest.mark.parametrize(
    "name", ["ethereum", "bsc", "polygon", "oktc", "arbitrum", "optimism", "base", "avalanche", "tron"]
)
def test_the_promised_chains_are_there(name: str) -> None:
    """Every chain the command promises is in the table, with a source."""
    chain = find_chain(CHAINS, name)
    assert chain is not None
    assert chain.sources


def test_a_name_means_one_chain() -> None:
    """No id, name, alias or number stands for two chains."""
    names = [name for chain in CHAINS.values() for name in {chain.id, chain.name, *chain.aliases}]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("chain", CHAINS.values(), ids=lambda chain: chain.name)
def test_rows_name_known_sources(chain: Chain) -> None:
    """Every source a row names is a module that exists, has a row of its own, and fits the family."""
    assert set(chain.sources) <= set(source_kinds())
    assert set(chain.sources) <= set(source_table())
    assert chain.family == ("tron" if chain.id.startswith("tron") else "evm")
    assert chain.decimals == (6 if chain.family == "tron" else 18)
    assert chain.wrapped is None or str(chain.address(chain.wrapped)) == chain.wrapped


@pytest.mark.parametrize(
    ("said", "chain_id"),
    [
        ("ethereum", "eip155:1"), ("ETHEREUM", "eip155:1"), (" eth ", "eip155:1"), ("1", "eip155:1"),
        ("eip155:56", "eip155:56"), ("56", "eip155:56"), ("tron", "tron:mainnet"), ("tron:mainnet", "tron:mainnet"),
    ],
)  # fmt: skip
def test_find_chain(said: str, chain_id: str) -> None:
    """A chain is found by name, alias, number or id, in any case."""
    found = find_chain(CHAINS, said)
    assert found is not None
    assert found.id == chain_id


@pytest.mark.parametrize("said", ["", "eip155:", "solana", "eip155:999999999", "*"])
def test_unknown_chain(said: str) -> None:
    """What is no chain is None, not the nearest one."""
    assert find_chain(CHAINS, said) is None


def test_addresses_belong_to_their_family() -> None:
    """Each family accepts its own addresses and refuses the other's with a reason."""
    assert CHAINS["eip155:1"].address(EVM.upper().replace("0X", "0x")) == EVM
    assert CHAINS["tron:mainnet"].address(TRON) == TRON
    for chain, text in (("eip155:1", TRON), ("tron:mainnet", TRON[:-1] + "u"), ("eip155:1", EVM[:-1])):
        with pytest.raises(BadAddress):
            CHAINS[chain].address(text)


def test_extra_rows_add_and_replace() -> None:
    """A user's row adds a chain or replaces one, and leaves the others alone."""
    row = {"name": "lab", "family": "evm", "coin": "ETH", "decimals": 18, "explorer": ""}
    more = load_chains({"eip155:31337": row, "eip155:1": row})
    assert more["eip155:31337"].number == 31337
    assert more["eip155:1"].name == "lab"
    assert more["eip155:56"] == CHAINS["eip155:56"]


def test_unknown_keys_are_an_error() -> None:
    """A misspelt key of a row is an error, not ignored."""
    row = {"name": "lab", "family": "evm", "coin": "ETH", "decimals": 18, "explorer": "", "colour": "red"}
    with pytest.raises(TypeError, match="colour"):
        chain_of("eip155:5", row)


@pytest.mark.parametrize("source", sorted(source_table()))
def test_a_replaced_endpoint_needs_no_key(source: str) -> None:
    """Without a key a source that needs one is not there, unless its URL was replaced; then it is asked without."""
    row = source_table()[source]
    bare = endpoint(source, SourceSettings())
    assert (bare is None) is bool(row.get("key_needed", False))
    replaced = endpoint(source, SourceSettings(urls={source: "http://127.0.0.1:1/"}))
    assert replaced is not None
    assert replaced.url == "http://127.0.0.1:1"
    assert not replaced.secret_params
    assert not replaced.secret_headers


@pytest.mark.parametrize("source", sorted(name for name, row in source_table().items() if "key_env" in row))
def test_a_key_is_secret_and_raises_the_pace(source: str) -> None:
    """A key goes only into the fields that are never stored or shown, and sets the pace of its plan."""
    made = endpoint(source, SourceSettings(keys={source: "canary-key"}))
    assert made is not None
    assert "canary-key" not in repr(made)
    assert any("canary-key" in value for value in (*made.secret_params.values(), *made.secret_headers.values()))
    assert made.rate == source_table()[source]["keyed_rate"]


def test_rate_by_endpoint_before_source() -> None:
    """A pace for one node wins over the pace of all nodes."""
    settings = SourceSettings(rates={"rpc": 2, "rpc.1": 7})
    rates = [
        made.rate for name in ("rpc.1", "rpc.56") if (made := endpoint("rpc", settings, name=name, url="http://x"))
    ]
    assert rates == [7, 2]
