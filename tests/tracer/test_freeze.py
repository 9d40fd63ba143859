"""How contracts are asked about a freeze and what their answers mean: "no" only where a contract clearly says no."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from chains.model import Address, Asset, AssetId
from chains.tron_address import from_hex
from tracer.freeze import (
    CONFIRMED,
    COUNT,
    DESTROY,
    FREEZE,
    LIFT,
    LIST,
    MADE,
    OWNER,
    PROPOSED,
    REQUIRED,
    Answer,
    Proposal,
    Proposals,
    Resting,
    action_in,
    checks,
    has_proposals,
    number_in,
    number_of,
    numbers_in,
    owner_in,
    question,
    row_of,
)
from tracer.label_files import load_tokens
from tracer.labels import Token
from tracer.result import FreezeRow
from tracer.words import translated, words

ETHEREUM, TRON = "eip155:1", "tron:mainnet"
LISTED = load_tokens()
USDT = LISTED.rows[ETHEREUM, AssetId("0xdac17f958d2ee523a2206206994597c13d831ec7")]
TRON_USDT = LISTED.rows[TRON, AssetId("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")]
USDC = LISTED.rows[ETHEREUM, AssetId("0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48")]
EITHER = LISTED.rows["eip155:137", AssetId("0xc2132d05d31c914a87c6611c10748aeb04b58e8f")]
PEGGED = LISTED.rows["eip155:56", AssetId("0x55d398326f99059ff775485246999027b3197955")]
BRIDGED = LISTED.rows["eip155:137", AssetId("0x2791bca1f2de4661ed88a30c99a7a9449aa84174")]
UNSURE = LISTED.rows["eip155:8453", AssetId("0xfde4c96c8593536e31f229ea8f37b2ada2699bb2")]
NO_CHECK = LISTED.rows[ETHEREUM, AssetId("0x8d0d000ee44948fc98c9b98a4fa4921476f08b0d")]

HOLDER, WALLET = Address("0x" + "b2" * 20), Address("0x" + "c3" * 20)
YES, NO, NOTHING = Answer(f"0x{1:064x}", 7), Answer(f"0x{0:064x}", 7), Answer("0x", 7)
FAILED, ODD = Answer("", trouble="nobody answered"), Answer(f"0x{2:064x}", 7)
OLD, NEW = "isBlackListed(address)", "isBlocked(address)"
QUIET = Proposals(WALLET, 2, {}, ())


def resting(token: Token, who: Address = HOLDER) -> Resting:
    """An address with some of a token."""
    return Resting(token.chain, who, Asset(token.chain, token.contract, token.symbol, token.decimals))


def judged(token: Token, *said: Answer, proposals: Proposals | None = QUIET, who: Address = HOLDER) -> FreezeRow:
    """The row where the token's check functions answer so."""
    return row_of(resting(token, who), token, dict(zip(checks(token), said, strict=True)), proposals)


def proposing(*found: Proposal, who: Address = HOLDER, needed: int = 2, unread: tuple[str, ...] = ()) -> Proposals:
    """A wallet with proposals about one address."""
    return Proposals(WALLET, needed, {number_of(who): found}, unread)


def proposal(token: Token, function: str, argument: int, *, done: bool = False, to: int | None = None) -> Answer:
    """What ``transactions(n)`` of a wallet answers."""
    data = keccak(text=function)[:4] + argument.to_bytes(32, "big")
    destination = number_of(token.contract) if to is None else to
    return Answer("0x" + encode(["uint256", "uint256", "bytes", "bool"], [destination, 0, data, done]).hex())


PUBLISHED = {
    OWNER: "0x8da5cb5b",
    REQUIRED: "0xdc8452cd",
    MADE: "0xb77bf600",
    COUNT: "0x54741525",
    LIST: "0xa8abe69a",
    PROPOSED: "0x9ace38c2",
    CONFIRMED: "0x8b51d13f",
    FREEZE: "0x0ecb93c0",
    DESTROY: "0xf3bdc228",
    LIFT: "0xe4997dc5",
    OLD: "0xe47d6060",
    NEW: "0xfbac3951",
    "isBlacklisted(address)": "0xfe575a87",
    "isFrozen(address)": "0xe5839836",
}
"""Selectors as published for these functions (domain reference 9.7, the token list, and other tools' tables)."""


