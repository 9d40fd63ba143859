"""Loads the independent checker as a stranger has it: one file, by its path."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Final

_PLACES: Final = (Path(__file__).parents[2] / "tracer" / "data" / "verify.py", Path("/tmp/verify/verify.py"))  # noqa: S108


def path() -> Path:
    """Where the file lies."""
    return next(place for place in _PLACES if place.is_file())


@cache
def checker() -> ModuleType:
    """The file as a module."""
    spec = importlib.util.spec_from_file_location("independent_checker", path())
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
