"""Survey: what the columns of the inputs mean, which name the records, and which name their source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.errors import OnefoldError
from matching.infer import Finding
from matching.infer.columns import CUT, Column
from matching.infer.names import ENDS_OF_KEYS, meaning_of, words_of
from pipelines.steps.dedupe.inputs import Input, read_through

SAMPLE = 200_000
"""Filled cells of a column that are looked at; of more, every second, fourth, ... one."""
MOST_SOURCES = 200
"""A column that names sources has no more than so many values."""
SURE_KEYS = (
    "record id",
    "rec id",
    "recid",
    "recordid",
    "id",
    "unique id",
    "uniqueid",
    "row id",
    "rowid",
    "uid",
    "uuid",
    "guid",
    "key",
    "pk",
)
"""Names that only a record key has: where such a column repeats its values, something is wrong."""
NO_KEYS = frozenset({"identifier", "national_id", "phone", "email", "postcode", "house number", "street", "address"})
"""What a name with a word for a number says where it is evidence of who a record is, rather than the source's own number of it."""


class Sampler:
    """A sample of one column's cells, taken as it is read."""

    def __init__(self) -> None:
        self.kept: list[pa.StringArray] = []
        self.filled = self.rows = self.count = 0
        self.step = 1

    def add(self, values: pa.StringArray) -> None:
        """More cells."""
        filled = values.filter(pc.fill_null(pc.greater(pc.binary_length(values), 0), False))
        self.rows, self.filled = self.rows + len(values), self.filled + len(filled)
        taken = pc.utf8_slice_codeunits(filled.take(pa.array(np.arange(0, len(filled), self.step))), 0, CUT)
        self.kept.append(taken)
        self.count += len(taken)
        while self.count > SAMPLE:
            self.step *= 2
            self.kept = [one.take(pa.array(np.arange(0, len(one), 2))) for one in self.kept]
            self.count = sum(map(len, self.kept))

    def column(self, name: str, inputs: Sequence[int]) -> Column:
        """The column as far as it was sampled."""
        values = pa.concat_arrays(self.kept) if self.kept else pa.array([], pa.string())
        return Column(name, values, self.filled, self.rows, inputs)


def sample(inputs: Sequence[Input]) -> list[Column]:
    """Read every input once; its columns, those that several inputs call the same as one."""
    samplers: dict[str, Sampler] = {}
    for given in inputs:
        for part in read_through(given):
            for name in given.columns:
                samplers.setdefault(name, Sampler()).add(part.rows.column(name))
        if not given.rows:
            raise without_rows(given)
    places = {name: [at for at, given in enumerate(inputs) if name in given.columns] for name in samplers}
    return [sampler.column(name, places[name]) for name, sampler in samplers.items()]


def without_rows(given: Input) -> OnefoldError:
    """What is said of an input of which no row is left: that there is none, or that none can be read."""
    if not given.unread:
        return OnefoldError(f"{given.path} has no rows; there is nothing to match in it.")
    first = given.unread[0]
    fault = f"none of its rows can be read; row {first.row} {first.reason}"
    return OnefoldError(f"{given.path}: {fault}. Let the first row name the columns, and nothing stand before it.")


@dataclass(frozen=True, slots=True)
class Named:
    """How the rows of one input are named."""

    source: str | None
    """The column that names the source; none: the input's name."""
    key: tuple[str, ...]
    """The columns that name the record; none: its row number."""


def named(given: Input) -> Named:
    """The columns of an input that are found to name its sources and records."""
    source = source_column(given)
    return Named(source, key_column(given, source))


def key_column(given: Input, source: str | None) -> tuple[str, ...]:
    """The column that is found to name the records of each source; none where no column does.

    An OnefoldError where a column that can only be the record key is empty or repeated in some rows.
    """
    candidates = [name for name in given.columns if name != source and meaning_of(name).kind == "key" and meaning_of(name).exact]
    for name in sorted(candidates, key=lambda name: (rank(name), given.columns.index(name))):
        keys = key_table(given, source, (name,))
        empty, again = faulty(keys)
        if not len(empty) and not len(again):
            return (name,)
        if rank(name) < len(SURE_KEYS) and len(empty) + len(again) < 0.5 * keys.num_rows:
            raise OnefoldError(key_fault(given, (name,), source, keys, empty, again))
    return key_in_front(given, source)


def key_in_front(given: Input, source: str | None) -> tuple[str, ...]:
    """The first column, where its name has a word for a number and its cells are filled, all different and without a blank."""
    first = next((name for name in given.columns if name != source), None)
    if first is None or not (set(words_of(first)[:1] + words_of(first)[-1:]) & ENDS_OF_KEYS) or meaning_of(first).kind in NO_KEYS:
        return ()
    keys = key_table(given, source, (first,))
    empty, again = faulty(keys)
    spaced = pc.any(pc.match_substring_regex(keys.column("key"), r"\S\s\S")).as_py()
    return () if len(empty) or len(again) or spaced else (first,)


