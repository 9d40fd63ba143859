"""How the kernel is compiled, and where what was compiled is kept until the next run.

Numba keeps its results by the date and size of the one file a function stands in, which misses a change in a function
that it calls. Here they stand in a folder named by the digest of everything that is compiled in, so that what is kept
can never be older than the code. Where no such folder can be made, every process compiles for itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar, cast, overload

import numba
import numpy as np
from platformdirs import user_cache_path

Function = TypeVar("Function", bound=Callable[..., Any])


class Column(Protocol):
    """A list of 64-bit integers."""

    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, row: int, /) -> int: ...
    @overload
    def __getitem__(self, rows: slice, /) -> Column: ...
    def __setitem__(self, row: int, value: int, /) -> None: ...


class Table(Protocol):
    """Records of 64-bit integers, each in one piece of memory."""

    def __len__(self) -> int: ...
    def __getitem__(self, place: tuple[int, int], /) -> int: ...
    def __setitem__(self, place: tuple[int, int], value: int, /) -> None: ...


def compiled_in() -> list[Path]:
    """The files that compiled code depends on: this package, and the modules whose constants it takes."""
    here = Path(__file__).parent
    return [*sorted(here.glob("*.py")), here.parent / "ledger.py", here.parent / "lots.py"]


def folder_for(files: list[Path], base: Path) -> Path | None:
    """The folder for what is compiled from ``files``; None where it cannot be written."""
    folder = base / sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def compiler(folder: Path | None, *, inside: bool = False) -> Callable[[Function], Function]:
    """A decorator that compiles a function at its first call and keeps the result in ``folder``.

    With ``inside``, only compiled code can call it, which takes half the time to compile.
    """

    def compile_it(function: Function) -> Function:
        settings: Any = numba.config
        njit: Any = numba.njit
        before = settings.CACHE_DIR
        settings.CACHE_DIR = str(folder or "")
        try:
            made = njit(cache=folder is not None, no_cpython_wrapper=inside, no_cfunc_wrapper=True)(function)
        finally:
            settings.CACHE_DIR = before
        return cast(Function, made)

    return compile_it


FOLDER: Final = folder_for(compiled_in(), user_cache_path("stolen-funds-tracer") / "compiled")
compiled: Final = compiler(FOLDER)
inner: Final = compiler(FOLDER, inside=True)


@inner
def zeros(length: int) -> Column:
    """A column of zeros."""
    return np.zeros(length, np.int64)


@inner
def blank(length: int, width: int) -> Table:
    """A table of zeros."""
    return np.zeros((length, width), np.int64)
