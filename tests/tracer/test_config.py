"""Settings: defaults < file < environment < flags, and no name is silently ignored."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracer import config as config_module
from tracer.config import Config, load_config
from tracer.errors import ConfigError, SecretRefused

MNEMONIC = "legal winner thank year wave sausage worth useful legal winner thank yellow"


@pytest.fixture(autouse=True)
def _no_user_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(config_module, "user_config_path", lambda _: tmp_path / "user")


def write(folder: Path, text: str) -> Path:
    """A `tracer.toml` in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tracer.toml").write_text(text, encoding="utf-8")
    return folder


def test_defaults_need_nothing(tmp_path: Path) -> None:
    """Without file, environment and flags nothing is replaced, and all chains are known."""
    config = load_config({}, tmp_path)
    assert (dict(config.sources.urls), dict(config.sources.keys), tuple(config.sources.only)) == ({}, {}, ())
    assert {"eip155:1", "eip155:56", "tron:mainnet"} <= set(config.chains)


def test_flags_over_environment_over_file(tmp_path: Path) -> None:
    """For one endpoint the flag wins over the environment and the environment over the file."""
    write(tmp_path, '[endpoints]\netherscan = "http://file"\ntrongrid = "http://file"\nsqd = "http://file"\n')
    environ = {"TRACER_ENDPOINT_ETHERSCAN": "http://environment", "TRACER_ENDPOINT_TRONGRID": "http://environment"}
    config = load_config(environ, tmp_path, endpoints=["etherscan=http://flag"])
    assert config.sources.urls == {
        "etherscan": "http://flag", "trongrid": "http://environment", "sqd": "http://file",
    }  # fmt: skip


def test_rates_by_flag_over_file(tmp_path: Path) -> None:
    """The pace of a source comes from the flag before the file."""
    write(tmp_path, "[rates]\netherscan = 2\ntrongrid = 0.5\n")
    assert load_config({}, tmp_path, rates=["etherscan=7"]).sources.rates == {"etherscan": 7.0, "trongrid": 0.5}


@pytest.mark.parametrize(
    ("variable", "name"),
    [
        ("TRACER_ENDPOINT_RPC_1", "rpc.1"),
        ("TRACER_ENDPOINT_RPC_8453", "rpc.8453"),
        ("TRACER_ENDPOINT_PRICES", "prices"),
    ],
)
def test_endpoints_from_the_environment(tmp_path: Path, variable: str, name: str) -> None:
    """Every base URL can be replaced by a variable, those of plain nodes by chain number."""
    assert load_config({variable: "http://here"}, tmp_path).sources.urls == {name: "http://here"}


def test_keys_from_the_environment(tmp_path: Path) -> None:
    """The four documented variables are keys; one that is empty is none; others are nobody's."""
    environ = {
        "ETHERSCAN_API_KEY": "e", "BLOCKSCOUT_API_KEY": "b", "HYPERSYNC_TOKEN": "h", "TRONGRID_API_KEY": "",
        "OTHER_API_KEY": "o",
    }  # fmt: skip
    assert load_config(environ, tmp_path).sources.keys == {"etherscan": "e", "blockscout": "b", "hypersync": "h"}


def test_keys_do_not_show(tmp_path: Path) -> None:
    """Printing the configuration never prints a key."""
    assert "canary" not in repr(load_config({"ETHERSCAN_API_KEY": "canary"}, tmp_path))


def test_the_current_folder_before_the_user_folder(tmp_path: Path) -> None:
    """The file in the current folder is taken; without one, that of the user."""
    write(tmp_path / "user", "[rates]\netherscan = 1\n")
    assert load_config({}, tmp_path).sources.rates == {"etherscan": 1.0}
    write(tmp_path, "[rates]\netherscan = 2\n")
    assert load_config({}, tmp_path).sources.rates == {"etherscan": 2.0}


def test_a_chain_of_ones_own(tmp_path: Path) -> None:
    """A chain row in the file adds a chain that is read through plain nodes, and can be called by its name."""
    write(tmp_path, '[chains."eip155:31337"]\nname = "lab"\n')
    chain = load_config({}, tmp_path).chains["eip155:31337"]
    assert (chain.name, chain.number, chain.decimals) == ("lab", 31337, 18)
    assert "rpc" in chain.sources


REFUSED = [
    ("[colours]\nred = 1\n", {}, {}),
    ("[endpoints]\nethersan = 'http://x'\n", {}, {}),
    ("[endpoints]\netherscan = 'ftp://x'\n", {}, {}),
    ("[endpoints]\netherscan = 5\n", {}, {}),
    ("[rates]\netherscan = 0\n", {}, {}),
    ("[rates]\netherscan = 'fast'\n", {}, {}),
    ("[keys]\nnobody = 'x'\n", {}, {}),
    ("[chains.'eip155:5']\nname = 'x'\ncolour = 'red'\n", {}, {}),
    ("not toml", {}, {}),
    ("", {"TRACER_ENDPOINT_NOBODY": "http://x"}, {}),
    ("", {"TRACER_ENDPOINT_ETHERSCAN": "etherscan.example"}, {}),
    ("", {}, {"endpoints": ["etherscan"]}),
    ("", {}, {"endpoints": ["=http://x"]}),
    ("", {}, {"endpoints": ["nobody=http://x"]}),
    ("", {}, {"endpoints": ["rpc.one=http://x"]}),
    ("", {}, {"rates": ["etherscan=-1"]}),
    ("", {}, {"rates": ["etherscan=inf"]}),
    ("", {}, {"rates": ["etherscan=nan"]}),
    ("", {}, {"only": ["nobody"]}),
]


@pytest.mark.parametrize(("text", "environ", "flags"), REFUSED)
def test_wrong_settings_are_refused(
    tmp_path: Path, text: str, environ: dict[str, str], flags: dict[str, list[str]]
) -> None:
    """An unknown name, section or value that does not fit is an error (exit code 2), wherever it was set."""
    write(tmp_path, text)
    with pytest.raises(ConfigError) as refused:
        load_config(environ, tmp_path, **flags)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    "text",
    [
        "endpoints = 'http://x'\n",
        "rates = [1, 2]\n",
        "keys = 5\n",
        "chains = 'x'\n",
        "[chains]\n'eip155:5' = 'x'\n",
        "[keys]\netherscan = 5\n",
    ],
)
def test_wrong_shapes_are_refused(tmp_path: Path, text: str) -> None:
    """A section that is no table, or a row that is none, is the user's error and no crash."""
    write(tmp_path, text)
    with pytest.raises(ConfigError):
        load_config({}, tmp_path)


def test_secrets_in_the_file_are_refused(tmp_path: Path) -> None:
    """A recovery phrase in the file is refused and not repeated."""
    write(tmp_path, f'# {MNEMONIC}\n[keys]\netherscan = "x"\n')
    with pytest.raises(SecretRefused) as refused:
        load_config({}, tmp_path)
    assert "sausage" not in repr(refused.value)


def test_order_of_sources_is_the_users(tmp_path: Path) -> None:
    """--source names are kept in the order given."""
    config: Config = load_config({}, tmp_path, only=["sqd", "etherscan"])
    assert tuple(config.sources.only) == ("sqd", "etherscan")