def rank(name: str) -> int:
    """How likely a column is the record key by its name, the likeliest first."""
    words = " ".join(words_of(name))
    return SURE_KEYS.index(words) if words in SURE_KEYS else len(SURE_KEYS)


def source_column(given: Input) -> str | None:
    """The column that names the source of each row: called so, filled throughout, with few values."""
    for name in given.columns:
        if meaning_of(name).kind == "source" and meaning_of(name).exact:
            values = pa.chunked_array([part.rows.column(0) for part in given.parts([name])], pa.string())
            empty = values.null_count + (pc.sum(pc.equal(values, "")).as_py() or 0)
            if not empty and len(pc.unique(values)) <= min(MOST_SOURCES, max(1, len(values) // 2)):
                return name
    return None


def key_table(given: Input, source: str | None, key: Sequence[str]) -> pa.Table:
    """Source, key and row number of every row of an input; a key of several columns is joined by `|`."""
    wanted = list(dict.fromkeys([*([source] if source else []), *key]))
    columns: dict[str, list[pa.Array]] = {"source": [], "key": [], "number": []}
    for part in given.parts(wanted or given.columns[:1]):
        count = part.rows.num_rows
        number = pa.array(part.numbers)
        columns["source"].append(pc.fill_null(part.rows.column(source), "") if source else pa.repeat(pa.scalar(given.name), count))
        columns["key"].append(joined([part.rows.column(name) for name in key]) if key else number.cast(pa.string()))
        columns["number"].append(number)
    kinds = {"source": pa.string(), "key": pa.string(), "number": pa.int64()}
    return pa.table({name: pa.chunked_array(arrays, kinds[name]) for name, arrays in columns.items()})


def joined(parts: Sequence[pa.StringArray]) -> pa.StringArray:
    """Key columns as one key; null where one of them is empty."""
    filled = [pc.if_else(pc.equal(pc.utf8_trim_whitespace(part), ""), pa.scalar(None, pa.string()), part) for part in parts]
    return filled[0] if len(filled) == 1 else pc.binary_join_element_wise(*filled, "|")


Places = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


def faulty(keys: pa.Table) -> tuple[Places, Places]:
    """Row numbers without a key, and of rows whose key an earlier row of the same source has."""
    numbers = keys.column("number").to_numpy()
    empty = np.asarray(keys.column("key").is_null())
    both = [pc.fill_null(pc.dictionary_encode(keys.column(name)).combine_chunks().indices, -1).to_numpy() for name in ("source", "key")]
    code = both[0].astype(np.int64) * (len(keys) + 1) + both[1]
    _, first = np.unique(code, return_index=True)
    again = np.ones(len(code), bool)
    again[first] = False
    return numbers[empty], numbers[again & ~empty]


def key_fault(given: Input, key: Sequence[str], source: str | None, keys: pa.Table, empty: Places, again: Places) -> str:
    """The sentence about record keys that are missing or repeated: in which rows, never which."""
    which = f"column '{key[0]}'" if len(key) == 1 else f"columns {', '.join(repr(name) for name in key)}"
    faults = []
    if len(again):
        within = f" within one '{source}'" if source else ""
        faults.append(f"repeats the key of an earlier row{within} in {rows_told(again)}")
    if len(empty):
        faults.append(f"is empty in {rows_told(empty)}")
    advice = "Give each record a key of its own, or name another column as key: in a map (--map; `--save-map` writes one to begin with)."
    return f"{given.path}: {which}, the record key, {' and '.join(faults)}. {advice}"


def rows_told(numbers: Places, most: int = 5) -> str:
    """
    >>> rows_told(np.array([3])), rows_told(np.array([3, 4, 9]), most=2)
    ('row 3', '3 rows: 3, 4, ...')
    """
    if len(numbers) == 1:
        return f"row {numbers[0]:,}"
    shown = ", ".join(f"{number}" for number in numbers[:most].tolist())
    return f"{len(numbers):,} rows: {shown}" + (", ..." if len(numbers) > most else "")


def findings_of(found: Sequence[Finding], names: Mapping[int, Named], inputs: Sequence[Input]) -> list[Finding]:
    """What was inferred of every column, keys and sources first."""
    keys = dict.fromkeys(name for one in names.values() for name in one.key)
    sources = dict.fromkeys(one.source for one in names.values() if one.source)
    first = [Finding(name, "source", "source", "column name; few values") for name in sources]
    first += [Finding(name, "record key", "key", "column name; different in every row") for name in keys]
    return [*first, *(one for one in found if one.column not in keys and one.column not in sources)]
