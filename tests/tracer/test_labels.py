"""Labels: what the pack holds, what holds where, which label wins, and what a user's file may say."""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains import evm_address, tron_address
from chains.model import Address, AssetId
from tracer.errors import ConfigError
from tracer.label_files import builtin_labels, load_labels, load_tokens, publishers, user_labels
from tracer.labels import CATEGORIES, KINDS, ROLES, STOPS, Label, LabelBook, is_burn, stop_reason, stopping

ROOT = Path(__file__).parents[2]
FACTS = ROOT.parent / "shared" / "labels"
SOME = Address("0x00000000219ab540356cbb839cbe05303d7705fa")
OTHER = Address("0x28c6c06298d514db089934071355e5743bf21d60")
TRON = Address("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")
PARSERS: dict[str, Callable[[str], Address]] = {"eip155": evm_address.parse, "tron": tron_address.parse}


def a_label(
    category: str = "exchange",
    *,
    chain: str = "eip155:1",
    entity: str = "Binance",
    confidence: int = 70,
    as_of: str = "2026-08-22",
    by_user: bool = False,
) -> Label:
    return Label(chain, SOME, entity, category, "a list", as_of, confidence, by_user)


labels = st.builds(
    a_label,
    st.sampled_from(CATEGORIES),
    chain=st.sampled_from(["eip155:1", "eip155:56", "eip155:*", "tron:mainnet"]),
    entity=st.sampled_from(["Binance", "OKX", "Lazarus Group"]),
    confidence=st.integers(0, 100),
    as_of=st.sampled_from(["", "2024", "2025-11-27", "2026-08-22"]),
    by_user=st.booleans(),
)


def test_every_row_of_the_pack_is_canonical_and_known() -> None:
    """Every built-in label has a valid address in its one spelling, a known category, a source and a date."""
    rows = list(builtin_labels())
    assert len(rows) > 3000
    for row in rows:
        assert PARSERS[row.chain.split(":")[0]](row.address) == row.address
        assert row.category in CATEGORIES
        assert row.source
        assert row.as_of[:2] == "20"
        assert 50 <= row.confidence <= 100
        assert row.entity.isprintable()
    assert rows == sorted(set(rows))


def test_every_listed_token_is_canonical() -> None:
    """Every listed token has a valid contract, plausible decimals, and an answer to whether it can be frozen."""
    tokens = load_tokens()
    for (chain, contract), token in tokens.rows.items():
        assert PARSERS[chain.split(":")[0]](contract) == str(contract)
        assert 0 <= token.decimals <= 18
        assert token.freezable in {"yes", "no", "unknown"}
        assert token.peg in {"", "USD"}


def test_tokens_are_known_by_contract_and_not_by_symbol() -> None:
    """USDT's own contracts are listed, stable and freezable; euro coins, synthetic dollars and others not."""
    tokens = load_tokens()
    usdt = tokens.of("eip155:1", AssetId("0xdac17f958d2ee523a2206206994597c13d831ec7"))
    assert usdt is not None
    assert (usdt.symbol, usdt.decimals, usdt.issuer, usdt.freezable) == ("USDT", 6, "Tether", "yes")
    assert usdt.freeze_function == "addBlackList(address)"
    assert tokens.stable("tron:mainnet", AssetId(TRON))
    assert not tokens.is_listed("eip155:56", AssetId("0xdac17f958d2ee523a2206206994597c13d831ec7"))
    assert not tokens.stable("eip155:1", AssetId("0x1abaea1f7c830bd89acc67ec4af516284b1bc33c"))
    assert not tokens.stable("eip155:1", AssetId("0x4c9edd5852cd905f086c759e8383e09bff1e68b3"))
    assert len(tokens.stables) == sum(token.peg == "USD" for token in tokens.rows.values())


def test_sanctions_of_the_past_and_freezes_are_not_called_sanctions() -> None:
    """Whatever the pack calls sanctioned is on the newest list read; older listings and issuer freezes say so."""
    for row in builtin_labels():
        if row.category == "sanctioned":
            assert row.entity.startswith("OFAC SDN")
            assert "historical" not in row.entity
        assert (row.category == "sanctioned_before") == ("historical" in row.entity)
        assert (row.category == "frozen") == (row.entity == "Stablecoin issuer blacklist")


