"""The identity file is read strictly, may be empty, holds no secret, and never lies in a case."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tracer.errors import ConfigError, SecretRefused, UsageError
from tracer.identity import FIELDS, SUPPLIERS, Duration, Identity, load_identity, outside, read_identity
from tracer.words import LANGUAGES, catalogue, words

EXAMPLE = Path(__file__).parents[2] / "docs" / "identity.example.toml"
MNEMONIC = "legal winner thank year wave sausage worth useful legal winner thank yellow"
KEY = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"


def test_an_empty_file_is_an_identity_of_nobody() -> None:
    """Every field may be left out, and then all are missing but the name of somebody else."""
    empty = read_identity("me.toml", "")
    assert empty == Identity()
    assert {one.field for one in empty.missing(FIELDS)} == set(FIELDS) - {"victim.name"}
    assert {one.supplier for one in empty.missing(FIELDS)} <= set(SUPPLIERS)


def test_the_example_is_empty_as_it_stands_and_right_when_uncommented() -> None:
    """The example can be copied as it is; with its fields taken in, all are known and well formed."""
    text = EXAMPLE.read_text(encoding="utf-8")
    assert read_identity("example", text) == Identity()
    head, tables = text.split("[reporter]", 1)
    assert head.startswith("#")
    whole = read_identity("example", "[reporter]" + tables.replace("\n# ", "\n"))
    assert whole.reporter.phone == "+8613800138000"
    assert whole.victim.ownership[0].kind == "login_video"
    assert whole.request.freeze_duration == Duration(6, "month")
    assert whole.incident.last_legitimate_use == date(2026, 1, 1)
    named = {line.split("=")[0].strip(" #") for line in text.splitlines() if line.startswith("# ") and " = " in line}
    assert {one.partition(".")[2] for one in FIELDS} - {"ownership"} <= named


def test_values_are_put_into_their_one_shape() -> None:
    """Numbers become E.164, countries capitals, and an action named twice stands once."""
    text = """
    [reporter]
    phone = "+41 44 668 18 00"
    country = "ch"
    [request]
    actions = ["preserve", "disclose", "preserve"]
    freeze_duration = "180 days"
    """
    found = read_identity("me.toml", text)
    assert (found.reporter.phone, found.reporter.country) == ("+41446681800", "CH")
    assert found.request.actions == ("preserve", "disclose")
    assert found.request.freeze_duration == Duration(180, "day")
    assert found.value("request.freeze_duration") == Duration(180, "day")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[reporter", "TOML"),
        ("[people]", "people"),
        ("reporter = 1", "reporter"),
        ('[reporter]\nnmae = "Li"', "reporter.nmae"),
        ("[reporter]\nname = 7", "reporter.name"),
        ('[reporter]\nemail = "li at example"', "reporter.email"),
        ('[reporter]\nphone = "138 0013 8000"', "reporter.phone"),
        ('[reporter]\nphone = "+1"', "reporter.phone"),
        ('[reporter]\ncountry = "China"', "reporter.country"),
        ('[reporter]\nrole = "friend"', "reporter.role"),
        ('[victim]\nid_document = "passport 123456789"', "victim.id_document"),
        ("[victim]\nownership = 1", "victim.ownership"),
        ("[victim]\nownership = [1]", "victim.ownership"),
        ('[[victim.ownership]]\nkind = "feeling"', "victim.ownership.kind"),
        ('[[victim.ownership]]\nsort = "other"', "victim.ownership.sort"),
        ('[incident]\ndiscovered_at = "2026-01-02"', "incident.discovered_at"),
        ("[incident]\ndiscovered_at = 2026-01-02T11:00:00", "incident.discovered_at"),
        ('[device]\nticket_numbers = "7"', "device.ticket_numbers"),
        ('[request]\nactions = ["seize"]', "request.actions"),
        ('[request]\nfreeze_duration = "for ever"', "request.freeze_duration"),
    ],
)
def test_what_is_not_as_it_should_be_is_named(text: str, named: str) -> None:
    """An error names file and field in both languages, so that it can be mended at once."""
    with pytest.raises(ConfigError) as failed:
        read_identity("me.toml", text)
    for lang in LANGUAGES:
        said = failed.value.say(words(lang))
        assert "me.toml" in said
        assert named in said


@pytest.mark.parametrize("secret", [MNEMONIC, f"private key {KEY}"])
def test_a_secret_is_refused_and_not_repeated(secret: str) -> None:
    """A mnemonic or key in the story of a victim stops everything, and the message does not hold it."""
    with pytest.raises(SecretRefused) as failed:
        read_identity("me.toml", f'[incident]\nwhat_happened = "they asked for {secret}"')
    assert secret.rsplit(maxsplit=1)[-1] not in str(failed.value)


def test_a_file_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    """An absent file is named."""
    with pytest.raises(ConfigError, match=r"absent\.toml"):
        load_identity(tmp_path / "absent.toml")


def test_nothing_personal_lies_in_a_case(tmp_path: Path) -> None:
    """A path within the case is refused, also through a link or `..`; one beside it is not."""
    case = tmp_path / "case"
    (case / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to(case)
    outside(case, tmp_path / "me.toml", tmp_path / "case-letters")
    for path in (case, case / "out", case / "inner" / ".." / "me.toml", tmp_path / "link" / "me.toml"):
        with pytest.raises(UsageError, match="persons"):
            outside(case, path)


def test_who_can_supply_a_field_depends_on_who_writes() -> None:
    """A lawyer's own data come from the lawyer, who also has to name the victim."""
    lawyer = read_identity("me.toml", '[reporter]\nrole = "lawyer"')
    found = dict(lawyer.missing(["reporter.email", "victim.name", "police.unit", "verified_by.organisation"]))
    assert found == {
        "reporter.email": "lawyer",
        "victim.name": "victim",
        "police.unit": "police",
        "verified_by.organisation": "verifier",
    }


def test_every_field_has_a_name_in_the_catalogue() -> None:
    """Papers name each field and each supplier in both languages."""
    assert {f"identity.{one}" for one in FIELDS} <= set(catalogue())
    assert {f"who.{one}" for one in SUPPLIERS} <= set(catalogue())
