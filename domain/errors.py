"""What can go wrong, each error named as the sentence it means.

A message says what happened, to what, and what to do. It never holds a customer's data.
"""

from __future__ import annotations

from dataclasses import dataclass


class OnefoldError(Exception):
    """Something Onefold can explain in one sentence; anything else is a bug."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a project file: where it stands and what to do about it."""

    where: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        """
        >>> str(Problem("sources.billing.map", "'birthdate' is not an attribute; did you mean 'birth_date'?", 21))
        "line 21  sources.billing.map: 'birthdate' is not an attribute; did you mean 'birth_date'?"
        """
        place = f"line {self.line}  " if self.line is not None else ""
        return f"{place}{self.where}: {self.message}"


class ProjectError(OnefoldError):
    """The project file is wrong; every problem in it is listed."""

    def __init__(self, path: str, problems: tuple[Problem, ...]) -> None:
        self.path, self.problems = path, problems
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"{count} in {path}:\n{lines}")


class SourceError(OnefoldError):
    """One source cannot be read; the others still can.

    >>> str(SourceError("billing", "column 'dob' is not in table 'clients'. Set map.birth_date."))
    "source 'billing': column 'dob' is not in table 'clients'. Set map.birth_date."
    """

    def __init__(self, source: str, message: str) -> None:
        self.source = source
        super().__init__(f"source '{source}': {message}")


class UnknownRecord(OnefoldError):
    """No source record has this key."""


class UnknownGoldenId(OnefoldError):
    """No golden customer has or had this id."""


class UnknownAct(OnefoldError):
    """No act of a steward has this id, or it was taken back already."""


class ContradictingDecision(OnefoldError):
    """Two decisions about the same records contradict each other."""


class AuditBroken(OnefoldError):
    """The audit log is not as it was sealed."""


class GateClosed(OnefoldError):
    """A gate did not let the data through."""


class WarehouseError(OnefoldError):
    """The warehouse cannot be used as it is."""


class WarehouseBusy(WarehouseError):
    """Another run holds the warehouse."""


class PairBudgetExceeded(OnefoldError):
    """Blocking would make more candidate pairs than the budget allows."""


class NothingToMatch(OnefoldError):
    """No attribute can tell one customer from another."""
