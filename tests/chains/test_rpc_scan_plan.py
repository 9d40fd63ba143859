"""Which way of reading is chosen, and what is learnt from having read."""

from __future__ import annotations

import pytest

from chains.rpc_scan_plan import ACCOUNTS, BLOCK_RECEIPTS, BLOCKS, TOPICS, TRACES, Costs, Limits, Work, expected


def work(blocks: int, tokens: int = 0, coins: int = 0, guarded: int = 0) -> Work:
    return Work(blocks, tokens + guarded, tokens, coins, guarded)


@pytest.mark.parametrize(
    ("todo", "plan"),
    [
        (work(1, tokens=1), TOPICS),
        (work(1, tokens=5_000), BLOCKS),
        (work(200, tokens=5_000), TOPICS),
        (work(200, tokens=100, coins=20), ACCOUNTS),
        (work(3, tokens=100, coins=20), TOPICS),
        (work(3, tokens=5_000, coins=5_000), BLOCKS),
    ],
)
def test_the_fewest_requests_win(todo: Work, plan: str) -> None:
    """Few addresses over many blocks go by address, many over few by block."""
    assert Costs().cheapest(todo, Limits(), ()) == plan


def test_what_a_node_lacks_is_not_chosen() -> None:
    """Without block receipts, or after a plan was tried in vain, another is taken; at last none."""
    todo = work(1, tokens=5_000)
    assert Costs().cheapest(todo, Limits(without={BLOCK_RECEIPTS}), ()) == TOPICS
    assert Costs().cheapest(todo, Limits(), (BLOCKS,)) == TOPICS
    assert Costs().cheapest(todo, Limits(), (BLOCKS, TOPICS)) is None


def test_balances_are_compared_where_calls_are_not_shown() -> None:
    """Without traces a block costs less, and a few addresses are asked at both ends."""
    blind = Limits(without=set(TRACES))
    assert expected(TOPICS, work(10, coins=5), Limits()) == 20
    assert expected(TOPICS, work(10, coins=5), blind) == 20
    assert expected(TOPICS, work(10, coins=500), blind) == 10


def test_what_a_plan_really_cost_counts() -> None:
    """A plan that needed ten times the requests is left, and tried again when everything is forgotten."""
    costs, limits, todo = Costs(), Limits(), work(30, tokens=10, coins=10)
    assert costs.cheapest(todo, limits, ()) == ACCOUNTS
    for _ in range(5):
        assert not costs.measured(ACCOUNTS, todo, limits, 420, 1)
    assert costs.cheapest(todo, limits, ()) == TOPICS
    forgot = [costs.measured(TOPICS, todo, limits, 62, 1) for _ in range(195)]
    assert forgot == [False] * 194 + [True]
    assert costs.cheapest(todo, limits, ()) == ACCOUNTS


def test_of_equal_plans_the_faster_is_taken() -> None:
    """Requests decide first, then measured time."""
    costs, limits, todo = Costs(), Limits(), work(1, tokens=1_000)
    assert expected(TOPICS, todo, limits) == expected(BLOCKS, todo, limits)
    costs.measured(TOPICS, todo, limits, 2, 900)
    costs.measured(BLOCKS, todo, limits, 2, 100)
    assert costs.cheapest(todo, limits, ()) == BLOCKS
