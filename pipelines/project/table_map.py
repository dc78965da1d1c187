"""Table maps: what `onefold dedupe --map` is told of tables: their keys, their sources, and which columns fill which attribute."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Discriminator, Field, Tag, ValidationError

from domain.attributes import Attribute, Storage
from domain.errors import Problem, ProjectError
from domain.sources import ColumnMap
from matching.attribute_types import TYPES
from matching.infer import Finding, ordered
from matching.infer.table import BESIDE
from matching.roles import role_of
from pipelines.project.attributes import PARTS, region_problem
from pipelines.project.dates import format_problem
from pipelines.project.document import Place, read_document
from pipelines.project.faults import Faults, keys_of, location, missing, sentence
from pipelines.project.model import LIST, MAPPING, TEXT, ColumnSpec, OneOrMore, ShortText, Spec, Text, written_as
from pipelines.project.names import LONGEST, name_problem
from pipelines.project.words import quoted, unknown

Columns = Mapping[str, Sequence[str]]
"""The columns of each input, by its name."""
Joined = Annotated[Annotated[Text, Tag(TEXT)] | Annotated[list[Text], Field(min_length=1), Tag(LIST)], Discriminator(written_as)]
ByInput = Annotated[
    Annotated[Text, Tag(TEXT)] | Annotated[list[Text], Field(min_length=1), Tag(LIST)] | Annotated[dict[str, OneOrMore], Tag(MAPPING)],
    Discriminator(written_as),
]
OneByInput = Annotated[Annotated[Text, Tag(TEXT)] | Annotated[dict[str, Text], Tag(MAPPING)], Discriminator(written_as)]


class MappedAttribute(ColumnSpec):
    """One attribute, and the columns that fill it; with `as`, a whole name or address under a label."""

    type: ShortText | None = None
    """Its attribute type: how its values are standardised, compared and blocked on."""
    many: bool = False
    """Whether a record can have several values."""
    region: ShortText | None = None
    """Two-letter country in which values are read: telephones without a prefix, national ids."""
    choice: Annotated[list[Joined] | None, Field(alias="from", min_length=1)] = None
    """Several columns: each gives a value where the attribute has many, else the first with a valid value counts."""
    parts: Annotated[list[ShortText] | None, Field(min_length=1)] = None
    """With `as`: the attributes into which it is parsed, by type; without it all."""


class MapFile(Spec):
    """What the columns of a table mean."""

    key: ByInput | None = None
    """The column that names a record, or several that do so together; or for each input its own, by the file's name."""
    source: OneByInput | None = None
    """The column that names a record's source; without it, that is the file's name."""
    unique: bool | list[Text] | None = None
    """Sources known to be free of duplicates, or true for all."""
    attributes: dict[str, MappedAttribute] = Field(default={})
    """What is known of a record, by name."""


@dataclass(frozen=True, slots=True)
class TableMap:
    """What the columns of one or several tables mean."""

    attributes: tuple[Attribute, ...]
    maps: tuple[ColumnMap, ...]
    key: Mapping[str, tuple[str, ...]]
    """By input; one that is not in it has no key column."""
    source: Mapping[str, str]
    """By input; the records of one that is not in it are of a source of the input's name."""
    unique: bool | tuple[str, ...] | None
    """None: not said."""
    parts: Mapping[str, tuple[str, ...]]
    """Of each map that is parsed, the types of its parts."""

    def findings(self) -> list[Finding]:
        """What the map says of each column."""
        types = {attribute.name: attribute.type for attribute in self.attributes}
        found = [Finding(name, "source", "source", "map") for name in dict.fromkeys(self.source.values())]
        found += [Finding(name, "record key", "key", "map") for name in dict.fromkeys(n for names in self.key.values() for n in names)]
        return found + [Finding(name, one.target, one.read_as or types[one.target], "map") for one in self.maps for name in one.names]

    def with_keys(self, key: Mapping[str, tuple[str, ...]]) -> TableMap:
        """The same with these keys."""
        return replace(self, key=key)


def load_map(path: Path, columns: Columns) -> TableMap:
    """The map in a file, for inputs with these columns. A ProjectError lists everything that is wrong with it."""
    check_there(path)
    faults = Faults(read_document(path))
    file = shaped_map(faults)
    if file is None:
        raise ProjectError(str(path), faults.sorted())
    table_map = built(file, columns, faults)
    if faults.problems:
        raise ProjectError(str(path), faults.sorted())
    return table_map


def check_there(path: Path) -> None:
    """A ProjectError where there is no such file or nothing in it."""
    try:
        empty = path.is_file() and not path.read_bytes().strip()
    except OSError:
        return  # reading it as a document says why
    if empty or not path.exists():
        said = "it is empty; write at least attributes:" if empty else "there is no such file; --save-map writes one to begin with"
        raise ProjectError(str(path), (Problem("map", said),))


