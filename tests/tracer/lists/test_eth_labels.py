"""eth-labels: only tags of ours, and an exchange's only where label and name tag agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tracer.lists.slices import CHECKED, FIXTURES, SUMMED, copy_of, evm, sound_copy
from tracer.errors import ListDamaged
from tracer.labels import Label
from tracer.lists.eth_labels import FILE, LIST, PAGE


def test_the_slice_gives_exactly_its_labels(tmp_path: Path) -> None:
    """Exchanges by name with role, deposits, thefts and mixers; tokens, funders, ENS and contradictions are counted."""
    copy = sound_copy(tmp_path, LIST)
    wanted = [
        ("eip155:1", SUMMED, "Binance", "exchange", "hot"),
        ("eip155:1", evm(1), "Bitget", "exchange_deposit", "deposit"),
        ("eip155:8453", evm(2), "Coinbase", "exchange", ""),
        ("eip155:1", evm(3), "Fake_Phishing4711", "hack", ""),
        ("eip155:1", evm(4), "Upbit Hacker 1", "hack", ""),
        ("eip155:1", evm(5), "Tornado.Cash: 10 ETH", "mixer", ""),
        ("eip155:42161", evm(12), "HTX", "exchange", "cold"),
    ]
    assert list(LIST.read(copy)) == [
        Label(
            *(chain, address, name, category, "eth-labels", CHECKED, 50),
            role=role,
            kind="explorer",
            url=PAGE,
            checked=CHECKED,
        )
        for chain, address, name, category, role in wanted
    ]
    assert dict(copy.skipped) == {"name": 4, "self_chosen": 1, "label": 2, "burn": 1}


@pytest.mark.parametrize(
    "data",
    [
        (FIXTURES / "eth_labels" / "broken.csv").read_bytes(),
        b"address,chainId,label,nameTag\n0x01,one,binance,Binance\n",
        b"address,chainId,label,nameTag\n" + evm(1).encode() + b",1,binance\n",
        b'address,chainId,label,nameTag\n"0x\n',
    ],
)
def test_another_shape_is_refused(tmp_path: Path, data: bytes) -> None:
    """A renamed column, a chain that is no number, a cell too few, an open quotation: the copy is damaged."""
    with pytest.raises(ListDamaged):
        list(LIST.read(copy_of(tmp_path, FILE, data)))
