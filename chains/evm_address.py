"""EVM addresses: 20 bytes, written with or without the EIP-55 checksum in their letters' case."""

from __future__ import annotations

import re

from eth_utils.address import to_checksum_address

from chains.model import Address

_HEX = re.compile(r"0x[0-9a-fA-F]{40}")


def parse(text: str) -> Address:
    """Lower-case canonical form. ValueError when it is no address or its mixed case fails the EIP-55 checksum."""
    if not _HEX.fullmatch(text):
        raise ValueError("expected 0x and 40 hexadecimal digits")
    digits = text[2:]
    if digits not in (digits.lower(), digits.upper()) and to_checksum_address(text) != text:
        raise ValueError("the checksum in its upper and lower case letters is wrong; check for a typing error")
    return Address(text.lower())


def from_topic(word: str) -> Address:
    """The address in a 32-byte hex word of a log. ValueError when the upper 12 bytes are not zero."""
    digits = word.removeprefix("0x")
    if len(digits) != 64 or digits[:24] != "0" * 24:
        raise ValueError("not an address word")
    return Address("0x" + digits[24:].lower())


def to_topic(address: Address) -> str:
    """The 32-byte hex word that stands for an address in log topics and call data."""
    return "0x" + "0" * 24 + address[2:]
