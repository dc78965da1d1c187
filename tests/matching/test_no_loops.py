"""Work grows in arrays: no line of ours runs once a record or once a pair."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from domain.settings import MatchSettings
from matching.chance import Population
from matching.cluster import Constraints
from matching.estimate import believe
from matching.forms import forms_of
from matching.labels import record_tickets
from matching.match import find_clusters, score_pairs
from matching.records import Records
from matching.train import train
from tests.matching.picture import attribute, from_columns

OURS = tuple(str(Path(__file__).parents[2] / name) + "/" for name in ("matching", "domain"))
VALUES = {
    "given_name": [f"Gi{a}{b}n" for a in "abcdeo" for b in "lmnrst"],
    "family_name": [f"F{a}{b}son" for a in "abcdeo" for b in "lmnrstkp"],
    "date_of_birth": [f"19{year}-{month:02}-{day:02}" for year in range(40, 90, 5) for month in (1, 4, 11) for day in (3, 17)],
    "email": [f"user{at}@x{at % 7}.org" for at in range(200)],
    "phone": [f"206 555 {at:04}" for at in range(150)],
    "street": [f"{at} Main St" for at in range(90)],
    "city": ["Oslo", "Rome", "Paris", "Bergen"],
    "postcode": [f"627{at:02}" for at in range(30)],
}
ATTRIBUTES = [attribute(name, many=name == "phone") for name in VALUES]


def town(count: int) -> Records:
    """So many records out of a fixed stock of values, each person twice, the second time with every third value missing."""
    random = np.random.default_rng(1)
    once = {name: [values[at] for at in random.integers(len(values), size=count // 2)] for name, values in VALUES.items()}
    twice = {name: [*cells, *(cell if at % 3 else None for at, cell in enumerate(cells))] for name, cells in once.items()}
    return from_columns(ATTRIBUTES, [f"s{at % 2}:{at:06}" for at in range(count)], twice)


@contextmanager
def counting(lines: Counter[str]) -> Iterator[None]:
    """Count every line of ours that runs, in this thread and in those it starts."""

    def line(frame: FrameType, event: str, _argument: Any) -> Callable[..., Any]:
        lines[f"{frame.f_code.co_filename}:{frame.f_code.co_name}"] += event == "line"
        return line

    def call(frame: FrameType, _event: str, _argument: Any) -> Callable[..., Any] | None:
        return line if frame.f_code.co_filename.startswith(OURS) else None

    before = sys.gettrace()
    threading.settrace(call)
    sys.settrace(call)
    try:
        yield
    finally:
        sys.settrace(before)
        threading.settrace(None)


def match(records: Records) -> tuple[Counter[str], int]:
    """Forms to clusters, and what is believed of them: the lines that ran, by function, and how many pairs were candidates."""
    lines: Counter[str] = Counter()
    with counting(lines):
        forms, population = forms_of(records), Population(records.source, np.zeros(2, bool), records.sources)
        model, pairs, patterns = train(forms, population, 10 * len(records))
        scored = score_pairs(pairs, patterns, model, population)
        clusters = find_clusters(forms, population, model, scored, MatchSettings(), Constraints.none())
        believe(forms, model, scored, clusters, Constraints.none(), record_tickets(records))
    return lines, pairs.candidates


def test_lines_that_run_do_not_grow_with_records_or_pairs() -> None:
    """Eight times the records of one stock of values, and more than eight times the candidate pairs: no function runs twice the lines."""
    match(town(500))  # tables that are made once
    few, few_pairs = match(town(2_000))
    many, many_pairs = match(town(16_000))
    assert many_pairs > 8 * few_pairs > 8_000
    assert many.total() < 2 * few.total()
    assert {name: (few[name], count) for name, count in many.items() if count > 2 * few[name] + 1_000} == {}
