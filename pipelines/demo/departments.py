"""What a department is: how large, whom it shares with others, how carelessly it keeps its records, and how it writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pipelines.demo.sheet import Recipe
from pipelines.demo.stores import Store

WHOLE: Final = {"full_name": ("given_name", "family_name"), "address": ("street", "city", "region", "postcode")}
"""What a column that holds a whole name or address says."""
RARELY: Final = 0.15
"""How much rarer than usual a value is missing that the department cannot do without."""


@dataclass(frozen=True, slots=True)
class Part:
    """A further table of a department: a row for each customer of whom it knows anything, or for each value of several kinds."""

    key: str
    columns: Mapping[str, Recipe] = field(default_factory=dict)
    kinds: Mapping[str, Recipe] = field(default_factory=dict)
    """The values of a column `value`, by what stands in the column `kind` beside it."""


@dataclass(frozen=True, slots=True)
class Department:
    """One department and its idea of a customer."""

    name: str
    """Its source's name in the project file."""
    owner: str
    share: float
    """Of all rows, in percent."""
    overlap: float
    """Share of its customers who are wanted to be held by another department too."""
    repeats: float
    """Share of its rows that are of a customer it holds already; 0: it holds each once, and the project file says so."""
    store: Store
    key: Mapping[str, Recipe]
    columns: Mapping[str, Recipe]
    map: Mapping[str, Any]
    """Which column fills which attribute, as the project file writes it."""
    parts: Mapping[str, Part] = field(default_factory=dict)
    """Further tables by name."""
    modified: str | Mapping[str, str] | None = None
    """The column with the time of the last change, as the project file writes it."""
    trust: float = 0.5
    expect: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Checks beyond those of every department."""
    years: tuple[int, int] = (2012, 2025)
    """The first and last year in which rows were last changed."""
    leaning: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """How it attracts customers who deal online, by post and telephone, and as a business; 0 is neither more nor less."""
    business: float = 1.0
    """How many organisations are among its customers, 1 being usual."""
    slips: float = 1.0
    """How many typos are made, 1 being usual."""
    gaps: float = 1.0
    """How many values are missing, 1 being usual."""
    sure: tuple[str, ...] = ()
    """Attributes that are rarely missing here."""
    most_rows: int | None = None

    @property
    def unique(self) -> bool:
        """Whether it holds each customer at most once."""
        return self.repeats == 0

    @property
    def captures(self) -> tuple[str, ...]:
        """The attributes it has a column for."""
        parts = [WHOLE[entry["as"]] if isinstance(entry, Mapping) and "as" in entry else (name,) for name, entry in self.map.items()]
        return tuple(dict.fromkeys(name for names in parts for name in names))

    @property
    def has_company(self) -> bool:
        """Whether it has a column for an organisation beside that for a person."""
        return "organisation" in self.map

    def gaps_in(self, attribute: str) -> float:
        """How many values of an attribute are missing here, 1 being usual."""
        return self.gaps * RARELY if attribute in self.sure else self.gaps
