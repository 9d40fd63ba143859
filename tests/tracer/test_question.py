"""What a user may say about a theft, and what is refused without repeating it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.errors import UsageError
from tracer.question import VictimAsk, parse_since, parse_victims

HASH = "Ab" * 32


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("0x" + HASH, ("tx", "0x" + HASH.lower())),
        (HASH, ("tx", HASH.lower())),
        ("7798053", ("block", "7798053")),
        ("007", ("block", "7")),
        ("2024-07-16T12:04:47Z", ("time", "1721131487")),
        ("2024-07-16T20:04:47+08:00", ("time", "1721131487")),
        ("2024-07-16 12:04:47+00:00", ("time", "1721131487")),
    ],
)
def test_since(text: str, since: tuple[str, str]) -> None:
    """A transaction hash of either family, a block, or a time with its zone."""
    assert parse_since(text) == since


@pytest.mark.parametrize(
    "text", ["", "yesterday", "0x12", "12.5", "-4", "٣", "2024-13-01T00:00:00Z", "1" * 40, HASH + "0", "0x" + "g" * 64]
)
def test_since_refuses_and_never_repeats(text: str) -> None:
    """Anything else is refused, and the text is not repeated, for it may be a secret pasted by mistake."""
    with pytest.raises(UsageError) as refused:
        parse_since(text)
    assert len(text) < 3 or text not in str(refused.value)


@pytest.mark.parametrize("text", ["2024-07-16T12:04:47", "2024-07-16"])
def test_a_time_needs_its_zone(text: str) -> None:
    """A time without a zone could mean a whole day of difference, so it is refused with the two ways to write it."""
    with pytest.raises(UsageError, match=r"\+08:00"):
        parse_since(text)


@given(st.integers(0, 4_000_000_000), st.integers(-12, 14))
def test_every_zone_means_the_same_moment(moment: int, hours: int) -> None:
    """One moment, written in any zone, is one number of seconds."""
    written = datetime.fromtimestamp(moment, UTC).astimezone(timezone(timedelta(hours=hours))).isoformat()
    assert parse_since(written) == ("time", str(moment))


@pytest.mark.parametrize(
    ("arguments", "since", "victims"),
    [
        (("A",), "T", (VictimAsk("A", "T"),)),
        (("A@1", "B@2"), None, (VictimAsk("A", "1"), VictimAsk("B", "2"))),
        (("A@1", "B"), "3", (VictimAsk("A", "1"), VictimAsk("B", "3"))),
        (("A@1", "A@1"), None, (VictimAsk("A", "1"),)),
        (("A@1", "A@2"), None, (VictimAsk("A", "1"), VictimAsk("A", "2"))),
        ((" A @ 1 ",), None, (VictimAsk("A", "1"),)),
    ],
)
def test_victims(arguments: tuple[str, ...], since: str | None, victims: tuple[VictimAsk, ...]) -> None:
    """Each victim has its own moment or the common one; the same said twice is one."""
    assert parse_victims(arguments, since) == victims


@pytest.mark.parametrize(("arguments", "since"), [((), "T"), (("A",), None), (("A@1", "B"), None), (("A@",), None)])
def test_victims_without_address_or_moment(arguments: tuple[str, ...], since: str | None) -> None:
    """No address, or no moment for one of them, is a clear question back."""
    with pytest.raises(UsageError):
        parse_victims(arguments, since)
