"""The pages in a bundle say the same in both languages, and of which case they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tracer.bundle import extras
from tracer.bundle.extras import READMES, about
from tracer.bundle.manifest import MANIFEST
from tracer.bundle.signing import NAMESPACE

NAMES = re.compile(r"[a-z]+\.(?:json(?:l|\.\w+)?|py)\b")


def test_the_pages_are_about_this_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reference, version and time are filled in, whatever they hold; commands and file names are alike."""
    (tmp_path / "verify.py").write_bytes(b"pass\n")
    monkeypatch.setattr(extras, "CHECKER_AT", tmp_path / "verify.py")
    found = about("SFT-12345678", "0.1.0{reference}\x1b[2J", "2026-11-22T08:00:07Z")
    assert found["verify.py"] == b"pass\n"
    pages = [found[name].decode() for name in READMES]
    for page in pages:
        assert "SFT-12345678" in page
        assert "0.1.0{reference}" in page
        assert "2026-11-22T08:00:07Z" in page
        assert "\x1b" not in page
        assert f"-n {NAMESPACE} -s {MANIFEST}.sig" in page
    first, second = (set(NAMES.findall(page)) for page in pages)
    assert first == second
