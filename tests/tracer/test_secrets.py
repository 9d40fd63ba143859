"""The secret guard: what it must catch in any dress, and what it must let pass."""

from __future__ import annotations

import hashlib
from pathlib import Path

import base58
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer import secrets
from tracer.secrets import LENGTHS, find_secret, warning

HEX = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
SPACED = {name: list(secrets._words(name)) for name in secrets._SPACED}
CHINESE = {name: list(secrets._words(name)) for name in secrets._CHINESE}
ALL = {**SPACED, **CHINESE}
KNOWN = "legal winner thank year wave sausage worth useful legal winner thank yellow"  # BIP-39's own test vector
KEYSTORE = f'{{"version":3,"crypto":{{"cipher":"aes-128-ctr","ciphertext":"{HEX}","kdf":"scrypt"}}}}'

PROSE = """
On 3 November 2026 about 14:20 I clicked on a link in a group chat and approved a contract with my wallet. A minute
later 48,200 USDT left my address for an address that I do not know. I have already told the exchange, and the police
gave me a receipt. Please follow the money until it reaches an exchange, and tell me whom I can ask to freeze it. I
still have the recovery phrase at home on paper and have not shown it to anyone. The private key never left the device.
"""
CHINESE_PROSE = """
2026年11月3日下午两点二十分左右，我在群里点了一个链接，并用钱包授权了一个合约。一分钟以后，四万八千二百个泰达币从我的地址
转到了一个我不认识的地址。我已经通知了交易所，警方也给了我受案回执。请帮我追踪这笔资金，直到它进入交易所为止，并告诉我可以
向谁申请冻结。我的助记词写在纸上放在家里，没有给任何人看过。请不要把助记词告诉任何人，客服也不会向您索要助记词。
"""


