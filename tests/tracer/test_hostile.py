"""Text by others cannot do anything to a reader's screen."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.hostile import CAP, MARKS, clean

EVIL = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("\x1b\x9b\x9d\x07[]m;31\\≈\u202e\u2066\u200b\u200d\ufeff\u3164\u0301\u0300\r\n\t\x00"),
    ),
    max_size=200,
)


@given(EVIL)
def test_nothing_but_visible_characters_survives(text: str) -> None:
    """Whatever comes in, no control, format, private or unassigned character, bracket or line break comes out."""
    shown = clean(text)
    assert not [sign for sign in shown if unicodedata.category(sign)[0] == "C" or sign in "[]≈\u2028\u2029\u3164"]
    assert len(shown) <= CAP
    assert shown == shown.strip()


@given(EVIL)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    """Clean text is a fixed point, so that it does not matter how often it is done."""
    assert clean(clean(text)) == clean(text)


@given(st.text(alphabet="a\u0301\u0300\u0316", max_size=60))
def test_marks_do_not_pile_up(text: str) -> None:
    """Never more than a few combining marks in a row."""
    run = 0
    for sign in clean(text):
        run = run + 1 if unicodedata.combining(sign) else 0
        assert run <= MARKS


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("USDT", "USDT"),
        ("泰达币 USD₮", "泰达币 USD₮"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("US\u202eTD\u200b", "USTD"),
        ("[bold red]Binance[/]", "(bold red)Binance(/)"),
        ("≈ sure", "~ sure"),
        ("two\r\nlines\tand  more", "two lines and more"),
        ("\x1b\x1b[31m[31mx", "(31mx"),
        ("", ""),
    ],
)
def test_examples(text: str, shown: str) -> None:
    """Real scripts stay; tricks go."""
    assert clean(text) == shown


def test_long_text_is_cut_visibly() -> None:
    """The cut is marked, and counts."""
    assert clean("x" * 100, 10) == "x" * 9 + "…"
