"""Made sets: every kind of table that people bring, by its name."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.pipelines.steps.dedupe.made_people import citizens, customers, dated_alike, forebears, patients
from tests.pipelines.steps.dedupe.made_records import MadeSet
from tests.pipelines.steps.dedupe.made_things import firms, firms_in_towns, papers, placed_firms, wares

MADE: dict[str, Callable[[random.Random], MadeSet]] = {
    one.__name__: one for one in (customers, dated_alike, patients, citizens, forebears, firms, firms_in_towns, placed_firms, papers, wares)
}
"""Each kind by its name."""
