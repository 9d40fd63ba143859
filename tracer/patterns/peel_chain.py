"""Peel chains: a row of addresses, each sending nearly all on to the next and splitting a little off.

A link is an account whose largest payment of traced value is at least 80 % of what it had received, within 72 hours of
the last arrival, to a recipient that held nothing before, and that made another payment, of at most 20 %, to somebody
else. Three links in a row are a chain. Who converts what came before sending it on is one link: the asset may change
from one to the next. Whether a recipient is fresh is only known where its account was read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from tracer.patterns.lead import AT_LEAST, AT_MOST, Detector, Lead, Param, Unexamined, doubled
from tracer.patterns.measures import successions
from tracer.patterns.traffic import HOUR, Traffic
from tracer.words import sentence

MAIN_PERCENT: Final = 80
PEEL_PERCENT: Final = 20
GAP_HOURS: Final = 72
ROW: Final = 3
BASE: Final = 60


class Link(NamedTuple):
    """The main payment of an account, the small ones beside it, and what they measure."""

    main: int
    peels: tuple[int, ...]
    percent: int
    seconds: int


def peel_chain(traffic: Traffic) -> Iterator[Lead | Unexamined]:
    """One lead for every row of three or more links."""
    if not any(map(traffic.is_followed, traffic.came)):
        yield Unexamined("peel_chain", sentence("rule.unread.payments"))
    links = {account: link for account in traffic.went if (link := _link(traffic, account)) is not None}
    to = {account: _beyond(traffic, traffic.payee(link.main)) for account, link in links.items()}
    back = {account: _behind(traffic, account) for account in links}
    for row in successions(to, back, ROW):
        yield _lead(traffic, row, [links[account] for account in row])


def _link(traffic: Traffic, account: int) -> Link | None:
    came, went = traffic.came.get(account), traffic.went[account]
    if not came:
        return None
    received = traffic.total(came)
    main = _largest(traffic, went)
    to = traffic.payee(main)
    peels = tuple(
        flow for flow in went if traffic.payee(flow) != to and traffic.units[flow] * 100 <= PEEL_PERCENT * received
    )
    when = traffic.transfer(main).time
    waited = when - max((time for flow in came if (time := traffic.transfer(flow).time) <= when), default=when)
    large = traffic.units[main] * 100 >= MAIN_PERCENT * received
    if not (peels and large and waited <= GAP_HOURS * HOUR and _may_be_fresh(traffic, to)):
        return None
    return Link(main, peels, traffic.units[main] * 100 // received, waited)


def _beyond(traffic: Traffic, account: int) -> int:
    """Where the value that came to an account is once its owner has converted nearly all of it; else the account."""
    seen: set[int] = set()
    while account not in seen and (turned := traffic.into.get(account)):
        seen.add(account)
        came, main = traffic.came.get(account, ()), _largest(traffic, turned)
        waited = traffic.transfer(main).time - max((traffic.transfer(flow).time for flow in came), default=0)
        if traffic.units[main] * 100 < MAIN_PERCENT * traffic.total(came) or waited > GAP_HOURS * HOUR:
            break
        account = traffic.payee(main)
    return account


def _behind(traffic: Traffic, account: int) -> int:
    """Who paid the largest part of what came to an account, before its owner converted it."""
    seen: set[int] = set()
    while account not in seen:
        seen.add(account)
        largest = _largest(traffic, traffic.came[account])
        payer = traffic.payer(largest)
        if not traffic.is_own(largest) or payer not in traffic.came:
            return payer
        account = payer
    return account


def _may_be_fresh(traffic: Traffic, account: int) -> bool:
    acts = account in traffic.came  # a victim does not
    return acts and not traffic.is_shared(account) and traffic.is_fresh(account) is not False


def _largest(traffic: Traffic, flows: Sequence[int]) -> int:
    return max(flows, key=lambda flow: traffic.units[flow])


def _lead(traffic: Traffic, row: list[int], links: list[Link]) -> Lead:
    unknown = sum(traffic.is_fresh(traffic.payee(link.main)) is None for link in links)
    length = Param("addresses_in_a_row", len(row), AT_LEAST, ROW)
    flows = [*traffic.came[row[0]], *(flow for link in links for flow in (link.main, *link.peels))]
    largest_peel = max(
        traffic.units[peel] * 100 // traffic.total(traffic.came[account])
        for account, link in zip(row, links, strict=True)
        for peel in link.peels
    )
    return Lead(
        "peel_chain",
        traffic.members([*row, traffic.payee(links[-1].main)], flows),
        (
            length,
            Param("least_main_percent", min(link.percent for link in links), AT_LEAST, MAIN_PERCENT),
            Param("largest_peel_percent", largest_peel, AT_MOST, PEEL_PERCENT),
            Param("longest_wait_hours", max(link.seconds for link in links) // HOUR, AT_MOST, GAP_HOURS),
        ),
        BASE,
        doubled(length),
        ((sentence("rule.caveat.fresh", n=unknown),) if unknown else ()) + traffic.caveats(row),
        sentence("rule.lead.peel_chain", n=len(row)),
    )


DETECTORS: Final = (Detector("peel_chain", peel_chain),)
