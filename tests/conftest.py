"""Fixtures for everyone: a bare node, and one with the scripted theft on it, each started once per session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest

from tests.lab.anvil import NoAnvil, Node, running
from tests.lab.anvil_ledger import AnvilLedger
from tests.lab.theft import Theft, play

os.environ["TRACER_LABELS"] = os.devnull + "/none"  # no test reads the lists of whoever runs it


class LabChain(NamedTuple):
    """A node (chain number 1) on which the theft was played, and the same as a ledger for the stand-ins."""

    node: Node
    theft: Theft
    ledger: AnvilLedger


@contextmanager
def _node() -> Iterator[Node]:
    try:
        started = running()
        node = started.__enter__()
    except NoAnvil as why:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no anvil: {why}")
    try:
        yield node
    finally:
        started.__exit__(None, None, None)


@pytest.fixture(scope="session")
def anvil() -> Iterator[Node]:
    """A node with nothing on it; tests that change it must not care what others did."""
    with _node() as node:
        yield node


@pytest.fixture(scope="session")
def lab_chain() -> Iterator[LabChain]:
    """The played theft. Read only: a test that reorgs or mines starts its own node (`tests.lab.anvil.running`)."""
    with _node() as node:
        theft = play(node)
        yield LabChain(node, theft, AnvilLedger(node))
