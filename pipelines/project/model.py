"""The shape of `onefold.yaml`: which keys there are and what each takes. What must fit between them is checked elsewhere.

Descriptions below are shown by editors and in error messages; `docs/project-file.md` documents the same keys at length.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from domain.settings import MatchSettings

STANDARD = MatchSettings()
TEXT, LIST, MAPPING = "<text>", "<list>", "<mapping>"
"""How a value is written. No key of a project file can be called so, which keeps them apart in error locations."""


def written_as(value: object) -> str:
    """Whether a value that can be written in several ways is text, a list or a mapping."""
    return LIST if isinstance(value, list) else MAPPING if isinstance(value, dict | BaseModel) else TEXT


SOME = Field(json_schema_extra={"minProperties": 1})
"""For mappings that must not be empty, which is checked where the rest of the file can still be: see `faults.shaped`."""
Text = Annotated[str, Field(min_length=1, max_length=500)]
ShortText = Annotated[str, Field(min_length=1, max_length=100)]
Share = Annotated[float, Field(ge=0, le=1)]
OneOrMore = Annotated[Annotated[Text, Tag(TEXT)] | Annotated[list[Text], Field(min_length=1), Tag(LIST)], Discriminator(written_as)]


class Spec(BaseModel):
    """What all parts of the file have in common: unknown keys are errors, and text is not taken for a number."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)


class AttributeSpec(Spec):
    """One attribute of the customer."""

    type: ShortText
    """Its attribute type: how its values are standardised, compared and blocked on."""
    many: bool = False
    """Whether a customer can have several; those that do not survive are kept as contacts."""
    survive: OneOrMore | None = None
    """Survivorship rule, or several that are tried in order until one decides."""
    group: ShortText | None = None
    """Name of a group; attributes of one group survive together, from one record."""
    protected: bool = False
    """Whether values that disagree open a steward task."""
    role: Literal["personal", "shared", "neutral"] | None = None
    """Whom agreement speaks for: one person, a household, or nobody. The default is the type's."""
    region: ShortText | None = None
    """Two-letter country in which values are read: telephones without a prefix, national ids."""
    half_life: Annotated[float, Field(gt=0)] | None = None
    """Days after which a value's trust has halved; without it trust does not age."""
    description: Annotated[str, Field(max_length=2000)] = ""
    """What the attribute means here, for people."""


class ColumnSpec(Spec):
    """Which columns fill an attribute, and how they are read."""

    column: Text | None = None
    """The column."""
    columns: Annotated[list[Text], Field(min_length=1)] | None = None
    """Several columns, joined by a space into one value."""
    format: Text | None = None
    """How dates are written, in the notation of strptime: %d/%m/%Y."""
    read_as: Annotated[Literal["full_name", "address"] | None, Field(alias="as")] = None
    """The column holds a whole name or address, which is parsed into the attributes that are its parts."""
    order: Literal["given_first", "family_first"] | None = None
    """Order of the words in a whole name; without it a comma tells, else the given name comes first."""
    split: Annotated[str, Field(min_length=1, max_length=10)] | None = None
    """What separates several values in one cell."""


ValueSpec = Annotated[Annotated[Text, Tag(TEXT)] | Annotated[ColumnSpec, Tag(MAPPING)], Discriminator(written_as)]
EntrySpec = Annotated[
    Annotated[Text, Tag(TEXT)] | Annotated[list[ValueSpec], Field(min_length=1), Tag(LIST)] | Annotated[ColumnSpec, Tag(MAPPING)],
    Discriminator(written_as),
]


class ModifiedSpec(Spec):
    """The column with the time of a row's last change, where it is written as text."""

    column: Text
    """The column."""
    format: Text | None = None
    """How its times are written, in the notation of strptime: %d.%m.%Y %H:%M."""


