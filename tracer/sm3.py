"""SM3, the hash of the Chinese standards (GB/T 32905), for stations that record it beside SHA-256.

OpenSSL has it in most builds and is asked first; elsewhere it is worked out here, by the standard's own steps.
"""

from __future__ import annotations

import hashlib
from typing import Final

BLOCK: Final = 64
START: Final = (
    0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E,
)  # fmt: skip
FIRST, ROUNDS = 16, 64
EARLY, LATE = 0x79CC4519, 0x7A879D8A
"""The standard's constant of the first 16 rounds, and of the others."""

_MASK: Final = 0xFFFFFFFF


def sm3(data: bytes) -> str:
    """The digest in hexadecimal."""
    if "sm3" in hashlib.algorithms_available:
        return hashlib.new("sm3", data).hexdigest()
    return plain_sm3(data)


def plain_sm3(data: bytes) -> str:
    """The same, without any library."""
    padding = b"\x80" + bytes((BLOCK - 9 - len(data)) % BLOCK) + (8 * len(data)).to_bytes(8, "big")
    padded = data + padding
    state: tuple[int, ...] = START
    for place in range(0, len(padded), BLOCK):
        state = _compressed(state, padded[place : place + BLOCK])
    return "".join(f"{word:08x}" for word in state)


def _rotated(word: int, places: int) -> int:
    places %= 32
    return (word << places | word >> (32 - places)) & _MASK if places else word


def _expanded(block: bytes) -> list[int]:
    words = [int.from_bytes(block[place : place + 4], "big") for place in range(0, BLOCK, 4)]
    for place in range(16, ROUNDS + 4):
        mixed = words[place - 16] ^ words[place - 9] ^ _rotated(words[place - 3], 15)
        mixed ^= _rotated(mixed, 15) ^ _rotated(mixed, 23)
        words.append(mixed ^ _rotated(words[place - 13], 7) ^ words[place - 6])
    return words


def _compressed(state: tuple[int, ...], block: bytes) -> tuple[int, ...]:
    words = _expanded(block)
    a, b, c, d, e, f, g, h = state
    for place in range(ROUNDS):
        early = place < FIRST
        turned = _rotated(a, 12)
        first = _rotated((turned + e + _rotated(EARLY if early else LATE, place)) & _MASK, 7)
        second = first ^ turned
        major = a ^ b ^ c if early else a & b | a & c | b & c
        chosen = e ^ f ^ g if early else e & f | ~e & _MASK & g
        left = (major + d + second + (words[place] ^ words[place + 4])) & _MASK
        right = (chosen + h + first + words[place]) & _MASK
        a, b, c, d = left, a, _rotated(b, 9), c
        e, f, g, h = right ^ _rotated(right, 9) ^ _rotated(right, 17), e, _rotated(f, 19), g
    return tuple(before ^ now for before, now in zip(state, (a, b, c, d, e, f, g, h), strict=True))
