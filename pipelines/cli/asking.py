"""Asking at the keyboard: two records side by side, and one key for an answer."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from pipelines.cli.console import console, new_table, readable, shown
from pipelines.cli.options import login_name

if TYPE_CHECKING:
    from domain.decisions import Decision
    from domain.evidence import Evidence
    from pipelines.project import Project
    from pipelines.steps.ask import Question
    from warehouse.database import Warehouse

SAME, DIFFERENT, UNSURE, BACK, QUIT = "sduzq"
WORDS = {SAME: "same", DIFFERENT: "different", UNSURE: "unsure"}
KEYS = "s same · d different · u unsure · z back · q quit"
MARKS = {"different": "≠", "missing": ""}
LONGEST_CELL = 80


@dataclass
class Answers:
    """What was answered."""

    decisions: list[Decision] = field(default_factory=list)
    stopped: bool = False
    """Whether the person ended before the questions did."""

    def counts(self) -> dict[str, int]:
        """How many answers of each sort."""
        found = Counter(str(one.verdict) for one in self.decisions)
        return {word: found[word] for word in WORDS.values()}

    def sentence(self) -> str:
        """The counts, for people."""
        told = ", ".join(f"{count} {word}" for word, count in self.counts().items())
        return f"{len(self.decisions)} answers kept: {told}."


def ask_at_keyboard(project: Project, wanted: int, by: str | None, quiet: bool) -> Answers:
    """Put up to `wanted` questions, batch by batch; each batch rests on the answers before. `quiet` shows them on stderr."""
    from pipelines.steps.ask import BATCH, questions
    from pipelines.steps.session import open_project_warehouse
    from pipelines.steps.train import fit_live, taught

    steward, answers, keys = by or login_name(), Answers(), pressed()
    with open_project_warehouse(project) as warehouse:
        fitted = fit_live(warehouse, project)
        while len(answers.decisions) < wanted and not answers.stopped:
            batch = questions(warehouse, project, taught(warehouse, project, fitted), min(BATCH, wanted - len(answers.decisions)))
            if not batch:
                console(stderr=quiet).print("There is nothing more to ask.")
                break
            before = len(answers.decisions)
            put(warehouse, batch, answers, keys, steward, wanted, quiet)
            if len(answers.decisions) == before:
                break
    return answers


def put(warehouse: Warehouse, batch: list[Question], answers: Answers, keys: Iterator[str], steward: str, wanted: int, quiet: bool) -> None:
    """One batch of questions, until it is answered or the person stops."""
    from domain.decisions import Verdict
    from domain.errors import ContradictingDecision
    from pipelines.steps.ask import answer, take_back

    place, answered_at = 0, list[int]()
    while place < len(batch):
        show(batch[place], len(answers.decisions) + 1, wanted, quiet)
        key = next(keys, QUIT)
        if key == QUIT:
            answers.stopped = True
            return
        if key == BACK and answered_at:
            take_back(warehouse, answers.decisions.pop())
            place = answered_at.pop()
        elif key == BACK:
            console(stderr=quiet).print("There is nothing to take back.")
        else:
            try:
                answers.decisions.append(answer(warehouse, batch[place], Verdict(WORDS[key]), steward))
                answered_at.append(place)
            except ContradictingDecision as refused:
                console(stderr=quiet).print(Text(shown(str(refused), 1000), style="yellow"))
            place += 1


def show(question: Question, number: int, wanted: int, quiet: bool) -> None:
    """Two records side by side, what differs marked, and what the comparison says; not what follows, for that is asked."""
    from matching.explain import sentence

    pair = question.pair
    table = new_table()
    table.add_column(Text(f"{number} of {wanted}"), max_width=18)
    for key in (pair.left, pair.right):
        table.add_column(Text(shown(key, 60), overflow="fold"), ratio=1, overflow="fold")
    table.add_column("", max_width=24)
    for evidence in pair.evidence:
        add(table, evidence)
    said = shown(sentence(pair).rpartition(": ")[0], 1000)
    console(stderr=quiet).print(table, Text(f"{said[:1].upper()}{said[1:]}."), Text(KEYS, style="dim"), sep="\n")


def add(table: Table, evidence: Evidence) -> None:
    """A comparison as a row; one that neither record has a value in is left out."""
    if evidence.left is None and evidence.right is None:
        return
    style = "bold red" if evidence.level == "different" else "" if "(" in evidence.level or evidence.level == "missing" else "yellow"
    values = [Text(shown(value, LONGEST_CELL) if value else "", style=style) for value in (evidence.left, evidence.right)]
    mark = MARKS.get(evidence.level, "=" if "(" in evidence.level else f"≈ {evidence.level}")
    table.add_row(readable(evidence.comparison), *values, Text(mark, style=style))


def pressed() -> Iterator[str]:
    """The answers as they are typed, at a terminal without Enter, or read from a pipe; other keys are passed over."""
    while letter := one_key():
        if letter.lower() in (*WORDS, BACK, QUIT):
            yield letter.lower()


def one_key() -> str:
    """One key; empty where the input has ended."""
    if not sys.stdin.isatty():
        return sys.stdin.read(1)
    import termios
    import tty

    kept = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin)
        return sys.stdin.read(1)
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, kept)
