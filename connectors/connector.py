"""What every kind of source has in common: its settings, its columns, and its rows in batches."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from connectors.batches import Batch, resized
from connectors.files import Unreadable, explained
from connectors.wording import listed
from domain.errors import SourceError

BATCH_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Since:
    """Rows that certainly did not change after a moment may be left out of a pull."""

    column: str
    """Holds the time of a row's last change."""
    after: datetime
    """By the clock that the column is written by; with a zone, it is taken as UTC."""


class Settings(BaseModel):
    """What a source's `connect` block may say, besides its kind; unknown words are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)


class Connector(ABC):
    """One source system, read as text. It is opened anew by every reading and holds nothing open in between.

    Every method raises SourceError, in one sentence, where the source cannot be read.
    """

    kind: ClassVar[str]
    """What `connect.kind` calls it."""
    settings_model: ClassVar[type[Settings]]
    incremental: ClassVar[bool] = False
    """Whether `since` can leave rows out. Where it cannot, `batches` returns all there is, and `keys` has nothing to add."""
    header: ClassVar[str] = ""
    """The setting that says which row names the columns, where one does: a row that is no header has a customer in it."""

    def __init__(self, source: str, settings: Settings, base: Path, places: Mapping[str, str] | None = None) -> None:
        """`places` says which setting of the source names a column (`map.birth_date`), for errors; paths are relative to `base`."""
        self.source, self.settings, self.base, self.places = source, settings, base, dict(places or {})
        self._columns: dict[str, str] | None = None

    def columns(self) -> dict[str, str]:
        """The source's columns in order, and the type found of each: text, integer, number, boolean, date, timestamp, time or binary."""
        if self._columns is None:
            with self._explaining():
                self._columns = self._found()
        return dict(self._columns)

    def batches(self, columns: Sequence[str], since: Since | None = None, size: int = BATCH_ROWS) -> Iterator[Batch]:
        """All rows, `size` at a time, without holding more of the source than that.

        A source may break half way (a lost connection, a damaged archive): SourceError then comes after some batches, and
        those are not the whole. Columns that do not exist are an error before the first.
        """
        self.require([*columns, *([since.column] if since else [])])
        with self._explaining():
            yield from resized(self._read(columns, since), size)

    def keys(self, key_columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The key columns of every row that can be read, so that rows that vanished are seen when a pull leaves rows out."""
        for batch in self.batches(key_columns):
            yield batch.rows

    def require(self, columns: Sequence[str]) -> None:
        """Nothing, if the source has all these columns; else SourceError naming those it has, the nearest first."""
        with self._explaining():
            names = self._names(columns)
        wanted = list(dict.fromkeys(columns))
        if missing := [column for column in wanted if column not in names]:
            strange = self.header and len(missing) == len(wanted) > 1
            raise SourceError(self.source, self._headless(missing) if strange else self._missing(missing, names))

    def contents(self) -> str | None:
        """What a file that is the whole source holds, and how it is read, as a hash; none for other sources, and where it cannot be read.

        As long as it is the same, another reading would bring the same rows.
        """
        path = getattr(self.settings, "path", None)
        if not isinstance(path, str) or not (self.base / path).is_file():
            return None
        try:
            with (self.base / path).open("rb") as file:
                held = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16))
        except OSError:
            return None  # reading says why
        held.update(f"{self.kind} {self.settings.model_dump_json()} {code_of_connectors()}".encode())
        return held.hexdigest()

    @property
    @abstractmethod
    def place(self) -> str:
        """What is read, as an error calls it: `table 'clients'`."""

    @abstractmethod
    def _found(self) -> dict[str, str]:
        """`columns`, with errors as they come."""

    @abstractmethod
    def _read(self, columns: Sequence[str], since: Since | None) -> Iterator[Batch]:
        """`batches` of any size, with errors as they come."""

    def _names(self, wanted: Collection[str]) -> Collection[str]:
        """The columns that exist; a source without a schema reads on until it has seen all that are wanted."""
        return self.columns()

    def _explain(self, error: Exception) -> str | None:
        """One sentence for an error of this kind of source; none where it is a bug."""
        return explained(error, self.place)

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if isinstance(error, SourceError) or (message := self._explain(error)) is None:
                raise
            # What a driver or parser says can hold a password or a customer's data, so it is not chained.
            raise SourceError(self.source, message) from None

    def _missing(self, missing: Sequence[str], names: Collection[str]) -> str:
        subject = f"column '{missing[0]}' is" if len(missing) == 1 else f"columns {listed(missing)} are"
        settings = listed_places(missing, self.places.get)
        return f"{subject} not in {self.place}; it has {listed(names, near=missing[0]) or 'no columns'}.{settings}"

    def _headless(self, missing: Sequence[str]) -> str:
        """Where no column is there, the names that are may be somebody's data, and are not told."""
        settings = listed_places(missing, self.places.get).removeprefix(" Set ") or "the columns' names."
        return f"columns {listed(missing)} are not in {self.place}: is its first row a header? Set connect.{self.header}, or {settings}"


def listed_places(columns: Sequence[str], place: Callable[[str], str | None]) -> str:
    """Which settings to change, as a sentence; nothing where none is known.

    >>> listed_places(["dob", "mail"], {"dob": "map.birth_date", "mail": "map.email"}.get)
    ' Set map.birth_date, map.email.'
    """
    known = dict.fromkeys(found for column in columns if (found := place(column)))
    return f" Set {', '.join(known)}." if known else ""


def check_unique(names: Sequence[str], place: str) -> None:
    """Nothing, if no two columns have one name; else Unreadable naming those. Columns without a name do not count."""
    if twice := [name for name, count in Counter(names).items() if count > 1 and name]:
        raise Unreadable(f"{place} names {listed(twice)} more than once. Rename the others, so that each column has its own name.")


def check_header(cells: Sequence[str], header: str, setting: str) -> None:
    """Nothing, if no two cells of a header say the same; else Unreadable with where they are.

    A first row that is no header has a customer in it, so what the cells say is not told. (Invariant 11)
    """
    counts = Counter(cells)
    if twice := next((cell for cell in cells if cell and counts[cell] > 1), ""):
        places = [str(place) for place, cell in enumerate(cells, 1) if cell == twice]
        where = f"{', '.join(places[:-1])} and {places[-1]}"
        raise Unreadable(f"{header} says the same in columns {where}. Name each differently, or set {setting} if that row is no header.")


@cache
def code_of_connectors() -> str:
    """Changes with the code that reads sources."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
