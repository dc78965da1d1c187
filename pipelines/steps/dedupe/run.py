"""Run: from files to clusters, in the order it goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from domain.errors import OnefoldError
from domain.settings import MatchSettings
from matching.estimate import Believed
from matching.infer import Finding, Inferred, infer
from matching.infer.names import meaning_of
from matching.infer.table import EMPTY, HOLLOW
from pipelines.project.table_map import TableMap, load_map
from pipelines.project.table_map_text import dump_map
from pipelines.steps.dedupe.inputs import Input, open_inputs, place_of
from pipelines.steps.dedupe.matched import Matched, match
from pipelines.steps.dedupe.prepare import Prepared, prepare
from pipelines.steps.dedupe.survey import Named, findings_of, key_column, named, sample
from pipelines.steps.dedupe.write import cluster_table, format_of, pair_table, write
from pipelines.steps.export import check_writable, replacing

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command was asked for."""

    inputs: tuple[Path, ...]
    out: Path
    map: Path | None = None
    save_map: Path | None = None
    pairs: Path | None = None
    join: float = 0.5


@dataclass(frozen=True, slots=True)
class Told:
    """One input, as it was read."""

    name: str
    path: Path
    rows: int
    key: tuple[str, ...]
    """The columns that name its records; none: the number of the row does."""
    wrapped: str | None
    """Where the records are in a JSON file that is one object around them."""
    headless: bool
    """Whether its first row holds values rather than names of columns."""
    unread: int
    """Rows of which nothing could be read; they are not in the result."""
    unread_rows: tuple[int, ...]
    """The numbers of the first of them."""
    spelled: int
    """Rows with a cell that is no text or too large, read without it."""


@dataclass(frozen=True, slots=True)
class DedupeReport:
    """What was understood of the inputs, and what came of matching them."""

    inputs: tuple[Told, ...]
    findings: tuple[Finding, ...]
    """What was inferred of every column; with a map, what the map says of it."""
    sources: dict[str, int]
    """Records by source."""
    unique: tuple[str, ...]
    proposed: tuple[str, ...]
    """Sources that seem to be free of duplicates; without a map they are taken to be."""
    records: int
    clusters: int
    duplicates: int
    """Records that repeat another: records less clusters."""
    largest_cluster: int
    candidate_pairs: int
    """Pairs that blocking brought together."""
    linked_pairs: int
    believed: Believed | None
    """What the match believes of its clusters; None where nothing is joined."""
    converged: bool
    cut_components: int
    why_nothing: str
    """Why nothing could be matched, where that is so."""
    seconds: dict[str, float] = field(default_factory=dict)
    """By stage, and `all` of them."""


def dedupe(asked: Asked, progress: Progress = lambda stage: None) -> DedupeReport:
    """Read, understand, standardise, match and write. Nothing is written before all is known to have gone well."""
    watch = Watch(progress)
    formats = {path: format_of(path, option) for option, path in (("--out", asked.out), ("--pairs", asked.pairs)) if path}
    check_places(asked)
    watch.stage("reading")
    inputs = open_inputs(asked.inputs)
    columns = {given.name: given.columns for given in inputs}
    told = load_map(asked.map, columns) if asked.map else None
    table_map, findings = understood(inputs, told)
    watch.stage("standardising")
    rows = [Named(table_map.source.get(given.name), table_map.key.get(given.name, ())) for given in inputs]
    prepared = prepare(inputs, rows, table_map.attributes, table_map.maps)
    for given in inputs:
        given.held = None  # matching needs the memory
    unique = declared(table_map, prepared, asked.map)
    watch.stage("matching")
    settings = MatchSettings(asked.join, (min(0.2, asked.join), max(0.9, asked.join)))
    matched = match(prepared.records, unique, adopt=told is None, settings=settings)
    watch.stage("writing")
    with ExitStack() as whole:  # the files take their places together, when the last is whole
        files = {path: whole.enter_context(replacing(path)) for path in (asked.out, asked.pairs, asked.save_map) if path}
        write(cluster_table(prepared, matched.clusters), files[asked.out], formats[asked.out])
        if asked.pairs:
            write(pair_table(prepared.records, matched.scored), files[asked.pairs], formats[asked.pairs])
        if asked.save_map:
            files[asked.save_map].write(dump_map(table_map, matched.unique, columns).encode())
    return report_of(inputs, findings, rows, prepared, matched, settings, watch.times())


class Watch:
    """How long each stage took."""

    def __init__(self, progress: Progress) -> None:
        self.progress, self.begun = progress, time.perf_counter()
        self.stages: list[tuple[str, float]] = []

    def stage(self, name: str) -> None:
        """The next stage begins."""
        self.progress(name)
        self.stages.append((name, time.perf_counter()))

    def times(self) -> dict[str, float]:
        """Seconds by stage, and of all."""
        now = time.perf_counter()
        ends = [start for _, start in self.stages[1:]] + [now]
        return {name: end - start for (name, start), end in zip(self.stages, ends, strict=True)} | {"all": now - self.begun}


