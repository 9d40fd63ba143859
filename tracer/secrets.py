"""Noticing a private key or mnemonic before it is stored, shown or sent.

Victims in panic paste what they have, and people who call themselves recovery services ask for exactly this. The tracer
needs addresses and transaction hashes only, so whatever looks like a secret is refused, and never repeated.

Ordinary prose must pass. For spaced words that is easy: the BIP-39 lists hold no articles and few small words, so
twelve in a row do not happen. Chinese is the exception, for its lists are the 2,048 most frequent characters: there,
unspaced text counts only when its length and checksum fit and its characters are rarer than those of prose.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import base58

from tracer.words import words

SHORTEST: Final = 12
LENGTHS: Final = frozenset({12, 15, 18, 21, 24})
"""Words in a mnemonic (BIP-39)."""

PROSE_RANK: Final = 550
"""Mean place of a text's characters in the frequency-ordered Chinese lists: prose lies near 300; chance words near
1,024, and of them 3 in 1,000 phrases of twelve lie below this."""

_CHINESE: Final = ("chinese_simplified", "chinese_traditional")
_SPACED: Final = ("english", "czech", "french", "italian", "japanese", "korean", "spanish")
_WORD: Final = re.compile(r"[^\W\d_]+")
_ORDINAL: Final = re.compile(r"[0-9]+(?:(?:st|nd|rd|th)\b)?")
_HAN_RUN: Final = re.compile("[\u4e00-\u9fff](?:[ \t]*[\u4e00-\u9fff])*")
_HAN: Final = re.compile("[\u4e00-\u9fff]{12,24}")
_HAN_NAME: Final = re.compile("(?:助记词|助記詞|恢复词|恢復詞|种子词|種子詞)(?=(.{12,60}))", re.DOTALL)
_IS: Final = "是为為"
_OPENING: Final = ":\"“'「 \t\r\n"
_HEX_KEY: Final = re.compile(r"(?<![0-9A-Za-z])(?:0[xX])?[0-9a-fA-F]{64}(?![0-9A-Za-z])")
_NAMED_KEY: Final = re.compile(
    r"(?:priv(?:ate)?[\s_-]*key|secret[\s_-]*key|私钥|私鑰|密钥|密鑰|秘密鍵|개인\s*키)[^0-9A-Za-z]{0,12}(?:is\s+)?"
    r"(?:0x)?[0-9a-f]{64}(?![0-9a-z])",
    re.IGNORECASE,
)
_WIF: Final = re.compile(r"(?<![0-9A-Za-z])[59cKL][1-9A-HJ-NP-Za-km-z]{50,51}(?![0-9A-Za-z])")
_XPRV: Final = re.compile(r"(?<![0-9A-Za-z])[tuvxyzUVYZ]prv[1-9A-HJ-NP-Za-km-z]{100,112}(?![0-9A-Za-z])")
_WIF_VERSIONS: Final = frozenset({0x80, 0xEF})
_CIPHERTEXT: Final = re.compile(r"\bciphertext\b[\"']?\s*[:=]", re.IGNORECASE)
_KEYSTORE: Final = re.compile(r"\b(?:crypto|kdf|kdfparams)\b[\"']?\s*[:=]", re.IGNORECASE)


def find_secret(text: str, *, allow_hash: bool) -> str | None:
    """What kind of secret the text holds: mnemonic, private_key, wif or keystore; None when it holds none.

    ``allow_hash`` lets 64 hexadecimal digits pass where a transaction hash may stand, unless the text itself calls them
    a private key. An extended private key (``xprv…``) is a private_key.
    """
    text = unicodedata.normalize("NFKC", text)
    if _CIPHERTEXT.search(text) and _KEYSTORE.search(text):
        return "keystore"
    if _XPRV.search(text) or _NAMED_KEY.search(text) or (not allow_hash and _HEX_KEY.search(text)):
        return "private_key"
    if any(_is_wif(found[0]) for found in _WIF.finditer(text)):
        return "wif"
    if _has_spaced_mnemonic(text) or _has_chinese_mnemonic(text):
        return "mnemonic"
    return None


def warning(lang: str) -> str:
    """What to tell the person who gave a secret, in Chinese for ``zh`` and its variants, else in English."""
    w = words("zh" if lang.lower().startswith("zh") else "en")
    return w("secret.warning")


def _is_wif(text: str) -> bool:
    try:
        payload = base58.b58decode_check(text)
    except ValueError:
        return False
    return payload[0] in _WIF_VERSIONS and (len(payload) == 33 or (len(payload) == 34 and payload[-1] == 1))


def _has_spaced_mnemonic(text: str) -> bool:
    """True for twelve words of one list in a row, whatever numbers and signs stand between them."""
    words = _WORD.findall(_ORDINAL.sub(" ", _plain(text)))
    if len(words) < SHORTEST:
        return False
    lists = _lists_by_word()
    run = [0] * (len(_SPACED) + len(_CHINESE))
    for word in words:
        member = lists.get(word, 0)
        run = [length + 1 if member >> place & 1 else 0 for place, length in enumerate(run)]
        if max(run) >= SHORTEST:
            return True
    return False


def _has_chinese_mnemonic(text: str) -> bool:
    phrases = [re.sub(r"[ \t]", "", found[0]) for found in _HAN_RUN.finditer(text)]
    for named in _HAN_NAME.finditer(text):
        # "助记词是…": the small word may also be the first of the phrase, so both readings are tried.
        tail = named[1].lstrip(_OPENING)
        for start in (tail, tail[1:].lstrip(_OPENING)) if tail[:1] in _IS else (tail,):
            run = _HAN.match(start)
            phrases += [run[0][:length] for length in sorted(LENGTHS)] if run else []
    return any(_is_chinese_mnemonic(phrase) for phrase in phrases if len(phrase) in LENGTHS)


def _is_chinese_mnemonic(phrase: str) -> bool:
    for name in _CHINESE:
        places = _places(name)
        if all(sign in places for sign in phrase):
            found = [places[sign] for sign in phrase]
            if sum(found) >= PROSE_RANK * len(found) and _checksum_fits(found):
                return True
    return False


def _checksum_fits(places: Sequence[int]) -> bool:
    """BIP-39: the last bits of the words' numbers are the first of the SHA-256 of the bits before them."""
    bits = "".join(f"{place:011b}" for place in places)
    size = len(bits) * 32 // 33
    digest = hashlib.sha256(int(bits[:size], 2).to_bytes(size // 8, "big")).digest()
    return f"{digest[0]:08b}".startswith(bits[size:])


def _plain(text: str) -> str:
    """Lower case and without accents: people leave them out, and lists and keyboards compose them differently."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(sign))


@cache
def _lists_by_word() -> dict[str, int]:
    """Word → the lists it stands in, as bits. English words also by their first four letters, which tell them apart."""
    found: dict[str, int] = {}
    for place, name in enumerate((*_SPACED, *_CHINESE)):
        for word in _words(name):
            plain = _plain(word)
            for spelling in {plain, plain[:4]} if name == "english" else {plain}:
                found[spelling] = found.get(spelling, 0) | 1 << place
    return found


@cache
def _places(name: str) -> dict[str, int]:
    return {word: place for place, word in enumerate(_words(name))}


def _words(name: str) -> Iterator[str]:
    # The lists are read where eth_account keeps them, without importing it: that takes longer than a whole check.
    package = find_spec("eth_account")
    assert package is not None
    assert package.origin is not None
    folder = Path(package.origin).parent / "hdaccount" / "wordlist"
    return iter((folder / f"{name}.txt").read_text(encoding="utf-8").split())
