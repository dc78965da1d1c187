"""Progress of a run: how far it is, source by source and stage by stage, and how long it will still take."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipelines.cli.console import console, interactive, shown

if TYPE_CHECKING:
    from rich.progress import Progress

    from pipelines.project import Project

STAGES: Mapping[str, tuple[str, float]] = {
    "match": ("matching records", 6.0),
    "identify": ("giving golden ids", 1.0),
    "merge": ("merging records", 2.0),
    "gate": ("asking the publication gate", 1.0),
    "publish": ("publishing", 0.5),
}
"""What comes after the sources, how it is called for people, and how long it takes where no run has shown it yet; a source takes 1."""
NEARLY = 0.95
"""Share of a step at which it stands still when it takes longer than it did before."""
EARLY = 0.03
"""Share of a run before which nothing is said of the time left."""
LOOK_EVERY = 0.5
"""Seconds between two looks at what the run has noted."""
Told = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Step:
    """One source or stage of a run."""

    name: str
    """As the run notes it: `source billing`, `match`."""
    label: str
    seconds: float
    """How long it will take, as far as earlier runs tell."""
    rows: int | None = None
    """Rows a source will bring, as far as its last pull tells."""


@dataclass
class Course:
    """A run on its way: what it has to do, and where it is. Sources may come in any order; the stages follow them."""

    steps: Mapping[str, Step]
    clock: Callable[[], float] = time.monotonic
    done: set[str] = field(default_factory=set)
    step: Step | None = None
    """What is under way, as far as it is known."""
    rows: int = 0
    since: float = 0.0
    """When the step under way began."""
    began: float | None = None
    """When the first step was heard of: what Dagster needs to start says nothing of the pace."""

    @classmethod
    def of(cls, sources: Iterable[str], last: Mapping[str, Any], clock: Callable[[], float] = time.monotonic) -> Course:
        """The course of a run over these sources; `last` is the report of the last run that went the whole way, or empty."""
        took, pulled = last.get("seconds_by_step", {}), last.get("sources", {})
        pulls = [
            Step(f"source {name}", f"reading {shown(name)}", took.get(f"source {name}", 1.0), pulled.get(name, {}).get("read"))
            for name in sources
        ]
        stages = [Step(name, label, took.get(name, usual)) for name, (label, usual) in STAGES.items()]
        return cls({step.name: step for step in [*pulls, *stages]}, clock)

    def read(self, source: str, rows: int) -> None:
        """A source is being read and has given so many rows; one that was read before it is done."""
        step = self.steps.get(f"source {source}")
        if step is None or step.name in self.done:
            return
        if self.step is not None and self.step is not step:
            self.done.add(self.step.name)
        self.go_to(step)
        self.rows = rows

    def finished(self, names: Iterable[str]) -> None:
        """These steps are done; when all sources are, the first stage that is not is under way."""
        self.done |= set(names) & set(self.steps)
        rest = [step for step in self.steps.values() if step.name not in self.done]
        reading = any(step.name not in STAGES for step in rest)
        if not reading:
            self.go_to(rest[0] if rest else None)
        elif self.step is not None and self.step.name in self.done:
            self.go_to(None)

    def go_to(self, step: Step | None) -> None:
        """Go on to a step."""
        if step is not self.step:
            self.step, self.rows, self.since = step, 0, self.clock()
            self.began = self.since if self.began is None else self.began

    @property
    def total(self) -> float:
        """Seconds that the whole will take."""
        return sum(step.seconds for step in self.steps.values())

    @property
    def behind(self) -> float:
        """Seconds' worth of work that is done."""
        done = sum(self.steps[name].seconds for name in self.done)
        return done if self.step is None else done + self.step.seconds * self.share

    @property
    def left(self) -> float | None:
        """Seconds that it will still take at the pace so far; none while too little is behind to tell."""
        if self.began is None or self.behind < EARLY * self.total:
            return None
        return (self.clock() - self.began) / self.behind * (self.total - self.behind)

    @property
    def share(self) -> float:
        """How much of the step under way is done: by its rows, or else by the time it took before."""
        if self.step is None:
            return 0.0
        if self.step.rows:
            return min(self.rows / self.step.rows, 1.0)
        return min((self.clock() - self.since) / max(self.step.seconds, 0.001), NEARLY)


@contextmanager
def watching(project: Project) -> Iterator[Told | None]:
    """What a run tells its progress to: bars on a terminal, nothing elsewhere."""
    if not interactive():
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn

    from pipelines.steps.session import open_project_warehouse
    from pipelines.steps.status import steps_done, told_by_publisher

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
    with open_project_warehouse(project) as warehouse:
        course = Course.of((source.name for source in project.sources), told_by_publisher(warehouse))
        with Progress(*columns, console=console(stderr=True), transient=True) as progress:
            bars = Bars(progress, course)
            with looking(lambda: bars.finished(steps_done(warehouse))):
                yield bars.read


class Bars:
    """Two bars: the run as a whole, and the source or stage under way."""

    def __init__(self, progress: Progress, course: Course) -> None:
        self.progress, self.course = progress, course
        self.whole = progress.add_task("run", total=course.total, told="")
        self.part = progress.add_task("", total=None, told="")
        self.lock = threading.Lock()
        self.draw()

    def read(self, source: str, rows: int) -> None:
        """A source is being read."""
        with self.lock:
            self.course.read(source, rows)
            self.draw()

    def finished(self, names: Iterable[str]) -> None:
        """These steps are done."""
        with self.lock:
            self.course.finished(names)
            self.draw()

    def draw(self) -> None:
        """Bring both bars up to date."""
        course, step = self.course, self.course.step
        steps = f"{len(course.done)} of {len(course.steps)} steps"
        left = "" if course.left is None else f", {duration(course.left)} left"
        self.progress.update(self.whole, completed=course.behind, told=f"{steps}{left}")
        label, total = ("reading sources", None) if step is None else (step.label, 1.0 if known(step) else None)
        rows = f"rows: {course.rows:,}" if course.rows else ""
        self.progress.update(self.part, description=label, completed=course.share, total=total, told=rows)


def duration(seconds: float) -> str:
    """A time for people.

    >>> duration(4.2), duration(3725)
    ('0:04', '1:02:05')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def known(step: Step) -> bool:
    """Whether an earlier run tells how far a step is."""
    return step.rows is not None or step.name in STAGES


@contextmanager
def looking(look: Callable[[], None], every: float = LOOK_EVERY) -> Iterator[None]:
    """Look again and again, in a thread of its own, at what the run has noted; that it cannot look never stops the run."""
    over = threading.Event()

    def again() -> None:
        while not over.wait(every):
            try:
                look()
            except Exception:  # progress is an ornament: whatever it is, the run will tell
                return

    thread = threading.Thread(target=again, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
