"""Maximum flow: what the oracle says, compiled or interpreted, on small numbers and large ones, from any flow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer import maxflow
from tracer.maxflow import INTERPRETED, LIMIT, Arc, Residual, compiled

NODES = 7


@pytest.fixture
def _always_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even the smallest graph is worth compiling, and that is done before anything is timed."""
    compiled()
    monkeypatch.setattr(maxflow, "WORTH_COMPILING", 0)


@pytest.fixture
def _afresh() -> Iterator[None]:
    """What was compiled is forgotten before and after."""
    compiled.cache_clear()
    yield
    compiled.cache_clear()


def arcs(most: int) -> st.SearchStrategy[list[Arc]]:
    ends = st.integers(0, NODES - 1)
    return st.lists(
        st.builds(Arc, ends, ends, st.one_of(st.integers(0, 9), st.integers(0, most)), st.just(0)), max_size=25
    )


def oracle(graph: list[Arc]) -> int:
    """The maximum flow from node 0 to node 1 as NetworkX finds it."""
    plain: nx.DiGraph[int] = nx.DiGraph()
    plain.add_nodes_from(range(NODES))
    for tail, head, capacity, _ in graph:
        before = plain.edges[tail, head]["capacity"] if plain.has_edge(tail, head) else 0
        plain.add_edge(tail, head, capacity=before + capacity)
    return int(nx.maximum_flow_value(plain, 0, 1))


@given(arcs(2**300))
def test_the_flow_is_the_largest_there_is(graph: list[Arc]) -> None:
    """The value equals the oracle's, with amounts of any size, and nothing more fits afterwards."""
    residual = Residual(NODES, graph)
    assert residual.augment(0, 1) == oracle(graph)
    assert residual.augment(0, 1) == 0


@pytest.mark.usefixtures("_always_compiled")
@given(arcs(10**15))
def test_compiled_and_interpreted_agree(graph: list[Arc]) -> None:
    """Machine code and interpreter leave the same room in every slot."""
    quick, plain = Residual(NODES, graph), Residual(NODES, graph)
    left = sum(plain.room[: plain.first[1]])
    assert quick.augment(0, 1) == plain._sent(INTERPRETED, 0, 1, left) == oracle(graph)
    assert list(quick.room) == list(plain.room)


@given(arcs(2**80))
def test_a_flow_keeps_to_its_arcs(graph: list[Arc]) -> None:
    """No arc carries more than its capacity or less than nothing, and what enters a node leaves it."""
    residual = Residual(NODES, graph)
    sent = residual.augment(0, 1)
    balance = [0] * NODES
    for place, (tail, head, capacity, _) in enumerate(graph):
        assert 0 <= residual.flow(place) <= capacity
        balance[tail] -= residual.flow(place)
        balance[head] += residual.flow(place)
    assert balance == [-sent, sent, *([0] * (NODES - 2))]


@given(arcs(2**80), st.data())
def test_any_flow_is_a_beginning(graph: list[Arc], data: st.DataObject) -> None:
    """Started from a part of the way, with arcs that were closed then, it ends where it would have ended anyway."""
    narrower = [arc._replace(capacity=data.draw(st.integers(0, arc.capacity))) for arc in graph]
    first = Residual(NODES, narrower)
    sent = first.augment(0, 1)
    second = Residual(NODES, [arc._replace(flow=first.flow(place)) for place, arc in enumerate(graph)])
    assert sent + second.augment(0, 1) == oracle(graph)


def test_an_arc_can_be_set_anew() -> None:
    """A gate that is closed lets nothing through; opened, it lets through what it is said to."""
    residual = Residual(3, [Arc(0, 2, 9), Arc(2, 1, 9)])
    residual.set(1, 0)
    assert residual.augment(0, 1) == 0
    residual.set(1, 4)
    assert residual.augment(0, 1) == 4
    assert [residual.flow(0), residual.flow(1)] == [4, 4]


@pytest.mark.usefixtures("_always_compiled")
@pytest.mark.parametrize("capacity", [2**31, 2**53 + 1, 2**62, LIMIT - 1, LIMIT, 2**64 + 1, 2**256])
def test_no_size_overflows(capacity: int) -> None:
    """On both sides of every limit, ten full arcs beside one another add up to ten times their capacity."""
    graph = [arc for node in range(2, 12) for arc in (Arc(0, node, capacity), Arc(node, 1, capacity))]
    residual = Residual(12, graph)
    assert residual.augment(0, 1) == 10 * capacity
    assert residual.narrow == (capacity < LIMIT)
    assert all(type(units) is int for units in residual.room)


def _without(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def import_module(wanted: str) -> Any:
        raise ImportError(wanted)

    monkeypatch.setattr(maxflow, name, import_module)


@pytest.mark.usefixtures("_always_compiled", "_afresh")
def test_without_numba_the_answer_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where numba is not installed, the interpreter does it."""
    _without("import_module", monkeypatch)
    assert compiled() is INTERPRETED
    assert Residual(3, [Arc(0, 2, 9), Arc(2, 1, 8)]).augment(0, 1) == 8


class Numba:
    """A stand-in that can keep nothing: asked to, it fails like numba, at once or when a step runs first."""

    def __init__(self, failure: Exception, *, late: bool) -> None:
        self.failure, self.late, self.kept = failure, late, True

    def njit(self, step: Any = None, *, cache: bool = False) -> Any:
        if step is None:
            return lambda one: self._kept(one, cache=cache)
        self.kept = False
        return step

    def _kept(self, step: Any, *, cache: bool) -> Any:
        assert cache
        if self.late:
            return self._fail
        return self._fail()

    def _fail(self, *_: object) -> Any:
        raise self.failure


@pytest.mark.usefixtures("_always_compiled", "_afresh")
@pytest.mark.parametrize(
    ("failure", "late"), [(RuntimeError("no locator available"), False), (OSError(28, "No space left"), True)]
)
def test_compiled_code_that_cannot_be_kept_is_used_all_the_same(
    failure: Exception, late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that cannot be written to, or a full disk, costs the time to compile and nothing else."""
    numba = Numba(failure, late=late)
    monkeypatch.setattr(maxflow, "import_module", lambda _: numba)
    assert Residual(3, [Arc(0, 2, 9), Arc(2, 1, 8)]).augment(0, 1) == 8
    assert not numba.kept


@pytest.mark.usefixtures("_afresh")
def test_small_graphs_do_not_load_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is loaded or compiled for a graph the interpreter is done with sooner."""

    def import_module(wanted: str) -> Any:
        pytest.fail(f"loaded {wanted}")

    monkeypatch.setattr(maxflow, "import_module", import_module)
    assert Residual(3, [Arc(0, 2, 9), Arc(2, 1, 8)]).augment(0, 1) == 8
