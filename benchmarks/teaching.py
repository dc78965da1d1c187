"""What labels are worth: 200 pairs chosen as `onefold train --ask` does, answered by the truth, on labelled sets.

python -m benchmarks.teaching [SET ...]
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
from rich.console import Console

from benchmarks.accuracy import prepared, set_names
from benchmarks.cleaned import Labels as Entities
from benchmarks.ours import read
from domain.settings import MatchSettings
from matching.chance import Population
from matching.cluster import Constraints
from matching.evaluate import accuracy
from matching.forms import Forms, forms_of
from matching.labels import Labels, Tickets, record_tickets
from matching.match import Scored, find_clusters, score_pairs
from matching.model import Model
from matching.records import Ints, Records
from matching.refine import Refined, refined_by
from matching.teach import MUCH, Answered, alternate, cluster_questions, pattern_questions, share_of_patterns
from matching.train import train

QUESTIONS, BATCH = 200, 50


@dataclass(frozen=True, slots=True)
class Taught:
    """One set before and after."""

    name: str
    before: float
    """F1 without labels."""
    by_labels: float
    """F1 of the refined model, without the decisions as constraints."""
    by_decisions: float
    """F1 of the model without labels, under the decisions."""
    by_both: float
    asked: int
    labels: int
    accepted: bool

    def share_left(self, after: float) -> float:
        """What is left of the error 1 - F1; infinite where there was none and now is."""
        if self.before == 1.0:
            return 1.0 if after == 1.0 else float("inf")
        return (1 - after) / (1 - self.before)


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """A set, and who is who in it."""

    name: str
    records: Records
    entity: Entities
    unique: bool


def load(name: str) -> LabelledSet:
    """A labelled set or a demo population by its name."""
    with prepared(name) as one:
        records = read(one.cleaned)
        return LabelledSet(name, records, one.cleaned.entities()[records.ids], one.cleaned.unique)


class Pupil:
    """A set being taught."""

    def __init__(self, found: LabelledSet, seed: int) -> None:
        self.found = found
        self.forms: dict[str, Forms] = forms_of(found.records)
        self.population = Population(found.records.source, np.full(len(found.records.sources), found.unique), found.records.sources)
        self.model, self.pairs, self.patterns = train(self.forms, self.population)
        self.tickets: Tickets = np.clip((record_tickets(found.records) + seed * 0.6180339887) % 1.0, 1e-12, 1 - 1e-12)
        self.left, self.right = np.empty(0, np.int32), np.empty(0, np.int32)
        self.for_pattern = np.empty(0, bool)
        self.refined: Refined | None = None
        self.taught = self.model

    def scored(self, model: Model) -> Scored:
        return score_pairs(self.pairs, self.patterns, model, self.population)

    def clusters(self, model: Model, constraints: Constraints) -> Ints:
        return find_clusters(self.forms, self.population, model, self.scored(model), MatchSettings(), constraints).label

    def decisions(self) -> Constraints:
        same = self.same()
        return Constraints((self.left[same], self.right[same]), (self.left[~same], self.right[~same]))

    def same(self) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        return np.asarray(self.found.entity[self.left] == self.found.entity[self.right])

    def ask(self, wanted: int) -> None:
        """One batch of questions, answered by the truth, and what the model learns of it."""
        scored, answered = self.scored(self.taught), Answered(self.left, self.right)
        share = MUCH if self.refined is None else share_of_patterns(self.refined)
        clusters = cluster_questions(
            self.forms,
            self.population,
            self.taught,
            scored,
            MatchSettings(),
            self.decisions(),
            answered,
            self.tickets,
            wanted - round(wanted * share),
        )
        chosen = alternate(pattern_questions(scored, self.patterns.index, self.tickets, answered, wanted - len(clusters)), clusters)
        self.left, self.right = np.concatenate((self.left, chosen.left)), np.concatenate((self.right, chosen.right))
        self.for_pattern = np.concatenate((self.for_pattern, chosen.for_pattern))
        labels = Labels(self.left[self.for_pattern], self.right[self.for_pattern], self.same()[self.for_pattern])
        self.taught, self.refined = refined_by(
            self.model, labels, self.forms, self.patterns, self.tickets, lambda model: self.clusters(model, Constraints.none())
        )

    def f1(self, model: Model, constraints: Constraints) -> float:
        return accuracy(self.clusters(model, constraints), self.found.entity).f1


def teach(found: LabelledSet, seed: int = 0) -> Taught:
    """Ask, learn, and measure with and without the decisions as constraints."""
    pupil, free = Pupil(found, seed), Constraints.none()
    before = pupil.f1(pupil.model, free)
    for _ in range(QUESTIONS // BATCH):
        pupil.ask(BATCH)
    return Taught(
        found.name,
        before,
        pupil.f1(pupil.taught, free),
        pupil.f1(pupil.model, pupil.decisions()),
        pupil.f1(pupil.taught, pupil.decisions()),
        len(pupil.left),
        int(pupil.for_pattern.sum()),
        pupil.refined is not None and pupil.refined.accepted,
    )


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.teaching", description=__doc__)
    parser.add_argument("sets", nargs="*", help="labelled sets; all by default")
    parser.add_argument("--seeds", type=int, default=2, help="other tickets, and so other questions")
    asked = parser.parse_args()
    console = Console(width=160)
    console.print("| set | F1 | asked | labels | changed | error left: labels | decisions | both |\n|---|--:|--:|--:|---|--:|--:|--:|")
    for name in asked.sets or set_names():
        found = load(name)
        for seed in range(asked.seeds):
            one = teach(found, seed)
            left = " | ".join(f"{one.share_left(after):.2f}" for after in (one.by_labels, one.by_decisions, one.by_both))
            console.print(f"| {name} | {one.before:.4f} | {one.asked} | {one.labels} | {'yes' if one.accepted else 'no'} | {left} |")


if __name__ == "__main__":
    main()
