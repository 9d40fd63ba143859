"""The compiled fold gives the tally of the reference, whatever the ledger, and steps aside where it cannot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.model import number_equal_rows
from tests.strategies import World, account, ledgers, transfer
from tracer import tally as dispatch
from tracer.fold import Fold
from tracer.kernel.columns import columns
from tracer.kernel.compiler import compiler, folder_for
from tracer.kernel.limbs import LIMB, LIMIT, MASK, portion, product, ratio
from tracer.kernel.quick import quick_tally
from tracer.ledger import BALANCE, OUTSIDE, Follow, Ledger, Tally
from tracer.lots import METHODS

VICTIMS = ("victim-1", "victim-2")


def reference(ledger: Ledger, method: str) -> Tally:
    """The tally of the reference."""
    return Fold(ledger, method, trails=False).run().tally()


def compiled(ledger: Ledger, method: str) -> Tally:
    """The tally of the kernel."""
    rows = columns(ledger)
    assert rows is not None
    return quick_tally(ledger, rows, method)


def agree(ledger: Ledger) -> None:
    """Both give the same under every method, in the same order."""
    for method in METHODS:
        expected, found = reference(ledger, method), compiled(ledger, method)
        assert found == expected, method
        assert list(found.held) == list(expected.held), method


def chance_ledger(seed: int, *, rows: int, people: int, bits: int, thefts: float = 0.2) -> Ledger:
    """A ledger with shortages, late and weak follows, unknown accounts, many thefts, and large and small amounts."""
    dice = Random(seed)
    names = [f"holder-{number}" for number in range(people)]
    transfers = []
    for number in range(rows):
        sender = dice.choice(VICTIMS) if dice.random() < thefts else dice.choice(names)
        receiver = dice.choice([name for name in names if name != sender])
        amount = dice.choice([dice.randrange(1, 20), dice.randrange(1, 1 << dice.randrange(1, bits))])
        transfers.append(transfer(number // 3, sender, receiver, amount, index=number))
    stolen = [one for one in transfers if one.sender in VICTIMS and dice.random() < 0.8]
    follow = {
        account(name): Follow(
            dice.randrange(rows // 6 + 1) if dice.random() < 0.3 else 0,
            dice.choice([0, dice.randrange(1 << dice.randrange(1, bits))]),
        )
        for name in names
        if dice.random() < 0.8
    }
    return Ledger({one.identity: number for number, one in enumerate(stolen)}, follow).add(transfers)


@pytest.mark.parametrize("bits", [4, 30, 56, 61, 115])
def test_kernel_and_reference_agree_on_chance_ledgers(bits: int) -> None:
    """Over two thousand ledgers of every size of amount, every method gives the same tally both ways."""
    sizes = Random(bits)
    seen: set[int] = set()
    for seed in range(400):
        ledger = chance_ledger(seed, rows=sizes.randrange(1, 90), people=sizes.randrange(2, 9), bits=bits)
        if ledger.amount:
            agree(ledger)
            seen.update(min(source, 0) for source in ledger.source)
    assert seen == {BALANCE, OUTSIDE, 0}


@settings(max_examples=400, deadline=None)
@given(ledgers(assets=("native", "0xtoken"), most=60), st.sampled_from([40, 61, 110]))
def test_kernel_and_reference_agree_on_made_up_ledgers(made: World, bits: int) -> None:
    """Every method gives the same tally both ways on whatever Hypothesis thinks of, cut to what the kernel takes."""
    cut = number_equal_rows([one._replace(amount=1 + one.amount % (1 << bits), nth=0) for one in made.transfers])
    pairs = zip(made.transfers, cut, strict=True)
    seeds = {new.identity: made.seeds[old.identity] for old, new in pairs if old.identity in made.seeds}
    follow = {who: one._replace(opening=one.opening % (1 << bits)) for who, one in made.follow.items()}
    ledger = Ledger(seeds, follow).add(cut)
    if ledger.amount:
        agree(ledger)


@pytest.mark.parametrize("bits", [40, 80])
def test_kernel_and_reference_agree_when_balances_fragment(bits: int) -> None:
    """Hundreds of origins in dozens of accounts: lists grow long, shares move to larger slabs, and nothing is lost."""
    dense = chance_ledger(1, rows=6_000, people=12, bits=bits, thefts=0.05)
    assert len({source for source in dense.source if source >= 0}) > 200
    agree(dense)
    wide = chance_ledger(2, rows=4_000, people=600, bits=bits, thefts=0.3)
    assert len(wide.accounts) > 500
    agree(wide)


def test_kernel_and_reference_agree_on_a_chain_of_whole_balances() -> None:
    """A balance of three hundred origins that is passed on whole, again and again, uses its room again."""
    thefts = [transfer(0, VICTIMS[0], "holder-0", 1 + number, index=number) for number in range(300)]
    whole = sum(one.amount for one in thefts)
    hops = [transfer(1 + hop, f"holder-{hop}", f"holder-{hop + 1}", whole) for hop in range(200)]
    follow = {account(f"holder-{number}"): Follow(0, 0) for number in range(200)}
    seeds = {one.identity: number for number, one in enumerate(thefts)}
    ledger = Ledger(seeds, follow).add([*thefts, *hops])
    agree(ledger)
    assert sum(compiled(ledger, "pro_rata").held.values()) == whole


def limbs(number: int) -> tuple[int, int]:
    """A number as the kernel has it."""
    return number >> LIMB, number & MASK


EXTREMES = sorted(
    {
        max(1, min(LIMIT - 1, (1 << power) + step))
        for power in (0, 1, 30, 31, 32, 61, 62, 63, 64, 92, 93, 122, 123)
        for step in (-2, -1, 0, 1, 2)
    }
)


def check_portion(share: int, amount: int, whole: int) -> None:
    """The division is that of Python's own integers."""
    factor = ratio(*limbs(amount), *limbs(whole))
    assert (factor[0] << LIMB) + factor[1] == (amount << 2 * LIMB) // whole
    high, low, rest_high, rest_low = portion(limbs(share), factor, limbs(amount), limbs(whole))
    assert ((high << LIMB) + low, (rest_high << LIMB) + rest_low) == divmod(share * amount, whole)


