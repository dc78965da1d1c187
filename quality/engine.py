"""Great Expectations, asked: a pandas frame and expectations in, counts out.

Nothing else of it is seen by the rest of the house. It is imported when first asked (1.5 to 4 s), in a context that
lives in memory only: nothing is written, sent or printed. Of its results only the verdict and counts are read,
because the rest holds values of the rows.
"""

from __future__ import annotations

import builtins
import logging
import os
import re
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0, "exclude_unexpected_values": True}

# What these observe is a count or a share of rows; others observe a customer's own value (the largest, the commonest).
OBSERVES_A_COUNT = frozenset(
    {
        "ExpectColumnProportionOfNonNullValuesToBeBetween",
        "ExpectColumnProportionOfUniqueValuesToBeBetween",
        "ExpectColumnUniqueValueCountToBeBetween",
        "ExpectTableColumnCountToBeBetween",
        "ExpectTableColumnCountToEqual",
        "ExpectTableRowCountToBeBetween",
        "ExpectTableRowCountToEqual",
    }
)

_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, slots=True)
class Expectation:
    """An expectation by its Great Expectations name, with its arguments."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    severe: bool = True
    """Its failure stops; otherwise it warns."""

    @property
    def columns(self) -> frozenset[str] | None:
        """The columns it reads; none: it is about the whole table."""
        listed = self.arguments.get("column_list", ())
        named = [self.arguments.get(name) for name in ("column", "column_A", "column_B")]
        named += listed if isinstance(listed, list | tuple) else []
        return frozenset(name for name in named if isinstance(name, str)) or None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one expectation, in counts."""

    passed: bool
    rows: int = 0
    """Rows it was asked of: those with a value, where missing ones are not its matter."""
    failing: int = 0
    figure: float | None = None
    """A count or a share that was observed, where it observes one."""
    error: str = ""
    """Why it could not be asked; such an expectation has not passed."""


def ask(frame: pd.DataFrame, expectations: Sequence[Expectation]) -> list[Answer]:
    """Put expectations to a frame; the answers come in their order.

    An expectation that cannot be asked (a column that is not there, arguments that do not fit, an error inside)
    is answered with `error`, without a word from the data, and keeps no other from being asked.
    """
    answers = {i: Answer(False, error=f"there is no column {absent}") for i, e in enumerate(expectations) if (absent := _absent(frame, e))}
    with _ONE_AT_A_TIME, _silence():
        built = _built({i: e for i, e in enumerate(expectations) if i not in answers}, answers)
        answers |= _validated(frame, built)
        _let_go()
    return [answers.get(i, Answer(False, error="it was not answered")) for i in range(len(expectations))]


def _absent(frame: pd.DataFrame, expectation: Expectation) -> str:
    """The column an expectation reads that the frame has not."""
    missing = sorted((expectation.columns or frozenset()) - set(frame.columns))
    return f"'{missing[0]}'" if missing else ""


def _built(expectations: Mapping[int, Expectation], answers: dict[int, Answer]) -> dict[int, Any]:
    """Great Expectations' own objects, numbered in `meta` because results come in another order."""
    library = _great_expectations().expectations
    built: dict[int, Any] = {}
    for number, expectation in expectations.items():
        severity = "critical" if expectation.severe else "warning"
        try:
            built[number] = getattr(library, expectation.name)(**expectation.arguments, meta={"number": number}, severity=severity)
        except Exception as error:
            answers[number] = Answer(False, error=f"its arguments do not fit ({_known(type(error).__name__)})")
    return built


def _validated(frame: pd.DataFrame, expectations: Mapping[int, Any]) -> dict[int, Answer]:
    """Validate all at once; if that raises, each by itself, so that one error answers one expectation."""
    suite = _great_expectations().ExpectationSuite(name="gate", expectations=list(expectations.values()))
    try:
        results = _batches().get_batch({"dataframe": frame}).validate(suite, result_format=COUNTS_ONLY).results
    except Exception as error:
        if len(expectations) == 1:
            return dict.fromkeys(expectations, Answer(False, error=_known(type(error).__name__)))
        return {n: answer for n, e in expectations.items() for answer in _validated(frame, {n: e}).values()}
    numbers = [result.expectation_config.meta["number"] for result in results]
    return {n: _answer(result, type(expectations[n]).__name__) for n, result in zip(numbers, results, strict=True)}


def _let_go() -> None:
    """The engine holds on to the last frame it saw: let that be an empty one."""
    import pandas as pd

    _validated(pd.DataFrame(), {})


def _answer(result: Any, name: str) -> Answer:
    """Read the verdict and the counts of a result, and nothing else."""
    if error := _error(result.exception_info or {}):
        return Answer(False, error=error)
    counts = result.result
    rows = int(counts.get("element_count") or 0) - int(counts.get("missing_count") or 0)
    figure = float(counts["observed_value"]) if name in OBSERVES_A_COUNT and counts.get("observed_value") is not None else None
    return Answer(bool(result.success), rows, int(counts.get("unexpected_count") or 0), figure)


def _error(info: Mapping[str, Any]) -> str:
    """The kind of error raised inside an expectation, empty if none; its message may quote a customer."""
    raised = [info] if "raised_exception" in info else list(info.values())
    traces = [str(one.get("exception_traceback")) for one in raised if one.get("raised_exception")]
    if not traces:
        return ""
    named = re.findall(r"^(?:\w+\.)*(\w+)(?=:|$)", traces[0], re.MULTILINE)
    return next((name for name in named if _known(name) == name), "an error inside the expectation")


def _known(name: str) -> str:
    """An exception's name if it is one of Python's own; data could hide behind any other."""
    found = getattr(builtins, name, None)
    return name if isinstance(found, type) and issubclass(found, Exception) else "an error inside the expectation"


@cache
def _great_expectations() -> Any:
    """The library, imported quietly: its log goes nowhere, and Python's warnings stay as they were."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    log = logging.getLogger("great_expectations")
    log.propagate = False
    log.setLevel(logging.CRITICAL)
    log.addHandler(logging.NullHandler())
    captured = warnings.showwarning.__module__ == "logging"
    import great_expectations
    import great_expectations.expectations

    if not captured:
        logging.captureWarnings(False)
    return great_expectations


@cache
def _batches() -> Any:
    """Where frames are handed over: one in-memory context for the process."""
    context = _great_expectations().get_context(mode="ephemeral")
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context.data_sources.add_pandas("onefold").add_dataframe_asset("gate").add_batch_definition_whole_dataframe("gate")


@contextmanager
def _silence() -> Iterator[None]:
    """No warnings: pandas and Great Expectations utter them about regular expressions and the like."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
