"""Attributes: from what the project file says to the domain's attributes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import phonenumbers

from domain.attributes import Attribute, Role
from matching.attribute_types import TYPES
from matching.roles import role_of
from matching.survive import RULES
from pipelines.project.document import Place
from pipelines.project.faults import Faults, repeated
from pipelines.project.model import AttributeSpec, ProjectFile
from pipelines.project.names import name_problem
from pipelines.project.words import plain, quoted, unknown

PARTS: Mapping[str, tuple[str, ...]] = {
    "full_name": ("given_name", "family_name", "organisation"),
    "address": ("street", "city", "region", "postcode", "country"),
}
"""Types of the attributes into which a whole text, mapped with `as`, is parsed."""
CHANGING = ("most_trusted", "most_recent", "most_complete")
TOGETHER = ("most_complete", "most_trusted", "most_recent")
"""A group by default: half an address from the most trusted source is worth less than a whole one."""
LASTING = ("most_agreed", "most_trusted", "most_recent")
DEFAULT_RULES: Mapping[str, tuple[str, ...]] = {
    "consent": ("most_restrictive",),
    # These do not change, so of values that disagree some are slips, and a slip is seldom made twice. Trust still
    # counts: agreement is weighted by it.
    "given_name": LASTING,
    "date_of_birth": LASTING,
    "gender": LASTING,
    "national_id": LASTING,
}
"""Survivorship rules by type where the project file names none; elsewhere a value can change, and trust comes first."""


def attributes(file: ProjectFile, faults: Faults) -> dict[str, Attribute]:
    """The attributes that are right, in the file's order; faults say what is wrong with the others."""
    filled = filled_types(file)
    built = {name: attribute(name, spec, filled, faults) for name, spec in file.attributes.items()}
    right = {name: found for name, found in built.items() if found is not None}
    check_groups(right, faults)
    if faults.document.written(("attributes",)) == {}:
        faults.add(("attributes",), "there is no attribute; a customer needs at least one")
    elif len(right) == len(faults.keys("attributes")) > 0 and all(a.role is Role.NEUTRAL for a in right.values()):
        faults.add(("attributes",), "no attribute identifies anyone; add one such as a name, an e-mail or a birth date")
    return right


def attribute(name: str, spec: AttributeSpec, filled: Collection[str], faults: Faults) -> Attribute | None:
    """One attribute; none where its type is not known."""
    place: Place = ("attributes", name)
    if problem := name_problem(name):
        faults.add(("attributes",), problem, at=place)
    rules = survivorship(spec, place, faults)
    if spec.region and (problem := region_problem(spec.region)):
        faults.add((*place, "region"), problem)
    if spec.group and (problem := name_problem(spec.group)):
        faults.add((*place, "group"), problem)
    if spec.type not in TYPES:
        faults.add((*place, "type"), unknown(spec.type, "an attribute type", TYPES))
        return None
    return Attribute(
        name=name,
        type=spec.type,
        role=Role(spec.role) if spec.role else role_of(spec.type, filled),
        storage=TYPES[spec.type].storage,
        many=spec.many,
        survive=rules,
        group=spec.group,
        protected=spec.protected,
        region=spec.region,
        half_life=spec.half_life,
        description=spec.description,
    )


def region_problem(region: str) -> str | None:
    """What is wrong with a country; none where telephone numbers of it are known.

    >>> region_problem("us"), region_problem("Germany")
    ("'us' is not a country; did you mean 'US'?", "'Germany' is not a country; write its two letters, like US or DE")
    """
    if region in phonenumbers.SUPPORTED_REGIONS:
        return None
    near = region.strip().upper()
    advice = f"did you mean {quoted(near)}?" if near in phonenumbers.SUPPORTED_REGIONS else "write its two letters, like US or DE"
    return f"{quoted(region)} is not a country; {advice}"


def survivorship(spec: AttributeSpec, place: Place, faults: Faults) -> tuple[str, ...]:
    """The rules of an attribute, by default those of its type, or of a group."""
    if spec.survive is None:
        return TOGETHER if spec.group else DEFAULT_RULES.get(spec.type, CHANGING)
    rules = (spec.survive,) if isinstance(spec.survive, str) else tuple(spec.survive)
    for number, rule in enumerate(rules):
        if rule not in RULES:
            faults.add((*place, "survive"), unknown(rule, "a rule", RULES), at=(*place, "survive", number))
    for rule in repeated(rules):
        faults.add((*place, "survive"), f"'{plain(rule)}' is given twice; the second never decides")
    return rules


def filled_types(file: ProjectFile) -> frozenset[str]:
    """The types of the attributes that some source fills, by name or as parts of whole names and addresses."""
    targets = {target for source in file.sources.values() for target in source.map}
    wholes = {entry.read_as for source in file.sources.values() for entry in source.map.values() if not isinstance(entry, str | list)}
    parts = {part for whole in wholes if whole for part in PARTS.get(whole, ())}
    return frozenset(spec.type for name, spec in file.attributes.items() if name in targets or spec.type in parts)


def check_groups(built: Mapping[str, Attribute], faults: Faults) -> None:
    """Attributes of one group survive together, so what chooses among them must be the same."""
    for group in dict.fromkeys(a.group for a in built.values() if a.group):
        members = [a for a in built.values() if a.group == group]
        first = members[0]
        for member in members[1:]:
            for key, ours, theirs in differences(first, member):
                message = f"attributes of group '{plain(group)}' survive together, but {key} is {theirs} for '{first.name}' and {ours} here"
                faults.add(("attributes", member.name), message)
        if group in built and built[group].group != group:
            faults.add(
                ("attributes", first.name, "group"), f"'{plain(group)}' is an attribute that is not in this group; name the group otherwise"
            )


def differences(first: Attribute, member: Attribute) -> Iterable[tuple[str, str, str]]:
    """What two attributes of a group do not agree on: the key, the member's value and the first's."""
    for key in ("survive", "half_life"):
        ours, theirs = getattr(member, key), getattr(first, key)
        if ours != theirs:
            yield key, said(ours), said(theirs)


def said(value: object) -> str:
    """
    >>> said(("most_recent", "most_trusted")), said(None)
    ('most_recent, most_trusted', 'not set')
    """
    return ", ".join(value) if isinstance(value, tuple) else "not set" if value is None else str(value)