def test_every_selector_is_the_published_one() -> None:
    """A wrong selector would ask something else; those of the token list are the ones that are asked too."""
    for function, selector in PUBLISHED.items():
        assert question(function) == selector == "0x" + keccak(text=function)[:4].hex()
    for token in LISTED.rows.values():
        assert set(checks(token)) <= set(PUBLISHED)
        if token.check_selector:
            assert [question(function) for function in checks(token)] == [token.check_selector]


def test_questions_are_spelled_as_contracts_read_them() -> None:
    """Selector and arguments of 32 bytes each; a TRON address loses its prefix and its checksum."""
    assert question(OLD, number_of(HOLDER)) == "0xe47d6060" + "0" * 24 + "b2" * 20
    assert number_of(from_hex(HOLDER)) == number_of(HOLDER) == int("b2" * 20, 16)
    assert question("getTransactionIds(uint256,uint256,bool,bool)", 5, 25, 1, 0) == "0xa8abe69a" + "".join(
        f"{number:064x}" for number in (5, 25, 1, 0)
    )


def test_the_token_list_says_how_to_ask_of_every_freezable_token() -> None:
    """Each has one function or two to try, but for those that nobody has verified; other text is no function."""
    silent = {token.symbol for token in LISTED.rows.values() if token.freezable == "yes" and not checks(token)}
    assert silent == {"USD1", "FDUSD"}
    assert checks(EITHER) == (NEW, OLD)
    assert checks(USDT._replace(check_function="look at their site")) == ()


def test_only_tethers_older_family_is_asked_for_proposals() -> None:
    """USDT on Ethereum and TRON and the euro of the same code; not the newer contracts, and no other issuer's."""
    asked = {(token.chain, token.symbol) for token in LISTED.rows.values() if has_proposals(token)}
    assert asked == {(ETHEREUM, "USDT"), (ETHEREUM, "EURT"), (TRON, "USDT")}


@pytest.mark.parametrize(
    ("said", "frozen"),
    [((YES,), "yes"), ((NO,), "no"), ((NOTHING,), "unknown"), ((FAILED,), "unknown"), ((ODD,), "unknown")],
)
def test_only_a_clear_answer_is_one(said: tuple[Answer, ...], frozen: str) -> None:
    """One is yes, nil is no; a refusal, a failure and any other number are unknown, with the reason."""
    row = judged(USDT, *said)
    assert (row.frozen, row.at) == (frozen, None if frozen == "unknown" else 7)
    assert bool(row.why) == (frozen == "unknown")


@pytest.mark.parametrize(
    "data", ["0x0", "0x" + "0" * 63, "0x" + "0" * 65, "0x" + "0" * 128, "0" * 64, "", "0x" + "g" * 64]
)
def test_an_answer_of_another_size_is_unknown(data: str) -> None:
    """Nothing but exactly 32 bytes is a number, however many of them are nil."""
    assert number_in(Answer(data)) is None
    assert judged(USDT, Answer(data)).frozen == "unknown"


@pytest.mark.parametrize(
    ("new", "old", "frozen"),
    [
        (NO, NOTHING, "no"),
        (NOTHING, NO, "no"),
        (NO, NO, "no"),
        (YES, NOTHING, "yes"),
        (NO, YES, "yes"),
        (FAILED, YES, "yes"),
        (NO, FAILED, "unknown"),
        (NO, ODD, "unknown"),
        (NOTHING, NOTHING, "unknown"),
        (NOTHING, FAILED, "unknown"),
    ],
)
def test_of_two_functions_the_one_that_answers_counts(new: Answer, old: Answer, frozen: str) -> None:
    """Where the list is not sure, a function that is not there does not count, and one that could not be asked does."""
    assert judged(EITHER, new, old, proposals=None).frozen == frozen


