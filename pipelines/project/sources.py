"""Sources: from what the project file says to the domain's sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import connectors
from domain.attributes import Attribute, Role, Storage
from domain.sources import ColumnMap, Source
from pipelines.project.attributes import PARTS
from pipelines.project.dates import format_problem
from pipelines.project.document import Place
from pipelines.project.expectations import arrival_checks
from pipelines.project.faults import Faults, keys_of, repeated
from pipelines.project.model import ColumnSpec, EntrySpec, ProjectFile, SourceSpec
from pipelines.project.names import name_problem
from pipelines.project.words import listed, plain, quoted, unknown


def sources(file: ProjectFile, attributes: Mapping[str, Attribute], faults: Faults) -> tuple[Source, ...]:
    """The sources as far as they are right, in the file's order; faults say what is wrong."""
    if faults.document.written(("sources",)) == {}:
        faults.add(("sources",), "there is no source; add one department's database")
    return tuple(source(name, spec, attributes, faults) for name, spec in file.sources.items())


def source(name: str, spec: SourceSpec, attributes: Mapping[str, Attribute], faults: Faults) -> Source:
    """One source."""
    place: Place = ("sources", name)
    if problem := name_problem(name, column=False):
        faults.add(("sources",), problem, at=place)
    check_connect(faults, (*place, "connect"))
    if faults.document.written((*place, "map")) == {}:
        faults.add((*place, "map"), "it is empty; say which columns fill which attributes")
    maps = tuple(column_maps(spec, (*place, "map"), attributes, faults))
    filled = list(dict.fromkeys(attribute for column in maps for attribute in fills(column, attributes)))
    if len(maps) == len(spec.map) and filled and all(attributes[name].role is Role.NEUTRAL for name in filled):
        faults.add(
            (*place, "map"), "it fills no attribute that identifies anyone, so every row would be refused; map a name, an e-mail, ..."
        )
    column, format = modified(spec, place, faults)
    declared = faults.keys("attributes")
    # Where an attribute or the map is itself wrong, it is not known what the source fills.
    mapped = faults.keys("sources", name, "map")
    askable = filled if mapped and (len(attributes), len(maps)) == (len(declared), len(mapped)) else declared
    return Source(
        name=name,
        owner=spec.owner or name,
        connect=spec.connect,
        key=key(spec, place, faults),
        map=maps,
        modified=column,
        modified_format=format,
        trust=spec.trust,
        unique=spec.unique,
        required=spec.required,
        checks=arrival_checks(spec.expect, askable, faults, (*place, "expect")),
    )


def check_connect(faults: Faults, place: Place) -> None:
    """Note what the connector finds wrong with its settings."""
    written = faults.document.written(place)
    if isinstance(written, dict):
        for setting, message in connectors.settings_problems(written):
            faults.add((*place, *(setting.split(".") if setting else ())), message)


def key(spec: SourceSpec, place: Place, faults: Faults) -> tuple[str, ...]:
    """The columns that name a record."""
    columns = (spec.key,) if isinstance(spec.key, str) else tuple(spec.key)
    for column in repeated(columns):
        faults.add((*place, "key"), f"{quoted(column)} is given twice")
    return columns


def modified(spec: SourceSpec, place: Place, faults: Faults) -> tuple[str | None, str | None]:
    """The column with the time of the last change, and its format."""
    if spec.modified is None or isinstance(spec.modified, str):
        return spec.modified, None
    check_format(spec.modified.format, (*place, "modified"), faults)
    return spec.modified.column, spec.modified.format


def check_format(format: str | None, place: Place, faults: Faults) -> None:
    """Note what is wrong with a date format."""
    if format and (problem := format_problem(format)):
        faults.add((*place, "format"), problem)


def fills(column: ColumnMap, attributes: Mapping[str, Attribute]) -> list[str]:
    """The attributes that a mapped column fills: its target, or the first attribute of each part's type."""
    if column.read_as is None:
        return [column.target] if column.target in attributes else []
    first = {attribute.type: attribute.name for attribute in reversed(list(attributes.values()))}
    return [first[part] for part in PARTS[column.read_as] if part in first]