def check_places(asked: Asked) -> None:
    """An OnefoldError where a file to be written is also read, is written twice, or can have no place; nobody shall wait to hear it."""
    written = [(option, path) for option, path in (("--out", asked.out), ("--pairs", asked.pairs), ("--save-map", asked.save_map)) if path]
    read = [*asked.inputs, *([asked.map] if asked.map else [])]
    for at, (option, path) in enumerate(written):
        if any(place_of(path) == place_of(other) for other in read):
            raise OnefoldError(f"{option}: '{path}' is also read; name another file, so that nothing is overwritten.")
        if any(place_of(path) == place_of(other) for _, other in written[:at]):
            raise OnefoldError(f"{option}: '{path}' is named for two things; name another file.")
        if not path.parent.is_dir():
            raise OnefoldError(f"{option}: the folder '{path.parent}' does not exist; make it, or name a file elsewhere.")
        if path.is_dir():
            raise OnefoldError(f"{option}: '{path}' is a folder; name a file in it.")
        check_writable(path)


def understood(inputs: Sequence[Input], told: TableMap | None) -> tuple[TableMap, list[Finding]]:
    """The map given, or what is inferred; and what is to be said of each column."""
    columns = sample(inputs)
    if told is not None:
        key = {g.name: told.key.get(g.name) or key_column(g, told.source.get(g.name)) for g in inputs}
        table_map = told.with_keys({name: own for name, own in key.items() if own})
        return table_map, table_map.findings()
    names = {at: named(given) for at, given in enumerate(inputs)}
    taken = {(at, column) for at, one in names.items() for column in (*one.key, one.source)}
    left = [column for column in columns if not all((at, column.name) in taken for at in column.inputs)]
    found_all = infer(left)
    check_recognised(found_all, inputs)
    key = {inputs[at].name: one.key for at, one in names.items() if one.key}
    source = {inputs[at].name: one.source for at, one in names.items() if one.source}
    table_map = TableMap(found_all.attributes, found_all.maps, key, source, None, found_all.parts)
    return table_map, findings_of(found_all.findings, names, inputs)


def check_recognised(found: Inferred, inputs: Sequence[Input]) -> None:
    """An OnefoldError where no column is recognised, unless those that would be are empty: then nothing is to be told apart."""
    empty = any(one.why in (EMPTY, HOLLOW) and meaning_of(one.column).attribute for one in found.findings)
    if not found.attributes and not empty:
        raise OnefoldError(
            f"{inputs[0].path}: no column was recognised by its name or its values. "
            "Say what the columns mean in a map (--map); docs/commands.md shows one."
        )


def declared(table_map: TableMap, prepared: Prepared, path: Path | None) -> frozenset[str] | None:
    """The sources that the map says are free of duplicates; None where it does not say."""
    sources = prepared.records.sources
    if table_map.unique is None or isinstance(table_map.unique, bool):
        return None if table_map.unique is None else frozenset(sources if table_map.unique else ())
    strange = [name for name in table_map.unique if name not in sources]
    if strange:
        have = ", ".join(f"'{name}'" for name in sources[:10])
        raise OnefoldError(f"{path}: unique names '{strange[0]}', which is not a source; the sources are {have}.")
    return frozenset(table_map.unique)


def report_of(
    inputs: Sequence[Input],
    findings: Sequence[Finding],
    named_by: Sequence[Named],
    prepared: Prepared,
    matched: Matched,
    settings: MatchSettings,
    seconds: dict[str, float],
) -> DedupeReport:
    """The figures of a run."""
    records, probability = prepared.records, matched.scored.probability
    sizes = np.bincount(matched.clusters.label) if len(records) else np.zeros(1, np.int64)
    clusters = int((sizes > 0).sum())
    counts = np.bincount(records.source, minlength=len(records.sources))
    return DedupeReport(
        inputs=tuple(
            Told(g.name, g.path, g.rows, by.key, g.wrapped, g.headless, len(g.unread), tuple(one.row for one in g.unread[:5]), g.spelled)
            for g, by in zip(inputs, named_by, strict=True)
        ),
        findings=tuple(findings),
        sources=dict(zip(records.sources, counts.tolist(), strict=True)),
        unique=matched.unique,
        proposed=matched.proposed,
        records=len(records),
        clusters=clusters,
        duplicates=len(records) - clusters,
        largest_cluster=int(sizes.max(initial=0)),
        candidate_pairs=matched.scored.pairs.candidates,
        linked_pairs=int((probability > settings.join).sum()),
        believed=matched.believed,
        converged=matched.model.fit.converged if matched.model else True,
        cut_components=matched.clusters.cut_components,
        why_nothing=matched.why_nothing,
        seconds=seconds,
    )
