"""Great Expectations' own expectations: found by name, checked by their arguments, put to values, silent about them."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from domain.checks import Check, CheckResult, GateReport
from quality import CHECK_KINDS

Gated = Callable[..., GateReport]
Told = Callable[[GateReport, str], CheckResult]
SECRET = "Zebediah"
PLAIN = [kind for kind in CHECK_KINDS.values() if kind.plain]


def people() -> pa.Table:
    """Three customers as a steward would see them, each value a secret."""
    return pa.table(
        {
            "given_name": [SECRET, f"{SECRET}<script>alert(1)</script>", f'=cmd|"{SECRET}"\x00'],
            "email": [f"{SECRET}@example.org", None, f"{SECRET}@example.org"],
            "birth_date": pa.array([date(1980, 4, 3), date(1066, 10, 14), None]),
            "score": [41234.5, 2.0, None],
        }
    )


@pytest.mark.parametrize("gate", ["arrive", "publish"])
def test_a_plain_expectation_is_asked_at_both_gates(gate: str, request: pytest.FixtureRequest, told: Told) -> None:
    """`column` names an attribute, of a source's standardised values or of the golden table."""
    ask: Gated = request.getfixturevalue(gate)
    report = ask(Check("ExpectColumnValuesToMatchRegex", {"column": "given_name", "regex": f"^{SECRET}$", "mostly": 0.9}), values=people)
    result = told(report, "ExpectColumnValuesToMatchRegex")
    assert report.closed
    assert (result.check, result.expected) == ("ExpectColumnValuesToMatchRegex: given_name", f"regex ^{SECRET}$, mostly 0.9")
    assert (result.observed, result.failing) == ("2 of 3", 2)


# An expectation, its arguments, whether it holds of the people above, and what the operator reads.
CASES: list[tuple[str, dict[str, Any], bool, str]] = [
    ("ExpectColumnValuesToBeUnique", {"column": "email"}, False, "2 of 2"),
    ("ExpectColumnValuesToBeBetween", {"column": "birth_date", "min_value": date(1900, 1, 1)}, False, "1 of 2"),
    ("ExpectColumnValuesToBeBetween", {"column": "birth_date", "min_value": "1066-10-14"}, True, "none of 2"),
    ("ExpectColumnMinToBeBetween", {"column": "birth_date", "min_value": date(1900, 1, 1)}, False, "it does not hold"),
    ("ExpectColumnValuesToBeInSet", {"column": "birth_date", "value_set": [date(1980, 4, 3), date(1066, 10, 14)]}, True, "none of 2"),
    ("ExpectColumnMaxToBeBetween", {"column": "score", "max_value": 50}, False, "it does not hold"),
    ("ExpectColumnUniqueValueCountToBeBetween", {"column": "email", "min_value": 2}, False, "1"),
    ("ExpectTableRowCountToBeBetween", {"min_value": 3}, True, "3"),
    ("ExpectCompoundColumnsToBeUnique", {"column_list": ["given_name", "email"]}, True, "none of 3"),
    ("ExpectColumnPairValuesToBeEqual", {"column_A": "given_name", "column_B": "email"}, False, "3 of 3"),
    ("ExpectColumnMeanToBeBetween", {"column": "given_name", "min_value": 1}, False, "could not be asked: TypeError"),
    ("ExpectColumnValuesToBeBetween", {"column": "given_name", "min_value": 1}, False, "could not be asked: TypeError"),
    ("ExpectColumnValuesToMatchRegex", {"column": "phone", "regex": "."}, False, "could not be asked: there is no column 'phone'"),
]


@pytest.mark.parametrize(("name", "arguments", "holds", "observed"), CASES)
def test_only_counts_are_told(arrive: Gated, told: Told, name: str, arguments: dict[str, Any], holds: bool, observed: str) -> None:
    """Whatever an expectation observes, the operator reads a count or whether it holds. (Invariant 11)"""
    result = told(arrive(Check(name, arguments), values=people), name)
    assert (result.passed, result.observed) == (holds, observed)


