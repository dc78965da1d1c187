"""The catalogue of checks: every kind that a project file can name, and those that are always asked."""

from __future__ import annotations

from collections.abc import Mapping

from domain.checks import Check, Gate
from quality.arrival import ARRIVAL
from quality.kinds import CheckKind
from quality.plain import plain_kinds
from quality.publication import PUBLICATION

CHECK_KINDS: Mapping[str, CheckKind] = {
    **ARRIVAL,
    **{name: ARRIVAL[name] | kind if name in ARRIVAL else kind for name, kind in PUBLICATION.items()},
    **plain_kinds(),
}
"""By name: our own, then Great Expectations' by their class names."""


def always(gate: Gate) -> list[Check]:
    """The checks of a gate that no project file names or lowers."""
    return [Check(kind.name, severity=kind.severity) for kind in CHECK_KINDS.values() if kind.always and gate in kind.gates]
