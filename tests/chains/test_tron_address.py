"""TRON addresses: three spellings, one canonical text, and reasons a person can act on."""

from __future__ import annotations

import hashlib

import base58
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains import tron_address
from tests.chains.captured import captured, needs_captures

USDT = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
USDT_BYTES = "a614f803b6fd780986a42c78ec9c7f77e6ded13c"


@pytest.mark.parametrize(
    "spelling", [USDT, "41" + USDT_BYTES, "0x" + USDT_BYTES, "0x" + USDT_BYTES.upper(), "0x41" + USDT_BYTES]
)
def test_every_spelling_of_the_usdt_contract_becomes_its_base58(spelling: str) -> None:
    """A user may paste any of the spellings that wallets and APIs show."""
    assert tron_address.parse(spelling) == USDT


@pytest.mark.parametrize("spelling", [USDT_BYTES, "41" + USDT_BYTES, "0x" + USDT_BYTES])
def test_fields_of_apis_may_be_bare_digits(spelling: str) -> None:
    """Logs write the 20 bytes without any prefix, records with 41."""
    assert tron_address.from_hex(spelling) == USDT


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (USDT[:-1] + "T", "upper and lower case"),
        ("TM1zzNDZD2DPASbKcgdVoTYhfmYgtfwx9D", "checksum"),
        (USDT[:-1], "34 characters"),
        ("T0" + USDT[2:], "0, O, I and l"),
        ("T" + "é" * 33, "do not occur"),
        ("bc1qxyz", "beginning with T"),
        (USDT_BYTES, "beginning with T"),
        ("0x1234", "20 bytes"),
        ("", "beginning with T"),
    ],
)
def test_a_wrong_address_says_what_is_wrong_with_it(text: str, reason: str) -> None:
    """The sentence names the cause, because a victim retypes the address after reading it."""
    with pytest.raises(ValueError, match=reason):
        tron_address.parse(text)


def test_base58_of_another_chain_is_no_tron_address() -> None:
    """A valid checksum over a payload that does not begin with 0x41 is refused."""
    foreign = next(
        text
        for version in range(256)
        for text in [base58.b58encode_check(bytes([version]) + b"\x65" * 20).decode()]
        if text.startswith("T") and len(text) == 34 and version != 0x41
    )
    with pytest.raises(ValueError, match="not of a TRON address"):
        tron_address.parse(foreign)


@given(st.binary(min_size=20, max_size=20))
def test_spellings_round_trip(raw: bytes) -> None:
    """Every 20 bytes have one base58 text, and both hexadecimal spellings lead back to it."""
    address = tron_address.from_hex(raw.hex())
    digest = hashlib.sha256(hashlib.sha256(b"\x41" + raw).digest()).digest()
    assert base58.b58decode(address) == b"\x41" + raw + digest[:4]
    assert tron_address.to_evm_hex(address) == "0x" + raw.hex()
    assert tron_address.to_hex41(address) == "41" + raw.hex()
    assert tron_address.parse(address) == tron_address.parse(tron_address.to_evm_hex(address)) == address


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_a_value_error(text: str) -> None:
    """Whatever is pasted, the parser answers or refuses; it never fails in another way."""
    try:
        address = tron_address.parse(text)
    except ValueError:
        return
    assert len(address) == 34
    assert address.startswith("T")


@needs_captures
def test_both_spellings_in_a_recorded_row_are_the_same_address() -> None:
    """TronGrid's own base58 in `from` equals the owner_address it wrote in hexadecimal inside the same row."""
    page = captured(
        "ledger-live", "trongrid_v1_accounts_TL24LCps5FKwp3PoU1MvrYrwhi5LU1tHre_transactions_trc20_get_detail.json"
    )
    pairs = [
        (row["to"], "0x" + value["data"][32:72])
        for row in page["data"]
        for value in [row["detail"]["raw_data"]["contract"][0]["parameter"]["value"]]
        if value["data"].startswith("a9059cbb")
    ]
    assert len(pairs) > 5
    for base, digits in pairs:
        assert tron_address.parse(digits) == tron_address.parse(base) == base