def test_division_is_exact_at_the_extremes() -> None:
    """Share times amount by whole is exact around every power of two at which a limb or half of one ends."""
    for whole in EXTREMES:
        for amount in EXTREMES:
            for share in EXTREMES:
                if amount < whole and share <= whole:
                    check_portion(share, amount, whole)


@given(st.integers(2, LIMIT - 1), st.data())
def test_division_is_exact(whole: int, data: st.DataObject) -> None:
    """Share times amount by whole is exact for any of them."""
    check_portion(data.draw(st.integers(1, whole)), data.draw(st.integers(1, whole - 1)), whole)


@given(st.integers(0, MASK), st.integers(0, MASK))
def test_product_is_exact(one: int, other: int) -> None:
    """Two limbs multiply to two limbs."""
    high, low = product(one, other)
    assert (high << LIMB) + low == one * other


def passing(amount: int) -> Ledger:
    """A theft of ``amount`` of which two thirds are passed on out of a balance that was one before."""
    theft = transfer(1, VICTIMS[0], "holder-0", amount)
    on = transfer(2, "holder-0", "holder-1", amount // 3 * 2 + 1)
    follow = {account("holder-0"): Follow(0, 1), account("holder-1"): Follow(0, 0)}
    return Ledger({theft.identity: 0}, follow).add([theft, on])


def test_kernel_goes_up_to_its_limit_and_not_beyond() -> None:
    """The largest sum it takes is folded exactly; one unit more is left to the reference."""
    largest = next(amount for amount in range(LIMIT * 3 // 5, 0, -1) if _sum(passing(amount)) < LIMIT)
    agree(passing(largest))
    above = next(amount for amount in range(largest, largest + 9) if _sum(passing(amount)) >= LIMIT)
    assert columns(passing(above)) is None


def _sum(ledger: Ledger) -> int:
    return sum(ledger.amount) + sum(ledger.opening)


def test_kernel_declines_what_is_no_amount() -> None:
    """A ledger without rows, and one with a transfer of nothing, are left to the reference."""
    assert columns(Ledger({}, {})) is None
    nothing = transfer(1, VICTIMS[0], "holder-0", 0)
    assert columns(Ledger({nothing.identity: 0}, {}).add([nothing])) is None


class Spy:
    """Counts the folds of the reference."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folds = 0
        monkeypatch.setattr(dispatch, "Fold", self.fold)

    def fold(self, *args: object, **options: object) -> Fold:
        """One more."""
        self.folds += 1
        return Fold(*args, **options)  # type: ignore[arg-type]  # passed on as they came


def test_large_ledgers_go_to_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """From a number of rows on the kernel folds; below it, beyond its integers and highest first, the reference."""
    spy = Spy(monkeypatch)
    ledger = chance_ledger(5, rows=80, people=5, bits=60)
    expected = {method: reference(ledger, method) for method in METHODS}
    assert dispatch.tallies(ledger, METHODS) == expected
    assert spy.folds == len(METHODS)
    monkeypatch.setattr(dispatch, "WORTH_IT", len(ledger))
    assert dispatch.tallies(ledger, METHODS) == expected
    assert dispatch.tally(ledger, "lifo") == expected["lifo"]
    assert spy.folds == len(METHODS)
    huge = passing(1 << 250)
    monkeypatch.setattr(dispatch, "WORTH_IT", 1)
    assert dispatch.tally(huge, "pro_rata") == reference(huge, "pro_rata")
    assert spy.folds == len(METHODS) + 1
    highest = Fold(ledger, "fifo", highest_first=True, trails=False).run().tally()
    assert dispatch.tally(ledger, "fifo", highest_first=True) == highest
    assert spy.folds == len(METHODS) + 2


def test_without_the_compiler_the_reference_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where numba cannot be imported everything is as before, only slower."""
    spy = Spy(monkeypatch)
    monkeypatch.setattr(dispatch, "WORTH_IT", 1)
    for name in [name for name in sys.modules if name.startswith("tracer.kernel.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "numba", None)
    ledger = chance_ledger(6, rows=60, people=5, bits=60)
    assert dispatch.tallies(ledger, METHODS) == {method: reference(ledger, method) for method in METHODS}
    assert spy.folds == len(METHODS)


def test_small_cases_never_load_the_compiler() -> None:
    """Importing the dispatch, and a tally of a small ledger, leaves numba alone."""
    program = (
        "import sys; from tracer.ledger import Ledger; from tracer.tally import tally; "
        "tally(Ledger({}, {}), 'fifo'); sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_what_was_compiled_is_kept_by_what_it_was_compiled_from(tmp_path: Path) -> None:
    """Another text, another folder: a result never outlives the code; the same text finds it again."""
    source = tmp_path / "source.py"
    source.write_text("one", encoding="utf-8")
    first = folder_for([source], tmp_path / "cache")
    assert first is not None
    assert folder_for([source], tmp_path / "cache") == first
    source.write_text("two", encoding="utf-8")
    assert folder_for([source], tmp_path / "cache") != first


def test_without_a_place_to_keep_it_the_kernel_still_compiles(tmp_path: Path) -> None:
    """Where no folder can be made, functions are compiled for this process only."""
    in_the_way = tmp_path / "file"
    in_the_way.write_text("", encoding="utf-8")
    folder = folder_for([in_the_way], in_the_way)
    assert folder is None

    def twice(number: int) -> int:
        return number + number

    assert compiler(folder)(twice)(21) == 42
