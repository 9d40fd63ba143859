"""The certificates of a time stamp in the order that DER wants them in.

Authorities that run OpenSSL send theirs in the order of the chain; strict readers, the one used here among them, take
such an answer for damaged. What is kept is the answer as it came; this is only how it is read.
"""

from __future__ import annotations

from typing import Final, NamedTuple

CERTIFICATES: Final = 0xA0
_LONG: Final = 0x80


class _Element(NamedTuple):
    start: int
    inside: int
    end: int


def in_order(answer: bytes) -> bytes:
    """An RFC 3161 answer with its certificates in ascending order, otherwise the same.

    Raises:
        ValueError: it is no such answer.
    """
    token = _after(answer, _element(answer, _element(answer, 0).inside))
    content = _after(answer, _element(answer, token.inside))
    version = _element(answer, _element(answer, content.inside).inside)
    certificates = _after(answer, _after(answer, _after(answer, version)))
    if answer[certificates.start] != CERTIFICATES:
        return answer
    found: list[bytes] = []
    at = certificates.inside
    while at < certificates.end:
        one = _element(answer, at)
        found.append(answer[one.start : one.end])
        at = one.end
    return answer[: certificates.inside] + b"".join(sorted(found)) + answer[certificates.end :]


def _after(data: bytes, before: _Element) -> _Element:
    return _element(data, before.end)


def _element(data: bytes, start: int) -> _Element:
    """The element that begins at a place: tag, length, content."""
    head = data[start : start + 2]
    if len(head) != 2:
        raise ValueError(start)
    more = head[1] - _LONG if head[1] >= _LONG else 0
    inside = start + 2 + more
    length = int.from_bytes(data[start + 2 : inside], "big") if more else head[1]
    if head[1] == _LONG or inside + length > len(data):
        raise ValueError(start)
    return _Element(start, inside, inside + length)
