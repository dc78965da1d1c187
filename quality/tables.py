"""The tables that questions are put to: made when asked for, of the columns asked about."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from quality.engine import Expectation

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "Callable[[Sequence[Expectation]], pd.DataFrame]"]
"""By name, how to make a table for the expectations that will be put to it."""

FIGURES = "figures"
"""The table of one row that holds what is a figure by itself: a drop, an age, a churn."""
VALUES = "values"
"""The table of standardised values, for plain Great Expectations."""


def columns_of(asked: Iterable[Expectation]) -> frozenset[str]:
    """Every column that is asked about."""
    return frozenset().union(*(expectation.columns or () for expectation in asked))


def figures_table(figures: Mapping[str, float | None]) -> pd.DataFrame:
    """One row; a figure that is not known is null and holds, one that is no number is infinite and holds nowhere."""
    import pandas as pd

    known = {name: math.nan if f is None else math.inf if math.isnan(f) else float(f) for name, f in figures.items()}
    return pd.DataFrame(known, index=[0])


def value_table(values: Callable[[], pa.Table] | None, asked: Sequence[Expectation]) -> pd.DataFrame:
    """Standardised values as pandas knows them, dates as times: all columns if an expectation is about the whole table."""
    table = values() if values is not None else pa.table({})
    whole = any(expectation.columns is None for expectation in asked)
    wanted = [name for name in table.column_names if whole or name in columns_of(asked)]
    frame: pd.DataFrame = table.select(wanted).to_pandas(date_as_object=False)
    return frame


def codes(keys: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """A number for each distinct key, NaN where there is none: as unique as the keys, and quicker to look at."""
    numbers = keys.combine_chunks().dictionary_encode().indices
    return np.asarray(numbers.to_numpy(zero_copy_only=False), np.float64)
