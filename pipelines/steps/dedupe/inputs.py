"""Inputs: the files to be matched, opened by their kind, and their rows as text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa

from connectors import KINDS, Batch, Connector, Refused
from connectors.batches import batch_of
from connectors.csv import Csv
from connectors.json import Json
from domain.errors import OnefoldError, SourceError

ENDINGS = {
    "csv": (".csv", ".tsv", ".txt", ".tab", ".psv"),
    "parquet": (".parquet", ".pq"),
    "excel": (".xlsx", ".xlsm"),
    "json": (".json", ".jsonl", ".ndjson"),
}
"""Kinds of files by the endings of their names; `.gz` behind one does not count."""
HELD = 2 << 30
"""Bytes of text up to which all columns are held in memory; beyond, the file is read again for those that are used."""
SETTINGS = re.compile(r" Set connect\..*$|, or set connect\.\w+")
"""What errors of connectors say about a project file."""
VALUES = re.compile(r"\d{5,}|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}")
"""What no column is called: a long number, a date, an e-mail address."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of an input."""

    rows: pa.RecordBatch
    numbers: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    """The number of each row in the file, from 1."""


@dataclass(slots=True)
class Input:
    """A file, read as text."""

    name: str
    """The name of its source, where no column says one: the file's name without its ending."""
    path: Path
    connector: Connector
    columns: tuple[str, ...] = ()
    wrapped: str | None = None
    """Where the records are in a JSON file that is one object around them."""
    headless: bool = False
    """Whether the first row holds values: then the columns are called column_1, column_2, ..."""
    rows: int = 0
    unread: list[Refused] = field(default_factory=list)
    """Rows of which nothing can be used."""
    spelled: int = 0
    """Rows with cells that are no text or too large, kept with what could be read of them."""
    held: list[Part] | None = None

    def parts(self, columns: Sequence[str] | None = None) -> Iterator[Part]:
        """All rows, with these columns (all, where none are given); what was read before is not read again."""
        wanted = list(columns if columns is not None else self.columns)
        if self.held is not None:
            yield from (Part(part.rows.select(wanted), part.numbers) for part in self.held)
        else:
            yield from self.read(wanted)

    def read(self, columns: Sequence[str]) -> Iterator[Part]:
        """The rows as the connector gives them; those it refuses are kept where something could be read of them."""
        self.unread, self.spelled = [], 0
        with plainly(self):
            for batch in self.connector.batches(columns):
                yield self.repaired(batch, columns)

    def repaired(self, batch: Batch, columns: Sequence[str]) -> Part:
        """A batch with the rows that were refused for one cell, in their places."""
        texts = [cells_of(row.raw) for row in batch.refused]
        kept = [(row.row, cells) for row, cells in zip(batch.refused, texts, strict=True) if cells is not None]
        self.unread += [replace(row, raw="") for row, cells in zip(batch.refused, texts, strict=True) if cells is None]
        if not kept:
            return Part(batch.rows, batch.numbers)
        self.spelled += len(kept)
        arrays = [pa.array([cells.get(name) for _, cells in kept], pa.string()) for name in columns]
        more = batch_of(columns, arrays, np.array([number for number, _ in kept], np.int64))
        numbers = np.concatenate((batch.numbers, more.numbers))
        order = np.argsort(numbers, kind="stable")
        rows = pa.concat_batches([batch.rows, more.rows])
        return Part(rows.take(pa.array(order)), numbers[order])


def cells_of(raw: str) -> dict[str, str | None] | None:
    """The cells of a refused row, if it was told as a JSON object of them."""
    try:
        found = orjson.loads(raw)
    except ValueError:
        return None
    return {name: None if cell is None else str(cell) for name, cell in found.items()} if isinstance(found, dict) else None