def sample_arguments(name: str) -> dict[str, Any]:
    """Arguments that every expectation of this name accepts, about columns full of secrets."""
    samples: dict[str, Any] = {
        "column": "given_name",
        "column_A": "given_name",
        "column_B": "email",
        "column_list": ["given_name", "email"],
        "column_set": ["given_name"],
        "value_set": ["nobody"],
        "value_pairs_set": [["nobody", "nobody"]],
        "min_value": 1,
        "max_value": 2,
        "value": 1,
        "regex": "^nobody$",
        "regex_list": ["^nobody$"],
        "strftime_format": "%Y",
        "type_": "int",
        "type_list": ["int"],
        "threshold": 1,
        "double_sided": False,
        "sum_total": 1,
        "quantile_ranges": {"quantiles": [0.5], "value_ranges": [[0, 1]]},
        "partition_object": {"values": ["nobody"], "weights": [1.0]},
        "method": "iqr",
        "multiplier": 1.5,
    }
    return {n: samples[n] for n in CHECK_KINDS[name].parameters if n in samples}


def test_no_expectation_tells_a_value(arrive: Gated, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """Put to columns of secrets, every expectation there is keeps them out of results, log and output. (Invariant 11)"""
    checks = [Check(kind.name, sample_arguments(kind.name)) for kind in PLAIN]
    report = arrive(*checks, values=people)
    printed = capfd.readouterr()
    assert len(report.failed) > len(PLAIN) / 2
    assert SECRET not in repr(report) + caplog.text + printed.out + printed.err
    assert "41234" not in repr(report)


def test_a_driver_that_fails_fails_the_check_and_no_other(arrive: Gated, told: Told) -> None:
    """Where the values cannot be read, their checks have failed and say so, without the driver's words."""

    def broken() -> pa.Table:
        raise ConnectionError(f"connection lost while reading '{SECRET}'")

    report = arrive(Check("ExpectColumnValuesToBeUnique", {"column": "email"}), Check("min_rows", {"value": 1}), values=broken)
    assert report.closed
    assert told(report, "ExpectColumnValuesToBeUnique").observed == "could not be asked: its data could not be read (ConnectionError)"
    assert told(report, "min_rows").passed


def test_values_are_fetched_only_for_plain_expectations(arrive: Gated) -> None:
    """A batch's values are large: without a plain expectation nobody asks for them."""

    def unwanted() -> pa.Table:
        raise AssertionError

    assert not arrive(Check("complete", {"attribute": "email", "share": 0.5}), values=unwanted).closed


# Arguments of ExpectColumnValuesToMatchRegex in a project file, and the sentences that come back.
PROBLEMS: list[tuple[dict[str, Any], list[str]]] = [
    ({"column": "email", "regex": "@", "mostly": 0.995}, []),
    ({"regex": "@"}, ["column is missing; give a text"]),
    ({"column": 3}, ["column is 3; it must be a text"]),
    ({"column": "email", "regex": "("}, ["regex is '('; it must be a regular expression"]),
    ({"column": "email", "mostly": 95}, ["mostly is 95; it must be a number between 0 and 1"]),
    ({"column": "email", "rexeg": "@"}, ["'rexeg' is not an argument of ExpectColumnValuesToMatchRegex; did you mean 'regex'?"]),
]


@pytest.mark.parametrize(("arguments", "sentences"), PROBLEMS)
def test_a_wrong_argument_is_explained(arguments: dict[str, Any], sentences: list[str]) -> None:
    """Arguments are checked before anything runs, with the nearest right word, and without loading the library."""
    assert CHECK_KINDS["ExpectColumnValuesToMatchRegex"].problems(arguments) == sentences


@pytest.mark.parametrize("argument", ["result_format", "row_condition", "meta", "severity"])
def test_what_the_gate_decides_cannot_be_set(argument: str) -> None:
    """No line of a project file makes results hold values, or runs code. (Invariant 11)"""
    (sentence,) = CHECK_KINDS["ExpectColumnValuesToBeUnique"].problems({"column": "email", argument: "COMPLETE"})
    assert sentence.startswith(f"'{argument}' is not an argument")


def test_every_plain_kind_is_a_class_that_takes_its_arguments() -> None:
    """The catalogue, read from schemas, agrees with the library."""
    from great_expectations import expectations

    assert len(PLAIN) > 40
    for kind in PLAIN:
        expectation = getattr(expectations, kind.name)
        fields = {field.alias for field in expectation.__fields__.values()} | set(expectation.__fields__)
        assert set(kind.parameters) <= fields, kind.name
        assert kind.problems(sample_arguments(kind.name)) == [], kind.name
