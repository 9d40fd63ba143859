"""What can go wrong while asking a chain, as one tree.

    ChainError
    ├── BadAddress        a text that is no address of this chain
    ├── NotFound          the chain, asked properly, knows no such thing
    ├── Malformed         an answer that does not have the documented shape
    └── SourceError       one source could not answer one request
        ├── Throttled     it asked us to slow down until patience ran out
        ├── QuotaSpent    its allowance for the day (or for the chain) is used up
        ├── Unsupported   it will never answer this (chain, method or request)
        ├── AuthRefused   the key is missing or wrong
        ├── SplitRange    the range asked for is too large; a smaller one may do
        ├── Down          unreachable, timed out, 5xx, or not the JSON it should be
        └── NotInEvidence offline, and the case holds no answer to this request

Constructors take facts and build the sentence, so that callers never format messages. No message carries a key.
"""

from __future__ import annotations

from typing import Literal

Scope = Literal["request", "chain", "source"]


class ChainError(Exception):
    """Root of everything this package raises on purpose."""


class BadAddress(ChainError):
    """A text that is no address of the chain it was given for."""

    def __init__(self, text: str, chain: str, why: str) -> None:
        super().__init__(f"{text!r} is not an address on {chain}: {why}")
        self.text, self.chain, self.why = text, chain, why


class NotFound(ChainError):
    """The chain answered, and it knows no such block, transaction or time.

    ``raws`` are the stored answers that show it, where it was looked for in something that is kept.
    """

    def __init__(self, what: str, where: str, raws: tuple[int, ...] = ()) -> None:
        super().__init__(f"{what} was not found on {where}")
        self.what, self.where, self.raws = what, where, raws


class Malformed(ChainError):
    """An answer without the documented shape; carries the offending record."""

    def __init__(self, source: str, why: str, record: object) -> None:
        super().__init__(f"{source} answered something unexpected: {why}; record: {str(record)[:300]!r}")
        self.source, self.why, self.record = source, why, record


class SourceError(ChainError):
    """One source could not answer one request."""

    cause = "failed"

    def __init__(self, source: str, what: str, detail: str = "", scope: Scope = "request") -> None:
        super().__init__(f"{source} {self.cause}: {what}" + (f" ({detail})" if detail else ""))
        self.source, self.what, self.detail, self.scope = source, what, detail, scope


class Throttled(SourceError):
    """The source kept asking for a slower pace."""

    cause = "kept refusing at the allowed pace"


class QuotaSpent(SourceError):
    """The allowance of this source is used up for now."""

    cause = "has no allowance left"


class Unsupported(SourceError):
    """The source will never answer this."""

    cause = "does not serve this"


class AuthRefused(SourceError):
    """The source wants a key, or another one."""

    cause = "refused the key"


class SplitRange(SourceError):
    """The range is too large; ``suggest`` holds the (first, last) block the source offered, if it did."""

    cause = "wants a smaller range"

    def __init__(
        self,
        source: str,
        what: str,
        detail: str = "",
        scope: Scope = "request",
        suggest: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(source, what, detail, scope)
        self.suggest = suggest


class Down(SourceError):
    """Unreachable, timed out, a server error, or not the JSON it should be."""

    cause = "did not answer"


class NotInEvidence(SourceError):
    """Offline, and the case holds no answer to this request."""

    cause = "was not asked this while the case was online"
