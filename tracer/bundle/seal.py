"""What lies beside a manifest because it was asked for: a signature, an RFC 3161 time stamp, an OpenTimestamps proof.

A signature that fails ends the bundle, since it needs nobody but its user. A time stamp depends on other people's
servers: where none comes, the bundle is good without it, and that is said.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx

from tracer.bundle.manifest import MANIFEST
from tracer.bundle.signing import Signer, signer_of
from tracer.bundle.stamps import AUTHORITIES, CALENDARS, address_of, host_of, opentimestamps, rfc3161
from tracer.errors import SourceTrouble

DEFAULT = "default"
"""What an option says that names no service of its own."""

STAMP, PROOF = MANIFEST + ".tsr", MANIFEST + ".ots"


@dataclass
class Seals:
    """What is asked for. After `of`, ``failed`` has what could not be had, and ``at`` the time in the stamp."""

    signer: Signer | None = None
    authority: str = ""
    calendars: tuple[str, ...] = ()
    transport: httpx.BaseTransport | None = None
    failed: list[SourceTrouble] = field(default_factory=list)
    at: str = ""

    @property
    def hosts(self) -> tuple[str, ...]:
        """Who is going to be told the manifest's digest."""
        return tuple(dict.fromkeys(host_of(url) for url in (self.authority, *self.calendars) if url))

    @property
    def wanted(self) -> tuple[str, ...]:
        """The names of the files that were asked for."""
        signature = (self.signer.name,) if self.signer else ()
        return (*signature, *((STAMP,) if self.authority else ()), *((PROOF,) if self.calendars else ()))

    def of(self, manifest: bytes) -> dict[str, bytes]:
        """The files beside a manifest, by name.

        Raises:
            CaseError: the signature was refused.
        """
        made = {self.signer.name: self.signer.sign(manifest)} if self.signer else {}
        try:
            if self.authority:
                stamp = rfc3161(manifest, self.authority, self.transport)
                made[STAMP], self.at = stamp.data, stamp.at
        except SourceTrouble as failure:
            self.failed.append(failure)
        try:
            if self.calendars:
                made[PROOF] = opentimestamps(manifest, self.calendars, self.transport, self.failed.append)
        except SourceTrouble as failure:
            self.failed.append(failure)
        return made


def seals_of(sign: str | None, timestamp: str | None, ots: str | None) -> Seals:
    """The seals that options ask for; nobody is asked anything yet.

    Raises:
        UsageError: one of them cannot be understood or done here.
    """
    authority = next(iter(AUTHORITIES)) if timestamp == DEFAULT else timestamp
    return Seals(
        signer=signer_of(sign) if sign is not None else None,
        authority=address_of(authority, AUTHORITIES) if authority is not None else "",
        calendars=CALENDARS if ots == DEFAULT else () if ots is None else (address_of(ots, {}),),
    )
