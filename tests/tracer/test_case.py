"""The case folder: `case.toml` says what was asked, secrets never enter it, and one trace works in it at a time."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chains.registry import SourceSettings
from tracer.case import default_folder, list_cases, open_case, read_question, write_question
from tracer.errors import CaseError, ConfigError, SecretRefused, UsageError
from tracer.question import Question, VictimAsk

ADDRESS = "0x8b3cb6bf982798fba233bca56749e22eec42dcf3"
QUESTION = Question((VictimAsk(ADDRESS, "2024-07-16T12:04:47Z"),), chain="ethereum")
MNEMONIC = "legal winner thank year wave sausage worth useful legal winner thank yellow"
PRIVATE_KEY = "0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=12)
COUNTS = st.integers(0, 10**9)
QUESTIONS = st.builds(
    Question,
    victims=st.lists(st.builds(VictimAsk, WORDS, WORDS), min_size=1, max_size=3).map(tuple),
    chain=st.none() | WORDS,
    own=st.lists(WORDS, max_size=3).map(tuple),
    stolen=st.sampled_from(["all", "tx"]),
    until=st.none() | WORDS,
    max_hops=COUNTS,
    max_addresses=COUNTS,
    max_requests=st.none() | COUNTS,
    min_value=st.none() | st.decimals(0, 10**12, places=2),
    labels=st.lists(WORDS, max_size=2).map(tuple),
)


@given(QUESTIONS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read(tmp_path: Path, question: Question) -> None:
    """Every question comes back from its file as it was, whatever characters are in it."""
    file = tmp_path / "case.toml"
    file.write_text(write_question(question), encoding="utf-8")
    assert read_question(file) == question


@pytest.mark.parametrize(
    "text",
    [
        "colour = 'red'\n[[victim]]\naddress = 'A'\nsince = '1'\n",
        "max_hops = 'many'\n[[victim]]\naddress = 'A'\nsince = '1'\n",
        "max_hops = -1\n[[victim]]\naddress = 'A'\nsince = '1'\n",
        "min_value = 'a lot'\n[[victim]]\naddress = 'A'\nsince = '1'\n",
        "[[victim]]\naddress = 'A'\n",
        "victim = 5\n",
        "own = 5\n",
        "not toml",
        "\x00",
    ],
)
def test_unknown_or_wrong_settings_are_refused(tmp_path: Path, text: str) -> None:
    """A misspelt name, a wrong value or a victim without its moment is an error that names the file."""
    file = tmp_path / "case.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        read_question(file)
    assert str(file) in str(refused.value)


def test_not_text_is_refused(tmp_path: Path) -> None:
    """A file that is not UTF-8, or is not there, is an error of the user's file and not of the program."""
    file = tmp_path / "case.toml"
    with pytest.raises(ConfigError):
        read_question(file)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError):
        read_question(file)


@pytest.mark.parametrize("secret", [MNEMONIC, f"my private key is {PRIVATE_KEY}"])
def test_secrets_are_refused_and_never_echoed(tmp_path: Path, secret: str) -> None:
    """A case file with a recovery phrase or private key is refused without repeating a word of it."""
    file = tmp_path / "case.toml"
    file.write_text(f"# {secret}\n" + write_question(QUESTION), encoding="utf-8")
    with pytest.raises(SecretRefused) as refused:
        read_question(file)
    shown = str(refused.value) + repr(refused.value)
    assert not any(word in shown for word in (MNEMONIC, "sausage", PRIVATE_KEY, PRIVATE_KEY[2:]))


def test_a_transaction_hash_is_no_secret(tmp_path: Path) -> None:
    """The hash of the theft, which looks like a private key, is what a case is about and is not refused."""
    asked = Question((VictimAsk(ADDRESS, PRIVATE_KEY),))
    with open_case(tmp_path / "case", question=asked) as case:
        assert case.question == asked


def test_a_case_is_about_its_victims(tmp_path: Path) -> None:
    """A folder that holds a case about other victims, or another moment, refuses and keeps its question."""
    with open_case(tmp_path / "case", question=QUESTION):
        pass
    for other in (VictimAsk("0x" + "1" * 40, QUESTION.victims[0].since), VictimAsk(ADDRESS, "2024-07-17T00:00:00Z")):
        with pytest.raises(UsageError), open_case(tmp_path / "case", question=Question((other,))):
            pass
    assert read_question(tmp_path / "case" / "case.toml") == QUESTION


