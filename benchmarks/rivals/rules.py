"""Which rules a rival blocks by: their pairs are counted first, as Splink's guides advise, and held against a budget like Onefold's."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

Rule = tuple[str, ...]
"""SQL expressions on the columns of `cleaned` that have to be equal on both sides, all of them."""

BUDGET, LEAST_BUDGET = 20, 2_000_000
"""Pairs a record, and pairs at least: as Onefold has it."""
OVERLAP = 3
"""Rules find the same pairs again and again: so many are counted for each that is new."""
EVERY_PAIR = 1_000_000
"""So few pairs are all compared, as Onefold does."""
TRAINABLE = 30
"""Pairs of a training block at least."""


class RuleCounter:
    """Counts pairs of the table `cleaned`, which has a `source` column; with `unique`, only those between sources."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, unique: bool) -> None:
        self.connection = connection
        self.unique = unique
        self.records = len(connection.sql("select source from cleaned"))
        self.every = self.pairs(())

    def within_budget(self, rules: Sequence[Rule]) -> list[Rule]:
        """The rules whose pairs, in order, are within the budget; the empty rule alone where every pair is."""
        if self.every <= EVERY_PAIR:
            return [()]
        left, taken = OVERLAP * max(LEAST_BUDGET, BUDGET * self.records), []
        for rule in dict.fromkeys(rules):
            made = self.pairs(rule)
            if 0 < made <= left:
                taken.append(rule)
                left -= made
        return taken

    def trainable(self, rules: Sequence[Rule], most: int) -> list[Rule]:
        """The first rules, `most` at most, with enough pairs to learn from."""
        found: list[Rule] = []
        for rule in dict.fromkeys(rules):
            if len(found) < most and self.pairs(rule) >= TRAINABLE:
                found.append(rule)
        return found

    def pairs(self, rule: Rule) -> int:
        """Pairs that a rule makes."""
        within = self.grouped(rule, ("source",)) if self.unique else 0
        return self.grouped(rule, ()) - within

    def grouped(self, rule: Rule, also: Rule) -> int:
        """Pairs of records that are equal in everything named."""
        known = " and ".join(f"{part} is not null" for part in rule) or "true"
        keys = ", ".join((*rule, *also))
        sizes = f"select count(*) n from cleaned where {known}" + (f" group by {keys}" if keys else "")
        row = self.connection.sql(f"select sum(n * (n - 1) / 2) from ({sizes})").fetchone()
        return int(row[0] or 0) if row else 0
