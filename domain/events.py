"""Events: what consumers are told of a publication, and who is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

Value = str | date | float | bool | None


@dataclass(frozen=True, slots=True)
class CustomerState:
    """A golden customer as one publication showed them."""

    values: Mapping[str, Value]
    """The golden value of each attribute; none where there is no value."""
    other_values: Mapping[str, tuple[str, ...]]
    """The other values of the attributes a customer can have several of, in order."""
    member_count: int
    sources: tuple[str, ...]
    records: tuple[str, ...]
    """The keys of its source records, `billing:1042`, in order."""

    def as_object(self) -> dict[str, Any]:
        """As JSON knows it; a date is text.

        >>> CustomerState({"born": date(1980, 4, 3)}, {}, 1, ("crm",), ("crm:1",)).as_object()["values"]
        {'born': '1980-04-03'}
        """
        values = {name: value.isoformat() if isinstance(value, date) else value for name, value in self.values.items()}
        others = {name: list(values) for name, values in self.other_values.items()}
        counted = {"member_count": self.member_count, "sources": list(self.sources), "records": list(self.records)}
        return {"values": values, "other_values": others, **counted}


@dataclass(frozen=True, slots=True)
class Event:
    """One change of a golden customer, made by one publication."""

    event_id: int
    """From 1, without gaps, in the order of the publications."""
    kind: str
    """`created`, `changed`, `merged`, `split`, `revived`, `retired` or `erased`."""
    golden_id: str
    other_id: str | None
    """Into which it was merged, into which it was split."""
    run: int
    published_at: datetime
    before: CustomerState | None
    """At the publication before; none where the id had no golden record then, or its customer was erased since."""
    after: CustomerState | None

    def as_object(self) -> dict[str, Any]:
        """As `onefold events --json` prints it and a webhook receives it."""
        told = {"event_id": self.event_id, "kind": self.kind, "golden_id": self.golden_id, "other_id": self.other_id}
        states = {name: None if state is None else state.as_object() for name, state in (("before", self.before), ("after", self.after))}
        return {**told, "run": self.run, "published_at": self.published_at.isoformat(), **states}


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One to whom events are delivered, as the project file declares them."""

    name: str
    url: str
    """Where to post; `${NAME}` is not resolved yet."""
    secret: str | None
    """What signs each delivery; `${NAME}` is not resolved yet."""
    batch: int
    """Events in one delivery at most."""
    timeout: float
    """Seconds a delivery may take as a whole."""
    attempts: int
    """After so many failures in a row an event is given up."""