def test_the_same_victims_with_other_limits_go_on(tmp_path: Path) -> None:
    """The same victims, in any order and spelling, may be asked about with other limits, which are then kept."""
    two = Question((VictimAsk(ADDRESS, "5"), VictimAsk("0x" + "AB" * 20, "6")))
    with open_case(tmp_path / "case", question=two):
        pass
    swapped = Question((VictimAsk("0x" + "ab" * 20, "6"), VictimAsk(ADDRESS.upper(), "5")), max_hops=3)
    with open_case(tmp_path / "case", question=swapped) as case:
        assert case.question == swapped


def test_one_trace_at_a_time(tmp_path: Path) -> None:
    """A second trace in the same folder is turned away while the first is at work, and welcome after."""
    with (
        open_case(tmp_path / "case", question=QUESTION),
        pytest.raises(CaseError),
        open_case(tmp_path / "case", question=QUESTION),
    ):
        pass
    with open_case(tmp_path / "case") as case:
        assert case.question == QUESTION


def test_the_lock_goes_with_an_error(tmp_path: Path) -> None:
    """A trace that ends in an error leaves the folder free."""
    with pytest.raises(ZeroDivisionError), open_case(tmp_path / "case", question=QUESTION):
        raise ZeroDivisionError
    with open_case(tmp_path / "case"):
        pass


def test_no_case_no_folder(tmp_path: Path) -> None:
    """Opening a case that is not there is an error and makes nothing."""
    with pytest.raises(CaseError), open_case(tmp_path / "none"):
        pass
    assert not (tmp_path / "none").exists()


def test_an_unusable_folder(tmp_path: Path) -> None:
    """A file where the folder should be is one clear error."""
    (tmp_path / "file").write_text("here already")
    with pytest.raises(CaseError), open_case(tmp_path / "file", question=QUESTION):
        pass


def test_cases_are_listed_by_name(tmp_path: Path) -> None:
    """Every folder with a question is a case; other folders are not."""
    (tmp_path / "notes").mkdir()
    for name in ("b", "a"):
        with open_case(tmp_path / name, question=QUESTION):
            pass
    assert list_cases(tmp_path) == [tmp_path / "a", tmp_path / "b"]
    assert list_cases(tmp_path / "nowhere") == []


def test_default_folder_is_the_same_for_the_same_victims(tmp_path: Path) -> None:
    """Without --case the folder depends on the victims alone: not on their order, spelling or the limits."""
    one, two = VictimAsk(ADDRESS, "5"), VictimAsk("0x" + "ab" * 20, "6")
    folder = default_folder(tmp_path, Question((one, two)))
    assert default_folder(tmp_path, Question((one, VictimAsk("0x" + "AB" * 20, "6")), max_hops=1)) == folder
    assert default_folder(tmp_path, Question((one,))) != folder
    assert folder.parent == tmp_path
    assert default_folder(tmp_path, Question((VictimAsk("../../etc", "5"),))).parent == tmp_path


def test_the_plan_holds_no_keys_and_no_hosts(tmp_path: Path) -> None:
    """A case remembers which sources were asked, in which order, and neither keys nor addresses of servers."""
    settings = SourceSettings(
        urls={"etherscan": "https://canary-host.example/canary-path"},
        keys={"trongrid": "canary-key"},
        only=("trongrid", "etherscan"),
    )
    with open_case(tmp_path / "case", question=QUESTION) as case:
        case.remember_plan(settings, {})
        plan = case.plan()
    assert (set(plan.urls), set(plan.keys), tuple(plan.only)) == (
        {"etherscan"},
        {"trongrid"},
        ("trongrid", "etherscan"),
    )
    kept = b"".join(file.read_bytes() for file in (tmp_path / "case").iterdir() if file.is_file())
    assert b"canary" not in kept


def test_min_value_stays_exact(tmp_path: Path) -> None:
    """A threshold of cents survives the file without becoming a binary fraction."""
    file = tmp_path / "case.toml"
    asked = Question(QUESTION.victims, min_value=Decimal("0.10"))
    file.write_text(write_question(asked), encoding="utf-8")
    assert read_question(file).min_value == Decimal("0.10")
    assert str(read_question(file).min_value) == "0.10"
