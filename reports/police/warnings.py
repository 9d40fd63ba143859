"""J, the warnings: whoever was robbed once is on a list, and the second theft calls itself help."""

from __future__ import annotations

from typing import Final

from reports.paper import Block, Bullets, line
from reports.police.desk import Desk, Part, head, notice

NOW: Final = ("report", "rest", "approvals", "device", "accounts")
NEVER: Final = ("secret", "fee", "first", "remote", "verify", "meet")
REMEMBER: Final = ("maker", "freeze", "deadline", "watch")


def blocks(desk: Desk) -> list[Block]:
    """What never to do, what to do now, what to expect."""
    w = desk.w
    return [
        notice("stop", w("police.warn.mnemonic"), w("police.warn.recovery")),
        head("never", w("police.warn.never")),
        Bullets(tuple(line(w(f"police.never.{key}")) for key in NEVER)),
        head("now", w("police.warn.now")),
        Bullets(tuple(line(w(f"police.now.{key}")) for key in NOW)),
        head("remember", w("police.warn.remember")),
        Bullets(tuple(line(w(f"police.remember.{key}")) for key in REMEMBER)),
    ]


PART = Part("J", "warnings", blocks)
