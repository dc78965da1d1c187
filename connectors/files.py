"""Opening a source's file, with every way in which that can fail said in one sentence."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import IO, cast

from connectors.wording import listed

GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0"
LONGEST = 32 << 20
"""Characters of the longest line or record that is held in memory; more is taken for a file that is broken."""


class Unreadable(Exception):
    """A source cannot be read; its text is the sentence that a SourceError will say."""


def found(path: str, base: Path, setting: str = "connect.path") -> Path:
    """The file that `path` names, relative to `base`; Unreadable where there is none, it is a folder, or it is empty."""
    file = base / path
    if file.is_dir():
        raise Unreadable(f"'{path}' is a folder, not a file. Set {setting} to a file in it.")
    if not file.exists():
        raise Unreadable(f"file '{path}' does not exist{_beside(file)}. Set {setting}.")
    if file.stat().st_size == 0:
        raise Unreadable(f"file '{path}' is empty. Export it again.")
    return file


def opened(file: Path) -> IO[bytes]:
    """The bytes of a file, unpacked if it is gzipped (told by its first bytes, not by its name)."""
    with file.open("rb") as raw:
        packed = raw.read(2) == GZIP
    if not packed and file.suffix == ".gz":
        raise Unreadable(f"'{file.name}' is not a gzip file. Pack it again, or drop .gz from its name.")
    return cast(IO[bytes], gzip.open(file, "rb")) if packed else file.open("rb")


def explained(error: Exception, place: str) -> str | None:
    """One sentence for what can go wrong with any file; none for anything else."""
    if isinstance(error, Unreadable):
        return str(error)
    if isinstance(error, (EOFError, zlib.error, gzip.BadGzipFile)):
        return f"{place} is damaged: its gzip data end early or are corrupt. Fetch the file again."
    if isinstance(error, OSError):
        return f"{place} cannot be read ({error.strerror or 'input error'}). Check the file and its permissions."
    return None


def _beside(file: Path) -> str:
    """The files in the folder where one was looked for, the nearest name first."""
    if not file.parent.is_dir():
        return f" (nor does the folder '{file.parent.name}')"
    names = listed((other.name for other in file.parent.iterdir() if other.is_file()), near=file.name, most=3)
    return f"; beside it are {names}" if names else ""
