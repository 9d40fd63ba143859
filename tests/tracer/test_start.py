"""Ctrl-C while the program still loads, at whatever module, ends it as later: by its code, without a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

AT = """
import os, signal, sys

signal.signal(signal.SIGINT, signal.default_int_handler)

class Ctrl_C:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Ctrl_C())
sys.argv = ["trace", "watch", "list"]
from tracer.__main__ import main
main()
"""
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("module", "said"),
    [("tracer.cli", ""), ("chains.errors", ""), ("tracer.words", ""), ("tracer.cli.watch", "Stopped.")],
)
def test_ctrl_c_while_it_loads(module: str, said: str, tmp_path: Path) -> None:
    """Once words are loaded it says so in words."""
    ended = subprocess.run(
        [sys.executable, "-c", AT.format(module=module)],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert ended.returncode == 128 + signal.SIGINT
    assert ended.stderr[:8] == said
    assert len(ended.stderr.splitlines()) == bool(said)


def test_ctrl_c_outside_of_any_command() -> None:
    """Where nothing catches it, the last resort takes it for no error of the program."""
    ends = "import sys\nfrom tracer.cli import _fault\nsys.excepthook = _fault\nraise KeyboardInterrupt"
    ended = subprocess.run(
        [sys.executable, "-c", ends], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 128 + signal.SIGINT
    assert ended.stderr.startswith("Stopped.")
