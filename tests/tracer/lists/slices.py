"""Slices of published lists, made up in the shape of the real ones, and copies of them as a reader is handed them."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from chains.model import Address
from tracer.lists import Copy, LabelList

FIXTURES: Final = Path(__file__).resolve().parents[3] / "fixtures" / "lists"
CHECKED: Final = "2026-11-22"
SUMMED: Final = Address("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")
"""An address of the slices that is written with its checksum there."""

TRON_1: Final = Address("TBXSw8fM4jpQkGc6zZjsVABFpVDccykW4p")
TRON_2: Final = Address("TBXSw8fM4jpQkGc6zZjsVABFpVDciTPdz9")


def evm(number: int) -> Address:
    """A made-up address of the slices."""
    return Address(f"0x{0x1111111111111111111111111111111111110000 + number:040x}")


def zipped(members: Mapping[str, bytes]) -> bytes:
    """An archive of these members, packed on 2026-09-15 as the archives of a repository are."""
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(ZipInfo(name, (2026, 9, 15, 0, 0, 0)), data, ZIP_DEFLATED)
    return made.getvalue()


def repository(name: str) -> dict[str, bytes]:
    """The files of a fixture folder as an archive of its repository has them."""
    folder = FIXTURES / name
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("broken"))
    named = ((path.relative_to(folder).as_posix(), path.read_bytes()) for path in files)
    return {f"{name}-0123abc/{path.replace('.yml', '.yaml')}": data for path, data in named}


def sound(name: str) -> tuple[str, bytes]:
    """The file that the list of this name is made of, by the name it is downloaded under."""
    if name == "ofac":
        return "SDN_ADVANCED.ZIP", zipped({"SDN_ADVANCED.XML": (FIXTURES / "ofac/sdn_advanced.xml").read_bytes()})
    if name in ("graphsense", "defillama"):
        return ARCHIVES[name], zipped(repository(name))
    (path,) = (path for path in (FIXTURES / name.replace("-", "_")).iterdir() if not path.name.startswith("broken"))
    return path.name, path.read_bytes()


ARCHIVES: Final = {"graphsense": "graphsense-tagpacks.zip", "defillama": "DefiLlama-Adapters.zip"}


def copy_of(folder: Path, name: str, data: bytes) -> Copy:
    """A copy of one downloaded file."""
    path = folder / name
    path.write_bytes(data)
    return Copy(files={name: path}, checked=CHECKED, as_of=CHECKED)


def sound_copy(folder: Path, one: LabelList) -> Copy:
    """A copy of the good slice of a list."""
    return copy_of(folder, *sound(one.name))
