"""Amounts of up to 123 bits in two limbs, high and low, of 62 bits each: exact, in signed 64-bit integers.

A limb leaves room for one carry, so that two can be added before they are cut to size. Signed throughout, because the
compiler turns a mixture of signed and unsigned integers into floats.
"""

from __future__ import annotations

from typing import Final

from tracer.kernel.compiler import compiled, inner

LIMB: Final = 62
MASK: Final = (1 << LIMB) - 1
HALF: Final = 31
HALF_MASK: Final = (1 << HALF) - 1
LIMIT: Final = 1 << (2 * LIMB - 1)
"""Every sum must stay below: so do twice a remainder and what it is compared with (`portion`) within two limbs."""

Wide = tuple[int, int]
"""(high, low)"""


@inner
def plus(high: int, low: int, more_high: int, more_low: int) -> Wide:
    """The sum of two amounts."""
    low += more_low
    return high + more_high + (low >> LIMB), low & MASK


@inner
def minus(high: int, low: int, less_high: int, less_low: int) -> Wide:
    """The difference of two amounts."""
    low -= less_low
    return high - less_high + (low >> LIMB), low & MASK


@inner
def less(high: int, low: int, than_high: int, than_low: int) -> bool:
    """Is the first amount the smaller?"""
    return high < than_high or (high == than_high and low < than_low)


@compiled
def product(one: int, other: int) -> Wide:
    """The product of two limbs, by halves, so that no step exceeds 63 bits."""
    one_low, one_high, other_low, other_high = one & HALF_MASK, one >> HALF, other & HALF_MASK, other >> HALF
    lowest = one_low * other_low
    middle = one_high * other_low + (lowest >> HALF)
    second = one_low * other_high + (middle & HALF_MASK)
    high = one_high * other_high + (middle >> HALF) + (second >> HALF)
    return high, ((second & HALF_MASK) << HALF) | (lowest & HALF_MASK)


@inner
def bottom_of_product(high: int, low: int, by_high: int, by_low: int) -> Wide:
    """The two lowest of a product's four limbs. What overflows in the middle lies above them."""
    top, bottom = product(low, by_low)
    return (top + ((high * by_low) & MASK) + ((low * by_high) & MASK)) & MASK, bottom


@inner
def top_of_product(high: int, low: int, by_high: int, by_low: int) -> Wide:
    """The two highest of a product's four limbs."""
    second, _ = product(low, by_low)
    third, more = product(low, by_high)
    carry, second = plus(0, second, 0, more)
    other, more = product(high, by_low)
    carry, second = plus(carry, second, 0, more)
    fourth, more = product(high, by_high)
    fourth, third = plus(fourth, third, 0, more)
    fourth, third = plus(fourth, third, 0, other)
    return plus(fourth, third, 0, carry)


@compiled
def ratio(high: int, low: int, whole_high: int, whole_low: int) -> Wide:
    """An amount divided by a larger one: the first 124 binary places, digit by digit as on paper."""
    first = digits = 0
    for _ in range(2):
        first, digits = digits, 0
        for _ in range(LIMB):
            high, low = plus(high, low, high, low)
            digits <<= 1
            if not less(high, low, whole_high, whole_low):
                high, low = minus(high, low, whole_high, whole_low)
                digits |= 1
    return first, digits


@compiled
def portion(share: Wide, factor: Wide, amount: Wide, whole: Wide) -> tuple[int, int, int, int]:
    """``share * amount`` divided by ``whole``: quotient and remainder. ``factor`` is the `ratio` of the last two.

    The factor is too small by less than one unit of its last place, which share for share is less than a half: the
    quotient found with it is right or one too small, and the remainder tells.
    """
    high, low = top_of_product(share[0], share[1], factor[0], factor[1])
    there_high, there_low = bottom_of_product(share[0], share[1], amount[0], amount[1])
    taken_high, taken_low = bottom_of_product(high, low, whole[0], whole[1])
    rest_high, rest_low = minus(there_high, there_low, taken_high, taken_low)
    rest_high &= MASK
    if not less(rest_high, rest_low, whole[0], whole[1]):
        rest_high, rest_low = minus(rest_high, rest_low, whole[0], whole[1])
        high, low = plus(high, low, 0, 1)
    return high, low, rest_high, rest_low