def phrase_of(words: list[str], entropy: bytes) -> list[str]:
    """The mnemonic of this entropy as BIP-39 makes it, written apart from the code under test."""
    bits = "".join(f"{byte:08b}" for byte in entropy)
    bits += f"{hashlib.sha256(entropy).digest()[0]:08b}"[: len(entropy) // 4]
    return [words[int(bits[at : at + 11], 2)] for at in range(0, len(bits), 11)]


entropies = st.sampled_from([16, 20, 24, 28, 32]).flatmap(lambda size: st.binary(min_size=size, max_size=size))
separators = st.sampled_from([" ", "\n", ", ", "\t", "  ", "，", "\u3000", " - ", "; ", '", "'])


@given(st.sampled_from(sorted(ALL)), entropies, separators, st.booleans())
def test_a_mnemonic_of_any_list_is_found(name: str, entropy: bytes, separator: str, shouted: bool) -> None:
    """Any length, any list, any separator, any case: it is found, also in the middle of a sentence."""
    text = separator.join(phrase_of(ALL[name], entropy))
    text = text.upper() if shouted else text
    assert find_secret(text, allow_hash=True) == "mnemonic"
    assert find_secret(f"my phrase is: {text}\nplease help!", allow_hash=True) == "mnemonic"


@given(entropies, st.sampled_from(["{n}. {w}", "{n}) {w}", "{n}:{w}", "#{n} {w}", "{n}{w}", "{n}st {w}"]))
def test_a_numbered_mnemonic_is_found(entropy: bytes, form: str) -> None:
    """Numbers between the words, in any of the usual spellings, hide nothing."""
    words = phrase_of(SPACED["english"], entropy)
    text = " ".join(form.format(n=number, w=word) for number, word in enumerate(words, 1))
    assert find_secret(text, allow_hash=True) == "mnemonic"


@given(entropies)
def test_the_first_four_letters_are_enough(entropy: bytes) -> None:
    """Steel plates keep four letters of each English word; that is the whole secret too."""
    words = [word[:4] for word in phrase_of(SPACED["english"], entropy)]
    assert find_secret(" ".join(words), allow_hash=True) == "mnemonic"


@pytest.mark.parametrize("name", ["french", "spanish"])
def test_accents_may_be_missing(name: str) -> None:
    """A phrase typed without its accents is found."""
    words = [word for word in SPACED[name] if secrets._plain(word) != word][:12]
    assert find_secret(" ".join(map(secrets._plain, words)), allow_hash=True) == "mnemonic"


@given(st.sampled_from(sorted(CHINESE)), entropies)
def test_a_chinese_mnemonic_without_spaces_is_found(name: str, entropy: bytes) -> None:
    """Written in one go, alone or after the word for it, it is found unless its characters are too frequent."""
    words = phrase_of(CHINESE[name], entropy)
    rare = sum(CHINESE[name].index(word) for word in words) >= secrets.PROSE_RANK * len(words)
    text = "".join(words)
    assert len(words) in LENGTHS
    if rare:
        assert find_secret(text, allow_hash=True) == "mnemonic"
        assert find_secret(f"{text[:4]} {text[4:8]} {text[8:]}", allow_hash=True) == "mnemonic"
        assert find_secret(f"我的助记词是：{text}请帮我", allow_hash=True) == "mnemonic"


def test_known_phrases_are_found_and_eleven_words_are_not() -> None:
    """The published test vectors are found; eleven words of the list are not yet a phrase."""
    assert find_secret(KNOWN, allow_hash=True) == "mnemonic"
    assert find_secret("abandon " * 11 + "about", allow_hash=True) == "mnemonic"
    assert find_secret(KNOWN.rsplit(" ", 1)[0], allow_hash=True) is None


def test_words_of_different_lists_are_no_phrase() -> None:
    """Twelve words in a row that no one list holds are no mnemonic."""
    english = [word for word in SPACED["english"] if word not in SPACED["french"]][:6]
    french = [word for word in SPACED["french"] if secrets._plain(word)[:4] not in secrets._lists_by_word()][:6]
    mixed = " ".join(word for pair in zip(english, french, strict=True) for word in pair)
    assert len(mixed.split()) == 12
    assert find_secret(mixed, allow_hash=True) is None


@pytest.mark.parametrize("text", [PROSE, CHINESE_PROSE, warning("en"), warning("zh")])
def test_prose_passes(text: str) -> None:
    """A victim's own account of what happened, and our own warnings, hold no secret."""
    assert find_secret(text, allow_hash=False) is None


def test_the_projects_own_documents_pass() -> None:
    """Configuration and documents of this project, which speak of all these things, hold no secret."""
    root = Path(__file__).parents[2]
    for path in [
        root / "pyproject.toml",
        *root.glob("docs/*.md"),
        *root.glob("*.md"),
        *root.glob("chains/data/*.toml"),
    ]:
        assert find_secret(path.read_text(encoding="utf-8"), allow_hash=True) is None, path


def test_addresses_and_hashes_pass_where_they_belong() -> None:
    """Addresses are never secrets; 64 hexadecimal digits are one unless a hash may stand there."""
    assert find_secret("0x28c6c06298d514db089934071355e5743bf21d60", allow_hash=False) is None
    assert find_secret("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", allow_hash=False) is None
    for text in (HEX, "0x" + HEX, f'since = "{HEX.upper()}"', f"，{HEX}。"):
        assert find_secret(text, allow_hash=True) is None
        assert find_secret(text, allow_hash=False) == "private_key"
    assert find_secret(HEX + "00", allow_hash=False) is None


@pytest.mark.parametrize(
    "text",
    [
        "my private key: {}",
        "PRIVATE_KEY=0x{}",
        "privkey {}",
        "私钥：{}",
        "私钥是{}",
        "private key is {}",
        '"secretKey": "{}"',
    ],
)
def test_digits_that_are_called_a_private_key_are_one(text: str) -> None:
    """Where the text itself says private key, a hash being allowed does not help."""
    assert find_secret(text.format(HEX), allow_hash=True) == "private_key"


@given(st.binary(min_size=32, max_size=32), st.booleans(), st.sampled_from([0x80, 0xEF]))
def test_wallet_import_format_is_found_by_its_checksum(key: bytes, compressed: bool, version: int) -> None:
    """Every WIF key is found, and one with a changed character is not a key."""
    text = base58.b58encode_check(bytes([version]) + key + b"\x01" * compressed).decode()
    assert find_secret(f"key {text}.", allow_hash=True) == "wif"
    broken = text[:-1] + ("2" if text[-1] != "2" else "3")
    assert find_secret(broken, allow_hash=True) is None


@given(st.binary(min_size=74, max_size=74))
def test_extended_private_keys_are_found_and_public_ones_pass(payload: bytes) -> None:
    """``xprv…`` is a private key; ``xpub…`` is none."""
    assert find_secret(base58.b58encode_check(b"\x04\x88\xad\xe4" + payload).decode(), allow_hash=True) == "private_key"
    assert find_secret(base58.b58encode_check(b"\x04\x88\xb2\x1e" + payload).decode(), allow_hash=True) is None


def test_a_keystore_file_is_found() -> None:
    """A wallet's encrypted key file is a secret whatever the case of its keys."""
    assert find_secret(KEYSTORE, allow_hash=True) == "keystore"
    assert find_secret(KEYSTORE.replace("crypto", "Crypto"), allow_hash=True) == "keystore"
    assert find_secret("A keystore has a ciphertext, and its crypto: see there.", allow_hash=True) is None


@given(st.text())
def test_it_never_raises(text: str) -> None:
    """Whatever is pasted, the answer is a kind or None."""
    assert find_secret(text, allow_hash=False) in {None, "mnemonic", "private_key", "wif", "keystore"}


def test_warnings_say_what_must_be_said() -> None:
    """Both languages: tell nobody, the tool never needs it, who asks for it is a scam."""
    assert {"Never", "never needs", "scam"} <= {
        word for word in ("Never", "never needs", "scam") if word in warning("en")
    }
    assert all(word in warning("zh-CN") for word in ("不要", "从不需要", "诈骗"))
    assert warning("fr") == warning("en")
