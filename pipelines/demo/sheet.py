"""One department's rows in the customer's attributes, before the department's own way of writing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from pipelines.demo.tables import Ints


@dataclass(frozen=True, slots=True)
class Sheet:
    """Arrow columns of one length: the attributes by name, and what departments write besides.

    Besides the attributes there are `middle` (an initial), `suffix` (`Jr`), `second_email`, `second_phone`.
    Telephones are ten digits, dates are dates, a consent is a truth value, everything else is text.
    """

    customer: Ints
    """-1 where the row is nobody's record."""
    time: Ints
    """Seconds since 1970 of the last change."""
    values: Mapping[str, pa.Array]

    def __len__(self) -> int:
        return len(self.time)

    def __getitem__(self, name: str) -> pa.Array:
        return self.values[name]

    def having(self, **values: pa.Array) -> Sheet:
        """The same rows with other values in some columns."""
        return replace(self, values={**self.values, **values})


Recipe = Callable[[Sheet, np.random.Generator], pa.Array]
"""How a department fills one column of its own."""
