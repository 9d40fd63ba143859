"""What the documentation says of the watch is what the program does: channels, depths, limits, names of endpoints."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from chains import history_scan, rpc_scan
from chains.endpoints import source_table
from chains.registry import find_chain, load_chains
from chains.scan_budget import day_limit
from tracer.config import load_config
from tracer.watch.channel_open import SERVICES
from tracer.watch.model import CRITICAL, HIGH, INFO, NORMAL
from tracer.words import words

DOCS: Final = Path(__file__).parent.parent / "docs"
PAIRS: Final = ("alerts", "watch")


def _text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["alerts.md", "alerts.zh-CN.md"])
def test_every_channel_is_documented(page: str) -> None:
    """Each service stands in the table with the address that the program takes."""
    text = _text(page)
    assert not [one.example for one in SERVICES if f"| `{one.example}` |" not in text]


@pytest.mark.parametrize("page", PAIRS)
def test_both_languages_have_the_same_shape(page: str) -> None:
    """Neither has a section or a table row that the other lacks."""

    def shape(name: str) -> list[str]:
        return [line[:2] for line in _text(name).splitlines() if re.match(r"#+ |\| ", line)]

    assert shape(f"{page}.md") == shape(f"{page}.zh-CN.md")


@pytest.mark.parametrize("page", ["watch.zh-CN.md", "alerts.zh-CN.md"])
def test_urgency_is_called_the_same_everywhere(page: str) -> None:
    """The Chinese pages use the words that an alert begins with."""
    marks = [words("zh")(f"alert.mark.{one}") for one in (CRITICAL, HIGH, NORMAL, INFO)]
    assert not [one for one in marks if f"| {one.strip('【】')} |" not in _text(page)]


def test_the_depths_of_finality_are_those_of_the_code() -> None:
    """The table has, for each chain of ours, the blocks that must stand above one by a node and by histories."""
    text = _text("sources.md")
    table = text[text.index("| chain | by a node | by histories |") :].split("\n\n")[0].splitlines()[2:]
    said: dict[str, tuple[int, int]] = {}
    for row in table:
        names, node, histories = (cell.strip() for cell in row.strip("|").split("|"))
        depths = (int(node.replace(",", "")), int(histories.replace(",", "")))
        said |= dict.fromkeys(names.split(", "), depths)
    usual = said.pop("others")
    assert usual == (rpc_scan.USUAL_DEPTH, history_scan.USUAL_DEPTH)
    chains = load_chains()
    for name, depths in said.items():
        chain = find_chain(chains, name)
        assert chain is not None
        by_node = rpc_scan.DEPTHS.get(chain.number, rpc_scan.USUAL_DEPTH)
        assert depths == (by_node, history_scan.DEPTH.get(chain.id, history_scan.USUAL_DEPTH)), name
    assert set(said) == {one.name for one in chains.values() if one.family == "evm"}


def test_the_days_free_requests_are_those_of_the_table() -> None:
    """Each limit is named, with its source."""
    text = " ".join(_text("sources.md").split())
    limits = {name: limit for name in source_table() if (limit := day_limit(name)) is not None}
    assert limits
    assert not [name for name, limit in limits.items() if f"{name} {limit:,}" not in text]


def test_the_websocket_is_set_as_it_says() -> None:
    """`TRACER_ENDPOINT_WS_1` sets what is called `ws.1`."""
    assert "`ws.CHAINNUMBER`" in _text("sources.md")
    assert load_config({"TRACER_ENDPOINT_WS_1": "wss://node.example"}, DOCS).sources.urls == {
        "ws.1": "wss://node.example"
    }
