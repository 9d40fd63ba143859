"""Whether a token's issuer can freeze, has frozen or is about to freeze what rests at an address.

Only contracts answer that, so this is how they are asked and what their answers mean; tracer/freeze_checks.py asks.
Whatever is not the answer documented is "unknown", never "not frozen": a victim who reads "not frozen" stops asking,
and one who reads "frozen" stops worrying.

The older Tether contracts belong to a multisig wallet of the kind that Stefan George wrote for ConsenSys, later
Gnosis's (MultiSigWallet). A freeze is proposed there and takes effect when enough owners have confirmed it, minutes to
hours later; until then anybody can see it coming (domain reference 4.4 and 9.7).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak

from chains import tron_address
from chains.model import Address, Asset
from tracer.labels import Token
from tracer.result import FreezeRow
from tracer.words import sentence

OWNER: Final = "owner()"
REQUIRED: Final = "required()"
MADE: Final = "transactionCount()"
COUNT: Final = "getTransactionCount(bool,bool)"
LIST: Final = "getTransactionIds(uint256,uint256,bool,bool)"
PROPOSED: Final = "transactions(uint256)"
CONFIRMED: Final = "getConfirmationCount(uint256)"
"""What is asked of a token's owner. The two booleans are: those open, those done."""

FREEZE: Final = "addBlackList(address)"
DESTROY: Final = "destroyBlackFunds(address)"
LIFT: Final = "removeBlackList(address)"

MOST_OWNERS: Final = 50
"""MAX_OWNER_COUNT of the wallet: more confirmations it cannot require."""

_ACTIONS: Final = {keccak(text=name)[:4]: name for name in (FREEZE, DESTROY, LIFT)}
_WORD: Final = re.compile(r"0x[0-9a-f]{64}")
_CHECK: Final = re.compile(r"\w+\(address\)")
_STAND_IN: Final = re.compile(r".* bridge|.*\(peg\)")
"""How the token list names who issues a token in place of another issuer's."""

_ADDRESS_BITS: Final = 160
_PREFIXES: Final = (0, 0x41)
"""What may stand before the 20 bytes of an address: TRON's contracts write its prefix there or leave it out."""

_ARGUMENT_END: Final = 4 + 32


class Resting(NamedTuple):
    """An address at which units of a token rest."""

    chain: str
    address: Address
    asset: Asset


class Answer(NamedTuple):
    """What a contract said to one question: hex with ``0x``, true at height ``at``; or why it could not be asked."""

    data: str
    at: int | None = None
    trouble: str = ""


class Proposal(NamedTuple):
    """A proposal that is not done yet: its number, to do what, and the confirmations it has if that is known."""

    number: int
    action: str
    confirmed: int | None


class Proposals(NamedTuple):
    """What the wallet that owns a token has been asked to do and has not done, by `number_of` the address it is about.

    ``unread`` are sentences: what could not be looked at. Where there are any, an absent proposal proves nothing.
    """

    wallet: str
    needed: int
    about: Mapping[int, Sequence[Proposal]]
    unread: tuple[str, ...]


def question(function: str, *numbers: int) -> str:
    """The data of a call, hex with ``0x``: the selector of the function and its arguments."""
    return "0x" + keccak(text=function)[:4].hex() + "".join(f"{number:064x}" for number in numbers)


def number_of(address: str) -> int:
    """The 20 bytes of an EVM or TRON address as a number, as contracts take and give it."""
    return int(tron_address.to_evm_hex(Address(address)) if address.startswith("T") else address, 16)


def checks(token: Token) -> tuple[str, ...]:
    """The functions that tell whether an address is frozen; several where the list is not sure which one there is."""
    found = tuple(name.strip() for name in token.check_function.split("/") if name.strip())
    return found if all(_CHECK.fullmatch(name) for name in found) else ()


def has_proposals(token: Token) -> bool:
    """True for a token of the family whose freezes are proposed to a multisig wallet that can be read."""
    return token.freeze_function == FREEZE


def number_in(answer: Answer) -> int | None:
    """The one number of an answer; None when it is not exactly one."""
    return int(answer.data, 16) if _WORD.fullmatch(answer.data) else None


def numbers_in(answer: Answer) -> list[int] | None:
    """The list of numbers of an answer; None when it is none, or not ascending as lists of proposals are."""
    found = _decoded(answer, "uint256[]")
    if found is None or sorted(set(found[0])) != list(found[0]):
        return None
    return list(found[0])


def owner_in(answer: Answer, token: Token) -> Address | None:
    """The address of an answer in the spelling of the token's chain; None when it is none, or nobody's."""
    number = number_in(answer)
    if number is None or number >> _ADDRESS_BITS not in _PREFIXES or not _low(number):
        return None
    text = f"0x{_low(number):040x}"
    return tron_address.from_hex(text) if token.contract.startswith("T") else Address(text)


