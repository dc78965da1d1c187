"""Places: where records stand."""

from __future__ import annotations

import numpy as np

from matching.records import Longs


class Places:
    """Where each of some record numbers stands."""

    def __init__(self, ids: Longs) -> None:
        self.order = np.argsort(ids)
        self.sorted = ids[self.order]

    def of(self, wanted: Longs) -> Longs:
        """The place of each number, -1 where it is not there."""
        if not len(self.sorted):
            return np.full(len(wanted), -1, np.int64)
        at = np.minimum(np.searchsorted(self.sorted, wanted), len(self.sorted) - 1)
        return np.where(self.sorted[at] == wanted, self.order[at], -1)
