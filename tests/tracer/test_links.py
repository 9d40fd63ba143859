"""Net links of one transaction: who paid whom once everything that merely passed through is joined."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chains.model import NATIVE, Transfer
from tests.tracer.one_transaction import WETH, ZERO, Leg, fee, legs
from tracer.links import Deltas, Link, deltas, link, link_deltas

Told = tuple[str, str, int, str, tuple[str, ...]]


def told(links: list[Link]) -> list[Told]:
    """Payer, receiver, units, asset as received, and the conduits between."""
    return [(one.payer, one.receiver, one.amount, one.got, one.via) for one in links]


def test_a_router_is_no_end() -> None:
    """What an address took in and paid out is joined, and the address is named between."""
    assert told(link(legs(("a", "router", 5, "T"), ("router", "b", 5, "T")))) == [("a", "b", 5, "T", ("router",))]


def test_a_chain_of_conduits_is_joined_whole() -> None:
    """Money that goes through several hands that keep nothing goes from the first to the last, and each is named."""
    found = link(legs(("a", "x", 5, "T"), ("x", "y", 5, "T"), ("y", "z", 5, "T"), ("z", "b", 5, "T")))
    assert told(found) == [("a", "b", 5, "T", ("x", "y", "z"))]


def test_a_refund_takes_back_its_own_payment() -> None:
    """Of what two paid together, what goes back to one is that one's, whatever the order of the legs."""
    found = link(legs(("a", "x", 5, "T"), ("c", "x", 5, "T"), ("x", "b", 7, "T"), ("x", "a", 3, "T")))
    assert {row[:3] for row in told(found)} == {("a", "b", 2), ("c", "b", 5)}


def test_a_refund_without_a_conduit_is_set_off() -> None:
    """What two addresses paid each other of one asset counts once, as the difference."""
    assert told(link(legs(("a", "pool", 9, "T"), ("pool", "a", 4, "T"), ("pool", "b", 1, "U")))) == [
        ("a", "pool", 5, "T", ()), ("pool", "b", 1, "U", ()),
    ]  # fmt: skip


def test_a_loan_within_the_transaction_cancels() -> None:
    """A flash loan leaves no link between lender and borrower; its fee is a payment to the lender."""
    rows = legs(
        ("lender", "user", 900, "T"), ("a", "user", 5, "T"), ("user", "lender", 900, "T"), ("user", "b", 5, "T")
    )
    assert told(link(rows)) == [("a", "b", 5, "T", ("user",))]
    rows = legs(
        ("lender", "user", 900, "T"), ("a", "user", 5, "T"), ("user", "lender", 902, "T"), ("user", "b", 3, "T")
    )
    assert {row[:4] for row in told(link(rows))} == {("a", "lender", 2, "T"), ("a", "b", 3, "T")}


def test_several_payers_are_served_in_order() -> None:
    """A disperser that several paid gives the first payer's units to the first receivers."""
    found = link(legs(("a", "x", 4, "T"), ("b", "x", 6, "T"), ("x", "c", 5, "T"), ("x", "d", 5, "T")))
    assert {row[:3] for row in told(found)} == {("a", "c", 4), ("b", "c", 1), ("b", "d", 5)}


def test_a_tax_on_transfer_is_paid_to_whoever_gets_it() -> None:
    """A token that sends part of each payment elsewhere leaves two links of the payer."""
    found = link(legs(("a", "b", 98, "T"), ("a", "collector", 2, "T")))
    assert told(found) == [("a", "b", 98, "T", ()), ("a", "collector", 2, "T", ())]


def test_who_keeps_some_keeps_it() -> None:
    """A drainer that keeps a part has that part, and passes the rest on."""
    found = link(legs(("a", "drainer", 10, "T"), ("drainer", "operator", 7, "T")))
    assert {row[:3] for row in told(found)} == {("a", "operator", 7), ("a", "drainer", 3)}


def test_who_adds_of_its_own_is_no_conduit() -> None:
    """An address that pays out more than it took in spends its own money; dust of a thousandth may be cleared."""
    assert ("x", "b", 20, "T", ()) in told(link(legs(("a", "x", 5, "T"), ("x", "b", 20, "T"))))
    assert {row[:2] for row in told(link(legs(("a", "x", 10_000, "T"), ("x", "b", 10_001, "T"))))} == {
        ("a", "b"), ("x", "b"),
    }  # fmt: skip


def test_an_owner_passes_on_one_asset_and_spends_another() -> None:
    """Known for an owner, somebody who sells one asset and sends the proceeds on is a conduit of these alone."""
    rows = legs(("owner", "pool", 10, "T"), ("pool", "owner", 3, "U"), ("owner", "b", 3, "U"))
    found = link(rows, owners=frozenset({"owner"}))
    assert told(found) == [("owner", "pool", 10, "T", ()), ("pool", "b", 3, "U", ("owner",))]


def test_mint_and_burn_are_the_tokens_own() -> None:
    """Units come from, and go to, the contract of the token, and the link says that they came to be or ceased."""
    minted, burnt = link(legs((ZERO, "a", 5, "T"), ("b", ZERO, 6, "U")))
    assert (minted.payer, minted.receiver, minted.minted, minted.burnt) == ("T", "a", True, False)
    assert (burnt.payer, burnt.receiver, burnt.minted, burnt.burnt) == ("b", "U", False, True)