class SourceSpec(Spec):
    """One departmental database."""

    owner: Annotated[str, Field(max_length=200)] = ""
    """The department that answers for it; the default is the source's name."""
    connect: dict[str, Any]
    """The kind of connector and its settings; ${NAME} is taken from the environment when the source is opened."""
    key: OneOrMore
    """The column that names a record within the source, or several that do so together."""
    modified: Annotated[Annotated[Text, Tag(TEXT)] | Annotated[ModifiedSpec, Tag(MAPPING)], Discriminator(written_as)] | None = None
    """Column with the time of a row's last change; makes pulls incremental."""
    map: Annotated[dict[str, EntrySpec], SOME]
    """Which columns fill which attribute."""
    trust: Share = 0.5
    """Rank among the sources, from 0 to 1."""
    unique: bool = False
    """Whether it is known to hold each customer at most once."""
    required: bool = False
    """Whether a run stops when this source is held back."""
    expect: dict[str, Any] = {}
    """What each batch must hold to become live; without a word of max_drop, it is 0.5."""


class MatchSpec(Spec):
    """Where the match cuts, when it asks, and how much work it may make."""

    join: Share = STANDARD.join
    """Match probability at which clusters are cut."""
    ask: Annotated[list[Share], Field(min_length=2, max_length=2)] = list(STANDARD.ask)
    """Match probabilities between which a link or non-link becomes a steward task."""
    hold: bool = STANDARD.hold
    """Whether records that are asked about stay apart until decided."""
    max_tasks_per_run: Annotated[int, Field(ge=0)] = STANDARD.max_tasks_per_run
    """The most steward tasks that one run opens; the rest are counted."""
    max_cluster: Annotated[int, Field(ge=2)] = STANDARD.max_cluster
    """Records in a cluster at most; a larger one is cut at its weakest links."""
    pair_budget: Annotated[int, Field(ge=1)] | None = STANDARD.pair_budget
    """Candidate pairs at most; without it, as many as blocking allows for the number of records."""


class SubscriberSpec(Spec):
    """One to whom the events of every publication are delivered."""

    url: Text
    """Where events are posted, http or https; ${NAME} is taken from the environment when they are."""
    secret: Text | None = None
    """What signs each delivery, from the environment: ${NAME}."""
    batch: Annotated[int, Field(ge=1, le=1000)] = 100
    """Events in one delivery at most."""
    timeout: Annotated[float, Field(gt=0, le=300)] = 10.0
    """Seconds that a delivery may take."""
    attempts: Annotated[int, Field(ge=1, le=1000)] = 12
    """After so many failures in a row an event becomes a dead letter, and the next one's turn comes."""


class EraseSpec(Spec):
    """How erased customers are known when they come again."""

    key: Text
    """What keys the hashes that are kept of them, from the environment: ${NAME}."""


class ProjectFile(Spec):
    """A Onefold project: the customer's attributes, the departments' sources, and how they become one golden table."""

    name: ShortText
    """Name of the organisation or project."""
    warehouse: Text = "sqlite:///warehouse.db"
    """SQLAlchemy URL of the database that keeps everything; a relative SQLite path is taken from the project's folder."""
    attributes: Annotated[dict[str, AttributeSpec], SOME]
    """What is known of a customer, by name."""
    sources: Annotated[dict[str, SourceSpec], SOME]
    """The departments' databases, by name."""
    match: MatchSpec = MatchSpec()
    """Settings of the match."""
    publish: dict[str, Any] = {}
    """What the golden table must hold to be published."""
    events: dict[str, SubscriberSpec] = {}
    """Who is told of changes, by name."""
    erase: EraseSpec | None = None
    """How erased customers are known when they come again; without it nobody can be erased."""
    schedule: Text | None = None
    """When runs start by themselves, as five fields of cron."""
    timezone: ShortText = "UTC"
    """Time zone of the schedule."""
    truth: Text | None = None
    """CSV file that says which records are the same customer, if that is known; accuracy is measured against it."""