def shaped_map(faults: Faults) -> MapFile | None:
    """The file as far as its shape is right; faults say what was left out."""
    data = faults.document.data
    if not isinstance(data, dict):
        faults.add((), "a map is a mapping: key, source, unique, attributes")
        return None
    kept: dict[str, Any] = {key: dict(value) if isinstance(value, dict) else value for key, value in data.items()}
    file = None
    while file is None:
        try:
            file = MapFile.model_validate(kept)
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                place = faults.document.within(location(dict(fault)))
                note(faults, dict(fault), place)
                leave_out(kept, place)
    return file


def note(faults: Faults, fault: Mapping[str, Any], place: Place) -> None:
    """Put one of pydantic's errors into a sentence."""
    if fault["type"] == "extra_forbidden":
        keys = keys_of(shape_of(place[:-1]))
        faults.add(place[:-1], unknown(place[-1], "a key here", keys, "keys"), at=place)
    elif fault["type"] == "missing":
        faults.add(place, missing(str(fault["loc"][-1]), shape_of(place)))
    elif fault["type"] == "union_tag_invalid":
        faults.add(place, "it is not written as it can be: a column, or 'input: column' lines below it")
    else:
        faults.add(place, sentence(fault))


def shape_of(place: Place) -> type[BaseModel]:
    """Which shape a mapping at a place has."""
    return MappedAttribute if place[:1] == ("attributes",) and len(place) == 2 else MapFile


def leave_out(kept: dict[str, Any], place: Place) -> None:
    """Take a faulty part out: an attribute as a whole, else what stands at the top."""
    if place[:1] == ("attributes",) and len(place) > 1 and isinstance(kept.get("attributes"), dict):
        kept["attributes"].pop(place[1], None)
    else:
        kept.pop(str(place[0]) if place else next(iter(kept)), None)


def built(file: MapFile, columns: Columns, faults: Faults) -> TableMap:
    """What the file says; faults say what is wrong with it."""
    every = tuple(dict.fromkeys(name for names in columns.values() for name in names))
    maps, attributes = [], dict[str, tuple[str, MappedAttribute | None]]()
    parts: dict[str, tuple[str, ...]] = {}
    for name, spec in file.attributes.items():
        place: Place = ("attributes", name)
        alternatives = alternatives_of(spec, place, every, faults)
        maps.append(ColumnMap(name, alternatives, spec.format, spec.read_as, spec.order, spec.split))
        check(name, spec, place, faults)
        if spec.read_as is None and spec.type in TYPES:
            attributes[name] = (str(spec.type), spec)
        elif spec.read_as:
            parts[name] = tuple(spec.parts or [part for part in PARTS[spec.read_as] if part != "country"])
    for part in dict.fromkeys(part for own in parts.values() for part in own if part in TYPES):
        if part not in {kind for kind, _ in attributes.values()}:
            attributes[part] = (part, None)
    found = ordered(domain_attributes(attributes))
    check_telling(found, file, faults)
    maps.sort(key=lambda one: one.read_as is not None)
    unique = tuple(file.unique) if isinstance(file.unique, list) else file.unique
    return TableMap(tuple(found), tuple(maps), keys(file, columns, faults), sources(file, columns, faults), unique, parts)


def alternatives_of(spec: MappedAttribute, place: Place, every: Sequence[str], faults: Faults) -> tuple[tuple[str, ...], ...]:
    """The columns of an attribute: one tuple a value, joined within; unknown ones are noted."""
    given = [key for key, value in (("column", spec.column), ("columns", spec.columns), ("from", spec.choice)) if value is not None]
    if len(given) != 1:
        faults.add(place, "write one of column:, columns: (joined by a space) or from: (several values, or the first that is valid)")
        return ()
    choice: list[str | list[str]] = list(spec.choice or [spec.columns or [str(spec.column)]])
    alternatives = tuple((one,) if isinstance(one, str) else tuple(one) for one in choice)
    for name in dict.fromkeys(name for names in alternatives for name in names):
        if name not in every:
            faults.add((*place, given[0]), unknown(name, "a column of the input", every, "columns"))
    return alternatives


