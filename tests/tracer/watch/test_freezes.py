"""Which places of a target issuers are asked about, and at what moment."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

import tracer.watch.freezes as module
from chains.model import NATIVE
from tests.tracer.watch.joints import HOLDER, OTHER, account, held, place
from tests.tracer.watch.restless_chain import CHAIN
from tests.tracer.watch.watch_values import cursor
from tracer.config import load_config
from tracer.freeze import Resting
from tracer.result import FreezeRow
from tracer.watch.freezes import MOST, freezes
from tracer.watch.newcomers import ended
from tracer.watch.standing import Stand
from tracer.watch.store import open_watch
from tracer.world import World

USDC = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"


def _asked(
    stands: dict[tuple[str, str, str], Stand], folder: Path, monkeypatch: pytest.MonkeyPatch, *, begun: bool = True
) -> tuple[list[str], Any]:
    """The addresses that are asked about, in order, and the world in which they are."""
    seen: list[Any] = []

    async def check(world: World, wants: Iterable[Resting]) -> list[FreezeRow]:
        seen.extend(([want.address for want in wants], dict(world.heads)))
        return []

    monkeypatch.setattr(module, "check", check)
    with open_watch(folder) as store:
        if begun:
            store.begin(CHAIN, cursor(5, 8))
        config: Any = load_config({}, folder)
        assert asyncio.run(freezes(place(stands), store, config, None)) == []  # type: ignore[arg-type]
    return seen[0], seen[1]


def test_the_largest_places_are_asked_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of listed tokens where something is traced and looked at, the largest first, as of the newest block."""
    stands = {
        account(HOLDER): held(5),
        account(OTHER): held(9),
        account("0xnative", NATIVE): held(99),
        account("0xunlisted", "0x" + "5" * 40): held(99),
        account("0xrests"): ended("exchange"),
        account("0xclean"): held(0, 7),
    }
    asked, heads = _asked(stands, tmp_path, monkeypatch)
    assert asked == [OTHER, HOLDER]
    assert {chain: head.number for chain, head in heads.items()} == {CHAIN: 8}


def test_no_more_than_a_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frontier of any size costs requests for `MOST` places."""
    stands = {account(f"0x{number:040x}"): held(number + 1) for number in range(MOST + 5)}
    asked, _ = _asked(stands, tmp_path, monkeypatch)
    assert len(asked) == MOST
    assert asked[0] == f"0x{MOST + 4:040x}"


def test_a_chain_that_is_not_begun_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a block to speak of nothing is asked."""
    assert _asked({account(HOLDER): held(5)}, tmp_path, monkeypatch, begun=False) == ([], {})


def test_a_token_that_the_case_did_not_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a watch saw of another listed token is asked about as well."""
    asked, _ = _asked({account(HOLDER, USDC): held(5)}, tmp_path, monkeypatch)
    assert asked == [HOLDER]
