"""The versions that a run is made with: all of them, under one digest that is easily worked out elsewhere."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from tracer.packages import installed, lock, plain

ROOT = Path(__file__).parents[2]


def test_all_requirements_are_named_with_theirs() -> None:
    """Every package of the lock file that is installed is named, and nothing that the program does not need."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = {plain(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)}
    found = installed()
    assert found.keys() <= locked
    assert {"web3", "click", "rlp", "eth-abi"} <= found.keys()
    assert {"pytest", "hypothesis", "stolen-funds-tracer"} & found.keys() == set()
    assert list(found) == sorted(found)


def test_the_digest_is_over_lines_by_name() -> None:
    """Whoever has the list works the digest out with any tool."""
    assert lock({"b": "2", "a": "1"}) == hashlib.sha256(b"a==1\nb==2\n").hexdigest()
    assert lock({}) == hashlib.sha256(b"").hexdigest()


def test_a_program_that_is_not_installed_needs_nothing() -> None:
    """A checkout that was never installed has no list, and no error."""
    assert installed("no-such-program-anywhere") == {}
