"""Bundles of real cases for the tests of the checker: unpacked, without papers."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tracer.bundle.container import Folder, write
from tracer.bundle.export import files
from tracer.case import open_case
from tracer.config import load_config
from tracer.session import trace_case, workings_of


async def traced_again(folder: Path) -> None:
    """Trace a case once more from its stored answers alone, and keep the result."""
    with open_case(folder, offline=True) as case:
        await trace_case(case, case.question, load_config({}, folder.parent))


def bundled(folder: Path, out: Path) -> None:
    """The unpacked bundle of a finished case."""
    with open_case(folder, offline=True) as case:
        workings = asyncio.run(workings_of(case, load_config({}, folder.parent)))
        out.mkdir(parents=True)
        write(Folder(out), files(case, workings), lambda _: {})
