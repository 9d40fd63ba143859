"""What a watch may ask: the pause between two rounds, and what its requests come to against the free limits. Pure.

Free limits are per day, and an alarm must be early, so requests are spent where they buy most: all the pace while
something moved lately, little while a chain is quiet, and never so much that nothing is left for the evening.
"""

from __future__ import annotations

import math
import re
from typing import Final

from chains.endpoints import source_table
from chains.scan import Tips

SHORTEST: Final = 1.0
SLOW_BLOCKS: Final = 15.0
"""No chain that is watched has slower blocks; a longer mean is of one that stood still for a while."""
LONGEST: Final = 60.0
CALM: Final = 30.0
"""A quiet chain is looked at this often, or every `CALM_BLOCKS` blocks where they are slow, never above `LONGEST`."""
CALM_BLOCKS: Final = 4
GROWTH: Final = 1.5
"""By this much the pause grows with each quiet minute."""
ALARMED: Final = 600.0
"""So long after something moved there is no pause but the shortest."""
RESERVE: Final = 10
"""One part in so many of the day's requests is not spent on hurry."""
SLOWEST: Final = 900.0
"""No budget makes a watch slower than this: it had better be refused, and say that it is blind."""


def day_limit(endpoint: str) -> int | None:
    """Free requests per UTC day at an endpoint (``etherscan``, ``blockscout.1``), None where no limit is known."""
    limit = source_table().get(re.split("[.:]", endpoint)[0], {}).get("day")
    return None if limit is None else int(limit)


def block_seconds(tips: Tips) -> float:
    """Whole seconds between two blocks, as the newest and the final one tell, between `SHORTEST` and `SLOW_BLOCKS`.

    Where both are the same block, 3 seconds: TRON's, of which some sources tell final blocks only.
    """
    blocks = tips.newest.number - tips.final.number
    seconds = (tips.newest.time - tips.final.time) // blocks if blocks > 0 else 3.0
    return min(max(SHORTEST, seconds), SLOW_BLOCKS)


def pause(
    block_seconds: float,
    quiet_for: float,
    spent_today: int,
    day_limit: int | None,
    seconds_left_today: float,
    requests: int = 3,
) -> float:
    """Seconds to wait before the next round on a chain.

    ``quiet_for`` are seconds since something watched moved, ``requests`` what a round costs at the endpoint of whose
    limit this is. Block time while alarmed; then longer by half with each quiet minute; and as long as it takes to make
    the day's requests last. While alarmed only the last tenth of them is spared.
    """
    base = min(max(block_seconds, SHORTEST), LONGEST)
    alarmed = quiet_for < ALARMED
    calm = min(max(CALM, CALM_BLOCKS * block_seconds), LONGEST)
    minutes = 0.0 if alarmed else min((quiet_for - ALARMED) // 60, 20.0)
    wait = min(base * math.pow(GROWTH, minutes), max(base, calm))
    if day_limit is None:
        return wait
    left = day_limit - spent_today
    if left <= 0:
        return SLOWEST
    if alarmed and left * RESERVE > day_limit:
        return wait
    return max(wait, min(seconds_left_today * requests // left, SLOWEST))
