"""Work that is done side by side and taken up as it comes; when one part fails, none of the others goes on unheard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from typing import Any, TypeVar

_T = TypeVar("_T")


async def as_they_come(work: Iterable[Coroutine[Any, Any, _T]]) -> AsyncIterator[_T]:
    """What each part comes to, whichever is first. Where one raises, the others are given up before it is passed on."""
    tasks = [asyncio.ensure_future(part) for part in work]
    try:
        for done in asyncio.as_completed(tasks):
            yield await done
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
