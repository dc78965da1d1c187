"""Pin: a steward fixes a golden value. It outranks every rule until it is undone or expires. (Invariants 3, 4)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from domain.attributes import Attribute, Status, Storage
from domain.errors import OnefoldError
from domain.runs import Run
from matching.attribute_types import Options
from matching.standardise import Piece, standardise_piece
from matching.survive import Pin
from pipelines.project import Project
from pipelines.project.words import unknown
from pipelines.steps.decide import Act, acting
from pipelines.steps.signing import Signature
from warehouse.database import Warehouse
from warehouse.pins import Stored, StoredPin, append_pin, standing_pins
from warehouse.staged import staged_states

Value: TypeAlias = str | date | float | bool | None
LONGEST = 10_000
"""Characters of a value that can be pinned."""


def pin(warehouse: Warehouse, project: Project, asked: str, name: str, text: str | None, expires: date | None, signature: Signature) -> Act:
    """Fix a value of a golden customer; `text` is read as a value from a source is, and none says that there is no such value."""
    attribute = attribute_named(project, name)
    value = None if text is None else read_value(attribute, text)
    with acting(warehouse, project, signature) as this:
        end = None if expires is None else datetime.combine(expires, time(), UTC)
        if end is not None and end <= this.at:
            raise OnefoldError(f"{expires} is past, so the pin would never hold: give a later day, or leave --expires out.")
        number = this.customer(asked)
        kept = StoredPin(number, name, stored(value), signature.steward, this.at, signature.reason, end, this.act)
        append_pin(this.connection, kept)
        return this.done("pin", [number], {"attribute": name, "value": kept.value, "expires_at": end})


def attribute_named(project: Project, name: str) -> Attribute:
    """An attribute of the project; an OnefoldError where there is none of this name."""
    for attribute in project.attributes:
        if attribute.name == name:
            return attribute
    grouped = [attribute.name for attribute in project.attributes if attribute.group == name]
    if grouped:
        raise OnefoldError(f"'{name}' is a group of attributes: pin {', '.join(grouped)}, each by itself.")
    raise OnefoldError(unknown(name, "an attribute", [attribute.name for attribute in project.attributes]) + ".")


def read_value(attribute: Attribute, text: str) -> Value:
    """A value as the attribute's type reads it; an OnefoldError, which does not repeat it, where it is none."""
    value, status = standardised(attribute, text) if len(text) <= LONGEST else (None, Status.INVALID)
    if status is Status.VALID and value is not None:
        return value
    why = {Status.MISSING: "is empty", Status.PLACEHOLDER: "is a placeholder, which stands for no value"}
    told = why.get(status, f"is no valid {attribute.type.replace('_', ' ')}")
    raise OnefoldError(f"the value for '{attribute.name}' {told}: give another, or --none where the customer has no such value.")


def standardised(attribute: Attribute, text: str) -> tuple[Value, Status]:
    """What the attribute's type makes of one text."""
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        return None, Status.INVALID
    piece = Piece(attribute.name, np.zeros(1, np.int64), pa.array([text], pa.string()), "", Options(attribute.region))
    values, statuses = standardise_piece(attribute, piece)
    return values[0].as_py(), Status(int(statuses[0]))


def stored(value: Value) -> Stored:
    """A value as pins are kept: dates as text."""
    return value.isoformat() if isinstance(value, date) else value


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A pin that stands and cannot be applied."""

    act: str
    attribute: str
    why: str


@dataclass(frozen=True, slots=True)
class PinsInForce:
    """The pins that hold for a run, and those that were passed over."""

    pins: tuple[Pin, ...]
    """The later of two that fix the same comes later."""
    passed_over: tuple[PassedOver, ...]


def pins_in_force(warehouse: Warehouse, run: Run, attributes: Sequence[Attribute]) -> PinsInForce:
    """The pins that hold for a run: of a customer who was merged into another, they are the other's from then on."""
    with warehouse.connect() as connection:
        standing = [one for one in standing_pins(connection) if one.holds_at(run.started_at)]
    if not standing:
        return PinsInForce((), ())
    states = staged_states(warehouse, run)
    columns = (states.column(name).to_pylist() for name in ("golden_number", "target"))
    target = {number: led for number, led in zip(*columns, strict=True) if led is not None}
    known = {attribute.name: attribute for attribute in attributes}
    pins, over = [], []
    for one in standing:
        attribute = known.get(one.attribute)
        if attribute is None:
            over.append(PassedOver(one.group, one.attribute, "the project has no such attribute any more"))
        elif not fits(attribute, one.value):
            over.append(PassedOver(one.group, one.attribute, f"its value is no valid {attribute.type.replace('_', ' ')}"))
        else:
            pins.append(Pin(target.get(one.golden_number, one.golden_number), one.attribute, typed(attribute, one.value)))
    return PinsInForce(tuple(pins), tuple(over))


def fits(attribute: Attribute, value: Stored) -> bool:
    """Whether a pinned value is still one of its attribute's type."""
    if value is None:
        return True
    if attribute.storage is Storage.BOOLEAN:
        return isinstance(value, bool)
    if attribute.storage is Storage.NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str) and standardised(attribute, value)[1] is Status.VALID


def typed(attribute: Attribute, value: Stored) -> Value:
    """A pinned value that fits, in its attribute's storage."""
    if attribute.storage is Storage.DATE and isinstance(value, str):
        return standardised(attribute, value)[0]
    return float(value) if attribute.storage is Storage.NUMBER and value is not None else value
