"""Times as papers show them: in UTC, and beside it in the zone of whoever reads.

A chain's clock is UTC and a police station's is not: a date that is off by eight hours is a wrong date in a file.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

ZONE_OF: Final = {"zh": "Asia/Shanghai", "en": "UTC"}
"""The reader's zone where none is named. Never the machine's own: the same case must give the same paper anywhere."""


def zone_of(name: str) -> ZoneInfo:
    """A time zone by its name in the tz database (``Asia/Shanghai``).

    Raises:
        LookupError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise LookupError(name) from None


def utc(time: int) -> str:
    """``2026-01-02 03:00:00 UTC``."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def local(time: int, zone: ZoneInfo) -> str:
    """``2026-01-02 11:00:00 UTC+08:00``; "" where the zone is UTC itself."""
    if zone.key == "UTC":
        return ""
    moment = datetime.fromtimestamp(time, zone)
    offset = moment.strftime("%z")
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC{offset[:3]}:{offset[3:5]}"


def unix(text: str) -> int:
    """Unix seconds of an RFC 3339 time."""
    return int(datetime.fromisoformat(text).timestamp())
