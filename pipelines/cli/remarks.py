"""What an operator should look at after a run: rows that were refused, warnings of the gates, values that are often invalid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipelines.cli.console import say

if TYPE_CHECKING:
    from pipelines.steps.status import FailedWarning, InvalidValues, NewKeys, Standing
    from warehouse.quarantine import RefusedRows

MOST_LINES = 6
"""Lines of one sort; the others are counted."""


def tell_remarks(found: Standing) -> None:
    """Each remark on a line; of each sort no more than a handful."""
    tell_some([refused_line(rows) for rows in found.quarantined_rows], "reasons why rows were refused")
    tell_some([warning_line(warning) for warning in found.warnings], "warnings")
    tell_some([new_keys_line(keys) for keys in found.new_keys], "sources with new keys")
    tell_some([invalid_line(values) for values in found.invalid_values], "attributes with invalid values")


def tell_some(lines: list[str], what: str) -> None:
    """The first lines, and how many there are besides."""
    for line in lines[:MOST_LINES]:
        say(line, "yellow")
    if len(lines) > MOST_LINES:
        say(f"and {len(lines) - MOST_LINES:,} more {what}: `onefold status --json` has them all", "yellow")


def as_object(found: Standing) -> Mapping[str, object]:
    """The same for scripts, in full."""
    parts = ("quarantined_rows", "warnings", "invalid_values", "new_keys")
    return {name: getattr(found, name) for name in parts}


def refused_line(refused: RefusedRows) -> str:
    """The rows refused for one reason.

    >>> from warehouse.quarantine import RefusedRows
    >>> refused_line(RefusedRows("billing", "its key is missing (client_no)", (12, 40, 77), 3))
    'billing: 3 rows refused, their key is missing (client_no); rows 12, 40, 77'
    >>> refused_line(RefusedRows("crm", "has 3 cells where the header has 5", (9,), 1))
    'crm: 1 row refused, has 3 cells where the header has 5; row 9'
    """
    several = refused.count > 1
    reason = "their " + refused.reason[4:] if several and refused.reason.startswith("its ") else refused.reason
    return f"{refused.source}: {refused.count:,} row{'s' * several} refused, {reason}{where(refused)}"


def where(refused: RefusedRows) -> str:
    """The first row numbers, and how many rows there are besides; nothing where no number is known.

    >>> from warehouse.quarantine import RefusedRows
    >>> where(RefusedRows("crm", "is not an object", (5, 8), 12)), where(RefusedRows("crm", "its key is repeated", (), 2))
    ('; rows 5, 8 and 10 more', '')
    """
    if not refused.rows:
        return ""
    rest = refused.count - len(refused.rows)
    numbers = ", ".join(map(str, refused.rows))
    return f"; row{'s' * (len(refused.rows) > 1)} {numbers}" + (f" and {rest:,} more" if rest else "")


def warning_line(warning: FailedWarning) -> str:
    """A check that failed and holds nothing back."""
    return f"{warning.source}: warning, {warning.observed} ({warning.check})"


def new_keys_line(found: NewKeys) -> str:
    """A source that has given its customers new keys.

    >>> from pipelines.steps.status import NewKeys
    >>> new_keys_line(NewKeys("billing", 1210, 1200, 1190, 4, ""))
    'billing: has given its customers new keys; of 1,210 that vanished 1,190 are recognised under new ones, and of 4 a steward is asked'
    >>> new_keys_line(NewKeys("billing", 1210, 1200, 0, 0, "no attribute identifies anyone"))
    'billing: has given its customers new keys, and nobody could be recognised: no attribute identifies anyone'
    """
    told = f"{found.source}: has given its customers new keys"
    if found.problem:
        return f"{told}, and nobody could be recognised: {found.problem}"
    asked = f", and of {found.asked:,} a steward is asked" if found.asked else ""
    return f"{told}; of {found.vanished:,} that vanished {found.recognised:,} are recognised under new ones{asked}"


def invalid_line(found: InvalidValues) -> str:
    """An attribute whose values are often invalid.

    >>> from pipelines.steps.status import InvalidValues
    >>> invalid_line(InvalidValues("receivables", "customer_since", 52, 52, is_date=True))
    'receivables: 52 of 52 values of customer_since are invalid; set its format in map.customer_since'
    """
    advice = f"set its format in map.{found.attribute}" if found.is_date else f"is map.{found.attribute} the right column?"
    return f"{found.source}: {found.invalid:,} of {found.values:,} values of {found.attribute} are invalid; {advice}"
