"""Sources: a department's database, and how its columns become attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.checks import Check


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which columns of a source fill one attribute, and how they are read."""

    target: str
    """The attribute; with `read_as`, only a label."""
    columns: tuple[tuple[str, ...], ...]
    """One tuple a value; the columns within it are joined by a space. Only a `many` attribute has several."""
    format: str | None = None
    """A strptime format for dates."""
    read_as: str | None = None
    """`full_name` or `address`: the text is parsed into the attributes that are its parts."""
    order: str | None = None
    """For `full_name`: `given_first` or `family_first`; none: told by a comma, else given first."""
    split: str | None = None
    """One cell holds several values, separated by this."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every column read, in order."""
        return tuple(name for value in self.columns for name in value)


@dataclass(frozen=True, slots=True)
class Source:
    """A departmental database as the project file declares it."""

    name: str
    owner: str
    connect: Mapping[str, Any]
    """`kind` and that connector's settings; `${ENV}` is still unresolved."""
    key: tuple[str, ...]
    """Columns that name a record within the source; several are joined by `|`."""
    map: tuple[ColumnMap, ...]
    modified: str | None = None
    """Column with the time of a row's last change."""
    modified_format: str | None = None
    trust: float = 0.5
    unique: bool = False
    """Known to hold each customer at most once."""
    required: bool = False
    """A run stops when this source is held."""
    checks: tuple[Check, ...] = field(default=())

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is pulled, key and modification time included, each once."""
        names = [*self.key, *((self.modified,) if self.modified else ())]
        names += [name for column in self.map for name in column.names]
        return tuple(dict.fromkeys(names))
