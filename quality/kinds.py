"""What a kind of check is: words for the operator, arguments, and the questions it puts to the data of a gate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from domain.checks import Gate, Severity
from quality.engine import Answer, Expectation
from quality.tables import FIGURES
from quality.words import instead


@dataclass(frozen=True, slots=True)
class Question:
    """One expectation to put to one table of a gate, and the words for its answer."""

    table: str
    expectation: Expectation
    check: str
    """What the operator reads of it: `complete: email at least 50 %`."""
    expected: str
    observed: Callable[[Answer], str]
    figure: float | None = None
    """For `FIGURES`: the figure asked about; none is not known and holds (a first load)."""
    failing: int | None = None
    """Rows that fail, where the expectation itself does not count them."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a kind of check."""

    what: str
    """What it must be, as it reads after 'it must be'."""
    fits: Callable[[Any], bool]
    required: bool = True

    def problem(self, name: str, value: Any) -> str | None:
        """What is wrong with a value, if anything.

        >>> SHARE.problem("share", 1.5)
        'share is 1.5; it must be a share between 0 and 1'
        """
        return None if self.fits(value) else f"{name} is {value!r}; it must be {self.what}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


SHARE = Parameter("a share between 0 and 1", lambda v: _is_number(v) and 0 <= v <= 1)
GROWTH = Parameter("a share of 0 or more (1 is as many again)", lambda v: _is_number(v) and 0 <= v < float("inf"))
COUNT = Parameter("a whole number of 0 or more", _is_count)
SIZE = Parameter("a whole number of 1 or more", lambda v: _is_count(v) and v >= 1)
DAYS = Parameter("a number of days above 0", lambda v: _is_number(v) and 0 < v < float("inf"))
NAME = Parameter("the name of an attribute", lambda v: isinstance(v, str) and bool(v))

Asker = Callable[..., Iterable[Question]]


@dataclass(frozen=True, slots=True)
class CheckKind:
    """An entry of the catalogue."""

    name: str
    description: str
    """What an operator reads of it."""
    parameters: Mapping[str, Parameter]
    askers: Mapping[Gate, Asker]
    """By gate: from the gate's data and the arguments to questions."""
    always: bool = False
    """Asked of everything, and never named in a project file."""
    severity: Severity = Severity.STOP
    """What it does where it is asked of everything."""
    plain: bool = False
    """A Great Expectations name as it is; its columns are attributes."""

    @property
    def gates(self) -> frozenset[Gate]:
        """Where it can be asked."""
        return frozenset(self.askers)

    def problems(self, arguments: Mapping[str, Any]) -> list[str]:
        """What is wrong with arguments from a project file, a sentence each; empty: nothing."""
        if self.always:
            return [f"'{self.name}' is always asked; remove it"]
        missing = [f"{n} is missing; give {p.what}" for n, p in self.parameters.items() if p.required and n not in arguments]
        strange = [str(n) for n in arguments if n not in self.parameters]
        unknown = [f"'{n}' is not an argument of {self.name}; {instead(n, self.parameters)}" for n in strange]
        wrong = [self.parameters[n].problem(n, value) for n, value in arguments.items() if n in self.parameters]
        return missing + unknown + [problem for problem in wrong if problem]

    def questions(self, gate: Gate, data: Any, arguments: Mapping[str, Any]) -> list[Question]:
        """What to ask of a gate's data (an `ArrivalBatch` or a `StagedPublication`)."""
        return list(self.askers[gate](data, **arguments))

    def attributes(self, arguments: Mapping[str, Any]) -> list[str]:
        """The attributes that arguments name."""
        if self.plain:
            return sorted(Expectation(self.name, arguments).columns or ())
        named = arguments.get("attribute")
        return [named] if "attribute" in self.parameters and isinstance(named, str) else []

    def __or__(self, other: CheckKind) -> CheckKind:
        """The same kind asked at another gate as well."""
        return replace(self, description=f"{self.description} {other.description}", askers={**self.askers, **other.askers})


class Kinds(dict[str, CheckKind]):
    """The kinds of one gate, each made from a function whose docstring is what the operator reads."""

    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self.gate = gate

    def kind(self, **parameters: Parameter) -> Callable[[Asker], Asker]:
        """Enter a function of the gate's data and these arguments."""
        return lambda asker: self._enter(asker, parameters, always=False)

    def always(self, asker: Asker) -> Asker:
        """Enter a function that is asked of everything."""
        return self._enter(asker, {}, always=True)

    def told(self, asker: Asker) -> Asker:
        """Enter a function that is asked of everything, and only warns."""
        return self._enter(asker, {}, always=True, severity=Severity.WARN)

    def _enter(self, asker: Asker, parameters: Mapping[str, Parameter], *, always: bool, severity: Severity = Severity.STOP) -> Asker:
        name, description = asker.__name__, " ".join((asker.__doc__ or "").split())
        self[name] = CheckKind(name, description, parameters, {self.gate: asker}, always, severity=severity)
        return asker


def on_figure(
    check: str,
    figure: float | None,
    observed: str,
    expected: str,
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    failing: int = 0,
) -> Question:
    """A question about one figure; a figure that is not known holds (a first load has nothing to differ from)."""
    limits = {"min_value": at_least, "max_value": at_most}
    arguments = {"column": check, **{name: limit for name, limit in limits.items() if limit is not None}}
    expectation = Expectation("ExpectColumnValuesToBeBetween", arguments)
    return Question(FIGURES, expectation, check, expected, lambda _: observed, figure, failing)
