"""A finished hunt on a small world, as the session has it before it concludes: for tests of what is made of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tracer.session
from tests.tracer.small_world import SmallWorld, trace
from tracer.conclude import conclude
from tracer.discover import Discovery
from tracer.result import Result


def hunt(world: SmallWorld, folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> Discovery:
    """The hunt, caught on its way to the result; ``settings`` as of `trace`."""
    caught: list[Discovery] = []

    def catch(discovery: Discovery, *rest: Any) -> Result:
        caught.append(discovery)
        return conclude(discovery, *rest)

    monkeypatch.setattr(tracer.session, "conclude", catch)
    trace(world, folder, **settings)
    return caught[0]
