"""What was asked about the transactions a case rests on once it was traced: a second source, and the chain itself.

The rows stand in the result. Beside them stand the stored answers and the proofs, which a bundle hands over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from chains.inclusion import Inclusion
from tracer.result import CorroborationRow, InclusionRow


class Corroboration(NamedTuple):
    """``row`` with the stored answers it compares: those the case has it from, and the second source's."""

    row: CorroborationRow
    first: tuple[int, ...] = ()
    second: tuple[int, ...] = ()


class Proven(NamedTuple):
    """``row`` with its proof, None where there is none."""

    row: InclusionRow
    inclusion: Inclusion | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """All of one case, in order of chain and transaction."""

    corroborations: tuple[Corroboration, ...] = ()
    inclusions: tuple[Proven, ...] = ()