def test_a_height_is_told_only_where_it_is_the_height_of_all() -> None:
    """Two functions read at two moments are true for neither block."""
    assert judged(EITHER, NO, NO, proposals=None).at == 7
    for at in (None, 8):
        assert judged(EITHER, NO, NO._replace(at=at), proposals=None).at is None


def test_pegged_and_bridged_tokens_have_another_issuer() -> None:
    """The list's stand-ins cannot be frozen by the original's issuer, and who controls them is named."""
    for token in (PEGGED, BRIDGED):
        row = row_of(resting(token), token, {}, None)
        assert (row.can, row.frozen, row.proposed, row.issuer) == ("no", "no", "no", token.issuer)
        assert token.issuer in row.why[0]
        assert "original issuer cannot freeze it" in row.why[0]
    assert row_of(resting(PEGGED), PEGGED, {}, None).why[-1].endswith("ask Binance")
    own = [token for token in LISTED.rows.values() if token.issuer in ("Tether", "Circle", "Paxos", "MakerDAO")]
    assert not any("original issuer" in said for token in own for said in row_of(resting(token), token, {}, None).why)


def test_what_is_not_known_of_a_token_is_said() -> None:
    """A token whose freezing is not established, one without a known check, and one that nobody lists: all unknown."""
    row = row_of(resting(UNSURE), UNSURE, {}, None)
    assert (row.can, row.frozen, row.proposed) == ("unknown", "unknown", "unknown")
    row = row_of(resting(NO_CHECK), NO_CHECK, {}, None)
    assert (row.can, row.frozen) == ("yes", "unknown")
    assert row.why[0].startswith("no function is known")
    row = row_of(resting(USDT), None, {}, None)
    assert (row.can, row.frozen, row.proposed, row.issuer) == ("unknown", "unknown", "unknown", "")


def test_where_no_place_for_proposals_is_known_none_is_denied() -> None:
    """Circle's freezes cannot be seen coming: unknown, which goes without saying once it is frozen."""
    row = judged(USDC, NO, proposals=None)
    assert (row.proposed, len(row.why)) == ("unknown", 1)
    assert judged(USDC, YES, proposals=None).why == ()
    assert judged(USDT, YES, proposals=proposing(unread=("older ones",))).why == ()


def test_an_open_proposal_is_told_with_its_confirmations() -> None:
    """The one nearest to being carried out, of those to freeze or destroy; another address's is nobody else's."""
    found = proposing(Proposal(3, FREEZE, 2), Proposal(4, FREEZE, 1), Proposal(2, FREEZE, 2), needed=3)
    row = judged(USDT, NO, proposals=found)
    assert (row.proposed, row.proposal, row.confirmed, row.needed) == ("yes", f"{WALLET} #3", 2, 3)
    assert judged(USDT, NO, proposals=found, who=WALLET).proposed == "no"
    row = judged(USDT, YES, proposals=proposing(Proposal(3, DESTROY, 1)))
    assert (row.frozen, row.proposed, row.why) == ("yes", "yes", ("the proposal is to destroy the units frozen there",))


def test_a_proposal_to_lift_a_freeze_is_no_proposal_to_freeze() -> None:
    """It is told as a sentence, and the address counts as frozen until it is carried out."""
    row = judged(USDT, YES, proposals=proposing(Proposal(3, LIFT, 1)))
    assert (row.frozen, row.proposed, row.proposal) == ("yes", "no", "")
    assert row.why == (f"it is proposed to lift the freeze: {WALLET} #3",)


def test_what_was_not_read_of_a_wallet_leaves_no_denial() -> None:
    """Where proposals were left out none is denied; one that was found stands all the same."""
    left = ("older ones",)
    row = judged(USDT, NO, proposals=proposing(unread=left))
    assert (row.proposed, row.why) == ("unknown", left)
    row = judged(USDT, NO, proposals=proposing(Proposal(3, FREEZE, None), unread=left))
    assert (row.proposed, row.confirmed, row.needed) == ("yes", 0, 0)
    assert row.why == ("it could not be read how many confirmations the proposal has",)


