"""Zip files that depend on nothing but what is in them: no clock, no order of a file system.

Word's files are zips, and whoever writes one notes the time of day in it. Packed anew with a fixed time, the same paper
has the same bytes and so the same digest.
"""

from __future__ import annotations

from io import BytesIO
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def repacked(data: bytes) -> bytes:
    """The same zip with the same members in the same order, all of them of the earliest time a zip can say."""
    packed = BytesIO()
    with ZipFile(BytesIO(data)) as before, ZipFile(packed, "w", ZIP_DEFLATED) as after:
        for member in before.infolist():
            info = ZipInfo(member.filename, EPOCH)
            info.compress_type, info.external_attr = ZIP_DEFLATED, 0o600 << 16
            after.writestr(info, before.read(member))
    return packed.getvalue()