def test_the_wrapped_coin_is_the_coin() -> None:
    """Wrapping leaves one link of the owner to itself that changed its form, and nothing at the wrapping contract."""
    (wrap,) = link(legs(("a", WETH, 5, "coin"), (ZERO, "a", 5, WETH)), wrapped=WETH)
    assert (wrap.payer, wrap.receiver, wrap.paid, wrap.got, wrap.turned) == ("a", "a", NATIVE, WETH, True)


def test_a_router_wraps_for_others() -> None:
    """Coin paid to a router that wraps it for a pool is the payer's coin and the pool's wrapped coin."""
    rows = legs(
        ("a", "router", 5, "coin"), ("router", WETH, 5, "call"), (ZERO, "router", 5, WETH), ("router", "pool", 5, WETH)
    )
    (one,) = link(rows, wrapped=WETH)
    assert (one.payer, one.receiver, one.paid, one.got) == ("a", "pool", NATIVE, WETH)
    assert "router" in one.via


def test_of_a_theft_everything_counts_in_full() -> None:
    """A victim is no conduit, and what comes back to it in the same transaction was taken all the same."""
    rows = legs(("victim", "thief", 10, "T"), ("thief", "victim", 4, "T"))
    found = link(rows, frozenset({"victim"}))
    assert sorted((one.receiver, one.amount) for one in found) == [("thief", 6), ("victim", 4)]
    assert sum(one.amount for one in found if one.payer == "victim") == 10


def test_fees_and_payments_to_oneself_are_left_out() -> None:
    """Fees are accounted for apart, and a payment to oneself moves nothing."""
    assert link(legs(fee("a", 3), ("a", "a", 5, "T"))) == []


def test_evidence_is_kept() -> None:
    """A link's first leg is the payer's own and its last the receiver's."""
    rows = legs(("a", "x", 5, "T"), ("x", "b", 5, "T"))
    (one,) = link(rows)
    assert (one.first, one.last) == (rows[0], rows[1])


NAMES = ("a", "b", "c", "d", "T", "U")
ASSETS = ("T", "U", "coin", "call")
anybody = st.sampled_from((*NAMES, ZERO))
moves = st.lists(
    st.tuples(anybody, anybody, st.integers(1, 40), st.sampled_from(ASSETS))
    .filter(lambda leg: leg[0] != leg[1])
    .filter(lambda leg: leg[3] in ("T", "U") or ZERO not in leg[:2]),
    max_size=9,
)  # fmt: skip


@given(moves, st.frozensets(st.sampled_from(NAMES), max_size=2))
def test_links_carry_exactly_the_net_deltas(some: list[Leg], owners: frozenset[str]) -> None:
    """Whatever moved, every address's gain and loss in every asset is the same in the links as in the legs."""
    assert link_deltas(link(legs(*some), owners=owners)) == deltas(legs(*some))


@given(moves, st.frozensets(st.sampled_from(NAMES), min_size=1, max_size=2))
def test_gross_changes_no_delta(some: list[Leg], gross: frozenset[str]) -> None:
    """Counting a victim's payments in full changes who paid whom and never what anybody gained."""
    assert link_deltas(link(legs(*some), gross)) == deltas(legs(*some))


person = st.sampled_from("abcd")
wraps = st.lists(
    st.one_of(
        st.tuples(person, person, st.integers(1, 40), st.sampled_from((WETH, "call"))),
        st.tuples(person, st.sampled_from(("wrap", "unwrap")), st.integers(1, 40), st.just("")),
    ),
    max_size=7,
)  # fmt: skip


def with_events(some: list[tuple[str, str, int, str]]) -> list[Transfer]:
    """Legs in which every wrapping and unwrapping has its call and its event."""
    found: list[Leg] = []
    for who, what, amount, asset in some:
        if what == "wrap":
            found += [(who, WETH, amount, "call"), (ZERO, who, amount, WETH)]
        elif what == "unwrap":
            found += [(who, ZERO, amount, WETH), (WETH, who, amount, "call")]
        elif who != what:
            found.append((who, what, amount, asset))
    return legs(*found)


@given(wraps)
def test_wrapping_loses_nothing(some: list[tuple[str, str, int, str]]) -> None:
    """With the coin and its wrapped form as one, each form's deltas are still exact, the contract's own left out."""
    rows = with_events(some)
    assert without(link_deltas(link(rows, wrapped=WETH)), WETH) == without(deltas(rows), WETH)


def without(found: Deltas, name: str) -> Deltas:
    """The deltas of everybody else."""
    return {who: held for who, held in found.items() if who != name}


@given(moves)
def test_conduits_keep_nothing(some: list[Leg]) -> None:
    """Whoever is named between two ends paid out no more than it took in, a thousandth aside."""
    rows = legs(*some)
    gained = deltas(rows)
    for one in link(rows):
        for node in one.via:
            came = sum(row.amount for row in rows if str(row.receiver) == node)
            assert all(units * 1000 >= -came for units in gained.get(node, {}).values())


@given(moves, st.permutations(NAMES))
def test_names_do_not_matter(some: list[Leg], others: list[str]) -> None:
    """Under other names the links are the same: nothing is decided by how an address or an asset is spelled."""
    new = dict(zip(NAMES, (f"n{name}" for name in others), strict=True)) | {ZERO: ZERO, "coin": "coin", "call": "call"}
    renamed = [(new[sender], new[receiver], amount, new[asset]) for sender, receiver, amount, asset in some]
    found = [(new[payer], new[receiver], amount) for payer, receiver, amount, _, _ in told(link(legs(*some)))]
    assert sorted(found) == sorted(row[:3] for row in told(link(legs(*renamed))))
