"""The two gates: checks put to data, and a report that says whether it may go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domain.checks import Check, CheckResult, Gate, GateReport, Severity
from quality.arrival import ArrivalBatch, arrival_tables
from quality.catalogue import CHECK_KINDS, always
from quality.engine import Answer, Expectation, ask
from quality.kinds import Question
from quality.publication import StagedPublication, publication_tables
from quality.tables import FIGURES, Tables, figures_table


def arrival_gate(checks: Sequence[Check], batch: ArrivalBatch) -> GateReport:
    """Whether a source's batch may become live: the project's checks, and those that are always asked."""
    return _report(Gate.ARRIVAL, batch.source, checks, batch, arrival_tables(batch))


def publication_gate(checks: Sequence[Check], staged: StagedPublication) -> GateReport:
    """Whether the staged golden tables may become visible: the project's checks, and those that are always asked."""
    return _report(Gate.PUBLICATION, "golden_customer", checks, staged, publication_tables(staged))


def _report(gate: Gate, subject: str, checks: Sequence[Check], data: Any, tables: Tables) -> GateReport:
    """Ask everything, one table at a time; a check that cannot be asked has failed."""
    asked = [(check, question) for check in (*always(gate), *checks) for question in _questions(gate, check, data)]
    answers = _answers([(question, check.severity) for check, question in asked], tables)
    results = [_result(gate, subject, check.severity, question, answer) for (check, question), answer in zip(asked, answers, strict=True)]
    return GateReport(gate, subject, tuple(results))


def _questions(gate: Gate, check: Check, data: Any) -> list[Question]:
    """A check's questions; one that the project file should not have let through asks what cannot be answered."""
    kind = CHECK_KINDS.get(check.kind)
    if kind is None or gate not in kind.gates:
        return [_unaskable(check, f"there is no such check at {gate}")]
    if not kind.always and (wrong := kind.problems(check.arguments)):
        return [_unaskable(check, wrong[0])]
    return kind.questions(gate, data, check.arguments)


def _unaskable(check: Check, why: str) -> Question:
    return Question("", Expectation(check.kind), check.kind, "to be asked", lambda _: why)


def _answers(asked: Sequence[tuple[Question, Severity]], tables: Tables) -> list[Answer]:
    """The answers in the order of the questions, each table made once and let go again."""
    answers: dict[int, Answer] = {}
    for table in dict.fromkeys(question.table for question, _ in asked):
        places = [i for i, (question, _) in enumerate(asked) if question.table == table]
        here = [asked[i] for i in places]
        answers |= zip(places, _answers_of_table(table, here, tables), strict=True)
    return [answers[i] for i in range(len(asked))]


def _answers_of_table(table: str, asked: Sequence[tuple[Question, Severity]], tables: Tables) -> list[Answer]:
    """Put the questions about one table to it; where it cannot even be made, they cannot be asked."""
    questions = [question for question, _ in asked]
    expectations = [Expectation(q.expectation.name, q.expectation.arguments, severity is Severity.STOP) for q, severity in asked]
    if not table:
        return [Answer(False, error=q.observed(Answer(False))) for q in questions]
    try:
        frame = figures_table({q.check: q.figure for q in questions}) if table == FIGURES else tables[table](expectations)
    except Exception as error:  # whatever a driver raises: its message may quote a customer
        return [Answer(False, error=f"its data could not be read ({type(error).__name__})")] * len(questions)
    return ask(frame, expectations)


def _result(gate: Gate, subject: str, severity: Severity, question: Question, answer: Answer) -> CheckResult:
    """An answer in the house's words."""
    observed = f"could not be asked: {answer.error}" if answer.error else question.observed(answer)
    failing = answer.failing if question.failing is None else question.failing
    return CheckResult(gate, subject, question.check, severity, answer.passed, observed, question.expected, failing)
