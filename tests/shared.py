"""Where the reference data lies: beside the checkout, or where TRACER_SHARED says; absent, tests that need it skip."""

from __future__ import annotations

import os
from pathlib import Path

SHARED = Path(os.environ.get("TRACER_SHARED", Path(__file__).resolve().parents[2] / "shared"))
CAPTURES = SHARED / "captures"
