"""Rows that are refused one by one, before the gate looks at the whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from domain.attributes import Status


class Refusals(NamedTuple):
    """Which rows are refused, and why."""

    mask: npt.NDArray[np.bool_]
    reason: str


def refusals(statuses: pa.Table, identifying: Sequence[str]) -> Refusals:
    """Rows in which no attribute that identifies anyone is valid: nobody could be told by them.

    `statuses` has a column `<attribute>_status` for each attribute that the source maps; `identifying` are the
    attributes whose role is not neutral, mapped or not.

    >>> statuses = pa.table({"email_status": [1, 2, 0], "city_status": [0, 0, 3], "gender_status": [1, 1, 1]})
    >>> mask, reason = refusals(statuses, ["email", "phone", "city"])
    >>> mask.tolist(), reason
    ([False, True, True], 'no attribute that identifies anyone is valid (email, city)')
    """
    mapped = [name for name in identifying if f"{name}_status" in statuses.column_names]
    mask = np.ones(statuses.num_rows, bool)
    for name in mapped:
        mask &= np.asarray(statuses[f"{name}_status"].fill_null(int(Status.MISSING))) != Status.VALID
    return Refusals(mask, f"no attribute that identifies anyone is valid ({', '.join(mapped) or 'none is mapped'})")
