"""Tables of words beside this file (CSV): anybody who knows names can add a line."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path


@cache
def rows(table: str) -> tuple[dict[str, str], ...]:
    """The rows of `<table>.csv`, by column name.

    >>> rows("name_words")[0]["kind"]
    'title'
    """
    with (Path(__file__).parent / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def words(table: str, column: str, **condition: str) -> frozenset[str]:
    """The words in a column of a table, of the rows where the other columns have the values given.

    >>> "jr" in words("name_words", "word", kind="suffix")
    True
    """
    return frozenset(row[column] for row in rows(table) if all(row[name] == value for name, value in condition.items()))


def any_of(choices: Iterable[str]) -> str:
    """A regular expression for one of the words, the longest first.

    >>> any_of(["de", "de la"])
    '(?:de la|de)'
    """
    return "(?:" + "|".join(re.escape(word).replace("\\ ", " ") for word in sorted(choices, key=lambda word: (-len(word), word))) + ")"