@pytest.mark.parametrize("token", [USDT, TRON_USDT])
@pytest.mark.parametrize("function", [FREEZE, DESTROY, LIFT])
def test_proposals_are_read_as_the_token_would(token: Token, function: str) -> None:
    """The address is the low 20 bytes, with TRON's prefix before it or not; only of this token and only while open."""
    who = number_of(HOLDER)
    assert action_in(proposal(token, function, who), token) == (function, who)
    assert action_in(proposal(token, function, (0x41 << 160) | who), token) == (function, who)
    assert action_in(proposal(token, function, who, done=True), token) is None
    assert action_in(proposal(token, function, who, to=number_of(WALLET)), token) is None
    assert action_in(proposal(token, "issue(uint256)", who), token) is None
    cut = keccak(text=function)[:4] + bytes(31)
    fields = [number_of(token.contract), 0, cut, False]
    short = Answer("0x" + encode(["uint256", "uint256", "bytes", "bool"], fields).hex())
    assert action_in(short, token) is None


def test_an_answer_that_is_no_proposal_is_not_passed_over() -> None:
    """Cut, empty or of another shape, it raises, so that it counts among those not read."""
    whole = proposal(USDT, FREEZE, number_of(HOLDER)).data
    far = "0x" + "0" * 128 + "f" * 64 + "0" * 64
    for data in ("0x", "", whole[:-70], whole[:-1], "0x" + "f" * 512, far, f"0x{1:064x}"):
        with pytest.raises(ValueError, match="MultiSigWallet"):
            action_in(Answer(data), USDT)


def test_lists_of_numbers_are_ascending_or_none() -> None:
    """A list that is padded with nils, falls, repeats, or is longer than it says or the answer is, is none."""

    def listed(*numbers: int) -> Answer:
        return Answer("0x" + encode(["uint256[]"], [numbers]).hex())

    assert numbers_in(listed(0, 3, 9)) == [0, 3, 9]
    assert numbers_in(listed()) == []
    for answer in (listed(3, 0), listed(3, 3), listed(0, 0), NOTHING, FAILED, YES, Answer(listed(1, 2).data[:-64])):
        assert numbers_in(answer) is None
    assert numbers_in(Answer(f"0x{32:064x}{2**255:064x}")) is None


def test_an_owner_is_an_address_or_nobody() -> None:
    """In the token's chain's spelling; nil and anything longer than an address is nobody."""
    word = number_of(HOLDER)
    assert owner_in(Answer(f"0x{word:064x}"), USDT) == HOLDER
    assert owner_in(Answer(f"0x{word:064x}"), TRON_USDT) == from_hex(HOLDER)
    assert owner_in(Answer(f"0x{(0x41 << 160) | word:064x}"), TRON_USDT) == from_hex(HOLDER)
    for answer in (NO, NOTHING, FAILED, Answer("0x" + "f" * 64)):
        assert owner_in(answer, USDT) is None


@given(st.lists(st.binary(max_size=200).map(lambda raw: Answer("0x" + raw.hex(), 7)), min_size=2, max_size=2))
def test_whatever_is_answered_no_is_said_only_for_a_word_of_nils(said: list[Answer]) -> None:
    """No bytes break the reading, and "not frozen" needs 32 bytes of nil."""
    row = judged(EITHER, *said, proposals=None)
    if row.frozen == "no":
        assert NO.data in [answer.data for answer in said]
    for answer in said:
        numbers_in(answer)
        try:
            action_in(answer, USDT)
        except ValueError:
            continue


def test_every_sentence_of_a_row_is_there_in_chinese() -> None:
    """What a row says in a sentence is recognised and turned into the reader's language."""
    rows = [
        judged(USDT, FAILED, proposals=proposing(Proposal(3, LIFT, 1), Proposal(3, DESTROY, None))),
        judged(EITHER, ODD, NOTHING, proposals=None),
        row_of(resting(PEGGED), PEGGED, {}, None),
        row_of(resting(UNSURE), UNSURE, {}, None),
        row_of(resting(USDT), None, {}, None),
    ]
    for why in (why for row in rows for why in row.why):
        assert any("\u4e00" <= sign <= "\u9fff" for sign in translated(why, words("zh"))), why