@contextmanager
def plainly(given: Input) -> Iterator[None]:
    """Errors of a connector without the settings of a project file, which there is none of here."""
    try:
        yield
    except SourceError as error:
        said = SETTINGS.sub("", str(error).removeprefix(f"source '{given.name}': "))
        raise OnefoldError(said if str(given.path) in said else f"{given.path}: {said}") from None


def open_inputs(paths: Sequence[Path]) -> list[Input]:
    """The files, each under a name of its own; an OnefoldError where one is missing, empty, given twice or of no known kind."""
    seen: dict[Path, Path] = {}
    for path in paths:
        check_file(path)
        if place_of(path) in seen:
            raise OnefoldError(f"{path} is given twice; name each input once.")
        seen[place_of(path)] = path
    names = distinct_names(paths)
    return [open_input(name, path) for name, path in zip(names, paths, strict=True)]


def place_of(path: Path) -> Path:
    """Where a file really is, behind links; as it is written where links lead in a circle."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()


def check_file(path: Path) -> None:
    """An OnefoldError where a file is not there, is a folder or has nothing in it."""
    try:
        if path.is_dir():
            raise OnefoldError(f"{path} is a folder; name the files in it.")
        if not path.exists():
            raise OnefoldError(f"{path} does not exist; name a file of rows (CSV, Parquet, Excel or JSON).")
        if path.stat().st_size == 0:
            raise OnefoldError(f"{path} is empty; export it again.")
    except OSError as error:
        raise OnefoldError(f"{path} cannot be read: {(error.strerror or 'input error').lower()}.") from None


def open_input(name: str, path: Path) -> Input:
    """One file; its columns are read now."""
    given = Input(name, path, connector_of(name, path))
    with plainly(given):
        if isinstance(given.connector, Json) and (within := given.connector.wrapped()):
            given.wrapped, given.connector = within, connector_of(name, path, records=within)
        given.columns = tuple(given.connector.columns())
        if isinstance(given.connector, Csv) and any(VALUES.fullmatch(column.strip()) for column in given.columns):
            given.headless, given.connector = True, connector_of(name, path, header=False)
            given.columns = tuple(given.connector.columns())
    if not given.columns:
        raise OnefoldError(f"{path} has no columns; its first row must name them.")
    return given


def connector_of(name: str, path: Path, **settings: object) -> Connector:
    """What reads a file."""
    kind = KINDS[kind_of(path)]
    return kind(name, kind.settings_model.model_validate({"path": str(path), **settings}), Path())


def kind_of(path: Path) -> str:
    """The kind of connector for a file, by the ending of its name."""
    name = path.name.lower().removesuffix(".gz")
    found = next((kind for kind, endings in ENDINGS.items() if name.endswith(endings)), None)
    if found is None:
        known = ", ".join(ending for endings in ENDINGS.values() for ending in endings)
        raise OnefoldError(f"{path} is of no known kind; its name must end in one of {known}.")
    return found


def distinct_names(paths: Sequence[Path]) -> list[str]:
    """A name for each file: its own without its ending, with its folder's before it where two are the same.

    >>> distinct_names([Path("a/crm.csv"), Path("b/crm.csv.gz"), Path("shop.parquet")])
    ['a/crm', 'b/crm', 'shop']
    """
    stems = [re.sub(r"(?i)(?:\.\w{1,7})?(?:\.gz)?$", "", path.name, count=1) or path.name for path in paths]
    names = [f"{path.parent.name}/{stem}" if stems.count(stem) > 1 else stem for stem, path in zip(stems, paths, strict=True)]
    return [name if names.count(name) == 1 else f"{name} ({names[:at].count(name) + 1})" for at, name in enumerate(names)]


def read_through(given: Input) -> Iterator[Part]:
    """Every row of an input for the first time; it is held in memory where it is not too large."""
    held: list[Part] | None = []
    size = given.rows = 0
    for part in given.read(given.columns):
        given.rows += part.rows.num_rows
        size += part.rows.nbytes
        held = [*held, part] if held is not None and size <= HELD else None
        yield part
    given.held = held
