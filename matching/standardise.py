"""Standardise: a source's raw rows become values in the project's attributes, each with a status."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Attribute, Storage
from domain.sources import ColumnMap, Source
from matching.attribute_types import TYPES, Options
from matching.attribute_types.address import split_address
from matching.attribute_types.full_name import split_full_name
from matching.records import NO_TIME, Longs

Statuses = npt.NDArray[np.uint8]

SEPARATOR = "\x1f"
"""Joins the several values of a `many` attribute; standardised values never hold it (it is a control character)."""
BEST_STATUS = np.array([3, 0, 1, 2], np.uint8)
"""Rank of each status when several texts are told together: valid, invalid, placeholder, missing."""


@dataclass(frozen=True, slots=True)
class StandardBatch:
    """The standard records of a batch of rows, column by column."""

    values: dict[str, pa.Array]
    """By attribute, in its storage; several values of a `many` attribute as text, joined by `SEPARATOR`."""
    statuses: dict[str, Statuses]

    def table(self) -> pa.Table:
        """One column a value and one a status (`<attribute>_status`)."""
        columns: dict[str, pa.Array] = {}
        for name, value in self.values.items():
            columns[name] = value
            columns[f"{name}_status"] = pa.array(self.statuses[name].astype(np.int16))
        return pa.table(columns)


@dataclass(frozen=True, slots=True)
class Piece:
    """Raw texts on their way to one attribute: text e comes from row `row[e]` of the batch and the source's column `column`."""

    attribute: str
    row: Longs
    text: pa.StringArray
    column: str
    options: Options


def standardise(rows: pa.RecordBatch | pa.Table, source: Source, attributes: Sequence[Attribute]) -> StandardBatch:
    """Every attribute of every row; an attribute the source does not map is missing throughout."""
    found = list(pieces(rows, source, attributes))
    values, statuses = {}, {}
    for attribute in attributes:
        own = [piece for piece in found if piece.attribute == attribute.name]
        values[attribute.name], statuses[attribute.name] = standardise_attribute(attribute, own, rows.num_rows)
    return StandardBatch(values, statuses)


def pieces(rows: pa.RecordBatch | pa.Table, source: Source, attributes: Sequence[Attribute]) -> Iterator[Piece]:
    """The texts that a source's map takes out of its rows, in the order of the map."""
    named = {attribute.name: attribute for attribute in attributes}
    for column in source.map:
        for alternative in column.columns:
            text = join_columns(rows, alternative)
            label = " + ".join(alternative)
            everywhere = np.arange(rows.num_rows)
            if column.read_as:
                for attribute, part in parts_of(column, text, attributes):
                    yield Piece(attribute.name, everywhere, part, label, Options(attribute.region))
                continue
            attribute = named[column.target]
            options = Options(attribute.region, column.format)
            if column.split:
                yield Piece(attribute.name, *split_cells(text, column.split), label, options)
            else:
                yield Piece(attribute.name, everywhere, text, label, options)


def join_columns(rows: pa.RecordBatch | pa.Table, names: Sequence[str]) -> pa.StringArray:
    """Columns as one text, joined by a blank where several have something."""
    texts = [combined(rows.column(name)).cast(pa.string()) for name in names]
    if len(texts) == 1:
        return texts[0]
    joined = pc.utf8_trim_whitespace(pc.binary_join_element_wise(*(pc.fill_null(text, "") for text in texts), " "))
    return pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), joined)


