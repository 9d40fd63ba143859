"""Patterns in the traced flows: leads, never facts.

One module per family, each naming its detectors in a `DETECTORS` constant, so that a new pattern is one new file (and
its words in the catalogue). A detector is a pure function of the `Traffic` that yields leads, and what it could not
look at. All work on what was read and guess nothing about the rest.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from tracer.patterns.lead import Detector, Findings, Lead, Unexamined
from tracer.patterns.traffic import traffic
from tracer.workings import Workings

__all__ = ["Findings", "Lead", "Unexamined", "detectors", "find_patterns"]


def detectors() -> tuple[Detector, ...]:
    """Every detector of this package, by the name of its pattern."""
    modules = (import_module(f"{__name__}.{info.name}") for info in iter_modules(__path__))
    found: list[Detector] = [one for module in modules for one in getattr(module, "DETECTORS", ())]
    return tuple(sorted(found, key=lambda one: one.pattern))


def find_patterns(workings: Workings) -> Findings:
    """All leads of a finished trace, best first, and what was not examined."""
    seen = traffic(workings)
    said = [one for detector in detectors() for one in detector.detect(seen)]
    leads = [one for one in said if isinstance(one, Lead)]
    leads.sort(key=lambda one: (-one.score, one.pattern, one.members))
    return Findings(
        leads=tuple(leads),
        unexamined=tuple(one for one in said if isinstance(one, Unexamined)),
        followed=sum(map(seen.is_followed, seen.came)),
        received=len(seen.came),
    )
