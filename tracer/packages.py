"""Which versions of which packages a run was made with: the program's requirements, and theirs, as installed.

Somebody who wants to make the same run elsewhere needs them all; one digest over the list stands in the run.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from typing import Final

PROGRAM: Final = "stolen-funds-tracer"

_REQUIREMENT: Final = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?[^;]*(?:;(.*))?")
_EXTRA: Final = re.compile(r"\bextra\s*==\s*['\"]([^'\"]+)['\"]")


@cache
def installed(program: str = PROGRAM) -> Mapping[str, str]:
    """Name to version of every package that ``program`` needs and that is installed, by name; empty where it is not."""
    found: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(plain(program), "")]
    while waiting:
        name, extras = asked = waiting.pop()
        if asked in seen:
            continue
        seen.add(asked)
        try:
            about = distribution(name)
        except PackageNotFoundError:
            continue
        found[name] = about.version
        waiting += _needed(about.requires or (), set(extras.split(",")))
    found.pop(plain(program), None)
    return dict(sorted(found.items()))


def _needed(requirements: object, extras: set[str]) -> Iterator[tuple[str, str]]:
    """Names, with the extras asked for, of the requirements that hold whatever the machine, or with these extras."""
    for requirement in requirements if isinstance(requirements, list | tuple) else ():
        parts = _REQUIREMENT.fullmatch(requirement)
        if parts is None:
            continue
        only_with = set(map(plain, _EXTRA.findall(parts[3] or "")))
        if not only_with or only_with & extras:
            wanted = sorted(plain(one) for one in (parts[2] or "").split(",") if one.strip())
            yield plain(parts[1]), ",".join(wanted)


def lock(packages: Mapping[str, str]) -> str:
    """SHA-256, in hex, of the lines ``name==version`` by name."""
    lines = "".join(f"{name}=={version}\n" for name, version in sorted(packages.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def plain(name: str) -> str:
    """A package's name in its one spelling."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()