def combined(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A column as one array."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def split_cells(text: pa.StringArray, separator: str) -> tuple[Longs, pa.StringArray]:
    """Cells that hold several values: the row of each value, and the values."""
    lists = pc.split_pattern(text, separator)
    return np.asarray(pc.list_parent_indices(lists), np.int64), pc.list_flatten(lists)


def parts_of(column: ColumnMap, text: pa.StringArray, attributes: Sequence[Attribute]) -> Iterator[tuple[Attribute, pa.StringArray]]:
    """The parts of whole names or addresses, each with the project's first attribute of its type."""
    coded = pc.dictionary_encode(text)
    if column.read_as == "full_name":
        names = split_full_name(coded.dictionary, column.order)
        parts = {"given_name": names.given, "family_name": names.family, "organisation": names.organisation}
    else:
        place = split_address(coded.dictionary)
        parts = {"street": place.street, "city": place.city, "region": place.region, "postcode": place.postcode, "country": place.country}
    for kind, values in parts.items():
        attribute = next((a for a in attributes if a.type == kind), None)
        if attribute is not None:
            yield attribute, values.take(coded.indices)


def standardise_attribute(attribute: Attribute, found: Sequence[Piece], count: int) -> tuple[pa.Array, Statuses]:
    """Values and statuses of one attribute over `count` rows."""
    done = [(piece, *standardise_piece(attribute, piece)) for piece in found]
    statuses = np.zeros(count, np.uint8)
    for piece, _, status in done:
        better = BEST_STATUS[status] < BEST_STATUS[statuses[piece.row]]
        statuses[piece.row[better]] = status[better]
    if attribute.many:
        return join_values(done, count), statuses
    values = pa.nulls(count, ARROW[attribute.storage])
    for _, value, _ in done:
        values = pc.coalesce(values, value)
    return values, statuses


def standardise_piece(attribute: Attribute, piece: Piece) -> tuple[pa.Array, Statuses]:
    """Value and status of each text, worked out once per distinct text."""
    coded = pc.dictionary_encode(piece.text, null_encoding="encode")
    result = TYPES[attribute.type].standardise(coded.dictionary, piece.options)
    index = coded.indices.to_numpy(zero_copy_only=False)
    return result.value.take(coded.indices), result.status[index]


def join_values(done: Sequence[tuple[Piece, pa.Array, Statuses]], count: int) -> pa.StringArray:
    """The valid values of each row, in the order of the map, joined by `SEPARATOR`; null where there is none."""
    if not done:
        return pa.nulls(count, pa.string())
    row = np.concatenate([piece.row for piece, _, _ in done])
    value = pa.concat_arrays([value.cast(pa.string()) for _, value, _ in done])
    kept = np.asarray(value.is_valid())
    kept &= ~repeated(row, value)
    row, value = row[kept], value.filter(pa.array(kept))
    order = np.argsort(row, kind="stable")
    offsets = np.searchsorted(row[order], np.arange(count + 1)).astype(np.int32)
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, value.take(pa.array(order))), SEPARATOR)
    return pc.if_else(pa.array(np.diff(offsets) > 0), joined, pa.scalar(None, pa.string()))


def repeated(row: Longs, value: pa.StringArray) -> npt.NDArray[np.bool_]:
    """Which entries repeat an earlier one of the same row."""
    frame = pd.DataFrame({"row": row, "value": pc.dictionary_encode(value).indices.fill_null(-1).to_numpy(zero_copy_only=False)})
    return np.asarray(frame.duplicated(), dtype=bool)


ARROW = {Storage.TEXT: pa.string(), Storage.DATE: pa.date32(), Storage.NUMBER: pa.float64(), Storage.BOOLEAN: pa.bool_()}
"""How each storage is held in Arrow."""


def modified_times(text: pa.StringArray, format: str | None = None) -> Longs:
    """Times of the last change in microseconds since 1970 (UTC); `NO_TIME` where there is none or it cannot be read.

    Without a format: ISO 8601, or seconds or milliseconds since 1970. A time without a zone is taken as UTC.

    >>> modified_times(pa.array(["1970-01-01T00:00:01", "86400", None, "soon"])).tolist() == [10**6, 86400 * 10**6, NO_TIME, NO_TIME]
    True
    """
    coded = pc.dictionary_encode(text)
    raw = coded.dictionary.to_pandas()
    times = pd.to_datetime(raw, format=format or "ISO8601", errors="coerce", utc=True)
    micros = times.to_numpy(dtype="datetime64[us]").astype(np.int64)
    if format is None:
        number = pd.to_numeric(raw.where(raw.str.fullmatch(r"\d{1,13}").astype(bool)), errors="coerce").to_numpy(dtype=np.float64)
        epoch = np.isfinite(number) & ~raw.str.fullmatch(r"(19|20)\d{6}").to_numpy(dtype=bool)
        scale = np.where(number > 1e11, 1_000, 1_000_000)
        micros[epoch] = (number[epoch] * scale[epoch]).astype(np.int64)
    micros = np.concatenate((micros, [NO_TIME]))
    return np.asarray(micros[coded.indices.fill_null(len(raw)).to_numpy(zero_copy_only=False)])