def action_in(answer: Answer, token: Token) -> tuple[str, int] | None:
    """What a proposal asks of the token: `FREEZE`, `DESTROY` or `LIFT`, and where; None for anything else or when done.

    Raises:
        ValueError: the answer is no proposal.
    """
    found = _decoded(answer, "uint256", "uint256", "bytes", "bool")
    if found is None:
        raise ValueError("not a proposal of a MultiSigWallet")
    destination, _, data, done = found
    action = _ACTIONS.get(data[:4])
    if done or action is None or len(data) < _ARGUMENT_END or _low(destination) != number_of(token.contract):
        return None
    return action, _low(int.from_bytes(data[4:_ARGUMENT_END], "big"))


def trouble(function: str, answer: Answer) -> str:
    """Why an answer says nothing, as a sentence."""
    if answer.trouble:
        return sentence("rule.freeze_failed", function=function, why=answer.trouble)
    if answer.data == "0x":
        return sentence("rule.freeze_refused", function=function)
    return sentence("rule.freeze_odd", function=function)


def row_of(want: Resting, token: Token | None, said: Mapping[str, Answer], proposals: Proposals | None) -> FreezeRow:
    """What is known of one address, from the token list and from what its contracts said.

    ``said`` has the answer to each of `checks`; ``proposals`` is None where nobody knows a place to look.
    """
    if token is None:
        return FreezeRow(*want, "", "unknown", "unknown", "unknown", why=(sentence("rule.freeze_unlisted"),))
    row = FreezeRow(*want, token.issuer, token.freezable, "unknown", "unknown", why=_by_list(token))
    if token.freezable == "no":
        return row._replace(frozen="no", proposed="no")
    frozen, at, unread = _status(said)
    return _with_proposals(_saying(row._replace(frozen=frozen, at=at), *unread), proposals)


def _by_list(token: Token) -> tuple[str, ...]:
    """What the token list says about whose contract it is and what its issuer can do."""
    said: list[str] = []
    if _STAND_IN.fullmatch(token.issuer):
        said.append(sentence("rule.freeze_stand_in", issuer=token.issuer))
    if token.freezable != "yes":
        said.append(sentence("rule.freeze_none") if token.freezable == "no" else sentence("rule.freeze_unsure"))
        if token.note:
            said.append(sentence("rule.freeze_noted", note=token.note))
    return tuple(said)


def _status(said: Mapping[str, Answer]) -> tuple[str, int | None, tuple[str, ...]]:
    """(yes, no or unknown; the height it is true for; what could not be learnt).

    Of two functions the contract has one: the other refuses, which does not count where the one answers.
    """
    if not said:
        return "unknown", None, (sentence("rule.freeze_no_check"),)
    flags = {function: number_in(answer) for function, answer in said.items()}
    for flag, frozen in ((1, "yes"), (0, "no")):
        clear = [said[function] for function in said if flags[function] == flag]
        absent = [function for function, answer in said.items() if answer.data == "0x"]
        if clear and (flag or len(clear) + len(absent) == len(said)):
            heights = {answer.at for answer in clear}
            return frozen, heights.pop() if len(heights) == 1 else None, ()
    return "unknown", None, tuple(trouble(function, said[function]) for function in said if flags[function] != 0)


def _with_proposals(row: FreezeRow, proposals: Proposals | None) -> FreezeRow:
    if proposals is None:
        proposals = Proposals("", 0, {}, (sentence("rule.freeze_unseen"),))
    found = proposals.about.get(number_of(row.address), ())
    for one in found:
        if one.action == LIFT:
            row = _saying(row, sentence("rule.freeze_lift", proposal=_named(proposals, one)))
    coming = [one for one in found if one.action != LIFT]
    if not coming and not proposals.unread:
        return row._replace(proposed="no")
    if not coming:
        return row if row.frozen == "yes" else _saying(row, *proposals.unread)
    best = max(coming, key=lambda one: (one.confirmed or 0, one.number))
    row = row._replace(proposed="yes", proposal=_named(proposals, best))
    if best.action == DESTROY:
        row = _saying(row, sentence("rule.freeze_destroy"))
    if best.confirmed is None:
        return _saying(row, sentence("rule.freeze_unconfirmed"))
    return row._replace(confirmed=best.confirmed, needed=proposals.needed)


def _named(proposals: Proposals, one: Proposal) -> str:
    return f"{proposals.wallet} #{one.number}"


def _saying(row: FreezeRow, *sentences: str) -> FreezeRow:
    return row._replace(why=(*row.why, *sentences))


def _low(number: int) -> int:
    """The 20 bytes of an address in a word: what a contract reads of it."""
    return number & ((1 << _ADDRESS_BITS) - 1)


def _decoded(answer: Answer, *kinds: str) -> Sequence[Any] | None:
    try:
        return decode(kinds, bytes.fromhex(answer.data.removeprefix("0x")))
    except (DecodingError, ValueError, OverflowError):
        return None
