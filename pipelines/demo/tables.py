"""The tables the population is drawn from, and how to draw from them: weighted, vectorised, the same for the same seed."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

DATA = Path(__file__).parent / "data"


@cache
def table(name: str) -> pd.DataFrame:
    """One of the tables in `data/`, by name; no text in it stands for a missing value.

    >>> table("given_names").columns.to_list()
    ['name', 'gender', 'origin', 'weight', 'peak', 'spread']
    """
    text_columns = {"zip3": str, "area_codes": str, "text": str}
    return pd.read_csv(DATA / f"{name}.csv", keep_default_na=False, na_filter=False, dtype=text_columns)


def texts(name: str, column: str) -> pa.StringArray:
    """One column of a table as Arrow text, to `take` from."""
    return pa.array(table(name)[column], pa.string())


def weights(name: str, column: str = "weight") -> Floats:
    """A table's column of weights."""
    return table(name)[column].to_numpy(np.float64)


def stream(seed: int, *labels: str) -> np.random.Generator:
    """A source of chance of its own for each purpose, so that a change to one leaves the others as they were.

    >>> bool(stream(1, "people").integers(1000) == stream(1, "people").integers(1000))
    True
    """
    return np.random.default_rng([seed, *(crc32(label.encode()) for label in labels)])


def draw(rng: np.random.Generator, weight: Floats, size: int) -> Ints:
    """`size` positions in `weight`, each drawn in proportion to its weight.

    >>> draw(stream(1), np.array([0.0, 1.0, 0.0]), 3).tolist()
    [1, 1, 1]
    """
    ceiling = np.cumsum(weight)
    drawn: Ints = np.searchsorted(ceiling, rng.random(size) * ceiling[-1], side="right").astype(np.int64)
    return drawn


def chosen(rng: np.random.Generator, size: int, rate: float) -> Flags:
    """Flags that are set for a share of `rate` of the rows, by chance."""
    return np.asarray(rng.random(size) < rate)


def exactly(rng: np.random.Generator, weight: Floats, count: int) -> Flags:
    """Flags set for `count` rows, or all that have weight if they are fewer; a heavier row is likelier.

    >>> int(exactly(stream(1), np.array([1.0, 0.0, 1.0, 1.0]), 2).sum())
    2
    """
    # The smallest of exponential waiting times are a weighted sample without replacement (Efraimidis and Spirakis, 2006).
    with np.errstate(divide="ignore"):
        waiting = np.where(weight > 0, rng.exponential(size=len(weight)) / weight, np.inf)
    picked = np.argsort(waiting, kind="stable")[: min(count, int((weight > 0).sum()))]
    flags = np.zeros(len(weight), bool)
    flags[picked] = True
    return flags


def join(*parts: Any, between: str = " ") -> pa.StringArray:
    """Texts side by side, missing ones left out; nothing at all is null.

    >>> join(pa.array(["Ann", None, None]), pa.array(["Lee", "Lee", None])).to_pylist()
    ['Ann Lee', 'Lee', None]
    """
    arrays = [part for part in parts if not isinstance(part, str)]
    if len(arrays) == len(parts):
        # Arrow leaves a row out altogether when there is nothing in it to join.
        something = np.logical_or.reduce([present(array) for array in arrays])
        parts = (where(something, parts[0], ""), *parts[1:])
    joined = pc.binary_join_element_wise(*parts, between, null_handling="skip")
    return pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), joined)


def where(flags: Flags, then: Any, otherwise: Any) -> pa.Array:
    """Row by row, one or the other; `None` is null."""
    null = pa.scalar(None, pa.string())
    return pc.if_else(pa.array(flags), null if then is None else then, null if otherwise is None else otherwise)


def pick(rng: np.random.Generator, options: list[Any], weight: list[float]) -> pa.StringArray:
    """For each row, one of the same row's `options` (arrays of one length), drawn by weight."""
    choice = draw(rng, np.asarray(weight, np.float64), len(options[0]))
    return pc.choose(pa.array(choice), *options)


def present(column: Any) -> Flags:
    """Which rows hold a value."""
    return np.asarray(column.is_valid(), dtype=bool)
