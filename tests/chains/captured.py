"""Where recorded answers of live services lie beside the checkout; tests that read them are skipped where they do not.

They are read where they lie and never copied: their licences do not all allow passing them on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., object])
CAPTURES = Path(os.environ.get("TRACER_SHARED", Path(__file__).parents[3] / "shared")) / "captures"

_SKIP = pytest.mark.skipif(not CAPTURES.is_dir(), reason="the recorded answers are not beside the checkout")


def needs_captures(test: Test) -> Test:
    """Marks a test that reads recorded answers."""
    marked: Test = pytest.mark.shared(_SKIP(test))
    return marked


def captured(*path: str) -> Any:
    """The JSON of one recorded answer."""
    return json.loads(CAPTURES.joinpath(*path).read_text(encoding="utf-8"))
