"""Expectations: `expect:` of a source and `publish:` as the domain's checks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from domain.checks import Check, Gate, Severity
from pipelines.project.document import Place
from pipelines.project.faults import Faults, worded
from pipelines.project.words import quoted, unknown
from quality import CHECK_KINDS, CheckKind

PART = {Gate.ARRIVAL: "expect", Gate.PUBLICATION: "publish"}
"""Where each gate's checks are written."""
USUAL: Mapping[str, float] = {"max_drop": 0.5}
"""Checks of every source that says nothing of them: half of its records gone is an export that broke off, more often than news."""
ABOUT = "attribute"
"""The argument of a kind of check that is asked of one attribute at a time."""


def kinds(gate: Gate, plain: bool = False) -> list[str]:
    """Kinds of check that a project file can ask at a gate: our own, or (`plain`) Great Expectations' own."""
    return [name for name, kind in CHECK_KINDS.items() if gate in kind.gates and not kind.always and kind.plain == plain]


def checks(written: Mapping[str, Any], gate: Gate, attributes: Collection[str], faults: Faults, place: Place) -> tuple[Check, ...]:
    """The checks of one gate as far as they are right, in the order written, those that only warn at the end.

    `attributes` are those that can be asked about at the gate.
    """
    asked = [(Severity.STOP, place, {kind: value for kind, value in written.items() if kind != "warn"})]
    warn = written.get("warn", {})
    if isinstance(warn, dict):
        asked.append((Severity.WARN, (*place, "warn"), warn))
    else:
        faults.add((*place, "warn"), f"{worded(warn)} is not a mapping; write the checks that only warn below it")
    return tuple(
        Check(name, arguments, severity)
        for severity, part, group in asked
        for name, value in group.items()
        for arguments in right_arguments(name, value, gate, attributes, faults, (*part, name))
    )


def arrival_checks(written: Mapping[str, Any], attributes: Collection[str], faults: Faults, place: Place) -> tuple[Check, ...]:
    """The checks of a source: those written, and the usual ones that neither `expect:` nor its `warn:` names."""
    found = checks(written, Gate.ARRIVAL, attributes, faults, place)
    warn = written.get("warn")
    named = {*written, *(warn if isinstance(warn, dict) else ())}
    return (*found, *(Check(name, {"value": value}) for name, value in USUAL.items() if name not in named))


def right_arguments(
    name: str, value: Any, gate: Gate, attributes: Collection[str], faults: Faults, place: Place
) -> Iterator[dict[str, Any]]:
    """The arguments of each check that one line asks for; faults say what is wrong with the others."""
    kind = CHECK_KINDS.get(name)
    if kind is None or kind.always or gate not in kind.gates:
        faults.add(place[:-1], wrong_kind(name, gate), at=place)
        return
    found = plain_arguments(value, faults, place) if kind.plain else our_arguments(kind, value, faults, place)
    for part, arguments in found:
        wrong = kind.problems(arguments) or [not_there(a, faults) for a in kind.attributes(arguments) if a not in attributes]
        for problem in wrong:
            faults.add(place, problem, at=part)
        if not wrong:
            yield arguments


def plain_arguments(value: Any, faults: Faults, place: Place) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Arguments of a Great Expectations expectation; a list asks it several times."""
    for number, arguments in enumerate(value if isinstance(value, list) else [value]):
        part = (*place, number) if isinstance(value, list) else place
        if isinstance(arguments, dict):
            yield part, arguments
        else:
            faults.add(part, f"{worded(arguments)} is not a mapping; write the expectation's arguments, like {{column: email}}")


def our_arguments(kind: CheckKind, value: Any, faults: Faults, place: Place) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Arguments of one of our own kinds: one check, or one for each attribute that is named."""
    figure = next(name for name in kind.parameters if name != ABOUT)
    if ABOUT not in kind.parameters:
        yield place, {figure: value}
    elif isinstance(value, dict):
        yield from (((*place, attribute), {ABOUT: attribute, figure: number}) for attribute, number in value.items())
    else:
        faults.add(place, f"{worded(value)} is not a mapping; name the attributes, like {{email: 0.5}}")


def not_there(attribute: str, faults: Faults) -> str:
    """The sentence about an attribute that cannot be asked about."""
    declared = faults.keys("attributes")
    if attribute in declared:
        return f"this source does not fill {quoted(attribute)}; map it, or leave this check out"
    return unknown(attribute, "an attribute", declared)


def wrong_kind(name: str, gate: Gate) -> str:
    """The sentence about a kind of check that cannot be named at the gate."""
    kind = CHECK_KINDS.get(name)
    if kind is not None and kind.always:
        return f"{quoted(name)} is always asked; leave it out"
    if kind is not None:
        return f"{quoted(name)} is not asked here; move it to {' or '.join(sorted(PART[gate] for gate in kind.gates))}:"
    offered = kinds(gate, plain=True) if name.startswith("Expect") else [*kinds(gate), *(["warn"] if name != "warn" else [])]
    return unknown(name, "a check here", offered, "checks")