def column_maps(spec: SourceSpec, place: Place, attributes: Mapping[str, Attribute], faults: Faults) -> Iterator[ColumnMap]:
    """The entries of a source's map that are right."""
    for target, entry in spec.map.items():
        column = column_map(target, entry, (*place, target), faults)
        if column is None:
            continue
        check = check_label if column.read_as else check_target
        if check(column, place, attributes, faults):
            yield column


def column_map(target: str, entry: EntrySpec, place: Place, faults: Faults) -> ColumnMap | None:
    """One entry of a map, in whichever way it is written; none where it names no column."""
    items = entry if isinstance(entry, list) else [entry]
    specs = [ColumnSpec(column=item) if isinstance(item, str) else item for item in items]
    for number, spec in enumerate(specs):
        if (spec.column is None) == (spec.columns is None):
            check_named(faults, (*place, number) if isinstance(entry, list) else place)
            return None
    if len({(spec.format, spec.read_as, spec.order, spec.split) for spec in specs}) > 1:
        faults.add(place, "the values of one attribute share format, as, order and split; write the same for each")
    first = specs[0]
    columns = tuple((spec.column,) if spec.column is not None else tuple(spec.columns or ()) for spec in specs)
    return ColumnMap(target, columns, first.format, first.read_as, first.order, first.split)


def check_named(faults: Faults, place: Place) -> None:
    """Note that an entry does not say which column it means, unless that is only because a key of it is wrong."""
    written = faults.document.written(place) or {}
    if written.keys() <= set(keys_of(ColumnSpec)) and ("column" in written) == ("columns" in written):
        faults.add(place, "write either column: or columns:")


def check_label(column: ColumnMap, place: Place, attributes: Mapping[str, Attribute], faults: Faults) -> bool:
    """Note what is wrong with an entry that is parsed into parts, and say whether it can be used."""
    target, parts = (*place, column.target), PARTS[column.read_as or ""]
    if column.target in faults.keys("attributes"):
        faults.add(target, f"{quoted(column.target)} is an attribute; what is read 'as: {column.read_as}' needs a label of another name")
    elif problem := name_problem(column.target):
        faults.add(place, problem, at=target)
    if not fills(column, attributes) and len(attributes) == len(faults.keys("attributes")):
        faults.add(target, f"'as: {column.read_as}' needs an attribute to fill, of type {listed(parts[:-1])} or {parts[-1]}")
    if len(column.columns) > 1 or column.split:
        faults.add(target, f"'as: {column.read_as}' takes one value; join columns with columns: [a, b]")
    if column.format:
        faults.add(target, "format is for dates", at=(*target, "format"))
    if column.order and column.read_as != "full_name":
        faults.add(target, "order is for whole names", at=(*target, "order"))
    return True


def check_target(column: ColumnMap, place: Place, attributes: Mapping[str, Attribute], faults: Faults) -> bool:
    """Note what is wrong with an entry that fills an attribute, and say whether it can be used."""
    target, declared = (*place, column.target), faults.keys("attributes")
    if column.target not in declared:
        # A label whose `as` is wrong is no wrong attribute.
        if "as" not in (faults.document.written(target) or ""):
            faults.add(place, unknown(column.target, "an attribute", declared), at=target)
        return False
    check_format(column.format, target, faults)
    if column.target not in attributes:
        return False
    attribute = attributes[column.target]
    if (len(column.columns) > 1 or column.split) and not attribute.many:
        faults.add(target, several(column, attribute))
    if column.format and attribute.storage is not Storage.DATE:
        faults.add(target, f"format is for dates, and {quoted(attribute.name)} is of type {attribute.type}", at=(*target, "format"))
    if column.order and attribute.type != "full_name":
        faults.add(target, "order is for whole names", at=(*target, "order"))
    return True


def several(column: ColumnMap, attribute: Attribute) -> str:
    """The sentence about several values for an attribute that takes one."""
    if column.split:
        return f"split makes several values, and a customer has one {plain(attribute.name)}; set many: true in attributes.{attribute.name}"
    return (
        f"a list makes several values, and a customer has one {plain(attribute.name)}; join them with columns: [{joined(column.columns)}]"
        + (f", or set many: true in attributes.{attribute.name}")
    )


def joined(columns: Sequence[Sequence[str]]) -> str:
    """Columns as they would be written in one list."""
    return listed(name for value in columns for name in value)
