"""The watch as a process of its own: started, killed, started again, and with a clock that jumps.

The clock is moved by a ``sitecustomize`` in the scratch folder, which Python loads by itself: the program knows nothing
of it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
OF_THE_TESTER = ("PATH", "LD_LIBRARY_PATH")
SHIM = '''"""The wall clock of a test: the true one, and as many seconds as a file says."""
import os
import time

_true, _path = time.time, os.environ["LAB_CLOCK"]


def _jumped():
    try:
        with open(_path) as file:
            return _true() + float(file.read() or 0)
    except (OSError, ValueError):
        return _true()


time.time = _jumped
time.time_ns = lambda: int(_jumped() * 10**9)
'''


@dataclass
class Child:
    """``trace`` in a scratch folder. ``alerts`` gets what it writes on its standard output, ``words`` the rest."""

    home: Path
    process: subprocess.Popen[bytes] | None = None
    endings: list[tuple[str, int]] = field(default_factory=list)
    """How each run was ended, and its exit code."""

    def __post_init__(self) -> None:
        """Lay the clock into the folder."""
        (self.home / "shim").mkdir(exist_ok=True)
        (self.home / "shim" / "sitecustomize.py").write_text(SHIM)
        self.clock(0)

    @property
    def alerts(self) -> Path:
        """The lines of ``--json`` of every run."""
        return self.home / "alerts.jsonl"

    @property
    def words(self) -> Path:
        """What the program said of itself."""
        return self.home / "words.txt"

    def clock(self, seconds: int) -> None:
        """From now on the wall clock of the program is this far ahead (or behind)."""
        new = self.home / "clock.new"
        new.write_text(str(seconds))
        new.replace(self.home / "clock")

    def environment(self) -> dict[str, str]:
        """A plain environment: nothing of the tester's own."""
        kept = {name: value for name, value in os.environ.items() if name in OF_THE_TESTER}
        home = str(self.home)
        plain = {"LANG": "C.UTF-8", "COLUMNS": "110", "HOME": home, "TRACER_LABELS": f"{os.devnull}/none"}
        return {**kept, **plain, "PYTHONPATH": f"{home}/shim:{ROOT}", "LAB_CLOCK": f"{home}/clock"}

    def run(self, *arguments: str, timeout: int = 600) -> subprocess.CompletedProcess[str]:
        """The program to its end; what it writes is returned."""
        return subprocess.run(
            [sys.executable, "-m", "tracer", *arguments],
            cwd=self.home, env=self.environment(), capture_output=True, text=True, timeout=timeout, check=False,
        )  # fmt: skip

    def start(self, *arguments: str) -> None:
        """Begin a run that goes on by itself."""
        with self.alerts.open("ab") as out, self.words.open("ab") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tracer", *arguments],
                cwd=self.home, env=self.environment(), stdout=out, stderr=err,
            )  # fmt: skip

    @property
    def running(self) -> bool:
        """Is it there?"""
        return self.process is not None and self.process.poll() is None

    def end(self, how: signal.Signals, patience: float = 60) -> int:
        """End the run with a signal, and wait until it is gone. Returns its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(patience)
        self.endings.append((how.name, code))
        self.process = None
        return code

    def memory(self) -> int:
        """Kilobytes it has in memory now; nil when it does not run."""
        if not self.running or self.process is None:
            return 0
        status = Path(f"/proc/{self.process.pid}/status")
        rows = status.read_text().splitlines() if status.exists() else []
        return next((int(row.split()[1]) for row in rows if row.startswith("VmRSS")), 0)

    def stop(self) -> None:
        """Whatever happened, leave nothing running."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def wait_for(self, seconds: float) -> bool:
        """Does it end by itself within so many seconds?"""
        deadline = time.monotonic() + seconds
        while self.running and time.monotonic() < deadline:
            time.sleep(0.05)
        return not self.running