@pytest.mark.shared
def test_the_pack_is_made_to_the_same_bytes(tmp_path: Path) -> None:
    """Running the script on the facts again gives exactly the committed files."""
    if not FACTS.is_dir():
        pytest.skip("the facts are not here")
    spec = importlib.util.spec_from_file_location("make_label_pack", ROOT / "docs" / "make_label_pack.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script.main(FACTS, tmp_path)
    for name in ("labels.csv", "tokens.csv"):
        assert (tmp_path / name).read_bytes() == (ROOT / "tracer" / "data" / name).read_bytes()


@pytest.mark.shared
def test_no_traced_fact_is_lost() -> None:
    """Every EVM and TRON fact with a valid address is in the pack; read apart from the script, by counting."""
    if not FACTS.is_dir():
        pytest.skip("the facts are not here")
    with (FACTS / "facts.csv").open(encoding="utf-8", newline="") as text:
        facts = [row for row in csv.DictReader(text) if row["chain"].split(":")[0] in PARSERS]
    wanted = {(row["chain"], row["address"].lower()) for row in facts}
    assert wanted == {(row.chain, row.address.lower()) for row in builtin_labels()}


def test_a_wildcard_holds_on_evm_chains_only() -> None:
    """A label of eip155:* holds on any EVM chain and on nothing else."""
    book = LabelBook.of_labels([a_label("sanctioned", chain="eip155:*", confidence=100)])
    assert book.of("eip155:8453", SOME, is_contract=True)
    assert book.of("eip155:1", SOME, is_contract=None)
    assert not book.of("tron:mainnet", SOME, is_contract=None)
    assert not book.of("eip155:1", OTHER, is_contract=None)


@pytest.mark.parametrize(("is_contract", "confidence"), [(False, 56), (None, 42)])
def test_an_exchange_wallet_counts_on_other_chains_with_less_confidence(
    is_contract: bool | None, confidence: int
) -> None:
    """The label holds on another EVM chain, weaker, saying why, and weaker still when nobody looked for code."""
    book = LabelBook.of_labels([a_label(confidence=70)])
    (label,) = book.of("eip155:56", SOME, is_contract=is_contract)
    assert label.confidence == confidence
    assert "eip155:1" in label.assumed
    assert ("not known" in label.assumed) == (is_contract is None)
    assert stop_reason(label) == "exchange"


def test_what_does_not_carry_over_to_other_chains() -> None:
    """Neither a contract's label, nor a label that is not an exchange's, nor one from or to TRON, carries over."""
    exchange = LabelBook.of_labels([a_label()])
    assert not exchange.of("eip155:56", SOME, is_contract=True)
    assert not exchange.of("tron:mainnet", SOME, is_contract=False)
    assert not LabelBook.of_labels([a_label(chain="tron:mainnet")]).of("eip155:1", SOME, is_contract=False)
    for category in ("mixer", "bridge", "hack", "sanctioned"):
        assert not LabelBook.of_labels([a_label(category)]).of("eip155:56", SOME, is_contract=False)


def test_a_single_list_does_not_stop_a_trace_on_a_chain_it_never_named_unseen() -> None:
    """One list's word (50) about another chain stops a trace only where the address is known to be no contract."""
    book = LabelBook.of_labels([a_label(confidence=50)])
    assert stopping(book.of("eip155:56", SOME, is_contract=None)) is None
    assert stopping(book.of("eip155:56", SOME, is_contract=False)) is not None


def test_a_label_said_of_this_chain_replaces_the_assumed_one() -> None:
    """Where this chain has the same entity's label itself, the other chains' copies are not shown again."""
    book = LabelBook.of_labels([a_label(), a_label(chain="eip155:56"), a_label(chain="eip155:10", confidence=90)])
    (only,) = book.of("eip155:56", SOME, is_contract=None)
    assert only.assumed == ""
    (best,) = book.of("eip155:137", SOME, is_contract=None)
    assert best.chain == "eip155:10"


@given(st.lists(labels, max_size=8), st.sampled_from(["eip155:1", "eip155:137"]), st.sampled_from([None, True, False]))
def test_order_is_the_same_whatever_the_order_of_reading(
    rows: list[Label], chain: str, is_contract: bool | None
) -> None:
    """The answer does not depend on the order of the lists, the user's word on this chain is first, and all is kept."""
    book = LabelBook.of_labels(rows).of(chain, SOME, is_contract=is_contract)
    assert book == LabelBook.of_labels(reversed(rows)).of(chain, SOME, is_contract=is_contract)
    said = [row for row in rows if row.chain in (chain, "eip155:*")]
    assert sorted(row for row in book if not row.assumed) == sorted(said)
    if any(row.by_user for row in said):
        assert book[0].by_user
    assert all(row.confidence <= 80 for row in book if row.assumed)


def test_contradicting_labels_are_kept_best_first() -> None:
    """The user's word first, then who it is before what befell it, then confidence, then the newer."""
    rows = [
        a_label("other", entity="mine", by_user=True, confidence=1),
        a_label("exchange", entity="by two", confidence=70),
        a_label("exchange", entity="newer", confidence=50, as_of="2026-08-22"),
        a_label("exchange", entity="older", confidence=50, as_of="2022-02-20"),
        a_label("exchange", entity="undated", confidence=50, as_of=""),
        a_label("hack", entity="thief", confidence=100),
        a_label("frozen", entity="frozen", confidence=100),
    ]
    book = LabelBook.of_labels(reversed(rows))
    found = book.of("eip155:1", SOME, is_contract=None)
    assert [row.entity for row in found] == ["mine", "by two", "newer", "older", "undated", "thief", "frozen"]


@pytest.mark.parametrize(
    ("category", "reason"),
    [
        ("exchange", "exchange"),
        ("exchange_hot", "exchange"),
        ("exchange_cold", "exchange"),
        ("exchange_deposit", "exchange_deposit"),
        ("mixer", "mixer"),
        ("bridge", "bridge"),
        ("gambling", "service"),
        ("payment", "service"),
        ("otc", "service"),
        ("dex", None),
        ("guarantee_market", "service"),
        ("instant_exchanger", "service"),
        ("service", "service"),
        ("sanctioned", None),
        ("sanctioned_before", None),
        ("frozen", None),
        ("hack", None),
        ("stablecoin_issuer", None),
        ("other", None),
    ],
)
def test_stop_reasons(category: str, reason: str | None) -> None:
    """Pots of many people's coins end a trace; marks do not, and a confidence below 40 never does."""
    assert stop_reason(a_label(category, confidence=40)) == reason
    assert stop_reason(a_label(category, confidence=39)) is None


def test_every_category_was_decided() -> None:
    """No category is without a decision on whether it ends a trace: the stops are all categories too."""
    assert set(STOPS) < set(CATEGORIES)
    assert len(CATEGORIES) == 19


def test_a_sanctioned_exchange_still_ends_the_trace() -> None:
    """A mark in front of a stop does not hide it."""
    book = LabelBook.of_labels([a_label("sanctioned", confidence=100), a_label("exchange", confidence=70)])
    found = stopping(book.of("eip155:1", SOME, is_contract=None))
    assert found is not None
    assert found.category == "exchange"


def test_an_exchange_that_is_as_credibly_a_thief_is_no_stop() -> None:
    """The exchange's label must be the more credible one to end a trace; a mixer's need not be."""
    for exchange, thief, stops in ((50, 50, False), (50, 70, False), (70, 50, True)):
        book = LabelBook.of_labels([a_label(confidence=exchange), a_label("hack", confidence=thief)])
        assert bool(stopping(book.of("eip155:1", SOME, is_contract=None))) == stops
    mixer = LabelBook.of_labels([a_label("mixer", confidence=50), a_label("hack", confidence=70)])
    assert stopping(mixer.of("eip155:1", SOME, is_contract=None))


def test_the_cryptopia_thiefs_wallets_do_not_end_a_trace() -> None:
    """Real case: one list calls the thief's wallet Cryptopia, another a hack; Tornado Cash and Binance still stop."""
    book = load_labels()
    reasons = {
        "0x3b46c790ff408e987928169bd1904b6d71c00305": None,
        "0xd90e2f925da726b50c4ed8d0fb90ad053324f31b": "mixer",
        "0x28c6c06298d514db089934071355e5743bf21d60": "exchange",
    }
    for address, reason in reasons.items():
        found = stopping(book.of("eip155:1", Address(address), is_contract=None))
        assert (stop_reason(found) if found else None) == reason


def test_the_user_decides_whether_a_trace_ends() -> None:
    """A user's label on the address outranks the built-in stop, in both directions."""
    through = LabelBook.of_labels([a_label(), a_label("other", by_user=True)])
    assert stopping(through.of("eip155:1", SOME, is_contract=None)) is None
    stop = LabelBook.of_labels([a_label("hack"), a_label("mixer", by_user=True)])
    found = stopping(stop.of("eip155:1", SOME, is_contract=None))
    assert found is not None
    assert found.by_user


def test_a_self_chosen_name_is_no_label(tmp_path: Path) -> None:
    """A name that anybody can register for an address is refused, with its line; a company with a dot in it is not."""
    path = tmp_path / "mine.csv"
    path.write_text(f"{GOOD}eip155:1,{SOME},Crypto.com,exchange\neip155:1,{SOME},vitalik.eth,exchange\n")
    with pytest.raises(ConfigError, match=r"line 3.*vitalik\.eth"):
        user_labels(path)


def test_a_label_holds_only_in_its_time() -> None:
    """A label that ended before the case began, or began after it ended, decides nothing; it is still said."""
    ended = a_label("sanctioned")._replace(valid_to="2024-05-01")
    begun = a_label("exchange")._replace(valid_from="2026-01-01")
    book = LabelBook.of_labels([ended, begun])
    book.span = ("2024-05-02", "2025-12-31")
    assert not book.of("eip155:1", SOME, is_contract=None)
    assert set(book.said(SOME)) == {ended, begun}
    book.span = ("2024-05-01", "2026-01-01")
    assert len(book.of("eip155:1", SOME, is_contract=None)) == 2


def test_rank_of_source_resolves_a_conflict() -> None:
    """Of two names for one address the one with the more credible kind of source is shown, whatever the confidences."""
    rows = [
        a_label(entity="OKX", confidence=70),
        a_label(entity="Binance", confidence=60)._replace(kind="self_published"),
    ]
    found = LabelBook.of_labels(rows).of("eip155:1", SOME, is_contract=None)
    assert [one.entity for one in found] == ["Binance", "OKX"]


def test_every_source_of_the_pack_can_be_read_up() -> None:
    """Each source named by a built-in label has a publisher with an address, a licence and a known kind."""
    for row in builtin_labels():
        names = [name.strip() for name in row.source.split(";")]
        assert all(name in publishers() or name.startswith("commit ") for name in names), row
        assert row.url.startswith("https://")
        assert row.checked
        assert row.kind in KINDS
        assert row.role in ROLES
    assert all(one.licence for one in publishers().values())


def test_burn_addresses() -> None:
    """The addresses nobody holds a key to are known on both families, and an ordinary one is not among them."""
    for text in ("0x" + "0" * 40, "0x" + "0" * 36 + "dead", "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"):
        assert is_burn(Address(text))
    assert not is_burn(SOME)
    assert tron_address.parse("0x" + "0" * 40) == "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"
    assert tron_address.parse("TLsV52sRDL79HXGGm9yzwKibb6BeruhUzy")


def test_a_users_file_is_read(tmp_path: Path) -> None:
    """Columns in any order, quoted commas, Excel's byte order mark and blank lines; addresses become canonical."""
    path = tmp_path / "mine.csv"
    path.write_text(
        "address,chain,category,entity,confidence,source,as_of,role,kind,url,checked,valid_from,valid_to\r\n"
        f'0x00000000219ab540356cBB839Cbe05303d7705Fa,eip155:*,exchange_hot,"Foo, Inc.",55,letter of Foo,2026-11-01'
        ",,self_published,https://foo.example/,2026-11-02,2020-01-01,2027\r\n"
        "\r\n"
        f"{TRON},tron:mainnet,other,我的地址,,,,,,,,,\r\n",
        encoding="utf-8-sig",
    )
    book = load_labels([path])
    (first,) = book.of("eip155:10", SOME, is_contract=True)
    assert first == Label(
        "eip155:*",
        SOME,
        "Foo, Inc.",
        "exchange_hot",
        "letter of Foo",
        "2026-11-01",
        55,
        by_user=True,
        role="hot",
        kind="self_published",
        url="https://foo.example/",
        checked="2026-11-02",
        valid_from="2020-01-01",
        valid_to="2027",
    )
    second = book.of("tron:mainnet", TRON, is_contract=True)[0]
    assert (second.entity, second.source, second.as_of, second.confidence) == (
        "我的地址",
        "user file mine.csv",
        "",
        100,
    )


GOOD = "chain,address,entity,category\n"


@pytest.mark.parametrize(
    ("text", "line", "cause"),
    [
        ("", 1, "missing: chain, address, entity, category"),
        ("chain,address,entity\n", 1, "missing: category"),
        (f"{GOOD[:-1]},colour\n", 1, "unknown column 'colour'"),
        (f"{GOOD[:-1]},chain\n", 1, "named twice"),
        (f"{GOOD}eip155:1,{SOME},Foo\n", 2, "expected 4 values, found 3"),
        (f"{GOOD}eip155:1,{SOME},Foo, Inc.,exchange\n", 2, "expected 4 values, found 5"),
        (
            f"{GOOD}eip155:1,{SOME},Foo,exchange\neip155:1,{SOME},Foo,casino\n",
            3,
            "unknown category 'casino'; known: ex",
        ),
        (f"{GOOD}eip155:1,{SOME[:-1]},Foo,exchange\n", 2, "is not an address on eip155:1: expected 0x and 40"),
        (
            f"{GOOD}tron:mainnet,{TRON[:-1]}u,Foo,exchange\n",
            2,
            "is not an address on tron:mainnet: the checksum is wrong",
        ),
        (f"{GOOD}ethereum,{SOME},Foo,exchange\n", 2, "unknown chain 'ethereum'; write eip155:1"),
        (f"{GOOD}eip155:1,{SOME},,exchange\n", 2, "the entity is empty"),
        (f"{GOOD[:-1]},as_of\neip155:1,{SOME},Foo,exchange,22/08/2026\n", 2, "is not a date"),
        (f"{GOOD[:-1]},confidence\neip155:1,{SOME},Foo,exchange,101\n", 2, "is not a whole number from 0 to 100"),
        (f"{GOOD[:-1]},confidence\neip155:1,{SOME},Foo,exchange,-1\n", 2, "is not a whole number from 0 to 100"),
        (f'{GOOD}eip155:1,{SOME},"Foo" x,exchange\n', 2, "expected after"),
    ],
)
def test_a_wrong_row_is_an_error_that_names_it(tmp_path: Path, text: str, line: int, cause: str) -> None:
    """Nothing is skipped silently: the file, the line, the cause and the next step are named."""
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        user_labels(path)
    assert f"mine.csv, line {line}: " in str(caught.value)
    assert cause in str(caught.value)
    assert "Correct this line" in str(caught.value)


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """A missing file and one in another encoding are errors with a next step."""
    with pytest.raises(ConfigError, match="cannot be read"):
        user_labels(tmp_path / "none.csv")
    path = tmp_path / "gbk.csv"
    path.write_bytes("chain,address,entity,category\n币安".encode("gbk"))
    with pytest.raises(ConfigError, match="CSV UTF-8"):
        user_labels(path)
