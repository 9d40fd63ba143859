"""JSON that can be looked at, and that says the same as any other spelling."""

from __future__ import annotations

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from tests.reports.sample import sample
from tracer.document import from_document, to_json
from tracer.json_text import json_pieces, json_text


@given(st.recursive(st.text(st.characters()), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_it_says_the_same(value: object) -> None:
    """Whatever goes in comes out of any reader of JSON, and no character of the text does anything."""
    text = json_text(value)
    assert json.loads(text) == value
    assert not [sign for sign in text if unicodedata.category(sign)[0] == "C" and sign != "\n"]
    text.encode()


@given(st.recursive(st.text(st.characters()), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_pieces_are_the_text(value: object) -> None:
    """Joined, they are what the whole would be."""
    assert b"".join(json_pieces(value, indent=1)) == json_text(value, indent=1).encode()


def test_half_a_character_in_a_symbol_is_kept() -> None:
    """A token may call itself what no file can hold; the document holds it all the same."""
    result = sample()
    odd = result.prices[0]._replace(asset=result.prices[0].asset._replace(symbol="A\ud800\x9b\u202e"))
    text = to_json(result._replace(prices=(odd,)))
    assert from_document(text.encode().decode()).prices[0].asset.symbol == "A\ud800\x9b\u202e"