def check(name: str, spec: MappedAttribute, place: Place, faults: Faults) -> None:
    """Note what is wrong with one attribute, besides its columns."""
    if problem := attribute_problem(name):
        faults.add(("attributes",), problem, at=place)
    if spec.read_as is None and spec.type is None:
        faults.add(place, "'type' is missing: its attribute type, or as: full_name or as: address for what is parsed into parts")
    if spec.type is not None and spec.type not in TYPES:
        faults.add((*place, "type"), unknown(spec.type, "an attribute type", TYPES))
    if spec.read_as and spec.type:
        faults.add((*place, "type"), f"what is read 'as: {spec.read_as}' has no type of its own; leave one of the two out")
    if spec.region and (problem := region_problem(spec.region)):
        faults.add((*place, "region"), problem)
    if spec.format and (problem := format_problem(spec.format)):
        faults.add((*place, "format"), problem)
    if spec.format and spec.type in TYPES and TYPES[spec.type].storage is not Storage.DATE:
        faults.add((*place, "format"), f"format is for dates, and {quoted(name)} is of type {spec.type}")
    if spec.order and spec.read_as != "full_name":
        faults.add((*place, "order"), "order is for whole names, read 'as: full_name'")
    if spec.split and not spec.many:
        faults.add((*place, "split"), f"split makes several values; set many: true in attributes.{name}")
    check_parts(spec, place, faults)


def attribute_problem(name: str) -> str | None:
    """What is wrong with an attribute's name; it becomes no column of a warehouse, so words of SQL are as good as others.

    >>> attribute_problem("order"), attribute_problem("key")
    (None, "'key' is or looks like a column that Onefold keeps itself; take another name")
    """
    if name in BESIDE or name.endswith("_status"):
        return f"{quoted(name)} is or looks like a column that Onefold keeps itself; take another name"
    return None if re.fullmatch(r"[a-z][a-z0-9_]*", name) and len(name) <= LONGEST else name_problem(name)


def check_parts(spec: MappedAttribute, place: Place, faults: Faults) -> None:
    """Note what is wrong with the parts of a whole name or address."""
    if spec.parts and not spec.read_as:
        faults.add((*place, "parts"), "parts are for what is read 'as: full_name' or 'as: address'")
    for part in spec.parts or ():
        if spec.read_as and part not in PARTS[spec.read_as]:
            faults.add((*place, "parts"), unknown(part, "a part here", PARTS[spec.read_as], "parts"))


def domain_attributes(found: Mapping[str, tuple[str, MappedAttribute | None]]) -> Iterator[Attribute]:
    """The attributes, with the roles that they have together."""
    kinds = {kind for kind, _ in found.values()}
    for name, (kind, spec) in found.items():
        many, region = (spec.many, spec.region) if spec else (False, None)
        yield Attribute(name, kind, role_of(kind, kinds), TYPES[kind].storage, many=many, region=region)


def check_telling(found: Sequence[Attribute], file: MapFile, faults: Faults) -> None:
    """Note that no attribute tells one record from another."""
    if faults.document.written(("attributes",)) in (None, {}):
        faults.add(
            ("attributes",) if "attributes" in (faults.document.data or {}) else (), "there is no attribute; map at least one column"
        )
    elif len(found) >= len(faults.keys("attributes")) and all(a.role == "neutral" and a.type not in ("text", "url") for a in found):
        faults.add(("attributes",), "no attribute tells one record from another; add one such as a name, an e-mail or a title")


def keys(file: MapFile, columns: Columns, faults: Faults) -> dict[str, tuple[str, ...]]:
    """The key columns of each input that has them."""
    if isinstance(file.key, dict):
        check_inputs(file.key, ("key",), columns, faults)
        given = {name: own for name, own in file.key.items() if name in columns}
    else:
        given = dict.fromkeys(columns, file.key) if file.key is not None else {}
    found = {name: (own,) if isinstance(own, str) else tuple(own) for name, own in given.items()}
    for name, own in found.items():
        check_columns(own, ("key", name) if isinstance(file.key, dict) else ("key",), columns[name], faults)
    return found


def sources(file: MapFile, columns: Columns, faults: Faults) -> dict[str, str]:
    """The column of each input that names sources, where one does."""
    if isinstance(file.source, dict):
        check_inputs(file.source, ("source",), columns, faults)
        found = {name: own for name, own in file.source.items() if name in columns}
    else:
        found = dict.fromkeys(columns, file.source) if file.source is not None else {}
    for name, own in found.items():
        check_columns((own,), ("source", name) if isinstance(file.source, dict) else ("source",), columns[name], faults)
    return found


def check_inputs(given: Mapping[str, object], place: Place, columns: Columns, faults: Faults) -> None:
    """Note names that are no input's."""
    for name in given:
        if name not in columns:
            faults.add(place, unknown(name, "an input", columns), at=(*place, name))


def check_columns(names: Sequence[str], place: Place, have: Sequence[str], faults: Faults) -> None:
    """Note columns that an input has not."""
    for name in names:
        if name not in have:
            faults.add(place, unknown(name, "a column of the input", have, "columns"))
